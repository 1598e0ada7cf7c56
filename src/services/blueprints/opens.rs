//! What a blueprint opens up, beyond what is safe by default.

use crate::model::Blueprint;
use crate::model::blueprint::VolumeKind;
use crate::model::text::clean;

/// One sentence for each thing that it opens up, the worst first.
pub fn opens(blueprint: &Blueprint) -> Vec<String> {
    let mut opens = Vec::new();
    let mut say = |is_open: bool, sentence: &str| {
        if is_open {
            opens.push(sentence.to_string());
        }
    };
    let security = &blueprint.security;
    say(security.privileged, "privileged: it has all privileges of the host");
    let binds = || blueprint.volumes.iter().filter(|volume| volume.kind == VolumeKind::Bind);
    let has_socket = binds().any(|bind| bind.source.ends_with("docker.sock") || bind.source.ends_with("podman.sock"));
    say(has_socket, "the engine's socket is mounted: who is inside commands the engine, and so the host");
    say(blueprint.network.name == "host", "it shares the host's network");
    say(!security.no_new_privileges, "processes inside may gain privileges (sudo, setuid programs)");
    say(security.seccomp == "unconfined", "no seccomp profile: every system call is allowed");
    say(security.apparmor == "unconfined", "no AppArmor profile");
    say(security.selinux.iter().any(|option| option == "disable"), "SELinux does not confine it");
    say(security.user_namespace == "host", "it opts out of the engine's user namespace");
    say(blueprint.resources.pids == Some(-1), "no limit of processes");
    say(blueprint.resources.memory.is_none(), "no limit of memory");
    say(!security.read_only_root, "its root file system can be written to");
    if !security.capabilities.is_empty() {
        opens.push(format!("capabilities: {}", clean(&security.capabilities.join(", "))));
    }
    for bind in binds() {
        let how = if bind.read_only { "can be read" } else { "can be read and written" };
        opens.push(format!("{} of the host {how} at {}", clean(&bind.source), clean(&bind.target)));
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

/// `port 8080/tcp, on a free port of the host,`
fn port_words(inside: u16, host: u16, protocol: &str) -> String {
    match (inside, host) {
        (0, 0) => format!("a free port ({protocol}), the same inside,"),
        (0, host) => format!("port {host}/{protocol}"),
        (inside, 0) => format!("port {inside}/{protocol}, on a free port of the host,"),
        (inside, host) => format!("port {inside}/{protocol}, on port {host} of the host,"),
    }
}
