//! "Is anything wrong?" in one glance: engine, counts by state, the host's CPU and memory.

use super::canvas::{Canvas, Part};
use super::{Role, chart, counts};
use crate::app::fit::Priority;
use crate::app::{App, Shape, how_long_lost, units};
use crate::model::{Engine, EngineId, Link, Origin, Totals};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Cells of the small history beside the fleet's CPU.
const SPARK: u16 = 12;
/// Columns between two parts at least.
const GAP: u16 = 1;

pub fn draw(app: &App, canvas: &mut Canvas, area: Rect) {
    if area.height == 0 {
        return;
    }
    canvas.tint(area, canvas.style(Role::Bar));
    let y = area.y;
    let wide = app.places().shape == Shape::Wide;
    let (Some(id), Some(engine)) = (app.engine, app.current_engine()) else {
        canvas.text(1, y, "bowline", canvas.style(Role::Focus).add_modifier(Modifier::BOLD), area.width);
        return;
    };
    let totals = Totals::of(&app.snapshot);
    let end = area.right().saturating_sub(1);
    let mut parts = names(app, canvas, engine, wide);
    let several = app.snapshot.engines.len() > 1;
    let of_engine = if several { Totals::of_engine(&app.snapshot, id) } else { totals };
    let figures = capacity(engine, &of_engine, area.width, wide);
    let right = end.saturating_sub(figures.as_ref().map_or(0, |figures| figures.width + GAP));
    let used = 1 + counts::width(&parts, GAP);
    // In short where the long words do not fit.
    let long = if wide { news(app, canvas, engine, &totals, true) } else { Vec::new() };
    let fits = wide && used + counts::width(&long, GAP) <= right + GAP;
    parts.extend(if fits { long } else { news(app, canvas, engine, &totals, false) });
    // What all take together is given up for what is wrong.
    let beside = figures.filter(|_| counts::width(&parts, GAP) < right + GAP);
    let right = if beside.is_some() { right } else { end };
    canvas.parts((1, right), y, &parts, GAP);
    if let Some(figures) = beside {
        figures.draw(app, canvas, (end - figures.width, y), (id, engine), &of_engine);
    }
}

/// What is wrong with the engine, or how many containers are in which state.
fn news(app: &App, canvas: &Canvas, engine: &Engine, totals: &Totals, long: bool) -> Vec<Part> {
    let further = u16::from(app.places().shape == Shape::Wide);
    match &engine.link {
        Link::Down { never_up: false, .. } => {
            lost(app, canvas, engine).map(|part| part.after(1 + further)).into_iter().collect()
        }
        Link::Up | Link::Connecting | Link::Down { .. } if engine.listed => {
            let parts = counts::parts(canvas, totals, long, true).into_iter().enumerate();
            parts.map(|(index, part)| part.after(further + u16::from(index == 0))).collect()
        }
        Link::Up | Link::Connecting | Link::Down { .. } => Vec::new(),
    }
}

/// The engine's name and version, and the modes.
fn names(app: &App, canvas: &Canvas, engine: &Engine, wide: bool) -> Vec<Part> {
    let bold = Modifier::BOLD;
    let comma = if !wide && matches!(engine.origin, Origin::InPlaceOf(_)) { "," } else { "" };
    let name = format!("{}{comma}", shorten(&engine.name, 20));
    let mut parts = vec![
        Part::new(Priority::Least, "bowline", canvas.style(Role::Focus).add_modifier(bold)),
        Part::new(Priority::High, name, Style::new().add_modifier(bold)).after(u16::from(wide)),
    ];
    let engines = app.snapshot.engines.len();
    if engines > 1 {
        let place = app.snapshot.engines.keys().position(|id| Some(*id) == app.engine).map_or(1, |place| place + 1);
        let words = if wide { format!("{place} of {engines} engines") } else { format!("{place}/{engines}") };
        parts.push(Part::new(Priority::High, words, canvas.style(Role::Dim)));
    }
    parts.extend(others_lost(app, canvas));
    if wide && !engine.info.version.is_empty() {
        let runtime = engine.info.runtime.word();
        let runtime = if runtime == engine.name { "" } else { runtime };
        let known = format!("{runtime} {}", short_version(&engine.info.version));
        parts.push(Part::new(Priority::Low, shorten(known.trim(), 24), canvas.style(Role::Dim)));
    }
    parts.extend(origin(canvas, &engine.origin, wide));
    if app.options.read_only {
        parts.push(Part::new(Priority::High, "read-only", canvas.style(Role::Warn)).after(1));
    }
    if !engine.info.capabilities.isolates {
        let words = if wide { "demo, nothing is isolated" } else { "demo" };
        parts.push(Part::new(Priority::High, words, canvas.style(Role::Mark)).after(1));
    }
    parts
}

/// The engines beside the one that is meant that are not heard.
fn others_lost(app: &App, canvas: &Canvas) -> Vec<Part> {
    let others = app.snapshot.engines.iter().filter(|(id, _)| Some(**id) != app.engine);
    let lost = others.filter_map(|(_, engine)| {
        let how = how_long_lost(engine, app.now)?;
        Some(
            Part::new(Priority::Most, format!("{} {how}", shorten(&engine.name, 20)), canvas.style(Role::Bad)).after(1),
        )
    });
    lost.collect()
}

/// Where the Docker client's context has a part in which engine this is.
fn origin(canvas: &Canvas, origin: &Origin, wide: bool) -> Option<Part> {
    let (weight, words, role, width) = match origin {
        // Its name stands in the place of the engine's.
        Origin::Context(_) if wide => (Priority::Low, "context".to_string(), Role::Dim, 7),
        Origin::InPlaceOf(_) if wide => (Priority::Most, origin.to_string(), Role::Warn, 40),
        Origin::InPlaceOf(name) => (Priority::Most, format!("not {name}"), Role::Warn, 14),
        Origin::Context(_) | Origin::Flag | Origin::Variable(_) | Origin::File | Origin::Usual | Origin::Inside => {
            return None;
        }
    };
    Some(Part::new(weight, shorten(&words, width), canvas.style(role)))
}

fn short_version(version: &str) -> String {
    version.split(['+', '-']).next().unwrap_or_default().to_string()
}

/// A name in at most so many columns.
fn shorten(name: &str, columns: usize) -> String {
    match name.char_indices().nth(columns) {
        Some(_) => format!("{}…", name.chars().take(columns - 1).collect::<String>()),
        None => name.to_string(),
    }
}

/// The CPU and memory of the engine's containers against what its host has, and the columns of that.
struct Figures {
    cores: String,
    memory: String,
    spark: u16,
    width: u16,
}

fn capacity(engine: &Engine, totals: &Totals, width: u16, wide: bool) -> Option<Figures> {
    let lost = matches!(engine.link, Link::Down { .. });
    if engine.info.memory == 0 || engine.info.processors == 0 || width < 60 || lost {
        return None;
    }
    let used = totals.memory.map_or("-".into(), |used| units::memory(used as f64));
    let memory = format!("{used:>5}/{}", units::bytes(engine.info.memory as f64));
    let cores = match totals.cpu {
        Some(cpu) => format!("{:>4.1}/{}", cpu / 100.0, engine.info.processors),
        None => format!("   -/{}", engine.info.processors),
    };
    let spark = if wide { SPARK + 1 } else { 0 };
    let width = 4 + spark + cores.len() as u16 + 2 + 4 + memory.len() as u16;
    Some(Figures { cores, memory, spark, width })
}

impl Figures {
    fn draw(
        &self,
        app: &App,
        canvas: &mut Canvas,
        (x, y): (u16, u16),
        (id, engine): (EngineId, &Engine),
        totals: &Totals,
    ) {
        let (dim, plain) = (canvas.style(Role::Dim), Style::new());
        let processors = f64::from(engine.info.processors);
        let end = x + self.width;
        let mut x = canvas.put(x, y, "cpu", dim, end) + 1;
        if self.spark > 0 {
            let points = app.snapshot.load.get(&id).map(|load| load.by_column()).unwrap_or_default();
            let values: Vec<f64> = points.iter().map(|point| f64::from(point.cpu) / (processors * 100.0)).collect();
            chart::spark(canvas, Rect { x, y, width: SPARK, height: 1 }, &values, canvas.style(Role::Bar));
            x += self.spark;
        }
        let share = totals.cpu.unwrap_or(0.0) / 100.0 / processors;
        x = canvas.put(x, y, &self.cores, tinted(canvas, share, plain), end) + 2;
        x = canvas.put(x, y, "mem", dim, end) + 1;
        let share = totals.memory.unwrap_or(0) as f64 / engine.info.memory as f64;
        canvas.put(x, y, &self.memory, tinted(canvas, share, plain), end);
    }
}

fn tinted(canvas: &Canvas, fraction: f64, plain: Style) -> Style {
    chart::grave(fraction).map_or(plain, |role| canvas.style(role))
}

/// The engine is lost: since when, the reason, the next attempt.
fn lost(app: &App, canvas: &Canvas, engine: &Engine) -> Option<Part> {
    let Link::Down { why, since, retry_at, .. } = &engine.link else { return None };
    let gone = app.now.since(*since).max(0.0) as u64;
    let next = retry_at.since(app.now).ceil().max(0.0) as u64;
    let next = if next == 0 { "reconnecting".to_string() } else { format!("next try in {next} s") };
    let text = format!("engine lost {gone} s ago, {next}: {}", why.cause);
    Some(Part::new(Priority::Most, text, canvas.style(Role::Bad).add_modifier(Modifier::BOLD)))
}
