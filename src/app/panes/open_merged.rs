//! The log of several containers as one: of what it is opened, who joins it, and how it is left.

use crate::app::command::Command;
use crate::app::focus::focus_detail;
use crate::app::layout::{DetailTab, Pane};
use crate::app::msg::Effect;
use crate::app::operations::is_for_one;
use crate::app::panes::log::{LogView, MergedLog, SourceSet, TOGETHER};
use crate::app::state::App;
use crate::app::widgets::notice::Notice;
use crate::model::{Container, Kind, Snapshot};
use std::sync::Arc;

impl App {
    /// True if the pane of logs shows the log of several. It stands there only while its pane has the keys: whoever goes
    /// anywhere else has left it (see [`settle`]), so the keys mean its containers, wherever the cursor of the list is.
    pub fn shows_logs_of_several(&self) -> bool {
        let open = self.log.as_ref().is_some_and(|view| view.merge.is_some());
        open && self.focus == Pane::Logs && self.view == Kind::Container && self.detail == DetailTab::Log
    }

    /// An act key on the log of several: its containers that are there, after a plan.
    pub(in crate::app) fn act_on_log(&mut self, command: Command) -> Option<Vec<Effect>> {
        let merge = self.log.as_ref().filter(|_| self.shows_logs_of_several())?.merge.as_ref()?;
        let there = merge.voices.iter().filter_map(|voice| self.snapshot.containers.get(&voice.id).cloned());
        let targets: Vec<Arc<Container>> = there.collect();
        if targets.is_empty() {
            self.notice = Some(Notice::warn("none of the containers of this log exists any more", self.now));
            return Some(Vec::new());
        }
        let notes = match merge.left_out {
            0 => Vec::new(),
            left => vec![format!("{left} more are not in this log: they are not included.")],
        };
        Some(self.act_on_many(command, targets, notes))
    }

    /// The reason why a command makes no sense while a merged log has the focus. None if it does.
    pub(in crate::app) fn refused_for_log(&self, command: Command) -> Option<String> {
        use Command as C;
        let of_one = is_for_one(command)
            || matches!(command, C::Shell | C::RootShell | C::Exec | C::Attach | C::Sidecar | C::CopyIn | C::EditFile);
        let merge = self.log.as_ref().filter(|_| of_one && self.shows_logs_of_several())?.merge.as_ref()?;
        Some(format!("{} works on one container, this is the log of {}", command.spec().name, merge.title()))
    }
}

/// Opens the log of what is meant, where that is several containers. None where it is one, or where there are no logs.
pub(in crate::app) fn open(app: &mut App) -> Option<Vec<Effect>> {
    if app.focus != Pane::Fleet && (app.view == Kind::Container || app.focus == Pane::Shell) {
        return None;
    }
    let marked = app.fleet.marked() > 0;
    let meant = app.containers_meant();
    // A group of one is a group: who joins it joins its log.
    let several = app.view == Kind::Project || app.view == Kind::Container && (marked || app.group().is_some());
    if !several || meant.is_empty() {
        return None;
    }
    if meant.len() > TOGETHER {
        let why = format!("{} containers are too many for one log: mark at most {TOGETHER}", meant.len());
        app.notice = Some(Notice::warn(why, app.now));
        return Some(Vec::new());
    }
    let members =
        if app.view == Kind::Container && marked { SourceSet::Chosen } else { SourceSet::of(&meant, &app.snapshot) };
    let from = app.view;
    // It takes the place of the one on screen.
    if let Some(view) = view_of(app, Opening { containers: &meant, members, from }) {
        (app.log, app.pending_log) = (Some(view), None);
    }
    app.show(Kind::Container);
    Some(focus_detail(app, DetailTab::Log))
}

/// The containers to open as one log.
struct Opening<'a> {
    containers: &'a [Arc<Container>],
    members: SourceSet,
    from: Kind,
}

fn view_of(app: &mut App, opening: Opening) -> Option<LogView> {
    let Opening { containers, members, from } = opening;
    let logs = app.options.logs;
    let mut merge = MergedLog::new(containers, members, from, logs.tail, || app.new_stream());
    merge.beside = app.fleet.on().cloned();
    LogView::merged(merge, &logs)
}

/// The world has changed: whoever belongs to the log on screen and is new joins it.
pub(in crate::app) fn follow(app: &mut App, before: &Snapshot) {
    let same = Arc::ptr_eq(&before.containers, &app.snapshot.containers)
        && Arc::ptr_eq(&before.engines, &app.snapshot.engines);
    let Some(merge) = app.log.as_mut().and_then(|view| view.merge.as_mut()).filter(|_| !same) else {
        return;
    };
    merge.follow(&app.snapshot, || app.streams.next_id());
}

/// Ends the log of several once it is left, in whatever way: the pane tells of what the list's cursor is on again. Asked after
/// every message, so that no way out can be forgotten.
pub(in crate::app) fn settle(app: &mut App) {
    let stays = app.shows_logs_of_several();
    let Some(merge) = app.log.as_mut().and_then(|view| view.merge.as_mut()) else { return };
    let moved = merge.beside.as_ref().is_some_and(|place| app.fleet.has_left(place));
    if stays && !moved {
        // What the cursor was on may have gone: where it fell then is not where somebody went.
        merge.beside = app.fleet.on().cloned();
    } else {
        app.log = None;
    }
}

/// Goes back one level where that leads out of the log of several: to the list from which it was opened.
pub(in crate::app) fn back(app: &mut App) -> Option<Vec<Effect>> {
    let here = app.shows_logs_of_several() && !app.zoomed;
    let view = app
        .log
        .as_ref()
        .filter(|view| here && view.left == 0 && view.search.is_none() && view.filters.chips().is_empty())?;
    let from = view.merge.as_ref()?.from;
    app.show(from);
    app.focus = Pane::Fleet;
    Some(Vec::new())
}
