//! Files as an archive.

use std::io;

use bytes::Bytes;
use tar::{Builder, EntryType, Header};

use crate::files::tree::{Node, What};

/// The longest name that has room in an entry itself.
const SHORT: usize = 100;

/// An archive of some files, each with the name that it is to have there.
pub(crate) fn pack<'a>(nodes: impl Iterator<Item = (String, &'a Node)>) -> io::Result<Bytes> {
    let mut tar = Builder::new(Vec::new());
    for (name, node) in nodes {
        add(&mut tar, &name, node)?;
    }
    tar.into_inner().map(Bytes::from)
}

/// The library would tidy names up; clients look for them as Docker writes them, `./` and `/` included.
fn add(tar: &mut Builder<Vec<u8>>, name: &str, node: &Node) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_mode(node.mode);
    header.set_uid(node.user);
    header.set_gid(node.group);
    header.set_mtime(u64::try_from(node.modified).unwrap_or(0));
    let (kind, data, link) = match &node.what {
        What::Folder => (EntryType::Directory, Bytes::new(), ""),
        What::File(bytes) => (EntryType::Regular, bytes.clone(), ""),
        What::Link(target) => (EntryType::Symlink, Bytes::new(), target.as_str()),
    };
    let name = if kind == EntryType::Directory { format!("{}/", name.trim_end_matches('/')) } else { name.to_string() };
    let long = [("path", name.as_bytes()), ("linkpath", link.as_bytes())];
    let long: Vec<_> = long.into_iter().filter(|(_, text)| text.len() > SHORT).collect();
    if !long.is_empty() {
        tar.append_pax_extensions(long)?;
    }
    header.set_entry_type(kind);
    header.set_size(data.len() as u64);
    if let Some(fields) = header.as_ustar_mut() {
        write(&mut fields.name, &name);
        write(&mut fields.linkname, link);
    }
    header.set_cksum();
    tar.append(&header, &data[..])
}

fn write(field: &mut [u8; SHORT], text: &str) {
    let bytes = &text.as_bytes()[..text.len().min(SHORT)];
    field[..bytes.len()].copy_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_they_were_given_however_long() {
        let node = |what| Node { what, mode: 0o755, user: 1, group: 2, modified: 3 };
        let (folder, file) = (node(What::Folder), node(What::File("x".into())));
        let long = format!("./{}", "é".repeat(300));
        let link = node(What::Link(long.clone()));
        let all = [("./", &folder), ("/", &folder), (long.as_str(), &file), ("./link", &link)];
        let bytes = pack(all.iter().map(|(name, node)| (name.to_string(), *node))).expect("memory");
        let mut archive = tar::Archive::new(&bytes[..]);
        let read: Vec<(String, String)> = archive
            .entries()
            .expect("reads")
            .map(|entry| {
                let entry = entry.expect("reads");
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                (text(&entry.path_bytes()), entry.link_name_bytes().map(|link| text(&link)).unwrap_or_default())
            })
            .collect();
        let names: Vec<&str> = read.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["./", "/", &long, "./link"]);
        assert_eq!(read[3].1, long);
    }
}
