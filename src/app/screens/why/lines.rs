//! The whole answer, in lines: the sentence, its evidence, what to try, and what happened around the end.

use super::view::WhyView;
use crate::app::overlay_layout::HelpLine;
use crate::app::state::App;
use crate::app::widgets::units::clock;
use crate::app::widgets::wrap::{self, Breaks};
use crate::model::{Event, Id, Kind, Tone};
use crate::services::why::{HealthCheck, LastLine, Run, run_strip};

/// Last lines that are shown.
const LINES: usize = 15;
/// Events that are shown.
const EVENTS: usize = 15;

/// Columns of a strip of runs, at least and at most.
const STRIP_LEAST: usize = 10;
/// See `STRIP_LEAST`.
const STRIP_MOST: usize = 100;
/// Columns of the two times beside it.
const BESIDE_STRIP: usize = 20;

/// The lines of the answer for one container, for so many columns.
pub(in crate::app) fn lines(app: &App, id: &Id, width: u16) -> Vec<HelpLine> {
    let Some(view) = app.why.as_ref().filter(|view| view.id == *id) else {
        return vec![HelpLine::Text("reading …".into())];
    };
    let page = Page { app, width: width.into() };
    let name = app.snapshot.containers.get(id).map_or("the container is gone".into(), |one| one.name.to_string());
    let mut lines = vec![HelpLine::Heading(name)];
    lines.extend(page.rows("", &view.answer.sentence, Some(tone(app, view))));
    let story = view.story(app);
    let list = |texts: &[String]| texts.iter().flat_map(|text| page.rows("- ", text, None)).collect();
    page.section(&mut lines, "Evidence", list(&view.answer.evidence));
    page.section(&mut lines, "What to try", list(&view.answer.try_));
    page.section(&mut lines, "Changed since it last ran well", list(&story.changes));
    page.section(&mut lines, "Last lines", page.last_lines(view.lines()));
    let runs = story.runs.iter().flat_map(|run| page.run(run));
    page.section(&mut lines, "Runs", page.strip(&story.runs).into_iter().chain(runs).collect());
    page.section(&mut lines, "Health checks", story.checks.iter().flat_map(|check| page.check(check)).collect());
    let first = story.events.len().saturating_sub(EVENTS);
    page.section(&mut lines, "Events", story.events[first..].iter().flat_map(|event| page.event(event)).collect());
    lines
}

fn tone(app: &App, view: &WhyView) -> Tone {
    use crate::model::Standing;
    match app.snapshot.containers.get(&view.id).map(|one| one.standing()) {
        Some(Standing::Failed | Standing::Restarting) => Tone::Bad,
        Some(Standing::Unhealthy) => Tone::Warn,
        Some(Standing::Running) if view.answer.kind != "none" => Tone::Warn,
        Some(Standing::Running) => Tone::Good,
        Some(Standing::Paused | Standing::Stopped) | None => Tone::Busy,
    }
}

/// Where the lines go: their width, and the time zone.
struct Page<'a> {
    app: &'a App,
    width: usize,
}

impl Page<'_> {
    fn section(&self, lines: &mut Vec<HelpLine>, title: &str, rows: Vec<HelpLine>) {
        if !rows.is_empty() {
            lines.extend([HelpLine::Text(String::new()), HelpLine::Heading(title.into())]);
            lines.extend(rows);
        }
    }

    /// A text in rows; those after the first stand below its beginning.
    fn rows(&self, before: &str, text: &str, tone: Option<Tone>) -> Vec<HelpLine> {
        let room = self.width.saturating_sub(before.len()).max(8);
        let rows = wrap::lines(text, room, Breaks::AtSpaces).into_iter().enumerate();
        let row = |(number, row): (usize, &str)| {
            let before = if number == 0 { before.to_string() } else { " ".repeat(before.len()) };
            HelpLine::Toned(format!("{before}{row}"), tone)
        };
        rows.map(row).collect()
    }

    fn clock(&self, at: crate::model::Timestamp) -> String {
        clock(at, self.app.options.logs.zone)
    }

    fn last_lines(&self, lines: &[LastLine]) -> Vec<HelpLine> {
        let first = lines.len().saturating_sub(LINES);
        let row = |line: &LastLine| self.rows(&format!("{}  ", self.clock(line.at)), &line.text, None);
        lines[first..].iter().flat_map(row).collect()
    }

    fn run(&self, run: &Run) -> Vec<HelpLine> {
        let began = run.began.or(run.ended).map(|at| self.clock(at)).unwrap_or_default();
        let bad = (!run.ended_well()).then_some(Tone::Bad);
        let (words, tone) = match (run.seconds(), run.ended) {
            (_, None) => ("runs".to_string(), Some(Tone::Good)),
            (Some(seconds), Some(_)) => (format!("{} after {seconds:.1} s", run.how), bad),
            (None, Some(_)) => (run.how.clone(), bad),
        };
        self.rows(&format!("{began}  "), &words, tone)
    }

    /// The runs as signs over time, between the times of the first and the last.
    fn strip(&self, runs: &[Run]) -> Vec<HelpLine> {
        let room = self.width.saturating_sub(BESIDE_STRIP);
        let strip = run_strip(runs, self.app.now, room.min(STRIP_MOST)).filter(|_| room >= STRIP_LEAST);
        let Some(strip) = strip else { return Vec::new() };
        let last = if strip.goes_on { "now".into() } else { self.clock(strip.to) };
        vec![HelpLine::Runs { first: self.clock(strip.from), last, signs: strip.signs }, HelpLine::RunSigns]
    }

    fn check(&self, check: &HealthCheck) -> Vec<HelpLine> {
        let output = if check.output.is_empty() { "no output" } else { &check.output };
        let how = match check.exit_code {
            0 => "passed".to_string(),
            -1 => "took too long".to_string(),
            code => format!("exit {code}"),
        };
        let tone = (check.exit_code != 0).then_some(Tone::Bad);
        self.rows(&format!("{}  ", self.clock(check.start)), &format!("{how}: {}", output.replace('\n', " ")), tone)
    }

    fn event(&self, event: &Event) -> Vec<HelpLine> {
        let what = match event.topic {
            Kind::Container => event.what.clone(),
            topic => format!("{} {} {}", topic.word(), event.name, event.what),
        };
        let tone = (event.tone != Tone::Plain).then_some(event.tone);
        self.rows(&format!("{}  ", self.clock(event.at)), &what, tone)
    }
}
