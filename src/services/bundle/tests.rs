//! A bundle is bounded, and says what it leaves out.

use super::*;
use crate::fixtures;
use crate::model::{
    Batch, BundleLog, BundleRequest, Document, Event, Id, Kind, Layer, Level, LineMark, Problem, Process, Stream, Tone,
};

const NOW: Timestamp = Timestamp(1_700_000_000_000_000_000);

fn log(lines: usize, bytes: usize) -> BundleLog {
    let mut batch = Batch::default();
    for number in 0..lines {
        let line = format!("line {number} {}", "x".repeat(bytes));
        let (start, len) = (batch.bytes.len() as u32, line.len() as u32);
        let at = NOW.plus_seconds(number as f64 - lines as f64);
        let (stream, level) = (Stream::Out, Level::None);
        batch.lines.push(LineMark {
            start,
            len,
            at,
            stream,
            level,
            cut_kib: 0,
            continues: false,
            context: false,
            voice: 0,
        });
        batch.bytes.extend_from_slice(line.as_bytes());
    }
    BundleLog { batches: vec![batch], has_older: false }
}

fn document(labels: usize) -> Document {
    let labels: serde_json::Map<String, Value> =
        (0..labels).map(|number| (format!("label.{number}"), "y".repeat(400).into())).collect();
    Document::read(json!({ "Config": { "Labels": labels } })).unwrap()
}

fn event(id: &Id, number: usize) -> Event {
    Event {
        at: NOW.plus_seconds(number as f64),
        topic: Kind::Container,
        action: "exec_start".into(),
        id: Some(id.clone()),
        name: "web".into(),
        what: format!("exec {number}"),
        more: "z".repeat(200),
        tone: Tone::Plain,
        end: None,
    }
}

/// What an engine tells of a container: so much of everything.
fn told(id: &Id, scale: usize) -> BundleParts {
    let process = |number: usize| Process { pid: number as i32, command: "w".repeat(300), ..Process::default() };
    let layer = |_| Layer { command: "v".repeat(900).into(), size: 1, created: NOW };
    BundleParts {
        request: BundleRequest { id: id.clone(), name: "web".into(), since: None, path: String::new() },
        at: NOW,
        inspect: Ok(document(10 * scale)),
        image: Ok(document(10 * scale)),
        history: Ok((0..scale).map(layer).collect()),
        log: Ok(log(100 * scale, 200)),
        events: Ok((0..10 * scale).map(|number| event(id, number)).collect()),
        processes: Ok((0..10 * scale).map(process).collect()),
        version: Ok(document(1)),
        info: Ok(document(10 * scale)),
    }
}

/// The same parts with a small share of the bytes they may have, so that little is too much.
fn small_parts() -> Vec<PartSpec> {
    let small = |spec: &PartSpec| PartSpec { most: (spec.most / 64).max(4 << 10), ..*spec };
    PARTS.iter().map(small).collect()
}

fn made(scale: usize) -> (Bundle, Value) {
    let id = fixtures::id("web");
    let bundle = build_of(&small_parts(), &told(&id, scale), &fixtures::snapshot(&["web"]), "1.0");
    let index = serde_json::from_slice(file(&bundle, "index.json")).unwrap();
    (bundle, index)
}

fn file<'a>(bundle: &'a Bundle, name: &str) -> &'a [u8] {
    &bundle.files.iter().find(|file| file.name == name).unwrap().bytes
}

#[test]
fn a_part_over_its_bytes_is_cut_and_both_indexes_say_so() {
    let (bundle, index) = made(10);
    let page = String::from_utf8_lossy(file(&bundle, "index.html")).into_owned();
    let mut cut = 0;
    for part in index["parts"].as_array().unwrap() {
        let Some(name) = part["file"].as_str() else { continue };
        let (bytes, most) = (file(&bundle, name).len(), part["most_bytes"].as_u64().unwrap() as usize);
        assert!(bytes <= most && part["bytes"] == bytes, "{name}: {bytes} of {most}");
        if let Some(words) = part["cut"].as_str() {
            assert!(words.contains("left out") && page.contains(words), "{name}: {words}");
            assert!(bytes > most / 2, "{name} is filled: {bytes} of {most}");
            cut += 1;
        }
    }
    assert_eq!(bundle.cut.len(), cut);
    assert!(cut >= 7, "{:?}", bundle.cut);
    assert!(bundle.files.iter().map(|file| file.bytes.len()).sum::<usize>() <= WHOLE);
}

#[test]
fn of_a_log_and_of_events_the_newest_stay() {
    let (bundle, _) = made(10);
    let log = String::from_utf8_lossy(file(&bundle, "log.txt")).into_owned();
    assert!(log.lines().last().unwrap().contains("line 999 ") && !log.contains("line 0 "));
    let events: Value = serde_json::from_slice(file(&bundle, "events.json")).unwrap();
    assert_eq!(events["rows"].as_array().unwrap().last().unwrap()["what"], "exec 99");
    assert!(bundle.cut.iter().any(|words| words.starts_with("Log: the oldest ")), "{:?}", bundle.cut);
}

#[test]
fn what_fits_is_whole_and_what_was_not_told_is_missing_with_the_reason() {
    let id = fixtures::id("web");
    let bundle = build(&told(&id, 10), &fixtures::snapshot(&["web"]), "1.0");
    assert!(bundle.cut.is_empty(), "{:?}", bundle.cut);
    let refused = Problem::new("list its processes", "container web is not running", "");
    let told = BundleParts { processes: Err(refused), ..told(&id, 1) };
    let bundle = build(&told, &fixtures::snapshot(&["web"]), "1.0");
    assert!(
        bundle.missing.iter().any(|words| words == "Processes: container web is not running"),
        "{:?}",
        bundle.missing
    );
    assert!(bundle.files.iter().all(|file| file.name != "processes.json"));
}
