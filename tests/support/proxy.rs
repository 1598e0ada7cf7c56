//! A fault proxy between bowline and an engine: a socket of its own in front of the engine's, and knobs that
//! can be turned while it runs.
//!
//! It follows HTTP/1.1 just far enough to know where requests and bodies begin and end, and passes all bytes
//! on as they are. It lives on a runtime of its own, so that tests need none.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, mpsc};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// The proxy; dropping it cuts what is left and removes its socket.
pub struct Proxy {
    shared: Arc<Shared>,
    socket: PathBuf,
    folder: TempDir,
    runtime: Option<Runtime>,
    listening: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

/// What the proxy answers in place of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A status with a message, as an engine would put it.
    Status(u16, String),
    /// Bytes that are no HTTP at all.
    Garbage,
    /// Status 200 with this body.
    Body(String),
    /// Nothing: the connection is closed.
    Nothing,
    /// A page for people, as web servers and gateways give, with this status.
    Html(u16),
    /// Status 200, and so many bytes without meaning, made as they are sent.
    Flood(u64),
    /// A header of so many bytes without an end.
    EndlessHeader(u64),
}

/// What is put into a stream at a boundary between two of its chunks; the stream ends with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoil {
    /// These bytes, and the connection breaks.
    Break(Vec<u8>),
    /// These bytes, and the stream ends as if it were whole.
    End(Vec<u8>),
    /// So many bytes without meaning, made as they are sent.
    Flood(u64),
}

/// A request that came through, or was answered by the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// With the query.
    pub path: String,
    /// Counts the connections from 0.
    pub connection: u64,
}

struct Shared {
    target: PathBuf,
    state: Mutex<State>,
    /// Counts up with each cut: a connection that sees a later count than its own ends.
    cut: watch::Sender<u64>,
    stalled: watch::Sender<Stalled>,
}

/// What does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stalled {
    Nothing,
    All,
    /// The responses to paths with this part in them.
    Responses(String),
}

#[derive(Default)]
struct State {
    delay: Duration,
    cuts: Option<Cut>,
    answers: Vec<Ordered>,
    spoils: Vec<(String, u64, Spoil)>,
    trickling: bool,
    truncate: Option<(String, usize)>,
    requests: Vec<Request>,
    connections: u64,
    open: u64,
    bytes_up: u64,
    bytes_down: u64,
    /// The path that each connection is busy with.
    under_way: BTreeMap<u64, String>,
}

/// An answer in place of the engine's.
struct Ordered {
    path: String,
    answer: Answer,
    /// Only each so many-th matching request gets it.
    each: u32,
    matched: u32,
}

/// Cut a matching response after some bytes of its body, a number of times.
struct Cut {
    path: String,
    after: u64,
    left: u32,
}

impl Proxy {
    /// A proxy in front of the engine that listens on a unix socket.
    pub fn to(target: impl Into<PathBuf>) -> Self {
        let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder is made");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("proxy")
            .enable_all()
            .build()
            .expect("a runtime starts");
        let shared = Arc::new(Shared {
            target: target.into(),
            state: Mutex::default(),
            cut: watch::Sender::new(0),
            stalled: watch::Sender::new(Stalled::Nothing),
        });
        let socket = folder.path().join("engine.sock");
        let proxy = Self { shared, socket, folder, runtime: Some(runtime), listening: Mutex::new(None) };
        proxy.accept();
        proxy
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The address as `--host` and `DOCKER_HOST` take it.
    pub fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    // ---- knobs ----

    /// Cuts all connections now. New ones are served.
    pub fn cut_all(&self) {
        self.shared.cut.send_modify(|cuts| *cuts += 1);
    }

    /// Cuts the connection of each response to a path with this part in it, after some bytes of its body; so
    /// many times.
    pub fn cut_after(&self, path: &str, bytes: u64, times: u32) {
        self.state().cuts = Some(Cut { path: path.to_owned(), after: bytes, left: times });
    }

    /// How many of the ordered cuts are still to come.
    pub fn cuts_left(&self) -> u32 {
        self.state().cuts.as_ref().map_or(0, |cut| cut.left)
    }

    /// Lets nothing pass any more, in either direction, without closing anything.
    pub fn stall(&self, stalled: bool) {
        self.shared.stalled.send_replace(if stalled { Stalled::All } else { Stalled::Nothing });
    }

    /// Lets nothing pass any more of the responses to paths with this part in them, without closing anything.
    pub fn stall_responses(&self, path: &str) {
        self.shared.stalled.send_replace(Stalled::Responses(path.to_owned()));
    }

    /// Sends all that comes down one byte at a time.
    pub fn trickle(&self) {
        self.state().trickling = true;
    }

    /// Once: into the next chunked response to a path with this part in it, at a boundary between chunks after so many
    /// bytes.
    pub fn spoil(&self, path: &str, after: u64, spoil: Spoil) {
        self.state().spoils.push((path.to_owned(), after, spoil));
    }

    /// How many of the ordered spoils are still to come.
    pub fn spoils_left(&self) -> usize {
        self.state().spoils.len()
    }

    /// Makes every response this much later.
    pub fn delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// Refuses new connections, as an engine that is not running; those that are open go on.
    pub fn refuse(&self) {
        self.stop_listening();
    }

    /// Refuses new connections and takes the socket away, as an engine that was removed.
    pub fn vanish(&self) {
        self.stop_listening();
        remove_if_there(&self.socket);
    }

    /// Takes connections again, after [`Proxy::refuse`] or [`Proxy::vanish`].
    pub fn accept(&self) {
        self.stop_listening();
        remove_if_there(&self.socket);
        let runtime = self.runtime.as_ref().expect("the runtime lives as long as the proxy");
        let listener = {
            let _inside = runtime.enter();
            UnixListener::bind(&self.socket).expect("the socket can be bound")
        };
        let task = runtime.spawn(listen(listener, Arc::clone(&self.shared)));
        *self.listening.lock().expect(UNBROKEN) = Some(task);
    }

    /// Answers requests whose path has this part in it, in place of the engine.
    pub fn answer(&self, path: &str, answer: Answer) {
        self.answer_each(path, answer, 1);
    }

    /// The same for each so many-th of these requests, beginning with the first.
    pub fn answer_each(&self, path: &str, answer: Answer, each: u32) {
        self.state().answers.push(Ordered { path: path.to_owned(), answer, each, matched: 0 });
    }

    /// Ends the bodies of responses to matching paths after some bytes, as if they were whole.
    pub fn truncate(&self, path: &str, bytes: usize) {
        self.state().truncate = Some((path.to_owned(), bytes));
    }

    /// Takes all faults away, except that it does not take connections again.
    pub fn heal(&self) {
        let mut state = self.state();
        state.delay = Duration::ZERO;
        state.cuts = None;
        state.answers.clear();
        state.spoils.clear();
        state.trickling = false;
        state.truncate = None;
        drop(state);
        self.stall(false);
    }

    // ---- records ----

    /// All requests so far, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// How many requests had this part in their path.
    pub fn count(&self, path: &str) -> usize {
        self.state().requests.iter().filter(|request| request.path.contains(path)).count()
    }

    /// How many connections were ever taken.
    pub fn connections(&self) -> u64 {
        self.state().connections
    }

    /// How many connections are open.
    pub fn open(&self) -> u64 {
        self.state().open
    }

    /// How many requests with this part in their path are under way.
    pub fn under_way(&self, path: &str) -> usize {
        self.state().under_way.values().filter(|busy| busy.contains(path)).count()
    }

    /// All bytes that went to the engine, and all that came back.
    pub fn bytes(&self) -> (u64, u64) {
        let state = self.state();
        (state.bytes_up, state.bytes_down)
    }

    /// Waits until what the proxy knows is as wanted.
    #[track_caller]
    pub fn wait_until(&self, what: &str, wanted: impl Fn(&Self) -> bool) {
        self.wait_until_within(what, Duration::from_secs(60), wanted);
    }

    /// The same, for what may take longer.
    #[track_caller]
    pub fn wait_until_within(&self, what: &str, patience: Duration, wanted: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + patience;
        while !wanted(self) {
            assert!(Instant::now() < deadline, "waiting for {what}: it never comes; requests: {:#?}", self.requests());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    fn stop_listening(&self) {
        let Some(task) = self.listening.lock().expect(UNBROKEN).take() else { return };
        let runtime = self.runtime.as_ref().expect("the runtime lives as long as the proxy");
        // The listener is gone only once its task is: the caller may rely on being refused.
        let (tell, gone) = mpsc::channel();
        runtime.spawn(async move {
            task.abort();
            let _ = task.await; // aborted, which is what was asked for
            let _ = tell.send(());
        });
        gone.recv_timeout(Duration::from_secs(15)).expect("the listener ends");
    }
}

const UNBROKEN: &str = "nobody panics with the proxy's state in hand";

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn remove_if_there(path: &Path) {
    match std::fs::remove_file(path) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => panic!("{} stays: {why}", path.display()),
        _ => {}
    }
}

async fn listen(listener: UnixListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let number = {
                let mut state = shared.state();
                state.open += 1;
                state.connections += 1;
                state.connections - 1
            };
            let mut cut = shared.cut.subscribe();
            tokio::select! {
                // Whatever breaks on either side ends the connection, as it would without a proxy.
                _ = Connection::new(&shared, client, number).serve() => {}
                _ = cut.changed() => {}
            }
            let mut state = shared.state();
            state.open -= 1;
            state.under_way.remove(&number);
        });
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect(UNBROKEN)
    }

    /// The answer that was ordered for such a request, if it is this one's turn.
    fn ordered(&self, path: &str) -> Option<Answer> {
        let mut state = self.state();
        let order = state.answers.iter_mut().find(|order| path.contains(&order.path))?;
        order.matched += 1;
        ((order.matched - 1) % order.each == 0).then(|| order.answer.clone())
    }

    /// Waits while the proxy is stalled.
    async fn pass(&self) {
        self.pass_unless(|stalled| *stalled == Stalled::All).await;
    }

    /// Waits while responses to this path are stalled.
    async fn pass_response(&self, path: &str) {
        self.pass_unless(|stalled| match stalled {
            Stalled::Nothing => false,
            Stalled::All => true,
            Stalled::Responses(part) => path.contains(part),
        })
        .await;
    }

    async fn pass_unless(&self, held: impl Fn(&Stalled) -> bool) {
        let mut stalled = self.stalled.subscribe();
        // The sender lives in `self`: it cannot be gone.
        let _ = stalled.wait_for(|stalled| !held(stalled)).await;
    }
}

struct Connection<'a> {
    shared: &'a Shared,
    client: UnixStream,
    number: u64,
    /// What was read from the client, and not yet used.
    up: Vec<u8>,
    /// What was read from the engine, and not yet used.
    down: Vec<u8>,
}

/// Why a connection ends: an error of either side, or a fault that was ordered.
type Ended = io::Error;

fn ordered() -> Ended {
    io::Error::other("the test ordered it")
}

impl<'a> Connection<'a> {
    fn new(shared: &'a Shared, client: UnixStream, number: u64) -> Self {
        Self { shared, client, number, up: Vec::new(), down: Vec::new() }
    }

    async fn serve(mut self) -> Result<(), Ended> {
        let mut engine: Option<UnixStream> = None;
        loop {
            let Some(head) = read_head(&mut self.client, &mut self.up).await? else { return Ok(()) };
            let head = Head::parse(head)?;
            let (method, path) = head.request();
            let answer = self.shared.ordered(&path);
            let delay = {
                let mut state = self.shared.state();
                let request = Request { method: method.clone(), path: path.clone(), connection: self.number };
                state.requests.push(request);
                state.under_way.insert(self.number, path.clone());
                state.delay
            };
            self.shared.pass().await;
            tokio::time::sleep(delay).await;
            if let Some(answer) = answer {
                return self.answer(&answer).await;
            }
            let mut engine_now = match engine.take() {
                Some(engine) => engine,
                None => UnixStream::connect(&self.shared.target).await?,
            };
            self.send_up(&mut engine_now, &head.bytes).await?;
            self.request_body(&mut engine_now, Body::of_request(&head)).await?;
            let reusable = self.response(&mut engine_now, &method, &path).await?;
            self.shared.state().under_way.remove(&self.number);
            if !reusable {
                return Ok(());
            }
            engine = Some(engine_now);
        }
    }

    async fn answer(&mut self, answer: &Answer) -> Result<(), Ended> {
        let whole = |status: u16, body: &str| {
            format!(
                "HTTP/1.1 {status} By the proxy\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )
        };
        let text = match answer {
            Answer::Status(status, message) => whole(*status, &format!("{{\"message\":{message:?}}}")),
            Answer::Body(body) => whole(200, body),
            Answer::Garbage => "\u{1}\u{2}%$ this is no HTTP \u{1b}[31m\r\n\r\n".to_owned(),
            Answer::Html(status) => {
                let page = "<!DOCTYPE html>\n<html><body><h1>It works, but not as you think</h1></body></html>\n";
                format!(
                    "HTTP/1.1 {status} By the proxy\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
                    page.len()
                )
            }
            Answer::Flood(_) => {
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n".to_owned()
            }
            Answer::EndlessHeader(_) => "HTTP/1.1 200 OK\r\nX-Endless: ".to_owned(),
            Answer::Nothing => return Ok(()),
        };
        self.client.write_all(text.as_bytes()).await?;
        match answer {
            Answer::Flood(bytes) => self.flood(*bytes, NONSENSE).await?,
            Answer::EndlessHeader(bytes) => self.flood(*bytes, b"abcdefghijklmnopqrstuvwxyz").await?,
            _ => {}
        }
        self.client.shutdown().await?;
        // Read on until the client has seen the answer and closes: a reset could take the answer from it.
        let mut rest = [0; 4096];
        while self.client.read(&mut rest).await? > 0 {}
        Ok(())
    }

    async fn send_up(&mut self, engine: &mut UnixStream, bytes: &[u8]) -> Result<(), Ended> {
        self.shared.pass().await;
        self.shared.state().bytes_up += bytes.len() as u64;
        engine.write_all(bytes).await
    }

    async fn send_down(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        self.shared.pass().await;
        let trickling = {
            let mut state = self.shared.state();
            state.bytes_down += bytes.len() as u64;
            state.trickling
        };
        if !trickling {
            return self.client.write_all(bytes).await;
        }
        for (count, byte) in bytes.iter().enumerate() {
            self.client.write_all(&[*byte]).await?;
            tokio::task::yield_now().await;
            if count % 64 == 63 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        Ok(())
    }

    /// Sends so many bytes of a pattern, without ever having them all.
    async fn flood(&mut self, bytes: u64, pattern: &[u8]) -> Result<(), Ended> {
        let piece: Vec<u8> = pattern.iter().copied().cycle().take(64 * 1024).collect();
        let mut left = bytes;
        while left > 0 {
            self.shared.pass().await;
            let now = left.min(piece.len() as u64);
            self.client.write_all(&piece[..now as usize]).await?;
            self.shared.state().bytes_down += now;
            left -= now;
        }
        Ok(())
    }

    async fn request_body(&mut self, engine: &mut UnixStream, mut body: Body) -> Result<(), Ended> {
        while !body.done() {
            if self.up.is_empty() && fill(&mut self.client, &mut self.up).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let taken = body.take(&self.up, u64::MAX)?;
            let bytes: Vec<u8> = self.up.drain(..taken.consumed).collect();
            if self.send_up(engine, &bytes).await.is_err() {
                return Ok(()); // the engine answers before it has read all: its answer is what counts
            }
        }
        Ok(())
    }

    /// Passes one response on; true if both connections can be used again.
    async fn response(&mut self, engine: &mut UnixStream, method: &str, path: &str) -> Result<bool, Ended> {
        let head = loop {
            let head = tokio::select! {
                head = read_head(engine, &mut self.down) => head?,
                gone = closed(&mut self.client, &mut self.up) => return Err(gone),
            };
            let head = Head::parse(head.ok_or(io::ErrorKind::UnexpectedEof)?)?;
            if head.status() != 100 {
                break head;
            }
            self.send_down(&head.bytes).await?;
        };
        self.until_it_may_pass(path).await?;
        let mut body = Body::of_response(&head, method);
        let truncate = self.shared.state().truncate.clone().filter(|(part, _)| path.contains(part)).map(|(_, at)| at);
        if let Some(bytes) = truncate {
            return self.truncated(engine, &head, body, bytes).await;
        }
        self.send_down(&head.bytes).await?;
        let mut sent = 0;
        if body == Body::UntilClose {
            return self.both_ways(engine, path).await;
        }
        while !body.done() {
            if self.down.is_empty() {
                let read = tokio::select! {
                    read = fill(engine, &mut self.down) => read?,
                    gone = closed(&mut self.client, &mut self.up) => return Err(gone),
                };
                if read == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            if body.is_between_chunks()
                && let Some(spoil) = self.due_spoil(path, sent)
            {
                return self.spoil(spoil).await;
            }
            self.until_it_may_pass(path).await?;
            let limit = self.until_cut(path, sent);
            let taken = body.take(&self.down, limit)?;
            let bytes: Vec<u8> = self.down.drain(..taken.consumed).collect();
            self.send_down(&bytes).await?;
            sent += taken.payload;
            if !body.done() && self.until_cut(path, sent) == 0 {
                return self.cut();
            }
        }
        Ok(!head.says("connection", "close"))
    }

    /// Waits while this response is stalled; a client that goes meanwhile is noticed.
    async fn until_it_may_pass(&mut self, path: &str) -> Result<(), Ended> {
        tokio::select! {
            () = self.shared.pass_response(path) => Ok(()),
            gone = closed(&mut self.client, &mut self.up) => Err(gone),
        }
    }

    fn due_spoil(&self, path: &str, sent: u64) -> Option<Spoil> {
        let mut state = self.shared.state();
        let at = state.spoils.iter().position(|(part, after, _)| path.contains(part) && sent >= *after)?;
        Some(state.spoils.remove(at).2)
    }

    async fn spoil(&mut self, spoil: Spoil) -> Result<bool, Ended> {
        match spoil {
            Spoil::Break(bytes) => {
                self.send_chunk(&bytes).await?;
                Err(ordered())
            }
            Spoil::End(bytes) => {
                // A chunk of no bytes would be the end already.
                if !bytes.is_empty() {
                    self.send_chunk(&bytes).await?;
                }
                self.send_down(b"0\r\n\r\n").await?;
                Ok(false)
            }
            Spoil::Flood(bytes) => {
                self.send_down(format!("{bytes:x}\r\n").as_bytes()).await?;
                self.flood(bytes, NONSENSE).await?;
                Err(ordered())
            }
        }
    }

    async fn send_chunk(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        self.send_down(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
        self.send_down(bytes).await?;
        self.send_down(b"\r\n").await
    }

    /// How many more bytes of this response's body pass before it is cut.
    fn until_cut(&self, path: &str, sent: u64) -> u64 {
        match &self.shared.state().cuts {
            Some(cut) if cut.left > 0 && path.contains(&cut.path) => cut.after.saturating_sub(sent),
            _ => u64::MAX,
        }
    }

    fn cut(&self) -> Result<bool, Ended> {
        if let Some(cut) = &mut self.shared.state().cuts {
            cut.left = cut.left.saturating_sub(1);
        }
        Err(ordered())
    }

    /// A stream without an end of its own: a hijacked connection, or a body that ends with it.
    async fn both_ways(&mut self, engine: &mut UnixStream, path: &str) -> Result<bool, Ended> {
        let (mut engine_reads, mut engine_writes) = engine.split();
        let (mut client_reads, mut client_writes) = self.client.split();
        let shared = self.shared;
        let (mut up, mut down) = (std::mem::take(&mut self.up), std::mem::take(&mut self.down));
        let upwards = async {
            loop {
                if up.is_empty() && fill(&mut client_reads, &mut up).await? == 0 {
                    break engine_writes.shutdown().await;
                }
                shared.pass().await;
                shared.state().bytes_up += up.len() as u64;
                engine_writes.write_all(&up).await?;
                up.clear();
            }
        };
        let downwards = async {
            let mut sent = 0;
            loop {
                if down.is_empty() && fill(&mut engine_reads, &mut down).await? == 0 {
                    break client_writes.shutdown().await;
                }
                let until_cut = match &shared.state().cuts {
                    Some(cut) if cut.left > 0 && path.contains(&cut.path) => cut.after.saturating_sub(sent),
                    _ => u64::MAX,
                };
                shared.pass_response(path).await;
                let now = down.len().min(usize::try_from(until_cut).unwrap_or(usize::MAX));
                shared.state().bytes_down += now as u64;
                client_writes.write_all(&down[..now]).await?;
                sent += now as u64;
                if now < down.len() || now as u64 == until_cut {
                    if let Some(cut) = &mut shared.state().cuts {
                        cut.left = cut.left.saturating_sub(1);
                    }
                    break Err(ordered());
                }
                down.clear();
            }
        };
        // Once the engine has ended its side there is nothing left to wait for, whatever the client still holds.
        tokio::pin!(upwards, downwards);
        tokio::select! {
            ended = &mut downwards => ended?,
            ended = &mut upwards => {
                ended?;
                downwards.await?;
            }
        }
        Ok(false)
    }

    async fn truncated(
        &mut self,
        engine: &mut UnixStream,
        head: &Head,
        mut body: Body,
        at: usize,
    ) -> Result<bool, Ended> {
        let mut payload = Vec::new();
        while !body.done() && payload.len() < at {
            if self.down.is_empty() && fill(engine, &mut self.down).await? == 0 {
                break;
            }
            let taken = body.take(&self.down, (at - payload.len()) as u64)?;
            payload.extend_from_slice(&self.down[taken.payload_at..taken.payload_at + taken.payload as usize]);
            self.down.drain(..taken.consumed);
        }
        let kept = head.lines.iter().filter(|line| {
            let name = line.split(':').next().unwrap_or_default().to_lowercase();
            !matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection")
        });
        let mut text: String = kept.map(|line| format!("{line}\r\n")).collect();
        text.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n", payload.len()));
        let mut bytes = text.into_bytes();
        bytes.extend(payload);
        self.send_down(&bytes).await?;
        self.client.shutdown().await?;
        Ok(false)
    }
}

/// Neither JSON nor a log frame nor text.
const NONSENSE: &[u8] = b"\x00\xff\x07garbage\x1b]0;{[\n\x80\xfe";

/// Reads what there is; 0 at the end.
async fn fill(from: &mut (impl AsyncReadExt + Unpin), into: &mut Vec<u8>) -> io::Result<usize> {
    let mut buffer = vec![0; 16 * 1024];
    let read = from.read(&mut buffer).await?;
    into.extend_from_slice(&buffer[..read]);
    Ok(read)
}

/// Comes back only when the client has gone; what it sends meanwhile is kept.
async fn closed(client: &mut UnixStream, up: &mut Vec<u8>) -> Ended {
    loop {
        match fill(client, up).await {
            Ok(0) => return io::ErrorKind::UnexpectedEof.into(),
            Ok(_) => {}
            Err(why) => return why,
        }
    }
}

/// Reads up to the empty line; `None` at the end of the connection.
async fn read_head(from: &mut UnixStream, buffer: &mut Vec<u8>) -> Result<Option<Vec<u8>>, Ended> {
    loop {
        if let Some(at) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            return Ok(Some(buffer.drain(..at + 4).collect()));
        }
        if fill(from, buffer).await? == 0 {
            return if buffer.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
    }
}

/// The lines before a body.
struct Head {
    bytes: Vec<u8>,
    lines: Vec<String>,
}

impl Head {
    fn parse(bytes: Vec<u8>) -> Result<Self, Ended> {
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<String> = text.trim_end().split("\r\n").map(str::to_owned).collect();
        if lines[0].split(' ').count() < 2 { Err(io::ErrorKind::InvalidData.into()) } else { Ok(Self { bytes, lines }) }
    }

    fn request(&self) -> (String, String) {
        let mut words = self.lines[0].split(' ').map(str::to_owned);
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    fn status(&self) -> u16 {
        self.lines[0].split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
    }

    fn value(&self, name: &str) -> Option<&str> {
        let fields = self.lines[1..].iter().filter_map(|line| line.split_once(':'));
        fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next_back()
    }

    fn says(&self, name: &str, value: &str) -> bool {
        self.value(name).is_some_and(|found| found.to_lowercase().contains(value))
    }
}

/// Where in its framing a body is.
#[derive(Debug, PartialEq, Eq)]
enum Body {
    Done,
    Length(u64),
    /// In the line that says how long the next chunk is; holds what was read of it.
    ChunkLine(String),
    /// In a chunk, so many bytes before its end.
    Chunk(u64),
    /// In the two bytes after a chunk.
    ChunkEnd(u8),
    /// In the lines after the last chunk; holds what was read of one.
    Trailer(String),
    UntilClose,
}

/// What one step through a body took: bytes of framing and at most one stretch of payload.
struct Taken {
    consumed: usize,
    payload_at: usize,
    payload: u64,
}

impl Body {
    fn of_request(head: &Head) -> Self {
        if head.says("transfer-encoding", "chunked") {
            return Self::ChunkLine(String::new());
        }
        Self::of_length(head.value("content-length").and_then(|value| value.parse().ok()).unwrap_or(0))
    }

    fn of_response(head: &Head, method: &str) -> Self {
        if method == "HEAD" || matches!(head.status(), 204 | 304) {
            return Self::Done;
        }
        if head.status() == 101 {
            return Self::UntilClose;
        }
        if head.says("transfer-encoding", "chunked") {
            return Self::ChunkLine(String::new());
        }
        head.value("content-length").and_then(|value| value.parse().ok()).map_or(Self::UntilClose, Self::of_length)
    }

    fn of_length(length: u64) -> Self {
        if length == 0 { Self::Done } else { Self::Length(length) }
    }

    fn is_between_chunks(&self) -> bool {
        matches!(self, Self::ChunkLine(line) if line.is_empty())
    }

    fn done(&self) -> bool {
        *self == Self::Done
    }

    /// Goes on through the body until one stretch of payload was taken, a chunk is over, or the input is used up.
    fn take(&mut self, input: &[u8], limit: u64) -> Result<Taken, Ended> {
        let mut at = 0;
        while at < input.len() {
            let byte = input[at];
            let available = (input.len() - at) as u64;
            let next = match self {
                Self::Done => break,
                Self::Length(left) | Self::Chunk(left) if *left > 0 => {
                    let payload = available.min(*left).min(limit);
                    *left -= payload;
                    if *self == Self::Length(0) {
                        *self = Self::Done;
                    } else if *self == Self::Chunk(0) {
                        *self = Self::ChunkEnd(2);
                    }
                    return Ok(Taken { consumed: at + payload as usize, payload_at: at, payload });
                }
                Self::UntilClose => {
                    let payload = available.min(limit);
                    return Ok(Taken { consumed: at + payload as usize, payload_at: at, payload });
                }
                Self::Length(_) | Self::Chunk(_) => Self::Done,
                Self::ChunkLine(line) if byte == b'\n' => {
                    let number = line.split(';').next().unwrap_or_default().trim();
                    match u64::from_str_radix(number, 16).map_err(|_| io::ErrorKind::InvalidData)? {
                        0 => Self::Trailer(String::new()),
                        length => Self::Chunk(length),
                    }
                }
                Self::Trailer(line) if byte == b'\n' && line.trim().is_empty() => Self::Done,
                Self::Trailer(_) if byte == b'\n' => Self::Trailer(String::new()),
                Self::ChunkLine(line) | Self::Trailer(line) => {
                    line.push(char::from(byte));
                    at += 1;
                    continue;
                }
                Self::ChunkEnd(2) => Self::ChunkEnd(1),
                Self::ChunkEnd(_) => {
                    // Between two chunks is where something can be put in.
                    *self = Self::ChunkLine(String::new());
                    return Ok(Taken { consumed: at + 1, payload_at: at + 1, payload: 0 });
                }
            };
            *self = next;
            at += 1;
        }
        Ok(Taken { consumed: at, payload_at: at, payload: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::os::unix::net::{UnixListener, UnixStream};

    /// A server that says over each connection, again and again: `/list` a body of known length, `/stream`
    /// ten chunks, `/quiet` nothing, `/shell` an echo after an upgrade.
    struct Server {
        folder: TempDir,
    }

    impl Server {
        fn start() -> Self {
            let folder = tempfile::tempdir().expect("a folder is made");
            let listener = UnixListener::bind(folder.path().join("s")).expect("the socket can be bound");
            std::thread::spawn(move || {
                for client in listener.incoming().flatten() {
                    std::thread::spawn(move || serve(client));
                }
            });
            Self { folder }
        }

        fn socket(&self) -> PathBuf {
            self.folder.path().join("s")
        }
    }

    fn serve(client: UnixStream) -> io::Result<()> {
        let mut writes = client.try_clone()?;
        let mut reads = BufReader::new(client);
        loop {
            let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
            if reads.read_line(&mut first)? == 0 {
                return Ok(());
            }
            while reads.read_line(&mut line)? > 2 {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a number");
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reads.read_exact(&mut body)?;
            if first.contains("/list") {
                writes.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789")?;
            } else if first.contains("/upload") {
                write!(writes, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n")?;
                writes.write_all(&body)?;
            } else if first.contains("/stream") {
                writes.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
                for n in 0..10 {
                    write!(writes, "a\r\nchunk {n} xx\r\n")?;
                }
                writes.write_all(b"0\r\n\r\n")?;
            } else if first.contains("/shell") {
                writes.write_all(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\n\r\n")?;
                io::copy(&mut reads, &mut writes)?;
                return Ok(());
            }
        }
    }

    fn connect(proxy: &Proxy) -> UnixStream {
        let stream = UnixStream::connect(proxy.socket()).expect("the proxy takes connections");
        stream.set_read_timeout(Some(Duration::from_secs(15))).expect("a deadline can be set");
        stream
    }

    fn ask(stream: &mut UnixStream, path: &str) {
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").expect("the request is sent");
    }

    fn read(stream: &mut UnixStream, bytes: usize) -> String {
        let mut buffer = vec![0; bytes];
        stream.read_exact(&mut buffer).expect("so much comes");
        String::from_utf8(buffer).expect("text")
    }

    fn all(stream: &mut UnixStream) -> String {
        let mut text = Vec::new();
        // A cut may be seen as an end or as a reset; what came before it counts.
        let _ = stream.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    fn list(stream: &mut UnixStream) {
        ask(stream, "/list");
        assert!(read(stream, 49).ends_with("\r\n\r\n0123456789"));
    }

    #[test]
    fn bytes_pass_unchanged_and_are_recorded() {
        let server = Server::start();
        let proxy = Proxy::to(server.socket());
        let mut stream = connect(&proxy);
        list(&mut stream);
        list(&mut stream);
        ask(&mut stream, "/stream?follow=1");
        let streamed = read(&mut stream, 47 + 10 * 15 + 5);
        assert!(streamed.starts_with("HTTP/1.1 200") && streamed.ends_with("chunk 9 xx\r\n0\r\n\r\n"), "{streamed}");
        stream.write_all(b"POST /upload HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody").expect("sent");
        assert!(read(&mut stream, 42).ends_with("body"));
        let paths: Vec<String> =
            proxy.requests().iter().map(|request| format!("{} {}", request.method, request.path)).collect();
        assert_eq!(paths, ["GET /list", "GET /list", "GET /stream?follow=1", "POST /upload"]);
        assert_eq!((proxy.connections(), proxy.count("/list")), (1, 2));
        let (up, down) = proxy.bytes();
        assert!(up > 100 && down == 2 * 49 + 202 + 42, "{up} {down}");
    }

    #[test]
    fn an_upgraded_connection_goes_both_ways_to_its_end() {
        let server = Server::start();
        let proxy = Proxy::to(server.socket());
        let mut stream = connect(&proxy);
        ask(&mut stream, "/shell");
        assert!(read(&mut stream, 46).ends_with("\r\n\r\n"));
        stream.write_all(b"echo\0\x01").expect("sent");
        assert_eq!(read(&mut stream, 6), "echo\0\x01");
        stream.shutdown(std::net::Shutdown::Write).expect("half closed");
        assert_eq!(all(&mut stream), "");
    }

    #[test]
    fn all_connections_are_cut_and_new_ones_served() {
        let server = Server::start();
        let proxy = Proxy::to(server.socket());
        let mut stream = connect(&proxy);
        list(&mut stream);
        proxy.cut_all();
        assert_eq!(all(&mut stream), "");
        list(&mut connect(&proxy));
        proxy.wait_until("the first connection's end", |proxy| proxy.open() <= 1);
    }

    #[test]
    fn a_response_is_cut_after_so_many_bytes_of_body_so_many_times() {
        let server = Server::start();
        let proxy = Proxy::to(server.socket());
        proxy.cut_after("/stream", 25, 2);
        list(&mut connect(&proxy));
        for _ in 0..2 {
            let mut stream = connect(&proxy);
            ask(&mut stream, "/stream");
            assert!(all(&mut stream).ends_with("chunk 1 xx\r\na\r\nchunk"));
        }
        assert_eq!(proxy.cuts_left(), 0);
        let mut stream = connect(&proxy);
        ask(&mut stream, "/stream");
        assert!(read(&mut stream, 202).ends_with("0\r\n\r\n"));
    }

    #[test]
    fn a_stalled_proxy_lets_nothing_pass_until_it_may() {
        let server = Server::start();
        let proxy = Proxy::to(server.socket());
        proxy.stall(true);
        let mut stream = connect(&proxy);
        ask(&mut stream, "/list");
        proxy.wait_until("the request", |proxy| proxy.count("/list") == 1);
        stream.set_read_timeout(Some(Duration::from_millis(50))).expect("a deadline can be set");
        assert!(stream.read(&mut [0]).is_err());
        stream.set_read_timeout(Some(Duration::from_secs(15))).expect("a deadline can be set");
        proxy.stall(false);
        assert!(read(&mut stream, 49).ends_with("0123456789"));
    }

    #[test]
    fn a_delay_makes_responses_late() {
        let server = Server::start();
        let proxy = Proxy::to(server.socket());
        proxy.delay(Duration::from_millis(120));
        let started = Instant::now();
        list(&mut connect(&proxy));
        assert!(started.elapsed() >= Duration::from_millis(120));
    }

    #[test]
    fn connections_are_refused_and_taken_again() {
        let server = Server::start();
        let proxy = Proxy::to(server.socket());
        let mut open = connect(&proxy);
        list(&mut open);
        proxy.refuse();
        let refused = UnixStream::connect(proxy.socket()).expect_err("nobody listens");
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        list(&mut open);
        proxy.vanish();
        let gone = UnixStream::connect(proxy.socket()).expect_err("it is gone");
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
        proxy.accept();
        list(&mut connect(&proxy));
    }

    #[test]
    fn matching_paths_get_another_answer() {
        let server = Server::start();
        let proxy = Proxy::to(server.socket());
        proxy.answer("/list", Answer::Status(500, "out of \"order\"".to_owned()));
        proxy.answer("/stream", Answer::Garbage);
        let mut stream = connect(&proxy);
        ask(&mut stream, "/list");
        let answer = all(&mut stream);
        assert!(
            answer.starts_with("HTTP/1.1 500 ") && answer.ends_with(r#"{"message":"out of \"order\""}"#),
            "{answer}"
        );
        let mut stream = connect(&proxy);
        ask(&mut stream, "/stream");
        assert!(!all(&mut stream).starts_with("HTTP"));
        proxy.heal();
        list(&mut connect(&proxy));
    }

    #[test]
    fn a_truncated_body_looks_whole() {
        let server = Server::start();
        let proxy = Proxy::to(server.socket());
        proxy.truncate("/stream", 13);
        let mut stream = connect(&proxy);
        ask(&mut stream, "/stream");
        let answer = all(&mut stream);
        assert!(answer.contains("Content-Length: 13\r\n") && answer.ends_with("\r\n\r\nchunk 0 xxchu"), "{answer}");
    }

    #[test]
    fn a_stream_is_spoiled_between_two_chunks_once() {
        let server = Server::start();
        let proxy = Proxy::to(server.socket());
        proxy.spoil("/stream", 15, Spoil::End(b"half".to_vec()));
        let spoiled = |proxy: &Proxy| {
            let mut stream = connect(proxy);
            ask(&mut stream, "/stream");
            let mut answer = vec![0; 4096];
            let mut have = 0;
            while !answer[..have].ends_with(b"0\r\n\r\n") {
                let read = stream.read(&mut answer[have..]).expect("it can be read");
                assert!(read > 0, "it ends early: {:?}", String::from_utf8_lossy(&answer[..have]));
                have += read;
            }
            String::from_utf8_lossy(&answer[..have]).into_owned()
        };
        let (first, second) = (spoiled(&proxy), spoiled(&proxy));
        assert!(first.ends_with("chunk 1 xx\r\n4\r\nhalf\r\n0\r\n\r\n"), "{first}");
        assert!(second.contains("chunk 9 xx") && !second.contains("half"), "{second}");
    }

    #[test]
    fn a_share_of_the_requests_is_refused() {
        let server = Server::start();
        let proxy = Proxy::to(server.socket());
        proxy.answer_each("/list", Answer::Html(502), 2);
        let mut refused = connect(&proxy);
        ask(&mut refused, "/list");
        let answer = all(&mut refused);
        assert!(answer.starts_with("HTTP/1.1 502") && answer.contains("text/html"), "{answer}");
        list(&mut connect(&proxy));
        let mut refused = connect(&proxy);
        ask(&mut refused, "/list");
        assert!(all(&mut refused).starts_with("HTTP/1.1 502"));
    }

    #[test]
    fn one_kind_of_response_is_held_back_and_a_flood_is_as_long_as_it_should_be() {
        let server = Server::start();
        let proxy = Proxy::to(server.socket());
        proxy.stall_responses("/stream");
        list(&mut connect(&proxy));
        let mut held = connect(&proxy);
        ask(&mut held, "/stream");
        proxy.wait_until("the request", |proxy| proxy.under_way("/stream") == 1);
        drop(held);
        proxy.wait_until("its end", |proxy| proxy.under_way("/stream") == 0);
        proxy.heal();
        proxy.trickle();
        list(&mut connect(&proxy));
        proxy.answer("/list", Answer::Flood(1_000_000));
        let mut flooded = connect(&proxy);
        ask(&mut flooded, "/list");
        let mut bytes = Vec::new();
        flooded.read_to_end(&mut bytes).expect("it can be read");
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        assert_eq!(bytes.len() - head - 4, 1_000_000);
    }

    #[test]
    fn a_client_that_leaves_a_quiet_stream_is_noticed() {
        let server = Server::start();
        let proxy = Proxy::to(server.socket());
        let mut stream = connect(&proxy);
        ask(&mut stream, "/quiet");
        proxy.wait_until("the request", |proxy| proxy.count("/quiet") == 1);
        drop(stream);
        proxy.wait_until("the connection's end", |proxy| proxy.open() == 0);
    }
}
