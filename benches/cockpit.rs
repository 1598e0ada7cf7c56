//! Micro-benchmarks of what happens with every message and every frame.

use bowline::app::{
    App, Column, Emulator, Keymap, Layout, Msg, Options, Preferences, Ring, ShellOptions, Stamps, update,
};
use bowline::model::*;
use bowline::ui::{Depth, Glyphs, Look, Theme, draw};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::hint::black_box;
use std::sync::Arc;

const ENGINE: EngineId = EngineId(0);
const SIZE: (u16, u16) = (160, 45);

fn instance(number: usize) -> Instance {
    Instance {
        id: Id::new(ENGINE, format!("{number:064x}")),
        name: format!("web-{number}").into(),
        image: "shop/api:2.4.1".into(),
        command: "node server.js".into(),
        state: State::Running,
        health: Health::Healthy,
        exit_code: None,
        created: Moment::from_seconds(1_000),
        since: Moment::from_seconds(1_000),
        ports: Vec::new(),
        labels: vec![("com.docker.compose.project".into(), "shop".into())],
        networks: vec!["shop_default".into()],
        detail: None,
        pending: None,
    }
}

fn samples(count: usize, second: i64) -> Fact {
    let sample = |number: usize| {
        let counters = Counters {
            cpu_ns: Some(second as u64 * number as u64 * 1_000_000),
            memory: Some(Memory { used: 1 << 24, ..Memory::default() }),
            ..Counters::default()
        };
        let at = Moment::from_seconds(2_000 + second);
        (Id::new(ENGINE, format!("{number:064x}")), Sample { at, counters, ..Sample::default() })
    };
    Fact::Samples((0..count).map(sample).collect())
}

fn world(count: usize) -> Snapshot {
    let mut world = Snapshot::default();
    fold(&mut world, Fact::Link(ENGINE, Link::Up));
    fold(&mut world, Fact::Instances(ENGINE, (0..count).map(instance).collect()));
    for second in 0..60 {
        fold(&mut world, samples(count, second));
    }
    world
}

fn app(count: usize) -> App {
    let options = Options {
        keymap: Keymap::default(),
        columns: Column::DEFAULT.to_vec(),
        sort: Column::Name,
        logs: Preferences { wrap: false, stamps: Stamps::Time, tail: 1000, limit: 16 << 20, utc_offset: 0 },
        read_only: false,
        mouse: true,
        layout: Layout::default(),
        config_path: String::new(),
        shell: ShellOptions::default(),
        ran: Vec::new(),
    };
    let mut app = App::new(options, SIZE, Moment::from_seconds(3_000));
    update(&mut app, Msg::Store(Arc::new(world(count))));
    let wire = app.log.as_ref().expect("a log is open").wire;
    update(&mut app, Msg::Chunk(wire, Chunk::Lines(batch(10_000))));
    app
}

fn batch(lines: usize) -> Batch {
    let mut batch = Batch::default();
    for number in 0..lines {
        let line = format!("\x1b[32mINFO\x1b[0m GET /v1/orders/{number} 200 12ms user=gus");
        let (start, len) = (batch.bytes.len() as u32, line.len() as u32);
        batch.lines.push(LineMark { start, len, at: Moment(number as i64), level: Level::Info, ..LineMark::default() });
        batch.bytes.extend_from_slice(line.as_bytes());
    }
    batch
}

fn frames(criterion: &mut Criterion) {
    let look = Look { theme: Theme::named("dark", Depth::Indexed).expect("built in"), glyphs: Glyphs::UNICODE };
    let mut group = criterion.benchmark_group("frame 160x45");
    for count in [10, 1000] {
        let app = app(count);
        let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        group.bench_function(format!("{count} instances"), |bencher| {
            bencher.iter(|| {
                buffer.reset();
                black_box(draw(&app, &look, &mut buffer))
            });
        });
    }
}

fn messages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("message");
    for count in [10, 1000] {
        let mut app = app(count);
        let world = app.world.clone();
        let down = Msg::Input(Input::Key(KeyEvent::new(KeyCode::Char('j'), KeyModifiers::NONE)));
        group.bench_function(format!("key at {count}"), |bencher| bencher.iter(|| update(&mut app, down.clone())));
        group.bench_function(format!("snapshot of {count}"), |bencher| {
            bencher.iter(|| update(&mut app, Msg::Store(world.clone())));
        });
    }
}

fn folding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fold");
    group.throughput(Throughput::Elements(10_000));
    group.bench_function("10k samples over 1000 instances", |bencher| {
        let facts: Vec<Fact> = (60..70).map(|second| samples(1000, second)).collect();
        bencher.iter_batched(
            || (world(1000), facts.clone()),
            |(mut world, facts)| {
                for fact in facts {
                    fold(&mut world, fact);
                }
                world
            },
            BatchSize::LargeInput,
        );
    });
}

fn logs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("log");
    group.throughput(Throughput::Elements(100_000));
    group.bench_function("ring takes 100k lines", |bencher| {
        let batches: Vec<Batch> = (0..50).map(|_| batch(2_000)).collect();
        bencher.iter_batched(
            || (Ring::new(16 << 20), batches.clone()),
            |(mut ring, batches)| {
                for batch in batches {
                    ring.push_back(batch, 1);
                }
                ring
            },
            BatchSize::LargeInput,
        );
    });
}

/// Bytes that a shell's stream brings at once at most.
const CHUNK: usize = 64 * 1024;
const SHELL: Size = Size { columns: 82, rows: 21 };

/// What programs write, by kind, each one chunk long.
fn outputs() -> [(&'static str, Vec<u8>); 4] {
    let repeated = |text: &str| text.bytes().cycle().take(CHUNK).collect::<Vec<u8>>();
    [
        ("yes", repeated("y\r\n")),
        ("plain text", repeated("2026-11-21 12:00:00 GET /v1/orders/8812 200 15ms user=dan cache=miss\r\n")),
        ("colours", repeated("\x1b[32m  ok\x1b[0m \x1b[1;34mtarget\x1b[0m \x1b[38;5;208mwarn\x1b[0m 100 %\r\n")),
        ("full screen", repeated("\x1b[5;1H\x1b[K\x1b[7m  PID USER\x1b[27m\x1b[6;12H漢字 wide\x1b[2;20r\x1b[3L\x1b[r")),
    ]
}

/// The emulator by itself: bytes a second.
fn emulator(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("emulator");
    group.throughput(Throughput::Bytes(CHUNK as u64));
    for (name, bytes) in outputs() {
        let mut emulator = Emulator::new(SHELL, 5_000, true);
        group.bench_function(name, |bencher| bencher.iter(|| emulator.feed(&bytes, Moment(0))));
    }
}

/// A key while a shell floods: at worst it waits for the chunk before it, and then for its frame.
fn flooded(criterion: &mut Criterion) {
    let look = Look { theme: Theme::named("dark", Depth::Indexed).expect("built in"), glyphs: Glyphs::UNICODE };
    let key = |c| Msg::Input(Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
    let mut app = app(10);
    let opened = update(&mut app, key('e'));
    let wire = opened.iter().find_map(|effect| match effect {
        bowline::app::Effect::Open(wire, Source::Exec(_)) => Some(*wire),
        _ => None,
    });
    let wire = wire.expect("a shell was opened");
    let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
    let mut group = criterion.benchmark_group("key while a shell floods");
    for (name, bytes) in outputs() {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                update(&mut app, Msg::Chunk(wire, Chunk::Output(Stream::Out, bytes.clone())));
                update(&mut app, key('x'));
                buffer.reset();
                black_box(draw(&app, &look, &mut buffer))
            });
        });
    }
}

criterion_group!(benches, frames, messages, folding, logs, emulator, flooded);
criterion_main!(benches);
