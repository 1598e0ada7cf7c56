//! The container: made with all limits, filled with files, and started. What was taken meanwhile, its name or a port that bowline
//! has picked, is chosen anew.

use super::Up;
use super::ports::is_taken;
use super::stages::UpStage;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::operations::container::start;
use crate::engine::docker::sessions::requests;
use crate::engine::stream::StreamEnd;
use crate::model::Blueprint;
use bollard::models::ContainerCreateBody;
use serde_json::json;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;
use tokio::time::timeout;

/// How often a name or a port is chosen.
const ATTEMPTS: usize = 10;
/// The time limit for making a container, and for starting it: volumes are filled from the image then.
const LONG: Duration = Duration::from_secs(300);

impl Up<'_> {
    /// A container that runs.
    pub(super) async fn started(&mut self, seccomp: Option<&str>) -> Result<String, StreamEnd> {
        let asked = self.wanted.blueprint.clone();
        for attempt in 1..=ATTEMPTS {
            let (blueprint, claimed) = self.with_ports(&asked)?;
            self.wanted.blueprint = blueprint;
            let container = self.container(seccomp).await?;
            self.files(&container).await?;
            let begun = self.start(&container).await;
            drop(claimed);
            match begun {
                Ok(()) => return Ok(container),
                Err(EngineError::Status(_, words)) if attempt < ATTEMPTS && self.can_go_on(&words, &asked) => {
                    self.begin_again(&container, &words).await?;
                }
                Err(fault) => return Err(self.fault(&fault)),
            }
        }
        Err(self.problem("no free port was found", "name a port of the host in the blueprint"))
    }

    async fn start(&mut self, container: &str) -> Result<(), EngineError> {
        // A closed stream is seen at the next stage.
        drop(self.begin(UpStage::Start, &self.wanted.name.clone()).await);
        let (transport, raw) = (self.transport.clone(), container.to_string());
        let starting = async move {
            let started = timeout(LONG, start(&transport, &raw)).await;
            started.unwrap_or(Err(EngineError::Slow(LONG))).map(drop)
        };
        self.rollback.make(starting).await?;
        drop(self.done(UpStage::Start, &ports(&self.wanted.blueprint)).await);
        Ok(())
    }

    fn can_go_on(&self, words: &str, asked: &Blueprint) -> bool {
        is_taken(words, &asked.ports) || self.lacks_network(words)
    }

    /// Another run that made the network may have taken it back meanwhile, or have made a second one for a moment.
    fn lacks_network(&self, words: &str) -> bool {
        let network = &self.wanted.blueprint.network;
        network.is_made()
            && words.contains(&network.name)
            && (words.contains("not found") || words.contains("ambiguous"))
    }

    /// The container goes, to be made with another port, or on the network that is there now.
    async fn begin_again(&mut self, container: &str, words: &str) -> Result<(), StreamEnd> {
        self.board.note(&format!("once more: {words}"));
        let (transport, raw) = (self.transport.clone(), container.to_string());
        let removing = async move { requests::remove(&transport, &raw, true).await };
        self.rollback.make(removing).await.map_err(|fault| self.fault(&fault))?;
        if self.lacks_network(words) { self.network().await } else { Ok(()) }
    }

    /// A container that was made, under a name that was free.
    async fn container(&mut self, seccomp: Option<&str>) -> Result<String, StreamEnd> {
        for attempt in 1..=ATTEMPTS {
            self.begin(UpStage::Container, &self.wanted.name.clone()).await?;
            let body = self.body(seccomp)?;
            let (transport, name) = (self.transport.clone(), self.wanted.name.clone());
            let making = async move { requests::create_within(&transport, &name, body, LONG).await };
            match self.rollback.make(making).await {
                Ok((container, warnings)) => {
                    warnings.iter().for_each(|words| self.board.note(&format!("warning: {words}")));
                    self.done(UpStage::Container, &self.wanted.name.clone()).await?;
                    return Ok(container);
                }
                Err(EngineError::Status(_, words)) if attempt < ATTEMPTS && is_name_taken(&words) => {
                    self.rename(&words)?;
                }
                Err(EngineError::Status(_, words)) if attempt < ATTEMPTS && self.lacks_network(&words) => {
                    self.network().await?;
                }
                Err(fault) => return Err(self.fault(&fault)),
            }
        }
        Err(self.problem("no free name was found", "give it one with --name"))
    }

    fn body(&self, seccomp: Option<&str>) -> Result<ContainerCreateBody, StreamEnd> {
        let mut body = self.wanted.blueprint.docker_body(seccomp);
        body["Labels"] = json!(self.wanted.labels());
        serde_json::from_value(body)
            .map_err(|error| self.problem(format!("internal error: not a container: {error}"), "report this"))
    }

    fn rename(&mut self, words: &str) -> Result<(), StreamEnd> {
        let Some(name) = self.wanted.other_name(&fresh()) else {
            return Err(self.problem(words, "give it another name with --name, or remove the other container"));
        };
        self.board.note(&format!("the name {} is taken: it becomes {name}", self.wanted.name));
        self.wanted.name = name;
        Ok(())
    }
}

fn is_name_taken(words: &str) -> bool {
    let words = words.to_lowercase();
    words.contains("name") && words.contains("already in use")
}

/// Six digits that are nobody else's.
fn fresh() -> String {
    format!("{:06x}", RandomState::new().hash_one(std::process::id()) & 0x00ff_ffff)
}

fn ports(blueprint: &Blueprint) -> String {
    let ports = blueprint.ports.iter().map(|port| format!("{}→{}", port.host, port.container));
    ports.collect::<Vec<_>>().join(", ")
}
