//! Whose helper containers are: the bowline that made them, and what becomes of them when that one ended without a word.

use super::host::Stat;
use super::records::Records;
use super::requests;
use crate::engine::docker::transport::Transport;
use crate::engine::docker::volumes::helpers::{COMMAND, MOUNTED};
use crate::model::{Container, SIDECAR_LABEL, VOLUME_LABEL};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::MetadataExt;

/// The best shell of the image, in the root folder of the container where that can be entered.
pub const SHELL: &str =
    "cd /proc/1/root 2>/dev/null; for s in bash zsh ash; do command -v $s >/dev/null && exec $s; done; exec sh";

/// The label that says which bowline a helper belongs to: host name, this run of its kernel, the namespace of process ids, the
/// id there, and when that process began.
pub const OWNER_LABEL: &str = "bowline.owner";

/// The value of [`OWNER_LABEL`] for what this bowline makes.
pub fn own() -> String {
    Owner::this().map(|owner| owner.text()).unwrap_or_default()
}

/// The labels of a helper: what it is for, and whose it is.
pub fn labels(purpose: &str, value: &str) -> HashMap<String, String> {
    [(purpose, value.to_string()), (OWNER_LABEL, own())].map(|(name, value)| (name.to_string(), value)).into()
}

/// A name for a helper that is nobody else's: what it is for, and what it is made for.
pub fn helper_name(purpose: &str, target: &str) -> String {
    let proper = |c: &char| c.is_ascii_alphanumeric() || "_.-".contains(*c);
    let target: String = target.chars().filter(proper).take(100).collect();
    format!("bowline-{purpose}-{target}-{:016x}", RandomState::new().hash_one(std::process::id()))
}

/// A name that [`helper_name`] may have given.
fn is_name_of(name: &str, purpose: &str) -> bool {
    let rest = name.strip_prefix("bowline-").and_then(|rest| rest.strip_prefix(purpose));
    let number = rest.and_then(|rest| rest.strip_prefix('-')).and_then(|rest| rest.rsplit('-').next());
    number.is_some_and(|number| number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// True for a helper through which the files of a volume are reached: it is a tool, and no container of anybody's. Images hand
/// their labels on, so its name, what it runs and what it mounts must say so as well, and that its owner made it must be known.
pub fn is_of_volume(container: &Container, records: &Records) -> bool {
    looks_into_a_volume(container) && standing(&container.name, container.label(OWNER_LABEL), records).is_some()
}

/// The same, of what an event tells: what it runs and mounts is not among that.
pub fn is_event_of_volume(name: &str, owner: &str, records: &Records) -> bool {
    is_name_of(name, "volume") && standing(name, Some(owner), records).is_some()
}

fn looks_into_a_volume(container: &Container) -> bool {
    let Some(volume) = container.label(VOLUME_LABEL) else { return false };
    let mounts = &container.ties.mounts;
    let mounts_it = mounts.iter().any(|one| one.volume.as_deref() == Some(volume) && *one.target == *MOUNTED);
    let silent = tells_no_entrypoint(container);
    is_name_of(&container.name, "volume")
        && (silent || *container.command == COMMAND.join(" "))
        // Old versions of Podman list no mounts.
        && (mounts_it || silent && mounts.is_empty())
}

fn is_a_shell_beside(container: &Container) -> bool {
    let Some(beside) = container.label(SIDECAR_LABEL) else { return false };
    let runs_it =
        container.command.contains(SHELL) && container.ties.network_mode.strip_prefix("container:") == Some(beside);
    is_name_of(&container.name, "debug") && (runs_it || tells_no_entrypoint(container))
}

/// Podman lists the command without the entrypoint, which is all that a helper has, and `host` for whatever network mode: neither
/// speaks against a helper then. Docker lists no container without a command.
fn tells_no_entrypoint(container: &Container) -> bool {
    container.command.is_empty()
}

/// How it stands with the bowline that made a helper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The owner runs.
    Lives,
    /// The owner has ended, and left a note of the helper.
    Ended,
}

/// None where a label is all that speaks for it: of another host or another run of this one, or without a note.
fn standing(name: &str, label: Option<&str>, records: &Records) -> Option<Standing> {
    let label = label?;
    let owner = Owner::read(label).filter(Owner::is_near)?;
    if owner.lives() {
        return Some(Standing::Lives);
    }
    records.tell(name, label).then_some(Standing::Ended)
}

/// A running bowline, told apart from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
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

    /// From the value of [`OWNER_LABEL`].
    pub fn read(label: &str) -> Option<Self> {
        let mut parts = label.rsplitn(5, ':');
        let began = parts.next()?.parse().ok()?;
        let pid = parts.next()?.parse().ok()?;
        let space = parts.next()?.parse().ok()?;
        let boot = parts.next()?.to_string();
        Some(Self { host: parts.next()?.to_string(), boot, space, pid, began })
    }

    /// True if it can be known from here whether it lives.
    fn is_near(&self) -> bool {
        Owner::this().is_some_and(|own| own.host == self.host && own.boot == self.boot && own.space == self.space)
    }

    /// For one that is near: it runs, or cannot be looked at.
    pub fn lives(&self) -> bool {
        match Stat::of(self.pid) {
            Some(now) => now.began == self.began,
            None => !is_nobody(self.pid),
        }
    }

    /// Whether it runs; none where that cannot be known from here.
    pub fn lives_as_far_as_known(&self) -> Option<bool> {
        if self.is_near() {
            return Some(self.lives());
        }
        self.is_of_an_earlier_run().then_some(false)
    }

    /// It was of this host, before that was started anew.
    pub fn is_of_an_earlier_run(&self) -> bool {
        Owner::this().is_some_and(|own| own.host == self.host && own.boot != self.boot)
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
pub fn sweep(transport: &Transport, containers: &[Container], records: &Records) {
    records.tidy();
    let orphan = |container: &&Container| {
        (is_a_shell_beside(container) || looks_into_a_volume(container))
            && standing(&container.name, container.label(OWNER_LABEL), records) == Some(Standing::Ended)
    };
    for container in containers.iter().filter(orphan) {
        let (transport, id, name) = (transport.clone(), container.id.clone(), container.name.clone());
        // The volume that it was made for stays, whatever its name.
        let volumes = !looks_into_a_volume(container);
        tokio::spawn(async move {
            match requests::remove(&transport, id.raw(), volumes).await {
                Ok(()) => tracing::info!("removed {name}: the bowline that made it has ended"),
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
        assert!(own.is_near() && own.lives(), "this process lives");
        assert!(!Owner { began: own.began + 1, ..own.clone() }.lives(), "the number was given out again");
        let other = Owner { began: 1, ..own };
        assert!(other.is_near() && !other.lives() && !other.is_of_an_earlier_run());
        let elsewhere = Owner { host: "elsewhere".into(), ..other.clone() };
        assert!(!elsewhere.is_near() && !elsewhere.is_of_an_earlier_run(), "of other hosts nothing is known");
        let earlier = Owner { boot: "another".into(), ..other.clone() };
        assert!(!earlier.is_near() && earlier.is_of_an_earlier_run());
        assert!(!Owner { space: other.space + 1, ..other.clone() }.is_near(), "another's numbers");
        assert!(!is_nobody(1) && is_nobody(0x7fff_fffe));
        for odd in ["", "host", "host:1", "host:1:1", "host:b:1:x:1", "host:b:1:1:x", "host:b:x:1:1"] {
            assert_eq!(Owner::read(odd), None, "{odd}");
        }
    }

    /// A helper as engines list it.
    fn helper(name: &str, command: &str, labels: &str) -> Container {
        let id = "ab".repeat(32);
        let list = format!(
            r#"[{{"Id":"{id}","Names":["/{name}"],"Command":"{command}","State":"created","Labels":{labels},
                "HostConfig":{{"NetworkMode":"container:{id}"}},
                "Mounts":[{{"Type":"volume","Name":"data","Destination":"/volume"}}]}}]"#
        );
        let engine = crate::model::EngineId(0);
        let listed =
            crate::engine::docker::convert::containers(list.as_bytes(), engine, crate::model::Timestamp::default());
        listed.unwrap().remove(0)
    }

    #[test]
    fn labels_alone_make_no_helper() {
        let records = Records::default();
        let owner = own();
        let labels =
            |volume: &str, owner: &str| format!(r#"{{"{VOLUME_LABEL}":"{volume}","{OWNER_LABEL}":"{owner}"}}"#);
        let name = helper_name("volume", "data");
        let is_one = |name: &str, command: &str, labels: &str| is_of_volume(&helper(name, command, labels), &records);
        assert!(is_one(&name, "sleep 86400", &labels("data", &owner)));
        for (name, command, labels, why) in [
            ("web", "sleep 86400", labels("data", &owner), "the name is another"),
            (&*name, "nginx", labels("data", &owner), "it runs something"),
            (&*name, "sleep 86400", labels("other", &owner), "it mounts another"),
            (&*name, "sleep 86400", labels("data", "x"), "nobody's"),
            (&*name, "sleep 86400", labels("data", &owner.replacen(':', ":x", 1)), "of another run of the machine"),
            (&*name, "sleep 86400", labels("data", &format!("{owner}0")), "one that has ended, without a note"),
            (&*name, "sleep 86400", "{}".into(), "no label"),
        ] {
            assert!(!is_one(name, command, &labels), "{why}");
        }
    }

    #[test]
    fn what_is_left_over_is_known_by_its_note() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::new(Some(folder.path().to_path_buf()));
        let (ended, name) = (format!("{}0", own()), helper_name("debug", "web"));
        std::fs::write(folder.path().join(&name), &ended).unwrap();
        let beside = "ab".repeat(32);
        let labels = format!(r#"{{"{SIDECAR_LABEL}":"{beside}","{OWNER_LABEL}":"{ended}"}}"#);
        let command = format!("sh -c '{}'", SHELL);
        let left = helper(&name, &command, &labels);
        assert!(is_a_shell_beside(&left));
        assert_eq!(standing(&left.name, left.label(OWNER_LABEL), &records), Some(Standing::Ended));
        let from_its_image = helper("web-debug", &command, &labels);
        assert!(!is_a_shell_beside(&from_its_image));
        assert_eq!(standing(&from_its_image.name, from_its_image.label(OWNER_LABEL), &records), None);
    }

    /// What Podman lists of a helper, as its `LibpodToContainer` writes it.
    fn listed_by_podman(name: &str, labels: &str, mounts: &str) -> Container {
        let list = format!(
            r#"[{{"Id":"{}","Names":["/{name}"],"Image":"docker.io/library/busybox:latest","ImageID":"sha256:{}","Command":"",
                "Created":1764440000,"Ports":[],"Labels":{labels},"State":"created","Status":"Created","NetworkSettings":
                {{"Networks":{{}}}},"HostConfig":{{"NetworkMode":"host"}},"Mounts":{mounts},"Name":"","Config":null}}]"#,
            "ab".repeat(32),
            "cd".repeat(32)
        );
        let engine = crate::model::EngineId(0);
        let listed =
            crate::engine::docker::convert::containers(list.as_bytes(), engine, crate::model::Timestamp::default());
        listed.unwrap().remove(0)
    }

    #[test]
    fn helpers_on_podman_are_known_by_what_its_list_tells() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::new(Some(folder.path().to_path_buf()));
        let (owner, ended, name) = (own(), format!("{}0", own()), helper_name("volume", "data"));
        let labels = |owner: &str| format!(r#"{{"{VOLUME_LABEL}":"data","{OWNER_LABEL}":"{owner}"}}"#);
        let mount =
            |volume: &str| format!(r#"[{{"Type":"volume","Name":"{volume}","Destination":"/volume","RW":true}}]"#);
        let is_one = |name: &str, owner: &str, mounts: &str| {
            is_of_volume(&listed_by_podman(name, &labels(owner), mounts), &records)
        };
        assert!(is_one(&name, &owner, &mount("data")) && is_one(&name, &owner, "null"));
        for (name, owner, mounts, why) in [
            (&*name, &*owner, mount("other"), "it mounts another"),
            (&*name, &*ended, mount("data"), "its owner has ended, and there is no note"),
            ("web", &*owner, mount("data"), "the name is another"),
        ] {
            assert!(!is_one(name, owner, &mounts), "{why}");
        }
        std::fs::write(folder.path().join(&name), &ended).unwrap();
        assert!(is_one(&name, &ended, &mount("data")), "it left a note");

        let labels = format!(r#"{{"{SIDECAR_LABEL}":"{}","{OWNER_LABEL}":"{ended}"}}"#, "ab".repeat(32));
        assert!(is_a_shell_beside(&listed_by_podman(&helper_name("debug", "web"), &labels, "[]")));
        assert!(!is_a_shell_beside(&listed_by_podman("web-debug", &labels, "[]")), "made from its image");
    }

    #[test]
    fn names_are_names_for_engines() {
        let name = helper_name("debug", "we b\u{202e}/1");
        assert!(name.starts_with("bowline-debug-web1-"), "{name}");
        assert_eq!(name.len(), "bowline-debug-web1-".len() + 16);
        assert!(is_name_of(&name, "debug") && !is_name_of(&name, "volume") && !is_name_of("bowline-debug-1", "debug"));
        assert_ne!(name, helper_name("debug", "we b\u{202e}/1"), "it must not be another's");
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)), "{name}");
    }
}
