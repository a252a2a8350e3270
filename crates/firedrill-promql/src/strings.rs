//! String literals: where they end, and what they stand for.

use firedrill_source::find_byte;
use firedrill_value::quote_char;
use std::borrow::Cow;

/// Length of the literal that `text` starts with, both quotes included.
///
/// # Errors
/// The lexer's message; it belongs to the opening quote.
pub(crate) fn scan(text: &str, quote: char) -> Result<usize, String> {
    let bytes = text.as_bytes();
    if quote == '`' {
        return match text[1..].find('`') {
            Some(_) if first_invalid(&text[1..], '`') => Err("invalid UTF-8 rune".to_owned()),
            Some(at) => Ok(at + 2),
            None => Err("unterminated raw string".to_owned()),
        };
    }
    let mut at = 1;
    loop {
        // Over what stands for itself.
        at += plain_length(bytes.get(at..).unwrap_or(&[]));
        match bytes.get(at) {
            None | Some(b'\n') => return Err("unterminated quoted string".to_owned()),
            Some(b'\\') => at = scan_escape(text, at + 1, quote)?,
            Some(&b) if b == quote as u8 => return Ok(at + 1),
            Some(0xef) if text[at..].starts_with(char::REPLACEMENT_CHARACTER) => {
                return Err("invalid UTF-8 rune".to_owned());
            }
            Some(_) => at += 1,
        }
    }
}

/// How many bytes at the start stand for themselves in a literal.
#[inline]
pub(crate) fn plain_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|&&byte| is_itself(byte)).count()
}

/// Whether a byte stands for itself in a literal, whatever its quotes and whatever follows.
#[inline]
fn is_itself(byte: u8) -> bool {
    const TABLE: [bool; 256] = {
        let mut table = [true; 256];
        table[b'"' as usize] = false;
        table[b'\'' as usize] = false;
        table[b'\\' as usize] = false;
        table[b'\n' as usize] = false;
        table[0xef] = false;
        table
    };
    TABLE[byte as usize]
}

/// Whether U+FFFD, upstream's sign for broken UTF-8, stands before the closing quote.
fn first_invalid(text: &str, quote: char) -> bool {
    text.chars()
        .take_while(|&c| c != quote)
        .any(|c| c == char::REPLACEMENT_CHARACTER)
}

/// The offset after the escape whose letter stands at `at`.
fn scan_escape(text: &str, at: usize, quote: char) -> Result<usize, String> {
    let Some(letter) = text.get(at..).and_then(|rest| rest.chars().next()) else {
        return Err("escape sequence not terminated".to_owned());
    };
    let (digits, base, max, first) = match letter {
        'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' => return Ok(at + 1),
        c if c == quote => return Ok(at + 1),
        '0'..='7' => (3, 8, 255, at),
        'x' => (2, 16, 255, at + 1),
        'u' => (4, 16, 0x10_ffff, at + 1),
        'U' => (8, 16, 0x10_ffff, at + 1),
        c => return Err(format!("unknown escape sequence {}", go_sharp_u(c))),
    };
    let mut value: u64 = 0;
    let mut rest = text[first..].chars();
    for _ in 0..digits {
        let Some(c) = rest.next() else {
            return Err("escape sequence not terminated".to_owned());
        };
        let Some(digit) = c.to_digit(base) else {
            return Err(format!("illegal character {} in escape sequence", go_sharp_u(c)));
        };
        value = value * u64::from(base) + u64::from(digit);
    }
    if value > max || (0xd800..0xe000).contains(&value) {
        return Err("escape sequence is an invalid Unicode code point".to_owned());
    }
    Ok(first + digits)
}

/// Go's `%#U`: `U+0071 'q'`.
fn go_sharp_u(c: char) -> String {
    format!("U+{:04X} {}", c as u32, quote_char(c))
}

/// What a literal stands for; `literal` includes its quotes and has passed [`scan`].
pub(crate) fn unquote(literal: &str) -> Cow<'_, [u8]> {
    match plain(literal) {
        Some(inner) => Cow::Borrowed(inner.as_bytes()),
        None => Cow::Owned(unescape(literal.get(1..literal.len() - 1).unwrap_or(""))),
    }
}

/// As [`unquote`]; what is no UTF-8 becomes U+FFFD.
pub(crate) fn unquote_text(literal: &str) -> Cow<'_, str> {
    match plain(literal) {
        Some(inner) => Cow::Borrowed(inner),
        None => Cow::Owned(String::from_utf8_lossy(&unquote(literal)).into_owned()),
    }
}

/// What stands between the quotes, if that is what it stands for.
fn plain(literal: &str) -> Option<&str> {
    let inner = literal.get(1..literal.len().saturating_sub(1)).unwrap_or("");
    let is_plain = literal.starts_with('`') || find_byte(inner.as_bytes(), 0, b'\\') == inner.len();
    is_plain.then_some(inner)
}

fn unescape(inner: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = &rest[at + 1..];
        let number = |from: usize, digits: usize, base: u32| {
            let text = escape.get(from..from + digits).unwrap_or("");
            (u32::from_str_radix(text, base).unwrap_or(0xfffd), from + digits)
        };
        let push_char = |out: &mut Vec<u8>, code: u32| {
            let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        };
        let used = match escape.bytes().next() {
            Some(b'0'..=b'7') => {
                let (code, used) = number(0, 3, 8);
                out.push(u8::try_from(code).unwrap_or(b'?'));
                used
            }
            Some(b'x') => {
                let (code, used) = number(1, 2, 16);
                out.push(u8::try_from(code).unwrap_or(b'?'));
                used
            }
            Some(b'u') => {
                let (code, used) = number(1, 4, 16);
                push_char(&mut out, code);
                used
            }
            Some(b'U') => {
                let (code, used) = number(1, 8, 16);
                push_char(&mut out, code);
                used
            }
            Some(letter) => {
                out.push(match letter {
                    b'a' => 7,
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'v' => 11,
                    other => other,
                });
                1
            }
            None => 0,
        };
        rest = escape.get(used..).unwrap_or("");
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_ends_at_its_own_quote() {
        assert_eq!(scan(r#""a'b" c"#, '"'), Ok(5));
        assert_eq!(scan(r#""a\"b""#, '"'), Ok(6));
        assert_eq!(scan("`a\nb`", '`'), Ok(5));
        assert_eq!(scan("'a", '\''), Err("unterminated quoted string".to_owned()));
        assert_eq!(scan("'a\n'", '\''), Err("unterminated quoted string".to_owned()));
        assert_eq!(scan("`a", '`'), Err("unterminated raw string".to_owned()));
    }

    #[test]
    fn escapes_are_checked_in_upstreams_words() {
        for (text, message) in [
            (r#""\q""#, "unknown escape sequence U+0071 'q'"),
            (r#""\.""#, "unknown escape sequence U+002E '.'"),
            (r#""\'""#, "unknown escape sequence U+0027 '\\''"),
            (r#""\x.""#, "illegal character U+002E '.' in escape sequence"),
            (r#""\"#, "escape sequence not terminated"),
            (r#""\ud800""#, "escape sequence is an invalid Unicode code point"),
            (r#""\777""#, "escape sequence is an invalid Unicode code point"),
        ] {
            assert_eq!(scan(text, '"'), Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn escapes_become_bytes() {
        assert_eq!(
            &*unquote(r#""a\n\x41\101\u00e9\U0001F600\"""#),
            "a\nAAé😀\"".as_bytes()
        );
        assert_eq!(&*unquote(r#""\xff""#), b"\xff");
        assert_eq!(&*unquote(r"`a\n`"), br"a\n");
    }
}
