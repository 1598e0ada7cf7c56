//! This folder knows shells: the terminal emulator, what keys and the mouse send, copying, and the tabs that hold sessions.
//! It may use the emulator library, the model, widgets, the heart of app and crossterm's event types.
//! It never does I/O: bytes come as messages, keystrokes and answers leave as effects.

pub(in crate::app) mod commands;
mod copy_mode;
mod emulator;
mod foot;
mod input;
mod keys;
mod palette;
mod paste;
mod pointer;
mod repeat_last;
mod strings;
mod tab;
pub(in crate::app) mod view;
mod xterm;

pub use emulator::{CaretShape, Emulator, ShellCell};
pub use foot::ShellFoot;
pub use keys::encode;
pub use palette::xterm_rgb;
pub use tab::{Body, Ended, Kind, Tab};
pub use view::Shells;
