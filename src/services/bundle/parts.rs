//! The parts of a bundle that are JSON, each within its bytes.

use super::log::MaskedLog;
use super::redact::{Learned, Redactor};
use super::{Case, Written, clock, fit, pretty};
use crate::model::{
    BundlePart, BundleParts, Container, Document, Event, Layer, Leaf, Point, Problem, Snapshot, secret,
};
use crate::services::why::{Evidence, Why, explain, read_lines};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What the lines around a value take in JSON, on top of it.
const AROUND: usize = 24;

/// Learns the secrets of all parts, before any is written; the log comes back masked.
pub fn learn(told: &BundleParts, snapshot: &Snapshot) -> (Redactor, MaskedLog) {
    let mut learned = Learned::default();
    for document in [&told.inspect, &told.image, &told.version, &told.info].into_iter().flatten() {
        for node in &document.nodes {
            if let (Leaf::Text(raw) | Leaf::Bare(raw), Some(shown)) = (&node.leaf, &node.hidden) {
                learned.learn(raw, shown);
            }
        }
    }
    let layers = told.history.iter().flatten().map(|layer| &*layer.command);
    let processes = told.processes.iter().flatten().map(|process| process.command.as_str());
    layers.chain(processes).for_each(|raw| learned.learn(raw, &secret::command(raw)));
    if let Some(container) = snapshot.containers.get(&told.request.id) {
        learned.learn(&container.command, &secret::command(&container.command));
        container.labels.iter().for_each(|(name, value)| learned.learn(value, &secret::value(name, value)));
    }
    let log = MaskedLog::read(told, &mut learned);
    (learned.redactor(), log)
}

/// What there is in place of a part that the engine did not tell.
pub fn missing(case: &Case, problem: &Problem) -> Written {
    Written { missing: Some(fit(case.redactor, &problem.cause)), ..Written::default() }
}

pub fn inspect(case: &Case, most: usize) -> Written {
    document(case, &case.told.inspect, most)
}

pub fn image(case: &Case, most: usize) -> Written {
    document(case, &case.told.image, most)
}

pub fn addresses(case: &Case, most: usize) -> Written {
    let network = case.told.inspect.as_ref().map(|told| told.part("NetworkSettings"));
    document(case, &network.map_err(Clone::clone), most)
}

pub fn engine(case: &Case, most: usize) -> Written {
    let mut room = Room { left: most, cut: 0 };
    let mut whole = |told: &BundlePart<Document>| match told {
        Ok(document) => tree(document, case.redactor, &mut room),
        Err(problem) => json!({ "missing": fit(case.redactor, &problem.cause) }),
    };
    let (version, info) = (whole(&case.told.version), whole(&case.told.info));
    let engine = case.snapshot.engines.get(&case.told.request.id.engine());
    let said = engine.map(|engine| {
        json!({ "name": fit(case.redactor, &engine.name), "kind": engine.info.runtime.word(),
            "version": fit(case.redactor, &engine.info.version), "api": fit(case.redactor, &engine.info.api),
            "address": fit(case.redactor, &engine.address) })
    });
    let value = json!({ "engine": said, "version": version, "info": info });
    Written { bytes: pretty(&value), cut: room.words(), missing: None }
}

fn document(case: &Case, told: &BundlePart<Document>, most: usize) -> Written {
    let document = match told {
        Ok(document) => document,
        Err(problem) => return missing(case, problem),
    };
    let mut room = Room { left: most, cut: document.left_out + document.cut };
    let value = tree(document, case.redactor, &mut room);
    Written { bytes: pretty(&value), cut: room.words(), missing: None }
}

/// Bytes that may still be written.
struct Room {
    left: usize,
    /// Values that had no room.
    cut: usize,
}

impl Room {
    /// True if a value of so many bytes, so deep, has room, which it takes.
    fn takes(&mut self, bytes: usize, depth: u16) -> bool {
        // Each line is indented by two for each step.
        let needs = bytes + AROUND + 2 * usize::from(depth);
        let fits = needs <= self.left;
        self.left -= if fits { needs } else { 0 };
        self.cut += usize::from(!fits);
        fits
    }

    fn words(&self) -> Option<String> {
        (self.cut > 0).then(|| format!("{} values are cut or left out: they are too many or too long", self.cut))
    }
}

/// A document as JSON, masked.
fn tree(document: &Document, redactor: &Redactor, room: &mut Room) -> Value {
    if document.nodes.is_empty() { Value::Null } else { value(document, 0, redactor, room).unwrap_or_default() }
}

/// A value and what lies below it, as far as there is room.
fn value(document: &Document, index: usize, redactor: &Redactor, room: &mut Room) -> Option<Value> {
    let node = document.nodes.get(index)?;
    let key = node.key.as_deref().map_or(0, str::len);
    Some(match &node.leaf {
        Leaf::Map | Leaf::List if !room.takes(key, node.depth) => return None,
        Leaf::Map => {
            let mut map = Map::new();
            for child in document.children(index) {
                let name = document.nodes.get(child).and_then(|node| node.key.as_deref()).unwrap_or_default();
                let within = value(document, child, redactor, room);
                map.extend(within.map(|value| (redactor.told(name), value)));
            }
            Value::Object(map)
        }
        Leaf::List => document.children(index).filter_map(|child| value(document, child, redactor, room)).collect(),
        Leaf::Text(_) | Leaf::Bare(_) => {
            let shown = redactor.hide(node.shown(false));
            let bare = matches!(node.leaf, Leaf::Bare(_)) && node.hidden.is_none();
            let leaf = bare.then(|| serde_json::from_str(&shown).ok()).flatten().unwrap_or(Value::String(shown));
            // Escapes count.
            if !room.takes(key + leaf.to_string().len(), node.depth) {
                return None;
            }
            leaf
        }
    })
}

/// A list as JSON, the last rows that there is room for.
fn rows(rows: impl DoubleEndedIterator<Item = Value>, most: usize, before: Map<String, Value>) -> Written {
    let mut room = Room { left: most.saturating_sub(Value::Object(before.clone()).to_string().len() + 256), cut: 0 };
    let mut kept: Vec<Value> = Vec::new();
    for row in rows.rev() {
        // Each of its values takes a line.
        let lines = row.as_object().map_or(1, Map::len);
        if room.cut > 0 || !room.takes(row.to_string().len() + lines * AROUND, 2) {
            room.cut += usize::from(room.cut > 0);
            continue;
        }
        kept.push(row);
    }
    kept.reverse();
    let mut whole = before;
    whole.insert("rows".into(), Value::Array(kept));
    let cut = (room.cut > 0).then(|| format!("the first {} rows are left out: they are too many", room.cut));
    Written { bytes: pretty(&Value::Object(whole)), cut, missing: None }
}

/// The events of the engine's memory and those that were heard, each once, oldest first.
pub fn all_events(case: &Case) -> Vec<Event> {
    let id = &case.told.request.id;
    let heard = case.snapshot.events.iter().filter(|event| event.id.as_ref() == Some(id)).cloned();
    let mut events: Vec<Event> = case.told.events.iter().flatten().cloned().chain(heard).collect();
    events.sort_by(|one, other| (one.at, &one.action).cmp(&(other.at, &other.action)));
    events.dedup_by(|one, other| (one.at, &one.action, &one.what) == (other.at, &other.action, &other.what));
    events
}

/// Why the container stands as it does, masked.
pub fn explained(case: &Case) -> Option<Why> {
    let container = container(case)?;
    let mut snapshot = case.snapshot.clone();
    let of_others = snapshot.events.iter().filter(|event| event.id.as_ref() != Some(&container.id)).cloned();
    let mut events: Vec<Event> = of_others.chain(all_events(case)).collect();
    events.sort_by_key(|event| event.at);
    snapshot.events = Arc::new(events.into());
    let lines = read_lines(case.told.log.iter().flat_map(|log| &log.batches));
    let document = case.told.inspect.as_ref().ok();
    let now = case.told.at;
    let why = explain(&Evidence {
        container,
        snapshot: &snapshot,
        document,
        lines: &lines,
        stopped_by: None,
        refused: None,
        now,
    });
    let all = |texts: Vec<String>| texts.iter().map(|raw| fit(case.redactor, raw)).collect();
    Some(Why {
        kind: why.kind,
        sentence: fit(case.redactor, &why.sentence),
        evidence: all(why.evidence),
        try_: all(why.try_),
    })
}

pub fn why(case: &Case, _: usize) -> Written {
    let Some(why) = explained(case) else {
        return Written { missing: Some("it is no longer in the engine's list".into()), ..Written::default() };
    };
    let value = json!({ "cause": why.sentence, "kind": why.kind, "evidence": why.evidence, "try": why.try_ });
    Written { bytes: pretty(&value), ..Written::default() }
}

pub fn events(case: &Case, most: usize) -> Written {
    let events = all_events(case);
    if let (Err(problem), true) = (&case.told.events, events.is_empty()) {
        return missing(case, problem);
    }
    let row = |event: Event| {
        let words = [&event.action, &event.name, &event.what, &event.more].map(|raw| fit(case.redactor, raw));
        let [action, name, what, more] = words;
        json!({ "at": clock(event.at), "about": event.topic.word(), "action": action, "name": name, "what": what, "more": more })
    };
    rows(events.into_iter().map(row), most, Map::new())
}

pub fn processes(case: &Case, most: usize) -> Written {
    let processes = match &case.told.processes {
        Ok(processes) => processes,
        Err(problem) => return missing(case, problem),
    };
    let row = |process: &crate::model::Process| {
        json!({ "pid": process.pid, "parent": process.parent, "user": fit(case.redactor, &process.user),
            "cpu_percent": process.cpu, "memory_bytes": process.memory, "age_seconds": process.age,
            "command": case.redactor.hide(&secret::command(&process.command)) })
    };
    rows(processes.iter().map(row), most, Map::new())
}

pub fn history(case: &Case, most: usize) -> Written {
    let layers = match &case.told.history {
        Ok(layers) => layers,
        Err(problem) => return missing(case, problem),
    };
    let row = |layer: &Layer| {
        json!({ "created": clock(layer.created), "size_bytes": layer.size,
            "command": case.redactor.hide(&secret::command(&layer.command)) })
    };
    rows(layers.iter().map(row), most, Map::new())
}

pub fn usage(case: &Case, most: usize) -> Written {
    let Some(series) = case.snapshot.usage.get(&case.told.request.id) else {
        return Written { missing: Some("nothing was measured".into()), ..Written::default() };
    };
    let row = |every: &'static str| {
        move |point: &Point| {
            json!({ "at": clock(crate::model::Timestamp::from_seconds(point.at.into())), "every": every,
                "cpu_percent": point.cpu, "memory_bytes": u64::from(point.memory_kib) << 10,
                "throttled_percent": point.throttled })
        }
    };
    let latest = &series.latest;
    let mut before = Map::new();
    before.insert("cpu".into(), "per cent of one processor; of a minute the peak".into());
    before.insert("memory_bytes".into(), latest.memory.map(|memory| memory.used).into());
    before.insert("pids".into(), latest.pids.into());
    before.insert(
        "memory_limit_bytes".into(),
        latest.memory.map(|memory| memory.limit).filter(|limit| *limit > 0).into(),
    );
    before.insert("unread".into(), series.unread.as_deref().map(|why| fit(case.redactor, why)).into());
    rows(series.coarse().map(row("minute")).chain(series.fine().map(row("sample"))), most, before)
}

/// The container as it stands in the list, if it is there.
pub fn container<'a>(case: &'a Case) -> Option<&'a Container> {
    case.snapshot.containers.get(&case.told.request.id).map(|container| &**container)
}
