//! The last line: a prompt, a sentence on what happened, or the keys that matter here and now.

use super::Role;
use super::canvas::{Canvas, tone_role};
use crate::app::{App, Layer, Prompt, layers};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

pub fn draw(app: &App, canvas: &mut Canvas, area: Rect) {
    if area.height == 0 {
        return;
    }
    canvas.tint(area, canvas.style(Role::Bar));
    if let Some(Layer::Prompt(prompt)) = app.layers.last() {
        draw_prompt(canvas, area, prompt);
        return;
    }
    if let Some(notice) = &app.notice {
        canvas.text(1, area.y, &notice.text, canvas.style(tone_role(notice.tone)), area.width.saturating_sub(2));
        return;
    }
    if let Some((text, from)) = layers::under_way_place(app) {
        canvas.text(from, area.y, &text, canvas.style(Role::Busy), area.right().saturating_sub(from + 1));
    }
    let (dim, key_style) = (canvas.style(Role::Dim), canvas.style(Role::Focus).add_modifier(Modifier::BOLD));
    for (from, to, key, word, _) in layers::hint_places(app) {
        let x = canvas.text(from, area.y, &key, key_style, to - from);
        canvas.text(x + 1, area.y, word, dim, to.saturating_sub(x + 1));
    }
}

/// Columns of the text before the cursor that are scrolled away.
fn scrolled(prompt: &Prompt, area: Rect) -> (String, usize) {
    let before = prompt.line().before_cursor();
    let room = usize::from(area.width).saturating_sub(prompt.sign().len() + 3).max(1);
    let over = before.width().saturating_sub(room);
    let mut skipped = 0;
    let mut from = 0;
    for (index, c) in before.char_indices() {
        if skipped >= over {
            break;
        }
        skipped += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        from = index + c.len_utf8();
    }
    (before[from..].to_string(), from)
}

fn draw_prompt(canvas: &mut Canvas, area: Rect, prompt: &Prompt) {
    let x = canvas.text(1, area.y, prompt.sign(), canvas.style(Role::Focus).add_modifier(Modifier::BOLD), area.width);
    let (_, from) = scrolled(prompt, area);
    let text = prompt.line().text();
    let x = canvas.put(x, area.y, text.get(from..).unwrap_or_default(), Style::new(), area.right());
    let help = prompt.help();
    if x + 4 + help.len() as u16 <= area.right() {
        canvas.right(area.right().saturating_sub(1), area.y, help, canvas.style(Role::Dim), area.width);
    }
}

/// Where the cursor stands in a prompt.
pub fn cursor(app: &App, area: Rect) -> Option<Position> {
    let Some(Layer::Prompt(prompt)) = app.layers.last() else { return None };
    let (before, _) = scrolled(prompt, area);
    let x = 1 + prompt.sign().len() + before.width();
    Some(Position { x: (x as u16).min(area.right().saturating_sub(1)), y: area.y })
}
