//! What the user has chosen. Each section of the configuration file that the cockpit reads is a struct here, with its
//! defaults beside it: a new option is a field, its line in `assets/config.toml`, and its use.

use super::key::Keymap;
use super::panes::column::Column;
use super::panes::log::Highlights;
use crate::model::text::clean;
use crate::model::{ExecHistoryEntry, Graph, LogColumns, PaneSizes, Zone};
use serde::{Deserialize, Deserializer, de::Error};
use std::sync::Arc;

/// The options of the configuration, environment and flags.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The keys in force.
    pub keymap: Keymap,
    /// The list of containers.
    pub list: ListOptions,
    /// Logs.
    pub logs: LogOptions,
    /// Shells.
    pub shell: ShellOptions,
    /// The graphs of one's own.
    pub graphs: Vec<Graph>,
    /// Every change is refused.
    pub read_only: bool,
    /// The mouse is used.
    pub mouse: bool,
    /// The layout of the last run.
    pub layout: PaneSizes,
    /// The fields of logs that stand as columns.
    pub log_columns: Arc<LogColumns>,
    /// Where the configuration file is looked for, for help.
    pub config_path: String,
    /// Commands that were run before, the newest last.
    pub ran: Vec<ExecHistoryEntry>,
}

/// The section `[containers]`: the list of containers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListOptions {
    /// The columns, the most wanted first.
    #[serde(deserialize_with = "at_least_one")]
    pub columns: Vec<Column>,
    /// The column that the list is sorted by.
    pub sort: Column,
}

impl Default for ListOptions {
    fn default() -> Self {
        Self { columns: Column::defaults(), sort: Column::default() }
    }
}

/// The section `[logs]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogOptions {
    /// Long lines are wrapped.
    pub wrap: bool,
    /// Lines are shown as they were written, and not laid out.
    pub raw: bool,
    /// Lines and errors over time stand above the log.
    pub histogram: bool,
    /// The format of the time of a line.
    pub timestamps: TimestampFormat,
    /// The time zone of times.
    pub time_zone: TimeZone,
    /// Lines of history asked for at opening.
    #[serde(deserialize_with = "within::<1, 1_000_000, _, _>")]
    pub tail: usize,
    /// What is highlighted in lines.
    #[serde(rename = "highlight")]
    pub highlights: Highlights,
    /// The memory of one log, MiB.
    #[serde(deserialize_with = "within::<1, 4096, _, _>")]
    pub memory_mib: usize,
    /// The zone that this means; not from the file.
    #[serde(skip)]
    pub zone: Zone,
}

impl LogOptions {
    /// The defaults.
    pub const DEFAULT: LogOptions = LogOptions {
        wrap: false,
        raw: false,
        histogram: false,
        timestamps: TimestampFormat::Time,
        time_zone: TimeZone::Local,
        tail: 1000,
        highlights: Highlights::NONE,
        memory_mib: 16,
        zone: Zone::UTC,
    };
}

impl Default for LogOptions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The time zone in which times are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeZone {
    /// That of this machine.
    Local,
    /// This one.
    Fixed(Zone),
}

impl TimeZone {
    /// The zone, where that of this machine is `local`.
    pub fn zone(self, local: Zone) -> Zone {
        match self {
            TimeZone::Local => local,
            TimeZone::Fixed(zone) => zone,
        }
    }
}

impl<'de> Deserialize<'de> for TimeZone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        match name.as_str() {
            "local" => Ok(TimeZone::Local),
            "utc" | "UTC" => Ok(TimeZone::Fixed(Zone::UTC)),
            other => match offset(other) {
                Some(seconds) => Ok(TimeZone::Fixed(Zone::Offset(seconds))),
                None => named(other).map(TimeZone::Fixed),
            },
        }
    }
}

/// The seconds of an offset such as `+02:00`.
fn offset(text: &str) -> Option<i32> {
    let (sign, rest) = if let Some(rest) = text.strip_prefix('-') { (-1, rest) } else { (1, text.strip_prefix('+')?) };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..=14).contains(&hours) && (0..60).contains(&minutes)).then_some(sign * (hours * 3600 + minutes * 60))
}

/// The zone of a name such as `Europe/Berlin`, from the time zone database of this machine.
fn named<E: Error>(name: &str) -> Result<Zone, E> {
    let known = jiff::tz::db();
    if known.is_definitively_empty() {
        let sentence = format!(
            "time zone '{}': this machine has no time zone database; install tzdata, or write an offset such as \"+02:00\"",
            clean(name)
        );
        return Err(E::custom(sentence));
    }
    known.get(name).map(Zone::of).map_err(|_| {
        let names: Vec<String> = known.available().map(|name| format!("`{name}`")).collect();
        E::custom(format!("unknown variant `{name}`, expected one of {}", names.join(", ")))
    })
}

/// The format of the time of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimestampFormat {
    /// Time of day.
    Time,
    /// Time of day, milliseconds.
    Milliseconds,
    /// Date, time of day, milliseconds.
    Full,
    /// Not at all.
    None,
}

impl TimestampFormat {
    /// Columns that a time takes, with the space behind it.
    pub fn columns(self) -> usize {
        match self {
            TimestampFormat::Time => 9,
            TimestampFormat::Milliseconds => 13,
            TimestampFormat::Full => 24,
            TimestampFormat::None => 0,
        }
    }
}

/// The section `[shell]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShellOptions {
    /// Lines kept beyond the screen of each shell.
    #[serde(deserialize_with = "within::<0, 100_000, _, _>")]
    pub scrollback: usize,
    /// The image of the debug sidecar.
    pub sidecar_image: String,
    /// What becomes of a program's attempt to fill the clipboard.
    pub clipboard: Clipboard,
    /// The terminal's background is dark, as far as known: programs ask. Not from the file.
    #[serde(skip)]
    pub dark: bool,
}

impl Default for ShellOptions {
    fn default() -> Self {
        Self { scrollback: 2000, sidecar_image: "busybox:latest".into(), clipboard: Clipboard::Off, dark: true }
    }
}

/// What becomes of a program's attempt to fill the clipboard (OSC 52).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clipboard {
    /// Writing is blocked, with a notice.
    Off,
    /// The user is asked.
    Ask,
    /// Writing is allowed.
    Allow,
}

/// Reads a number from `LEAST` to `MOST`; the error says so.
pub fn within<'de, const LEAST: u32, const MOST: u32, T: TryFrom<u32>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let number = f64::deserialize(deserializer).ok().filter(|number| (LEAST.into()..=MOST.into()).contains(number));
    let number = number.and_then(|number| T::try_from(number as u32).ok());
    number.ok_or_else(|| D::Error::custom(format!("expected a number from {LEAST} to {MOST}")))
}

/// Says in serde's words that a name is none of those that are known.
pub fn unknown_name<E: Error>(name: &str, known: impl Iterator<Item = &'static str>) -> E {
    let known: Vec<String> = known.map(|name| format!("`{name}`")).collect();
    E::custom(format!("unknown variant `{name}`, expected one of {}", known.join(", ")))
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Column>, D::Error> {
    let columns = Vec::deserialize(deserializer)?;
    if columns.is_empty() { Err(D::Error::custom("columns must name at least one column")) } else { Ok(columns) }
}
