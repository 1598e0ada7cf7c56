//! `bowline keys`: the keys in force, as the table that assets/KEYS.md holds.

use crate::app::{COMMANDS, KeyContext, Keymap};
use std::fmt::Write;

/// The keys of a keymap as a Markdown table: one row for each command, in the order of the help.
pub fn table(keymap: &Keymap) -> String {
    let mut text = String::from("| key | does | where |\n|---|---|---|\n");
    for context in KeyContext::ALL {
        for spec in COMMANDS.iter().filter(|spec| spec.is_at(context)) {
            let keys: Vec<String> =
                keymap.keys_at(context, spec.command).iter().map(|key| format!("`{key}`")).collect();
            // Writing into a string cannot fail.
            let _ = writeln!(text, "| {} | {} | {} |", keys.join(" "), spec.doc, context.title());
        }
    }
    text
}
