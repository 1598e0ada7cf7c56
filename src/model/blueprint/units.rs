//! Processors and times as they are written in a blueprint: numbers, or text with a unit.

use crate::model::docker_line::cpus;
use crate::model::time::span;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Processors' worth of time, in billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cpus(pub i64);

impl Cpus {
    /// The least that an engine takes (moby, `linuxMinCPUs`), and more than any machine has.
    const BOUNDS: std::ops::RangeInclusive<f64> = 0.01..=4096.0;

    /// From a number of processors.
    ///
    /// # Errors
    /// A sentence with an example.
    pub fn of(count: f64) -> Result<Cpus, String> {
        match Cpus::BOUNDS.contains(&count) {
            // Within the bounds nothing is lost.
            true => Ok(Cpus((count * 1e9).round() as i64)),
            false => Err("expected a number of processors, such as 0.5; at least 0.01".into()),
        }
    }
}

impl fmt::Display for Cpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&cpus(self.0))
    }
}

impl Serialize for Cpus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1e9)
    }
}

impl<'de> Deserialize<'de> for Cpus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cpus, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Cpus;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of processors, such as 0.5")
            }
            fn visit_f64<E: Error>(self, count: f64) -> Result<Cpus, E> {
                Cpus::of(count).map_err(E::custom)
            }
            fn visit_i64<E: Error>(self, count: i64) -> Result<Cpus, E> {
                Cpus::of(count as f64).map_err(E::custom)
            }
            fn visit_u64<E: Error>(self, count: u64) -> Result<Cpus, E> {
                Cpus::of(count as f64).map_err(E::custom)
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Cpus, E> {
                Cpus::of(text.trim().parse().unwrap_or(f64::NAN)).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Number)
    }
}

impl JsonSchema for Cpus {
    fn schema_name() -> Cow<'static, str> {
        "Cpus".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["number", "string"], "description": "Processors, such as 0.5." })
    }
}

/// A span of time in whole seconds, written `90s`, `15m` or as a number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(pub u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.0)
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Seconds, D::Error> {
        struct Span;
        impl Visitor<'_> for Span {
            type Value = Seconds;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a span of time, such as \"90s\" or \"15m\"")
            }
            fn visit_i64<E: Error>(self, count: i64) -> Result<Seconds, E> {
                u64::try_from(count).map(Seconds).map_err(|_| E::custom("expected a span of time that is not negative"))
            }
            fn visit_u64<E: Error>(self, count: u64) -> Result<Seconds, E> {
                Ok(Seconds(count))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Seconds, E> {
                match text.trim() {
                    "0" | "0s" => Ok(Seconds(0)),
                    text => span(text).map(Seconds).map_err(E::custom),
                }
            }
        }
        deserializer.deserialize_any(Span)
    }
}

impl JsonSchema for Seconds {
    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"], "description": "A span of time, such as 90s or 15m; a number is seconds." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn processors_are_numbers_or_text_within_what_engines_take() {
        for (written, nano) in [(json!(0.5), 500_000_000), (json!("2"), 2_000_000_000), (json!(1), 1_000_000_000)] {
            assert_eq!(from_value::<Cpus>(written).unwrap(), Cpus(nano));
        }
        for wrong in [json!(0), json!(-1), json!("many"), json!(true), json!(1e9)] {
            assert!(from_value::<Cpus>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_span_of_time_has_a_unit_or_counts_seconds() {
        for (written, seconds) in [(json!("15m"), 900), (json!(7), 7), (json!("0s"), 0)] {
            assert_eq!(from_value::<Seconds>(written).unwrap(), Seconds(seconds));
        }
        for wrong in [json!("soon"), json!(-1), json!("")] {
            assert!(from_value::<Seconds>(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
