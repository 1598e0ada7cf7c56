//! The lists of images, volumes, networks, projects and the disk, and the details of the selected row.

use super::Role;
use super::canvas::{Canvas, Part, tone_role};
use super::table;
use crate::app::fit::Priority;
use crate::app::overlay_layout;
use crate::app::resource::{self, GAP, GUTTER};
use crate::app::{App, DetailLine, Heading, Pane, ResourceList, Row};
use crate::model::{Kind, Problem, Tone};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

/// Columns of the names of facts.
const NAME: u16 = 18;
/// Columns of a figure before words.
const FIGURE: u16 = 7;

/// The list.
pub fn draw(app: &App, canvas: &mut Canvas, area: Rect) {
    let Some(list) = app.list() else { return };
    title(app, canvas, area, list);
    let places = app.places();
    let Some(rows) = places.fleet_rows() else { return };
    let columns = fit(resource::list_of(app.view).map_or(&[][..], |spec| spec.headings), rows.width);
    if places.heading_rows() == 1 {
        headings(canvas, &columns, list, rows.x, rows.y - 1);
    }
    if list.is_empty() {
        empty(app, canvas, rows);
    }
    table::rows(canvas, rows, (list.cursor(), list.len()), true, |canvas, place, index| {
        let Some(row) = list.row(index) else { return };
        let looks = Looks {
            selected: index == list.cursor_row(),
            marked: list.is_marked(&row.id),
            folded: list.is_folded(row),
            stale: app.snapshot.is_stale(&row.of),
        };
        draw_row(canvas, (&columns, app.view), place, row, looks);
    });
    last_row(canvas, rows, refused(app));
}

/// The title: the lists there are, and what this one shows.
pub fn title(app: &App, canvas: &mut Canvas, area: Rect, list: &ResourceList) {
    let room = view_title(app, canvas, area);
    let known = resource::list_of(app.view).is_some_and(|spec| (spec.is_known)(&app.snapshot));
    // Rows are counted as they stand there: an image has one for each of its names.
    let count = match (list.heads(), list.known()) {
        _ if !known => String::new(),
        (shown, all) if shown < all => format!("{shown} of {all}"),
        (_, all) => all.to_string(),
    };
    let filter = if list.filter.is_empty() { String::new() } else { format!("filter {}", list.filter) };
    let marked = if list.marked() == 0 { String::new() } else { format!("{} marked", list.marked()) };
    let part = |weight: Priority, role: Role, text: String| Part::new(weight, text, canvas.style(role));
    let parts = [
        part(Priority::High, Role::Focus, filter),
        part(Priority::High, Role::Mark, marked),
        part(Priority::Usual, Role::Dim, count),
    ];
    canvas.title_words(room, area.y, &parts);
}

/// The reason why the rows are from an earlier answer.
pub fn refused(app: &App) -> Option<String> {
    problem(app).map(|problem| format!("not refreshed: {}", problem.cause))
}

/// What is wrong with the rows, in place of the last of them: beside the titles there is little room.
pub fn last_row(canvas: &mut Canvas, rows: Rect, words: Option<String>) {
    let (Some(words), Some(y)) = (words, rows.bottom().checked_sub(1).filter(|_| rows.height > 0)) else { return };
    canvas.text(rows.x, y, &" ".repeat(rows.width.into()), Style::new(), rows.width);
    canvas.text(rows.x + GUTTER, y, &words, canvas.style(Role::Bad), rows.width.saturating_sub(GUTTER));
}

/// The reason why the list could not be refreshed.
fn problem(app: &App) -> Option<&Problem> {
    app.snapshot.inventories.values().find_map(|one| {
        let of_disk = one.disk_problem.as_ref().filter(|_| app.view == Kind::System);
        one.problems.get(&app.view).or(of_disk)
    })
}

/// The tabs of all lists; returns the columns left in the title.
pub fn view_title(app: &App, canvas: &mut Canvas, area: Rect) -> (u16, u16) {
    let tabs = overlay_layout::view_tabs(app);
    let labels: Vec<(u16, u16, &str, bool)> =
        tabs.iter().map(|(from, to, label, kind)| (*from, *to, label.as_str(), *kind == app.view)).collect();
    canvas.tabs(Rect { height: 1, ..area }, &labels, app.focus == Pane::Fleet)
}

/// The columns that fit, with their widths: the last go first, the first takes what is left.
fn fit(headings: &'static [Heading], width: u16) -> Vec<(Heading, u16)> {
    let room = width.saturating_sub(GUTTER + 1);
    let mut count = headings.len();
    let needed =
        |count: usize| headings[..count].iter().map(|heading| heading.width + GAP).sum::<u16>().saturating_sub(GAP);
    while count > 1 && needed(count) > room {
        count -= 1;
    }
    let spare = room.saturating_sub(needed(count));
    let mut columns: Vec<(Heading, u16)> = headings[..count].iter().map(|heading| (*heading, heading.width)).collect();
    if let Some((_, first)) = columns.first_mut() {
        *first += spare;
    }
    columns
}

fn headings(canvas: &mut Canvas, columns: &[(Heading, u16)], list: &ResourceList, left: u16, y: u16) {
    let mut x = left + GUTTER;
    let headings = columns.iter().enumerate().map(|(index, (heading, width))| {
        let (title, is_figure, sorted) = (heading.title, heading.is_figure, index == list.sort);
        x += width + GAP;
        table::Heading { title, place: (x - width - GAP, x - GAP), is_figure, sorted }
    });
    table::headings(canvas, y, headings);
    let names = resource::list_of(list.kind)
        .map_or(&[][..], |spec| spec.headings)
        .iter()
        .skip(columns.len())
        .map(|heading| heading.title);
    if let Some((first, width)) = columns.first() {
        let beside = first.title.len() as u16 + GAP;
        table::hidden(canvas, (left + GUTTER + beside, y, width.saturating_sub(beside)), names);
    }
}

/// The text of an empty list: what belongs here and how to create one.
fn empty(app: &App, canvas: &mut Canvas, rows: Rect) {
    let Some(spec) = resource::list_of(app.view) else { return };
    let known = (spec.is_known)(&app.snapshot);
    let filtered = app.list().is_some_and(|list| !list.filter.is_empty());
    let text = match problem(app) {
        Some(problem) if !known => problem.to_string(),
        _ if !known => "loading …".into(),
        _ if filtered => "nothing matches the filter; esc clears it".into(),
        _ => spec.empty.into(),
    };
    let place = Rect { x: rows.x + GUTTER, width: rows.width.saturating_sub(GUTTER + 1), ..rows };
    canvas.sentence(place, &text, canvas.style(Role::Dim));
}

/// The looks of a row.
#[derive(Clone, Copy)]
struct Looks {
    /// The cursor is on it.
    selected: bool,
    /// True if it is marked.
    marked: bool,
    /// True if the rows below it are hidden.
    folded: bool,
    /// Its engine does not answer: it is what was known last.
    stale: bool,
}

/// Columns by which a row stands in: what can be folded has a sign before it, what is below it stands further in.
fn indent(row: &Row) -> u16 {
    match (row.holds, &row.under) {
        (true, _) => 2,
        (false, Some(_)) => 4,
        (false, None) => 0,
    }
}

fn draw_row(
    canvas: &mut Canvas,
    (columns, kind): (&[(Heading, u16)], Kind),
    place: Rect,
    row: &Row,
    Looks { selected, marked, folded, stale }: Looks,
) {
    let (glyphs, y) = (*canvas.glyphs(), place.y);
    if marked {
        canvas.put(place.x, y, glyphs.mark, canvas.style(Role::Mark), place.right());
    }
    let (sign, role) = match row.tone {
        Tone::Good => (glyphs.running, Role::Ok),
        // Not in use, and could go.
        Tone::Warn if !matches!(kind, Kind::Project) => (glyphs.stopped, Role::Warn),
        Tone::Warn => (glyphs.unhealthy, Role::Warn),
        Tone::Bad => (glyphs.failed, Role::Bad),
        Tone::Busy => (glyphs.restarting, Role::Busy),
        Tone::Plain => (glyphs.stopped, Role::Dim),
    };
    let role = if stale { Role::Dim } else { role };
    let indent = indent(row);
    if row.holds {
        let fold = glyphs.folds[usize::from(!folded)];
        canvas.put(place.x + 1, y, fold, canvas.style(Role::Focus), place.right());
    }
    canvas.put(place.x + 1 + indent, y, sign, canvas.style(role), place.right());
    let mut x = place.x + GUTTER;
    for (index, (heading, width)) in columns.iter().enumerate() {
        let text = row.cells.get(index).map_or("", String::as_str);
        let style = match index {
            _ if stale => canvas.style(Role::Dim),
            0 if selected => Style::new().add_modifier(Modifier::BOLD),
            0 => Style::new(),
            _ if heading.is_figure => Style::new(),
            _ => canvas.style(Role::Dim),
        };
        let indent = if index == 0 { indent } else { 0 };
        if heading.is_figure {
            canvas.right(x + width, y, text, style, *width);
        } else {
            canvas.text_middle(x + indent, y, text, style, width.saturating_sub(indent));
        }
        x += width + GAP;
    }
}

/// Draws the details of the selected row.
pub fn draw_details(app: &App, canvas: &mut Canvas, area: Rect) {
    let Some(list) = app.list() else { return };
    let room = super::logs::detail_title(app, canvas, area);
    if app.reveals() {
        canvas.title_words(room, area.y, &[Part::new(Priority::Most, "secrets shown", canvas.style(Role::Warn))]);
    }
    let mut lines = overlay_layout::detail_lines(app, app.reveals());
    // The engine tells of itself before its disk is counted.
    if list.selected().is_none() && app.view == Kind::System {
        lines = resource::engine_lines(app.inventory());
    }
    let rows = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(3),
        height: area.height.saturating_sub(1),
    };
    for (line, y) in lines.iter().skip(list.scroll).zip(rows.y..rows.bottom()) {
        draw_line(canvas, line, Rect { y, height: 1, ..rows });
    }
}

fn draw_line(canvas: &mut Canvas, line: &DetailLine, row: Rect) {
    let dim = canvas.style(Role::Dim);
    let plain = |canvas: &Canvas, tone: Tone| match tone {
        Tone::Plain => Style::new(),
        tone => canvas.style(tone_role(tone)),
    };
    match line {
        DetailLine::Heading(text) => {
            canvas.text(row.x, row.y, text, canvas.style(Role::Focus), row.width);
        }
        DetailLine::Fact(name, value, tone) => {
            let label = (name.width() as u16).max(NAME).min(row.width / 2);
            canvas.text(row.x + 1, row.y, name, dim, label);
            let x = row.x + label + 3;
            let style = if *tone == Tone::Good { Style::new() } else { plain(canvas, *tone) };
            canvas.text(x, row.y, value, style, row.right().saturating_sub(x));
        }
        DetailLine::Figure(figure, words, tone) => {
            let style = if *tone == Tone::Good { Style::new() } else { dim };
            canvas.right(row.x + FIGURE, row.y, figure, style, FIGURE);
            let x = row.x + FIGURE + 2;
            canvas.text(x, row.y, words, style, row.right().saturating_sub(x));
        }
        DetailLine::Words(text, tone) => {
            let style = if *tone == Tone::Plain { dim } else { plain(canvas, *tone) };
            canvas.text(row.x + 1, row.y, text, style, row.width);
        }
    }
}
