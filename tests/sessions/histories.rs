//! Any history of messages keeps the invariants.

use super::harness::*;
use bowline::app::{Effect, GroupKey, Msg, Pane};
use bowline::model::*;
use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;
use std::collections::HashMap;

#[derive(Debug, Clone)]
enum Happening {
    Key(char),
    Control(char),
    Special(u8),
    Click(u16, u16, bool),
    Resize(u16, u16),
    Come(u8),
    Go(u8),
    Lines(u8),
    End,
    Wait(u8),
    Lost(bool),
    Paste(String),
    Shell(Vec<u8>),
    ShellEnd(u8),
    Drag(u16, u16, bool),
    Inspected(u8),
    Group(u8),
    Project(u8),
    Several(u8),
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    prop_oneof![
        6 => prop::char::range('!', '~').prop_filter("quits", |key| *key != 'q').prop_map(Key),
        2 => prop::char::range('a', 'y').prop_filter("quits", |key| *key != 'c').prop_map(Control),
        3 => Just(Control(']')),
        1 => Just(Key('[')),
        1 => Just(Key('e')),
        1 => any::<bool>().prop_map(|on| Shell(if on { b"\x1b[?1049h".to_vec() } else { b"\x1b[?1049l".to_vec() })),
        1 => Just(Shell(b"line\r\n".repeat(120))),
        4 => (0u8..8).prop_map(Special),
        2 => (0u16..170, 0u16..50, any::<bool>()).prop_map(|(x, y, wheel)| Click(x, y, wheel)),
        1 => (0u16..170, 0u16..50).prop_map(|(width, height)| Resize(width, height)),
        1 => (0u16..90, 0u16..5).prop_map(|(width, height)| Resize(width, height)),
        2 => (0u8..30).prop_map(Come),
        2 => (0u8..30).prop_map(Go),
        3 => (0u8..40).prop_map(Lines),
        1 => Just(End),
        2 => (0u8..20).prop_map(Wait),
        1 => any::<bool>().prop_map(Lost),
        1 => any::<String>().prop_map(Paste),
        3 => prop::collection::vec(any::<u8>(), 0..80).prop_map(Shell),
        1 => any::<u8>().prop_map(ShellEnd),
        1 => (0u16..170, 0u16..50, any::<bool>()).prop_map(|(x, y, up)| Drag(x, y, up)),
        3 => (0u8..4).prop_map(Inspected),
        1 => Just(Key('i')),
        3 => (0u8..5).prop_map(Group),
        2 => (0u8..30).prop_map(Project),
        2 => prop::sample::select(vec!['h', '-', ' ', '5', '1']).prop_map(Key),
        2 => Just(Key('*')),
        3 => Just(Key('l')),
        3 => any::<u8>().prop_map(Several),
    ]
}

fn happen(session: &mut Session, happening: Happening) {
    let key = |code| Msg::Input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    let specials = [
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::PageDown,
        KeyCode::PageUp,
        KeyCode::Backspace,
    ];
    match happening {
        Happening::Key(c) => session.send(key(KeyCode::Char(c))),
        Happening::Control(c) => {
            session.send(Msg::Input(Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))))
        }
        Happening::Special(index) => session.send(key(specials[index as usize])),
        Happening::Click(column, row, wheel) => {
            let kind = if wheel { MouseEventKind::ScrollUp } else { MouseEventKind::Down(MouseButton::Left) };
            session.send(Msg::Input(Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })));
        }
        Happening::Resize(width, height) => session.send(Msg::Input(Input::Resize(width, height))),
        Happening::Come(number) => {
            session.fact(Fact::Container(container(&format!("new-{number}"), State::Running)));
            session.publish();
        }
        Happening::Project(number) => {
            let mut one = container(&format!("new-{number}"), State::Running);
            one.labels = vec![
                ("com.docker.compose.project".into(), format!("p{}", number % 3).into()),
                ("com.docker.compose.service".into(), format!("s{}", number % 4).into()),
            ];
            session.fact(Fact::Container(one));
            session.publish();
        }
        Happening::Group(which) => {
            let way = ["none", "project", "engine", "image", "com.docker.compose.service"][usize::from(which)];
            session.keys(&format!("v{way}<enter>"));
        }
        Happening::Go(number) => {
            session.fact(Fact::Gone(id(&format!("new-{number}"))));
            session.publish();
        }
        Happening::Inspected(which) => {
            let json =
                [r#"{"Config":{"Env":["A=1","DB_PASSWORD=x"]},"Image":"sha256:1"}"#, r#"{"a":[[],{"b":"é"}]}"#, "1"];
            let view = session.app.inspect.as_ref();
            let rival = view.and_then(|view| view.against.as_ref()?.stream);
            let Some(wire) = view.map(|view| view.stream) else { return };
            let message = match json.get(usize::from(which)) {
                Some(json) => {
                    let document = Document::read(&mut serde_json::Deserializer::from_str(json)).unwrap();
                    Msg::Chunk(rival.unwrap_or(wire), StreamEvent::Document(document.into()))
                }
                None => Msg::Ended(wire, None),
            };
            session.send(message);
        }
        Happening::Lines(count) => {
            let lines = vec![("error \x1b[31mred\x1b[0m \u{202e}\tx", Level::Error); count as usize];
            session.log(&lines);
        }
        Happening::Several(choice) => {
            // Something of one of the streams of the log on screen, be it of one container or of several, now or late.
            let wires = log_streams(session);
            let Some(wire) = wires.get(usize::from(choice) % wires.len().max(1)).copied() else { return };
            session.send(match choice % 7 {
                0 => Msg::Ended(wire, None),
                1 => Msg::Ended(wire, Some(Problem::new("read", "gone", ""))),
                2 => Msg::Chunk(wire, StreamEvent::State(LogState::Waiting)),
                3 => Msg::Chunk(wire, StreamEvent::Partial(batch(&[("login: ", Level::None)]))),
                _ => {
                    let lines = vec![("error late", Level::Error); usize::from(choice)];
                    Msg::Chunk(wire, StreamEvent::Lines(batch(&lines)))
                }
            });
        }
        Happening::End => {
            let wire = session.wire();
            session.send(Msg::Ended(wire, None));
        }
        Happening::Wait(tenths) => session.wait(f64::from(tenths) / 10.0),
        Happening::Lost(never_up) => {
            let why = Problem::new("hear", "gone", "wait");
            let (since, retry_at) = (Timestamp::from_seconds(NOON), Timestamp::from_seconds(NOON + 5));
            session.fact(Fact::Link(EngineId(0), Link::Down { why, since, retry_at, never_up }));
            session.publish();
        }
        Happening::Paste(text) => session.send(Msg::Input(Input::Paste(text))),
        Happening::Shell(bytes) => {
            for wire in shells(session) {
                session.output(wire, &bytes);
            }
        }
        Happening::ShellEnd(choice) => {
            if let Some(wire) = shells(session).get(usize::from(choice) % 3).copied() {
                let chunk = match choice % 5 {
                    0 => StreamEvent::NoShell(vec!["sh".into()]),
                    1 => StreamEvent::Undelivered(7),
                    _ => StreamEvent::Exited(Some(i64::from(choice))),
                };
                session.send(Msg::Chunk(wire, chunk));
                let problem = (choice % 2 == 0).then(|| Problem::new("shell", "cut", ""));
                session.send(Msg::Ended(wire, problem));
            }
        }
        Happening::Drag(column, row, up) => {
            let button = MouseButton::Left;
            let kind = if up { MouseEventKind::Up(button) } else { MouseEventKind::Drag(button) };
            session.send(Msg::Input(Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })));
        }
    }
}

fn shells(session: &Session) -> Vec<StreamId> {
    session.app.shells.tabs.iter().filter(|tab| tab.ended.is_none()).map(|tab| tab.stream).collect()
}

/// The streams of the log on screen, and those of its older pages.
fn log_streams(session: &Session) -> Vec<StreamId> {
    let Some(view) = &session.app.log else { return Vec::new() };
    let merged = view.merge.iter().flat_map(|merge| merge.voices.iter().map(|voice| voice.stream));
    let older = session.effects.iter().rev().filter_map(|effect| match effect {
        Effect::Open(wire, Source::OlderLogs { .. }) => Some(*wire),
        _ => None,
    });
    std::iter::once(view.stream).filter(|_| view.merge.is_none()).chain(merged).chain(older.take(4)).collect()
}

/// What the cursor is on: a container or a group.
fn cursor(session: &Session) -> (Option<Id>, Option<GroupKey>) {
    let fleet = &session.app.fleet;
    (fleet.selected().map(|one| one.id.clone()), fleet.selected_group().map(|group| group.key.clone()))
}

/// True if the cursor is on the same still, or that is gone.
fn is_kept(session: &Session, (container, group): &(Option<Id>, Option<GroupKey>)) -> bool {
    let fleet = &session.app.fleet;
    let there = |id: &Id| {
        fleet.rows().any(|row| row.container().is_some_and(|one| one.id == *id))
            || fleet.groups().iter().any(|group| group.has(id))
    };
    let on = |id: &Id| {
        fleet.selected().is_some_and(|one| one.id == *id)
            || fleet.selected_group().is_some_and(|group| fleet.is_on_folded() && group.has(id))
    };
    let same = |key: &GroupKey| fleet.selected_group().is_some_and(|group| group.key == *key);
    container.as_ref().is_none_or(|id| on(id) || !there(id))
        && group.as_ref().is_none_or(|key| same(key) || !fleet.groups().iter().any(|group| group.key == *key))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]
    #[test]
    fn any_history_keeps_the_cockpit_whole(history in prop::collection::vec(happening(), 0..60)) {
        let mut session = Session::shop((120, 40));
        let mut open: HashMap<StreamId, bool> = HashMap::new();
        for happening in history {
            let told = matches!(happening, Happening::Come(_) | Happening::Go(_) | Happening::Project(_));
            let before = told.then(|| cursor(&session));
            happen(&mut session, happening);
            if let Some(before) = before {
                prop_assert!(is_kept(&session, &before), "{before:?} became {:?}", cursor(&session));
            }
            for effect in session.effects.clone() {
                match effect {
                    Effect::Open(wire, _) => drop(open.entry(wire).or_insert(true)),
                    Effect::Close(wire) => {
                        prop_assert!(open.contains_key(&wire), "closed what was never opened");
                    }
                    _ => {}
                }
            }
            let fleet = &session.app.fleet;
            let rows = fleet.rows().len();
            prop_assert!(rows == 0 || fleet.cursor_row() < rows);
            let members: usize = fleet.groups().iter().map(|group| group.members.len()).sum();
            prop_assert!(fleet.groups().is_empty() || members == fleet.hits(), "each is in one group");
            if let Some(list) = session.app.list() {
                prop_assert!(list.is_empty() || list.cursor_row() < list.len());
            }
            let shells = &session.app.shells;
            prop_assert!(shells.tabs.is_empty() || shells.active < shells.tabs.len());
            prop_assert!(session.app.focus != Pane::Shell || !shells.tabs.is_empty());
            let focused = session.app.focus;
            prop_assert!(session.app.places().of(focused).is_some(), "{focused:?} has the keys and no place");
            let first = session.buffer();
            prop_assert_eq!(&first, &session.buffer(), "drawing twice is equal");
            for cell in &first.content {
                prop_assert!(!cell.symbol().chars().any(text::is_hostile));
            }
        }
        let closed = session.effects.iter().filter_map(|effect| match effect { Effect::Close(wire) => Some(*wire), _ => None });
        let mut seen = std::collections::HashSet::new();
        for wire in closed {
            prop_assert!(seen.insert(wire), "{wire:?} was closed twice");
        }
    }
}
