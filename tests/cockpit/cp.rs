//! `bowline cp`, and the files of the cockpit with an editor: the true program on the real Docker.

use crate::support::wait::until;
use crate::support::{bowline, docker};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn cp(host: &str, folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
    command.env_remove("DOCKER_HOST").env_remove("CONTAINER_HOST").args(["--host", host, "cp"]).args(args);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn ends(output: &Output, code: i32, says: &str) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let said = text(&output.stderr);
    assert!(if says.is_empty() { said.is_empty() } else { said.contains(says) }, "{said}");
}

#[test]
fn files_go_both_ways_with_codes_and_sentences() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.create("cp", &serde_json::json!({}));
    let scratch = tempfile::tempdir().expect("a folder");
    let run = |args: &[&str]| cp(docker.host(), scratch.path(), args).output().expect("it runs");
    let inside = |path: &str| format!("{}:{path}", container.name);
    std::fs::create_dir(scratch.path().join("tree")).expect("made");
    std::fs::write(scratch.path().join("tree/a"), "one").expect("written");
    // A container that was never started.
    ends(&run(&["tree", &inside("/tmp")]), 0, "");
    ends(&run(&["tree", &inside("/tmp")]), 1, "/tmp/tree: exists already");
    ends(&run(&[&inside("/tmp/tree"), "back"]), 0, "");
    assert_eq!(std::fs::read_to_string(scratch.path().join("back/a")).expect("read"), "one");
    ends(&run(&[&inside("/tmp/tree/."), "back"]), 0, "");
    std::fs::write(scratch.path().join("back/a"), "mine").expect("written");
    ends(&run(&[&inside("/tmp/tree/."), "back"]), 1, "a: exists already");
    ends(&run(&["--overwrite", &inside("/tmp/tree/."), "back"]), 0, "");
    assert_eq!(std::fs::read_to_string(scratch.path().join("back/a")).expect("read"), "one");
    // A link: itself, or what it leads to.
    ends(&run(&[&inside("/bin/ls"), "link"]), 0, "");
    assert!(scratch.path().join("link").symlink_metadata().expect("there").is_symlink());
    ends(&run(&["-L", &inside("/bin/ls"), "program"]), 0, "");
    assert!(scratch.path().join("program").symlink_metadata().expect("there").is_file());
    ends(&run(&[&inside("/nowhere"), "."]), 125, "no such file: /nowhere");
    ends(&run(&["bowline-test-nobody:/x", "."]), 125, "no such container");
    ends(&run(&["nothing-here", &inside("/")]), 125, "nothing-here");
    ends(&run(&["--read-only", "tree", &inside("/new")]), 125, "read-only");
    ends(&run(&["tree", "back"]), 2, "NAME:PATH");
    ends(&run(&[&inside("/tmp"), "none/x"]), 125, "none");
}

#[test]
fn archives_go_through_pipes() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.create("cp-pipe", &serde_json::json!({}));
    let scratch = tempfile::tempdir().expect("a folder");
    let inside = |path: &str| format!("{}:{path}", container.name);
    let feed = |bytes: &[u8], path: &str| {
        let mut child = cp(docker.host(), scratch.path(), &["--overwrite", "-", &inside(path)])
            .stdin(Stdio::piped())
            .spawn()
            .expect("it starts");
        // It may end before it has read all.
        drop(child.stdin.take().expect("a pipe").write_all(bytes));
        child.wait_with_output().expect("it ends")
    };
    let mut builder = tar::Builder::new(Vec::new());
    let content: Vec<u8> = (0..2_000_003u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o640);
    builder.append_data(&mut header, "piped", content.as_slice()).expect("added");
    let archive = builder.into_inner().expect("an archive");
    let unasked =
        cp(docker.host(), scratch.path(), &["-", &inside("/tmp")]).stdin(Stdio::piped()).output().expect("it runs");
    ends(&unasked, 2, "--overwrite");
    ends(&feed(&archive, "/tmp"), 0, "");
    ends(&feed(b"\x1f\x8b\x08\0\0\0\0\0", "/tmp"), 125, "compressed");
    ends(&feed(&archive, "/nowhere"), 125, "no such file: /nowhere");
    let output = cp(docker.host(), scratch.path(), &[&inside("/tmp/piped"), "-"]).output().expect("it runs");
    ends(&output, 0, "");
    let mut read = tar::Archive::new(output.stdout.as_slice());
    let mut entry = read.entries().expect("entries").next().expect("one").expect("read");
    let mut back = Vec::new();
    std::io::Read::read_to_end(&mut entry, &mut back).expect("read");
    assert!(back == content && entry.header().mode().expect("a mode") & 0o7777 == 0o640);
}

/// A process has a file of that folder open that holds something. It may have no name there.
fn writes_into(process: u32, folder: &std::path::Path) -> bool {
    let open = std::fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    let there = |file: &std::path::Path| std::fs::read_link(file).is_ok_and(|path| path.starts_with(folder));
    open.map(|entry| entry.path()).any(|file| there(&file) && file.metadata().is_ok_and(|about| about.len() > 0))
}

#[test]
fn a_copy_that_is_killed_leaves_no_part_either() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("cp-kill", "dd if=/dev/zero of=/large bs=1M count=300; sleep 1000");
    container.wait_for_process("sleep 1000", true);
    let scratch = tempfile::tempdir().expect("a folder");
    let mut child =
        cp(docker.host(), scratch.path(), &[&format!("{}:/large", container.name), "."]).spawn().expect("it starts");
    until("what it writes", || writes_into(child.id(), scratch.path()));
    let nameless = std::fs::read_dir(scratch.path()).expect("read").count() == 0;
    child.kill().expect("killed");
    child.wait().expect("ended");
    if nameless {
        assert_eq!(std::fs::read_dir(scratch.path()).expect("read").count(), 0);
    } else {
        crate::support::not_run("this file system has no files without names");
    }
}

#[test]
fn an_interrupt_ends_a_copy_and_leaves_no_part() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("cp-stop", "dd if=/dev/zero of=/large bs=1M count=300; sleep 1000");
    container.wait_for_process("sleep 1000", true);
    let scratch = tempfile::tempdir().expect("a folder");
    let child =
        cp(docker.host(), scratch.path(), &[&format!("{}:/large", container.name), "."]).spawn().expect("it starts");
    until("what it writes", || writes_into(child.id(), scratch.path()));
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).expect("signalled");
    let output = child.wait_with_output().expect("it ends");
    ends(&output, 130, "cancelled");
    assert_eq!(std::fs::read_dir(scratch.path()).expect("read").count(), 0, "a part is left");
}

#[test]
fn a_file_is_edited_in_ones_own_editor() {
    let Some(docker) = docker::engine() else { return };
    let container = docker.run("cp-edit", "echo one > /tmp/note; chown 5:6 /tmp/note; rm -r /etc /root; sleep 1000");
    container.wait_for_process("sleep 1000", true);
    let scratch = tempfile::tempdir().expect("a folder");
    // An editor that hears a key, so that it is seen who has the terminal.
    let editor = scratch.path().join("editor");
    std::fs::write(&editor, "#!/bin/sh\nprintf 'EDITING %s' \"$(cat \"$1\")\"\nread line\necho \"$line\" > \"$1\"\n")
        .expect("written");
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).expect("set");
    let mut terminal =
        bowline(&["--host", docker.host()]).env("VISUAL", editor.to_str().expect("text")).size(160, 45).start();
    terminal.wait_for("bowline-test-cp-e");
    terminal.type_keys(&format!("/{}\r", container.name));
    terminal.wait_for("1 of ");
    terminal.type_keys("b");
    terminal.wait_for("tmp/");
    terminal.type_keys("/tmp\r\r");
    terminal.wait_for("note");
    terminal.type_keys("E");
    terminal.wait_for("EDITING one");
    terminal.type_keys("two\r");
    terminal.wait_for("written: /tmp/note");
    terminal.type_keys("\r");
    terminal.wait_for("two");
    terminal.type_keys("qqq");
    let scene =
        cp(docker.host(), scratch.path(), &[&format!("{}:/tmp/note", container.name), "."]).output().expect("it runs");
    ends(&scene, 0, "");
    assert_eq!(std::fs::read_to_string(scratch.path().join("note")).expect("read"), "two\n");
}
