//! This room knows how to measure instances: from the kernel's files when they are here, else by asking the engine.
//! It may use the store's transport, the model and the file system below its root.
//! It never asks more of an engine than what is looked at is worth.

pub mod api;
pub mod cgroup;
pub mod kernel;
pub mod rhythm;

use super::fault::Fault;
use super::{Endpoint, Hub, clock, shapes};
use crate::model::{Attention, Fact, Id, Sample};
use futures_util::stream::{FuturesUnordered, StreamExt};
use kernel::{Kernel, Target};
use rhythm::{Regard, Rhythm};
use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Questions to the engine under way at once.
const IN_FLIGHT: usize = 4;
/// Shortest time between two questions about instances that nobody looks at: at most 40 a second.
const REST_GAP: Duration = Duration::from_millis(25);
/// Shortest time between two questions about instances that are looked at.
const REGARDED_GAP: Duration = Duration::from_millis(2);
/// For one question.
const PATIENCE: Duration = Duration::from_secs(10);
/// Answers are told together when this many have come, or when none is to come.
const TOGETHER: usize = 16;

type Answer = (Id, Regard, Duration, Result<Option<Sample>, Fault>);
type Question = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Samples for ever.
pub(super) async fn run(hub: Hub, attention: watch::Receiver<Attention>) {
    let rhythm = Rhythm::new(&hub.settings);
    let sampler = Sampler {
        roster: hub.roster.clone(),
        attention,
        rhythm,
        kernel: None,
        up: false,
        learned: false,
        host_network: HashSet::new(),
        queue: VecDeque::new(),
        asking: FuturesUnordered::new(),
        asked: HashSet::new(),
        next_question: Instant::now(),
        latency: Duration::ZERO,
        answers: Vec::new(),
        words: String::new(),
        hub,
    };
    sampler.run().await;
}

struct Sampler {
    hub: Hub,
    roster: watch::Receiver<super::board::Roster>,
    attention: watch::Receiver<Attention>,
    rhythm: Rhythm,
    /// None on an engine that is not on this host.
    kernel: Option<Box<Kernel>>,
    up: bool,
    /// An instance was inspected to learn where this engine keeps its control groups.
    learned: bool,
    host_network: HashSet<Id>,
    queue: VecDeque<(Id, Regard)>,
    asking: FuturesUnordered<Question>,
    /// Who is in the queue or being asked about.
    asked: HashSet<Id>,
    next_question: Instant,
    /// How long the engine takes, smoothed.
    latency: Duration,
    answers: Vec<(Id, Sample)>,
    words: String,
}

impl Sampler {
    async fn run(mut self) {
        self.see();
        loop {
            let wake = self.rhythm.wake();
            let may_ask = !self.queue.is_empty() && self.asking.len() < IN_FLIGHT;
            tokio::select! {
                changed = self.roster.changed() => {
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
                Some(answer) = self.asking.next() => self.answered(answer).await,
                () = sleep_until(self.next_question), if may_ask => self.ask(),
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => self.measure().await,
            }
        }
    }

    /// Looks at who is there.
    fn see(&mut self) {
        let now = Instant::now();
        let roster = self.roster.borrow_and_update().clone();
        let up = roster.is_up(self.hub.settings.engine);
        if up != self.up {
            self.up = up;
            self.restart(up);
        }
        let alive: HashSet<Id> = if up {
            roster.instances.values().filter(|instance| instance.state.is_alive()).map(|i| i.id.clone()).collect()
        } else {
            HashSet::new()
        };
        self.host_network = roster
            .instances
            .values()
            .filter(|instance| instance.networks.iter().any(|network| &**network == "host"))
            .map(|instance| instance.id.clone())
            .collect();
        for id in self.rhythm.alive(&alive, now) {
            if let Some(kernel) = &mut self.kernel {
                kernel.forget(&id);
            }
            self.asked.remove(&id);
            self.queue.retain(|(queued, _)| *queued != id);
        }
        self.attend();
    }

    fn restart(&mut self, up: bool) {
        self.rhythm.restart();
        self.queue.clear();
        self.asking.clear();
        self.asked.clear();
        self.answers.clear();
        self.kernel = None;
        self.learned = false;
        self.words.clear();
        let local = match &self.hub.line.borrow().way {
            Some((_, place)) => matches!(place.endpoint, Endpoint::Unix(_)),
            None => false,
        };
        if let Some(root) = self.hub.settings.kernel_root.as_ref().filter(|_| up && local) {
            let uid = rustix::process::getuid().as_raw();
            self.kernel = Kernel::find(root, uid, clock::now()).map(Box::new);
        }
    }

    fn attend(&mut self) {
        let attention = self.attention.borrow_and_update().clone();
        self.rhythm.attend(&attention, Instant::now());
    }

    /// Measures who is due: at once from the kernel, the others by and by.
    async fn measure(&mut self) {
        let due = self.rhythm.take_due(Instant::now());
        let mut targets = Vec::new();
        let mut others = Vec::new();
        for (id, regard) in due {
            if self.kernel.as_mut().is_some_and(|kernel| kernel.knows(&id)) {
                let host_network = self.host_network.contains(&id);
                targets.push(Target { id, host_network, often: regard != Regard::Rest });
            } else {
                others.push((id, regard));
            }
        }
        if !others.is_empty() && targets.is_empty() && self.kernel.is_some() && !self.learned {
            self.learned = true;
            if self.learn(&others[0].0).await {
                // Their place is known now: measured at the next turn, which is at once.
                self.rhythm.restart();
                return self.see();
            }
        }
        let by_kernel = !targets.is_empty();
        for (id, regard) in others {
            self.queue_up(id, regard);
        }
        if by_kernel {
            self.read_kernel(targets).await;
        }
        self.say(by_kernel).await;
    }

    async fn read_kernel(&mut self, targets: Vec<Target>) {
        let Some(mut kernel) = self.kernel.take() else { return };
        let read = tokio::task::spawn_blocking(move || {
            let samples = kernel.read(&targets);
            (kernel, samples)
        });
        match read.await {
            Ok((kernel, samples)) => {
                self.kernel = Some(kernel);
                if !samples.is_empty() {
                    self.hub.board.tell(vec![Fact::Samples(samples)]).await;
                }
            }
            Err(error) => tracing::error!("reading the kernel's files failed: {error}"),
        }
    }

    /// Asks the engine for one instance's process, whose control group shows where all are.
    async fn learn(&mut self, id: &Id) -> bool {
        let way = self.hub.line.borrow().way.clone();
        let Some((transport, _)) = way else { return false };
        let path = format!("/containers/{}/json", id.raw());
        let Ok(inspected) = transport.json::<shapes::Inspected>(&path).await else { return false };
        let pid = inspected.state.pid;
        pid > 0 && self.kernel.as_mut().is_some_and(|kernel| kernel.learn(id, pid))
    }

    /// Regarded ones go before the rest; who waits already and is looked at now goes before too.
    fn queue_up(&mut self, id: Id, regard: Regard) {
        if !self.asked.insert(id.clone()) {
            let waits = self.queue.iter().position(|(queued, known)| *queued == id && regard < *known);
            let Some(at) = waits else { return };
            self.queue.remove(at);
        }
        let before = self.queue.iter().position(|(_, other)| *other > regard).unwrap_or(self.queue.len());
        self.queue.insert(before, (id, regard));
    }

    fn ask(&mut self) {
        let way = self.hub.line.borrow().way.clone();
        let (Some((transport, _)), Some((id, regard))) = (way, self.queue.pop_front()) else { return };
        // The slower the engine, the longer the pause: what nobody looks at gets a fifth of its time at most.
        let gap = match regard {
            Regard::Selected => Duration::ZERO,
            Regard::Visible => REGARDED_GAP.max(self.latency / 2),
            Regard::Rest => REST_GAP.max(self.latency * 4),
        };
        self.next_question = Instant::now() + gap;
        self.asking.push(Box::pin(async move {
            let start = Instant::now();
            let answer = transport.get_within(&api::path(id.raw()), PATIENCE).await;
            (id, regard, start.elapsed(), answer.map(|json| api::sample(&json)))
        }));
    }

    async fn answered(&mut self, (id, regard, took, answer): Answer) {
        self.asked.remove(&id);
        self.latency = if self.latency.is_zero() { took } else { (self.latency * 7 + took) / 8 };
        match answer {
            Ok(sample) => self.answers.extend(sample.map(|sample| (id, sample))),
            Err(fault) if fault.is_loss() => self.hub.nudges.suspect.notify_one(),
            Err(fault) => tracing::debug!("stats of {}: {fault:?}", id.short()),
        }
        let last = self.queue.is_empty() || self.asking.is_empty() || self.answers.len() >= TOGETHER;
        if !self.answers.is_empty() && (last || regard == Regard::Selected) {
            let answers = std::mem::take(&mut self.answers);
            self.hub.board.tell(vec![Fact::Samples(answers)]).await;
        }
    }

    /// Says how it is measured, when that has changed.
    async fn say(&mut self, by_kernel: bool) {
        let seconds = self.hub.settings.sample_selected.as_secs_f64();
        let words = if by_kernel {
            format!("kernel {}", pace(seconds))
        } else {
            // A visible row's turn comes when all others' have.
            let round = self.latency.as_secs_f64() / 2.0 * self.rhythm.regarded() as f64;
            format!("api {}", pace(if round > 2.0 * seconds { round.ceil() } else { seconds }))
        };
        if words != self.words && (by_kernel || !self.words.starts_with("kernel")) {
            self.words.clone_from(&words);
            self.hub.board.tell(vec![Fact::Sampling(self.hub.settings.engine, words)]).await;
        }
    }
}

/// `1/s`, `2/s`, `every 5 s`.
fn pace(seconds: f64) -> String {
    if seconds <= 1.0 { format!("{:.0}/s", 1.0 / seconds.max(0.01)) } else { format!("every {seconds:.0} s") }
}
