//! `bowline logs --sql`: lines are kept until all are read, then asked, and the answer is printed.

use crate::cli::complain;
use crate::model::text::clean_lines;
use crate::model::{Batch, LineMark, LogLines, LogQuery, LogTable, QueryFailed, Zone};
use crate::runtime::answer_query;
use crate::services::log_query::{aligned, csv, json_lines};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Bytes of lines that are kept at most, marks included; older ones go.
const KEPT_BYTES: usize = 64 << 20;
/// A batch takes lines in until it has so many bytes.
const BATCH_BYTES: usize = 1 << 20;

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// In columns, for people.
    Columns,
    /// One object of JSON for each row.
    Json,
    /// As CSV.
    Csv,
    /// As CSV on a terminal: what that would act on is made visible.
    CsvOnTerminal,
}

/// A question, and the lines that have come for it.
#[derive(Debug)]
pub struct Question {
    statement: String,
    answer: Answer,
    zone: Zone,
    names: Vec<String>,
    batches: VecDeque<Batch>,
    bytes: usize,
    /// Lines that had to go.
    gone: usize,
}

impl Question {
    /// A question to the logs of containers of these names.
    pub fn new((statement, answer): (String, Answer), zone: Zone, names: Vec<String>) -> Question {
        Question { statement, answer, zone, names, batches: VecDeque::new(), bytes: 0, gone: 0 }
    }

    /// Takes the next line.
    pub fn take(&mut self, log: usize, mark: &LineMark, line: &[u8]) {
        if self.batches.back().is_none_or(|batch| batch.bytes.len() > BATCH_BYTES) {
            self.batches.push_back(Batch::default());
        }
        let Some(batch) = self.batches.back_mut() else { return };
        let start = u32::try_from(batch.bytes.len()).unwrap_or(u32::MAX);
        batch.lines.push(LineMark { start, voice: u16::try_from(log).unwrap_or(u16::MAX), ..*mark });
        batch.bytes.extend_from_slice(line);
        self.bytes += line.len() + size_of::<LineMark>();
        while self.bytes > KEPT_BYTES && self.batches.len() > 1 {
            let Some(old) = self.batches.pop_front() else { return };
            self.bytes -= old.bytes.len() + old.lines.len() * size_of::<LineMark>();
            self.gone += old.lines.len();
        }
    }

    /// Asks, when all lines have come. Says what the answer leaves out.
    ///
    /// # Errors
    /// What is wrong with the statement and where, or why it was given up.
    pub async fn ask(self, cancelled: Arc<AtomicBool>) -> Result<Vec<u8>, QueryFailed> {
        let lines = LogLines { batches: self.batches.into_iter().map(Arc::new).collect(), names: self.names };
        let query = LogQuery { statement: self.statement, lines, filters: Arc::default(), zone: self.zone };
        let asking = tokio::task::spawn_blocking(move || answer_query(&query, cancelled));
        let table = asking.await.map_err(|_| QueryFailed {
            problem: crate::model::Problem::new("SQL", "bowline's own task failed", "see bowline's log"),
            at: None,
        })??;
        tell_what_is_missing(&table, self.gone + table.lines_left_out);
        Ok(match self.answer {
            Answer::Columns => aligned(&table),
            Answer::Json => json_lines(&table),
            Answer::Csv => csv(&table),
            Answer::CsvOnTerminal => clean_lines(&String::from_utf8_lossy(&csv(&table))).into_owned().into_bytes(),
        })
    }
}

fn tell_what_is_missing(table: &LogTable, older: usize) {
    if older > 0 {
        complain(&format!("SQL: {older} older lines had no room; --since or --tail leaves them out"));
    }
    if table.fields_left_out > 0 {
        complain(&format!("SQL: {} fields have no column: too many", table.fields_left_out));
    }
    if table.has_more {
        complain(&format!("SQL: only the first {} rows: LIMIT and OFFSET tell which", table.rows.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answered(answer: Answer) -> String {
        let line = br#"{"msg":"a\u001b]0;owned\u0007\u007f\u009b2J\tb\nc"}"#;
        let mut question = Question::new(("SELECT message FROM log".into(), answer), Zone::UTC, vec!["web".into()]);
        question.take(0, &LineMark { len: line.len() as u32, ..LineMark::default() }, line);
        let bytes = question.ask(Arc::default()).await.expect("an answer");
        String::from_utf8(bytes).expect("text")
    }

    #[tokio::test]
    async fn on_a_terminal_nothing_acts_and_a_file_has_what_was_written() {
        let whole = "a\x1b]0;owned\x07\x7f\u{9b}2J\tb\nc";
        assert_eq!(answered(Answer::Csv).await, format!("message\n\"{whole}\"\n"));
        let visible = "message\n\"a^[]0;owned^G^?<9b>2J\tb\nc\"\n";
        assert_eq!(answered(Answer::CsvOnTerminal).await, visible);
        let json = answered(Answer::Json).await;
        assert!(!json.trim_end().chars().any(char::is_control), "{json:?}");
        let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(read["message"], whole);
        assert!(!answered(Answer::Columns).await.contains('\x1b'));
    }
}
