//! What bowline remembers from run to run, in its state folder: the layout, and the commands that were run.
//!
//! Several bowlines may run at once. Each reads what the others wrote before it writes, and none writes while another does.

use crate::app::{ExecHistoryEntry, PaneSizes, remember};
use crate::engine::save;
use crate::model::Problem;
use rustix::fs::{FlockOperation, Mode, OFlags};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// How long another bowline may take to write.
const PATIENCE: Duration = Duration::from_secs(2);

/// Keeps the layout.
pub struct LayoutFile {
    path: PathBuf,
    /// As it was when this bowline read or wrote it.
    known: PaneSizes,
}

impl LayoutFile {
    /// The layout of the last run; a file that cannot be read or understood means the default.
    pub fn load(path: &Path) -> (LayoutFile, PaneSizes) {
        let known = read_layout(path);
        (LayoutFile { path: path.to_path_buf(), known }, known)
    }

    /// Remembers the layout. What was not changed here stays as another bowline may have left it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&mut self, layout: PaneSizes) -> Result<(), Problem> {
        let done = alone(&self.path, || {
            let there = read_layout(&self.path);
            let changed = |now: i8, known: i8, there: i8| if now == known { there } else { now };
            let PaneSizes { columns, rows, logs } = PaneSizes {
                columns: changed(layout.columns, self.known.columns, there.columns),
                rows: changed(layout.rows, self.known.rows, there.rows),
                logs: changed(layout.logs, self.known.logs, there.logs),
            };
            let text = format!(
                "# Written by bowline: shifts of the panes.\ncolumns = {columns}\nrows = {rows}\nlogs = {logs}\n"
            );
            save::replace(&self.path, text.as_bytes())
        });
        self.known = layout;
        done.map_err(|error| unsaved("the layout", &self.path, &error))
    }
}

fn read_layout(path: &Path) -> PaneSizes {
    let table = std::fs::read_to_string(path).ok().and_then(|text| text.parse::<toml::Table>().ok());
    let number = |name: &str| {
        let number = table.as_ref()?.get(name)?.as_integer()?;
        i8::try_from(number).ok().filter(|number| (-30..=30).contains(number))
    };
    PaneSizes {
        columns: number("columns").unwrap_or(0),
        rows: number("rows").unwrap_or(0),
        logs: number("logs").unwrap_or(0),
    }
}

/// The file of commands that were run.
#[derive(Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
struct Commands {
    ran: Vec<ExecHistoryEntry>,
}

/// The commands that were run before; a file that cannot be read or understood means none. Those with a secret, which an earlier
/// bowline may have written down, are taken out of it.
pub fn load_ran(path: &Path) -> Vec<ExecHistoryEntry> {
    let (ran, secrets) = read_ran(path);
    if secrets > 0
        && let Err(error) = change_ran(path, |_| {})
    {
        tracing::warn!("take commands with secrets out of {}: {error}", path.display());
    }
    ran
}

/// Remembers a command that was run, behind those that are remembered by now; one with a secret is not written down.
///
/// # Errors
/// When it cannot be written.
pub fn save_ran(path: &Path, newest: ExecHistoryEntry) -> Result<(), Problem> {
    if newest.has_secret() {
        return Ok(());
    }
    let done = change_ran(path, |ran| remember(ran, newest));
    done.map_err(|error| unsaved("the commands", path, &error))
}

/// The commands of a file, and how many more there are with a secret.
fn read_ran(path: &Path) -> (Vec<ExecHistoryEntry>, usize) {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut ran = toml::from_str::<Commands>(&text).unwrap_or_default().ran;
    let all = ran.len();
    ran.retain(|ran| !ran.has_secret());
    let secrets = all - ran.len();
    (ran, secrets)
}

fn change_ran(path: &Path, change: impl FnOnce(&mut Vec<ExecHistoryEntry>)) -> io::Result<()> {
    alone(path, || {
        let (mut ran, _) = read_ran(path);
        change(&mut ran);
        let text = toml::to_string(&Commands { ran }).map_err(io::Error::other)?;
        save::replace(path, format!("# Written by bowline: commands that were run.\n{text}").as_bytes())
    })
}

/// Does something with a file while no other bowline does. Its folder is what is locked: the file itself is replaced.
fn alone(path: &Path, what: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open(save::folder(path), flags, Mode::empty())?;
    let locked = lock(folder);
    if let Err(error) = &locked {
        // Not every file system has locks: to remember is more than to lose a line once in a while.
        tracing::warn!("lock {}: {error}", save::folder(path).display());
    }
    what()
}

/// Locks a folder for as long as what is returned is kept. Whoever has the lock may have been stopped, and a file system of a
/// network may never answer: neither may stop the cockpit, so it is a thread of its own that waits.
fn lock(folder: OwnedFd) -> io::Result<OwnedFd> {
    let (tell, told) = mpsc::channel();
    std::thread::Builder::new().name("lock".into()).spawn(move || {
        let locked = rustix::io::retry_on_intr(|| rustix::fs::flock(&folder, FlockOperation::LockExclusive));
        // Where nobody waits any more, the lock goes with the folder.
        drop(tell.send(locked.map(|()| folder)));
    })?;
    let locked = told.recv_timeout(PATIENCE).map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
    Ok(locked?)
}

fn unsaved(what: &str, path: &Path, error: &io::Error) -> Problem {
    let mend = "bowline goes on; it forgets this when it ends";
    Problem::new(format!("remember {what}"), format!("{}: {error}", path.display()), mend)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bowlines_that_run_at_once_lose_none_of_each_others_commands() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("commands.toml");
        let ran = |who: usize, what: usize| ExecHistoryEntry {
            command: format!("{who} {what}"),
            ..ExecHistoryEntry::default()
        };
        std::thread::scope(|scope| {
            for who in 0..4 {
                let path = &path;
                scope.spawn(move || (0..25).for_each(|what| save_ran(path, ran(who, what)).unwrap()));
            }
        });
        let kept = load_ran(&path);
        assert_eq!(kept.len(), 100);
        for who in 0..4 {
            let own: Vec<&ExecHistoryEntry> =
                kept.iter().filter(|one| one.command.starts_with(&format!("{who} "))).collect();
            assert!(own.iter().enumerate().all(|(what, one)| **one == ran(who, what)), "in the order of its own");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "and nothing lies beside it");
    }

    #[test]
    fn a_lock_that_somebody_keeps_is_not_waited_for_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("commands.toml");
        let ran = |command: &str| ExecHistoryEntry { command: command.into(), ..ExecHistoryEntry::default() };
        let keeper = std::fs::File::open(folder.path()).unwrap();
        rustix::fs::flock(&keeper, FlockOperation::LockExclusive).unwrap();
        save_ran(&path, ran("ls")).unwrap();
        assert_eq!(load_ran(&path), [ran("ls")], "it is remembered all the same");
        drop(keeper);
        drop(lock(std::fs::File::open(folder.path()).unwrap().into()).expect("nobody keeps it any more"));
    }

    #[test]
    fn a_layout_keeps_what_another_bowline_changed_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layout.toml");
        let ((mut one, mut now), (mut other, mut later)) = (LayoutFile::load(&path), LayoutFile::load(&path));
        now.columns = 3;
        one.save(now).unwrap();
        later.rows = -2;
        other.save(later).unwrap();
        assert_eq!(LayoutFile::load(&path).1, PaneSizes { columns: 3, rows: -2, logs: 0 });
        now.columns = 0;
        one.save(now).unwrap();
        assert_eq!(LayoutFile::load(&path).1, PaneSizes { columns: 0, rows: -2, logs: 0 });
    }

    #[test]
    fn a_command_with_a_secret_is_not_written_down_and_one_that_was_is_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("commands.toml");
        let ran = |command: &str| ExecHistoryEntry { command: command.into(), ..ExecHistoryEntry::default() };
        save_ran(&path, ran("ls")).unwrap();
        save_ran(&path, ran("mysql -uroot -phunter2")).unwrap();
        let secret = toml::to_string(&Commands { ran: vec![ran("mysql -uroot -phunter2"), ran("ps")] }).unwrap();
        assert!(!std::fs::read_to_string(&path).unwrap().contains("hunter2"));
        std::fs::write(&path, secret).unwrap();
        assert_eq!(load_ran(&path), [ran("ps")]);
        assert!(!std::fs::read_to_string(&path).unwrap().contains("hunter2"));
    }

    #[test]
    fn what_cannot_be_remembered_is_told_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none/commands.toml");
        let why = save_ran(&path, ExecHistoryEntry::default()).unwrap_err();
        assert!(why.cause.contains("none/commands.toml"), "{why}");
    }
}
