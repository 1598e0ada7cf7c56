//! The long run: scripted minutes of an operator's day, one after the other, while containers come and go. What bowline and
//! the embedded engine hold (memory, descriptors, threads, tasks, children) stays flat.
//!
//! `BOWLINE_LONG_RUN=2000 cargo test --test main the_long_run -- --nocapture` runs that many minutes and prints the table.

use super::engine::Served;
use crate::support::bowline;
use crate::support::docker::Docker;
use crate::support::pty::Terminal;
use crate::support::vitals::Vitals;
use crate::support::wait::until_some;
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// Minutes without the variable.
const MINUTES: usize = 12;
/// Samples of a run.
const SAMPLES: usize = 40;
/// What descriptors, threads, tasks and children may differ by: connections that are kept for the next request, and threads
/// that wait for the next blocking call.
const SLACK: usize = 12;

/// Containers that stay, that speak, and to which something happens now and then.
const RESIDENTS: &str = r#"
name = "endurance"
seed = 11
unrest = 2.0
fleet = 24
"#;

/// What each newcomer does: writes a log, and waits for its end.
const SPEAKS: &str = "seq 1 300 | sed 's/^/line /;s/$/./'; exec sleep 3600";

/// An engine, the cockpit on it, and the minutes that pass.
struct Day {
    engine: Served,
    api: Docker,
    terminal: Terminal,
}

impl Day {
    fn begin() -> Day {
        let engine = Served::of(RESIDENTS);
        let terminal = bowline(&["--host", &engine.host()])
            .env("BOWLINE_LOG", "bowline::vitals=debug")
            .env("PS1", "$ ")
            .size(160, 45)
            .patience(Duration::from_secs(30))
            .start();
        terminal.wait_for(" 24 ");
        let api = Docker::at(engine.host());
        Day { engine, api, terminal }
    }

    /// One scripted minute: newcomers, a look at one of them, and their end.
    fn minute(&mut self, number: usize) {
        let newcomers: Vec<String> = (0..3).map(|one| self.create(&format!("c{number}-{one}"))).collect();
        self.takes_the_filter_away();
        self.terminal.type_keys(&format!("jjk/c{number}-0\r"));
        let name = format!("c{number}-0");
        self.terminal.wait_until("the newcomer under the cursor, running", |screen| {
            let row = screen.cursor_row();
            row.contains(&name) && row.contains("running")
        });
        match number % 5 {
            0 => self.reads_the_log(),
            1 => self.leaves_a_shell_open_and_closes_it(number),
            2 => self.ends_a_shell(number),
            3 => self.runs_a_command(),
            _ => self.looks_at_processes(),
        }
        let columns = 120 + 10 * (number % 5) as u16;
        self.terminal.resize(columns, 36 + (number % 10) as u16);
        self.terminal.wait_until("the new size", |screen| screen.width() == usize::from(columns));
        // One dies, one is stopped first, one is removed alive.
        self.api.must("POST", &format!("/containers/{}/kill", newcomers[1]), &Value::Null);
        self.api.must("POST", &format!("/containers/{}/stop?t=0", newcomers[2]), &Value::Null);
        for id in newcomers {
            self.api.must("DELETE", &format!("/containers/{id}?force=1"), &Value::Null);
        }
        self.terminal.wait_for("no containers match the filter");
    }

    fn takes_the_filter_away(&mut self) {
        self.terminal.type_keys(":containers\r<esc>");
        // Before the next key comes, with which the escape would be another one.
        self.terminal.wait_gone(" filter c");
    }

    fn create(&self, name: &str) -> String {
        let wanted = json!({ "Image": "newcomer", "Cmd": ["sh", "-c", SPEAKS], "Labels": { "of": name } });
        let made = self.api.must("POST", &format!("/containers/create?name={name}"), &wanted);
        let id = made["Id"].as_str().expect("an id").to_owned();
        self.api.must("POST", &format!("/containers/{id}/start"), &Value::Null);
        id
    }

    fn reads_the_log(&mut self) {
        self.terminal.type_keys("l");
        self.terminal.wait_for("line 300.");
        self.terminal.type_keys("g/line 29\rnNtwG");
        self.terminal.wait_for("line 300.");
    }

    fn opens_a_shell(&mut self, number: usize) {
        self.terminal.type_keys("e");
        self.terminal.wait_for("ctrl-] esc leaves");
        self.terminal.type_keys(&format!("echo it is $(({number}+22))\r"));
        self.terminal.wait_for(&format!("it is {}", number + 22));
    }

    fn leaves_a_shell_open_and_closes_it(&mut self, number: usize) {
        self.opens_a_shell(number);
        self.terminal.type_keys("sleep 3600\r");
        self.terminal.type_keys("\x1d");
        self.terminal.type_keys("x");
        self.terminal.wait_for("Close ");
        self.terminal.type_keys("y");
        self.terminal.wait_gone("ctrl-] esc leaves");
    }

    fn ends_a_shell(&mut self, number: usize) {
        self.opens_a_shell(number);
        self.terminal.type_keys("exit 4\r");
        self.terminal.wait_for("the shell ended with exit 4");
        self.terminal.type_keys("x");
        self.terminal.wait_gone("the shell ended with exit 4");
    }

    fn runs_a_command(&mut self) {
        self.terminal.type_keys("E");
        self.terminal.wait_for("Run in ");
        self.terminal.type_keys("sh -c 'seq 1 2000; exit 3'\r");
        self.terminal.wait_for("the command ended with exit 3");
        self.terminal.type_keys("x");
        self.terminal.wait_gone("the command ended");
    }

    fn looks_at_processes(&mut self) {
        self.terminal.type_keys("p");
        self.terminal.wait_for("sleep 3600");
        self.terminal.type_keys("zz?");
        self.terminal.wait_for("Help: all keys");
        self.terminal.type_keys("<esc>");
        self.terminal.wait_gone("Help: all keys");
        self.terminal.type_keys("[:containers\rs");
        self.terminal.wait_for("Sort by");
        self.terminal.type_keys("<esc>");
        self.terminal.wait_gone("Sort by");
    }

    /// What both hold, at rest.
    fn sample(&mut self, minute: usize) -> Row {
        self.takes_the_filter_away();
        self.terminal.wait_for(" 24 ");
        self.terminal.forget_bytes();
        let tasks = tasks(self.terminal.home());
        Row {
            minute,
            bowline: Vitals::of(self.terminal.process_id()),
            tasks,
            engine: Vitals::of(self.engine.process_id()),
        }
    }
}

/// Tasks alive in bowline, as its own log says.
fn tasks(home: &Path) -> usize {
    let folder = home.join(".local/state/bowline");
    until_some("how many tasks bowline has, in its own words", || {
        let mut logs: Vec<_> = std::fs::read_dir(&folder).expect("logs").filter_map(Result::ok).collect();
        logs.retain(|file| file.path().extension().is_some_and(|extension| extension == "log"));
        logs.sort_by_key(std::fs::DirEntry::path);
        let newest = logs.last().and_then(|file| std::fs::read_to_string(file.path()).ok()).unwrap_or_default();
        newest.lines().filter_map(|line| line.split_once("tasks=")?.1.trim().parse().ok()).next_back()
    })
}

/// What was held after some minutes.
#[derive(Debug, Clone, Copy)]
struct Row {
    minute: usize,
    bowline: Vitals,
    tasks: usize,
    engine: Vitals,
}

const HEADING: &str = "\
| minute | bowline: memory KiB | descriptors | threads | tasks | engine: memory KiB | descriptors | threads | children |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|";

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { minute, bowline, tasks, engine } = self;
        write!(f, "| {minute} | {} | {} | {} | {tasks} ", bowline.memory, bowline.descriptors, bowline.threads)?;
        write!(f, "| {} | {} | {} | {} |", engine.memory, engine.descriptors, engine.threads, engine.children)
    }
}

impl Row {
    /// What is counted, by name.
    fn counts(&self) -> [(&'static str, usize); 6] {
        [
            ("bowline's descriptors", self.bowline.descriptors),
            ("bowline's threads", self.bowline.threads),
            ("bowline's tasks", self.tasks),
            ("the engine's descriptors", self.engine.descriptors),
            ("the engine's threads", self.engine.threads),
            ("the engine's children", self.engine.children),
        ]
    }
}

/// The middle of a quarter of the samples (the first is 0), KiB.
fn median(rows: &[Row], quarter: usize, of: fn(&Row) -> u64) -> u64 {
    let part = &rows[quarter * rows.len() / 4..(quarter + 1) * rows.len() / 4];
    let mut all: Vec<u64> = part.iter().map(of).collect();
    all.sort_unstable();
    all[all.len() / 2]
}

/// What grew over the run, in words; none if nothing did.
fn growth(rows: &[Row]) -> Vec<String> {
    let mut grown = Vec::new();
    for row in rows {
        for ((what, now), (_, first)) in row.counts().into_iter().zip(rows[0].counts()) {
            if now > first + SLACK {
                grown.push(format!("after minute {}: {what} are {now}, they were {first}", row.minute));
            }
        }
    }
    let memories: [fn(&Row) -> u64; 2] = [|row| row.bowline.memory, |row| row.engine.memory];
    for (whose, of) in ["bowline's", "the engine's"].into_iter().zip(memories) {
        let (second, last) = (median(rows, 1, of), median(rows, 3, of));
        if last > second + second / 10 + 2048 {
            grown.push(format!("{whose} memory: {second} KiB in the second quarter, {last} in the last"));
        }
    }
    grown
}

#[test]
fn the_long_run_leaves_memory_tasks_and_descriptors_flat() {
    let minutes = std::env::var("BOWLINE_LONG_RUN").ok().and_then(|number| number.parse().ok()).unwrap_or(MINUTES);
    let mut day = Day::begin();
    let every = (minutes / SAMPLES).max(1);
    let mut rows: Vec<Row> = Vec::new();
    println!("{HEADING}");
    for number in 0..minutes {
        day.minute(number);
        // Every kind of minute comes once before anything is compared.
        if number >= 4 && (number + 1) % every == 0 {
            rows.push(day.sample(number + 1));
            println!("{}", rows[rows.len() - 1]);
        }
    }
    assert!(rows.len() >= 4, "too few minutes to compare quarters: {}", rows.len());
    let grown = growth(&rows);
    assert!(grown.is_empty(), "{}", grown.join("\n"));
    day.terminal.type_keys("q");
    assert!(day.terminal.wait_exit().success());
}

#[test]
fn growth_is_found_and_steadiness_is_not_called_growth() {
    let vitals = Vitals { memory: 30_000, peak: 30_000, descriptors: 20, threads: 4, children: 2 };
    let steady: Vec<Row> = (0..40).map(|minute| Row { minute, bowline: vitals, tasks: 20, engine: vitals }).collect();
    assert_eq!(growth(&steady), Vec::<String>::new());
    let mut leaks = steady.clone();
    for row in &mut leaks {
        row.tasks += row.minute;
        row.engine.memory += 400 * row.minute as u64;
    }
    let grown = growth(&leaks).join("\n");
    assert!(grown.contains("bowline's tasks are 59") && grown.contains("the engine's memory"), "{grown}");
}
