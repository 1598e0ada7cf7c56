//! Several engines in one cockpit: which of them is meant, and how one is chosen.

use super::action::Action;
use super::overlay::Overlay;
use super::panes::column::Column;
use super::panes::fleet::FleetRow;
use super::state::App;
use super::widgets::menu::{Menu, MenuItem};
use super::widgets::units;
use crate::model::{Engine, EngineId, Id, Link, Timestamp};
use std::borrow::Cow;

impl App {
    /// True if there are several: whose something is, is said then.
    pub fn has_several_engines(&self) -> bool {
        self.snapshot.engines.len() > 1
    }

    /// The name of the engine of something, where there are several.
    pub fn engine_name_of(&self, id: &Id) -> Option<&str> {
        let engine = self.snapshot.engines.get(&id.engine()).filter(|_| self.has_several_engines())?;
        Some(&engine.name)
    }

    /// The columns of the container list: where there are several engines, whose a container is stands beside its name.
    pub fn fleet_columns(&self) -> Cow<'_, [Column]> {
        let columns = &self.fleet.columns;
        match Column::named("engine").filter(|engine| self.has_several_engines() && !columns.contains(engine)) {
            None => Cow::Borrowed(columns),
            Some(engine) => {
                let mut columns = columns.clone();
                columns.insert(1.min(columns.len()), engine);
                Cow::Owned(columns)
            }
        }
    }

    /// Which engine is meant?
    pub(super) fn open_engines(&mut self) {
        let item = |(id, engine): (&EngineId, &Engine)| MenuItem {
            on: Some(*id) == self.engine,
            ..MenuItem::new(engine.name.clone(), self.how_it_is(*id, engine), Action::ChooseEngine(*id))
        };
        let items = self.snapshot.engines.iter().map(item).collect();
        let menu = Menu::new("Which engine?", items, None).with_letters(&self.options.keymap);
        self.overlays.push(Overlay::Menu(menu));
    }

    fn how_it_is(&self, id: EngineId, engine: &Engine) -> String {
        let containers = self.snapshot.containers.keys().filter(|container| container.engine() == id).count();
        let noun = if containers == 1 { "container" } else { "containers" };
        let how = match &engine.link {
            Link::Up => format!("{containers} {noun}"),
            Link::Connecting => "connecting".into(),
            Link::Down { .. } => how_long_lost(engine, self.now).unwrap_or_default(),
        };
        format!("{how}, {}", engine.address)
    }

    /// The engine of this number is meant from now on: the cursor goes to the first row that is its.
    pub(super) fn choose_engine(&mut self, engine: EngineId) {
        match self.list_mut() {
            Some(list) => drop(list.select(|row| row.of.engine() == engine)),
            None => {
                let of_engine = |row: &FleetRow| row.container().is_some_and(|one| one.id.engine() == engine);
                self.fleet.select_row(of_engine);
            }
        }
        self.chosen_engine = Some(super::state::ChosenEngine { engine, on: self.row_under_cursor() });
    }

    /// The engine that was chosen by its name, as long as the cursor stays where it was.
    pub(super) fn engine_chosen(&mut self) -> Option<EngineId> {
        let on = self.row_under_cursor();
        self.chosen_engine = self.chosen_engine.take().filter(|chosen| chosen.on == on);
        self.chosen_engine.as_ref().map(|chosen| chosen.engine)
    }

    /// What the cursor of the list on screen is on: of a group the first member.
    pub(super) fn row_under_cursor(&self) -> Option<Id> {
        match self.list() {
            Some(list) => list.selected().map(|row| row.of.clone()),
            None => self.selected_id().or_else(|| Some(self.group()?.members.first()?.id.clone())),
        }
    }
}

/// `lost 12 s ago`, `does not answer`: how an engine that is not heard is told in few words.
pub fn how_long_lost(engine: &Engine, now: Timestamp) -> Option<String> {
    let Link::Down { since, never_up, .. } = &engine.link else { return None };
    if *never_up {
        return Some("does not answer".into());
    }
    let gone = now.since(*since).max(0.0);
    Some(if gone < 60.0 { format!("lost {gone:.0} s ago") } else { format!("lost {} ago", units::long_span(gone)) })
}
