//! Groups of containers: what they are made by, and which there are.

use crate::model::natural_sort;
use crate::model::{Container, EngineId, Id, Snapshot, Totals, secret};
use std::collections::HashMap;
use std::sync::Arc;

/// A way of grouping the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Grouping {
    /// No grouping.
    #[default]
    Nothing,
    /// Compose project.
    Project,
    /// Engine.
    Engine,
    /// Image, as the user named it.
    Image,
    /// The value of a label.
    Label(Arc<str>),
}

impl Grouping {
    /// For the title of the list: `by project`. Empty where it is not grouped.
    pub fn words(&self) -> String {
        match self {
            Grouping::Nothing => String::new(),
            Grouping::Label(name) => format!("by label {name}"),
            other => format!("by {}", other.noun()),
        }
    }

    fn noun(&self) -> &str {
        match self {
            Grouping::Nothing => "",
            Grouping::Project => "project",
            Grouping::Engine => "engine",
            Grouping::Image => "image",
            Grouping::Label(name) => name,
        }
    }

    /// What a container is put together with others by. None where it has no such thing.
    fn part<'a>(&self, container: &'a Container, snapshot: &'a Snapshot) -> Part<'a> {
        let engine = container.id.engine();
        let named = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        match self {
            Grouping::Nothing => (None, None),
            // Projects of one name on two engines are two.
            Grouping::Project => match container.project().and_then(named) {
                Some(name) => (Some(engine), Some(name)),
                None => (None, None),
            },
            Grouping::Engine => (Some(engine), snapshot.engines.get(&engine).map(|engine| engine.name.as_str())),
            Grouping::Image => (None, named(&container.image)),
            Grouping::Label(name) => (None, container.label(name)),
        }
    }
}

type Part<'a> = (Option<EngineId>, Option<&'a str>);

/// Identity of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupKey {
    grouping: Grouping,
    engine: Option<EngineId>,
    value: Option<Arc<str>>,
}

/// A group with its members.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Identity.
    pub key: GroupKey,
    /// The text of its row.
    pub name: String,
    /// The containers that pass the filter, in their order.
    pub members: Vec<Arc<Container>>,
    /// How many there are with those that the filter hides.
    pub all: usize,
    /// Counts and sums of the members.
    pub totals: Totals,
}

impl Group {
    /// True if it has this container.
    pub fn has(&self, id: &Id) -> bool {
        self.members.iter().any(|member| member.id == *id)
    }

    /// The number of members that the filter hides.
    pub fn hidden(&self) -> usize {
        self.all.saturating_sub(self.members.len())
    }
}

/// The groups of these containers, which keep their order: groups in natural order, what belongs to none last. With a filter
/// in force the others are counted too.
pub(super) fn groups(grouping: &Grouping, hits: &[Arc<Container>], snapshot: &Snapshot, filtered: bool) -> Vec<Group> {
    let mut places: HashMap<Part, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for container in hits {
        let part = grouping.part(container, snapshot);
        let at = *places.entry(part).or_insert_with(|| {
            groups.push(group(grouping, part, snapshot));
            groups.len() - 1
        });
        groups[at].members.push(container.clone());
    }
    for group in &mut groups {
        group.all = group.members.len();
        group.totals = Totals::over(group.members.iter(), snapshot);
    }
    if filtered {
        groups.iter_mut().for_each(|group| group.all = 0);
        for container in snapshot.containers.values() {
            if let Some(at) = places.get(&grouping.part(container, snapshot)) {
                groups[*at].all += 1;
            }
        }
    }
    groups.sort_by(|a, b| {
        let nameless_last = a.key.value.is_none().cmp(&b.key.value.is_none());
        nameless_last.then_with(|| natural_sort::natural(&a.name, &b.name)).then_with(|| a.key.cmp(&b.key))
    });
    groups
}

fn group(grouping: &Grouping, (engine, value): Part, snapshot: &Snapshot) -> Group {
    let key = GroupKey { grouping: grouping.clone(), engine, value: value.map(Arc::from) };
    let name = match value {
        None => format!("no {}", grouping.noun()),
        Some("") => "empty".into(),
        Some(name) => match grouping {
            Grouping::Label(label) => secret::value(label, name).into_owned(),
            _ => name.to_string(),
        },
    };
    // Where there are several engines it is said whose it is.
    let engine = engine.filter(|_| *grouping == Grouping::Project && snapshot.engines.len() > 1);
    let name = match engine.and_then(|engine| snapshot.engines.get(&engine)) {
        Some(engine) => format!("{name} on {}", engine.name),
        None => name,
    };
    Group { key, name, members: Vec::new(), all: 0, totals: Totals::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{container, snapshot as world};

    fn labelled(pairs: &[(&str, Option<&str>)]) -> Snapshot {
        let mut snapshot = world(&[]);
        for (name, tier) in pairs {
            let mut one = container(name);
            one.labels = tier.iter().map(|tier| ("tier".into(), (*tier).into())).collect();
            Arc::make_mut(&mut snapshot.containers).insert(one.id.clone(), Arc::new(one));
        }
        snapshot
    }

    fn told(groups: &[Group]) -> Vec<(String, usize, usize)> {
        groups.iter().map(|group| (group.name.clone(), group.members.len(), group.all)).collect()
    }

    #[test]
    fn groups_are_in_natural_order_and_what_has_no_such_label_is_last() {
        let snapshot =
            labelled(&[("a", None), ("b", Some("t10")), ("c", Some("t9")), ("d", Some("")), ("e", Some("no tier"))]);
        let hits: Vec<Arc<Container>> = snapshot.containers.values().cloned().collect();
        let groups = groups(&Grouping::Label("tier".into()), &hits, &snapshot, false);
        let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["empty", "no tier", "t9", "t10", "no tier"], "a value of that name is another group");
        assert_ne!(groups[1].key, groups[4].key);
    }

    #[test]
    fn with_a_filter_the_hidden_ones_are_counted() {
        let snapshot = labelled(&[("a", Some("x")), ("b", Some("x")), ("c", Some("y"))]);
        let hits: Vec<Arc<Container>> = snapshot.containers.values().take(1).cloned().collect();
        let groups = groups(&Grouping::Label("tier".into()), &hits, &snapshot, true);
        assert_eq!(told(&groups), [("x".to_string(), 1, 2)], "a group without a hit is none");
        assert_eq!(groups[0].hidden(), 1);
    }

    #[test]
    fn a_project_of_one_name_on_two_engines_is_two_groups() {
        let mut snapshot = world(&[]);
        for number in [0, 1] {
            let engine = crate::model::Engine { name: format!("e{number}"), ..Default::default() };
            Arc::make_mut(&mut snapshot.engines).insert(EngineId(number), engine);
            let mut one = container("web");
            one.id = Id::new(EngineId(number), "web");
            one.labels = vec![("com.docker.compose.project".into(), "shop".into())];
            Arc::make_mut(&mut snapshot.containers).insert(one.id.clone(), Arc::new(one));
        }
        let hits: Vec<Arc<Container>> = snapshot.containers.values().cloned().collect();
        let names = |grouping: Grouping| -> Vec<String> {
            groups(&grouping, &hits, &snapshot, false).into_iter().map(|group| group.name).collect()
        };
        assert_eq!(names(Grouping::Project), ["shop on e0", "shop on e1"]);
        assert_eq!(names(Grouping::Engine), ["e0", "e1"]);
        assert_eq!(names(Grouping::Image), ["busybox"]);
    }
}
