//! A line of a log, whole: what it holds, and what was written.

use super::view::LogView;
use crate::app::action::Action;
use crate::app::component::Cx;
use crate::app::overlay::Overlay;
use crate::app::widgets::text::Text;
use crate::app::widgets::units;
use crate::app::widgets::wrap::Breaks;
use crate::model::log_text::plain;
use crate::model::{Level, LogFields, Stream, text};

/// Lines of one entry that are shown at most.
const ENTRY_MOST: usize = 1000;

impl LogView {
    /// Shows the current line whole, with all that belongs to its entry.
    pub(super) fn open_line(&self, cx: &Cx) -> Action {
        let Some(line) = self.current_line(cx.size(), &cx.options.logs) else { return cx.warn("no line to show yet") };
        let lines = self.whole_line(cx, line);
        Action::Open(Box::new(Overlay::Text(Text::lines("Line", lines, Breaks::Anywhere))))
    }

    fn whole_line(&self, cx: &Cx, line: i64) -> Vec<String> {
        let Some((mark, bytes)) = self.line(line) else { return Vec::new() };
        let mut scratch = String::new();
        plain(bytes, &mut scratch);
        let voice = self.merge.as_ref().and_then(|merge| merge.voices.get(usize::from(mark.voice)));
        let name = voice.map_or(self.name.as_str(), |voice| voice.name());
        let stream = if mark.stream == Stream::Err { "stderr" } else { "stdout" };
        let level = if mark.level == Level::None { String::new() } else { format!("  {}", mark.level.word()) };
        let time = units::date_and_clock(mark.at, cx.options.logs.utc_offset);
        let mut lines = vec![format!("{time}  {name}  {stream}{level}"), String::new()];
        if let Some(fields) = LogFields::read(&scratch) {
            let message = text::clean(&fields.message).into_owned();
            lines.extend([message, String::new()].into_iter().filter(|_| !fields.message.is_empty()));
            let widest = fields.fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(24);
            for (name, value) in &fields.fields {
                lines.push(format!("{:widest$}  {}", text::clean(name), text::clean(value)));
            }
            lines.extend([String::new(), format!("as written ({}):", fields.format.name())]);
        }
        lines.push(scratch);
        lines.extend(self.rest_of_entry(line));
        if mark.cut {
            lines.push("… there was more: the line is longer than is kept".into());
        }
        lines
    }

    /// The lines that go on with an entry.
    fn rest_of_entry(&self, line: i64) -> Vec<String> {
        let following = std::iter::successors(self.after(line), |line| self.after(*line));
        let going_on = following.map_while(|line| self.line(line).filter(|(mark, _)| mark.continues));
        let text = |(_, bytes): (_, &[u8])| {
            let mut line = String::new();
            plain(bytes, &mut line);
            line
        };
        going_on.take(ENTRY_MOST).map(text).collect()
    }
}
