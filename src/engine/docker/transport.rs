//! Our own way to the engine: one pooled HTTP client over Unix sockets, TCP or memory, used raw and by bollard.
//!
//! bollard pools nothing, times out headers only and cannot be asked raw questions; this file answers for all three, and it is
//! the one place where read-only is held: a request that could change something never becomes bytes.

use crate::engine::body_limit::{Any, BodyLimit, Outline, Whole};
use crate::engine::clock::{self, EngineClock};
use crate::engine::error::EngineError;
use crate::engine::{Dial, Endpoint, Settings};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use hyper::upgrade::Upgraded;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
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

/// The way to one engine.
#[derive(Clone, Debug)]
pub struct Transport {
    client: Client<Connector, Body>,
    /// What every path begins with.
    base: String,
    read_only: bool,
    operation_timeout: Duration,
    clock: EngineClock,
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
        Self {
            client,
            base,
            read_only: settings.read_only,
            operation_timeout: settings.operation_timeout,
            clock: EngineClock::default(),
        }
    }

    /// The engine's clock, as its answers tell.
    pub fn clock(&self) -> &EngineClock {
        &self.clock
    }

    /// What one operation may take.
    pub fn operation_timeout(&self) -> Duration {
        self.operation_timeout
    }

    /// The only door to the wire.
    async fn send(&self, mut request: Request<Body>) -> Result<Response<Incoming>, EngineError> {
        if self.read_only && !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err(EngineError::ReadOnly);
        }
        if !self.base.is_empty() {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            *request.uri_mut() = uri(&format!("{}{path}", self.base))?;
        }
        let began = tokio::time::Instant::now();
        let answer = self.client.request(request).await.map_err(|error| client_fault(&error))?;
        if let Some(date) = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok()) {
            self.clock.observe(date, clock::now(), began.elapsed());
        }
        Ok(answer)
    }

    /// Asks and returns the answer as soon as its headers are there, within the time for one operation: for streams. Refusals
    /// become faults. The stream itself may take as long as it likes.
    pub async fn stream(&self, path: &str) -> Result<Response<Incoming>, EngineError> {
        let limit = self.operation_timeout;
        let opened = self.successful(request(Method::GET, path, None)?);
        tokio::time::timeout(limit, opened).await.unwrap_or(Err(EngineError::Slow(limit)))
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

    /// The answer, unless it is a refusal.
    async fn accepted(&self, request: Request<Body>) -> Result<Response<Incoming>, EngineError> {
        let answer = self.send(request).await?;
        let status = answer.status();
        if status.is_client_error() || status.is_server_error() { Err(refusal(answer).await) } else { Ok(answer) }
    }

    async fn successful(&self, request: Request<Body>) -> Result<Response<Incoming>, EngineError> {
        let answer = self.send(request).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(refusal(answer).await)
    }

    /// Posts and returns the whole answer, within the time for one operation. No body is no body at all.
    pub async fn post(&self, path: &str, body: Option<&serde_json::Value>) -> Result<Bytes, EngineError> {
        self.whole(request(Method::POST, path, body)?).await
    }

    /// Posts without a body and returns the whole answer, within `limit`.
    pub async fn post_within(&self, path: &str, limit: Duration) -> Result<Bytes, EngineError> {
        self.whole_within(request(Method::POST, path, None)?, limit).await
    }

    /// Deletes, within the time for one operation.
    pub async fn delete(&self, path: &str) -> Result<Bytes, EngineError> {
        self.whole(request(Method::DELETE, path, None)?).await
    }

    /// Deletes, within `limit`.
    pub async fn delete_within(&self, path: &str, limit: Duration) -> Result<Bytes, EngineError> {
        self.whole_within(request(Method::DELETE, path, None)?, limit).await
    }

    async fn whole(&self, request: Request<Body>) -> Result<Bytes, EngineError> {
        self.whole_within(request, self.operation_timeout).await
    }

    async fn whole_within(&self, request: Request<Body>, limit: Duration) -> Result<Bytes, EngineError> {
        let whole = async { gather(self.successful(request).await?.into_body(), Any::default()).await };
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
            let answer = self.send(request).await?;
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
        self.json_if_any(path).await?.ok_or_else(|| EngineError::Garbage("it says null".into()))
    }

    /// The same; none where the answer is `null`, which is what Docker says of an empty list.
    pub async fn json_if_any<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<Option<T>, EngineError> {
        let bytes = self.get(path).await?;
        if bytes.trim_ascii().is_empty() {
            return Err(EngineError::Garbage("it is empty".into()));
        }
        serde_json::from_slice(&bytes).map_err(|error| EngineError::Garbage(error.to_string()))
    }

    /// The typed client over this same way. Its requests pass the same door.
    pub fn bollard(&self, timeout: Duration) -> Result<bollard::Docker, bollard::errors::Error> {
        let way = self.clone();
        let transport = move |request: bollard::BollardRequest| {
            let way = way.clone();
            async move {
                let request = request.map(|body| body.map_err(BoxError::from).boxed_unsync());
                // Refusals are read here, since bollard takes in any length of words.
                way.accepted(request).await.map_err(|fault| {
                    let kind = if fault == EngineError::ReadOnly {
                        io::ErrorKind::ReadOnlyFilesystem
                    } else {
                        io::ErrorKind::Other
                    };
                    let err = io::Error::new(kind, Carried(fault));
                    bollard::errors::Error::IOError { err }
                })
            }
        };
        let seconds = timeout.as_secs().max(1);
        bollard::Docker::connect_with_custom_transport(
            transport,
            Some("http://engine"),
            seconds,
            bollard::API_DEFAULT_VERSION,
        )
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

/// A fault on its way through bollard's error type.
#[derive(Debug)]
struct Carried(EngineError);

impl std::fmt::Display for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::error::Error for Carried {}

/// What bollard says, as a fault.
pub fn bollard_fault(error: bollard::errors::Error, limit: Duration) -> EngineError {
    use bollard::errors::Error;
    match error {
        Error::DockerResponseServerError { status_code, message } => EngineError::Status(status_code, message),
        Error::RequestTimeoutError => EngineError::Slow(limit),
        Error::IOError { err } => match err.get_ref().and_then(|inner| inner.downcast_ref::<Carried>()) {
            Some(Carried(fault)) => fault.clone(),
            None => EngineError::Cut(err.to_string()),
        },
        other => EngineError::Cut(other.to_string()),
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

/// What the engine said when it refused.
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
    EngineError::Cut(innermost(error))
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
            dialled.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map(TokioIo::new)
        })
    }
}

async fn dial(endpoint: Endpoint) -> io::Result<Wire> {
    match endpoint {
        Endpoint::Unix(path) => unix(path).await,
        Endpoint::Tcp { host, port, .. } => {
            let stream = TcpStream::connect((host.as_str(), port)).await?;
            stream.set_nodelay(true)?;
            keep_alive(&stream)?;
            Ok(Wire::Tcp(stream))
        }
        Endpoint::Private(open) => Ok(private(&open)),
        Endpoint::Closed { why, .. } => Err(io::Error::new(io::ErrorKind::Unsupported, why.cause)),
    }
}

/// A stream of logs or events is only read: without this, a host that vanished or a router that forgot the connection
/// would look like silence for ever.
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    use rustix::net::sockopt;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEPALIVE_AFTER)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE_AGAIN)?;
    sockopt::set_tcp_keepcnt(stream, KEEPALIVE_QUESTIONS)?;
    Ok(())
}

async fn unix(path: PathBuf) -> io::Result<Wire> {
    UnixStream::connect(path).await.map(Wire::Unix)
}

fn private(open: &Dial) -> Wire {
    Wire::Memory(open())
}

/// One connection.
enum Wire {
    Unix(UnixStream),
    Tcp(TcpStream),
    Memory(DuplexStream),
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
            Wire::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Wire::Memory(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Wire::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
            Wire::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Wire::Memory(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Wire::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Wire::Memory(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Wire::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Wire::Memory(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::query_parameters::StartContainerOptions;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_tcp_connection_asks_whether_its_other_end_lives() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = dial(Endpoint::Tcp { host: "127.0.0.1".into(), port, base: String::new() }).await.unwrap();
        let Wire::Tcp(stream) = wire else { panic!("not TCP") };
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
                let read = tokio::io::AsyncReadExt::read(&mut stream, &mut head).await.unwrap();
                asked.push(String::from_utf8_lossy(&head[..read]).lines().next().unwrap_or_default().to_string());
                let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n[]";
                tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await.unwrap();
            }
            asked
        });
        let endpoint = Endpoint::Tcp { host: "127.0.0.1".into(), port, base: "/docker".into() };
        let transport = Transport::new(&endpoint, &Settings::default());
        transport.list("/containers/json?all=1").await.unwrap();
        let docker = transport.bollard(Duration::from_secs(5)).unwrap();
        docker.list_containers(None::<bollard::query_parameters::ListContainersOptions>).await.unwrap();
        let asked = asked.await.unwrap();
        assert_eq!(asked[0], "GET /docker/containers/json?all=1 HTTP/1.1");
        assert!(asked[1].starts_with("GET /docker/") && asked[1].contains("/containers/json"), "{}", asked[1]);
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
        let limit = Duration::from_secs(1);
        let docker = transport.bollard(limit).unwrap();
        let refused = docker.start_container("x", None::<StartContainerOptions>).await.unwrap_err();
        assert_eq!(bollard_fault(refused, limit), EngineError::ReadOnly);
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let mut request = Request::new(Full::new(Bytes::new()).map_err(BoxError::from).boxed_unsync());
            *request.method_mut() = method;
            assert_eq!(transport.send(request).await.unwrap_err(), EngineError::ReadOnly);
        }
        let body = serde_json::json!({});
        assert_eq!(transport.hijack("/exec/x/start", Some(&body)).await.map(drop), Err(EngineError::ReadOnly));
        assert_eq!(transport.post("/containers/x/exec", Some(&body)).await, Err(EngineError::ReadOnly));
        assert_eq!(transport.post_stream("/containers/x/wait").await.map(drop), Err(EngineError::ReadOnly));
        assert_eq!(transport.delete("/containers/x").await, Err(EngineError::ReadOnly));
        assert_eq!(transport.upload("/images/create", Vec::new(), None).await.map(drop), Err(EngineError::ReadOnly));
        assert_eq!(dialled.load(Ordering::Relaxed), 0);
    }
}
