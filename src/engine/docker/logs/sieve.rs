//! Which lines of a log a search tells: those up to its bound that pass the filters, with their lines of context.
//!
//! Where the loaded lines begin, at the *seam*, is told as in [`super::older`]: by the oldest loaded line's stamp and by how many
//! loaded lines carry it. Lines from the first of about that stamp on are held back until it is known on which side of the seam
//! they are.

use super::lines::{self, Wanted};
use crate::model::{Batch, Level, LineMark, LogEntry, LogExcerpt, LogFilters, SearchProgress, Stream, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;

/// Bytes of lines that are held back at most: where that many carry the seam's stamp, or follow it, the search is over.
const HELD_MOST: usize = 8 << 20;

/// Where a search ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Before the oldest of the loaded lines, of which so many carry its stamp.
    Seam(Timestamp, usize),
    /// Where lines are later than this.
    Until(Timestamp),
    /// At the end of the log.
    End,
}

impl Bound {
    /// Before the lines that are loaded: the stamp of the oldest, and how many carry it.
    pub fn before(oldest: Timestamp, known: usize) -> Bound {
        match (oldest.is_known(), known) {
            (false, _) => Bound::End,
            (true, 0) => Bound::Until(oldest),
            (true, known) => Bound::Seam(oldest, known),
        }
    }
}

/// How far a log was read when its answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// All that was wanted.
    All,
    /// Not the seam: either the answer was cut off, or the engine holds the oldest loaded line no more.
    NotTheSeam,
    /// Not the line that was the last one before the reading began.
    NotTheEnd,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// How many lines of the seam's stamp had come with it.
    met: usize,
    /// How many lines came before it.
    lines: u64,
    /// Its level, and whether it goes on with the entry before it: told by all lines, those that are not wanted among them.
    level: Level,
    continues: bool,
}

/// Takes lines and keeps what is to be told.
#[derive(Debug)]
pub struct Sieve {
    /// What is to be told next.
    pub found: LogExcerpt,
    since: Option<Timestamp>,
    bound: Bound,
    /// The stamp of the last line of the log, as it was before the reading began; for bounds without a seam.
    last: Option<Timestamp>,
    /// Lines from the beginning that were told already.
    skip: u64,
    /// Lines stamped after the seam may stand before it: the engine's clock was set back.
    is_disordered: bool,
    /// Lines wanted at most.
    most: u64,
    /// How far it is.
    pub progress: SearchProgress,
    /// Lines found when the log was read before.
    earlier: u64,
    passed: u64,
    /// The entry of each stream that its next line may belong to.
    entries: [LogEntry; 2],
    /// Lines of the seam's stamp that came.
    met: usize,
    has_last: bool,
    /// Nothing that comes from now on is wanted.
    pub is_over: bool,
    misses_seam: bool,
    /// Of each line that was wanted and not yet taken.
    places: VecDeque<Place>,
    held: VecDeque<(Place, LineMark, Vec<u8>)>,
    held_bytes: usize,
}

impl Sieve {
    /// For lines that the engine stamped at `since` or later, up to a bound, `most` lines at most.
    pub fn new(filters: Arc<LogFilters>, since: Option<Timestamp>, bound: Bound, most: u64) -> Sieve {
        Sieve {
            found: LogExcerpt::new(filters),
            since,
            bound,
            last: None,
            skip: 0,
            is_disordered: false,
            most,
            progress: SearchProgress::default(),
            earlier: 0,
            passed: 0,
            entries: Default::default(),
            met: 0,
            has_last: false,
            is_over: false,
            misses_seam: false,
            places: VecDeque::new(),
            held: VecDeque::new(),
            held_bytes: 0,
        }
    }

    /// The log's last line, as it is before the reading begins, is stamped so; none: the log is empty.
    pub fn ending_at(self, last: Option<Timestamp>) -> Sieve {
        let is_before = last.zip(self.since).is_some_and(|(last, since)| last < since);
        Sieve { last, has_last: last.is_none() || is_before, ..self }
    }

    /// For reading a log again that is known to have the seam: what was told then is not told again.
    pub fn after(self, read: &Sieve) -> Sieve {
        let skip = read.held.front().map_or(read.progress.lines, |(place, ..)| place.lines);
        let progress = SearchProgress { lines: 0, bytes: 0, ..read.progress };
        Sieve { skip, is_disordered: true, earlier: progress.found, progress, ..self }
    }

    /// For finding out whether the seam is there: nothing is told.
    pub fn only_looking_for_the_seam(self) -> Sieve {
        Sieve { skip: u64::MAX, is_disordered: true, ..self }
    }

    /// Takes the lines that were wanted.
    pub fn take(&mut self, wanted: Batch) {
        for mark in &wanted.lines {
            let place = self.places.pop_front().unwrap_or_default();
            let text = wanted.line(mark);
            let mark = &LineMark { level: place.level, continues: place.continues, ..*mark };
            if self.may_be_loaded(place, mark.at) {
                self.held_bytes += text.len();
                self.held.push_back((place, *mark, text.to_vec()));
            } else {
                self.tell(mark, text);
            }
        }
        self.release();
        self.is_over |= self.held_bytes > HELD_MOST;
    }

    /// Where the engine has just dropped the seam, the first lines that come are of about its stamp.
    fn may_be_loaded(&self, place: Place, at: Timestamp) -> bool {
        let Bound::Seam(oldest, _) = self.bound else { return false };
        let is_near = !self.is_disordered && at.0 >= oldest.0.saturating_sub(oldest.leeway());
        place.met > 0 || is_near || !self.held.is_empty()
    }

    /// What came before as many lines of the seam's stamp as are loaded is older than those.
    fn release(&mut self) {
        let Bound::Seam(_, known) = self.bound else { return };
        while let Some((_, mark, text)) = self.held.pop_front_if(|(place, ..)| place.met + known <= self.met) {
            self.held_bytes -= text.len();
            self.tell(&mark, &text);
        }
    }

    fn tell(&mut self, mark: &LineMark, text: &[u8]) {
        // Without context, what does not pass was not wanted.
        if self.found.has_context() {
            self.found.take(mark, text);
        } else {
            self.found.take_passed(mark, text);
        }
        self.progress.found = self.earlier + self.found.count;
    }

    /// True if a line lies beyond the bound.
    fn is_beyond(&mut self, at: Timestamp) -> bool {
        match self.bound {
            Bound::Seam(oldest, known) => {
                self.met += usize::from(at == oldest);
                let is_later = at.0 > oldest.0.saturating_add(oldest.leeway());
                self.misses_seam |= is_later && self.met < known && !self.is_disordered;
                (is_later && self.met >= known) || self.misses_seam
            }
            Bound::Until(moment) => at > moment,
            Bound::End => false,
        }
    }

    /// How far the log was read, now that its answer has ended.
    pub fn reached(&self) -> Reached {
        match self.bound {
            Bound::Seam(_, known) if self.met < known && !self.reached_most() => Reached::NotTheSeam,
            Bound::Until(_) | Bound::End if !self.is_over && !self.has_last => Reached::NotTheEnd,
            Bound::Seam(..) | Bound::Until(_) | Bound::End => Reached::All,
        }
    }

    fn reached_most(&self) -> bool {
        self.passed >= self.most
    }
}

impl Wanted for Sieve {
    fn wants(&mut self, at: Timestamp, stream: Stream, text: &[u8]) -> bool {
        self.is_over |= self.is_over || self.is_beyond(at);
        self.has_last |= self.last.is_some_and(|last| at >= last);
        if self.is_over || self.since.is_some_and(|since| at < since) {
            return false;
        }
        self.progress.lines += 1;
        self.progress.bytes += text.len() as u64;
        self.progress.at = at;
        if self.skip == u64::MAX {
            return false;
        }
        let mark = lines::mark(&mut self.entries[stream as usize], at, stream, text);
        // With context, lines that do not pass may be told too.
        let is_wanted = self.progress.lines > self.skip && (self.found.has_context() || self.found.passes(&mark, text));
        if is_wanted {
            let LineMark { level, continues, .. } = mark;
            self.places.push_back(Place { met: self.met, lines: self.progress.lines - 1, level, continues });
            self.passed += 1;
            self.is_over |= self.reached_most();
        }
        is_wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LogFilter;
    use proptest::prelude::*;

    /// A log of stamps; each line's text is its place.
    type Log = [i64];

    /// Reads lines of a log from a place on as a search does, and gives the places told and what it says of itself.
    fn read(log: &Log, from: usize, mut sieve: Sieve) -> (Vec<usize>, Sieve) {
        let mut told = Vec::new();
        for (place, at) in log.iter().enumerate().skip(from) {
            let (at, text) = (Timestamp(*at), place.to_string());
            let mut batch = Batch::default();
            if sieve.wants(at, Stream::Out, text.as_bytes()) {
                batch.lines.push(LineMark { len: text.len() as u32, at, ..LineMark::default() });
                batch.bytes.extend_from_slice(text.as_bytes());
            }
            sieve.take(batch);
            told.extend(places(&std::mem::take(&mut sieve.found.kept)));
            if sieve.is_over {
                break;
            }
        }
        (told, sieve)
    }

    fn places(batch: &Batch) -> Vec<usize> {
        let place = |mark| std::str::from_utf8(batch.line(mark)).ok()?.parse().ok();
        batch.lines.iter().filter_map(place).collect()
    }

    fn filters(typed: &[&str]) -> Arc<LogFilters> {
        let parse = |typed: &&str| LogFilter::parse(typed).expect("readable").expect("not empty");
        Arc::new(LogFilters(typed.iter().map(parse).collect()))
    }

    fn sieve(typed: &[&str], bound: Bound) -> Sieve {
        Sieve::new(filters(typed), None, bound, u64::MAX)
    }

    /// What a search tells that reads again where it has not met the seam.
    fn search(log: &Log, from: usize, typed: &[&str], bound: Bound) -> Vec<usize> {
        let (mut told, first) = read(log, from, sieve(typed, bound));
        if first.reached() == Reached::NotTheSeam {
            let looked = read(log, from, sieve(typed, bound).only_looking_for_the_seam()).1;
            if looked.reached() == Reached::All {
                told.extend(read(log, from, sieve(typed, bound).after(&first)).0);
            }
        }
        told
    }

    fn seam(log: &Log, oldest: usize) -> Bound {
        let near = log[oldest..].iter().take_while(|at| **at <= log[oldest] + Timestamp(log[oldest]).leeway());
        Bound::before(Timestamp(log[oldest]), near.filter(|at| **at == log[oldest]).count())
    }

    proptest! {
        /// Whatever the stamps, wherever the loaded lines begin, and whatever rotation has dropped before them: what is told and
        /// what is loaded are all lines, each once.
        #[test]
        fn what_is_told_ends_where_the_loaded_lines_begin(
            log in super::super::resume::tests::stamps(),
            loaded in 1usize..60,
            dropped in 0usize..80,
        ) {
            let oldest = log.len().saturating_sub(loaded);
            let from = dropped.min(oldest);
            let told = search(&log, from, &[], seam(&log, oldest));
            prop_assert_eq!(told, (from..oldest).collect::<Vec<_>>());
        }

        /// Where the engine has dropped loaded lines too, nothing is told.
        #[test]
        fn what_is_loaded_is_not_told_when_the_seam_is_dropped(steps in proptest::collection::vec(0i64..90_000_000, 2..80)) {
            let stamp = |at: &mut i64, step: &i64| {
                *at += step;
                Some(*at)
            };
            let log: Vec<i64> = steps.iter().scan(1_795_240_800_000_000_001, stamp).collect();
            let oldest = log.len() / 2;
            for from in oldest + 1..log.len() {
                prop_assert_eq!(search(&log, from, &[], seam(&log, oldest)), [0; 0]);
            }
        }
    }

    #[test]
    fn a_time_window_begins_and_ends_where_it_says() {
        let log = [10, 20, 30, 40];
        let window = |since, bound| Sieve::new(filters(&[]), Some(Timestamp(since)), bound, u64::MAX);
        assert_eq!(read(&log, 0, window(20, Bound::before(Timestamp(30), 0))).0, [1, 2]);
        assert_eq!(read(&log, 0, window(41, Bound::End)).0, [0; 0]);
        assert_eq!(read(&log, 0, Sieve::new(filters(&[]), Some(Timestamp(15)), Bound::End, 2)).0, [1, 2]);
    }

    #[test]
    fn an_answer_that_was_cut_off_is_no_end_of_the_log() {
        let log = [10, 20, 30];
        let to_end = || sieve(&[], Bound::End).ending_at(Some(Timestamp(30)));
        assert_eq!(read(&log, 0, to_end()).1.reached(), Reached::All);
        assert_eq!(read(&log[..2], 0, to_end()).1.reached(), Reached::NotTheEnd);
        assert_eq!(read(&[], 0, sieve(&[], Bound::End).ending_at(None)).1.reached(), Reached::All, "it is empty");
        assert_eq!(read(&log[..2], 0, sieve(&[], seam(&log, 2))).1.reached(), Reached::NotTheSeam);
        let few = Sieve::new(filters(&[]), None, Bound::End, 2).ending_at(Some(Timestamp(30)));
        assert_eq!(read(&log, 0, few).1.reached(), Reached::All, "no more were wanted");
    }

    /// What a search tells of the lines of one program, each with its level and whether it goes on with the entry before it.
    fn told(lines: &[&str], typed: &[&str]) -> Vec<(String, Level, bool)> {
        let mut sieve = sieve(typed, Bound::End);
        for (place, line) in lines.iter().enumerate() {
            let (at, text) = (Timestamp(place as i64), line.as_bytes());
            let mut batch = Batch::default();
            if sieve.wants(at, Stream::Err, text) {
                batch.lines.push(LineMark { len: text.len() as u32, at, ..LineMark::default() });
                batch.bytes.extend_from_slice(text);
            }
            sieve.take(batch);
        }
        let kept = &sieve.found.kept;
        let text = |mark| String::from_utf8_lossy(kept.line(mark)).into_owned();
        kept.lines.iter().map(|mark| (text(mark), mark.level, mark.continues)).collect()
    }

    #[test]
    fn the_lines_of_a_traceback_have_the_level_of_their_head_and_are_one_entry() {
        let log = [
            "INFO ready",
            "Traceback (most recent call last):",
            "  File \"app.py\", line 3, in <module>",
            "KeyError: 'user'",
            "INFO going on",
        ];
        let errors = told(&log, &["level>=error"]);
        let wanted = log[1..4].iter().zip([false, true, true]);
        let wanted: Vec<_> = wanted.map(|(line, goes_on)| (line.to_string(), Level::Error, goes_on)).collect();
        assert_eq!(errors, wanted);
        assert_eq!(told(&log, &["app.py"]), [(log[2].to_string(), Level::Error, true)], "its head is not told");
    }
}
