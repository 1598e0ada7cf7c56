//! The incident bundle of a container: its form, its progress, and the writing of its file.

use super::list::TransferView;
use crate::app::action::Action;
use crate::app::msg::Effect;
use crate::app::state::App;
use crate::app::widgets::fields::{Earlier, Fields, FormField};
use crate::app::widgets::notice::Notice;
use crate::model::{BundleParts, BundleRequest, Id, Progress, Snapshot, Stage, Transfer, span};
use crate::services::bundle;
use std::sync::Arc;

impl App {
    /// Asks where the bundle of the container is to go that is meant: whose log has the keys, else that of the cursor.
    pub(in crate::app) fn ask_bundle(&mut self) {
        match self.fleet.selected().map(|one| (one.id.clone(), one.name.to_string())) {
            Some((id, name)) => self.open_bundle_form(id, &name),
            None => self.notice = Some(Notice::warn("no container is selected", self.now)),
        }
    }

    /// The form of the bundle of a container.
    pub(in crate::app) fn open_bundle_form(&mut self, id: Id, name: &str) {
        let proposal = bundle::proposed_path(name, self.now);
        let fields = vec![
            FormField::line("file", "a path on this machine; it must not exist yet", path).with(&proposal),
            FormField::line("since", "15m, 1h30m, 2d; empty: the last lines, however old", since),
        ];
        let shown = name.to_string();
        self.open_fields(Fields::new(format!("Incident bundle of {name}"), fields).to("start"), move |_, fields| {
            let (path, since) = (fields.field("file").text(), span(&fields.field("since").text()).ok());
            Some(Action::Move(Transfer::Bundle(BundleRequest { id: id.clone(), name: shown.clone(), since, path })))
        });
    }
}

fn path(text: &str) -> Result<(), String> {
    match text {
        "" => Err("type a path on this machine".into()),
        text if text.ends_with('/') => Err("this is a folder: type a file name".into()),
        _ => Ok(()),
    }
}

fn since(text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Ok(()) } else { span(text).map(drop) }
}

/// The values of its form.
pub fn values(wanted: &BundleRequest) -> Earlier {
    let since = wanted.since.map(|seconds| format!("{seconds}s")).unwrap_or_default();
    vec![("file", wanted.path.clone()), ("since", since)]
}

/// How much is told, from 0 to 1.
pub fn share(progress: &Progress) -> Option<f64> {
    let over = progress.parts.iter().filter(|part| part.stage.is_over()).count();
    (!progress.parts.is_empty()).then(|| over as f64 / (progress.parts.len() + 1) as f64)
}

/// What is being done, in a few words.
pub fn doing(progress: &Progress) -> String {
    match progress.parts.iter().find(|part| part.stage == Stage::Moving) {
        Some(part) => format!("reading: {}", part.name),
        None => "writing the file".into(),
    }
}

/// All is told: its file is written.
pub fn write(view: &mut TransferView, parts: Arc<BundleParts>, snapshot: &Snapshot) -> Vec<Action> {
    view.writing = true;
    vec![Action::Effect(Effect::WriteBundle(view.stream, parts, Arc::new(snapshot.clone())))]
}
