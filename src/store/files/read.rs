//! What a file holds: its beginning, from the engine's archive of it; where that has none, from the instance itself.

use super::site::Site;
use super::{broken, look, pipe, stat, unpack};
use crate::model::{Chunk, FileChunk, FileContent, FileEntry, FileKind, Id, files};
use crate::store::Hub;
use crate::store::fault::Fault;
use crate::store::sessions::{Ground, Halt, requests};
use crate::store::wires::Outlet;
use std::io::Read;
use std::sync::Arc;

/// Tells what a file holds; a link is followed.
pub async fn run(hub: &Hub, outlet: &Outlet, id: &Id, path: &[u8], limit: usize) -> Result<(), Halt> {
    let ground = Ground::enter(hub, outlet, id, "read a file of", false).await?;
    let site = Site::of(hub, id);
    let found = stat::stat(&ground.transport, &site, path).await.map_err(|fault| ground.fault(&fault))?;
    let content = match found {
        // The engine does not see what the kernel makes up, nor what lies in memory.
        None if site.is_volume() => return Err(ground.problem(format!("there is no {}", files::shown(path)), "")),
        None => by_itself(&ground, hub, id, path, limit).await?,
        Some(_) => {
            let (at, found) = stat::must(&ground, &site, path, true).await?;
            let why = match found.kind {
                FileKind::File => return archived(&ground, outlet, &site, &at, limit).await,
                FileKind::Folder => "it is a folder",
                FileKind::Device => "it is a device",
                FileKind::Pipe => "it is a named pipe",
                FileKind::Socket => "it is a socket",
                FileKind::Link { .. } | FileKind::Other => "it is no file",
            };
            return Err(ground.problem(why, ""));
        }
    };
    Ok(outlet.chunk(Chunk::Files(FileChunk::Content(Arc::new(content)))).await?)
}

async fn archived(ground: &Ground<'_>, outlet: &Outlet, site: &Site, path: &[u8], limit: usize) -> Result<(), Halt> {
    let answer = ground.transport.stream(&stat::request(site, path)).await;
    let answer = answer.map_err(|fault| ground.fault(&fault))?;
    let (feeder, reader) = pipe::to_thread();
    let name = files::split(path).1.to_vec();
    let reading = tokio::task::spawn_blocking(move || first(reader, &name, limit));
    // The feeder stops when nobody reads any more: the rest of a large file is not waited for.
    let read = tokio::join!(feeder.feed(answer.into_body()), reading).1;
    let read = read.map_err(|error| broken(ground, &error))?;
    let read = read.map_err(|error| ground.fault(&Fault::Cut(error.to_string())))?;
    let (entry, bytes) = read.ok_or_else(|| ground.problem(unpack::EMPTY, unpack::COPY_FOLDER))?;
    let cut = entry.size > bytes.len() as u64;
    let content = FileContent { path: path.to_vec(), entry, bytes, cut, elsewhere: false };
    Ok(outlet.chunk(Chunk::Files(FileChunk::Content(Arc::new(content)))).await?)
}

/// The first entry of an archive and the beginning of its content.
fn first(reader: pipe::Reader, name: &[u8], limit: usize) -> std::io::Result<Option<(FileEntry, Vec<u8>)>> {
    let mut found = None;
    unpack::Guarded::new(reader).each(|entry| {
        let of = look::of(name, entry);
        let mut bytes = Vec::new();
        entry.take(limit as u64).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < of.size.min(limit as u64) {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        found = Some((of, bytes));
        Ok(false)
    })?;
    Ok(found)
}

async fn by_itself(ground: &Ground<'_>, hub: &Hub, id: &Id, path: &[u8], limit: usize) -> Result<FileContent, Halt> {
    let absent = || ground.problem(format!("the engine knows no {}", files::shown(path)), "");
    let Ok(text) = std::str::from_utf8(path) else { return Err(absent()) };
    if hub.settings.read_only {
        return Err(absent());
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
            Ok(FileContent { path: path.to_vec(), entry, bytes, cut, elsewhere: true })
        }
        Ok(_) | Err(Fault::Status(..)) => Err(absent()),
        Err(fault) => Err(ground.fault(&fault)),
    }
}
