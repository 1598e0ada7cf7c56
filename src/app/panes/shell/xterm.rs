//! What the library's terminal lacks of an xterm, and bounds for what a container may ask of it.

use alacritty_terminal::Term;
use alacritty_terminal::event::{Event, EventListener};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::vte::ansi::{
    Attr, CharsetIndex, ClearMode, CursorShape, CursorStyle, Handler, Hyperlink, KeyboardModes,
    KeyboardModesApplyBehavior, LineClearMode, Mode, ModifyOtherKeys, NamedPrivateMode, PrivateMode, Rgb, ScpCharPath,
    ScpUpdateMode, StandardCharset, TabulationClearMode,
};

use std::ops::Range;

/// Combining characters kept in one cell: a container could pile them up without end.
const MARKS_MAX: usize = 8;
/// Longest window title kept, characters.
const TITLE_MAX: usize = 256;

/// Private modes of xterm that the library does not know (ctlseqs, "DEC Private Mode Set").
mod private {
    /// DECSCNM: the whole screen in reverse.
    pub const REVERSE_SCREEN: u16 = 5;
    /// The alternate screen, as old programs ask for it.
    pub const ALTERNATE: u16 = 47;
    /// The alternate screen, cleared when it is left.
    pub const ALTERNATE_CLEARED: u16 = 1047;
    /// Save and restore the cursor.
    pub const SAVE_CURSOR: u16 = 1048;
    /// DECNKM: application keypad.
    pub const KEYPAD: u16 = 66;
}

/// A terminal that answers and behaves as xterm does.
pub struct Xterm<L: EventListener> {
    /// The library's.
    pub term: Term<L>,
    /// DECSCNM is on.
    pub reverse_screen: bool,
    /// The program chose a form for its cursor.
    pub has_chosen_cursor: bool,
    /// Characters that may still be written for the piece of output under way (see [`Xterm::allow`]).
    budget: usize,
    /// Where answers go that the library would not give.
    mail: L,
    /// The lines that scroll (DECSTBM), from 0, the end not among them.
    region: Range<i32>,
}

impl<L: EventListener> Xterm<L> {
    pub fn new(term: Term<L>, mail: L) -> Self {
        let region = 0..rows_of(&term);
        Self { term, reverse_screen: false, has_chosen_cursor: false, budget: 0, mail, region }
    }

    /// So many characters may be written from now on: a few bytes can ask for a repetition that would take minutes.
    pub fn allow(&mut self, characters: usize) {
        self.budget = characters;
    }

    /// The number of those that are left.
    pub fn left(&self) -> usize {
        self.budget
    }

    fn answer(&self, text: &str) {
        self.mail.send_event(Event::PtyWrite(text.to_string()));
    }

    /// Gives it another size.
    pub fn resize(&mut self, size: impl Dimensions) {
        self.term.resize(size);
        self.region = 0..rows_of(&self.term);
    }

    /// Moves the cursor by lines; it stops at the margin it comes to (ctlseqs, CUU and CUD). The library knows no margin
    /// here, and with the origin mode it would count from it twice.
    fn move_lines(&mut self, lines: i64) {
        let rows = rows_of(&self.term);
        let cursor = &mut self.term.grid_mut().cursor;
        let line = cursor.point.line.0;
        let target = (i64::from(line) + lines).clamp(-1, i64::from(rows)) as i32;
        let (first, last) = (
            if line >= self.region.start { self.region.start } else { 0 },
            if line < self.region.end { self.region.end - 1 } else { rows - 1 },
        );
        cursor.point.line = Line(target.clamp(first, last.max(first)));
        cursor.input_needs_wrap = false;
    }

    /// A wide character that would be torn at this column of the cursor's line becomes two blanks.
    fn untear(&mut self, column: usize) {
        let columns = self.term.columns();
        let line = self.term.grid().cursor.point.line;
        let row = &mut self.term.grid_mut()[line];
        if column == 0 || column >= columns || !row[Column(column)].flags.contains(Flags::WIDE_CHAR_SPACER) {
            return;
        }
        for half in [column - 1, column] {
            let cell = &mut row[Column(half)];
            cell.flags.remove(Flags::WIDE_CHAR | Flags::WIDE_CHAR_SPACER);
            cell.c = ' ';
        }
    }

    /// The same at both ends of so many columns from the cursor on.
    fn untear_ends(&mut self, count: usize) {
        let column = self.term.grid().cursor.point.column.0;
        self.untear(column);
        self.untear(column.saturating_add(count));
    }

    fn is_alternate(&self) -> bool {
        self.term.mode().contains(TermMode::ALT_SCREEN)
    }

    /// Where a combining character would be attached, as the library decides it.
    fn marks_at_cursor(&self) -> usize {
        let grid = self.term.grid();
        let cursor = &grid.cursor;
        let mut column = cursor.point.column;
        if !cursor.input_needs_wrap {
            column.0 = column.0.saturating_sub(1);
        }
        let row = &grid[Line(cursor.point.line.0)];
        if row[column].flags.contains(Flags::WIDE_CHAR_SPACER) {
            column.0 = column.0.saturating_sub(1);
        }
        row[column].zerowidth().map_or(0, <[char]>::len)
    }

    /// The side effects of a mode.
    fn after_mode(&mut self, mode: PrivateMode) {
        match mode {
            // To the origin, also when it is given up.
            PrivateMode::Named(NamedPrivateMode::Origin) => self.term.goto(0, 0),
            // The library takes the margins away.
            PrivateMode::Named(NamedPrivateMode::ColumnMode) => self.region = 0..rows_of(&self.term),
            _ => {}
        }
    }

    /// A private mode that the library does not know. True if it was one of ours.
    fn own_mode(&mut self, mode: PrivateMode, on: bool) -> bool {
        match mode.raw() {
            private::REVERSE_SCREEN => self.reverse_screen = on,
            private::ALTERNATE | private::ALTERNATE_CLEARED => {
                if on != self.is_alternate() {
                    if !on && mode.raw() == private::ALTERNATE_CLEARED {
                        self.term.clear_screen(ClearMode::All);
                    }
                    // The cursor is not saved by these modes: it stays where it is.
                    let cursor = self.term.grid().cursor.clone();
                    self.term.swap_alt();
                    self.term.grid_mut().cursor = cursor;
                }
            }
            private::SAVE_CURSOR if on => self.term.save_cursor_position(),
            private::SAVE_CURSOR => self.term.restore_cursor_position(),
            private::KEYPAD if on => self.term.set_keypad_application_mode(),
            private::KEYPAD => self.term.unset_keypad_application_mode(),
            _ => return false,
        }
        true
    }
}

/// Rows of the screen.
fn rows_of<L: EventListener>(term: &Term<L>) -> i32 {
    i32::try_from(term.screen_lines()).unwrap_or(i32::MAX)
}

/// Hands calls on as they are.
macro_rules! pass {
    ($($name:ident($($arg:ident: $kind:ty),*);)*) => {
        $(fn $name(&mut self, $($arg: $kind),*) { Handler::$name(&mut self.term, $($arg),*) })*
    };
}

impl<L: EventListener> Handler for Xterm<L> {
    fn input(&mut self, c: char) {
        use unicode_width::UnicodeWidthChar;
        if self.budget == 0 || (c.width() == Some(0) && self.marks_at_cursor() >= MARKS_MAX) {
            return;
        }
        self.budget -= 1;
        self.term.input(c);
    }

    fn set_title(&mut self, title: Option<String>) {
        let short = title.map(|title| title.chars().take(TITLE_MAX).collect());
        self.term.set_title(short);
    }

    /// A VT220 with colours; the library would say VT102, and programs would hold back.
    fn identify_terminal(&mut self, intermediate: Option<char>) {
        match intermediate {
            None => self.answer("\x1b[?62;22c"),
            // DA3: a unit that is nobody's.
            Some('=') => self.answer("\x1bP!|00000000\x1b\\"),
            other => self.term.identify_terminal(other),
        }
    }

    fn set_private_mode(&mut self, mode: PrivateMode) {
        if !self.own_mode(mode, true) {
            self.term.set_private_mode(mode);
            self.after_mode(mode);
        }
    }

    fn unset_private_mode(&mut self, mode: PrivateMode) {
        if !self.own_mode(mode, false) {
            self.term.unset_private_mode(mode);
            self.after_mode(mode);
        }
    }

    fn reset_state(&mut self) {
        (self.reverse_screen, self.has_chosen_cursor) = (false, false);
        self.region = 0..rows_of(&self.term);
        self.term.reset_state();
    }

    fn set_cursor_style(&mut self, style: Option<CursorStyle>) {
        self.has_chosen_cursor = style.is_some();
        self.term.set_cursor_style(style);
    }

    fn set_cursor_shape(&mut self, shape: CursorShape) {
        self.has_chosen_cursor = true;
        self.term.set_cursor_shape(shape);
    }

    fn move_up(&mut self, lines: usize) {
        self.move_lines(-(lines as i64));
    }

    fn move_down(&mut self, lines: usize) {
        self.move_lines(lines as i64);
    }

    fn move_up_and_cr(&mut self, lines: usize) {
        self.move_up(lines);
        self.carriage_return();
    }

    fn move_down_and_cr(&mut self, lines: usize) {
        self.move_down(lines);
        self.carriage_return();
    }

    fn goto_col(&mut self, column: usize) {
        let last = self.term.last_column();
        let cursor = &mut self.term.grid_mut().cursor;
        cursor.point.column = Column(column).min(last);
        cursor.input_needs_wrap = false;
    }

    fn set_scrolling_region(&mut self, top: usize, bottom: Option<usize>) {
        let rows = rows_of(&self.term);
        let line = |number: usize| i32::try_from(number).unwrap_or(i32::MAX).min(rows);
        let region = line(top.saturating_sub(1))..line(bottom.unwrap_or(rows as usize));
        if region.start < region.end {
            self.region = region;
        }
        self.term.set_scrolling_region(top, bottom);
    }

    fn insert_blank(&mut self, count: usize) {
        let columns = self.term.columns();
        let column = self.term.grid().cursor.point.column.0;
        self.untear(column);
        self.untear(columns - count.min(columns - column));
        self.term.insert_blank(count);
    }

    fn erase_chars(&mut self, count: usize) {
        self.untear_ends(count);
        self.term.erase_chars(count);
    }

    fn delete_chars(&mut self, count: usize) {
        self.untear_ends(count);
        self.term.delete_chars(count);
    }

    fn clear_line(&mut self, mode: LineClearMode) {
        match mode {
            LineClearMode::Right => self.untear_ends(0),
            LineClearMode::Left => self.untear(self.term.grid().cursor.point.column.0 + 1),
            LineClearMode::All => {}
        }
        self.term.clear_line(mode);
    }

    fn clear_screen(&mut self, mode: ClearMode) {
        match mode {
            ClearMode::Below => self.untear_ends(0),
            ClearMode::Above => self.untear(self.term.grid().cursor.point.column.0 + 1),
            ClearMode::All | ClearMode::Saved => {}
        }
        self.term.clear_screen(mode);
    }

    // Links are not shown, and each would cost memory for as long as its cells live.
    fn set_hyperlink(&mut self, _: Option<Hyperlink>) {}

    pass! {
        goto(line: i32, column: usize);
        goto_line(line: i32);
        device_status(what: usize);
        move_forward(count: usize);
        move_backward(count: usize);
        put_tab(count: u16);
        backspace();
        carriage_return();
        linefeed();
        bell();
        substitute();
        newline();
        set_horizontal_tabstop();
        scroll_up(count: usize);
        scroll_down(count: usize);
        insert_blank_lines(count: usize);
        delete_lines(count: usize);
        move_backward_tabs(count: u16);
        move_forward_tabs(count: u16);
        save_cursor_position();
        restore_cursor_position();
        clear_tabs(mode: TabulationClearMode);
        set_tabs(interval: u16);
        reverse_index();
        terminal_attribute(attribute: Attr);
        set_mode(mode: Mode);
        unset_mode(mode: Mode);
        report_mode(mode: Mode);
        report_private_mode(mode: PrivateMode);
        set_keypad_application_mode();
        unset_keypad_application_mode();
        set_active_charset(index: CharsetIndex);
        configure_charset(index: CharsetIndex, charset: StandardCharset);
        set_color(index: usize, color: Rgb);
        dynamic_color_sequence(prefix: String, index: usize, terminator: &str);
        reset_color(index: usize);
        clipboard_store(clipboard: u8, base64: &[u8]);
        clipboard_load(clipboard: u8, terminator: &str);
        decaln();
        push_title();
        pop_title();
        text_area_size_pixels();
        text_area_size_chars();
        report_keyboard_mode();
        push_keyboard_mode(mode: KeyboardModes);
        pop_keyboard_modes(count: u16);
        set_keyboard_mode(mode: KeyboardModes, behavior: KeyboardModesApplyBehavior);
        set_modify_other_keys(mode: ModifyOtherKeys);
        report_modify_other_keys();
        set_scp(path: ScpCharPath, mode: ScpUpdateMode);
    }
}
