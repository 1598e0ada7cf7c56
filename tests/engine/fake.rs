//! A small engine: lists, inspects, events and stats of made-up containers. Records every request; can be stopped and started.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::UnixListener;
use tokio::sync::broadcast;
use tokio::task::JoinSet;

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// What the engine is like.
#[derive(Clone)]
pub struct Fake {
    state: Arc<Mutex<State>>,
    events: broadcast::Sender<String>,
}

struct State {
    containers: usize,
    api: String,
    /// The oldest version that is answered.
    oldest: String,
    requests: Vec<String>,
    /// The versions that stood in paths, one after the other; empty where none did.
    versions: Vec<String>,
    fail_lists: bool,
    ended: bool,
    refuse_events: bool,
    hangs: bool,
    held: Option<&'static str>,
    /// What is answered to requests that hold these words: status and body.
    answers: Vec<(String, u16, String)>,
}

/// While this lives, the engine runs; dropping it is `kill -9`.
pub struct Running {
    _tasks: JoinSet<()>,
}

pub fn id(number: usize) -> String {
    format!("{number:064x}")
}

impl Fake {
    pub fn new(containers: usize) -> Self {
        let state = State {
            containers,
            api: "1.41".into(),
            oldest: "1.24".into(),
            requests: Vec::new(),
            versions: Vec::new(),
            fail_lists: false,
            ended: false,
            refuse_events: false,
            hangs: false,
            held: None,
            answers: Vec::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), events: broadcast::channel(256).0 }
    }

    pub fn api(self, version: &str) -> Self {
        self.state.lock().unwrap().api = version.into();
        self
    }

    pub fn oldest(self, version: &str) -> Self {
        self.state.lock().unwrap().oldest = version.into();
        self
    }

    pub fn containers(&self) -> usize {
        self.state.lock().unwrap().containers
    }

    pub fn set_containers(&self, count: usize) {
        self.state.lock().unwrap().containers = count;
    }

    pub fn fail_lists(&self, fail: bool) {
        self.state.lock().unwrap().fail_lists = fail;
    }

    /// From now on it takes requests and answers none.
    pub fn hang(&self) {
        self.state.lock().unwrap().hangs = true;
    }

    /// From now on requests whose paths end so are taken and not answered.
    pub fn hold(&self, end: &'static str) {
        self.state.lock().unwrap().held = Some(end);
    }

    /// A guard before the engine lets no events through.
    pub fn refuse_events(&self) {
        self.state.lock().unwrap().refuse_events = true;
    }

    /// From now on requests that hold these words are answered so, the first words that fit.
    pub fn answer_with(&self, words: &[&str], status: u16, body: &str) {
        let mut state = self.state.lock().unwrap();
        state.answers = words.iter().map(|word| (word.to_string(), status, body.to_string())).collect();
    }

    /// From now on requests that hold one of these words are answered with the text beside it.
    pub fn answer_each(&self, answers: &[(&str, &str)]) {
        let mut state = self.state.lock().unwrap();
        state.answers = answers.iter().map(|(word, text)| (word.to_string(), 200, text.to_string())).collect();
    }

    /// All containers have ended, and whatever they say is said.
    pub fn set_ended(&self, ended: bool) {
        self.state.lock().unwrap().ended = ended;
    }

    /// The versions that stood in paths, each run of equal ones once.
    pub fn versions(&self) -> Vec<String> {
        let mut versions = self.state.lock().unwrap().versions.clone();
        versions.dedup();
        versions
    }

    /// All requests, without the versions in their paths.
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }

    pub fn count(&self, word: &str) -> usize {
        self.requests().iter().filter(|request| request.contains(word)).count()
    }

    pub fn tell(&self, action: &str, number: usize) {
        self.tell_with(action, number, "");
    }

    /// With more attributes than the name: `,"exitCode":"3"`.
    pub fn tell_with(&self, action: &str, number: usize, attributes: &str) {
        let nano = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let id = id(number);
        // Nobody listening is fine.
        drop(self.events.send(format!(
            r#"{{"Type":"container","Action":"{action}","Actor":{{"ID":"{id}","Attributes":{{"name":"c{number}"{attributes}}}}},"timeNano":{nano}}}"#
        ) + "\n"));
    }

    pub fn listen(&self, path: &PathBuf) -> Running {
        drop(std::fs::remove_file(path));
        let listener = UnixListener::bind(path).expect("a socket");
        let fake = self.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(fake.clone().serve(stream));
            }
        });
        Running { _tasks: tasks }
    }

    pub fn dial(&self) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        tokio::spawn(self.clone().serve(theirs));
        ours
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
        let service = service_fn(move |request| {
            let fake = self.clone();
            async move {
                let mut answer = fake.answer(&request);
                let api = fake.state.lock().unwrap().api.parse().unwrap();
                answer.headers_mut().insert("api-version", api);
                let hangs = {
                    let state = fake.state.lock().unwrap();
                    state.hangs || state.held.is_some_and(|end| request.uri().path().ends_with(end))
                };
                if hangs {
                    std::future::pending::<()>().await;
                }
                Ok::<_, Infallible>(answer)
            }
        });
        drop(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Body> {
        let mut state = self.state.lock().unwrap();
        let (version, uri) = split_version(request.uri().path_and_query().unwrap().as_str());
        // Past events are another question than those to come.
        let is_of_past = uri.starts_with("/events") && uri.contains("&until=");
        let told = if is_of_past { uri.replace("/events", "/past-events") } else { uri.to_string() };
        state.requests.push(format!("{} {told}", request.method()));
        let path = uri.split('?').next().unwrap();
        if path != "/_ping" {
            state.versions.push(version.to_string());
        }
        let minor = |version: &str| version.rsplit('.').next().unwrap().parse::<u32>().unwrap_or_default();
        if !version.is_empty() && !(minor(&state.oldest)..=minor(&state.api)).contains(&minor(version)) {
            return json(400, format!(r#"{{"message":"client version {version} is not spoken here"}}"#));
        }
        if let Some((_, status, body)) = state.answers.iter().find(|(word, ..)| uri.contains(word.as_str())) {
            return json(*status, body.clone());
        }
        match path {
            "/containers/json" if state.fail_lists => json(500, r#"{"message":"database is locked"}"#.into()),
            "/containers/json" => {
                let text = list(state.containers, request.uri().query().unwrap_or_default());
                let ended = text.replace(r#""running","Status":"Up"#, r#""exited","Status":"Exited (0)"#);
                json(200, if state.ended { ended } else { text })
            }
            "/version" => json(200, format!(r#"{{"Version":"20.10.0","ApiVersion":"{}"}}"#, state.api)),
            "/info" => json(200, r#"{"Name":"fake","NCPU":4,"MemTotal":8589934592}"#.into()),
            "/_ping" => json(200, "OK".into()),
            "/events" if state.refuse_events => json(403, "forbidden".into()),
            "/events" if is_of_past => json(200, String::new()),
            "/events" => self.event_stream(),
            _ if path.ends_with("/logs") => {
                let asked = state.requests.iter().filter(|request| request.contains("/logs?")).count();
                log_stream(asked, state.ended)
            }
            _ if path.ends_with("/stats") => json(200, stats()),
            _ if path.ends_with("/json") && state.ended => json(200, r#"{"State":{},"Config":{}}"#.into()),
            _ if path.ends_with("/json") => json(200, r#"{"State":{"Running":true,"Pid":1},"Config":{}}"#.into()),
            _ if request.method() == "POST" => json(204, String::new()),
            _ => json(404, r#"{"message":"page not found"}"#.into()),
        }
    }

    /// Ends the event streams, and only these.
    pub fn end_events(&self) {
        drop(self.events.send(String::new()));
    }

    fn event_stream(&self) -> Response<Body> {
        let events = self.events.subscribe();
        let stream = futures_util::stream::unfold(events, |mut events| async {
            let line = events.recv().await.ok().filter(|line| !line.is_empty())?;
            Some((Ok(Frame::data(Bytes::from(line))), events))
        });
        Response::new(StreamBody::new(stream).boxed_unsync())
    }
}

/// `1.41` and `/info` of `/v1.41/info`.
fn split_version(path: &str) -> (&str, &str) {
    match path.strip_prefix("/v").and_then(|rest| rest.split_once('/')) {
        Some((version, _)) if version.starts_with("1.") => (version, &path["/v".len() + version.len()..]),
        _ => ("", path),
    }
}

fn json(status: u16, text: String) -> Response<Body> {
    let mut answer = Response::new(Full::new(Bytes::from(text)).boxed_unsync());
    *answer.status_mut() = status.try_into().unwrap();
    answer
}

/// As many lines as the log was asked for until now, then the end or silence, as if nothing more could come.
fn log_stream(lines: usize, ends: bool) -> Response<Body> {
    let line = |number: usize| {
        let text = format!("2026-01-01T00:00:{number:02}.000000001Z line {number}\n");
        let mut frame = vec![1, 0, 0, 0, 0, 0, 0, text.len() as u8];
        frame.extend(text.as_bytes());
        Ok(Frame::data(Bytes::from(frame)))
    };
    let told = futures_util::stream::iter((1..=lines).map(line).collect::<Vec<_>>());
    if ends {
        return Response::new(StreamBody::new(told).boxed_unsync());
    }
    let silence = futures_util::stream::pending();
    Response::new(StreamBody::new(futures_util::StreamExt::chain(told, silence)).boxed_unsync())
}

fn list(containers: usize, query: &str) -> String {
    let entries: Vec<String> = (0..containers)
        .filter(|number| !query.contains("filters") || query.contains(&id(*number)))
        .map(|number| {
            format!(
                r#"{{"Id":"{}","Names":["/c{number}"],"Image":"i","Command":"x","Created":1,"State":"running","Status":"Up 3 hours"}}"#,
                id(number)
            )
        })
        .collect();
    format!("[{}]", entries.join(","))
}

fn stats() -> String {
    let now = jiff::Timestamp::now();
    format!(
        r#"{{"read":"{now}","cpu_stats":{{"cpu_usage":{{"total_usage":5}}}},"memory_stats":{{"usage":7,"limit":9}},"pids_stats":{{"current":2}},"networks":{{"eth0":{{"rx_bytes":1000,"tx_bytes":2000}}}}}}"#
    )
}
