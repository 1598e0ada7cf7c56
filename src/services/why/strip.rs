//! The runs of a container as signs over time.

use super::story::Run;
use crate::model::Timestamp;

/// What a container did in a part of the time; of several things the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunSign {
    /// It did not run.
    Down,
    /// It ran.
    Runs,
    /// A run ended well, or since somebody asked for it.
    EndedWell,
    /// A run ended badly.
    EndedBadly,
}

/// The signs of a stretch of time, each of an equal part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStrip {
    /// Where it begins: at the first run.
    pub from: Timestamp,
    /// Where it ends: at the last end, or now.
    pub to: Timestamp,
    /// One run still goes on.
    pub goes_on: bool,
    /// The signs, the oldest first.
    pub signs: Vec<RunSign>,
}

/// The strip of so many signs. None of a single run, which needs none, and without room.
pub fn run_strip(runs: &[Run], now: Timestamp, most: usize) -> Option<RunStrip> {
    let ([first, _, ..], Some(last), 1..) = (runs, runs.last(), most) else { return None };
    let from = first.began.or(first.ended)?;
    let to = last.ended.unwrap_or(now).max(from.plus_seconds(1.0));
    let (whole, count) = (to.since(from), most as f64);
    // What happens at the very end belongs to the last part.
    let part = |at: Timestamp| ((at.since(from) / whole * count).max(0.0) as usize).min(most - 1);
    let mut signs = vec![RunSign::Down; most];
    let mut put = |at: usize, sign: RunSign| signs[at] = signs[at].max(sign);
    for run in runs {
        let ended = run.ended.unwrap_or(to);
        (part(run.began.unwrap_or(ended))..=part(ended)).for_each(|at| put(at, RunSign::Runs));
        if run.ended.is_some() {
            put(part(ended), if run.ended_well() { RunSign::EndedWell } else { RunSign::EndedBadly });
        }
    }
    Some(RunStrip { from, to, goes_on: last.ended.is_none(), signs })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EndCause, RunEnd};

    const GOES_ON: Option<RunEnd> = None;
    const GOOD: Option<RunEnd> = Some(RunEnd { code: Some(0), cause: EndCause::Itself });
    const BAD: Option<RunEnd> = Some(RunEnd { code: Some(1), cause: EndCause::Itself });
    const ASKED_FOR: Option<RunEnd> = Some(RunEnd { code: Some(137), cause: EndCause::Signal });
    const OUT_OF_MEMORY: Option<RunEnd> = Some(RunEnd { code: Some(137), cause: EndCause::OutOfMemory });

    fn run(began: f64, ended: Option<f64>, end: Option<RunEnd>) -> Run {
        let at = |seconds: f64| Timestamp::default().plus_seconds(1000.0 + seconds);
        Run { began: Some(at(began)), ended: ended.map(at), how: String::new(), end }
    }

    fn drawn(runs: &[Run], now: f64, most: usize) -> String {
        let strip = run_strip(runs, Timestamp::default().plus_seconds(1000.0 + now), most);
        let sign = |sign: RunSign| match sign {
            RunSign::Down => '.',
            RunSign::Runs => '=',
            RunSign::EndedWell => 'o',
            RunSign::EndedBadly => 'x',
        };
        strip.map(|strip| strip.signs.into_iter().map(sign).collect()).unwrap_or_default()
    }

    #[test]
    fn runs_ends_and_pauses_have_their_place_in_time() {
        let runs = [run(0.0, Some(35.0), BAD), run(60.0, Some(65.0), BAD), run(80.0, None, GOES_ON)];
        assert_eq!(drawn(&runs, 100.0, 10), "===x..x.==");
    }

    #[test]
    fn a_strip_ends_with_the_last_run_and_a_good_end_is_told_from_a_bad_one() {
        let runs = [run(0.0, Some(10.0), GOOD), run(20.0, Some(40.0), ASKED_FOR)];
        assert_eq!(drawn(&runs, 100_000.0, 8), "==o.===o");
        let runs = [run(0.0, Some(10.0), GOOD), run(20.0, Some(40.0), OUT_OF_MEMORY)];
        assert_eq!(drawn(&runs, 100_000.0, 8), "==o.===x");
    }

    #[test]
    fn of_what_falls_together_the_worst_is_shown() {
        let many: Vec<Run> = (0..100).map(|at| run(f64::from(at), Some(f64::from(at) + 0.5), BAD)).collect();
        assert_eq!(drawn(&many, 0.0, 5), "xxxxx");
        let mixed = [run(0.0, Some(1.0), GOOD), run(1.1, Some(1.2), BAD), run(99.0, None, GOES_ON)];
        assert_eq!(drawn(&mixed, 100.0, 5), "x...=");
    }

    #[test]
    fn a_single_run_needs_no_strip_and_ends_in_one_moment_break_nothing() {
        assert_eq!(drawn(&[run(0.0, None, GOES_ON)], 100.0, 10), "");
        assert_eq!(drawn(&[run(0.0, Some(0.0), BAD), run(0.0, Some(0.0), BAD)], 0.0, 4), "x...");
        assert_eq!(drawn(&[run(0.0, Some(1.0), BAD), run(2.0, None, GOES_ON)], 3.0, 0), "");
    }
}
