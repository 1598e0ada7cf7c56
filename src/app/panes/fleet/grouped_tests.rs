//! Tests of the list while it is grouped.

use super::{FleetList, FleetRow, Grouping};
use crate::app::panes::column::Column;
use crate::fixtures::{container, snapshot as world};
use crate::model::{Snapshot, State};
use std::sync::Arc;

/// Two projects, and one that is of none.
fn projects() -> Snapshot {
    let mut snapshot = world(&[]);
    for (name, project) in [("b1", "blue"), ("b2", "blue"), ("r1", "red"), ("r2", "red"), ("alone", "")] {
        let mut one = container(name);
        one.labels = vec![("com.docker.compose.project".into(), project.into())];
        Arc::make_mut(&mut snapshot.containers).insert(one.id.clone(), Arc::new(one));
    }
    snapshot
}

fn grouped(snapshot: &Snapshot) -> FleetList {
    let mut list = FleetList::new(Column::defaults(), Column::default());
    list.rebuild(snapshot);
    list.group_by(Grouping::Project, snapshot);
    list.put_cursor(0);
    list
}

fn shown(list: &FleetList) -> Vec<&str> {
    let name = |row| match row {
        &FleetRow::Group(at, _) => list.groups()[at].name.as_str(),
        FleetRow::Container(container, _) => &container.name,
    };
    list.rows().map(name).collect()
}

#[test]
fn a_list_without_groups_has_nothing_to_fold_and_keeps_its_rows() {
    let snapshot = projects();
    let mut list = FleetList::new(Column::defaults(), Column::default());
    list.rebuild(&snapshot);
    assert!(!list.fold_all() && !list.fold_in() && !list.fold_out());
    assert_eq!(list.len(), 5);
}

#[test]
fn rows_of_a_group_stand_below_it_and_can_be_folded() {
    let snapshot = projects();
    let mut list = grouped(&snapshot);
    assert_eq!(shown(&list), ["blue", "b1", "b2", "red", "r1", "r2", "no project", "alone"]);
    list.put_cursor(2);
    list.fold_in();
    assert_eq!(list.selected_group().map(|group| group.name.as_str()), Some("blue"), "first to its group");
    list.fold_in();
    assert_eq!(shown(&list), ["blue", "red", "r1", "r2", "no project", "alone"]);
    list.fold_out();
    list.fold_out();
    assert_eq!(list.selected().map(|one| &*one.name), Some("b1"));
    list.fold_all();
    assert_eq!(shown(&list), ["blue", "red", "no project"]);
    assert_eq!(list.cursor_row(), 0, "with its container the cursor goes into the group");
    list.fold_all();
    assert_eq!(list.len(), 8);
}

#[test]
fn the_cursor_stays_on_its_group_while_others_come_and_go() {
    let mut snapshot = projects();
    let mut list = grouped(&snapshot);
    list.put_cursor(3);
    let mut amber = container("a1");
    amber.labels = vec![("com.docker.compose.project".into(), "amber".into())];
    Arc::make_mut(&mut snapshot.containers).insert(amber.id.clone(), Arc::new(amber));
    list.rebuild(&snapshot);
    assert_eq!(list.selected_group().map(|group| group.name.as_str()), Some("red"));
    list.group_by(Grouping::Nothing, &snapshot);
    assert_eq!(list.selected().map(|one| &*one.name), Some("r1"), "ungrouped it is on the first of them");
    list.group_by(Grouping::Project, &snapshot);
    assert_eq!(list.selected().map(|one| &*one.name), Some("r1"));
}

#[test]
fn what_is_folded_is_kept_through_other_groupings_and_empty_times() {
    let snapshot = projects();
    let mut list = grouped(&snapshot);
    list.toggle_fold();
    list.group_by(Grouping::Image, &snapshot);
    assert_eq!(list.len(), 6);
    list.rebuild(&Snapshot::default());
    list.group_by(Grouping::Project, &snapshot);
    assert_eq!(shown(&list), ["blue", "red", "r1", "r2", "no project", "alone"]);
}

#[test]
fn a_container_that_is_looked_for_opens_its_group() {
    let snapshot = projects();
    let mut list = grouped(&snapshot);
    list.fold_all();
    let wanted = snapshot.containers.values().find(|one| &*one.name == "r2").expect("it is there").id.clone();
    assert!(list.select(&wanted));
    assert_eq!(list.selected().map(|one| &*one.name), Some("r2"));
    assert_eq!(shown(&list), ["blue", "red", "r1", "r2", "no project"]);
}

#[test]
fn a_filter_finds_what_is_folded_and_groups_without_a_hit_vanish() {
    let snapshot = projects();
    let mut list = grouped(&snapshot);
    list.fold_all();
    list.set_filter("r2", &snapshot);
    assert_eq!(shown(&list), ["red"]);
    let red = &list.groups()[0];
    assert_eq!((red.members.len(), red.all, list.hits()), (1, 2, 1));
}

#[test]
fn a_group_is_marked_as_a_whole() {
    let snapshot = projects();
    let mut list = grouped(&snapshot);
    list.toggle_mark();
    assert_eq!(list.marked(), 2);
    assert_eq!(list.selected_group().map(|group| group.name.as_str()), Some("red"), "and the cursor goes on behind");
    list.put_cursor(0);
    list.toggle_mark();
    assert_eq!(list.marked(), 0);
    list.put_cursor(1);
    list.toggle_mark();
    list.fold_all();
    list.put_cursor(1);
    list.mark_range();
    assert_eq!(list.marked(), 4, "what is folded in the range counts whole");
    list.invert_marks();
    assert_eq!(list.targets(&snapshot).iter().map(|one| &*one.name).collect::<Vec<_>>(), ["alone"]);
}

#[test]
fn acts_on_a_group_mean_all_that_pass_the_filter() {
    let snapshot = projects();
    let mut list = grouped(&snapshot);
    assert_eq!(list.targets(&snapshot).len(), 2);
    list.set_filter("b1", &snapshot);
    list.put_cursor(0);
    assert_eq!(list.targets(&snapshot).len(), 1);
}

#[test]
fn sums_follow_the_figures_without_moving_a_row() {
    let before = projects();
    let mut list = grouped(&before);
    assert_eq!(list.groups()[0].totals.memory, None);
    let mut after = before.clone();
    let samples = before.containers.keys().map(|id| {
        let memory = Some(crate::model::Memory { used: 10, ..Default::default() });
        let counters = crate::model::Counters { memory, ..Default::default() };
        let at = crate::model::Timestamp::from_seconds(1);
        (id.clone(), crate::model::Sample { at, counters, ..Default::default() })
    });
    crate::model::fold(&mut after, crate::model::Fact::Samples(samples.collect()));
    list.follow(&before, &after);
    let memory: Vec<Option<u64>> = list.groups().iter().map(|group| group.totals.memory).collect();
    assert_eq!(memory, [Some(20), Some(20), Some(10)]);
    assert_eq!(list.groups()[0].totals.running, 2);
    let ended =
        |one: &Arc<crate::model::Container>| crate::model::Container { state: State::Exited, ..(**one).clone() };
    let first = after.containers.values().find(|one| &*one.name == "b1").map(ended).expect("it is there");
    Arc::make_mut(&mut after.containers).insert(first.id.clone(), Arc::new(first));
    list.rebuild(&after);
    assert_eq!((list.groups()[0].totals.running, list.groups()[0].totals.memory), (1, Some(10)));
}
