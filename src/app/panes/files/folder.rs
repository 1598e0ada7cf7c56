//! A folder on screen, with what is asked of the engine for it: of a container, or of a volume through its helper.

use super::view::FileView;
use crate::app::subscriptions::{Slot, Wants};
use crate::app::widgets::Cursor;
use crate::model::{FileContent, FileEntry, FileKind, Id, Listing, Problem, Source, StreamId, Timestamp, files};
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes of a file that are looked at.
pub(super) const LOOK: usize = 1 << 20;
/// The largest file that is edited, bytes.
pub(super) const EDIT: usize = 8 << 20;

/// The purpose of reading a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    Look,
    /// A look, or the folder if it is one.
    Visit,
    /// To be edited, if nobody has done anything since so many things were done.
    Edit {
        done: u64,
    },
    /// This draft replaces the current content.
    Replace(PathBuf),
}

impl Purpose {
    /// True if a file is meant, and the folder stays on screen.
    pub(super) fn is_reading(&self) -> bool {
        !matches!(self, Purpose::Visit)
    }
}

/// A question that the engine is being asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub stream: StreamId,
    /// None: a folder.
    pub reads: Option<Purpose>,
    pub path: Vec<u8>,
    pub source: Source,
    pub since: Timestamp,
}

/// The files of one container, or of a volume.
#[derive(Debug, Clone, PartialEq)]
pub struct FilesView {
    /// Whose: a volume's are those of its helper, once that is there.
    pub id: Id,
    /// They are a volume's.
    pub volume: Option<VolumeFiles>,
    /// The folder that is shown, raw.
    pub path: Vec<u8>,
    /// The entries of the folder, once known.
    pub listing: Option<Arc<Listing>>,
    /// Its entries that pass the filter, as indices.
    pub rows: Vec<usize>,
    /// The cursor in the list.
    pub cursor: Cursor,
    /// Only names that hold this are shown.
    pub filter: String,
    /// The reason why there is nothing to show.
    pub problem: Option<Problem>,
    /// The file that is looked at.
    pub open: Option<FileView>,
    /// The folder that is on its way.
    pub(super) asked: Option<Asked>,
    /// The file that is on its way.
    pub(super) reading: Option<Asked>,
    /// A file that came for the editor while something else was done.
    pub(super) ready: Option<Ready>,
    /// The name that gets the cursor when the folder has come.
    pub(super) wanted: Option<Vec<u8>>,
}

impl FilesView {
    pub(super) fn new(id: Id, path: Vec<u8>) -> FilesView {
        FilesView {
            id,
            volume: None,
            path,
            listing: None,
            rows: Vec::new(),
            cursor: Cursor::default(),
            filter: String::new(),
            problem: None,
            open: None,
            asked: None,
            reading: None,
            ready: None,
            wanted: None,
        }
    }

    /// Something is on its way.
    pub fn is_waiting(&self) -> bool {
        self.asked.is_some() || self.reading.is_some()
    }

    /// The folder on screen is on its way, for the first time or anew.
    pub(super) fn is_listed(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.reads.is_none() && asked.path == self.path)
    }

    /// Seconds that what is on its way has taken.
    pub fn waited(&self, now: Timestamp) -> Option<i64> {
        self.reading.as_ref().or(self.asked.as_ref()).map(|asked| now.seconds() - asked.since.seconds())
    }

    /// The entry under the cursor.
    pub fn chosen(&self) -> Option<&FileEntry> {
        let index = self.rows.get(self.cursor.row())?;
        self.listing.as_ref()?.entries.get(*index)
    }

    pub(super) fn arrange(&mut self) {
        let wanted = self.wanted.take().or_else(|| self.chosen().map(|entry| entry.name.clone()));
        let Some(listing) = &self.listing else { return };
        let filter = self.filter.to_lowercase();
        let passes = |entry: &FileEntry| files::shown(&entry.name).to_lowercase().contains(&filter);
        let entries = listing.entries.iter().enumerate();
        self.rows = entries.filter(|(_, entry)| passes(entry)).map(|(index, _)| index).collect();
        let again = wanted.and_then(|name| {
            self.rows.iter().position(|index| listing.entries.get(*index).is_some_and(|entry| entry.name == name))
        });
        self.cursor.put(again.unwrap_or(self.cursor.row()), self.rows.len());
    }

    /// Another filter.
    pub(in crate::app) fn set_filter(&mut self, text: &str) {
        self.filter = text.to_string();
        self.arrange();
    }
}

/// The volume whose files are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeFiles {
    /// The volume.
    pub id: Id,
    /// Its name, clean.
    pub name: String,
    /// The stream that holds its helper.
    pub(super) stream: StreamId,
    /// The source that asks for the helper.
    pub(super) source: Source,
    /// The state of the helper.
    pub(super) state: Helper,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Helper {
    Coming,
    There,
    Gone,
}

/// A file that came for the editor while something else was done.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ready {
    pub path: Vec<u8>,
    pub content: Arc<FileContent>,
    pub until: Timestamp,
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
            wants.add(asked.stream, Slot::Files, || asked.source.clone());
        }
        if let Some(volume) = self.volume.as_ref().filter(|volume| volume.state != Helper::Gone) {
            wants.add(volume.stream, Slot::Files, || volume.source.clone());
        }
    }
}

impl FilesView {
    /// The container or the volume whose files they are.
    pub(super) fn owner(&self) -> &Id {
        self.volume.as_ref().map_or(&self.id, |volume| &volume.id)
    }

    /// What the file is read for that is on its way, if it is to be edited.
    pub(super) fn reads_for_edit(&mut self, path: &[u8]) -> Option<&mut Purpose> {
        let reading = self.reading.as_mut().filter(|reading| reading.path == path)?;
        reading.reads.as_mut().filter(|purpose| matches!(purpose, Purpose::Edit { .. }))
    }
}

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
