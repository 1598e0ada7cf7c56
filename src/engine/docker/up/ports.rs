//! Ports of the host that bowline picks: free as far as can be known, and no other run's.

use super::Up;
use super::claims::ClaimedPorts;
use crate::engine::settings::Endpoint;
use crate::engine::stream::StreamEnd;
use crate::model::Blueprint;
use crate::model::blueprint::{PortPart, Protocol};
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket};

/// How many ports are looked at for one that is free.
const LOOKS: usize = 200;
/// The first port that nobody is given for good, and how many there are (RFC 6335, dynamic ports).
const DYNAMIC: (u16, u16) = (49152, 16384);

impl Up<'_> {
    /// The blueprint with ports in place of those that are 0, and of their names; the ports are no other run's until what is
    /// returned is dropped.
    pub(super) fn with_ports(&self, asked: &Blueprint) -> Result<(Blueprint, ClaimedPorts), StreamEnd> {
        let mut blueprint = asked.clone();
        let mut claimed = self.shared.up.ports();
        let known = self.known_ports();
        let is_here = matches!(self.place.endpoint, Endpoint::Unix(_) | Endpoint::Private(_));
        for port in blueprint.ports.iter_mut().filter(|port| port.host == 0) {
            let free = (0..LOOKS)
                .filter_map(|_| if is_here { free_here(port) } else { Some(random()) })
                .find(|number| !known.contains(number) && claimed.take(*number));
            let mend = "name a port of the host in the blueprint";
            port.host = free.ok_or_else(|| self.problem(format!("no free port for {}", port.container), mend))?;
        }
        Ok((blueprint.with_ports_filled(), claimed))
    }

    /// The ports that the engine's containers publish.
    fn known_ports(&self) -> HashSet<u16> {
        let index = self.shared.index.borrow();
        index.containers.values().flat_map(|container| &container.ports).filter_map(|port| port.public).collect()
    }
}

/// A port that is free on this machine just now.
fn free_here(port: &PortPart) -> Option<u16> {
    let address: IpAddr = port.address.parse().unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    let at = match port.protocol {
        Protocol::Tcp => TcpListener::bind((address, 0)).and_then(|socket| socket.local_addr()),
        Protocol::Udp => UdpSocket::bind((address, 0)).and_then(|socket| socket.local_addr()),
        // Not to be tried without a library of its own.
        Protocol::Sctp => return Some(random()),
    };
    // An address that this machine does not have is the engine's to judge.
    Some(at.map_or_else(|_| random(), |at| at.port()))
}

fn random() -> u16 {
    let number = RandomState::new().hash_one(std::process::id());
    // The remainder fits.
    DYNAMIC.0 + (number % u64::from(DYNAMIC.1)) as u16
}

/// True if an engine says that a port is not free, and it is one that bowline has picked: one that the blueprint names is nobody's
/// to change.
pub fn is_taken(words: &str, asked: &[PortPart]) -> bool {
    let words = words.to_lowercase();
    let taken = words.contains("port is already allocated") || words.contains("address already in use");
    let named = |port: &PortPart| {
        let written = format!(":{}", port.host);
        port.host != 0 && words.split(&written).skip(1).any(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    taken && asked.iter().any(|port| port.host == 0) && !asked.iter().any(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_port_is_picked_only_in_place_of_one_that_was_picked() {
        let port = |host| PortPart { container: 80, host, ..PortPart::default() };
        let words = "Bind for 0.0.0.0:49200 failed: port is already allocated";
        assert!(is_taken(words, &[port(0)]) && is_taken(words, &[port(0), port(4920)]));
        assert!(!is_taken(words, &[port(49200), port(0)]) && !is_taken(words, &[]));
        assert!(is_taken("listen tcp4 0.0.0.0:49200: bind: address already in use", &[port(0)]));
        assert!(!is_taken("no such image", &[port(0)]));
    }

    #[test]
    fn picked_ports_can_be_listened_on() {
        let port = free_here(&PortPart { address: "127.0.0.1".into(), ..PortPart::default() }).unwrap();
        assert!(port > 1024);
        assert!((0..100).map(|_| random()).all(|port| port >= DYNAMIC.0));
    }
}
