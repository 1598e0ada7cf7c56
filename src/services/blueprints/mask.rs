//! What must not be read over a shoulder, in what is shown of a blueprint.

use crate::model::{Blueprint, secret, text};
use serde_json::Value;
use std::cmp::Reverse;

/// Characters of a line of a value that is hidden by itself; shorter ones are in every text.
const LINE_LEAST: usize = 4;

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

/// A text with values hidden wherever they stand in it, also quoted, escaped or made clean.
pub fn without<'a>(text: &str, values: impl Iterator<Item = &'a str>) -> String {
    let mut forms: Vec<String> = values.flat_map(forms).collect();
    // The longest first: a shorter one would leave the rest of it.
    forms.sort_by_key(|form| Reverse(form.len()));
    forms.iter().fold(text.to_string(), |text, form| text.replace(form.as_str(), secret::MASK))
}

/// A value as it may stand in a text: whole or one of its lines, as it is or made clean, quoted for a shell, escaped as in JSON.
fn forms(value: &str) -> Vec<String> {
    let lines = value.lines().map(str::trim).filter(|line| line.len() >= LINE_LEAST);
    let parts = [value, value.trim()].into_iter().chain(lines);
    let clean = parts.flat_map(|part| [part.to_string(), text::clean(part).into_owned()]);
    let quoted = clean.flat_map(|part| {
        let quoted = shell_words::quote(&part).trim_matches('\'').to_string();
        [part, quoted]
    });
    let escaped = quoted.flat_map(|part| {
        let json = Value::from(part.as_str()).to_string();
        let inner = json.trim_matches('"').to_string();
        [part, inner]
    });
    escaped.filter(|form| !form.trim().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_however_it_is_written() {
        let secrets = ["it's-secret", "line-one\nline-two", "say \"quoted\\back", " spaced "];
        for value in secrets {
            let word = shell_words::quote(value).into_owned();
            let texts = [
                value.to_string(),
                word.clone(),
                Value::from(value).to_string(),
                Value::from(word.as_str()).to_string(),
                text::clean(&format!("--env {word}")).into_owned(),
                value.trim().to_string(),
            ];
            for shown in texts.map(|text| without(&text, [value].into_iter())) {
                for part in ["secret", "line-", "quoted", "spaced"] {
                    assert!(!shown.contains(part), "{value:?}: {shown}");
                }
            }
        }
        assert_eq!(without("nothing", ["", " "].into_iter()), "nothing");
    }
}
