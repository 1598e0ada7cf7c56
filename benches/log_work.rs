//! What whole logs cost beside other programs on the same bytes: to find lines, to merge by time, to lay out.
//!
//! Other programs read files and write to nowhere; whoever is not on this machine is left out.

use crate::fixtures;
use bowline::app::{LogOptions, LogView, MergedLog, SourceSet};
use bowline::model::*;
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Logs that are merged.
const LOGS: usize = 4;
/// Lines of each of them.
const LINES: usize = 60_000;
/// Lines that come at once.
const AT_ONCE: usize = 500;

/// The text of a line, without its time.
fn words(log: usize, number: usize) -> String {
    let bad = number.is_multiple_of(1_000);
    let (level, said) = if bad { ("error", "Connection refused") } else { ("info", "request") };
    format!(
        r#"{{"level":"{level}","msg":"{said}","path":"/v1/orders/{number}","status":{},"ms":{},"log":{log}}}"#,
        if bad { 502 } else { 200 },
        number % 977
    )
}

/// The moment of a line: the logs take turns.
fn moment(log: usize, number: usize) -> Timestamp {
    Timestamp(1_700_000_000_000_000_000 + ((number * LOGS + log) as i64) * 1_000_000)
}

/// The lines of a log, some at a time.
fn batches(log: usize) -> Vec<Batch> {
    let batch = |first: usize| {
        let mut batch = Batch::default();
        for number in first..(first + AT_ONCE).min(LINES) {
            let line = words(log, number);
            let (start, len) = (batch.bytes.len() as u32, line.len() as u32);
            batch.lines.push(LineMark { start, len, at: moment(log, number), ..LineMark::default() });
            batch.bytes.extend_from_slice(line.as_bytes());
        }
        batch
    };
    (0..LINES).step_by(AT_ONCE).map(batch).collect()
}

/// The same lines in files, each with its time in front.
fn files(folder: &Path) -> Vec<PathBuf> {
    let file = |log: usize| {
        let path = folder.join(format!("{log}.log"));
        let line = |number: usize| format!("{} {}\n", moment(log, number).0, words(log, number));
        std::fs::write(&path, (0..LINES).map(line).collect::<String>()).expect("written");
        path
    };
    (0..LOGS).map(file).collect()
}

/// Measures another program, if there is one: its words, then the files. What it writes is read: grep stops at the first hit where
/// nobody does.
fn beside(group: &mut BenchmarkGroup<WallTime>, words: &[&str], files: &[PathBuf]) {
    let run = || {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).args(files).env("LC_ALL", "C").stdin(Stdio::null());
        command.stderr(Stdio::null()).output()
    };
    if run().is_ok() {
        group.bench_function(words.join(" "), |bencher| bencher.iter(|| run().expect("it has run before")));
    }
}

/// Lines that hold something are counted.
fn find(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let files = files(folder.path());
    let all: Vec<Batch> = (0..LOGS).flat_map(batches).collect();
    let bytes = all.iter().map(|batch| batch.bytes.len() + batch.lines.len()).sum::<usize>() as u64;
    let kinds: [(&str, &str, &[&str]); 3] = [
        ("a word", "Connection", &["-c", "Connection"]),
        ("a word in any case", "refused", &["-ci", "refused"]),
        ("a pattern in any case", "status.:50[0-9]", &["-ciE", "status.:50[0-9]"]),
    ];
    for (name, typed, flags) in kinds {
        let filter = LogFilter::parse(typed).expect("a filter").expect("not empty");
        let filters = Arc::new(LogFilters(vec![filter]));
        let mut group = criterion.benchmark_group(format!("count lines with {name}"));
        group.throughput(Throughput::Bytes(bytes)).sample_size(20);
        group.bench_function("bowline", |bencher| {
            bencher.iter(|| {
                let mut excerpt = LogExcerpt::new(filters.clone());
                for batch in &all {
                    batch.lines.iter().for_each(|mark| excerpt.take(mark, batch.line(mark)));
                }
                assert_eq!(excerpt.count as usize, LOGS * LINES / 1_000, "the same lines as the others find");
            });
        });
        beside(&mut group, &[&["grep"], flags].concat(), &files);
        // What is a pattern for grep -E is one for it without a flag.
        let flags: Vec<&str> = flags.iter().map(|flag| if *flag == "-ciE" { "-ci" } else { flag }).collect();
        beside(&mut group, &[&["rg", "-j1"], &flags[..]].concat(), &files);
    }
}

/// A view on the log of several containers that holds all of it.
fn view(options: &LogOptions) -> LogView {
    let containers: Vec<_> = (0..LOGS).map(|log| Arc::new(fixtures::shop_container(&format!("web-{log}")))).collect();
    let mut next = 0;
    let stream = || {
        next += 1;
        StreamId(next)
    };
    // More is asked for than there is: no log has older lines that might be missing among those of the others.
    let merge = MergedLog::new(&containers, SourceSet::Chosen, Kind::Container, 2 * LOGS * LINES, stream);
    LogView::merged(merge, options).expect("there are containers")
}

/// Lines of several logs come in turns and go where their time belongs.
fn merge(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let files = files(folder.path());
    let options = LogOptions { memory_mib: 256, ..LogOptions::default() };
    let all: Vec<Vec<Batch>> = (0..LOGS).map(batches).collect();
    let bytes = all.iter().flatten().map(|batch| batch.bytes.len() + batch.lines.len()).sum::<usize>() as u64;
    let mut group = criterion.benchmark_group("merge by time");
    group.throughput(Throughput::Bytes(bytes)).sample_size(10);
    group.bench_function("bowline", |bencher| {
        bencher.iter_batched(
            || (view(&options), all.clone()),
            |(mut view, all)| {
                let mut logs: Vec<_> = all.into_iter().map(Vec::into_iter).collect();
                for _ in 0..LINES.div_ceil(AT_ONCE) {
                    for (log, batches) in logs.iter_mut().enumerate() {
                        let batch = batches.next().expect("as many of each");
                        view.take_from(StreamId(log as u64 + 1), StreamEvent::Lines(batch));
                    }
                }
                assert_eq!(view.ring.len(), LOGS * LINES, "no line is missing");
                view
            },
            BatchSize::LargeInput,
        );
    });
    beside(&mut group, &["sort", "-m", "-s", "-n", "-k1,1"], &files);
    beside(&mut group, &["lnav", "-n"], &files);
}

/// Lines are laid out for a screen: level, message, fields; long ones go on in the next row.
fn layout(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lay out lines");
    let batch = batches(0).remove(0);
    group.throughput(Throughput::Bytes(batch.bytes.len() as u64));
    for (name, raw, wrap) in [("fields", false, false), ("fields, wrapped", false, true), ("raw", true, false)] {
        let options = LogOptions { raw, wrap, ..LogOptions::default() };
        let container = fixtures::shop_container("web");
        let mut view = LogView::new(container.id, "web", StreamId(1), &options);
        view.take(StreamEvent::Lines(batch.clone()));
        group.bench_function(name, |bencher| bencher.iter(|| black_box(view.visible(2 * AT_ONCE, 80, &options))));
    }
}

criterion_group!(benches, find, merge, layout);
