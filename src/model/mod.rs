//! This room knows the nouns and verbs: what there is to talk about, and how facts fold into a snapshot.
//! It may use serde, schemas of what serde reads, regular expressions, and small text helpers.
//! It never does I/O, reads a clock, or knows of an engine client, a terminal or a screen.

mod api_version;
pub mod blueprint;
mod blueprint_file;
mod bundle;
mod compose;
mod container;
mod counters;
mod docker_line;
mod document;
mod document_of_line;
mod edit;
mod engine;
mod event;
mod exec_history;
pub mod files;
mod graph;
mod graph_history;
mod id;
mod image_ref;
mod kind;
mod log;
mod log_columns;
mod log_context;
mod log_entry;
pub mod log_fields;
mod log_filter;
pub mod log_json;
pub mod log_level;
mod log_query;
pub mod log_text;
pub mod names;
pub mod natural_sort;
mod operation;
mod pane_sizes;
mod problem;
mod request;
mod resource;
mod search;
pub mod secret;
mod series;
mod session;
mod snapshot;
pub mod text;
mod text_copy;
mod time;
mod transfer;
mod usage;
mod zone;

pub use api_version::ApiVersion;
pub use blueprint::{Blueprint, BlueprintRun, UndoRequest, Unfinished};
pub use blueprint_file::BlueprintFile;
pub use bundle::{BundleLog, BundlePart, BundleParts, BundleRequest};
pub use compose::{
    ComposeAnswer, ComposeClient, ComposeQuestion, ComposeReady, ComposeRun, ComposeSite, ComposeVerb, Difference,
    Drift, FileStamp, ServiceDrift,
};
pub use container::{Container, Detail, Health, Limits, Past, Port, Standing, State};
pub use docker_line::{DockerLine, cpus};
pub use document::{Document, Leaf, Node, TEXT_MOST, TEXTS_MOST, VALUES_MOST};
pub use document_of_line::document_of_line;
pub use edit::{Edit, EditEnd};
pub use engine::{Attempt, Capabilities, Cost, Engine, EngineInfo, Link, Origin, Runtime, Sampling};
pub use event::{EndCause, Event, RunEnd, Tone};
pub use exec_history::{ExecHistoryEntry, remember};
pub use files::{
    CopyIn, CopyOut, CopyProgress, CopyReport, FileChunk, FileContent, FileEntry, FileKind, Listing, Refusal,
};
pub use graph::{GRAPH_FIGURES, Graph, GraphFigure, GraphSource, Keep, LineValue, LogNumber, NamePattern};
pub use graph_history::GraphHistory;
pub use id::{EngineId, Id};
pub use image_ref::{HUB, ImageRef};
pub use kind::{Kind, KindSpec};
pub use log::{Batch, Level, LineMark, LogState, SearchProgress, Source, Stream, StreamEvent, StreamId};
pub use log_columns::{COLUMNS_MOST, FieldColumns, LogColumns};
pub use log_context::LogExcerpt;
pub use log_entry::LogEntry;
pub use log_fields::{LogField, LogFields, LogFormat};
pub use log_filter::{CONTEXT_MOST, LogFilter, LogFilters};
pub use log_query::{Cell, LogLines, LogQuery, LogTable, QueryFailed, QueryHalt, TableColumn};
pub use operation::{
    ImageName, Needs, Operation, OperationArgs, OperationId, OperationKind, OperationResult, OperationSpec, Order,
    Patience, Plan, Signal, Untag,
};
pub use pane_sizes::PaneSizes;
pub use problem::Problem;
pub use request::{ByteSize, Joining, LimitChange, NewContainer, NewMount, NewNetwork, NewPort, NewVolume, Restart};
pub use resource::{
    Disk, DiskUsage, EngineDetails, Image, Inventory, InventoryUpdate, Layer, Mount, Network, Pair, Relations,
    SeenVolume, Volume, is_anonymous_volume, short_image_id,
};
pub use search::Search;
pub use series::{Point, Series};
pub use session::{Exec, ExecSession, Process, Processes, Program, SIDECAR_LABEL, SessionInfo, Size, VOLUME_LABEL};
pub use snapshot::{Fact, Fleet, Snapshot, Totals, fold};
pub use text_copy::{TextCopy, TextViewer};
pub use time::{SECOND, Timestamp, days_from_civil, span};
pub use transfer::{Build, Part, Progress, PullPolicy, Stage, Transfer, Transferred};
pub use usage::{
    Capacity, Counters, Memory, MemoryEvents, MemoryStats, Sample, Sampler, Throttling, Usage, memory_in_use,
};
pub use zone::Zone;

/// What somebody is looking at: sampling and detail follow it (row G3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Viewport {
    /// The container whose details are on screen.
    pub selected: Option<Id>,
    /// The rows that are on screen, in no order.
    pub visible: Vec<Id>,
    /// The kind of object that is listed on screen.
    pub kind: Kind,
    /// Which of them the cursor is on, where they are no containers.
    pub chosen: Option<Id>,
    /// The terminal has lost the focus: nobody looks at all.
    pub away: bool,
}
