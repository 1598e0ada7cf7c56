//! Transfers under way and ended.

use crate::app::Overlay;
use crate::app::command::Command;
use crate::app::msg::Effect;
use crate::app::notice::Notice;
use crate::app::state::App;
use crate::app::subscriptions::{Slot, Wants};
use crate::app::units;
use crate::model::{EngineId, Problem, Progress, Source, StreamEvent, StreamId, Timestamp, Transfer, Transferred};
use std::collections::VecDeque;
use std::sync::Arc;

/// Transfers that may be under way at once.
const RUNNING: usize = 16;
/// Transfers that have ended and are remembered.
const ENDED: usize = 50;
/// Lines of output kept of each.
const LINES: usize = 5000;
/// What ctrl-c types.
const INTERRUPT: u8 = 3;
/// Transfers that are offered again by the form.
const PAST: usize = 100;

/// How a transfer ended.
#[derive(Debug, Clone, PartialEq)]
pub enum TransferEnd {
    /// It is there.
    Done(Transferred),
    /// It failed.
    Failed(Problem),
    /// Somebody cancelled it.
    Cancelled,
}

/// One transfer.
#[derive(Debug, Clone)]
pub struct TransferView {
    /// Its stream.
    pub wire: StreamId,
    /// The engine that it is moved from or to.
    engine: EngineId,
    /// What is moved.
    pub transfer: Transfer,
    /// When it was begun.
    pub since: Timestamp,
    /// What was told last.
    pub progress: Arc<Progress>,
    /// Its output.
    pub lines: VecDeque<String>,
    /// Lines of output that fell off.
    pub lost: usize,
    /// How it ended, and when.
    pub ended: Option<(TransferEnd, Timestamp)>,
    /// It was told to end, and has not yet.
    pub cancelling: bool,
    /// How much is done, from 0 to 1; never goes back.
    share: Option<f64>,
    result: Option<Transferred>,
}

impl TransferView {
    fn new(wire: StreamId, engine: EngineId, transfer: Transfer, since: Timestamp) -> TransferView {
        TransferView {
            wire,
            engine,
            transfer,
            since,
            progress: Arc::default(),
            lines: VecDeque::new(),
            lost: 0,
            ended: None,
            cancelling: false,
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
        !matches!(self.transfer, Transfer::Compose(_))
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

    fn take(&mut self, progress: Arc<Progress>) {
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

    /// How it is or was, in a few words, clean.
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

    fn headline(&self) -> String {
        format!("{} {}", self.transfer.doing(), self.transfer.what())
    }
}

fn done_words(result: &Transferred) -> String {
    let bytes = result.bytes.map(|bytes| units::bytes(bytes as f64));
    let words = Some(result.words.clone()).filter(|words| !words.is_empty());
    let parts = [words, bytes, result.image.clone(), result.digest.clone()];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
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
    pub fn of(&self, wire: StreamId) -> Option<&TransferView> {
        self.list.iter().find(|view| view.wire == wire)
    }

    /// Those under way.
    pub fn running(&self) -> impl Iterator<Item = &TransferView> {
        self.list.iter().filter(|view| view.runs())
    }

    /// Names the streams of those under way.
    pub(in crate::app) fn name_streams(&self, wants: &mut Wants) {
        for view in self.running() {
            wants.add(view.wire, Slot::Transfer, || Source::Transfer(view.engine, view.transfer.clone()));
        }
    }

    fn of_mut(&mut self, wire: StreamId) -> Option<&mut TransferView> {
        self.list.iter_mut().find(|view| view.wire == wire)
    }

    fn forget_old(&mut self) {
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
}

impl TransfersOverlay {
    /// The row under the cursor.
    pub fn cursor(&self, transfers: &Transfers) -> usize {
        let chosen = |view: &TransferView| Some(view.wire) == self.chosen;
        transfers.list.iter().position(chosen).unwrap_or(0)
    }

    /// The transfer under the cursor.
    pub fn view<'a>(&self, transfers: &'a Transfers) -> Option<&'a TransferView> {
        transfers.list.get(self.cursor(transfers))
    }
}

impl App {
    /// Begins a transfer: its stream. None if it is refused, and a notice says why.
    pub(in crate::app) fn begin_transfer(&mut self, transfer: Transfer) -> Option<StreamId> {
        let refused = if transfer.changes() && self.options.read_only {
            Some(format!("read-only: {} is refused", transfer.verb()))
        } else if self.transfers.running().count() >= RUNNING {
            Some(format!("{RUNNING} transfers are running: wait for one, or cancel one"))
        } else {
            None
        };
        let engine = transfer.engine().or(self.engine);
        let (None, Some(engine)) = (&refused, engine) else {
            let why = refused.unwrap_or_else(|| "no engine is open".into());
            self.notice = Some(Notice::warn(why, self.now));
            return None;
        };
        let wire = self.new_stream();
        self.transfers.past.retain(|known| *known != transfer);
        // What compose did is asked about anew each time.
        if !matches!(transfer, Transfer::Compose(_)) {
            self.transfers.past.push(transfer.clone());
        }
        let over = self.transfers.past.len().saturating_sub(PAST);
        self.transfers.past.drain(..over);
        let view = TransferView::new(wire, engine, transfer, self.now);
        let listed = self.overlays.iter_mut().find_map(Overlay::transfers_mut);
        match listed {
            Some(layer) => *layer = TransfersOverlay { chosen: Some(wire), ..TransfersOverlay::default() },
            None => {
                let key = self.options.keymap.shown(Command::Transfers);
                let shows = key.map(|key| format!(": {key} shows it")).unwrap_or_default();
                self.notice = Some(Notice::good(format!("{}{shows}", view.headline()), self.now));
            }
        }
        self.transfers.list.insert(0, view);
        self.transfers.forget_old();
        Some(wire)
    }

    /// Ends a transfer that is under way.
    pub(in crate::app) fn cancel_transfer(&mut self, wire: StreamId) -> Vec<Effect> {
        let now = self.now;
        let Some(view) = self.transfers.of_mut(wire).filter(|view| view.runs()) else {
            self.notice = Some(Notice::warn("it has already ended", now));
            return Vec::new();
        };
        // A program of this machine is told to end and says how it does; the second time it is not waited for.
        if matches!(view.transfer, Transfer::Compose(_)) && !view.cancelling {
            view.cancelling = true;
            return vec![Effect::Send(wire, vec![INTERRUPT])];
        }
        view.ended = Some((TransferEnd::Cancelled, now));
        if let Transfer::Compose(run) = &view.transfer {
            let site = run.ready.site.clone();
            self.forget_drift(&site);
        }
        self.transfers.forget_old();
        Vec::new()
    }

    /// Begins again what did not succeed.
    pub(in crate::app) fn retry_transfer(&mut self, wire: StreamId) -> Vec<Effect> {
        match self.transfers.of(wire) {
            Some(view) if !view.runs() => match view.transfer.clone() {
                Transfer::Compose(run) => {
                    self.ask_compose_again(run);
                    Vec::new()
                }
                transfer => {
                    self.begin_transfer(transfer);
                    Vec::new()
                }
            },
            _ => {
                self.notice = Some(Notice::warn("it is still running", self.now));
                Vec::new()
            }
        }
    }

    /// Something came of a transfer.
    pub(in crate::app) fn transfer_chunk(&mut self, wire: StreamId, chunk: StreamEvent) {
        let Some(view) = self.transfers.of_mut(wire) else { return };
        match chunk {
            StreamEvent::Progress(progress) => view.take(progress),
            StreamEvent::Transferred(result) => view.result = Some(result),
            // Such a stream brings nothing else.
            StreamEvent::Lines(_)
            | StreamEvent::HistoryUntil(_)
            | StreamEvent::NothingOlder
            | StreamEvent::State(_)
            | StreamEvent::Partial(_)
            | StreamEvent::Began(_)
            | StreamEvent::Output(..)
            | StreamEvent::Exited(_)
            | StreamEvent::NoShell(_)
            | StreamEvent::Undelivered(_)
            | StreamEvent::Processes(_)
            | StreamEvent::Files(_)
            | StreamEvent::Document(_)
            | StreamEvent::Compose(_) => {}
        }
    }

    /// A transfer has ended.
    pub(in crate::app) fn transfer_ended(&mut self, wire: StreamId, problem: Option<Problem>) {
        let now = self.now;
        let Some(view) = self.transfers.of_mut(wire) else { return };
        let end = match problem {
            Some(_) if view.cancelling => TransferEnd::Cancelled,
            Some(problem) => TransferEnd::Failed(problem),
            None => TransferEnd::Done(view.result.take().unwrap_or_default()),
        };
        let notice = match &end {
            TransferEnd::Failed(problem) => Notice::bad(problem, now),
            TransferEnd::Done(result) => {
                let what = format!("{} {}", view.transfer.done(), view.transfer.what());
                let words = if result.words.is_empty() { String::new() } else { format!(": {}", result.words) };
                Notice::good(format!("{what}{words}"), now)
            }
            TransferEnd::Cancelled => Notice::warn("cancelled", now),
        };
        let composed = if let Transfer::Compose(run) = &view.transfer { Some(run.ready.site.clone()) } else { None };
        view.ended = Some((end, now));
        if let Some(site) = composed {
            self.forget_drift(&site);
        }
        let looked_at = matches!(self.overlays.last(), Some(Overlay::Transfers(_)));
        if !looked_at {
            self.notice = Some(notice);
        }
        self.transfers.forget_old();
    }

    /// What is moved just now, for the footer: `x: pulling 43% busybox:1`, `x: moving 43% 3 images`. The name may be cut off.
    pub(in crate::app) fn transfers_under_way(&self) -> Option<String> {
        let running: Vec<&TransferView> = self.transfers.running().collect();
        let what = match running.as_slice() {
            [] => return None,
            [one] => (one.transfer.doing(), one.transfer.what()),
            many if many.iter().any(|view| !view.transfer.is_of_image()) => {
                ("running:", format!("{} transfers", many.len()))
            }
            many => ("moving", format!("{} images", many.len())),
        };
        let shares: Option<Vec<f64>> = running.iter().map(|view| view.share()).collect();
        let share = shares.map(|shares| shares.iter().sum::<f64>() / shares.len() as f64);
        let share = share.map(|share| format!(" {:>2.0}%", share * 100.0)).unwrap_or_default();
        let key = self.options.keymap.shown(Command::Transfers).map(|key| format!("{key}: ")).unwrap_or_default();
        Some(format!("{key}{}{share} {}", what.0, what.1))
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
