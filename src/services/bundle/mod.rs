//! This folder knows an incident bundle as files: all that an engine told of a container, masked, bounded, with a page to read
//! and an index for programs.
//! It may use the model, JSON, and what tells why a container is down.
//! It never writes a text that did not go through its redactor.
//!
//! [`PARTS`] is the table of its parts. To add one: a row, and the function that writes it.

mod log;
mod page;
mod parts;
mod redact;
#[cfg(test)]
mod tests;

use crate::model::{BundleParts, Snapshot, Timestamp, secret, text};
use redact::Redactor;
use serde_json::{Value, json};

/// Bytes of all parts together at most; the two indexes come to it.
pub const WHOLE: usize = 16 << 20;
/// Bytes of the page at most.
const PAGE: usize = 2 << 20;
/// The format of `index.json`.
const FORMAT: u32 = 1;

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleFile {
    /// Its name, which nobody outside has chosen.
    pub name: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The folder that its files are in.
    pub folder: String,
    /// Its files, the indexes first.
    pub files: Vec<BundleFile>,
    /// What was cut, a sentence each.
    pub cut: Vec<String>,
    /// What the engine did not tell, a sentence each.
    pub missing: Vec<String>,
}

/// All that parts are made from.
struct Case<'a> {
    told: &'a BundleParts,
    snapshot: &'a Snapshot,
    redactor: &'a Redactor,
    log: &'a log::MaskedLog,
}

/// One part of a bundle, as it is written.
#[derive(Debug, Default)]
struct Written {
    bytes: Vec<u8>,
    /// What is left out, in a sentence.
    cut: Option<String>,
    /// Why there is none of it.
    missing: Option<String>,
}

/// A part: its file, its title, its bytes at most, and what writes it within them.
struct PartSpec {
    file: &'static str,
    title: &'static str,
    most: usize,
    write: fn(&Case, usize) -> Written,
}

/// The parts, in the order of the indexes.
const PARTS: &[PartSpec] = &[
    PartSpec { file: "why.json", title: "Why", most: 64 << 10, write: parts::why },
    PartSpec { file: "log.txt", title: "Log", most: 8 << 20, write: log::write },
    PartSpec { file: "events.json", title: "Events", most: 512 << 10, write: parts::events },
    PartSpec { file: "usage.json", title: "Usage", most: 256 << 10, write: parts::usage },
    PartSpec { file: "processes.json", title: "Processes", most: 512 << 10, write: parts::processes },
    PartSpec { file: "addresses.json", title: "Addresses", most: 256 << 10, write: parts::addresses },
    PartSpec { file: "inspect.json", title: "Container as inspected", most: 1 << 20, write: parts::inspect },
    PartSpec { file: "image.json", title: "Image as inspected", most: 512 << 10, write: parts::image },
    PartSpec { file: "image-history.json", title: "Image history", most: 256 << 10, write: parts::history },
    PartSpec { file: "engine.json", title: "Engine", most: 512 << 10, write: parts::engine },
];

const _: () = assert!(sum_of_parts() + 2 * PAGE <= WHOLE, "the parts together are no more than the whole may be");

const fn sum_of_parts() -> usize {
    let (mut sum, mut index) = (0, 0);
    while index < PARTS.len() {
        sum += PARTS[index].most;
        index += 1;
    }
    sum
}

/// Makes the files of a bundle; `version` is bowline's own.
pub fn build(told: &BundleParts, snapshot: &Snapshot, version: &str) -> Bundle {
    build_of(PARTS, told, snapshot, version)
}

fn build_of(parts: &[PartSpec], told: &BundleParts, snapshot: &Snapshot, version: &str) -> Bundle {
    let (redactor, log) = parts::learn(told, snapshot);
    let case = Case { told, snapshot, redactor: &redactor, log: &log };
    let written: Vec<(&PartSpec, Written)> = parts.iter().map(|spec| (spec, (spec.write)(&case, spec.most))).collect();
    let sentence = |spec: &PartSpec, why: &Option<String>| why.as_ref().map(|why| format!("{}: {why}", spec.title));
    let cut = written.iter().filter_map(|(spec, part)| sentence(spec, &part.cut)).collect();
    let missing = written.iter().filter_map(|(spec, part)| sentence(spec, &part.missing)).collect();
    let index = index(&case, &written, version);
    let page = page::page(&case, &written, version, PAGE);
    let mut files = vec![
        BundleFile { name: "index.html", bytes: page.into_bytes() },
        BundleFile { name: "index.json", bytes: pretty(&index) },
    ];
    files.extend(written.into_iter().filter(|(_, part)| part.missing.is_none()).map(named));
    Bundle { folder: folder(&case), files, cut, missing }
}

fn named((spec, part): (&PartSpec, Written)) -> BundleFile {
    BundleFile { name: spec.file, bytes: part.bytes }
}

/// What there is, for programs.
fn index(case: &Case, written: &[(&PartSpec, Written)], version: &str) -> Value {
    let file = |(spec, part): &(&PartSpec, Written)| {
        let name = part.missing.is_none().then_some(spec.file);
        json!({ "title": spec.title, "file": name, "bytes": part.bytes.len(), "most_bytes": spec.most,
            "cut": part.cut, "missing": part.missing })
    };
    let request = &case.told.request;
    json!({
        "format": FORMAT,
        "made_by": format!("bowline {version}"),
        "made_at": clock(case.told.at),
        "container": { "name": case.redactor.told(&request.name), "id": request.id.raw() },
        "since_seconds": request.since,
        "most_bytes": WHOLE,
        "masked": "values that look like secrets are replaced by ••••, also where they stand elsewhere",
        "parts": written.iter().map(file).collect::<Vec<_>>(),
    })
}

/// The folder's name: of container and time. A name that holds a secret is not told.
fn folder(case: &Case) -> String {
    let name = file_word(&case.redactor.told(&case.told.request.name));
    format!("bowline-{name}-{}", clock(case.told.at).chars().filter(char::is_ascii_digit).take(14).collect::<String>())
}

/// The file that is proposed for a bundle made at this moment.
pub fn proposed_path(name: &str, now: Timestamp) -> String {
    let digits: String = clock(now).chars().filter(char::is_ascii_digit).take(14).collect();
    format!("bowline-{}-{digits}.tar.zst", file_word(&secret::told(name)))
}

/// A name as a part of a file's name.
fn file_word(name: &str) -> String {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let word: String = name.chars().map(|c| if is_fit(c) { c } else { '-' }).take(80).collect();
    word.trim_matches(['-', '.']).to_string()
}

/// A moment in UTC, as programs read it.
fn clock(at: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(at.0.into()).map(|at| format!("{at:.3}")).unwrap_or_default()
}

fn pretty(value: &Value) -> Vec<u8> {
    // A value is always written.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// A text from outside, masked and fit for any reader.
fn fit(redactor: &Redactor, raw: &str) -> String {
    text::clean(&redactor.told(raw)).into_owned()
}
