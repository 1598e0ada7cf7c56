//! Columns of the container list: what there are, how wide, which fit.

use crate::model::{Container, Snapshot, Standing, State, Timestamp};
use std::cmp::Ordering;

use crate::app::{natural_sort, ports, units};

/// A column of the container list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is documented by its row in Column::doc")]
pub enum Column {
    Name,
    State,
    Health,
    Image,
    Cpu,
    Memory,
    Net,
    Block,
    Pids,
    Ports,
    Age,
    Restarts,
    Engine,
    Project,
}

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

impl Column {
    /// All columns.
    pub const ALL: [Column; 14] = [
        Column::Name,
        Column::State,
        Column::Health,
        Column::Image,
        Column::Cpu,
        Column::Memory,
        Column::Net,
        Column::Block,
        Column::Pids,
        Column::Ports,
        Column::Age,
        Column::Restarts,
        Column::Engine,
        Column::Project,
    ];

    /// The columns shown if nothing else is configured, most wanted first.
    pub const DEFAULT: [Column; 9] = [
        Column::Name,
        Column::State,
        Column::Cpu,
        Column::Memory,
        Column::Net,
        Column::Age,
        Column::Image,
        Column::Ports,
        Column::Project,
    ];

    /// Its name in the configuration file and in menus.
    pub fn name(self) -> &'static str {
        match self {
            Column::Name => "name",
            Column::State => "state",
            Column::Health => "health",
            Column::Image => "image",
            Column::Cpu => "cpu",
            Column::Memory => "memory",
            Column::Net => "net",
            Column::Block => "block",
            Column::Pids => "pids",
            Column::Ports => "ports",
            Column::Age => "age",
            Column::Restarts => "restarts",
            Column::Engine => "engine",
            Column::Project => "project",
        }
    }

    /// What it shows.
    pub fn doc(self) -> &'static str {
        match self {
            Column::Name => "name of the container",
            Column::State => "health, exit code or state",
            Column::Health => "what its health check says",
            Column::Image => "image it was made from",
            Column::Cpu => "CPU, per cent of one processor",
            Column::Memory => "memory in use without droppable page cache",
            Column::Net => "bytes per second over all networks, both ways",
            Column::Block => "bytes per second to and from block devices",
            Column::Pids => "processes",
            Column::Ports => "published ports",
            Column::Age => "time since its state began, or since it was made",
            Column::Restarts => "times the engine restarted it (once known)",
            Column::Engine => "engine it is on",
            Column::Project => "compose project",
        }
    }

    /// The column of a name.
    pub fn named(name: &str) -> Option<Column> {
        Column::ALL.into_iter().find(|column| column.name() == name)
    }

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Column::Name => "NAME",
            Column::State => "STATE",
            Column::Health => "HEALTH",
            Column::Image => "IMAGE",
            Column::Cpu => "CPU",
            Column::Memory => "MEM",
            Column::Net => "NET/s",
            Column::Block => "DISK/s",
            Column::Pids => "PIDS",
            Column::Ports => "PORTS",
            Column::Age => "AGE",
            Column::Restarts => "RST",
            Column::Engine => "ENGINE",
            Column::Project => "PROJECT",
        }
    }

    /// Figures are right-aligned.
    pub fn is_figure(self) -> bool {
        matches!(
            self,
            Column::Memory | Column::Net | Column::Block | Column::Pids | Column::Age | Column::Restarts | Column::Cpu
        )
    }

    /// True if its values change with every sample.
    pub fn is_live(self) -> bool {
        matches!(self, Column::Cpu | Column::Memory | Column::Net | Column::Block | Column::Pids)
    }

    /// Sorting by it shows the largest first.
    pub fn sorts_descending(self) -> bool {
        self.is_figure() && self != Column::Age
    }

    fn width(self) -> u16 {
        match self {
            Column::Name => 12,
            Column::State => 13,
            Column::Health => 9,
            Column::Image => 22,
            Column::Cpu => CPU_FIGURE,
            Column::Memory => 5,
            Column::Net => 5,
            Column::Block => 6,
            Column::Pids => 5,
            Column::Ports => 16,
            Column::Age => 3,
            Column::Restarts => 3,
            Column::Engine => 8,
            Column::Project => 12,
        }
    }

    /// Its text for a container; empty when there is nothing to say.
    pub fn text(self, container: &Container, world: &Snapshot, now: Timestamp) -> String {
        let usage = world.usage_of(container).map(|series| &series.latest);
        match self {
            Column::Name => container.name.to_string(),
            Column::State => container.word(),
            Column::Health if container.health == crate::model::Health::None => String::new(),
            Column::Health => container.health.word().into(),
            Column::Image => container.image.to_string(),
            Column::Cpu => usage.and_then(|usage| usage.cpu).map(units::whole_percent).unwrap_or_default(),
            Column::Memory => {
                let memory = usage.and_then(|usage| usage.memory);
                memory.map(|memory| units::memory(memory.used as f64)).unwrap_or_default()
            }
            Column::Net => rate(usage.and_then(|usage| usage.net)),
            Column::Block => rate(usage.and_then(|usage| usage.block)),
            Column::Pids => usage.and_then(|usage| usage.pids).map(|pids| pids.to_string()).unwrap_or_default(),
            Column::Ports => ports::told(&container.ports).join(" "),
            Column::Age => age(container, together(now)).map(units::span).unwrap_or_default(),
            Column::Restarts => container.past.restarts.map(|restarts| restarts.to_string()).unwrap_or_default(),
            Column::Engine => world.engine_of(&container.id).map(|engine| engine.name.clone()).unwrap_or_default(),
            Column::Project => container.project().unwrap_or_default().into(),
        }
    }

    /// Compares two containers by this column, ascending. Equal ones are told apart by the caller.
    pub fn compare(self, a: &Container, b: &Container, world: &Snapshot) -> Ordering {
        let live = |container: &Container| {
            let usage = world.usage_of(container).map(|series| series.latest).unwrap_or_default();
            match self {
                Column::Cpu => usage.cpu.unwrap_or(-1.0),
                Column::Memory => usage.memory.map_or(-1.0, |memory| memory.used as f64),
                Column::Net => usage.net.map_or(-1.0, |(down, up)| down + up),
                Column::Block => usage.block.map_or(-1.0, |(read, write)| read + write),
                _ => usage.pids.map_or(-1.0, |pids| pids as f64),
            }
        };
        match self {
            Column::Name => Ordering::Equal,
            Column::State => rank(a).cmp(&rank(b)),
            Column::Health => a.health.word().cmp(b.health.word()),
            Column::Image => natural_sort::natural(&a.image, &b.image),
            Column::Ports => a.ports.cmp(&b.ports),
            Column::Age => b.since.cmp(&a.since),
            Column::Restarts => restarts(a).cmp(&restarts(b)),
            Column::Engine => a.id.engine().cmp(&b.id.engine()),
            // Those without a project go last.
            Column::Project => match (a.project(), b.project()) {
                (Some(a), Some(b)) => natural_sort::natural(a, b),
                (a, b) => b.is_some().cmp(&a.is_some()),
            },
            _ => live(a).total_cmp(&live(b)),
        }
    }
}

/// What needs a person comes first.
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
            let ask = match column {
                Column::Name => longest_name.clamp(8, 40).min((width * 3 / 10).max(12)),
                other => other.width(),
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
        if let Some((_, name)) = chosen.iter_mut().find(|(column, _)| *column == Column::Name) {
            *name += left;
        }
        ColumnPlan(chosen)
    }
}

/// The bar beside the CPU figure, if there is room.
fn add_bar(chosen: &mut [(Column, u16)], left: &mut u16) {
    let bar = left.saturating_sub(1).min(*CPU_BAR.end());
    let cpu = chosen.iter_mut().find(|(column, _)| *column == Column::Cpu);
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
            let plan = ColumnPlan::new(&Column::DEFAULT, width, 14);
            let used: u16 = plan.0.iter().map(|(_, width)| width).sum();
            let gaps = GAP * (plan.0.len() as u16 - 1);
            assert_eq!(used + gaps + GUTTER + 1, width);
        }
    }

    #[test]
    fn narrow_lists_keep_the_first_columns() {
        let plan = ColumnPlan::new(&Column::DEFAULT, 80, 14);
        let names: Vec<_> = plan.0.iter().map(|(column, _)| column.name()).collect();
        assert_eq!(names, ["name", "state", "cpu", "memory", "net", "age"]);
    }

    #[test]
    fn ages_turn_together() {
        let second = |second: i64| Timestamp::from_seconds(second);
        let world = Snapshot::default();
        let shown = |since: i64, now: i64| {
            let mut container = crate::app::fleet::tests::container("web");
            container.since = second(since);
            Column::Age.text(&container, &world, second(now))
        };
        let turn = |since: i64| (1000..1300).find(|now| shown(since, *now) == "2m");
        assert_eq!(turn(931), turn(939));
        assert!((1051..1066).contains(&turn(931).unwrap()));
    }

    #[test]
    fn every_column_is_found_by_its_name() {
        for column in Column::ALL {
            assert_eq!(Column::named(column.name()), Some(column));
        }
    }
}
