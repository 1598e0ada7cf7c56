//! Making networks, and taking them away.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use http::StatusCode;
use ipnet::Ipv4Net;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::event_log::Kind;
use crate::network::lookup::is_in;
use crate::network::store::{Network, PREDEFINED, Pool};
use crate::network::subnet;
use crate::query::Query;
use crate::request::{ApiRequest, parse};
use crate::response::{Answer, ApiError, json, json_with, no_content};
use crate::rng::{hash, hex64, mix};
use crate::shared::Shared;
use crate::state::EngineState;
use crate::time::now;

/// The largest number of networks.
const MOST: usize = 1024;

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Wanted {
    name: String,
    check_duplicate: bool,
    driver: Option<String>,
    internal: bool,
    attachable: bool,
    ingress: bool,
    config_only: bool,
    #[serde(rename = "EnableIPv6")]
    ipv6: bool,
    #[serde(rename = "IPAM")]
    ipam: Option<Ipam>,
    options: Option<BTreeMap<String, String>>,
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Ipam {
    config: Option<Vec<Range>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Range {
    subnet: Option<String>,
    gateway: Option<String>,
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
}

pub(crate) fn create(shared: &Shared, ask: &ApiRequest) -> Answer {
    let wanted: Wanted = parse(&ask.body)?;
    let driver = wanted.driver.as_deref().filter(|driver| !driver.is_empty()).unwrap_or("bridge").to_string();
    if wanted.name.trim().is_empty() {
        return Err(ApiError::failed(format!("invalid name: {}", wanted.name)));
    }
    if PREDEFINED.contains(&wanted.name.as_str()) {
        return Err(ApiError::forbidden(format!("operation is not permitted on predefined {} network ", wanted.name)));
    }
    let mut state = shared.state();
    if wanted.check_duplicate && state.networks.values().any(|network| network.identity.name == wanted.name) {
        return Err(ApiError::conflict(format!("network with name {} already exists", wanted.name)));
    }
    can_drive(&driver)?;
    if wanted.ingress || wanted.config_only {
        return Err(ApiError::unable("create networks for swarms or config-only networks"));
    }
    if state.networks.len() >= MOST {
        return Err(ApiError::failed(format!("this engine keeps {MOST} networks: remove some first")));
    }
    let ranges = wanted.ipam.unwrap_or_default().config.unwrap_or_default();
    let pools = state.pools(ranges)?;
    let id = hex64(mix(hash(&wanted.name) ^ now() as u64, state.ordinal()));
    let mut network = Network::new(&wanted.name, id.clone(), &driver, now());
    network.pools = pools;
    network.internal = wanted.internal;
    network.attachable = wanted.attachable;
    network.ipv6 = wanted.ipv6;
    network.options = wanted.options.unwrap_or_default();
    network.labels = wanted.labels.unwrap_or_default();
    state.networks.insert(id.clone(), network);
    state.tell_of_network(&id, "create", &[]);
    Ok(json_with(StatusCode::CREATED, &json!({ "Id": id, "Warning": "" })))
}

fn can_drive(driver: &str) -> Result<(), ApiError> {
    match driver {
        "bridge" | "macvlan" | "ipvlan" => Ok(()),
        "host" | "null" => Err(ApiError::forbidden(format!("only one container of \"{driver}\" network is allowed"))),
        "overlay" => Err(ApiError::failed(
            "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.",
        )),
        other => Err(ApiError::absent(format!("plugin \"{other}\" not found"))),
    }
}

impl EngineState {
    /// The ranges of a new network: those asked for, or one that is free.
    fn pools(&self, ranges: Vec<Range>) -> Result<Vec<Pool>, ApiError> {
        let mut pools: Vec<Pool> = Vec::new();
        for range in ranges {
            let Some(text) = range.subnet.filter(|text| !text.is_empty()) else { continue };
            let pool = pool(text, range.gateway, range.more)?;
            let taken = |subnet: Ipv4Net| {
                self.overlaps(subnet)
                    || pools.iter().filter_map(|pool| pool.subnet).any(|have| subnet::overlap(have, subnet))
            };
            if pool.subnet.is_some_and(taken) {
                return Err(ApiError::forbidden("Pool overlaps with other one on this address space"));
            }
            pools.push(pool);
        }
        if pools.iter().all(|pool| pool.subnet.is_none()) {
            let free = self.free_subnet().ok_or_else(|| {
                ApiError::failed(
                    "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
                )
            })?;
            pools.insert(0, Pool::automatic(free));
        }
        Ok(pools)
    }

    pub(crate) fn tell_of_network(&mut self, id: &str, action: &str, more: &[(&str, String)]) {
        let Some(network) = self.networks.get(id) else { return };
        let (name, driver) = (network.identity.name.clone(), network.driver.clone());
        let own = [("name", name), ("type", driver)];
        let all: Vec<(&str, String)> = own.into_iter().chain(more.iter().cloned()).collect();
        self.tell_of(Kind::Network, id, now(), action, &all);
    }

    fn discard_network(&mut self, id: &str) {
        self.tell_of_network(id, "destroy", &[]);
        self.networks.remove(id);
    }
}

fn pool(text: String, gateway: Option<String>, more: BTreeMap<String, Value>) -> Result<Pool, ApiError> {
    let subnet = subnet::parse(&text);
    let six = text.split_once('/').is_some_and(|(address, _)| address.parse::<std::net::Ipv6Addr>().is_ok());
    if subnet.is_none() && !six {
        return Err(ApiError::failed(format!("Invalid subnet {text} : invalid CIDR address: {text}")));
    }
    let gateway = gateway.filter(|gateway| !gateway.is_empty());
    if let (Some(gateway), Some(subnet)) = (&gateway, subnet) {
        let inside = gateway.parse().is_ok_and(|address: Ipv4Addr| subnet.contains(&address));
        if !inside {
            return Err(ApiError::failed(format!(
                "failed to allocate gateway ({gateway}): Requested address is out of range"
            )));
        }
    }
    let empty = |value: &Value| value.is_null() || *value == json!("") || *value == json!({});
    Ok(Pool { text, subnet, gateway, more: more.into_iter().filter(|(_, value)| !empty(value)).collect() })
}

pub(crate) fn remove(shared: &Shared, reference: &str) -> Answer {
    let mut state = shared.state();
    let network = state.network(reference)?;
    let known = network.identity.clone();
    if network.is_predefined() {
        return Err(ApiError::forbidden(format!("{} is a pre-defined network and cannot be removed", known.name)));
    }
    if state.members(&known.id).any(|(one, _)| is_in(one)) {
        return Err(ApiError::forbidden(format!(
            "error while removing network: network {} id {} has active endpoints",
            known.name, known.id
        )));
    }
    state.discard_network(&known.id);
    Ok(no_content())
}

/// Removes the networks without containers.
pub(crate) fn prune(shared: &Shared, query: &Query) -> Answer {
    let filters = query.filters(&["label", "label!", "until"])?;
    let until = filters.until(now())?;
    let mut state = shared.state();
    let goes = |network: &&Network| {
        !network.is_predefined()
            && until.is_none_or(|until| network.created < until)
            && filters.labels(&network.labels)
            && !state.members(&network.identity.id).any(|(one, _)| is_in(one))
    };
    let gone: Vec<_> = state.networks.values().filter(goes).map(|network| network.identity.clone()).collect();
    gone.iter().for_each(|network| state.discard_network(&network.id));
    state.tell_of(Kind::Network, "", now(), "prune", &[("reclaimed", "0".into())]);
    let names: Vec<&str> = gone.iter().map(|network| network.name.as_str()).collect();
    Ok(json(&json!({ "NetworksDeleted": if names.is_empty() { Value::Null } else { json!(names) } })))
}
