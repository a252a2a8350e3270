//! Selectors and their matchers.

use super::{Parser, Tree};
use crate::Few;
use crate::ast::{ExprKind, MatchOp, Matcher, Modifiers, Name, Selector};
use crate::lex::{Kind, Token};
use crate::shared;
use crate::strings;
use firedrill_source::Span;
use firedrill_value::METRIC_NAME;
use std::sync::Arc;

const CONTEXT: &str = "label matching";

impl Parser<'_> {
    /// A selector; its name was taken if there is one, otherwise `{` is next.
    pub(super) fn parse_selector(&mut self, name: Option<Token>) -> Tree {
        let start = name.map_or_else(|| self.peek().start, |token| token.start);
        let name = name.map(|token| Name {
            text: shared::text(self.text_of(token)),
            span: token.span(),
        });
        // Matchers are gathered elsewhere first, so that no more room is taken than they need.
        let mut gathered = std::mem::take(&mut self.room.matchers);
        let braces = self.take_if(Kind::LeftBrace).map(|open| {
            self.parse_matchers(&mut gathered);
            self.span_from(open.start)
        });
        let matchers = Few::split_off(&mut gathered, 0);
        self.room.matchers = gathered;
        let span = self.span_from(start);
        Tree::leaf(
            ExprKind::Selector(self.spare.selectors.filled(Selector {
                name,
                matchers,
                braces,
                modifiers: Modifiers::default(),
            })),
            span,
        )
    }

    /// What stands between braces, and the closing one.
    fn parse_matchers(&mut self, matchers: &mut Vec<Matcher>) {
        self.parse_usual_matchers(matchers);
        if !self.take_close(b'}') {
            self.parse_other_matchers(matchers);
        }
    }

    /// Matchers from the first on that is not written in the usual way, and the closing brace.
    fn parse_other_matchers(&mut self, matchers: &mut Vec<Matcher>) {
        while self.peek_kind() != Kind::RightBrace {
            if !self.parse_matcher(matchers) {
                self.skip_to_next_matcher();
            }
            match self.peek_kind() {
                Kind::Comma => {
                    self.take();
                }
                Kind::RightBrace => break,
                Kind::Eof | Kind::Error => {
                    self.unexpected(CONTEXT, "\",\" or \"}\"");
                    return;
                }
                _ => {
                    self.unexpected(CONTEXT, "\",\" or \"}\"");
                    self.skip_to_next_matcher();
                    self.take_if(Kind::Comma);
                }
            }
        }
        self.take_if(Kind::RightBrace);
    }

    /// Matchers up to the first that is not written in the usual way.
    fn parse_usual_matchers(&mut self, matchers: &mut Vec<Matcher>) {
        while !self.ahead
            && let Some(found) = self.lexer.usual_matcher()
        {
            self.taken_end = found.end;
            if let Some(op) = match_op(found.op) {
                self.push_matcher(matchers, found.label, op, found.value);
            }
            if found.end == found.value.end {
                return;
            }
        }
    }

    /// One matcher; false if it is broken and reported.
    fn parse_matcher(&mut self, matchers: &mut Vec<Matcher>) -> bool {
        let label = self.peek();
        match label.kind {
            Kind::Identifier => {
                self.take();
            }
            Kind::String => {
                self.take();
                if matches!(
                    self.peek_kind(),
                    Kind::Comma | Kind::RightBrace | Kind::Eof | Kind::Error
                ) || self.match_op().is_none()
                {
                    let value = self.string_text(label);
                    matchers.push(Matcher {
                        label: Name {
                            text: shared::text(METRIC_NAME),
                            span: label.span(),
                        },
                        op: MatchOp::Equal,
                        value,
                        value_span: label.span(),
                        regex: None,
                        span: label.span(),
                    });
                    return true;
                }
            }
            _ => {
                self.unexpected(CONTEXT, "identifier or \"}\"");
                return false;
            }
        }
        let Some(op) = self.match_op() else {
            self.unexpected(CONTEXT, "label matching operator");
            return false;
        };
        self.take();
        let value = self.peek();
        if value.kind != Kind::String {
            self.unexpected(CONTEXT, "string");
            return false;
        }
        self.take();
        self.push_matcher(matchers, label, op, value);
        true
    }

    fn push_matcher(&mut self, matchers: &mut Vec<Matcher>, label: Token, op: MatchOp, value: Token) {
        let name: Arc<str> = if label.kind == Kind::String {
            self.string_text(label)
        } else {
            shared::text(self.text_of(label))
        };
        let text = self.string_text(value);
        let regex = match op {
            MatchOp::Regex | MatchOp::NotRegex => match shared::anchored(&text) {
                Ok(regex) => Some(regex),
                Err(error) => {
                    self.error(label.span(), error.to_string());
                    None
                }
            },
            MatchOp::Equal | MatchOp::NotEqual => None,
        };
        matchers.push(Matcher {
            label: Name {
                text: name,
                span: label.span(),
            },
            op,
            value: text,
            value_span: value.span(),
            regex,
            span: Span {
                start: label.start,
                end: value.end,
            },
        });
    }

    fn match_op(&mut self) -> Option<MatchOp> {
        match_op(self.peek_kind())
    }

    /// What a string token stands for; what is no UTF-8 becomes U+FFFD.
    fn string_text(&self, token: Token) -> Arc<str> {
        shared::text(&strings::unquote_text(self.text_of(token)))
    }

    fn skip_to_next_matcher(&mut self) {
        while !matches!(
            self.peek_kind(),
            Kind::Comma | Kind::RightBrace | Kind::Eof | Kind::Error
        ) {
            self.take();
        }
    }
}

fn match_op(kind: Kind) -> Option<MatchOp> {
    Some(match kind {
        Kind::Assign => MatchOp::Equal,
        Kind::NotEqual => MatchOp::NotEqual,
        Kind::EqualRegex => MatchOp::Regex,
        Kind::NotRegex => MatchOp::NotRegex,
        _ => return None,
    })
}
