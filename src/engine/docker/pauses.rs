//! Pauses between questions that are answered with a refusal, or with nothing of use: each is twice the last.

use std::time::Duration;

/// The pauses of one question.
#[derive(Debug, Clone, Copy)]
pub struct Pauses {
    next: Duration,
    longest: Duration,
}

impl Pauses {
    /// From the first to the longest, which repeats.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// The next one.
    pub fn take(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_grow_and_stay() {
        let mut pauses = Pauses::new(Duration::from_secs(1), Duration::from_secs(5));
        assert_eq!([(); 5].map(|()| pauses.take().as_secs()), [1, 2, 4, 5, 5]);
    }
}
