//! The plan of an act: what it will do to each target, and the docker command that does the same.

use crate::app::resource::rows::{members_of_network, users_of_image, users_of_volume};
use crate::app::{ports, units};
use crate::model::secret;
use crate::model::{
    ByteSize, Container, Id, ImageName, Kind, LimitChange, NewContainer, NewNetwork, NewVolume, Operation,
    OperationArgs, OperationKind, Snapshot, Untag, is_anonymous_volume, short_image_id,
};

/// What will happen to one target beyond what the verb says, in words.
pub fn effects(act: &Operation, world: &Snapshot) -> Vec<String> {
    match act.verb {
        OperationKind::Remove { volumes, .. } => {
            world.containers.get(&act.id).map(|one| of_removal(one, volumes, world))
        }
        OperationKind::RemoveImage { .. } => Some(of_image(act, world)),
        OperationKind::RemoveVolume => {
            let used = users_of_volume(world, act.id.raw());
            let size = world.stock.disk.as_ref().and_then(|disk| disk.of_volume.get(act.id.raw()).copied());
            let mut words: Vec<String> =
                size.filter(|size| *size > 0).map(|size| format!("{} lost", units::size(size))).into_iter().collect();
            words.extend(used_by(&used));
            Some(words)
        }
        OperationKind::RemoveNetwork => {
            let members = members_of_network(world, &act.name);
            Some(used_by(&members).into_iter().collect())
        }
        OperationKind::Create => {
            let OperationArgs::Container(new) = &act.with else { return Vec::new() };
            let known = |name: &str| {
                world.stock.volumes.iter().flat_map(|list| list.iter()).any(|volume| *volume.name == *name)
            };
            let made = new.mounts.iter().filter(|mount| !mount.is_memory() && !mount.source.starts_with('/'));
            let made = made.filter(|mount| !known(&mount.source));
            Some(made.map(|mount| format!("makes the volume {} if it is not there", mount.source)).collect())
        }
        OperationKind::Tag | OperationKind::Commit => Some(of_name(act)),
        OperationKind::ImportVolume | OperationKind::CopyVolume => Some(crate::app::volume_forms::effects(act, world)),
        OperationKind::Limit => Some(of_limits(act, world)),
        OperationKind::Stop | OperationKind::Restart | OperationKind::Pause => {
            world.containers.get(&act.id).map(|one| dependants(one, world))
        }
        _ => None,
    }
    .unwrap_or_default()
}

/// Each limit that changes: what it was, as far as that is known, and what it will be.
fn of_limits(act: &Operation, world: &Snapshot) -> Vec<String> {
    let OperationArgs::Limits(change) = &act.with else { return Vec::new() };
    let detail = world.containers.get(&act.id).and_then(|one| one.detail.as_ref());
    let limits = detail.map(|detail| detail.limits);
    let told = |size: &ByteSize| if size.bytes < 0 { "no limit".to_string() } else { size.to_string() };
    let known = |bytes: i64| told(&ByteSize::from(bytes));
    let or_none = |limit: Option<String>| limit.unwrap_or_else(|| "no limit".into());
    let was = |limit: Option<String>| if detail.is_some() { format!("{} → ", or_none(limit)) } else { String::new() };
    let mut words = Vec::new();
    if let Some(new) = change.nano_cpus {
        let old = limits.and_then(|limits| limits.processors).map(|count| processors((count * 1e9).round() as i64));
        words.push(format!("processors {}{}", was(old), processors(new)));
    }
    if let Some(new) = &change.memory {
        let old = limits.and_then(|limits| limits.memory).and_then(|bytes| i64::try_from(bytes).ok()).map(known);
        words.push(format!("memory {}{}", was(old), told(new)));
    }
    if let Some(new) = &change.memory_swap {
        let old = detail.and_then(|detail| detail.memory_swap);
        // Docker notes that, and leaves what is in force as it is (moby, `toContainerdResources`).
        let later = if new.bytes < 0 && old.is_some_and(|old| old > 0) { " from its next start on" } else { "" };
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

fn of_removal(container: &Container, volumes: bool, world: &Snapshot) -> Vec<String> {
    let mut words = Vec::new();
    let anonymous =
        container.ties.mounts.iter().filter(|mount| mount.volume.as_deref().is_some_and(is_anonymous_volume)).count();
    if anonymous > 0 {
        let fate = if volumes { "lost" } else { "left behind" };
        words.push(format!("{} {fate}", plural(anonymous, "anonymous volume")));
    }
    let ports = ports::on_the_host(&container.ports);
    if !ports.is_empty() {
        words.push(format!("frees port {}", ports.join(", ")));
    }
    if let Some(project) = container.project() {
        words.push(format!("of project {project}"));
    }
    words.extend(dependants(container, world));
    words
}

/// Who lives in its network: those lose it.
fn dependants(container: &Container, world: &Snapshot) -> Vec<String> {
    let mode = format!("container:{}", container.id.raw());
    let guests: Vec<&str> =
        world.containers.values().filter(|other| *other.ties.network_mode == *mode).map(|other| &*other.name).collect();
    if guests.is_empty() {
        Vec::new()
    } else {
        vec![format!("{} lose the network they share with it", guests.join(", "))]
    }
}

fn of_image(act: &Operation, world: &Snapshot) -> Vec<String> {
    let mut words = Vec::new();
    let image = world.stock.images.iter().flat_map(|images| images.iter()).find(|image| image.id == act.id);
    if let Some(image) = image {
        match &act.with {
            OperationArgs::Untag(Untag { stays: true, .. }) => words.push("this name only: others lead to it".into()),
            OperationArgs::Untag(_) if image.tags.len() > 1 => {
                words.push(format!("with all its {} names, {}", image.tags.len(), units::size(image.size)));
            }
            OperationArgs::Untag(_)
            | OperationArgs::Nothing
            | OperationArgs::Command(_)
            | OperationArgs::Name(_)
            | OperationArgs::ImageName(_)
            | OperationArgs::Seen(_)
            | OperationArgs::Limits(_)
            | OperationArgs::Container(_)
            | OperationArgs::Volume(_)
            | OperationArgs::Network(_)
            | OperationArgs::Joining(_)
            | OperationArgs::Transfer(_) => words.push(units::size(image.size)),
        }
    }
    let used = users_of_image(world, &act.id);
    match used.as_slice() {
        [] => {}
        [one] => words.push(format!("used by {}", one.name)),
        many => words.push(format!("used by {} containers", many.len())),
    }
    words
}

/// From which image a name is taken.
fn of_name(act: &Operation) -> Vec<String> {
    match &act.with {
        OperationArgs::ImageName(ImageName { holder: Some(holder), .. }) if holder == act.id.raw() => {
            vec!["it has that name already".into()]
        }
        OperationArgs::ImageName(ImageName { name, holder: Some(holder) }) => {
            vec![format!("the image {} loses the name {name}", short_image_id(holder))]
        }
        OperationArgs::ImageName(ImageName { holder: None, .. })
        | OperationArgs::Nothing
        | OperationArgs::Command(_)
        | OperationArgs::Name(_)
        | OperationArgs::Untag(_)
        | OperationArgs::Seen(_)
        | OperationArgs::Limits(_)
        | OperationArgs::Container(_)
        | OperationArgs::Volume(_)
        | OperationArgs::Network(_)
        | OperationArgs::Joining(_)
        | OperationArgs::Transfer(_) => Vec::new(),
    }
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// What does the same without bowline.
enum Twin {
    /// A docker command, without its first word.
    Docker(Vec<String>),
    /// Something else, or nothing, in a sentence.
    Other(String),
}

/// The docker command that does the same, as it is shown: secrets in it are hidden.
pub fn shown_command(act: &Operation) -> String {
    match twin(act) {
        Twin::Docker(words) => format!("docker {}", shell_words::join(secret::docker(&words))),
        Twin::Other(words) => secret::told(&words).into_owned(),
    }
}

/// The docker command that does the same.
pub fn command_line(act: &Operation) -> String {
    match twin(act) {
        Twin::Docker(words) => format!("docker {}", shell_words::join(words)),
        Twin::Other(words) => words,
    }
}

fn twin(act: &Operation) -> Twin {
    let name = act.name.as_str();
    let words: Vec<String> = match (act.verb, &act.with) {
        (
            OperationKind::Start
            | OperationKind::Stop
            | OperationKind::Restart
            | OperationKind::Pause
            | OperationKind::Unpause
            | OperationKind::Wait,
            _,
        ) => {
            vec![act.verb.plain().into(), name.into()]
        }
        (OperationKind::Kill(signal), _) => vec!["kill".into(), "--signal".into(), signal.name(), name.into()],
        (OperationKind::Signal { pid, signal }, _) => {
            return Twin::Other(format!("kill -{} {pid}   (on the engine's host)", signal.0));
        }
        (OperationKind::Remove { force, volumes }, _) => {
            let flags = [(force, "--force"), (volumes, "--volumes")];
            let flags = flags.into_iter().filter(|(on, _)| *on).map(|(_, flag)| flag.to_string());
            ["rm".to_string()].into_iter().chain(flags).chain([name.to_string()]).collect()
        }
        (OperationKind::Rename, OperationArgs::Name(new)) => vec!["rename".into(), name.into(), new.clone()],
        (OperationKind::Limit, OperationArgs::Limits(change)) => {
            let mut words = vec!["update".to_string()];
            limits(change, &mut words);
            words.push(name.into());
            words
        }
        (OperationKind::Commit, OperationArgs::ImageName(image)) => {
            vec!["commit".into(), name.into(), image.name.clone()]
        }
        (OperationKind::Duplicate, OperationArgs::Name(new)) => {
            let words = format!("docker has none: it is inspected, and {new} made with the same configuration");
            return Twin::Other(words);
        }
        (OperationKind::Create, OperationArgs::Container(new)) => create(new),
        (OperationKind::RemoveImage { force }, with) => {
            let target = if let OperationArgs::Untag(untag) = with {
                untag.name.clone()
            } else {
                short_image_id(act.id.raw()).into()
            };
            let flag = force.then(|| "--force".to_string());
            ["rmi".to_string()].into_iter().chain(flag).chain([target]).collect()
        }
        (OperationKind::Tag, OperationArgs::ImageName(new)) => {
            vec!["tag".into(), short_image_id(act.id.raw()).into(), new.name.clone()]
        }
        (OperationKind::RemoveVolume, _) => vec!["volume".into(), "rm".into(), act.id.raw().into()],
        (OperationKind::CreateVolume, OperationArgs::Volume(new)) => volume(new),
        (OperationKind::RemoveNetwork, _) => vec!["network".into(), "rm".into(), name.into()],
        (OperationKind::CreateNetwork, OperationArgs::Network(new)) => network(new),
        (OperationKind::Connect, OperationArgs::Joining(joining)) => {
            let mut words = vec!["network".to_string(), "connect".into()];
            for alias in &joining.aliases {
                words.extend(["--alias".into(), alias.clone()]);
            }
            words.extend([joining.name.clone(), name.into()]);
            words
        }
        (OperationKind::Disconnect, OperationArgs::Joining(joining)) => {
            vec!["network".into(), "disconnect".into(), joining.name.clone(), name.into()]
        }
        (_, OperationArgs::Transfer(transfer)) => match crate::app::volume_forms::command_line(transfer) {
            Some(line) => return Twin::Other(line),
            None => vec![act.verb.word().into(), name.into()],
        },
        (OperationKind::PruneCache, _) => vec!["builder".into(), "prune".into(), "--all".into(), "--force".into()],
        (verb, _) => vec![verb.word().into(), name.into()],
    };
    Twin::Docker(words)
}

/// `1.5` of 1,500,000,000.
pub fn processors(nano: i64) -> String {
    let text = format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

fn limits(change: &LimitChange, words: &mut Vec<String>) {
    let mut flag = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            words.extend([name.to_string(), value]);
        }
    };
    flag("--cpus", change.nano_cpus.map(processors));
    flag("--memory", change.memory.as_ref().map(ByteSize::to_string));
    flag("--memory-swap", change.memory_swap.as_ref().map(ByteSize::to_string));
    flag("--pids-limit", change.pids.map(|count| count.to_string()));
    flag("--restart", change.restart.map(|restart| restart.to_string()));
}

fn create(new: &NewContainer) -> Vec<String> {
    let mut words: Vec<String> = if new.start { vec!["run".into(), "--detach".into()] } else { vec!["create".into()] };
    let mut flag = |name: &str, value: &str| {
        if !value.is_empty() {
            words.extend([name.to_string(), value.to_string()]);
        }
    };
    flag("--name", &new.name);
    flag("--network", &new.network);
    flag("--user", &new.user);
    flag("--workdir", &new.folder);
    for value in &new.env {
        flag("--env", value);
    }
    for port in &new.ports {
        flag("--publish", &port.to_string());
    }
    for mount in &new.mounts {
        match mount.is_memory() {
            true => flag("--tmpfs", &mount.target),
            false => flag("--volume", &mount.to_string()),
        }
    }
    for (name, value) in &new.labels {
        flag("--label", &format!("{name}={value}"));
    }
    limits(&new.limits, &mut words);
    if new.tty {
        words.extend(["--tty".into(), "--interactive".into()]);
    }
    if new.auto_remove {
        words.push("--rm".into());
    }
    words.push(new.image.clone());
    words.extend(new.command.iter().cloned());
    words
}

fn volume(new: &NewVolume) -> Vec<String> {
    let mut words = vec!["volume".to_string(), "create".into()];
    if !new.driver.is_empty() {
        words.extend(["--driver".into(), new.driver.clone()]);
    }
    for (name, value) in &new.options {
        words.extend(["--opt".into(), format!("{name}={value}")]);
    }
    for (name, value) in &new.labels {
        words.extend(["--label".into(), format!("{name}={value}")]);
    }
    words.extend(Some(new.name.clone()).filter(|name| !name.is_empty()));
    words
}

fn network(new: &NewNetwork) -> Vec<String> {
    let mut words = vec!["network".to_string(), "create".into()];
    for (flag, value) in [("--driver", &new.driver), ("--subnet", &new.subnet), ("--gateway", &new.gateway)] {
        if !value.is_empty() {
            words.extend([flag.to_string(), value.clone()]);
        }
    }
    if new.internal {
        words.push("--internal".into());
    }
    if new.isolated {
        words.extend(["--opt".into(), "com.docker.network.bridge.enable_icc=false".into()]);
    }
    for (name, value) in &new.labels {
        words.extend(["--label".into(), format!("{name}={value}")]);
    }
    words.push(new.name.clone());
    words
}

/// What is lost or refused by a removal of things of a kind, in a sentence.
pub fn losses(kind: Kind) -> Vec<String> {
    let sentence = match kind {
        Kind::Image => {
            "An image that is in use or has children is refused; it can be pulled or built again only where that is possible."
        }
        Kind::Volume => "Everything in a volume is lost for good.",
        Kind::Network => "Containers that are to join it later will not find it.",
        _ => return Vec::new(),
    };
    vec![sentence.to_string()]
}

/// Bytes that removing these gives back, of images and of volumes, as far as their sizes are known. Images share layers:
/// theirs is the most.
pub fn freed_bytes(acts: &[Operation], world: &Snapshot) -> (u64, u64) {
    let names_of = |id: &Id| acts.iter().filter(|act| act.id == *id).count();
    let images = world.stock.images.iter().flat_map(|images| images.iter());
    let images = images
        // One that keeps a name stays.
        .filter(|image| names_of(&image.id) >= image.tags.len().max(1))
        .filter(|image| {
            acts.iter().any(|act| act.id == image.id && matches!(act.verb, OperationKind::RemoveImage { .. }))
        })
        .map(|image| image.size)
        .sum();
    let sizes = world.stock.disk.as_ref().map(|disk| &disk.of_volume);
    let volumes = acts.iter().filter(|act| act.verb == OperationKind::RemoveVolume);
    (images, volumes.filter_map(|act| sizes?.get(act.id.raw())).sum())
}

/// What removing these gives back on the disk, in a sentence.
pub fn freed(acts: &[Operation], world: &Snapshot) -> Option<String> {
    match freed_bytes(acts, world) {
        (0, 0) => None,
        (0, volumes) => Some(format!("Frees {}.", units::size(volumes))),
        (images, _) => Some(format!("Frees at most {}: layers that others share stay.", units::size(images))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fleet::tests::{container, world};
    use crate::model::{EngineId, Mount, NewPort, Relations};
    use std::sync::Arc;

    fn act(verb: OperationKind, with: OperationArgs) -> Operation {
        Operation::with(verb, Id::new(EngineId(0), "ab".repeat(32)), "web 1", with)
    }

    #[test]
    fn a_limit_is_told_with_what_it_was() {
        let change = LimitChange { memory: Some((64 << 20).into()), pids: Some(-1), ..LimitChange::default() };
        let mut world = world(&["web-1"]);
        let mut one = container("web-1");
        let act = Operation::with(OperationKind::Limit, one.id.clone(), "web-1", OperationArgs::Limits(change));
        assert_eq!(effects(&act, &world), ["memory 64m", "processes no limit"], "what they were is not known");
        let limits = crate::model::Limits { pids: Some(20), ..Default::default() };
        one.detail = Some(crate::model::Detail { limits, ..Default::default() }.into());
        Arc::make_mut(&mut world.containers).insert(one.id.clone(), Arc::new(one));
        assert_eq!(effects(&act, &world), ["memory no limit → 64m", "processes 20 → no limit"]);
        let swap = |bytes: i64| {
            let change = LimitChange { memory_swap: Some(bytes.into()), ..LimitChange::default() };
            Operation { with: OperationArgs::Limits(change), ..act.clone() }
        };
        let limited = crate::model::Detail { memory_swap: Some(128 << 20), ..Default::default() };
        if let Some(one) = Arc::make_mut(&mut world.containers).get_mut(&act.id) {
            Arc::make_mut(one).detail = Some(limited.into());
        }
        assert_eq!(effects(&swap(256 << 20), &world), ["memory and swap 128m → 256m"]);
        assert_eq!(effects(&swap(-1), &world), ["memory and swap 128m → no limit from its next start on"]);
    }

    #[test]
    fn limits_stand_in_the_command_as_they_were_typed() {
        let change = LimitChange {
            nano_cpus: Some(12_500_000),
            memory: Some(ByteSize::typed(3 << 29, "1.5g")),
            memory_swap: Some((96 << 20).into()),
            ..LimitChange::default()
        };
        let words = command_line(&act(OperationKind::Limit, OperationArgs::Limits(change)));
        assert_eq!(words, "docker update --cpus 0.0125 --memory 1.5g --memory-swap 96m 'web 1'");
    }

    #[test]
    fn the_docker_command_can_be_pasted() {
        let remove = act(OperationKind::Remove { force: true, volumes: true }, OperationArgs::Nothing);
        assert_eq!(command_line(&remove), "docker rm --force --volumes 'web 1'");
        let new = NewContainer {
            image: "nginx".into(),
            ports: vec![NewPort::parse("8080:80").unwrap()],
            env: vec!["A=two words".into()],
            limits: LimitChange { nano_cpus: Some(1_500_000_000), ..LimitChange::default() },
            start: true,
            ..NewContainer::default()
        };
        let create = act(OperationKind::Create, OperationArgs::Container(Box::new(new)));
        assert_eq!(command_line(&create), "docker run --detach --env 'A=two words' --publish 8080:80 --cpus 1.5 nginx");
    }

    #[test]
    fn secrets_are_copied_but_not_shown() {
        let new = NewContainer {
            image: "x".into(),
            env: vec!["DB_PASSWORD=hunter2hunter2".into()],
            ..NewContainer::default()
        };
        let create = act(OperationKind::Create, OperationArgs::Container(Box::new(new)));
        assert!(command_line(&create).contains("hunter2") && !shown_command(&create).contains("hunter2"));
        let options = vec![("o".into(), "username=app,password=hunter2".into())];
        let volume = NewVolume { name: "data".into(), options, ..NewVolume::default() };
        let command = vec!["mysql".into(), "-phunter2".into()];
        let with_arguments = NewContainer { image: "x".into(), command, ..NewContainer::default() };
        for act in [
            act(OperationKind::CreateVolume, OperationArgs::Volume(volume)),
            act(OperationKind::Create, OperationArgs::Container(Box::new(with_arguments))),
        ] {
            assert!(command_line(&act).contains("hunter2") && !shown_command(&act).contains("hunter2"));
        }
    }

    #[test]
    fn a_removal_says_what_goes_with_it_and_who_depends_on_it() {
        let mut world = world(&["other"]);
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
            Arc::make_mut(&mut world.containers).insert(container.id.clone(), Arc::new(container));
        }
        let words = effects(&Operation::new(OperationKind::Remove { force: false, volumes: true }, id, "web"), &world);
        assert_eq!(words, ["1 anonymous volume lost", "guest lose the network they share with it"]);
    }
}
