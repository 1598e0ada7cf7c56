//! A cockpit without a terminal and without an engine.

use crate::support::fixtures;
pub use crate::support::fixtures::{ENGINE, id};
use bowline::app::{App, Effect, Key, Msg, Overlay, Pane, overlay_layout, update};
use bowline::model::*;
use bowline::ui::{Appearance, Depth, Glyphs, Theme, draw};
use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

/// 2026-11-21 12:00:00 UTC.
pub const NOON: i64 = 1_795_262_400;

pub struct Session {
    pub app: App,
    pub look: Appearance,
    pub effects: Vec<Effect>,
    pub world: Snapshot,
    now: Timestamp,
}

pub fn container(name: &str, state: State) -> Container {
    Container {
        state,
        created: Timestamp::from_seconds(NOON - 90_000),
        since: Timestamp::from_seconds(NOON - 11_520),
        ..fixtures::shop_container(name)
    }
}

/// A small shop with everything that can be wrong.
pub fn shop() -> Vec<Container> {
    let mut api = container("api-1", State::Running);
    api.health = Health::Healthy;
    let mut sick = container("api-2", State::Running);
    sick.health = Health::Unhealthy;
    sick.ports = vec![Port { public: Some(8080), private: 3000, protocol: "tcp".into(), address: "0.0.0.0".into() }];
    sick.detail = Some(Arc::new(Detail {
        limits: Limits { processors: Some(2.0), memory: Some(1 << 30), pids: Some(100) },
        ..Detail::default()
    }));
    let mut failed = container("etl-nightly", State::Exited);
    failed.exit_code = Some(137);
    failed.detail = Some(Arc::new(Detail { oom: true, ..Detail::default() }));
    let mut ended = container("migrate", State::Exited);
    ended.exit_code = Some(0);
    let restarting = container("indexer", State::Restarting);
    let paused = container("replay", State::Paused);
    let web = (1..=12).map(|number| container(&format!("web-{number}"), State::Running));
    [api, sick, failed, ended, restarting, paused].into_iter().chain(web).collect()
}

impl Session {
    /// A cockpit whose operator has pressed a key before the list came: the cursor begins on the first row.
    pub fn new(size: (u16, u16)) -> Session {
        let mut session = Session::untouched(size);
        session.keys("g");
        session.take_effects();
        session
    }

    /// A cockpit in which nothing was pressed.
    pub fn untouched(size: (u16, u16)) -> Session {
        let now = Timestamp::from_seconds(NOON);
        let theme = Theme::named("dark", Depth::Indexed).expect("built in");
        let look = Appearance { theme, glyphs: Glyphs::UNICODE };
        Session {
            app: App::new(fixtures::options(), size, now),
            look,
            effects: Vec::new(),
            world: Snapshot::default(),
            now,
        }
    }

    /// A cockpit on an engine with the shop's containers, a minute of usage, and an open log.
    pub fn shop(size: (u16, u16)) -> Session {
        let mut session = Session::new(size);
        session.connect();
        session.fact(Fact::Containers(ENGINE, shop()));
        for second in 0..60 {
            session.sample(second);
        }
        session.publish();
        session
    }

    pub fn connect(&mut self) {
        let info = EngineInfo {
            runtime: Runtime::Docker,
            capabilities: Capabilities::default(),
            version: "28.2.2".into(),
            api: "1.50".into(),
            host: "harbour".into(),
            processors: 8,
            memory: 64 << 30,
        };
        self.fact(Fact::Configured(ENGINE, "local".into()));
        self.fact(Fact::Info(ENGINE, info));
        let cost = Some(Cost::default());
        self.fact(Fact::Sampling(ENGINE, Sampling { sampler: Sampler::Kernel, every: 1.0, cost }));
        self.fact(Fact::Link(ENGINE, Link::Up));
    }

    pub fn sample(&mut self, second: i64) {
        let ids: Vec<(usize, Id)> = self.world.containers.keys().cloned().enumerate().collect();
        let samples = ids.into_iter().map(|(index, id)| {
            let share = (index as u64 * 13 + 7) % 100;
            let counters = Counters {
                cpu_ns: Some(second as u64 * share * 10_000_000),
                memory: Some(Memory { used: (index as u64 * 37 + 12) << 20, cache: 3 << 20, limit: 1 << 30 }),
                net: Some((second as u64 * 1000 * index as u64, second as u64 * 300)),
                block: Some((0, second as u64 * 5000)),
                pids: Some(4),
                ..Counters::default()
            };
            (id, Sample { at: Timestamp::from_seconds(NOON - 60 + second), sampler: Sampler::Kernel, counters })
        });
        self.fact(Fact::Samples(samples.collect()));
    }

    pub fn fact(&mut self, fact: Fact) {
        fold(&mut self.world, fact);
    }

    pub fn publish(&mut self) {
        let world = Arc::new(self.world.clone());
        self.send(Msg::Store(world));
    }

    pub fn send(&mut self, msg: Msg) {
        let effects = update(&mut self.app, msg);
        self.effects.extend(effects);
    }

    /// Time passes.
    pub fn wait(&mut self, seconds: f64) {
        self.now = self.now.plus_seconds(seconds);
        self.send(Msg::Tick(self.now));
    }

    /// Clicks where a text stands.
    #[track_caller]
    pub fn click(&mut self, text: &str) {
        let screen = self.screen();
        let found = screen.lines().enumerate().find_map(|(row, line)| Some((row, &line[..line.find(text)?])));
        let Some((row, before)) = found else { panic!("no {text:?} to click on\n{screen}") };
        self.click_at(before.chars().count() as u16, row as u16);
    }

    /// Clicks on a cell.
    pub fn click_at(&mut self, column: u16, row: u16) {
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row);
    }

    /// Drags the mouse, its button held, to a cell.
    pub fn drag_to(&mut self, column: u16, row: u16) {
        self.mouse(MouseEventKind::Drag(MouseButton::Left), column, row);
    }

    /// Lets the button of the mouse go on a cell.
    pub fn release_at(&mut self, column: u16, row: u16) {
        self.mouse(MouseEventKind::Up(MouseButton::Left), column, row);
    }

    fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        self.send(Msg::Input(Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })));
    }

    /// Turns the wheel down by a notch over a cell.
    pub fn wheel_down(&mut self, column: u16, row: u16) {
        self.mouse(MouseEventKind::ScrollDown, column, row);
    }

    /// Presses keys: plain characters, or names in angle brackets (`<enter>`, `<ctrl-d>`).
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        let mut rest = keys;
        while let Some(first) = rest.chars().next() {
            let name = match (first, rest.find('>')) {
                ('<', Some(end)) => {
                    let name = &rest[1..end];
                    rest = &rest[end + 1..];
                    name.to_string()
                }
                _ => {
                    rest = &rest[first.len_utf8()..];
                    first.to_string()
                }
            };
            self.send(Msg::Input(Input::Key(key_event(&name))));
        }
        self
    }

    /// The stream of the log on screen (or of the one that was asked for last).
    pub fn wire(&self) -> StreamId {
        let opened = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Open(wire, Source::Logs { .. }) => Some(*wire),
            _ => None,
        });
        opened.expect("a log was opened")
    }

    /// The stream of the session that was opened last.
    pub fn shell_wire(&self) -> StreamId {
        let opened = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Open(wire, Source::Exec(_) | Source::Attach { .. } | Source::Sidecar { .. }) => Some(*wire),
            _ => None,
        });
        opened.expect("a session was opened")
    }

    /// Opens a shell in the selected container, and lets it run.
    pub fn shell(&mut self) -> StreamId {
        self.keys("e");
        let wire = self.shell_wire();
        let began = SessionInfo { command: "/bin/sh".into(), user: "root".into(), tty: true, input: true };
        self.send(Msg::Chunk(wire, StreamEvent::Began(began)));
        wire
    }

    pub fn output(&mut self, wire: StreamId, bytes: &[u8]) {
        self.send(Msg::Chunk(wire, StreamEvent::Output(Stream::Out, bytes.to_vec())));
    }

    /// What was typed into a session since the effects were taken last.
    pub fn typed(&self, wire: StreamId) -> Vec<u8> {
        let sent = self.effects.iter().filter_map(|effect| match effect {
            Effect::Send(to, bytes) if *to == wire => Some(bytes.clone()),
            _ => None,
        });
        sent.flatten().collect()
    }

    pub fn log(&mut self, lines: &[(&str, Level)]) {
        let wire = self.wire();
        self.send(Msg::Chunk(wire, StreamEvent::Lines(batch(lines))));
    }

    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    pub fn buffer(&self) -> Buffer {
        let (width, height) = self.app.size;
        let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width, height });
        draw(&self.app, &self.look, &mut buffer);
        buffer
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        text(&self.cut(&[self.buffer().area]))
    }

    /// The screen as text, and below it one letter per cell for its style, with a legend.
    pub fn screen_with_styles(&self) -> String {
        text_with_styles(&self.cut(&[self.buffer().area]))
    }

    /// What tests of one pane look at: its rows, and those at the foot of the screen.
    pub fn region(&self, pane: Pane) -> String {
        self.regions(&[pane])
    }

    /// The same of several panes, one below the other.
    pub fn regions(&self, panes: &[Pane]) -> String {
        text(&self.cut(&self.areas(panes)))
    }

    /// The same with styles, as in [`Session::screen_with_styles`].
    pub fn region_with_styles(&self, pane: Pane) -> String {
        text_with_styles(&self.cut(&self.areas(&[pane])))
    }

    /// What tests of an overlay look at: the rows of the one on top, and those at the foot of the screen.
    pub fn overlay(&self) -> String {
        text(&self.cut(&self.overlay_areas()))
    }

    /// The same with styles, as in [`Session::screen_with_styles`].
    pub fn overlay_with_styles(&self) -> String {
        text_with_styles(&self.cut(&self.overlay_areas()))
    }

    #[track_caller]
    fn areas(&self, panes: &[Pane]) -> Vec<Rect> {
        let places = self.app.places();
        let area = |pane: &Pane| places.of(*pane).unwrap_or_else(|| panic!("{pane:?} is not on screen"));
        panes.iter().map(area).chain([self.foot()]).collect()
    }

    #[track_caller]
    fn overlay_areas(&self) -> Vec<Rect> {
        // A prompt stands at the foot.
        let on_top = self.app.overlays.iter().rev().find(|overlay| !matches!(overlay, Overlay::Prompt(_)));
        vec![overlay_layout::area(&self.app, on_top.expect("an overlay")), self.foot()]
    }

    /// Hints, or a sentence that may take some rows more.
    fn foot(&self) -> Rect {
        overlay_layout::notice_place(&self.app).unwrap_or(self.app.places().footer)
    }

    /// The cells of these rectangles of the screen, row by row.
    fn cut(&self, areas: &[Rect]) -> Vec<Vec<Cell>> {
        let buffer = self.buffer();
        let row = |area: Rect, y: u16| (area.left()..area.right()).map(|x| buffer[(x, y)].clone()).collect();
        areas.iter().flat_map(|area| (area.top()..area.bottom()).map(|y| row(*area, y)).collect::<Vec<_>>()).collect()
    }
}

fn text(rows: &[Vec<Cell>]) -> String {
    let mut text = String::new();
    for row in rows {
        let line: String = row.iter().map(Cell::symbol).collect();
        writeln!(text, "{}", line.trim_end()).unwrap();
    }
    text
}

fn text_with_styles(rows: &[Vec<Cell>]) -> String {
    let mut legend: Vec<String> = Vec::new();
    let mut letters: HashMap<String, char> = HashMap::new();
    let mut styles = String::new();
    for row in rows {
        let mut line = String::new();
        for cell in row {
            let style = format!("{:?} on {:?} {:?}", cell.fg, cell.bg, cell.modifier);
            let next = char::from(b'a' + (letters.len() % 26) as u8);
            let letter = *letters.entry(style.clone()).or_insert_with(|| {
                legend.push(format!("{next} {style}"));
                next
            });
            line.push(if letter == 'a' { '.' } else { letter });
        }
        writeln!(styles, "{}", line.trim_end_matches('.')).unwrap();
    }
    format!("{}\n{styles}\n{}\n", text(rows), legend.join("\n"))
}

pub fn batch(lines: &[(&str, Level)]) -> Batch {
    let mut batch = Batch::default();
    for (index, (line, level)) in lines.iter().enumerate() {
        batch.lines.push(LineMark {
            start: batch.bytes.len() as u32,
            len: line.len() as u32,
            at: Timestamp(NOON * SECOND + index as i64 * SECOND),
            level: *level,
            ..LineMark::default()
        });
        batch.bytes.extend_from_slice(line.as_bytes());
    }
    batch
}

/// The acts that were asked for since the effects were taken last.
pub fn acts(session: &mut Session) -> Vec<Operation> {
    let acts = session.take_effects().into_iter().filter_map(|effect| match effect {
        Effect::Act(_, act) => Some(act),
        _ => None,
    });
    acts.collect()
}

/// The names of what acts are about.
pub fn names(acts: &[Operation]) -> Vec<&str> {
    acts.iter().map(|act| act.name.as_str()).collect()
}

pub fn key_event(name: &str) -> KeyEvent {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    match name {
        "enter" => plain(KeyCode::Enter),
        "esc" => plain(KeyCode::Esc),
        "tab" => plain(KeyCode::Tab),
        "space" => plain(KeyCode::Char(' ')),
        "up" => plain(KeyCode::Up),
        "down" => plain(KeyCode::Down),
        "left" => plain(KeyCode::Left),
        "right" => plain(KeyCode::Right),
        "end" => plain(KeyCode::End),
        "backspace" => plain(KeyCode::Backspace),
        name if name.starts_with("ctrl-") => {
            let c = name.chars().last().expect("not empty");
            KeyEvent::new(KeyCode::Char(if name == "ctrl-space" { ' ' } else { c }), KeyModifiers::CONTROL)
        }
        name => {
            Key::parse(name).expect("a key");
            plain(KeyCode::Char(name.chars().next().expect("not empty")))
        }
    }
}
