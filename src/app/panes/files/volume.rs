//! The files of a volume: they are looked at through a helper container, which is there as long as they are on screen.

use super::{Asked, FilesView};
use crate::app::layout::Pane;
use crate::app::notice::Notice;
use crate::app::processes::DetailTab;
use crate::app::state::App;
use crate::app::update::Effect;
use crate::model::{Id, Kind, Problem, Source, StreamId};

/// Whose files they are, where they are a volume's.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeFiles {
    /// The volume.
    pub id: Id,
    /// Its name, clean.
    pub name: String,
    /// The stream that holds its helper.
    wire: StreamId,
    /// How it stands with the helper.
    state: Helper,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Helper {
    Coming,
    There,
    Gone,
}

impl FilesView {
    /// True if its files can be asked for.
    pub fn is_ready(&self) -> bool {
        self.volume.as_ref().is_none_or(|volume| volume.state == Helper::There)
    }

    /// The helper through which a volume's files are looked at is being made.
    pub fn is_mounting(&self) -> bool {
        self.volume.as_ref().is_some_and(|volume| volume.state == Helper::Coming)
    }

    /// All streams that it holds.
    fn wires(&self) -> impl Iterator<Item = StreamId> {
        let asked = self.asked.iter().chain(&self.reading).map(|Asked { wire, .. }| *wire);
        let held = self.volume.as_ref().filter(|volume| volume.state != Helper::Gone).map(|volume| volume.wire);
        asked.chain(held)
    }
}

impl App {
    /// The files of the chosen volume are on screen, beside the list of volumes.
    pub fn shows_volume_files(&self) -> bool {
        let chosen = self.list().and_then(|list| list.selected()).map(|row| &row.of);
        self.view == Kind::Volume
            && self.detail == DetailTab::Files
            && chosen.is_some()
            && self.volume_of_files() == chosen
    }

    fn volume_of_files(&self) -> Option<&Id> {
        self.files.as_ref()?.volume.as_ref().map(|volume| &volume.id)
    }

    /// Goes to the files of the chosen volume.
    pub(in crate::app) fn open_volume_files(&mut self) -> Vec<Effect> {
        let Some(row) = self.list().and_then(|list| list.selected()) else {
            self.notice = Some(Notice::warn("no volume is selected", self.now));
            return Vec::new();
        };
        if self.options.read_only {
            let why = "read-only: a volume is looked into through a helper, and making one is refused";
            self.notice = Some(Notice::warn(why, self.now));
            return Vec::new();
        }
        let (id, name) = (row.of.clone(), row.name.to_string());
        let Some(seen) = self.seen_volume(&id) else { return Vec::new() };
        let known = self.volume_of_files() == Some(&id);
        self.detail = DetailTab::Files;
        self.focus = Pane::Logs;
        self.shells.prefix = false;
        self.shells.over_logs = false;
        if known && self.files.as_ref().is_some_and(|view| view.is_ready() || view.is_mounting()) {
            return Vec::new();
        }
        let mut effects = self.close_files();
        let size = self.snapshot.volume_size(id.engine(), id.raw());
        let wire = self.new_wire();
        let mut view = FilesView::new(id.clone(), b"/".to_vec());
        view.volume = Some(VolumeFiles { id: id.clone(), name, wire, state: Helper::Coming });
        self.files = Some(view);
        effects.push(Effect::Open(wire, Source::Volume { seen, size }));
        effects
    }

    fn close_files(&mut self) -> Vec<Effect> {
        let Some(old) = self.files.take() else { return Vec::new() };
        let closed = old.wires().map(Effect::Close).collect();
        if old.volume.is_none() {
            self.folders.insert(old.id, old.path);
        }
        closed
    }

    /// Lets go of a volume that is about to be removed: its helper would hold it.
    pub(in crate::app) fn leave_volumes(&mut self, going: &[Id]) -> Vec<Effect> {
        let concerns = self.volume_of_files().is_some_and(|id| going.contains(id));
        if !concerns {
            return Vec::new();
        }
        self.detail = DetailTab::Log;
        self.close_files()
    }

    /// True while a volume's files are looked at. They are let go when something else is chosen or shown.
    pub(super) fn keeps_volume_files(&mut self, effects: &mut Vec<Effect>) -> bool {
        if self.volume_of_files().is_none() {
            return false;
        }
        if self.shows_volume_files() {
            return true;
        }
        effects.extend(self.close_files());
        // Nor are the files of a container what anybody asked for.
        if self.detail == DetailTab::Files {
            self.detail = DetailTab::Log;
        }
        false
    }

    /// The helper is there.
    pub(super) fn volume_mounted(&mut self, wire: StreamId, id: Id) -> Vec<Effect> {
        let Some(view) = &mut self.files else { return Vec::new() };
        let Some(volume) = view.volume.as_mut().filter(|volume| volume.wire == wire) else { return Vec::new() };
        volume.state = Helper::There;
        view.id = id;
        let path = view.path.clone();
        self.ask_folder(path)
    }

    /// The helper is not there, or not any more. False if the stream is none of a helper.
    pub(super) fn volume_ended(&mut self, wire: StreamId, problem: Option<&Problem>) -> bool {
        let Some(view) = &mut self.files else { return false };
        let Some(volume) = view.volume.as_mut().filter(|volume| volume.wire == wire) else { return false };
        volume.state = Helper::Gone;
        (view.asked, view.reading) = (None, None);
        let untold =
            Problem::new(format!("look into {}", volume.name), "it ended without a word", "look into it again");
        let problem = problem.cloned().unwrap_or(untold);
        self.notice = Some(Notice::bad(&problem, self.now));
        view.problem = Some(problem);
        true
    }
}
