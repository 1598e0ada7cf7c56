//! What bowline writes into its own log, without the secrets that engines and addresses bring into it.

use crate::model::secret;
use std::io::{Result, Write};

/// Hides secrets in what is written. Whole lines must come at once, as tracing writes them.
pub struct Masking<W>(pub W);

impl<W: Write> Write for Masking<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let end = text.get(line.len()..).unwrap_or_default();
        self.0.write_all(format!("{}{end}", secret::told(line)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_has_no_secret_and_keeps_its_end() {
        let mut log = Masking(Vec::new());
        log.write_all(b"WARN crate::store: lost: Status(500, \"bad env DB_PASSWORD=sesame\")\n").unwrap();
        log.write_all(b"INFO crate::store: connected to tcp://gus:sesame@host:2375\n").unwrap();
        let written = String::from_utf8(log.0).unwrap();
        assert!(!written.contains("sesame"), "{written}");
        assert_eq!(written.lines().count(), 2);
        assert!(written.ends_with("@host:2375\n") && written.starts_with("WARN crate::store: lost:"), "{written}");
    }
}
