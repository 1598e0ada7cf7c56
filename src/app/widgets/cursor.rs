//! The row of a list that the keys mean, and the first row on screen.

/// A cursor in a list whose length its owner knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    row: usize,
    top: usize,
}

impl Cursor {
    /// The row under it.
    pub fn row(self) -> usize {
        self.row
    }

    /// The first row on screen.
    pub fn top(self) -> usize {
        self.top
    }

    /// Goes to a row of `count`, or to the last one.
    pub fn put(&mut self, row: usize, count: usize) {
        self.row = row.min(count.saturating_sub(1));
    }

    /// Moves by rows; it stops at the ends.
    pub fn move_by(&mut self, rows: isize, count: usize) {
        self.put(self.row.saturating_add_signed(rows), count);
    }

    /// Scrolls so that it is inside a window of `height` rows, and no row of the window is empty without need.
    pub fn fit(&mut self, height: usize, count: usize) {
        let height = height.max(1);
        self.top = self.top.min(count.saturating_sub(height)).clamp((self.row + 1).saturating_sub(height), self.row);
    }

    /// The row at a line of the window, if a list of `count` rows has it.
    pub fn row_at(self, line: u16, count: usize) -> Option<usize> {
        Some(self.top + usize::from(line)).filter(|row| *row < count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_stops_at_the_ends_and_the_window_follows() {
        let mut cursor = Cursor::default();
        cursor.move_by(30, 50);
        cursor.fit(10, 50);
        assert_eq!((cursor.row(), cursor.top()), (30, 21));
        cursor.move_by(isize::MIN / 2, 50);
        cursor.fit(10, 50);
        assert_eq!((cursor.row(), cursor.top()), (0, 0));
        cursor.put(usize::MAX, 50);
        cursor.fit(10, 50);
        assert_eq!((cursor.row(), cursor.top()), (49, 40));
        assert_eq!((cursor.row_at(9, 50), cursor.row_at(10, 50)), (Some(49), None));
    }

    proptest! {
        #[test]
        fn the_window_holds_the_cursor_and_wastes_no_row(
            steps in prop::collection::vec((-60isize..60, 0usize..40, 1usize..60), 1..20),
        ) {
            let mut cursor = Cursor::default();
            for (rows, height, count) in steps {
                cursor.move_by(rows, count);
                cursor.fit(height, count);
                let height = height.max(1);
                prop_assert!((cursor.top()..cursor.top() + height).contains(&cursor.row()));
                prop_assert!(cursor.row() < count && (cursor.top() == 0 || cursor.top() + height <= count));
            }
        }
    }
}
