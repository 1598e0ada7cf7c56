//! Archives as they are: out of a container byte by byte, and into one for the engine to unpack.

use super::stat;
use super::target::FileTarget;
use super::visibility::Visibility;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::sessions::context::SessionContext;
use crate::engine::docker::sessions::requests;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::body_fault;
use crate::engine::stdin::{StdinRx, Typed};
use crate::engine::stream::{StreamEnd, StreamSink};
use crate::model::{FileKind, Id, Stream, StreamEvent, files};
use bytes::Bytes;
use futures_util::stream;
use http_body_util::BodyExt;
use std::io;

/// Beginnings of archives that are compressed: engines would run their host's tools on them.
const COMPRESSED: [(&[u8], &str); 5] = [
    (&[0x1f, 0x8b], "gzip"),
    (b"BZh", "bzip2"),
    (&[0xfd, b'7', b'z', b'X', b'Z'], "xz"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
    (&[0x5d, 0x00, 0x00], "lzma"),
];

/// What is said of an archive that is compressed, by its beginning.
pub fn compressed(first: &[u8]) -> Option<String> {
    let (_, kind) = COMPRESSED.iter().find(|(magic, _)| first.starts_with(magic))?;
    Some(format!("the archive is compressed ({kind}), which is not supported"))
}

/// Passes the archive of a path on.
pub async fn out(shared: &Shared, outlet: &StreamSink, id: &Id, path: &[u8], follow: bool) -> Result<(), StreamEnd> {
    let ground = SessionContext::enter(shared, outlet, id, "copy from", false).await?;
    let content = files::means_content(path);
    let site = FileTarget::of(shared, id);
    let inspected = requests::inspect(&ground.transport, id.raw()).await.map_err(|fault| ground.fault(&fault))?;
    Visibility::of(&inspected, &site).must_see(&ground, &site, path).await?;
    let (at, _) = stat::must(&ground, &site, &files::normal(path), follow || content).await?;
    let at = if content || at == b"/" { stat::content(&at) } else { at };
    let answer = ground.transport.stream(&stat::request(&site, &at)).await.map_err(|fault| ground.fault(&fault))?;
    let mut body = answer.into_body();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| ground.fault(&body_fault(&error)))?;
        if let Ok(bytes) = frame.into_data() {
            outlet.chunk(StreamEvent::Output(Stream::Out, bytes.to_vec())).await?;
        }
    }
    Ok(())
}

/// Hands what is typed to the engine, which unpacks it into a folder.
pub async fn into(
    shared: &Shared,
    outlet: &StreamSink,
    id: &Id,
    path: &[u8],
    typing: &mut StdinRx,
) -> Result<(), StreamEnd> {
    let ground = SessionContext::enter(shared, outlet, id, "copy into", true).await?;
    let site = FileTarget::of(shared, id);
    let inspected = requests::inspect(&ground.transport, id.raw()).await.map_err(|fault| ground.fault(&fault))?;
    Visibility::of(&inspected, &site).must_reach(&ground, &site, path).await?;
    let (at, found) = stat::must(&ground, &site, &files::normal(path), true).await?;
    if found.kind != FileKind::Folder {
        return Err(ground.problem(format!("{} is not a folder", files::shown(&at)), "an archive goes into a folder"));
    }
    // Enough to know it by.
    let mut first = Vec::new();
    while first.len() < 6
        && let Some(Typed::Bytes(bytes, done)) = typing.typed.recv().await
    {
        first.extend_from_slice(&bytes);
        // Whoever typed may have gone.
        done.map(|done| done.send(()));
    }
    if let Some(why) = compressed(&first) {
        return Err(ground.problem(why, "uncompress it first"));
    }
    if first.is_empty() {
        return Err(ground.problem("no archive received", "pass one on standard input"));
    }
    // The pieces are lent to the request through a channel of its own: it outlives no borrow.
    let (pieces, taken) = tokio::sync::mpsc::channel::<io::Result<Bytes>>(4);
    let body = stream::unfold(taken, |mut taken| async move { taken.recv().await.map(|piece| (piece, taken)) });
    let passing = async move {
        if pieces.send(Ok(first.into())).await.is_err() {
            return;
        }
        loop {
            match typing.typed.recv().await {
                Some(Typed::Bytes(bytes, done)) => {
                    if pieces.send(Ok(bytes.into())).await.is_err() {
                        return;
                    }
                    done.map(|done| done.send(()));
                }
                Some(Typed::End) => return,
                None => {
                    // Not its end: it was cut off. The engine must not take it for whole.
                    drop(pieces.send(Err(io::Error::other("the archive was cut off"))).await);
                    return;
                }
            }
        }
    };
    let request = format!("{}&noOverwriteDirNonDir=true", stat::request(&site, &at));
    let put = ground.transport.put(&request, body);
    tokio::pin!(put, passing);
    let put: Result<(), EngineError> = tokio::select! {
        put = &mut put => put,
        () = &mut passing => put.await,
    };
    put.map_err(|fault| ground.fault(&fault))
}
