//! Where the charts of the selected container are, and which moments their columns stand for.

use crate::app::layout::Pane;
use crate::app::state::App;
use crate::app::widgets::wrap;
use crate::model::{Container, Kind, Point, Series, Timestamp};
use ratatui::layout::{Position, Rect};

/// Rows of the card from which on it has charts: the figures, two rows of bars, and the line of facts.
const CHARTS_FROM: u16 = 4;
/// Rows of charts from which on half of them show the hours.
const HOURS_FROM: u16 = 12;
/// Columns between two charts.
const GAP: u16 = 2;
/// Columns of a chart from which on there are more than two side by side.
const CHART_LEAST: u16 = 26;
/// Rows of the graphs below CPU and memory: a figure and bars.
const BAND: u16 = 4;
/// Bands that the card grows by at most.
const BANDS_MOST: u16 = 2;

/// The rows of the charts in the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charts {
    /// The minutes, with the figures in the first row.
    pub fine: Rect,
    /// The hours, with their title in the first row.
    pub hours: Option<Rect>,
    /// The line of further facts.
    pub facts: Rect,
    /// Graphs of one's own that have no room.
    pub hidden: u16,
    /// Charts side by side: CPU, memory, and graphs of one's own.
    count: u16,
    /// Graphs of one's own below them, side by side in each band.
    below: u16,
    in_band: u16,
    /// The bands below.
    bands: Rect,
}

impl Charts {
    /// The charts in what the sentence leaves of the card, with so many graphs of one's own: these give way first. None where it has
    /// no room for any.
    pub fn new(area: Rect, graphs: usize) -> Option<Charts> {
        let bars = area.height.checked_sub(2).filter(|_| area.height >= CHARTS_FROM)?;
        let (beside, below) = arranged(area.width, graphs);
        let in_band = below.min(side_by_side(area.width));
        let wanted = if below == 0 { 0 } else { below.div_ceil(in_band) };
        let hours = if bars >= HOURS_FROM + wanted * BAND { (bars - wanted * BAND) / 2 } else { 0 };
        let above = Rect { height: area.height - 1 - hours, ..area };
        let bands = wanted.min(above.height.saturating_sub(CHARTS_FROM - 1) / BAND);
        let band_rows = if bands == 0 { 0 } else { bands * (above.height / (bands + 1)).max(BAND) };
        let fine = Rect { height: above.height - band_rows, ..above };
        let shown = below.min(bands * in_band);
        Some(Charts {
            fine,
            hours: (hours > 0).then_some(Rect { y: above.bottom(), height: hours, ..area }),
            facts: Rect { y: area.bottom() - 1, height: 1, ..area },
            hidden: below - shown,
            count: 2 + beside,
            below: shown,
            in_band,
            bands: Rect { y: fine.bottom(), height: band_rows, ..area },
        })
    }

    /// The place of a graph of one's own, with its figure in the first row. None where it has no room.
    pub fn own(&self, index: usize) -> Option<Rect> {
        let index = u16::try_from(index).ok()?;
        let beside = self.count - 2;
        if index < beside {
            return Some(self.column(self.fine, 2 + index));
        }
        let below = (index - beside < self.below).then_some(index - beside)?;
        let rows = self.bands.height / self.below.div_ceil(self.in_band);
        let band = Rect { y: self.bands.y + below / self.in_band * rows, height: rows, ..self.bands };
        Some(column_of(band, below % self.in_band, self.in_band))
    }

    /// The place of its hours, below their title.
    pub fn own_hours(&self, index: usize) -> Option<Rect> {
        let index = u16::try_from(index).ok().filter(|index| *index < self.count - 2)?;
        self.hours.map(|hours| self.column(hours, 2 + index))
    }

    /// The columns of a chart among these rows, from the left.
    pub fn column(&self, rows: Rect, index: u16) -> Rect {
        column_of(rows, index, self.count)
    }

    /// The moment that a place stands for.
    fn moment(&self, at: Position, series: &Series) -> Option<u32> {
        let (rows, points) = match self.hours.filter(|hours| hours.contains(at)) {
            Some(hours) => (hours, series.by_minute()),
            None => (self.fine, series.by_column()),
        };
        let columns = (0..self.count).map(|index| self.column(rows, index));
        let own = (0..usize::from(self.count - 2 + self.below)).filter_map(|index| self.own(index));
        let chart = columns.chain(own).filter(|chart| chart.y < at.y).find(|chart| chart.contains(at))?;
        let from_right = usize::from(chart.right() - 1 - at.x);
        points.len().checked_sub(1 + from_right).map(|index| points[index].at)
    }

    /// All moments that the charts show, the oldest first.
    fn moments(&self, series: &Series) -> Vec<u32> {
        let shown = |points: Vec<Point>| {
            let width = usize::from(self.column(self.fine, 0).width);
            let skip = points.len().saturating_sub(width);
            points.into_iter().skip(skip).map(|point| point.at)
        };
        let fine: Vec<u32> = shown(series.by_column()).collect();
        let first = fine.first().copied().unwrap_or(u32::MAX);
        let hours = self.hours.map(|_| shown(series.by_minute()).filter(|at| *at < first));
        hours.into_iter().flatten().chain(fine).collect()
    }
}

/// One of so many charts side by side, from the left.
fn column_of(rows: Rect, index: u16, count: u16) -> Rect {
    let width = rows.width.saturating_sub(GAP * (count - 1)) / count;
    let x = rows.x + index * (width + GAP);
    let is_last = index + 1 == count;
    Rect { x, width: if is_last { rows.right().saturating_sub(x) } else { width }, ..rows }
}

/// Charts that have room side by side.
fn side_by_side(width: u16) -> u16 {
    (width / CHART_LEAST).max(2)
}

/// So many graphs of one's own: beside CPU and memory, and below them.
fn arranged(width: u16, graphs: usize) -> (u16, u16) {
    let graphs = graphs.min(100) as u16;
    let beside = graphs.min(side_by_side(width) - 2);
    (beside, graphs - beside)
}

/// Rows that graphs of one's own need below CPU and memory, in a card of this width.
pub(in crate::app) fn rows_for_graphs(width: u16, graphs: usize) -> u16 {
    let (_, below) = arranged(width, graphs);
    below.div_ceil(side_by_side(width)).min(BANDS_MOST) * BAND
}

/// The index of the point whose column has this moment. None if it is before all of them.
pub fn column_at(points: &[Point], moment: Timestamp) -> Option<usize> {
    let seconds = moment.seconds();
    points.partition_point(|point| i64::from(point.at) <= seconds).checked_sub(1)
}

impl App {
    /// The container whose charts are on screen, where they are, and what they show.
    fn charts(&self) -> Option<(&Container, Charts, &Series)> {
        let area = self.places().gauges.filter(|_| self.view == Kind::Container && self.group().is_none())?;
        let container = self.fleet.selected()?;
        let series = self.snapshot.usage_of(container).filter(|series| series.unread.is_none())?;
        let charts = Charts::new(self.below_sentence(card(area)), self.graphs.count(container))?;
        Some((container, charts, series))
    }

    /// The rows of the card below the sentence.
    fn below_sentence(&self, area: Rect) -> Rect {
        let sentence = self.why_of_selected().and_then(|view| view.sentence());
        let used = sentence.map_or(0, |sentence| wrap::words(sentence, area.width.into()).len());
        let used = (used as u16).min(area.height);
        Rect { y: area.y + used, height: area.height - used, ..area }
    }

    /// The container whose charts are on screen, and all moments that they show, the oldest first.
    pub(super) fn chart_moments(&self) -> Option<(&Container, Vec<u32>)> {
        let (container, charts, series) = self.charts()?;
        Some((container, charts.moments(series)))
    }

    /// The container whose chart is at a place, and the moment of that place.
    pub(super) fn chart_moment_at(&self, at: Position) -> Option<(&Container, u32)> {
        let (container, charts, series) = self.charts().filter(|_| self.places().of(Pane::Gauges).is_some())?;
        Some((container, charts.moment(at, series)?))
    }
}

/// The card below its title.
pub fn card(area: Rect) -> Rect {
    Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: area.height.saturating_sub(1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Usage;

    fn series(seconds: i64) -> Series {
        let mut series = Series::default();
        for second in 0..seconds {
            series.record(Usage { at: Timestamp::from_seconds(6000 + second), cpu: Some(1.0), ..Usage::default() });
        }
        series
    }

    fn charts(height: u16) -> Option<Charts> {
        Charts::new(Rect { x: 1, y: 1, width: 80, height }, 0)
    }

    #[test]
    fn graphs_stand_beside_cpu_and_memory_then_below_and_give_way_first() {
        let of = |width, height, graphs| Charts::new(Rect { x: 0, y: 0, width, height }, graphs).expect("room");
        let one = of(80, 6, 1);
        let memory = one.column(one.fine, 1);
        let own = one.own(0).expect("beside");
        assert!(own.x >= memory.right() + GAP && own.height == 5, "{one:?}");
        let three = of(80, 6, 3);
        assert_eq!((three.hidden, three.own(1)), (2, None));
        let grown = of(80, 6 + rows_for_graphs(80, 3), 3);
        let [second, third] = [1, 2].map(|index| grown.own(index).expect("below"));
        assert!(grown.hidden == 0 && second.y >= grown.fine.bottom() && third.y == second.y && third.x > second.x);
        let narrow = of(38, 9, 1);
        assert!(narrow.fine.height >= 3 && narrow.own(0).is_some_and(|own| own.y == narrow.fine.bottom()));
        assert_eq!(of(38, 4, 1).hidden, 1);
    }

    #[test]
    fn the_last_column_of_a_chart_is_the_newest_moment() {
        let (charts, series) = (charts(6).expect("room"), series(60));
        let at = |x, y| charts.moment(Position { x, y }, &series);
        assert_eq!(at(80, 3), Some(6056));
        assert_eq!(at(79, 3), Some(6052));
        let cpu = charts.column(charts.fine, 0);
        assert_eq!(at(cpu.right() - 1, 3), Some(6056), "each chart has the same moments");
        assert_eq!(at(cpu.right() - 15, 3), Some(6000));
        assert_eq!((at(cpu.right() - 16, 3), at(cpu.right(), 3)), (None, None), "there is nothing");
        assert_eq!((at(80, 1), at(80, 6)), (None, None), "figures and facts are no chart");
    }

    #[test]
    fn a_tall_card_shows_the_hours_and_the_cursor_goes_on_into_them() {
        let (charts, series) = (charts(20).expect("room"), series(600));
        let hours = charts.hours.expect("room for them");
        assert_eq!(charts.moment(Position { x: 80, y: hours.y + 2 }, &series), Some(6480));
        let moments = charts.moments(&series);
        assert_eq!(moments.first(), Some(&6000), "{moments:?}");
        assert!(moments.is_sorted() && moments.windows(2).all(|pair| pair[0] < pair[1]), "{moments:?}");
        assert!(self::charts(3).is_none());
    }

    #[test]
    fn a_moment_between_two_columns_is_that_of_the_first() {
        let points = series(60).by_column();
        assert_eq!(column_at(&points, Timestamp::from_seconds(6005)), Some(1));
        assert_eq!(column_at(&points, Timestamp::from_seconds(5999)), None);
        assert_eq!(column_at(&points, Timestamp::from_seconds(9999)), Some(14));
    }
}
