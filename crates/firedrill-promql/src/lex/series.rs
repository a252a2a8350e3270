//! Tokens of the series notation: items between blanks, and histogram literals.

use super::{
    ALPHA, HistogramKey, Kind, Lexer, Mode, ResetHint, Token, blanks, is_alpha, is_blank, keyword, number,
    run,
};
use firedrill_value::{quote, quote_char};

impl<'a> Lexer<'a> {
    /// A lexer of series: a metric and the items behind it.
    pub(crate) fn of_series(input: &'a str) -> Self {
        Lexer {
            series: true,
            ..Lexer::new(input)
        }
    }

    /// A lexer of one histogram literal.
    pub(crate) fn of_values(input: &'a str) -> Self {
        Lexer {
            mode: Mode::SeriesValues,
            ..Lexer::of_series(input)
        }
    }

    pub(super) fn series_token(&mut self) -> Token {
        let start = self.pos;
        let Some(c) = self.peek() else {
            return self.end_of_input();
        };
        match c {
            '{' if self.byte(1) == Some(b'{') => {
                self.mode = Mode::Histogram;
                self.emit(Kind::OpenHistogram, 2)
            }
            c if is_blank(c) => self.space(),
            '+' => self.emit(Kind::Add, 1),
            '-' => self.emit(Kind::Sub, 1),
            'x' => self.emit(Kind::Times, 1),
            '_' => self.emit(Kind::Blank, 1),
            c if c.is_ascii_digit() || c == '.' && self.digit_follows() => self.series_number(),
            c if is_alpha(c) => self.word(),
            c => self.fail(
                start,
                format!("unexpected character in series sequence: {}", quote_char(c)),
            ),
        }
    }

    pub(super) fn histogram_token(&mut self) -> Token {
        let start = self.pos;
        let c = self.peek().unwrap_or(char::REPLACEMENT_CHARACTER);
        if self.bracket_open {
            return self.bucket_token(c);
        }
        match c {
            c if is_blank(c) => self.space(),
            c if is_alpha(c) => self.histogram_word(),
            ':' => self.emit(Kind::Colon, 1),
            '-' => self.emit(Kind::Sub, 1),
            c if c.is_ascii_digit() => self.series_number(),
            '[' => {
                self.bracket_open = true;
                self.emit(Kind::LeftBracket, 1)
            }
            '}' if self.byte(1) == Some(b'}') => {
                self.mode = Mode::SeriesValues;
                self.emit(Kind::CloseHistogram, 2)
            }
            c => self.fail(
                start,
                format!("histogram description incomplete unexpected: {}", quote_char(c)),
            ),
        }
    }

    fn bucket_token(&mut self, c: char) -> Token {
        let start = self.pos;
        match c {
            c if is_blank(c) => self.space(),
            '-' => self.emit(Kind::Sub, 1),
            c if c.is_ascii_digit() => self.series_number(),
            ']' => {
                self.bracket_open = false;
                self.emit(Kind::RightBracket, 1)
            }
            c if is_alpha(c) => self.histogram_word(),
            c => self.fail(
                start,
                format!("invalid character in buckets description: {}", quote_char(c)),
            ),
        }
    }

    /// A key, a hint, or one of the two words that are numbers.
    fn histogram_word(&mut self) -> Token {
        let start = self.pos;
        let rest = &self.input[start..];
        let length = run(rest.as_bytes(), ALPHA);
        let word = &rest[..length];
        if !self.bracket_open
            && let Some((_, key)) = HistogramKey::ALL
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(word))
        {
            if rest.as_bytes().get(length) == Some(&b':') {
                return self.emit(Kind::HistogramKey(*key), length);
            }
            return self.fail(start, "missing `:` for histogram descriptor");
        }
        if keyword(word.as_bytes()) == Some(Kind::Number) {
            return self.emit(Kind::Number, length);
        }
        let hint = ResetHint::ALL
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word));
        match hint {
            Some((_, hint)) => self.emit(Kind::ResetHint(*hint), length),
            None => self.fail(start, format!("bad histogram descriptor found: {}", quote(word))),
        }
    }

    fn series_number(&mut self) -> Token {
        let rest = &self.input[self.pos..];
        match number::scan(rest, true) {
            (true, length) => self.emit(Kind::Number, length),
            (false, length) => self.fail(self.pos, format!("bad number syntax: {}", quote(&rest[..length]))),
        }
    }

    /// One token for a run of blanks; upstream shows the first only.
    fn space(&mut self) -> Token {
        let token = self.emit(Kind::Space, 1);
        self.pos += blanks(&self.input[self.pos..]);
        token
    }
}
