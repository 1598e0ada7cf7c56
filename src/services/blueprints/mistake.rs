//! What is wrong in a blueprint's file: where, what, and the mend.

use super::sources::{Sources, line_and_column};
use crate::model::names::nearest;
use crate::model::{secret, text::clean};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt;
use std::ops::Range;

/// Begins what is said of a text that is no TOML.
pub(super) const NO_TOML: &str = "this is no TOML: ";

/// Something that is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The file, as it is shown.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, clean text.
    pub sentence: String,
    /// How to mend it; may be empty. Clean text.
    pub mend: String,
    /// The lines around the place, with the place underlined.
    pub excerpt: String,
}

/// `FILE:LINE:COLUMN: what is wrong; the mend`, and the excerpt below.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mistake { file, line, column, sentence, mend, excerpt } = self;
        write!(f, "{}:{line}:{column}: {sentence}", clean(file))?;
        if !mend.is_empty() {
            write!(f, "; {mend}")?;
        }
        if excerpt.is_empty() { Ok(()) } else { write!(f, "\n{excerpt}") }
    }
}

/// A mistake whose place is a range of the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub range: Range<usize>,
    pub sentence: String,
    pub mend: String,
}

impl Found {
    pub fn new(range: Range<usize>, sentence: impl Into<String>, mend: impl Into<String>) -> Found {
        Found { range, sentence: sentence.into(), mend: mend.into() }
    }

    /// Something unknown, with the nearest name that is known.
    pub fn unknown(range: Range<usize>, what: &str, name: &str, known: &[&str]) -> Found {
        Found::new(range, format!("{what} '{}' is not known", clean(name)), meant(name, known))
    }

    pub fn told(&self, sources: &Sources) -> Mistake {
        let Some((file, range)) = sources.locate(&self.range) else { return Mistake::nowhere(&self.sentence) };
        let (line, column) = line_and_column(&file.text, range.start);
        Mistake {
            file: file.path.clone(),
            line,
            column,
            sentence: self.sentence.clone(),
            mend: self.mend.clone(),
            excerpt: excerpt(&file.text, range),
        }
    }
}

impl Mistake {
    /// True where the text is no TOML at all.
    pub(super) fn is_no_toml(&self) -> bool {
        self.sentence.starts_with(NO_TOML)
    }

    fn nowhere(sentence: &str) -> Mistake {
        Mistake {
            file: String::new(),
            line: 1,
            column: 1,
            sentence: sentence.into(),
            mend: String::new(),
            excerpt: String::new(),
        }
    }
}

/// The name that was meant, or those there are, in words.
pub(super) fn meant(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(candidate) => format!("did you mean '{candidate}'?"),
        None if known.is_empty() => String::new(),
        None => format!("expected one of {}", known.join(", ")),
    }
}

/// The line of a place with the place underlined. Secrets in it are hidden.
fn excerpt(text: &str, range: Range<usize>) -> String {
    let start = text.get(..range.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let line = text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
    // What follows in further lines is not underlined: a table may be long.
    let end = range.end.clamp(range.start, start + line.len());
    let number = line_and_column(text, start).0;
    let span = range.start.min(start + line.len()) - start..end.max(range.start.min(start + line.len())) - start;
    let snippet = Snippet::source(line).line_start(number).annotation(AnnotationKind::Primary.span(span));
    let report = [Group::with_level(Level::ERROR).element(snippet)];
    let drawn = Renderer::plain().render(&report);
    let lines: Vec<String> = drawn.lines().map(|line| secret::told(line).trim_end().to_string()).collect();
    lines.join("\n")
}
