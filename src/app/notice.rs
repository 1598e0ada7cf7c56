//! A sentence in the footer: what just happened, or what went wrong.

use crate::model::{Moment, Problem, Tone};

/// How long good news stays, seconds.
const GOOD_SECONDS: f64 = 4.0;
/// How long bad news stays if no key takes it away, seconds.
const BAD_SECONDS: f64 = 30.0;

/// A sentence in the footer.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The sentence, clean.
    pub text: String,
    /// How to feel about it.
    pub tone: Tone,
    /// When it goes away by itself.
    pub until: Moment,
}

impl Notice {
    /// Good or plain news.
    pub fn good(text: impl Into<String>, now: Moment) -> Notice {
        Notice { text: text.into(), tone: Tone::Good, until: now.plus_seconds(GOOD_SECONDS) }
    }

    /// A refusal or a hint.
    pub fn warn(text: impl Into<String>, now: Moment) -> Notice {
        Notice { text: text.into(), tone: Tone::Warn, until: now.plus_seconds(GOOD_SECONDS) }
    }

    /// A failure.
    pub fn bad(problem: &Problem, now: Moment) -> Notice {
        Notice { text: problem.to_string(), tone: Tone::Bad, until: now.plus_seconds(BAD_SECONDS) }
    }
}
