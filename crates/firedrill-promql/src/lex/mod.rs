//! The lexer: one token at a time, so that a parser error and a lexer error come in the order in which upstream sees
//! them. Follows upstream's `promql/parser/lex.go` in what it accepts and says.

mod number;
mod series;
mod token;

pub use token::ResetHint;
pub(crate) use token::{HistogramKey, Kind, Token};

use crate::ast::AggregateOp;
use firedrill_value::quote_char;
use nom::bytes::complete::take_while;
use nom::{IResult, Parser as _};

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
    parens: Vec<u32>,
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
    pub(crate) fn next_token(&mut self) -> Token {
        if !self.brace_open {
            match self.mode {
                Mode::SeriesValues => return self.series_token(),
                Mode::Histogram => return self.histogram_token(),
                Mode::DurationStart => return self.duration_start_token(),
                Mode::Statement => {}
            }
        }
        self.skip_blanks_and_comments();
        if self.brace_open {
            self.brace_token()
        } else {
            self.statement_token()
        }
    }

    fn statement_token(&mut self) -> Token {
        let start = self.pos;
        let Some(c) = self.peek() else {
            return self.end_of_input();
        };
        match c {
            ',' => self.emit(Kind::Comma, 1),
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
            '(' => self.left_paren(),
            ')' => self.right_paren(),
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

    fn brace_token(&mut self) -> Token {
        let start = self.pos;
        let Some(c) = self.peek() else {
            let opened = self.opened;
            let token = self.fail(start, "unexpected end of input inside braces");
            self.note_opened(opened);
            return token;
        };
        match c {
            ',' => self.emit(Kind::Comma, 1),
            '=' if self.byte(1) == Some(b'~') => self.emit(Kind::EqualRegex, 2),
            '=' => self.emit(Kind::Assign, 1),
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
            '"' | '\'' | '`' => self.string(c),
            c if is_alpha(c) => {
                let length = run(self.rest(), is_alphanumeric);
                self.emit(Kind::Identifier, length)
            }
            c => self.fail(
                start,
                format!("unexpected character inside braces: {}", quote_char(c)),
            ),
        }
    }

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
            // Upstream has already moved past it when it notices.
            return self.fail(self.pos + 1, "unexpected right parenthesis ')'");
        }
        self.emit(Kind::RightParen, 1)
    }

    fn word(&mut self) -> Token {
        let start = self.pos;
        let rest = &self.input[start..];
        let length = run(rest.as_bytes(), |b| is_alphanumeric(b) || b == b':');
        let word = &rest[..length];
        if self.series {
            self.mode = if rest.as_bytes().get(length) == Some(&b'{') {
                Mode::Statement
            } else {
                Mode::SeriesValues
            };
        }
        let kind = match keyword(word) {
            Some(Kind::Fill | Kind::FillLeft | Kind::FillRight) if !opens_paren(&rest[length..]) => {
                Kind::Identifier
            }
            Some(kind) => kind,
            None if word.contains(':') => Kind::MetricIdentifier,
            None => Kind::Identifier,
        };
        self.emit(kind, length)
    }

    /// `step`, `range`, `min_of` and `max_of` inside brackets.
    fn duration_keyword(&mut self) -> Option<Token> {
        let length = run(self.rest(), is_alpha_byte);
        let word = &self.input[self.pos..self.pos + length];
        match keyword(word) {
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

    fn string(&mut self, quote: char) -> Token {
        let start = self.pos;
        match crate::strings::scan(&self.input[start..], quote) {
            Ok(length) => self.emit(Kind::String, length),
            Err(message) => self.fail(start, message),
        }
    }

    fn skip_blanks_and_comments(&mut self) {
        loop {
            self.pos += run(self.rest(), is_blank_byte);
            if self.byte(0) != Some(b'#') {
                return;
            }
            self.pos += run(self.rest(), |b| b != b'\n' && b != b'\r');
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

    fn rest(&self) -> &'a [u8] {
        &self.input.as_bytes()[self.pos..]
    }

    #[inline]
    fn peek(&self) -> Option<char> {
        match self.byte(0) {
            Some(byte) if byte.is_ascii() => Some(char::from(byte)),
            _ => self.input[self.pos..].chars().next(),
        }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.input.as_bytes().get(self.pos + ahead).copied()
    }

    fn digit_follows(&self) -> bool {
        self.byte(1).is_some_and(|b| b.is_ascii_digit())
    }
}

pub(super) fn offset(pos: usize) -> u32 {
    u32::try_from(pos).unwrap_or(u32::MAX)
}

/// How many bytes of one kind stand at the start.
#[inline]
fn run(bytes: &[u8], kind: impl Fn(u8) -> bool) -> usize {
    let taken: IResult<&[u8], &[u8], ()> = take_while(kind).parse(bytes);
    taken.map_or(0, |(_, taken)| taken.len())
}

/// Length of the blanks at the start.
fn blanks(text: &str) -> usize {
    run(text.as_bytes(), is_blank_byte)
}

pub(crate) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn is_alpha(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic()
}

fn is_blank_byte(byte: u8) -> bool {
    is_blank(char::from(byte))
}

fn is_alpha_byte(byte: u8) -> bool {
    is_alpha(char::from(byte))
}

#[inline]
fn is_alphanumeric(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

fn opens_paren(rest: &str) -> bool {
    rest[blanks(rest)..].starts_with('(')
}

/// Keywords, aggregations and the two words that are numbers; case does not count.
fn keyword(word: &str) -> Option<Kind> {
    const LONGEST: usize = 12;
    if word.len() > LONGEST || word.len() < 2 {
        return None;
    }
    let mut lower = [0u8; LONGEST];
    for (to, from) in lower.iter_mut().zip(word.bytes()) {
        *to = from.to_ascii_lowercase();
    }
    Some(match &lower[..word.len()] {
        b"and" => Kind::And,
        b"or" => Kind::Or,
        b"unless" => Kind::Unless,
        b"atan2" => Kind::Atan2,
        b"offset" => Kind::Offset,
        b"smoothed" => Kind::Smoothed,
        b"anchored" => Kind::Anchored,
        b"by" => Kind::By,
        b"without" => Kind::Without,
        b"on" => Kind::On,
        b"ignoring" => Kind::Ignoring,
        b"group_left" => Kind::GroupLeft,
        b"group_right" => Kind::GroupRight,
        b"fill" => Kind::Fill,
        b"fill_left" => Kind::FillLeft,
        b"fill_right" => Kind::FillRight,
        b"bool" => Kind::Bool,
        b"start" => Kind::Start,
        b"end" => Kind::End,
        b"step" => Kind::Step,
        b"range" => Kind::Range,
        b"max_of" => Kind::MaxOf,
        b"min_of" => Kind::MinOf,
        b"inf" | b"nan" => Kind::Number,
        b"sum" => Kind::Aggregate(AggregateOp::Sum),
        b"avg" => Kind::Aggregate(AggregateOp::Avg),
        b"count" => Kind::Aggregate(AggregateOp::Count),
        b"min" => Kind::Aggregate(AggregateOp::Min),
        b"max" => Kind::Aggregate(AggregateOp::Max),
        b"group" => Kind::Aggregate(AggregateOp::Group),
        b"stddev" => Kind::Aggregate(AggregateOp::Stddev),
        b"stdvar" => Kind::Aggregate(AggregateOp::Stdvar),
        b"topk" => Kind::Aggregate(AggregateOp::Topk),
        b"bottomk" => Kind::Aggregate(AggregateOp::Bottomk),
        b"count_values" => Kind::Aggregate(AggregateOp::CountValues),
        b"quantile" => Kind::Aggregate(AggregateOp::Quantile),
        b"limitk" => Kind::Aggregate(AggregateOp::Limitk),
        b"limit_ratio" => Kind::Aggregate(AggregateOp::LimitRatio),
        _ => return None,
    })
}
