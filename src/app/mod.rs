//! This room knows what happened and decides what is next: messages in, new state and effects out.
//! It may use model, services, crossterm's event types, ratatui's rectangles, the text area, the fuzzy matcher, regex and serde.
//! It never does I/O, reads a clock, or says tokio or bollard; all it knows of time came in a message.
//!
//! A file imports from where a thing is defined; what is told again below is for the other rooms. From below to above:
//!
//! | files | know |
//! |---|---|
//! | `widgets`, `command`, `key`, `layout`, `msg`, `options`, `subscriptions` | nothing of panes |
//! | `action`, `overlay`, `component` | what a pane may read and ask for: plain data |
//! | `panes`, the views of `screens` and `operations` | themselves: a pane answers its commands, texts, clicks and streams |
//! | `state` | `App`, which holds them |
//! | `input`, `mouse`, `cockpit`, `perform`, `update` and what takes `&mut App` in the folders | everything: who gets a key, and what is done when somebody asks for it |

mod operations;
pub use operations::{plan, ports};
mod widgets;
use widgets::{confirm, notice, prompt, question};
pub use widgets::{fields, fit, units, wrap};
mod screens;
pub use screens::compose;
pub use screens::why::WhyView;
use screens::{events, line, sql, transfers};
mod panes;
pub use panes::{column, gauges, resource, sampling};
use panes::{files, fleet, inspect, log, processes, shell};
mod action;
mod actions;
mod answer;
mod closed_context;
mod cockpit;
mod command;
mod component;
mod engines;
mod focus;
mod footer_hints;
mod input;
mod key;
mod layer;
mod layout;
mod misplaced_keys;
mod mouse;
mod msg;
mod options;
mod overlay;
mod overlay_keys;
pub mod overlay_layout;
mod perform;
mod revealed_secrets;
mod slips;
mod state;
mod subscriptions;
mod update;

pub use action::Action;
pub use answer::ConfirmFocus;
pub use closed_context::ClosedContext;
pub use column::{Column, ColumnKind, ColumnPlan};
pub use command::{COMMANDS, Command, CommandSpec, KeyContext, RENAMED};
pub use compose::{ComposeLine, ComposeOverlay, ComposePhase, ComposeState};
pub use confirm::Confirm;
pub use engines::how_long_lost;
pub use events::{EventRows, EventsView, party, rows_place as events_place};
pub use files::{CopyJob, FileForm, FileRow, FileView, Files, FilesView, UnsavedEdits, VolumeFiles};
pub use fleet::{FleetList, FleetRow, Group, GroupKey, Grouping, INDENT};
pub use footer_hints::hints;
pub use inspect::{CompareTarget, Comparison, InspectView, Line, Mark, Row as InspectRow, Value};
pub use key::{Key, Keymap, Layered};
pub use layout::{DetailTab, Layout, LayoutState, Pane, Shape};
pub use line::{LineBody, LineView, rows_place as line_place};
pub use log::{
    Bar, Chip, Highlights, Histogram, HistorySearch, HistoryState, Inserted, LogSource, LogView, MergedLog, Ring,
    SourceSet, StreamStatus, TOGETHER, VisibleLine,
};
pub use msg::{Effect, Msg};
pub use notice::Notice;
pub use operations::results::BulkResult;
pub use options::{
    Clipboard, ListOptions, LogOptions, Options, ShellOptions, TimeZone, TimestampFormat, unknown_name, within,
};
pub use overlay::Overlay;
pub use panes::process_sort::ProcessSort;
pub use processes::{ProcessRow, ProcessView};
pub use prompt::Prompt;
pub use question::Question;
pub use resource::{DetailLine, Heading, ResourceList, Row};
pub use shell::{Body, CaretShape, Emulator, Ended, Kind, ShellCell, ShellFoot, Shells, Tab, encode, xterm_rgb};
pub use sql::{SqlAnswer, SqlColumn, SqlView, sql_columns, sql_lines, sql_rows_place};
pub use state::App;
pub use transfers::{TransferEnd, TransferKind, TransferView, Transfers, TransfersOverlay};
pub use update::update;
pub use widgets::form::Form;
pub use widgets::menu::{Menu, MenuItem};
pub use widgets::prompt::parse_time;
pub use widgets::text::{Text, TextBody};
pub use widgets::{Cursor, LineEdit, List, ListRow};
