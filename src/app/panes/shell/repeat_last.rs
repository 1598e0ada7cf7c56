//! What a program may have repeated (REP, `CSI Ps b`): a few bytes can ask for a repetition that would take minutes.

/// Characters that may be written by repetition at once: more than a screen.
const MOST: usize = 20_000;
/// Characters that each byte of output earns: more than a program needs that draws lines of 160 columns by repetition alone.
const EARNED: usize = 16;

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

/// A run whose repetition asks for no more than `most`: what stays of it, and what goes in place of its end. The library takes
/// each single one of a repetition, also those that write nothing any more.
pub(super) fn limited(run: &[u8], most: usize) -> (&[u8], Option<String>) {
    let whole = (run, None);
    let Some(start) = memchr::memmem::rfind(run, b"\x1b[") else { return whole };
    let Some(parameters) = run[start + 2..].strip_suffix(b"b") else { return whole };
    if !parameters.iter().all(|byte| matches!(byte, b'0'..=b';')) {
        return whole;
    }
    let digits = parameters.iter().take_while(|byte| byte.is_ascii_digit());
    let count = digits.fold(0usize, |sum, digit| sum.saturating_mul(10).saturating_add(usize::from(digit - b'0')));
    match most {
        _ if count <= most => whole,
        0 => (&run[..start], None),
        most => (&run[..start], Some(format!("\x1b[{most}b"))),
    }
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
    fn a_repetition_asks_for_what_it_may() {
        assert_eq!(limited(b"x\x1b[65535b", 70), (b"x".as_slice(), Some("\x1b[70b".into())));
        assert_eq!(limited(b"x\x1b[065535;3b", 70), (b"x".as_slice(), Some("\x1b[70b".into())));
        assert_eq!(limited(b"x\x1b[65535b", 0), (b"x".as_slice(), None));
        for free in [b"x\x1b[70b".as_slice(), b"\x1b[b", b"text 65535b", b"\x1b[?65535b", b"\x1b[31m65535b", b"5b", b""]
        {
            assert_eq!(limited(free, 70), (free, None));
        }
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
