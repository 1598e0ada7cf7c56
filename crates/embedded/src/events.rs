//! `GET /events`: what has happened since a moment, and what happens from now on.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use super::event_log::{Event, Kind};
use super::query::{Filters, Query};
use super::response::{Answer, streamed, unfold};
use super::shared::{Shared, closed};
use super::time::{Nanos, now};

const KNOWN: &[&str] = &[
    "config",
    "container",
    "daemon",
    "event",
    "image",
    "label",
    "network",
    "node",
    "plugin",
    "scope",
    "secret",
    "service",
    "type",
    "volume",
];

struct Listener {
    shared: Shared,
    filters: Filters,
    since: Nanos,
    until: Nanos,
    seen: u64,
    bell: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
}

pub(crate) fn events(shared: &Shared, query: &Query) -> Answer {
    let filters = query.filters(KNOWN)?;
    let (since, until) = (query.moment("since")?, query.moment("until")?);
    let state = shared.state();
    let listener = Listener {
        shared: shared.clone(),
        filters,
        since: since.unwrap_or(0),
        until: until.unwrap_or(Nanos::MAX),
        // Without a moment to begin at, only what is yet to come is told.
        seen: if since.is_some() || until.is_some() { 0 } else { state.chronicle.newest() },
        bell: state.chronicle.bell(),
        closing: shared.closing.subscribe(),
    };
    Ok(streamed("application/json", unfold(listener, Listener::next)))
}

impl Listener {
    async fn next(mut self) -> Option<(Bytes, Self)> {
        loop {
            let text = self.gather();
            if !text.is_empty() {
                return Some((Bytes::from(text), self));
            }
            let left = self.until.saturating_sub(now());
            if left <= 0 {
                return None;
            }
            tokio::select! {
                rung = self.bell.changed() => rung.ok()?,
                () = tokio::time::sleep(Duration::from_nanos(left.min(3600 * super::time::SECOND) as u64)) => {}
                () = closed(&mut self.closing) => return None,
            }
        }
    }

    fn gather(&mut self) -> Vec<u8> {
        let shared = self.shared.clone();
        let state = shared.state();
        let (mut text, before) = (Vec::new(), self.seen);
        for happening in state.chronicle.after(before) {
            self.seen = happening.seq;
            if (self.since..=self.until).contains(&happening.at) && fits(happening, &self.filters) {
                text.extend(serde_json::to_vec(&happening.json()).unwrap_or_default());
                text.push(b'\n');
            }
        }
        text
    }
}

fn fits(one: &Event, filters: &Filters) -> bool {
    let name = one.attributes.get("name").map_or("", String::as_str);
    let action = one.action.split(':').next().unwrap_or("");
    let called = |wanted: &str| wanted == name || one.id.starts_with(wanted);
    // As in Docker: an image's own name, or the one a container is made from; each with its tag or without.
    let image = if one.kind == Kind::Image { name } else { one.image.as_str() };
    let pictured = |wanted: &str| {
        wanted == image
            || wanted == one.id
            || image.rsplit_once(':').is_some_and(|(repository, _)| repository == wanted)
    };
    filters.any("type", |kind| kind == one.kind.name())
        && filters.any("scope", |scope| scope == "local")
        && filters.any("event", |wanted| wanted == one.action || wanted == action)
        && filters.any("container", called)
        && filters.any("network", called)
        && filters.any("volume", called)
        && filters.any("image", pictured)
        && filters.labels(&one.attributes)
        && ["config", "daemon", "node", "plugin", "secret", "service"].iter().all(|kind| filters.get(kind).is_empty())
}
