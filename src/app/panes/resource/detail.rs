//! Details of one object beside its list: facts, users, layers, members.

use super::rows::{members_of_network, users_of_image, users_of_volume};
use crate::app::widgets::units;
use crate::model::{Container, Id, Inventory, Kind, Pair, Snapshot, Timestamp, Tone, secret};
use crate::services::projects::projects;
use std::borrow::Cow;

/// A line of it.
#[derive(Debug, Clone, PartialEq)]
pub enum DetailLine {
    /// A heading.
    Heading(String),
    /// A name and a value.
    Fact(String, String, Tone),
    /// A figure, set right, and words.
    Figure(String, String, Tone),
    /// Words alone.
    Words(String, Tone),
}

fn fact(name: &str, value: impl Into<String>) -> DetailLine {
    DetailLine::Fact(name.into(), value.into(), Tone::Plain)
}

fn when(created: Timestamp, now: Timestamp) -> String {
    if created.is_known() { format!("{} ago", units::long_span(now.since(created))) } else { "–".into() }
}

fn users(lines: &mut Vec<DetailLine>, title: &str, users: &[&Container], nobody: &str) {
    lines.push(DetailLine::Heading(title.into()));
    if users.is_empty() {
        lines.push(DetailLine::Words(nobody.into(), Tone::Plain));
    }
    for user in users {
        let tone = if user.state.is_alive() { Tone::Good } else { Tone::Plain };
        lines.push(DetailLine::Fact(user.name.to_string(), user.word(), tone));
    }
}

fn pairs(lines: &mut Vec<DetailLine>, title: &str, pairs: &[Pair], revealed: bool) {
    if !pairs.is_empty() {
        lines.push(DetailLine::Heading(title.into()));
        let shown = |name: &str, value| if revealed { Cow::Borrowed(value) } else { secret::value(name, value) };
        lines.extend(pairs.iter().map(|(name, value)| fact(name, shown(name, value))));
    }
}

pub(super) fn image(id: &Id, snapshot: &Snapshot, now: Timestamp, revealed: bool) -> Option<Vec<DetailLine>> {
    let image = snapshot.image(id)?;
    let mut lines = vec![
        fact("id", image.id.raw()),
        fact("size", units::size(image.size)),
        fact("created", when(image.created, now)),
    ];
    lines.extend(image.tags.iter().map(|tag| fact("tag", &**tag)));
    lines.extend(image.digests.iter().map(|digest| fact("digest", &**digest)));
    users(&mut lines, "Used by", &users_of_image(snapshot, id), "no container");
    lines.push(DetailLine::Heading("Layers, newest first".into()));
    let inventory = snapshot.inventory(id.engine());
    match &inventory.layers {
        Some((of, layers)) if of == id => lines.extend(layers.iter().map(|layer| {
            let tone = if layer.size > 0 { Tone::Good } else { Tone::Plain };
            let command =
                if revealed { layer.command.to_string() } else { secret::command(&layer.command).into_owned() };
            DetailLine::Figure(units::bytes(layer.size as f64), command, tone)
        })),
        _ => lines.push(match &inventory.layers_problem {
            Some((of, problem)) if of == id => DetailLine::Words(problem.to_string(), Tone::Bad),
            _ => DetailLine::Words("loading …".into(), Tone::Plain),
        }),
    }
    pairs(&mut lines, "Labels", &image.labels, revealed);
    Some(lines)
}

pub(super) fn volume(id: &Id, snapshot: &Snapshot, now: Timestamp, revealed: bool) -> Option<Vec<DetailLine>> {
    let volume = snapshot.volume(id)?;
    let size = snapshot.volume_size(id.engine(), &volume.name);
    let mut lines = vec![
        fact("name", &*volume.name),
        fact("driver", &*volume.driver),
        fact("on the host", &*volume.mountpoint),
        fact("created", when(volume.created, now)),
        fact("size", size.map_or("–".into(), units::size)),
    ];
    if volume.is_anonymous() {
        lines.push(fact("anonymous", "named by the engine"));
    }
    lines.push(DetailLine::Heading("Used by".into()));
    let used = users_of_volume(snapshot, id.engine(), &volume.name);
    if used.is_empty() {
        lines.push(DetailLine::Words("no container".into(), Tone::Plain));
    }
    for user in used {
        let mounts = user.ties.mounts.iter().filter(|mount| mount.volume.as_deref() == Some(&*volume.name));
        for mount in mounts {
            let at = format!("{}{}", mount.target, if mount.writable { "" } else { " (read-only)" });
            let tone = if user.state.is_alive() { Tone::Good } else { Tone::Plain };
            lines.push(DetailLine::Fact(user.name.to_string(), at, tone));
        }
    }
    pairs(&mut lines, "Options", &volume.options, revealed);
    pairs(&mut lines, "Labels", &volume.labels, revealed);
    Some(lines)
}

pub(super) fn network(id: &Id, snapshot: &Snapshot, now: Timestamp, revealed: bool) -> Option<Vec<DetailLine>> {
    let network = snapshot.network(id)?;
    let mut lines = vec![
        fact("id", network.id.short()),
        fact("driver", &*network.driver),
        fact("scope", &*network.scope),
        fact("created", when(network.created, now)),
        fact("outside traffic", if network.internal { "none (internal)" } else { "allowed" }),
        fact("inside traffic", if network.isolates() { "none (isolated)" } else { "allowed" }),
    ];
    for (subnet, gateway) in &network.subnets {
        let gateway = if gateway.is_empty() { String::new() } else { format!(", gateway {gateway}") };
        lines.push(fact("subnet", format!("{subnet}{gateway}")));
    }
    lines.push(DetailLine::Heading("Members".into()));
    let members = members_of_network(snapshot, id.engine(), &network.name);
    if members.is_empty() {
        lines.push(DetailLine::Words("no container".into(), Tone::Plain));
    }
    for member in members {
        let at = member.networks.iter().position(|name| **name == *network.name);
        let address = at.and_then(|at| member.ties.addresses.get(at)).map_or("", |address| address);
        let address = if address.is_empty() { "no address while stopped" } else { address };
        let tone = if member.state.is_alive() { Tone::Good } else { Tone::Plain };
        lines.push(DetailLine::Fact(member.name.to_string(), address.to_string(), tone));
    }
    pairs(&mut lines, "Options", &network.options, revealed);
    pairs(&mut lines, "Labels", &network.labels, revealed);
    Some(lines)
}

pub(super) fn project(id: &Id, snapshot: &Snapshot) -> Option<Vec<DetailLine>> {
    let project = projects(snapshot).into_iter().find(|project| project.id == *id)?;
    let mut lines = Vec::new();
    lines.extend(project.folder.as_ref().map(|folder| fact("folder", &**folder)));
    lines.extend(project.files.as_ref().map(|files| fact("files", &**files)));
    for service in &project.services {
        let needs =
            if service.needs.is_empty() { String::new() } else { format!(", needs {}", service.needs.join(", ")) };
        lines.push(DetailLine::Heading(format!("{}{needs}", service.name)));
        lines.extend(service.containers.iter().map(|one| standing(one)));
    }
    Some(lines)
}

fn standing(container: &Container) -> DetailLine {
    let tone = match container.state.is_alive() {
        true => Tone::Good,
        false if container.has_failed() => Tone::Bad,
        false => Tone::Plain,
    };
    DetailLine::Fact(container.name.to_string(), container.word(), tone)
}

/// The lines for a service of a project.
pub fn lines_of_service(id: &Id, snapshot: &Snapshot) -> Vec<DetailLine> {
    let all = projects(snapshot);
    let found = all.iter().find_map(|project| Some((project, project.services.iter().find(|one| one.id == *id)?)));
    let Some((project, service)) = found else { return Vec::new() };
    let needed = project.services.iter().filter(|other| other.needs.iter().any(|name| **name == *service.name));
    let needed: Vec<&str> = needed.map(|other| &*other.name).collect();
    let nobody = |names: String| match names.is_empty() {
        true if project.tells_needs => "nothing".to_string(),
        true => "not known: its compose version did not record it".to_string(),
        false => names,
    };
    let mut images: Vec<&str> = service.containers.iter().map(|container| &*container.image).collect();
    images.dedup();
    let mut lines = vec![fact("project", &*project.name), fact("image", images.join(", "))];
    lines.push(fact("needs", nobody(service.needs.join(", "))));
    lines.push(fact("needed by", nobody(needed.join(", "))));
    lines.push(DetailLine::Heading("Containers".into()));
    lines.extend(service.containers.iter().map(|one| standing(one)));
    lines
}

/// The lines on an engine itself.
pub fn engine_lines(inventory: &Inventory) -> Vec<DetailLine> {
    let Some(about) = &inventory.about else {
        return vec![match inventory.problems.get(&Kind::System) {
            Some(problem) => DetailLine::Words(problem.to_string(), Tone::Bad),
            None => DetailLine::Words("loading …".into(), Tone::Plain),
        }];
    };
    let mut lines: Vec<DetailLine> = Vec::new();
    if !about.warnings.is_empty() {
        lines.push(DetailLine::Heading("Warnings".into()));
        lines.extend(about.warnings.iter().map(|warning| DetailLine::Words(warning.clone(), Tone::Warn)));
    }
    lines.push(DetailLine::Heading("Engine".into()));
    lines.extend(about.facts.iter().map(|(name, value)| fact(name, value)));
    lines
}
