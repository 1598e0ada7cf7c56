//! Groups in the list of containers, and acts on them and on services.

use super::harness::*;
use bowline::app::{Effect, Msg, Overlay, Pane};
use bowline::model::*;
use bowline::ui::{Depth, Glyphs, Theme};
use insta::assert_snapshot;

fn service(project: &str, name: &str, number: usize, needs: &str) -> Container {
    let mut one = container(&format!("{project}-{name}-{number}"), State::Running);
    one.labels = vec![
        ("com.docker.compose.depends_on".into(), needs.into()),
        ("com.docker.compose.project".into(), project.into()),
        ("com.docker.compose.service".into(), name.into()),
        ("tier".into(), if name == "db" { "back".into() } else { "front".into() }),
    ];
    one.image = format!("{project}/{name}:1").into();
    one
}

/// Two projects with services that need each other, and two containers of none.
fn world() -> Vec<Container> {
    let mut all = vec![
        service("shop", "web", 1, "api:service_started:false"),
        service("shop", "web", 2, "api:service_started:false"),
        service("shop", "api", 1, "db:service_healthy:false"),
        service("shop", "db", 1, ""),
        service("blog", "web", 1, "db:service_started:false"),
        service("blog", "db", 1, ""),
    ];
    all[1].health = Health::Unhealthy;
    all[4].state = State::Exited;
    all[4].exit_code = Some(1);
    let mut loner = container("backup", State::Exited);
    (loner.exit_code, loner.labels) = (Some(0), Vec::new());
    let mut other = container("registry", State::Paused);
    other.labels = vec![("tier".into(), "back".into())];
    all.extend([loner, other]);
    all
}

fn session(size: (u16, u16)) -> Session {
    let mut session = Session::new(size);
    session.connect();
    session.fact(Fact::Containers(ENGINE, world()));
    for second in 0..3 {
        let ids: Vec<Id> = session.world.containers.keys().cloned().collect();
        let samples = ids.into_iter().zip(1u64..).map(|(id, share)| {
            let memory = Some(Memory { used: share << 24, ..Memory::default() });
            let counters = Counters { cpu_ns: Some(second as u64 * share * 50_000_000), memory, ..Counters::default() };
            (id, Sample { at: Timestamp::from_seconds(NOON - 3 + second), sampler: Sampler::Kernel, counters })
        });
        session.fact(Fact::Samples(samples.collect()));
    }
    session.publish();
    session
}

fn grouped(size: (u16, u16)) -> Session {
    let mut session = session(size);
    session.keys("vproject<enter>g");
    session.take_effects();
    session
}

/// Answers all acts well, wave by wave, and tells their names.
fn waves(session: &mut Session) -> Vec<Vec<String>> {
    let mut waves = Vec::new();
    loop {
        let wave = acts(session);
        if wave.is_empty() {
            return waves;
        }
        waves.push(wave.iter().map(|act| act.name.clone()).collect());
        for act in wave {
            let ask = session.app.results.last().expect("it was asked").id;
            session.send(Msg::Done(OperationResult { id: ask, operation: act, result: Ok(String::new()) }));
        }
    }
}

#[test]
fn groups_on_wide_and_on_small_screens() {
    let mut wide = grouped((160, 45));
    assert_snapshot!("wide_group", wide.screen_with_styles());
    wide.keys("jj");
    assert_snapshot!("wide_container", wide.regions(&[Pane::Fleet, Pane::Gauges, Pane::Logs]));
    let mut narrow = grouped((80, 24));
    assert_snapshot!("narrow_group", narrow.screen());
    narrow.keys("-");
    assert_snapshot!("narrow_folded", narrow.region(Pane::Fleet));
    let mut tiny = grouped((40, 12));
    assert_snapshot!("tiny_group", tiny.screen());
    tiny.keys("<tab>");
    assert_snapshot!("tiny_sums", tiny.region(Pane::Gauges));
    tiny.keys("<tab>");
    assert_snapshot!("tiny_members", tiny.region(Pane::Logs));
}

#[test]
fn without_colours_and_in_ascii() {
    let mut session = grouped((100, 30));
    session.look.theme = Theme::named("dark", Depth::None).expect("built in");
    session.look.glyphs = Glyphs::ASCII;
    session.keys("<enter>");
    assert!(session.screen().is_ascii(), "{}", session.screen());
    assert_snapshot!(session.regions(&[Pane::Fleet, Pane::Gauges, Pane::Logs]));
}

#[test]
fn the_menu_offers_the_labels_there_are_and_one_can_be_typed() {
    let mut session = session((100, 30));
    session.keys("v");
    assert_snapshot!("menu", session.overlay());
    session.keys("tier<enter>");
    let groups: Vec<&str> = session.app.fleet.groups().iter().map(|group| group.name.as_str()).collect();
    assert_eq!(groups, ["back", "front", "no tier"]);
    assert!(session.screen().contains("by label tier"), "{}", session.screen());
    session.keys("vzzzz<enter>");
    assert!(session.screen().contains("no match"), "{}", session.screen());
    session.keys("<esc>vnone<enter>");
    assert_eq!((session.app.fleet.groups().len(), session.app.fleet.rows().len()), (0, 8));
}

#[test]
fn enter_the_arrows_and_the_mouse_fold_and_open() {
    let mut session = grouped((120, 40));
    let rows = |session: &Session| session.app.fleet.rows().len();
    assert_eq!(rows(&session), 11);
    session.keys("<enter>");
    assert_eq!(rows(&session), 9);
    session.keys("<right>");
    assert_eq!(rows(&session), 11);
    session.keys("jhh");
    assert_eq!(rows(&session), 9, "from a container to its group, then it folds");
    session.click("▾ shop");
    assert_eq!(rows(&session), 9, "the first click chooses");
    session.click("▾ shop");
    assert_eq!(rows(&session), 5);
    session.keys("--");
    assert_eq!(rows(&session), 11);
    session.keys("vnone<enter>h");
    assert!(session.screen().contains("nothing to fold: v groups the list"), "{}", session.screen());
}

#[test]
fn an_act_on_a_group_is_a_plan_that_names_all_and_goes_in_the_order_of_needs() {
    let mut session = grouped((120, 40));
    session.keys("jjj");
    assert_eq!(session.app.group().map(|group| group.name.as_str()), Some("shop"));
    session.keys("S");
    assert_eq!(acts(&mut session), [], "it asks");
    assert_snapshot!("plan_stop", session.overlay());
    // Whatever comes and goes meanwhile, the plan means what it shows.
    session.fact(Fact::Container(service("shop", "late", 1, "")));
    session.publish();
    session.keys("y");
    let order = waves(&mut session);
    assert_eq!(order, [vec!["shop-web-1", "shop-web-2"], vec!["shop-api-1"], vec!["shop-db-1"]]);
    session.keys("Ry");
    assert_eq!(waves(&mut session)[0], ["shop-db-1", "shop-late-1"], "up again what others need goes first");
}

#[test]
fn removal_and_kill_of_a_group_go_in_waves_too() {
    let mut session = grouped((120, 40));
    session.keys("jjjDy");
    let order = waves(&mut session);
    assert_eq!(order, [vec!["shop-web-1", "shop-web-2"], vec!["shop-api-1"], vec!["shop-db-1"]]);
    session.keys("Kj<enter>");
    assert!(session.screen().contains("Kill 4 containers with SIGTERM?"), "{}", session.screen());
    session.keys("y");
    let wave = acts(&mut session);
    assert_eq!((wave[0].kind, names(&wave)), (OperationKind::Kill(Signal(15)), vec!["shop-web-1", "shop-web-2"]));
}

#[test]
fn a_group_of_another_kind_goes_all_at_once_where_nobody_needs_another() {
    let mut session = session((120, 40));
    session.keys("vtier<enter>gS");
    assert!(matches!(session.app.overlays.last(), Some(Overlay::Confirm(_))), "it asks all the same");
    session.keys("y");
    assert_eq!(names(&acts(&mut session)), ["blog-db-1", "shop-db-1", "registry"]);
}

#[test]
fn behind_a_filter_only_what_passes_it_is_meant_and_the_plan_says_so() {
    let mut session = grouped((120, 40));
    session.keys("/web<enter>");
    let screen = session.screen();
    assert!(screen.contains("shop 2 of 4") && screen.contains("blog 1 of 2"), "{screen}");
    assert!(!screen.contains("no project"), "a group without a hit is not there: {screen}");
    session.keys("gjjR");
    let screen = session.screen();
    assert!(screen.contains("The filter hides 2 more of shop: they are not included."), "{screen}");
    session.keys("y");
    assert_eq!(names(&acts(&mut session)), ["shop-web-1", "shop-web-2"]);
}

#[test]
fn what_is_for_one_container_says_so_and_opens_nothing() {
    let mut session = grouped((120, 40));
    for key in ["p", "i", "b", "e", "#", "E", "A", "B", "N", "O", "I", "]"] {
        session.keys(key);
        assert!(session.app.overlays.is_empty(), "{key}");
        let screen = session.screen();
        assert!(screen.contains("works on one container, blog is a group: right opens it"), "{key}: {screen}");
        let opened = session.take_effects().into_iter().any(|effect| matches!(effect, Effect::Open(..)));
        assert!(!opened, "{key}");
    }
    session.keys("<tab><tab>f");
    assert!(
        session.screen().contains("f does nothing here"),
        "the log out of sight hears no key: {}",
        session.screen()
    );
}

#[test]
fn a_failure_in_one_project_holds_up_no_other() {
    let mut session = session((120, 40));
    session.keys("vtier<enter>g");
    session.keys("<down><down><down><down>Ry");
    let first = acts(&mut session);
    assert_eq!(names(&first), ["blog-web-1", "shop-api-1"]);
    for act in first {
        let ask = session.app.results.last().expect("it was asked").id;
        let fails = act.name.starts_with("blog");
        let result = if fails { Err(Problem::new("restart", "busy", "")) } else { Ok(String::new()) };
        session.send(Msg::Done(OperationResult { id: ask, operation: act, result }));
    }
    assert_eq!(names(&acts(&mut session)), ["shop-web-1", "shop-web-2"]);
}

#[test]
fn who_is_of_no_project_waits_for_nobody() {
    let mut session = session((120, 40));
    session.keys("vengine<enter>gSy");
    let waves = waves(&mut session);
    assert!(waves[0].contains(&"registry".to_string()) && waves.len() > 1, "{waves:?}");
}

#[test]
fn a_secret_is_hidden_in_the_name_of_a_group_too() {
    let mut session = Session::new((120, 40));
    session.connect();
    let mut one = container("one", State::Running);
    one.labels = vec![("api_token".into(), "hunter2hunter2".into())];
    session.fact(Fact::Containers(ENGINE, vec![one]));
    session.publish();
    let screen = session.keys("vapi_token<enter>g").screen();
    assert!(screen.contains("••••") && !screen.contains("hunter2"), "{screen}");
}

#[test]
fn enter_on_a_service_leads_to_its_containers_and_to_no_others_of_a_like_name() {
    let mut session = Session::new((120, 40));
    session.connect();
    let all =
        [("shop", "web"), ("shop", "webhook"), ("shop2", "web")].map(|(project, name)| service(project, name, 1, ""));
    session.fact(Fact::Containers(ENGINE, all.to_vec()));
    session.publish();
    session.keys("G5j<enter>");
    let shown: Vec<String> =
        session.app.fleet.rows().filter_map(|row| row.container()).map(|one| one.name.to_string()).collect();
    assert_eq!(shown, ["shop-web-1"]);
    assert_eq!(session.app.selected_id(), Some(id("shop-web-1")));
}

#[test]
fn limits_of_a_group_are_those_of_all_its_containers() {
    let mut session = grouped((120, 40));
    session.keys("jjjL");
    assert!(session.screen().contains("Limits of 4 containers"), "{}", session.screen());
    session.keys("2<enter>y");
    assert_eq!(acts(&mut session).len(), 4);
}

#[test]
fn what_is_folded_or_out_of_sight_is_not_looked_at() {
    let mut session = grouped((120, 40));
    let seen = |session: &mut Session| {
        let attention = session.take_effects().into_iter().rev().find_map(|effect| match effect {
            Effect::Attend(attention) => Some(attention),
            _ => None,
        });
        attention.map(|attention| (attention.visible.len(), attention.selected))
    };
    session.keys("<enter>");
    assert_eq!(seen(&mut session), None, "the group under the cursor shows the sums of its members");
    session.keys("j");
    assert_eq!(seen(&mut session), Some((6, None)));
    session.keys("k");
    session.keys("-");
    assert_eq!(
        seen(&mut session),
        Some((2, None)),
        "but the members of the group under the cursor: their sums are shown"
    );
    session.keys("<right><right>");
    assert_eq!(seen(&mut session).map(|(_, selected)| selected), Some(Some(id("blog-db-1"))));
}

#[test]
fn the_mark_of_a_group_is_of_all_in_it_and_unseen_marks_are_asked_about() {
    let mut session = grouped((120, 40));
    session.keys("<space>");
    assert!(session.screen().contains("2 marked"), "{}", session.screen());
    session.keys("R");
    assert_eq!(names(&acts(&mut session)), ["blog-db-1", "blog-web-1"], "all in sight: at once, as ever");
    session.keys("g<space>g<enter>R");
    assert_eq!(acts(&mut session), [], "nobody acts on names that are folded away");
    session.keys("y");
    assert_eq!(waves(&mut session), [["blog-db-1"], ["blog-web-1"]]);
}

#[test]
fn read_only_refuses_acts_on_groups_and_still_folds() {
    let mut session = grouped((120, 40));
    session.app.options.read_only = true;
    for key in ["S", "R", "P", "K", "D", "L"] {
        session.keys(key);
        assert!(session.app.overlays.is_empty() && session.screen().contains("read-only: "), "{key}");
    }
    session.keys("<enter>");
    assert_eq!(session.app.fleet.rows().len(), 9);
}

#[test]
fn the_jump_from_an_event_opens_the_group() {
    let mut session = grouped((120, 40));
    let event = Event {
        at: Timestamp::from_seconds(NOON),
        id: Some(id("shop-api-1")),
        name: "shop-api-1".into(),
        what: "ended".into(),
        ..Event::default()
    };
    session.fact(Fact::Event(event));
    session.publish();
    session.keys("-a<enter>");
    assert_eq!(session.app.selected_id(), Some(id("shop-api-1")));
    assert_eq!(session.app.fleet.rows().len(), 7, "its group alone is open");
}

#[test]
fn a_label_with_anything_in_it_stays_in_its_row() {
    let mut session = Session::new((80, 24));
    session.connect();
    let mut one = container("one", State::Running);
    one.labels = vec![(
        "x".into(),
        text::clean("\u{202e}\x1b[31m red \n next line 長い名前の長い名前の長い名前").into_owned().into(),
    )];
    session.fact(Fact::Containers(ENGINE, vec![one]));
    session.publish();
    session.keys("vx<enter>gS");
    let screen = session.screen();
    assert!(screen.lines().count() == 24 && !screen.contains('\x1b') && !screen.contains('\u{202e}'), "{screen}");
}

#[test]
fn services_stand_below_their_project_and_acts_mean_just_one() {
    let mut session = session((120, 40));
    session.keys("5");
    assert_snapshot!("projects", session.regions(&[Pane::Fleet, Pane::Logs]));
    session.keys("G");
    assert_snapshot!("service", session.regions(&[Pane::Fleet, Pane::Logs]));
    session.keys("S");
    assert!(session.screen().contains("Stop 2 containers?"), "{}", session.screen());
    session.keys("y");
    assert_eq!(waves(&mut session), [["shop-web-1", "shop-web-2"]]);
    session.keys("KK<enter>");
    assert!(session.screen().contains("with SIGKILL?"), "{}", session.screen());
    session.keys("y");
    assert_eq!(waves(&mut session), [["shop-web-1", "shop-web-2"]]);
    session.keys("kP");
    assert!(session.screen().contains("Pause shop-api-1?"), "{}", session.screen());
    session.keys("nDy");
    assert_eq!(waves(&mut session), [["shop-api-1"]]);
    session.keys("<enter>");
    let rows = session.app.fleet.rows().filter_map(|row| row.container());
    assert_eq!(rows.map(|one| &*one.name).collect::<Vec<_>>(), ["shop-api-1"], "enter leads to its containers");
}

#[test]
fn a_whole_project_is_removed_from_its_last_service_on() {
    let mut session = session((120, 40));
    session.keys("5jjjDy");
    let order = waves(&mut session);
    assert_eq!(order, [vec!["shop-web-1", "shop-web-2"], vec!["shop-api-1"], vec!["shop-db-1"]]);
}

#[test]
fn a_failed_removal_in_waves_is_tried_again_in_waves() {
    let mut session = session((120, 40));
    session.keys("5jjjDy");
    for act in acts(&mut session) {
        let ask = session.app.results.last().expect("it was asked").id;
        session.send(Msg::Done(OperationResult {
            id: ask,
            operation: act,
            result: Err(Problem::new("remove", "busy", "")),
        }));
    }
    assert_eq!(acts(&mut session), [], "what they need is not begun");
    session.fact(Fact::Gone(id("shop-web-1")));
    session.publish();
    session.keys("rRy");
    assert_eq!(waves(&mut session), [["shop-web-2"], ["shop-api-1"], ["shop-db-1"]]);
}

#[test]
fn a_project_folds_its_services_and_a_filter_finds_them() {
    let mut session = session((120, 40));
    let shown = |session: &Session| -> Vec<String> {
        let rows = session.app.list().expect("projects are listed").rows();
        rows.map(|row| row.name.to_string()).collect()
    };
    session.keys("5");
    assert_eq!(shown(&session), ["blog", "db", "web", "shop", "db", "api", "web"]);
    session.keys("jhh");
    assert_eq!(shown(&session), ["blog", "shop", "db", "api", "web"]);
    session.keys("-");
    assert_eq!(shown(&session), ["blog", "shop"]);
    session.keys("-/api<enter>");
    assert_eq!(shown(&session), ["shop", "api"], "with the project that it is of");
    session.keys("/<ctrl-u>shop<enter>");
    assert_eq!(shown(&session), ["shop", "db", "api", "web"], "who names the project means all of it");
}

#[test]
fn marks_on_services_are_not_acted_on_out_of_sight() {
    let mut session = session((120, 40));
    session.keys("5j<space>khhS");
    assert!(session.app.overlays.is_empty() && acts(&mut session).is_empty());
    assert!(session.screen().contains("marked rows are hidden"), "{}", session.screen());
    session.keys("<right>S");
    assert!(session.screen().contains("Stop blog-db-1?"), "{}", session.screen());
}
