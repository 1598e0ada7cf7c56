//! The lists beside that of containers, a row for each: its tab, its columns, what it shows and tells, what removes what is in it.

use super::detail::{self, DetailLine};
use super::rows::{self, Heading, Row, figure, words};
use crate::app::command::Command;
use crate::model::{Id, Kind, Operation, OperationArgs, OperationKind, Snapshot, Timestamp, Untag};
use std::sync::Arc;
use strum::EnumCount;

/// A list of things of a kind.
#[derive(Debug)]
pub struct ListSpec {
    /// The kind.
    pub kind: Kind,
    /// The command that goes to it.
    pub command: Command,
    /// The label of its tab.
    pub tab: &'static str,
    /// Its columns. Where there is little room the last go first.
    pub headings: &'static [Heading],
    /// Its rows.
    pub rows: fn(&Snapshot, Timestamp) -> Vec<Row>,
    /// The lines beside it on what is under the cursor, with its secrets or without; none for what is gone.
    pub lines: fn(&Id, &Snapshot, Timestamp, bool) -> Option<Vec<DetailLine>>,
    /// True once the engine has told what is in it.
    pub is_known: fn(&Snapshot) -> bool,
    /// The sentence in place of its rows where there are none.
    pub empty: &'static str,
    /// The operation that removes what is in a row, of all rows that are to go.
    pub(in crate::app) removal: Option<Removal>,
    /// The commands that the footer offers in it.
    pub hints: &'static [Command],
    /// The commands that the footer offers where nothing can be changed.
    pub hints_read_only: &'static [Command],
}

/// Writes the operation that removes a row's thing, which has this id and name, of all the rows that are to go.
pub(in crate::app) type Removal = fn(&Snapshot, &[Row], Id, String) -> Option<Operation>;

use Command as C;

/// What the footer of most lists offers where nothing can be changed.
const LOOKING: &[Command] = &[C::Open, C::Filter, C::Sort, C::Mark, C::FocusFleet, C::Help];

/// All lists beside that of containers, in the order of their keys. A kind without one does not compile.
pub static LISTS: [ListSpec; Kind::COUNT - 1] = [
    ListSpec {
        kind: Kind::Image,
        command: C::ViewImages,
        tab: "Images",
        headings: &[words("IMAGE", 16), figure("SIZE", 6), figure("AGE", 4), words("USED BY", 18), words("ID", 12)],
        rows: rows::images,
        lines: detail::image,
        is_known: |snapshot| snapshot.inventories.values().any(|one| one.images.is_some()),
        empty: "no images: pull or build one, or commit a container (I)",
        removal: Some(removal_of_image),
        hints: &[C::Open, C::Tag, C::Remove, C::Prune, C::Create, C::Filter, C::Sort, C::Mark, C::FocusFleet, C::Help],
        hints_read_only: LOOKING,
    },
    ListSpec {
        kind: Kind::Volume,
        command: C::ViewVolumes,
        tab: "Volumes",
        headings: &[words("VOLUME", 16), figure("SIZE", 6), figure("AGE", 4), words("USED BY", 18), words("DRIVER", 8)],
        rows: rows::volumes,
        lines: detail::volume,
        is_known: |snapshot| snapshot.inventories.values().any(|one| one.volumes.is_some()),
        empty: "no volumes: C creates one; containers keep their data in them",
        removal: Some(removal_of_volume),
        hints: &[
            C::Open,
            C::FocusFiles,
            C::Create,
            C::Remove,
            C::Prune,
            C::ExportVolume,
            C::ImportVolume,
            C::CopyVolume,
            C::Filter,
            C::Sort,
            C::Mark,
            C::FocusFleet,
            C::Help,
        ],
        hints_read_only: LOOKING,
    },
    ListSpec {
        kind: Kind::Network,
        command: C::ViewNetworks,
        tab: "Networks",
        headings: &[
            words("NETWORK", 16),
            figure("MEMBERS", 7),
            words("SUBNET", 18),
            words("DRIVER", 8),
            figure("AGE", 4),
            words("KIND", 17),
        ],
        rows: rows::networks,
        lines: detail::network,
        is_known: |snapshot| snapshot.inventories.values().any(|one| one.networks.is_some()),
        empty: "no networks: C creates one",
        removal: Some(|_, _, id, name| Some(Operation::new(OperationKind::RemoveNetwork, id, name))),
        hints: &[C::Open, C::Create, C::Remove, C::Prune, C::Filter, C::Sort, C::Mark, C::FocusFleet, C::Help],
        hints_read_only: LOOKING,
    },
    ListSpec {
        kind: Kind::Project,
        command: C::ViewProjects,
        tab: "Projects",
        headings: &[
            words("PROJECT", 16),
            words("STATE", 16),
            figure("SERVICES", 8),
            figure("CPU", 6),
            figure("MEM", 6),
        ],
        rows: |snapshot, _| rows::projects_and_services(snapshot),
        lines: |id, snapshot, _, _| detail::project(id, snapshot),
        is_known: |snapshot| snapshot.engines.values().any(|engine| engine.listed),
        empty: "no projects: docker compose projects show here; C starts one",
        removal: None,
        hints: &[
            C::Open,
            C::FocusLogs,
            C::Compose,
            C::Drift,
            C::StartStop,
            C::Restart,
            C::PauseUnpause,
            C::Kill,
            C::Remove,
            C::Create,
            C::Left,
            C::GroupFoldAll,
            C::Filter,
            C::Mark,
            C::Sort,
            C::FocusFleet,
            C::Help,
        ],
        hints_read_only: &[C::Open, C::Drift, C::GroupFoldAll, C::Filter, C::Sort, C::FocusFleet, C::Help],
    },
    ListSpec {
        kind: Kind::System,
        command: C::ViewSystem,
        tab: "System",
        headings: &[
            words("ON THE DISK", 12),
            figure("SIZE", 6),
            figure("FREES", 6),
            figure("COUNT", 6),
            figure("IN USE", 6),
        ],
        rows: |snapshot, _| rows::on_disk(snapshot),
        lines: |id, snapshot, _, _| Some(detail::engine_lines(snapshot.inventory(id.engine()))),
        is_known: |snapshot| snapshot.inventories.values().any(|one| one.disk.is_some()),
        empty: "",
        removal: None,
        hints: &[C::Open, C::Prune, C::Sort, C::FocusFleet, C::Help],
        hints_read_only: LOOKING,
    },
];

/// The list of a kind; none for containers, which have one of their own.
pub fn list_of(kind: Kind) -> Option<&'static ListSpec> {
    LISTS.iter().find(|list| list.kind == kind)
}

/// The operations that remove what is in these rows of the list of a kind.
pub(in crate::app) fn removals(kind: Kind, rows: &[Row], snapshot: &Snapshot) -> Vec<Operation> {
    let Some(removal) = list_of(kind).and_then(|list| list.removal) else { return Vec::new() };
    rows.iter().filter_map(|row| removal(snapshot, rows, row.of.clone(), row.name.to_string())).collect()
}

/// One name of an image; with its last the image goes. One without a name goes by its identity.
fn removal_of_image(snapshot: &Snapshot, rows: &[Row], id: Id, name: String) -> Option<Operation> {
    let kind = OperationKind::RemoveImage { force: false };
    let mut images = snapshot.images();
    let Some(image) = images.find(|image| image.id == id && !image.is_dangling()) else {
        return Some(Operation::new(kind, id, name));
    };
    let goes = |tag: &Arc<str>| rows.iter().any(|row| row.of == image.id && row.name == *tag);
    let stays = !image.tags.iter().all(goes);
    Some(Operation::with(kind, id, name.clone(), OperationArgs::Untag(Untag { name, stays })))
}

/// A volume as it is seen now.
fn removal_of_volume(snapshot: &Snapshot, _: &[Row], id: Id, name: String) -> Option<Operation> {
    let seen = snapshot.seen_volume(&id)?;
    Some(Operation::with(OperationKind::RemoveVolume, id, name, OperationArgs::Seen(seen)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::command::{COMMANDS, KeyContext};
    use std::collections::HashSet;

    #[test]
    fn every_kind_but_containers_has_a_list_with_a_tab_a_key_columns_and_hints() {
        let tabs: HashSet<&str> = LISTS.iter().map(|list| list.tab).collect();
        assert_eq!(tabs.len(), LISTS.len());
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Container) {
            let list = list_of(kind).unwrap_or_else(|| panic!("{kind:?} has no list"));
            assert!(COMMANDS.iter().any(|spec| spec.command == list.command && !spec.keys.is_empty()), "{kind:?}");
            assert!(list.headings.len() > 1 && list.hints.contains(&Command::Help), "{kind:?}");
            // The disk is no kind of thing: the heading of the keys leaves it out.
            let title = KeyContext::Resources.title();
            assert!(kind == Kind::System || title.contains(&list.tab.to_lowercase()), "{title} leaves out {kind:?}");
            assert!(list.hints_read_only.iter().all(|command| !command.spec().changes), "{kind:?}");
        }
    }
}
