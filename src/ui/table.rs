//! The one painter of lists: headings, and the rows of a window with the one under the cursor.

use super::Role;
use super::canvas::Canvas;
use crate::app::Cursor;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// A heading.
pub struct Heading<'a> {
    /// What it says.
    pub title: &'a str,
    /// Columns from and to, from the left edge of the screen.
    pub place: (u16, u16),
    /// It is set right, as figures are.
    pub is_figure: bool,
    /// The rows are sorted by it.
    pub sorted: bool,
}

/// Paints the headings.
pub fn headings<'a>(canvas: &mut Canvas, y: u16, headings: impl IntoIterator<Item = Heading<'a>>) {
    for Heading { title, place: (from, to), is_figure, sorted } in headings {
        let style = if sorted { Style::new() } else { canvas.style(Role::Dim) };
        match is_figure {
            true => canvas.right(to, y, title, style, to - from),
            false => canvas.text(from, y, title, style, to - from),
        };
    }
}

/// Paints the rows of a window. `draw` paints the row at an index; its first column is the cursor's. No row stands out unless the
/// cursor is `shown`.
pub fn rows(
    canvas: &mut Canvas,
    area: Rect,
    (cursor, count): (Cursor, usize),
    shown: bool,
    mut draw: impl FnMut(&mut Canvas, Rect, usize),
) {
    for (y, index) in (area.y..area.bottom()).zip(cursor.top()..count) {
        let row = Rect { y, height: 1, ..area };
        let selected = shown && index == cursor.row();
        if selected {
            canvas.put(row.x, y, canvas.glyphs().cursor, canvas.style(Role::Focus), row.right());
        }
        draw(canvas, row, index);
        if selected {
            canvas.selected(row);
        }
    }
}
