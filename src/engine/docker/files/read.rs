//! What a file holds: its beginning, from the engine's archive of it; where that has none, from the container itself.

use super::tar_reader::Members;
use super::target::FileTarget;
use super::visibility::Visibility;
use super::{bridge, broken, list_dir, script, stat, unpack};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::sessions::context::SessionContext;
use crate::engine::docker::sessions::requests;
use crate::engine::docker::shared::Shared;
use crate::engine::stream::{StreamClosed, StreamEnd, StreamSink};
use crate::model::{FileChunk, FileContent, FileEntry, FileKind, Id, StreamEvent, files};
use std::io::Read;
use std::sync::Arc;

/// The message for a folder.
pub const FOLDER: &str = "it is a folder";

/// Tells what a file holds; a link is followed. One that is not as it was `seen` may be another one below it.
pub async fn run(
    shared: &Shared,
    outlet: &StreamSink,
    id: &Id,
    path: &[u8],
    limit: usize,
    seen: Option<(u64, i64)>,
) -> Result<(), StreamEnd> {
    let ground = SessionContext::enter(shared, outlet, id, "read a file of", false).await?;
    let site = FileTarget::of(shared, id);
    let inspected = requests::inspect(&ground.transport, id.raw()).await.map_err(|fault| ground.fault(&fault))?;
    let sight = Visibility::of(&inspected, &site);
    if sight.is_running && sight.hides(&sight.real(&ground, &site, path).await?) {
        let content = by_itself(&ground, shared, id, path, limit).await?;
        return Ok(tell(outlet, content).await?);
    }
    let found = stat::stat(&ground.transport, &site, path).await.map_err(|fault| ground.fault(&fault))?;
    let content = match found {
        // The engine does not see what the kernel makes up, nor what lies in memory.
        None if site.is_volume() => return Err(ground.problem(format!("no such file: {}", files::shown(path)), "")),
        None => by_itself(&ground, shared, id, path, limit).await?,
        Some(_) => {
            let (at, found) = stat::must(&ground, &site, path, true).await?;
            let why = match found.kind {
                FileKind::File => {
                    let (entry, bytes) = archived(&ground, &site, &at, limit).await?;
                    let agrees = seen.is_none_or(|seen| is_as(&entry, seen));
                    if sight.is_running && !agrees && differs(&ground, shared, id, path, &entry).await {
                        let content = by_itself(&ground, shared, id, path, limit).await?;
                        return Ok(tell(outlet, content).await?);
                    }
                    let cut = entry.size > bytes.len() as u64;
                    let mounted = sight.is_mount(&at);
                    let content = FileContent { path: at, entry, bytes, cut, elsewhere: false, mounted };
                    return Ok(tell(outlet, content).await?);
                }
                FileKind::Folder => FOLDER,
                FileKind::Device => "it is a device",
                FileKind::Pipe => "it is a named pipe",
                FileKind::Socket => "it is a socket",
                FileKind::Link { .. } | FileKind::Other => "it is not a file",
            };
            return Err(ground.problem(why, ""));
        }
    };
    Ok(tell(outlet, content).await?)
}

async fn tell(outlet: &StreamSink, content: FileContent) -> Result<(), StreamClosed> {
    outlet.chunk(StreamEvent::Files(FileChunk::Content(Arc::new(content)))).await
}

/// Engines round the time in an archive, or cut it.
fn is_as(entry: &FileEntry, (size, modified): (u64, i64)) -> bool {
    entry.size == size && entry.modified.abs_diff(modified) <= 1
}

/// The container itself sees another file there than its engine: something was mounted over it that the engine does not tell.
async fn differs(ground: &SessionContext<'_>, shared: &Shared, id: &Id, path: &[u8], entry: &FileEntry) -> bool {
    if shared.settings.read_only {
        return false;
    }
    // What cannot be asked is taken as it is.
    script::about(&ground.transport, id.raw(), path).await.is_some_and(|seen| !is_as(entry, seen))
}

/// The file's head and the beginning of what it holds, by the engine's archive.
pub async fn archived(
    ground: &SessionContext<'_>,
    site: &FileTarget,
    path: &[u8],
    limit: usize,
) -> Result<(FileEntry, Vec<u8>), StreamEnd> {
    let answer = ground.transport.stream(&stat::request(site, path)).await;
    let answer = answer.map_err(|fault| ground.fault(&fault))?;
    let (feeder, reader) = bridge::to_thread();
    let name = files::split(path).1.to_vec();
    let reading = tokio::task::spawn_blocking(move || first(reader, &name, limit));
    // The feeder stops when nobody reads any more: the rest of a large file is not waited for.
    let read = tokio::join!(feeder.feed(answer.into_body()), reading).1;
    let read = read.map_err(|error| broken(ground, &error))?;
    let read = read.map_err(|error| ground.fault(&EngineError::Cut(error.to_string())))?;
    read.ok_or_else(|| ground.problem(unpack::EMPTY, unpack::COPY_FOLDER))
}

/// The first entry of an archive and the beginning of its content.
fn first(reader: bridge::Reader, name: &[u8], limit: usize) -> std::io::Result<Option<(FileEntry, Vec<u8>)>> {
    let mut members = Members::new(reader);
    let Some((member, content)) = members.next()? else { return Ok(None) };
    let mut bytes = Vec::new();
    content.take(limit as u64).read_to_end(&mut bytes)?;
    Ok(Some((list_dir::of(name, &member), bytes)))
}

async fn by_itself(
    ground: &SessionContext<'_>,
    shared: &Shared,
    id: &Id,
    path: &[u8],
    limit: usize,
) -> Result<FileContent, StreamEnd> {
    let absent = || ground.problem(format!("no such file: {}", files::shown(path)), "");
    let Ok(text) = std::str::from_utf8(path) else { return Err(absent()) };
    if shared.settings.read_only {
        let why = format!(
            "the engine cannot read {}, and read-only refuses to run a command in the container",
            files::shown(path)
        );
        return Err(ground.problem(why, ""));
    }
    // One byte more than wanted tells that there are more.
    let most = (limit + 1).to_string();
    let script = "[ -f \"$1\" ] && exec head -c \"$2\" < \"$1\"";
    let argv = ["sh", "-c", script, "bowline", text, &most];
    let told = requests::capture_much_as_root(&ground.transport, id.raw(), &argv, limit + 1).await;
    match told {
        Ok(told) if told.is_fine() => {
            let mut bytes = told.out;
            let cut = bytes.len() > limit;
            bytes.truncate(limit);
            let entry =
                FileEntry { name: files::split(path).1.to_vec(), size: bytes.len() as u64, ..FileEntry::default() };
            Ok(FileContent { path: path.to_vec(), entry, bytes, cut, elsewhere: true, mounted: false })
        }
        Ok(_) | Err(EngineError::Status(..)) => Err(absent()),
        Err(fault) => Err(ground.fault(&fault)),
    }
}
