//! This room knows the connection to one engine: finding it, following it, losing it, finding it again.
//! It may use the transport, the lists, the events, the model and tokio.
//! It never sends an operation, opens a stream for somebody, or forgets what was known while the engine is away.

mod connect;
mod connector;
mod retry;
mod session;
pub mod state;

use super::details::Stale;
use super::error::EngineError;
use super::events::EventMemory;
use super::sessions::ownership;
use super::shared::Shared;
use crate::model::{Fact, Link};
use connector::{Connector, Found};
use session::Session;
use state::{ConnectionState, RunStarts};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// A link that holds this long is sound: the next loss begins with no pause.
const SOUND: Duration = Duration::from_secs(5);

/// Keeps the link for ever.
pub async fn run(
    shared: Shared,
    line: Arc<watch::Sender<ConnectionState>>,
    starts: Arc<watch::Sender<RunStarts>>,
    stale: mpsc::Sender<Stale>,
) {
    let hearing = EventMemory::new(shared.settings.engine, shared.sessions.records().clone());
    let mut connector = Connector { shared, line, starts, stale, hearing, home: None, lost: None, rounds: 0 };
    introduce(&connector).await;
    loop {
        match connector.reach().await {
            Ok(found) => {
                let up_since = Instant::now();
                let fault = session(&mut connector, found).await;
                if up_since.elapsed() >= SOUND {
                    connector.rounds = 0;
                }
                connector.lose(fault).await;
            }
            Err(attempts) => connector.wait(attempts).await,
        }
    }
}

/// The engine's first entry, before anything is known.
async fn introduce(connector: &Connector) {
    let engine = connector.engine();
    let mut facts = vec![Fact::Configured(engine, "local".into()), Fact::Link(engine, Link::Connecting)];
    if let Some(place) = connector.shared.settings.places.first() {
        facts.push(Fact::Configured(engine, connector.name(place)));
        facts.push(Fact::Address(engine, place.endpoint.to_string()));
        facts.push(Fact::Origin(engine, place.origin.clone()));
    }
    connector.shared.publisher.tell(facts).await;
}

/// Follows an engine until it is lost; returns the reason.
async fn session(connector: &mut Connector, found: Found) -> EngineError {
    let Found { transport, place, mut list, since } = found;
    let engine = connector.engine();
    connector.line.send_modify(|line| {
        let way = Some((transport.clone(), place.clone()));
        *line = ConnectionState { way, up: true, session: line.session + 1 };
    });
    if !connector.shared.settings.read_only {
        ownership::sweep(&transport, &list, connector.shared.sessions.records());
    }
    list.retain(|container| !ownership::is_of_volume(container, connector.shared.sessions.records()));
    // What was heard just before the engine was lost may be newer than its list.
    connector.shared.claims.correct(&mut list, Instant::now());
    let facts = vec![
        Fact::Configured(engine, connector.name(&place)),
        Fact::Address(engine, place.endpoint.to_string()),
        Fact::Origin(engine, place.origin.clone()),
        Fact::Link(engine, Link::Up),
        Fact::Attempts(engine, Vec::new()),
        Fact::Containers(engine, list),
    ];
    connector.shared.publisher.tell(facts).await;
    tracing::info!("connected to {}", place.endpoint);
    connector.home = Some(place);
    connector.lost = None;
    connector.hearing.reconnect();
    let since = if connector.hearing.latest.is_known() { connector.hearing.latest } else { since };
    Session::new(connector, transport, since).run().await
}
