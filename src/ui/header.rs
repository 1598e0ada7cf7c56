//! "Is anything wrong?" in one glance: engine, counts by state, the host's CPU and memory.

use super::canvas::Canvas;
use super::{Role, chart, counts};
use crate::app::{App, Shape, units};
use crate::model::{Engine, Link, Origin, Runtime, Totals};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Cells of the small history beside the fleet's CPU.
const SPARK: u16 = 12;

pub fn draw(app: &App, canvas: &mut Canvas, area: Rect) {
    if area.height == 0 {
        return;
    }
    canvas.tint(area, canvas.style(Role::Bar));
    let y = area.y;
    let bold = Modifier::BOLD;
    let wide = app.places().shape == Shape::Wide;
    let Some(engine) = app.world.engines.values().next() else {
        canvas.text(1, y, "bowline", canvas.style(Role::Focus).add_modifier(bold), area.width);
        return;
    };
    let totals = Totals::of(&app.world);
    let right = capacity(app, canvas, area, engine, &totals, wide);
    let mut x = canvas.text(1, y, "bowline", canvas.style(Role::Focus).add_modifier(bold), area.width);
    x = canvas.text(x + 1 + u16::from(wide), y, &engine.name, Style::new().add_modifier(bold), 20);
    if wide && !engine.info.version.is_empty() {
        let runtime = engine.info.runtime.word();
        let runtime = if runtime == engine.name { "" } else { runtime };
        let known = format!("{runtime} {}", short_version(&engine.info.version));
        x = canvas.text(x + 1, y, known.trim(), canvas.style(Role::Dim), 24);
    }
    x = origin(canvas, (x, y), &engine.origin, wide);
    if app.options.read_only {
        x = canvas.text(x + 2, y, "read-only", canvas.style(Role::Warn), 10);
    }
    if engine.info.runtime == Runtime::Embedded && !engine.info.version.is_empty() {
        let words = if wide { "demo, nothing is isolated" } else { "demo" };
        x = canvas.text(x + 2, y, words, canvas.style(Role::Mark), 30);
    }
    let x = x + if wide { 3 } else { 2 };
    match &engine.link {
        Link::Down { never_up: false, .. } => lost(app, canvas, (x, area.right().saturating_sub(1)), y, engine),
        _ if engine.listed => draw_counts(canvas, (x, right), y, &totals, wide),
        _ => {}
    }
}

/// Where the Docker client's context has a part in which engine this is.
fn origin(canvas: &mut Canvas, (x, y): (u16, u16), origin: &Origin, wide: bool) -> u16 {
    let (words, role, width) = match origin {
        // Its name stands in the place of the engine's.
        Origin::Context(_) if wide => ("context".to_string(), Role::Dim, 7),
        Origin::InPlaceOf(_) if wide => (origin.to_string(), Role::Warn, 40),
        Origin::InPlaceOf(name) => (format!("not {name}"), Role::Warn, 14),
        Origin::Context(_) | Origin::Flag | Origin::Variable(_) | Origin::File | Origin::Usual | Origin::Inside => {
            return x;
        }
    };
    canvas.text(x + 1, y, &words, canvas.style(role), width)
}

fn short_version(version: &str) -> String {
    version.split(['+', '-']).next().unwrap_or_default().to_string()
}

/// The fleet's CPU and memory against what the host has, at the right end. Returns where it begins.
fn capacity(app: &App, canvas: &mut Canvas, area: Rect, engine: &Engine, totals: &Totals, wide: bool) -> u16 {
    let mut end = area.right().saturating_sub(1);
    if engine.info.memory == 0 || engine.info.processors == 0 || area.width < 60 {
        return end;
    }
    let (dim, plain, y) = (canvas.style(Role::Dim), Style::new(), area.y);
    if matches!(engine.link, Link::Down { .. }) {
        return end;
    }
    let used = totals.memory.map_or("-".into(), |used| units::memory(used as f64));
    let memory = totals.memory.unwrap_or(0) as f64 / engine.info.memory as f64;
    end = canvas.right(
        end,
        y,
        &format!("{used:>5}/{}", units::bytes(engine.info.memory as f64)),
        tinted(canvas, memory, plain),
        14,
    );
    end = canvas.right(end.saturating_sub(1), y, "mem", dim, 3);
    let cores = totals.cpu.map(|cpu| format!("{:>4.1}/{}", cpu / 100.0, engine.info.processors));
    let share = totals.cpu.unwrap_or(0.0) / 100.0 / f64::from(engine.info.processors);
    let cores = cores.unwrap_or_else(|| format!("   -/{}", engine.info.processors));
    end = canvas.right(end.saturating_sub(2), y, &cores, tinted(canvas, share, plain), 12);
    if wide {
        let spark = Rect { x: end.saturating_sub(SPARK + 1), y, width: SPARK, height: 1 };
        let top = f64::from(engine.info.processors) * 100.0;
        let values: Vec<f64> =
            chart::by_column(&app.world.fleet).iter().map(|point| f64::from(point.cpu) / top).collect();
        chart::spark(canvas, spark, &values, canvas.style(Role::Bar));
        end = spark.x;
    }
    canvas.right(end.saturating_sub(1), y, "cpu", dim, 3).saturating_sub(2)
}

fn tinted(canvas: &Canvas, fraction: f64, plain: Style) -> Style {
    chart::grave(fraction).map_or(plain, |role| canvas.style(role))
}

/// Counts by state. In short where the long words do not fit: what failed must never be hidden by what runs.
fn draw_counts(canvas: &mut Canvas, (x, end): (u16, u16), y: u16, totals: &Totals, wide: bool) {
    let gap = if wide { 2 } else { 1 };
    let long = counts::words(canvas, totals, true, true);
    let fits = wide && x + counts::width(&long, gap) <= end;
    let words = if fits { long } else { counts::words(canvas, totals, false, true) };
    counts::draw(canvas, (x, end.saturating_sub(1)), y, &words, gap);
}

/// The engine is not heard: since when, why, when it is tried again.
fn lost(app: &App, canvas: &mut Canvas, (x, end): (u16, u16), y: u16, engine: &Engine) {
    let Link::Down { why, since, retry_at, .. } = &engine.link else { return };
    let gone = app.now.since(*since).max(0.0) as u64;
    let next = retry_at.since(app.now).ceil().max(0.0) as u64;
    let next = if next == 0 { "trying now".to_string() } else { format!("next try in {next} s") };
    let text = format!("engine lost {gone} s ago, {next}: {}", why.cause);
    canvas.text(x, y, &text, canvas.style(Role::Bad).add_modifier(Modifier::BOLD), end.saturating_sub(x));
}
