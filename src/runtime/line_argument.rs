//! How programs are told the line of a file at which they are to open it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Pagers that put the line that `+N` and a `g` name at the top.
const AT_TOP: &[&str] = &["less"];
/// Editors that go to the line that `+N` names.
const PLUS: &[&str] =
    &["vi", "vim", "nvim", "view", "gvim", "nano", "emacs", "emacsclient", "micro", "kak", "joe", "mg"];
/// Editors that take the line behind the file's name.
const GOTO: &[&str] = &["code", "codium", "code-insiders"];
/// Programs of many names, whose `vi` and `less` would take `+N` for a file.
const MANY_NAMES: &[&str] = &["busybox", "toybox"];

/// The arguments that open a file at a line, from 1, in a program that has these arguments already. A program that is not known
/// opens it as it does.
pub fn opening(program: &str, given: &[String], file: &Path, line: usize) -> Vec<OsString> {
    let plain = vec![file.as_os_str().to_owned()];
    let name = file_name(Path::new(program));
    // Who says where to begin means it.
    let is_said = given.iter().any(|argument| argument.starts_with('+'));
    if line <= 1 || is_said || has_many_names(program) {
        return plain;
    }
    if AT_TOP.contains(&name) {
        vec![format!("+{line}g").into(), file.into()]
    } else if PLUS.contains(&name) {
        vec![format!("+{line}").into(), file.into()]
    } else if GOTO.contains(&name) {
        let mut place = file.as_os_str().to_owned();
        place.push(format!(":{line}"));
        vec!["--goto".into(), place]
    } else {
        plain
    }
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap_or_default()
}

/// True for a link to a program that does what its name says.
fn has_many_names(program: &str) -> bool {
    found(program).and_then(|path| path.canonicalize().ok()).is_some_and(|path| MANY_NAMES.contains(&file_name(&path)))
}

/// The file of a program, looked for as a shell does.
fn found(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(program.into());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn opened(program: &str, given: &[&str], line: usize) -> String {
        let given: Vec<String> = given.iter().map(|argument| argument.to_string()).collect();
        let arguments = opening(program, &given, Path::new("/tmp/api.log"), line);
        arguments.iter().map(|argument| argument.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn known_programs_are_told_the_line_as_they_take_it() {
        assert_eq!(opened("/usr/bin/less", &["-R"], 7), "+7g /tmp/api.log");
        for editor in ["vim", "/opt/bin/nvim", "nano", "emacs"] {
            assert_eq!(opened(editor, &[], 7), "+7 /tmp/api.log");
        }
        assert_eq!(opened("code", &["--wait"], 7), "--goto /tmp/api.log:7");
    }

    #[test]
    fn others_get_the_file_alone_and_so_does_who_was_told_where_to_begin() {
        assert_eq!(opened("my-pager", &[], 7), "/tmp/api.log");
        assert_eq!(opened("less", &["+G"], 7), "/tmp/api.log");
        assert_eq!(opened("less", &[], 1), "/tmp/api.log");
    }

    #[test]
    fn a_link_to_busybox_is_not_told_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let (busybox, vi) = (folder.path().join("busybox"), folder.path().join("vi"));
        std::fs::write(&busybox, "").unwrap();
        symlink(&busybox, &vi).unwrap();
        assert_eq!(opened(vi.to_str().unwrap(), &[], 7), "/tmp/api.log");
    }
}
