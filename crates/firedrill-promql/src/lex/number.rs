//! Shapes of numbers and durations, with upstream's quirks (`scanNumber` and `acceptRemainingDuration` of its lexer).

/// Walks over the bytes of a number.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn accept(&mut self, wanted: impl Fn(u8) -> bool) -> bool {
        let found = self.peek().is_some_and(wanted);
        self.at += usize::from(found);
        found
    }
}

/// Whether a number stands at the start of `text`, and how many bytes were looked at (its length if so).
pub(super) fn scan(text: &str, series: bool) -> (bool, usize) {
    // Most numbers are digits and nothing else.
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let behind = text.as_bytes().get(digits);
    if digits > 0 && behind.is_none_or(|&next| next != b'.' && !is_alphanumeric(next)) {
        return (true, digits);
    }
    let mut cursor = Cursor {
        bytes: text.as_bytes(),
        at: 0,
    };
    let valid = scan_at(&mut cursor, series);
    (valid, cursor.at)
}

fn scan_at(cursor: &mut Cursor<'_>, series: bool) -> bool {
    let mut hex = false;
    // In a series `0x3` is nought, repeated.
    if !series && cursor.accept(|b| b == b'0') && cursor.accept(|b| matches!(b, b'x' | b'X')) {
        cursor.accept(|b| b == b'_');
        hex = true;
    }
    let digit = move |b: u8| b.is_ascii_digit() || hex && b.is_ascii_hexdigit();
    let (mut dot, mut exponent) = (false, false);
    cursor.accept(|b| b == b'.');
    cursor.accept(digit);
    while let Some(next) = cursor.peek() {
        match next {
            b'.' => {
                cursor.at += 1;
                if dot || cursor.accept(|b| matches!(b, b'_' | b'.')) || hex {
                    return false;
                }
                dot = true;
            }
            b'e' | b'E' => {
                cursor.at += 1;
                if exponent {
                    return false;
                }
                exponent = true;
                cursor.accept(|b| matches!(b, b'+' | b'-'));
                if cursor.accept(|b| matches!(b, b'.' | b'_' | b'e' | b'E')) || cursor.peek().is_none() {
                    return false;
                }
            }
            b'_' => {
                cursor.at += 1;
                if cursor.accept(|b| matches!(b, b'.' | b'_' | b'e' | b'E')) || cursor.peek().is_none() {
                    return false;
                }
            }
            b if digit(b) => while cursor.accept(digit) {},
            _ => break,
        }
    }
    cursor.at > 0
        && match cursor.peek() {
            Some(b'x') if series => true,
            Some(next) => !is_alphanumeric(next),
            None => true,
        }
}

/// Whether what follows the first number of a duration (`number` bytes long) completes it, and how many bytes were
/// looked at.
pub(super) fn scan_duration(text: &str, number: usize) -> (bool, usize) {
    let mut cursor = Cursor {
        bytes: text.as_bytes(),
        at: number,
    };
    if !cursor.accept(|b| b"smhdwy".contains(&b)) {
        return (false, cursor.at);
    }
    cursor.accept(|b| b == b's');
    while cursor.accept(|b| b.is_ascii_digit()) {
        while cursor.accept(|b| b.is_ascii_digit()) {}
        if !cursor.accept(|b| b"smhdw".contains(&b)) {
            return (false, cursor.at);
        }
        cursor.accept(|b| b == b's');
    }
    match cursor.peek() {
        Some(next) if is_alphanumeric(next) => (false, cursor.at + 1),
        _ => (true, cursor.at),
    }
}

fn is_alphanumeric(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_where_upstream_ends_them() {
        for (text, expected) in [
            ("1", (true, 1)),
            ("1.5e-3 ", (true, 6)),
            ("2.", (true, 2)),
            (".5", (true, 2)),
            ("1_000)", (true, 5)),
            ("0xe", (true, 3)),
            ("0xee + 1", (true, 4)),
            ("0x", (true, 2)),
            ("1e5.", (true, 4)),
            ("1__0", (false, 3)),
            ("1_", (false, 2)),
            ("0xee", (false, 4)),
            ("1foo", (false, 1)),
            ("0b11", (false, 1)),
        ] {
            assert_eq!(scan(text, false), expected, "{text}");
        }
        assert_eq!(scan("0x3", true), (true, 1));
        assert_eq!(scan("0X3", true), (false, 1));
    }

    #[test]
    fn durations_need_a_unit_after_every_number() {
        for (text, expected) in [
            ("5m", (true, 2)),
            ("1h30m]", (true, 5)),
            ("5ms", (true, 3)),
            ("5mx", (false, 3)),
            ("5min", (false, 3)),
            ("1m30", (false, 4)),
            ("1d1y", (false, 3)),
        ] {
            assert_eq!(scan_duration(text, 1), expected, "{text}");
        }
    }
}
