//! The container list.

use super::Role;
use super::canvas::{Canvas, Part};
use super::chart;
use super::counts;
use super::events;
use super::resources;
use super::table::{self, Heading};
use crate::app::column::{self, CPU_FIGURE, Column, ColumnKind, ColumnPlan, GAP, GUTTER};
use crate::app::fit::Priority;
use crate::app::units;
use crate::app::{App, FleetRow, Group, Grouping, INDENT, sampling};
use crate::model::{Container, Standing, State};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

pub fn draw(app: &App, canvas: &mut Canvas, area: Rect) {
    title(app, canvas, area);
    let places = app.places();
    let Some(rows) = places.fleet_rows() else { return };
    let plan = ColumnPlan::new(&app.fleet_columns(), rows.width, app.fleet.longest_name());
    if places.heading_rows() == 1 {
        headings(app, canvas, &plan, rows.x, rows.y - 1);
    }
    if app.fleet.is_empty() {
        empty(app, canvas, rows);
    }
    table::rows(canvas, rows, (app.fleet.cursor(), app.fleet.len()), true, |canvas, place, index| {
        let selected = index == app.fleet.cursor_row();
        match app.fleet.row(index) {
            Some(FleetRow::Container(container, _)) => draw_row(app, canvas, &plan, place, container, selected),
            Some(row @ FleetRow::Group(at, _)) => {
                let group = app.fleet.groups().get(*at);
                let folded = app.fleet.is_folded(row);
                group.into_iter().for_each(|group| draw_group(app, canvas, &plan, place, group, folded));
            }
            None => {}
        }
    });
    let unheard = || events::unheard(app).filter(|_| places.events.is_none());
    resources::last_row(canvas, rows, resources::refused(app).or_else(unheard));
}

fn title(app: &App, canvas: &mut Canvas, area: Rect) {
    let room = resources::view_title(app, canvas, area);
    let (dim, focus) = (canvas.style(Role::Dim), canvas.style(Role::Focus));
    let (shown, all) = (app.fleet.hits(), app.snapshot.containers.len());
    let filter = match app.fleet.filter_text.trim() {
        "" => String::new(),
        text => format!("filter {text}"),
    };
    let marked = match app.fleet.marked() {
        0 => String::new(),
        count => format!("{count} marked"),
    };
    let count = if filter.is_empty() { format!("{all}") } else { format!("{shown} of {all}") };
    let by_name = app.fleet.sort.kind == ColumnKind::Name && !app.fleet.descending;
    let default_order = app.fleet.descending == app.fleet.sort.sorts_descending();
    let sort = match by_name {
        true => String::new(),
        false => format!("sort {}{}", app.fleet.sort.name, if default_order { "" } else { " reversed" }),
    };
    let mut parts = vec![
        Part::new(Priority::Most, filter, focus),
        Part::new(Priority::High, marked, canvas.style(Role::Mark)),
        Part::new(Priority::Usual, count, dim),
        Part::new(Priority::Low, app.fleet.grouping().words(), dim),
        Part::new(Priority::Low, sort, dim),
    ];
    let used: usize = parts.iter().filter(|part| !part.text.is_empty()).map(|part| part.text.width() + 2).sum();
    let left = usize::from(room.1.saturating_sub(room.0)).saturating_sub(used + 2);
    // Beside the events there is room for it.
    if app.places().events.is_none() {
        parts.push(Part::new(Priority::Least, sampling_words(app, left), dim));
    }
    canvas.title_words(room, area.y, &parts);
}

/// How the figures below are read and what that costs the engine, as far as there is room for it.
pub fn sampling_words(app: &App, room: usize) -> String {
    let sampling = sampling::under_way(&app.snapshot).find_map(|engine| engine.sampling.as_ref());
    let forms = sampling.map(sampling::words).into_iter().flatten();
    forms.into_iter().find(|form| form.width() <= room).unwrap_or_default()
}

fn headings(app: &App, canvas: &mut Canvas, plan: &ColumnPlan, left: u16, y: u16) {
    let mut x = left + GUTTER;
    let headings = plan.0.iter().map(|(column, width)| {
        let end = x + if column.kind == ColumnKind::Cpu { CPU_FIGURE } else { *width };
        let (title, is_figure, sorted) = (column.title, column.is_figure(), *column == app.fleet.sort);
        let heading = Heading { title, place: (x, end), is_figure, sorted };
        x += width + GAP;
        heading
    });
    table::headings(canvas, y, headings);
    let is_hidden = |column: &&Column| !plan.0.iter().any(|(shown, _)| shown == *column);
    let columns = app.fleet_columns();
    let names = columns.iter().filter(is_hidden).map(|column| column.name);
    if let Some((column, width)) = plan.0.first().filter(|(column, _)| column.kind == ColumnKind::Name) {
        let beside = column.title.len() as u16 + GAP;
        table::hidden(canvas, (left + GUTTER + beside, y, width.saturating_sub(beside)), names);
    }
}

/// The text of an empty list: what belongs here and how to create one.
fn empty(app: &App, canvas: &mut Canvas, rows: Rect) {
    let text = if app.is_connecting() {
        "loading …"
    } else if app.snapshot.containers.is_empty() && app.options.read_only {
        "no containers on this engine"
    } else if app.snapshot.containers.is_empty() {
        "no containers on this engine: C creates one; :pull or :build gets an image"
    } else {
        "no containers match the filter; esc clears it; filters: state: health: image: label: project: service: engine: net: port:, ! negates"
    };
    let place = Rect { x: rows.x + GUTTER, width: rows.width.saturating_sub(GUTTER), ..rows };
    canvas.sentence(place, text, canvas.style(Role::Dim));
}

fn draw_row(app: &App, canvas: &mut Canvas, plan: &ColumnPlan, row: Rect, container: &Container, selected: bool) {
    let stale = app.snapshot.is_stale(&container.id);
    let (sign, role) = canvas.state_sign(container);
    let role = if stale { Role::Dim } else { role };
    let y = row.y;
    if app.fleet.is_marked(&container.id) {
        canvas.put(row.x, y, canvas.glyphs().mark, canvas.style(Role::Mark), row.right());
    }
    let indent = if *app.fleet.grouping() == Grouping::Nothing { 0 } else { INDENT };
    canvas.put(row.x + 1 + indent, y, sign, canvas.style(role), row.right());
    let mut x = row.x + GUTTER;
    for (column, width) in &plan.0 {
        let style = cell_style(app, canvas, *column, container, stale, selected);
        let text = column.text(container, &app.snapshot, app.now);
        match column.kind {
            ColumnKind::Cpu => cpu(app, canvas, (x, y, *width), container, &text, style),
            ColumnKind::Name => drop(canvas.text_middle(x + indent, y, &text, style, width.saturating_sub(indent))),
            ColumnKind::Memory => {
                canvas.right(x + width, y, &text, style, *width);
                let grave = memory_fraction(app, container).and_then(chart::grave).filter(|_| !stale);
                canvas.put(x + width, y, chart::alarm(grave), style, row.right());
            }
            ColumnKind::Figure | ColumnKind::Span | ColumnKind::Sample => {
                canvas.right(x + width, y, &text, style, *width);
            }
            ColumnKind::State | ColumnKind::Health | ColumnKind::Words => drop(canvas.text(x, y, &text, style, *width)),
        }
        x += width + GAP;
    }
}

/// The head of a group: its name, how many of it are in which state, and its sums below the same headings.
fn draw_group(app: &App, canvas: &mut Canvas, plan: &ColumnPlan, row: Rect, group: &Group, folded: bool) {
    let (glyphs, y) = (*canvas.glyphs(), row.y);
    let marked = group.members.iter().filter(|one| app.fleet.is_marked(&one.id)).count();
    if marked > 0 && marked == group.members.len() {
        canvas.put(row.x, y, glyphs.mark, canvas.style(Role::Mark), row.right());
    }
    let fold = glyphs.folds[usize::from(!folded)];
    canvas.put(row.x + 1, y, fold, canvas.style(Role::Focus), row.right());
    let stale = group.members.first().is_some_and(|one| app.snapshot.is_stale(&one.id));
    let figure = if stale { canvas.style(Role::Dim) } else { Style::new() };
    let has_state = plan.0.iter().any(|(column, _)| column.kind == ColumnKind::State);
    let mut x = row.x + GUTTER;
    for (column, width) in &plan.0 {
        match column.kind {
            ColumnKind::Name => group_name(canvas, (x, y, *width), group, has_state),
            ColumnKind::State => {
                let parts = counts::parts(canvas, &group.totals, false, false);
                canvas.parts((x, x + width), y, &parts, 1);
            }
            ColumnKind::Cpu => {
                let cpu = group.totals.cpu.map(units::whole_percent).unwrap_or_default();
                canvas.right(x + CPU_FIGURE, y, &cpu, figure, CPU_FIGURE);
            }
            ColumnKind::Memory => {
                let memory = group.totals.memory.map(|used| units::memory(used as f64)).unwrap_or_default();
                canvas.right(x + width, y, &memory, figure, *width);
            }
            // A sum of them says nothing.
            ColumnKind::Health | ColumnKind::Words | ColumnKind::Figure | ColumnKind::Span | ColumnKind::Sample => {}
        }
        x += width + GAP;
    }
}

/// The name of a group, and how many of it pass the filter, or how many there are where no column says their states.
fn group_name(canvas: &mut Canvas, (x, y, width): (u16, u16, u16), group: &Group, has_state: bool) {
    let count = match group.hidden() {
        0 if has_state => String::new(),
        0 => group.all.to_string(),
        _ => format!("{} of {}", group.members.len(), group.all),
    };
    let beside = if count.is_empty() { 0 } else { count.width() as u16 + 1 };
    let bold = canvas.style(Role::Focus).add_modifier(Modifier::BOLD);
    let end = canvas.text(x, y, &group.name, bold, width.saturating_sub(beside));
    if beside > 0 {
        canvas.text(end + 1, y, &count, canvas.style(Role::Dim), beside);
    }
}

fn cpu(
    app: &App,
    canvas: &mut Canvas,
    (x, y, width): (u16, u16, u16),
    container: &Container,
    text: &str,
    style: Style,
) {
    canvas.right(x + CPU_FIGURE, y, text, style, CPU_FIGURE);
    if !text.is_empty() && !app.snapshot.is_stale(&container.id) {
        let sign = chart::alarm(chart::grave(cpu_fraction(app, container)));
        canvas.put(x + CPU_FIGURE, y, sign, style, x + CPU_FIGURE + 1);
    }
    let bar = width.saturating_sub(CPU_FIGURE + 1);
    if bar > 0 && !text.is_empty() {
        chart::bar(canvas, x + CPU_FIGURE + 1, y, bar, cpu_fraction(app, container));
    }
}

/// CPU as a part of its limit, or of one processor when none is known.
pub fn cpu_fraction(app: &App, container: &Container) -> f64 {
    let limit = container.detail.as_ref().and_then(|detail| detail.limits.processors).unwrap_or(1.0);
    let cpu = app.snapshot.usage_of(container).and_then(|series| series.latest.cpu).unwrap_or(0.0);
    cpu / 100.0 / limit
}

/// Memory as a part of its limit; none when it has no limit of its own.
pub fn memory_fraction(app: &App, container: &Container) -> Option<f64> {
    let memory = app.snapshot.usage_of(container)?.latest.memory?;
    let host = app.snapshot.engine_of(&container.id).map_or(0, |engine| engine.info.memory);
    // A limit within a percent of the host's memory is no limit: engines report the host's then.
    let is_limit = memory.limit > 0 && host > 0 && memory.limit < host / 100 * 99;
    is_limit.then(|| memory.used as f64 / memory.limit as f64)
}

fn cell_style(app: &App, canvas: &Canvas, column: Column, container: &Container, stale: bool, selected: bool) -> Style {
    let dim = canvas.style(Role::Dim);
    if stale {
        return dim;
    }
    match column.kind {
        ColumnKind::Name if selected => Style::new().add_modifier(Modifier::BOLD),
        ColumnKind::Name if stands_out(container) => Style::new(),
        ColumnKind::State | ColumnKind::Health => state_style(canvas, container),
        ColumnKind::Cpu => chart::grave(cpu_fraction(app, container)).map_or(Style::new(), |role| canvas.style(role)),
        ColumnKind::Memory => {
            let role = memory_fraction(app, container).and_then(chart::grave);
            role.map_or(Style::new(), |role| canvas.style(role))
        }
        ColumnKind::Name | ColumnKind::Words | ColumnKind::Figure | ColumnKind::Span | ColumnKind::Sample => dim,
    }
}

/// What has ended as it should is what nobody looks for; all else is read as quickly as what runs.
fn stands_out(container: &Container) -> bool {
    container.state == State::Created || container.standing() != Standing::Stopped
}

fn state_style(canvas: &Canvas, container: &Container) -> Style {
    let (_, role) = canvas.state_sign(container);
    if container.pending.or(container.waiting).is_some() {
        return canvas.style(Role::Busy);
    }
    let is_quiet = container.state == State::Running && role == Role::Ok;
    canvas.style(if is_quiet { Role::Dim } else { role })
}

/// Its age in words for titles: `up 3h 12m`, `ended 5m ago`.
pub fn life(app: &App, container: &Container) -> String {
    let Some(age) = column::age(container, app.now) else { return String::new() };
    let span = crate::app::units::long_span(age);
    match &container.state {
        State::Running | State::Paused => format!("up {span}"),
        State::Exited | State::Dead => format!("ended {span} ago"),
        State::Created | State::Restarting | State::Removing | State::Other(_) => format!("for {span}"),
    }
}
