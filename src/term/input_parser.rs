//! Bytes from the terminal, put together to events: where one ends and what may still come.

use crossterm::event::Event;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const PASTE: &[u8] = b"\x1b[200~";
/// A sequence that has not ended after so many bytes is none.
const LONGEST: usize = 64;
/// Bytes of one paste that are kept.
const LARGEST_PASTE: usize = 8 << 20;
const PASTE_END: &[u8] = b"\x1b[201~";
/// What begins a string behind an escape (ECMA-48 §5.6): OSC, DCS, APC, PM, SOS.
const STRINGS: &[u8] = b"]P_^X";
/// A string that has not ended after so many bytes is none: the longest answers hold a clipboard.
const LONGEST_STRING: usize = 1 << 20;
/// Nobody types so many bytes at once: after a paste that broke off they are its rest.
const TYPED_AT_ONCE: usize = 16;

/// Puts events together from bytes that come in any pieces.
#[derive(Debug, Default)]
pub struct Keys {
    begun: Vec<u8>,
    string: Option<Text>,
    /// A paste was ended by silence: its rest may come yet.
    broke_off: bool,
}

/// A string under way, which is dropped: a late answer of the terminal to a program that is gone.
#[derive(Debug, Default)]
struct Text {
    length: usize,
    /// Its last byte was an escape.
    ending: bool,
}

impl Keys {
    /// Takes the next bytes and says each event that is complete with them.
    pub fn feed(&mut self, bytes: &[u8], mut say: impl FnMut(Event)) {
        if std::mem::take(&mut self.broke_off) && bytes.len() > TYPED_AT_ONCE && !bytes.starts_with(&[ESC]) {
            self.begun = PASTE.to_vec();
        }
        for byte in bytes {
            if self.swallows(*byte) {
                continue;
            }
            if let [ESC, letter] = self.begun[..]
                && STRINGS.contains(&letter)
            {
                self.begun.clear();
                self.string = Some(Text::default());
                if self.swallows(*byte) {
                    continue;
                }
            }
            if self.begun == [ESC] && *byte == ESC {
                // One escape ends where the next begins: nobody presses alt and escape together.
                say_of(&[ESC], &mut say);
                continue;
            }
            if self.begun.len() < LARGEST_PASTE || self.begun.ends_with(b"\x1b[201") {
                self.begun.push(*byte);
            } else {
                // What of a paste is too much goes; its last bytes stay, for its end is told by them.
                let end = self.begun.len() - 5;
                self.begun[end..].rotate_left(1);
                let last = self.begun.len() - 1;
                self.begun[last] = *byte;
            }
            self.settle(&mut say);
        }
    }

    /// True if what has come may be a key of its own or the beginning of a longer one: time tells.
    pub fn is_ambiguous(&self) -> bool {
        matches!(self.begun[..], [ESC] | [ESC, b'[' | b'O' | b']' | b'P' | b'_' | b'^' | b'X'])
    }

    /// True inside a paste or a string: until its end comes, no key is one.
    pub fn is_inside(&self) -> bool {
        self.string.is_some() || self.begun.starts_with(PASTE)
    }

    /// Nothing followed: what is ambiguous was a key; a paste or a string whose end was lost is over.
    pub fn lapse(&mut self, mut say: impl FnMut(Event)) {
        self.string = None;
        match self.begun[..] {
            [ESC] => say_of(&[ESC], &mut say),
            _ if self.begun.starts_with(PASTE) => {
                self.begun.extend_from_slice(PASTE_END);
                say_of(&self.begun, &mut say);
                self.broke_off = true;
            }
            [ESC, letter] if STRINGS.contains(&letter) => say_of(&self.begun, &mut say),
            [ESC, letter @ (b'[' | b'O')] => {
                use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
                say(Event::Key(KeyEvent::new(KeyCode::Char(char::from(letter)), KeyModifiers::ALT)));
            }
            _ => return,
        }
        self.begun.clear();
    }

    /// Takes a byte of the string under way. False if there is none, or if the byte ends it and is none of its own.
    fn swallows(&mut self, byte: u8) -> bool {
        let Some(text) = &mut self.string else { return false };
        let ending = std::mem::replace(&mut text.ending, byte == ESC);
        text.length += 1;
        match byte {
            BEL => self.string = None,
            b'\\' if ending => self.string = None,
            _ if ending || text.length > LONGEST_STRING => {
                // It was broken off: the escape begins something else.
                self.string = None;
                self.begun.extend(ending.then_some(ESC));
                return false;
            }
            ESC | 0x08..=0x0d => {}
            // No string holds any other control character (ECMA-48 §5.6): whoever presses ctrl-c is heard.
            0x00..=0x1f => {
                self.string = None;
                return false;
            }
            _ => {}
        }
        true
    }

    fn settle(&mut self, say: &mut impl FnMut(Event)) {
        match self.begun[..] {
            [ESC] => return,
            // A key with alt, or the beginning of a string: the next byte tells, or time.
            [ESC, letter] if STRINGS.contains(&letter) => return,
            _ => {}
        }
        match terminput::Event::parse_from(&self.begun) {
            Ok(Some(event)) => {
                self.begun.clear();
                say_event(event, say);
            }
            Ok(None) if self.is_over() => self.begun.clear(),
            Ok(None) => {}
            // An unknown sequence goes whole; in the middle of one that goes on, its rest would be taken for keys.
            Err(_) if self.begun.starts_with(b"\x1b[") && !ends_sequence(&self.begun) => {}
            Err(_) => self.begun.clear(),
        }
    }

    /// True if nothing that may follow makes an event of what has come.
    fn is_over(&self) -> bool {
        let begun = &self.begun;
        if begun.starts_with(PASTE) {
            return false;
        }
        begun.len() > LONGEST || (begun.starts_with(b"\x1b[?") && ends_sequence(begun))
    }
}

/// True at the last byte of a control sequence (ECMA-48 §5.4): 0x40 to 0x7e after the introducer.
fn ends_sequence(bytes: &[u8]) -> bool {
    bytes.len() > 2 && bytes.last().is_some_and(|byte| (0x40..=0x7e).contains(byte))
}

fn say_of(bytes: &[u8], say: &mut impl FnMut(Event)) {
    if let Ok(Some(event)) = terminput::Event::parse_from(bytes) {
        say_event(event, say);
    }
}

fn say_event(event: terminput::Event, say: &mut impl FnMut(Event)) {
    // The keys that this library does not know, no terminal sends unasked.
    if let Ok(event) = terminput_crossterm::to_crossterm(event) {
        say(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEventKind};
    use proptest::prelude::*;

    fn all(pieces: &[&[u8]]) -> Vec<Event> {
        let (mut keys, mut events) = (Keys::default(), Vec::new());
        for piece in pieces {
            keys.feed(piece, |event| events.push(event));
        }
        events
    }

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn keys_are_told_as_crossterm_names_them() {
        let none = KeyModifiers::NONE;
        let rows: &[(&[u8], KeyCode, KeyModifiers)] = &[
            (b"j", KeyCode::Char('j'), none),
            (b"G", KeyCode::Char('G'), KeyModifiers::SHIFT),
            ("é".as_bytes(), KeyCode::Char('é'), none),
            ("漢".as_bytes(), KeyCode::Char('漢'), none),
            (b"\r", KeyCode::Enter, none),
            (b"\n", KeyCode::Char('j'), KeyModifiers::CONTROL),
            (b"\t", KeyCode::Tab, none),
            (b"\x1b[Z", KeyCode::BackTab, KeyModifiers::SHIFT),
            (b"\x7f", KeyCode::Backspace, none),
            (b"\x00", KeyCode::Char(' '), KeyModifiers::CONTROL),
            (b"\x1d", KeyCode::Char('5'), KeyModifiers::CONTROL),
            (b"\x1b[A", KeyCode::Up, none),
            (b"\x1bOA", KeyCode::Up, none),
            (b"\x1b[1;5C", KeyCode::Right, KeyModifiers::CONTROL),
            (b"\x1b[5~", KeyCode::PageUp, none),
            (b"\x1b[3;2~", KeyCode::Delete, KeyModifiers::SHIFT),
            (b"\x1bOP", KeyCode::F(1), none),
            (b"\x1b[24~", KeyCode::F(12), none),
            (b"\x1bx", KeyCode::Char('x'), KeyModifiers::ALT),
        ];
        for (bytes, code, modifiers) in rows {
            assert_eq!(all(&[bytes]), [key(*code, *modifiers)], "{bytes:?}");
        }
    }

    #[test]
    fn a_sequence_that_comes_in_pieces_is_one_key() {
        assert_eq!(all(&[b"\x1b", b"[", b"1;", b"5C"]), [key(KeyCode::Right, KeyModifiers::CONTROL)]);
        assert_eq!(all(&[b"\xc3", b"\xa9"]), [key(KeyCode::Char('é'), KeyModifiers::NONE)]);
    }

    #[test]
    fn escape_is_told_when_nothing_follows_it() {
        let (mut keys, mut events) = (Keys::default(), Vec::new());
        keys.feed(b"\x1b", |event| events.push(event));
        assert!(events.is_empty() && keys.is_ambiguous());
        keys.lapse(|event| events.push(event));
        assert_eq!(events, [key(KeyCode::Esc, KeyModifiers::NONE)]);
        assert!(!keys.is_ambiguous());
        assert_eq!(
            all(&[b"\x1b\x1b[A"]),
            [key(KeyCode::Esc, KeyModifiers::NONE), key(KeyCode::Up, KeyModifiers::NONE)]
        );
    }

    #[test]
    fn a_paste_is_one_event_however_long_and_keeps_its_escapes() {
        assert_eq!(all(&[b"\x1b[200~a\x1b[Ab\r", b"c\x1b[201~"]), [Event::Paste("a\u{1b}[Ab\rc".into())]);
        let (mut keys, mut events) = (Keys::default(), Vec::new());
        keys.feed(PASTE, |event| events.push(event));
        for _ in 0..=LARGEST_PASTE / 65536 {
            keys.feed(&[b'x'; 65536], |event| events.push(event));
        }
        keys.feed(b"\x1b[201~j", |event| events.push(event));
        let [Event::Paste(text), last] = &events[..] else { panic!("{} events", events.len()) };
        assert!(text.len() <= LARGEST_PASTE, "{}", text.len());
        assert_eq!(*last, key(KeyCode::Char('j'), KeyModifiers::NONE));
    }

    #[test]
    fn answers_of_the_terminal_that_come_late_are_no_keys() {
        let answers: &[&[u8]] = &[
            b"\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
            b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
            b"\x1b]4;1;rgb:ffff/0000/0000\x1b\\",
            b"\x1bP1$r0 q\x1b\\",
            b"\x1bP>|XTerm(370)\x1b\\",
            b"\x1bP1+r524742=38\x1b\\",
            b"\x1b_Gi=31;OK\x1b\\",
            b"\x1b^secret: j\x1b\\",
            b"\x1bXany \xc3\xa9 text\x1b\\",
            b"\x1b]52;c;aGFsbG8=\x07",
        ];
        let after = [key(KeyCode::Char('j'), KeyModifiers::NONE)];
        for answer in answers {
            for cut in 0..answer.len() {
                let (head, tail) = answer.split_at(cut);
                assert_eq!(all(&[head, tail, b"j"]), after, "{answer:?} cut at {cut}");
            }
        }
        let long = [b"\x1b]52;c;".to_vec(), vec![b'A'; 100_000], b"\x07".to_vec()].concat();
        assert_eq!(all(&[&long, b"j"]), after);
    }

    #[test]
    fn what_begins_a_string_is_a_key_with_alt_when_nothing_follows_it() {
        for letter in STRINGS {
            let (mut keys, mut events) = (Keys::default(), Vec::new());
            keys.feed(&[ESC, *letter], |event| events.push(event));
            assert!(events.is_empty() && keys.is_ambiguous() && !keys.is_inside());
            keys.lapse(|event| events.push(event));
            let [Event::Key(pressed)] = events[..] else { panic!("{events:?}") };
            assert_eq!(pressed.code, KeyCode::Char(char::from(*letter)));
            assert!(pressed.modifiers.contains(KeyModifiers::ALT) && !keys.is_ambiguous());
        }
    }

    #[test]
    fn a_string_that_never_ends_makes_nobody_deaf() {
        let down = key(KeyCode::Char('j'), KeyModifiers::NONE);
        let interrupt = key(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(all(&[b"\x1b]11;rgb:", b"\x03", b"j"]), [interrupt, down.clone()]);
        assert_eq!(all(&[b"\x1b]11;rgb:\x1b[A", b"j"]), [key(KeyCode::Up, KeyModifiers::NONE), down.clone()]);
        let (mut keys, mut events) = (Keys::default(), Vec::new());
        keys.feed(b"\x1bP1$r", |event| events.push(event));
        assert!(keys.is_inside());
        keys.lapse(|event| events.push(event));
        keys.feed(b"j", |event| events.push(event));
        assert_eq!(events, std::slice::from_ref(&down));
        let endless = [b"\x1b]52;c;".to_vec(), vec![b'A'; LONGEST_STRING], b"j".to_vec()].concat();
        assert_eq!(all(&[&endless]).last(), Some(&down));
    }

    #[test]
    fn a_paste_whose_end_never_comes_is_over_after_a_silence() {
        let (mut keys, mut events) = (Keys::default(), Vec::new());
        keys.feed(b"\x1b[200~some text\x1b[20", |event| events.push(event));
        assert!(events.is_empty() && keys.is_inside() && !keys.is_ambiguous());
        keys.lapse(|event| events.push(event));
        assert!(matches!(&events[..], [Event::Paste(text)] if text.starts_with("some text")) && !keys.is_inside());
        keys.feed(b"j", |event| events.push(event));
        assert_eq!(events[1..], [key(KeyCode::Char('j'), KeyModifiers::NONE)]);
    }

    #[test]
    fn the_rest_of_a_paste_that_a_network_held_up_is_not_typed() {
        let (mut keys, mut events) = (Keys::default(), Vec::new());
        keys.feed(b"\x1b[200~one ", |event| events.push(event));
        keys.lapse(|event| events.push(event));
        keys.feed(b"two three four five six\x1b[201~j", |event| events.push(event));
        let pasted = |text: &str| Event::Paste(text.into());
        let after = key(KeyCode::Char('j'), KeyModifiers::NONE);
        assert_eq!(events, [pasted("one "), pasted("two three four five six"), after]);
    }

    #[test]
    fn what_nobody_knows_is_dropped_whole() {
        for unknown in [&b"\x1b[?2026;2$y"[..], b"\x1b[>0;276;0c", b"\x1b[?62c", b"\x1b[9999;9999;9x", b"\xff"] {
            assert_eq!(all(&[unknown, b"j"]), [key(KeyCode::Char('j'), KeyModifiers::NONE)], "{unknown:?}");
        }
    }

    #[test]
    fn the_mouse_and_the_focus_are_told() {
        let [Event::Mouse(mouse)] = &all(&[b"\x1b[<0;5;7M"])[..] else { panic!() };
        assert!(matches!(mouse.kind, MouseEventKind::Down(_)) && (mouse.column, mouse.row) == (4, 6));
        assert_eq!(all(&[b"\x1b[I\x1b[O"]), [Event::FocusGained, Event::FocusLost]);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_say_the_same(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
            let (head, tail) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(all(&[head, tail]), all(&[&bytes]));
        }
    }
}
