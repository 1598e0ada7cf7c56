//! The shortest names that tell the containers of one log apart.

use std::collections::HashMap;

/// The parts of a container's name.
#[derive(Debug, Clone, Copy)]
pub struct ShortNames<'a> {
    /// Its name, which nothing else on its engine has.
    pub name: &'a str,
    /// Its compose service.
    pub service: Option<&'a str>,
    /// The number of the container in its service.
    pub number: Option<&'a str>,
}

/// A short name for each: service and number in a project, else the name without what all have in common in front. Where two
/// would be called alike, both keep their whole name.
pub fn short_names(all: &[ShortNames]) -> Vec<String> {
    let alone: Vec<&str> = all.iter().filter(|one| one.service.is_none()).map(|one| one.name).collect();
    let common = common_front(&alone);
    let short: Vec<String> = all.iter().map(|one| short_name(one, common)).collect();
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for name in &short {
        *uses.entry(name).or_default() += 1;
    }
    let alike = |name: &String| uses.get(name.as_str()).is_some_and(|uses| *uses > 1);
    let names = short.iter().zip(all);
    names.map(|(name, one)| if alike(name) { one.name.to_string() } else { name.clone() }).collect()
}

fn short_name(one: &ShortNames, common: usize) -> String {
    match (one.service, one.number) {
        (Some(service), Some(number)) => format!("{service}-{number}"),
        (Some(service), None) => service.to_string(),
        (None, _) => one.name.get(common..).unwrap_or(one.name).to_string(),
    }
}

/// Bytes that all names begin with, up to a sign that parts words; never so many that a bare number is left of one.
fn common_front(names: &[&str]) -> usize {
    let Some((first, others)) = names.split_first().filter(|(_, others)| !others.is_empty()) else { return 0 };
    let shared = |other: &&str| first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let mut length = others.iter().map(shared).min().unwrap_or(0);
    loop {
        let Some(sign) = first.as_bytes()[..length].iter().rposition(|byte| b"-_.".contains(byte)) else { return 0 };
        let bare = |name: &&str| name.as_bytes()[sign + 1..].iter().all(u8::is_ascii_digit);
        if !names.iter().any(bare) {
            return sign + 1;
        }
        length = sign;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn plain(names: &[&str]) -> Vec<String> {
        let called = |name| ShortNames { name, service: None, number: None };
        short_names(&names.iter().copied().map(called).collect::<Vec<_>>())
    }

    #[test]
    fn in_a_project_service_and_number_will_do() {
        let called = |name, service, number| ShortNames { name, service: Some(service), number: Some(number) };
        let all = [called("shop-web-1", "web", "1"), called("shop-web-2", "web", "2"), called("shop_db_1", "db", "1")];
        assert_eq!(short_names(&all), ["web-1", "web-2", "db-1"]);
        let twins = [called("shop-web-1", "web", "1"), called("other-web-1", "web", "1"), called("x", "db", "1")];
        assert_eq!(short_names(&twins), ["shop-web-1", "other-web-1", "db-1"]);
    }

    #[test]
    fn what_all_begin_with_is_left_out_but_no_bare_number_is_left() {
        assert_eq!(plain(&["prod-api-blue", "prod-api-green"]), ["blue", "green"]);
        assert_eq!(plain(&["prod-api-1", "prod-api-2"]), ["api-1", "api-2"]);
        assert_eq!(plain(&["web-1", "web-2"]), ["web-1", "web-2"]);
        assert_eq!(plain(&["web", "web-2"]), ["web", "web-2"]);
        assert_eq!(plain(&["a-", "a-b"]), ["a-", "a-b"]);
        assert_eq!(plain(&["only-one"]), ["only-one"]);
        assert_eq!(plain(&["größe-a", "größe-b"]), ["a", "b"]);
    }

    proptest! {
        #[test]
        fn names_that_differ_are_told_apart(names in prop::collection::hash_set("[a-c1-2é_.-]{1,7}", 1..8)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let short = plain(&names);
            prop_assert!(short.iter().all(|name| !name.is_empty()));
            prop_assert_eq!(short.iter().collect::<HashSet<_>>().len(), names.len());
        }
    }
}
