//! Bookmarks in logs. They are kept for as long as the cockpit runs, whatever log is on screen.

use super::view::LogView;
use crate::app::component::Cx;
use crate::model::{Id, LineMark, Timestamp};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Bookmarks at most.
const MOST: usize = 1000;

/// A line that is marked: known by its container, its moment and its bytes, whatever its number in a view.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bookmark {
    at: Timestamp,
    id: Id,
    bytes: u64,
}

/// All bookmarks.
pub type Bookmarks = Arc<BTreeSet<Bookmark>>;

/// What came of setting a bookmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// It is there.
    On,
    /// It is gone.
    Off,
    /// There is no line.
    NoLine,
    /// There are too many.
    TooMany,
}

impl LogView {
    pub(super) fn bookmark_of(&self, mark: &LineMark, bytes: &[u8]) -> Bookmark {
        let voice = self.merge.as_ref().and_then(|merge| merge.voices.get(usize::from(mark.voice)));
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let id = voice.map_or(&self.id, |voice| &voice.id).clone();
        Bookmark { at: mark.at, id, bytes: hasher.finish() }
    }

    /// True if a line has a bookmark.
    pub(super) fn is_bookmarked(&self, mark: &LineMark, bytes: &[u8]) -> bool {
        !self.bookmarks.is_empty() && self.bookmarks.contains(&self.bookmark_of(mark, bytes))
    }

    /// Sets a bookmark on the current line, or takes it away.
    pub(super) fn turn_bookmark(&mut self, cx: &Cx) -> Set {
        let line = self.current_line(cx.size(), &cx.options.logs).and_then(|line| self.line(line));
        let Some(bookmark) = line.map(|(mark, bytes)| self.bookmark_of(mark, bytes)) else { return Set::NoLine };
        let all = Arc::make_mut(&mut self.bookmarks);
        if all.remove(&bookmark) {
            return Set::Off;
        }
        if all.len() >= MOST {
            return Set::TooMany;
        }
        all.insert(bookmark);
        Set::On
    }

    /// To the next or the previous bookmark of this log. False if there is none.
    pub(super) fn step_bookmark(&mut self, cx: &Cx, forward: bool) -> bool {
        let here = self.current_line(cx.size(), &cx.options.logs).unwrap_or(0);
        let loaded = self.bookmarks.iter().filter_map(|bookmark| self.line_of(bookmark));
        let next = match forward {
            true => loaded.filter(|line| *line > here).min(),
            false => loaded.filter(|line| *line < here).max(),
        };
        if let Some(line) = next {
            self.cursor = None;
            self.show_line(line, cx.size(), &cx.options.logs);
            return true;
        }
        let oldest = self.first_shown().and_then(|line| self.line(line)).map(|(mark, _)| mark.at);
        let is_own = |bookmark: &&Bookmark| bookmark.id == self.id && self.merge.is_none();
        let older = self.bookmarks.iter().rev().filter(is_own).map(|bookmark| bookmark.at);
        let older = older.into_iter().find(|at| !forward && oldest.is_some_and(|oldest| *at < oldest));
        if let Some(at) = older {
            self.show_time(cx, at);
        }
        older.is_some()
    }

    /// The line of a bookmark, where it is loaded and shown.
    pub(super) fn line_of(&self, bookmark: &Bookmark) -> Option<i64> {
        let from = self.at_or_after(self.filters.at_time(bookmark.at, &self.ring))?;
        let near = std::iter::successors(Some(from), |line| self.after(*line));
        let mut same =
            near.map_while(|line| self.line(line).filter(|(mark, _)| mark.at <= bookmark.at).map(|of| (line, of)));
        same.find(|(_, (mark, bytes))| self.bookmark_of(mark, bytes) == *bookmark).map(|(line, _)| line)
    }
}
