//! What the screens look like, signs and styles.

use super::harness::*;
use bowline::app::Msg;
use bowline::model::*;
use bowline::ui::{Depth, Glyphs, Theme};
use insta::assert_snapshot;

fn shop(size: (u16, u16)) -> Session {
    let mut session = Session::shop(size);
    session.log(&[
        ("INFO  GET /v1/carts/77 200 12ms user=gus", Level::Info),
        ("WARN  retrying charge 1/3 order=8809", Level::Warn),
        ("ERROR POST /v1/pay 502 upstream reset by peer", Level::Error),
        ("    at Gateway.charge (pay.ts:118)", Level::None),
        ("\x1b[32mgreen\x1b[0m and plain", Level::None),
    ]);
    let event = Event {
        at: Timestamp::from_seconds(NOON - 30),
        id: Some(id("etl-nightly")),
        name: "etl-nightly".into(),
        what: "killed: out of memory".into(),
        tone: Tone::Bad,
        ..Event::default()
    };
    session.fact(Fact::Event(event));
    session.publish();
    session
}

#[test]
fn wide() {
    let mut session = shop((160, 45));
    session.keys("j");
    assert_snapshot!(session.screen_with_styles());
}

#[test]
fn narrow() {
    assert_snapshot!(shop((80, 24)).screen_with_styles());
}

#[test]
fn tiny() {
    let mut session = shop((40, 12));
    assert_snapshot!("tiny_list", session.screen());
    session.keys("l");
    assert_snapshot!("tiny_log", session.screen());
    session.keys("<tab><tab>");
    assert_snapshot!("tiny_gauges", session.screen());
}

#[test]
fn without_colours_and_in_ascii() {
    let mut session = shop((100, 30));
    session.look.theme = Theme::named("dark", Depth::None).unwrap();
    session.look.glyphs = Glyphs::ASCII;
    let screen = session.screen_with_styles();
    assert!(screen.is_ascii(), "{screen}");
    assert!(
        screen.lines().filter(|line| line.contains(" on ")).all(|line| line.contains("Reset on Reset")),
        "{screen}"
    );
    assert_snapshot!(screen);
}

#[test]
fn questions() {
    let mut session = shop((80, 24));
    session.keys("<space><space><space>D");
    assert_snapshot!("remove_three", session.overlay());
    session.keys("nK");
    assert_snapshot!("signals", session.overlay());
    session.keys("<esc>:res");
    assert_snapshot!("palette", session.overlay());
}

#[test]
fn every_size_down_to_nothing_can_be_drawn() {
    for width in (0..170).step_by(7) {
        for height in 0..50 {
            let mut session = shop((width, height));
            drop(session.buffer());
            for keys in ["?", "<esc>:", "<esc>D", "<esc>l/x", "<esc>z"] {
                session.keys(keys);
                drop(session.buffer());
            }
        }
    }
}

/// A container whose memory limit was hit and whose CPU is throttled.
fn pressed(size: (u16, u16)) -> Session {
    let mut session = shop(size);
    for second in 0..2 {
        let counters = Counters {
            cpu_ns: Some(second * 930_000_000),
            throttling: Some(Throttling { periods: second * 100, throttled_periods: second * 31, throttled_ns: 0 }),
            memory: Some(Memory { used: 12 << 20, cache: 3 << 20, limit: 1 << 30 }),
            memory_events: Some(MemoryEvents { limit_hits: 12, kills: Some(1) }),
            pids: Some(4),
            ..Counters::default()
        };
        let at = Timestamp::from_seconds(NOON + second as i64);
        session.fact(Fact::Samples(vec![(id("api-1"), Sample { at, sampler: Sampler::Api, counters })]));
    }
    session.publish();
    session
}

#[test]
fn throttling_and_hits_of_a_limit_are_told_at_every_size() {
    let wide = pressed((240, 45)).screen();
    assert!(wide.contains("throttled 31%") && wide.contains("limit hit 12×, 1 killed by the kernel"), "{wide}");
    let normal = pressed((160, 45)).screen();
    assert!(normal.contains("throttled 31%") && normal.contains("hit 12×, 1 killed"), "{normal}");
    let narrow = pressed((80, 24)).screen();
    assert!(narrow.contains("throttled 31%") && narrow.contains("1 killed"), "{narrow}");
    let mut tiny = pressed((40, 12));
    let tiny = tiny.keys("l<tab><tab>").screen();
    assert!(tiny.contains("throttled 31%") && tiny.contains("limit hit 12×, 1 killed by the kernel"), "{tiny}");
}

#[test]
fn a_container_that_is_read_otherwise_than_the_rest_says_so() {
    let says = |session: Session| session.screen().lines().any(|line| line.trim_end().ends_with("   api"));
    assert!(says(pressed((160, 45))));
    assert!(!says(shop((160, 45))), "nothing to say: it is read like all");
}

#[test]
fn what_nobody_tells_is_not_shown_as_zero() {
    let mut session = Session::new((160, 45));
    session.connect();
    session.fact(Fact::Containers(ENGINE, vec![container("api-1", State::Running)]));
    for second in 0..2 {
        let counters = Counters { cpu_ns: Some(0), ..Counters::default() };
        let at = Timestamp::from_seconds(NOON + second);
        session.fact(Fact::Samples(vec![(id("api-1"), Sample { at, sampler: Sampler::Kernel, counters })]));
    }
    session.publish();
    let screen = session.screen();
    assert!(screen.contains("cpu 0.0%") && screen.contains("mem -") && screen.contains("-/64G"), "{screen}");
    for word in ["0.0M ", "pids", "cache", "net ", "disk", "no limit"] {
        let gauges = screen.lines().skip(1).map(|line| line.chars().skip(76).collect::<String>());
        assert!(!gauges.into_iter().any(|line| line.contains(word)), "{word}: {screen}");
    }
}

#[test]
fn what_sampling_costs_is_told_in_as_many_words_as_fit() {
    let cost = Some(Cost { requests: 5.0, bytes: 12_000.0 });
    let screen = |size| {
        let mut session = shop(size);
        session.fact(Fact::Sampling(ENGINE, Sampling { sampler: Sampler::Api, every: 2.0, cost }));
        session.publish();
        let titles: Vec<String> =
            session.screen().lines().filter(|line| line.starts_with(['─', '━'])).map(String::from).collect();
        (titles.join("\n"), session.keys("?G").screen())
    };
    for (size, words) in [((160, 45), "api every 2 s · 5 req/s 12kB/s"), ((80, 24), "api"), ((40, 12), "api")] {
        let (title, help) = screen(size);
        assert!(title.contains(words), "{title}");
        assert!(help.contains("Load on the engine: 5 req/s 12kB/s"), "{help}");
    }
}

#[test]
fn titles_and_header_give_up_what_matters_least_first() {
    for width in 40..=200 {
        let mut session = shop((width, 24));
        session.keys("l");
        let screen = session.screen();
        let header = screen.lines().next().expect("a header").to_string();
        assert!(header.contains("×1") || header.contains("× 1 failed"), "{width}: {header}");
        let title = screen.lines().find(|line| line.contains(" Logs ")).expect("a title").to_string();
        assert!(title.contains("1 err"), "{width}: {title}");
        for (less, more) in [("following", "1 warn"), ("1 warn", "1 err")] {
            assert!(!title.contains(less) || title.contains(more), "{width}: {title}");
        }
        let footer = screen.lines().last().expect("a footer").to_string();
        assert!(footer.contains("? help"), "{width}: {footer}");
        for (key, tab) in [("p", "Processes"), ("i", "Inspect"), ("b", "Files")] {
            session.keys(key);
            let titles: Vec<String> =
                session.screen().lines().filter(|line| line.contains(['─', '━'])).map(str::to_string).collect();
            assert!(titles.iter().any(|title| title.contains(tab)), "{width}: {tab} is in front\n{}", session.screen());
        }
        session.keys("l");
        let why = Problem::new("read the log of api-1", "refused", "");
        session.send(Msg::Chunk(session.wire(), StreamEvent::State(LogState::Reconnecting(why))));
        assert!(session.screen().contains("resuming"), "{width}: {}", session.screen());
    }
}

/// The words on screen, however they are broken.
fn words(session: &Session) -> String {
    session.screen().replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_log_that_cannot_be_read_says_why_and_what_helps_in_whole_words() {
    let cause = "configured logging driver does not support reading";
    let mend = "recreate it with the log driver json-file or local";
    for size in [(160, 45), (80, 24), (60, 20), (40, 14)] {
        let mut session = Session::shop(size);
        session.keys("lz");
        let wire = session.wire();
        let why = Problem::new("read the log of api-1", cause, mend);
        session.send(Msg::Ended(wire, Some(why.clone())));
        let told = format!("{cause} {mend}");
        assert!(words(&session).contains(&told), "{size:?}\n{}", session.screen());
        // What is refused for now is told alike.
        let mut session = Session::shop(size);
        session.keys("lz");
        session.send(Msg::Chunk(session.wire(), StreamEvent::State(LogState::Reconnecting(why))));
        assert!(words(&session).contains(&told), "{size:?}\n{}", session.screen());
    }
}

#[test]
fn a_notice_that_is_longer_than_the_footer_is_whole_all_the_same() {
    for size in [(160, 45), (80, 24), (60, 20)] {
        let mut session = Session::shop(size);
        let why = Problem::new(
            "stop web-1",
            "the engine says a thing that takes many words to be said in full",
            "wait for it, or kill it with K which asks no questions",
        );
        session.send(Msg::Saved(Err(why.clone())));
        assert!(words(&session).contains(&why.to_string()), "{size:?}\n{}", session.screen());
    }
}

#[test]
fn what_a_colour_says_is_said_without_it_too() {
    let mut session = shop((80, 24));
    session.look.theme = Theme::plain();
    let screen = session.screen();
    assert!(screen.contains("●14 ▲1 »1 ×1 =1 ○1") && screen.contains("▲ api-2"), "unhealthy has a sign: {screen}");
    session.keys("G");
    let screen = session.screen();
    assert!(screen.contains("98%!▪") && !screen.contains("89%!"), "what is over its threshold has one: {screen}");
    session.keys("g");
    let focused = |session: &Session| {
        let screen = session.screen();
        let titles = screen.lines().filter(|line| line.starts_with('━')).map(str::to_string);
        titles.collect::<Vec<_>>()
    };
    for (key, pane) in [("", "Containers"), ("<tab>", "api-1"), ("<tab>", "Logs")] {
        session.keys(key);
        assert!(matches!(focused(&session).as_slice(), [title] if title.contains(pane)), "{}", session.screen());
    }
    let mut session = shop((160, 45));
    let mut lines = batch(&[("to stdout", Level::None), ("to stderr", Level::None)]);
    lines.lines[1].stream = Stream::Err;
    let wire = session.wire();
    session.send(Msg::Chunk(wire, StreamEvent::Lines(lines)));
    let sign = |text: &str| {
        let screen = session.screen();
        let line = screen.lines().find(|line| line.contains(text)).expect("on screen").to_string();
        let log = line.split('│').nth(1).expect("the log stands at the right").to_string();
        log.chars().next()
    };
    assert_eq!((sign("to stdout"), sign("to stderr")), (Some('▎'), Some('╏')));
}

#[test]
fn figures_say_of_what_with_a_bar_where_there_is_any_room() {
    for (size, cpu, memory) in [
        ((160, 45), "cpu 7.0% of 8, no quota ·", "mem 12M of limit 1.0G ·"),
        ((100, 40), "cpu 7.0% of 8 on the host, no quota ·", "mem 12M of limit 1.0G ·"),
        ((80, 24), "cpu 7.0% of 8 ", "mem 12M of 1.0G ·"),
    ] {
        let screen = shop(size).screen();
        assert!(screen.contains(cpu) && screen.contains(memory), "{size:?}: {screen}");
    }
    let mut tiny = shop((40, 12));
    let tiny = tiny.keys("<tab>").screen();
    assert!(tiny.contains("cpu 7.0% of 8 ") && tiny.contains("mem 12M of 1.0G"), "{tiny}");
}
