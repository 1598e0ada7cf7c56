//! What happened lately: containers' events beside their list, newest first; all events in a list of their own, newest last.

use super::Role;
use super::canvas::{Canvas, Part, tone_role};
use super::table;
use crate::app::fit::Priority;
use crate::app::{App, EventsView, events_place, party, units, wrap};
use crate::model::{Event, Kind, Snapshot, Tone, Zone};
use ratatui::layout::Rect;
use ratatui::style::Style;

pub fn draw(app: &App, canvas: &mut Canvas, area: Rect) {
    let room = canvas.title(Rect { height: 1, ..area }, "Events", false);
    let left = usize::from(room.1.saturating_sub(room.0)).saturating_sub(2);
    let sampling = super::fleet::sampling_words(app, left);
    canvas.title_words(room, area.y, &[Part::new(Priority::Low, sampling, canvas.style(Role::Dim))]);
    let rows = area.height.saturating_sub(1);
    // What happens beside them is in the list of all events.
    let of_containers = |event: &&Event| event.topic == Kind::Container;
    let mut recent = app.snapshot.events.iter().rev().filter(of_containers).take(rows as usize).peekable();
    let place = Rect { x: area.x + 3, y: area.y + 1, width: area.width.saturating_sub(3), height: rows };
    let below = match unheard(app) {
        Some(why) => below(canvas, place, &why, Role::Warn),
        None if recent.peek().is_none() => below(canvas, place, NONE, Role::Dim),
        None => area.y + 1,
    };
    for (y, event) in (below..area.bottom()).zip(recent) {
        let dim = canvas.style(Role::Dim);
        let style = canvas.style(tone_role(event.tone));
        let x = canvas.text(area.x + 1, y, &units::clock(event.at, app.options.logs.zone), dim, 8) + 2;
        let name = (area.width / 3).min(24);
        let name_style = if event.tone == Tone::Plain { Style::new() } else { style };
        canvas.text(x, y, &event.name, name_style, name.saturating_sub(1));
        let room = area.right().saturating_sub(x + name + 1);
        let end = canvas.text(x + name, y, &event.what, style, room);
        if let Some(engine) = event.id.as_ref().and_then(|id| app.engine_name_of(id)) {
            canvas.text(end + 1, y, &format!("on {engine}"), dim, area.right().saturating_sub(end + 2));
        }
    }
}

/// The text where there are no events.
const NONE: &str = "none since bowline connected";

/// Why the engine tells no events, and what that means.
pub fn unheard(app: &App) -> Option<String> {
    let why = app.snapshot.engines.values().find_map(|engine| engine.unheard.as_ref())?;
    Some(format!("no events: {}; polling every 5 s instead", why.cause))
}

/// Words in as many rows as they need. Returns the row below them.
fn below(canvas: &mut Canvas, place: Rect, words: &str, role: Role) -> u16 {
    let mut y = place.y;
    for line in wrap::words(words, place.width.into()).iter().take(place.height.into()) {
        canvas.text(place.x, y, line, canvas.style(role), place.width);
        y += 1;
    }
    y
}

/// Columns of the time, the kind and the name, each with the blanks after it.
const TIME: u16 = 10;
const KIND: u16 = 10;
const NAME_MOST: u16 = 30;

/// Paints the list of all events into its frame.
pub fn draw_all(app: &App, canvas: &mut Canvas, area: Rect, view: &EventsView) {
    let place = events_place(app);
    let rows = view.rows(app);
    if rows.events.is_empty() {
        let none = if app.snapshot.events.is_empty() { NONE } else { "no events match the filter" };
        match unheard(app) {
            Some(why) => below(canvas, place, &why, Role::Warn),
            None => below(canvas, place, none, Role::Dim),
        };
    }
    // The cursor stands in the margin.
    let margin = Rect { x: place.x.saturating_sub(1), width: place.width + 2, ..place };
    table::rows(canvas, margin, (rows.cursor, rows.events.len()), true, |canvas, row, index| {
        let row = Rect { x: place.x, width: place.width, ..row };
        draw_event(canvas, row, rows.events[index], &app.snapshot, app.options.logs.zone);
    });
    let (count, all) = (rows.events.len(), app.snapshot.events.len());
    let part = |weight: Priority, role: Role, text: String| Part::new(weight, text, canvas.style(role));
    let mut parts = Vec::new();
    if !view.filter_text.is_empty() {
        parts.push(part(Priority::Most, Role::Focus, format!("filter {}", view.filter_text)));
        parts.push(part(Priority::Usual, Role::Dim, format!("{count} of {all}")));
    } else {
        parts.push(part(Priority::Usual, Role::Dim, all.to_string()));
    }
    parts.push(match view.follows() {
        true => part(Priority::Low, Role::Dim, "following".into()),
        false => part(Priority::High, Role::Warn, "paused".into()),
    });
    canvas.title_words((area.x + 10, area.right().saturating_sub(2)), area.y, &parts);
}

fn draw_event(canvas: &mut Canvas, row: Rect, event: &Event, snapshot: &Snapshot, zone: Zone) {
    let (dim, style) = (canvas.style(Role::Dim), canvas.style(tone_role(event.tone)));
    let wide = row.width >= 60;
    let mut x = row.x;
    canvas.text(x, row.y, &units::clock(event.at, zone), dim, TIME - 2);
    x += TIME;
    if wide {
        canvas.text(x, row.y, event.topic.word(), dim, KIND - 2);
        x += KIND;
    }
    let plain = event.tone == Tone::Plain;
    let name = (row.width / 3).min(NAME_MOST);
    canvas.text(x, row.y, &event.name, if plain { Style::new() } else { style }, name.saturating_sub(2));
    x += name;
    x = canvas.text(x, row.y, &event.what, if plain { Style::new() } else { style }, row.right().saturating_sub(x)) + 2;
    let party = party(event, snapshot).map(|name| format!("in {name}"));
    let several = snapshot.engines.len() > 1;
    let engine = event.id.as_ref().filter(|_| several).and_then(|id| snapshot.engine_of(id));
    let engine = engine.map(|engine| format!("on {}", engine.name));
    let beside = [engine.as_deref().unwrap_or_default(), party.as_deref().unwrap_or_default(), &event.more];
    for word in beside.into_iter().filter(|word| !word.is_empty()) {
        if row.right().saturating_sub(x) > 4 {
            x = canvas.text(x, row.y, word, dim, row.right().saturating_sub(x)) + 2;
        }
    }
}
