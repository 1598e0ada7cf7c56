//! What compose will do to each container of a project, as far as that is known before.

use super::overlay::{Foreseen, PlannedChange};
use crate::app::state::App;
use crate::app::widgets::units;
use crate::model::{
    ComposeRun, ComposeSite, ComposeVerb, Container, Drift, Id, ServiceDrift, State, Tone, is_anonymous_volume,
};
use crate::services::projects::Project;
use std::collections::BTreeSet;

/// The effects of a run, by what is known now.
pub fn foresee(app: &App, project: Option<&Id>, run: &ComposeRun) -> Foreseen {
    let named = app.engine.map(|engine| Id::new(engine, &*run.ready.site.project));
    let known = project.or(named.as_ref()).and_then(|id| app.project(id));
    let found =
        known.as_ref().and_then(|known| app.compose.drift.get(&known.id)).filter(|_| run.verb != ComposeVerb::Pull);
    let drift = found.zip(known.as_ref()).map(|((drift, _), known)| (&**drift, known));
    let drift = drift.filter(|(drift, known)| drift.holds(&run.ready.stamps, &compared(known))).map(|(drift, _)| drift);
    let compared = found.map(|(_, at)| {
        let age = units::long_span(app.now.since(*at).max(0.0));
        let how = match drift {
            Some(_) => "files and containers have not changed since",
            None => "files or containers may have changed since: no longer valid",
        };
        format!("Compared {age} ago; {how}.")
    });
    Foreseen {
        by_labels: project.is_some(),
        doubt: known.as_ref().and_then(|known| disagreement(known, &run.ready.site)),
        compared,
        fates: known.as_ref().map(|known| fates(run.verb, known, drift)),
        sentences: sentences(run.verb, known.as_ref()),
    }
}

/// What becomes of each container. `drift` is what was found to differ, if somebody looked and nothing has changed since.
fn fates(verb: ComposeVerb, project: &Project, drift: Option<&Drift>) -> Vec<PlannedChange> {
    let mut fates: Vec<PlannedChange> = Vec::new();
    for service in &project.services {
        for container in &service.containers {
            let (words, tone) = match verb {
                ComposeVerb::Pull => ("unchanged".to_string(), Tone::Plain),
                ComposeVerb::Up => of_up(container, &service.name, drift),
                // Which images are new is known once they have come.
                ComposeVerb::PullUp => of_up(container, &service.name, None),
                ComposeVerb::Down | ComposeVerb::DownVolumes => of_down(container, &service.name, drift),
            };
            fates.push((container.name.to_string(), words, tone));
        }
    }
    let makes = matches!(verb, ComposeVerb::Up | ComposeVerb::PullUp);
    for service in drift.iter().filter(|_| makes).flat_map(|drift| &drift.differing) {
        let there = project.services.iter().any(|known| *known.name == service.name);
        if !there {
            fates.push((service.name.clone(), "created: no container yet".into(), Tone::Warn));
        }
    }
    fates
}

fn of_up(container: &Container, service: &str, drift: Option<&Drift>) -> (String, Tone) {
    let rest = match container.state {
        State::Running | State::Restarting => "stays",
        State::Paused => "stays paused",
        State::Created | State::Exited | State::Dead | State::Removing | State::Other(_) => "started",
    };
    let Some(drift) = drift else {
        return (format!("{rest}; recreated if files or image changed"), Tone::Plain);
    };
    let Some(differs) = drift.differing.iter().find(|known| known.name == service) else {
        return (format!("{rest}: matches the files"), Tone::Plain);
    };
    let whats: Vec<&str> = differs.differences.iter().map(|one| one.what.as_str()).collect();
    match whats.as_slice() {
        ["service"] => ("stays: not in the files (orphan)".into(), Tone::Plain),
        // How many there are says nothing about this one.
        ["containers" | "running"] => (format!("{rest}; removed if there are too many"), Tone::Warn),
        _ => (
            format!("recreated: {} {}", whats.join(", "), if whats.len() == 1 { "differs" } else { "differ" }),
            Tone::Warn,
        ),
    }
}

fn of_down(container: &Container, service: &str, drift: Option<&Drift>) -> (String, Tone) {
    let ended = matches!(container.state, State::Exited | State::Created | State::Dead);
    let goes = if ended { "removed" } else { "stopped and removed" };
    let Some(drift) = drift else {
        return (format!("{goes} if in the files"), Tone::Warn);
    };
    let orphan =
        |known: &ServiceDrift| known.name == service && known.differences.iter().any(|one| one.what == "service");
    if drift.differing.iter().any(orphan) {
        return ("stays: not in the files (orphan)".into(), Tone::Plain);
    }
    (goes.into(), Tone::Warn)
}

/// The ids of a project's containers, without those that were made for one run by hand: as a comparison counts them.
fn compared(project: &Project) -> BTreeSet<String> {
    let by_hand = |one: &Container| {
        one.label("com.docker.compose.oneoff").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    };
    project.containers().filter(|one| !by_hand(one)).map(|one| one.id.raw().to_string()).collect()
}

/// Sentences on what is lost and what else happens.
fn sentences(verb: ComposeVerb, project: Option<&Project>) -> Vec<String> {
    let mut sentences = Vec::new();
    let known = project.is_some_and(|project| project.containers().next().is_some());
    match verb {
        ComposeVerb::Up | ComposeVerb::PullUp if !known => {
            sentences.push("All services in the files are created and started.".into());
        }
        ComposeVerb::Up | ComposeVerb::PullUp => {
            sentences.push("Recreated containers lose their logs and all data written outside volumes.".into());
        }
        ComposeVerb::Pull => sentences.push("Only pulls images, for all services in the files.".into()),
        ComposeVerb::Down | ComposeVerb::DownVolumes => {
            sentences.push("Logs and all data written outside volumes are lost.".into());
            sentences.push("The project's networks are removed; orphans stay.".into());
        }
    }
    if verb == ComposeVerb::DownVolumes {
        let volumes: BTreeSet<&str> = project
            .into_iter()
            .flat_map(Project::containers)
            .flat_map(|one| one.ties.mounts.iter().filter_map(|mount| mount.volume.as_deref()))
            .collect();
        let named: Vec<&str> = volumes.iter().copied().filter(|name| !is_anonymous_volume(name)).collect();
        let made_up = volumes.len() - named.len();
        let mut what = vec!["all volumes declared in the files".to_string()];
        what.extend(named.iter().map(ToString::to_string));
        what.extend((made_up > 0).then(|| format!("{made_up} anonymous")));
        sentences.push(format!("Lost for good, except external ones: {}.", what.join(", ")));
    }
    sentences
}

/// A sentence if the containers of a project do not agree on where its files are, or are of another folder than the files of a
/// run: compose goes by the project's name alone.
fn disagreement(project: &Project, site: &ComposeSite) -> Option<String> {
    let told: BTreeSet<[Option<&str>; 2]> = project
        .containers()
        .map(|one| ["working_dir", "config_files"].map(|name| one.label(&format!("com.docker.compose.project.{name}"))))
        .collect();
    if told.len() > 1 {
        return Some("Its containers name different files or folders: check that these are the right ones.".into());
    }
    let other = project.folder.as_deref().filter(|folder| *folder != site.folder)?;
    Some(format!("Its containers come from another folder, {other}: compose treats them as this project's."))
}
