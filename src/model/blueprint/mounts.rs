//! Which folders of a host no container may be given (row Q3). Paths are judged as text: whoever can look at the host asks again
//! with the path that a link leads to.

/// Why a folder may not be mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountRefusal {
    /// The rule's name.
    pub rule: &'static str,
    /// What is wrong with the path.
    pub why: String,
    /// What helps.
    pub mend: &'static str,
}

/// Folders of the system: what is in them, and whatever holds them, is not mounted.
const SYSTEM: [&str; 18] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/kubelet",
    "/var/log",
    "/var/run",
];

/// Sockets through which an engine is commanded.
const SOCKETS: [&str; 6] =
    ["docker.sock", "podman.sock", "containerd.sock", "crio.sock", "buildkitd.sock", "dockershim.sock"];

/// What every image may be given to read.
const READABLE: [&str; 3] = ["/etc/localtime", "/etc/timezone", "/etc/ssl/certs"];

/// Why a folder of the host may not be mounted; none if it may.
pub fn refuse_mount(source: &str, read_only: bool) -> Option<MountRefusal> {
    let parts: Vec<&str> = source.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let path = format!("/{}", parts.join("/"));
    let refusal = |rule, why: String, mend| Some(MountRefusal { rule, why, mend });
    if !source.starts_with('/') {
        return refusal("absolute-path", format!("{source} is not an absolute path"), "write it from / on");
    }
    if parts.contains(&"..") {
        return refusal("no-traversal", format!("{source} has .. in it"), "write the path without ..");
    }
    if parts.last().is_some_and(|name| SOCKETS.contains(name)) {
        let why = format!("{path} is an engine's socket: whoever has it commands the host");
        return refusal("no-engine-socket", why, "leave it out");
    }
    if read_only && READABLE.contains(&path.as_str()) {
        return None;
    }
    let touched = SYSTEM.iter().find(|system| is_in(&path, system) || is_in(system, &path))?;
    let why = match is_in(&path, touched) {
        true => format!("{path} belongs to the system ({touched})"),
        false => format!("{path} holds {touched}, which belongs to the system"),
    };
    refusal("no-system-path", why, "mount a folder of your own, or a named volume")
}

/// True if a path is a folder or lies in it.
fn is_in(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_people_may_be_mounted() {
        for fine in ["/home/ann/project", "/srv/data", "/tmp/x", "/var/lib/postgres", "/root/work", "/etcetera"] {
            assert_eq!(refuse_mount(fine, false), None, "{fine}");
        }
        assert_eq!(refuse_mount("/etc/localtime", true), None);
    }

    #[test]
    fn what_is_the_systems_is_refused_with_its_rule() {
        for (source, rule) in [
            ("/", "no-system-path"),
            ("/etc", "no-system-path"),
            ("//etc/./ssh/", "no-system-path"),
            ("/etc/localtime", "no-system-path"),
            ("/var", "no-system-path"),
            ("/var/lib", "no-system-path"),
            ("/var/lib/docker/volumes", "no-system-path"),
            ("/proc/1/root", "no-system-path"),
            ("/home/ann/../../etc", "no-traversal"),
            ("/home/ann/docker.sock", "no-engine-socket"),
            ("/var/run/docker.sock", "no-engine-socket"),
            ("work", "absolute-path"),
            ("", "absolute-path"),
        ] {
            assert_eq!(refuse_mount(source, false).map(|refusal| refusal.rule), Some(rule), "{source}");
        }
    }
}
