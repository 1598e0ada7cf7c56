//! Creating and removing networks, and connecting containers to them.

use super::existing::{compare, exists};
use super::labels;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::identity::{self, short};
use crate::engine::docker::sessions::made;
use crate::engine::docker::transport::Transport;
use crate::engine::path::{name, segment};
use crate::model::{Id, Joining, NewNetwork};
use bollard::models::{EndpointSettings, NetworkConnectRequest, NetworkDisconnectRequest};
use serde_json::{Value, json};

pub async fn remove(transport: &Transport, id: &Id, known_as: &str) -> Result<String, EngineError> {
    identity::network_of(transport, id, known_as).await?;
    transport.call(transport.docker().remove_network(&name(id.raw())?)).await.map(|()| String::new())
}

pub async fn connect(transport: &Transport, container: &str, joining: &Joining) -> Result<String, EngineError> {
    identity::network(transport, joining).await?;
    join(transport, container, joining.network.raw(), joining.aliases.clone()).await?;
    Ok(format!("connected to {}", joining.name))
}

/// Puts a container on a network, with further names there.
pub async fn join(
    transport: &Transport,
    container: &str,
    network: &str,
    aliases: Vec<String>,
) -> Result<(), EngineError> {
    let endpoint = EndpointSettings { aliases: Some(aliases), ..EndpointSettings::default() };
    let request = NetworkConnectRequest { container: container.into(), endpoint_config: Some(endpoint) };
    transport.call(transport.docker().connect_network(&name(network)?, request)).await
}

pub async fn disconnect(transport: &Transport, container: &str, joining: &Joining) -> Result<String, EngineError> {
    identity::network(transport, joining).await?;
    let request = NetworkDisconnectRequest { container: container.into(), force: Some(false) };
    let network = name(joining.network.raw())?;
    transport.call(transport.docker().disconnect_network(&network, request)).await?;
    Ok(format!("disconnected from {}", joining.name))
}

pub async fn create(transport: &Transport, new: &NewNetwork) -> Result<String, EngineError> {
    let driver = if new.driver.is_empty() { "bridge" } else { &new.driver };
    // Raw: closed enums, since this one would be taken for absent.
    if let Ok(known) = transport.json::<Value>(&format!("/networks/{}", segment(&new.name))).await
        && known.get("Name").and_then(Value::as_str) == Some(&new.name)
    {
        return Err(exists("network", &new.name, &differences(&known, new, driver)));
    }
    // Raw: model. It lacks CheckDuplicate, without which engines before 1.44 make a second of that name.
    let answer = transport.post("/networks/create", Some(&request(new, driver))).await?;
    Ok(short(&made(&answer)?))
}

/// The body of the request that makes it.
pub fn request(new: &NewNetwork, driver: &str) -> Value {
    let mut body = json!({
        "Name": new.name, "CheckDuplicate": true, "Driver": driver, "Internal": new.internal,
        "Labels": labels(&new.labels),
    });
    if new.isolated {
        body["Options"] = json!({ ISOLATION: "false" });
    }
    if !new.subnet.is_empty() {
        let mut subnet = json!({ "Subnet": new.subnet });
        if !new.gateway.is_empty() {
            subnet["Gateway"] = new.gateway.clone().into();
        }
        body["IPAM"] = json!({ "Driver": "default", "Config": [subnet] });
    }
    body
}

/// The bridge driver's option for traffic between members.
const ISOLATION: &str = "com.docker.network.bridge.enable_icc";

/// In what a network that is there differs from one that is wanted.
pub fn differences(known: &Value, new: &NewNetwork, driver: &str) -> Vec<String> {
    let mut differs = Vec::new();
    let said = |path: &str| known.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let mut text = |what: &str, there: &str, wanted: &str| {
        if !wanted.is_empty() && there != wanted {
            differs.push(format!("{what} {there} instead of {wanted}"));
        }
    };
    text("driver", said("/Driver"), driver);
    text("subnet", said("/IPAM/Config/0/Subnet"), &new.subnet);
    text("gateway", said("/IPAM/Config/0/Gateway"), &new.gateway);
    let internal = known.get("Internal").and_then(Value::as_bool).unwrap_or_default();
    if internal != new.internal {
        differs.push(if internal { "it is internal".into() } else { "it is not internal".into() });
    }
    let isolated =
        known.get("Options").and_then(|options| options.get(ISOLATION)).and_then(Value::as_str) == Some("false");
    if isolated != new.isolated {
        differs.push(if isolated {
            "its containers are isolated".into()
        } else {
            "its containers are not isolated".into()
        });
    }
    compare("label", known.get("Labels"), &new.labels, &mut differs);
    differs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_under_the_name_is_compared() {
        let known =
            json!({ "Driver": "bridge", "Internal": true, "IPAM": { "Config": [{ "Subnet": "10.1.0.0/16" }] } });
        let new = NewNetwork { subnet: "10.2.0.0/16".into(), ..NewNetwork::default() };
        let differs = differences(&known, &new, "bridge");
        assert_eq!(differs, ["subnet 10.1.0.0/16 instead of 10.2.0.0/16", "it is internal"]);
        assert!(
            matches!(exists("network", "edge", &differs), EngineError::Status(409, words) if words.contains("10.2.0.0/16"))
        );
    }
}
