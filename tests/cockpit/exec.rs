//! `bowline exec`: the true program with pipes and in a terminal, on the real Docker.

use crate::support::wait::{until, until_some};
use crate::support::{bowline, docker};
use std::io::{Read, Write};
use std::process::{Child, Command, Output, Stdio};

fn exec(host: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
    command.env_remove("DOCKER_HOST").env_remove("CONTAINER_HOST").args(["--host", host, "exec"]).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn done(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn wait(child: &mut Child) -> Option<i32> {
    until_some("its end", || child.try_wait().expect("it can be waited for")).code()
}

#[test]
fn exit_codes_and_streams_are_the_commands_own() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("exec", "sleep 1000");
    let (host, name) = (docker.host(), container.name.as_str());
    let output = done(&mut exec(
        host,
        &["-e", "A=b c", "-w", "/tmp", name, "--", "sh", "-c", "echo $A; pwd; echo no >&2; exit 7"],
    ));
    assert_eq!(output.status.code(), Some(7));
    assert_eq!((text(&output.stdout), text(&output.stderr)), ("b c\n/tmp\n".into(), "no\n".into()));
    let output = done(&mut exec(host, &[&container.id[..12], "true"]));
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let output = done(&mut exec(host, &[name, "nosuch"]));
    assert!(matches!(output.status.code(), Some(126 | 127)), "{output:?}");
    assert!(text(&output.stderr).contains("not found") && output.stdout.is_empty(), "{output:?}");
    let output = done(&mut exec(host, &["bowline-test-nobody", "true"]));
    assert_eq!(output.status.code(), Some(125));
    assert!(text(&output.stderr).contains("no such container"), "{output:?}");
    let output = done(&mut exec("unix:///nowhere/engine.sock", &[name, "true"]));
    assert_eq!(output.status.code(), Some(125));
    assert!(text(&output.stderr).contains("no socket at"), "{output:?}");
    let output = done(&mut exec(host, &["--read-only", name, "true"]));
    assert_eq!(output.status.code(), Some(125));
    assert!(text(&output.stderr).contains("read-only"), "{output:?}");
    assert_eq!(done(&mut exec(host, &[name])).status.code(), Some(2));
}

#[test]
fn bytes_go_through_pipes_as_they_are() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("exec-pipe", "sleep 1000");
    let sent: Vec<u8> = (0..1_000_003u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut child =
        exec(docker.host(), &[&container.name, "--", "cat"]).stdin(Stdio::piped()).spawn().expect("it starts");
    let (mut input, bytes) = (child.stdin.take().expect("a pipe"), sent.clone());
    let writing = std::thread::spawn(move || input.write_all(&bytes).expect("all is taken"));
    let mut heard = Vec::new();
    child.stdout.take().expect("a pipe").read_to_end(&mut heard).expect("output");
    writing.join().expect("written");
    assert_eq!(wait(&mut child), Some(0));
    assert!(heard == sent, "{} bytes of {}", heard.len(), sent.len());
}

#[test]
fn a_reader_that_leaves_and_an_interrupt_end_the_command_inside() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("exec-ends", "sleep 1000");
    let runs = |command: &str| docker.commands_in(&container.id).iter().any(|line| line == command);
    let mut child = exec(docker.host(), &[&container.name, "--", "yes"]).spawn().expect("it starts");
    let mut some = [0; 4096];
    child.stdout.take().expect("a pipe").read_exact(&mut some).expect("output");
    assert_eq!(wait(&mut child), Some(128 + 13));
    let mut said = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    assert_eq!(said, "");
    until("the end of the flood", || !runs("yes"));
    let mut child = exec(docker.host(), &[&container.name, "--", "sleep", "4200"]).spawn().expect("it starts");
    until("the command", || runs("sleep 4200"));
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).expect("signalled");
    assert_eq!(wait(&mut child), Some(130));
    until("the end of the command", || !runs("sleep 4200"));
}

/// True while whoever writes into a pipe has to wait.
fn takes_nothing(pipe: &std::io::PipeWriter) -> bool {
    use rustix::event::{PollFd, PollFlags, poll};
    poll(&mut [PollFd::new(pipe, PollFlags::OUT)], Some(&rustix::time::Timespec::default())).expect("looked at") == 0
}

#[test]
fn output_that_cannot_be_written_is_told_and_output_that_must_wait_waits() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("exec-full", "sleep 1000");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let output = done(exec(docker.host(), &[&container.name, "--", "echo", "x"]).stdout(full));
    assert_eq!(output.status.code(), Some(125));
    assert!(text(&output.stderr).contains("write the output: No space left"), "{output:?}");
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    rustix::fs::fcntl_setfl(&writer, rustix::fs::OFlags::NONBLOCK).expect("it does not wait");
    let full = writer.try_clone().expect("a pipe");
    let mut child = exec(docker.host(), &[&container.name, "--", "head", "-c", "1000000", "/dev/zero"])
        .stdout(writer)
        .spawn()
        .expect("it starts");
    let mut heard = vec![0; 20 * 4096];
    for part in heard.chunks_mut(4096) {
        until("a pipe that takes nothing more", || takes_nothing(&full));
        reader.read_exact(part).expect("output");
    }
    drop(full);
    reader.read_to_end(&mut heard).expect("output");
    assert_eq!((wait(&mut child), heard.len()), (Some(0), 1_000_000));
}

#[test]
fn a_shell_in_a_terminal_has_its_size_and_gives_the_terminal_back() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("exec-tty", "sleep 1000");
    let mut terminal = bowline(&["exec", "--host", docker.host(), "-it", &container.name]).size(91, 22).start();
    terminal.wait_for("/ #");
    terminal.type_keys("stty size\r");
    terminal.wait_for("22 91");
    terminal.type_keys("sleep 5000\r");
    until("the command", || docker.commands_in(&container.id).iter().any(|line| line == "sleep 5000"));
    terminal.type_keys("\x03");
    until("its end", || !docker.commands_in(&container.id).iter().any(|line| line == "sleep 5000"));
    terminal.resize(70, 20);
    terminal.type_keys("while [ \"$(stty size)\" != '20 70' ]; do sleep 0.05; done; echo fit''ted\r");
    terminal.wait_for("fitted");
    terminal.type_keys("exit 6\r");
    assert_eq!(terminal.wait_exit().exit_code(), 6);
    terminal.terminal_is_given_back().expect("as it was");
}
