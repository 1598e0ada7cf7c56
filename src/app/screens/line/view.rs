//! A line of a log on the screen, whole, with all that belongs to its entry.

use super::content;
use crate::app::options::LogOptions;
use crate::app::panes::inspect::InspectView;
use crate::app::panes::log::{LogView, OpenLine};
use crate::app::widgets::text::Text;
use crate::app::widgets::units;
use crate::app::widgets::wrap::Breaks;
use crate::model::log_text::plain;
use crate::model::{Document, Level, LineMark, Stream, document_of_line};
use std::sync::Arc;

/// Bytes of an entry that are shown as text at most.
const TEXT_MOST: usize = 256 << 10;

/// A line of a log, shown whole.
#[derive(Debug, Clone)]
pub struct LineView {
    /// Which line it is: its number, its time, whose it is.
    pub title: String,
    /// What it holds.
    pub body: LineBody,
    /// The line in its log.
    pub(super) line: OpenLine,
    /// What the container wrote, byte for byte.
    pub(super) written: Vec<u8>,
}

/// What a line holds.
#[derive(Debug, Clone)]
pub enum LineBody {
    /// An object, a list or pairs.
    Tree(Box<InspectView>),
    /// Words, and what goes on with them.
    Text(Text),
}

impl LineView {
    /// A line of a log by its number; of what goes on with an entry the whole entry. None if there is no such line.
    pub(in crate::app) fn of(log: &LogView, number: i64, options: &LogOptions) -> Option<LineView> {
        let entry = log.entry(number);
        let head = *entry.first()?;
        let (mark, bytes) = log.line(head)?;
        let lines: Vec<(&LineMark, &[u8])> = entry.iter().filter_map(|line| log.line(*line)).collect();
        let written = lines.iter().map(|(_, bytes)| *bytes).collect::<Vec<_>>().join(&b'\n');
        let document = if lines.len() == 1 { document_of_line(bytes) } else { Ok(None) };
        let body = match document {
            Ok(Some(document)) => LineBody::Tree(Box::new(tree(log, document))),
            Ok(None) => LineBody::Text(text(&lines, None)),
            Err(why) => LineBody::Text(text(&lines, Some(&why))),
        };
        Some(LineView {
            title: title(log, head, mark, options),
            body,
            line: log.open_line_of(head, mark, bytes),
            written,
        })
    }

    /// Another line of the same log, looked at in the same way.
    pub(super) fn beside(&self, log: &LogView, forward: bool, options: &LogOptions) -> Option<(i64, LineView)> {
        let number = log.entry_beside(log.find(&self.line)?, forward)?;
        let mut next = LineView::of(log, number, options)?;
        match (&mut next.body, &self.body) {
            (LineBody::Tree(tree), LineBody::Tree(before)) => **tree = (**tree).clone().looked_at_like(before),
            (LineBody::Text(text), LineBody::Text(before)) => text.filter.clone_from(&before.filter),
            (LineBody::Tree(_), LineBody::Text(_)) | (LineBody::Text(_), LineBody::Tree(_)) => {}
        }
        Some((number, next))
    }
}

/// The object of a line. What the log shows beside it is no secret here.
fn tree(log: &LogView, document: Document) -> InspectView {
    InspectView::of_document(log.id.clone(), &log.name, Arc::new(document))
}

/// An entry as text: the fields of its first line, where it has some, and what was written.
fn text(lines: &[(&LineMark, &[u8])], no_tree: Option<&str>) -> Text {
    let mut shown = Vec::new();
    let mut left = TEXT_MOST;
    for (place, (mark, bytes)) in lines.iter().enumerate() {
        let mut line = String::new();
        plain(bytes, &mut line);
        if place == 0 {
            shown.extend(no_tree.map(|why| format!("no tree: {why}")));
            shown.extend(no_tree.map(|_| String::new()));
            shown.extend(content::table(&line).unwrap_or_default());
        }
        if place > 0 && line.len() > left {
            shown.push(format!("… {} more lines of this entry", lines.len() - place));
            break;
        }
        let behind = line.split_off(line.floor_char_boundary(left)).len();
        left -= line.len();
        shown.push(line);
        if behind > 0 {
            shown.push(format!("… {} KiB more are kept of the line; a save has them", behind.div_ceil(1024)));
        }
        shown.extend(mark.cut().map(|cut| format!("… {cut}: the line is longer than is kept")));
    }
    Text::lines("", shown, Breaks::Anywhere)
}

/// Which line it is. What matters least stands last: a narrow screen cuts it.
fn title(log: &LogView, number: i64, mark: &LineMark, options: &LogOptions) -> String {
    let at = units::date_and_clock(mark.at, options.zone);
    let (date, clock) = at.split_at_checked(10).unwrap_or((&at, ""));
    let name = log.name_of(mark).unwrap_or(&log.name);
    let level = if mark.level == Level::None { "" } else { mark.level.word() };
    let stream = if mark.stream == Stream::Err { "stderr" } else { "" };
    let number = units::grouped(log.ordinal(number) as u64);
    let parts = [format!("Line {number}"), clock.trim().into(), name.into(), level.into(), stream.into(), date.into()];
    parts.into_iter().filter(|part: &String| !part.is_empty()).collect::<Vec<_>>().join("  ")
}
