//! Hits of a search in lines as they are seen, and their marks.

use crate::model::Search;
use crate::model::log_text::{Glyph, seen};

/// True if the line, as it is seen, has a hit. `scratch` saves memory being taken for each line.
pub fn hits(search: &Search, bytes: &[u8], scratch: &mut String) -> bool {
    search.hits(seen(bytes, scratch))
}

/// Marks all hits among the glyphs of a line.
pub(super) fn mark(search: &Search, glyphs: &mut [Glyph]) {
    let mut text = String::new();
    let mut starts = Vec::with_capacity(glyphs.len());
    for glyph in glyphs.iter() {
        starts.push(text.len());
        glyph.write(&mut text);
    }
    for hit in search.ranges(text.as_bytes()) {
        let from = starts.partition_point(|start| *start < hit.start);
        let to = starts.partition_point(|start| *start < hit.end);
        for glyph in glyphs.get_mut(from..to).unwrap_or_default() {
            glyph.hit = true;
        }
    }
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
