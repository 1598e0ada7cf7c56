//! Published ports in few words, the same wherever they are shown.

use crate::model::Port;

/// A port, or several that follow each other, as they are open at one address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Open {
    /// What is written before the port; nothing for all addresses.
    address: String,
    protocol: String,
    /// On the host, the first and the last.
    public: (u16, u16),
    /// Inside, the first.
    private: u16,
}

/// Published ports: `8080→80` is open at all addresses, `127.0.0.1:8080→80` at that one, `[::]:8080→80` at all of IPv6 alone;
/// `8080` is the same number inside; ports that follow each other are a range, `8000-8005→9000-9005`.
pub fn told(ports: &[Port]) -> Vec<String> {
    let one = |open: &Open| {
        let span = open.public.1 - open.public.0;
        let inside = range((open.private, open.private + span));
        let inside = if open.private == open.public.0 { String::new() } else { format!("→{inside}") };
        format!("{}{inside}{}", outside(open), protocol(open))
    };
    open(ports).iter().map(one).collect()
}

/// Published ports as the host has them, without what they are inside: `127.0.0.1:8080`.
pub fn on_the_host(ports: &[Port]) -> Vec<String> {
    open(ports).iter().map(|open| format!("{}{}", outside(open), protocol(open))).collect()
}

fn outside(open: &Open) -> String {
    format!("{}{}", open.address, range(open.public))
}

fn protocol(open: &Open) -> String {
    if open.protocol == "tcp" { String::new() } else { format!("/{}", open.protocol) }
}

fn range((first, last): (u16, u16)) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

/// What is written before a port that is open at this address.
fn address(of: &str) -> String {
    match of {
        "" | "0.0.0.0" => String::new(),
        six if six.contains(':') => format!("[{six}]:"),
        four => format!("{four}:"),
    }
}

/// The published ports in order, those at all addresses first; what follows each other is one.
fn open(ports: &[Port]) -> Vec<Open> {
    let single = |port: &Port| {
        let public = port.public?;
        let (address, protocol) = (address(&port.address), port.protocol.clone());
        Some(Open { address, protocol, public: (public, public), private: port.private })
    };
    let mut singles: Vec<Open> = ports.iter().filter_map(single).collect();
    singles.sort();
    singles.dedup();
    let mut open: Vec<Open> = Vec::new();
    for one in singles {
        match open.last_mut().filter(|last| follows(last, &one)) {
            Some(last) => last.public.1 = one.public.1,
            None => open.push(one),
        }
    }
    open
}

fn follows(last: &Open, one: &Open) -> bool {
    let span = last.public.1 - last.public.0;
    (&last.address, &last.protocol) == (&one.address, &one.protocol)
        && last.public.1.checked_add(1) == Some(one.public.0)
        && last.private.checked_add(span + 1) == Some(one.private)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(address: &str, public: u16, private: u16) -> Port {
        Port { public: Some(public), private, protocol: "tcp".into(), address: address.into() }
    }

    fn words(ports: &[Port]) -> String {
        told(ports).join(" ")
    }

    #[test]
    fn where_a_port_is_open_is_told_unless_it_is_everywhere() {
        assert_eq!(words(&[port("", 8080, 80)]), "8080→80");
        assert_eq!(words(&[port("0.0.0.0", 8080, 80)]), "8080→80");
        assert_eq!(words(&[port("127.0.0.1", 8081, 80)]), "127.0.0.1:8081→80");
        assert_eq!(words(&[port("::1", 8081, 8081)]), "[::1]:8081");
        assert_eq!(words(&[port("0.0.0.0", 49338, 80), port("::", 49337, 80)]), "49338→80 [::]:49337→80");
        let two = [port("192.0.2.1", 8083, 80), port("192.0.2.2", 8083, 80)];
        assert_eq!(words(&two), "192.0.2.1:8083→80 192.0.2.2:8083→80");
        assert_eq!(on_the_host(&two).join(", "), "192.0.2.1:8083, 192.0.2.2:8083");
        let inside = Port { public: None, ..port("", 0, 80) };
        assert_eq!(words(&[inside]), "");
    }

    #[test]
    fn ports_that_follow_each_other_are_a_range() {
        let many = |from: u16, to: u16| (0..6).map(move |step| port("", from + step, to + step));
        assert_eq!(words(&many(8000, 8000).collect::<Vec<_>>()), "8000-8005");
        assert_eq!(words(&many(8000, 9000).collect::<Vec<_>>()), "8000-8005→9000-9005");
        let mixed: Vec<Port> = many(8000, 8000).chain([port("127.0.0.1", 8006, 8006), port("", 8006, 80)]).collect();
        assert_eq!(words(&mixed), "8000-8005 8006→80 127.0.0.1:8006");
        let udp = Port { protocol: "udp".into(), ..port("", 53, 53) };
        assert_eq!(words(&[udp, port("", 54, 54)]), "54 53/udp");
        assert_eq!(words(&[port("", 65535, 65535), port("", 65534, 65534)]), "65534-65535");
    }
}
