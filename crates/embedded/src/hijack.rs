//! Turning a request into a two-way stream of bytes, as Docker's attach and exec do: after the answer's head the connection
//! is no HTTP any more.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use hyper::ext::ReasonPhrase;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

use super::request::ApiRequest;
use super::response::{Body, full, streamed, unfold, with};

/// A client's end, whatever carries it.
pub(crate) trait TwoWay: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> TwoWay for T {}
pub(crate) type Client = Box<dyn TwoWay>;

/// Docker's name for both kinds of stream up to this version of its API.
const KIND: &str = "application/vnd.docker.raw-stream";

/// Bytes on their way to a client that did not ask for an upgrade.
const HELD: usize = 64 * 1024;

/// Whether a client asked to go on in another protocol.
pub(crate) fn asked(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}

/// Answers a request and lets `talk` have the connection.
///
/// A client that asked for an upgrade gets 101, and both directions. One that did not gets the output as the body of
/// a 200 and can send nothing more: HTTP has no place for it.
pub(crate) fn hijack<F, Fut>(ask: &mut ApiRequest, talk: F) -> Response<Body>
where
    F: FnOnce(Client) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    match ask.upgrade.take() {
        Some(upgrade) => {
            tokio::spawn(async move { talk(upgraded(upgrade).await).await });
            switched()
        }
        None => one_way(talk),
    }
}

/// Nobody: a client that has left already.
pub(crate) fn nobody() -> Client {
    Box::new(tokio::io::duplex(1).0)
}

/// How often a client that sends nothing more is looked after.
const LOOK: Duration = Duration::from_secs(1);

/// Resolves when a client whose half is `closed` is gone altogether, which is no half-closed connection any more: then
/// not even nothing can be written to it. No bytes are sent, so that this may come between any two pieces.
pub(crate) async fn gone(client: &mut (impl AsyncWrite + Unpin), mut closed: watch::Receiver<bool>) {
    // An error means that nobody listens to it any more.
    let _ = closed.wait_for(|closed| *closed).await;
    while client.write(&[]).await.is_ok() {
        tokio::time::sleep(LOOK).await;
    }
}

async fn upgraded(upgrade: OnUpgrade) -> Client {
    match upgrade.await {
        Ok(stream) => Box::new(TokioIo::new(stream)),
        Err(error) => {
            tracing::debug!(%error, "a client went before its stream began");
            nobody()
        }
    }
}

fn switched() -> Response<Body> {
    let mut response = with(StatusCode::SWITCHING_PROTOCOLS, Some(KIND), full(Bytes::new()));
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("tcp"));
    response.extensions_mut().insert(ReasonPhrase::from_static(b"UPGRADED"));
    response
}

fn one_way<F, Fut>(talk: F) -> Response<Body>
where
    F: FnOnce(Client) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let (ours, theirs) = tokio::io::duplex(HELD);
    tokio::spawn(talk(Box::new(theirs)));
    let pieces = unfold(ours, |mut stream| async move {
        // Nothing comes from this client; in memory this cannot fail.
        let _ = stream.shutdown().await;
        let mut piece = BytesMut::with_capacity(HELD / 4);
        match stream.read_buf(&mut piece).await {
            Ok(read) if read > 0 => Some((piece.freeze(), stream)),
            _ => None,
        }
    });
    streamed(KIND, pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn half_closed_is_not_gone() {
        let (mut near, mut far) = tokio::net::UnixStream::pair().expect("a pair");
        let silent = watch::Sender::new(true);
        far.shutdown().await.expect("closes its half");
        let early = tokio::time::timeout(LOOK / 10, gone(&mut near, silent.subscribe())).await;
        assert!(early.is_err(), "it still hears");
        near.write_all(b"x").await.expect("writes");
        let mut heard = [0; 2];
        assert_eq!(far.read(&mut heard).await.expect("reads"), 1, "nothing but the one byte was sent");
        drop(far);
        tokio::time::timeout(3 * LOOK, gone(&mut near, silent.subscribe())).await.expect("it has left");
    }

    #[tokio::test]
    async fn nobody_has_left() {
        let silent = watch::Sender::new(true);
        tokio::time::timeout(LOOK, gone(&mut nobody(), silent.subscribe())).await.expect("at once");
    }
}
