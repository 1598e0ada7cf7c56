//! Names of images as people type them: `busybox`, `shop/api:2.4`, `127.0.0.1:5000/api@sha256:…`.

/// The registry whose images are named without one.
pub const HUB: &str = "docker.io";

/// A name taken apart. Every character of it is one that names of images may have, so it can stand in an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef {
    /// The registry, [`HUB`] where none is named.
    pub registry: String,
    /// The name without tag and digest, as it was typed.
    pub name: String,
    /// The tag or the digest; `latest` where none is given.
    pub tag: String,
}

impl ImageRef {
    /// Takes a name apart.
    ///
    /// # Errors
    /// A sentence on what is wrong with it.
    pub fn parse(text: &str) -> Result<ImageRef, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("type an image".into());
        }
        if let Some(odd) = text.chars().find(|c| !c.is_ascii_alphanumeric() && !"._-/:@[]".contains(*c)) {
            let odd = super::text::clean(&odd.to_string()).into_owned();
            return Err(format!("'{odd}' is not allowed in an image name"));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let digest_is_one = |digest: &str| {
            let (kind, hex) = digest.split_once(':').unwrap_or_default();
            !kind.is_empty() && hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        if digest.is_some_and(|digest| !digest_is_one(digest)) {
            return Err("a digest looks like @sha256: and 64 digits".into());
        }
        // A colon before the last slash is a port.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        let tag_is_one = |tag: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            (1..=128).contains(&tag.len()) && tag.bytes().all(allowed) && !tag.starts_with(['.', '-'])
        };
        if tag.is_some_and(|tag| !tag_is_one(tag)) {
            return Err("a tag has letters, digits, dots, dashes and underscores, at most 128".into());
        }
        let (registry, path) = match name.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => (first, path),
            _ => (HUB, name),
        };
        let host_is_one = registry.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && registry.ends_with(|c: char| c.is_ascii_alphanumeric() || c == ']')
            && registry.chars().all(|c| c.is_ascii_alphanumeric() || ".:-[]".contains(c));
        let part_is_one = |part: &str| {
            let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
            let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            part.bytes().all(allowed) && part.starts_with(edge) && part.ends_with(edge)
        };
        if name.len() > 255 || !host_is_one || !path.split('/').all(part_is_one) {
            return Err("an image is named like busybox, shop/api:2.4 or registry:5000/api, in lower case".into());
        }
        let registry = if registry == "index.docker.io" { HUB } else { registry };
        Ok(ImageRef {
            registry: registry.to_string(),
            name: name.to_string(),
            tag: digest.or(tag).unwrap_or("latest").to_string(),
        })
    }

    /// The name with its tag or digest, as engines take it.
    pub fn full(&self) -> String {
        let sign = if self.is_digest() { '@' } else { ':' };
        format!("{}{sign}{}", self.name, self.tag)
    }

    /// True if it names content, not a tag.
    pub fn is_digest(&self) -> bool {
        self.tag.contains(':')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> (String, String, String) {
        let reference = ImageRef::parse(text).unwrap();
        (reference.registry, reference.name, reference.tag)
    }

    fn told(registry: &str, name: &str, tag: &str) -> (String, String, String) {
        (registry.into(), name.into(), tag.into())
    }

    #[test]
    fn registry_name_and_tag_are_told_apart() {
        assert_eq!(parsed("busybox"), told(HUB, "busybox", "latest"));
        assert_eq!(parsed(" shop/api:2.4 "), told(HUB, "shop/api", "2.4"));
        assert_eq!(parsed("127.0.0.1:5000/api"), told("127.0.0.1:5000", "127.0.0.1:5000/api", "latest"));
        assert_eq!(parsed("localhost/api:x"), told("localhost", "localhost/api", "x"));
        assert_eq!(parsed("ghcr.io/a/b:1"), told("ghcr.io", "ghcr.io/a/b", "1"));
        assert_eq!(parsed("index.docker.io/library/x").0, HUB);
        let digest = format!("sha256:{}", "a".repeat(64));
        assert_eq!(parsed(&format!("busybox:1@{digest}")), told(HUB, "busybox", &digest));
        assert_eq!(ImageRef::parse(&format!("busybox@{digest}")).unwrap().full(), format!("busybox@{digest}"));
    }

    #[test]
    fn what_names_no_image_is_refused_with_a_sentence() {
        for wrong in
            ["", "  ", "a b", "../images", "a//b", "UPPER", "x:", "x:.y", "a?b=c", "a@sha256:1", "a/..", "é", "/a"]
        {
            assert!(ImageRef::parse(wrong).is_err(), "{wrong}");
        }
        assert!(!ImageRef::parse("a\x1b[2J").unwrap_err().contains('\x1b'));
    }

    proptest! {
        #[test]
        fn a_full_name_means_the_same_again(text in "[a-z.:/@0-9]{1,24}") {
            if let Ok(reference) = ImageRef::parse(&text) {
                prop_assert_eq!(ImageRef::parse(&reference.full()).unwrap().full(), reference.full());
            }
        }
    }
}
