//! Every image there is, found by id, by the beginning of one, and by name.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::image::record::Image;
use crate::image::reference::Reference;
use crate::response::ApiError;
use crate::time::{Nanos, SECOND};

/// The largest number of images.
const MOST: usize = 2048;

#[derive(Debug, Default)]
pub(crate) struct Images {
    by_id: BTreeMap<Arc<str>, Image>,
    by_tag: HashMap<String, Arc<str>>,
}

impl Images {
    pub(crate) fn all(&self) -> impl Iterator<Item = &Image> {
        self.by_id.values()
    }

    pub(crate) fn count(&self) -> usize {
        self.by_id.len()
    }

    /// By full id.
    pub(crate) fn get(&self, id: &str) -> Option<&Image> {
        self.by_id.get(id)
    }

    /// Whether a name, as it is or with `latest`, is this image's now.
    pub(crate) fn is_called(&self, name: &str, id: &str) -> bool {
        let known = |name: &str| self.by_tag.get(name).is_some_and(|have| **have == *id);
        known(name) || known(&format!("{name}:latest"))
    }

    /// The image a container is made from. What nobody knows is made up from its name.
    pub(crate) fn of_container(&mut self, name: &str, created: Nanos) -> Arc<str> {
        if let Some(id) = self.by_tag.get(name) {
            return id.clone();
        }
        if let Ok(image) = self.find(name) {
            return image.id.clone();
        }
        // A label that is no image's name, and a shelf that is full, leave a container without one.
        let Ok(reference) = Reference::parse(name) else { return "".into() };
        let size = (!name.contains('/') && !name.contains(':')).then_some(0);
        let image = Image::imagined(&reference.name(), created - 86_400 * SECOND, size);
        let id = image.id.clone();
        if self.put(image).is_ok() { id } else { "".into() }
    }

    /// Puts an image on the shelf; its names are taken from whoever had them.
    pub(crate) fn put(&mut self, mut image: Image) -> Result<(), ApiError> {
        let id = image.id.clone();
        if self.by_id.len() >= MOST && !self.by_id.contains_key(&id) {
            return Err(ApiError::failed(format!("this engine keeps {MOST} images: remove some first")));
        }
        let tags = std::mem::take(&mut image.tags);
        if let Some(before) = self.by_id.remove(&id) {
            image.tags = before.tags;
            image.digests.extend(before.digests);
        }
        self.by_id.insert(id.clone(), image);
        tags.into_iter().for_each(|tag| self.name(&id, tag));
        Ok(())
    }

    /// Gives an image a name, which is taken from whoever had it.
    pub(crate) fn name(&mut self, id: &Arc<str>, tag: String) {
        if self.by_tag.get(&tag).is_some_and(|have| have == id) {
            return;
        }
        self.unname(&tag);
        if let Some(image) = self.by_id.get_mut(id) {
            image.tags.insert(tag.clone());
            self.by_tag.insert(tag, id.clone());
        }
    }

    pub(crate) fn unname(&mut self, tag: &str) {
        let Some(image) = self.by_tag.remove(tag).and_then(|id| self.by_id.get_mut(&id)) else { return };
        image.tags.remove(tag);
        // Nobody asks for a digest of a repository that the image has no name in.
        let repository = tag.rsplit_once(':').map_or(tag, |(repository, _)| repository);
        if !image.tags.iter().any(|tag| tag.rsplit_once(':').is_some_and(|(have, _)| have == repository)) {
            image.digests.retain(|digest| digest.split('@').next() != Some(repository));
        }
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Image> {
        let image = self.by_id.remove(id)?;
        image.tags.iter().for_each(|tag| drop(self.by_tag.remove(tag)));
        Some(image)
    }

    /// The image behind a name, an id, or the beginning of an id, in this order.
    pub(crate) fn find(&self, text: &str) -> Result<&Image, ApiError> {
        let reference = Reference::parse(text);
        let named = reference.as_ref().ok().and_then(|reference| self.by_tag.get(&reference.name()));
        if let Some(image) = named.and_then(|id| self.by_id.get(id)) {
            return Ok(image);
        }
        if text.contains('@') {
            if let Some(image) = self.all().find(|image| image.digests.contains(text)) {
                return Ok(image);
            }
        } else if is_id(text) {
            let start = format!("sha256:{}", text.strip_prefix("sha256:").unwrap_or(text));
            let from: Arc<str> = start.as_str().into();
            let mut matches = self.by_id.range(from..).take_while(|(id, _)| id.starts_with(start.as_str()));
            if let (Some((_, image)), None) = (matches.next(), matches.next()) {
                return Ok(image);
            }
        }
        let name = reference.map_or_else(|_| text.to_string(), |reference| reference.name());
        Err(ApiError::absent(format!("No such image: {name}")))
    }
}

/// Whether a text can be the beginning of an id, with or without `sha256:`.
pub(crate) fn is_id(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    (4..=64).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_belongs_to_one_image() {
        let mut images = Images::default();
        let one = images.of_container("acme/one:1", 0);
        let two = images.of_container("acme/two:1", 0);
        assert_eq!(images.of_container("acme/one:1", 0), one);
        images.name(&two, "acme/one:1".into());
        assert_eq!(images.find("acme/one:1").expect("there").id, two);
        let bare = images.find(&one[7..19]).expect("by the beginning of its id");
        assert!(bare.tags.is_empty() && bare.digests.is_empty(), "{bare:?}");
        assert!(!images.is_called("acme/one:1", &one) && images.is_called("acme/one:1", &two));
        assert_eq!(images.find("nope").expect_err("absent").message, "No such image: nope:latest");
        assert_eq!(images.find("").expect_err("absent").message, "No such image: ");
    }

    #[test]
    fn it_follows_from_its_name_and_its_layers_make_it_up() {
        let (a, b) = (Image::imagined("nginx:1", 0, None), Image::imagined("nginx:1", 0, None));
        assert_eq!((&a.id, a.layers[0].diff_id()), (&b.id, b.layers[0].diff_id()));
        assert_eq!(a.size(), a.layers.iter().map(|layer| layer.size).sum::<u64>());
        assert_eq!(Image::imagined("x:1", 0, Some(1000)).size(), 1000);
    }
}
