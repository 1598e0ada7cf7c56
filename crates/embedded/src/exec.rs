//! `POST /containers/{id}/exec` and `/exec/{id}/…`: further commands inside a container that runs.
//!
//! Synthetic containers have no processes: there a command is a process of this machine like any other, which the first
//! line of its terminal says.

use std::path::PathBuf;

use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::process::Child;
use tokio::sync::oneshot;

use super::container::{Container, Status};
use super::create::Words;
use super::detach_keys::DetachKeys;
use super::execs::{Exec, State};
use super::hijack::{Client, hijack, nobody};
use super::process::exit_code;
use super::pty::Size;
use super::query::Query;
use super::request::{ApiRequest, parse};
use super::response::{Answer, ApiError, json, json_with, status};
use super::rng::{hash, hex64, mix};
use super::session;
use super::shared::Shared;
use super::spawn::{Started, Unable, Wish, environment};
use super::state::EngineState;
use super::stream_io::{End, Input, Manner, Voices, converse, frame};
use super::time::now;
use super::users;

/// The exit code of a command that could not be started, as Docker gives it.
const NOT_STARTED: i64 = 126;

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Wanted {
    cmd: Option<Words>,
    env: Option<Vec<String>>,
    user: Option<String>,
    working_dir: Option<String>,
    detach_keys: Option<String>,
    tty: bool,
    privileged: bool,
    attach_stdin: bool,
    attach_stdout: bool,
    attach_stderr: bool,
}

/// The request to start a command.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Start {
    detach: bool,
    tty: bool,
}

pub(crate) fn create(shared: &Shared, reference: &str, ask: &ApiRequest) -> Answer {
    let mut state = shared.state();
    let container = state.find(reference)?;
    let wanted: Wanted = parse(&ask.body)?;
    let argv = wanted.cmd.unwrap_or_default().list();
    if argv.is_empty() {
        return Err(ApiError::bad("No exec command specified"));
    }
    can_exec(container, reference)?;
    let env = wanted.env.unwrap_or_default();
    if argv.iter().chain(&env).any(|text| text.contains('\0')) {
        return Err(ApiError::bad("a command or an environment variable contains a NUL byte"));
    }
    let detach_keys = wanted.detach_keys.unwrap_or_default();
    DetachKeys::parse(&detach_keys)?;
    let user = wanted.user.unwrap_or_default();
    judge(&user, wanted.privileged)?;
    let (container, ordinal) = (container.id.clone(), state.ordinal());
    let exec = Exec {
        id: hex64(mix(shared.host.started as u64 ^ hash(&container), mix(now() as u64, ordinal))),
        container,
        argv,
        env,
        user,
        folder: wanted.working_dir.unwrap_or_default(),
        tty: wanted.tty,
        privileged: wanted.privileged,
        stdin: wanted.attach_stdin,
        stdout: wanted.attach_stdout,
        stderr: wanted.attach_stderr,
        detach_keys,
        size: None,
        state: State::Created,
        pid: 0,
        ordinal,
    };
    let (id, told) = (exec.id.clone(), format!("exec_create: {}", exec.command()));
    state.tell(&exec.container, now(), &told, &[("execID", id.clone())]);
    state.execs.add(exec, now());
    Ok(json_with(StatusCode::CREATED, &json!({ "Id": id })))
}

fn can_exec(container: &Container, reference: &str) -> Result<(), ApiError> {
    let id = &container.id;
    match container.status {
        Status::Running => Ok(()),
        Status::Paused => {
            Err(ApiError::conflict(format!("Container {reference} is paused, unpause the container before exec")))
        }
        Status::Restarting => {
            Err(ApiError::conflict(format!("Container {id} is restarting, wait until the container is running")))
        }
        Status::Created | Status::Exited | Status::Dead => {
            Err(ApiError::conflict(format!("Container {id} is not running")))
        }
    }
}

/// Refuses what a process of the engine's own user cannot be.
fn judge(user: &str, privileged: bool) -> Result<(), ApiError> {
    if !users::is_own(user) {
        let own = users::own();
        return Err(ApiError::unable(&format!(
            "run commands as another user than its own ({own}), and {user} is another"
        )));
    }
    if privileged && !rustix::process::geteuid().is_root() {
        return Err(ApiError::unable(
            "grant privileges it does not have itself: its processes are not isolated and run as its own user",
        ));
    }
    Ok(())
}

fn absent(id: &str) -> ApiError {
    ApiError::absent(format!("No such exec instance: {id}"))
}

pub(crate) fn inspect(shared: &Shared, id: &str) -> Answer {
    let mut state = shared.state();
    state.execs.forget_old(now());
    let exec = state.execs.get(id).filter(|exec| state.get(&exec.container).is_some());
    exec.map(|exec| json(&exec.details())).ok_or_else(|| absent(id))
}

pub(crate) fn resize(shared: &Shared, id: &str, query: &Query) -> Answer {
    let mut state = shared.state();
    let exec = state.execs.get_mut(id).ok_or_else(|| absent(id))?;
    let size = size(query)?;
    match &exec.state {
        State::Ended { .. } => return Err(ApiError::failed("cannot resize a stopped container: unknown")),
        State::Running { terminal: Some(terminal), .. } => {
            let failed = |error| ApiError::failed(format!("the terminal's size cannot be set: {error}"));
            terminal.resize(size).map_err(failed)?;
        }
        // Noted, and used from the start on.
        State::Created | State::Running { terminal: None, .. } => {}
    }
    exec.size = Some(size);
    Ok(status(StatusCode::OK))
}

/// A terminal's size from `h` and `w`.
pub(crate) fn size(query: &Query) -> Result<Size, ApiError> {
    let part = |name: &str| {
        let number = query.number(name)?.unwrap_or(0);
        u16::try_from(number).map_err(|_| ApiError::bad(format!("{name} must be from 0 to 65535, not {number}")))
    };
    Ok(Size { rows: part("h")?, columns: part("w")? })
}

pub(crate) fn start(shared: &Shared, id: &str, mut ask: ApiRequest) -> Answer {
    let how: Start = if ask.body.is_empty() { Start::default() } else { parse(&ask.body)? };
    let begun = shared.begin_exec(id, how.detach)?;
    let framed = !how.tty;
    match begun {
        Begun::Runs(talk) if how.detach => {
            tokio::spawn(talk.with(nobody(), framed));
            Ok(status(StatusCode::OK))
        }
        Begun::Runs(talk) => Ok(hijack(&mut ask, move |client| talk.with(client, framed))),
        Begun::Not(unable) if how.detach => Err(ApiError::bad(unable.in_exec())),
        Begun::Not(unable) => Ok(hijack(&mut ask, move |client| say(client, unable.in_exec(), framed))),
    }
}

/// Tells a client on its stream why nothing runs.
async fn say(mut client: Client, text: String, framed: bool) {
    let line = Bytes::from(text + "\r\n");
    let line = if framed { frame(false, &line) } else { line };
    // A client that is gone does not want to know.
    let _ = client.write_all(&line).await;
    let _ = client.shutdown().await;
}

enum Begun {
    Runs(Talk),
    Not(Unable),
}

/// A command that runs, before its client has been let to it.
struct Talk {
    shared: Shared,
    id: String,
    container: String,
    voices: Voices,
    input: Input,
    keys: Option<DetachKeys>,
    stdout: bool,
    stderr: bool,
    banner: Option<String>,
}

impl Talk {
    async fn with(self, mut client: Client, framed: bool) {
        let Talk { shared, id, container, voices, input, keys, stdout, stderr, banner } = self;
        if let Some(banner) = banner {
            let line = Bytes::from(banner);
            let line = if framed { frame(false, &line) } else { line };
            // Who is gone is noticed by the conversation.
            let _ = client.write_all(&line).await;
        }
        let closing = shared.closing.subscribe();
        let manner = Manner { framed, stdout, stderr };
        let detached = move || shared.state().tell(&container, now(), "exec_detach", &[("execID", id)]);
        converse(client, voices, input, keys, manner, closing, detached).await;
    }
}

impl Shared {
    /// Starts a command's process, under the world's lock as containers' are.
    fn begin_exec(&self, id: &str, detach: bool) -> Result<Begun, ApiError> {
        let mut state = self.state();
        let exec = state.execs.get(id).ok_or_else(|| absent(id))?;
        match exec.state {
            State::Created => {}
            State::Running { .. } => {
                return Err(ApiError::conflict(format!("Error: Exec command {id} is already running")));
            }
            State::Ended { .. } => {
                return Err(ApiError::conflict(format!("Error: Exec command {id} has already run")));
            }
        }
        let container = state.get(&exec.container).ok_or_else(|| absent(id))?;
        can_exec(container, &container.id)?;
        let keys = if exec.tty { Some(DetachKeys::parse(&exec.detach_keys)?) } else { None };
        let wish = wish(container, exec, detach);
        let banner = (exec.tty && exec.stdout && !container.is_process()).then(|| banner(&container.name));
        let (told, owner) = (format!("exec_start: {}", exec.command()), container.id.clone());
        let (stdin, stdout, stderr) = (exec.stdin && !detach, exec.stdout, exec.stderr);
        state.tell(&owner, now(), &told, &[("execID", id.to_string())]);
        let Some(exec) = state.execs.get_mut(id) else { return Err(absent(id)) };
        let Started { child, pid, input, out, err, terminal } = match self.spawn(&wish) {
            Ok(started) => started,
            Err(unable) => {
                exec.state = State::Ended { code: NOT_STARTED, at: now() };
                return Ok(Begun::Not(unable));
            }
        };
        exec.pid = pid;
        exec.state = State::Running { pid, terminal };
        // The engine's own task looks after the guard from now on.
        state.sooner.notify_one();
        drop(state);
        let (end, ended) = oneshot::channel();
        tokio::spawn(self.clone().attend_exec(id.to_string(), pid, child, end));
        Ok(Begun::Runs(Talk {
            shared: self.clone(),
            id: id.to_string(),
            container: owner,
            voices: Voices { out, err, end: End::Awaited(ended) },
            input: Input(input.filter(|_| stdin)),
            keys,
            stdout,
            stderr,
            banner,
        }))
    }

    /// Waits for the end of a command's process, ends what it left in its session, and writes the end down.
    async fn attend_exec(self, id: String, pid: i32, mut child: Child, end: oneshot::Sender<()>) {
        let code = child.wait().await.map_or(255, exit_code);
        session::end_rest(pid);
        self.guard.dismiss(pid);
        self.state().exec_over(&id, code);
        // Nobody waits where the engine closes.
        let _ = end.send(());
    }
}

impl EngineState {
    fn exec_over(&mut self, id: &str, code: i64) {
        let Some(exec) = self.execs.get_mut(id) else { return };
        exec.state = State::Ended { code, at: now() };
        let container = exec.container.clone();
        self.tell(&container, now(), "exec_die", &[("execID", id.to_string()), ("exitCode", code.to_string())]);
    }
}

fn wish(container: &Container, exec: &Exec, detach: bool) -> Wish {
    let mut env = environment(container, exec.tty);
    env.extend(exec.env.iter().cloned());
    let own = if container.is_process() {
        PathBuf::from(if container.spec.working_dir.is_empty() { "/" } else { &container.spec.working_dir })
    } else {
        std::env::current_dir().unwrap_or_else(|_| "/".into())
    };
    Wish {
        argv: exec.argv.clone(),
        env,
        folder: own.join(&exec.folder),
        tty: exec.tty,
        input: exec.stdin && !detach,
        size: exec.size,
    }
}

/// The first line in the terminal of a synthetic container, dim.
fn banner(name: &str) -> String {
    format!(
        "\x1b[2m[{name} is synthetic: this shell runs on your own machine, as the engine's user, not isolated]\x1b[0m\r\n"
    )
}
