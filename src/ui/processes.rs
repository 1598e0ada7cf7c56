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
use super::chart;
use super::logs::detail_title;
use super::table::{self, Heading};
use crate::app::fit::Priority;
use crate::app::{App, Pane, ProcessRow, ProcessSort, ProcessView, units};
use crate::model::{Process, secret};
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// A column before the command.
#[derive(Clone, Copy)]
struct Field {
    title: &'static str,
    width: u16,
    is_figure: bool,
    /// What it shows, and what rows are sorted by it.
    by: ProcessSort,
}

const fn field(title: &'static str, width: u16, is_figure: bool, by: ProcessSort) -> Field {
    Field { title, width, is_figure, by }
}

/// From left to right.
const FIELDS: [Field; 5] = [
    field("PID", 8, true, ProcessSort::Pid),
    field("USER", 10, false, ProcessSort::User),
    field("CPU", 6, true, ProcessSort::Cpu),
    field("MEM", 6, true, ProcessSort::Memory),
    field("AGE", 5, true, ProcessSort::Age),
];
/// What goes, one after the other, where the command would be out of sight.
const GIVEN_UP: [ProcessSort; 4] = [ProcessSort::User, ProcessSort::Age, ProcessSort::Memory, ProcessSort::Cpu];
/// Columns that the command has at least.
const COMMAND_LEAST: u16 = 20;
/// Columns between two columns; the command stands one further.
const GAP: u16 = 1;
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
    let plan = Plan::new(rows.width);
    headings(canvas, rows, &plan, view.sort);
    let rows = Rect { y: rows.y + 1, height: rows.height.saturating_sub(1), ..rows };
    let window = (view.cursor, view.rows.len());
    table::rows(canvas, rows, window, app.focus == Pane::Logs, |canvas, place, index| {
        let row = &view.rows[index];
        let command = &row.process.command;
        let command = if app.reveals() { Cow::Borrowed(&**command) } else { secret::command(command) };
        draw_row(canvas, place, &plan, row, &command);
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

/// The columns that there is room for beside the command, with where each begins, and where the command does.
struct Plan {
    fields: Vec<(Field, u16)>,
    command: u16,
}

impl Plan {
    fn new(width: u16) -> Plan {
        let mut fields: Vec<Field> = FIELDS.to_vec();
        let command = |fields: &[Field]| 2 + fields.iter().map(|field| field.width + GAP).sum::<u16>();
        for by in GIVEN_UP {
            if command(&fields) + COMMAND_LEAST <= width {
                break;
            }
            fields.retain(|field| field.by != by);
        }
        let end = command(&fields);
        let mut x = 1;
        let placed = fields.into_iter().map(|field| {
            x += field.width + GAP;
            (field, x - field.width - GAP)
        });
        Plan { fields: placed.collect(), command: end }
    }
}

fn headings(canvas: &mut Canvas, rows: Rect, plan: &Plan, sort: ProcessSort) {
    let end = rows.width.max(plan.command);
    let command = (field("COMMAND", end - plan.command, false, ProcessSort::Command), plan.command);
    let headings = plan.fields.iter().copied().chain([command]).map(|(field, from)| Heading {
        title: field.title,
        place: (rows.x + from, rows.x + from + field.width),
        is_figure: field.is_figure,
        sorted: sort == field.by,
    });
    table::headings(canvas, rows.y, headings);
    let is_hidden = |field: &&Field| !plan.fields.iter().any(|(shown, _)| shown.by == field.by);
    let beside = plan.command + "COMMAND".len() as u16 + 2;
    let names = FIELDS.iter().filter(is_hidden).map(|field| field.by.name());
    table::hidden(canvas, (rows.x + beside, rows.y, rows.width.saturating_sub(beside)), names);
}

fn draw_row(canvas: &mut Canvas, row: Rect, plan: &Plan, of: &ProcessRow, command: &str) {
    for (field, from) in &plan.fields {
        let (text, style) = value(canvas, &of.process, field.by);
        let x = row.x + from;
        match field.is_figure {
            true => canvas.right(x + field.width, row.y, &text, style, field.width),
            false => canvas.text(x, row.y, &text, style, field.width),
        };
        if field.by == ProcessSort::Cpu {
            let sign = chart::alarm(of.process.cpu.and_then(|cpu| chart::grave(cpu / 100.0)));
            canvas.put(x + field.width, row.y, sign, style, row.right());
        }
    }
    let mut x = row.x + plan.command;
    if of.depth > 0 {
        x += of.depth.min(DEEPEST) as u16 - 1;
        x = canvas.put(x, row.y, canvas.glyphs().branch, canvas.style(Role::Faint), row.right()) + 1;
    }
    if let Some(ours) = of.exec {
        let (word, role) = if ours { ("exec", Role::Focus) } else { ("exec, not from bowline", Role::Warn) };
        x = canvas.text(x, row.y, word, canvas.style(role), row.right().saturating_sub(x)) + 1;
    }
    canvas.text(x, row.y, command, Style::new(), row.right().saturating_sub(x));
}

/// What a process has in a column, and how that looks.
fn value(canvas: &Canvas, process: &Process, by: ProcessSort) -> (String, Style) {
    let (plain, dim) = (Style::new(), canvas.style(Role::Dim));
    let number = |text: Option<String>| text.unwrap_or_else(|| "–".into());
    let load = canvas.style(process.cpu.and_then(|cpu| chart::grave(cpu / 100.0)).unwrap_or(Role::Text));
    match by {
        ProcessSort::Tree | ProcessSort::Pid => (process.pid.to_string(), dim),
        ProcessSort::User => (process.user.clone(), dim),
        ProcessSort::Cpu => (number(process.cpu.map(|cpu| format!("{cpu:.1}"))), load),
        ProcessSort::Memory => (number(process.memory.map(|bytes| units::memory(bytes as f64))), plain),
        ProcessSort::Age => (number(process.age.map(|age| units::span(age as f64))), dim),
        ProcessSort::Command => (process.command.clone(), plain),
    }
}
