//! The terminal emulator: bytes in; a screen, answers and a title out. State, not I/O.

use super::palette::xterm_rgb;
use super::repeat_last::{self, Repetitions};
use super::xterm::Xterm;
use crate::model::log_text::{Sgr, SgrColor};
use crate::model::{Size, Timestamp, text};
use alacritty_terminal::Term;
use alacritty_terminal::event::{Event, EventListener, WindowSize};
use alacritty_terminal::grid::{Dimensions, Scroll};
use alacritty_terminal::index::{Boundary, Column, Line, Point};
use alacritty_terminal::selection::SelectionRange;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::term::{Config, Osc52, TermMode};
use alacritty_terminal::vte::ansi::{Color, CursorShape, NamedColor, Processor, Rgb, Timeout};
use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// How long a program may hold its screen back with synchronized updates, seconds (as the library's own clock would).
const HOLD_SECONDS: f64 = 0.15;
/// Longest string (title, clipboard, …) taken from a container, bytes: the parser itself would keep any length.
const STRING_MAX: usize = 128 * 1024;
/// Longest answer to what one piece of output asked.
const ANSWERS_MAX: usize = 16 * 1024;
/// A synchronized update that holds back more bytes than this is shown before its end.
const HELD_MAX: usize = 256 * 1024;
/// What programs that ask for pixels are told of a cell.
const CELL_PIXELS: (u16, u16) = (8, 16);

/// The form of the text cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CaretShape {
    /// The terminal's own.
    #[default]
    Own,
    /// A block; blinking or not.
    Block(bool),
    /// A line below; blinking or not.
    Underline(bool),
    /// A line before; blinking or not.
    Bar(bool),
}

impl CaretShape {
    /// Its number in DECSCUSR.
    pub fn number(self) -> u8 {
        match self {
            CaretShape::Own => 0,
            CaretShape::Block(blinking) => 2 - u8::from(blinking),
            CaretShape::Underline(blinking) => 4 - u8::from(blinking),
            CaretShape::Bar(blinking) => 6 - u8::from(blinking),
        }
    }
}

/// A cell of the screen, for painting. Nothing in here is clean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShellCell<'a> {
    /// The character.
    pub character: char,
    /// Combining characters on it.
    pub marks: &'a [char],
    /// Colours and attributes.
    pub sgr: Sgr,
    /// Struck out.
    pub strike: bool,
    /// True if it takes this cell and the next.
    pub wide: bool,
    /// True if it is selected.
    pub selected: bool,
}

/// What a piece of output led to, beside a changed screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EmulatorOutput {
    /// To be sent back.
    pub answers: Vec<u8>,
    /// The program wants this in the clipboard.
    pub clipboard: Option<String>,
    /// True if the bell rang.
    pub bell: bool,
}

/// The channel for the events of the library.
#[derive(Clone)]
pub(super) struct EventBuffer(Sender<Event>);

impl EventListener for EventBuffer {
    fn send_event(&self, event: Event) {
        // What is for windows nobody would read. The receiver lives as long as the terminal.
        if !matches!(event, Event::MouseCursorDirty | Event::CursorBlinkingChange | Event::Wakeup) {
            drop(self.0.send(event));
        }
    }
}

/// A synchronized update is under way. The clock is the cockpit's.
#[derive(Default)]
struct Held(bool);

impl Timeout for Held {
    fn set_timeout(&mut self, _: Duration) {
        self.0 = true;
    }
    fn clear_timeout(&mut self) {
        self.0 = false;
    }
    fn pending_timeout(&self) -> bool {
        self.0
    }
}

/// A size as the library wants it.
struct Grid(Size);

impl Dimensions for Grid {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }
    fn screen_lines(&self) -> usize {
        usize::from(self.0.rows.max(1))
    }
    fn columns(&self) -> usize {
        // The library needs room for a wide character.
        usize::from(self.0.columns.max(2))
    }
}

/// A terminal.
pub struct Emulator {
    pub(super) xterm: Xterm<EventBuffer>,
    parser: Processor<Held>,
    mail: Receiver<Event>,
    strings: Strings,
    repetitions: Repetitions,
    held_since: Option<Timestamp>,
    title: String,
    /// Default foreground and background, for programs that ask.
    colors: (Rgb, Rgb),
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("size", &self.size()).field("title", &self.title).finish_non_exhaustive()
    }
}

impl Emulator {
    /// An empty terminal that keeps so many lines beyond its screen. `dark` is what it says of its background.
    pub fn new(size: Size, scrollback: usize, dark: bool) -> Emulator {
        let (sender, mail) = channel();
        let config = Config { scrolling_history: scrollback, osc52: Osc52::OnlyCopy, ..Config::default() };
        let (light_gray, black) = (Rgb { r: 208, g: 208, b: 208 }, Rgb { r: 0, g: 0, b: 0 });
        let white = Rgb { r: 255, g: 255, b: 255 };
        Emulator {
            xterm: Xterm::new(Term::new(config, &Grid(size), EventBuffer(sender.clone())), EventBuffer(sender)),
            parser: Processor::new(),
            mail,
            strings: Strings::default(),
            repetitions: Repetitions::default(),
            held_since: None,
            title: String::new(),
            colors: if dark { (light_gray, black) } else { (black, white) },
        }
    }

    /// Columns and rows.
    pub fn size(&self) -> Size {
        let term = &self.xterm.term;
        let small = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        Size { columns: small(term.columns()), rows: small(term.screen_lines()) }
    }

    /// Gives it another size.
    pub fn resize(&mut self, size: Size) {
        self.xterm.resize(Grid(size));
    }

    /// Takes output in.
    pub fn feed(&mut self, bytes: &[u8], now: Timestamp) -> EmulatorOutput {
        let held = self.parser.sync_bytes_count();
        let Self { strings, parser, xterm, repetitions, .. } = self;
        strings.pass(bytes, |piece| {
            for run in repeat_last::runs(piece) {
                let own = parser.sync_bytes_count() + run.len();
                let credit = repetitions.earn(run.len());
                let allowed = own + credit;
                xterm.allow(allowed);
                let (run, end) = repeat_last::limited(run, credit);
                parser.advance(xterm, run);
                parser.advance(xterm, end.unwrap_or_default().as_bytes());
                repetitions.spend((allowed - xterm.left()).saturating_sub(own));
            }
        });
        let holds = self.parser.sync_timeout().pending_timeout();
        if holds && self.parser.sync_bytes_count() > HELD_MAX {
            self.show_held();
        } else {
            // What was held before is out: this is another update, with a time of its own.
            let same = self.parser.sync_bytes_count() >= held + bytes.len();
            self.held_since = holds.then(|| self.held_since.filter(|_| same).unwrap_or(now));
        }
        self.keep_in_bounds();
        self.hear()
    }

    /// When a held-back screen is to be shown at the latest.
    pub fn release_at(&self) -> Option<Timestamp> {
        self.held_since.map(|since| since.plus_seconds(HOLD_SECONDS))
    }

    /// Shows a screen that was held back for too long.
    pub fn release(&mut self, now: Timestamp) -> EmulatorOutput {
        if self.release_at().is_some_and(|due| due <= now) {
            self.show_held();
        }
        self.keep_in_bounds();
        self.hear()
    }

    fn show_held(&mut self) {
        self.held_since = None;
        self.xterm.allow(self.parser.sync_bytes_count() + self.repetitions.earn(0));
        self.parser.stop_sync(&mut self.xterm);
    }

    /// What is shown stays within what there is, since lines that scroll in a part of the screen push a view of the history further
    /// than the history goes; so does the copy cursor, since a program may have changed to a screen without history.
    fn keep_in_bounds(&mut self) {
        let term = &mut self.xterm.term;
        if term.grid().display_offset() > term.grid().history_size() {
            term.scroll_display(Scroll::Delta(0));
        }
        if term.mode().contains(TermMode::VI) {
            term.vi_mode_cursor.point = term.vi_mode_cursor.point.grid_clamp(term, Boundary::Grid);
        }
    }

    fn hear(&mut self) -> EmulatorOutput {
        let mut heard = EmulatorOutput::default();
        while let Ok(event) = self.mail.try_recv() {
            match event {
                Event::PtyWrite(answer) => heard.answers.extend_from_slice(answer.as_bytes()),
                Event::ColorRequest(index, answer) => {
                    let color = self.xterm.term.colors()[index].unwrap_or_else(|| self.color(index));
                    heard.answers.extend_from_slice(answer(color).as_bytes());
                }
                Event::TextAreaSizeRequest(answer) => {
                    heard.answers.extend_from_slice(answer(self.window_size()).as_bytes());
                }
                Event::Title(title) => self.title = text::clean(&title).into_owned(),
                Event::ResetTitle => self.title.clear(),
                Event::ClipboardStore(_, copied) => heard.clipboard = Some(copied),
                Event::Bell => heard.bell = true,
                // Reading the clipboard is never allowed; the others are for windows.
                _ => {}
            }
        }
        heard.answers.truncate(ANSWERS_MAX);
        heard
    }

    fn window_size(&self) -> WindowSize {
        let Size { columns, rows } = self.size();
        WindowSize { num_lines: rows, num_cols: columns, cell_width: CELL_PIXELS.0, cell_height: CELL_PIXELS.1 }
    }

    /// What xterm's palette has under an index of the library.
    fn color(&self, index: usize) -> Rgb {
        match index {
            _ if index == NamedColor::Background as usize => self.colors.1,
            0..=255 => {
                let (r, g, b) = xterm_rgb(index as u8);
                Rgb { r, g, b }
            }
            _ => self.colors.0,
        }
    }

    /// The title that the program gave its window, clean. Empty for none.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The modes in force.
    pub fn mode(&self) -> TermMode {
        *self.xterm.term.mode()
    }

    /// True if the program wants every movement of the mouse.
    pub fn wants_motion(&self) -> bool {
        self.mode().contains(TermMode::MOUSE_MOTION)
    }

    /// Lines scrolled away from the bottom.
    pub fn scrolled(&self) -> usize {
        self.xterm.term.grid().display_offset()
    }

    /// Lines beyond the screen.
    pub fn history(&self) -> usize {
        self.xterm.term.grid().history_size()
    }

    /// Scrolls back by so many lines; a negative number goes forward.
    pub fn scroll(&mut self, lines: i32) {
        self.xterm.term.scroll_display(Scroll::Delta(lines));
    }

    /// Scrolls to the bottom.
    pub fn to_bottom(&mut self) {
        self.xterm.term.scroll_display(Scroll::Bottom);
    }

    /// The cell of the screen shown at a row and column, as a point of the library.
    pub(super) fn point(&self, column: u16, row: u16) -> Point {
        let Size { columns, rows } = self.size();
        let line = i32::from(row.min(rows - 1)) - self.scrolled() as i32;
        Point::new(Line(line), Column(usize::from(column.min(columns - 1))))
    }

    /// Where the cursor stands on the screen shown, and its form. None while it is hidden or scrolled away.
    pub fn caret(&self) -> Option<(u16, u16, CaretShape)> {
        let term = &self.xterm.term;
        if !term.mode().contains(TermMode::SHOW_CURSOR) {
            return None;
        }
        let point = term.grid().cursor.point;
        let row = usize::try_from(point.line.0).ok()? + self.scrolled();
        if row >= term.screen_lines() {
            return None;
        }
        let style = term.cursor_style();
        let shape = match style.shape {
            _ if !self.xterm.has_chosen_cursor => CaretShape::Own,
            CursorShape::Block => CaretShape::Block(style.blinking),
            CursorShape::Underline => CaretShape::Underline(style.blinking),
            CursorShape::Beam => CaretShape::Bar(style.blinking),
            CursorShape::HollowBlock | CursorShape::Hidden => CaretShape::Own,
        };
        Some((point.column.0 as u16, row as u16, shape))
    }

    /// Clears the selection.
    pub(super) fn unselect(&mut self) {
        self.xterm.term.selection = None;
    }

    /// The current selection.
    pub(super) fn selection(&self) -> Option<SelectionRange> {
        self.xterm.term.selection.as_ref().and_then(|selection| selection.to_range(&self.xterm.term))
    }

    /// Calls `paint` for each cell of the screen shown, with its column and row. Cells behind a wide character are left out.
    pub fn each_cell<'a>(&'a self, mut paint: impl FnMut(u16, u16, ShellCell<'a>)) {
        let (term, selection) = (&self.xterm.term, self.selection());
        let offset = self.scrolled() as i32;
        for row in 0..term.screen_lines() {
            let line = Line(row as i32 - offset);
            let cells = &term.grid()[line];
            for column in 0..term.columns() {
                let cell = &cells[Column(column)];
                if cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
                    continue;
                }
                let selected = selection.is_some_and(|range| range.contains(Point::new(line, Column(column))));
                paint(column as u16, row as u16, self.cell(cell, selected));
            }
        }
    }

    fn cell<'a>(&self, cell: &'a Cell, selected: bool) -> ShellCell<'a> {
        let flags = cell.flags;
        let hidden = flags.contains(Flags::HIDDEN);
        let sgr = Sgr {
            foreground: self.shown(cell.fg),
            background: self.shown(cell.bg),
            bold: flags.contains(Flags::BOLD),
            dim: flags.contains(Flags::DIM) || is_dim(cell.fg),
            italic: flags.contains(Flags::ITALIC),
            underline: flags.intersects(Flags::ALL_UNDERLINES),
            reverse: flags.contains(Flags::INVERSE) != self.xterm.reverse_screen,
        };
        ShellCell {
            character: if hidden { ' ' } else { cell.c },
            marks: cell.zerowidth().filter(|_| !hidden).unwrap_or_default(),
            sgr,
            strike: flags.contains(Flags::STRIKEOUT),
            wide: flags.contains(Flags::WIDE_CHAR),
            selected,
        }
    }

    /// A colour as the terminal around can show it; none is its own default.
    fn shown(&self, color: Color) -> Option<SgrColor> {
        let index = match color {
            Color::Spec(rgb) => return Some(SgrColor::Rgb(rgb.r, rgb.g, rgb.b)),
            Color::Indexed(index) => usize::from(index),
            Color::Named(named) => plain(named) as usize,
        };
        match self.xterm.term.colors()[index] {
            // The program changed its palette.
            Some(rgb) => Some(SgrColor::Rgb(rgb.r, rgb.g, rgb.b)),
            None => u8::try_from(index).ok().map(SgrColor::Indexed),
        }
    }

    /// The whole text: history and screen, lines ended, trailing blanks left out.
    pub fn text(&self) -> String {
        let term = &self.xterm.term;
        let start = Point::new(Line(-(self.history() as i32)), Column(0));
        let end = Point::new(Line(term.screen_lines() as i32 - 1), term.last_column());
        let mut text = term.bounds_to_string(start, end);
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

fn is_dim(color: Color) -> bool {
    matches!(color, Color::Named(named) if named != plain(named))
}

/// A dim colour's plain one; the rest as they are.
fn plain(color: NamedColor) -> NamedColor {
    match color {
        NamedColor::DimBlack => NamedColor::Black,
        NamedColor::DimRed => NamedColor::Red,
        NamedColor::DimGreen => NamedColor::Green,
        NamedColor::DimYellow => NamedColor::Yellow,
        NamedColor::DimBlue => NamedColor::Blue,
        NamedColor::DimMagenta => NamedColor::Magenta,
        NamedColor::DimCyan => NamedColor::Cyan,
        NamedColor::DimWhite => NamedColor::White,
        NamedColor::DimForeground => NamedColor::Foreground,
        other => other,
    }
}

/// Watches over strings that a container sends (`OSC …`), which the parser would keep however long they are.
#[derive(Debug, Default)]
struct Strings {
    state: Outside,
    /// Bytes of the present string.
    length: usize,
}

/// Where in the stream of bytes the last piece ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Outside {
    /// In text.
    #[default]
    Text,
    /// Behind an ESC.
    Escape,
    /// In an operating system command.
    String,
    /// In one that became too long: what follows is left out.
    TooLong,
}

/// Ends whatever sequence is under way (ECMA-48, CAN).
const CANCEL: &[u8] = &[0x18];

impl Strings {
    /// Hands the bytes on in pieces.
    fn pass(&mut self, bytes: &[u8], mut to: impl FnMut(&[u8])) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = match self.state {
                Outside::Text => self.text(rest, &mut to),
                Outside::Escape => self.escape(rest, &mut to),
                Outside::String => self.string(rest, &mut to),
                Outside::TooLong => self.too_long(rest),
            };
            rest = &rest[used..];
        }
    }

    fn text(&mut self, bytes: &[u8], to: &mut impl FnMut(&[u8])) -> usize {
        let mut from = 0;
        while let Some(step) = memchr::memchr(0x1b, &bytes[from..]) {
            let next = from + step + 1;
            match bytes.get(next) {
                None => self.state = Outside::Escape,
                Some(byte) if goes_on_escaping(*byte) => {
                    self.state = Outside::Escape;
                    to(&bytes[..=next]);
                    return next + 1;
                }
                Some(b']') => {
                    (self.state, self.length) = (Outside::String, 0);
                    to(&bytes[..=next]);
                    return next + 1;
                }
                Some(_) => {}
            }
            from = next;
        }
        to(bytes);
        bytes.len()
    }

    fn escape(&mut self, bytes: &[u8], to: &mut impl FnMut(&[u8])) -> usize {
        match bytes[0] {
            b']' => (self.state, self.length) = (Outside::String, 0),
            0x1b => {}
            byte if goes_on_escaping(byte) => {}
            _ => self.state = Outside::Text,
        }
        to(&bytes[..1]);
        1
    }

    fn string(&mut self, bytes: &[u8], to: &mut impl FnMut(&[u8])) -> usize {
        let room = STRING_MAX - self.length;
        let window = &bytes[..bytes.len().min(room)];
        if let Some(at) = end_of_string(window) {
            self.state = if window[at] == 0x1b { Outside::Escape } else { Outside::Text };
            to(&window[..=at]);
            return at + 1;
        }
        self.length += window.len();
        to(window);
        if self.length >= STRING_MAX {
            self.state = Outside::TooLong;
            to(CANCEL);
        }
        window.len()
    }

    fn too_long(&mut self, bytes: &[u8]) -> usize {
        match end_of_string(bytes) {
            // The parser must see the ESC of whatever begins here; `ESC \` ends nothing any more and does nothing.
            Some(at) if bytes[at] == 0x1b => {
                self.state = Outside::Text;
                at
            }
            Some(at) => {
                self.state = Outside::Text;
                at + 1
            }
            None => bytes.len(),
        }
    }
}

/// BEL, ESC, CAN and SUB end a string.
fn end_of_string(bytes: &[u8]) -> Option<usize> {
    let first = memchr::memchr3(0x07, 0x1b, 0x18, bytes);
    let cancelled = memchr::memchr(0x1a, &bytes[..first.unwrap_or(bytes.len())]);
    cancelled.or(first)
}

/// Bytes behind an ESC that do not end its effect: controls are executed on the way, others are passed over.
fn goes_on_escaping(byte: u8) -> bool {
    matches!(byte, 0x00..=0x17 | 0x19 | 0x1c..=0x1f | 0x7f..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(0);

    fn emulator() -> Emulator {
        Emulator::new(Size { columns: 20, rows: 4 }, 100, true)
    }

    fn after(bytes: &[u8]) -> (Emulator, EmulatorOutput) {
        let mut emulator = emulator();
        let heard = emulator.feed(bytes, NOW);
        (emulator, heard)
    }

    fn rows(emulator: &Emulator) -> Vec<String> {
        let mut rows = vec![String::new(); emulator.size().rows as usize];
        emulator.each_cell(|_, row, cell| {
            rows[row as usize].push(cell.character);
            rows[row as usize].extend(cell.marks);
        });
        rows.iter().map(|row| row.trim_end().to_string()).collect()
    }

    fn first(bytes: &[u8]) -> String {
        rows(&after(bytes).0)[0].clone()
    }

    #[test]
    fn a_part_of_the_screen_that_scrolls_leaves_a_view_of_the_history_within_it() {
        for held in ["", "\x1b[?2026h"] {
            let (mut emulator, _) = after(b"1\r\n2\r\n3\r\n4\r\n5\r\n6");
            emulator.scroll(1);
            emulator.feed(format!("{held}\x1b[2;3r\x1b[3H{}", "\n".repeat(90)).as_bytes(), NOW);
            emulator.release(Timestamp(i64::MAX));
            assert_eq!(emulator.scrolled(), emulator.history());
            assert_eq!(rows(&emulator)[0], "1", "{held:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_swallowed() {
        let odd: [&[u8]; 10] = [
            b"\x1b]777;notify;x;y\x07",
            b"\x1b]8;;http://x\x1b\\",
            b"\x1bPq#0;2;0;0;0\x1b\\",
            b"\x1b_Gf=24;AAAA\x1b\\",
            b"\x1b^pm\x1b\\",
            b"\x1bXsos\x1b\\",
            b"\x1b[>4;2m",
            b"\x1b[?9999h",
            b"\x1b[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;23;24;25;26;27;28;29;30;31;32;33;34z",
            b"\x1b%G",
        ];
        for sequence in odd {
            let bytes = [b"a".as_slice(), sequence, b"b"].concat();
            assert_eq!(first(&bytes), "ab", "{}", String::from_utf8_lossy(sequence).escape_debug());
        }
    }

    #[test]
    fn programs_that_ask_are_answered() {
        let answers = |bytes: &[u8]| String::from_utf8(after(bytes).1.answers).unwrap();
        assert_eq!(answers(b"\x1b[c"), "\x1b[?62;22c");
        assert_eq!(answers(b"ab\x1b[6n"), "\x1b[1;3R");
        assert_eq!(answers(b"\x1b[5n"), "\x1b[0n");
        assert_eq!(answers(b"\x1b[18t"), "\x1b[8;4;20t");
        assert_eq!(answers(b"\x1b[14t"), "\x1b[4;64;160t");
        assert_eq!(answers(b"\x1b]11;?\x07"), "\x1b]11;rgb:0000/0000/0000\x07");
        assert_eq!(answers(b"\x1b]4;1;?\x07"), "\x1b]4;1;rgb:cdcd/0000/0000\x07");
        assert!(answers(b"\x1b[>c").starts_with("\x1b[>0;"));
        assert_eq!(answers(b"\x1b[?2004$p"), "\x1b[?2004;2$y");
        assert!(answers(&b"\x1b[c".repeat(100_000)).len() <= ANSWERS_MAX);
    }

    #[test]
    fn the_clipboard_can_be_filled_but_never_read() {
        assert_eq!(after(b"\x1b]52;c;aGk=\x07").1.clipboard.as_deref(), Some("hi"));
        assert_eq!(after(b"\x1b]52;c;?\x07").1, EmulatorOutput::default());
    }

    #[test]
    fn old_programs_find_their_alternate_screen() {
        let (mut emulator, _) = after(b"shell\x1b[?47h");
        assert_eq!(rows(&emulator)[0], "");
        emulator.feed(b"\x1b[1;1Hfull\x1b[?47l", NOW);
        assert_eq!(rows(&emulator)[0], "shell");
        let (emulator, _) = after(b"\x1b[?1048h\x1b[3;3H\x1b[?1048lx\x1b[?1047hy\x1b[?1047l");
        assert_eq!(rows(&emulator)[0], "x");
    }

    #[test]
    fn the_screen_in_reverse_reverses_every_cell() {
        let (emulator, _) = after(b"\x1b[?5ha\x1b[7mb");
        let mut reversed = Vec::new();
        emulator.each_cell(|column, row, cell| {
            if row == 0 && column < 2 {
                reversed.push(cell.sgr.reverse);
            }
        });
        assert_eq!(reversed, [true, false]);
    }

    #[test]
    fn cursor_shapes_are_told_by_their_number() {
        let shape = |bytes: &[u8]| after(bytes).0.caret().map(|(.., shape)| shape.number());
        assert_eq!(shape(b""), Some(0));
        assert_eq!(shape(b"\x1b[2 q"), Some(2), "a steady block is a choice");
        assert_eq!(shape(b"\x1b[5 q"), Some(5));
        assert_eq!(shape(b"\x1b[6 q"), Some(6));
        assert_eq!(shape(b"\x1b[3 q\x1b[0 q"), Some(0));
        assert_eq!(shape(b"\x1b[?25l"), None);
    }

    #[test]
    fn a_held_back_screen_is_shown_when_its_time_is_over() {
        let (mut emulator, _) = after(b"\x1b[?2026hlate");
        assert_eq!(rows(&emulator)[0], "");
        let due = emulator.release_at().unwrap();
        emulator.release(NOW);
        assert_eq!(rows(&emulator)[0], "", "not yet");
        emulator.release(due);
        assert_eq!(rows(&emulator)[0], "late");
        assert_eq!(emulator.release_at(), None);
    }

    #[test]
    fn endless_strings_marks_and_repetitions_stay_bounded() {
        let mut emulator = emulator();
        emulator.feed(b"a\x1b]0;", NOW);
        for _ in 0..64 {
            emulator.feed(&[b'x'; 64 * 1024], NOW);
        }
        emulator.feed(b"\x07b", NOW);
        assert_eq!(rows(&emulator)[0], "ab");
        assert!(emulator.title().len() <= 1024);
        emulator.feed("\r\u{301}".repeat(10_000).as_bytes(), NOW);
        let mut most = 0;
        emulator.each_cell(|_, _, cell| most = most.max(cell.marks.len()));
        assert!(most <= 8, "{most} marks on one cell");
    }

    #[test]
    fn repetitions_write_a_bounded_number_of_characters() {
        for repeat in ["\x1b[9999b", "\x1b[065535;b", "\x1b[0000065535b", "\x1b[65535b"] {
            let mut emulator = Emulator::new(Size { columns: 80, rows: 24 }, 100_000, true);
            let bytes = format!("x{}", repeat.repeat(1000));
            emulator.feed(bytes.as_bytes(), NOW);
            let lines = emulator.history() + 24;
            assert!(lines * 80 <= bytes.len() * 17 + 20_000 + 24 * 80, "{repeat:?} wrote {lines} lines");
        }
        let (emulator, _) = after(b"ab\x1b[5bc");
        assert_eq!(rows(&emulator)[0], "abbbbbbc");
    }

    #[test]
    fn what_follows_a_flood_of_repetitions_is_shown_however_it_is_cut() {
        let bytes = format!("{}^C\r\nbusy box b5b prompt # ", "x\x1b[65535b\r\n".repeat(3000));
        for size in [bytes.len(), 8192, 1000, 128, 7] {
            let mut emulator = Emulator::new(Size { columns: 80, rows: 24 }, 100, true);
            bytes.as_bytes().chunks(size).for_each(|piece| drop(emulator.feed(piece, NOW)));
            let shown = rows(&emulator);
            assert_eq!(shown.last().map(String::as_str), Some("busy box b5b prompt #"), "in pieces of {size}");
        }
    }

    #[test]
    fn a_screen_drawn_by_repetition_again_and_again_stays_whole() {
        let mut emulator = Emulator::new(Size { columns: 160, rows: 45 }, 100, true);
        let frame: String = (1..=45).map(|row| format!("\x1b[{row};1H=\x1b[159b")).collect();
        emulator.feed(frame.repeat(40).as_bytes(), NOW);
        assert!(rows(&emulator).iter().all(|row| *row == "=".repeat(160)));
    }

    #[test]
    fn no_way_into_a_string_is_overlooked() {
        for begin in
            [b"\x1b]0;".as_slice(), b"\x1b\0]0;", b"\x1b\x7f]0;", b"\x1b\x1b]0;", b"\x1b\x80]0;", b"\x1bP\x1b]0;"]
        {
            for cut in 0..begin.len() {
                let mut emulator = emulator();
                emulator.feed(&begin[..cut], NOW);
                emulator.feed(&begin[cut..], NOW);
                emulator.feed(&vec![b'x'; STRING_MAX * 2], NOW);
                emulator.feed(b"\x07seen", NOW);
                assert_eq!(rows(&emulator)[0], "seen", "{begin:?} cut at {cut}");
                assert_eq!(emulator.strings.length, STRING_MAX, "it was watched: {begin:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn answers_keep_the_order_of_the_questions() {
        let answers = String::from_utf8(after(b"\x1b]11;?\x07\x1b[c").1.answers).unwrap();
        assert_eq!(answers, "\x1b]11;rgb:0000/0000/0000\x07\x1b[?62;22c");
    }

    #[test]
    fn each_synchronized_update_has_a_time_of_its_own() {
        let mut emulator = emulator();
        emulator.feed(b"\x1b[?2026hone", NOW);
        let later = NOW.plus_seconds(0.1);
        emulator.feed(b"\x1b[?2026l\x1b[?2026htwo", later);
        assert_eq!(emulator.release_at(), Some(later.plus_seconds(HOLD_SECONDS)));
        emulator.feed(&[b'x'; HELD_MAX + 1], later);
        assert_eq!(emulator.release_at(), None, "what is too much is shown");
    }

    #[test]
    fn a_string_that_became_too_long_ends_where_it_ends() {
        for end in [b"\x07".as_slice(), b"\x1b\\", b"\x18", b"\x1a", b"\x1b[m"] {
            let mut emulator = emulator();
            emulator.feed(b"\x1b]52;c;", NOW);
            emulator.feed(&vec![b'x'; STRING_MAX * 2], NOW);
            let heard = emulator.feed(&[end, b"seen"].concat(), NOW);
            assert_eq!(rows(&emulator)[0], "seen", "{end:?}");
            assert_eq!(heard.clipboard, None);
        }
    }

    #[test]
    fn the_whole_text_is_history_and_screen() {
        let (emulator, _) = after(b"1\r\n2\r\n3\r\n4\r\n5\r\n6");
        assert_eq!(emulator.history(), 2);
        assert_eq!(emulator.text(), "1\n2\n3\n4\n5\n6\n");
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_give_the_same_screen(
            bytes in prop::collection::vec(prop_oneof![Just(0x1bu8), Just(b'['), Just(b']'), Just(b'b'), Just(0x07), Just(b'?'),
                Just(b'h'), Just(b'9'), Just(b';'), Just(0x18), any::<u8>()], 0..400),
            cuts in prop::collection::vec(1usize..40, 0..40),
        ) {
            let whole = rows(&after(&bytes).0);
            let mut emulator = emulator();
            let mut rest = bytes.as_slice();
            for cut in cuts {
                let (piece, left) = rest.split_at(cut.min(rest.len()));
                emulator.feed(piece, NOW);
                rest = left;
            }
            emulator.feed(rest, NOW);
            prop_assert_eq!(rows(&emulator), whole);
        }

        #[test]
        fn any_sizes_in_any_order_keep_it_whole(steps in prop::collection::vec((0u16..200, 0u16..60, "[a-z\u{1b}\\[0-9;HJKmr漢\r\n]{0,60}"), 0..12)) {
            let mut emulator = emulator();
            for (columns, rows, text) in steps {
                emulator.resize(Size { columns, rows });
                emulator.feed(text.as_bytes(), NOW);
                emulator.scroll(3);
                let size = emulator.size();
                let mut inside = true;
                emulator.each_cell(|x, y, _| inside &= x < size.columns && y < size.rows);
                prop_assert!(inside);
                emulator.to_bottom();
            }
        }
    }
}
