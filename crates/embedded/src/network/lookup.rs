//! Finding networks and the containers in them.

use ipnet::Ipv4Net;

use super::store::{Link, Network};
use super::subnet;
use crate::container::{Container, Status};
use crate::response::ApiError;
use crate::state::EngineState;

/// Whether it is in its networks now: one that stands still only says where it belongs.
pub(crate) fn is_in(one: &Container) -> bool {
    one.status.alive() || one.status == Status::Restarting
}

impl EngineState {
    /// A network by its id, its name, or the beginning of its id, in this order.
    pub(crate) fn network(&self, reference: &str) -> Result<&Network, ApiError> {
        if let Some(network) = self.networks.get(reference) {
            return Ok(network);
        }
        let several = |by: &str, count: usize| {
            ApiError::bad(format!("network {reference} is ambiguous ({count} matches found on {by})"))
        };
        let named: Vec<&Network> = self.networks.values().filter(|one| one.identity.name == reference).collect();
        let begun: Vec<&Network> =
            self.networks.values().filter(|one| one.identity.id.starts_with(reference)).collect();
        match (named.as_slice(), begun.as_slice()) {
            ([one], _) => Ok(one),
            ([], [one]) if !reference.is_empty() => Ok(one),
            ([_, ..], _) => Err(several("name", named.len())),
            ([], [_, ..]) if !reference.is_empty() => Err(several("ID prefix", begun.len())),
            _ => Err(ApiError::absent(format!("network {reference} not found"))),
        }
    }

    /// A range that no network has.
    pub(crate) fn free_subnet(&self) -> Option<Ipv4Net> {
        subnet::defaults().find(|subnet| !self.overlaps(*subnet))
    }

    pub(crate) fn overlaps(&self, subnet: Ipv4Net) -> bool {
        let mut taken = self.networks.values().flat_map(|network| &network.pools).filter_map(|pool| pool.subnet);
        taken.any(|have| subnet::overlap(have, subnet))
    }

    /// Every container in a network, running or not.
    pub(crate) fn members<'a>(&'a self, id: &'a str) -> impl Iterator<Item = (&'a Container, &'a Link)> {
        self.all().filter_map(move |one| Some((one, one.links.iter().find(|link| link.network.id == id)?)))
    }

    /// Refuses the start of a container one of whose networks is gone.
    pub(crate) fn networks_are_there(&self, one: &Container) -> Result<(), ApiError> {
        match one.links.iter().find(|link| !self.networks.contains_key(&link.network.id)) {
            Some(link) => Err(ApiError::absent(format!("network {} not found", link.network.id))),
            None => Ok(()),
        }
    }
}
