//! `bowline why` on the real Docker: each cause is made, and told.

use crate::support::docker::{self, Docker, TestContainer};
use crate::support::wait::until_ok;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn why(host: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
    command.env_remove("DOCKER_HOST").env_remove("CONTAINER_HOST").args(["--host", host, "why"]).args(args);
    command.stdin(Stdio::null()).output().expect("the program starts")
}

/// The answer as the one object that is printed.
#[track_caller]
fn told(docker: &Docker, container: &TestContainer) -> Value {
    let output = why(docker.host(), &["--json", &container.name]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    for list in ["evidence", "try"] {
        assert!(answer[list].as_array().is_some_and(|list| list.iter().all(Value::is_string)), "{answer}");
    }
    answer
}

/// The kind, and that the sentence holds some words.
#[track_caller]
fn is(docker: &Docker, container: &TestContainer, kind: &str, words: &str) {
    until_ok(|| {
        let answer = told(docker, container);
        let sentence = answer["cause"].as_str().unwrap_or_default();
        let right =
            answer["kind"] == kind && sentence.contains(words) && !answer["evidence"].as_array().unwrap().is_empty();
        if right { Ok(()) } else { Err(format!("{kind} and {words} wanted: {answer}")) }
    });
}

/// A container whose start the engine refuses.
#[track_caller]
fn refused(docker: &Docker, name: &str, more: &Value) -> TestContainer {
    let container = docker.create(&format!("why-{name}"), more);
    let started = docker.request("POST", &format!("/containers/{}/start", container.id), "", b"");
    assert!(matches!(started, Ok((400..=599, _))), "{name} started: {started:?}");
    container
}

/// A container that has ended with the output of a shell command.
#[track_caller]
fn ended(docker: &Docker, name: &str, command: &str, host_config: &Value) -> TestContainer {
    let request = json!({ "Cmd": ["sh", "-c", command], "HostConfig": host_config });
    let container = docker.create(&format!("why-{name}"), &request);
    container.start();
    container.wait_status("exited");
    container
}

#[test]
fn a_start_that_the_engine_refuses_is_explained() {
    let Some(docker) = docker::engine() else { return };
    let docker = &docker;
    let entrypoint = |program: &str| json!({ "Entrypoint": [program] });
    let bind = |bind: &str| json!({ "HostConfig": { "Binds": [bind] } });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "x").expect("a file");
    let file = file.display();

    is(docker, &refused(docker, "entry", &entrypoint("/nope")), "entrypoint-missing", "/nope is not in the image");
    is(docker, &refused(docker, "path", &entrypoint("nope")), "entrypoint-missing", "PATH");
    is(docker, &refused(docker, "noexec", &entrypoint("/etc")), "entrypoint-not-executable", "/etc");
    is(docker, &refused(docker, "user", &json!({ "User": "ann" })), "user-unknown", "the user ann");
    is(docker, &refused(docker, "group", &json!({ "User": "root:staff" })), "user-unknown", "the group staff");
    let folder = json!({ "WorkingDir": "/proc/1/nope" });
    is(docker, &refused(docker, "workdir", &folder), "working-directory", "/proc/1/nope");
    is(docker, &refused(docker, "mismatch", &bind(&format!("{file}:/etc"))), "mount-mismatch", "one is a file");
    let proc = bind(&format!("{file}:/proc/sys/kernel/x"));
    is(docker, &refused(docker, "inproc", &proc), "mount-not-permitted", "may not be mounted");
    let device = json!({ "HostConfig": { "Devices": [{ "PathOnHost": "/dev/nope", "PathInContainer": "/dev/nope", "CgroupPermissions": "r" }] } });
    is(docker, &refused(docker, "device", &device), "device-missing", "/dev/nope");

    let port = json!({ "ExposedPorts": { "80/tcp": {} }, "HostConfig": { "PortBindings": { "80/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "38417" }] } } });
    let holder = docker.create("why-holder", &port);
    holder.start();
    is(docker, &refused(docker, "port", &port), "port-taken", &format!("taken by the container {}", holder.name));
    drop(holder);
    let listener = std::net::TcpListener::bind("127.0.0.1:38418").expect("a free port");
    let by_host = json!({ "ExposedPorts": { "80/tcp": {} }, "HostConfig": { "PortBindings": { "80/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "38418" }] } } });
    is(
        docker,
        &refused(docker, "hostport", &by_host),
        "port-taken",
        "port 38418 of the host is taken; no running container",
    );
    drop(listener);
}

/// Removes a volume or a network when it is dropped.
struct Made<'a>(&'a Docker, String);

impl Drop for Made<'_> {
    fn drop(&mut self) {
        drop(self.0.request("DELETE", &self.1, "", b""));
    }
}

#[test]
fn networks_and_volumes_that_are_gone_are_named() {
    let Some(docker) = docker::engine() else { return };
    let docker = &docker;
    let network = format!("{}why-{}", docker::PREFIX, std::process::id());
    docker.must("POST", "/networks/create", &json!({ "Name": network }));
    let made = Made(docker, format!("/networks/{network}"));
    let container = docker.create("why-net", &json!({ "HostConfig": { "NetworkMode": network } }));
    drop(made);
    let started = docker.request("POST", &format!("/containers/{}/start", container.id), "", b"");
    assert!(matches!(started, Ok((400..=599, _))), "{started:?}");
    is(docker, &container, "network-gone", &network);

    let volume = json!({ "Name": network, "Driver": "local", "DriverOpts": { "type": "none", "o": "bind", "device": "/nowhere/at/all" } });
    docker.must("POST", "/volumes/create", &volume);
    let _made = Made(docker, format!("/volumes/{network}"));
    let mounted = json!({ "HostConfig": { "Binds": [format!("{network}:/data")] } });
    let container = refused(docker, "volume", &mounted);
    is(docker, &container, "mount-missing", "/nowhere/at/all does not exist on the host");

    // Docker checks it before it begins, and keeps no word of it.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().display().to_string();
    let mount = json!({ "HostConfig": { "Mounts": [{ "Type": "bind", "Source": path, "Target": "/data" }] } });
    let container = docker.create("why-bind", &mount);
    drop(folder);
    let started = docker.request("POST", &format!("/containers/{}/start", container.id), "", b"");
    assert!(matches!(started, Ok((400..=599, _))), "{started:?}");
    is(docker, &container, "never-started", &format!("{path} may be missing on the host"));
}

/// Puts a program into a container that was made from the image.
#[track_caller]
fn with_program(docker: &Docker, name: &str, bytes: &[u8]) -> TestContainer {
    let container = docker.create(&format!("why-{name}"), &json!({ "Entrypoint": ["/program"], "Cmd": [] }));
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o755);
    archive.append_data(&mut header, Path::new("program"), bytes).expect("an archive");
    let archive = archive.into_inner().expect("an archive");
    let path = format!("/containers/{}/archive?path=/", container.id);
    assert!(matches!(docker.request("PUT", &path, "application/x-tar", &archive), Ok((200, _))));
    // Some runtimes refuse it, others say so in its log.
    drop(docker.request("POST", &format!("/containers/{}/start", container.id), "", b""));
    container.wait_until("its end", |now| now["State"]["Running"] == false && now["State"]["ExitCode"] != 0);
    container
}

#[test]
fn programs_that_the_kernel_cannot_run_are_told_apart() {
    let Some(docker) = docker::engine() else { return };
    // A header of ELF for another machine, AArch64 or x86-64, whichever this one is not.
    let other = if cfg!(target_arch = "aarch64") { 0x3e } else { 0xb7 };
    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0".to_vec();
    elf.extend([other, 0, 1, 0, 0, 0]);
    elf.resize(200, 0);
    is(&docker, &with_program(&docker, "arch", &elf), "exec-format", "another architecture");
    is(&docker, &with_program(&docker, "script", b"#!/nope\necho\n"), "interpreter-missing", "interpreter");
}

#[test]
fn an_end_is_explained_by_who_caused_it() {
    let Some(docker) = docker::engine() else { return };
    let docker = &docker;
    let (none, limit) = (json!({}), json!({ "Memory": 16 << 20, "MemorySwap": 16 << 20 }));
    is(docker, &ended(docker, "well", "true", &none), "done", "Exit 0");
    is(docker, &ended(docker, "code", "exit 3", &none), "exit", "Exit 3: the program ended by itself");
    is(docker, &ended(docker, "missing", "nope", &none), "command-missing", "Exit 127");
    is(docker, &ended(docker, "signal", "sh -c 'kill -SEGV $$'; exit $?", &none), "signal", "Exit 139 (SIGSEGV)");
    let eats = "a=x; while :; do a=$a$a; done";
    is(docker, &ended(docker, "oom", eats, &limit), "out-of-memory", "its own memory limit of 16M");

    let sleeper = docker.run("why-asked", "trap 'exit 143' TERM; while :; do sleep 0.1; done");
    sleeper.post("stop");
    sleeper.wait_status("exited");
    is(docker, &sleeper, "asked", "Exit 143 (SIGTERM): it was stopped on request");
    let stubborn = docker.run("why-stubborn", "trap '' TERM; while :; do sleep 0.1; done");
    stubborn.wait_until("it runs", |now| now["State"]["Running"] == true);
    stubborn.post("stop?t=1");
    is(docker, &stubborn, "asked", "did not end in time, so the engine killed it");

    let plain = why(docker.host(), &[&sleeper.id[..12]]);
    let text = String::from_utf8_lossy(&plain.stdout).into_owned();
    assert!(text.starts_with(&format!("{}: Exit 143", sleeper.name)) && text.contains("\nevidence\n  - "), "{text}");
    let nobody = why(docker.host(), &["bowline-test-nobody"]);
    assert_eq!(nobody.status.code(), Some(125));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("no such container"), "{nobody:?}");
}

#[test]
fn the_last_lines_tell_what_may_be_the_reason() {
    let Some(docker) = docker::engine() else { return };
    let docker = &docker;
    let none = json!({});
    let small = json!({ "Tmpfs": { "/t": "size=64k" } });
    is(
        docker,
        &ended(docker, "disk", "dd if=/dev/zero of=/t/x bs=1k count=200", &small),
        "disk-full",
        "disk that is full",
    );
    let few = json!({ "Tmpfs": { "/t": "size=1m,nr_inodes=3" } });
    is(docker, &ended(docker, "inodes", "touch /t/1 && touch /t/2 && touch /t/3", &few), "disk-full", "no inodes left");
    is(docker, &ended(docker, "ro", "touch /x", &json!({ "ReadonlyRootfs": true })), "read-only", "(/x)");
    is(docker, &ended(docker, "dns", "wget -q http://nope.invalid/", &none), "dns", "(nope.invalid)");
    let refused = "wget -q http://127.0.0.1:9/";
    is(docker, &ended(docker, "refused", refused, &none), "connection-refused", "which may be why");
    let expired = "echo 'tls: failed to verify certificate: x509: certificate has expired'; exit 1";
    is(docker, &ended(docker, "tls", expired, &none), "certificate-expired", "has expired");
    let skew = "echo 'token used before issued password=hunter2'; exit 1";
    let skewed = ended(docker, "skew", skew, &none);
    is(docker, &skewed, "clock-skew", "a clock that is wrong");
    assert!(!told(docker, &skewed).to_string().contains("hunter2"), "secrets are masked");
}

#[test]
fn what_runs_and_is_not_well_is_explained() {
    let Some(docker) = docker::engine() else { return };
    let docker = &docker;
    let check = |command: &str, more: Value| {
        let mut check = json!({ "Test": ["CMD-SHELL", command], "Interval": 1_000_000_000i64, "Retries": 1 });
        more.as_object().into_iter().flatten().for_each(|(key, value)| check[key] = value.clone());
        json!({ "Cmd": ["sleep", "1000"], "Healthcheck": check })
    };
    let limits = |command: &str, limits: Value| json!({ "Cmd": ["sh", "-c", command], "HostConfig": limits });
    let busy = "while :; do :; done";
    let loops = json!({ "Cmd": ["sh", "-c", "exit 3"], "HostConfig": { "RestartPolicy": { "Name": "always" } } });
    let made: Vec<TestContainer> = [
        ("sick", check("echo no database; exit 7", json!({}))),
        ("new", check("exit 7", json!({ "StartPeriod": 600_000_000_000i64 }))),
        ("loop", loops),
        ("slow", limits(busy, json!({ "NanoCpus": 50_000_000 }))),
        (
            "full",
            limits(
                "dd if=/dev/zero of=/t/x bs=1M count=30; sleep 1000",
                json!({ "Memory": 32 << 20, "MemorySwap": 32 << 20, "Tmpfs": { "/t": "size=64m" } }),
            ),
        ),
        ("pids", limits("for i in 1 2 3 4 5 6 7 8; do sleep 1000 & done; wait", json!({ "PidsLimit": 10 }))),
        ("paused", json!({})),
    ]
    .into_iter()
    .map(|(name, request)| {
        let container = docker.create(&format!("why-{name}"), &request);
        container.start();
        container
    })
    .collect();
    let [sick, new, looping, slow, full, pids, paused] = &made[..] else { panic!("seven were made") };
    paused.post("pause");
    is(docker, paused, "paused", "somebody paused it");
    is(docker, sick, "health", "Unhealthy: the health check fails with exit 7");
    let answer = told(docker, sick).to_string();
    assert!(answer.contains("no database") && answer.contains("health check: echo no database; exit 7"), "{answer}");
    is(docker, new, "health-starting", "in the start period of 10 min");
    is(docker, looping, "exit", "last exit 3");
    let answer = told(docker, looping).to_string();
    assert!(answer.contains("Crash loop") && answer.contains("restart policy: always"), "{answer}");
    is(docker, slow, "throttled", "It is slow: throttled in");
    is(docker, full, "memory-near-limit", "of 32M");
    is(docker, pids, "processes-near-limit", "of at most 10 processes");
}

#[test]
fn what_was_never_started_tells_what_it_waits_for() {
    let Some(docker) = docker::engine() else { return };
    let labels = |service: &str, needs: &str| {
        json!({ "Labels": {
            "bowline-test": std::process::id().to_string(),
            "com.docker.compose.project": format!("why{}", std::process::id()),
            "com.docker.compose.service": service,
            "com.docker.compose.depends_on": needs,
        } })
    };
    let web = docker.create("why-web", &labels("web", "db:service_started:false"));
    is(&docker, &web, "dependency-missing", "it needs the service db, which has no container");
    let image = format!("{}why-image-{}", docker::PREFIX, std::process::id());
    let plain = docker.create("why-plain", &json!({}));
    docker.must("POST", &format!("/commit?container={}&repo={image}", plain.id), &Value::Null);
    let orphan = docker.create("why-orphan", &json!({ "Image": image }));
    docker.must("DELETE", &format!("/images/{image}?force=1"), &Value::Null);
    is(&docker, &orphan, "image-gone", "is gone from the engine, which may be why");
    let db = docker.create("why-db", &labels("db", ""));
    is(&docker, &web, "dependency", &format!("it waits for {}", db.name));
    is(&docker, &db, "never-started", "no attempt to start it is known");
}
