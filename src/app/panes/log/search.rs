//! Hits of a search in lines as they are seen, and their marks.

use crate::model::Search;
use crate::model::log_text::{Glyph, seen};
use std::ops::Range;

/// True if the line, as it is seen, has a hit. `scratch` saves memory being taken for each line.
pub fn hits(search: &Search, bytes: &[u8], scratch: &mut String) -> bool {
    search.hits(seen(bytes, scratch))
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
    fn all_hits_in_a_line_are_marked() {
        let mut glyphs = decode(b"abXab", 80);
        mark(&Search::new("ab").unwrap(), &mut glyphs);
        let marks: Vec<bool> = glyphs.iter().map(|glyph| glyph.hit).collect();
        assert_eq!(marks, [true, true, false, true, true]);
    }
}
