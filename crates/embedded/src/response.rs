//! What goes back to the client: bodies, JSON, and refusals in Docker's words.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use http::{Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use serde::Serialize;
use serde_json::json;

pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;
pub(crate) type Answer = Result<Response<Body>, ApiError>;

/// Why a request is not done: an HTTP status, and a message for the person who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

impl ApiError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        ApiError { status, message: message.into() }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn absent(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(crate) fn no_container(reference: &str) -> Self {
        Self::absent(format!("No such container: {reference}"))
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    /// The engine does not do that: `what` names it.
    pub(crate) fn unable(what: &str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, format!("the bowline embedded engine does not {what}"))
    }

    /// Nothing to do: it already is as asked (Docker answers 304 without a body).
    pub(crate) fn already() -> Self {
        Self::new(StatusCode::NOT_MODIFIED, "")
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        if self.status == StatusCode::NOT_MODIFIED {
            return status(self.status);
        }
        json_with(self.status, &json!({ "message": self.message }))
    }
}

/// A response without a body.
pub(crate) fn status(code: StatusCode) -> Response<Body> {
    with(code, None, full(Bytes::new()))
}

pub(crate) fn no_content() -> Response<Body> {
    status(StatusCode::NO_CONTENT)
}

/// 200 with JSON.
pub(crate) fn json(value: &impl Serialize) -> Response<Body> {
    json_with(StatusCode::OK, value)
}

pub(crate) fn json_with(code: StatusCode, value: &impl Serialize) -> Response<Body> {
    // Everything answered is made of strings, numbers and string-keyed maps, which serialise always.
    let text = serde_json::to_vec(value).unwrap_or_default();
    with(code, Some("application/json"), full(Bytes::from(text)))
}

/// 200 with a body that comes piece by piece, as `pieces` yields it; dropped when the client goes.
pub(crate) fn streamed(kind: &'static str, pieces: impl Stream<Item = Bytes> + Send + 'static) -> Response<Body> {
    let frames = pieces.map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
    with(StatusCode::OK, Some(kind), BodyExt::boxed_unsync(StreamBody::new(frames)))
}

/// A stream made from a state and a step that consumes it.
pub(crate) fn unfold<S, F, Fut>(state: S, step: F) -> impl Stream<Item = Bytes> + Send + 'static
where
    S: Send + 'static,
    F: FnMut(S) -> Fut + Send + 'static,
    Fut: Future<Output = Option<(Bytes, S)>> + Send + 'static,
{
    stream::unfold(state, step)
}

pub(crate) fn full(bytes: Bytes) -> Body {
    Full::new(bytes).boxed_unsync()
}

pub(crate) fn with(code: StatusCode, kind: Option<&'static str>, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = code;
    if let Some(kind) = kind {
        response.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
    }
    response
}
