//! What the mouse sends to a program that asked for it (ctlseqs, "Mouse Tracking").

use alacritty_terminal::term::TermMode;
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// Where a movement or a button happened, in cells of the shell's own screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Column from 0.
    pub column: u16,
    /// Row from 0.
    pub row: u16,
}

/// Offset of coordinates and buttons in the old form.
const OLD_OFFSET: u16 = 32;
/// Largest coordinate of the old form: one byte.
const OLD_MAX: u16 = 223;
/// Largest coordinate of the UTF-8 form: two bytes.
const UTF8_MAX: u16 = 2015;

/// The bytes for an event of the mouse; empty if the program did not ask for such.
pub fn report(event: &MouseEvent, at: Report, mode: TermMode) -> Vec<u8> {
    let Some((button, released)) = button(event.kind, mode) else { return Vec::new() };
    let shift = 4 * u16::from(event.modifiers.contains(KeyModifiers::SHIFT));
    let alt = 8 * u16::from(event.modifiers.contains(KeyModifiers::ALT));
    let control = 16 * u16::from(event.modifiers.contains(KeyModifiers::CONTROL));
    let keys = shift + alt + control;
    let (x, y) = (at.column + 1, at.row + 1);
    if mode.contains(TermMode::SGR_MOUSE) {
        let last = if released { 'm' } else { 'M' };
        return format!("\x1b[<{};{x};{y}{last}", button + keys).into_bytes();
    }
    // The old forms do not say which button was released.
    let button = if released { 3 } else { button };
    let utf8 = mode.contains(TermMode::UTF8_MOUSE);
    let most = if utf8 { UTF8_MAX } else { OLD_MAX };
    if x > most || y > most {
        return Vec::new();
    }
    let mut out = b"\x1b[M".to_vec();
    for value in [button + keys, x, y] {
        push_old(&mut out, value + OLD_OFFSET, utf8);
    }
    out
}

fn push_old(out: &mut Vec<u8>, value: u16, utf8: bool) {
    match (utf8, char::from_u32(u32::from(value))) {
        (true, Some(c)) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        // At most 255: coordinates are bounded by OLD_MAX.
        _ => out.push(value.min(255) as u8),
    }
}

/// The button's number, and whether it was released; none if the mode does not ask for this.
fn button(kind: MouseEventKind, mode: TermMode) -> Option<(u16, bool)> {
    let clicks = mode.intersects(TermMode::MOUSE_MODE);
    let drags = mode.intersects(TermMode::MOUSE_DRAG | TermMode::MOUSE_MOTION);
    let number = |button: MouseButton| match button {
        MouseButton::Left => 0,
        MouseButton::Middle => 1,
        MouseButton::Right => 2,
    };
    match kind {
        MouseEventKind::Down(which) if clicks => Some((number(which), false)),
        MouseEventKind::Up(which) if clicks => Some((number(which), true)),
        MouseEventKind::Drag(which) if drags => Some((number(which) + 32, false)),
        MouseEventKind::Moved if mode.contains(TermMode::MOUSE_MOTION) => Some((3 + 32, false)),
        MouseEventKind::ScrollUp if clicks => Some((64, false)),
        MouseEventKind::ScrollDown if clicks => Some((65, false)),
        MouseEventKind::ScrollLeft if clicks => Some((66, false)),
        MouseEventKind::ScrollRight if clicks => Some((67, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: MouseEventKind, modifiers: KeyModifiers) -> MouseEvent {
        MouseEvent { kind, column: 0, row: 0, modifiers }
    }

    #[test]
    fn clicks_are_reported_in_the_form_asked_for() {
        let at = Report { column: 9, row: 4 };
        let down = event(MouseEventKind::Down(MouseButton::Left), KeyModifiers::CONTROL);
        let up = event(MouseEventKind::Up(MouseButton::Left), KeyModifiers::NONE);
        let sgr = TermMode::MOUSE_REPORT_CLICK | TermMode::SGR_MOUSE;
        assert_eq!(report(&down, at, sgr), b"\x1b[<16;10;5M");
        assert_eq!(report(&up, at, sgr), b"\x1b[<0;10;5m");
        assert_eq!(report(&up, at, TermMode::MOUSE_REPORT_CLICK), b"\x1b[M\x23\x2a\x25");
        assert_eq!(report(&down, at, TermMode::NONE), b"", "nobody asked");
    }

    #[test]
    fn what_the_old_form_cannot_say_is_not_said() {
        let at = Report { column: 300, row: 4 };
        let down = event(MouseEventKind::Down(MouseButton::Right), KeyModifiers::NONE);
        assert_eq!(report(&down, at, TermMode::MOUSE_REPORT_CLICK), b"");
        let utf8 = report(&down, at, TermMode::MOUSE_REPORT_CLICK | TermMode::UTF8_MOUSE);
        assert_eq!(utf8, "\x1b[M\"\u{14d}%".as_bytes());
    }

    #[test]
    fn movements_only_where_asked_for() {
        let at = Report { column: 0, row: 0 };
        let drag = event(MouseEventKind::Drag(MouseButton::Left), KeyModifiers::NONE);
        let moved = event(MouseEventKind::Moved, KeyModifiers::NONE);
        let sgr = TermMode::SGR_MOUSE;
        assert_eq!(report(&drag, at, sgr | TermMode::MOUSE_REPORT_CLICK), b"");
        assert_eq!(report(&drag, at, sgr | TermMode::MOUSE_DRAG), b"\x1b[<32;1;1M");
        assert_eq!(report(&moved, at, sgr | TermMode::MOUSE_DRAG), b"");
        assert_eq!(report(&moved, at, sgr | TermMode::MOUSE_MOTION), b"\x1b[<35;1;1M");
    }
}
