//! Keys, and which command each gives where.

use super::command::{COMMANDS, Command, KeyContext};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::BTreeMap;
use std::fmt;

/// One key press, normalised: letters carry their case, shift is kept only where it is not in the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Key {
    /// The key of a terminal event.
    pub fn of(event: &KeyEvent) -> Key {
        Key::normal(event.code, event.modifiers)
    }

    fn normal(code: KeyCode, modifiers: KeyModifiers) -> Key {
        let mut modifiers = modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let code = match code {
            // Terminals send ctrl-space as NUL and ctrl-\ as FS; crossterm reports them as ctrl-space and ctrl-4.
            KeyCode::Null => {
                modifiers |= KeyModifiers::CONTROL;
                KeyCode::Char(' ')
            }
            KeyCode::Char('4') if modifiers == KeyModifiers::CONTROL => KeyCode::Char('\\'),
            KeyCode::Char('5') if modifiers == KeyModifiers::CONTROL => KeyCode::Char(']'),
            KeyCode::Char(c) => {
                let c = if modifiers.contains(KeyModifiers::SHIFT) && c.is_ascii_lowercase() {
                    c.to_ascii_uppercase()
                } else {
                    c
                };
                modifiers -= KeyModifiers::SHIFT;
                KeyCode::Char(if modifiers.contains(KeyModifiers::CONTROL) { c.to_ascii_lowercase() } else { c })
            }
            KeyCode::BackTab => {
                modifiers -= KeyModifiers::SHIFT;
                KeyCode::BackTab
            }
            other => other,
        };
        Key { code, modifiers }
    }

    /// A character, without control or alt: where text is taken it is typed.
    pub fn is_typed(&self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && !self.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
    }

    /// The character that is typed by it.
    pub(super) fn letter(&self) -> Option<char> {
        if let KeyCode::Char(letter) = self.code { Some(letter).filter(|_| self.is_typed()) } else { None }
    }

    /// A lower-case letter or a control key: such keys never change the engine.
    pub fn is_harmless(&self) -> bool {
        match self.code {
            KeyCode::Char(c) => c.is_lowercase() || self.modifiers.contains(KeyModifiers::CONTROL),
            _ => false,
        }
    }

    /// Parses `j`, `S`, `ctrl-d`, `alt-enter`, `space`, `f5`.
    ///
    /// # Errors
    /// A sentence naming the text when it is not a key.
    pub fn parse(text: &str) -> Result<Key, String> {
        let mut chars = text.chars();
        if let (Some(only), None) = (chars.next(), chars.next()) {
            return Ok(Key::normal(KeyCode::Char(only), KeyModifiers::NONE));
        }
        let sign = ["ctrl-", "alt-"].iter().find_map(|prefix| {
            let rest = text.strip_prefix(prefix)?;
            let mut rest = rest.chars();
            match (rest.next(), rest.next()) {
                (Some(c), None) => Some((*prefix, c)),
                _ => None,
            }
        });
        if let Some((prefix, c)) = sign {
            let modifiers = if prefix == "ctrl-" { KeyModifiers::CONTROL } else { KeyModifiers::ALT };
            return Ok(Key::normal(KeyCode::Char(c), modifiers));
        }
        let combination = crokey::parse(text).map_err(|_| format!("'{text}' is not a key"))?;
        let event: KeyEvent = combination.into();
        Ok(Key::normal(event.code, event.modifiers))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("ctrl-")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("alt-")?;
        }
        if self.modifiers.contains(KeyModifiers::SHIFT) {
            f.write_str("shift-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("space"),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "f{n}"),
            KeyCode::BackTab => f.write_str("S-tab"),
            KeyCode::PageUp => f.write_str("pageup"),
            KeyCode::PageDown => f.write_str("pagedown"),
            code => f.write_str(&format!("{code:?}").to_lowercase()),
        }
    }
}

/// Keys by command and by the place where it is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Keymap {
    keys: BTreeMap<(KeyContext, Command), Vec<Key>>,
}

/// Two commands want the same key in the same place.
#[derive(Debug, Clone, PartialEq)]
pub struct Layered {
    /// The key.
    pub key: Key,
    /// The command that has the key.
    pub holder: Command,
    /// The command that claims it too.
    pub claimant: Command,
}

impl Default for Keymap {
    fn default() -> Self {
        let parsed = |keys: &[&str]| keys.iter().filter_map(|text| Key::parse(text).ok()).collect();
        let bound = COMMANDS.iter().flat_map(|spec| spec.places().map(|(context, keys)| (context, spec.command, keys)));
        Self { keys: bound.map(|(room, command, keys)| ((room, command), parsed(keys))).collect() }
    }
}

/// What of the keys of everywhere works above the cockpit too, where no text is typed.
const IN_OVERLAYS: [Command; 14] = [
    Command::Down,
    Command::Up,
    Command::First,
    Command::Last,
    Command::PageDown,
    Command::PageUp,
    Command::Filter,
    Command::Palette,
    Command::Open,
    Command::Back,
    Command::Quit,
    Command::Help,
    Command::Redraw,
    Command::Suspend,
];

impl Keymap {
    /// The command that `key` gives in `room`. A room's own keys go before those of everywhere.
    pub fn command(&self, context: KeyContext, key: Key) -> Option<Command> {
        let in_room = |wanted: KeyContext| {
            let mut bound = self.keys.iter().filter(move |((at, _), keys)| *at == wanted && keys.contains(&key));
            bound.next().map(|((_, command), _)| *command)
        };
        let everywhere = |command: &Command| match context {
            KeyContext::Typing => false,
            room => !room.is_overlay() || IN_OVERLAYS.contains(command),
        };
        in_room(context).or_else(|| in_room(KeyContext::Anywhere).filter(everywhere))
    }

    /// The keys of a command in its own place, the first is the one shown.
    pub fn keys_of(&self, command: Command) -> &[Key] {
        self.keys_at(command.spec().context, command)
    }

    /// The keys of a command in a place.
    pub fn keys_at(&self, context: KeyContext, command: Command) -> &[Key] {
        self.keys.get(&(context, command)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The key shown for a command; none if it has none.
    pub fn shown(&self, command: Command) -> Option<String> {
        self.keys_of(command).first().map(Key::to_string)
    }

    /// The key shown for a command in a place.
    pub fn shown_at(&self, context: KeyContext, command: Command) -> Option<String> {
        self.keys_at(context, command).first().map(Key::to_string).or_else(|| self.shown(command))
    }

    /// Gives a command these keys instead of its own, in its own place and wherever else it has the same.
    pub fn bind(&mut self, command: Command, keys: Vec<Key>) {
        for (context, _) in command.spec().places().filter(|(_, own)| *own == command.spec().keys) {
            self.bind_at(context, command, keys.clone());
        }
    }

    /// Gives a command these keys in one place alone.
    pub fn bind_at(&mut self, context: KeyContext, command: Command, keys: Vec<Key>) {
        self.keys.insert((context, command), keys);
    }

    /// Keys that two commands want in one room, or in a room and everywhere.
    pub fn clashes(&self) -> Vec<Layered> {
        let mut clashes: Vec<Layered> = Vec::new();
        for (index, holder) in COMMANDS.iter().enumerate() {
            for claimant in &COMMANDS[index + 1..] {
                let meet = |(here, there): (KeyContext, KeyContext)| {
                    let everywhere =
                        [here, there].contains(&KeyContext::Anywhere) && !here.is_modal() && !there.is_modal();
                    let everywhere = everywhere && !holder.takes && !claimant.takes;
                    let keys = self.keys_at(there, claimant.command);
                    let shared = self.keys_at(here, holder.command).iter().find(|key| keys.contains(key));
                    shared.filter(|_| here == there || everywhere).copied()
                };
                let mut pairs =
                    holder.places().flat_map(|(here, _)| claimant.places().map(move |(there, _)| (here, there)));
                if let Some(key) = pairs.find_map(meet) {
                    clashes.push(Layered { key, holder: holder.command, claimant: claimant.command });
                }
            }
        }
        clashes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_key_parses_and_shows_as_written() {
        for spec in COMMANDS {
            for text in spec.places().flat_map(|(_, keys)| keys) {
                let key = Key::parse(text).unwrap();
                let shown = key.to_string();
                assert!(shown == *text || (*text == "backtab" && shown == "S-tab"), "{text} shows as {shown}");
            }
        }
    }

    #[test]
    fn default_keys_do_not_clash() {
        assert_eq!(Keymap::default().clashes(), []);
    }

    #[test]
    fn a_capital_is_the_shifted_letter_however_the_terminal_says_it() {
        let plain = KeyEvent::new(KeyCode::Char('S'), KeyModifiers::NONE);
        let shifted = KeyEvent::new(KeyCode::Char('S'), KeyModifiers::SHIFT);
        let kitty = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::SHIFT);
        let wanted = Key::parse("S").unwrap();
        for event in [plain, shifted, kitty] {
            assert_eq!(Key::of(&event), wanted);
        }
    }

    #[test]
    fn nonsense_is_not_a_key() {
        assert!(Key::parse("ctrl-nonsense").is_err());
    }
}
