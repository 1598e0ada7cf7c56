//! Whose figures are read where: the kernel's files below made-up roots, beside an engine that tells other figures.

use super::fake::{Fake, Running, id};
use super::world::{World, settings, unix};
use bowline::engine::Settings;
use bowline::engine::sampler::kernel::{Kernel, Target};
use bowline::model::{Counters, EngineId, Id, Sampler, Sampling, Usage, Viewport};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The small engine tells this memory; the trees another.
const ENGINES_MEMORY: u64 = 7;
const TREES_MEMORY: u64 = 6_000_000;

/// A root with control groups and processes in it.
struct Tree {
    folder: tempfile::TempDir,
    v1: bool,
}

impl Tree {
    fn v1() -> Self {
        let tree = Self { folder: tempfile::tempdir().expect("a folder"), v1: true };
        fs::create_dir_all(tree.root().join("sys/fs/cgroup/cpuacct")).expect("a folder");
        tree
    }

    fn v2() -> Self {
        let tree = Self { folder: tempfile::tempdir().expect("a folder"), v1: false };
        tree.write("sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n");
        tree
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("it lies in the tree")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// A group with all files, and `processes` in it.
    fn group(&self, path: &str, processes: &str) -> &Self {
        let v1 = [
            ("cpuacct", "cpuacct.usage", "5000000\n"),
            ("cpuacct", "cgroup.procs", processes),
            ("cpu", "cpu.stat", "nr_periods 0\n"),
            ("memory", "memory.usage_in_bytes", "10000000\n"),
            ("memory", "memory.stat", "total_inactive_file 4000000\n"),
            ("pids", "pids.current", "3\n"),
            ("blkio", "blkio.throttle.io_service_bytes_recursive", "8:0 Read 1\n"),
        ];
        let v2 = [
            ("", "cpu.stat", "usage_usec 5000\n"),
            ("", "cgroup.procs", processes),
            ("", "memory.current", "10000000\n"),
            ("", "memory.stat", "inactive_file 4000000\n"),
            ("", "memory.max", "max\n"),
            ("", "pids.current", "3\n"),
            ("", "io.stat", "8:0 rbytes=1 wbytes=0\n"),
        ];
        for (controller, name, text) in if self.v1 { v1 } else { v2 } {
            self.write(&format!("sys/fs/cgroup/{controller}/{path}/{name}"), text);
        }
        self
    }

    /// A process in a group, with a network of its own.
    fn process(&self, pid: i32, path: &str) -> &Self {
        let group =
            if self.v1 { format!("3:cpu,cpuacct:/{path}\n1:name=systemd:/x\n") } else { format!("0::/{path}\n") };
        self.write(&format!("proc/{pid}/cgroup"), &group);
        let net = format!("Inter-| Receive\n face |bytes\n  lo: 9 0 0 0 0 0 0 0 9\neth0: {pid} 0 0 0 0 0 0 0 50 0\n");
        self.write(&format!("proc/{pid}/net/dev"), &net);
        self
    }

    fn remove(&self, path: &str) -> &Self {
        let path = self.root().join(path);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.expect("it is there");
        self
    }

    /// What the kernel's files here tell of a container, whose main process is `pid` as the engine says.
    fn tells(&self, number: usize, pid: i32) -> Option<Counters> {
        let mut kernel = Kernel::find(self.root(), 1000).expect("control groups");
        let id = Id::new(EngineId(0), id(number));
        let target = Target { id, pid, host_network: false, often: true };
        kernel.read(&[target]).first().map(|(_, sample)| sample.counters)
    }
}

/// An engine that answers questions, and a store that reads below a tree's root.
struct Stage {
    world: World,
    engine: Fake,
    _running: Running,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new(tree: &Tree, containers: usize) -> Self {
        Self::with_pace(tree, containers, Duration::from_millis(100))
    }

    fn with_pace(tree: &Tree, containers: usize, tick: Duration) -> Self {
        let (folder, engine) = (tempfile::tempdir().expect("a folder"), Fake::new(containers));
        let path = folder.path().join("engine.sock");
        let running = engine.listen(&path);
        let kernel_root = Some(tree.root().to_path_buf());
        let settings = Settings { kernel_root, sample_selected: tick, sample_visible: tick, ..settings(unix(&path)) };
        let world = World::start(settings);
        let visible: Vec<Id> = (0..containers).map(|number| Id::new(EngineId(0), id(number))).collect();
        world.store.attend(Viewport { selected: visible.first().cloned(), visible, ..Viewport::default() });
        Self { world, engine, _running: running, _folder: folder }
    }

    /// The first figures of a container of which `enough` is true.
    async fn usage(&mut self, number: usize, enough: impl Fn(&Usage) -> bool) -> Usage {
        let id = Id::new(EngineId(0), id(number));
        let figures = self.world.until("figures", |s| s.usage.get(&id).map(|series| series.latest).filter(&enough));
        figures.await
    }

    async fn sampling(&mut self, enough: impl Fn(&Sampling) -> bool) -> Sampling {
        let told = self
            .world
            .until("how it samples", |s| s.engines.values().find_map(|engine| engine.sampling).filter(&enough));
        told.await
    }
}

fn memory(usage: &Usage) -> Option<u64> {
    usage.memory.map(|memory| memory.used)
}

#[test]
fn every_engines_groups_are_found() {
    let this = id(1);
    let user = "user.slice/user-1000.slice/user@1000.service";
    let layouts = [
        (Tree::v1(), format!("docker/{this}"), ""),
        (Tree::v1(), format!("system.slice/docker-{this}.scope"), ""),
        (Tree::v1(), format!("machine.slice/libpod-{this}.scope"), ""),
        (Tree::v1(), format!("libpod_parent/libpod-{this}"), ""),
        (Tree::v2(), format!("docker/{this}"), ""),
        (Tree::v2(), format!("system.slice/docker-{this}.scope"), ""),
        (Tree::v2(), format!("machine.slice/libpod-{this}.scope"), "/container"),
        (Tree::v2(), format!("{user}/user.slice/docker-{this}.scope"), ""),
        (Tree::v2(), format!("{user}/user.slice/libpod-{this}.scope"), "/container"),
    ];
    for (tree, path, inner) in layouts {
        // An engine with a nested layout has nobody in the group itself.
        tree.group(&path, if inner.is_empty() { "77\n" } else { "" });
        tree.group(&format!("{path}{inner}"), "77\n").process(77, &path);
        let counters = tree.tells(1, 0).unwrap_or_else(|| panic!("{path} on v1: {}", tree.v1));
        assert_eq!(counters.cpu_ns, Some(5_000_000), "{path}");
        assert_eq!(counters.memory.map(|memory| memory.used), Some(TREES_MEMORY), "{path}");
        assert_eq!(counters.net, Some((77, 50)), "{path}");
    }
}

#[test]
fn unusual_places_are_learned_from_the_main_process() {
    let (this, other) = (id(1), id(2));
    let layouts = [
        (Tree::v2(), "user.slice/user-1234.slice/user@1234.service/user.slice/libpod-", ".scope", "/container"),
        (Tree::v2(), "user.slice/user-1234.slice/user@1234.service/app.slice/rootless/docker-", ".scope", ""),
        (Tree::v2(), "shop.slice/docker-", ".scope", ""),
        (Tree::v2(), &*format!("docker/{other}/docker/"), "", "/init"),
        (Tree::v1(), &*format!("docker/{other}/docker/"), "", ""),
    ];
    for (tree, before, after, inner) in layouts {
        let path = format!("{before}{this}{after}");
        tree.group(&path, "").group(&format!("{path}{inner}"), "77\n").process(77, &format!("{path}{inner}"));
        assert_eq!(tree.tells(1, 0), None, "nothing shows that it is in {path}");
        assert_eq!(tree.tells(1, 77).expect(&path).net, Some((77, 50)));
    }
}

#[test]
fn a_process_of_somebody_else_teaches_nothing() {
    let (tree, path) = (Tree::v2(), format!("shop.slice/docker-{}.scope", id(1)));
    tree.group(&path, "77\n").process(78, "user.slice/editor.scope");
    assert_eq!(tree.tells(1, 78), None);
    // From within a control group namespace that is not above it the path leads out of what is mounted.
    tree.process(79, &format!("../../shop.slice/docker-{}.scope", id(1)));
    assert_eq!(tree.tells(1, 79), None);
}

#[test]
fn the_network_is_the_main_processs() {
    let (tree, path) = (Tree::v2(), format!("docker/{}", id(1)));
    let inner = format!("{path}/docker/{}", id(2));
    tree.group(&path, "").group(&format!("{path}/init"), "80\n").group(&inner, "70\n");
    tree.process(80, &format!("{path}/init")).process(70, &inner);
    assert_eq!(tree.tells(1, 80).unwrap().net, Some((80, 50)), "not that of a container of an engine inside it");
    tree.process(81, "user.slice/editor.scope");
    assert_eq!(tree.tells(1, 81).unwrap().net, Some((80, 50)), "81 is another's here: the engine counts differently");
}

#[test]
fn a_directory_that_outlived_its_container_is_not_it() {
    for tree in [Tree::v1(), Tree::v2()] {
        let (path, controller) = (format!("docker/{}", id(1)), if tree.v1 { "pids/" } else { "" });
        let count = format!("sys/fs/cgroup/{controller}{path}/pids.current");
        tree.group(&path, "").write(&count, "0\n");
        assert_eq!(tree.tells(1, 0), None);
        tree.remove(&count);
        assert_eq!(tree.tells(1, 0), None, "without that controller those are counted who can be seen");
        tree.group(&format!("{path}/inner"), "77\n");
        assert!(tree.tells(1, 0).is_some(), "somebody lives in it");
    }
    let (tree, path) = (Tree::v2(), format!("docker/{}", id(1)));
    tree.group(&path, "").remove(&format!("sys/fs/cgroup/{path}/pids.current"));
    tree.write(&format!("sys/fs/cgroup/{path}/cgroup.events"), "populated 1\nfrozen 0\n");
    assert!(tree.tells(1, 0).is_some(), "somebody who cannot be seen lives in it");
}

#[tokio::test]
async fn an_engine_whose_containers_are_elsewhere_is_asked() {
    let tree = Tree::v2();
    tree.group(&format!("docker/{}", id(99)), "77\n").process(1, "init.scope");
    let mut stage = Stage::new(&tree, 2);
    let usage = stage.usage(1, |usage| usage.cpu.is_some()).await;
    assert_eq!((usage.sampler, memory(&usage)), (Sampler::Api, Some(ENGINES_MEMORY)));
    let sampling = stage.sampling(|sampling| sampling.cost.is_some()).await;
    let cost = sampling.cost.unwrap();
    assert_eq!(sampling.sampler, Sampler::Api);
    assert!(cost.requests > 0.0 && cost.bytes > 200.0 * cost.requests, "heads and bodies: {cost:?}");
}

#[tokio::test]
async fn containers_on_this_host_cost_the_engine_nothing() {
    let tree = Tree::v1();
    for number in 0..2 {
        let path = format!("docker/{}", id(number));
        tree.group(&path, "77\n").process(77, &path);
    }
    let mut stage = Stage::new(&tree, 2);
    let usage = stage.usage(1, |usage| usage.cpu.is_some()).await;
    assert_eq!((usage.sampler, memory(&usage)), (Sampler::Kernel, Some(TREES_MEMORY)));
    let sampling = stage.sampling(|sampling| sampling.cost.is_some()).await;
    assert_eq!((sampling.sampler, sampling.cost.map(|cost| cost.requests)), (Sampler::Kernel, Some(0.0)));
    assert_eq!(stage.engine.count("/stats"), 0);
}

#[tokio::test]
async fn a_network_in_another_pid_namespace_is_asked_for_and_nothing_else() {
    let tree = Tree::v2();
    // The engine says that its main process is 1: here that is another.
    tree.group(&format!("docker/{}", id(0)), "0\n").process(1, "init.scope");
    let mut stage = Stage::new(&tree, 1);
    let usage = stage.usage(0, |usage| usage.net.is_some() && usage.cpu.is_some()).await;
    assert_eq!((usage.sampler, memory(&usage), usage.pids), (Sampler::Kernel, Some(TREES_MEMORY), Some(3)));
    assert_eq!(stage.engine.count("/stats"), 2, "two for a rate, then in the resting rhythm");
}

#[tokio::test]
async fn a_controller_that_is_off_is_asked_for() {
    let (tree, path) = (Tree::v1(), format!("docker/{}", id(0)));
    tree.group(&path, "77\n").process(77, &path);
    tree.remove("sys/fs/cgroup/memory").remove("sys/fs/cgroup/pids");
    let mut stage = Stage::new(&tree, 1);
    let usage = stage.usage(0, |usage| usage.memory.is_some() && usage.cpu.is_some()).await;
    assert_eq!((usage.sampler, memory(&usage), usage.pids), (Sampler::Kernel, Some(ENGINES_MEMORY), Some(2)));
    assert!(usage.net.is_some(), "the kernel's");
}

#[tokio::test]
async fn each_container_is_read_where_it_is() {
    let (tree, path) = (Tree::v2(), format!("system.slice/docker-{}.scope", id(0)));
    tree.group(&path, "77\n").process(77, &path);
    let mut stage = Stage::new(&tree, 2);
    assert_eq!(stage.usage(0, |usage| usage.cpu.is_some()).await.sampler, Sampler::Kernel);
    assert_eq!(stage.usage(1, |usage| usage.cpu.is_some()).await.sampler, Sampler::Api);
}

#[tokio::test]
async fn what_vanishes_from_here_is_asked_for_from_then_on() {
    let (tree, path) = (Tree::v2(), format!("docker/{}", id(0)));
    tree.group(&path, "77\n").process(77, &path);
    let mut stage = Stage::new(&tree, 1);
    stage.usage(0, |usage| usage.cpu.is_some()).await;
    // A directory goes away with the files that are open in it; a made-up one does when they are emptied.
    tree.write(&format!("sys/fs/cgroup/{path}/cpu.stat"), "");
    tree.remove(&format!("sys/fs/cgroup/{path}"));
    let usage = stage.usage(0, |usage| usage.sampler == Sampler::Api && usage.cpu.is_some()).await;
    assert_eq!(memory(&usage), Some(ENGINES_MEMORY));
    assert_eq!(stage.sampling(|sampling| sampling.sampler == Sampler::Api).await.sampler, Sampler::Api);
}

#[tokio::test]
async fn a_limit_that_an_event_told_of_is_read_at_once() {
    for tree in [Tree::v1(), Tree::v2()] {
        let path = format!("docker/{}", id(0));
        let file = match tree.v1 {
            true => format!("sys/fs/cgroup/memory/{path}/memory.limit_in_bytes"),
            false => format!("sys/fs/cgroup/{path}/memory.max"),
        };
        tree.group(&path, "77\n").process(77, &path).write(&file, "64000000\n");
        tree.write("proc/meminfo", "MemTotal: 1000000 kB\n");
        // After the first two it would be read again in an hour.
        let mut stage = Stage::with_pace(&tree, 1, Duration::from_secs(3600));
        let limit = |usage: &Usage| usage.memory.map(|memory| memory.limit);
        stage.usage(0, |usage| usage.cpu.is_some() && limit(usage) == Some(64_000_000)).await;
        tree.write(&file, "32000000\n");
        stage.engine.tell("update", 0);
        stage.usage(0, |usage| limit(usage) == Some(32_000_000)).await;
    }
}

#[tokio::test]
async fn what_an_engine_cannot_tell_is_said_with_the_reason_and_asked_for_seldom() {
    let tree = Tree::v2();
    let mut stage = Stage::new(&tree, 1);
    let the = Id::new(EngineId(0), id(0));
    stage.usage(0, |usage| usage.cpu.is_some()).await;
    let odd = [
        (403, r#"{"message":"a guard forbids it"}"#, "a guard forbids it"),
        (200, "", "the engine's response is empty"),
        (200, "{}", "has no time"),
        (200, r#"{"read":"2026-01-01T00:00:00Z","networks":{}}"#, "has no values"),
        (200, r#"{"cpu_stats":{"cpu_usage":{"total_usage":-1}}}"#, "cannot be read"),
    ];
    for (status, body, why) in odd {
        stage.engine.answer_with(&["/stats"], status, body);
        let of = |s: &bowline::model::Snapshot| {
            let series = s.usage.get(&the)?;
            series.unread.as_deref().filter(|unread| unread.contains(why))?;
            Some((series.latest.cpu, series.latest.memory))
        };
        assert_eq!(stage.world.until(why, of).await, (None, None), "what was read before is not of now");
        stage.engine.answer_with(&[], 200, "");
        // Whoever looks again asks again.
        stage.world.store.attend(Viewport::default());
        let looked_at = Viewport { selected: Some(the.clone()), visible: vec![the.clone()], ..Viewport::default() };
        stage.world.store.attend(looked_at);
        stage.engine.tell("update", 0);
        stage.usage(0, |usage| usage.cpu.is_some()).await;
        assert!(stage.world.outputs.snapshots.borrow().usage[&the].unread.is_none());
    }
}
