//! The whole state of the cockpit. No handle, channel or clock lives here: it can be printed and built from a snapshot and a size.

use super::closed_context::ClosedContext;
use super::command::{Command, KeyContext};
use super::component::{Component, Cx};
use super::layout::{DetailTab, Layout, LayoutState, ListRoom, Pane};
use super::msg::Effect;
use super::operations::results::BulkResult;
use super::options::Options;
use super::overlay::Overlay;
use super::panes::files::Files;
use super::panes::first_row::FirstRow;
use super::panes::fleet::FleetList;
use super::panes::gauges::Graphs;
use super::panes::gauges::cursor::ChartCursor;
use super::panes::gauges::places::rows_for_graphs;
use super::panes::inspect::InspectView;
use super::panes::log::LogView;
use super::panes::log::bookmarks::Bookmarks;
use super::panes::log::commands::LogChoice;
use super::panes::processes::ProcessView;
use super::panes::resource::{LISTS, ResourceList, list_of};
use super::panes::shell::view::Shells;
use super::screens::compose::overlay::ComposeState;
use super::screens::transfers::Transfers;
use super::screens::why::WhyView;
use super::slips::Slips;
use super::subscriptions::Streams;
use super::widgets::notice::Notice;
use super::widgets::prompt::Typed;
use super::widgets::wrap::{self, Breaks};
use crate::model::{Engine, EngineId, Id, Inventory, Kind, Link, PaneSizes, Snapshot, StreamId, Timestamp, Viewport};
use ratatui::layout::Rect;
use std::sync::Arc;

/// All that a pane may read of what is not its own, with the place of its rows and whether it has the focus.
macro_rules! cx {
    ($app:ident, $area:expr, $focused:expr) => {{
        let (area, focused) = ($area, $focused);
        let (snapshot, options, streams) = (&*$app.snapshot, &$app.options, &$app.streams);
        let (covered, inputs, now) = (!$app.overlays.is_empty(), $app.input_count, $app.now);
        Cx { snapshot, options, streams, area, focused, covered, inputs, now }
    }};
}

/// A log that was asked for and has not answered yet.
#[derive(Debug, Clone)]
pub(super) struct PendingLog {
    pub view: LogView,
    /// When it takes its place even though it is silent.
    pub patience: Timestamp,
}

/// An engine that was chosen by its name. It is meant until the cursor goes to another row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ChosenEngine {
    pub engine: EngineId,
    /// What the cursor was on.
    pub on: Option<Id>,
}

/// The cockpit.
#[derive(Debug)]
pub struct App {
    /// The options of the configuration, environment and flags.
    pub options: Options,
    /// The moment of the message being handled.
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The state of the engines.
    pub snapshot: Arc<Snapshot>,
    /// The engine that is meant where nothing says which: that of the row under the cursor, else the last such one.
    pub engine: Option<EngineId>,
    /// The container list.
    pub fleet: FleetList,
    /// The kind that the list shows.
    pub view: Kind,
    /// The lists of everything else, in the order of their keys.
    pub lists: Vec<ResourceList>,
    /// The log on screen.
    pub log: Option<LogView>,
    /// A log that was asked for and has not answered: the old one stays until it has.
    pub(super) pending_log: Option<PendingLog>,
    /// Why the container under the cursor stands as it does, or the one whose whole answer is read.
    pub why: Option<WhyView>,
    /// The container that the cursor rests on, and when its log is to be opened.
    pub(super) debounce: Option<(Id, Timestamp)>,
    /// What runs in the selected container, while that is looked at.
    pub processes: Option<ProcessView>,
    /// Files of containers and volumes, copies of them and edits.
    pub files: Files,
    /// The number of inputs so far.
    pub(super) input_count: u64,
    /// The object that is inspected, while that is looked at.
    pub inspect: Option<InspectView>,
    /// What is to be inspected next, and when: walking down a list asks for nothing.
    pub(super) inspect_rest: Option<(Id, Timestamp)>,
    /// The tab of the log pane.
    pub detail: DetailTab,
    /// Open shells.
    pub shells: Shells,
    /// Images on their way.
    pub transfers: Transfers,
    /// The state of compose.
    pub compose: ComposeState,
    /// The Docker client's context, while it is one that cannot be opened and no other engine was chosen.
    pub closed: Option<ClosedContext>,
    /// The focused pane: it receives the keys.
    pub focus: Pane,
    /// True if the focused pane fills the screen.
    pub zoomed: bool,
    /// Shifts.
    pub layout: PaneSizes,
    /// The overlays; the last one is on top.
    pub overlays: Vec<Overlay>,
    /// A sentence in the footer.
    pub notice: Option<Notice>,
    /// The log of this container is to come up at this time.
    pub(super) log_time: Option<(Id, Timestamp)>,
    /// The cursor in the charts, once somebody moved it.
    pub(super) chart_cursor: Option<ChartCursor>,
    /// The graphs of one's own.
    pub graphs: Graphs,
    /// The bookmarks of all logs.
    pub(super) bookmarks: Bookmarks,
    /// What was typed last into prompts for filters and searches.
    pub(super) typed: Typed,
    /// The statements in SQL of this session, the newest last.
    pub(super) statements: Vec<String>,
    /// Operations of this session, the newest last.
    pub results: Vec<BulkResult>,
    /// Whose secrets are shown beside a list or among processes.
    pub(super) revealed: Option<(Kind, Id)>,
    /// True while the mouse is on.
    pub mouse: bool,
    /// The terminal window has the focus, as far as known.
    pub focused: bool,
    /// The loop should end.
    pub quitting: bool,
    /// True if movements without a button are reported too: the program in the shell asks for them.
    pub(super) motion: bool,
    /// The minute in which the list on screen was computed last.
    pub(super) listed_minute: i64,
    pub(super) next_operation: u64,
    pub(super) streams: Streams,
    pub(super) viewport: Viewport,
    /// Cursors that fell on another row by themselves.
    pub(super) slips: Slips,
    /// The engine that was chosen by its name.
    pub(super) chosen_engine: Option<ChosenEngine>,
    /// The choice of the row on which the cursor begins.
    pub(super) first_row: FirstRow,
    /// Rows that the list on screen has use for, by what is listed and what passes.
    list_room: ListRoom<(Kind, String)>,
}

impl App {
    /// A cockpit for a terminal of this size that knows nothing of any engine.
    pub fn new(options: Options, size: (u16, u16), now: Timestamp) -> App {
        App {
            fleet: FleetList::new(options.list.columns.clone(), options.list.sort),
            view: Kind::Container,
            lists: LISTS.iter().map(|list| ResourceList::new(list.kind)).collect(),
            now,
            size,
            snapshot: Arc::default(),
            engine: None,
            log: None,
            pending_log: None,
            why: None,
            debounce: None,
            processes: None,
            files: Files::default(),
            input_count: 0,
            inspect: None,
            inspect_rest: None,
            detail: DetailTab::Log,
            shells: Shells::default(),
            transfers: Transfers::default(),
            compose: ComposeState::default(),
            closed: None,
            motion: false,
            focus: Pane::Fleet,
            zoomed: false,
            layout: options.layout,
            overlays: Vec::new(),
            notice: None,
            log_time: None,
            chart_cursor: None,
            graphs: Graphs::new(&options.graphs),
            bookmarks: Bookmarks::default(),
            typed: Typed::default(),
            statements: Vec::new(),
            results: Vec::new(),
            revealed: None,
            mouse: options.mouse,
            focused: true,
            quitting: false,
            listed_minute: 0,
            next_operation: 0,
            streams: Streams::default(),
            viewport: Viewport::default(),
            slips: Slips::default(),
            chosen_engine: None,
            first_row: FirstRow::default(),
            list_room: ListRoom::default(),
            options,
        }
    }

    /// Another engine takes the place of the one so far: all that was its is dropped. What its questions still cost ends.
    #[must_use]
    pub fn forget_engine(&mut self) -> Vec<Effect> {
        self.snapshot = Arc::default();
        self.engine = None;
        self.streams.forget();
        self.abandon_acts();
        self.fleet.clear_marks();
        self.fleet.rebuild(&self.snapshot);
        for list in &mut self.lists {
            list.clear_marks();
            list.rebuild(&self.snapshot, self.now);
        }
        (self.log, self.pending_log, self.debounce) = (None, None, None);
        self.why = None;
        (self.processes, self.inspect) = (None, None);
        self.shells = Shells::default();
        self.files.forget_engine();
        self.transfers.list.clear();
        self.compose = ComposeState::default();
        self.closed = None;
        if self.focus == Pane::Shell {
            self.focus = Pane::Fleet;
        }
        let unanswered = self.unanswered();
        self.overlays.clear();
        self.notice = None;
        self.viewport = Viewport::default();
        self.slips = Slips::default();
        self.first_row = FirstRow::default();
        unanswered.into_iter().map(Effect::CancelQuery).collect()
    }

    /// Begins with the question what to do about a context.
    pub fn begin_closed(&mut self, context: ClosedContext) {
        self.closed = Some(context);
        self.ask_about_context();
    }

    /// Asks whether the engine of this machine is to be opened in place of the context's.
    pub(super) fn ask_about_context(&mut self) {
        let question = self.closed.as_ref().map(|closed| Overlay::Question(closed.question()));
        self.overlays.extend(question);
    }

    /// The areas of the screen.
    pub fn places(&self) -> Layout {
        let front = LayoutState {
            focus: self.focus,
            zoomed: self.zoomed,
            shell: !self.shells.tabs.is_empty(),
            shell_over_logs: self.shells.over_logs,
            gauges: self.view == Kind::Container,
            list_rows: self.list_room.rows(),
            shell_foot: 0,
            shell_folded: false,
            why_rows: 0,
            why_beside: false,
            graph_rows: 0,
        };
        let front = LayoutState { graph_rows: self.graph_rows(front), ..front };
        let (places, front) = self.with_sentence(Layout::new(self.size, &self.layout, front), front);
        let Some(foot) = self.shell_foot().filter(|foot| foot.is_end) else { return places };
        let width = places.shell.or(places.logs).map_or(self.size.0, |area| area.width);
        let shell_foot = foot.rows(width).len() as u16;
        Layout::new(self.size, &self.layout, LayoutState { shell_foot, shell_folded: foot.is_all, ..front })
    }

    /// Rows that the graphs of the selected container need below CPU and memory.
    fn graph_rows(&self, front: LayoutState) -> u16 {
        let selected = self.fleet.selected().filter(|one| front.gauges && one.state.is_alive());
        let Some(count) = selected.map(|one| self.graphs.count(one)).filter(|count| *count > 0) else { return 0 };
        let area = Layout::new(self.size, &self.layout, front).gauges;
        area.map_or(0, |area| rows_for_graphs(area.width.saturating_sub(2), count))
    }

    /// Makes room for the sentence on why the container under the cursor stands as it does.
    fn with_sentence(&self, places: Layout, front: LayoutState) -> (Layout, LayoutState) {
        let Some((view, sentence)) = self.why_of_selected().and_then(|view| Some((view, view.sentence()?))) else {
            return (places, front);
        };
        let width = places.gauges.map_or(self.size.0, |area| area.width).saturating_sub(2);
        let rows = wrap::lines(sentence, width.into(), Breaks::AtSpaces).len();
        let front = LayoutState { why_rows: rows.min(20) as u16, why_beside: view.is_alive, ..front };
        (Layout::new(self.size, &self.layout, front), front)
    }

    /// Why the container under the cursor stands as it does.
    pub fn why_of_selected(&self) -> Option<&WhyView> {
        let selected = self.fleet.selected().filter(|_| self.view == Kind::Container)?;
        self.why.as_ref().filter(|view| view.id == selected.id)
    }

    /// The list takes the rows that it has use for. While something lies above it, such as a filter that is being typed, nothing
    /// moves; nor before it is known what there is.
    pub(super) fn follow_list_room(&mut self) {
        if !self.overlays.is_empty() {
            return;
        }
        match self.list() {
            None if self.is_connecting() => {}
            None => self.list_room.follow((self.view, self.fleet.filter_text.clone()), self.fleet.len()),
            Some(_) if !list_of(self.view).is_some_and(|spec| (spec.is_known)(&self.snapshot)) => {}
            Some(list) => {
                let (filter, rows) = (list.filter.clone(), list.len());
                self.list_room.follow((self.view, filter), rows);
            }
        }
    }

    /// The room whose keys are in force.
    pub fn pane_context(&self) -> KeyContext {
        match self.focus {
            Pane::Logs if self.shows_inspect() => KeyContext::Inspect,
            // What is told of a group has no keys of its own.
            Pane::Logs if self.group_told().is_some() => KeyContext::Fleet,
            Pane::Logs if self.shows_volume_files() => KeyContext::Files,
            Pane::Fleet | Pane::Gauges | Pane::Logs if self.view != Kind::Container => KeyContext::Resources,
            Pane::Fleet | Pane::Gauges => KeyContext::Fleet,
            Pane::Logs if self.detail == DetailTab::Processes => KeyContext::Processes,
            Pane::Logs if self.detail == DetailTab::Files => KeyContext::Files,
            Pane::Logs => KeyContext::Logs,
            Pane::Shell if self.shells.active().is_some_and(|tab| tab.copy.is_some()) => KeyContext::Scrollback,
            Pane::Shell => KeyContext::Shell,
        }
    }

    /// Whose keys are in force: those of what lies on top, or of what has the focus.
    pub fn place(&self) -> KeyContext {
        self.overlays.last().map_or_else(|| self.pane_context(), Overlay::pane_context)
    }

    /// Where a command is given: here, if it can be; else in its own place.
    pub(super) fn place_of(&self, command: Command) -> KeyContext {
        let here = self.pane_context();
        if command.spec().is_at(here) { here } else { command.spec().context }
    }

    /// The list on screen, where it is not that of containers.
    pub fn list(&self) -> Option<&ResourceList> {
        self.lists.iter().find(|list| list.kind == self.view)
    }

    /// The list on screen, mutable.
    pub(super) fn list_mut(&mut self) -> Option<&mut ResourceList> {
        self.lists.iter_mut().find(|list| list.kind == self.view)
    }

    /// Goes to the list of a kind.
    pub(super) fn show(&mut self, kind: Kind) {
        self.view = kind;
        if self.focus == Pane::Gauges {
            self.focus = Pane::Fleet;
        }
        self.rebuild_list();
    }

    /// Computes the rows of the list on screen anew.
    pub(super) fn rebuild_list(&mut self) {
        let (snapshot, now) = (self.snapshot.clone(), self.now);
        if let Some(list) = self.list_mut() {
            list.rebuild(&snapshot, now);
        }
    }

    /// The engine, while none has ever answered: its diagnosis is shown instead of the cockpit.
    pub fn diagnosis(&self) -> Option<&Engine> {
        let never_up = |engine: &Engine| matches!(engine.link, Link::Down { never_up: true, .. });
        self.current_engine().filter(|_| self.snapshot.engines.values().all(never_up))
    }

    /// The engine that is meant where nothing says which.
    pub fn current_engine(&self) -> Option<&Engine> {
        self.snapshot.engines.get(&self.engine?)
    }

    /// That engine's inventory: images, volumes, networks.
    pub fn inventory(&self) -> &Inventory {
        self.snapshot.inventory(self.engine.unwrap_or_default())
    }

    /// The engine under the cursor is the one that is meant. What lies above is about the one that was meant when it was opened.
    pub(super) fn follow_engine(&mut self) {
        let engines = &self.snapshot.engines;
        self.engine = self.engine.filter(|engine| engines.contains_key(engine));
        if self.engine.is_some() && !self.overlays.is_empty() {
            return;
        }
        let chosen = self.engine_chosen();
        let engines = &self.snapshot.engines;
        let row = self.row_under_cursor();
        let under_cursor = row.map(|id| id.engine()).filter(|engine| engines.contains_key(engine));
        let chosen = chosen.filter(|engine| engines.contains_key(engine));
        self.engine = chosen.or(under_cursor).or(self.engine).or_else(|| engines.keys().next().copied());
    }

    /// True while an engine answers.
    pub fn is_connected(&self) -> bool {
        self.snapshot.engines.values().any(|engine| engine.link == Link::Up)
    }

    /// True until the first list has arrived.
    pub fn is_connecting(&self) -> bool {
        !self.snapshot.engines.values().any(|engine| engine.listed)
    }

    /// The place of the log's rows; a pane that is not on screen counts as one page of the body.
    fn log_area(&self) -> Rect {
        let body = Rect { x: 0, y: 0, width: self.size.0, height: self.size.1.saturating_sub(3) };
        let rows = self.places().log_rows().unwrap_or(body);
        self.log.as_ref().map_or(rows, |view| view.rows_below_head(rows, &self.options.logs))
    }

    /// Log rows and columns on screen, for scrolling.
    pub(super) fn log_size(&self) -> (usize, usize) {
        let rows = self.log_area();
        (rows.height as usize, rows.width as usize)
    }

    /// Lets the pane of these keys do something, with all that it may read. None where it shows nothing.
    pub(super) fn with_pane<R>(
        &mut self,
        keys: KeyContext,
        act: impl FnOnce(&mut dyn Component, &Cx) -> R,
    ) -> Option<R> {
        let (places, context, log) = (self.places(), self.pane_context(), self.log_area());
        let (detail, list) = (places.logs.unwrap_or_default(), places.fleet_rows().unwrap_or_default());
        let (pane, area): (&mut dyn Component, Rect) = match keys {
            KeyContext::Shell | KeyContext::Scrollback => return Some(self.with_shells(|shells, cx| act(shells, cx))),
            KeyContext::Logs => (self.log.as_mut()?, log),
            KeyContext::Processes => (self.processes.as_mut()?, detail),
            KeyContext::Inspect => (self.inspect.as_mut()?, detail),
            KeyContext::Files => (&mut self.files, detail),
            KeyContext::Fleet => (&mut self.fleet, list),
            KeyContext::Resources => (self.lists.iter_mut().find(|list| list.kind == self.view)?, list),
            KeyContext::Transfers => (&mut self.transfers, Rect::default()),
            KeyContext::Compose => (&mut self.compose, Rect::default()),
            KeyContext::Reading => (self.why.as_mut()?, Rect::default()),
            KeyContext::Anywhere
            | KeyContext::Menu
            | KeyContext::Question
            | KeyContext::Typing
            | KeyContext::Line
            | KeyContext::Events
            | KeyContext::Sql => return None,
        };
        Some(act(pane, &cx!(self, area, context == keys)))
    }

    /// Does what was chosen for the log on screen.
    pub(super) fn choose_in_log(&mut self, choice: LogChoice) -> Vec<Effect> {
        let area = self.log_area();
        let Some(view) = &mut self.log else { return Vec::new() };
        let actions = view.choose(&cx!(self, area, self.focus == Pane::Logs), choice);
        self.carry_out(actions)
    }

    /// Lets the shells do something.
    pub(super) fn with_shells<R>(&mut self, act: impl FnOnce(&mut Shells, &Cx) -> R) -> R {
        let area = self.places().shell_rows().unwrap_or_default();
        act(&mut self.shells, &cx!(self, area, self.focus == Pane::Shell))
    }

    /// Lets the list of containers do something.
    pub(super) fn with_fleet<R>(&mut self, act: impl FnOnce(&mut FleetList, &Cx) -> R) -> R {
        let (area, context) = (self.places().fleet_rows().unwrap_or_default(), self.pane_context());
        act(&mut self.fleet, &cx!(self, area, context == KeyContext::Fleet))
    }

    /// Lets the files do something.
    pub(super) fn with_files<R>(&mut self, act: impl FnOnce(&mut Files, &Cx) -> R) -> R {
        let (area, context) = (self.places().logs.unwrap_or_default(), self.pane_context());
        act(&mut self.files, &cx!(self, area, context == KeyContext::Files))
    }

    /// Says in the footer why nothing is done.
    pub(super) fn say(&mut self, why: impl AsRef<str>) -> Vec<Effect> {
        self.notice = Some(Notice::warn(why, self.now));
        Vec::new()
    }

    /// Scrolls the pane of these keys.
    pub(super) fn scroll_pane(&mut self, keys: KeyContext, rows: isize) {
        self.with_pane(keys, |pane, cx| pane.scroll(cx, rows));
    }

    /// Tells the log how many rows it has on screen.
    pub(super) fn fit_log(&mut self) {
        let size = self.log_size();
        if let Some(view) = &mut self.log {
            match std::mem::take(&mut view.bookmarks_changed) {
                true => self.bookmarks = view.bookmarks.clone(),
                false => view.bookmarks = self.bookmarks.clone(),
            }
            view.show_histogram(self.options.logs.histogram);
            view.follow_highlights(&self.snapshot, self.options.logs.highlights);
            view.follow_life_cycle(&self.snapshot);
            view.follow_columns(&self.snapshot, &self.options.log_columns);
            view.fit_columns(size, &self.options.logs);
            view.fit(size.0);
        }
        self.go_to_log_time();
    }

    /// Goes to a time in a log that was asked for, once its lines are there.
    fn go_to_log_time(&mut self) {
        let Some((id, at)) = self.log_time.take() else { return };
        let area = self.log_area();
        match &mut self.log {
            Some(view) if view.id == id && view.merge.is_none() && !view.ring.is_empty() => {
                view.show_time(&cx!(self, area, self.focus == Pane::Logs), at);
            }
            // Its log is on its way, as long as the cursor stays there.
            _ if self.fleet.selected().is_some_and(|container| container.id == id) => self.log_time = Some((id, at)),
            _ => {}
        }
    }

    /// Rows of the processes on screen, without title and headings.
    pub(super) fn process_height(&self) -> usize {
        self.places().logs.map_or(1, |area| area.height.saturating_sub(2)).max(1) as usize
    }

    /// Rows of the inspected object on screen, without title.
    pub(super) fn inspect_height(&self) -> usize {
        self.places().logs.map_or(1, |area| area.height.saturating_sub(1)).max(1) as usize
    }

    /// True if the pane of logs shows the inspected object: projects and the engine have none.
    pub fn shows_inspect(&self) -> bool {
        self.detail == DetailTab::Inspect && self.inspects()
    }

    /// True if what is listed can be inspected. A group is no object.
    pub fn inspects(&self) -> bool {
        self.view.spec().is_inspected() && self.group().is_none()
    }

    /// The tab in front in the pane of logs. Beside lists of other things the first tells the details.
    pub fn front_tab(&self) -> DetailTab {
        match self.list() {
            None => self.detail,
            Some(_) if self.shows_inspect() => DetailTab::Inspect,
            Some(_) if self.shows_volume_files() => DetailTab::Files,
            Some(_) => DetailTab::Log,
        }
    }

    /// What is to be inspected: what it is, which, and its name.
    pub(super) fn to_inspect(&self) -> Option<(Kind, Id, String)> {
        if let Some(list) = self.list() {
            let row = list.selected().filter(|_| self.view.spec().is_inspected())?;
            return Some((self.view, row.of.clone(), row.name.to_string()));
        }
        let container = self.fleet.selected()?;
        Some((Kind::Container, container.id.clone(), container.name.to_string()))
    }

    /// Rows of the list on screen.
    pub(super) fn fleet_height(&self) -> usize {
        self.places().fleet_rows().map_or(self.size.1.saturating_sub(3), |rows| rows.height).max(1) as usize
    }

    pub(super) fn new_stream(&self) -> StreamId {
        self.streams.next_id()
    }

    /// Id of the container under the cursor.
    pub fn selected_id(&self) -> Option<Id> {
        self.fleet.selected().map(|container| container.id.clone())
    }

    /// The next moment at which something changes without a message: the loop wakes up then.
    pub fn wake(&self) -> Option<Timestamp> {
        let notice = self.notice.as_ref().map(|notice| notice.until);
        let second = self.counts_seconds().then(|| Timestamp::from_seconds(self.now.seconds() + 1));
        let rest = self.debounce.as_ref().map(|(_, due)| *due);
        let inspect = self.inspect_rest.as_ref().map(|(_, due)| *due);
        let patience = self.pending_log.as_ref().map(|coming| coming.patience);
        let held = self.shells.tabs.iter().filter_map(|tab| tab.emulator()?.release_at()).min();
        let looking = self.log.as_ref().filter(|view| view.is_looking()).map(|_| self.now);
        let dragged = self.log.as_ref().and_then(|view| view.held_beyond()).map(|(_, due)| due);
        [notice, second, rest, inspect, patience, held, looking, dragged].into_iter().flatten().min()
    }

    /// True while something on screen counts seconds: a countdown, an act under way.
    fn counts_seconds(&self) -> bool {
        let down = self.snapshot.engines.values().any(|engine| matches!(engine.link, Link::Down { .. }));
        let starting = self.shells.active().is_some_and(|tab| tab.began.is_none() && tab.ended.is_none());
        let looks = |overlay: &Overlay| matches!(overlay, Overlay::Compose(layer) if layer.is_looking());
        let looking = self.overlays.last().is_some_and(looks);
        let moving =
            matches!(self.overlays.last(), Some(Overlay::Transfers(_))) && self.transfers.running().count() > 0;
        let asking = self.awaits_answer();
        let reading = self.in_files() && self.awaits_files();
        down || asking || starting || moving || looking || reading || self.results.iter().any(|bulk| bulk.pending() > 0)
    }
}
