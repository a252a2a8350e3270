//! What recorded metrics are made of, as far as lints ask.

use crate::rules::is_conditional;
use firedrill_functions::Func;
use firedrill_model::{Group, Rule, RuleKind};
use firedrill_promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind, Selector};
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
    /// Name of the recorded metric.
    pub(crate) name: Scalar,
    /// Name of its group.
    pub(crate) group: Option<Arc<str>>,
    /// The metrics that it reads.
    pub(crate) reads: Vec<Read>,
}

/// A metric that a recording rule reads.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    /// Its name.
    pub(crate) metric: Arc<str>,
    /// The selector.
    pub(crate) span: Span,
    /// Whether it is read as it was some time ago.
    pub(crate) earlier: bool,
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
    pub(crate) fn of(file: FileId, group: &Group, rule: &Rule) -> Option<Record> {
        let known = rule.kind == RuleKind::Record && rule.expr.valid;
        known.then(|| Record {
            file,
            scalar: rule.expr.source.clone(),
            shape: shape(&rule.expr.expr),
            conditional: is_conditional(&rule.expr.expr),
            name: rule.name.clone(),
            group: group.name.as_ref().map(|name| name.text.clone()),
            reads: reads(&rule.expr.expr),
        })
    }

    /// Where one of its reads stands. Costs time; for diagnostics.
    pub(crate) fn location_of(&self, read: &Read, sources: &Sources) -> Location {
        Location::new(
            self.file,
            self.scalar.locate(sources.get(self.file).text(), read.span),
        )
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

/// The metrics that an expression reads by name.
fn reads(expr: &Expr) -> Vec<Read> {
    let mut reads = Vec::new();
    expr.walk(&mut |expr| {
        if let ExprKind::Selector(selector) = &expr.kind
            && let Some(metric) = selector.metric_name()
        {
            reads.push(Read {
                metric: metric.clone(),
                span: expr.span,
                earlier: is_earlier(selector),
            });
        }
    });
    reads
}

/// Whether a selector reads what was there some time ago.
pub(crate) fn is_earlier(selector: &Selector) -> bool {
    let offset = selector.modifiers.offset.as_ref();
    let length = offset.and_then(|offset| offset.duration.literal());
    length.is_some_and(|length| length.millis() > 0)
}

/// What an expression makes of the metrics that it reads.
pub(crate) fn shape(expr: &Expr) -> Shape {
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
