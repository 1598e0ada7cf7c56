//! Copies under way, and what came of them.

use super::edits::Draft;
use crate::app::action::Action;
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::subscriptions::{Slot, Wants};
use crate::app::widgets::notice::Notice;
use crate::app::widgets::question::Question;
use crate::app::widgets::text::Text;
use crate::app::widgets::units;
use crate::app::widgets::wrap::Breaks;
use crate::model::{
    CopyIn, CopyOut, CopyProgress, CopyReport, FileChunk, Id, Problem, Refusal, Source, StreamId, files,
};
use std::path::PathBuf;

/// Names of existing files that the question shows.
const SHOWN: usize = 5;

/// A copy under way.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyJob {
    /// Its stream.
    pub wire: StreamId,
    /// What it does, clean: `web-1:/etc/nginx → ./nginx`.
    pub title: String,
    /// The progress of the copy.
    pub progress: CopyProgress,
    what: What,
    /// The edited file, which is kept until it is written.
    draft: Option<Draft>,
    /// All was told.
    told: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum What {
    Out(CopyOut),
    In(CopyIn),
}

impl CopyJob {
    /// Names the stream that does it.
    pub(in crate::app) fn name_streams(&self, wants: &mut Wants) {
        wants.add(self.wire, Slot::Copy, || match &self.what {
            What::Out(copy) => Source::CopyOut(copy.clone()),
            What::In(copy) => Source::CopyIn(copy.clone()),
        });
    }
}

impl App {
    /// The path is typed to which something is copied out, or from which it is copied in: it begins.
    pub(super) fn copy_to(&mut self, (id, path): (Id, Vec<u8>), is_in: bool, text: &str) -> Vec<Effect> {
        let text = text.trim();
        let (follow, overwrite) = (false, false);
        if text.is_empty() {
            Vec::new()
        } else if is_in {
            let from = PathBuf::from(text);
            self.begin_in(CopyIn { id, from, to: path, follow, overwrite, instead_of: None }, None)
        } else {
            self.begin_out(CopyOut { id, from: path, to: text.into(), follow, overwrite })
        }
    }

    pub(super) fn name_of(&self, id: &Id) -> String {
        let volume = self.files.as_ref().filter(|view| view.id == *id).and_then(|view| view.volume.as_ref());
        match (volume, self.snapshot.containers.get(id)) {
            (Some(volume), _) => volume.name.clone(),
            (None, Some(container)) => container.name.to_string(),
            (None, None) => id.short().to_string(),
        }
    }

    pub(in crate::app) fn begin_out(&mut self, copy: CopyOut) -> Vec<Effect> {
        let from = files::shown(&copy.from);
        let title =
            format!("{}:{from} → {}", self.name_of(&copy.id), files::shown(copy.to.as_os_str().as_encoded_bytes()));
        self.begin_copy(title, What::Out(copy), None)
    }

    pub(in crate::app) fn begin_in(&mut self, copy: CopyIn, draft: Option<Draft>) -> Vec<Effect> {
        let from = files::shown(copy.from.as_os_str().as_encoded_bytes());
        let title = format!("{from} → {}:{}", self.name_of(&copy.id), files::shown(&copy.to));
        self.begin_copy(title, What::In(copy), draft)
    }

    fn begin_copy(&mut self, title: String, what: What, draft: Option<Draft>) -> Vec<Effect> {
        let wire = self.new_stream();
        let progress = CopyProgress::default();
        self.copies.push(CopyJob { wire, title, progress, what, draft, told: false });
        Vec::new()
    }

    pub(in crate::app) fn copy_chunk(&mut self, wire: StreamId, chunk: FileChunk) -> Vec<Effect> {
        let Some(job) = self.copies.iter_mut().find(|job| job.wire == wire) else { return Vec::new() };
        match chunk {
            FileChunk::Progress(progress) => {
                job.progress = progress;
                Vec::new()
            }
            FileChunk::Copied(report) => {
                job.told = true;
                let job = job.clone();
                self.copied(&job, &report)
            }
            _ => Vec::new(),
        }
    }

    fn copied(&mut self, job: &CopyJob, report: &CopyReport) -> Vec<Effect> {
        let mut effects = Vec::new();
        match (&job.draft, report.is_whole()) {
            (Some(draft), true) => {
                self.notice = Some(Notice::good(format!("written: {}", files::shown(&report.into)), self.now));
                effects.push(self.forget_draft(draft));
            }
            (None, true) => self.notice = Some(Notice::good(units::copied(report), self.now)),
            (Some(draft), false) => {
                let why = report.refused.first().map_or("it was interrupted", |(_, why)| why.words()).to_string();
                let why = report.broken.as_ref().map_or(why, |problem| problem.cause.clone());
                effects.push(self.keep(draft.clone(), Problem::new(&job.title, why, "")));
            }
            (None, false) => self.show_refused(job, report),
        }
        if matches!(job.what, What::In(_)) {
            // Also the file that is looked at is not what it was.
            if let (Some(view), Some(_)) = (&mut self.files, &job.draft) {
                view.open = None;
            }
            effects.extend(self.reload_folder());
        }
        effects
    }

    fn show_refused(&mut self, job: &CopyJob, report: &CopyReport) {
        self.notice = Some(Notice::warn(units::copied(report), self.now));
        if let Some(problem) = &report.broken {
            self.notice = Some(Notice::bad(problem, self.now));
        }
        // Whoever is typing goes on typing.
        if !self.overlays.is_empty() || report.refused.is_empty() {
            return;
        }
        if report.existing == 0 || report.broken.is_some() {
            self.overlays.push(not_copied(job, report));
            return;
        }
        // What is told under a question is read after the answer: only what has no room in the question.
        let others = report.refused_count - report.existing;
        if others > SHOWN as u64 {
            self.overlays.push(not_copied(job, report));
        }
        self.overlays.push(Overlay::Question(overwriting(job, report).by_itself(self.now)));
    }

    /// A copy's stream ended: what is to be done.
    pub(in crate::app) fn copy_ended(&mut self, wire: StreamId, problem: Option<&Problem>) -> Vec<Effect> {
        let Some(at) = self.copies.iter().position(|job| job.wire == wire) else { return Vec::new() };
        let job = self.copies.remove(at);
        let problem = problem.cloned().or_else(|| {
            let untold = Problem::new(&job.title, "it ended without a result", "check what was copied");
            (!job.told).then_some(untold)
        });
        match (problem, job.draft) {
            (Some(problem), Some(draft)) => return vec![self.keep(draft, problem)],
            (Some(problem), None) => self.notice = Some(Notice::bad(&problem, self.now)),
            (None, _) => {}
        }
        Vec::new()
    }

    pub(super) fn cancel_copy(&mut self) -> Vec<Effect> {
        let Some(job) = self.copies.pop() else {
            self.notice = Some(Notice::warn("no copy is running", self.now));
            return Vec::new();
        };
        let done = units::files(job.progress.files);
        let rest = match (job.draft, &job.what) {
            (Some(draft), _) => {
                let hint = "it may be partly written; the previous content is kept beside the edit";
                return vec![self.keep(draft, Problem::new(&job.title, "it was cancelled", hint))];
            }
            (None, What::Out(_)) => format!("{done} copied before are kept, no partial file is left"),
            (None, What::In(_)) => {
                let current = files::shown(&job.progress.current);
                format!("{done} copied before are kept; {current} may be partial")
            }
        };
        self.notice = Some(Notice::warn(format!("cancelled: {rest}"), self.now));
        Vec::new()
    }

    /// Nothing is copied any more; edited files are kept.
    pub(in crate::app) fn forget_copies(&mut self) {
        for job in std::mem::take(&mut self.copies) {
            if let Some(draft) = job.draft {
                // Where it lies is told at the end as well.
                drop(self.keep(draft, Problem::new(&job.title, "another engine was opened", "")));
            }
        }
    }
}

/// All that was not copied, and why.
fn not_copied(job: &CopyJob, report: &CopyReport) -> Overlay {
    let mut lines = vec![units::copied(report), String::new(), "not copied:".to_string()];
    lines.extend(report.refused.iter().map(refused_line));
    lines.extend(more(report.refused_count, report.refused.len()));
    Overlay::Text(Text::lines(job.title.as_str(), lines, Breaks::AtSpaces))
}

/// Asks whether what exists is overwritten, and says what else was not copied.
fn overwriting(job: &CopyJob, report: &CopyReport) -> Question {
    let (existing, others): (Vec<_>, Vec<_>) = report.refused.iter().partition(|(_, why)| *why == Refusal::Exists);
    let mut lines: Vec<String> = existing.iter().take(SHOWN).map(|(name, _)| files::shown(name)).collect();
    lines.extend(more(report.existing, lines.len()));
    lines.push("Overwriting loses the existing content.".into());
    if !others.is_empty() {
        lines.extend([String::new(), "Not copied in any case:".into()]);
        lines.extend(others.iter().take(SHOWN).map(|refused| refused_line(refused)));
        lines.extend(more(report.refused_count - report.existing, others.len().min(SHOWN)));
    }
    let title = match report.existing {
        1 => "It already exists".into(),
        many => format!("{many} already exist"),
    };
    let yes = match job.what.clone() {
        What::Out(copy) => Action::CopyOut(CopyOut { overwrite: true, ..copy }),
        What::In(copy) => Action::CopyIn(CopyIn { overwrite: true, ..copy }),
    };
    Question::new(title, lines, "overwrite", yes)
}

fn refused_line((name, why): &(Vec<u8>, Refusal)) -> String {
    format!("  {}: {}", files::shown(name), why.words())
}

fn more(all: u64, shown: usize) -> Option<String> {
    let rest = all.saturating_sub(shown as u64);
    (rest > 0).then(|| format!("  and {rest} more"))
}
