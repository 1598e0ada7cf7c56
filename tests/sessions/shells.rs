//! Shells in their pane: keys, tabs, ends, copying, commands, processes.

use super::harness::*;
use bowline::app::{Body, DetailTab, Effect, Msg, Overlay, Pane};
use bowline::model::*;
use crossterm::event::{Event as Input, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use std::sync::Arc;

const SIZE: (u16, u16) = (160, 45);

fn mouse(session: &mut Session, kind: MouseEventKind, column: u16, row: u16) {
    session.send(Msg::Input(Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })));
}

fn end(session: &mut Session, wire: StreamId, code: Option<i64>, problem: Option<Problem>) {
    session.send(Msg::Chunk(wire, StreamEvent::Exited(code)));
    session.send(Msg::Ended(wire, problem));
}

fn notice(session: &Session) -> String {
    session.app.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default()
}

#[test]
fn a_shell_opens_in_its_pane_with_the_size_of_its_place() {
    let mut session = Session::shop(SIZE);
    session.keys("e");
    let opened = session.effects.iter().find_map(|effect| match effect {
        Effect::Open(_, Source::Exec(exec)) => Some(exec.clone()),
        _ => None,
    });
    let exec = opened.expect("a shell was opened");
    let place = session.app.places().shell_rows().expect("it has a place");
    assert_eq!(exec.size, Size { columns: place.width, rows: place.height });
    assert_eq!((exec.program, exec.tty, session.app.focus), (Program::Shell, true, Pane::Shell));
    assert!(session.app.places().logs.is_some() && session.app.places().fleet.is_some(), "the other panes stay alive");
}

#[test]
fn every_key_but_the_prefix_goes_to_the_shell() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    session.take_effects();
    session.keys("jqS:<ctrl-c><ctrl-z><tab><esc><ctrl-d>");
    assert_eq!(session.typed(wire), b"jqS:\x03\x1a\t\x1b\x04");
    assert!(session.app.overlays.is_empty() && !session.app.quitting);
    session.take_effects();
    session.keys("<ctrl-]><ctrl-]>");
    assert_eq!(session.typed(wire), b"\x1d", "twice sends it once");
}

#[test]
fn behind_the_prefix_keys_are_bowlines() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    session.take_effects();
    session.keys("<ctrl-]>z");
    assert!(session.app.zoomed);
    let zoomed = session.app.places().shell_rows().unwrap();
    let fitted = Effect::Fit(wire, Size { columns: zoomed.width, rows: zoomed.height });
    assert!(session.effects.contains(&fitted), "the shell hears of its new size");
    session.keys("<ctrl-]><esc>");
    assert_eq!((session.app.focus, session.app.zoomed), (Pane::Fleet, false));
    assert_eq!(session.typed(wire), b"");
    session.keys("jj<ctrl-]>x");
    assert_eq!(session.app.focus, Pane::Shell);
    assert_eq!(session.typed(wire), b"x", "it was still attached, and now has the keys again");
}

#[test]
fn several_shells_are_tabs_with_container_command_and_user() {
    let mut session = Session::shop(SIZE);
    session.shell();
    session.keys("<ctrl-]><esc>j");
    session.keys("e");
    let second = session.shell_wire();
    let began = SessionInfo { command: "/bin/bash".into(), user: "node".into(), tty: true, input: true };
    session.send(Msg::Chunk(second, StreamEvent::Began(began)));
    let labels: Vec<String> = session.app.shells.tabs.iter().map(bowline::app::Tab::label).collect();
    assert_eq!(labels, ["api-1 sh", "api-2 bash as node"]);
    assert_eq!(session.app.shells.active, 1);
    session.keys("<ctrl-]>n");
    assert_eq!(session.app.shells.active, 0, "round at the end");
    session.keys("<ctrl-]><esc>ke");
    assert_eq!(session.app.shells.tabs.len(), 2, "the open shell of that container comes to the front");
    assert_eq!(session.app.shells.active, 0);
    session.keys("<ctrl-]>c");
    assert_eq!(session.app.shells.tabs.len(), 3, "another one on demand");
}

#[test]
fn a_shell_as_root_is_one_key_away_and_a_tab_of_its_own() {
    let mut session = Session::shop(SIZE);
    session.shell();
    let opened = |session: &Session| {
        let execs = session.effects.iter().filter_map(|effect| match effect {
            Effect::Open(_, Source::Exec(exec)) => Some((exec.user.clone(), exec.program.clone())),
            _ => None,
        });
        execs.collect::<Vec<_>>()
    };
    session.keys("<ctrl-]><esc>");
    session.take_effects();
    session.keys("#");
    assert_eq!(
        opened(&session),
        [("0".to_string(), Program::Shell)],
        "not the shell that is open, which is the app's own"
    );
    let wire = session.shell_wire();
    let began = SessionInfo { command: "/bin/sh".into(), user: "0".into(), tty: true, input: true };
    session.send(Msg::Chunk(wire, StreamEvent::Began(began)));
    let labels = |session: &Session| session.app.shells.tabs.iter().map(bowline::app::Tab::label).collect::<Vec<_>>();
    assert_eq!(labels(&session), ["api-1 sh", "api-1 sh as root"]);
    session.keys("<ctrl-]><esc>l#");
    assert_eq!((labels(&session).len(), session.app.shells.active), (2, 1), "from the log too; it is open already");
    session.take_effects();
    session.keys("<ctrl-]>c");
    assert_eq!(opened(&session), [("0".to_string(), Program::Shell)], "another one beside it is as root too");
}

#[test]
fn output_lands_on_the_screen_and_answers_go_back() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    session.take_effects();
    session.output(wire, b"\x1b[31mhello\x1b[0m from inside\x1b[6n");
    assert!(session.screen().contains("hello from inside"));
    assert_eq!(session.typed(wire), b"\x1b[1;18R");
}

#[test]
fn a_shell_goes_on_while_the_operator_is_elsewhere() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    session.keys("<ctrl-]><esc>jjl<ctrl-u>");
    session.output(wire, b"\x07still here");
    assert!(session.screen().contains("still here"));
    let closed = session.effects.contains(&Effect::Close(wire));
    assert!(!closed);
}

#[test]
fn a_shell_whose_container_stops_says_so_and_reopens() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    let mut stopped = container("api-1", State::Exited);
    stopped.exit_code = Some(137);
    session.fact(Fact::Container(stopped));
    session.publish();
    session.wait(10.0);
    end(&mut session, wire, Some(137), None);
    let screen = session.screen();
    assert!(screen.contains("api-1 stopped; the shell ended with exit 137"), "{screen}");
    session.keys("<enter>");
    assert!(notice(&session).contains("is not running"), "{}", notice(&session));
    session.fact(Fact::Container(container("api-1", State::Running)));
    session.publish();
    session.take_effects();
    session.keys("<enter>");
    assert_ne!(session.shell_wire(), wire);
    assert_eq!(session.app.shells.tabs.len(), 1);
}

#[test]
fn a_shell_that_ends_well_while_nobody_looks_closes_its_tab() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    session.wait(60.0);
    session.keys("<ctrl-]><esc>");
    end(&mut session, wire, Some(0), None);
    assert!(session.app.shells.tabs.is_empty());
    assert!(notice(&session).contains("has ended, exit 0"));
    assert!(session.app.places().shell.is_none(), "its room goes back to the log");
}

#[test]
fn a_cut_connection_leaves_the_last_screen_and_a_reason() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    session.output(wire, b"precious output");
    session.wait(60.0);
    let cut = Problem::new("shell in api-1", "the engine closed the connection", "");
    end(&mut session, wire, None, Some(cut));
    let screen = session.screen();
    assert!(screen.contains("precious output") && screen.contains("the engine closed the connection"), "{screen}");
}

#[test]
fn an_image_without_a_shell_offers_the_sidecar() {
    let mut session = Session::shop(SIZE);
    session.keys("e");
    let wire = session.shell_wire();
    session.send(Msg::Chunk(wire, StreamEvent::NoShell(vec!["bash".into(), "sh".into()])));
    session.send(Msg::Ended(wire, None));
    let screen = session.screen();
    assert!(screen.contains("no shell in api-1: tried bash, sh. B opens a debug sidecar"), "{screen}");
    session.take_effects();
    session.keys("B");
    let opened = session.effects.iter().find_map(|effect| match effect {
        Effect::Open(_, Source::Sidecar { id, image, .. }) => Some((id.clone(), image.clone())),
        _ => None,
    });
    assert_eq!(opened, Some((id("api-1"), "busybox:latest".into())));
}

#[test]
fn closing_what_runs_and_leaving_bowline_ask_first() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    session.keys("<ctrl-]>x");
    assert!(matches!(session.app.overlays.last(), Some(Overlay::Question(_))));
    session.keys("<enter>");
    assert_eq!(session.app.shells.tabs.len(), 1, "cancel has the focus");
    session.keys("<ctrl-]><esc>q");
    assert!(!session.app.quitting && session.screen().contains("Quit bowline?"));
    session.keys("n<ctrl-]><ctrl-]>xy");
    assert!(session.effects.contains(&Effect::Close(wire)));
    assert!(session.app.shells.tabs.is_empty());
    session.keys("q");
    assert!(session.app.quitting);
}

#[test]
fn read_only_and_what_does_not_run_refuse_sessions() {
    let mut session = Session::shop(SIZE);
    session.app.options.read_only = true;
    for key in ["e", "#", "E", "A", "B"] {
        session.keys(key);
        assert!(notice(&session).contains("read-only"), "{key}: {}", notice(&session));
    }
    session.app.options.read_only = false;
    session.fact(Fact::Container(container("api-1", State::Exited)));
    session.publish();
    session.keys("e");
    assert!(notice(&session).contains("is not running"));
    session.fact(Fact::Container(container("api-1", State::Paused)));
    session.publish();
    session.keys("e");
    assert!(notice(&session).contains("paused"));
    assert!(session.app.shells.tabs.is_empty() && session.app.overlays.is_empty());
}

#[test]
fn a_paste_of_many_lines_asks_where_the_program_cannot_tell_it() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    session.take_effects();
    session.send(Msg::Input(Input::Paste("one line".into())));
    assert_eq!(session.typed(wire), b"one line");
    session.take_effects();
    session.send(Msg::Input(Input::Paste("rm -rf a\nrm -rf b\n".into())));
    assert_eq!(session.typed(wire), b"");
    assert!(session.screen().contains("Paste 2 lines into api-1 sh?"));
    session.keys("y");
    assert_eq!(session.typed(wire), b"rm -rf a\rrm -rf b\r");
    session.take_effects();
    session.output(wire, b"\x1b[?2004h");
    session.send(Msg::Input(Input::Paste("a\nb".into())));
    assert_eq!(session.typed(wire), b"\x1b[200~a\rb\x1b[201~", "brackets tell it: nothing to ask");
}

#[test]
fn the_mouse_goes_to_the_program_that_asked_and_else_selects() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    let place = session.app.places().shell_rows().unwrap();
    session.output(wire, b"select me please");
    let left = MouseButton::Left;
    mouse(&mut session, MouseEventKind::Down(left), place.x, place.y);
    mouse(&mut session, MouseEventKind::Drag(left), place.x + 8, place.y);
    mouse(&mut session, MouseEventKind::Up(left), place.x + 8, place.y);
    assert!(session.effects.contains(&Effect::Copy("select me".into())), "{:?}", session.effects.last());
    session.output(wire, b"\x1b[?1002h\x1b[?1006h");
    session.take_effects();
    mouse(&mut session, MouseEventKind::Down(left), place.x + 2, place.y + 1);
    mouse(&mut session, MouseEventKind::ScrollUp, place.x, place.y);
    assert_eq!(session.typed(wire), b"\x1b[<0;3;2M\x1b[<64;1;1M");
    session.output(wire, b"\x1b[?1003h");
    assert!(session.effects.contains(&Effect::Motion(true)));
    session.keys("<ctrl-]><esc>");
    assert!(session.effects.contains(&Effect::Motion(false)));
}

#[test]
fn the_wheel_scrolls_back_or_moves_in_a_pager() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    let place = session.app.places().shell_rows().unwrap();
    let lines: String = (0..100).map(|n| format!("line {n}\r\n")).collect();
    session.output(wire, lines.as_bytes());
    mouse(&mut session, MouseEventKind::ScrollUp, place.x, place.y);
    assert!(session.screen().contains("3 lines back"));
    session.keys("x");
    assert!(!session.screen().contains("lines back"), "typing goes to the bottom");
    session.output(wire, b"\x1b[?1049h\x1b[?1h");
    session.take_effects();
    mouse(&mut session, MouseEventKind::ScrollDown, place.x, place.y);
    assert_eq!(session.typed(wire), b"\x1bOB\x1bOB\x1bOB");
}

#[test]
fn the_scrollback_is_walked_searched_and_copied() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    let lines: String = (0..200).map(|n| format!("line number {n}\r\n")).collect();
    session.output(wire, lines.as_bytes());
    session.take_effects();
    session.keys("<ctrl-]>[/number 42<enter>");
    assert!(session.screen().contains("line number 42"), "{}", session.screen());
    session.keys("0vwwy");
    let copied = session.effects.iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.clone()),
        _ => None,
    });
    assert_eq!(copied.as_deref(), Some("line number 4"));
    assert!(session.app.shells.active().unwrap().copy.is_none(), "copying leaves the scrollback");
    assert_eq!(session.typed(wire), b"");
    session.keys("<ctrl-]>[gV<enter>");
    assert!(session.effects.contains(&Effect::Copy("line number 0\n".into())));
}

#[test]
fn a_command_without_a_terminal_tells_its_streams_apart_and_can_be_saved() {
    let mut session = Session::shop(SIZE);
    session.keys("Els -l /tmp<enter>");
    let opened = session.effects.iter().find_map(|effect| match effect {
        Effect::Open(wire, Source::Exec(exec)) => Some((*wire, exec.clone())),
        _ => None,
    });
    let (wire, exec) = opened.expect("it runs");
    assert_eq!((exec.program, exec.tty), (Program::Argv(vec!["ls".into(), "-l".into(), "/tmp".into()]), false));
    assert!(session.effects.iter().any(|effect| matches!(effect, Effect::SaveRan(ran) if ran.command == "ls -l /tmp")));
    let began = SessionInfo { command: "ls -l /tmp".into(), user: "root".into(), tty: false, input: false };
    session.send(Msg::Chunk(wire, StreamEvent::Began(began)));
    session.output(wire, b"good\nhalf");
    session.send(Msg::Chunk(wire, StreamEvent::Output(Stream::Err, b"bad\n".to_vec())));
    end(&mut session, wire, Some(2), None);
    let screen = session.screen();
    assert!(screen.contains("the command ended with exit 2"), "{screen}");
    let Body::Lines(lines) = &session.app.shells.active().unwrap().body else { panic!("no lines") };
    assert_eq!(lines.bytes_of(Stream::Out), b"good\nhalf\n");
    assert_eq!(lines.bytes_of(Stream::Err), b"bad\n");
    session.keys("<ctrl-s><ctrl-u>out.txt<enter>");
    let saved = session.effects.iter().find_map(|effect| match effect {
        Effect::Save(files) => Some(files.clone()),
        _ => None,
    });
    let files = saved.expect("saved");
    assert_eq!(files[0], ("out.txt".to_string(), b"good\nhalf\n".to_vec()));
    assert_eq!(files[1], ("out.txt.stderr".to_string(), b"bad\n".to_vec()));
}

#[test]
fn what_a_container_wants_in_the_clipboard_is_told_and_not_done() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    session.take_effects();
    session.output(wire, b"\x1b]52;c;aGk=\x07");
    assert!(!session.effects.iter().any(|effect| matches!(effect, Effect::Copy(_))));
    assert!(notice(&session).contains("tried to write to your clipboard"));
    session.app.options.shell.clipboard = bowline::app::Clipboard::Ask;
    session.output(wire, b"\x1b]52;c;aGk=\x07");
    // It was told of already: not asked again.
    let mut session = Session::shop(SIZE);
    session.app.options.shell.clipboard = bowline::app::Clipboard::Ask;
    let wire = session.shell();
    session.output(wire, b"\x1b]52;c;aGk=\x07");
    assert!(session.screen().contains("Let api-1 write to your clipboard?"));
    session.wait(1.0);
    session.keys("<tab><enter>");
    assert!(session.effects.contains(&Effect::Copy("hi".into())));
}

fn processes() -> Processes {
    let process = |pid, parent, command: &str, cpu| Process {
        pid,
        parent,
        user: "root".into(),
        cpu: Some(cpu),
        memory: Some(12 << 20),
        age: Some(3600),
        command: command.into(),
    };
    Processes {
        list: vec![
            process(100, 1, "nginx: master", 0.5),
            process(130, 100, "nginx: worker", 93.0),
            process(200, 1, "sh", 0.0),
        ],
        execs: vec![ExecSession { pid: 200, command: "sh".into(), ..ExecSession::default() }],
    }
}

pub fn with_processes() -> Session {
    let mut session = Session::shop(SIZE);
    session.keys("p");
    let opened = session.effects.iter().rev().find_map(|effect| match effect {
        Effect::Open(wire, Source::Processes { id: of }) if *of == id("api-1") => Some(*wire),
        _ => None,
    });
    session.send(Msg::Chunk(opened.expect("asked for"), StreamEvent::Processes(Arc::new(processes()))));
    session
}

#[test]
fn processes_are_a_tree_with_the_sessions_of_others_marked() {
    let mut session = with_processes();
    let screen = session.screen();
    assert!(screen.contains("└ nginx: worker") && screen.contains("exec, not from bowline sh"), "{screen}");
    assert!(screen.contains("1 session, 1 not from bowline"), "{screen}");
    session.keys("sjjjjjj<up><up><up><up><up><enter>");
    assert_eq!(session.app.processes.as_ref().unwrap().rows[0].process.pid, 130, "by CPU");
    session.keys("[");
    assert_eq!(session.app.detail, DetailTab::Log);
    let closed = session.effects.iter().any(|effect| matches!(effect, Effect::Close(_)));
    assert!(closed, "nobody looks: nobody asks the engine");
}

#[test]
fn what_a_process_runs_is_seen_at_every_size_and_columns_without_room_are_named() {
    for ((width, height), columns, beside) in [
        ((160, 45), "     PID USER          CPU    MEM   AGE  COMMAND", ""),
        ((80, 24), "     PID USER          CPU    MEM   AGE  COMMAND", ""),
        ((60, 24), "     PID    CPU    MEM   AGE  COMMAND", "no room: user"),
        ((40, 12), "     PID    CPU  COMMAND", "+3 columns"),
    ] {
        let mut session = with_processes();
        session.send(Msg::Input(Input::Resize(width, height)));
        let screen = session.screen();
        let headings = screen.lines().find(|line| line.contains("COMMAND")).expect("headings");
        assert!(headings.contains(columns) && headings.ends_with(beside), "{width}: {screen}");
        assert!(screen.contains("nginx: master") && screen.contains("└ nginx: worker"), "{width}: {screen}");
    }
}

#[test]
fn a_signal_goes_to_the_chosen_process_after_a_question() {
    let mut session = with_processes();
    session.keys("jK");
    assert!(session.screen().contains("Which signal for api-1 process 130 (nginx: worker)?"));
    session.keys("<enter>");
    assert!(session.screen().contains("Signal a process with SIGKILL?"), "{}", session.screen());
    session.take_effects();
    session.keys("y");
    let acts: Vec<Operation> = session
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Act(_, act) => Some(act.clone()),
            _ => None,
        })
        .collect();
    let [act] = acts.as_slice() else { panic!("{acts:?}") };
    assert_eq!(act.kind, OperationKind::Signal { pid: 130, signal: Signal(9) });
    assert_eq!(act.id, id("api-1"));
}

#[test]
fn a_left_behind_session_is_hung_up_by_default() {
    let mut session = with_processes();
    session.keys("GK<enter>y");
    let hung_up = session.effects.iter().any(
        |effect| matches!(effect, Effect::Act(_, act) if act.kind == OperationKind::Signal { pid: 200, signal: Signal(1) }),
    );
    assert!(hung_up);
}

#[test]
fn the_pane_of_a_program_on_every_size() {
    for size in [(160, 45), (80, 24), (40, 12)] {
        let mut session = Session::shop(size);
        let wire = session.shell();
        session.output(wire, b"# ls --color\r\n\x1b[34mbin\x1b[0m  \x1b[1;32mrun.sh\x1b[0m\r\n# ");
        insta::assert_snapshot!(format!("shell_{}x{}", size.0, size.1), session.screen());
    }
    let session = with_processes();
    insta::assert_snapshot!("processes", session.region(Pane::Logs));
    let mut session = Session::shop((80, 24));
    session.keys("E");
    insta::assert_snapshot!("form", session.overlay());
}

#[test]
fn what_is_typed_after_a_shell_has_ended_falls_on_nothing() {
    let mut session = Session::shop(SIZE);
    let first = session.shell();
    session.keys("<ctrl-]><esc>j");
    let second = session.shell();
    session.wait(60.0);
    end(&mut session, second, Some(0), None);
    session.take_effects();
    session.keys("rmSPRDK<ctrl-c>");
    assert_eq!(session.typed(first), b"", "not into the next shell");
    let acted = session.effects.iter().any(|effect| matches!(effect, Effect::Act(..) | Effect::Quit));
    assert!(!acted && !session.app.quitting, "and nothing is done to a container: {:?}", session.effects);
    assert_eq!(session.app.focus, Pane::Shell);
}

#[test]
fn an_attached_process_without_a_terminal_shows_lines_and_hears_them() {
    let mut session = Session::shop(SIZE);
    session.keys("A");
    let wire = session.shell_wire();
    let began = SessionInfo { command: "cat".into(), user: "root".into(), tty: false, input: true };
    session.send(Msg::Chunk(wire, StreamEvent::Began(began)));
    session.output(wire, b"one\ntwo\n");
    assert!(matches!(session.app.shells.active().unwrap().body, Body::Lines(_)));
    session.take_effects();
    session.keys("ihello<enter>");
    assert_eq!(session.typed(wire), b"hello\n");
}

#[test]
fn the_scrollback_survives_a_program_that_takes_the_whole_screen() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    let lines: String = (0..300).map(|n| format!("line {n}\r\n")).collect();
    session.output(wire, lines.as_bytes());
    session.keys("<ctrl-]>[<ctrl-u><ctrl-u><ctrl-u><ctrl-u><ctrl-u><ctrl-u>");
    session.output(wire, b"\x1b[?1049hfull screen");
    session.keys("hlwb0$vjkyn");
    session.keys("<ctrl-]>[gGhlwb0$Vy");
    assert!(session.screen().contains("full screen"));
}

#[test]
fn clicks_on_a_screen_without_rows_do_nothing() {
    let mut session = Session::shop(SIZE);
    session.shell();
    for height in [0, 1, 2, 3, 4] {
        session.send(Msg::Input(Input::Resize(80, height)));
        for row in 0..4 {
            mouse(&mut session, MouseEventKind::Down(MouseButton::Left), 5, row);
            mouse(&mut session, MouseEventKind::Drag(MouseButton::Left), 9, row);
            mouse(&mut session, MouseEventKind::Up(MouseButton::Left), 9, row);
        }
        session.screen();
    }
}

#[test]
fn programs_hear_of_the_focus_once_and_only_if_they_asked() {
    let mut session = Session::shop(SIZE);
    let first = session.shell();
    session.output(first, b"\x1b[?1004h");
    session.keys("<ctrl-]><esc>j");
    let second = session.shell();
    session.output(second, b"\x1b[?1004h");
    session.take_effects();
    session.keys("<ctrl-]>p");
    assert_eq!((session.typed(second), session.typed(first)), (b"\x1b[O".to_vec(), b"\x1b[I".to_vec()));
    session.take_effects();
    session.send(Msg::Input(Input::FocusLost));
    session.send(Msg::Input(Input::FocusLost));
    assert_eq!(session.typed(first), b"\x1b[O");
}

#[test]
fn a_release_is_told_only_to_the_program_that_saw_the_press() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    session.output(wire, b"\x1b[?1002h\x1b[?1006h");
    session.take_effects();
    mouse(&mut session, MouseEventKind::Down(MouseButton::Left), 20, 44);
    mouse(&mut session, MouseEventKind::Up(MouseButton::Left), 20, 44);
    assert_eq!(session.typed(wire), b"", "the footer was clicked");
}

#[test]
fn a_narrow_screen_shows_the_pane_that_has_the_keys() {
    let mut session = Session::shop((80, 24));
    session.keys("l");
    session.keys("A");
    session.keys("<ctrl-]><esc>");
    let places = session.app.places();
    assert!(places.of(session.app.focus).is_some(), "{:?} is not on screen", session.app.focus);
}

#[test]
fn a_paste_with_the_enter_keys_line_ends_is_counted_right() {
    let mut session = Session::shop(SIZE);
    session.shell();
    session.send(Msg::Input(Input::Paste("rm a\rrm b\r".into())));
    let screen = session.screen();
    assert!(screen.contains("Paste 2 lines") && screen.contains("rm b"), "{screen}");
}

#[test]
fn a_flood_of_clipboard_wishes_holds_neither_footer_nor_keyboard() {
    let mut session = Session::shop(SIZE);
    let wire = session.shell();
    session.output(wire, b"\x1b]52;c;aGk=\x07");
    session.keys("x");
    session.output(wire, b"\x1b]52;c;aGk=\x07");
    assert!(session.app.notice.is_none(), "told once");
    session.app.options.shell.clipboard = bowline::app::Clipboard::Ask;
    session.keys("<ctrl-]>c");
    let wire = session.shell_wire();
    session.output(wire, b"\x1b]52;c;aGk=\x07");
    session.keys("y");
    assert!(session.screen().contains("write to your clipboard?"), "a letter that was being typed is no yes");
    session.wait(1.0);
    session.keys("<esc>");
    session.output(wire, b"\x1b]52;c;aGk=\x07");
    assert!(session.app.overlays.is_empty(), "asked once");
}

#[test]
fn processes_come_back_with_their_container() {
    let mut session = with_processes();
    let wire = session.app.processes.as_ref().unwrap().stream;
    session.fact(Fact::Container(container("api-1", State::Exited)));
    session.publish();
    session.send(Msg::Ended(wire, Some(Problem::new("processes", "it does not run", ""))));
    session.take_effects();
    session.fact(Fact::Container(container("api-1", State::Running)));
    session.publish();
    let opened = session.effects.iter().any(|effect| matches!(effect, Effect::Open(_, Source::Processes { .. })));
    assert!(opened && !session.effects.contains(&Effect::Close(wire)));
}

#[test]
fn a_shell_that_could_not_begin_takes_a_line_and_enter_closes_it() {
    for size in [SIZE, (80, 24)] {
        let mut session = Session::shop(size);
        session.keys("e");
        let wire = session.shell_wire();
        session.send(Msg::Chunk(wire, StreamEvent::NoShell(vec!["bash".into(), "sh".into()])));
        session.send(Msg::Ended(wire, None));
        let places = session.app.places();
        let (shell, logs) = (places.shell.expect("on screen"), places.logs.expect("the log keeps its room"));
        assert!(shell.height <= 3 && logs.height > shell.height, "{size:?}: {}", session.screen());
        assert!(session.screen().contains("no shell in api-1") && session.screen().contains("enter closes"));
        session.take_effects();
        session.keys("r");
        let again = session.shell_wire();
        assert!(session.app.places().shell.expect("on screen").height > 3, "it may begin this time");
        let refused = Problem::new("open a shell in api-1", "exec: \"sh\": permission denied", "");
        end(&mut session, again, Some(126), Some(refused));
        assert!(
            session.app.places().shell.expect("on screen").height <= 3
                && session.screen().contains("permission denied")
        );
        session.keys("<enter>");
        assert_eq!((session.app.shells.tabs.len(), session.app.focus), (0, Pane::Fleet));
    }
}

#[test]
fn whoever_leaves_a_shell_that_could_not_begin_closes_it() {
    let mut session = Session::shop(SIZE);
    session.keys("e");
    let wire = session.shell_wire();
    end(&mut session, wire, None, Some(Problem::new("open a shell in api-1", "the engine is lost", "")));
    session.keys("<esc>");
    assert_eq!((session.app.shells.tabs.len(), session.app.focus), (0, Pane::Fleet));
}

#[test]
fn how_a_command_ended_stands_in_its_tab_and_below_its_last_line() {
    for (tty, keys) in [(true, "<ctrl-]><esc>"), (false, "")] {
        let mut session = Session::shop(SIZE);
        session.keys("Eseq 100<enter>").keys(keys);
        let wire = session.shell_wire();
        let began = SessionInfo { command: "seq 100".into(), user: "root".into(), tty, input: false };
        session.send(Msg::Chunk(wire, StreamEvent::Began(began)));
        let lines: String = (1..=100).map(|line| format!("line {line}\r\n")).collect();
        session.output(wire, lines.as_bytes());
        end(&mut session, wire, Some(3), None);
        let screen = session.screen();
        assert!(screen.contains(" api-1 seq 100 exit 3 "), "{screen}");
        let rows: Vec<&str> = screen.lines().collect();
        let last = rows.iter().position(|row| row.contains("line 100")).expect("nothing lies over it");
        let below = rows[last + 1..].iter().take(2).any(|row| row.contains("the command ended with exit 3"));
        assert!(below, "{screen}");
    }
}
