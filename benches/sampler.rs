//! What one sample costs us: from the kernel's files, and from an engine's answer.

use bowline::engine::sampler::kernel::{Kernel, Target};
use bowline::engine::sampler::stats_api;
use bowline::model::{EngineId, Id};
use criterion::{Criterion, Throughput, criterion_group};
use std::hint::black_box;
use std::path::{Path, PathBuf};

const CONTAINERS: usize = 200;
const GROUP: &str = "sys/fs/cgroup";

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/recorded").join(name)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the recorded tree") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).expect("a copy");
        }
    }
}

/// A root with `CONTAINERS` copies of one recorded container: where its directories are and its id.
fn fleet(tree: &str, places: &[(&str, &str)], recorded_id: &str) -> (tempfile::TempDir, Vec<Id>) {
    let (folder, from) = (tempfile::tempdir().expect("a folder"), recorded(tree));
    copy(&from.join("proc"), &folder.path().join("proc"));
    if from.join(GROUP).join("cgroup.controllers").exists() {
        std::fs::create_dir_all(folder.path().join(GROUP)).expect("a folder");
        std::fs::write(folder.path().join(GROUP).join("cgroup.controllers"), "cpu memory\n").expect("a file");
    }
    let ids: Vec<String> = (0..CONTAINERS).map(|number| format!("{number:064x}")).collect();
    for (before, after) in places {
        for id in &ids {
            let from = from.join(GROUP).join(format!("{before}{recorded_id}{after}"));
            copy(&from, &folder.path().join(GROUP).join(format!("{before}{id}{after}")));
        }
    }
    (folder, ids.into_iter().map(|id| Id::new(EngineId(0), id)).collect())
}

fn kernel(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sampler");
    group.throughput(Throughput::Elements(CONTAINERS as u64));
    let controllers = ["cpuacct", "cpu", "memory", "pids", "blkio"].map(|name| (format!("{name}/docker/"), ""));
    let v1: Vec<(&str, &str)> = controllers.iter().map(|(before, after)| (before.as_str(), *after)).collect();
    let v2 = [("system.slice/docker-", ".scope")];
    for (tree, places, digit) in [("cgroup-v1", &v1[..], "a"), ("cgroup-v2", &v2[..], "b")] {
        let (folder, ids) = fleet(tree, places, &digit.repeat(64));
        for (name, often) in [("looked at", true), ("at rest", false)] {
            let mut kernel = Kernel::find(folder.path(), 0).expect("the copied tree");
            let target = |id: &Id| Target { id: id.clone(), pid: 0, host_network: false, often };
            let targets: Vec<Target> = ids.iter().map(target).collect();
            assert_eq!(kernel.read(&targets).len(), CONTAINERS);
            group.bench_function(format!("{tree}, 200 containers, {name}"), |bencher| {
                bencher.iter(|| black_box(kernel.read(&targets)));
            });
        }
    }
    group.finish();
}

/// The control groups of this machine, with everything the kernel computes for them: what the copied trees do not cost.
fn this_machine(criterion: &mut Criterion) {
    let docker = Path::new("/sys/fs/cgroup/cpuacct/docker");
    let entries = std::fs::read_dir(docker).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| name.len() == 64);
    let targets: Vec<Target> =
        names.map(|name| Target { id: Id::new(EngineId(0), name), pid: 0, host_network: false, often: true }).collect();
    let Some(mut kernel) = Kernel::find("/".as_ref(), 0) else { return };
    let count = kernel.read(&targets).len();
    if count == 0 {
        eprintln!("no containers on this machine: its kernel's files are not measured");
        return;
    }
    let mut group = criterion.benchmark_group("sampler");
    group.throughput(Throughput::Elements(count as u64));
    group.bench_function("this machine's containers", |bencher| bencher.iter(|| black_box(kernel.read(&targets))));
    group.finish();
}

fn engine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sampler");
    for name in ["docker-v1", "docker-v2", "podman"] {
        let answer = std::fs::read(recorded(&format!("stats-{name}.json"))).expect("a recorded answer");
        assert!(matches!(stats_api::sample(&answer), Ok(Some(_))));
        group.throughput(Throughput::Bytes(answer.len() as u64));
        group.bench_function(format!("an answer of {name}"), |bencher| {
            bencher.iter(|| black_box(stats_api::sample(black_box(&answer))));
        });
    }
    group.finish();
}

criterion_group!(benches, kernel, this_machine, engine);
