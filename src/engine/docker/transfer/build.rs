//! An image made by the engine from a folder (Docker Engine API, `POST /build`, the classic builder).

use super::context::{Context, Pieces, Wrong};
use super::progress::Sent;
use super::{Failure, TransferContext, header, path};
use crate::engine::path::segment;
use crate::engine::stream::StreamEnd;
use crate::model::{Build, Transferred};
use bytes::Bytes;
use futures_util::StreamExt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, oneshot};

/// Pieces of a context that may wait.
const PIECES: usize = 4;
/// Words on what was left out that may wait.
const NOTES: usize = 64;

/// Tells the thread that reads the folder to end, when nobody waits for it any more.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub async fn run(way: &mut TransferContext<'_>, wanted: &Build) -> Result<Transferred, StreamEnd> {
    let tag = if wanted.tag.is_empty() { None } else { Some(way.reference(&wanted.tag)?) };
    match &tag {
        Some(tag) if tag.is_digest() => return Err(way.problem("a digest cannot be a build tag", "give a tag")),
        Some(tag) if wanted.if_missing && way.has(tag).await? => {
            return Ok(Transferred { words: "it already exists".into(), ..Transferred::default() });
        }
        None if wanted.if_missing => return Err(way.problem("no tag to look for", "give a tag")),
        _ => {}
    }
    let folder = path(&wanted.folder);
    let dockerfile = path(&wanted.dockerfile).to_string_lossy().into_owned();
    // A name that no file of the folder has.
    let outside = format!(".dockerfile.{:016x}", crate::engine::clock::now().0);
    let opened = tokio::task::spawn_blocking(move || Context::open(&folder, &dockerfile, &outside)).await;
    let opened = opened.map_err(|_| way.problem("bowline's own reader failed", "see bowline's log"))?;
    let context = opened.map_err(|wrong| cannot_be_sent(way, &wrong))?;
    let found = way.shared.settings.keyring.for_build().await;
    way.troubles(&found.trouble);
    let mut query = format!("/build?version=1&rm=1&forcerm=1&dockerfile={}", segment(&context.dockerfile));
    if let Some(tag) = &tag {
        query.push_str(&format!("&t={}", segment(&tag.full())));
    }
    if wanted.no_cache {
        query.push_str("&nocache=1");
    }
    for (name, value) in [("target", &wanted.target), ("platform", &wanted.platform)] {
        if !value.is_empty() {
            query.push_str(&format!("&{name}={}", segment(value)));
        }
    }
    let args = wanted.args.iter().filter_map(|arg| arg.split_once('='));
    let args: serde_json::Map<String, serde_json::Value> =
        args.map(|(name, value)| (name.to_string(), value.into())).collect();
    if !args.is_empty() {
        query.push_str(&format!("&buildargs={}", segment(&serde_json::Value::Object(args).to_string())));
    }
    let (to, from) = mpsc::channel::<io::Result<Bytes>>(PIECES);
    let (notes, noted) = mpsc::channel(NOTES);
    let (told, mut sent) = oneshot::channel::<Result<(), Wrong>>();
    let stop = Stop(Arc::default());
    let counted = Sent { name: "context", count: Arc::default(), total: None, notes: Some(noted) };
    let pieces = Pieces::new(to.clone(), counted.count.clone(), stop.0.clone());
    // A thread of its own: it waits for the engine as long as that takes.
    let reader = std::thread::Builder::new().name("bowline-context".into()).spawn(move || {
        let written = context.write(pieces, &notes);
        let failed = written.is_err();
        // It fails when nobody waits any more; the error in the stream breaks it off then.
        let _ = told.send(written);
        if failed {
            drop(to.blocking_send(Err(io::ErrorKind::Other.into())));
        }
    });
    reader.map_err(|error| way.problem(format!("no thread for reading the folder: {error}"), ""))?;
    way.tally.sends(counted);
    let ended = send(way, &query, found.sealed.header(), from).await;
    if ended.is_ok() {
        way.tally.all_sent();
    }
    // What went wrong here explains what the engine says of it.
    if ended.is_err()
        && let Ok(Err(wrong)) = sent.try_recv()
        && !stop.0.load(Ordering::Relaxed)
    {
        way.end(Ok(())).await?;
        return Err(cannot_be_sent(way, &wrong));
    }
    way.end(ended).await
}

fn cannot_be_sent(way: &TransferContext<'_>, (path, why): &Wrong) -> StreamEnd {
    way.problem(format!("{}: {why}", path.display()), "check the folder, the Dockerfile and .dockerignore")
}

async fn send(
    way: &mut TransferContext<'_>,
    query: &str,
    config: &str,
    from: mpsc::Receiver<io::Result<Bytes>>,
) -> Result<(), Failure> {
    let body = futures_util::stream::unfold(from, |mut from| async { from.recv().await.map(|piece| (piece, from)) });
    let transport = way.transport.clone();
    let headers = header("x-registry-config", config);
    // Raw: decoder, auth.
    let answer = way.answered(transport.upload(query, headers, Some(body.boxed()))).await?;
    way.hear(answer).await
}
