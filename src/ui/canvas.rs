//! The only way from text to cells. Nothing hostile passes: what a container wrote becomes visible text or nothing.

use super::{Appearance, Glyphs, Role, Theme};
use crate::app::fit::{Priority, fit};
use crate::app::wrap;
use crate::model::Search;
use crate::model::{Container, Standing, State, Tone, text};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Longest cluster of characters kept in one cell, bytes.
const CLUSTER_MAX: usize = 32;

/// A part of a title, of the header, or of the foot of a layer.
pub struct Part {
    pub text: String,
    pub style: Style,
    pub weight: Priority,
    /// Columns that it stands further from what is before it than others do.
    pub lead: u16,
}

impl Part {
    pub fn new(weight: Priority, text: impl Into<String>, style: Style) -> Part {
        Part { text: text.into(), style, weight, lead: 0 }
    }

    pub fn after(self, lead: u16) -> Part {
        Part { lead, ..self }
    }
}

impl Part {
    /// Its columns, with what is before it. Nothing for an empty one.
    pub fn width(&self) -> u16 {
        if self.text.is_empty() { 0 } else { self.lead + self.text.width() as u16 }
    }
}

fn weights(parts: &[Part]) -> Vec<(Priority, u16)> {
    parts.iter().map(|part| (part.weight, part.width())).collect()
}

/// A buffer with the look of this session.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    look: &'a Appearance,
}

impl<'a> Canvas<'a> {
    pub fn new(buffer: &'a mut Buffer, look: &'a Appearance) -> Self {
        Self { buffer, look }
    }

    pub fn theme(&self) -> &'a Theme {
        &self.look.theme
    }

    pub fn glyphs(&self) -> &'a Glyphs {
        &self.look.glyphs
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.look.theme.style(role)
    }

    /// Writes text from `x` on, at most `width` columns; returns the column after it. What does not fit ends in an ellipsis.
    pub fn text(&mut self, x: u16, y: u16, text: &str, style: Style, width: u16) -> u16 {
        let end = x.saturating_add(width).min(self.buffer.area.right());
        let fits =
            text.len() <= usize::from(end.saturating_sub(x)) || text.width() <= usize::from(end.saturating_sub(x));
        if fits {
            return self.put(x, y, text, style, end);
        }
        let stop = self.put(x, y, text, style, end.saturating_sub(1));
        if stop < end { self.put(stop, y, self.look.glyphs.ellipsis, style, end) } else { stop }
    }

    /// Writes text as [`Canvas::text`] does, but what does not fit is left out in its middle: names differ at their ends.
    pub fn text_middle(&mut self, x: u16, y: u16, text: &str, style: Style, width: u16) -> u16 {
        if text.width() <= usize::from(width) || width < 4 {
            return self.text(x, y, text, style, width);
        }
        let kept = usize::from(width) - 1;
        let mut tail = text.len();
        for (index, _) in text.grapheme_indices(true).rev() {
            if text[index..].width() > kept / 2 {
                break;
            }
            tail = index;
        }
        let end = x + width - text[tail..].width() as u16;
        let stop = self.put(x, y, text, style, end - 1);
        self.put(stop, y, self.look.glyphs.ellipsis, style, end);
        self.put(stop + 1, y, &text[tail..], style, x + width)
    }

    /// Writes text that ends at column `end` (exclusive).
    pub fn right(&mut self, end: u16, y: u16, text: &str, style: Style, width: u16) -> u16 {
        let used = (text.width() as u16).min(width);
        self.text(end.saturating_sub(used), y, text, style, used);
        end.saturating_sub(used)
    }

    /// Writes a sentence, in as many rows of an area as it takes. One that is longer still ends in an ellipsis.
    pub fn sentence(&mut self, area: Rect, text: &str, style: Style) {
        let rows = wrap::words(text, area.width.into());
        let last = usize::from(area.height).min(rows.len()).saturating_sub(1);
        for ((index, row), y) in rows.iter().enumerate().zip(area.y..area.bottom()) {
            let more = index == last && index + 1 < rows.len();
            let end = area.right().saturating_sub(u16::from(more));
            let x = self.put(area.x, y, row, style, end);
            if more {
                self.put(x, y, self.look.glyphs.ellipsis, style, area.right());
            }
        }
    }

    /// Writes text without an ellipsis.
    pub fn put(&mut self, mut x: u16, y: u16, text: &str, style: Style, end: u16) -> u16 {
        let area = self.buffer.area;
        if y < area.y || y >= area.bottom() || x < area.x {
            return x;
        }
        let end = end.min(area.right());
        if text.is_ascii() {
            for (byte, cell) in text.bytes().zip(self.cells(x, y, end)) {
                let shown = if byte.is_ascii_control() { ' ' } else { char::from(byte) };
                cell.set_char(shown).set_style(style);
                x += 1;
            }
            return x;
        }
        for cluster in text.graphemes(true) {
            let hostile = cluster.chars().any(text::is_hostile) || cluster.len() > CLUSTER_MAX;
            let cluster = if hostile { "\u{fffd}" } else { cluster };
            let cluster = if self.look.glyphs.ascii { ascii_twin(cluster) } else { cluster };
            let width = cluster.width() as u16;
            if width == 0 {
                continue;
            }
            if x + width > end {
                break;
            }
            self.buffer[(x, y)].set_symbol(cluster).set_style(style);
            for rest in 1..width {
                self.buffer[(x + rest, y)].reset();
                self.buffer[(x + rest, y)].set_style(style);
            }
            x += width;
        }
        x
    }

    /// Writes text as [`Canvas::put`] does, with the hits of a search in it.
    pub fn put_hits(
        &mut self,
        (mut x, y): (u16, u16),
        text: &str,
        style: Style,
        end: u16,
        search: Option<&Search>,
    ) -> u16 {
        let hit = style.patch(self.style(Role::Hit));
        let mut at = 0;
        for range in search.into_iter().flat_map(|search| search.ranges(text.as_bytes())) {
            x = self.put(x, y, &text[at..range.start], style, end);
            x = self.put(x, y, &text[range.clone()], hit, end);
            at = range.end;
        }
        self.put(x, y, &text[at..], style, end)
    }

    /// The cells from `x` to `end` of a line that is inside.
    fn cells(&mut self, x: u16, y: u16, end: u16) -> &mut [Cell] {
        if x >= end {
            return &mut [];
        }
        let start = self.buffer.index_of(x, y);
        &mut self.buffer.content[start..start + usize::from(end - x)]
    }

    /// A symbol of one column, again and again.
    fn repeat(&mut self, (x, y): (u16, u16), symbol: &str, style: Style, end: u16) {
        let area = self.buffer.area;
        if y >= area.y && y < area.bottom() && x >= area.x {
            for cell in self.cells(x, y, end.min(area.right())) {
                cell.set_symbol(symbol).set_style(style);
            }
        }
    }

    /// Gives an area a style without changing its text.
    pub fn tint(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area, style);
    }

    /// Makes a row of a list the one under the cursor.
    pub fn selected(&mut self, row: Rect) {
        if self.theme().plain_selection {
            // The whole row in one look, so that no colour lies on another one.
            let area = Rect { x: row.x + 1, width: row.width.saturating_sub(2), ..row };
            self.tint(area, Style::reset());
            self.tint(area, self.style(Role::Selected));
        } else {
            self.tint(Rect { width: row.width.saturating_sub(1), ..row }, self.style(Role::Selected));
        }
    }

    /// Empties an area and gives it a style.
    pub fn clear(&mut self, area: Rect, style: Style) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                self.buffer[(x, y)].reset();
                self.buffer[(x, y)].set_style(style);
            }
        }
    }

    /// A titled rule; returns the columns left for more between the title and `area`'s right edge.
    pub fn title(&mut self, area: Rect, title: &str, focused: bool) -> (u16, u16) {
        let line = self.style(if focused { Role::Focus } else { Role::Faint });
        self.repeat((area.left(), area.y), self.title_rule(focused), line, area.right());
        if area.width < 6 {
            return (area.x, area.x);
        }
        let style = if focused { self.style(Role::Focus).add_modifier(Modifier::BOLD) } else { self.style(Role::Dim) };
        let x = self.put(area.x + 1, area.y, " ", style, area.right());
        let x = self.text(x, area.y, title, style, area.width.saturating_sub(5));
        let x = self.put(x, area.y, " ", style, area.right());
        (x + 1, area.right().saturating_sub(2))
    }

    /// The rule of a title: the pane that has the keys is seen without colours too.
    fn title_rule(&self, focused: bool) -> &'static str {
        if focused { self.look.glyphs.focus_rule } else { self.look.glyphs.rule[0] }
    }

    /// A rule with the labels of tabs, the one in front marked; returns the columns left for more.
    pub fn tabs(&mut self, area: Rect, labels: &[(u16, u16, &str, bool)], focused: bool) -> (u16, u16) {
        let mut end = area.x + 1;
        let line = self.style(if focused { Role::Focus } else { Role::Faint });
        self.repeat((area.left(), area.y), self.title_rule(focused), line, area.right());
        for (from, to, label, front) in labels {
            let style = match (focused, front) {
                (true, true) => self.style(Role::Focus).add_modifier(Modifier::BOLD),
                // The rule below has a colour already.
                (false, true) => Style::reset().patch(self.style(Role::Text)),
                (_, false) => self.style(Role::Dim),
            };
            self.put(from.saturating_sub(1), area.y, " ", style, area.right());
            self.text(*from, area.y, label, style, to - from);
            self.put(*to, area.y, " ", style, area.right());
            end = to + 2;
        }
        (end, area.right().saturating_sub(2))
    }

    /// Parts at the right end of a titled rule, those that there is room for (see [`fit`]).
    pub fn title_words(&mut self, (from, to): (u16, u16), y: u16, parts: &[Part]) {
        let columns = fit(&weights(parts), to.saturating_sub(from), 2);
        let used: u16 = columns.iter().filter(|columns| **columns > 0).map(|columns| columns + 2).sum();
        let mut x = to.saturating_sub(used);
        for (part, columns) in parts.iter().zip(columns).filter(|(_, columns)| *columns > 0) {
            self.put(x, y, " ", part.style, to);
            self.text(x + 1, y, &part.text, part.style, columns);
            x += columns + 1;
            self.put(x, y, " ", part.style, to);
            x += 1;
        }
    }

    /// Parts from `x` on, those that there is room for before `end`, with a gap behind each. Returns the column after them.
    pub fn parts(&mut self, (x, end): (u16, u16), y: u16, parts: &[Part], gap: u16) -> u16 {
        // Behind the last there need be no gap.
        let columns = fit(&weights(parts), end.saturating_sub(x) + gap, gap);
        let mut x = x;
        for (part, columns) in parts.iter().zip(columns).filter(|(_, columns)| *columns > 0) {
            self.text(x + part.lead, y, &part.text, part.style, columns.saturating_sub(part.lead));
            x += columns + gap;
        }
        x
    }

    /// The vertical line between left and right.
    pub fn divider(&mut self, area: Rect) {
        for y in area.top()..area.bottom() {
            self.put(area.x, y, self.look.glyphs.rule[1], self.style(Role::Faint), area.right());
        }
    }

    /// A frame with a title, its inside emptied.
    pub fn frame(&mut self, area: Rect, title: &str, style: Style) {
        if area.width < 4 || area.height < 2 {
            return;
        }
        self.clear(area, Style::new());
        let [rule, side] = self.look.glyphs.rule;
        let corners = self.look.glyphs.corners;
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        self.repeat((area.left(), area.y), rule, style, area.right());
        self.repeat((area.left(), bottom), rule, style, area.right());
        for y in area.top()..area.bottom() {
            self.put(area.x, y, side, style, area.right());
            self.put(right, y, side, style, area.right());
        }
        for (x, y, corner) in [(area.x, area.y, 0), (right, area.y, 1), (area.x, bottom, 2), (right, bottom, 3)] {
            self.put(x, y, corners[corner], style, area.right());
        }
        let title = format!(" {title} ");
        self.text(area.x + 2, area.y, &title, style.add_modifier(Modifier::BOLD), area.width.saturating_sub(4));
    }

    /// The sign and role of a container's state.
    pub fn state_sign(&self, container: &Container) -> (&'static str, Role) {
        let glyphs = self.look.glyphs;
        match container.standing() {
            Standing::Unhealthy => (glyphs.unhealthy, Role::Warn),
            Standing::Running => (glyphs.running, Role::Ok),
            Standing::Paused => (glyphs.paused, Role::Mark),
            Standing::Restarting => (glyphs.restarting, Role::Bad),
            Standing::Failed => (glyphs.failed, Role::Bad),
            // That it was never started must be seen.
            Standing::Stopped if container.state == State::Created => (glyphs.stopped, Role::Text),
            Standing::Stopped => (glyphs.stopped, Role::Dim),
        }
    }
}

/// Where a sentence stands that fills a pane instead of rows.
pub fn inset(rows: Rect) -> Rect {
    Rect { x: rows.x + 2.min(rows.width), width: rows.width.saturating_sub(3), ..rows }
}

/// The role of a tone.
pub fn tone_role(tone: Tone) -> Role {
    match tone {
        Tone::Plain => Role::Dim,
        Tone::Good => Role::Ok,
        Tone::Busy => Role::Busy,
        Tone::Warn => Role::Warn,
        Tone::Bad => Role::Bad,
    }
}

/// The ASCII form of a cluster.
fn ascii_twin(cluster: &str) -> &str {
    match cluster {
        _ if cluster.is_ascii() => cluster,
        "→" => ">",
        "…" => "~",
        "·" => "-",
        "•" => "*",
        "×" => "x",
        "−" | "–" | "—" => "-",
        // Lines and blocks that programs draw with.
        "─" | "━" | "═" => "-",
        "│" | "┃" | "║" => "|",
        _ if cluster.chars().all(|c| matches!(c, '\u{2500}'..='\u{257f}')) => "+",
        _ if cluster.chars().all(|c| matches!(c, '\u{2580}'..='\u{259f}')) => "#",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::super::theme::Depth;
    use super::*;
    use proptest::prelude::*;

    fn look(glyphs: Glyphs) -> Appearance {
        Appearance { theme: Theme::named("dark", Depth::Indexed).unwrap(), glyphs }
    }

    fn painted(text: &str, width: u16, glyphs: Glyphs) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 1));
        Canvas::new(&mut buffer, &look(glyphs)).text(0, 0, text, Style::new(), width);
        buffer.content.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_string()
    }

    #[test]
    fn what_does_not_fit_ends_in_an_ellipsis() {
        assert_eq!(painted("abcdefghij", 6, Glyphs::UNICODE), "abcde…");
        assert_eq!(painted("abcdef", 6, Glyphs::UNICODE), "abcdef");
        assert_eq!(painted("größer", 6, Glyphs::ASCII), "gr??er");
    }

    #[test]
    fn a_sentence_takes_the_rows_it_needs_and_says_where_it_is_cut() {
        let written = |height: u16| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 4));
            let area = Rect::new(1, 0, 10, height);
            Canvas::new(&mut buffer, &look(Glyphs::UNICODE)).sentence(
                area,
                "stop it first, or take it away",
                Style::new(),
            );
            let rows = buffer.content.chunks(12);
            rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(written(4), ["stop it", "first, or", "take it", "away"]);
        assert_eq!(written(2), ["stop it", "first, or…", "", ""]);
    }

    #[test]
    fn a_name_that_does_not_fit_keeps_its_end() {
        let cut = |name: &str, width| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 1));
            Canvas::new(&mut buffer, &look(Glyphs::UNICODE)).text_middle(0, 0, name, Style::new(), width);
            buffer.content.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_string()
        };
        assert_eq!(cut("gateway-production-1", 12), "gatewa…ion-1");
        assert_eq!(cut("gateway-1", 12), "gateway-1");
        assert_eq!([cut("gateway-1", 4), cut("gateway-1", 3), cut("gateway-1", 0)], ["ga…1", "ga…", ""]);
        assert_eq!(cut("größte-größe", 7), "grö…öße");
    }

    proptest! {
        #[test]
        fn no_text_brings_a_hostile_character_into_a_cell(text in any::<String>(), width in 0u16..50) {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 2));
            let look = look(Glyphs::UNICODE);
            Canvas::new(&mut buffer, &look).text(3, 0, &text, Style::new(), width);
            for cell in &buffer.content {
                prop_assert!(!cell.symbol().chars().any(text::is_hostile));
            }
        }

        #[test]
        fn an_ascii_terminal_gets_ascii_only(text in any::<String>()) {
            prop_assert!(painted(&text, 40, Glyphs::ASCII).is_ascii());
        }
    }
}
