//! A text above the cockpit: help, results, a log file.

use crate::app::command::KeyContext;
use crate::app::widgets::wrap::Breaks;
use crate::model::{Id, OperationId};

/// A text above the cockpit, which is scrolled and searched.
#[derive(Debug, Clone)]
pub struct Text {
    /// What it says.
    pub body: TextBody,
    /// Only lines that hold this are shown.
    pub filter: String,
    /// First line shown.
    pub scroll: usize,
}

/// What a text says.
#[derive(Debug, Clone)]
pub enum TextBody {
    /// The keys in force; those of this place first.
    Help(KeyContext),
    /// What came of an act.
    Results(OperationId),
    /// Why a container stands as it does.
    Why(Id),
    /// Lines of its own.
    Lines {
        /// Its title.
        title: String,
        /// Its lines, clean and as long as they are: they are broken for the screen.
        lines: Vec<String>,
        /// Where they are broken.
        breaks: Breaks,
    },
}

impl Text {
    /// A text from its first line on.
    pub fn new(body: TextBody) -> Text {
        Text { body, filter: String::new(), scroll: 0 }
    }

    /// Lines of its own.
    pub fn lines(title: impl Into<String>, lines: Vec<String>, breaks: Breaks) -> Text {
        Text::new(TextBody::Lines { title: title.into(), lines, breaks })
    }

    /// True if it has lines of its own.
    pub(in crate::app) fn is_lines(&self) -> bool {
        matches!(self.body, TextBody::Lines { .. })
    }

    /// True if a line is shown.
    pub fn shows(&self, line: &str) -> bool {
        self.filter.is_empty() || line.to_lowercase().contains(&self.filter.to_lowercase())
    }

    /// Its title.
    pub fn title(&self) -> &str {
        match &self.body {
            TextBody::Help(_) => "Help: all keys",
            TextBody::Results(_) => "Results",
            TextBody::Why(_) => "Why?",
            TextBody::Lines { title, .. } => title,
        }
    }
}
