//! Number literals: what Go accepts and what kind each becomes.

use firedrill_value::{parse_float, quote};

/// A constant, in every form that it can take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Constant {
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    /// Imaginary part of a complex constant that is no real number.
    pub(crate) complex: Option<(f64, f64)>,
    /// Whether it is written like a float (with a point or an exponent), and is one where nothing else is asked for.
    pub(crate) looks_float: bool,
}

impl Constant {
    fn from_int(value: i64) -> Self {
        Constant {
            int: Some(value),
            uint: u64::try_from(value).ok(),
            float: Some(value as f64),
            complex: None,
            looks_float: false,
        }
    }

    fn from_float(value: f64, looks_float: bool) -> Self {
        let whole = value.trunc() == value;
        let int = (whole && value.abs() < 9.3e18)
            .then_some(value as i64)
            .filter(|i| *i as f64 == value);
        let uint = (whole && (0.0..1.8e19).contains(&value))
            .then_some(value as u64)
            .filter(|u| *u as f64 == value);
        Constant {
            int,
            uint,
            float: Some(value),
            complex: None,
            looks_float,
        }
    }
}

/// Reads a number as the template parser does.
///
/// # Errors
/// In Go's words.
pub(crate) fn parse_number(text: &str) -> Result<Constant, String> {
    if let Some(imaginary) = text.strip_suffix('i') {
        if let Some(split) = imaginary
            .rfind(['+', '-'])
            .filter(|&at| at > 0 && !imaginary[..at].ends_with(['e', 'E']))
        {
            let (real, imaginary) = imaginary.split_at(split);
            if let (Ok(re), Ok(im)) = (parse_float(real), parse_float(imaginary)) {
                return Ok(complex(re, im));
            }
        } else if let Ok(im) = parse_float(imaginary) {
            return Ok(complex(0.0, im));
        }
        return Err(format!("illegal number syntax: {}", quote(text)));
    }
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if let Some(magnitude) = parse_uint(digits) {
        // Only unsigned texts without a sign count as unsigned; "+5" does not.
        let signed = if negative {
            0i128 - i128::from(magnitude)
        } else {
            i128::from(magnitude)
        };
        let int = i64::try_from(signed).ok();
        let uint = (digits.len() == text.len() || magnitude == 0).then_some(magnitude);
        if int.is_some() || uint.is_some() {
            let float = int.map(|i| i as f64).or(uint.map(|u| u as f64));
            return Ok(Constant {
                int,
                uint,
                float,
                complex: None,
                looks_float: false,
            });
        }
    }
    match parse_float(text) {
        Ok(_) if !text.contains(['.', 'e', 'E', 'p', 'P']) => {
            Err(format!("integer overflow: {}", quote(text)))
        }
        Ok(value) => Ok(Constant::from_float(value, true)),
        Err(_) => Err(format!("illegal number syntax: {}", quote(text))),
    }
}

/// Reads `'a'`.
///
/// # Errors
/// In Go's words.
pub(crate) fn parse_char(text: &str) -> Result<Constant, String> {
    let inner = text.get(1..).unwrap_or("");
    let (c, rest) = unquote_char(inner, '\'').ok_or_else(|| "invalid syntax".to_owned())?;
    if rest != "'" {
        return Err(format!("malformed character constant: {text}"));
    }
    Ok(Constant::from_int(match c {
        Unquoted::Char(c) => i64::from(c as u32),
        Unquoted::Byte(b) => i64::from(b),
    }))
}

fn complex(re: f64, im: f64) -> Constant {
    if im == 0.0 {
        return Constant::from_float(re, false);
    }
    Constant {
        int: None,
        uint: None,
        float: None,
        complex: Some((re, im)),
        looks_float: false,
    }
}

/// `strconv.ParseUint(text, 0, 64)`: base by prefix, underscores between digits.
fn parse_uint(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    if digits.contains('_') {
        let bytes = lower.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
        let prefixed = radix != 10;
        for (i, &b) in bytes.iter().enumerate() {
            let before = i > 0 && (digit(i - 1) || (prefixed && i == 2));
            if b == b'_' && !(before && digit(i + 1)) {
                return None;
            }
        }
    }
    let digits = digits.replace('_', "");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    u64::from_str_radix(&digits, radix).ok()
}

/// One decoded character of a quoted text.
pub(crate) enum Unquoted {
    Char(char),
    /// `\xNN` and octal escapes are single bytes.
    Byte(u8),
}

/// `strconv.Unquote` of a quoted or raw string; `None` where Go says "invalid syntax".
pub(crate) fn unquote(text: &str) -> Option<String> {
    if let Some(raw) = text.strip_prefix('`') {
        return raw.strip_suffix('`').map(|raw| raw.replace('\r', ""));
    }
    let mut rest = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let (c, tail) = unquote_char(rest, '"')?;
        match c {
            Unquoted::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Unquoted::Byte(b) => bytes.push(b),
        }
        rest = tail;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn unquote_char(text: &str, quote: char) -> Option<(Unquoted, &str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first == quote {
        return None;
    }
    if first != '\\' {
        return Some((Unquoted::Char(first), chars.as_str()));
    }
    let escape = chars.next()?;
    let rest = chars.as_str();
    let hex = |count: usize| {
        let digits = rest
            .get(..count)
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        Some((u32::from_str_radix(digits, 16).ok()?, &rest[count..]))
    };
    let simple = match escape {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '\\' => '\\',
        c if c == quote && matches!(c, '\'' | '"') => c,
        'x' => {
            let (code, rest) = hex(2)?;
            return Some((Unquoted::Byte(u8::try_from(code).ok()?), rest));
        }
        'u' | 'U' => {
            let (code, rest) = hex(if escape == 'u' { 4 } else { 8 })?;
            return Some((Unquoted::Char(char::from_u32(code)?), rest));
        }
        '0'..='7' => {
            let digits = text
                .get(1..4)
                .filter(|d| d.bytes().all(|b| (b'0'..=b'7').contains(&b)))?;
            let code = u32::from_str_radix(digits, 8).ok()?;
            return Some((Unquoted::Byte(u8::try_from(code).ok()?), &text[4..]));
        }
        _ => return None,
    };
    Some((Unquoted::Char(simple), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_every_form_they_can() {
        let one = parse_number("1").unwrap();
        assert_eq!((one.int, one.float, one.looks_float), (Some(1), Some(1.0), false));
        let exponent = parse_number("1e3").unwrap();
        assert_eq!((exponent.int, exponent.looks_float), (Some(1000), true));
        assert_eq!(parse_number("017").unwrap().int, Some(15));
        assert_eq!(parse_number("0x1F").unwrap().int, Some(31));
        assert_eq!(parse_number("-0b11").unwrap().int, Some(-3));
        assert_eq!(parse_number("1_000").unwrap().int, Some(1000));
        assert_eq!(parse_char("'a'").unwrap().int, Some(97));
    }

    #[test]
    fn bad_numbers_are_refused_in_gos_words() {
        for (text, message) in [
            ("08", "integer overflow: \"08\""),
            ("1e", "illegal number syntax: \"1e\""),
            ("1__0", "illegal number syntax: \"1__0\""),
            ("+", "illegal number syntax: \"+\""),
            ("0x", "illegal number syntax: \"0x\""),
        ] {
            assert_eq!(parse_number(text).unwrap_err(), message);
        }
        assert_eq!(
            parse_char("'ab'").unwrap_err(),
            "malformed character constant: 'ab'"
        );
        assert_eq!(parse_char("''").unwrap_err(), "invalid syntax");
        assert_eq!(unquote(r#""\q""#), None);
        assert_eq!(unquote(r#""a\tA\x41\101""#).as_deref(), Some("a\tAAA"));
    }
}
