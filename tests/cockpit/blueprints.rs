//! `bowline blueprint` and `bowline up --dry-run`, as they are called from a shell. No engine is asked.

use std::path::Path;
use std::process::{Command, Output};

fn bowline(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
    command.args(words).current_dir(folder);
    // Nothing of the machine's own is found, and no engine is.
    command
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env("HOME", folder)
        .env("DOCKER_HOST", "unix:///nowhere.sock");
    command.output().expect("it runs")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, text).expect("written");
}

#[test]
fn the_example_that_new_prints_is_accepted_by_check() {
    let folder = tempfile::tempdir().expect("a folder");
    let example = bowline(folder.path(), &["blueprint", "new"]);
    assert!(example.status.success());
    write(&folder.path().join("web.toml"), &out(&example));
    let checked = bowline(folder.path(), &["blueprint", "check", "web.toml"]);
    assert_eq!((checked.status.code(), out(&checked)), (Some(0), "web.toml: no mistakes\n".into()));
}

#[test]
fn check_tells_all_mistakes_of_all_files_and_exits_with_1() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("one.toml"), "[container]\nimge = \"nginx\"\n\n[resources]\npids = \"many\"\n");
    write(
        &folder.path().join("two.toml"),
        "[container]\nimage = \"nginx\"\n[[urls]]\nname = \"a\"\nurl = \"http://{hots}/\"\n",
    );
    let checked = bowline(folder.path(), &["blueprint", "check", "one.toml", "two.toml"]);
    let told = out(&checked);
    assert_eq!(checked.status.code(), Some(1));
    for place in ["one.toml:1:2: ", "one.toml:2:1: ", "one.toml:5:8: ", "two.toml:5:7: "] {
        assert!(told.lines().any(|line| line.starts_with(place)), "{place}\n{told}");
    }
    assert!(told.contains("did you mean 'image'?"), "{told}");
}

#[test]
fn a_file_of_the_project_is_listed_beside_those_that_bowline_carries_and_a_broken_one_hides_none() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join(".bowline/web.toml"), "description = \"Pages\"\n[container]\nimage = \"nginx\"\n");
    write(&folder.path().join(".bowline/broken.toml"), "[container\n");
    let inner = folder.path().join("src/deep");
    std::fs::create_dir_all(&inner).expect("made");
    let listed = bowline(&inner, &["blueprint", "list"]);
    let told = out(&listed);
    assert!(listed.status.success(), "{}", err(&listed));
    for name in ["web", "broken", "code-server", "debug-host", "app-builder", "sandbox", "sandbox-light"] {
        assert!(told.lines().any(|line| line.split(' ').next() == Some(name)), "{name}\n{told}");
    }
    let listed = bowline(&inner, &["blueprint", "list", "--json"]);
    let rows: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let names: Vec<&str> = rows.as_array().expect("a list").iter().filter_map(|row| row["name"].as_str()).collect();
    assert!(names.contains(&"web") && names.contains(&"sandbox"), "{names:?}");
}

#[test]
fn show_prints_toml_that_means_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let words = ["blueprint", "show", "debug-host", "--set", "type=php", "--project", "shop"];
    let shown = bowline(folder.path(), &words);
    assert!(shown.status.success(), "{}", err(&shown));
    write(&folder.path().join("again.toml"), &out(&shown));
    let table: toml::Table = out(&shown).parse().expect("TOML");
    assert_eq!(table["container"]["image"].as_str(), Some("php:8.2-cli"));
    assert_eq!(table["network"]["subnet"].as_str(), Some("172.28.0.0/16"));
    let checked = bowline(folder.path(), &["blueprint", "check", "again.toml"]);
    assert_eq!(checked.status.code(), Some(0), "{}", out(&checked));
}

#[test]
fn a_dry_run_tells_what_would_be_made_and_what_it_opens_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let words =
        ["up", "code-server", "--project", "shop", "--set", "password=hunter2", "--set", "workspace=.", "--dry-run"];
    let planned = bowline(folder.path(), &words);
    let told = out(&planned);
    assert!(planned.status.success(), "{}", err(&planned));
    assert!(
        told.contains("vscode-remote-network") && told.contains("docker run --detach --name code-server-shop-"),
        "{told}"
    );
    assert!(told.contains("capabilities: NET_BIND_SERVICE"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    let whole = folder.path().canonicalize().expect("it is there");
    assert!(told.contains(&format!("{} of the host can be read and written", whole.display())), "{told}");
}

#[test]
fn a_dry_run_of_many_has_a_name_for_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let planned = bowline(folder.path(), &["up", "sandbox", "--count", "50", "--dry-run", "--json"]);
    assert!(planned.status.success(), "{}", err(&planned));
    let names = out(&planned)
        .lines()
        .map(|line| {
            let plan: serde_json::Value = serde_json::from_str(line).expect("JSON");
            plan["name"].as_str().expect("a name").to_string()
        })
        .collect::<std::collections::BTreeSet<String>>();
    assert_eq!(names.len(), 50);
}

#[test]
fn what_is_no_blueprint_and_no_value_is_a_wrong_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = |words: &[&str]| {
        let output = bowline(folder.path(), words);
        (output.status.code(), err(&output))
    };
    let (code, told) = wrong(&["up", "sandbx", "--dry-run"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("no blueprint is called 'sandbx'; did you mean 'sandbox'?"), "{told}");
    let (code, told) = wrong(&["up", "sandbox", "--set", "imgae=x", "--dry-run"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("variable 'imgae' is not known; did you mean 'image'?"), "{told}");
    let (code, told) = wrong(&["up", "sandbox", "--set", "image", "--dry-run"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("write NAME=VALUE"), "{told}");
    let (code, told) = wrong(&["up", "sandbox", "--project", "a b", "--dry-run"]);
    assert_eq!(code, Some(2), "{told}");
}

/// A blueprint that the embedded engine can run.
fn small(folder: &Path, more: &str) {
    let text = format!(
        "[container]\nimage = \"busybox:1.36\"\nname = \"small-{{id}}\"\ncommand = [\"sleep\", \"60\"]\n{more}"
    );
    write(&folder.join(".bowline/small.toml"), &text);
}

#[test]
fn up_makes_containers_and_tells_each_as_an_object() {
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path(), "");
    let ran = bowline(folder.path(), &["--demo", "up", "small", "--count", "3", "--json"]);
    assert_eq!(ran.status.code(), Some(0), "{}\n{}", out(&ran), err(&ran));
    let objects: Vec<serde_json::Value> =
        out(&ran).lines().map(|line| serde_json::from_str(line).expect("an object on each line")).collect();
    assert_eq!(objects.len(), 3);
    for object in &objects {
        assert_eq!(object["result"], "made", "{object}");
        assert!(
            object["id"].is_string() && object["name"].as_str().is_some_and(|name| name.starts_with("small-")),
            "{object}"
        );
        let stages = object["stages"].as_array().expect("stages");
        assert!(stages.iter().any(|stage| stage["name"] == "start" && stage["state"] == "done"), "{object}");
    }
}

#[test]
fn a_run_that_fails_exits_with_1_and_tells_what_was_taken_back() {
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path(), "[commands]\nafter_start = [\"exit 3\"]\n");
    let ran = bowline(folder.path(), &["--demo", "up", "small", "--json"]);
    assert_eq!(ran.status.code(), Some(1), "{}\n{}", out(&ran), err(&ran));
    let object: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("an object");
    assert_eq!(object["result"], "failed");
    assert!(object["problem"]["cause"].as_str().is_some_and(|cause| cause.contains("exit code 3")), "{object}");
    let ran = bowline(folder.path(), &["--demo", "up", "small"]);
    assert!(ran.status.code() == Some(1) && err(&ran).contains("exit code 3"), "{}", err(&ran));
}
