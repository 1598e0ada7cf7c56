//! Terminals through the `docker` command line in a terminal of its own: what a person would type and see.

use std::process::Stdio;

use bowline_embedded::Scenario;
use tokio::io::AsyncWriteExt;

use super::docker_cli::absent;
use super::support::{Served, get, is_alive, launch, post, serve};
use crate::support::pty::{Screen, Setup, Terminal};
use crate::support::wait::eventually;

const FOREVER: &str = "while :; do sleep 0.2; done";

fn docker(served: &Served, words: &[&str]) -> Terminal {
    let host = format!("unix://{}", served.path.display());
    Setup::new("docker").args(&["-H", &host]).args(words).size(80, 24).start()
}

async fn in_terminal(served: &Served, words: &[&str], act: impl FnOnce(&mut Terminal) + Send + 'static) -> u32 {
    let mut terminal = docker(served, words);
    let acting = tokio::task::spawn_blocking(move || {
        act(&mut terminal);
        terminal.wait_exit().exit_code()
    });
    acting.await.expect("no panic")
}

/// Waits for a line that a shell wrote; its prompt may stand before it when it was typed to early.
fn hears(terminal: &Terminal, line: &str) {
    let is = |row: &String| row.trim_start_matches("ready> ") == line;
    terminal.wait_until(line, |screen| screen.rows().iter().any(is));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shell_has_a_terminal_of_the_right_size_signals_and_an_exit_code() {
    if absent() {
        return;
    }
    let served = serve(Scenario::empty()).await;
    launch(&served.engine, "bowline-test-shell", FOREVER).await;
    let words = ["exec", "-it", "-e", "PS1=ready> ", "bowline-test-shell", "sh"];
    let code = in_terminal(&served, &words, |terminal| {
        terminal.wait_for("ready>");
        terminal.type_keys("while [ \"$(stty size)\" != '24 80' ]; do :; done; echo size is right<enter>");
        hears(terminal, "size is right");
        terminal.resize(60, 20);
        terminal.type_keys("while [ \"$(stty size)\" != '20 60' ]; do :; done; echo size is new<enter>");
        hears(terminal, "size is new");
        // What says "go" is what is to be interrupted, so that it is in the foreground by then.
        terminal.type_keys("sh -c 'echo go; exec sleep 300'<enter>");
        hears(terminal, "go");
        terminal.type_keys("<ctrl-c>");
        let prompt =
            |screen: &Screen| screen.rows().iter().rfind(|row| !row.is_empty()).is_some_and(|row| row == "ready>");
        terminal.wait_until("the shell goes on", prompt);
        terminal.type_keys("exit 7<enter>");
    })
    .await;
    assert_eq!(code, 7);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_with_a_terminal_is_detached_from_and_attached_to_again() {
    if absent() {
        return;
    }
    let served = serve(Scenario::empty()).await;
    let words = ["run", "-it", "--name", "bowline-test-run", "-e", "PS1=ready> ", "img", "sh"];
    in_terminal(&served, &words, |terminal| {
        terminal.wait_for("ready>");
        terminal.type_keys("word=kept; echo $word<enter>");
        hears(terminal, "kept");
        terminal.type_keys("<ctrl-p><ctrl-q>");
    })
    .await;
    let state = get(&served.engine, "/containers/bowline-test-run/json").await.json();
    assert_eq!(state["State"]["Status"], "running");
    let words = ["attach", "--detach-keys", "ctrl-x,x", "bowline-test-run"];
    in_terminal(&served, &words, |terminal| {
        terminal.type_keys("echo is $word<enter>");
        terminal.wait_for("is kept");
        terminal.type_keys("<ctrl-x>x");
    })
    .await;
    let code = in_terminal(&served, &["attach", "bowline-test-run"], |terminal| {
        terminal.type_keys("exit 4<enter>");
    })
    .await;
    assert_eq!(code, 4);
    let code = in_terminal(&served, &["run", "--rm", "-it", "img", "sh", "-c", "exit 5"], |_| {}).await;
    assert_eq!(code, 5);
    let left = get(&served.engine, "/containers/json?all=1").await.json();
    assert_eq!(left.as_array().map(Vec::len), Some(1), "the last one has removed itself: {left}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pipes_go_in_and_come_out_apart() {
    if absent() {
        return;
    }
    let served = serve(Scenario::empty()).await;
    launch(&served.engine, "bowline-test-pipes", FOREVER).await;
    let mut child = tokio::process::Command::new("docker")
        .args(["-H", &format!("unix://{}", served.path.display()), "exec", "-i", "bowline-test-pipes"])
        .args(["sh", "-c", "cat; echo error >&2; exit 3"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("runs");
    let mut input = child.stdin.take().expect("piped");
    input.write_all(&b"line\n".repeat(100_000)).await.expect("writes");
    drop(input);
    let output =
        tokio::time::timeout(super::support::DEADLINE, child.wait_with_output()).await.expect("in time").expect("ends");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 500_000));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error\n");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_ends_the_shells_inside() {
    if absent() {
        return;
    }
    let served = serve(Scenario::empty()).await;
    launch(&served.engine, "bowline-test-inside", FOREVER).await;
    let terminal = docker(&served, &["exec", "-it", "bowline-test-inside", "sh", "-c", "echo pid $$ here; sleep 300"]);
    let (mut terminal, pid) = tokio::task::spawn_blocking(move || {
        let screen = terminal.wait_for("here");
        let pid = screen.row(0).split(' ').nth(1).and_then(|text| text.parse::<i64>().ok()).expect("a number");
        (terminal, pid)
    })
    .await
    .expect("no panic");
    assert!(is_alive(pid));
    assert_eq!(post(&served.engine, "/containers/bowline-test-inside/stop?t=0").await.status, 204);
    eventually("the shell is gone", || async { !is_alive(pid) }).await;
    tokio::task::spawn_blocking(move || terminal.wait_exit()).await.expect("ends");
    served.end().await;
}
