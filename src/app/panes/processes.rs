//! The processes of the selected container: a tree or a sorted list, with the exec sessions among them.

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::component::{Answers, Component, Cx, Handled, answer};
use crate::app::options::Options;
use crate::app::overlay::Overlay;
use crate::app::panes::process_sort::ProcessSort;
use crate::app::subscriptions::{Slot, Wants};
use crate::app::widgets::Cursor;
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::model::{Container, Id, Problem, Process, Processes, Signal, Source, StreamEvent, StreamId, secret};
use ratatui::layout::Position;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessRow {
    /// The process.
    pub process: Process,
    /// Steps below its topmost ancestor; 0 where rows are no tree.
    pub depth: usize,
    /// It is the first process of an exec session; true if that is bowline's own.
    pub exec: Option<bool>,
}

impl ProcessRow {
    /// Its name in the plan for a signal.
    pub(in crate::app) fn name_in(&self, container: &Container) -> String {
        let command: String = secret::command(&self.process.command).chars().take(40).collect();
        format!("{} process {} ({command})", container.name, self.process.pid)
    }
}

/// The processes of one container.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessView {
    /// The container.
    pub id: Id,
    /// The stream that brings them.
    pub stream: StreamId,
    /// The rows, in order.
    pub rows: Vec<ProcessRow>,
    /// The cursor in the list.
    pub cursor: Cursor,
    /// Something has come.
    pub loaded: bool,
    /// True if the stream has ended.
    pub is_over: bool,
    /// Why, or why nothing came when it was asked for last.
    pub ended: Option<Problem>,
    /// The sort order.
    pub sort: ProcessSort,
    latest: std::sync::Arc<Processes>,
}

impl ProcessView {
    /// A view without processes yet.
    pub fn new(id: Id, stream: StreamId, sort: ProcessSort) -> ProcessView {
        ProcessView {
            id,
            stream,
            rows: Vec::new(),
            cursor: Cursor::default(),
            loaded: false,
            is_over: false,
            ended: None,
            sort,
            latest: Default::default(),
        }
    }

    /// The present processes.
    pub fn take(&mut self, processes: std::sync::Arc<Processes>) {
        self.latest = processes;
        (self.loaded, self.ended) = (true, None);
        self.arrange();
    }

    /// Sorts anew; the cursor stays on its process.
    pub fn sort_by(&mut self, sort: ProcessSort) {
        self.sort = sort;
        self.arrange();
    }

    fn arrange(&mut self) {
        let chosen = self.chosen().map(|row| row.process.pid);
        let list = &self.latest.list;
        let execs: HashMap<i32, bool> = self.latest.execs.iter().map(|exec| (exec.pid, exec.ours)).collect();
        let row = |process: &Process, depth| {
            let exec = execs.get(&process.pid).copied().filter(|_| process.pid > 0);
            ProcessRow { process: process.clone(), depth, exec }
        };
        self.rows = if self.sort == ProcessSort::Tree {
            tree(list).into_iter().map(|(index, depth)| row(&list[index], depth)).collect()
        } else {
            let mut rows: Vec<ProcessRow> = list.iter().map(|process| row(process, 0)).collect();
            rows.sort_by(|a, b| compare(self.sort, &a.process, &b.process));
            rows
        };
        let again = chosen.and_then(|pid| self.rows.iter().position(|row| row.process.pid == pid));
        self.cursor.put(again.unwrap_or(self.cursor.row()), self.rows.len());
    }

    /// Exec sessions that run, and those of them that nobody here holds.
    pub fn sessions(&self) -> (usize, usize) {
        let execs = &self.latest.execs;
        (execs.len(), execs.iter().filter(|exec| !exec.ours).count())
    }

    /// The row under the cursor.
    pub fn chosen(&self) -> Option<&ProcessRow> {
        self.rows.get(self.cursor.row())
    }

    /// Moves the cursor.
    pub fn move_by(&mut self, rows: isize) {
        self.cursor.move_by(rows, self.rows.len());
    }

    /// Brings the cursor into a window of so many rows.
    pub fn fit(&mut self, height: usize) {
        self.cursor.fit(height, self.rows.len());
    }
}

/// The commands of the list of processes.
pub(in crate::app) const ANSWERS: &Answers<ProcessView> = &[
    (Command::Sort, |view, cx| vec![view.ask_sort(cx)]),
    (Command::SignalProcess, |view, cx| vec![view.ask_signal(cx)]),
];

impl Component for ProcessView {
    fn command(&mut self, cx: &Cx, command: Command) -> Handled {
        answer(ANSWERS, self, cx, command)
    }

    /// A click on a process, below the title and the headings.
    fn click(&mut self, cx: &Cx, at: Position) -> Vec<Action> {
        let row = cx.line(at, 2).and_then(|line| self.cursor.row_at(line, self.rows.len()));
        row.into_iter().for_each(|row| self.cursor.put(row, self.rows.len()));
        Vec::new()
    }

    fn scroll(&mut self, _: &Cx, rows: isize) {
        self.move_by(rows);
    }

    fn name_streams(&self, _: &Options, wants: &mut Wants) {
        if !self.is_over {
            wants.add(self.stream, Slot::Processes, || Source::Processes { id: self.id.clone() });
        }
    }

    fn receive(&mut self, _: &Cx, _: StreamId, _: Slot, event: StreamEvent) -> Vec<Action> {
        if let StreamEvent::Processes(processes) = event {
            self.take(processes);
        }
        Vec::new()
    }

    fn ended(&mut self, _: &Cx, _: StreamId, _: Slot, problem: Option<Problem>) -> Vec<Action> {
        (self.is_over, self.ended) = (true, problem);
        Vec::new()
    }
}

impl ProcessView {
    fn ask_sort(&self, cx: &Cx) -> Action {
        let item = |(by, name, doc): &(ProcessSort, &str, &str)| MenuItem {
            on: self.sort == *by,
            ..MenuItem::new(*name, *doc, Action::SortProcesses(*by))
        };
        cx.lettered(Menu::new("Sort processes by", ProcessSort::ALL.iter().map(item).collect(), None))
    }

    /// Which signal for the chosen process?
    fn ask_signal(&self, cx: &Cx) -> Action {
        if cx.options.read_only {
            return cx.warn("read-only: signals are refused");
        }
        let target = self.chosen().zip(cx.snapshot.containers.get(&self.id));
        let Some((row, container)) = target else { return cx.warn("no process is selected") };
        let pid = row.process.pid;
        let items = Signal::CHOICES.iter().map(|(signal, name, doc)| MenuItem {
            // A shell that somebody left behind ends when it is hung up.
            on: row.exec.is_some() && signal.0 == 1,
            ..MenuItem::new(*name, *doc, Action::SignalProcess(container.clone(), pid, *signal))
        });
        let title = format!("Which signal for {}?", row.name_in(container));
        Action::Open(Box::new(Overlay::Menu(Menu::new(&title, items.collect(), None))))
    }
}

fn compare(sort: ProcessSort, a: &Process, b: &Process) -> Ordering {
    let number = |a: Option<f64>, b: Option<f64>| b.partial_cmp(&a).unwrap_or(Ordering::Equal);
    let order = match sort {
        ProcessSort::Tree | ProcessSort::Pid => Ordering::Equal,
        ProcessSort::Cpu => number(a.cpu, b.cpu),
        ProcessSort::Memory => b.memory.cmp(&a.memory),
        ProcessSort::Age => a.age.cmp(&b.age),
        ProcessSort::User => a.user.cmp(&b.user),
        ProcessSort::Command => a.command.cmp(&b.command),
    };
    order.then(a.pid.cmp(&b.pid))
}

/// The order of a tree: index and depth. Whoever has no parent in the list is a root; a loop of parents is cut.
fn tree(list: &[Process]) -> Vec<(usize, usize)> {
    let here: HashSet<i32> = list.iter().map(|process| process.pid).collect();
    let mut children: HashMap<i32, Vec<usize>> = HashMap::new();
    let mut roots = Vec::new();
    for (index, process) in list.iter().enumerate() {
        if here.contains(&process.parent) && process.parent != process.pid {
            children.entry(process.parent).or_default().push(index);
        } else {
            roots.push(index);
        }
    }
    let by_pid = |indices: &mut Vec<usize>| indices.sort_by_key(|index| std::cmp::Reverse(list[*index].pid));
    by_pid(&mut roots);
    children.values_mut().for_each(by_pid);
    let mut order = Vec::with_capacity(list.len());
    let mut seen = vec![false; list.len()];
    let mut waiting: Vec<(usize, usize)> = roots.into_iter().map(|index| (index, 0)).collect();
    let mut rest = 0;
    loop {
        while let Some((index, depth)) = waiting.pop() {
            if std::mem::replace(&mut seen[index], true) {
                continue;
            }
            order.push((index, depth));
            let below = children.get(&list[index].pid).into_iter().flatten();
            waiting.extend(below.map(|child| (*child, depth + 1)));
        }
        // Only a loop of parents leaves any: each is its own root then.
        match (rest..list.len()).find(|index| !seen[*index]) {
            Some(index) => {
                rest = index;
                waiting.push((index, 0));
            }
            None => return order,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EngineId, ExecSession};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn process(pid: i32, parent: i32, cpu: f64) -> Process {
        Process { pid, parent, cpu: Some(cpu), command: format!("p{pid}"), ..Process::default() }
    }

    fn view(list: Vec<Process>, execs: Vec<ExecSession>) -> ProcessView {
        let mut view = ProcessView::new(Id::new(EngineId(0), "x"), StreamId(1), ProcessSort::Tree);
        view.take(Arc::new(Processes { list, execs }));
        view
    }

    #[test]
    fn children_stand_below_their_parents() {
        let list =
            vec![process(1, 0, 0.0), process(5, 1, 0.0), process(9, 0, 0.0), process(7, 5, 0.0), process(6, 1, 0.0)];
        let rows = view(list, vec![ExecSession { pid: 9, ours: true, ..ExecSession::default() }]).rows;
        let shown: Vec<(i32, usize)> = rows.iter().map(|row| (row.process.pid, row.depth)).collect();
        assert_eq!(shown, [(1, 0), (5, 1), (7, 2), (6, 1), (9, 0)]);
        assert_eq!(rows[4].exec, Some(true));
    }

    #[test]
    fn the_cursor_stays_on_its_process() {
        let mut view = view(vec![process(1, 0, 1.0), process(2, 1, 50.0), process(3, 1, 9.0)], Vec::new());
        view.move_by(1);
        view.sort_by(ProcessSort::Cpu);
        assert_eq!((view.cursor.row(), view.chosen().map(|row| row.process.pid)), (0, Some(2)));
        view.take(Arc::new(Processes { list: vec![process(1, 0, 1.0)], execs: Vec::new() }));
        assert_eq!(view.cursor.row(), 0);
        view.take(Arc::default());
        assert_eq!(view.chosen(), None);
    }

    proptest! {
        #[test]
        fn every_process_has_one_row_whatever_the_parents(parents in prop::collection::vec(0i32..12, 0..12)) {
            let list = parents.iter().enumerate().map(|(pid, parent)| process(pid as i32, *parent, 0.0)).collect();
            let mut pids: Vec<i32> = view(list, Vec::new()).rows.iter().map(|row| row.process.pid).collect();
            pids.sort_unstable();
            prop_assert_eq!(pids, (0..parents.len() as i32).collect::<Vec<_>>());
        }
    }
}
