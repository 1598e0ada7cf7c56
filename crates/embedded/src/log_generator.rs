//! The log lines of a synthetic container: pure functions of (seed, moment), made only when somebody reads them.

use serde::Deserialize;

use super::rng::{Rng, mix};
use super::time::{Nanos, SECOND, rfc3339};

/// The style of a synthetic container's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Style {
    /// `LEVEL component: message`.
    #[default]
    Plain,
    /// Plain text with SGR colours.
    Colour,
    /// One JSON object a line.
    Json,
    /// `key=value` pairs.
    Logfmt,
    /// A web server's access log.
    Access,
    /// A database's log.
    Database,
    /// What a terminal program prints: prompts, colours, carriage returns.
    Tty,
    /// No lines between start and end.
    Quiet,
}

/// One line of a log, its line end included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) at: Nanos,
    pub(crate) stderr: bool,
    pub(crate) text: Vec<u8>,
}

/// One run of a container, from start to end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Run {
    pub(crate) start: Nanos,
    /// The time of its end, and the exit code.
    pub(crate) end: Option<(Nanos, i64)>,
    /// When it was paused, and until when: the newest times.
    pub(crate) pauses: Vec<(Nanos, Option<Nanos>)>,
    /// The time it was paused before those.
    pub(crate) paused_before: Nanos,
}

/// Pauses of one run that are remembered one by one.
const PAUSES: usize = 64;

impl Run {
    /// Pauses it from now on.
    pub(crate) fn pause(&mut self, now: Nanos) {
        if self.pauses.len() >= PAUSES {
            let (from, to) = self.pauses.remove(0);
            self.paused_before += to.map_or(0, |to| to - from);
        }
        self.pauses.push((now, None));
    }

    fn paused_at(&self, at: Nanos) -> bool {
        self.pauses.iter().any(|(from, to)| at >= *from && to.is_none_or(|to| at < to))
    }

    /// For how long it has really run by `now`: pauses do not count.
    pub(crate) fn active(&self, now: Nanos) -> Nanos {
        let end = self.end.map_or(now, |(end, _)| end.min(now));
        let paused: Nanos =
            self.pauses.iter().map(|(from, to)| (to.unwrap_or(end).min(end) - (*from).min(end)).max(0)).sum();
        (end - self.start - paused - self.paused_before).max(0)
    }
}

/// How many lines before the present a synthetic container remembers.
const HISTORY: i64 = 20_000;

/// The generator of a container's log lines.
#[derive(Debug, Clone)]
pub(crate) struct LogGenerator {
    seed: u64,
    style: Style,
    /// Nanoseconds between two lines.
    every: Nanos,
    service: String,
}

impl LogGenerator {
    /// A voice that writes `rate` lines a second.
    pub(crate) fn new(seed: u64, style: Style, rate: f64, service: &str) -> Self {
        let rate = if style == Style::Quiet { 0.0 } else { rate.clamp(0.0, 10_000.0) };
        let every = if rate > 0.0 { (SECOND as f64 / rate) as Nanos } else { 0 };
        LogGenerator { seed, style, every, service: service.to_string() }
    }

    /// The oldest moment it still remembers at `now`.
    pub(crate) fn horizon(&self, now: Nanos) -> Nanos {
        if self.every == 0 { 0 } else { now.saturating_sub(self.every.saturating_mul(HISTORY)).max(0) }
    }

    /// Lines after `after` up to and with `until`, oldest first, `most` of them at most.
    pub(crate) fn between(&self, runs: &[Run], after: Nanos, until: Nanos, most: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        for run in runs {
            let (_, last) = span(run, until);
            if lines.len() >= most || run.start > until {
                break;
            }
            if run.end.is_some_and(|(end, _)| end <= after) {
                continue;
            }
            if run.start > after {
                lines.push(self.first(run));
            }
            let mut slot = self.slot(run.start.max(after));
            while self.every > 0 && lines.len() < most && slot * self.every <= last {
                let at = self.moment(slot);
                if at > after
                    && at > run.start
                    && at < last.saturating_add(i64::from(run.end.is_none()))
                    && !run.paused_at(at)
                {
                    lines.push(self.line(slot, at));
                }
                slot += 1;
            }
            if let Some((end, code)) = run.end
                && end > after
                && end <= until
                && lines.len() < most
            {
                lines.push(self.last(end, code));
            }
        }
        lines.truncate(most);
        lines
    }

    /// The newest `count` lines up to and with `until`, oldest first.
    pub(crate) fn tail(&self, runs: &[Run], until: Nanos, count: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let horizon = self.horizon(until);
        for run in runs.iter().rev().filter(|run| run.start <= until) {
            let (first, last) = span(run, until);
            if let Some((end, code)) = run.end
                && end <= until
                && lines.len() < count
            {
                lines.push(self.last(end, code));
            }
            let mut slot = self.slot(last);
            while self.every > 0 && lines.len() < count && slot * self.every >= first.max(horizon) - self.every {
                let at = self.moment(slot);
                if at > first && at < last.saturating_add(i64::from(run.end.is_none())) && !run.paused_at(at) {
                    lines.push(self.line(slot, at));
                }
                slot -= 1;
            }
            if lines.len() < count && first >= horizon {
                lines.push(self.first(run));
            }
            if lines.len() >= count {
                break;
            }
        }
        lines.reverse();
        lines
    }

    /// When the next line after `after` is due, if there ever is one.
    pub(crate) fn next_after(&self, after: Nanos) -> Option<Nanos> {
        if self.every == 0 {
            return None;
        }
        let slot = self.slot(after);
        Some(if self.moment(slot) > after { self.moment(slot) } else { self.moment(slot + 1) })
    }

    fn slot(&self, at: Nanos) -> i64 {
        if self.every == 0 { 0 } else { at.div_euclid(self.every) }
    }

    /// When the line of a slot is written: somewhere in the first nine tenths of the slot.
    fn moment(&self, slot: i64) -> Nanos {
        let share = (mix(self.seed, slot as u64) % 900) as Nanos;
        slot * self.every + self.every / 1000 * share + 1
    }

    fn finish(&self, at: Nanos, stderr: bool, text: String) -> Line {
        let tty = self.style == Style::Tty;
        let mut text = text.into_bytes();
        text.extend_from_slice(if tty { b"\r\n" } else { b"\n" });
        Line { at, stderr: stderr && !tty, text }
    }

    fn first(&self, run: &Run) -> Line {
        let text = self.say(run.start, "INFO", "main", &format!("{} starting, pid 1", self.service));
        self.finish(run.start, false, text)
    }

    fn last(&self, end: Nanos, code: i64) -> Line {
        let (level, words) = match code {
            0 => ("INFO", "shutdown complete".to_string()),
            137 => ("WARN", "memory pressure: working set close to the limit".to_string()),
            143 => ("INFO", "received SIGTERM, closing listeners".to_string()),
            code => ("ERROR", format!("fatal: unrecoverable error, exiting with code {code}")),
        };
        let text = self.say(end, level, "main", &words);
        self.finish(end, level == "ERROR", text)
    }

    fn line(&self, slot: i64, at: Nanos) -> Line {
        let mut rng = Rng::new(mix(self.seed ^ 0xa5a5, slot as u64));
        let level = match rng.below(100) {
            0..72 => "INFO",
            72..84 => "DEBUG",
            84..94 => "WARN",
            _ => "ERROR",
        };
        let text = match self.style {
            Style::Access => return self.finish(at, false, access(&mut rng, at)),
            Style::Database => return self.finish(at, true, database(&mut rng, at)),
            Style::Tty => terminal(&mut rng),
            _ => {
                let component = *rng.pick(&["http", "db", "cache", "queue", "auth", "jobs"]);
                let words = message(&mut rng, level);
                self.say(at, level, component, &words)
            }
        };
        self.finish(at, level == "ERROR", text)
    }

    /// A message in the container's own style.
    fn say(&self, at: Nanos, level: &str, component: &str, words: &str) -> String {
        let service = &self.service;
        match self.style {
            Style::Json => format!(
                r#"{{"ts":"{}","level":"{}","service":"{service}","component":"{component}","msg":"{words}","trace_id":"{:016x}"}}"#,
                millis(at),
                level.to_lowercase(),
                mix(self.seed, at as u64)
            ),
            Style::Logfmt => format!(
                "ts={} level={} service={service} component={component} msg=\"{words}\"",
                millis(at),
                level.to_lowercase()
            ),
            Style::Colour => {
                let colour = match level {
                    "ERROR" => "1;31",
                    "WARN" => "33",
                    "DEBUG" => "34",
                    _ => "32",
                };
                format!(
                    "\x1b[2m{}\x1b[0m \x1b[{colour}m{level:>5}\x1b[0m \x1b[36m{component}\x1b[0m: {words}",
                    millis(at)
                )
            }
            _ => format!("{} {level:<5} [{component}] {words}", millis(at)),
        }
    }
}

/// The first and the last moment of a run, seen at `until`.
fn span(run: &Run, until: Nanos) -> (Nanos, Nanos) {
    (run.start, run.end.map_or(until, |(end, _)| end.min(until)))
}

fn millis(at: Nanos) -> String {
    let mut text = rfc3339(Some(at));
    text.replace_range(23..29, "");
    text
}

fn message(rng: &mut Rng, level: &str) -> String {
    let user = rng.below(9000) + 1000;
    let took = rng.below(400) + 2;
    let path = *rng.pick(PATHS);
    match level {
        "ERROR" => match rng.below(5) {
            0 => format!("GET {path} 500 after {took} ms: upstream closed the connection"),
            1 => format!("payment of order {user} failed: card declined"),
            2 => "connection refused: tcp 10.0.3.7:5432".to_string(),
            3 => format!("job {user} failed: deadline exceeded ({took} s)"),
            _ => "unhandled exception: index 7 out of range for length 7".to_string(),
        },
        "WARN" => match rng.below(4) {
            0 => format!("slow query: {} ms", took * 11),
            1 => format!("retry {} of 5 for {path}", took % 5 + 1),
            2 => format!("pool exhausted, waited {took} ms for a connection"),
            _ => format!("rate limit near for user {user}"),
        },
        "DEBUG" => format!("cache {} key=user:{user}", rng.pick(&["hit", "miss", "stale"])),
        _ => match rng.below(5) {
            0 => format!("GET {path} 200 in {took} ms"),
            1 => format!("POST {path} 201 in {took} ms"),
            2 => format!("user {user} signed in"),
            3 => format!("order {user} shipped, {} items", took % 9 + 1),
            _ => format!("flushed {} events to the queue", took * 3),
        },
    }
}

const PATHS: &[&str] =
    &["/", "/api/orders", "/api/cart/42", "/healthz", "/login", "/search?q=lamp", "/static/app.js", "/api/users/7"];

fn access(rng: &mut Rng, at: Nanos) -> String {
    let client = format!("10.{}.{}.{}", rng.below(4), rng.below(250), rng.below(250) + 1);
    let status = match rng.below(40) {
        0 => 502,
        1 | 2 => 404,
        3..6 => 304,
        _ => 200,
    };
    let agent =
        *rng.pick(&["Mozilla/5.0 (X11; Linux x86_64)", "curl/8.5.0", "kube-probe/1.31", "Mozilla/5.0 (iPhone)"]);
    format!(
        "{client} - - [{}] \"{} {} HTTP/1.1\" {status} {} \"-\" \"{agent}\"",
        millis(at),
        rng.pick(&["GET", "GET", "GET", "POST"]),
        rng.pick(PATHS),
        rng.below(60_000)
    )
}

fn database(rng: &mut Rng, at: Nanos) -> String {
    let process = rng.below(400) + 30;
    let words = match rng.below(5) {
        0 => format!("checkpoint complete: wrote {} buffers ({}.{}%)", rng.below(900), rng.below(5), rng.below(10)),
        1 => format!("duration: {} ms  statement: SELECT * FROM orders WHERE user_id = $1", rng.below(900)),
        2 => "automatic vacuum of table \"shop.public.orders\": index scans: 1".to_string(),
        3 => format!("connection authorized: user=shop database=shop application_name=api-{}", rng.below(4) + 1),
        _ => "checkpoint starting: time".to_string(),
    };
    format!("{} UTC [{process}] LOG:  {words}", &millis(at)[..23])
}

fn terminal(rng: &mut Rng) -> String {
    match rng.below(4) {
        0 => {
            let done = rng.below(100);
            let bar = |done: usize| format!("\rfetch [{:<20}] {done:>3}%", "#".repeat(done / 5));
            format!("{}{}", bar(done / 2), bar(done))
        }
        1 => "\x1b[1;32mdev@workspace\x1b[0m:\x1b[1;34m~/src\x1b[0m$ make test".to_string(),
        2 => format!("\x1b[32m✔\x1b[0m {} passed", rng.below(200)),
        _ => format!("\x1b[33mwarning\x1b[0m: unused variable `n{}`", rng.below(90)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Nanos = 1_700_000_000 * SECOND;

    fn runs() -> Vec<Run> {
        vec![
            Run { start: T0, end: Some((T0 + 100 * SECOND, 1)), ..Run::default() },
            Run {
                start: T0 + 110 * SECOND,
                pauses: vec![(T0 + 120 * SECOND, Some(T0 + 130 * SECOND))],
                ..Run::default()
            },
        ]
    }

    #[test]
    fn reading_in_pieces_gives_each_line_once() {
        let voice = LogGenerator::new(3, Style::Json, 20.0, "api");
        let until = T0 + 200 * SECOND;
        let whole = voice.between(&runs(), 0, until, usize::MAX);
        let (mut pieces, mut cursor) = (Vec::new(), 0);
        loop {
            let more = voice.between(&runs(), cursor, until, 7);
            let Some(last) = more.last() else { break };
            cursor = last.at;
            pieces.extend(more);
        }
        assert_eq!(whole, pieces);
        assert!(whole.windows(2).all(|two| two[0].at < two[1].at));
        assert!(whole.len() > 3000, "{}", whole.len());
    }

    #[test]
    fn history_and_live_tail_have_no_seam() {
        let voice = LogGenerator::new(3, Style::Plain, 20.0, "api");
        let (early, late) = (T0 + 170 * SECOND, T0 + 180 * SECOND);
        let whole = voice.between(&runs(), 0, late, usize::MAX);
        let mut tail = voice.tail(&runs(), early, 50);
        assert_eq!(tail.len(), 50);
        let cursor = tail.last().map_or(0, |line| line.at);
        tail.extend(voice.between(&runs(), cursor, late, usize::MAX));
        assert_eq!(tail, whole[whole.len() - tail.len()..]);
    }

    #[test]
    fn a_long_tail_is_the_whole() {
        let voice = LogGenerator::new(9, Style::Plain, 5.0, "api");
        let until = T0 + 200 * SECOND;
        assert_eq!(voice.tail(&runs(), until, usize::MAX), voice.between(&runs(), 0, until, usize::MAX));
    }

    #[test]
    fn nothing_is_written_while_it_is_stopped_or_paused() {
        let voice = LogGenerator::new(3, Style::Colour, 50.0, "api");
        let lines = voice.between(&runs(), 0, T0 + 200 * SECOND, usize::MAX);
        let inside =
            |from: Nanos, to: Nanos| lines.iter().any(|l| l.at > T0 + from * SECOND && l.at < T0 + to * SECOND);
        assert!(!inside(100, 110) && !inside(120, 130));
        assert!(inside(90, 100) && inside(131, 140));
        assert_eq!(runs()[1].active(T0 + 200 * SECOND), 80 * SECOND);
    }

    #[test]
    fn json_lines_are_json_and_a_terminal_ends_lines_its_way() {
        let json = LogGenerator::new(3, Style::Json, 20.0, "api").tail(&runs(), T0 + 190 * SECOND, 300);
        for line in json {
            serde_json::from_slice::<serde_json::Value>(&line.text).expect("each line is JSON");
        }
        let tty = LogGenerator::new(3, Style::Tty, 20.0, "dev").tail(&runs(), T0 + 190 * SECOND, 30);
        assert!(tty.iter().all(|line| line.text.ends_with(b"\r\n") && !line.stderr));
    }

    #[test]
    fn the_next_line_is_due_when_it_comes() {
        let voice = LogGenerator::new(3, Style::Plain, 2.0, "api");
        let now = T0 + 150 * SECOND;
        let due = voice.next_after(now).expect("it speaks");
        let next = &voice.between(&runs(), now, now + 10 * SECOND, 1)[0];
        assert_eq!(next.at, due);
        assert_eq!(LogGenerator::new(3, Style::Quiet, 2.0, "api").next_after(now), None);
    }

    #[test]
    fn pauses_without_end_take_no_memory_without_end_and_all_count() {
        let mut run = Run { start: T0, ..Run::default() };
        for number in 0..1000 {
            run.pause(T0 + (10 * number + 4) * SECOND);
            if let Some((_, to)) = run.pauses.last_mut() {
                *to = Some(T0 + (10 * number + 10) * SECOND);
            }
        }
        assert_eq!(run.pauses.len(), PAUSES);
        assert_eq!(run.active(T0 + 10_000 * SECOND), 4_000 * SECOND);
    }
}
