//! A request, as the endpoints get it.

use bytes::Bytes;
use http::Method;
use hyper::upgrade::OnUpgrade;
use serde::de::DeserializeOwned;

use super::query::Query;
use super::response::ApiError;

/// A request, read and taken apart.
pub(crate) struct ApiRequest {
    pub(crate) method: Method,
    /// The parts of the path behind the version, percent-decoded.
    pub(crate) path: Vec<String>,
    pub(crate) query: Query,
    pub(crate) body: Bytes,
    /// The connection itself, if the client wants to go on in another protocol on it.
    pub(crate) upgrade: Option<OnUpgrade>,
}

/// A request's body.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::bad(format!("the request body is not valid: {error}")))
}
