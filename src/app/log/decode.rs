//! Bytes of a log line → what a person may see of them: text and colours, nothing that acts (row L6).
//!
//! Only SGR is honoured. Tabs go to the next multiple of eight, a carriage return and a backspace move back as on a
//! terminal (progress bars), every other control becomes visible, every other sequence is dropped, and invalid UTF-8
//! becomes U+FFFD.

use crate::model::text;
use unicode_width::UnicodeWidthChar;

/// A colour that a program asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SgrColor {
    /// One of 256; the first 16 are the terminal's own.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// How a program wants its text to look.
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
    /// It is a hit of the search.
    pub hit: bool,
}

/// Combining characters kept on one cell; more is an attack on the layout.
const COMBINING_MAX: usize = 4;

/// One column (or two, for wide characters) of a decoded line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glyph {
    pub character: char,
    /// Combining characters on it; nearly always none, which takes no memory.
    pub marks: String,
    pub width: u8,
    pub sgr: Sgr,
    pub hit: bool,
}

impl Glyph {
    /// Its text, behind what `out` holds.
    pub fn write(&self, out: &mut String) {
        out.push(self.character);
        out.push_str(&self.marks);
    }
}

/// Columns that any line is decoded to: what wrapping and searching go by.
pub(super) const COLUMNS_MAX: usize = 64 * 1024;

/// Glyphs that a line gets room for at once.
const ROOM: usize = 256;

/// Decodes a line into glyphs, at most `columns` of them.
pub(super) fn decode(bytes: &[u8], columns: usize) -> Vec<Glyph> {
    let room = bytes.len().min(columns).min(ROOM);
    let mut line =
        Line { glyphs: Vec::with_capacity(room), cursor: 0, column: 0, columns, sgr: Sgr::default(), full: false };
    let mut parser = vte::Parser::new();
    // In pieces, so that a line of a megabyte costs no more than what is shown of it.
    for part in bytes.chunks(1024) {
        parser.advance(&mut line, part);
        if line.full && !bytes.contains(&b'\r') {
            break;
        }
    }
    // A character whose bytes are not all there is held back until something else comes.
    parser.advance(&mut line, b"\n");
    line.glyphs
}

/// The plain text of a line, for searching, in place of what `out` held.
pub(super) fn plain(bytes: &[u8], out: &mut String) {
    out.clear();
    if !quickly_plain(bytes, out) {
        out.clear();
        decode(bytes, COLUMNS_MAX).iter().for_each(|glyph| glyph.write(out));
    }
}

/// As [`plain`], for what nearly all lines are: ASCII with colours and tabs. False when the line is something else.
fn quickly_plain(bytes: &[u8], out: &mut String) -> bool {
    let Ok(mut rest) = std::str::from_utf8(bytes) else { return false };
    if !rest.is_ascii() || rest.len() > COLUMNS_MAX {
        return false;
    }
    while let Some(at) = memchr::memchr2(b'\x1b', b'\t', rest.as_bytes()) {
        let (before, from) = rest.split_at(at);
        if before.bytes().any(|byte| byte.is_ascii_control()) {
            return false;
        }
        out.push_str(before);
        rest = &from[1..];
        if from.starts_with('\t') {
            // One column is one byte here.
            (out.len() % 8..8).for_each(|_| out.push(' '));
            continue;
        }
        let Some(parameters) = rest.strip_prefix('[') else { return false };
        let end = parameters.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b';' | b':')).count();
        if parameters.as_bytes().get(end) != Some(&b'm') {
            return false;
        }
        rest = &parameters[end + 1..];
    }
    if rest.bytes().any(|byte| byte.is_ascii_control()) {
        return false;
    }
    out.push_str(rest);
    true
}

/// Groups glyphs of one look.
pub(super) fn pieces(glyphs: &[Glyph]) -> Vec<Piece> {
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

struct Line {
    glyphs: Vec<Glyph>,
    /// Index into `glyphs` where the next one goes.
    cursor: usize,
    /// The column that is: the widths of the glyphs before it.
    column: usize,
    columns: usize,
    sgr: Sgr,
    full: bool,
}

impl Line {
    fn put(&mut self, character: char, width: u8) {
        if self.cursor >= self.columns {
            self.full = true;
            return;
        }
        let glyph = Glyph { character, marks: String::new(), width, sgr: self.sgr, hit: false };
        match self.glyphs.get_mut(self.cursor) {
            Some(under) => *under = glyph,
            None => self.glyphs.push(glyph),
        }
        self.cursor += 1;
        self.column += usize::from(width);
    }
}

impl vte::Perform for Line {
    fn print(&mut self, c: char) {
        if text::is_hostile(c) {
            let mut visible = String::new();
            text::push_visible(&mut visible, c);
            visible.chars().for_each(|c| self.put(c, 1));
            return;
        }
        match c.width().unwrap_or(0) {
            0 => {
                let before = self.cursor.checked_sub(1).and_then(|index| self.glyphs.get_mut(index));
                if let Some(before) = before.filter(|glyph| glyph.marks.chars().count() < COMBINING_MAX) {
                    before.marks.push(c);
                }
            }
            width => self.put(c, width as u8),
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\t' => (self.column % 8..8).for_each(|_| self.put(' ', 1)),
            b'\r' => (self.cursor, self.column) = (0, 0),
            0x08 => {
                self.cursor = self.cursor.saturating_sub(1);
                let width = self.glyphs.get(self.cursor).map_or(0, |glyph| glyph.width);
                self.column = self.column.saturating_sub(usize::from(width));
            }
            b'\n' => {}
            other => self.print(char::from(other)),
        }
    }

    fn csi_dispatch(&mut self, parameters: &vte::Params, intermediates: &[u8], _ignore: bool, action: char) {
        match action {
            'm' if intermediates.is_empty() => apply_sgr(&mut self.sgr, parameters),
            // Progress bars clear the rest of their line.
            'K' => self.glyphs.truncate(self.cursor),
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
        let pieces = pieces(&decode(b"\x1b[31mred\x1b[0m \x1b[1;38;5;200mpink\x1b]0;title\x07\x1b[2J!", 80));
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
    fn tabs_controls_and_bad_bytes_are_sensible() {
        assert_eq!(shown(b"a\tb"), "a       b");
        assert_eq!(shown(b"abc\x08\x08\tb"), "a       b", "the tab begins where the cursor went");
        assert_eq!(shown(b"nul\0bel\x07"), "nul^@bel^G");
        assert_eq!(shown(b"ok \xff bad"), "ok \u{fffd} bad");
        for cut in [&b"end \xff"[..], b"end \xc3", b"end \xe2\x82", b"end \xf0\x9f\x98"] {
            assert_eq!(shown(cut), "end \u{fffd}", "{cut:?}");
        }
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

    proptest! {
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
