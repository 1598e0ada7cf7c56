//! `POST /networks/{id}/connect` and `…/disconnect`.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use http::StatusCode;
use serde::Deserialize;

use super::subnet;
use crate::container::Container;
use crate::network::store::{Endpoint, Identity, Link, Network};
use crate::request::{ApiRequest, parse};
use crate::response::{Answer, ApiError, status};
use crate::shared::Shared;
use crate::state::EngineState;

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Wanted {
    container: String,
    endpoint_config: Option<Endpoint>,
    force: bool,
}

pub(crate) fn connect(shared: &Shared, reference: &str, ask: &ApiRequest) -> Answer {
    let wanted: Wanted = parse(&ask.body)?;
    let mut state = shared.state();
    let network = state.network(reference)?.identity.clone();
    let id = state.resolve(&wanted.container)?;
    let one = state.find(&id)?;
    may_join(&network, one)?;
    let link = state.link(&network, one, &wanted.endpoint_config.unwrap_or_default())?;
    let one = state.find_mut(&id)?;
    one.links.push(link);
    one.changed();
    state.tell_of_network(&network.id, "connect", &[("container", id)]);
    Ok(status(StatusCode::OK))
}

fn may_join(network: &Identity, one: &Container) -> Result<(), ApiError> {
    let is_in = |name: &str| one.links.iter().any(|link| link.network.name == name);
    if one.links.iter().any(|link| link.network.id == network.id) {
        return Err(ApiError::forbidden(format!(
            "endpoint with name {} already exists in network {}",
            one.name, network.name
        )));
    }
    if network.name == "host" {
        return Err(ApiError::bad("container cannot be disconnected from host network or connected to host network"));
    }
    if is_in("host") {
        return Err(ApiError::forbidden(
            "container sharing network namespace with another container or host cannot be connected to any other network",
        ));
    }
    if is_in("none") || (network.name == "none" && !one.links.is_empty()) {
        return Err(ApiError::forbidden(
            "container cannot be connected to multiple networks with one of the networks in private (none) mode",
        ));
    }
    Ok(())
}

impl EngineState {
    /// A place for a container in a network, at the address it asks for or at the first that is free.
    pub(crate) fn link(&self, network: &Identity, one: &Container, wanted: &Endpoint) -> Result<Link, ApiError> {
        let network = self.network(&network.id)?;
        let asked = wanted.ipam.as_ref().and_then(|asked| asked.address.as_deref()).filter(|text| !text.is_empty());
        let address = match asked {
            // A local process is where this machine is; noted addresses would be a claim.
            _ if one.is_process() => None,
            Some(text) => Some(self.asked_address(network, text)?),
            None => self.free_address(network)?,
        };
        let aliases = wanted.aliases.clone().unwrap_or_default();
        Ok(Link {
            network: network.identity.clone(),
            address,
            chosen: asked.is_some() && address.is_some(),
            aliases,
            planned: false,
        })
    }

    fn asked_address(&self, network: &Network, text: &str) -> Result<Ipv4Addr, ApiError> {
        let address = text.parse().map_err(|_| ApiError::bad(format!("invalid IPv4 address: {text}")))?;
        if !network.subnet().is_some_and(|subnet| subnet.contains(&address)) {
            return Err(ApiError::bad(format!(
                "invalid endpoint settings:\nno configured subnet contains IP address {text}"
            )));
        }
        if self.taken(network).contains(&address) {
            return Err(ApiError::forbidden("Address already in use"));
        }
        Ok(address)
    }

    fn taken(&self, network: &Network) -> HashSet<Ipv4Addr> {
        let members = self.members(&network.identity.id).filter_map(|(_, link)| link.address);
        members.chain(network.gateway()).collect()
    }

    fn free_address(&self, network: &Network) -> Result<Option<Ipv4Addr>, ApiError> {
        let Some(subnet) = network.subnet() else { return Ok(None) };
        let taken = self.taken(network);
        let free = (1..).map_while(|place| subnet::at(subnet, place)).find(|address| !taken.contains(address));
        free.map(Some).ok_or_else(|| ApiError::forbidden("no available IPv4 addresses on this network's address pools"))
    }
}

pub(crate) fn disconnect(shared: &Shared, reference: &str, ask: &ApiRequest) -> Answer {
    let wanted: Wanted = parse(&ask.body)?;
    let mut state = shared.state();
    let network = state.network(reference)?.identity.clone();
    let id = match state.resolve(&wanted.container) {
        Err(_) if wanted.force => return Ok(status(StatusCode::OK)),
        resolved => resolved?,
    };
    if network.name == "host" {
        return Err(ApiError::bad("container cannot be disconnected from host network or connected to host network"));
    }
    let one = state.find_mut(&id)?;
    let Some(at) = one.links.iter().position(|link| link.network.id == network.id) else {
        return Err(ApiError::failed(format!("container {id} is not connected to network {}", network.name)));
    };
    one.links.remove(at);
    one.changed();
    state.tell_of_network(&network.id, "disconnect", &[("container", id)]);
    Ok(status(StatusCode::OK))
}
