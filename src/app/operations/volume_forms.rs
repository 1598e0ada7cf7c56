//! The forms that move what is in volumes: out to a file, in from one, into another volume; and what their plans say.

use super::forms::{checks::name, planned};
use super::known::Known;
use crate::app::action::Action;
use crate::app::state::App;
use crate::app::widgets::fields::{Fields, FormField};
use crate::app::widgets::notice::Notice;
use crate::model::{Id, Kind, OperationArgs, OperationKind, SeenVolume, Transfer, text};

fn path(text: &str) -> Result<(), String> {
    match text {
        "" => Err("type a path on this machine".into()),
        text if text.ends_with('/') => Err("this is a folder: type a file name".into()),
        _ => Ok(()),
    }
}

impl App {
    pub(in crate::app) fn open_export_volume(&mut self, id: &Id, shown: &str) {
        if self.options.read_only {
            let why = "read-only: an export needs a helper container, which is refused";
            self.notice = Some(Notice::warn(why, self.now));
            return;
        }
        let Some(seen) = self.volume_meant(id, shown) else { return };
        let proposal = format!("./{shown}.tar");
        let file = FormField::line("file", "a path on this machine; it must not exist yet", path).with(&proposal);
        let fields = Fields::new(format!("Export the volume {shown}"), vec![file.of(Kind::Volume)]).to("start");
        self.open_fields(fields, move |_, fields| {
            let path = fields.field("file").text();
            Some(Action::Move(Transfer::ExportVolume { volume: seen.clone(), path }))
        });
    }

    pub(in crate::app) fn open_import_volume(&mut self, chosen: &str) {
        let fields = vec![
            FormField::line("file", "an uncompressed tar file on this machine", path),
            FormField::line("volume", "an existing volume, or a new name", name)
                .with(chosen)
                .of(Kind::Volume)
                .among(self.known().volumes()),
        ];
        self.open_form("Import a tar file into a volume", fields, |known, fields| known.import_of(fields));
    }

    pub(in crate::app) fn open_copy_volume(&mut self, id: &Id, shown: &str) {
        let Some(seen) = self.volume_meant(id, shown) else { return };
        let others = self.known().volumes().into_iter().filter(|name| name != id.raw()).collect();
        let proposal = if crate::model::is_anonymous_volume(id.raw()) { String::new() } else { format!("{shown}-2") };
        let into = FormField::line("into", "an existing volume, or a new name", name).with(&proposal).among(others);
        let title = format!("Copy the volume {shown}");
        self.open_form(title, vec![into.of(Kind::Volume)], move |known, fields| known.copy_of(fields, &seen));
    }

    /// A volume as it is seen now; that there is none is said.
    fn volume_meant(&mut self, id: &Id, shown: &str) -> Option<SeenVolume> {
        let seen = self.snapshot.seen_volume(id);
        if seen.is_none() {
            self.notice = Some(Notice::warn(format!("no volume named {shown}"), self.now));
        }
        seen
    }

    /// The form that such a transfer comes from.
    pub(in crate::app) fn open_volume_form_of(&mut self, transfer: &Transfer) {
        let shown = |seen: &SeenVolume| text::clean(seen.name()).into_owned();
        match transfer {
            Transfer::ExportVolume { volume, .. } => self.open_export_volume(&volume.volume.id, &shown(volume)),
            Transfer::CopyVolume { from, .. } => self.open_copy_volume(&from.volume.id, &shown(from)),
            Transfer::ImportVolume { volume, .. } => self.open_import_volume(volume),
            Transfer::Pull { .. }
            | Transfer::Push { .. }
            | Transfer::Build(_)
            | Transfer::Save { .. }
            | Transfer::Load { .. }
            | Transfer::Bundle(_)
            | Transfer::Up(_)
            | Transfer::Undo(_)
            | Transfer::Compose(_) => {}
        }
    }
}

impl Known<'_> {
    /// The plan of an import form; none if it cannot be made yet, which the field then says.
    fn import_of(&self, fields: &mut Fields) -> Option<Action> {
        let (path, volume) = (fields.field("file").text(), fields.field("volume").text());
        let (id, seen) = self.target(fields, "volume", &volume)?;
        let transfer = Transfer::ImportVolume { path, volume: volume.clone(), seen };
        Some(planned(OperationKind::ImportVolume, id, &volume, OperationArgs::Transfer(Box::new(transfer))))
    }

    /// The plan of a copy form; none if it cannot be made yet, which the field then says.
    fn copy_of(&self, fields: &mut Fields, from: &SeenVolume) -> Option<Action> {
        let volume = fields.field("into").text();
        if volume == from.name() {
            fields.set_error("into", "this is the volume itself: type another name");
            return None;
        }
        let (id, seen) = self.target(fields, "into", &volume)?;
        let transfer = Transfer::CopyVolume { from: from.clone(), volume: volume.clone(), seen };
        Some(planned(OperationKind::CopyVolume, id, &volume, OperationArgs::Transfer(Box::new(transfer))))
    }

    /// The volume of a name; nobody's identity, and none, if it is to be made.
    fn target(&self, fields: &mut Fields, label: &str, volume: &str) -> Option<(Id, Option<SeenVolume>)> {
        if self.inventory().volumes.is_none() {
            fields.set_error(label, "the list of volumes is not loaded yet: try again in a moment");
            return None;
        }
        let nobody = self.unset_id()?;
        let id = Id::new(nobody.engine(), volume);
        match self.snapshot.seen_volume(&id) {
            Some(seen) => Some((id, Some(seen))),
            None => Some((nobody, None)),
        }
    }
}
