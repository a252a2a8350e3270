//! The parser: an operator-precedence loop that reports what upstream's LALR parser would report, and goes on after it.

mod aggregate;
mod binary;
mod call;
mod duration;
mod expr;
mod label;
mod modifier;
mod selector;

use crate::ast::{Expr, ExprKind, Matcher, Name};
use crate::check;
use crate::error::{Features, ParseError, ParseErrorKind};
use crate::hint;
use crate::lex::{Kind, Lexer, Token};
use crate::spare::Spare;
use firedrill_source::Span;
use firedrill_value::parse_float;
use std::cell::Cell;

/// How deep parentheses, calls and right operands may nest: each level is a recursion of the parser.
pub const MAX_DEPTH: usize = 400;

/// How high a tree may grow. Only chains of operators (`a + b + c …`), which lean to the left and are read in a loop,
/// get higher than [`MAX_DEPTH`]. Everything that walks a tree does so recursively: see [`STACK_BYTES`].
pub const MAX_HEIGHT: usize = 10_000;

/// A stack on which every walk over a tree of [`MAX_HEIGHT`] ends well, whatever the build. Trees of hostile or generated
/// expressions belong on a thread with this much; the pages of it that are never touched cost nothing.
pub const STACK_BYTES: usize = 128 << 20;

/// How many errors are kept of one expression.
const MAX_ERRORS: usize = 100;

/// The outcome of parsing: always a tree, and what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parse {
    /// The tree. With syntax errors it has [`ExprKind::Missing`] holes; with type errors it is whole.
    pub expr: Expr,
    /// What is wrong, in the order of discovery. The first is the one that promtool prints.
    pub errors: Vec<ParseError>,
}

impl Parse {
    /// What promtool prints of the expression `text` that this came from; `None` if nothing is wrong.
    pub fn promtool_message(&self, text: &str) -> Option<String> {
        self.errors.first().map(|error| error.promtool_message(text))
    }
}

/// Parses and type-checks an expression. Never fails: see [`Parse::errors`].
pub fn parse(text: &str, features: &Features) -> Parse {
    let mut parser = Parser::new(text, features);
    let expr = parser.parse_whole();
    let mut errors = parser.errors;
    parser.room.parens = parser.lexer.parens;
    parser.room.leave();
    parser.spare.leave();
    if errors.is_empty() {
        check::check(&expr, text, &mut errors);
    }
    Parse { expr, errors }
}

/// A piece of the tree and its height.
struct Tree {
    expr: Expr,
    height: usize,
}

impl Tree {
    fn leaf(kind: ExprKind, span: Span) -> Self {
        Tree {
            expr: Expr { kind, span },
            height: 1,
        }
    }

    fn missing(at: u32) -> Self {
        Tree::leaf(ExprKind::Missing, Span { start: at, end: at })
    }

    fn is_missing(&self) -> bool {
        matches!(self.expr.kind, ExprKind::Missing)
    }
}

/// Tokens with one token of lookahead, read no earlier than upstream's tables need it: a lexer error must not come
/// before an error that upstream finds without looking on.
struct Parser<'a> {
    text: &'a str,
    features: &'a Features,
    lexer: Lexer<'a>,
    /// Whether the token that was lexed last is not taken yet.
    ahead: bool,
    /// The token that was lexed last.
    last: Token,
    /// The end of the token that was taken last.
    taken_end: u32,
    errors: Vec<ParseError>,
    /// Inside an aggregation, which upstream's fallback message names.
    in_aggregation: bool,
    /// Where the last syntax error was; nothing more is said about the same token.
    failed_at: Option<u32>,
    /// The lexer, or the depth limit, has ended the text.
    ended: bool,
    depth: usize,
    room: Room,
    /// Boxes for nodes.
    spare: Spare,
}

/// Where lists are gathered, so that what is kept takes no more room than it needs.
#[derive(Default)]
struct Room {
    /// Arguments of the calls that are being read, those of the innermost last.
    arguments: Vec<Expr>,
    /// Matchers of a selector.
    matchers: Vec<Matcher>,
    /// Labels of a list.
    labels: Vec<Name>,
    /// For the lexer.
    parens: Vec<u32>,
}

thread_local! {
    /// The room of the expression before, empty.
    static ROOM: Cell<Room> = Cell::default();
}

impl Room {
    /// Room for more than that is not kept for the next expression.
    const MOST: usize = 256;

    /// Leaves the room to the next expression of this thread.
    fn leave(mut self) {
        self.arguments.clear();
        self.matchers.clear();
        self.labels.clear();
        self.parens.clear();
        let largest = self
            .arguments
            .capacity()
            .max(self.matchers.capacity())
            .max(self.labels.capacity())
            .max(self.parens.capacity());
        if largest <= Self::MOST {
            ROOM.set(self);
        }
    }
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, features: &'a Features) -> Self {
        let start = Token {
            kind: Kind::Eof,
            start: 0,
            end: 0,
        };
        let mut room = ROOM.take();
        let mut lexer = Lexer::new(text);
        lexer.parens = std::mem::take(&mut room.parens);
        Parser {
            text,
            features,
            lexer,
            ahead: false,
            last: start,
            taken_end: 0,
            errors: Vec::new(),
            in_aggregation: false,
            failed_at: None,
            ended: false,
            depth: 0,
            room,
            spare: Spare::take(),
        }
    }

    fn parse_whole(&mut self) -> Expr {
        if self.peek().kind == Kind::Eof {
            self.push_error(ParseError::new(
                ParseErrorKind::Syntax,
                Span::at(0),
                "no expression found in input",
            ));
            return Tree::missing(0).expr;
        }
        let tree = self.parse_expr(0);
        if self.peek().kind != Kind::Eof {
            self.unexpected("", "");
        }
        tree.expr
    }

    #[inline]
    fn peek(&mut self) -> Token {
        if !self.ahead {
            self.look_ahead();
        }
        self.last
    }

    fn look_ahead(&mut self) {
        self.ahead = true;
        if self.ended {
            self.last.kind = Kind::Eof;
            return;
        }
        self.last = self.lexer.next_token();
        if self.last.kind == Kind::Error {
            self.lexer_error();
        }
    }

    #[cold]
    fn lexer_error(&mut self) {
        if let Some(error) = self.lexer.take_error() {
            self.ended = true;
            let span = Span {
                start: error.start,
                end: error.end,
            };
            let help = hint::for_lexer_error(self.text, span, &error.message);
            let mut reported = ParseError::new(ParseErrorKind::Syntax, span, error.message);
            reported.help = help;
            reported.related = error
                .open
                .map(|at| (Span::new(at as usize, at as usize + 1), "opened here"));
            self.push_error(reported);
        }
    }

    #[inline]
    fn peek_kind(&mut self) -> Kind {
        self.peek().kind
    }

    #[inline]
    fn take(&mut self) -> Token {
        let token = self.peek();
        if !matches!(token.kind, Kind::Eof | Kind::Error) {
            self.ahead = false;
            self.taken_end = token.end;
        }
        token
    }

    #[inline]
    fn take_if(&mut self, kind: Kind) -> Option<Token> {
        (self.peek_kind() == kind).then(|| self.take())
    }

    /// Takes the brace or parenthesis that closes a list of matchers or labels, if it comes next.
    #[inline]
    fn take_close(&mut self, close: u8) -> bool {
        if self.ahead {
            return false;
        }
        let end = self.lexer.usual_close(close);
        self.taken_end = end.unwrap_or(self.taken_end);
        end.is_some()
    }

    #[inline]
    fn text_of(&self, token: Token) -> &'a str {
        token.text(self.text)
    }

    /// Upstream's fallback error, at the token that was lexed last.
    #[cold]
    fn unexpected(&mut self, context: &str, expected: &str) {
        let token = self.peek();
        // The lexer has already said why there is no token, and one word about a token is enough.
        if self.ended || self.failed_at == Some(token.start) {
            return;
        }
        self.failed_at = Some(token.start);
        let found = token.describe(self.text);
        let mut message = format!("unexpected {found}");
        if !context.is_empty() {
            message.push_str(" in ");
            message.push_str(context);
        }
        if !expected.is_empty() {
            message.push_str(", expected ");
            message.push_str(expected);
        }
        let mut error = ParseError::new(ParseErrorKind::Syntax, token.span(), message);
        if matches!(context, "" | "aggregation") {
            error.help = hint::for_token(self.text, token);
        }
        error.found = Some(found);
        error.expected = (!expected.is_empty()).then(|| expected.to_owned());
        self.push_error(error);
    }

    /// The fallback error where an expression or operator is wanted.
    #[cold]
    fn unexpected_here(&mut self) {
        let context = if self.in_aggregation { "aggregation" } else { "" };
        self.unexpected(context, "");
    }

    #[cold]
    fn push_error(&mut self, error: ParseError) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        }
    }

    #[cold]
    fn error(&mut self, span: Span, message: impl Into<String>) {
        self.push_error(ParseError::new(ParseErrorKind::Syntax, span, message));
    }

    #[cold]
    fn feature_error(&mut self, span: Span, flag: &str, message: impl Into<String>) {
        let mut error = ParseError::new(ParseErrorKind::Feature, span, message);
        error.help = Some(format!("enable the feature `{flag}`"));
        self.push_error(error);
    }

    /// Reports that the tree grows too deep, and ends the text.
    #[cold]
    fn too_deep(&mut self) -> Tree {
        let at = self.peek();
        if !self.ended {
            self.error(
                at.span(),
                format!("expression nests too deeply, the limit is {MAX_DEPTH} levels"),
            );
            self.ended = true;
            self.ahead = false;
        }
        Tree::missing(at.start)
    }

    /// Reports that a chain grows too long, and ends the text.
    #[cold]
    fn too_high(&mut self) -> Tree {
        let at = self.peek();
        if !self.ended {
            self.error(
                at.span(),
                format!("too many operators in a row, the limit is {MAX_HEIGHT}"),
            );
            self.ended = true;
            self.ahead = false;
        }
        Tree::missing(at.start)
    }

    /// Wraps a tree into a node, unless that makes it too high.
    #[inline]
    fn grow(&mut self, height: usize, expr: impl FnOnce(&mut Spare) -> Expr) -> Tree {
        if height >= MAX_HEIGHT {
            return self.too_high();
        }
        Tree {
            expr: expr(&mut self.spare),
            height: height + 1,
        }
    }

    /// After an error inside delimiters: goes to the closing one that belongs to them, over whole nested groups.
    #[cold]
    fn skip_to(&mut self, close: Kind) {
        let mut nested = 0usize;
        loop {
            match self.peek_kind() {
                Kind::Eof | Kind::Error => return,
                kind if kind == close && nested == 0 => return,
                Kind::LeftParen | Kind::LeftBracket | Kind::LeftBrace => nested += 1,
                Kind::RightParen | Kind::RightBracket | Kind::RightBrace => {
                    if nested == 0 {
                        return;
                    }
                    nested -= 1;
                }
                _ => {}
            }
            self.take();
        }
    }

    /// From `start` to the end of what was taken last.
    fn span_from(&self, start: u32) -> Span {
        Span {
            start,
            end: self.taken_end.max(start),
        }
    }

    /// The value of a number or duration token in seconds, and whether it is a duration.
    fn literal_value(&mut self, token: Token) -> (f64, bool) {
        let text = self.text_of(token);
        if token.kind == Kind::Duration {
            return match firedrill_value::Duration::parse(text) {
                Ok(duration) => (duration.secs_f64(), true),
                Err(error) => {
                    self.error(token.span(), error.to_string());
                    (f64::NAN, true)
                }
            };
        }
        match number_value(text) {
            Ok(value) => (value, false),
            Err(message) => {
                self.error(token.span(), message);
                (f64::NAN, false)
            }
        }
    }
}

/// Reads a number as upstream does: as a Go integer (a leading nought means octal), else as a float.
pub(crate) fn number_value(text: &str) -> Result<f64, String> {
    // What most numbers look like, and where both languages agree.
    if matches!(text.len(), 1..16) && !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()) {
        let digits = text.bytes().map(|b| u64::from(b - b'0'));
        return Ok(digits.fold(0, |value, digit| value * 10 + digit) as f64);
    }
    let plain_digit = |b: u8| b.is_ascii_digit() || b == b'.';
    if text.len() < 16
        && (!text.starts_with('0') || text.starts_with("0."))
        && text.bytes().all(plain_digit)
        && let Ok(value) = text.parse()
    {
        return Ok(value);
    }
    let plain;
    let digits = if text.contains('_') {
        plain = text.replace('_', "");
        plain.as_str()
    } else {
        text
    };
    let bytes = digits.as_bytes();
    let integer = match bytes {
        [b'0', b'x' | b'X', ..] => i64::from_str_radix(&digits[2..], 16).ok(),
        [b'0', _, ..] if bytes.iter().all(u8::is_ascii_digit) => i64::from_str_radix(&digits[1..], 8).ok(),
        _ if bytes.iter().all(u8::is_ascii_digit) => digits.parse::<i64>().ok(),
        _ => None,
    };
    if let Some(integer) = integer {
        return Ok(integer as f64);
    }
    parse_float(digits).map_err(|error| {
        format!(
            "error parsing number: strconv.ParseFloat: parsing {}: {error}",
            firedrill_value::quote(text)
        )
    })
}
