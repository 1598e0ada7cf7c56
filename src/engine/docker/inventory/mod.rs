//! This folder knows what an engine keeps beside containers: listed while somebody looks, again when it may have changed.
//! It may use the engine's transport and the model.
//! It never asks for what nobody looks at.

pub(in crate::engine) mod api;

use crate::engine::clock::{EngineClock, at, now};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::pauses::Pauses;
use crate::engine::docker::sessions::ownership;
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::Transport;
use crate::engine::path;
use crate::engine::settings::Place;
use crate::model::{
    Container, Disk, DiskUsage, EngineDetails, EngineId, Fact, Id, InventoryUpdate, Kind, Viewport, Volume,
};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// A list that is on screen is asked for again after this long: a net below the events.
const AGAIN: Duration = Duration::from_secs(10);
/// What the disk holds is a costly question: engines walk through every file.
const DISK_AGAIN: Duration = Duration::from_secs(60);
/// After an event: what happens at once is seen in one list.
const SOON: Duration = Duration::from_millis(500);
/// Between two questions for the same list.
const PACE: Duration = Duration::from_millis(200);
/// Between two such questions at least.
const DISK_PACE: Duration = Duration::from_secs(3);
/// Between two questions that are refused.
const REFUSED: Pauses = Pauses::new(Duration::from_secs(2), Duration::from_secs(60));
/// The time limit for the disk usage.
const DISK_LIMIT: Duration = Duration::from_secs(120);

/// What an inspection tells of a volume, as a list does: by our clock.
pub(in crate::engine) fn volume(json: &[u8], engine: EngineId, clock: &EngineClock) -> Result<Volume, EngineError> {
    Ok(by_our_clock(api::volume(json, engine)?, clock))
}

fn by_our_clock(volume: Volume, clock: &EngineClock) -> Volume {
    Volume { created: clock.ours(volume.created), ..volume }
}

/// Lists for ever.
pub async fn run(shared: Shared, mut attention: watch::Receiver<Viewport>) {
    let mut line = shared.line.clone();
    let mut known: Option<(Kind, Option<Id>)> = None;
    // When the list on screen is to be asked for again, and not before.
    let (mut next, mut earliest): (Option<Instant>, Instant) = (None, Instant::now());
    // After refusals the list and the layers are asked for more seldom, whatever happens meanwhile.
    let (mut list_pauses, mut layer_pauses, mut layers_due) = (REFUSED, REFUSED, Instant::now());
    loop {
        let (looked_at, away) = {
            let attention = attention.borrow_and_update();
            ((attention.kind, attention.chosen.clone()), attention.away)
        };
        let way = {
            let line = line.borrow_and_update();
            line.way.clone().filter(|_| line.up)
        };
        let kind = looked_at.0;
        let other_kind = known.as_ref().is_none_or(|(known, _)| *known != kind);
        let other_chosen = known.as_ref() != Some(&looked_at);
        let mut seen = looked_at.clone();
        match way {
            None => next = None,
            Some(_) if matches!(kind, Kind::Container | Kind::Project) => next = None,
            Some((transport, place)) => {
                if other_kind || next.is_none_or(|due| due <= Instant::now()) {
                    let since = Instant::now();
                    let told = ask(&shared, &transport, &place, kind).await;
                    let refused = matches!(told[..], [InventoryUpdate::Failed(..)]);
                    tell(&shared, told).await;
                    if !refused || other_kind {
                        list_pauses = REFUSED;
                    }
                    let refused = if refused { list_pauses.take() } else { Duration::ZERO };
                    // A slow engine is asked less often, also where events come again and again.
                    let pause = if away { AGAIN * 6 } else { AGAIN };
                    next = Some(Instant::now() + pause.max(since.elapsed() * 20).max(refused));
                    earliest = Instant::now() + (since.elapsed() * 4).max(refused);
                }
                let other_image = known.as_ref().is_none_or(|(_, chosen)| chosen.is_some());
                let is_due = other_chosen && (other_image || Instant::now() >= layers_due);
                let own = looked_at.1.as_ref().filter(|id| id.engine() == shared.settings.engine);
                if let (Kind::Image, Some(id), true) = (kind, own, is_due) {
                    match layers(&transport, id).await {
                        Ok(layers) => {
                            layer_pauses = REFUSED;
                            tell(&shared, vec![InventoryUpdate::Layers(id.clone(), layers)]).await;
                        }
                        // Asked for again with a later list.
                        Err(fault) => {
                            layers_due = Instant::now() + layer_pauses.take();
                            let problem = fault.problem("read the layers of the image", Some(&place));
                            tell(&shared, vec![InventoryUpdate::LayersFailed(id.clone(), problem)]).await;
                            seen.1 = None;
                        }
                    }
                } else if other_chosen && !is_due {
                    seen.1 = None;
                }
            }
        }
        known = Some(seen);
        let looked_at = Some(looked_at);
        tokio::time::sleep(PACE).await;
        tokio::select! {
            changed = attention.wait_for(|now| concerns(now, looked_at.as_ref())) => if changed.is_err() { return },
            changed = line.changed() => if changed.is_err() { return },
            () = shared.wakeups.stock.notified() => next = Some(Instant::now()),
            () = shared.wakeups.told.notified() => next = next.map(|due| due.min((Instant::now() + SOON).max(earliest))),
            () = at(next) => {}
        }
    }
}

/// Asks for ever what the disk holds, while somebody looks: that may take minutes, and holds up no list.
pub async fn run_disk(shared: Shared, mut attention: watch::Receiver<Viewport>) {
    loop {
        let wants = |now: &Viewport| matches!(now.kind, Kind::System | Kind::Volume) && !now.away;
        if attention.wait_for(wants).await.is_err() {
            return;
        }
        let way = {
            let line = shared.line.borrow();
            line.way.clone().filter(|_| line.up)
        };
        let Some((transport, place)) = way else {
            tokio::time::sleep(DISK_PACE).await;
            continue;
        };
        let since = Instant::now();
        match disk(&shared, &transport).await {
            Ok(disk) => tell(&shared, vec![InventoryUpdate::Disk(disk)]).await,
            Err(fault) => {
                tell(&shared, vec![InventoryUpdate::DiskFailed(fault.problem("measure disk usage", Some(&place)))])
                    .await
            }
        }
        tokio::time::sleep(DISK_PACE.max(since.elapsed() * 4)).await;
        tokio::select! {
            () = shared.wakeups.disk.notified() => {}
            () = tokio::time::sleep(DISK_AGAIN) => {}
        }
    }
}

async fn ask(shared: &Shared, transport: &Transport, place: &Place, kind: Kind) -> Vec<InventoryUpdate> {
    match list(transport, shared.settings.engine, kind).await {
        Ok(list) => list,
        Err(fault) => {
            if fault.is_loss() {
                shared.wakeups.suspect.notify_one();
            }
            let during = format!("list {}", kind.count(2).trim_start_matches("2 "));
            vec![InventoryUpdate::Failed(kind, fault.problem(&during, Some(place)))]
        }
    }
}

/// Containers and the rows on screen are not looked at here.
fn concerns(now: &Viewport, known: Option<&(Kind, Option<Id>)>) -> bool {
    known.is_none_or(|(kind, chosen)| *kind != now.kind || *chosen != now.chosen)
}

async fn tell(shared: &Shared, told: Vec<InventoryUpdate>) {
    let engine = shared.settings.engine;
    shared.publisher.tell(told.into_iter().map(|told| Fact::Stock(engine, told)).collect()).await;
}

/// Raw, as all that follow: closed enums.
async fn list(transport: &Transport, engine: EngineId, kind: Kind) -> Result<Vec<InventoryUpdate>, EngineError> {
    let clock = transport.clock();
    Ok(match kind {
        Kind::Image => {
            let mut images = api::images(&transport.list("/images/json").await?, engine)?;
            images.iter_mut().for_each(|image| image.created = clock.ours(image.created));
            vec![InventoryUpdate::Images(images)]
        }
        Kind::Volume => {
            let at = now();
            vec![InventoryUpdate::Volumes(volumes(&transport.get("/volumes").await?, engine, clock)?, at)]
        }
        Kind::Network => {
            let mut networks = api::networks(&transport.list("/networks").await?, engine)?;
            networks.iter_mut().for_each(|network| network.created = clock.ours(network.created));
            vec![InventoryUpdate::Networks(networks)]
        }
        Kind::System => vec![InventoryUpdate::About(about(transport).await?)],
        Kind::Container | Kind::Project => Vec::new(),
    })
}

fn volumes(json: &[u8], engine: EngineId, clock: &EngineClock) -> Result<Vec<Volume>, EngineError> {
    let volumes = api::volumes(json, engine)?.into_iter();
    Ok(volumes.map(|volume| by_our_clock(volume, clock)).collect())
}

async fn layers(transport: &Transport, id: &Id) -> Result<Vec<crate::model::Layer>, EngineError> {
    let mut layers = api::layers(&transport.get(&format!("/images/{}/history", path::image(id.raw()))).await?)?;
    layers.iter_mut().for_each(|layer| layer.created = transport.clock().ours(layer.created));
    Ok(layers)
}

async fn about(transport: &Transport) -> Result<EngineDetails, EngineError> {
    api::about(&transport.get("/info").await?)
}

async fn disk(shared: &Shared, transport: &Transport) -> Result<Disk, EngineError> {
    let is_helper = |one: &Container| ownership::is_of_volume(one, shared.sessions.records());
    // Raw: model.
    api::disk(&transport.get_within("/system/df", DISK_LIMIT).await?, is_helper)
}

/// What counts as a share: all, those in use, and what the others hold.
fn share(parts: impl Iterator<Item = (u64, bool)>) -> DiskUsage {
    parts.fold(DiskUsage::default(), |share, (size, used)| DiskUsage {
        count: share.count + 1,
        used: share.used + usize::from(used),
        size: share.size + size,
        free: share.free + if used { 0 } else { size },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn a_volume_is_the_same_in_a_list_and_by_itself_whatever_the_engines_clock_says() {
        let clock = EngineClock::default();
        clock.observe("Sat, 21 Nov 2026 07:00:51 GMT", Timestamp::from_seconds(1_795_240_851), Duration::ZERO);
        let one = r#"{"Name":"data","Driver":"local","CreatedAt":"2026-11-21T07:00:00Z","Options":null,"Labels":null}"#;
        let list = format!(r#"{{"Volumes":[{one}]}}"#);
        let listed = volumes(list.as_bytes(), EngineId(0), &clock).unwrap().remove(0);
        assert_eq!(listed.created.seconds(), 1_795_240_799, "an hour ahead of ours, and half a second");
        assert_eq!(volume(one.as_bytes(), EngineId(0), &clock).unwrap(), listed);
    }
}
