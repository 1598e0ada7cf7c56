//! What compose says of a failure, without what must not be read over a shoulder: it quotes values of the files.

use crate::model::secret;

/// What stands around a value that is of the wrong kind, in version 1.
const WRONG_KIND: (&str, &str) = (" contains ", ", which is an invalid type");

/// True for the line that begins to tell of a value with a `$` in the wrong place. The value follows, in the same line
/// behind a colon or in the lines after it, and may be of many lines.
pub fn quotes(line: &str) -> bool {
    line.to_lowercase().contains("interpolation format")
}

/// What compose writes, line by line, as it may be shown.
#[derive(Debug, Default)]
pub struct Speech {
    lines: secret::Lines,
    quoting: bool,
}

impl Speech {
    /// The next line.
    pub fn shown(&mut self, line: &str) -> String {
        // The value that is quoted may be of many lines, and nothing tells where it ends.
        if self.quoting {
            return secret::MASK.into();
        }
        self.quoting = quotes(line);
        shown(&self.lines.told(line))
    }
}

/// A text of compose as it may be shown.
pub fn shown(text: &str) -> String {
    if let Some(line) = text.lines().find(|line| quotes(line)) {
        let named = line.split_once(": \"").map_or(line, |(named, _)| named);
        let named = named.trim().trim_end_matches(['.', ':']);
        return format!("{named}: write $$ for a literal $");
    }
    let (before, after) = WRONG_KIND;
    let text = match (text.find(before), text.rfind(after)) {
        (Some(from), Some(to)) if from + before.len() <= to => {
            let (begin, end) = (text.get(..from + before.len()), text.get(to..));
            format!("{}{}{}", begin.unwrap_or_default(), secret::MASK, end.unwrap_or_default())
        }
        _ => text.to_string(),
    };
    secret::told(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_without_the_value() {
        for text in [
            "ERROR: Invalid interpolation format for \"environment\" option in service \"web\": \"hunter2$(x\"",
            "Invalid interpolation format for \"environment\" option in service \"web\": \"a\nhunter2$(x\nb\n\"",
            "invalid interpolation format for services.web.environment.A: \"hunter2$(x\". You may need to escape any $",
            "invalid interpolation format for services.web.environment.A.\nYou may need to escape any $.\nhunter2$(x",
            "services.web.environment.A contains [\"hunter2\"], which is an invalid type, it should be a string",
            "services.web.environment contains {\"A\": \"hunter2\"}, which is an invalid type, it should be a string",
            "ERROR: cannot reach https://gus:hunter2@registry",
        ] {
            let shown = shown(text);
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains("web") || shown.contains("registry"), "{shown}");
        }
        let plain = "Unsupported config option: 'servces'";
        assert_eq!(shown(plain), plain);
    }
}
