//! Containers that were made and never started.

use super::Finding;
use super::case::{Case, Trouble};
use super::words::{short, span};
use crate::model::{Container, Health, Kind, State};

/// The label in which compose writes the services that are needed: `db:service_healthy:false,cache:service_started:false`.
const NEEDS: &str = "com.docker.compose.depends_on";

/// A service of the same project that it needs is not as it should be.
pub(super) fn for_dependency(case: &Case) -> Option<Finding> {
    if case.trouble != Trouble::NeverStarted {
        return None;
    }
    let needs = case.container().label(NEEDS)?;
    needs.split(',').filter(|need| !need.is_empty()).find_map(|need| {
        let mut parts = need.split(':');
        let (service, condition) = (parts.next()?, parts.next().unwrap_or("service_started"));
        let of = |one: &&Container| one.project() == case.container().project() && one.service() == Some(service);
        let Some(dependency) = case.others().find(of) else {
            return Some(
                Finding::new("dependency-missing", format!("it needs the service {service}, which has no container"))
                    .because([format!("compose label depends_on: {need}")])
                    .advise([format!("bring up {service}")]),
            );
        };
        let state = unmet(dependency, condition)?;
        Some(
            Finding::new("dependency", format!("it waits for {}, which {state}", dependency.name))
                .because([format!("compose label depends_on: {service} must be {}", words(condition))])
                .because([format!("{}: {}", dependency.name, dependency.word())])
                .advise([format!("ask why {} is not as it should be", dependency.name), "then start it".into()]),
        )
    })
}

fn words(condition: &str) -> &str {
    match condition {
        "service_healthy" => "healthy",
        "service_completed_successfully" => "ended with exit 0",
        _ => "started",
    }
}

/// How a dependency fails its condition; none where it does not.
fn unmet(dependency: &Container, condition: &str) -> Option<String> {
    let runs = dependency.state == State::Running;
    match (condition, dependency.health) {
        ("service_completed_successfully", _) if dependency.state == State::Exited => {
            dependency.exit_code.filter(|code| *code != 0).map(|code| format!("ended with exit {code}"))
        }
        ("service_completed_successfully", _) if runs => Some("has not ended yet".into()),
        (_, _) if !runs => Some(format!("is not running ({})", dependency.word())),
        ("service_healthy", Health::Unhealthy) => Some("is unhealthy".into()),
        ("service_healthy", Health::Starting) => Some("is not healthy yet".into()),
        _ => None,
    }
}

/// Nobody has started it.
pub(super) fn never_started(case: &Case) -> Option<Finding> {
    if case.trouble != Trouble::NeverStarted {
        return None;
    }
    if let Some(finding) = image_gone(case) {
        return Some(finding);
    }
    let age = case.evidence.now.since(case.container().created);
    let finding = Finding::new("never-started", "it was made, and no attempt to start it is known")
        .because([format!("made {} ago; no exit code and no error of the engine", span(age))]);
    Some(match bound_folders(case).as_slice() {
        [] => finding.advise(["start it"]),
        folders => {
            let folders = folders.join(", ");
            Finding { reason: format!("{}; {folders} may be missing on the host", finding.reason), ..finding }
                .because([format!(
                    "bind mount: {folders}; a start that is refused since it is missing leaves no trace"
                )])
                .advise([
                    "start it and read the answer".to_string(),
                    format!("see whether {folders} is there, on the host"),
                ])
        }
    })
}

/// Folders of the host that must be there when it is started: Docker checks those of `--mount`, and creates those of `--volume`.
fn bound_folders(case: &Case) -> Vec<String> {
    let inspected = case.document;
    let Some((document, list)) = inspected.0.zip(inspected.node(&["HostConfig", "Mounts"])) else { return Vec::new() };
    let bound = document.children(list).filter(|mount| inspected.child(*mount, "Type") == Some("bind"));
    bound.filter_map(|mount| inspected.child(mount, "Source")).map(str::to_string).collect()
}

/// Its image is gone: an event told of its removal, or it is not in the list of images.
fn image_gone(case: &Case) -> Option<Finding> {
    let (container, snapshot) = (case.container(), case.evidence.snapshot);
    let raw = &*container.ties.image;
    let removed = snapshot.events.iter().any(|event| {
        event.topic == Kind::Image
            && matches!(&*event.action, "delete" | "remove")
            && !raw.is_empty()
            && event.name == raw
    });
    let images = snapshot.inventory(container.id.engine()).images.as_ref();
    let unlisted = images.is_some_and(|images| !raw.is_empty() && !images.iter().any(|image| image.id.raw() == raw));
    let proof = match (removed, unlisted) {
        (true, _) => "the engine told that its image was removed",
        (_, true) => "its image is not in the list of images",
        (false, false) => return None,
    };
    // Docker keeps the layers of a container, and can start it all the same.
    let reason = format!("its image {} is gone from the engine, which may be why", short(&container.image, 40));
    Some(Finding::new("image-gone", reason).because([proof]).advise([
        "pull or build the image and make the container anew",
        "or start it as it is: its own layers may still be there",
    ]))
}
