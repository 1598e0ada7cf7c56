//! Images on their way.
//!
//! ```text
//! ▌» pull   shop/api:2.4         ▪▪▪▪▪▪▪▪          43%     12 s  3 of 5 layers  12M of 28M
//!  ○ push   shop/web:1                             done     8 s  sha256:5cc8…
//!  × build  shop/etl                               failed   2 s  /bin/sh -c make returned 2
//! ```

use super::Role;
use super::canvas::Canvas;
use crate::app::{App, TransferEnd, TransferView, TransfersOverlay, overlay_layout, units, wrap};
use crate::model::{Part, Stage};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

/// Columns of a bar.
const BAR: u16 = 16;
/// Most columns of an image's name.
const NAME: u16 = 36;
/// Least columns of a path beside other words.
const PATH: u16 = 24;

pub fn draw(app: &App, canvas: &mut Canvas, area: Rect, overlay: &TransfersOverlay) {
    let inner = overlay_layout::inner(area);
    match overlay.view(&app.transfers).filter(|_| overlay.opened) {
        Some(view) => draw_opened(app, canvas, inner, view, overlay.back),
        None => draw_list(app, canvas, inner, overlay),
    }
}

fn draw_list(app: &App, canvas: &mut Canvas, area: Rect, overlay: &TransfersOverlay) {
    if app.transfers.list.is_empty() {
        canvas.text(area.x, area.y, "no transfers yet", canvas.style(Role::Dim), area.width);
        return;
    }
    let cursor = overlay.cursor(&app.transfers, area.height.into());
    for ((index, view), y) in app.transfers.list.iter().enumerate().skip(cursor.top()).zip(area.y..area.bottom()) {
        let row = Rect { y, height: 1, ..area };
        draw_row(app, canvas, row, view);
        if index == cursor.row() {
            let row = Rect { x: row.x.saturating_sub(1), width: row.width + 2, ..row };
            canvas.put(row.x, y, canvas.glyphs().cursor, canvas.style(Role::Focus), row.right());
            if canvas.theme().plain_selection {
                canvas.tint(row, Style::reset());
            }
            canvas.tint(row, canvas.style(Role::Selected));
        }
    }
}

/// Sign, role and word of a transfer's state.
fn state(canvas: &Canvas, view: &TransferView) -> (&'static str, Role, &'static str) {
    let glyphs = canvas.glyphs();
    match &view.ended {
        None => (glyphs.restarting, Role::Busy, ""),
        Some((TransferEnd::Done(_), _)) => (glyphs.running, Role::Ok, "done"),
        Some((TransferEnd::Failed(_), _)) => (glyphs.failed, Role::Bad, "failed"),
        Some((TransferEnd::Cancelled, _)) => (glyphs.stopped, Role::Dim, "cancelled"),
    }
}

fn draw_row(app: &App, canvas: &mut Canvas, row: Rect, view: &TransferView) {
    let (sign, role, word) = state(canvas, view);
    let (dim, style) = (canvas.style(Role::Dim), canvas.style(role));
    let (y, end) = (row.y, row.right());
    canvas.put(row.x, y, sign, style, end);
    canvas.text(row.x + 2, y, view.transfer.verb(), dim, 6);
    let name = NAME.min(row.width / 3);
    let what = end_of(&view.transfer.what(), name, canvas.glyphs().ellipsis);
    canvas.text(row.x + 9, y, &what, Style::new().add_modifier(Modifier::BOLD), name);
    let mut x = row.x + 10 + name;
    if row.width >= 90 {
        if let Some(share) = view.share().filter(|_| view.runs()) {
            progress_bar(canvas, x, y, share);
        }
        x += BAR + 1;
    }
    let share = view.share().filter(|_| view.runs()).map(|share| format!("{:.0}%", share * 100.0));
    canvas.right(x + 9, y, share.as_deref().unwrap_or(word), style, 9);
    canvas.right(x + 17, y, &seconds(view.seconds(app.now)), dim, 7);
    let x = x + 19;
    let role = if matches!(view.ended, Some((TransferEnd::Failed(_), _))) { Role::Text } else { Role::Dim };
    let room = end.saturating_sub(x);
    draw_words(canvas, (x, y, room), view, canvas.style(role));
}

/// The state in a few words. Where there is too little room for a path that was written, that is shortened in its middle: folder
/// and file name say more.
fn draw_words(canvas: &mut Canvas, (x, y, room): (u16, u16, u16), view: &TransferView, style: Style) {
    let words = view.words();
    let path = match &view.ended {
        Some((TransferEnd::Done(result), _)) => result.image.as_deref().filter(|path| path.contains('/')),
        Some((TransferEnd::Failed(_) | TransferEnd::Cancelled, _)) | None => None,
    };
    let parts = path.and_then(|path| Some((path, words.split_once(path)?)));
    let Some((path, (before, behind))) = parts.filter(|_| words.width() > usize::from(room)) else {
        canvas.text(x, y, &words, style, room);
        return;
    };
    let beside = (before.width() + behind.width()) as u16;
    if room.saturating_sub(beside) < PATH {
        canvas.text_middle(x, y, path, style, room);
        return;
    }
    let end = x + room;
    let at = canvas.text(x, y, before, style, room);
    let at = canvas.text_middle(at, y, path, style, room - beside);
    canvas.text(at, y, behind, style, end.saturating_sub(at));
}

/// The end of a name that is too long: tag and image say more than the registry.
fn end_of(name: &str, width: u16, ellipsis: &str) -> String {
    let (length, width) = (name.chars().count(), usize::from(width));
    if length <= width {
        return name.to_string();
    }
    let rest: String = name.chars().skip(length + 1 - width.max(1)).collect();
    format!("{ellipsis}{rest}")
}

/// A bar that means no danger when it is full.
fn progress_bar(canvas: &mut Canvas, x: u16, y: u16, share: f64) {
    let filled = (share.clamp(0.0, 1.0) * f64::from(BAR)).round() as u16;
    let style = canvas.style(Role::Busy);
    for cell in 0..filled {
        canvas.put(x + cell, y, canvas.glyphs().bar[0], style, x + BAR);
    }
}

fn seconds(seconds: f64) -> String {
    if seconds < 600.0 { format!("{seconds:.0} s") } else { units::long_span(seconds) }
}

fn draw_opened(app: &App, canvas: &mut Canvas, area: Rect, view: &TransferView, back: usize) {
    draw_row(app, canvas, Rect { height: 1, ..area }, view);
    let mut y = area.y + 2;
    if let Some((TransferEnd::Done(_), _)) = &view.ended {
        let dim = canvas.style(Role::Dim);
        let words = view.words();
        for line in wrap::words(&words, usize::from(area.width)).iter().take(4) {
            canvas.text(area.x, y, line, dim, area.width);
            y += 1;
        }
        y += 1;
    }
    if let Some((TransferEnd::Failed(problem), _)) = &view.ended {
        let bad = canvas.style(Role::Bad);
        for line in wrap::words(&problem.cause, usize::from(area.width)).into_iter().take(4) {
            canvas.text(area.x, y, &line, bad, area.width);
            y += 1;
        }
        if !problem.hint.is_empty() {
            canvas.text(area.x, y, &problem.hint, canvas.style(Role::Dim), area.width);
            y += 1;
        }
        y += 1;
    }
    let room = area.bottom().saturating_sub(y);
    // Output wants half of what there is; parts that are over go first where there is little room.
    let output = if view.lines.is_empty() { 0 } else { (room / 2).min(view.lines.len() as u16 + 1) };
    let parts: Vec<&Part> = view.progress.parts.iter().collect();
    let shown = usize::from(room.saturating_sub(output)).min(parts.len());
    let over = parts.len() - shown;
    let skipped = parts.iter().filter(|part| part.stage.is_over()).count().min(over);
    let mut skip = skipped;
    let open = parts.into_iter().filter(|part| {
        let hidden = skip > 0 && part.stage.is_over();
        skip -= usize::from(hidden);
        !hidden
    });
    for part in open.take(shown) {
        draw_part(canvas, Rect { y, height: 1, ..area }, part, view);
        y += 1;
    }
    y += u16::from(shown > 0);
    let room = usize::from(area.bottom().saturating_sub(y));
    let end = view.lines.len().saturating_sub(back);
    let mut rows: Vec<String> = Vec::new();
    for line in view.lines.range(..end).rev() {
        rows.extend(wrap::words(line, usize::from(area.width)).into_iter().rev());
        if rows.len() >= room {
            break;
        }
    }
    rows.truncate(room);
    for (line, y) in rows.iter().rev().zip(y..area.bottom()) {
        canvas.text(area.x, y, line, Style::new(), area.width);
    }
}

fn draw_part(canvas: &mut Canvas, row: Rect, part: &Part, view: &TransferView) {
    let (dim, y) = (canvas.style(Role::Dim), row.y);
    canvas.text(row.x + 2, y, &part.name, dim, 14);
    let x = row.x + 17;
    let share = part.share(view.unpacks());
    if let Some(share) = share.filter(|_| !part.stage.is_over()) {
        progress_bar(canvas, x, y, share);
    }
    let x = x + BAR + 1;
    let bytes = match (part.total, part.done) {
        (Some(total), done) if !part.stage.is_over() => {
            format!("{} of {}", units::bytes(done as f64), units::bytes(total as f64))
        }
        (Some(total), _) => units::bytes(total as f64),
        (None, 0) => String::new(),
        (None, done) => units::bytes(done as f64),
    };
    canvas.right(x + 15, y, &bytes, dim, 15);
    let role = match part.stage {
        Stage::Done | Stage::Known => Role::Ok,
        Stage::Moving | Stage::Unpacking => Role::Busy,
        Stage::Waiting => Role::Dim,
    };
    canvas.text(x + 17, y, &part.words, canvas.style(role), row.right().saturating_sub(x + 17));
}
