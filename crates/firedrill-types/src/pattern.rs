//! What a pattern proves without being compiled, which would cost more than all lints together.

/// Whether an anchored pattern certainly does not match the empty text. Groups prove nothing here.
pub(crate) fn needs_text(pattern: &str) -> bool {
    let mut needs = false;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        let takes_text = match c {
            '(' | ')' => return false,
            '|' if needs => {
                needs = false;
                continue;
            }
            '|' => return false,
            '[' => {
                // A closing bracket directly after the opening one stands for itself.
                if chars.peek() == Some(&'^') {
                    chars.next();
                }
                if chars.peek() == Some(&']') {
                    chars.next();
                }
                loop {
                    match chars.next() {
                        None => return false,
                        Some('[') => return false,
                        Some('\\') => drop(chars.next()),
                        Some(']') => break,
                        Some(_) => {}
                    }
                }
                true
            }
            // Letters after a backslash may be places (`\b`) or quotes (`\Q`).
            '\\' => match chars.next() {
                Some('d' | 'w' | 's' | 'D' | 'W' | 'S') => true,
                Some(other) if !other.is_ascii_alphanumeric() => true,
                _ => return false,
            },
            '^' | '$' => false,
            '*' | '?' | '+' | '{' => return false,
            _ => true,
        };
        let optional = match chars.peek() {
            Some('*' | '?') => true,
            Some('{') => return false,
            _ => false,
        };
        while matches!(chars.peek(), Some('*' | '?' | '+')) {
            chars.next();
        }
        needs |= takes_text && !optional;
    }
    needs
}

#[cfg(test)]
mod tests {
    use super::needs_text;

    #[test]
    fn what_needs_text_never_matches_nothing() {
        for pattern in [
            "a", "5..", "a|b", ".+", "[^a]", "x.*", r"\d+", r"a\.b", "a+?", "^a$", "[]]", r"[\]]",
        ] {
            assert!(needs_text(pattern), "{pattern}");
            assert!(
                !firedrill_regex::Regex::anchored(pattern)
                    .expect(pattern)
                    .is_match(""),
                "{pattern}"
            );
        }
        for pattern in [
            "", ".*", "a?", "a|", "|a", "a||b", "(a)", "(a)?", r"\b", r"\Qa\E", "^$", "a{0}", "[a]*", "a*?",
            "x|y*",
        ] {
            assert!(!needs_text(pattern), "{pattern}");
        }
    }
}
