//! A line of a log as one object of JSON, for other programs.

use super::log::{Level, LineMark, Stream};
use super::log_fields::{LogFields, LogFormat};
use super::log_text::plain;
use super::time::Timestamp;

/// Writes a line of a container as one object: `time`, `container`, `stream`, `level` (null where it has none), `message` and
/// `fields`; `context` where it is true; `cut` and `cut_kib`, how many KiB are missing at its end, where it is longer than lines
/// are kept; with `raw` the line as it was written. No line end. `scratch` saves memory
/// being taken for each line.
pub fn write(container: &str, mark: &LineMark, bytes: &[u8], raw: bool, scratch: &mut String, out: &mut Vec<u8>) {
    plain(bytes, scratch);
    let text = scratch.as_str();
    let read = LogFields::read(text);
    let message = read.as_ref().map(|line| &*line.message).filter(|message| !message.is_empty());
    let raw = raw.then(|| String::from_utf8_lossy(bytes));
    let members: [(&str, Option<String>); 10] = [
        ("time", Some(quoted(&stamp(mark.at)))),
        ("container", Some(quoted(container))),
        ("stream", Some(quoted(if mark.stream == Stream::Err { "stderr" } else { "stdout" }))),
        ("level", Some(level(mark.level))),
        ("message", Some(quoted(message.unwrap_or(text)))),
        ("fields", Some(read.as_ref().map_or_else(|| "{}".to_string(), |line| fields(line, text)))),
        ("raw", raw.map(|raw| quoted(&raw))),
        ("context", mark.context.then(|| "true".to_string())),
        ("cut", (mark.cut_kib > 0).then(|| "true".to_string())),
        ("cut_kib", (mark.cut_kib > 0).then(|| mark.cut_kib.to_string())),
    ];
    for (place, (name, value)) in members.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))).enumerate() {
        let before = if place == 0 { '{' } else { ',' };
        out.extend_from_slice(format!("{before}\"{name}\":{value}").as_bytes());
    }
    out.push(b'}');
}

/// As a string of JSON, without a character that a terminal acts on: DEL and the controls of eight bits, which JSON may hold as
/// they are, are escaped as the others.
pub fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    if !json.chars().any(char::is_control) {
        return json;
    }
    let escaped = |c: char| if c.is_control() { format!("\\u{:04x}", c as u32) } else { c.to_string() };
    json.chars().map(escaped).collect()
}

fn level(level: Level) -> String {
    if level == Level::None { "null".to_string() } else { quoted(level.word()) }
}

/// The fields of a line, in their order: those of JSON as they are, others as text.
fn fields(line: &LogFields<'_>, text: &str) -> String {
    match line.format {
        LogFormat::Json => text.trim().to_string(),
        LogFormat::Logfmt
        | LogFormat::Klog
        | LogFormat::Syslog
        | LogFormat::Access
        | LogFormat::WebError
        | LogFormat::Java
        | LogFormat::Python
        | LogFormat::Go
        | LogFormat::Rust
        | LogFormat::Plain => {
            let fields = line.fields.iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
    }
}

/// A moment as engines write it before a line: RFC 3339 to the nanosecond.
pub fn stamp(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
    moment.strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn written(bytes: &[u8], raw: bool) -> Value {
        let mark = LineMark { at: Timestamp(1_795_240_800_000_000_005), level: Level::Error, ..LineMark::default() };
        let mut out = Vec::new();
        write("web", &mark, bytes, raw, &mut String::new(), &mut out);
        serde_json::from_slice(&out).expect("JSON")
    }

    #[test]
    fn a_line_has_all_that_is_known_of_it() {
        let wanted = json!({
            "time": "2026-11-21T06:00:00.000000005Z", "container": "web", "stream": "stdout", "level": "error",
            "message": "no", "fields": {"msg": "no", "status": 500},
        });
        assert_eq!(written(br#"{"msg":"no","status":500}"#, false), wanted);
        let pairs = br#"user=alice said="it is \"quoted\"""#;
        assert_eq!(written(pairs, false)["fields"], json!({"user": "alice", "said": "it is \"quoted\""}));
    }

    #[test]
    fn a_string_of_json_holds_no_control_character_and_means_the_same() {
        let text = "\x1b]0;owned\x07 \u{7f} \u{9b}2J \\ größer";
        let json = quoted(text);
        assert!(!json.chars().any(char::is_control), "{json:?}");
        assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON"), json!(text));
    }

    #[test]
    fn what_acts_on_a_terminal_is_in_the_raw_line_alone() {
        let line = written(b"\x1b[31mplain\x07", true);
        assert_eq!((&line["message"], &line["raw"]), (&json!("plain^G"), &json!("\x1b[31mplain\x07")));
        assert_eq!(line["fields"], json!({}));
        assert_eq!(written(b"x", false)["raw"], Value::Null);
    }
}
