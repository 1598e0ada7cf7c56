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
    /// Rows that the list has use for.
    pub list_rows: u16,
    /// Rows that the sentence needs which says why the container under the cursor is down or slow.
    pub why_rows: u16,
    /// Its gauges stand below the sentence, since it runs.
    pub why_beside: bool,
    /// Rows that graphs of one's own need below CPU and memory.
    pub graph_rows: u16,
    /// Rows at the foot of the shell pane that tell how what is in front there has ended.
    pub shell_foot: u16,
    /// The shell in front shows nothing but that.
    pub shell_folded: bool,
}

/// Rows that a list has room for, if the screen has: it takes no more than it needs, and does not move with each row that comes
/// or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListRoom<K> {
    /// What was listed: something else has a room of its own.
    of: Option<K>,
    rows: u16,
}

impl<K: PartialEq> ListRoom<K> {
    /// Rows are taken and given back in so many at once.
    const STEP: u16 = 4;

    /// Takes in how many rows there are. One more of them has its place already; what is given back is what was free for long.
    pub fn follow(&mut self, of: K, rows: usize) {
        let needed = (rows.min(1000) as u16 + 1).next_multiple_of(Self::STEP);
        if self.of.as_ref() != Some(&of) || needed > self.rows || needed + Self::STEP < self.rows {
            self.rows = needed;
        }
        self.of = Some(of);
    }

    /// How many. Before anything is known, as many as there are.
    pub fn rows(&self) -> u16 {
        if self.of.is_some() { self.rows } else { u16::MAX }
    }
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
    /// Its first row below the title has the headings of its columns.
    pub headings: bool,
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
    /// The last rows of the shell pane, which tell how a shell has ended.
    pub shell_foot: u16,
    /// Last line.
    pub footer: Rect,
}

/// From so many rows on a list has headings, whatever it lists.
const HEADINGS_FROM: u16 = 14;
/// Rows of the gauges: as charts, and as two lines with a title.
const CHARTS: u16 = 7;
/// From so many rows below the list on the gauges are charts on a small screen.
const CHARTS_FROM: u16 = 16;
/// Rows of the events at least: a title and something to read.
const EVENTS_LEAST: u16 = 4;
/// Rows of the body from which on graphs of one's own get rows of their own.
const GRAPH_ROWS_FROM: u16 = 30;
/// Rows of a list at least that has a sentence below it.
const LIST_LEAST: u16 = 4;

/// Rows of the gauges with a sentence: of what runs below it, else it stands in their place.
fn with_sentence(gauges: u16, front: LayoutState) -> u16 {
    if front.why_beside { gauges + front.why_rows } else { gauges.max(1 + front.why_rows) }
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
            shell_foot: front.shell_foot,
            ..Layout::default()
        };
        let body = row(1.min(height), height.saturating_sub(1 + footer_rows));
        if !front.zoomed && places.shape == Shape::Tiny && front.focus == Pane::Fleet && front.why_rows > 0 {
            places.list_and_sentence(body, front);
        } else if front.zoomed || places.shape == Shape::Tiny {
            *places.slot(front.focus) = Some(body);
            places.headings = body.height >= HEADINGS_FROM;
        } else if places.shape == Shape::Wide {
            places.side_by_side(body, layout, front);
        } else {
            places.stacked(body, layout, front);
        }
        places
    }

    /// The list with the sentence below it: where there is room for one pane, what is wrong is not a key away.
    fn list_and_sentence(&mut self, body: Rect, front: LayoutState) {
        let gauges = (1 + front.why_rows).min(body.height.saturating_sub(LIST_LEAST));
        let fleet = body.height - gauges;
        self.fleet = Some(Rect { height: fleet, ..body });
        self.headings = fleet >= HEADINGS_FROM;
        self.gauges = (gauges > 1 && front.gauges).then_some(Rect { y: body.y + fleet, height: gauges, ..body });
        if self.gauges.is_none() {
            self.fleet = Some(body);
        }
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
        // What the list has no use for is the events'.
        let fleet = self.list_height(body.height - events, front);
        let rest = body.height - fleet;
        let events = if rest < EVENTS_LEAST { 0 } else { rest };
        let fleet = body.height - events;
        self.fleet = Some(Rect { width: left, height: fleet, ..body });
        self.events = (events > 0).then_some(Rect { y: body.y + fleet, width: left, height: events, ..body });
        self.divider = Some(Rect { x: body.x + left, width: 1, ..body });
        let right = Rect { x: body.x + left + 1, width: body.width - left - 1, ..body };
        let mut gauges = 0;
        if front.gauges {
            let graphs = if body.height >= GRAPH_ROWS_FROM { front.graph_rows } else { 0 };
            gauges = (i32::from(with_sentence(CHARTS + graphs, front)) + i32::from(layout.rows))
                .clamp(5, i32::from(body.height) - 5) as u16;
            self.gauges = Some(Rect { height: gauges, ..right });
        }
        let below = Rect { y: right.y + gauges, height: right.height - gauges, ..right };
        if !front.shell {
            self.logs = Some(below);
            return;
        }
        let share = i32::from(below.height) * 40 / 100 + i32::from(layout.logs);
        let logs = share.clamp(2, (i32::from(below.height) - 3).max(2)) as u16;
        self.above_shell(below, if front.shell_folded { below.height - self.folded(below.height) } else { logs });
    }

    /// The log above, the shell below it.
    fn above_shell(&mut self, area: Rect, logs: u16) {
        self.logs = Some(Rect { height: logs, ..area });
        self.shell = Some(Rect { y: area.y + logs, height: area.height - logs, ..area });
    }

    /// Rows of a shell that shows nothing but how it has ended.
    fn folded(&self, most: u16) -> u16 {
        (1 + self.shell_foot).min(most / 2)
    }

    /// Rows of the list with its title, and its headings where there is room: not more than it needs.
    fn list_height(&mut self, most: u16, front: LayoutState) -> u16 {
        let needed = front.list_rows.saturating_add(2);
        self.headings = most >= HEADINGS_FROM || most >= needed;
        most.min(needed)
    }

    fn stacked(&mut self, body: Rect, layout: &PaneSizes, front: LayoutState) {
        let shell = front.shell && front.shell_over_logs && !front.shell_folded;
        let (wide, small) = match front.gauges {
            true => (with_sentence(CHARTS, front), with_sentence(2, front).min(body.height / 3)),
            false => (0, 0),
        };
        // A shell wants rows more than anything else does.
        let part = if shell { 25 } else { 55 };
        let most = self.list_height((i32::from(body.height) * part / 100) as u16, front);
        let share = i32::from(most) + i32::from(layout.rows);
        let fleet = share.clamp(4, i32::from(body.height) - i32::from(small) - 3) as u16;
        let wide = if body.height >= 34 { wide + front.graph_rows } else { wide };
        let gauges = if body.height >= 34 || body.height - fleet >= CHARTS_FROM && !shell { wide } else { small };
        let gauges = gauges.min(body.height - fleet - 3);
        self.fleet = Some(Rect { height: fleet, ..body });
        self.gauges = front.gauges.then_some(Rect { y: body.y + fleet, height: gauges, ..body });
        let used = fleet + gauges;
        let rest = Rect { y: body.y + used, height: body.height - used, ..body };
        if front.shell && front.shell_folded {
            self.above_shell(rest, rest.height - self.folded(rest.height));
        } else {
            *(if shell { &mut self.shell } else { &mut self.logs }) = Some(rest);
        }
    }

    /// Rows for data in the list: without title and, where there is room, headings.
    pub fn fleet_rows(&self) -> Option<Rect> {
        let area = self.fleet?;
        let above = 1 + self.heading_rows();
        Some(Rect { y: area.y + above, height: area.height.saturating_sub(above), ..area })
    }

    /// Column headings take a row unless the screen is small.
    pub fn heading_rows(&self) -> u16 {
        u16::from(self.fleet.is_some() && self.headings)
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
            height: area.height.saturating_sub(1 + self.shell_foot),
        })
    }

    /// The rows below it, which tell how what is in front there has ended.
    pub fn shell_foot(&self) -> Option<Rect> {
        let rows = self.shell_rows()?;
        let foot = self.shell_foot.min(self.shell?.height.saturating_sub(1));
        Some(Rect { y: rows.bottom(), height: foot, ..rows })
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
        let places = listing((80, 24), 40);
        assert!(places.fleet_rows().unwrap().height >= 10);
        assert!(places.gauges.is_some() && places.log_rows().unwrap().height >= 6);
    }

    fn listing(size: (u16, u16), list_rows: u16) -> Layout {
        Layout::new(size, &PaneSizes::default(), LayoutState { gauges: true, list_rows, ..LayoutState::default() })
    }

    #[test]
    fn a_short_list_leaves_its_room_to_what_is_below_it() {
        let few = listing((80, 24), 4);
        assert_eq!((few.heading_rows(), few.fleet_rows().unwrap().height), (1, 4));
        assert_eq!((few.gauges.unwrap().height, few.log_rows().unwrap().height), (CHARTS, 8));
        let few = listing((160, 45), 4);
        assert_eq!((few.fleet_rows().unwrap().height, few.events.unwrap().height), (4, 37));
        let many = listing((160, 45), 100);
        assert_eq!((many.fleet_rows().unwrap().height, many.events.unwrap().height), (32, 9));
    }

    #[test]
    fn the_room_of_a_list_stays_while_a_row_comes_and_goes() {
        let mut room = ListRoom::default();
        let mut after = |rows: usize| {
            room.follow("containers", rows);
            room.rows()
        };
        assert_eq!([1, 3, 1].map(&mut after), [4, 4, 4]);
        assert_eq!([4, 3, 4, 7, 3].map(&mut after), [8, 8, 8, 8, 8], "what it took it keeps");
        assert_eq!([20, 8].map(&mut after), [24, 12], "unless much of it is free");
        room.follow("images", 2);
        assert_eq!(room.rows(), 4);
    }

    proptest! {
        #[test]
        fn panes_stay_inside_the_screen_and_apart(
            width in 0u16..300, height in 0u16..120, columns in -40i8..40, rows in -20i8..20, logs in -20i8..20,
            focus in 0usize..4, zoomed: bool, shell: bool, shell_over_logs: bool, gauges: bool,
            list_rows in 0u16..60, shell_foot in 0u16..5, shell_folded: bool, why_rows in 0u16..12, why_beside: bool, graph_rows in 0u16..9,
        ) {
            let focus = Pane::ORDER[focus];
            let front = LayoutState {
                focus, zoomed, shell, shell_over_logs, gauges, list_rows, shell_foot, shell_folded, why_rows, why_beside, graph_rows,
            };
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
