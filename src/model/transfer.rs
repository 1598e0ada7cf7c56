//! What takes its time and tells how far it is: images and volumes on their way, out of an engine and into it; compose projects
//! brought up and taken down; containers brought up from blueprints.

use super::blueprint::{BlueprintRun, UndoRequest};
use super::bundle::BundleRequest;
use super::compose::{ComposeRun, ComposeVerb};
use super::id::{EngineId, Id};
use super::problem::Problem;
use super::resource::SeenVolume;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The policy of a pull: when to ask the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PullPolicy {
    /// Always: what is newer there comes.
    #[default]
    Always,
    /// Only if the engine has no such image.
    IfMissing,
    /// Never: the engine must have it.
    Never,
}

impl PullPolicy {
    /// All, for a choice.
    pub const ALL: [PullPolicy; 3] = [PullPolicy::Always, PullPolicy::IfMissing, PullPolicy::Never];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            PullPolicy::Always => "always",
            PullPolicy::IfMissing => "if missing",
            PullPolicy::Never => "never",
        }
    }
}

/// A build.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Build {
    /// The folder that is sent to the engine.
    pub folder: String,
    /// The Dockerfile, from the folder or absolute; empty = `Dockerfile` in the folder.
    pub dockerfile: String,
    /// The tag of the image; may be empty.
    pub tag: String,
    /// Build arguments, `NAME=value`.
    pub args: Vec<String>,
    /// Every step is done anew.
    pub no_cache: bool,
    /// Nothing is done if an image of that name is there.
    pub if_missing: bool,
    /// The stage of the Dockerfile; empty = the last one.
    pub target: String,
    /// The platform, such as `linux/amd64`; empty = the engine's own.
    pub platform: String,
}

/// Something that moves an image, or what is in a volume.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// From a registry to the engine.
    Pull {
        /// The image.
        reference: String,
        /// The pull policy.
        policy: PullPolicy,
    },
    /// From the engine to a registry.
    Push {
        /// Its name.
        reference: String,
        /// The image that the name led to when it was begun, by the engine's id, as far as that was known: that one or none.
        image: Option<String>,
    },
    /// Made by the engine from a folder.
    Build(Build),
    /// From the engine to a tar file of this machine.
    Save {
        /// The image.
        references: Vec<String>,
        /// The target file; it must not exist.
        path: String,
    },
    /// From a tar file of this machine to the engine.
    Load {
        /// The source file.
        path: String,
    },
    /// The client's compose runs, and with it what a file says.
    Compose(Box<ComposeRun>),
    /// What is in a volume, to a tar file of this machine.
    ExportVolume {
        /// The volume.
        volume: SeenVolume,
        /// The target file; it must not exist.
        path: String,
    },
    /// A tar file of this machine, into a volume.
    ImportVolume {
        /// The source file.
        path: String,
        /// Its name.
        volume: String,
        /// As it was when this was planned; none if it was not there: then it is made.
        seen: Option<SeenVolume>,
    },
    /// What is in a volume, into another one of the same engine.
    CopyVolume {
        /// Out of which.
        from: SeenVolume,
        /// The name of the one that it goes into.
        volume: String,
        /// That one as it was when this was planned; none if it was not there: then it is made.
        seen: Option<SeenVolume>,
    },
    /// All that tells of an incident of a container, masked, to a file of this machine.
    Bundle(BundleRequest),
    /// A container brought up from a blueprint, with all that it needs.
    Up(Box<BlueprintRun>),
    /// What a run of a blueprint that did not end has left, taken away.
    Undo(UndoRequest),
}

impl Transfer {
    /// The engine of what it names; none if it names nothing that an engine has.
    pub fn engine(&self) -> Option<EngineId> {
        let seen = match self {
            Transfer::Bundle(wanted) => return Some(wanted.id.engine()),
            Transfer::Up(run) => return Some(run.engine),
            Transfer::Undo(wanted) => return Some(wanted.engine),
            Transfer::ExportVolume { volume, .. } => Some(volume),
            Transfer::CopyVolume { from, .. } => Some(from),
            Transfer::ImportVolume { seen, .. } => seen.as_ref(),
            Transfer::Pull { .. }
            | Transfer::Push { .. }
            | Transfer::Build(_)
            | Transfer::Save { .. }
            | Transfer::Load { .. }
            | Transfer::Compose(_) => None,
        };
        seen.map(|seen| seen.volume.id.engine())
    }

    /// The file of this machine that it makes, as typed.
    pub fn makes(&self) -> Option<&str> {
        match self {
            Transfer::Save { path, .. } | Transfer::ExportVolume { path, .. } => Some(path),
            Transfer::Bundle(wanted) => Some(&wanted.path),
            Transfer::Pull { .. }
            | Transfer::Push { .. }
            | Transfer::Build(_)
            | Transfer::Load { .. }
            | Transfer::Compose(_)
            | Transfer::Up(_)
            | Transfer::Undo(_)
            | Transfer::ImportVolume { .. }
            | Transfer::CopyVolume { .. } => None,
        }
    }

    /// The verb: `pull`.
    pub fn verb(&self) -> &'static str {
        match self {
            Transfer::Pull { .. } => "pull",
            Transfer::Push { .. } => "push",
            Transfer::Build(_) => "build",
            Transfer::Save { .. } => "save",
            Transfer::Load { .. } => "load",
            Transfer::Compose(run) => match run.verb {
                ComposeVerb::Up | ComposeVerb::PullUp => "up",
                ComposeVerb::Pull => "pull",
                ComposeVerb::Down | ComposeVerb::DownVolumes => "down",
            },
            Transfer::ExportVolume { .. } => "export",
            Transfer::ImportVolume { .. } => "import",
            Transfer::CopyVolume { .. } => "copy",
            Transfer::Bundle(_) => "bundle",
            Transfer::Up(_) => "up",
            Transfer::Undo(_) => "undo",
        }
    }

    /// The word while it runs: `pulling`.
    pub fn doing(&self) -> &'static str {
        match self {
            Transfer::Pull { .. } => "pulling",
            Transfer::Push { .. } => "pushing",
            Transfer::Build(_) => "building",
            Transfer::Save { .. } => "saving",
            Transfer::Load { .. } => "loading",
            Transfer::Compose(run) => run.verb.doing(),
            Transfer::ExportVolume { .. } => "exporting",
            Transfer::ImportVolume { .. } => "importing",
            Transfer::CopyVolume { .. } => "copying",
            Transfer::Bundle(_) => "bundling",
            Transfer::Up(_) => "bringing up",
            Transfer::Undo(_) => "undoing",
        }
    }

    /// The word once it is done: `pulled`.
    pub fn done(&self) -> &'static str {
        match self {
            Transfer::Pull { .. } => "pulled",
            Transfer::Push { .. } => "pushed",
            Transfer::Build(_) => "built",
            Transfer::Save { .. } => "saved",
            Transfer::Load { .. } => "loaded",
            Transfer::Compose(run) => run.verb.done(),
            Transfer::ExportVolume { .. } => "exported",
            Transfer::ImportVolume { .. } => "imported",
            Transfer::CopyVolume { .. } => "copied",
            Transfer::Bundle(_) => "bundled",
            Transfer::Up(_) => "up",
            Transfer::Undo(_) => "undone",
        }
    }

    /// The object that is moved, clean text.
    pub fn what(&self) -> String {
        let what = match self {
            Transfer::Pull { reference, .. } | Transfer::Push { reference, .. } => reference.clone(),
            Transfer::Build(build) if build.tag.is_empty() => build.folder.clone(),
            Transfer::Build(build) => build.tag.clone(),
            Transfer::Save { references, path } => format!("{} to {path}", references.join(" ")),
            Transfer::Load { path } => path.clone(),
            Transfer::Compose(run) => run.what().to_string(),
            Transfer::ExportVolume { volume, path } => format!("{} to {path}", volume.name()),
            Transfer::ImportVolume { path, volume, .. } => format!("{path} into {volume}"),
            Transfer::CopyVolume { from, volume, .. } => format!("{} into {volume}", from.name()),
            Transfer::Bundle(wanted) => format!("{} to {}", wanted.name, wanted.path),
            Transfer::Up(run) => run.name.clone(),
            Transfer::Undo(wanted) => wanted.name.clone(),
        };
        super::text::clean(&what).into_owned()
    }

    /// True if it changes the engine: read-only refuses it. A push changes what others get from a registry; an export takes a
    /// helper container.
    pub fn changes(&self) -> bool {
        !matches!(self, Transfer::Save { .. } | Transfer::Bundle(_))
    }

    /// True if it moves an image.
    pub fn is_of_image(&self) -> bool {
        !self.is_of_volume() && !self.is_of_blueprint() && !matches!(self, Transfer::Compose(_) | Transfer::Bundle(_))
    }

    /// True if it brings up a container from a blueprint, or takes away what is left of one.
    pub fn is_of_blueprint(&self) -> bool {
        matches!(self, Transfer::Up(_) | Transfer::Undo(_))
    }

    /// True if it moves what is in a volume.
    pub fn is_of_volume(&self) -> bool {
        matches!(self, Transfer::ExportVolume { .. } | Transfer::ImportVolume { .. } | Transfer::CopyVolume { .. })
    }
}

/// How far a layer, a file or a build's context is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Stage {
    /// Its turn has not come, or it is being looked at.
    #[default]
    Waiting,
    /// Its bytes are under way.
    Moving,
    /// The part was downloaded and is being unpacked.
    Unpacking,
    /// The part is complete.
    Done,
    /// The part existed before.
    Known,
}

impl Stage {
    /// True if nothing more happens to it.
    pub fn is_over(self) -> bool {
        matches!(self, Stage::Done | Stage::Known)
    }
}

/// One part of what is moved: a layer, a file, a build's context.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// Its name: a layer's short id. Clean text.
    pub name: String,
    /// The stage of the part.
    pub stage: Stage,
    /// The engine's word for it, clean text.
    pub words: String,
    /// Bytes that went in this stage.
    pub done: u64,
    /// Bytes there are; none while unknown.
    pub total: Option<u64>,
}

impl Part {
    /// How much of it is done, from 0 to 1: unpacking is the second half of a layer. None while nothing is known.
    pub fn share(&self, unpacks: bool) -> Option<f64> {
        let half = if unpacks { 0.5 } else { 1.0 };
        let part = self.total.filter(|total| *total > 0).map(|total| (self.done as f64 / total as f64).clamp(0.0, 1.0));
        match self.stage {
            Stage::Done | Stage::Known => Some(1.0),
            Stage::Unpacking => Some(half + part.unwrap_or(0.0) * (1.0 - half)),
            Stage::Moving => part.map(|part| part * half),
            Stage::Waiting => None,
        }
    }
}

/// How a transfer is doing: the latest counts, but for the lines, which come once each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// Its parts, in the order in which they were reported.
    pub parts: Vec<Part>,
    /// Parts that were too many to be told.
    pub left_out: usize,
    /// Lines of output since the last chunk, clean text.
    pub lines: Vec<String>,
    /// It failed and is tried again: why, and which attempt comes.
    pub again: Option<(Problem, u32)>,
}

/// The result of a transfer that succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transferred {
    /// What there is to say: `up to date`, `it was there already`. Clean text, may be empty.
    pub words: String,
    /// The digest in the registry.
    pub digest: Option<String>,
    /// The image's id, or the names that were loaded.
    pub image: Option<String>,
    /// Bytes that were written or read.
    pub bytes: Option<u64>,
    /// The container that was brought up.
    pub container: Option<Id>,
    /// Addresses under which it is reached.
    pub urls: Vec<String>,
}
