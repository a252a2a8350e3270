//! Looks for single bytes, eight at a time: texts are cut at few and rare bytes, and most runs between them are short.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The offset of the first such byte at or behind `from`; the end if there is none.
#[inline]
pub fn find_byte(bytes: &[u8], from: usize, wanted: u8) -> usize {
    find(
        bytes,
        from,
        |word| zeros(word ^ (ONES * u64::from(wanted))),
        |byte| byte == wanted,
    )
}

/// As [`find_byte`], for the first of two.
#[inline]
pub fn find_either(bytes: &[u8], from: usize, one: u8, other: u8) -> usize {
    let (ones, others) = (ONES * u64::from(one), ONES * u64::from(other));
    find(
        bytes,
        from,
        |word| zeros(word ^ ones) | zeros(word ^ others),
        |byte| byte == one || byte == other,
    )
}

/// The offset of the first byte at or behind `from` that is another one; the end if there is none.
#[inline]
pub fn find_other(bytes: &[u8], from: usize, passed: u8) -> usize {
    find(
        bytes,
        from,
        |word| word ^ (ONES * u64::from(passed)),
        |byte| byte != passed,
    )
}

/// Where a byte stands twice in a row, at or behind `from`; most texts have no such pair at all.
#[inline]
pub fn find_twice(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    let mut at = find_byte(bytes, from, wanted);
    while *bytes.get(at + 1)? != wanted {
        at = find_byte(bytes, at + 1, wanted);
    }
    Some(at)
}

/// The high bit of each byte that is nought, and perhaps of some behind the first of them.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGH
}

/// `marks` gives a word whose lowest bit that is set lies in the first wanted byte, or nought.
#[inline]
fn find(bytes: &[u8], from: usize, marks: impl Fn(u64) -> u64, is_wanted: impl Fn(u8) -> bool) -> usize {
    let (words, tail) = bytes.get(from..).unwrap_or(&[]).as_chunks::<8>();
    let mut at = from.min(bytes.len());
    for word in words {
        let found = marks(u64::from_le_bytes(*word));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    at + tail
        .iter()
        .position(|&byte| is_wanted(byte))
        .unwrap_or(tail.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_is_found_wherever_it_stands() {
        // Neighbours whose bits differ little are what such tricks trip over.
        for filler in [0u8, 1, b'\n' - 1, b'\n' + 1, b'\n' | 0x80, 0x7f, 0xff] {
            for length in 0..40 {
                let mut bytes = vec![filler; length];
                assert_eq!(find_byte(&bytes, 0, b'\n'), length);
                for at in 0..length {
                    bytes[at] = b'\n';
                    let first = (at + 3 < length).then_some(at + 3);
                    for from in 0..=at {
                        assert_eq!(find_byte(&bytes, from, b'\n'), at);
                        assert_eq!(find_either(&bytes, from, b'\n', b'#'), at);
                        assert_eq!(find_either(&bytes, from, b'#', b'\n'), at);
                    }
                    assert_eq!(find_byte(&bytes, at + 1, b'\n'), length);
                    if let Some(second) = first {
                        bytes[second] = b'#';
                        assert_eq!(find_either(&bytes, at + 1, b'\n', b'#'), second);
                        bytes[second] = filler;
                    }
                    bytes[at] = filler;
                }
                for at in 0..length {
                    bytes[at] = filler ^ 0x80;
                    for from in 0..=at {
                        assert_eq!(find_other(&bytes, from, filler), at);
                    }
                    assert_eq!(find_other(&bytes, at + 1, filler), length);
                    bytes[at] = filler;
                }
            }
        }
        assert_eq!(find_byte(b"ab", 7, b'a'), 2);
    }

    #[test]
    fn pairs_are_found_and_single_bytes_passed_over() {
        for (text, from, at) in [
            ("", 0, None),
            ("{", 0, None),
            ("{{", 0, Some(0)),
            ("a{b{{", 0, Some(3)),
            ("{{ {{", 1, Some(3)),
            ("{{{", 1, Some(1)),
            ("x}}{", 0, None),
            ("{{", 9, None),
        ] {
            assert_eq!(find_twice(text.as_bytes(), from, b'{'), at, "{text} {from}");
        }
    }
}
