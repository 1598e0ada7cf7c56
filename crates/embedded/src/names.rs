//! What may be a name.

/// Docker's rule for names.
pub(crate) fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphanumeric())
        && name.len() > 1
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_dockers_rule() {
        assert!(is_name("web-1") && is_name("a.b_c"));
        assert!(!is_name("") && !is_name("-x") && !is_name("a/b") && !is_name("ü1") && !is_name("a"));
    }
}
