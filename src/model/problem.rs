//! What a person reads when something fails.

use std::fmt;

/// A failure in three sentences' worth of words: what was being done, what went wrong, what helps.
/// All three are clean text (see [`super::text`]), and secrets in them are hidden (see [`super::secret`]).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Problem {
    /// What was being done: `stop web-1`, `connect to unix:///var/run/docker.sock`.
    pub operation: String,
    /// What went wrong, in the words nearest to the cause.
    pub cause: String,
    /// What to do about it. Empty when there is nothing to say.
    pub hint: String,
}

impl Problem {
    /// A problem with a mend. The texts are cleaned here, and secrets in them hidden, since causes often quote an engine.
    pub fn new(during: impl AsRef<str>, cause: impl AsRef<str>, mend: impl AsRef<str>) -> Self {
        let fit = super::secret::fit;
        Self { operation: fit(during.as_ref()), cause: fit(cause.as_ref()), hint: fit(mend.as_ref()) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.cause)?;
        if !self.hint.is_empty() {
            write!(f, " ({})", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
