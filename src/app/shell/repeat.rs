//! What a program may have repeated (REP, `CSI Ps b`): a few bytes can ask for a repetition that would take minutes.

/// Characters that may be written by repetition at once: more than a screen.
const MOST: usize = 20_000;
/// Characters that each byte of output earns: as many as a program needs that draws lines of 300 columns by repetition.
const EARNED: usize = 32;

/// What may still be repeated. Text pays nothing, so that what follows a repetition is never missing.
#[derive(Debug)]
pub(super) struct Repetitions {
    credit: usize,
}

impl Default for Repetitions {
    fn default() -> Self {
        Self { credit: MOST }
    }
}

impl Repetitions {
    /// So many bytes come; returns how many characters may be repeated among them.
    pub fn earn(&mut self, bytes: usize) -> usize {
        self.credit = self.credit.saturating_add(bytes.saturating_mul(EARNED)).min(MOST);
        self.credit
    }

    /// So many characters were repeated.
    pub fn spend(&mut self, characters: usize) {
        self.credit = self.credit.saturating_sub(characters);
    }
}

/// Output in runs, each of which ends with the end of what may be a repetition.
pub(super) fn runs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let ends = |at: &usize| *at == 0 || matches!(rest[at - 1], b'0'..=b';');
        let end = memchr::memchr_iter(b'b', rest).find(ends).map_or(rest.len(), |at| at + 1);
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_with_its_repetition() {
        let all: Vec<&[u8]> = runs(b"blob \x1b[5bab\x1b[;bx").collect();
        assert_eq!(all, [b"b".as_slice(), b"lob \x1b[5b", b"ab\x1b[;b", b"x"]);
        assert_eq!(runs(b"").count(), 0);
    }

    #[test]
    fn what_was_spent_is_earned_again_by_and_by() {
        let mut repetitions = Repetitions::default();
        assert_eq!(repetitions.earn(0), MOST);
        repetitions.spend(MOST + 5);
        assert_eq!(repetitions.earn(10), 10 * EARNED);
        assert_eq!(repetitions.earn(1 << 20), MOST);
    }
}
