//! A blueprint's file as it was found.

/// A file that holds a blueprint, read but not yet understood.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct BlueprintFile {
    /// Name of the blueprint: that of the file without `.toml`.
    pub name: String,
    /// Path of the file as it is shown; `builtin:NAME` for one that bowline carries.
    pub path: String,
    /// Absolute folder of the file, which relative paths in it are meant from; empty for one that bowline carries.
    pub folder: String,
    /// Text of the file.
    pub text: String,
}
