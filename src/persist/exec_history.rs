//! The file that remembers the commands that were run in containers.

use super::{atomic, folder_lock, forgotten, state_file};
use crate::model::{ExecHistoryEntry, Problem, remember};
use std::io;
use std::path::Path;

/// The file.
#[derive(Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
struct History {
    ran: Vec<ExecHistoryEntry>,
}

/// The commands that were run before; a file that cannot be read or understood means none. Those with a secret, which an earlier
/// bowline may have written down, are taken out of it.
pub fn load(path: &Path) -> Vec<ExecHistoryEntry> {
    let (history, secrets) = read(path);
    if secrets > 0
        && let Err(error) = change(path, |_| {})
    {
        tracing::warn!("remove commands with secrets from {}: {error}", path.display());
    }
    history
}

/// Remembers a command that was run, behind those that are remembered by now; one with a secret is not written down.
///
/// # Errors
/// When it cannot be written.
pub fn save(path: &Path, newest: ExecHistoryEntry) -> Result<(), Problem> {
    if newest.has_secret() {
        return Ok(());
    }
    let done = change(path, |history| remember(history, newest));
    done.map_err(|error| forgotten("the commands", path, &error))
}

/// The commands of a file, and how many more there are with a secret.
fn read(path: &Path) -> (Vec<ExecHistoryEntry>, usize) {
    let text = state_file::text(path).unwrap_or_default();
    let mut history = toml::from_str::<History>(&text).unwrap_or_default().ran;
    let all = history.len();
    history.retain(|entry| !entry.has_secret());
    let secrets = all - history.len();
    (history, secrets)
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<ExecHistoryEntry>)) -> io::Result<()> {
    folder_lock::alone(path, || {
        let (mut ran, _) = read(path);
        change(&mut ran);
        let text = toml::to_string(&History { ran }).map_err(io::Error::other)?;
        atomic::replace(path, format!("# Written by bowline: commands that were run.\n{text}").as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(command: &str) -> ExecHistoryEntry {
        ExecHistoryEntry { command: command.into(), ..ExecHistoryEntry::default() }
    }

    #[test]
    fn bowlines_that_run_at_once_lose_none_of_each_others_commands() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("commands.toml");
        std::thread::scope(|scope| {
            for who in 0..4 {
                let path = &path;
                scope.spawn(move || (0..25).for_each(|what| save(path, entry(&format!("{who} {what}"))).unwrap()));
            }
        });
        let kept = load(&path);
        assert_eq!(kept.len(), 100);
        for who in 0..4 {
            let own = kept.iter().filter(|one| one.command.starts_with(&format!("{who} ")));
            let all: Vec<_> = (0..25).map(|what| entry(&format!("{who} {what}"))).collect();
            assert!(own.eq(&all), "in the order of its own");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "and nothing lies beside it");
    }

    #[test]
    fn a_command_with_a_secret_is_not_written_down_and_one_that_was_is_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("commands.toml");
        save(&path, entry("ls")).unwrap();
        save(&path, entry("mysql -uroot -phunter2")).unwrap();
        assert!(!std::fs::read_to_string(&path).unwrap().contains("hunter2"));
        let secret = toml::to_string(&History { ran: vec![entry("mysql -uroot -phunter2"), entry("ps")] }).unwrap();
        std::fs::write(&path, secret).unwrap();
        assert_eq!(load(&path), [entry("ps")]);
        assert!(!std::fs::read_to_string(&path).unwrap().contains("hunter2"));
    }

    #[test]
    fn what_cannot_be_remembered_is_told_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let why = save(&folder.path().join("none/commands.toml"), ExecHistoryEntry::default()).unwrap_err();
        assert!(why.cause.contains("none/commands.toml"), "{why}");
    }
}
