//! The plan of an operation: what it will do to each target.

use crate::app::operations::ports;
use crate::app::panes::resource::rows::{members_of_network, users_of_image, users_of_volume};
use crate::app::widgets::units;
use crate::model::{
    ByteSize, Container, Id, ImageName, Operation, OperationArgs, OperationKind, Plan, Snapshot, Untag, cpus,
    is_anonymous_volume, short_image_id,
};

/// What will happen to one target beyond what the verb says, in words.
pub fn effects(operation: &Operation, snapshot: &Snapshot) -> Vec<String> {
    let container = snapshot.containers.get(&operation.id);
    match operation.kind.spec().plan {
        Plan::Word => Vec::new(),
        Plan::Sharers => container.map(|one| dependants(one, snapshot)).unwrap_or_default(),
        Plan::Container => {
            let volumes = matches!(operation.kind, OperationKind::Remove { volumes: true, .. });
            container.map(|one| of_removal(one, volumes, snapshot)).unwrap_or_default()
        }
        Plan::Image => of_image(operation, snapshot),
        Plan::Volume => of_volume(operation, snapshot),
        Plan::Network => {
            used_by(&members_of_network(snapshot, operation.id.engine(), &operation.name)).into_iter().collect()
        }
        Plan::NewVolumes => of_creation(operation, snapshot),
        Plan::ImageName => of_name(operation),
        Plan::Limits => of_limits(operation, snapshot),
        Plan::Contents => crate::app::operations::volume_plan::effects(operation, snapshot),
    }
}

/// What is in a volume that is removed, and who uses it.
fn of_volume(operation: &Operation, snapshot: &Snapshot) -> Vec<String> {
    let size = snapshot.volume_size(operation.id.engine(), operation.id.raw());
    let lost = size.filter(|size| *size > 0).map(|size| format!("{} lost", units::size(size)));
    lost.into_iter().chain(used_by(&users_of_volume(snapshot, operation.id.engine(), operation.id.raw()))).collect()
}

/// The volumes that a new container makes.
fn of_creation(operation: &Operation, snapshot: &Snapshot) -> Vec<String> {
    let OperationArgs::Container(new) = &operation.with else { return Vec::new() };
    let known = |name: &str| snapshot.volume(&Id::new(operation.id.engine(), name)).is_some();
    let made = new.mounts.iter().filter(|mount| !mount.is_memory() && !mount.source.starts_with('/'));
    let made = made.filter(|mount| !known(&mount.source));
    made.map(|mount| format!("creates the volume {} if it does not exist", mount.source)).collect()
}

/// Each limit that changes: what it was, as far as that is known, and what it will be.
fn of_limits(operation: &Operation, snapshot: &Snapshot) -> Vec<String> {
    let OperationArgs::Limits(change) = &operation.with else { return Vec::new() };
    let detail = snapshot.containers.get(&operation.id).and_then(|one| one.detail.as_ref());
    let limits = detail.map(|detail| detail.limits);
    let told = |size: &ByteSize| if size.bytes < 0 { "no limit".to_string() } else { size.to_string() };
    let known = |bytes: i64| told(&ByteSize::from(bytes));
    let or_none = |limit: Option<String>| limit.unwrap_or_else(|| "no limit".into());
    let was = |limit: Option<String>| if detail.is_some() { format!("{} → ", or_none(limit)) } else { String::new() };
    let mut words = Vec::new();
    if let Some(new) = change.nano_cpus {
        let old = limits.and_then(|limits| limits.processors).map(|count| cpus((count * 1e9).round() as i64));
        words.push(format!("processors {}{}", was(old), cpus(new)));
    }
    if let Some(new) = &change.memory {
        let old = limits.and_then(|limits| limits.memory).and_then(|bytes| i64::try_from(bytes).ok()).map(known);
        words.push(format!("memory {}{}", was(old), told(new)));
    }
    if let Some(new) = &change.memory_swap {
        let old = detail.and_then(|detail| detail.memory_swap);
        // Docker notes that, and leaves what is in force as it is (moby, `toContainerdResources`).
        let later = if new.bytes < 0 && old.is_some_and(|old| old > 0) { " from the next start" } else { "" };
        words.push(format!("memory and swap {}{}{later}", was(old.map(known)), told(new)));
    }
    if let Some(new) = change.pids {
        let old = limits.and_then(|limits| limits.pids).map(|count| count.to_string());
        let new = u64::try_from(new).map_or("no limit".into(), |count| count.to_string());
        words.push(format!("processes {}{new}", was(old)));
    }
    if let Some(new) = change.restart {
        words.push(format!("restart {}{new}", was(detail.map(|detail| detail.restart.to_string()))));
    }
    words
}

fn used_by(users: &[&Container]) -> Option<String> {
    match users {
        [] => None,
        [one] => Some(format!("used by {}: the engine will refuse", one.name)),
        many => Some(format!("used by {} containers: the engine will refuse", many.len())),
    }
}

fn of_removal(container: &Container, volumes: bool, snapshot: &Snapshot) -> Vec<String> {
    let mut words = Vec::new();
    let anonymous =
        container.ties.mounts.iter().filter(|mount| mount.volume.as_deref().is_some_and(is_anonymous_volume)).count();
    if anonymous > 0 {
        let fate = if volumes { "lost" } else { "kept" };
        words.push(format!("{} {fate}", plural(anonymous, "anonymous volume")));
    }
    let ports = ports::on_the_host(&container.ports);
    if !ports.is_empty() {
        words.push(format!("frees port {}", ports.join(", ")));
    }
    if let Some(project) = container.project() {
        words.push(format!("part of project {project}"));
    }
    words.extend(dependants(container, snapshot));
    words
}

/// The containers that share its network, and lose it.
fn dependants(container: &Container, snapshot: &Snapshot) -> Vec<String> {
    let mode = format!("container:{}", container.id.raw());
    let guests: Vec<&str> = snapshot
        .containers
        .values()
        .filter(|other| *other.ties.network_mode == *mode)
        .map(|other| &*other.name)
        .collect();
    if guests.is_empty() { Vec::new() } else { vec![format!("{} share its network and lose it", guests.join(", "))] }
}

fn of_image(operation: &Operation, snapshot: &Snapshot) -> Vec<String> {
    let mut words = Vec::new();
    let image = snapshot.image(&operation.id);
    if let Some(image) = image {
        let untag = if let OperationArgs::Untag(untag) = &operation.with { Some(untag) } else { None };
        match untag {
            Some(Untag { stays: true, .. }) => words.push("this tag only: it has others".into()),
            Some(_) if image.tags.len() > 1 => {
                words.push(format!("all its {} tags, {}", image.tags.len(), units::size(image.size)));
            }
            Some(_) | None => words.push(units::size(image.size)),
        }
    }
    let used = users_of_image(snapshot, &operation.id);
    match used.as_slice() {
        [] => {}
        [one] => words.push(format!("used by {}", one.name)),
        many => words.push(format!("used by {} containers", many.len())),
    }
    words
}

/// The image that loses the name.
fn of_name(operation: &Operation) -> Vec<String> {
    let OperationArgs::ImageName(ImageName { name, holder: Some(holder) }) = &operation.with else { return Vec::new() };
    match holder == operation.id.raw() {
        true => vec!["it already has that tag".into()],
        false => vec![format!("the tag {name} moves here from image {}", short_image_id(holder))],
    }
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// Bytes that removing these gives back, of images and of volumes, as far as their sizes are known. Images share layers:
/// theirs is the most.
pub fn freed_bytes(operations: &[Operation], snapshot: &Snapshot) -> (u64, u64) {
    let names_of = |id: &Id| operations.iter().filter(|operation| operation.id == *id).count();
    let images = snapshot.images();
    let images = images
        // One that keeps a name stays.
        .filter(|image| names_of(&image.id) >= image.tags.len().max(1))
        .filter(|image| {
            operations.iter().any(|act| act.id == image.id && matches!(act.kind, OperationKind::RemoveImage { .. }))
        })
        .map(|image| image.size)
        .sum();
    let volumes = operations.iter().filter(|act| act.kind == OperationKind::RemoveVolume);
    (images, volumes.filter_map(|act| snapshot.volume_size(act.id.engine(), act.id.raw())).sum())
}

/// What removing these gives back on the disk, in a sentence.
pub fn freed(operations: &[Operation], snapshot: &Snapshot) -> Option<String> {
    match freed_bytes(operations, snapshot) {
        (0, 0) => None,
        (0, volumes) => Some(format!("Frees {}.", units::size(volumes))),
        (images, _) => Some(format!("Frees at most {}: shared layers stay.", units::size(images))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{container, snapshot as world};
    use crate::model::{EngineId, LimitChange, Mount, NewContainer, NewPort, NewVolume, Relations};
    use std::sync::Arc;

    fn act(kind: OperationKind, with: OperationArgs) -> Operation {
        Operation::with(kind, Id::new(EngineId(0), "ab".repeat(32)), "web 1", with)
    }

    #[test]
    fn a_limit_is_told_with_what_it_was() {
        let change = LimitChange { memory: Some((64 << 20).into()), pids: Some(-1), ..LimitChange::default() };
        let mut snapshot = world(&["web-1"]);
        let mut one = container("web-1");
        let operation = Operation::with(OperationKind::Limit, one.id.clone(), "web-1", OperationArgs::Limits(change));
        assert_eq!(effects(&operation, &snapshot), ["memory 64m", "processes no limit"], "what they were is not known");
        let limits = crate::model::Limits { pids: Some(20), ..Default::default() };
        one.detail = Some(crate::model::Detail { limits, ..Default::default() }.into());
        Arc::make_mut(&mut snapshot.containers).insert(one.id.clone(), Arc::new(one));
        assert_eq!(effects(&operation, &snapshot), ["memory no limit → 64m", "processes 20 → no limit"]);
        let swap = |bytes: i64| {
            let change = LimitChange { memory_swap: Some(bytes.into()), ..LimitChange::default() };
            Operation { with: OperationArgs::Limits(change), ..operation.clone() }
        };
        let limited = crate::model::Detail { memory_swap: Some(128 << 20), ..Default::default() };
        if let Some(one) = Arc::make_mut(&mut snapshot.containers).get_mut(&operation.id) {
            Arc::make_mut(one).detail = Some(limited.into());
        }
        assert_eq!(effects(&swap(256 << 20), &snapshot), ["memory and swap 128m → 256m"]);
        assert_eq!(effects(&swap(-1), &snapshot), ["memory and swap 128m → no limit from the next start"]);
    }

    #[test]
    fn limits_stand_in_the_command_as_they_were_typed() {
        let change = LimitChange {
            nano_cpus: Some(12_500_000),
            memory: Some(ByteSize::typed(3 << 29, "1.5g")),
            memory_swap: Some((96 << 20).into()),
            ..LimitChange::default()
        };
        let words = act(OperationKind::Limit, OperationArgs::Limits(change)).docker_line().whole(None);
        assert_eq!(words, "docker update --cpus 0.0125 --memory 1.5g --memory-swap 96m 'web 1'");
    }

    #[test]
    fn the_docker_command_can_be_pasted() {
        let remove = act(OperationKind::Remove { force: true, volumes: true }, OperationArgs::Nothing);
        assert_eq!(remove.docker_line().whole(None), "docker rm --force --volumes 'web 1'");
        let new = NewContainer {
            image: "nginx".into(),
            ports: vec![NewPort::parse("8080:80").unwrap()],
            env: vec!["A=two words".into()],
            limits: LimitChange { nano_cpus: Some(1_500_000_000), ..LimitChange::default() },
            start: true,
            ..NewContainer::default()
        };
        let create = act(OperationKind::Create, OperationArgs::Container(Box::new(new)));
        assert_eq!(
            create.docker_line().whole(None),
            "docker run --detach --env 'A=two words' --publish 8080:80 --cpus 1.5 nginx"
        );
    }

    #[test]
    fn secrets_are_copied_but_not_shown() {
        let new = NewContainer {
            image: "x".into(),
            env: vec!["DB_PASSWORD=hunter2hunter2".into()],
            ..NewContainer::default()
        };
        let create = act(OperationKind::Create, OperationArgs::Container(Box::new(new)));
        assert!(
            create.docker_line().whole(None).contains("hunter2")
                && !create.docker_line().shown(None).contains("hunter2")
        );
        let options = vec![("o".into(), "username=app,password=hunter2".into())];
        let volume = NewVolume { name: "data".into(), options, ..NewVolume::default() };
        let command = vec!["mysql".into(), "-phunter2".into()];
        let with_arguments = NewContainer { image: "x".into(), command, ..NewContainer::default() };
        for operation in [
            act(OperationKind::CreateVolume, OperationArgs::Volume(volume)),
            act(OperationKind::Create, OperationArgs::Container(Box::new(with_arguments))),
        ] {
            assert!(
                operation.docker_line().whole(None).contains("hunter2")
                    && !operation.docker_line().shown(None).contains("hunter2")
            );
        }
    }

    #[test]
    fn a_removal_says_what_goes_with_it_and_who_depends_on_it() {
        let mut snapshot = world(&["other"]);
        let mut one = container("web");
        let made_up: Arc<str> = "0a".repeat(32).into();
        let mount = |volume: &Arc<str>| Mount {
            volume: Some(volume.clone()),
            source: "".into(),
            target: "/d".into(),
            writable: true,
        };
        one.ties = Arc::new(Relations { mounts: vec![mount(&made_up), mount(&"data".into())], ..Relations::default() });
        let mut guest = container("guest");
        let network_mode: Arc<str> = format!("container:{}", one.id.raw()).into();
        guest.ties = Arc::new(Relations { network_mode, ..Relations::default() });
        let id = one.id.clone();
        for container in [one, guest] {
            Arc::make_mut(&mut snapshot.containers).insert(container.id.clone(), Arc::new(container));
        }
        let words =
            effects(&Operation::new(OperationKind::Remove { force: false, volumes: true }, id, "web"), &snapshot);
        assert_eq!(words, ["1 anonymous volume lost", "guest share its network and lose it"]);
    }
}
