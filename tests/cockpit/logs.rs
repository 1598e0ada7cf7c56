//! `bowline logs`: the logs of containers as one, reduced to the lines that matter, for people and pipes.

use crate::support::docker;
use crate::support::pty::Setup;
use crate::support::wait::{until, until_some};
use serde_json::json;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

fn logs(host: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
    command.env_remove("DOCKER_HOST").env_remove("CONTAINER_HOST").args(["--host", host, "logs"]).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Exit code, output and what was said.
fn done(host: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = logs(host, args).output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (status.code(), text(stdout), text(stderr))
}

fn printed(host: &str, args: &[&str]) -> String {
    let (code, out, said) = done(host, args);
    assert_eq!((code, said.as_str()), (Some(0), ""), "{args:?}");
    out
}

fn wait(child: &mut Child) -> Option<i32> {
    until_some("its end", || child.try_wait().expect("it can be waited for")).code()
}

/// Runs to its end: all has been written.
fn ended(docker: &docker::Docker, name: &str, script: &str) -> docker::TestContainer {
    let container = docker.run(name, script);
    container.wait_until("ended", |now| now["State"]["Status"] == "exited");
    container
}

const ONE: &str = r#"echo 'INFO starting'; echo '{"level":"error","msg":"no disk","status":507}'; sleep 0.3; echo 'user=alice level=warn status=404 took=3ms'"#;

#[test]
fn a_line_must_pass_all_filters_and_the_exit_code_tells_whether_one_did() {
    let Some(docker) = docker::engine() else { return };
    let one = ended(&docker, "logs-filters", ONE);
    let (host, name) = (docker.host(), one.name.as_str());
    let count = |args: &[&str]| {
        let (code, out, said) = done(host, &[&[name], args].concat());
        assert_eq!((code, said.as_str()), (Some(i32::from(out.is_empty())), ""), "{args:?}");
        out.lines().count()
    };
    for (args, lines) in [
        (&["--grep", "starting"][..], 1),
        (&["--grep", "STARTING"], 0),
        (&["-v", "disk"], 2),
        (&["--level", "error"], 1),
        (&["--level", "warn"], 2),
        (&["--field", "status>=500"], 1),
        (&["--field", "status>=400", "--grep", "alice"], 1),
        (&["--grep", "nobody"], 0),
        (&["--grep", "disk", "-C", "1"], 3),
        (&["--tail", "1"], 1),
        (&["--tail", "1", "--grep", "disk"], 0),
        (&["--since", "1h"], 3),
    ] {
        assert_eq!(count(args), lines, "{args:?}");
    }
    assert_eq!(done(host, &[name, "--until", "1h"]), (Some(0), String::new(), String::new()), "without a filter");
}

#[test]
fn what_cannot_be_meant_is_one_sentence() {
    let Some(docker) = docker::engine() else { return };
    for (args, words) in [
        (&["x", "--grep", "("][..], "--grep (: unclosed group"),
        (&["x", "--since", "soon"], "--since: 'soon' is not a time"),
        (&["x", "--level", "loud"], "--level loud: expected trace, debug"),
        (&["x", "--field", "status"], "--field status: write a name, a sign"),
        (&["x", "-C", "3"], "--context needs a filter"),
        (&["x", "--since", "1m", "--until", "2m"], "--since is later than --until"),
    ] {
        let (code, out, said) = done(docker.host(), args);
        assert_eq!((code, out.as_str(), said.lines().count()), (Some(2), "", 1), "{args:?}: {said}");
        assert!(said.contains(words), "{said}");
    }
    for (name, words) in [("bowline-test-nobody", "no such container"), ("project:nobody", "it has no container")] {
        let (code, _, said) = done(docker.host(), &[name]);
        assert!(code == Some(125) && said.contains(words), "{code:?} {said}");
    }
}

#[test]
fn several_logs_are_merged_by_time_with_their_names() {
    let Some(docker) = docker::engine() else { return };
    let labels = json!({ "Labels": { "com.docker.compose.project": "bowline-test-logs" } });
    let talks = |name: &str, said: &str| {
        let script = format!("for n in 1 2 3; do echo {said} $n; sleep 0.4; done");
        let mut request = labels.clone();
        request["Cmd"] = json!(["sh", "-c", script]);
        let container = docker.create(name, &request);
        container.start();
        container
    };
    let all = [talks("logs-a", "this"), talks("logs-b", "that")];
    all.iter().for_each(|one| one.wait_until("ended", |now| now["State"]["Status"] == "exited"));
    let out = printed(docker.host(), &[&all[0].name, &all[1].name, "-t"]);
    let told = |line: &str| Some((line.split(" | ").nth(1)?.split(' ').next()?.to_string(), line.to_string()));
    let lines: Vec<(String, String)> = out.lines().filter_map(told).collect();
    assert_eq!(lines.len(), 6, "{out}");
    assert!(lines.windows(2).all(|pair| pair[0].0 <= pair[1].0), "by time: {out}");
    let starts = |name: &str| lines.iter().filter(|(_, line)| line.starts_with(name)).count();
    assert_eq!((starts(&all[0].name), starts(&all[1].name)), (3, 3), "{out}");
    assert!(!out.contains('\x1b'), "colours are for terminals");
    assert_eq!(printed(docker.host(), &["project:bowline-test-logs", "--grep", "2$"]).lines().count(), 2);
}

#[test]
fn each_line_can_be_an_object() {
    let Some(docker) = docker::engine() else { return };
    let one = ended(&docker, "logs-json", ONE);
    let out = printed(docker.host(), &[&one.name, "--json"]);
    let lines: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!((&lines[0]["message"], &lines[0]["container"]), (&json!("starting"), &json!(one.name)));
    assert_eq!((&lines[1]["message"], &lines[1]["level"]), (&json!("no disk"), &json!("error")));
    assert_eq!(lines[1]["fields"]["status"], 507);
    assert_eq!((&lines[2]["fields"]["took"], &lines[2]["stream"]), (&json!("3ms"), &json!("stdout")));
    assert!(out.starts_with("{\"time\":\"20"), "{out}");
}

/// What a container writes acts on nobody's terminal; colours are colours there, and nowhere else.
#[test]
fn lines_are_asked_in_sql_and_the_answer_is_columns_json_or_csv() {
    let Some(docker) = docker::engine() else { return };
    let one = ended(&docker, "logs-sql", ONE);
    let (host, name) = (docker.host(), one.name.as_str());
    let by_level = "SELECT level, count(*) AS n, max(status) AS status FROM log GROUP BY level ORDER BY level";
    let columns = "level  n  status\nerror  1     507\ninfo   1    NULL\nwarn   1     404\n";
    assert_eq!(printed(host, &[name, "--sql", by_level]), columns);
    let csv = printed(host, &[name, "--level", "warn", "--csv", "--sql", by_level]);
    assert_eq!(csv, "level,n,status\nerror,1,507\nwarn,1,404\n", "filters come first");
    let json = printed(host, &[name, "--json", "--sql", "SELECT container, took FROM log WHERE user = 'alice'"]);
    assert_eq!(json, format!("{{\"container\":\"{name}\",\"took\":3.0}}\n"), "3ms is a number");
    let (code, out, said) = done(host, &[name, "--sql", "SELECT statuss FROM log"]);
    assert_eq!((code, out.as_str()), (Some(125), ""), "{said}");
    assert!(said.contains("no such column: statuss") && said.contains("perhaps status is meant"), "{said}");
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    let mut child = logs(host, &[name, "--sql", endless]).spawn().expect("the program starts");
    // It has read the log as soon as the signal can be heard, or ends before: both are an end by the signal.
    until("it runs", || {
        std::fs::read_to_string(format!("/proc/{}/status", child.id())).is_ok_and(|text| catches_int(&text))
    });
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT)
        .expect("the signal is sent");
    assert_eq!(wait(&mut child), Some(130));
}

/// True if a process has a handler for SIGINT, by what the kernel says of it.
fn catches_int(status: &str) -> bool {
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 2 != 0)
}

#[test]
fn escape_sequences_reach_no_terminal_and_colours_only_a_terminal() {
    let Some(docker) = docker::engine() else { return };
    let one = ended(&docker, "logs-escapes", r"printf 'a\033]0;owned\007\033[31mred\033[0m\033[?1049hb\n'");
    assert_eq!(printed(docker.host(), &[&one.name]), "aredb\n");
    assert_eq!(printed(docker.host(), &[&one.name, "--raw"]), "a\x1b]0;owned\x07\x1b[31mred\x1b[0m\x1b[?1049hb\n");
    for (more, no_color, red) in [(&[][..], "", true), (&["--no-color"], "", false), (&[], "1", false)] {
        let args = [&["--host", docker.host(), "logs", &one.name], more].concat();
        let mut terminal = Setup::new(env!("CARGO_BIN_EXE_bowline")).args(&args).env("NO_COLOR", no_color).start();
        terminal.wait_exit();
        let bytes = terminal.raw_bytes();
        let has = |part: &[u8]| memchr::memmem::find(&bytes, part).is_some();
        assert_eq!(has(b"\x1b[38;5;1mred"), red, "{:?}", String::from_utf8_lossy(&bytes));
        assert!(has(b"red") && !has(b"owned") && !has(b"\x1b[?1049h"), "{:?}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn what_is_followed_goes_on_across_a_restart_and_an_interrupt_ends_it() {
    let Some(docker) = docker::engine() else { return };
    let one = docker.run("logs-follow", "echo no; echo begin; while :; do sleep 600; done");
    let mut child = logs(docker.host(), &["-f", &one.name, "--grep", "begin"]).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut next = || lines.next().expect("a line").expect("text");
    assert_eq!(next(), "begin");
    one.kill();
    one.wait_until("ended", |now| now["State"]["Status"] == "exited");
    one.start();
    assert_eq!(next(), "begin");
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).expect("signalled");
    assert_eq!(wait(&mut child), Some(130));
    let mut said = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    assert_eq!(said, "");
}

#[test]
fn a_reader_that_leaves_ends_it_without_a_word() {
    let Some(docker) = docker::engine() else { return };
    let one = docker.run("logs-pipe", "seq 1 200000; sleep 600");
    until("enough lines", || printed(docker.host(), &["-n", "1", &one.name]) == "200000\n");
    let mut child = logs(docker.host(), &[&one.name]).spawn().expect("it starts");
    let mut some = [0; 64];
    child.stdout.take().expect("a pipe").read_exact(&mut some).expect("output");
    assert_eq!(wait(&mut child), Some(128 + 13));
    let mut said = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    assert_eq!(said, "");
}

/// One log waits for another: it is closed and read again, and no line is lost or comes twice.
#[test]
fn a_log_that_is_far_ahead_of_another_is_read_on_when_that_one_has_caught_up() {
    let Some(docker) = docker::engine() else { return };
    let sizes = json!({ "LogConfig": { "Type": "json-file", "Config": { "max-size": "200m" } } });
    let writes = |name: &str, script: &str| {
        let container = docker.create(name, &json!({ "Cmd": ["sh", "-c", script], "HostConfig": sizes.clone() }));
        container.start();
        container.wait_until("ended", |now| now["State"]["Status"] == "exited");
        container
    };
    // All of the first are older than all of the second.
    let line = "of some length, so that not too many of them are needed for a megabyte or two, or even three of those";
    let old = writes("logs-old", &format!("awk 'BEGIN {{ for (n = 1; n <= 60000; n++) print n, \"{line}\" }}'"));
    let long = format!("awk 'BEGIN {{ for (n = 1; n <= 250000; n++) print n, \"{line}\" }}'");
    let new = writes("logs-new", &long);
    let out = printed(docker.host(), &[&new.name, &old.name]);
    let number = |name: &str, line: &str| {
        line.strip_prefix(name)?.trim_start_matches([' ', '|']).split(' ').next()?.parse::<u32>().ok()
    };
    let numbers = |name: &str| out.lines().filter_map(|line| number(name, line)).collect::<Vec<u32>>();
    assert!(numbers(&old.name).into_iter().eq(1..=60_000), "of the old one");
    assert!(numbers(&new.name).into_iter().eq(1..=250_000), "of the new one");
    assert!(out.lines().take(60_000).all(|line| line.starts_with(&old.name)), "the old one comes first");
}
