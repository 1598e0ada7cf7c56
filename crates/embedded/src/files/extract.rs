//! An archive into a tree of files.

use std::io::Read;

use bytes::Bytes;
use http::StatusCode;
use tar::EntryType;

use super::tree::Full;
use crate::files::tree::{Node, Tree, What};
use crate::response::ApiError;

/// Puts what is in an archive into a folder of a tree. `careful`: no folder takes a file's place, no file a folder's.
pub(crate) fn extract(tree: &mut Tree, folder: &str, body: &[u8], careful: bool) -> Result<(), ApiError> {
    if let Some(how) = compressed(body) {
        return Err(ApiError::unable(&format!("unpack archives that are compressed ({how}): send a plain tar")));
    }
    let mut archive = tar::Archive::new(body);
    // A sparse file may claim far more than the body holds.
    let mut left = body.len();
    for entry in archive.entries().map_err(wrong)? {
        let mut entry = entry.map_err(wrong)?;
        let name = text(&entry.path_bytes())?;
        let path = within(tree, folder, &name)?;
        let kind = entry.header().entry_type();
        if is_sparse(&mut entry).map_err(wrong)? {
            return Err(ApiError::unable(&format!("unpack sparse files of pax: {name} is one")));
        }
        // The oldest heads know a folder only by its name.
        let is_old_folder = entry.header().as_old().linkflag[0] == 0 && name.ends_with('/');
        let what = match kind {
            EntryType::Directory => What::Folder,
            EntryType::Regular if is_old_folder => What::Folder,
            EntryType::Symlink => What::Link(link(&entry)?),
            EntryType::Link => What::File(linked(tree, folder, &link(&entry)?)?),
            EntryType::XGlobalHeader => continue,
            kind if kind.is_file() => {
                let mut bytes = Vec::new();
                (&mut entry).take(left as u64).read_to_end(&mut bytes).map_err(wrong)?;
                left -= bytes.len();
                What::File(bytes.into())
            }
            _ => return Err(ApiError::unable(&format!("keep devices and pipes: {name} is one"))),
        };
        let had = tree.get(&path).map(|node| node.what == What::Folder);
        if careful && had == Some(false) && what == What::Folder {
            return Err(processing(format!("cannot overwrite non-directory \"{path}\" with directory \"{folder}\"")));
        }
        if careful && had == Some(true) && what != What::Folder {
            return Err(processing(format!("cannot overwrite directory \"{path}\" with non-directory \"{folder}\"")));
        }
        let header = entry.header();
        let node = Node {
            what,
            mode: header.mode().unwrap_or(0o644) & 0o7777,
            user: header.uid().unwrap_or(0),
            group: header.gid().unwrap_or(0),
            modified: header.mtime().ok().and_then(|at| i64::try_from(at).ok()).unwrap_or(0),
        };
        if path != "/" {
            tree.put(path, node).map_err(full)?;
        }
    }
    Ok(())
}

fn processing(why: impl std::fmt::Display) -> ApiError {
    ApiError::failed(format!("Error processing tar file(exit status 1): {why}"))
}

fn wrong(error: std::io::Error) -> ApiError {
    processing(error)
}

fn full(full: Full) -> ApiError {
    let text = match full {
        Full::Files => "a container can have at most 4096 files here",
        Full::Bytes => "a container's files can hold at most 16 MiB here",
        Full::Name => return processing("file name too long"),
    };
    ApiError { status: StatusCode::PAYLOAD_TOO_LARGE, message: format!("no space left on device: {text}") }
}

/// The compression of an archive, if it has one.
fn compressed(body: &[u8]) -> Option<&'static str> {
    let magics: [(&[u8], &str); 4] =
        [(b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"\x28\xb5\x2f\xfd", "zstd")];
    magics.into_iter().find(|(magic, _)| body.starts_with(magic)).map(|(_, name)| name)
}

/// The library takes the map of such a file for a part of what it holds.
fn is_sparse(entry: &mut tar::Entry<'_, &[u8]>) -> std::io::Result<bool> {
    let extensions = entry.pax_extensions()?.into_iter().flatten();
    Ok(extensions.flatten().any(|one| one.key_bytes().starts_with(b"GNU.sparse.")))
}

fn text(bytes: &[u8]) -> Result<String, ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|_| processing("a file's name is not UTF-8"))?;
    if text.contains('\0') { Err(processing("a file's name contains a NUL byte")) } else { Ok(text.to_string()) }
}

fn link(entry: &tar::Entry<'_, &[u8]>) -> Result<String, ApiError> {
    text(&entry.link_name_bytes().unwrap_or_default())
}

/// Where a name of the archive leads: folders on the way are made, links on the way are followed inside the tree, and
/// nothing leads out of the folder by its name.
fn within(tree: &mut Tree, folder: &str, name: &str) -> Result<String, ApiError> {
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.contains(&"..") {
        return Err(processing(format!("\"{name}\" is outside of \"{folder}\"")));
    }
    let Some((last, folders)) = parts.split_last() else { return Ok(folder.to_string()) };
    let mut at = folder.to_string();
    for part in folders {
        let next = join(&at, part);
        if tree.get(&next).is_none() {
            let above = tree.get(&at).cloned();
            let made =
                Node { what: What::Folder, mode: 0o755, user: 0, group: 0, modified: above.map_or(0, |a| a.modified) };
            tree.put(next.clone(), made).map_err(full)?;
        }
        at = tree.resolve(&next, true).map_err(|_| processing(format!("{next}: not a directory")))?;
        if tree.get(&at).is_none_or(|node| node.what != What::Folder) {
            return Err(processing(format!("{at}: not a directory")));
        }
    }
    Ok(join(&at, last))
}

/// What a hard link means: a name of the same archive, so in the same folder.
fn linked(tree: &mut Tree, folder: &str, target: &str) -> Result<Bytes, ApiError> {
    let path = within(tree, folder, target)?;
    match tree.get(&path).map(|node| &node.what) {
        Some(What::File(bytes)) => Ok(bytes.clone()),
        _ => Err(processing(format!("link {target}: no such file or directory"))),
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder == "/" { format!("/{name}") } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::tree::parent;

    fn folder() -> Node {
        Node { what: What::Folder, mode: 0o755, user: 0, group: 0, modified: 0 }
    }

    fn tree() -> Tree {
        let mut tree = Tree::new(folder());
        tree.put("/in".into(), folder()).expect("room");
        tree
    }

    fn archive(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, kind, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_gnu_mut().expect("gnu").name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            let data = if kind.is_file() { content } else { "" };
            header.set_size(data.len() as u64);
            if matches!(kind, EntryType::Symlink | EntryType::Link) {
                header.set_link_name_literal(content).expect("short");
            }
            header.set_cksum();
            tar.append(&header, data.as_bytes()).expect("memory");
        }
        tar.into_inner().expect("memory")
    }

    #[test]
    fn nothing_leads_out_of_the_folder() {
        for name in ["../out", "a/../../out", "./../out"] {
            let refused = extract(&mut tree(), "/in", &archive(&[(name, EntryType::Regular, "x")]), false);
            assert!(refused.expect_err(name).message.contains("outside"), "{name}");
        }
        let mut tree = tree();
        let both = archive(&[("to", EntryType::Symlink, "/"), ("to/x", EntryType::Regular, "x")]);
        extract(&mut tree, "/in", &both, false).expect("inside the tree all the same");
        assert_eq!(tree.get("/x").map(Node::size), Some(1), "the link is followed in the tree, which is all there is");
        let absolute = archive(&[("/in2", EntryType::Regular, "x")]);
        extract(&mut tree, "/in", &absolute, false).expect("made relative");
        assert!(tree.get("/in/in2").is_some() && tree.get("/in2").is_none());
    }

    #[test]
    fn old_folders_are_folders_and_sparse_files_of_pax_are_refused_by_name() {
        let mut tree = tree();
        let mut old = archive(&[("old/", EntryType::Regular, ""), ("plain", EntryType::Regular, "")]);
        for at in [0, 512] {
            let mut header = tar::Header::from_byte_slice(&old[at..at + 512]).clone();
            header.as_old_mut().linkflag = [0];
            header.set_cksum();
            old[at..at + 512].copy_from_slice(header.as_bytes());
        }
        extract(&mut tree, "/in", &old, false).expect("reads");
        assert_eq!(tree.get("/in/old").map(|node| &node.what), Some(&What::Folder));
        assert_eq!(tree.get("/in/plain").map(Node::size), Some(0));
        for form in ["0.0", "0.1", "1.0"] {
            let path = format!("{}/../../tests/engine/recorded/tar/gnu-sparse-{form}.tar", env!("CARGO_MANIFEST_DIR"));
            let refused = extract(&mut tree, "/in", &std::fs::read(path).expect("recorded"), false);
            assert!(refused.expect_err("refused").message.contains("sparse files of pax"), "{form}");
        }
    }

    #[test]
    fn kinds_of_entries() {
        let mut tree = tree();
        let all = archive(&[
            ("d", EntryType::Directory, ""),
            ("d/f", EntryType::Regular, "hello"),
            ("hard", EntryType::Link, "d/f"),
            ("deep/er/f", EntryType::Regular, "x"),
        ]);
        extract(&mut tree, "/in", &all, true).expect("reads");
        assert_eq!(tree.get("/in/hard").map(|node| &node.what), Some(&What::File("hello".into())));
        assert_eq!(tree.get("/in/deep/er").map(|node| &node.what), Some(&What::Folder));
        let pipe = extract(&mut tree, "/in", &archive(&[("p", EntryType::Fifo, "")]), false).expect_err("a pipe");
        assert_eq!(pipe.status, StatusCode::NOT_IMPLEMENTED);
        let over = extract(&mut tree, "/in", &archive(&[("d", EntryType::Regular, "x")]), true).expect_err("careful");
        assert!(over.message.contains("cannot overwrite directory"), "{}", over.message);
        assert_eq!(parent("/in/d"), Some("/in".into()));
        assert!(extract(&mut tree, "/in", b"hi", false).is_err());
        assert!(extract(&mut tree, "/in", b"\x1f\x8bxx", false).expect_err("gzip").message.contains("gzip"));
    }
}
