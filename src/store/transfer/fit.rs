//! An archive made fit for a volume: each entry gets the volume's folder before its name, and nothing in it leads out of that.
//!
//! Owners, permissions, times, extended attributes and links stay as they are: what is in a volume belongs to those who mount
//! it. A link may say what it likes, but nothing of the archive goes through one. Devices are left out.

use crate::model::{CopyReport, Refusal};
use crate::store::files::unpack::{Guarded, Limited, inside, is_legible};
use std::collections::HashSet;
use std::io::{self, Read, Write};
use tar::{EntryType, Header};

/// The longest name that has room in the head of an entry.
const SHORT: usize = 100;
/// Extensions that are written anew, or stand in the head by then.
const OWN: [&str; 3] = ["path", "linkpath", "size"];

/// Writes the archive that comes, as one for the folder of that name. What is not taken over is in the report.
///
/// # Errors
/// When it cannot be read to its end, or nobody takes it any more.
pub fn fit(archive: impl Read, to: &mut impl Write, folder: &str) -> io::Result<CopyReport> {
    let mut fitter =
        Fitter { builder: tar::Builder::new(to), folder, links: HashSet::new(), report: CopyReport::default() };
    let mut guarded = Guarded::new(archive);
    guarded.each(|entry| fitter.take(entry).map(|()| true))?;
    guarded.drain()?;
    let Fitter { builder, report, .. } = fitter;
    builder.into_inner()?.flush()?;
    Ok(report)
}

/// Where an entry goes, as its names one below the other, and what it links to; or why it is left out.
type Judged = Result<(Vec<Vec<u8>>, Option<Vec<u8>>), &'static str>;

struct Fitter<'a, W: Write> {
    builder: tar::Builder<&'a mut W>,
    folder: &'a str,
    /// Links that this archive brought.
    links: HashSet<Vec<Vec<u8>>>,
    report: CopyReport,
}

impl<W: Write> Fitter<'_, W> {
    fn take<R: Read>(&mut self, entry: &mut tar::Entry<'_, Limited<R>>) -> io::Result<()> {
        use EntryType as Type;
        let kind = entry.header().entry_type();
        if matches!(kind, Type::XGlobalHeader | Type::XHeader | Type::GNULongName | Type::GNULongLink) {
            return Ok(());
        }
        let raw = entry.path_bytes().into_owned();
        match self.judge(entry, &raw)? {
            Ok((path, link)) => self.pass(entry, path, link),
            Err(why) => {
                self.report.refuse(&raw, Refusal::Unsafe(why));
                Ok(())
            }
        }
    }

    /// Where an entry goes, and what it links to.
    fn judge<R: Read>(&self, entry: &mut tar::Entry<'_, Limited<R>>, raw: &[u8]) -> io::Result<Judged> {
        use EntryType as Type;
        // The library ends such a value at its first line end: what is left would be another name, or another size.
        if !is_legible(entry)? {
            return Ok(Err("what is told of it beside its name cannot be read"));
        }
        let path = match inside(raw) {
            Ok(path) => path,
            Err(why) => return Ok(Err(why)),
        };
        if self.goes_through_a_link(&path) {
            return Ok(Err("it lies behind a link of the archive"));
        }
        let kind = entry.header().entry_type();
        if path.is_empty() && kind != Type::Directory {
            return Ok(Err("it has no name"));
        }
        let target = entry.link_name_bytes().map(|target| target.into_owned()).unwrap_or_default();
        Ok(match kind {
            Type::Directory | Type::Regular | Type::Continuous | Type::GNUSparse | Type::Fifo => Ok((path, None)),
            Type::Symlink if target.is_empty() || target.contains(&0) => Err("a link that leads nowhere"),
            Type::Symlink => Ok((path, Some(target))),
            Type::Link => match inside(&target) {
                Ok(target) if target.is_empty() => Err("a link that leads nowhere"),
                Ok(target) if self.goes_through_a_link(&target) => Err("it leads through a link of the archive"),
                Ok(target) => Ok((path, Some(self.whole(&target, false)))),
                Err(why) => Err(why),
            },
            Type::Char | Type::Block => Err("a device"),
            _ => Err("of an unknown kind"),
        })
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
        entry: &mut tar::Entry<'_, Limited<R>>,
        path: Vec<Vec<u8>>,
        link: Option<Vec<u8>>,
    ) -> io::Result<()> {
        let kind = match entry.header().entry_type() {
            EntryType::Continuous | EntryType::GNUSparse => EntryType::Regular,
            kind => kind,
        };
        let size = if kind == EntryType::Regular { entry.size() } else { 0 };
        let name = self.whole(&path, kind == EntryType::Directory);
        let link = link.unwrap_or_default();
        self.extend(entry, &name, &link)?;
        let header = head(entry.header(), kind, size, &name, &link);
        let mut content = Whole { inner: entry, left: size };
        self.builder.append(&header, &mut content)?;
        match kind {
            EntryType::Symlink => drop(self.links.insert(path)),
            _ => drop(self.links.remove(&path)),
        }
        self.report.bytes += size;
        self.report.files += u64::from(kind != EntryType::Directory);
        Ok(())
    }

    /// What extends the head: what there was, and names that are too long for it.
    fn extend<R: Read>(&mut self, entry: &mut tar::Entry<'_, Limited<R>>, name: &[u8], link: &[u8]) -> io::Result<()> {
        let mut extensions: Vec<(String, Vec<u8>)> = Vec::new();
        for extension in entry.pax_extensions()?.into_iter().flatten() {
            let extension = extension?;
            // Each was read before.
            let Ok(key) = extension.key() else { continue };
            if !OWN.contains(&key) && !key.starts_with("GNU.sparse") {
                extensions.push((key.to_string(), extension.value_bytes().to_vec()));
            }
        }
        for (key, text) in [("path", name), ("linkpath", link)] {
            if text.len() > SHORT {
                extensions.push((key.to_string(), text.to_vec()));
            }
        }
        if extensions.is_empty() {
            return Ok(());
        }
        self.builder.append_pax_extensions(extensions.iter().map(|(key, value)| (key.as_str(), value.as_slice())))
    }
}

/// The head of an entry under another name, with all else that the old one says. What it does not say is as usual.
fn head(old: &Header, kind: EntryType, size: u64, name: &[u8], link: &[u8]) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    let usual = if kind == EntryType::Directory { 0o755 } else { 0o644 };
    header.set_mode(old.mode().unwrap_or(usual) & 0o7777);
    header.set_uid(old.uid().unwrap_or(0));
    header.set_gid(old.gid().unwrap_or(0));
    header.set_mtime(old.mtime().unwrap_or(0));
    header.set_size(size);
    if let Some(fields) = header.as_gnu_mut() {
        let (name, link) = (&name[..name.len().min(SHORT)], &link[..link.len().min(SHORT)]);
        fields.name[..name.len()].copy_from_slice(name);
        fields.linkname[..link.len()].copy_from_slice(link);
    }
    header.set_cksum();
    header
}

/// Gives just as many bytes as were announced, or fails.
struct Whole<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.inner.read(&mut buffer[..most])?;
        if count == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends in its middle"));
        }
        self.left -= count as u64;
        Ok(count)
    }
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
            ("good", EntryType::Regular, "x"),
        ]);
        let (entries, report) = fitted(&bytes, "volume");
        let names: Vec<&str> = entries.iter().map(|entry| entry.0.as_str()).collect();
        assert_eq!(names, ["volume/to", "volume/good"]);
        assert_eq!(report.refused_count, 7, "{report:?}");
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
