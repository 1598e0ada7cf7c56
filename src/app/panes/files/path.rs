//! To a path that is typed, without walking there; and no further waiting for what takes too long.

use super::{FilesView, Purpose};
use crate::app::command::KeyContext;
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::widgets::notice::Notice;
use crate::app::widgets::prompt::{Prompt, TextFor};
use crate::model::{FileKind, Listing, Problem, files};
use std::sync::Arc;

impl FilesView {
    /// The size of a file and when it was changed last, as the folder on screen tells it.
    pub(super) fn seen(&self, path: &[u8]) -> Option<(u64, i64)> {
        let listing = self.listing.as_ref()?;
        let (folder, name) = files::split(path);
        let entry = listing.entries.iter().find(|entry| entry.name == name && entry.kind == FileKind::File)?;
        (folder == listing.path).then_some((entry.size, entry.modified))
    }

    /// Ends what is on its way.
    pub(super) fn stop(&mut self) {
        self.stop_listing();
        self.reading = None;
    }

    /// Ends the folder that is on its way. What has come of it stays, and says that it is not all.
    pub(super) fn stop_listing(&mut self) {
        if self.asked.take().is_none() {
            return;
        }
        if let Some(listing) = self.listing.as_mut().filter(|listing| listing.cut.as_deref() == Some(Listing::GROWING))
        {
            Arc::make_mut(listing).cut = Some("not read completely".into());
        }
    }
}

impl App {
    /// Something of the files is awaited.
    pub(in crate::app) fn awaits_files(&self) -> bool {
        self.files.as_ref().is_some_and(FilesView::is_waiting)
    }

    /// The user waits no longer. None if nothing was awaited.
    pub(in crate::app) fn stop_reading(&mut self) -> Option<Vec<Effect>> {
        if !self.in_files() {
            return None;
        }
        let view = self.files.as_mut().filter(|view| view.is_waiting())?;
        view.stop();
        if view.listing.is_none() {
            let path = files::shown(&view.path);
            view.problem =
                Some(Problem::new(format!("read {path}"), "it was cancelled", "go to another path, or refresh"));
        }
        self.notice = Some(Notice::warn("reading was cancelled", self.now));
        Some(Vec::new())
    }

    /// Asks for the path.
    pub(super) fn prompt_path(&mut self) {
        let Some(view) = self.files.as_ref().filter(|view| view.is_ready()) else {
            self.notice = Some(Notice::warn("its files are not loaded yet", self.now));
            return;
        };
        // What is no text cannot be typed on.
        let here = std::str::from_utf8(&view.path).map_or("/".into(), |path| files::shown(path.as_bytes()));
        let here = if here.ends_with('/') { here } else { format!("{here}/") };
        let prompt = Prompt::new("go to ", "a folder or a file", &here, KeyContext::Files, TextFor::Path);
        self.overlays.push(Overlay::Prompt(prompt));
    }

    /// The path is typed: what is there is shown, a folder or a file.
    pub(super) fn go_to_path(&mut self, text: &str) -> Vec<Effect> {
        let Some(view) = self.files.as_mut().filter(|_| !text.trim().is_empty()) else { return Vec::new() };
        let path = files::normal(&files::join(if text.starts_with('/') { b"/" } else { &view.path }, text.as_bytes()));
        view.open = None;
        self.ask_files(Some(Purpose::Visit), path)
    }
}
