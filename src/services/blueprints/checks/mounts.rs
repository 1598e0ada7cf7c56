//! Volumes, and files that are put into the container.

use super::{Checks, entry};
use crate::model::Blueprint;
use crate::model::blueprint::{FilePart, VolumeKind, VolumePart};
use std::collections::BTreeSet;

pub(super) fn check(blueprint: &Blueprint, checks: &mut Checks<'_>) {
    let mut targets = BTreeSet::new();
    for (number, volume) in blueprint.volumes.iter().enumerate() {
        let target = volume.target.trim_end_matches('/');
        let path = entry!("volumes", number, "target");
        checks.inside(path, &volume.target);
        if !volume.target.is_empty() {
            checks.expect(
                !target.is_empty(),
                path,
                "the root of the container cannot be mounted over",
                "name a folder in it",
            );
        }
        if !target.is_empty() && !targets.insert(target) {
            checks.say(path, "two volumes have the same target", "give each its own");
        }
        source(number, volume, checks);
        options(number, volume, checks);
    }
    for (number, file) in blueprint.files.iter().enumerate() {
        put(number, file, checks);
    }
}

fn source(number: usize, volume: &VolumePart, checks: &mut Checks<'_>) {
    let path = entry!("volumes", number, "source");
    match volume.kind {
        VolumeKind::Volume if volume.source.is_empty() => {
            checks.say(path, "the volume has no name", "write source = \"data\"");
        }
        VolumeKind::Volume => checks.name(path, &volume.source),
        VolumeKind::Bind => {
            let is_path = volume.source.starts_with(['/', '.', '~']);
            let mend = "write an absolute path, or one from the file: ./code";
            checks.expect(is_path, path, "source is not a folder of this machine", mend);
        }
        VolumeKind::Tmpfs => {
            checks.expect(volume.source.is_empty(), path, "memory has no source", "take source away");
        }
    }
}

fn options(number: usize, volume: &VolumePart, checks: &mut Checks<'_>) {
    checks.mode(entry!("volumes", number, "mode"), &volume.mode);
    let is_volume = volume.kind == VolumeKind::Volume;
    let mend = "take it away, or make it a named volume";
    checks.expect(
        is_volume || volume.driver.is_empty(),
        entry!("volumes", number, "driver"),
        "only volumes have a driver",
        mend,
    );
    checks.expect(
        is_volume || volume.options.is_empty(),
        entry!("volumes", number, "options"),
        "only volumes have options",
        mend,
    );
    if let Some(size) = &volume.size {
        let path = entry!("volumes", number, "size");
        checks.expect(volume.kind != VolumeKind::Bind, path, "a folder of the host has no size", "take size away");
        checks.expect(size.bytes > 0, path, "the size is not above 0", "write a size, such as 64m");
    }
}

fn put(number: usize, file: &FilePart, checks: &mut Checks<'_>) {
    checks.inside(entry!("files", number, "path"), &file.path);
    checks.mode(entry!("files", number, "mode"), &file.mode);
    let at = entry!("files", number, "content");
    let mend = "write one of content = \"…\" and from = \"./file\"";
    match (&file.content, &file.from) {
        (Some(_), Some(_)) => checks.say(at, "the file has both content and from", mend),
        (None, None) => checks.say(at, "the file has neither content nor from", mend),
        (None, Some(from)) => {
            let path = entry!("files", number, "from");
            checks.expect(!from.is_empty(), path, "from is empty", "name a file or a folder");
            if let Some(name) = from.strip_prefix("builtin:") {
                checks.known(path, "folder", name, super::super::BUILTIN_FOLDERS);
            }
        }
        (Some(_), None) => {
            let path = entry!("files", number, "template");
            checks.expect(!file.template, path, "content is filled without template", "take template away");
        }
    }
    let is_id = |id: &str| id.parse::<u32>().is_ok();
    let is_owner = file.owner.is_empty() || file.owner.splitn(2, ':').all(is_id);
    checks.expect(
        is_owner,
        entry!("files", number, "owner"),
        "owner is not numbers",
        "write user:group, such as 1000:1000",
    );
}
