//! `bowline audit` on the real Docker.

use crate::support::docker::{self, Docker, TestContainer};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn audit(docker: &Docker, config: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
    command.env_remove("DOCKER_HOST").env_remove("CONTAINER_HOST").env("XDG_CONFIG_HOME", config);
    command.args(["--host", docker.host(), "audit"]).args(args);
    command.stdin(Stdio::null()).output().expect("the program starts")
}

/// The findings of a container, by rule.
fn rules_found(report: &Value, container: &TestContainer) -> Vec<String> {
    let checked = report["checked"].as_array().expect("a list").iter();
    let mut of_it = checked.filter(|one| one["kind"] == "container" && one["name"] == container.name.as_str());
    let findings = of_it.next().expect("the container is checked")["findings"].as_array().expect("a list");
    findings.iter().map(|finding| finding["rule"].as_str().unwrap_or_default().to_string()).collect()
}

fn sleeper(docker: &Docker, name: &str, env: &Value, host_config: &Value) -> TestContainer {
    let request = json!({ "Cmd": ["sleep", "600"], "Env": env, "HostConfig": host_config });
    docker.create(&format!("audit-{name}"), &request)
}

#[test]
fn openings_of_a_container_are_found_and_its_secrets_not_told() {
    let Some(docker) = docker::engine() else { return };
    let config = tempfile::tempdir().unwrap();
    let open = sleeper(
        &docker,
        "open",
        &json!(["API_TOKEN=planted-3f9c0d77"]),
        &json!({
            "Privileged": true, "NetworkMode": "host", "PidMode": "host",
            "Binds": ["/var/run/docker.sock:/var/run/docker.sock", "/etc:/host-etc:ro"],
        }),
    );
    let output = audit(&docker, config.path(), &["--json", &open.name]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    let found = rules_found(&report, &open);
    for rule in
        ["privileged", "engine-socket", "system-path", "host-network", "host-processes", "secret-in-environment"]
    {
        assert!(found.iter().any(|one| one == rule), "{rule} is missing in {found:?}");
    }
    assert!(!String::from_utf8_lossy(&output.stdout).contains("planted-3f9c0d77"));
    assert!(report["checked"].as_array().unwrap().iter().any(|one| one["kind"] == "image"), "its image is checked too");
}

#[test]
fn the_exit_code_says_whether_something_is_as_bad_as_asked() {
    let Some(docker) = docker::engine() else { return };
    let config = tempfile::tempdir().unwrap();
    let shut = json!({
        "CapDrop": ["ALL"], "SecurityOpt": ["no-new-privileges"], "Memory": 64 << 20, "PidsLimit": 50,
        "NanoCpus": 500_000_000, "NetworkMode": "none", "ReadonlyRootfs": true,
    });
    let shut = sleeper(&docker, "shut", &json!([]), &shut);
    let code = |args: &[&str]| audit(&docker, config.path(), args).status.code();
    assert_eq!(code(&["--fail-on", "high", &shut.name]), Some(0));
    assert_eq!(code(&["--fail-on", "medium", &shut.name]), Some(1), "it runs as root");
    let rules = config.path().join("bowline/rules");
    std::fs::create_dir_all(&rules).unwrap();
    let waiver =
        "[[waivers]]\nrule = \"root-user\"\nname = \"bowline-test-*\"\nreason = \"a test\"\nuntil = \"2999-01-01\"\n";
    std::fs::write(rules.join("mine.toml"), waiver).unwrap();
    assert_eq!(code(&["--fail-on", "medium", &shut.name]), Some(0), "that is waived");
    std::fs::write(rules.join("mine.toml"), "[[rules]]\nid = \"x\"\n").unwrap();
    let wrong = audit(&docker, config.path(), &[&shut.name]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("mine.toml:1: "), "{wrong:?}");
    assert_eq!(code(&["bowline-test-nobody"]), Some(2), "the file of rules is read first");
    std::fs::remove_file(rules.join("mine.toml")).unwrap();
    assert_eq!(code(&["bowline-test-nobody"]), Some(125));
}

#[test]
fn sarif_has_a_rule_and_a_place_for_each_result() {
    let Some(docker) = docker::engine() else { return };
    let config = tempfile::tempdir().unwrap();
    let plain = sleeper(&docker, "sarif", &json!([]), &json!({}));
    let output = audit(&docker, config.path(), &["--sarif", &plain.name]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    let run = &report["runs"][0];
    let known: Vec<&Value> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        assert!(known.contains(&&result["ruleId"]), "{result}");
        assert!(result["locations"][0]["logicalLocations"][0]["name"].is_string(), "{result}");
    }
}
