//! What a form may read: what is known of the engine that is meant.

use crate::model::{Container, EngineId, Id, ImageRef, Inventory, Snapshot, Transfer};
use std::sync::Arc;

/// All that a form may read beside its fields.
pub struct Known<'a> {
    /// What is known of the engines.
    pub snapshot: &'a Snapshot,
    /// The engine that is meant where nothing says which.
    pub engine: Option<EngineId>,
}

impl Known<'_> {
    /// What the engine keeps beside containers.
    pub fn inventory(&self) -> &Inventory {
        self.snapshot.inventory(self.engine.unwrap_or_default())
    }

    /// The containers of the engine.
    fn containers(&self) -> impl Iterator<Item = &Arc<Container>> {
        self.snapshot.containers.values().filter(|one| Some(one.id.engine()) == self.engine)
    }

    /// The images there are, by their names.
    pub fn images(&self) -> Vec<String> {
        let images = self.inventory().images.iter().flat_map(|images| images.iter());
        let mut names: Vec<String> = images.flat_map(|image| image.tags.iter().map(ToString::to_string)).collect();
        names.extend(self.containers().map(|container| container.image.to_string()));
        names.sort();
        names.dedup();
        names
    }

    /// The networks there are.
    pub fn networks(&self) -> Vec<String> {
        let networks = self.inventory().networks.iter().flat_map(|networks| networks.iter());
        let mut names: Vec<String> = networks.map(|network| network.name.to_string()).collect();
        names.extend(self.containers().flat_map(|one| one.networks.iter().map(ToString::to_string)));
        names.sort();
        names.dedup();
        names
    }

    /// The volumes there are.
    pub fn volumes(&self) -> Vec<String> {
        let volumes = self.inventory().volumes.iter().flat_map(|volumes| volumes.iter());
        volumes.map(|volume| volume.id.raw().to_string()).collect()
    }

    /// The id of the image that a name leads to, as far as images are known.
    pub fn image_named(&self, name: &str) -> Option<String> {
        let full = |name: &str| ImageRef::parse(name).map(|reference| (reference.registry.clone(), reference.full()));
        let wanted = full(name);
        let is_it = |tag: &Arc<str>| wanted.is_ok() && full(tag) == wanted;
        let image = self.inventory().images.as_ref()?.iter().find(|image| image.tags.iter().any(is_it))?;
        Some(image.id.raw().to_string())
    }

    /// A push with the image that is meant: also what is tried again later pushes that one or none.
    pub fn identified(&self, transfer: Transfer) -> Transfer {
        match transfer {
            Transfer::Push { reference, .. } => {
                let image = self.image_named(&reference);
                Transfer::Push { reference, image }
            }
            other => other,
        }
    }

    /// The identity of what is not there yet, on the engine that is meant.
    pub fn unset_id(&self) -> Option<Id> {
        self.engine.map(|engine| Id::new(engine, ""))
    }
}
