//! What an incident bundle needs of an engine, asked for one after the other: what one question fails in is said in its place,
//! and the others go on.

use crate::engine::clock::now;
use crate::engine::docker::convert::is_container_id;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::events::{self, EventMemory};
use crate::engine::docker::inventory::api;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::Transport;
use crate::engine::docker::{documents, logs, sessions};
use crate::engine::path::image;
use crate::engine::rfc3339;
use crate::engine::settings::Place;
use crate::engine::stream::{StreamClosed, StreamSink};
use crate::model::{
    BundleLog, BundlePart, BundleParts, BundleRequest, Document, Event, Layer, Part, Problem, Process, Progress, Stage,
    StreamEvent, Timestamp,
};
use std::sync::Arc;

/// Lines of a log that are read where no time is given.
const LINES: usize = 1_000;
/// Lines of a log that are read at most.
const LINES_MOST: usize = 50_000;
/// How far back events are asked for where no time is given, seconds.
const EVENTS_FOR: u64 = 24 * 3600;
/// The questions, in order: they are the parts of the progress.
const QUESTIONS: [&str; 8] =
    ["container", "image", "image history", "log", "events", "processes", "engine version", "engine information"];

/// Asks everything and sends it as one piece; or why nothing could be asked.
pub async fn run(
    shared: &Shared,
    outlet: &StreamSink,
    wanted: &BundleRequest,
) -> Result<Option<Problem>, StreamClosed> {
    let during = format!("bundle {}", wanted.name);
    if !is_container_id(wanted.id.raw()) {
        return Ok(Some(Problem::new(during, "no such container on this engine", "")));
    }
    let (transport, place, _) = match shared.way(&during, false).await {
        Ok(way) => way,
        Err(problem) => return Ok(Some(problem)),
    };
    let at = transport.clock().theirs(now());
    let mut asking = Asking { shared, outlet, wanted, transport, place, at, asked: 0 };
    asking.tell().await?;
    let parts = asking.all().await?;
    outlet.chunk(StreamEvent::Bundle(Arc::new(parts))).await?;
    Ok(None)
}

/// One round of questions.
struct Asking<'a> {
    shared: &'a Shared,
    outlet: &'a StreamSink,
    wanted: &'a BundleRequest,
    transport: Transport,
    place: Arc<Place>,
    at: Timestamp,
    /// Questions that are answered.
    asked: usize,
}

impl Asking<'_> {
    async fn all(&mut self) -> Result<BundleParts, StreamClosed> {
        let raw = self.wanted.id.raw();
        let inspect = documents::look(&self.transport, &format!("/containers/{raw}/json")).await;
        let inspect = self.answered(inspect).await?;
        // By its identity: the name may lead to another image by now.
        let of = inspect.as_ref().ok().and_then(|told| told.text(&["Image"])).unwrap_or_default().to_string();
        let looked = documents::look(&self.transport, &format!("/images/{}/json", image(&of))).await;
        let looked = self.answered(looked).await?;
        let history = self.history(&of).await;
        let history = self.answered(history).await?;
        let log = self.log().await;
        let log = self.answered(log).await?;
        let events = self.events().await;
        let events = self.answered(events).await?;
        let processes: Result<Vec<Process>, EngineError> = sessions::top::ask(&self.transport, raw).await;
        let processes = self.answered(processes).await?;
        let version = documents::look(&self.transport, "/version").await;
        let version = self.answered(version).await?;
        let info = documents::look(&self.transport, "/info").await;
        let info: BundlePart<Document> = self.answered(info).await?;
        let request = self.wanted.clone();
        Ok(BundleParts { request, at: self.at, inspect, image: looked, history, log, events, processes, version, info })
    }

    /// One question more is answered.
    async fn answered<T>(&mut self, answer: Result<T, EngineError>) -> Result<BundlePart<T>, StreamClosed> {
        let during = format!("read the {}", QUESTIONS.get(self.asked).unwrap_or(&"rest"));
        self.asked += 1;
        self.tell().await?;
        Ok(answer.map_err(|fault| match fault {
            EngineError::Garbage(what) => Problem::new(during, format!("the response cannot be read: {what}"), ""),
            fault => fault.problem(&during, Some(&self.place)),
        }))
    }

    async fn tell(&self) -> Result<(), StreamClosed> {
        let stage = |index: usize| match index.cmp(&self.asked) {
            std::cmp::Ordering::Less => Stage::Done,
            std::cmp::Ordering::Equal => Stage::Moving,
            std::cmp::Ordering::Greater => Stage::Waiting,
        };
        let part =
            |(index, name): (usize, &&str)| Part { name: (*name).into(), stage: stage(index), ..Part::default() };
        let parts = QUESTIONS.iter().enumerate().map(part).collect();
        self.outlet.chunk(StreamEvent::Progress(Arc::new(Progress { parts, ..Progress::default() }))).await
    }

    async fn history(&self, of: &str) -> Result<Vec<Layer>, EngineError> {
        api::layers(&self.transport.list(&format!("/images/{}/history", image(of))).await?)
    }

    async fn log(&self) -> Result<BundleLog, EngineError> {
        let lines = if self.wanted.since.is_some() { LINES_MOST } else { LINES };
        let (batches, has_older) = logs::older::last(self.shared, &self.wanted.id, self.at, lines).await?;
        Ok(BundleLog { batches, has_older })
    }

    async fn events(&self) -> Result<Vec<Event>, EngineError> {
        let since = self.at.plus_seconds(-(self.wanted.since.unwrap_or(EVENTS_FOR) as f64));
        let range = format!("since={}&until={}", rfc3339::query(since), rfc3339::query(self.at));
        let told = self.transport.get(&format!("/events?{range}&filters={}", events::filters())).await?;
        let mut memory = EventMemory::new(self.wanted.id.engine(), self.shared.sessions.records().clone());
        let heard = memory.feed(&told).into_iter();
        Ok(heard.filter(|heard| heard.id.as_ref() == Some(&self.wanted.id)).filter_map(|heard| heard.event).collect())
    }
}
