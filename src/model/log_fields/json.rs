//! Objects of JSON, as the loggers of all languages write them: flattened to pairs. Numbers and lists stay as they are written.

use super::LogField;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Fields of one line at most; what is more is left out.
const FIELDS_MOST: usize = 1000;
/// Objects that are taken apart within each other; deeper ones stay as they are written.
const DEPTH_MOST: usize = 16;

/// The fields of an object in their order, those of objects within by names such as `a.b`. None for what is no object.
pub(super) fn read(text: &str) -> Option<Vec<LogField<'_>>> {
    let mut fields = Vec::with_capacity(16);
    object("", text, 0, &mut fields).ok()?;
    Some(fields)
}

/// Takes an object apart whose name is that.
fn object<'de>(name: &str, text: &'de str, depth: usize, fields: &mut Vec<LogField<'de>>) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.deserialize_map(Object { name, depth, fields })?;
    deserializer.end()
}

/// A value as text: what quotes escape is unescaped.
fn text(value: &str) -> serde_json::Result<Cow<'_, str>> {
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(_) if value.contains('\\') => serde_json::from_str(value).map(Cow::Owned),
        Some(plain) => Ok(Cow::Borrowed(plain)),
        None => Ok(Cow::Borrowed(value)),
    }
}

/// An object with the name that leads to it.
struct Object<'a, 'de> {
    name: &'a str,
    depth: usize,
    fields: &'a mut Vec<LogField<'de>>,
}

impl<'de> Visitor<'de> for Object<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key_seed(Key)? {
            if self.fields.len() >= FIELDS_MOST {
                object.next_value::<IgnoredAny>()?;
                continue;
            }
            let name = if self.name.is_empty() { key } else { format!("{}.{key}", self.name).into() };
            let value = object.next_value::<&'de RawValue>()?.get();
            if value.starts_with('{') && self.depth < DEPTH_MOST {
                self::object(&name, value, self.depth + 1, self.fields).map_err(A::Error::custom)?;
            } else {
                self.fields.push((name, text(value).map_err(A::Error::custom)?));
            }
        }
        Ok(())
    }
}

/// A key, borrowed where it can be.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(text.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(text.to_string().into())
    }
}
