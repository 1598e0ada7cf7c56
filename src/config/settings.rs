//! Settings: what can be configured, with its defaults.

use super::environment::Ascii;
use crate::app::{Column, Keymap, ShellOptions, TimestampFormat};
use crate::ui::Role;
use ratatui::style::Color;

/// Everything that the file can say.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Address of the engine; empty = look for it.
    pub host: String,
    /// Refuse every change.
    pub read_only: bool,
    /// Seconds between asking a container to stop and killing it; none = what the container was made with.
    pub stop_grace: Option<u32>,
    /// The mouse is heard.
    pub mouse: bool,
    /// Signs.
    pub ascii: Ascii,
    /// Colours.
    pub theme: ThemeChoice,
    /// Columns of the container list.
    pub columns: Vec<Column>,
    /// Column sorted by.
    pub sort: Column,
    /// Wrap long log lines.
    pub wrap: bool,
    /// Times of log lines.
    pub timestamps: TimestampFormat,
    /// Lines of history at opening a log.
    pub tail: usize,
    /// Memory for one log, MiB.
    pub log_memory_mib: usize,
    /// How often usage is sampled.
    pub sampling: Sampling,
    /// Shells.
    pub shell: ShellOptions,
    /// Keys.
    pub keymap: Keymap,
}

/// Colours.
#[derive(Debug, Clone, PartialEq)]
pub struct ThemeChoice {
    /// Name of a built-in theme, or `auto`.
    pub name: String,
    /// Colours in place of the theme's own.
    pub colors: Vec<(Role, Color)>,
}

/// How often usage is sampled, seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// The selected container.
    pub selected: f64,
    /// Rows on screen.
    pub visible: f64,
    /// All others.
    pub rest: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: String::new(),
            read_only: false,
            stop_grace: None,
            mouse: true,
            ascii: Ascii::Auto,
            theme: ThemeChoice { name: "auto".into(), colors: Vec::new() },
            columns: Column::defaults(),
            sort: Column::default(),
            wrap: false,
            timestamps: TimestampFormat::Time,
            tail: 1000,
            log_memory_mib: 16,
            sampling: Sampling { selected: 2.0, visible: 2.0, rest: 30.0 },
            shell: ShellOptions::default(),
            keymap: Keymap::default(),
        }
    }
}
