//! Lines of logs by themselves: what each costs when it comes, and what it costs to take it apart.

use bowline::model::{LogEntry, LogFields};
use criterion::{Criterion, Throughput, criterion_group};
use std::hint::black_box;

/// A line of each format.
const LINES: &[(&str, &str)] = &[
    ("JSON", r#"{"level":"info","time":"2026-11-21T10:00:00Z","msg":"GET /v1/orders/8812 200","ms":12,"user":"gus"}"#),
    (
        "JSON, late level",
        r#"{"time":"2026-11-21T10:00:00Z","msg":"GET /v1/orders/8812 200","ms":12,"user":"gus","level":"info"}"#,
    ),
    ("logfmt", r#"time=2026-11-21T10:00:00Z level=info msg="GET /v1/orders/8812 200" took=12ms user=gus"#),
    ("Java", "2026-11-21 10:00:00,123 INFO  [main] com.example.orders.App - GET /v1/orders/8812 200"),
    ("klog", "I1121 10:00:00.123456       1 main.go:12] GET /v1/orders/8812 200"),
    ("access", r#"10.0.0.1 - gus [21/Nov/2026:10:00:00 +0000] "GET /v1/orders/8812 HTTP/1.1" 200 612 "-" "curl/8""#),
    ("words", "the order 8812 of gus was sent on its way to him this morning, as he had asked for"),
];

/// Bytes of each text.
const SIZE: usize = 1 << 20;

fn text(line: &str) -> String {
    [line, "\n"].concat().repeat(SIZE / line.len())
}

/// The level of each line and the entry that it belongs to: asked of all that an engine sends.
fn levels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("level and entry");
    for (name, line) in LINES {
        let text = text(line);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*name, |bencher| {
            bencher.iter(|| {
                let mut entry = LogEntry::default();
                text.as_bytes().split(|byte| *byte == b'\n').for_each(|line| {
                    black_box(entry.take(line));
                });
            });
        });
    }
}

/// All fields of each line: asked of what is visible, and where a filter names a field.
fn fields(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fields");
    for (name, line) in LINES {
        let text = text(line);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*name, |bencher| {
            bencher.iter(|| {
                for line in text.lines() {
                    black_box(LogFields::read(line));
                }
            });
        });
    }
}

criterion_group!(benches, levels, fields);
