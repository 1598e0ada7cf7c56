//! Against the Docker of this machine. `BOWLINE_REQUIRE_ENGINE=1` makes its absence a failure.

use super::world::{World, settings, unix};
use crate::support;
use crate::support::wait::until;
use bowline::engine::Settings;
use bowline::engine::sampler::kernel::{Kernel, Target};
use bowline::engine::sampler::stats_api;
use bowline::model::{
    Counters, EngineId, Id, Link, Operation, OperationId, OperationKind, Sampler, Snapshot, State, Viewport,
};
use std::path::PathBuf;
use std::process::{Command, Stdio};

const IMAGE: &str = "bowline-test-busybox";

/// The socket of a Docker to test with; says so when there is none.
pub fn socket() -> Option<PathBuf> {
    support::docker::engine().map(|docker| docker.socket())
}

fn docker(args: &[&str]) -> Option<String> {
    let output = Command::new("docker").args(args).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// A container that is removed when the test ends, however it ends.
pub struct TestContainer {
    pub name: String,
    pub id: String,
}

impl TestContainer {
    pub fn run(name: &str, options: &[&str], command: &[&str]) -> Self {
        let name = format!("bowline-test-{name}-{}", std::process::id());
        let mut args = vec!["run", "-d", "--name", &name];
        args.extend(options);
        args.push(IMAGE);
        args.extend(command);
        let id = docker(&args).expect("docker run");
        Self { name, id }
    }
}

impl Drop for TestContainer {
    fn drop(&mut self) {
        docker(&["rm", "-f", "-v", &self.id]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_follows_a_log_and_acts() {
    let Some(socket) = socket() else { return };
    let container = TestContainer::run("thread", &[], &["sh", "-c", "echo one; echo two >&2; sleep 600"]);
    let mut world = World::start(settings(unix(&socket)));
    let container = world.container(&container.name).await;
    assert_eq!(container.state, State::Running);
    world.open_logs(1, &container.id, 100);
    let mut lines = world.lines(2).await;
    lines.sort();
    assert_eq!(lines, ["one", "two"]);
    let info = world.until("version", |s| s.engines.values().find(|e| !e.info.version.is_empty()).cloned()).await;
    assert_eq!(info.link, Link::Up);
    assert_eq!(world.act(OperationKind::Kill(bowline::model::Signal(9)), &container.id).await.result.map(drop), Ok(()));
    let name = container.name.clone();
    world
        .until("exit", |s| {
            super::world::named(s, &name).filter(|i| i.state == State::Exited && i.exit_code == Some(137))
        })
        .await;
    assert_eq!(
        world.act(OperationKind::Remove { force: true, volumes: true }, &container.id).await.result.map(drop),
        Ok(())
    );
    world.until("removal", |s| super::world::named(s, &name).is_none().then_some(())).await;
    let told: Vec<String> = world.outputs.snapshots.borrow().events.iter().map(|event| event.what.clone()).collect();
    assert!(told.contains(&"exit 137 after SIGKILL".to_string()), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hangs_in_its_stop_is_killed_at_once() {
    let Some(docker) = support::docker::engine() else { return };
    let deaf = || docker.create("deaf", &serde_json::json!({ "StopTimeout": 600 }));
    let deaf: Vec<_> = (0..10).map(|_| deaf()).collect();
    deaf.iter().for_each(support::docker::TestContainer::start);
    let mut world = World::start(settings(unix(docker.socket())));
    let ids: Vec<Id> = deaf.iter().map(|one| Id::new(EngineId(0), one.id.as_str())).collect();
    let runs = |s: &Snapshot, id: &Id| s.containers.get(id).is_some_and(|one| one.state == State::Running);
    world.until("all to run", |s| ids.iter().all(|id| runs(s, id)).then_some(())).await;
    for id in &ids {
        world.store.operation(OperationId(1), Operation::new(OperationKind::Stop, id.clone(), "it"));
    }
    let count = |s: &Snapshot, word: &str| ids.iter().filter(|id| s.containers[*id].word() == word).count();
    world.until("two to wait", |s| (count(s, "stopping") == 8 && count(s, "stop waits") == 2).then_some(())).await;
    // A stop that takes 600 seconds would outlast this test's patience.
    for id in &ids {
        world.store.operation(
            OperationId(2),
            Operation::new(OperationKind::Kill(bowline::model::Signal(9)), id.clone(), "it"),
        );
    }
    world
        .until("all to have ended", |s| ids.iter().all(|id| s.containers[id].state == State::Exited).then_some(()))
        .await;
}

/// Two samples of the engine's own statistics, by its raw API: the formula of the Docker client.
fn engine_figures(id: &str) -> (f64, f64) {
    let docker = support::docker::engine().expect("it was there a moment ago");
    let (_, answer) = docker.request("GET", &format!("/containers/{id}/stats?stream=false"), "", b"").expect("stats");
    let stats: serde_json::Value = serde_json::from_slice(&answer).expect("stats");
    let number = |path: &str| stats.pointer(path).and_then(serde_json::Value::as_f64).unwrap_or(0.0);
    let used = number("/cpu_stats/cpu_usage/total_usage") - number("/precpu_stats/cpu_usage/total_usage");
    let system = number("/cpu_stats/system_cpu_usage") - number("/precpu_stats/system_cpu_usage");
    let inactive = number("/memory_stats/stats/total_inactive_file").max(number("/memory_stats/stats/inactive_file"));
    (used / system * number("/cpu_stats/online_cpus") * 100.0, number("/memory_stats/usage") - inactive)
}

/// Rows G1: the same figures as the engine's within two points of CPU and one per cent of memory.
async fn figures_agree(name: &str, kernel_root: Option<PathBuf>, sampler: Sampler) {
    let Some(socket) = socket() else { return };
    let busy = ["sh", "-c", "x=$(head -c 20000000 /dev/zero | tr '\\0' x); while :; do :; done"];
    let container = TestContainer::run(name, &["--cpus", "0.5"], &busy);
    let raw = container.id.clone();
    // It fills its memory first, then its processors.
    let begun = move || until("the load", || engine_figures(&raw).1 >= 20e6);
    tokio::task::spawn_blocking(begun).await.expect("a load");
    let started = std::time::Instant::now();
    let mut world = World::start(Settings { kernel_root, ..settings(unix(&socket)) });
    let container = world.container(&container.name).await;
    let listed = started.elapsed();
    world.store.attend(Viewport {
        selected: Some(container.id.clone()),
        visible: vec![container.id.clone()],
        ..Viewport::default()
    });
    let id = container.id.clone();
    let measured = |s: &Snapshot| s.usage.get(&id).and_then(|series| series.latest.cpu.map(|_| series.latest));
    world.until("a CPU figure", measured).await;
    eprintln!("{name}: list after {listed:?}, first CPU figure {:?} later", started.elapsed() - listed);
    let sampling = world.until("how it samples", |s| s.engines.values().find_map(|engine| engine.sampling)).await;
    assert_eq!(sampling.sampler, sampler);
    let mean = |list: &[(f64, f64)]| {
        let count = list.len() as f64;
        (list.iter().map(|f| f.0).sum::<f64>() / count, list.iter().map(|f| f.1).sum::<f64>() / count)
    };
    // The two look at seconds of their own: where others load the machine these differ, and the figures with them.
    // A formula that is wrong agrees in no round, however long it is tried.
    let (mut rounds, deadline) = (Vec::new(), std::time::Instant::now() + 3 * super::world::DEADLINE);
    while std::time::Instant::now() < deadline {
        // Averages over the same seconds: the engine's figure is of one second, the quota's periods blur both.
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..4 {
            let raw = container.id.raw().to_string();
            let engine = tokio::task::spawn_blocking(move || engine_figures(&raw)).await.unwrap();
            let usage = world.until("a CPU figure", measured).await;
            ours.push((usage.cpu.unwrap(), usage.memory.unwrap().used as f64));
            theirs.push(engine);
        }
        let (ours, theirs) = (mean(&ours), mean(&theirs));
        eprintln!("{name}: ours {ours:?}, engine's {theirs:?}");
        assert!((ours.1 - theirs.1).abs() < theirs.1 * 0.01, "memory: ours {ours:?}, engine's {theirs:?}");
        if (ours.0 - theirs.0).abs() < 2.0 {
            return;
        }
        rounds.push((ours.0, theirs.0));
    }
    panic!("CPU, ours and the engine's: {rounds:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kernel_figures_agree_with_the_engines() {
    figures_agree("kernel", Some("/".into()), Sampler::Kernel).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn api_figures_agree_with_the_engines() {
    figures_agree("api", None, Sampler::Api).await;
}

/// Counters of one container as the kernel's files tell them, as the engine tells them, and as the files tell them again.
struct Sides {
    kernel: Kernel,
    target: Target,
}

impl Sides {
    fn of(container: &TestContainer) -> Self {
        let kernel = Kernel::find("/".as_ref(), 0).expect("control groups on the engine's host");
        let id = Id::new(EngineId(0), container.id.clone());
        Self { kernel, target: Target { id, pid: 0, host_network: false, often: true } }
    }

    fn kernels(&mut self) -> Counters {
        self.kernel.read(std::slice::from_ref(&self.target)).first().expect("its files").1.counters
    }

    fn engines(&self) -> Counters {
        let docker = support::docker::engine().expect("it was there a moment ago");
        let (_, answer) = docker.request("GET", &stats_api::path(self.target.id.raw()), "", b"").expect("stats");
        stats_api::sample(&answer).expect("an answer of use").expect("a sample").counters
    }
}

#[test]
fn counters_of_a_busy_container_lie_between_the_kernels_before_and_after() {
    if socket().is_none() {
        return;
    }
    // Throttled, and every now and then killed for memory.
    let busy = "while :; do tail /dev/zero; done";
    let limits = ["--cpus", "0.3", "--memory", "24m", "--memory-swap", "24m"];
    let container = TestContainer::run("sides", &limits, &["sh", "-c", busy]);
    let mut sides = Sides::of(&container);
    until("limits that are felt", || {
        let (events, throttling) = (sides.kernels().memory_events, sides.kernels().throttling);
        events.and_then(|events| events.kills).is_some_and(|kills| kills > 0)
            && throttling.is_some_and(|throttling| throttling.throttled_periods > 0)
    });
    let (before, engine, after) = (sides.kernels(), sides.engines(), sides.kernels());
    let between = |what: &str, figure: fn(&Counters) -> Option<u64>| {
        let [low, told, high] = [&before, &engine, &after].map(figure);
        assert!(low.is_some() && low <= told && told <= high, "{what}: {low:?} {told:?} {high:?}");
    };
    between("CPU time", |counters| counters.cpu_ns);
    between("periods", |counters| Some(counters.throttling?.periods));
    between("throttled periods", |counters| Some(counters.throttling?.throttled_periods));
    between("throttled time", |counters| Some(counters.throttling?.throttled_ns));
    // On an engine without networks of its own none is told.
    if engine.net.is_some() {
        between("received", |counters| Some(counters.net?.0));
        between("sent", |counters| Some(counters.net?.1));
    }
    between("read", |counters| Some(counters.block?.0));
    between("written", |counters| Some(counters.block?.1));
    between("memory limit", |counters| Some(counters.memory?.limit));
    assert_eq!(engine.memory.map(|memory| memory.limit), Some(24 << 20));
    // Engines tell of one of several limits, and for cgroup v1 alone; some kernels (6.18 on v1) count none.
    let hits = [engine, after].map(|counters| counters.memory_events.map_or(0, |events| events.limit_hits));
    assert!(hits[0] <= hits[1], "{hits:?}");
}

#[test]
fn gauges_of_a_container_at_rest_are_equal() {
    if socket().is_none() {
        return;
    }
    let container = TestContainer::run("rest", &[], &["sh", "-c", "head -c 3000000 /dev/zero > /file; exec sleep 600"]);
    let mut sides = Sides::of(&container);
    // The kernel settles its per-processor counts by and by.
    until("equal gauges", || {
        let (kernel, engine) = (sides.kernels(), sides.engines());
        let host = |counters: Counters| counters.memory.map_or(0, |memory| memory.limit);
        eprintln!("kernel {kernel:?}\nengine {engine:?}");
        kernel.memory.is_some()
            && kernel.memory == engine.memory
            && kernel.pids == engine.pids
            && kernel.block == engine.block
            && kernel.net.unwrap_or_default() == engine.net.unwrap_or_default()
            && host(kernel) > 0
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hosts_capacity_is_what_it_has_also_when_the_engine_alone_is_asked() {
    let Some(socket) = socket() else { return };
    let mut world = World::start(Settings { kernel_root: None, ..settings(unix(&socket)) });
    let info = world.until("capacity", |s| s.engines.values().map(|e| &e.info).find(|i| i.memory > 0).cloned()).await;
    let cpus = std::fs::read_to_string("/proc/cpuinfo").expect("the engine's host is ours");
    let cpus = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let memory = std::fs::read_to_string("/proc/meminfo").expect("the engine's host is ours");
    let kib: u64 = memory.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("MemTotal");
    assert_eq!((info.processors as usize, info.memory), (cpus, kib * 1024));
}
