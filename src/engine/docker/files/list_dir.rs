//! What a folder holds: told by the container itself where it runs and has the tools for it, else read from the engine's
//! archive of the folder, which holds all that lies below it too.

use super::bridge::{self, Reader};
use super::tar_reader::{BLOCK, Member, Members};
use super::target::FileTarget;
use super::visibility::{self, Visibility};
use super::{broken, script, stat};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::sessions::context::SessionContext;
use crate::engine::docker::sessions::requests;
use crate::engine::docker::shared::Shared;
use crate::engine::stream::{StreamEnd, StreamSink};
use crate::model::{FileChunk, FileEntry, FileKind, Id, Listing, StreamEvent, files};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Entries that are told.
const ENTRIES: usize = 20_000;
/// What an archive may take, in time and in bytes, before its listing is cut.
const PATIENCE: Duration = Duration::from_secs(20);
const BYTES: u64 = 4 << 30;
/// Names at the top of nearly every system.
const USUAL: [&str; 22] = [
    "app", "bin", "boot", "data", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc", "root", "run",
    "sbin", "srv", "sys", "tmp", "usr", "var", "work",
];
/// Links whose ends are looked at.
const LINKS: usize = 500;
/// Between two listings while it is being read.
const AGAIN: Duration = Duration::from_millis(400);

/// Tells what a folder holds.
pub async fn run(shared: &Shared, outlet: &StreamSink, id: &Id, path: &[u8]) -> Result<(), StreamEnd> {
    let ground = SessionContext::enter(shared, outlet, id, "list a folder of", false).await?;
    let site = FileTarget::of(shared, id);
    site.guard(&ground, path).await?;
    let inspected = requests::inspect(&ground.transport, id.raw()).await.map_err(|fault| ground.fault(&fault))?;
    if inspected.state.running
        && !shared.settings.read_only
        && let Some((entries, more)) = script::entries(&ground.transport, site.container(), &site.whole(path)).await
    {
        let cut = more.then(|| "too many entries to read at once".to_string());
        let mut entries = entries;
        if site.is_volume() {
            // A program in the helper follows links into what is the helper's own.
            follow_links(&ground, &site, path, &mut entries).await?;
        }
        return Ok(tell(outlet, path, entries, cut).await?);
    }
    let sight = Visibility::of(&inspected, &site);
    if sight.is_running {
        let real = sight.real(&ground, &site, path).await?;
        if sight.hides(&real) {
            // An archive would show what lies below it.
            return Err(unseen(&ground, shared, &real));
        }
    }
    let opened = ground.transport.stream(&stat::request(&site, &stat::content(path))).await;
    let body = match opened {
        Ok(answer) => answer.into_body(),
        Err(EngineError::Status(404, words)) if words.contains("Could not find") => {
            return Err(ground.problem("no such folder", ""));
        }
        Err(EngineError::Status(_, words)) if words.contains("not a directory") => {
            return Err(ground.problem("it is not a folder", ""));
        }
        Err(fault) => return Err(ground.fault(&fault)),
    };
    let (feeder, reader) = bridge::to_thread();
    let (grown, mut growing) = watch::channel(Vec::new());
    let reading = tokio::task::spawn_blocking(move || read(reader, &grown));
    let interim = async {
        loop {
            tokio::time::sleep(AGAIN).await;
            // The reader has ended when nothing more comes.
            if growing.changed().await.is_err() {
                return std::future::pending().await;
            }
            let entries = growing.borrow_and_update().clone();
            if tell(outlet, path, entries, Some(Listing::GROWING.into())).await.is_err() {
                return StreamEnd::Closed;
            }
        }
    };
    let all = async { tokio::join!(feeder.feed(body), reading).1 };
    let read = tokio::select! {
        read = all => read.map_err(|error| broken(&ground, &error))?,
        halt = interim => return Err(halt),
    };
    let (mut entries, cut) = read.map_err(|error| ground.fault(&EngineError::Cut(error.to_string())))?;
    if cut.is_some() && path == b"/" {
        usual(&ground, &site, &mut entries).await?;
    }
    // Each link is a question: what is known already is not held back for it.
    tell(outlet, path, entries.clone(), cut.clone()).await?;
    if follow_links(&ground, &site, path, &mut entries).await? {
        tell(outlet, path, entries, cut).await?;
    }
    Ok(())
}

fn unseen(ground: &SessionContext<'_>, shared: &Shared, path: &[u8]) -> StreamEnd {
    if shared.settings.read_only {
        let why = format!(
            "the engine cannot read {}, and read-only refuses to run a command in the container",
            files::shown(path)
        );
        return ground.problem(why, "");
    }
    visibility::hidden(ground, path)
}

/// Adds the names that nearly every system has, where its archive was too long to come to them.
async fn usual(ground: &SessionContext<'_>, site: &FileTarget, entries: &mut Vec<FileEntry>) -> Result<(), StreamEnd> {
    for name in USUAL {
        if entries.iter().any(|entry| entry.name == name.as_bytes()) {
            continue;
        }
        let found = stat::stat(&ground.transport, site, &files::join(b"/", name.as_bytes())).await;
        if let Some(found) = found.map_err(|fault| ground.fault(&fault))? {
            entries.push(FileEntry {
                name: name.into(),
                kind: found.kind,
                size: found.size,
                mode: found.mode,
                modified: found.modified,
                ..FileEntry::default()
            });
        }
    }
    Ok(())
}

/// An archive does not say where its links lead: the engine is asked. False if there are none.
async fn follow_links(
    ground: &SessionContext<'_>,
    site: &FileTarget,
    path: &[u8],
    entries: &mut [FileEntry],
) -> Result<bool, StreamEnd> {
    let mut asked = 0;
    for entry in entries {
        let FileKind::Link { to_folder, .. } = &mut entry.kind else { continue };
        asked += 1;
        if asked > LINKS {
            break;
        }
        let link = files::join(path, &entry.name);
        if site.is_volume() && leads_out(ground, site, &link).await? {
            *to_folder = Some(false);
            continue;
        }
        *to_folder = match stat::stat(&ground.transport, site, &stat::content(&link)).await {
            Ok(found) => Some(found.is_some()),
            // One that leads in a circle, for example.
            Err(EngineError::Status(..)) => Some(false),
            Err(fault) => return Err(ground.fault(&fault)),
        };
    }
    Ok(asked > 0)
}

async fn leads_out(ground: &SessionContext<'_>, site: &FileTarget, link: &[u8]) -> Result<bool, StreamEnd> {
    match stat::stat(&ground.transport, site, link).await {
        Ok(found) => Ok(found.is_some_and(|found| found.leads_to.is_none())),
        Err(EngineError::Status(..)) => Ok(false),
        Err(fault) => Err(ground.fault(&fault)),
    }
}

async fn tell(
    outlet: &StreamSink,
    path: &[u8],
    mut entries: Vec<FileEntry>,
    cut: Option<String>,
) -> Result<(), crate::engine::stream::StreamClosed> {
    entries.sort_by(|a, b| b.is_folder().cmp(&a.is_folder()).then_with(|| a.name.cmp(&b.name)));
    let cut = if entries.len() > ENTRIES { Some(format!("only the first {ENTRIES} are shown")) } else { cut };
    entries.truncate(ENTRIES);
    let listing = Listing { path: path.to_vec(), entries, cut };
    outlet.chunk(StreamEvent::Files(FileChunk::Listing(Arc::new(listing)))).await
}

/// Reads the heads of an archive of what a folder holds.
fn read(reader: Reader, grown: &watch::Sender<Vec<FileEntry>>) -> std::io::Result<(Vec<FileEntry>, Option<String>)> {
    let mut members = Members::new(reader);
    let (start, mut told) = (Instant::now(), Instant::now());
    let mut entries: HashMap<Vec<u8>, FileEntry> = HashMap::new();
    let mut bytes = 0;
    while let Some((member, _)) = members.next()? {
        bytes += member.stored + BLOCK as u64;
        let mut names = member.path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".");
        if let (Some(name), None) = (names.next(), names.next()) {
            entries.insert(name.to_vec(), of(name, &member));
        }
        if told.elapsed() > AGAIN {
            told = Instant::now();
            grown.send_replace(entries.values().cloned().collect());
        }
        if start.elapsed() >= PATIENCE || bytes >= BYTES || entries.len() > ENTRIES {
            return Ok((
                entries.into_values().collect(),
                Some("too many entries below it to read them all".to_string()),
            ));
        }
    }
    Ok((entries.into_values().collect(), None))
}

/// A member of an archive as an entry of a folder.
pub fn of(name: &[u8], member: &Member) -> FileEntry {
    use tar::EntryType as Type;
    let kind = match member.kind {
        // A hard link is a file by another name; its size stands with the first one.
        Type::Regular | Type::Link => FileKind::File,
        Type::Directory => FileKind::Folder,
        Type::Symlink => FileKind::Link { target: member.link.clone(), to_folder: None },
        Type::Char | Type::Block => FileKind::Device,
        Type::Fifo => FileKind::Pipe,
        _ => FileKind::Other,
    };
    let (uid, gid) = (member.uid.unwrap_or(0), member.gid.unwrap_or(0));
    let known = |name: &[u8], number: u64| match name {
        b"" => number.to_string(),
        name => crate::model::files::shown(name),
    };
    FileEntry {
        name: name.to_vec(),
        kind,
        size: member.size,
        mode: member.mode.unwrap_or(0) & 0o7777,
        modified: member.modified.map_or(0, |(seconds, _)| seconds),
        uid,
        gid,
        owner: format!("{}:{}", known(&member.user, uid), known(&member.group, gid)),
    }
}
