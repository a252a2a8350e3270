//! The lexer: one token at a time, so that a parser error and a lexer error come in the order in which upstream sees
//! them. Follows upstream's `promql/parser/lex.go` in what it accepts and says.

mod number;
mod series;
mod token;
mod usual;

pub use token::ResetHint;
pub(crate) use token::{HistogramKey, Kind, Token};

use crate::ast::AggregateOp;
use firedrill_source::find_either;
use firedrill_value::quote_char;

/// The lexer's message and where upstream puts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LexError {
    pub(crate) message: String,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// What the message is about, where upstream's position is beside it.
    pub(crate) open: Option<u32>,
}

/// Where the lexer is between two tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Anywhere in an expression.
    Statement,
    /// After `[`, up to the first number.
    DurationStart,
    /// Between the items of a series.
    SeriesValues,
    /// Between `{{` and `}}`.
    Histogram,
}

/// Cuts a text into tokens.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    input: &'a str,
    pos: usize,
    mode: Mode,
    /// Whether the text is a series of a test: no hexadecimals, no durations, blanks count.
    series: bool,
    brace_open: bool,
    bracket_open: bool,
    got_colon: bool,
    got_duration: bool,
    /// Offsets of the parentheses that are open.
    pub(crate) parens: Vec<u32>,
    /// Where the open bracket or brace stands.
    opened: u32,
    error: Option<LexError>,
}

impl<'a> Lexer<'a> {
    /// A lexer of expressions.
    pub(crate) fn new(input: &'a str) -> Self {
        Lexer {
            input,
            pos: 0,
            mode: Mode::Statement,
            series: false,
            brace_open: false,
            bracket_open: false,
            got_colon: false,
            got_duration: false,
            parens: Vec::new(),
            opened: 0,
            error: None,
        }
    }

    /// Takes the message of the error token that was just returned.
    pub(crate) fn take_error(&mut self) -> Option<LexError> {
        self.error.take()
    }

    /// The next token. After [`Kind::Error`] nothing useful follows.
    #[inline]
    pub(crate) fn next_token(&mut self) -> Token {
        if self.brace_open || self.mode != Mode::Statement {
            return self.token_of_mode();
        }
        self.skip_blanks_and_comments();
        let Some(byte) = self.byte(0) else {
            return self.end_of_input();
        };
        // What most tokens start with.
        match byte {
            b'(' => self.left_paren(),
            b')' => self.right_paren(),
            b',' => self.emit(Kind::Comma, 1),
            _ if classes(byte) & (ALPHA | COLON) != 0 && !self.bracket_open => self.word(),
            _ => self.other_statement_token(),
        }
    }

    #[inline(never)]
    fn token_of_mode(&mut self) -> Token {
        match self.mode {
            _ if self.brace_open => {
                self.skip_blanks_and_comments();
                self.brace_token()
            }
            Mode::Statement => self.other_statement_token(),
            Mode::DurationStart => self.duration_start_token(),
            Mode::SeriesValues => self.series_token(),
            Mode::Histogram => self.histogram_token(),
        }
    }

    /// All tokens that are no words, parentheses and commas.
    #[inline(never)]
    fn other_statement_token(&mut self) -> Token {
        let start = self.pos;
        let Some(c) = self.peek() else {
            return self.end_of_input();
        };
        match c {
            '*' => self.emit(Kind::Mul, 1),
            '/' => self.emit(Kind::Div, 1),
            '%' => self.emit(Kind::Mod, 1),
            '+' => self.emit(Kind::Add, 1),
            '-' => self.emit(Kind::Sub, 1),
            '^' => self.emit(Kind::Pow, 1),
            '@' => self.emit(Kind::At, 1),
            '=' => match self.byte(1) {
                Some(b'=') => self.emit(Kind::Equal, 2),
                Some(b'~') => self.fail(start, "unexpected character after '=': '~'"),
                _ => self.emit(Kind::Assign, 1),
            },
            '!' => match self.input[start + 1..].chars().next() {
                Some('=') => self.emit(Kind::NotEqual, 2),
                other => {
                    let shown = quote_char(other.unwrap_or(char::REPLACEMENT_CHARACTER));
                    self.fail(start, format!("unexpected character after '!': {shown}"))
                }
            },
            '<' => match self.byte(1) {
                Some(b'=') => self.emit(Kind::LessEqual, 2),
                Some(b'/') => self.emit(Kind::TrimUpper, 2),
                _ => self.emit(Kind::Less, 1),
            },
            '>' => match self.byte(1) {
                Some(b'=') => self.emit(Kind::GreaterEqual, 2),
                Some(b'/') => self.emit(Kind::TrimLower, 2),
                _ => self.emit(Kind::Greater, 1),
            },
            '{' => {
                self.brace_open = true;
                self.opened = offset(start);
                self.emit(Kind::LeftBrace, 1)
            }
            '[' if self.bracket_open => self.fail(start, "unexpected left bracket '['"),
            '[' => {
                self.bracket_open = true;
                // Upstream does not forget a duration of earlier brackets.
                self.got_colon = false;
                self.opened = offset(start);
                self.mode = Mode::DurationStart;
                self.emit(Kind::LeftBracket, 1)
            }
            ']' if self.bracket_open => {
                self.bracket_open = false;
                self.emit(Kind::RightBracket, 1)
            }
            ']' => self.fail(start, "unexpected right bracket ']'"),
            '"' | '\'' | '`' => self.string(c),
            c if c.is_ascii_digit() || c == '.' && self.digit_follows() => self.number_or_duration(),
            ':' if self.bracket_open && self.got_colon => self.fail(start, "unexpected colon ':'"),
            ':' if self.bracket_open => {
                self.got_colon = true;
                self.emit(Kind::Colon, 1)
            }
            c if is_alpha(c) && self.bracket_open => match self.duration_keyword() {
                Some(token) => token,
                None => self.fail(
                    start,
                    format!("unexpected character: {}, expected ':'", quote_char(c)),
                ),
            },
            c if is_alpha(c) || c == ':' => self.word(),
            c => self.fail(start, format!("unexpected character: {}", quote_char(c))),
        }
    }

    /// What may stand between `[` and the first number; unlike elsewhere neither comments nor words are known here.
    fn duration_start_token(&mut self) -> Token {
        self.pos += blanks(&self.input[self.pos..]);
        let start = self.pos;
        let Some(c) = self.peek() else {
            return self.fail(start, "unexpected end of input in duration expression");
        };
        match c {
            ']' => {
                self.bracket_open = false;
                self.mode = Mode::Statement;
                self.emit(Kind::RightBracket, 1)
            }
            ':' if !self.got_duration => self.fail(
                start + 1,
                "unexpected colon before duration in duration expression",
            ),
            ':' if self.got_colon => self.fail(start + 1, "unexpected repeated colon in duration expression"),
            ':' => {
                self.got_colon = true;
                self.emit(Kind::Colon, 1)
            }
            '(' => self.left_paren(),
            ')' => self.right_paren(),
            '+' => self.emit(Kind::Add, 1),
            '-' => self.emit(Kind::Sub, 1),
            '*' => self.emit(Kind::Mul, 1),
            '/' => self.emit(Kind::Div, 1),
            '%' => self.emit(Kind::Mod, 1),
            '^' => self.emit(Kind::Pow, 1),
            ',' => self.emit(Kind::Comma, 1),
            c if c.is_ascii_digit() || c == '.' && self.digit_follows() => {
                self.got_duration = true;
                self.mode = Mode::Statement;
                self.number_or_duration()
            }
            c => {
                if is_alpha(c)
                    && let Some(token) = self.duration_keyword()
                {
                    self.got_duration = true;
                    return token;
                }
                self.fail(
                    start,
                    format!("unexpected character in duration expression: {}", quote_char(c)),
                )
            }
        }
    }

    #[inline]
    fn brace_token(&mut self) -> Token {
        match self.byte(0) {
            Some(b',') => self.emit(Kind::Comma, 1),
            Some(b'=') if self.byte(1) != Some(b'~') => self.emit(Kind::Assign, 1),
            Some(b'"') => self.string('"'),
            Some(byte) if classes(byte) & ALPHA != 0 => {
                let length = run(self.rest(), ALPHA | DIGIT);
                self.emit(Kind::Identifier, length)
            }
            _ => self.other_brace_token(),
        }
    }

    /// All tokens in braces that are no words, commas, equality signs and common strings.
    #[inline(never)]
    fn other_brace_token(&mut self) -> Token {
        let start = self.pos;
        let Some(c) = self.peek() else {
            let opened = self.opened;
            let token = self.fail(start, "unexpected end of input inside braces");
            self.note_opened(opened);
            return token;
        };
        match c {
            '=' => self.emit(Kind::EqualRegex, 2),
            '!' => match self.input[start + 1..].chars().next() {
                Some('~') => self.emit(Kind::NotRegex, 2),
                Some('=') => self.emit(Kind::NotEqual, 2),
                other => {
                    let shown = quote_char(other.unwrap_or(char::REPLACEMENT_CHARACTER));
                    self.fail(
                        start,
                        format!("unexpected character after '!' inside braces: {shown}"),
                    )
                }
            },
            '{' => self.fail(start, "unexpected left brace '{'"),
            '}' => {
                self.brace_open = false;
                if self.series {
                    self.mode = Mode::SeriesValues;
                }
                self.emit(Kind::RightBrace, 1)
            }
            '\'' | '`' => self.string(c),
            c => self.fail(
                start,
                format!("unexpected character inside braces: {}", quote_char(c)),
            ),
        }
    }

    #[inline(never)]
    fn end_of_input(&mut self) -> Token {
        let start = self.pos;
        if let Some(&opened) = self.parens.last() {
            let token = self.fail(start, "unclosed left parenthesis");
            self.note_opened(opened);
            return token;
        }
        if self.bracket_open {
            let opened = self.opened;
            let token = self.fail(start, "unclosed left bracket");
            self.note_opened(opened);
            return token;
        }
        self.emit(Kind::Eof, 0)
    }

    fn left_paren(&mut self) -> Token {
        self.parens.push(offset(self.pos));
        self.emit(Kind::LeftParen, 1)
    }

    fn right_paren(&mut self) -> Token {
        if self.parens.pop().is_none() {
            return self.unopened_paren();
        }
        self.emit(Kind::RightParen, 1)
    }

    #[cold]
    fn unopened_paren(&mut self) -> Token {
        // Upstream has already moved past it when it notices.
        self.fail(self.pos + 1, "unexpected right parenthesis ')'")
    }

    #[inline(never)]
    fn word(&mut self) -> Token {
        let rest = self.rest();
        let mut length = run(rest, ALPHA | DIGIT);
        let has_colon = rest.get(length) == Some(&b':');
        if has_colon {
            length += run(&rest[length..], ALPHA | DIGIT | COLON);
            if !self.series {
                return self.emit(Kind::MetricIdentifier, length);
            }
        }
        if self.series {
            self.mode = if rest.get(length) == Some(&b'{') {
                Mode::Statement
            } else {
                Mode::SeriesValues
            };
        }
        let kind = match keyword(&rest[..length]) {
            Some(Kind::Fill | Kind::FillLeft | Kind::FillRight) if !opens_paren(&rest[length..]) => {
                Kind::Identifier
            }
            Some(kind) => kind,
            None if has_colon => Kind::MetricIdentifier,
            None => Kind::Identifier,
        };
        self.emit(kind, length)
    }

    /// `step`, `range`, `min_of` and `max_of` inside brackets.
    fn duration_keyword(&mut self) -> Option<Token> {
        let length = run(self.rest(), ALPHA);
        match keyword(&self.rest()[..length]) {
            Some(kind @ (Kind::Step | Kind::Range | Kind::MinOf | Kind::MaxOf)) => {
                Some(self.emit(kind, length))
            }
            _ => None,
        }
    }

    fn number_or_duration(&mut self) -> Token {
        let rest = &self.input[self.pos..];
        let (number, length) = number::scan(rest, self.series);
        if number {
            return self.emit(Kind::Number, length);
        }
        let (duration, length) = number::scan_duration(rest, length);
        if duration {
            return self.emit(Kind::Duration, length);
        }
        let text = firedrill_value::quote(&rest[..length]);
        self.fail(self.pos, format!("bad number or duration syntax: {text}"))
    }

    #[inline(never)]
    fn string(&mut self, quote: char) -> Token {
        let start = self.pos;
        match crate::strings::scan(&self.input[start..], quote) {
            Ok(length) => self.emit(Kind::String, length),
            Err(message) => self.fail(start, message),
        }
    }

    #[inline]
    fn skip_blanks_and_comments(&mut self) {
        loop {
            match self.byte(0) {
                Some(b'#') => self.pos = find_either(self.input.as_bytes(), self.pos, b'\n', b'\r'),
                Some(byte) if classes(byte) & BLANK != 0 => self.pos += 1,
                _ => return,
            }
        }
    }

    #[inline]
    fn emit(&mut self, kind: Kind, length: usize) -> Token {
        let start = self.pos;
        self.pos += length;
        Token {
            kind,
            start: offset(start),
            end: offset(self.pos),
        }
    }

    /// Gives up with a message at `start`; the rest of the text is dropped.
    #[cold]
    fn fail(&mut self, start: usize, message: impl Into<String>) -> Token {
        let end = self.input[start.min(self.input.len())..]
            .chars()
            .next()
            .map_or(start, |c| start + c.len_utf8());
        self.error = Some(LexError {
            message: message.into(),
            start: offset(start),
            end: offset(end),
            open: None,
        });
        self.pos = self.input.len();
        Token {
            kind: Kind::Error,
            start: offset(start),
            end: offset(end),
        }
    }

    fn note_opened(&mut self, opened: u32) {
        if let Some(error) = &mut self.error {
            error.open = Some(opened);
        }
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.input.as_bytes().get(self.pos..).unwrap_or(&[])
    }

    #[inline]
    fn peek(&self) -> Option<char> {
        match self.byte(0) {
            Some(byte) if byte.is_ascii() => Some(char::from(byte)),
            _ => self.input[self.pos..].chars().next(),
        }
    }

    #[inline]
    fn byte(&self, ahead: usize) -> Option<u8> {
        self.input.as_bytes().get(self.pos + ahead).copied()
    }

    fn digit_follows(&self) -> bool {
        self.byte(1).is_some_and(|b| b.is_ascii_digit())
    }
}

#[inline]
pub(super) fn offset(pos: usize) -> u32 {
    u32::try_from(pos).unwrap_or(u32::MAX)
}

/// Letters and the underscore.
const ALPHA: u8 = 1;
const DIGIT: u8 = 2;
const COLON: u8 = 4;
const BLANK: u8 = 8;

/// The kinds that a byte belongs to.
#[inline]
fn classes(byte: u8) -> u8 {
    const TABLE: [u8; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 128u8 {
            table[byte as usize] = match byte {
                b'_' => ALPHA,
                b':' => COLON,
                _ if byte.is_ascii_alphabetic() => ALPHA,
                _ if byte.is_ascii_digit() => DIGIT,
                _ if is_blank(byte as char) => BLANK,
                _ => 0,
            };
            byte += 1;
        }
        table
    };
    TABLE[byte as usize]
}

/// How many bytes of some kinds stand at the start.
#[inline]
fn run(bytes: &[u8], kinds: u8) -> usize {
    bytes
        .iter()
        .take_while(|&&byte| classes(byte) & kinds != 0)
        .count()
}

/// Length of the blanks at the start.
fn blanks(text: &str) -> usize {
    run(text.as_bytes(), BLANK)
}

pub(crate) const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn is_alpha(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic()
}

fn opens_paren(rest: &[u8]) -> bool {
    rest.get(run(rest, BLANK)) == Some(&b'(')
}

/// Keywords, aggregations and the two words that are numbers; case does not count.
#[inline]
fn keyword(word: &[u8]) -> Option<Kind> {
    let first = word.first()?.to_ascii_lowercase();
    // Most words have a length that no keyword with their first letter has.
    if word.len() > LONGEST_KEYWORD || KEYWORD_LENGTHS[first as usize] & 1 << word.len() == 0 {
        return None;
    }
    keywords_with(first)
        .iter()
        .find(|(known, _)| known.len() == word.len() && known.as_bytes().eq_ignore_ascii_case(word))
        .map(|&(_, kind)| kind)
}

const LONGEST_KEYWORD: usize = 15;

/// For each first letter the lengths that its keywords have, a bit each.
static KEYWORD_LENGTHS: [u16; 256] = {
    let mut lengths = [0; 256];
    let mut first = b'a';
    while first <= b'z' {
        let keywords = keywords_with(first);
        let mut index = 0;
        while index < keywords.len() {
            let length = keywords[index].0.len();
            assert!(length <= LONGEST_KEYWORD);
            lengths[first as usize] |= 1 << length;
            index += 1;
        }
        first += 1;
    }
    lengths
};

/// The keywords that start with a letter.
const fn keywords_with(first: u8) -> &'static [(&'static str, Kind)] {
    match first {
        b'a' => &[
            ("and", Kind::And),
            ("avg", Kind::Aggregate(AggregateOp::Avg)),
            ("atan2", Kind::Atan2),
            ("anchored", Kind::Anchored),
        ],
        b'b' => &[
            ("by", Kind::By),
            ("bool", Kind::Bool),
            ("bottomk", Kind::Aggregate(AggregateOp::Bottomk)),
        ],
        b'c' => &[
            ("count", Kind::Aggregate(AggregateOp::Count)),
            ("count_values", Kind::Aggregate(AggregateOp::CountValues)),
        ],
        b'e' => &[("end", Kind::End)],
        b'f' => &[
            ("fill", Kind::Fill),
            ("fill_left", Kind::FillLeft),
            ("fill_right", Kind::FillRight),
        ],
        b'g' => &[
            ("group_left", Kind::GroupLeft),
            ("group_right", Kind::GroupRight),
            ("group", Kind::Aggregate(AggregateOp::Group)),
        ],
        b'i' => &[("ignoring", Kind::Ignoring), ("inf", Kind::Number)],
        b'l' => &[
            ("limitk", Kind::Aggregate(AggregateOp::Limitk)),
            ("limit_ratio", Kind::Aggregate(AggregateOp::LimitRatio)),
        ],
        b'm' => &[
            ("max", Kind::Aggregate(AggregateOp::Max)),
            ("min", Kind::Aggregate(AggregateOp::Min)),
            ("max_of", Kind::MaxOf),
            ("min_of", Kind::MinOf),
        ],
        b'n' => &[("nan", Kind::Number)],
        b'o' => &[("or", Kind::Or), ("on", Kind::On), ("offset", Kind::Offset)],
        b'q' => &[("quantile", Kind::Aggregate(AggregateOp::Quantile))],
        b'r' => &[("range", Kind::Range)],
        b's' => &[
            ("sum", Kind::Aggregate(AggregateOp::Sum)),
            ("start", Kind::Start),
            ("step", Kind::Step),
            ("stddev", Kind::Aggregate(AggregateOp::Stddev)),
            ("stdvar", Kind::Aggregate(AggregateOp::Stdvar)),
            ("smoothed", Kind::Smoothed),
        ],
        b't' => &[("topk", Kind::Aggregate(AggregateOp::Topk))],
        b'u' => &[("unless", Kind::Unless)],
        b'w' => &[("without", Kind::Without)],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_stand_with_their_first_letter() {
        let letters = (0..=u8::MAX).filter(u8::is_ascii_lowercase);
        let all: Vec<_> = letters
            .flat_map(|letter| keywords_with(letter).iter().map(move |it| (letter, it)))
            .collect();
        assert_eq!(all.len(), 39);
        for (letter, (word, kind)) in all {
            assert_eq!(word.as_bytes()[0], letter, "{word}");
            assert_eq!(
                keyword(word.to_ascii_uppercase().as_bytes()),
                Some(*kind),
                "{word}"
            );
            assert_eq!(keyword(format!("{word}x").as_bytes()), None, "{word}");
        }
        for (name, op) in AggregateOp::ALL {
            assert_eq!(keyword(name.as_bytes()), Some(Kind::Aggregate(op)));
        }
    }
}
