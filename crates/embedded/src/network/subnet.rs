//! Ranges of IPv4 addresses.

use std::fmt;
use std::net::Ipv4Addr;

/// `172.18.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subnet {
    base: u32,
    prefix: u8,
}

impl Subnet {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: Ipv4Addr = address.parse().ok()?;
        let prefix = prefix.parse().ok().filter(|prefix| (1..=32).contains(prefix))?;
        Some(Subnet { base: u32::from(address) & mask(prefix), prefix })
    }

    /// What Docker takes from when nobody says what: `172.17.0.0/16` to `172.31.0.0/16`, then parts of `192.168.0.0/16`.
    pub(crate) fn defaults() -> impl Iterator<Item = Subnet> {
        let wide = (17..32).map(|second| Subnet { base: (172 << 24) | (second << 16), prefix: 16 });
        let narrow = (0..16).map(|part| Subnet { base: (192 << 24) | (168 << 16) | (part << 12), prefix: 20 });
        wide.chain(narrow)
    }

    pub(crate) fn prefix(self) -> u8 {
        self.prefix
    }

    pub(crate) fn overlaps(self, other: Subnet) -> bool {
        let mask = mask(self.prefix.min(other.prefix));
        self.base & mask == other.base & mask
    }

    pub(crate) fn holds(self, address: Ipv4Addr) -> bool {
        u32::from(address) & mask(self.prefix) == self.base
    }

    /// The address at a place: 0 is the range's own, 1 the first that can be given away. None beyond the last of these.
    pub(crate) fn at(self, place: u32) -> Option<Ipv4Addr> {
        let last = !mask(self.prefix);
        (place >= 1 && place < last).then(|| Ipv4Addr::from(self.base + place))
    }
}

fn mask(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.base), self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_what_is_in_them() {
        let subnet = |text: &str| Subnet::parse(text).expect(text);
        assert_eq!(subnet("10.1.2.3/24").to_string(), "10.1.2.0/24");
        assert!(
            subnet("10.0.0.0/8").overlaps(subnet("10.1.2.0/24"))
                && subnet("10.1.2.0/24").overlaps(subnet("10.0.0.0/8"))
        );
        assert!(!subnet("10.1.2.0/24").overlaps(subnet("10.1.3.0/24")));
        assert!(
            subnet("10.1.2.0/24").holds([10, 1, 2, 9].into()) && !subnet("10.1.2.0/24").holds([10, 1, 3, 9].into())
        );
        assert_eq!(subnet("10.1.2.0/30").at(2), Some([10, 1, 2, 2].into()));
        assert_eq!((subnet("10.1.2.0/30").at(3), subnet("10.1.2.0/30").at(0)), (None, None));
        for bad in ["", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/0", "x/8", "fd00::/64"] {
            assert_eq!(Subnet::parse(bad), None, "{bad}");
        }
        let all: Vec<Subnet> = Subnet::defaults().collect();
        assert!(all.iter().enumerate().all(|(i, a)| all[..i].iter().all(|b| !a.overlaps(*b))));
    }
}
