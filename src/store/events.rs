//! The engine's event stream: from its lines to the model's events, each once, and to what must be looked at again.

use super::shapes::Told;
use super::translate::is_container_id;
use crate::model::{EngineId, Event, Id, Moment, SECOND, Signal, Tone, text};
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Events remembered so that none is told twice after a reconnect.
const REMEMBERED: usize = 1024;
/// The longest line taken from an engine, bytes.
const LINE_CAP: usize = 1 << 20;

/// So many lines in a row that are no events are no stream of events.
const STRANGE_MOST: usize = 16;

/// An end this soon after a signal that ends programs was asked for.
const ASKED_FOR: f64 = 60.0;
/// An end this soon after the kernel ran out of memory is its doing.
const FOR_MEMORY: f64 = 10.0;
/// Signals that reload, freeze or notify, by number: an end after one of these was not asked for.
const HARMLESS: [(u8, &str); 13] = [
    (1, "HUP"),
    (10, "USR1"),
    (12, "USR2"),
    (13, "PIPE"),
    (14, "ALRM"),
    (17, "CHLD"),
    (18, "CONT"),
    (19, "STOP"),
    (20, "TSTP"),
    (21, "TTIN"),
    (22, "TTOU"),
    (23, "URG"),
    (28, "WINCH"),
];

/// The query of the event stream. Only what changes a row: health checks' execs would wake us for nothing.
pub const FILTERS: &str = concat!(
    "%7B%22type%22%3A%5B%22container%22%2C%22network%22%5D%2C%22event%22%3A%5B",
    "%22create%22%2C%22start%22%2C%22restart%22%2C%22die%22%2C%22died%22%2C%22kill%22%2C%22stop%22%2C%22oom%22%2C",
    "%22pause%22%2C%22unpause%22%2C%22destroy%22%2C%22remove%22%2C%22rename%22%2C%22update%22%2C%22health_status%22%2C",
    "%22connect%22%2C%22disconnect%22%5D%7D"
);

/// What an event means for the instance's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It runs anew.
    Started,
    /// Its run ended.
    Ended,
    /// It exists no more.
    Gone,
    /// Something else about it changed.
    Other,
}

/// An event that concerns us.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Whom it is about.
    pub id: Id,
    /// When.
    pub at: Moment,
    /// What it means for the row.
    pub change: Change,
    /// How it is told, if it is worth telling.
    pub event: Option<Event>,
}

/// Remembers what was heard, across reconnects.
#[derive(Debug)]
pub struct Hearing {
    engine: EngineId,
    partial: Vec<u8>,
    /// Lines in a row that could not be read.
    strange: usize,
    recent: VecDeque<u64>,
    known: HashSet<u64>,
    /// The latest signal sent that ends programs, and when: the instance's end was asked for.
    signals: HashMap<Id, (String, Moment)>,
    /// When the kernel ran out of memory for it.
    out_of_memory: HashMap<Id, Moment>,
    /// The latest moment heard of, by the engine's clock.
    pub latest: Moment,
}

impl Hearing {
    /// Nothing heard yet.
    pub fn new(engine: EngineId) -> Self {
        Self {
            engine,
            partial: Vec::new(),
            strange: 0,
            recent: VecDeque::new(),
            known: HashSet::new(),
            signals: HashMap::new(),
            out_of_memory: HashMap::new(),
            latest: Moment::default(),
        }
    }

    /// A new connection: what was cut off is forgotten, it will be told again.
    pub fn reconnect(&mut self) {
        self.partial.clear();
        self.strange = 0;
    }

    /// True when what comes is something else than events: the stream must be opened anew.
    pub fn is_garbled(&self) -> bool {
        self.strange > STRANGE_MOST
    }

    /// Takes bytes of the stream in; returns what they completed.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Heard> {
        let mut heard = Vec::new();
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest).filter(|_| !self.is_garbled()) {
            let (line, after) = rest.split_at(end);
            rest = &after[1..];
            if self.partial.is_empty() {
                heard.extend(self.line(line));
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                heard.extend(self.line(&whole));
            }
        }
        if self.partial.len() + rest.len() <= LINE_CAP {
            self.partial.extend_from_slice(rest);
        } else {
            tracing::warn!("an event line longer than {LINE_CAP} bytes was dropped");
            self.partial.clear();
            self.strange += 1;
        }
        heard
    }

    fn line(&mut self, line: &[u8]) -> Option<Heard> {
        if line.trim_ascii().is_empty() {
            return None;
        }
        match serde_json::from_slice::<Told>(line) {
            Ok(told) => {
                self.strange = 0;
                self.told(told)
            }
            Err(error) => {
                self.strange += 1;
                tracing::warn!("an event could not be read: {error}");
                None
            }
        }
    }

    fn told(&mut self, told: Told) -> Option<Heard> {
        let raw = match told.kind.as_str() {
            "container" => &told.actor.id,
            "network" => told.actor.attributes.get("container")?,
            _ => return None,
        };
        if !is_container_id(raw) || !self.is_new(&told, raw) {
            return None;
        }
        let at = if told.time_nano > 0 { Moment(told.time_nano) } else { Moment(told.time.saturating_mul(SECOND)) };
        self.latest = self.latest.max(at);
        let id = Id::new(self.engine, raw.as_str());
        if told.kind == "network" {
            let concerns = matches!(told.action.as_str(), "connect" | "disconnect");
            return concerns.then_some(Heard { id, at, change: Change::Other, event: None });
        }
        let (change, what) = self.container(&id, at, &told)?;
        let name = told.actor.attributes.get("name").map_or_else(|| id.short(), |name| name.trim_start_matches('/'));
        let name = text::clean(name).into_owned();
        let event = what.map(|(what, tone)| Event {
            at,
            id: Some(id.clone()),
            name,
            what: text::clean(&what).into_owned(),
            tone,
        });
        Some(Heard { id, at, change, event })
    }

    fn is_new(&mut self, told: &Told, raw: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        (told.time_nano, told.time, raw, &told.kind, &told.action, &told.actor.id).hash(&mut hasher);
        let hash = hasher.finish();
        if !self.known.insert(hash) {
            return false;
        }
        self.recent.push_back(hash);
        if self.recent.len() > REMEMBERED
            && let Some(oldest) = self.recent.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }

    /// What a container's event means, and in which words. None for noise.
    fn container(&mut self, id: &Id, at: Moment, told: &Told) -> Option<(Change, Option<(String, Tone)>)> {
        let attribute = |name: &str| told.actor.attributes.get(name).map(String::as_str);
        let (action, argument) = told.action.split_once(':').unwrap_or((&told.action, ""));
        let said = |what: &str, tone| Some((what.to_string(), tone));
        Some(match action {
            "create" => (Change::Other, said("created", Tone::Plain)),
            "start" => {
                self.signals.remove(id);
                self.out_of_memory.remove(id);
                (Change::Started, said("started", Tone::Good))
            }
            "restart" => (Change::Other, said("restarted", Tone::Plain)),
            "die" | "died" => {
                let code = attribute("exitCode").or(attribute("containerExitCode")).unwrap_or("?");
                (Change::Ended, Some(self.ending(id, at, code)))
            }
            "stop" => (Change::Other, said("stopped", Tone::Plain)),
            "kill" => {
                let raw = attribute("signal").unwrap_or("9");
                let signal = signal_name(raw);
                if ends_programs(raw) {
                    if self.signals.len() >= REMEMBERED {
                        self.signals.retain(|_, (_, sent)| at.since(*sent) <= ASKED_FOR);
                    }
                    self.signals.insert(id.clone(), (signal.clone(), at));
                }
                (Change::Other, Some((format!("{signal} sent"), Tone::Plain)))
            }
            "oom" => {
                if self.out_of_memory.len() >= REMEMBERED {
                    self.out_of_memory.retain(|_, ran_out| at.since(*ran_out) <= FOR_MEMORY);
                }
                self.out_of_memory.insert(id.clone(), at);
                (Change::Other, said("out of memory", Tone::Bad))
            }
            "pause" => (Change::Other, said("paused", Tone::Warn)),
            "unpause" => (Change::Other, said("unpaused", Tone::Plain)),
            "destroy" | "remove" => {
                self.signals.remove(id);
                self.out_of_memory.remove(id);
                (Change::Gone, said("removed", Tone::Plain))
            }
            "rename" => {
                let old = attribute("oldName").unwrap_or("?").trim_start_matches('/');
                (Change::Other, Some((format!("renamed from {old}"), Tone::Plain)))
            }
            "update" => (Change::Other, said("limits changed", Tone::Plain)),
            "health_status" => {
                let word =
                    if argument.is_empty() { attribute("health_status").unwrap_or("?") } else { argument.trim() };
                let tone = match word {
                    "healthy" => Tone::Good,
                    "unhealthy" => Tone::Bad,
                    _ => Tone::Busy,
                };
                (Change::Other, Some((format!("health: {word}"), tone)))
            }
            _ => return None,
        })
    }

    /// How an end is told: an end that was asked for is no alarm, whatever its code.
    fn ending(&mut self, id: &Id, at: Moment, code: &str) -> (String, Tone) {
        let signal = self.signals.remove(id).filter(|(_, sent)| at.since(*sent) <= ASKED_FOR);
        let out_of_memory = self.out_of_memory.remove(id).is_some_and(|ran_out| at.since(ran_out) <= FOR_MEMORY);
        match (out_of_memory, signal) {
            (_, Some((signal, _))) => (format!("exit {code} after {signal}"), Tone::Plain),
            (true, None) if code != "0" => ("killed: out of memory".into(), Tone::Bad),
            (_, None) if code == "0" => ("exit 0".into(), Tone::Plain),
            (_, None) => (format!("exit {code}"), Tone::Bad),
        }
    }
}

fn ends_programs(signal: &str) -> bool {
    let name = signal.strip_prefix("SIG").unwrap_or(signal);
    !HARMLESS.iter().any(|(number, word)| name == *word || name.parse() == Ok(*number))
}

fn signal_name(signal: &str) -> String {
    match signal.parse::<u8>() {
        Ok(number) => Signal(number).name(),
        Err(_) => signal.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(nano: i64, action: &str, attributes: &str) -> String {
        let id = "ab".repeat(32);
        format!(
            r#"{{"Type":"container","Action":"{action}","Actor":{{"ID":"{id}","Attributes":{{"name":"web"{attributes}}}}},"time":1,"timeNano":{nano}}}"#
        ) + "\n"
    }

    fn told(lines: &[String]) -> Vec<(String, Tone)> {
        let mut hearing = Hearing::new(EngineId(0));
        let heard = hearing.feed(lines.concat().as_bytes());
        heard.into_iter().filter_map(|heard| heard.event).map(|event| (event.what, event.tone)).collect()
    }

    #[test]
    fn words() {
        let die = |nano, code: &str| line(nano, "die", &format!(r#","exitCode":"{code}""#));
        let got = told(&[
            line(1, "start", ""),
            die(2, "1"),
            line(3, "oom", ""),
            die(4, "137"),
            line(5, "kill", r#","signal":"15""#),
            die(6, "143"),
            line(7, "health_status: unhealthy", ""),
            line(8, "rename", r#","oldName":"/old\u001b""#),
            line(9, "exec_create: sh", ""),
            line(10, "destroy", ""),
        ]);
        let words: Vec<&str> = got.iter().map(|(what, _)| what.as_str()).collect();
        let wanted = [
            "started",
            "exit 1",
            "out of memory",
            "killed: out of memory",
            "SIGTERM sent",
            "exit 143 after SIGTERM",
            "health: unhealthy",
            "renamed from old^[",
            "removed",
        ];
        assert_eq!(words, wanted);
        assert_eq!((got[1].1, got[5].1), (Tone::Bad, Tone::Plain));
    }

    #[test]
    fn only_an_end_soon_after_an_ending_signal_was_asked_for() {
        let kill = |second: i64, signal: &str| line(second * SECOND, "kill", &format!(r#","signal":"{signal}""#));
        let end = |second: i64| line(second * SECOND, "die", r#","exitCode":"137""#);
        let last = |lines: &[String]| told(lines).pop().unwrap();
        assert_eq!(last(&[kill(1, "15"), end(50)]), ("exit 137 after SIGTERM".into(), Tone::Plain));
        assert_eq!(last(&[kill(1, "15"), end(90)]), ("exit 137".into(), Tone::Bad), "long forgotten");
        for harmless in ["1", "SIGUSR1", "28", "WINCH"] {
            assert_eq!(last(&[kill(1, harmless), end(2)]), ("exit 137".into(), Tone::Bad), "{harmless}");
        }
        assert_eq!(last(&[kill(1, "SIGRTMIN+3"), end(2)]).1, Tone::Plain);
        let oom = line(SECOND, "oom", "");
        assert_eq!(last(&[oom.clone(), end(2)]).0, "killed: out of memory");
        assert_eq!(last(&[oom.clone(), end(30)]).0, "exit 137", "it lived on: another's end");
        assert_eq!(last(&[oom, kill(2, "9"), end(3)]), ("exit 137 after SIGKILL".into(), Tone::Plain));
    }

    #[test]
    fn each_once_across_a_reconnect() {
        let mut hearing = Hearing::new(EngineId(0));
        let (a, b) = (line(1, "start", ""), line(2, "pause", ""));
        assert_eq!(hearing.feed(format!("{a}{}", &b[..20]).as_bytes()).len(), 1);
        hearing.reconnect();
        assert_eq!(hearing.feed(format!("{a}{b}").as_bytes()).len(), 1);
        assert_eq!(hearing.latest, Moment(2));
    }

    #[test]
    fn garbage_and_strangers_are_passed_over() {
        let mut hearing = Hearing::new(EngineId(0));
        let image = r#"{"Type":"image","Action":"pull","Actor":{"ID":"busybox"}}"#;
        let bad_id = r#"{"Type":"container","Action":"start","Actor":{"ID":"../x"}}"#;
        assert!(hearing.feed(format!("not json\n\n{image}\n{bad_id}\n").as_bytes()).is_empty());
    }

    #[test]
    fn a_flood_of_garbage_is_no_stream_of_events() {
        let mut hearing = Hearing::new(EngineId(0));
        hearing.feed("odd\n".repeat(STRANGE_MOST).as_bytes());
        assert_eq!((hearing.feed(line(1, "start", "").as_bytes()).len(), hearing.is_garbled()), (1, false));
        hearing.feed("garbage\n".repeat(1000).as_bytes());
        assert!(hearing.is_garbled());
        hearing.reconnect();
        assert!(!hearing.is_garbled());
    }

    proptest! {
        #[test]
        fn any_split_hears_the_same(cuts in proptest::collection::vec(0usize..2000, 0..8)) {
            let stream: String = (1..9).map(|nano| line(nano, "start", "")).collect();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
            cuts.push(stream.len());
            cuts.sort_unstable();
            let mut hearing = Hearing::new(EngineId(0));
            let mut from = 0;
            let mut heard = 0;
            for to in cuts {
                heard += hearing.feed(&stream.as_bytes()[from..to]).len();
                from = to;
            }
            prop_assert_eq!(heard, 8);
        }
    }
}
