//! A command beside the main process.

use super::cleanup::{CleanupGuard, Leftover, VARIABLE};
use super::context::{Opened, SessionContext};
use super::pump::{self, Ending, Output};
use super::requests::{self, Started};
use super::shell;
use crate::engine::docker::api::Inspected;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::Hijacked;
use crate::engine::stdin::StdinRx;
use crate::engine::stream::{StreamEnd, StreamSink};
use crate::model::{Exec, Program, SessionInfo, Size, StreamEvent, text};
use bollard::models::ExecConfig;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;
use tokio::io::WriteHalf;
use tokio::time::sleep;

/// How long the size at the start may take before the session begins with whatever size it has.
const FIRST_FIT: Duration = Duration::from_secs(2);
/// Between two attempts to set it.
const FIT_AGAIN: Duration = Duration::from_millis(30);

/// Runs it to its end.
pub async fn run(shared: &Shared, outlet: &StreamSink, exec: &Exec, typing: &mut StdinRx) -> Result<(), StreamEnd> {
    let verb = match &exec.program {
        Program::Shell => "open a shell in",
        Program::Argv(_) => "run a command in",
    };
    let ground = SessionContext::enter(shared, outlet, &exec.id, verb, true).await?;
    let inspected = ground.running(&exec.id).await?;
    let size = typing.size.borrow_and_update().unwrap_or(exec.size);
    let command = Command { ground, exec, inspected, size };
    match &exec.program {
        Program::Argv(argv) if argv.is_empty() => Err(command.ground.problem("no command was given", "")),
        Program::Argv(argv) => match command.attempt(argv, typing).await? {
            Attempt::Over => Ok(()),
            Attempt::Refused(code, words) => {
                command.ground.outlet.chunk(StreamEvent::Exited(Some(code))).await?;
                Err(command.ground.fault(&EngineError::Status(400, requests::plain_refusal(&words))))
            }
        },
        Program::Shell => command.shell(typing).await,
    }
}

/// The result of an attempt to run a command.
enum Attempt {
    /// The command ran, and its output was delivered.
    Over,
    /// The engine could not start it: the exit code it gives, and its words.
    Refused(i64, String),
}

struct Command<'a> {
    ground: SessionContext<'a>,
    exec: &'a Exec,
    inspected: Inspected,
    size: Size,
}

impl Command<'_> {
    async fn shell(&self, typing: &mut StdinRx) -> Result<(), StreamEnd> {
        let SessionContext { transport, outlet, .. } = &self.ground;
        let own = self.exec.env.iter().chain(&self.inspected.config.env);
        let configured = own.filter_map(|entry| entry.strip_prefix("SHELL=")).next().unwrap_or_default();
        let found = shell::candidates(transport, self.exec.id.raw(), &self.exec.user, configured).await;
        let candidates = found.map_err(|fault| self.ground.fault(&fault))?;
        let mut tried = vec!["sh".to_string()];
        for argv in candidates {
            match self.attempt(&argv, typing).await? {
                Attempt::Over => return Ok(()),
                Attempt::Refused(_, words) if requests::lacks_program(&words) => {
                    let name = text::clean(&argv.join(" ")).into_owned();
                    if !tried.contains(&name) {
                        tried.push(name);
                    }
                }
                Attempt::Refused(_, words) => {
                    return Err(self.ground.fault(&EngineError::Status(400, requests::plain_refusal(&words))));
                }
            }
        }
        Ok(outlet.chunk(StreamEvent::NoShell(tried)).await?)
    }

    async fn attempt(&self, argv: &[String], typing: &mut StdinRx) -> Result<Attempt, StreamEnd> {
        let SessionContext { transport, .. } = &self.ground;
        let token = token();
        let fault = |fault: EngineError| self.ground.fault(&fault);
        let config = self.config(argv, &token);
        let id = requests::create_exec(transport, self.exec.id.raw(), config).await.map_err(fault)?;
        let duty = self.ground.shared.sessions.take_charge(
            transport,
            Leftover::Exec {
                exec: id.clone(),
                container: self.exec.id.raw().to_string(),
                token,
                user: self.user().to_string(),
                kernel_root: self.ground.shared.settings.kernel_root.clone(),
            },
        );
        let tty = self.exec.tty;
        let opened = requests::start_exec(transport, &id, tty, tty.then_some(self.size)).await;
        let connection = match opened {
            Ok(connection) => connection,
            // Engines that look before they answer say it here.
            Err(other) => {
                let (code, words) = requests::refused_start(other).map_err(fault)?;
                duty.fulfilled();
                return Ok(Attempt::Refused(code, words));
            }
        };
        Running { command: self, id }.go(connection, argv, typing, duty).await
    }

    fn config(&self, argv: &[String], token: &str) -> ExecConfig {
        let Exec { user, folder, tty, stdin, privileged, .. } = self.exec;
        ExecConfig {
            attach_stdin: Some(*stdin),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            tty: Some(*tty),
            cmd: Some(argv.to_vec()),
            user: Some(user.clone()),
            working_dir: Some(folder.clone()),
            privileged: Some(*privileged),
            detach_keys: Some(requests::DETACH_KEYS.into()),
            env: Some(self.env(token)),
            console_size: tty.then(|| requests::console_size(self.size)),
        }
    }

    /// What the session's environment has beside the container's.
    fn env(&self, token: &str) -> Vec<String> {
        let wanted = &self.exec.env;
        let has = |list: &[String], name: &str| list.iter().any(|entry| entry.split('=').next() == Some(name));
        let mut env = vec![format!("{VARIABLE}={token}")];
        if self.exec.tty {
            for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")] {
                if !has(wanted, name) {
                    env.push(format!("{name}={value}"));
                }
            }
            let own = &self.inspected.config.env;
            if !["LANG", "LC_ALL"].iter().any(|name| has(wanted, name) || has(own, name)) {
                env.push("LANG=C.UTF-8".into());
            }
        }
        env.extend(wanted.iter().cloned());
        env
    }

    /// As whom it runs; empty = as the engine sees fit.
    fn user(&self) -> &str {
        let user = [&self.exec.user, &self.inspected.config.user].into_iter().find(|user| !user.is_empty());
        user.map_or("", String::as_str)
    }

    fn began(&self, argv: &[String]) -> SessionInfo {
        let user = if self.user().is_empty() { "root" } else { self.user() };
        SessionInfo {
            command: text::clean(&argv.join(" ")).into_owned(),
            user: text::clean(user).into_owned(),
            tty: self.exec.tty,
            input: self.exec.stdin,
        }
    }
}

/// Names a session among all others: random, since it must not be guessed wrong for another's.
fn token() -> String {
    let random = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", random(), random())
}

/// A command that was started.
struct Running<'a> {
    command: &'a Command<'a>,
    id: String,
}

impl Running<'_> {
    async fn go(
        &self,
        connection: Hijacked,
        argv: &[String],
        typing: &mut StdinRx,
        duty: CleanupGuard,
    ) -> Result<Attempt, StreamEnd> {
        let (mut output, writer) = pump::split(connection, self.command.exec.tty);
        if let Started::Refused(code) = self.until_started(&mut output).await? {
            let words = words_of(&mut output).await;
            if requests::is_refusal(&words) {
                duty.fulfilled();
                return Ok(Attempt::Refused(code, words));
            }
        }
        let outlet = self.command.ground.outlet;
        outlet.chunk(StreamEvent::Began(self.command.began(argv))).await?;
        self.carry(output, writer, typing).await?;
        let code = self.exit_code().await?;
        duty.fulfilled();
        outlet.chunk(StreamEvent::Exited(Some(code))).await?;
        Ok(Attempt::Over)
    }

    /// Waits until it runs, with its terminal at the right size; meanwhile its first output is held.
    async fn until_started(&self, output: &mut Output) -> Result<Started, StreamEnd> {
        let ground = &self.command.ground;
        let fault = |fault: EngineError| ground.fault(&fault);
        let deciding = self.decide();
        tokio::pin!(deciding);
        loop {
            let room = output.pane_context();
            tokio::select! {
                started = &mut deciding => return started.map_err(fault),
                pieces = output.next(), if room => match pieces {
                    Ok(Some(pieces)) => output.held.extend(pieces),
                    Ok(None) | Err(_) => {
                        return requests::until_started(&ground.transport, &self.id, true).await.map_err(fault);
                    }
                },
            }
        }
    }

    async fn decide(&self) -> Result<Started, EngineError> {
        let transport = &self.command.ground.transport;
        let started = requests::until_started(transport, &self.id, false);
        if !self.command.exec.tty {
            return started.await;
        }
        // Engines wait with the answer until the command runs, or refuse until then.
        let fitted = async {
            while let Err(fault) = requests::resize_exec(transport, &self.id, self.command.size).await {
                tracing::debug!("the first size of a terminal: {fault:?}");
                sleep(FIT_AGAIN).await;
            }
        };
        tokio::pin!(started, fitted);
        tokio::select! {
            started = &mut started => {
                if started == Ok(Started::Runs) && tokio::time::timeout(FIRST_FIT, fitted).await.is_err() {
                    tracing::debug!("a terminal begins without its size");
                }
                started
            }
            () = &mut fitted => started.await,
        }
    }

    async fn carry(&self, output: Output, writer: WriteHalf<Hijacked>, typing: &mut StdinRx) -> Result<(), StreamEnd> {
        let Command { ground, exec, .. } = self.command;
        let ending = match (exec.stdin, exec.tty) {
            (false, _) => Ending::Closed,
            (true, true) => Ending::Key,
            (true, false) => Ending::HalfClose,
        };
        let resize = |size| requests::resize_exec(&ground.transport, &self.id, size);
        let flowing = pump::carry(ground.outlet, output, writer, typing, ending, resize);
        tokio::select! {
            ended = flowing => ended,
            lost = ground.lost(Opened::Exec(&self.id)) => Err(ground.fault(&lost)),
        }
    }

    async fn exit_code(&self) -> Result<i64, StreamEnd> {
        let Command { ground, exec, .. } = self.command;
        match requests::exit_code(&ground.transport, &self.id).await {
            Ok(Some(code)) => Ok(code),
            Ok(None) => Err(ground.fault(&EngineError::Cut("the engine closed the session".into()))),
            Err(EngineError::Status(404, words)) => match requests::inspect(&ground.transport, exec.id.raw()).await {
                Ok(now) if !now.state.running => Err(ground.problem("the container ended", "")),
                Ok(_) => Err(ground.fault(&EngineError::Status(404, words))),
                Err(fault) => Err(ground.fault(&fault)),
            },
            Err(fault) => Err(ground.fault(&fault)),
        }
    }
}

/// What may be the engine's words for a command that it could not start. It stays held: it may be the command's own.
async fn words_of(output: &mut Output) -> String {
    let rest = async {
        while output.pane_context()
            && let Ok(Some(pieces)) = output.next().await
        {
            output.held.extend(pieces);
        }
    };
    // They come with the refusal or not at all.
    drop(tokio::time::timeout(Duration::from_secs(1), rest).await);
    let bytes: Vec<u8> = output.held.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ() {
        let tokens: std::collections::HashSet<String> = (0..100).map(|_| token()).collect();
        assert_eq!(tokens.len(), 100);
        assert!(tokens.iter().all(|token| token.len() == 32));
    }
}
