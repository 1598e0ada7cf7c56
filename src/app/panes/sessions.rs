//! Sessions in the container that is selected.

use crate::app::action::Action;
use crate::app::component::Cx;
use crate::app::layout::Pane;
use crate::app::msg::Effect;
use crate::app::panes::shell::{Kind, Shells, view::runnable};
use crate::app::state::App;
use crate::app::widgets::notice::Notice;
use crate::model::{Container, Exec, ExecHistoryEntry, Id, Source, remember};
use std::sync::Arc;

impl App {
    /// A shell in the selected container.
    pub(in crate::app) fn open_shell(&mut self, kind: Kind) -> Vec<Effect> {
        let open = |shells: &mut Shells, cx: &Cx, container: &Container| shells.open_shell(cx, kind, container);
        self.open_session(self.selected_id(), "open a shell in", open)
    }

    /// The main process of the selected container.
    pub(in crate::app) fn attach(&mut self) -> Vec<Effect> {
        self.open_session(self.selected_id(), "attach to", Shells::attach)
    }

    /// A debug sidecar beside the selected container, or beside the one whose shell could not be found.
    pub(in crate::app) fn open_sidecar(&mut self) -> Vec<Effect> {
        let in_pane = self.shells.active().filter(|_| self.focus == Pane::Shell).map(|tab| tab.id.clone());
        self.open_session(in_pane.or_else(|| self.selected_id()), "open a sidecar for", Shells::open_sidecar)
    }

    fn open_session(
        &mut self,
        id: Option<Id>,
        what: &str,
        open: impl FnOnce(&mut Shells, &Cx, &Container) -> Vec<Action>,
    ) -> Vec<Effect> {
        let Some(container) = self.runnable(id, what) else { return Vec::new() };
        let asked = self.with_shells(|shells, cx| open(shells, cx, &container));
        self.carry_out(asked)
    }

    /// Runs what the form says.
    pub(in crate::app) fn run_command(&mut self, exec: Exec, name: &str, ran: ExecHistoryEntry) -> Vec<Effect> {
        remember(&mut self.options.ran, ran.clone());
        let asked = self.with_shells(|shells, cx| shells.begin(cx, Source::Exec(exec), Kind::Command, name));
        let mut effects = self.carry_out(asked);
        effects.push(Effect::SaveRan(ran));
        effects
    }

    /// The container, if something can be run in it; else a notice says why not.
    pub(in crate::app) fn runnable(&mut self, id: Option<Id>, what: &str) -> Option<Arc<Container>> {
        let found = self.with_shells(|_, cx| runnable(cx, id.as_ref(), what));
        let of_group = self.group().is_some() && !self.options.read_only && id.is_none();
        let why = match found {
            Ok(container) => return Some(container),
            Err(_) if of_group => format!("cannot {what} a group: select one of its containers"),
            Err(why) => why,
        };
        self.notice = Some(Notice::warn(why, self.now));
        None
    }
}
