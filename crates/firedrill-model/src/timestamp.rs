//! Points in time as promtool reads them.

use firedrill_value::{Timestamp, parse_float};

/// Seconds since 1970, possibly with a fraction, or RFC 3339 with a zone; in milliseconds since 1970.
pub fn parse_timestamp(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = parse_float(text) {
        // Upstream rounds the fraction to milliseconds apart from the whole part.
        let millis = seconds.trunc() * 1000.0 + (seconds.fract() * 1000.0).round();
        return millis.is_finite().then_some(millis as i64);
    }
    parse_rfc3339(text)
}

/// `2006-01-02T15:04:05.999Z07:00`, digits beyond milliseconds cut off.
fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = text.get(range)?;
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        digits.parse().ok()
    };
    let punctuation = [(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':')];
    for (at, expected) in punctuation {
        if text.get(at..=at)? != expected.encode_utf8(&mut [0; 4]) {
            return None;
        }
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !(1..=12).contains(&month)
        || day < 1
        || day > days_in(year, month)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let rest = text.get(19..)?;
    let (fraction, zone) = match rest.strip_prefix(['.', ',']) {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return None;
            }
            rest.split_at(digits)
        }
        None => ("", rest),
    };
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let offset = match zone.as_bytes() {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let at = text.len() - 5;
            let (hours, minutes) = (number(at..at + 2)?, number(at + 3..at + 5)?);
            if hours > 24 || minutes > 60 {
                return None;
            }
            let seconds = hours * 3600 + minutes * 60;
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    let seconds = days_before(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    Some(seconds * 1000 + millis)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let leap_years = |year: i64| year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let of_years = (year - 1970) * 365 + leap_years(year - 1) - leap_years(1969);
    let of_months: i64 = (1..month).map(|month| days_in(year, month)).sum();
    of_years + of_months + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_everything_else_is_not() {
        for (text, millis) in [
            ("1700000000", Some(1_700_000_000_000)),
            ("-1.5", Some(-1500)),
            ("2023-11-14T22:13:20Z", Some(1_700_000_000_000)),
            ("2023-11-14T23:13:20.25+01:00", Some(1_700_000_000_250)),
            ("1969-12-31T23:59:59Z", Some(-1000)),
            ("2024-02-29T00:00:00Z", Some(1_709_164_800_000)),
            ("2023-02-29T00:00:00Z", None),
            ("2023-11-14", None),
            ("2023-11-14T22:13:20", None),
            ("now", None),
            ("", None),
            ("é023-11-14T22:13:20Z", None),
        ] {
            assert_eq!(parse_timestamp(text), millis, "{text}");
        }
    }
}
