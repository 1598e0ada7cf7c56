//! The terminal emulator: bytes in; a screen, answers and a title out. State, not I/O.

use super::palette::xterm_rgb;
use super::repeat_last::{self, Repetitions};
use super::strings::Strings;
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

#[cfg(test)]
mod tests;
