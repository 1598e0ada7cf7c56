//! Files of a container: what a folder holds, what a file holds, what is to be copied and how far it is.
//!
//! Names and paths are raw bytes, as Linux has them: they are cleaned where they are shown and nowhere else.

use super::id::Id;
use super::problem::Problem;
use super::text;
use std::path::PathBuf;
use std::sync::Arc;

/// The kind of an entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum FileKind {
    /// A file.
    #[default]
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link {
        /// The target as written.
        target: Vec<u8>,
        /// Whether the target is a folder, where that is known.
        to_folder: Option<bool>,
    },
    /// A character or block device.
    Device,
    /// A named pipe.
    Pipe,
    /// A socket.
    Socket,
    /// Something else.
    Other,
}

/// A name in a folder of a container.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct FileEntry {
    /// Its name, raw.
    pub name: Vec<u8>,
    /// The kind of file.
    pub kind: FileKind,
    /// Bytes.
    pub size: u64,
    /// Permission bits, with those for set-user-id and the like.
    pub mode: u32,
    /// The time of the last change, seconds since 1970.
    pub modified: i64,
    /// Number of the user it belongs to.
    pub uid: u64,
    /// Number of the group it belongs to.
    pub gid: u64,
    /// Whose it is, for people: names where they are known, clean.
    pub owner: String,
}

impl FileEntry {
    /// True if it is known to be a folder, or to lead to one.
    pub fn is_folder(&self) -> bool {
        matches!(self.kind, FileKind::Folder | FileKind::Link { to_folder: Some(true), .. })
    }

    /// `drwxr-xr-x`, as `ls` writes it.
    pub fn permissions(&self) -> String {
        let kind = match self.kind {
            FileKind::File => '-',
            FileKind::Folder => 'd',
            FileKind::Link { .. } => 'l',
            FileKind::Device => 'c',
            FileKind::Pipe => 'p',
            FileKind::Socket => 's',
            FileKind::Other => '?',
        };
        let mut written = String::with_capacity(10);
        written.push(kind);
        for (shift, special, sign) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
            let bits = self.mode >> shift;
            written.push(if bits & 4 != 0 { 'r' } else { '-' });
            written.push(if bits & 2 != 0 { 'w' } else { '-' });
            written.push(match (bits & 1 != 0, self.mode & special != 0) {
                (true, true) => sign,
                (false, true) => sign.to_ascii_uppercase(),
                (true, false) => 'x',
                (false, false) => '-',
            });
        }
        written
    }
}

/// The entries of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// The folder, raw.
    pub path: Vec<u8>,
    /// Its entries, folders first, then by name.
    pub entries: Vec<FileEntry>,
    /// There is more; why it is not here.
    pub cut: Option<String>,
}

impl Listing {
    /// Why a listing is cut of which more is on its way.
    pub const GROWING: &str = "still reading …";
}

/// The beginning of a file, or all of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileContent {
    /// The path, raw.
    pub path: Vec<u8>,
    /// The metadata of the file.
    pub entry: FileEntry,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// True if the file has more bytes than these.
    pub cut: bool,
    /// It lies where the engine cannot write: in memory, or made up by the kernel.
    pub elsewhere: bool,
    /// It is mounted by itself: the engine can put no other file in its place.
    pub mounted: bool,
}

/// Files are to be copied out of a container.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CopyOut {
    /// Of which.
    pub id: Id,
    /// What, raw. With `/.` at its end: what the folder holds, not the folder.
    pub from: Vec<u8>,
    /// Where to: into that folder if there is one, else under that name.
    pub to: PathBuf,
    /// If it is a link, what it leads to is meant.
    pub follow: bool,
    /// True if existing files are replaced.
    pub overwrite: bool,
}

/// Files are to be copied into a container.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CopyIn {
    /// Into which.
    pub id: Id,
    /// What. With `/.` at its end: what the folder holds, not the folder.
    pub from: PathBuf,
    /// Where to, raw: into that folder if there is one, else under that name.
    pub to: Vec<u8>,
    /// If it is a link, what it leads to is meant.
    pub follow: bool,
    /// True if existing files are replaced.
    pub overwrite: bool,
    /// It takes the place of a file that held these bytes, whose owner and permissions it gets, unless that has changed meanwhile.
    pub instead_of: Option<Arc<[u8]>>,
}

/// The progress of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CopyProgress {
    /// Files and links that are done.
    pub files: u64,
    /// Bytes that are done.
    pub bytes: u64,
    /// How many bytes there are in all, where that is known.
    pub total: Option<u64>,
    /// The path being copied, raw.
    pub current: Vec<u8>,
}

/// The reason why an entry was not copied.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It is there already, and nobody said that it may be replaced.
    Exists,
    /// It would lead out of the folder, or must not be made; in words.
    Unsafe(&'static str),
    /// It could not be written or read; in words, clean.
    Failed(String),
}

impl Refusal {
    /// In words.
    pub fn words(&self) -> &str {
        match self {
            Refusal::Exists => "exists already",
            Refusal::Unsafe(why) => why,
            Refusal::Failed(why) => why,
        }
    }
}

/// The result of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CopyReport {
    /// Files and links that were copied.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there already, of the same size and time: an earlier copy's.
    pub same: u64,
    /// Files and folders that lost special permissions: set-user-id, set-group-id, capabilities or other extended attributes.
    pub stripped: u64,
    /// Files, folders and links whose owner could not be kept.
    pub ownerless: u64,
    /// What was not copied, raw names, and why; the first of them.
    pub refused: Vec<(Vec<u8>, Refusal)>,
    /// The number of entries that were not copied.
    pub refused_count: u64,
    /// How many of these only since something is there already.
    pub existing: u64,
    /// The target, raw.
    pub into: Vec<u8>,
    /// It broke off: what is told here was done before.
    pub broken: Option<Problem>,
}

/// Refusals that are kept word for word.
const KEPT: usize = 1000;
/// Bytes of a name that are kept: names come from archives, which may say anything.
const NAME: usize = 4096;

impl CopyReport {
    /// Something was not copied.
    pub fn refuse(&mut self, name: &[u8], why: Refusal) {
        self.refused_count += 1;
        self.existing += u64::from(why == Refusal::Exists);
        if self.refused.len() < KEPT {
            self.refused.push((name[..name.len().min(NAME)].to_vec(), why));
        }
    }

    /// True if all was copied.
    pub fn is_whole(&self) -> bool {
        self.refused_count == 0 && self.broken.is_none()
    }
}

/// A message of a stream about files.
#[derive(Debug, Clone, PartialEq)]
pub enum FileChunk {
    /// The files of a volume can be asked for as those of this container: its paths begin in the volume.
    Mounted(Id),
    /// The entries of a folder.
    Listing(Arc<Listing>),
    /// The content of a file.
    Content(Arc<FileContent>),
    /// The progress of a copy.
    Progress(CopyProgress),
    /// What came of a copy. The stream ends next.
    Copied(Box<CopyReport>),
}

/// Raw bytes as clean text: what is no text becomes `\xff`.
pub fn shown(raw: &[u8]) -> String {
    let mut out = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        chunk.valid().chars().for_each(|c| match c {
            // A space would be a lie about a name.
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if text::is_hostile(c) => text::push_visible(&mut out, c),
            c => out.push(c),
        });
        chunk.invalid().iter().for_each(|byte| out.push_str(&format!("\\x{byte:02x}")));
    }
    out
}

/// An absolute path without `.`, `..` and doubled slashes; `..` is taken by the words, as `docker cp` does.
pub fn normal(path: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut whole = Vec::with_capacity(path.len() + 1);
    for part in &parts {
        whole.push(b'/');
        whole.extend_from_slice(part);
    }
    if whole.is_empty() { b"/".to_vec() } else { whole }
}

/// A name in a folder.
pub fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = folder.to_vec();
    if path.last() != Some(&b'/') {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// The folder of a path, and its last name, which is empty for `/`. The path is [`normal`].
pub fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(0) => (b"/", path.get(1..).unwrap_or_default()),
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (b"/", path),
    }
}

/// True if what the folder holds is meant, not the folder.
pub fn means_content(path: &[u8]) -> bool {
    path == b"." || path.ends_with(b"/.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_shown_as_what_they_are() {
        assert_eq!(shown(b"a\xff\x1b[2J\nb"), "a\\xff^[[2J\\nb");
        assert_eq!(shown("größe".as_bytes()), "größe");
    }

    #[test]
    fn paths_are_brought_into_form() {
        for (path, wanted) in [("", "/"), ("/", "/"), ("a//b/./c/", "/a/b/c"), ("/a/../..", "/"), ("/a/b/../c", "/a/c")]
        {
            assert_eq!(normal(path.as_bytes()), wanted.as_bytes(), "{path}");
        }
        assert_eq!(split(b"/a/b"), (&b"/a"[..], &b"b"[..]));
        assert_eq!(split(b"/a"), (&b"/"[..], &b"a"[..]));
        assert_eq!(split(b"/"), (&b"/"[..], &b""[..]));
        assert_eq!(join(b"/", b"a"), b"/a");
    }

    #[test]
    fn a_report_counts_all_and_keeps_the_first_and_no_endless_name() {
        let mut report = CopyReport::default();
        (0..KEPT + 5).for_each(|_| report.refuse(&[b'n'; 10_000], Refusal::Exists));
        report.refuse(b"x", Refusal::Unsafe("a device"));
        assert_eq!((report.refused_count, report.existing), (KEPT as u64 + 6, KEPT as u64 + 5));
        assert_eq!((report.refused.len(), report.refused[0].0.len()), (KEPT, NAME));
    }

    #[test]
    fn permissions_are_written_as_ls_does() {
        let of = |kind, mode| FileEntry { kind, mode, ..FileEntry::default() }.permissions();
        assert_eq!(of(FileKind::File, 0o644), "-rw-r--r--");
        assert_eq!(of(FileKind::Folder, 0o1777), "drwxrwxrwt");
        assert_eq!(of(FileKind::File, 0o4750), "-rwsr-x---");
        assert_eq!(of(FileKind::File, 0o2640), "-rw-r-S---");
    }

    proptest! {
        #[test]
        fn nothing_hostile_is_shown(raw in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(!shown(&raw).chars().any(text::is_hostile));
        }
    }
}
