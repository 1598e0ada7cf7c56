//! No byte of a container reaches the terminal as a control sequence (row L6): the corpus, seen at the pty.

use crate::support::audit::only_known_sequences;
use crate::support::{bowline, docker};
use serde_json::json;

/// What a hostile container writes, as `printf` understands it, and a word that must still be seen.
const CORPUS: &[(&str, &str)] = &[
    (r"\033]0;owned\007 title", "title"),
    (r"\033]52;c;b3duZWQ=\007 clipboard", "clipboard"),
    (r"\033[2J\033[H cleared", "cleared"),
    (r"\033[10;10H moved", "moved"),
    (r"\033P1$r0m\033\\ device", "device"),
    (r"\033_apc\033\\ application", "application"),
    (r"\2332J eightbit", "eightbit"),
    (r"\302\2332J encoded", "encoded"),
    (r"safe\342\200\256exe.gpj bidi", "bidi"),
    (r"zero\342\200\213width zerowidth", "zerowidth"),
    (r"bad \377\376 utf8", "utf8"),
    (r"10%%\r50%%\r100%% bar", "100% bar"),
    (r"\033[?1049l\033[?25h leave", "leave"),
    (r"\033c\033[!p reset", "reset"),
    (r"bell \007\016\017 shift", "shift"),
    (r"\033[6n\033[c asked", "asked"),
];

#[test]
fn logs_labels_and_images_do_nothing_to_the_terminal() {
    let Some(docker) = docker::engine() else { return };
    let lines: Vec<String> = CORPUS.iter().map(|(line, _)| format!(r"printf '{line}\n'")).collect();
    let big = "head -c 1000000 /dev/zero | tr '\\0' x; echo; echo the-last-line";
    let script = format!("{}; {big}; sleep 1000", lines.join("; "));
    let more = json!({
        "Cmd": ["sh", "-c", script],
        "Labels": { "com.docker.compose.project": "evil\u{1b}]0;owned\u{7}\u{202e}project", "x": "\u{9b}2J" },
    });
    let container = docker.create("hostile", &more);
    container.start();
    let mut terminal = bowline(&["--host", docker.host()]).size(200, 50).start();
    terminal.wait_for("hostile");
    terminal.type_keys("/hostile\rl");
    terminal.wait_for("the-last-line");
    terminal.type_keys("g");
    for (line, word) in CORPUS {
        let screen = terminal.wait_for(word);
        assert!(screen.contains(word), "{line}");
    }
    terminal.type_keys("w");
    terminal.type_keys("/asked\r");
    terminal.wait_for("search asked");
    only_known_sequences(&terminal.raw_bytes()).expect("nothing of the container's acts");
    terminal.type_keys("qqqq");
    terminal.wait_exit();
    terminal.terminal_is_given_back().expect("given back");
    only_known_sequences(&terminal.raw_bytes()).expect("nothing of the container's acts");
}
