//! Copies under way, and what came of them.

use super::edits::Draft;
use super::pane::Files;
use crate::app::action::Action;
use crate::app::command::KeyContext;
use crate::app::component::Cx;
use crate::app::overlay::Overlay;
use crate::app::subscriptions::{Slot, Wants};
use crate::app::widgets::prompt::{FilesText, Prompt, TextFor};
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
    pub stream: StreamId,
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
        wants.add(self.stream, Slot::Copy, || match &self.what {
            What::Out(copy) => Source::CopyOut(copy.clone()),
            What::In(copy) => Source::CopyIn(copy.clone()),
        });
    }
}

impl Files {
    /// Asks for the path here.
    pub(super) fn ask_copy(&mut self, cx: &Cx, is_in: bool) -> Vec<Action> {
        if is_in && cx.options.read_only {
            return vec![cx.warn("read-only: copying in is refused")];
        }
        let Some(view) = self.view.as_ref().filter(|view| view.is_ready()) else {
            return vec![cx.warn("its files are not loaded yet")];
        };
        let (sign, help, what) = if is_in {
            let what = TextFor::Files(FilesText::CopyIn(view.id.clone(), view.path.clone()));
            ("copy in from ", "a file or folder on this machine; folder/. for its contents", what)
        } else {
            let Some((id, path, _)) = self.meant() else { return vec![cx.warn("nothing is selected")] };
            let help = "a folder or new name on this machine; asks before it overwrites";
            ("copy out to ", help, TextFor::Files(FilesText::CopyOut(id, path)))
        };
        vec![open(Overlay::Prompt(Prompt::new(sign, help, "./", KeyContext::Files, what)))]
    }

    /// The path is typed to which something is copied out, or from which it is copied in: it begins.
    pub(super) fn copy_to(&mut self, cx: &Cx, (id, path): (Id, Vec<u8>), is_in: bool, text: &str) {
        let (follow, overwrite) = (false, false);
        if text.is_empty() {
        } else if is_in {
            let from = PathBuf::from(text);
            self.begin_in(cx, CopyIn { id, from, to: path, follow, overwrite, instead_of: None }, None);
        } else {
            self.begin_out(cx, CopyOut { id, from: path, to: text.into(), follow, overwrite });
        }
    }

    pub(super) fn name_of(&self, cx: &Cx, id: &Id) -> String {
        let volume = self.view.as_ref().filter(|view| view.id == *id).and_then(|view| view.volume.as_ref());
        match (volume, cx.snapshot.containers.get(id)) {
            (Some(volume), _) => volume.name.clone(),
            (None, Some(container)) => container.name.to_string(),
            (None, None) => id.short().to_string(),
        }
    }

    /// Something is copied out.
    pub(in crate::app) fn begin_out(&mut self, cx: &Cx, copy: CopyOut) {
        let from = files::shown(&copy.from);
        let to = files::shown(copy.to.as_os_str().as_encoded_bytes());
        let title = format!("{}:{from} → {to}", self.name_of(cx, &copy.id));
        self.begin_copy(cx, title, What::Out(copy), None);
    }

    /// Something is copied in, a draft or a file.
    pub(in crate::app) fn begin_in(&mut self, cx: &Cx, copy: CopyIn, draft: Option<Draft>) {
        let from = files::shown(copy.from.as_os_str().as_encoded_bytes());
        let title = format!("{from} → {}:{}", self.name_of(cx, &copy.id), files::shown(&copy.to));
        self.begin_copy(cx, title, What::In(copy), draft);
    }

    fn begin_copy(&mut self, cx: &Cx, title: String, what: What, draft: Option<Draft>) {
        let (stream, progress) = (cx.streams.next_id(), CopyProgress::default());
        self.copies.push(CopyJob { stream, title, progress, what, draft, told: false });
    }

    pub(super) fn copy_chunk(&mut self, cx: &Cx, stream: StreamId, chunk: FileChunk) -> Vec<Action> {
        let Some(job) = self.copies.iter_mut().find(|job| job.stream == stream) else { return Vec::new() };
        match chunk {
            FileChunk::Progress(progress) => job.progress = progress,
            FileChunk::Copied(report) => {
                job.told = true;
                let job = job.clone();
                return self.copied(cx, &job, &report);
            }
            FileChunk::Listing(_) | FileChunk::Content(_) | FileChunk::Mounted(_) => {}
        }
        Vec::new()
    }

    fn copied(&mut self, cx: &Cx, job: &CopyJob, report: &CopyReport) -> Vec<Action> {
        let asked = match (&job.draft, report.is_whole()) {
            (Some(draft), true) => {
                vec![cx.good(format!("written: {}", files::shown(&report.into))), self.unsaved.forget(draft)]
            }
            (None, true) => vec![cx.good(units::copied(report))],
            (Some(draft), false) => {
                let why = report.refused.first().map_or("it was interrupted", |(_, why)| why.words()).to_string();
                let why = report.broken.as_ref().map_or(why, |problem| problem.cause.clone());
                self.unsaved.keep(cx, draft.clone(), Problem::new(&job.title, why, ""))
            }
            (None, false) => refused(cx, job, report),
        };
        if matches!(job.what, What::In(_)) {
            // Also the file that is looked at is not what it was.
            if let (Some(view), Some(_)) = (&mut self.view, &job.draft) {
                view.open = None;
            }
            self.reload(cx);
        }
        asked
    }

    /// A copy's stream ended: what is to be done.
    pub(super) fn copy_ended(&mut self, cx: &Cx, stream: StreamId, problem: Option<Problem>) -> Vec<Action> {
        let Some(at) = self.copies.iter().position(|job| job.stream == stream) else { return Vec::new() };
        let job = self.copies.remove(at);
        let problem = problem.or_else(|| {
            let untold = Problem::new(&job.title, "it ended without a result", "check what was copied");
            (!job.told).then_some(untold)
        });
        match (problem, job.draft) {
            (Some(problem), Some(draft)) => self.unsaved.keep(cx, draft, problem),
            (Some(problem), None) => vec![cx.bad(&problem)],
            (None, _) => Vec::new(),
        }
    }

    pub(super) fn cancel_copy(&mut self, cx: &Cx) -> Vec<Action> {
        let Some(job) = self.copies.pop() else { return vec![cx.warn("no copy is running")] };
        let done = units::files(job.progress.files);
        let rest = match (job.draft, &job.what) {
            (Some(draft), _) => {
                let hint = "it may be partly written; the previous content is kept beside the edit";
                return self.unsaved.keep(cx, draft, Problem::new(&job.title, "it was cancelled", hint));
            }
            (None, What::Out(_)) => format!("{done} copied before are kept, no partial file is left"),
            (None, What::In(_)) => {
                let current = files::shown(&job.progress.current);
                format!("{done} copied before are kept; {current} may be partial")
            }
        };
        vec![cx.warn(format!("cancelled: {rest}"))]
    }

    /// Nothing is copied any more; edited files are kept.
    pub(super) fn forget_copies(&mut self) {
        for job in std::mem::take(&mut self.copies) {
            if let Some(draft) = job.draft {
                // Where it lies is told at the end as well.
                self.unsaved.add(draft, Problem::new(&job.title, "another engine was opened", ""));
            }
        }
    }
}

fn open(overlay: Overlay) -> Action {
    Action::Open(Box::new(overlay))
}

/// Says what was not copied, and asks whether what exists is overwritten.
fn refused(cx: &Cx, job: &CopyJob, report: &CopyReport) -> Vec<Action> {
    let told = report.broken.as_ref().map_or_else(|| cx.warn(units::copied(report)), |problem| cx.bad(problem));
    let mut asked = vec![told];
    // Whoever is typing goes on typing.
    if cx.covered || report.refused.is_empty() {
        return asked;
    }
    if report.existing == 0 || report.broken.is_some() {
        asked.push(open(not_copied(job, report)));
        return asked;
    }
    // What is told under a question is read after the answer: only what has no room in the question.
    let others = report.refused_count - report.existing;
    if others > SHOWN as u64 {
        asked.push(open(not_copied(job, report)));
    }
    asked.push(open(Overlay::Question(overwriting(job, report).by_itself(cx.now))));
    asked
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
