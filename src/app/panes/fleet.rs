//! The container list: which rows, in which order, where the cursor is, what is marked.

mod fold;
mod group;

pub use group::{Group, GroupKey, Grouping};

use crate::app::column::{Column, ColumnKind};
use crate::app::filter::Filter;
use crate::app::natural_sort;
use crate::model::{Container, EngineId, Id, Snapshot, Totals};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

/// Columns by which containers stand in below their group.
pub const INDENT: u16 = 2;

/// A row of the list.
#[derive(Debug, Clone, PartialEq)]
pub enum FleetRow {
    /// The head of a group, by its place among [`FleetList::groups`].
    Group(usize),
    /// A container.
    Container(Arc<Container>),
}

impl FleetRow {
    /// The container, if it is the row of one.
    pub fn container(&self) -> Option<&Arc<Container>> {
        if let FleetRow::Container(container) = self { Some(container) } else { None }
    }
}

/// Where the cursor is, by identity.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::app) enum Place {
    Container(Id),
    Group(GroupKey),
}

/// State of the list. The cursor and the marks follow identity, never the index.
#[derive(Debug, Clone)]
pub struct FleetList {
    /// What the filter prompt holds.
    pub filter_text: String,
    filter: Filter,
    /// Column sorted by.
    pub sort: Column,
    /// Sorted the other way round than ascending.
    pub descending: bool,
    /// Columns wanted, in order.
    pub columns: Vec<Column>,
    /// First line shown of what is told of the group under the cursor.
    pub scroll: usize,
    grouping: Grouping,
    groups: Vec<Group>,
    /// What is folded, also under groupings that are not in force.
    folded: BTreeMap<Grouping, BTreeSet<GroupKey>>,
    rows: Vec<FleetRow>,
    hits: usize,
    cursor: Option<Place>,
    cursor_row: usize,
    top: usize,
    marks: BTreeSet<Id>,
    last_mark: Option<Place>,
    /// All marked containers went away, and nothing was pressed since.
    lost_marks: bool,
    longest_name: u16,
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
            scroll: 0,
            grouping: Grouping::Nothing,
            groups: Vec::new(),
            folded: BTreeMap::new(),
            rows: Vec::new(),
            hits: 0,
            cursor: None,
            cursor_row: 0,
            top: 0,
            marks: BTreeSet::new(),
            last_mark: None,
            lost_marks: false,
            longest_name: 0,
        }
    }

    /// The rows in order.
    pub fn rows(&self) -> &[FleetRow] {
        &self.rows
    }

    /// How many containers pass the filter, folded or not.
    pub fn hits(&self) -> usize {
        self.hits
    }

    /// The containers that pass the filter, in their order, folded or not.
    fn containers(&self) -> impl Iterator<Item = &Arc<Container>> {
        let grouped = self.groups.iter().flat_map(|group| group.members.iter());
        let plain = self.rows.iter().filter(|_| self.groups.is_empty()).filter_map(FleetRow::container);
        grouped.chain(plain)
    }

    /// Longest name among the rows with what it stands in, in columns.
    pub fn longest_name(&self) -> u16 {
        self.longest_name
    }

    /// The container under the cursor. None on the row of a group.
    pub fn selected(&self) -> Option<&Arc<Container>> {
        self.rows.get(self.cursor_row)?.container()
    }

    /// What the cursor is on.
    pub(in crate::app) fn place(&self) -> Option<&Place> {
        self.cursor.as_ref()
    }

    /// True if the cursor is on something else than this, which is still in the list, be it folded away.
    pub(in crate::app) fn has_left(&self, place: &Place) -> bool {
        self.cursor.as_ref() != Some(place) && self.row_of(place).is_some()
    }

    /// Index of the row under the cursor.
    pub fn cursor_row(&self) -> usize {
        self.cursor_row
    }

    /// Index of the first row shown.
    pub fn top(&self) -> usize {
        self.top
    }

    /// True if the container is marked.
    pub fn is_marked(&self, id: &Id) -> bool {
        self.marks.contains(id)
    }

    /// Number of marks, including those that the filter hides.
    pub fn marked(&self) -> usize {
        self.marks.len()
    }

    /// The world has changed: computes the rows anew if that concerns them. New figures alone do not, ten times a second,
    /// unless the list is sorted by them; they change the sums of groups.
    pub fn follow(&mut self, before: &Snapshot, world: &Snapshot) {
        let same = Arc::ptr_eq(&before.containers, &world.containers) && Arc::ptr_eq(&before.engines, &world.engines);
        if !same || self.sort.is_live() {
            self.rebuild(world);
        } else if !Arc::ptr_eq(&before.usage, &world.usage) {
            for group in &mut self.groups {
                group.totals = Totals::over(group.members.iter(), world);
            }
        }
    }

    /// Computes the rows anew from the world; cursor and marks stay with their containers.
    pub fn rebuild(&mut self, world: &Snapshot) {
        let engine = |id: &Id| world.engine_of(id);
        let all = world.containers.values();
        let mut rows: Vec<Arc<Container>> =
            self.filter.select(all, |container| (container, engine(&container.id))).into_iter().cloned().collect();
        rows.sort_by(|a, b| {
            let by_column = self.sort.compare(a, b, world);
            let by_column = if self.descending { by_column.reverse() } else { by_column };
            let by_name = natural_sort::natural(&a.name, &b.name);
            let by_name =
                if self.sort.kind == ColumnKind::Name && self.descending { by_name.reverse() } else { by_name };
            by_column.then(by_name).then_with(|| a.id.cmp(&b.id))
        });
        self.hits = rows.len();
        self.groups = match &self.grouping {
            Grouping::Nothing => Vec::new(),
            by => group::groups(by, &rows, world, !self.filter.is_empty(), self.folded.get(by)),
        };
        let indent = if self.groups.is_empty() { 0 } else { INDENT };
        let names = rows.iter().map(|row| row.name.width() as u16 + indent);
        let names = names.chain(self.groups.iter().map(|group| group.name.width() as u16));
        self.longest_name = names.max().unwrap_or(0).min(200);
        if self.marks.iter().any(|id| !world.containers.contains_key(id)) {
            self.marks.retain(|id| world.containers.contains_key(id));
            self.lost_marks = self.marks.is_empty();
        }
        if self.grouping == Grouping::Nothing {
            self.rows = rows.into_iter().map(FleetRow::Container).collect();
            self.find_cursor();
        } else {
            self.lay_out();
        }
    }

    /// Puts the cursor on the row of what it was on: a container that is folded away is in its group. What is gone leaves it
    /// at the same height.
    fn find_cursor(&mut self) {
        let row = self.cursor.as_ref().and_then(|place| self.row_of(place));
        self.put_cursor(row.unwrap_or(self.cursor_row));
    }

    fn row_of(&self, place: &Place) -> Option<usize> {
        let of_group = |wanted: &dyn Fn(&Group) -> bool| {
            self.rows
                .iter()
                .position(|row| matches!(row, FleetRow::Group(at) if self.groups.get(*at).is_some_and(wanted)))
        };
        match place {
            Place::Group(key) => of_group(&|group| group.key == *key),
            Place::Container(id) => {
                let row = self.rows.iter().position(|row| row.container().is_some_and(|one| one.id == *id));
                row.or_else(|| of_group(&|group| group.folded && group.has(id)))
            }
        }
    }

    fn place_at(&self, row: usize) -> Option<Place> {
        match self.rows.get(row)? {
            FleetRow::Container(container) => Some(Place::Container(container.id.clone())),
            FleetRow::Group(at) => self.groups.get(*at).map(|group| Place::Group(group.key.clone())),
        }
    }

    /// Takes what the filter prompt holds.
    pub fn set_filter(&mut self, text: &str, world: &Snapshot) {
        self.filter_text = text.to_string();
        self.filter = Filter::parse(text);
        self.rebuild(world);
        // Who types a name means it, not what is only like it.
        let word = text.trim().to_lowercase();
        let says = |one: &Arc<Container>| one.name.to_lowercase().contains(&word);
        if word.is_empty() || self.selected().is_some_and(says) {
            return;
        }
        let first = self.containers().find(|one| says(one)).map(|one| Place::Container(one.id.clone()));
        if let Some(row) = first.and_then(|place| self.row_of(&place)) {
            self.put_cursor(row);
        }
    }

    /// Sorts by a column; the same one again turns the order round.
    pub fn sort_by(&mut self, column: Column, world: &Snapshot) {
        self.descending = if self.sort == column { !self.descending } else { column.sorts_descending() };
        self.sort = column;
        self.rebuild(world);
    }

    /// Shows or hides a column. The name stays.
    pub fn toggle_column(&mut self, column: Column) {
        match self.columns.iter().position(|shown| *shown == column) {
            Some(_) if column.kind == ColumnKind::Name => {}
            Some(index) => drop(self.columns.remove(index)),
            None => self.columns.push(column),
        }
    }

    /// Moves the cursor by rows.
    pub fn move_by(&mut self, rows: isize) {
        self.lost_marks = false;
        self.put_cursor(self.cursor_row.saturating_add_signed(rows));
    }

    /// Puts the cursor on a row, or the last one.
    pub fn put_cursor(&mut self, row: usize) {
        self.cursor_row = row.min(self.rows.len().saturating_sub(1));
        let place = self.place_at(self.cursor_row);
        if place != self.cursor {
            self.scroll = 0;
        }
        self.cursor = place;
    }

    /// Puts the cursor on a container; its group opens. False if the filter hides it.
    pub fn select(&mut self, id: &Id) -> bool {
        if let Some(at) = self.groups.iter().position(|group| group.folded && group.has(id)) {
            self.set_folded(at, false);
            self.lay_out();
        }
        let row = self.row_of(&Place::Container(id.clone()));
        if let Some(row) = row {
            self.put_cursor(row);
        }
        row.is_some()
    }

    /// Puts the cursor on the container of that name. False if no row has one.
    pub(in crate::app) fn select_named(&mut self, engine: EngineId, name: &str) -> bool {
        let is_it = |row: &FleetRow| row.container().is_some_and(|one| one.id.engine() == engine && *one.name == *name);
        let row = self.rows.iter().position(is_it);
        row.into_iter().for_each(|row| self.put_cursor(row));
        row.is_some()
    }

    /// Scrolls so that the cursor is inside a window of `height` rows.
    pub fn fit(&mut self, height: usize) {
        let height = height.max(1);
        let last_top = self.rows.len().saturating_sub(height);
        self.top = self.top.min(last_top).clamp(self.cursor_row.saturating_sub(height - 1), self.cursor_row);
    }

    /// Marks or unmarks the row under the cursor and moves on. A group is marked as a whole, and passed by.
    pub fn toggle_mark(&mut self) {
        self.lost_marks = false;
        let Some(place) = self.cursor.clone() else { return };
        let (ids, rows): (Vec<Id>, isize) = match (&place, self.selected_group()) {
            (Place::Group(_), Some(group)) => {
                let rows = if group.folded { 0 } else { group.members.len() };
                (group.members.iter().map(|one| one.id.clone()).collect(), rows as isize)
            }
            (Place::Container(id), _) => (vec![id.clone()], 0),
            (Place::Group(_), None) => return,
        };
        if ids.iter().all(|id| self.marks.contains(id)) {
            self.marks.retain(|id| !ids.contains(id));
        } else {
            self.marks.extend(ids);
        }
        self.last_mark = Some(place);
        self.move_by(1 + rows);
    }

    /// Marks everything between the last mark and the cursor, a folded group whole.
    pub fn mark_range(&mut self) {
        let from = self.last_mark.as_ref().and_then(|place| self.row_of(place)).unwrap_or(self.cursor_row);
        let (low, high) = (from.min(self.cursor_row), from.max(self.cursor_row));
        for row in self.rows.get(low..=high).unwrap_or_default() {
            match row {
                FleetRow::Container(container) => self.marks.extend([container.id.clone()]),
                FleetRow::Group(at) => {
                    let folded = self.groups.get(*at).filter(|group| group.folded);
                    let members = folded.into_iter().flat_map(|group| group.members.iter());
                    self.marks.extend(members.map(|one| one.id.clone()));
                }
            }
        }
        self.last_mark = self.cursor.clone();
    }

    /// Takes all marks away.
    pub fn clear_marks(&mut self) {
        self.marks.clear();
        self.last_mark = None;
    }

    /// Marks what passes the filter and is not marked, unmarks what is.
    pub fn invert_marks(&mut self) {
        let ids: Vec<Id> = self.containers().map(|one| one.id.clone()).collect();
        for id in ids {
            if !self.marks.remove(&id) {
                self.marks.insert(id);
            }
        }
    }

    /// True, once, when all marked containers went away since the last key: an act must not slip to the cursor's row.
    pub fn take_lost_marks(&mut self) -> bool {
        std::mem::take(&mut self.lost_marks) && self.marks.is_empty()
    }

    /// What an act applies to: the marked containers if there are any, else the one under the cursor, or all of the group
    /// there.
    pub fn targets(&self, world: &Snapshot) -> Vec<Arc<Container>> {
        if self.marks.is_empty() {
            let group = self.selected_group().into_iter().flat_map(|group| group.members.iter());
            return self.selected().into_iter().chain(group).cloned().collect();
        }
        // In the order of the screen; marks hidden by the filter come last.
        let shown: Vec<Arc<Container>> =
            self.containers().filter(|one| self.marks.contains(&one.id)).cloned().collect();
        let seen: BTreeSet<&Id> = shown.iter().map(|one| &one.id).collect();
        let hidden: Vec<&Id> = self.marks.iter().filter(|id| !seen.contains(id)).collect();
        let hidden = hidden.into_iter().filter_map(|id| world.containers.get(id));
        shown.iter().chain(hidden).cloned().collect()
    }

    /// True if a marked container has no row: its group is folded, or the filter hides it.
    pub fn marks_out_of_sight(&self) -> bool {
        let rows = self.rows.iter().filter_map(FleetRow::container);
        rows.filter(|one| self.marks.contains(&one.id)).count() < self.marks.len()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::{Health, State, Timestamp};

    pub fn container(name: &str) -> Container {
        Container {
            id: Id::new(EngineId(0), format!("{name:0<64}")),
            name: name.into(),
            image: "busybox".into(),
            command: "sleep".into(),
            state: State::Running,
            health: Health::None,
            exit_code: None,
            created: Timestamp::from_seconds(1_000),
            since: Timestamp::from_seconds(1_000),
            ports: Vec::new(),
            labels: Vec::new(),
            networks: Vec::new(),
            ties: Default::default(),
            detail: None,
            past: Default::default(),
            pending: None,
            waiting: None,
        }
    }

    pub fn world(names: &[&str]) -> Snapshot {
        let mut world = Snapshot::default();
        let map = Arc::make_mut(&mut world.containers);
        for name in names {
            let container = container(name);
            map.insert(container.id.clone(), Arc::new(container));
        }
        world
    }

    fn shown(list: &FleetList) -> Vec<&str> {
        list.rows().iter().filter_map(FleetRow::container).map(|one| &*one.name).collect()
    }

    fn list(world: &Snapshot) -> FleetList {
        let mut list = FleetList::new(Column::defaults(), Column::default());
        list.rebuild(world);
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
        let world = world(&["a", "b", "c", "d"]);
        let mut list = list(&world);
        assert_eq!(list.targets(&world).len(), 1);
        list.toggle_mark();
        list.move_by(1);
        list.mark_range();
        list.set_filter("c", &world);
        let names: Vec<String> = list.targets(&world).iter().map(|target| target.name.to_string()).collect();
        assert_eq!(names, ["c", "a", "b"]);
        list.set_filter("", &world);
        list.invert_marks();
        assert_eq!(list.targets(&world).len(), 1);
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

    #[test]
    fn the_window_holds_the_cursor() {
        let names: Vec<String> = (0..50).map(|number| format!("n{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut list = list(&world(&names));
        list.put_cursor(30);
        list.fit(10);
        assert!((21..=30).contains(&list.top()));
        list.put_cursor(0);
        list.fit(10);
        assert_eq!(list.top(), 0);
    }
}
