//! Where an engine may be found (row C1). Pure: environment in, places out.

use super::{Endpoint, Place};
use crate::model::Problem;
use std::path::PathBuf;

/// How an address is written.
const EXAMPLE: &str = "write unix:///path/to/socket or tcp://host:2375";

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
    let set = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    let only = |host: &str, from: &str| Ok(vec![Place { endpoint: parse(host, from, &set)?, reason: from.into() }]);
    if let Some(host) = host_flag {
        return only(host, "--host");
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
            return only(&host, name);
        }
    }
    if let Some(host) = configured.filter(|host| !host.trim().is_empty()) {
        return only(host, "the configuration file");
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
        .map(|path| Place { endpoint: Endpoint::Unix(PathBuf::from(path)), reason: "well-known socket".into() })
        .collect()
}

/// Reads an address as the Docker client writes it.
fn parse(address: &str, from: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Endpoint, Problem> {
    let address = address.trim();
    let problem = |cause: String, mend: &str| Problem::new(format!("read {from}"), cause, mend);
    let Some((scheme, rest)) = address.split_once("://") else {
        if address.starts_with('/') {
            return Ok(Endpoint::Unix(PathBuf::from(address)));
        }
        return Err(problem(format!("{address} has no scheme"), EXAMPLE));
    };
    match scheme {
        "unix" if rest.starts_with('/') => Ok(Endpoint::Unix(PathBuf::from(rest))),
        "unix" => Err(problem(format!("{address} is not an absolute path"), EXAMPLE)),
        "tcp" | "http" if env("DOCKER_TLS_VERIFY").is_some() => Err(problem(
            format!("DOCKER_TLS_VERIFY is set, and TLS to {address} is not supported yet"),
            "forward the engine's socket with ssh -L and use unix://",
        )),
        "tcp" | "http" => {
            let (host, port) = host_and_port(rest).map_err(|cause| problem(format!("{address}: {cause}"), EXAMPLE))?;
            Ok(Endpoint::Tcp { host, port })
        }
        "https" => {
            Err(problem("TLS is not supported yet".into(), "forward the engine's socket with ssh -L and use unix://"))
        }
        "ssh" => Err(problem(
            "ssh:// is not supported yet".into(),
            "run ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock user@host, then use unix:///tmp/engine.sock",
        )),
        other => Err(problem(format!("unknown scheme {other}://"), EXAMPLE)),
    }
}

fn host_and_port(rest: &str) -> Result<(String, u16), String> {
    let rest = rest.trim_end_matches('/');
    if rest.contains('/') {
        return Err("a path after the port is not supported".into());
    }
    let (host, port) = match rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => match rest.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        },
    };
    if host.is_empty() {
        return Err("the host is missing".into());
    }
    let port = port.ok_or("the port is missing")?;
    let port: u16 = port.parse().ok().filter(|port| *port != 0).ok_or_else(|| format!("{port} is not a port"))?;
    Ok((host.to_string(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(places: Vec<Place>) -> Vec<String> {
        places.iter().map(|place| format!("{} {}", place.reason, place.endpoint)).collect()
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
    fn addresses() {
        let one = |address: &str| find(Some(address), None, &[]).map(|found| found[0].clone());
        assert_eq!(one("/run/x.sock").unwrap(), "--host unix:///run/x.sock");
        assert_eq!(one("tcp://[::1]:2375").unwrap(), "--host tcp://[::1]:2375");
        assert_eq!(one("http://h:80/").unwrap(), "--host tcp://h:80");
        for (address, word) in [
            ("tcp://h", "port is missing"),
            ("tcp://[::1]", "port is missing"),
            ("tcp://:1", "host is missing"),
            ("tcp://h:0", "not a port"),
            ("tcp://h:99999", "not a port"),
            ("tcp://h:1/x", "path"),
            ("ssh://u@h", "not supported yet"),
            ("https://h:1", "not supported yet"),
            ("gopher://h:1", "unknown scheme"),
            ("unix://x.sock", "absolute"),
            ("localhost:2375", "no scheme"),
        ] {
            let problem = one(address).unwrap_err();
            assert!(problem.cause.contains(word), "{address}: {problem}");
            assert!(!problem.mend.is_empty(), "{address}");
        }
        let tls = find(Some("tcp://h:2376"), None, &[("DOCKER_TLS_VERIFY", "1")]).unwrap_err();
        assert!(tls.cause.contains("TLS"), "{tls}");
    }
}
