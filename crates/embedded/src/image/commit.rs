//! `POST /commit`: an image made from a container as it is now.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Value, json};

use crate::image::record::{Image, Layer};
use crate::image::reference::Reference;
use crate::inspect;
use crate::request::ApiRequest;
use crate::response::{Answer, ApiError, json_with};
use crate::rng::{hash, hex64, mix};
use crate::shared::Shared;
use crate::time::now;

pub(crate) fn commit(shared: &Shared, ask: &ApiRequest) -> Answer {
    let query = &ask.query;
    if query.get("changes").is_some() {
        return Err(ApiError::unable("apply build instructions to a commit"));
    }
    let wanted = match (query.get("repo"), query.get("tag")) {
        (None, _) => None,
        (Some(repository), Some(tag)) => Some(Reference::parse(&format!("{repository}:{tag}"))?),
        (Some(repository), None) => Some(Reference::parse(repository)?),
    };
    let given = match serde_json::from_slice::<Value>(&ask.body) {
        Ok(Value::Object(given)) => given,
        _ => Default::default(),
    };
    let reference = query.get("container").unwrap_or("");
    let mut state = shared.state();
    let one = state.find(reference)?;
    let (container, parent) = (one.id.clone(), one.image_id.to_string());
    let base = state.images.get(&parent);
    let mut layers = base.map(|image| image.layers.clone()).unwrap_or_default();
    for layer in &mut layers {
        layer.made = layer.made.or(base.map(|image| image.created));
    }
    let files = state.changed_files(&container).unwrap_or_default();
    let size = state.changed_bytes(&container);
    let mut config = inspect::config(state.find(&container)?);
    for (key, value) in given.into_iter().filter(|(_, value)| !value.is_null()) {
        config[key.as_str()] = value;
    }
    layers.push(Layer::holding(files, size, state.find(&container)?.spec.argv().join(" ")));
    let present = now();
    let id = format!("sha256:{}", hex64(mix(hash(&container) ^ present as u64, state.ordinal())));
    let image = Image {
        id: id.as_str().into(),
        tags: BTreeSet::new(),
        digests: BTreeSet::new(),
        created: present,
        layers,
        parent,
        comment: query.get("comment").unwrap_or("").to_string(),
        author: query.get("author").unwrap_or("").to_string(),
        config,
    };
    let (shelved, comment) = (image.id.clone(), image.comment.clone());
    state.images.put(image)?;
    let name = wanted.as_ref().map(Reference::name).unwrap_or_default();
    if let Some(wanted) = &wanted {
        state.name_image(&shelved, wanted);
    }
    state.tell(&container, present, "commit", &[("comment", comment), ("imageID", id.clone()), ("imageRef", name)]);
    Ok(json_with(StatusCode::CREATED, &json!({ "Id": id })))
}
