//! Bytes that containers write: logs from the wire to the pane, and shells.

use crate::world::{SIZE, app, batch, key, look};
use bowline::app::{Effect, Emulator, Msg, Ring, update};
use bowline::engine::logs::demux::Demux;
use bowline::engine::logs::lines::Lines;
use bowline::model::*;
use bowline::ui::draw;
use criterion::{BatchSize, Criterion, Throughput, criterion_group};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::hint::black_box;
use std::sync::Arc;

/// A framed log as an engine sends it: a header of eight bytes, a time, a line.
fn framed(lines: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in 0..lines {
        let second = number / 1000 % 60;
        let said = r#"{"level":"info","msg":"GET /v1/orders/8812 200","ms":12,"user":"gus"}"#;
        let line = format!("2026-11-21T12:00:{second:02}.{number:09}Z {said}\n");
        bytes.extend_from_slice(&[1, 0, 0, 0]);
        bytes.extend_from_slice(&(line.len() as u32).to_be_bytes());
        bytes.extend_from_slice(line.as_bytes());
    }
    bytes
}

/// From the wire to lines with times and levels, and into the ring that the pane reads.
fn logs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("log");
    let bytes = framed(20_000);
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("from the wire into the ring", |bencher| {
        bencher.iter(|| {
            let (mut demux, mut lines, mut ring) = (Demux::new(false), Lines::new(false), Ring::new(16 << 20));
            for piece in bytes.chunks(64 * 1024) {
                demux
                    .feed(piece, |piece| lines.piece(piece, &mut |_: Timestamp, _: Stream, _: &[u8]| true))
                    .expect("frames");
                ring.push_back(std::mem::take(&mut lines.batch), 1);
            }
            ring
        });
    });
    let batches: Vec<Batch> = (0..50).map(|_| batch(2_000)).collect();
    group.throughput(Throughput::Elements(100_000));
    group.bench_function("the ring takes 100k lines", |bencher| {
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

/// Lines through a filter that none passes.
fn filters(criterion: &mut Criterion) {
    let (mut demux, mut lines) = (Demux::new(false), Lines::new(false));
    let mut all = |_: Timestamp, _: Stream, _: &[u8]| true;
    demux.feed(&framed(20_000), |piece| lines.piece(piece, &mut all)).expect("frames");
    let batch = lines.batch;
    let mut group = criterion.benchmark_group("filter a log");
    group.throughput(Throughput::Bytes(batch.bytes.len() as u64));
    let kinds = ["\"Nowhere\"", "nowhere", "user=[h-z]+$", "level>=error", "ms>=500", "-C3 nowhere"];
    for typed in kinds {
        let filter = LogFilter::parse(typed).expect("a filter").expect("not empty");
        let filters = Arc::new(LogFilters(vec![filter]));
        group.bench_function(typed, |bencher| {
            bencher.iter(|| {
                let mut excerpt = LogExcerpt::new(filters.clone());
                batch.lines.iter().for_each(|mark| excerpt.take(mark, batch.line(mark)));
                excerpt.count
            });
        });
    }
}

/// What it costs to search a full ring in vain: the key that asks waits for it.
fn search(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("search in vain");
    for (name, text) in [("a word", "nowhere"), ("a word in any case", "NoWhere"), ("a pattern", "user=[h-z]+$")] {
        let mut app = app(10);
        let preferences = app.options.logs;
        let log = app.log.as_mut().expect("a log is open");
        for _ in 0..30 {
            log.take(StreamEvent::Lines(batch(10_000)));
        }
        group.throughput(Throughput::Bytes(log.ring.cost() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| log.begin_search(bowline::model::Search::new(black_box(text)), (40, 80), &preferences));
        });
    }
}

/// A frame of lines of 64 KiB that are hard to show.
fn hard_lines(criterion: &mut Criterion) {
    let look = look();
    let mut group = criterion.benchmark_group("frame of a log");
    let kinds: [(&str, &[u8]); 5] = [
        ("control characters", b"\0"),
        ("bytes that are no text", b"\xff"),
        ("text", b"x"),
        ("erasing", b"abcdefgh\x1b[1000G!\r\x1b[999X"),
        ("moving", b"ab\r\x1b[1000@\x1b[1000P"),
    ];
    for (name, unit) in kinds {
        let mut app = app(10);
        let mut lines = Batch::default();
        for start in (0..100).map(|number| number * 64 * 1024) {
            lines.lines.push(LineMark { start, len: 64 * 1024, ..LineMark::default() });
            lines.bytes.extend(unit.iter().cycle().take(64 * 1024));
        }
        app.log.as_mut().expect("a log is open").take(StreamEvent::Lines(lines));
        let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                buffer.reset();
                black_box(draw(&app, &look, &mut buffer))
            });
        });
    }
}

/// Making harmless what a container wrote.
fn sanitizing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sanitize");
    let plain = "GET /v1/orders/8812 200 12ms user=gus ".repeat(1000);
    let hostile = "\x1b]0;owned\x07 safe\u{202E}gpj.exe \u{9b}2J ".repeat(1000);
    for (name, text) in [("plain", plain), ("hostile", hostile)] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| text::clean(black_box(&text)).len()));
    }
}

/// Bytes that a shell's stream brings at once at most.
const CHUNK: usize = 8 * 1024;
const SHELL: Size = Size { columns: 82, rows: 21 };

/// What programs write, by kind, each one chunk long.
fn outputs() -> [(&'static str, Vec<u8>); 5] {
    let repeated = |text: &str| text.bytes().cycle().take(CHUNK).collect::<Vec<u8>>();
    [
        ("yes", repeated("y\r\n")),
        ("plain text", repeated("2026-11-21 12:00:00 GET /v1/orders/8812 200 15ms user=dan cache=miss\r\n")),
        ("colours", repeated("\x1b[32m  ok\x1b[0m \x1b[1;34mtarget\x1b[0m \x1b[38;5;208mwarn\x1b[0m 100 %\r\n")),
        ("full screen", repeated("\x1b[5;1H\x1b[K\x1b[7m  PID USER\x1b[27m\x1b[6;12H漢字 wide\x1b[2;20r\x1b[3L\x1b[r")),
        ("nothing but clearing", repeated("\x1b[2J")),
    ]
}

/// The emulator by itself: bytes a second.
fn emulator(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("emulator");
    group.throughput(Throughput::Bytes(CHUNK as u64));
    for (name, bytes) in outputs() {
        let mut emulator = Emulator::new(SHELL, 5_000, true);
        group.bench_function(name, |bencher| bencher.iter(|| emulator.feed(&bytes, Timestamp(0))));
    }
}

/// A key while a shell floods: at worst it waits for the chunk before it, and then for its frame.
fn flooded(criterion: &mut Criterion) {
    let look = look();
    let mut app = app(10);
    let opened = update(&mut app, key('e'));
    let wire = opened.iter().find_map(|effect| match effect {
        Effect::Open(wire, Source::Exec(_)) => Some(*wire),
        _ => None,
    });
    let wire = wire.expect("a shell was opened");
    let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
    let mut group = criterion.benchmark_group("key while a shell floods");
    for (name, bytes) in outputs() {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                update(&mut app, Msg::Chunk(wire, StreamEvent::Output(Stream::Out, bytes.clone())));
                update(&mut app, key('x'));
                buffer.reset();
                black_box(draw(&app, &look, &mut buffer))
            });
        });
    }
}

criterion_group!(benches, logs, filters, search, hard_lines, sanitizing, emulator, flooded);
