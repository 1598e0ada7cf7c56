//! Where the parts of an answer are on the screen: what is drawn, scrolled and clicked goes by the same.

use super::view::{SqlAnswer, SqlView, guide};
use crate::app::state::App;
use crate::app::widgets::frame;
use crate::app::widgets::wrap::{self, Breaks};
use crate::model::{LogTable, QueryFailed, Tone};
use ratatui::layout::Rect;

/// Columns of the screen that a column of the table takes while others wait for room.
const COLUMN_MOST: u16 = 40;
/// Columns between two.
const GAP: u16 = 2;

/// A column of the table on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqlColumn {
    /// Which one.
    pub index: usize,
    /// Its first column of the screen.
    pub x: u16,
    /// How many it takes.
    pub width: u16,
}

/// Where the rows of a table, or the lines of a text, are: below the statement, and the headings.
pub fn rows_place(app: &App, view: &SqlView) -> Rect {
    let inner = frame::inner(frame::whole(app.size));
    let statement = u16::from(!matches!(view.answer, SqlAnswer::None(_) | SqlAnswer::Failed(_)));
    let headings = u16::from(view.table().is_some());
    let above = (statement + headings).min(inner.height);
    Rect { y: inner.y + above, height: inner.height - above, ..inner }
}

/// The columns on the screen, from the first that is shown. There is at least one.
pub fn columns(table: &LogTable, first: usize, place: Rect) -> Vec<SqlColumn> {
    let natural = |index: usize| table.columns.get(index).map_or(0, |column| column.width.min(1000) as u16).max(1);
    let mut shown: Vec<SqlColumn> = Vec::new();
    let mut x = place.x;
    for index in first..table.columns.len() {
        let room = place.right().saturating_sub(x);
        let width = natural(index).min(COLUMN_MOST);
        // What is cut at the edge still shows how it begins.
        if !shown.is_empty() && room < width.min(8) {
            break;
        }
        let width = width.min(room);
        shown.push(SqlColumn { index, x, width });
        x = x.saturating_add(width + GAP);
    }
    widen(&mut shown, place.right().saturating_sub(x.saturating_sub(GAP)), natural);
    shown
}

/// Gives what is left of the room to columns that need it.
fn widen(shown: &mut [SqlColumn], mut left: u16, natural: impl Fn(usize) -> u16) {
    let mut shift = 0;
    for column in shown {
        column.x += shift;
        let more = natural(column.index).saturating_sub(column.width).min(left);
        column.width += more;
        shift += more;
        left -= more;
    }
}

/// The lines below the statement where there is no table: a guide, or what went wrong.
pub fn lines(view: &SqlView, width: u16) -> Vec<(String, Option<Tone>)> {
    match &view.answer {
        SqlAnswer::None(columns) => {
            let rows = |line: String| {
                let indent = line.len() - line.trim_start().len();
                let tone = (indent == 0).then_some(Tone::Plain);
                let rows = wrap::words(line.trim_start(), usize::from(width).saturating_sub(indent).max(1));
                rows.into_iter().map(move |row| (format!("{:indent$}{row}", ""), tone)).collect::<Vec<_>>()
            };
            guide(columns).into_iter().flat_map(rows).collect()
        }
        SqlAnswer::Failed(failed) => fault(&view.statement, failed, width),
        SqlAnswer::Waiting(..) | SqlAnswer::Table(..) => Vec::new(),
    }
}

/// A statement with a sign below the place that is wrong, and what is wrong there.
fn fault(statement: &str, failed: &QueryFailed, width: u16) -> Vec<(String, Option<Tone>)> {
    let mut lines: Vec<(String, Option<Tone>)> = Vec::new();
    let mut start = 0;
    for row in wrap::lines(statement, usize::from(width).max(1), Breaks::Anywhere) {
        lines.push((row.to_string(), None));
        let end = start + row.len();
        let at = failed.at.filter(|at| (start..end).contains(at) || *at == end && end == statement.len());
        if let Some(before) = at.and_then(|at| row.get(..at - start)) {
            let columns = unicode_width::UnicodeWidthStr::width(before).min(usize::from(width).saturating_sub(1));
            lines.push((format!("{:columns$}^", ""), Some(Tone::Bad)));
        }
        start = end;
    }
    lines.push((String::new(), None));
    let words = |text: &str, tone| wrap::words(text, usize::from(width)).into_iter().map(move |row| (row, tone));
    lines.extend(words(&failed.problem.cause, Some(Tone::Bad)));
    if !failed.problem.hint.is_empty() {
        lines.extend(words(&failed.problem.hint, Some(Tone::Plain)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cell, Problem};

    fn widths(table: &LogTable, first: usize, width: u16) -> Vec<(usize, u16, u16)> {
        let place = Rect { x: 2, y: 0, width, height: 5 };
        columns(table, first, place).into_iter().map(|column| (column.index, column.x, column.width)).collect()
    }

    #[test]
    fn columns_take_what_they_need_and_long_ones_what_is_left() {
        let long = "x".repeat(60);
        let rows = vec![vec![Cell::Integer(12), Cell::Text(long), Cell::Text("abc".into())]];
        let table = LogTable::new(vec!["n".into(), "long".into(), "c".into()], rows);
        assert_eq!(widths(&table, 0, 100), [(0, 2, 2), (1, 6, 60), (2, 68, 3)]);
        assert_eq!(widths(&table, 0, 60), [(0, 2, 2), (1, 6, 51), (2, 59, 3)]);
        assert_eq!(widths(&table, 0, 30), [(0, 2, 2), (1, 6, 26)], "the next one has no room");
        assert_eq!(widths(&table, 1, 30), [(1, 2, 30)]);
        assert_eq!(widths(&table, 2, 30), [(2, 2, 3)]);
    }

    #[test]
    fn a_fault_is_pointed_at_in_whichever_row_it_is() {
        let problem = Problem::new("SQL", "no such column: b", "");
        let text = |at| {
            let failed = QueryFailed { problem: problem.clone(), at };
            fault("SELECT a, b", &failed, 6).into_iter().map(|(line, _)| line).collect::<Vec<_>>()
        };
        assert_eq!(text(Some(10))[..3], ["SELECT", " a, b", "    ^"]);
        assert_eq!(text(None)[..3], ["SELECT", " a, b", ""]);
    }
}
