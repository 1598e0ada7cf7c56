//! What of an object is open and what is folded.

use super::diff::Mark;
use super::view::{InspectView, Row};

/// What holds so few values is open at first, wherever it stands.
const SMALL: u32 = 3;
/// The nodes that are unfolded at first, whatever their size.
const ESSENTIAL: &[&str] = &[
    "State",
    "Config",
    "Mounts",
    "Env",
    "Cmd",
    "Entrypoint",
    "Labels",
    "Ports",
    "RepoTags",
    "RepoDigests",
    "IPAM",
    "Containers",
    "Options",
    "DriverOpts",
    "Health",
    "Networks",
    "Resources",
];
/// What was added or removed is open at first as long as it is not larger.
const SHOWN_WHOLE: u32 = 12;

/// How folds are while none is asked for by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TreeState {
    /// The essentials are open.
    #[default]
    Essential,
    /// Everything is open.
    Open,
    /// Everything is closed.
    Closed,
}

impl InspectView {
    pub(super) fn is_open(&self, at: usize) -> bool {
        if at == 0 {
            return true;
        }
        let by_hand = self.places.get(at).and_then(|place| self.by_hand.get(place));
        if let Some(open) = by_hand {
            return *open;
        }
        let Some(node) = self.node(at) else { return false };
        match (self.folds, self.mark(at)) {
            (TreeState::Open, _) => true,
            (TreeState::Closed, _) => false,
            (TreeState::Essential, Mark::Changed) => true,
            (TreeState::Essential, Mark::Added | Mark::Removed) => node.below <= SHOWN_WHOLE,
            (TreeState::Essential, Mark::Same) => {
                let essential = node.key.as_deref().is_some_and(|key| ESSENTIAL.contains(&key));
                node.below <= SMALL || essential || node.key.is_none() && node.depth <= 2
            }
        }
    }

    /// Opens or closes what is under the cursor. False if it holds nothing.
    pub fn toggle(&mut self) -> bool {
        if matches!(self.rows.get(self.cursor.row()), Some(Row::Same(..))) {
            self.set_folds(TreeState::Open);
            return true;
        }
        let Some(at) = self.chosen().filter(|at| self.node(*at).is_some_and(|node| node.children > 0)) else {
            return false;
        };
        let open = self.is_open(at);
        self.fold(at, !open);
        true
    }

    fn fold(&mut self, at: usize, open: bool) {
        if let Some(place) = self.places.get(at).copied().filter(|_| at > 0) {
            self.by_hand.insert(place, open);
            self.arrange(Some(place));
        }
    }

    /// Closes what is under the cursor, or goes to what holds it.
    pub fn fold_in(&mut self) {
        let Some(at) = self.chosen() else { return };
        let holds = self.node(at).is_some_and(|node| node.children > 0);
        if holds && self.is_open(at) && at > 0 {
            self.fold(at, false);
            return;
        }
        let line = self.tree.document.line(at);
        let parent = line.len().checked_sub(2).and_then(|parent| line.get(parent));
        if let Some(row) = parent.and_then(|parent| self.rows.iter().position(|row| *row == Row::Node(*parent))) {
            self.cursor.put(row, self.rows.len());
        }
    }

    /// Opens what is under the cursor, or goes into it.
    pub fn fold_out(&mut self) {
        let Some(at) = self.chosen().filter(|at| self.node(*at).is_some_and(|node| node.children > 0)) else { return };
        if self.is_open(at) {
            self.move_by(1);
        } else {
            self.fold(at, true);
        }
    }

    /// All open, all closed, as at first: one after the other. Says which.
    pub fn turn_folds(&mut self) -> &'static str {
        let (next, word) = match self.folds {
            TreeState::Essential => (TreeState::Open, "all unfolded"),
            TreeState::Open => (TreeState::Closed, "all folded"),
            TreeState::Closed => {
                (TreeState::Essential, if self.is_comparing() { "only the differences" } else { "only the essentials" })
            }
        };
        self.set_folds(next);
        word
    }

    fn set_folds(&mut self, folds: TreeState) {
        self.folds = folds;
        self.by_hand.clear();
        self.compare();
    }
}
