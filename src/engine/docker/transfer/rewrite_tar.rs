//! An archive made fit for a volume: each entry gets the volume's folder before its name, and nothing in it leads out of that.
//!
//! Owners, permissions, times, extended attributes and links stay as they are: what is in a volume belongs to those who mount
//! it. A link may say what it likes, but nothing of the archive goes through one. Devices are left out.

use crate::engine::docker::files::tar_reader::{Content, Member, Members};
use crate::engine::docker::files::unpack::inside;
use crate::model::{CopyReport, Refusal};
use std::collections::HashSet;
use std::io::{self, Read, Write};
use tar::{EntryType, Header};

/// The longest name that has room in the head of an entry.
const SHORT: usize = 100;
/// Records that are written anew, or stand in the head by then.
const OWN: [&[u8]; 3] = [b"path", b"linkpath", b"size"];
/// Records of sparse files: what goes on has its holes as zeros, as engines would write them.
const SPARSE: &[u8] = b"GNU.sparse.";

/// Writes the archive that comes, as one for the folder of that name. What is not taken over is in the report.
///
/// # Errors
/// When it cannot be read to its end, or nobody takes it any more.
pub fn fit(archive: impl Read, to: &mut impl Write, folder: &str) -> io::Result<CopyReport> {
    let (links, left_out) = (HashSet::new(), HashSet::new());
    let mut fitter =
        TarRewriter { builder: tar::Builder::new(to), folder, links, left_out, report: CopyReport::default() };
    let mut members = Members::new(archive);
    while let Some((member, mut content)) = members.next()? {
        fitter.take(&member, &mut content)?;
    }
    members.drain()?;
    let TarRewriter { builder, report, .. } = fitter;
    builder.into_inner()?.flush()?;
    Ok(report)
}

/// Where an entry goes, as its names one below the other, and what it links to; or why it is left out.
type Judged = Result<(Vec<Vec<u8>>, Option<Vec<u8>>), &'static str>;

struct TarRewriter<'a, W: Write> {
    builder: tar::Builder<&'a mut W>,
    folder: &'a str,
    /// Links that this archive brought.
    links: HashSet<Vec<Vec<u8>>>,
    /// What of this archive was left out: a hard link to that would end it all.
    left_out: HashSet<Vec<Vec<u8>>>,
    report: CopyReport,
}

impl<W: Write> TarRewriter<'_, W> {
    fn take<R: Read>(&mut self, member: &Member, content: &mut Content<'_, R>) -> io::Result<()> {
        match self.judge(member) {
            Ok((path, link)) => self.pass(member, content, path, link),
            Err(why) => {
                self.left_out.extend(inside(&member.path));
                self.report.refuse(&member.path, Refusal::Unsafe(why));
                Ok(())
            }
        }
    }

    /// The target path of an entry, and of its link.
    fn judge(&self, member: &Member) -> Judged {
        use EntryType as Type;
        if !member.records.all().all(|(key, value)| is_taken(key, value)) {
            return Err("its extended header cannot be read");
        }
        let path = inside(&member.path)?;
        if self.goes_through_a_link(&path) {
            return Err("it is below a link in the archive");
        }
        if path.is_empty() && member.kind != Type::Directory {
            return Err("it has no name");
        }
        match member.kind {
            Type::Directory | Type::Regular | Type::Fifo => Ok((path, None)),
            Type::Symlink if member.link.is_empty() || member.link.contains(&0) => Err("a link without a target"),
            Type::Symlink => Ok((path, Some(member.link.clone()))),
            Type::Link => Ok((path, Some(self.linked(&member.link)?))),
            Type::Char | Type::Block => Err("a device"),
            _ => Err("of an unknown kind"),
        }
    }

    /// The target of a hard link.
    fn linked(&self, target: &[u8]) -> Result<Vec<u8>, &'static str> {
        let target = inside(target)?;
        match () {
            () if target.is_empty() => Err("a link without a target"),
            () if self.goes_through_a_link(&target) => Err("it points through a link in the archive"),
            () if self.left_out.contains(&target) => Err("it points to an entry that is left out"),
            () => Ok(self.whole(&target, false)),
        }
    }

    fn goes_through_a_link(&self, path: &[Vec<u8>]) -> bool {
        (1..path.len()).any(|depth| self.links.contains(&path[..depth]))
    }

    fn whole(&self, path: &[Vec<u8>], is_folder: bool) -> Vec<u8> {
        let mut whole = self.folder.as_bytes().to_vec();
        for name in path {
            if !whole.is_empty() {
                whole.push(b'/');
            }
            whole.extend_from_slice(name);
        }
        if whole.is_empty() {
            whole.push(b'.');
        }
        if is_folder {
            whole.push(b'/');
        }
        whole
    }

    fn pass<R: Read>(
        &mut self,
        member: &Member,
        content: &mut Content<'_, R>,
        path: Vec<Vec<u8>>,
        link: Option<Vec<u8>>,
    ) -> io::Result<()> {
        let is_folder = member.kind == EntryType::Directory;
        let name = self.whole(&path, is_folder);
        let link = link.unwrap_or_default();
        self.extend(member, &name, &link)?;
        // A pipe has nothing to pass on, whatever it claims.
        let size = if member.kind == EntryType::Regular { member.size } else { 0 };
        self.builder.append(&head(member, size, &name, &link), content.take(size))?;
        if member.kind == EntryType::Symlink {
            self.links.insert(path);
        } else {
            self.links.remove(&path);
        }
        self.report.bytes += size;
        self.report.files += u64::from(!is_folder);
        Ok(())
    }

    /// What extends the head: what there was, and what has no room in it.
    fn extend(&mut self, member: &Member, name: &[u8], link: &[u8]) -> io::Result<()> {
        let kept = member.records.all().filter(|(key, _)| !OWN.contains(key) && !key.starts_with(SPARSE));
        let mut records: Vec<(&str, Vec<u8>)> = Vec::new();
        for (key, value) in kept {
            // Others were left out before.
            records.extend(std::str::from_utf8(key).map(|key| (key, value.to_vec())));
        }
        for (key, text) in [("path", name), ("linkpath", link)] {
            if text.len() > SHORT {
                records.push((key, text.to_vec()));
            }
        }
        if let Some((seconds @ ..0, 0)) = member.modified
            && member.records.get(b"mtime").is_none()
        {
            records.push(("mtime", seconds.to_string().into_bytes()));
        }
        self.builder.append_pax_extensions(records.iter().map(|(key, value)| (*key, value.as_slice())))
    }
}

/// Engines take no others: their whole archive would be none to them.
fn is_taken(key: &[u8], value: &[u8]) -> bool {
    let is_name = matches!(key, b"path" | b"linkpath" | b"uname" | b"gname");
    let is_key = std::str::from_utf8(key).is_ok_and(|key| !key.is_empty() && !key.contains('\0'));
    is_key && (!is_name || !value.contains(&0))
}

/// The head of an entry under another name, with all else that the old one says. What it does not say is as usual.
fn head(member: &Member, size: u64, name: &[u8], link: &[u8]) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(member.kind);
    let usual = if member.kind == EntryType::Directory { 0o755 } else { 0o644 };
    header.set_mode(member.mode.unwrap_or(usual) & 0o7777);
    header.set_uid(member.uid.unwrap_or(0));
    header.set_gid(member.gid.unwrap_or(0));
    // Times before 1970 are told by a record.
    header.set_mtime(member.modified.map_or(0, |(seconds, _)| u64::try_from(seconds).unwrap_or(0)));
    header.set_size(size);
    if let Some(fields) = header.as_gnu_mut() {
        let (name, link) = (&name[..name.len().min(SHORT)], &link[..link.len().min(SHORT)]);
        fields.name[..name.len()].copy_from_slice(name);
        fields.linkname[..link.len()].copy_from_slice(link);
    }
    header.set_cksum();
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of raw names: the library would refuse some of them.
    fn archive(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, kind, content) in entries {
            let data = if *kind == EntryType::Regular { *content } else { "" };
            let mut header = Header::new_gnu();
            let fields = header.as_gnu_mut().unwrap();
            fields.name[..name.len()].copy_from_slice(name.as_bytes());
            if data.is_empty() {
                fields.linkname[..content.len()].copy_from_slice(content.as_bytes());
            }
            header.set_entry_type(*kind);
            header.set_mode(0o4755);
            header.set_uid(999);
            header.set_gid(3_000_000);
            header.set_mtime(7);
            header.set_size(data.len() as u64);
            header.set_cksum();
            tar.append(&header, data.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap()
    }

    /// Name, kind, link, mode, and the sum of owner and group.
    type Row = (String, EntryType, String, u32, u64);

    fn fitted(bytes: &[u8], folder: &str) -> (Vec<Row>, CopyReport) {
        let mut out = Vec::new();
        let report = fit(bytes, &mut out, folder).unwrap();
        let mut read = tar::Archive::new(out.as_slice());
        let entry = |entry: io::Result<tar::Entry<'_, &[u8]>>| {
            let entry = entry.unwrap();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let link = entry.link_name_bytes().map(|link| text(&link)).unwrap_or_default();
            let header = entry.header();
            let (mode, owner) = (header.mode().unwrap(), header.uid().unwrap() + header.gid().unwrap());
            (text(&entry.path_bytes()), header.entry_type(), link, mode, owner)
        };
        let entries = read.entries().unwrap().map(entry).collect();
        (entries, report)
    }

    #[test]
    fn names_move_and_all_else_stays() {
        let bytes = archive(&[
            ("./", EntryType::Directory, ""),
            ("./f", EntryType::Regular, "hello"),
            ("hard", EntryType::Link, "./f"),
            ("out", EntryType::Symlink, "../../etc/passwd"),
            ("abs", EntryType::Symlink, "/etc/passwd"),
            ("pipe", EntryType::Fifo, ""),
        ]);
        let (entries, report) = fitted(&bytes, "volume");
        let names: Vec<(&str, &str)> = entries.iter().map(|entry| (entry.0.as_str(), entry.2.as_str())).collect();
        let wanted = [
            ("volume/", ""),
            ("volume/f", ""),
            ("volume/hard", "volume/f"),
            ("volume/out", "../../etc/passwd"),
            ("volume/abs", "/etc/passwd"),
            ("volume/pipe", ""),
        ];
        assert_eq!(names, wanted);
        assert!(entries.iter().all(|entry| (entry.3, entry.4) == (0o4755, 3_000_999)));
        assert_eq!((report.files, report.bytes, report.is_whole()), (5, 5, true));
        assert_eq!(fitted(&bytes, "").0[0].0, "./", "where the engine is given the folder itself");
    }

    #[test]
    fn nothing_leads_out_of_the_volume() {
        let bytes = archive(&[
            ("../out", EntryType::Regular, "x"),
            ("/etc/passwd", EntryType::Regular, "x"),
            ("a/../../out", EntryType::Regular, "x"),
            ("sda", EntryType::Block, ""),
            ("to", EntryType::Symlink, "/etc"),
            ("to/passwd", EntryType::Regular, "x"),
            ("hard", EntryType::Link, "../out"),
            ("hard", EntryType::Link, "to/passwd"),
            // The engine would end it all at a link to what is not there.
            ("hard", EntryType::Link, "sda"),
            ("good", EntryType::Regular, "x"),
        ]);
        let (entries, report) = fitted(&bytes, "volume");
        let names: Vec<&str> = entries.iter().map(|entry| entry.0.as_str()).collect();
        assert_eq!(names, ["volume/to", "volume/good"]);
        assert_eq!(report.refused_count, 8, "{report:?}");
    }

    #[test]
    fn long_names_and_extensions_go_with_it() {
        let mut tar = tar::Builder::new(Vec::new());
        tar.append_pax_extensions([("SCHILY.xattr.user.a", &b"b"[..]), ("path", "d/".repeat(90).as_bytes())]).unwrap();
        let mut header = Header::new_ustar();
        header.set_size(0);
        header.set_entry_type(EntryType::Directory);
        header.set_cksum();
        tar.append(&header, io::empty()).unwrap();
        let mut out = Vec::new();
        fit(tar.into_inner().unwrap().as_slice(), &mut out, "volume").unwrap();
        let mut read = tar::Archive::new(out.as_slice());
        let mut entry = read.entries().unwrap().next().unwrap().unwrap();
        assert_eq!(entry.path_bytes().len(), "volume/".len() + 180);
        let keys: Vec<String> =
            entry.pax_extensions().unwrap().unwrap().map(|one| one.unwrap().key().unwrap().to_string()).collect();
        assert_eq!(keys, ["SCHILY.xattr.user.a", "path"]);
    }

    #[test]
    fn an_archive_that_is_cut_is_no_archive() {
        let bytes = archive(&[("f", EntryType::Regular, &"x".repeat(5000))]);
        let cut = fit(&bytes[..2000], &mut Vec::new(), "volume").unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof, "{cut}");
        assert!(fit(&b"this is no archive at all, however long it is. ".repeat(30)[..], &mut Vec::new(), "").is_err());
    }
}
