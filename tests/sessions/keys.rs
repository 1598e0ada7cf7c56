//! What keys do.

use super::harness::*;
use bowline::app::{ClosedContext, Effect, Msg, Overlay};
use bowline::model::*;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

fn acts(session: &mut Session) -> Vec<(OperationKind, String)> {
    super::harness::acts(session).into_iter().map(|act| (act.kind, act.name)).collect()
}

#[test]
fn lower_case_and_control_keys_never_change_the_engine() {
    let mut session = Session::shop((160, 45));
    session.take_effects();
    for key in ('a'..='z').filter(|key| *key != 'q').map(|key| key.to_string()) {
        session.keys(&key).keys("<esc><esc><esc>");
    }
    for key in ('a'..='z').filter(|key| !"cz".contains(*key)).map(|key| format!("<ctrl-{key}>")) {
        session.keys(&key).keys("<esc><esc><esc>");
    }
    assert_eq!(acts(&mut session), []);
}

#[test]
fn capitals_act_on_the_row_under_the_cursor() {
    let mut session = Session::shop((160, 45));
    session.keys("S");
    assert_eq!(acts(&mut session), [(OperationKind::Stop, "api-1".into())]);
    session.keys("jR");
    assert_eq!(acts(&mut session), [(OperationKind::Restart, "api-2".into())]);
    session.keys("jS");
    assert_eq!(acts(&mut session), [(OperationKind::Start, "etl-nightly".into())], "what is stopped is started");
    session.keys("/replay<enter>P");
    assert_eq!(acts(&mut session), [(OperationKind::Unpause, "replay".into())]);
}

#[test]
fn removal_asks_and_enter_means_cancel() {
    let mut session = Session::shop((160, 45));
    session.keys("D<enter>");
    assert_eq!(acts(&mut session), []);
    session.keys("D<esc>Dn");
    assert_eq!(acts(&mut session), []);
    session.keys("D<tab><enter>");
    assert_eq!(acts(&mut session), [(OperationKind::Remove { force: true, volumes: false }, "api-1".into())]);
    session.keys("jjDvy");
    assert_eq!(acts(&mut session), [(OperationKind::Remove { force: false, volumes: true }, "etl-nightly".into())]);
}

#[test]
fn kill_chooses_a_signal_and_asks() {
    let mut session = Session::shop((160, 45));
    session.keys("K<enter><enter>");
    assert_eq!(acts(&mut session), [], "the second enter was on cancel");
    session.keys("Kj<enter>y");
    assert_eq!(acts(&mut session), [(OperationKind::Kill(Signal(15)), "api-1".into())]);
    session.keys("jjK");
    assert!(session.app.overlays.is_empty(), "a stopped container cannot be killed");
}

#[test]
fn a_question_keeps_the_ids_of_the_moment_of_the_key() {
    let mut session = Session::shop((160, 45));
    session.keys("K");
    session.fact(Fact::Gone(id("api-1")));
    session.publish();
    session.keys("<enter>y");
    assert_eq!(acts(&mut session), [(OperationKind::Kill(Signal(9)), "api-1".into())], "never its neighbour");
}

#[test]
fn marks_make_a_bulk_act_with_a_result_per_target() {
    let mut session = Session::shop((160, 45));
    session.keys("/web<enter><space><space><space>");
    assert!(session.screen().contains("3 marked"));
    session.keys("R");
    let asked: Vec<(OperationId, Operation)> = session
        .take_effects()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Act(ask, act) => Some((ask, act)),
            _ => None,
        })
        .collect();
    assert_eq!(asked.len(), 3);
    assert!(session.screen().contains("restarting 0 of 3"));
    for (index, (ask, act)) in asked.into_iter().enumerate() {
        let failure = Problem::new("restart", "disk full", "make room");
        let result = if index == 1 { Err(failure) } else { Ok(String::new()) };
        session.send(Msg::Done(OperationResult { id: ask, operation: act, result }));
    }
    assert!(session.screen().contains("restarted 2 of 3, 1 failed: r shows details"), "{}", session.screen());
    session.keys("r");
    let screen = session.screen();
    assert!(screen.contains("disk full (make room)") && screen.contains("R retry what failed"), "{screen}");
    session.keys("R");
    assert_eq!(acts(&mut session), [(OperationKind::Restart, "web-2".into())]);
    session.keys("<esc>rR");
    assert_eq!(acts(&mut session), [], "once is enough: what is on screen now has no failure yet");
}

#[test]
fn going_back_takes_the_filter_away_before_the_marks_set_behind_it() {
    let mut session = Session::shop((160, 45));
    session.keys("/api-1<enter><space>/web-1<enter><space><esc>");
    assert_eq!((session.app.fleet.filter_text.as_str(), session.app.fleet.marked()), ("", 2));
    session.keys("<esc>");
    assert_eq!(session.app.fleet.marked(), 0);
}

#[test]
fn retrying_a_failed_removal_asks_again() {
    let mut session = Session::shop((160, 45));
    session.keys("Dy");
    let asked = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Act(ask, act) => Some((ask, act)),
        _ => None,
    });
    let (ask, act) = asked.expect("an act");
    session.send(Msg::Done(OperationResult {
        id: ask,
        operation: act,
        result: Err(Problem::new("remove", "busy", "")),
    }));
    session.keys("rR");
    assert_eq!(acts(&mut session), []);
    assert!(matches!(session.app.overlays.last(), Some(Overlay::Confirm(_))));
}

#[test]
fn control_and_alt_answer_no_question() {
    let mut session = Session::shop((160, 45));
    session.keys("D");
    for modifiers in [KeyModifiers::CONTROL, KeyModifiers::ALT] {
        session.send(Msg::Input(Event::Key(KeyEvent::new(KeyCode::Char('y'), modifiers))));
    }
    assert_eq!(acts(&mut session), []);
    assert!(matches!(session.app.overlays.last(), Some(Overlay::Confirm(_))));
}

#[test]
fn when_all_marked_ones_are_gone_an_act_does_not_slip_to_the_cursor() {
    let mut session = Session::shop((160, 45));
    session.keys("<space>");
    session.fact(Fact::Gone(id("api-1")));
    session.publish();
    session.keys("S");
    assert_eq!(acts(&mut session), []);
    assert!(session.screen().contains("the marked containers no longer exist"));
    session.keys("S");
    assert_eq!(acts(&mut session).len(), 1);
}

#[test]
fn an_engine_that_answers_is_not_left_by_a_slip_of_a_key() {
    let mut session = Session::shop((160, 45));
    session.send(Msg::Input(Event::Key(KeyEvent::new(KeyCode::Char('b'), KeyModifiers::CONTROL))));
    assert!(!session.take_effects().contains(&Effect::OpenEmbedded));
    assert!(session.screen().contains("connected to an engine"));
}

#[test]
fn a_failed_act_says_why_and_what_to_do() {
    let mut session = Session::shop((160, 45));
    session.keys("S");
    let Some(Effect::Act(ask, act)) =
        session.take_effects().into_iter().find(|effect| matches!(effect, Effect::Act(..)))
    else {
        panic!("no act");
    };
    let problem = Problem::new("stop api-1", "permission denied", "ask your administrator");
    session.send(Msg::Done(OperationResult { id: ask, operation: act, result: Err(problem) }));
    assert!(session.screen().contains("stop api-1: permission denied (ask your administrator)"));
}

#[test]
fn read_only_refuses_every_act() {
    let mut session = Session::shop((160, 45));
    session.app.options.read_only = true;
    session.keys("SRPKD");
    assert_eq!(acts(&mut session), []);
    assert!(session.app.overlays.is_empty());
    assert!(session.screen().contains("read-only"));
}

#[test]
fn the_filter_works_while_typing_and_escape_takes_it_back() {
    let mut session = Session::shop((160, 45));
    session.keys("/state:exited");
    assert!(session.screen().contains("2 of 18"));
    session.keys("<esc>");
    assert_eq!(session.app.fleet.rows().len(), 18);
    session.keys("/web-1<enter>");
    assert_eq!(session.app.fleet.rows().len(), 4, "web-1, web-10, web-11, web-12");
    session.keys("<esc>");
    assert_eq!(session.app.fleet.rows().len(), 18);
}

#[test]
fn escape_goes_back_one_level_and_q_quits_only_at_the_top() {
    let mut session = Session::shop((160, 45));
    session.keys("lz");
    assert!(session.app.zoomed);
    session.keys("qq");
    assert!(!session.app.quitting);
    session.keys("q");
    assert!(session.app.quitting);
}

#[test]
fn sorting_by_cpu_puts_the_busiest_first_and_again_reverses() {
    let mut session = Session::shop((160, 45));
    session.keys("sjjjj<enter>");
    let cpu = |session: &Session, row: usize| {
        let container = session.app.fleet.row(row).and_then(|row| row.container()).expect("nothing is grouped");
        session.app.snapshot.usage_of(container).and_then(|series| series.latest.cpu).unwrap_or(-1.0)
    };
    assert!(cpu(&session, 0) >= cpu(&session, 1));
    session.keys("s<enter>");
    assert!(cpu(&session, 0) <= cpu(&session, 1));
}

#[test]
fn every_command_is_in_the_palette() {
    let mut session = Session::shop((160, 45));
    session.keys(":wrap<enter>");
    assert!(session.app.options.logs.wrap);
    session.keys(":restart<enter>");
    assert_eq!(acts(&mut session), [(OperationKind::Restart, "api-1".into())]);
}

#[test]
fn walking_down_the_list_opens_one_log_where_the_cursor_rests() {
    let mut session = Session::shop((160, 45));
    session.take_effects();
    session.keys("jjjj");
    let opened = |effects: &[Effect]| effects.iter().filter(|effect| matches!(effect, Effect::Open(..))).count();
    assert_eq!(opened(&session.effects), 0);
    session.wait(0.2);
    assert_eq!(opened(&session.effects), 1);
    let title = session.screen().lines().find(|line| line.contains("Logs")).map(str::to_string).unwrap();
    assert!(title.contains("Logs api-1"), "the old log stays, and says whose it is: {title}");
    session.log(&[("hello", Level::Info)]);
    assert!(session.screen().contains("Logs migrate"));
    let closed = session.effects.iter().filter(|effect| matches!(effect, Effect::Close(_))).count();
    assert_eq!(closed, 1);
}

#[test]
fn a_late_chunk_of_a_closed_log_changes_nothing() {
    let mut session = Session::shop((160, 45));
    let old = session.wire();
    session.keys("j");
    session.wait(0.2);
    session.log(&[("new", Level::Info)]);
    session.send(Msg::Chunk(old, StreamEvent::Lines(batch(&[("stale", Level::Error)]))));
    assert!(!session.screen().contains("stale"));
}

#[test]
fn the_log_pauses_on_scroll_counts_and_follows_again() {
    let mut session = Session::shop((160, 45));
    let lines: Vec<String> = (0..100).map(|number| format!("line {number}")).collect();
    let lines: Vec<(&str, Level)> = lines.iter().map(|line| (line.as_str(), Level::None)).collect();
    session.log(&lines);
    session.keys("lkk");
    session.log(&[("fresh", Level::None)]);
    let screen = session.screen();
    assert!(screen.contains("paused  +1 new") && !screen.contains("fresh"), "{screen}");
    session.keys("G");
    assert!(session.screen().contains("fresh") && session.screen().contains("following"));
}

#[test]
fn searching_in_the_log_marks_all_hits_and_steps() {
    let mut session = Session::shop((160, 45));
    session.log(&[("alpha", Level::None), ("beta alpha", Level::None), ("gamma", Level::None)]);
    session.keys("l/alpha<enter>");
    let buffer = session.buffer();
    let hit = session.look.theme.style(bowline::ui::Role::Hit).bg;
    let marked = buffer.content.iter().filter(|cell| Some(cell.bg) == hit).count();
    assert_eq!(marked, 10, "two hits of five letters");
    session.keys("N");
    assert_eq!(session.app.log.as_ref().unwrap().marked(), Some(0));
    session.keys("<esc>");
    assert!(session.app.log.as_ref().unwrap().search.is_none());
}

#[test]
fn a_search_without_a_hit_is_kept_and_n_opens_no_prompt() {
    let mut session = Session::shop((160, 45));
    session.log(&[("alpha", Level::None)]);
    session.keys("ln");
    assert!(session.app.overlays.is_empty() && session.screen().contains("no search yet"));
    session.keys("/zeta<enter>n");
    assert!(session.app.overlays.is_empty() && session.screen().contains("no later matches"));
}

#[test]
fn scrolling_to_the_top_asks_for_older_lines_once() {
    let mut session = Session::shop((160, 45));
    session.log(&[("a", Level::None), ("b", Level::None)]);
    session.take_effects();
    session.keys("lggkk");
    let pages: Vec<Effect> = session
        .take_effects()
        .into_iter()
        .filter(|effect| matches!(effect, Effect::Open(_, Source::OlderLogs { .. })))
        .collect();
    assert_eq!(pages.len(), 1);
}

#[test]
fn a_paste_into_the_cockpit_gives_no_commands() {
    let mut session = Session::shop((160, 45));
    session.take_effects();
    session.send(Msg::Input(crossterm::event::Event::Paste("SDKyRq".into())));
    assert!(acts(&mut session).is_empty() && !session.app.quitting);
}

#[test]
fn of_a_long_paste_into_a_filter_only_the_beginning_is_searched_for() {
    let mut session = Session::shop((160, 45));
    session.keys("/");
    session.send(Msg::Input(crossterm::event::Event::Paste("é ".repeat(10_000))));
    assert_eq!(session.app.fleet.filter_text.chars().count(), 1000);
    session.keys("<esc>/");
    session.send(Msg::Input(crossterm::event::Event::Paste("web".into())));
    assert_eq!(session.app.fleet.filter_text, "web", "what is short is taken whole");
}

#[test]
fn an_unknown_key_says_where_the_keys_are() {
    let mut session = Session::shop((160, 45));
    session.keys("y");
    assert!(session.screen().contains("y does nothing here; ? shows the keys"));
}

#[test]
fn a_lost_engine_leaves_the_rows_and_says_why_and_when() {
    let mut session = Session::shop((160, 45));
    let why = Problem::new("hear the engine", "connection refused", "start it");
    let (since, retry_at) = (Timestamp::from_seconds(NOON - 12), Timestamp::from_seconds(NOON + 3));
    session.fact(Fact::Link(EngineId(0), Link::Down { why, since, retry_at, never_up: false }));
    session.publish();
    let screen = session.screen();
    assert!(screen.contains("engine lost 12 s ago, next try in 3 s: connection refused"), "{screen}");
    assert!(screen.contains("web-12"), "stale rows stay");
    assert!(session.app.wake().is_some(), "the countdown counts");
}

#[test]
fn without_any_engine_the_diagnosis_offers_what_can_be_done() {
    let mut session = Session::new((100, 30));
    let problem = Problem::new("connect", "permission denied", "add yourself to the group docker");
    let attempt = Attempt {
        address: "unix:///var/run/docker.sock".into(),
        reason: "well-known socket".into(),
        problem: problem.clone(),
    };
    session.fact(Fact::Configured(EngineId(0), "local".into()));
    session.fact(Fact::Attempts(EngineId(0), vec![attempt]));
    let at = Timestamp::from_seconds(NOON);
    session.fact(Fact::Link(EngineId(0), Link::Down { why: problem, since: at, retry_at: at, never_up: true }));
    session.publish();
    let screen = session.screen();
    for part in [
        "No container engine answers",
        "unix:///var/run/docker.sock",
        "permission denied",
        "group docker",
        "ctrl-b opens the embedded engine",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    session.keys("r");
    assert!(session.take_effects().contains(&Effect::Refresh));
    session.keys("<ctrl-b>");
    assert!(session.take_effects().contains(&Effect::OpenEmbedded));
}

#[test]
fn only_what_is_on_screen_asks_for_attention() {
    let mut session = Session::shop((80, 24));
    let attended = |session: &mut Session| {
        session.take_effects().into_iter().rev().find_map(|effect| match effect {
            Effect::Attend(attention) => Some(attention),
            _ => None,
        })
    };
    let attention = attended(&mut session).unwrap();
    assert_eq!(attention.selected, Some(id("api-1")));
    assert!(attention.visible.len() < 18 && attention.visible.contains(&id("api-1")));
    session.keys("G");
    assert!(attended(&mut session).unwrap().visible.contains(&id("web-12")));
    session.send(Msg::Input(crossterm::event::Event::FocusLost));
    assert!(attended(&mut session).unwrap().away);
    session.send(Msg::Input(crossterm::event::Event::FocusGained));
    assert!(!attended(&mut session).unwrap().away);
}

#[test]
fn the_mouse_selects_rows_sorts_by_headings_and_presses_buttons() {
    let mut session = Session::shop((160, 45));
    session.click("replay");
    assert_eq!(&*session.app.fleet.selected().unwrap().name, "replay");
    session.click("AGE");
    assert_eq!(session.app.fleet.sort.name, "age");
    session.click("D remove");
    assert!(matches!(session.app.overlays.last(), Some(Overlay::Confirm(_))));
    session.click("remove (y)");
    assert_eq!(acts(&mut session).len(), 1);
    // A sentence lies over the hints: what cannot be seen cannot be hit.
    let mut session = Session::shop((160, 45));
    session.keys("Q");
    session.click("does nothing here");
    assert_eq!(acts(&mut session), []);
}

/// A cockpit whose Docker client uses a context that cannot be opened.
fn with_a_closed_context(size: (u16, u16)) -> Session {
    let mut session = Session::new(size);
    let why = Problem::new("open the context prod", "ssh:// is not supported yet", "run ssh -nNT -L");
    let address = "ssh://ann@harbour.example".to_string();
    let closed = ClosedContext { name: "prod".into(), address: address.clone(), why: why.clone() };
    session.app.begin_closed(closed);
    session.fact(Fact::Configured(ENGINE, "prod".into()));
    session
        .fact(Fact::Attempts(ENGINE, vec![Attempt { address, reason: "context prod".into(), problem: why.clone() }]));
    let at = Timestamp::from_seconds(NOON);
    session.fact(Fact::Link(ENGINE, Link::Down { why, since: at, retry_at: at, never_up: true }));
    session.publish();
    session
}

#[test]
fn a_context_that_cannot_be_opened_is_named_and_nothing_is_opened_without_a_yes() {
    for size in [(160, 45), (80, 24), (40, 12)] {
        let mut session = with_a_closed_context(size);
        let screen = session.screen();
        let words: String = screen.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        for part in
            ["context prod:", "ssh://ann@harbour.example", "ssh:// is not supported yet", "Cancel (n)", "open (y)"]
        {
            assert!(words.contains(part), "{size:?} {part}: {screen}");
        }
        session.keys("n");
        assert!(session.app.overlays.is_empty() && session.app.closed.is_some());
        assert!(!session.take_effects().contains(&Effect::OpenLocal));
        let screen = session.screen();
        assert!(screen.contains("context cannot be opened") && !screen.contains("next try"), "{screen}");
        session.keys("r");
        assert!(session.screen().contains("open (y)"), "{}", session.screen());
        session.keys("y");
        assert!(session.take_effects().contains(&Effect::OpenLocal));
    }
}

#[test]
fn the_header_says_that_an_engine_was_opened_in_place_of_a_context() {
    for (size, wanted) in [((160, 45), "in place of context prod"), ((80, 24), "local, not prod")] {
        let mut session = Session::shop(size);
        session.fact(Fact::Origin(ENGINE, Origin::InPlaceOf("prod".into())));
        session.publish();
        let header = session.screen().lines().next().unwrap_or_default().to_string();
        assert!(header.contains(wanted), "{header}");
        session.fact(Fact::Origin(ENGINE, Origin::Flag));
        session.publish();
        assert!(!session.screen().contains("prod"));
    }
}

/// A cockpit in which nothing was pressed yet, on an engine with these containers.
fn untouched(containers: Vec<Container>) -> Session {
    let mut session = Session::untouched((120, 40));
    session.connect();
    session.fact(Fact::Containers(ENGINE, containers));
    session.publish();
    session
}

fn selected(session: &Session) -> String {
    session.app.fleet.selected().map(|one| one.name.to_string()).unwrap_or_default()
}

#[test]
fn the_cursor_begins_on_what_most_needs_a_person_and_its_log_is_the_first() {
    let session = untouched(shop());
    assert_eq!(selected(&session), "api-2", "it is unhealthy");
    let logs = session.effects.iter().filter_map(|effect| match effect {
        Effect::Open(_, Source::Logs { id, .. }) => Some(id.clone()),
        _ => None,
    });
    assert_eq!(logs.collect::<Vec<_>>(), [id("api-2")]);
    let mut well = vec![container("api-1", State::Running), container("web-1", State::Running)];
    well[1].created = Timestamp::from_seconds(NOON - 60);
    assert_eq!(selected(&untouched(well)), "web-1", "where all is well it is what was made last");
}

#[test]
fn once_begun_the_cursor_goes_nowhere_by_itself() {
    let mut session = untouched(vec![container("api-1", State::Running), container("web-1", State::Running)]);
    let first = selected(&session);
    let mut sick = shop();
    session.fact(Fact::Containers(ENGINE, sick.clone()));
    session.publish();
    assert_eq!(selected(&session), first, "what falls ill later is told by its row and the header");
    let mut session = Session::untouched((120, 40));
    session.connect();
    session.publish();
    session.keys("t<esc>");
    sick.reverse();
    session.fact(Fact::Containers(ENGINE, sick));
    session.publish();
    assert_eq!(selected(&session), "api-1", "who presses keys has the cursor");
}
