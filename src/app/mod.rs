//! This room knows what happened and decides what is next: messages in, new state and wishes out.
//! It may use model, crossterm's event types, ratatui's rectangles, the text area, the fuzzy matcher and regex.
//! It never does I/O, reads a clock, or says tokio or bollard; all it knows of time came in a message.

mod act;
mod choices;
pub mod column;
mod command;
mod dialog;
mod filter;
mod fleet;
mod form;
mod hints;
mod input;
mod key;
mod layer_keys;
pub mod layers;
mod log;
mod mouse;
mod notice;
mod order;
mod places;
mod processes;
mod prompt;
mod question;
mod ran;
pub mod sampling;
mod shell;
mod state;
pub mod units;
mod update;

pub use act::BulkResult;
pub use choices::{ConfirmFocus, Layer, Menu, MenuChoice, MenuItem};
pub use column::{Column, ColumnPlan};
pub use command::{COMMANDS, Command, CommandSpec, Room};
pub use dialog::Confirm;
pub use filter::Filter;
pub use fleet::FleetList;
pub use form::{ExecForm, Field};
pub use hints::hints;
pub use key::{Key, Keymap, Layered};
pub use log::{LogView, Piece, Preferences, Ring, Sgr, SgrColor, Stamps, VisibleLine};
pub use notice::Notice;
pub use places::{Front, Pane, Places, Shape};
pub use processes::{DetailTab, ProcessRow, ProcessSort, ProcessView};
pub use prompt::{Prompt, PromptKind};
pub use question::Question;
pub use ran::Ran;
pub use shell::{Body, CaretShape, Emulator, Ended, Kind, ShellCell, Shells, Tab, encode, xterm_rgb};
pub use state::{App, Clipboard, Layout, Options, ShellOptions};
pub use update::{Effect, Msg, update};
