//! Causes that are read from what engines and programs have said, word by word.

use super::*;
use crate::fixtures::{self, container, id, snapshot_of};
use crate::model::{
    Container, Detail, Document, Event, Fact, Health, Image, Kind, Memory, MemoryEvents, Past, Port, Restart, SECOND,
    Series, Snapshot, State, Stream, Timestamp, Usage, fold,
};
use std::sync::Arc;

const NOW: Timestamp = Timestamp(10_000 * SECOND);

/// A container, with all that is known of it.
struct World {
    container: Container,
    snapshot: Snapshot,
    document: Option<Document>,
    lines: Vec<LastLine>,
}

impl World {
    fn of(container: Container) -> World {
        World { snapshot: snapshot_of([container.clone()]), container, document: None, lines: Vec::new() }
    }

    fn log(mut self, lines: &[&str]) -> World {
        let line = |text: &&str| LastLine { at: NOW, stream: Stream::Err, text: (*text).to_string() };
        self.lines = lines.iter().map(line).collect();
        self
    }

    fn inspected(mut self, json: &str) -> World {
        self.document = Some(Document::read(&mut serde_json::Deserializer::from_str(json)).unwrap());
        self
    }

    fn beside(mut self, other: Container) -> World {
        Arc::make_mut(&mut self.snapshot.containers).insert(other.id.clone(), Arc::new(other));
        self
    }

    fn event(mut self, seconds_ago: f64, action: &str, what: &str) -> World {
        let event = Event {
            at: NOW.plus_seconds(-seconds_ago),
            topic: Kind::Container,
            action: action.into(),
            id: Some(self.container.id.clone()),
            name: self.container.name.to_string(),
            what: what.into(),
            ..Event::default()
        };
        fold(&mut self.snapshot, Fact::Event(event));
        self
    }

    /// It joins a network.
    fn joins(mut self, seconds_ago: f64, network: &str) -> World {
        let event = Event {
            at: NOW.plus_seconds(-seconds_ago),
            topic: Kind::Network,
            action: "connect".into(),
            id: Some(self.container.id.clone()),
            name: network.into(),
            what: "connected".into(),
            ..Event::default()
        };
        fold(&mut self.snapshot, Fact::Event(event));
        self
    }

    fn uses(mut self, usage: Usage) -> World {
        let mut series = Series::default();
        series.record(usage);
        Arc::make_mut(&mut self.snapshot.usage).insert(self.container.id.clone(), Arc::new(series));
        self
    }

    fn why(&self) -> Why {
        let (container, snapshot) = (&self.container, &self.snapshot);
        let document = self.document.as_ref();
        explain(&Evidence {
            container,
            snapshot,
            document,
            lines: &self.lines,
            stopped_by: None,
            refused: None,
            now: NOW,
        })
    }

    #[track_caller]
    fn is(&self, kind: &str, sentence: &str) -> Why {
        let why = self.why();
        assert_eq!((why.kind, why.sentence.as_str()), (kind, sentence), "{why:#?}");
        assert!(kind == "none" || !why.evidence.is_empty(), "each cause has its evidence beside it: {why:#?}");
        why
    }
}

fn with_detail(mut container: Container, edit: impl FnOnce(&mut Detail)) -> Container {
    let mut detail = container.detail.as_deref().cloned().unwrap_or_default();
    edit(&mut detail);
    container.past.restarts = Some(detail.restarts);
    container.detail = Some(Arc::new(detail));
    container
}

fn exited(code: i64) -> Container {
    let ended = Container { state: State::Exited, exit_code: Some(code), ..container("web-1") };
    with_detail(ended, |detail| {
        (detail.exit_code, detail.started_at, detail.finished_at) =
            (code, NOW.plus_seconds(-63.0), NOW.plus_seconds(-60.0));
    })
}

fn refused(error: &str) -> Container {
    let made = Container { state: State::Created, ..container("web-1") };
    with_detail(made, |detail| (detail.exit_code, detail.error) = (128, error.into()))
}

#[test]
fn what_the_engine_says_of_a_start_that_failed_is_understood() {
    let runc =
        "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process:";
    for (error, kind, sentence) in [
        (
            format!("{runc} exec: \"/nope\": stat /nope: no such file or directory: unknown"),
            "entrypoint-missing",
            "Start failed: the program /nope is not in the image.",
        ),
        (
            format!("{runc} exec: \"nope\": executable file not found in $PATH: unknown"),
            "entrypoint-missing",
            "Start failed: the program nope is not in the image's PATH.",
        ),
        (
            "crun: executable file `nope` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found".into(),
            "entrypoint-missing",
            "Start failed: the program nope is not in the image's PATH.",
        ),
        (
            format!("{runc} exec: \"/etc\": permission denied: unknown"),
            "entrypoint-not-executable",
            "Start failed: the program /etc cannot be executed: permission denied.",
        ),
        (
            format!("{runc} exec: \"/app\": exec format error: unknown"),
            "exec-format",
            "Start failed: the kernel cannot run its program: it is built for another architecture, or is a script whose first line has no #!.",
        ),
        (
            "unable to find user nobodyhere: no matching entries in passwd file".into(),
            "user-unknown",
            "Start failed: the user nobodyhere is not in the image.",
        ),
        (
            format!("{runc} error during container init: mkdir /proc/1/nope: no such file or directory: unknown"),
            "working-directory",
            "Start failed: its working directory /proc/1/nope cannot be used: no such file or directory.",
        ),
        (
            format!("{runc} chdir to cwd (\"/srv\") set in config.json failed: permission denied: unknown"),
            "working-directory",
            "Start failed: its working directory /srv cannot be used: permission denied.",
        ),
        (
            format!("{runc} error during container init: error mounting \"/tmp/f\" to rootfs at \"/etc\": mount /tmp/f:/etc (via /proc/self/fd/6), flags: 0x5000: not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)?"),
            "mount-mismatch",
            "Start failed: /tmp/f cannot be mounted at /etc: one is a file, the other a folder.",
        ),
        (
            format!("{runc} error during container init: error mounting \"/tmp/f\" to rootfs at \"/proc/x\": \"/var/lib/docker/x/merged/proc/x\" cannot be mounted because it is inside /proc: unknown"),
            "mount-not-permitted",
            "Start failed: /tmp/f may not be mounted at /proc/x: cannot be mounted because it is inside /proc.",
        ),
        (
            "invalid mount config for type \"bind\": bind source path does not exist: /srv/data".into(),
            "mount-missing",
            "Start failed: /srv/data, which is to be mounted, does not exist on the host.",
        ),
        (
            "error while mounting volume '/var/lib/docker/volumes/data/_data': failed to mount local volume: mount /srv/nope:/var/lib/docker/volumes/data/_data, flags: 0x1000: no such file or directory".into(),
            "mount-missing",
            "Start failed: the volume /var/lib/docker/volumes/data/_data cannot be mounted: /srv/nope does not exist on the host.",
        ),
        ("network shop_default not found".into(), "network-gone", "Start failed: the network shop_default is gone."),
        ("No such image: shop/api:9".into(), "image-gone", "Start failed: its image shop/api:9 is gone from the engine."),
        (
            "mkdir /var/lib/docker/overlay2/x: no space left on device".into(),
            "disk-full",
            "Start failed: the engine's disk, or the inodes of it, are full.",
        ),
        (
            "error creating overlay mount to /x: read-only file system".into(),
            "read-only",
            "Start failed: the engine must write to a file system that is read-only.",
        ),
        (
            "error gathering device information while adding custom device \"/dev/ttyUSB0\": no such file or directory".into(),
            "device-missing",
            "Start failed: the device /dev/ttyUSB0 is not on the host.",
        ),
        (
            "driver failed programming external connectivity on endpoint web-1 (77): Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: permission denied".into(),
            "port-not-permitted",
            "Start failed: the engine may not open port 80 of the host.",
        ),
        (
            "failed to create shim task: OCI runtime create failed: something new".into(),
            "engine-error",
            "Start failed: the engine says: something new.",
        ),
    ] {
        let why = World::of(refused(&error)).is(kind, sentence);
        assert!(why.evidence.iter().any(|line| line.starts_with("the engine says: ")), "{why:#?}");
        assert!(!why.try_.is_empty(), "{kind}");
    }
}

#[test]
fn who_holds_a_port_is_told_where_it_can_be_known() {
    let taken = "driver failed programming external connectivity on endpoint web-1 (77): Bind for 0.0.0.0:8080 failed: port is already allocated";
    let port = Port { public: Some(8080), private: 80, protocol: "tcp".into(), address: String::new() };
    let holder = Container { ports: vec![port], ..container("proxy") };
    let world = World::of(refused(taken)).beside(holder.clone());
    let why = world.is("port-taken", "Start failed: port 8080 of the host is taken by the container proxy.");
    assert_eq!(why.evidence[0], "proxy publishes port 8080 and is running");
    let by_host = "driver failed programming external connectivity on endpoint web-1 (77): Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use";
    let ended = Container { state: State::Exited, ..holder };
    for error in [by_host, "rootlessport listen tcp 0.0.0.0:8080: bind: address already in use"] {
        World::of(refused(error)).beside(ended.clone()).is(
            "port-taken",
            "Start failed: port 8080 of the host is taken; no running container of this engine holds it now.",
        );
    }
}

#[test]
fn ends_are_told_by_who_caused_them() {
    let killed = with_detail(exited(137), |detail| {
        (detail.oom, detail.limits.memory) = (true, Some(64 << 20));
    });
    World::of(killed.clone())
        .is("out-of-memory", "Exit 137 (SIGKILL): the kernel killed it: it reached its own memory limit of 64M.");
    World::of(with_detail(killed, |detail| detail.limits.memory = None)).is(
        "host-out-of-memory",
        "Exit 137 (SIGKILL): the kernel killed it for memory though it has no limit of its own: the host ran out of memory.",
    );
    let past = |asked| Past { asked, ..Past::default() };
    for (asked, words) in [(None, "by whom is not known"), (Some(false), "nobody asked the engine for it")] {
        let why = World::of(Container { past: past(asked), ..exited(137) }).why();
        assert_eq!(why.kind, "killed");
        assert!(why.sentence.contains("it may ") && why.sentence.contains(words), "a guess is told as one: {why:?}");
    }
    let asked = Container { past: Past { asked: Some(true), ..Past::default() }, ..exited(143) };
    let why = World::of(asked).event(61.0, "kill", "SIGTERM sent").is(
        "asked",
        "Exit 143 (SIGTERM): it was stopped on request; by a client of the engine, which does not tell who.",
    );
    assert_eq!(why.evidence[0], "SIGTERM sent");
    assert_eq!(why.evidence[1], "exit code 143 = 128 + 15, SIGTERM");
    assert!(World::of(exited(143)).why().sentence.contains("probably"), "nobody heard of a request");
    World::of(exited(139))
        .is("signal", "Exit 139 (SIGSEGV): the program crashed: it touched memory that is not its own.");
    World::of(exited(255))
        .is("engine-restarted", "Exit 255: the engine or its host may have been restarted while it ran.");
    World::of(exited(127)).is("exit", "Exit 127: a command was not found.");
    World::of(exited(3)).is("exit", "Exit 3: the program ended by itself after 3 s; it wrote nothing.");
    World::of(exited(0)).is("done", "Exit 0: it ended by itself, without an error.");
    World::of(container("web-1")).is("none", "It runs, and nothing is wrong as far as is known.");
}

#[test]
fn what_the_last_lines_tell_may_be_the_reason() {
    for (line, kind, told) in [
        (
            "Error: connect ECONNREFUSED 10.0.0.7:5432",
            "connection-refused",
            "a connection that was refused (10.0.0.7:5432)",
        ),
        ("dial tcp: lookup db on 127.0.0.11:53: no such host", "dns", "a name that cannot be resolved (db)"),
        ("wget: bad address 'nope.invalid'", "dns", "a name that cannot be resolved (nope.invalid)"),
        ("curl: (6) Could not resolve host: api.shop", "dns", "a name that cannot be resolved (api.shop)"),
        (
            "write /data/wal/7: no space left on device",
            "disk-full",
            "a disk that is full, or has no inodes left (/data/wal/7)",
        ),
        ("touch: /x: Read-only file system", "read-only", "a file system that is read-only (/x)"),
        (
            "x509: certificate has expired or is not yet valid: current time 2026-11-30T04:00:00Z is after 2026-01-01T00:00:00Z",
            "certificate-expired",
            "a certificate that has expired",
        ),
        (
            "x509: certificate has expired or is not yet valid: current time 2020-11-30T04:00:00Z is before 2026-01-01T00:00:00Z",
            "clock-skew",
            "a clock that is wrong",
        ),
        ("SSL: certificate is not yet valid", "clock-skew", "a clock that is wrong"),
        ("RequestTimeTooSkewed: the difference is too large", "clock-skew", "a clock that is wrong"),
        ("listen tcp :8080: bind: address already in use", "port-taken-inside", "a port that is in use already"),
        ("java.lang.OutOfMemoryError: Java heap space", "memory-inside", "memory that ran out inside of the program"),
        ("FATAL: password authentication failed for user \"shop\"", "login-refused", "a login that was refused"),
        (
            "cat: can't open '/etc/shop.conf': No such file or directory",
            "file-missing",
            "a file that is missing (/etc/shop.conf)",
        ),
        ("sh: nope: not found", "command-missing", "a program or a part of it that is missing"),
        (
            "mkdir: can't create directory '/x': Permission denied",
            "permission-denied",
            "something that it is not permitted to do (/x)",
        ),
    ] {
        let sentence = format!("Exit 1: its last lines tell of {told}, which may be why.");
        let why = World::of(exited(1)).log(&["starting", line, "bye", ""]).is(kind, &sentence);
        assert_eq!(why.evidence[0], format!("log: {line}"));
    }
    let quiet = World::of(exited(1)).log(&["starting", "all well"]).why();
    assert_eq!(quiet.sentence, "Exit 1: the program ended by itself after 3 s; its last line: all well.");
    assert_eq!(World::of(exited(0)).log(&["connection refused"]).why().kind, "done", "what ended well needs no reason");
}

#[test]
fn a_refused_connection_names_the_container_that_is_down() {
    let db = Container { state: State::Exited, exit_code: Some(0), ..container("db") };
    let why = World::of(exited(1)).log(&["connect to db:5432: connection refused"]).beside(db).is(
        "connection-refused",
        "Exit 1: its last lines tell of a connection that was refused (db:5432); db is not running, which may be why.",
    );
    assert!(why.evidence.contains(&"db is exit 0".to_string()) && why.try_[0] == "start db", "{why:#?}");
}

#[test]
fn what_the_kernel_could_not_run_is_no_guess() {
    World::of(exited(1)).log(&["exec /run.sh: no such file or directory"]).is(
        "interpreter-missing",
        "Exit 1: /run.sh is there, but what runs it is not: the interpreter in its first line (#!), or its loader.",
    );
    for line in
        ["exec /arm: exec format error", "standard_init_linux.go:228: exec user process caused: exec format error"]
    {
        assert_eq!(World::of(exited(1)).log(&[line]).why().kind, "exec-format");
    }
}

#[test]
fn a_health_check_that_fails_is_told_with_command_code_and_output() {
    let sick = Container { health: Health::Unhealthy, ..container("web-1") };
    let check = |second: u32, code: i64| {
        format!(
            r#"{{"Start":"2026-11-30T04:00:{second:02}Z","End":"2026-11-30T04:00:{second:02}.5Z","ExitCode":{code},"Output":"trying\ncurl: (7) refused password=hunter2\n"}}"#
        )
    };
    let json = format!(
        r#"{{"State":{{"Health":{{"FailingStreak":12,"Log":[{},{}]}}}},"Config":{{"Healthcheck":{{"Test":["CMD-SHELL","curl -f http://u:hunter2@localhost"],"Interval":5000000000,"Retries":2}}}}}}"#,
        check(1, 7),
        check(6, 7),
    );
    let why = World::of(sick.clone()).inspected(&json).why();
    assert_eq!(why.kind, "health");
    assert!(
        why.sentence.starts_with("Unhealthy: the health check fails with exit 7, 12 times in a row: curl: (7) refused")
    );
    assert!(
        why.evidence[0].starts_with("health check: curl -f http://") && why.evidence[0].contains("every 5 s"),
        "{why:#?}"
    );
    assert!(why.evidence[1] == "failing for about 55 s", "{why:#?}");
    let all = format!("{why:?}");
    assert!(!all.contains("hunter2"), "secrets stay hidden: {all}");
    let slow = json.replace("\"ExitCode\":7", "\"ExitCode\":-1");
    assert!(World::of(sick.clone()).inspected(&slow).why().sentence.contains("takes too long"));
    World::of(sick)
        .event(120.0, "health_status", "health: unhealthy")
        .inspected(&json)
        .why()
        .evidence
        .iter()
        .find(|line| *line == "unhealthy for 2 min")
        .expect("since when, by the event");
}

#[test]
fn a_crash_loop_tells_code_rhythm_and_pause() {
    let looping = Container { state: State::Restarting, exit_code: Some(3), ..exited(3) };
    let looping = with_detail(looping, |detail| (detail.restarts, detail.restart) = (5, Restart::Always));
    let why = World::of(looping.clone()).is(
        "exit",
        "Crash loop, restarted 5 times, last exit 3: the program ended by itself after 3 s; it wrote nothing.",
    );
    assert!(why.evidence.contains(&"restarted 5 times by the engine; restart policy: always".to_string()), "{why:#?}");
    assert!(why.evidence.contains(&"the engine waits 3.2 s before the next try".to_string()), "{why:#?}");
    let once = Container { exit_code: Some(0), ..looping.clone() };
    assert_eq!(World::of(once).why().kind, "ends-at-once");
    let given_up = with_detail(exited(3), |detail| (detail.restarts, detail.restart) = (3, Restart::OnFailure(3)));
    let why = World::of(given_up).why();
    assert!(why.evidence.iter().any(|line| line.contains("has given up")), "{why:#?}");
}

#[test]
fn while_a_crash_loop_runs_again_the_run_before_is_the_reason() {
    let again = Container { state: State::Running, ..exited(1) };
    let again = with_detail(again, |detail| {
        detail.started_at = NOW.plus_seconds(-2.0);
        (detail.restarts, detail.restart) = (5, Restart::Always);
    });
    let mut world = World::of(again).log(&["FATAL no db.url", "INFO starting"]);
    world.lines[0].at = NOW.plus_seconds(-3.0);
    let why = world.why();
    assert!(why.sentence.contains("FATAL no db.url") && !why.sentence.contains("starting"), "{why:#?}");
}

#[test]
fn that_a_crash_loop_joins_its_networks_again_is_no_change_but_another_network_is() {
    let looping = with_detail(Container { state: State::Restarting, ..exited(3) }, |detail| detail.restarts = 5);
    let looping = Container { networks: ["shop".into(), "other".into()].into(), ..looping };
    let world = World::of(looping)
        // The start that this one came with is forgotten.
        .joins(900.0, "shop")
        .event(300.0, "start", "started")
        .event(299.0, "die", "exit 3")
        .joins(250.0, "other")
        .joins(200.5, "shop")
        .event(200.0, "start", "started")
        .event(199.0, "die", "exit 3");
    let evidence = world.why().evidence;
    let changes: Vec<&String> = evidence.iter().filter(|line| line.starts_with("changed")).collect();
    assert_eq!(changes, ["changed 4 min ago: network other connected"]);
}

#[test]
fn a_crash_loop_is_one_in_the_instant_after_a_run_too() {
    let just_ended = |seconds: f64, policy: Restart, asked: Option<bool>| {
        let one = with_detail(exited(3), |detail| {
            detail.finished_at = NOW.plus_seconds(-seconds);
            (detail.restarts, detail.restart) = (5, policy);
        });
        let past = Past { asked, ..one.past };
        World::of(Container { past, ..one }).why().sentence.starts_with("Crash loop")
    };
    assert!(just_ended(0.1, Restart::Always, None) && just_ended(0.1, Restart::OnFailure(6), Some(false)));
    assert!(!just_ended(30.0, Restart::Always, None), "the engine would have started it");
    assert!(!just_ended(0.1, Restart::OnFailure(5), None), "the engine has given up");
    assert!(!just_ended(0.1, Restart::Always, Some(true)), "somebody stopped it");
}

#[test]
fn what_was_never_started_waits_for_somebody() {
    let made = Container { state: State::Created, ..fixtures::service("web", "db:service_healthy:false") };
    let db = Container { health: Health::Unhealthy, ..fixtures::service("db", "") };
    World::of(made.clone()).beside(db).is("dependency", "Never started: it waits for db, which is unhealthy.");
    World::of(made.clone()).is("dependency-missing", "Never started: it needs the service db, which has no container.");
    let well = Container { health: Health::Healthy, ..fixtures::service("db", "") };
    World::of(made)
        .beside(well)
        .is("never-started", "Never started: it was made, and no attempt to start it is known.");
    let mut gone = World::of(Container { state: State::Created, ..container("web-1") });
    gone.container.ties = Arc::new(crate::model::Relations { image: "sha256:1".into(), ..Default::default() });
    let update = crate::model::InventoryUpdate::Images(Vec::<Image>::new());
    fold(&mut gone.snapshot, Fact::Stock(fixtures::ENGINE, update));
    gone.is("image-gone", "Never started: its image busybox is gone from the engine, which may be why.");
}

#[test]
fn what_is_slow_is_told_by_its_figures() {
    let small = |used: u64, throttled: f64| Usage {
        at: NOW,
        throttled,
        cpu: Some(50.0),
        memory: Some(Memory { used, limit: 64 << 20, ..Memory::default() }),
        pids: Some(3),
        ..Usage::default()
    };
    let limited = with_detail(container("web-1"), |detail| {
        (detail.limits.processors, detail.limits.memory, detail.limits.pids) = (Some(0.5), Some(64 << 20), Some(100));
    });
    World::of(limited.clone())
        .uses(small(1 << 20, 31.0))
        .is("throttled", "It is slow: throttled in 31 % of the time, its CPU quota of 0.5 CPUs is used up.");
    World::of(limited.clone())
        .uses(small(60 << 20, 0.0))
        .is("memory-near-limit", "Its memory is near the limit: 60M of 64M.");
    let events = Some(MemoryEvents { limit_hits: 3, kills: Some(2) });
    let why = World::of(limited.clone()).uses(Usage { memory_events: events, ..small(1 << 20, 0.0) }).why();
    assert_eq!(why.sentence, "A process inside was killed for memory: it uses 1M of its limit of 64M.");
    World::of(limited.clone())
        .uses(Usage { pids: Some(99), ..small(1 << 20, 0.0) })
        .is("processes-near-limit", "It has 99 of at most 100 processes: it may fail to start more.");
    World::of(limited).uses(small(1 << 20, 2.0)).is("none", "It runs, and nothing is wrong as far as is known.");
}

#[test]
fn the_story_has_runs_and_what_changed_since_it_ran_well() {
    let world = World::of(exited(1))
        .event(500.0, "start", "started")
        .event(400.0, "die", "exit 0")
        .event(300.0, "update", "limits changed")
        .event(200.0, "start", "started")
        .event(199.0, "die", "exit 1");
    let (container, snapshot) = (&world.container, &world.snapshot);
    let evidence =
        Evidence { container, snapshot, document: None, lines: &[], stopped_by: None, refused: None, now: NOW };
    let story = story(&evidence);
    let runs: Vec<(Option<f64>, &str)> = story.runs.iter().map(|run| (run.seconds(), run.how.as_str())).collect();
    assert_eq!(runs, [(Some(100.0), "exit 0"), (Some(1.0), "exit 1")]);
    assert_eq!(story.changes, ["changed 5 min ago: limits changed"]);
    assert!(world.why().evidence.contains(&"changed 5 min ago: limits changed".to_string()));
}

#[test]
fn secrets_and_control_characters_stay_out_of_the_answer() {
    let lines = ["connect postgres://shop:hunter2@db:5432 refused: connection refused \u{1b}[2J"];
    let batch = crate::model::Batch {
        bytes: lines[0].as_bytes().to_vec(),
        lines: vec![crate::model::LineMark { at: NOW, len: lines[0].len() as u32, ..Default::default() }],
    };
    let mut world = World::of(exited(1));
    world.lines = read_lines([&batch]);
    let told = format!("{:?}", world.why());
    assert!(!told.contains("hunter2") && !told.contains("\\u{1b}") && told.contains("db:5432"), "{told}");
    let error = refused("exec: \"run --password hunter2\": executable file not found in $PATH");
    assert!(!format!("{:?}", World::of(error).why()).contains("hunter2"));
    assert_eq!(world.container.id, id("web-1"));
}

#[test]
fn a_refusal_that_only_the_answer_to_a_start_tells_is_why_it_does_not_run() {
    let refused = "driver failed: Bind for 0.0.0.0:8080 failed: port is already allocated";
    let explained = |container: &Container| {
        let snapshot = snapshot_of([container.clone()]);
        let (refused, document, stopped_by) = (Some(refused), None, None);
        explain(&Evidence { container, snapshot: &snapshot, document, lines: &[], stopped_by, refused, now: NOW })
    };
    let why = explained(&exited(0));
    assert_eq!(why.kind, "port-taken");
    assert!(why.sentence.starts_with("Start failed: port 8080 of the host is taken"), "{}", why.sentence);
    assert!(why.evidence.iter().any(|fact| fact.contains("port is already allocated")), "{:?}", why.evidence);
    assert_eq!(explained(&container("web-1")).kind, "none", "it runs: somebody has started it since");
}
