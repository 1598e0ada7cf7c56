//! What stands where in the log of several, whatever comes in whatever order.

use super::*;
use crate::app::log::merged_log::SourceSet;
use crate::app::options::TimestampFormat;
use crate::fixtures::{container, id as fixture_id};
use crate::model::{Kind, Search, Snapshot};
use proptest::prelude::*;
use std::sync::Arc;

const PLAIN: LogOptions =
    LogOptions { timestamps: TimestampFormat::None, tail: 300, memory_mib: 1, ..LogOptions::DEFAULT };
const SIZE: (usize, usize) = (5, 60);

fn view(voices: usize) -> LogView {
    view_with(voices, PLAIN.tail)
}

fn view_with(voices: usize, tail: usize) -> LogView {
    let containers: Vec<_> = (0..voices).map(|index| Arc::new(container(&format!("web-{index}")))).collect();
    let mut last = 0;
    let wires = || {
        last += 1;
        StreamId(last)
    };
    let merge = MergedLog::new(&containers, SourceSet::Chosen, Kind::Container, tail, wires);
    let mut view = LogView::merged(merge, &PLAIN).expect("there are containers");
    view.fit(SIZE.0);
    view
}

fn lines(voice: usize, stamps: &[i64]) -> Batch {
    let mut lines = Batch::default();
    for at in stamps {
        let text = format!("{voice}:{at}");
        let (start, len) = (lines.bytes.len() as u32, text.len() as u32);
        lines.lines.push(LineMark { start, len, at: Timestamp(*at), ..LineMark::default() });
        lines.bytes.extend_from_slice(text.as_bytes());
    }
    lines
}

fn say(view: &mut LogView, voice: usize, stamps: &[i64]) {
    view.take_from(StreamId(voice as u64 + 1), StreamEvent::Lines(lines(voice, stamps)));
    view.fit(SIZE.0);
}

fn shown(view: &LogView) -> Vec<String> {
    let rows = view.visible(SIZE.0, SIZE.1, &PLAIN);
    rows.into_iter().map(|row| row.pieces.into_iter().map(|piece| piece.text).collect()).collect()
}

fn all(view: &LogView) -> Vec<(i64, u16)> {
    view.ring.marks().map(|mark| (mark.at.0, mark.voice)).collect()
}

#[test]
fn late_lines_do_not_move_what_is_read_and_come_when_the_reader_looks_elsewhere() {
    let mut view = view(2);
    say(&mut view, 0, &[10, 20, 30, 40, 50, 60, 70, 80, 90]);
    view.scroll_by(-2, SIZE.0, SIZE.1, &PLAIN);
    let read = shown(&view);
    assert_eq!(read, ["0:30", "0:40", "0:50", "0:60", "0:70"]);
    say(&mut view, 1, &[15, 45, 75, 95]);
    assert_eq!((shown(&view), view.new_lines()), (read, 4));
    view.follow();
    view.fit(SIZE.0);
    assert_eq!(shown(&view), ["0:70", "1:75", "0:80", "0:90", "1:95"]);
    assert!(all(&view).is_sorted());
    assert_eq!(view.ring.len(), 13);
}

#[test]
fn a_hit_and_an_error_stay_where_they_are_when_lines_come_before_them() {
    let mut view = view(2);
    say(&mut view, 0, &(10..60).collect::<Vec<_>>());
    assert!(view.begin_search(Search::new("0:33"), SIZE, &PLAIN));
    let before = shown(&view);
    view.fit(SIZE.0);
    say(&mut view, 1, &[5, 6, 7, 20]);
    assert_eq!(shown(&view), before);
    let hit = view.hit.expect("a hit");
    assert_eq!(view.ring.line(hit).expect("kept").1, b"0:33");
    assert!(!view.search_step(false, SIZE, &PLAIN), "there is one hit");
}

#[test]
fn where_one_may_have_older_lines_those_of_others_are_not_shown_before_them() {
    let mut view = view(3);
    // A share of a hundred lines each: the first has more, the second has said little for days.
    say(&mut view, 1, &[1, 2, 1000, 2010]);
    say(&mut view, 0, &(2000..2100).collect::<Vec<_>>());
    assert_eq!(all(&view)[..2], [(2000, 0), (2001, 0)]);
    assert_eq!(view.ring.len(), 101);
    say(&mut view, 2, &[3, 2050]);
    assert_eq!(view.ring.len(), 102, "what is older comes with older pages");
    assert_eq!(view.ring.dropped(), 0);
}

#[test]
fn unfinished_lines_stand_below_and_say_whose_they_are() {
    let mut view = view(5);
    say(&mut view, 0, &[10]);
    for voice in 0..4u64 {
        let prompt = lines(voice as usize, &[100 - voice as i64]);
        view.take_from(StreamId(voice + 1), StreamEvent::Partial(prompt));
    }
    let voices: Vec<u16> = view.visible(SIZE.0, SIZE.1, &PLAIN).iter().map(|row| row.voice).collect();
    assert_eq!(voices, [0, 2, 1, 0], "one line, and the newest three");
    say(&mut view, 2, &[101]);
    assert_eq!(shown(&view), ["0:10", "2:101", "3:97", "1:99", "0:100"]);
}

#[test]
fn memory_is_bounded_for_all_together_and_what_falls_off_is_counted() {
    let mut view = view(4);
    let mut said = 0;
    for round in 0..400i64 {
        for voice in 0..4 {
            let stamps: Vec<i64> = (0..100).map(|line| round * 1000 + line * (7 + voice as i64)).collect();
            say(&mut view, voice, &stamps);
            said += 100;
        }
    }
    assert!(view.ring.cost() <= 2 * (PLAIN.memory_mib << 20), "{} bytes", view.ring.cost());
    assert_eq!(view.ring.dropped() as usize + view.ring.len(), said);
    assert!(all(&view).windows(2).all(|pair| pair[0].0 <= pair[1].0));
}

#[test]
fn a_container_that_is_gone_keeps_its_lines_and_is_not_asked_for_older_ones() {
    let mut view = view(2);
    say(&mut view, 0, &(100..300).collect::<Vec<_>>());
    say(&mut view, 1, &[200]);
    let removed = Problem::new("read the log of web-1", "the container was removed", "");
    let mut snapshot = Snapshot::default();
    let one = Arc::new(container("web-0"));
    Arc::make_mut(&mut snapshot.containers).insert(one.id.clone(), one);
    view.merge.as_mut().expect("several").follow(&snapshot, || StreamId(9));
    assert!(view.stream_ended(StreamId(2), Some(removed)).is_some_and(|(id, _)| id == fixture_id("web-1")));
    assert!(all(&view).contains(&(200, 1)));
    let asked = view.older_pages(&PLAIN);
    assert!(matches!(&asked[..], [Source::OlderLogs { id, .. }] if *id == fixture_id("web-0")), "{asked:?}");
}

#[test]
fn a_page_that_fails_leaves_no_gap() {
    let mut view = view(2);
    say(&mut view, 0, &(100..300).collect::<Vec<_>>());
    say(&mut view, 1, &(100..300).collect::<Vec<_>>());
    let before = all(&view);
    open(&mut view);
    view.take_older(StreamId(50), StreamEvent::Lines(lines(0, &[1, 2])));
    view.older_failed();
    assert!(!view.hears_older(StreamId(51)), "the other page is of no use");
    assert_eq!((all(&view), view.is_loading_older()), (before, false));
    assert_eq!(view.older_pages(&PLAIN).len(), 2);
}

/// Opens pages as streams 50 and up; what they ask for.
fn open(view: &mut LogView) -> Vec<(StreamId, Source)> {
    let sources = view.older_pages(&PLAIN);
    opened(view, sources, &mut 50)
}

fn opened(view: &mut LogView, sources: Vec<Source>, next: &mut u64) -> Vec<(StreamId, Source)> {
    let mut open = Vec::new();
    for source in sources {
        view.older_opened(&source, StreamId(*next));
        open.push((StreamId(*next), source));
        *next += 1;
    }
    open
}

/// What an engine that holds these lines answers to a question for older ones.
fn page_of(log: &[i64], source: &Source, most: usize) -> Vec<i64> {
    let Source::OlderLogs { before, known_at_before, lines, .. } = source else { panic!("{source:?}") };
    let mut older: Vec<i64> = log.iter().copied().filter(|at| *at <= before.0).collect();
    let at_seam = older.iter().filter(|at| **at == before.0).count();
    older.truncate(older.len() - (*known_at_before).min(at_seam));
    older.split_off(older.len().saturating_sub(most.min(*lines)))
}

/// An engine that holds these logs.
struct Holding<'a> {
    logs: &'a [Vec<i64>],
    /// Lines of a page at most.
    most: usize,
    tells_the_end: bool,
}

fn holding(logs: &[Vec<i64>]) -> Holding<'_> {
    Holding { logs, most: usize::MAX, tells_the_end: true }
}

/// Reads a round of pages. False if there was nothing to ask for.
fn read_pages(view: &mut LogView, engine: &Holding, next: &mut u64) -> bool {
    let sources = view.older_pages(&PLAIN);
    let mut open = opened(view, sources, next);
    let any = !open.is_empty();
    while let Some((stream, source)) = open.pop() {
        let voices = &view.merge.as_ref().expect("several").voices;
        let voice = voices.iter().position(|voice| Some(&voice.id) == source.id()).expect("one of them");
        let page = page_of(&engine.logs[voice], &source, engine.most);
        if !page.is_empty() {
            view.take_older(stream, StreamEvent::Lines(lines(voice, &page)));
        }
        let is_last = page.is_empty() || page[0] == engine.logs[voice][0];
        if engine.tells_the_end && is_last && page.len() < engine.most {
            view.take_older(stream, StreamEvent::NothingOlder);
        }
        let more = view.older_done(stream, &PLAIN);
        open.extend(opened(view, more, next));
    }
    any
}

fn stamps_of(view: &LogView, voice: usize) -> Vec<i64> {
    view.ring.marks().filter(|mark| usize::from(mark.voice) == voice).map(|mark| mark.at.0).collect()
}

fn go(view: &mut LogView, voice: usize) {
    view.merge.as_mut().expect("several").voices[voice].gone = true;
    view.stream_ended(StreamId(voice as u64 + 1), Some(Problem::new("read the log", "the container was removed", "")));
}

fn learn(view: &mut LogView, voice: usize, until: i64) {
    view.take_from(StreamId(voice as u64 + 1), StreamEvent::HistoryUntil(Timestamp(until)));
}

#[test]
fn what_is_written_from_now_on_is_no_history_that_may_be_cut_off() {
    let mut view = view(2);
    (0..2).for_each(|voice| learn(&mut view, voice, 1000));
    say(&mut view, 0, &(1..21).collect::<Vec<_>>());
    say(&mut view, 1, &(1001..1601).collect::<Vec<_>>());
    assert_eq!(view.ring.len(), 620);
}

#[test]
fn what_was_taken_out_comes_back_with_older_pages_also_of_who_is_gone() {
    for goes in [false, true] {
        let mut view = view(2);
        let logs = [(1..21).collect::<Vec<i64>>(), (1001..1601).collect()];
        say(&mut view, 0, &logs[0]);
        if goes {
            go(&mut view, 0);
        }
        // The engine has not told the time: that may be history.
        say(&mut view, 1, &logs[1]);
        assert_eq!((view.ring.len(), view.at_start), (600, false));
        let mut next = 50;
        while read_pages(&mut view, &holding(&logs), &mut next) {}
        assert!(view.at_start);
        assert_eq!([stamps_of(&view, 0), stamps_of(&view, 1)], logs, "gone: {goes}");
    }
}

#[test]
fn lines_that_are_taken_out_again_are_asked_for_again() {
    let mut view = view(2);
    let mut logs = [(1..21).collect::<Vec<i64>>(), Vec::new()];
    say(&mut view, 0, &logs[0]);
    let mut next = 50;
    while read_pages(&mut view, &holding(&logs), &mut next) {}
    assert!(view.at_start);
    logs[1] = (1001..1601).collect();
    say(&mut view, 1, &logs[1]);
    assert!(!view.at_start || view.ring.len() == 620, "the whole log is said to be there");
    while read_pages(&mut view, &holding(&logs), &mut next) {}
    assert!(view.at_start);
    assert_eq!([stamps_of(&view, 0), stamps_of(&view, 1)], logs);
}

#[test]
fn one_round_of_pages_reaches_the_start_where_the_engine_tells_that_it_has() {
    let mut view = view(2);
    let logs = [(1..400).collect::<Vec<i64>>(), (301..700).collect()];
    for (voice, log) in logs.iter().enumerate() {
        say(&mut view, voice, &log[log.len() - 150..]);
    }
    assert!(read_pages(&mut view, &holding(&logs), &mut 50));
    assert!(view.at_start);
    assert_eq!([stamps_of(&view, 0), stamps_of(&view, 1)], logs);
}

#[test]
fn a_page_that_is_short_for_its_weight_alone_is_not_the_last() {
    let mut view = view(2);
    say(&mut view, 0, &[300]);
    say(&mut view, 1, &[300]);
    let open = open(&mut view);
    view.take_older(open[0].0, StreamEvent::Lines(lines(0, &[200])));
    view.take_older(open[1].0, StreamEvent::Lines(lines(1, &[100])));
    open.iter().for_each(|(stream, _)| drop(view.older_done(*stream, &PLAIN)));
    assert_eq!((view.at_start, all(&view)[0]), (false, (200, 0)), "what is between is not known");
}

/// An event of a merged log.
#[derive(Debug, Clone)]
enum Turn {
    /// Somebody's stream brings so many lines.
    Say(usize, usize),
    /// Older pages are read.
    Pages,
    /// A container goes.
    Go(usize),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        8 => (0usize..3, 1usize..12).prop_map(|(voice, count)| Turn::Say(voice, count)),
        2 => Just(Turn::Pages),
        1 => (0usize..3).prop_map(Turn::Go),
    ]
}

/// A container's log: how many of its lines are history, when each was written, and whether its engine tells the time.
fn life() -> impl Strategy<Value = (usize, Vec<i64>, bool)> {
    let steps =
        prop::sample::select(vec![1i64..2, 1..4, 1..60]).prop_flat_map(|step| prop::collection::vec(step, 0..40));
    (steps.clone(), steps, any::<bool>()).prop_map(|(history, live, tells)| {
        let mut at = OPENED - history.iter().sum::<i64>();
        let mut log: Vec<i64> = Vec::new();
        for (index, step) in history.iter().chain(&live).enumerate() {
            at = if index < history.len() { at + step } else { at.max(OPENED + 1) + step };
            log.push(at);
        }
        (history.len(), log, tells)
    })
}

const OPENED: i64 = 100_000;

/// True if each of some moments is among others, as often.
fn holds(all: &[i64], some: &[i64]) -> bool {
    let mut rest = all.iter();
    some.iter().all(|wanted| rest.any(|at| at == wanted))
}

fn logs() -> impl Strategy<Value = Vec<Vec<i64>>> {
    // Some write often, some rarely, some several lines at one moment.
    let log = (0usize..700, prop::sample::select(vec![0i64..2, 0..30, 0..900])).prop_flat_map(|(count, steps)| {
        prop::collection::vec(steps, count).prop_map(|steps| {
            let end = 100_000;
            let total: i64 = steps.iter().sum();
            let mut at = end - total;
            steps
                .iter()
                .map(|step| {
                    at += step;
                    at
                })
                .collect::<Vec<i64>>()
        })
    });
    prop::collection::vec(log, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// At every step back the log is the end of all lines there are, in order of time: no gap, nothing twice.
    #[test]
    fn older_pages_of_all_go_back_to_the_first_line_without_a_gap(logs in logs(), chunks in 1usize..90, tells_the_end: bool) {
        let mut everything: Vec<i64> = logs.concat();
        everything.sort_unstable();
        let mut view = view(logs.len());
        let engine = Holding { tells_the_end, ..holding(&logs) };
        let share = (PLAIN.tail / logs.len()).max(100);
        for (voice, log) in logs.iter().enumerate() {
            for piece in log[log.len().saturating_sub(share)..].chunks(chunks) {
                say(&mut view, voice, piece);
            }
        }
        let mut next = 50;
        for round in 0.. {
            let stamps: Vec<i64> = view.ring.marks().map(|mark| mark.at.0).collect();
            prop_assert_eq!(&stamps[..], &everything[everything.len() - stamps.len()..], "round {}", round);
            if !read_pages(&mut view, &engine, &mut next) {
                break;
            }
        }
        prop_assert_eq!(view.ring.len(), everything.len());
        for (voice, log) in logs.iter().enumerate() {
            let of: Vec<i64> = view.ring.marks().filter(|mark| usize::from(mark.voice) == voice).map(|mark| mark.at.0).collect();
            prop_assert_eq!(&of, log);
        }
    }

    /// Whatever comes, and whoever goes: below the memory limit each line that came is there or comes with older pages, and
    /// the whole log is said to be there only if it is.
    #[test]
    fn no_line_that_came_is_lost(
        lives in prop::collection::vec(life(), 3),
        turns in prop::collection::vec(turn(), 0..40),
        tells_the_end: bool,
    ) {
        const ASKED: usize = 5;
        let mut view = view_with(3, ASKED);
        let logs: Vec<Vec<i64>> = lives.iter().map(|(_, log, _)| log.clone()).collect();
        let engine = Holding { logs: &logs, most: 30, tells_the_end };
        let starts: Vec<usize> = lives.iter().map(|(history, ..)| history.saturating_sub(ASKED)).collect();
        let (mut came, mut gone, mut next) = (starts.clone(), [false; 3], 50);
        for (voice, (.., tells)) in lives.iter().enumerate() {
            if *tells {
                learn(&mut view, voice, OPENED);
            }
        }
        for turn in turns {
            match turn {
                Turn::Say(voice, count) if !gone[voice] => {
                    let to = (came[voice] + count).min(logs[voice].len());
                    let from = std::mem::replace(&mut came[voice], to);
                    say(&mut view, voice, &logs[voice][from..to]);
                }
                Turn::Say(..) => {}
                Turn::Pages => drop(read_pages(&mut view, &engine, &mut next)),
                Turn::Go(voice) => {
                    gone[voice] = true;
                    go(&mut view, voice);
                }
            }
            prop_assert!(all(&view).windows(2).all(|pair| pair[0].0 <= pair[1].0));
            for voice in 0..3 {
                let shown = stamps_of(&view, voice);
                prop_assert!(holds(&logs[voice], &shown), "told twice: {:?}", shown);
                prop_assert!(!view.at_start || holds(&shown, &logs[voice][starts[voice]..came[voice]]), "not the whole log");
            }
        }
        // The history of those that are there arrives in the end.
        for (voice, (history, ..)) in lives.iter().enumerate().filter(|(voice, _)| !gone[*voice]) {
            let from = came[voice];
            came[voice] = from.max(*history);
            say(&mut view, voice, &logs[voice][from..came[voice]]);
        }
        let rounds = (0..100).take_while(|_| read_pages(&mut view, &engine, &mut next)).count();
        prop_assert!(rounds < 100, "pages without an end");
        prop_assert!(view.at_start || view.ring.is_empty());
        prop_assert_eq!(view.ring.dropped(), 0);
        for voice in 0..3 {
            let shown = stamps_of(&view, voice);
            let from = if gone[voice] { starts[voice] } else { 0 };
            let told = !view.ring.is_empty() && came[voice] > starts[voice];
            prop_assert!(!told || holds(&shown, &logs[voice][from..came[voice]]), "{}: {:?}", voice, shown);
        }
    }

    /// Whatever comes of whomever: what a reader who holds still sees does not move, and nothing is lost.
    #[test]
    fn who_holds_still_reads_on(
        before in prop::collection::vec((0usize..3, 0i64..50), 12..60),
        up in 1isize..20,
        after in prop::collection::vec((0usize..3, 0i64..80), 1..60),
    ) {
        let mut view = view(3);
        let mut at = [0; 3];
        let mut next = |voice: usize, step: i64| { at[voice] += step; at[voice] };
        for (voice, step) in &before {
            let stamp = next(*voice, *step);
            say(&mut view, *voice, &[stamp]);
        }
        view.scroll_by(-up, SIZE.0, SIZE.1, &PLAIN);
        view.fit(SIZE.0);
        let read = shown(&view);
        prop_assume!(!view.follows());
        for (voice, step) in &after {
            let stamp = next(*voice, *step);
            say(&mut view, *voice, &[stamp]);
            prop_assert_eq!(&shown(&view), &read);
        }
        prop_assert_eq!(view.new_lines() as usize, after.len());
        view.follow();
        view.fit(SIZE.0);
        prop_assert_eq!(view.ring.len(), before.len() + after.len());
        prop_assert!(all(&view).windows(2).all(|pair| pair[0].0 <= pair[1].0));
    }
}
