//! This folder knows the files of a container or a volume: folders to walk through, files to look at, copies both ways, edits.
//! It may use the model, widgets and the heart of app.
//! It never touches a file: what is read and written comes and goes as streams and effects.

mod copies;
mod edits;
mod path;
mod view;
mod volume;

pub use copies::CopyJob;
use edits::Ready;
pub use edits::UnsavedEdits;
pub use view::{FileForm, FileRow, FileView};
pub use volume::VolumeFiles;

use crate::app::command::{Command, KeyContext};
use crate::app::layout::{DetailTab, Pane};
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::widgets::Cursor;
use crate::app::widgets::notice::Notice;
use crate::app::widgets::prompt::{Prompt, TextFor};
use crate::model::{FileChunk, FileEntry, FileKind, Id, Kind, Listing, Problem, Source, StreamId, Timestamp, files};
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes of a file that are looked at.
const LOOK: usize = 1 << 20;
/// The largest file that is edited, bytes.
const EDIT: usize = 8 << 20;

/// The purpose of reading a file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Purpose {
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
    fn is_reading(&self) -> bool {
        !matches!(self, Purpose::Visit)
    }
}

/// A question that the engine is being asked.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    wire: StreamId,
    /// None: a folder.
    reads: Option<Purpose>,
    path: Vec<u8>,
    source: Source,
    since: Timestamp,
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
    asked: Option<Asked>,
    /// The file that is on its way.
    reading: Option<Asked>,
    /// A file that came for the editor while something else was done.
    ready: Option<Ready>,
    /// The name that gets the cursor when the folder has come.
    wanted: Option<Vec<u8>>,
}

impl FilesView {
    fn new(id: Id, path: Vec<u8>) -> FilesView {
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
    fn is_listed(&self) -> bool {
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

    fn arrange(&mut self) {
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

impl App {
    /// The files have the keys.
    pub(in crate::app) fn in_files(&self) -> bool {
        let container = self.detail == DetailTab::Files && self.view == Kind::Container && self.group().is_none();
        self.focus == Pane::Logs && (container || self.shows_volume_files())
    }

    /// Rows and columns for entries, or for a file: without the title, the path and, while copies run, their lines.
    pub fn files_size(&self) -> (usize, usize) {
        let area = self.places().logs;
        let copies = self.copies.len().min(2) as u16;
        let height = area.map_or(1, |area| area.height.saturating_sub(2 + copies)).max(1);
        (height as usize, area.map_or(1, |area| area.width) as usize)
    }

    /// The files follow the selection while they are looked at and it rests.
    pub(in crate::app) fn follow_files(&mut self) {
        let (height, _) = self.files_size();
        if let Some(view) = &mut self.files {
            view.cursor.fit(height, view.rows.len());
        }
        if self.keeps_volume_files() {
            return;
        }
        if self.detail != DetailTab::Files || self.view != Kind::Container || self.places().logs.is_none() {
            return;
        }
        let id = self.selected_id();
        if self.files.as_ref().map(|view| &view.id) == id.as_ref() || (id.is_some() && self.debounce.is_some()) {
            return;
        }
        if let Some(old) = self.files.take() {
            self.folders.insert(old.id, old.path);
        }
        if let Some(id) = id {
            let path = self.folders.get(&id).cloned().unwrap_or_else(|| b"/".to_vec());
            self.files = Some(FilesView::new(id, path.clone()));
            self.ask_folder(path);
        }
    }

    /// Asks for a file, or for a folder. Who goes into another folder wants no file of this one any more; who asks for this one
    /// anew, because something was copied, still does.
    fn ask_files(&mut self, reads: Option<Purpose>, path: Vec<u8>) -> Vec<Effect> {
        let wire = self.new_stream();
        let Some(view) = self.files.as_mut().filter(|view| view.is_ready()) else { return Vec::new() };
        let id = view.id.clone();
        match &reads {
            None if path == view.path => view.stop_listing(),
            Some(purpose) if purpose.is_reading() && view.is_listed() => view.reading = None,
            _ => view.stop(),
        }
        let (seen, of) = (view.seen(&path), path.clone());
        let source = match &reads {
            None => Source::Folder { id, path },
            Some(Purpose::Look) => Source::File { id, path, limit: LOOK, seen },
            Some(Purpose::Edit { .. }) => Source::File { id, path, limit: EDIT, seen },
            // What is there now is meant, not what the folder told.
            Some(Purpose::Replace(_)) => Source::File { id, path, limit: EDIT, seen: None },
            Some(Purpose::Visit) => Source::Visit { id, path, limit: LOOK },
        };
        let is_file = reads.as_ref().is_some_and(Purpose::is_reading);
        let asked = Some(Asked { wire, reads, path: of, source, since: self.now });
        match is_file {
            true => view.reading = asked,
            false => view.asked = asked,
        }
        Vec::new()
    }

    fn ask_folder(&mut self, path: Vec<u8>) -> Vec<Effect> {
        self.ask_files(None, path)
    }

    /// Asks for the folder on screen anew.
    pub(in crate::app) fn reload_folder(&mut self) -> Vec<Effect> {
        match self.files.as_ref().map(|view| view.path.clone()) {
            Some(path) => self.ask_folder(path),
            None => Vec::new(),
        }
    }

    /// Something came of a stream about files.
    pub(in crate::app) fn files_chunk(&mut self, wire: StreamId, chunk: FileChunk) -> Vec<Effect> {
        if let FileChunk::Mounted(id) = chunk {
            return self.volume_mounted(wire, id);
        }
        let Some(view) = &mut self.files else { return Vec::new() };
        let mut under_way = view.asked.iter().chain(&view.reading);
        let Some(asked) = under_way.find(|asked| asked.wire == wire).cloned() else { return Vec::new() };
        match chunk {
            FileChunk::Listing(listing) => {
                if view.path != listing.path {
                    (view.cursor, view.filter) = (Cursor::default(), String::new());
                }
                view.path.clone_from(&listing.path);
                (view.listing, view.problem) = (Some(listing), None);
                view.arrange();
                Vec::new()
            }
            FileChunk::Content(content) => match asked.reads {
                Some(Purpose::Edit { done }) => self.edit_unless_busy(asked.path, content, done),
                Some(Purpose::Replace(draft)) => self.replace_by(&draft, &content),
                _ => {
                    view.open = Some(FileView::new(content));
                    Vec::new()
                }
            },
            _ => Vec::new(),
        }
    }

    /// A stream about files ended.
    pub(in crate::app) fn files_ended(&mut self, wire: StreamId, problem: Option<&Problem>) {
        if self.volume_ended(wire, problem) {
            return;
        }
        let Some(view) = &mut self.files else { return };
        let is_it = |asked: &mut Asked| asked.wire == wire;
        let asked = view.asked.take_if(is_it).or_else(|| view.reading.take_if(is_it));
        if let (Some(asked), Some(problem)) = (asked, problem) {
            // What is on screen stays.
            let lists = matches!(asked.reads, None | Some(Purpose::Visit));
            if view.listing.is_none() && lists {
                view.problem = Some(problem.clone());
            }
            self.notice = Some(Notice::bad(problem, self.now));
        }
    }

    /// Into a folder, or a look at a file.
    pub(in crate::app) fn open_entry(&mut self) -> Vec<Effect> {
        let Some(view) = &self.files else { return Vec::new() };
        if view.open.is_some() {
            return Vec::new();
        }
        let Some(entry) = view.chosen() else { return Vec::new() };
        let path = files::join(&view.path, &entry.name);
        let why = match entry.kind {
            _ if entry.is_folder() => return self.ask_folder(path),
            FileKind::Link { to_folder: None, .. } => return self.ask_files(Some(Purpose::Visit), path),
            FileKind::File | FileKind::Link { .. } => return self.ask_files(Some(Purpose::Look), path),
            FileKind::Device => "a device",
            FileKind::Pipe => "a named pipe",
            FileKind::Socket => "a socket",
            FileKind::Folder | FileKind::Other => "not a file",
        };
        self.notice = Some(Notice::warn(format!("{} is {why}", files::shown(&entry.name)), self.now));
        Vec::new()
    }

    /// To the left: in a file that is cut; out of it; to the folder above.
    pub(in crate::app) fn files_left(&mut self) -> Vec<Effect> {
        let (_, width) = self.files_size();
        let Some(view) = &mut self.files else { return Vec::new() };
        match &mut view.open {
            Some(open) if open.left > 0 => open.left = open.left.saturating_sub(width / 2),
            Some(_) => view.open = None,
            None if view.path != b"/" => {
                let (above, name) = files::split(&view.path);
                let (above, name) = (above.to_vec(), name.to_vec());
                view.wanted = Some(name);
                return self.ask_folder(above);
            }
            None => self.notice = Some(Notice::warn("this is the top folder", self.now)),
        }
        Vec::new()
    }

    /// To the right in a file; into a folder.
    pub(in crate::app) fn files_right(&mut self) -> Vec<Effect> {
        let (_, width) = self.files_size();
        match self.files.as_mut().and_then(|view| view.open.as_mut()) {
            Some(open) if !open.wrap && open.form == FileForm::Text => {
                open.left = (open.left + width / 2).min(64 * 1024);
                Vec::new()
            }
            Some(_) => Vec::new(),
            None => self.open_entry(),
        }
    }

    /// Goes back one level within the files. False at the top.
    pub(in crate::app) fn files_back(&mut self) -> bool {
        let Some(view) = &mut self.files else { return false };
        match &mut view.open {
            Some(open) if open.search.is_some() => open.begin_search(""),
            Some(_) => view.open = None,
            None if !view.filter.is_empty() => view.set_filter(""),
            None => return false,
        }
        true
    }

    /// Moves the cursor, or scrolls the file.
    pub(in crate::app) fn move_in_files(&mut self, rows: isize) {
        let (height, width) = self.files_size();
        let Some(view) = &mut self.files else { return };
        match &mut view.open {
            Some(open) => open.scroll(rows, height, width),
            None => view.cursor.move_by(rows, view.rows.len()),
        }
    }

    /// The prompt for what is to be found: a name in the folder, a text in the file.
    pub(in crate::app) fn files_prompt(&self) -> Prompt {
        match &self.files {
            Some(view) if view.open.is_some() => Prompt::search(KeyContext::Files),
            view => {
                let filter = view.as_ref().map(|view| view.filter.as_str()).unwrap_or_default();
                Prompt::filter("part of a name", filter, KeyContext::Files).moving()
            }
        }
    }

    /// A text was typed.
    pub(in crate::app) fn files_typed(&mut self, what: &TextFor, text: &str) -> Vec<Effect> {
        match what {
            TextFor::Filter => self.files.iter_mut().for_each(|view| view.set_filter(text)),
            TextFor::Search => self.search_file(Some(text), true),
            TextFor::Path => return self.go_to_path(text),
            TextFor::CopyIn(id, path) => return self.copy_to((id.clone(), path.clone()), true, text),
            TextFor::CopyOut(id, path) => return self.copy_to((id.clone(), path.clone()), false, text),
            TextFor::Time | TextFor::SaveAs(_) | TextFor::Line(_) => {}
        }
        Vec::new()
    }

    /// A text is searched for in the file.
    pub(in crate::app) fn search_file(&mut self, text: Option<&str>, forward: bool) {
        let (height, width) = self.files_size();
        let Some(open) = self.files.as_mut().and_then(|view| view.open.as_mut()) else { return };
        if let Some(text) = text {
            open.begin_search(text);
        }
        let Some(search) = &open.search else {
            if text.is_none() {
                self.say_no_search();
            }
            return;
        };
        let cut = if open.content.cut { " in the part shown" } else { "" };
        let why = format!("'{}' is not in the file{cut}", search.text);
        if !open.find(forward, height, width) {
            self.notice = Some(Notice::warn(why, self.now));
        }
    }

    /// A command of the files.
    pub(in crate::app) fn files_command(&mut self, wish: Command) -> Vec<Effect> {
        let (_, width) = self.files_size();
        // What is meant is never a file that cannot be seen.
        if !self.in_files() && wish != Command::CancelCopy {
            let key = self.options.keymap.shown(Command::FocusFiles).unwrap_or_default();
            self.notice = Some(Notice::warn(format!("open the files first: {key}"), self.now));
            return Vec::new();
        }
        match wish {
            Command::Left => return self.files_left(),
            Command::Right => return self.files_right(),
            Command::SearchNext | Command::SearchPrevious
                if self.files.as_ref().is_none_or(|view| view.open.is_none()) =>
            {
                self.notice = Some(Notice::warn("open a file first", self.now));
            }
            Command::SearchNext => self.search_file(None, true),
            Command::SearchPrevious => self.search_file(None, false),
            Command::CancelCopy => return self.cancel_copy(),
            Command::GoToPath => self.prompt_path(),
            Command::CopyOut => self.prompt_copy(false),
            Command::CopyIn => self.prompt_copy(true),
            Command::EditFile => return self.begin_edit(),
            _ => {
                let Some(open) = self.files.as_mut().and_then(|view| view.open.as_mut()) else {
                    self.notice = Some(Notice::warn("open a file first", self.now));
                    return Vec::new();
                };
                match wish {
                    Command::FilesHex => open.turn(width),
                    Command::Wrap => (open.wrap, open.left) = (!open.wrap, 0),
                    _ => {}
                }
            }
        }
        Vec::new()
    }

    /// The file under the cursor, or the one that is looked at.
    fn meant(&self) -> Option<(Id, Vec<u8>, FileKind)> {
        let view = self.files.as_ref()?;
        if let Some(open) = &view.open {
            return Some((view.id.clone(), open.content.path.clone(), FileKind::File));
        }
        let entry = view.chosen()?;
        Some((view.id.clone(), files::join(&view.path, &entry.name), entry.kind.clone()))
    }

    fn prompt_copy(&mut self, is_in: bool) {
        if is_in && self.options.read_only {
            self.notice = Some(Notice::warn("read-only: copying in is refused", self.now));
            return;
        }
        let Some(view) = self.files.as_ref().filter(|view| view.is_ready()) else {
            self.notice = Some(Notice::warn("its files are not loaded yet", self.now));
            return;
        };
        let here = (view.id.clone(), view.path.clone());
        let there = if is_in { Some(here) } else { self.meant().map(|(id, path, _)| (id, path)) };
        let Some(there) = there else {
            self.notice = Some(Notice::warn("nothing is selected", self.now));
            return;
        };
        let (sign, help) = match is_in {
            true => ("copy in from ", "a file or folder on this machine; folder/. for its contents"),
            false => ("copy out to ", "a folder or new name on this machine; asks before it overwrites"),
        };
        let what = if is_in { TextFor::CopyIn(there.0, there.1) } else { TextFor::CopyOut(there.0, there.1) };
        self.overlays.push(Overlay::Prompt(Prompt::new(sign, help, "./", KeyContext::Files, what)));
    }
}
