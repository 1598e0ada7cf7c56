//! Commands that were run before: offered again by the form.

use serde::{Deserialize, Serialize};

/// Commands remembered.
const KEPT: usize = 200;

/// A command as it was typed. Its environment is not remembered: it may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Ran {
    /// The command line.
    pub command: String,
    /// As whom.
    pub user: String,
    /// Working directory.
    pub folder: String,
    /// With a terminal.
    pub tty: bool,
    /// With all capabilities.
    pub privileged: bool,
}

/// Adds a command as the newest; an equal one before goes.
pub fn remember(ran: &mut Vec<Ran>, newest: Ran) {
    ran.retain(|known| *known != newest);
    ran.push(newest);
    if ran.len() > KEPT {
        ran.remove(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_last_and_once() {
        let ran = |command: &str| Ran { command: command.into(), ..Ran::default() };
        let mut list = vec![ran("ls"), ran("ps")];
        remember(&mut list, ran("ls"));
        assert_eq!(list, [ran("ps"), ran("ls")]);
        (0..300).for_each(|number| remember(&mut list, ran(&number.to_string())));
        assert_eq!(list.len(), KEPT);
        assert_eq!(list.last(), Some(&ran("299")));
    }
}
