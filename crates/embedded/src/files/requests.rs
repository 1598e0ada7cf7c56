//! `/containers/{id}/archive`, `…/changes` and `…/export`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Method, StatusCode};
use serde_json::json;

use super::kept::{KEPT, clean, volumes};
use super::tree::Lost;
use super::{extract, pack};
use crate::files::tree::{Node, Tree, What};
use crate::shared::Shared;

use crate::request::ApiRequest;
use crate::response::{Answer, ApiError, full, json, status, with};
use crate::time::{SECOND, now, rfc3339};

const STAT: HeaderName = HeaderName::from_static("x-docker-container-path-stat");

fn wanted(ask: &ApiRequest) -> Result<&str, ApiError> {
    // The words are Docker's own.
    ask.query.get("path").ok_or_else(|| ApiError::bad("bad parameter: pathcannot be empty"))
}

/// The error for a path that cannot be resolved, in Docker's words.
fn lost(lost: Lost, path: &str, reference: &str) -> ApiError {
    match lost {
        Lost::Absent => ApiError::absent(format!("Could not find the file {path} in container {reference}")),
        Lost::NotAFolder => ApiError::failed(format!("lstat {path}: not a directory")),
        Lost::TooManyLinks => ApiError::failed(format!("{path}: too many levels of symbolic links")),
    }
}

/// The last part of a path, as Go's `filepath.Base` finds it: `.` stays.
fn base(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().filter(|base| !base.is_empty()).unwrap_or("/")
}

/// Go's numbers for kinds of files.
fn mode(node: &Node) -> u32 {
    let kind = match node.what {
        What::Folder => 1 << 31,
        What::Link(_) => 1 << 27,
        What::File(_) => 0,
    };
    let bits = [(0o4000, 1 << 23), (0o2000, 1 << 22), (0o1000, 1 << 20)];
    bits.into_iter().filter(|(bit, _)| node.mode & bit != 0).fold(kind | (node.mode & 0o777), |all, (_, go)| all | go)
}

/// The metadata of a path for the header.
fn stat(tree: &Tree, path: &str, real: &str, node: &Node) -> HeaderValue {
    // A link's target is told as it is inside the container; one that leads nowhere, as it is written.
    let target = match &node.what {
        What::Link(target) => tree.resolve(real, true).unwrap_or_else(|_| target.clone()),
        What::Folder | What::File(_) => String::new(),
    };
    let at = rfc3339(Some(node.modified.saturating_mul(SECOND))).replace(".000000000", "");
    let stat =
        json!({ "name": base(path), "size": node.size(), "mode": mode(node), "mtime": at, "linkTarget": target });
    // Base64 is always a header's value.
    HeaderValue::from_str(&STANDARD.encode(stat.to_string())).unwrap_or(HeaderValue::from_static(""))
}

/// `HEAD` and `GET`: what is at a path, and its archive.
pub(crate) fn get(shared: &Shared, reference: &str, ask: &ApiRequest) -> Answer {
    let path = wanted(ask)?;
    let tree = {
        let state = shared.state();
        state.tree(state.find(reference)?)
    };
    let real = tree.resolve(path, false).map_err(|why| lost(why, path, reference))?;
    let node = tree.get(&real).ok_or_else(|| lost(Lost::Absent, path, reference))?;
    let header = stat(&tree, path, &real, node);
    let mut response = if ask.method == Method::HEAD {
        status(StatusCode::OK)
    } else {
        let bytes = pack::pack(below(&tree, &real, base(path))).map_err(unpacked)?;
        with(StatusCode::OK, Some("application/x-tar"), full(bytes))
    };
    response.headers_mut().insert(STAT, header);
    Ok(response)
}

fn unpacked(error: std::io::Error) -> ApiError {
    ApiError::failed(format!("the archive cannot be written: {error}"))
}

/// Everything at a path, named as if the path's last part were `base`.
fn below<'a>(tree: &'a Tree, real: &'a str, base: &'a str) -> impl Iterator<Item = (String, &'a Node)> {
    let base = base.trim_end_matches('/');
    let cut = real.trim_end_matches('/').len();
    tree.below(real).map(move |(path, node)| (format!("{base}{}", &path[cut..]), node))
}

pub(crate) fn put(shared: &Shared, reference: &str, ask: &ApiRequest) -> Answer {
    let path = wanted(ask)?;
    let mut state = shared.state();
    let one = state.find(reference)?;
    let read_only = one.spec.host_config.get("ReadonlyRootfs").and_then(serde_json::Value::as_bool) == Some(true);
    let (id, mounts, mut tree) = (one.id.clone(), volumes(one), state.tree(one));
    let sealed: Vec<String> =
        one.spec.mounts.iter().filter(|mount| !mount.writable).map(|mount| clean(&mount.target)).collect();
    let folder = tree.resolve(path, true).map_err(|why| lost(why, path, reference))?;
    if tree.get(&folder).is_none_or(|node| node.what != What::Folder) {
        return Err(ApiError::failed("extraction point is not a directory"));
    }
    let lies_in = |at: &str| folder.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if sealed.iter().any(|at| lies_in(at)) {
        return Err(ApiError::forbidden("mounted volume is marked read-only"));
    }
    if read_only && !mounts.iter().any(|(at, _)| lies_in(at)) {
        return Err(ApiError::forbidden("container rootfs is marked read-only"));
    }
    // What was put before a refusal stays, as on a disk, unless it would be too much.
    let outcome = extract::extract(&mut tree, &folder, &ask.body, ask.query.flag("noOverwriteDirNonDir"));
    if !state.keep(&id, mounts, tree) {
        let message = format!("no space left on device: the files of all containers can hold {KEPT} bytes here");
        return Err(ApiError::too_large(message));
    }
    state.tell(&id, now(), "extract-to-dir", &[("path", path.to_string())]);
    outcome.map(|()| status(StatusCode::OK))
}

pub(crate) fn changes(shared: &Shared, reference: &str) -> Answer {
    let state = shared.state();
    Ok(json(&state.change_list(state.find(reference)?)))
}

pub(crate) fn export(shared: &Shared, reference: &str) -> Answer {
    let tree = {
        let state = shared.state();
        state.tree(state.find(reference)?)
    };
    let all = tree.nodes().filter(|(path, _)| *path != "/").map(|(path, node)| (path[1..].to_string(), node));
    let bytes: Bytes = pack::pack(all).map_err(unpacked)?;
    Ok(with(StatusCode::OK, Some("application/octet-stream"), full(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_modes_as_go_has_them() {
        assert_eq!((base("/etc/hosts"), base("/etc/"), base("/etc/."), base("/")), ("hosts", "etc", ".", "/"));
        let node = |what, mode| Node { what, mode, user: 0, group: 0, modified: 0 };
        assert_eq!(mode(&node(What::Folder, 0o755)), 2_147_484_141);
        assert_eq!(mode(&node(What::Link("x".into()), 0o777)), 134_218_239);
        assert_eq!(mode(&node(What::Folder, 0o1777)), (1 << 31) | (1 << 20) | 0o777);
    }
}
