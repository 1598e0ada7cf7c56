//! Transfers begin, are cancelled, begun again, and end.

use super::bundle;
use super::list::{TransferEnd, TransferView, Transfers, TransfersOverlay};
use crate::app::action::Action;
use crate::app::command::{Command, KeyContext};
use crate::app::component::{Component, Cx};
use crate::app::msg::Effect;
use crate::app::options::Options;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::subscriptions::{Slot, Wants};
use crate::app::widgets::notice::Notice;
use crate::model::{EngineId, Problem, Source, StreamEvent, StreamId, Transfer, Transferred};

/// Transfers that may be under way at once.
const RUNNING: usize = 16;
/// Transfers that are offered again by the form.
const PAST: usize = 100;
/// What ctrl-c types.
const INTERRUPT: u8 = 3;

impl App {
    /// Begins a transfer: its stream. None if it is refused, and a notice says why.
    pub(in crate::app) fn begin_transfer(&mut self, transfer: Transfer) -> Option<StreamId> {
        self.begin_transfer_on(transfer.engine().or(self.engine), transfer)
    }

    /// The same on this engine.
    fn begin_transfer_on(&mut self, engine: Option<EngineId>, transfer: Transfer) -> Option<StreamId> {
        let refused = if transfer.changes() && self.options.read_only {
            Some(format!("read-only: {} is refused", transfer.verb()))
        } else if self.transfers.running().count() >= RUNNING {
            Some(format!("{RUNNING} transfers are running: wait for one, or cancel one"))
        } else {
            None
        };
        let (None, Some(engine)) = (&refused, engine) else {
            let why = refused.unwrap_or_else(|| "no engine is open".into());
            self.notice = Some(Notice::warn(why, self.now));
            return None;
        };
        let stream = self.new_stream();
        self.transfers.past.retain(|known| *known != transfer);
        // What compose did is asked about anew each time, and a blueprint is another run each time.
        if !transfer.is_of_blueprint() && !matches!(transfer, Transfer::Compose(_)) {
            self.transfers.past.push(transfer.clone());
        }
        let over = self.transfers.past.len().saturating_sub(PAST);
        self.transfers.past.drain(..over);
        let view = TransferView::new(stream, engine, transfer, self.now);
        let listed = self.overlays.iter_mut().find_map(Overlay::transfers_mut);
        match listed {
            Some(overlay) => *overlay = TransfersOverlay::on(stream, false),
            None => {
                let key = self.options.keymap.shown(Command::Transfers);
                let shows = key.map(|key| format!(": {key} shows it")).unwrap_or_default();
                self.notice = Some(Notice::good(format!("{}{shows}", view.headline()), self.now));
            }
        }
        self.transfers.list.insert(0, view);
        self.transfers.forget_old();
        Some(stream)
    }

    /// Ends a transfer that is under way.
    pub(in crate::app) fn cancel_transfer(&mut self, stream: StreamId) -> Vec<Effect> {
        let now = self.now;
        let Some(view) = self.transfers.of_mut(stream).filter(|view| view.runs()) else {
            self.notice = Some(Notice::warn("it has already ended", now));
            return Vec::new();
        };
        // A program of this machine is told to end and says how it does; the second time it is not waited for.
        if matches!(view.transfer, Transfer::Compose(_)) && !view.cancelling {
            view.cancelling = true;
            return vec![Effect::Send(stream, vec![INTERRUPT])];
        }
        view.ended = Some((TransferEnd::Cancelled, now));
        if view.writing {
            self.transfers.forget_old();
            return vec![Effect::CancelBundle(stream)];
        }
        if let Transfer::Compose(run) = &view.transfer {
            let site = run.ready.site.clone();
            self.forget_drift(&site);
        }
        self.transfers.forget_old();
        Vec::new()
    }

    /// Begins again what did not succeed.
    pub(in crate::app) fn retry_transfer(&mut self, stream: StreamId) {
        let ended =
            self.transfers.of(stream).filter(|view| !view.runs()).map(|view| (view.engine, view.transfer.clone()));
        match ended {
            Some((_, Transfer::Compose(run))) => self.ask_compose_again(run),
            // It goes where it went, whichever engine is meant by now.
            Some((engine, transfer)) => drop(self.begin_transfer_on(Some(engine), transfer)),
            None => self.notice = Some(Notice::warn("it is still running", self.now)),
        }
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

impl App {
    /// The file of a bundle is written, or why not.
    pub(in crate::app) fn bundle_written(&mut self, stream: StreamId, written: Result<Transferred, Problem>) {
        let now = self.now;
        let Some(view) = self.transfers.of_mut(stream).filter(|view| view.runs()) else { return };
        let (end, notice) = match written {
            Ok(result) => {
                let notice = Notice::good(format!("bundled {}: {}", view.transfer.what(), result.words), now);
                (TransferEnd::Done(result), notice)
            }
            Err(problem) => {
                let notice = Notice::bad(&problem, now);
                (TransferEnd::Failed(problem), notice)
            }
        };
        view.ended = Some((end, now));
        self.transfers.forget_old();
        if self.place() != KeyContext::Transfers {
            self.notice = Some(notice);
        }
    }
}

impl Component for Transfers {
    fn scroll(&mut self, _: &Cx, _: isize) {}

    fn name_streams(&self, _: &Options, wants: &mut Wants) {
        for view in self.running() {
            wants.add(view.stream, Slot::Transfer, || Source::Transfer(view.engine, view.transfer.clone()));
        }
    }

    fn receive(&mut self, cx: &Cx, stream: StreamId, _: Slot, event: StreamEvent) -> Vec<Action> {
        let Some(view) = self.of_mut(stream) else { return Vec::new() };
        match event {
            StreamEvent::Progress(progress) => view.take(progress),
            StreamEvent::Transferred(result) => view.result = Some(result),
            StreamEvent::Bundle(parts) => return bundle::write(view, parts, cx.snapshot),
            // Such a stream brings nothing else.
            StreamEvent::Lines(_)
            | StreamEvent::HistoryUntil(_)
            | StreamEvent::NothingOlder
            | StreamEvent::Searched(_)
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
            | StreamEvent::Compose(_)
            | StreamEvent::Unfinished(_) => {}
        }
        Vec::new()
    }

    fn ended(&mut self, cx: &Cx, stream: StreamId, _: Slot, problem: Option<Problem>) -> Vec<Action> {
        let Some(view) = self.of_mut(stream) else { return Vec::new() };
        // All is told: it ends when the file is there.
        if problem.is_none() && view.writing {
            return Vec::new();
        }
        let end = match problem {
            Some(_) if view.cancelling => TransferEnd::Cancelled,
            Some(problem) => TransferEnd::Failed(problem),
            None => TransferEnd::Done(view.result.take().unwrap_or_default()),
        };
        let notice = match &end {
            TransferEnd::Failed(problem) => Notice::bad(problem, cx.now),
            TransferEnd::Done(result) => {
                let what = format!("{} {}", view.transfer.done(), view.transfer.what());
                let words = if result.words.is_empty() { String::new() } else { format!(": {}", result.words) };
                Notice::good(format!("{what}{words}"), cx.now)
            }
            TransferEnd::Cancelled => Notice::warn("cancelled", cx.now),
        };
        view.ended = Some((end, cx.now));
        let ran = if let Transfer::Compose(run) = &view.transfer { Some(run.ready.site.clone()) } else { None };
        self.forget_old();
        // Who looks at the list sees it there.
        let told = Action::NoticeUnless(KeyContext::Transfers, notice);
        ran.map(Action::ComposeRan).into_iter().chain([told]).collect()
    }
}
