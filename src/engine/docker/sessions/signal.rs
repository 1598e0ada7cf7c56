//! A signal to one process of a container. Engines have no request for it: it is sent from inside, where numbers are others.

use super::host::Host;
use super::requests;
use super::top;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::Transport;
use crate::engine::settings::Place;
use crate::model::{Operation, OperationArgs, Problem, Process, Signal, text};
use bollard::query_parameters::KillContainerOptions;
use std::hash::{BuildHasher, RandomState};

/// Sends it, if the process is still the one that was chosen.
pub async fn send(
    shared: &Shared,
    transport: &Transport,
    place: &Place,
    (operation, during): (&Operation, &str),
    pid: i32,
    signal: Signal,
) -> Result<(), Problem> {
    let id = &operation.id;
    if shared.index.borrow().containers.get(id).is_some_and(|known| known.is_synthetic()) {
        return Err(Problem::new(during, "a synthetic container has no real processes", ""));
    }
    let host = shared.settings.kernel_root.as_ref().map(|root| Host::new(root, id.raw()));
    let sending = Sending { transport, container: id.raw(), during, host, isolated: shared.capabilities().isolates };
    let command = if let OperationArgs::Command(command) = &operation.with { Some(command.as_str()) } else { None };
    sending.send(pid, command, signal).await.map_err(|refused| match refused {
        Refused::Fault(fault) => {
            if fault.is_loss() {
                shared.wakeups.suspect.notify_one();
            }
            fault.problem(during, Some(place))
        }
        Refused::Problem(problem) => problem,
    })
}

enum Refused {
    Fault(EngineError),
    Problem(Problem),
}

impl From<EngineError> for Refused {
    fn from(fault: EngineError) -> Self {
        Refused::Fault(fault)
    }
}

struct Sending<'a> {
    transport: &'a Transport,
    container: &'a str,
    during: &'a str,
    host: Option<Host>,
    isolated: bool,
}

impl Sending<'_> {
    fn refuse<T>(&self, cause: impl AsRef<str>, mend: &str) -> Result<T, Refused> {
        Err(Refused::Problem(Problem::new(self.during, cause, mend)))
    }

    /// The table of processes, with the row of the one that was chosen: by number and by command, since its number may have
    /// been given out again while somebody thought about it.
    async fn chosen(&self, pid: i32, command: Option<&str>) -> Result<(Process, Vec<Process>), Refused> {
        if pid <= 0 || !self.isolated && pid == 1 {
            return self.refuse(format!("{pid} is not the pid of a container's process"), "");
        }
        let Some(command) = command else { return self.refuse("internal error: no command given", "") };
        let listed = top::ask(self.transport, self.container).await?;
        match listed.iter().find(|process| process.pid == pid).cloned() {
            Some(now) if now.command == command => Ok((now, listed)),
            Some(now) => {
                let now: String = now.command.chars().take(60).collect();
                self.refuse(
                    format!("process {pid} is no longer {command} but {now}"),
                    "check the list and select again",
                )
            }
            None => self.refuse(format!("process {pid} no longer exists"), ""),
        }
    }

    async fn send(&self, pid: i32, command: Option<&str>, signal: Signal) -> Result<(), Refused> {
        let (wanted, listed) = self.chosen(pid, command).await?;
        let init = requests::inspect(self.transport, self.container).await?.state.pid;
        if pid == init {
            // The kernel shields the first process of a container from its inside: the engine signals it from outside.
            let options = KillContainerOptions { signal: signal.0.to_string() };
            return Ok(self
                .transport
                .call(self.transport.docker().kill_container(self.container, Some(options)))
                .await?);
        }
        if let Some(host) = &self.host
            && let Some(inner) = host.look(move |host| host.inner(pid, init)).await.flatten()
        {
            return match self.send_inside(inner, signal).await {
                Err(Unsent::Lacking) => match host.signal(pid, signal.0) {
                    Ok(()) => Ok(()),
                    Err(error) => self.refuse(
                        format!("the container has no kill command, and from the host: {error}"),
                        "run bowline as root, or send the signal to the whole container",
                    ),
                },
                sent => self.told(sent),
            };
        }
        let inner = if self.isolated { self.matched(&wanted, &listed).await? } else { pid };
        self.told(self.send_inside(inner, signal).await)
    }

    fn told(&self, sent: Result<(), Unsent>) -> Result<(), Refused> {
        match sent {
            Ok(()) => Ok(()),
            Err(Unsent::Lacking) => self.refuse(
                "the container has no kill command",
                "send the signal to the whole container, or open a debug sidecar",
            ),
            Err(Unsent::Failed(words)) => self.refuse(words, ""),
            Err(Unsent::Fault(fault)) => Err(fault.into()),
        }
    }

    /// With the container's `kill` program, or its shell's own.
    async fn send_inside(&self, inner: i32, signal: Signal) -> Result<(), Unsent> {
        let (number, pid) = (signal.0.to_string(), inner.to_string());
        let option = format!("-{number}");
        let programs: [&[&str]; 2] =
            [&["kill", &option, &pid], &["sh", "-c", "kill -\"$1\" \"$2\"", "sh", &number, &pid]];
        for argv in programs {
            let done = requests::capture_as_root(self.transport, self.container, argv).await.map_err(Unsent::Fault)?;
            if done.is_fine() {
                return Ok(());
            }
            if done.ran {
                return Err(Unsent::Failed(done.words()));
            }
            let words = done.refusal();
            if !requests::lacks_program(&words) {
                return Err(Unsent::Failed(requests::plain_refusal(&words)));
            }
        }
        Err(Unsent::Lacking)
    }

    /// The number inside of a process that an engine elsewhere listed.
    async fn matched(&self, wanted: &Process, listed: &[Process]) -> Result<i32, Refused> {
        let mark = format!("{:016x}", RandomState::new().hash_one(0));
        let done = requests::capture_as_root(self.transport, self.container, &["sh", "-c", LIST, "sh", &mark]).await?;
        if !done.is_fine() {
            let cause = format!("its pid inside the container cannot be found: {}", done.words());
            return self.refuse(cause, "send the signal to the whole container");
        }
        let inside = inmates(&String::from_utf8_lossy(&done.out), &mark);
        match the_same(wanted, listed, &inside) {
            Some(inner) => Ok(inner),
            None => self.refuse(
                "other processes with the same command run in the container",
                "open a shell there and use kill",
            ),
        }
    }
}

enum Unsent {
    /// There is no program to do it with.
    Lacking,
    /// The program said no.
    Failed(String),
    Fault(EngineError),
}

/// Prints number, start and command line of each process; `$1` ends each entry.
const LIST: &str = r#"
for d in /proc/[0-9]*; do
  { s=$(cat "$d/stat"); c=$(cat "$d/cmdline"); } 2>/dev/null
  [ -n "$s" ] || continue
  p=${d#/proc/}
  set -- "$1" ${s##*) }
  echo "$p ${21} $c$1"
  s=
done
"#;

/// A process as it is seen inside.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    pid: i32,
    began: u64,
    command: String,
}

fn inmates(text: &str, mark: &str) -> Vec<Seen> {
    let entry = |entry: &str| {
        let mut fields = entry.trim_start().splitn(3, ' ');
        let (pid, began) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(Seen { pid, began, command: bare(fields.next().unwrap_or_default()) })
    };
    text.split(mark).filter_map(entry).collect()
}

/// A command line without what separates its words: a blank outside, nothing inside.
fn bare(command: &str) -> String {
    text::clean(command).chars().filter(|c| !c.is_whitespace()).collect()
}

/// The same process inside: the only one of its command, or, by order of start, the only one of its second.
fn the_same(wanted: &Process, listed: &[Process], inside: &[Seen]) -> Option<i32> {
    let command = bare(&wanted.command);
    let outside: Vec<&Process> = listed.iter().filter(|process| bare(&process.command) == command).collect();
    let mut inside: Vec<&Seen> = inside.iter().filter(|seen| seen.command == command).collect();
    if command.is_empty() || outside.len() != inside.len() {
        return None;
    }
    if let [only] = inside[..] {
        return Some(only.pid);
    }
    let age = wanted.age?;
    let mut older = 0;
    for other in outside.into_iter().filter(|other| other.pid != wanted.pid) {
        // Ages are whole seconds, each rounded at its own moment.
        match other.age? {
            other if other > age + 1 => older += 1,
            other if other + 1 < age => {}
            _ => return None,
        }
    }
    inside.sort_by_key(|seen| seen.began);
    inside.get(older).map(|seen| seen.pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outside(pid: i32, age: u64, command: &str) -> Process {
        Process { pid, age: Some(age), command: command.into(), ..Process::default() }
    }

    #[test]
    fn the_same_process_inside_and_out() {
        let text = "1 100 sleep3600MARK\n7 900 workera\nbMARK\n8 2000 workera\nbMARK\nbrokenMARK";
        let inside = inmates(text, "MARK");
        assert_eq!(inside.len(), 3);
        let listed = [outside(501, 60, "sleep 3600"), outside(600, 40, "worker a b"), outside(550, 20, "worker a b")];
        assert_eq!(the_same(&listed[0], &listed, &inside), Some(1));
        assert_eq!(the_same(&listed[1], &listed, &inside), Some(7));
        assert_eq!(the_same(&listed[2], &listed, &inside), Some(8));
        let close = [outside(600, 40, "worker a b"), outside(550, 39, "worker a b")];
        assert_eq!(the_same(&close[0], &close, &inside), None, "which came first is not certain");
        let more = [outside(600, 40, "worker a b")];
        assert_eq!(the_same(&more[0], &more, &inside), None, "the two lists do not agree");
    }
}
