//! The main process's own input and output.

use super::context::{LAST_WORDS, Opened, SessionContext};
use super::pump::{self, Ending};
use super::requests;
use crate::engine::docker::api::{Inspected, InspectedConfig, Waited};
use crate::engine::docker::body_limit::Any;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::{Hijacked, Transport, gather};
use crate::engine::stdin::StdinRx;
use crate::engine::stream::{StreamEnd, StreamSink};
use crate::model::{Id, SessionInfo, Size, StreamEvent, text};
use hyper::body::Incoming;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long the exit code may take to come after the output has ended.
const TO_END: Duration = Duration::from_secs(3);

/// Attaches until the main process ends. The process is left alone when nobody reads any more.
pub async fn run(
    shared: &Shared,
    outlet: &StreamSink,
    id: &Id,
    size: Size,
    typing: &mut StdinRx,
) -> Result<(), StreamEnd> {
    let ground = SessionContext::enter(shared, outlet, id, "attach to", true).await?;
    let inspected = ground.running(id).await?;
    let size = typing.size.borrow_and_update().unwrap_or(size);
    let config = &inspected.config;
    // Raw: decoder.
    let opened = ground.transport.hijack(&path(id.raw(), config.open_stdin), None).await;
    let connection = opened.map_err(|fault| ground.fault(&fault))?;
    if config.tty {
        repaint(&ground.transport, id.raw(), size).await;
    }
    outlet.chunk(StreamEvent::Began(began(&inspected))).await?;
    let code = carry(&ground, id, config, connection, typing).await?;
    Ok(outlet.chunk(StreamEvent::Exited(Some(code))).await?)
}

/// Carries bytes until the output ends, and learns the exit code. That is waited for from the beginning: a container may
/// start again at once.
async fn carry(
    ground: &SessionContext<'_>,
    id: &Id,
    config: &InspectedConfig,
    connection: Hijacked,
    typing: &mut StdinRx,
) -> Result<i64, StreamEnd> {
    let (output, writer) = pump::split(connection, config.tty);
    let progress = output.progress.clone();
    let ending = match (config.open_stdin, config.stdin_once && !config.tty) {
        (false, _) => Ending::Closed,
        (true, true) => Ending::HalfClose,
        (true, false) => Ending::Nothing,
    };
    let resize = |size| requests::resize(&ground.transport, id.raw(), size);
    let flowing = pump::carry(ground.outlet, output, writer, typing, ending, resize);
    let lost = ground.lost(Opened::Container(id.raw()));
    let ended = ended(&ground.transport, id.raw());
    tokio::pin!(flowing, lost, ended);
    let mut known = None;
    loop {
        tokio::select! {
            over = &mut flowing => break over?,
            away = &mut lost => return Err(ground.fault(&away)),
            code = &mut ended, if known.is_none() => known = Some(code),
            // The run is over, and its last output has come: what keeps the connection open is not the session.
            () = progress.rests(LAST_WORDS), if matches!(known, Some(Ok(_))) => break,
        }
    }
    let code = match known {
        Some(code) => code,
        None => timeout(TO_END, ended).await.unwrap_or(Err(EngineError::Cut("the engine closed the session".into()))),
    };
    code.map_err(|fault| ground.fault(&fault))
}

/// The request for a raw connection to a container.
pub fn path(raw: &str, stdin: bool) -> String {
    let stdin = u8::from(stdin);
    let keys = requests::DETACH_KEYS.replace('^', "%5E").replace('@', "%40").replace(',', "%2C");
    format!("/containers/{raw}/attach?stream=1&stdin={stdin}&stdout=1&stderr=1&detachKeys={keys}")
}

fn began(inspected: &Inspected) -> SessionInfo {
    let words = std::iter::once(&inspected.path).chain(&inspected.args);
    let command = words.map(String::as_str).collect::<Vec<_>>().join(" ");
    let config = &inspected.config;
    let user = if config.user.is_empty() { "root" } else { &config.user };
    SessionInfo {
        command: text::clean(&command).into_owned(),
        user: text::clean(user).into_owned(),
        tty: config.tty,
        input: config.open_stdin,
    }
}

/// Two changes of size: a program that fills the screen paints it anew, though nothing else tells it that somebody came.
async fn repaint(transport: &Transport, raw: &str, size: Size) {
    let narrower = Size { columns: size.columns.saturating_sub(1).max(1), ..size };
    for size in [narrower, size] {
        match timeout(TO_END, requests::resize(transport, raw, size)).await {
            Ok(Ok(())) => {}
            failed => tracing::debug!("fit the terminal of {raw}: {failed:?}"),
        }
    }
}

/// The exit code of a container's present run, once it has ended.
async fn ended(transport: &Transport, raw: &str) -> Result<i64, EngineError> {
    let waited = async { exit_code(waiting(transport, raw, "not-running").await?).await };
    match waited.await {
        // An engine that cannot wait is asked again and again.
        Err(EngineError::Status(400..=501, words)) if !words.contains("No such container") => {
            poll(transport, raw).await
        }
        waited => waited,
    }
}

/// Begins to wait for a container: until it does not run, or, before it is started, for its `next-exit`. Raw:
/// headers.
pub async fn waiting(transport: &Transport, raw: &str, condition: &str) -> Result<Incoming, EngineError> {
    Ok(transport.post_stream(&format!("/containers/{raw}/wait?condition={condition}")).await?.into_body())
}

/// The exit code that was waited for.
pub async fn exit_code(body: Incoming) -> Result<i64, EngineError> {
    let whole = gather(body, Any::default()).await?;
    let waited: Waited = serde_json::from_slice(&whole).map_err(|error| EngineError::Garbage(error.to_string()))?;
    Ok(waited.status_code)
}

async fn poll(transport: &Transport, raw: &str) -> Result<i64, EngineError> {
    loop {
        let seen = requests::inspect(transport, raw).await?;
        if !seen.state.running {
            return Ok(seen.state.exit_code);
        }
        sleep(Duration::from_millis(500)).await;
    }
}
