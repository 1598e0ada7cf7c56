//! Acts on what is many by its nature: a group, a project, a service. Always a plan first, and what needs others is thought of.

use crate::app::command::Command;
use crate::app::confirm::Confirm;
use crate::app::notice::Notice;
use crate::app::operations::{concerned, operation_for};
use crate::app::overlay::Overlay;
use crate::app::resource::{containers_of, projects};
use crate::app::state::App;
use crate::app::update::Effect;
use crate::model::{Container, Id, Kind, OperationKind, Order, Snapshot};
use std::collections::HashMap;
use std::sync::Arc;

/// Containers in the order in which an act comes to them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::app) struct Stages {
    /// All of them.
    pub targets: Vec<Arc<Container>>,
    /// How many go together; the next ones follow when those are done.
    pub sizes: Vec<usize>,
}

impl Stages {
    /// The order of these containers by what their compose services need. Whoever is of no project needs nobody.
    pub(in crate::app) fn of(verb: OperationKind, targets: Vec<Arc<Container>>, world: &Snapshot) -> Stages {
        // As they were at the moment of the key.
        let mut wanted: HashMap<Id, Arc<Container>> = targets.iter().map(|one| (one.id.clone(), one.clone())).collect();
        let mut waves: Vec<Vec<Arc<Container>>> = Vec::new();
        for project in projects(world) {
            for (index, wave) in project.waves().into_iter().enumerate() {
                if waves.len() <= index {
                    waves.resize_with(index + 1, Vec::new);
                }
                waves[index].extend(wave.iter().filter_map(|one| wanted.remove(&one.id)));
            }
        }
        match verb.spec().order {
            Order::Together => waves = vec![waves.concat()],
            Order::NeededFirst => {}
            Order::NeededLast => waves.reverse(),
        }
        // Nobody is to wait for them, and they wait for nobody.
        let alone = targets.into_iter().filter(|one| wanted.contains_key(&one.id));
        match waves.iter_mut().find(|wave| !wave.is_empty()) {
            Some(first) => first.extend(alone),
            None => waves.push(alone.collect()),
        }
        waves.retain(|wave| !wave.is_empty());
        Stages { sizes: waves.iter().map(Vec::len).collect(), targets: waves.concat() }
    }
}

/// The order of waves, in a sentence.
pub(super) fn order(verb: OperationKind) -> &'static str {
    match verb.spec().order {
        Order::NeededLast if verb == OperationKind::Stop => {
            "What needs others stops before them; the next ones follow when those before have ended."
        }
        Order::NeededLast => "What needs others goes before them; the next ones follow when those before are done.",
        Order::Together | Order::NeededFirst => {
            "What others need goes first; the next ones follow when those before are done."
        }
    }
}

impl App {
    /// The containers that are meant: those that are marked, or else that under the cursor, or all of the group, the project or
    /// the service there. For whatever is done to one or many.
    pub fn containers_meant(&self) -> Vec<Arc<Container>> {
        let Some(list) = self.list() else { return self.fleet.targets(&self.snapshot) };
        let rows = if list.kind == Kind::Project { list.targets() } else { Vec::new() };
        containers_of(&rows, &self.snapshot)
    }

    /// An act key on many: the plan, or what it needs to know before.
    pub(in crate::app) fn act_on_many(
        &mut self,
        wish: Command,
        targets: Vec<Arc<Container>>,
        notes: Vec<String>,
    ) -> Vec<Effect> {
        if let Some(verb) = operation_for(wish, &targets)
            && !self.ask_for_args(verb, &targets, Some(notes.clone()))
        {
            self.plan_for_many(verb, targets, notes);
        }
        Vec::new()
    }

    /// Asks, with the plan; `notes` are sentences to it.
    pub(in crate::app) fn plan_for_many(
        &mut self,
        verb: OperationKind,
        targets: Vec<Arc<Container>>,
        notes: Vec<String>,
    ) {
        let waves = Stages::of(verb, concerned(verb, targets), &self.snapshot);
        if waves.targets.is_empty() {
            self.notice = Some(Notice::warn(format!("nothing to {}", verb.spec().word), self.now));
            return;
        }
        let mut confirm = Confirm::new(verb, &waves.targets, &self.snapshot);
        if waves.sizes.len() > 1 {
            confirm.losses.push(order(verb).to_string());
            confirm.waves = waves.sizes;
        }
        confirm.losses.extend(notes);
        self.overlays.push(Overlay::Confirm(confirm));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fleet::tests::{container, world};
    use crate::model::Signal;

    fn shop(services: &[(&str, &str)]) -> Snapshot {
        let mut world = world(&["alone"]);
        for (service, needs) in services {
            let mut one = container(service);
            one.labels = vec![
                ("com.docker.compose.depends_on".into(), (*needs).into()),
                ("com.docker.compose.project".into(), "shop".into()),
                ("com.docker.compose.service".into(), (*service).into()),
            ];
            Arc::make_mut(&mut world.containers).insert(one.id.clone(), Arc::new(one));
        }
        world
    }

    fn order(verb: OperationKind, wanted: &[&str]) -> Vec<Vec<String>> {
        let world = shop(&[("web", "api:x:y"), ("api", "db:x:y"), ("db", "")]);
        let targets = world.containers.values().filter(|one| wanted.contains(&&*one.name)).cloned().collect();
        let Stages { targets, sizes } = Stages::of(verb, targets, &world);
        let mut names = targets.iter().map(|one| one.name.to_string());
        sizes.into_iter().map(|size| names.by_ref().take(size).collect()).collect()
    }

    #[test]
    fn what_needs_others_starts_after_them_and_goes_before_them() {
        let all = ["alone", "api", "db", "web"];
        assert_eq!(order(OperationKind::Start, &all), [vec!["db", "alone"], vec!["api"], vec!["web"]]);
        for verb in
            [OperationKind::Stop, OperationKind::Kill(Signal(9)), OperationKind::Remove { force: true, volumes: false }]
        {
            assert_eq!(order(verb, &all), [vec!["web", "alone"], vec!["api"], vec!["db"]], "{verb:?}");
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
