//! What a folder holds, told by the container's own `find` and `stat`: quick, and true also of what the engine's archives lack,
//! such as `/proc` and file systems in memory.

use crate::engine::docker::sessions::requests;
use crate::engine::docker::transport::Transport;
use crate::model::{FileEntry, FileKind, text};
use std::collections::HashMap;

/// The limit of its output, in bytes.
const KEPT: usize = 4 * 1024 * 1024;
/// The separator between names and links.
const BETWEEN: &[u8] = b"//links//\n";

/// Runs in any shell, with the tools of busybox or GNU. A name cannot hold a slash: what stands between names does.
const SCRIPT: &str = r#"
cd "$1/" || exit 91
find . -maxdepth 1 ! -name . -exec stat -c '%f/%s/%Y/%u/%g/%U/%G/%n//' {} +
printf '//links//\n'
find . -maxdepth 1 -type l -exec sh -c '
n=0
for l; do
  n=$((n+1)); [ $n -gt 2000 ] && exit 0
  if [ -d "$l" ]; then d=1; else d=0; fi
  printf "%s/%s//" "$d" "${l#./}"; readlink "$l"; printf "//\n"
done' sh {} +
exit 0
"#;

/// The size of a file and when it was changed last. None if the container cannot tell.
pub async fn about(transport: &Transport, container: &str, path: &[u8]) -> Option<(u64, i64)> {
    let path = std::str::from_utf8(path).ok()?;
    let argv = ["stat", "-L", "-c", "%s/%Y", path];
    let told = requests::capture_much_as_root(transport, container, &argv, 1024).await;
    let told = told.inspect_err(|fault| tracing::debug!("ask for a file by its own tools: {fault:?}")).ok()?;
    let text = String::from_utf8(told.out.clone()).ok().filter(|_| told.is_fine())?;
    let (size, modified) = text.trim().split_once('/')?;
    Some((size.parse().ok()?, modified.parse().ok()?))
}

/// The entries, and whether there are more. None if the container cannot tell: the engine is asked then.
pub async fn entries(transport: &Transport, container: &str, path: &[u8]) -> Option<(Vec<FileEntry>, bool)> {
    let path = std::str::from_utf8(path).ok()?;
    let argv = ["sh", "-c", SCRIPT, "bowline", path];
    let told = requests::capture_much_as_root(transport, container, &argv, KEPT).await;
    let told = told.inspect_err(|fault| tracing::debug!("list a folder by its own tools: {fault:?}")).ok()?;
    if !told.is_fine() {
        return None;
    }
    let cut = told.out.len() >= KEPT;
    read(&told.out, cut, told.err.is_empty()).map(|entries| (entries, cut))
}

/// Nothing at all is believed only if nobody complained.
fn read(told: &[u8], cut: bool, quiet: bool) -> Option<Vec<FileEntry>> {
    let (names, links) = match memchr::memmem::find(told, BETWEEN) {
        Some(at) => (&told[..at], &told[at + BETWEEN.len()..]),
        None if cut => (told, &[][..]),
        None => return None,
    };
    let mut leads: HashMap<&[u8], Leads<'_>> = pieces(links, b"\n//\n").filter_map(link).collect();
    let mut entries = Vec::new();
    for piece in pieces(names, b"//\n") {
        let mut entry = entry(piece)?;
        if let FileKind::Link { target, to_folder } = &mut entry.kind
            && let Some((folder, leads)) = leads.remove(entry.name.as_slice())
        {
            (*target, *to_folder) = (leads.to_vec(), Some(folder));
        }
        entries.push(entry);
    }
    (quiet || !entries.is_empty()).then_some(entries)
}

/// Pieces that end so; what has no such end is not whole.
fn pieces<'a>(told: &'a [u8], end: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = told;
    std::iter::from_fn(move || {
        let at = memchr::memmem::find(rest, end)?;
        let piece = &rest[..at];
        rest = &rest[at + end.len()..];
        Some(piece)
    })
}

/// Whether a link leads to a folder, and what it says.
type Leads<'a> = (bool, &'a [u8]);

fn link(piece: &[u8]) -> Option<(&[u8], Leads<'_>)> {
    let folder = piece.first()? == &b'1';
    let rest = piece.get(2..)?;
    let at = memchr::memmem::find(rest, b"//")?;
    Some((&rest[..at], (folder, &rest[at + 2..])))
}

fn entry(piece: &[u8]) -> Option<FileEntry> {
    let at = memchr::memrchr(b'/', piece)?;
    let (before, name) = (piece.get(..at)?, piece.get(at + 1..)?);
    let mut fields = before.split(|byte| *byte == b'/');
    let mut next = || fields.next().map(String::from_utf8_lossy);
    let bits = u32::from_str_radix(&next()?, 16).ok()?;
    let size = next()?.parse().ok()?;
    let modified = next()?.parse().ok()?;
    let uid: u64 = next()?.parse().ok()?;
    let gid: u64 = next()?.parse().ok()?;
    let (user, group) = (next()?, next()?);
    let known = |name: &str, number: u64| match name {
        "UNKNOWN" | "" => number.to_string(),
        name => text::clean(name).into_owned(),
    };
    let kind = match bits & 0o170_000 {
        0o100_000 => FileKind::File,
        0o040_000 => FileKind::Folder,
        0o120_000 => FileKind::Link { target: Vec::new(), to_folder: None },
        0o020_000 | 0o060_000 => FileKind::Device,
        0o010_000 => FileKind::Pipe,
        0o140_000 => FileKind::Socket,
        _ => FileKind::Other,
    };
    let owner = format!("{}:{}", known(&user, uid), known(&group, gid));
    Some(FileEntry { name: name.to_vec(), kind, size, mode: bits & 0o7777, modified, uid, gid, owner })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_bytes_are_told_apart() {
        let told = b"81a4/3/1700000000/0/33/root/www-data/./a\nb//\na1ff/4/1700000000/5/5/UNKNOWN/UNKNOWN/./l\xff//\n\
            41ed/4096/1700000000/0/0/root/root/./d//\n//links//\n1/l\xff//../x\ny\n//\n";
        let entries = read(told, false, true).unwrap();
        assert_eq!(entries[0].name, b"a\nb");
        assert_eq!((entries[0].owner.as_str(), entries[0].mode, entries[0].gid), ("root:www-data", 0o644, 33));
        assert_eq!(entries[1].kind, FileKind::Link { target: b"../x\ny".to_vec(), to_folder: Some(true) });
        assert_eq!(entries[1].owner, "5:5");
        assert_eq!(entries[2].kind, FileKind::Folder);
    }

    #[test]
    fn what_cannot_be_understood_is_not_believed() {
        assert_eq!(read(b"nonsense//\n//links//\n", false, true), None);
        assert_eq!(read(b"", false, true), None);
        assert_eq!(read(b"//links//\n", false, true), Some(Vec::new()));
        assert_eq!(read(b"//links//\n", false, false), None, "nothing came, and somebody complained");
        let cut = read(b"81a4/3/17/0/0/root/root/./a//\n81a4/3/1", true, true).unwrap();
        assert_eq!(cut.len(), 1);
    }
}
