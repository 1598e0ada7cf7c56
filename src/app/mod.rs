//! This room knows what happened and decides what is next: messages in, new state and wishes out.
//! It may use model, crossterm's event types, ratatui's rectangles, the text area, the fuzzy matcher and regex.
//! It never does I/O, reads a clock, or says tokio or bollard; all it knows of time came in a message.

mod act;
mod answer;
mod choices;
mod closed;
pub mod column;
mod command;
pub mod compose;
mod dialog;
mod events;
pub mod fields;
mod files;
mod filter;
pub mod fit;
mod fleet;
mod forms;
mod gather;
mod grouping;
mod hints;
mod input;
mod inspect;
mod keep_log;
mod key;
mod layer_keys;
pub mod layers;
mod lists;
mod log;
mod many;
mod menus;
mod motion;
mod mouse;
mod notice;
mod order;
mod panes;
mod places;
pub mod plan;
pub mod ports;
mod processes;
mod prompt;
mod prune;
mod question;
mod ran;
pub mod resource;
mod reveal;
pub mod sampling;
mod shell;
mod state;
mod transfers;
pub mod units;
mod update;
mod volume_forms;
mod wish;
pub mod wrap;

pub use act::BulkResult;
pub use choices::{ConfirmFocus, Layer, Menu, MenuChoice, MenuItem};
pub use closed::ClosedContext;
pub use column::{Column, ColumnPlan};
pub use command::{COMMANDS, Command, CommandSpec, Room};
pub use compose::{ComposeLayer, ComposeLine, ComposePhase, ComposeState};
pub use dialog::Confirm;
pub use events::{EventFilter, EventRows, EventsView, party, rows_place as events_place};
pub use files::{CopyJob, Edit, EditEnd, FileForm, FileRow, FileView, FilesView, KeptChoice, KeptEdits, VolumeFiles};
pub use filter::Filter;
pub use fleet::{FleetList, FleetRow, Group, GroupKey, Grouping, INDENT};
pub use forms::Form;
pub use grouping::GroupChoice;
pub use hints::hints;
pub use inspect::{Against, Find, InspectChoice, InspectView, Line, Mark, Rival, Row as InspectRow, Value};
pub use key::{Key, Keymap, Layered};
pub use log::{
    Doing, LogView, Members, Merge, Piece, Preferences, Ring, Sgr, SgrColor, Stamps, TOGETHER, VisibleLine, Voice,
    Woven,
};
pub use notice::Notice;
pub use places::{Front, Pane, Places, Shape};
pub use processes::{DetailTab, ProcessRow, ProcessSort, ProcessView};
pub use prompt::{Prompt, PromptKind};
pub use question::{Question, Then};
pub use ran::{Ran, remember};
pub use resource::{DetailLine, Heading, ResourceList, Row};
pub use reveal::Revealed;
pub use shell::{Body, CaretShape, Emulator, Ended, Kind, ShellCell, Shells, Tab, encode, xterm_rgb};
pub use state::{App, Clipboard, Layout, Options, ShellOptions};
pub use transfers::{TransferEnd, TransferKind, TransferView, Transfers, TransfersLayer};
pub use update::{Effect, Msg, update};
