//! Files that bowline carries itself: `builtin:NAME` in a blueprint is such a folder.

/// The word before the name of a folder that bowline carries.
pub const BUILTIN: &str = "builtin:";

/// A file that bowline carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CarriedFile {
    /// The folder that it is in, as it stands behind `builtin:`.
    pub folder: String,
    /// Its path in the folder, with slashes.
    pub path: String,
    /// Permissions; 0 means 0644.
    pub mode: u32,
    /// What is in it.
    pub content: Vec<u8>,
}
