//! The processes of the selected container.
//!
//! ```text
//! ─ Logs ─ Processes ───────────── tree  2 sessions, 1 not from here ─
//!      PID USER        CPU    MEM   AGE COMMAND
//!     4711 root        1.2   12M    3h  nginx: master process
//!     4740 app         0.4    8M    3h   └ nginx: worker process
//! ```

use super::Role;
use super::canvas::{Canvas, Part, inset};
use super::logs::detail_title;
use super::table::{self, Heading};
use crate::app::fit::Priority;
use crate::app::{App, Pane, ProcessRow, ProcessSort, ProcessView, units};
use crate::model::secret;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// Right ends of the columns of numbers and the start of the command, from the left edge.
const PID_END: u16 = 9;
const USER: u16 = 10;
const USER_WIDTH: u16 = 10;
const CPU_END: u16 = 27;
const MEMORY_END: u16 = 34;
const AGE_END: u16 = 40;
const COMMAND: u16 = 42;
/// Deeper children are not indented further, columns.
const DEEPEST: usize = 10;

pub fn draw(app: &App, canvas: &mut Canvas, area: Rect) {
    let room = detail_title(app, canvas, area);
    let Some(view) = &app.processes else { return };
    let mut parts = status(canvas, view);
    if app.reveals() {
        parts.push(Part::new(Priority::Most, "secrets shown", canvas.style(Role::Warn)));
    }
    canvas.title_words(room, area.y, &parts);
    let rows = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if rows.height == 0 {
        return;
    }
    if let Some(why) = nothing(view) {
        canvas.sentence(inset(rows), &why, canvas.style(Role::Dim));
    }
    if view.rows.is_empty() {
        return;
    }
    headings(canvas, rows, view.sort);
    let rows = Rect { y: rows.y + 1, height: rows.height.saturating_sub(1), ..rows };
    let window = (view.cursor, view.rows.len());
    table::rows(canvas, rows, window, app.focus == Pane::Logs, |canvas, place, index| {
        let row = &view.rows[index];
        let command = &row.process.command;
        let command = if app.reveals() { Cow::Borrowed(&**command) } else { secret::command(command) };
        draw_row(canvas, place, row, &command);
    });
}

fn nothing(view: &ProcessView) -> Option<String> {
    match &view.ended {
        Some(problem) if view.rows.is_empty() => Some(problem.to_string()),
        None if !view.loaded => Some("loading …".into()),
        None if view.rows.is_empty() => Some("no processes".into()),
        _ => None,
    }
}

fn status(canvas: &Canvas, view: &ProcessView) -> Vec<Part> {
    let (all, foreign) = view.sessions();
    let mut parts = Vec::new();
    if all > 0 {
        let noun = if all == 1 { "session" } else { "sessions" };
        let (weight, role, word) = match foreign {
            0 => (Priority::Low, Role::Dim, format!("{all} {noun}")),
            _ => (Priority::High, Role::Warn, format!("{all} {noun}, {foreign} not from bowline")),
        };
        parts.push(Part::new(weight, word, canvas.style(role)));
    }
    parts.push(match &view.ended {
        Some(problem) => Part::new(Priority::Most, problem.cause.as_str(), canvas.style(Role::Warn)),
        None => {
            let count = format!("{} by {}", view.rows.len(), view.sort.name());
            Part::new(Priority::Usual, count, canvas.style(Role::Dim))
        }
    });
    parts
}

fn headings(canvas: &mut Canvas, rows: Rect, sort: ProcessSort) {
    let end = rows.width.max(COMMAND);
    let headings = [
        ("PID", (1, PID_END), true, ProcessSort::Pid),
        ("USER", (USER, USER + USER_WIDTH), false, ProcessSort::User),
        ("CPU", (CPU_END - 6, CPU_END), true, ProcessSort::Cpu),
        ("MEM", (MEMORY_END - 6, MEMORY_END), true, ProcessSort::Memory),
        ("AGE", (AGE_END - 5, AGE_END), true, ProcessSort::Age),
        ("COMMAND", (COMMAND, end), false, ProcessSort::Command),
    ];
    let headings = headings.map(|(title, (from, to), is_figure, by)| Heading {
        title,
        place: (rows.x + from, rows.x + to),
        is_figure,
        sorted: sort == by,
    });
    table::headings(canvas, rows.y, headings);
}

fn draw_row(canvas: &mut Canvas, row: Rect, of: &ProcessRow, command: &str) {
    let (plain, dim) = (Style::new(), canvas.style(Role::Dim));
    let process = &of.process;
    canvas.right(row.x + PID_END, row.y, &process.pid.to_string(), dim, 8);
    canvas.text(row.x + USER, row.y, &process.user, dim, USER_WIDTH);
    let number = |text: Option<String>| text.unwrap_or_else(|| "–".into());
    let load = canvas.theme().style(match process.cpu {
        Some(cpu) if cpu >= 90.0 => Role::Bad,
        Some(cpu) if cpu >= 70.0 => Role::Warn,
        _ => Role::Text,
    });
    canvas.right(row.x + CPU_END, row.y, &number(process.cpu.map(|cpu| format!("{cpu:.1}"))), load, 6);
    canvas.right(row.x + MEMORY_END, row.y, &number(process.memory.map(|bytes| units::memory(bytes as f64))), plain, 6);
    canvas.right(row.x + AGE_END, row.y, &number(process.age.map(|age| units::span(age as f64))), dim, 5);
    let mut x = row.x + COMMAND;
    if of.depth > 0 {
        x += of.depth.min(DEEPEST) as u16 - 1;
        x = canvas.put(x, row.y, canvas.glyphs().branch, canvas.style(Role::Faint), row.right()) + 1;
    }
    if let Some(ours) = of.exec {
        let (word, role) = if ours { ("exec", Role::Focus) } else { ("exec, not from bowline", Role::Warn) };
        x = canvas.text(x, row.y, word, canvas.style(role), row.right().saturating_sub(x)) + 1;
    }
    canvas.text(x, row.y, command, plain, row.right().saturating_sub(x));
}
