//! Our own way to the engine: one pooled HTTP client over Unix sockets, TCP or memory, used raw and by bollard.
//!
//! bollard 0.21.1 pools nothing, times out headers only, leaves the version out of paths and takes in a body of any length; this
//! file answers for all four, and it is the one place where read-only is held: a request that could change something never
//! becomes bytes. A raw request stands only where bollard cannot do it; beside each stands one of these words:
//!
//! | word | bollard 0.21.1 |
//! |---|---|
//! | closed enums | fails a whole answer for one word that it does not know, or one entry that cannot be read |
//! | decoder | takes the first bytes of a terminal for a frame's head, waits for ends of lines, breaks where CR LF is cut in two, holds a line of any length, and ends a stream that is quiet for long |
//! | since | knows whole seconds only |
//! | auth | writes `X-Registry-Auth` in the base64 that engines do not read |
//! | text | knows paths and names as text only, and pastes them unescaped |
//! | headers | does not show them, nor when they came |
//! | answer | drops it |
//! | model | lacks a field, or knows only the shape of newer engines |
//! | weight | does not tell how many bytes an answer took |

use crate::engine::clock::{self, EngineClock};
use crate::engine::docker::api_version::Negotiation;
use crate::engine::docker::body_limit::{ANSWER_MAX, Any, BodyLimit, Outline, Whole, too_long};
use crate::engine::docker::error::EngineError;
use crate::engine::settings::{Endpoint, Settings};
use crate::model::ApiVersion;
use bollard::errors::Error as BollardError;
use bollard::{BollardRequest, Docker};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use hyper::upgrade::Upgraded;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tower_service::Service;

/// A connection that was taken over.
pub type Hijacked = TokioIo<Upgraded>;

/// A tar archive on its way to the engine. An error in it breaks the connection off: nothing is taken for whole then.
pub type Upload = BoxStream<'static, io::Result<Bytes>>;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Body = UnsyncBoxBody<Bytes, BoxError>;

/// How long an idle connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(20);
/// Idle connections kept.
const IDLE_CONNECTIONS: usize = 8;
/// A TCP connection that is silent for this long is asked whether its other end still lives,
const KEEPALIVE_AFTER: Duration = Duration::from_secs(15);
/// again after this long,
const KEEPALIVE_AGAIN: Duration = Duration::from_secs(5);
/// and is given up after so many questions without an answer.
const KEEPALIVE_QUESTIONS: u32 = 3;
/// The longest error text taken from an engine, bytes.
const ERROR_TEXT: usize = 16 * 1024;

/// The one path without a version: whoever does not know the version yet asks for it there, and proxies let just this through.
const PING: &str = "/_ping";

/// The way to one engine.
#[derive(Clone, Debug)]
pub struct Transport {
    door: Door,
    docker: Docker,
    operation_timeout: Duration,
}

/// The only door to the wire, for bollard's requests and for our own.
#[derive(Clone, Debug)]
struct Door {
    client: Client<Connector, Body>,
    /// The prefix of every path.
    base: String,
    version: Negotiation,
    read_only: bool,
    clock: EngineClock,
}

impl Door {
    async fn send(&self, request: Request<Body>) -> Result<Response<Incoming>, EngineError> {
        if self.read_only && !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err(EngineError::ReadOnly);
        }
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_string();
        let (asked, repeatable) = (self.version.present(), request.method() == Method::GET);
        let answer = self.send_as(request, &path, asked).await?;
        // Engines refuse old versions too (Docker 29 those before 1.44), and say in that answer which they speak.
        if repeatable && answer.status() == StatusCode::BAD_REQUEST && self.version.present() != asked {
            return self.send_as(self::request(Method::GET, &path, None)?, &path, self.version.present()).await;
        }
        Ok(answer)
    }

    async fn send_as(
        &self,
        mut request: Request<Body>,
        path: &str,
        version: ApiVersion,
    ) -> Result<Response<Incoming>, EngineError> {
        // The version is put in here, since bollard 0.21.1 drops it (its `Uri::parse` joins an absolute path).
        let version = if path == PING { String::new() } else { format!("/v{version}") };
        *request.uri_mut() = uri(&format!("{}{version}{path}", self.base))?;
        let began = tokio::time::Instant::now();
        let answer = self.client.request(request).await.map_err(|error| client_fault(&error))?;
        let said = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        if let Some(date) = said("date") {
            self.clock.observe(date, clock::now(), began.elapsed());
        }
        match said("api-version").and_then(|newest| self.version.observe(newest)) {
            Some(newest) => Err(EngineError::TooOld(newest.to_string())),
            None => Ok(answer),
        }
    }

    /// The answer to a request of bollard's, unless it is a refusal: those are read here, since bollard takes in any length of
    /// words. Of the answer no more than an answer may have can be read.
    async fn answer(&self, request: BollardRequest) -> Result<Response<Incoming>, EngineError> {
        let answer = self.send(request.map(|body| body.map_err(BoxError::from).boxed_unsync())).await?;
        let status = answer.status();
        if status.is_client_error() || status.is_server_error() {
            return Err(refusal(answer).await);
        }
        if let Some(allowance) = answer.extensions().get::<Allowance>() {
            allowance.0.store(ANSWER_MAX as u64, Ordering::Relaxed);
        }
        Ok(answer)
    }
}

impl Transport {
    /// A way to `endpoint`. Nothing is dialled yet.
    pub fn new(endpoint: &Endpoint, settings: &Settings) -> Self {
        let connector = Connector { endpoint: endpoint.clone(), timeout: settings.connect_timeout };
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        let base = match endpoint {
            Endpoint::Tcp { base, .. } => base.clone(),
            Endpoint::Unix(_) | Endpoint::Private(_) | Endpoint::Closed { .. } => String::new(),
        };
        let door = Door {
            client,
            base,
            version: Negotiation::new(settings.api_version),
            read_only: settings.read_only,
            clock: EngineClock::default(),
        };
        Self { docker: docker(door.clone()), door, operation_timeout: settings.operation_timeout }
    }

    /// The engine's clock, as its answers tell.
    pub fn clock(&self) -> &EngineClock {
        &self.door.clock
    }

    /// The time limit of one operation.
    pub fn operation_timeout(&self) -> Duration {
        self.operation_timeout
    }

    /// The typed client over this same way: its calls go through [`Self::call`]. It pastes names into paths as they are: ids are
    /// checked before, other names go through [`crate::engine::path::name`].
    pub fn docker(&self) -> &Docker {
        &self.docker
    }

    /// What comes of one of bollard's calls, within the time for one operation.
    pub async fn call<T>(&self, call: impl Future<Output = Result<T, BollardError>>) -> Result<T, EngineError> {
        within(self.operation_timeout, call).await
    }

    /// Asks and returns the answer as soon as its headers are there, within the time for one operation: for streams. Refusals
    /// become faults. The stream itself may take as long as it likes.
    pub async fn stream(&self, path: &str) -> Result<Response<Incoming>, EngineError> {
        let limit = self.operation_timeout;
        let opened = self.successful(request(Method::GET, path, None)?);
        tokio::time::timeout(limit, opened).await.unwrap_or(Err(EngineError::Slow(limit)))
    }

    /// As [`Self::stream`], for answers of many small pieces, such as long logs: without the framing of chunks they come in large
    /// portions, wherever these end. That an answer was cut off is not told: what it must end with has to be known.
    pub async fn stream_in_bulk(&self, path: &str) -> Result<Response<Incoming>, EngineError> {
        let mut request = request(Method::GET, path, None)?;
        *request.version_mut() = Version::HTTP_10;
        request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        let limit = self.operation_timeout;
        tokio::time::timeout(limit, self.successful(request)).await.unwrap_or(Err(EngineError::Slow(limit)))
    }

    /// Asks for a header alone, within the time for one operation.
    pub async fn head(&self, path: &str, name: &str) -> Result<String, EngineError> {
        let limit = self.operation_timeout;
        let asked = self.successful(request(Method::HEAD, path, None)?);
        let answer = tokio::time::timeout(limit, asked).await.unwrap_or(Err(EngineError::Slow(limit)))?;
        let told = answer.headers().get(name).and_then(|value| value.to_str().ok());
        told.map(str::to_string).ok_or_else(|| EngineError::Garbage(format!("an answer without {name}")))
    }

    /// Puts an archive there. It may take as long as it likes.
    pub async fn put(
        &self,
        path: &str,
        pieces: impl futures_util::Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Result<(), EngineError> {
        let frames = pieces.map(|piece| piece.map(hyper::body::Frame::data).map_err(BoxError::from));
        let mut request = request(Method::PUT, path, None)?;
        *request.body_mut() = http_body_util::StreamBody::new(frames).boxed_unsync();
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
        let answer = self.successful(request).await?;
        gather(answer.into_body(), Any::default()).await.map(drop)
    }

    /// A stream that answers a POST: for what waits until something happens. No time limit beyond connecting: some engines
    /// answer only when it has happened.
    pub async fn post_stream(&self, path: &str) -> Result<Response<Incoming>, EngineError> {
        self.successful(request(Method::POST, path, None)?).await
    }

    /// Posts something that need not fit into memory, and returns the answer as soon as its headers are there; the rest of
    /// the body goes on being sent beside it. No time limit beyond connecting: a person looks on and can cancel.
    pub async fn upload(
        &self,
        path: &str,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Option<Upload>,
    ) -> Result<Response<Incoming>, EngineError> {
        let mut request = request(Method::POST, path, None)?;
        if let Some(pieces) = body {
            let frames = pieces.map(|piece| piece.map(Frame::data));
            *request.body_mut() = StreamBody::new(frames).map_err(BoxError::from).boxed_unsync();
            request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
        }
        for (name, mut value) in headers {
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
        }
        self.successful(request).await
    }

    /// Asks for something that is made before it is sent, however long that takes.
    pub async fn download(&self, path: &str) -> Result<Response<Incoming>, EngineError> {
        self.successful(request(Method::GET, path, None)?).await
    }

    async fn successful(&self, request: Request<Body>) -> Result<Response<Incoming>, EngineError> {
        let answer = self.door.send(request).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(refusal(answer).await)
    }

    /// Posts and returns the whole answer, within the time for one operation. No body is no body at all.
    pub async fn post(&self, path: &str, body: Option<&serde_json::Value>) -> Result<Bytes, EngineError> {
        let limit = self.operation_timeout;
        let asked = self.successful(request(Method::POST, path, body)?);
        let whole = async { gather(asked.await?.into_body(), Any::default()).await };
        tokio::time::timeout(limit, whole).await.unwrap_or(Err(EngineError::Slow(limit)))
    }

    /// Posts and takes the connection over: from then on it carries raw bytes both ways (Docker Engine API, "Attach to a
    /// container", hijacking). Shutting its writing half down leaves the reading half open. The time for one operation is
    /// for the answer alone.
    pub async fn hijack(&self, path: &str, body: Option<&serde_json::Value>) -> Result<Hijacked, EngineError> {
        let mut request = request(Method::POST, path, body)?;
        request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        request.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("tcp"));
        let limit = self.operation_timeout;
        let taken = async {
            let answer = self.door.send(request).await?;
            match answer.status() {
                StatusCode::SWITCHING_PROTOCOLS => {
                    hyper::upgrade::on(answer).await.map(TokioIo::new).map_err(|error| body_fault(&error))
                }
                status if status.is_success() => Err(EngineError::NoHijack),
                _ => Err(refusal(answer).await),
            }
        };
        tokio::time::timeout(limit, taken).await.unwrap_or(Err(EngineError::Slow(limit)))
    }

    /// Asks and returns the whole answer, within the time for one operation.
    pub async fn get(&self, path: &str) -> Result<Bytes, EngineError> {
        self.get_within(path, self.operation_timeout).await
    }

    /// Asks and returns the whole answer, within `limit`.
    pub async fn get_within(&self, path: &str, limit: Duration) -> Result<Bytes, EngineError> {
        self.get_weighed(path, limit).await.0
    }

    /// As [`Self::get_within`], with the bytes that went both ways for it: heads and bodies, without the framing of chunks.
    /// Where no whole answer came only the question counts.
    pub async fn get_weighed(&self, path: &str, limit: Duration) -> (Result<Bytes, EngineError>, u64) {
        let asked = "GET  HTTP/1.1\r\nhost: engine\r\n\r\n".len() + path.len();
        let whole = async {
            let answer = self.stream(path).await?;
            let head = head_bytes(&answer);
            gather(answer.into_body(), Any::default()).await.map(|body| (head, body))
        };
        match tokio::time::timeout(limit, whole).await.unwrap_or(Err(EngineError::Slow(limit))) {
            Ok((head, body)) => {
                let bytes = asked + head + body.len();
                (Ok(body), bytes as u64)
            }
            Err(fault) => (Err(fault), asked as u64),
        }
    }

    /// Asks for a list of any number of entries, within the time for one operation.
    pub async fn list(&self, path: &str) -> Result<Bytes, EngineError> {
        let limit = self.operation_timeout;
        let whole = async { gather(self.stream(path).await?.into_body(), Outline::default()).await };
        tokio::time::timeout(limit, whole).await.unwrap_or(Err(EngineError::Slow(limit)))
    }

    /// Asks for a whole object, which may be large, within the time for one operation.
    pub async fn object(&self, path: &str) -> Result<Bytes, EngineError> {
        let limit = self.operation_timeout;
        let whole = async { gather(self.stream(path).await?.into_body(), Whole::default()).await };
        tokio::time::timeout(limit, whole).await.unwrap_or(Err(EngineError::Slow(limit)))
    }

    /// Asks and reads the answer as JSON.
    pub async fn json<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, EngineError> {
        let bytes = self.get(path).await?;
        if bytes.trim_ascii().is_empty() {
            return Err(EngineError::Garbage("it is empty".into()));
        }
        let read: Option<T> =
            serde_json::from_slice(&bytes).map_err(|error| EngineError::Garbage(error.to_string()))?;
        read.ok_or_else(|| EngineError::Garbage("it says null".into()))
    }
}

/// bollard over a door. Its own time limit is for headers alone: limits are set around its calls.
fn docker(door: Door) -> Docker {
    let transport = move |request: BollardRequest| {
        let door = door.clone();
        async move { door.answer(request).await.map_err(|error| io::Error::other(Carried(error)).into()) }
    };
    let version = bollard::API_DEFAULT_VERSION;
    // In bollard 0.21 this cannot fail: it takes the address apart with defaults, puts the client together and returns `Ok`
    // (`docker.rs`, `connect_with_custom_transport`). Cargo.toml holds that very version.
    Docker::connect_with_custom_transport(transport, Some("http://engine"), u64::MAX, version)
        .expect("it returns no error")
}

/// What comes of one of bollard's calls, body and all, within `limit`.
pub async fn within<T>(limit: Duration, call: impl Future<Output = Result<T, BollardError>>) -> Result<T, EngineError> {
    match tokio::time::timeout(limit, call).await {
        Ok(done) => done.map_err(engine_error),
        Err(_) => Err(EngineError::Slow(limit)),
    }
}

fn uri(path: &str) -> Result<Uri, EngineError> {
    format!("http://engine{path}").parse().map_err(|error| EngineError::Garbage(format!("{error}")))
}

fn request(method: Method, path: &str, body: Option<&serde_json::Value>) -> Result<Request<Body>, EngineError> {
    let uri = uri(path)?;
    let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
    let mut request = Request::new(Full::new(bytes).map_err(BoxError::from).boxed_unsync());
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    if body.is_some() {
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(request)
}

/// An error of ours on its way through those of others.
#[derive(Debug)]
struct Carried(EngineError);

impl std::fmt::Display for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::error::Error for Carried {}

/// An error of bollard, in our words.
pub fn engine_error(error: BollardError) -> EngineError {
    match error {
        BollardError::IOError { err } => io_error(&err),
        BollardError::HyperResponseError { err } => body_fault(&err),
        BollardError::JsonSerdeError { err } if err.is_eof() => EngineError::Garbage("it is empty or cut off".into()),
        BollardError::JsonSerdeError { err } => EngineError::Garbage(err.to_string()),
        BollardError::JsonDataError { message, .. } => EngineError::Garbage(message),
        BollardError::DockerResponseServerError { status_code, message } => EngineError::Status(status_code, message),
        other => EngineError::Cut(other.to_string()),
    }
}

fn io_error(error: &io::Error) -> EngineError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Carried>()) {
        Some(Carried(error)) => error.clone(),
        None => EngineError::Cut(error.to_string()),
    }
}

/// The bytes of an answer's status line and headers.
fn head_bytes(answer: &Response<Incoming>) -> usize {
    let headers = answer.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    "HTTP/1.1 200 OK\r\n\r\n".len() + headers.sum::<usize>()
}

/// The whole body in one piece, as long as it passes the sieve.
pub async fn gather(mut body: Incoming, mut sieve: impl BodyLimit) -> Result<Bytes, EngineError> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(|error| body_fault(&error))?.into_data() else { continue };
        sieve.pass(&bytes).map_err(EngineError::Garbage)?;
        whole.extend_from_slice(&bytes);
    }
    Ok(whole.freeze())
}

/// The engine's message when it refused.
async fn refusal(answer: Response<Incoming>) -> EngineError {
    #[derive(serde::Deserialize)]
    struct Words {
        message: String,
    }
    let status = answer.status();
    let limited = http_body_util::Limited::new(answer.into_body(), ERROR_TEXT);
    let text = match tokio::time::timeout(Duration::from_secs(5), limited.collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        _ => Bytes::new(),
    };
    let words = serde_json::from_slice::<Words>(&text).map(|words| words.message).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(&text);
        let first: String = text.trim().chars().take(200).collect();
        if first.is_empty() { format!("the engine answered {status}") } else { format!("{status}: {first}") }
    });
    EngineError::Status(status.as_u16(), words)
}

/// A failure while a body was being read.
pub fn body_fault(error: &hyper::Error) -> EngineError {
    match std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>()) {
        Some(error) => io_error(error),
        None => EngineError::Cut(innermost(error)),
    }
}

fn client_fault(error: &ClientError) -> EngineError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(dialled) = inner.downcast_ref::<io::Error>()
            && error.is_connect()
        {
            return EngineError::Connect(dialled.kind(), dialled.to_string());
        }
        if let Some(spoken) = inner.downcast_ref::<hyper::Error>()
            && spoken.is_parse()
        {
            return EngineError::Garbage(spoken.to_string());
        }
        cause = inner.source();
    }
    EngineError::Cut(innermost(error))
}

/// The words nearest to the cause.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(inner) = error.source() {
        error = inner;
    }
    error.to_string()
}

/// Dials one endpoint, whatever the address of the request says.
#[derive(Clone, Debug)]
struct Connector {
    endpoint: Endpoint,
    timeout: Duration,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Wire>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<Wire>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Connector { endpoint, timeout } = self.clone();
        Box::pin(async move {
            let dialled = tokio::time::timeout(timeout, dial(endpoint)).await;
            let stream = dialled.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
            Ok(TokioIo::new(Wire { stream, allowance: Allowance::default() }))
        })
    }
}

async fn dial(endpoint: Endpoint) -> io::Result<Box<dyn Stream>> {
    Ok(match endpoint {
        Endpoint::Unix(path) => Box::new(UnixStream::connect(path).await?),
        Endpoint::Tcp { host, port, .. } => Box::new(tcp(&host, port).await?),
        Endpoint::Private(open) => Box::new(open()),
        Endpoint::Closed { why, .. } => return Err(io::Error::new(io::ErrorKind::Unsupported, why.cause)),
    })
}

/// A stream of logs or events is only read: without being asked whether its other end lives, a host that vanished or a router
/// that forgot the connection would look like silence for ever.
async fn tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    use rustix::net::sockopt;
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(&stream, true)?;
    sockopt::set_tcp_keepidle(&stream, KEEPALIVE_AFTER)?;
    sockopt::set_tcp_keepintvl(&stream, KEEPALIVE_AGAIN)?;
    sockopt::set_tcp_keepcnt(&stream, KEEPALIVE_QUESTIONS)?;
    Ok(stream)
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// How many bytes more may be read from a connection before the next request is written to it.
#[derive(Clone)]
struct Allowance(Arc<AtomicU64>);

impl Default for Allowance {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(u64::MAX)))
    }
}

/// One connection.
struct Wire {
    stream: Box<dyn Stream>,
    allowance: Allowance,
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new().extra(self.allowance.clone())
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let (read, left) = ((buf.filled().len() - before) as u64, self.allowance.0.load(Ordering::Relaxed));
        let Some(left) = left.checked_sub(read) else {
            return Poll::Ready(Err(io::Error::other(Carried(EngineError::Garbage(too_long())))));
        };
        self.allowance.0.store(left, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.allowance.0.store(u64::MAX, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Dial;
    use bollard::query_parameters::{ListContainersOptions, StartContainerOptions, TopOptions};
    use std::sync::atomic::AtomicUsize;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    #[tokio::test]
    async fn a_tcp_connection_asks_whether_its_other_end_lives() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stream = tcp("127.0.0.1", port).await.unwrap();
        assert!(rustix::net::sockopt::socket_keepalive(&stream).unwrap());
        assert_eq!(rustix::net::sockopt::tcp_keepidle(&stream).unwrap(), KEEPALIVE_AFTER);
    }

    #[tokio::test]
    async fn every_request_goes_below_the_path_of_the_address() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = tokio::spawn(async move {
            let mut asked = Vec::new();
            while asked.len() < 2 {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = vec![0; 4096];
                let read = stream.read(&mut head).await.unwrap();
                asked.push(String::from_utf8_lossy(&head[..read]).lines().next().unwrap_or_default().to_string());
                let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n[]";
                stream.write_all(answer).await.unwrap();
            }
            asked
        });
        let endpoint = Endpoint::Tcp { host: "127.0.0.1".into(), port, base: "/docker".into() };
        let transport = Transport::new(&endpoint, &Settings::default());
        transport.list("/containers/json?all=1").await.unwrap();
        transport.docker().list_containers(None::<ListContainersOptions>).await.unwrap();
        let asked = asked.await.unwrap();
        assert_eq!(asked[0], "GET /docker/v1.41/containers/json?all=1 HTTP/1.1");
        assert!(asked[1].starts_with("GET /docker/v1.41/containers/json"), "{}", asked[1]);
    }

    #[tokio::test]
    async fn read_only_holds_in_the_transport_before_any_byte() {
        let dialled = Arc::new(AtomicUsize::new(0));
        let count = dialled.clone();
        let open: Dial = Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::io::duplex(64).0
        });
        let transport = Transport::new(&Endpoint::Private(open), &Settings { read_only: true, ..Settings::default() });
        let refused = transport.call(transport.docker().start_container("x", None::<StartContainerOptions>)).await;
        assert_eq!(refused, Err(EngineError::ReadOnly));
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let mut request = Request::new(Full::new(Bytes::new()).map_err(BoxError::from).boxed_unsync());
            *request.method_mut() = method;
            assert_eq!(transport.door.send(request).await.unwrap_err(), EngineError::ReadOnly);
        }
        let body = serde_json::json!({});
        assert_eq!(transport.hijack("/exec/x/start", Some(&body)).await.map(drop), Err(EngineError::ReadOnly));
        assert_eq!(transport.post("/containers/x/exec", Some(&body)).await, Err(EngineError::ReadOnly));
        assert_eq!(transport.post_stream("/containers/x/wait").await.map(drop), Err(EngineError::ReadOnly));
        assert_eq!(transport.upload("/images/create", Vec::new(), None).await.map(drop), Err(EngineError::ReadOnly));
        assert_eq!(dialled.load(Ordering::Relaxed), 0);
    }
    /// An engine in memory that answers each request with these bytes, again and again where they have no end.
    fn engine(answer: &'static [u8], endless: bool) -> Transport {
        async fn serve(mut stream: DuplexStream, answer: &[u8], endless: bool) {
            let mut head = vec![0; 4096];
            while stream.read(&mut head).await.is_ok_and(|read| read > 0) {
                let mut written = stream.write_all(answer).await;
                while endless && written.is_ok() {
                    written = stream.write_all(&[b' '; 4096]).await;
                }
            }
        }
        let open: Dial = Arc::new(move || {
            let (ours, theirs) = tokio::io::duplex(64 * 1024);
            tokio::spawn(serve(theirs, answer, endless));
            ours
        });
        Transport::new(&Endpoint::Private(open), &Settings::default())
    }

    #[tokio::test]
    async fn bollard_takes_in_no_more_than_an_answer_may_have() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n";
        let transport = engine(head, true);
        let asked = transport.call(transport.docker().top_processes("x", None::<TopOptions>)).await;
        assert_eq!(asked.map(drop), Err(EngineError::Garbage("a response of more than 8 MiB".into())));
        let transport = engine(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", false);
        for _ in 0..3 {
            let asked = transport.call(transport.docker().top_processes("x", None::<TopOptions>)).await;
            assert_eq!(asked.map(drop), Err(EngineError::Garbage("it is empty or cut off".into())));
        }
    }

    #[tokio::test]
    async fn an_engine_that_is_too_old_is_told_by_its_first_answer() {
        let transport = engine(b"HTTP/1.1 400 Bad Request\r\napi-version: 1.38\r\ncontent-length: 0\r\n\r\n", false);
        assert_eq!(transport.list("/containers/json").await, Err(EngineError::TooOld("1.38".into())));
    }
}
