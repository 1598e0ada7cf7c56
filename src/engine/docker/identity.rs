//! Whether what is about to be changed is still what was planned. Images' names, volumes and networks are reached by names that
//! may come to mean something else while a plan is on screen: what is not the planned thing any more is refused, saying so.

use crate::engine::docker::api::answers;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::inventory;
use crate::engine::docker::transport::Transport;
use crate::engine::path::{image as named, segment};
use crate::engine::{clock, rfc3339};
use crate::model::{Id, ImageName, Joining, SeenVolume, Untag, Volume, short_image_id, text};
use serde_json::Value;

/// Docker keeps so many events to be told again (moby, `eventsLimit`): where there are as many, older ones may be lost.
const EVENTS_KEPT: usize = 256;
/// So far may clocks differ that count as one, and a second is told whole.
const MARGIN: f64 = 5.0;

answers! { "PascalCase":
    Inspected { id: String, repo_tags: Vec<String>, }
    Happened { #[serde(rename = "Type")] kind: String, action: String, actor: Value, }
}

/// What an engine says of an image, by a name or an id. Raw: closed enums.
async fn inspect(transport: &Transport, name: &str) -> Result<Option<Inspected>, EngineError> {
    match transport.json::<Inspected>(&format!("/images/{}/json", named(name))).await {
        Ok(image) => Ok(Some(image)),
        Err(EngineError::Status(404, _)) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Twelve digits of an image's id, to be shown.
pub fn short(id: &str) -> String {
    text::clean(short_image_id(id)).into_owned()
}

/// A sentence on the image that a name belongs to now.
async fn leads_to(transport: &Transport, name: &str) -> Result<String, EngineError> {
    Ok(match inspect(transport, name).await? {
        Some(image) => format!("the name now belongs to {}", short(&image.id)),
        None => "the name now belongs to no image".into(),
    })
}

/// What to name to an engine to take an image away, or one of its names: the planned one, or nothing.
///
/// An image that goes with its name is removed by its id: whoever takes the name meanwhile keeps it, and an engine refuses what has
/// got further names, unless it is forced. A name of several can be taken away by itself alone; between the look at it here and the
/// engine's own look it may still be given to another image. No engine takes both at once.
pub async fn image_to_remove(transport: &Transport, id: &Id, untag: Option<&Untag>) -> Result<String, EngineError> {
    let id = id.raw();
    let Some(image) = inspect(transport, id).await? else {
        let now = match untag {
            Some(untag) => format!(", {}", leads_to(transport, &untag.name).await?),
            None => String::new(),
        };
        return Err(EngineError::Changed(format!("the image {} no longer exists{now}", short(id))));
    };
    let Some(Untag { name, stays }) = untag else {
        return match image.repo_tags.iter().find(|tag| !tag.starts_with("<none>")) {
            None => Ok(id.to_string()),
            Some(tag) => {
                Err(EngineError::Changed(format!("the image {} had no tag and is now {}", short(id), text::clean(tag))))
            }
        };
    };
    let Some(tag) = image.repo_tags.iter().find(|tag| text::clean(tag) == *name) else {
        return Err(EngineError::Changed(format!(
            "it was the image {}, {}",
            short(id),
            leads_to(transport, name).await?
        )));
    };
    match (image.repo_tags.len(), stays) {
        (2.., _) => Ok(tag.clone()),
        (_, false) => Ok(id.to_string()),
        (_, true) => Err(EngineError::Changed(format!(
            "it is now the last tag of image {}, which would be removed with it",
            short(id)
        ))),
    }
}

/// Refuses a name that another image has than when this was planned: that one would lose it without anybody having said so. The
/// engine's own look comes a moment later, and gives the name to whoever asks.
pub async fn image_name(transport: &Transport, wanted: &ImageName) -> Result<(), EngineError> {
    let holder = inspect(transport, &wanted.name).await?.map(|image| image.id);
    if holder == wanted.holder {
        return Ok(());
    }
    let was = match &wanted.holder {
        Some(id) => format!("{} was the image {}", wanted.name, short(id)),
        None => format!("{} was not an image", wanted.name),
    };
    Err(EngineError::Changed(format!("{was}, {}", leads_to(transport, &wanted.name).await?)))
}

/// Refuses a network that is not there any more, though another one may have its name.
pub async fn network(transport: &Transport, joining: &Joining) -> Result<(), EngineError> {
    network_of(transport, &joining.network, &joining.name).await
}

/// Refuses a network that no longer exists, by id and name.
pub async fn network_of(transport: &Transport, id: &Id, name: &str) -> Result<(), EngineError> {
    let ask = |name: &str| {
        let path = format!("/networks/{}", segment(name));
        // Raw: closed enums.
        async move { transport.get(&path).await }
    };
    match ask(id.raw()).await {
        Ok(_) => Ok(()),
        Err(EngineError::Status(404, _)) => Err(EngineError::Changed(match ask(name).await {
            Ok(_) => format!("the network {name} was recreated: it is a different one now"),
            Err(_) => format!("the network {name} no longer exists"),
        })),
        Err(fault) => Err(fault),
    }
}

/// Refuses a volume that was made anew since it was seen. Nothing about a volume is its own for ever but what engines say of its
/// making: when, by which driver, with which options and labels.
///
/// What Docker says of when is the moment at which the folder of its data was changed last (moby 20.10, `localVolume.CreatedAt`
/// takes the folder's `Ctim`): whoever writes into it moves that. Then the engine is asked whether it took one of that name away
/// since. For as long as something mounts the volume no engine takes it away; where nothing does, a moment remains between this
/// look and what is done next.
pub async fn volume(transport: &Transport, seen: &SeenVolume) -> Result<(), EngineError> {
    let name = seen.name();
    // Raw: closed enums.
    let answer = match transport.get(&format!("/volumes/{}", segment(name))).await {
        Err(EngineError::Status(404, _)) => {
            return Err(EngineError::Changed(format!("the volume {} no longer exists", text::clean(name))));
        }
        answer => answer?,
    };
    let now = inventory::volume(&answer, seen.volume.id.engine(), transport.clock())?;
    // Where an engine does not tell when it was made, another one may look just like it.
    if now.created.is_known() && now == *seen.volume {
        return Ok(());
    }
    let written = Volume { created: now.created, ..(*seen.volume).clone() } == now;
    let since = if written { since_seen(transport, seen).await? } else { SinceSeen::TakenAway };
    let name = text::clean(name);
    match since {
        SinceSeen::Stayed => Ok(()),
        SinceSeen::TakenAway => {
            Err(EngineError::Changed(format!("the volume {name} was recreated: it is a different one now")))
        }
        SinceSeen::Unknown => Err(EngineError::Changed(format!(
            "too many events since: cannot verify that the volume {name} is still the same"
        ))),
    }
}

/// The fate of a volume since it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SinceSeen {
    Stayed,
    TakenAway,
    /// The engine has forgotten some of what happened.
    Unknown,
}

/// What the engine tells of a volume since it was seen. It is asked for all that happened: Docker forgets the oldest of all
/// events, and that it did so shows in no part of them.
async fn since_seen(transport: &Transport, seen: &SeenVolume) -> Result<SinceSeen, EngineError> {
    let since = transport.clock().theirs(seen.at.plus_seconds(-MARGIN));
    // By the engine's own clock, at the end of its present second: all that it has told by now.
    // Raw: headers.
    let date = transport.head("/_ping", "date").await?;
    let now = clock::dated(&date).unwrap_or_else(|| transport.clock().theirs(clock::now()));
    let path = format!("/events?since={}&until={}", rfc3339::query(since), rfc3339::query(now.plus_seconds(1.0)));
    // Raw: decoder.
    Ok(told(&transport.get(&path).await?, seen.name()))
}

/// Reads that fate from events.
fn told(events: &[u8], name: &str) -> SinceSeen {
    let lines: Vec<&[u8]> = events.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let takes = |line: &&[u8]| {
        let happened: Happened = serde_json::from_slice(line).unwrap_or_default();
        let is_it = happened.actor.get("ID").and_then(Value::as_str) == Some(name);
        happened.kind == "volume" && matches!(happened.action.as_str(), "destroy" | "remove") && is_it
    };
    match lines.len() {
        _ if lines.iter().any(takes) => SinceSeen::TakenAway,
        EVENTS_KEPT.. => SinceSeen::Unknown,
        _ => SinceSeen::Stayed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, action: &str, id: &str) -> String {
        format!(r#"{{"Type":"{kind}","Action":"{action}","Actor":{{"ID":"{id}","Attributes":{{}}}},"time":1}}"#) + "\n"
    }

    #[test]
    fn what_is_not_known_of_a_volume_is_not_told_as_known() {
        let other = event("container", "exec_create", "ab");
        let gone = event("volume", "destroy", "data");
        let beside = event("volume", "destroy", "data-2") + &event("volume", "mount", "data");
        for (events, since) in [
            (String::new(), SinceSeen::Stayed),
            (beside + &other.repeat(EVENTS_KEPT - 3), SinceSeen::Stayed),
            (other.repeat(EVENTS_KEPT), SinceSeen::Unknown),
            (gone.clone(), SinceSeen::TakenAway),
            (other.repeat(EVENTS_KEPT - 1) + &gone, SinceSeen::TakenAway),
        ] {
            assert_eq!(told(events.as_bytes(), "data"), since);
        }
    }
}
