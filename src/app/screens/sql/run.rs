//! Statements are typed, run, answered, and kept for the session.

use super::view::{SqlAnswer, SqlView};
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::widgets::notice::Notice;
use crate::app::widgets::prompt::Prompt;
use crate::model::{LogTable, QueryFailed, StreamId};
use std::sync::Arc;

/// Statements that are kept.
const HISTORY_MOST: usize = 100;

impl App {
    /// Shows what can be asked of a log with these columns, and asks for a statement.
    pub(in crate::app) fn open_sql(&mut self, name: String, columns: Vec<String>) {
        self.overlays.push(Overlay::Sql(SqlView::new(name, columns)));
        self.edit_sql("");
    }

    /// Asks for a statement, beginning with one; earlier ones are at the arrow up.
    pub(in crate::app) fn edit_sql(&mut self, statement: &str) {
        self.ask_text(Prompt::sql(statement, self.statements.clone()));
    }

    /// Runs a statement on the log on screen.
    pub(in crate::app) fn run_sql(&mut self, statement: &str) -> Vec<Effect> {
        let statement = statement.trim();
        let view = self.log.as_ref();
        let question = view.and_then(|view| view.question(statement, self.options.logs.zone));
        let Some((question, name)) = question.zip(view.map(|view| view.name.clone())) else {
            let why =
                if self.log.is_some() { "no lines to ask yet" } else { "no log is open: select a container first" };
            self.notice = Some(Notice::warn(why, self.now));
            return Vec::new();
        };
        self.statements.retain(|known| known != statement);
        self.statements.push(statement.to_string());
        let over = self.statements.len().saturating_sub(HISTORY_MOST);
        self.statements.drain(..over);
        let stream = self.streams.next_id();
        let before = self.overlays.pop_if(|overlay| matches!(overlay, Overlay::Sql(_)));
        let awaited = if let Some(Overlay::Sql(before)) = &before { before.awaited() } else { None };
        self.overlays.push(Overlay::Sql(SqlView::waiting(name, statement, stream, self.now)));
        let cancel = awaited.map(Effect::CancelQuery);
        cancel.into_iter().chain([Effect::Query(stream, Arc::new(question))]).collect()
    }

    /// A statement was answered, after so many seconds.
    pub(in crate::app) fn answered(
        &mut self,
        stream: StreamId,
        answer: Result<Arc<LogTable>, QueryFailed>,
        seconds: f64,
    ) {
        let answer = match answer {
            Ok(table) => SqlAnswer::Table(table, seconds),
            Err(failed) => SqlAnswer::Failed(failed),
        };
        for overlay in &mut self.overlays {
            if let Overlay::Sql(view) = overlay
                && view.take(stream, &answer)
            {
                break;
            }
        }
    }

    /// The questions that are being answered.
    pub(in crate::app) fn unanswered(&self) -> Vec<StreamId> {
        let awaited = |overlay: &Overlay| if let Overlay::Sql(view) = overlay { view.awaited() } else { None };
        self.overlays.iter().filter_map(awaited).collect()
    }

    /// True while a statement on top is being answered.
    pub(in crate::app) fn awaits_answer(&self) -> bool {
        matches!(self.overlays.last(), Some(Overlay::Sql(view)) if view.awaited().is_some())
    }
}
