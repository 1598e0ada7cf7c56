//! Names in files that nobody knows: what serde says of them, and the one that was meant.

use super::text::clean;

/// The name that serde does not know, and those that it does. `prefix` begins its message.
pub fn unknown_name<'a>(message: &'a str, prefix: &str) -> Option<(&'a str, Vec<&'a str>)> {
    let (name, rest) = message.strip_prefix(prefix)?.split_once('`')?;
    Some((name, rest.split('`').skip(1).step_by(2).collect()))
}

/// The name that was meant, where one is near.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = clean(name);
    let nearest = known.iter().map(|candidate| (strsim::damerau_levenshtein(&name, candidate), *candidate)).min();
    let holding = known.iter().find(|candidate| name.len() >= 3 && candidate.contains(&*name));
    let near = nearest.filter(|(distance, _)| *distance <= 1 + name.len() / 3).map(|(_, candidate)| candidate);
    near.or(holding.copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_near_to_one_is_that_one() {
        assert_eq!(nearest("imge", &["image", "user"]), Some("image"));
        assert_eq!(nearest("env", &["environment", "user"]), Some("environment"));
        assert_eq!(nearest("colour", &["image", "user"]), None);
    }

    #[test]
    fn what_serde_says_of_a_name_is_taken_apart() {
        let message = "unknown field `imge`, expected one of `image`, `user`";
        assert_eq!(unknown_name(message, "unknown field `"), Some(("imge", vec!["image", "user"])));
        assert_eq!(unknown_name("missing field `x`", "unknown field `"), None);
    }
}
