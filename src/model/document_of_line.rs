//! A line of a log as a document: objects, lists and pairs.

use super::document::Document;
use super::log_fields::{LogFields, LogFormat};
use super::log_text::seen;
use serde::de::value::MapDeserializer;

/// The values of a line; none where it is no object, no list and has no pairs.
///
/// # Errors
/// Why a line that looks like an object is none: it was cut, is too deep, or something follows it.
pub fn document_of_line(bytes: &[u8]) -> Result<Option<Document>, String> {
    let mut scratch = String::new();
    let Ok(line) = std::str::from_utf8(seen(bytes, &mut scratch)) else { return Ok(None) };
    let line = line.trim();
    if line.starts_with(['{', '[']) {
        return match of_json(line) {
            Ok(document) => Ok(Some(document)),
            Err(_) if line.starts_with('[') => Ok(None),
            Err(error) => Err(error.to_string()),
        };
    }
    let fields = LogFields::read(line).filter(|fields| fields.format == LogFormat::Logfmt);
    Ok(fields.and_then(|fields| of_pairs(&fields).ok()))
}

fn of_json(line: &str) -> serde_json::Result<Document> {
    let mut json = serde_json::Deserializer::from_str(line);
    let mut document = Document::read(&mut json)?;
    json.end()?;
    document.write_numbers(numbers(line));
    Ok(document)
}

/// The numbers of a text of JSON in their order, as they are written.
fn numbers(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        loop {
            rest = rest.get(rest.find(|c: char| matches!(c, '"' | '-' | '0'..='9'))?..)?;
            let Some(quoted) = rest.strip_prefix('"') else { break };
            rest = behind_quotes(quoted)?;
        }
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
        let (number, behind) = rest.split_at(end.unwrap_or(rest.len()));
        rest = behind;
        Some(number)
    })
}

/// What stands behind the quote that ends a text.
fn behind_quotes(mut quoted: &str) -> Option<&str> {
    loop {
        let at = quoted.find(['"', '\\'])?;
        if quoted.as_bytes().get(at) == Some(&b'"') {
            return quoted.get(at + 1..);
        }
        quoted = quoted.get(at + 2..)?;
    }
}

fn of_pairs(line: &LogFields) -> serde_json::Result<Document> {
    let pairs = line.fields.iter().map(|(name, value)| (&**name, scalar(value)));
    Document::read(MapDeserializer::<_, serde_json::Error>::new(pairs))
}

/// A number or a truth that reads back as it was written; else text.
fn scalar(value: &str) -> serde_json::Value {
    let bare =
        serde_json::from_str(value).ok().filter(|bare: &serde_json::Value| bare.is_number() || bare.is_boolean());
    bare.filter(|bare| serde_json::to_string(bare).is_ok_and(|written| written == value))
        .unwrap_or_else(|| value.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(line: &str) -> Vec<String> {
        let document = document_of_line(line.as_bytes()).expect("readable").expect("has values");
        let shown = |node: &crate::model::Node| format!("{}={}", node.key.as_deref().unwrap_or("-"), node.shown(true));
        document.nodes.iter().filter(|node| !node.holds()).map(shown).collect()
    }

    #[test]
    fn objects_lists_and_pairs_have_values_and_words_have_none() {
        assert_eq!(values(r#" {"b":1,"a":{"c":"x"}} "#), ["b=1", "c=x"], "in the order in which they were written");
        assert_eq!(values("\x1b[32m{\"a\":true}\x1b[0m"), ["a=true"], "colours are no part of it");
        assert_eq!(values(r#"[1,"x"]"#), ["-=1", "-=x"]);
        let pairs = values(r#"level=info took=12 id=007 rate=1.50 ok=true msg="two words""#);
        assert_eq!(pairs, ["level=info", "took=12", "id=007", "rate=1.50", "ok=true", "msg=two words"]);
        for words in ["plain words", "[2026-11-21 12:00:01] starting", "12:00 ERROR x", ""] {
            assert_eq!(document_of_line(words.as_bytes()), Ok(None), "{words}");
        }
        assert_eq!(document_of_line(b"\xff\xfe{"), Ok(None));
    }

    #[test]
    fn numbers_are_shown_as_they_are_written() {
        let line = r#"{"id":123456789012345678901,"a\\\"7":{"rate":1.50,"t":"8"},"list":[1e3,-0.0,true],"n":9007199254740993}"#;
        let written =
            ["id=123456789012345678901", "rate=1.50", "t=8", "-=1e3", "-=-0.0", "-=true", "n=9007199254740993"];
        assert_eq!(values(line), written);
    }

    #[test]
    fn what_only_looks_like_an_object_says_why_it_is_none() {
        let cut = document_of_line(br#"{"a":"bcd"#).expect_err("cut off");
        assert!(cut.contains("EOF"), "{cut}");
        let deep = format!("{}{}", "{\"a\":".repeat(10_000), "1");
        let deep = document_of_line(deep.as_bytes()).expect_err("too deep");
        assert!(deep.contains("recursion limit"), "{deep}");
        assert!(document_of_line(br#"{"a":1} and more"#).is_err(), "the rest is not lost");
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200), head in "[{\\[]?") {
            let line = [head.as_bytes(), &bytes].concat();
            drop(document_of_line(&line));
        }
    }
}
