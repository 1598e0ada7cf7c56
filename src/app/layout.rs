//! Where everything is: a pure function of size and state, read by `update` and by `draw`.
//!
//! ```text
//! wide (120×16 up)                 narrow (60×16 up)      tiny
//! header                           header                 header
//! fleet          │ gauges          fleet                  the focused pane
//!                │ logs            gauges
//! events         │ shell           logs or shell
//! footer                           footer                 footer
//! ```
//!
//! The shell pane is there while there is a shell. Where logs and shell share a place, the one that had the focus last has it.

use crate::model::PaneSizes;
use ratatui::layout::Rect;

/// A pane of the cockpit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pane {
    /// The container list.
    #[default]
    Fleet,
    /// Gauges and facts of the selected container.
    Gauges,
    /// Its log, or its processes.
    Logs,
    /// Shells, of whatever container.
    Shell,
}

impl Pane {
    /// Panes in the order of the tab key.
    pub const ORDER: [Pane; 4] = [Pane::Fleet, Pane::Gauges, Pane::Logs, Pane::Shell];

    /// Its title where there is no better one.
    pub fn title(self) -> &'static str {
        match self {
            Pane::Fleet => "Containers",
            Pane::Gauges => "Gauges",
            Pane::Logs => "Logs",
            Pane::Shell => "Shell",
        }
    }
}

/// A tab of the log pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DetailTab {
    /// The log.
    #[default]
    Log,
    /// The processes.
    Processes,
    /// The files.
    Files,
    /// The whole object.
    Inspect,
}

impl DetailTab {
    /// All, from left to right.
    pub const ALL: [DetailTab; 4] = [DetailTab::Log, DetailTab::Processes, DetailTab::Inspect, DetailTab::Files];

    /// Its label where there is no better one.
    pub fn label(self) -> &'static str {
        match self {
            DetailTab::Log => "Logs",
            DetailTab::Processes => "Processes",
            DetailTab::Files => "Files",
            DetailTab::Inspect => "Inspect",
        }
    }

    /// The tab beside it, round at the ends.
    pub fn beside(self, forward: bool) -> DetailTab {
        let count = DetailTab::ALL.len();
        let here = DetailTab::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        DetailTab::ALL[(here + if forward { 1 } else { count - 1 }) % count]
    }
}

/// The pane, zoom and tabs in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LayoutState {
    /// The focused pane: it receives the keys.
    pub focus: Pane,
    /// True if the focused pane fills the screen.
    pub zoomed: bool,
    /// There is a shell pane.
    pub shell: bool,
    /// Of logs and shell, the shell had the focus last.
    pub shell_over_logs: bool,
    /// There are gauges: containers are listed. Beside other lists the pane of logs tells of what is chosen.
    pub gauges: bool,
}

/// The arrangement of the panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// Side by side.
    Wide,
    /// Stacked; gauges shrink to a line.
    #[default]
    Narrow,
    /// One at a time.
    Tiny,
}

/// The rectangles of everything. A pane's first row is its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// The arrangement of the panes.
    pub shape: Shape,
    /// First line.
    pub header: Rect,
    /// Container list.
    pub fleet: Option<Rect>,
    /// Events, below the list.
    pub events: Option<Rect>,
    /// Gauges.
    pub gauges: Option<Rect>,
    /// Log tail, or processes.
    pub logs: Option<Rect>,
    /// Shells.
    pub shell: Option<Rect>,
    /// Vertical line between left and right.
    pub divider: Option<Rect>,
    /// Last line.
    pub footer: Rect,
}

impl Layout {
    /// Computes the places for a terminal of this size.
    pub fn new((width, height): (u16, u16), layout: &PaneSizes, front: LayoutState) -> Layout {
        let row = |y: u16, rows: u16| Rect { x: 0, y, width, height: rows };
        let footer_rows = u16::from(height > 2);
        let mut places = Layout {
            shape: shape(width, height),
            header: row(0, height.min(1)),
            footer: row(height - footer_rows.min(height), footer_rows),
            ..Layout::default()
        };
        let body = row(1.min(height), height.saturating_sub(1 + footer_rows));
        if front.zoomed || places.shape == Shape::Tiny {
            *places.slot(front.focus) = Some(body);
        } else if places.shape == Shape::Wide {
            places.side_by_side(body, layout, front);
        } else {
            places.stacked(body, layout, front);
        }
        places
    }

    /// The pane's rectangle, if it is on screen.
    pub fn of(&self, pane: Pane) -> Option<Rect> {
        match pane {
            Pane::Fleet => self.fleet,
            Pane::Gauges => self.gauges,
            Pane::Logs => self.logs,
            Pane::Shell => self.shell,
        }
    }

    fn slot(&mut self, pane: Pane) -> &mut Option<Rect> {
        match pane {
            Pane::Fleet => &mut self.fleet,
            Pane::Gauges => &mut self.gauges,
            Pane::Logs => &mut self.logs,
            Pane::Shell => &mut self.shell,
        }
    }

    fn side_by_side(&mut self, body: Rect, layout: &PaneSizes, front: LayoutState) {
        let share = (i32::from(body.width) * (48 + i32::from(layout.columns)) / 100) as u16;
        let left = share.clamp(46, body.width - 50);
        let events = if body.height >= 28 { (body.height / 4).min(9) } else { 0 };
        let fleet = body.height - events;
        self.fleet = Some(Rect { width: left, height: fleet, ..body });
        self.events = (events > 0).then_some(Rect { y: body.y + fleet, width: left, height: events, ..body });
        self.divider = Some(Rect { x: body.x + left, width: 1, ..body });
        let right = Rect { x: body.x + left + 1, width: body.width - left - 1, ..body };
        let mut gauges = 0;
        if front.gauges {
            gauges = (7 + i32::from(layout.rows)).clamp(5, i32::from(body.height) - 5) as u16;
            self.gauges = Some(Rect { height: gauges, ..right });
        }
        let below = Rect { y: right.y + gauges, height: right.height - gauges, ..right };
        if !front.shell {
            self.logs = Some(below);
            return;
        }
        let share = i32::from(below.height) * 40 / 100 + i32::from(layout.logs);
        let logs = share.clamp(2, (i32::from(below.height) - 3).max(2)) as u16;
        self.logs = Some(Rect { height: logs, ..below });
        self.shell = Some(Rect { y: below.y + logs, height: below.height - logs, ..below });
    }

    fn stacked(&mut self, body: Rect, layout: &PaneSizes, front: LayoutState) {
        let shell = front.shell && front.shell_over_logs;
        let gauges = match body.height {
            _ if !front.gauges => 0,
            34.. => 7,
            _ => 2,
        };
        // A shell wants rows more than anything else does.
        let part = if shell { 25 } else { 55 };
        let share = i32::from(body.height) * part / 100 + i32::from(layout.rows);
        let fleet = share.clamp(4, i32::from(body.height) - i32::from(gauges) - 3) as u16;
        self.fleet = Some(Rect { height: fleet, ..body });
        self.gauges = front.gauges.then_some(Rect { y: body.y + fleet, height: gauges, ..body });
        let used = fleet + gauges;
        let rest = Rect { y: body.y + used, height: body.height - used, ..body };
        *(if shell { &mut self.shell } else { &mut self.logs }) = Some(rest);
    }

    /// Rows for data in the list: without title and, where there is room, headings.
    pub fn fleet_rows(&self) -> Option<Rect> {
        let area = self.fleet?;
        let above = 1 + self.heading_rows();
        Some(Rect { y: area.y + above, height: area.height.saturating_sub(above), ..area })
    }

    /// Column headings take a row unless the screen is small.
    pub fn heading_rows(&self) -> u16 {
        u16::from(self.fleet.is_some_and(|area| area.height >= 14))
    }

    /// Rows for log lines.
    pub fn log_rows(&self) -> Option<Rect> {
        let area = self.logs?;
        Some(Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area })
    }

    /// The screen of a shell: below the title, and a column away from the line that parts left and right.
    pub fn shell_rows(&self) -> Option<Rect> {
        let area = self.shell?;
        let margin = u16::from(area.x > 0).min(area.width);
        Some(Rect {
            x: area.x + margin,
            y: area.y + 1,
            width: area.width - margin,
            height: area.height.saturating_sub(1),
        })
    }
}

fn shape(width: u16, height: u16) -> Shape {
    match (width, height) {
        (120.., 16..) => Shape::Wide,
        (60.., 16..) => Shape::Narrow,
        _ => Shape::Tiny,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn eighty_by_twenty_four_shows_ten_rows_and_all_panes() {
        let places =
            Layout::new((80, 24), &PaneSizes::default(), LayoutState { gauges: true, ..LayoutState::default() });
        assert!(places.fleet_rows().unwrap().height >= 10);
        assert!(places.gauges.is_some() && places.log_rows().unwrap().height >= 6);
    }

    proptest! {
        #[test]
        fn panes_stay_inside_the_screen_and_apart(
            width in 0u16..300, height in 0u16..120, columns in -40i8..40, rows in -20i8..20, logs in -20i8..20,
            focus in 0usize..4, zoomed: bool, shell: bool, shell_over_logs: bool, gauges: bool,
        ) {
            let front = LayoutState { focus: Pane::ORDER[focus], zoomed, shell, shell_over_logs, gauges };
            let places = Layout::new((width, height), &PaneSizes { columns, rows, logs }, front);
            let screen = Rect { x: 0, y: 0, width, height };
            let all = [Some(places.header), places.fleet, places.events, places.gauges, places.logs, places.shell, places.divider, Some(places.footer)];
            let all: Vec<Rect> = all.into_iter().flatten().filter(|area| !area.is_empty()).collect();
            for (index, area) in all.iter().enumerate() {
                prop_assert_eq!(screen.intersection(*area), *area);
                for other in &all[index + 1..] {
                    prop_assert!(!area.intersects(*other), "{area:?} {other:?}");
                }
            }
        }
    }
}
