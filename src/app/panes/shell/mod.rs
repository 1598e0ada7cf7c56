//! This folder knows shells: the terminal emulator, what keys and the mouse send, copying, and the tabs that hold sessions.
//! It may use the emulator library, the model and crossterm's event types.
//! It never does I/O: bytes come as messages, keystrokes and answers leave as effects.

mod copy_mode;
mod emulator;
mod foot;
pub(in crate::app) mod input;
mod keys;
mod palette;
mod paste;
mod pointer;
mod repeat_last;
mod tab;
mod view;
mod xterm;

pub use emulator::{CaretShape, Emulator, ShellCell};
pub use foot::ShellFoot;
pub use keys::encode;
pub use palette::xterm_rgb;
pub use tab::{Body, Ended, Kind, Tab};
pub use view::Shells;
