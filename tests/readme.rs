//! assets/KEYS.md is a view of the command table. `BOWLINE_UPDATE=1 cargo test readme` writes it anew.

use bowline::app::Keymap;
use bowline::cli::keys;

const HEAD: &str = "\
# Keys

Lower-case and control keys never change the engine; keys that change it are capitals. `?` in the cockpit shows all keys,
`bowline keys` prints this table with your own.

";

#[test]
fn the_list_of_keys_is_that_of_the_command_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/KEYS.md");
    let expected = format!("{HEAD}{}", keys::table(&Keymap::default()));
    if std::env::var_os("BOWLINE_UPDATE").is_some() {
        return std::fs::write(path, expected).expect("written");
    }
    let found = std::fs::read_to_string(path).expect("assets/KEYS.md is there");
    assert_eq!(found, expected, "run BOWLINE_UPDATE=1 cargo test readme");
}
