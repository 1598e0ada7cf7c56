//! The image: there already, pulled with new attempts, or built from a folder of this machine or one that bowline carries.

use super::Up;
use super::stages::UpStage;
use crate::engine::docker::transfer;
use crate::engine::stream::{StreamEnd, StreamMessage};
use crate::model::blueprint::{BUILTIN, BuildPart, CarriedFile};
use crate::model::{Build, Problem, PullPolicy, StreamEvent, Transfer, Transferred};
use crate::persist::tilde;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::timeout;

impl Up<'_> {
    /// Sees to it that the engine has the image.
    pub(super) async fn image(&mut self) -> Result<(), StreamEnd> {
        self.begin(UpStage::Image, &self.wanted.blueprint.container.image.clone()).await?;
        let (_carried, moved) = self.wish()?;
        let limit = Duration::from_secs(self.wanted.blueprint.timeouts.image.0);
        let mut last = String::new();
        let done = timeout(limit, self.carry(&moved, &mut last)).await;
        let done = done.unwrap_or_else(|_| {
            let cause = format!("no image within {} s", limit.as_secs());
            Err(self.problem(cause, "raise timeouts.image"))
        });
        match done {
            Ok(result) => {
                let words = if result.words.is_empty() { moved.done() } else { &result.words };
                self.done(UpStage::Image, words).await
            }
            Err(StreamEnd::Problem(problem)) => Err(self.without_image(&problem, &last)),
            Err(StreamEnd::Closed) => Err(StreamEnd::Closed),
        }
    }

    /// What is to be done for it; and the folder that it is built from, where that is one of ours.
    fn wish(&self) -> Result<(Option<TempDir>, Transfer), StreamEnd> {
        let container = &self.wanted.blueprint.container;
        let pull = Transfer::Pull { reference: container.image.clone(), policy: container.pull };
        let Some(build) = self.wanted.blueprint.build.as_ref().filter(|_| container.pull != PullPolicy::Never) else {
            return Ok((None, pull));
        };
        let carried = match build.context.strip_prefix(BUILTIN) {
            Some(name) => Some(self.unpacked(name)?),
            None => None,
        };
        let folder = match &carried {
            Some(folder) => folder.path().to_path_buf(),
            None => Path::new(&self.wanted.folder).join(tilde::path(Path::new(&build.context))),
        };
        Ok((carried, Transfer::Build(self.build(build, &folder))))
    }

    fn build(&self, build: &BuildPart, folder: &Path) -> Build {
        let container = &self.wanted.blueprint.container;
        Build {
            folder: folder.to_string_lossy().into_owned(),
            dockerfile: build.dockerfile.clone(),
            tag: container.image.clone(),
            args: build.args.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            no_cache: false,
            if_missing: container.pull != PullPolicy::Always,
            target: build.target.clone(),
            platform: build.platform.clone(),
        }
    }

    /// The files that bowline carries under a name, in a folder that goes when it is dropped.
    fn unpacked(&self, name: &str) -> Result<TempDir, StreamEnd> {
        let files: Vec<&CarriedFile> = self.wanted.carried.iter().filter(|file| file.folder == name).collect();
        if files.is_empty() {
            return Err(self.problem(format!("bowline carries no folder {BUILTIN}{name}"), "check build.context"));
        }
        unpack(&files).map_err(|error| self.problem(format!("unpack {BUILTIN}{name}: {error}"), "check TMPDIR"))
    }

    /// Moves the image; what is told of it becomes a part of the stage. `last` is the last line that names a base image.
    async fn carry(&mut self, moved: &Transfer, last: &mut String) -> Result<Transferred, StreamEnd> {
        let (sink, mut heard) = self.board.outlet().relay();
        let mut work = std::pin::pin!(transfer::begin(self.shared, &sink, moved));
        loop {
            tokio::select! {
                biased;
                Some((_, message)) = heard.recv() => self.hear(message, last).await?,
                done = &mut work => {
                    // What was told last came with the end.
                    while let Ok((_, message)) = heard.try_recv() {
                        self.hear(message, last).await?;
                    }
                    return done;
                }
            }
        }
    }

    async fn hear(&mut self, message: StreamMessage, last: &mut String) -> Result<(), StreamEnd> {
        let StreamMessage::Chunk(StreamEvent::Progress(told)) = message else { return Ok(()) };
        if let Some(line) = told.lines.iter().rev().find_map(|line| base(line)) {
            *last = line.to_string();
        }
        Ok(self.board.carry(UpStage::Image, &told).await?)
    }

    /// The failure, with the image, the policy, and what else there is to do.
    fn without_image(&self, problem: &Problem, base: &str) -> StreamEnd {
        let container = &self.wanted.blueprint.container;
        let whose = match base {
            "" => format!("image {}", container.image),
            base => format!("image {}, built from {base}", container.image),
        };
        let cause = format!("{whose} (pull policy {}): {}", container.pull.name(), problem.cause);
        let other = "point at another image with --set image=…";
        let mend = if problem.hint.is_empty() { other.into() } else { format!("{}; or {other}", problem.hint) };
        self.problem(cause, &mend)
    }
}

/// The base image, from a builder's line: `Step 1/8 : FROM node:18-alpine AS base`. None for a line on something else; nothing for a
/// step behind it.
fn base(line: &str) -> Option<&str> {
    let (_, step) = line.strip_prefix("Step ")?.split_once(" : ")?;
    let image = step.strip_prefix("FROM ").map(|rest| rest.split_whitespace().find(|word| !word.starts_with("--")));
    Some(image.flatten().unwrap_or_default())
}

/// Writes files to a folder of their own.
fn unpack(files: &[&CarriedFile]) -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("bowline-").tempdir()?;
    for file in files {
        let path = folder.path().join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, &file.content)?;
        let mode = if file.mode == 0 { 0o644 } else { file.mode };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_image_is_read_from_a_builders_steps() {
        assert_eq!(base("Step 1/8 : FROM --platform=linux/amd64 node:18-alpine AS base"), Some("node:18-alpine"));
        assert_eq!(base("Step 2/8 : RUN true"), Some(""));
        assert_eq!(base("pulling"), None);
    }
}
