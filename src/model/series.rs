//! History of one container's usage: seconds for minutes, minutes for hours, in bounded memory (row G4).

use super::counters::CounterHistory;
use super::usage::{Capacity, Sample, Usage};
use std::collections::VecDeque;
use std::sync::Arc;

/// Points kept at sampling resolution.
const FINE_POINTS: usize = 180;
/// Seconds that one coarse point stands for.
const COARSE_SECONDS: i64 = 60;
/// Seconds that one column of a chart stands for: it moves on that often, so that a steady value costs no bytes in between.
const COLUMN_SECONDS: u32 = 4;
/// Coarse points kept: six hours.
const COARSE_POINTS: usize = 360;

/// One point of a history: 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// Seconds since 1970.
    pub at: u32,
    /// CPU, per cent of one processor.
    pub cpu: f32,
    /// Memory in use, KiB.
    pub memory_kib: u32,
    /// Throttled periods, per cent.
    pub throttled: f32,
}

/// Latest figures and history of one container (or of a whole fleet).
///
/// At most 9.1 KiB: 540 points of 16 bytes, and about half a KiB for the rest; 1,000 containers have 9 MiB.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// The latest figures.
    pub latest: Usage,
    /// The reason why there is no reading, while there is none.
    pub unread: Option<Arc<str>>,
    readings: CounterHistory,
    fine: VecDeque<Point>,
    coarse: VecDeque<Point>,
    minute: Minute,
}

/// The minute being gathered. Coarse points show the peak of CPU and memory: a spike must not vanish by averaging.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Minute {
    number: i64,
    peak: Point,
}

impl Series {
    /// Takes a sample in: computes the figures, and extends the history by a new CPU figure. A sample that is not later than
    /// its reader's last is ignored, unless it is so much older that the clock must have been set back; and so is what is more
    /// than the host has.
    pub fn push(&mut self, sample: Sample, capacity: Capacity) {
        self.unread = None;
        if self.readings.take(&sample, capacity, &mut self.latest) {
            self.record(self.latest);
        }
    }

    /// Takes finished figures in, for sums that have no counters of their own. Points later than these are from before
    /// the clock was set back: they go, so that a history's moments always grow.
    pub fn record(&mut self, usage: Usage) {
        self.latest = usage;
        let point = Point {
            at: usage.at.seconds().clamp(0, i64::from(u32::MAX)) as u32,
            cpu: usage.cpu.unwrap_or(0.0) as f32,
            memory_kib: (usage.memory.map_or(0, |memory| memory.used) / 1024).min(u64::from(u32::MAX)) as u32,
            throttled: usage.throttled as f32,
        };
        let number = i64::from(point.at) / COARSE_SECONDS;
        for points in [&mut self.fine, &mut self.coarse] {
            while points.back().is_some_and(|known| known.at > point.at) {
                points.pop_back();
            }
        }
        if number < self.minute.number {
            self.minute = Minute::default();
        }
        push_bounded(&mut self.fine, point, FINE_POINTS);
        if number != self.minute.number {
            if self.minute.number != 0 {
                push_bounded(&mut self.coarse, self.minute.peak, COARSE_POINTS);
            }
            self.minute = Minute { number, peak: point };
        }
        let peak = &mut self.minute.peak;
        peak.at = point.at;
        peak.cpu = peak.cpu.max(point.cpu);
        peak.memory_kib = peak.memory_kib.max(point.memory_kib);
        peak.throttled = peak.throttled.max(point.throttled);
    }

    /// It could not be read: what was read before is not shown as if it were of now.
    pub fn lose(&mut self, why: &str) {
        if self.unread.as_deref() != Some(why) {
            self.unread = Some(why.into());
            (self.latest, self.readings) = (Usage::default(), CounterHistory::default());
        }
    }

    /// The container was restarted or reappeared: rates must not be computed over the gap.
    pub fn forget_last(&mut self) {
        self.readings.forget(&mut self.latest);
    }

    /// Points at sampling resolution, oldest first.
    pub fn fine(&self) -> impl DoubleEndedIterator<Item = &Point> + ExactSizeIterator {
        self.fine.iter()
    }

    /// Points at minute resolution (peaks), oldest first.
    pub fn coarse(&self) -> impl DoubleEndedIterator<Item = &Point> + ExactSizeIterator {
        self.coarse.iter()
    }

    /// The fine history with one point for each column of a chart: the mean of its seconds. Each has the moment at which its column
    /// begins.
    pub fn by_column(&self) -> Vec<Point> {
        let mut columns: Vec<(Point, f32)> = Vec::new();
        for point in self.fine() {
            let at = point.at - point.at % COLUMN_SECONDS;
            match columns.last_mut() {
                Some((column, count)) if column.at == at => {
                    *count += 1.0;
                    column.cpu += (point.cpu - column.cpu) / *count;
                    column.memory_kib = point.memory_kib;
                    column.throttled = column.throttled.max(point.throttled);
                }
                _ => columns.push((Point { at, ..*point }, 1.0)),
            }
        }
        columns.into_iter().map(|(column, _)| column).collect()
    }

    /// The coarse history. Each point has the moment at which its minute begins.
    pub fn by_minute(&self) -> Vec<Point> {
        self.coarse().map(|point| Point { at: point.at - point.at % COARSE_SECONDS as u32, ..*point }).collect()
    }

    /// Seconds until memory reaches its limit if it goes on growing as over the fine history.
    /// None when it does not grow, when there is no limit, or when that is further off than a day.
    pub fn seconds_to_limit(&self) -> Option<f64> {
        let limit = self.latest.memory?.limit as f64 / 1024.0;
        let (first, last) = (self.fine.front()?, self.fine.back()?);
        if limit <= 0.0 || self.fine.len() < 20 || last.at <= first.at {
            return None;
        }
        let slope = least_squares_slope(&self.fine);
        let left = limit - f64::from(last.memory_kib);
        // Less growth than a thousandth of the limit per minute is noise.
        if slope * 60.0 < limit / 1000.0 || left <= 0.0 {
            return None;
        }
        Some(left / slope).filter(|seconds| *seconds < 86_400.0)
    }
}

fn push_bounded(points: &mut VecDeque<Point>, point: Point, cap: usize) {
    if points.len() == cap {
        points.pop_front();
    }
    if points.len() == points.capacity() {
        // Doubling, as it would grow by itself, but never beyond what is ever held.
        points.reserve_exact(points.len().max(4).min(cap - points.len()));
    }
    points.push_back(point);
}

/// KiB per second of memory growth.
fn least_squares_slope(points: &VecDeque<Point>) -> f64 {
    let Some(first) = points.front() else { return 0.0 };
    let count = points.len() as f64;
    let (mut sum_x, mut sum_y, mut sum_xx, mut sum_xy) = (0.0, 0.0, 0.0, 0.0);
    for point in points {
        let x = f64::from(point.at) - f64::from(first.at);
        let y = f64::from(point.memory_kib);
        sum_x += x;
        sum_y += y;
        sum_xx += x * x;
        sum_xy += x * y;
    }
    let spread = count * sum_xx - sum_x * sum_x;
    if spread == 0.0 { 0.0 } else { (count * sum_xy - sum_x * sum_y) / spread }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::{SECOND, Timestamp};
    use crate::model::usage::{Counters, Memory, Sampler};

    fn sample(second: i64, cpu_seconds: f64, memory: u64) -> Sample {
        Sample {
            at: Timestamp(second * SECOND),
            sampler: Sampler::Kernel,
            counters: Counters {
                cpu_ns: Some((cpu_seconds * 1e9) as u64),
                memory: Some(Memory { used: memory, cache: 0, limit: 1 << 30 }),
                ..Counters::default()
            },
        }
    }

    #[test]
    fn history_is_bounded_however_long_it_runs() {
        let mut series = Series::default();
        for second in 0..100_000 {
            series.push(sample(1_000_000 + second, second as f64 / 2.0, 1024), Capacity::default());
        }
        assert_eq!(series.fine().len(), FINE_POINTS);
        assert_eq!(series.coarse().len(), COARSE_POINTS);
        let points = series.fine.capacity() + series.coarse.capacity();
        let bytes = size_of::<Series>() + points * size_of::<Point>();
        assert!(bytes <= 9330, "the doc says 9.1 KiB: {bytes}");
        assert_eq!(series.latest.cpu, Some(50.0));
    }

    #[test]
    fn a_minute_keeps_its_peak() {
        let mut series = Series::default();
        let mut used = 0.0;
        for second in 0..180 {
            used += if second == 30 { 1.0 } else { 0.1 };
            series.push(sample(6000 + second, used, 1024), Capacity::default());
        }
        let peaks: Vec<f32> = series.coarse().map(|point| point.cpu.round()).collect();
        assert_eq!(peaks, [100.0, 10.0]);
    }

    #[test]
    fn an_old_sample_is_ignored() {
        let mut series = Series::default();
        series.push(sample(10, 1.0, 1), Capacity::default());
        series.push(sample(12, 2.0, 1), Capacity::default());
        let before = series.clone();
        series.push(sample(11, 9.0, 1), Capacity::default());
        assert_eq!(series, before);
    }

    #[test]
    fn a_clock_that_is_set_back_begins_anew() {
        let mut series = Series::default();
        for second in 0..200 {
            series.push(sample(9000 + second, second as f64 / 2.0, 1), Capacity::default());
        }
        for second in 0..3 {
            series.push(sample(8000 + second, 100.0 + second as f64 / 4.0, 1), Capacity::default());
        }
        assert_eq!(series.latest.cpu, Some(25.0));
        let moments: Vec<u32> = series.fine().map(|point| point.at).collect();
        assert_eq!(moments, [8001, 8002]);
        assert_eq!(series.coarse().len(), 0);
    }

    #[test]
    fn growing_memory_has_a_time_to_its_limit() {
        let mut series = Series::default();
        for second in 0..60 {
            series.push(sample(100 + second, 0.0, (500 + second as u64) << 20), Capacity::default());
        }
        let seconds = series.seconds_to_limit().expect("it grows");
        assert!((seconds - 465.0).abs() < 5.0, "1024 - 559 MiB at 1 MiB/s, got {seconds}");
    }

    #[test]
    fn steady_memory_has_none() {
        let mut series = Series::default();
        for second in 0..60 {
            series.push(sample(100 + second, 0.0, 500 << 20), Capacity::default());
        }
        assert_eq!(series.seconds_to_limit(), None);
    }
}
