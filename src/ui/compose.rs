//! What is said of compose: what can be done, the question before it, what differs.
//!
//! ```text
//! project     shop
//! folder      /srv/shop
//! file        /srv/shop/compose.yaml
//!
//! shop-web-1  made anew: image differs
//! shop-db-1   stays: as the files say
//!
//! docker --host unix:///var/run/docker.sock compose --project-name shop …
//!  Cancel (n)    up (y)
//! ```

use super::Role;
use super::canvas::{Canvas, tone_role};
use super::layer::draw_buttons;
use crate::app::{App, ComposeLine, ComposeOverlay, ComposePhase, compose, overlay_layout};
use crate::model::Tone;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

/// Columns of the names of facts.
const NAME: u16 = 12;
/// Most columns of whom something concerns.
const WHOM: u16 = 30;

pub fn draw(app: &App, canvas: &mut Canvas, area: Rect, overlay: &ComposeOverlay) {
    let inner = overlay_layout::inner(area);
    let lines = compose::lines(app, overlay, inner.width);
    let room = usize::from(inner.height.saturating_sub(2));
    let whom = lines.iter().filter_map(|line| {
        let ComposeLine::Fate(name, ..) = line else { return None };
        Some(name.width() as u16)
    });
    let whom = whom.max().unwrap_or(0).min(WHOM).min(inner.width / 3);
    let top = overlay.scroll.min(lines.len().saturating_sub(room));
    for (line, y) in lines.iter().skip(top).take(room).zip(inner.y..) {
        draw_line(canvas, Rect { y, height: 1, ..inner }, line, whom);
    }
    let below = lines.len().saturating_sub(top + room);
    foot(app, canvas, area, overlay, below);
}

fn draw_line(canvas: &mut Canvas, row: Rect, line: &ComposeLine, whom: u16) {
    let (dim, bold) = (canvas.style(Role::Dim), Style::new().add_modifier(Modifier::BOLD));
    let tone =
        |canvas: &Canvas, tone: Tone| if tone == Tone::Plain { Style::new() } else { canvas.style(tone_role(tone)) };
    match line {
        ComposeLine::Blank => {}
        ComposeLine::Heading(text) => drop(canvas.text(row.x, row.y, text, canvas.style(Role::Focus), row.width)),
        ComposeLine::Fact(name, value) => {
            canvas.text(row.x, row.y, name, dim, NAME - 1);
            canvas.text(row.x + NAME, row.y, value, Style::new(), row.width.saturating_sub(NAME));
        }
        ComposeLine::Words(text, of) => drop(canvas.text(row.x, row.y, text, tone(canvas, *of), row.width)),
        ComposeLine::Fate(name, words, of) => {
            canvas.text(row.x, row.y, name, bold, whom);
            let x = row.x + whom + 2;
            canvas.text(x, row.y, words, tone(canvas, *of), row.right().saturating_sub(x));
        }
        ComposeLine::Choice(name, doc, chosen) => {
            canvas.text(row.x, row.y, name, if *chosen { bold } else { Style::new() }, 18);
            canvas.text(row.x + 20, row.y, doc, dim, row.width.saturating_sub(20));
            if *chosen {
                let row = Rect { x: row.x.saturating_sub(1), width: row.width + 2, ..row };
                canvas.put(row.x, row.y, canvas.glyphs().cursor, canvas.style(Role::Focus), row.right());
                if canvas.theme().plain_selection {
                    canvas.tint(row, Style::reset());
                }
                canvas.tint(row, canvas.style(Role::Selected));
            }
        }
        ComposeLine::Command(text) => drop(canvas.text(row.x, row.y, text, dim, row.width)),
    }
}

/// The buttons, and how much there is below.
fn foot(app: &App, canvas: &mut Canvas, area: Rect, overlay: &ComposeOverlay, below: usize) {
    let inner = overlay_layout::inner(area);
    let y = inner.bottom().saturating_sub(1);
    // Where keys move the cursor they do not scroll.
    let scrolls = !matches!(overlay.phase, ComposePhase::Choosing { .. });
    let more = if below > 0 && scrolls { format!("{below} more") } else { String::new() };
    if let (Some(buttons), ComposePhase::Confirming { focus, .. }) = (compose::buttons(area, overlay), &overlay.phase) {
        draw_buttons(app, canvas, buttons, overlay.go().unwrap_or_default(), *focus);
    }
    let taken = compose::buttons(area, overlay).map_or(inner.x, |(_, go)| go.right() + 1);
    canvas.right(inner.right(), y, &more, canvas.style(Role::Dim), inner.right().saturating_sub(taken));
}
