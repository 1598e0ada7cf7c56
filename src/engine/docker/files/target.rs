//! Where files lie: in a container, or in a volume, which is seen through a helper. Of a helper nothing but its volume is shown:
//! paths begin there, and links that lead out of it lead nowhere.

use super::stat;
use crate::engine::docker::sessions::context::SessionContext;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::volumes::helpers::{Helper, MOUNTED};
use crate::engine::stream::StreamEnd;
use crate::model::{FileKind, Id, files};
use std::sync::Arc;

/// A container, or a volume. A volume's helper stays as long as this does.
#[derive(Debug, Clone)]
pub struct FileTarget {
    raw: String,
    /// The volume's helper.
    helper: Option<Arc<Helper>>,
}

impl FileTarget {
    /// The files of this container, or those of the volume whose helper it is.
    pub fn of(shared: &Shared, id: &Id) -> FileTarget {
        FileTarget { raw: id.raw().to_string(), helper: shared.helpers.of(id.raw()) }
    }

    /// The files of a container that is no helper.
    #[cfg(test)]
    pub fn plain(raw: &str) -> FileTarget {
        FileTarget { raw: raw.to_string(), helper: None }
    }

    /// The engine's id for the container.
    pub fn container(&self) -> &str {
        &self.raw
    }

    /// True for a volume.
    pub fn is_volume(&self) -> bool {
        self.helper.is_some()
    }

    /// A path as the engine knows it.
    pub fn whole(&self, path: &[u8]) -> Vec<u8> {
        match self.helper {
            None => path.to_vec(),
            Some(_) => [MOUNTED.as_bytes(), path].concat(),
        }
    }

    /// A path of the engine's as it is here; none if it lies elsewhere.
    pub fn own(&self, whole: &[u8]) -> Option<Vec<u8>> {
        if self.helper.is_none() {
            return Some(whole.to_vec());
        }
        match whole.strip_prefix(MOUNTED.as_bytes()) {
            Some(b"") => Some(b"/".to_vec()),
            Some(rest) if rest.starts_with(b"/") => Some(rest.to_vec()),
            _ => None,
        }
    }

    /// Refuses a path on whose way, or at whose end, a link leads out of the volume.
    pub async fn guard(&self, ground: &SessionContext<'_>, path: &[u8]) -> Result<(), StreamEnd> {
        if self.helper.is_none() {
            return Ok(());
        }
        let path = files::normal(path);
        let ends = path.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        for end in ends.chain([path.len()]).filter(|end| *end > 1) {
            let part = &path[..end];
            let found = stat::stat(&ground.transport, self, part).await.map_err(|fault| ground.fault(&fault))?;
            if let Some(link) = found.filter(|found| matches!(found.kind, FileKind::Link { .. }))
                && link.leads_to.is_none()
            {
                return Err(self.leads_out(ground, part));
            }
        }
        Ok(())
    }

    /// What is said of a link that leads out of the volume.
    pub fn leads_out(&self, ground: &SessionContext<'_>, link: &[u8]) -> StreamEnd {
        let mend = "open it in a container that mounts the volume";
        ground.problem(format!("the link {} points outside the volume", files::shown(link)), mend)
    }
}
