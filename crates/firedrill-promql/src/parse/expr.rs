//! Operators by precedence, and what they stand between.

use super::{MAX_DEPTH, Parser, Tree};
use crate::ast::{Expr, ExprKind, Number, StringLiteral, Unary};
use crate::lex::{Kind, Token};
use crate::strings;
use std::sync::Arc;

/// How tightly a unary sign binds its operand: like `*`, so only `^` and what follows a selector bind tighter.
const UNARY_POWER: u8 = 6;

impl Parser<'_> {
    /// An expression whose operators bind at least as tightly as `least` (see [`super::binary::power`]).
    pub(super) fn parse_expr(&mut self, least: u8) -> Tree {
        if self.depth >= MAX_DEPTH {
            return self.too_deep();
        }
        self.depth += 1;
        let mut tree = self.parse_operand();
        if tree.is_missing() {
            self.depth -= 1;
            return tree;
        }
        if self.peek_kind().is_modifier() {
            tree = self.parse_modifiers(tree);
        }
        loop {
            let token = self.peek();
            let Some(op) = token.kind.binary_op() else { break };
            let (power, right) = super::binary::power(op);
            if power < least {
                break;
            }
            self.take();
            tree = self.parse_binary(tree, op, token, right);
        }
        self.depth -= 1;
        tree
    }

    /// What stands between operators, without modifiers.
    fn parse_operand(&mut self) -> Tree {
        let token = self.peek();
        match token.kind {
            Kind::Number | Kind::Duration => {
                self.take();
                let (value, is_duration) = self.literal_value(token);
                Tree::leaf(ExprKind::Number(Number { value, is_duration }), token.span())
            }
            Kind::String => {
                self.take();
                let bytes = Arc::from(&*strings::unquote(self.text_of(token)));
                Tree::leaf(ExprKind::String(StringLiteral { bytes }), token.span())
            }
            Kind::Add | Kind::Sub => self.parse_unary(token),
            Kind::LeftParen => self.parse_paren(token),
            Kind::LeftBrace => self.parse_selector(None),
            Kind::Aggregate(op) => {
                self.take();
                match self.peek_kind() {
                    Kind::LeftParen | Kind::By | Kind::Without => self.parse_aggregate(op, token),
                    _ => self.parse_selector(Some(token)),
                }
            }
            Kind::Identifier
            | Kind::Start
            | Kind::End
            | Kind::Step
            | Kind::Range
            | Kind::MaxOf
            | Kind::MinOf => {
                self.take();
                if self.peek_kind() == Kind::LeftParen {
                    self.parse_call(token)
                } else {
                    self.parse_selector(Some(token))
                }
            }
            kind if kind.is_metric_name() => {
                self.take();
                self.parse_selector(Some(token))
            }
            _ => {
                self.unexpected_here();
                Tree::missing(token.start)
            }
        }
    }

    fn parse_unary(&mut self, sign: Token) -> Tree {
        self.take();
        let negative = sign.kind == Kind::Sub;
        let mut operand = self.parse_expr(UNARY_POWER);
        let span = sign.span().to(operand.expr.span);
        // A sign before a bare number is part of the number.
        if let ExprKind::Number(number) = &mut operand.expr.kind {
            if negative {
                number.value = -number.value;
            }
            operand.expr.span = span;
            return operand;
        }
        let height = operand.height;
        self.grow(height, |_| Expr {
            kind: ExprKind::Unary(Box::new(Unary {
                negative,
                operand: operand.expr,
            })),
            span,
        })
    }

    fn parse_paren(&mut self, open: Token) -> Tree {
        self.take();
        let inner = self.parse_expr(0);
        self.close_paren();
        let span = self.span_from(open.start);
        let height = inner.height;
        self.grow(height, |_| Expr {
            kind: ExprKind::Paren(Box::new(inner.expr)),
            span,
        })
    }

    /// The closing parenthesis of a group of expressions; goes to it if something else stands there.
    pub(super) fn close_paren(&mut self) {
        if self.peek_kind() != Kind::RightParen {
            self.unexpected_here();
            self.skip_to(Kind::RightParen);
        }
        self.take_if(Kind::RightParen);
    }
}
