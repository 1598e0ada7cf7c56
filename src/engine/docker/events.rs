//! The engine's event stream: from its lines to the model's events, each once, and to what must be looked at again.

use crate::engine::docker::api::ApiEvent;
use crate::engine::docker::changes::Subject;
use crate::engine::docker::convert::is_container_id;
use crate::engine::docker::sessions::ownership::{self, OWNER_LABEL};
use crate::engine::docker::sessions::records::Records;
use crate::engine::path::segment;
use crate::model::{
    EndCause, EngineId, Event, Health, Id, Kind, RunEnd, SECOND, Signal, Timestamp, Tone, VOLUME_LABEL, secret, text,
};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

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

/// The query of the event stream: of each kind only what changes something.
pub fn filters() -> String {
    let specs = || Kind::ALL.into_iter().map(Kind::spec).filter(|spec| !spec.in_events.is_empty());
    let actions: BTreeSet<&str> = specs().flat_map(|spec| spec.actions.iter().copied()).collect();
    query(&specs().map(|spec| spec.in_events).collect::<Vec<_>>(), &actions.into_iter().collect::<Vec<_>>())
}

fn query(types: &[&str], actions: &[&str]) -> String {
    segment(&serde_json::json!({ "type": types, "event": actions }).to_string())
}

/// The change of a container that an event reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The container was created.
    Made,
    /// The container was started.
    Started,
    /// Its run ended.
    Ended {
        /// How.
        end: RunEnd,
        /// Somebody asked for it.
        asked: bool,
    },
    /// Somebody asked for its end, which was told before.
    Stopped,
    /// The container was removed.
    Gone,
    /// The container was paused.
    Paused,
    /// The container was unpaused.
    Unpaused,
    /// The container was renamed.
    Renamed(Arc<str>),
    /// The health check has a new result.
    Health(Health),
    /// The container was connected to a network.
    Joined(Arc<str>),
    /// The container was disconnected from a network.
    Left(Arc<str>),
    /// Something else about it changed.
    Other,
}

/// An event that concerns us.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerEvent {
    /// The container it is about, or that had a part in it.
    pub id: Option<Id>,
    /// The things that are not as they were.
    pub changed: Vec<Subject>,
    /// The time of the event.
    pub at: Timestamp,
    /// The change of the row.
    pub change: Change,
    /// The event to show, if it is worth showing.
    pub event: Option<Event>,
}

/// Remembers the events received, across reconnects.
#[derive(Debug)]
pub struct EventMemory {
    engine: EngineId,
    partial: Vec<u8>,
    /// Lines in a row that could not be read.
    strange: usize,
    recent: VecDeque<u64>,
    known: HashSet<u64>,
    /// The latest signal sent that ends programs, and when: the container's end was asked for.
    signals: HashMap<Id, (String, Timestamp)>,
    /// The times at which the kernel ran out of memory for a container.
    out_of_memory: HashMap<Id, Timestamp>,
    /// Helpers through which volumes are looked into.
    helpers: HashSet<String>,
    records: Records,
    /// The time of the latest event, by the engine's clock.
    pub latest: Timestamp,
}

impl EventMemory {
    /// A memory without events. The records say which helpers are ours.
    pub fn new(engine: EngineId, records: Records) -> Self {
        Self {
            engine,
            partial: Vec::new(),
            strange: 0,
            recent: VecDeque::new(),
            known: HashSet::new(),
            signals: HashMap::new(),
            out_of_memory: HashMap::new(),
            helpers: HashSet::new(),
            records,
            latest: Timestamp::default(),
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
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<ContainerEvent> {
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

    fn line(&mut self, line: &[u8]) -> Option<ContainerEvent> {
        if line.trim_ascii().is_empty() {
            return None;
        }
        match serde_json::from_slice::<ApiEvent>(line) {
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

    fn told(&mut self, told: ApiEvent) -> Option<ContainerEvent> {
        let topic = Kind::in_events(&told.kind)?;
        if self.is_of_helper(topic, &told) {
            return None;
        }
        let part = told.actor.attributes.get("container").filter(|raw| is_container_id(raw));
        let raw = if topic == Kind::Container { Some(&told.actor.id).filter(|raw| is_container_id(raw)) } else { part };
        if topic == Kind::Container && raw.is_none() || !self.is_new(&told) {
            return None;
        }
        let at =
            if told.time_nano > 0 { Timestamp(told.time_nano) } else { Timestamp(told.time.saturating_mul(SECOND)) };
        self.latest = self.latest.max(at);
        let id = raw.map(|raw| Id::new(self.engine, raw.as_str()));
        let (change, what) = match &id {
            Some(id) if topic == Kind::Container => self.container(id, at, &told)?,
            _ => (joining(topic, &told), words(topic, &told).map(|what| (what, Tone::Plain))),
        };
        let clean = |raw: &str| text::clean(raw).into_owned();
        let end = if let Change::Ended { end, .. } = change { Some(end) } else { None };
        let event = what.map(|(what, tone)| Event {
            at,
            topic,
            action: clean(told.action.split(':').next().unwrap_or_default()),
            id: id.clone(),
            name: clean(name(&told)),
            what: secret::fit(&what),
            more: secret::fit(&more(topic, &told)),
            tone,
            end,
        });
        // What is mounted in a container stands in its own events.
        let concerns = matches!(topic, Kind::Container | Kind::Network);
        let changed = changed(topic, &told, id.as_ref());
        Some(ContainerEvent { id: id.filter(|_| concerns), changed, at, change, event })
    }

    /// What happens to a helper through which a volume is looked into is nobody's news, and neither is that it mounts the volume.
    fn is_of_helper(&mut self, topic: Kind, told: &ApiEvent) -> bool {
        let attributes = &told.actor.attributes;
        if topic != Kind::Container || !attributes.contains_key(VOLUME_LABEL) {
            return attributes.get("container").is_some_and(|raw| self.helpers.contains(raw));
        }
        let of = |key: &str| attributes.get(key).map(String::as_str).unwrap_or_default();
        if !ownership::is_event_of_volume(of("name").trim_start_matches('/'), of(OWNER_LABEL), &self.records) {
            return false;
        }
        if self.helpers.len() >= REMEMBERED {
            self.helpers.clear();
        }
        self.helpers.insert(told.actor.id.clone());
        true
    }

    fn is_new(&mut self, told: &ApiEvent) -> bool {
        let mut hasher = DefaultHasher::new();
        let part = told.actor.attributes.get("container");
        (told.time_nano, told.time, part, &told.kind, &told.action, &told.actor.id).hash(&mut hasher);
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
    fn container(&mut self, id: &Id, at: Timestamp, told: &ApiEvent) -> Option<(Change, Option<(String, Tone)>)> {
        let attribute = |name: &str| told.actor.attributes.get(name).map(String::as_str);
        let (action, argument) = told.action.split_once(':').unwrap_or((&told.action, ""));
        let said = |what: &str, tone| Some((what.to_string(), tone));
        Some(match action {
            "create" => (Change::Made, said("created", Tone::Plain)),
            "start" => {
                self.signals.remove(id);
                self.out_of_memory.remove(id);
                (Change::Started, said("started", Tone::Good))
            }
            "restart" => (Change::Other, said("restarted", Tone::Plain)),
            "die" | "died" => {
                let code = attribute("exitCode").or(attribute("containerExitCode")).unwrap_or("?");
                let (what, tone, cause) = self.ending(id, at, code);
                let end = RunEnd { code: code.parse().ok(), cause };
                (Change::Ended { end, asked: cause == EndCause::Signal }, Some((what, tone)))
            }
            "stop" => (Change::Stopped, said("stopped", Tone::Plain)),
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
            "pause" => (Change::Paused, said("paused", Tone::Warn)),
            "unpause" => (Change::Unpaused, said("unpaused", Tone::Plain)),
            "destroy" | "remove" => {
                self.signals.remove(id);
                self.out_of_memory.remove(id);
                (Change::Gone, said("removed", Tone::Plain))
            }
            "rename" => {
                let old = attribute("oldName").unwrap_or("?").trim_start_matches('/');
                let change = name_of(told).map_or(Change::Other, Change::Renamed);
                (change, Some((format!("renamed from {old}"), Tone::Plain)))
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
                let health = Health::from_word(word);
                let change = if health == Health::None { Change::Other } else { Change::Health(health) };
                (change, Some((format!("health: {word}"), tone)))
            }
            _ => return None,
        })
    }

    /// How an end is told, and its cause: one that was asked for is no alarm, whatever its code.
    fn ending(&mut self, id: &Id, at: Timestamp, code: &str) -> (String, Tone, EndCause) {
        let signal = self.signals.remove(id).filter(|(_, sent)| at.since(*sent) <= ASKED_FOR);
        let out_of_memory = self.out_of_memory.remove(id).is_some_and(|ran_out| at.since(ran_out) <= FOR_MEMORY);
        match (out_of_memory, signal) {
            (_, Some((signal, _))) => (format!("exit {code} after {signal}"), Tone::Plain, EndCause::Signal),
            (true, None) if code != "0" => ("killed: out of memory".into(), Tone::Bad, EndCause::OutOfMemory),
            (_, None) if code == "0" => ("exit 0".into(), Tone::Plain, EndCause::Itself),
            (_, None) => (format!("exit {code}"), Tone::Bad, EndCause::Itself),
        }
    }
}

/// Of past events: whose last run ended since, and whether somebody asked for it; and all that is worth showing.
pub fn past(engine: EngineId, records: Records, told: &[u8]) -> (HashMap<Id, bool>, Vec<Event>) {
    let (mut endings, mut events) = (HashMap::new(), Vec::new());
    for heard in EventMemory::new(engine, records).feed(told) {
        events.extend(heard.event);
        let Some(id) = heard.id else { continue };
        match heard.change {
            Change::Ended { asked, .. } => drop(endings.insert(id, asked)),
            Change::Stopped => drop(endings.insert(id, true)),
            Change::Started | Change::Gone => drop(endings.remove(&id)),
            Change::Made
            | Change::Paused
            | Change::Unpaused
            | Change::Renamed(_)
            | Change::Health(_)
            | Change::Joined(_)
            | Change::Left(_)
            | Change::Other => {}
        }
    }
    (endings, events)
}

/// What an event of a network says of the container that has a part in it.
fn joining(topic: Kind, told: &ApiEvent) -> Change {
    match (told.action.as_str(), name_of(told).filter(|_| topic == Kind::Network)) {
        ("connect", Some(name)) => Change::Joined(name),
        ("disconnect", Some(name)) => Change::Left(name),
        _ => Change::Other,
    }
}

fn named(told: &ApiEvent) -> Option<&str> {
    told.actor.attributes.get("name").map(|name| name.trim_start_matches('/')).filter(|name| !name.is_empty())
}

/// The name as lists tell it.
fn name_of(told: &ApiEvent) -> Option<Arc<str>> {
    named(told).map(|name| text::clean(name).into())
}

/// The name of what an event is about; ids are cut short.
fn name(told: &ApiEvent) -> &str {
    named(told).unwrap_or_else(|| {
        let raw = told.actor.id.strip_prefix("sha256:").unwrap_or(&told.actor.id);
        let is_id = raw.len() == 64 && raw.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id { raw.get(..12).unwrap_or(raw) } else { raw }
    })
}

/// What happened to something else than a container. None for noise.
fn words(topic: Kind, told: &ApiEvent) -> Option<String> {
    let attribute = |name: &str| told.actor.attributes.get(name).map(String::as_str);
    let word = match told.action.as_str() {
        "create" => "created",
        "delete" | "destroy" | "remove" => "removed",
        "update" => "changed",
        "prune" => match attribute("reclaimed") {
            Some("0") | None => "pruned",
            Some(bytes) => return Some(format!("pruned, {bytes} bytes freed")),
        },
        action => topic.spec().words.iter().find(|(known, _)| *known == action)?.1,
    };
    Some(word.into())
}

/// Further words on an event.
fn more(topic: Kind, told: &ApiEvent) -> String {
    let attribute = |name: &str| told.actor.attributes.get(name).map(String::as_str).unwrap_or_default();
    match told.action.as_str() {
        "mount" => format!("at {}", attribute("destination")),
        _ => attribute(topic.spec().more).to_string(),
    }
}

/// The object that has changed.
fn changed(topic: Kind, told: &ApiEvent, container: Option<&Id>) -> Vec<Subject> {
    let own = topic.spec().is_inspected().then(|| Subject { kind: topic, raw: told.actor.id.as_str().into() });
    // A network changes those that join and leave it; a volume does not change those that mount it.
    let joined = container.filter(|_| topic == Kind::Network);
    let joined = joined.map(|id| Subject { kind: Kind::Container, raw: id.raw().into() });
    joined.into_iter().chain(own).collect()
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

    #[test]
    fn helpers_of_volumes_and_what_they_mount_are_no_news() {
        let id = "ab".repeat(32);
        let volume = |nano: i64, container: &str| {
            format!(
                r#"{{"Type":"volume","Action":"mount","Actor":{{"ID":"data","Attributes":{{"container":"{container}"}}}},"timeNano":{nano}}}"#
            ) + "\n"
        };
        let labels = format!(r#","bowline.volume":"data","bowline.owner":"{}""#, ownership::own());
        let helper = |nano: i64, action: &str| {
            line(nano, action, &labels).replace(r#""name":"web""#, r#""name":"bowline-volume-data-0123456789abcdef""#)
        };
        let lines = [helper(1, "create"), volume(2, &id), helper(3, "destroy"), volume(4, &"cd".repeat(32))];
        assert_eq!(told(&lines), [("mounted".to_string(), Tone::Plain)], "what others mount is told");
        let created = ("created".to_string(), Tone::Plain);
        assert_eq!(told(&[line(1, "create", &labels)]), [created], "an image may have handed the labels on");
    }

    fn events(lines: &[String]) -> Vec<Event> {
        let mut hearing = EventMemory::new(EngineId(0), Records::default());
        hearing.feed(lines.concat().as_bytes()).into_iter().filter_map(|heard| heard.event).collect()
    }

    fn told(lines: &[String]) -> Vec<(String, Tone)> {
        events(lines).into_iter().map(|event| (event.what, event.tone)).collect()
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
    fn an_end_tells_its_exit_code_and_its_cause() {
        let die = |nano, code: &str| line(nano, "die", &format!(r#","exitCode":"{code}""#));
        let lines =
            [die(1, "137"), line(2, "kill", r#","signal":"15""#), die(3, "143"), line(4, "oom", ""), die(5, "?")];
        let ends: Vec<RunEnd> = events(&lines).into_iter().filter_map(|event| event.end).collect();
        let wanted = [(Some(137), EndCause::Itself), (Some(143), EndCause::Signal), (None, EndCause::OutOfMemory)];
        assert_eq!(ends, wanted.map(|(code, cause)| RunEnd { code, cause }));
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
    fn of_past_events_the_last_end_counts() {
        let die = |nano| line(nano, "die", r#","exitCode":"137""#);
        let kill = |nano| line(nano, "kill", r#","signal":"9""#);
        let end =
            |lines: &[String]| past(EngineId(0), Records::default(), lines.concat().as_bytes()).0.into_values().next();
        assert_eq!(end(&[die(1)]), Some(false));
        assert_eq!(end(&[kill(1), die(2)]), Some(true));
        assert_eq!(end(&[die(1), line(2, "stop", "")]), Some(true));
        assert_eq!(end(&[kill(1), die(2), line(3, "start", ""), die(4)]), Some(false));
        assert_eq!(end(&[kill(1), die(2), line(3, "start", "")]), None);
    }

    #[test]
    fn each_once_across_a_reconnect() {
        let mut hearing = EventMemory::new(EngineId(0), Records::default());
        let (a, b) = (line(1, "start", ""), line(2, "pause", ""));
        assert_eq!(hearing.feed(format!("{a}{}", &b[..20]).as_bytes()).len(), 1);
        hearing.reconnect();
        assert_eq!(hearing.feed(format!("{a}{b}").as_bytes()).len(), 1);
        assert_eq!(hearing.latest, Timestamp(2));
    }

    #[test]
    fn garbage_and_strangers_are_passed_over() {
        let mut hearing = EventMemory::new(EngineId(0), Records::default());
        let plugin = r#"{"Type":"plugin","Action":"enable","Actor":{"ID":"x"}}"#;
        let bad_id = r#"{"Type":"container","Action":"start","Actor":{"ID":"../x"}}"#;
        assert!(hearing.feed(format!("not json\n\n{plugin}\n{bad_id}\n").as_bytes()).is_empty());
    }

    #[test]
    fn images_volumes_networks_and_the_engine_are_heard() {
        let id = "ab".repeat(32);
        let lines = [
            r#"{"Type":"image","Action":"pull","Actor":{"ID":"busybox:latest","Attributes":{"name":"busybox"}},"timeNano":1}"#.to_string(),
            format!(r#"{{"Type":"image","Action":"delete","Actor":{{"ID":"sha256:{id}","Attributes":{{}}}},"timeNano":2}}"#),
            format!(r#"{{"Type":"volume","Action":"mount","Actor":{{"ID":"data","Attributes":{{"container":"{id}","destination":"/d\u001b"}}}},"timeNano":3}}"#),
            format!(r#"{{"Type":"network","Action":"connect","Actor":{{"ID":"n1","Attributes":{{"container":"{id}","name":"edge","type":"bridge"}}}},"timeNano":4}}"#),
            r#"{"Type":"network","Action":"destroy","Actor":{"ID":"n1","Attributes":{"name":"edge","type":"bridge"}},"timeNano":5}"#.to_string(),
            r#"{"Type":"daemon","Action":"reload","Actor":{"ID":"d","Attributes":{"name":"harbour"}},"timeNano":6}"#.to_string(),
        ];
        let heard = EventMemory::new(EngineId(0), Records::default()).feed((lines.join("\n") + "\n").as_bytes());
        let told: Vec<String> = heard
            .iter()
            .filter_map(|heard| heard.event.as_ref())
            .map(|event| [event.topic.word(), &event.action, &event.name, &event.what, &event.more].join("|"))
            .collect();
        let wanted = [
            "image|pull|busybox|pulled|",
            "image|delete|abababababab|removed|",
            "volume|mount|data|mounted|at /d^[",
            "network|connect|edge|connected|bridge",
            "network|destroy|edge|removed|bridge",
            "engine|reload|harbour|configuration reloaded|",
        ];
        assert_eq!(told, wanted);
        let rows: Vec<bool> = heard.iter().map(|heard| heard.id.is_some()).collect();
        assert_eq!(rows, [false, false, false, true, false, false], "only a network's change is seen in a row");
        let event = heard[2].event.as_ref().unwrap();
        assert_eq!(event.id.as_ref().map(Id::raw), Some(id.as_str()), "the event leads to its container all the same");
        let changed: Vec<(Kind, &str)> = heard[3].changed.iter().map(|subject| (subject.kind, &*subject.raw)).collect();
        assert_eq!(changed, [(Kind::Container, id.as_str()), (Kind::Network, "n1")]);
    }

    #[test]
    fn a_flood_of_garbage_is_no_stream_of_events() {
        let mut hearing = EventMemory::new(EngineId(0), Records::default());
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
            let mut hearing = EventMemory::new(EngineId(0), Records::default());
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
