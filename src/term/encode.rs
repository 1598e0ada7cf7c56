//! The difference between two frames as few bytes as plain terminals understand (row U3).
//!
//! Only cursor moves (CUP, CUF, CR LF), SGR, erasing the screen or to the end of the line (ED, EL) and the modes for cursor and synchronized
//! update (DEC 2026) are written; every terminal since the VT220 knows them or ignores them.

use super::Cursor;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use unicode_width::UnicodeWidthStr;

/// Unchanged cells that are written again rather than jumped over: a jump costs six bytes or more.
const BRIDGE: u16 = 5;
/// Blank cells at the end of a line from which on erasing is shorter.
const ERASE_FROM: u16 = 6;

/// A frame of so many bytes comes in one piece anyway: one write, one packet.
const AT_ONCE: usize = 512;

/// The cursor's form was changed in this process: it must be given back.
static SHAPED: AtomicBool = AtomicBool::new(false);

/// True if the cursor's form was ever changed.
pub fn has_shaped() -> bool {
    SHAPED.load(Ordering::Relaxed)
}

/// Turns frames into bytes.
pub struct Encoder {
    synchronized: bool,
    ahead: Vec<u8>,
    clear: bool,
    cursor: Option<Cursor>,
    pen: Pen,
    /// The cursor's form as the terminal has it.
    shape: u8,
}

/// What the terminal would do with the next character. The style lives on between frames: nobody else writes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pen {
    at: Option<(u16, u16)>,
    style: Look,
}

/// The parts of a cell's style that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    foreground: Color,
    background: Color,
    modifier: Modifier,
}

const PLAIN: Look = Look { foreground: Color::Reset, background: Color::Reset, modifier: Modifier::empty() };

/// Modifiers that are written, with their SGR number.
const MODIFIERS: [(Modifier, u8); 6] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::REVERSED, 7),
    (Modifier::CROSSED_OUT, 9),
];

const WRITTEN: Modifier = Modifier::BOLD
    .union(Modifier::DIM)
    .union(Modifier::ITALIC)
    .union(Modifier::UNDERLINED)
    .union(Modifier::REVERSED)
    .union(Modifier::CROSSED_OUT);

/// Modifiers that show on an empty cell.
const ON_BLANKS: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED);

impl Look {
    fn of(cell: &Cell) -> Look {
        Look { foreground: cell.fg, background: cell.bg, modifier: cell.modifier & WRITTEN }
    }

    /// An empty cell written with this look shows the same as with the other one.
    fn same_when_blank(self, other: Look) -> bool {
        let plain = !self.modifier.intersects(ON_BLANKS) && !other.modifier.intersects(ON_BLANKS);
        self == other || (plain && self.background == other.background)
    }
}

/// The two cells are equal in all that is written: what most of a screen is from frame to frame, so it is told without a call.
fn identical(old: &Cell, new: &Cell) -> bool {
    let symbols = match (old.symbol().as_bytes(), new.symbol().as_bytes()) {
        ([old], [new]) => old == new,
        (old, new) => old == new,
    };
    symbols && old.modifier == new.modifier && old.fg == new.fg && old.bg == new.bg
}

/// The two cells show the same.
fn same(old: &Cell, new: &Cell) -> bool {
    if identical(old, new) {
        return true;
    }
    let (a, b) = (Look::of(old), Look::of(new));
    old.symbol() == new.symbol() && (a == b || (new.symbol() == " " && a.same_when_blank(b)))
}

impl Encoder {
    /// An encoder; with `synchronized`, each frame that may come in pieces is wrapped as one synchronized update.
    pub fn new(synchronized: bool) -> Self {
        Self {
            synchronized,
            ahead: Vec::new(),
            clear: false,
            cursor: None,
            pen: Pen { at: None, style: PLAIN },
            shape: 0,
        }
    }

    /// Bytes that go out before the next frame.
    pub fn prepend(&mut self, bytes: &[u8]) {
        self.ahead.extend_from_slice(bytes);
    }

    /// The terminal has its own cursor again.
    pub fn forget_shape(&mut self) {
        self.shape = 0;
    }

    /// The next frame clears the screen first.
    pub fn repaint(&mut self) {
        self.clear = true;
    }

    /// The bytes that turn `shown` into `next`; none if nothing differs.
    pub fn encode(&mut self, shown: &Buffer, next: &Buffer, cursor: Option<Cursor>) -> Option<Vec<u8>> {
        let mut body = Vec::with_capacity(1024);
        self.pen.at = None;
        if self.clear {
            body.extend_from_slice(b"\x1b[0m\x1b[2J");
            self.pen.style = PLAIN;
        }
        for y in next.area.top()..next.area.bottom() {
            self.line(shown, next, y, &mut body);
        }
        let cursor_moves = cursor != self.cursor;
        if body.is_empty() && self.ahead.is_empty() && !cursor_moves {
            return None;
        }
        let mut out = std::mem::take(&mut self.ahead);
        let synchronized = self.synchronized && body.len() > AT_ONCE;
        if synchronized {
            out.extend_from_slice(b"\x1b[?2026h");
        }
        if self.cursor.is_some() && !body.is_empty() {
            out.extend_from_slice(b"\x1b[?25l");
        }
        let painted = !body.is_empty();
        out.append(&mut body);
        match cursor {
            Some(Cursor { at, shape }) => {
                self.pen.at = None;
                jump(&mut out, None, at.x, at.y);
                self.shape(shape, &mut out);
                if painted || self.cursor.is_none() {
                    out.extend_from_slice(b"\x1b[?25h");
                }
            }
            None if self.cursor.is_some() && !painted => out.extend_from_slice(b"\x1b[?25l"),
            None => {}
        }
        if synchronized {
            out.extend_from_slice(b"\x1b[?2026l");
        }
        (self.cursor, self.clear) = (cursor, false);
        Some(out)
    }

    fn shape(&mut self, shape: u8, out: &mut Vec<u8>) {
        if shape != self.shape {
            self.shape = shape;
            SHAPED.store(true, Ordering::Relaxed);
            push(out, format_args!("\x1b[{shape} q"));
        }
    }

    fn line(&mut self, shown: &Buffer, next: &Buffer, y: u16, out: &mut Vec<u8>) {
        let (left, right) = (next.area.left(), next.area.right());
        let (old, new) = (row(shown, y), row(next, y));
        if old.iter().zip(new).all(|(old, new)| identical(old, new)) {
            return;
        }
        let differs = changed_columns(old, new);
        // From here on the line is empty in the new frame.
        let blank_from = new.iter().rposition(|cell| !is_blank(cell)).map_or(0, |last| last as u16 + 1);
        let blank_from = blank_from.max(wide_end(new, blank_from));
        let mut x = 0;
        while x < right - left {
            if !differs[x as usize] {
                x += 1;
                continue;
            }
            if x >= blank_from && right - left - x >= ERASE_FROM {
                let changed = differs[x as usize..].iter().filter(|differs| **differs).count() as u16;
                if changed >= ERASE_FROM {
                    self.go(left + x, y, new, left, out);
                    self.style(PLAIN, out);
                    out.extend_from_slice(b"\x1b[K");
                    return;
                }
            }
            self.go(left + x, y, new, left, out);
            x += self.cell(&new[x as usize], out);
            if left + x >= right {
                // Terminals disagree on where the cursor is behind the last column.
                self.pen.at = None;
            }
        }
    }

    /// Brings the pen to a column of the line: by writing a few unchanged cells again, by a step to the right, or by a jump.
    fn go(&mut self, x: u16, y: u16, row: &[Cell], left: u16, out: &mut Vec<u8>) {
        if let Some((pen_x, pen_y)) = self.pen.at
            && pen_y == y
            && pen_x <= x
        {
            let between = &row[(pen_x - left) as usize..(x - left) as usize];
            let pen = self.pen.style;
            let as_pen =
                |cell: &Cell| Look::of(cell) == pen || (cell.symbol() == " " && Look::of(cell).same_when_blank(pen));
            let plain = between.iter().all(|cell| as_pen(cell) && cell.symbol().len() == 1);
            if plain && between.len() <= BRIDGE as usize {
                between.iter().for_each(|cell| out.extend_from_slice(cell.symbol().as_bytes()));
                self.pen.at = Some((x, y));
                return;
            }
        }
        jump(out, self.pen.at, x, y);
        self.pen.at = Some((x, y));
    }

    /// Writes a cell; returns the columns it takes.
    fn cell(&mut self, cell: &Cell, out: &mut Vec<u8>) -> u16 {
        let symbol = if cell.symbol().is_empty() { " " } else { cell.symbol() };
        let look = Look::of(cell);
        if symbol != " " || !look.same_when_blank(self.pen.style) {
            self.style(look, out);
        }
        out.extend_from_slice(symbol.as_bytes());
        let width = (symbol.width() as u16).max(1);
        if let Some((x, _)) = &mut self.pen.at {
            *x += width;
        }
        // Terminals disagree on the width of anything but plain characters: find the way anew after them.
        if width > 1 || symbol.chars().nth(1).is_some() {
            self.pen.at = None;
        }
        width
    }

    fn style(&mut self, wanted: Look, out: &mut Vec<u8>) {
        let have = self.pen.style;
        if have == wanted {
            return;
        }
        let mut codes: Vec<u8> = Vec::new();
        let mut base = have;
        // Modifiers can only be taken away all at once without knowing each terminal's habits (22 ends bold and dim).
        if !wanted.modifier.contains(have.modifier) {
            codes.extend_from_slice(b"0;");
            base = PLAIN;
        }
        for (modifier, number) in MODIFIERS {
            if wanted.modifier.contains(modifier) && !base.modifier.contains(modifier) {
                push(&mut codes, format_args!("{number};"));
            }
        }
        if wanted.foreground != base.foreground {
            color(&mut codes, wanted.foreground, 30);
        }
        if wanted.background != base.background {
            color(&mut codes, wanted.background, 40);
        }
        codes.pop();
        out.extend_from_slice(b"\x1b[");
        if wanted == PLAIN {
            out.extend_from_slice(b"m");
        } else {
            out.extend_from_slice(&codes);
            out.push(b'm');
        }
        self.pen.style = wanted;
    }
}

/// The cells of a line.
fn row(buffer: &Buffer, y: u16) -> &[Cell] {
    let width = buffer.area.width as usize;
    let start = usize::from(y - buffer.area.y) * width;
    buffer.content.get(start..start + width).unwrap_or_default()
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && Look::of(cell) == PLAIN
}

/// A wide character before `from` covers the column after it.
fn wide_end(row: &[Cell], from: u16) -> u16 {
    match from.checked_sub(1).map(|last| &row[last as usize]) {
        Some(last) => from - 1 + width(last) as u16,
        None => 0,
    }
}

/// Columns that a cell's symbol takes, at least one.
fn width(cell: &Cell) -> usize {
    let symbol = cell.symbol();
    if symbol.len() == 1 { 1 } else { symbol.width().max(1) }
}

/// Which columns must be written. A wide character is written as a whole; what one used to cover is written again.
fn changed_columns(old: &[Cell], new: &[Cell]) -> Vec<bool> {
    let mut differs = vec![false; new.len()];
    let (mut covered_old, mut covered_new) = (0, 0);
    for x in 0..new.len() {
        let looks_differ = !same(&old[x], &new[x]);
        // Cells behind the first column of a wide character are never written.
        differs[x] = (looks_differ || covered_old > 0) && covered_new == 0;
        covered_old = (width(&old[x]) - 1).max(if covered_old > 0 { covered_old - 1 } else { 0 });
        let width = width(&new[x]);
        if covered_new == 0 {
            // The column behind a wide character changed: write the character.
            if width > 1
                && (1..width).any(|step| x + step < new.len() && old[x + step].symbol() != new[x + step].symbol())
            {
                differs[x] = true;
            }
            covered_new = width - 1;
        } else {
            covered_new -= 1;
        }
    }
    differs
}

fn jump(out: &mut Vec<u8>, from: Option<(u16, u16)>, x: u16, y: u16) {
    match from {
        Some((pen_x, pen_y)) if pen_y == y && pen_x == x => {}
        Some((pen_x, pen_y)) if pen_y == y && pen_x < x && x - pen_x == 1 => out.extend_from_slice(b"\x1b[C"),
        Some((pen_x, pen_y)) if pen_y == y && pen_x < x => push(out, format_args!("\x1b[{}C", x - pen_x)),
        Some((_, pen_y)) if x == 0 && y == pen_y + 1 => out.extend_from_slice(b"\r\n"),
        _ if x == 0 => push(out, format_args!("\x1b[{}H", y + 1)),
        _ => push(out, format_args!("\x1b[{};{}H", y + 1, x + 1)),
    }
}

fn push(out: &mut Vec<u8>, text: std::fmt::Arguments) {
    let _ = out.write_fmt(text); // writing to a Vec cannot fail
}

/// The SGR parameters of a colour, each followed by a semicolon; `base` is 30 for the foreground, 40 for the background.
fn color(out: &mut Vec<u8>, color: Color, base: u8) {
    let named = |number: u8| if number < 8 { base + number } else { base + 60 + number - 8 };
    let number = match color {
        Color::Reset => base + 9,
        Color::Black => named(0),
        Color::Red => named(1),
        Color::Green => named(2),
        Color::Yellow => named(3),
        Color::Blue => named(4),
        Color::Magenta => named(5),
        Color::Cyan => named(6),
        Color::Gray => named(7),
        Color::DarkGray => named(8),
        Color::LightRed => named(9),
        Color::LightGreen => named(10),
        Color::LightYellow => named(11),
        Color::LightBlue => named(12),
        Color::LightMagenta => named(13),
        Color::LightCyan => named(14),
        Color::White => named(15),
        Color::Indexed(index @ 0..16) => named(index),
        Color::Indexed(index) => return push(out, format_args!("{};5;{index};", base + 8)),
        Color::Rgb(r, g, b) => return push(out, format_args!("{};2;{r};{g};{b};", base + 8)),
    };
    push(out, format_args!("{number};"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use alacritty_terminal::Term;
    use alacritty_terminal::event::VoidListener;
    use alacritty_terminal::grid::Dimensions;
    use alacritty_terminal::index::{Column, Line};
    use alacritty_terminal::term::Config;
    use alacritty_terminal::term::cell::Flags;
    use alacritty_terminal::vte::ansi::Processor;
    use proptest::prelude::*;
    use ratatui::layout::Position;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    struct Size(u16, u16);

    impl Dimensions for Size {
        fn total_lines(&self) -> usize {
            self.1 as usize
        }
        fn screen_lines(&self) -> usize {
            self.1 as usize
        }
        fn columns(&self) -> usize {
            self.0 as usize
        }
    }

    const SIZE: (u16, u16) = (24, 4);

    fn text_of(term: &Term<VoidListener>, y: u16) -> String {
        let row = &term.grid()[Line(i32::from(y))];
        (0..SIZE.0)
            .map(|x| &row[Column(x as usize)])
            .filter(|cell| !cell.flags.contains(Flags::WIDE_CHAR_SPACER))
            .map(|cell| cell.c)
            .collect()
    }

    fn expected(buffer: &Buffer, y: u16) -> String {
        let mut text = String::new();
        let mut x = 0;
        while x < SIZE.0 {
            let symbol = buffer[(x, y)].symbol();
            text.push_str(symbol);
            x += (symbol.width() as u16).max(1);
        }
        text
    }

    fn painted(runs: &[(u16, u16, String, u8, u8)]) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        for (x, y, text, color, modifier) in runs {
            let style = Style::new().fg(Color::Indexed(*color)).add_modifier(MODIFIERS[*modifier as usize % 5].0);
            buffer.set_string(*x % SIZE.0, *y % SIZE.1, text, style);
        }
        buffer
    }

    fn run() -> impl Strategy<Value = (u16, u16, String, u8, u8)> {
        (0..SIZE.0, 0..SIZE.1, "[a-z 漢字]{0,12}", prop::sample::select(vec![1u8, 9, 200]), 0u8..5)
    }

    proptest! {
        #[test]
        fn a_terminal_fed_with_differences_shows_each_frame(
            frames in prop::collection::vec(prop::collection::vec(run(), 0..8), 1..6)
        ) {
            let mut term = Term::new(Config::default(), &Size(SIZE.0, SIZE.1), VoidListener);
            let mut parser: Processor = Processor::new();
            let mut encoder = Encoder::new(false);
            let mut shown = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
            for frame in &frames {
                let next = painted(frame);
                if let Some(bytes) = encoder.encode(&shown, &next, None) {
                    parser.advance(&mut term, &bytes);
                }
                for y in 0..SIZE.1 {
                    prop_assert_eq!(text_of(&term, y), expected(&next, y));
                    let mut covered = 0;
                    for x in 0..SIZE.0 {
                        let cell = &term.grid()[Line(i32::from(y))][Column(x as usize)];
                        let wanted = &next[(x, y)];
                        if covered > 0 {
                            covered -= 1;
                            continue;
                        }
                        covered = wanted.symbol().width().max(1) - 1;
                        if wanted.symbol().trim().is_empty() { continue }
                        prop_assert_eq!(cell.flags.contains(Flags::BOLD), wanted.modifier.contains(Modifier::BOLD));
                        prop_assert_eq!(cell.flags.contains(Flags::INVERSE), wanted.modifier.contains(Modifier::REVERSED));
                    }
                }
                shown = next;
            }
        }
    }

    #[test]
    fn an_unchanged_frame_writes_nothing() {
        let buffer = painted(&[(0, 0, "hello".into(), 1, 0)]);
        assert_eq!(Encoder::new(true).encode(&buffer, &buffer, None), None);
    }

    #[test]
    fn one_changed_figure_costs_a_few_bytes() {
        let old = painted(&[(3, 1, "12.5 %".into(), 1, 3)]);
        let new = painted(&[(3, 1, "12.6 %".into(), 1, 3)]);
        let bytes = Encoder::new(true).encode(&old, &new, None).unwrap();
        assert!(bytes.len() <= 40, "{} bytes: {:?}", bytes.len(), String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_line_that_became_empty_is_erased() {
        let old = painted(&[(0, 0, "abcdefghijklmnop".into(), 1, 0)]);
        let bytes = Encoder::new(false).encode(&old, &painted(&[]), None).unwrap();
        assert_eq!(String::from_utf8_lossy(&bytes), "\x1b[1H\x1b[K");
    }

    #[test]
    fn the_cursor_is_shown_where_text_is_typed_and_hidden_elsewhere() {
        let buffer = painted(&[]);
        let mut encoder = Encoder::new(false);
        let shown = encoder.encode(&buffer, &buffer, Some(Cursor { at: Position { x: 4, y: 3 }, shape: 0 })).unwrap();
        assert_eq!(String::from_utf8_lossy(&shown), "\x1b[4;5H\x1b[?25h");
        let hidden = encoder.encode(&buffer, &buffer, None).unwrap();
        assert_eq!(String::from_utf8_lossy(&hidden), "\x1b[?25l");
    }
}
