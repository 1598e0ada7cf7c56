//! A build's context: a folder as an uncompressed tar archive, made as it is sent.
//!
//! Links stay links, hard ones too, and nothing is read through them; everything belongs to root, as with the Docker client; sockets, pipes
//! and devices are left out with a word.

use super::ignore::Rules;
use crate::engine::docker::files::tar_writer::{self, Twins};
use crate::engine::docker::files::unpack::bytes_of;
use bytes::Bytes;
use std::fs::{self, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::mpsc;

/// Bytes that go at once.
const PIECE: usize = 64 * 1024;
/// The longest Dockerfile and the longest `.dockerignore`, bytes.
const TEXT: u64 = 1 << 20;
/// The name of the rules.
const IGNORE: &str = ".dockerignore";

/// The build context to send.
#[derive(Debug)]
pub struct Context {
    root: PathBuf,
    rules: Rules,
    /// The Dockerfile's name in the archive.
    pub dockerfile: String,
    /// Files that are put into the archive beside those of the folder, or in their place.
    added: Vec<(String, Vec<u8>)>,
}

/// Why a context cannot be sent: what was looked at, and what was wrong with it.
pub type Wrong = (PathBuf, String);

fn wrong(path: &Path) -> impl Fn(io::Error) -> Wrong {
    move |error| (path.to_path_buf(), error.to_string())
}

impl Context {
    /// Looks at the folder, the Dockerfile and the rules. `outside` is the name that a Dockerfile from outside gets.
    ///
    /// # Errors
    /// The file, and what is wrong with it.
    pub fn open(folder: &Path, dockerfile: &str, outside: &str) -> Result<Context, Wrong> {
        let root = fs::canonicalize(folder).map_err(wrong(folder))?;
        if !root.is_dir() {
            return Err((root, "it is not a folder".into()));
        }
        let dockerfile = if dockerfile.is_empty() { "Dockerfile" } else { dockerfile };
        let path = root.join(dockerfile);
        let parent = path.parent().unwrap_or(&root);
        let parent = fs::canonicalize(parent).map_err(wrong(&path))?;
        let name = path.file_name().ok_or_else(|| (path.clone(), "it has no file name".to_string()))?;
        let text = read(&path).map_err(wrong(&path))?;
        let inside = parent.join(name).strip_prefix(&root).ok().and_then(Path::to_str).map(str::to_string);
        // One for this Dockerfile alone goes before the folder's.
        let own = PathBuf::from(format!("{}{IGNORE}", path.display()));
        let common = root.join(IGNORE);
        let ignore = [own, common].into_iter().find(|path| path.exists());
        let ignore_text =
            ignore.as_deref().map(|path| read(path).map_err(wrong(path))).transpose()?.unwrap_or_default();
        let mut added = Vec::new();
        let name = inside.unwrap_or_else(|| {
            // As the Docker client does: it is sent beside the folder's files, and hidden from the build's own steps.
            let mut rules = if ignore_text.is_empty() { IGNORE.as_bytes().to_vec() } else { ignore_text.clone() };
            rules.extend_from_slice(format!("\n{outside}\n").as_bytes());
            added = vec![(outside.to_string(), text), (IGNORE.to_string(), rules)];
            outside.to_string()
        });
        let rules = Rules::read(&String::from_utf8_lossy(&ignore_text), &[&name, IGNORE])
            .map_err(|why| (ignore.unwrap_or_else(|| root.join(IGNORE)), why))?;
        Ok(Context { root, rules, dockerfile: name, added })
    }

    /// Writes the archive.
    ///
    /// # Errors
    /// The file, and what is wrong with it; or that nobody takes the archive any more.
    pub fn write(&self, out: Pieces, notes: &mpsc::Sender<String>) -> Result<(), Wrong> {
        let mut archive = Archive { tar: tar::Builder::new(out), twins: Twins::default() };
        let filled = self.fill(&mut archive, notes);
        let Archive { tar: archive, .. } = archive;
        if filled.is_err() {
            // An archive that is dropped ends itself: a part of the folder would pass for the whole.
            archive.get_ref().stop.store(true, Ordering::Relaxed);
        }
        filled?;
        let finished = archive.into_inner().and_then(|mut out| out.flush());
        finished.map_err(wrong(&self.root))
    }

    fn fill(&self, archive: &mut Archive, notes: &mpsc::Sender<String>) -> Result<(), Wrong> {
        self.folder(archive, "", notes)?;
        for (name, text) in &self.added {
            let mut header = rooted(0o600, 0);
            header.set_size(text.len() as u64);
            archive.tar.append_data(&mut header, name, text.as_slice()).map_err(wrong(Path::new(name)))?;
        }
        Ok(())
    }

    fn folder(&self, archive: &mut Archive, below: &str, notes: &mpsc::Sender<String>) -> Result<(), Wrong> {
        let folder = self.root.join(below);
        let entries = fs::read_dir(&folder).map_err(wrong(&folder))?;
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry.map_err(wrong(&folder))?.file_name());
        }
        names.sort();
        for name in names {
            let path = folder.join(&name);
            let Some(name) = name.to_str() else {
                note(notes, format!("left out {}: its name is not UTF-8", path.display()));
                continue;
            };
            let inside = if below.is_empty() { name.to_string() } else { format!("{below}/{name}") };
            let left_out = self.rules.leaves_out(&inside);
            let about = fs::symlink_metadata(&path).map_err(wrong(&path))?;
            if about.is_dir() {
                if !left_out {
                    entry(archive, &about, &inside).map_err(wrong(&path))?;
                }
                if !left_out || !self.rules.is_closed(&inside) {
                    self.folder(archive, &inside, notes)?;
                }
            } else if !left_out && !self.added.iter().any(|(name, _)| *name == inside) {
                self.file(archive, &path, &inside, &about, notes).map_err(wrong(&path))?;
            }
        }
        Ok(())
    }

    fn file(
        &self,
        archive: &mut Archive,
        path: &Path,
        inside: &str,
        about: &Metadata,
        notes: &mpsc::Sender<String>,
    ) -> io::Result<()> {
        let kind = about.file_type();
        if kind.is_symlink() {
            let mut header = header(about, tar::EntryType::Symlink);
            let target = fs::read_link(path)?;
            return tar_writer::link(&mut archive.tar, &mut header, inside.as_bytes(), bytes_of(&target));
        }
        if !kind.is_file() {
            let word = if kind.is_socket() {
                "a socket"
            } else if kind.is_fifo() {
                "a pipe"
            } else {
                "a device"
            };
            note(notes, format!("left out {inside}: it is {word}"));
            return Ok(());
        }
        if let Some(first) = archive.twins.before(about.dev(), about.ino(), about.nlink(), inside.as_bytes()) {
            let mut header = header(about, tar::EntryType::Link);
            return tar_writer::link(&mut archive.tar, &mut header, inside.as_bytes(), &first);
        }
        let file = fs::File::open(path)?;
        let mut header = header(about, tar::EntryType::Regular);
        header.set_size(about.len());
        archive.tar.append_data(&mut header, inside, Whole { left: about.len(), file })
    }
}

/// The archive that is written.
struct Archive {
    tar: tar::Builder<Pieces>,
    twins: Twins,
}

fn note(notes: &mpsc::Sender<String>, words: String) {
    // Where thousands are left out, some of them say enough.
    drop(notes.try_send(words));
}

fn header(about: &Metadata, kind: tar::EntryType) -> tar::Header {
    let mut header = rooted(about.mode() & 0o7777, about.mtime().max(0) as u64);
    header.set_entry_type(kind);
    header
}

/// The header of something that belongs to root.
fn rooted(mode: u32, changed: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_mode(mode);
    header.set_mtime(changed);
    header.set_uid(0);
    header.set_gid(0);
    header
}

fn entry(archive: &mut Archive, about: &Metadata, inside: &str) -> io::Result<()> {
    let mut header = header(about, tar::EntryType::Directory);
    header.set_size(0);
    archive.tar.append_data(&mut header, format!("{inside}/"), io::empty())
}

/// A short text file, whole.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    // Whoever opens a pipe that nobody writes to waits for ever.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    fs::File::open(path)?.take(TEXT + 1).read_to_end(&mut text)?;
    if text.len() as u64 > TEXT { Err(io::Error::other("it is larger than 1 MiB")) } else { Ok(text) }
}

/// A file of just the length that was promised: one that grows is cut, one that shrinks is an error.
struct Whole {
    left: u64,
    file: fs::File,
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.file.read(&mut buffer[..room])?;
        self.left -= read as u64;
        if read == 0 && room > 0 && self.left > 0 {
            return Err(io::Error::other("it shrank while it was read"));
        }
        Ok(read)
    }
}

/// Where an archive goes, piece by piece: each waits until the one before has gone.
pub struct Pieces {
    to: mpsc::Sender<io::Result<Bytes>>,
    buffer: Vec<u8>,
    count: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Pieces {
    /// Pieces that go to `to` and are counted, until `stop` is set.
    pub fn new(to: mpsc::Sender<io::Result<Bytes>>, count: Arc<AtomicU64>, stop: Arc<AtomicBool>) -> Pieces {
        Pieces { to, buffer: Vec::with_capacity(PIECE), count, stop }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let over = || io::Error::new(io::ErrorKind::BrokenPipe, "the engine stopped reading");
        if self.stop.load(Ordering::Relaxed) {
            return Err(over());
        }
        let piece = std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE));
        let length = piece.len() as u64;
        if length > 0 {
            self.to.blocking_send(Ok(Bytes::from(piece))).map_err(|_| over())?;
            self.count.fetch_add(length, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    type Sent = BTreeMap<String, (tar::EntryType, Vec<u8>)>;

    /// What an engine would unpack, and what was said.
    fn sent(context: &Context) -> Result<(Sent, Vec<String>), Wrong> {
        let (to, mut from) = mpsc::channel(1 << 10);
        let (notes, mut noted) = mpsc::channel(8);
        context.write(Pieces::new(to, Arc::default(), Arc::default()), &notes)?;
        let mut bytes = Vec::new();
        while let Ok(piece) = from.try_recv() {
            bytes.extend_from_slice(&piece.unwrap());
        }
        let mut archive = Sent::new();
        for entry in tar::Archive::new(bytes.as_slice()).entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut body = Vec::new();
            entry.read_to_end(&mut body).unwrap();
            if let Some(link) = entry.link_name().unwrap() {
                body = link.to_str().unwrap().into();
            }
            let header = entry.header();
            assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
            archive.insert(entry.path().unwrap().to_str().unwrap().into(), (header.entry_type(), body));
        }
        Ok((archive, std::iter::from_fn(|| noted.try_recv().ok()).collect()))
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn names(archive: &Sent) -> Vec<&str> {
        archive.keys().map(String::as_str).collect()
    }

    #[test]
    fn a_folder_goes_with_its_links_and_without_what_is_ignored() {
        let long = format!("deep/{}/{}", "d".repeat(90), "f".repeat(90));
        let folder = folder(&[
            ("Dockerfile", "FROM x"),
            (".dockerignore", "*\n!src\n!deep\nsrc/*.log\n"),
            ("src/a.txt", "a"),
            ("src/b.log", "b"),
            ("secret", "s"),
            (&long, "long"),
        ]);
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("src/link")).unwrap();
        std::os::unix::fs::symlink(".././", folder.path().join("src/up")).unwrap();
        fs::hard_link(folder.path().join("src/a.txt"), folder.path().join("src/twin")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("src/socket")).unwrap();
        let (archive, notes) = sent(&Context::open(folder.path(), "", ".x").unwrap()).unwrap();
        let deep = format!("deep/{}/", "d".repeat(90));
        let wanted = [
            ".dockerignore",
            "Dockerfile",
            "deep/",
            &deep,
            &long,
            "src/",
            "src/a.txt",
            "src/link",
            "src/twin",
            "src/up",
        ];
        assert_eq!(names(&archive), wanted);
        assert_eq!(archive["src/link"], (tar::EntryType::Symlink, b"/etc/passwd".to_vec()));
        assert_eq!(archive["src/up"].1, b".././", "word for word");
        assert_eq!(archive["src/twin"], (tar::EntryType::Link, b"src/a.txt".to_vec()), "once, by two names");
        assert_eq!(archive[&long].1, b"long");
        assert_eq!(notes, ["left out src/socket: it is a socket"]);
    }

    #[test]
    fn a_dockerfile_from_outside_is_sent_and_hidden() {
        let (folder, elsewhere) = (folder(&[("a", "a"), (".dockerignore", "b")]), folder(&[("My.docker", "FROM y")]));
        let path = elsewhere.path().join("My.docker");
        let context = Context::open(folder.path(), path.to_str().unwrap(), ".dockerfile.1").unwrap();
        assert_eq!(context.dockerfile, ".dockerfile.1");
        let (archive, _) = sent(&context).unwrap();
        assert_eq!(names(&archive), [".dockerfile.1", ".dockerignore", "a"]);
        assert_eq!(archive[".dockerfile.1"].1, b"FROM y");
        assert_eq!(archive[".dockerignore"].1, b"b\n.dockerfile.1\n");
    }

    #[test]
    fn a_dockerfile_inside_may_be_named_in_any_way_and_have_its_own_rules() {
        let folder =
            folder(&[("d/X", "FROM x"), ("d/X.dockerignore", "a"), (".dockerignore", "b"), ("a", ""), ("b", "")]);
        for name in ["d/X".to_string(), "./d/../d/X".into(), folder.path().join("d/X").to_str().unwrap().into()] {
            let context = Context::open(folder.path(), &name, ".x").unwrap();
            assert_eq!(context.dockerfile, "d/X", "{name}");
            assert!(!names(&sent(&context).unwrap().0).contains(&"a"));
        }
    }

    #[test]
    fn what_cannot_be_sent_is_named() {
        let empty = folder(&[]);
        let (path, why) = Context::open(empty.path(), "", ".x").unwrap_err();
        assert!(path.ends_with("Dockerfile") && why.contains("No such file"), "{why}");
        assert!(Context::open(Path::new("/nowhere"), "", ".x").is_err());
        let file = empty.path().join("f");
        fs::write(&file, "").unwrap();
        assert!(Context::open(&file, "", ".x").unwrap_err().1.contains("not a folder"));
        let bad = folder(&[("Dockerfile", ""), (".dockerignore", "[")]);
        assert!(Context::open(bad.path(), "", ".x").unwrap_err().0.ends_with(".dockerignore"));
    }

    #[test]
    fn a_file_that_shrinks_is_no_whole_file() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"12345").unwrap();
        io::Seek::rewind(&mut file).unwrap();
        let error = Whole { left: 9, file }.read_to_end(&mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("shrank"));
    }

    #[test]
    fn nobody_is_sent_anything_after_the_end() {
        let folder = folder(&[("Dockerfile", "FROM x")]);
        let context = Context::open(folder.path(), "", ".x").unwrap();
        let (notes, _noted) = mpsc::channel(1);
        let (to, from) = mpsc::channel(1);
        let stopped = Pieces::new(to.clone(), Arc::default(), Arc::new(AtomicBool::new(true)));
        assert!(context.write(stopped, &notes).is_err());
        drop(from);
        assert!(context.write(Pieces::new(to, Arc::default(), Arc::default()), &notes).is_err());
    }
}
