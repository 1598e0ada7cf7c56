//! Kinds of things that an engine keeps: a row for each. What a list of them shows and does is a row of the cockpit.

use strum::EnumCount;

/// A kind of thing that an engine keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, EnumCount)]
pub enum Kind {
    /// Containers.
    #[default]
    Container,
    /// Images.
    Image,
    /// Volumes.
    Volume,
    /// Networks.
    Network,
    /// Compose projects: known by the labels of their containers.
    Project,
    /// The engine itself: disk usage and information.
    System,
}

/// The properties of a kind: its row in the table.
#[derive(Debug, Clone, Copy)]
pub struct KindSpec {
    /// The word for one of them.
    pub word: &'static str,
    /// The path of one in the engine's API, before its id and behind it; none: there is no object that can be inspected.
    pub path: Option<(&'static str, &'static str)>,
    /// The engine's word for it in events; empty: no event is of one.
    pub in_events: &'static str,
    /// The events that change something about one. Health checks' execs would wake us for nothing.
    pub actions: &'static [&'static str],
    /// The words for actions that happen to this kind alone. Containers' events are told by what they change.
    pub words: &'static [(&'static str, &'static str)],
    /// The attribute of its events that tells more of what it is about; empty: none does.
    pub more: &'static str,
}

impl KindSpec {
    /// The engine has an object of each, which can be inspected.
    pub const fn is_inspected(&self) -> bool {
        self.path.is_some()
    }
}

impl Kind {
    /// All kinds, in the order of their keys.
    pub const ALL: [Kind; Kind::COUNT] =
        [Kind::Container, Kind::Image, Kind::Volume, Kind::Network, Kind::Project, Kind::System];

    /// Its row.
    pub const fn spec(self) -> KindSpec {
        match self {
            Kind::Container => KindSpec {
                word: "container",
                path: Some(("/containers/", "/json")),
                in_events: "container",
                actions: &[
                    "create",
                    "start",
                    "restart",
                    "die",
                    "died",
                    "kill",
                    "stop",
                    "oom",
                    "pause",
                    "unpause",
                    "destroy",
                    "remove",
                    "rename",
                    "update",
                    "health_status",
                ],
                words: &[],
                more: "image",
            },
            Kind::Image => KindSpec {
                word: "image",
                path: Some(("/images/", "/json")),
                in_events: "image",
                actions: &["pull", "push", "tag", "untag", "delete", "remove", "import", "load", "save", "prune"],
                words: &[
                    ("pull", "pulled"),
                    ("push", "pushed"),
                    ("tag", "tagged"),
                    ("untag", "untagged"),
                    ("import", "imported"),
                    ("load", "loaded"),
                    ("save", "saved"),
                ],
                more: "",
            },
            Kind::Volume => KindSpec {
                word: "volume",
                path: Some(("/volumes/", "")),
                in_events: "volume",
                actions: &["create", "destroy", "remove", "mount", "unmount", "prune"],
                words: &[("mount", "mounted"), ("unmount", "unmounted")],
                more: "driver",
            },
            Kind::Network => KindSpec {
                word: "network",
                path: Some(("/networks/", "")),
                in_events: "network",
                actions: &["create", "destroy", "remove", "update", "connect", "disconnect", "prune"],
                words: &[("connect", "connected"), ("disconnect", "disconnected")],
                more: "type",
            },
            Kind::Project => {
                KindSpec { word: "project", path: None, in_events: "", actions: &[], words: &[], more: "" }
            }
            Kind::System => KindSpec {
                word: "engine",
                path: None,
                in_events: "daemon",
                actions: &["reload"],
                words: &[("reload", "configuration reloaded")],
                more: "",
            },
        }
    }

    /// The word for one of them.
    pub fn word(self) -> &'static str {
        self.spec().word
    }

    /// `1 image`, `3 images`.
    pub fn count(self, count: usize) -> String {
        format!("{count} {}{}", self.word(), if count == 1 { "" } else { "s" })
    }

    /// The kind that an engine's events call so.
    pub fn in_events(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| !word.is_empty() && kind.spec().in_events == word)
    }
}
