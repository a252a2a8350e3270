//! Patterns that need no automaton: alternations of texts, each perhaps with `.*` or `.+` at its ends.

/// What such a pattern matches, from the first to the last character of a text.
pub(crate) enum Simple {
    /// One of these texts, sorted.
    Texts(Box<[Box<str>]>),
    /// One of these pieces.
    Pieces(Box<[Piece]>),
}

/// A text with room before and behind it.
pub(crate) struct Piece {
    before: Room,
    text: Box<str>,
    behind: Room,
}

/// How much may stand somewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    Nothing,
    Anything,
    Something,
}

impl Simple {
    /// The simple form of a pattern; `None` if it needs a parser.
    pub(crate) fn of(pattern: &str) -> Option<Simple> {
        let body = pattern
            .strip_prefix("(?:")
            .or_else(|| pattern.strip_prefix('('))
            .and_then(|inner| inner.strip_suffix(')'))
            .unwrap_or(pattern);
        let pieces: Vec<Piece> = body.split('|').map(Piece::of).collect::<Option<_>>()?;
        if !pieces.iter().all(Piece::is_text) {
            return Some(Simple::Pieces(pieces.into()));
        }
        let mut texts: Vec<Box<str>> = pieces.into_iter().map(|piece| piece.text).collect();
        texts.sort_unstable();
        texts.dedup();
        Some(Simple::Texts(texts.into()))
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        match self {
            Simple::Texts(texts) => texts.binary_search_by(|known| (**known).cmp(text)).is_ok(),
            Simple::Pieces(pieces) => pieces.iter().any(|piece| piece.is_match(text)),
        }
    }

    pub(crate) fn literals(&self) -> Option<&[Box<str>]> {
        match self {
            Simple::Texts(texts) => Some(texts),
            Simple::Pieces(_) => None,
        }
    }
}

impl Piece {
    fn of(source: &str) -> Option<Piece> {
        let (before, source) = match source.as_bytes() {
            [b'.', b'*', ..] => (Room::Anything, &source[2..]),
            [b'.', b'+', ..] => (Room::Something, &source[2..]),
            _ => (Room::Nothing, source),
        };
        // A backslash before it makes the dot a character of the text, so it stays there and is refused below.
        let (behind, source) = match source.as_bytes() {
            [.., b'\\', b'.', b'*' | b'+'] => (Room::Nothing, source),
            [.., b'.', b'*'] => (Room::Anything, &source[..source.len() - 2]),
            [.., b'.', b'+'] => (Room::Something, &source[..source.len() - 2]),
            _ => (Room::Nothing, source),
        };
        Some(Piece {
            before,
            text: plain(source)?,
            behind,
        })
    }

    fn is_text(&self) -> bool {
        self.before == Room::Nothing && self.behind == Room::Nothing
    }

    fn is_match(&self, text: &str) -> bool {
        let mut rest = text.chars();
        if self.before == Room::Something && rest.next().is_none()
            || self.behind == Room::Something && rest.next_back().is_none()
        {
            return false;
        }
        let rest = rest.as_str();
        match (self.before, self.behind) {
            (Room::Nothing, Room::Nothing) => rest == &*self.text,
            (Room::Nothing, _) => rest.starts_with(&*self.text),
            (_, Room::Nothing) => rest.ends_with(&*self.text),
            _ => rest.contains(&*self.text),
        }
    }
}

/// The text that a pattern without operators stands for; escaped punctuation is understood.
fn plain(source: &str) -> Option<Box<str>> {
    let special = |c: char| {
        matches!(
            c,
            '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '$' | '|'
        )
    };
    if !source.contains(special) {
        return Some(source.into());
    }
    let mut text = String::with_capacity(source.len());
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            text.push(chars.next().filter(char::is_ascii_punctuation)?);
        } else if special(c) {
            return None;
        } else {
            text.push(c);
        }
    }
    Some(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_patterns_match_whole_texts() {
        for (pattern, yes, no) in [
            ("a|b|", &["a", "b", ""][..], &["c", "ab"][..]),
            ("(a|b)", &["a", "b"], &["", "(a"]),
            ("foo.*", &["foo", "foo\nx"], &["xfoo", ""]),
            ("foo.+", &["foox"], &["foo"]),
            (".*foo", &["foo", "éfoo"], &["foox"]),
            (
                ".+foo.+",
                &["xfoox", "éfooé", "foofoofoo"],
                &["foox", "xfoo", "foo"],
            ),
            (".+", &["x", "é"], &[""]),
            (".*", &["", "x"], &[]),
            (r"a\.b|c\-d", &["a.b", "c-d"], &["axb"]),
        ] {
            let simple = Simple::of(pattern).unwrap();
            for text in yes {
                assert!(simple.is_match(text), "{pattern} {text}");
            }
            for text in no {
                assert!(!simple.is_match(text), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn what_needs_a_parser_is_left_to_it() {
        for pattern in [
            "a+",
            r"\d",
            r"a\",
            "(a)|(b)",
            "(a",
            "[a]",
            "a{2}",
            r"a\.*",
            "^a",
            r"a\\.*|(b)",
            "a|(b|c)",
        ] {
            assert!(Simple::of(pattern).is_none(), "{pattern}");
        }
    }
}
