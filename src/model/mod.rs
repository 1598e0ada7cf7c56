//! This room knows the nouns and verbs: what there is to talk about, and how facts fold into a snapshot.
//! It may use serde, regular expressions for what a secret looks like, and small text helpers.
//! It never does I/O, reads a clock, or knows of an engine client, a terminal or a screen.

mod act;
mod compose;
mod document;
mod engine;
mod event;
pub mod files;
mod id;
mod instance;
mod log;
mod problem;
mod readings;
mod reference;
mod request;
mod resource;
pub mod secret;
mod series;
mod session;
mod snapshot;
pub mod text;
mod time;
mod transfer;
mod usage;

pub use act::{Act, Ask, ImageName, Outcome, Signal, Untag, Verb, With};
pub use compose::{
    ComposeAsk, ComposeClient, ComposeReady, ComposeRun, ComposeSite, ComposeTold, ComposeVerb, Difference, Drift,
    FileStamp, ServiceDrift,
};
pub use document::{Document, Leaf, Node, TEXT_MOST, TEXTS_MOST, VALUES_MOST};
pub use engine::{Attempt, Cost, Engine, EngineInfo, Link, Origin, Runtime, Sampling};
pub use event::{Event, Tone, Topic};
pub use files::{
    CopyIn, CopyOut, CopyProgress, CopyReport, FileChunk, FileContent, FileEntry, FileKind, Listing, Refusal,
};
pub use id::{EngineId, Id};
pub use instance::{Detail, Health, Instance, Limits, Past, Port, Standing, State};
pub use log::{Batch, Chunk, Level, LineMark, LogState, Source, Stream, Wire};
pub use problem::Problem;
pub use reference::{HUB, Reference};
pub use request::{ByteSize, Joining, LimitChange, NewInstance, NewMount, NewNetwork, NewPort, NewVolume, Restart};
pub use resource::{
    About, Disk, Image, Kind, Layer, Mount, Network, Pair, SeenVolume, Share, Stock, Stocked, Ties, Volume, is_made_up,
    short_image_id,
};
pub use series::{Point, Series};
pub use session::{Began, Exec, ExecSession, Process, Processes, Program, SIDECAR_LABEL, Size, VOLUME_LABEL};
pub use snapshot::{Fact, Fleet, Snapshot, Totals, fold};
pub use time::{Moment, SECOND};
pub use transfer::{Build, Part, Progress, PullPolicy, Stage, Transfer, Transferred};
pub use usage::{
    Capacity, Counters, Memory, MemoryEvents, MemoryStats, Sample, Sampler, Throttling, Usage, memory_in_use,
};

/// What somebody is looking at: sampling and detail follow it (row G3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attention {
    /// The instance whose details are on screen.
    pub selected: Option<Id>,
    /// The rows that are on screen, in no order.
    pub visible: Vec<Id>,
    /// What kind of thing is listed on screen.
    pub kind: Kind,
    /// Which of them the cursor is on, where they are no instances.
    pub chosen: Option<Id>,
    /// The terminal has lost the focus: nobody looks at all.
    pub away: bool,
}
