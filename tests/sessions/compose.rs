//! Compose: what can be done with a project, the question before it, its output; what differs from the files.

use super::harness::*;
use bowline::app::{ComposePhase, Effect, Msg, Overlay};
use bowline::model::{
    ComposeAnswer, ComposeClient, ComposeQuestion, ComposeReady, ComposeRun, ComposeSite, ComposeVerb, Difference,
    Drift, Fact, FileStamp, Mount, Problem, Progress, Relations, ServiceDrift, Source, State, StreamEvent, StreamId,
    Transfer, Transferred,
};
use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use insta::assert_snapshot;
use std::sync::Arc;

const FOLDER: &str = "/srv/shop; touch $HOME";

/// A shop of three services that compose made, with the list of projects on screen.
fn shop(size: (u16, u16)) -> Session {
    let mut session = Session::new(size);
    session.connect();
    let service = |name: &str, state: State| {
        let mut one = container(&format!("shop-{name}-1"), state);
        one.labels = vec![
            ("com.docker.compose.project".into(), "shop".into()),
            ("com.docker.compose.project.config_files".into(), format!("{FOLDER}/compose.yaml,over.yaml").into()),
            ("com.docker.compose.project.working_dir".into(), FOLDER.into()),
            ("com.docker.compose.service".into(), name.into()),
        ];
        one
    };
    let mut db = service("db", State::Running);
    let volume =
        |name: &str| Mount { volume: Some(name.into()), source: "".into(), target: "/data".into(), writable: true };
    db.ties =
        Arc::new(Relations { mounts: vec![volume("shop_data"), volume(&"0a".repeat(32))], ..Relations::default() });
    let containers = vec![service("web", State::Running), service("api", State::Exited), db];
    session.fact(Fact::Containers(ENGINE, containers));
    session.publish();
    session.keys("5");
    session.take_effects();
    session
}

fn site() -> ComposeSite {
    ComposeSite {
        project: "shop".into(),
        folder: FOLDER.into(),
        files: vec![format!("{FOLDER}/compose.yaml"), "over.yaml".into()],
        environment: Vec::new(),
    }
}

fn ready() -> ComposeReady {
    let mut site = site();
    site.files[1] = format!("{FOLDER}/over.yaml");
    let client = ComposeClient { program: vec!["docker".into(), "compose".into()], version: "2.27.0".into() };
    let host = "unix:///var/run/docker.sock".into();
    ComposeReady { client, host, site, stamps: stamps(1), profiles: String::new() }
}

/// The first file as it was when it had so many bytes.
fn stamps(size: u64) -> Vec<FileStamp> {
    vec![FileStamp { path: format!("{FOLDER}/compose.yaml"), changed: (1, 0), size }]
}

fn click(session: &mut Session, words: &str) {
    let screen = session.screen();
    let found = screen.lines().enumerate().find_map(|(row, line)| {
        let column = line.find(words)?;
        Some((line[..column].chars().count() as u16, row as u16))
    });
    let (column, row) = found.unwrap_or_else(|| panic!("no {words}: {screen}"));
    let kind = MouseEventKind::Down(MouseButton::Left);
    session.send(Msg::Input(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })));
}

/// What was asked of compose since the effects were taken last.
fn asked(session: &mut Session) -> Vec<(StreamId, ComposeQuestion)> {
    let asked = session.take_effects().into_iter().filter_map(|effect| match effect {
        Effect::Open(wire, Source::Compose(ENGINE, ask)) => Some((wire, ask)),
        _ => None,
    });
    asked.collect()
}

/// The runs that were begun since the effects were taken last.
fn begun(session: &mut Session) -> Vec<(StreamId, ComposeRun)> {
    let begun = session.take_effects().into_iter().filter_map(|effect| match effect {
        Effect::Open(wire, Source::Transfer(ENGINE, Transfer::Compose(run))) => Some((wire, *run)),
        _ => None,
    });
    begun.collect()
}

fn tell(session: &mut Session, wire: StreamId, told: ComposeAnswer) {
    session.send(Msg::Chunk(wire, StreamEvent::Compose(told)));
    session.send(Msg::Ended(wire, None));
}

fn look(session: &mut Session) {
    session.keys("U");
    let asked = asked(session);
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].1, ComposeQuestion::Look(site()));
    tell(session, asked[0].0, ComposeAnswer::Ready(Box::new(ready())));
}

/// The question before compose brings a project up.
pub(super) fn asking() -> Session {
    let mut session = shop((120, 40));
    look(&mut session);
    session.keys("<enter>");
    session
}

/// Begins what stands so many rows below `up` in the menu.
fn run(session: &mut Session, below: usize) -> StreamId {
    look(session);
    session.keys(&"j".repeat(below));
    session.keys("<enter>y");
    let begun = begun(session);
    assert_eq!(begun.len(), 1);
    begun[0].0
}

fn output(session: &mut Session, wire: StreamId, lines: &[&str]) {
    let lines = lines.iter().map(ToString::to_string).collect();
    session.send(Msg::Chunk(wire, StreamEvent::Progress(Arc::new(Progress { lines, ..Progress::default() }))));
}

fn drift() -> Drift {
    let service = |name: &str, differences: Vec<Difference>| ServiceDrift { name: name.into(), differences };
    Drift {
        services: 4,
        differing: vec![
            service("cache", vec![Difference::new("containers", "1", "0")]),
            service(
                "web",
                vec![
                    Difference::new("image", "shop/web:2 is 1a2b3c4d5e6f", "0f1e2d3c4b5a"),
                    Difference::new("environment DB_PASSWORD", "•••• (another)", "••••"),
                ],
            ),
        ],
        notes: vec!["the engine does not have the image shop/cache:1: up pulls it".into()],
        client: "docker compose 2.27.0".into(),
        stamps: stamps(1),
        containers: ["web", "api", "db"]
            .map(|name| container(&format!("shop-{name}-1"), State::Running))
            .iter()
            .map(|one| one.id.raw().to_string())
            .collect(),
    }
}

fn compare(session: &mut Session) {
    session.keys("d");
    let asked = asked(session);
    assert_eq!(asked[0].1, ComposeQuestion::Drift(site()));
    tell(session, asked[0].0, ComposeAnswer::Drift(drift()));
}

#[test]
fn a_menu_tells_what_compose_can_do_and_where_before_anything_happens() {
    for size in [(160, 45), (80, 24), (40, 12)] {
        let mut session = shop(size);
        session.keys("U");
        assert!(session.screen().contains("looking for compose"), "{}", session.screen());
        session.keys("<esc>").take_effects();
        look(&mut session);
        assert_snapshot!(format!("compose_menu_{}x{}", size.0, size.1), session.overlay());
        session.keys("jjj<enter>");
        assert_snapshot!(format!("compose_down_{}x{}", size.0, size.1), session.overlay_with_styles());
        assert_eq!(begun(&mut session), []);
    }
}

#[test]
fn each_verb_runs_exactly_the_words_that_were_shown() {
    let wanted: [(&str, &[&[&str]]); 5] = [
        ("up", &[&["up", "--detach"]]),
        ("pull", &[&["pull"]]),
        ("pull and up", &[&["pull"], &["up", "--detach"]]),
        ("down", &[&["down"]]),
        ("down with volumes", &[&["down", "--volumes"]]),
    ];
    for (below, (name, commands)) in wanted.into_iter().enumerate() {
        let mut session = shop((160, 60));
        look(&mut session);
        session.keys(&"j".repeat(below)).keys("<enter>");
        assert!(session.screen().contains(&format!("Compose {name}: shop?")), "{}", session.screen());
        session.keys("c");
        let copied = session.take_effects();
        let file = |name: &str| format!("{FOLDER}/{name}.yaml");
        let (first, second) = (file("compose"), file("over"));
        let before = ["docker", "--host", "unix:///var/run/docker.sock", "compose", "--project-name", "shop"];
        let before = [&before[..], &["--project-directory", FOLDER, "--file", &first, "--file", &second]].concat();
        let lines: Vec<Vec<&str>> = commands.iter().map(|command| [&before[..], command].concat()).collect();
        let line = lines.iter().map(shell_words::join).collect::<Vec<_>>().join(" && ");
        assert_eq!(copied, [Effect::Copy(line)]);
        session.keys("y");
        let begun = begun(&mut session);
        assert_eq!(begun.len(), 1, "{name}");
        assert_eq!(begun[0].1.commands(), lines);
    }
}

#[test]
fn the_mouse_does_what_keys_do() {
    let mut session = shop((120, 40));
    look(&mut session);
    click(&mut session, "down with volumes");
    assert!(session.screen().contains("Compose down with volumes: shop?"), "{}", session.screen());
    click(&mut session, "down with volumes (y)");
    assert_eq!(begun(&mut session)[0].1.verb, ComposeVerb::DownVolumes);
    let mut session = shop((120, 40));
    look(&mut session);
    click(&mut session, "pull and up");
    click(&mut session, "Cancel (n)");
    assert!(session.app.overlays.is_empty() && begun(&mut session).is_empty());
}

#[test]
fn nothing_happens_without_a_yes() {
    for keys in ["<enter>", "n", "<esc>", "q", "<tab><tab><enter>", "<ctrl-y>n"] {
        let mut session = shop((120, 40));
        look(&mut session);
        session.keys("<enter>").keys(keys);
        assert_eq!(begun(&mut session), [], "{keys}");
        assert!(session.app.overlays.is_empty() && session.screen().contains("nothing done"), "{keys}");
    }
    let mut session = shop((120, 40));
    look(&mut session);
    session.keys("<enter><tab><enter>");
    assert_eq!(begun(&mut session).len(), 1, "the button was chosen");
}

#[test]
fn the_question_names_whom_it_concerns_and_what_is_lost() {
    let mut session = shop((120, 45));
    look(&mut session);
    session.keys("<enter>");
    let screen = session.screen();
    assert!(screen.contains("shop-api-1  started; recreated if files or image changed"), "{screen}");
    session.keys("n");
    compare(&mut session);
    session.keys("<esc>");
    look(&mut session);
    session.keys("<enter>");
    let screen = session.screen();
    for words in [
        "shop-web-1  recreated: image, environment DB_PASSWORD differ",
        "shop-db-1   stays: matches the files",
        "cache       created: no container yet",
    ] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    session.keys("n");
    look(&mut session);
    session.keys("G<enter>");
    let screen = session.screen();
    assert!(screen.contains("shop-db-1   stopped and removed") && screen.contains("shop-api-1  removed"), "{screen}");
    let lost = "Lost for good, except external ones: all volumes declared in the files, shop_data, 1 anonymous.";
    assert!(screen.contains(lost), "{screen}");
}

/// Looks, finding the files as they are when the first has so many bytes.
fn look_at(session: &mut Session, size: u64) {
    session.keys("U");
    let wire = asked(session)[0].0;
    tell(session, wire, ComposeAnswer::Ready(Box::new(ComposeReady { stamps: stamps(size), ..ready() })));
}

#[test]
fn an_old_comparison_is_no_fact_once_files_or_containers_have_changed() {
    let mut session = shop((120, 45));
    compare(&mut session);
    session.keys("<esc>");
    look_at(&mut session, 2);
    session.keys("<enter>");
    let screen = session.screen();
    assert!(!screen.contains("matches the files") && screen.contains("no longer valid"), "{screen}");
    assert!(screen.contains("shop-db-1   stays; recreated if files or image changed"), "{screen}");
    session.keys("n");
    let mut other = container("shop-db-2", State::Running);
    other.labels =
        vec![("com.docker.compose.project".into(), "shop".into()), ("com.docker.compose.service".into(), "db".into())];
    session.fact(Fact::Container(other));
    session.publish();
    look_at(&mut session, 1);
    session.keys("<enter>");
    assert!(!session.screen().contains("matches the files"), "{}", session.screen());
}

#[test]
fn a_down_says_of_each_container_whether_the_files_have_it() {
    let mut session = shop((120, 45));
    look(&mut session);
    session.keys("jjj<enter>");
    assert!(session.screen().contains("stopped and removed if in the files"), "{}", session.screen());
    session.keys("nd");
    let wire = asked(&mut session)[0].0;
    let orphan = vec![Difference::new("service", "not in the files", "1 container")];
    let differing = vec![ServiceDrift { name: "web".into(), differences: orphan }];
    tell(&mut session, wire, ComposeAnswer::Drift(Drift { differing, ..drift() }));
    session.keys("<esc>");
    look(&mut session);
    session.keys("jjj<enter>");
    let screen = session.screen();
    assert!(screen.contains("shop-web-1  stays: not in the files (orphan)"), "{screen}");
    assert!(screen.contains("shop-db-1   stopped and removed") && !screen.contains("if the files"), "{screen}");
}

#[test]
fn a_cancel_that_does_not_wait_and_a_run_without_a_name_forget_what_was_compared() {
    let mut session = shop((160, 45));
    compare(&mut session);
    session.keys("<esc>");
    run(&mut session, 0);
    session.keys("XX<esc><esc>");
    assert!(session.app.compose.drift.is_empty());
    compare(&mut session);
    session.keys("<esc>C/srv/shop<enter>");
    let wire = asked(&mut session).pop().expect("it is asked").0;
    let mut unnamed = ready();
    unnamed.site.project.clear();
    tell(&mut session, wire, ComposeAnswer::Ready(Box::new(unnamed.clone())));
    session.keys("y");
    let run = begun(&mut session)[0].0;
    session.keys("<esc><esc>");
    // Another folder is another project; the same is not worked on twice.
    for (folder, busy) in [("/srv/other", false), (FOLDER, true)] {
        session.keys("C/srv/x<enter>");
        let wire = asked(&mut session).pop().expect("it is asked").0;
        let mut told = unnamed.clone();
        told.site.folder = folder.into();
        tell(&mut session, wire, ComposeAnswer::Ready(Box::new(told)));
        assert_eq!(session.screen().contains("compose is already running on /srv/shop"), busy, "{}", session.screen());
        session.keys("<esc><esc>");
    }
    session.send(Msg::Ended(run, None));
    assert!(session.app.compose.drift.is_empty());
}

#[test]
fn a_click_beside_what_waits_closes_its_stream() {
    let mut session = shop((120, 40));
    session.keys("U");
    let wire = asked(&mut session)[0].0;
    let kind = MouseEventKind::Down(MouseButton::Left);
    let event = MouseEvent { kind, column: 1, row: 1, modifiers: KeyModifiers::NONE };
    session.send(Msg::Input(Event::Mouse(event)));
    assert_eq!(session.take_effects(), [Effect::Close(wire)]);
    assert!(session.app.overlays.is_empty());
}

#[test]
fn a_question_begins_at_its_first_line_however_far_the_menu_was_scrolled() {
    let mut session = shop((40, 12));
    look(&mut session);
    let event = MouseEvent { kind: MouseEventKind::ScrollDown, column: 20, row: 6, modifiers: KeyModifiers::NONE };
    session.send(Msg::Input(Event::Mouse(event)));
    let scroll = |session: &Session| match session.app.overlays.last() {
        Some(Overlay::Compose(layer)) => layer.scroll,
        other => panic!("{other:?}"),
    };
    assert!(scroll(&session) > 0);
    session.keys("<enter>");
    assert_eq!(scroll(&session), 0);
}

#[test]
fn one_service_is_not_told_in_the_plural_and_profiles_of_the_environment_are_told() {
    let mut session = shop((120, 40));
    session.keys("d");
    let wire = asked(&mut session)[0].0;
    let alike = Drift { services: 1, differing: Vec::new(), ..drift() };
    tell(&mut session, wire, ComposeAnswer::Drift(alike));
    assert!(session.screen().contains("No drift: its one service matches the files."), "{}", session.screen());
    session.keys("<esc>U");
    let wire = asked(&mut session)[0].0;
    tell(&mut session, wire, ComposeAnswer::Ready(Box::new(ComposeReady { profiles: "tools".into(), ..ready() })));
    assert!(session.screen().contains("tools (from COMPOSE_PROFILES)"), "{}", session.screen());
}

#[test]
fn its_output_is_on_screen_while_it_runs_and_its_end_in_a_word() {
    let mut session = shop((120, 30));
    let wire = run(&mut session, 0);
    output(&mut session, wire, &["$ docker compose up", "Container shop-web-1  Recreate"]);
    assert_snapshot!("compose_output", session.overlay());
    let lines: Vec<String> = (0..100).map(|number| format!("line {number}")).collect();
    output(&mut session, wire, &lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(session.screen().contains("line 99"));
    session.keys("g");
    assert!(session.screen().contains("$ docker compose up"), "{}", session.screen());
    session.keys("<esc><esc>");
    assert!(session.screen().contains("x: starting shop"), "{}", session.screen());
    session.send(Msg::Chunk(wire, StreamEvent::Transferred(Transferred::default())));
    session.send(Msg::Ended(wire, None));
    assert!(session.screen().contains("started shop"), "{}", session.screen());
}

#[test]
fn a_failure_shows_its_reason_and_is_tried_again_only_after_a_question() {
    let mut session = shop((120, 30));
    let wire = run(&mut session, 4);
    let why = Problem::new("compose down shop", "compose ended with 1: ERROR: in use", "see its output");
    session.send(Msg::Ended(wire, Some(why)));
    assert!(session.screen().contains("compose ended with 1: ERROR: in use"), "{}", session.screen());
    session.keys("e");
    assert!(session.screen().contains("compose has no form to edit"), "{}", session.screen());
    session.keys("R");
    assert_eq!(begun(&mut session), []);
    assert!(session.screen().contains("Compose down with volumes: shop?"), "{}", session.screen());
    session.keys("y");
    assert_eq!(begun(&mut session)[0].1.verb, ComposeVerb::DownVolumes);
}

#[test]
fn a_cancel_interrupts_first_and_does_not_wait_the_second_time() {
    let mut session = shop((120, 30));
    let wire = run(&mut session, 0);
    session.keys("X");
    assert_eq!(session.take_effects(), [Effect::Send(wire, vec![3])]);
    assert!(session.screen().contains("stopping"), "{}", session.screen());
    output(&mut session, wire, &["Gracefully stopping"]);
    assert!(session.screen().contains("Gracefully stopping"));
    session.send(Msg::Ended(wire, Some(Problem::new("compose up shop", "cancelled", ""))));
    assert!(session.screen().contains("cancelled"));
    session.keys("<esc><esc>");
    let wire = run(&mut session, 0);
    session.keys("XX");
    assert_eq!(session.take_effects(), [Effect::Send(wire, vec![3]), Effect::Close(wire)]);
}

#[test]
fn one_project_is_not_worked_on_twice_at_once() {
    let mut session = shop((120, 30));
    run(&mut session, 0);
    session.keys("<esc><esc>U");
    assert_eq!(asked(&mut session), []);
    assert!(session.screen().contains("compose is already running on shop: x shows it"), "{}", session.screen());
}

#[test]
fn leaving_asks_while_compose_is_at_work() {
    let mut session = shop((120, 30));
    run(&mut session, 0);
    session.keys("<esc><esc><ctrl-c>");
    assert!(session.screen().contains("A transfer is running and will be cancelled: shop."), "{}", session.screen());
    assert!(!session.app.quitting);
}

#[test]
fn no_compose_is_told_with_what_helps() {
    let mut session = shop((80, 24));
    session.keys("U");
    let wire = asked(&mut session)[0].0;
    let why = Problem::new("look for compose", "neither docker compose nor docker-compose is here", "install one");
    session.send(Msg::Ended(wire, Some(why)));
    let screen = session.screen();
    assert!(screen.contains("neither docker compose") && screen.contains("install one"), "{screen}");
    session.keys("y<enter>");
    assert!(session.app.overlays.is_empty());
    assert_eq!(begun(&mut session), []);
}

#[test]
fn an_answer_that_nobody_waits_for_opens_nothing() {
    let mut session = shop((80, 24));
    session.keys("U");
    let wire = asked(&mut session)[0].0;
    session.keys("<esc>");
    assert_eq!(session.take_effects(), [Effect::Close(wire)]);
    tell(&mut session, wire, ComposeAnswer::Ready(Box::new(ready())));
    assert!(session.app.overlays.is_empty());
}

#[test]
fn what_differs_is_told_service_by_service_and_stays_among_the_details() {
    for size in [(160, 45), (80, 24), (40, 12)] {
        let mut session = shop(size);
        compare(&mut session);
        assert_snapshot!(format!("drift_{}x{}", size.0, size.1), session.overlay());
        session.keys("<esc>");
        session.wait(180.0);
        session.publish();
        if size.0 == 160 {
            assert!(session.screen().contains("2 services differ, 3m ago; d compares again"), "{}", session.screen());
        }
    }
    // What compose did makes it old.
    let mut session = shop((160, 45));
    compare(&mut session);
    session.keys("<esc>");
    let wire = run(&mut session, 0);
    session.send(Msg::Ended(wire, None));
    session.keys("<esc><esc>");
    assert!(!session.screen().contains("services differ"), "{}", session.screen());
}

#[test]
fn a_project_is_brought_up_from_its_file() {
    let mut session = shop((120, 40));
    session.keys("C/srv/ne");
    let typed = asked(&mut session);
    let (wire, ask) = typed.last().expect("it is looked at");
    assert_eq!(*ask, ComposeQuestion::Path("/srv/ne".into()));
    let told = ComposeAnswer::Path { wrong: Some("there is no /srv/ne".into()), choices: vec!["/srv/new/".into()] };
    tell(&mut session, *wire, told);
    assert!(!session.screen().contains("there is no"), "it may become one: {}", session.screen());
    session.keys("<right>x");
    let typed = asked(&mut session);
    let (wire, ask) = typed.last().expect("it is looked at");
    assert_eq!(*ask, ComposeQuestion::Path("/srv/new/x".into()));
    let told = ComposeAnswer::Path { wrong: Some("there is no /srv/new/x".into()), choices: Vec::new() };
    tell(&mut session, *wire, told);
    assert_snapshot!("compose_form", session.overlay());
    session.keys("<backspace><tab>Shop");
    assert!(session.screen().contains("lower-case letters"), "{}", session.screen());
    session.take_effects();
    session.keys("<enter>");
    assert_eq!(asked(&mut session), [], "a wrong field holds the form");
    session.keys("<ctrl-u>new<enter>");
    let (wire, ask) = asked(&mut session).pop().expect("it is asked");
    assert_eq!(ask, ComposeQuestion::At { path: "/srv/new/".into(), project: "new".into() });
    session.send(Msg::Ended(wire, Some(Problem::new("look at /srv/new/", "no compose.yaml in it", "name the file"))));
    assert!(matches!(session.app.overlays.last(), Some(Overlay::Fields(_))), "{}", session.screen());
    assert!(session.screen().contains("no compose.yaml in it"), "{}", session.screen());
    session.keys("<enter>");
    let (wire, _) = asked(&mut session).pop().expect("it is asked again");
    let site = ComposeSite {
        project: "new".into(),
        folder: "/srv/new".into(),
        files: vec!["/srv/new/compose.yaml".into()],
        environment: Vec::new(),
    };
    tell(&mut session, wire, ComposeAnswer::Ready(Box::new(ComposeReady { site, ..ready() })));
    assert!(session.screen().contains("All services in the files are created and started."), "{}", session.screen());
    session.keys("n");
    assert!(matches!(session.app.overlays.last(), Some(Overlay::Fields(_))), "back in the form");
    session.keys("<enter>");
    let (wire, _) = asked(&mut session).pop().expect("it is asked once more");
    tell(&mut session, wire, ComposeAnswer::Ready(Box::new(ready())));
    session.keys("y");
    let begun = begun(&mut session);
    assert_eq!(begun[0].1.verb, ComposeVerb::Up);
    assert!(
        !session.app.overlays.iter().any(|layer| matches!(layer, Overlay::Fields(_))),
        "the form has done its work"
    );
}

#[test]
fn a_project_of_the_same_name_from_another_folder_is_told_before_it_is_touched() {
    let mut session = shop((120, 40));
    session.keys("C/srv/other<tab>shop<enter>");
    let (wire, _) = asked(&mut session).pop().expect("it is asked");
    let site =
        ComposeSite { folder: "/srv/other".into(), files: vec!["/srv/other/compose.yaml".into()], ..ready().site };
    tell(&mut session, wire, ComposeAnswer::Ready(Box::new(ComposeReady { site, ..ready() })));
    let screen = session.screen();
    assert!(screen.contains(&format!("Its containers come from another folder, {FOLDER}")), "{screen}");
    session.keys("y");
    let known = session.app.snapshot.containers.values().filter(|one| one.project() == Some("shop"));
    let known: std::collections::BTreeSet<String> = known.map(|one| one.id.raw().to_string()).collect();
    assert_eq!((begun(&mut session)[0].1.planned.clone(), known.is_empty()), (known, false), "it is bound to these");
}

#[test]
fn read_only_compares_and_changes_nothing() {
    let mut session = shop((120, 30));
    session.app.options.read_only = true;
    for key in ["U", "C"] {
        session.keys(key);
        assert_eq!(asked(&mut session), []);
        assert!(session.screen().contains("read-only"), "{}", session.screen());
    }
    compare(&mut session);
    assert!(session.screen().contains("2 of 4 services differ"), "{}", session.screen());
}

#[test]
fn compose_is_for_projects_and_for_one_at_a_time() {
    let mut session = shop((120, 30));
    for list in ["1", "2", "6"] {
        session.keys(list).keys(":compose<enter>");
        assert!(session.app.overlays.is_empty() && asked(&mut session).is_empty(), "{list}");
        session.keys(":drift<enter>");
        assert!(session.app.overlays.is_empty() && asked(&mut session).is_empty(), "{list}");
    }
}

#[test]
fn hostile_labels_are_shown_and_nothing_of_them_reaches_the_terminal() {
    let mut session = shop((120, 40));
    let hostile = "/srv/\u{1b}[2J\u{202e}x".to_string();
    session.keys("U");
    let wire = asked(&mut session)[0].0;
    let mut told = ready();
    told.site.folder = hostile.clone();
    tell(&mut session, wire, ComposeAnswer::Ready(Box::new(told)));
    session.keys("<enter>");
    let screen = session.screen();
    assert!(!screen.contains('\u{1b}') && !screen.contains('\u{202e}'), "{screen}");
    let mut session = shop((120, 40));
    let mut other = container("shop-web-2", State::Running);
    other.labels = vec![
        ("com.docker.compose.project".into(), "shop".into()),
        ("com.docker.compose.project.config_files".into(), "/tmp/evil.yaml".into()),
        ("com.docker.compose.project.working_dir".into(), "/tmp".into()),
        ("com.docker.compose.service".into(), "web".into()),
    ];
    session.fact(Fact::Container(other));
    session.publish();
    session.keys("U");
    let wire = asked(&mut session)[0].0;
    tell(&mut session, wire, ComposeAnswer::Ready(Box::new(ready())));
    session.keys("<enter>");
    assert!(session.screen().contains("Its containers name different files"), "{}", session.screen());
}

#[test]
fn another_engine_ends_what_was_asked() {
    let mut session = shop((120, 30));
    session.keys("U");
    assert!(session.app.forget_engine().is_empty());
    assert!(session.app.overlays.is_empty());
    let waits = |layer: &Overlay| matches!(layer, Overlay::Compose(layer) if matches!(layer.phase, ComposePhase::Looking { .. }));
    assert!(!session.app.overlays.iter().any(waits));
}
