//! Files of this machine into a container.
//!
//! Where they go follows `docker cp`: into `to` if that is a folder there, else under that name. With `/.` at the end of `from`,
//! what the folder holds goes right into `to`.
//!
//! An engine removes a file before it writes the new one: what breaks off may leave a part of it, and that is said.

use super::replace::{self, Before};
use super::target::FileTarget;
use super::unpack::{bytes_of, path_of};
use super::visibility::{self, Visibility};
use super::{bridge, broken, pack, stat, tell_progress};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::sessions::context::SessionContext;
use crate::engine::docker::sessions::requests;
use crate::engine::docker::shared::Shared;
use crate::engine::stream::{StreamEnd, StreamSink};
use crate::model::{CopyIn, CopyProgress, CopyReport, FileChunk, FileKind, Problem, Refusal, StreamEvent, files};
use crate::persist::tilde;
use futures_util::stream;
use std::collections::HashSet;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use tokio::sync::watch;

/// The target of the copy.
struct Target {
    /// Into this folder of the container.
    folder: Vec<u8>,
    /// Under this name; none = what the folder holds, under its own names.
    name: Option<Vec<u8>>,
    /// The existing entry, if there is one.
    there: Option<stat::Stat>,
}

/// Copies until it is done.
pub async fn run(shared: &Shared, outlet: &StreamSink, mut copy: CopyIn) -> Result<(), StreamEnd> {
    copy.from = tilde::path(&copy.from);
    let ground = SessionContext::enter(shared, outlet, &copy.id, "copy into", true).await?;
    let site = FileTarget::of(shared, &copy.id);
    let from = copy.from.clone();
    let follow = copy.follow || ends_open(&from);
    let looked = tokio::task::spawn_blocking(move || {
        let metadata = if follow { from.metadata() } else { from.symlink_metadata() };
        metadata.map(|metadata| (pack::weigh(&from, follow), metadata))
    });
    let looked = looked.await.map_err(|error| broken(&ground, &error))?;
    let shown = files::shown(bytes_of(&copy.from));
    let (total, own) = looked.map_err(|error| ground.problem(format!("read {shown}: {error}"), ""))?;
    let inspected = requests::inspect(&ground.transport, copy.id.raw()).await.map_err(|fault| ground.fault(&fault))?;
    let sight = Visibility::of(&inspected, &site);
    sight.must_reach(&ground, &site, &copy.to).await?;
    let target = target(&ground, &site, &copy, own.is_dir()).await?;
    reachable(&ground, &site, &sight, &target).await?;
    let mut report = CopyReport { into: target.whole(), ..CopyReport::default() };
    let mut without = HashSet::new();
    if let (false, Some(_), Some(there)) = (copy.overwrite, &target.name, &target.there) {
        meet(&mut report, &target.whole(), &own, there);
        return Ok(outlet.chunk(StreamEvent::Files(FileChunk::Copied(Box::new(report)))).await?);
    }
    if target.name.is_none() {
        for (name, own) in names_in(&ground, &copy.from).await? {
            let whole = files::join(&target.folder, &name);
            if sight.hides(&whole) {
                report.refuse(&whole, Refusal::Unsafe(visibility::UNSEEN));
                without.insert(name);
                continue;
            }
            if copy.overwrite {
                continue;
            }
            let there = stat::stat(&ground.transport, &site, &whole).await.map_err(|fault| ground.fault(&fault))?;
            if let (Some(there), Some(own)) = (there, own) {
                meet(&mut report, &whole, &own, &there);
                without.insert(name);
            }
        }
    }
    let (like, before) = match &copy.instead_of {
        Some(known) => {
            let (like, before) = replace::check(&ground, &site, &copy, known).await?;
            (Some(like), Some(before))
        }
        None => (None, None),
    };
    let from = copy.from.clone();
    let plan = pack::Plan { from, name: target.name, follow, without, like };
    let (meter, seen) = watch::channel(CopyProgress { total: Some(total), ..CopyProgress::default() });
    let under_way = meter.subscribe();
    let (mut writer, taken) = bridge::from_thread();
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
    let done = put.map_err(|fault| {
        let halt = refused(&ground, &fault);
        // What an engine refuses at once was not begun.
        let begun = !matches!(fault, EngineError::Status(400..=499, _));
        if begun { in_part(halt, &under_way.borrow().current, before.as_ref()) } else { halt }
    });
    let packed = done.and(packed.map_err(|error| broken(&ground, &error)))?;
    let packed = packed.map_err(|error| {
        in_part(ground.fault(&EngineError::Cut(error.to_string())), &under_way.borrow().current, before.as_ref())
    })?;
    if let Some(before) = before {
        before.forget().await;
    }
    let told = report;
    let mut report = CopyReport { into: told.into, same: told.same, ..packed };
    told.refused.into_iter().for_each(|(name, why)| report.refuse(&name, why));
    Ok(outlet.chunk(StreamEvent::Files(FileChunk::Copied(Box::new(report)))).await?)
}

impl Target {
    fn whole(&self) -> Vec<u8> {
        self.name.as_ref().map_or_else(|| self.folder.clone(), |name| files::join(&self.folder, name))
    }
}

/// A file that is there already, of the same size and time, is an earlier copy's.
fn meet(report: &mut CopyReport, name: &[u8], own: &Metadata, there: &stat::Stat) {
    let same =
        own.is_file() && there.kind == FileKind::File && own.len() == there.size && own.mtime() == there.modified;
    if same {
        report.same += 1;
    } else {
        report.refuse(name, Refusal::Exists);
    }
}

/// Refuses what would lie where nobody sees it, or cannot take the place of what is there.
async fn reachable(
    ground: &SessionContext<'_>,
    site: &FileTarget,
    sight: &Visibility,
    target: &Target,
) -> Result<(), StreamEnd> {
    let folder = sight.real(ground, site, &target.folder).await?;
    let whole = target.name.as_ref().map_or_else(|| folder.clone(), |name| files::join(&folder, name));
    if sight.hides(&whole) {
        return Err(visibility::hidden(ground, &whole));
    }
    let is_file = target.there.as_ref().is_some_and(|there| there.kind != FileKind::Folder);
    if is_file && target.name.is_some() && sight.is_mount(&whole) {
        let mend = "use a shell in the container, or change the file that is mounted";
        return Err(ground.problem(format!("{}: {}", files::shown(&whole), visibility::MOUNTED), mend));
    }
    Ok(())
}

/// A copy that broke off: what may be there, and where what was there before is.
fn in_part(halt: StreamEnd, current: &[u8], before: Option<&Before>) -> StreamEnd {
    let StreamEnd::Problem(problem) = halt else { return halt };
    // Nothing was sent yet.
    if current.is_empty() {
        return StreamEnd::Problem(problem);
    }
    let mut words = format!("{} may be partly written", files::shown(current));
    if let Some(before) = before {
        words.push_str(&format!("; its previous content is in {}", before.shown()));
    }
    let mend = if problem.hint.is_empty() { words } else { format!("{words}; {}", problem.hint) };
    StreamEnd::Problem(Problem::new(&problem.operation, &problem.cause, mend))
}

fn refused(ground: &SessionContext<'_>, fault: &EngineError) -> StreamEnd {
    match fault {
        EngineError::Status(_, words) if words.contains("read-only") => {
            ground.problem(words, "the folder is mounted read-only: choose another")
        }
        fault => ground.fault(fault),
    }
}

fn ends_open(path: &Path) -> bool {
    let bytes = bytes_of(path);
    files::means_content(bytes) || bytes.ends_with(b"/")
}

async fn target(
    ground: &SessionContext<'_>,
    site: &FileTarget,
    copy: &CopyIn,
    is_folder: bool,
) -> Result<Target, StreamEnd> {
    let path = files::normal(&copy.to);
    let must_be_folder = ends_open(path_of(&copy.to)) || path == b"/";
    let fault = |fault: EngineError| ground.fault(&fault);
    site.guard(ground, files::split(&path).0).await?;
    let found = stat::stat(&ground.transport, site, &path).await.map_err(fault)?;
    // A link is followed, as a program in the container would.
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
                return Ok(Target { folder: path, name: None, there: Some(there) });
            }
            let own = own_name(&copy.from).ok_or_else(|| {
                ground
                    .problem(format!("{} has no file name", files::shown(bytes_of(&copy.from))), "write the full path")
            })?;
            let inside = files::join(&path, &own);
            let there = stat::stat(&ground.transport, site, &inside).await.map_err(fault)?;
            Ok(Target { folder: path, name: Some(own), there })
        }
        Some(_) if is_folder => {
            Err(ground.problem(format!("{} is a file and cannot be replaced by a folder", files::shown(&path)), ""))
        }
        Some(_) if must_be_folder => Err(ground.problem(format!("{} is not a folder", files::shown(&path)), "")),
        None if must_be_folder && !is_folder => {
            Err(ground.problem(format!("there is no folder {}", files::shown(&path)), "create it first"))
        }
        found => {
            let (folder, name) = files::split(&path);
            let above = stat::stat(&ground.transport, site, &stat::content(folder)).await.map_err(fault)?;
            if above.is_none() {
                let words = format!("there is no folder {}", files::shown(folder));
                return Err(ground.problem(words, "create it first"));
            }
            Ok(Target { folder: folder.to_vec(), name: Some(name.to_vec()), there: found })
        }
    }
}

/// The last name of a path of this machine; of `.` and `..`, that of the folder they mean.
fn own_name(path: &Path) -> Option<Vec<u8>> {
    let whole = if path.file_name().is_some() { path.to_path_buf() } else { path.canonicalize().ok()? };
    whole.file_name().map(|name| bytes_of(Path::new(name)).to_vec())
}

/// The names in a folder of this machine.
async fn names_in(ground: &SessionContext<'_>, folder: &Path) -> Result<Vec<(Vec<u8>, Option<Metadata>)>, StreamEnd> {
    let (folder, shown) = (folder.to_path_buf(), files::shown(bytes_of(folder)));
    let read = tokio::task::spawn_blocking(move || {
        let names = std::fs::read_dir(folder)?.map(|entry| {
            let entry = entry?;
            // One that is gone meanwhile is told when its turn comes.
            Ok((bytes_of(Path::new(&entry.file_name())).to_vec(), entry.metadata().ok()))
        });
        names.collect::<std::io::Result<Vec<_>>>()
    });
    let read = read.await.map_err(|error| broken(ground, &error))?;
    read.map_err(|error| ground.problem(format!("read {shown}: {error}"), ""))
}
