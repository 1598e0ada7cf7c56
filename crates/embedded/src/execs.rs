//! The commands that run, ran or are to run inside containers: what was asked for, and what has become of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::pty::{Size, Terminal};
use super::time::{Nanos, SECOND};

/// How long a command that is over can still be asked for its exit code.
const REMEMBERED: Nanos = 300 * SECOND;

/// How many commands that do not run are kept, of all containers together; the oldest go first.
const KEPT: usize = 512;

#[derive(Debug)]
pub(crate) enum State {
    Created,
    Running { pid: i32, terminal: Option<Terminal> },
    Ended { code: i64, at: Nanos },
}

/// A command inside a container.
#[derive(Debug)]
pub(crate) struct Exec {
    pub(crate) id: String,
    /// The container's id.
    pub(crate) container: String,
    pub(crate) argv: Vec<String>,
    pub(crate) env: Vec<String>,
    pub(crate) user: String,
    pub(crate) folder: String,
    pub(crate) tty: bool,
    pub(crate) privileged: bool,
    pub(crate) stdin: bool,
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
    pub(crate) detach_keys: String,
    /// Its terminal's size, as far as anybody has told it.
    pub(crate) size: Option<Size>,
    pub(crate) state: State,
    /// The id of its process, also when that is over; 0 before.
    pub(crate) pid: i32,
    /// A number that grows from one to the next.
    pub(crate) ordinal: u64,
}

impl Exec {
    /// `echo hi`, as events tell it.
    pub(crate) fn command(&self) -> String {
        self.argv.join(" ")
    }

    fn runs(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    /// In the shape of Docker's `/exec/{id}/json`.
    pub(crate) fn details(&self) -> Value {
        let mut process = json!({
            "tty": self.tty, "entrypoint": self.argv.first(), "arguments": self.argv.get(1..).unwrap_or_default(),
            "privileged": self.privileged,
        });
        if !self.user.is_empty() {
            process["user"] = json!(self.user);
        }
        let code = if let State::Ended { code, .. } = self.state { json!(code) } else { Value::Null };
        json!({
            "ID": self.id, "Running": self.runs(), "ExitCode": code, "ProcessConfig": process,
            "OpenStdin": self.stdin, "OpenStderr": self.stderr, "OpenStdout": self.stdout, "CanRemove": false,
            "ContainerID": self.container, "DetachKeys": self.detach_keys, "Pid": self.pid,
        })
    }
}

/// Every command that is remembered, by its full id.
#[derive(Debug, Default)]
pub(crate) struct Execs(BTreeMap<String, Exec>);

impl Execs {
    pub(crate) fn add(&mut self, exec: Exec, now: Nanos) {
        self.forget_old(now);
        self.0.insert(exec.id.clone(), exec);
    }

    /// Forgets what ended long ago, and the oldest of what does not run when it is too much.
    pub(crate) fn forget_old(&mut self, now: Nanos) {
        self.0.retain(|_, exec| !matches!(exec.state, State::Ended { at, .. } if now - at > REMEMBERED));
        let mut idle: Vec<(u64, String)> =
            self.0.values().filter(|exec| !exec.runs()).map(|exec| (exec.ordinal, exec.id.clone())).collect();
        if idle.len() >= KEPT {
            idle.sort();
            idle.iter().take(idle.len() + 1 - KEPT).for_each(|(_, id)| drop(self.0.remove(id)));
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Exec> {
        self.0.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Exec> {
        self.0.get_mut(id)
    }

    /// Those of a container that are not over, as Docker lists them in its inspection.
    pub(crate) fn ids_of(&self, container: &str) -> Vec<&str> {
        let lasting = |exec: &&Exec| exec.container == container && !matches!(exec.state, State::Ended { .. });
        self.0.values().filter(lasting).map(|exec| exec.id.as_str()).collect()
    }

    /// The sessions of processes that run inside a container beside its own.
    pub(crate) fn sessions_of(&self, container: &str) -> Vec<i32> {
        let pid = |exec: &Exec| if let State::Running { pid, .. } = exec.state { Some(pid) } else { None };
        self.0.values().filter(|exec| exec.container == container).filter_map(pid).collect()
    }

    /// A container is gone, and with it what was to run in it.
    pub(crate) fn forget(&mut self, container: &str) {
        self.0.retain(|_, exec| exec.container != container || exec.runs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(ordinal: u64, state: State) -> Exec {
        Exec {
            id: format!("{ordinal:064x}"),
            container: "i".into(),
            argv: vec!["echo".into(), "hi".into()],
            env: Vec::new(),
            user: String::new(),
            folder: String::new(),
            tty: false,
            privileged: false,
            stdin: false,
            stdout: true,
            stderr: true,
            detach_keys: String::new(),
            size: None,
            state,
            pid: 0,
            ordinal,
        }
    }

    #[test]
    fn the_ended_are_remembered_for_a_while_and_never_too_many() {
        let mut execs = Execs::default();
        execs.add(one(1, State::Ended { code: 7, at: 0 }), 0);
        execs.add(one(2, State::Running { pid: 5, terminal: None }), SECOND);
        execs.add(one(3, State::Created), SECOND);
        assert_eq!(execs.ids_of("i").len(), 2, "an ended one is not listed");
        assert_eq!(execs.get(&format!("{:064x}", 1)).map(|exec| exec.details()["ExitCode"].clone()), Some(json!(7)));
        execs.forget_old(REMEMBERED + SECOND);
        assert!(execs.get(&format!("{:064x}", 1)).is_none());
        (10..2000).for_each(|number| execs.add(one(number, State::Created), SECOND));
        assert_eq!(execs.ids_of("i").len(), KEPT + 1);
        assert_eq!(execs.sessions_of("i"), [5], "what runs is never forgotten");
        execs.forget("i");
        assert_eq!(execs.ids_of("i").len(), 1);
    }
}
