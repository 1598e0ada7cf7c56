//! Tar archives, member by member, as the engines' own reader (Go's `archive/tar`) understands them: heads of every kind, long
//! names, records of pax, sparse files.
//!
//! The tar crate reads the fields of a head. The rest is here, since that crate does not know sparse files of pax, ends a record
//! at the first line end in its value, takes the first of two records for the valid one and believes in content behind a link.
//!
//! An archive may be hostile: what extends a head is bounded, a hole costs nothing until it is read as zeros, and an archive
//! without its end mark is one that was cut off.

use super::sparse::{self, Chunk, Run};
use crate::model::files;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read, Seek, SeekFrom};
use tar::{EntryType, Header};

/// Bytes of a block of an archive.
pub const BLOCK: usize = 512;
/// Bytes that all heads of a member may take together, such as a long name or the map of a sparse file.
const HEADS: u64 = 1 << 20;
/// Bytes that are passed over at once.
const PIECE: usize = 16 * 1024;
/// What the heads of GNU and of ustar begin with, where they say what they are; only the second has a prefix for its name.
const MAGIC: std::ops::Range<usize> = 257..263;
/// The prefix of a name.
const PREFIX: std::ops::Range<usize> = 345..500;
/// The record that begins so is an extended attribute.
pub const ATTRIBUTE: &[u8] = b"SCHILY.xattr.";

/// A member of an archive, as all its heads tell it.
#[derive(Debug, Clone)]
pub struct Member {
    /// The kind of entry; a sparse file is a regular one.
    pub kind: EntryType,
    /// Its name, raw.
    pub path: Vec<u8>,
    /// The target of a link, raw.
    pub link: Vec<u8>,
    /// Bytes of what it holds, with its holes.
    pub size: u64,
    /// Bytes of that which the archive holds.
    pub stored: u64,
    /// Permission bits, where they can be read.
    pub mode: Option<u32>,
    /// Number of the user it belongs to, where it can be read.
    pub uid: Option<u64>,
    /// Number of the group it belongs to, where it can be read.
    pub gid: Option<u64>,
    /// Name of the user, raw.
    pub user: Vec<u8>,
    /// Name of the group, raw.
    pub group: Vec<u8>,
    /// When it was changed last: seconds since 1970, and nanoseconds more.
    pub modified: Option<(i64, u32)>,
    /// Its records of pax, each key once.
    pub records: Records,
}

/// Records of pax: keys and values, raw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records(BTreeMap<Vec<u8>, Vec<u8>>);

/// An archive that is read.
pub struct Members<R> {
    inner: R,
    /// The function that skips bytes.
    pass: fn(&mut R, u64) -> io::Result<()>,
    /// Bytes of the current member that were not read.
    left: u64,
    /// Bytes that pad it.
    padding: u64,
    shown: bool,
}

/// What a member holds. Read, its holes are zeros.
pub struct Content<'a, R> {
    members: &'a mut Members<R>,
    runs: VecDeque<Run>,
}

/// The extension headers before a member.
struct Before {
    records: Records,
    name: Vec<u8>,
    link: Vec<u8>,
    /// Bytes that it may still take.
    room: u64,
    any: bool,
}

impl<R: Read> Members<R> {
    /// Reads from there.
    pub fn new(inner: R) -> Self {
        Members { inner, pass: by_reading, left: 0, padding: 0, shown: false }
    }

    /// The next member; none at the archive's end.
    ///
    /// # Errors
    /// When the archive cannot be read, or is none.
    pub fn next(&mut self) -> io::Result<Option<(Member, Content<'_, R>)>> {
        self.pass_over()?;
        let mut before = Before { records: Records::default(), name: vec![], link: vec![], room: HEADS, any: false };
        while let Some(head) = self.head()? {
            match head.entry_type() {
                // Engines pass it over.
                EntryType::XGlobalHeader => drop(self.extension(&head, &mut before)?),
                EntryType::XHeader => before.records = Records::read(&self.extension(&head, &mut before)?)?,
                EntryType::GNULongName => before.name = text(self.extension(&head, &mut before)?),
                EntryType::GNULongLink => before.link = text(self.extension(&head, &mut before)?),
                _ => return self.member(&head, before).map(Some),
            }
        }
        if before.any { Err(damaged("it ends after an extension header")) } else { Ok(None) }
    }

    /// Reads what follows the archive's end, so that whoever writes is not cut off.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn drain(mut self) -> io::Result<()> {
        io::copy(&mut self.inner, &mut io::sink()).map(drop)
    }

    fn pass_over(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.left) + std::mem::take(&mut self.padding);
        (self.pass)(&mut self.inner, rest)
    }

    /// The next head; none at the end mark, and at the end of a stream that holds nothing at all.
    fn head(&mut self) -> io::Result<Option<Header>> {
        let Some(block) = self.block()? else {
            return if self.shown { Err(cut_off()) } else { Ok(None) };
        };
        if is_empty(&block) {
            // Two empty blocks are the end mark. Some programs write only one, and then nothing more.
            return match self.block()? {
                Some(second) if !is_empty(&second) => Err(damaged("an empty block between its headers")),
                Some(_) | None => Ok(None),
            };
        }
        let head = Header::from_byte_slice(&block);
        if !has_its_sum(head) {
            return Err(damaged("a header checksum is wrong"));
        }
        Ok(Some(head.clone()))
    }

    /// The next block; none where nothing more comes.
    fn block(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.inner.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(cut_off()),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(block))
    }

    /// Reads a header that extends the next one.
    fn extension(&mut self, head: &Header, before: &mut Before) -> io::Result<Vec<u8>> {
        let length = head.entry_size().map_err(unread)?;
        let Some(room) = before.room.checked_sub(length) else { return Err(too_long()) };
        (before.room, before.any, self.shown) = (room, true, true);
        // It is at most as long as there was room.
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| too_long())?];
        self.inner.read_exact(&mut bytes).map_err(cut)?;
        self.padding = padding(length)?;
        self.pass_over()?;
        Ok(bytes)
    }

    fn member(&mut self, head: &Header, mut before: Before) -> io::Result<(Member, Content<'_, R>)> {
        self.shown = true;
        let records = std::mem::take(&mut before.records);
        let mut member = told(head, before.name, before.link, records);
        let stored = if has_content(member.kind) { stored(head, &member.records)? } else { 0 };
        (self.left, self.padding) = (stored, padding(stored)?);
        let chunks = self.chunks(head, &mut member, before.room);
        let chunks = chunks.map_err(|error| about(&member.path, &error))?;
        (member.stored, member.kind) = (self.left, plain(member.kind));
        let runs = match chunks {
            None => {
                member.size = member.stored;
                VecDeque::from([Run::Data(member.stored)])
            }
            Some(_) if !has_content(member.kind) => return Err(about(&member.path, &"only a file can be sparse")),
            Some(chunks) => {
                sparse::runs(&chunks, member.size, member.stored).map_err(|why| about(&member.path, &why))?
            }
        };
        Ok((member, Content { members: self, runs }))
    }

    /// Where in a sparse file its data lie; none for any other.
    fn chunks(&mut self, head: &Header, member: &mut Member, room: u64) -> io::Result<Option<Vec<Chunk>>> {
        if member.kind == EntryType::GNUSparse {
            let gnu = head.as_gnu().ok_or_else(|| damaged("a sparse file of an unknown kind"))?;
            member.size = gnu.real_size().map_err(unread)?;
            return sparse::of_gnu(gnu, &mut self.inner, room).map(Some);
        }
        let Some(form) = sparse::form(&member.records)? else { return Ok(None) };
        if let Some(name) = member.records.get(b"GNU.sparse.name").filter(|name| !name.is_empty()) {
            member.path = name.to_vec();
        }
        member.size = sparse::size(&member.records)?;
        match form {
            sparse::Form::InRecords(chunks) => Ok(Some(chunks)),
            sparse::Form::BeforeData => {
                let (chunks, length) = sparse::before_data(&mut (&mut self.inner).take(self.left.min(room)))?;
                self.left -= length;
                Ok(Some(chunks))
            }
        }
    }
}

impl<R: Read + Seek> Members<R> {
    /// Reads from there, and passes over what nobody reads without reading it.
    pub fn seeking(inner: R) -> Self {
        Members { pass: by_seeking, ..Members::new(inner) }
    }
}

impl<R> Content<'_, R> {
    /// The length of the hole that comes next, which is passed over; 0 where there is none.
    pub fn hole(&mut self) -> u64 {
        match self.runs.front() {
            Some(Run::Hole(length)) => {
                let length = *length;
                self.runs.pop_front();
                length
            }
            Some(Run::Data(_)) | None => 0,
        }
    }
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(run) = self.runs.front_mut() {
            let (Run::Hole(left) | Run::Data(left)) = *run;
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            if left == 0 {
                self.runs.pop_front();
                continue;
            }
            if most == 0 {
                return Ok(0);
            }
            let count = match run {
                Run::Hole(_) => {
                    buffer[..most].fill(0);
                    most
                }
                Run::Data(_) => self.members.inner.read(&mut buffer[..most])?,
            };
            if count == 0 {
                return Err(cut_off());
            }
            match run {
                Run::Hole(left) => *left -= count as u64,
                Run::Data(left) => {
                    *left -= count as u64;
                    self.members.left -= count as u64;
                }
            }
            return Ok(count);
        }
        Ok(0)
    }
}

impl Records {
    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.0.get(key).map(Vec::as_slice)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(key, value)| (key.as_slice(), value.as_slice()))
    }

    /// Of a key that comes again the last value counts; an empty one takes the key back. The pairs of a sparse file's map, which
    /// come again and again, are gathered into the record of a later form.
    fn read(mut bytes: &[u8]) -> io::Result<Records> {
        let mut records = Records::default();
        let mut map: Vec<&[u8]> = Vec::new();
        while !bytes.is_empty() {
            let (key, value, rest) = record(bytes).ok_or_else(|| damaged("a pax record cannot be read"))?;
            match key {
                b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => map.push(value),
                key => records.put(key, value),
            }
            bytes = rest;
        }
        if !map.is_empty() {
            records.put(b"GNU.sparse.map", &map.join(&b','));
        }
        Ok(records)
    }

    fn put(&mut self, key: &[u8], value: &[u8]) {
        if value.is_empty() {
            self.0.remove(key);
        } else {
            self.0.insert(key.to_vec(), value.to_vec());
        }
    }

    fn number(&self, key: &[u8]) -> Option<u64> {
        sparse::number(self.get(key)?)
    }
}

/// One record: its key, its value, and what follows it.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let length = usize::try_from(sparse::number(&bytes[..space])?).ok()?;
    let (whole, rest) = (bytes.get(..length)?, bytes.get(length..)?);
    let inner = whole.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = inner.iter().position(|byte| *byte == b'=')?;
    Some((&inner[..equals], &inner[equals + 1..], rest))
}

/// What the heads say, but for its content.
fn told(head: &Header, name: Vec<u8>, link: Vec<u8>, records: Records) -> Member {
    let or = |own: Vec<u8>, key: &[u8], else_: &dyn Fn() -> Vec<u8>| match records.get(key) {
        _ if !own.is_empty() => own,
        Some(told) => told.to_vec(),
        None => else_(),
    };
    let path = or(name, b"path", &|| short_name(head));
    let link = or(link, b"linkpath", &|| head.link_name_bytes().map(|link| link.into_owned()).unwrap_or_default());
    let known = |name: Option<&[u8]>| name.unwrap_or_default().to_vec();
    let old_folder = head.as_old().linkflag[0] == 0 && path.ends_with(b"/");
    Member {
        // The oldest heads know folders only by their names.
        kind: if old_folder { EntryType::Directory } else { head.entry_type() },
        user: or(vec![], b"uname", &|| known(head.username_bytes())),
        group: or(vec![], b"gname", &|| known(head.groupname_bytes())),
        mode: head.mode().ok(),
        uid: records.number(b"uid").or(head.uid().ok()),
        gid: records.number(b"gid").or(head.gid().ok()),
        // A negative one is written as the highest numbers.
        modified: records.get(b"mtime").and_then(time).or(head.mtime().ok().map(|at| (at.cast_signed(), 0))),
        path,
        link,
        size: 0,
        stored: 0,
        records,
    }
}

/// The name that stands in the head itself. The crate takes a prefix only from heads of one version.
fn short_name(head: &Header) -> Vec<u8> {
    let name = text(head.as_old().name.to_vec());
    let prefix = text(head.as_bytes()[PREFIX].to_vec());
    let has_prefix = &head.as_bytes()[MAGIC] == b"ustar\0" && !prefix.is_empty();
    if has_prefix { [&prefix[..], b"/", &name].concat() } else { name }
}

/// Bytes of content that the archive holds. A record overrules the head, whose field may be too small for it.
fn stored(head: &Header, records: &Records) -> io::Result<u64> {
    match records.get(b"size") {
        Some(told) => sparse::number(told).ok_or_else(|| damaged("the size of a file cannot be read")),
        None => head.entry_size().map_err(unread),
    }
}

/// What is neither link, folder, device nor pipe. A size of those is no size of anything in the archive.
fn has_content(kind: EntryType) -> bool {
    use EntryType as Type;
    !matches!(kind, Type::Link | Type::Symlink | Type::Directory | Type::Char | Type::Block | Type::Fifo)
}

fn plain(kind: EntryType) -> EntryType {
    if matches!(kind, EntryType::GNUSparse | EntryType::Continuous) { EntryType::Regular } else { kind }
}

fn is_empty(block: &[u8; BLOCK]) -> bool {
    block.iter().all(|byte| *byte == 0)
}

/// Some old programs took the bytes for signed.
fn has_its_sum(head: &Header) -> bool {
    let bytes = head.as_bytes();
    let counted = || bytes.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
    let unsigned: u32 = counted().map(u32::from).sum();
    let signed: i32 = counted().map(|byte| i32::from(byte.cast_signed())).sum();
    head.cksum().is_ok_and(|told| told == unsigned || i32::try_from(told) == Ok(signed))
}

/// `-12.5` is half a second after -13.
fn time(told: &[u8]) -> Option<(i64, u32)> {
    let text = std::str::from_utf8(told).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos: u32 = format!("{fraction:0<9.9}").parse().ok()?;
    match nanos {
        nanos if nanos > 0 && whole.starts_with('-') => Some((seconds.checked_sub(1)?, 1_000_000_000 - nanos)),
        nanos => Some((seconds, nanos)),
    }
}

/// The bytes before the first zero.
fn text(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len()));
    bytes
}

fn padding(length: u64) -> io::Result<u64> {
    let padded = length.checked_next_multiple_of(BLOCK as u64).ok_or_else(|| damaged("a size is too large"))?;
    Ok(padded - length)
}

fn by_reading<R: Read>(inner: &mut R, mut bytes: u64) -> io::Result<()> {
    let mut piece = [0; PIECE];
    while bytes > 0 {
        let most = usize::try_from(bytes).unwrap_or(usize::MAX).min(PIECE);
        match inner.read(&mut piece[..most]) {
            Ok(0) => return Err(cut_off()),
            Ok(count) => bytes -= count as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Beyond the end there is no head, which is seen next.
fn by_seeking<R: Seek>(inner: &mut R, bytes: u64) -> io::Result<()> {
    let bytes = i64::try_from(bytes).map_err(|_| cut_off())?;
    inner.seek(SeekFrom::Current(bytes)).map(drop)
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the archive was cut off")
}

fn cut(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof { cut_off() } else { error }
}

fn too_long() -> io::Error {
    io::Error::other("the archive has a header that is too long")
}

/// The library's words for a field that holds no number.
fn unread(error: io::Error) -> io::Error {
    damaged(&error.to_string())
}

/// The error for data that is not, or no longer, a tar archive.
pub fn damaged(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not a valid archive: {why}"))
}

fn about(path: &[u8], why: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{} in the archive: {why}", files::shown(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive, head by head, without any care.
    #[derive(Default)]
    struct Archive(Vec<u8>);

    impl Archive {
        fn head(mut self, kind: u8, name: &str, size: u64, more: impl FnOnce(&mut Header)) -> Self {
            let mut header = Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.as_old_mut().linkflag = [kind];
            header.set_size(size);
            more(&mut header);
            header.set_cksum();
            self.0.extend_from_slice(header.as_bytes());
            self
        }

        fn bytes(mut self, bytes: &[u8]) -> Self {
            self.0.extend_from_slice(bytes);
            self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
            self
        }

        fn entry(self, kind: u8, name: &str, content: &[u8]) -> Self {
            self.head(kind, name, content.len() as u64, |_| {}).bytes(content)
        }

        fn records(self, records: &[(&str, &[u8])]) -> Self {
            let mut tar = tar::Builder::new(Vec::new());
            tar.append_pax_extensions(records.iter().copied()).unwrap();
            let bytes = tar.into_inner().unwrap();
            // Without the end mark.
            let end = bytes.len() - 2 * BLOCK;
            Archive([self.0, bytes[..end].to_vec()].concat())
        }

        fn end(self) -> Vec<u8> {
            [self.0, vec![0; 2 * BLOCK]].concat()
        }
    }

    /// Name, kind, what it links to, and what it holds.
    type Row = (String, EntryType, String, Vec<u8>);

    fn read(bytes: &[u8]) -> io::Result<Vec<Row>> {
        let (mut members, mut rows) = (Members::new(bytes), Vec::new());
        while let Some((member, mut content)) = members.next()? {
            let mut held = Vec::new();
            content.read_to_end(&mut held)?;
            assert_eq!(held.len() as u64, member.size);
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            rows.push((text(&member.path), member.kind, text(&member.link), held));
        }
        Ok(rows)
    }

    fn row(name: &str, kind: EntryType, link: &str, held: &[u8]) -> Row {
        (name.into(), kind, link.into(), held.to_vec())
    }

    fn why(archive: Archive) -> String {
        read(&archive.entry(b'0', "f", b"").end()).expect_err("refused").to_string()
    }

    #[test]
    fn of_records_the_last_counts_an_empty_one_says_nothing_and_a_value_may_hold_anything() {
        let archive = Archive::default()
            .records(&[("path", b"first"), ("path", b"last")])
            .entry(b'0', "short", b"1")
            .records(&[("path", b""), ("comment", b"two\nlines=\0")])
            .entry(b'0', "own", b"22")
            .records(&[("path", b"pax")])
            .entry(b'L', "", b"gnu\0")
            .entry(b'0', "x", b"")
            .entry(b'g', "glob", b"12 path=all\n")
            .entry(b'0', "its-own", b"")
            .end();
        let regular = |name, held: &[u8]| row(name, EntryType::Regular, "", held);
        let wanted = [regular("last", b"1"), regular("own", b"22"), regular("gnu", b""), regular("its-own", b"")];
        assert_eq!(read(&archive).unwrap(), wanted);
    }

    #[test]
    fn as_many_records_as_fit_before_a_head_are_read() {
        let key = |number: u32| format!("k{number:05}");
        let mut records: String = (0..70_000).map(|number| format!("12 {}=v\n", key(number))).collect();
        records.push_str("12 k00007=w\n11 k00008=\n");
        let bytes = Archive::default().entry(b'x', "", records.as_bytes()).entry(b'0', "f", b"").end();
        let found = Members::new(bytes.as_slice()).next().unwrap().unwrap().0.records;
        assert_eq!(found.all().count(), 69_999);
        let values = [6, 7, 8].map(|number| found.get(key(number).as_bytes()));
        assert_eq!(values, [Some(&b"v"[..]), Some(&b"w"[..]), None]);
    }

    #[test]
    fn an_archive_ends_with_two_empty_blocks_or_with_one_and_nothing_more() {
        let (one, whole) = (Archive::default().entry(b'0', "f", b"x"), [row("f", EntryType::Regular, "", b"x")]);
        let ending = |end: &[u8]| read(&[&one.0[..], end].concat());
        for end in [&[0; BLOCK][..], &[0; 2 * BLOCK], &[[0_u8; 2 * BLOCK], [7; 2 * BLOCK]].concat()[..]] {
            assert_eq!(ending(end).expect("whole"), whole);
        }
        let in_the_middle = ending(&[&[0_u8; BLOCK][..], &one.0[..], &[0; 2 * BLOCK]].concat()).expect_err("refused");
        assert!(in_the_middle.to_string().contains("an empty block between its headers"), "{in_the_middle}");
        for end in [&[0; 0][..], &[0; 100], &[0; BLOCK + 100]] {
            assert!(ending(end).expect_err("refused").to_string().contains("cut off"), "{} bytes", end.len());
        }
    }

    #[test]
    fn what_is_no_file_has_no_content_whatever_its_head_claims() {
        let to = |header: &mut Header| header.set_link_name_literal("f").unwrap();
        let archive =
            Archive::default().entry(b'0', "f", b"x").head(b'1', "twin", 700, to).head(b'5', "d/", 512, |_| {});
        // The oldest heads know a folder by its name.
        let archive = archive.head(0, "old/", 0, |_| {}).head(0, "file", 0, |_| {}).end();
        let wanted = [
            row("f", EntryType::Regular, "", b"x"),
            row("twin", EntryType::Link, "f", b""),
            row("d/", EntryType::Directory, "", b""),
            row("old/", EntryType::Directory, "", b""),
            row("file", EntryType::Regular, "", b""),
        ];
        assert_eq!(read(&archive).unwrap(), wanted);
    }

    #[test]
    fn sizes_of_many_gigabytes_are_read_from_heads_and_records() {
        let file = tempfile::tempfile().unwrap();
        let huge = 9_u64 << 30;
        let first = Archive::default().head(b'0', "head", huge, |_| {}).0;
        let second =
            Archive::default().records(&[("size", huge.to_string().as_bytes())]).head(b'0', "record", 0, |_| {}).0;
        use std::os::unix::fs::FileExt;
        file.write_all_at(&first, 0).unwrap();
        let at = first.len() as u64 + huge;
        file.write_all_at(&second, at).unwrap();
        let at = at + second.len() as u64 + huge;
        file.write_all_at(&Archive::default().entry(b'0', "last", b"x").end(), at).unwrap();
        let (mut members, mut sizes) = (Members::seeking(file), Vec::new());
        while let Some((member, _)) = members.next().unwrap() {
            sizes.push((member.path, member.size));
        }
        assert_eq!(sizes, [(b"head".to_vec(), huge), (b"record".to_vec(), huge), (b"last".to_vec(), 1)]);
    }

    #[test]
    fn times_have_parts_of_seconds_and_may_lie_before_1970() {
        for (told, wanted) in [
            ("12", Some((12, 0))),
            ("12.5", Some((12, 500_000_000))),
            ("12.1234567899", Some((12, 123_456_789))),
            ("-12.25", Some((-13, 750_000_000))),
            ("-1", Some((-1, 0))),
            ("-0.5", Some((-1, 500_000_000))),
            ("x", None),
            ("1.x", None),
            ("", None),
        ] {
            assert_eq!(time(told.as_bytes()), wanted, "{told}");
        }
        let archive = Archive::default().head(b'0', "f", 0, |header| header.set_mtime((-5_i64).cast_unsigned()));
        let bytes = archive.end();
        assert_eq!(Members::new(bytes.as_slice()).next().unwrap().unwrap().0.modified, Some((-5, 0)));
    }

    #[test]
    fn a_prefix_counts_in_every_head_of_its_kind_and_signed_sums_are_sums() {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..4].copy_from_slice(b"name");
        header.as_mut_bytes()[345..351].copy_from_slice(b"prefix");
        // Some programs write no version.
        header.as_mut_bytes()[263..265].copy_from_slice(b"  ");
        header.as_mut_bytes()[500] = 0xff;
        header.set_size(0);
        header.set_cksum();
        let signed = header.cksum().unwrap() - 256;
        header.as_old_mut().cksum.copy_from_slice(format!("{signed:06o}\0 ").as_bytes());
        let bytes = [header.as_bytes().as_slice(), &[0; 1024]].concat();
        assert_eq!(read(&bytes).unwrap()[0].0, "prefix/name");
    }

    /// A sparse file of form 1.0, with a map of our own.
    fn sparse(map: &str, size: &str, data: &[u8]) -> Archive {
        let records: [(&str, &[u8]); 4] = [
            ("GNU.sparse.major", b"1"),
            ("GNU.sparse.minor", b"0"),
            ("GNU.sparse.name", b"real"),
            ("GNU.sparse.realsize", size.as_bytes()),
        ];
        let mut content = map.as_bytes().to_vec();
        content.resize(content.len().next_multiple_of(BLOCK), 0);
        content.extend_from_slice(data);
        Archive::default().records(&records).entry(b'0', "GNUSparseFile.0/real", &content)
    }

    #[test]
    fn a_sparse_file_has_its_own_name_and_size() {
        let rows = read(&sparse("2\n2\n3\n7\n1\n", "9", b"abcd").entry(b'0', "next", b"n").end()).unwrap();
        assert_eq!(rows[0], row("real", EntryType::Regular, "", b"\0\0abc\0\0d\0"));
        assert_eq!(rows[1].0, "next");
    }

    #[test]
    fn a_map_that_cannot_be_true_is_refused_with_the_name_of_its_file() {
        for (map, size, data) in [
            ("2\n2\n3\n4\n1\n", "9", b"abcd".as_slice()),
            ("1\n7\n4\n", "9", b"abcd"),
            ("1\n18446744073709551615\n4\n", "9", b"abcd"),
            ("1\n0\n3\n", "9", b"abcd"),
            ("1\n0\n5\n", "9", b"abcd"),
            ("1\n0\n", "9", b""),
            ("99999999999\n0\n", "9", b""),
            ("x\n", "9", b""),
            ("1\n0\n4\n", "x", b"abcd"),
        ] {
            let said = why(sparse(map, size, data));
            assert!(said.starts_with("real in the archive: ") && said.contains("sparse file"), "{map:?}: {said}");
        }
        let unknown = why(Archive::default().records(&[("GNU.sparse.major", b"2"), ("GNU.sparse.minor", b"0")]));
        assert!(unknown.contains("f in the archive") && unknown.contains("form"), "{unknown}");
        let records = [("GNU.sparse.map", &b"0,1"[..]), ("GNU.sparse.size", b"1")];
        let link = Archive::default().records(&records).head(b'2', "l", 0, |_| {});
        assert!(why(link).contains("only a file can be sparse"));
    }

    #[test]
    fn a_hole_of_any_size_is_passed_over_at_once() {
        let map = format!("1\n{}\n1\n", u64::MAX - 1);
        let bytes = sparse(&map, &u64::MAX.to_string(), b"x").entry(b'0', "next", b"n").end();
        let mut members = Members::new(bytes.as_slice());
        let (huge, mut content) = members.next().unwrap().unwrap();
        assert_eq!((huge.size, huge.stored, content.hole()), (u64::MAX, 1, u64::MAX - 1));
        drop(content);
        assert_eq!(members.next().unwrap().unwrap().0.path, b"next");
        let mut members = Members::new(bytes.as_slice());
        assert!(members.next().unwrap().is_some());
        assert_eq!(members.next().unwrap().unwrap().0.path, b"next", "also if nobody looks at it");
    }

    #[test]
    fn heads_without_bounds_and_records_that_are_none_are_refused() {
        let long = Archive::default().head(b'L', "", 1 << 30, |_| {});
        assert!(why(long).contains("too long"));
        let long = Archive::default().entry(b'g', "", &[b'x'; 600_000]).entry(b'x', "", &[b'x'; 600_000]);
        assert!(why(long).contains("too long"), "all of one file together");
        for record in ["x", "5 a=", "9 a=b\n", "99 a=b\n", "-6 a=b\n", "6 ab=", "5 ab\n"] {
            let said = why(Archive::default().entry(b'x', "", record.as_bytes()));
            assert!(said.contains("a pax record cannot be read"), "{record:?}: {said}");
        }
        let size = why(Archive::default().records(&[("size", b"-1")]));
        assert!(size.contains("size"), "{size}");
        let alone = read(&Archive::default().records(&[("path", b"x")]).end()).expect_err("refused").to_string();
        assert!(alone.contains("ends after an extension header"), "{alone}");
    }
}
