//! The container list: which rows, in which order, and by what they are grouped.

pub(in crate::app) mod commands;
mod filter;
mod group;
#[cfg(test)]
mod grouped_tests;

pub use group::{Group, GroupKey, Grouping};

use crate::app::panes::column::{Column, ColumnKind};
use crate::app::widgets::filter::Filter;
use crate::app::widgets::{List, ListRow};
use crate::model::natural_sort;
use crate::model::{Container, EngineId, Id, Snapshot, Totals};
use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

/// Columns by which containers stand in below their group.
pub const INDENT: u16 = 2;

/// A row of the list.
#[derive(Debug, Clone, PartialEq)]
pub enum FleetRow {
    /// The head of a group, by its place among [`FleetList::groups`].
    Group(usize, GroupKey),
    /// A container, and whether it stands below a group.
    Container(Arc<Container>, bool),
}

impl FleetRow {
    /// The container, if it is the row of one.
    pub fn container(&self) -> Option<&Arc<Container>> {
        if let FleetRow::Container(container, _) = self { Some(container) } else { None }
    }
}

/// The identity of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// That of a container.
    Container(Id),
    /// That of a group.
    Group(GroupKey),
}

impl ListRow for FleetRow {
    type Key = Place;

    fn key(&self) -> Place {
        match self {
            FleetRow::Group(_, key) => Place::Group(key.clone()),
            FleetRow::Container(container, _) => Place::Container(container.id.clone()),
        }
    }

    fn marks(&self) -> Option<&Id> {
        self.container().map(|container| &container.id)
    }

    fn is_head(&self) -> bool {
        matches!(self, FleetRow::Group(..))
    }

    fn is_below(&self) -> bool {
        matches!(self, FleetRow::Container(_, true))
    }
}

/// State of the list.
#[derive(Debug, Clone)]
pub struct FleetList {
    /// The text of the filter prompt.
    pub filter_text: String,
    filter: Filter,
    /// Column sorted by.
    pub sort: Column,
    /// Sorted the other way round than ascending.
    pub descending: bool,
    /// Columns wanted, in order.
    pub columns: Vec<Column>,
    grouping: Grouping,
    groups: Vec<Group>,
    list: List<FleetRow>,
    hits: usize,
    longest_name: u16,
}

impl Deref for FleetList {
    type Target = List<FleetRow>;

    fn deref(&self) -> &List<FleetRow> {
        &self.list
    }
}

impl DerefMut for FleetList {
    fn deref_mut(&mut self) -> &mut List<FleetRow> {
        &mut self.list
    }
}

impl FleetList {
    /// An empty list.
    pub fn new(columns: Vec<Column>, sort: Column) -> Self {
        Self {
            filter_text: String::new(),
            filter: Filter::default(),
            sort,
            descending: sort.sorts_descending(),
            columns,
            grouping: Grouping::Nothing,
            groups: Vec::new(),
            list: List::default(),
            hits: 0,
            longest_name: 0,
        }
    }

    /// How many containers pass the filter, folded or not.
    pub fn hits(&self) -> usize {
        self.hits
    }

    /// Longest name among the rows with what it stands in, in columns.
    pub fn longest_name(&self) -> u16 {
        self.longest_name
    }

    /// The container under the cursor. None on the row of a group.
    pub fn selected(&self) -> Option<&Arc<Container>> {
        self.list.selected()?.container()
    }

    /// The grouping of the list.
    pub fn grouping(&self) -> &Grouping {
        &self.grouping
    }

    /// The groups in order; none where it is not grouped.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The group under the cursor, where that is on the row of one.
    pub fn selected_group(&self) -> Option<&Group> {
        match self.list.selected()? {
            FleetRow::Group(at, _) => self.groups.get(*at),
            FleetRow::Container(..) => None,
        }
    }

    /// True if the cursor is on something else than this, which is still in the list, be it folded away.
    pub(in crate::app) fn has_left(&self, place: &Place) -> bool {
        self.on() != Some(place) && self.row_of(place).is_some()
    }

    /// The snapshot has changed: computes the rows anew if that concerns them. New figures alone do not, ten times a second,
    /// unless the list is sorted by them; they change the sums of groups.
    pub fn follow(&mut self, before: &Snapshot, snapshot: &Snapshot) {
        let same =
            Arc::ptr_eq(&before.containers, &snapshot.containers) && Arc::ptr_eq(&before.engines, &snapshot.engines);
        if !same || self.sort.is_live() {
            self.rebuild(snapshot);
        } else if !Arc::ptr_eq(&before.usage, &snapshot.usage) {
            for group in &mut self.groups {
                group.totals = Totals::over(group.members.iter(), snapshot);
            }
        }
    }

    /// Computes the rows anew from the snapshot; cursor and marks stay with their containers.
    pub fn rebuild(&mut self, snapshot: &Snapshot) {
        let mut hits = filter::select(&self.filter, snapshot);
        hits.sort_by(|a, b| {
            let by_column = self.sort.compare(a, b, snapshot);
            let by_column = if self.descending { by_column.reverse() } else { by_column };
            let by_name = natural_sort::natural(&a.name, &b.name);
            let by_name =
                if self.sort.kind == ColumnKind::Name && self.descending { by_name.reverse() } else { by_name };
            by_column.then(by_name).then_with(|| a.id.cmp(&b.id))
        });
        self.hits = hits.len();
        self.groups = match &self.grouping {
            Grouping::Nothing => Vec::new(),
            by => group::groups(by, &hits, snapshot, !self.filter.is_empty()),
        };
        let indent = if self.groups.is_empty() { 0 } else { INDENT };
        let names = hits.iter().map(|one| one.name.width() as u16 + indent);
        let names = names.chain(self.groups.iter().map(|group| group.name.width() as u16));
        self.longest_name = names.max().unwrap_or(0).min(200);
        self.list.keep_marks(|id| snapshot.containers.contains_key(id));
        let rows = match self.grouping {
            Grouping::Nothing => hits.into_iter().map(|one| FleetRow::Container(one, false)).collect(),
            _ => self.grouped_rows(),
        };
        self.list.set(rows);
    }

    /// Each group, and its members below it.
    fn grouped_rows(&self) -> Vec<FleetRow> {
        let mut rows = Vec::with_capacity(self.hits + self.groups.len());
        for (at, group) in self.groups.iter().enumerate() {
            rows.push(FleetRow::Group(at, group.key.clone()));
            rows.extend(group.members.iter().map(|one| FleetRow::Container(one.clone(), true)));
        }
        rows
    }

    /// Groups by something else. What was folded under a grouping is so again when it comes back.
    pub fn group_by(&mut self, grouping: Grouping, snapshot: &Snapshot) {
        // From a group that will be none the cursor goes to its first container.
        let first = self.selected_group().and_then(|group| group.members.first()).map(|one| one.id.clone());
        first.into_iter().for_each(|id| self.list.aim(Place::Container(id)));
        self.grouping = grouping;
        self.rebuild(snapshot);
    }

    /// Takes what the filter prompt holds.
    pub fn set_filter(&mut self, text: &str, snapshot: &Snapshot) {
        self.filter_text = text.to_string();
        self.filter = filter::parse(text);
        let before = self.list.on().cloned();
        self.rebuild(snapshot);
        // From a row that it hides the cursor goes to the first hit.
        if before.is_some_and(|place| self.row_of(&place).is_none()) {
            self.put_cursor(0);
        }
        // Who types a name means it, not what is only like it.
        let word = text.trim().to_lowercase();
        let says = |one: &Arc<Container>| one.name.to_lowercase().contains(&word);
        if word.is_empty() || self.selected().is_some_and(says) {
            return;
        }
        let first = self.all().iter().find(|row| row.container().is_some_and(says)).map(FleetRow::key);
        let row = first.and_then(|key| self.row_of(&key));
        row.into_iter().for_each(|row| self.put_cursor(row));
    }

    /// Sorts by a column; the same one again turns the order round.
    pub fn sort_by(&mut self, column: Column, snapshot: &Snapshot) {
        self.descending = if self.sort == column { !self.descending } else { column.sorts_descending() };
        self.sort = column;
        self.rebuild(snapshot);
    }

    /// Shows or hides a column. The name stays.
    pub fn toggle_column(&mut self, column: Column) {
        match self.columns.iter().position(|shown| *shown == column) {
            Some(_) if column.kind == ColumnKind::Name => {}
            Some(index) => drop(self.columns.remove(index)),
            None => self.columns.push(column),
        }
    }

    /// Puts the cursor on a container; its group opens. False if the filter hides it.
    pub fn select(&mut self, id: &Id) -> bool {
        self.list.select(|row| row.marks() == Some(id))
    }

    /// Puts the cursor on the first container for which this holds; its group opens. False if there is none on the list.
    pub(in crate::app) fn select_row(&mut self, is_it: impl Fn(&FleetRow) -> bool) -> bool {
        self.list.select(is_it)
    }

    /// Puts the cursor on the container of that name. False if no row has one.
    pub(in crate::app) fn select_named(&mut self, engine: EngineId, name: &str) -> bool {
        let is_it = |row: &FleetRow| row.container().is_some_and(|one| one.id.engine() == engine && *one.name == *name);
        let row = self.rows().position(is_it);
        row.into_iter().for_each(|row| self.put_cursor(row));
        row.is_some()
    }

    /// What an operation applies to: the marked containers if there are any, else the one under the cursor, or all of the group
    /// there.
    pub fn targets(&self, snapshot: &Snapshot) -> Vec<Arc<Container>> {
        let shown: Vec<Arc<Container>> = self.list.targets().filter_map(FleetRow::container).cloned().collect();
        // In the order of the screen; marks hidden by the filter come last.
        let seen: BTreeSet<&Id> = shown.iter().map(|one| &one.id).collect();
        let hidden: Vec<&Id> = self.marks().filter(|id| !seen.contains(id)).collect();
        let hidden = hidden.into_iter().filter_map(|id| snapshot.containers.get(id));
        shown.iter().chain(hidden).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::snapshot as world;
    use crate::model::Timestamp;

    fn shown(list: &FleetList) -> Vec<&str> {
        list.rows().filter_map(FleetRow::container).map(|one| &*one.name).collect()
    }

    fn list(snapshot: &Snapshot) -> FleetList {
        let mut list = FleetList::new(Column::defaults(), Column::default());
        list.rebuild(snapshot);
        list
    }

    #[test]
    fn new_figures_move_rows_only_where_the_list_is_sorted_by_them() {
        let mut before = world(&["a", "b"]);
        let mut list = list(&before);
        let id = before.containers.values().find(|container| &*container.name == "b").expect("it is there").id.clone();
        let sample = |second: i64, cpu_ns| {
            let counters = crate::model::Counters { cpu_ns, ..Default::default() };
            (id.clone(), crate::model::Sample { at: Timestamp::from_seconds(second), counters, ..Default::default() })
        };
        let mut after = before.clone();
        for (second, cpu_ns) in [(1, 0), (2, 500_000_000)] {
            crate::model::fold(&mut after, crate::model::Fact::Samples(vec![sample(second, Some(cpu_ns))]));
        }
        list.follow(&before, &after);
        assert_eq!(shown(&list), ["a", "b"]);
        list.sort_by(Column::named("cpu").unwrap(), &before);
        list.follow(&before, &after);
        assert_eq!(shown(&list), ["b", "a"]);
        before = world(&["a", "b", "c"]);
        list.sort_by(Column::default(), &after);
        list.follow(&after, &before);
        assert_eq!(shown(&list), ["a", "b", "c"]);
    }

    #[test]
    fn names_are_in_natural_order() {
        assert_eq!(shown(&list(&world(&["web-10", "web-9", "api"]))), ["api", "web-9", "web-10"]);
    }

    #[test]
    fn the_cursor_stays_on_its_container_while_rows_come_and_go() {
        let mut list = list(&world(&["b", "d", "f"]));
        list.move_by(1);
        list.rebuild(&world(&["a", "b", "c", "d", "f"]));
        assert_eq!(&*list.selected().unwrap().name, "d");
        list.rebuild(&world(&["a", "b", "c", "f"]));
        assert_eq!(&*list.selected().unwrap().name, "f", "its neighbour when it is gone");
        list.rebuild(&world(&[]));
        assert!(list.selected().is_none());
    }

    #[test]
    fn acts_mean_the_marks_if_there_are_any_even_hidden_ones() {
        let snapshot = world(&["a", "b", "c", "d"]);
        let mut list = list(&snapshot);
        assert_eq!(list.targets(&snapshot).len(), 1);
        list.toggle_mark();
        list.move_by(1);
        list.mark_range();
        list.set_filter("c", &snapshot);
        let names: Vec<String> = list.targets(&snapshot).iter().map(|target| target.name.to_string()).collect();
        assert_eq!(names, ["c", "a", "b"]);
        list.set_filter("", &snapshot);
        list.invert_marks();
        assert_eq!(list.targets(&snapshot).len(), 1);
        list.clear_marks();
        assert_eq!(list.marked(), 0);
    }

    #[test]
    fn marks_that_went_away_are_told_once() {
        let all = world(&["a", "b", "c"]);
        let mut list = list(&all);
        list.toggle_mark();
        list.rebuild(&world(&["b", "c"]));
        assert!(list.take_lost_marks());
        assert!(!list.take_lost_marks());
        list.toggle_mark();
        list.clear_marks();
        list.rebuild(&world(&["c"]));
        assert!(!list.take_lost_marks(), "they were taken away, not lost");
    }
}
