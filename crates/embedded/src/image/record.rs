//! What is kept of an image, and how one is imagined.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::rng::{Rng, hash, hex64, mix};
use crate::time::Nanos;

/// An image.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    /// `sha256:` and sixty-four digits.
    pub(crate) id: Arc<str>,
    /// `repository:tag`, any number of them.
    pub(crate) tags: BTreeSet<String>,
    /// `repository@sha256:…`: what a registry would call it.
    pub(crate) digests: BTreeSet<String>,
    pub(crate) created: Nanos,
    /// Oldest first.
    pub(crate) layers: Vec<Layer>,
    /// The id of the image it was made from on this engine, or nothing.
    pub(crate) parent: String,
    pub(crate) comment: String,
    pub(crate) author: String,
    /// In the shape of Docker's `Config`.
    pub(crate) config: Value,
}

/// One layer of an image.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    seed: u64,
    pub(crate) size: u64,
    /// The instruction that made it.
    pub(crate) by: String,
    /// When it was made, where that was before the image.
    pub(crate) made: Option<Nanos>,
    /// Its archive, where it is more than made up.
    pub(crate) content: Option<Bytes>,
}

/// The build steps of synthetic images.
const STEPS: &[&str] = &[
    "/bin/sh -c #(nop) ADD file:rootfs in / ",
    "/bin/sh -c apk add --no-cache ca-certificates tzdata",
    "/bin/sh -c #(nop) COPY dir:app in /app ",
    "/bin/sh -c addgroup -S app && adduser -S app -G app",
    "/bin/sh -c #(nop) COPY file:entrypoint.sh in / ",
];

impl Image {
    /// An image that follows from its name alone.
    pub(crate) fn imagined(name: &str, created: Nanos, size: Option<u64>) -> Self {
        let seed = hash(name);
        let repository = name.rsplit_once(':').map_or(name, |(repository, _)| repository);
        let mut image = Image {
            id: format!("sha256:{}", hex64(seed)).into(),
            tags: BTreeSet::from([name.to_string()]),
            digests: BTreeSet::from([format!("{repository}@{}", digest(name))]),
            created,
            layers: layers(seed, size.unwrap_or_else(|| plausible(name))),
            parent: String::new(),
            comment: String::new(),
            author: String::new(),
            config: json!({ "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] }),
        };
        // What only labels a local process was never in a registry, and holds nothing.
        if repository.starts_with("local/") {
            image.digests.clear();
            image.layers.clear();
        }
        image
    }

    pub(crate) fn size(&self) -> u64 {
        self.layers.iter().map(|layer| layer.size).sum()
    }

    /// Without `sha256:`.
    pub(crate) fn hex(&self) -> &str {
        self.id.strip_prefix("sha256:").unwrap_or(&self.id)
    }

    /// Its twelve digits.
    pub(crate) fn short(&self) -> &str {
        self.hex().get(..12).unwrap_or(self.hex())
    }

    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.config.get("Labels")?.get(key)?.as_str()
    }
}

/// The digest that a registry would answer for a name.
pub(super) fn digest(name: &str) -> String {
    format!("sha256:{}", hex64(mix(hash(name), 7)))
}

/// Bytes for an image: near to each other for the tags of one repository, few where the name says so.
fn plausible(name: &str) -> u64 {
    let (repository, tag) = name.rsplit_once(':').unwrap_or((name, ""));
    let whole = 40e6 * Rng::new(hash(repository)).between(0.0, 3.0).exp();
    let part = if ["alpine", "busybox", "slim"].iter().any(|small| name.contains(small)) { 0.2 } else { 1.0 };
    (whole * part * Rng::new(hash(tag)).between(0.95, 1.05)) as u64
}

fn layers(seed: u64, size: u64) -> Vec<Layer> {
    let mut rng = Rng::new(seed);
    let count = 2 + rng.below(STEPS.len() - 1);
    let mut left = size;
    let layer = |index: usize| {
        let last = index + 1 == count;
        let part = if last { left } else { (left as f64 * rng.between(0.4, 0.8)) as u64 };
        left -= part;
        Layer {
            seed: mix(seed, index as u64),
            size: part,
            by: STEPS[index % STEPS.len()].into(),
            made: None,
            content: None,
        }
    };
    (0..count).map(layer).collect()
}

impl Layer {
    pub(crate) fn holding(content: Bytes, size: u64, by: String) -> Self {
        Layer { seed: hash(&sha256(&content)), size, by, made: None, content: Some(content) }
    }

    /// A name that progress is told under.
    pub(crate) fn short(&self) -> String {
        hex64(self.seed).chars().take(12).collect()
    }

    /// Its archive: a small one that follows from its seed, unless it has one of its own.
    pub(crate) fn archive(&self) -> Bytes {
        if let Some(content) = &self.content {
            return content.clone();
        }
        let mut tar = tar::Builder::new(Vec::new());
        let text = format!("A synthetic layer of {} bytes.\n{}\n", self.size, self.by);
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(text.len() as u64);
        let path = format!("var/lib/layers/{}", self.short());
        // Writing to memory does not fail, and the name is short.
        let _ = tar.append_data(&mut header, path, text.as_bytes());
        tar.into_inner().unwrap_or_default().into()
    }

    /// The sum of its archive: what an image's configuration names it by.
    pub(crate) fn diff_id(&self) -> String {
        sha256(&self.archive())
    }
}

/// `sha256:` and the sum in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}
