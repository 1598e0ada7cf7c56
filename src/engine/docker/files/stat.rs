//! The engine's metadata of one path, and the request for it.

use super::target::FileTarget;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::sessions::context::SessionContext;
use crate::engine::docker::transport::Transport;
use crate::engine::stream::StreamEnd;
use crate::model::{FileKind, files};
use base64::Engine;
use serde::Deserialize;

/// The header that carries it (Docker Engine API, "Get information about files in a container").
const HEADER: &str = "x-docker-container-path-stat";

/// What the engine tells of a path. Of a link: of the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// The kind of file.
    pub kind: FileKind,
    /// Bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// The time of the last change, seconds since 1970.
    pub modified: i64,
    /// The same, rounded: engines write the one or the other into archives.
    pub rounded: i64,
    /// Where a link leads, as an absolute path; none if that is out of the volume that is looked into.
    pub leads_to: Option<Vec<u8>>,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    size: i64,
    #[serde(default)]
    mode: u32,
    #[serde(default)]
    mtime: String,
    #[serde(default, rename = "linkTarget")]
    link_target: String,
}

/// The request for a path: every byte that is more than a letter, a digit or a slash is escaped.
pub fn request(site: &FileTarget, path: &[u8]) -> String {
    plain_request(site.container(), &site.whole(path))
}

/// The request for a path as the engine knows it.
pub fn plain_request(container: &str, path: &[u8]) -> String {
    let mut request = format!("/containers/{container}/archive?path=");
    for byte in path {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => request.push(char::from(*byte)),
            byte => request.push_str(&format!("%{byte:02X}")),
        }
    }
    request
}

/// The path of what a folder holds; a link to a folder is followed.
pub fn content(path: &[u8]) -> Vec<u8> {
    files::join(path, b".")
}

/// Asks for a path; none if nothing is there.
pub async fn stat(transport: &Transport, site: &FileTarget, path: &[u8]) -> Result<Option<Stat>, EngineError> {
    let request = request(site, path);
    let header = match transport.head(&request, HEADER).await {
        Err(EngineError::Status(404, _)) => return Ok(None),
        // An answer to HEAD has no words: they are asked for.
        Err(EngineError::Status(..)) => match transport.stream(&request).await {
            Err(EngineError::Status(_, words)) if words.contains("not a directory") => return Ok(None),
            Err(fault) => return Err(fault),
            Ok(_) => return Err(EngineError::Garbage("it gave contradicting answers".into())),
        },
        header => header?,
    };
    let mut found = read(&header)?;
    found.leads_to = found.leads_to.and_then(|whole| site.own(&whole));
    Ok(Some(found))
}

/// Asks for a path that must be there; a link is followed if that is wanted. Gives the path that is meant in the end.
pub async fn must(
    ground: &SessionContext<'_>,
    site: &FileTarget,
    path: &[u8],
    follow: bool,
) -> Result<(Vec<u8>, Stat), StreamEnd> {
    let fault = |fault: EngineError| ground.fault(&fault);
    let absent = |path: &[u8]| ground.problem(format!("no such file: {}", files::shown(path)), "");
    site.guard(ground, files::split(path).0).await?;
    let found = stat(&ground.transport, site, path).await.map_err(fault)?;
    let found = found.ok_or_else(|| absent(path))?;
    if !follow || !matches!(found.kind, FileKind::Link { .. }) {
        return Ok((path.to_vec(), found));
    }
    let Some(target) = found.leads_to else { return Err(site.leads_out(ground, path)) };
    let led = stat(&ground.transport, site, &target).await.map_err(fault)?;
    match led {
        Some(led) if !matches!(led.kind, FileKind::Link { .. }) => Ok((target, led)),
        Some(_) => Err(ground.problem("its links form a loop", "")),
        None => Err(ground.problem(format!("the link points to {}, which does not exist", files::shown(&target)), "")),
    }
}

fn read(header: &str) -> Result<Stat, EngineError> {
    let garbage = |what: String| EngineError::Garbage(format!("the metadata of a file cannot be read: {what}"));
    let json = base64::engine::general_purpose::STANDARD.decode(header).map_err(|error| garbage(error.to_string()))?;
    let told: Told = serde_json::from_slice(&json).map_err(|error| garbage(error.to_string()))?;
    // Go's own bits for kinds, not the kernel's.
    let has = |bit: u32| told.mode & (1 << bit) != 0;
    let kind = match () {
        () if has(31) => FileKind::Folder,
        () if has(27) => FileKind::Link { target: told.link_target.clone().into_bytes(), to_folder: None },
        () if has(26) => FileKind::Device,
        () if has(25) => FileKind::Pipe,
        () if has(24) => FileKind::Socket,
        () if has(19) => FileKind::Other,
        () => FileKind::File,
    };
    let special = [(23, 0o4000), (22, 0o2000), (20, 0o1000)];
    let special: u32 = special.iter().filter(|(bit, _)| has(*bit)).map(|(_, mode)| mode).sum();
    let modified = told.mtime.parse::<jiff::Timestamp>().unwrap_or_default();
    Ok(Stat {
        kind,
        size: u64::try_from(told.size).unwrap_or(0),
        mode: told.mode & 0o777 | special,
        modified: modified.as_second(),
        rounded: modified.as_second() + i64::from(modified.subsec_millisecond() >= 500),
        leads_to: Some(files::normal(told.link_target.as_bytes())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_path_survives_the_request() {
        assert_eq!(plain_request("ab", b"/a b%?&#\xff+"), "/containers/ab/archive?path=/a%20b%25%3F%26%23%FF%2B");
        assert_eq!(content(b"/"), b"/.");
        assert_eq!(content(b"/a"), b"/a/.");
    }

    #[test]
    fn what_docker_tells_is_understood() {
        let header = |json: &str| base64::engine::general_purpose::STANDARD.encode(json);
        let told = r#"{"name":"x","size":3,"mode":8388909,"mtime":"2026-11-21T18:52:00.5Z","linkTarget":""}"#;
        let stat = read(&header(told)).unwrap();
        assert_eq!((stat.kind, stat.size, stat.mode), (FileKind::File, 3, 0o4455));
        assert_eq!(stat.modified, 1_795_287_120);
        let link = r#"{"mode":134218239,"linkTarget":"/etc/x"}"#;
        let stat = read(&header(link)).unwrap();
        assert_eq!((stat.leads_to.as_deref(), stat.mode), (Some(&b"/etc/x"[..]), 0o777));
        assert!(read("!").is_err() && read(&header("3")).is_err());
    }
}
