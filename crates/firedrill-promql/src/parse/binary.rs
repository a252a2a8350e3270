//! Binary operators with their modifiers.

use super::{Parser, Tree};
use crate::Few;
use crate::ast::{Binary, BinaryOp, Expr, ExprKind, Fill, GroupModifier, GroupSide, Matching};
use crate::lex::{Kind, Token};
use firedrill_functions::ValueType;

/// How tightly an operator binds, and how tightly its right operand's operators must bind.
pub(super) fn power(op: BinaryOp) -> (u8, u8) {
    use BinaryOp::{Add, And, Atan2, Div, Mod, Mul, Or, Pow, Sub, Unless};
    match op {
        Or => (1, 2),
        And | Unless => (2, 3),
        Add | Sub => (4, 5),
        Mul | Div | Mod | Atan2 => (5, 6),
        // Right associative.
        Pow => (6, 6),
        _ => (3, 4),
    }
}

impl Parser<'_> {
    /// What follows an operator that was just taken.
    pub(super) fn parse_binary(&mut self, lhs: Tree, op: BinaryOp, op_token: Token, right: u8) -> Tree {
        let bool_modifier = self.take_if(Kind::Bool).map(Token::span);
        let matching = self.parse_matching();
        let group = if matching.is_some() {
            self.parse_group()
        } else {
            None
        };
        let fill = self.parse_fill();
        let rhs = self.parse_expr(right);
        let span = lhs.expr.span.to(rhs.expr.span);
        if fill.span.is_some() && !self.features.binop_fill_modifiers {
            self.feature_error(
                span,
                "promql-binop-fill-modifiers",
                "binop fill modifiers are experimental and not enabled",
            );
        }
        let height = lhs.height.max(rhs.height);
        let sides = [&rhs.expr, &lhs.expr];
        let is_scalar = sides.iter().all(|side| side.value_type() == ValueType::Scalar);
        self.grow(height, |spare| Expr {
            kind: ExprKind::Binary(spare.binaries.filled(Binary {
                op,
                is_scalar,
                op_span: op_token.span(),
                bool_modifier,
                matching,
                group,
                fill,
                lhs: lhs.expr,
                rhs: rhs.expr,
            })),
            span,
        })
    }

    fn parse_matching(&mut self) -> Option<Box<Matching>> {
        let keyword = self.peek();
        let on = match keyword.kind {
            Kind::On => true,
            Kind::Ignoring => false,
            _ => return None,
        };
        self.take();
        let labels = self.parse_label_list();
        Some(Box::new(Matching {
            on,
            labels,
            span: self.span_from(keyword.start),
        }))
    }

    fn parse_group(&mut self) -> Option<Box<GroupModifier>> {
        let keyword = self.peek();
        let side = match keyword.kind {
            Kind::GroupLeft => GroupSide::Left,
            Kind::GroupRight => GroupSide::Right,
            _ => return None,
        };
        self.take();
        // Labels may be left out before an operand; before anything else their parenthesis is missed.
        let next = self.peek_kind();
        let no_labels = next != Kind::LeftParen && next.starts_operand();
        let labels = if no_labels {
            Few::default()
        } else {
            self.parse_label_list()
        };
        Some(Box::new(GroupModifier {
            side,
            labels,
            span: self.span_from(keyword.start),
        }))
    }

    /// `fill (v)`, or one or both of the one-sided forms.
    fn parse_fill(&mut self) -> Fill {
        let mut fill = Fill::default();
        let first = self.peek();
        match first.kind {
            Kind::Fill => {
                self.take();
                let value = self.parse_fill_value();
                fill.left = Some(value);
                fill.right = Some(value);
            }
            Kind::FillLeft => {
                self.take();
                fill.left = Some(self.parse_fill_value());
                if self.take_if(Kind::FillRight).is_some() {
                    fill.right = Some(self.parse_fill_value());
                }
            }
            Kind::FillRight => {
                self.take();
                fill.right = Some(self.parse_fill_value());
                if self.take_if(Kind::FillLeft).is_some() {
                    fill.left = Some(self.parse_fill_value());
                }
            }
            _ => return fill,
        }
        fill.span = Some(self.span_from(first.start));
        fill
    }

    fn parse_fill_value(&mut self) -> f64 {
        if self.take_if(Kind::LeftParen).is_none() {
            self.unexpected_here();
            return f64::NAN;
        }
        let negative = match self.peek_kind() {
            Kind::Sub => self.take().kind == Kind::Sub,
            Kind::Add => self.take().kind == Kind::Sub,
            _ => false,
        };
        let token = self.peek();
        let value = if matches!(token.kind, Kind::Number | Kind::Duration) {
            self.take();
            self.literal_value(token).0
        } else {
            f64::NAN
        };
        self.close_paren();
        if negative { -value } else { value }
    }
}
