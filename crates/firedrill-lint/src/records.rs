//! What recorded metrics are made of, as far as lints ask.

use crate::rules::is_conditional;
use firedrill_functions::Func;
use firedrill_model::{Rule, RuleKind};
use firedrill_promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind};
use firedrill_source::{FileId, Location, Sources, Span};
use firedrill_types::constant;
use firedrill_yaml::Scalar;
use std::sync::Arc;

/// A recording rule, told by what it records.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Its file.
    pub(crate) file: FileId,
    /// The expression as written.
    scalar: Scalar,
    /// What it records.
    pub(crate) shape: Shape,
    /// Whether it has a result only while some condition holds.
    pub(crate) conditional: bool,
}

/// The kinds of recorded values that lints tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The values of a metric itself, several series made one by an aggregation.
    Aggregated {
        /// How.
        op: AggregateOp,
        /// The metric.
        metric: Arc<str>,
    },
    /// A quantile of a histogram.
    Quantile,
    /// Anything else.
    Other,
}

impl Record {
    /// Reads a recording rule; `None` for alerts and broken expressions.
    pub(crate) fn of(file: FileId, rule: &Rule) -> Option<Record> {
        let known = rule.kind == RuleKind::Record && rule.expr.valid;
        known.then(|| Record {
            file,
            scalar: rule.expr.source.clone(),
            shape: shape(&rule.expr.expr),
            conditional: is_conditional(&rule.expr.expr),
        })
    }

    /// Where its expression stands. Costs time; for diagnostics.
    pub(crate) fn location(&self, sources: &Sources) -> Location {
        let whole = Span::new(0, self.scalar.text.len());
        Location::new(
            self.file,
            self.scalar.locate(sources.get(self.file).text(), whole),
        )
    }

    /// Its expression on one line.
    pub(crate) fn text(&self) -> String {
        crate::cx::one_line(&self.scalar.text)
    }
}

fn shape(expr: &Expr) -> Shape {
    let mut at = expr;
    let mut op = None;
    loop {
        at = match &at.kind {
            ExprKind::Paren(inner) => inner,
            ExprKind::Aggregate(aggregate) if !aggregate.op.selects() => {
                if !matches!(
                    aggregate.op,
                    AggregateOp::Sum | AggregateOp::Avg | AggregateOp::Min | AggregateOp::Max
                ) {
                    return Shape::Other;
                }
                // An outer maximum cannot mend an inner sum.
                op = Some(match op {
                    Some(AggregateOp::Sum | AggregateOp::Avg) => AggregateOp::Sum,
                    _ => aggregate.op,
                });
                &aggregate.expr
            }
            ExprKind::Aggregate(aggregate) => &aggregate.expr,
            ExprKind::Call(call) => match call.function.map(|function| function.id) {
                Some(Func::HistogramQuantile) => return Shape::Quantile,
                Some(Func::LabelReplace | Func::LabelJoin) => match call.args.first() {
                    Some(inner) => inner,
                    None => return Shape::Other,
                },
                _ => return Shape::Other,
            },
            ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::Mul | BinaryOp::Div) => {
                if constant(&binary.rhs).is_some() {
                    &binary.lhs
                } else if constant(&binary.lhs).is_some() && binary.op == BinaryOp::Mul {
                    &binary.rhs
                } else {
                    return Shape::Other;
                }
            }
            ExprKind::Binary(binary) if binary.op.is_comparison() && constant(&binary.rhs).is_some() => {
                &binary.lhs
            }
            ExprKind::Selector(selector) => {
                return match (op, selector.metric_name()) {
                    (Some(op), Some(metric)) => Shape::Aggregated {
                        op,
                        metric: metric.clone(),
                    },
                    _ => Shape::Other,
                };
            }
            _ => return Shape::Other,
        }
    }
}
