//! Pieces of expressions that nearly all of them have, read at once instead of token by token: matchers between commas,
//! labels in lists, windows in brackets. What is written in any other way is left as it is for [`Lexer::next_token`].

use super::{ALPHA, BLANK, DIGIT, Kind, Lexer, Mode, Token, keyword, offset, run};
use crate::strings;

/// `label="value"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UsualMatcher {
    pub(crate) label: Token,
    /// What compares.
    pub(crate) op: Kind,
    pub(crate) value: Token,
    /// Where the matcher ends, its comma included.
    pub(crate) end: u32,
}

/// A label of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UsualLabel {
    pub(crate) label: Token,
    /// Where the label ends, its comma included.
    pub(crate) end: u32,
}

/// A duration between brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UsualWindow {
    pub(crate) duration: Token,
    /// Where the window ends, its bracket included.
    pub(crate) end: u32,
}

impl Lexer<'_> {
    /// What follows an opening bracket: a positive number with one unit, and the closing bracket.
    pub(crate) fn usual_window(&mut self) -> Option<UsualWindow> {
        if self.mode != Mode::DurationStart {
            return None;
        }
        let start = self.pos;
        let digits = run(self.rest(), DIGIT);
        let end = start + digits + 1;
        let is_usual = matches!(digits, 1..=9)
            && self.at(start) != b'0'
            && matches!(self.at(end - 1), b's' | b'm' | b'h' | b'd' | b'w' | b'y')
            && self.at(end) == b']';
        if !is_usual {
            return None;
        }
        self.pos = end + 1;
        self.mode = Mode::Statement;
        self.got_duration = true;
        self.bracket_open = false;
        Some(UsualWindow {
            duration: Token {
                kind: Kind::Duration,
                start: offset(start),
                end: offset(end),
            },
            end: offset(end + 1),
        })
    }

    /// A matcher, and the comma behind it if there is one.
    pub(crate) fn usual_matcher(&mut self) -> Option<UsualMatcher> {
        if !self.brace_open {
            return None;
        }
        let label = self.usual_word()?;
        let mut at = label.end as usize;
        let (op, length) = match (self.at(at), self.at(at + 1)) {
            (b'=', b'~') => (Kind::EqualRegex, 2),
            (b'=', _) => (Kind::Assign, 1),
            (b'!', b'=') => (Kind::NotEqual, 2),
            (b'!', b'~') => (Kind::NotRegex, 2),
            _ => return None,
        };
        at += length;
        let start = at;
        if self.at(at) != b'"' {
            return None;
        }
        at += 1;
        at += strings::plain_length(self.input.as_bytes().get(at..)?);
        if self.at(at) != b'"' {
            return None;
        }
        let value = Token {
            kind: Kind::String,
            start: offset(start),
            end: offset(at + 1),
        };
        let end = self.usual_end(at + 1, b'}')?;
        Some(UsualMatcher {
            label,
            op,
            value,
            end,
        })
    }

    /// A label that is no keyword, and the comma behind it if there is one.
    pub(crate) fn usual_label(&mut self) -> Option<UsualLabel> {
        if self.brace_open || self.bracket_open || self.mode != Mode::Statement {
            return None;
        }
        let label = self.usual_word()?;
        let word = self.input.as_bytes().get(label.span().range())?;
        if keyword(word).is_some() {
            return None;
        }
        let end = self.usual_end(label.end as usize, b')')?;
        Some(UsualLabel { label, end })
    }

    /// The brace or parenthesis that ends what was just read, if it stands right here; where it ends.
    pub(crate) fn usual_close(&mut self, close: u8) -> Option<u32> {
        if self.series || self.at(self.pos) != close {
            return None;
        }
        match close {
            b'}' => self.brace_open = false,
            _ => {
                self.parens.pop()?;
            }
        }
        self.pos += 1;
        Some(offset(self.pos))
    }

    /// The word that comes next, blanks before it.
    #[inline]
    fn usual_word(&self) -> Option<Token> {
        let start = self.pos + run(self.rest(), BLANK);
        let rest = self.input.as_bytes().get(start..)?;
        let length = run(rest, ALPHA | DIGIT);
        if length == 0 || rest.first()?.is_ascii_digit() {
            return None;
        }
        Some(Token {
            kind: Kind::Identifier,
            start: offset(start),
            end: offset(start + length),
        })
    }

    /// Goes behind what ends at an offset and the comma that follows it; `None` if neither a comma nor `close` does.
    #[inline]
    fn usual_end(&mut self, end: usize, close: u8) -> Option<u32> {
        let next = end + run(self.input.as_bytes().get(end..)?, BLANK);
        self.pos = match self.at(next) {
            b',' => next + 1,
            byte if byte == close => end,
            _ => return None,
        };
        Some(offset(self.pos))
    }

    /// The byte at an offset; behind the end a NUL.
    #[inline]
    fn at(&self, at: usize) -> u8 {
        self.input.as_bytes().get(at).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of scraps, behind a token that opens what they belong to.
    fn texts(open: &str, scraps: &[&str], mut check: impl FnMut(&str)) {
        let mut seed = 1u64;
        for _ in 0..40_000 {
            let mut text = open.to_owned();
            for _ in 0..7 {
                seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                text.push_str(scraps[(seed >> 33) as usize % scraps.len()]);
            }
            check(&text);
        }
    }

    /// A lexer behind the first `(` or `{`, and one like it.
    fn opened(text: &str) -> (Lexer<'_>, Lexer<'_>) {
        let mut lexer = Lexer::new(text);
        while !matches!(lexer.next_token().kind, Kind::LeftParen | Kind::LeftBrace) {}
        (lexer.clone(), lexer)
    }

    #[test]
    fn matchers_are_the_tokens_they_consist_of() {
        let scraps = [
            "a", "_b1", "a=\"x\"", "=", "=~", "!=", "!~", "\"x\"", "\"\\n\"", "'y'", "\"", " ", ",", "}",
            ":", "#", "\n", "é", "1",
        ];
        let mut found = 0;
        texts("{", &scraps, |text| {
            let (mut usual, mut tokens) = opened(text);
            while let Some(matcher) = usual.usual_matcher() {
                found += 1;
                assert_eq!(matcher.label, tokens.next_token(), "{text}");
                let op = tokens.next_token();
                assert_eq!((matcher.op, matcher.label.end), (op.kind, op.start), "{text}");
                assert_eq!(matcher.value, tokens.next_token(), "{text}");
                let behind = tokens.clone().next_token();
                if matcher.end == matcher.value.end {
                    assert_eq!(behind.kind, Kind::RightBrace, "{text}");
                    if let Some(end) = usual.usual_close(b'}') {
                        assert_eq!(tokens.next_token().end, end, "{text}");
                        assert_eq!(usual.next_token(), tokens.next_token(), "{text}");
                    }
                    return;
                }
                assert_eq!((behind.kind, behind.end), (Kind::Comma, matcher.end), "{text}");
                tokens.next_token();
            }
        });
        assert!(found > 300, "{found}");
    }

    #[test]
    fn windows_are_the_tokens_they_consist_of() {
        let scraps = [
            "1", "0", "30", "5m", "m", "s", "ms", "y", "x", ":", "]", " ", ".", "_", "-", "[", "#", "\n", "é",
        ];
        let mut found = 0;
        texts("a[", &scraps, |text| {
            let mut usual = Lexer::new(text);
            while usual.next_token().kind != Kind::LeftBracket {}
            let mut tokens = usual.clone();
            let Some(window) = usual.usual_window() else {
                assert_eq!(usual.pos, tokens.pos, "{text}");
                return;
            };
            found += 1;
            assert_eq!(window.duration, tokens.next_token(), "{text}");
            let close = tokens.next_token();
            assert_eq!(
                (close.kind, close.end),
                (Kind::RightBracket, window.end),
                "{text}"
            );
            // What follows is read in the same way.
            loop {
                let next = usual.next_token();
                assert_eq!(next, tokens.next_token(), "{text}");
                if matches!(next.kind, Kind::Error | Kind::Eof) {
                    break;
                }
            }
        });
        assert!(found > 100, "{found}");
    }

    #[test]
    fn labels_are_the_tokens_they_consist_of() {
        let scraps = [
            "a", "_b1", "by", "on", "sum", " ", ",", ")", ":", "#", "\n", "é", "1", "\"c\"", "[",
        ];
        let mut found = 0;
        texts("sum by (", &scraps, |text| {
            let (mut usual, mut tokens) = opened(text);
            while let Some(label) = usual.usual_label() {
                found += 1;
                assert_eq!(label.label, tokens.next_token(), "{text}");
                let behind = tokens.clone().next_token();
                if label.end == label.label.end {
                    assert_eq!(behind.kind, Kind::RightParen, "{text}");
                    if let Some(end) = usual.usual_close(b')') {
                        assert_eq!(tokens.next_token().end, end, "{text}");
                        assert_eq!(usual.next_token(), tokens.next_token(), "{text}");
                    }
                    return;
                }
                assert_eq!((behind.kind, behind.end), (Kind::Comma, label.end), "{text}");
                tokens.next_token();
            }
        });
        assert!(found > 2000, "{found}");
    }
}
