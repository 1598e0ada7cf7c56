//! Which networks there are, and which addresses they have.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use ipnet::Ipv4Net;
use serde::Deserialize;
use serde_json::Value;

use super::subnet;
use crate::rng::{hash, hex64};
use crate::time::Nanos;

/// The networks that are there from the start and stay.
pub(crate) const PREDEFINED: &[&str] = &["bridge", "host", "none"];

/// By what a network is known; its members know it by this too, even when it is gone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) name: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) identity: Arc<Identity>,
    pub(crate) created: Nanos,
    pub(crate) driver: String,
    pub(crate) pools: Vec<Pool>,
    pub(crate) internal: bool,
    pub(crate) attachable: bool,
    pub(crate) ipv6: bool,
    pub(crate) options: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
    /// The place after the last one that was given away.
    next: u32,
}

/// A range of addresses, as it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    pub(crate) text: String,
    /// None for what is not IPv4: noted, and nobody gets an address from it.
    pub(crate) subnet: Option<Ipv4Net>,
    /// Shown only where somebody chose it, or where the engine chose the range.
    pub(crate) gateway: Option<String>,
    /// `IPRange` and the like, shown again.
    pub(crate) more: BTreeMap<String, Value>,
}

/// A container's place in a network.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) network: Arc<Identity>,
    /// None in a network without addresses, and for local processes.
    pub(crate) address: Option<Ipv4Addr>,
    /// Somebody asked for just this address.
    pub(crate) chosen: bool,
    /// The names that were asked for; its service's and its own short one are known without.
    pub(crate) aliases: Vec<String>,
    /// It was there from the start, as Compose would have made it.
    pub(crate) planned: bool,
}

/// Every network by its id.
pub(crate) type Networks = BTreeMap<String, Network>;

impl Network {
    pub(crate) fn new(name: &str, id: String, driver: &str, created: Nanos) -> Self {
        Network {
            identity: Arc::new(Identity { id, name: name.to_string() }),
            created,
            driver: driver.to_string(),
            pools: Vec::new(),
            internal: false,
            attachable: false,
            ipv6: false,
            options: BTreeMap::new(),
            labels: BTreeMap::new(),
            next: 2,
        }
    }

    /// The three that every engine has.
    pub(crate) fn predefined(created: Nanos) -> Networks {
        let make = |name: &str, driver: &str| {
            let mut network = Network::new(name, hex64(hash(name)), driver, created);
            if name == "bridge" {
                network.pools.extend(subnet::defaults().next().map(Pool::automatic));
                network.options.insert("com.docker.network.bridge.default_bridge".into(), "true".into());
                network.options.insert("com.docker.network.bridge.name".into(), "docker0".into());
            }
            (network.identity.id.clone(), network)
        };
        [make("bridge", "bridge"), make("host", "host"), make("none", "null")].into()
    }

    pub(crate) fn is_predefined(&self) -> bool {
        PREDEFINED.contains(&self.identity.name.as_str())
    }

    /// The range that containers get their addresses from.
    pub(crate) fn subnet(&self) -> Option<Ipv4Net> {
        self.pools.iter().find_map(|pool| pool.subnet)
    }

    /// The address that leads out of it.
    pub(crate) fn gateway(&self) -> Option<Ipv4Addr> {
        let pool = self.pools.iter().find(|pool| pool.subnet.is_some())?;
        let asked = pool.gateway.as_deref().and_then(|text| text.split('/').next()?.parse().ok());
        asked.or_else(|| subnet::at(pool.subnet?, 1))
    }

    /// The next address in turn, for a fleet that is made in one go.
    pub(crate) fn take_next(&mut self) -> Option<Ipv4Addr> {
        let subnet = self.subnet()?;
        let gateway = self.gateway();
        loop {
            let address = subnet::at(subnet, self.next)?;
            self.next += 1;
            if Some(address) != gateway {
                return Some(address);
            }
        }
    }
}

impl Pool {
    /// A range that the engine chose itself.
    pub(crate) fn automatic(subnet: Ipv4Net) -> Self {
        Pool {
            text: subnet.to_string(),
            subnet: Some(subnet),
            gateway: subnet::at(subnet, 1).map(|gateway| gateway.to_string()),
            more: BTreeMap::new(),
        }
    }
}

/// The settings of a container in a network.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Endpoint {
    pub(super) aliases: Option<Vec<String>>,
    #[serde(rename = "IPAMConfig")]
    pub(super) ipam: Option<Asked>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    #[serde(rename = "IPv4Address")]
    pub(super) address: Option<String>,
}
