//! What must not be read over a shoulder, in what is shown of a blueprint.

use crate::model::{Blueprint, secret};

/// The blueprint with the secrets of its environment and its command lines hidden.
pub fn masked(blueprint: &Blueprint) -> Blueprint {
    let mut shown = blueprint.clone();
    for (name, value) in &mut shown.container.environment {
        *value = secret::value(name, value).into_owned();
    }
    for words in [&mut shown.container.command, &mut shown.container.entrypoint] {
        let plain: Vec<&str> = words.iter().map(String::as_str).collect();
        *words = secret::words(&[], &plain).into_iter().map(|word| word.into_owned()).collect();
    }
    for command in &mut shown.commands.after_start {
        *command = secret::command(command).into_owned();
    }
    shown
}

/// A text with values hidden wherever they stand in it.
pub fn without<'a>(text: &str, values: impl Iterator<Item = &'a str>) -> String {
    values.fold(text.to_string(), |text, value| text.replace(value, secret::MASK))
}
