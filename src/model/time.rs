//! Moments and spans as whole numbers, so that the pure rooms need no clock.

/// Nanoseconds in a second.
pub const SECOND: i64 = 1_000_000_000;

/// A moment: nanoseconds since 1970-01-01 UTC. Zero means "never".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// From whole seconds since 1970.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND))
    }

    /// The moment `seconds` later.
    pub fn plus_seconds(self, seconds: f64) -> Self {
        Self(self.0.saturating_add((seconds * SECOND as f64) as i64))
    }

    /// Seconds from `earlier` to this moment; negative when it lies before.
    pub fn since(self, earlier: Timestamp) -> f64 {
        (self.0.saturating_sub(earlier.0)) as f64 / SECOND as f64
    }

    /// True where nothing tells that it is finer than a second: some engines stamp lines so.
    pub fn is_whole_second(self) -> bool {
        self.0 % SECOND == 0
    }

    /// How far beside it, in nanoseconds, a line may be stamped that was written with one of this moment: two streams' lines get
    /// a little out of order.
    pub fn leeway(self) -> i64 {
        if self.is_whole_second() { 2 * SECOND } else { SECOND / 20 }
    }

    /// True when the moment is known.
    pub fn is_known(self) -> bool {
        self.0 > 0
    }
}
