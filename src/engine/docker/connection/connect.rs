//! Finding the engine: each place in turn, until one answers.

use super::connector::{Connector, Found};
use crate::engine::clock;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::list;
use crate::engine::docker::transport::Transport;
use crate::engine::settings::{Endpoint, Place};
use crate::model::{Attempt, Container, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long a lost engine may take to answer again before the screen says so.
const GRACE: Duration = Duration::from_millis(300);

impl Connector {
    /// One round: every place once, in order. Before it takes long, a lost engine is shown as lost.
    pub(super) async fn reach(&self) -> Result<Found, Vec<(EngineError, Attempt)>> {
        let round = self.round();
        tokio::pin!(round);
        if self.lost.is_some() {
            tokio::select! {
                biased;
                done = &mut round => return done,
                () = sleep(GRACE) => self.show_down(clock::now()).await,
            }
        }
        round.await
    }

    async fn round(&self) -> Result<Found, Vec<(EngineError, Attempt)>> {
        let places: Vec<Arc<Place>> = match &self.home {
            Some(home) => vec![home.clone()],
            None => self.shared.settings.places.iter().cloned().map(Arc::new).collect(),
        };
        let mut attempts = Vec::new();
        for place in places {
            let transport = self.transport_to(&place);
            match self.try_list(&transport, &place).await {
                Ok((list, since)) => return Ok(Found { transport, place, list, since }),
                Err(fault) => {
                    let address = place.endpoint.to_string();
                    let problem = fault.problem(&format!("connect to {address}"), Some(&place));
                    tracing::info!("{problem}");
                    attempts.push((fault, Attempt { address, reason: place.origin.to_string(), problem }));
                }
            }
        }
        Err(attempts)
    }

    /// The way to a place: the one that led there before, with its pool, or a new one.
    fn transport_to(&self, place: &Arc<Place>) -> Transport {
        match &self.line.borrow().way {
            Some((transport, known)) if Arc::ptr_eq(known, place) => transport.clone(),
            _ => Transport::new(&place.endpoint, &self.shared.settings),
        }
    }

    /// The first thing on the wire is the list itself. Only when that is slow does a ping decide whether anybody is there at all.
    async fn try_list(&self, transport: &Transport, place: &Place) -> Result<(Vec<Container>, Timestamp), EngineError> {
        let began = clock::now();
        let list = transport.list(list::LIST);
        tokio::pin!(list);
        let half = self.shared.settings.connect_timeout / 2;
        let answer = match timeout(half, &mut list).await {
            Ok(answer) => answer.map_err(stranger)?,
            Err(_) => {
                let alive = async {
                    match transport.get_within("/_ping", half).await {
                        Err(EngineError::Slow(_)) => EngineError::Slow(half * 2),
                        Err(fault) if fault.is_loss() => fault,
                        _ => std::future::pending().await,
                    }
                };
                tokio::select! {
                    answer = &mut list => answer.map_err(stranger)?,
                    fault = alive => return Err(fault),
                }
            }
        };
        let clock = transport.clock();
        let list =
            list::containers(&answer, self.engine(), clock).map_err(|error| EngineError::Garbage(error.to_string()))?;
        // The engine's clock may be a little off, though it counts as ours: early events are told twice at worst.
        let margin = if matches!(place.endpoint, Endpoint::Tcp { .. }) { 30.0 } else { 3.0 };
        Ok((list, clock.theirs(began).plus_seconds(-margin)))
    }
}

/// Every engine has a list: where there is none, something else answers.
fn stranger(fault: EngineError) -> EngineError {
    match fault {
        EngineError::Status(404, words) => EngineError::Garbage(words),
        other => other,
    }
}
