//! The network: made if it is missing, joined if it is what the blueprint wants, refused if it is another.

use super::Up;
use super::stages::UpStage;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::operations::network::{differences, request};
use crate::engine::docker::sessions::made;
use crate::engine::docker::transport::Transport;
use crate::engine::path::{name, segment};
use crate::engine::stream::StreamEnd;
use crate::model::NewNetwork;
use serde_json::{Value, json};

/// How often a network is looked for again that another run has made or taken away meanwhile.
const ATTEMPTS: usize = 3;

impl Up<'_> {
    /// Makes the network, or joins the one that is there.
    pub(super) async fn network(&mut self) -> Result<(), StreamEnd> {
        let wanted = self.wanted.blueprint.network.clone();
        self.begin(UpStage::Network, &wanted.name).await?;
        if !wanted.is_made() {
            let words = if wanted.name.is_empty() { "the engine's default" } else { &wanted.name };
            return self.done(UpStage::Network, words).await;
        }
        let new = NewNetwork {
            name: wanted.name.clone(),
            driver: wanted.driver,
            subnet: wanted.subnet,
            gateway: wanted.gateway,
            internal: wanted.internal,
            isolated: wanted.isolated,
            labels: Vec::new(),
        };
        let is_new = self.reach(&new).await?;
        self.done(UpStage::Network, &format!("{} {}", wanted.name, if is_new { "made" } else { "joined" })).await
    }

    /// True if it was made.
    async fn reach(&self, new: &NewNetwork) -> Result<bool, StreamEnd> {
        let networks = self.shared.up.networks.clone();
        let _turn = networks.lock().await;
        for attempt in 1..=ATTEMPTS {
            if let Some(known) = look(&self.transport, &new.name).await.map_err(|fault| self.fault(&fault))? {
                return self.same(&known, new).map(|()| false);
            }
            let labels = self.wanted.shared_labels().into_iter().collect();
            let wanted = NewNetwork { labels, ..new.clone() };
            let transport = self.transport.clone();
            match self.rollback.make(async move { make(&transport, &wanted).await }).await {
                Ok(is_ours) => return Ok(is_ours),
                // Another one was quicker: it has the name, or the addresses.
                Err(EngineError::Status(403 | 409 | 500, _)) if attempt < ATTEMPTS => {}
                Err(fault) => return Err(self.fault(&fault)),
            }
        }
        Err(self.problem(format!("the network {} comes and goes", new.name), "try again"))
    }

    fn same(&self, known: &Value, new: &NewNetwork) -> Result<(), StreamEnd> {
        let driver = if new.driver.is_empty() { "bridge" } else { &new.driver };
        let differs = differences(known, new, driver);
        if differs.is_empty() {
            return Ok(());
        }
        let cause = format!("a network named {} is there, with {}", new.name, differs.join(", "));
        Err(self.problem(cause, "give network.name another name, or write in the blueprint what the network has"))
    }
}

/// The network of exactly this name. Raw: closed enums.
async fn look(transport: &Transport, name: &str) -> Result<Option<Value>, EngineError> {
    Ok(named(transport, name).await?.into_iter().next())
}

/// All networks of exactly this name, the oldest first.
async fn named(transport: &Transport, name: &str) -> Result<Vec<Value>, EngineError> {
    let filters = json!({ "name": [name] }).to_string();
    let answer = transport.list(&format!("/networks?filters={}", segment(&filters))).await?;
    let all: Vec<Value> = serde_json::from_slice(&answer).map_err(|error| EngineError::Garbage(error.to_string()))?;
    let text =
        |network: &Value, field: &str| network.get(field).and_then(Value::as_str).unwrap_or_default().to_string();
    let mut same: Vec<Value> = all.into_iter().filter(|network| text(network, "Name") == name).collect();
    same.sort_by_key(|network| (text(network, "Created"), text(network, "Id")));
    Ok(same)
}

/// Makes a network. False if another one of that name was made at the same time and is the older one: ours is gone again then.
async fn make(transport: &Transport, new: &NewNetwork) -> Result<bool, EngineError> {
    let driver = if new.driver.is_empty() { "bridge" } else { &new.driver };
    // Raw: model. It lacks CheckDuplicate, without which engines before 1.44 make a second of that name.
    let id = made(&transport.post("/networks/create", Some(&request(new, driver))).await?)?;
    let oldest = named(transport, &new.name).await?.into_iter().next();
    let is_ours = oldest.is_none_or(|oldest| oldest.get("Id").and_then(Value::as_str) == Some(&id));
    if !is_ours {
        transport.call(transport.docker().remove_network(&name(&id)?)).await?;
    }
    Ok(is_ours)
}
