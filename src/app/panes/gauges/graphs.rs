//! The graphs of an operator's own: which there are, and the values that samples and lines of logs bring them.

use crate::app::action::Action;
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::app::widgets::notice::Notice;
use crate::model::log_text::seen;
use crate::model::{
    Batch, Container, Graph, GraphHistory, GraphSource, Id, Keep, LineMark, LineValue, LogNumber, Snapshot, StreamId,
};
use std::collections::HashMap;
use std::sync::Arc;

/// Containers of whose logs a graph keeps values; those read longest ago go first.
const LOGS_KEPT: usize = 64;

/// A graph, and its values by container.
#[derive(Debug, Clone)]
struct Own {
    graph: Graph,
    histories: HashMap<Id, GraphHistory>,
    /// Whose logs were read, the one read last at the end.
    read: Vec<Id>,
}

impl Own {
    fn new(graph: Graph) -> Own {
        Own { graph, histories: HashMap::new(), read: Vec::new() }
    }
}

/// The graphs there are.
#[derive(Debug, Clone, Default)]
pub struct Graphs {
    own: Vec<Own>,
    /// The text of one line; kept for its memory.
    scratch: String,
}

/// A graph of a container, for the screen.
#[derive(Debug, Clone, Copy)]
pub struct ShownGraph<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// Its values; none where there was nothing to read yet.
    pub history: Option<&'a GraphHistory>,
}

impl Graphs {
    /// The graphs of the configuration.
    pub fn new(graphs: &[Graph]) -> Graphs {
        Graphs { own: graphs.iter().cloned().map(Own::new).collect(), scratch: String::new() }
    }

    /// How many a container has.
    pub fn count(&self, container: &Container) -> usize {
        self.own.iter().filter(|own| own.graph.is_of(container)).count()
    }

    /// Those of a container.
    pub fn of(&self, container: &Container) -> Vec<ShownGraph<'_>> {
        let own = self.own.iter().filter(|own| own.graph.is_of(container));
        own.map(|own| ShownGraph { graph: &own.graph, history: own.histories.get(&container.id) }).collect()
    }

    /// Takes the figures of new samples. What is gone has no graph any more.
    pub(in crate::app) fn take_samples(&mut self, before: &Snapshot, snapshot: &Snapshot) {
        if !Arc::ptr_eq(&before.containers, &snapshot.containers) {
            for own in &mut self.own {
                own.histories.retain(|id, _| snapshot.containers.contains_key(id));
                own.read.retain(|id| snapshot.containers.contains_key(id));
            }
        }
        if Arc::ptr_eq(&before.usage, &snapshot.usage) {
            return;
        }
        for own in &mut self.own {
            let GraphSource::Figure(figure) = own.graph.source else { continue };
            for container in snapshot.containers.values().filter(|container| own.graph.is_of(container)) {
                let Some(usage) = snapshot.usage_of(container).map(|series| &series.latest) else { continue };
                let Some(value) = figure.of(usage).filter(|_| usage.at.is_known()) else { continue };
                let new = || GraphHistory::new(Keep::Highest, false);
                let history = own.histories.entry(container.id.clone()).or_insert_with(new);
                if history.newest().is_none_or(|at| at < usage.at) {
                    history.put(usage.at, value);
                }
            }
        }
    }

    /// Takes lines that a stream brought of a container's log.
    pub(in crate::app) fn take_lines(&mut self, container: &Container, stream: StreamId, batch: &Batch) {
        let Graphs { own, scratch } = self;
        let lines = || batch.lines.iter().map(|mark| (mark, batch.line(mark)));
        own.iter_mut().for_each(|own| own.read(container, stream, lines(), scratch));
    }
}

impl Own {
    fn read<'a>(
        &mut self,
        container: &Container,
        stream: StreamId,
        lines: impl Iterator<Item = (&'a LineMark, &'a [u8])>,
        scratch: &mut String,
    ) {
        let GraphSource::Log(number) = &self.graph.source else { return };
        if !self.graph.is_of(container) {
            return;
        }
        let new = || GraphHistory::new(number.keep, number.per_second);
        let history = self.histories.entry(container.id.clone()).or_insert_with(new);
        let mut stretch = None;
        for (mark, bytes) in lines {
            if history.is_new(stream, mark.at) {
                take_line(number, history, mark, seen(bytes, scratch));
            }
            stretch = Some(stretch.map_or((mark.at, mark.at), |(from, _)| (from, mark.at)));
        }
        if let Some((from, to)) = stretch {
            history.was_read(stream, from, to);
        }
        self.was_read(&container.id);
    }

    /// What was read longest ago goes, however new its lines are.
    fn was_read(&mut self, id: &Id) {
        self.read.retain(|known| known != id);
        self.read.push(id.clone());
        if self.read.len() > LOGS_KEPT {
            self.histories.remove(&self.read.remove(0));
        }
    }
}

fn take_line(number: &LogNumber, history: &mut GraphHistory, mark: &LineMark, line: &[u8]) {
    match number.read(line) {
        LineValue::Number(value) => history.put(mark.at, value),
        LineValue::NoNumber => history.without_number += 1,
        LineValue::Nothing => {}
    }
}

impl App {
    /// Hands lines of a log to the graphs of its container.
    pub(in crate::app) fn graph_lines(&mut self, stream: StreamId, batch: &Batch) {
        if self.graphs.own.is_empty() {
            return;
        }
        let container = self.streams.container(stream).and_then(|id| self.snapshot.containers.get(id));
        if let Some(container) = container {
            self.graphs.take_lines(container, stream, batch);
        }
    }

    /// A graph of this session: it begins with what is loaded of the log.
    pub(in crate::app) fn add_graph(&mut self, graph: Graph) {
        if self.graphs.own.iter().any(|own| own.graph == graph) {
            self.notice = Some(Notice::warn(format!("there is a graph {} already", graph.name), self.now));
            return;
        }
        let name = graph.name.clone();
        let mut own = Own::new(graph);
        let view = self.log.as_ref().filter(|view| view.merge.is_none());
        if let Some((view, container)) = view.and_then(|view| Some((view, self.snapshot.containers.get(&view.id)?))) {
            let lines = (view.ring.first()..view.ring.end()).filter_map(|number| view.ring.line(number));
            own.read(container, view.stream, lines, &mut self.graphs.scratch);
        }
        self.graphs.own.push(own);
        let words = format!("graph {name} added beside CPU and memory; :remove-graph takes it away");
        self.notice = Some(Notice::good(words, self.now));
    }

    /// Takes the graph at this place away, if it is still the one of that name.
    pub(in crate::app) fn remove_graph(&mut self, index: usize, name: &str) {
        if self.graphs.own.get(index).is_some_and(|own| own.graph.name == name) {
            self.graphs.own.remove(index);
            self.notice = Some(Notice::good(format!("graph {name} removed"), self.now));
        }
    }

    /// Asks which graph is to be taken away.
    pub(in crate::app) fn ask_remove_graph(&mut self) -> Vec<Effect> {
        if self.graphs.own.is_empty() {
            return self.say("no graphs of your own: % in a log adds one, [[graphs]] in the configuration keeps it");
        }
        let row = |(index, own): (usize, &Own)| {
            let detail = match &own.graph.source {
                GraphSource::Figure(figure) => format!("figure {}", figure.name),
                GraphSource::Log(number) => format!("log {}", number.pattern()),
            };
            MenuItem::new(own.graph.name.clone(), detail, Action::RemoveGraph(index, own.graph.name.clone()))
        };
        let rows = self.graphs.own.iter().enumerate().map(row).collect();
        self.overlays.push(Overlay::Menu(Menu::new("remove a graph", rows, None)));
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::container;
    use crate::model::Timestamp;

    #[test]
    fn a_log_that_is_read_now_keeps_its_values_though_its_lines_are_old() {
        let graph = Graph { container: None, ..Graph::typed(r"took=(\d+)", "").expect("a graph") };
        let mut graphs = Graphs::new(&[graph]);
        let line = |seconds: i64| Batch {
            bytes: b"took=1".to_vec(),
            lines: vec![LineMark { len: 6, at: Timestamp::from_seconds(seconds), ..LineMark::default() }],
        };
        for number in 0..LOGS_KEPT as i64 {
            graphs.take_lines(&container(&format!("busy-{number}")), StreamId(1), &line(1_000_000 + number));
        }
        graphs.take_lines(&container("quiet"), StreamId(2), &line(5));
        let has_history = |name: &str| graphs.of(&container(name)).iter().all(|shown| shown.history.is_some());
        assert!(has_history("quiet") && has_history("busy-1"));
        assert!(!has_history("busy-0"), "the one that was read longest ago is gone");
    }
}
