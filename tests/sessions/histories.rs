//! Any history of messages keeps the invariants.

use super::harness::*;
use bowline::app::{Effect, Msg, Pane};
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
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    prop_oneof![
        6 => prop::char::range('!', '~').prop_filter("quits", |key| *key != 'q').prop_map(Key),
        2 => prop::char::range('a', 'y').prop_filter("quits", |key| *key != 'c').prop_map(Control),
        4 => (0u8..8).prop_map(Special),
        2 => (0u16..170, 0u16..50, any::<bool>()).prop_map(|(x, y, wheel)| Click(x, y, wheel)),
        1 => (0u16..170, 0u16..50).prop_map(|(width, height)| Resize(width, height)),
        2 => (0u8..30).prop_map(Come),
        2 => (0u8..30).prop_map(Go),
        3 => (0u8..40).prop_map(Lines),
        1 => Just(End),
        2 => (0u8..20).prop_map(Wait),
        1 => any::<bool>().prop_map(Lost),
        1 => any::<String>().prop_map(Paste),
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
            session.fact(Fact::Instance(instance(&format!("new-{number}"), State::Running)));
            session.publish();
        }
        Happening::Go(number) => {
            session.fact(Fact::Gone(id(&format!("new-{number}"))));
            session.publish();
        }
        Happening::Lines(count) => {
            let lines = vec![("error \x1b[31mred\x1b[0m \u{202e}\tx", Level::Error); count as usize];
            session.log(&lines);
        }
        Happening::End => {
            let wire = session.wire();
            session.send(Msg::Ended(wire, None));
        }
        Happening::Wait(tenths) => session.wait(f64::from(tenths) / 10.0),
        Happening::Lost(never_up) => {
            let why = Problem::new("hear", "gone", "wait");
            let (since, retry_at) = (Moment::from_seconds(NOON), Moment::from_seconds(NOON + 5));
            session.fact(Fact::Link(EngineId(0), Link::Down { why, since, retry_at, never_up }));
            session.publish();
        }
        Happening::Paste(text) => session.send(Msg::Input(Input::Paste(text))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]
    #[test]
    fn any_history_keeps_the_cockpit_whole(history in prop::collection::vec(happening(), 0..60)) {
        let mut session = Session::shop((120, 40));
        let mut open: HashMap<Wire, bool> = HashMap::new();
        for happening in history {
            happen(&mut session, happening);
            for effect in session.effects.clone() {
                match effect {
                    Effect::Open(wire, _) => drop(open.entry(wire).or_insert(true)),
                    Effect::Close(wire) => {
                        prop_assert!(open.contains_key(&wire), "closed what was never opened");
                    }
                    _ => {}
                }
            }
            let rows = session.app.fleet.rows().len();
            prop_assert!(rows == 0 || session.app.fleet.cursor_row() < rows);
            prop_assert!(Pane::ORDER.contains(&session.app.focus));
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
