//! The time zone in which times are shown and typed.

use super::time::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// A time zone: what is added to UTC may differ from moment to moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// East of UTC by so many seconds, always.
    Offset(i32),
    /// A zone of the tz database, with its summer time.
    Named(&'static TimeZone),
}

impl Zone {
    /// UTC.
    pub const UTC: Zone = Zone::Offset(0);

    /// The zone. One with rules of its own is kept for as long as the program runs: options are copied with each message.
    pub fn of(zone: TimeZone) -> Zone {
        match zone.to_fixed_offset() {
            Ok(offset) => Zone::Offset(offset.seconds()),
            Err(_) => Zone::Named(Box::leak(Box::new(zone))),
        }
    }

    /// Local time minus UTC at a moment, seconds.
    pub fn offset_at(self, at: Timestamp) -> i32 {
        match self {
            Zone::Offset(seconds) => seconds,
            Zone::Named(zone) => zone.to_offset(stamp(at)).seconds(),
        }
    }

    /// The date and time of day there at a moment.
    pub fn local(self, at: Timestamp) -> DateTime {
        let offset = Offset::from_seconds(self.offset_at(at)).unwrap_or(Offset::UTC);
        offset.to_datetime(stamp(at))
    }

    /// The moment at which it is this time there. Of an hour that is there twice the first, of one that is left out the hour after
    /// it. None where it is too far from now to tell.
    pub fn moment(self, local: DateTime) -> Option<Timestamp> {
        let stamp = match self {
            Zone::Offset(seconds) => Offset::from_seconds(seconds).ok()?.to_timestamp(local).ok()?,
            Zone::Named(zone) => zone.to_timestamp(local).ok()?,
        };
        i64::try_from(stamp.as_nanosecond()).ok().map(Timestamp)
    }
}

fn stamp(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(at.0.into()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// Central European time, by its rules alone: no database is asked.
    fn berlin() -> Zone {
        Zone::of(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a rule"))
    }

    #[test]
    fn a_zone_with_summer_time_has_the_offset_of_the_moment() {
        let at =
            |month, hour| date(2026, month, 1).at(hour, 0, 0, 0).to_zoned(TimeZone::UTC).expect("a date").timestamp();
        let at = |month, hour| Timestamp::from_seconds(at(month, hour).as_second());
        assert_eq!((berlin().offset_at(at(1, 12)), berlin().offset_at(at(7, 12))), (3600, 7200));
        assert_eq!(berlin().local(at(7, 12)), date(2026, 7, 1).at(14, 0, 0, 0));
        assert_eq!(berlin().moment(date(2026, 7, 1).at(14, 0, 0, 0)), Some(at(7, 12)));
        assert_eq!(Zone::Offset(3600).moment(date(2026, 7, 1).at(13, 0, 0, 0)), Some(at(7, 12)));
    }

    #[test]
    fn an_hour_that_is_left_out_is_the_one_behind_it() {
        let spring = berlin().moment(date(2026, 3, 29).at(2, 30, 0, 0)).expect("a moment");
        assert_eq!(berlin().local(spring), date(2026, 3, 29).at(3, 30, 0, 0));
    }

    #[test]
    fn a_zone_without_rules_is_an_offset() {
        assert_eq!(Zone::of(TimeZone::UTC), Zone::UTC);
    }
}
