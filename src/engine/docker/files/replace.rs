//! A file that takes the place of the one it was made from: an edit that is written back.
//!
//! Engines do not replace a file in one step. So what is there is read again just before: it must still be what was edited, and it is
//! kept beside the edited file until the new one is whole.

use super::target::FileTarget;
use super::unpack::bytes_of;
use super::{broken, read, stat};
use crate::engine::docker::sessions::context::SessionContext;
use crate::engine::stream::StreamEnd;
use crate::model::{CopyIn, FileEntry, FileKind, files};
use crate::persist::atomic;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What a file held before, kept on this machine.
#[derive(Debug)]
pub struct Before(PathBuf);

impl Before {
    /// The path, as text for people.
    pub fn shown(&self) -> String {
        files::shown(bytes_of(&self.0))
    }

    /// Removes it.
    pub async fn forget(self) {
        if let Err(error) = tokio::fs::remove_file(&self.0).await {
            tracing::warn!("remove what a file held before: {error}");
        }
    }
}

/// Makes sure that the file still is what it was, byte by byte; keeps it. Tells its owner and permissions as they are now.
pub async fn check(
    ground: &SessionContext<'_>,
    site: &FileTarget,
    copy: &CopyIn,
    known: &[u8],
) -> Result<(FileEntry, Before), StreamEnd> {
    let there = stat::stat(&ground.transport, site, &copy.to).await.map_err(|fault| ground.fault(&fault))?;
    let changed = || ground.problem("it has changed in the meantime", "compare the two");
    match there {
        None => return Err(ground.problem("it no longer exists", "")),
        Some(there) if there.kind == FileKind::File => {}
        Some(_) => return Err(changed()),
    }
    // One byte more than known tells that there are more.
    let (entry, bytes) = read::archived(ground, site, &copy.to, known.len() + 1).await?;
    if bytes != known {
        return Err(changed());
    }
    let beside = beside(&copy.from);
    let kept = beside.clone();
    // An earlier one is of an earlier try, which left the file as it was.
    let keeping = tokio::task::spawn_blocking(move || atomic::replace(&kept, &bytes)).await;
    let keeping = keeping.map_err(|error| broken(ground, &error))?;
    keeping.map_err(|error| {
        let why = format!("back up its content to {}: {error}", files::shown(bytes_of(&beside)));
        ground.problem(why, "nothing was written")
    })?;
    Ok((entry, Before(beside)))
}

/// `name.before`, beside the edited file.
fn beside(edited: &Path) -> PathBuf {
    let mut name = edited.file_name().map_or_else(|| OsString::from("file"), OsString::from);
    name.push(".before");
    edited.with_file_name(name)
}
