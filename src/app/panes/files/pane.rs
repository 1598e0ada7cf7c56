//! The pane of files: what it does when a command is given, a stream brings something, or somebody scrolls.

use super::copies::CopyJob;
use super::edits::UnsavedEdits;
use super::folder::{Asked, EDIT, FilesView, Helper, LOOK, Purpose};
use super::view::{FileForm, FileView};
use crate::app::action::Action;
use crate::app::command::{Command, KeyContext};
use crate::app::component::{Answers, Component, Cx, Handled, answer};
use crate::app::options::Options;
use crate::app::overlay::Overlay;
use crate::app::subscriptions::{Slot, Wants};
use crate::app::widgets::Cursor;
use crate::app::widgets::prompt::{FilesText, Prompt, TextFor};
use crate::model::{FileChunk, FileKind, Id, Problem, Source, StreamEvent, StreamId, files};
use Command as C;
use ratatui::layout::Position;
use std::collections::HashMap;

/// The pane of files.
#[derive(Debug, Default)]
pub struct Files {
    /// The files on screen, once they were looked at.
    pub view: Option<FilesView>,
    /// Copies under way.
    pub copies: Vec<CopyJob>,
    /// Edits that were not written back.
    pub unsaved: UnsavedEdits,
    /// The folders in which other containers were left.
    folders: HashMap<Id, Vec<u8>>,
}

/// The commands of the pane of files.
pub(in crate::app) const ANSWERS: &Answers<Files> = &[
    (C::Open, Files::open_entry),
    (C::Left, Files::left),
    (C::Right, Files::right),
    (C::SearchNext, |pane, cx| pane.search(cx, None, true)),
    (C::SearchPrevious, |pane, cx| pane.search(cx, None, false)),
    (C::FilesHex, |pane, cx| pane.in_file(cx, |open, width| open.turn(width))),
    (C::Wrap, |pane, cx| pane.in_file(cx, |open, _| (open.wrap, open.left) = (!open.wrap, 0))),
    (C::Filter, |pane, _| vec![pane.prompt()]),
    (C::GoToPath, Files::ask_path),
    (C::CopyOut, |pane, cx| pane.ask_copy(cx, false)),
    (C::CopyIn, |pane, cx| pane.ask_copy(cx, true)),
    (C::CancelCopy, Files::cancel_copy),
    (C::EditFile, Files::begin_edit),
    (C::KeptEdits, |pane, cx| vec![pane.unsaved.show(cx)]),
];

impl Component for Files {
    fn command(&mut self, cx: &Cx, command: Command) -> Handled {
        answer(ANSWERS, self, cx, command)
    }

    /// Moves the cursor, or scrolls the file.
    fn scroll(&mut self, cx: &Cx, rows: isize) {
        let (height, width) = self.size(cx);
        let Some(view) = &mut self.view else { return };
        match &mut view.open {
            Some(open) => open.scroll(rows, height, width),
            None => view.cursor.move_by(rows, view.rows.len()),
        }
    }

    /// A click on an entry, below the title and the path.
    fn click(&mut self, cx: &Cx, at: Position) -> Vec<Action> {
        let Some(view) = self.view.as_mut().filter(|view| view.open.is_none()) else { return Vec::new() };
        match cx.line(at, 2).and_then(|line| view.cursor.row_at(line, view.rows.len())) {
            Some(row) if row == view.cursor.row() => return self.open_entry(cx),
            Some(row) => view.cursor.put(row, view.rows.len()),
            None => {}
        }
        Vec::new()
    }

    fn back(&mut self, _: &Cx) -> bool {
        let Some(view) = &mut self.view else { return false };
        match &mut view.open {
            Some(open) if open.search.is_some() => open.begin_search(""),
            Some(_) => view.open = None,
            None if !view.filter.is_empty() => view.set_filter(""),
            None => return false,
        }
        true
    }

    fn typed(&mut self, cx: &Cx, what: &TextFor, text: &str) -> Vec<Action> {
        match what {
            TextFor::Filter => self.view.iter_mut().for_each(|view| view.set_filter(text)),
            TextFor::Search => return self.search(cx, Some(text), true),
            TextFor::Files(FilesText::Path) => self.go_to_path(cx, text),
            TextFor::Files(FilesText::CopyIn(id, path)) => {
                self.copy_to(cx, (id.clone(), path.clone()), true, text.trim())
            }
            TextFor::Files(FilesText::CopyOut(id, path)) => {
                self.copy_to(cx, (id.clone(), path.clone()), false, text.trim())
            }
            TextFor::Log(_) | TextFor::Shell(_) | TextFor::Sql(_) => {}
        }
        Vec::new()
    }

    fn name_streams(&self, _: &Options, wants: &mut Wants) {
        self.view.iter().for_each(|view| view.name_streams(wants));
        self.copies.iter().for_each(|job| job.name_streams(wants));
    }

    fn receive(&mut self, cx: &Cx, stream: StreamId, slot: Slot, event: StreamEvent) -> Vec<Action> {
        match (slot, event) {
            (Slot::Copy, StreamEvent::Files(chunk)) => self.copy_chunk(cx, stream, chunk),
            (_, StreamEvent::Files(chunk)) => self.take(cx, stream, chunk),
            // Such streams bring nothing else.
            (
                _,
                StreamEvent::Lines(_)
                | StreamEvent::HistoryUntil(_)
                | StreamEvent::NothingOlder
                | StreamEvent::Searched(_)
                | StreamEvent::State(_)
                | StreamEvent::Partial(_)
                | StreamEvent::Began(_)
                | StreamEvent::Output(..)
                | StreamEvent::Exited(_)
                | StreamEvent::NoShell(_)
                | StreamEvent::Undelivered(_)
                | StreamEvent::Processes(_)
                | StreamEvent::Progress(_)
                | StreamEvent::Transferred(_)
                | StreamEvent::Document(_)
                | StreamEvent::Compose(_)
                | StreamEvent::Bundle(_)
                | StreamEvent::Unfinished(_),
            ) => Vec::new(),
        }
    }

    fn ended(&mut self, cx: &Cx, stream: StreamId, slot: Slot, problem: Option<Problem>) -> Vec<Action> {
        if slot == Slot::Copy {
            return self.copy_ended(cx, stream, problem);
        }
        let told = self.volume_ended(cx, stream, &problem).or_else(|| self.reading_ended(cx, stream, problem));
        told.into_iter().collect()
    }
}

impl Files {
    /// Rows and columns for entries, or for a file: without the title, the path and, while copies run, their lines.
    pub(in crate::app) fn size(&self, cx: &Cx) -> (usize, usize) {
        self.size_in(cx.area.height, cx.area.width)
    }

    /// The same in a pane of this size.
    pub(in crate::app) fn size_in(&self, height: u16, width: u16) -> (usize, usize) {
        let copies = self.copies.len().min(2) as u16;
        (height.saturating_sub(2 + copies).max(1).into(), width.max(1).into())
    }

    /// The files of this container are looked at from now on.
    pub(in crate::app) fn look_at(&mut self, cx: &Cx, id: Option<Id>) {
        self.close();
        if let Some(id) = id {
            let path = self.folders.get(&id).cloned().unwrap_or_else(|| b"/".to_vec());
            self.view = Some(FilesView::new(id, path.clone()));
            self.ask(cx, None, path);
        }
    }

    /// The files on screen are let go. The folder of a container is remembered.
    pub(in crate::app) fn close(&mut self) {
        if let Some(old) = self.view.take().filter(|view| view.volume.is_none()) {
            self.folders.insert(old.id, old.path);
        }
    }

    /// Another engine takes the place of the one so far. Edited files on their way are kept.
    pub(in crate::app) fn forget_engine(&mut self) {
        (self.view, self.folders) = (None, HashMap::new());
        self.forget_copies();
    }

    /// Asks for a file, or for a folder. Who goes into another folder wants no file of this one any more; who asks for this one
    /// anew, because something was copied, still does.
    pub(super) fn ask(&mut self, cx: &Cx, reads: Option<Purpose>, path: Vec<u8>) {
        let stream = cx.streams.next_id();
        let Some(view) = self.view.as_mut().filter(|view| view.is_ready()) else { return };
        let id = view.id.clone();
        match &reads {
            None if path == view.path => view.stop_listing(),
            Some(purpose) if purpose.is_reading() && view.is_listed() => view.reading = None,
            None | Some(_) => view.stop(),
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
        let asked = Some(Asked { stream, reads, path: of, source, since: cx.now });
        match is_file {
            true => view.reading = asked,
            false => view.asked = asked,
        }
    }

    /// Asks for the folder on screen anew.
    pub(in crate::app) fn reload(&mut self, cx: &Cx) {
        if let Some(path) = self.view.as_ref().map(|view| view.path.clone()) {
            self.ask(cx, None, path);
        }
    }

    /// Something came of a stream about files.
    fn take(&mut self, cx: &Cx, stream: StreamId, chunk: FileChunk) -> Vec<Action> {
        if let FileChunk::Mounted(id) = chunk {
            self.volume_mounted(cx, stream, id);
            return Vec::new();
        }
        let Some(view) = &mut self.view else { return Vec::new() };
        let mut under_way = view.asked.iter().chain(&view.reading);
        let Some(asked) = under_way.find(|asked| asked.stream == stream).cloned() else { return Vec::new() };
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
                Some(Purpose::Edit { done }) => {
                    self.edit_unless_busy(cx, asked.path, content, done).into_iter().collect()
                }
                Some(Purpose::Replace(draft)) => {
                    self.replace_by(cx, &draft, &content);
                    Vec::new()
                }
                Some(Purpose::Look | Purpose::Visit) | None => {
                    view.open = Some(FileView::new(content));
                    Vec::new()
                }
            },
            FileChunk::Mounted(_) | FileChunk::Progress(_) | FileChunk::Copied(_) => Vec::new(),
        }
    }

    /// What was read has ended, and why. What is on screen stays.
    fn reading_ended(&mut self, cx: &Cx, stream: StreamId, problem: Option<Problem>) -> Option<Action> {
        let view = self.view.as_mut()?;
        let is_it = |asked: &mut Asked| asked.stream == stream;
        let asked = view.asked.take_if(is_it).or_else(|| view.reading.take_if(is_it))?;
        let problem = problem?;
        if view.listing.is_none() && matches!(asked.reads, None | Some(Purpose::Visit)) {
            view.problem = Some(problem.clone());
        }
        Some(cx.bad(&problem))
    }

    /// The helper of a volume is there.
    fn volume_mounted(&mut self, cx: &Cx, stream: StreamId, id: Id) {
        let Some(view) = &mut self.view else { return };
        let Some(volume) = view.volume.as_mut().filter(|volume| volume.stream == stream) else { return };
        volume.state = Helper::There;
        view.id = id;
        self.reload(cx);
    }

    /// The helper of a volume is not there, or not any more. None if the stream is none of a helper.
    fn volume_ended(&mut self, cx: &Cx, stream: StreamId, problem: &Option<Problem>) -> Option<Action> {
        let view = self.view.as_mut()?;
        let volume = view.volume.as_mut().filter(|volume| volume.stream == stream)?;
        volume.state = Helper::Gone;
        (view.asked, view.reading) = (None, None);
        let untold =
            Problem::new(format!("browse {}", volume.name), "the helper ended without a reason", "open it again");
        let problem = problem.clone().unwrap_or(untold);
        let told = cx.bad(&problem);
        view.problem = Some(problem);
        Some(told)
    }

    /// Into a folder, or a look at a file.
    pub(in crate::app) fn open_entry(&mut self, cx: &Cx) -> Vec<Action> {
        let Some(view) = self.view.as_ref().filter(|view| view.open.is_none()) else { return Vec::new() };
        let Some(entry) = view.chosen() else { return Vec::new() };
        let path = files::join(&view.path, &entry.name);
        let reads = match entry.kind {
            _ if entry.is_folder() => Ok(None),
            FileKind::Link { to_folder: None, .. } => Ok(Some(Purpose::Visit)),
            FileKind::File | FileKind::Link { .. } => Ok(Some(Purpose::Look)),
            FileKind::Device => Err("a device"),
            FileKind::Pipe => Err("a named pipe"),
            FileKind::Socket => Err("a socket"),
            FileKind::Folder | FileKind::Other => Err("not a file"),
        };
        match reads {
            Ok(reads) => self.ask(cx, reads, path),
            Err(why) => return vec![cx.warn(format!("{} is {why}", files::shown(&entry.name)))],
        }
        Vec::new()
    }

    /// To the left: in a file that is cut; out of it; to the folder above.
    fn left(&mut self, cx: &Cx) -> Vec<Action> {
        let (_, width) = self.size(cx);
        let Some(view) = &mut self.view else { return Vec::new() };
        match &mut view.open {
            Some(open) if open.left > 0 => open.left = open.left.saturating_sub(width / 2),
            Some(_) => view.open = None,
            None if view.path != b"/" => {
                let (above, name) = files::split(&view.path);
                let (above, name) = (above.to_vec(), name.to_vec());
                view.wanted = Some(name);
                self.ask(cx, None, above);
            }
            None => return vec![cx.warn("this is the top folder")],
        }
        Vec::new()
    }

    /// To the right in a file; into a folder.
    fn right(&mut self, cx: &Cx) -> Vec<Action> {
        let (_, width) = self.size(cx);
        match self.view.as_mut().and_then(|view| view.open.as_mut()) {
            Some(open) if !open.wrap && open.form == FileForm::Text => {
                open.left = (open.left + width / 2).min(64 * 1024);
                Vec::new()
            }
            Some(_) => Vec::new(),
            None => self.open_entry(cx),
        }
    }

    /// The user waits no longer. None if nothing was awaited.
    pub(in crate::app) fn stop_reading(&mut self, cx: &Cx) -> Option<Action> {
        let view = self.view.as_mut().filter(|view| view.is_waiting())?;
        view.stop();
        if view.listing.is_none() {
            let path = files::shown(&view.path);
            view.problem =
                Some(Problem::new(format!("read {path}"), "it was cancelled", "go to another path, or refresh"));
        }
        Some(cx.warn("reading was cancelled"))
    }

    /// The prompt for what is to be found: a name in the folder, a text in the file.
    fn prompt(&self) -> Action {
        let prompt = match &self.view {
            Some(view) if view.open.is_some() => Prompt::search(KeyContext::Files),
            view => {
                let filter = view.as_ref().map(|view| view.filter.as_str()).unwrap_or_default();
                Prompt::filter("part of a name", filter, KeyContext::Files).moving()
            }
        };
        Action::Open(Box::new(Overlay::Prompt(prompt)))
    }

    /// Does something to the file that is looked at.
    fn in_file(&mut self, cx: &Cx, act: impl FnOnce(&mut FileView, usize)) -> Vec<Action> {
        let (_, width) = self.size(cx);
        match self.view.as_mut().and_then(|view| view.open.as_mut()) {
            Some(open) => act(open, width),
            None => return vec![cx.warn("open a file first")],
        }
        Vec::new()
    }

    /// A text is searched for in the file: one that was typed, or the last one once more.
    fn search(&mut self, cx: &Cx, text: Option<&str>, forward: bool) -> Vec<Action> {
        let (height, width) = self.size(cx);
        let Some(open) = self.view.as_mut().and_then(|view| view.open.as_mut()) else {
            return if text.is_none() { vec![cx.warn("open a file first")] } else { Vec::new() };
        };
        if let Some(text) = text {
            open.begin_search(text);
        }
        let Some(search) = &open.search else {
            return if text.is_none() { vec![cx.no_search()] } else { Vec::new() };
        };
        let cut = if open.content.cut { " in the part shown" } else { "" };
        let why = format!("'{}' is not in the file{cut}", search.text);
        if open.find(forward, height, width) { Vec::new() } else { vec![cx.warn(why)] }
    }

    /// Asks for the path.
    fn ask_path(&mut self, cx: &Cx) -> Vec<Action> {
        let Some(view) = self.view.as_ref().filter(|view| view.is_ready()) else {
            return vec![cx.warn("its files are not loaded yet")];
        };
        // What is no text cannot be typed on.
        let here = std::str::from_utf8(&view.path).map_or("/".into(), |path| files::shown(path.as_bytes()));
        let here = if here.ends_with('/') { here } else { format!("{here}/") };
        let prompt =
            Prompt::new("go to ", "a folder or a file", &here, KeyContext::Files, TextFor::Files(FilesText::Path));
        vec![Action::Open(Box::new(Overlay::Prompt(prompt)))]
    }

    /// The path is typed: what is there is shown, a folder or a file.
    fn go_to_path(&mut self, cx: &Cx, text: &str) {
        let Some(view) = self.view.as_mut().filter(|_| !text.trim().is_empty()) else { return };
        let path = files::normal(&files::join(if text.starts_with('/') { b"/" } else { &view.path }, text.as_bytes()));
        view.open = None;
        self.ask(cx, Some(Purpose::Visit), path);
    }

    /// The file under the cursor, or the one that is looked at.
    pub(super) fn meant(&self) -> Option<(Id, Vec<u8>, FileKind)> {
        let view = self.view.as_ref()?;
        if let Some(open) = &view.open {
            return Some((view.id.clone(), open.content.path.clone(), FileKind::File));
        }
        let entry = view.chosen()?;
        Some((view.id.clone(), files::join(&view.path, &entry.name), entry.kind.clone()))
    }
}
