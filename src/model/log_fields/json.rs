//! Objects of JSON, as the loggers of all languages write them: flattened to pairs.

use super::LogField;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Fields of one line at most; what is more is left out.
const FIELDS_MOST: usize = 1000;

/// The fields of an object in their order, those of objects within by names such as `a.b`. None for what is no object.
pub(super) fn read(text: &str) -> Option<Vec<LogField<'_>>> {
    let mut fields = Vec::with_capacity(16);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Value { name: Cow::Borrowed(""), fields: &mut fields }.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(fields)
}

/// A value with the name that leads to it.
struct Value<'a, 'de> {
    name: Cow<'de, str>,
    fields: &'a mut Vec<LogField<'de>>,
}

impl<'de> Value<'_, 'de> {
    fn push<E: Error>(self, value: impl Into<Cow<'de, str>>) -> Result<(), E> {
        if self.fields.len() < FIELDS_MOST {
            self.fields.push((self.name, value.into()));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<(), E> {
        self.push(text)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.push(text.to_string())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.push(if value { "true" } else { "false" })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.push(value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.push(value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.push(value.to_string())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.push("null")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<serde_json::Value>()? {
            items.push(item);
        }
        self.push(serde_json::Value::Array(items).to_string())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key_seed(Key)? {
            if self.fields.len() >= FIELDS_MOST {
                object.next_value::<IgnoredAny>()?;
                continue;
            }
            let name = if self.name.is_empty() { key } else { format!("{}.{key}", self.name).into() };
            object.next_value_seed(Value { name, fields: self.fields })?;
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
