//! `GET /networks`, `GET /networks/{id}`, and what containers say of their networks.

use serde_json::{Map, Value, json};

use crate::container::Container;
use crate::network::lookup::is_in;
use crate::network::store::{Link, Network, PREDEFINED, Pool};
use crate::query::Query;
use crate::response::{Answer, json};
use crate::rng::{hash, hex64, mix};
use crate::shared::Shared;
use crate::state::EngineState;
use crate::time::rfc3339;

pub(crate) fn list(shared: &Shared, query: &Query) -> Answer {
    let filters = query.filters(&["dangling", "driver", "id", "label", "name", "scope", "type"])?;
    let dangling = filters.yes_or_no("dangling")?;
    let state = shared.state();
    let fits = |network: &&Network| {
        let known = &network.identity;
        let kind = if network.is_predefined() { "builtin" } else { "custom" };
        let idle = || !network.is_predefined() && !state.members(&known.id).any(|(one, _)| is_in(one));
        filters.any("name", |part| known.name.contains(part))
            && filters.any("id", |part| known.id.starts_with(part))
            && filters.any("driver", |driver| driver == network.driver)
            && filters.any("scope", |scope| scope == "local")
            && filters.any("type", |wanted| wanted == kind)
            && filters.labels(&network.labels)
            && dangling.is_none_or(|wanted| wanted == idle())
    };
    let rows: Vec<Value> = state.networks.values().filter(fits).map(shape).collect();
    Ok(json(&rows))
}

pub(crate) fn inspect(shared: &Shared, reference: &str) -> Answer {
    let state = shared.state();
    let network = state.network(reference)?;
    let mut shape = shape(network);
    for (one, link) in state.members(&network.identity.id).filter(|(one, _)| is_in(one)) {
        let prefix = network.subnet().map_or(0, |subnet| subnet.prefix_len());
        let address = link.address.map(|address| format!("{address}/{prefix}")).unwrap_or_default();
        shape["Containers"][&one.id] = json!({
            "Name": one.name, "EndpointID": endpoint(one, link), "MacAddress": mac(link), "IPv4Address": address,
            "IPv6Address": "",
        });
    }
    Ok(json(&shape))
}

fn shape(network: &Network) -> Value {
    let pool = |pool: &Pool| {
        let mut shape = Map::from_iter([("Subnet".to_string(), json!(pool.text))]);
        shape.extend(pool.gateway.as_ref().map(|gateway| ("Gateway".to_string(), json!(gateway))));
        shape.extend(pool.more.clone());
        Value::Object(shape)
    };
    json!({
        "Name": network.identity.name, "Id": network.identity.id, "Created": rfc3339(Some(network.created)),
        "Scope": "local", "Driver": network.driver, "EnableIPv6": network.ipv6,
        "IPAM": { "Driver": "default", "Options": null, "Config": network.pools.iter().map(pool).collect::<Vec<_>>() },
        "Internal": network.internal, "Attachable": network.attachable, "Ingress": false,
        "ConfigFrom": { "Network": "" }, "ConfigOnly": false, "Containers": {}, "Options": network.options,
        "Labels": network.labels,
    })
}

fn endpoint(one: &Container, link: &Link) -> String {
    hex64(mix(hash(&one.id), hash(&link.network.id) ^ one.run))
}

/// As Docker makes it: from the address.
fn mac(link: &Link) -> String {
    link.address.map_or_else(String::new, |address| {
        let [a, b, c, d] = address.octets();
        format!("02:42:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
    })
}

/// A container's networks, in the shape of its `NetworkSettings.Networks`.
pub(crate) fn of_container(state: &EngineState, one: &Container) -> Value {
    let all: Map<String, Value> =
        one.links.iter().map(|link| (link.network.name.clone(), membership(state, one, link))).collect();
    Value::Object(all)
}

fn membership(state: &EngineState, one: &Container, link: &Link) -> Value {
    let network = state.networks.get(&link.network.id);
    // Who stands still has no address; which one it will have again is nobody's business yet.
    let address = link.address.filter(|_| is_in(one));
    let gateway = address.and_then(|_| network?.gateway());
    let prefix = address.and_then(|_| network?.subnet()).map_or(0, |subnet| subnet.prefix_len());
    let chosen = link.address.filter(|_| link.chosen).map(|address| json!({ "IPv4Address": address.to_string() }));
    json!({
        "IPAMConfig": chosen, "Links": null,
        "Aliases": aliases(one, link),
        "NetworkID": link.network.id, "EndpointID": if is_in(one) { endpoint(one, link) } else { String::new() },
        "Gateway": text(gateway), "IPAddress": text(address), "IPPrefixLen": prefix, "IPv6Gateway": "",
        "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0,
        "MacAddress": address.map_or_else(String::new, |_| mac(link)), "DriverOpts": null,
    })
}

/// The names others find it by. The networks that every engine has know none.
fn aliases(one: &Container, link: &Link) -> Value {
    if PREDEFINED.contains(&link.network.name.as_str()) {
        return Value::Null;
    }
    let service = one.spec.labels.get("com.docker.compose.service").filter(|_| link.planned);
    let short: String = one.id.chars().take(12).collect();
    json!(link.aliases.iter().chain(service).chain([&short]).collect::<Vec<_>>())
}

fn text(address: Option<std::net::Ipv4Addr>) -> String {
    address.map(|address| address.to_string()).unwrap_or_default()
}

/// The whole of a container's `NetworkSettings`. As in Docker, only the default bridge's figures stand at the top, too.
pub(crate) fn settings(state: &EngineState, one: &Container, ports: &Value) -> Value {
    let networks = of_container(state, one);
    let top = |key: &str| networks.get("bridge").map_or(json!(""), |bridge| bridge[key].clone());
    json!({
        "Bridge": "", "SandboxID": if is_in(one) { hex64(mix(hash(&one.id), one.run)) } else { String::new() },
        "HairpinMode": false, "LinkLocalIPv6Address": "", "LinkLocalIPv6PrefixLen": 0, "Ports": ports, "SandboxKey": "",
        "SecondaryIPAddresses": null, "SecondaryIPv6Addresses": null, "EndpointID": top("EndpointID"),
        "Gateway": top("Gateway"), "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0, "IPAddress": top("IPAddress"),
        "IPPrefixLen": networks.get("bridge").map_or(json!(0), |bridge| bridge["IPPrefixLen"].clone()),
        "IPv6Gateway": "", "MacAddress": top("MacAddress"), "Networks": networks,
    })
}
