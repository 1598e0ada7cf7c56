//! What stands behind the question mark: parameters and filters.

use std::collections::BTreeMap;

use serde_json::Value;

use super::response::ApiError;
use super::time::{self, Nanos};

/// The parameters of a request, percent-decoded.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name, true)?, decode(value, true)?))
        });
        pairs.collect::<Result<_, _>>().map(Query)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// As Docker reads booleans: absent, empty, 0, no, false and none are false.
    pub(crate) fn flag(&self, name: &str) -> bool {
        let value = self.get(name).unwrap_or("").to_ascii_lowercase();
        !matches!(value.as_str(), "" | "0" | "no" | "false" | "none")
    }

    /// Every value of a parameter that may come several times.
    pub(crate) fn every(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number = text.parse().map_err(|_| ApiError::bad(format!("{name} must be a whole number, not {text:?}")))?;
        Ok(Some(number))
    }

    pub(crate) fn moment(&self, name: &str) -> Result<Option<Nanos>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let at = time::parse(text)
            .ok_or_else(|| ApiError::bad(format!("{name} must be seconds since 1970, not {text:?}")))?;
        Ok(Some(at))
    }

    /// The filters, each name checked against those the request knows.
    pub(crate) fn filters(&self, known: &[&str]) -> Result<Filters, ApiError> {
        let filters = Filters::parse(self.get("filters").unwrap_or("{}"))?;
        match filters.0.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(ApiError::bad(format!("Invalid filter '{unknown}'"))),
            None => Ok(filters),
        }
    }
}

/// Filters as Docker's clients send them: a map of lists, or of maps whose keys are the values.
#[derive(Debug, Default)]
pub(crate) struct Filters(BTreeMap<String, Vec<String>>);

impl Filters {
    fn parse(text: &str) -> Result<Self, ApiError> {
        let wrong = || ApiError::bad("invalid filter: must be a JSON object of lists of strings");
        let value: Value =
            serde_json::from_str(text).map_err(|error| ApiError::bad(format!("invalid filter: {error}")))?;
        let mut filters = BTreeMap::new();
        for (name, values) in value.as_object().ok_or_else(wrong)? {
            let values = match values {
                Value::Array(list) => list.iter().map(|item| item.as_str().map(String::from)).collect::<Option<_>>(),
                Value::Object(map) => {
                    Some(map.iter().filter(|(_, on)| **on == Value::Bool(true)).map(|(k, _)| k.clone()).collect())
                }
                _ => None,
            };
            filters.insert(name.clone(), values.ok_or_else(wrong)?);
        }
        Ok(Filters(filters))
    }

    pub(crate) fn get(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether one of the filter's values fits; a filter that is absent lets everything through.
    pub(crate) fn any(&self, name: &str, fits: impl Fn(&str) -> bool) -> bool {
        let values = self.get(name);
        values.is_empty() || values.iter().any(|value| fits(value))
    }

    /// Whether every one of the filter's values fits.
    pub(crate) fn every(&self, name: &str, fits: impl Fn(&str) -> bool) -> bool {
        self.get(name).iter().all(|value| fits(value))
    }

    /// Whether labels hold what the `label` filters (`key` or `key=value`) ask for, and nothing that `label!` spares.
    pub(crate) fn labels(&self, labels: &BTreeMap<String, String>) -> bool {
        let holds = |wanted: &str| match wanted.split_once('=') {
            Some((key, value)) => labels.get(key).is_some_and(|have| have == value),
            None => labels.contains_key(wanted),
        };
        self.every("label", holds) && !self.get("label!").iter().any(|wanted| holds(wanted))
    }

    /// A filter that is a yes or a no; none when it is absent.
    pub(crate) fn yes_or_no(&self, name: &str) -> Result<Option<bool>, ApiError> {
        let read = |value: &String| match value.as_str() {
            "1" | "true" => Ok(true),
            "0" | "false" => Ok(false),
            _ => Err(ApiError::bad(format!("Invalid filter '{name}={value}'"))),
        };
        self.get(name).first().map(read).transpose()
    }

    /// The moment before which something must have been made: `24h`, or a moment itself.
    pub(crate) fn until(&self, now: Nanos) -> Result<Option<Nanos>, ApiError> {
        match self.get("until") {
            [] => Ok(None),
            [text] => {
                let at = time::length(text).map(|length| now - length).or_else(|| time::parse(text));
                at.map(Some).ok_or_else(|| ApiError::bad(format!("until must be an age or a time, not {text:?}")))
            }
            _ => Err(ApiError::bad("more than one until filter specified")),
        }
    }
}

/// Decodes `%41` and, in a query, `+`.
pub(crate) fn decode(text: &str, plus: bool) -> Result<String, ApiError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                match (digit(rest.next()), digit(rest.next())) {
                    (Some(high), Some(low)) => (high * 16 + low) as u8,
                    _ => return Err(ApiError::bad("invalid URL escape in the request")),
                }
            }
            b'+' if plus => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| ApiError::bad("the request is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_and_never_panics() {
        assert_eq!(decode("a%2Fb%20c+d", true).as_deref(), Ok("a/b c d"));
        assert_eq!(decode("a+b", false).as_deref(), Ok("a+b"));
        for bad in ["%", "%4", "%zz", "%é", "%ff"] {
            assert!(decode(bad, true).is_err(), "{bad}");
        }
    }

    #[test]
    fn reads_both_shapes_of_filters() {
        let known = ["status", "label"];
        let ask = |text: &str| Query(vec![("filters".into(), text.into())]).filters(&known);
        let list = ask(r#"{"status":["running","paused"]}"#).expect("reads");
        let map = ask(r#"{"status":{"running":true,"exited":false}}"#).expect("reads");
        assert!(list.any("status", |s| s == "paused") && !map.any("status", |s| s == "exited"));
        assert!(list.any("label", |_| false), "an absent filter lets everything through");
        assert_eq!(ask(r#"{"foo":["x"]}"#).expect_err("unknown").message, "Invalid filter 'foo'");
        for bad in ["", "[]", "x", r#"{"status":"running"}"#, r#"{"status":[1]}"#] {
            assert!(bad.is_empty() || ask(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn filters_that_are_more_than_a_list() {
        let ask = |text: &str| Filters::parse(text).expect("reads");
        assert_eq!(ask(r#"{"dangling":["true"]}"#).yes_or_no("dangling"), Ok(Some(true)));
        assert_eq!(ask("{}").yes_or_no("dangling"), Ok(None));
        assert!(ask(r#"{"dangling":["maybe"]}"#).yes_or_no("dangling").is_err());
        let day = 86_400 * time::SECOND;
        assert_eq!(ask(r#"{"until":["24h"]}"#).until(3 * day), Ok(Some(2 * day)));
        assert_eq!(ask(r#"{"until":["12"]}"#).until(day), Ok(Some(12 * time::SECOND)));
        assert!(ask(r#"{"until":["soon"]}"#).until(day).is_err());
    }

    #[test]
    fn labels_by_key_and_by_value() {
        let labels = BTreeMap::from([("a".to_string(), "1".to_string())]);
        let ask = |text: &str| Filters::parse(text).expect("reads").labels(&labels);
        assert!(ask(r#"{"label":["a","a=1"]}"#));
        assert!(!ask(r#"{"label!":["a=1"]}"#) && ask(r#"{"label!":["a=2"]}"#));
        assert!(!ask(r#"{"label":["a","b"]}"#) && !ask(r#"{"label":["a=2"]}"#));
    }
}
