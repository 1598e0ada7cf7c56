//! Acts on what is many by its nature: a group, a project, a service. Always a plan first, and what needs others is thought of.

use crate::app::command::Command;
use crate::app::msg::Effect;
use crate::app::operations::{concerned, operation_for};
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::widgets::confirm::Confirm;
use crate::app::widgets::notice::Notice;
use crate::model::{Container, Kind, OperationKind};
use crate::services::projects::containers_of;
use crate::services::stages::{self, Stages};
use std::sync::Arc;

impl App {
    /// The containers that are meant: those that are marked, or else that under the cursor, or all of the group, the project or
    /// the service there. For whatever is done to one or many.
    pub fn containers_meant(&self) -> Vec<Arc<Container>> {
        let Some(list) = self.list() else { return self.fleet.targets(&self.snapshot) };
        let rows = if list.kind == Kind::Project { list.targets() } else { Vec::new() };
        containers_of(rows.iter().map(|row| &row.id), &self.snapshot)
    }

    /// An act key on many: the plan, or what it needs to know before.
    pub(in crate::app) fn act_on_many(
        &mut self,
        command: Command,
        targets: Vec<Arc<Container>>,
        notes: Vec<String>,
    ) -> Vec<Effect> {
        if let Some(kind) = operation_for(command, &targets)
            && !self.ask_for_args(kind, &targets, Some(notes.clone()))
        {
            self.plan_for_many(kind, targets, notes);
        }
        Vec::new()
    }

    /// Asks, with the plan; `notes` are sentences to it.
    pub(in crate::app) fn plan_for_many(
        &mut self,
        kind: OperationKind,
        targets: Vec<Arc<Container>>,
        notes: Vec<String>,
    ) {
        let stages = Stages::of(kind, concerned(kind, targets), &self.snapshot);
        if stages.targets.is_empty() {
            self.notice = Some(Notice::warn(format!("nothing to {}", kind.spec().word), self.now));
            return;
        }
        let mut confirm = Confirm::new(kind, &stages.targets, &self.snapshot);
        if stages.sizes.len() > 1 {
            confirm.losses.push(stages::order(kind).to_string());
            confirm.waves = stages.sizes;
        }
        confirm.losses.extend(notes);
        self.overlays.push(Overlay::Confirm(confirm));
    }
}
