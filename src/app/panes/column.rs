//! Columns of the container list, a row for each; and which of them fit a width.

use crate::model::{Container, Health, Snapshot, Standing, State, Timestamp, Usage};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;

use crate::app::operations::ports;
use crate::app::options::unknown_name;
use crate::app::widgets::units;
use crate::model::natural_sort;

/// The columns that fit a width, with the width of each; a gap of two lies between them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnPlan(pub Vec<(Column, u16)>);

/// Cells before the first column: mark, state glyph, space.
pub const GUTTER: u16 = 3;
/// Cells between columns.
pub const GAP: u16 = 2;
/// Cells of the CPU figure.
pub const CPU_FIGURE: u16 = 6;
/// Columns that go before the CPU bar.
const BEFORE_BAR: usize = 6;
/// Cells of the bar beside it, after a space: no more than these, and none rather than fewer than these.
const CPU_BAR: std::ops::RangeInclusive<u16> = 4..=8;

/// A column of the container list: one of the rows of [`COLUMNS`].
#[derive(Clone, Copy)]
pub struct Column(&'static ColumnSpec);

/// What a column shows, of what kind that is, and how containers are sorted by it.
#[derive(Debug)]
pub struct ColumnSpec {
    /// Its name in the configuration file and in menus.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Its width in cells.
    pub width: u16,
    /// A description for menus.
    pub doc: &'static str,
    /// The kind of its values.
    pub kind: ColumnKind,
    /// Its text; empty when there is nothing to say.
    text: fn(&Cell) -> String,
    /// Compares by it, ascending. Equal ones are told apart by their names.
    compare: fn(&Cell, &Cell) -> Ordering,
}

/// The kind of values that a column has: how they stand, which come first, how they look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// The name, which takes the room that is left.
    Name,
    /// A state: words in the colour of the state.
    State,
    /// What its health check says, in the same colour.
    Health,
    /// Words in natural order.
    Words,
    /// A figure, set right, the largest first.
    Figure,
    /// A span of time, set right, the shortest first.
    Span,
    /// A figure that changes with every sample.
    Sample,
    /// CPU: a figure that changes with every sample, and a bar where there is room.
    Cpu,
    /// Memory: a figure that changes with every sample, loud where it nears its limit.
    Memory,
}

/// What a cell tells of: a container, with all that is known around it.
struct Cell<'a> {
    container: &'a Container,
    snapshot: &'a Snapshot,
    /// The time of the screen.
    now: Timestamp,
}

impl<'a> Cell<'a> {
    fn usage(&self) -> Option<&'a Usage> {
        self.snapshot.usage_of(self.container).map(|series| &series.latest)
    }
}

/// All columns.
pub static COLUMNS: [ColumnSpec; 14] = [
    ColumnSpec {
        name: "name",
        title: "NAME",
        width: 12,
        doc: "container name",
        kind: ColumnKind::Name,
        text: |cell| cell.container.name.to_string(),
        compare: |_, _| Ordering::Equal,
    },
    ColumnSpec {
        name: "state",
        title: "STATE",
        width: 13,
        doc: "health, exit code or state",
        kind: ColumnKind::State,
        text: |cell| cell.container.word(),
        compare: |a, b| rank(a.container).cmp(&rank(b.container)),
    },
    ColumnSpec {
        name: "health",
        title: "HEALTH",
        width: 9,
        doc: "result of the health check",
        kind: ColumnKind::Health,
        text: |cell| health(cell).to_string(),
        compare: |a, b| a.container.health.word().cmp(b.container.health.word()),
    },
    ColumnSpec {
        name: "image",
        title: "IMAGE",
        width: 22,
        doc: "image it was created from",
        kind: ColumnKind::Words,
        text: |cell| cell.container.image.to_string(),
        compare: |a, b| natural_sort::natural(&a.container.image, &b.container.image),
    },
    ColumnSpec {
        name: "cpu",
        title: "CPU",
        width: CPU_FIGURE,
        doc: "CPU, percent of one processor",
        kind: ColumnKind::Cpu,
        text: |cell| cell.usage().and_then(|usage| usage.cpu).map(units::whole_percent).unwrap_or_default(),
        compare: |a, b| sampled(a, b, |usage| usage.cpu),
    },
    ColumnSpec {
        name: "memory",
        title: "MEM",
        width: 5,
        doc: "memory in use, without page cache",
        kind: ColumnKind::Memory,
        text: |cell| {
            let memory = cell.usage().and_then(|usage| usage.memory);
            memory.map(|memory| units::memory(memory.used as f64)).unwrap_or_default()
        },
        compare: |a, b| sampled(a, b, |usage| usage.memory.map(|memory| memory.used as f64)),
    },
    ColumnSpec {
        name: "net",
        title: "NET/s",
        width: 5,
        doc: "network, bytes per second in and out",
        kind: ColumnKind::Sample,
        text: |cell| rate(cell.usage().and_then(|usage| usage.net)),
        compare: |a, b| sampled(a, b, |usage| usage.net.map(|(down, up)| down + up)),
    },
    ColumnSpec {
        name: "block",
        title: "DISK/s",
        width: 6,
        doc: "disk, bytes per second read and written",
        kind: ColumnKind::Sample,
        text: |cell| rate(cell.usage().and_then(|usage| usage.block)),
        compare: |a, b| sampled(a, b, |usage| usage.block.map(|(read, write)| read + write)),
    },
    ColumnSpec {
        name: "pids",
        title: "PIDS",
        width: 5,
        doc: "processes",
        kind: ColumnKind::Sample,
        text: |cell| cell.usage().and_then(|usage| usage.pids).map(|pids| pids.to_string()).unwrap_or_default(),
        compare: |a, b| sampled(a, b, |usage| usage.pids.map(|pids| pids as f64)),
    },
    ColumnSpec {
        name: "ports",
        title: "PORTS",
        width: 16,
        doc: "published ports",
        kind: ColumnKind::Words,
        text: |cell| ports::told(&cell.container.ports).join(" "),
        compare: |a, b| a.container.ports.cmp(&b.container.ports),
    },
    ColumnSpec {
        name: "age",
        title: "AGE",
        width: 3,
        doc: "time in this state, or since it was created",
        kind: ColumnKind::Span,
        text: |cell| age(cell.container, together(cell.now)).map(units::span).unwrap_or_default(),
        compare: |a, b| b.container.since.cmp(&a.container.since),
    },
    ColumnSpec {
        name: "restarts",
        title: "RST",
        width: 3,
        doc: "restarts by the engine (once known)",
        kind: ColumnKind::Figure,
        text: |cell| cell.container.past.restarts.map(|restarts| restarts.to_string()).unwrap_or_default(),
        compare: |a, b| restarts(a.container).cmp(&restarts(b.container)),
    },
    ColumnSpec {
        name: "engine",
        title: "ENGINE",
        width: 8,
        doc: "engine it runs on",
        kind: ColumnKind::Words,
        text: |cell| {
            let engine = cell.snapshot.engine_of(&cell.container.id);
            engine.map(|engine| engine.name.clone()).unwrap_or_default()
        },
        compare: |a, b| a.container.id.engine().cmp(&b.container.id.engine()),
    },
    ColumnSpec {
        name: "project",
        title: "PROJECT",
        width: 12,
        doc: "compose project",
        kind: ColumnKind::Words,
        text: |cell| cell.container.project().unwrap_or_default().into(),
        // Those without a project go last.
        compare: |a, b| match (a.container.project(), b.container.project()) {
            (Some(a), Some(b)) => natural_sort::natural(a, b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        },
    },
];

impl Deref for Column {
    type Target = ColumnSpec;

    fn deref(&self) -> &ColumnSpec {
        self.0
    }
}

impl PartialEq for Column {
    fn eq(&self, other: &Column) -> bool {
        self.name == other.name
    }
}

impl Eq for Column {}

impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The first column, which tells the names.
impl Default for Column {
    fn default() -> Column {
        Column(&COLUMNS[0])
    }
}

/// By its name. The name is judged where it is read, so that an error in a list has its line.
impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Column;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Column, E> {
                Column::named(name).ok_or_else(|| unknown_name(name, Column::all().map(|column| column.0.name)))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

impl Column {
    /// All columns.
    pub fn all() -> impl Iterator<Item = Column> {
        COLUMNS.iter().map(Column)
    }

    /// The columns shown if nothing else is configured, the most wanted first.
    pub fn defaults() -> Vec<Column> {
        ["name", "state", "cpu", "memory", "net", "age", "image", "ports", "project"]
            .into_iter()
            .filter_map(Column::named)
            .collect()
    }

    /// The column of a name.
    pub fn named(name: &str) -> Option<Column> {
        Column::all().find(|column| column.name == name)
    }

    /// Its text for a container; empty when there is nothing to say.
    pub fn text(self, container: &Container, snapshot: &Snapshot, now: Timestamp) -> String {
        (self.0.text)(&Cell { container, snapshot, now })
    }

    /// Compares two containers by this column, ascending. Equal ones are told apart by the caller.
    pub fn compare(self, a: &Container, b: &Container, snapshot: &Snapshot) -> Ordering {
        let now = Timestamp::default();
        (self.0.compare)(&Cell { container: a, snapshot, now }, &Cell { container: b, snapshot, now })
    }

    /// True for figures and spans, which are set right.
    pub fn is_figure(self) -> bool {
        match self.kind {
            ColumnKind::Name | ColumnKind::State | ColumnKind::Health | ColumnKind::Words => false,
            ColumnKind::Figure | ColumnKind::Span | ColumnKind::Sample | ColumnKind::Cpu | ColumnKind::Memory => true,
        }
    }

    /// True if its values change with every sample.
    pub fn is_live(self) -> bool {
        match self.kind {
            ColumnKind::Sample | ColumnKind::Cpu | ColumnKind::Memory => true,
            ColumnKind::Name
            | ColumnKind::State
            | ColumnKind::Health
            | ColumnKind::Words
            | ColumnKind::Figure
            | ColumnKind::Span => false,
        }
    }

    /// True if sorting by it shows the largest first.
    pub fn sorts_descending(self) -> bool {
        self.is_figure() && self.kind != ColumnKind::Span
    }
}

fn health(cell: &Cell) -> &'static str {
    if cell.container.health == Health::None { "" } else { cell.container.health.word() }
}

/// Compares by what was sampled last; what was not sampled comes before what is 0.
fn sampled(a: &Cell, b: &Cell, value: fn(&Usage) -> Option<f64>) -> Ordering {
    let of = |cell: &Cell| cell.usage().and_then(value).unwrap_or(-1.0);
    of(a).total_cmp(&of(b))
}

/// The rank of a container: failures first.
fn rank(container: &Container) -> u8 {
    match (container.standing(), &container.state) {
        (Standing::Failed, State::Dead) => 0,
        (Standing::Unhealthy, _) => 1,
        (Standing::Restarting, _) => 2,
        (Standing::Failed, _) => 3,
        (Standing::Paused, _) | (Standing::Stopped, State::Removing | State::Other(_)) => 4,
        (Standing::Running, _) => 5,
        (Standing::Stopped, State::Created) => 6,
        (Standing::Stopped, _) => 7,
    }
}

fn restarts(container: &Container) -> u64 {
    container.past.restarts.unwrap_or(0)
}

/// Seconds since the container's state began, or since it was made.
pub fn age(container: &Container, now: Timestamp) -> Option<f64> {
    let from = if container.since.is_known() { container.since } else { container.created };
    from.is_known().then(|| now.since(from))
}

/// Seconds by which an age in a list may be late.
const TOGETHER: i64 = 15;

/// Ages in a list turn together: one frame instead of one for each row.
fn together(now: Timestamp) -> Timestamp {
    Timestamp::from_seconds(now.seconds().div_euclid(TOGETHER) * TOGETHER)
}

/// Bytes per second below which a list shows none: the kernel's own neighbour discovery in an idle network.
const QUIET: f64 = 100.0;

fn rate(pair: Option<(f64, f64)>) -> String {
    let told = |sum: f64| units::bytes(if sum < QUIET { 0.0 } else { sum });
    pair.map(|(a, b)| told(a + b)).unwrap_or_default()
}

impl ColumnPlan {
    /// The wanted columns that fit into `width`, in their order. The CPU bar comes after the first columns and before the
    /// others; the name takes what is left.
    pub fn new(wanted: &[Column], width: u16, longest_name: u16) -> ColumnPlan {
        let mut left = width.saturating_sub(GUTTER + 1);
        let mut chosen: Vec<(Column, u16)> = Vec::new();
        for (index, column) in wanted.iter().enumerate() {
            if index == BEFORE_BAR {
                add_bar(&mut chosen, &mut left);
            }
            let gap = if chosen.is_empty() { 0 } else { GAP };
            // The name asks for its full length only while the plainest figures still fit beside it.
            let ask = match column.kind == ColumnKind::Name {
                true => longest_name.clamp(8, 40).min((width * 3 / 10).max(12)),
                false => column.width,
            };
            if left >= ask + gap {
                left -= ask + gap;
                chosen.push((*column, ask));
            } else if chosen.is_empty() {
                chosen.push((*column, left));
                left = 0;
            }
        }
        if wanted.len() <= BEFORE_BAR {
            add_bar(&mut chosen, &mut left);
        }
        if let Some((_, name)) = chosen.iter_mut().find(|(column, _)| column.kind == ColumnKind::Name) {
            *name += left;
        }
        ColumnPlan(chosen)
    }
}

/// The bar beside the CPU figure, if there is room.
fn add_bar(chosen: &mut [(Column, u16)], left: &mut u16) {
    let bar = left.saturating_sub(1).min(*CPU_BAR.end());
    let cpu = chosen.iter_mut().find(|(column, _)| column.kind == ColumnKind::Cpu);
    if let Some((_, width)) = cpu.filter(|_| CPU_BAR.contains(&bar)) {
        *width += 1 + bar;
        *left -= 1 + bar;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_width_exactly() {
        for width in 20..200 {
            let plan = ColumnPlan::new(&Column::defaults(), width, 14);
            let used: u16 = plan.0.iter().map(|(_, width)| width).sum();
            let gaps = GAP * (plan.0.len() as u16 - 1);
            assert_eq!(used + gaps + GUTTER + 1, width);
        }
    }

    #[test]
    fn narrow_lists_keep_the_first_columns() {
        let plan = ColumnPlan::new(&Column::defaults(), 80, 14);
        let names: Vec<_> = plan.0.iter().map(|(column, _)| column.name).collect();
        assert_eq!(names, ["name", "state", "cpu", "memory", "net", "age"]);
    }

    #[test]
    fn ages_turn_together() {
        let second = |second: i64| Timestamp::from_seconds(second);
        let snapshot = Snapshot::default();
        let age = Column::named("age").unwrap();
        let shown = |since: i64, now: i64| {
            let mut container = crate::fixtures::container("web");
            container.since = second(since);
            age.text(&container, &snapshot, second(now))
        };
        let turn = |since: i64| (1000..1300).find(|now| shown(since, *now) == "2m");
        assert_eq!(turn(931), turn(939));
        assert!((1051..1066).contains(&turn(931).unwrap()));
    }

    #[test]
    fn every_column_is_found_by_its_name() {
        for column in Column::all() {
            assert!(Column::named(column.name).is_some_and(|found| std::ptr::eq(found.0, column.0)), "{column:?}");
        }
        assert_eq!(Column::default().kind, ColumnKind::Name);
        assert_eq!(Column::defaults().len(), 9);
    }
}
