//! No engine answers: each place tried, the reason, the mend, and what can be done now.

use super::Role;
use super::canvas::Canvas;
use crate::app::{App, Command, wrap};
use crate::model::{Engine, Link};
use ratatui::style::{Modifier, Style};

pub fn draw(app: &App, engine: &Engine, canvas: &mut Canvas) {
    let (width, height) = app.size;
    let x = if width >= 60 { 4 } else { 1 };
    let room = width.saturating_sub(x + 2);
    let mut y = if height >= 20 { 3 } else { 1 };
    let bottom = height.saturating_sub(3);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let headline = match app.closed {
        Some(_) => "The Docker context cannot be opened.",
        None => "No container engine answers.",
    };
    canvas.text(x, y, headline, canvas.style(Role::Bad).add_modifier(Modifier::BOLD), room);
    y += 2;
    let (dim, mend) = (canvas.style(Role::Dim), canvas.style(Role::Ok));
    for (index, attempt) in engine.attempts.iter().enumerate() {
        let left = engine.attempts.len() - index;
        if y + 2 >= bottom {
            canvas.text(x, y, &format!("and {left} more places"), dim, room);
            y += 1;
            break;
        }
        let after = canvas.text(x, y, &attempt.address, bold, room);
        canvas.text(after + 2, y, &attempt.reason, dim, width.saturating_sub(after + 3));
        y += 1;
        for (text, style) in [(&attempt.problem.cause, Style::new()), (&attempt.problem.hint, mend)] {
            for line in wrap::words(text, room.saturating_sub(2) as usize).iter().filter(|line| !line.is_empty()) {
                if y < bottom {
                    canvas.text(x + 2, y, line, style, room.saturating_sub(2));
                    y += 1;
                }
            }
        }
        y += u16::from(height >= 24);
    }
    foot(app, engine, canvas, (x, (y + 1).min(height.saturating_sub(2)), room));
}

fn foot(app: &App, engine: &Engine, canvas: &mut Canvas, (x, y, room): (u16, u16, u16)) {
    let Link::Down { retry_at, .. } = &engine.link else { return };
    let seconds = retry_at.since(app.now).ceil().max(0.0) as u64;
    let shown = |command: Command| app.options.keymap.shown(command).unwrap_or_default();
    let retry = shown(Command::Refresh);
    let retry = match (&app.closed, seconds) {
        (Some(_), _) => format!("{retry} opens the local engine"),
        (None, 0) => format!("connecting …   {retry} tries now"),
        (None, _) => format!("next try in {seconds} s   {retry} tries now"),
    };
    let text =
        format!("{retry}   {} opens the embedded engine   {} quits", shown(Command::Embedded), shown(Command::Quit));
    for (line, y) in wrap::words(&text, room.into()).iter().zip(y..app.size.1.saturating_sub(1)) {
        canvas.text(x, y, line.trim(), canvas.style(Role::Focus), room);
    }
}
