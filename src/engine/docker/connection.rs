//! Finding the engine, hearing it, losing it, finding it again (rows C1, C4, C6, F6).

use crate::engine::claims::Claims;
use crate::engine::clock;
use crate::engine::details::Stale;
use crate::engine::error::EngineError;
use crate::engine::events::{self, Change, EventMemory};
use crate::engine::list::{self, Look, Seen};
use crate::engine::pauses::Pauses;
use crate::engine::transport::{self, Transport};
use crate::engine::{Endpoint, Place, Shared, api, convert, rfc3339, sessions};
use crate::model::{
    ApiVersion, Attempt, Container, EngineId, EngineInfo, Fact, Id, InventoryUpdate, Kind, Link, Problem, Runtime,
    State, Timestamp,
};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Pauses between rounds of attempts; the last repeats for ever.
const PAUSES: [u64; 5] = [1, 2, 4, 8, 10];
/// How long a lost engine may take to answer again before the screen says so.
const GRACE: Duration = Duration::from_millis(300);
/// A link that holds this long is sound: the next loss begins with no pause.
const SOUND: Duration = Duration::from_secs(5);
/// Shortest time between two looks that events ask for.
const LOOK_PACE: Duration = Duration::from_millis(100);
/// How often a socket on which nobody listened is looked at.
const KNOCK: Duration = Duration::from_millis(150);
/// Between two full lists of an engine that tells no events.
const DEAF_LIST: Duration = Duration::from_secs(5);
/// Between two questions for its events, and for a list, that are refused.
const REFUSED_EVENTS: Pauses = Pauses::new(Duration::from_secs(30), Duration::from_secs(300));
/// See `REFUSED_EVENTS`.
const REFUSED_LIST: Pauses = Pauses::new(Duration::from_secs(5), Duration::from_secs(60));
/// How far back an end is looked for among past events, seconds.
const PAST: f64 = 86_400.0;
/// Next attempt with an engine that is too old.
const TOO_OLD_PAUSE: Duration = Duration::from_secs(60);

/// The way to the engine, as the store's tasks see it.
#[derive(Clone, Debug, Default)]
pub struct ConnectionState {
    /// Once an engine has been found: the way, and where it leads.
    pub way: Option<(Transport, Arc<Place>)>,
    /// True while it answers.
    pub up: bool,
    /// Counts how often it was found: a stream of an earlier session may hang on a connection that is dead.
    pub session: u64,
}

/// The engine's present session. When it is lost and found again, what was opened before may be dead without a word.
#[derive(Clone, Debug)]
pub struct ConnectionGuard {
    line: watch::Receiver<ConnectionState>,
    number: u64,
}

impl ConnectionGuard {
    /// The present one.
    pub fn of(shared: &Shared) -> Self {
        Self { line: shared.line.clone(), number: shared.line.borrow().session }
    }

    /// Returns when there is another.
    pub async fn over(&self) {
        let mut line = self.line.clone();
        if line.wait_for(|line| line.session != self.number).await.is_err() {
            // The store is ending, and the caller's task with it.
            std::future::pending().await
        }
    }
}

/// Why a stream is opened anew.
pub fn engine_was_away() -> EngineError {
    EngineError::Cut("the engine was away".into())
}

/// When each container was last heard to start. A run may be shorter than any look at it.
pub type RunStarts = HashMap<Id, Timestamp>;

/// What others can ask of the link.
#[derive(Debug, Default)]
pub struct Wakeups {
    /// Try now.
    pub retry: Notify,
    /// List now.
    pub refresh: Notify,
    /// Somebody's request was lost: see whether the engine is still there.
    pub suspect: Notify,
    /// Something beside containers may have changed: list it now, if somebody looks.
    pub stock: Notify,
    /// What the disk holds may have changed: ask, if somebody looks.
    pub disk: Notify,
    /// The engine told so itself.
    pub told: Notify,
}

/// An engine that answered.
struct Found {
    transport: Transport,
    place: Arc<Place>,
    list: Vec<Container>,
    /// From when on its events are needed.
    since: Timestamp,
}

struct Connector {
    shared: Shared,
    line: watch::Sender<ConnectionState>,
    starts: watch::Sender<RunStarts>,
    stale: mpsc::Sender<Stale>,
    hearing: EventMemory,
    /// Where an engine has been up: the only place from then on.
    home: Option<Arc<Place>>,
    /// Why and when it was lost.
    lost: Option<(Problem, Timestamp)>,
    rounds: usize,
}

/// Keeps the link for ever.
pub async fn run(
    shared: Shared,
    line: watch::Sender<ConnectionState>,
    starts: watch::Sender<RunStarts>,
    stale: mpsc::Sender<Stale>,
) {
    let hearing = EventMemory::new(shared.settings.engine, shared.sessions.records().clone());
    let mut connector = Connector { shared, line, starts, stale, hearing, home: None, lost: None, rounds: 0 };
    connector.introduce().await;
    loop {
        match connector.reach().await {
            Ok(found) => {
                let up_since = Instant::now();
                let fault = connector.session(found).await;
                if up_since.elapsed() >= SOUND {
                    connector.rounds = 0;
                }
                connector.lose(fault).await;
            }
            Err(attempts) => connector.wait(attempts).await,
        }
    }
}

impl Connector {
    fn engine(&self) -> EngineId {
        self.shared.settings.engine
    }

    /// The engine's first entry, before anything is known.
    async fn introduce(&self) {
        let engine = self.engine();
        let mut facts = vec![Fact::Configured(engine, "local".into()), Fact::Link(engine, Link::Connecting)];
        if let Some(place) = self.shared.settings.places.first() {
            facts.push(Fact::Configured(engine, place.name()));
            facts.push(Fact::Address(engine, place.endpoint.to_string()));
            facts.push(Fact::Origin(engine, place.origin.clone()));
        }
        self.shared.publisher.tell(facts).await;
    }

    /// One round: every place once, in order. Before it takes long, a lost engine is shown as lost.
    async fn reach(&self) -> Result<Found, Vec<(EngineError, Attempt)>> {
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

    /// Down, with the reason and the moment of the next attempt.
    async fn show_down(&self, retry_at: Timestamp) {
        let Some((why, since)) = self.lost.clone() else { return };
        self.line.send_modify(|line| line.up = false);
        let link = Link::Down { why, since, retry_at, never_up: self.home.is_none() };
        self.shared.publisher.tell(vec![Fact::Link(self.engine(), link)]).await;
    }

    async fn lose(&mut self, fault: EngineError) {
        let Some(home) = &self.home else { return };
        let problem = fault.problem(&format!("hear {}", home.endpoint), Some(home));
        tracing::warn!("lost the engine: {problem}");
        self.lost = Some((problem, clock::now()));
        if let EngineError::TooOld(_) = fault {
            self.home = None;
            self.pause(TOO_OLD_PAUSE).await;
        } else if self.rounds > 0 {
            // It answers but does not stay: no hammering.
            self.pause(pause_after(self.rounds)).await;
        }
        self.rounds += 1;
    }

    /// Nobody answered: says so, waits, or is nudged.
    async fn wait(&mut self, attempts: Vec<(EngineError, Attempt)>) {
        let why = summary(&attempts);
        let since = self.lost.as_ref().map_or_else(clock::now, |(_, since)| *since);
        self.lost = Some((why, since));
        let (faults, attempts): (Vec<EngineError>, Vec<Attempt>) = attempts.into_iter().unzip();
        self.shared.publisher.tell(vec![Fact::Attempts(self.engine(), attempts)]).await;
        let knock = self.sockets(&faults);
        let too_old = faults.iter().any(|fault| matches!(fault, EngineError::TooOld(_)));
        let pause = if too_old { TOO_OLD_PAUSE } else { pause_after(self.rounds) };
        let knocked = self.pause_knocking(pause, &knock).await;
        self.rounds = if knocked { 0 } else { self.rounds + 1 };
    }

    async fn pause(&self, pause: Duration) {
        self.pause_knocking(pause, &[]).await;
    }

    /// Waits, or is nudged, or one of the sockets is there again: true then.
    async fn pause_knocking(&self, pause: Duration, sockets: &[PathBuf]) -> bool {
        self.show_down(clock::now().plus_seconds(pause.as_secs_f64())).await;
        tokio::select! {
            () = sleep(pause) => false,
            () = self.shared.wakeups.retry.notified() => false,
            () = knock(sockets) => true,
        }
    }

    /// The sockets that nobody listened on: an engine that starts is noticed there at once, for almost nothing.
    fn sockets(&self, faults: &[EngineError]) -> Vec<PathBuf> {
        let nobody = |fault: &EngineError| {
            matches!(fault, EngineError::Connect(ErrorKind::NotFound | ErrorKind::ConnectionRefused, _))
        };
        let places: Vec<&Place> = match &self.home {
            Some(home) => vec![home],
            None => self.shared.settings.places.iter().collect(),
        };
        let silent = places.into_iter().zip(faults).filter(|(_, fault)| nobody(fault));
        silent
            .filter_map(|(place, _)| match &place.endpoint {
                Endpoint::Unix(path) => Some(path.clone()),
                _ => None,
            })
            .collect()
    }

    /// Hears an engine until it is lost; returns why.
    async fn session(&mut self, found: Found) -> EngineError {
        let Found { transport, place, mut list, since } = found;
        let engine = self.engine();
        self.line.send_modify(|line| {
            let way = Some((transport.clone(), place.clone()));
            *line = ConnectionState { way, up: true, session: line.session + 1 };
        });
        if !self.shared.settings.read_only {
            sessions::ownership::sweep(&transport, &list, self.shared.sessions.records());
        }
        list.retain(|container| !sessions::ownership::is_of_volume(container, self.shared.sessions.records()));
        // What was heard just before the engine was lost may be newer than its list.
        self.shared.claims.correct(&mut list, Instant::now());
        let facts = vec![
            Fact::Configured(engine, place.name()),
            Fact::Address(engine, place.endpoint.to_string()),
            Fact::Origin(engine, place.origin.clone()),
            Fact::Link(engine, Link::Up),
            Fact::Attempts(engine, Vec::new()),
            Fact::Containers(engine, list),
        ];
        self.shared.publisher.tell(facts).await;
        tracing::info!("connected to {}", place.endpoint);
        self.home = Some(place);
        self.lost = None;
        self.hearing.reconnect();
        let since = if self.hearing.latest.is_known() { self.hearing.latest } else { since };
        Session::new(self, transport, since).run().await
    }
}

/// Every engine has a list: where there is none, something else answers.
fn stranger(fault: EngineError) -> EngineError {
    match fault {
        EngineError::Status(404, words) => EngineError::Garbage(words),
        other => other,
    }
}

/// Returns when somebody listens on one of the sockets; for ever if there is none.
async fn knock(sockets: &[PathBuf]) {
    if sockets.is_empty() {
        return std::future::pending().await;
    }
    loop {
        sleep(KNOCK).await;
        for path in sockets {
            if tokio::net::UnixStream::connect(path).await.is_ok() {
                return;
            }
        }
    }
}

fn pause_after(rounds: usize) -> Duration {
    Duration::from_secs(PAUSES[rounds.min(PAUSES.len() - 1)])
}

/// The most telling failure of a round: a socket that is not there tells least.
fn summary(attempts: &[(EngineError, Attempt)]) -> Problem {
    let missing = |fault: &EngineError| matches!(fault, EngineError::Connect(ErrorKind::NotFound, _));
    let telling = attempts.iter().find(|(fault, _)| !missing(fault));
    match (telling, attempts) {
        (Some((_, attempt)), _) | (None, [(_, attempt)]) => attempt.problem.clone(),
        (None, [(_, first), ..]) => Problem::new(
            "find a container engine",
            format!("none of the {} places has one", attempts.len()),
            &first.problem.hint,
        ),
        (None, []) => Problem::new("find a container engine", "there is no place to look", "name one with --host"),
    }
}

type Looking = Pin<Box<dyn Future<Output = (Look, Result<Seen, EngineError>)> + Send>>;
type Asking<T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send>>;

/// One connection's life: the event stream, what it makes us look at, and the slow full list.
struct Session<'a> {
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

/// Between two questions whether the engine still answers: a hung one keeps its event stream open and says nothing.
const BEAT: Duration = Duration::from_secs(5);

impl<'a> Session<'a> {
    fn new(connector: &'a mut Connector, transport: Transport, since: Timestamp) -> Self {
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

    async fn run(mut self) -> EngineError {
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
                            tracing::warn!("what the engine tells is no events");
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
                }
                told = maybe(&mut past) => {
                    past = None;
                    self.hear_past(told).await;
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
                Problem::new("hear events", format!("the engine's answer cannot be read: {what}"), "")
            }
            fault => fault.problem("hear events", None),
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

    /// Who ended badly before we were here may have been asked to: Docker remembers its last events. Podman would read its
    /// whole journal.
    fn ask_past(&self) -> Option<Asking<bytes::Bytes>> {
        let shared = &self.connector.shared;
        let is_doubtful =
            |one: &Arc<Container>| one.exit_code.is_some_and(|code| code != 0) && one.past.asked.is_none();
        let is_docker = shared.runtime() == Runtime::Docker;
        if !is_docker || !shared.index.borrow().containers.values().any(is_doubtful) {
            return None;
        }
        let until = self.transport.clock().theirs(clock::now());
        let range = format!("since={}&until={}", rfc3339::query(until.plus_seconds(-PAST)), rfc3339::query(until));
        let path = format!("/events?{range}&filters={}", events::endings_filters());
        let (transport, limit) = (self.transport.clone(), shared.settings.connect_timeout);
        Some(Box::pin(async move { transport.get_within(&path, limit).await }))
    }

    async fn hear_past(&mut self, told: Result<bytes::Bytes, EngineError>) {
        // Without it an end is told by its code.
        let Ok(told) = told else { return };
        let endings = events::endings(self.connector.engine(), self.connector.shared.sessions.records().clone(), &told);
        let facts: Vec<Fact> = endings.into_iter().map(|(id, asked)| Fact::Asked(id, asked)).collect();
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
            (Change::Ended { code, .. }, Some(verb)) if verb.spec().ends => Change::Ended { code, asked: true },
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
                let failed = InventoryUpdate::Failed(Kind::System, fault.problem("ask for the version", None));
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
        None => Err(EngineError::Cut("the engine ended its event stream".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;

    fn failed(kind: ErrorKind, path: &str) -> (EngineError, Attempt) {
        let place = Place { endpoint: Endpoint::Unix(path.into()), origin: Origin::Usual };
        let fault = EngineError::Connect(kind, "words".into());
        let problem = fault.problem("connect", Some(&place));
        (fault, Attempt { address: path.into(), reason: place.origin.to_string(), problem })
    }

    #[test]
    fn pauses_grow_and_stay() {
        let pauses: Vec<u64> = (0..7).map(|rounds| pause_after(rounds).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 10, 10, 10]);
    }

    #[test]
    fn the_most_telling_failure_is_shown() {
        let missing = || failed(ErrorKind::NotFound, "/var/run/docker.sock");
        let denied = failed(ErrorKind::PermissionDenied, "/run/podman/podman.sock");
        assert_eq!(summary(&[missing(), denied.clone()]), denied.1.problem);
        assert_eq!(summary(&[missing()]), missing().1.problem);
        let none = summary(&[missing(), missing()]);
        assert!(none.cause.contains("none of the 2 places") && none.hint.contains("start"), "{none}");
        assert!(summary(&[]).hint.contains("--host"));
    }

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
