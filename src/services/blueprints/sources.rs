//! The texts that a blueprint is read from: the file itself and those it extends, one behind the other, so that one range of bytes
//! names a place in any of them.

use crate::model::BlueprintFile;
use std::ops::Range;

/// Files, each with the offset at which its text begins.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<(usize, BlueprintFile)>,
}

impl Sources {
    /// Takes a file in. The offset that its ranges are shifted by.
    pub fn add(&mut self, file: BlueprintFile) -> usize {
        // A byte between two files: the end of one is not the start of the next.
        let start = self.files.last().map_or(0, |(start, last)| start + last.text.len() + 1);
        self.files.push((start, file));
        start
    }

    /// The file in which a place lies, and the place in it.
    pub fn locate(&self, range: &Range<usize>) -> Option<(&BlueprintFile, Range<usize>)> {
        let (start, file) = self.files.iter().rev().find(|(start, _)| *start <= range.start)?;
        let end = |at: usize| at.saturating_sub(*start).min(file.text.len());
        Some((file, end(range.start)..end(range.end.max(range.start))))
    }
}

/// The line and the column of an offset, both from 1. A column is a character.
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_lies_in_the_file_that_it_came_from() {
        let file =
            |name: &str, text: &str| BlueprintFile { name: name.into(), text: text.into(), ..BlueprintFile::default() };
        let mut sources = Sources::default();
        assert_eq!(sources.add(file("own", "12345")), 0);
        let base = sources.add(file("base", "abc"));
        let named = |range| sources.locate(&range).map(|(file, range)| (file.name.clone(), range));
        assert_eq!(named(5..5), Some(("own".into(), 5..5)));
        assert_eq!(named(base + 1..base + 2), Some(("base".into(), 1..2)));
        assert_eq!(named(base + 1..base + 90), Some(("base".into(), 1..3)));
    }

    #[test]
    fn lines_and_columns_are_counted_in_characters() {
        assert_eq!(line_and_column("é = 1\nab = 2", 0), (1, 1));
        assert_eq!(line_and_column("é = 1\nab = 2", 3), (1, 3));
        assert_eq!(line_and_column("é = 1\nab = 2", 10), (2, 4));
    }
}
