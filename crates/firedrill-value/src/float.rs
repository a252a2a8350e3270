//! Numbers as Go's `strconv` prints and reads them.
//!
//! Rust and Go agree on the digits (both shortest round-trip); they differ in where the point goes, when an exponent
//! is used and how it is written.

use std::borrow::Cow;
use thiserror::Error;

/// `strconv.FormatFloat(v, 'f', -1, 64)`: shortest digits, never an exponent. `1e6` gives `1000000`.
pub fn format_f(value: f64) -> String {
    special(value).map_or_else(|| format!("{value}"), str::to_owned)
}

/// `strconv.FormatFloat(v, 'g', -1, 64)`, which is also Go's `%g` and `%v`: shortest digits, an exponent below 1e-4 and
/// from 1e6 on (`1e+06`).
pub fn format_g(value: f64) -> String {
    general(value, None)
}

/// `%.{precision}g`: that many significant digits, trailing zeros dropped.
pub fn format_g_precision(value: f64, precision: usize) -> String {
    general(value, Some(precision.max(1)))
}

/// `%E` with shortest digits (`precision` `None`) or `%e` with a fixed number after the point: `1E+00`, `2.5E-07`.
///
/// `letter` is `e` or `E`.
pub fn format_e(value: f64, precision: Option<usize>, letter: char) -> String {
    if let Some(text) = special(value) {
        return text.to_owned();
    }
    let text = match precision {
        None => format!("{value:e}"),
        Some(digits) => format!("{value:.digits$e}"),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!(
        "{mantissa}{letter}{}{:02}",
        if exponent < 0 { '-' } else { '+' },
        exponent.abs()
    )
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value == f64::INFINITY {
        Some("+Inf")
    } else if value == f64::NEG_INFINITY {
        Some("-Inf")
    } else {
        None
    }
}

/// `%g`: an exponent where it is below -4 or not below the precision; shortest digits count as a precision of 6.
fn general(value: f64, precision: Option<usize>) -> String {
    if let Some(text) = special(value) {
        return text.to_owned();
    }
    let text = match precision {
        None => format!("{value:e}"),
        Some(digits) => format!("{value:.0$e}", digits - 1),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa
        .strip_prefix('-')
        .map_or(("", mantissa), |rest| ("-", rest));
    let mut digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let kept = digits.trim_end_matches('0').len().max(1);
    digits.truncate(kept);
    let limit = precision.map_or(6, |p| i32::try_from(p).unwrap_or(i32::MAX));
    if exponent < -4 || exponent >= limit {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{first}{point}{rest}e{exponent_sign}{:02}", exponent.abs());
    }
    if exponent < 0 {
        let zeros = "0".repeat(usize::try_from(-exponent - 1).unwrap_or(0));
        return format!("{sign}0.{zeros}{digits}");
    }
    let whole = usize::try_from(exponent + 1).unwrap_or(1);
    if digits.len() <= whole {
        let zeros = "0".repeat(whole - digits.len());
        return format!("{sign}{digits}{zeros}");
    }
    let (before, after) = digits.split_at(whole);
    format!("{sign}{before}.{after}")
}

/// Why a text is no float, in Go's words after `strconv.ParseFloat: parsing "…": `.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FloatError {
    /// Not a number at all.
    #[error("invalid syntax")]
    Syntax,
    /// Too large for a float64; Go returns an infinity of this sign beside the error.
    #[error("value out of range")]
    Range,
}

/// `strconv.ParseFloat(text, 64)`: decimal and hexadecimal floats, `inf`, `infinity`, `nan` in any case with a sign.
///
/// Underscores are accepted only behind a base prefix, as in Go (`0x_1p4`); callers that allow `1_000` strip them
/// first.
///
/// # Errors
/// When the text is no number, or none that fits.
pub fn parse_float(text: &str) -> Result<f64, FloatError> {
    let (negative, body) = match text.as_bytes().first() {
        Some(b'+') => (false, &text[1..]),
        Some(b'-') => (true, &text[1..]),
        _ => (false, text),
    };
    let signed = |value: f64| if negative { -value } else { value };
    let lower = body.to_ascii_lowercase();
    match lower.as_str() {
        "inf" | "infinity" => return Ok(signed(f64::INFINITY)),
        // Go's NaN, which has its own payload.
        "nan" => return Ok(f64::from_bits(0x7ff8_0000_0000_0001)),
        _ => {}
    }
    if let Some(hex) = lower.strip_prefix("0x") {
        return parse_hex(hex).map(signed);
    }
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'+' | b'-');
    if lower.is_empty()
        || !lower.bytes().all(plain)
        || !lower.as_bytes()[0].is_ascii_digit() && !lower.starts_with('.')
    {
        return Err(FloatError::Syntax);
    }
    let value: f64 = lower.parse().map_err(|_| FloatError::Syntax)?;
    if value.is_infinite() {
        Err(FloatError::Range)
    } else {
        Ok(signed(value))
    }
}

/// The part of a hexadecimal float after `0x`: mantissa with optional point, then `p` and a decimal exponent.
fn parse_hex(text: &str) -> Result<f64, FloatError> {
    let text: Cow<'_, str> = if text.contains('_') {
        strip_underscores(text).ok_or(FloatError::Syntax)?.into()
    } else {
        text.into()
    };
    let (mantissa, exponent) = text.split_once('p').ok_or(FloatError::Syntax)?;
    let digits_only = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if digits_only.is_empty() || !digits_only.bytes().all(|b| b.is_ascii_digit()) {
        return Err(FloatError::Syntax);
    }
    let mut exponent: i64 = exponent.parse().unwrap_or(if exponent.starts_with('-') {
        -100_000
    } else {
        100_000
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() + fraction.len() == 0 {
        return Err(FloatError::Syntax);
    }
    // Up to 60 bits are kept exactly; what follows only matters as "something was there" when rounding.
    let mut bits: u64 = 0;
    let mut sticky = false;
    for (index, c) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = c.to_digit(16).ok_or(FloatError::Syntax)?;
        if index >= whole.len() {
            exponent -= 4;
        }
        if bits >> 56 == 0 {
            bits = bits << 4 | u64::from(digit);
        } else {
            sticky |= digit != 0;
            exponent += 4;
        }
    }
    if sticky {
        bits |= 1;
    }
    let exponent = i32::try_from(exponent.clamp(-5000, 5000)).unwrap_or(0);
    let mut value = bits as f64;
    // Two steps keep the scaling exact until the last one.
    let (first, second) = (exponent / 2, exponent - exponent / 2);
    value *= 2f64.powi(first);
    value *= 2f64.powi(second);
    if value.is_infinite() {
        Err(FloatError::Range)
    } else {
        Ok(value)
    }
}

/// Removes Go's digit separators; `None` where one stands in a wrong place.
fn strip_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    for (i, &b) in bytes.iter().enumerate() {
        let digit = |at: Option<&u8>| at.is_some_and(u8::is_ascii_hexdigit);
        if b == b'_' && !((i == 0 || digit(bytes.get(i - 1))) && digit(bytes.get(i + 1))) {
            return None;
        }
    }
    Some(text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_form_switches_to_an_exponent_at_a_million() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (100_000.0, "100000"),
            (999_999.0, "999999"),
            (1_000_000.0, "1e+06"),
            (1_048_576.0, "1.048576e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (0.0001234, "0.0001234"),
            (0.00001234, "1.234e-05"),
            (1e100, "1e+100"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(format_g(value), text);
        }
    }

    #[test]
    fn precision_rounds_half_to_even_and_drops_zeros() {
        for (value, text) in [
            (1_234_567.5, "1.235e+06"),
            (100_000.0, "1e+05"),
            (12.34567, "12.35"),
            (0.5, "0.5"),
            (1000.0, "1000"),
            (999.95, "1000"),
        ] {
            assert_eq!(format_g_precision(value, 4), text);
        }
        assert_eq!(format_g_precision(2.5, 1), "2");
    }

    #[test]
    fn exponent_forms() {
        assert_eq!(format_e(99.0, None, 'E'), "9.9E+01");
        assert_eq!(format_e(0.0, None, 'E'), "0E+00");
        assert_eq!(format_e(1e6, Some(6), 'e'), "1.000000e+06");
        assert_eq!(format_f(1e21), "1000000000000000000000");
        assert_eq!(format_f(0.00001), "0.00001");
    }

    #[test]
    fn floats_are_read_as_go_reads_them() {
        assert_eq!(parse_float("1e3"), Ok(1000.0));
        assert_eq!(parse_float("-.5"), Ok(-0.5));
        assert_eq!(parse_float("5."), Ok(5.0));
        assert_eq!(parse_float("0x1p3"), Ok(8.0));
        assert_eq!(parse_float("0x1.8p-1"), Ok(0.75));
        assert_eq!(parse_float("+Infinity"), Ok(f64::INFINITY));
        assert!(parse_float("nan").unwrap().is_nan());
        assert_eq!(parse_float("1e999"), Err(FloatError::Range));
        for bad in ["", "abc", "0x10", "1_000", "1e", "--1", "e5", "1 ", "."] {
            assert_eq!(parse_float(bad), Err(FloatError::Syntax), "{bad}");
        }
    }
}
