//! The settings of an engine when it starts.

use crate::engine::docker::credentials::Credentials;
use crate::model::{ApiVersion, EngineId, Origin, Problem};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Opens one connection to an engine in this process.
pub type Dial = Arc<dyn Fn() -> tokio::io::DuplexStream + Send + Sync>;

/// The endpoint of an engine.
#[derive(Clone)]
pub enum Endpoint {
    /// A Unix socket.
    Unix(PathBuf),
    /// Plain TCP.
    Tcp {
        /// Host name or address.
        host: String,
        /// Port.
        port: u16,
        /// What every path begins with, as behind a proxy: `/engine`, or nothing.
        base: String,
    },
    /// An engine inside this process.
    Private(Dial),
    /// An engine that bowline cannot open: this is for saying so, and nothing is dialled.
    Closed {
        /// The address.
        address: String,
        /// The reason why it cannot be opened.
        why: Problem,
    },
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Unix(path) => write!(f, "unix://{}", path.display()),
            Endpoint::Tcp { host, port, base } if host.contains(':') => {
                write!(f, "tcp://[{}]:{port}{base}", host.replace('%', "%25"))
            }
            Endpoint::Tcp { host, port, base } => write!(f, "tcp://{host}:{port}{base}"),
            Endpoint::Private(_) => f.write_str("embedded"),
            Endpoint::Closed { address, .. } => f.write_str(address),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

/// A place where an engine may be found.
#[derive(Debug, Clone)]
pub struct Place {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The reason for looking there.
    pub origin: Origin,
}

impl Place {
    /// Its name where there are several: `local` would be many of them.
    fn apart(&self) -> String {
        match &self.endpoint {
            Endpoint::Unix(path) => {
                let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                crate::model::text::clean(&name).into_owned()
            }
            Endpoint::Tcp { .. } | Endpoint::Private(_) | Endpoint::Closed { .. } => self.name(),
        }
    }

    /// The engine's short name on screen.
    pub fn name(&self) -> String {
        match (&self.origin, &self.endpoint) {
            (Origin::Context(name), _) => name.clone(),
            (_, Endpoint::Unix(_) | Endpoint::Closed { .. }) => "local".into(),
            (_, Endpoint::Tcp { host, .. }) => crate::model::text::clean(host).into_owned(),
            (_, Endpoint::Private(_)) => "embedded".into(),
        }
    }
}

/// A name for each of several engines, by where it is looked for: each another.
pub fn names<'a>(places: impl IntoIterator<Item = &'a Place>) -> Vec<String> {
    let places: Vec<&Place> = places.into_iter().collect();
    let short: Vec<String> = places.iter().map(|place| place.apart()).collect();
    let longer = |(place, name): (&&Place, &String)| match &place.endpoint {
        Endpoint::Tcp { port, .. } if short.iter().filter(|other| *other == name).count() > 1 => {
            format!("{name}:{port}")
        }
        Endpoint::Unix(_) | Endpoint::Tcp { .. } | Endpoint::Private(_) | Endpoint::Closed { .. } => name.clone(),
    };
    let mut names: Vec<String> = places.iter().zip(&short).map(longer).collect();
    for index in 0..names.len() {
        let twins = names[..index].iter().filter(|other| **other == names[index]).count();
        if twins > 0 {
            names[index] = format!("{}-{}", names[index], index + 1);
        }
    }
    names
}

/// The settings of an engine.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Places to look for the engine, in order.
    pub places: Vec<Place>,
    /// The number under which this engine is known.
    pub engine: EngineId,
    /// Its name on screen; none = by where it is found.
    pub name: Option<String>,
    /// The version of the API that is spoken; none = the newest that both sides know.
    pub api_version: Option<ApiVersion>,
    /// Forbid every request that could change something, in the transport itself.
    pub read_only: bool,
    /// Seconds between asking a container to stop and killing it; none = what the container was made with.
    pub stop_grace: Option<u32>,
    /// The sampling interval of the selected container.
    pub sample_selected: Duration,
    /// The sampling interval of a visible row.
    pub sample_visible: Duration,
    /// The sampling interval of all others.
    pub sample_rest: Duration,
    /// For one attempt to reach an engine.
    pub connect_timeout: Duration,
    /// For one operation that neither streams nor waits.
    pub operation_timeout: Duration,
    /// Between full lists that only guard against missed events.
    pub relist: Duration,
    /// The root under which `sys/fs/cgroup` and `proc` lie; none = never read kernel files.
    pub kernel_root: Option<PathBuf>,
    /// The logins to registries.
    pub keyring: Credentials,
    /// Before a transfer that the network broke is tried again; doubled before the next.
    pub transfer_pause: Duration,
    /// Where a note is kept of each helper that is made; none = nowhere, and one that a crash leaves behind stays.
    pub helpers: Option<PathBuf>,
    /// Where the client's programs are looked for, as `PATH` has it; none = the environment's own.
    pub programs: Option<OsString>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            engine: EngineId(0),
            name: None,
            api_version: None,
            read_only: false,
            stop_grace: None,
            sample_selected: Duration::from_secs(1),
            sample_visible: Duration::from_secs(2),
            sample_rest: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            operation_timeout: Duration::from_secs(30),
            relist: Duration::from_secs(60),
            kernel_root: Some(PathBuf::from("/")),
            keyring: Credentials::default(),
            transfer_pause: Duration::from_secs(2),
            helpers: None,
            programs: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_engines_have_names_that_tell_them_apart() {
        let unix = |path: &str| Endpoint::Unix(path.into());
        let tcp = |host: &str, port| Endpoint::Tcp { host: host.into(), port, base: String::new() };
        let told = |endpoints: Vec<Endpoint>| {
            let places: Vec<Place> =
                endpoints.into_iter().map(|endpoint| Place { endpoint, origin: Origin::Flag }).collect();
            names(&places)
        };
        assert_eq!(told(vec![unix("/run/east.sock"), unix("/run/west.sock")]), ["east", "west"]);
        assert_eq!(told(vec![unix("/a/docker.sock"), unix("/b/docker.sock")]), ["docker", "docker-2"]);
        assert_eq!(told(vec![tcp("a", 2375), tcp("b", 2375), unix("/b/a.sock")]), ["a:2375", "b", "a"]);
        assert_eq!(told(vec![tcp("a", 1), tcp("a", 2)]), ["a:1", "a:2"]);
    }
}
