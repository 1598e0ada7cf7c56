//! A helper container that shares the processes and the network of another: a shell where the image has none.

use super::cleanup::Leftover;
use super::context::{Opened, SessionContext, name};
use super::ownership::{self, SHELL};
use super::pump::{self, Ending};
use super::{attach, requests};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::Hijacked;
use crate::engine::stdin::StdinRx;
use crate::engine::stream::{StreamEnd, StreamSink};
use crate::model::{Id, SIDECAR_LABEL, SessionInfo, Size, StreamEvent, text};
use bollard::models::{ContainerCreateBody, HostConfig, RestartPolicy, RestartPolicyNameEnum};
use hyper::body::Incoming;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long the exit code may take to come after the output has ended.
const TO_END: Duration = Duration::from_secs(3);
/// How long its terminal may take to get its size.
const FIRST_FIT: Duration = Duration::from_secs(2);

/// Makes a helper, opens its shell, and removes it.
pub async fn run(
    shared: &Shared,
    outlet: &StreamSink,
    id: &Id,
    image: &str,
    size: Size,
    typing: &mut StdinRx,
) -> Result<(), StreamEnd> {
    let ground = SessionContext::enter(shared, outlet, id, "debug", true).await?;
    ground.running(id).await?;
    check_image(&ground, image).await?;
    let size = typing.size.borrow_and_update().unwrap_or(size);
    let helper = Helper { ground: &ground, size };
    let name = ownership::helper_name("debug", &name(shared, id));
    let remains = Leftover::Container { name: name.clone(), made: None, volumes: true };
    let mut duty = shared.sessions.take_charge(&ground.transport, remains);
    let raw = match requests::create(&ground.transport, &name, request(id, image)).await {
        Ok(raw) => raw,
        Err(fault) => {
            // Nothing was made; what has that name is somebody else's.
            if matches!(fault, EngineError::Status(409, _)) {
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

/// Refuses in words what would otherwise be an engine's riddle. Raw: closed enums.
async fn check_image(ground: &SessionContext<'_>, image: &str) -> Result<(), StreamEnd> {
    let proper = |c: char| c.is_ascii_alphanumeric() || "_.-:/@".contains(c);
    if image.is_empty() || !image.chars().all(proper) || image.split('/').any(|part| part.is_empty() || part == "..") {
        return Err(ground.problem(format!("{image:?} is not an image name"), "set shell.sidecar_image"));
    }
    match ground.transport.get(&format!("/images/{image}/json")).await {
        Ok(_) => Ok(()),
        Err(EngineError::Status(404, _)) => {
            let mend = format!("run docker pull {image}; or set shell.sidecar_image to an image it has");
            Err(ground.problem(format!("the engine does not have the image {image}"), &mend))
        }
        Err(fault) => Err(ground.fault(&fault)),
    }
}

struct Helper<'a> {
    ground: &'a SessionContext<'a>,
    size: Size,
}

impl Helper<'_> {
    /// Attaches and begins to wait before it starts: nothing it says and no exit is missed.
    async fn start(&self, raw: &str) -> Result<(Hijacked, Incoming), EngineError> {
        let transport = &self.ground.transport;
        // Raw: decoder.
        let connection = transport.hijack(&attach::path(raw, true), None).await?;
        // Before the start it must be known that it is waited for: an engine that does not say so at once never will.
        let limit = transport.operation_timeout();
        let exit = timeout(limit, attach::waiting(transport, raw, "next-exit")).await;
        let exit = exit.unwrap_or(Err(EngineError::Slow(limit)))?;
        requests::start(transport, raw).await?;
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

    fn refused(&self, image: &str, fault: EngineError) -> StreamEnd {
        match fault {
            EngineError::Status(_, words) if requests::lacks_program(&words) => {
                let cause = format!("the image {image} has no shell: {}", requests::plain_refusal(&words));
                self.ground.problem(cause, "set shell.sidecar_image to an image with a shell, e.g. busybox")
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
        typing: &mut StdinRx,
    ) -> Result<(), StreamEnd> {
        let SessionContext { outlet, transport, .. } = self.ground;
        let command = format!("sh (helper from {})", text::clean(image));
        outlet.chunk(StreamEvent::Began(SessionInfo { command, user: "root".into(), tty: true, input: true })).await?;
        let (output, writer) = pump::split(connection, true);
        let resize = |size| requests::resize(transport, raw, size);
        let flowing = pump::carry(outlet, output, writer, typing, Ending::Key, resize);
        tokio::select! {
            over = flowing => over?,
            fault = self.ground.lost(Opened::Container(raw)) => return Err(self.ground.fault(&fault)),
        }
        let waited = timeout(TO_END, attach::exit_code(exit)).await;
        let code = waited.unwrap_or(Err(EngineError::Cut("the engine closed the session".into())));
        let code = code.map_err(|fault| self.ground.fault(&fault))?;
        Ok(outlet.chunk(StreamEvent::Exited(Some(code))).await?)
    }
}

/// The request that makes a helper. To enter `/proc/1/root` of a process of another user takes the capability to trace
/// (ptrace(2), access mode checking), and nothing more.
fn request(id: &Id, image: &str) -> ContainerCreateBody {
    let shared = Some(format!("container:{}", id.raw()));
    let words = |words: &[&str]| Some(words.iter().map(ToString::to_string).collect::<Vec<_>>());
    let host = HostConfig {
        pid_mode: shared.clone(),
        network_mode: shared,
        auto_remove: Some(true),
        cap_add: words(&["SYS_PTRACE"]),
        restart_policy: Some(RestartPolicy { name: Some(RestartPolicyNameEnum::NO), maximum_retry_count: None }),
        ..HostConfig::default()
    };
    ContainerCreateBody {
        image: Some(image.into()),
        user: Some("0".into()),
        entrypoint: words(&["sh", "-c", SHELL]),
        cmd: Some(Vec::new()),
        working_dir: Some("/".into()),
        tty: Some(true),
        open_stdin: Some(true),
        stdin_once: Some(true),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        env: words(&["TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8"]),
        labels: Some(ownership::labels(SIDECAR_LABEL, id.raw())),
        host_config: Some(host),
        ..ContainerCreateBody::default()
    }
}
