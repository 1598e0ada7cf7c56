//! Ports and the network.

use super::{Checks, entry};
use crate::model::Blueprint;
use core::net::IpAddr;
use std::collections::BTreeSet;

pub(super) fn check(blueprint: &Blueprint, checks: &mut Checks<'_>) {
    ports(blueprint, checks);
    let network = &blueprint.network;
    if network.name.strip_prefix("container:").is_some_and(|name| !name.is_empty()) {
        let mend = "publish them by the other container";
        checks.expect(blueprint.ports.is_empty(), &["ports"], "a container in another's network has no ports", mend);
    } else if !network.name.is_empty() {
        checks.name(&["network", "name"], &network.name);
    }
    addresses(blueprint, checks);
    for (number, name) in network.aliases.iter().enumerate() {
        checks.name(&["network", "aliases", &number.to_string()], name);
    }
    if !network.is_made() {
        let entries = [
            ("subnet", !network.subnet.is_empty()),
            ("gateway", !network.gateway.is_empty()),
            ("driver", !network.driver.is_empty()),
            ("aliases", !network.aliases.is_empty()),
            ("internal", network.internal),
            ("isolated", network.isolated),
        ];
        for (name, _) in entries.into_iter().filter(|(_, is_set)| *is_set) {
            let mend = "name a network of your own: name = \"work\" in [network]";
            checks.say(&["network", name], format!("{name} needs a network that bowline makes"), mend);
        }
    }
}

fn ports(blueprint: &Blueprint, checks: &mut Checks<'_>) {
    let (mut names, mut published) = (BTreeSet::new(), BTreeSet::new());
    for (number, port) in blueprint.ports.iter().enumerate() {
        let path = entry!("ports", number, "name");
        let is_name = port.name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        checks.expect(is_name, path, "the name of a port is none", "write letters, digits, _ and -");
        let is_new = port.name.is_empty() || names.insert(&port.name);
        checks.expect(is_new, path, "two ports have the same name", "give each its own");
        let is_new = port.host == 0 || published.insert((port.host, port.protocol.name(), &port.address));
        checks.expect(
            is_new,
            entry!("ports", number, "host"),
            "two ports have the same port of the host",
            "write another, or 0 for a free one",
        );
        let is_address = port.address.is_empty() || port.address.parse::<IpAddr>().is_ok();
        checks.expect(
            is_address,
            entry!("ports", number, "address"),
            "address is not one of the host",
            "write it as 127.0.0.1",
        );
    }
}

fn addresses(blueprint: &Blueprint, checks: &mut Checks<'_>) {
    let network = &blueprint.network;
    let subnet = subnet(&network.subnet);
    let is_right = network.subnet.is_empty() || subnet.is_some();
    checks.expect(is_right, &["network", "subnet"], "subnet is none", "write it as 172.28.0.0/16");
    if !network.gateway.is_empty() {
        let path = ["network", "gateway"];
        match (network.gateway.parse::<IpAddr>(), subnet) {
            (Err(_), _) => checks.say(&path, "gateway is not an address", "write it as 172.28.0.1"),
            (Ok(gateway), Some(subnet)) => {
                checks.expect(
                    holds(subnet, gateway),
                    &path,
                    "gateway is not in the subnet",
                    "write an address of the subnet",
                );
            }
            (Ok(_), None) if network.subnet.is_empty() => {
                checks.say(&path, "gateway needs a subnet", "add subnet = \"172.28.0.0/16\"");
            }
            (Ok(_), None) => {}
        }
    }
    for (number, server) in network.dns.iter().enumerate() {
        let path = ["network", "dns", &number.to_string()];
        checks.expect(
            server.parse::<IpAddr>().is_ok(),
            &path,
            "a name server is not an address",
            "write it as 1.1.1.1",
        );
    }
    for (number, host) in network.extra_hosts.iter().enumerate() {
        let is_right = host.split_once(':').is_some_and(|(name, address)| {
            !name.is_empty() && (address == "host-gateway" || address.parse::<IpAddr>().is_ok())
        });
        let path = ["network", "extra_hosts", &number.to_string()];
        checks.expect(
            is_right,
            &path,
            "an extra host is none",
            "write name:address, such as db:10.0.0.5 or host:host-gateway",
        );
    }
}

/// An address with the length of its prefix.
fn subnet(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = text.split_once('/')?;
    let (address, length) = (address.parse::<IpAddr>().ok()?, length.parse::<u32>().ok()?);
    (length <= bits(address).1).then_some((address, length))
}

/// The bits of an address, and how many it has.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

fn holds((subnet, length): (IpAddr, u32), address: IpAddr) -> bool {
    let ((subnet, size), (address, other)) = (bits(subnet), bits(address));
    // A shift by all bits leaves nothing to compare.
    let rest = size - length;
    size == other && subnet.checked_shr(rest).unwrap_or(0) == address.checked_shr(rest).unwrap_or(0)
}
