//! One sanitiser for every text that came from somebody else (row L6).
//!
//! Names, labels, images, error texts and log lines are bytes that a container chose. What leaves this module holds no
//! control character, no character that reorders text and none that is invisible: they are made visible in plain ASCII.

use std::borrow::Cow;

/// True for a character that must never reach a terminal as it is.
pub fn is_hostile(c: char) -> bool {
    c.is_control() || is_invisible(c)
}

/// Characters that print nothing, reorder what is printed, or of whose width no two terminals think alike: bidi controls,
/// zero-width, separators, signs that only format, tags, noncharacters.
fn is_invisible(c: char) -> bool {
    is_noncharacter(c)
        || matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{0600}'..='\u{0605}' | '\u{061C}' | '\u{06DD}' | '\u{070F}' | '\u{0890}'..='\u{0891}' | '\u{08E2}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Code points that are no characters and never will be: some terminals drop them, others show a box.
fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{FDD0}'..='\u{FDEF}') || c as u32 & 0xFFFE == 0xFFFE
}

/// Only chooses between pictures of the character before it.
fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Writes `c` so that it can be seen and does nothing: `^[` for ESC, `<9b>` for an 8-bit control, `<U+202E>` for bidi.
/// Variation selectors are dropped. Line ends and tabs become a space.
pub fn push_visible(out: &mut String, c: char) {
    match c {
        '\t' | '\n' | '\r' => out.push(' '),
        c if is_variation_selector(c) => {}
        c if (c as u32) < 0x20 => {
            out.push('^');
            out.push(char::from(c as u8 + 0x40));
        }
        '\u{7f}' => out.push_str("^?"),
        c if c.is_control() => out.push_str(&format!("<{:02x}>", c as u32)),
        c if is_invisible(c) => out.push_str(&format!("<U+{:04X}>", c as u32)),
        c => out.push(c),
    }
}

/// The text on one line with everything hostile made visible. Borrowed when it was clean already.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    text.chars().for_each(|c| push_visible(&mut out, c));
    Cow::Owned(out)
}

/// The text on its lines, with everything hostile but line feeds and tabs made visible. Borrowed when it was clean already.
pub fn clean_lines(text: &str) -> Cow<'_, str> {
    let stays = |c: char| matches!(c, '\t' | '\n') || !is_hostile(c);
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\r' => out.push_str("^M"),
            c if stays(c) => out.push(c),
            c => push_visible(&mut out, c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn clean_text_is_borrowed() {
        assert!(matches!(clean("shop-api:2.4.1 größer 漢字"), Cow::Borrowed(_)));
    }

    #[test]
    fn of_several_lines_line_ends_and_tabs_stay_and_nothing_else_that_acts() {
        assert!(matches!(clean_lines("a\tb\nc"), Cow::Borrowed(_)));
        assert_eq!(clean_lines("a\tb\r\n\x1b[2J\u{7f}\u{9b}c"), "a\tb^M\n^[[2J^?<9b>c");
    }

    #[test]
    fn control_sequences_become_visible() {
        assert_eq!(clean("a\x1b]0;owned\x07b"), "a^[]0;owned^Gb");
        assert_eq!(clean("\u{9b}2J"), "<9b>2J");
        assert_eq!(clean("safe\u{202E}gpj.exe"), "safe<U+202E>gpj.exe");
        assert_eq!(clean("two\nlines\tand"), "two lines and");
        assert_eq!(clean("zero\u{200b}width"), "zero<U+200B>width");
    }

    #[test]
    fn what_terminals_drop_or_measure_differently_becomes_visible() {
        assert_eq!(clean("non \u{fffe}\u{ffff}\u{10ffff}\u{fdd0} end"), "non <U+FFFE><U+FFFF><U+10FFFF><U+FDD0> end");
        assert_eq!(clean("tag 🏴\u{e0067}\u{e007f} end"), "tag 🏴<U+E0067><U+E007F> end");
        assert_eq!(clean("a\u{2028}b\u{feff}c\u{ad}d"), "a<U+2028>b<U+FEFF>c<U+00AD>d");
        assert_eq!(clean("heart ❤\u{fe0f} 葛\u{e0100}"), "heart ❤ 葛");
        assert_eq!(clean("\u{600}1"), "<U+0600>1");
    }

    proptest! {
        #[test]
        fn nothing_hostile_survives(text in any::<String>()) {
            prop_assert!(!clean(&text).chars().any(is_hostile));
        }

        #[test]
        fn cleaning_twice_changes_nothing(text in any::<String>()) {
            let once = clean(&text).into_owned();
            prop_assert_eq!(clean(&once).into_owned(), once.clone());
        }
    }
}
