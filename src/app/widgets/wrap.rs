//! Where a long text goes on in the next row: the one place that breaks logs, values, files, questions and notices.
//!
//! It counts columns, not characters. Nothing is left out, and no row is wider than asked, unless a single character is.

use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The places at which a row can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaks {
    /// Behind spaces, which are not shown there, and within a word only where it is too long for a row: for sentences.
    AtSpaces,
    /// Behind any character: for values, and for what stands in columns.
    Anywhere,
}

/// The rows of a run of characters, as ranges that follow each other; nothing at all is one row. Of each character its columns
/// are given, and whether it is a space that a row may end with.
pub(in crate::app) fn rows(characters: impl IntoIterator<Item = (usize, bool)>, width: usize) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let (mut start, mut used, mut count) = (0, 0, 0);
    let mut has_word = false;
    // The place behind the last space, and the columns used since.
    let mut space: Option<(usize, usize)> = None;
    for (at, (columns, is_space)) in characters.into_iter().enumerate() {
        if !is_space && used + columns > width && at > start {
            let (end, since) = space.take().unwrap_or((at, 0));
            rows.push(start..end);
            (start, used) = (end, since);
            // A word of wide characters may be too long for a row of its own.
            if used + columns > width && at > start {
                rows.push(start..at);
                (start, used) = (at, 0);
            }
        }
        used += columns;
        has_word |= !is_space;
        space = match space {
            // Blanks before the first word are how far it stands in.
            _ if is_space && has_word => Some((at + 1, 0)),
            Some((place, since)) => Some((place, since + columns)),
            None => None,
        };
        count = at + 1;
    }
    rows.push(start..count);
    rows
}

/// A text in rows: it goes on in another one at its line ends, and where a row is full.
pub fn lines(text: &str, width: usize, breaks: Breaks) -> Vec<&str> {
    text.split('\n').flat_map(|line| lines_of(line, width, breaks)).collect()
}

/// A sentence in rows, broken at its spaces.
pub fn words(text: &str, width: usize) -> Vec<String> {
    lines(text, width, Breaks::AtSpaces).into_iter().map(str::to_string).collect()
}

fn lines_of(line: &str, width: usize, breaks: Breaks) -> Vec<&str> {
    let at_spaces = breaks == Breaks::AtSpaces;
    let shown = |row: &'_ str| -> usize { if at_spaces { row.trim_end_matches(' ').len() } else { row.len() } };
    let part = |row: Range<usize>| &line[row.start..row.start + shown(&line[row])];
    if line.is_ascii() {
        let rows = rows(line.bytes().map(|byte| (1, at_spaces && byte == b' ')), width);
        return rows.into_iter().map(part).collect();
    }
    let rows = rows(line.graphemes(true).map(|cluster| (cluster.width(), at_spaces && cluster == " ")), width);
    let offsets: Vec<usize> = line.grapheme_indices(true).map(|(offset, _)| offset).chain([line.len()]).collect();
    rows.into_iter().map(|row| part(offsets[row.start]..offsets[row.end])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sentences_break_at_spaces_and_long_words_wherever_they_must() {
        assert_eq!(words("stop it first, or remove it", 10), ["stop it", "first, or", "remove it"]);
        assert_eq!(words("see /srv/a-long-path/x", 8), ["see", "/srv/a-l", "ong-path", "/x"]);
        assert_eq!(words("a bcd漢字", 5), ["a", "bcd漢", "字"]);
        assert_eq!(words("  kept: abcdefgh", 10), ["  kept:", "abcdefgh"], "how far it stands in stays");
        assert_eq!(
            (words("", 9), words("a\n\nb", 9)),
            (vec![String::new()], vec!["a".into(), String::new(), "b".into()])
        );
    }

    #[test]
    fn values_break_anywhere_and_by_columns() {
        assert_eq!(lines("ab cd", 3, Breaks::Anywhere), ["ab ", "cd"]);
        assert_eq!(lines("größe漢字漢", 7, Breaks::Anywhere), ["größe漢", "字漢"]);
        assert_eq!(lines("👍🏽👍🏽👍🏽", 4, Breaks::Anywhere), ["👍🏽👍🏽", "👍🏽"]);
    }

    /// Texts of all kinds of widths.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![any::<String>(), "[a-c ]{0,60}", "[a ä漢字👍🏽e\u{301} -]{0,40}", "[ab\n ]{0,40}"].prop_map(|text| {
            text.split('\n').map(|line| crate::model::text::clean(line).into_owned()).collect::<Vec<_>>().join("\n")
        })
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_row_is_wider_than_asked(text in text(), width in 2usize..40) {
            let broken = lines(&text, width, Breaks::Anywhere);
            prop_assert_eq!(broken.concat(), text.replace('\n', ""));
            let sentence = lines(&text, width, Breaks::AtSpaces);
            let without_blanks = |text: &str| text.replace([' ', '\n'], "");
            prop_assert_eq!(without_blanks(&sentence.concat()), without_blanks(&text));
            for row in broken.iter().chain(&sentence) {
                prop_assert!(row.width() <= width || row.graphemes(true).count() == 1, "{:?} in {}", row, width);
            }
        }

        #[test]
        fn a_row_ends_within_a_word_only_if_that_is_longer_than_a_row(text in "[a-c ]{0,60}", width in 2usize..20) {
            let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_string).collect::<Vec<_>>();
            prop_assume!(words(&text).iter().all(|word| word.len() <= width) && !text.starts_with(' '));
            let rows: Vec<String> = lines(&text, width, Breaks::AtSpaces).into_iter().flat_map(words).collect();
            prop_assert_eq!(rows, words(&text));
        }
    }
}
