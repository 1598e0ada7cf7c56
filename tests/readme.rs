//! The README's key list is a view of the command table. `BOWLINE_UPDATE=1 cargo test readme` writes it anew.

use bowline::app::{COMMANDS, KeyContext, Keymap};
use std::fmt::Write;

fn key_table() -> String {
    let keymap = Keymap::default();
    let mut text = String::from("| key | does | where |\n|---|---|---|\n");
    for room in KeyContext::ALL {
        for spec in COMMANDS.iter().filter(|spec| spec.room == room) {
            let keys: Vec<String> = keymap.keys_of(spec.command).iter().map(|key| format!("`{key}`")).collect();
            writeln!(text, "| {} | {} | {} |", keys.join(" "), spec.doc, room.title()).unwrap();
        }
    }
    text
}

#[test]
fn the_key_list_is_that_of_the_command_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).expect("there is a README");
    let (before, rest) = readme.split_once("<!-- keys -->\n").expect("a place for the keys");
    let (found, after) = rest.split_once("<!-- /keys -->").expect("an end of that place");
    if std::env::var_os("BOWLINE_UPDATE").is_some() {
        let text = format!("{before}<!-- keys -->\n{}<!-- /keys -->{after}", key_table());
        std::fs::write(path, text).expect("written");
        return;
    }
    assert_eq!(found, key_table(), "run BOWLINE_UPDATE=1 cargo test readme");
}
