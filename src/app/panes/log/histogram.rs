//! Lines and errors over the time of a log: bars of an even length of time, from the first line shown to the last.

use super::view::LogView;
use crate::app::component::Cx;
use crate::app::options::LogOptions;
use crate::model::{SECOND, Timestamp};
use ratatui::layout::{Position, Rect};

/// The lengths of time that a bar may stand for, seconds.
const LENGTHS: [i64; 19] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800];
/// Rows of the bars, and of their times below.
pub const ROWS: u16 = 2;
/// Rows that a log has at least where there is a histogram.
pub(super) const NEEDS: usize = 4 * ROWS as usize;
/// Columns left and right of the bars.
const MARGIN: u16 = 2;

/// A bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bar {
    /// Lines.
    pub lines: u64,
    /// Errors among them.
    pub errors: u64,
}

/// Bars over the time of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// The bars, the oldest first.
    pub bars: Vec<Bar>,
    /// The beginning of the first bar.
    pub from: Timestamp,
    /// The length of time that a bar stands for, seconds.
    pub seconds: i64,
}

impl Histogram {
    /// The beginning of a bar.
    pub fn begins(&self, bar: usize) -> Timestamp {
        Timestamp(self.from.0 + bar as i64 * self.seconds * SECOND)
    }

    /// The bar of a moment.
    pub fn bar_at(&self, at: Timestamp) -> usize {
        let bar = (at.0 - self.from.0).div_euclid(self.seconds * SECOND);
        usize::try_from(bar).unwrap_or(0).min(self.bars.len().saturating_sub(1))
    }

    /// The most lines of a bar.
    pub fn peak(&self) -> u64 {
        self.bars.iter().map(|bar| bar.lines).max().unwrap_or(0)
    }
}

/// The beginning and the length of bars, at most so many, over a stretch of time. They begin at whole multiples of their length, so
/// that they stand still while lines come.
fn scale(first: Timestamp, last: Timestamp, columns: i64) -> (Timestamp, i64) {
    let begins = |length: i64| first.0.div_euclid(length * SECOND) * length * SECOND;
    let fits = |length: &i64| (last.0 - begins(*length)) / (length * SECOND) < columns;
    let length = LENGTHS.into_iter().find(fits).unwrap_or_else(|| {
        // A log of many years.
        (last.0 - first.0) / SECOND / columns.max(1) + 604_800
    });
    (Timestamp(begins(length)), length)
}

impl LogView {
    /// The bars of a pane of this width. None where there are no lines.
    pub fn histogram(&self, width: u16) -> Option<Histogram> {
        let columns = i64::from(width.saturating_sub(2 * MARGIN)).max(1);
        let at = |line| self.line(line).map(|(mark, _)| mark.at);
        let (first, last) = (at(self.first_shown()?)?, at(self.before(i64::MAX)?)?);
        let (from, seconds) = scale(first, last.max(first), columns);
        let count = (last.max(first).0 - from.0) / (seconds * SECOND) + 1;
        let before = |bar: i64| {
            let moment = Timestamp(from.0 + bar * seconds * SECOND);
            let lines = self.filters.shown_before(moment, &self.ring);
            (lines, self.errors.before_time(moment, &self.filters, &self.ring))
        };
        let mut here = before(0);
        let bars = (1..=count).map(|bar| {
            let next = before(bar);
            let (lines, errors) = (next.0.saturating_sub(here.0), next.1.saturating_sub(here.1));
            here = next;
            Bar { lines: lines as u64, errors: errors as u64 }
        });
        Some(Histogram { bars: bars.collect(), from, seconds })
    }

    /// The moment of the first line on screen; of the last one where new lines are followed.
    pub fn moment_on_screen(&self) -> Option<Timestamp> {
        let line = match self.held_line() {
            Some(line) => self.at_or_after(line),
            None => self.before(i64::MAX),
        };
        self.line(line?).map(|(mark, _)| mark.at)
    }

    /// To the bar before or behind the one on screen that has lines.
    pub(super) fn step_bar(&mut self, cx: &Cx, forward: bool) -> bool {
        let Some((histogram, at)) = self.histogram(cx.area.width).zip(self.moment_on_screen()) else { return false };
        let here = histogram.bar_at(at);
        let has_lines = |bar: &usize| histogram.bars[*bar].lines > 0;
        let bar = match forward {
            true => (here + 1..histogram.bars.len()).find(has_lines),
            false => (0..here).rev().find(has_lines),
        };
        if let Some(bar) = bar {
            self.hold_at(self.filters.at_time(histogram.begins(bar), &self.ring));
        }
        bar.is_some()
    }

    /// A click: on a bar it goes to its time. False if there is none.
    pub(super) fn click_bar(&mut self, cx: &Cx, at: Position) -> bool {
        let rows = Rect { y: cx.area.y.saturating_sub(ROWS), height: ROWS, ..cx.area };
        if !self.has_histogram || !rows.contains(at) {
            return false;
        }
        let Some(histogram) = self.histogram(cx.area.width) else { return false };
        let bar = usize::from((at.x - rows.x).saturating_sub(MARGIN)).min(histogram.bars.len() - 1);
        self.hold_at(self.filters.at_time(histogram.begins(bar), &self.ring));
        true
    }

    /// The rows of the histogram in the area of a log.
    pub fn histogram_rows(&self, area: Rect, preferences: &LogOptions) -> u16 {
        if preferences.histogram && usize::from(area.height) >= NEEDS { ROWS } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_for_a_round_time_and_begin_at_its_multiples() {
        let at = Timestamp::from_seconds;
        assert_eq!(scale(at(100), at(100), 80), (at(100), 1));
        assert_eq!(scale(at(103), at(203), 80), (at(102), 2));
        assert_eq!(scale(at(3601), at(7300), 60), (at(3600), 120));
        let (from, seconds) = scale(at(0), at(400_000_000), 10);
        assert!(from == at(0) && seconds * 10 > 400_000_000);
    }
}
