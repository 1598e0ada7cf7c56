//! Files of this machine into an instance.
//!
//! Where they go follows `docker cp`: into `to` if that is a folder there, else under that name. With `/.` at the end of `from`,
//! what the folder holds goes right into `to`.

use super::site::Site;
use super::unpack::bytes_of;
use super::{broken, pack, pipe, stat, tell_progress};
use crate::model::{Chunk, CopyIn, CopyProgress, CopyReport, FileChunk, FileEntry, FileKind, Refusal, files};
use crate::store::Hub;
use crate::store::fault::Fault;
use crate::store::sessions::{Ground, Halt};
use crate::store::wires::Outlet;
use futures_util::stream;
use std::collections::HashSet;
use std::path::Path;
use tokio::sync::watch;

/// Where it goes.
struct Target {
    /// Into this folder of the instance.
    folder: Vec<u8>,
    /// Under this name; none = what the folder holds, under its own names.
    name: Option<Vec<u8>>,
    /// Something is there already.
    exists: bool,
}

/// Copies until it is done.
pub async fn run(hub: &Hub, outlet: &Outlet, copy: CopyIn) -> Result<(), Halt> {
    let ground = Ground::enter(hub, outlet, &copy.id, "copy into", true).await?;
    let site = Site::of(hub, &copy.id);
    let from = copy.from.clone();
    let follow = copy.follow || ends_open(&from);
    let looked = tokio::task::spawn_blocking(move || {
        let metadata = if follow { from.metadata() } else { from.symlink_metadata() };
        metadata.map(|metadata| (metadata.is_dir(), pack::weigh(&from, follow)))
    });
    let looked = looked.await.map_err(|error| broken(&ground, &error))?;
    let shown = files::shown(bytes_of(&copy.from));
    let (is_folder, total) = looked.map_err(|error| ground.problem(format!("read {shown}: {error}"), ""))?;
    if let Some(known) = &copy.instead_of {
        unchanged(&ground, &site, &copy, known).await?;
    }
    let target = target(&ground, &site, &copy, is_folder).await?;
    let mut report = CopyReport { into: target.whole(), ..CopyReport::default() };
    let mut without = HashSet::new();
    if !copy.overwrite && target.name.is_some() && target.exists {
        report.refuse(&target.whole(), Refusal::Exists);
        return Ok(outlet.chunk(Chunk::Files(FileChunk::Copied(Box::new(report)))).await?);
    }
    if !copy.overwrite && target.name.is_none() {
        for name in names_in(&ground, &copy.from).await? {
            let there = stat::stat(&ground.transport, &site, &files::join(&target.folder, &name)).await;
            if there.map_err(|fault| ground.fault(&fault))?.is_some() {
                report.refuse(&files::join(&target.folder, &name), Refusal::Exists);
                without.insert(name);
            }
        }
    }
    let from = copy.from.clone();
    let plan = pack::Plan { from, name: target.name, follow, without, like: copy.instead_of.clone() };
    let (meter, seen) = watch::channel(CopyProgress { total: Some(total), ..CopyProgress::default() });
    let (mut writer, taken) = pipe::from_thread();
    let work = tokio::task::spawn_blocking(move || {
        let packed = pack::pack(&plan, &mut writer, &meter);
        if let Err(error) = &packed {
            writer.fail(&error.to_string());
        }
        packed
    });
    let pieces = stream::unfold(taken, |mut taken| async move { taken.recv().await.map(|piece| (piece, taken)) });
    // A folder is never replaced by a file, nor a file by a folder.
    let request = format!("{}&noOverwriteDirNonDir=true", stat::request(&site, &target.folder));
    let put = async { tokio::join!(ground.transport.put(&request, pieces), work) };
    let ((put, packed), told) = tokio::join!(put, tell_progress(outlet, seen));
    told?;
    put.map_err(|fault| refused(&ground, &fault))?;
    let packed = packed.map_err(|error| broken(&ground, &error))?;
    let packed = packed.map_err(|error| ground.fault(&Fault::Cut(error.to_string())))?;
    let before = report;
    let mut report = CopyReport { into: before.into, ..packed };
    before.refused.into_iter().for_each(|(name, why)| report.refuse(&name, why));
    Ok(outlet.chunk(Chunk::Files(FileChunk::Copied(Box::new(report)))).await?)
}

impl Target {
    fn whole(&self) -> Vec<u8> {
        self.name.as_ref().map_or_else(|| self.folder.clone(), |name| files::join(&self.folder, name))
    }
}

fn refused(ground: &Ground<'_>, fault: &Fault) -> Halt {
    match fault {
        Fault::Status(_, words) if words.contains("read-only") => {
            ground.problem(words, "the folder is mounted read-only: choose another")
        }
        fault => ground.fault(fault),
    }
}

fn ends_open(path: &Path) -> bool {
    let bytes = bytes_of(path);
    files::means_content(bytes) || bytes.ends_with(b"/")
}

/// Somebody else may have changed it since it was read.
async fn unchanged(ground: &Ground<'_>, site: &Site, copy: &CopyIn, known: &FileEntry) -> Result<(), Halt> {
    let there = stat::stat(&ground.transport, site, &copy.to).await.map_err(|fault| ground.fault(&fault))?;
    match there {
        // Engines round the time in an archive, or cut it.
        Some(there) if there.size == known.size && there.modified.abs_diff(known.modified) <= 1 => Ok(()),
        Some(_) => Err(ground.problem("it has changed there meanwhile", "compare the two")),
        None => Err(ground.problem("it is not there any more", "")),
    }
}

async fn target(ground: &Ground<'_>, site: &Site, copy: &CopyIn, is_folder: bool) -> Result<Target, Halt> {
    let path = files::normal(&copy.to);
    let must_be_folder = ends_open(Path::new(super::unpack::path_of(&copy.to))) || path == b"/";
    let fault = |fault: Fault| ground.fault(&fault);
    site.guard(ground, files::split(&path).0).await?;
    let found = stat::stat(&ground.transport, site, &path).await.map_err(fault)?;
    // A link is followed, as a program in the instance would.
    let (path, found) = match found {
        Some(link) if matches!(link.kind, FileKind::Link { .. }) => {
            let Some(led) = link.leads_to else { return Err(site.leads_out(ground, &path)) };
            let there = stat::stat(&ground.transport, site, &led).await.map_err(fault)?;
            (led, there)
        }
        found => (path, found),
    };
    let content = files::means_content(bytes_of(&copy.from));
    match found {
        Some(there) if there.kind == FileKind::Folder => {
            if content && is_folder {
                return Ok(Target { folder: path, name: None, exists: true });
            }
            let own = own_name(&copy.from).ok_or_else(|| {
                ground.problem(format!("{} has no name", files::shown(bytes_of(&copy.from))), "write it out")
            })?;
            let inside = files::join(&path, &own);
            let exists = stat::stat(&ground.transport, site, &inside).await.map_err(fault)?.is_some();
            Ok(Target { folder: path, name: Some(own), exists })
        }
        Some(_) if is_folder => {
            Err(ground.problem(format!("{} is a file, and a folder cannot take its place", files::shown(&path)), ""))
        }
        Some(_) if must_be_folder => Err(ground.problem(format!("{} is not a folder", files::shown(&path)), "")),
        None if must_be_folder && !is_folder => {
            Err(ground.problem(format!("there is no folder {}", files::shown(&path)), "make it first"))
        }
        found => {
            let (folder, name) = files::split(&path);
            let above = stat::stat(&ground.transport, site, &stat::content(folder)).await.map_err(fault)?;
            if above.is_none() {
                let words = format!("there is no folder {}", files::shown(folder));
                return Err(ground.problem(words, "make it first"));
            }
            let exists = found.is_some();
            Ok(Target { folder: folder.to_vec(), name: Some(name.to_vec()), exists })
        }
    }
}

/// The last name of a path of this machine; of `.` and `..`, that of the folder they mean.
fn own_name(path: &Path) -> Option<Vec<u8>> {
    let whole = if path.file_name().is_some() { path.to_path_buf() } else { path.canonicalize().ok()? };
    whole.file_name().map(|name| bytes_of(Path::new(name)).to_vec())
}

async fn names_in(ground: &Ground<'_>, folder: &Path) -> Result<Vec<Vec<u8>>, Halt> {
    let (folder, shown) = (folder.to_path_buf(), files::shown(bytes_of(folder)));
    let read = tokio::task::spawn_blocking(move || {
        let names = std::fs::read_dir(folder)?.map(|entry| {
            let name = entry?.file_name();
            Ok(bytes_of(Path::new(&name)).to_vec())
        });
        names.collect::<std::io::Result<Vec<Vec<u8>>>>()
    });
    let read = read.await.map_err(|error| broken(ground, &error))?;
    read.map_err(|error| ground.problem(format!("read {shown}: {error}"), ""))
}
