//! Names in paths and queries of requests: nothing that came from an engine or a user becomes more than one segment.

use crate::engine::docker::error::EngineError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What needs no encoding (RFC 3986 §2.3).
const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as one segment of a path, or as one value of a query.
pub fn segment(text: &str) -> String {
    let encoded = utf8_percent_encode(text, &KEPT).to_string();
    // Whoever reads them may take these for directions.
    match encoded.as_str() {
        "." => "%2E".into(),
        ".." => "%2E%2E".into(),
        _ => encoded,
    }
}

/// The name of an image in a path: its slashes part nothing for the engine, which takes all that lies between.
pub fn image(name: &str) -> String {
    name.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// A name as one segment of a path that bollard builds: it pastes names in as they are, and joins paths as browsers do, so that
/// `..` and `%2E%2E` alike would lead elsewhere. No engine gives such names.
///
/// # Errors
/// For those.
pub fn name(text: &str) -> Result<String, EngineError> {
    match text {
        "" | "." | ".." => Err(EngineError::Status(400, format!("{text:?} is not a valid name"))),
        text => Ok(segment(text)),
    }
}

/// The same of an image's name, with its slashes.
///
/// # Errors
/// For a part that would lead elsewhere.
pub fn image_name(text: &str) -> Result<String, EngineError> {
    text.split('/').map(name).collect::<Result<Vec<_>, _>>().map(|parts| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_becomes_more_than_one_segment() {
        assert_eq!(segment("my data/../x?y#z"), "my%20data%2F..%2Fx%3Fy%23z");
        assert_eq!((segment("..").as_str(), segment("a-b_c.d").as_str()), ("%2E%2E", "a-b_c.d"));
        assert_eq!(image("reg:5000/a/../b:1"), "reg%3A5000/a/%2E%2E/b%3A1");
    }
    #[test]
    fn a_name_leads_nowhere_else_in_a_path_that_is_joined() {
        assert_eq!(name("a/../b").as_deref(), Ok("a%2F..%2Fb"));
        assert_eq!(image_name("reg:5000/a/b:1").as_deref(), Ok("reg%3A5000/a/b%3A1"));
        for odd in ["..", "a/../b", "a/./b", "a//b", ""] {
            assert!(image_name(odd).is_err(), "{odd}");
        }
    }
}
