//! The stages of a run, and what is told of them.

use crate::engine::stream::{StreamClosed, StreamSink};
use crate::model::{Part, Progress, Stage, StreamEvent, secret, text};
use std::sync::Arc;

/// The longest word of a stage, characters.
const WORDS: usize = 120;

/// A stage of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpStage {
    /// What the engine can limit.
    Limits,
    /// Folders of the host.
    Mounts,
    /// The network.
    Network,
    /// Named volumes.
    Volumes,
    /// The image.
    Image,
    /// The container.
    Container,
    /// Files before the start.
    Files,
    /// The start.
    Start,
    /// Commands after the start.
    Commands,
    /// Until it is healthy and answers.
    Ready,
    /// Addresses.
    Urls,
}

impl UpStage {
    const ALL: [UpStage; 11] = [
        UpStage::Limits,
        UpStage::Mounts,
        UpStage::Network,
        UpStage::Volumes,
        UpStage::Image,
        UpStage::Container,
        UpStage::Files,
        UpStage::Start,
        UpStage::Commands,
        UpStage::Ready,
        UpStage::Urls,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            UpStage::Limits => "limits",
            UpStage::Mounts => "mounts",
            UpStage::Network => "network",
            UpStage::Volumes => "volumes",
            UpStage::Image => "image",
            UpStage::Container => "container",
            UpStage::Files => "files",
            UpStage::Start => "start",
            UpStage::Commands => "commands",
            UpStage::Ready => "ready",
            UpStage::Urls => "urls",
        }
    }
}

/// How far the stages are.
pub struct Board {
    outlet: StreamSink,
    progress: Progress,
    /// Hides the secrets in lines of output.
    veil: secret::Lines,
    at: UpStage,
}

impl Board {
    /// None has begun.
    pub fn new(outlet: StreamSink) -> Board {
        let part = |stage: UpStage| Part { name: stage.name().into(), ..Part::default() };
        let progress = Progress { parts: UpStage::ALL.map(part).into(), ..Progress::default() };
        Board { outlet, progress, veil: secret::Lines::default(), at: UpStage::Limits }
    }

    /// Where messages go.
    pub fn outlet(&self) -> &StreamSink {
        &self.outlet
    }

    /// A stage is under way.
    pub async fn begin(&mut self, stage: UpStage, words: &str) -> Result<(), StreamClosed> {
        self.at = stage;
        self.set(stage, Stage::Moving, words);
        self.tell().await
    }

    /// A stage is done.
    pub async fn done(&mut self, stage: UpStage, words: &str) -> Result<(), StreamClosed> {
        self.set(stage, Stage::Done, words);
        self.tell().await
    }

    /// A line of output; it is told with the next change.
    pub fn note(&mut self, line: &str) {
        let line = text::clean(line);
        let line = self.veil.told(&line).into_owned();
        self.progress.lines.push(line);
    }

    /// What a transfer of an image tells becomes the stage that it is a part of.
    pub async fn carry(&mut self, stage: UpStage, told: &Progress) -> Result<(), StreamClosed> {
        let over = told.parts.iter().filter(|part| part.stage.is_over()).count();
        let words = match (&told.again, told.parts.len()) {
            (Some((why, attempt)), _) => format!("attempt {attempt} follows: {}", why.cause),
            (None, 0) => told.lines.last().cloned().unwrap_or_default(),
            (None, count) => format!("{over}/{count} parts"),
        };
        self.set(stage, Stage::Moving, &words);
        if let Some(part) = self.progress.parts.get_mut(stage as usize) {
            part.done = told.parts.iter().map(|part| part.done).sum();
            part.total = told.parts.iter().map(|part| part.total).sum();
        }
        // Their secrets are hidden already.
        self.progress.lines.extend(told.lines.iter().cloned());
        self.progress.again.clone_from(&told.again);
        self.tell().await
    }

    fn set(&mut self, stage: UpStage, is: Stage, words: &str) {
        // There is a part for each stage.
        if let Some(part) = self.progress.parts.get_mut(stage as usize) {
            (part.stage, part.words) = (is, secret::fit(words).chars().take(WORDS).collect());
        }
        self.progress.again = None;
    }

    async fn tell(&mut self) -> Result<(), StreamClosed> {
        let told = Arc::new(self.progress.clone());
        self.progress.lines.clear();
        self.outlet.chunk(StreamEvent::Progress(told)).await
    }

    /// The name of the stage that has failed. Its state is told.
    pub async fn failed(&mut self) -> &'static str {
        self.set(self.at, Stage::Waiting, "failed");
        // When nobody reads any more there is nobody to tell.
        drop(self.tell().await);
        self.at.name()
    }

    /// What is done, in words.
    pub fn done_words(&self) -> String {
        let done: Vec<&str> =
            self.progress.parts.iter().filter(|part| part.stage.is_over()).map(|part| part.name.as_str()).collect();
        if done.is_empty() { "nothing was done before".into() } else { format!("done before: {}", done.join(", ")) }
    }
}
