//! Signs, and their twins for terminals without Unicode.

/// The signs in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Only ASCII may be written.
    pub ascii: bool,
    /// Running, unhealthy, stopped, failed, restarting, paused.
    pub running: &'static str,
    /// See `running`.
    pub unhealthy: &'static str,
    /// See `running`.
    pub stopped: &'static str,
    /// See `running`.
    pub failed: &'static str,
    /// See `running`.
    pub restarting: &'static str,
    /// See `running`.
    pub paused: &'static str,
    /// Left edge of the selected row.
    pub cursor: &'static str,
    /// Left edge of a marked row.
    pub mark: &'static str,
    /// Full and empty cell of a small bar.
    pub bar: [&'static str; 2],
    /// Empty cell of a bar that shows what it is a part of.
    pub track: &'static str,
    /// Horizontal and vertical rule.
    pub rule: [&'static str; 2],
    /// Horizontal rule of the pane that has the keys.
    pub focus_rule: &'static str,
    /// Left edge of a log line: from standard output, from standard error.
    pub level: [&'static str; 2],
    /// Text was cut here.
    pub ellipsis: &'static str,
    /// Down and up, for traffic.
    pub arrows: [&'static str; 2],
    /// Eighths of a cell, from the bottom; the first is empty.
    pub eighths: [&'static str; 9],
    /// Corners of a frame: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    /// A bookmark.
    pub bookmark: &'static str,
    /// A dot between words.
    pub dot: &'static str,
    /// Before a child in a tree.
    pub branch: &'static str,
    /// Before what holds others: folded, open.
    pub folds: [&'static str; 2],
}

impl Glyphs {
    /// Signs of every monospaced font.
    pub const UNICODE: Glyphs = Glyphs {
        ascii: false,
        running: "●",
        unhealthy: "▲",
        stopped: "○",
        failed: "×",
        restarting: "»",
        paused: "=",
        cursor: "▌",
        mark: "◆",
        bar: ["▪", " "],
        track: "·",
        rule: ["─", "│"],
        focus_rule: "━",
        level: ["▎", "╏"],
        ellipsis: "…",
        arrows: ["↓", "↑"],
        eighths: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        corners: ["┌", "┐", "└", "┘"],
        bookmark: "*",
        dot: "·",
        branch: "└",
        folds: ["▸", "▾"],
    };

    /// Their twins in ASCII, for `LANG=C` and old consoles.
    pub const ASCII: Glyphs = Glyphs {
        ascii: true,
        running: "*",
        unhealthy: "!",
        stopped: "o",
        failed: "x",
        restarting: ">",
        paused: "=",
        cursor: ">",
        mark: "+",
        bar: ["#", " "],
        track: ".",
        rule: ["-", "|"],
        focus_rule: "=",
        level: ["|", ":"],
        ellipsis: "~",
        arrows: ["v", "^"],
        eighths: [" ", "_", "_", ".", ".", ":", ":", "#", "#"],
        corners: ["+", "+", "+", "+"],
        bookmark: "*",
        dot: "-",
        branch: "`",
        folds: [">", "v"],
    };
}
