//! The JSON schema of blueprints' files, from the types that read them: editors complete and check by it.

use super::variables::Variables;
use crate::model::Blueprint;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The schema. Where a value is no text, it may be one that names a variable.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let variables = generator.subschema_for::<Variables>().to_value();
    let mut schema = generator.into_root_schema_for::<Blueprint>().to_value();
    schema["title"] = json!("A blueprint of bowline");
    schema["properties"]["variables"] = variables;
    schema["properties"]["variables"]["description"] = json!(
        "Variables, by name: written ${name} in values, given by --set name=value. $${name} is a ${name} of the value's own."
    );
    schema["properties"]["extends"] = json!({
        "type": "string",
        "description": "Name of the blueprint that this one is laid over: tables are merged, all other values replaced, lists too.",
    });
    let known = schema["$defs"].clone();
    let mut definitions = schema["$defs"].take();
    if let Value::Object(definitions) = &mut definitions {
        // What declares variables cannot name them.
        let parts = definitions.iter_mut().filter(|(name, _)| name.as_str() != "VariablePart");
        parts.for_each(|(_, part)| let_variables(part, &known));
    }
    schema["$defs"] = definitions;
    let_variables(&mut schema, &known);
    schema
}

/// Lets the entries of a table be texts that name a variable.
fn let_variables(part: &mut Value, known: &Value) {
    let Some(Value::Object(entries)) = part.get_mut("properties") else { return };
    for (_, entry) in entries.iter_mut().filter(|(name, _)| name.as_str() != "variables") {
        if !is_text(entry) && !is_tables(entry, known) {
            let description = entry.get_mut("description").map(Value::take);
            let mut either = Map::new();
            either.extend(description.map(|words| ("description".to_string(), words)));
            if let Value::Object(entry) = &mut *entry {
                entry.remove("description");
                either.extend(entry.remove("default").map(|default| ("default".to_string(), default)));
            }
            either.insert("anyOf".into(), json!([entry.take(), { "type": "string", "pattern": "\\$\\{" }]));
            *entry = Value::Object(either);
        }
    }
}

/// True for what takes any text already.
fn is_text(entry: &Value) -> bool {
    entry["type"] == "string" && entry.get("pattern").is_none()
}

/// True for a table with entries of its own, or a list of such.
fn is_tables(entry: &Value, known: &Value) -> bool {
    let name = |value: &Value| value["$ref"].as_str().and_then(|path| path.rsplit('/').next().map(str::to_string));
    let is_table = |value: &Value| name(value).is_some_and(|name| known[&name].get("properties").is_some());
    let is_either = entry["anyOf"].as_array().is_some_and(|parts| parts.iter().any(is_table));
    is_either || is_table(entry) || is_table(&entry["items"]) || entry.get("additionalProperties").is_some()
}
