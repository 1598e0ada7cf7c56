//! The one painter of lists: headings, and the rows of a window with the one under the cursor.

use super::Role;
use super::canvas::Canvas;
use crate::app::Cursor;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// A heading.
pub struct Heading<'a> {
    /// The title of the column.
    pub title: &'a str,
    /// Columns from and to, from the left edge of the screen.
    pub place: (u16, u16),
    /// True if it is right-aligned, as figures are.
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

/// Names the columns that there is no room for, beside the heading of the one that takes what is left.
pub fn hidden<'a>(canvas: &mut Canvas, (x, y, width): (u16, u16, u16), names: impl Iterator<Item = &'a str> + Clone) {
    let (count, letters) = names.clone().fold((0, 0), |(count, letters), name| (count + 1, letters + name.len() + 2));
    let words = match count {
        0 => return,
        _ if letters + 7 <= usize::from(width) => format!("no room: {}", names.collect::<Vec<_>>().join(", ")),
        _ => format!("+{count} columns"),
    };
    if words.len() <= usize::from(width) {
        canvas.text(x, y, &words, canvas.style(Role::Faint), width);
    }
}
