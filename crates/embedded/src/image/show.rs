//! `GET /images/json`, `…/{name}/json` and `…/{name}/history`.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::image::record::{Image, Layer};
use crate::query::{Filters, Query};
use crate::response::{Answer, ApiError, json};
use crate::shared::Shared;
use crate::state::EngineState;
use crate::system::arch;
use crate::time::{Nanos, SECOND, now, rfc3339};

pub(crate) fn list(shared: &Shared, query: &Query) -> Answer {
    let filters = query.filters(&["before", "dangling", "label", "reference", "since", "until"])?;
    let state = shared.state();
    let moment = |name: &str, without: Nanos| match filters.get(name).first() {
        Some(text) => state.images.find(text).map(|image| image.created),
        None => Ok(without),
    };
    let (since, before) = (moment("since", Nanos::MIN)?, moment("before", Nanos::MAX)?);
    let until = filters.until(now())?;
    let dangling = filters.yes_or_no("dangling")?;
    let fits = |image: &&Image| {
        image.created > since
            && image.created < before
            && until.is_none_or(|until| image.created < until)
            && dangling.is_none_or(|wanted| wanted == image.tags.is_empty())
            && labels_fit(image, &filters)
    };
    let mut found: Vec<&Image> = state.images.all().filter(fits).collect();
    found.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.tags.cmp(&b.tags)));
    let rows: Vec<Value> = found.into_iter().filter_map(|image| wanted_row(image, &filters)).collect();
    Ok(json(&rows))
}

pub(crate) fn labels_fit(image: &Image, filters: &Filters) -> bool {
    let holds = |wanted: &str| match wanted.split_once('=') {
        Some((key, value)) => image.label(key) == Some(value),
        None => image.label(wanted).is_some(),
    };
    filters.every("label", holds) && !filters.get("label!").iter().any(|wanted| holds(wanted))
}

/// A row with those of its names that the filters ask for; none when they ask for none of them.
fn wanted_row(image: &Image, filters: &Filters) -> Option<Value> {
    let mut row = row(image, -1);
    if !filters.get("reference").is_empty() {
        let fits = |tag: &&String| filters.any("reference", |wanted| called(tag, wanted));
        let tags: Vec<&String> = image.tags.iter().filter(fits).collect();
        if tags.is_empty() {
            return None;
        }
        row["RepoTags"] = json!(tags);
    }
    Some(row)
}

/// Whether a pattern (`nginx`, `nginx:1.*`, `ghcr.io/*/api`) means a name. As in Docker, a star ends at a slash.
fn called(tag: &str, pattern: &str) -> bool {
    let repository = tag.rsplit_once(':').map_or(tag, |(repository, _)| repository);
    glob(pattern.as_bytes(), tag.as_bytes()) || glob(pattern.as_bytes(), repository.as_bytes())
}

/// Time at most the product of both lengths: a star remembered replaces the one before.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == text[t] || (*byte == b'?' && text[t] != b'/') => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) if text[from] != b'/' => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                _ => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// A row of the list; `containers` is how many containers it has, or -1 where that was not counted.
pub(crate) fn row(image: &Image, containers: i64) -> Value {
    let size = image.size();
    let (mut tags, mut digests) = (json!(image.tags), json!(image.digests));
    if image.tags.is_empty() && image.digests.is_empty() {
        (tags, digests) = (json!(["<none>:<none>"]), json!(["<none>@<none>"]));
    }
    json!({
        "Id": &*image.id, "ParentId": image.parent, "RepoTags": tags, "RepoDigests": digests,
        "Created": image.created / SECOND, "Size": size, "VirtualSize": size,
        "SharedSize": if containers < 0 { -1 } else { 0 },
        "Labels": image.config.get("Labels").unwrap_or(&Value::Null), "Containers": containers,
    })
}

/// The number of containers of each image.
pub(crate) fn users(state: &EngineState) -> HashMap<&str, i64> {
    let mut users = HashMap::new();
    for one in state.all() {
        *users.entry(&*one.image_id).or_insert(0) += 1;
    }
    users
}

pub(crate) fn inspect(shared: &Shared, name: &str) -> Answer {
    let state = shared.state();
    let image = state
        .images
        .find(name)
        .map_err(|refusal| ApiError { message: format!("no such image: {name}: {}", refusal.message), ..refusal })?;
    Ok(json(&details(image)))
}

fn details(image: &Image) -> Value {
    let size = image.size();
    let layers: Vec<String> = image.layers.iter().map(Layer::diff_id).collect();
    json!({
        "Id": &*image.id, "RepoTags": image.tags, "RepoDigests": image.digests, "Parent": image.parent,
        "Comment": image.comment, "Author": image.author, "Created": rfc3339(Some(image.created)),
        "Container": "", "ContainerConfig": config(image), "Config": config(image), "DockerVersion": "",
        "Architecture": arch(), "Os": "linux", "Size": size, "VirtualSize": size,
        "RootFS": { "Type": "layers", "Layers": layers },
        "GraphDriver": { "Name": "none", "Data": null },
        "Metadata": { "LastTagTime": rfc3339(Some(image.created)) },
    })
}

/// An image's configuration with all the fields that Docker always gives.
pub(crate) fn config(image: &Image) -> Value {
    let mut all = json!({
        "Hostname": "", "Domainname": "", "User": "", "AttachStdin": false, "AttachStdout": false, "AttachStderr": false,
        "Tty": false, "OpenStdin": false, "StdinOnce": false, "Env": null, "Cmd": null, "Image": "", "Volumes": null,
        "WorkingDir": "", "Entrypoint": null, "OnBuild": null, "Labels": null,
    });
    for (key, value) in image.config.as_object().into_iter().flatten() {
        all[key.as_str()] = value.clone();
    }
    all
}

pub(crate) fn history(shared: &Shared, name: &str) -> Answer {
    let state = shared.state();
    let image = state.images.find(name)?;
    let mut steps: Vec<Value> = image
        .layers
        .iter()
        .map(|layer| {
            let at = layer.made.unwrap_or(image.created) / SECOND;
            json!({ "Id": "<missing>", "Created": at, "CreatedBy": layer.by, "Tags": null, "Size": layer.size,
                "Comment": "" })
        })
        .collect();
    // The newest step is the image itself.
    steps.reverse();
    match steps.first_mut() {
        Some(newest) => {
            newest["Id"] = json!(&*image.id);
            newest["Tags"] = json!(image.tags);
            newest["Comment"] = json!(image.comment);
        }
        None => steps.push(json!({ "Id": &*image.id, "Created": image.created / SECOND, "CreatedBy": "",
            "Tags": image.tags, "Size": 0, "Comment": image.comment })),
    }
    Ok(json(&steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_by_pattern() {
        assert!(called("nginx:1.27", "nginx") && called("nginx:1.27", "nginx:1.*") && called("nginx:1.27", "ng*"));
        assert!(called("ghcr.io/acme/api:1", "ghcr.io/*/api") && called("ghcr.io/acme/api:1", "*/*/*:?"));
        assert!(!called("ghcr.io/acme/api:1", "*") && !called("nginx:1.27", "nginx:2*") && !called("nginx:1", ""));
        let long = "*a".repeat(64);
        assert!(!glob(long.as_bytes(), "a".repeat(63).as_bytes()));
    }
}
