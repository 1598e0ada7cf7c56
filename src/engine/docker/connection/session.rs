//! One connection's life: the event stream, what it makes us look at, and the slow full list.

use super::connector::Connector;
use super::state::RunStarts;
use crate::engine::clock;
use crate::engine::docker::claims::Claims;
use crate::engine::docker::details::Stale;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::events::{self, Change};
use crate::engine::docker::list::{self, Look, Seen};
use crate::engine::docker::pauses::Pauses;
use crate::engine::docker::transport::{self, Transport};
use crate::engine::docker::{api, convert};
use crate::engine::rfc3339;
use crate::model::{ApiVersion, Container, EngineInfo, Fact, Id, InventoryUpdate, Kind, Problem, State, Timestamp};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// Shortest time between two looks that events ask for.
const LOOK_PACE: Duration = Duration::from_millis(100);
/// Between two full lists of an engine that tells no events.
const DEAF_LIST: Duration = Duration::from_secs(5);
/// Between two questions for its events, and for a list, that are refused.
const REFUSED_EVENTS: Pauses = Pauses::new(Duration::from_secs(30), Duration::from_secs(300));
/// See `REFUSED_EVENTS`.
const REFUSED_LIST: Pauses = Pauses::new(Duration::from_secs(5), Duration::from_secs(60));
/// How far back an end is looked for among past events, seconds.
const PAST: f64 = 86_400.0;
/// Between two questions whether the engine still answers: a hung one keeps its event stream open and says nothing.
const BEAT: Duration = Duration::from_secs(5);

type Looking = Pin<Box<dyn Future<Output = (Look, Result<Seen, EngineError>)> + Send>>;
type Asking<T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send>>;

/// One connection's life: the event stream, what it makes us look at, and the slow full list.
pub(super) struct Session<'a> {
    connector: &'a mut Connector,
    transport: Transport,
    since: Timestamp,
    due: Look,
    claims: Claims,
    next_look: Instant,
    next_list: Instant,
    looking: Option<Looking>,
    /// Its events are refused, by itself or by a guard before it, or a list showed what none had told: full lists stand in
    /// for them until one is heard.
    deaf: bool,
    /// The events are to be asked for anew: the stream carries nothing any more.
    reopen: bool,
    event_pauses: Pauses,
    list_pauses: Pauses,
}

impl<'a> Session<'a> {
    pub(super) fn new(connector: &'a mut Connector, transport: Transport, since: Timestamp) -> Self {
        let now = Instant::now();
        let next_list = now + connector.shared.settings.relist;
        let claims = connector.shared.claims.clone();
        Self {
            connector,
            transport,
            since,
            due: Look::default(),
            claims,
            next_look: now,
            next_list,
            looking: None,
            deaf: false,
            reopen: false,
            event_pauses: REFUSED_EVENTS,
            list_pauses: REFUSED_LIST,
        }
    }

    /// Runs until the engine is lost; returns why.
    pub(super) async fn run(mut self) -> EngineError {
        let wakeups = self.connector.shared.wakeups.clone();
        let mut opening: Option<Asking<http::Response<Incoming>>> = Some(self.open_events(Duration::ZERO));
        let mut info: Option<Asking<EngineInfo>> = Some(Box::pin(engine_info(self.transport.clone())));
        let mut past: Option<Asking<bytes::Bytes>> = None;
        let mut probing: Option<Asking<()>> = None;
        let mut body: Option<Incoming> = None;
        let mut beat = Instant::now() + BEAT;
        loop {
            self.due.named.extend(self.claims.take_due(Instant::now()));
            self.begin_look();
            if std::mem::take(&mut self.reopen) && opening.is_none() {
                body = None;
                self.connector.hearing.reconnect();
                opening = Some(self.open_events(Duration::ZERO));
            }
            let wake = self.wake();
            tokio::select! {
                opened = maybe(&mut opening) => {
                    opening = None;
                    match opened {
                        Ok(answer) => {
                            body = Some(answer.into_body());
                            self.tell_unheard(None).await;
                        }
                        // One that is slow for its events alone is there all the same.
                        Err(fault) if fault.is_loss() && !matches!(fault, EngineError::Slow(_)) => return fault,
                        Err(fault) => {
                            tracing::warn!("the engine tells no events: {fault:?}");
                            self.list_often();
                            // Some engines begin their answer with the first event only.
                            let is_silent = matches!(fault, EngineError::Slow(_));
                            if !is_silent {
                                self.tell_unheard(Some(&fault)).await;
                            }
                            let pause = if is_silent { Duration::ZERO } else { self.event_pauses.take() };
                            opening = Some(self.open_events(pause));
                        }
                    }
                }
                frame = next_frame(&mut body) => match frame {
                    Ok(bytes) => {
                        self.hear(&bytes).await;
                        if self.connector.hearing.is_garbled() {
                            tracing::warn!("the response is not an event stream");
                            body = None;
                            self.connector.hearing.reconnect();
                            self.list_often();
                            self.tell_unheard(Some(&EngineError::Garbage("its events".into()))).await;
                            let pause = self.event_pauses.take();
                            opening = Some(self.open_events(pause));
                        }
                    }
                    Err(fault) => return fault,
                },
                (look, seen) = maybe(&mut self.looking) => {
                    self.looking = None;
                    if let Some(fault) = self.saw(look, seen).await {
                        return fault;
                    }
                }
                told = maybe(&mut info) => {
                    info = None;
                    if let Some(fault) = self.introduced(told).await {
                        return fault;
                    }
                    past = self.ask_past();
                    if past.is_none() {
                        self.hear_past(None).await;
                    }
                }
                told = maybe(&mut past) => {
                    past = None;
                    self.hear_past(told.ok()).await;
                }
                answered = maybe(&mut probing) => {
                    probing = None;
                    if let Err(fault) = answered && fault.is_loss() {
                        return fault;
                    }
                }
                () = wakeups.suspect.notified(), if probing.is_none() => probing = Some(self.probe()),
                () = sleep_until(beat), if probing.is_none() => {
                    beat = Instant::now() + BEAT;
                    probing = Some(self.probe());
                }
                () = wakeups.refresh.notified() => self.due.all = true,
                () = sleep_until(wake) => {
                    if Instant::now() >= self.next_list {
                        self.due.all = true;
                    }
                }
            }
        }
    }

    /// Tells why there are no events, or that there are.
    async fn tell_unheard(&mut self, fault: Option<&EngineError>) {
        let why = fault.map(|fault| match fault {
            EngineError::Garbage(what) => {
                Problem::new("watch events", format!("the engine's response cannot be read: {what}"), "")
            }
            fault => fault.problem("watch events", None),
        });
        self.connector.shared.publisher.tell(vec![Fact::Unheard(self.connector.engine(), why)]).await;
    }

    /// Full lists stand in for events.
    fn list_often(&mut self) {
        self.deaf = true;
        self.next_list = self.next_list.min(Instant::now() + DEAF_LIST);
    }

    fn open_events(&self, after: Duration) -> Asking<http::Response<Incoming>> {
        let since = self.since.max(self.connector.hearing.latest);
        let path = format!("/events?since={}&filters={}", rfc3339::query(since), events::filters());
        let transport = self.transport.clone();
        Box::pin(async move {
            sleep(after).await;
            transport.stream(&path).await
        })
    }

    /// What happened before we were here tells who was asked to end, and why the rest ended: Docker remembers its last events.
    /// Podman would read its whole journal.
    fn ask_past(&self) -> Option<Asking<bytes::Bytes>> {
        let shared = &self.connector.shared;
        if !shared.capabilities().remembers_events {
            return None;
        }
        let until = self.transport.clock().theirs(clock::now());
        let range = format!("since={}&until={}", rfc3339::query(until.plus_seconds(-PAST)), rfc3339::query(until));
        let path = format!("/events?{range}&filters={}", events::filters());
        let (transport, limit) = (self.transport.clone(), shared.settings.connect_timeout);
        Some(Box::pin(async move { transport.get_within(&path, limit).await }))
    }

    async fn hear_past(&mut self, told: Option<bytes::Bytes>) {
        let engine = self.connector.engine();
        let records = self.connector.shared.sessions.records().clone();
        // Without it an end is told by its code.
        let (endings, events) = events::past(engine, records, &told.unwrap_or_default());
        let mut facts: Vec<Fact> = endings.into_iter().map(|(id, asked)| Fact::Asked(id, asked)).collect();
        facts.push(Fact::PastEvents(engine, events));
        self.connector.shared.publisher.tell(facts).await;
    }

    fn probe(&self) -> Asking<()> {
        let (transport, limit) = (self.transport.clone(), self.connector.shared.settings.connect_timeout);
        Box::pin(async move { transport.get_within("/_ping", limit).await.map(drop) })
    }

    fn wake(&self) -> Instant {
        let look = if self.looking.is_some() || self.due.is_empty() { self.next_list } else { self.next_look };
        let wake = self.claims.wake().map_or(look, |again| again.min(look));
        wake.max(Instant::now())
    }

    /// Begins a look when something is due, its time has come and none is under way.
    fn begin_look(&mut self) {
        let now = Instant::now();
        if self.looking.is_some() {
            // A full list that falls due meanwhile waits for its turn.
            self.next_list = self.next_list.max(now + LOOK_PACE);
            return;
        }
        if self.due.is_empty() || now < self.next_look {
            return;
        }
        let due = std::mem::take(&mut self.due);
        let (transport, engine) = (self.transport.clone(), self.connector.engine());
        let records = self.connector.shared.sessions.records().clone();
        self.looking = Some(Box::pin(async move { list::look(&transport, engine, &records, due).await }));
    }

    async fn hear(&mut self, bytes: &[u8]) {
        self.deaf = false;
        self.event_pauses = REFUSED_EVENTS;
        let mut facts = Vec::new();
        for heard in self.connector.hearing.feed(bytes) {
            let elsewhere = heard.event.as_ref().is_some_and(|event| event.topic != Kind::Container);
            facts.extend(heard.event.map(Fact::Event));
            // Nobody may be listening.
            heard.changed.into_iter().for_each(|subject| drop(self.connector.shared.changes.send(Some(subject))));
            if elsewhere {
                self.connector.shared.wakeups.told.notify_one();
            }
            let Some(id) = heard.id else { continue };
            let change = self.asked_for(&id, heard.change);
            self.claims.hear(&id, &change, self.transport.clock().ours(heard.at), Instant::now());
            if change == Change::Gone {
                self.due.named.remove(&id);
                self.connector.starts.send_if_modified(|starts| starts.remove(&id).is_some());
                facts.push(Fact::Gone(id));
                continue;
            }
            if change == Change::Started {
                self.connector.starts.send_modify(|starts| {
                    starts.insert(id.clone(), heard.at);
                });
            }
            self.due.named.insert(id);
        }
        if !facts.is_empty() {
            self.connector.shared.publisher.tell(facts).await;
        }
    }

    /// An end of what we are just ending was asked for, also where the engine tells of no signal.
    fn asked_for(&self, id: &Id, change: Change) -> Change {
        let index = self.connector.shared.index.borrow();
        let pending = index.containers.get(id).and_then(|container| container.pending);
        match (change, pending) {
            (Change::Ended { end, .. }, Some(kind)) if kind.spec().ends => Change::Ended { end, asked: true },
            (change, _) => change,
        }
    }

    /// Tells what a look saw. A fault means the engine is lost.
    async fn saw(&mut self, asked: Look, seen: Result<Seen, EngineError>) -> Option<EngineError> {
        let now = Instant::now();
        match seen {
            Ok(seen) => {
                self.list_pauses = REFUSED_LIST;
                // A slow engine is asked less often.
                self.next_look = now + LOOK_PACE.max(seen.took * 4);
                if seen.all && self.shows_untold(&seen) {
                    tracing::warn!("a list shows what no event told: the events are asked for anew");
                    self.deaf = true;
                    self.reopen = true;
                }
                if seen.all {
                    let relist = self.connector.shared.settings.relist;
                    let pause = if self.deaf { relist.min(DEAF_LIST) } else { relist };
                    self.next_list = now + pause.max(seen.took * 100);
                }
                if seen.all {
                    let heard_since = &self.due.named;
                    self.connector.starts.send_if_modified(|starts| forget_gone(starts, &seen.containers, heard_since));
                }
                let stale = self.stale(&seen);
                let asked: Vec<Id> = seen.look.named.iter().cloned().collect();
                let (facts, contradicted) = seen.facts(self.connector.engine(), &self.claims, now);
                self.claims.look_again(asked.into_iter().chain(contradicted.clone()), &contradicted, now);
                self.connector.shared.publisher.tell(facts).await;
                if !stale.is_empty() {
                    // Full only when far behind; then the details come with the next change.
                    drop(self.connector.stale.try_send(stale));
                }
                None
            }
            Err(fault) if fault.is_loss() => Some(fault),
            Err(fault) => {
                tracing::warn!("a list failed: {fault:?}");
                self.due.all = true;
                self.due.named.extend(asked.named);
                self.next_look = now + self.list_pauses.take();
                let failed = InventoryUpdate::Failed(Kind::Container, fault.problem("list containers", None));
                self.connector.shared.publisher.tell(vec![Fact::Stock(self.connector.engine(), failed)]).await;
                None
            }
        }
    }

    /// True when a full list shows a change that no event has told: one that has just happened may be on its way, and to ask
    /// anew for it costs little.
    fn shows_untold(&self, seen: &Seen) -> bool {
        let engine = self.connector.engine();
        let index = self.connector.shared.index.borrow();
        let now = Instant::now();
        let told = |id: &Id| self.due.named.contains(id) || seen.look.named.contains(id) || self.claims.knows(id, now);
        let differs = |container: &Container| {
            index
                .containers
                .get(&container.id)
                .is_none_or(|known| known.state != container.state && known.pending.is_none())
        };
        let listed: HashSet<&Id> = seen.containers.iter().map(|container| &container.id).collect();
        seen.containers.iter().any(|container| !told(&container.id) && differs(container))
            || index.containers.keys().any(|id| id.engine() == engine && !listed.contains(id) && !told(id))
    }

    /// Containers whose details are from an earlier run although their row looks the same.
    fn stale(&self, seen: &Seen) -> Stale {
        let index = self.connector.shared.index.borrow();
        let is_stale = |container: &&Container| {
            seen.look.named.contains(&container.id)
                && index.containers.get(&container.id).is_some_and(|known| {
                    let rerun = known.state == State::Running && self.claims.moment(&container.id, true).is_some();
                    known.state == container.state && (rerun || known.detail.is_some())
                })
        };
        seen.containers.iter().filter(is_stale).map(|container| container.id.clone()).collect()
    }

    async fn introduced(&mut self, told: Result<EngineInfo, EngineError>) -> Option<EngineError> {
        match told {
            Ok(info) => {
                let api = info.api.clone();
                self.connector.shared.publisher.tell(vec![Fact::Info(self.connector.engine(), info)]).await;
                ApiVersion::parse(&api).filter(|api| *api < ApiVersion::OLDEST)?;
                Some(EngineError::TooOld(api))
            }
            Err(fault) if fault.is_loss() => Some(fault),
            Err(fault) => {
                tracing::warn!("the engine does not tell its version: {fault:?}");
                let failed = InventoryUpdate::Failed(Kind::System, fault.problem("read the engine's version", None));
                self.connector.shared.publisher.tell(vec![Fact::Stock(self.connector.engine(), failed)]).await;
                None
            }
        }
    }
}

/// Forgets the starts of containers whose removal was never heard of: a full list does not have them. Those that events named
/// since it was asked for may be newer than it. Nobody waits for a start of one that is gone: nothing to announce.
fn forget_gone(starts: &mut RunStarts, listed: &[Container], heard_since: &HashSet<Id>) -> bool {
    let listed: HashSet<&Id> = listed.iter().map(|container| &container.id).collect();
    starts.retain(|id, _| listed.contains(id) || heard_since.contains(id));
    false
}

async fn engine_info(transport: Transport) -> Result<EngineInfo, EngineError> {
    let version = transport.json::<api::Version>("/version");
    // An engine that has no /info is an engine all the same.
    let info = async { transport.json::<api::Info>("/info").await.unwrap_or_default() };
    let (version, info) = tokio::join!(version, info);
    Ok(convert::engine_info(&version?, &info))
}

/// The future in the slot, or for ever.
async fn maybe<F: Future + Unpin>(slot: &mut Option<F>) -> F::Output {
    match slot {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

async fn next_frame(body: &mut Option<Incoming>) -> Result<bytes::Bytes, EngineError> {
    let Some(body) = body else { return std::future::pending().await };
    match body.frame().await {
        Some(Ok(frame)) => Ok(frame.into_data().unwrap_or_default()),
        Some(Err(error)) => Err(transport::body_fault(&error)),
        None => Err(EngineError::Cut("the engine closed the event stream".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EngineId;

    #[test]
    fn starts_are_remembered_only_of_containers_that_are_there_or_may_be() {
        let [listed, heard, gone] = [1, 2, 3].map(|n| Id::new(EngineId(0), format!("{n:064x}")));
        let list = format!(r#"[{{"Id":"{}","State":"running"}}]"#, listed.raw());
        let list = convert::containers(list.as_bytes(), EngineId(0), Timestamp::from_seconds(9)).unwrap();
        let mut starts: RunStarts = [&listed, &heard, &gone].map(|id| (id.clone(), Timestamp::from_seconds(5))).into();
        forget_gone(&mut starts, &list, &HashSet::from([heard.clone()]));
        assert_eq!(starts.into_keys().collect::<HashSet<_>>(), HashSet::from([listed, heard]));
    }
}
