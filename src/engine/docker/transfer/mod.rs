//! This room knows images and volumes on their way: pull, push, build, save, load; export, import, copy.
//! It may use the store's transport, the model, and files of this machine that a person named.
//! It never takes a stream that broke for one that ended, never tries again what was refused, and tells no secret.

mod archive;
mod build;
mod context;
mod ignore;
mod lines;
pub(in crate::engine) mod progress;
mod pull;
mod rewrite_tar;
mod volume;

use crate::engine::clock::at;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::{self, Transport};
use crate::engine::path::image as named;
use crate::engine::settings::Place;
use crate::engine::stream::{StreamClosed, StreamEnd, StreamSink};
use crate::model::{ImageRef, Problem, StreamEvent, Transfer, Transferred};
use crate::persist::tilde;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Response, header::HeaderName, header::HeaderValue};
use lines::{Lines, Said};
use progress::{PACE, Tally};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::time::sleep;

/// The number of attempts of a pull or a push.
const ATTEMPTS: u32 = 3;
/// Moves an image until it is there, or why not; or until nobody reads any more, which cancels it.
pub async fn run(shared: &Shared, outlet: &StreamSink, transfer: &Transfer) -> Result<Option<Problem>, StreamClosed> {
    match begin(shared, outlet, transfer).await {
        Ok(result) => {
            outlet.chunk(StreamEvent::Transferred(result)).await?;
            Ok(None)
        }
        Err(StreamEnd::Problem(problem)) => Ok(Some(problem)),
        Err(StreamEnd::Closed) => Err(StreamClosed),
    }
}

/// The same, with its result for whoever asks. Its progress goes to the sink.
pub async fn begin(shared: &Shared, outlet: &StreamSink, transfer: &Transfer) -> Result<Transferred, StreamEnd> {
    let mut way = TransferContext::enter(shared, outlet, transfer).await?;
    match transfer {
        Transfer::Pull { reference, policy } => pull::pull(&mut way, reference, *policy).await,
        Transfer::Push { reference, image } => pull::push(&mut way, reference, image.as_deref()).await,
        Transfer::Build(wanted) => build::run(&mut way, wanted).await,
        Transfer::Save { references, path } => archive::save(&mut way, references, path).await,
        Transfer::Load { path } => archive::load(&mut way, path).await,
        // Not of this room: the caller has told it apart.
        Transfer::Compose(_) => Err(way.problem("internal error: compose is not an image transfer", "")),
        Transfer::Bundle(_) => Err(way.problem("internal error: a bundle is not an image transfer", "")),
        Transfer::Up(_) | Transfer::Undo(_) => Err(way.problem("internal error: a blueprint is no image transfer", "")),
        Transfer::ExportVolume { volume, path } => volume::export(&mut way, volume, path).await,
        Transfer::ImportVolume { path, volume, seen } => volume::import(&mut way, path, volume, seen.as_ref()).await,
        Transfer::CopyVolume { from, volume, seen } => volume::copy(&mut way, from, volume, seen.as_ref()).await,
    }
}

/// The failure of one attempt.
enum Failure {
    Closed,
    Fault(EngineError),
    /// The data to send cannot be read.
    Source(String),
}

impl From<StreamClosed> for Failure {
    fn from(_: StreamClosed) -> Self {
        Failure::Closed
    }
}

impl From<EngineError> for Failure {
    fn from(fault: EngineError) -> Self {
        Failure::Fault(fault)
    }
}

/// The context that every transfer needs.
struct TransferContext<'a> {
    shared: &'a Shared,
    outlet: &'a StreamSink,
    transport: Transport,
    place: Arc<Place>,
    during: String,
    tally: Tally,
}

impl<'a> TransferContext<'a> {
    /// The way to the engine; one that was just lost is waited for a moment. What changes something is refused here when
    /// that is forbidden, before any byte; the transport would refuse it too.
    async fn enter(shared: &'a Shared, outlet: &'a StreamSink, transfer: &Transfer) -> Result<Self, StreamEnd> {
        let during = format!("{} {}", transfer.verb(), transfer.what());
        let way = shared.way(&during, transfer.changes()).await;
        let (transport, place, _) = way.map_err(StreamEnd::Problem)?;
        Ok(Self { shared, outlet, transport, place, during, tally: Tally::default() })
    }

    fn problem(&self, cause: impl AsRef<str>, mend: &str) -> StreamEnd {
        StreamEnd::Problem(Problem::new(&self.during, cause, mend))
    }

    /// An image's name, taken apart.
    fn reference(&self, text: &str) -> Result<ImageRef, StreamEnd> {
        ImageRef::parse(text).map_err(|why| self.problem(why, ""))
    }

    /// True if the engine has an image of this name.
    async fn has(&self, reference: &ImageRef) -> Result<bool, StreamEnd> {
        // Raw: closed enums.
        match self.transport.get(&format!("/images/{}/json", named(&reference.full()))).await {
            Ok(_) => Ok(true),
            Err(EngineError::Status(404, _)) => Ok(false),
            Err(fault) => Err(self.fault(&fault)),
        }
    }

    /// A fault as the end of the transfer.
    fn fault(&self, fault: &EngineError) -> StreamEnd {
        if matches!(fault, EngineError::Connect(..) | EngineError::Cut(_) | EngineError::Slow(_)) {
            self.shared.wakeups.suspect.notify_one();
        }
        StreamEnd::Problem(self.told(fault))
    }

    fn told(&self, fault: &EngineError) -> Problem {
        match fault {
            EngineError::Status(_, words) => Problem::new(&self.during, words, mend(words)),
            EngineError::Garbage(what) => {
                Problem::new(&self.during, format!("the engine's response cannot be read: {what}"), "")
            }
            fault => fault.problem(&self.during, Some(&self.place)),
        }
    }

    /// Tells troubles that stop nothing.
    fn troubles(&mut self, troubles: &[String]) {
        troubles.iter().for_each(|trouble| self.tally.note(&format!("note: {trouble}")));
    }

    /// Waits for an answer's headers, and tells what is sent meanwhile.
    async fn answered(
        &mut self,
        answer: impl Future<Output = Result<Response<Incoming>, EngineError>>,
    ) -> Result<Response<Incoming>, Failure> {
        Ok(self.until(answer).await??)
    }

    /// Waits for something, and tells what is sent meanwhile.
    async fn until<T>(&mut self, what: impl Future<Output = T>) -> Result<T, StreamClosed> {
        let mut what = std::pin::pin!(what);
        loop {
            tokio::select! {
                done = &mut what => return Ok(done),
                () = sleep(PACE) => {
                    self.tally.look();
                    self.tally.tell_if_due(self.outlet).await?;
                }
            }
        }
    }

    /// Reads a response to its end. One that ended without the engine's word that it is done counts as broken.
    async fn hear(&mut self, answer: Response<Incoming>) -> Result<(), Failure> {
        let mut body = answer.into_body();
        let mut lines = Lines::default();
        loop {
            let due = self.tally.due();
            let frame = tokio::select! {
                biased;
                () = at(due) => {
                    self.tally.tell(self.outlet).await?;
                    continue;
                }
                () = sleep(PACE), if self.tally.counts() => {
                    self.tally.look();
                    continue;
                }
                frame = body.frame() => frame,
            };
            let Some(frame) = frame else { break };
            // Trailers say nothing here.
            let Ok(bytes) = frame.map_err(|error| transport::body_fault(&error))?.into_data() else { continue };
            self.take(&lines.read(&bytes)?)?;
        }
        self.take(&lines.end())?;
        self.tally.finish();
        if self.tally.done {
            return Ok(());
        }
        Err(EngineError::Cut("the response ended before the engine reported success".into()).into())
    }

    /// Takes in what was said; an error in it is one, whatever the answer's status was.
    fn take(&mut self, said: &[Said]) -> Result<(), EngineError> {
        for said in said {
            self.tally.hear(said);
            if let Some(words) = &said.error {
                return Err(EngineError::Status(500, words.clone()));
            }
        }
        Ok(())
    }

    /// Tells the last state, and the end.
    async fn end(&mut self, ended: Result<(), Failure>) -> Result<Transferred, StreamEnd> {
        self.tally.finish();
        self.tally.tell(self.outlet).await?;
        match ended {
            Ok(()) => Ok(std::mem::take(&mut self.tally.result)),
            Err(Failure::Closed) => Err(StreamEnd::Closed),
            Err(Failure::Fault(fault)) => Err(self.fault(&fault)),
            Err(Failure::Source(why)) => Err(self.problem(why, "")),
        }
    }
}

/// A header whose value is in base64.
fn header(name: &'static str, value: &str) -> Vec<(HeaderName, HeaderValue)> {
    // Base64 is always a value.
    HeaderValue::from_str(value).map(|value| (HeaderName::from_static(name), value)).into_iter().collect()
}

/// A path as a person writes it.
fn path(text: &str) -> PathBuf {
    tilde::path(Path::new(text))
}

/// True if the same may well succeed a moment later: the network's fault, not a refusal.
fn is_passing(fault: &EngineError) -> bool {
    const PASSING: [&str; 16] = [
        "timeout",
        "timed out",
        "deadline exceeded",
        "connection refused",
        "connection reset",
        "broken pipe",
        "unexpected eof",
        ": eof",
        "no such host",
        "temporary failure",
        "network is unreachable",
        "no route to host",
        "bad gateway",
        "service unavailable",
        "gateway time",
        "500 internal server error",
    ];
    match fault {
        EngineError::Connect(..) | EngineError::Slow(_) | EngineError::Cut(_) => true,
        EngineError::Status(502..=504, _) => true,
        EngineError::Status(401..=404, _) => false,
        EngineError::Status(_, words) => {
            let words = words.to_lowercase();
            PASSING.iter().any(|known| words.contains(known))
        }
        EngineError::Garbage(_)
        | EngineError::ReadOnly
        | EngineError::TooOld(_)
        | EngineError::Changed(_)
        | EngineError::NoHijack => false,
    }
}

/// What helps with some of the things that registries and builders say.
fn mend(words: &str) -> &'static str {
    let words = words.to_lowercase();
    let has = |known: &str| words.contains(known);
    if has("unauthorized") || has("no basic auth") || has("authentication required") || has("denied") {
        "run docker login, or check the name: a private image looks like a missing one"
    } else if has("no matching manifest") {
        "the image has no variant for the engine's processor"
    } else if has("manifest unknown") || has("not found") || has("no such image") || has("does not exist") {
        "check the name and the tag"
    } else if has("http response to https client") {
        "the registry uses plain HTTP: add it to the engine's insecure-registries"
    } else if has("certificate") {
        "the engine does not trust the registry's certificate: put the CA's into /etc/docker/certs.d"
    } else if has("no such host") {
        "check the registry's name, and the engine's DNS"
    } else if has("toomanyrequests") || has("rate limit") {
        "the registry limits pulls: log in, or wait"
    } else if has("no space left") {
        "free space on the engine's disk: docker system df shows what uses it"
    } else if has("returned a non-zero code") || has("failed to solve") {
        "see the last lines of its output"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_is_not_tried_again() {
        let status = |words: &str| EngineError::Status(500, words.into());
        for words in [
            "Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused",
            "Get https://r/v2/: net/http: TLS handshake timeout",
            "received unexpected HTTP status: 502 Bad Gateway",
            "unexpected EOF",
        ] {
            assert!(is_passing(&status(words)), "{words}");
        }
        for words in
            ["denied: requested access", "manifest for x not found: manifest unknown", "no basic auth credentials"]
        {
            assert!(!is_passing(&status(words)), "{words}");
            assert!(!mend(words).is_empty(), "{words}");
        }
        assert!(is_passing(&EngineError::Cut("x".into())) && !is_passing(&EngineError::Status(404, "timeout".into())));
        assert!(!is_passing(&EngineError::ReadOnly) && !is_passing(&EngineError::Garbage("x".into())));
    }
}
