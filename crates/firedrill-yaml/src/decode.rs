//! From the bytes of a file to its text, with the checks that go-yaml's reader makes.

use std::borrow::Cow;
use thiserror::Error;

/// Why bytes are no YAML text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct DecodeError {
    /// go-yaml's words.
    pub message: &'static str,
    /// Offset of the first bad byte in the file.
    pub offset: usize,
    /// The part before it, decoded.
    pub before: String,
}

/// Decodes UTF-8, or UTF-16 behind a byte-order mark. The byte-order mark itself is dropped; UTF-8 is not copied.
///
/// # Errors
/// At the first byte that is no text.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => decode_utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xfe, 0xff, rest @ ..] => decode_utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        [0xef, 0xbb, 0xbf, rest @ ..] => decode_utf8(rest, 3),
        _ => decode_utf8(bytes, 0),
    }
}

/// As [`decode`], for bytes that can become the text themselves.
///
/// # Errors
/// At the first byte that is no text; the bytes are given back.
pub fn decode_owned(bytes: Vec<u8>) -> Result<String, (DecodeError, Vec<u8>)> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(match text.strip_prefix('\u{feff}') {
            Some(text) => text.to_owned(),
            None => text,
        }),
        Err(error) => {
            let bytes = error.into_bytes();
            let text = decode(&bytes).map(Cow::into_owned);
            text.map_err(|error| (error, bytes))
        }
    }
}

fn decode_utf8(bytes: &[u8], skipped: usize) -> Result<Cow<'_, str>, DecodeError> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(Cow::Borrowed(text)),
        Err(error) => error,
    };
    let (good, bad) = bytes.split_at(error.valid_up_to());
    Err(DecodeError {
        message: utf8_problem(bad),
        offset: skipped + good.len(),
        before: String::from_utf8_lossy(good).into_owned(),
    })
}

/// What go-yaml says of a sequence that is no UTF-8: it looks at the lengths first, then at the bytes behind the first,
/// then at the value.
fn utf8_problem(bad: &[u8]) -> &'static str {
    let first = bad.first().copied().unwrap_or(0);
    let width = match first {
        0x00..=0x7f => 1,
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => return "invalid leading UTF-8 octet",
    };
    if bad.len() < width {
        return "incomplete UTF-8 octet sequence";
    }
    if bad[1..width].iter().any(|byte| byte & 0xc0 != 0x80) {
        return "invalid trailing UTF-8 octet";
    }
    let lead = u32::from(first) & (0xff >> (width + 1));
    let value = bad[1..width]
        .iter()
        .fold(lead, |value, byte| value << 6 | u32::from(byte & 0x3f));
    let shortest = match value {
        0..=0x7f => 1,
        0x80..=0x7ff => 2,
        0x800..=0xffff => 3,
        _ => 4,
    };
    if shortest < width {
        "invalid length of a UTF-8 sequence"
    } else {
        "invalid Unicode character"
    }
}

fn decode_utf16(bytes: &[u8], join: fn([u8; 2]) -> u16) -> Result<String, DecodeError> {
    let (pairs, tail) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    let mut offset = 2;
    for unit in char::decode_utf16(pairs.iter().map(|pair| join(*pair))) {
        match unit {
            Ok(c) => {
                offset += 2 * c.len_utf16();
                text.push(c);
            }
            Err(error) => {
                let message = match (error.unpaired_surrogate(), offset + 2 >= bytes.len()) {
                    (0xdc00..=0xdfff, _) => "unexpected low surrogate area",
                    (_, true) => "incomplete UTF-16 surrogate pair",
                    (_, false) => "expected low surrogate area",
                };
                return Err(DecodeError {
                    message,
                    offset,
                    before: text,
                });
            }
        }
    }
    if tail.is_empty() {
        Ok(text)
    } else {
        Err(DecodeError {
            message: "incomplete UTF-16 character",
            offset,
            before: text,
        })
    }
}

/// The bytes of a `!!binary`: standard base64 with padding; line breaks are skipped, as in Go.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let padding = digits.iter().rev().take_while(|b| **b == b'=').count();
    if padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    let mut buffer = 0u32;
    for (index, digit) in digits[..digits.len() - padding].iter().enumerate() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        buffer = buffer << 6 | u32::from(value);
        // Each digit beyond the first of four completes a byte.
        let pending = [6, 4, 2, 0][index % 4];
        if index % 4 != 0 {
            bytes.push((buffer >> pending & 0xff) as u8);
        }
    }
    Some(bytes)
}

/// Whether go-yaml's reader lets a character into a document.
pub(crate) fn is_allowed(c: char) -> bool {
    matches!(c,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}'
        | '\u{10000}'..='\u{10ffff}')
}

/// The first character that go-yaml's reader refuses.
pub(crate) fn first_control_character(text: &str) -> Option<usize> {
    // Nearly every file is free of them, and a byte below a blank or a DEL, C2 or EF is needed for one.
    let suspicious = |b: &u8| matches!(b, 0..=0x08 | 0x0b | 0x0c | 0x0e..=0x1f | 0x7f | 0xc2 | 0xef);
    let from = text.as_bytes().iter().position(suspicious)?;
    text[from..]
        .char_indices()
        .find(|(_, c)| !is_allowed(*c))
        .map(|(at, _)| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_marks_choose_the_encoding_and_vanish() {
        assert_eq!(decode(b"\xef\xbb\xbfa\xc3\xa9").unwrap(), "aé");
        assert_eq!(decode(b"\xff\xfea\0\xe9\0").unwrap(), "aé");
        assert_eq!(decode(b"\xfe\xff\0a\xd8\x3d\xde\0").unwrap(), "a\u{1f600}");
    }

    #[test]
    fn bytes_that_are_given_away_are_decoded_alike() {
        for bytes in [
            &b""[..],
            b"a\xc3\xa9",
            b"\xef\xbb\xbfa",
            b"\xef\xbb\xbf\xef\xbb\xbfa",
            b"\xff\xfea\0\xe9\0",
            b"\xfe\xff\0a",
            b"\xef\xbb\xbfa\xff",
            b"\xff\xfea\0b",
        ] {
            let expected = decode(bytes).map(Cow::into_owned);
            let expected = expected.map_err(|error| (error, bytes.to_vec()));
            assert_eq!(decode_owned(bytes.to_vec()), expected, "{bytes:?}");
        }
    }

    #[test]
    fn the_first_bad_byte_is_named() {
        for (bytes, offset, message) in [
            (&b"ab\xff"[..], 2, "invalid leading UTF-8 octet"),
            (b"a\xc3", 1, "incomplete UTF-8 octet sequence"),
            (b"a\xc3b", 1, "invalid trailing UTF-8 octet"),
            (b"\xc0\x80", 0, "invalid length of a UTF-8 sequence"),
            (b"\xed\xa0\x80", 0, "invalid Unicode character"),
            (b"\xff\xfea\0b", 4, "incomplete UTF-16 character"),
            (b"\xff\xfe\0\xdc", 2, "unexpected low surrogate area"),
        ] {
            let error = decode(bytes).unwrap_err();
            assert_eq!((error.offset, error.message), (offset, message), "{bytes:?}");
        }
    }

    #[test]
    fn base64_is_decoded_as_go_does() {
        for (text, bytes) in [
            ("aGk=", Some(&b"hi"[..])),
            ("aGkh\naA==", Some(b"hi!h")),
            ("", Some(b"")),
            ("aGk", None),
            ("a===", None),
            ("a*==", None),
        ] {
            assert_eq!(decode_base64(text).as_deref(), bytes, "{text}");
        }
    }

    #[test]
    fn control_characters_are_found() {
        assert_eq!(first_control_character("a\té\u{85}\r\n"), None);
        assert_eq!(first_control_character("a\u{1}"), Some(1));
        assert_eq!(first_control_character("é\u{80}"), Some(2));
        assert_eq!(first_control_character("x\u{ffff}"), Some(1));
    }
}
