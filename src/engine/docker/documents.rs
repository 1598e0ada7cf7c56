//! Whole objects, as they are and whenever something happened to them.

use crate::engine::docker::changes::Subject;
use crate::engine::docker::convert;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::{ConnectionGuard, Shared};
use crate::engine::docker::transport::Transport;
use crate::engine::path::{image, segment};
use crate::engine::settings::Place;
use crate::engine::stream::{StreamClosed, StreamSink};
use crate::model::{Document, Id, Kind, Problem, StreamEvent};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::time::sleep;

/// Between a change and the look at it: what happens at once is seen in one look.
const PACE: Duration = Duration::from_millis(250);
/// The time between two looks without an event: events can be refused or lost.
const SELDOM: Duration = Duration::from_secs(30);
/// After a look that was lost while the engine seems to be there.
const AFTER_LOSS: Duration = Duration::from_secs(2);

/// Tells an object, and again after each change, until it is gone or nobody reads any more.
pub async fn run(shared: &Shared, outlet: &StreamSink, kind: Kind, id: &Id) -> Result<Option<Problem>, StreamClosed> {
    let during = format!("inspect {} {}", kind.word(), name(shared, id));
    let Some(path) = path(kind, id.raw()) else {
        let cause = format!("no such {} on this engine", kind.word());
        return Ok(Some(Problem::new(during, cause, "")));
    };
    // Before the first look: what happens during it is heard after it.
    let mut changes = shared.changes.subscribe();
    if let Err(problem) = shared.way(&during, false).await {
        return Ok(Some(problem));
    }
    let mut known: Option<Arc<Document>> = None;
    loop {
        let contact = ConnectionGuard::of(shared);
        let Some((transport, place)) = shared.line.borrow().way.clone() else { return Ok(None) };
        match look(&transport, &path).await {
            Ok(now) if known.as_deref() == Some(&now) => {}
            Ok(now) => {
                let now = Arc::new(now);
                known = Some(now.clone());
                outlet.chunk(StreamEvent::Document(now)).await?;
            }
            Err(fault) if fault.is_loss() && !matches!(fault, EngineError::Garbage(_)) => {
                shared.wakeups.suspect.notify_one();
                sleep(AFTER_LOSS).await;
                let mut line = shared.line.clone();
                // An error means that the store is ending, and this task with it.
                drop(line.wait_for(|line| line.up).await);
                continue;
            }
            Err(fault) => return Ok(Some(over(&during, kind, &fault, &place, known.is_some()))),
        }
        let concerns = |subject: &Subject| {
            subject.kind == kind
                && (*subject.raw == *id.raw() || known.as_ref().is_some_and(|known| is_called(known, &subject.raw)))
        };
        let change = async {
            loop {
                match changes.recv().await {
                    Ok(Some(subject)) if !concerns(&subject) => {}
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                    // The store is ending, and this task with it.
                    Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            () = change => sleep(PACE).await,
            () = contact.over() => {}
            () = sleep(SELDOM) => {}
        }
        // What came meanwhile is answered by the look that follows.
        changes = changes.resubscribe();
    }
}

fn over(during: &str, kind: Kind, fault: &EngineError, place: &Place, known: bool) -> Problem {
    match fault {
        EngineError::Status(404, _) if known => Problem::new(during, format!("the {} was removed", kind.word()), ""),
        EngineError::Garbage(what) => Problem::new(during, format!("the engine's response cannot be read: {what}"), ""),
        fault => fault.problem(during, Some(place)),
    }
}

/// Looks once. What is large is read where it keeps nobody waiting.
pub async fn look(transport: &Transport, path: &str) -> Result<Document, EngineError> {
    // Raw: what is shown is all that the engine says.
    let bytes = transport.object(path).await?;
    let read = move || {
        let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
        let document = Document::read(&mut deserializer)?;
        deserializer.end()?;
        Ok::<_, serde_json::Error>(document)
    };
    let read = tokio::task::spawn_blocking(read).await.map_err(|error| EngineError::Garbage(error.to_string()))?;
    read.map_err(|error| EngineError::Garbage(error.to_string()))
}

/// The request for an object. None for what cannot be the id or the name of one.
fn path(kind: Kind, raw: &str) -> Option<String> {
    let (before, behind) = kind.spec().path?;
    let can_be = !raw.is_empty() && (kind != Kind::Container || convert::is_container_id(raw));
    // The name of an image keeps its slashes.
    let part = if kind == Kind::Image { image(raw) } else { segment(raw) };
    can_be.then(|| format!("{before}{part}{behind}"))
}

/// True if the object goes by this name too: images are told by their tags, networks by their names.
fn is_called(document: &Document, raw: &str) -> bool {
    let own = ["Id", "ID", "Name"].iter().filter_map(|key| document.text(&[key]));
    let tags = document.child(0, "RepoTags").into_iter().flat_map(|list| document.children(list));
    let mut names = own.chain(tags.filter_map(|tag| document.nodes.get(tag)).map(|node| node.shown(true)));
    names.any(|name| name == raw)
}

/// Its name for messages, as far as known.
fn name(shared: &Shared, id: &Id) -> String {
    let known = shared.index.borrow().containers.get(id).map(|container| container.name.to_string());
    known.unwrap_or_else(|| {
        id.raw().strip_prefix("sha256:").and_then(|raw| raw.get(..12)).unwrap_or(id.short()).to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_part_of_the_path() {
        assert_eq!(path(Kind::Image, "ghcr.io/shop/../api:2").unwrap(), "/images/ghcr.io/shop/%2E%2E/api%3A2/json");
        assert_eq!(path(Kind::Volume, "a/b?c#d\r\n").unwrap(), "/volumes/a%2Fb%3Fc%23d%0D%0A");
        for (kind, raw) in [(Kind::Container, "web"), (Kind::Network, ""), (Kind::Project, "shop"), (Kind::System, "x")]
        {
            assert_eq!(path(kind, raw), None, "{raw}");
        }
    }
}
