//! `${port}` and `${port.NAME}`: the ports of the host, known once they are chosen.

use super::{Blueprint, PortPart};
use std::borrow::Cow;

/// The ports of the host, by their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PortNames(Vec<(String, u16)>);

impl PortNames {
    /// The names that a blueprint's ports have in values, with the ports of the host as they stand in it.
    pub fn of(ports: &[PortPart]) -> PortNames {
        let first = ports.first().map(|port| ("${port}".to_string(), port.host));
        let named = ports.iter().filter(|port| !port.name.is_empty());
        let numbered = ports.iter().map(|port| (format!("${{port.{}}}", port.container), port.host));
        let named = named.map(|port| (format!("${{port.{}}}", port.name), port.host));
        PortNames(first.into_iter().chain(named).chain(numbered).collect())
    }

    /// A value with the ports in place of their names.
    pub fn fill<'a>(&self, value: &'a str) -> Cow<'a, str> {
        let mut filled = Cow::Borrowed(value);
        for (name, port) in &self.0 {
            if filled.contains(name.as_str()) {
                filled = Cow::Owned(filled.replace(name.as_str(), &port.to_string()));
            }
        }
        filled
    }
}

impl Blueprint {
    /// The blueprint with its ports, which must all be chosen, in place of their names: in the environment, the commands, the
    /// health check, the files and the addresses. A port inside that is 0 is the same as the host's.
    pub fn with_ports_filled(mut self) -> Blueprint {
        self.ports.iter_mut().filter(|port| port.container == 0).for_each(|port| port.container = port.host);
        let names = PortNames::of(&self.ports);
        let fill = |value: &mut String| {
            if let Cow::Owned(filled) = names.fill(value) {
                *value = filled;
            }
        };
        let Blueprint { container, health, urls, files, commands, .. } = &mut self;
        container.environment.values_mut().for_each(fill);
        container.labels.values_mut().for_each(fill);
        container.command.iter_mut().chain(&mut container.entrypoint).for_each(fill);
        health.iter_mut().flat_map(|health| &mut health.command).for_each(fill);
        urls.iter_mut().map(|url| &mut url.url).for_each(fill);
        files.iter_mut().filter_map(|file| file.content.as_mut()).for_each(fill);
        commands.after_start.iter_mut().for_each(fill);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_inside_that_is_not_named_is_that_of_the_host() {
        let ports = vec![PortPart { host: 49001, ..PortPart::default() }];
        assert_eq!(Blueprint { ports, ..Blueprint::default() }.with_ports_filled().ports[0].container, 49001);
    }

    #[test]
    fn a_port_is_told_by_its_name_its_number_inside_or_as_the_first() {
        let port = |name: &str, container, host| PortPart { name: name.into(), container, host, ..PortPart::default() };
        let names = PortNames::of(&[port("web", 80, 49001), port("", 53, 49002)]);
        assert_eq!(names.fill("${port} ${port.web} ${port.53} ${other}"), "49001 49001 49002 ${other}");
    }
}
