//! Ranges of IPv4 addresses.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

/// Reads `172.18.0.0/16`.
pub(crate) fn parse(text: &str) -> Option<Ipv4Net> {
    text.parse().ok().map(|subnet: Ipv4Net| subnet.trunc()).filter(|subnet| subnet.prefix_len() > 0)
}

/// What Docker takes from when nobody says what: `172.17.0.0/16` to `172.31.0.0/16`, then parts of `192.168.0.0/16`.
pub(crate) fn defaults() -> impl Iterator<Item = Ipv4Net> {
    // No prefix is longer than an address: this cannot fail.
    let wide = (17..32).map(|second| Ipv4Net::new_assert(Ipv4Addr::new(172, second, 0, 0), 16));
    let narrow = (0..16).map(|part| Ipv4Net::new_assert(Ipv4Addr::new(192, 168, part << 4, 0), 20));
    wide.chain(narrow)
}

pub(crate) fn overlap(one: Ipv4Net, other: Ipv4Net) -> bool {
    one.contains(&other) || other.contains(&one)
}

/// The address at a place: 0 is the range's own, 1 the first that can be given away. None beyond the last of these.
pub(crate) fn at(subnet: Ipv4Net, place: u32) -> Option<Ipv4Addr> {
    let (first, last) = (u32::from(subnet.network()), u32::from(subnet.broadcast()));
    (place >= 1 && place < last - first).then(|| Ipv4Addr::from(first + place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_what_is_in_them() {
        let subnet = |text: &str| parse(text).expect(text);
        assert_eq!(subnet("10.1.2.3/24").to_string(), "10.1.2.0/24");
        assert!(overlap(subnet("10.0.0.0/8"), subnet("10.1.2.0/24")));
        assert!(overlap(subnet("10.1.2.0/24"), subnet("10.0.0.0/8")));
        assert!(!overlap(subnet("10.1.2.0/24"), subnet("10.1.3.0/24")));
        let holds = |address: [u8; 4]| subnet("10.1.2.0/24").contains(&Ipv4Addr::from(address));
        assert!(holds([10, 1, 2, 9]) && !holds([10, 1, 3, 9]));
        assert_eq!(at(subnet("10.1.2.0/30"), 2), Some([10, 1, 2, 2].into()));
        assert_eq!((at(subnet("10.1.2.0/30"), 3), at(subnet("10.1.2.0/30"), 0)), (None, None));
        assert_eq!((at(subnet("10.1.2.0/31"), 1), at(subnet("10.1.2.0/32"), 1)), (None, None));
        for bad in ["", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/0", "x/8", "fd00::/64"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        let all: Vec<Ipv4Net> = defaults().collect();
        assert!(all.iter().enumerate().all(|(i, a)| all[..i].iter().all(|b| !overlap(*a, *b))));
    }
}
