//! What an engine tells of a transfer: JSON objects, one a line, read so that nothing odd in them stops the rest.

use crate::engine::docker::error::EngineError;
use serde_json::Value;

/// The longest line that is taken in, bytes.
const LONGEST: usize = 1 << 20;
/// What is told of a line that is no JSON, characters.
const ODD: usize = 200;

/// One thing that the engine said. Raw texts: nothing in here is clean.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    /// The layer that it is about.
    pub id: String,
    /// The word for its state.
    pub status: String,
    /// Bytes that went.
    pub current: Option<u64>,
    /// Bytes there are.
    pub total: Option<u64>,
    /// Output of a build or of a load.
    pub stream: String,
    /// The error, if it failed.
    pub error: Option<String>,
    /// Results for programs: `ID` of a build, `Digest` of a push.
    pub aux: Value,
}

impl Said {
    fn of(object: &Value) -> Said {
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
        let number = |name: &str| object.pointer(name).and_then(Value::as_f64).filter(|n| *n > 0.0).map(|n| n as u64);
        let detail = object.pointer("/errorDetail/message").and_then(Value::as_str);
        let error = object.get("error").filter(|error| !error.is_null());
        let plain = error.map(|error| error.as_str().map_or_else(|| error.to_string(), str::to_string));
        Said {
            id: text("id"),
            status: text("status"),
            current: number("/progressDetail/current"),
            total: number("/progressDetail/total"),
            stream: text("stream"),
            error: detail.map(str::to_string).or(plain),
            aux: object.get("aux").cloned().unwrap_or_default(),
        }
    }

    /// What the engine should not have said, as output.
    fn odd(bytes: &[u8]) -> Said {
        let text: String = String::from_utf8_lossy(bytes).chars().take(ODD).collect();
        Said { stream: format!("{text}\n"), ..Said::default() }
    }

    /// The result of that name.
    pub fn aux(&self, name: &str) -> Option<&str> {
        self.aux.get(name).and_then(Value::as_str)
    }
}

/// The reader.
#[derive(Debug, Default)]
pub struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// Reads the next bytes.
    ///
    /// # Errors
    /// When a line does not end.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Vec<Said>, EngineError> {
        let mut said = Vec::new();
        let mut bytes = bytes;
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            self.rest.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            self.line(&mut said);
        }
        self.rest.extend_from_slice(bytes);
        if self.rest.len() > LONGEST {
            return Err(EngineError::Garbage(format!("a line of more than {} MiB", LONGEST >> 20)));
        }
        Ok(said)
    }

    /// What stands there without a line end, at the end.
    pub fn end(&mut self) -> Vec<Said> {
        let mut said = Vec::new();
        self.line(&mut said);
        said
    }

    fn line(&mut self, said: &mut Vec<Said>) {
        let line = std::mem::take(&mut self.rest);
        // Some engines part their objects by nothing.
        let mut objects = serde_json::Deserializer::from_slice(&line).into_iter::<Value>();
        let mut read = 0;
        for object in objects.by_ref() {
            match object {
                Ok(object @ Value::Object(_)) => said.push(Said::of(&object)),
                _ => {
                    said.push(Said::odd(&line[read.min(line.len())..]));
                    break;
                }
            }
            read = line.len();
        }
        self.rest = line;
        self.rest.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Recorded from Docker 20.10: a pull, a failing build, a push without a login.
    const RECORDED: &str = concat!(
        r#"{"status":"Pulling from library/busybox","id":"latest"}"#,
        "\r\n",
        r#"{"status":"Pulling fs layer","progressDetail":{},"id":"5cc84ad355aa"}"#,
        "\r\n",
        r#"{"status":"Downloading","progressDetail":{"current":65536,"total":772993},"progress":"[===>   ]","id":"5cc84ad355aa"}"#,
        "\r\n",
        r#"{"stream":"Step 1/2 : FROM busybox"}"#,
        "\r\n",
        r#"{"stream":"\n"}"#,
        "\r\n",
        r#"{"aux":{"ID":"sha256:abc"}}"#,
        "\r\n",
        r#"{"errorDetail":{"code":1,"message":"The command '/bin/sh -c false' returned a non-zero code: 1"},"error":"The command …"}"#,
        "\r\n",
        r#"{"error":"no basic auth credentials"}"#,
        "\r\n",
    );

    fn all(bytes: &[u8]) -> Vec<Said> {
        let mut lines = Lines::default();
        let mut said = lines.read(bytes).unwrap();
        said.extend(lines.end());
        said
    }

    #[test]
    fn recorded_lines_are_read() {
        let said = all(RECORDED.as_bytes());
        assert_eq!(said.len(), 8);
        assert_eq!((said[2].id.as_str(), said[2].current, said[2].total), ("5cc84ad355aa", Some(65536), Some(772_993)));
        assert_eq!(said[3].stream, "Step 1/2 : FROM busybox");
        assert_eq!(said[5].aux("ID"), Some("sha256:abc"));
        assert_eq!(said[6].error.as_deref(), Some("The command '/bin/sh -c false' returned a non-zero code: 1"));
        assert_eq!(said[7].error.as_deref(), Some("no basic auth credentials"));
    }

    #[test]
    fn garbage_in_the_middle_stops_nothing() {
        let said = all(b"<html>\n{\"status\":7,\"id\":null,\"progressDetail\":[]}\n\xff\xfe\n[1]\n\n{\"status\":\"a\"}{\"status\":\"b\"}\n{\"status\":\"cut");
        let statuses: Vec<&str> = said.iter().map(|said| said.status.as_str()).collect();
        assert_eq!(statuses, ["", "", "", "", "a", "b", ""]);
        assert_eq!(said[0].stream, "<html>\n");
        assert_eq!(said[6].stream, "{\"status\":\"cut\n");
        assert_eq!(all(br#"{"error":{"code":7}}"#)[0].error.as_deref(), Some(r#"{"code":7}"#), "any error is one");
    }

    #[test]
    fn a_line_without_an_end_is_given_up() {
        let mut lines = Lines::default();
        let piece = vec![b'x'; 600 << 10];
        assert!(lines.read(&piece).is_ok());
        assert!(matches!(lines.read(&piece), Err(EngineError::Garbage(_))));
    }

    proptest! {
        #[test]
        fn pieces_mean_the_same_as_the_whole(cuts in prop::collection::vec(0usize..800, 0..8)) {
            let bytes = RECORDED.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let (mut lines, mut said, mut from) = (Lines::default(), Vec::new(), 0);
            for cut in cuts.into_iter().chain([bytes.len()]) {
                said.extend(lines.read(&bytes[from..cut]).unwrap());
                from = cut;
            }
            prop_assert_eq!(said, all(bytes));
        }

        #[test]
        fn nothing_makes_it_fall_over(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = all(&bytes);
        }
    }
}
