//! What is in volumes: to a file of this machine, from one, and from one volume into another. Each goes through a helper that
//! mounts the volume; what is copied flows out of one helper into the other and is never kept here.

use super::progress::Sent;
use super::rewrite_tar::fit;
use super::{Failure, TransferContext, archive, path};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::files::tar_reader::Members;
use crate::engine::docker::files::{archive as plain, bridge, stat};
use crate::engine::docker::sessions::cleanup::{CleanupGuard, Leftover};
use crate::engine::docker::volumes;
use crate::engine::docker::volumes::helpers::{Helper, MOUNTED};
use crate::engine::stream::StreamEnd;
use crate::model::{CopyReport, Problem, Refusal, SeenVolume, Transferred, files, text};
use bollard::models::VolumeCreateRequest;
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A tar archive ends with so many zeros.
const TAR_END: usize = 1024;
/// Entries that were left out and are told one by one.
const TOLD: usize = 200;
/// The number of entries named in the problem itself.
const NAMED: usize = 3;

/// Writes what is in a volume to a file that must not exist. Names begin in the volume.
pub async fn export(way: &mut TransferContext<'_>, volume: &SeenVolume, to: &str) -> Result<Transferred, StreamEnd> {
    let target = archive::Target::claim(way, to).await?;
    let helper = make(way, volume).await?;
    let content = stat::content(MOUNTED.as_bytes());
    archive::fill(way, target, &stat::plain_request(&helper.raw, &content)).await
}

/// Brings a file into a volume.
pub async fn import(
    way: &mut TransferContext<'_>,
    from: &str,
    volume: &str,
    seen: Option<&SeenVolume>,
) -> Result<Transferred, StreamEnd> {
    let source = path(from);
    let opened = {
        let source = source.clone();
        tokio::task::spawn_blocking(move || open(&source)).await
    };
    let opened = opened.unwrap_or_else(|_| Err(io::Error::other("bowline's own reader failed")));
    let (file, length) =
        opened.map_err(|error| way.problem(format!("{}: {error}", source.display()), "check the path and the file"))?;
    let target = Target::reach(way, volume, seen).await?;
    let count = Arc::new(AtomicU64::new(0));
    way.tally.sends(Sent { name: "archive", count: count.clone(), total: Some(length), notes: None });
    let done = pour(way, &target, Counting { inner: file, count }, std::future::ready(())).await;
    target.end(way, done).await
}

/// Brings what is in a volume into another one.
pub async fn copy(
    way: &mut TransferContext<'_>,
    from: &SeenVolume,
    volume: &str,
    seen: Option<&SeenVolume>,
) -> Result<Transferred, StreamEnd> {
    if from.name() == volume {
        return Err(way.problem("source and target are the same volume", "choose another one"));
    }
    let target = Target::reach(way, volume, seen).await?;
    let source = make(way, from).await?;
    let count = Arc::new(AtomicU64::new(0));
    way.tally.sends(Sent { name: "files", count: count.clone(), total: None, notes: None });
    let request = stat::plain_request(&source.raw, &stat::content(MOUNTED.as_bytes()));
    let transport = way.transport.clone();
    let done = match way.answered(async { transport.download(&request).await }).await {
        Ok(answer) => {
            let (feeder, reader) = bridge::to_thread();
            pour(way, &target, Counting { inner: reader, count }, feeder.feed(answer.into_body())).await
        }
        Err(failure) => Err(failure),
    };
    target.end(way, done).await
}

/// The file, if it can be an archive that is whole, and how long it is.
fn open(source: &std::path::Path) -> io::Result<(std::fs::File, u64)> {
    let about = source.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut file = std::fs::File::open(source)?;
    let mut first = Vec::new();
    (&mut file).take(8).read_to_end(&mut first)?;
    if let Some(why) = plain::compressed(&first) {
        return Err(io::Error::other(format!("{why}; uncompress it first")));
    }
    let length = about.len();
    let end = length.checked_sub(TAR_END as u64);
    let mut last = Vec::new();
    if let Some(end) = end {
        file.seek(SeekFrom::Start(end))?;
        (&mut file).take(TAR_END as u64).read_to_end(&mut last)?;
    }
    // One that was cut between two entries would seem whole.
    if last.len() < TAR_END || last.iter().any(|byte| *byte != 0) {
        return Err(io::Error::other("it has no end of archive: it is cut off, or not a tar file"));
    }
    file.seek(SeekFrom::Start(0))?;
    // Before anything is made or written: what cannot be read to its end is not begun.
    let mut members = Members::seeking(&mut file);
    while members.next()?.is_some() {}
    file.seek(SeekFrom::Start(0))?;
    Ok((file, length))
}

/// A helper for the volume that was seen.
async fn make(way: &TransferContext<'_>, volume: &SeenVolume) -> Result<Helper, StreamEnd> {
    helper(way, volumes::make_for(way.shared, &way.transport, volume).await)
}

fn helper(way: &TransferContext<'_>, made: Result<Result<Helper, Problem>, EngineError>) -> Result<Helper, StreamEnd> {
    match made {
        Ok(Ok(helper)) => Ok(helper),
        Ok(Err(refused)) => Err(way.problem(refused.cause, &refused.hint)),
        Err(fault) => Err(way.fault(&fault)),
    }
}

/// The volume that something goes into.
struct Target {
    helper: Helper,
    volume: String,
    /// It was made for this: it is removed again unless it becomes whole.
    fresh: Option<CleanupGuard>,
    /// The folder that the engine is given the archive for, and what stands before the names in it.
    folder: &'static str,
    prefix: &'static str,
}

impl Target {
    async fn reach(way: &TransferContext<'_>, volume: &str, seen: Option<&SeenVolume>) -> Result<Target, StreamEnd> {
        let (helper, duty) = match seen {
            Some(seen) => (make(way, seen).await?, None),
            None => {
                let duty = Self::create(way, volume).await?;
                (helper(way, volumes::make(way.shared, &way.transport, volume).await)?, Some(duty))
            }
        };
        // Docker takes a link that leads out of the folder it is given for an attack: from the root, none does. Podman sees the
        // volume only in its own folder, and lets links be.
        let (folder, prefix) = match way.shared.capabilities().archives_from_root {
            true => ("/", MOUNTED.trim_start_matches('/')),
            false => (MOUNTED, ""),
        };
        Ok(Target { helper, volume: volume.to_string(), fresh: duty, folder, prefix })
    }

    /// Makes the volume, which must not be there: what is in it would be overwritten without a question.
    async fn create(way: &TransferContext<'_>, volume: &str) -> Result<CleanupGuard, StreamEnd> {
        match volumes::is_there(&way.transport, volume).await {
            Ok(false) => {}
            Ok(true) => {
                let cause = format!("a volume named {volume} now exists");
                return Err(way.problem(cause, "start again: the plan then shows what can be overwritten"));
            }
            Err(fault) => return Err(way.fault(&fault)),
        }
        let duty = way.shared.sessions.take_charge(&way.transport, Leftover::Volume { name: volume.to_string() });
        let request = VolumeCreateRequest { name: Some(volume.to_string()), ..VolumeCreateRequest::default() };
        match way.transport.call(way.transport.docker().create_volume(request)).await {
            Ok(_) => Ok(duty),
            Err(fault) => {
                if matches!(fault, EngineError::Status(..)) {
                    duty.fulfilled();
                }
                Err(way.fault(&fault))
            }
        }
    }

    /// Tells what came of it, and what did not.
    async fn end(
        self,
        way: &mut TransferContext<'_>,
        done: Result<CopyReport, Failure>,
    ) -> Result<Transferred, StreamEnd> {
        let report = match done {
            Ok(report) => report,
            Err(failure) => return Err(self.broken(way, failure).await),
        };
        let strays = if self.prefix.is_empty() { Vec::new() } else { strays(way, &self.helper).await? };
        if let Some(duty) = self.fresh {
            duty.fulfilled();
        }
        way.shared.wakeups.stock.notify_one();
        way.shared.wakeups.disk.notify_one();
        way.tally.all_sent();
        for (name, why) in report.refused.iter().take(TOLD) {
            way.tally.note(&format!("skipped: {} ({})", files::shown(name), why.words()));
        }
        let mut left_out = report.refused_count;
        let mut named: Vec<String> = report.refused.iter().take(NAMED).map(refused).collect();
        if !strays.is_empty() {
            left_out += strays.len() as u64;
            strays.iter().take(TOLD).for_each(|path| way.tally.note(&format!("lost: {path} (behind a link)")));
            named.extend(strays.iter().take(NAMED).map(|path| format!("{path} (behind a link of the volume)")));
        }
        if left_out > 0 {
            way.tally.finish();
            way.tally.tell(way.outlet).await?;
            let one = if left_out == 1 { "entry was" } else { "entries were" };
            let more = if left_out as usize > named.len() { " and more" } else { "" };
            let cause = format!("{left_out} {one} skipped, the rest is in {}: {}{more}", self.volume, named.join(", "));
            return Err(way.problem(cause, "see the transfer's output"));
        }
        way.tally.result.words = format!("{} file{}", report.files, if report.files == 1 { "" } else { "s" });
        way.tally.result.bytes = Some(report.bytes);
        way.end(Ok(())).await
    }

    async fn broken(self, way: &mut TransferContext<'_>, failure: Failure) -> StreamEnd {
        let Err(halt) = way.end(Err(failure)).await else { return StreamEnd::Closed };
        let StreamEnd::Problem(problem) = halt else { return StreamEnd::Closed };
        let left = match self.fresh {
            Some(_) => format!("the new volume {} is removed again", self.volume),
            None => format!("entries copied so far stay in {}", self.volume),
        };
        StreamEnd::Problem(Problem::new(&problem.operation, format!("{}; {left}", problem.cause), &problem.hint))
    }
}

fn refused((name, why): &(Vec<u8>, Refusal)) -> String {
    format!("{} ({})", files::shown(name), why.words())
}

/// What went through links that stand in the volume and is in the helper's own files now: the engine does not say so.
async fn strays(way: &TransferContext<'_>, helper: &Helper) -> Result<Vec<String>, StreamEnd> {
    let told = way.transport.call(way.transport.docker().container_changes(&helper.raw)).await;
    let told = told.map_err(|fault| way.fault(&fault))?.unwrap_or_default();
    let paths: Vec<&str> = told.iter().map(|one| one.path.as_str()).collect();
    let holds_another =
        |path: &str| paths.iter().any(|other| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')));
    let astray = paths.iter().filter(|path| !path.starts_with(MOUNTED) && !holds_another(path));
    Ok(astray.map(|path| text::clean(path).into_owned()).collect())
}

/// Passes an archive on into a volume, made fit for it on the way.
async fn pour(
    way: &mut TransferContext<'_>,
    target: &Target,
    archive: impl Read + Send + 'static,
    feeding: impl Future<Output = ()>,
) -> Result<CopyReport, Failure> {
    let (mut writer, taken) = bridge::from_thread();
    let prefix = target.prefix;
    let fitting = tokio::task::spawn_blocking(move || {
        let fitted = fit(archive, &mut writer, prefix);
        if let Err(error) = &fitted {
            writer.fail(&error.to_string());
        }
        fitted
    });
    let pieces = futures_util::stream::unfold(taken, |mut taken| async move { Some((taken.recv().await?, taken)) });
    // A folder is never replaced by a file, nor a file by a folder.
    let request =
        format!("{}&noOverwriteDirNonDir=true", stat::plain_request(&target.helper.raw, target.folder.as_bytes()));
    let transport = way.transport.clone();
    let all = async { tokio::join!(transport.put(&request, pieces), fitting, feeding) };
    let (put, fitted, ()) = way.until(all).await?;
    let fitted = fitted.map_err(|error| EngineError::Cut(format!("bowline's own worker failed: {error}")))?;
    match (put, fitted) {
        (Ok(()), Ok(report)) => Ok(report),
        // It came to its end here because the engine would not have it.
        (Err(fault), Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => Err(fault.into()),
        (_, Err(error)) => Err(Failure::Source(error.to_string())),
        (Err(fault), Ok(_)) => Err(fault.into()),
    }
}

/// Counts what is read.
struct Counting<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
