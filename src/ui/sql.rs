//! A statement in SQL and the table that answers it.

use super::Role;
use super::canvas::{Canvas, Part, tone_role};
use super::table::{self, Heading};
use crate::app::fit::Priority;
use crate::app::{App, SqlAnswer, SqlColumn, SqlView, sql_columns, sql_lines, sql_rows_place};
use crate::model::{Cell, LogTable, Tone};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Paints the answer into its frame.
pub fn draw(app: &App, canvas: &mut Canvas, area: Rect, view: &SqlView) {
    let place = sql_rows_place(app, view);
    let title = (area.x + 7, area.right().saturating_sub(2));
    let dim = canvas.style(Role::Dim);
    match &view.answer {
        SqlAnswer::None(_) => draw_lines(canvas, place, view),
        SqlAnswer::Failed(_) => {
            canvas.title_words(title, area.y, &[Part::new(Priority::Usual, "failed", canvas.style(Role::Bad))]);
            draw_lines(canvas, place, view);
        }
        SqlAnswer::Waiting(_, since) => {
            canvas.text(place.x, area.y + 1, &view.statement, dim, place.width);
            let seconds = app.now.since(*since).max(0.0) as u64;
            let words = format!("asking, {seconds} s");
            canvas.text(place.x, place.y, &words, canvas.style(Role::Busy), place.width);
        }
        SqlAnswer::Table(answer, seconds) => {
            canvas.text(place.x, area.y + 1, &view.statement, dim, place.width);
            let columns = sql_columns(answer, view.first, place);
            let parts = summary(canvas, view, answer, *seconds, &columns);
            canvas.title_words(title, area.y, &parts);
            draw_table(canvas, place, view, answer, &columns);
        }
    }
}

/// A guide, or what went wrong.
fn draw_lines(canvas: &mut Canvas, place: Rect, view: &SqlView) {
    let lines = sql_lines(view, place.width);
    for ((line, tone), y) in lines.iter().skip(view.cursor.row()).zip(place.y..place.bottom()) {
        let style = match tone {
            None => canvas.style(Role::Dim),
            Some(Tone::Plain) => Style::new().add_modifier(Modifier::BOLD),
            Some(tone) => canvas.style(tone_role(*tone)),
        };
        canvas.text(place.x, y, line, style, place.width);
    }
}

/// How many rows of what, and what is not among them.
fn summary(canvas: &Canvas, view: &SqlView, answer: &LogTable, seconds: f64, columns: &[SqlColumn]) -> Vec<Part> {
    let part = |weight, role: Role, text: String| Part::new(weight, text, canvas.style(role));
    let rows = answer.rows.len();
    let mut parts = vec![match answer.has_more {
        true => part(Priority::Most, Role::Warn, format!("only the first {rows} rows")),
        false if rows == 1 => part(Priority::Most, Role::Dim, "1 row".into()),
        false => part(Priority::Most, Role::Dim, format!("{rows} rows")),
    }];
    let last = columns.last().map_or(0, |column| column.index + 1);
    if columns.len() < answer.columns.len() {
        let words = format!("columns {}-{last} of {}", view.first + 1, answer.columns.len());
        parts.push(part(Priority::High, Role::Focus, words));
    }
    if answer.lines_left_out > 0 {
        parts.push(part(Priority::High, Role::Warn, format!("{} older lines had no room", answer.lines_left_out)));
    }
    if answer.fields_left_out > 0 {
        parts.push(part(Priority::Usual, Role::Warn, format!("{} fields without a column", answer.fields_left_out)));
    }
    parts.push(part(Priority::Low, Role::Dim, format!("{seconds:.2} s")));
    parts.push(part(Priority::Low, Role::Dim, format!("{} loaded lines of {}", answer.lines, view.name)));
    parts
}

fn draw_table(canvas: &mut Canvas, place: Rect, view: &SqlView, answer: &LogTable, columns: &[SqlColumn]) {
    let headings = columns.iter().filter_map(|column| {
        let known = answer.columns.get(column.index)?;
        let place = (column.x, column.x + column.width);
        Some(Heading { title: &known.name, place, is_figure: known.is_number, sorted: false })
    });
    table::headings(canvas, place.y.saturating_sub(1), headings);
    if answer.rows.is_empty() {
        canvas.text(place.x, place.y, "no rows", canvas.style(Role::Dim), place.width);
    }
    // The cursor stands in the margin.
    let margin = Rect { x: place.x.saturating_sub(1), width: place.width + 2, ..place };
    table::rows(canvas, margin, (view.cursor, answer.rows.len()), true, |canvas, row, index| {
        for column in columns {
            if let (Some(cell), Some(known)) = (answer.rows[index].get(column.index), answer.columns.get(column.index))
            {
                draw_cell(canvas, row.y, column, cell, known.is_number);
            }
        }
    });
}

/// A value: numbers to the right, nothing dim.
fn draw_cell(canvas: &mut Canvas, y: u16, column: &SqlColumn, cell: &Cell, among_numbers: bool) {
    let text = cell.shown();
    let style = if *cell == Cell::Null { canvas.style(Role::Dim) } else { Style::new() };
    if among_numbers || cell.is_number() {
        canvas.right(column.x + column.width, y, &text, style, column.width);
    } else {
        canvas.text(column.x, y, &text, style, column.width);
    }
}
