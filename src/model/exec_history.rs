//! Commands that were run before: offered again by the form.

use super::secret;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Commands remembered.
const KEPT: usize = 200;

/// A command as it was typed. Its environment is not remembered: it may hold secrets. One that holds a secret itself is
/// remembered until bowline ends, and written nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecHistoryEntry {
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

impl ExecHistoryEntry {
    /// True if a secret stands in it.
    pub fn has_secret(&self) -> bool {
        let texts = [&self.command, &self.user, &self.folder];
        texts.iter().any(|text| matches!(secret::command(text), Cow::Owned(_)))
    }
}

/// Adds a command as the newest; an equal one before goes.
pub fn remember(ran: &mut Vec<ExecHistoryEntry>, newest: ExecHistoryEntry) {
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
    fn a_command_with_a_secret_is_known() {
        let has =
            |command: &str| ExecHistoryEntry { command: command.into(), ..ExecHistoryEntry::default() }.has_secret();
        assert!(has("mysql -psesame shop") && has("env API_TOKEN=abc ./run") && has("redis-cli -a sesame"));
        assert!(!has("mysql -u root -p shop") && !has("sh -c 'ls -l /run/secrets'"));
    }

    #[test]
    fn the_newest_is_last_and_once() {
        let ran = |command: &str| ExecHistoryEntry { command: command.into(), ..ExecHistoryEntry::default() };
        let mut list = vec![ran("ls"), ran("ps")];
        remember(&mut list, ran("ls"));
        assert_eq!(list, [ran("ps"), ran("ls")]);
        (0..300).for_each(|number| remember(&mut list, ran(&number.to_string())));
        assert_eq!(list.len(), KEPT);
        assert_eq!(list.last(), Some(&ran("299")));
    }
}
