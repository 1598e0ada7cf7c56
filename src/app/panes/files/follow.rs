//! Whose files are on screen: those of what is selected, as long as they are looked at.

use super::folder::{FilesView, Helper, VolumeFiles};
use crate::app::command::{Command, KeyContext};
use crate::app::layout::{DetailTab, Pane};
use crate::app::msg::Effect;
use crate::app::state::App;
use crate::app::widgets::notice::Notice;
use crate::model::{Id, Kind, Source};

impl App {
    /// The files have the keys.
    pub(in crate::app) fn in_files(&self) -> bool {
        let container = self.detail == DetailTab::Files && self.view == Kind::Container && self.group().is_none();
        self.focus == Pane::Logs && (container || self.shows_volume_files())
    }

    /// Rows and columns for entries, or for a file.
    pub fn files_size(&self) -> (usize, usize) {
        let area = self.places().logs.unwrap_or_default();
        self.files.size_in(area.height, area.width)
    }

    /// Something of the files is awaited.
    pub(in crate::app) fn awaits_files(&self) -> bool {
        self.files.view.as_ref().is_some_and(FilesView::is_waiting)
    }

    /// A command of the files.
    pub(in crate::app) fn files_command(&mut self, command: Command) -> Vec<Effect> {
        // What is meant is never a file that cannot be seen.
        if !self.in_files() && command != Command::CancelCopy {
            let key = self.options.keymap.shown(Command::FocusFiles).unwrap_or_default();
            self.notice = Some(Notice::warn(format!("open the files first: {key}"), self.now));
            return Vec::new();
        }
        self.pane_command(KeyContext::Files, command).unwrap_or_default()
    }

    /// The files follow the selection while they are looked at and it rests.
    pub(in crate::app) fn follow_files(&mut self) {
        let (height, _) = self.files_size();
        if let Some(view) = &mut self.files.view {
            view.cursor.fit(height, view.rows.len());
        }
        if self.keeps_volume_files() {
            return;
        }
        if self.detail != DetailTab::Files || self.view != Kind::Container || self.places().logs.is_none() {
            return;
        }
        let id = self.selected_id();
        if self.files.view.as_ref().map(|view| &view.id) == id.as_ref() || (id.is_some() && self.debounce.is_some()) {
            return;
        }
        self.with_files(|files, cx| files.look_at(cx, id));
    }

    /// The files of the chosen volume are on screen, beside the list of volumes.
    pub fn shows_volume_files(&self) -> bool {
        let chosen = self.list().and_then(|list| list.selected()).map(|row| &row.of);
        self.view == Kind::Volume
            && self.detail == DetailTab::Files
            && chosen.is_some()
            && self.volume_of_files() == chosen
    }

    fn volume_of_files(&self) -> Option<&Id> {
        self.files.view.as_ref()?.volume.as_ref().map(|volume| &volume.id)
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
        if known && self.files.view.as_ref().is_some_and(|view| view.is_ready() || view.is_mounting()) {
            return Vec::new();
        }
        self.files.close();
        let size = self.snapshot.volume_size(id.engine(), id.raw());
        let stream = self.new_stream();
        let mut view = FilesView::new(id.clone(), b"/".to_vec());
        let source = Source::Volume { seen, size };
        view.volume = Some(VolumeFiles { id, name, stream, source, state: Helper::Coming });
        self.files.view = Some(view);
        Vec::new()
    }

    /// Lets go of a volume that is about to be removed: its helper would hold it.
    pub(in crate::app) fn leave_volumes(&mut self, going: &[Id]) {
        let concerns = self.volume_of_files().is_some_and(|id| going.contains(id));
        if concerns {
            self.detail = DetailTab::Log;
            self.files.close();
        }
    }

    /// True while a volume's files are looked at. They are let go when something else is chosen or shown.
    fn keeps_volume_files(&mut self) -> bool {
        if self.volume_of_files().is_none() {
            return false;
        }
        if self.shows_volume_files() {
            return true;
        }
        self.files.close();
        // Nor are the files of a container what anybody asked for.
        if self.detail == DetailTab::Files {
            self.detail = DetailTab::Log;
        }
        false
    }
}
