//! What a container's files are before anybody changes them: they follow from what it was asked to be.

use crate::container::Container;
use crate::files::tree::{Node, Tree, What};
use crate::time::SECOND;

pub(crate) fn tree(one: &Container) -> Tree {
    let at = one.created / SECOND;
    let node = |what, mode| Node { what, mode, user: 0, group: 0, modified: at };
    let mut tree = Tree::new(node(What::Folder, 0o755));
    let spec = &one.spec;
    for folder in ["/app", "/app/releases", "/app/releases/current", "/bin", "/etc", "/home", "/opt", "/root", "/srv"] {
        // Far fewer, and far smaller, than a tree may hold.
        let _ = tree.put(folder.into(), node(What::Folder, 0o755));
    }
    for folder in ["/usr", "/usr/local", "/usr/local/bin", "/var", "/var/lib", "/var/log", "/var/tmp"] {
        let _ = tree.put(folder.into(), node(What::Folder, 0o755));
    }
    let _ = tree.put("/tmp".into(), node(What::Folder, 0o1777));
    let host = one.hostname();
    let files = [
        ("/etc/hostname", format!("{host}\n"), 0o644),
        ("/etc/hosts", format!("127.0.0.1\tlocalhost\n::1\tlocalhost\n{}\t{host}\n", address(one)), 0o644),
        (
            "/etc/os-release",
            format!("NAME=\"bowline\"\nID=bowline\nPRETTY_NAME=\"Synthetic, by bowline for {}\"\n", spec.image),
            0o644,
        ),
        ("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home:/bin/sh\n".to_string(), 0o644),
        ("/etc/shadow", "root:*:::::::\n".to_string(), 0o640),
        ("/app/releases/current/command", format!("{}\n", spec.argv().join(" ")), 0o755),
        ("/app/environment", spec.env.iter().map(|pair| format!("{pair}\n")).collect(), 0o600),
        ("/app/README", readme(one), 0o644),
        ("/var/log/app.log", format!("{} began as {}\n", one.name, spec.argv().join(" ")), 0o644),
    ];
    for (path, text, mode) in files {
        let _ = tree.put(path.into(), node(What::File(text.into()), mode));
    }
    for (path, target) in [("/app/current", "releases/current"), ("/var/run", "/run"), ("/run", "/var/tmp")] {
        let _ = tree.put(path.into(), node(What::Link(target.into()), 0o777));
    }
    for mount in &spec.mounts {
        let mut path = String::new();
        for part in mount.target.split('/').filter(|part| !matches!(*part, "" | "." | "..")) {
            path = format!("{path}/{part}");
            if tree.get(&path).is_none() {
                let _ = tree.put(path.clone(), node(What::Folder, 0o755));
            }
        }
    }
    tree
}

fn address(one: &Container) -> String {
    one.links.iter().find_map(|link| link.address).map_or_else(|| "127.0.0.1".into(), |address| address.to_string())
}

fn readme(one: &Container) -> String {
    if one.is_process() {
        "This container is a process of this machine and sees this machine's files, not these.\n\
         Files copied here are kept until the container is removed.\n"
            .into()
    } else {
        "This container is synthetic, and so are its files.\nFiles copied here are kept until the container is removed.\n".into()
    }
}
