//! This room knows how to measure containers: from the kernel's files when they are here, else by asking the engine.
//! It may use the store's transport, the model and the file system below its root.
//! It never asks more of an engine than what is looked at is worth.

pub mod cgroup;
mod cost;
mod fallback;
mod group;
pub mod kernel;
mod proc_parse;
pub mod schedule;
pub mod stats_api;

use crate::engine::docker::api;
use crate::engine::docker::changes::Subject;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::pauses::Pauses;
use crate::engine::docker::shared::Shared;
use crate::engine::settings::Endpoint;
use crate::model::{Container, Fact, Id, Kind, Sample, Sampler, Sampling, Viewport, secret};
use cost::{Meter, Said};
use fallback::Fallbacks;
use futures_util::stream::{FuturesUnordered, StreamExt};
use kernel::{Kernel, Target};
use schedule::{Attention, Schedule};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep_until};

/// Questions to the engine under way at once.
const IN_FLIGHT: usize = 4;
/// Shortest time between two questions about containers that nobody looks at: at most 40 a second.
const REST_GAP: Duration = Duration::from_millis(25);
/// Shortest time between two questions about containers that are looked at.
const REGARDED_GAP: Duration = Duration::from_millis(2);
/// For one question.
const PATIENCE: Duration = Duration::from_secs(10);
/// Answers are told together when this many have come, or when none is to come.
const TOGETHER: usize = 16;
/// Between two questions about a container that the engine tells nothing of.
const REFUSED: Pauses = Pauses::new(Duration::from_secs(2), Duration::from_secs(60));

/// The answer to a question.
struct Answer {
    id: Id,
    regard: Attention,
    took: Duration,
    /// Went both ways.
    bytes: u64,
    sample: Result<Option<Sample>, Unread>,
}

/// The reason why there is no reading.
enum Unread {
    /// The engine did not answer.
    Lost,
    /// The engine refused, or its response cannot be used.
    Refused(String),
}

impl From<EngineError> for Unread {
    fn from(fault: EngineError) -> Self {
        match fault {
            EngineError::Status(_, words) => Unread::Refused(format!("the engine refuses it: {words}")),
            fault if fault.is_loss() => Unread::Lost,
            fault => Unread::Refused(fault.problem("", None).cause),
        }
    }
}

type Question = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Samples for ever.
pub(in crate::engine) async fn run(shared: Shared, attention: watch::Receiver<Viewport>) {
    let schedule = Schedule::new(&shared.settings);
    let sampler = Task {
        index: shared.index.clone(),
        changes: shared.changes.subscribe(),
        attention,
        schedule,
        kernel: None,
        up: false,
        learned: false,
        containers: Arc::default(),
        by_kernel: HashSet::new(),
        fills: Fallbacks::new(shared.settings.sample_rest),
        refused: HashMap::new(),
        queue: VecDeque::new(),
        asking: FuturesUnordered::new(),
        asked: HashSet::new(),
        next_question: Instant::now(),
        latency: Duration::ZERO,
        answers: Vec::new(),
        meter: Meter::new(Instant::now()),
        said: Said::default(),
        shared,
    };
    sampler.run().await;
}

struct Task {
    shared: Shared,
    index: watch::Receiver<crate::engine::publisher::ContainerIndex>,
    /// Changed containers: their limits can have changed.
    changes: broadcast::Receiver<Option<Subject>>,
    attention: watch::Receiver<Viewport>,
    schedule: Schedule,
    /// None on an engine that is not on this host.
    kernel: Option<Box<Kernel>>,
    up: bool,
    /// A container was inspected to learn where this engine keeps its control groups.
    learned: bool,
    containers: Arc<BTreeMap<Id, Arc<Container>>>,
    /// Whose CPU time was read from the kernel's files last.
    by_kernel: HashSet<Id>,
    fills: Fallbacks,
    /// Of whom the engine tells nothing.
    refused: HashMap<Id, Pauses>,
    queue: VecDeque<(Id, Attention)>,
    asking: FuturesUnordered<Question>,
    /// The containers in the queue or being asked about.
    asked: HashSet<Id>,
    next_question: Instant,
    /// The engine's response time, smoothed.
    latency: Duration,
    answers: Vec<(Id, Sample)>,
    meter: Meter,
    said: Said,
}

impl Task {
    async fn run(mut self) {
        self.see();
        loop {
            let wake = self.schedule.wake();
            let may_ask = !self.queue.is_empty() && self.asking.len() < IN_FLIGHT;
            tokio::select! {
                changed = self.index.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.see();
                }
                changed = self.attention.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.attend();
                }
                Ok(Some(subject)) = self.changes.recv() => self.look_again(&subject),
                Some(answer) = self.asking.next() => self.answered(answer).await,
                () = sleep_until(self.next_question), if may_ask => self.ask(),
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => self.measure().await,
            }
        }
    }

    /// An event told of a change: what is read next is as it is now, its limits too.
    fn look_again(&mut self, subject: &Subject) {
        if subject.kind != Kind::Container {
            return;
        }
        let id = Id::new(self.shared.settings.engine, &*subject.raw);
        if let Some(kernel) = &mut self.kernel {
            kernel.look_again(&id);
        }
        self.schedule.hasten(&id, Instant::now());
    }

    /// Looks at who is there.
    fn see(&mut self) {
        let now = Instant::now();
        let index = self.index.borrow_and_update().clone();
        let up = index.is_up(self.shared.settings.engine);
        if up != self.up {
            self.up = up;
            self.restart(up);
        }
        let alive: HashSet<Id> = if up {
            index.containers.values().filter(|container| container.state.is_alive()).map(|i| i.id.clone()).collect()
        } else {
            HashSet::new()
        };
        self.containers = index.containers;
        for id in self.schedule.alive(&alive, now) {
            if let Some(kernel) = &mut self.kernel {
                kernel.forget(&id);
            }
            self.by_kernel.remove(&id);
            self.fills.forget(&id);
            self.refused.remove(&id);
            self.asked.remove(&id);
            self.queue.retain(|(queued, _)| *queued != id);
        }
        self.attend();
    }

    fn restart(&mut self, up: bool) {
        self.schedule.restart();
        self.queue.clear();
        self.asking.clear();
        self.asked.clear();
        self.answers.clear();
        self.kernel = None;
        self.learned = false;
        self.by_kernel.clear();
        self.fills.clear();
        self.refused.clear();
        self.meter = Meter::new(Instant::now());
        self.said = Said::default();
        let local = match &self.shared.line.borrow().way {
            Some((_, place)) => matches!(place.endpoint, Endpoint::Unix(_)),
            None => false,
        };
        if let Some(root) = self.shared.settings.kernel_root.as_ref().filter(|_| up && local) {
            let uid = rustix::process::getuid().as_raw();
            self.kernel = Kernel::find(root, uid).map(Box::new);
        }
    }

    fn attend(&mut self) {
        let attention = self.attention.borrow_and_update().clone();
        self.schedule.attend(&attention, Instant::now());
    }

    /// Measures who is due: at once from the kernel, the others by and by.
    async fn measure(&mut self) {
        let due = self.schedule.take_due(Instant::now());
        let read = self.read_kernel(&due).await;
        let others: Vec<(Id, Attention)> = due.into_iter().filter(|(id, _)| !read.contains(id)).collect();
        if !others.is_empty() && read.is_empty() && self.kernel.is_some() && !self.learned {
            self.learned = true;
            if self.learn(&others[0].0).await {
                // Their place is known now: measured at the next turn, which is at once.
                self.schedule.restart();
                return self.see();
            }
        }
        for (id, regard) in others {
            self.by_kernel.remove(&id);
            self.fills.forget(&id);
            self.queue_up(id, regard);
        }
        self.say().await;
    }

    /// Reads those who are on this host, away from the other tasks' thread. Returns whom it could read.
    async fn read_kernel(&mut self, due: &[(Id, Attention)]) -> HashSet<Id> {
        let targets: Vec<Target> = due.iter().map(|(id, regard)| self.target(id, *regard)).collect();
        let Some(mut kernel) = self.kernel.take() else { return HashSet::new() };
        let read = tokio::task::spawn_blocking(move || {
            let samples = kernel.read(&targets);
            (kernel, samples)
        });
        let samples = match read.await {
            Ok((kernel, samples)) => {
                self.kernel = Some(kernel);
                samples
            }
            Err(error) => {
                tracing::error!("reading the kernel's files failed: {error}");
                Vec::new()
            }
        };
        let now = Instant::now();
        for (id, sample) in &samples {
            let host_network = self.containers.get(id).is_some_and(|container| is_on_host_network(container));
            if self.fills.is_due(id, &sample.counters, host_network, now) {
                self.queue_up(id.clone(), Attention::Rest);
            }
        }
        let ids: HashSet<Id> = samples.iter().map(|(id, _)| id.clone()).collect();
        self.by_kernel.extend(ids.iter().cloned());
        if !samples.is_empty() {
            self.shared.publisher.tell(vec![Fact::Samples(samples)]).await;
        }
        ids
    }

    fn target(&self, id: &Id, regard: Attention) -> Target {
        let container = self.containers.get(id);
        Target {
            id: id.clone(),
            pid: container.and_then(|container| container.detail.as_ref()).map_or(0, |detail| detail.pid),
            host_network: container.is_some_and(|container| is_on_host_network(container)),
            often: regard != Attention::Rest,
        }
    }

    /// Asks the engine for one container's process, whose control group shows where all are.
    async fn learn(&mut self, id: &Id) -> bool {
        let way = self.shared.line.borrow().way.clone();
        let Some((transport, _)) = way else { return false };
        let path = format!("/containers/{}/json", id.raw());
        // Raw: weight.
        let (answer, bytes) = transport.get_weighed(&path, PATIENCE).await;
        self.meter.count(Instant::now(), bytes);
        let inspected = answer.ok().and_then(|json| serde_json::from_slice::<api::Inspected>(&json).ok());
        let Some(inspected) = inspected else { return false };
        let pid = inspected.state.pid;
        pid > 0 && self.kernel.as_mut().is_some_and(|kernel| kernel.learn(id, pid))
    }

    /// Regarded ones go before the rest; who waits already and is looked at now goes before too.
    fn queue_up(&mut self, id: Id, regard: Attention) {
        if !self.asked.insert(id.clone()) {
            let waits = self.queue.iter().position(|(queued, known)| *queued == id && regard < *known);
            let Some(at) = waits else { return };
            self.queue.remove(at);
        }
        let before = self.queue.iter().position(|(_, other)| *other > regard).unwrap_or(self.queue.len());
        self.queue.insert(before, (id, regard));
    }

    fn ask(&mut self) {
        let way = self.shared.line.borrow().way.clone();
        let (Some((transport, _)), Some((id, regard))) = (way, self.queue.pop_front()) else { return };
        // The slower the engine, the longer the pause: what nobody looks at gets a fifth of its time at most.
        let gap = match regard {
            Attention::Selected => Duration::ZERO,
            Attention::Visible => REGARDED_GAP.max(self.latency / 2),
            Attention::Rest => REST_GAP.max(self.latency * 4),
        };
        self.next_question = Instant::now() + gap;
        self.asking.push(Box::pin(async move {
            let start = Instant::now();
            // Raw: weight.
            let (answer, bytes) = transport.get_weighed(&stats_api::path(id.raw()), PATIENCE).await;
            let sample =
                answer.map_err(Unread::from).and_then(|json| stats_api::sample(&json).map_err(Unread::Refused));
            Answer { id, regard, took: start.elapsed(), bytes, sample }
        }));
    }

    async fn answered(&mut self, answer: Answer) {
        let Answer { id, regard, took, bytes, sample } = answer;
        self.asked.remove(&id);
        self.meter.count(Instant::now(), bytes);
        self.latency = if self.latency.is_zero() { took } else { (self.latency * 7 + took) / 8 };
        match sample {
            Ok(Some(sample)) if self.by_kernel.contains(&id) => {
                let fill = self.fills.take(&id, sample);
                self.answers.extend(fill.map(|sample| (id, sample)));
            }
            Ok(sample) => {
                self.refused.remove(&id);
                self.answers.extend(sample.map(|sample| (id, sample)));
            }
            Err(Unread::Lost) => self.shared.wakeups.suspect.notify_one(),
            Err(Unread::Refused(why)) => self.unread(id, &why).await,
        }
        let last = self.queue.is_empty() || self.asking.is_empty() || self.answers.len() >= TOGETHER;
        if !self.answers.is_empty() && (last || regard == Attention::Selected) {
            let answers = std::mem::take(&mut self.answers);
            self.shared.publisher.tell(vec![Fact::Samples(answers)]).await;
        }
    }

    /// Says that there is no reading, and why; it is asked for more and more seldom.
    async fn unread(&mut self, id: Id, why: &str) {
        tracing::debug!("no reading of {}: {why}", id.short());
        if self.by_kernel.contains(&id) {
            return;
        }
        let pause = self.refused.entry(id.clone()).or_insert(REFUSED).take();
        self.schedule.put_off(&id, Instant::now() + pause);
        self.shared.publisher.tell(vec![Fact::Unread(id, secret::fit(why))]).await;
    }

    /// Says how it is measured and what that costs, when that has changed.
    async fn say(&mut self) {
        let seconds = self.shared.settings.sample_selected.as_secs_f64();
        let (sampler, every) = if self.by_kernel.is_empty() {
            // A visible row's turn comes when all others' have.
            let round = self.latency.as_secs_f64() / 2.0 * self.schedule.regarded() as f64;
            (Sampler::Api, if round > 2.0 * seconds { round.ceil() } else { seconds })
        } else {
            (Sampler::Kernel, seconds)
        };
        let now = Instant::now();
        let sampling = Sampling { sampler, every, cost: self.meter.cost(now) };
        if self.said.is_news(sampling, now) {
            self.shared.publisher.tell(vec![Fact::Sampling(self.shared.settings.engine, sampling)]).await;
        }
    }
}

/// True if it uses the host's network.
fn is_on_host_network(container: &Container) -> bool {
    container.networks.iter().any(|network| &**network == "host")
}
