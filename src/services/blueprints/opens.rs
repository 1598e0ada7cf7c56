//! What a blueprint opens up, beyond what is safe by default.

use crate::model::Blueprint;
use crate::model::blueprint::{BUILTIN, VolumeKind};
use crate::model::text::clean;
use crate::services::security::{Audit, Finding, Rules, Subject};
use jiff::civil::Date;

/// One sentence for each thing that it opens up: what the security rules find, the worst first, then capabilities,
/// folders of the host and ports.
pub fn opens(blueprint: &Blueprint) -> Vec<String> {
    let mut opens = findings(blueprint);
    if !blueprint.security.capabilities.is_empty() {
        opens.push(format!("capabilities: {}", clean(&blueprint.security.capabilities.join(", "))));
    }
    for bind in blueprint.volumes.iter().filter(|volume| volume.kind == VolumeKind::Bind) {
        let how = if bind.read_only { "can be read" } else { "can be read and written" };
        opens.push(format!("{} of the host {how} at {}", clean(&bind.source), clean(&bind.target)));
    }
    for file in &blueprint.files {
        if let Some(from) = file.from.as_deref().filter(|from| !from.starts_with(BUILTIN)) {
            opens.push(format!("{} of this machine is copied in at {}", clean(from), clean(&file.path)));
        }
    }
    for port in &blueprint.ports {
        let from = match port.address.as_str() {
            "" | "0.0.0.0" | "::" => "from everywhere".to_string(),
            address => format!("at {}", clean(address)),
        };
        opens.push(format!("{} is reached {from}", port_words(port.container, port.host, port.protocol.name())));
    }
    opens
}

/// What the rules that bowline carries say of it, as `bowline audit` would of the container.
fn findings(blueprint: &Blueprint) -> Vec<String> {
    // The rules that it carries are right: a test reads them.
    let rules = Rules::built_in().unwrap_or_default();
    // No day matters without waivers.
    let audit = Audit::of(&rules, &Subject::planned(blueprint, &blueprint.name, ""), Date::ZERO);
    let sentence = |finding: Finding| {
        let shown = if finding.shown.is_empty() { String::new() } else { format!(" ({})", finding.shown) };
        format!("{}: {}{shown}", finding.severity, finding.title)
    };
    audit.findings.into_iter().map(sentence).collect()
}

/// `port 8080/tcp, on a free port of the host,`
fn port_words(inside: u16, host: u16, protocol: &str) -> String {
    match (inside, host) {
        (0, 0) => format!("a free port ({protocol}), the same inside,"),
        (0, host) => format!("port {host}/{protocol}"),
        (inside, 0) => format!("port {inside}/{protocol}, on a free port of the host,"),
        (inside, host) => format!("port {inside}/{protocol}, on port {host} of the host,"),
    }
}
