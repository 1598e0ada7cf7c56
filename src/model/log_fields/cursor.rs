//! A place in a line, for readers that go through it from its beginning.

use super::stamp::{self, Stamp};
use crate::model::Level;
use crate::model::log_level;

/// A place in a line.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    /// The text from here on.
    pub rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        Cursor { rest: text }
    }

    /// Goes past a text.
    pub fn eat(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    /// Goes past spaces, if there are some.
    pub fn spaces(&mut self) -> &mut Self {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        self
    }

    /// Goes past at least one space.
    pub fn space(&mut self) -> Option<()> {
        self.rest.starts_with([' ', '\t']).then(|| self.spaces())?;
        Some(())
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    /// A time stamp.
    pub fn stamp(&mut self) -> Option<(Stamp, &'a str)> {
        let (stamp, taken) = stamp::read(self.rest.as_bytes())?;
        // A stamp is ASCII.
        Some((stamp, self.take(taken)))
    }

    /// A level's word that stands alone.
    pub fn level(&mut self) -> Option<(Level, &'a str)> {
        let bytes = self.rest.as_bytes();
        let end = bytes.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(bytes.len());
        if bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'=' | b'.'))
        {
            return None;
        }
        let level = log_level::of_value(&bytes[..end]);
        (end > 1 && level != Level::None).then(|| (level, self.take(end)))
    }

    /// A level's word in brackets, or followed by a colon or a space.
    pub fn any_level(&mut self) -> Option<(Level, &'a str)> {
        let mut ahead = *self;
        let bracket = ahead.eat("[").or_else(|| ahead.eat("<")).is_some();
        ahead.spaces();
        let level = ahead.level()?;
        if bracket {
            ahead.spaces().eat("]").or_else(|| ahead.eat(">"))?;
        }
        *self = ahead;
        Some(level)
    }

    /// What stands between two signs.
    pub fn within(&mut self, open: char, close: char) -> Option<&'a str> {
        let (inside, rest) = self.rest.strip_prefix(open)?.split_once(close)?;
        self.rest = rest;
        Some(inside)
    }

    /// Up to a text, and past it.
    pub fn until(&mut self, end: &str) -> Option<&'a str> {
        let (before, rest) = self.rest.split_once(end)?;
        self.rest = rest;
        Some(before)
    }

    /// A word, up to a space.
    pub fn word(&mut self) -> Option<&'a str> {
        let end = self.rest.find([' ', '\t']).unwrap_or(self.rest.len());
        (end > 0).then(|| self.take(end))
    }

    /// Digits.
    pub fn digits(&mut self) -> Option<&'a str> {
        let end = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        (end > 0).then(|| self.take(end))
    }

    /// A name with dots, as loggers have: `com.example.App`.
    pub fn name(&mut self) -> Option<&'a str> {
        let is_part = |c: char| c.is_alphanumeric() || "._$/-".contains(c);
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        (end > 0).then(|| self.take(end))
    }
}
