//! What happened lately, newest first.

use super::Role;
use super::canvas::{Canvas, tone_role};
use crate::app::{App, units};
use ratatui::layout::Rect;
use ratatui::style::Style;

pub fn draw(app: &App, canvas: &mut Canvas, area: Rect) {
    canvas.title(Rect { height: 1, ..area }, "Events", false);
    let rows = area.height.saturating_sub(1);
    let recent = app.world.events.iter().rev().take(rows as usize);
    if app.world.events.is_empty() && rows > 0 {
        canvas.text(
            area.x + 3,
            area.y + 1,
            "none since bowline began to listen",
            canvas.style(Role::Dim),
            area.width.saturating_sub(3),
        );
    }
    for (line, event) in recent.enumerate() {
        let y = area.y + 1 + line as u16;
        let dim = canvas.style(Role::Dim);
        let style = canvas.style(tone_role(event.tone));
        let x = canvas.text(area.x + 1, y, &units::clock(event.at, app.options.logs.utc_offset), dim, 8) + 2;
        let name = (area.width / 3).min(24);
        let name_style = if event.tone == crate::model::Tone::Plain { Style::new() } else { style };
        canvas.text(x, y, &event.name, name_style, name.saturating_sub(1));
        canvas.text(x + name, y, &event.what, style, area.right().saturating_sub(x + name + 1));
    }
}
