//! The sizes that a user gave to the panes.

/// What the user may shift; remembered between runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PaneSizes {
    /// Shift of the vertical line, per cent of the width.
    pub columns: i8,
    /// Shift of the horizontal line, rows.
    pub rows: i8,
    /// Shift of the line between logs and shell, rows.
    pub logs: i8,
}
