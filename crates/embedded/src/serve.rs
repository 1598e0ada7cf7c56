//! Connections and requests: HTTP/1.1 on any stream of bytes, versions, bounds, and the headers that Docker sends.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::hijack;
use super::query::{self, Query};
use super::request::ApiRequest;
use super::response::{ApiError, Body};
use super::routes;
use super::shared::{Shared, closed};
use super::socket::Socket;

/// The API this engine speaks.
pub(crate) const API: (u32, u32) = (1, 41);
pub(crate) const OLDEST: (u32, u32) = (1, 12);

/// Bounds of what a client may send.
const HEADERS: usize = 64 * 1024;
const BODY: usize = 1024 * 1024;

/// Archives may be larger: files of a container, and images.
const ARCHIVE: usize = 32 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(30);

/// Accepts connections until the engine shuts down.
pub(crate) async fn listen(shared: Shared, socket: Socket) {
    let mut closing = shared.closing.subscribe();
    loop {
        tokio::select! {
            () = closed(&mut closing) => return,
            accepted = socket.listener.accept() => match accepted {
                Ok((stream, _)) => drop(tokio::spawn(connection(shared.clone(), stream))),
                Err(error) => {
                    // Out of file descriptors, most likely: others may close in a moment.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
}

/// Serves one connection to its end, or to the engine's.
pub(crate) async fn connection(shared: Shared, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let mut closing = shared.closing.subscribe();
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(respond(shared, request).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_buf_size(HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::select! {
        served = serving => if let Err(error) = served {
            tracing::debug!(%error, "a connection ended badly");
        },
        () = closed(&mut closing) => {}
    }
}

async fn respond(shared: Shared, request: Request<Incoming>) -> Response<Body> {
    let head = request.method() == Method::HEAD;
    let answer = match read(request).await {
        Ok(ask) => routes::route(shared, ask).await,
        Err(refusal) => Err(refusal),
    };
    let mut response = answer.unwrap_or_else(ApiError::into_response);
    if head {
        *response.body_mut() = super::response::full(Bytes::new());
    }
    let headers = response.headers_mut();
    for (name, value) in [
        ("api-version", "1.41"),
        ("docker-experimental", "false"),
        ("ostype", "linux"),
        ("server", concat!("Bowline/", env!("CARGO_PKG_VERSION"), " (embedded)")),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

async fn read(mut request: Request<Incoming>) -> Result<ApiRequest, ApiError> {
    let upgrade = hijack::asked(request.headers()).then(|| hyper::upgrade::on(&mut request));
    let (parts, body) = request.into_parts();
    let query = Query::parse(parts.uri.query().unwrap_or(""))?;
    let mut path: Vec<String> = Vec::new();
    for part in parts.uri.path().split('/').filter(|part| !part.is_empty()) {
        path.push(query::decode(part, false)?);
    }
    if let Some(version) = path.first().and_then(|first| version(first)) {
        check_version(version)?;
        path.remove(0);
    }
    let most = if takes_archive(&parts.method, &path) { ARCHIVE } else { BODY };
    let body = tokio::time::timeout(PATIENCE, Limited::new(body, most).collect())
        .await
        .map_err(|_| ApiError { status: StatusCode::REQUEST_TIMEOUT, message: "the request is incomplete".into() })?
        .map_err(|error| match error.downcast::<http_body_util::LengthLimitError>() {
            Ok(_) => ApiError::too_large(format!("a request body can have at most {most} bytes here")),
            Err(error) => ApiError::bad(format!("the request body cannot be read: {error}")),
        })?
        .to_bytes();
    Ok(ApiRequest { method: parts.method, path, query, body, upgrade })
}

fn takes_archive(method: &Method, path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["containers", _, "archive"] => method == Method::PUT,
        ["images", "load"] => true,
        _ => false,
    }
}

/// `v1.41` as a version.
fn version(part: &str) -> Option<(u32, u32)> {
    let (major, minor) = part.strip_prefix('v')?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn check_version(asked: (u32, u32)) -> Result<(), ApiError> {
    let name = |(major, minor): (u32, u32)| format!("{major}.{minor}");
    if asked > API {
        return Err(ApiError::bad(format!(
            "client version {} is too new. Maximum supported API version is {}",
            name(asked),
            name(API)
        )));
    }
    if asked < OLDEST {
        return Err(ApiError::bad(format!(
            "client version {} is too old. Minimum supported API version is {}, please upgrade your client to a newer version",
            name(asked),
            name(OLDEST)
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_docker_judges_them() {
        assert_eq!(version("v1.41"), Some((1, 41)));
        assert_eq!(version("containers"), None);
        assert!(check_version((1, 24)).is_ok());
        let new = check_version((1, 42)).expect_err("too new");
        assert_eq!(new.message, "client version 1.42 is too new. Maximum supported API version is 1.41");
        assert!(check_version((1, 1)).is_err());
    }
}
