//! Parts of dates, in UTC.

use firedrill_value::calendar;

/// Which part of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DatePart {
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    DaysInMonth,
    Hour,
    Minute,
    Month,
    Year,
}

const DAY: i64 = 86_400;

/// March 1st of the year −292277022400, in seconds from the epoch.
const GO_ORIGIN: i128 = -(292_277_022_400 / 400 * 146_097 + 719_468) * 86_400;

/// Go's conversion to int64 on amd64: cut towards zero; what does not fit becomes the smallest integer.
pub(crate) fn go_int64(value: f64) -> i64 {
    const TWO63: f64 = 9_223_372_036_854_775_808.0;
    if (-TWO63..TWO63).contains(&value) {
        value as i64
    } else {
        i64::MIN
    }
}

/// A part of the date at that many seconds since the epoch.
pub(crate) fn date_part(part: DatePart, seconds: i64) -> f64 {
    let seconds = i128::from(seconds);
    // Go counts in unsigned seconds from its own origin of time; what lies before wraps around to the far future.
    let seconds = if seconds < GO_ORIGIN {
        seconds + (1 << 64)
    } else {
        seconds
    };
    let days = seconds.div_euclid(DAY.into()) as i64;
    let of_day = seconds.rem_euclid(DAY.into()) as i64;
    let (year, month, day) = calendar::civil(days);
    let number = match part {
        DatePart::DayOfMonth => day,
        DatePart::DayOfWeek => (days + 4).rem_euclid(7),
        DatePart::DayOfYear => days - calendar::days_until(year, 1) + 1,
        DatePart::DaysInMonth => {
            let (next_year, next_month) = if month == 12 {
                (year + 1, 1)
            } else {
                (year, month + 1)
            };
            calendar::days_until(next_year, next_month) - calendar::days_until(year, month)
        }
        DatePart::Hour => of_day / 3600,
        DatePart::Minute => of_day / 60 % 60,
        DatePart::Month => month,
        DatePart::Year => year,
    };
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_around_a_leap_day() {
        // 2000-02-29 23:59:59
        let parts = |seconds| {
            use DatePart::{DayOfMonth, DayOfWeek, DayOfYear, DaysInMonth, Hour, Minute, Month, Year};
            [
                Year,
                Month,
                DayOfMonth,
                DayOfYear,
                DayOfWeek,
                DaysInMonth,
                Hour,
                Minute,
            ]
            .map(|part| date_part(part, seconds) as i64)
        };
        assert_eq!(parts(951_868_799), [2000, 2, 29, 60, 2, 29, 23, 59]);
        assert_eq!(parts(951_868_800), [2000, 3, 1, 61, 3, 31, 0, 0]);
        assert_eq!(parts(-1), [1969, 12, 31, 365, 3, 31, 23, 59]);
        assert_eq!(parts(4_107_542_400), [2100, 3, 1, 60, 1, 31, 0, 0]);
    }

    #[test]
    fn the_distant_past_is_gos_distant_future() {
        use DatePart::{DayOfMonth, Hour, Minute, Month, Year};
        let parts = [Year, Month, DayOfMonth, Hour, Minute].map(|part| date_part(part, i64::MIN) as i64);
        assert_eq!(parts, [292_277_026_596, 12, 4, 15, 30]);
    }

    #[test]
    fn what_fits_no_integer_becomes_the_smallest() {
        assert_eq!(go_int64(-1.9), -1);
        assert_eq!(go_int64(f64::NAN), i64::MIN);
        assert_eq!(go_int64(1e300), i64::MIN);
    }
}
