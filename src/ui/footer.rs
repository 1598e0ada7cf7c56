//! The last line: a prompt, a sentence on what happened, or the keys that matter here and now.

use super::Role;
use super::canvas::{Canvas, tone_role};
use crate::app::{App, Overlay, Prompt, overlay_layout, wrap};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

pub fn draw(app: &App, canvas: &mut Canvas, area: Rect) {
    if area.height == 0 {
        return;
    }
    canvas.tint(area, canvas.style(Role::Bar));
    if let Some(Overlay::Prompt(prompt)) = app.overlays.last() {
        draw_prompt(canvas, area, prompt);
        return;
    }
    if let (Some(notice), Some(place)) = (&app.notice, overlay_layout::notice_place(app)) {
        canvas.clear(place, canvas.style(Role::Bar));
        let style = canvas.style(Role::Bar).patch(canvas.style(tone_role(notice.tone)));
        canvas.sentence(Rect { x: place.x + 1, width: place.width.saturating_sub(2), ..place }, &notice.text, style);
        return;
    }
    if let Some((text, from)) = overlay_layout::under_way_place(app) {
        canvas.text(from, area.y, &text, canvas.style(Role::Busy), area.right().saturating_sub(from + 1));
    }
    let (dim, key_style) = (canvas.style(Role::Dim), canvas.style(Role::Focus).add_modifier(Modifier::BOLD));
    for (from, to, key, word, _) in overlay_layout::hint_places(app) {
        let x = canvas.text(from, area.y, &key, key_style, to - from);
        canvas.text(x + 1, area.y, word, dim, to.saturating_sub(x + 1));
    }
}

/// Columns for the text of a prompt.
fn pane_context(prompt: &Prompt, area: Rect) -> usize {
    usize::from(area.width).saturating_sub(prompt.sign.len() + 2).max(1)
}

fn draw_prompt(canvas: &mut Canvas, area: Rect, prompt: &Prompt) {
    let x = canvas.text(1, area.y, prompt.sign, canvas.style(Role::Focus).add_modifier(Modifier::BOLD), area.width);
    let (text, _) = prompt.line().window(pane_context(prompt, area));
    let style = if prompt.line().is_proposal() { canvas.style(Role::Selected) } else { Style::new() };
    let x = canvas.put(x, area.y, text, style, area.right());
    let earlier = Some(prompt.line().earlier()).filter(|earlier| !earlier.is_empty());
    let x = earlier.map_or(x, |earlier| {
        let words = format!("{} {earlier}", canvas.glyphs().arrows[1]);
        canvas.text(x + 1, area.y, &words, canvas.style(Role::Dim), area.right().saturating_sub(x + 2))
    });
    let fits = |words: &str| usize::from(x) + 4 + words.width() <= usize::from(area.right());
    let (words, role) = match &prompt.mistake {
        Some(mistake) if !fits(mistake) => return draw_mistake(canvas, area, mistake),
        Some(mistake) => (mistake.as_str(), Role::Bad),
        None => (prompt.help, Role::Dim),
    };
    if fits(words) {
        canvas.right(area.right().saturating_sub(1), area.y, words, canvas.style(role), area.width);
    }
}

/// What is wrong with the text of a prompt, in rows of its own above it.
fn draw_mistake(canvas: &mut Canvas, footer: Rect, mistake: &str) {
    let width = footer.width.saturating_sub(2);
    let rows = wrap::words(mistake, width.into()).len().min(usize::from(footer.y / 3).max(1)) as u16;
    let place = Rect { y: footer.y.saturating_sub(rows), height: rows.min(footer.y), ..footer };
    let style = canvas.style(Role::Bar);
    canvas.clear(place, style);
    let style = style.patch(canvas.style(Role::Bad));
    canvas.sentence(Rect { x: place.x + 1, width, ..place }, mistake, style);
}

/// The position of the cursor in a prompt.
pub fn cursor(app: &App, area: Rect) -> Option<Position> {
    let Some(Overlay::Prompt(prompt)) = app.overlays.last() else { return None };
    let (_, column) = prompt.line().window(pane_context(prompt, area));
    let x = 1 + prompt.sign.len() + column;
    Some(Position { x: (x as u16).min(area.right().saturating_sub(1)), y: area.y })
}
