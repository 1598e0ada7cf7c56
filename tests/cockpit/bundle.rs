//! `bowline bundle`: the true program, on the real Docker and on the embedded engine. Planted secrets are in none of its bytes.

use crate::support::docker::{self, Docker, TestContainer};
use crate::support::wait::until;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// In a variable, an address, a label, a command line, the name, and lines of the log.
const SECRETS: [&str; 6] =
    ["swordfish9", "opensesame77", "labelsecret123", "argsecret4242", "logtoken98765", "abcdef0123456789"];

fn bowline(host: &str, args: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
    command.env_remove("DOCKER_HOST").env_remove("CONTAINER_HOST").args(["--host", host, "bundle"]).args(args);
    command.current_dir(folder).stdin(Stdio::null()).output().expect("the program starts")
}

/// A container with secrets in all that tells of it.
fn planted(docker: &Docker) -> TestContainer {
    let script = "i=0; while [ $i -lt 150 ]; do i=$((i+1)); echo \"line $i\"; done; \
        echo '{\"level\":\"info\",\"token\":\"logtoken98765\"}'; echo connecting with swordfish9; \
        echo 'Authorization: Bearer abcdef0123456789' >&2; \
        echo bare labelsecret123 opensesame77 logtoken98765; exec sleep 1000";
    let container = docker.create(
        "bundle-swordfish9",
        &json!({
            "Cmd": ["sh", "-c", script, "--", "--password", "argsecret4242"],
            "Env": ["DB_PASSWORD=swordfish9", "DATABASE_URL=postgres://app:opensesame77@db/x", "PATH=/bin:/usr/bin"],
            "Labels": { "api.token": "labelsecret123" },
        }),
    );
    container.start();
    container
}

/// The files of a bundle, by their names.
fn unpacked(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let packed = std::fs::File::open(path).expect("the bundle is there");
    let mut bytes = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(packed).expect("Zstandard").read_to_end(&mut bytes).expect("whole");
    let mut archive = tar::Archive::new(bytes.as_slice());
    let entries = archive.entries().expect("a tar archive").map(|entry| {
        let mut entry = entry.expect("an entry");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("its content");
        (entry.path().expect("a name").display().to_string(), content)
    });
    entries.collect()
}

/// Makes a bundle of it, and looks into all of it.
fn is_bundled_and_masked(docker: &Docker) {
    let container = planted(docker);
    let folder = tempfile::tempdir().expect("a folder");
    until("its lines", || {
        let log = format!("/containers/{}/logs?stdout=1", container.id);
        docker.request("GET", &log, "", b"").is_ok_and(|(_, body)| String::from_utf8_lossy(&body).contains("bare"))
    });
    let output = bowline(docker.host(), &[&container.id, "--since", "15m"], folder.path());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{output:?}");
    let names: Vec<String> = std::fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    let [name] = names.as_slice() else { panic!("{names:?}") };
    assert!(said.starts_with(name.as_str()) && name.ends_with(".tar.zst"), "{said}");
    let files = unpacked(&folder.path().join(name));
    for secret in SECRETS {
        assert!(!name.contains(secret) && !said.contains(secret), "{secret} in {name}");
        for (file, content) in &files {
            let found = memchr::memmem::find(content, secret.as_bytes()).is_some();
            assert!(!found && !file.contains(secret), "{secret} in {file}");
        }
    }
    let part = |wanted: &str| {
        let found = files.iter().find(|(file, _)| file.ends_with(&format!("/{wanted}")));
        String::from_utf8_lossy(found.unwrap_or_else(|| panic!("{wanted}: {:?}", files.keys())).1).into_owned()
    };
    let log = part("log.txt");
    assert!(log.contains(" stdout line 1\n") && log.contains("connecting with ••••\n"), "{log}");
    assert!(log.contains(" stderr Authorization: "), "{log}");
    assert!(part("inspect.json").contains("DB_PASSWORD=••••") && part("events.json").contains("started"));
    assert!(part("processes.json").contains("sleep 1000") && part("usage.json").contains("memory_bytes"));
    assert!(part("why.json").contains("\"kind\"") && part("index.html").contains("connecting with ••••"));
    let index: serde_json::Value = serde_json::from_str(&part("index.json")).expect("JSON");
    for listed in index["parts"].as_array().expect("parts") {
        match listed["file"].as_str() {
            Some(file) => assert_eq!(listed["bytes"], part(file).len(), "{file}"),
            None => assert!(listed["missing"].as_str().is_some_and(|why| !why.is_empty()), "{listed}"),
        }
    }
}

#[test]
fn a_bundle_of_docker_holds_all_that_tells_of_a_container_and_no_secret() {
    let Some(docker) = docker::engine() else { return };
    is_bundled_and_masked(&docker);
}

/// An embedded engine that ends with the test.
struct Embedded(Child);

impl Drop for Embedded {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_bundle_of_the_embedded_engine_holds_all_that_tells_of_a_container_and_no_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("engine.sock");
    let host = format!("unix://{}", socket.display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
    command.args(["engine", "--synthetic", "1", "--listen", &host]).stderr(Stdio::null());
    let _engine = Embedded(command.spawn().expect("the program starts"));
    until("the engine", || Docker::answers(&socket));
    is_bundled_and_masked(&Docker::at(host));
}

#[test]
fn a_file_is_never_overwritten_and_a_wrong_span_is_said() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("bundle-file", "exec sleep 1000");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("mine"), "kept").expect("written");
    let output = bowline(docker.host(), &[&container.name, "--output", "mine"], folder.path());
    assert_eq!(output.status.code(), Some(125), "{output:?}");
    assert_eq!(std::fs::read_to_string(folder.path().join("mine")).expect("there"), "kept");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1, "no part is left");
    let output = bowline(docker.host(), &[&container.name, "--since", "soon"], folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("try 90s, 15m, 1h30m or 2d"), "{output:?}");
}
