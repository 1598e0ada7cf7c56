//! Finding compose: the plugin of the docker command, or the program of its own. Looked for when it is needed, not before.

use crate::engine::docker::program;
use crate::engine::docker::shared::Shared;
use crate::model::{ComposeClient, Problem, text};
use std::time::Duration;

/// How long a client may take to tell its version: one that is read from a cold disk takes its time.
const LIMIT: Duration = Duration::from_secs(10);
/// By which words compose may be called, the better first.
const CALLED: [&[&str]; 2] = [&["docker", "compose"], &["docker-compose"]];

/// The compose of this machine.
pub async fn find(shared: &Shared) -> Result<ComposeClient, Problem> {
    let mut slow = None;
    for words in CALLED {
        let program: Vec<String> = words.iter().map(ToString::to_string).collect();
        let mut asked = program.clone();
        asked.extend(["version".to_string(), "--short".into()]);
        let answer = program::ask(program::command(&asked, shared.settings.programs.as_deref()), &[], LIMIT).await;
        match answer {
            Ok(Some(answer)) if answer.status.success() => {
                if let Some(version) = version(&answer.out) {
                    return Ok(ComposeClient { program, version });
                }
            }
            Ok(None) => slow = Some(words.join(" ")),
            Ok(Some(answer)) => tracing::info!("{} does not report its version: {}", words.join(" "), answer.status),
            Err(error) => tracing::info!("{} cannot be run: {error}", words.join(" ")),
        }
    }
    Err(match slow {
        Some(words) => {
            Problem::new("look for compose", format!("{words} does not answer"), "check what it is waiting for")
        }
        None => Problem::new(
            "look for compose",
            "neither docker compose nor docker-compose is installed on this machine",
            "install docker's compose plugin, or docker-compose, where bowline runs",
        ),
    })
}

/// `2.27.0` of `v2.27.0`; none if that is no version.
fn version(bytes: &[u8]) -> Option<String> {
    let said = String::from_utf8_lossy(bytes);
    let said = said.trim().trim_start_matches('v');
    let proper = said.starts_with(|first: char| first.is_ascii_digit()) && said.len() < 80 && !said.contains('\n');
    proper.then(|| text::clean(said).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_version_is_one() {
        assert_eq!(version(b"v2.27.0\n").as_deref(), Some("2.27.0"));
        assert_eq!(version(b"1.29.2\n").as_deref(), Some("1.29.2"));
        assert_eq!(version(b"docker: 'compose' is not a docker command"), None);
        assert_eq!(version(b"Usage:\n 1"), None);
        assert_eq!(version(b""), None);
    }
}
