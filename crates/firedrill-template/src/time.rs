//! Times and durations as Go's `time` prints them, and the methods that templates may call.

use crate::functions::Param;
use crate::value::{Value, string};
use firedrill_value::calendar;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// A point in time taken apart, in UTC.
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    weekday: usize,
    year_day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    milli: i64,
}

fn civil(millis: i64) -> Civil {
    let days = millis.div_euclid(86_400_000);
    let rest = millis.rem_euclid(86_400_000);
    let (year, month, day) = calendar::civil(days);
    Civil {
        year,
        month,
        day,
        weekday: usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0),
        year_day: days - calendar::days_until(year, 1) + 1,
        hour: rest / 3_600_000,
        minute: rest / 60_000 % 60,
        second: rest / 1000 % 60,
        milli: rest % 1000,
    }
}

/// `2006-01-02 15:04:05.999 +0000 UTC`.
pub(crate) fn format_time(millis: i64) -> String {
    format_layout(millis, "2006-01-02 15:04:05.999999999 -0700 MST")
}

/// `1h2m3s`, `1.5s`, `12.34µs`.
pub(crate) fn format_duration(nanos: i64) -> String {
    if nanos == 0 {
        return "0s".to_owned();
    }
    let sign = if nanos < 0 { "-" } else { "" };
    let magnitude = nanos.unsigned_abs();
    let fraction = |value: u64, unit: u64| {
        let whole = value / unit;
        let width = unit.ilog10() as usize;
        let digits = format!("{:0width$}", value % unit);
        let digits = digits.trim_end_matches('0');
        if digits.is_empty() || unit == 1 {
            whole.to_string()
        } else {
            format!("{whole}.{digits}")
        }
    };
    if magnitude < 1_000_000_000 {
        return match magnitude {
            0..1_000 => format!("{sign}{magnitude}ns"),
            1_000..1_000_000 => format!("{sign}{}µs", fraction(magnitude, 1_000)),
            _ => format!("{sign}{}ms", fraction(magnitude, 1_000_000)),
        };
    }
    let minutes = magnitude / 60_000_000_000;
    let seconds = fraction(magnitude % 60_000_000_000, 1_000_000_000);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
    }
}

/// Go's `Time.Format` in UTC.
fn format_layout(millis: i64, layout: &str) -> String {
    let at = civil(millis);
    let month = MONTHS[usize::try_from(at.month - 1).unwrap_or(0)];
    let day = DAYS[at.weekday];
    let half = if at.hour % 12 == 0 { 12 } else { at.hour % 12 };
    let mut out = String::new();
    let mut rest = layout;
    while !rest.is_empty() {
        // Longest spelling first.
        let pieces: [(&str, String); 33] = [
            ("January", month.to_owned()),
            ("Monday", day.to_owned()),
            ("2006", format!("{:04}", at.year)),
            ("-07:00:00", "+00:00:00".to_owned()),
            ("-070000", "+000000".to_owned()),
            ("-07:00", "+00:00".to_owned()),
            ("-0700", "+0000".to_owned()),
            ("Z07:00:00", "Z".to_owned()),
            ("Z070000", "Z".to_owned()),
            ("Z07:00", "Z".to_owned()),
            ("Z0700", "Z".to_owned()),
            ("-07", "+00".to_owned()),
            ("Z07", "Z".to_owned()),
            ("Jan", month[..3].to_owned()),
            ("Mon", day[..3].to_owned()),
            ("MST", "UTC".to_owned()),
            ("002", format!("{:03}", at.year_day)),
            ("__2", format!("{:3}", at.year_day)),
            ("01", format!("{:02}", at.month)),
            ("02", format!("{:02}", at.day)),
            ("03", format!("{half:02}")),
            ("04", format!("{:02}", at.minute)),
            ("05", format!("{:02}", at.second)),
            ("06", format!("{:02}", at.year.rem_euclid(100))),
            ("_2", format!("{:2}", at.day)),
            ("15", format!("{:02}", at.hour)),
            ("PM", if at.hour >= 12 { "PM" } else { "AM" }.to_owned()),
            ("pm", if at.hour >= 12 { "pm" } else { "am" }.to_owned()),
            ("1", at.month.to_string()),
            ("2", at.day.to_string()),
            ("3", half.to_string()),
            ("4", at.minute.to_string()),
            ("5", at.second.to_string()),
        ];
        if let Some((len, text)) = fraction(rest, at.milli) {
            out.push_str(&text);
            rest = &rest[len..];
        } else if let Some((word, text)) = pieces
            .iter()
            .find(|(word, _)| rest.starts_with(word) && !(*word == "Jan" && continues_name(rest)))
        {
            out.push_str(text);
            rest = &rest[word.len()..];
        } else {
            let c = rest.chars().next().map_or(1, char::len_utf8);
            out.push_str(&rest[..c]);
            rest = &rest[c..];
        }
    }
    out
}

/// Whether a short month name is only the beginning of a longer word, which Go leaves alone.
fn continues_name(text: &str) -> bool {
    text.as_bytes().get(3).is_some_and(u8::is_ascii_lowercase)
}

/// `.000` or `.999` after the seconds: the length of the piece and what it prints.
fn fraction(layout: &str, milli: i64) -> Option<(usize, String)> {
    let point = layout.chars().next().filter(|c| matches!(c, '.' | ','))?;
    let digit = layout[1..].chars().next().filter(|c| matches!(c, '0' | '9'))?;
    let count = layout[1..].chars().take_while(|c| *c == digit).count();
    if layout[1 + count..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut digits = format!("{milli:03}{}", "0".repeat(count.saturating_sub(3)));
    digits.truncate(count);
    if digit == '9' {
        digits.truncate(digits.trim_end_matches('0').len());
    }
    let text = if digits.is_empty() {
        String::new()
    } else {
        format!("{point}{digits}")
    };
    Some((1 + count, text))
}

/// Parameters of a method of a time or duration; `None` where there is no such method.
pub(crate) fn method_params(receiver: &Value, name: &str) -> Option<&'static [Param]> {
    let known: &[(&str, &'static [Param])] = match receiver {
        Value::Time(_) => &[
            ("AddDate", &[Param::Int, Param::Int, Param::Int]),
            ("Day", &[]),
            ("Format", &[Param::String]),
            ("Hour", &[]),
            ("IsZero", &[]),
            ("Local", &[]),
            ("Minute", &[]),
            ("Month", &[]),
            ("Nanosecond", &[]),
            ("Second", &[]),
            ("String", &[]),
            ("UTC", &[]),
            ("Unix", &[]),
            ("UnixMicro", &[]),
            ("UnixMilli", &[]),
            ("UnixNano", &[]),
            ("Weekday", &[]),
            ("Year", &[]),
            ("YearDay", &[]),
            ("Add", &[Param::Any]),
            ("Sub", &[Param::Any]),
        ],
        _ => &[
            ("Abs", &[]),
            ("Hours", &[]),
            ("Microseconds", &[]),
            ("Milliseconds", &[]),
            ("Minutes", &[]),
            ("Nanoseconds", &[]),
            ("Round", &[Param::Any]),
            ("Seconds", &[]),
            ("String", &[]),
            ("Truncate", &[Param::Any]),
        ],
    };
    known
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, params)| *params)
}

/// Calls a method whose existence and arity have been checked.
pub(crate) fn call_method(receiver: &Value, name: &str, args: &[Value]) -> Result<Value, String> {
    match receiver {
        Value::Time(millis) => time_method(*millis, name, args),
        Value::Duration(nanos) => duration_method(*nanos, name, args),
        _ => Err(format!(
            "can't evaluate field {name} in type {}",
            receiver.type_name()
        )),
    }
}

fn time_method(millis: i64, name: &str, args: &[Value]) -> Result<Value, String> {
    let at = civil(millis);
    let int = |index: usize| {
        if let Some(Value::Int(i)) = args.get(index) {
            *i
        } else {
            0
        }
    };
    Ok(match name {
        "AddDate" => {
            let months = at.year * 12 + at.month - 1
                + int(0)
                    .saturating_mul(12)
                    .saturating_add(int(1))
                    .clamp(-1_000_000, 1_000_000);
            let days = calendar::days_until(months.div_euclid(12), months.rem_euclid(12) + 1) + at.day - 1;
            let days = days + int(2).clamp(-100_000_000, 100_000_000);
            Value::Time(days * 86_400_000 + millis.rem_euclid(86_400_000))
        }
        "Add" => match &args[0] {
            Value::Duration(nanos) => Value::Time(millis.saturating_add(nanos / 1_000_000)),
            other => return Err(wrong_type("time.Duration", other)),
        },
        "Sub" => match &args[0] {
            Value::Time(other) => Value::Duration(millis.saturating_sub(*other).saturating_mul(1_000_000)),
            other => return Err(wrong_type("time.Time", other)),
        },
        "Format" => match &args[0] {
            Value::Str(layout) => string(format_layout(millis, layout)),
            other => return Err(wrong_type("string", other)),
        },
        "Day" => Value::Int(at.day),
        "Hour" => Value::Int(at.hour),
        "IsZero" => Value::Bool(false),
        "Minute" => Value::Int(at.minute),
        "Month" => string(MONTHS[usize::try_from(at.month - 1).unwrap_or(0)]),
        "Nanosecond" => Value::Int(at.milli * 1_000_000),
        "Second" => Value::Int(at.second),
        "String" => string(format_time(millis)),
        "Unix" => Value::Int(millis.div_euclid(1000)),
        "UnixMicro" => Value::Int(millis.saturating_mul(1000)),
        "UnixMilli" => Value::Int(millis),
        "UnixNano" => Value::Int(millis.wrapping_mul(1_000_000)),
        "Weekday" => string(DAYS[at.weekday]),
        "Year" => Value::Int(at.year),
        "YearDay" => Value::Int(at.year_day),
        // UTC and Local: rules are evaluated in UTC.
        _ => Value::Time(millis),
    })
}

fn duration_method(nanos: i64, name: &str, args: &[Value]) -> Result<Value, String> {
    let parts = |unit: i64| (nanos / unit) as f64 + (nanos % unit) as f64 / unit as f64;
    Ok(match name {
        "Abs" => Value::Duration(nanos.saturating_abs()),
        "Hours" => Value::Float(parts(3_600_000_000_000)),
        "Microseconds" => Value::Int(nanos / 1000),
        "Milliseconds" => Value::Int(nanos / 1_000_000),
        "Minutes" => Value::Float(parts(60_000_000_000)),
        "Nanoseconds" => Value::Int(nanos),
        "Seconds" => Value::Float(parts(1_000_000_000)),
        "String" => string(format_duration(nanos)),
        _ => {
            let Value::Duration(unit) = &args[0] else {
                return Err(wrong_type("time.Duration", &args[0]));
            };
            if *unit <= 0 {
                return Ok(Value::Duration(nanos));
            }
            let rest = nanos % unit;
            let cut = nanos - rest;
            let up = name == "Round" && rest.unsigned_abs() >= unit.unsigned_abs() - rest.unsigned_abs();
            Value::Duration(if up {
                cut.saturating_add(unit * rest.signum())
            } else {
                cut
            })
        }
    })
}

fn wrong_type(expected: &str, got: &Value) -> String {
    format!(
        "wrong type for value; expected {expected}; got {}",
        got.type_name()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_print_as_in_go() {
        assert_eq!(format_time(1500), "1970-01-01 00:00:01.5 +0000 UTC");
        assert_eq!(format_time(-500), "1969-12-31 23:59:59.5 +0000 UTC");
        assert_eq!(
            format_time(1_500_000_000_122),
            "2017-07-14 02:40:00.122 +0000 UTC"
        );
        assert_eq!(
            format_layout(0, "Mon Jan _2 3:04PM 06 002"),
            "Thu Jan  1 12:00AM 70 001"
        );
        assert_eq!(
            format_layout(1_709_164_800_000, "2006-01-02T15:04:05Z07:00"),
            "2024-02-29T00:00:00Z"
        );
    }

    #[test]
    fn durations_print_as_in_go() {
        for (nanos, text) in [
            (3_723_000_000_000, "1h2m3s"),
            (90_500_000_000, "1m30.5s"),
            (123_399, "123.399µs"),
            (0, "0s"),
            (-1_500_000, "-1.5ms"),
            (1_000_000_000, "1s"),
            (7, "7ns"),
        ] {
            assert_eq!(format_duration(nanos), text);
        }
    }
}
