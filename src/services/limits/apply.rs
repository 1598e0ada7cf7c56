//! A blueprint held against the limits.

use super::{Limits, Maximum, Over};
use crate::model::blueprint::capability;
use crate::model::blueprint::{
    BlueprintRun, Cpus, DEFAULT_PIDS, KIND_LABEL, PROJECT_LABEL, RUN_LABEL, ResourcePart, SESSION_LABEL,
};
use crate::model::{Blueprint, ByteSize, Container, HUB, ImageRef};

/// How many containers there are that count against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// All that were made from blueprints.
    pub all: usize,
    /// Those of the same kind.
    pub kind: usize,
    /// Those of the same project.
    pub project: usize,
    /// Those of the same session.
    pub session: usize,
}

impl Usage {
    /// Counts the containers of an engine for one more of a run.
    pub fn of<'a>(containers: impl IntoIterator<Item = &'a Container>, run: &BlueprintRun) -> Usage {
        let mut usage = Usage::default();
        for container in containers {
            if container.label(RUN_LABEL).is_none() {
                continue;
            }
            let is = |label: &str, own: &str| !own.is_empty() && container.label(label) == Some(own);
            usage.all += 1;
            usage.kind += usize::from(is(KIND_LABEL, &run.blueprint.kind));
            usage.project += usize::from(is(PROJECT_LABEL, &run.project));
            usage.session += usize::from(is(SESSION_LABEL, &run.session));
        }
        usage
    }
}

/// Why a container is not made: a sentence that names the rule.
pub type Refused = String;

/// Brings a run within the limits, for `count` containers at once. The sentences say what was brought down, and by which rule.
///
/// # Errors
/// What is forbidden, too many, or over a limit where the limits say so.
pub fn apply(limits: &Limits, run: &mut BlueprintRun, usage: Usage, count: usize) -> Result<Vec<String>, Refused> {
    numbers(limits, run, usage, count)?;
    forbidden(limits, &run.blueprint)?;
    let kind = run.blueprint.kind.clone();
    let mut said = Vec::new();
    let of_kind = limits.kind.get(&kind).map(|maximum| (format!("kind.{kind}"), maximum));
    for (rule, maximum) in of_kind.into_iter().chain([("maximum".to_string(), &limits.maximum)]) {
        said.extend(bring_down(&rule, maximum, &mut run.blueprint.resources));
    }
    match (limits.over, said.is_empty()) {
        (Over::Refuse, false) => Err(format!("over the limits: {}", said.join("; "))),
        (Over::Refuse, true) | (Over::Clamp, _) => Ok(said),
    }
}

fn numbers(limits: &Limits, run: &BlueprintRun, usage: Usage, count: usize) -> Result<(), Refused> {
    let kind = &run.blueprint.kind;
    let of_kind = limits.kind.get(kind).and_then(|maximum| maximum.containers);
    let rules = [
        ("maximum.containers".to_string(), limits.maximum.containers, usage.all, "from blueprints".to_string()),
        (format!("kind.{kind}.containers"), of_kind, usage.kind, format!("of kind {kind}")),
        (
            "containers_per_project".into(),
            limits.containers_per_project,
            usage.project,
            format!("of project {}", run.project),
        ),
        (
            "containers_per_session".into(),
            limits.containers_per_session,
            usage.session,
            format!("of session {}", run.session),
        ),
    ];
    for (rule, limit, there, whose) in rules {
        if let Some(limit) = limit
            && there + count > limit
        {
            return Err(format!(
                "there are {there} containers {whose}, and {count} more would be over {rule} = {limit}; remove some first"
            ));
        }
    }
    Ok(())
}

fn forbidden(limits: &Limits, blueprint: &Blueprint) -> Result<(), Refused> {
    if let Some(allowed) = &limits.registries {
        let image = image_with_registry(&blueprint.container.image);
        if !allowed.iter().any(|entry| is_within(&image, entry)) {
            let allowed = if allowed.is_empty() { "none".to_string() } else { allowed.join(", ") };
            return Err(format!("the image {image} is not from an allowed registry; registries = {allowed}"));
        }
    }
    for volume in blueprint.volumes.iter().filter(|volume| volume.source.starts_with('/')) {
        let reaches = |folder: &&String| is_within(&volume.source, folder) || is_within(folder, &volume.source);
        if let Some(folder) = limits.forbidden_mounts.iter().find(reaches) {
            return Err(format!("the mount {} is forbidden: forbidden_mounts has {folder}", volume.source));
        }
    }
    let plain = |name: &str| capability(name);
    let all = |name: &str| blueprint.security.privileged || name == "ALL";
    for forbidden in &limits.forbidden_capabilities {
        let mut own = blueprint.security.capabilities.iter().map(|name| plain(name));
        if all("") || own.any(|name| name == plain(forbidden) || all(&name)) {
            return Err(format!("the capability {forbidden} is forbidden: forbidden_capabilities has it"));
        }
    }
    Ok(())
}

/// An image's name with its registry; images of the hub without a path are those of `library`.
fn image_with_registry(image: &str) -> String {
    let Ok(ImageRef { registry, name, .. }) = ImageRef::parse(image) else { return image.to_string() };
    let path = name.strip_prefix(&registry).map_or(name.as_str(), |path| path.trim_start_matches('/'));
    let library = if registry == HUB && !path.contains('/') { "library/" } else { "" };
    format!("{registry}/{library}{path}")
}

/// True for a path that is another one or lies below it.
pub(super) fn is_within(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn bring_down(rule: &str, maximum: &Maximum, resources: &mut ResourcePart) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(limit) = maximum.cpus {
        // Without a limit it has all processors.
        let quota = resources.cpu_quota.filter(|quota| *quota > 0);
        let by_quota = quota
            .map(|quota| Cpus(quota.saturating_mul(1_000_000_000) / resources.cpu_period.unwrap_or(100_000).max(1)));
        let wanted = resources.cpus.or(by_quota);
        if wanted.is_none_or(|wanted| wanted > limit) {
            said.push(sentence("cpus", wanted.map(|wanted| wanted.to_string()), &limit.to_string(), rule));
            (resources.cpus, resources.cpu_quota, resources.cpu_period) = (Some(limit), None, None);
        }
    }
    if let Some(limit) = &maximum.memory {
        let over = |size: &Option<ByteSize>| size.as_ref().is_none_or(|size| !(1..=limit.bytes).contains(&size.bytes));
        if over(&resources.memory) {
            let wanted = resources.memory.as_ref().map(ToString::to_string);
            said.push(sentence("memory", wanted, &limit.to_string(), rule));
            (resources.memory, resources.memory_swap) = (Some(limit.clone()), None);
        } else if resources.memory_swap.is_some() && over(&resources.memory_swap) {
            let wanted = resources.memory_swap.as_ref().map(ToString::to_string);
            said.push(sentence("memory_swap", wanted, &limit.to_string(), rule));
            resources.memory_swap = Some(limit.clone());
        }
    }
    if let Some(limit) = maximum.pids {
        let wanted = resources.pids.unwrap_or(DEFAULT_PIDS);
        if !(1..=limit).contains(&wanted) {
            said.push(sentence("pids", Some(wanted.to_string()), &limit.to_string(), rule));
            resources.pids = Some(limit);
        }
    }
    said
}

fn sentence(what: &str, wanted: Option<String>, limit: &str, rule: &str) -> String {
    let wanted = wanted.unwrap_or_else(|| "no limit".into());
    format!("{what} {wanted} is brought down to {limit} ({rule}.{what})")
}
