//! Where an engine may be found (row C1). Pure: environment in, places out.

use super::{Endpoint, Origin, Place, address};
use crate::model::Problem;
use std::path::PathBuf;

/// Variables of the Docker client that make TCP mean TLS.
const TLS: [(&str, &str); 2] = [("DOCKER_TLS_VERIFY", "DOCKER_TLS_VERIFY is set"), ("DOCKER_TLS", "DOCKER_TLS is set")];

/// The places to look for an engine, best first.
///
/// `host_flag` is `--host`, which goes before all else; `configured` is the configuration file's host, which comes after
/// the environment; `runtime` is `CONTAINER_RUNTIME`; `env` reads the environment. An address that was given explicitly
/// is the only place: looking elsewhere would operate on the wrong engine. `embedded` gives no places, since only the
/// caller can make that engine.
///
/// # Errors
/// An address or runtime that cannot be used, with the mend.
pub fn places(
    host_flag: Option<&str>,
    configured: Option<&str>,
    runtime: Option<&str>,
    env: &dyn Fn(&str) -> Option<String>,
    uid: u32,
) -> Result<Vec<Place>, Problem> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let tls = TLS.into_iter().find(|(name, _)| set(name).is_some()).map(|(_, why)| why);
    let only = |host: &str, origin: Origin| {
        Ok(vec![Place { endpoint: address::parse(host, &origin.to_string(), tls)?, origin }])
    };
    if let Some(host) = host_flag {
        return only(host, Origin::Flag);
    }
    let (docker, podman) = match runtime.map(str::trim).unwrap_or_default() {
        "" => (true, true),
        "docker" => (true, false),
        "podman" => (false, true),
        "embedded" => return Ok(Vec::new()),
        other => {
            let cause = match other {
                "azure" => "the azure runtime is not supported yet".to_string(),
                _ => format!("unknown runtime {other}"),
            };
            return Err(Problem::new("read CONTAINER_RUNTIME", cause, "use docker, podman or embedded"));
        }
    };
    let named = [("DOCKER_HOST", docker), ("CONTAINER_HOST", podman)];
    for name in named.iter().filter(|(_, wanted)| *wanted).map(|(name, _)| *name) {
        if let Some(host) = set(name) {
            return only(&host, Origin::Variable(name));
        }
    }
    if let Some(host) = configured.filter(|host| !host.trim().is_empty()) {
        return only(host, Origin::File);
    }
    Ok(well_known(docker, podman, &set, uid))
}

/// Sockets where engines listen by default: system Docker, rootless Docker, Docker Desktop, rootful and rootless Podman.
fn well_known(docker: bool, podman: bool, env: &dyn Fn(&str) -> Option<String>, uid: u32) -> Vec<Place> {
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
        .map(|path| Place { endpoint: Endpoint::Unix(PathBuf::from(path)), origin: Origin::Usual })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(places: Vec<Place>) -> Vec<String> {
        places.iter().map(|place| format!("{} {}", place.origin, place.endpoint)).collect()
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
        assert!(find(None, Some("lxc"), &[]).unwrap_err().mend.contains("docker"));
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
    fn blanks_alone_name_the_default_socket_as_with_the_docker_client() {
        assert_eq!(find(None, None, &[("DOCKER_HOST", " ")]).unwrap(), ["DOCKER_HOST unix:///var/run/docker.sock"]);
    }
}
