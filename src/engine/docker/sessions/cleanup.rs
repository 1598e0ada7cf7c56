//! What a session leaves behind is ended when its stream is closed: by a task of its own, since the stream's may be cut off
//! at any point.

use super::host::{Found, Host, Known};
use super::records::Records;
use super::requests;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::transport::Transport;
use rustix::io::Errno;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// Between asking processes to end and ending them.
const MOMENT: Duration = Duration::from_millis(400);
/// Between two looks whether they have.
const LOOK: Duration = Duration::from_millis(20);
/// What one clean-up may take, with an engine that is away and comes back meanwhile.
const LIMIT: Duration = Duration::from_secs(120);
/// Between two attempts while it is away.
const AGAIN: Duration = Duration::from_millis(250);
/// How long a start that was under way is waited for before what there is is ended.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// The variable that the processes of a session carry.
pub const VARIABLE: &str = "BOWLINE_SESSION";

/// Sessions of this store: which exec sessions it holds, and what must be cleaned up after them.
#[derive(Debug, Clone, Default)]
pub struct Sessions(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    held: Mutex<HashSet<String>>,
    duties: watch::Sender<usize>,
    records: Records,
}

/// A leftover that must be ended.
#[derive(Debug, Clone)]
pub enum Leftover {
    /// The processes of an exec session.
    Exec {
        /// The engine's name for the session.
        exec: String,
        /// In which container.
        container: String,
        /// The value of [`VARIABLE`].
        token: String,
        /// As whom it runs; empty = as the engine sees fit.
        user: String,
        /// The path of this machine's kernel files.
        kernel_root: Option<PathBuf>,
    },
    /// A helper container.
    Container {
        /// Its name: it may have been made without its id having come back.
        name: String,
        /// The id it was made with: when it is not there any more, it is gone.
        made: Option<String>,
        /// The volumes that the engine made up for it go too.
        volumes: bool,
    },
    /// A volume that was made to be filled, and is not whole.
    Volume {
        /// Its name.
        name: String,
    },
}

/// Cleans up when it is dropped, unless the session ended by itself.
#[derive(Debug)]
pub struct CleanupGuard {
    sessions: Sessions,
    transport: Transport,
    remains: Option<Leftover>,
}

impl Sessions {
    /// None yet; helpers are noted there.
    pub fn new(records: Records) -> Self {
        Self(Arc::new(Inner { records, ..Inner::default() }))
    }

    /// The notes of helpers.
    pub fn records(&self) -> &Records {
        &self.0.records
    }

    /// Takes charge of what a session may leave behind.
    pub fn take_charge(&self, transport: &Transport, remains: Leftover) -> CleanupGuard {
        if let (Leftover::Exec { exec, .. }, Ok(mut held)) = (&remains, self.0.held.lock()) {
            held.insert(exec.clone());
        }
        if let Leftover::Container { name, .. } = &remains {
            self.0.records.note(name);
        }
        self.0.duties.send_modify(|count| *count += 1);
        CleanupGuard { sessions: self.clone(), transport: transport.clone(), remains: Some(remains) }
    }

    /// Something else is to be ended before the program may: until what is returned is dropped.
    pub fn busy(&self) -> Busy {
        self.0.duties.send_modify(|count| *count += 1);
        Busy(self.clone())
    }

    /// True for an exec session of this store.
    pub fn holds(&self, exec: &str) -> bool {
        self.0.held.lock().is_ok_and(|held| held.contains(exec))
    }

    /// Waits until all is cleaned up, or until then.
    pub async fn settled(&self, deadline: Instant) {
        let mut duties = self.0.duties.subscribe();
        if timeout_at(deadline, duties.wait_for(|count| *count == 0)).await.is_err() {
            tracing::warn!("not everything that sessions left behind was ended in time");
        }
    }

    /// Nothing is left of it: a note would be of nobody.
    fn is_gone(&self, remains: &Leftover) {
        if let Leftover::Container { name, .. } = remains {
            self.0.records.forget(name);
        }
    }

    fn discharge(&self, remains: &Leftover) {
        if let (Leftover::Exec { exec, .. }, Ok(mut held)) = (remains, self.0.held.lock()) {
            held.remove(exec);
        }
        self.0.duties.send_modify(|count| *count -= 1);
    }
}

/// Something that must be ended before the program may.
#[derive(Debug)]
pub struct Busy(Sessions);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.duties.send_modify(|count| *count -= 1);
    }
}

impl CleanupGuard {
    /// The helper was made, with this id.
    pub fn made(&mut self, raw: &str) {
        if let Some(Leftover::Container { made, .. }) = &mut self.remains {
            *made = Some(raw.to_string());
        }
    }

    /// The session ended by itself: what it left running, it left on purpose.
    pub fn fulfilled(mut self) {
        if let Some(remains) = self.remains.take() {
            self.sessions.is_gone(&remains);
            self.sessions.discharge(&remains);
        }
    }
}

impl Drop for CleanupGuard {
    fn drop(&mut self) {
        let Some(remains) = self.remains.take() else { return };
        let (sessions, transport) = (self.sessions.clone(), self.transport.clone());
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move {
                match timeout(LIMIT, end(&transport, &remains)).await {
                    Ok(true) => sessions.is_gone(&remains),
                    Ok(false) => {}
                    Err(_) => tracing::warn!("left behind, no answer in time: {remains:?}"),
                }
                sessions.discharge(&remains);
            })),
            Err(_) => {
                tracing::warn!("left behind, the program has ended: {remains:?}");
                sessions.discharge(&remains);
            }
        }
    }
}

/// True once nothing is left of it.
async fn end(transport: &Transport, remains: &Leftover) -> bool {
    loop {
        match attempt(transport, remains).await {
            Ok(()) => return true,
            // Away, or holding the container still: paused, or about to start it again.
            Err(fault) if fault.is_loss() || matches!(fault, EngineError::Status(409, _)) => {
                tracing::debug!("not ended yet: {remains:?}: {fault:?}");
                sleep(AGAIN).await;
            }
            Err(fault) => {
                tracing::warn!("left behind: {remains:?}: {fault:?}");
                return false;
            }
        }
    }
}

async fn attempt(transport: &Transport, remains: &Leftover) -> Result<(), EngineError> {
    match remains {
        Leftover::Exec { exec, container, token, user, kernel_root } => {
            let mark = format!("{VARIABLE}={token}");
            let session = Session { transport, exec, container, mark, user, kernel_root: kernel_root.as_deref() };
            session.end().await
        }
        Leftover::Container { name, made, volumes } => remove(transport, name, made.as_deref(), *volumes).await,
        Leftover::Volume { name } => match requests::remove_volume(transport, name).await {
            Ok(()) | Err(EngineError::Status(404, _)) => Ok(()),
            Err(fault) => Err(fault),
        },
    }
}

/// Removes a helper. Its making may be under way still, for as long as one operation may take.
async fn remove(transport: &Transport, name: &str, made: Option<&str>, volumes: bool) -> Result<(), EngineError> {
    let deadline = Instant::now() + transport.operation_timeout();
    loop {
        match requests::remove(transport, made.unwrap_or(name), volumes).await {
            // In conflict with a removal that is under way.
            Ok(()) | Err(EngineError::Status(409, _)) => return Ok(()),
            Err(EngineError::Status(404, _)) if made.is_some() || Instant::now() >= deadline => return Ok(()),
            Err(EngineError::Status(404, _)) => sleep(LOOK * 10).await,
            Err(fault) => return Err(fault),
        }
    }
}

/// An exec session that must be ended.
struct Session<'a> {
    transport: &'a Transport,
    exec: &'a str,
    container: &'a str,
    mark: String,
    user: &'a str,
    kernel_root: Option<&'a Path>,
}

impl Session<'_> {
    /// Ends it, or what is left of it. A start that was under way may come to pass as late as one operation may last: then it
    /// is ended again.
    async fn end(&self) -> Result<(), EngineError> {
        let Some(begun) = self.begun(UNDER_WAY).await? else { return Ok(()) };
        self.clean(begun).await?;
        if begun != Begun::Never {
            return Ok(());
        }
        let late = self.transport.operation_timeout().saturating_sub(UNDER_WAY);
        match self.begun(late).await? {
            None | Some(Begun::Never) => Ok(()),
            Some(begun) => self.clean(begun).await,
        }
    }

    /// What became of it, as soon as it is known; none when the engine has forgotten it, as it does when the container ends.
    async fn begun(&self, limit: Duration) -> Result<Option<Begun>, EngineError> {
        let deadline = Instant::now() + limit;
        let mut pause = LOOK;
        loop {
            match requests::inspect_exec(self.transport, self.exec).await {
                Err(EngineError::Status(404, _)) => return Ok(None),
                Ok(seen) if requests::runs(&seen) => return Ok(Some(Begun::Runs(requests::pid(&seen)))),
                // Engines keep the number of a process that has ended: it may be another's by now.
                Ok(seen) if requests::pid(&seen) > 0 || seen.exit_code.is_some_and(|code| code != 0) => {
                    return Ok(Some(Begun::Over));
                }
                Ok(_) if Instant::now() >= deadline => return Ok(Some(Begun::Never)),
                seen => drop(seen?),
            }
            sleep(pause).await;
            pause = (pause * 2).min(LOOK * 10);
        }
    }

    /// Ends what carries the mark: from here where the engine's host is this machine, else from inside.
    async fn clean(&self, begun: Begun) -> Result<(), EngineError> {
        let container = match requests::inspect(self.transport, self.container).await {
            Err(EngineError::Status(404, _)) => return Ok(()),
            container => container?,
        };
        if let Some(root) = self.kernel_root
            && self.clean_here(&Host::new(root, self.container), begun, container.state.pid).await
        {
            return Ok(());
        }
        match self.clean_inside().await {
            Err(EngineError::Status(404, _)) => Ok(()),
            Err(EngineError::Status(409, words)) if words.contains("is not running") => Ok(()),
            Err(EngineError::Status(409, _)) if self.container_has_ended().await? => Ok(()),
            done => done,
        }
    }

    /// Engines word it in their own ways that nothing can be run in a container.
    async fn container_has_ended(&self) -> Result<bool, EngineError> {
        match requests::inspect(self.transport, self.container).await {
            Err(EngineError::Status(404, _)) => Ok(true),
            seen => {
                let state = seen?.state;
                Ok(!state.running && !state.paused && !state.restarting)
            }
        }
    }

    /// True when nothing is left, and that is certain. `init` is the first process of the container.
    async fn clean_here(&self, host: &Host, begun: Begun, init: i32) -> bool {
        let Some(first) = host.look(move |host| host.holds(init).then(|| begun.first(host))).await.flatten() else {
            return false;
        };
        for (number, name, patience) in [(1, "-HUP", MOMENT), (9, "-KILL", MOMENT * 2)] {
            let Some(found) = self.marked(host, first).await else { return false };
            let refused = found.pids.into_iter().filter(|pid| host.signal(*pid, number) == Err(Errno::PERM)).collect();
            if !self.signal_inside(host, refused, init, name).await {
                return false;
            }
            let deadline = Instant::now() + patience;
            let mut pause = LOOK;
            while Instant::now() < deadline {
                let Some(found) = self.marked(host, first).await else { return false };
                if found.pids.is_empty() {
                    return !found.blind;
                }
                sleep(pause).await;
                pause = (pause * 2).min(LOOK * 8);
            }
        }
        false
    }

    async fn marked(&self, host: &Host, first: Option<Known>) -> Option<Found> {
        let mark = self.mark.clone();
        host.look(move |host| host.marked(&mark, first)).await
    }

    /// Signals from inside what cannot be signalled from here. True when that was done, or nothing was to be done.
    async fn signal_inside(&self, host: &Host, pids: Vec<i32>, init: i32, name: &str) -> bool {
        if pids.is_empty() {
            return true;
        }
        let inner = move |host: &Host| pids.iter().map(|pid| host.inner(*pid, init)).collect::<Option<Vec<i32>>>();
        let Some(numbers) = host.look(inner).await.flatten() else { return false };
        let numbers: Vec<String> = numbers.iter().map(i32::to_string).collect();
        let argv: Vec<&str> = ["kill", name].into_iter().chain(numbers.iter().map(String::as_str)).collect();
        requests::capture_as_root(self.transport, self.container, &argv).await.is_ok_and(|done| done.ran)
    }

    /// From inside, first as the session's own user, then as root: without more rights than engines give, each sees only the
    /// environment of its own processes.
    async fn clean_inside(&self) -> Result<(), EngineError> {
        let mut hidden: Option<HashSet<String>> = None;
        if !matches!(self.user, "" | "0" | "root") {
            match self.sweep_as(self.user).await {
                Ok(pids) if pids.is_empty() => return Ok(()),
                Ok(pids) => hidden = Some(pids),
                Err(fault) if fault.is_loss() || matches!(fault, EngineError::Status(404 | 409, _)) => {
                    return Err(fault);
                }
                // The user may be gone from the container; root is there.
                Err(fault) => tracing::debug!("end a session as {}: {fault:?}", self.user),
            }
        }
        let rest = match self.sweep_as("0").await {
            // An engine without isolation: what others run on its machine is none of ours.
            Err(EngineError::Status(501, _)) => return self.sweep_as("").await.map(drop),
            rest => rest?,
        };
        let mut unseen: Vec<&str> = rest
            .iter()
            .filter(|pid| hidden.as_ref().is_none_or(|own| own.contains(*pid)))
            .map(String::as_str)
            .collect();
        if unseen.is_empty() {
            return Ok(());
        }
        unseen.sort_unstable();
        let words = format!("processes that do not let themselves be looked at may be its: {}", unseen.join(", "));
        Err(EngineError::Status(500, words))
    }

    /// Ends what this user may see and signal; returns the numbers of what it may not.
    async fn sweep_as(&self, user: &str) -> Result<HashSet<String>, EngineError> {
        let argv = ["sh", "-c", SCRIPT, "sh", &self.mark];
        let done = requests::capture(self.transport, self.container, user, &argv).await?;
        if done.is_fine() {
            return Ok(HashSet::new());
        }
        if done.ran && done.code == UNSEEN {
            let numbers = String::from_utf8_lossy(&done.out);
            return Ok(numbers.split_whitespace().map(str::to_string).collect());
        }
        Err(EngineError::Status(500, format!("its processes are left: {}", done.words())))
    }
}

/// The state of a session that was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    /// The session has not been seen running.
    Never,
    /// It runs, with this first process; 0 where the engine does not tell.
    Runs(i32),
    /// Its first process has ended.
    Over,
}

impl Begun {
    /// Its first process, unless that has ended.
    fn first(self, host: &Host) -> Option<Known> {
        match self {
            Begun::Runs(pid) => host.known(pid),
            Begun::Never | Begun::Over => None,
        }
    }
}

/// The exit code of [`SCRIPT`] when it could not look at all processes, or not signal one.
const UNSEEN: i64 = 3;

/// Ends what carries the mark, from inside: asks, waits a moment, kills; prints the numbers of processes it may not look at or
/// signal. Only the shell's own words, `cat`, `kill` and `sleep`.
const SCRIPT: &str = r#"
lives() {
  { read -r s < "/proc/$1/stat"; } 2>/dev/null || return 1
  case "${s##*) }" in [ZX]*) return 1;; esac
}
each() {
  n=0 u=
  for f in /proc/[0-9]*/environ; do
    p=${f#/proc/}; p=${p%/environ}
    if { e=$(cat "$f"); } 2>/dev/null; then
      case $e in *"$2"*) kill "$1" "$p" 2>/dev/null && n=1 || { lives "$p" && u="$u $p"; };; esac
    elif lives "$p"; then
      u="$u $p"
    fi
  done
  return $n
}
over() {
  [ -z "$u" ] && exit 0
  echo $u
  exit 3
}
each -HUP "$1" && over
i=0
while [ $i -lt 4 ]; do
  sleep 0.1 2>/dev/null || { sleep 1; i=4; }
  each -0 "$1" && over
  i=$((i+1))
done
each -KILL "$1"
over
"#;
