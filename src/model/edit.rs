//! An edit of a file by the user's own editor, and how it ended.

use super::id::Id;
use super::problem::Problem;
use std::path::PathBuf;

/// A file is to be edited by the user's own editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Through which container it is read and written: its own, or a volume's helper of this moment.
    pub id: Id,
    /// The container or the volume that it is of.
    pub of: Id,
    /// The name of that, clean.
    pub name: String,
    /// The path there, raw.
    pub path: Vec<u8>,
    /// What it holds, by which a change there is noticed.
    pub bytes: Vec<u8>,
}

/// The end of an editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditEnd {
    /// The file was not changed.
    Unchanged,
    /// Nothing was changed, and so soon that it may work on in a window of its own. The file stays where it has it.
    AtOnce,
    /// The file here was changed.
    Changed(PathBuf),
    /// The editor failed, and nothing was typed.
    Failed(Problem),
    /// What was typed is kept, in the file here or beside it.
    Kept(PathBuf, Problem),
}
