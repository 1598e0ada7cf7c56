//! The shell pane: its tabs and the screen of the one in front.

use super::canvas::{Canvas, Part};
use super::logs::{draw_lines, sgr_style};
use super::{Caret, Role};
use crate::app::fit::Priority;
use crate::app::{
    App, Body, CaretShape, Emulator, LogOptions, Pane, ShellCell, ShellFoot, Tab, TimestampFormat, overlay_layout,
};
use crate::model::{State, text};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

/// Combining characters shown on one character.
const MARKS_SHOWN: usize = 4;

/// Paints the pane. Returns the cursor, if the shell has the focus and shows one.
pub fn draw(app: &App, canvas: &mut Canvas, area: Rect, rows: Rect) -> Option<Caret> {
    title(app, canvas, area);
    let tab = app.shells.active()?;
    match &tab.body {
        Body::Terminal(emulator) => draw_screen(canvas, emulator, rows),
        Body::Lines(lines) => {
            let preferences = LogOptions { timestamps: TimestampFormat::None, ..app.options.logs };
            let waits = !draw_lines(canvas, &lines.view, rows, &preferences) && tab.ended.is_none();
            if waits {
                canvas.text(rows.x + 2, rows.y, "running, no output yet", canvas.style(Role::Dim), rows.width);
            }
        }
    }
    if let Some(foot) = app.shell_foot() {
        draw_foot(app, canvas, rows, &foot);
    }
    caret(app, tab, rows)
}

fn title(app: &App, canvas: &mut Canvas, area: Rect) {
    let tabs = overlay_layout::shell_tabs(app);
    let labels: Vec<(u16, u16, &str, bool)> =
        tabs.iter().map(|(from, to, label, index)| (*from, *to, label.as_str(), *index == app.shells.active)).collect();
    let room = canvas.tabs(Rect { height: 1, ..area }, &labels, app.focus == Pane::Shell);
    let words = status(app, canvas);
    canvas.title_words(room, area.y, &words);
}

/// The state of the shell on screen.
fn status(app: &App, canvas: &Canvas) -> Vec<Part> {
    let Some(tab) = app.shells.active() else { return Vec::new() };
    let part = |weight: Priority, role: Role, text: String| Part::new(weight, text, canvas.style(role));
    let mut parts = Vec::new();
    let emulator = tab.emulator();
    if let Some(title) = emulator.map(Emulator::title).filter(|title| !title.is_empty()) {
        parts.push(part(Priority::Least, Role::Dim, title.chars().take(40).collect()));
    }
    let unseen = app.shells.tabs.len() - overlay_layout::shell_tabs(app).len();
    if unseen > 0 {
        parts.push(part(Priority::Low, Role::Dim, format!("{unseen} more")));
    }
    if app.snapshot.is_stale(&tab.id) {
        parts.push(part(Priority::Most, Role::Warn, "engine lost".into()));
    }
    let key = app.options.keymap.shown(crate::app::Command::ShellPrefix).unwrap_or_default();
    let leave = app.options.keymap.shown(crate::app::Command::LeaveShell).unwrap_or_default();
    let back = emulator.map_or(0, Emulator::scrolled);
    let paused = app.snapshot.containers.get(&tab.id).is_some_and(|container| container.state == State::Paused);
    if back > 0 && tab.copy.is_some() {
        parts.push(part(Priority::Usual, Role::Warn, format!("{back} lines back")));
    }
    let (weight, role, text) = match (&tab.copy, tab.takes_input()) {
        (Some(copy), _) if copy.is_selecting() => (Priority::High, Role::Mark, "selecting".into()),
        (Some(_), _) => (Priority::High, Role::Mark, "scrollback".into()),
        (None, true) if paused => (Priority::Most, Role::Warn, "paused: no output".into()),
        (None, _) if back > 0 => (Priority::High, Role::Warn, format!("{back} lines back")),
        (None, true) if app.focus == Pane::Shell && app.shells.prefix => {
            (Priority::High, Role::Mark, format!("{key} …"))
        }
        (None, true) if app.focus == Pane::Shell => (Priority::High, Role::Dim, format!("{key} {leave} leaves")),
        _ => (Priority::Least, Role::Dim, String::new()),
    };
    parts.push(part(weight, role, text));
    parts
}

fn draw_screen(canvas: &mut Canvas, emulator: &Emulator, rows: Rect) {
    let mut cluster = String::new();
    emulator.each_cell(|column, row, cell| {
        if column >= rows.width || row >= rows.height {
            return;
        }
        let style = cell_style(canvas, &cell);
        if cell.character == ' ' && cell.marks.is_empty() && style == Style::new() {
            return;
        }
        cluster.clear();
        push_visible(&mut cluster, &cell);
        canvas.put(rows.x + column, rows.y + row, &cluster, style, rows.right());
    });
}

fn cell_style(canvas: &Canvas, cell: &ShellCell) -> Style {
    let mut style = if cell.sgr == Default::default() { Style::new() } else { sgr_style(canvas, &cell.sgr) };
    if cell.strike {
        style = style.add_modifier(Modifier::CROSSED_OUT);
    }
    if cell.selected {
        style = style.add_modifier(Modifier::REVERSED);
    }
    style
}

/// The characters of a cell. Tabs and whatever else the emulator keeps in cells is blank.
fn push_visible(cluster: &mut String, cell: &ShellCell) {
    if cell.character.is_control() || text::is_hostile(cell.character) {
        cluster.push(' ');
        return;
    }
    cluster.push(cell.character);
    // Joiners and variation selectors are left out too: terminals disagree on what becomes of the width.
    cluster.extend(cell.marks.iter().filter(|mark| !text::is_hostile(**mark)).take(MARKS_SHOWN));
}

/// What is told below a session that has ended, or over the screen of one that has not begun.
fn draw_foot(app: &App, canvas: &mut Canvas, rows: Rect, foot: &ShellFoot) {
    let lines = foot.rows(app.places().shell.map_or(rows.width, |area| area.width));
    let style = canvas.style(if foot.is_good { Role::Dim } else { Role::Warn });
    let over = (lines.len() as u16).min(rows.height);
    let over = Rect { y: rows.bottom() - over, height: over, ..rows };
    let area = app.places().shell_foot().filter(|_| foot.is_end).unwrap_or(over);
    canvas.clear(area, canvas.style(Role::Bar));
    for (line, y) in lines.iter().zip(area.y..area.bottom()) {
        canvas.text(area.x + 1, y, line, style.patch(canvas.style(Role::Bar)), area.width.saturating_sub(2));
    }
}

fn caret(app: &App, tab: &Tab, rows: Rect) -> Option<Caret> {
    let emulator = tab.emulator().filter(|_| app.focus == Pane::Shell)?;
    let (column, row, shape) = match &tab.copy {
        Some(copy) => copy.cursor(emulator).map(|(column, row)| (column, row, CaretShape::Own))?,
        None if tab.ended.is_some() => return None,
        None => emulator.caret()?,
    };
    let at = Position { x: rows.x + column, y: rows.y + row };
    rows.contains(at).then_some(Caret { at, shape })
}
