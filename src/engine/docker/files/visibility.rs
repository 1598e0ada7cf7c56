//! What of a container's files its engine sees. An engine reads and writes a container's files from outside: what the container has
//! in memory, and what the kernel makes up for it, lies over them. There an archive shows what nobody sees, and what is put there
//! nobody finds.

use super::stat;
use super::target::FileTarget;
use crate::engine::docker::api::Inspected;
use crate::engine::docker::sessions::context::SessionContext;
use crate::engine::stream::StreamEnd;
use crate::model::{FileKind, files};

/// The kernel's own file systems in every container.
const MADE_UP: [&str; 3] = ["/proc", "/sys", "/dev"];
/// Links that are followed on one way.
const LINKS: usize = 40;
/// The message for such a place.
const WHY: &str = "is on tmpfs or a kernel file system, which the engine cannot see";

/// Where an engine sees what its container sees, and where not.
#[derive(Debug, Default)]
pub struct Visibility {
    /// The container runs: what lies over its files is there.
    pub is_running: bool,
    /// Mounts, and whether what is in them is hidden from the engine.
    mounts: Vec<(Vec<u8>, bool)>,
}

impl Visibility {
    /// By what the engine says of the container. A volume's files are all seen.
    pub fn of(inspected: &Inspected, site: &FileTarget) -> Visibility {
        if site.is_volume() {
            return Visibility::default();
        }
        let own = MADE_UP.iter().map(|path| (path.as_bytes().to_vec(), true));
        let memory = inspected.host_config.tmpfs.keys().map(|path| (files::normal(path.as_bytes()), true));
        let mounts = inspected.mounts.iter();
        let mounts = mounts.map(|mount| (files::normal(mount.destination.as_bytes()), mount.kind == "tmpfs"));
        let written = [&inspected.hosts_path, &inspected.hostname_path, &inspected.resolv_conf_path];
        let written = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"].into_iter().zip(written);
        let written = written.filter(|(_, from)| !from.is_empty()).map(|(path, _)| (path.as_bytes().to_vec(), false));
        Visibility {
            is_running: inspected.state.running,
            mounts: own.chain(memory).chain(written).chain(mounts).collect(),
        }
    }

    /// The engine does not see what lies there while the container runs. The path has no links.
    pub fn hides(&self, path: &[u8]) -> bool {
        let over = |at: &[u8]| path.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"));
        // Of mounts over each other the innermost is seen.
        let innermost = self.mounts.iter().filter(|(at, _)| over(at)).max_by_key(|(at, _)| at.len());
        innermost.is_some_and(|(_, is_hidden)| *is_hidden)
    }

    /// Something is mounted right there: nothing else can take its place.
    pub fn is_mount(&self, path: &[u8]) -> bool {
        self.mounts.iter().any(|(at, is_hidden)| at == path && !is_hidden)
    }

    /// The path without the links on its way and at its end, so far as the engine sees them.
    pub async fn real(
        &self,
        ground: &SessionContext<'_>,
        site: &FileTarget,
        path: &[u8],
    ) -> Result<Vec<u8>, StreamEnd> {
        let mut path = files::normal(path);
        for _ in 0..LINKS {
            match self.first_link(ground, site, &path).await? {
                Some(led) => path = led,
                None => break,
            }
        }
        Ok(path)
    }

    /// Where the path leads once the first link on its way is followed.
    async fn first_link(
        &self,
        ground: &SessionContext<'_>,
        site: &FileTarget,
        path: &[u8],
    ) -> Result<Option<Vec<u8>>, StreamEnd> {
        let ends = path.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        for end in ends.chain([path.len()]) {
            let (part, rest) = path.split_at(end);
            if self.hides(part) {
                return Ok(None);
            }
            match stat::stat(&ground.transport, site, part).await {
                Ok(Some(link)) if matches!(link.kind, FileKind::Link { .. }) => {
                    return Ok(link.leads_to.map(|led| files::normal(&[&led, rest].concat())));
                }
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                Err(fault) if fault.is_loss() => return Err(ground.fault(&fault)),
                // What is asked for next says it better.
                Err(_) => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Refuses to read through the engine what it does not see.
    pub async fn must_see(&self, ground: &SessionContext<'_>, site: &FileTarget, path: &[u8]) -> Result<(), StreamEnd> {
        if !self.is_running {
            return Ok(());
        }
        let real = self.real(ground, site, path).await?;
        if self.hides(&real) { Err(hidden(ground, &real)) } else { Ok(()) }
    }

    /// Refuses to put something where the container would not see it: also one that does not run yet will not.
    pub async fn must_reach(
        &self,
        ground: &SessionContext<'_>,
        site: &FileTarget,
        path: &[u8],
    ) -> Result<(), StreamEnd> {
        let real = self.real(ground, site, path).await?;
        if self.hides(&real) { Err(hidden(ground, &real)) } else { Ok(()) }
    }
}

/// What is said of a place that the engine does not see.
pub fn hidden(ground: &SessionContext<'_>, path: &[u8]) -> StreamEnd {
    ground.problem(format!("{} {WHY}", files::shown(path)), "use a shell in the container")
}

/// The short message, for a name in a folder.
pub const UNSEEN: &str = "it would end up hidden below a tmpfs or kernel file system";

/// What is said of a file that is mounted by itself.
pub const MOUNTED: &str = "it is a bind-mounted file, which the engine cannot replace";

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(json: &str) -> Visibility {
        let site = FileTarget::plain("x");
        Visibility::of(&serde_json::from_str(json).unwrap(), &site)
    }

    #[test]
    fn what_lies_in_memory_is_hidden_and_a_volume_in_it_is_not() {
        let sight = sight(
            r#"{"State":{"Running":true},"HostsPath":"/x","HostConfig":{"Tmpfs":{"/run/":"size=1m"}},
            "Mounts":[{"Type":"tmpfs","Destination":"/cache"},{"Type":"volume","Destination":"/run/kept"},
            {"Type":"bind","Destination":"/etc/app.conf"}]}"#,
        );
        for path in ["/run", "/run/x", "/cache/deep/x", "/proc/1", "/sys", "/dev/shm/x"] {
            assert!(sight.hides(path.as_bytes()), "{path}");
        }
        for path in ["/", "/runner", "/run/kept", "/run/kept/x", "/etc/app.conf", "/device"] {
            assert!(!sight.hides(path.as_bytes()), "{path}");
        }
        assert!(sight.is_mount(b"/etc/app.conf") && sight.is_mount(b"/etc/hosts"));
        assert!(!sight.is_mount(b"/etc/hostname") && !sight.is_mount(b"/etc"));
    }
}
