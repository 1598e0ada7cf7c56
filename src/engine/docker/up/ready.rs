//! When a container counts as up: it runs, the engine calls it healthy, and the service answers.

use super::Up;
use super::stages::UpStage;
use crate::engine::docker::logs::demux::Demux;
use crate::engine::settings::Endpoint;
use crate::engine::stream::StreamEnd;
use crate::model::blueprint::{PortPart, ProbePart};
use serde_json::Value;
use std::io;
use std::net::IpAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(200);
/// How long a container without a check must run to count as up.
const MOMENT: Duration = Duration::from_secs(1);
/// What one probe may take.
const PROBE: Duration = Duration::from_secs(3);
/// Lines of the log that are told of one that failed.
const LINES: usize = 10;
/// Bytes of an HTTP status line that are read at most.
const STATUS_LINE: usize = 256;

/// How a container stands.
struct Standing {
    runs: bool,
    restarts: u64,
    code: i64,
    /// `starting`, `healthy`, `unhealthy`; empty without a check.
    health: String,
}

impl Up<'_> {
    /// Waits until it is ready.
    pub(super) async fn ready(&mut self, container: &str) -> Result<(), StreamEnd> {
        let blueprint = &self.wanted.blueprint;
        let waits = self.wanted.waits || blueprint.health.is_some() || blueprint.probe.is_some();
        let limit = if waits { Duration::from_secs(blueprint.timeouts.ready.0) } else { MOMENT };
        self.begin(UpStage::Ready, "waiting").await?;
        let deadline = Instant::now() + limit;
        loop {
            let now = self.standing(container).await?;
            if !now.runs || now.restarts > 0 {
                let cause =
                    format!("it ended at once, with exit code {}{}", now.code, self.last_lines(container).await);
                return Err(self.problem(cause, "check its command and its log"));
            }
            if now.health == "unhealthy" {
                let cause = format!("its health check fails{}", self.last_lines(container).await);
                return Err(self.problem(cause, "check health in the blueprint, and the log"));
            }
            let lacking = if waits { self.lacking(&now).await } else { None };
            match lacking {
                None if waits => return self.done(UpStage::Ready, "ready").await,
                None if Instant::now() >= deadline => return self.done(UpStage::Ready, "running").await,
                Some(what) if Instant::now() >= deadline => {
                    let last = self.last_lines(container).await;
                    let cause = format!("not ready within {} s: {what}{last}", limit.as_secs());
                    return Err(self.problem(cause, "raise timeouts.ready, or check the service"));
                }
                Some(what) => self.begin(UpStage::Ready, &what).await?,
                None => {}
            }
            sleep(LOOK).await;
        }
    }

    /// What it waits for; none if it is ready.
    async fn lacking(&self, now: &Standing) -> Option<String> {
        if now.health == "starting" {
            return Some("the health check has not passed yet".into());
        }
        let probe = self.wanted.blueprint.probe.clone()?;
        self.probed(&probe).await.err().map(|why| format!("the service does not answer: {why}"))
    }

    /// Raw: closed enums.
    async fn standing(&self, container: &str) -> Result<Standing, StreamEnd> {
        let seen: Value =
            self.transport.json(&format!("/containers/{container}/json")).await.map_err(|fault| self.fault(&fault))?;
        let state = seen.get("State").cloned().unwrap_or_default();
        let health = state.pointer("/Health/Status").and_then(Value::as_str).filter(|word| *word != "none");
        Ok(Standing {
            runs: state.get("Running").and_then(Value::as_bool).unwrap_or_default(),
            restarts: seen.get("RestartCount").and_then(Value::as_u64).unwrap_or_default(),
            code: state.get("ExitCode").and_then(Value::as_i64).unwrap_or_default(),
            health: health.unwrap_or_default().to_string(),
        })
    }

    /// Asks the service through its published port.
    async fn probed(&self, probe: &ProbePart) -> Result<(), String> {
        let ports = &self.wanted.blueprint.ports;
        let port = ports.iter().find(|port| probe.port == 0 || port.container == probe.port);
        let port = port.ok_or("the port is not published")?;
        let host = self.reached_at(port);
        let asked = timeout(PROBE, ask(&host, port.host, &probe.http)).await;
        asked.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(|error| error.to_string())
    }

    /// The address under which a published port is reached from here.
    fn reached_at(&self, port: &PortPart) -> String {
        let own = port.address.parse::<IpAddr>().ok().filter(|address| !address.is_unspecified());
        match (&self.place.endpoint, own) {
            (Endpoint::Tcp { host, .. }, _) => host.clone(),
            (_, Some(own)) => own.to_string(),
            (Endpoint::Unix(_) | Endpoint::Private(_) | Endpoint::Closed { .. }, None) => "127.0.0.1".into(),
        }
    }

    /// The last lines of its log, behind a colon. Raw: bytes.
    async fn last_lines(&self, container: &str) -> String {
        let query = format!("/containers/{container}/logs?stdout=1&stderr=1&tail={LINES}");
        let Ok(told) = self.transport.get(&query).await else { return String::new() };
        let mut text = Vec::new();
        // What broke off says what it has said until then.
        let tty = self.wanted.blueprint.container.tty;
        let _ = Demux::new(tty).feed(&told, |piece| text.extend_from_slice(piece.bytes));
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() { String::new() } else { format!(": {}", lines.join(" | ")) }
    }
}

/// Connects, and asks for a path where one is given: it must answer below 400 (RFC 9112, section 4).
async fn ask(host: &str, port: u16, path: &str) -> io::Result<()> {
    let mut connection = TcpStream::connect((host, port)).await?;
    if path.is_empty() {
        return Ok(());
    }
    let path = if path.starts_with('/') { path.to_string() } else { format!("/{path}") };
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut line = Vec::new();
    while line.len() < STATUS_LINE && !line.contains(&b'\n') {
        if connection.read_buf(&mut line).await? == 0 {
            break;
        }
    }
    match status(&line) {
        Some(status) if status < 400 => Ok(()),
        Some(status) => Err(io::Error::other(format!("HTTP status {status}"))),
        None => Err(io::Error::other("the answer is not HTTP")),
    }
}

fn status(line: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(line.split(|byte| *byte == b'\r' || *byte == b'\n').next()?).ok()?;
    line.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_from_the_first_line() {
        assert_eq!(status(b"HTTP/1.1 302 Found\r\nLocation: /\r\n"), Some(302));
        assert_eq!(status(b"HTTP/1.0 404 Not Found\r\n"), Some(404));
        assert_eq!(status(b"SSH-2.0-x\r\n"), None);
    }
}
