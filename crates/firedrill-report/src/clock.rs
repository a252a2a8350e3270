//! Times for people: distances from the start of a test, dates where series are from the real world.

use firedrill_value::calendar::civil;
use firedrill_value::{Duration, Timestamp};

/// How times are written.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Where relative times count from, in milliseconds.
    start: Timestamp,
    /// Whether times are dates.
    real: bool,
}

impl Clock {
    /// A clock for series that begin at `start`, in milliseconds since the epoch. What begins in the first years after
    /// the epoch is made up, and its times are distances from the start.
    pub fn starting_at(start: Timestamp) -> Self {
        const THREE_YEARS: i64 = 3 * 365 * 86_400_000;
        Clock {
            start,
            real: start >= THREE_YEARS,
        }
    }

    /// Whether times are dates.
    pub fn is_real(self) -> bool {
        self.real
    }

    /// Where ticks of an axis are counted from.
    pub(crate) fn origin(self) -> Timestamp {
        if self.real { 0 } else { self.start }
    }

    /// `5m`, or `2023-11-14T22:13:20Z`.
    pub fn full(self, time: Timestamp) -> String {
        if self.real {
            format!("{}T{}Z", date(time), time_of_day(time))
        } else {
            Duration::from_millis(time.saturating_sub(self.start)).to_string()
        }
    }

    /// `5m`, or `22:13:20`; for times among others whose date was told.
    pub(crate) fn short(self, time: Timestamp) -> String {
        if self.real {
            time_of_day(time)
        } else {
            self.full(time)
        }
    }
}

/// The date of a time in UTC.
pub(crate) fn date(time: Timestamp) -> String {
    let (year, month, day) = civil(time.div_euclid(86_400_000));
    format!("{year:04}-{month:02}-{day:02}")
}

fn time_of_day(time: Timestamp) -> String {
    let of_day = time.rem_euclid(86_400_000);
    let (seconds, millis) = (of_day / 1000, of_day % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if millis == 0 {
        format!("{hours:02}:{minutes:02}:{seconds:02}")
    } else {
        format!("{hours:02}:{minutes:02}:{seconds:02}.{millis:03}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_times_are_distances_and_real_ones_dates() {
        let test = Clock::starting_at(0);
        assert_eq!(test.full(90_000), "1m30s");
        assert_eq!(test.full(-60_000), "-1m");
        let real = Clock::starting_at(1_700_000_000_000);
        assert_eq!(real.full(1_700_000_000_250), "2023-11-14T22:13:20.250Z");
        assert_eq!(real.short(1_700_000_000_000), "22:13:20");
    }
}
