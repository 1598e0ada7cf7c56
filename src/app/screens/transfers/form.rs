//! The form that begins a transfer.

use super::bundle;
use crate::app::command::Command;
use crate::app::operations::forms::checks::{reference, variables};
use crate::app::widgets::fields::{Earlier, Fields, FormField};
use crate::model::{Build, ImageRef, Kind, PullPolicy, Transfer};

/// The kind of transfer that a form starts.
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
    /// All kinds that have a form.
    pub const ALL: [TransferKind; 5] =
        [TransferKind::Pull, TransferKind::Push, TransferKind::Build, TransferKind::Save, TransferKind::Load];

    /// The command that opens its form.
    pub fn command(self) -> Command {
        match self {
            TransferKind::Pull => Command::Pull,
            TransferKind::Push => Command::Push,
            TransferKind::Build => Command::Build,
            TransferKind::Save => Command::SaveImages,
            TransferKind::Load => Command::LoadImages,
        }
    }

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

    /// The fields of its form, from top to bottom.
    fn fields(self) -> Vec<FormField> {
        let path = || FormField::line("file", "a path on this machine", path);
        let image = || {
            FormField::line("image", "name:tag, registry:5000/name:tag; ↑ for history, → completes", reference)
                .proposing(Kind::Image, Vec::new())
        };
        match self {
            TransferKind::Pull => {
                let policies = PullPolicy::ALL.map(PullPolicy::name);
                vec![image(), FormField::choice("pull", "when to ask the registry; space changes it", &policies)]
            }
            TransferKind::Push => vec![image()],
            TransferKind::Build => vec![
                FormField::line("folder", "the build context, minus .dockerignore; ↑ for history", folder),
                FormField::line("Dockerfile", "relative to the folder, or absolute; empty: Dockerfile", |_| Ok(())),
                FormField::line("tag", "name:tag of the image", tag),
                FormField::line("arguments", "NAME=value NAME='two words'", variables),
                FormField::switch("no cache", ["uses cached steps", "runs every step again"], false),
                FormField::switch(
                    "if missing",
                    ["builds even if the tag exists", "builds only if the tag does not exist"],
                    false,
                ),
            ],
            TransferKind::Save => {
                vec![FormField::line("images", "name:tag name:tag; ↑ for history", references), path()]
            }
            TransferKind::Load => vec![path()],
        }
    }

    /// Its form, empty. `past` is what was begun before, the newest last; `images` are names that may be meant.
    pub fn form(self, past: &[Transfer], images: &[String]) -> Fields {
        let known = past.iter().rev().filter(|transfer| TransferKind::of(transfer) == Some(self));
        let mut earlier: Vec<Earlier> = known.map(values).collect();
        for image in images.iter().filter(|image| ImageRef::parse(image).is_ok()) {
            let reference = image.clone();
            let offer = match self {
                TransferKind::Pull => Transfer::Pull { reference, policy: PullPolicy::Always },
                TransferKind::Push => Transfer::Push { reference, image: None },
                TransferKind::Save => Transfer::Save { references: vec![reference], path: String::new() },
                TransferKind::Build | TransferKind::Load => continue,
            };
            let offer = values(&offer);
            if !earlier.contains(&offer) {
                earlier.push(offer);
            }
        }
        Fields::new(self.title(), self.fields()).to("start").recalling(earlier)
    }

    /// What is to be begun; each field was checked. None if two of them contradict each other, which one then says.
    pub fn transfer(self, fields: &mut Fields) -> Option<Transfer> {
        let text = |label: &str| fields.field(label).text();
        Some(match self {
            TransferKind::Pull => {
                let named = |policy: &PullPolicy| policy.name() == text("pull");
                let policy = PullPolicy::ALL.into_iter().find(named).unwrap_or_default();
                Transfer::Pull { reference: text("image"), policy }
            }
            TransferKind::Push => Transfer::Push { reference: text("image"), image: None },
            TransferKind::Load => Transfer::Load { path: text("file") },
            TransferKind::Save => {
                let references = text("images").split_whitespace().map(str::to_string).collect();
                Transfer::Save { references, path: text("file") }
            }
            TransferKind::Build => {
                let build = Build {
                    folder: text("folder"),
                    dockerfile: text("Dockerfile"),
                    tag: text("tag"),
                    args: shell_words::split(&text("arguments")).unwrap_or_default(),
                    no_cache: fields.field("no cache").is_on(),
                    if_missing: fields.field("if missing").is_on(),
                    ..Build::default()
                };
                if build.if_missing && build.tag.is_empty() {
                    fields.set_error("tag", "type the tag to look for");
                    return None;
                }
                Transfer::Build(build)
            }
        })
    }

    /// What begins such a transfer; none for what has no form here.
    pub fn of(transfer: &Transfer) -> Option<TransferKind> {
        Some(match transfer {
            Transfer::Pull { .. } => TransferKind::Pull,
            Transfer::Push { .. } => TransferKind::Push,
            Transfer::Build(_) => TransferKind::Build,
            Transfer::Save { .. } => TransferKind::Save,
            Transfer::Load { .. } => TransferKind::Load,
            // A bundle and a blueprint have their own.
            Transfer::Compose(_) | Transfer::Bundle(_) | Transfer::Up(_) | Transfer::Undo(_) => return None,
            // Volumes have forms of their own.
            Transfer::ExportVolume { .. } | Transfer::ImportVolume { .. } | Transfer::CopyVolume { .. } => return None,
        })
    }
}

/// The values of a transfer's form.
pub fn values(transfer: &Transfer) -> Earlier {
    match transfer {
        Transfer::Pull { reference, policy } => {
            vec![("image", reference.clone()), ("pull", policy.name().to_string())]
        }
        Transfer::Push { reference, .. } => vec![("image", reference.clone())],
        Transfer::Save { references, path } => vec![("images", references.join(" ")), ("file", path.clone())],
        Transfer::Load { path } => vec![("file", path.clone())],
        Transfer::Compose(_) | Transfer::Up(_) | Transfer::Undo(_) => Vec::new(),
        Transfer::Build(build) => vec![
            ("folder", build.folder.clone()),
            ("Dockerfile", build.dockerfile.clone()),
            ("tag", build.tag.clone()),
            ("arguments", shell_words::join(&build.args)),
            ("no cache", build.no_cache.to_string()),
            ("if missing", build.if_missing.to_string()),
        ],
        Transfer::ExportVolume { path, .. } => vec![("file", path.clone())],
        Transfer::ImportVolume { path, volume, .. } => vec![("file", path.clone()), ("volume", volume.clone())],
        Transfer::CopyVolume { volume, .. } => vec![("into", volume.clone())],
        Transfer::Bundle(wanted) => bundle::values(wanted),
    }
}

fn path(text: &str) -> Result<(), String> {
    if text.is_empty() { Err("type a file".into()) } else { Ok(()) }
}

fn folder(text: &str) -> Result<(), String> {
    if text.is_empty() { Err("type a folder; . is where bowline was started".into()) } else { Ok(()) }
}

fn tag(text: &str) -> Result<(), String> {
    if text.is_empty() { Ok(()) } else { reference(text) }
}

fn references(text: &str) -> Result<(), String> {
    match text.is_empty() {
        true => Err("type an image".into()),
        false => text.split_whitespace().try_for_each(reference),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::widgets::fields::{Edited, press};
    use crossterm::event::KeyCode;

    fn wrong(form: &Fields) -> (&'static str, Option<&str>) {
        let field = &form.fields[form.focus];
        (field.label, field.wrong.as_deref())
    }

    #[test]
    fn a_build_is_read_field_by_field() {
        let kind = TransferKind::Build;
        let mut form = kind.form(&[], &[]);
        assert_eq!(press(&mut form, KeyCode::Enter), Edited::On);
        assert_eq!(wrong(&form), ("folder", Some("type a folder; . is where bowline was started")));
        for text in ["src", "docker/X", "shop/api:2", "A=1 B='two words'"] {
            form.paste(text);
            press(&mut form, KeyCode::Tab);
        }
        press(&mut form, KeyCode::Char(' '));
        assert_eq!(press(&mut form, KeyCode::Enter), Edited::Done);
        let Some(Transfer::Build(build)) = kind.transfer(&mut form) else { panic!("{form:?}") };
        assert_eq!(build.args, ["A=1", "B=two words"]);
        assert_eq!((build.dockerfile.as_str(), build.no_cache, build.if_missing), ("docker/X", true, false));
        let mut again = kind.form(&[], &[]);
        again.fill(&values(&Transfer::Build(build.clone())));
        assert_eq!(kind.transfer(&mut again), Some(Transfer::Build(build)), "its form can be filled in again");
        form.fill(&[("arguments", "A".into())]);
        assert_eq!(press(&mut form, KeyCode::Enter), Edited::On);
        assert_eq!(wrong(&form), ("arguments", Some("'A' is not NAME=value")));
        form.fill(&[("arguments", String::new()), ("tag", String::new()), ("if missing", "true".into())]);
        assert_eq!(kind.transfer(&mut form), None);
        assert_eq!(wrong(&form), ("tag", Some("type the tag to look for")));
    }

    #[test]
    fn earlier_ones_and_known_images_are_offered() {
        let past = [
            Transfer::Pull { reference: "a:1".into(), policy: PullPolicy::IfMissing },
            Transfer::Push { reference: "b:1".into(), image: None },
        ];
        let mut form = TransferKind::Pull.form(&past, &["c:1".into(), "sha256:bad d".into()]);
        press(&mut form, KeyCode::Up);
        let policy = PullPolicy::IfMissing;
        let first = Transfer::Pull { reference: "a:1".into(), policy };
        assert_eq!(TransferKind::Pull.transfer(&mut form), Some(first));
        press(&mut form, KeyCode::Up);
        press(&mut form, KeyCode::Up);
        let second = Transfer::Pull { reference: "c:1".into(), policy: PullPolicy::Always };
        assert_eq!(TransferKind::Pull.transfer(&mut form), Some(second));
        press(&mut form, KeyCode::Down);
        press(&mut form, KeyCode::Down);
        assert_eq!(form.field("image").text(), "");
        assert_eq!(press(&mut form, KeyCode::Enter), Edited::On);
    }

    #[test]
    fn several_images_go_into_one_file() {
        let mut form = TransferKind::Save.form(&[], &[]);
        form.paste("a:1  b");
        assert_eq!(press(&mut form, KeyCode::Enter), Edited::On);
        assert_eq!(wrong(&form), ("file", Some("type a file")));
        form.paste("/tmp/x.tar");
        assert_eq!(press(&mut form, KeyCode::Enter), Edited::Done);
        let wanted = Transfer::Save { references: vec!["a:1".into(), "b".into()], path: "/tmp/x.tar".into() };
        assert_eq!(TransferKind::Save.transfer(&mut form), Some(wanted));
        form.fill(&[("images", "a B".into())]);
        assert_eq!(press(&mut form, KeyCode::Enter), Edited::On);
    }
}
