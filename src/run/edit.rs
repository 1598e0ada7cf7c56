//! The user's own editor on a file of an instance: the terminal is lent to it, the engine is listened to meanwhile.

use super::SignalKind;
use crate::app::Edit;
use crate::model::{Problem, files};
use crate::term::{self, Screen};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// Begins the name of a folder for a file under edit.
const PREFIX: &str = "bowline-edit-";

/// Lets the user edit. Gives the file that was changed, or none if it was not.
pub async fn run<S: Screen>(
    edit: &Edit,
    screen: &mut S,
    signals: &mut mpsc::Receiver<SignalKind>,
) -> Result<Option<PathBuf>, Problem> {
    let during = format!("edit {}", files::shown(&edit.path));
    let argv = editor().map_err(|(why, mend)| Problem::new(&during, why, mend))?;
    let file = prepare(edit)
        .map_err(|error| Problem::new(&during, error.to_string(), "is the folder for temporary files full?"))?;
    screen.lend();
    let ended = spawn(&argv, &file);
    let ended = match ended {
        Ok(child) => wait(child, signals).await,
        Err(error) => Err(format!("{}: {error}", argv.join(" "))),
    };
    screen.take_again();
    let changed = std::fs::read(&file).map(|bytes| bytes != edit.bytes);
    match (ended, changed) {
        (Ok(()), Ok(true)) => Ok(Some(file)),
        (Ok(()), Ok(false)) => {
            forget(file);
            Ok(None)
        }
        (Err(why), Ok(false)) => {
            forget(file);
            Err(Problem::new(during, why, "set VISUAL or EDITOR to your editor"))
        }
        // What somebody has typed is not thrown away, and not written over what is there either.
        (Err(why), Ok(true)) => {
            let mend = format!("nothing was written back; the edited file is kept: {}", file.display());
            Err(Problem::new(during, why, mend))
        }
        (_, Err(error)) => {
            let mend = format!("nothing was written back; look into {}", file.display());
            Err(Problem::new(during, format!("read the edited file: {error}"), mend))
        }
    }
}

/// The editor and its arguments.
fn editor() -> Result<Vec<String>, (String, &'static str)> {
    let set = |name: &str| {
        std::env::var(name).ok().filter(|value| !value.trim().is_empty()).map(|value| (name.to_string(), value))
    };
    let Some((name, value)) = set("VISUAL").or_else(|| set("EDITOR")) else { return Ok(vec!["vi".into()]) };
    match shell_words::split(&value) {
        Ok(argv) if !argv.is_empty() => Ok(argv),
        _ => Err((format!("{name} is not a command: a quote in it is not closed"), "set it to your editor")),
    }
}

/// Writes the file into a folder that only its user can look into, under its own name: editors choose by it how it is shown.
fn prepare(edit: &Edit) -> io::Result<PathBuf> {
    use std::io::Write;
    let folder = tempfile::Builder::new().prefix(PREFIX).permissions(PermissionsExt::from_mode(0o700)).tempdir()?;
    let name = files::split(&edit.path).1;
    let name = if name.is_empty() || name == b"." || name == b".." { b"file" } else { name };
    let path = folder.path().join(OsStr::from_bytes(name));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(&edit.bytes)?;
    // From here on it is forgotten only once it is known to be needed no more.
    drop(folder.keep());
    Ok(path)
}

fn spawn(argv: &[String], file: &Path) -> io::Result<Child> {
    let (program, arguments) = argv.split_first().ok_or(io::ErrorKind::NotFound)?;
    Command::new(program)
        .args(arguments)
        .arg(file)
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit())
        .spawn()
}

/// Waits for the editor. Signals from the keyboard are its own; one that ends bowline ends it first.
async fn wait(mut child: Child, signals: &mut mpsc::Receiver<SignalKind>) -> Result<(), String> {
    loop {
        tokio::select! {
            ended = child.wait() => {
                return match ended {
                    Ok(status) if status.success() => Ok(()),
                    Ok(status) => Err(format!("the editor failed: {status}")),
                    Err(error) => Err(format!("wait for the editor: {error}")),
                };
            }
            signal = signals.recv() => match signal {
                // The editor has stopped itself and its whole group.
                Some(SignalKind::Suspend) => term::stop(),
                Some(SignalKind::Interrupt) => {}
                Some(SignalKind::End | SignalKind::HangUp) | None => {
                    if let Some(process) = child.id().and_then(|id| rustix::process::Pid::from_raw(id as i32)) {
                        // It may have ended just now.
                        let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
                    }
                    drop(child.wait().await);
                    return Err("bowline was told to end".into());
                }
            },
        }
    }
}

/// Removes an edited file and its folder.
pub fn forget(file: PathBuf) {
    let Some(folder) = file.parent() else { return };
    let ours = folder.file_name().is_some_and(|name| name.as_bytes().starts_with(PREFIX.as_bytes()));
    if ours && let Err(error) = std::fs::remove_dir_all(folder) {
        tracing::warn!("remove an edited file: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EngineId, FileEntry, Id};

    #[test]
    fn a_file_under_edit_is_for_its_user_alone_and_goes_away() {
        let edit = Edit {
            id: Id::new(EngineId(0), "x"),
            path: b"/etc/a b.conf".to_vec(),
            entry: FileEntry::default(),
            bytes: b"hello".to_vec(),
        };
        let file = prepare(&edit).unwrap();
        assert_eq!(file.file_name(), Some(OsStr::new("a b.conf")));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        assert_eq!(std::fs::read(&file).unwrap(), b"hello");
        forget(file.clone());
        assert!(!file.parent().unwrap().exists());
    }

    #[test]
    fn a_folder_that_is_not_ours_is_never_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        std::fs::write(&file, "x").unwrap();
        forget(file.clone());
        assert!(file.exists());
    }
}
