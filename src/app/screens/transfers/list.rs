//! Transfers under way and ended.

use super::bundle;
use crate::app::widgets::cursor::Cursor;
use crate::app::widgets::units;
use crate::model::{EngineId, Problem, Progress, Stage, StreamId, Timestamp, Transfer, Transferred};
use std::collections::VecDeque;
use std::sync::Arc;

/// Transfers that have ended and are remembered.
const ENDED: usize = 50;
/// Lines of output kept of each.
const LINES: usize = 5000;

/// The end of a transfer.
#[derive(Debug, Clone, PartialEq)]
pub enum TransferEnd {
    /// The transfer succeeded.
    Done(Transferred),
    /// The transfer failed.
    Failed(Problem),
    /// Somebody cancelled it.
    Cancelled,
}

/// One transfer.
#[derive(Debug, Clone)]
pub struct TransferView {
    /// Its stream.
    pub stream: StreamId,
    /// The engine that it is moved from or to.
    pub(super) engine: EngineId,
    /// The transfer itself.
    pub transfer: Transfer,
    /// The time at which it started.
    pub since: Timestamp,
    /// The latest progress.
    pub progress: Arc<Progress>,
    /// Its output.
    pub lines: VecDeque<String>,
    /// Lines of output that fell off.
    pub lost: usize,
    /// The end and its time, once it has ended.
    pub ended: Option<(TransferEnd, Timestamp)>,
    /// True if it was cancelled and has not ended yet.
    pub cancelling: bool,
    /// True once all is told and its file is being written.
    pub(super) writing: bool,
    /// How much is done, from 0 to 1; never goes back.
    share: Option<f64>,
    pub(super) result: Option<Transferred>,
}

impl TransferView {
    pub(super) fn new(stream: StreamId, engine: EngineId, transfer: Transfer, since: Timestamp) -> TransferView {
        TransferView {
            stream,
            engine,
            transfer,
            since,
            progress: Arc::default(),
            lines: VecDeque::new(),
            lost: 0,
            ended: None,
            cancelling: false,
            writing: false,
            share: None,
            result: None,
        }
    }

    /// True while it is under way.
    pub fn runs(&self) -> bool {
        self.ended.is_none()
    }

    /// What began it was a form: it can be changed and begun again.
    pub fn has_form(&self) -> bool {
        !self.transfer.is_of_blueprint() && !matches!(self.transfer, Transfer::Compose(_))
    }

    /// How much is done, from 0 to 1, as far as known.
    pub fn share(&self) -> Option<f64> {
        match &self.ended {
            Some((TransferEnd::Done(_), _)) => Some(1.0),
            _ => self.share,
        }
    }

    /// Seconds it takes or took.
    pub fn seconds(&self, now: Timestamp) -> f64 {
        self.ended.as_ref().map_or(now, |(_, at)| *at).since(self.since).max(0.0)
    }

    /// True if layers are unpacked once they have come.
    pub fn unpacks(&self) -> bool {
        matches!(self.transfer, Transfer::Pull { .. })
    }

    pub(super) fn take(&mut self, progress: Arc<Progress>) {
        if progress.again.is_some() {
            self.share = None;
        }
        let step = progress.lines.iter().rev().find_map(|line| step(line));
        let share = match self.transfer {
            Transfer::Build(_) => step,
            Transfer::Compose(_) => None,
            Transfer::Pull { .. }
            | Transfer::Push { .. }
            | Transfer::Save { .. }
            | Transfer::Load { .. }
            | Transfer::ExportVolume { .. }
            | Transfer::ImportVolume { .. }
            | Transfer::CopyVolume { .. } => self.measured(&progress),
            Transfer::Bundle(_) | Transfer::Up(_) | Transfer::Undo(_) => bundle::share(&progress),
        };
        self.share = share.into_iter().chain(self.share).reduce(f64::max);
        self.lines.extend(progress.lines.iter().cloned());
        let over = self.lines.len().saturating_sub(LINES);
        self.lines.drain(..over);
        self.lost += over;
        self.progress = progress;
    }

    /// By bytes where all are known; no more than by the count of parts where some are not.
    fn measured(&self, progress: &Progress) -> Option<f64> {
        let parts = &progress.parts;
        let shares: Vec<f64> = parts.iter().map(|part| part.share(self.unpacks()).unwrap_or(0.0)).collect();
        let bytes: f64 = parts.iter().filter_map(|part| part.total).map(|total| total as f64).sum();
        let weighted =
            parts.iter().zip(&shares).filter_map(|(part, share)| Some(part.total? as f64 * share)).sum::<f64>();
        let by_count = shares.iter().sum::<f64>() / parts.len().max(1) as f64;
        let unknown = parts.iter().any(|part| part.total.is_none() && !part.stage.is_over());
        match (parts.is_empty(), bytes > 0.0) {
            (true, _) => None,
            (false, false) if unknown => None,
            (false, false) => Some(by_count),
            (false, true) if unknown => Some(by_count.min(weighted / bytes)),
            (false, true) => Some(weighted / bytes),
        }
    }

    /// The state in a few words, clean.
    pub fn words(&self) -> String {
        match &self.ended {
            Some((TransferEnd::Cancelled, _)) => "cancelled".into(),
            Some((TransferEnd::Failed(problem), _)) => problem.cause.clone(),
            Some((TransferEnd::Done(result), _)) => done_words(result),
            None => self.running_words(),
        }
    }

    fn running_words(&self) -> String {
        let progress = &self.progress;
        if self.cancelling {
            return "stopping (interrupted, as with ctrl-c)".into();
        }
        if let Some((why, attempt)) = &progress.again {
            return format!("attempt {attempt} of 3 follows: {}", why.cause);
        }
        if matches!(self.transfer, Transfer::Build(_) | Transfer::Compose(_)) {
            let sending = progress.parts.first().filter(|part| !part.stage.is_over() && self.lines.is_empty());
            return match sending {
                Some(context) => format!("context {}", units::bytes(context.done as f64)),
                None => self.lines.iter().rev().find(|line| !line.trim().is_empty()).cloned().unwrap_or_default(),
            };
        }
        if matches!(self.transfer, Transfer::Bundle(_)) {
            return bundle::doing(progress);
        }
        if self.transfer.is_of_blueprint() {
            return stage(progress);
        }
        let moved: u64 = progress.parts.iter().map(|part| part.done).sum();
        let total: u64 = progress.parts.iter().filter_map(|part| part.total).sum();
        let over = progress.parts.iter().filter(|part| part.stage.is_over()).count();
        let bytes = match total {
            0 if moved == 0 => String::new(),
            0 => units::bytes(moved as f64),
            _ => format!("{}/{}", units::bytes(moved as f64), units::bytes(total as f64)),
        };
        match progress.parts.len() {
            0 => "asking".into(),
            1 => bytes,
            count => format!("{over}/{count} layers  {bytes}"),
        }
    }

    pub(super) fn headline(&self) -> String {
        format!("{} {}", self.transfer.doing(), self.transfer.what())
    }
}

/// The stage of a run that is under way, in a few words.
fn stage(progress: &Progress) -> String {
    match progress.parts.iter().find(|part| part.stage == Stage::Moving) {
        Some(part) if part.words.is_empty() => part.name.clone(),
        Some(part) => format!("{}: {}", part.name, part.words),
        None => "asking".into(),
    }
}

fn done_words(result: &Transferred) -> String {
    let bytes = result.bytes.map(|bytes| units::bytes(bytes as f64));
    let words = Some(result.words.clone()).filter(|words| !words.is_empty());
    let parts = [words, bytes, result.image.clone(), result.digest.clone()];
    let parts: Vec<String> = parts.into_iter().flatten().chain(result.urls.iter().cloned()).collect();
    if parts.is_empty() { "done".into() } else { parts.join("  ") }
}

/// How far a build is by its own words: `Step 3/8 : RUN …`.
fn step(line: &str) -> Option<f64> {
    let (at, of) = line.strip_prefix("Step ")?.split_once(' ')?.0.split_once('/')?;
    let (at, of): (f64, f64) = (at.parse().ok()?, of.parse().ok()?);
    (at >= 1.0 && of >= at).then(|| (at - 1.0) / of)
}

/// All transfers of this session.
#[derive(Debug, Clone, Default)]
pub struct Transfers {
    /// The newest first.
    pub list: Vec<TransferView>,
    /// What was begun, the newest last, each once: offered again by the form.
    pub past: Vec<Transfer>,
}

impl Transfers {
    /// The transfer of a stream.
    pub fn of(&self, stream: StreamId) -> Option<&TransferView> {
        self.list.iter().find(|view| view.stream == stream)
    }

    /// The running transfers.
    pub fn running(&self) -> impl Iterator<Item = &TransferView> {
        self.list.iter().filter(|view| view.runs())
    }

    pub(super) fn of_mut(&mut self, stream: StreamId) -> Option<&mut TransferView> {
        self.list.iter_mut().find(|view| view.stream == stream)
    }

    pub(super) fn forget_old(&mut self) {
        let mut ended = 0;
        self.list.retain(|view| {
            ended += usize::from(!view.runs());
            view.runs() || ended <= ENDED
        });
    }
}

/// The list of transfers as it lies above the cockpit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TransfersOverlay {
    /// The transfer under the cursor; none = the newest.
    pub chosen: Option<StreamId>,
    /// It is opened: its parts and its output are shown.
    pub opened: bool,
    /// Lines of output below the window: 0 = the end is followed.
    pub back: usize,
    cursor: Cursor,
}

impl TransfersOverlay {
    /// The list with the cursor on a transfer, which is opened or not.
    pub fn on(stream: StreamId, opened: bool) -> TransfersOverlay {
        TransfersOverlay { chosen: Some(stream), opened, ..TransfersOverlay::default() }
    }

    /// The cursor, in a window of `height` rows.
    pub fn cursor(&self, transfers: &Transfers, height: usize) -> Cursor {
        let chosen = |view: &TransferView| Some(view.stream) == self.chosen;
        let (row, count) = (transfers.list.iter().position(chosen).unwrap_or(0), transfers.list.len());
        let mut cursor = self.cursor;
        cursor.put(row, count);
        cursor.fit(height, count);
        cursor
    }

    /// Puts the cursor on a row, or the last one.
    pub(super) fn put_cursor(&mut self, row: usize, transfers: &Transfers, height: usize) {
        let row = row.min(transfers.list.len().saturating_sub(1));
        self.chosen = transfers.list.get(row).map(|view| view.stream);
        self.cursor = self.cursor(transfers, height);
    }

    /// The transfer under the cursor.
    pub fn view<'a>(&self, transfers: &'a Transfers) -> Option<&'a TransferView> {
        transfers.list.get(self.cursor(transfers, 1).row())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Part, PullPolicy, Stage};

    fn pull() -> TransferView {
        let transfer = Transfer::Pull { reference: "x".into(), policy: PullPolicy::Always };
        TransferView::new(StreamId(1), EngineId(0), transfer, Timestamp(0))
    }

    fn part(stage: Stage, done: u64, total: Option<u64>) -> Part {
        Part { name: "p".into(), stage, done, total, ..Part::default() }
    }

    fn told(view: &mut TransferView, parts: Vec<Part>) -> Option<u32> {
        view.take(Arc::new(Progress { parts, ..Progress::default() }));
        view.share().map(|share| (share * 100.0).round() as u32)
    }

    #[test]
    fn the_share_is_by_bytes_and_never_goes_back() {
        let mut view = pull();
        assert_eq!(told(&mut view, Vec::new()), None);
        assert_eq!(told(&mut view, vec![part(Stage::Waiting, 0, None)]), None);
        let half = part(Stage::Moving, 100, Some(100));
        assert_eq!(
            told(&mut view, vec![half.clone(), part(Stage::Waiting, 0, None)]),
            Some(25),
            "one of two is unknown"
        );
        assert_eq!(
            told(&mut view, vec![half.clone(), part(Stage::Moving, 0, Some(900))]),
            Some(25),
            "it was more before"
        );
        assert_eq!(told(&mut view, vec![half, part(Stage::Unpacking, 900, Some(900))]), Some(95));
        assert_eq!(told(&mut view, vec![part(Stage::Known, 0, None), part(Stage::Done, 9, Some(9))]), Some(100));
        let again = Progress { again: Some((Problem::default(), 2)), ..Progress::default() };
        view.take(Arc::new(again));
        assert_eq!(view.share(), None, "another attempt begins anew");
    }

    #[test]
    fn a_build_is_as_far_as_its_steps() {
        assert_eq!(step("Step 3/8 : RUN x"), Some(0.25));
        for line in ["Step 9/8 : x", "Step x/8 : y", "Steps", "Step 1/0 : x"] {
            assert_eq!(step(line), None, "{line}");
        }
    }

    #[test]
    fn output_is_kept_within_bounds() {
        let mut view = pull();
        for _ in 0..7 {
            let lines = vec!["x".to_string(); 1000];
            view.take(Arc::new(Progress { lines, ..Progress::default() }));
        }
        assert_eq!((view.lines.len(), view.lost), (LINES, 2000));
    }
}
