//! A line taken apart: its message and its fields.

use super::log::Level;
use std::borrow::Cow;

/// The format of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// An object of JSON.
    Json,
    /// Pairs of `key=value`.
    Logfmt,
}

/// A line taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct LogFields<'a> {
    /// Its format.
    pub format: LogFormat,
    /// The level that it names.
    pub level: Level,
    /// Its message; empty where it has none.
    pub message: Cow<'a, str>,
    /// All its fields in their order, the message and the level among them. Objects within have names such as `a.b`.
    pub fields: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> LogFields<'a> {
    /// Takes a line apart. None where it has no fields.
    pub fn read(text: &'a str) -> Option<LogFields<'a>> {
        let text = text.trim();
        let (format, fields) = match text.starts_with('{') {
            true => (LogFormat::Json, json(text)?),
            false => (LogFormat::Logfmt, logfmt(text)?),
        };
        let named = |names: &[&str]| fields.iter().find(|(name, _)| names.contains(&&**name)).map(|(_, value)| value);
        let level = named(&["level", "lvl", "severity"]).and_then(|word| Level::from_word(word)).unwrap_or_default();
        let message = named(&["msg", "message"]).cloned().unwrap_or_default();
        Some(LogFields { format, level, message, fields })
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }
}

fn json(text: &str) -> Option<Vec<(Cow<'static, str>, Cow<'static, str>)>> {
    let serde_json::Value::Object(object) = serde_json::from_str(text).ok()? else { return None };
    let mut fields = Vec::new();
    flatten("", &object, &mut fields);
    Some(fields)
}

fn flatten(
    above: &str,
    object: &serde_json::Map<String, serde_json::Value>,
    fields: &mut Vec<(Cow<'static, str>, Cow<'static, str>)>,
) {
    for (name, value) in object {
        let name = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        match value {
            serde_json::Value::Object(within) => flatten(&name, within, fields),
            serde_json::Value::String(text) => fields.push((name.into(), text.clone().into())),
            other => fields.push((name.into(), other.to_string().into())),
        }
    }
}

fn logfmt(text: &str) -> Option<Vec<(Cow<'_, str>, Cow<'_, str>)>> {
    let mut fields = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let Some(value) = after.strip_prefix('=') else {
            rest = after.trim_start();
            continue;
        };
        let (value, behind) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => value.split_once(' ').unwrap_or((value, "")),
        };
        if !name.is_empty() {
            fields.push((name.into(), value.into()));
        }
        rest = behind.trim_start();
    }
    (!fields.is_empty()).then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_logfmt_are_taken_apart() {
        let line = LogFields::read(r#"{"level":"warn","msg":"slow","http":{"status":503}}"#).expect("json");
        assert_eq!((line.format, line.level, &*line.message), (LogFormat::Json, Level::Warn, "slow"));
        assert_eq!(line.get("http.status"), Some("503"));
        let line = LogFields::read(r#"level=error msg="no such user" user=alice took=3ms"#).expect("logfmt");
        assert_eq!((line.format, line.level, &*line.message), (LogFormat::Logfmt, Level::Error, "no such user"));
        assert_eq!((line.get("user"), line.get("took")), (Some("alice"), Some("3ms")));
        assert_eq!(LogFields::read("plain words"), None);
    }
}
