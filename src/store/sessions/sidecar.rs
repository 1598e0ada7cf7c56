//! A helper instance that shares the processes and the network of another: a shell where the image has none.

use super::closing::Remains;
use super::flow::{self, Ending};
use super::host::Stat;
use super::input::Typing;
use super::{Ground, Halt, Opened, attach, name, requests};
use crate::model::{Began, Chunk, Id, Instance, SIDECAR_LABEL, Size, text};
use crate::store::Hub;
use crate::store::fault::Fault;
use crate::store::transport::{Hijacked, Transport};
use crate::store::wires::Outlet;
use hyper::body::Incoming;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde_json::{Value, json};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The label that says which bowline a helper belongs to: host name, this run of its kernel, the namespace of process ids, the
/// id there, and when that process began.
const OWNER_LABEL: &str = "bowline.owner";
/// How long the exit code may take to come after the output has ended.
const TO_END: Duration = Duration::from_secs(3);
/// How long its terminal may take to get its size.
const FIRST_FIT: Duration = Duration::from_secs(2);

/// The best shell of the image, in the root folder of the instance where that can be entered.
const SHELL: &str =
    "cd /proc/1/root 2>/dev/null; for s in bash zsh ash; do command -v $s >/dev/null && exec $s; done; exec sh";

/// Makes a helper, opens its shell, and removes it.
pub async fn run(
    hub: &Hub,
    outlet: &Outlet,
    id: &Id,
    image: &str,
    size: Size,
    typing: &mut Typing,
) -> Result<(), Halt> {
    let ground = Ground::enter(hub, outlet, id, "debug", true).await?;
    ground.running(id).await?;
    check_image(&ground, image).await?;
    let size = typing.size.borrow_and_update().unwrap_or(size);
    let helper = Helper { ground: &ground, size };
    let name = helper_name(&name(hub, id));
    let remains = Remains::Container { name: name.clone(), made: None };
    let mut duty = hub.sessions.take_charge(&ground.transport, remains);
    let raw = match helper.make(id, image, &name).await.and_then(|answer| requests::made(&answer)) {
        Ok(raw) => raw,
        Err(fault) => {
            // Nothing was made; what has that name is somebody else's.
            if matches!(fault, Fault::Status(409, _)) {
                duty.fulfilled();
            }
            return Err(ground.fault(&fault));
        }
    };
    duty.made(&raw);
    let (connection, exit) = helper.start(&raw).await.map_err(|fault| helper.refused(image, fault))?;
    // Its charge ends with this function, however it ends; an engine that has removed it already says so.
    helper.carry(&raw, image, connection, exit, typing).await
}

/// Refuses in words what would otherwise be an engine's riddle.
async fn check_image(ground: &Ground<'_>, image: &str) -> Result<(), Halt> {
    let proper = |c: char| c.is_ascii_alphanumeric() || "_.-:/@".contains(c);
    if image.is_empty() || !image.chars().all(proper) || image.split('/').any(|part| part.is_empty() || part == "..") {
        return Err(ground.problem(format!("{image:?} is not the name of an image"), "set shell.sidecar_image"));
    }
    match ground.transport.get(&format!("/images/{image}/json")).await {
        Ok(_) => Ok(()),
        Err(Fault::Status(404, _)) => {
            let mend = format!("get it with: docker pull {image}; or set shell.sidecar_image to one that is there");
            Err(ground.problem(format!("the engine does not have the image {image}"), &mend))
        }
        Err(fault) => Err(ground.fault(&fault)),
    }
}

fn helper_name(target: &str) -> String {
    let proper = |c: &char| c.is_ascii_alphanumeric() || "_.-".contains(*c);
    let target: String = target.chars().filter(proper).take(100).collect();
    format!("bowline-debug-{target}-{:016x}", RandomState::new().hash_one(std::process::id()))
}

struct Helper<'a> {
    ground: &'a Ground<'a>,
    size: Size,
}

impl Helper<'_> {
    async fn make(&self, id: &Id, image: &str, name: &str) -> Result<bytes::Bytes, Fault> {
        self.ground.transport.post(&format!("/containers/create?name={name}"), Some(&request(id, image))).await
    }

    /// Attaches and begins to wait before it starts: nothing it says and no exit is missed.
    async fn start(&self, raw: &str) -> Result<(Hijacked, Incoming), Fault> {
        let transport = &self.ground.transport;
        let connection = transport.hijack(&attach::path(raw, true), None).await?;
        // Before the start it must be known that it is waited for: an engine that does not say so at once never will.
        let limit = transport.operation_timeout();
        let exit = timeout(limit, attach::waiting(transport, raw, "next-exit")).await;
        let exit = exit.unwrap_or(Err(Fault::Slow(limit)))?;
        transport.post(&format!("/containers/{raw}/start"), None).await?;
        let fitted = timeout(FIRST_FIT, async {
            while let Err(fault) = requests::resize(transport, raw, self.size).await {
                tracing::debug!("the first size of a helper's terminal: {fault:?}");
                sleep(Duration::from_millis(30)).await;
            }
        });
        if fitted.await.is_err() {
            tracing::debug!("a helper's terminal begins without its size");
        }
        Ok((connection, exit))
    }

    fn refused(&self, image: &str, fault: Fault) -> Halt {
        match fault {
            Fault::Status(_, words) if requests::lacks_program(&words) => {
                let cause = format!("the image {image} has no shell: {}", requests::plain_refusal(&words));
                self.ground.problem(cause, "set shell.sidecar_image to one that has a shell, such as busybox")
            }
            fault => self.ground.fault(&fault),
        }
    }

    async fn carry(
        &self,
        raw: &str,
        image: &str,
        connection: Hijacked,
        exit: Incoming,
        typing: &mut Typing,
    ) -> Result<(), Halt> {
        let Ground { outlet, transport, .. } = self.ground;
        let command = format!("sh (helper from {})", text::clean(image));
        outlet.chunk(Chunk::Began(Began { command, user: "root".into(), tty: true, input: true })).await?;
        let (output, writer) = flow::split(connection, true);
        let resize = |size| requests::resize(transport, raw, size);
        let flowing = flow::carry(outlet, output, writer, typing, Ending::Key, resize);
        tokio::select! {
            over = flowing => over?,
            fault = self.ground.lost(Opened::Container(raw)) => return Err(self.ground.fault(&fault)),
        }
        let waited = timeout(TO_END, attach::exit_code(exit)).await;
        let code = waited.unwrap_or(Err(Fault::Cut("the engine let go of the session".into())));
        let code = code.map_err(|fault| self.ground.fault(&fault))?;
        Ok(outlet.chunk(Chunk::Exited(Some(code))).await?)
    }
}

/// The request that makes a helper. To enter `/proc/1/root` of a process of another user takes the capability to trace
/// (ptrace(2), access mode checking), and nothing more.
fn request(id: &Id, image: &str) -> Value {
    let shared = format!("container:{}", id.raw());
    json!({
        "Image": image, "User": "0", "Entrypoint": ["sh", "-c", SHELL], "Cmd": [], "WorkingDir": "/",
        "Tty": true, "OpenStdin": true, "StdinOnce": true,
        "AttachStdin": true, "AttachStdout": true, "AttachStderr": true,
        "Env": ["TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8"],
        "Labels": { SIDECAR_LABEL: id.raw(), OWNER_LABEL: Owner::this().map(|owner| owner.text()).unwrap_or_default() },
        "HostConfig": {
            "PidMode": shared, "NetworkMode": shared, "AutoRemove": true, "CapAdd": ["SYS_PTRACE"],
            "RestartPolicy": { "Name": "no" },
        },
    })
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
        instance.label(SIDECAR_LABEL).is_some()
            && instance.label(OWNER_LABEL).and_then(Owner::read).is_some_and(|owner| owner.is_gone())
    };
    for instance in instances.iter().filter(orphan) {
        let (transport, id, name) = (transport.clone(), instance.id.clone(), instance.name.clone());
        tokio::spawn(async move {
            match transport.delete(&format!("/containers/{}?force=1&v=1", id.raw())).await {
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
        let name = helper_name("we b\u{202e}/1");
        assert!(name.starts_with("bowline-debug-web1-"), "{name}");
        assert_eq!(name.len(), "bowline-debug-web1-".len() + 16);
        assert_ne!(name, helper_name("we b\u{202e}/1"), "it must not be another's");
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)), "{name}");
    }
}
