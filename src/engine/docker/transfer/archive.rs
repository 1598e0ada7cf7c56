//! Tar files of this machine: what an engine gives is written to one, images are read from one.

use super::progress::Sent;
use super::{Failure, TransferContext, path};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::transport;
use crate::engine::path::segment;
use crate::engine::stream::StreamEnd;
use crate::model::Transferred;
use crate::persist::atomic::{self, Saving};
use bytes::Bytes;
use futures_util::StreamExt;
use http_body_util::BodyExt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;
/// A tar archive ends with so many zeros.
const TAR_END: usize = 1024;

/// Writes images to a file that must not exist. It gets its name when it is whole: what was broken off leaves nothing.
pub async fn save(way: &mut TransferContext<'_>, references: &[String], to: &str) -> Result<Transferred, StreamEnd> {
    let mut names = Vec::new();
    for reference in references {
        names.push(format!("names={}", segment(&way.reference(reference)?.full())));
    }
    if names.is_empty() || to.is_empty() {
        return Err(way.problem("give an image and a file", ""));
    }
    let target = Target::claim(way, to).await?;
    fill(way, target, &format!("/images/get?{}", names.join("&"))).await
}

/// A file of this machine that is being written and has its name once it is whole.
pub struct Target {
    path: PathBuf,
    saving: Saving,
    open: tokio::fs::File,
}

impl Target {
    /// Begins a file beside where it is to be, which must be free.
    pub async fn claim(way: &TransferContext<'_>, to: &str) -> Result<Target, StreamEnd> {
        let target = path(to);
        if target.symlink_metadata().is_ok() {
            return Err(here(way, &target, &io::ErrorKind::AlreadyExists.into()));
        }
        let path = target.clone();
        let made = tokio::task::spawn_blocking(move || {
            let saving = Saving::begin(&path)?;
            Ok::<_, io::Error>((saving.file().try_clone()?, saving))
        });
        let (open, saving) = joined(made.await).map_err(|error| here(way, &target, &error))?;
        Ok(Target { path: target, saving, open: tokio::fs::File::from_std(open) })
    }
}

fn here(way: &TransferContext<'_>, target: &Path, error: &io::Error) -> StreamEnd {
    way.problem(format!("{}: {error}", target.display()), atomic::mend(error))
}

/// Writes the archive that a request gives.
pub async fn fill(way: &mut TransferContext<'_>, target: Target, request: &str) -> Result<Transferred, StreamEnd> {
    let Target { path: target, saving, mut open } = target;
    let count = Arc::new(AtomicU64::new(0));
    way.tally.sends(Sent { name: "archive", count: count.clone(), total: None, notes: None });
    let written = match write(way, request, &mut open, &count).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => return Err(here(way, &target, &error)),
        Err(failure) => Err(failure),
    };
    if written.is_ok() {
        way.tally.all_sent();
        let kept = tokio::task::spawn_blocking(move || saving.finish(false));
        joined(kept.await).map_err(|error| here(way, &target, &error))?;
        way.tally.result.bytes = Some(count.load(Ordering::Relaxed));
    }
    way.end(written).await
}

fn joined<T>(done: Result<io::Result<T>, tokio::task::JoinError>) -> io::Result<T> {
    done.unwrap_or_else(|_| Err(io::Error::other("bowline's own writer failed")))
}

/// Writes what the engine sends: how that went on the engine's side, and on ours.
async fn write(
    way: &mut TransferContext<'_>,
    path: &str,
    file: &mut tokio::fs::File,
    count: &AtomicU64,
) -> Result<io::Result<()>, Failure> {
    let transport = way.transport.clone();
    // The engine packs first and answers then.
    // Raw: text.
    let answer = way.answered(async { transport.download(path).await }).await?;
    let mut body = answer.into_body();
    let mut zeros = 0;
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(|error| transport::body_fault(&error))?.into_data() else { continue };
        if let Err(error) = file.write_all(&bytes).await {
            return Ok(Err(error));
        }
        let at_end = bytes.iter().rev().take(TAR_END).take_while(|byte| **byte == 0).count();
        zeros = if at_end == bytes.len() { zeros + at_end } else { at_end };
        count.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        way.tally.look();
        way.tally.tell_if_due(way.outlet).await?;
    }
    if zeros < TAR_END {
        return Err(EngineError::Cut("the archive is cut off".into()).into());
    }
    let flushed = async {
        file.flush().await?;
        file.sync_all().await
    };
    Ok(flushed.await)
}

/// Gives the images of a file to the engine.
pub async fn load(way: &mut TransferContext<'_>, from: &str) -> Result<Transferred, StreamEnd> {
    let source = path(from);
    let (file, length) = match open(&source).await {
        Ok(opened) => opened,
        Err(error) => return Err(way.problem(format!("{}: {error}", source.display()), "check the path")),
    };
    let count = Arc::new(AtomicU64::new(0));
    way.tally.sends(Sent { name: "archive", count: count.clone(), total: Some(length), notes: None });
    let pieces = futures_util::stream::unfold((file, count), |(mut file, count)| async move {
        let mut piece = vec![0; PIECE];
        match file.read(&mut piece).await {
            Ok(0) => None,
            Ok(read) => {
                piece.truncate(read);
                count.fetch_add(read as u64, Ordering::Relaxed);
                Some((Ok(Bytes::from(piece)), (file, count)))
            }
            Err(error) => Some((Err(error), (file, count))),
        }
    });
    let ended = give(way, pieces.boxed()).await;
    if ended.is_ok() {
        way.tally.all_sent();
        way.tally.result.bytes = Some(length);
    }
    way.end(ended).await
}

async fn open(path: &Path) -> io::Result<(tokio::fs::File, u64)> {
    let about = tokio::fs::metadata(path).await?;
    if !about.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    Ok((tokio::fs::File::open(path).await?, about.len()))
}

async fn give(way: &mut TransferContext<'_>, pieces: transport::Upload) -> Result<(), Failure> {
    let transport = way.transport.clone();
    // Raw: decoder.
    let answer = way.answered(transport.upload("/images/load?quiet=0", Vec::new(), Some(pieces))).await?;
    way.hear(answer).await
}
