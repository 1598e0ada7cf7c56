//! What there is room for in a line of many parts: what matters least is left out first. Titles, the header, the footer and the
//! feet of layers are laid out by it.

/// How much a part of a line matters, where there is no room for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Nice to know.
    Least,
    /// Known elsewhere, or seldom asked for.
    Low,
    /// The content that one looks here for.
    Usual,
    /// What was chosen, and makes that something is not shown; what may go wrong.
    High,
    /// What is wrong, and without what the rest would be taken for something else.
    Most,
}

impl Priority {
    /// All, from what matters most downwards.
    const DOWN: [Priority; 5] = [Priority::Most, Priority::High, Priority::Usual, Priority::Low, Priority::Least];
}

/// A part that is cut to fewer columns tells nothing.
const CUT: u16 = 8;
/// A part of fewer columns is left out rather than cut, unless nothing matters more: the rest of a word is none.
const WORD: u16 = 2 * CUT;

/// Columns for each part, with its weight and width; 0 for what is left out. Of equals the later go first. What does not fit
/// whole is cut where enough of it stays, and nothing that matters less is shown then.
pub fn fit(parts: &[(Priority, u16)], room: u16, gap: u16) -> Vec<u16> {
    let mut columns = vec![0; parts.len()];
    let mut left = room;
    for weight in Priority::DOWN {
        for (index, (_, width)) in parts.iter().enumerate().filter(|(_, part)| part.0 == weight && part.1 > 0) {
            if width.saturating_add(gap) > left {
                let cut = left.saturating_sub(gap);
                let may_be_cut = *width >= WORD || weight == Priority::Most;
                columns[index] = if may_be_cut && cut >= CUT { cut } else { 0 };
                return columns;
            }
            columns[index] = *width;
            left -= width + gap;
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_matters_least_goes_first_wherever_it_stands() {
        let parts =
            [(Priority::Low, 9), (Priority::Most, 5), (Priority::High, 6), (Priority::Most, 5), (Priority::Usual, 3)];
        assert_eq!(fit(&parts, 38, 2), [9, 5, 6, 5, 3]);
        assert_eq!(fit(&parts, 30, 2), [0, 5, 6, 5, 3]);
        assert_eq!(fit(&parts, 22, 2), [0, 5, 6, 5, 0]);
        assert_eq!(fit(&parts, 21, 2), [0, 5, 0, 5, 0]);
        assert_eq!(
            fit(&[(Priority::Usual, 3), (Priority::High, 40)], 20, 2),
            [0, 18],
            "rather the beginning than nothing"
        );
        assert_eq!(fit(&[(Priority::Usual, 3), (Priority::High, 40)], 9, 2), [0, 0]);
        assert_eq!(fit(&[(Priority::Most, 5), (Priority::Low, 9)], 17, 2), [5, 0], "half a word tells nothing");
    }

    proptest! {
        #[test]
        fn nothing_is_shown_while_something_that_matters_more_is_not(
            parts in prop::collection::vec((prop::sample::select(&Priority::DOWN[..]), 0u16..30), 0..9), room in 0u16..120, gap in 0u16..4
        ) {
            let columns = fit(&parts, room, gap);
            let used: u16 = columns.iter().filter(|columns| **columns > 0).map(|columns| columns + gap).sum();
            prop_assert!(used <= room);
            for (part, _) in parts.iter().zip(&columns).filter(|(part, columns)| **columns < part.1) {
                for (other, shown) in parts.iter().zip(&columns).filter(|(other, _)| other.0 < part.0 && other.1 > 0) {
                    prop_assert_eq!(*shown, 0, "{:?} stands though {:?} does not", other, part);
                }
            }
        }
    }
}
