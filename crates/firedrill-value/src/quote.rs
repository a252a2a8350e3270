//! Go's `strconv.Quote`: how label values, names and characters appear in Prometheus' messages.

use std::fmt::Write as _;

/// `strconv.Quote` of valid text.
pub fn quote(text: &str) -> String {
    quote_bytes(text.as_bytes())
}

/// `strconv.Quote` of any bytes: what is no UTF-8 becomes `\xNN`.
pub fn quote_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            escape(&mut out, c, '"');
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    out
}

/// `%q` of a character: single quotes, escapes for what cannot be printed.
pub fn quote_char(c: char) -> String {
    let mut out = String::from("'");
    escape(&mut out, c, '\'');
    out.push('\'');
    out
}

fn escape(out: &mut String, c: char, quote: char) {
    let short = match c {
        '\x07' => Some('a'),
        '\x08' => Some('b'),
        '\x0c' => Some('f'),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        '\x0b' => Some('v'),
        '\\' => Some('\\'),
        c if c == quote => Some(c),
        _ => None,
    };
    match short {
        Some(letter) => {
            out.push('\\');
            out.push(letter);
        }
        None if is_printable(c) => out.push(c),
        None => {
            let code = c as u32;
            let _ = match code {
                0..=0x1f | 0x7f => write!(out, "\\x{code:02x}"),
                0..=0xffff => write!(out, "\\u{code:04x}"),
                _ => write!(out, "\\U{code:08x}"),
            };
        }
    }
}

/// Close to Go's `unicode.IsPrint`: Rust's own debug escape knows which characters have a picture; of the blanks only
/// U+0020 counts as printable in Go.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    if c.is_whitespace() {
        return false;
    }
    // Grapheme extenders (combining marks) are escaped by Rust only at the start of a string, yet print in Go.
    c.escape_debug().len() == 1 || !format!("a{c}").escape_debug().to_string().contains('\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_go_does() {
        assert_eq!(
            quote("a\"b\\\n\u{7f}é\u{a0}\u{200b}"),
            "\"a\\\"b\\\\\\n\\x7fé\\u00a0\\u200b\""
        );
        assert_eq!(quote_bytes(b"a\xc5z"), "\"a\\xc5z\"");
        assert_eq!(quote_char('\''), "'\\''");
        assert_eq!(quote_char('"'), "'\"'");
    }
}
