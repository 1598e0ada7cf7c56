//! The embedded engine in the cockpit: no container engine is needed.

use crate::support::bowline;

#[test]
fn the_demo_opens_with_containers_gauges_and_logs_and_says_what_it_is() {
    let mut terminal = bowline(&["--demo"]).size(160, 45).start();
    let screen = terminal.wait_for("nothing is isolated");
    assert!(screen.contains("Containers"), "{screen}");
    terminal.wait_until("a figure of the fleet's CPU", |screen| {
        screen.rows().first().is_some_and(|row| row.contains("cpu") && !row.contains("-/"))
    });
    terminal.type_keys("?");
    terminal.wait_for("Help: all keys");
    terminal.type_keys("?");
    terminal.wait_gone("Help: all keys");
    terminal.type_keys("q");
    assert!(terminal.wait_exit().success());
}

#[test]
fn read_only_shows_and_refuses() {
    let mut terminal = bowline(&["--demo", "--read-only"]).size(120, 40).start();
    terminal.wait_for("read-only");
    terminal.type_keys("S");
    terminal.wait_for("read-only: stop is refused");
    terminal.type_keys("q");
    assert!(terminal.wait_exit().success());
}

#[test]
fn without_colour_and_without_unicode_it_stays_plain() {
    let setup = bowline(&["--demo"]).env("NO_COLOR", "1").env("LC_ALL", "C").env("LANG", "C").size(80, 24);
    let mut terminal = setup.start();
    terminal.wait_for("Containers");
    let bytes = terminal.raw_bytes();
    assert!(bytes.is_ascii(), "only ASCII is written");
    let text = String::from_utf8_lossy(&bytes);
    for colour in ["[3", ";3", "[4", "38;5", "48;5"] {
        let found = text.match_indices(colour).find(|(at, _)| {
            let rest: String = text[at + 1..].chars().take_while(|c| c.is_ascii_digit() || *c == ';').collect();
            text[at + 1 + rest.len()..].starts_with('m')
                && rest.split(';').any(|n| n.parse::<u8>().is_ok_and(|n| (30..=48).contains(&n)))
        });
        assert_eq!(found, None, "no colour is written");
    }
    terminal.type_keys("q");
    assert!(terminal.wait_exit().success());
}
