//! Naming images, and taking them away.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use crate::container::{Container, Status};
use crate::event_log::Kind;
use crate::image::record::Image;
use crate::image::reference::Reference;
use crate::query::Query;
use crate::response::{Answer, ApiError, json, status};
use crate::shared::Shared;
use crate::state::EngineState;
use crate::time::now;

pub(crate) fn tag(shared: &Shared, name: &str, query: &Query) -> Answer {
    let mut state = shared.state();
    let id = state.images.find(name)?.id.clone();
    let repository = query.get("repo").ok_or_else(|| ApiError::bad("invalid reference format"))?;
    let wanted = match query.get("tag") {
        Some(tag) => Reference::parse(&format!("{repository}:{tag}"))?,
        None => Reference::parse(repository)?,
    };
    state.name_image(&id, &wanted);
    Ok(status(StatusCode::CREATED))
}

impl EngineState {
    /// Gives an image a name, and tells it.
    pub(crate) fn name_image(&mut self, id: &Arc<str>, wanted: &Reference) {
        self.images.name(id, wanted.name());
        self.tell_of(Kind::Image, id, now(), "tag", &[("name", wanted.name())]);
    }

    fn tell_of_image(&mut self, id: &str, action: &str) {
        self.tell_of(Kind::Image, id, now(), action, &[("name", id.to_string())]);
    }

    fn unname_image(&mut self, id: &str, tag: &str, records: &mut Vec<Value>) {
        self.images.unname(tag);
        records.push(json!({ "Untagged": tag }));
        self.tell_of_image(id, "untag");
    }

    /// Why an image must stay, if it must. What runs cannot be forced away.
    fn holds_image(&self, image: &Image, force: bool) -> Result<(), ApiError> {
        let conflict = |how: &str, why: String| {
            Err(ApiError::conflict(format!("conflict: unable to delete {} ({how}) - {why}", image.short())))
        };
        if self.images.all().any(|other| other.parent == *image.id) {
            return conflict("cannot be forced", "image has dependent child images".into());
        }
        let short = |one: &Container| one.id.chars().take(12).collect::<String>();
        let mut users = self.all().filter(|one| one.image_id == image.id);
        if let Some(one) = users.find(|one| one.status.alive() || one.status == Status::Restarting) {
            return conflict("cannot be forced", format!("image is being used by running container {}", short(one)));
        }
        if force {
            return Ok(());
        }
        if image.tags.len() > 1 {
            return conflict("must be forced", "image is referenced in multiple repositories".into());
        }
        match self.all().find(|one| one.image_id == image.id) {
            Some(one) => conflict("must be forced", format!("image is being used by stopped container {}", short(one))),
            None => Ok(()),
        }
    }

    /// Takes an image and all its names away. Its layers go with it.
    fn discard_image(&mut self, id: &str, records: &mut Vec<Value>) -> u64 {
        let Some(image) = self.images.remove(id) else { return 0 };
        records.extend(image.tags.iter().map(|tag| json!({ "Untagged": tag })));
        records.push(json!({ "Deleted": &*image.id }));
        records.extend(image.layers.iter().rev().map(|layer| json!({ "Deleted": layer.diff_id() })));
        self.tell_of_image(id, "delete");
        image.size()
    }
}

/// As moby's `ImageDelete`: a name goes first; the image goes when it was its last one and nobody needs it.
pub(crate) fn remove(shared: &Shared, name: &str, query: &Query) -> Answer {
    let force = query.flag("force");
    let mut state = shared.state();
    let image = state.images.find(name)?.clone();
    let mut records = Vec::new();
    let tag = Reference::parse(name).map(|reference| reference.name()).ok().filter(|tag| image.tags.contains(tag));
    let by_name = tag.is_some();
    if let Some(tag) = tag {
        let user = state.all().find(|one| one.image_id == image.id);
        if let Some(user) = user.filter(|_| !force && image.tags.len() == 1) {
            return Err(ApiError::conflict(format!(
                "conflict: unable to remove repository reference \"{name}\" (must force) - container {} is using its referenced image {}",
                user.id.chars().take(12).collect::<String>(),
                image.short()
            )));
        }
        state.unname_image(&image.id, &tag, &mut records);
        if image.tags.len() > 1 {
            return Ok(json(&records));
        }
    }
    let image = state.images.find(&image.id)?.clone();
    match state.holds_image(&image, force) {
        // Its name is gone, as was asked; the image itself stays with those who use it.
        Err(_) if by_name => return Ok(json(&records)),
        Err(refusal) => return Err(refusal),
        Ok(()) => {}
    }
    for tag in &image.tags {
        state.unname_image(&image.id, tag, &mut records);
    }
    state.discard_image(&image.id, &mut records);
    Ok(json(&records))
}

/// Those without a name, or with `dangling=false` all that no container uses.
pub(crate) fn prune(shared: &Shared, query: &Query) -> Answer {
    let filters = query.filters(&["dangling", "label", "label!", "until"])?;
    let only_dangling = filters.yes_or_no("dangling")?.unwrap_or(true);
    let until = filters.until(now())?;
    let mut state = shared.state();
    let goes = |image: &&Image| {
        (image.tags.is_empty() || !only_dangling)
            && until.is_none_or(|until| image.created < until)
            && super::show::labels_fit(image, &filters)
            && !state.all().any(|one| one.image_id == image.id)
            && !state.images.all().any(|other| other.parent == *image.id)
    };
    let ids: Vec<Arc<str>> = state.images.all().filter(goes).map(|image| image.id.clone()).collect();
    let mut records = Vec::new();
    let bytes: u64 = ids.iter().map(|id| state.discard_image(id, &mut records)).sum();
    state.tell_of(Kind::Image, "", now(), "prune", &[("reclaimed", bytes.to_string())]);
    let deleted = if records.is_empty() { Value::Null } else { json!(records) };
    Ok(json(&json!({ "ImagesDeleted": deleted, "SpaceReclaimed": bytes })))
}
