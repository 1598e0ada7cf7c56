//! Addresses under which the container is reached: on this machine, and from others.

use super::Up;
use super::stages::UpStage;
use crate::engine::settings::Endpoint;
use crate::engine::stream::StreamEnd;
use crate::model::blueprint::PortPart;
use std::net::{IpAddr, UdpSocket};

/// The word in a blueprint's address for the host.
const HOST: &str = "{host}";
/// An address of nobody (RFC 5737): the way there is the way out, and nothing is sent.
const ELSEWHERE: (&str, u16) = ("192.0.2.1", 9);

impl Up<'_> {
    /// The addresses, each with the hosts under which its port is reached.
    pub(super) async fn urls(&mut self) -> Result<Vec<String>, StreamEnd> {
        self.begin(UpStage::Urls, "").await?;
        let mut urls: Vec<String> = Vec::new();
        for url in &self.wanted.blueprint.urls {
            let hosts = self.hosts(&url.url);
            let filled = hosts.iter().map(|host| url.url.replace(HOST, host));
            filled.for_each(|url| {
                if !urls.contains(&url) {
                    urls.push(url)
                }
            });
        }
        self.done(UpStage::Urls, &urls.join(" ")).await?;
        Ok(urls)
    }

    fn hosts(&self, url: &str) -> Vec<String> {
        let is_of = |port: &&PortPart| url.contains(&format!(":{}", port.host));
        let address = self.wanted.blueprint.ports.iter().find(is_of).and_then(|port| port.address.parse().ok());
        match (&self.place.endpoint, address) {
            (Endpoint::Tcp { host, .. }, _) if host.contains(':') => vec![format!("[{host}]")],
            (Endpoint::Tcp { host, .. }, _) => vec![host.clone()],
            (_, Some(address)) => hosts_of(address),
            (Endpoint::Unix(_) | Endpoint::Private(_) | Endpoint::Closed { .. }, None) => everywhere(),
        }
    }
}

/// Where a port is reached that is published on one address.
fn hosts_of(address: IpAddr) -> Vec<String> {
    match address {
        address if address.is_unspecified() => everywhere(),
        address if address.is_loopback() => vec!["localhost".into()],
        IpAddr::V4(address) => vec![address.to_string()],
        IpAddr::V6(address) => vec![format!("[{address}]")],
    }
}

/// Where a port is reached that is published on all addresses: here, and at the one that others know this machine by.
fn everywhere() -> Vec<String> {
    let own = UdpSocket::bind(("0.0.0.0", 0)).and_then(|socket| {
        socket.connect(ELSEWHERE)?;
        socket.local_addr()
    });
    let own = own.ok().map(|own| own.ip()).filter(|own| !own.is_loopback() && !own.is_unspecified());
    ["localhost".to_string()].into_iter().chain(own.map(|own| own.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_on_one_address_is_reached_there_alone() {
        let of = |address: &str| hosts_of(address.parse().unwrap());
        assert_eq!(
            (of("127.0.0.1"), of("10.0.0.7"), of("::2")),
            (vec!["localhost".to_string()], vec!["10.0.0.7".into()], vec!["[::2]".into()])
        );
        assert_eq!(of("0.0.0.0")[0], "localhost");
    }
}
