//! Addresses of engines, in every form that the Docker client takes (docker/cli `opts.ParseHost`, `client.ParseHostURL`).
//!
//! A password in one, which that client drops, goes no further than this file: neither an endpoint nor an error holds it.

use crate::engine::settings::Endpoint;
use crate::model::text;
use std::net::Ipv6Addr;
use std::path::PathBuf;

/// An example of an address.
const EXAMPLE: &str = "write unix:///path/to/socket or tcp://host:2375";
/// The hint as long as bowline does not support TLS.
const FORWARD: &str = "forward the engine's socket with ssh -L and use unix://";
/// What is meant where no socket, host or port is written.
const SOCKET: &str = "/var/run/docker.sock";
const HOST: &str = "localhost";
const PORT: u16 = 2375;

/// Why an address cannot be used, without quoting it, and what helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The reason.
    pub cause: String,
    /// The hint.
    pub mend: &'static str,
}

/// Reads an address. `tls` is why TCP means TLS, if it does.
///
/// # Errors
/// Why it cannot be used.
pub fn parse(address: &str, tls: Option<&str>) -> Result<Endpoint, Refused> {
    let address = address.trim();
    let refused = |cause: String, mend: &'static str| Err(Refused { cause, mend });
    let wrong = |cause: String| refused(cause, EXAMPLE);
    match parts(address) {
        (_, rest) if rest.contains("://") => wrong("two schemes".into()),
        ("unix", path) => unix(path).or_else(wrong),
        ("tcp" | "http", _) if tls.is_some() => {
            refused(format!("{}, which is not supported yet", tls.unwrap_or_default()), FORWARD)
        }
        ("tcp" | "http", rest) => tcp(rest).or_else(wrong),
        ("https", _) => refused("TLS is not supported yet".into(), FORWARD),
        ("ssh", _) => refused(
            "ssh:// is not supported yet".into(),
            "run ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock user@host, then use unix:///tmp/engine.sock",
        ),
        ("fd", _) => wrong("fd:// is for engines, not for their clients".into()),
        ("npipe", _) => wrong("npipe:// is for Windows".into()),
        _ => wrong("unknown scheme".into()),
    }
}

/// The scheme and the rest. An address without a scheme is a host, unless it is a path, which can mean nothing else.
fn parts(address: &str) -> (&str, &str) {
    match address.split_once("://") {
        _ if address.is_empty() || address.starts_with('/') => ("unix", address),
        Some(parts) => parts,
        None => ("tcp", address),
    }
}

/// An address as it may be shown and logged: who one is at a host is left out, but for the user of SSH, and so is what
/// stands behind a question mark.
pub fn shown(address: &str) -> String {
    let is_scheme = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    let (scheme, rest) = match address.trim().split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (format!("{scheme}://"), rest),
        _ => (String::new(), address.trim()),
    };
    if scheme == "unix://" || scheme.is_empty() && rest.starts_with('/') {
        return text::clean(&format!("{scheme}{rest}")).into_owned();
    }
    let (who, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    let user = who.split(':').next().filter(|user| scheme == "ssh://" && !user.is_empty());
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    let host = host.split(['?', '#']).next().unwrap_or_default();
    text::clean(&format!("{scheme}{user}{host}")).into_owned()
}

fn unix(path: &str) -> Result<Endpoint, String> {
    match path {
        "" => Ok(Endpoint::Unix(PathBuf::from(SOCKET))),
        // Who is started on its behalf may stand in another folder.
        _ => std::path::absolute(path).map(Endpoint::Unix).map_err(|error| error.to_string()),
    }
}

fn tcp(rest: &str) -> Result<Endpoint, String> {
    let (who, after) = rest.rsplit_once('@').unwrap_or(("", rest));
    // A slash before the host is one in a password, which no address may have.
    if who.contains(['/', '?', '#']) {
        return Err("it cannot be read".into());
    }
    let address = after.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = address.find('/').map_or((address, ""), |slash| address.split_at(slash));
    let (host, port) = host_and_port(host)?;
    let base = path.trim_end_matches('/').to_string();
    if !base.is_empty() && base.parse::<http::uri::PathAndQuery>().is_err() {
        return Err("its path has invalid characters".into());
    }
    Ok(Endpoint::Tcp { host, port, base })
}

fn host_and_port(address: &str) -> Result<(String, u16), String> {
    let (host, port) = match address.strip_prefix('[') {
        Some(inner) => match inner.split_once(']').ok_or("a bracket is not closed")? {
            (host, "") => (host, ""),
            (host, port) => (host, port.strip_prefix(':').ok_or("no port after the bracket")?),
        },
        // Without brackets all of an IPv6 address is the host.
        None if address.matches(':').count() > 1 => (address, ""),
        None => address.split_once(':').unwrap_or((address, "")),
    };
    let number = || port.parse().ok().filter(|port| *port != 0).ok_or("the port is not valid");
    let port = if port.is_empty() { PORT } else { number()? };
    // The zone of an address is written as in addresses of pages.
    let host = host.replace("%25", "%");
    let six = || host.split('%').next().is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    if host.contains(':') && !six() {
        return Err("not a host:port or IPv6 address".into());
    }
    if host.chars().any(|c| c.is_whitespace() || text::is_hostile(c) || "[]\\^`{|}<>\"".contains(c)) {
        return Err("its host has invalid characters".into());
    }
    Ok((if host.is_empty() { HOST.to_string() } else { host }, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> Result<String, Refused> {
        parse(address, None).map(|endpoint| endpoint.to_string())
    }

    /// What the Docker client makes of them, from its own tests and by trying; but for a bare path, which it takes for one at
    /// a host without a name.
    #[test]
    fn every_form_that_the_docker_client_takes_is_taken() {
        for (address, wanted) in [
            ("", "unix:///var/run/docker.sock"),
            ("  ", "unix:///var/run/docker.sock"),
            ("unix://", "unix:///var/run/docker.sock"),
            ("unix:///run/x.sock", "unix:///run/x.sock"),
            ("/run/x.sock", "unix:///run/x.sock"),
            ("unix:///run/a@b?c#d.sock", "unix:///run/a@b?c#d.sock"),
            ("tcp://", "tcp://localhost:2375"),
            ("tcp://:2375", "tcp://localhost:2375"),
            ("tcp://:2376", "tcp://localhost:2376"),
            (":6666", "tcp://localhost:6666"),
            (":6666/path", "tcp://localhost:6666/path"),
            ("localhost", "tcp://localhost:2375"),
            ("localhost:", "tcp://localhost:2375"),
            ("localhost:5555", "tcp://localhost:5555"),
            ("0.0.0.1:5555/path", "tcp://0.0.0.1:5555/path"),
            ("tcp://h", "tcp://h:2375"),
            ("tcp://host:", "tcp://host:2375"),
            ("tcp://h:1/", "tcp://h:1"),
            (" tcp://:7777/path ", "tcp://localhost:7777/path"),
            ("http://h:80/", "tcp://h:80"),
            ("[::1]:", "tcp://[::1]:2375"),
            ("[::1]:5555/path", "tcp://[::1]:5555/path"),
            ("[0:0:0:0:0:0:0:1]:", "tcp://[0:0:0:0:0:0:0:1]:2375"),
            ("tcp://[::1]:2375", "tcp://[::1]:2375"),
            ("tcp://[::1]", "tcp://[::1]:2375"),
            ("tcp://::1", "tcp://[::1]:2375"),
            ("tcp://[fe80::1%25eth0]:2375", "tcp://[fe80::1%25eth0]:2375"),
            ("tcp://user:hunter2@h:1", "tcp://h:1"),
            ("tcp://h:1?token=hunter2", "tcp://h:1"),
        ] {
            assert_eq!(read(address), Ok(wanted.to_string()), "{address:?}");
        }
    }

    #[test]
    fn a_socket_is_named_from_the_top_whoever_is_given_the_name() {
        let here = std::env::current_dir().unwrap().join("path/to/socket");
        assert_eq!(read("unix://path/to/socket").unwrap(), format!("unix://{}", here.display()));
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_a_reason_and_a_mend() {
        for (address, word) in [
            ("something with spaces", "invalid characters"),
            ("://", "unknown scheme"),
            ("gopher://h:1", "unknown scheme"),
            ("udp://127.0.0.1:2375", "unknown scheme"),
            ("TCP://h:1", "unknown scheme"),
            ("tcp://:port", "port is not valid"),
            ("tcp:a.b.c.d", "port is not valid"),
            ("tcp://h:0", "port is not valid"),
            ("tcp://h:99999", "port is not valid"),
            ("tcp://unix:///run/docker.sock", "two schemes"),
            ("unix://tcp://127.0.0.1", "two schemes"),
            ("tcp://[::1", "not closed"),
            ("tcp://[::1]2375", "no port"),
            ("tcp://a:b:c", "not a host:port"),
            ("tcp://h:1/a b", "invalid characters"),
            ("ssh://u@h", "not supported yet"),
            ("https://h:1", "not supported yet"),
            ("fd://", "engines"),
            ("npipe:////./pipe/docker_engine", "Windows"),
        ] {
            let problem = read(address).expect_err(address);
            assert!(problem.cause.contains(word), "{address}: {problem:?}");
            assert!(!problem.mend.is_empty(), "{address}");
        }
        let tls = parse("tcp://h:2376", Some("DOCKER_TLS_VERIFY asks for TLS")).unwrap_err();
        assert_eq!(tls.cause, "DOCKER_TLS_VERIFY asks for TLS, which is not supported yet");
    }

    #[test]
    fn a_password_is_in_no_endpoint_and_in_no_error() {
        for address in [
            "tcp://user:hunter2@h:1",
            "tcp://hunter2@h:x",
            "tcp://user:hunter2@h:x",
            "user:hunter2@h",
            "tcp//user:hunter2@h",
            "tcp:user:hunter2@h:1",
            "tcp://user:hun@hunter2@h:y",
            "tcp://user:hun/hunter2@h:1",
            "tcp://user:#hunter2@h:1",
            "tcp://h:z?token=hunter2",
            "ssh://user:hunter2@h",
            "ssh:///user:hunter2@h",
            "tcp:///user:hunter2@h",
            "https:////user:hunter2@h",
            "https://user:hunter2@h",
            "gopher://user:hunter2@h",
            "user:hunter2@gopher://h",
            "tcp://user:hunter2@",
        ] {
            let told = match parse(address, None) {
                Ok(endpoint) => format!("{endpoint} {endpoint:?}"),
                Err(refused) => format!("{refused:?}"),
            };
            assert!(!told.contains("hunter2") && !shown(address).contains("hunter2"), "{address}: {told}");
        }
        assert_eq!(shown("ssh://ann:hunter2@h:22"), "ssh://ann@h:22");
    }
}
