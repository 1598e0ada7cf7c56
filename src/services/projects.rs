//! Compose projects, by the labels of their containers alone (Compose specification, labels `com.docker.compose.*`).

use crate::model::{Container, Id, Snapshot, natural_sort};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A project.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Identity: its engine and its name.
    pub id: Id,
    /// Its name.
    pub name: Arc<str>,
    /// Where its files lie, as whoever brought it up saw them.
    pub folder: Option<Arc<str>>,
    /// The files, parted by commas.
    pub files: Option<Arc<str>>,
    /// Its services: what others need comes first.
    pub services: Vec<Service>,
    /// Its labels tell who needs whom: older compose writes none.
    pub tells_needs: bool,
}

/// A service of a project.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Identity: its engine, its project and its name.
    pub id: Id,
    /// Its name.
    pub name: Arc<str>,
    /// The services that it needs.
    pub needs: Vec<String>,
    /// How many services must be up before it: those of a lower wave.
    pub wave: usize,
    /// Its containers in natural order.
    pub containers: Vec<Arc<Container>>,
}

impl Project {
    /// All its containers.
    pub fn containers(&self) -> impl Iterator<Item = &Arc<Container>> {
        self.services.iter().flat_map(|service| service.containers.iter())
    }

    /// Its containers in waves: each needs only what is in waves before it.
    pub fn waves(&self) -> Vec<Vec<Arc<Container>>> {
        let mut waves: BTreeMap<usize, Vec<Arc<Container>>> = BTreeMap::new();
        for service in &self.services {
            waves.entry(service.wave).or_default().extend(service.containers.iter().cloned());
        }
        waves.into_values().collect()
    }
}

/// The containers of these projects and services, each once: of a project all.
pub fn containers_of<'a>(chosen: impl IntoIterator<Item = &'a Id>, snapshot: &Snapshot) -> Vec<Arc<Container>> {
    let chosen: BTreeSet<&Id> = chosen.into_iter().collect();
    let all = projects(snapshot);
    let services = all.iter().flat_map(|project| project.services.iter().map(move |service| (project, service)));
    let meant = services.filter(|(project, service)| chosen.contains(&project.id) || chosen.contains(&service.id));
    meant.flat_map(|(_, service)| service.containers.iter().cloned()).collect()
}

fn label<'a>(container: &'a Container, name: &str) -> Option<&'a str> {
    container
        .label(&format!("com.docker.compose.{name}"))
        .or_else(|| container.label(&format!("io.podman.compose.{name}")))
        .filter(|value| !value.is_empty())
}

/// All projects in natural order.
pub fn projects(snapshot: &Snapshot) -> Vec<Project> {
    let mut found: BTreeMap<Id, Vec<&Arc<Container>>> = BTreeMap::new();
    for container in snapshot.containers.values() {
        if let Some(name) = container.project() {
            found.entry(Id::new(container.id.engine(), name)).or_default().push(container);
        }
    }
    let mut projects: Vec<Project> = found.into_iter().map(|(id, containers)| project(id, &containers)).collect();
    projects.sort_by(|a, b| natural_sort::natural(&a.name, &b.name));
    projects
}

fn project(id: Id, containers: &[&Arc<Container>]) -> Project {
    let first = |name: &str| containers.iter().find_map(|container| label(container, name)).map(Arc::from);
    let mut services: BTreeMap<&str, Vec<Arc<Container>>> = BTreeMap::new();
    for container in containers {
        services.entry(label(container, "service").unwrap_or(&container.name)).or_default().push((*container).clone());
    }
    // Only what is there: whoever made the labels may have written anything.
    let there = |needed: &String| services.contains_key(needed.as_str());
    let needs: BTreeMap<String, BTreeSet<String>> = services
        .iter()
        .map(|(name, of)| (name.to_string(), of.iter().flat_map(|one| needs(one)).filter(there).collect()))
        .collect();
    let waves = waves(&needs);
    let mut list: Vec<Service> = services
        .into_iter()
        .map(|(name, mut containers)| {
            containers.sort_by(|a, b| natural_sort::natural(&a.name, &b.name));
            let needed = needs.get(name).into_iter().flatten().cloned().collect();
            // Names are clean: what parts the two is in neither.
            let id = Id::new(id.engine(), format!("{}\0{name}", id.raw()));
            let wave = waves.get(name).copied().unwrap_or(0);
            Service { id, wave, name: name.into(), needs: needed, containers }
        })
        .collect();
    list.sort_by(|a, b| a.wave.cmp(&b.wave).then_with(|| natural_sort::natural(&a.name, &b.name)));
    Project {
        name: id.raw().into(),
        folder: first("project.working_dir"),
        files: first("project.config_files"),
        tells_needs: containers.iter().any(|one| one.label("com.docker.compose.depends_on").is_some()),
        services: list,
        id,
    }
}

/// `db:service_healthy:false,cache:service_started:true` names db and cache.
fn needs(container: &Container) -> Vec<String> {
    let listed = label(container, "depends_on").unwrap_or_default();
    let names = listed.split(',').filter_map(|entry| entry.split(':').next());
    names.map(str::trim).filter(|name| !name.is_empty()).map(str::to_string).collect()
}

/// The wave of each: one more than the highest of what it needs. What is left in a circle, which compose refuses, is in the
/// last wave together.
fn waves(needs: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, usize> {
    let mut waves: BTreeMap<String, usize> = BTreeMap::new();
    for wave in 0..=needs.len() {
        let open = needs.iter().filter(|(name, _)| !waves.contains_key(*name));
        let ready = open.filter(|(_, needed)| needed.iter().all(|needed| waves.contains_key(needed)));
        let ready: Vec<String> = ready.map(|(name, _)| name.clone()).collect();
        if ready.is_empty() {
            let rest: Vec<String> = needs.keys().filter(|name| !waves.contains_key(*name)).cloned().collect();
            waves.extend(rest.into_iter().map(|name| (name, wave)));
            break;
        }
        waves.extend(ready.into_iter().map(|name| (name, wave)));
    }
    waves
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{service, snapshot_of};

    fn snapshot(services: &[(&str, &str)]) -> Snapshot {
        snapshot_of(services.iter().map(|(name, needs)| service(name, needs)))
    }

    #[test]
    fn what_others_need_comes_first() {
        let snapshot = snapshot(&[
            ("api", "db:service_healthy:false,cache:x:true"),
            ("web", "api:service_started:false"),
            ("db", ""),
            ("cache", ""),
        ]);
        let projects = projects(&snapshot);
        let names: Vec<&str> = projects[0].services.iter().map(|service| &*service.name).collect();
        assert_eq!(names, ["cache", "db", "api", "web"]);
        assert_eq!(projects[0].waves().iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1]);
    }

    #[test]
    fn labels_of_any_kind_take_no_time() {
        let names: Vec<String> = (0..60).map(|number| format!("s{number}")).collect();
        let all = format!("{},", names.join(",")).repeat(200);
        let services: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), all.as_str())).collect();
        assert_eq!(projects(&snapshot(&services))[0].services.len(), 60);
    }

    #[test]
    fn a_circle_and_a_stranger_among_the_needs_end_nowhere_else() {
        let snapshot = snapshot(&[("a", "b:x:y"), ("b", "a:x:y,gone:x:y"), ("c", "")]);
        assert_eq!(projects(&snapshot)[0].services.len(), 3);
    }
}
