//! Where an engine may be found (row C1): environment in, places out. The Docker client's configuration is read where nothing
//! goes before it.

use crate::engine::address::{self, Refused};
use crate::engine::contexts;
use crate::engine::docker::credentials::config_folder;
use crate::engine::settings::{Endpoint, Place};
use crate::model::{Origin, Problem};
use std::path::{Path, PathBuf};

/// Variables of the Docker client that make TCP mean TLS.
const TLS: [&str; 2] = ["DOCKER_TLS_VERIFY", "DOCKER_TLS"];

/// The places to look for an engine.
#[derive(Debug, Clone)]
pub enum Search {
    /// At these places, the best first.
    At(Vec<Place>),
    /// The Docker client would use an engine that bowline cannot open. What else there is on this machine is for whoever says
    /// so: nothing is done on another engine than the one that was meant.
    Closed {
        /// The context.
        context: String,
        /// The address of the context.
        address: String,
        /// The reason why it cannot be opened.
        why: Problem,
        /// The places to look instead.
        instead: Vec<Place>,
    },
}

impl Search {
    /// The places to begin with: a closed one is shown as the one that does not answer.
    pub fn first(&self) -> Vec<Place> {
        match self {
            Search::At(places) => places.clone(),
            Search::Closed { context, address, why, .. } => vec![Place {
                endpoint: Endpoint::Closed { address: address.clone(), why: why.clone() },
                origin: Origin::Context(context.clone()),
            }],
        }
    }
}

/// Where to look for an engine.
///
/// `host_flag` is `--host`, which goes before all else; `configured` is the configuration file's host, which comes after
/// the environment; `runtime` is `CONTAINER_RUNTIME`; `env` reads the environment. An address that was given explicitly
/// is the only place, and so is a context of the Docker client: looking elsewhere would operate on the wrong engine.
/// `embedded` gives no places, since only the caller can make that engine.
///
/// # Errors
/// An address or runtime that cannot be used, with the mend.
pub fn places(
    host_flag: Option<&str>,
    configured: Option<&str>,
    runtime: Option<&str>,
    env: &dyn Fn(&str) -> Option<String>,
    uid: u32,
) -> Result<Search, Problem> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let tls = TLS.into_iter().find(|name| set(name).is_some()).map(|name| format!("{name} asks for TLS"));
    let only = |host: &str, origin: Origin| Ok(Search::At(vec![named(host, origin, tls.as_deref())?]));
    if let Some(host) = host_flag {
        return only(host, Origin::Flag);
    }
    let (docker, podman) = match runtime.map(str::trim).unwrap_or_default() {
        "" => (true, true),
        "docker" => (true, false),
        "podman" => (false, true),
        "embedded" => return Ok(Search::At(Vec::new())),
        other => {
            let cause = match other {
                "azure" => "the azure runtime is not supported yet".to_string(),
                _ => format!("unknown runtime {other}"),
            };
            return Err(Problem::new("read CONTAINER_RUNTIME", cause, "use docker, podman or embedded"));
        }
    };
    let variables = [("DOCKER_HOST", docker), ("CONTAINER_HOST", podman)];
    for name in variables.iter().filter(|(_, wanted)| *wanted).map(|(name, _)| *name) {
        if let Some(host) = set(name) {
            return only(&host, Origin::Variable(name));
        }
    }
    let usual = |origin: Origin| well_known(docker, podman, &set, uid, &origin);
    let folder = config_folder(env).filter(|_| docker);
    let asked = set("DOCKER_CONTEXT").filter(|_| docker);
    let in_folder = folder.as_deref().unwrap_or(Path::new("/"));
    if let Some(place) = asked.as_deref().and_then(|name| contexts::named(name, in_folder)) {
        return Ok(at_context(place, usual));
    }
    if let Some(host) = configured.filter(|host| !host.trim().is_empty()) {
        return only(host, Origin::File);
    }
    // The variable may name the default one: the configuration's is overruled then.
    let current = folder.as_deref().filter(|_| asked.is_none()).and_then(contexts::current);
    match (current, tls) {
        (Some(place), _) => Ok(at_context(place, usual)),
        (None, Some(why)) if docker => Err(Problem::new(
            "look for the engine",
            format!("{why}: the Docker client then uses tcp://localhost:2376, which is not supported yet"),
            "name the engine with --host, such as unix:///var/run/docker.sock",
        )),
        (None, _) => Ok(Search::At(usual(Origin::Usual))),
    }
}

/// The place of an address that somebody named.
fn named(host: &str, origin: Origin, tls: Option<&str>) -> Result<Place, Problem> {
    match address::parse(host, tls) {
        Ok(endpoint) => Ok(Place { endpoint, origin }),
        Err(Refused { cause, mend }) => {
            Err(Problem::new(format!("read {origin}"), format!("{}: {cause}", address::shown(host)), mend))
        }
    }
}

fn at_context(place: Place, usual: impl Fn(Origin) -> Vec<Place>) -> Search {
    match (place.endpoint, place.origin) {
        (Endpoint::Closed { address, why }, Origin::Context(context)) => {
            let instead = usual(Origin::InPlaceOf(context.clone()));
            Search::Closed { context, address, why, instead }
        }
        (endpoint, origin) => Search::At(vec![Place { endpoint, origin }]),
    }
}

/// Sockets where engines listen by default: system Docker, rootless Docker, Docker Desktop, rootful and rootless Podman.
fn well_known(
    docker: bool,
    podman: bool,
    env: &dyn Fn(&str) -> Option<String>,
    uid: u32,
    origin: &Origin,
) -> Vec<Place> {
    let runtime_dir = env("XDG_RUNTIME_DIR").unwrap_or_else(|| format!("/run/user/{uid}"));
    let mut paths: Vec<String> = Vec::new();
    if docker {
        paths.push("/var/run/docker.sock".into());
        paths.push(format!("{runtime_dir}/docker.sock"));
        if let Some(home) = env("HOME") {
            paths.push(format!("{home}/.docker/run/docker.sock"));
            paths.push(format!("{home}/.docker/desktop/docker.sock"));
        }
    }
    if podman {
        paths.push("/run/podman/podman.sock".into());
        paths.push(format!("{runtime_dir}/podman/podman.sock"));
    }
    paths
        .into_iter()
        .map(|path| Place { endpoint: Endpoint::Unix(PathBuf::from(path)), origin: origin.clone() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(search: Search) -> Vec<String> {
        search.first().iter().map(|place| format!("{} {}", place.origin, place.endpoint)).collect()
    }

    fn find(host: Option<&str>, runtime: Option<&str>, env: &[(&str, &str)]) -> Result<Vec<String>, Problem> {
        let env = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
        places(host, None, runtime, &env, 1000).map(written)
    }

    #[test]
    fn an_explicit_host_is_the_only_place() {
        let env = [("DOCKER_HOST", "tcp://b:1"), ("CONTAINER_HOST", "tcp://c:1")];
        assert_eq!(find(Some("unix:///a"), None, &env).unwrap(), ["--host unix:///a"]);
        assert_eq!(find(None, None, &env).unwrap(), ["DOCKER_HOST tcp://b:1"]);
        assert_eq!(find(None, Some("podman"), &env).unwrap(), ["CONTAINER_HOST tcp://c:1"]);
        assert_eq!(find(None, None, &env[1..]).unwrap(), ["CONTAINER_HOST tcp://c:1"]);
    }

    #[test]
    fn flag_then_the_runtimes_variables_then_the_file() {
        let docker_host = |name: &str| (name == "DOCKER_HOST").then(|| "tcp://b:1".to_string());
        let find = |flag, runtime| written(places(flag, Some("tcp://file:1"), runtime, &docker_host, 1000).unwrap());
        assert_eq!(find(Some("tcp://a:1"), Some("embedded")), ["--host tcp://a:1"]);
        assert_eq!(find(None, Some("docker")), ["DOCKER_HOST tcp://b:1"]);
        assert_eq!(find(None, Some("podman")), ["the configuration file tcp://file:1"], "its variable is not set");
        assert!(find(None, Some(" embedded ")).is_empty());
    }

    #[test]
    fn well_known_sockets_in_order() {
        let found = find(None, None, &[("XDG_RUNTIME_DIR", "/x"), ("HOME", "/home/u"), ("DOCKER_HOST", "")]).unwrap();
        let paths: Vec<&str> =
            found.iter().map(|place| place.strip_prefix("well-known socket unix://").unwrap()).collect();
        let wanted = [
            "/var/run/docker.sock",
            "/x/docker.sock",
            "/home/u/.docker/run/docker.sock",
            "/home/u/.docker/desktop/docker.sock",
            "/run/podman/podman.sock",
            "/x/podman/podman.sock",
        ];
        assert_eq!(paths, wanted);
    }

    #[test]
    fn the_runtime_restricts() {
        let podman = find(None, Some("podman"), &[]).unwrap();
        assert_eq!(podman.len(), 2);
        assert!(podman[1].ends_with("/run/user/1000/podman/podman.sock"));
        assert!(find(None, Some("docker"), &[]).unwrap().iter().all(|place| !place.contains("podman")));
        assert!(find(None, Some("embedded"), &[]).unwrap().is_empty());
        assert!(find(None, Some("azure"), &[]).unwrap_err().cause.contains("not supported yet"));
        assert!(find(None, Some("lxc"), &[]).unwrap_err().hint.contains("docker"));
    }

    #[test]
    fn an_address_that_cannot_be_used_says_where_it_came_from() {
        let wrong = find(None, None, &[("DOCKER_HOST", "tcp://me:hunter2@h:x")]).unwrap_err().to_string();
        assert!(wrong.starts_with("read DOCKER_HOST: tcp://h:x: ") && !wrong.contains("hunter2"), "{wrong}");
        for tls in ["DOCKER_TLS_VERIFY", "DOCKER_TLS"] {
            let refused = find(Some("tcp://h:2376"), None, &[(tls, "1")]).unwrap_err();
            assert!(refused.cause.contains(tls), "{refused}");
            assert!(find(Some("unix:///a"), None, &[(tls, "1")]).is_ok(), "a socket has no TLS");
        }
    }

    #[test]
    fn where_the_docker_client_would_speak_tls_to_its_own_default_no_other_engine_is_opened_in_silence() {
        let set = [("DOCKER_TLS_VERIFY", "1")];
        let refused = find(None, None, &set).unwrap_err();
        assert!(refused.cause.contains("tcp://localhost:2376") && refused.hint.contains("--host"), "{refused}");
        assert!(find(None, Some("podman"), &set).is_ok(), "it is Docker's");
        assert!(find(Some("unix:///a"), None, &set).is_ok());
    }

    #[test]
    fn blanks_alone_name_the_default_socket_as_with_the_docker_client() {
        assert_eq!(find(None, None, &[("DOCKER_HOST", " ")]).unwrap(), ["DOCKER_HOST unix:///var/run/docker.sock"]);
    }

    /// A folder of the Docker client's configuration whose current context leads to this address.
    fn client(host: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), r#"{"currentContext":"prod"}"#).unwrap();
        contexts::tests::make(folder.path(), "prod", &contexts::tests::meta(host));
        contexts::tests::make(folder.path(), "lab", &contexts::tests::meta("tcp://lab:2375"));
        folder
    }

    fn search(folder: &tempfile::TempDir, host: Option<&str>, file: Option<&str>, set: &[(&str, &str)]) -> Search {
        let env = |name: &str| match name {
            "DOCKER_CONFIG" => Some(folder.path().display().to_string()),
            _ => set.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string()),
        };
        places(host, file, None, &env, 1000).unwrap()
    }

    #[test]
    fn the_current_context_goes_before_the_well_known_sockets_and_after_what_is_named() {
        let folder = client("tcp://prod:2375");
        let found = |host, file, set: &[(&str, &str)]| written(search(&folder, host, file, set));
        assert_eq!(found(None, None, &[]), ["context prod tcp://prod:2375"]);
        assert_eq!(found(Some("unix:///a"), None, &[]), ["--host unix:///a"]);
        assert_eq!(found(None, None, &[("DOCKER_HOST", "unix:///a")]), ["DOCKER_HOST unix:///a"]);
        assert_eq!(found(None, None, &[("DOCKER_CONTEXT", "lab")]), ["context lab tcp://lab:2375"]);
        assert_eq!(found(None, Some("unix:///f"), &[]), ["the configuration file unix:///f"]);
        assert_eq!(found(None, Some("unix:///f"), &[("DOCKER_CONTEXT", "lab")]), ["context lab tcp://lab:2375"]);
        assert!(found(None, None, &[("DOCKER_CONTEXT", "default")])[0].starts_with("well-known socket"));
        let host_of_context = [("DOCKER_HOST", "unix:///a"), ("DOCKER_CONTEXT", "lab")];
        assert_eq!(found(None, None, &host_of_context), ["DOCKER_HOST unix:///a"]);
    }

    #[test]
    fn tls_of_the_environment_is_none_of_a_contexts() {
        let found = written(search(&client("tcp://prod:2375"), None, None, &[("DOCKER_TLS_VERIFY", "1")]));
        assert_eq!(found, ["context prod tcp://prod:2375"]);
    }

    #[test]
    fn in_place_of_a_context_that_cannot_be_opened_nothing_is_until_somebody_says_so() {
        let folder = client("ssh://ann:hunter2@h");
        let found = search(&folder, None, None, &[]);
        assert_eq!(written(found.clone()), ["context prod ssh://ann@h"]);
        let Search::Closed { context, address, why, instead } = found else { panic!("{found:?}") };
        assert_eq!((context.as_str(), address.as_str()), ("prod", "ssh://ann@h"));
        assert_eq!(why.cause, "ssh:// is not supported yet");
        assert_eq!(instead[0].origin.to_string(), "in place of context prod");
        assert_eq!(instead[0].endpoint.to_string(), "unix:///var/run/docker.sock");
        let env = |name: &str| (name == "DOCKER_CONFIG").then(|| folder.path().display().to_string());
        let podman = written(places(None, None, Some("podman"), &env, 1000).unwrap());
        assert!(podman[0].contains("podman"), "a context is Docker's: {podman:?}");
    }
}
