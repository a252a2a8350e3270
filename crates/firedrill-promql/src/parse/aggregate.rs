//! Aggregations and what they group by.

use super::call::Arguments;
use super::{Parser, Tree};
use crate::ast::{Aggregate, AggregateOp, Expr, ExprKind, Grouping};
use crate::lex::{Kind, Token};
use firedrill_source::Span;

impl Parser<'_> {
    /// An aggregation; its name was taken, and `(`, `by` or `without` is next.
    pub(super) fn parse_aggregate(&mut self, op: AggregateOp, name: Token) -> Tree {
        let outside = std::mem::replace(&mut self.in_aggregation, true);
        let mut grouping = self.parse_grouping();
        let arguments = self.parse_arguments();
        self.in_aggregation = outside;
        if grouping.is_none() {
            grouping = self.parse_grouping();
        }
        let span = self.span_from(name.start);
        self.build_aggregate(op, name, grouping, arguments, span)
    }

    fn parse_grouping(&mut self) -> Option<Grouping> {
        let keyword = self.peek();
        let without = match keyword.kind {
            Kind::By => false,
            Kind::Without => true,
            _ => return None,
        };
        self.take();
        let labels = self.parse_label_list();
        Some(Grouping {
            without,
            labels,
            span: self.span_from(keyword.start),
        })
    }

    fn build_aggregate(
        &mut self,
        op: AggregateOp,
        name: Token,
        grouping: Option<Grouping>,
        arguments: Arguments,
        span: Span,
    ) -> Tree {
        let found = self.room.arguments.len() - arguments.first;
        let wanted = 1 + usize::from(op.param_type().is_some());
        if self.failed_at.is_none() && !self.ended {
            if found == 0 {
                self.error(span, "no arguments for aggregate expression provided");
            } else if op.experimental() && !self.features.experimental_functions {
                self.feature_error(
                    span,
                    "promql-experimental-functions",
                    format!(
                        "{}() is experimental and must be enabled with --enable-feature=promql-experimental-functions",
                        op.name()
                    ),
                );
            } else if found != wanted {
                self.error(
                    span,
                    format!(
                        "wrong number of arguments for aggregate expression provided, expected {wanted}, got {found}"
                    ),
                );
            }
        }
        let missing = || Tree::missing(arguments.parens.end).expr;
        let given = &mut self.room.arguments;
        // What is too much was reported.
        given.truncate(arguments.first + wanted);
        let mut last_of = |count: usize| {
            let argument = (given.len() >= arguments.first + count).then(|| given.pop());
            argument.flatten().unwrap_or_else(missing)
        };
        let expr = last_of(wanted);
        let param = (wanted == 2).then(|| last_of(1));
        self.grow(arguments.height, |spare| Expr {
            kind: ExprKind::Aggregate(spare.aggregates.filled(Aggregate {
                op,
                op_span: name.span(),
                grouping,
                param,
                expr,
            })),
            span,
        })
    }
}
