//! Frames above the cockpit: what is inside of one, and where the buttons of a question are.

use ratatui::layout::Rect;

/// The rectangle of so many columns and rows in the middle of the terminal, as far as that has them.
pub fn centered((width, height): (u16, u16), columns: u16, rows: u16) -> Rect {
    let columns = columns.min(width.saturating_sub(2).max(width.min(20)));
    let rows = rows.min(height.saturating_sub(2));
    Rect { x: (width - columns) / 2, y: (height - rows) / 2, width: columns, height: rows }
}

/// The rectangle that takes all there is.
pub fn whole(size: (u16, u16)) -> Rect {
    centered(size, size.0, size.1)
}

/// Rows inside the frame of a layer.
pub fn inner(area: Rect) -> Rect {
    Rect {
        x: area.x + 2.min(area.width),
        y: area.y + 1.min(area.height),
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    }
}

/// The buttons of a question: Cancel and the act, in the last row of its inner area.
pub fn buttons(area: Rect, go: &str) -> (Rect, Rect) {
    let inner = inner(area);
    let y = inner.y + inner.height.saturating_sub(1);
    let go_width = (go.len() as u16 + 6).min(inner.width / 2);
    let cancel = Rect { x: inner.x, y, width: 12.min(inner.width / 2), height: 1 };
    let go = Rect { x: cancel.x + cancel.width + 2, y, width: go_width, height: 1 };
    (cancel, go)
}
