//! Edits of files by the user's own editor, and those that could not be written back.

use super::folder::{EDIT, FilesView, Purpose, Ready};
use super::pane::Files;
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::component::Cx;
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::app::widgets::text::Text;
use crate::app::widgets::units;
use crate::app::widgets::wrap::Breaks;
use crate::model::{CopyIn, Edit, EditEnd, FileContent, FileKind, Id, Problem, files};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How long a file that came for the editor is new enough to be edited, seconds.
const READY_SECONDS: f64 = 30.0;

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
    pub(in crate::app) untold: bool,
}

impl UnsavedEdits {
    /// A draft was not written back: it can be found again.
    pub(super) fn keep(&mut self, cx: &Cx, draft: Draft, why: Problem) -> Vec<Action> {
        // What may be there in part is said too.
        let rest = if why.hint.is_empty() { String::new() } else { format!("; {}", why.hint) };
        let mend = format!("your edit is kept: {}{rest}", shown(&draft.file));
        let told = cx.bad(&Problem::new(&why.operation, &why.cause, mend));
        let effect = Action::Effect(Effect::Kept(draft.file.clone(), why.clone()));
        self.add(draft, why);
        vec![told, effect]
    }

    /// It is one of these from now on.
    pub(super) fn add(&mut self, draft: Draft, why: Problem) {
        self.list.retain(|kept| kept.draft.file != draft.file);
        self.list.push(UnsavedEdit { draft, why });
        self.untold = true;
    }

    /// A draft was written back.
    pub(super) fn forget(&mut self, draft: &Draft) -> Action {
        self.list.retain(|kept| kept.draft.file != draft.file);
        Action::Effect(Effect::Forget(draft.file.clone()))
    }

    /// Shows which edits were not written back, why, and where they are.
    pub(in crate::app) fn show(&mut self, cx: &Cx) -> Action {
        self.untold = false;
        if self.list.is_empty() {
            return cx.good("all edits were written back");
        }
        let title = "Edits that were not written back".to_string();
        let mut lines: Vec<String> = self.list.iter().rev().flat_map(UnsavedEdit::lines).collect();
        let key = cx.key(Command::EditFile);
        lines.push(format!("{key} on the file opens the edit again, or writes it back anyway."));
        Action::Open(Box::new(Overlay::Text(Text::lines(title, lines, Breaks::AtSpaces))))
    }

    /// The draft of a file of this container or volume, if one is kept.
    fn of(&self, owner: Option<&Id>, path: &[u8]) -> Option<PathBuf> {
        let is_it = |kept: &&UnsavedEdit| Some(&kept.draft.edit.of) == owner && kept.draft.edit.path == path;
        self.list.iter().rfind(is_it).map(|kept| kept.draft.file.clone())
    }
}

impl Files {
    pub(super) fn begin_edit(&mut self, cx: &Cx) -> Vec<Action> {
        let why = match self.meant() {
            _ if cx.options.read_only => "read-only: editing is refused",
            Some((_, path, FileKind::File | FileKind::Link { to_folder: Some(false) | None, .. })) => {
                let kept = self.unsaved.of(self.view.as_ref().map(FilesView::owner), &path);
                return match kept {
                    Some(file) => vec![ask_about(&path, file)],
                    None => self.edit_anew(cx, path).into_iter().collect(),
                };
            }
            Some(_) => "only a file can be edited",
            None => "no file is selected",
        };
        vec![cx.warn(why)]
    }

    /// Edits what is there: what has come already, or what is asked for now.
    fn edit_anew(&mut self, cx: &Cx, path: Vec<u8>) -> Option<Action> {
        let (now, done) = (cx.now, cx.inputs);
        let view = self.view.as_mut()?;
        if let Some(ready) = view.ready.take_if(|ready| ready.path == path || ready.until <= now)
            && ready.until > now
        {
            return self.edit(cx, &ready.content);
        }
        if let Some(purpose) = view.reads_for_edit(&path) {
            *purpose = Purpose::Edit { done };
            return None;
        }
        self.ask(cx, Some(Purpose::Edit { done }), path);
        None
    }

    /// The file has come. The editor opens only if nothing else was done meanwhile.
    pub(super) fn edit_unless_busy(
        &mut self,
        cx: &Cx,
        path: Vec<u8>,
        content: Arc<FileContent>,
        done: u64,
    ) -> Option<Action> {
        if done == cx.inputs && cx.focused && !cx.covered {
            return self.edit(cx, &content);
        }
        let (key, name) = (cx.key(Command::EditFile), files::shown(&path));
        if let Some(view) = &mut self.view {
            view.ready = Some(Ready { path, content, until: cx.now.plus_seconds(READY_SECONDS) });
        }
        Some(cx.warn(format!("{name} is loaded: press {key} again to edit it")))
    }

    fn edit(&mut self, cx: &Cx, content: &FileContent) -> Option<Action> {
        let view = self.view.as_ref()?;
        let why = if content.cut {
            format!("it is larger than {}: copy it out, edit it, copy it in", units::bytes(EDIT as f64))
        } else if content.elsewhere {
            "the engine cannot write there (tmpfs or a kernel file system): use a shell".to_string()
        } else if content.mounted {
            "it is a bind-mounted file, which the engine cannot replace: use a shell".to_string()
        } else {
            let (id, of, name) = (view.id.clone(), view.owner().clone(), self.name_of(cx, &view.id));
            let edit = Edit { id, of, name, path: content.path.clone(), bytes: content.bytes.clone() };
            return Some(Action::Effect(Effect::Edit(Arc::new(edit), None)));
        };
        let during = format!("edit {}", files::shown(&content.path));
        Some(cx.bad(&Problem::new(during, why, "")))
    }

    /// The editor has ended.
    pub(in crate::app) fn edited(&mut self, cx: &Cx, edit: Arc<Edit>, end: EditEnd) -> Vec<Action> {
        let name = files::shown(&edit.path);
        let told = match end {
            EditEnd::Unchanged => cx.good(format!("no changes in {name}")),
            EditEnd::AtOnce => {
                let why = "the editor returned at once without changes";
                let mend = "if it opens its own window, make it wait: code --wait, gvim -f";
                cx.bad(&Problem::new(format!("edit {name}"), why, mend))
            }
            EditEnd::Failed(problem) => cx.bad(&problem),
            EditEnd::Changed(file) => {
                let instead_of = edit.bytes.clone();
                self.write_back(cx, Draft { edit, file }, instead_of);
                return Vec::new();
            }
            EditEnd::Kept(file, problem) => return self.unsaved.keep(cx, Draft { edit, file }, problem),
        };
        vec![told]
    }

    /// Writes a draft in the place of a file, if that is still as it was.
    fn write_back(&mut self, cx: &Cx, draft: Draft, instead_of: Vec<u8>) {
        let (id, to) = (draft.edit.id.clone(), draft.edit.path.clone());
        let from = draft.file.clone();
        let copy = CopyIn { id, from, to, follow: false, overwrite: true, instead_of: Some(instead_of.into()) };
        self.begin_in(cx, copy, Some(draft));
    }

    /// The draft of an edit that was not written back, and which of them it is.
    fn kept_draft(&mut self, file: &Path) -> Option<(usize, Draft)> {
        let at = self.unsaved.list.iter().position(|kept| kept.draft.file == file)?;
        let id = self.view.as_ref().map(|view| view.id.clone())?;
        // A volume may have another helper by now.
        let draft = &mut self.unsaved.list[at].draft;
        draft.edit = Arc::new(Edit { id, ..(*draft.edit).clone() });
        Some((at, draft.clone()))
    }

    /// Opens it again.
    pub(in crate::app) fn edit_again(&mut self, file: &Path) -> Option<Action> {
        let (at, Draft { edit, file }) = self.kept_draft(file)?;
        self.unsaved.list.remove(at);
        Some(Action::Effect(Effect::Edit(edit, Some(file))))
    }

    /// Writes it back all the same, once what is there now is known.
    pub(in crate::app) fn replace_kept(&mut self, cx: &Cx, file: &Path) {
        if let Some((_, Draft { edit, file })) = self.kept_draft(file) {
            self.ask(cx, Some(Purpose::Replace(file)), edit.path.clone());
        }
    }

    /// Edits what is there now instead.
    pub(in crate::app) fn edit_instead(&mut self, cx: &Cx, file: &Path) -> Option<Action> {
        let (_, draft) = self.kept_draft(file)?;
        self.edit_anew(cx, draft.edit.path.clone())
    }

    /// What is there is known anew: the draft takes its place, unless it changes once more.
    pub(super) fn replace_by(&mut self, cx: &Cx, draft: &Path, content: &FileContent) {
        let kept = self.unsaved.list.iter().find(|kept| kept.draft.file == draft);
        if let Some(draft) = kept.map(|kept| kept.draft.clone()) {
            self.write_back(cx, draft, content.bytes.clone());
        }
    }
}

/// What is to be done with an edit of this file that was not written back?
fn ask_about(path: &[u8], file: PathBuf) -> Action {
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
    let menu = Menu::new(&format!("An edit of {name} was not written back"), items, None);
    Action::Open(Box::new(Overlay::Menu(menu)))
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
