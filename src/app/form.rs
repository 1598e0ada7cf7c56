//! The form for a command: what to run, as whom, where, with what around it.

use super::prompt::Line;
use super::ran::Ran;
use crate::model::{Exec, Id, Program, Size};
use crossterm::event::{KeyCode, KeyEvent};

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Field {
    /// The command line.
    #[default]
    Command,
    /// As whom.
    User,
    /// Working directory.
    Folder,
    /// Variables.
    Environment,
    /// With a terminal.
    Terminal,
    /// With all capabilities.
    Privileged,
}

impl Field {
    /// All fields, from top to bottom.
    pub const ALL: [Field; 6] =
        [Field::Command, Field::User, Field::Folder, Field::Environment, Field::Terminal, Field::Privileged];

    /// What is written before it.
    pub fn label(self) -> &'static str {
        match self {
            Field::Command => "command",
            Field::User => "user",
            Field::Folder => "folder",
            Field::Environment => "environment",
            Field::Terminal => "terminal",
            Field::Privileged => "privileged",
        }
    }

    /// A word of help, shown while it is empty.
    pub fn help(self) -> &'static str {
        match self {
            Field::Command => "words as in a shell; sh -c '…' for pipes; ↑ for earlier ones",
            Field::User => "name, number or user:group; empty: the instance's own",
            Field::Folder => "empty: the instance's own",
            Field::Environment => "NAME=value NAME='two words'",
            Field::Terminal => "off: stdout and stderr told apart, exit code shown",
            Field::Privileged => "all capabilities of the host",
        }
    }
}

/// The form.
#[derive(Debug, Clone)]
pub struct ExecForm {
    /// In which instance.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// The field that hears the keys.
    pub field: Field,
    /// With a terminal.
    pub terminal: bool,
    /// With all capabilities.
    pub privileged: bool,
    /// What is wrong with what was typed.
    pub wrong: Option<String>,
    lines: [Line; 4],
    /// Which of the earlier commands is shown, counted from the newest.
    earlier: Option<usize>,
    /// What was being typed before the first of them was shown.
    draft: Ran,
}

impl ExecForm {
    /// An empty form.
    pub fn new(id: Id, name: &str) -> ExecForm {
        ExecForm {
            id,
            name: name.to_string(),
            field: Field::Command,
            terminal: false,
            privileged: false,
            wrong: None,
            lines: Default::default(),
            earlier: None,
            draft: Ran::default(),
        }
    }

    /// The line of a field that holds text.
    pub fn line(&self, field: Field) -> Option<&Line> {
        self.lines.get(field as usize)
    }

    fn text(&self, field: Field) -> &str {
        self.line(field).map(Line::text).unwrap_or_default().trim()
    }

    /// Text was pasted.
    pub fn paste(&mut self, text: &str) {
        if let Some(line) = self.lines.get_mut(self.field as usize) {
            line.paste(text);
        }
    }

    /// Goes so many fields down.
    pub fn step(&mut self, down: bool) {
        let count = Field::ALL.len();
        let steps = if down { 1 } else { count - 1 };
        self.field = Field::ALL[(self.field as usize + steps) % count];
    }

    /// A key that is neither the end of the form nor a step through it.
    pub fn edit(&mut self, event: &KeyEvent, ran: &[Ran]) {
        self.wrong = None;
        match (self.field, event.code) {
            (Field::Command, KeyCode::Up) => self.recall(true, ran),
            (Field::Command, KeyCode::Down) if self.earlier.is_some() => self.recall(false, ran),
            (_, KeyCode::Down) => self.step(true),
            (_, KeyCode::Up) => self.step(false),
            (Field::Terminal, KeyCode::Char(' ')) => self.terminal = !self.terminal,
            (Field::Privileged, KeyCode::Char(' ')) => self.privileged = !self.privileged,
            (field, _) => {
                if let Some(line) = self.lines.get_mut(field as usize) {
                    line.edit(event);
                }
            }
        }
    }

    fn recall(&mut self, back: bool, ran: &[Ran]) {
        let next = match (self.earlier, back) {
            (None, true) => Some(0),
            (Some(at), true) => Some((at + 1).min(ran.len().saturating_sub(1))),
            (Some(at), false) => at.checked_sub(1),
            (None, false) => None,
        };
        if self.earlier.is_none() {
            self.draft = self.typed();
        }
        let known = next.and_then(|at| ran.iter().rev().nth(at));
        self.earlier = next.filter(|_| known.is_some());
        // Behind the newest stands what was being typed, as it was.
        let shown = known.unwrap_or(&self.draft).clone();
        self.lines[Field::Command as usize] = Line::new(&shown.command);
        self.lines[Field::User as usize] = Line::new(&shown.user);
        self.lines[Field::Folder as usize] = Line::new(&shown.folder);
        (self.terminal, self.privileged) = (shown.tty, shown.privileged);
    }

    /// The form as it would be remembered.
    fn typed(&self) -> Ran {
        Ran {
            command: self.text(Field::Command).to_string(),
            user: self.text(Field::User).to_string(),
            folder: self.text(Field::Folder).to_string(),
            tty: self.terminal,
            privileged: self.privileged,
        }
    }

    /// What is to be run, and how it is remembered.
    ///
    /// # Errors
    /// A sentence on what is wrong; the field with the fault has the focus then.
    pub fn finish(&mut self, size: Size) -> Result<(Exec, Ran), String> {
        let command = self.text(Field::Command).to_string();
        let argv = split(&command).map_err(|why| self.fault(Field::Command, why))?;
        if argv.is_empty() {
            return Err(self.fault(Field::Command, "type a command first".into()));
        }
        let env = split(self.text(Field::Environment)).map_err(|why| self.fault(Field::Environment, why))?;
        let nameless = env.iter().find(|word| word.split_once('=').is_none_or(|(name, _)| name.is_empty()));
        if let Some(word) = nameless {
            let why = format!("'{word}' is not NAME=value");
            return Err(self.fault(Field::Environment, why));
        }
        let (user, folder) = (self.text(Field::User).to_string(), self.text(Field::Folder).to_string());
        if !folder.is_empty() && !folder.starts_with('/') {
            return Err(self.fault(Field::Folder, "a folder begins with /".into()));
        }
        let exec = Exec {
            id: self.id.clone(),
            program: Program::Argv(argv),
            user,
            folder,
            env,
            tty: self.terminal,
            stdin: self.terminal,
            privileged: self.privileged,
            size,
        };
        Ok((exec, self.typed()))
    }

    fn fault(&mut self, field: Field, why: String) -> String {
        self.field = field;
        self.wrong = Some(why.clone());
        why
    }
}

fn split(text: &str) -> Result<Vec<String>, String> {
    shell_words::split(text).map_err(|_| "a quote is not closed".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EngineId;
    use crossterm::event::KeyModifiers;

    fn form(command: &str, env: &str) -> ExecForm {
        let mut form = ExecForm::new(Id::new(EngineId(0), "x"), "web");
        form.paste(command);
        form.field = Field::Environment;
        form.paste(env);
        form
    }

    const SIZE: Size = Size { columns: 80, rows: 24 };

    #[test]
    fn words_are_split_as_a_shell_does_and_never_run_by_one() {
        let (exec, ran) = form("sh -c 'echo $HOME; id' x", "A=1 B='two words'").finish(SIZE).unwrap();
        assert_eq!(exec.program, Program::Argv(["sh", "-c", "echo $HOME; id", "x"].map(String::from).to_vec()));
        assert_eq!(exec.env, ["A=1", "B=two words"]);
        assert_eq!(ran.command, "sh -c 'echo $HOME; id' x");
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        let mut open = form("echo 'a", "");
        assert_eq!(open.finish(SIZE).unwrap_err(), "a quote is not closed");
        assert_eq!(open.field, Field::Command);
        let mut env = form("ls", "A");
        assert_eq!(env.finish(SIZE).unwrap_err(), "'A' is not NAME=value");
        assert_eq!(env.field, Field::Environment);
        assert!(form("", "").finish(SIZE).is_err());
    }

    #[test]
    fn earlier_commands_come_back_with_what_was_around_them() {
        let ran = [
            Ran { command: "ls".into(), ..Ran::default() },
            Ran { command: "id".into(), user: "app".into(), tty: true, ..Ran::default() },
        ];
        let mut form = form("", "");
        form.field = Field::Command;
        let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
        form.edit(&key(KeyCode::Up), &ran);
        assert_eq!((form.text(Field::Command), form.text(Field::User), form.terminal), ("id", "app", true));
        form.edit(&key(KeyCode::Up), &ran);
        form.edit(&key(KeyCode::Up), &ran);
        assert_eq!((form.text(Field::Command), form.terminal), ("ls", false), "the oldest is the end");
        form.edit(&key(KeyCode::Down), &ran);
        assert_eq!(form.text(Field::Command), "id");
        form.edit(&key(KeyCode::Down), &ran);
        assert_eq!((form.text(Field::Command), form.text(Field::User), form.terminal), ("", "", false), "as it was");
    }
}
