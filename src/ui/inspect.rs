//! The inspected object as a tree.
//!
//! ```text
//! ─ Logs ─ Processes ─ Inspect ───────── HostConfig.Memory  container web-1  yaml ─
//!    ▾ HostConfig:
//!        Memory: 268435456  256M
//!  ~     NanoCpus: 500000000  0.5 processors  was 0
//!      ▸ PortBindings: {…} 2
//! ```

use super::Role;
use super::canvas::{Canvas, Part, inset};
use super::logs::detail_title;
use super::table;
use crate::app::fit::Priority;
use crate::app::{App, CompareTarget, InspectView, Line, Mark, Pane, Value};
use crate::model::{Search, Timestamp};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

/// Where values begin: right of the cursor and of the sign of a comparison.
const GUTTER: u16 = 3;
/// What is deeper is not indented further, columns.
const DEEPEST: u16 = 24;
/// In fewer columns the way to a value tells nothing.
const SHORTEST_PATH: usize = 8;

pub fn draw(app: &App, canvas: &mut Canvas, area: Rect) {
    let room = detail_title(app, canvas, area);
    let rows = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let Some(view) = &app.inspect else {
        canvas.sentence(inset(rows), "nothing is selected", canvas.style(Role::Dim));
        return;
    };
    let words = status(canvas, view, room.1.saturating_sub(room.0));
    canvas.title_words(room, area.y, &words);
    if rows.height == 0 {
        return;
    }
    if let Some(why) = nothing(view) {
        canvas.sentence(inset(rows), &why, canvas.style(Role::Dim));
    }
    draw_rows(canvas, rows, view, (app.focus == Pane::Logs, app.now));
}

/// The rows of an object, as far as there is room.
pub fn draw_rows(canvas: &mut Canvas, rows: Rect, view: &InspectView, (focused, now): (bool, Timestamp)) {
    // What is on the screen may be smaller than when the cursor was moved.
    let mut cursor = view.cursor;
    cursor.fit(rows.height.into(), view.rows().len());
    table::rows(canvas, rows, (cursor, view.rows().len()), focused, |canvas, place, index| {
        let was = if view.compares_with_earlier() { "was" } else { "other" };
        draw_line(canvas, place, &view.line(view.rows()[index], now), (view.search.as_ref(), was));
    });
}

fn nothing(view: &InspectView) -> Option<String> {
    match (&view.ended, view.document()) {
        (Some(problem), None) => Some(problem.to_string()),
        (None, None) => Some("loading …".into()),
        (_, Some(_)) if view.rows().is_empty() => Some("empty".into()),
        _ => None,
    }
}

/// The state of the view: what is shown, and in which form.
fn status(canvas: &Canvas, view: &InspectView, room: u16) -> Vec<Part> {
    let part = |weight: Priority, role: Role, text: String| Part::new(weight, text, canvas.style(role));
    let mut parts = Vec::new();
    if let Some(document) = view.document() {
        if document.left_out > 0 {
            let words = format!("too large: {} values left out", document.left_out);
            parts.push(part(Priority::High, Role::Warn, words));
        }
        if document.cut > 0 {
            parts.push(part(Priority::Usual, Role::Warn, format!("{} long values cut", document.cut)));
        }
    }
    if let Some(search) = &view.search {
        parts.push(part(Priority::Low, Role::Focus, format!("search {}", search.text)));
    }
    if let Some(against) = &view.against {
        parts.push(match (&against.ended, view.is_comparing()) {
            (Some(problem), false) => part(Priority::Most, Role::Warn, format!("{}: {}", against.name, problem.cause)),
            (None, false) if against.rival != CompareTarget::Earlier => {
                part(Priority::High, Role::Busy, format!("loading {} …", against.name))
            }
            _ => part(Priority::High, Role::Focus, format!("vs {}: {}", against.name, differences(view))),
        });
    }
    if view.revealed {
        parts.push(part(Priority::Most, Role::Warn, "secrets shown".into()));
    }
    parts.push(match &view.ended {
        Some(problem) => part(Priority::Most, Role::Warn, problem.cause.clone()),
        None => part(Priority::Least, Role::Dim, if view.json { "json" } else { "yaml" }.into()),
    });
    let path = view.chosen().map(|node| view.path(node)).filter(|path| !path.is_empty());
    if let Some(path) = path {
        let used: u16 = parts.iter().map(|part| part.text.width() as u16 + 2).sum();
        parts.insert(0, Part::new(Priority::Usual, end_of(&path, room.saturating_sub(used + 2)), Style::new()));
    }
    parts
}

/// The end of the way says most. None of it where there is no room for anything of it.
fn end_of(path: &str, columns: u16) -> String {
    let columns = usize::from(columns);
    if path.width() <= columns {
        return path.to_string();
    }
    let fits = |(at, _): &(usize, char)| path[*at..].width() < columns;
    match path.char_indices().find(fits).filter(|_| columns >= SHORTEST_PATH) {
        Some((at, _)) => format!("…{}", &path[at..]),
        None => String::new(),
    }
}

fn differences(view: &InspectView) -> String {
    let [changed, added, removed] = view.differences();
    let words = match view.compares_with_earlier() {
        true => ["changed", "added", "removed"],
        false => ["differ", "only here", "only there"],
    };
    let counts = [changed, added, removed].into_iter().zip(words).filter(|(count, _)| *count > 0);
    let told: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
    let what = if view.compares_configured() { "configured " } else { "" };
    if told.is_empty() { format!("{what}the same") } else { format!("{what}{}", told.join(", ")) }
}

fn draw_line(canvas: &mut Canvas, row: Rect, line: &Line, (search, word): (Option<&Search>, &str)) {
    let (sign, role) = match line.mark {
        Mark::Same => (" ", Role::Text),
        Mark::Changed => ("~", Role::Warn),
        Mark::Added => ("+", Role::Ok),
        Mark::Removed => ("-", Role::Bad),
    };
    let dim = canvas.style(Role::Dim);
    canvas.put(row.x + 1, row.y, sign, canvas.style(role).add_modifier(Modifier::BOLD), row.right());
    let mut x = row.x + GUTTER + line.indent.min(DEEPEST);
    if let Some(open) = line.fold {
        let sign = canvas.glyphs().folds[usize::from(open)];
        canvas.put(x, row.y, sign, canvas.style(Role::Focus), row.right());
    }
    x += 2;
    let (name, value) = match (line.mark, line.fold.is_some(), line.kind) {
        (Mark::Added | Mark::Removed, ..) => (canvas.style(role), canvas.style(role)),
        (Mark::Changed, false, _) => (dim, canvas.style(role)),
        (.., Value::Plain) => (dim, Style::new()),
        (.., Value::Faint) => (dim, dim),
        (.., Value::Hidden) => (dim, canvas.style(Role::Mark)),
    };
    x = canvas.put_hits((x, row.y), &line.key, name, row.right(), search);
    x = canvas.put(x, row.y, line.joint, dim, row.right());
    let fits = line.value.len() <= usize::from(row.right().saturating_sub(x))
        || line.value.width() <= usize::from(row.right().saturating_sub(x));
    if !fits && row.width > 0 {
        canvas.put_hits((x, row.y), &line.value, value, row.right().saturating_sub(1), search);
        canvas.put(row.right() - 1, row.y, canvas.glyphs().ellipsis, dim, row.right());
        return;
    }
    x = canvas.put_hits((x, row.y), &line.value, value, row.right(), search);
    x = canvas.put(x, row.y, line.tail, dim, row.right());
    let room = |x: u16| row.right().saturating_sub(x + 2);
    if !line.note.is_empty() && room(x) > 4 {
        let note = if line.was.is_some() { format!("({})", line.note) } else { line.note.clone() };
        x = canvas.text(x + 2 - u16::from(line.was.is_some()), row.y, &note, dim, room(x));
    }
    if let Some(was) = line.was.as_ref().filter(|_| room(x) > 4) {
        canvas.text(x + 2, row.y, &format!("{word} {was}"), dim, room(x));
    }
}
