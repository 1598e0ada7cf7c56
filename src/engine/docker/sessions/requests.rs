//! The engine's requests for sessions (Docker Engine API: Exec, "Attach to a container", "Resize a container TTY"), and for the
//! containers that help with them.

use crate::engine::docker::api::{Inspected, Made};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::logs::demux::Demux;
use crate::engine::docker::transport::{Hijacked, Transport, within};
use crate::engine::path;
use crate::model::{Size, Stream};
use bollard::models::{ContainerCreateBody, ExecConfig, ExecInspectResponse};
use bollard::query_parameters::{
    CreateContainerOptions, RemoveContainerOptions, RemoveVolumeOptions, ResizeContainerTTYOptions, ResizeExecOptions,
    StartContainerOptions,
};
use serde_json::json;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, sleep};

/// Keys that let go of a terminal's session inside the engine: the default ctrl-p,ctrl-q would take ctrl-p from the shell's
/// history. Nobody types this row; a single first key is only held until the next one.
pub const DETACH_KEYS: &str = "ctrl-^,ctrl-@,ctrl-^,ctrl-@,ctrl-^";
/// Between two looks whether something has happened: first, and longest.
const LOOKS: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));
/// The time limit for a started command to run.
const TO_START: Duration = Duration::from_secs(20);
/// How long an engine may take to tell the pid of what it says is running. 20.10 says so before it has tried; one that tells
/// no pids at all is believed then.
const TO_TELL: Duration = Duration::from_secs(3);
/// How long a command may count as running after its output has ended.
const TO_END: Duration = Duration::from_secs(3);
/// What is kept of the output of a command of our own.
const CAPTURED: usize = 256 * 1024;
/// The time limit of a command of our own.
const CAPTURE_TIME: Duration = Duration::from_secs(10);

/// Inspects a container. Raw: closed enums.
pub async fn inspect(transport: &Transport, container: &str) -> Result<Inspected, EngineError> {
    transport.json(&format!("/containers/{container}/json")).await
}

/// Makes a container; an empty name lets the engine choose.
pub async fn create(transport: &Transport, name: &str, body: ContainerCreateBody) -> Result<String, EngineError> {
    create_within(transport, name, body, transport.operation_timeout()).await.map(|(id, _)| id)
}

/// The same, which may take so long; with the engine's warnings.
pub async fn create_within(
    transport: &Transport,
    name: &str,
    body: ContainerCreateBody,
    limit: Duration,
) -> Result<(String, Vec<String>), EngineError> {
    let name = Some(name.to_string()).filter(|name| !name.is_empty());
    let options = CreateContainerOptions { name, ..CreateContainerOptions::default() };
    let made = within(limit, transport.docker().create_container(Some(options), body)).await?;
    Ok((checked(&made.id)?.to_string(), made.warnings))
}

/// Starts a container.
pub async fn start(transport: &Transport, container: &str) -> Result<(), EngineError> {
    transport.call(transport.docker().start_container(container, None::<StartContainerOptions>)).await
}

/// Removes a container whatever it does, with its anonymous volumes or without.
pub async fn remove(transport: &Transport, container: &str, volumes: bool) -> Result<(), EngineError> {
    let options = RemoveContainerOptions { v: volumes, force: true, link: false };
    transport.call(transport.docker().remove_container(container, Some(options))).await
}

/// Removes a volume.
pub async fn remove_volume(transport: &Transport, volume: &str) -> Result<(), EngineError> {
    let volume = path::name(volume)?;
    transport.call(transport.docker().remove_volume(&volume, None::<RemoveVolumeOptions>)).await
}

/// Inspects an exec session. Its name came from an engine: only one that can be part of a path is asked for.
pub async fn inspect_exec(transport: &Transport, exec: &str) -> Result<ExecInspectResponse, EngineError> {
    transport.call(transport.docker().inspect_exec(checked(exec)?)).await
}

fn checked(raw: &str) -> Result<&str, EngineError> {
    let proper = !raw.is_empty() && raw.len() <= 128 && raw.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if proper { Ok(raw) } else { Err(EngineError::Garbage(format!("an id {raw:?}"))) }
}

/// The name of what an answer says was made.
pub fn made(answer: &[u8]) -> Result<String, EngineError> {
    let made: Made = serde_json::from_slice(answer).map_err(|error| EngineError::Garbage(error.to_string()))?;
    checked(&made.id).map(str::to_string)
}

/// Makes an exec session; it does not run yet.
pub async fn create_exec(transport: &Transport, container: &str, config: ExecConfig) -> Result<String, EngineError> {
    let made = transport.call(transport.docker().create_exec(container, config)).await?;
    checked(&made.id).map(str::to_string)
}

/// Starts an exec session and takes its connection. Raw: decoder.
pub async fn start_exec(
    transport: &Transport,
    exec: &str,
    tty: bool,
    size: Option<Size>,
) -> Result<Hijacked, EngineError> {
    let mut body = json!({ "Detach": false, "Tty": tty });
    if let Some(size) = size {
        body["ConsoleSize"] = json!(console_size(size));
    }
    transport.hijack(&format!("/exec/{exec}/start"), Some(&body)).await
}

/// Rows first (since API 1.42; older engines do not read it).
pub fn console_size(size: Size) -> Vec<usize> {
    vec![size.rows.into(), size.columns.into()]
}

/// Sets the size of an exec session's terminal. Before the session runs it would hang (20.10) or be refused (Podman).
pub async fn resize_exec(transport: &Transport, exec: &str, size: Size) -> Result<(), EngineError> {
    let options = ResizeExecOptions { h: size.rows.into(), w: size.columns.into() };
    transport.call(transport.docker().resize_exec(exec, options)).await
}

/// Sets the size of a container's terminal.
pub async fn resize(transport: &Transport, container: &str, size: Size) -> Result<(), EngineError> {
    let options = ResizeContainerTTYOptions { h: size.rows.into(), w: size.columns.into() };
    transport.call(transport.docker().resize_container_tty(container, options)).await
}

/// True while a session's command runs.
pub fn runs(seen: &ExecInspectResponse) -> bool {
    seen.running.unwrap_or_default()
}

/// The first process of a session's command; 0 where the engine does not tell.
pub fn pid(seen: &ExecInspectResponse) -> i32 {
    seen.pid.and_then(|pid| i32::try_from(pid).ok()).unwrap_or_default()
}

/// The result of starting a command.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Started {
    /// The command runs, or has run.
    Runs,
    /// It was never seen as a process: it could not be started if the stream carries the engine's words for that. Some
    /// engines forget the number of a process that has ended: then it was too quick to be seen.
    Refused(i64),
}

/// Exit codes of commands that could not be started.
const CANNOT: [i64; 3] = [126, 127, 128];

/// Waits until a started command runs. One that was never a process has no pid and one of three exit codes. Once its output
/// has `ended`, also an engine that tells no pids has told all.
pub async fn until_started(transport: &Transport, exec: &str, ended: bool) -> Result<Started, EngineError> {
    let (start, deadline) = (Instant::now(), Instant::now() + TO_START);
    let mut pause = LOOKS.0;
    loop {
        let seen = inspect_exec(transport, exec).await?;
        match seen.exit_code {
            _ if pid(&seen) > 0 || runs(&seen) && start.elapsed() > TO_TELL => return Ok(Started::Runs),
            Some(code) if !runs(&seen) && CANNOT.contains(&code) => return Ok(Started::Refused(code)),
            Some(code) if !runs(&seen) && (code != 0 || ended) => return Ok(Started::Runs),
            _ if Instant::now() >= deadline => return Ok(Started::Runs),
            _ => {}
        }
        sleep(pause).await;
        pause = (pause * 2).min(LOOKS.1);
    }
}

/// The exit code of a command whose output has ended. `None` while it still counts as running.
pub async fn exit_code(transport: &Transport, exec: &str) -> Result<Option<i64>, EngineError> {
    let deadline = Instant::now() + TO_END;
    let mut pause = LOOKS.0;
    loop {
        let seen = inspect_exec(transport, exec).await?;
        if !runs(&seen) && seen.exit_code.is_some() {
            return Ok(seen.exit_code);
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        sleep(pause).await;
        pause = (pause * 2).min(LOOKS.1);
    }
}

/// The result of a command of our own.
#[derive(Debug)]
pub struct Captured {
    /// True if it ran.
    pub ran: bool,
    /// Its exit code.
    pub code: i64,
    /// The standard output.
    pub out: Vec<u8>,
    /// What it, or the engine, wrote to standard error; the engine's words when it did not run.
    pub err: Vec<u8>,
}

impl Captured {
    /// True if it ran and exited with 0.
    pub fn is_fine(&self) -> bool {
        self.ran && self.code == 0
    }

    /// All that came of a command that did not run: an engine's words, on whichever stream it put them.
    pub fn refusal(&self) -> String {
        let both = [self.out.as_slice(), self.err.as_slice()].concat();
        String::from_utf8_lossy(&both).trim().to_string()
    }

    /// The first line of what it complained about.
    pub fn words(&self) -> String {
        let told = if self.err.is_empty() { &self.out } else { &self.err };
        let text = String::from_utf8_lossy(told);
        let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let line: String = line.trim().chars().take(300).collect();
        if line.is_empty() { format!("exit code {}", self.code) } else { line }
    }
}

/// Runs a command of our own as the one who may do most. An engine whose processes are all of its own user says that it has
/// no other: then as that one.
pub async fn capture_as_root(transport: &Transport, container: &str, argv: &[&str]) -> Result<Captured, EngineError> {
    capture_much_as_root(transport, container, argv, CAPTURED).await
}

/// As [`capture_as_root`], with so many bytes kept of each of its streams.
pub async fn capture_much_as_root(
    transport: &Transport,
    container: &str,
    argv: &[&str],
    most: usize,
) -> Result<Captured, EngineError> {
    match capture_much(transport, container, "0", argv, most).await {
        Err(EngineError::Status(501, _)) => capture_much(transport, container, "", argv, most).await,
        done => done,
    }
}

/// Runs a command of our own in a container to its end, without input.
pub async fn capture(
    transport: &Transport,
    container: &str,
    user: &str,
    argv: &[&str],
) -> Result<Captured, EngineError> {
    capture_much(transport, container, user, argv, CAPTURED).await
}

/// As [`capture`], with so many bytes kept of each of its streams.
async fn capture_much(
    transport: &Transport,
    container: &str,
    user: &str,
    argv: &[&str],
    most: usize,
) -> Result<Captured, EngineError> {
    capture_within(transport, container, (user, argv), most, CAPTURE_TIME).await
}

/// As [`capture`], of a user's command, which may take so long.
pub async fn capture_within(
    transport: &Transport,
    container: &str,
    (user, argv): (&str, &[&str]),
    most: usize,
    limit: Duration,
) -> Result<Captured, EngineError> {
    let work = async {
        let config = ExecConfig {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            tty: Some(false),
            cmd: Some(argv.iter().map(ToString::to_string).collect()),
            user: Some(user.into()),
            ..ExecConfig::default()
        };
        let exec = create_exec(transport, container, config).await?;
        let mut connection = match start_exec(transport, &exec, false, None).await {
            Ok(connection) => connection,
            Err(fault) => {
                let (code, words) = refused_start(fault)?;
                return Ok(Captured { ran: false, code, out: Vec::new(), err: words.into_bytes() });
            }
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let (mut demux, mut buffer) = (Demux::new(false), vec![0; 16 * 1024]);
        loop {
            let count = connection.read(&mut buffer).await.map_err(|error| EngineError::Cut(error.to_string()))?;
            if count == 0 {
                break;
            }
            demux.feed(&buffer[..count], |piece| {
                let kept = if piece.stream == Stream::Err { &mut err } else { &mut out };
                let room = most.saturating_sub(kept.len());
                kept.extend_from_slice(&piece.bytes[..piece.bytes.len().min(room)]);
            })?;
        }
        let mut done = Captured { ran: true, code: 0, out, err };
        match until_started(transport, &exec, true).await? {
            Started::Refused(code) => (done.ran, done.code) = (!is_refusal(&done.refusal()), code),
            Started::Runs => {
                let code = exit_code(transport, &exec).await?;
                done.code = code.ok_or_else(|| EngineError::Cut("it was not heard out".into()))?;
            }
        }
        Ok(done)
    };
    tokio::time::timeout(limit, work).await.unwrap_or(Err(EngineError::Slow(limit)))
}

/// The engine's words for a command that could not be started, without the names of its layers.
pub fn plain_refusal(words: &str) -> String {
    let mut rest = words.trim().trim_end_matches(": unknown").trim();
    for layer in [
        "OCI runtime exec failed: ",
        "OCI runtime create failed: ",
        "failed to create shim task: ",
        "runc create failed: ",
        "exec failed: ",
        "unable to start container process: ",
    ] {
        rest = rest.strip_prefix(layer).unwrap_or(rest);
    }
    rest.trim_end_matches(": unknown").to_string()
}

/// The exit code and the words, when an engine that looks before it answers could not start a command.
pub fn refused_start(fault: EngineError) -> Result<(i64, String), EngineError> {
    match fault {
        EngineError::Status(status @ (400 | 404 | 500), words) if is_refusal(&words) => {
            tracing::debug!("status {status}: {words}");
            Ok((if lacks_program(&words) { 127 } else { 126 }, words))
        }
        other => Err(other),
    }
}

/// Words of a refusal that is about the command, not about the session.
pub fn is_refusal(words: &str) -> bool {
    lacks_program(words) && !words.to_lowercase().contains("no such exec")
        || words.contains("OCI runtime")
        || words.contains("exec failed")
        || words.contains("unable to find user")
}

/// True when these words say that the program is not there or cannot be run, as opposed to a wrong user or folder.
pub fn lacks_program(words: &str) -> bool {
    let words = words.to_lowercase();
    let has = |part: &str| words.contains(part);
    let other = has("chdir") || has("cwd") || has("unable to find user") || has("unable to find group");
    !other
        && ["executable file", "no such file", "permission denied", "exec format error", "is a directory", "not found"]
            .into_iter()
            .any(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_engines_say_of_a_missing_program() {
        let runc = "OCI runtime exec failed: exec failed: unable to start container process: exec: \"nosuch\": executable file not found in $PATH: unknown\r\n";
        assert_eq!(plain_refusal(runc), "exec: \"nosuch\": executable file not found in $PATH");
        assert!(lacks_program(runc));
        assert!(lacks_program("exec: \"/etc\": permission denied: unknown"));
        assert!(lacks_program("crun: executable file `sh` not found in $PATH: No such file or directory"));
        assert!(!lacks_program("unable to find user nobody2: no matching entries in passwd file"));
        assert!(!lacks_program("chdir to cwd (\"/nope\") set in config.json failed: no such file or directory"));
    }

    #[test]
    fn refusals_of_engines_that_look_first() {
        let lacking = "OCI runtime exec failed: exec: \"x\": executable file not found in $PATH".to_string();
        assert_eq!(refused_start(EngineError::Status(400, lacking.clone())), Ok((127, lacking)));
        let folder = "OCI runtime exec failed: chdir to cwd (\"/x\") failed: no such file or directory".to_string();
        assert_eq!(refused_start(EngineError::Status(500, folder.clone())), Ok((126, folder)));
        for (status, words) in [(404, "No such exec instance: abc"), (409, "Container abc is not running")] {
            let fault = EngineError::Status(status, words.into());
            assert_eq!(refused_start(fault.clone()), Err(fault));
        }
    }

    #[test]
    fn an_engines_words_are_found_on_either_stream() {
        let of = |out: &str, err: &str| Captured { ran: false, code: 127, out: out.into(), err: err.into() }.refusal();
        assert!(lacks_program(&of("exec: \"kill\": executable file not found in $PATH", "")));
        assert!(lacks_program(&of("", "exec: \"kill\": executable file not found in $PATH")));
    }

    #[test]
    fn only_a_proper_id_becomes_part_of_a_path() {
        assert!(checked("ab12").is_ok());
        for odd in ["", "../x", "a/b", "a?b", &"a".repeat(129)] {
            assert!(checked(odd).is_err(), "{odd}");
        }
    }
}
