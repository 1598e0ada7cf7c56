//! Bytes of a log line → what a person may see of them: text and colours, nothing that acts (row L6); and → what was written,
//! for the clipboard and for files.
//!
//! A line is what a terminal of any width would have in it in the end: carriage returns, backspaces, tabs and the escape
//! sequences that move in a line or erase in it are obeyed (progress bars), colours are kept, every other sequence is dropped.
//! For the screen tabs become spaces, what is invisible or acts becomes visible, and bytes that are no UTF-8 become U+FFFD.

use super::text;
use std::cell::LazyCell;
use unicode_width::UnicodeWidthChar;

/// A colour that a program asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SgrColor {
    /// One of 256; the first 16 are the terminal's own.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// The style that a program gives its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(missing_docs, reason = "the fields are SGR's own words")]
pub struct Sgr {
    pub foreground: Option<SgrColor>,
    pub background: Option<SgrColor>,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub reverse: bool,
}

/// A run of text of one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Clean text.
    pub text: String,
    /// Its look.
    pub sgr: Sgr,
    /// True for a match of the search.
    pub hit: bool,
}

/// Combining characters shown on one cell; more is an attack on the layout.
const COMBINING_MAX: usize = 4;

/// The content of a cell of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Char(char),
    /// Bytes that are no character, and how many: as many as could have begun one.
    Broken([u8; 3], u8),
}

/// One column (or two, for wide characters; as many as it takes, for tabs) of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glyph {
    sign: Sign,
    /// What stands on it and takes no column; nearly always nothing, which takes no memory.
    marks: String,
    /// Columns that it takes.
    pub width: u8,
    /// Its look.
    pub sgr: Sgr,
    /// True for a part of a match of the search.
    pub hit: bool,
}

impl Glyph {
    fn new(sign: Sign, width: u8, sgr: Sgr) -> Glyph {
        Glyph { sign, marks: String::new(), width, sgr, hit: false }
    }

    fn blank() -> Glyph {
        Glyph::new(Sign::Char(' '), 1, Sgr::default())
    }

    /// True for a space with nothing on it.
    pub fn is_blank(&self) -> bool {
        self.sign == Sign::Char(' ') && self.marks.is_empty()
    }

    /// Its text, behind what `out` holds.
    pub fn write(&self, out: &mut String) {
        out.push(match self.sign {
            Sign::Char(character) => character,
            Sign::Broken(..) => char::REPLACEMENT_CHARACTER,
        });
        out.push_str(&self.marks);
    }

    /// Its bytes as they were written, behind what `out` holds.
    fn write_bytes(&self, out: &mut Vec<u8>) {
        match self.sign {
            Sign::Char(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Sign::Broken(bytes, count) => out.extend(bytes.iter().take(count.into())),
        }
        out.extend_from_slice(self.marks.as_bytes());
    }
}

/// Columns of a line that are shown where lines are wrapped.
pub const COLUMNS_MAX: usize = 64 * 1024;

/// No terminal is wider: an escape sequence goes to no column beyond.
const FURTHEST: usize = 1024;

/// Glyphs that a line may have moved or blanked in it, all in all; what would move more is no progress bar.
const MOVED_MAX: usize = 128 * FURTHEST;

/// Glyphs that a line gets room for at once.
const ROOM: usize = 256;

/// Columns from one tab stop to the next.
const TAB: usize = 8;

/// Decodes a line into glyphs for the screen, about `columns` of them at most.
pub fn decode(bytes: &[u8], columns: usize) -> Vec<Glyph> {
    let line = read(bytes, columns);
    if line.is_odd { visible(line.glyphs, columns) } else { line.glyphs }
}

/// What a line holds in the end, as it was written.
fn read(bytes: &[u8], columns: usize) -> Line<'_> {
    let mut line = Line::new(columns, Vec::with_capacity(bytes.len().min(columns).min(ROOM)));
    let mut parser = vte::Parser::new();
    let goes_back = LazyCell::new(|| moves(bytes));
    for chunk in bytes.utf8_chunks() {
        // In pieces, so that a line of a megabyte costs no more than what is shown of it.
        for part in chunk.valid().as_bytes().chunks(1024) {
            parser.advance(&mut line, part);
            if line.is_full && !*goes_back {
                return line;
            }
        }
        if !chunk.invalid().is_empty() {
            // The parser knows where that would be shown, and where it is part of a sequence.
            line.broken = chunk.invalid();
            parser.advance(&mut line, "\u{fffd}".as_bytes());
            line.broken = &[];
            if line.is_full && !*goes_back {
                return line;
            }
        }
    }
    line
}

/// True if something in a line may go back to what stands before it.
fn moves(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((text, after)) = up_to_colour(rest) {
        if memchr::memchr2(b'\r', 0x08, text).is_some() {
            return true;
        }
        if after.is_empty() {
            return false;
        }
        rest = after;
    }
    true
}

/// The text up to the next colour, and what follows that. None if another escape sequence comes first.
fn up_to_colour(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let Some(at) = memchr::memchr(0x1b, line) else { return Some((line, &[])) };
    let parameters = line[at + 1..].strip_prefix(b"[")?;
    let end = parameters.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b';' | b':')).count();
    (parameters.get(end) == Some(&b'm')).then(|| (&line[..at], &parameters[end + 1..]))
}

/// Glyphs as they were written → such as may be shown, up to a column: each character does nothing but stand there.
fn visible(written: Vec<Glyph>, columns: usize) -> Vec<Glyph> {
    let mut shown = Shown { glyphs: Vec::with_capacity(written.len() + 16), column: 0, form: String::new() };
    for glyph in written {
        if shown.column >= columns {
            break;
        }
        match glyph.sign {
            Sign::Char('\t') => (shown.column % TAB..TAB).for_each(|_| shown.push(Sign::Char(' '), 1, glyph.sgr)),
            Sign::Char(c) if text::is_hostile(c) => shown.push_visible(c, glyph.sgr),
            // There is nothing that it could stand on.
            Sign::Char(c) if glyph.width == 0 => {
                shown.push(Sign::Char(' '), 1, glyph.sgr);
                shown.mark(c);
            }
            sign => shown.push(sign, glyph.width, glyph.sgr),
        }
        let mut count = 0;
        for mark in glyph.marks.chars() {
            if text::is_hostile(mark) {
                if shown.column >= columns {
                    break;
                }
                shown.push_visible(mark, glyph.sgr);
                count = 0;
            } else if count < COMBINING_MAX {
                shown.mark(mark);
                count += 1;
            }
        }
    }
    shown.glyphs
}

/// What may be shown of a line, as far as it has come.
struct Shown {
    glyphs: Vec<Glyph>,
    /// Columns of all glyphs.
    column: usize,
    /// The form of one character; kept for its memory.
    form: String,
}

impl Shown {
    fn push(&mut self, sign: Sign, width: u8, sgr: Sgr) {
        self.glyphs.push(Glyph::new(sign, width, sgr));
        self.column += usize::from(width);
    }

    fn push_visible(&mut self, c: char, sgr: Sgr) {
        self.form.clear();
        text::push_visible(&mut self.form, c);
        self.column += self.form.len();
        self.glyphs.extend(self.form.chars().map(|c| Glyph::new(Sign::Char(c), 1, sgr)));
    }

    fn mark(&mut self, c: char) {
        if let Some(under) = self.glyphs.last_mut() {
            under.marks.push(c);
        }
    }
}

/// The bytes that a line holds in the end, behind what `out` holds: without colours, and else as they were written.
pub fn written(bytes: &[u8], out: &mut Vec<u8>) {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let before = out.len();
    if !quickly_written(bytes, out) {
        out.truncate(before);
        read(bytes, usize::MAX).glyphs.iter().for_each(|glyph| glyph.write_bytes(out));
    }
}

/// As [`written`], for what nearly all lines are: text with colours. False when the line is something else.
fn quickly_written(bytes: &[u8], out: &mut Vec<u8>) -> bool {
    let mut rest = bytes;
    loop {
        let Some((text, after)) = up_to_colour(rest) else { return false };
        if memchr::memchr2(b'\r', 0x08, text).is_some() {
            return false;
        }
        out.extend_from_slice(text);
        if after.is_empty() {
            return true;
        }
        rest = after;
    }
}

/// A line as it is seen, for searching: the bytes themselves, which nearly all lines are, or what `scratch` holds afterwards.
pub fn seen<'a>(bytes: &'a [u8], scratch: &'a mut String) -> &'a [u8] {
    let as_it_is = if bytes.is_ascii() {
        !bytes.iter().any(u8::is_ascii_control)
    } else {
        std::str::from_utf8(bytes).is_ok_and(|line| !line.chars().any(text::is_hostile))
    };
    if as_it_is {
        return bytes;
    }
    plain(bytes, scratch);
    scratch.as_bytes()
}

/// What came before carriage returns in a line, for searching, with blanks between: what follows one is written over it. None for
/// most lines.
pub fn written_over(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().rposition(|byte| *byte != b'\r')?;
    let before = &bytes[..memchr::memrchr(b'\r', &bytes[..end])?];
    let mut text = String::new();
    plain(&before.iter().map(|byte| if *byte == b'\r' { b' ' } else { *byte }).collect::<Vec<_>>(), &mut text);
    Some(text)
}

/// The plain text of a line, for searching, in place of what `out` held.
pub fn plain(bytes: &[u8], out: &mut String) {
    out.clear();
    if !quickly_plain(bytes, out) {
        out.clear();
        decode(bytes, usize::MAX).iter().for_each(|glyph| glyph.write(out));
    }
}

/// As [`plain`], for what nearly all lines are: ASCII with colours and tabs. False when the line is something else.
fn quickly_plain(bytes: &[u8], out: &mut String) -> bool {
    let mut rest = bytes;
    loop {
        let Some((text, after)) = up_to_colour(rest) else { return false };
        for (index, part) in text.split(|byte| *byte == b'\t').enumerate() {
            if index > 0 {
                // One column is one byte here.
                (out.len() % TAB..TAB).for_each(|_| out.push(' '));
            }
            match std::str::from_utf8(part) {
                Ok(part) if part.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_control()) => out.push_str(part),
                _ => return false,
            }
        }
        if after.is_empty() {
            return true;
        }
        rest = after;
    }
}

/// Groups glyphs of one look.
pub fn pieces(glyphs: &[Glyph]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for glyph in glyphs {
        match pieces.last_mut() {
            Some(last) if last.sgr == glyph.sgr && last.hit == glyph.hit => glyph.write(&mut last.text),
            _ => {
                let mut text = String::new();
                glyph.write(&mut text);
                pieces.push(Piece { text, sgr: glyph.sgr, hit: glyph.hit });
            }
        }
    }
    pieces
}

struct Line<'a> {
    glyphs: Vec<Glyph>,
    /// Index into `glyphs` of what is under the cursor; their number if nothing is.
    at: usize,
    /// The cursor's column: where that glyph begins, or anywhere behind the last.
    column: usize,
    /// Columns of all glyphs.
    end: usize,
    /// The column that was kept to come back to.
    kept: usize,
    columns: usize,
    /// Control characters: each is shown as a column or more.
    controls: usize,
    /// The number of cells moved or blanked, of [`MOVED_MAX`].
    moved: usize,
    sgr: Sgr,
    is_full: bool,
    /// Something in it cannot be shown as it was written.
    is_odd: bool,
    /// The bytes for which a replacement character stands.
    broken: &'a [u8],
}

impl<'a> Line<'a> {
    fn new(columns: usize, glyphs: Vec<Glyph>) -> Line<'a> {
        Line {
            glyphs,
            at: 0,
            column: 0,
            end: 0,
            kept: 0,
            columns,
            controls: 0,
            moved: 0,
            sgr: Sgr::default(),
            is_full: false,
            is_odd: false,
            broken: &[],
        }
    }

    /// Writes a glyph where the cursor is, in place of what is there.
    fn put(&mut self, sign: Sign, width: u8) {
        let wide = usize::from(width);
        if self.at == self.glyphs.len() {
            if self.column >= self.columns {
                self.is_full = true;
                self.column = self.column.saturating_add(wide);
                return;
            }
            self.fill();
            self.glyphs.push(Glyph::new(sign, width, self.sgr));
            self.end += wide;
        } else {
            self.replace(Glyph::new(sign, width, self.sgr));
        }
        self.at += 1;
        self.column += wide;
    }

    /// Blanks up to the cursor, where it has gone further than anything was written.
    fn fill(&mut self) {
        let gap = self.column.saturating_sub(self.end);
        self.glyphs.extend((0..gap).map(|_| Glyph::blank()));
        self.end += gap;
        self.at = self.glyphs.len();
    }

    /// Puts a glyph over those that take its columns; what is left of the last one is blank.
    fn replace(&mut self, glyph: Glyph) {
        let wide = usize::from(glyph.width);
        let (upto, freed) = self.reach(wide);
        // Whoever writes wide over narrow again and again must not make all the line move each time.
        if upto == self.at + 1 && freed == wide || !self.may_move(self.glyphs.len() - self.at) {
            let Some(under) = self.glyphs.get_mut(self.at) else { return };
            self.end = self.end + wide - usize::from(under.width);
            *under = glyph;
            return;
        }
        self.end += wide.saturating_sub(freed);
        let blanks = (wide..freed).map(|_| Glyph::blank());
        self.glyphs.splice(self.at..upto, std::iter::once(glyph).chain(blanks));
    }

    /// The index behind the glyphs that take so many columns from the cursor on, and how many they do take.
    fn reach(&self, columns: usize) -> (usize, usize) {
        let (mut taken, mut upto) = (0, self.at);
        while taken < columns && upto < self.glyphs.len() {
            taken += usize::from(self.glyphs[upto].width);
            upto += 1;
        }
        (upto, taken)
    }

    /// True if so many glyphs may be moved or blanked, which counts as done.
    fn may_move(&mut self, glyphs: usize) -> bool {
        self.moved = self.moved.saturating_add(glyphs);
        self.moved <= MOVED_MAX
    }

    /// What takes no column stands on the glyph before it.
    fn mark(&mut self, c: char) {
        self.is_odd |= text::is_hostile(c);
        self.controls += usize::from(c.is_control());
        self.is_full |= self.controls >= self.columns;
        let stands_alone = self.at == 0 && self.glyphs.first().is_none_or(|first| first.width > 0);
        if stands_alone {
            if self.may_move(self.glyphs.len()) {
                self.is_odd = true;
                self.glyphs.insert(0, Glyph::new(Sign::Char(c), 0, self.sgr));
                self.at += 1;
            }
            return;
        }
        let Some(before) = self.glyphs.get_mut(self.at.saturating_sub(1)) else { return };
        // What is shown of them takes a column for each, or there are few of them.
        if before.marks.len() < self.columns.saturating_mul(char::MAX.len_utf8()) {
            before.marks.push(c);
            self.is_odd |= before.marks.len() > COMBINING_MAX;
        }
    }

    /// A tab where nothing follows is written; else it only moves on.
    fn tab(&mut self) {
        let to = (self.column / TAB + 1) * TAB;
        if self.at == self.glyphs.len() && self.column == self.end {
            self.is_odd = true;
            self.put(Sign::Char('\t'), (to - self.column) as u8);
        } else {
            self.go(to.min(self.column.max(FURTHEST)));
        }
    }

    /// To a column.
    fn go(&mut self, to: usize) {
        if to == 0 && self.end > 0 {
            (self.at, self.column) = (0, 0);
            return;
        }
        if to >= self.end {
            (self.at, self.column) = (self.glyphs.len(), to);
            return;
        }
        self.column = self.column.min(self.end);
        while self.column > to {
            self.at -= 1;
            self.column -= usize::from(self.glyphs[self.at].width);
        }
        while self.column < to {
            let width = usize::from(self.glyphs[self.at].width);
            if self.column + width > to && !self.split() {
                return;
            }
            self.column += usize::from(self.glyphs[self.at].width);
            self.at += 1;
        }
    }

    /// What is under the cursor becomes blanks if it is a tab: who goes into it finds no character there.
    fn split(&mut self) -> bool {
        let glyph = &self.glyphs[self.at];
        let (width, is_tab) = (glyph.width, glyph.sign == Sign::Char('\t'));
        let splits = is_tab && self.may_move(self.glyphs.len() - self.at);
        if splits {
            self.glyphs.splice(self.at..=self.at, (0..width).map(|_| Glyph::blank()));
        }
        splits
    }

    /// Blanks from one column to another; what is blank at the end is nothing.
    fn erase(&mut self, from: usize, to: usize) {
        let (column, to) = (self.column, to.min(self.end));
        self.go(from);
        if to == self.end {
            self.glyphs.truncate(self.at);
            self.end = self.end.min(self.column);
        } else {
            self.blank(to.saturating_sub(self.column));
        }
        self.go(column);
    }

    /// Blanks in place of what takes so many columns from the cursor on.
    fn blank(&mut self, columns: usize) {
        let (upto, taken) = self.reach(columns);
        let moved = if upto - self.at == taken { taken } else { taken + self.glyphs.len() - upto };
        if self.may_move(moved) {
            self.glyphs.splice(self.at..upto, (0..taken).map(|_| Glyph::blank()));
        }
    }

    /// Takes columns out, or puts blanks in: the rest of the line moves.
    fn shift(&mut self, out: usize, blanks: usize) {
        if self.at == self.glyphs.len() || self.glyphs.len() > FURTHEST {
            return;
        }
        let blanks = blanks.min(FURTHEST.saturating_sub(self.end));
        if !self.may_move(self.glyphs.len() - self.at + blanks) {
            return;
        }
        let (upto, freed) = self.reach(out);
        self.glyphs.splice(self.at..upto, (0..blanks).map(|_| Glyph::blank()));
        self.end = self.end - freed + blanks;
    }
}

impl vte::Perform for Line<'_> {
    fn print(&mut self, c: char) {
        if !self.broken.is_empty() {
            let mut bytes = [0; 3];
            let count = self.broken.len().min(bytes.len());
            bytes[..count].copy_from_slice(&self.broken[..count]);
            return self.put(Sign::Broken(bytes, count as u8), 1);
        }
        match c.width().filter(|_| !text::is_hostile(c)) {
            None | Some(0) => self.mark(c),
            Some(width) => self.put(Sign::Char(c), width as u8),
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\t' => self.tab(),
            b'\r' => self.go(0),
            0x08 => self.go(self.column.saturating_sub(1)),
            b'\n' => {}
            other => self.mark(char::from(other)),
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _ignore: bool, byte: u8) {
        match byte {
            b'7' if intermediates.is_empty() => self.kept = self.column.min(FURTHEST),
            b'8' if intermediates.is_empty() => self.go(self.kept),
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, parameters: &vte::Params, intermediates: &[u8], _ignore: bool, action: char) {
        if !intermediates.is_empty() {
            return;
        }
        let first = parameters.iter().next().and_then(|values| values.first()).copied().unwrap_or(0);
        let count = usize::from(first).clamp(1, FURTHEST);
        match (action, first) {
            ('m', _) => apply_sgr(&mut self.sgr, parameters),
            ('G' | '`', _) => self.go(count - 1),
            ('C' | 'a', _) => self.go((self.column + count).min(self.column.max(FURTHEST))),
            ('D', _) => self.go(self.column.saturating_sub(count)),
            // The line is all of the screen that there is here.
            ('K' | 'J', 0) => self.erase(self.column, usize::MAX),
            ('K' | 'J', 1) => self.erase(self.column.saturating_sub(FURTHEST), self.column + 1),
            ('K', 2) | ('J', 2 | 3) => self.erase(0, usize::MAX),
            ('X', _) => self.erase(self.column, self.column + count),
            ('P', _) => self.shift(count, 0),
            ('@', _) => self.shift(0, count),
            ('s', _) => self.kept = self.column.min(FURTHEST),
            ('u', _) => self.go(self.kept),
            _ => {}
        }
    }
}

fn apply_sgr(sgr: &mut Sgr, parameters: &vte::Params) {
    let mut parameters = parameters.iter();
    while let Some(parameter) = parameters.next() {
        match parameter[0] {
            0 => *sgr = Sgr::default(),
            1 => sgr.bold = true,
            2 => sgr.dim = true,
            3 => sgr.italic = true,
            4 => sgr.underline = parameter.get(1) != Some(&0),
            7 => sgr.reverse = true,
            22 => (sgr.bold, sgr.dim) = (false, false),
            23 => sgr.italic = false,
            24 => sgr.underline = false,
            27 => sgr.reverse = false,
            code @ 30..=37 => sgr.foreground = Some(SgrColor::Indexed(code as u8 - 30)),
            code @ 90..=97 => sgr.foreground = Some(SgrColor::Indexed(code as u8 - 90 + 8)),
            code @ 40..=47 => sgr.background = Some(SgrColor::Indexed(code as u8 - 40)),
            code @ 100..=107 => sgr.background = Some(SgrColor::Indexed(code as u8 - 100 + 8)),
            38 => sgr.foreground = extended_color(parameter, &mut parameters).or(sgr.foreground),
            48 => sgr.background = extended_color(parameter, &mut parameters).or(sgr.background),
            39 => sgr.foreground = None,
            49 => sgr.background = None,
            _ => {}
        }
    }
}

/// `38;5;n`, `38;2;r;g;b` and their forms with colons (ITU T.416; the colour-space field may be present or not).
fn extended_color<'a>(parameter: &[u16], rest: &mut impl Iterator<Item = &'a [u16]>) -> Option<SgrColor> {
    // A number above 255 names no colour: the sequence is passed over, as terminals do.
    let byte = |value: u16| u8::try_from(value).ok();
    if parameter.len() > 1 {
        return match (parameter[1], parameter.len()) {
            (5, 3) => byte(parameter[2]).map(SgrColor::Indexed),
            (2, 5) => Some(SgrColor::Rgb(byte(parameter[2])?, byte(parameter[3])?, byte(parameter[4])?)),
            (2, 6) => Some(SgrColor::Rgb(byte(parameter[3])?, byte(parameter[4])?, byte(parameter[5])?)),
            _ => None,
        };
    }
    match rest.next()?.first()? {
        5 => byte(rest.next()?[0]).map(SgrColor::Indexed),
        2 => Some(SgrColor::Rgb(byte(rest.next()?[0])?, byte(rest.next()?[0])?, byte(rest.next()?[0])?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(bytes: &[u8]) -> String {
        let mut text = String::new();
        decode(bytes, 400).iter().for_each(|glyph| glyph.write(&mut text));
        text
    }

    #[test]
    fn colours_stay_and_everything_else_goes() {
        let pieces = pieces(&decode(b"\x1b[31mred\x1b[0m \x1b[1;38;5;200mpink\x1b]0;title\x07\x1b[?25l!", 80));
        assert_eq!(pieces[0].sgr.foreground, Some(SgrColor::Indexed(1)));
        assert_eq!(pieces[2].sgr.foreground, Some(SgrColor::Indexed(200)));
        let text: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(text, "red pink!");
    }

    #[test]
    fn a_progress_bar_shows_its_last_state() {
        assert_eq!(shown(b"10%\r20%\r100%"), "100%");
        assert_eq!(shown(b"loading\r\x1b[Kdone"), "done");
        assert_eq!(shown(b"|\x08/\x08-"), "-");
    }

    #[test]
    fn escape_sequences_of_progress_lines_leave_their_last_state() {
        // yarn, npm: to the first column, and what was there is erased or written over.
        assert_eq!(shown(b"\x1b[2K\x1b[1G[1/4] Resolving"), "[1/4] Resolving");
        assert_eq!(shown(b"\x1b[1G[----] 0/900\x1b[1G[##--] 450/900\x1b[2K\x1b[1G[2/4] Fetching"), "[2/4] Fetching");
        assert_eq!(shown(b"100 of 100\x1b[4D\x1b[K\x1b[2Dxy"), "100 xy");
        assert_eq!(shown(b"abcdef\rXY"), "XYcdef", "what is not written over stays");
        assert_eq!(shown(b"abc\x08\x08\x08xyz"), "xyz");
        assert_eq!(shown(b"abcdef\x1b[3G\x1b[2X!"), "ab! ef");
        assert_eq!(shown(b"abcdef\x1b[3G\x1b[1K"), "   def");
        assert_eq!(shown(b"abcdef\x1b[2G\x1b[2P\x1b[1@"), "a def");
        assert_eq!(shown(b"10%\x1b7 later\x1b8!"), "10%!later");
        assert_eq!(decode(b"\x1b[5Gx\x1b[60000Gy", COLUMNS_MAX).len(), FURTHEST, "no terminal is wider");
        assert_eq!(shown("漢字\rab".as_bytes()), "ab字");
    }

    #[test]
    fn what_erases_the_screen_erases_the_line() {
        assert_eq!(shown(b"long old text\x1b[1G\x1b[0Jnew"), "new", "as readline of Node.js does");
        assert_eq!(shown(b"abcdef\x1b[3G\x1b[J!"), "ab!");
        assert_eq!(shown(b"abcdef\x1b[3G\x1b[1J"), "   def");
        assert_eq!(shown(b"abcdef\x1b[2J\rx"), "x");
        assert_eq!(shown(b"abcdef\x1b[3J\rx"), "x");
    }

    #[test]
    fn sequences_in_a_line_of_more_than_any_terminal_has_erase_what_is_there() {
        let line = "漢".repeat(1_100);
        let erased = |sequences: &str| read(format!("{line}{sequences}").as_bytes(), usize::MAX).glyphs;
        assert_eq!(erased("\x1b[2D\x1b[1K").len(), 1_100 - 512 - 1 + 1_024 + 2);
        assert!(erased("\x1b[1000D\x1b[999X").ends_with(&vec![Glyph::blank(); 1_000]));
    }

    #[test]
    fn tabs_after_a_move_go_no_further_than_any_terminal() {
        let tabs = "\t".repeat(64 * 1024);
        assert_eq!(kept(format!("a\x1b[C{tabs}b").as_bytes()).len(), FURTHEST + 1);
    }

    #[test]
    fn a_line_of_the_screen_costs_no_more_than_what_is_shown_of_it() {
        let line = read(&[0; 64 * 1024], 80);
        assert!(line.controls <= 1024, "{} control characters were looked at", line.controls);
        assert!(line.glyphs[0].marks.len() <= 4 * 80, "{} were kept", line.glyphs[0].marks.len());
        assert!(decode(&[0; 64 * 1024], 80).len() <= 82);
        let again = [&[0; 64 * 1024][..], b"\r"].concat();
        assert!(read(&again, 80).glyphs[0].marks.len() <= 4 * 80, "also where the line goes back");
        let broken = read(&[0xff; 64 * 1024], 80);
        assert!(broken.column <= 82, "{} broken bytes were looked at", broken.column);
    }

    #[test]
    fn a_line_that_moves_and_erases_for_ever_is_not_obeyed_for_ever() {
        let text = "漢x".repeat(100);
        for again in ["\r\x1b[200X", "\r\x1b[1000@\x1b[1000P", "\r漢\ra", "\r\0\ra"] {
            let after = |count: usize| shown(format!("{text}{}\rabcdef\r\x1b[3X", again.repeat(count)).as_bytes());
            assert!(after(1).starts_with("   def"), "{again:?}");
            assert!(after(8_000).starts_with("abcdef"), "{again:?} has used up what a line gets");
        }
    }

    #[test]
    fn tabs_controls_and_bad_bytes_are_sensible() {
        assert_eq!(shown(b"a\tb"), "a       b");
        assert_eq!(shown(b"abc\x08\x08\tb"), "abc     b", "a tab writes nothing where it goes");
        assert_eq!(shown(b"nul\0bel\x07"), "nul^@bel^G");
        assert_eq!(shown(b"ok \xff bad"), "ok \u{fffd} bad");
        for cut in [&b"end \xff"[..], b"end \xc3", b"end \xe2\x82", b"end \xf0\x9f\x98"] {
            assert_eq!(shown(cut), "end \u{fffd}", "{cut:?}");
        }
        assert_eq!(shown(b"abcdefghij\r\tX"), "abcdefghXj", "a tab goes over what is there");
        assert_eq!(shown(b"a\tb\x1b[4Gx"), "a  x    b", "and is room to write in");
        assert_eq!(shown("caf\u{e9}".as_bytes().split_last().unwrap().1), "caf\u{fffd}", "also at the end");
        assert_eq!(shown(b"\xe6\x97\x1b[31m!"), "\u{fffd}!", "or before a colour");
        assert_eq!(shown("\u{301}x".as_bytes()), " \u{301}x");
        assert_eq!(shown("x\u{202e}y\u{200b}z\u{9b}2J".as_bytes()), "x<U+202E>y<U+200B>z<9b>2J");
    }

    #[test]
    fn a_line_of_a_megabyte_is_cut_at_the_columns_asked_for() {
        assert_eq!(decode(&vec![b'x'; 1 << 20], 80).len(), 80);
    }

    #[test]
    fn combining_marks_stay_on_their_letter_but_not_by_the_hundred() {
        let zalgo = format!("a{}b", "\u{301}".repeat(100));
        let glyphs = decode(zalgo.as_bytes(), 80);
        assert_eq!(glyphs.len(), 2);
        assert!(glyphs[0].marks.chars().count() <= COMBINING_MAX);
    }

    fn kept(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        written(bytes, &mut out);
        out
    }

    #[test]
    fn what_was_written_is_kept_byte_for_byte_without_colours() {
        let lines = [
            "name\tsize\tage",
            "  lead and trail   ",
            "family 👨\u{200d}👩\u{200d}👧 heart ❤\u{fe0f} skin 👍🏽",
            "soft\u{ad}hyphen \u{202e}rlo\u{202c} bom \u{feff} non \u{fffe}\u{10ffff} bell \u{7} nul \0",
            "zalgo Z\u{351}\u{351}\u{351}\u{351}\u{351}\u{351}\u{351} end",
            "\u{301}at the start",
        ];
        for line in lines {
            assert_eq!(String::from_utf8(kept(line.as_bytes())).unwrap(), line);
            let coloured = format!("\x1b[1;31m{line}\x1b[0m");
            assert_eq!(String::from_utf8(kept(coloured.as_bytes())).unwrap(), line);
            // The long way gives the same as the quick one.
            let titled = format!("\x1b]0;title\x07{line}");
            assert_eq!(String::from_utf8(kept(titled.as_bytes())).unwrap(), line);
        }
        assert_eq!(kept(b"caf\xc3"), b"caf\xc3");
        assert_eq!(kept(b"\x1b[Kcaf\xc3\xff\x1b[1m!"), b"caf\xc3\xff!");
        assert_eq!(kept(b"10%\r\t100%\r"), b"10%     100%".as_slice());
        assert_eq!(kept(b"line end\r"), b"line end");
    }

    proptest! {
        #[test]
        fn the_quick_way_to_what_was_written_gives_what_the_whole_way_gives(bytes in prop::collection::vec(any::<u8>(), 0..80), colours in any::<bool>()) {
            let mut bytes = bytes;
            if colours {
                bytes.splice(0..0, *b"\x1b[31m");
            }
            let (mut quick, mut whole) = (Vec::new(), Vec::new());
            if quickly_written(&bytes, &mut quick) && !bytes.contains(&b'\n') {
                read(&bytes, usize::MAX).glyphs.iter().for_each(|glyph| glyph.write_bytes(&mut whole));
                prop_assert_eq!(quick, whole);
            }
        }

        #[test]
        fn a_line_is_never_more_than_was_written_and_the_furthest_column(
            line in "(漢|a|\t|\r|\x08|\u{301}|\u{200d}|\x1b\\[[0-9;]{0,4}[GCDKJXP@msu]|\x1b[78]){0,40}"
        ) {
            let read = read(line.as_bytes(), usize::MAX);
            let columns: usize = read.glyphs.iter().map(|glyph| usize::from(glyph.width)).sum();
            prop_assert_eq!(columns, read.end);
            prop_assert!(read.end <= FURTHEST + 2 * line.len() * TAB);
            let before: usize = read.glyphs[..read.at].iter().map(|glyph| usize::from(glyph.width)).sum();
            prop_assert!(before == read.column || read.at == read.glyphs.len() && before <= read.column);
        }

        #[test]
        fn a_line_longer_than_any_terminal_obeys_what_it_can(
            columns in prop::sample::select(vec![80, 1_100, COLUMNS_MAX, usize::MAX]),
            text in "(漢|a|\t){1000,1500}",
            line in "(漢|a|\t|\r|\x08|\0|\u{301}|\x1b\\[(1?[0-9]{0,3}|2000)[GCDKJXP@asu`]|\x1b[78]){0,40}"
        ) {
            let line = format!("{text}{line}");
            let read = read(line.as_bytes(), columns);
            let wide: usize = read.glyphs.iter().map(|glyph| usize::from(glyph.width)).sum();
            prop_assert_eq!(wide, read.end);
            prop_assert!(read.at <= read.glyphs.len());
            prop_assert!(read.end <= FURTHEST + 2 * line.len() * TAB);
        }

        #[test]
        fn the_quick_way_to_plain_text_gives_what_the_whole_way_gives(
            line in "([ -~]{0,9}(\t|\x1b\\[[0-9;:]{0,6}[mK]|\r|\x08|\x1b|ä|\x07)?){0,6}"
        ) {
            let mut quick = String::new();
            if quickly_plain(line.as_bytes(), &mut quick) {
                prop_assert_eq!(quick, shown(line.as_bytes()));
            }
        }

        #[test]
        fn no_bytes_bring_a_hostile_character_out(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let text = shown(&bytes);
            prop_assert!(!text.chars().any(text::is_hostile), "{text:?}");
        }
    }
}
