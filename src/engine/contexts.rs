//! The Docker client's contexts: which one it would use, and where that leads (docker/cli `cli/context/store`).

use crate::engine::address::{self, Refused};
use crate::engine::settings::{Endpoint, Place};
use crate::model::{Origin, Problem, text};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::io::{ErrorKind, Read};
use std::path::Path;

/// The longest file that is read, bytes.
const LONGEST: u64 = 1 << 20;
/// By this name the Docker client means what the environment says.
const DEFAULT: &str = "default";
/// What helps with a context that cannot be read.
const MEND: &str = "see docker context ls";

#[derive(Deserialize, Default)]
#[serde(default)]
struct Config {
    #[serde(rename = "currentContext")]
    current: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Meta {
    endpoints: Endpoints,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Endpoints {
    docker: Option<Leads>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Leads {
    host: String,
    #[serde(rename = "SkipTLSVerify")]
    skip_verify: bool,
}

/// The place of the context of this name; none for the default one. `folder` is that of the client's configuration.
pub fn named(name: &str, folder: &Path) -> Option<Place> {
    (name != DEFAULT && !name.is_empty())
        .then(|| Place { endpoint: endpoint(name, folder), origin: Origin::Context(text::clean(name).into_owned()) })
}

/// The place of the current context; none for the default one.
pub fn current(folder: &Path) -> Option<Place> {
    let path = folder.join("config.json");
    match read::<Config>(&path) {
        Ok(config) => named(&config?.current?, folder),
        // Where it cannot be read nobody knows whether there is another.
        Err(why) => {
            let why = Problem::new(format!("read {}", path.display()), why, MEND);
            let endpoint = Endpoint::Closed { address: path.display().to_string(), why };
            Some(Place { endpoint, origin: Origin::Context("unknown".into()) })
        }
    }
}

fn endpoint(name: &str, folder: &Path) -> Endpoint {
    let id: String = Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let contexts = folder.join("contexts");
    let path = contexts.join("meta").join(&id).join("meta.json");
    let closed = |address: String, cause: String, mend: &str| Endpoint::Closed {
        address,
        why: Problem::new(format!("open the context {name}"), cause, mend),
    };
    let leads = match read::<Meta>(&path) {
        Ok(Some(Meta { endpoints: Endpoints { docker: Some(leads) } })) => leads,
        Ok(Some(_)) => return closed(path.display().to_string(), "it names no Docker engine".into(), MEND),
        Ok(None) => return closed(path.display().to_string(), "there is no context of that name".into(), MEND),
        Err(why) => return closed(path.display().to_string(), why, MEND),
    };
    let has_keys = contexts.join("tls").join(&id).join("docker").read_dir().is_ok_and(|mut keys| keys.next().is_some());
    let tls = (has_keys || leads.skip_verify).then_some("the context has TLS");
    address::parse(&leads.host, tls)
        .unwrap_or_else(|Refused { cause, mend }| closed(address::shown(&leads.host), cause, mend))
}

/// A file of the client's; none if there is none. The parser's own words may quote what stands there.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, String> {
    let mut text = Vec::new();
    match std::fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut text)) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(format!("it cannot be read: {error}")),
        Ok(_) => {
            serde_json::from_slice(&text).map(Some).map_err(|error| format!("it is wrong at line {}", error.line()))
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Makes a context as `docker context create` does, in the folder of a client's configuration.
    pub fn make(folder: &Path, name: &str, meta: &str) {
        let id: String = Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let meta_folder = folder.join("contexts/meta").join(id);
        std::fs::create_dir_all(&meta_folder).unwrap();
        std::fs::write(meta_folder.join("meta.json"), meta).unwrap();
    }

    /// What stands in the file of a context with this address.
    pub fn meta(host: &str) -> String {
        format!(
            r#"{{"Name":"prod","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":false}}}}}}"#
        )
    }

    fn told(place: &Place) -> String {
        match &place.endpoint {
            Endpoint::Closed { address, why } => format!("{} {address}: {}", place.origin, why.cause),
            endpoint => format!("{} {endpoint}", place.origin),
        }
    }

    #[test]
    fn a_context_lies_where_the_docker_client_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let id = "6754af9632a2745e85c293e5aac0863370d9bd3330b9938c00cadfd215227d77";
        let meta_folder = folder.path().join("contexts/meta").join(id);
        std::fs::create_dir_all(&meta_folder).unwrap();
        std::fs::write(meta_folder.join("meta.json"), meta("unix:///run/prod.sock")).unwrap();
        let place = named("prod", folder.path()).unwrap();
        assert_eq!((told(&place).as_str(), place.name().as_str()), ("context prod unix:///run/prod.sock", "prod"));
    }

    #[test]
    fn plain_contexts_are_opened_and_others_say_why_not() {
        let folder = tempfile::tempdir().unwrap();
        let tls = r#"{"Endpoints":{"docker":{"Host":"tcp://h:2376","SkipTLSVerify":true}}}"#;
        for (name, text) in [
            ("tcp", meta("tcp://h:2375").as_str()),
            ("ssh", meta("ssh://ann:hunter2@h").as_str()),
            ("tls", tls),
            ("keys", meta("tcp://h:2376").as_str()),
            ("kube", r#"{"Endpoints":{"kubernetes":{}}}"#),
            ("bad", "{\n\"Endpoints\": 1}"),
        ] {
            make(folder.path(), name, text);
        }
        let keys: String = Sha256::digest(b"keys").iter().map(|byte| format!("{byte:02x}")).collect();
        let keys = folder.path().join("contexts/tls").join(keys).join("docker");
        std::fs::create_dir_all(&keys).unwrap();
        std::fs::write(keys.join("ca.pem"), "").unwrap();
        for (name, wanted) in [
            ("tcp", "context tcp tcp://h:2375"),
            ("ssh", "context ssh ssh://ann@h: ssh:// is not supported yet"),
            ("tls", "context tls tcp://h:2376: the context has TLS, which is not supported yet"),
            ("keys", "context keys tcp://h:2376: the context has TLS, which is not supported yet"),
            ("kube", "it names no Docker engine"),
            ("bad", "it is wrong at line 2"),
            ("none", "there is no context of that name"),
        ] {
            let told = told(&named(name, folder.path()).unwrap());
            assert!(told.ends_with(wanted) && !told.contains("hunter2"), "{told}");
        }
        assert!(named("default", folder.path()).is_none());
    }

    #[test]
    fn the_current_context_is_the_one_that_the_configuration_names() {
        let folder = tempfile::tempdir().unwrap();
        let current = |config: &str| {
            std::fs::write(folder.path().join("config.json"), config).unwrap();
            current(folder.path()).as_ref().map(told)
        };
        make(folder.path(), "prod", &meta("unix:///run/prod.sock"));
        assert_eq!(current(r#"{"currentContext":"prod"}"#).as_deref(), Some("context prod unix:///run/prod.sock"));
        for none in [r#"{"currentContext":"default"}"#, r#"{"currentContext":""}"#, r#"{"currentContext":null}"#, "{}"]
        {
            assert_eq!(current(none), None, "{none}");
        }
        assert!(current("{\n\"currentContext\": prod}").unwrap().ends_with("it is wrong at line 2"));
        std::fs::remove_file(folder.path().join("config.json")).unwrap();
        assert!(super::current(folder.path()).is_none());
        assert!(super::current(&folder.path().join("nowhere")).is_none());
    }
}
