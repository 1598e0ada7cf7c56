//! What is there already under the name of what is to be made.

use crate::engine::docker::error::EngineError;
use serde_json::Value;

/// Adds the differences between an existing object and the wanted one.
pub fn compare(what: &str, known: Option<&Value>, wanted: &[(String, String)], differs: &mut Vec<String>) {
    let known = known.and_then(Value::as_object);
    for (name, value) in wanted {
        match known.and_then(|known| known.get(name)).and_then(Value::as_str) {
            Some(there) if there == value => {}
            Some(there) => differs.push(format!("{what} {name} is {there} instead of {value}")),
            None => differs.push(format!("no {what} {name}={value}")),
        }
    }
}

/// It is not made: what has its name differs in these, or in nothing.
pub fn exists(what: &str, name: &str, differs: &[String]) -> EngineError {
    let how = match differs {
        [] => "with the same settings".to_string(),
        some => format!("but with: {}", some.join(", ")),
    };
    EngineError::Status(409, format!("a {what} named {name} already exists, {how}"))
}
