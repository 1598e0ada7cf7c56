//! Files out of a container, into a folder of this machine.
//!
//! Where they go follows `docker cp`: into `to` if that is a folder, else under that name. With `/.` at the end of `from`, what
//! the folder holds goes right into `to`.

use super::target::FileTarget;
use super::unpack::{bytes_of, path_of};
use super::visibility::Visibility;
use super::{bridge, broken, stat, tell_progress, unpack};
use crate::engine::docker::sessions::context::SessionContext;
use crate::engine::docker::sessions::requests;
use crate::engine::docker::shared::Shared;
use crate::engine::stream::{StreamEnd, StreamSink};
use crate::model::{CopyOut, CopyProgress, CopyReport, FileChunk, FileKind, Refusal, StreamEvent, files};
use crate::persist::tilde;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tokio::sync::watch;

/// The target of the copy.
struct Target {
    /// Into this folder, which is made if it is not there.
    folder: PathBuf,
    /// Under this name, for a file.
    name: Option<Vec<u8>>,
    /// The folder was made just now.
    fresh: bool,
}

/// Copies until it is done.
pub async fn run(shared: &Shared, outlet: &StreamSink, mut copy: CopyOut) -> Result<(), StreamEnd> {
    copy.to = tilde::path(&copy.to);
    let ground = SessionContext::enter(shared, outlet, &copy.id, "copy from", false).await?;
    let site = FileTarget::of(shared, &copy.id);
    let inspected = requests::inspect(&ground.transport, copy.id.raw()).await.map_err(|fault| ground.fault(&fault))?;
    Visibility::of(&inspected, &site).must_see(&ground, &site, &copy.from).await?;
    let content = files::means_content(&copy.from) || copy.from.ends_with(b"/");
    let (path, found) = stat::must(&ground, &site, &files::normal(&copy.from), copy.follow || content).await?;
    let is_folder = found.kind == FileKind::Folder;
    if !is_folder && content {
        return Err(ground.problem("it is not a folder", "remove the slash at the end"));
    }
    let is_special = !matches!(found.kind, FileKind::Folder | FileKind::File | FileKind::Link { .. });
    if is_special {
        return Err(ground.problem("it is a device, a pipe or a socket", "copy files and folders"));
    }
    let wanted = copy.clone();
    let target = tokio::task::spawn_blocking(move || target(&wanted, is_folder)).await;
    let target = target.map_err(|error| broken(&ground, &error))?;
    let target = target.map_err(|(why, mend)| ground.problem(why, mend))?;
    if let Some(report) = in_the_way(&target, &found, copy.overwrite) {
        // It is not fetched for nothing.
        return Ok(outlet.chunk(StreamEvent::Files(FileChunk::Copied(Box::new(report)))).await?);
    }
    let asked = if is_folder { stat::content(&path) } else { path };
    let answer = ground.transport.stream(&stat::request(&site, &asked)).await.map_err(|fault| ground.fault(&fault))?;
    let total = (!is_folder).then_some(found.size);
    let (meter, seen) = watch::channel(CopyProgress { total, ..CopyProgress::default() });
    let (feeder, reader) = bridge::to_thread();
    let into = target.whole();
    let plan = unpack::Plan {
        name: target.name,
        overwrite: copy.overwrite,
        owners: rustix::process::geteuid().is_root(),
        fresh: target.fresh,
    };
    let work = tokio::task::spawn_blocking(move || unpack::unpack(reader, &target.folder, &plan, &meter));
    let done = async { tokio::join!(feeder.feed(answer.into_body()), work).1 };
    let (done, told) = tokio::join!(done, tell_progress(outlet, seen));
    told?;
    let mut report = done.map_err(|error| broken(&ground, &error))?;
    report.into = bytes_of(&into).to_vec();
    Ok(outlet.chunk(StreamEvent::Files(FileChunk::Copied(Box::new(report)))).await?)
}

impl Target {
    fn whole(&self) -> PathBuf {
        match &self.name {
            Some(name) => self.folder.join(path_of(name)),
            None => self.folder.clone(),
        }
    }
}

/// What comes of a file of the container if it need not be fetched: it is here already, or something else is.
fn in_the_way(target: &Target, found: &stat::Stat, overwrite: bool) -> Option<CopyReport> {
    let name = target.name.as_ref().filter(|_| found.kind == FileKind::File)?;
    let there = target.whole().symlink_metadata().ok()?;
    let mut report = CopyReport { into: bytes_of(&target.whole()).to_vec(), ..CopyReport::default() };
    let times = [found.modified, found.rounded];
    let same = there.is_file() && there.len() == found.size && times.contains(&there.mtime());
    match () {
        () if there.is_dir() => report.refuse(name, Refusal::Unsafe("a folder is there")),
        () if !there.is_file() && !there.is_symlink() => {
            report.refuse(name, Refusal::Unsafe("a device, pipe or socket is there"))
        }
        () if overwrite => return None,
        () if same => report.same += 1,
        () => report.refuse(name, Refusal::Exists),
    }
    Some(report)
}

/// Where it goes; a sentence with its mend if it cannot go there.
fn target(copy: &CopyOut, is_folder: bool) -> Result<Target, (String, &'static str)> {
    let to = if copy.to.as_os_str().is_empty() { Path::new(".") } else { &copy.to };
    let path = files::normal(&copy.from);
    let own = files::split(&path).1.to_vec();
    // What cannot be looked at counts as absent: making or writing it below fails then, and says why.
    let there = to.metadata().ok();
    let ends_in_slash = bytes_of(to).ends_with(b"/");
    let shown = files::shown(bytes_of(to));
    match there {
        Some(there) if there.is_dir() && is_folder => {
            let content = files::means_content(&copy.from) || own.is_empty();
            if content {
                return Ok(Target { folder: to.to_path_buf(), name: None, fresh: false });
            }
            made(to.join(path_of(&own)))
        }
        Some(there) if there.is_dir() => Ok(Target { folder: to.to_path_buf(), name: Some(own), fresh: false }),
        Some(_) if is_folder => {
            Err((format!("{shown} is a file and cannot be replaced by a folder"), "choose another name"))
        }
        None if is_folder => made(to.to_path_buf()),
        None if ends_in_slash => Err((format!("there is no folder {shown}"), "create it first")),
        _ => {
            let name =
                to.file_name().ok_or_else(|| (format!("{shown} is not a valid file name"), "choose another name"))?;
            let folder = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if !folder.is_dir() {
                let folder = files::shown(bytes_of(folder));
                return Err((format!("there is no folder {folder}"), "create it first"));
            }
            let name = Some(bytes_of(Path::new(name)).to_vec());
            Ok(Target { folder: folder.to_path_buf(), name, fresh: false })
        }
    }
}

/// The folder, made if it is not there. A link in its place is not followed: it may have come with an earlier copy.
fn made(folder: PathBuf) -> Result<Target, (String, &'static str)> {
    use std::os::unix::fs::DirBuilderExt;
    match std::fs::DirBuilder::new().mode(0o755).create(&folder) {
        Ok(()) => Ok(Target { folder, name: None, fresh: true }),
        Err(error) => match folder.symlink_metadata() {
            Ok(there) if there.is_dir() => Ok(Target { folder, name: None, fresh: false }),
            Ok(_) => Err((format!("{} is in the way", files::shown(bytes_of(&folder))), "choose another folder")),
            Err(_) => Err((format!("create {}: {error}", files::shown(bytes_of(&folder))), "choose another folder")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EngineId, Id};

    fn copy(from: &str, to: &Path) -> CopyOut {
        let id = Id::new(EngineId(0), "x");
        CopyOut { id, from: from.into(), to: to.to_path_buf(), follow: false, overwrite: false }
    }

    #[test]
    fn where_it_goes_follows_docker_cp() {
        let scratch = tempfile::tempdir().unwrap();
        let at = |name: &str| scratch.path().join(name);
        std::fs::write(at("file"), "").unwrap();
        let of = |from: &str, to: &Path, folder| {
            target(&copy(from, to), folder).map(|target| (target.folder, target.name)).map_err(|(why, _)| why)
        };
        let (top, named) = (scratch.path(), |name: &str| Some(name.as_bytes().to_vec()));
        assert_eq!(of("/etc/passwd", top, false), Ok((top.into(), named("passwd"))));
        assert_eq!(of("/etc/passwd", &at("mine"), false), Ok((top.into(), named("mine"))));
        assert!(of("/etc/passwd", &at("none/"), false).is_err());
        assert!(of("/etc/passwd", &at("none/mine"), false).is_err());
        assert_eq!(of("/etc", top, true), Ok((at("etc"), None)));
        assert_eq!(of("/etc/.", top, true), Ok((top.into(), None)));
        assert_eq!(of("/", top, true), Ok((top.into(), None)));
        assert_eq!(of("/etc", &at("new"), true), Ok((at("new"), None)));
        assert!(of("/etc", &at("file"), true).is_err());
        std::os::unix::fs::symlink("/", at("usr")).unwrap();
        assert!(of("/usr", top, true).is_err(), "a link in the target is not followed");
    }
}
