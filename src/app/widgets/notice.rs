//! A sentence in the footer: what just happened, or what went wrong.

use crate::model::{Problem, Timestamp, Tone, secret};

/// Seconds for which good news stays.
const GOOD_SECONDS: f64 = 4.0;
/// How long bad news stays if no key takes it away, seconds.
const BAD_SECONDS: f64 = 30.0;

/// A sentence in the footer.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The sentence, clean.
    pub text: String,
    /// The tone: good, a warning, bad.
    pub tone: Tone,
    /// The time at which it disappears.
    pub until: Timestamp,
}

impl Notice {
    /// Good or plain news.
    pub fn good(text: impl AsRef<str>, now: Timestamp) -> Notice {
        Notice::of(text.as_ref(), Tone::Good, now.plus_seconds(GOOD_SECONDS))
    }

    /// A refusal or a hint.
    pub fn warn(text: impl AsRef<str>, now: Timestamp) -> Notice {
        Notice::of(text.as_ref(), Tone::Warn, now.plus_seconds(GOOD_SECONDS))
    }

    /// A failure.
    pub fn bad(problem: &Problem, now: Timestamp) -> Notice {
        Notice::of(&problem.to_string(), Tone::Bad, now.plus_seconds(BAD_SECONDS))
    }

    /// It may quote what was typed or what an engine says: secrets in it are hidden.
    fn of(text: &str, tone: Tone, until: Timestamp) -> Notice {
        Notice { text: secret::told(text).into_owned(), tone, until }
    }
}
