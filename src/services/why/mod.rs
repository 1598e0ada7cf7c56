//! This folder knows why a container is down, ends again and again, fails its health check, never started, or is slow: one
//! sentence, the evidence for it, and what to try.
//! It may use the model.
//! It never tells a guess as a fact: what is not certain says "may be", and "not known" is an answer.
//!
//! [`FINDERS`] asks for one cause after the other, what is certain first. To add a cause: a row in the table of
//! [`start`] (the engine says it) or of [`last_lines`] (the container says it), or a function here.

mod case;
mod ended;
mod health;
mod last_lines;
mod restarts;
mod slow;
mod start;
mod story;
mod strip;
mod waits;
mod words;

pub use case::{Evidence, Trouble};
pub use last_lines::{LINES_READ, LastLine, read_lines};
pub use story::{HealthCheck, Run, Story, story};
pub use strip::{RunSign, RunStrip, run_strip};

use crate::model::secret;
use case::Case;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Why {
    /// What is wrong, in a word or two for programs: `port-taken`, `out-of-memory`, `unknown`, `none`.
    pub kind: &'static str,
    /// The cause in one sentence. A guess says so: "may be".
    pub sentence: String,
    /// What the sentence rests on, each a sentence or a quoted line.
    pub evidence: Vec<String>,
    /// What to try, the likeliest first.
    pub try_: Vec<String>,
}

impl Why {
    /// It runs, and something holds it back just now: that comes and goes with each sample.
    pub fn is_slow(&self) -> bool {
        slow::KINDS.contains(&self.kind)
    }
}

/// A cause that was found: the sentence without its opening, and what belongs to it.
#[derive(Debug, Clone, Default)]
struct Finding {
    kind: &'static str,
    reason: String,
    evidence: Vec<String>,
    try_: Vec<String>,
}

impl Finding {
    fn new(kind: &'static str, reason: impl Into<String>) -> Finding {
        Finding { kind, reason: reason.into(), ..Finding::default() }
    }

    fn because(mut self, evidence: impl IntoIterator<Item = impl Into<String>>) -> Finding {
        self.evidence.extend(evidence.into_iter().map(Into::into));
        self
    }

    fn advise(mut self, advice: impl IntoIterator<Item = impl Into<String>>) -> Finding {
        self.try_.extend(advice.into_iter().map(Into::into));
        self
    }
}

/// Looks for one cause, or for several of a kind.
type Finder = fn(&Case) -> Option<Finding>;

/// All causes, in the order in which they are looked for: what somebody has said comes before what is concluded, and a guess
/// comes before nothing at all.
const FINDERS: &[Finder] = &[
    start::refused,
    ended::asked,
    ended::out_of_memory,
    health::failing,
    last_lines::not_run,
    last_lines::told,
    ended::engine_restarted,
    ended::killed,
    ended::by_signal,
    ended::with_code,
    waits::for_dependency,
    waits::never_started,
    slow::throttled,
    slow::memory,
    slow::processes,
    health::starting,
    ended::dead,
    ended::paused,
    ended::well,
];

/// Why it stands as it does. Where nothing is wrong the kind is `none`; where nothing tells why, `unknown`.
pub fn explain(evidence: &Evidence) -> Why {
    let case = Case::new(evidence);
    let found = FINDERS.iter().find_map(|find| find(&case)).unwrap_or_else(|| nothing(&case));
    let mut sentence = match case.opening() {
        opening if opening.is_empty() => capital(&found.reason),
        opening => format!("{opening}: {}", found.reason),
    };
    sentence.push('.');
    let mut proof = found.evidence;
    proof.extend(case.circumstances());
    Why { kind: found.kind, sentence: secret::fit(&sentence), evidence: once(proof), try_: once(found.try_) }
}

/// Nothing was found: either nothing is wrong, or nobody tells why.
fn nothing(case: &Case) -> Finding {
    match case.trouble {
        Trouble::Runs => Finding::new("none", "it runs, and nothing is wrong as far as is known"),
        _ => Finding::new("unknown", "why is not known").advise([
            "read the log from the last start on",
            "run it by hand with a shell in place of its command: docker run -it --entrypoint sh IMAGE",
        ]),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Each once, clean and without secrets.
fn once(texts: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for text in texts.iter().map(|text| secret::fit(text)).filter(|text| !text.is_empty()) {
        if !kept.contains(&text) {
            kept.push(text);
        }
    }
    kept
}

#[cfg(test)]
mod tests;
