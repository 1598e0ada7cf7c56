//! One container: what it was asked to be, and what has become of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::json;
use tokio::sync::watch;

use super::attach_broadcast::Subscribers;
use super::log_generator::{LogGenerator, Run};
use super::log_ring::LogRing;
use super::network::store::Link;
use super::pty::Terminal;
use super::rng::{hash, hex64, mix};
use super::scenario::{Initial, Kind, Plan};
use super::spec::{Health, Restart, Spec};
use super::stdin::Stdin;
use super::synthetic_stats::{Figures, ResourceProfile};
use super::time::{Nanos, SECOND, seconds};

/// The states Docker knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Created,
    Running,
    Paused,
    Restarting,
    Exited,
    Dead,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Created => "created",
            Status::Running => "running",
            Status::Paused => "paused",
            Status::Restarting => "restarting",
            Status::Exited => "exited",
            Status::Dead => "dead",
        }
    }

    /// Its processes are there, moving or not.
    pub(crate) fn alive(self) -> bool {
        matches!(self, Status::Running | Status::Paused)
    }
}

/// The body of a container: a process or a simulation.
#[derive(Debug)]
pub(crate) enum Body {
    Synthetic(Synthetic),
    Process(Process),
}

/// A made-up container.
#[derive(Debug)]
pub(crate) struct Synthetic {
    pub(crate) appetite: ResourceProfile,
    pub(crate) voice: LogGenerator,
    pub(crate) stop_after: Nanos,
    pub(crate) stop_code: i64,
    pub(crate) crash_after: Nanos,
    pub(crate) stable: bool,
}

/// A local process, with the processes it started.
#[derive(Debug)]
pub(crate) struct Process {
    /// The first process's id, which is also its session's and its group's.
    pub(crate) pid: Option<i32>,
    pub(crate) ring: LogRing,
    /// The last reading of this run.
    pub(crate) read: Figures,
    /// The attached clients.
    pub(crate) audience: Subscribers,
    /// None when it was made without an input.
    pub(crate) stdin: Option<Stdin>,
    /// The present run's terminal.
    pub(crate) terminal: Option<Terminal>,
}

impl Process {
    pub(crate) fn new(log_bytes: usize, open_stdin: bool) -> Self {
        Process {
            pid: None,
            ring: LogRing::new(log_bytes),
            read: Figures::default(),
            audience: Subscribers::default(),
            stdin: open_stdin.then(Stdin::new),
            terminal: None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created: Nanos,
    pub(crate) spec: Spec,
    /// The image it was made from, whatever that is called now.
    pub(crate) image_id: Arc<str>,
    /// The networks it is in, or will be in again when it runs.
    pub(crate) links: Vec<Link>,
    pub(crate) body: Body,
    pub(crate) status: Status,
    /// Newest last; only the newest few are kept.
    pub(crate) runs: Vec<Run>,
    /// How many runs there have been: a number for each.
    pub(crate) run: u64,
    pub(crate) exit_code: i64,
    pub(crate) oom: bool,
    pub(crate) error: String,
    pub(crate) health: Option<Health>,
    pub(crate) restart_count: u64,
    /// Somebody asked for its end: no restart policy applies.
    pub(crate) asked_to_stop: bool,
    /// Counts the changes, for those who wait.
    pub(crate) turn: watch::Sender<u64>,
    /// The exit code of the last run that ended, for those who wait for an end that removes the container, too.
    pub(crate) outcome: Arc<AtomicI64>,
}

/// Runs that are remembered for their logs.
const RUNS: usize = 24;

impl Container {
    pub(crate) fn new(id: String, name: String, created: Nanos, spec: Spec, body: Body) -> Self {
        Container {
            id,
            name,
            created,
            spec,
            image_id: "".into(),
            links: Vec::new(),
            body,
            status: Status::Created,
            runs: Vec::new(),
            run: 0,
            exit_code: 0,
            oom: false,
            error: String::new(),
            health: None,
            restart_count: 0,
            asked_to_stop: false,
            turn: watch::Sender::new(0),
            outcome: Arc::default(),
        }
    }

    /// As a scenario describes it.
    pub(crate) fn planned(plan: &Plan, seed: u64, now: Nanos, log_bytes: usize) -> Self {
        let seed = mix(seed, hash(&plan.name));
        let body = match plan.kind {
            Kind::Process => Body::Process(Process::new(log_bytes, false)),
            Kind::Synthetic => Body::Synthetic(Synthetic::planned(plan, seed)),
        };
        let created = if plan.kind == Kind::Process { now } else { now - plan.age.0 };
        let mut container = Container::new(hex64(seed), plan.name.clone(), created, spec_of(plan), body);
        if plan.kind == Kind::Synthetic {
            container.begin_as(plan, now);
        }
        container
    }

    fn begin_as(&mut self, plan: &Plan, now: Nanos) {
        self.status = match plan.state {
            Initial::Created => return,
            Initial::Running => Status::Running,
            Initial::Paused => Status::Paused,
            Initial::Restarting => Status::Restarting,
            Initial::Exited => Status::Exited,
            Initial::Dead => Status::Dead,
        };
        let start = now - plan.up.unwrap_or(plan.age).0.clamp(0, plan.age.0);
        let ended = plan.ended.map_or(start + 2 * SECOND, |ended| now - ended.0).clamp(start + 1, now.max(start + 1));
        let mut run = Run { start, ..Run::default() };
        match self.status {
            Status::Paused => run.pause(start + (now - start) / 2),
            Status::Restarting | Status::Exited | Status::Dead => run.end = Some((ended, plan.exit_code)),
            Status::Created | Status::Running => {}
        }
        self.runs.push(run);
        self.run = 1;
        self.exit_code = plan.exit_code;
        self.oom = plan.oom;
        self.health = plan.health;
        self.restart_count = plan.restarts;
    }

    /// A new run starts.
    pub(crate) fn begin(&mut self, now: Nanos) {
        if self.runs.len() >= RUNS {
            self.runs.remove(0);
        }
        // Two runs never share a moment, so that a log line's moment says its run.
        let after = self.runs.last().and_then(|run| run.end).map_or(now, |(end, _)| now.max(end + 1));
        self.runs.push(Run { start: after, ..Run::default() });
        self.run += 1;
        self.status = Status::Running;
        self.exit_code = 0;
        self.oom = false;
        self.error.clear();
        self.asked_to_stop = false;
        self.health = self.health.map(|_| Health::Starting);
        match &mut self.body {
            Body::Synthetic(made) => made.appetite.begin(),
            Body::Process(process) => process.read = Figures::default(),
        }
        self.changed();
    }

    /// The run is over.
    pub(crate) fn end(&mut self, now: Nanos, code: i64, oom: bool) {
        if let Some(run) = self.runs.last_mut() {
            run.end = Some((now.max(run.start + 1), code));
            if let Some((_, to @ None)) = run.pauses.last_mut() {
                *to = Some(now);
            }
        }
        self.status = Status::Exited;
        self.exit_code = code;
        self.outcome.store(code, Ordering::Relaxed);
        self.oom = oom;
        self.changed();
    }

    /// Records that it could not be started.
    pub(crate) fn fail(&mut self, why: &str) {
        why.clone_into(&mut self.error);
        self.exit_code = 127;
        self.outcome.store(127, Ordering::Relaxed);
        self.status = Status::Exited;
        // Who attached before the start waits for a run that does not come.
        if let Body::Process(process) = &mut self.body {
            process.audience.dismiss();
        }
        self.changed();
    }

    pub(crate) fn pause(&mut self, now: Nanos) {
        self.status = Status::Paused;
        if let Some(run) = self.runs.last_mut() {
            run.pause(now);
        }
        self.changed();
    }

    pub(crate) fn unpause(&mut self, now: Nanos) {
        self.status = Status::Running;
        if let Some((_, to)) = self.runs.last_mut().and_then(|run| run.pauses.last_mut()) {
            *to = Some(now);
        }
        self.changed();
    }

    /// Tells everybody who waits for this container to look again.
    pub(crate) fn changed(&self) {
        self.turn.send_modify(|turn| *turn += 1);
    }

    pub(crate) fn started_at(&self) -> Option<Nanos> {
        self.runs.last().map(|run| run.start)
    }

    pub(crate) fn finished_at(&self) -> Option<Nanos> {
        let over = self.runs.iter().rev().find_map(|run| run.end);
        over.map(|(end, _)| end)
    }

    /// How long the present run has lasted, pauses apart, in seconds.
    pub(crate) fn active(&self, now: Nanos) -> f64 {
        self.runs.last().map_or(0.0, |run| run.active(now) as f64 / SECOND as f64)
    }

    pub(crate) fn synthetic(&self) -> Option<&Synthetic> {
        if let Body::Synthetic(made) = &self.body { Some(made) } else { None }
    }

    pub(crate) fn is_process(&self) -> bool {
        matches!(self.body, Body::Process(_))
    }

    /// The id of its first process; synthetic containers show a made-up one, far above real ones.
    pub(crate) fn pid(&self) -> i32 {
        match &self.body {
            Body::Process(process) => process.pid.unwrap_or(0),
            Body::Synthetic(made) if self.status.alive() => 1_000_000_000 + (made.appetite.seed % 1_000_000_000) as i32,
            Body::Synthetic(_) => 0,
        }
    }

    /// The name its processes find themselves on.
    pub(crate) fn hostname(&self) -> String {
        if self.spec.hostname.is_empty() { self.id.chars().take(12).collect() } else { self.spec.hostname.clone() }
    }

    /// Whether its restart policy wants it back after an end it was not asked for.
    pub(crate) fn comes_back(&self) -> bool {
        match self.spec.restart {
            _ if self.asked_to_stop => false,
            Restart::No => false,
            Restart::Always | Restart::UnlessStopped => true,
            Restart::OnFailure(most) => self.exit_code != 0 && (most == 0 || self.restart_count < most),
        }
    }
}

impl Synthetic {
    fn planned(plan: &Plan, seed: u64) -> Self {
        let mut appetite =
            ResourceProfile::new(seed, plan.cpu, plan.memory.0, plan.net.0 as f64, plan.disk.0 as f64, plan.pids);
        appetite.limit(plan.cpus, 0.0);
        let service = plan.service.as_deref().unwrap_or(&plan.name);
        Synthetic {
            appetite,
            voice: LogGenerator::new(seed, plan.log, plan.rate, service),
            stop_after: seconds(plan.stop_seconds),
            stop_code: plan.stop_code,
            crash_after: seconds(plan.crash_after),
            stable: plan.stable,
        }
    }
}

fn spec_of(plan: &Plan) -> Spec {
    let mut labels = plan.labels.clone();
    if let Some(project) = &plan.project {
        let service = plan.service.clone().unwrap_or_else(|| plan.name.clone());
        labels.insert("com.docker.compose.project".into(), project.clone());
        labels.insert("com.docker.compose.service".into(), service);
        labels.insert("com.docker.compose.oneoff".into(), "False".into());
        let number = plan.name.rsplit('-').next().filter(|n| n.parse::<u32>().is_ok()).unwrap_or("1");
        labels.insert("com.docker.compose.container-number".into(), number.into());
    }
    if plan.kind == Kind::Synthetic {
        // So that clients know that its processes' numbers are nobody's.
        labels.insert("bowline.synthetic".into(), "true".into());
    }
    let network = match (&plan.project, plan.kind) {
        _ if !plan.networks.is_empty() => plan.networks[0].clone(),
        (_, Kind::Process) => "host".to_string(),
        (Some(project), _) => format!("{project}_default"),
        (None, _) => "bridge".to_string(),
    };
    Spec {
        image: plan.image.clone(),
        cmd: plan.command.clone(),
        env: plan.env.clone(),
        labels,
        tty: plan.tty,
        ports: plan.ports.clone(),
        mounts: plan.volumes.clone(),
        network,
        restart: plan.restart,
        memory_limit: plan.memory_limit.map_or(0, |limit| limit.0),
        nano_cpus: (plan.cpus * 1e9) as u64,
        config: json!({}),
        host_config: json!({}),
        ..Spec::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    const NOW: Nanos = 1_700_000_000 * SECOND;

    fn one(body: &str) -> Container {
        let text = format!("[[container]]\nname = \"one\"\nimage = \"i\"\n{body}");
        let scenario = Scenario::parse(&text).expect("reads");
        Container::planned(&scenario.containers[0], 1, NOW, 1024)
    }

    #[test]
    fn begins_as_the_scenario_says() {
        let exited = one("state = \"exited\"\nexit_code = 137\noom = true\nage = \"2h\"\nup = \"1h\"\nended = \"30m\"");
        assert_eq!((exited.status, exited.exit_code, exited.oom), (Status::Exited, 137, true));
        assert_eq!(exited.finished_at(), Some(NOW - 1800 * SECOND));
        assert_eq!(one("state = \"created\"").runs.len(), 0);
        assert_eq!(one("state = \"paused\"").status, Status::Paused);
    }

    #[test]
    fn policies_decide_who_comes_back() {
        let mut failing = one("restart = \"on-failure:2\"");
        failing.end(NOW, 1, false);
        assert!(failing.comes_back());
        failing.restart_count = 2;
        assert!(!failing.comes_back());
        let mut kept = one("restart = \"always\"");
        kept.end(NOW, 0, false);
        assert!(kept.comes_back());
        kept.asked_to_stop = true;
        assert!(!kept.comes_back());
    }

    #[test]
    fn a_new_run_starts_after_the_last_ended() {
        let mut container = one("");
        container.end(NOW, 0, false);
        container.begin(NOW);
        assert!(container.started_at() > container.finished_at());
    }
}
