//! This folder knows the lists of what an engine keeps beside containers: images, volumes, networks, projects, disk usage.
//! It may use the model and widgets.
//! It never treats one kind by code of its own where data will do: columns, rows, lines of detail.

pub(in crate::app) mod commands;
mod detail;
mod kinds;
pub(in crate::app) mod rows;

pub use detail::{DetailLine, engine_lines, lines_of_service};
pub(in crate::app) use kinds::removals;
pub use kinds::{LISTS, ListSpec, list_of};
pub use rows::{Heading, Row};

use crate::app::widgets::filter::Filter;
use crate::app::widgets::{List, ListRow};
use crate::model::natural_sort;
use crate::model::{Id, Kind, Snapshot, Timestamp};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

/// Cells between columns.
pub const GAP: u16 = 2;
/// Cells before the first column: mark, sign, space.
pub const GUTTER: u16 = 3;

impl ListRow for Row {
    type Key = Id;

    fn key(&self) -> Id {
        self.id.clone()
    }

    fn marks(&self) -> Option<&Id> {
        Some(&self.id)
    }

    fn is_head(&self) -> bool {
        self.holds
    }

    fn is_below(&self) -> bool {
        self.under.is_some()
    }
}

/// State of one list.
#[derive(Debug, Clone)]
pub struct ResourceList {
    /// The kind of object that it lists.
    pub kind: Kind,
    /// The text of the filter prompt.
    pub filter: String,
    /// Index of the column sorted by.
    pub sort: usize,
    /// The other way round than at first.
    pub reversed: bool,
    list: List<Row>,
    /// Rows that there are without those that stand below another, shown or not.
    known: usize,
}

impl Deref for ResourceList {
    type Target = List<Row>;

    fn deref(&self) -> &List<Row> {
        &self.list
    }
}

impl DerefMut for ResourceList {
    fn deref_mut(&mut self) -> &mut List<Row> {
        &mut self.list
    }
}

impl ResourceList {
    /// An empty list.
    pub fn new(kind: Kind) -> ResourceList {
        ResourceList { kind, filter: String::new(), sort: 0, reversed: false, list: List::default(), known: 0 }
    }

    /// How many rows there are without those that stand below another, whatever the filter hides.
    pub fn known(&self) -> usize {
        self.known
    }

    /// How many rows are shown without those that stand below another.
    pub fn heads(&self) -> usize {
        self.rows().filter(|row| row.under.is_none()).count()
    }

    /// Computes the rows anew; cursor and marks stay with what they are on.
    pub fn rebuild(&mut self, snapshot: &Snapshot, now: Timestamp) {
        let mut all = list_of(self.kind).map(|spec| (spec.rows)(snapshot, now)).unwrap_or_default();
        // Where there are several engines it is said whose a row is; those of the disk say it themselves.
        if snapshot.engines.len() > 1 && self.kind != Kind::System {
            all.iter_mut().filter(|row| row.under.is_none()).for_each(|row| row.say_engine(snapshot));
        }
        self.list.keep_marks(|id| all.iter().any(|row| row.id == *id));
        let (heads, mut below) = part(all);
        self.known = heads.len();
        let filter = Filter::parse(&self.filter, &[]);
        let hits = heads.into_iter().filter_map(|mut head| {
            let mut of = below.remove(&head.id).unwrap_or_default();
            // What stands below a row is found by the words of that row too.
            of.retain(|row| filter.passes(|term| row.says(&term.value) || head.says(&term.value)));
            head.holds = !of.is_empty();
            (head.holds || filter.passes(|term| head.says(&term.value))).then_some((head, of))
        });
        let mut hits: Vec<(Row, Vec<Row>)> = hits.collect();
        hits.sort_by(|(a, _), (b, _)| self.compare(a, b));
        self.list.set(hits.into_iter().flat_map(|(head, of)| std::iter::once(head).chain(of)).collect());
    }

    fn compare(&self, a: &Row, b: &Row) -> Ordering {
        let headings = list_of(self.kind).map_or(&[][..], |spec| spec.headings);
        let column = self.sort.min(headings.len().saturating_sub(1));
        // The rows of the disk have an order of their own.
        if self.kind == Kind::System && column == 0 {
            return Ordering::Equal;
        }
        let by_cell = a.compare(b, column);
        let largest_first = headings.get(column).is_some_and(|heading| heading.is_figure);
        let by_cell = if largest_first != self.reversed { by_cell.reverse() } else { by_cell };
        by_cell.then_with(|| natural_sort::natural(&a.name, &b.name)).then_with(|| a.id.cmp(&b.id))
    }

    /// Sorts by a column; the same one again turns the order round.
    pub fn sort_by(&mut self, column: usize) {
        self.reversed = self.sort == column && !self.reversed;
        self.sort = column;
    }

    /// Puts the cursor on the row of that name. False if there is none.
    pub(in crate::app) fn select_named(&mut self, name: &str) -> bool {
        let row = self.rows().position(|row| *row.name == *name);
        row.into_iter().for_each(|row| self.put_cursor(row));
        row.is_some()
    }

    /// What an operation applies to: the marked rows if there are any, else the one under the cursor.
    pub fn targets(&self) -> Vec<Row> {
        self.list.targets().cloned().collect()
    }
}

/// Rows that stand below nothing, and by the row above them those that do.
fn part(all: Vec<Row>) -> (Vec<Row>, BTreeMap<Id, Vec<Row>>) {
    let mut below: BTreeMap<Id, Vec<Row>> = BTreeMap::new();
    let mut heads = Vec::new();
    for row in all {
        match row.under.clone() {
            Some(under) => below.entry(under).or_default().push(row),
            None => heads.push(row),
        }
    }
    (heads, below)
}
