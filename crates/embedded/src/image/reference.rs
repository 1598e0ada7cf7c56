//! What an image is called: `nginx`, `ghcr.io/acme/api:4.12.0`.

use crate::response::ApiError;

/// A name with its tag, in the short form that people write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) repository: String,
    pub(crate) tag: String,
}

impl Reference {
    /// Reads `repository[:tag]`; without a tag it is `latest`.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        let wrong = |more: &str| ApiError::bad(format!("invalid reference format{more}"));
        let last = text.rfind('/').map_or(0, |slash| slash + 1);
        let (repository, tag) = match text[last..].split_once(':') {
            Some((name, tag)) => (&text[..last + name.len()], tag),
            None => (text, "latest"),
        };
        let (host, path) = match repository.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), path),
            _ => (None, repository),
        };
        if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(wrong(": repository name must be lowercase"));
        }
        if !path.split('/').all(is_component) || !is_tag(tag) || !host.is_none_or(is_host) {
            return Err(wrong(""));
        }
        let hub = matches!(host, None | Some("docker.io" | "index.docker.io"));
        let repository = match path.strip_prefix("library/") {
            Some(rest) if hub && !rest.contains('/') => rest.to_string(),
            _ if hub => path.to_string(),
            _ => repository.to_string(),
        };
        Ok(Reference { repository, tag: tag.to_string() })
    }

    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.repository, self.tag)
    }

    /// The part before the tag, as a registry knows it: `library/nginx`.
    pub(crate) fn path(&self) -> String {
        if self.repository.contains('/') { self.repository.clone() } else { format!("library/{}", self.repository) }
    }
}

fn is_component(text: &str) -> bool {
    let alone = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|byte| alone(*byte))
        && bytes.last().is_some_and(|byte| alone(*byte))
        && bytes.iter().all(|byte| alone(*byte) || matches!(byte, b'.' | b'_' | b'-'))
}

fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-'))
}

fn is_host(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_their_short_form() {
        for (text, name) in [
            ("nginx", "nginx:latest"),
            ("docker.io/library/nginx:1", "nginx:1"),
            ("docker.io/acme/x", "acme/x:latest"),
            ("localhost:5000/a/b:c", "localhost:5000/a/b:c"),
            ("ghcr.io/acme/api:4.12.0", "ghcr.io/acme/api:4.12.0"),
        ] {
            assert_eq!(Reference::parse(text).expect(text).name(), name);
        }
        for bad in ["", ":", "a:", "/a", "a//b", "-a", "a b", "a:b:c", "é", "a:-x", "a/"] {
            assert!(Reference::parse(bad).is_err(), "{bad}");
        }
        let upper = Reference::parse("Nginx").expect_err("upper case");
        assert_eq!(upper.message, "invalid reference format: repository name must be lowercase");
    }
}
