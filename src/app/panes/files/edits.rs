//! Edits of files by the user's own editor, and those that could not be written back.

use super::{EDIT, FilesView, Purpose};
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::layout::Pane;
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::app::widgets::notice::Notice;
use crate::app::widgets::text::Text;
use crate::app::widgets::units;
use crate::app::widgets::wrap::Breaks;
use crate::model::{CopyIn, Edit, EditEnd, FileContent, FileKind, Id, Problem, Timestamp, files};
use crossterm::event::{Event, KeyEventKind, MouseEventKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How long a file that came for the editor is new enough to be edited, seconds.
const READY_SECONDS: f64 = 30.0;

/// A file that came for the editor while something else was done.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ready {
    path: Vec<u8>,
    content: Arc<FileContent>,
    until: Timestamp,
}

/// An edited file on this machine.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::app) struct Draft {
    pub(super) edit: Arc<Edit>,
    pub(super) file: PathBuf,
}

/// An edit that was not written back.
#[derive(Debug, Clone, PartialEq)]
struct UnsavedEdit {
    draft: Draft,
    why: Problem,
}

/// Edits that were not written back.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UnsavedEdits {
    list: Vec<UnsavedEdit>,
    /// The last one has not been shown yet.
    untold: bool,
}
impl App {
    /// Counts what the user does: an editor that opens under other keys than its own would take them.
    pub(in crate::app) fn note_deed(&mut self, event: &Event) {
        self.input_count += u64::from(match event {
            Event::Key(key) => key.kind != KeyEventKind::Release,
            Event::Mouse(mouse) => mouse.kind != MouseEventKind::Moved,
            Event::Paste(_) => true,
            Event::Resize(..) | Event::FocusGained | Event::FocusLost => false,
        });
    }

    pub(super) fn begin_edit(&mut self) -> Vec<Effect> {
        match self.meant() {
            _ if self.options.read_only => self.notice = Some(Notice::warn("read-only: editing is refused", self.now)),
            Some((_, path, FileKind::File | FileKind::Link { to_folder: Some(false) | None, .. })) => {
                let of = self.files.as_ref().map(FilesView::owner);
                let kept = self
                    .unsaved_edits
                    .list
                    .iter()
                    .rfind(|kept| Some(&kept.draft.edit.of) == of && kept.draft.edit.path == path);
                return match kept.map(|kept| kept.draft.file.clone()) {
                    Some(file) => self.ask_about(&path, file),
                    None => self.edit_anew(path),
                };
            }
            Some(_) => self.notice = Some(Notice::warn("only a file can be edited", self.now)),
            None => self.notice = Some(Notice::warn("no file is selected", self.now)),
        }
        Vec::new()
    }

    /// Edits what is there: what has come already, or what is asked for now.
    fn edit_anew(&mut self, path: Vec<u8>) -> Vec<Effect> {
        let (now, done) = (self.now, self.input_count);
        let Some(view) = &mut self.files else { return Vec::new() };
        if let Some(ready) = view.ready.take_if(|ready| ready.path == path || ready.until <= now)
            && ready.until > now
        {
            return self.edit(&ready.content);
        }
        if let Some(purpose) = view.reads_for_edit(&path) {
            *purpose = Purpose::Edit { done };
            return Vec::new();
        }
        self.ask_files(Some(Purpose::Edit { done }), path)
    }

    /// The file has come. The editor opens only if nothing else was done meanwhile.
    pub(super) fn edit_unless_busy(&mut self, path: Vec<u8>, content: Arc<FileContent>, done: u64) -> Vec<Effect> {
        if done == self.input_count && self.in_files() && self.overlays.is_empty() {
            return self.edit(&content);
        }
        let key = self.options.keymap.shown(Command::EditFile).unwrap_or_default();
        let name = files::shown(&path);
        self.notice = Some(Notice::warn(format!("{name} is loaded: press {key} again to edit it"), self.now));
        if let Some(view) = &mut self.files {
            view.ready = Some(Ready { path, content, until: self.now.plus_seconds(READY_SECONDS) });
        }
        Vec::new()
    }

    fn edit(&mut self, content: &FileContent) -> Vec<Effect> {
        let Some(view) = &self.files else { return Vec::new() };
        let why = if content.cut {
            format!("it is larger than {}: copy it out, edit it, copy it in", units::bytes(EDIT as f64))
        } else if content.elsewhere {
            "the engine cannot write there (tmpfs or a kernel file system): use a shell".to_string()
        } else if content.mounted {
            "it is a bind-mounted file, which the engine cannot replace: use a shell".to_string()
        } else {
            let (id, of, name) = (view.id.clone(), view.owner().clone(), self.name_of(&view.id));
            let edit = Edit { id, of, name, path: content.path.clone(), bytes: content.bytes.clone() };
            return vec![Effect::Edit(Arc::new(edit), None)];
        };
        let during = format!("edit {}", files::shown(&content.path));
        self.notice = Some(Notice::bad(&Problem::new(during, why, ""), self.now));
        Vec::new()
    }

    /// The editor has ended.
    pub(in crate::app) fn edited(&mut self, edit: Arc<Edit>, end: EditEnd) -> Vec<Effect> {
        let name = files::shown(&edit.path);
        self.notice = Some(match end {
            EditEnd::Unchanged => Notice::good(format!("no changes in {name}"), self.now),
            EditEnd::AtOnce => {
                let why = "the editor returned at once without changes";
                let mend = "if it opens its own window, make it wait: code --wait, gvim -f";
                Notice::bad(&Problem::new(format!("edit {name}"), why, mend), self.now)
            }
            EditEnd::Failed(problem) => Notice::bad(&problem, self.now),
            EditEnd::Changed(file) => {
                let instead_of = edit.bytes.clone();
                return self.write_back(Draft { edit, file }, instead_of);
            }
            EditEnd::Kept(file, problem) => return vec![self.keep(Draft { edit, file }, problem)],
        });
        Vec::new()
    }

    /// Writes a draft in the place of a file, if that is still as it was.
    fn write_back(&mut self, draft: Draft, instead_of: Vec<u8>) -> Vec<Effect> {
        let (id, to) = (draft.edit.id.clone(), draft.edit.path.clone());
        let from = draft.file.clone();
        let copy = CopyIn { id, from, to, follow: false, overwrite: true, instead_of: Some(instead_of.into()) };
        self.begin_in(copy, Some(draft))
    }

    /// A draft was not written back: it can be found again.
    pub(super) fn keep(&mut self, draft: Draft, why: Problem) -> Effect {
        // What may be there in part is said too.
        let rest = if why.hint.is_empty() { String::new() } else { format!("; {}", why.hint) };
        let mend = format!("your edit is kept: {}{rest}", shown(&draft.file));
        self.notice = Some(Notice::bad(&Problem::new(&why.operation, &why.cause, mend), self.now));
        self.unsaved_edits.list.retain(|kept| kept.draft.file != draft.file);
        let effect = Effect::Kept(draft.file.clone(), why.clone());
        self.unsaved_edits.list.push(UnsavedEdit { draft, why });
        self.unsaved_edits.untold = true;
        effect
    }

    /// A draft was written back.
    pub(super) fn forget_draft(&mut self, draft: &Draft) -> Effect {
        self.unsaved_edits.list.retain(|kept| kept.draft.file != draft.file);
        Effect::Forget(draft.file.clone())
    }

    /// Shows where edits are kept, once nobody is typing.
    pub(in crate::app) fn show_kept_unless_busy(&mut self) {
        if self.unsaved_edits.untold && self.overlays.is_empty() && self.focus != Pane::Shell {
            self.show_kept();
        }
    }

    /// Shows which edits were not written back, why, and where they are.
    pub(in crate::app) fn show_kept(&mut self) {
        self.unsaved_edits.untold = false;
        if self.unsaved_edits.list.is_empty() {
            self.notice = Some(Notice::good("all edits were written back", self.now));
            return;
        }
        let title = "Edits that were not written back".to_string();
        let mut lines: Vec<String> = self.unsaved_edits.list.iter().rev().flat_map(UnsavedEdit::lines).collect();
        let key = self.options.keymap.shown(Command::EditFile).unwrap_or_default();
        lines.push(format!("{key} on the file opens the edit again, or writes it back anyway."));
        self.overlays.push(Overlay::Text(Text::lines(title, lines, Breaks::AtSpaces)));
    }

    /// What is to be done with an edit of this file that was not written back?
    fn ask_about(&mut self, path: &[u8], file: PathBuf) -> Vec<Effect> {
        let items = vec![
            MenuItem::new("open it again", shown(&file), Action::EditAgain(file.clone())),
            MenuItem::new("write it back", "replaces the current content of the file", Action::WriteBack(file.clone())),
            MenuItem::new(
                "start over",
                "edit the current content; the kept edit stays where it is",
                Action::EditAnew(file),
            ),
        ];
        let name = files::shown(files::split(path).1);
        self.overlays.push(Overlay::Menu(Menu::new(&format!("An edit of {name} was not written back"), items, None)));
        Vec::new()
    }

    /// The draft of an edit that was not written back, and which of them it is.
    fn kept_draft(&mut self, file: &Path) -> Option<(usize, Draft)> {
        let at = self.unsaved_edits.list.iter().position(|kept| kept.draft.file == file)?;
        let id = self.files.as_ref().map(|view| view.id.clone())?;
        // A volume may have another helper by now.
        let draft = &mut self.unsaved_edits.list[at].draft;
        draft.edit = Arc::new(Edit { id, ..(*draft.edit).clone() });
        Some((at, draft.clone()))
    }

    /// Opens it again.
    pub(in crate::app) fn edit_again(&mut self, file: &Path) -> Vec<Effect> {
        let Some((at, Draft { edit, file })) = self.kept_draft(file) else { return Vec::new() };
        self.unsaved_edits.list.remove(at);
        vec![Effect::Edit(edit, Some(file))]
    }

    /// Writes it back all the same, once what is there now is known.
    pub(in crate::app) fn replace_kept(&mut self, file: &Path) -> Vec<Effect> {
        let Some((_, Draft { edit, file })) = self.kept_draft(file) else { return Vec::new() };
        self.ask_files(Some(Purpose::Replace(file)), edit.path.clone())
    }

    /// Edits what is there now instead.
    pub(in crate::app) fn edit_instead(&mut self, file: &Path) -> Vec<Effect> {
        let Some((_, draft)) = self.kept_draft(file) else { return Vec::new() };
        self.edit_anew(draft.edit.path.clone())
    }

    /// What is there is known anew: the draft takes its place, unless it changes once more.
    pub(super) fn replace_by(&mut self, draft: &Path, content: &FileContent) -> Vec<Effect> {
        let kept = self.unsaved_edits.list.iter().find(|kept| kept.draft.file == draft);
        match kept.map(|kept| kept.draft.clone()) {
            Some(draft) => self.write_back(draft, content.bytes.clone()),
            None => Vec::new(),
        }
    }
}

impl FilesView {
    /// The container or the volume whose files they are.
    fn owner(&self) -> &Id {
        self.volume.as_ref().map_or(&self.id, |volume| &volume.id)
    }

    /// What the file is read for that is on its way, if it is to be edited.
    fn reads_for_edit(&mut self, path: &[u8]) -> Option<&mut Purpose> {
        let reading = self.reading.as_mut().filter(|reading| reading.path == path)?;
        reading.reads.as_mut().filter(|purpose| matches!(purpose, Purpose::Edit { .. }))
    }
}

impl UnsavedEdit {
    /// What is shown of it, the path whole: it is all that leads to the file.
    fn lines(&self) -> Vec<String> {
        let of = format!("{} of {}", files::shown(&self.draft.edit.path), self.draft.edit.name);
        let why = [self.why.cause.as_str(), self.why.hint.as_str()];
        let why = why.into_iter().filter(|part| !part.is_empty()).map(|part| format!("  {part}"));
        let kept = ["  kept here:".to_string(), format!("  {}", shown(&self.draft.file)), String::new()];
        std::iter::once(of).chain(why).chain(kept).collect()
    }
}

fn shown(file: &Path) -> String {
    files::shown(file.as_os_str().as_encoded_bytes())
}
