//! Units of values: dimensions, scale, and what names say about them.

use std::fmt;

/// What a value measures and in which size: `milliseconds` is a time with a scale of 0.001.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// What it measures.
    pub dimension: Dimension,
    /// How many base units (seconds, bytes, 1, degrees Celsius) one unit is.
    pub scale: f64,
}

/// Exponents of the base units. All zero is a pure number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dimension {
    /// Seconds.
    pub time: i8,
    /// Bytes.
    pub data: i8,
    /// Degrees Celsius; other scales of temperature are not comparable by a factor.
    pub temperature: i8,
    /// Joules and watts: joules are 1, watts are joules per second.
    pub energy: i8,
    /// A point in time (seconds since 1970) rather than a length of time.
    pub timestamp: bool,
}

impl Unit {
    /// A pure number, a fraction of 1.
    pub const RATIO: Unit = Unit::new(Dimension::NONE, 1.0);
    /// Hundredths.
    pub const PERCENT: Unit = Unit::new(Dimension::NONE, 0.01);
    /// Seconds.
    pub const SECONDS: Unit = Unit::new(Dimension::TIME, 1.0);
    /// Bytes.
    pub const BYTES: Unit = Unit::new(Dimension::DATA, 1.0);
    /// Seconds since 1970.
    pub const TIMESTAMP: Unit = Unit::new(Dimension::TIMESTAMP, 1.0);

    /// A unit of that dimension and scale.
    pub const fn new(dimension: Dimension, scale: f64) -> Self {
        Unit { dimension, scale }
    }

    /// The unit of that name, singular or plural, as `# UNIT` lines and names of metrics write it.
    pub fn named(name: &str) -> Option<Unit> {
        let first = *name.as_bytes().first()?;
        let rows = NAMES.iter().filter(|row| row.0 == first);
        rows.copied()
            .find(|(_, names, _)| names.contains(&name))
            .map(|(.., unit)| unit)
    }

    /// The unit that the name of a metric ends in, endings for counters, sums and the like put aside.
    pub fn of_name(metric: &str) -> Option<Unit> {
        let (mut before, mut last) = last_word(metric)?;
        while matches!(last, "total" | "sum" | "max" | "min" | "avg" | "created") {
            (before, last) = last_word(before)?;
        }
        // `x_count` and `x_bucket` count observations, whatever was observed.
        if matches!(last, "count" | "bucket" | "info") {
            return None;
        }
        let unit = Unit::named(last)?;
        let before = last_word(before).map_or(before, |(_, word)| word);
        if before == "timestamp" && unit.dimension == Dimension::TIME {
            return Some(Unit::new(Dimension::TIMESTAMP, unit.scale));
        }
        // `bytes_per_second` and the like: the last word is only a part of it.
        (before != "per").then_some(unit)
    }
}

/// What stands before the last underscore, and what behind it. Words are short: looking at their bytes one by one is fast.
fn last_word(name: &str) -> Option<(&str, &str)> {
    let at = name.bytes().rposition(|byte| byte == b'_')?;
    Some((name.get(..at)?, name.get(at + 1..)?))
}

impl Dimension {
    /// A pure number.
    pub const NONE: Dimension = Dimension {
        time: 0,
        data: 0,
        temperature: 0,
        energy: 0,
        timestamp: false,
    };
    /// A length of time.
    pub const TIME: Dimension = Dimension {
        time: 1,
        ..Dimension::NONE
    };
    /// An amount of data.
    pub const DATA: Dimension = Dimension {
        data: 1,
        ..Dimension::NONE
    };
    /// A temperature.
    pub const TEMPERATURE: Dimension = Dimension {
        temperature: 1,
        ..Dimension::NONE
    };
    /// An energy.
    pub const ENERGY: Dimension = Dimension {
        energy: 1,
        ..Dimension::NONE
    };
    /// A point in time.
    pub const TIMESTAMP: Dimension = Dimension {
        timestamp: true,
        ..Dimension::TIME
    };
}

impl fmt::Display for Unit {
    /// The usual name where there is one ("milliseconds"), else the exponents ("B/s").
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = NAMES.iter().find(|(.., unit)| unit == self);
        match known {
            Some((_, names, _)) => f.write_str(names[0]),
            None if *self == Unit::TIMESTAMP => f.write_str("seconds since 1970"),
            None if self.dimension.timestamp => write!(f, "{} seconds since 1970", self.scale),
            None => {
                if self.scale != 1.0 {
                    write!(f, "{} ", self.scale)?;
                }
                self.dimension.fmt(f)
            }
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.data, "B"),
            (self.energy, "J"),
            (self.temperature, "°C"),
            (self.time, "s"),
        ];
        let power = |exponent: i8, name: &str| match exponent.abs() {
            1 => name.to_owned(),
            n => format!("{name}^{n}"),
        };
        let over: Vec<String> = parts
            .iter()
            .filter(|it| it.0 > 0)
            .map(|it| power(it.0, it.1))
            .collect();
        let under: Vec<String> = parts
            .iter()
            .filter(|it| it.0 < 0)
            .map(|it| power(it.0, it.1))
            .collect();
        f.write_str(&if over.is_empty() {
            "1".to_owned()
        } else {
            over.join("·")
        })?;
        under.iter().try_for_each(|part| write!(f, "/{part}"))
    }
}

/// Names of units, the usual one first, behind the letter that all of a row begin with: it tells most words from them.
#[rustfmt::skip]
static NAMES: &[(u8, &[&str], Unit)] = &[
    (b's', &["seconds", "second", "secs", "sec"], Unit::SECONDS),
    (b'm', &["milliseconds", "millisecond", "millis", "ms", "msec"], Unit::new(Dimension::TIME, 1e-3)),
    (b'm', &["microseconds", "microsecond", "micros"], Unit::new(Dimension::TIME, 1e-6)),
    (b'u', &["us", "usec"], Unit::new(Dimension::TIME, 1e-6)),
    (b'n', &["nanoseconds", "nanosecond", "nanos", "ns"], Unit::new(Dimension::TIME, 1e-9)),
    (b'm', &["minutes", "minute"], Unit::new(Dimension::TIME, 60.0)),
    (b'h', &["hours", "hour"], Unit::new(Dimension::TIME, 3600.0)),
    (b'd', &["days"], Unit::new(Dimension::TIME, 86400.0)),
    (b'b', &["bytes", "byte"], Unit::BYTES),
    (b'k', &["kilobytes", "kb"], Unit::new(Dimension::DATA, 1e3)),
    (b'k', &["kibibytes", "kib"], Unit::new(Dimension::DATA, 1024.0)),
    (b'm', &["megabytes", "mb"], Unit::new(Dimension::DATA, 1e6)),
    (b'm', &["mebibytes", "mib"], Unit::new(Dimension::DATA, 1_048_576.0)),
    (b'g', &["gigabytes", "gb"], Unit::new(Dimension::DATA, 1e9)),
    (b'g', &["gibibytes", "gib"], Unit::new(Dimension::DATA, 1_073_741_824.0)),
    (b'b', &["bits", "bit"], Unit::new(Dimension::DATA, 0.125)),
    (b'r', &["ratio"], Unit::RATIO),
    (b'p', &["percent", "percentage", "pct"], Unit::PERCENT),
    (b'c', &["celsius"], Unit::new(Dimension::TEMPERATURE, 1.0)),
    (b'j', &["joules", "joule"], Unit::new(Dimension::ENERGY, 1.0)),
    (b'w', &["watts", "watt"], Unit::new(Dimension { energy: 1, time: -1, ..Dimension::NONE }, 1.0)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_unit_is_found() {
        for (_, names, unit) in NAMES {
            for name in *names {
                assert_eq!(Unit::named(name), Some(*unit), "{name}");
            }
        }
        assert_eq!(Unit::named(""), None);
        assert_eq!(Unit::named("usecs"), None);
    }

    #[test]
    fn names_end_in_units() {
        for (name, shown) in [
            ("http_request_duration_seconds", "seconds"),
            ("x_seconds_total", "seconds"),
            ("x_seconds_sum", "seconds"),
            ("x_milliseconds", "milliseconds"),
            ("last_run_timestamp_seconds", "seconds since 1970"),
            ("heap_bytes", "bytes"),
            ("cpu_percent", "percent"),
            ("hit_ratio", "ratio"),
            ("node_power_watts", "watts"),
        ] {
            assert_eq!(
                Unit::of_name(name).map(|unit| unit.to_string()),
                Some(shown.to_owned()),
                "{name}"
            );
        }
        for name in [
            "x_seconds_count",
            "x_seconds_bucket",
            "seconds",
            "x_bytes_per_second",
            "x",
            "etcd_mvcc_db_total_size",
        ] {
            assert_eq!(Unit::of_name(name), None, "{name}");
        }
    }
}
