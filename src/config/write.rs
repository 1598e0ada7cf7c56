//! The default configuration as a commented file.

use crate::app::{COMMANDS, Column, CommandSpec, KeyContext};
use std::fmt::Write;

/// Everything but the keys, which come from the command table, and the names of columns, which come from theirs.
const HEAD: &str = include_str!("../../assets/config.toml");

/// The commented default configuration, as `bowline config` prints it. Every entry is commented out.
pub fn default_file() -> String {
    let columns: Vec<&str> = Column::all().map(|column| column.name).collect();
    let mut text = HEAD.replace("{columns}", &columns.join(" "));
    for context in KeyContext::ALL {
        let _ = write!(text, "\n# {}\n", context.title()); // writing to a String cannot fail
        for spec in COMMANDS.iter().filter(|spec| spec.context == context) {
            text.push_str(&entry(spec, spec.keys));
        }
    }
    for room in KeyContext::ALL {
        let apart =
            |spec: &CommandSpec| spec.places_apart().find(|(at, _)| *at == room).map(|(_, keys)| entry(spec, keys));
        let entries: String = COMMANDS.iter().filter_map(apart).collect();
        if !entries.is_empty() {
            let _ = write!(text, "\n[keys.in.{}]\n{entries}", room.name()); // nor can this
        }
    }
    text
}

/// A commented line: a command, its keys, what it does.
fn entry(spec: &CommandSpec, keys: &[&str]) -> String {
    let keys: Vec<String> = keys.iter().map(|key| format!("\"{}\"", key.replace('\\', "\\\\"))).collect();
    let entry = format!("# {} = [{}]", spec.name, keys.join(", "));
    format!("{entry:<42} # {}\n", spec.doc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Settings, parse};

    #[test]
    fn the_printed_file_is_the_default_commented_or_not() {
        let text = default_file();
        assert_eq!(parse(&text).unwrap(), Settings::default());
        let uncommented: Vec<&str> = text
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
            .collect();
        assert_eq!(parse(&uncommented.join("\n")).unwrap(), Settings::default());
    }

    #[test]
    fn every_column_stands_in_the_printed_file() {
        assert!(default_file().contains("# name state health image cpu memory net "), "{}", default_file());
        assert!(!default_file().contains("{columns}"));
    }

    /// A section does not know `?`, and says what it does know.
    #[test]
    fn every_option_stands_in_the_printed_file() {
        let text = default_file();
        for section in ["engine", "screen", "containers", "logs", "sampling", "shell"] {
            let error = toml::from_str::<Settings>(&format!("[{section}]\n\"?\" = 0")).unwrap_err();
            let known: Vec<&str> = error.message().split('`').skip(3).step_by(2).collect();
            let (_, rest) = text.split_once(&format!("\n[{section}]\n")).expect(section);
            let lines: Vec<&str> = rest.lines().take_while(|line| !line.starts_with('[')).collect();
            assert!(known.len() > 1, "{error}");
            for option in known {
                let stands = |line: &&str| line.trim_start_matches(['#', ' ']).starts_with(&format!("{option} = "));
                assert!(lines.iter().any(stands), "[{section}] {option} is missing in assets/config.toml");
            }
        }
    }
}
