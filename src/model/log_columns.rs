//! Which fields of logs stand as columns, as a user chose them; remembered between runs.

use std::collections::BTreeMap;

/// Columns that may be chosen for one log: no screen has room for more.
pub const COLUMNS_MOST: usize = 16;

/// The columns of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldColumns {
    /// The names of the fields that stand as columns, in the order of the columns.
    pub fields: Vec<String>,
    /// Other fields are not shown.
    pub hides_others: bool,
}

/// The columns of all logs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogColumns {
    /// By the name of the container.
    pub containers: BTreeMap<String, FieldColumns>,
    /// By the image, for containers of which nothing else was chosen.
    pub images: BTreeMap<String, FieldColumns>,
}

impl LogColumns {
    /// True if nothing was ever chosen.
    pub fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.images.is_empty()
    }

    /// What was chosen for a container, or for its image. None: nothing.
    pub fn of(&self, container: &str, image: Option<&str>) -> Option<&FieldColumns> {
        self.containers.get(container).or_else(|| self.images.get(image?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_for_a_container_goes_before_what_was_for_its_image() {
        let chosen = |field: &str| FieldColumns { fields: vec![field.into()], hides_others: false };
        let mut columns = LogColumns::default();
        columns.images.insert("nginx:1".into(), chosen("status"));
        columns.containers.insert("web".into(), chosen("user"));
        assert_eq!(columns.of("web", Some("nginx:1")), Some(&chosen("user")));
        assert_eq!(columns.of("api", Some("nginx:1")), Some(&chosen("status")));
        assert_eq!((columns.of("api", Some("redis")), columns.of("api", None)), (None, None));
    }
}
