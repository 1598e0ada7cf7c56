//! Files that are put into the container before it starts (row B7): text of the blueprint, files and folders of this machine, and
//! folders that bowline carries.

use super::Up;
use super::stages::UpStage;
use crate::engine::clock;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::files::stat;
use crate::engine::docker::files::tar_writer;
use crate::engine::stream::StreamEnd;
use crate::model::blueprint::{BUILTIN, CarriedFile, FilePart, PortNames, VolumeKind};
use crate::persist::tilde;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tar::{Builder, EntryType, Header};

/// Bytes of all files of a run, at most.
const MOST: usize = 256 << 20;
/// Permissions of a file where nothing says them, and of a folder.
const MODES: (u32, u32) = (0o644, 0o755);

/// One entry to be put into the container.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// Path inside, from the root.
    path: String,
    mode: u32,
    owner: (u64, u64),
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    File(Vec<u8>),
    Folder,
    Link(Vec<u8>),
}

/// Where files come from, and what is filled in.
struct Sources {
    folder: PathBuf,
    carried: Vec<CarriedFile>,
    /// Variables by name, for files that are templates.
    values: Vec<(String, String)>,
    ports: PortNames,
}

impl Up<'_> {
    /// Puts the files into the container, which does not run yet.
    pub(super) async fn files(&mut self, container: &str) -> Result<(), StreamEnd> {
        let wanted = self.wanted.blueprint.files.clone();
        self.begin(UpStage::Files, &format!("{} wanted", wanted.len())).await?;
        let sources = self.sources();
        let read = tokio::task::spawn_blocking(move || sources.all(&wanted)).await;
        let read = read.unwrap_or_else(|_| Err("bowline's own reader failed".into()));
        let entries = read.map_err(|why| self.problem(why, "check files in the blueprint"))?;
        let count = entries.iter().filter(|entry| matches!(entry.what, What::File(_))).count();
        for (folder, entries) in self.by_mount(entries)? {
            let archive = archive(&folder, &entries).map_err(|error| self.problem(format!("pack: {error}"), ""))?;
            self.put(container, &folder, archive).await?;
        }
        self.done(UpStage::Files, &format!("{count} put in")).await
    }

    fn sources(&self) -> Sources {
        let values: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(&self.wanted.variables).unwrap_or_default();
        let text = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
        Sources {
            folder: PathBuf::from(&self.wanted.folder),
            carried: self.wanted.carried.clone(),
            values: values.into_iter().map(|(name, value)| (format!("${{{name}}}"), text(value))).collect(),
            ports: PortNames::of(&self.wanted.blueprint.ports),
        }
    }

    /// The entries by the mount that they lie in: an engine may see a mount only by its own path, and lets nothing into a root
    /// that is read-only.
    fn by_mount(&self, entries: Vec<Entry>) -> Result<BTreeMap<String, Vec<Entry>>, StreamEnd> {
        let mut groups: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for entry in entries {
            let volumes = self.wanted.blueprint.volumes.iter().filter(|volume| is_in(&entry.path, &volume.target));
            let mount = volumes.max_by_key(|volume| volume.target.len());
            if mount.is_some_and(|mount| mount.kind == VolumeKind::Tmpfs) {
                let cause = format!("{} lies in memory, which is empty at the start", entry.path);
                return Err(self.problem(cause, "choose another path, or write it with a command after the start"));
            }
            let folder = mount.map_or("/", |mount| mount.target.as_str());
            groups.entry(folder.to_string()).or_default().push(entry);
        }
        Ok(groups)
    }

    async fn put(&self, container: &str, folder: &str, archive: Vec<u8>) -> Result<(), StreamEnd> {
        let request = format!("{}&noOverwriteDirNonDir=true", stat::plain_request(container, folder.as_bytes()));
        let pieces = futures_util::stream::once(async move { Ok(Bytes::from(archive)) });
        self.transport.put(&request, pieces).await.map_err(|fault| match &fault {
            EngineError::Status(_, words) if words.contains("read-only") => {
                self.problem(words, "put the files below a volume, or let the root be writable")
            }
            fault => self.fault(fault),
        })
    }
}

impl Sources {
    /// All entries, or what is wrong with one.
    fn all(&self, wanted: &[FilePart]) -> Result<Vec<Entry>, String> {
        let mut entries = Vec::new();
        for file in wanted {
            entries.extend(self.entries(file)?);
        }
        let size: usize =
            entries.iter().map(|entry| if let What::File(bytes) = &entry.what { bytes.len() } else { 0 }).sum();
        if size > MOST { Err(format!("the files are {size} bytes, more than {MOST}")) } else { Ok(entries) }
    }

    fn entries(&self, file: &FilePart) -> Result<Vec<Entry>, String> {
        let owner = owner(&file.owner)?;
        let mode = mode(&file.mode)?;
        let make = |path: &str, own: u32, what| Entry { path: clean(path), mode: mode.unwrap_or(own), owner, what };
        if let Some(content) = &file.content {
            return Ok(vec![make(&file.path, MODES.0, What::File(content.clone().into_bytes()))]);
        }
        let Some(from) = &file.from else { return Err(format!("{} has neither content nor from", file.path)) };
        if let Some(name) = from.strip_prefix(BUILTIN) {
            let files: Vec<&CarriedFile> = self.carried.iter().filter(|one| one.folder == name).collect();
            if files.is_empty() {
                return Err(format!("bowline carries no folder {from}"));
            }
            let own = |one: &CarriedFile| if one.mode == 0 { MODES.0 } else { one.mode };
            let path = |one: &CarriedFile| format!("{}/{}", file.path, one.path);
            let filled = |one: &CarriedFile| What::File(self.filled(one.content.clone(), file.template));
            return Ok(files.into_iter().map(|one| make(&path(one), own(one), filled(one))).collect());
        }
        let source = self.folder.join(tilde::path(Path::new(from)));
        let mut found = Vec::new();
        walk(&source, &target(file, &source), &mut found).map_err(|error| format!("{}: {error}", source.display()))?;
        // A folder that is there already keeps its owner and its permissions, unless others are named.
        if file.owner.is_empty() && matches!(found.first(), Some((_, _, What::Folder))) {
            found.remove(0);
        }
        Ok(found
            .into_iter()
            .map(|(path, own, what)| match what {
                What::File(bytes) => make(&path, own, What::File(self.filled(bytes, file.template))),
                // The permissions named are those of files.
                What::Folder | What::Link(_) => Entry { path: clean(&path), mode: own, owner, what },
            })
            .collect())
    }

    /// A file's content, with values in place of variables where it is a template and text.
    fn filled(&self, bytes: Vec<u8>, template: bool) -> Vec<u8> {
        match std::str::from_utf8(&bytes) {
            Ok(text) if template => {
                let filled = self.values.iter().fold(text.to_string(), |text, (name, value)| text.replace(name, value));
                self.ports.fill(&filled).into_owned().into_bytes()
            }
            _ => bytes,
        }
    }
}

/// The path inside: a path that ends with a slash is the folder for a file.
fn target(file: &FilePart, source: &Path) -> String {
    match source.file_name().and_then(|name| name.to_str()) {
        Some(name) if file.path.ends_with('/') && source.is_file() => format!("{}{name}", file.path),
        _ => file.path.clone(),
    }
}

/// What is at a path of this machine, and below it: path inside, permissions, content. Links stay links.
fn walk(source: &Path, inside: &str, found: &mut Vec<(String, u32, What)>) -> io::Result<()> {
    let is_first = found.is_empty();
    let about = if is_first { fs::metadata(source)? } else { fs::symlink_metadata(source)? };
    let mode = about.permissions().mode() & 0o7777;
    if about.is_symlink() {
        let to = fs::read_link(source)?.as_os_str().as_bytes().to_vec();
        found.push((inside.to_string(), mode, What::Link(to)));
    } else if about.is_dir() {
        found.push((inside.to_string(), mode, What::Folder));
        let mut names = fs::read_dir(source)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
        names.sort();
        for name in names {
            let shown = name.to_str().ok_or_else(|| io::Error::other("a name is not UTF-8"))?;
            walk(&source.join(&name), &format!("{}/{shown}", inside.trim_end_matches('/')), found)?;
        }
    } else if about.is_file() {
        found.push((inside.to_string(), mode, What::File(fs::read(source)?)));
    }
    // Sockets, pipes and devices are nobody's files.
    Ok(())
}

/// An archive of entries, with their paths from a folder.
fn archive(folder: &str, entries: &[Entry]) -> io::Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    for entry in entries {
        let path = entry.path.strip_prefix(folder.trim_end_matches('/')).unwrap_or(&entry.path);
        let path = path.trim_start_matches('/');
        // The folder itself is there.
        if path.is_empty() {
            continue;
        }
        let mut header = Header::new_gnu();
        header.set_mode(entry.mode);
        header.set_uid(entry.owner.0);
        header.set_gid(entry.owner.1);
        header.set_mtime(clock::now().seconds() as u64);
        match &entry.what {
            What::File(bytes) => {
                header.set_size(bytes.len() as u64);
                archive.append_data(&mut header, path, bytes.as_slice())?;
            }
            What::Folder => {
                header.set_entry_type(EntryType::Directory);
                header.set_size(0);
                archive.append_data(&mut header, format!("{path}/"), io::empty())?;
            }
            What::Link(to) => {
                header.set_entry_type(EntryType::Symlink);
                tar_writer::link(&mut archive, &mut header, path.as_bytes(), to)?;
            }
        }
    }
    archive.into_inner()
}

fn is_in(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path from the root, without doubled slashes and `.`.
fn clean(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    format!("/{}", parts.join("/"))
}

/// Permissions from octal text; none where nothing is written.
fn mode(text: &str) -> Result<Option<u32>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let mode = u32::from_str_radix(text.trim_start_matches("0o"), 8).ok().filter(|mode| *mode <= 0o7777);
    mode.map(Some).ok_or_else(|| format!("{text} is no octal number for permissions, such as 0644"))
}

/// Numbers of user and group; root where nothing is written.
fn owner(text: &str) -> Result<(u64, u64), String> {
    if text.is_empty() {
        return Ok((0, 0));
    }
    let (user, group) = text.split_once(':').unwrap_or((text, text));
    let number = |text: &str| text.parse().map_err(|_| format!("{text} is no number of a user, such as 1000:1000"));
    Ok((number(user)?, number(group)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(folder: &Path) -> Sources {
        let carried = CarriedFile { folder: "app".into(), path: "a/b".into(), mode: 0o755, content: b"carried".into() };
        let values = vec![("${who}".into(), "ann".into())];
        Sources { folder: folder.into(), carried: vec![carried], values, ports: PortNames::default() }
    }

    #[test]
    fn text_folders_and_carried_files_become_entries() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("site/sub")).unwrap();
        fs::write(folder.path().join("site/sub/page"), "hello ${who}").unwrap();
        let file = |path: &str, content: Option<&str>, from: Option<&str>| FilePart {
            path: path.into(),
            content: content.map(str::to_string),
            from: from.map(str::to_string),
            template: true,
            owner: "7:8".into(),
            ..FilePart::default()
        };
        let wanted = [
            file("/etc//x", Some("text"), None),
            file("/srv", None, Some("site")),
            file("/app", None, Some("builtin:app")),
        ];
        let entries = sources(folder.path()).all(&wanted).unwrap();
        let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, ["/etc/x", "/srv", "/srv/sub", "/srv/sub/page", "/app/a/b"]);
        assert_eq!(entries[3].what, What::File(b"hello ann".to_vec()));
        assert_eq!((entries[4].mode, entries[4].owner), (0o755, (7, 8)));
    }

    #[test]
    fn what_cannot_be_put_in_is_said() {
        let folder = tempfile::tempdir().unwrap();
        for (file, word) in [
            (FilePart { path: "/x".into(), ..FilePart::default() }, "neither"),
            (FilePart { path: "/x".into(), from: Some("builtin:none".into()), ..FilePart::default() }, "carries no"),
            (FilePart { path: "/x".into(), from: Some("none".into()), ..FilePart::default() }, "none"),
            (FilePart { content: Some(String::new()), mode: "9".into(), ..FilePart::default() }, "octal"),
            (FilePart { content: Some(String::new()), owner: "ann".into(), ..FilePart::default() }, "number"),
        ] {
            let why = sources(folder.path()).all(&[file]).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }
}
