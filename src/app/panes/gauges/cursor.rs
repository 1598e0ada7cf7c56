//! The cursor that goes along the charts, and from there into the log.

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::layout::Pane;
use crate::app::msg::Effect;
use crate::app::state::App;
use crate::model::{Id, Kind, Timestamp};
use ratatui::layout::Position;

/// A moment in the charts of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartCursor {
    of: Id,
    /// Seconds since 1970.
    at: u32,
}

impl App {
    /// The moment that the charts of the selected container mark: that of their cursor, else the one at which its log stands still.
    pub fn chart_moment(&self) -> Option<Timestamp> {
        let selected = self.fleet.selected().filter(|_| self.view == Kind::Container)?;
        let cursor = self.chart_cursor.as_ref().filter(|cursor| cursor.of == selected.id && self.focus == Pane::Gauges);
        let log = || {
            let view = self.log.as_ref().filter(|view| view.id == selected.id && view.merge.is_none())?;
            view.held_moment()
        };
        cursor.map(|cursor| Timestamp::from_seconds(cursor.at.into())).or_else(log)
    }

    /// The moment at which events are looked for: that of the log or of the charts, where one of them has the keys.
    pub(in crate::app) fn moment_with_keys(&self) -> Option<Timestamp> {
        match self.focus {
            Pane::Logs if self.log.as_ref().is_some_and(|view| view.merge.is_some()) => {
                self.log.as_ref()?.held_moment()
            }
            Pane::Logs | Pane::Gauges => self.chart_moment(),
            Pane::Fleet | Pane::Shell => None,
        }
    }

    fn has_chart_cursor(&self) -> bool {
        let cursor = self.chart_cursor.as_ref();
        cursor.is_some_and(|cursor| self.fleet.selected().is_some_and(|container| container.id == cursor.of))
    }

    /// To the column before or behind; behind the newest there is no cursor any more.
    fn step_in_chart(&mut self, forward: bool) -> Vec<Effect> {
        let Some((container, moments)) = self.chart_moments() else {
            let zoom = self.options.keymap.shown(Command::Zoom).unwrap_or_default();
            return self.say(format!("no charts here to move in; with more rows there are: {zoom} zooms"));
        };
        let here = self.chart_moment().map(Timestamp::seconds);
        let column = here.and_then(|at| moments.partition_point(|moment| i64::from(*moment) <= at).checked_sub(1));
        let to = match (here, column) {
            (None, _) if forward => None,
            (None, _) => moments.last(),
            // What the log shows is older than the charts.
            (Some(_), None) => moments.first(),
            (Some(_), Some(column)) if forward => moments.get(column + 1),
            (Some(_), Some(column)) => column.checked_sub(1).and_then(|before| moments.get(before)),
        };
        let cursor = to.map(|at| ChartCursor { of: container.id.clone(), at: *at });
        if cursor.is_none() && !forward {
            return self.say("no older moment in the chart");
        }
        self.chart_cursor = cursor;
        Vec::new()
    }

    /// The log comes up at the moment of the cursor, which is its own from then on.
    fn go_to_log_at_cursor(&mut self) -> Option<Vec<Effect>> {
        let cursor = self.chart_cursor.take()?;
        Some(self.perform(Action::LogTime(cursor.of, Timestamp::from_seconds(cursor.at.into()))))
    }

    /// A click on a chart: the log of the container comes up at that time.
    pub(in crate::app) fn click_chart(&mut self, at: Position) -> Vec<Effect> {
        let Some((container, moment)) = self.chart_moment_at(at) else { return Vec::new() };
        self.chart_cursor = Some(ChartCursor { of: container.id.clone(), at: moment });
        self.go_to_log_at_cursor().unwrap_or_default()
    }
}

/// A command while the card has the keys. None where it is none of the charts'.
pub(in crate::app) fn command(app: &mut App, command: Command) -> Option<Vec<Effect>> {
    if app.focus != Pane::Gauges || app.view != Kind::Container || app.fleet.selected().is_none() {
        return None;
    }
    match command {
        Command::Left => Some(app.step_in_chart(false)),
        Command::Right => Some(app.step_in_chart(true)),
        Command::Open | Command::FocusLogs if app.has_chart_cursor() => app.go_to_log_at_cursor(),
        Command::Back if app.has_chart_cursor() => {
            app.chart_cursor = None;
            Some(Vec::new())
        }
        _ => None,
    }
}
