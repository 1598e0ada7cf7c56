//! What the footer offers here and now.

use super::command::{Command, KeyContext};
use super::layout::{DetailTab, Pane};
use super::panes::resource::list_of;
use super::state::App;
use crate::model::Kind;

/// What the footer offers while the shell pane has the focus.
fn shell_hints(app: &App) -> &'static [Command] {
    use Command as C;
    let Some(tab) = app.shells.active() else { return &[C::Back, C::Help] };
    match (tab.copy.is_some(), tab.takes_input()) {
        (true, _) => &[C::Select, C::SelectLines, C::Copy, C::Filter, C::SearchNext, C::LeaveScrollback],
        // Each behind the prefix, which the key shown says.
        (_, true) if !app.shells.prefix => &[C::LeaveShell, C::Help, C::Zoom, C::Scrollback],
        (_, true) => &[
            C::LeaveShell,
            C::NextShell,
            C::PreviousShell,
            C::AnotherShell,
            C::CloseShell,
            C::Scrollback,
            C::Zoom,
            C::SaveOutput,
            C::Help,
        ],
        (_, false) if tab.ended.as_ref().is_some_and(|ended| !ended.tried.is_empty()) => {
            &[C::Sidecar, C::Reopen, C::LeaveShell, C::Help]
        }
        (_, false) if tab.ended.is_some() => {
            &[C::Reopen, C::CloseShell, C::LeaveShell, C::Scrollback, C::SaveOutput, C::Zoom, C::Help]
        }
        (_, false) if tab.takes_lines() => {
            &[C::SendLine, C::LeaveShell, C::CloseShell, C::SaveOutput, C::Zoom, C::Help]
        }
        (_, false) => &[C::LeaveShell, C::NextShell, C::CloseShell, C::SaveOutput, C::Zoom, C::Help],
    }
}

/// What the footer offers beside an inspected object.
const INSPECT: &[Command] = &[
    Command::Filter,
    Command::Compare,
    Command::Reveal,
    Command::CopyMenu,
    Command::FoldAll,
    Command::InspectFormat,
    Command::Zoom,
    Command::Back,
    Command::Help,
];

/// What the footer offers in a list that is not of containers.
fn list_hints(app: &App) -> &'static [Command] {
    use Command as C;
    if app.pane_context() == KeyContext::Inspect {
        return INSPECT;
    }
    if app.in_files() {
        return files_hints(app);
    }
    if app.focus == Pane::Logs {
        return &[C::FocusInspect, C::Reveal, C::Back, C::FocusFleet, C::Zoom, C::Help];
    }
    match list_of(app.view) {
        Some(list) if app.options.read_only => list.hints_read_only,
        Some(list) => list.hints,
        None => &[],
    }
}

/// What the footer offers while the cursor is on a group.
fn group_hints(app: &App) -> &'static [Command] {
    use Command as C;
    match (app.options.read_only, app.focus) {
        (true, _) => &[C::Open, C::FocusLogs, C::GroupFoldAll, C::GroupBy, C::Filter, C::Sort, C::Mark, C::Help],
        (false, Pane::Logs) => {
            &[C::Open, C::StartStop, C::Restart, C::PauseUnpause, C::Kill, C::Remove, C::Zoom, C::Back, C::Help]
        }
        (false, Pane::Fleet | Pane::Gauges | Pane::Shell) => &[
            C::Open,
            C::FocusLogs,
            C::StartStop,
            C::Restart,
            C::PauseUnpause,
            C::Kill,
            C::Remove,
            C::GroupFoldAll,
            C::GroupBy,
            C::Filter,
            C::Mark,
            C::Sort,
            C::Help,
        ],
    }
}

/// What the footer offers while the files have the keys.
fn files_hints(app: &App) -> &'static [Command] {
    use Command as C;
    let looks = app.files.view.as_ref().is_some_and(|view| view.open.is_some());
    match (looks, app.options.read_only) {
        _ if !app.files.copies.is_empty() => &[C::CancelCopy, C::Open, C::Left, C::Zoom, C::Back, C::Help],
        (true, false) => {
            &[C::Filter, C::SearchNext, C::FilesHex, C::Wrap, C::EditFile, C::CopyOut, C::Zoom, C::Back, C::Help]
        }
        (true, true) => &[C::Filter, C::SearchNext, C::FilesHex, C::Wrap, C::CopyOut, C::Zoom, C::Back, C::Help],
        (false, false) => &[C::Open, C::Left, C::Filter, C::CopyOut, C::CopyIn, C::EditFile, C::Zoom, C::Back, C::Help],
        (false, true) => &[C::Open, C::Left, C::Filter, C::CopyOut, C::Zoom, C::Back, C::Help],
    }
}

/// What the footer offers here and now: key, word, command.
pub fn hints(app: &App) -> Vec<(String, &'static str, Command)> {
    use Command as C;
    if let Some(overlay) = app.overlays.last() {
        let place = overlay.pane_context();
        let hint = |(command, word): (C, Option<&'static str>)| {
            let key = app.options.keymap.shown_at(place, command)?;
            Some((key, word.unwrap_or(command.spec().hint), command))
        };
        return overlay.overlay().hints(app).into_iter().filter_map(hint).collect();
    }
    let wanted: &[Command] = match app.focus {
        Pane::Shell => shell_hints(app),
        _ if app.view != Kind::Container && app.diagnosis().is_none() => list_hints(app),
        // Nothing passes the filter: there is nothing to act on.
        Pane::Fleet
            if app.selected_id().is_none()
                && app.fleet.marked() == 0
                && app.diagnosis().is_none()
                && !app.has_group_keys() =>
        {
            &[C::Back, C::Filter, C::Create, C::ViewImages, C::Help]
        }
        _ if app.has_group_keys() && app.fleet.marked() == 0 && app.diagnosis().is_none() => group_hints(app),
        Pane::Logs if app.detail == DetailTab::Processes && app.options.read_only => {
            &[C::Sort, C::FocusLogs, C::Reveal, C::Zoom, C::Back, C::Help]
        }
        Pane::Logs if app.detail == DetailTab::Processes => {
            &[C::SignalProcess, C::Sort, C::FocusLogs, C::Reveal, C::Shell, C::Zoom, C::Back, C::Help]
        }
        Pane::Logs if app.detail == DetailTab::Files => files_hints(app),
        Pane::Logs if app.detail == DetailTab::Inspect => INSPECT,
        Pane::Logs if app.log.as_ref().is_some_and(|view| view.is_searching_history()) => {
            &[C::CancelSearch, C::Filter, C::LogFilter, C::LogFilters, C::SearchNext, C::Follow, C::Back, C::Help]
        }
        Pane::Logs => &[
            C::Filter,
            C::LogFilter,
            C::ErrorsOnly,
            C::SearchNext,
            C::Follow,
            C::GoToTime,
            C::NextError,
            C::Timestamps,
            C::Wrap,
            C::SaveLog,
            C::Zoom,
            C::Back,
            C::Help,
        ],
        _ if app.diagnosis().is_some() => &[C::Refresh, C::Embedded, C::OwnLog, C::Help, C::Quit],
        _ if app.fleet.marked() > 0 => &[
            C::FocusLogs,
            C::StartStop,
            C::Restart,
            C::PauseUnpause,
            C::Kill,
            C::Remove,
            C::Mark,
            C::MarkClear,
            C::Help,
        ],
        Pane::Gauges => {
            &[C::FocusLogs, C::Left, C::Right, C::Shell, C::StartStop, C::Restart, C::Events, C::Zoom, C::Back, C::Help]
        }
        _ if app.options.read_only => {
            &[C::FocusLogs, C::Filter, C::Sort, C::Mark, C::Palette, C::Zoom, C::Help, C::Quit]
        }
        _ => &[
            C::FocusLogs,
            C::Shell,
            C::StartStop,
            C::Restart,
            C::PauseUnpause,
            C::Kill,
            C::Remove,
            C::Filter,
            C::Palette,
            C::Mark,
            C::ViewImages,
            C::Sort,
            C::Zoom,
            C::Help,
        ],
    };
    // In a shell that hears every key the others come behind the prefix.
    let behind_prefix = app.focus == Pane::Shell
        && !app.shells.prefix
        && app.shells.active().is_some_and(|tab| tab.takes_input() && tab.copy.is_none());
    let hint = |command: &Command| {
        let of_group = |counts: fn(&crate::model::Totals) -> bool| app.group().is_some_and(|of| counts(&of.totals));
        let alive = app.fleet.selected().is_some_and(|container| container.state.is_alive())
            || of_group(|totals| totals.running + totals.paused + totals.restarting > 0);
        let word = match command {
            C::StartStop if app.view == Kind::Project => "start, stop",
            C::PauseUnpause if app.view == Kind::Project => "pause",
            C::StartStop if app.fleet.marked() == 0 && !alive => "start",
            C::PauseUnpause if of_group(|totals| totals.running == 0 && totals.paused > 0) => "unpause",
            C::Open if app.view == Kind::Project => "containers",
            C::Open if app.group().is_some() && !app.fleet.is_on_folded() => "fold",
            C::Left if app.in_files() => "up",
            C::Left if app.focus == Pane::Gauges => "earlier",
            C::Right if app.focus == Pane::Gauges => "later",
            C::FocusLogs if app.focus == Pane::Gauges && app.chart_moment().is_some() => "log there",
            C::Filter if app.in_files() && app.files.view.as_ref().is_some_and(|view| view.open.is_none()) => "filter",
            C::Filter if matches!(app.focus, Pane::Logs | Pane::Shell) => "search",
            C::PauseUnpause if app.fleet.selected().is_some_and(|i| i.state == crate::model::State::Paused) => {
                "unpause"
            }
            other => other.spec().hint,
        };
        let key = app.options.keymap.shown_at(app.pane_context(), *command)?;
        let prefix = app.options.keymap.shown(C::ShellPrefix).filter(|_| behind_prefix);
        Some((prefix.map_or(key.clone(), |prefix| format!("{prefix} {key}")), word, *command))
    };
    // Where something is wrong, why is what is asked for first.
    let is_wrong = matches!(app.focus, Pane::Fleet | Pane::Gauges)
        && app.why_of_selected().is_some_and(|view| view.sentence().is_some());
    let why = is_wrong.then_some(&Command::Why);
    let (first, rest) = wanted.split_at(wanted.len().min(1));
    first.iter().chain(why).chain(rest).filter_map(hint).collect()
}
