//! Menus, questions, help and other things above the cockpit.

use super::canvas::{Canvas, tone_role};
use super::{Role, transfers};
use crate::app::fields::{FieldKind, Fields, FormField};
use crate::app::overlay_layout::{self, HelpLine, MenuTable, RunSign};
use crate::app::{App, Command, Confirm, ConfirmFocus, Menu, MenuItem, Overlay, Question, Text, wrap};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

/// Paints a layer. Returns where the cursor is to be shown, if it takes text.
pub fn draw(app: &App, overlay: &Overlay, canvas: &mut Canvas) -> Option<Position> {
    let area = overlay_layout::area(app, overlay);
    let inner = overlay_layout::inner(area);
    let focus = canvas.style(Role::Focus);
    clear_beside(canvas, area);
    match overlay {
        Overlay::Prompt(_) => None,
        Overlay::Menu(menu) => {
            canvas.frame(area, &menu.title, focus);
            draw_menu(canvas, inner, menu)
        }
        Overlay::Confirm(confirm) => {
            let style = canvas.style(if confirm.kind.spec().is_dangerous { Role::Bad } else { Role::Focus });
            canvas.frame(area, &confirm.title(), style);
            draw_confirm(app, canvas, area, confirm);
            None
        }
        Overlay::Question(question) => {
            canvas.frame(area, &question.title, focus);
            draw_question(app, canvas, area, question);
            None
        }
        Overlay::Fields(form) => {
            canvas.frame(area, &form.fields.title, focus);
            draw_fields(canvas, inner, &form.fields)
        }
        Overlay::Transfers(layer) => {
            canvas.frame(area, "Transfers", focus);
            transfers::draw(app, canvas, area, layer);
            None
        }
        Overlay::Compose(layer) => {
            let style = if layer.is_dangerous() { canvas.style(Role::Bad) } else { focus };
            canvas.frame(area, &layer.title(), style);
            super::compose::draw(app, canvas, area, layer);
            None
        }
        Overlay::Events(view) => {
            canvas.frame(area, "Events", focus);
            super::events::draw_all(app, canvas, area, view);
            None
        }
        Overlay::Line(view) => {
            canvas.frame(area, &view.title, focus);
            super::line::draw(app, canvas, view);
            None
        }
        Overlay::Sql(view) => {
            canvas.frame(area, "SQL", focus);
            super::sql::draw(app, canvas, area, view);
            None
        }
        Overlay::Text(text) => {
            canvas.frame(area, text.title(), focus);
            draw_text(app, canvas, inner, text);
            None
        }
    }
}

/// A column that is left beside a layer shows a rest of what lies below it: it is emptied.
fn clear_beside(canvas: &mut Canvas, area: Rect) {
    if area.x == 1 {
        canvas.clear(Rect { x: 0, width: area.width + 2, ..area }, Style::new());
    }
}

fn draw_menu(canvas: &mut Canvas, inner: Rect, menu: &Menu) -> Option<Position> {
    let mut cursor = None;
    if let Some(query) = &menu.query {
        let x = canvas.text(inner.x, inner.y, ": ", canvas.style(Role::Focus), inner.width);
        canvas.text(x, inner.y, query.text(), Style::new(), inner.right().saturating_sub(x));
        let at = x + query.before_cursor().width() as u16;
        cursor = Some(Position { x: at.min(inner.right()), y: inner.y });
    }
    if menu.shown().len() == 0 {
        let y = inner.y + u16::from(menu.query.is_some());
        canvas.text(inner.x, y, "no match", canvas.style(Role::Dim), inner.width);
    }
    let table = MenuTable::new(menu, inner.width);
    let items: Vec<&MenuItem> = menu.shown().collect();
    for (index, place, sentence) in overlay_layout::menu_places(menu, inner) {
        draw_item(canvas, place, items[index], &sentence, (table, index == menu.cursor_row()));
    }
    cursor
}

fn draw_item(
    canvas: &mut Canvas,
    place: Rect,
    item: &MenuItem,
    sentence: &[String],
    (table, chosen): (MenuTable, bool),
) {
    let name = if chosen { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
    if item.on {
        let [down, up] = canvas.glyphs().arrows;
        let sign = item.order.map_or(canvas.glyphs().running, |descending| if descending { down } else { up });
        canvas.put(place.x, place.y, sign, canvas.style(Role::Ok), place.right());
    }
    canvas.text(place.x + 2, place.y, &item.label, name, table.label);
    for (line, y) in sentence.iter().zip(place.top()..place.bottom()) {
        canvas.text(place.x + table.before, y, line, canvas.style(Role::Dim), table.sentence);
    }
    canvas.right(place.right(), place.y, &item.key, canvas.style(Role::Focus), table.key);
    if chosen {
        let area = Rect { x: place.x.saturating_sub(1), width: place.width + 2, ..place };
        canvas.put(area.x, area.y, canvas.glyphs().cursor, canvas.style(Role::Focus), area.right());
        if canvas.theme().plain_selection {
            canvas.tint(area, Style::reset());
        }
        canvas.tint(area, canvas.style(Role::Selected));
    }
}

fn draw_confirm(app: &App, canvas: &mut Canvas, area: Rect, confirm: &Confirm) {
    let key = |command| app.options.keymap.shown(command).unwrap_or_default();
    let inner = overlay_layout::inner(area);
    let (cancel, go) = overlay_layout::buttons(area, confirm.go());
    let mut y = inner.y;
    let dim = canvas.style(Role::Dim);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let losses = confirm.losses.iter().flat_map(|loss| wrap::words(loss, inner.width as usize));
    let losses: Vec<String> = losses.collect();
    // Where there is little room a name and the volumes stay, blank lines go first, sentences next.
    let volumes = u16::from(confirm.volumes().is_some() || confirm.force().is_some());
    let command = overlay_layout::command_rows(confirm, &app.snapshot, inner.width as usize);
    let room = cancel.y.saturating_sub(inner.y + volumes);
    let with_effects = room >= losses.len() as u16 + command.len() as u16 + 4;
    let below = losses.len() as u16 + 2 + if with_effects { command.len() as u16 + 1 } else { 0 };
    let mut names = room.saturating_sub(below).max(1) as usize;
    if with_effects {
        // A target with something to tell takes two rows.
        let rows = |effects: &Vec<String>| 1 + usize::from(!effects.is_empty());
        let all = confirm.effects.iter().skip(confirm.scroll).scan(0, |sum, effects| {
            *sum += rows(effects);
            Some(*sum)
        });
        names = all.take_while(|sum| *sum <= names).count().max(1);
    }
    let top = confirm.scroll;
    for (index, target) in confirm.targets.iter().enumerate().skip(top).take(names) {
        let left_out = confirm.targets.len() - index - 1;
        let last = index + 1 == top + names && left_out > 0;
        let more = if last { format!("and {left_out} more (j k)") } else { String::new() };
        let x = canvas.text_middle(inner.x, y, &target.name, bold, inner.width.saturating_sub(14));
        // A volume's identity is its name.
        let id = if target.name.starts_with(target.id.short()) { "" } else { target.id.short() };
        let on = app.engine_name_of(&target.id).map(|engine| format!("{id} on {engine}"));
        let beside = if more.is_empty() { on.as_deref().unwrap_or(id) } else { &more };
        canvas.text(x + 2, y, beside, dim, inner.right().saturating_sub(x + 2));
        y += 1;
        if let Some(effects) = confirm.effects.get(index).filter(|effects| with_effects && !effects.is_empty()) {
            canvas.text(inner.x + 2, y, &effects.join(", "), canvas.style(Role::Warn), inner.width.saturating_sub(2));
            y += 1;
        }
    }
    let last = cancel.y.saturating_sub(volumes);
    let spare = usize::from(last.saturating_sub(y)).saturating_sub(losses.len());
    y += u16::from(spare > 0);
    for line in losses {
        if y < last {
            canvas.text(inner.x, y, &line, canvas.style(Role::Warn), inner.width);
            y += 1;
        }
    }
    if let Some(volumes) = confirm.volumes().filter(|_| y < cancel.y) {
        let state = if volumes { "will be removed too" } else { "stay" };
        let x = canvas.text(
            inner.x,
            y,
            &key(Command::WithVolumes),
            canvas.style(Role::Focus).add_modifier(Modifier::BOLD),
            inner.width,
        );
        canvas.text(
            x + 1,
            y,
            &format!("anonymous volumes: {state}"),
            if volumes { canvas.style(Role::Bad) } else { dim },
            inner.width,
        );
    }
    if let Some(force) = confirm.force().filter(|_| y < cancel.y) {
        let x = canvas.text(
            inner.x,
            y,
            &key(Command::WithForce),
            canvas.style(Role::Focus).add_modifier(Modifier::BOLD),
            inner.width,
        );
        let words = if force { "force (docker's --force)" } else { "without force" };
        canvas.text(x + 1, y, words, if force { canvas.style(Role::Bad) } else { dim }, inner.width);
    }
    if with_effects {
        let top = cancel.y.saturating_sub(command.len() as u16 + 1);
        for (line, y) in command.iter().zip(top..cancel.y) {
            canvas.text(inner.x, y, line, dim, inner.width);
        }
    }
    draw_buttons(app, canvas, (cancel, go), confirm.go(), confirm.focus);
}

/// The labels of a form take at least so many columns.
const FIELD_LABEL: u16 = 13;

fn draw_fields(canvas: &mut Canvas, inner: Rect, form: &Fields) -> Option<Position> {
    let (dim, bold) = (canvas.style(Role::Dim), Style::new().add_modifier(Modifier::BOLD));
    let foot = inner.bottom().saturating_sub(1);
    let longest = form.fields.iter().map(|field| field.label.width() as u16 + 2).max().unwrap_or(0);
    let column = longest.max(FIELD_LABEL).min(inner.width / 3);
    let mut cursor = None;
    let places = overlay_layout::field_places(form, inner);
    let below = form.fields.len() - places.last().map_or(0, |(last, _)| last + 1);
    let below = if below > 0 { format!("  {below} more below") } else { String::new() };
    canvas.right(inner.right(), foot, &below, canvas.style(Role::Focus), inner.width / 2);
    let inner = Rect { width: inner.width.saturating_sub(below.width() as u16), ..inner };
    for (index, place) in places {
        let field = &form.fields[index];
        let (chosen, y) = (index == form.focus, place.y);
        canvas.text(place.x, y, field.label, if chosen { bold } else { dim }, column.saturating_sub(1));
        if chosen {
            canvas.put(place.x.saturating_sub(1), y, canvas.glyphs().cursor, canvas.style(Role::Focus), place.right());
        }
        let value = Rect { x: place.x + column, width: place.width.saturating_sub(column), ..place };
        let at = draw_field(canvas, value, field, chosen);
        cursor = if chosen { Some(at) } else { cursor };
    }
    let chosen = form.fields.get(form.focus);
    let wrong = chosen.and_then(|field| field.wrong.as_deref());
    let switches = chosen.is_some_and(|field| matches!(field.holds, FieldKind::Switch(..) | FieldKind::Choice { .. }));
    match wrong {
        Some(wrong) => drop(canvas.text(inner.x, foot, wrong, canvas.style(Role::Bad), inner.width)),
        None if switches => drop(canvas.text(inner.x, foot, "space switches", dim, inner.width)),
        None => {}
    }
    cursor
}

/// A field's value, what it was, and what is wrong with it. Returns where the cursor would be.
fn draw_field(canvas: &mut Canvas, area: Rect, field: &FormField, chosen: bool) -> Position {
    let (dim, bad) = (canvas.style(Role::Dim), canvas.style(Role::Bad));
    let style = if field.wrong.is_some() { bad } else { Style::new() };
    match &field.holds {
        FieldKind::Switch(on, means) => {
            let state = if *on { "[x] on" } else { "[ ] off" };
            let x = canvas.text(area.x, area.y, state, Style::new(), area.width);
            // Both are as wide, so that what they mean stands still.
            let x = x + u16::from(*on) + 2;
            canvas.text(x, area.y, means[usize::from(*on)], dim, area.right().saturating_sub(x));
            Position { x: area.x + 1, y: area.y }
        }
        FieldKind::Choice { .. } => {
            let x = canvas.text(area.x, area.y, &field.text(), Style::new(), area.width);
            canvas.text(x + 2, area.y, field.help, dim, area.right().saturating_sub(x + 2));
            Position { x: area.x, y: area.y }
        }
        FieldKind::Line(line) => {
            if line.text().is_empty() {
                let was = field.before.as_deref().filter(|before| !before.is_empty());
                let help = was.map_or(field.help.to_string(), |was| format!("was {was}; {}", field.help));
                canvas.text(area.x, area.y, &help, dim, area.width);
                return Position { x: area.x, y: area.y };
            }
            let (shown, column) = line.window(usize::from(area.width));
            // As a selection elsewhere: what is typed takes its place.
            let style = if chosen && line.is_proposal() { canvas.style(Role::Selected) } else { style };
            let x = canvas.text(area.x, area.y, shown, style, area.width);
            let rest = field.completion().filter(|_| chosen).unwrap_or_default();
            let x = canvas.text(x, area.y, rest, dim, area.right().saturating_sub(x));
            let beside = match (&field.wrong, &field.before) {
                (Some(wrong), _) => wrong.clone(),
                (None, Some(before)) if *before != line.text() => {
                    format!("was {}", if before.is_empty() { "without" } else { before })
                }
                _ => String::new(),
            };
            let style = if field.wrong.is_some() { bad } else { dim };
            canvas.text(x + 2, area.y, &beside, style, area.right().saturating_sub(x + 2));
            Position { x: (area.x + column as u16).min(area.right()), y: area.y }
        }
        FieldKind::Area(text) => {
            if text.is_empty() {
                canvas.text(area.x, area.y, field.help, dim, area.width);
            }
            let (row, column) = text.cursor();
            let top = row.saturating_sub(usize::from(area.height) - 1);
            let style = if chosen && text.is_proposal() { canvas.style(Role::Selected) } else { style };
            for (line, y) in text.lines().iter().skip(top).zip(area.y..area.bottom()) {
                canvas.text(area.x, y, line, style, area.width);
            }
            Position { x: (area.x + column as u16).min(area.right()), y: area.y + (row - top) as u16 }
        }
    }
}

fn draw_question(app: &App, canvas: &mut Canvas, area: Rect, question: &Question) {
    let inner = overlay_layout::inner(area);
    let (cancel, go) = overlay_layout::buttons(area, question.go);
    let lines = question.lines.iter().flat_map(|line| wrap::words(line, inner.width as usize));
    for (line, y) in lines.zip(inner.y..cancel.y) {
        canvas.text(inner.x, y, &line, Style::new(), inner.width);
    }
    draw_buttons(app, canvas, (cancel, go), question.go, question.focus);
}

/// The buttons of a question, each with its key.
pub(super) fn draw_buttons(
    app: &App,
    canvas: &mut Canvas,
    (cancel, go): (Rect, Rect),
    word: &str,
    focus: ConfirmFocus,
) {
    let buttons = [(cancel, "Cancel", Command::No, ConfirmFocus::Cancel), (go, word, Command::Yes, ConfirmFocus::Go)];
    for (area, word, command, own) in buttons {
        let text = format!(" {word} ({}) ", app.options.keymap.shown(command).unwrap_or_default());
        let focused = Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD);
        canvas.text(area.x, area.y, &text, if focus == own { focused } else { canvas.style(Role::Dim) }, area.width);
    }
}

pub(super) fn draw_text(app: &App, canvas: &mut Canvas, inner: Rect, text: &Text) {
    let lines = overlay_layout::text_lines(app, text, inner.width);
    let top = text.scroll.min(lines.len().saturating_sub(inner.height.into()));
    for (line, y) in lines.iter().skip(top).zip(inner.y..inner.bottom()) {
        draw_text_line(canvas, Rect { y, height: 1, ..inner }, line);
    }
}

fn draw_text_line(canvas: &mut Canvas, row: Rect, line: &HelpLine) {
    let Rect { x, y, width, .. } = row;
    match line {
        HelpLine::Heading(text) => {
            canvas.text(x, y, text, canvas.style(Role::Focus).add_modifier(Modifier::BOLD), width);
        }
        HelpLine::Keys(keys, doc) => {
            let keys_width = 18.min(width / 3);
            canvas.text(x + 1, y, keys, Style::new().add_modifier(Modifier::BOLD), keys_width);
            let x = x + keys_width + 2;
            canvas.text(x, y, doc, Style::new(), row.right().saturating_sub(x));
        }
        HelpLine::Text(text) => drop(canvas.text(x, y, text, canvas.style(Role::Dim), width)),
        HelpLine::Toned(text, tone) => {
            let style = tone.map_or(Style::new(), |tone| canvas.style(tone_role(tone)));
            canvas.text(x, y, text, style, width);
        }
        HelpLine::Runs { first, last, signs } => {
            let mut x = canvas.text(x, y, first, Style::new(), width) + 2;
            for sign in signs {
                let (sign, role) = run_sign(canvas, *sign);
                canvas.put(x, y, sign, canvas.style(role), row.right());
                x += 1;
            }
            canvas.text(x + 2, y, last, Style::new(), row.right().saturating_sub(x + 2));
        }
        HelpLine::RunSigns => draw_run_signs(canvas, row),
    }
}

/// The sign of what a container did, and its role.
fn run_sign(canvas: &Canvas, sign: RunSign) -> (&'static str, Role) {
    let glyphs = canvas.glyphs();
    match sign {
        RunSign::Down => (glyphs.track, Role::Dim),
        RunSign::Runs => (glyphs.focus_rule, Role::Ok),
        RunSign::EndedWell => (glyphs.stopped, Role::Text),
        RunSign::EndedBadly => (glyphs.failed, Role::Bad),
    }
}

/// What the signs of runs mean.
fn draw_run_signs(canvas: &mut Canvas, row: Rect) {
    let (mut x, y, end) = (row.x, row.y, row.right());
    for (sign, word) in [
        (RunSign::Runs, "runs"),
        (RunSign::EndedBadly, "ended badly"),
        (RunSign::EndedWell, "ended well"),
        (RunSign::Down, "down"),
    ] {
        let (glyph, role) = run_sign(canvas, sign);
        canvas.put(x, y, glyph, canvas.style(role), end);
        let dim = canvas.style(Role::Dim);
        x = canvas.text(x + 2, y, word, dim, end.saturating_sub(x + 2)) + 2;
    }
}
