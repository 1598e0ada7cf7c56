//! This folder knows how a container is brought up from a blueprint: stage by stage, a file for each, and how what a run has made
//! is taken away again.
//! It may use the store's transport, the model, transfers of images, and files of this machine that a blueprint names.
//! It never takes away what another run has made, and never leaves behind without a word what this one has.

mod claims;
mod commands;
mod container;
mod files;
mod image;
mod leftovers;
mod limits;
mod marker;
mod mounts;
mod network;
mod ports;
mod ready;
mod rollback;
mod stages;
mod urls;
mod volumes;

use crate::engine::docker::error::EngineError;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::Transport;
use crate::engine::settings::Place;
use crate::engine::stream::{StreamClosed, StreamEnd, StreamSink};
use crate::model::{BlueprintRun, Id, Problem, StreamEvent, Transferred};
pub use claims::UpClaims;
pub use leftovers::{undo, unfinished};
use rollback::Rollback;
use stages::{Board, UpStage};
use std::sync::Arc;
use std::time::Duration;

/// How long the program waits, when it ends, for runs that are being taken back.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Brings a container up until it is ready, or takes back what was made and says why; or until nobody reads any more, which takes
/// it back as well.
pub async fn run(shared: &Shared, outlet: &StreamSink, wanted: &BlueprintRun) -> Result<Option<Problem>, StreamClosed> {
    let during = format!("up {}", wanted.name);
    let (transport, place, _) = match shared.way(&during, true).await {
        Ok(way) => way,
        Err(problem) => return Ok(Some(problem)),
    };
    let rollback = Rollback::begin(shared, &transport, &wanted.run);
    let board = Board::new(outlet.clone());
    let mut up = Up { shared, wanted: wanted.clone(), transport, place, during, board, rollback };
    match up.all().await {
        Ok(result) => {
            up.rollback.is_done().await;
            shared.wakeups.stock.notify_one();
            outlet.chunk(StreamEvent::Transferred(result)).await?;
            Ok(None)
        }
        // What was made is taken back by a task of its own, as it is when this is dropped.
        Err(StreamEnd::Closed) => Err(StreamClosed),
        Err(StreamEnd::Problem(problem)) => Ok(Some(up.taken_back(problem).await)),
    }
}

/// One run.
struct Up<'a> {
    shared: &'a Shared,
    /// What is wanted; the name and the ports become those that were free.
    wanted: BlueprintRun,
    transport: Transport,
    place: Arc<Place>,
    during: String,
    board: Board,
    rollback: Rollback,
}

impl Up<'_> {
    async fn all(&mut self) -> Result<Transferred, StreamEnd> {
        self.mark().await?;
        let seccomp = self.limits().await?;
        self.mounts().await?;
        self.network().await?;
        self.volumes().await?;
        self.image().await?;
        let container = self.started(seccomp.as_deref()).await?;
        self.commands(&container).await?;
        self.ready(&container).await?;
        let urls = self.urls().await?;
        let id = Id::new(self.shared.settings.engine, container.as_str());
        let words = format!("{} is running", self.wanted.name);
        Ok(Transferred { words, container: Some(id), urls, ..Transferred::default() })
    }

    /// The problem, with what was taken back and what stays.
    async fn taken_back(&mut self, problem: Problem) -> Problem {
        let done = self.board.done_words();
        let stage = self.board.failed().await;
        let report = self.rollback.take_back().await;
        self.shared.wakeups.stock.notify_one();
        let cause = format!("{stage}: {}; {done}; {}", problem.cause.trim_end_matches('.'), report.words());
        Problem::new(&self.during, cause, &problem.hint)
    }

    fn problem(&self, cause: impl AsRef<str>, mend: &str) -> StreamEnd {
        StreamEnd::Problem(Problem::new(&self.during, cause, mend))
    }

    /// A fault as the end of the run.
    fn fault(&self, fault: &EngineError) -> StreamEnd {
        if fault.is_loss() {
            self.shared.wakeups.suspect.notify_one();
        }
        StreamEnd::Problem(fault.problem(&self.during, Some(&self.place)))
    }

    async fn begin(&mut self, stage: UpStage, words: &str) -> Result<(), StreamEnd> {
        Ok(self.board.begin(stage, words).await?)
    }

    async fn done(&mut self, stage: UpStage, words: &str) -> Result<(), StreamEnd> {
        Ok(self.board.done(stage, words).await?)
    }
}
