//! The name that compose gives a project which nobody named: compose goes by it alone, and would take for its own what another
//! folder's project of that name runs.

use super::{drift, project_files};
use crate::engine::docker::shared::Shared;
use crate::model::{ComposeReady, Problem};
use serde_json::Value;

/// What compose itself goes by, in its environment and in the variables beside the files.
const VARIABLE: &str = "COMPOSE_PROJECT_NAME";

/// The name that compose would take.
pub async fn chosen(shared: &Shared, ready: &ComposeReady) -> Result<String, Problem> {
    let during = format!("find the name of the project in {}", ready.site.folder);
    let name = match ready.client.version.starts_with("1.") {
        true => {
            by_rule(&ready.site.folder, std::env::var(VARIABLE).ok(), &project_files::variables(&ready.site).await?)
        }
        false => told(&drift::asked(shared, ready, &["config", "--format", "json"], &during).await?),
    };
    let cause = "the project's name cannot be determined";
    name.filter(|name| !name.is_empty()).ok_or_else(|| Problem::new(during, cause, "type the project's name"))
}

/// From version 2 on compose tells it.
fn told(config: &[u8]) -> Option<String> {
    serde_json::from_slice::<Value>(config).ok()?.get("name")?.as_str().map(str::to_string)
}

/// Version 1 does not. It takes the variable from its environment, else from beside the files, else the folder's name
/// (docker-compose 1.29, `get_project_name`). None where the variable is written in a way that would have to be worked out.
fn by_rule(folder: &str, environment: Option<String>, beside: &str) -> Option<String> {
    let set = |line: &str| {
        let line = line.trim().trim_start_matches('\u{feff}');
        let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        (name.trim() == VARIABLE).then(|| value.trim().to_string())
    };
    let name = match (environment, beside.lines().filter_map(set).next_back()) {
        (Some(name), _) if !name.is_empty() => name,
        (None, Some(name)) if !name.is_empty() => Some(name).filter(|name| name.chars().all(is_plain))?,
        _ if beside.contains(VARIABLE) && beside.lines().all(|line| set(line).is_none()) => return None,
        _ => std::path::Path::new(folder).file_name()?.to_str()?.to_string(),
    };
    Some(name.to_lowercase().chars().filter(|c| is_plain(*c)).collect())
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_that_nobody_named_has_the_name_that_compose_takes() {
        assert_eq!(told(br#"{"name":"app","services":{}}"#).as_deref(), Some("app"));
        assert_eq!(told(br#"{"services":{}}"#), None);
        let by = |beside: &str, environment: Option<&str>| {
            by_rule("/srv/b/My App.2", environment.map(str::to_string), beside)
        };
        assert_eq!(by("", None).as_deref(), Some("myapp2"));
        assert_eq!(by("A=b\nCOMPOSE_PROJECT_NAME=Shop-1\n", None).as_deref(), Some("shop-1"));
        assert_eq!(by("COMPOSE_PROJECT_NAME=shop", Some("other")).as_deref(), Some("other"));
        for odd in ["COMPOSE_PROJECT_NAME=$USER", "COMPOSE_PROJECT_NAME='shop'", "COMPOSE_PROJECT_NAME"] {
            assert_eq!(by(odd, None), None, "{odd}");
        }
    }
}
