//! Who one is to a registry: the Docker client's configuration and its credential helpers.
//!
//! Read anew for every transfer, so that a `docker login` counts at once. Helpers run away from the terminal, are waited for a
//! while and ended then, with all that they have started: one that would ask on the terminal says that it cannot. A secret reaches the engine and nothing else: no log, no error and no `Debug` text holds one.

use crate::engine::docker::program;
use crate::model::HUB;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// The key of Docker Hub in configurations and for helpers.
const HUB_KEY: &str = "https://index.docker.io/v1/";
/// What helpers put in place of a user's name when the secret is an identity token.
const TOKEN_USER: &str = "<token>";
/// The longest configuration that is read, bytes.
const LONGEST: u64 = 1 << 20;
/// Registries that a build is told of.
const BUILD_REGISTRIES: usize = 32;
/// The time limit of a helper.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The places to look for credentials.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// The folder of the Docker client's configuration; none = there are no credentials.
    pub folder: Option<PathBuf>,
    /// Where helpers are looked for in place of `PATH`.
    pub search: Option<OsString>,
    /// How long a helper may take; none = [`PATIENCE`].
    pub patience: Option<Duration>,
}

/// A login for a registry.
#[derive(Clone, PartialEq, Eq)]
enum Credential {
    Password { user: String, password: String },
    Token(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential")
    }
}

/// A header's value that nobody may read but the engine.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthHeader(String);

impl AuthHeader {
    /// As it goes to the engine.
    pub fn header(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AuthHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed")
    }
}

/// What was found, and what a person should know of the search. The engine is asked without a password then, as the Docker
/// client does: what is public comes all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The header's value.
    pub sealed: AuthHeader,
    /// True if there is a credential in it.
    pub known: bool,
    /// What went wrong while looking, free of secrets.
    pub trouble: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Config {
    auths: BTreeMap<String, Auth>,
    #[serde(rename = "credsStore")]
    store: String,
    #[serde(rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Auth {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

/// As the engine takes it (moby `AuthConfig`).
#[derive(Serialize, Default)]
struct ApiAuth<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    username: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    password: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    identitytoken: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    serveraddress: &'a str,
}

impl Credential {
    fn told<'a>(&'a self, server: &'a str) -> ApiAuth<'a> {
        match self {
            Credential::Password { user, password } => {
                ApiAuth { username: user, password, serveraddress: server, ..ApiAuth::default() }
            }
            Credential::Token(token) => ApiAuth { identitytoken: token, serveraddress: server, ..ApiAuth::default() },
        }
    }
}

impl Auth {
    fn credential(&self) -> Option<Result<Credential, &'static str>> {
        if !self.identitytoken.is_empty() {
            return Some(Ok(Credential::Token(self.identitytoken.clone())));
        }
        if !self.auth.is_empty() {
            let told = STANDARD.decode(self.auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let pair = told.as_deref().and_then(|told| told.split_once(':'));
            return Some(pair.ok_or("it cannot be read").map(|(user, password)| Credential::Password {
                user: user.to_string(),
                // The Docker client's own habit.
                password: password.trim_end_matches('\0').to_string(),
            }));
        }
        let known = !self.username.is_empty() && !self.password.is_empty();
        known.then(|| Ok(Credential::Password { user: self.username.clone(), password: self.password.clone() }))
    }
}

/// The key of a registry.
fn key_of(registry: &str) -> &str {
    if registry == HUB { HUB_KEY } else { registry }
}

/// The registry that a key is about: keys may be addresses with a way of access and a path.
fn host_of(key: &str) -> &str {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    match bare.split('/').next().unwrap_or(bare) {
        "index.docker.io" | "registry-1.docker.io" => HUB,
        host => host,
    }
}

/// A helper's name goes into a program's name: nothing else may be in it.
fn is_helper_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

impl Credentials {
    /// The value of `X-Registry-Auth` for a registry.
    pub async fn for_registry(&self, registry: &str) -> Found {
        let mut trouble = Vec::new();
        let config = self.config(&mut trouble).await;
        let found = self.look(&config, registry, &mut trouble).await;
        let told = found.as_ref().map(|found| found.told(key_of(registry))).unwrap_or_default();
        Found { sealed: seal(&told), known: found.is_some(), trouble }
    }

    /// The value of `X-Registry-Config`: all registries that the configuration names.
    pub async fn for_build(&self) -> Found {
        let mut trouble = Vec::new();
        let config = self.config(&mut trouble).await;
        let mut keys: Vec<&String> = config.auths.keys().chain(config.helpers.keys()).collect();
        keys.sort();
        keys.dedup_by_key(|key| host_of(key));
        if keys.len() > BUILD_REGISTRIES {
            trouble.push(format!("only {BUILD_REGISTRIES} of {} registry logins are sent to the engine", keys.len()));
        }
        let mut found = Vec::new();
        for key in keys.into_iter().take(BUILD_REGISTRIES) {
            if let Some(credential) = self.look(&config, host_of(key), &mut trouble).await {
                found.push((key_of(host_of(key)).to_string(), credential));
            }
        }
        let told: BTreeMap<&str, ApiAuth<'_>> =
            found.iter().map(|(key, found)| (key.as_str(), found.told(key))).collect();
        Found { sealed: seal(&told), known: !told.is_empty(), trouble }
    }

    async fn config(&self, trouble: &mut Vec<String>) -> Config {
        let Some(folder) = &self.folder else { return Config::default() };
        let path = folder.join("config.json");
        let read = async {
            let mut text = Vec::new();
            tokio::fs::File::open(&path).await?.take(LONGEST).read_to_end(&mut text).await?;
            Ok::<_, std::io::Error>(text)
        };
        match read.await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Config::default(),
            Err(error) => {
                trouble.push(format!("{} cannot be read: {error}", path.display()));
                Config::default()
            }
            // The parser's own words may quote what stands there.
            Ok(text) => serde_json::from_slice(&text).unwrap_or_else(|error| {
                trouble.push(format!("{} is wrong at line {}", path.display(), error.line()));
                Config::default()
            }),
        }
    }

    async fn look(&self, config: &Config, registry: &str, trouble: &mut Vec<String>) -> Option<Credential> {
        let helper = config.helpers.iter().find(|(key, _)| host_of(key) == registry).map(|(_, helper)| helper);
        if let Some(helper) = helper.or(Some(&config.store)).filter(|helper| !helper.is_empty()) {
            match self.ask(helper, key_of(registry)).await {
                Ok(Some(found)) => return Some(found),
                Ok(None) => {}
                Err(why) => trouble.push(format!("the credential helper {helper} {why}")),
            }
        }
        let exact = config.auths.get_key_value(key_of(registry));
        let known = exact.or_else(|| config.auths.iter().find(|(key, _)| host_of(key) == registry));
        match known.and_then(|(_, auth)| auth.credential())? {
            Ok(found) => Some(found),
            Err(why) => {
                trouble.push(format!("the login for {registry}: {why}"));
                None
            }
        }
    }

    /// Asks a helper (docker-credential-helpers: the server on its standard input, JSON on its standard output).
    async fn ask(&self, helper: &str, server: &str) -> Result<Option<Credential>, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            #[serde(default)]
            username: String,
            #[serde(default)]
            secret: String,
        }
        if !is_helper_name(helper) {
            return Err("has an invalid name".into());
        }
        let argv = [format!("docker-credential-{helper}"), "get".into()];
        let command = program::command(&argv, self.search.as_deref());
        let patience = self.patience.unwrap_or(PATIENCE);
        let told = program::ask(command, format!("{server}\n").as_bytes(), patience).await;
        let told = told.map_err(|error| format!("cannot be run: {error}"))?;
        let told = told.ok_or_else(|| format!("did not answer within {} s", patience.as_secs_f32().ceil()))?;
        if !told.status.success() {
            let nothing = memchr::memmem::find(&told.out, b"credentials not found").is_some();
            return if nothing { Ok(None) } else { Err(format!("failed: {}", told.status)) };
        }
        let answer: Answer = serde_json::from_slice(&told.out).map_err(|_| "gave an invalid answer".to_string())?;
        Ok(match (answer.username.as_str(), answer.secret) {
            (_, secret) if secret.is_empty() => None,
            (TOKEN_USER, secret) => Some(Credential::Token(secret)),
            (user, password) => Some(Credential::Password { user: user.to_string(), password }),
        })
    }
}

/// URL-safe base64 with padding: what engines decode (moby `registry.DecodeAuthConfig`).
fn seal(told: &impl Serialize) -> AuthHeader {
    // Maps of texts are always JSON.
    AuthHeader(URL_SAFE.encode(serde_json::to_vec(told).unwrap_or_else(|_| b"{}".to_vec())))
}

/// The folder of the Docker client's configuration.
pub fn config_folder(env: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("DOCKER_CONFIG").or_else(|| set("HOME").map(|home| home.join(".docker")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::os::unix::fs::PermissionsExt;

    fn keyring(config: &Value, helpers: &[(&str, &str)]) -> (tempfile::TempDir, Credentials) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        for (name, script) in helpers {
            let path = folder.path().join(format!("docker-credential-{name}"));
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let mut search = folder.path().as_os_str().to_owned();
        search.push(":/usr/bin:/bin");
        let keyring = Credentials { folder: Some(folder.path().into()), search: Some(search), patience: None };
        (folder, keyring)
    }

    fn opened(sealed: &AuthHeader) -> Value {
        serde_json::from_slice(&URL_SAFE.decode(sealed.header()).unwrap()).unwrap()
    }

    async fn told(config: &Value, helpers: &[(&str, &str)], registry: &str) -> (Value, Vec<String>) {
        let (_folder, keyring) = keyring(config, helpers);
        let found = keyring.for_registry(registry).await;
        (opened(&found.sealed), found.trouble)
    }

    const QUIET: Vec<String> = Vec::new();

    #[tokio::test]
    async fn logins_are_found_under_every_form_of_their_key() {
        // "gus:se:cret"
        let login = json!({"auth": "Z3VzOnNlOmNyZXQ="});
        for (key, registry) in [
            ("https://index.docker.io/v1/", "docker.io"),
            ("127.0.0.1:5000", "127.0.0.1:5000"),
            ("https://reg.example.com/v2/", "reg.example.com"),
            ("http://reg.example.com", "reg.example.com"),
        ] {
            let (told, trouble) = told(&json!({"auths": {key: login}}), &[], registry).await;
            assert_eq!(told["username"], "gus", "{key}");
            assert_eq!(told["password"], "se:cret", "a password may hold a colon");
            assert_eq!(trouble, QUIET);
        }
        let shared = told(&json!({"auths": {"https://index.docker.io/v1/": login}}), &[], "docker.io").await.0;
        assert_eq!(shared["serveraddress"], "https://index.docker.io/v1/");
        let other = told(&json!({"auths": {"reg.example.com": login}}), &[], "reg.example.com.evil.org").await;
        assert_eq!(other, (json!({}), QUIET), "nobody else's secret");
    }

    #[tokio::test]
    async fn tokens_and_plain_pairs_are_logins_too() {
        let token = told(&json!({"auths": {"r.io": {"identitytoken": "tok", "auth": "eDp5"}}}), &[], "r.io").await.0;
        assert_eq!(token, json!({"identitytoken": "tok", "serveraddress": "r.io"}));
        let pair = told(&json!({"auths": {"r.io": {"username": "u", "password": "p"}}}), &[], "r.io").await.0;
        assert_eq!(pair["password"], "p");
        assert_eq!(told(&json!({"auths": {"r.io": {}}}), &[], "r.io").await, (json!({}), QUIET));
    }

    #[tokio::test]
    async fn helpers_are_asked_by_the_key_and_go_before_the_file() {
        let script = r#"[ "$1" = get ] || exit 9; read server; echo "{\"ServerURL\":\"$server\",\"Username\":\"$server\",\"Secret\":\"s\"}""#;
        let config = json!({
            "auths": {"r.io": {"auth": "eDp5"}, "https://index.docker.io/v1/": {}},
            "credsStore": "all", "credHelpers": {"r.io": "own"},
        });
        let helpers = [("own", script), ("all", r#"echo '{"Username":"<token>","Secret":"t"}'"#)];
        assert_eq!(told(&config, &helpers, "r.io").await.0["username"], "r.io");
        assert_eq!(told(&config, &helpers, "docker.io").await.0["identitytoken"], "t");
        let shared = json!({"credHelpers": {"docker.io": "own"}});
        assert_eq!(told(&shared, &helpers, "docker.io").await.0["username"], "https://index.docker.io/v1/");
    }

    #[tokio::test]
    async fn a_helper_without_an_answer_is_told_and_the_file_counts() {
        let config = json!({"auths": {"r.io": {"username": "u", "password": "p"}}, "credsStore": "x"});
        let none = "echo 'credentials not found in native keychain'; exit 1";
        assert_eq!(told(&config, &[("x", none)], "r.io").await.1, QUIET);
        for (script, word) in [("echo SECRETWORD; exit 3", "failed"), ("echo SECRETWORD", "an invalid answer")] {
            let (told, trouble) = told(&config, &[("x", script)], "r.io").await;
            assert_eq!(told["username"], "u");
            assert!(trouble[0].contains(word) && !trouble[0].contains("SECRETWORD"), "{trouble:?}");
        }
        let (_, trouble) = told(&config, &[], "r.io").await;
        assert!(trouble[0].contains("cannot be run"), "{trouble:?}");
        let evil = json!({"credsStore": "../../bin/sh"});
        assert!(told(&evil, &[], "r.io").await.1[0].contains("invalid name"));
    }

    /// Waits until a process is gone, or a zombie that waits to be reaped.
    async fn until_gone(pid: &str) {
        let stat = PathBuf::from(format!("/proc/{}/stat", pid.trim()));
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
            assert!(std::time::Instant::now() < deadline, "it lives on");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn a_helper_that_hangs_is_ended_with_all_that_it_started() {
        let script = "sleep 600 & echo $! > $0.child; echo $$ > $0.pid; exec sleep 600";
        let (folder, mut keyring) = keyring(&json!({"credsStore": "x"}), &[("x", script)]);
        // It must have begun before it is given up, which takes long where much else runs.
        for patience in [2, 8, 32] {
            keyring.patience = Some(Duration::from_secs(patience));
            let found = keyring.for_registry("r.io").await;
            assert!(found.trouble[0].contains(&format!("within {patience} s")), "{found:?}");
            let number = |of| std::fs::read_to_string(folder.path().join(format!("docker-credential-x.{of}")));
            if let (Ok(child), Ok(own)) = (number("child"), number("pid"))
                && [&child, &own].iter().all(|number| number.ends_with('\n'))
            {
                until_gone(&child).await;
                return until_gone(&own).await;
            }
        }
        panic!("it did not begin");
    }

    #[tokio::test]
    async fn what_a_helper_that_has_answered_leaves_behind_is_ended() {
        let script = r#"sleep 600 > /dev/null 2>&1 & echo $! > $0.child; echo '{"Username":"u","Secret":"s"}'"#;
        let (folder, keyring) = keyring(&json!({"credsStore": "x"}), &[("x", script)]);
        assert!(keyring.for_registry("r.io").await.known);
        until_gone(&std::fs::read_to_string(folder.path().join("docker-credential-x.child")).unwrap()).await;
    }

    #[tokio::test]
    async fn a_helper_is_in_a_session_without_a_terminal() {
        // The first word of it is the process, the sixth its session, the seventh the terminal of that.
        let script = r#"set -- $(cat /proc/$$/stat); echo "{\"Username\":\"$(( $1 == $6 )) $7\",\"Secret\":\"s\"}""#;
        let (told, _) = told(&json!({"credsStore": "x"}), &[("x", script)], "r.io").await;
        assert_eq!(told["username"], "1 0");
    }

    #[tokio::test]
    async fn a_build_is_told_every_login_once() {
        let config = json!({"auths": {
            "a.io": {"auth": "eDp5"}, "https://a.io": {"auth": "eDp5"}, "b.io": {"identitytoken": "t"}, "c.io": {},
        }});
        let (_folder, keyring) = keyring(&config, &[]);
        let told = opened(&keyring.for_build().await.sealed);
        let keys: Vec<&String> = told.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["a.io", "b.io"]);
    }

    #[tokio::test]
    async fn what_is_broken_is_told_without_its_secrets() {
        let (folder, keyring) = keyring(&json!({}), &[]);
        std::fs::write(folder.path().join("config.json"), "{\"auths\": {\"r.io\": \"SECRETWORD\"}}").unwrap();
        let found = keyring.for_registry("r.io").await;
        assert!(found.trouble[0].contains("line 1") && !found.known, "{found:?}");
        let wrong = told(&json!({"auths": {"r.io": {"auth": "U0VDUkVUV09SRA=="}}}), &[], "r.io").await.1;
        assert!(wrong[0].contains("cannot be read"), "{wrong:?}");
        let known = Credential::Password { user: "SECRETWORD".into(), password: "SECRETWORD".into() };
        let shown = format!("{found:?} {wrong:?} {known:?} {:?}", seal(&known.told("r.io")));
        assert!(!shown.contains("SECRET") && !shown.contains("U0VD"), "{shown}");
        assert_eq!(Credentials::default().for_registry("r.io").await.sealed.header(), URL_SAFE.encode("{}"));
    }

    #[test]
    fn the_header_is_url_safe_with_padding() {
        let pair = Credential::Password { user: "??>>~~".into(), password: "??>>~~?".into() };
        let sealed = seal(&pair.told("r"));
        assert!(!sealed.header().contains(['+', '/']), "{}", sealed.header());
        assert_eq!(sealed.header().len() % 4, 0);
    }

    #[test]
    fn the_configuration_lies_where_the_client_keeps_it() {
        let env = |set: &'static [(&str, &str)]| {
            move |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_string())
        };
        assert_eq!(config_folder(&env(&[("HOME", "/h"), ("DOCKER_CONFIG", "/c")])), Some("/c".into()));
        assert_eq!(config_folder(&env(&[("HOME", "/h"), ("DOCKER_CONFIG", "")])), Some("/h/.docker".into()));
        assert_eq!(config_folder(&env(&[])), None);
    }
}
