//! The lines of a log that pass filters, with the lines near them.

use super::log::{Batch, LineMark};
use super::log_filter::LogFilters;
use std::collections::VecDeque;
use std::sync::Arc;

/// Takes lines one after the other, and keeps those that pass and their lines of context, each once.
#[derive(Debug, Default)]
pub struct LogExcerpt {
    filters: Arc<LogFilters>,
    context: usize,
    /// The latest lines that did not pass.
    before: VecDeque<(LineMark, Vec<u8>)>,
    /// How many lines of context follow.
    after: usize,
    scratch: String,
    /// What was kept, until somebody takes it.
    pub kept: Batch,
    /// Lines that passed.
    pub count: u64,
}

impl LogExcerpt {
    /// Of lines that have not come yet.
    pub fn new(filters: Arc<LogFilters>) -> LogExcerpt {
        LogExcerpt { context: filters.context(), filters, ..LogExcerpt::default() }
    }

    /// True if lines that do not pass may be kept.
    pub fn has_context(&self) -> bool {
        self.context > 0
    }

    /// True if a line passes.
    pub fn passes(&mut self, mark: &LineMark, text: &[u8]) -> bool {
        self.filters.is_empty() || self.filters.hold(mark, text, &mut self.scratch)
    }

    /// Takes a line.
    pub fn take(&mut self, mark: &LineMark, text: &[u8]) {
        if self.passes(mark, text) {
            self.take_passed(mark, text);
        } else if self.after > 0 {
            self.after -= 1;
            self.keep(mark, text, true);
        } else if self.context > 0 {
            if self.before.len() == self.context {
                self.before.pop_front();
            }
            self.before.push_back((*mark, text.to_vec()));
        }
    }

    /// Takes a line that is known to pass.
    pub fn take_passed(&mut self, mark: &LineMark, text: &[u8]) {
        for (mark, text) in std::mem::take(&mut self.before) {
            self.keep(&mark, &text, true);
        }
        self.keep(mark, text, false);
        self.count += 1;
        self.after = self.context;
    }

    fn keep(&mut self, mark: &LineMark, text: &[u8], context: bool) {
        // What is kept is taken long before 4 GiB.
        let start = u32::try_from(self.kept.bytes.len()).unwrap_or(u32::MAX);
        self.kept.bytes.extend_from_slice(text);
        self.kept.lines.push(LineMark { start, context, ..*mark });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LogFilter;
    use proptest::prelude::*;

    fn excerpt(typed: &str) -> LogExcerpt {
        let filter = LogFilter::parse(typed).expect("readable").expect("not empty");
        LogExcerpt::new(Arc::new(LogFilters(vec![filter])))
    }

    fn numbers(count: usize, excerpt: &mut LogExcerpt) -> Vec<usize> {
        for number in 0..count {
            let text = number.to_string();
            excerpt.take(&LineMark { len: text.len() as u32, ..LineMark::default() }, text.as_bytes());
        }
        let number = |mark| std::str::from_utf8(excerpt.kept.line(mark)).ok()?.parse().ok();
        excerpt.kept.lines.iter().filter_map(number).collect()
    }

    #[test]
    fn lines_of_context_are_marked_and_do_not_count() {
        let mut excerpt = excerpt("-C1 ^5$");
        assert_eq!(numbers(9, &mut excerpt), [4, 5, 6]);
        let marked: Vec<bool> = excerpt.kept.lines.iter().map(|mark| mark.context).collect();
        assert_eq!((marked, excerpt.count), (vec![true, false, true], 1));
    }

    proptest! {
        /// Context is what `grep -C` tells: each line once, in order, however near two hits are to each other.
        #[test]
        fn context_is_each_line_near_a_hit_once(count in 1usize..200, lines in 0usize..6, digit in 0u8..10) {
            let hits = |number: usize| number % 10 == usize::from(digit);
            let near = |number: &usize| {
                (number.saturating_sub(lines)..=number + lines).any(|near| near < count && hits(near))
            };
            let told = numbers(count, &mut excerpt(&format!("-C{lines} {digit}$")));
            prop_assert_eq!(told, (0..count).filter(near).collect::<Vec<_>>());
        }
    }
}
