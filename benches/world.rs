//! What the benchmarks look at: snapshots, logs and a cockpit of any size.

use crate::fixtures;
use bowline::app::{App, Msg, Options, update};
use bowline::model::*;
use bowline::ui::{Appearance, Depth, Glyphs, Theme};
use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use std::sync::Arc;

pub const ENGINE: EngineId = EngineId(0);
/// A full terminal of an operator.
pub const SIZE: (u16, u16) = (160, 45);

pub fn container(number: usize) -> Container {
    let id = Id::new(ENGINE, format!("{number:064x}"));
    Container { id, health: Health::Healthy, ..fixtures::shop_container(&format!("web-{number}")) }
}

pub fn samples(count: usize, second: i64) -> Fact {
    let sample = |number: usize| {
        let counters = Counters {
            cpu_ns: Some(second as u64 * number as u64 * 1_000_000),
            memory: Some(Memory { used: 1 << 24, ..Memory::default() }),
            ..Counters::default()
        };
        let at = Timestamp::from_seconds(2_000 + second);
        (Id::new(ENGINE, format!("{number:064x}")), Sample { at, counters, ..Sample::default() })
    };
    Fact::Samples((0..count).map(sample).collect())
}

/// A world with so many containers and a minute of figures.
pub fn world(count: usize) -> Snapshot {
    let mut world = Snapshot::default();
    fold(&mut world, Fact::Link(ENGINE, Link::Up));
    fold(&mut world, Fact::Containers(ENGINE, (0..count).map(container).collect()));
    for second in 0..60 {
        fold(&mut world, samples(count, second));
    }
    world
}

/// A cockpit with so many containers, a minute of figures and a log of ten thousand lines.
pub fn app_of(size: (u16, u16), count: usize) -> App {
    let options = Options { mouse: true, ..Options::default() };
    let mut app = App::new(options, size, Timestamp::from_seconds(3_000));
    update(&mut app, Msg::Store(Arc::new(world(count))));
    let wire = app.log.as_ref().expect("a log is open").stream;
    update(&mut app, Msg::Chunk(wire, StreamEvent::Lines(batch(10_000))));
    app
}

/// Lines of a web server, coloured.
pub fn batch(lines: usize) -> Batch {
    let mut batch = Batch::default();
    for number in 0..lines {
        let line = format!("\x1b[32mINFO\x1b[0m GET /v1/orders/{number} 200 12ms user=gus");
        let (start, len) = (batch.bytes.len() as u32, line.len() as u32);
        batch.lines.push(LineMark {
            start,
            len,
            at: Timestamp(number as i64),
            level: Level::Info,
            ..LineMark::default()
        });
        batch.bytes.extend_from_slice(line.as_bytes());
    }
    batch
}

pub fn look() -> Appearance {
    Appearance { theme: Theme::named("dark", Depth::Indexed).expect("built in"), glyphs: Glyphs::UNICODE }
}

pub fn key(c: char) -> Msg {
    Msg::Input(Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)))
}

/// As [`app_of`], in a full terminal.
pub fn app(count: usize) -> App {
    app_of(SIZE, count)
}
