//! A text that is read in a program of the user's own.

/// The program that shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextViewer {
    /// What `PAGER` names.
    Pager,
    /// What `VISUAL` or `EDITOR` names.
    Editor,
}

impl TextViewer {
    /// What it is called in a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            TextViewer::Pager => "pager",
            TextViewer::Editor => "editor",
        }
    }
}

/// The text, and what its file is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextCopy {
    /// A plain file name.
    pub name: String,
    /// Clean text in lines.
    pub text: String,
    /// The line that is to be seen first, from 1.
    pub line: usize,
}
