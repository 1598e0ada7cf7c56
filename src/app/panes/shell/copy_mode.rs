//! Walking through a shell's screen and scrollback with the keyboard, to read and to copy.

use super::emulator::Emulator;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Boundary, Direction, Side};
use alacritty_terminal::selection::{Selection, SelectionType};
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::search::RegexSearch;
use alacritty_terminal::vi_mode::ViMotion;

/// A walk through the scrollback.
#[derive(Debug, Default)]
pub struct CopyMode {
    /// The last search.
    pub search: String,
    selecting: Option<SelectionType>,
}

/// A movement of the copy cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// Lines down; negative is up.
    Lines(i32),
    /// One to the left.
    Left,
    /// One to the right.
    Right,
    /// To the start of the next word.
    NextWord,
    /// To the start of the word before.
    PreviousWord,
    /// To the start of the line.
    LineStart,
    /// To its end.
    LineEnd,
    /// To the very first line.
    First,
    /// To the last line.
    Last,
}

/// How far the cursor goes in one call at most: no screen is larger.
const LINES_MAX: i32 = 1000;

impl CopyMode {
    /// Begins a walk at the cursor.
    pub fn begin(emulator: &mut Emulator) -> CopyMode {
        let term = &mut emulator.xterm.term;
        if !term.mode().contains(TermMode::VI) {
            term.toggle_vi_mode();
        }
        CopyMode::default()
    }

    /// Ends it: back to the bottom, nothing selected.
    pub fn end(emulator: &mut Emulator) {
        let term = &mut emulator.xterm.term;
        if term.mode().contains(TermMode::VI) {
            term.toggle_vi_mode();
        }
        term.selection = None;
        emulator.to_bottom();
    }

    /// Moves the cursor; the selection follows.
    pub fn go(&mut self, emulator: &mut Emulator, motion: Motion) {
        let term = &mut emulator.xterm.term;
        match motion {
            Motion::Lines(lines) => {
                let motion = if lines < 0 { ViMotion::Up } else { ViMotion::Down };
                (0..lines.abs().min(LINES_MAX)).for_each(|_| term.vi_motion(motion));
            }
            Motion::Left => term.vi_motion(ViMotion::Left),
            Motion::Right => term.vi_motion(ViMotion::Right),
            Motion::NextWord => term.vi_motion(ViMotion::WordRight),
            Motion::PreviousWord => term.vi_motion(ViMotion::WordLeft),
            Motion::LineStart => term.vi_motion(ViMotion::First),
            Motion::LineEnd => term.vi_motion(ViMotion::Last),
            Motion::First | Motion::Last => {
                let line = if motion == Motion::First { term.topmost_line() } else { term.bottommost_line() };
                let mut point = term.vi_mode_cursor.point;
                point.line = line;
                term.vi_goto_point(point);
            }
        }
        self.stretch(emulator);
    }

    /// Begins to select characters, lines or a block; the same once more ends it.
    pub fn select(&mut self, emulator: &mut Emulator, kind: SelectionType) {
        let term = &mut emulator.xterm.term;
        if self.selecting.replace(kind) == Some(kind) {
            self.selecting = None;
            term.selection = None;
            return;
        }
        term.selection = Some(Selection::new(kind, term.vi_mode_cursor.point, Side::Left));
        self.stretch(emulator);
    }

    fn stretch(&mut self, emulator: &mut Emulator) {
        let term = &mut emulator.xterm.term;
        let point = term.vi_mode_cursor.point;
        if let Some(selection) = term.selection.as_mut().filter(|_| self.selecting.is_some()) {
            selection.update(point, Side::Left);
            selection.include_all();
        }
    }

    /// True while something is being selected.
    pub fn is_selecting(&self) -> bool {
        self.selecting.is_some()
    }

    /// What is selected; without a selection, the line under the cursor.
    pub fn text(&self, emulator: &Emulator) -> String {
        let term = &emulator.xterm.term;
        term.selection_to_string().unwrap_or_else(|| {
            let line = term.vi_mode_cursor.point.line;
            let start = alacritty_terminal::index::Point::new(line, alacritty_terminal::index::Column(0));
            let end = alacritty_terminal::index::Point::new(line, term.last_column());
            term.bounds_to_string(start, end).trim_end().to_string()
        })
    }

    /// To the next hit; upwards, as one reads a scrollback, or downwards. False if there is none.
    pub fn find(&mut self, emulator: &mut Emulator, upwards: bool) -> bool {
        // Small letters find both, as the library has it.
        let Ok(mut regex) = RegexSearch::new(&regex::escape(&self.search)) else { return false };
        let term = &mut emulator.xterm.term;
        let direction = if upwards { Direction::Left } else { Direction::Right };
        let cursor = term.vi_mode_cursor.point;
        let origin = if upwards { cursor.sub(term, Boundary::None, 1) } else { cursor.add(term, Boundary::None, 1) };
        let Some(hit) = term.search_next(&mut regex, origin, direction, Side::Left, None) else { return false };
        let point = *hit.start();
        term.vi_goto_point(point);
        self.stretch(emulator);
        true
    }

    /// Where the copy cursor stands on the screen shown.
    pub fn cursor(&self, emulator: &Emulator) -> Option<(u16, u16)> {
        let point = emulator.xterm.term.vi_mode_cursor.point;
        let row = u16::try_from(point.line.0 + emulator.scrolled() as i32).ok()?;
        (row < emulator.size().rows).then_some((point.column.0 as u16, row))
    }
}
