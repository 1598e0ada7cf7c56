//! Naming and removing images.

use super::{LONG, split_reference};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::identity;
use crate::engine::docker::transport::{Transport, within};
use crate::engine::path::image_name;
use crate::model::{Id, ImageName, OperationArgs};
use bollard::models::ImageDeleteResponseItem;
use bollard::query_parameters::{RemoveImageOptions, TagImageOptions};

pub async fn remove(transport: &Transport, id: &Id, with: &OperationArgs, force: bool) -> Result<String, EngineError> {
    let untag = if let OperationArgs::Untag(untag) = with { Some(untag) } else { None };
    let name = image_name(&identity::image_to_remove(transport, id, untag).await?)?;
    let options = RemoveImageOptions { force, ..RemoveImageOptions::default() };
    let gone = within(LONG, transport.docker().remove_image(&name, Some(options), None)).await?;
    Ok(removed(&gone))
}

/// `2 layers`, of what a removal of an image says went.
fn removed(gone: &[ImageDeleteResponseItem]) -> String {
    match gone.iter().filter(|entry| entry.deleted.is_some()).count() {
        0 => "tag only: the image has others".into(),
        1 => "1 layer".into(),
        layers => format!("{layers} layers"),
    }
}

pub async fn tag(transport: &Transport, id: &str, wanted: &ImageName) -> Result<String, EngineError> {
    identity::image_name(transport, wanted).await?;
    let (name, tag) = split_reference(&wanted.name);
    let options = TagImageOptions { repo: Some(name.into()), tag: Some(tag.into()) };
    transport.call(transport.docker().tag_image(&image_name(id)?, Some(options))).await?;
    Ok(format!("{name}:{tag}"))
}
