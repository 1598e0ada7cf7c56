//! The default configuration as a commented file.

use crate::app::{COMMANDS, KeyContext};
use std::fmt::Write;

/// Everything but the keys, which come from the command table.
const HEAD: &str = include_str!("../../assets/config.toml");

/// The commented default configuration, as `bowline config` prints it. Every entry is commented out.
pub fn default_file() -> String {
    let mut text = HEAD.to_string();
    for room in KeyContext::ALL {
        let _ = write!(text, "\n# {}\n", room.title()); // writing to a String cannot fail
        for spec in COMMANDS.iter().filter(|spec| spec.room == room) {
            let keys: Vec<String> = spec.keys.iter().map(|key| format!("\"{}\"", key.replace('\\', "\\\\"))).collect();
            let entry = format!("# {} = [{}]", spec.name, keys.join(", "));
            let _ = writeln!(text, "{entry:<42} # {}", spec.doc); // nor can this
        }
    }
    text
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
}
