//! Hits of a search in lines as they are seen, and their marks.

use crate::model::Search;
use crate::model::log_text::{Glyph, seen, written_over};
use std::borrow::Cow;
use std::ops::Range;

/// True if the line has a hit, as it is seen or in what was written over in it. `scratch` saves memory being taken for each line.
pub fn hits(search: &Search, bytes: &[u8], scratch: &mut String) -> bool {
    search.hits(seen(bytes, scratch)) || written_over(bytes).is_some_and(|before| search.hits(before))
}

/// A line with what was written over in it, where some pattern hits only that: the hit would not be seen.
pub(super) fn with_hidden_hits<'a, 'b>(
    mut patterns: impl Iterator<Item = &'a Search>,
    bytes: &'b [u8],
) -> Cow<'b, [u8]> {
    let Some(before) = written_over(bytes) else { return Cow::Borrowed(bytes) };
    let mut scratch = String::new();
    let is_hidden = |pattern: &Search| pattern.hits(&before) && !pattern.hits(seen(bytes, &mut scratch));
    match patterns.any(is_hidden) {
        true => bytes.split(|byte| *byte == b'\r').collect::<Vec<_>>().join(&b"^M"[..]).into(),
        false => Cow::Borrowed(bytes),
    }
}

/// Marks all hits among the glyphs of a line.
pub(super) fn mark(search: &Search, glyphs: &mut [Glyph]) {
    for hit in among(search, glyphs) {
        glyphs[hit].iter_mut().for_each(|glyph| glyph.hit = true);
    }
}

/// The hits among the glyphs of a line, each as a range of them.
pub(super) fn among(search: &Search, glyphs: &[Glyph]) -> Vec<Range<usize>> {
    let mut text = String::new();
    let mut starts = Vec::with_capacity(glyphs.len());
    for glyph in glyphs.iter() {
        starts.push(text.len());
        glyph.write(&mut text);
    }
    let place = |byte: usize| starts.partition_point(|start| *start < byte);
    search.ranges(text.as_bytes()).map(|hit| place(hit.start)..place(hit.end)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log_text::decode;

    #[test]
    fn a_hit_may_lie_across_a_colour_change() {
        let search = Search::new("error").unwrap();
        assert!(hits(&search, b"er\x1b[31mror\x1b[0m", &mut String::new()));
    }

    #[test]
    fn what_was_written_over_is_shown_where_it_is_hit() {
        let shown = |typed: &str, line: &'static [u8]| {
            let search = Search::new(typed).unwrap();
            String::from_utf8_lossy(&with_hidden_hits(std::iter::once(&search), line)).into_owned()
        };
        assert_eq!(shown("shown", b"shown\rhidden"), "shown^Mhidden");
        assert_eq!(shown("hidden", b"shown\rhidden"), "shown\rhidden");
        assert_eq!(shown("50", b"10%\r20%\r"), "10%\r20%\r");
    }

    #[test]
    fn all_hits_in_a_line_are_marked() {
        let mut glyphs = decode(b"abXab", 80);
        mark(&Search::new("ab").unwrap(), &mut glyphs);
        let marks: Vec<bool> = glyphs.iter().map(|glyph| glyph.hit).collect();
        assert_eq!(marks, [true, true, false, true, true]);
    }
}
