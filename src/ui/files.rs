//! The files of the selected container, or of a volume.
//!
//! ```text
//! ─ Logs ─ Processes ─ Files ──────────────── 12 entries, filter conf ─
//!  /etc/nginx
//!   drwxr-xr-x root:root            2026-11-21 12:01  conf.d/
//!   -rw-r--r-- root:root       1.2k 2026-11-21 12:01  nginx.conf
//!   web-1:/etc/nginx → ./nginx   12 files  3.4M  conf.d/site.conf
//! ```

use super::Role;
use super::canvas::{Canvas, Part, inset};
use super::logs::detail_title;
use super::table;
use crate::app::fit::Priority;
use crate::app::{App, FileForm, FileView, FilesView, Pane, units};
use crate::model::{FileEntry, FileKind, Timestamp, Zone, files};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Columns from the left edge: permissions, owner, the right end of sizes, times.
const MODE: u16 = 2;
const OWNER: u16 = 13;
const OWNER_WIDTH: u16 = 15;
const SIZE_END: u16 = 35;
const TIME: u16 = 36;
const NAME: u16 = 54;
/// Below this width only sizes stand before the names.
const WIDE: u16 = 78;

pub fn draw(app: &App, canvas: &mut Canvas, area: Rect) {
    let room = detail_title(app, canvas, area);
    let Some(view) = &app.files.view else { return };
    let (height, width) = app.files_size();
    let words = status(app, canvas, view, width);
    canvas.title_words(room, area.y, &words);
    if area.height < 2 {
        return;
    }
    let path = Rect { y: area.y + 1, height: 1, ..area };
    let shown = match &view.open {
        Some(open) => files::shown(&open.content.path),
        None => files::shown(&view.path),
    };
    let style = canvas.style(Role::Focus);
    let x = canvas.text(path.x + 2, path.y, &shown, style, path.width.saturating_sub(2));
    if let Some(open) = &view.open {
        let about = about(open);
        canvas.text(x + 2, path.y, &about, canvas.style(Role::Dim), path.right().saturating_sub(x + 2));
    }
    let rows = Rect { y: area.y + 2, height: (height as u16).min(area.height.saturating_sub(2)), ..area };
    match &view.open {
        Some(open) => draw_file(canvas, rows, open),
        None => draw_folder(app, canvas, rows, view),
    }
    let below = area.bottom().saturating_sub(rows.bottom());
    for (line, job) in app.files.copies.iter().rev().take(below as usize).enumerate() {
        let y = rows.bottom() + line as u16;
        let x = canvas.text(area.x + 2, y, &job.title, canvas.style(Role::Busy), area.width / 2);
        let progress = units::progress(&job.progress);
        canvas.text(x + 2, y, &progress, canvas.style(Role::Dim), area.right().saturating_sub(x + 2));
    }
}

fn status(app: &App, canvas: &Canvas, view: &FilesView, width: usize) -> Vec<Part> {
    let part = |weight: Priority, role: Role, text: String| Part::new(weight, text, canvas.style(role));
    let mut parts = Vec::new();
    if let Some(open) = &view.open {
        if let Some(search) = &open.search {
            parts.push(part(Priority::Low, Role::Focus, format!("search {}", search.text)));
        }
        if open.content.cut {
            let shown = units::size(open.content.bytes.len() as u64);
            parts.push(part(Priority::High, Role::Warn, format!("first {shown} only")));
        }
        let place = match open.form {
            FileForm::Text => format!("line {} of {}", open.position(width), open.lines()),
            FileForm::Hex => format!("offset {:x} of {:x}", open.position(width), open.content.bytes.len()),
        };
        parts.push(part(Priority::Usual, Role::Dim, place));
        return parts;
    }
    if !view.filter.is_empty() {
        parts.push(part(Priority::High, Role::Focus, format!("filter {}", view.filter)));
    }
    match &view.listing {
        _ if view.is_mounting() => parts.push(part(Priority::Most, Role::Busy, "creating a helper container …".into())),
        _ if view.is_waiting() => parts.push(part(Priority::Most, Role::Busy, reading(app, view))),
        Some(listing) => {
            if let Some(cut) = &listing.cut {
                parts.push(part(Priority::Most, Role::Warn, cut.clone()));
            }
            let noun = if listing.entries.len() == 1 { "entry" } else { "entries" };
            parts.push(part(Priority::Usual, Role::Dim, format!("{} {noun}", listing.entries.len())));
        }
        None => {}
    }
    parts
}

/// For how long it takes already, once that is worth a word.
fn reading(app: &App, view: &FilesView) -> String {
    match view.waited(app.now) {
        Some(seconds) if seconds > 0 => format!("reading … {seconds} s, esc cancels"),
        _ => "reading …".into(),
    }
}

fn about(open: &FileView) -> String {
    let entry = &open.content.entry;
    let size = units::size(entry.size);
    if open.content.elsewhere {
        return "read by a command in the container".into();
    }
    format!("{size}  {}  {}", entry.permissions(), entry.owner)
}

fn draw_folder(app: &App, canvas: &mut Canvas, rows: Rect, view: &FilesView) {
    if view.rows.is_empty() {
        let nothing = match (&view.problem, &view.listing) {
            (Some(problem), _) => problem.to_string(),
            (None, None) if view.is_mounting() => "creating a helper container …".into(),
            (None, None) => reading(app, view),
            (None, Some(listing)) if listing.entries.is_empty() => "the folder is empty".into(),
            (None, Some(_)) => "no files match the filter".into(),
        };
        canvas.sentence(inset(rows), &nothing, canvas.style(Role::Dim));
        return;
    }
    let Some(listing) = &view.listing else { return };
    let zone = app.options.logs.zone;
    let window = (view.cursor, view.rows.len());
    table::rows(canvas, rows, window, app.focus == Pane::Logs, |canvas, place, index| {
        let entry = listing.entries.get(view.rows[index]);
        entry.into_iter().for_each(|entry| draw_entry(canvas, place, entry, zone));
    });
}

fn draw_entry(canvas: &mut Canvas, row: Rect, entry: &FileEntry, zone: Zone) {
    let dim = canvas.style(Role::Dim);
    let size = if entry.kind == FileKind::File { units::bytes(entry.size as f64) } else { String::new() };
    let name = if row.width >= WIDE {
        canvas.text(row.x + MODE, row.y, &entry.permissions(), dim, 10);
        canvas.text(row.x + OWNER, row.y, &entry.owner, dim, OWNER_WIDTH);
        canvas.right(row.x + SIZE_END, row.y, &size, Style::new(), 6);
        let time = units::date_and_clock(Timestamp::from_seconds(entry.modified), zone);
        canvas.text(row.x + TIME, row.y, time.get(..16).unwrap_or_default(), dim, 16);
        NAME
    } else {
        canvas.right(row.x + 8, row.y, &size, dim, 6);
        10
    };
    let shown = files::shown(&entry.name);
    let style = match entry.kind {
        FileKind::Folder => canvas.style(Role::Focus).add_modifier(Modifier::BOLD),
        FileKind::Link { .. } => canvas.style(Role::Busy),
        FileKind::File => Style::new(),
        FileKind::Device | FileKind::Pipe | FileKind::Socket | FileKind::Other => canvas.style(Role::Mark),
    };
    let mut x = canvas.text(row.x + name, row.y, &shown, style, row.width.saturating_sub(name));
    let sign = match &entry.kind {
        FileKind::Folder => "/".to_string(),
        FileKind::Link { target, to_folder } => {
            let end = if *to_folder == Some(true) { "/" } else { "" };
            format!(" → {}{end}", files::shown(target))
        }
        FileKind::File => String::new(),
        FileKind::Device => "  device".into(),
        FileKind::Pipe => "  pipe".into(),
        FileKind::Socket => "  socket".into(),
        FileKind::Other => "  unknown".into(),
    };
    x = x.min(row.right());
    canvas.text(x, row.y, &sign, dim, row.right() - x);
}

fn draw_file(canvas: &mut Canvas, rows: Rect, open: &FileView) {
    if open.content.bytes.is_empty() {
        canvas.sentence(inset(rows), "the file is empty", canvas.style(Role::Dim));
        return;
    }
    let gutter = open.gutter() as u16;
    for (line, row) in open.visible(rows.height as usize, rows.width as usize).iter().enumerate() {
        let y = rows.y + line as u16;
        let label = match (row.label, open.form) {
            (Some(number), FileForm::Text) => number.to_string(),
            (Some(offset), FileForm::Hex) => format!("{offset:08x}"),
            (None, _) => String::new(),
        };
        let style = canvas.style(if row.hit { Role::Focus } else { Role::Dim });
        canvas.right(rows.x + gutter, y, &label, style, gutter);
        let x = rows.x + gutter + 1;
        let room = rows.right().saturating_sub(x);
        match open.search.as_ref().filter(|_| row.hit) {
            Some(search) => canvas.put_hits((x, y), &row.text, Style::new(), rows.right(), Some(search)),
            None => canvas.text(x, y, &row.text, Style::new(), room),
        };
    }
}
