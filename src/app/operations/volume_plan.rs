//! What becomes of volumes when something is moved into them.

use crate::app::panes::resource::rows::users_of_volume;
use crate::app::widgets::units;
use crate::model::{Container, EngineId, Operation, OperationArgs, SeenVolume, Snapshot, Transfer, text};

/// Names that a sentence lists.
const NAMED: usize = 3;

/// The volume that something goes into, where that is there already.
fn written(operation: &Operation) -> Option<&str> {
    match &operation.with {
        OperationArgs::Transfer(transfer) => match &**transfer {
            Transfer::ImportVolume { seen, .. } | Transfer::CopyVolume { seen, .. } => {
                seen.as_ref().map(SeenVolume::name)
            }
            Transfer::Pull { .. }
            | Transfer::Push { .. }
            | Transfer::Build(_)
            | Transfer::Save { .. }
            | Transfer::Load { .. }
            | Transfer::Compose(_)
            | Transfer::Bundle(_)
            | Transfer::Up(_)
            | Transfer::Undo(_)
            | Transfer::ExportVolume { .. } => None,
        },
        OperationArgs::Nothing
        | OperationArgs::Command(_)
        | OperationArgs::Name(_)
        | OperationArgs::ImageName(_)
        | OperationArgs::Untag(_)
        | OperationArgs::Seen(_)
        | OperationArgs::Limits(_)
        | OperationArgs::Container(_)
        | OperationArgs::Volume(_)
        | OperationArgs::Network(_)
        | OperationArgs::Joining(_) => None,
    }
}

fn running<'a>(snapshot: &'a Snapshot, engine: EngineId, volume: &str) -> Vec<&'a Container> {
    users_of_volume(snapshot, engine, volume).into_iter().filter(|user| user.state.is_alive()).collect()
}

fn names(users: &[&Container]) -> String {
    let mut names: Vec<String> = users.iter().take(NAMED).map(|user| user.name.to_string()).collect();
    if users.len() > NAMED {
        names.push(format!("{} more", users.len() - NAMED));
    }
    names.join(", ")
}

/// What becomes of the volumes, beyond what the verb says.
pub fn effects(operation: &Operation, snapshot: &Snapshot) -> Vec<String> {
    let (mut words, engine) = (Vec::new(), operation.id.engine());
    match written(operation) {
        None => words.push("a new volume is created".to_string()),
        Some(volume) => {
            let size = snapshot.volume_size(engine, volume);
            words.push(match size {
                Some(0) => "was empty when last measured".into(),
                Some(size) => format!("held {} when last measured", units::size(size)),
                None => "existing files can be overwritten".into(),
            });
            let users = running(snapshot, engine, volume);
            if !users.is_empty() {
                words.push(format!("in use by {}", names(&users)));
            }
        }
    }
    if let OperationArgs::Transfer(transfer) = &operation.with
        && let Transfer::CopyVolume { from, .. } = &**transfer
    {
        let users = running(snapshot, engine, from.name());
        if !users.is_empty() {
            words.push(format!("{} can write to {} during the copy", names(&users), text::clean(from.name())));
        }
    }
    words
}

/// What may be lost, in sentences.
pub fn losses(operations: &[Operation], snapshot: &Snapshot) -> Vec<String> {
    let mut losses = Vec::new();
    for (engine, volume) in operations.iter().filter_map(|operation| Some((operation.id.engine(), written(operation)?)))
    {
        let shown = text::clean(volume);
        losses.push(format!(
            "Files with the same names in {shown} are overwritten and lost, with owners and permissions; other files stay."
        ));
        if !running(snapshot, engine, volume).is_empty() {
            losses.push(
                "Running containers that mount it see the files change at once: stop them first if that is a problem."
                    .into(),
            );
        }
    }
    losses
}
