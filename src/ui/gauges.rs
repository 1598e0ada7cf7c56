//! Gauges of the selected container.
//!
//! ```text
//! ─ api-3 ──────────────── ● unhealthy  up 3h 12m  shop-api:2.4.1  8080→3000 ─
//!  cpu 93.0 % of 2.0  throttled 31 %     mem 1.0G of 1.0G  limit hit 12×, 1 killed
//!  ▁▂▃▅▆█                                ▁▁▂▂▃▃▄▅
//!  net ↓ 88k/s ↑ 12k/s   disk r 0 w 12k/s   pids 41/100   cache 12M
//! ```

use super::Role;
use super::canvas::{Canvas, Part};
use super::chart;
use super::fleet::{life, memory_fraction};
use super::graphs;
use super::logs;
use super::pressure::{self, Words};
use crate::app::fit::Priority;
use crate::app::gauges::{Charts, ShownGraph, card, column_at};
use crate::app::{App, Command, DetailTab, Pane, ports, units, wrap};
use crate::model::{Container, Point, Series, State, secret};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::sync::Arc;

/// Steps of the CPU scale below one processor, per cent.
const CPU_STEPS: [f64; 4] = [10.0, 25.0, 50.0, 100.0];
/// Columns of the bar beside a figure: no more than these, and none rather than fewer than these.
const BAR: [u16; 2] = [8, 4];
/// Columns of a small history that has words beside it.
const SPARK_BESIDE: u16 = 6;

pub fn draw(app: &App, canvas: &mut Canvas, area: Rect) {
    let Some(container) = app.fleet.selected().cloned() else {
        canvas.title(Rect { height: 1, ..area }, Pane::Gauges.title(), app.focus == Pane::Gauges);
        return;
    };
    title(app, canvas, area, &container);
    let inside = card(area);
    let inside = sentence(app, canvas, inside, &container);
    let series = app.snapshot.usage_of(&container);
    let Some(series) = series.filter(|series| series.unread.is_none()) else {
        words(app, canvas, inside, &container, series.and_then(|series| series.unread.as_deref()));
        return;
    };
    match Charts::new(inside, app.graphs.count(&container)) {
        Some(places) => charts(app, canvas, places, &container, series),
        None if inside.height > 0 => lines(app, canvas, inside, &container, series),
        None => {}
    }
}

fn title(app: &App, canvas: &mut Canvas, area: Rect, container: &Arc<Container>) {
    let (sign, role) = canvas.state_sign(container);
    let word = format!("{sign} {}", container.word());
    let dim = canvas.style(Role::Dim);
    let stale = app.snapshot.is_stale(&container.id);
    let state = canvas.style(if stale { Role::Dim } else { role });
    // Facts beside the name are there to be given up: the name needs room first.
    let room = canvas.title(Rect { height: 1, ..area }, &container.name, app.focus == Pane::Gauges);
    let parts = [
        Part::new(Priority::Most, word, state),
        Part::new(Priority::High, app.engine_name_of(&container.id).unwrap_or_default(), dim),
        Part::new(Priority::High, life(app, container), dim),
        Part::new(Priority::Usual, graphs_elsewhere(app, area, container), dim),
        Part::new(Priority::Usual, shorten(&container.image, 32), dim),
        Part::new(Priority::Low, ports::told(&container.ports).join(" "), dim),
    ];
    canvas.title_words(room, area.y, &parts);
}

/// Says of graphs that a card of few rows has none of them; empty where there is nothing to say.
fn graphs_elsewhere(app: &App, area: Rect, container: &Container) -> String {
    let has_charts = Charts::new(card(area), 0).is_some() || !container.state.is_alive();
    let count = if has_charts { 0 } else { app.graphs.count(container) };
    let key = app.options.keymap.shown(Command::Zoom).filter(|_| count > 0).unwrap_or_default();
    match count {
        0 => String::new(),
        1 => format!("1 graph: {key}"),
        many => format!("{many} graphs: {key}"),
    }
}

fn shorten(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_string();
    }
    let kept: String = text.chars().take(columns.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Why it is down or slow, in as many rows as that needs. Returns the rows below.
fn sentence(app: &App, canvas: &mut Canvas, area: Rect, container: &Container) -> Rect {
    let Some(sentence) = app.why_of_selected().and_then(|view| view.sentence()) else { return area };
    let stale = app.snapshot.is_stale(&container.id);
    let state = if stale { canvas.style(Role::Dim) } else { state_style(canvas, container) };
    let rest = if stale { state } else { Style::new() };
    // What is wrong is coloured, and why is plain: it is read.
    let opening = sentence.find(": ").map_or(0, |end| end + 1);
    let rows = wrap::words(sentence, area.width.into());
    for (index, (row, y)) in rows.iter().zip(area.top()..area.bottom()).enumerate() {
        let (coloured, plain) = row.split_at(if index == 0 { opening.min(row.len()) } else { 0 });
        let x = canvas.text(area.x, y, coloured, state.add_modifier(Modifier::BOLD), area.width);
        canvas.text(x, y, plain, rest, area.right().saturating_sub(x));
    }
    let used = (rows.len() as u16).min(area.height);
    Rect { y: area.y + used, height: area.height - used, ..area }
}

/// A container that does not run, or of which nothing has been measured yet, or could be, and why.
fn words(app: &App, canvas: &mut Canvas, area: Rect, container: &Container, unread: Option<&str>) {
    let mut lines = match (unread, container.state.is_alive()) {
        (Some(why), true) => vec![format!("no reading: {why}")],
        (None, true) => vec!["measuring …".to_string()],
        (_, false) => evidence(app, container),
    };
    if !container.state.is_alive() {
        lines.push(format!("command  {}", secret::command(&container.command)));
    }
    let rows = lines.iter().flat_map(|line| wrap::words(line, area.width.into()));
    let rows: Vec<String> = rows.take(area.height.into()).collect();
    for (text, y) in rows.iter().zip(area.y..) {
        canvas.text(area.x, y, text, canvas.style(Role::Dim), area.width);
    }
    let used = rows.len() as u16;
    last_lines(app, canvas, Rect { y: area.y + used, height: area.height - used, ..area }, container);
}

/// What the sentence above rests on; the log stands below it, or beside it.
fn evidence(app: &App, container: &Container) -> Vec<String> {
    let Some(view) = app.why_of_selected() else { return vec![life(app, container)] };
    let facts = view.answer.evidence.iter().filter(|fact| !fact.starts_with("log: "));
    // How long ago it ended is worth a line of its own where the title has no room for it.
    let ended = matches!(container.state, State::Exited | State::Dead).then(|| life(app, container));
    ended.into_iter().chain(facts.cloned()).filter(|line| !line.is_empty()).collect()
}

/// What a container wrote last, where its log is not on screen.
fn last_lines(app: &App, canvas: &mut Canvas, area: Rect, container: &Container) {
    let shown = app.places().logs.is_some() && app.front_tab() == DetailTab::Log;
    let log = app.log.as_ref().filter(|view| view.id == container.id && view.merge.is_none() && view.follows());
    let Some(log) = log.filter(|_| !shown && !container.state.is_alive() && area.height > 1) else { return };
    canvas.text(area.x, area.y, "last lines", canvas.style(Role::Dim), area.width);
    let rows = Rect { y: area.y + 1, height: area.height - 1, ..area };
    logs::draw_lines(canvas, log, rows, &app.options.logs);
}

fn state_style(canvas: &Canvas, container: &Container) -> Style {
    canvas.style(canvas.state_sign(container).1)
}

/// A figure, and of what it is a part.
struct Figure {
    value: String,
    /// Of what, the longest first; what is empty is no form of it.
    of: [String; 3],
    /// The part of its limit: from where on it deserves colour.
    fraction: Option<f64>,
    /// The part of what is named, for the bar.
    share: Option<f64>,
}

fn cpu_figure(app: &App, container: &Container, series: &Series) -> Figure {
    let quota = container.detail.as_ref().and_then(|detail| detail.limits.processors);
    let host = app.snapshot.engine_of(&container.id).map(|engine| engine.info.processors).filter(|count| *count > 0);
    let of = match (quota, host) {
        (Some(quota), _) => [format!("of quota {}", trim(quota)), format!("of {}", trim(quota)), String::new()],
        (None, Some(host)) => {
            [format!("of {host} on the host, no quota"), format!("of {host}, no quota"), format!("of {host}")]
        }
        (None, None) => Default::default(),
    };
    let part = |of: f64| series.latest.cpu.map(|cpu| cpu / 100.0 / of);
    Figure {
        value: series.latest.cpu.map_or("-".into(), units::percent),
        of,
        fraction: part(quota.unwrap_or(1.0)),
        share: quota.or(host.map(f64::from)).and_then(part),
    }
}

fn trim(limit: f64) -> String {
    let text = format!("{limit:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

fn memory_figure(app: &App, container: &Container, series: &Series) -> Figure {
    let fraction = memory_fraction(app, container);
    let memory = series.latest.memory;
    let host =
        app.snapshot.engine_of(&container.id).map(|engine| engine.info.memory as f64).filter(|bytes| *bytes > 0.0);
    let of = match (fraction, host) {
        _ if memory.is_none() => Default::default(),
        (Some(_), _) => {
            let limit = units::bytes(memory_limit(series));
            [format!("of limit {limit}"), format!("of {limit}"), String::new()]
        }
        (None, Some(host)) => {
            let host = units::bytes(host);
            [format!("of {host} on the host, no limit"), format!("of {host}, no limit"), "no limit".into()]
        }
        (None, None) => ["no limit".into(), String::new(), String::new()],
    };
    Figure {
        value: memory.map_or("-".into(), |memory| units::memory(memory.used as f64)),
        of,
        fraction,
        share: fraction.or_else(|| Some(memory?.used as f64 / host?)),
    }
}

/// Bytes; 0 unknown.
fn memory_limit(series: &Series) -> f64 {
    series.latest.memory.map_or(0.0, |memory| memory.limit as f64)
}

/// False when there was no room for what is to be said beside the figure.
fn put_figure(
    canvas: &mut Canvas,
    (x, y, width): (u16, u16, u16),
    word: &str,
    figure: &Figure,
    beside: &Words,
) -> bool {
    let end = x + width;
    let role = figure.fraction.and_then(chart::grave);
    let style = role.map_or(Style::new(), |role| canvas.style(role)).add_modifier(Modifier::BOLD);
    let dim = canvas.style(Role::Dim);
    let x = canvas.text(x, y, word, dim, end.saturating_sub(x));
    let x = canvas.text(x + 1, y, &figure.value, style, end.saturating_sub(x + 1));
    let x = canvas.put(x, y, chart::alarm(role), style, end);
    // What holds it back is told before of what it is a part, and that before the bar.
    let room = usize::from(end.saturating_sub(x));
    let forms = figure.of.iter().filter(|form| !form.is_empty());
    let shortest = forms.clone().next_back().map_or(0, |form| form.len() + 1);
    let needs = beside.forms.iter().map(|form| form.chars().count() + 2);
    let least = needs.into_iter().find(|need| shortest + need <= room).unwrap_or(0);
    let bars = BAR.into_iter().filter(|_| figure.share.is_some()).chain([0]);
    let mut plans = bars.flat_map(|bar| forms.clone().map(move |form| (bar, form)));
    let columns = |bar: u16, form: &str| form.len() + 1 + usize::from(bar) + usize::from(bar > 0) + least;
    let plan = plans.clone().find(|(bar, form)| columns(*bar, form) <= room).or_else(|| plans.next_back());
    let x = plan.map_or(x, |(bar, form)| {
        let x = canvas.text(x + 1, y, form, dim, end.saturating_sub(x + 1));
        let share = figure.share.filter(|_| bar > 0);
        share.map_or(x, |share| {
            chart::bar_of_whole(canvas, x + 1, y, bar, share);
            x + 1 + bar
        })
    });
    beside.forms.is_empty() || put_words(canvas, (x + 2, y, end.saturating_sub(x + 2)), beside)
}

fn put_words(canvas: &mut Canvas, (x, y, width): (u16, u16, u16), words: &Words) -> bool {
    let fitting = words.forms.iter().find(|form| form.chars().count() <= usize::from(width));
    if let Some(form) = fitting {
        canvas.text(x, y, form, canvas.style(words.role), width);
    }
    fitting.is_some()
}

/// Two lines for small screens: history and figure side by side.
fn lines(app: &App, canvas: &mut Canvas, area: Rect, container: &Container, series: &Series) {
    let half = area.width / 2;
    let (throttling, pressure) = pressure_words(app, container, series);
    let spark = |beside: &Words| half.saturating_sub(26).min(if beside.forms.is_empty() { 20 } else { SPARK_BESIDE });
    let (cpu, memory) = (cpu_figure(app, container, series), memory_figure(app, container, series));
    let points = series.by_column();
    let (cpu_values, _) = cpu_scale(container, points.iter());
    let (memory_values, _) = memory_scale(app, container, series, points.iter());
    let halves = [(0, "cpu", cpu, cpu_values, throttling), (half, "mem", memory, memory_values, pressure)];
    for (column, word, figure, values, beside) in halves {
        let (x, spark) = (area.x + column, spark(&beside));
        put_figure(canvas, (x, area.y, half.saturating_sub(spark + 3)), word, &figure, &beside);
        let place = Rect { x: x + half.saturating_sub(spark + 2), y: area.y, width: spark, height: 1 };
        if spark >= 4 {
            let role = chart::fill_role(figure.fraction.unwrap_or(0.0));
            chart::columns(canvas, place, &values, |_| role, Style::new());
            let moment = app.chart_moment().filter(|_| !values.is_empty());
            chart::mark_moment(canvas, place, &points, moment, |index| values[index]);
        }
    }
    if area.height > 1 {
        facts(app, canvas, Rect { y: area.y + 1, height: 1, ..area }, container, series);
    }
}

fn charts(app: &App, canvas: &mut Canvas, charts: Charts, container: &Container, series: &Series) {
    let [left, right] = [0, 1].map(|index| charts.column(charts.fine, index));
    let (throttling, pressure) = pressure_words(app, container, series);
    let (cpu, memory) = (cpu_figure(app, container, series), memory_figure(app, container, series));
    let cpu_said = put_figure(canvas, (left.x, left.y, left.width), "cpu", &cpu, &throttling);
    let memory_said = put_figure(canvas, (right.x, right.y, right.width), "mem", &memory, &pressure);
    let mut fine = Rect { y: charts.fine.y + 1, height: charts.fine.height - 1, ..charts.fine };
    // What found no room beside the figures gets a row of its own.
    for (said, words) in [(cpu_said, throttling), (memory_said, pressure)] {
        if !said && fine.height > 2 && put_words(canvas, (fine.x, fine.y, right.right() - fine.x), &words) {
            (fine.y, fine.height) = (fine.y + 1, fine.height - 1);
        }
    }
    let (columns, minutes) = (series.by_column(), series.by_minute());
    pair(app, canvas, (charts, fine), container, series, &columns);
    if let Some(hours) = charts.hours {
        canvas.text(hours.x, hours.y, "hours (peak of each minute)", canvas.style(Role::Dim), hours.width);
        let rows = Rect { y: hours.y + 1, height: hours.height - 1, ..hours };
        pair(app, canvas, (charts, rows), container, series, &minutes);
    }
    let graphs = app.graphs.of(container);
    own(app, canvas, charts, &graphs, (&columns, &minutes));
    let end = hidden(app, canvas, charts);
    let room = Rect { width: end.saturating_sub(charts.facts.x), ..charts.facts };
    let at = marked(app, canvas, room, &graphs, (&columns, &minutes));
    facts(app, canvas, Rect { x: at, width: end.saturating_sub(at), ..charts.facts }, container, series);
}

/// The graphs of one's own.
fn own(
    app: &App,
    canvas: &mut Canvas,
    charts: Charts,
    graphs: &[ShownGraph],
    (columns, minutes): (&[Point], &[Point]),
) {
    for (index, graph) in graphs.iter().enumerate() {
        if let Some(area) = charts.own(index) {
            graphs::draw(app, canvas, area, graph, columns);
        }
        if let Some(area) = charts.own_hours(index) {
            let rows = Rect { y: area.y + 1, height: area.height - 1, ..area };
            let values = graphs::values(graph, minutes, true);
            graphs::bars(app, canvas, rows, (&values, &graph.graph.unit), minutes);
        }
    }
}

/// Says how many graphs have no room. Returns where that begins.
fn hidden(app: &App, canvas: &mut Canvas, charts: Charts) -> u16 {
    let end = charts.facts.right();
    if charts.hidden == 0 {
        return end;
    }
    let zoom = app.options.keymap.shown(Command::Zoom).filter(|_| !app.zoomed);
    let words = match (charts.hidden, zoom) {
        (1, Some(key)) => format!("1 graph more: {key}"),
        (1, None) => "1 graph more".into(),
        (many, Some(key)) => format!("{many} graphs more: {key}"),
        (many, None) => format!("{many} graphs more"),
    };
    canvas.right(end, charts.facts.y, &words, canvas.style(Role::Warn), charts.facts.width);
    end.saturating_sub(words.chars().count() as u16 + 2)
}

/// The moment that is marked, and the figures of then. Returns where the further facts begin.
fn marked(
    app: &App,
    canvas: &mut Canvas,
    area: Rect,
    graphs: &[ShownGraph],
    (columns, minutes): (&[Point], &[Point]),
) -> u16 {
    let Some(moment) = app.chart_moment() else { return area.x };
    let of = |points: &[Point], by_minute| Some((points[column_at(points, moment)?], by_minute));
    let Some((point, by_minute)) = of(columns, false).or_else(|| of(minutes, true)) else { return area.x };
    let clock = units::clock(moment, app.options.logs.zone);
    let (cpu, memory) = (units::percent(point.cpu.into()), units::memory(f64::from(point.memory_kib) * 1024.0));
    let mut words = format!("{} {clock} cpu {cpu} mem {memory}", canvas.glyphs().rule[1]);
    for own in graphs {
        let value = own.history.and_then(|history| history.value_at(point.at, by_minute));
        let value = value.map_or("-".to_string(), |value| units::amount(value, &own.graph.unit));
        words.push_str(&format!(" {} {value}", own.graph.name));
    }
    canvas.text(area.x, area.y, &words, canvas.style(Role::Focus), area.width) + 3
}

fn pressure_words(app: &App, container: &Container, series: &Series) -> (Words, Words) {
    let has_limit = memory_fraction(app, container).is_some();
    (pressure::throttling(&series.latest), pressure::memory(series, has_limit))
}

/// CPU and memory charts side by side, of these points.
fn pair(
    app: &App,
    canvas: &mut Canvas,
    (charts, rows): (Charts, Rect),
    container: &Container,
    series: &Series,
    points: &[Point],
) {
    let limit = container.detail.as_ref().and_then(|detail| detail.limits.processors).unwrap_or(1.0) * 100.0;
    let (cpu, cpu_top) = cpu_scale(container, points.iter());
    let (memory, memory_top) = memory_scale(app, container, series, points.iter());
    let has_limit = memory_fraction(app, container).is_some();
    let memory_limit = memory_limit(series);
    let [cpu_area, memory_area] = [0, 1].map(|index| charts.column(rows, index));
    chart::columns(canvas, cpu_area, &cpu, |value| chart::fill_role(value * cpu_top / limit), Style::new());
    let memory_role =
        |value: f64| if has_limit { chart::fill_role(value * memory_top / memory_limit) } else { Role::Ok };
    chart::columns(canvas, memory_area, &memory, memory_role, Style::new());
    chart::mark_moment(canvas, cpu_area, points, app.chart_moment(), |index| cpu[index]);
    chart::mark_moment(canvas, memory_area, points, app.chart_moment().filter(|_| !memory.is_empty()), |index| {
        memory[index]
    });
    if rows.height >= 3 && Some(rows.y) != charts.hours.map(|hours| hours.y + 1) {
        scale_label(canvas, cpu_area, cpu.len(), &format!("{cpu_top:.0}%"));
        if !memory.is_empty() {
            scale_label(canvas, memory_area, memory.len(), &units::bytes(memory_top));
        }
    }
}

/// What the top of a chart means, where the chart leaves room for it.
fn scale_label(canvas: &mut Canvas, area: Rect, used: usize, label: &str) {
    if usize::from(area.width) > used + label.len() {
        canvas.text(area.x, area.y, label, canvas.style(Role::Dim), area.width);
    }
}

/// CPU history as fractions of a round scale, and that scale in per cent.
fn cpu_scale<'a>(container: &Container, points: impl Iterator<Item = &'a Point>) -> (Vec<f64>, f64) {
    let values: Vec<f64> = points.map(|point| f64::from(point.cpu)).collect();
    let highest = values.iter().copied().fold(0.0, f64::max);
    let limit = container.detail.as_ref().and_then(|detail| detail.limits.processors).map(|limit| limit * 100.0);
    let top = limit
        .filter(|limit| highest >= limit / 4.0 && highest <= *limit)
        .unwrap_or_else(|| chart::round_scale(highest, &CPU_STEPS));
    (values.iter().map(|value| value / top).collect(), top)
}

/// Memory history as fractions of a scale, and that scale in bytes: the limit when a good part of it is used, else a round number.
fn memory_scale<'a>(
    app: &App,
    container: &Container,
    series: &Series,
    points: impl Iterator<Item = &'a Point>,
) -> (Vec<f64>, f64) {
    if series.latest.memory.is_none() {
        return (Vec::new(), 0.0);
    }
    let values: Vec<f64> = points.map(|point| f64::from(point.memory_kib) * 1024.0).collect();
    let highest = values.iter().copied().fold(0.0, f64::max);
    let limit = memory_limit(series);
    let near_limit = memory_fraction(app, container).is_some() && highest >= limit / 4.0;
    let mut top = if near_limit { limit } else { 1048576.0 };
    while top < highest {
        top *= 2.0;
    }
    (values.iter().map(|value| value / top).collect(), top)
}

/// The line of further facts.
fn facts(app: &App, canvas: &mut Canvas, area: Rect, container: &Container, series: &Series) {
    let usage = &series.latest;
    let [down, up] = canvas.glyphs().arrows;
    let rate = |value: f64| format!("{:>4}/s", units::bytes(value));
    let mut facts: Vec<(&str, String)> = Vec::new();
    if let Some((received, sent)) = usage.net {
        facts.push(("net", format!("{down} {}  {up} {}", rate(received), rate(sent))));
    }
    if let Some((read, written)) = usage.block {
        facts.push(("disk", format!("r {}  w {}", rate(read), rate(written))));
    }
    let limit = container.detail.as_ref().and_then(|detail| detail.limits.pids);
    if let Some(pids) = usage.pids {
        facts.push(("pids", limit.map_or(pids.to_string(), |limit| format!("{pids}/{limit}"))));
    }
    if let Some(memory) = usage.memory {
        facts.push(("cache", units::memory(memory.cache as f64)));
    }
    if let Some(restarts) = container.past.restarts.filter(|restarts| *restarts > 0) {
        facts.push(("restarts", restarts.to_string()));
    }
    let dim = canvas.style(Role::Dim);
    let mut x = area.x;
    for (word, value) in facts {
        let width = (word.len() + 1 + value.chars().count()) as u16;
        if x + width > area.right() {
            return;
        }
        x = canvas.text(x, area.y, word, dim, area.width);
        x = canvas.text(x + 1, area.y, &value, Style::new(), area.right() - x - 1) + 3;
    }
    // How all are read is said above them; one may be read in another way.
    let all = app.snapshot.engine_of(&container.id).and_then(|engine| engine.sampling);
    let sampler = usage.sampler.word();
    if all.is_some_and(|all| all.sampler != usage.sampler) && x + sampler.len() as u16 <= area.right() {
        canvas.right(area.right(), area.y, sampler, dim, area.right() - x);
    }
}
