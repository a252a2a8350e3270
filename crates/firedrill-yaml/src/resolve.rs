//! What an untagged scalar means to go-yaml: null, a boolean, a number or text.

use crate::{Content, NodeRef, Style};
use firedrill_value::parse_float;
use std::borrow::Cow;

/// Which go-yaml reads the file: version 3 for rule files, version 2 for unit tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `yaml.v2`
    V2,
    /// `yaml.v3`
    V3,
}

/// What a scalar stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolved {
    /// `~`, `null` or nothing at all.
    Null,
    /// `true`; in version 2 also `yes`, `on` and the like.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above the range of `i64`.
    Uint(u64),
    /// A number with a fraction or exponent.
    Float(f64),
    /// A date or time.
    Timestamp,
    /// The key `<<`.
    Merge,
    /// `!!binary`.
    Binary,
    /// Anything else.
    Text,
    /// A sequence.
    Sequence,
    /// A mapping.
    Mapping,
}

impl Resolved {
    /// The tag that go-yaml names in its messages.
    pub fn tag(self) -> &'static str {
        match self {
            Resolved::Null => "!!null",
            Resolved::Bool(_) => "!!bool",
            Resolved::Int(_) | Resolved::Uint(_) => "!!int",
            Resolved::Float(_) => "!!float",
            Resolved::Timestamp => "!!timestamp",
            Resolved::Merge => "!!merge",
            Resolved::Binary => "!!binary",
            Resolved::Text => "!!str",
            Resolved::Sequence => "!!seq",
            Resolved::Mapping => "!!map",
        }
    }
}

/// The text does not fit the tag that it carries, as in `!!int x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagMismatch {
    /// The tag that the text would have by itself.
    pub found: &'static str,
}

/// What a node means.
///
/// # Errors
/// When a tag and its text contradict each other.
pub fn resolve(node: NodeRef<'_>, version: Version) -> Result<Resolved, TagMismatch> {
    let scalar = match node.content() {
        Content::Scalar(scalar) => scalar,
        Content::Sequence => return Ok(Resolved::Sequence),
        Content::Mapping => return Ok(Resolved::Mapping),
        Content::Alias(_) => return Ok(Resolved::Null),
    };
    let tag = node.tag().unwrap_or("");
    let tag = if tag == "!" { "" } else { tag };
    let indicated = scalar.style != Style::Plain;
    match tag {
        "!!str" => return Ok(Resolved::Text),
        "!!binary" => return Ok(Resolved::Binary),
        "" if indicated => return Ok(Resolved::Text),
        // A lone `!` says "text" in version 2 only.
        "" if version == Version::V2 && node.tag() == Some("!") => return Ok(Resolved::Text),
        _ => {}
    }
    let found = plain(scalar.text, tag, version);
    let core = matches!(
        tag,
        "!!null" | "!!bool" | "!!int" | "!!float" | "!!timestamp" | "!!merge"
    );
    if tag.is_empty() || !core || found.tag() == tag {
        return Ok(found);
    }
    match (tag, found) {
        ("!!float", Resolved::Int(n)) => Ok(Resolved::Float(n as f64)),
        ("!!float", Resolved::Uint(n)) => Ok(Resolved::Float(n as f64)),
        _ => Err(TagMismatch { found: found.tag() }),
    }
}

/// Whether an untagged scalar is text at first sight: indicated, or a word that YAML does not know.
#[inline]
pub(crate) fn is_plainly_text(text: &str, style: Style, version: Version) -> bool {
    /// "false" is the longest word with a meaning.
    const LONGEST: usize = 5;
    let starts = |letter: fn(&u8) -> bool| text.as_bytes().first().is_some_and(letter);
    style != Style::Plain
        || starts(u8::is_ascii_alphabetic)
            && (text.len() > LONGEST
                || !starts(|letter| b"ntfyoNTFYO".contains(letter))
                || keyword(text, version).is_none())
}

fn plain(text: &str, tag: &str, version: Version) -> Resolved {
    let first = text.as_bytes().first().copied();
    if let Some(known) = keyword(text, version) {
        return known;
    }
    match first {
        Some(b'.') => match parse_float(text) {
            Ok(value) => Resolved::Float(value),
            Err(_) => Resolved::Text,
        },
        Some(b'+' | b'-' | b'0'..=b'9') => number(text, tag),
        _ => Resolved::Text,
    }
}

/// Whether a plain text without a tag stands for null.
pub(crate) fn is_null_word(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn keyword(text: &str, version: Version) -> Option<Resolved> {
    Some(match text {
        _ if is_null_word(text) => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Resolved::Float(f64::NEG_INFINITY),
        "<<" => Resolved::Merge,
        _ if version == Version::V2 => Resolved::Bool(old_bool(text)?),
        _ => return None,
    })
}

/// The booleans that YAML 1.1 knows beside `true` and `false`: `yes`, `on`, `n` and the like.
pub fn old_bool(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn number(text: &str, tag: &str) -> Resolved {
    if (tag.is_empty() || tag == "!!timestamp") && is_timestamp(text) {
        return Resolved::Timestamp;
    }
    let plain = if text.contains('_') {
        Cow::Owned(text.replace('_', ""))
    } else {
        Cow::Borrowed(text)
    };
    let (negative, digits) = match plain.as_bytes().first() {
        Some(b'-') => (true, &plain[1..]),
        Some(b'+') => (false, &plain[1..]),
        _ => (false, &*plain),
    };
    let magnitude = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => radix(&digits[2..], 16),
        [b'0', b'o' | b'O', ..] => radix(&digits[2..], 8),
        [b'0', b'b' | b'B', ..] => radix(&digits[2..], 2),
        [b'0', _, ..] => radix(&digits[1..], 8),
        _ => radix(digits, 10),
    };
    if let Some(magnitude) = magnitude {
        if let Some(value) = signed(magnitude, negative) {
            return Resolved::Int(value);
        }
        // A sign, even `+`, keeps Go's ParseUint from taking it.
        if !negative && !plain.starts_with('+') {
            return Resolved::Uint(magnitude);
        }
    }
    if is_float(digits)
        && let Ok(value) = parse_float(&plain)
    {
        return Resolved::Float(value);
    }
    Resolved::Text
}

fn radix(digits: &str, radix: u32) -> Option<u64> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

fn signed(magnitude: u64, negative: bool) -> Option<i64> {
    if negative {
        0i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    }
}

/// Digits with an optional point and exponent; no sign.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !unsigned.is_empty() && digits(unsigned)
    });
    mantissa_fits && exponent_fits
}

/// Whether go-yaml takes it for a point in time: `2006-1-2`, or with a time of day behind `T`, `t` or a blank.
fn is_timestamp(text: &str) -> bool {
    let year = text.bytes().take_while(u8::is_ascii_digit).count();
    if year != 4 || text.as_bytes().get(4) != Some(&b'-') {
        return false;
    }
    let date_end = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let (date, time) = text.split_at(date_end);
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (field(year, 4), field(month, 2), field(day, 2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return false,
    };
    if day == 0 || day > days {
        return false;
    }
    if time.is_empty() {
        return true;
    }
    is_time_of_day(&time[1..], time.starts_with(' '))
}

/// `15:4:5` with an optional fraction; behind `T` a zone is required, behind a blank there must be none.
fn is_time_of_day(text: &str, after_blank: bool) -> bool {
    let zone_at = text.find(['Z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone_at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let parts: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = parts.as_slice() else {
        return false;
    };
    let below = |part: &str, limit| field(part, 2).is_some_and(|value| value < limit);
    let clock_fits = below(hour, 24) && below(minute, 60) && below(second, 60);
    let fraction_fits = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    let zone_fits = match zone {
        "" => after_blank,
        _ if after_blank => false,
        "Z" => true,
        _ => zone[1..]
            .split_once(':')
            .is_some_and(|(h, m)| h.len() == 2 && m.len() == 2 && below(h, 24) && below(m, 60)),
    };
    clock_fits && fraction_fits && zone_fits
}

fn field(text: &str, most: usize) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str, version: Version) -> Resolved {
        let tree = crate::parse(text);
        resolve(tree.root(0).unwrap(), version).unwrap()
    }

    #[test]
    fn what_is_text_at_first_sight_is_text() {
        for text in [
            "for",
            "name",
            "yes",
            "no",
            "null",
            "True",
            "'1'",
            "x",
            "falsehood",
            "1",
            "~",
            ".inf",
            "<<",
        ] {
            let tree = crate::parse(text);
            let node = tree.root(0).unwrap();
            for version in [Version::V3, Version::V2] {
                let is_text = resolve(node, version) == Ok(Resolved::Text);
                assert_eq!(node.plain_text(version).is_some(), is_text, "{text}");
            }
        }
        assert_eq!(
            crate::parse("!!str x").root(0).unwrap().plain_text(Version::V3),
            None
        );
    }

    #[test]
    fn plain_scalars_mean_what_go_yaml_takes_them_for() {
        for (text, meaning) in [
            ("012", Resolved::Int(10)),
            ("0o12", Resolved::Int(10)),
            ("08", Resolved::Float(8.0)),
            ("0x3", Resolved::Int(3)),
            ("-0b11", Resolved::Int(-3)),
            ("1_0", Resolved::Int(10)),
            ("1e0", Resolved::Float(1.0)),
            (".5", Resolved::Float(0.5)),
            ("1.", Resolved::Float(1.0)),
            ("18446744073709551615", Resolved::Uint(u64::MAX)),
            ("99999999999999999999", Resolved::Float(1e20)),
            ("1:30", Resolved::Text),
            ("1e400", Resolved::Text),
            ("yes", Resolved::Text),
            ("~", Resolved::Null),
            ("'1'", Resolved::Text),
            ("!!str 1", Resolved::Text),
            ("!!float 1", Resolved::Float(1.0)),
            ("!x 1", Resolved::Int(1)),
            ("2020-01-01", Resolved::Timestamp),
            ("2020-02-30", Resolved::Text),
            ("2020-01-01T00:00:00Z", Resolved::Timestamp),
            ("5m", Resolved::Text),
        ] {
            assert_eq!(resolved(text, Version::V3), meaning, "{text}");
        }
        assert_eq!(resolved("yes", Version::V2), Resolved::Bool(true));
        let tree = crate::parse("!!int x");
        assert_eq!(
            resolve(tree.root(0).unwrap(), Version::V3),
            Err(TagMismatch { found: "!!str" })
        );
    }
}
