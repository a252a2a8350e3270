//! Tokens of Go templates (the states of upstream `text/template/parse/lex.go`, as one loop).

use firedrill_source::{Span, find_twice};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Kind {
    fn is_keyword(self) -> bool {
        self as u8 >= Kind::Block as u8
    }
}

/// A token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Where it stands in the text.
    pub(crate) span: Span,
    /// Line on which it starts, from 1.
    pub(crate) line: usize,
}

impl Token {
    /// The token as Go names it in "unexpected …"; `error` is that of the lexer.
    pub(crate) fn describe(self, text: &str, error: &str) -> String {
        let value = self.span.slice(text);
        match self.kind {
            Kind::Eof => "EOF".to_owned(),
            Kind::Error => error.to_owned(),
            kind if kind.is_keyword() => format!("<{value}>"),
            _ if value.len() > 10 => {
                let short: String = value.chars().take(10).collect();
                format!("{}...", firedrill_value::quote(&short))
            }
            _ => firedrill_value::quote(value),
        }
    }
}

/// Cuts a template into tokens, on demand.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    pos: usize,
    start: usize,
    line: usize,
    start_line: usize,
    inside_action: bool,
    paren_depth: i32,
    failed: bool,
    error: String,
}

const LEFT: &str = "{{";
const RIGHT: &str = "}}";

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Lexer {
            text,
            pos: 0,
            start: 0,
            line: 1,
            start_line: 1,
            inside_action: false,
            paren_depth: 0,
            failed: false,
            error: String::new(),
        }
    }

    /// The next token; after the end or an error always `Eof`.
    pub(crate) fn next_token(&mut self) -> Token {
        if self.failed {
            return Token {
                kind: Kind::Eof,
                span: Span::at(self.text.len()),
                line: self.line,
            };
        }
        if self.inside_action {
            self.action()
        } else {
            self.outside()
        }
    }

    /// The words of the error token.
    pub(crate) fn error(&self) -> &str {
        &self.error
    }

    fn rest(&self) -> &'a str {
        &self.text[self.pos..]
    }

    fn peek(&self) -> Option<char> {
        match self.text.as_bytes().get(self.pos) {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            _ => self.rest().chars().next(),
        }
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn emit(&mut self, kind: Kind) -> Token {
        let token = Token {
            kind,
            span: Span::new(self.start, self.pos),
            line: self.start_line,
        };
        self.start = self.pos;
        self.start_line = self.line;
        token
    }

    #[cold]
    fn fail(&mut self, message: impl Into<String>) -> Token {
        self.failed = true;
        self.error = message.into();
        let span = Span::new(self.start, self.pos);
        Token {
            kind: Kind::Error,
            span,
            line: self.start_line,
        }
    }

    /// Moves to `pos`, counting lines, and starts the next token there.
    fn skip_to(&mut self, pos: usize) {
        self.line += self.text[self.pos..pos].matches('\n').count();
        self.pos = pos;
        self.start = pos;
        self.start_line = self.line;
    }

    /// Text up to the next action; comments vanish.
    fn outside(&mut self) -> Token {
        loop {
            let Some(found) = find_twice(self.rest().as_bytes(), 0, b'{') else {
                if self.pos == self.text.len() {
                    return self.emit(Kind::Eof);
                }
                self.line += self.rest().matches('\n').count();
                self.pos = self.text.len();
                return self.emit(Kind::Text);
            };
            let delim = self.pos + found;
            let trim = has_left_trim(&self.text[delim + LEFT.len()..]);
            if found > 0 {
                let shown = &self.text[self.pos..delim];
                let kept = if trim {
                    shown.trim_end_matches(is_space)
                } else {
                    shown
                };
                let end = self.pos + kept.len();
                self.line += kept.matches('\n').count();
                self.pos = end;
                let token = (!kept.is_empty()).then(|| self.emit(Kind::Text));
                self.skip_to(delim);
                if let Some(token) = token {
                    return token;
                }
            }
            let after = delim + LEFT.len() + if trim { 2 } else { 0 };
            if !self.text[after..].starts_with("/*") {
                self.pos += LEFT.len();
                let token = self.emit(Kind::LeftDelim);
                self.skip_to(after);
                self.inside_action = true;
                self.paren_depth = 0;
                return token;
            }
            self.skip_to(after);
            let Some(end) = self.text[after + 2..].find("*/") else {
                return self.fail("unclosed comment");
            };
            let end = after + 2 + end + 2;
            let (closed, trim) = right_delim(&self.text[end..]);
            if !closed {
                return self.fail("comment ends before closing delimiter");
            }
            let mut next = end + RIGHT.len() + if trim { 2 } else { 0 };
            if trim {
                next = self.text.len() - self.text[next..].trim_start_matches(is_space).len();
            }
            self.skip_to(next);
        }
    }

    fn action(&mut self) -> Token {
        let (closed, trim) = right_delim(self.rest());
        if closed {
            if self.paren_depth != 0 {
                return self.fail("unclosed left paren");
            }
            return self.right_delim(trim);
        }
        let Some(c) = self.bump() else {
            return self.fail("unclosed action");
        };
        match c {
            c if is_space(c) => self.space(),
            '=' => self.emit(Kind::Assign),
            ':' => {
                if self.bump() == Some('=') {
                    self.emit(Kind::Declare)
                } else {
                    self.fail("expected :=")
                }
            }
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            '`' => loop {
                match self.bump() {
                    None => return self.fail("unterminated raw quoted string"),
                    Some('`') => return self.emit(Kind::RawString),
                    Some(_) => {}
                }
            },
            '$' => self.name(Kind::Variable),
            '.' if !self.peek().is_some_and(|c| c.is_ascii_digit()) => self.name(Kind::Field),
            '.' | '+' | '-' | '0'..='9' => {
                self.pos -= 1;
                self.number()
            }
            c if is_alphanumeric(c) => self.identifier(),
            '(' => {
                self.paren_depth += 1;
                self.emit(Kind::LeftParen)
            }
            ')' => {
                self.paren_depth -= 1;
                if self.paren_depth < 0 {
                    self.fail("unexpected right paren")
                } else {
                    self.emit(Kind::RightParen)
                }
            }
            c if c.is_ascii_graphic() => self.emit(Kind::Char),
            c => self.fail(format!("unrecognized character in action: {}", unicode_name(c))),
        }
    }

    fn right_delim(&mut self, trim: bool) -> Token {
        if trim {
            self.skip_to(self.pos + 2);
        }
        self.pos += RIGHT.len();
        let token = self.emit(Kind::RightDelim);
        if trim {
            let next = self.text.len() - self.rest().trim_start_matches(is_space).len();
            self.skip_to(next);
        }
        self.inside_action = false;
        token
    }

    /// Blanks are a token; but the one before `-}}` belongs to the delimiter.
    fn space(&mut self) -> Token {
        let mut before_last = self.start;
        while self.peek().is_some_and(is_space) {
            before_last = self.pos;
            self.bump();
        }
        let last = self.pos - 1;
        if right_delim(&self.text[last..]) == (true, true) {
            if last == self.start {
                self.line = self.start_line;
                self.pos = self.start;
                return self.right_delim(true);
            }
            if self.text[last..].starts_with('\n') {
                self.line -= 1;
            }
            self.pos = before_last;
        }
        self.emit(Kind::Space)
    }

    fn quoted(&mut self, quote: char, kind: Kind, error: &str) -> Token {
        loop {
            match self.bump() {
                Some('\\') => {
                    if matches!(self.bump(), None | Some('\n')) {
                        return self.fail(error);
                    }
                }
                None | Some('\n') => return self.fail(error),
                Some(c) if c == quote => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    /// `.field` or `$variable`; alone they are the dot and `$`.
    fn name(&mut self, kind: Kind) -> Token {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Variable {
                Kind::Variable
            } else {
                Kind::Dot
            });
        }
        while self.peek().is_some_and(is_alphanumeric) {
            self.bump();
        }
        if self.at_terminator() {
            self.emit(kind)
        } else {
            self.bad_character()
        }
    }

    fn identifier(&mut self) -> Token {
        while self.peek().is_some_and(is_alphanumeric) {
            self.bump();
        }
        if !self.at_terminator() {
            return self.bad_character();
        }
        let kind = match &self.text[self.start..self.pos] {
            "true" | "false" => Kind::Bool,
            "block" => Kind::Block,
            "break" => Kind::Break,
            "continue" => Kind::Continue,
            "define" => Kind::Define,
            "else" => Kind::Else,
            "end" => Kind::End,
            "if" => Kind::If,
            "nil" => Kind::Nil,
            "range" => Kind::Range,
            "template" => Kind::Template,
            "with" => Kind::With,
            _ => Kind::Identifier,
        };
        self.emit(kind)
    }

    fn bad_character(&mut self) -> Token {
        let found = self.peek().map_or_else(|| "U+0000".to_owned(), unicode_name);
        let end = self.pos + self.peek().map_or(0, char::len_utf8);
        let mut token = self.fail(format!("bad character {found}"));
        token.span = Span::new(token.span.start as usize, end);
        token
    }

    fn number(&mut self) -> Token {
        if !self.scan_number() {
            let text = firedrill_value::quote(&self.text[self.start..self.pos]);
            return self.fail(format!("bad number syntax: {text}"));
        }
        if !matches!(self.peek(), Some('+' | '-')) {
            return self.emit(Kind::Number);
        }
        if self.scan_number() && self.text[..self.pos].ends_with('i') {
            return self.emit(Kind::Complex);
        }
        let text = firedrill_value::quote(&self.text[self.start..self.pos]);
        self.fail(format!("bad number syntax: {text}"))
    }

    fn accept(&mut self, set: &str) -> bool {
        let found = self.peek().is_some_and(|c| set.contains(c));
        if found {
            self.bump();
        }
        found
    }

    fn accept_run(&mut self, set: &str) {
        while self.accept(set) {}
    }

    fn scan_number(&mut self) -> bool {
        const DECIMAL: &str = "0123456789_";
        const HEX: &str = "0123456789abcdefABCDEF_";
        self.accept("+-");
        let mut digits = DECIMAL;
        if self.accept("0") {
            if self.accept("xX") {
                digits = HEX;
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        if (digits == DECIMAL && self.accept("eE")) || (digits == HEX && self.accept("pP")) {
            self.accept("+-");
            self.accept_run(DECIMAL);
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.bump();
            return false;
        }
        true
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(c) => is_space(c) || self.rest().starts_with(RIGHT),
        }
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// `- ` after `{{`.
fn has_left_trim(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next() == Some('-') && chars.next().is_some_and(is_space)
}

/// Whether `}}` or ` -}}` stands here, and whether it trims.
fn right_delim(text: &str) -> (bool, bool) {
    let mut chars = text.chars();
    if chars.next().is_some_and(is_space) && chars.as_str().starts_with("-}}") {
        return (true, true);
    }
    (text.starts_with(RIGHT), false)
}

/// Go's `%#U`: `U+201C '“'`.
fn unicode_name(c: char) -> String {
    let code = format!("U+{:04X}", c as u32);
    let printable = firedrill_value::quote_char(c).chars().count() == 3 || matches!(c, '\'' | '\\');
    if printable { format!("{code} '{c}'") } else { code }
}
