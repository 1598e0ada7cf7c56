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
    /// The engine has an object of each, which can be inspected.
    pub is_inspected: bool,
    /// The engine's word for it in events; empty: no event is of one.
    pub in_events: &'static str,
    /// The events that change something about one. Health checks' execs would wake us for nothing.
    pub actions: &'static [&'static str],
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
                is_inspected: true,
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
            },
            Kind::Image => KindSpec {
                word: "image",
                is_inspected: true,
                in_events: "image",
                actions: &["pull", "push", "tag", "untag", "delete", "remove", "import", "load", "save", "prune"],
            },
            Kind::Volume => KindSpec {
                word: "volume",
                is_inspected: true,
                in_events: "volume",
                actions: &["create", "destroy", "remove", "mount", "unmount", "prune"],
            },
            Kind::Network => KindSpec {
                word: "network",
                is_inspected: true,
                in_events: "network",
                actions: &["create", "destroy", "remove", "update", "connect", "disconnect", "prune"],
            },
            Kind::Project => KindSpec { word: "project", is_inspected: false, in_events: "", actions: &[] },
            Kind::System => KindSpec { word: "engine", is_inspected: false, in_events: "daemon", actions: &["reload"] },
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
