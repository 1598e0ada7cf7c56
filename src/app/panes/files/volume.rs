//! The files of a volume: they are looked at through a helper container, which is there as long as they are on screen.

use super::FilesView;
use crate::app::layout::{DetailTab, Pane};
use crate::app::msg::Effect;
use crate::app::state::App;
use crate::app::subscriptions::{Slot, Wants};
use crate::app::widgets::notice::Notice;
use crate::model::{Id, Kind, Problem, Source, StreamId};

/// The volume whose files are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeFiles {
    /// The volume.
    pub id: Id,
    /// Its name, clean.
    pub name: String,
    /// The stream that holds its helper.
    wire: StreamId,
    /// The source that asks for the helper.
    source: Source,
    /// The state of the helper.
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

    /// Names the streams that it reads.
    pub(in crate::app) fn name_streams(&self, wants: &mut Wants) {
        for asked in self.asked.iter().chain(&self.reading) {
            wants.add(asked.wire, Slot::Files, || asked.source.clone());
        }
        if let Some(volume) = self.volume.as_ref().filter(|volume| volume.state != Helper::Gone) {
            wants.add(volume.wire, Slot::Files, || volume.source.clone());
        }
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
            let why = "read-only: browsing a volume needs a helper container, which is refused";
            self.notice = Some(Notice::warn(why, self.now));
            return Vec::new();
        }
        let (id, name) = (row.of.clone(), row.name.to_string());
        let Some(seen) = self.snapshot.seen_volume(&id) else { return Vec::new() };
        let known = self.volume_of_files() == Some(&id);
        self.detail = DetailTab::Files;
        self.focus = Pane::Logs;
        self.shells.prefix = false;
        self.shells.over_logs = false;
        if known && self.files.as_ref().is_some_and(|view| view.is_ready() || view.is_mounting()) {
            return Vec::new();
        }
        self.close_files();
        let size = self.snapshot.volume_size(id.engine(), id.raw());
        let wire = self.new_stream();
        let mut view = FilesView::new(id.clone(), b"/".to_vec());
        let source = Source::Volume { seen, size };
        view.volume = Some(VolumeFiles { id, name, wire, source, state: Helper::Coming });
        self.files = Some(view);
        Vec::new()
    }

    fn close_files(&mut self) {
        if let Some(old) = self.files.take_if(|view| view.volume.is_none()) {
            self.folders.insert(old.id, old.path);
        }
        self.files = None;
    }

    /// Lets go of a volume that is about to be removed: its helper would hold it.
    pub(in crate::app) fn leave_volumes(&mut self, going: &[Id]) {
        let concerns = self.volume_of_files().is_some_and(|id| going.contains(id));
        if concerns {
            self.detail = DetailTab::Log;
            self.close_files();
        }
    }

    /// True while a volume's files are looked at. They are let go when something else is chosen or shown.
    pub(super) fn keeps_volume_files(&mut self) -> bool {
        if self.volume_of_files().is_none() {
            return false;
        }
        if self.shows_volume_files() {
            return true;
        }
        self.close_files();
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
            Problem::new(format!("browse {}", volume.name), "the helper ended without a reason", "open it again");
        let problem = problem.cloned().unwrap_or(untold);
        self.notice = Some(Notice::bad(&problem, self.now));
        view.problem = Some(problem);
        true
    }
}
