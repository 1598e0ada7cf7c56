//! Folders of the host: judged before anything is made, also where links of this machine lead.

use super::Up;
use super::stages::UpStage;
use crate::engine::settings::Endpoint;
use crate::engine::stream::StreamEnd;
use crate::model::blueprint::{VolumeKind, refuse_mount};
use crate::persist::tilde;
use std::path::{Path, PathBuf};

impl Up<'_> {
    /// Refuses what must not be mounted. Where the engine runs on this machine each folder becomes the one that its links lead to:
    /// a link that is changed later leads nowhere else.
    pub(super) async fn mounts(&mut self) -> Result<(), StreamEnd> {
        self.begin(UpStage::Mounts, "checking folders of the host").await?;
        let folder = PathBuf::from(&self.wanted.folder);
        let mut count = 0;
        for index in 0..self.wanted.blueprint.volumes.len() {
            let volume = &self.wanted.blueprint.volumes[index];
            if volume.kind != VolumeKind::Bind {
                continue;
            }
            let source = self.source(&folder, &volume.source, volume.read_only).await?;
            self.wanted.blueprint.volumes[index].source = source;
            count += 1;
        }
        self.done(UpStage::Mounts, &format!("{count} checked")).await
    }

    /// A folder that may be mounted, as the engine is given it.
    async fn source(&self, folder: &Path, written: &str, read_only: bool) -> Result<String, StreamEnd> {
        let whole = folder.join(tilde::path(Path::new(written)));
        let whole = plain(&whole);
        self.allowed(written, &whole, read_only)?;
        let socket = match &self.place.endpoint {
            Endpoint::Unix(socket) => Some(socket.clone()),
            Endpoint::Private(_) => None,
            // Its folders are another machine's.
            Endpoint::Tcp { .. } | Endpoint::Closed { .. } => return Ok(whole),
        };
        let real = tokio::fs::canonicalize(&whole).await.map_err(|error| {
            self.problem(format!("{written}: {error} (rule mount-exists)"), "create the folder, or name another")
        })?;
        let Some(real_text) = real.to_str() else {
            return Err(self.problem(format!("{written} leads to a name that is not UTF-8"), "name another folder"));
        };
        self.allowed(written, real_text, read_only)?;
        let socket = socket.and_then(|socket| std::fs::canonicalize(socket).ok());
        if socket.is_some_and(|socket| socket.starts_with(&real)) {
            let cause = format!("{written} holds the socket of this engine (rule no-engine-socket)");
            return Err(self.problem(cause, "name another folder"));
        }
        Ok(real_text.to_string())
    }

    fn allowed(&self, written: &str, path: &str, read_only: bool) -> Result<(), StreamEnd> {
        let Some(refusal) = refuse_mount(path, read_only) else { return Ok(()) };
        let leads = if written == path { String::new() } else { format!("{written}: ") };
        Err(self.problem(format!("{leads}{} (rule {})", refusal.why, refusal.rule), refusal.mend))
    }
}

/// A path without `.` in it; `..` stays, and is refused.
fn plain(path: &Path) -> String {
    let parts: PathBuf = path.components().filter(|part| *part != std::path::Component::CurDir).collect();
    parts.to_string_lossy().into_owned()
}
