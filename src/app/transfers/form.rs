//! The form that begins a transfer.

use crate::app::prompt::Line;
use crate::model::{Build, PullPolicy, Reference, Transfer};
use crossterm::event::{KeyCode, KeyEvent};

/// What a form begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferKind {
    /// A pull.
    Pull,
    /// A push.
    Push,
    /// A build.
    Build,
    /// Into a file.
    Save,
    /// Out of a file.
    Load,
}

impl TransferKind {
    /// The title of its form.
    pub fn title(self) -> &'static str {
        match self {
            TransferKind::Pull => "Pull an image",
            TransferKind::Push => "Push an image",
            TransferKind::Build => "Build an image",
            TransferKind::Save => "Save images to a file",
            TransferKind::Load => "Load images from a file",
        }
    }

    /// Its fields, from top to bottom.
    pub fn fields(self) -> &'static [TransferField] {
        use TransferField as F;
        match self {
            TransferKind::Pull => &[F::Reference, F::Policy],
            TransferKind::Push => &[F::Reference],
            TransferKind::Build => &[F::Folder, F::Dockerfile, F::Tag, F::Arguments, F::NoCache, F::IfMissing],
            TransferKind::Save => &[F::References, F::Path],
            TransferKind::Load => &[F::Path],
        }
    }

    fn of(transfer: &Transfer) -> TransferKind {
        match transfer {
            Transfer::Pull { .. } => TransferKind::Pull,
            Transfer::Push { .. } => TransferKind::Push,
            Transfer::Build(_) => TransferKind::Build,
            Transfer::Save { .. } => TransferKind::Save,
            Transfer::Load { .. } => TransferKind::Load,
        }
    }
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransferField {
    /// Which image.
    Reference,
    /// Which images.
    References,
    /// When to pull at all.
    Policy,
    /// What is built.
    Folder,
    /// By what.
    Dockerfile,
    /// What it is to be called.
    Tag,
    /// Build arguments.
    Arguments,
    /// Every step anew.
    NoCache,
    /// Only if it is not there.
    IfMissing,
    /// The file.
    Path,
}

impl TransferField {
    /// What is written before it.
    pub fn label(self) -> &'static str {
        match self {
            TransferField::Reference => "image",
            TransferField::References => "images",
            TransferField::Policy => "pull",
            TransferField::Folder => "folder",
            TransferField::Dockerfile => "Dockerfile",
            TransferField::Tag => "tag",
            TransferField::Arguments => "arguments",
            TransferField::NoCache => "no cache",
            TransferField::IfMissing => "if missing",
            TransferField::Path => "file",
        }
    }

    /// A word of help, shown while it is empty.
    pub fn help(self) -> &'static str {
        match self {
            TransferField::Reference => "name:tag, registry:5000/name:tag; ↑ for earlier ones",
            TransferField::References => "name:tag name:tag; ↑ for earlier ones",
            TransferField::Policy => "space changes it",
            TransferField::Folder => "what is sent to the engine, but for its .dockerignore; ↑ for earlier ones",
            TransferField::Dockerfile => "from the folder, or absolute; empty: Dockerfile",
            TransferField::Tag => "what the image is called: name:tag",
            TransferField::Arguments => "NAME=value NAME='two words'",
            TransferField::NoCache => "every step is done anew",
            TransferField::IfMissing => "only if no image has that tag",
            TransferField::Path => "a path of this machine",
        }
    }

    /// True if it holds text.
    pub fn is_text(self) -> bool {
        !matches!(self, TransferField::Policy | TransferField::NoCache | TransferField::IfMissing)
    }
}

/// The form.
#[derive(Debug, Clone)]
pub struct TransferForm {
    /// What it begins.
    pub kind: TransferKind,
    /// The field that hears the keys, counted from the top.
    pub at: usize,
    /// When to pull at all.
    pub policy: PullPolicy,
    /// Every step anew.
    pub no_cache: bool,
    /// Only if it is not there.
    pub if_missing: bool,
    /// What is wrong with what was typed.
    pub wrong: Option<String>,
    lines: Vec<Line>,
    /// What is offered by the arrow key, the best first.
    offers: Vec<Transfer>,
    offered: Option<usize>,
}

impl TransferForm {
    /// An empty form. `past` is what was begun before, the newest last; `images` are names that may be meant.
    pub fn new(kind: TransferKind, past: &[Transfer], images: &[String]) -> TransferForm {
        let known = past.iter().rev().filter(|transfer| TransferKind::of(transfer) == kind).cloned();
        let mut offers: Vec<Transfer> = known.collect();
        for image in images {
            let reference = image.clone();
            let offer = match kind {
                TransferKind::Pull => Transfer::Pull { reference, policy: PullPolicy::Always },
                TransferKind::Push => Transfer::Push { reference },
                TransferKind::Save => Transfer::Save { references: vec![reference], path: String::new() },
                TransferKind::Build | TransferKind::Load => continue,
            };
            if Reference::parse(image).is_ok() && !offers.contains(&offer) {
                offers.push(offer);
            }
        }
        let lines = kind.fields().iter().map(|_| Line::default()).collect();
        TransferForm {
            kind,
            at: 0,
            policy: PullPolicy::Always,
            no_cache: false,
            if_missing: false,
            wrong: None,
            lines,
            offers,
            offered: None,
        }
    }

    /// The field that hears the keys.
    pub fn field(&self) -> TransferField {
        self.kind.fields()[self.at.min(self.kind.fields().len() - 1)]
    }

    /// The line of a field that holds text.
    pub fn line(&self, field: TransferField) -> Option<&Line> {
        let index = self.kind.fields().iter().position(|known| *known == field)?;
        self.lines.get(index).filter(|_| field.is_text())
    }

    /// What a field that holds no text shows.
    pub fn shown(&self, field: TransferField) -> &'static str {
        let on = match field {
            TransferField::Policy => return self.policy.name(),
            TransferField::NoCache => self.no_cache,
            _ => self.if_missing,
        };
        if on { "[x]" } else { "[ ]" }
    }

    fn text(&self, field: TransferField) -> String {
        self.line(field).map(Line::text).unwrap_or_default().trim().to_string()
    }

    fn set(&mut self, field: TransferField, text: &str) {
        if let Some(index) = self.kind.fields().iter().position(|known| *known == field) {
            self.lines[index] = Line::new(text);
        }
    }

    /// Text was pasted.
    pub fn paste(&mut self, text: &str) {
        if self.field().is_text()
            && let Some(line) = self.lines.get_mut(self.at)
        {
            line.paste(text);
        }
    }

    /// To the next field, or the one before.
    pub fn step(&mut self, down: bool) {
        let count = self.kind.fields().len();
        self.at = (self.at + if down { 1 } else { count - 1 }) % count;
    }

    /// A key that neither ends the form nor goes through it.
    pub fn edit(&mut self, event: &KeyEvent) {
        self.wrong = None;
        match (self.field(), event.code) {
            (_, KeyCode::Up) if self.at == 0 => self.offer(true),
            (_, KeyCode::Down) if self.at == 0 && self.offered.is_some() => self.offer(false),
            (_, KeyCode::Down) => self.step(true),
            (_, KeyCode::Up) => self.step(false),
            (TransferField::Policy, KeyCode::Char(' ')) => {
                let at = PullPolicy::ALL.iter().position(|policy| *policy == self.policy).unwrap_or(0);
                self.policy = PullPolicy::ALL[(at + 1) % PullPolicy::ALL.len()];
            }
            (TransferField::NoCache, KeyCode::Char(' ')) => self.no_cache = !self.no_cache,
            (TransferField::IfMissing, KeyCode::Char(' ')) => self.if_missing = !self.if_missing,
            (field, _) if field.is_text() => {
                if let Some(line) = self.lines.get_mut(self.at) {
                    line.edit(event);
                }
            }
            _ => {}
        }
    }

    fn offer(&mut self, back: bool) {
        let next = match (self.offered, back) {
            (None, true) => Some(0),
            (Some(at), true) => Some((at + 1).min(self.offers.len().saturating_sub(1))),
            (Some(at), false) => at.checked_sub(1),
            (None, false) => None,
        };
        self.offered = next.filter(|at| *at < self.offers.len());
        match self.offered.map(|at| self.offers[at].clone()) {
            Some(offer) => self.fill(&offer),
            None if !back => self.lines.iter_mut().for_each(|line| *line = Line::default()),
            None => {}
        }
    }

    fn fill(&mut self, transfer: &Transfer) {
        match transfer {
            Transfer::Pull { reference, policy } => {
                self.policy = *policy;
                self.set(TransferField::Reference, reference);
            }
            Transfer::Push { reference } => self.set(TransferField::Reference, reference),
            Transfer::Save { references, path } => {
                self.set(TransferField::References, &references.join(" "));
                self.set(TransferField::Path, path);
            }
            Transfer::Load { path } => self.set(TransferField::Path, path),
            Transfer::Build(build) => {
                self.set(TransferField::Folder, &build.folder);
                self.set(TransferField::Dockerfile, &build.dockerfile);
                self.set(TransferField::Tag, &build.tag);
                self.set(TransferField::Arguments, &shell_words::join(&build.args));
                (self.no_cache, self.if_missing) = (build.no_cache, build.if_missing);
            }
        }
    }

    /// What is to be begun.
    ///
    /// # Errors
    /// A sentence on what is wrong; the field with the fault has the focus then.
    pub fn finish(&mut self) -> Result<Transfer, String> {
        match self.kind {
            TransferKind::Pull => {
                Ok(Transfer::Pull { reference: self.reference(TransferField::Reference)?, policy: self.policy })
            }
            TransferKind::Push => Ok(Transfer::Push { reference: self.reference(TransferField::Reference)? }),
            TransferKind::Load => Ok(Transfer::Load { path: self.path()? }),
            TransferKind::Save => {
                let text = self.text(TransferField::References);
                let mut references = Vec::new();
                for word in text.split_whitespace() {
                    Reference::parse(word).map_err(|why| self.fault(TransferField::References, why))?;
                    references.push(word.to_string());
                }
                if references.is_empty() {
                    return Err(self.fault(TransferField::References, "name an image".into()));
                }
                Ok(Transfer::Save { references, path: self.path()? })
            }
            TransferKind::Build => self.build(),
        }
    }

    fn build(&mut self) -> Result<Transfer, String> {
        let folder = self.text(TransferField::Folder);
        if folder.is_empty() {
            return Err(self.fault(TransferField::Folder, "name the folder; . is where bowline was started".into()));
        }
        let tag = self.text(TransferField::Tag);
        if !tag.is_empty() {
            self.reference(TransferField::Tag)?;
        } else if self.if_missing {
            return Err(self.fault(TransferField::Tag, "name the tag that may be missing".into()));
        }
        let args = shell_words::split(&self.text(TransferField::Arguments));
        let args = args.map_err(|_| self.fault(TransferField::Arguments, "a quote is not closed".into()))?;
        let nameless = args.iter().find(|word| word.split_once('=').is_none_or(|(name, _)| name.is_empty()));
        if let Some(word) = nameless {
            let why = format!("'{word}' is not NAME=value");
            return Err(self.fault(TransferField::Arguments, why));
        }
        let dockerfile = self.text(TransferField::Dockerfile);
        let (no_cache, if_missing) = (self.no_cache, self.if_missing);
        Ok(Transfer::Build(Build { folder, dockerfile, tag, args, no_cache, if_missing }))
    }

    fn reference(&mut self, field: TransferField) -> Result<String, String> {
        let text = self.text(field);
        Reference::parse(&text).map_err(|why| self.fault(field, why))?;
        Ok(text)
    }

    fn path(&mut self) -> Result<String, String> {
        let path = self.text(TransferField::Path);
        if path.is_empty() { Err(self.fault(TransferField::Path, "name a file".into())) } else { Ok(path) }
    }

    fn fault(&mut self, field: TransferField, why: String) -> String {
        self.at = self.kind.fields().iter().position(|known| *known == field).unwrap_or(0);
        self.wrong = Some(why.clone());
        why
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyModifiers;

    fn key(form: &mut TransferForm, code: KeyCode) {
        form.edit(&KeyEvent::new(code, KeyModifiers::NONE));
    }

    #[test]
    fn a_build_is_read_field_by_field() {
        let mut form = TransferForm::new(TransferKind::Build, &[], &[]);
        assert!(form.finish().unwrap_err().contains("folder"));
        for text in ["src", "docker/X", "shop/api:2", "A=1 B='two words'"] {
            form.paste(text);
            form.step(true);
        }
        key(&mut form, KeyCode::Char(' '));
        let Ok(Transfer::Build(build)) = form.finish() else { panic!("{form:?}") };
        assert_eq!(build.args, ["A=1", "B=two words"]);
        assert_eq!((build.dockerfile.as_str(), build.no_cache, build.if_missing), ("docker/X", true, false));
        form.set(TransferField::Arguments, "A");
        assert_eq!(
            (form.finish().unwrap_err().as_str(), form.field()),
            ("'A' is not NAME=value", TransferField::Arguments)
        );
        form.set(TransferField::Arguments, "");
        (form.if_missing, form.at) = (true, 0);
        form.set(TransferField::Tag, "");
        assert!(form.finish().is_err());
        assert_eq!(form.field(), TransferField::Tag);
    }

    #[test]
    fn earlier_ones_and_known_images_are_offered() {
        let past = [
            Transfer::Pull { reference: "a:1".into(), policy: PullPolicy::IfMissing },
            Transfer::Push { reference: "b:1".into() },
        ];
        let mut form = TransferForm::new(TransferKind::Pull, &past, &["c:1".into(), "sha256:bad d".into()]);
        key(&mut form, KeyCode::Up);
        assert_eq!((form.text(TransferField::Reference), form.policy), ("a:1".into(), PullPolicy::IfMissing));
        key(&mut form, KeyCode::Up);
        key(&mut form, KeyCode::Up);
        assert_eq!((form.text(TransferField::Reference), form.policy), ("c:1".into(), PullPolicy::Always));
        key(&mut form, KeyCode::Down);
        key(&mut form, KeyCode::Down);
        assert_eq!(form.text(TransferField::Reference), "");
        assert!(form.finish().is_err());
    }

    #[test]
    fn several_images_go_into_one_file() {
        let mut form = TransferForm::new(TransferKind::Save, &[], &[]);
        form.paste("a:1  b");
        assert_eq!(form.finish().unwrap_err(), "name a file");
        form.paste("/tmp/x.tar");
        let wanted = Transfer::Save { references: vec!["a:1".into(), "b".into()], path: "/tmp/x.tar".into() };
        assert_eq!(form.finish(), Ok(wanted));
        form.set(TransferField::References, "a B");
        assert!(form.finish().is_err());
    }
}
