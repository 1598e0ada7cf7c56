//! An engine on a socket of its own, and ways to ask it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bowline_embedded::{Engine, Listening, Options, Scenario};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::interrupts;

/// Long enough for a busy machine; nothing waits so long that goes well.
pub const DEADLINE: Duration = Duration::from_secs(60);

pub struct Served {
    pub engine: Engine,
    pub path: PathBuf,
    listening: Listening,
    _folder: tempfile::TempDir,
}

pub async fn serve(scenario: Scenario) -> Served {
    interrupts::reach_children();
    let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder");
    let path = folder.path().join("engine.sock");
    let options = Options { guard: Some(env!("CARGO_BIN_EXE_bowline").into()), ..Options::default() };
    let engine = Engine::start(scenario, options).expect("starts");
    let listening = engine.listen_unix(&path).await.expect("listens");
    Served { engine, path, listening, _folder: folder }
}

impl Served {
    pub async fn end(self) {
        self.engine.shutdown().await;
        self.listening.until_shutdown().await;
        assert!(!self.path.exists(), "the socket is removed");
    }
}

/// An answer, read to its end.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_string()
    }
}

/// Sends raw bytes on a new in-memory connection, and reads until the engine closes it.
pub async fn raw(engine: &Engine, request: &[u8]) -> Answer {
    let mut stream = engine.connect();
    // The engine may refuse, and hang up, before it has read everything.
    let _ = stream.write_all(request).await;
    let mut bytes = Vec::new();
    tokio::time::timeout(DEADLINE, stream.read_to_end(&mut bytes)).await.expect("in time").expect("reads");
    let cut = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
    let head = String::from_utf8_lossy(&bytes[..cut]).to_lowercase();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let body = if head.contains("transfer-encoding: chunked") { dechunk(&bytes[cut..]) } else { bytes[cut..].to_vec() };
    Answer { status, head, body }
}

pub async fn ask(engine: &Engine, method: &str, path: &str, body: &str) -> Answer {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    raw(engine, request.as_bytes()).await
}

pub async fn get(engine: &Engine, path: &str) -> Answer {
    ask(engine, "GET", path, "").await
}

pub async fn post(engine: &Engine, path: &str) -> Answer {
    ask(engine, "POST", path, "").await
}

fn dechunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(at) = bytes.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..at]).unwrap_or("0"), 16).unwrap_or(0);
        if size == 0 || bytes.len() < at + 4 + size {
            break;
        }
        whole.extend_from_slice(&bytes[at + 2..at + 2 + size]);
        bytes = &bytes[at + 4 + size..];
    }
    whole
}

/// Makes and starts a local process; its id.
pub async fn launch(engine: &Engine, name: &str, script: &str) -> String {
    let body = serde_json::json!({ "Image": "test", "Cmd": ["/bin/sh", "-c", script] }).to_string();
    let made = ask(engine, "POST", &format!("/containers/create?name={name}"), &body).await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    let started = post(engine, &format!("/containers/{name}/start")).await;
    assert_eq!(started.status, 204, "{}", String::from_utf8_lossy(&started.body));
    made.json()["Id"].as_str().expect("an id").to_string()
}

/// Whether a process is there and not only a zombie.
pub fn is_alive(pid: i64) -> bool {
    std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or("").starts_with(" Z"))
}

/// The texts of frames, with their stream's number.
pub fn frames(mut bytes: &[u8]) -> Vec<(u8, String)> {
    let mut all = Vec::new();
    while bytes.len() >= 8 {
        let size = u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
        all.push((bytes[0], String::from_utf8_lossy(&bytes[8..8 + size]).into_owned()));
        bytes = &bytes[8 + size..];
    }
    assert!(bytes.is_empty(), "no half frame");
    all
}

/// A connection that has become a two-way stream, and the head of the answer that made it one.
pub struct Hijacked {
    pub head: String,
    pub stream: tokio::io::DuplexStream,
}

/// Asks for an upgrade and reads the head of the answer.
pub async fn hijack(engine: &Engine, path: &str, body: &str) -> Hijacked {
    let mut stream = engine.connect();
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.expect("writes");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tokio::time::timeout(DEADLINE, stream.read_u8()).await.expect("in time").expect("a head"));
    }
    Hijacked { head: String::from_utf8_lossy(&head).into_owned(), stream }
}

impl Hijacked {
    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("writes");
    }

    /// Closes the client's half.
    pub async fn close_half(&mut self) {
        self.stream.shutdown().await.expect("closes");
    }

    /// Everything up to the end of the stream.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let reading = self.stream.read_to_end(&mut rest);
        tokio::time::timeout(DEADLINE, reading).await.expect("in time").expect("reads");
        rest
    }

    /// Everything up to a text.
    pub async fn until(&mut self, text: &str) -> String {
        let mut all = Vec::new();
        while !String::from_utf8_lossy(&all).contains(text) {
            let byte = tokio::time::timeout(DEADLINE, self.stream.read_u8()).await;
            let seen = String::from_utf8_lossy(&all).into_owned();
            all.push(byte.unwrap_or_else(|_| panic!("{text:?} in {seen:?}")).unwrap_or_else(|_| panic!("{seen:?}")));
        }
        String::from_utf8_lossy(&all).into_owned()
    }
}

/// Makes a command inside a container; its id.
pub async fn new_exec(engine: &Engine, container: &str, body: Value) -> String {
    let made = ask(engine, "POST", &format!("/containers/{container}/exec"), &body.to_string()).await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    made.json()["Id"].as_str().expect("an id").to_string()
}
