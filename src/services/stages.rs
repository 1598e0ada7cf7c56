//! The order in which an operation comes to many containers: what others need starts first and stops last.

use super::projects::projects;
use crate::model::{Container, Id, OperationKind, Order, Snapshot};
use std::collections::HashMap;
use std::sync::Arc;

/// Containers in the order in which an operation comes to them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stages {
    /// All of them.
    pub targets: Vec<Arc<Container>>,
    /// How many go together; the next ones follow when those are done.
    pub sizes: Vec<usize>,
}

impl Stages {
    /// The order of these containers by what their compose services need. Whoever is of no project needs nobody.
    pub fn of(operation: OperationKind, targets: Vec<Arc<Container>>, snapshot: &Snapshot) -> Stages {
        // As they were at the moment of the key.
        let mut wanted: HashMap<Id, Arc<Container>> = targets.iter().map(|one| (one.id.clone(), one.clone())).collect();
        let mut stages: Vec<Vec<Arc<Container>>> = Vec::new();
        for project in projects(snapshot) {
            for (index, stage) in project.waves().into_iter().enumerate() {
                if stages.len() <= index {
                    stages.resize_with(index + 1, Vec::new);
                }
                stages[index].extend(stage.iter().filter_map(|one| wanted.remove(&one.id)));
            }
        }
        match operation.spec().order {
            Order::Together => stages = vec![stages.concat()],
            Order::NeededFirst => {}
            Order::NeededLast => stages.reverse(),
        }
        // Nobody is to wait for them, and they wait for nobody.
        let alone = targets.into_iter().filter(|one| wanted.contains_key(&one.id));
        match stages.iter_mut().find(|stage| !stage.is_empty()) {
            Some(first) => first.extend(alone),
            None => stages.push(alone.collect()),
        }
        stages.retain(|stage| !stage.is_empty());
        Stages { sizes: stages.iter().map(Vec::len).collect(), targets: stages.concat() }
    }
}

/// The order of stages, in a sentence.
pub fn order(operation: OperationKind) -> &'static str {
    match operation.spec().order {
        Order::NeededLast if operation == OperationKind::Stop => {
            "Dependents stop before their dependencies; each stage waits until the one before has exited."
        }
        Order::NeededLast => "Dependents come before their dependencies; each stage waits for the one before.",
        Order::Together | Order::NeededFirst => "Dependencies come first; each stage waits for the one before.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{container, service, snapshot_of};
    use crate::model::Signal;

    fn order(kind: OperationKind, wanted: &[&str]) -> Vec<Vec<String>> {
        let shop = [service("web", "api:x:y"), service("api", "db:x:y"), service("db", "")];
        let snapshot = snapshot_of(shop.into_iter().chain([container("alone")]));
        let targets = snapshot.containers.values().filter(|one| wanted.contains(&&*one.name)).cloned().collect();
        let Stages { targets, sizes } = Stages::of(kind, targets, &snapshot);
        let mut names = targets.iter().map(|one| one.name.to_string());
        sizes.into_iter().map(|size| names.by_ref().take(size).collect()).collect()
    }

    #[test]
    fn what_needs_others_starts_after_them_and_goes_before_them() {
        let all = ["alone", "api", "db", "web"];
        assert_eq!(order(OperationKind::Start, &all), [vec!["db", "alone"], vec!["api"], vec!["web"]]);
        for kind in
            [OperationKind::Stop, OperationKind::Kill(Signal(9)), OperationKind::Remove { force: true, volumes: false }]
        {
            assert_eq!(order(kind, &all), [vec!["web", "alone"], vec!["api"], vec!["db"]], "{kind:?}");
        }
        assert_eq!(order(OperationKind::Wait, &all).len(), 1);
    }

    #[test]
    fn the_order_holds_for_a_part_of_a_project() {
        assert_eq!(order(OperationKind::Restart, &["web", "db"]), [vec!["db"], vec!["web"]]);
        assert_eq!(order(OperationKind::Restart, &["alone"]), [vec!["alone"]]);
        assert_eq!(order(OperationKind::Restart, &[]), Vec::<Vec<String>>::new());
    }
}
