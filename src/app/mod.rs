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
mod input;
mod key;
pub mod layers;
mod log;
mod mouse;
mod notice;
mod order;
mod places;
mod prompt;
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
pub use input::hints;
pub use key::{Key, Keymap, Layered};
pub use log::{LogView, Piece, Preferences, Ring, Sgr, SgrColor, Stamps, VisibleLine};
pub use notice::Notice;
pub use places::{Pane, Places, Shape};
pub use prompt::{Prompt, PromptKind};
pub use state::{App, Layout, Options};
pub use update::{Effect, Msg, update};
