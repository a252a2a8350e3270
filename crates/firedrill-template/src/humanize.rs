//! Numbers for people: `humanize` and its relatives.

use firedrill_value::format_g_precision;

/// Four significant digits.
fn short(value: f64) -> String {
    format_g_precision(value, 4)
}

fn is_plain(value: f64) -> bool {
    value == 0.0 || value.is_nan() || value.is_infinite()
}

/// Divides by 1000 through `prefixes` while there is something to divide; the last prefix keeps the rest.
fn scale_down(mut value: f64, base: f64, prefixes: &'static [&'static str]) -> (f64, &'static str) {
    let mut prefix = "";
    for next in prefixes {
        if value.abs() < base {
            break;
        }
        prefix = next;
        value /= base;
    }
    (value, prefix)
}

fn scale_up(mut value: f64, prefixes: &'static [&'static str]) -> (f64, &'static str) {
    let mut prefix = "";
    for next in prefixes {
        if value.abs() >= 1.0 {
            break;
        }
        prefix = next;
        value *= 1000.0;
    }
    (value, prefix)
}

const LARGE: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const LARGE_BINARY: [&str; 8] = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];

/// Metric prefixes: `1234` gives `1.234k`.
pub(crate) fn humanize(value: f64) -> String {
    if is_plain(value) {
        return short(value);
    }
    let (value, prefix) = if value.abs() >= 1.0 {
        scale_down(value, 1000.0, &LARGE)
    } else {
        scale_up(value, &SMALL)
    };
    format!("{}{prefix}", short(value))
}

/// Binary prefixes: `2048` gives `2ki`.
pub(crate) fn humanize_1024(value: f64) -> String {
    if value.abs() <= 1.0 || is_plain(value) {
        return short(value);
    }
    let (value, prefix) = scale_down(value, 1024.0, &LARGE_BINARY);
    format!("{}{prefix}", short(value))
}

/// A ratio as a percentage: `0.5` gives `50%`.
pub(crate) fn percentage(value: f64) -> String {
    format!("{}%", short(value * 100.0))
}

/// Seconds as days, hours, minutes and seconds: `90061` gives `1d 1h 1m 1s`.
pub(crate) fn duration(value: f64) -> String {
    if value.is_nan() || value.is_infinite() {
        return short(value);
    }
    if value == 0.0 {
        return format!("{}s", short(value));
    }
    if value.abs() < 1.0 {
        let (value, prefix) = scale_up(value, &SMALL);
        return format!("{}{prefix}s", short(value));
    }
    let (sign, positive) = if value < 0.0 { ("-", -value) } else { ("", value) };
    // Go on amd64: what does not fit becomes the smallest integer, and the parts come out as they may.
    let whole = if positive < 9.223_372_036_854_776e18 {
        positive as i64
    } else {
        i64::MIN
    };
    let (seconds, minutes, hours, days) = (whole % 60, whole / 60 % 60, whole / 3600 % 24, whole / 86_400);
    if days != 0 {
        format!("{sign}{days}d {hours}h {minutes}m {seconds}s")
    } else if hours != 0 {
        format!("{sign}{hours}h {minutes}m {seconds}s")
    } else if minutes != 0 {
        format!("{sign}{minutes}m {seconds}s")
    } else {
        format!("{sign}{}s", short(positive))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_number() {
        for (value, plain, binary, time, percent) in [
            (0.0, "0", "0", "0s", "0%"),
            (-0.0, "-0", "-0", "-0s", "-0%"),
            (0.1, "100m", "0.1", "100ms", "10%"),
            (-0.5, "-500m", "-0.5", "-500ms", "-50%"),
            (0.00001234, "12.34u", "1.234e-05", "12.34us", "0.001234%"),
            (1e-30, "1e-06y", "1e-30", "1e-06ys", "1e-28%"),
            (12.34567, "12.35", "12.35", "12.35s", "1235%"),
            (61.5, "61.5", "61.5", "1m 1s", "6150%"),
            (999.95, "1000", "1000", "16m 39s", "1e+05%"),
            (1024.0, "1.024k", "1ki", "17m 4s", "1.024e+05%"),
            (999_999.0, "1000k", "976.6ki", "11d 13h 46m 39s", "1e+08%"),
            (-90061.5, "-90.06k", "-87.95ki", "-1d 1h 1m 1s", "-9.006e+06%"),
            (f64::NAN, "NaN", "NaN", "NaN", "NaN%"),
            (f64::INFINITY, "+Inf", "+Inf", "+Inf", "+Inf%"),
        ] {
            assert_eq!(humanize(value), plain);
            assert_eq!(humanize_1024(value), binary);
            assert_eq!(duration(value), time);
            assert_eq!(percentage(value), percent);
        }
        assert_eq!(duration(1e20), "-106751991167300d -15h -30m -8s");
        assert_eq!(humanize(1e27), "1000Y");
        assert_eq!(duration(59.9999), "60s");
    }
}
