//! Durations in brackets and after `offset`, literal or computed.

use super::{MAX_DEPTH, Parser};
use crate::ast::{BinaryOp, DurationExpr, DurationKind};
use crate::lex::{Kind, Token};
use firedrill_source::Span;
use firedrill_value::Duration;

/// The longest duration in seconds.
const MAX_SECONDS: f64 = 9_223_372_036_854_775_808.0 / 1e9;

const OFFSET_CONTEXT: (&str, &str) = ("offset", "number, duration, step(), or range()");

type Context = (&'static str, &'static str);

impl Parser<'_> {
    /// The duration behind an opening bracket that was just taken, and where its closing one ends; `None` if it is not
    /// written in the usual way.
    pub(super) fn parse_usual_window(&mut self) -> Option<(DurationExpr, u32)> {
        if self.ahead {
            return None;
        }
        let found = self.lexer.usual_window()?;
        let (seconds, is_duration) = self.literal_value(found.duration);
        let duration = self.literal(seconds, is_duration, found.duration.span());
        Some((duration, found.end))
    }

    /// A positive duration in brackets; `None` was reported.
    pub(super) fn parse_duration(
        &mut self,
        context: &'static str,
        expected: &'static str,
    ) -> Option<DurationExpr> {
        let (duration, _) = self.parse_duration_expr(0, (context, expected))?;
        // Upstream looks at the next token before it decides that the duration is complete.
        self.peek();
        if let DurationKind::Literal { seconds, .. } = duration.kind
            && seconds <= 0.0
        {
            self.error(duration.span, "duration must be greater than 0");
        }
        Some(duration)
    }

    /// What may follow `offset`: no operators outside parentheses.
    pub(super) fn parse_offset_duration(&mut self) -> Option<DurationExpr> {
        let first = self.peek();
        if !matches!(first.kind, Kind::Add | Kind::Sub) {
            return self
                .parse_duration_operand(OFFSET_CONTEXT)
                .map(|(duration, _)| duration);
        }
        self.take();
        let (operand, height) = self.parse_duration_operand(OFFSET_CONTEXT)?;
        Some(self.signed(first, operand, height).0)
    }

    fn parse_duration_expr(&mut self, least: u8, context: Context) -> Option<(DurationExpr, usize)> {
        if self.depth >= MAX_DEPTH {
            self.too_deep();
            return None;
        }
        self.depth += 1;
        let result = self.parse_duration_operators(least, context);
        self.depth -= 1;
        result
    }

    fn parse_duration_operators(&mut self, least: u8, context: Context) -> Option<(DurationExpr, usize)> {
        let first = self.peek();
        let (mut lhs, mut height) = if matches!(first.kind, Kind::Add | Kind::Sub) {
            self.take();
            let (operand, height) = self.parse_duration_expr(6, context)?;
            self.signed(first, operand, height)
        } else {
            self.parse_duration_operand(context)?
        };
        loop {
            let token = self.peek();
            let op = match token.kind {
                Kind::Add => BinaryOp::Add,
                Kind::Sub => BinaryOp::Sub,
                Kind::Mul => BinaryOp::Mul,
                Kind::Div => BinaryOp::Div,
                Kind::Mod => BinaryOp::Mod,
                Kind::Pow => BinaryOp::Pow,
                _ => return Some((lhs, height)),
            };
            let (power, right) = super::binary::power(op);
            if power < least {
                return Some((lhs, height));
            }
            self.take();
            let (rhs, rhs_height) = self.parse_duration_expr(right, context)?;
            height = height.max(rhs_height) + 1;
            if height >= MAX_DEPTH {
                self.too_deep();
                return None;
            }
            self.require_duration_expressions(lhs.span);
            if matches!(rhs.kind, DurationKind::Literal { seconds, .. } if seconds == 0.0) {
                match op {
                    BinaryOp::Div => self.error(token.span(), "division by zero"),
                    BinaryOp::Mod => self.error(token.span(), "modulo by zero"),
                    _ => {}
                }
            }
            let span = lhs.span.to(rhs.span);
            lhs = DurationExpr {
                kind: DurationKind::Binary {
                    op,
                    op_span: token.span(),
                    lhs: Box::new(lhs),
                    rhs: Box::new(rhs),
                },
                span,
            };
        }
    }

    /// A literal, `step()` and its kin, or something in parentheses.
    fn parse_duration_operand(&mut self, context: Context) -> Option<(DurationExpr, usize)> {
        let token = self.peek();
        match token.kind {
            Kind::Number | Kind::Duration => {
                self.take();
                let (seconds, is_duration) = self.literal_value(token);
                Some((self.literal(seconds, is_duration, token.span()), 1))
            }
            Kind::Step | Kind::Range => {
                self.take();
                self.expect(Kind::LeftParen, context)?;
                self.expect(Kind::RightParen, context)?;
                let span = self.span_from(token.start);
                self.require_duration_expressions(span);
                let kind = if token.kind == Kind::Step {
                    DurationKind::Step
                } else {
                    DurationKind::Range
                };
                Some((DurationExpr { kind, span }, 1))
            }
            Kind::MinOf | Kind::MaxOf => {
                self.take();
                self.expect(Kind::LeftParen, context)?;
                let (lhs, left) = self.parse_duration_expr(0, context)?;
                self.expect(Kind::Comma, context)?;
                let (rhs, right) = self.parse_duration_expr(0, context)?;
                self.expect(Kind::RightParen, context)?;
                let span = self.span_from(token.start);
                self.require_duration_expressions(span);
                let kind = DurationKind::Extreme {
                    max: token.kind == Kind::MaxOf,
                    lhs: Box::new(lhs),
                    rhs: Box::new(rhs),
                };
                Some((DurationExpr { kind, span }, left.max(right) + 1))
            }
            Kind::LeftParen => {
                self.take();
                let (inner, height) = self.parse_duration_expr(0, context)?;
                self.expect(Kind::RightParen, context)?;
                self.require_duration_expressions(inner.span);
                let span = self.span_from(token.start);
                let kind = DurationKind::Paren(Box::new(inner));
                Some((DurationExpr { kind, span }, height + 1))
            }
            _ => {
                self.unexpected(context.0, context.1);
                None
            }
        }
    }

    /// Puts a sign before a duration; before a literal it becomes part of it.
    fn signed(&mut self, sign: Token, operand: DurationExpr, height: usize) -> (DurationExpr, usize) {
        let negative = sign.kind == Kind::Sub;
        let span = sign.span().to(operand.span);
        if let DurationKind::Literal {
            seconds, is_duration, ..
        } = operand.kind
        {
            let seconds = if negative { -seconds } else { seconds };
            return (self.literal(seconds, is_duration, span), height);
        }
        let kind = DurationKind::Unary {
            negative,
            operand: Box::new(operand),
        };
        (DurationExpr { kind, span }, height + 1)
    }

    fn literal(&mut self, seconds: f64, is_duration: bool, span: Span) -> DurationExpr {
        // NaN comes from a literal that was already refused, or from `nan` after `offset`.
        if !(-MAX_SECONDS..=MAX_SECONDS).contains(&seconds) && self.failed_at.is_none() {
            let refused = self.errors.last().is_some_and(|last| span.to(last.span) == span);
            if !refused {
                self.error(span, "duration out of range");
            }
        }
        DurationExpr {
            kind: DurationKind::Literal {
                duration: Duration::from_nanos((seconds * 1e9).round() as i64),
                seconds,
                is_duration,
            },
            span,
        }
    }

    fn expect(&mut self, kind: Kind, context: Context) -> Option<()> {
        if self.take_if(kind).is_none() {
            self.unexpected(context.0, context.1);
            return None;
        }
        Some(())
    }

    fn require_duration_expressions(&mut self, span: Span) {
        if !self.features.duration_expressions {
            self.feature_error(
                span,
                "promql-duration-expr",
                "experimental duration expression is not enabled",
            );
        }
    }
}
