//! Whose helper instances are: the bowline that made them, and what becomes of them when that one ended without a word.

use super::host::Stat;
use crate::model::{Instance, SIDECAR_LABEL, VOLUME_LABEL};
use crate::store::transport::Transport;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::MetadataExt;

/// The label that says which bowline a helper belongs to: host name, this run of its kernel, the namespace of process ids, the
/// id there, and when that process began.
pub const OWNER_LABEL: &str = "bowline.owner";

/// The value of [`OWNER_LABEL`] for what this bowline makes.
pub fn own() -> String {
    Owner::this().map(|owner| owner.text()).unwrap_or_default()
}

/// A name for a helper that is nobody else's: what it is for, and what it is made for.
pub fn helper_name(purpose: &str, target: &str) -> String {
    let proper = |c: &char| c.is_ascii_alphanumeric() || "_.-".contains(*c);
    let target: String = target.chars().filter(proper).take(100).collect();
    format!("bowline-{purpose}-{target}-{:016x}", RandomState::new().hash_one(std::process::id()))
}

/// True for a helper through which the files of a volume are reached: it is a tool, and no instance of anybody's.
pub fn is_of_volume(instance: &Instance) -> bool {
    instance.label(VOLUME_LABEL).is_some() && instance.label(OWNER_LABEL).is_some()
}

/// A running bowline, told apart from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owner {
    host: String,
    /// Machines may be named alike.
    boot: String,
    /// One machine may count its processes in several ways.
    space: u64,
    pid: u32,
    began: u64,
}

impl Owner {
    fn this() -> Option<Self> {
        let pid = std::process::id();
        let space = std::fs::metadata("/proc/self/ns/pid").ok()?.ino();
        let (host, boot) = (kernel_word("hostname")?, kernel_word("random/boot_id")?);
        Some(Self { host, boot, space, pid, began: Stat::of(pid)?.began })
    }

    fn text(&self) -> String {
        format!("{}:{}:{}:{}:{}", self.host, self.boot, self.space, self.pid, self.began)
    }

    fn read(label: &str) -> Option<Self> {
        let mut parts = label.rsplitn(5, ':');
        let began = parts.next()?.parse().ok()?;
        let pid = parts.next()?.parse().ok()?;
        let space = parts.next()?.parse().ok()?;
        let boot = parts.next()?.to_string();
        Some(Self { host: parts.next()?.to_string(), boot, space, pid, began })
    }

    /// It can be known from here, and has ended.
    fn is_gone(&self) -> bool {
        let near = |own: Owner| own.host == self.host && own.boot == self.boot && own.space == self.space;
        Owner::this().is_some_and(near)
            && match Stat::of(self.pid) {
                Some(now) => now.began != self.began,
                None => is_nobody(self.pid),
            }
    }
}

/// The kernel says that there is no such process: its files may only be hidden from us.
fn is_nobody(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) == Err(Errno::SRCH))
}

fn kernel_word(name: &str) -> Option<String> {
    let word = std::fs::read_to_string(format!("/proc/sys/kernel/{name}")).ok()?;
    Some(word.trim().to_string()).filter(|word| !word.is_empty())
}

/// Removes helpers of a bowline beside this one that ended without removing them.
pub fn sweep(transport: &Transport, instances: &[Instance]) {
    let orphan = |instance: &&Instance| {
        let is_helper = instance.label(SIDECAR_LABEL).is_some() || is_of_volume(instance);
        is_helper && instance.label(OWNER_LABEL).and_then(Owner::read).is_some_and(|owner| owner.is_gone())
    };
    for instance in instances.iter().filter(orphan) {
        let (transport, id, name) = (transport.clone(), instance.id.clone(), instance.name.clone());
        // The volume that it was made for stays, whatever its name.
        let volumes = u8::from(!is_of_volume(instance));
        tokio::spawn(async move {
            match transport.delete(&format!("/containers/{}?force=1&v={volumes}", id.raw())).await {
                Ok(_) => tracing::info!("removed {name}: the bowline that made it has ended"),
                Err(fault) => tracing::info!("{name} is left over from a bowline that has ended: {fault:?}"),
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_told_apart() {
        let own = Owner::this().unwrap();
        assert_eq!(Owner::read(&own.text()), Some(own.clone()));
        assert!(!own.is_gone(), "this process lives");
        assert!(Owner { began: own.began + 1, ..own.clone() }.is_gone(), "the number was given out again");
        let other = Owner { began: 1, ..own };
        assert!(other.is_gone());
        assert!(!Owner { host: "elsewhere".into(), ..other.clone() }.is_gone(), "of other hosts nothing is known");
        assert!(!Owner { boot: "another".into(), ..other.clone() }.is_gone(), "a machine that is named alike");
        assert!(!Owner { space: other.space + 1, ..other.clone() }.is_gone(), "another's numbers");
        assert!(!is_nobody(1) && is_nobody(0x7fff_fffe));
        for odd in ["", "host", "host:1", "host:1:1", "host:b:1:x:1", "host:b:1:1:x", "host:b:x:1:1"] {
            assert_eq!(Owner::read(odd), None, "{odd}");
        }
    }

    #[test]
    fn names_are_names_for_engines() {
        let name = helper_name("debug", "we b\u{202e}/1");
        assert!(name.starts_with("bowline-debug-web1-"), "{name}");
        assert_eq!(name.len(), "bowline-debug-web1-".len() + 16);
        assert_ne!(name, helper_name("debug", "we b\u{202e}/1"), "it must not be another's");
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)), "{name}");
    }
}
