//! The form for a command: what to run, as whom, where, with what around it.

use super::checks::{anything, folder, variables};
use crate::app::panes::shell::view::SIZE_UNSEEN;
use crate::app::widgets::fields::{Fields, FormField};
use crate::model::ExecHistoryEntry;
use crate::model::{Exec, Id, Program};

/// An empty form. `ran` is what was run before, the newest last.
pub fn fields(name: &str, ran: &[ExecHistoryEntry]) -> Fields {
    let fields = vec![
        FormField::line("command", "quoted as in a shell; sh -c '…' for pipes; ↑ for history", command_line),
        FormField::line("user", "name, number or user:group; empty: the container's own", anything),
        FormField::line("folder", "empty: the container's own", folder),
        FormField::line("environment", "NAME=value NAME='two words'", variables),
        FormField::switch("terminal", ["stdout and stderr stay separate", "for shells and editors"], false),
        FormField::switch(
            "privileged",
            ["only the container's own capabilities", "all capabilities of the host"],
            false,
        ),
    ];
    let earlier = ran.iter().rev().map(|ran| {
        vec![
            ("command", ran.command.clone()),
            ("user", ran.user.clone()),
            ("folder", ran.folder.clone()),
            ("terminal", ran.tty.to_string()),
            ("privileged", ran.privileged.to_string()),
        ]
    });
    Fields::new(format!("Run in {name}"), fields).to("run").recalling(earlier.collect())
}

fn command_line(text: &str) -> Result<(), String> {
    match shell_words::split(text) {
        Ok(words) if words.is_empty() => Err("type a command first".into()),
        Ok(_) => Ok(()),
        Err(_) => Err("a quote is not closed".into()),
    }
}

/// What is to be run, and how it is remembered. None if a quote is not closed, which its field says.
pub fn command(fields: &Fields, id: &Id) -> Option<(Exec, ExecHistoryEntry)> {
    let text = |label: &str| fields.field(label).text();
    let ran = ExecHistoryEntry {
        command: text("command"),
        user: text("user"),
        folder: text("folder"),
        tty: fields.field("terminal").is_on(),
        privileged: fields.field("privileged").is_on(),
    };
    let exec = Exec {
        id: id.clone(),
        program: Program::Argv(shell_words::split(&ran.command).ok()?),
        user: ran.user.clone(),
        folder: ran.folder.clone(),
        env: shell_words::split(&text("environment")).ok()?,
        tty: ran.tty,
        stdin: ran.tty,
        privileged: ran.privileged,
        size: SIZE_UNSEEN,
    };
    Some((exec, ran))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::widgets::fields::{Edited, press};
    use crate::model::EngineId;
    use crossterm::event::KeyCode;

    fn form(command: &str, environment: &str) -> Fields {
        let mut form = fields("web", &[]);
        form.paste(command);
        form.focus = 3;
        form.paste(environment);
        form
    }

    #[test]
    fn words_are_split_as_a_shell_does_and_never_run_by_one() {
        let mut form = form("sh -c 'echo $HOME; id' x", "A=1 B='two words'");
        assert_eq!(press(&mut form, KeyCode::Enter), Edited::Done);
        let (exec, ran) = command(&form, &Id::new(EngineId(0), "x")).unwrap();
        assert_eq!(exec.program, Program::Argv(["sh", "-c", "echo $HOME; id", "x"].map(String::from).to_vec()));
        assert_eq!(exec.env, ["A=1", "B=two words"]);
        assert_eq!(ran.command, "sh -c 'echo $HOME; id' x");
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        for (command, environment, label, why) in [
            ("echo 'a", "", "command", "a quote is not closed"),
            ("", "", "command", "type a command first"),
            ("ls", "A", "environment", "'A' is not NAME=value"),
        ] {
            let mut form = form(command, environment);
            assert_eq!(press(&mut form, KeyCode::Enter), Edited::On);
            let field = &form.fields[form.focus];
            assert_eq!((field.label, field.wrong.as_deref()), (label, Some(why)));
        }
    }

    #[test]
    fn earlier_commands_come_back_with_what_was_around_them_but_its_variables() {
        let ran = [
            ExecHistoryEntry { command: "ls".into(), ..ExecHistoryEntry::default() },
            ExecHistoryEntry { command: "id".into(), user: "app".into(), tty: true, ..ExecHistoryEntry::default() },
        ];
        let mut form = fields("web", &ran);
        form.focus = 3;
        form.paste("A=1");
        form.focus = 0;
        press(&mut form, KeyCode::Up);
        let shown =
            |form: &Fields| (form.field("command").text(), form.field("user").text(), form.field("terminal").is_on());
        assert_eq!(shown(&form), ("id".into(), "app".into(), true));
        assert_eq!(form.field("environment").text(), "A=1");
    }
}
