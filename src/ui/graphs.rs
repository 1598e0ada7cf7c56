//! The charts of an operator's own graphs, beside CPU and memory.

use super::Role;
use super::canvas::Canvas;
use super::chart;
use crate::app::gauges::ShownGraph;
use crate::app::{App, units};
use crate::model::{GraphSource, Point, Timestamp};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Seconds from which on it is said how old a value is.
const OLD: f64 = 60.0;

/// The values of a graph at the moments of the other charts. None where there is none.
pub fn values(graph: &ShownGraph, points: &[Point], by_minute: bool) -> Vec<Option<f64>> {
    points.iter().map(|point| graph.history.and_then(|history| history.value_at(point.at, by_minute))).collect()
}

/// Paints a graph: its figure in the first row, the bars below.
pub fn draw(app: &App, canvas: &mut Canvas, area: Rect, graph: &ShownGraph, points: &[Point]) {
    let values = values(graph, points, false);
    let shown = &values[values.len().saturating_sub(area.width.into())..];
    let highest = shown.iter().flatten().copied().reduce(f64::max);
    figure(app, canvas, area, graph, highest);
    let rows = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let top = bars(app, canvas, rows, (&values, &graph.graph.unit), points);
    let label = units::amount(top, &graph.graph.unit);
    if highest.is_some() && rows.height >= 3 && usize::from(rows.width) > shown.len() + label.len() {
        canvas.text(rows.x, rows.y, &label, canvas.style(Role::Dim), rows.width);
    }
}

/// Paints the bars of these values, with the mark of the moment that is marked. Returns what the top means.
pub fn bars(
    app: &App,
    canvas: &mut Canvas,
    area: Rect,
    (values, unit): (&[Option<f64>], &str),
    points: &[Point],
) -> f64 {
    let highest = values.iter().flatten().copied().fold(0.0, f64::max);
    let top = if unit.starts_with("bytes") { chart::round_bytes(highest) } else { chart::round_to_digits(highest) };
    let style = canvas.style(Role::Ok);
    for (value, x) in values.iter().rev().zip((area.left()..area.right()).rev()) {
        if let Some(value) = value {
            chart::column(canvas, area, x, value / top, style);
        }
    }
    let fraction = |index: usize| values.get(index).copied().flatten().unwrap_or(0.0) / top;
    chart::mark_moment(canvas, area, points, app.chart_moment(), fraction);
    top
}

fn figure(app: &App, canvas: &mut Canvas, area: Rect, graph: &ShownGraph, highest: Option<f64>) {
    let (y, end) = (area.y, area.right());
    let dim = canvas.style(Role::Dim);
    let room = |x: u16| end.saturating_sub(x);
    let x = canvas.text(area.x, y, &graph.graph.name, dim, area.width) + 1;
    let Some((at, value)) = graph.history.and_then(|history| history.latest(app.now)) else {
        canvas.text(x, y, &nothing(graph), dim, room(x));
        return;
    };
    let amount = |value: f64| units::amount(value, &graph.graph.unit);
    let mut x = canvas.text(x, y, &amount(value), Style::new().add_modifier(Modifier::BOLD), room(x));
    for word in age(app.now, at).into_iter().chain(highest.map(|highest| format!("max {}", amount(highest)))) {
        x = put_if_fits(canvas, (x, y, end), &word);
    }
}

fn put_if_fits(canvas: &mut Canvas, (x, y, end): (u16, u16, u16), word: &str) -> u16 {
    let room = usize::from(end.saturating_sub(x + 1));
    match word.chars().count() <= room {
        true => canvas.text(x + 1, y, word, canvas.style(Role::Dim), room as u16),
        false => x,
    }
}

/// How old a value is that is no longer new.
fn age(now: Timestamp, at: Timestamp) -> Option<String> {
    let seconds = now.since(at);
    (seconds >= OLD).then(|| format!("{} ago", units::span(seconds)))
}

/// Why there is no value.
fn nothing(graph: &ShownGraph) -> String {
    match (&graph.graph.source, graph.history) {
        (GraphSource::Figure(_), _) => "no value yet".into(),
        (GraphSource::Log(_), None) => "no value yet: its log was not read".into(),
        (GraphSource::Log(_), Some(history)) if history.without_number > 0 => {
            format!("no number in {} matches", history.without_number)
        }
        (GraphSource::Log(_), Some(_)) => "no line matched yet".into(),
    }
}
