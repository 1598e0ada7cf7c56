//! Details of the selected group: its totals where the gauges are, its members where the log is.

use super::canvas::{Canvas, Part};
use super::{Role, counts, logs};
use crate::app::fit::Priority;
use crate::app::{App, Group, Pane, units};
use crate::model::Container;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

/// Columns between what is told of a member.
const GAP: u16 = 2;
/// Columns of its state.
const STATE: u16 = 13;

/// Sums and counts.
pub fn draw_sums(app: &App, canvas: &mut Canvas, area: Rect, group: &Group) {
    let room = canvas.title(Rect { height: 1, ..area }, &group.name, app.focus == Pane::Gauges);
    canvas.title_words(room, area.y, &[Part::new(Priority::Usual, size(group), canvas.style(Role::Dim))]);
    let (x, end) = (area.x + 1, area.right().saturating_sub(1));
    if area.height < 2 {
        return;
    }
    let after = sums(canvas, (x, end), area.y + 1, group);
    // On small screens there is one line for all.
    let (x, y) = if area.height > 2 { (x, area.y + 2) } else { (after + 3, area.y + 1) };
    let long = counts::parts(canvas, &group.totals, true, false);
    let fits = x + counts::width(&long, 2) <= end + 2;
    let parts = if fits { long } else { counts::parts(canvas, &group.totals, false, false) };
    canvas.parts((x, end), y, &parts, 2);
}

/// `5 containers`, `2 of 5 containers`.
fn size(group: &Group) -> String {
    let all = crate::model::Kind::Container.count(group.all);
    if group.hidden() == 0 { all } else { format!("{} of {all}", group.members.len()) }
}

fn sums(canvas: &mut Canvas, (x, end): (u16, u16), y: u16, group: &Group) -> u16 {
    let (dim, bold) = (canvas.style(Role::Dim), Style::new().add_modifier(Modifier::BOLD));
    let cpu = group.totals.cpu.map_or("-".into(), units::percent);
    let memory = group.totals.memory.map_or("-".into(), |used| units::memory(used as f64));
    let mut x = x;
    for (word, value) in [("cpu", cpu), ("mem", memory)] {
        let left = |x: u16| end.saturating_sub(x);
        x = canvas.text(x, y, word, dim, left(x));
        x = canvas.text(x + 1, y, &value, bold, left(x + 1)) + 3;
    }
    canvas.text(x, y, "in total", dim, end.saturating_sub(x))
}

/// The members that are in sight.
pub fn draw_members(app: &App, canvas: &mut Canvas, area: Rect, group: &Group) {
    logs::detail_title(app, canvas, area);
    let rows = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(3),
        height: area.height.saturating_sub(1),
    };
    let shown = group.members.iter().skip(app.fleet.scroll).take(rows.height as usize);
    let longest = shown.clone().map(|one| one.name.width() as u16).max().unwrap_or(0).min(rows.width * 6 / 10);
    for (container, y) in shown.zip(rows.y..) {
        member(app, canvas, Rect { y, height: 1, ..rows }, container, longest);
    }
}

fn member(app: &App, canvas: &mut Canvas, row: Rect, container: &Container, longest: u16) {
    let stale = app.snapshot.is_stale(&container.id);
    let (sign, role) = canvas.state_sign(container);
    let state = canvas.style(if stale { Role::Dim } else { role });
    let x = canvas.put(row.x, row.y, sign, state, row.right()) + 1;
    let name = if stale { canvas.style(Role::Dim) } else { Style::new() };
    canvas.text(x, row.y, &container.name, name, longest.min(row.right().saturating_sub(x)));
    let x = x + longest + GAP;
    let left = |x: u16| row.right().saturating_sub(x);
    canvas.text(x, row.y, &container.word(), state, STATE.min(left(x)));
    let x = x + STATE + GAP;
    let image = canvas.style(Role::Dim);
    canvas.text(x, row.y, &container.image, image, left(x));
}
