//! A line of a log, whole.
//!
//! ```text
//! ┌ Line 12,345  14:03:22.120  web  error  stderr  2026-11-21 ──┐
//! │   level: error                                              │
//! │ ▾ user:                                                     │
//! │ ▌   name: ann                                               │
//! │ user.name                                              yaml │
//! └─────────────────────────────────────────────────────────────┘
//! ```

use super::canvas::Canvas;
use super::{Role, inspect, layer};
use crate::app::{App, InspectView, LineBody, LineView, line_place};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

pub fn draw(app: &App, canvas: &mut Canvas, view: &LineView) {
    let rows = line_place(app);
    match &view.body {
        LineBody::Tree(tree) => {
            // One column of the frame's margin is the cursor's.
            let area = Rect { x: rows.x.saturating_sub(1), width: rows.width + 1, ..rows };
            inspect::draw_rows(canvas, area, tree, (true, app.now));
            draw_foot(canvas, Rect { y: rows.bottom(), height: 1, ..rows }, tree);
        }
        LineBody::Text(text) => {
            layer::draw_text(app, canvas, rows, text);
            let lines = crate::app::overlay_layout::text_lines(app, text, rows.width).len();
            let below = lines.saturating_sub(text.scroll + usize::from(rows.height));
            let words = match (below, text.filter.is_empty()) {
                (0, true) => String::new(),
                (0, false) => format!("only lines with {}", text.filter),
                (below, _) => format!("{below} more rows below"),
            };
            canvas.right(rows.right(), rows.bottom(), &words, canvas.style(Role::Dim), rows.width);
        }
    }
}

/// The way to the value under the cursor, and how the tree is shown.
fn draw_foot(canvas: &mut Canvas, foot: Rect, tree: &InspectView) {
    let dim = canvas.style(Role::Dim);
    let document = tree.document();
    let left_out = document.map_or(0, |document| document.left_out);
    let cut = document.map_or(0, |document| document.cut);
    let mut words = if tree.json { "json".to_string() } else { "yaml".to_string() };
    if cut > 0 {
        words = format!("{cut} long values cut  {words}");
    }
    if left_out > 0 {
        words = format!("too large: {left_out} values left out  {words}");
    }
    if let Some(search) = &tree.search {
        words = format!("search {}  {words}", search.text);
    }
    let end = canvas.right(foot.right(), foot.y, &words, dim, foot.width);
    let path = tree.chosen().map(|node| tree.path(node)).unwrap_or_default();
    let room = end.saturating_sub(foot.x + 2);
    if path.width() <= usize::from(room) || room > 8 {
        canvas.text_middle(foot.x, foot.y, &path, dim, room);
    }
}
