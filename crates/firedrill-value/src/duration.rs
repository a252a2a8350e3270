//! Durations as Prometheus writes them: `1h30m`, `5m`, `500ms`.

use std::fmt;
use thiserror::Error;

/// A length of time in nanoseconds, at most about 292 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Duration(i64);

/// Why a text is no duration. The texts are upstream's (`model.ParseDuration`).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DurationError {
    /// The text is empty.
    #[error("empty duration string")]
    Empty,
    /// Units missing, repeated or out of order, or something that is no number at all.
    #[error("not a valid duration string: {}", crate::quote(.0))]
    Invalid(String),
    /// A unit that does not exist.
    #[error("unknown unit {} in duration {}", crate::quote(.unit), crate::quote(.text))]
    UnknownUnit {
        /// What stands where the unit should.
        unit: String,
        /// The whole text.
        text: String,
    },
    /// More than about 292 years.
    #[error("duration out of range")]
    OutOfRange,
}

/// Units from the longest, with their length in nanoseconds.
const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 86_400_000_000_000),
    ("w", 7 * 86_400_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
];

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);

    /// That many nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Duration(nanos)
    }

    /// That many milliseconds; capped at the longest duration.
    pub const fn from_millis(millis: i64) -> Self {
        Duration(millis.saturating_mul(1_000_000))
    }

    /// That many seconds; capped at the longest duration.
    pub const fn from_secs(secs: i64) -> Self {
        Duration(secs.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Milliseconds, cut towards zero.
    pub const fn millis(self) -> i64 {
        self.0 / 1_000_000
    }

    /// Seconds.
    pub fn secs_f64(self) -> f64 {
        // Go's Duration.Seconds: whole and fractional part are converted apart.
        (self.0 / 1_000_000_000) as f64 + (self.0 % 1_000_000_000) as f64 / 1e9
    }

    /// Whether it is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Reads `1h30m`, `0`, `5m`: units from `y` to `ms` in falling order, each at most once, no sign, no fraction.
    ///
    /// # Errors
    /// With upstream's text.
    pub fn parse(text: &str) -> Result<Self, DurationError> {
        match text {
            "" => return Err(DurationError::Empty),
            "0" => return Ok(Duration(0)),
            _ => {}
        }
        let mut rest = text;
        let mut total: i64 = 0;
        let mut next_unit = 0;
        while !rest.is_empty() {
            let is_digit = u8::is_ascii_digit;
            let digits = rest.bytes().take_while(is_digit).count();
            let unit_len = rest.bytes().skip(digits).take_while(|b| !is_digit(b)).count();
            let (number, tail) = rest.split_at(digits);
            let (unit, tail) = tail.split_at(unit_len);
            // More than 64 bits are no number to upstream, less than that but too long is out of range.
            let Ok(number) = number.parse::<u64>() else {
                return Err(invalid(text));
            };
            if unit.is_empty() {
                return Err(invalid(text));
            }
            let Some(position) = UNITS.iter().position(|(name, _)| *name == unit) else {
                return Err(unknown_unit(unit, text));
            };
            if position < next_unit {
                return Err(invalid(text));
            }
            next_unit = position + 1;
            total = i64::try_from(number)
                .ok()
                .and_then(|number| number.checked_mul(UNITS[position].1))
                .and_then(|nanos| total.checked_add(nanos))
                .ok_or(DurationError::OutOfRange)?;
            rest = tail;
        }
        Ok(Duration(total))
    }
}

#[cold]
fn invalid(text: &str) -> DurationError {
    DurationError::Invalid(text.to_owned())
}

#[cold]
fn unknown_unit(unit: &str, text: &str) -> DurationError {
    DurationError::UnknownUnit {
        unit: unit.to_owned(),
        text: text.to_owned(),
    }
}

impl fmt::Display for Duration {
    /// Largest unit first, milliseconds last; years and weeks only where nothing is left over: `90s` prints `1m30s`,
    /// `8d` prints `8d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut millis = self.0.unsigned_abs() / 1_000_000;
        if millis == 0 {
            return f.write_str("0s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        for (unit, nanos) in UNITS {
            let length = nanos.unsigned_abs() / 1_000_000;
            let exact_only = matches!(unit, "y" | "w");
            if exact_only && !millis.is_multiple_of(length) {
                continue;
            }
            let count = millis / length;
            if count > 0 {
                write!(f, "{count}{unit}")?;
                millis %= length;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back() {
        for (text, printed) in [
            ("90s", "1m30s"),
            ("7d", "1w"),
            ("8d", "8d"),
            ("365d", "1y"),
            ("1y2w3d4h5m6s7ms", "382d4h5m6s7ms"),
            ("0", "0s"),
            ("1500ms", "1s500ms"),
        ] {
            let parsed = Duration::parse(text).unwrap();
            assert_eq!(parsed.to_string(), printed);
            assert_eq!(Duration::parse(printed).unwrap(), parsed);
        }
    }

    #[test]
    fn errors_say_what_upstream_says() {
        for (text, message) in [
            ("", "empty duration string"),
            ("30", "not a valid duration string: \"30\""),
            ("1m1h", "not a valid duration string: \"1m1h\""),
            ("-5m", "not a valid duration string: \"-5m\""),
            ("00", "not a valid duration string: \"00\""),
            ("1h 30m", "unknown unit \"h \" in duration \"1h 30m\""),
            ("1.5h", "unknown unit \".\" in duration \"1.5h\""),
            ("5M", "unknown unit \"M\" in duration \"5M\""),
            ("300y", "duration out of range"),
            ("18446744073709551615ms", "duration out of range"),
            (
                "18446744073709551616ms",
                "not a valid duration string: \"18446744073709551616ms\"",
            ),
        ] {
            assert_eq!(Duration::parse(text).unwrap_err().to_string(), message, "{text}");
        }
    }
}
