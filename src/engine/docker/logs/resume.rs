//! Each line once and in order, across breaks (row L7).
//!
//! What an engine holds is a list of lines in the order in which they were written. It grows at its end, and loses lines at its
//! beginning when files are rotated. Moments tell little of it: engines stamp whole seconds, several lines alike, two streams a
//! little out of order, and anything when their clock is set. An engine that is asked for lines since a moment leaves out what
//! its clock, set back, stamped before it, so none is asked that. What counts from the end is always right: **so many of the
//! latest lines** are a piece of the list without a gap.
//!
//! After a break the engine is asked for as many of the latest lines as should reach back to what was told. Of what it
//! answers nothing is new up to the last line that was told; all that follows is. Where that line does not come, the answer was
//! too short, and more is asked for, up to all there is. What is farther back than is remembered is asked for without what is
//! written afterwards: such an answer has an end, and only then is it certain that a line is not in it. Where the last line told
//! is not in the log, the last one that is takes its place; where none is, all that the log holds is new.
//!
//! An engine that follows a log through rotations may begin a file anew: lines come again, with the same stamp and text. Two
//! lines of one stream that are stamped alike to the nanosecond and say the same are the same line; only an engine that
//! stamps whole seconds has several of them.

use crate::model::{SECOND, Stream, Timestamp};
use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};

/// By this much more is asked for when an answer was too short,
const FARTHER: usize = 8;
/// up to this many; then for all.
const FARTHEST: usize = 1 << 20;
/// How long lines are remembered, where there are more than the least.
const LONG: i64 = 10 * SECOND;
/// Lines that may have overtaken another one.
const DISORDER: usize = 64;

/// Numbers of lines.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    /// Asked for at first after a break; and asked for before those that an answer was cut off before.
    near: usize,
    /// Remembered at least,
    least: usize,
    /// and at most.
    most: usize,
}

const SIZES: Sizes = Sizes { near: 128, least: 1024, most: 1 << 15 };

/// The question to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// So many of the latest lines; none: all.
    pub tail: Option<usize>,
    /// And what is written afterwards.
    pub follow: bool,
}

/// The meaning of the end of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The engine has no more to tell for now.
    Over,
    /// What was missing has been told; what is written afterwards is to be asked for.
    CaughtUp,
    /// It did not reach back to what was told: more is to be asked for.
    TooShort,
}

/// A line that was told: its stamp, and what stands for its stream and text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    at: i64,
    key: u64,
}

/// Remembers the latest lines told, and finds them again in what an engine answers.
#[derive(Debug)]
pub struct Resume {
    /// Lines of history wanted at first.
    history: usize,
    /// The latest lines told, in their order.
    told: VecDeque<Told>,
    /// The latest moment of any line told.
    latest: i64,
    /// Where that one of them is that comes next if they come again.
    again: usize,
    /// None of what was told is in the log any more.
    all_gone: bool,
    /// The last question.
    asked: Ask,
    /// Lines that came since then.
    heard: usize,
    reach: Reach,
    /// The last line told has not come again yet.
    search: Option<Search>,
    sizes: Sizes,
    hashing: RandomState,
}

/// How far from the end the last line told is.
#[derive(Debug, Default)]
struct Reach {
    /// So many lines were too few.
    short: usize,
    /// So many were enough, and the answer was cut off before it came.
    long: Option<usize>,
    /// So many should be enough: an answer was cut off after it came.
    guess: Option<usize>,
    /// It came, but with too little before it to tell it from another one that is stamped alike and says the same.
    is_unsure: bool,
    /// So many lines came in a whole answer that was too short.
    whole: Option<usize>,
    /// Asking for more brought no more lines: the next question is for all.
    is_all: bool,
}

impl Reach {
    /// How many of the latest lines to ask for next; none: all.
    fn next(&self, near: usize) -> Option<usize> {
        if self.is_all {
            return None;
        }
        match (self.guess, self.long) {
            (Some(guess), _) => Some(guess),
            (None, Some(long)) => Some((self.short + long).div_ceil(2)),
            (None, None) if self.short == 0 => Some(near),
            (None, None) => Some(self.short.saturating_mul(FARTHER)).filter(|lines| *lines <= FARTHEST),
        }
    }

    fn too_short(&mut self, lines: usize) {
        self.short = self.short.max(lines);
        self.guess = None;
        self.long = self.long.filter(|long| *long > self.short + 1);
    }

    /// A whole answer of so many lines was too short. The lines asked for are no measure of it: an engine may count the pieces
    /// of a long line.
    fn whole_was_too_short(&mut self, heard: usize) {
        self.is_all = self.whole.is_some_and(|before| heard <= before);
        self.whole = Some(heard);
    }
}

/// The search for the last line told in an answer.
#[derive(Debug, Default)]
struct Search {
    /// Those told before this one have come again, or come no more.
    next: usize,
    /// The stamp of the first line that came.
    first: Option<i64>,
    /// The answer does not reach back far enough.
    is_short: bool,
    /// All that were told, sorted, with their places; empty until something comes that is not the next.
    places: Vec<(Told, usize)>,
}

impl Search {
    /// Finds a line among those told, after the last one found.
    fn find(&mut self, line: Told, told: &VecDeque<Told>) -> bool {
        let place = if told.get(self.next) == Some(&line) { Some(self.next) } else { self.look_up(line, told) };
        if let Some(place) = place {
            self.next = place + 1;
        }
        place.is_some()
    }

    fn look_up(&mut self, line: Told, told: &VecDeque<Told>) -> Option<usize> {
        if self.places.is_empty() {
            self.places = told.iter().copied().zip(0..).collect();
            self.places.sort_unstable();
        }
        let from = self.places.partition_point(|place| *place < (line, self.next));
        self.places.get(from).filter(|(found, _)| *found == line).map(|(_, place)| *place)
    }
}

impl Resume {
    /// Nothing has been told; so many lines of history are wanted.
    pub fn new(history: usize) -> Self {
        Self {
            history,
            told: VecDeque::new(),
            latest: 0,
            again: 0,
            all_gone: false,
            asked: Ask { tail: Some(history), follow: true },
            heard: 0,
            reach: Reach::default(),
            search: None,
            sizes: SIZES,
            hashing: RandomState::new(),
        }
    }

    /// The next question to the engine.
    pub fn ask(&self) -> Ask {
        if self.is_first() {
            return Ask { tail: Some(self.history), follow: true };
        }
        if self.told.is_empty() {
            return Ask { tail: None, follow: true };
        }
        let tail = self.reach.next(self.sizes.near);
        let is_near = tail.is_some_and(|lines| lines <= self.told.len().max(self.sizes.near));
        Ask { tail, follow: is_near || self.reach.is_unsure }
    }

    /// True until there has been any line.
    pub fn is_first(&self) -> bool {
        self.told.is_empty() && !self.all_gone
    }

    /// The moment of the last line told.
    pub fn newest(&self) -> Timestamp {
        Timestamp(self.told.back().map_or(0, |line| line.at))
    }

    /// The engine begins to answer what [`Resume::ask`] says.
    pub fn begin(&mut self) {
        self.asked = self.ask();
        self.search = (!self.told.is_empty()).then(Search::default);
        (self.again, self.heard) = (0, 0);
    }

    /// True for a line that has not been told; it is from now on.
    pub fn is_new(&mut self, at: Timestamp, stream: Stream, text: &[u8]) -> bool {
        let line = self.line(at, stream, text);
        self.heard += 1;
        if self.search.is_some() {
            self.search_for(line);
            return false;
        }
        if line.at <= self.latest && self.comes_again(line) {
            return false;
        }
        self.remember(line);
        true
    }

    fn line(&self, at: Timestamp, stream: Stream, text: &[u8]) -> Told {
        Told { at: at.0, key: self.hashing.hash_one((stream as u8, text)) }
    }

    fn search_for(&mut self, line: Told) {
        let Some(search) = &mut self.search else { return };
        // The answer is to be given up: what comes with the same bytes neither ends the search nor is told.
        if search.is_short {
            return;
        }
        let first = *search.first.get_or_insert(line.at);
        let found = search.find(line, &self.told);
        let Ask { tail, follow } = self.asked;
        if search.next == self.told.len() {
            // Of lines that are stamped alike and may say the same, all must be there, or it cannot be told which came before.
            let is_sure = first != line.at || !Timestamp(line.at).is_whole_second() || tail.is_none();
            search.is_short = !is_sure;
            self.reach.is_unsure = !is_sure;
            if is_sure {
                self.search = None;
                self.reach = Reach::default();
            }
            return;
        }
        // What begins after all that is remembered needs no further reading; nor does what is longer than was asked for.
        let is_after = !found && self.heard == 1 && line.at > self.latest;
        let begins_after = is_after && tail.is_some_and(|lines| lines <= self.told.len());
        search.is_short = begins_after || (follow && tail.is_some_and(|lines| self.heard >= lines));
    }

    /// True if the answer goes on with what is written.
    pub fn follows(&self) -> bool {
        self.asked.follow
    }

    /// True while the last line told has not come again.
    pub fn is_searching(&self) -> bool {
        self.search.is_some()
    }

    /// True if the last line told has come again, but for its end: `unfinished` is what has none.
    pub fn is_last(&self, at: Timestamp, stream: Stream, unfinished: &[u8]) -> bool {
        self.search.is_some() && self.told.back() == Some(&self.line(at, stream, unfinished))
    }

    /// True as soon as it is known that an answer does not reach back to what was told: it is to be given up.
    pub fn is_too_short(&self) -> bool {
        self.search.as_ref().is_some_and(|search| search.is_short)
    }

    /// An answer is given up since it does not reach back to what was told: the next one shall.
    pub fn give_up(&mut self) {
        let Some(search) = self.search.take() else { return };
        self.reach.is_unsure &= search.is_short;
        match self.asked {
            Ask { tail: Some(lines), .. } => return self.reach.too_short(lines),
            // What goes on for ever does not tell that a line is not in it.
            Ask { tail: None, follow: true } => return,
            Ask { tail: None, follow: false } => {}
        }
        // That was all there is: the last line told is not in the log.
        self.told.truncate(search.next);
        self.all_gone = self.told.is_empty();
        self.reach = Reach::default();
    }

    /// An answer has come to its end. `is_last`: with the last line told, which has no end.
    pub fn end(&mut self, is_last: bool) -> End {
        match (self.search.is_some() && !is_last, self.asked.follow) {
            (true, follows) => {
                self.give_up();
                if !follows && self.asked.tail.is_some() {
                    self.reach.whole_was_too_short(self.heard);
                }
                End::TooShort
            }
            (false, true) => End::Over,
            (false, false) => {
                self.search = None;
                self.reach = Reach::default();
                End::CaughtUp
            }
        }
    }

    /// An answer was cut off. A line that breaks again and again after carrying little is asked for little before what counts, or
    /// it never gets there.
    pub fn cut(&mut self) {
        let (search, Some(lines)) = (self.search.take(), self.asked.tail) else { return };
        match search.map(|search| (search.next, search.first)) {
            None if self.heard < lines => self.reach.guess = Some(lines - self.heard + self.sizes.near),
            None => {}
            Some((_, None)) => {}
            Some((next, Some(first))) if next > 0 || first <= self.latest => {
                self.reach.guess = None;
                self.reach.long = Some(lines).filter(|lines| *lines > self.reach.short + 1);
            }
            Some(_) => self.reach.too_short(lines),
        }
    }

    /// True for a line that has come before on this connection.
    fn comes_again(&mut self, line: Told) -> bool {
        if Timestamp(line.at).is_whole_second() {
            return false;
        }
        let place = if self.told.get(self.again) == Some(&line) { Some(self.again) } else { self.look_back(line) };
        if let Some(place) = place {
            self.again = place + 1;
        }
        place.is_some()
    }

    /// Looks for a line among those told, from the last one on back to where all are earlier.
    fn look_back(&self, line: Told) -> Option<usize> {
        let mut earlier = 0;
        for (place, told) in self.told.iter().enumerate().rev() {
            if *told == line {
                return Some(place);
            }
            earlier += usize::from(told.at < line.at);
            if earlier > DISORDER {
                return None;
            }
        }
        None
    }

    fn remember(&mut self, line: Told) {
        self.latest = self.latest.max(line.at);
        self.told.push_back(line);
        while self.told.len() > self.sizes.least {
            let is_old = self.told.front().is_some_and(|oldest| oldest.at < self.latest - LONG);
            if !is_old && self.told.len() <= self.sizes.most {
                return;
            }
            self.told.pop_front();
            self.again = self.again.saturating_sub(1);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    /// The stamps of a log: alike, whole seconds, a little out of order, set back by an hour now and then.
    pub fn stamps() -> impl Strategy<Value = Vec<i64>> {
        let step = prop_oneof![
            3 => Just(0i64),
            3 => 1i64..1000,
            3 => -50_000i64..50_000,
            2 => 0i64..SECOND * 3,
            1 => select(vec![-3600 * SECOND, -SECOND / 2, 60 * SECOND]),
        ];
        (proptest::collection::vec(step, 1..120), any::<bool>()).prop_map(|(steps, coarse)| {
            let mut at = 1_795_240_800 * SECOND + 1;
            let mut stamp = |step: i64| {
                at += step;
                if coarse { at / SECOND * SECOND } else { at + i64::from(at % SECOND == 0) }
            };
            steps.into_iter().map(&mut stamp).collect()
        })
    }

    /// Lines with their stamps.
    type Log = Vec<(i64, String)>;

    /// An engine's log: what was written so far, and what rotation has dropped of it.
    struct Engine {
        log: Log,
        dropped: usize,
        written: usize,
    }

    /// A connection: what happens before it, and while it lasts.
    #[derive(Debug, Clone)]
    struct Turn {
        /// Lines written while nobody listened,
        missed: usize,
        /// and lines that rotation dropped.
        dropped: usize,
        /// Lines written while it lasts.
        live: usize,
        /// So many of them are told again when all have been told: a file was begun anew.
        again: usize,
        /// The number of lines after which it is cut.
        cut: usize,
        /// So many lines come at once.
        at_once: usize,
        /// True if nothing comes for long after the history.
        is_quiet: bool,
    }

    fn turn() -> impl Strategy<Value = Turn> {
        let cut = prop_oneof![0usize..60, Just(usize::MAX)];
        let dropped = prop_oneof![3 => Just(0usize), 1 => 0usize..30];
        (0usize..20, dropped, 0usize..20, 0usize..12, cut, 1usize..9, any::<bool>()).prop_map(
            |(missed, dropped, live, again, cut, at_once, is_quiet)| Turn {
                missed,
                dropped,
                live,
                again,
                cut,
                at_once,
                is_quiet,
            },
        )
    }

    /// Reads on as [`crate::engine::follow`] does.
    struct Listener {
        resume: Resume,
        got: Vec<usize>,
    }

    impl Engine {
        fn write(&mut self, lines: usize) {
            self.written = self.written.saturating_add(lines).min(self.log.len());
        }

        /// What Docker answers: the latest lines, and where each is in the log.
        fn tail(&self, tail: Option<usize>) -> std::ops::Range<usize> {
            self.dropped.max(self.written.saturating_sub(tail.unwrap_or(usize::MAX)))..self.written
        }
    }

    impl Listener {
        fn hear(&mut self, engine: &Engine, place: usize) {
            let (at, text) = &engine.log[place];
            if self.resume.is_new(Timestamp(*at), Stream::Out, text.as_bytes()) {
                self.got.push(place);
            }
        }

        /// What it does between what comes at once.
        fn gives_up(&mut self) -> bool {
            let is_too_short = self.resume.is_too_short();
            if is_too_short {
                self.resume.give_up();
            }
            is_too_short
        }

        /// One connection. True when it followed to the end.
        fn turn(&mut self, engine: &mut Engine, turn: &Turn) -> bool {
            let ask = self.resume.ask();
            self.resume.begin();
            let history = engine.tail(ask.tail);
            let written = engine.written;
            engine.write(turn.live);
            let live = written..engine.written;
            // Only an engine that stamps finely does so.
            let fine = engine.log.iter().all(|(at, _)| !Timestamp(*at).is_whole_second());
            let again = live.end - turn.again.min(if fine { live.len() } else { 0 })..live.end;
            let rest = live.chain(again).filter(|_| ask.follow);
            let (count, mut heard) = (history.len(), 0);
            for place in history.chain(rest) {
                let is_cut = heard == turn.cut;
                let is_quiet = heard == count && turn.is_quiet;
                if (is_cut || is_quiet || heard % turn.at_once == 0) && self.gives_up() {
                    return false;
                }
                if is_quiet && self.resume.is_searching() && ask.follow {
                    self.resume.give_up();
                    return false;
                }
                if is_cut {
                    self.resume.cut();
                    return false;
                }
                heard += 1;
                self.hear(engine, place);
            }
            if self.gives_up() {
                return false;
            }
            if ask.follow && self.resume.is_searching() {
                self.resume.give_up();
                return false;
            }
            ask.follow || (self.resume.end(false) == End::Over)
        }
    }

    /// Sizes that the logs of these tests reach.
    fn sizes() -> impl Strategy<Value = Sizes> {
        let small = (1usize..8, 30usize..60, 0usize..30);
        let small = small.prop_map(|(near, least, more)| Sizes { near, least, most: least + more });
        prop_oneof![3 => small, 1 => Just(SIZES)]
    }

    const LAST: Turn = Turn { missed: 0, dropped: 0, live: 0, again: 0, cut: usize::MAX, at_once: 1, is_quiet: false };

    /// What was told, and what should have been: all lines from the first told on but for those that rotation dropped before.
    fn told(log: Log, history: usize, turns: &[Turn], sizes: Sizes) -> (Log, Log) {
        let mut engine = Engine { log, dropped: 0, written: 0 };
        let mut listener = Listener { resume: Resume { sizes, ..Resume::new(history) }, got: Vec::new() };
        let mut lost: Vec<usize> = Vec::new();
        let mut first = None;
        for turn in turns {
            engine.write(turn.missed);
            let dropped = (engine.dropped + turn.dropped).min(engine.written);
            lost.extend(engine.dropped..dropped);
            engine.dropped = dropped;
            if listener.got.is_empty() {
                first = Some(engine.tail(Some(history)).start);
            }
            listener.turn(&mut engine, turn);
        }
        engine.write(usize::MAX);
        if listener.got.is_empty() {
            first = Some(engine.tail(Some(history)).start);
        }
        let ended = (0..20).any(|_| listener.turn(&mut engine, &LAST));
        assert!(ended, "it goes on for ever");
        let got = &listener.got;
        let first = first.unwrap_or(0);
        let all = (first..engine.log.len()).filter(|place| !lost.contains(place) || got.contains(place));
        let line = |place: usize| engine.log[place].clone();
        (got.iter().copied().map(line).collect(), all.map(line).collect())
    }

    fn own_texts(stamps: Vec<i64>) -> Log {
        stamps.into_iter().enumerate().map(|(place, at)| (at, format!("line {place}"))).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        /// Wherever the log begins, whatever its stamps, whatever is cut, dropped by rotation or told again: each line once, in order.
        #[test]
        fn each_line_once_in_order(
            stamps in stamps(),
            history in 1usize..50,
            turns in proptest::collection::vec(turn(), 1..12),
            sizes in sizes(),
        ) {
            let (got, all) = told(own_texts(stamps), history, &turns, sizes);
            prop_assert_eq!(got, all);
        }

        /// Lines that say the same within a second are counted.
        #[test]
        fn lines_that_are_stamped_alike_and_say_the_same_are_each_told(
            steps in proptest::collection::vec((0i64..2, 0u8..3), 1..120),
            turns in proptest::collection::vec(turn(), 1..12),
        ) {
            let mut second = 1_795_240_800;
            let log = steps.into_iter().map(|(step, text)| {
                second += step;
                (second * SECOND, text.to_string())
            });
            let turns: Vec<Turn> = turns.into_iter().map(|turn| Turn { dropped: 0, ..turn }).collect();
            let (got, all) = told(log.collect(), 1000, &turns, SIZES);
            prop_assert_eq!(got, all);
        }
    }

    /// Numbered lines, a microsecond apart.
    fn numbered(lines: usize) -> Log {
        own_texts((0..lines as i64).map(|line| 1_795_240_800 * SECOND + 1 + line * 1000).collect())
    }

    #[test]
    fn a_log_that_began_in_the_middle_goes_on_after_a_cut() {
        // All within the moment that two streams get out of order by, and far more than was asked for.
        let begin = Turn { missed: 5000, ..LAST };
        let turns = [begin, Turn { missed: 10, ..LAST }];
        let (got, all) = told(numbered(5010), 1000, &turns, SIZES);
        assert_eq!(got.len(), 1010);
        assert_eq!(got, all);
    }

    #[test]
    fn a_search_that_is_given_up_swallows_nothing_that_came_at_once() {
        // Whole seconds: of the answer's first line it is not sure that it is the one that was told.
        let log = [(0, "a"), (0, "b"), (1, "c"), (1, "d")];
        let log = log.map(|(second, text)| ((1_795_240_800 + second) * SECOND, text.to_string()));
        let turns = [Turn { missed: 1, ..LAST }, Turn { missed: 3, at_once: 4, ..LAST }];
        let (got, all) = told(log.to_vec(), 1, &turns, SIZES);
        assert_eq!(got, all);
    }

    #[test]
    fn more_than_is_remembered_may_be_missed() {
        for history in [1, 3000] {
            let turns = [Turn { missed: 5000, ..LAST }, Turn { missed: 300_000, cut: 20_000, ..LAST }];
            let (got, all) = told(numbered(305_000), history, &turns, SIZES);
            assert!(got == all, "{} of {} lines", got.len(), all.len());
        }
    }

    #[test]
    fn a_line_that_carries_little_before_it_breaks_gets_there_in_the_end() {
        let mut engine = Engine { log: numbered(60_000), dropped: 0, written: 20_000 };
        let mut listener = Listener { resume: Resume::new(10_000), got: Vec::new() };
        listener.turn(&mut engine, &LAST);
        engine.write(9_000);
        // Each connection carries fewer lines than lie between the lines asked for and the last one told.
        let cut = Turn { cut: 3_000, ..LAST };
        let turns = (0..40).take_while(|_| !listener.turn(&mut engine, &cut)).count();
        assert!(turns < 40, "it got as far as {}", listener.got.len());
        assert_eq!(listener.got, (10_000..29_000).collect::<Vec<_>>());
    }

    #[test]
    fn where_all_that_was_told_is_gone_the_rest_is_told() {
        let turns = [Turn { missed: 50, ..LAST }, Turn { missed: 40, dropped: 60, is_quiet: true, ..LAST }];
        let (got, all) = told(numbered(90), 10, &turns, SIZES);
        assert_eq!(got.len(), 10 + 30);
        assert_eq!(got, all);
    }

    #[test]
    fn a_short_log_is_asked_for_whole_before_the_number_of_lines_is_narrowed_down() {
        // Stamped alike, so that the line told is uncertain, and far more is asked for; then rotation drops it; then an
        // answer is cut off, and what to ask for lies between the two.
        let mut engine = Engine { log: own_texts(vec![1_795_240_800 * SECOND; 16]), dropped: 0, written: 1 };
        let mut listener = Listener { resume: Resume::new(1), got: Vec::new() };
        let cut = Turn { cut: 1, ..LAST };
        for _ in 0..5 {
            listener.turn(&mut engine, &cut);
        }
        engine.dropped = 1;
        engine.write(2);
        listener.turn(&mut engine, &cut);
        engine.write(usize::MAX);
        let questions = (0..100).take_while(|_| !listener.turn(&mut engine, &LAST)).count();
        assert!(questions < 8, "{questions} questions");
        assert_eq!(listener.got, (0..16).collect::<Vec<_>>());
    }

    #[test]
    fn where_the_last_line_told_is_not_in_the_log_the_one_before_it_counts() {
        let mut resume = Resume::new(10);
        let at = |number: i64| Timestamp(1_795_240_800 * SECOND + number);
        let say =
            |resume: &mut Resume, number: i64, text: &str| resume.is_new(at(number), Stream::Out, text.as_bytes());
        resume.begin();
        assert!(say(&mut resume, 1, "one") && say(&mut resume, 2, "the engine's own words"));
        let mut told = Vec::new();
        for _ in 0..10 {
            resume.begin();
            let lines = [(1, "one"), (3, "three")];
            told.extend(lines.into_iter().filter(|(number, text)| say(&mut resume, *number, text)));
            match resume.follows() && resume.is_searching() {
                true => resume.give_up(),
                false => drop(resume.end(false)),
            }
        }
        assert_eq!(told, [(3, "three")]);
    }

    #[test]
    fn what_was_told_without_its_end_is_known_again() {
        let mut resume = Resume::new(10);
        resume.begin();
        assert!(resume.is_new(Timestamp(5), Stream::Out, b"prompt"));
        resume.begin();
        assert!(
            resume.is_last(Timestamp(5), Stream::Out, b"prompt") && !resume.is_last(Timestamp(5), Stream::Out, b"prom")
        );
        assert_eq!(resume.end(true), End::Over);
        assert!(!resume.is_new(Timestamp(5), Stream::Out, b"prompt"), "its end has come");
        assert!(resume.is_new(Timestamp(6), Stream::Out, b"begin"));
    }

    #[test]
    fn memory_is_bounded_whatever_the_stamps() {
        // Each line looks back over all that is remembered: small sizes say the same in less time.
        let sizes = Sizes { near: 16, least: 64, most: 512 };
        for step in [0, 1, -1, SECOND] {
            let mut resume = Resume { sizes, ..Resume::new(10) };
            resume.begin();
            for line in 0..2000i64 {
                assert!(resume.is_new(
                    Timestamp(1_795_240_800 * SECOND + line * step),
                    Stream::Out,
                    line.to_string().as_bytes()
                ));
            }
            assert!(resume.told.len() <= if step == SECOND { sizes.least } else { sizes.most });
        }
    }
}
