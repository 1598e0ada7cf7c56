//! `GET /images/get` and `POST /images/load`: images as an archive, in the form that Docker writes and reads.

use std::collections::HashMap;
use std::io::Read;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::show::config;
use crate::event_log::Kind;
use crate::image::record::{Image, Layer, sha256};
use crate::image::reference::Reference;
use crate::response::{Answer, ApiError, full, streamed, with};
use crate::shared::Shared;
use crate::system::arch;
use crate::time::{now, parse, rfc3339};

/// Bytes of loaded layers that are kept, of all images together.
const KEPT: u64 = 64 << 20;

/// Files in an archive that are looked at.
const FILES: usize = 4096;

/// One image or several in one archive; each by the names it was asked for.
pub(crate) fn save(shared: &Shared, names: &[&str]) -> Answer {
    let mut wanted: Vec<(Image, Vec<String>)> = Vec::new();
    {
        let state = shared.state();
        for name in names {
            let image = state
                .images
                .find(name)
                .map_err(|refusal| ApiError { message: format!("No such image: {name}"), ..refusal })?;
            let tag = Reference::parse(name).map(|reference| reference.name()).ok();
            let tag = tag.filter(|tag| image.tags.contains(tag));
            match wanted.iter_mut().find(|(have, _)| have.id == image.id) {
                Some((_, tags)) => tags.extend(tag),
                None => wanted.push((image.clone(), tag.into_iter().collect())),
            }
        }
    }
    for (image, _) in &wanted {
        shared.state().tell_of(Kind::Image, &image.id, now(), "save", &[("name", image.id.to_string())]);
    }
    let bytes = pack(&wanted).map_err(|error| ApiError::failed(format!("the archive cannot be written: {error}")))?;
    Ok(with(http::StatusCode::OK, Some("application/x-tar"), full(bytes)))
}

fn pack(images: &[(Image, Vec<String>)]) -> std::io::Result<Bytes> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut add = |path: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, path, bytes)
    };
    let mut manifest = Vec::new();
    let mut repositories: Map<String, Value> = Map::new();
    for (image, tags) in images {
        let mut paths = Vec::new();
        for (index, layer) in image.layers.iter().enumerate() {
            // A folder for each layer of each image: two layers may hold the same.
            let folder = sha256(format!("{}/{index}", image.id).as_bytes()).replace("sha256:", "");
            add(&format!("{folder}/VERSION"), b"1.0")?;
            add(&format!("{folder}/json"), json!({ "id": folder }).to_string().as_bytes())?;
            add(&format!("{folder}/layer.tar"), &layer.archive())?;
            paths.push(format!("{folder}/layer.tar"));
            for tag in tags.iter().filter(|_| index + 1 == image.layers.len()) {
                if let Some((repository, tag)) = tag.rsplit_once(':') {
                    repositories.entry(repository).or_insert(json!({}))[tag] = json!(folder);
                }
            }
        }
        let name = format!("{}.json", image.hex());
        add(&name, described(image).to_string().as_bytes())?;
        let tags = if tags.is_empty() { Value::Null } else { json!(tags) };
        manifest.push(json!({ "Config": name, "RepoTags": tags, "Layers": paths }));
    }
    add("manifest.json", json!(manifest).to_string().as_bytes())?;
    add("repositories", json!(repositories).to_string().as_bytes())?;
    tar.into_inner().map(Bytes::from)
}

/// An image's own description, from which it can be made again.
fn described(image: &Image) -> Value {
    let at = rfc3339(Some(image.created));
    let history: Vec<Value> =
        image.layers.iter().map(|layer| json!({ "created": at, "created_by": layer.by, "size": layer.size })).collect();
    json!({
        "architecture": arch(), "os": "linux", "created": at, "author": image.author, "comment": image.comment,
        "config": config(image), "history": history,
        "rootfs": { "type": "layers", "diff_ids": image.layers.iter().map(Layer::diff_id).collect::<Vec<_>>() },
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Described {
    created: String,
    author: String,
    comment: String,
    config: Map<String, Value>,
    history: Vec<Step>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Step {
    created_by: String,
    empty_layer: bool,
    /// The pretended size of a synthetic layer.
    size: Option<u64>,
}

pub(crate) fn load(shared: &Shared, body: &Bytes) -> Answer {
    let files = unpack(body)?;
    let manifest = files.get("manifest.json").ok_or_else(|| wrong("it has no manifest.json"))?;
    let listed: Vec<Listed> = serde_json::from_slice(manifest).map_err(wrong)?;
    let mut images = Vec::new();
    for one in &listed {
        images.push((read(one, &files)?, names(one)?));
    }
    let mut lines = String::new();
    let mut state = shared.state();
    let kept: u64 = state.images.all().chain(images.iter().map(|(image, _)| image)).map(held).sum();
    if kept > KEPT {
        return Err(ApiError::too_large(format!("this engine keeps {KEPT} bytes of loaded images: remove some first")));
    }
    for (image, names) in images {
        let id = image.id.clone();
        state.images.put(image)?;
        state.tell_of(Kind::Image, &id, now(), "load", &[("name", id.to_string())]);
        for name in &names {
            state.name_image(&id, name);
            lines += &format!("{}\r\n", json!({ "stream": format!("Loaded image: {}\n", name.name()) }));
        }
        if names.is_empty() {
            lines += &format!("{}\r\n", json!({ "stream": format!("Loaded image ID: {id}\n") }));
        }
    }
    drop(state);
    let all = futures_util::stream::once(std::future::ready(Bytes::from(lines)));
    Ok(streamed("application/json", all))
}

fn wrong(why: impl std::fmt::Display) -> ApiError {
    ApiError::bad(format!("not an archive of images: {why}"))
}

/// Bytes of a loaded image that are really kept.
fn held(image: &Image) -> u64 {
    image.layers.iter().filter_map(|layer| layer.content.as_ref()).map(|content| content.len() as u64).sum()
}

/// The files of an archive by their path; all of them are parts of the body, which is bounded.
fn unpack(body: &Bytes) -> Result<HashMap<String, Bytes>, ApiError> {
    let mut files = HashMap::new();
    // A sparse file may claim far more than the body holds.
    let mut left = body.len();
    let mut archive = tar::Archive::new(&body[..]);
    for entry in archive.entries().map_err(wrong)? {
        let mut entry = entry.map_err(wrong)?;
        if files.len() >= FILES {
            return Err(wrong("it has too many files"));
        }
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_string();
        let mut bytes = Vec::new();
        (&mut entry).take(left as u64).read_to_end(&mut bytes).map_err(wrong)?;
        left -= bytes.len();
        files.insert(path, Bytes::from(bytes));
    }
    Ok(files)
}

fn names(one: &Listed) -> Result<Vec<Reference>, ApiError> {
    one.repo_tags.iter().flatten().map(|tag| Reference::parse(tag)).collect()
}

/// A configuration without labels that are none: one image that no client can read would spoil the whole list.
fn readable(mut config: Map<String, Value>) -> Map<String, Value> {
    let labels = config.get("Labels").and_then(Value::as_object);
    if !labels.is_some_and(|labels| labels.values().all(Value::is_string)) {
        config.remove("Labels");
    }
    config
}

fn read(one: &Listed, files: &HashMap<String, Bytes>) -> Result<Image, ApiError> {
    let absent = |path: &str| wrong(format!("it has no {path}"));
    let text = files.get(&one.config).ok_or_else(|| absent(&one.config))?;
    let described: Described = serde_json::from_slice(text).map_err(wrong)?;
    let mut steps = described.history.into_iter().filter(|step| !step.empty_layer);
    let mut layers = Vec::new();
    for path in &one.layers {
        let content = files.get(path).ok_or_else(|| absent(path))?.clone();
        let step = steps.next().unwrap_or_default();
        let size = step.size.unwrap_or(content.len() as u64).min(1 << 40);
        layers.push(Layer::holding(content, size, step.created_by));
    }
    // Docker names the file by the sum of what it holds; an image made up here keeps the id it had.
    let hex = one.config.rsplit('/').next().and_then(|name| name.strip_suffix(".json"));
    let hex = hex.filter(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    Ok(Image {
        id: hex.map_or_else(|| sha256(text), |hex| format!("sha256:{hex}")).into(),
        tags: Default::default(),
        digests: Default::default(),
        created: parse(&described.created).unwrap_or_else(now),
        layers,
        parent: String::new(),
        comment: described.comment,
        author: described.author,
        config: Value::Object(readable(described.config)),
    })
}
