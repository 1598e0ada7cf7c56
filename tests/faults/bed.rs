//! A store behind a fault proxy before a real engine, containers that give it something to tell, and the invariants.

use crate::engine::world::{World, named, settings, unix};
use crate::support::docker::{Docker, TestContainer};
use crate::support::proxy::Proxy;
use bowline::engine::{Settings, StreamMessage};
use bowline::model::{Id, Link, LogState, OperationKind, Snapshot, Source, StreamEvent, StreamId, Timestamp, Viewport};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How long the way back to the truth may take once all faults are gone: the longest pause between attempts is 10 s, and a
/// list that nothing asked for comes after a minute.
pub const HEALED: Duration = Duration::from_secs(90);

/// The wire of the log that is followed.
const LOG: StreamId = StreamId(1);
/// Idle connections that the store keeps for the next request (`store::transport`).
const IDLE_CONNECTIONS: u64 = 8;
/// The event stream, the followed log, and requests that are under way at any time.
const BUSY_CONNECTIONS: u64 = 2 + 6;

/// Writes numbered lines for ever, some 40 a second.
const COUNT_UP: &str = "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.02; done";

pub struct Bed {
    pub world: World,
    pub proxy: Proxy,
    pub docker: Docker,
    pub heard: Heard,
    /// Writes numbered lines.
    pub counter: TestContainer,
    /// What acts are tried on.
    pub puppet: TestContainer,
    /// What all its containers' names begin with.
    pub prefix: String,
    counter_id: Id,
    tasks_at_first: usize,
    /// The number of the line that was the latest when it was asked whether all is well.
    written_before: u64,
    /// What is being done to it, for messages.
    doing: String,
    _listening: JoinSet<()>,
}

/// What came of the followed log.
#[derive(Clone, Default)]
pub struct Heard {
    log: Arc<Mutex<Log>>,
}

#[derive(Default)]
pub struct Log {
    pub numbers: Vec<u64>,
    /// Lines that nobody wrote.
    pub strange: Vec<String>,
    pub states: Vec<LogState>,
    pub ended: Option<String>,
}

impl Heard {
    pub fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("nobody panics with the log in hand")
    }

    fn take(&self, message: StreamMessage) {
        let mut log = self.log();
        match message {
            StreamMessage::Chunk(StreamEvent::Lines(batch)) => {
                for mark in &batch.lines {
                    let text = String::from_utf8_lossy(batch.line(mark)).into_owned();
                    match text.strip_prefix("line ").and_then(|number| number.parse().ok()) {
                        Some(number) => log.numbers.push(number),
                        None => log.strange.push(text),
                    }
                }
            }
            StreamMessage::Chunk(StreamEvent::State(state)) => log.states.push(state),
            StreamMessage::Chunk(_) => {}
            StreamMessage::Ended(why) => log.ended = Some(format!("{why:?}")),
        }
    }

    /// Every number once and in order, from the first; says which is not.
    fn check(&self) -> Result<u64, String> {
        let log = self.log();
        if let Some(why) = &log.ended {
            return Err(format!("the log ended: {why}"));
        }
        if let Some(line) = log.strange.first() {
            return Err(format!("{} lines that nobody wrote, the first {line:?}", log.strange.len()));
        }
        let wrong = log.numbers.iter().zip(1u64..).position(|(number, wanted)| *number != wanted);
        match wrong {
            Some(at) => Err(format!("after {at} lines comes {:?}", &log.numbers[at..(at + 5).min(log.numbers.len())])),
            None => Ok(log.numbers.len() as u64),
        }
    }
}

/// What a direct question to the engine tells of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    state: String,
    exit_code: Option<i64>,
}

impl Bed {
    /// A bed whose store is quick to lose patience.
    pub async fn make(docker: Docker, name: &str) -> Self {
        Self::with(docker, name, Settings { connect_timeout: Duration::from_secs(2), ..Settings::default() }).await
    }

    /// A bed with all its containers, the log of one of them followed, all well.
    pub async fn with(docker: Docker, name: &str, wanted: Settings) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let name = format!("faults-{name}-{}", MADE.fetch_add(1, Ordering::Relaxed));
        let prefix = format!("{}{name}-", crate::support::docker::PREFIX);
        let (counter, puppet) = tokio::task::block_in_place(|| {
            let counter = docker.run(&format!("{name}-counter"), COUNT_UP);
            (counter, docker.run(&format!("{name}-puppet"), "sleep 3600"))
        });
        let proxy = Proxy::to(docker.socket());
        let places = settings(unix(proxy.socket())).places;
        // Figures come from the engine, so that they pass the proxy.
        let mut world = World::start(Settings { places, kernel_root: None, ..wanted });
        let counter_id = world.container(&counter.name).await.id.clone();
        let puppet_id = world.container(&puppet.name).await.id.clone();
        world.store.attend(Viewport {
            selected: Some(counter_id.clone()),
            visible: vec![counter_id.clone(), puppet_id],
            ..Viewport::default()
        });
        world.store.open(LOG, Source::Logs { id: counter_id.clone(), tail: 1_000_000, since: None });
        let heard = Heard::default();
        let listening = listen(&mut world, heard.clone());
        let mut bed = Self {
            world,
            proxy,
            docker,
            heard,
            counter,
            puppet,
            prefix,
            counter_id,
            tasks_at_first: 0,
            written_before: 0,
            doing: name,
            _listening: listening,
        };
        bed.is_well("at first").await;
        bed.tasks_at_first = alive_tasks();
        bed
    }

    /// Says what is being done to it, for messages.
    pub fn note(&mut self, doing: String) {
        self.doing = doing;
    }

    /// What the store says of its link.
    pub fn link(&self) -> Option<Link> {
        let snapshot = self.world.outputs.snapshots.borrow();
        snapshot.engines.values().next().map(|engine| engine.link.clone())
    }

    /// Waits until a fault has been noticed: the engine shows as lost, with the reason in words and the next attempt to come.
    pub async fn shows_lost(&mut self, reason: &str) {
        self.world
            .until(&format!("lost: {reason}"), |snapshot| match link(snapshot)? {
                Link::Down { why, .. } if why.cause.contains(reason) => Some(()),
                _ => None,
            })
            .await;
        assert!(self.truth_names().iter().all(|name| named(&self.snapshot(), name).is_some()), "the rows stay");
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.world.outputs.snapshots.borrow().clone()
    }

    /// The name of another container of this bed, as [`Docker::create`] takes it.
    pub fn own_name(&self, name: &str) -> String {
        format!("{}{name}", &self.prefix[crate::support::docker::PREFIX.len()..])
    }

    fn truth_names(&self) -> Vec<String> {
        vec![self.counter.name.clone(), self.puppet.name.clone()]
    }

    /// Holds all that must hold once every fault is gone, without a key pressed.
    pub async fn is_well(&mut self, when: &str) {
        let deadline = Instant::now() + HEALED;
        let since = now();
        self.written_before = self.last_line().await;
        while let Err(what) = self.all_is_well(since, when).await {
            assert!(
                Instant::now() < deadline,
                "{}, {when}: {what}; link {:?}; the log's states {:?}; last requests {:#?}",
                self.doing,
                self.link(),
                self.heard.log().states,
                self.proxy.requests().iter().rev().take(12).map(|request| &request.path).collect::<Vec<_>>()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn all_is_well(&mut self, since: Timestamp, when: &str) -> Result<(), String> {
        self.look(since).await?;
        self.operations_work(when).await
    }

    /// What is not as it must be.
    async fn look(&mut self, since: Timestamp) -> Result<(), String> {
        if self.link() != Some(Link::Up) {
            return Err("the link is not up".into());
        }
        let heard = self.heard_in_order();
        if heard < self.written_before {
            return Err(format!("{} lines are written, {heard} heard", self.written_before));
        }
        let (truth, shown) = (self.truth().await, shown(&self.snapshot(), &self.prefix));
        if truth != shown {
            return Err(format!("true is {truth:?}, shown is {shown:?}"));
        }
        self.gauges(since)?;
        self.leaks()
    }

    /// How many lines were heard. Wrong lines never become right ones.
    fn heard_in_order(&self) -> u64 {
        match self.heard.check() {
            Ok(count) => count,
            Err(what) => panic!("{}: {what}; link {:?}; states {:?}", self.doing, self.link(), self.heard.log().states),
        }
    }

    fn gauges(&self, since: Timestamp) -> Result<(), String> {
        let snapshot = self.snapshot();
        let usage = snapshot.usage.get(&self.counter_id).map(|series| series.latest);
        let Some(usage) = usage.filter(|usage| usage.at > since) else {
            return Err(format!("no fresh figures: {usage:?} at {since:?}"));
        };
        let most = 100.0 * std::thread::available_parallelism().map_or(64, usize::from) as f64 + 50.0;
        match usage.cpu {
            Some(cpu) if (0.0..=most).contains(&cpu) => Ok(()),
            cpu => Err(format!("CPU {cpu:?} per cent")),
        }
    }

    /// Streams that nobody reads any more, connections, tasks.
    fn leaks(&self) -> Result<(), String> {
        for path in ["/events", "/logs"] {
            let streams = self.proxy.under_way(path);
            if streams != 1 {
                return Err(format!("{streams} streams of {path}"));
            }
        }
        let open = self.proxy.open();
        if open > IDLE_CONNECTIONS + BUSY_CONNECTIONS {
            return Err(format!("{open} connections are open"));
        }
        // Each connection has a task; the beds of one test share a runtime.
        let tasks = alive_tasks();
        let most = self.tasks_at_first + (IDLE_CONNECTIONS + BUSY_CONNECTIONS) as usize;
        if self.tasks_at_first > 0 && tasks > most {
            return Err(format!("{tasks} tasks, {} at first", self.tasks_at_first));
        }
        Ok(())
    }

    /// A bed loses patience after two seconds, and an engine on a busy machine may take longer for a moment: then the operation
    /// says so, the engine is found again, and it is tried again like everything else.
    async fn operations_work(&mut self, when: &str) -> Result<(), String> {
        let id = named(&self.snapshot(), &self.puppet.name).expect("it is shown").id.clone();
        tokio::task::block_in_place(|| {
            // An attempt that was broken off may have got half way.
            if self.puppet.inspect()["State"]["Paused"] == true {
                self.puppet.post("unpause");
            }
        });
        for (kind, state) in [(OperationKind::Pause, "paused"), (OperationKind::Unpause, "running")] {
            match self.world.act(kind, &id).await.result {
                Ok(_) => {}
                Err(why) if ["was lost", "does not answer"].iter().any(|cause| why.cause.contains(cause)) => {
                    return Err(why.to_string());
                }
                Err(why) => panic!("{}, {when}: {kind:?}: {why}", self.doing),
            }
            // The engine hears of a pause from containerd too, and may take it for the latest news for a moment.
            tokio::task::block_in_place(|| self.puppet.wait_until(state, |told| told["State"]["Status"] == state));
        }
        Ok(())
    }

    /// All containers of this bed, as the engine itself tells them.
    pub async fn truth(&self) -> BTreeMap<String, Truth> {
        tokio::task::block_in_place(|| {
            let list = self.docker.must("GET", "/containers/json?all=1", &Value::Null);
            let mut truth = BTreeMap::new();
            for entry in list.as_array().into_iter().flatten() {
                let name = entry["Names"][0].as_str().unwrap_or_default().trim_start_matches('/');
                if !name.starts_with(&self.prefix) {
                    continue;
                }
                let state = entry["State"].as_str().unwrap_or_default().to_owned();
                let status = entry["Status"].as_str().unwrap_or_default();
                let code = status.strip_prefix("Exited (").and_then(|rest| rest.split(')').next()?.parse().ok());
                truth.insert(name.to_owned(), Truth { state, exit_code: code });
            }
            truth
        })
    }

    /// The number of the latest line that the engine holds.
    async fn last_line(&self) -> u64 {
        let path = format!("/containers/{}/logs?stdout=1&tail=1", self.counter.id);
        let answer = tokio::task::block_in_place(|| self.docker.request("GET", &path, "", b""));
        let (_, body) = answer.expect("the engine itself answers");
        let text = String::from_utf8_lossy(body.get(8..).unwrap_or_default()).into_owned();
        text.trim().strip_prefix("line ").and_then(|number| number.parse().ok()).unwrap_or(0)
    }
}

fn link(snapshot: &Snapshot) -> Option<Link> {
    snapshot.engines.values().next().map(|engine| engine.link.clone())
}

/// The containers of a bed, as the store shows them.
fn shown(snapshot: &Snapshot, prefix: &str) -> BTreeMap<String, Truth> {
    let ours = snapshot.containers.values().filter(|container| container.name.starts_with(prefix));
    ours.map(|container| {
        let state = container.state.word().to_owned();
        (container.name.to_string(), Truth { state, exit_code: container.exit_code })
    })
    .collect()
}

/// Reads the log all the time, whatever the test waits for.
fn listen(world: &mut World, heard: Heard) -> JoinSet<()> {
    let mut chunks = std::mem::replace(&mut world.outputs.chunks, mpsc::channel(1).1);
    let mut listening = JoinSet::new();
    listening.spawn(async move {
        while let Some((_, message)) = chunks.recv().await {
            heard.take(message);
        }
    });
    listening
}

fn alive_tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Timestamp(i64::try_from(since.as_nanos()).expect("before 2262"))
}
