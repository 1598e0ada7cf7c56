//! The lines of a log as what a question in SQL is about.

use super::LogView;
use crate::app::action::Action;
use crate::app::component::Cx;
use crate::model::{Batch, LineMark, LogLines, LogQuery, Zone};
use crate::services::log_query;
use std::sync::Arc;

impl LogView {
    /// Asks for a statement, and tells which columns there are.
    pub(super) fn ask_sql(&self, cx: &Cx) -> Action {
        if self.ring.is_empty() {
            return cx.warn("no lines to ask yet");
        }
        let newest = (self.ring.first()..self.ring.end()).rev().filter_map(|number| self.ring.line(number));
        let columns = log_query::columns(newest.map(|(_, bytes)| bytes));
        Action::AskSql(self.name.clone(), columns)
    }

    /// A question to all its lines: those that are loaded, and those that filters found. None without lines.
    pub(in crate::app) fn question(&self, statement: &str, zone: Zone) -> Option<LogQuery> {
        let found = self.found_lines();
        let found = (!found.lines.is_empty()).then(|| Arc::new(found));
        // The lines are shared: a log is large, and this is said between two frames.
        let batches: Vec<Arc<Batch>> = found.into_iter().chain(self.ring.batches().cloned()).collect();
        let names = match &self.merge {
            Some(merge) => merge.voices.iter().map(|voice| voice.name().to_string()).collect(),
            None => vec![self.name.clone()],
        };
        let filters = self.filters.active().clone();
        let statement = statement.to_string();
        let lines = LogLines { batches, names };
        (!lines.batches.is_empty()).then_some(LogQuery { statement, lines, filters, zone })
    }

    /// Lines that are shown and older than what is loaded.
    fn found_lines(&self) -> Batch {
        let mut found = Batch::default();
        let older = self.shown(i64::MIN, self.ring.first().saturating_sub(1));
        for (mark, bytes) in older.filter_map(|number| self.line(number)) {
            found.lines.push(LineMark { start: found.bytes.len() as u32, ..*mark });
            found.bytes.extend_from_slice(bytes);
        }
        found
    }
}
