//! A line taken apart: its time, its level, its message and its fields, in every format that programs usually write.

mod cursor;
mod go;
mod java;
mod json;
mod klog;
mod laid_out;
mod logfmt;
mod plain;
mod python;
mod rust;
mod stamp;
mod syslog;
mod web;

use super::log::Level;
use super::log_level;
use std::borrow::Cow;

pub use laid_out::{on_one_line, pair};
pub use stamp::Stamp;

/// The format of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// An object of JSON.
    Json,
    /// Pairs of `key=value`.
    Logfmt,
    /// The Kubernetes logger's.
    Klog,
    /// Syslog, RFC 3164 or 5424, or only its priority.
    Syslog,
    /// A request to a web server.
    Access,
    /// The error log of a web server.
    WebError,
    /// Logback, log4j and their like.
    Java,
    /// Python's logging, gunicorn, celery, loguru.
    Python,
    /// Go's log and slog, zap, zerolog, logrus.
    Go,
    /// Rust's tracing, `env_logger`.
    Rust,
    /// A time, a level, words, and perhaps pairs behind them.
    Plain,
}

impl LogFormat {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            LogFormat::Json => "JSON",
            LogFormat::Logfmt => "logfmt",
            LogFormat::Klog => "klog",
            LogFormat::Syslog => "syslog",
            LogFormat::Access => "web access",
            LogFormat::WebError => "web error",
            LogFormat::Java => "Java",
            LogFormat::Python => "Python",
            LogFormat::Go => "Go",
            LogFormat::Rust => "Rust",
            LogFormat::Plain => "plain",
        }
    }
}

/// A field: its name and its value, as the line says it. Neither is clean.
pub type LogField<'a> = (Cow<'a, str>, Cow<'a, str>);

/// A line taken apart. Nothing in here is clean: what JSON or quotes escape is unescaped.
#[derive(Debug, Clone, PartialEq)]
pub struct LogFields<'a> {
    /// Its format.
    pub format: LogFormat,
    /// The time that it gives for itself.
    pub time: Option<Stamp>,
    /// The level that it names.
    pub level: Level,
    /// Its message; empty where it has none.
    pub message: Cow<'a, str>,
    /// All its fields in their order, the time, the level and the message among them. Objects within have names such as `a.b`.
    pub fields: Vec<LogField<'a>>,
    /// The places of those three among the fields.
    told: [Option<usize>; 3],
}

/// What gives a line its time, by the name of a field, the most likely first.
const TIME_KEYS: &[&str] =
    &["time", "ts", "timestamp", "@timestamp", "@t", "t.$date", "t", "datetime", "date", "asctime", "eventtime"];
/// What gives a line its message.
const MESSAGE_KEYS: &[&str] = &[
    "msg",
    "message",
    "@m",
    "@mt",
    "short_message",
    "fields.message",
    "event",
    "jsonpayload.message",
    "textpayload",
    "log",
];

/// The readers of the formats that are not told by their first sign; the one that asks for the most goes first.
const READERS: &[fn(&str) -> Option<Parts<'_>>] =
    &[klog::read, web::read, syslog::read, go::read, rust::read, python::read, java::read, plain::read];

impl<'a> LogFields<'a> {
    /// Takes a line apart. None where it is nothing but words.
    pub fn read(text: &'a str) -> Option<LogFields<'a>> {
        let text = text.trim_end();
        let start = text.trim_start();
        if start.starts_with('{') {
            return Some(LogFields::of_pairs(LogFormat::Json, json::read(start)?));
        }
        if let Some(pairs) = logfmt::read(start) {
            return Some(LogFields::of_pairs(LogFormat::Logfmt, pairs));
        }
        READERS.iter().find_map(|read| read(text)).map(LogFields::of_parts)
    }

    /// The value of a field, its name in any case; of the time, the level and the message also by these names.
    pub fn get(&self, name: &str) -> Option<&str> {
        let named = self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let told = || {
            let place = ["time", "level", "message"].iter().position(|told| told.eq_ignore_ascii_case(name))?;
            self.fields.get(self.told[place]?)
        };
        named.or_else(told).map(|(_, value)| &**value)
    }

    /// The fields beside its time, its level and its message.
    pub fn others(&self) -> impl Iterator<Item = &LogField<'a>> {
        let is_other = |place: &usize| !self.told.contains(&Some(*place));
        self.fields.iter().enumerate().filter(move |(place, _)| is_other(place)).map(|(_, field)| field)
    }

    fn of_pairs(format: LogFormat, fields: Vec<LogField<'a>>) -> LogFields<'a> {
        let (mut time, mut level) = (None, Level::None);
        let time_at = first_of(&fields, TIME_KEYS, |_, value| {
            time = Stamp::from_text(value);
            time.is_some()
        });
        let level_at = first_of(&fields, log_level::LEVEL_KEYS, |name, value| {
            level = log_level::of_key(name.as_bytes(), value.as_bytes()).unwrap_or_default();
            level != Level::None
        });
        let message_at = first_of(&fields, MESSAGE_KEYS, |_, _| true);
        let message = message_at.map_or_else(Cow::default, |place| fields[place].1.clone());
        LogFields { format, time, level, message, fields, told: [time_at, level_at, message_at] }
    }

    fn of_parts(parts: Parts<'a>) -> LogFields<'a> {
        let mut fields: Vec<LogField<'a>> = Vec::with_capacity(3 + parts.fields.len());
        let mut add = |name: &'static str, value: Option<&'a str>| {
            fields.push((name.into(), value?.into()));
            Some(fields.len() - 1)
        };
        let time_at = add("time", parts.time.map(|(_, text)| text));
        let level_at = add("level", parts.level.map(|(_, text)| text).filter(|text| !text.is_empty()));
        let message_at = add("message", Some(parts.message).filter(|text| !text.is_empty()));
        fields.extend(parts.fields);
        LogFields {
            format: parts.format,
            time: parts.time.map(|(stamp, _)| stamp),
            level: parts.level.map_or(Level::None, |(level, _)| level),
            message: parts.message.into(),
            fields,
            told: [time_at, level_at, message_at],
        }
    }
}

/// The place of the field that has the first of some names and holds.
fn first_of(fields: &[LogField<'_>], names: &[&str], mut holds: impl FnMut(&str, &str) -> bool) -> Option<usize> {
    names.iter().find_map(|name| {
        fields.iter().position(|(known, value)| known.eq_ignore_ascii_case(name) && holds(known, value))
    })
}

/// What a reader of text finds in a line.
struct Parts<'a> {
    format: LogFormat,
    time: Option<(Stamp, &'a str)>,
    /// The level, and how it is written; empty where a number stands for it.
    level: Option<(Level, &'a str)>,
    message: &'a str,
    fields: Vec<LogField<'a>>,
}

impl<'a> Parts<'a> {
    fn new(format: LogFormat, message: &'a str) -> Parts<'a> {
        Parts { format, time: None, level: None, message: message.trim(), fields: Vec::new() }
    }

    fn time(mut self, time: Option<(Stamp, &'a str)>) -> Self {
        self.time = time;
        self
    }

    fn level(mut self, level: Option<(Level, &'a str)>) -> Self {
        self.level = level;
        self
    }

    /// A field, where there is one: empty ones and dashes stand for nothing.
    fn field(mut self, name: &'static str, value: Option<&'a str>) -> Self {
        if let Some(value) = value.map(str::trim).filter(|value| !matches!(*value, "" | "-")) {
            self.fields.push((name.into(), value.into()));
        }
        self
    }

    /// Takes the pairs off the end of the message.
    fn with_pairs(mut self) -> Self {
        let (message, pairs) = logfmt::behind(self.message);
        self.message = message;
        self.fields.extend(pairs);
        self
    }
}

#[cfg(test)]
mod tests;
