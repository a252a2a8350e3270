//! How a rule uses a metric: as a counter under `rate()`, or as a level compared with a number.

use crate::needs::Mark;
use crate::nodes::{Nodes, Role};
use firedrill_functions::Func;
use firedrill_promql::ast::{AggregateOp, BinaryOp, Call, Expr, ExprKind, MatchOp, Selector};
use firedrill_source::Span;
use firedrill_types::constant;
use std::sync::Arc;

/// One use of a metric.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MetricUse<'a> {
    /// The metric.
    pub(crate) metric: &'a Arc<str>,
    /// The selector that reads it.
    pub(crate) selector: &'a Selector,
    /// Where the selector stands.
    pub(crate) selector_span: Span,
    /// Where the call or comparison stands.
    pub(crate) whole: Span,
    /// As what it is used.
    pub(crate) kind: UseKind<'a>,
}

/// As what a metric is used.
#[derive(Clone, Copy, Debug)]
pub(crate) enum UseKind<'a> {
    /// Under `rate`, `increase` or `irate`.
    Counter(&'a Call),
    /// Compared with a number.
    Level(Level),
}

/// A comparison of a metric with a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    /// The operator as it reads with the metric on the left.
    pub(crate) op: BinaryOp,
    /// The number.
    pub(crate) threshold: f64,
    /// Whether the samples come straight from the metric, not over a window.
    pub(crate) instant: bool,
    /// Whether it is joined to another condition by `and` or `unless`: then it may well be a guard, on either side.
    pub(crate) joined: bool,
}

impl Level {
    /// Whether the comparison only asks "did it ever happen?": 0 and 1 are thresholds of that kind.
    pub(crate) fn asks_for_presence(&self) -> bool {
        self.threshold == 0.0 || self.threshold.abs() == 1.0
    }

    /// Whether the comparison shows that the metric is taken for a level: no guard, and no question for presence.
    pub(crate) fn is_evidence(&self) -> bool {
        !self.joined && !self.asks_for_presence()
    }

    /// Whether the comparison holds as long as nothing was ever counted.
    pub(crate) fn asks_for_absence(&self) -> bool {
        match self.op {
            BinaryOp::Equal | BinaryOp::LessEqual => self.threshold == 0.0,
            BinaryOp::Less => self.threshold <= 1.0,
            _ => false,
        }
    }
}

/// All such uses in an expression, in source order.
pub(crate) fn metric_uses<'a>(nodes: &Nodes<'a>) -> Vec<MetricUse<'a>> {
    let mut uses = Vec::new();
    let parts = nodes.parts();
    if !parts.has(Mark::Growth) && !parts.has(Mark::Threshold) {
        return uses;
    }
    for (index, expr, selector) in nodes.selectors() {
        let Some(metric) = selector.metric_name() else {
            continue;
        };
        if let Some((whole, kind)) = climb(nodes, index) {
            uses.push(MetricUse {
                metric,
                selector,
                selector_span: expr.span,
                whole,
                kind,
            });
        }
    }
    uses
}

/// Whether two selectors can never select the same series: some label has to have two values at once.
pub(crate) fn disjoint(a: &[(Arc<str>, Arc<str>)], b: &[(Arc<str>, Arc<str>)]) -> bool {
    a.iter()
        .any(|(name, value)| b.iter().any(|(other, found)| name == other && value != found))
}

/// The equality matchers of a selector.
pub(crate) fn equalities(selector: &Selector) -> Vec<(Arc<str>, Arc<str>)> {
    let equal = selector
        .matchers
        .iter()
        .filter(|matcher| matcher.op == MatchOp::Equal);
    equal
        .map(|matcher| (matcher.label.text.clone(), matcher.value.clone()))
        .collect()
}

/// Follows the metric's value outwards until something says what it is taken for.
fn climb<'a>(nodes: &Nodes<'a>, index: usize) -> Option<(Span, UseKind<'a>)> {
    let mut instant = true;
    for (parent, role, at) in nodes.ancestors(index) {
        match &parent.kind {
            ExprKind::Paren(_) | ExprKind::Unary(_) => {}
            ExprKind::Range(_) | ExprKind::Subquery(_) => instant = false,
            ExprKind::Call(call) => match call.function?.id {
                Func::Rate | Func::Increase | Func::Irate => {
                    return Some((parent.span, UseKind::Counter(call)));
                }
                Func::AvgOverTime | Func::MinOverTime | Func::MaxOverTime | Func::LastOverTime => {}
                Func::Abs | Func::Ceil | Func::Floor | Func::Round | Func::LabelReplace | Func::LabelJoin
                    if role == Role::Argument(0) => {}
                _ => return None,
            },
            ExprKind::Aggregate(aggregate) => {
                let keeps = matches!(
                    aggregate.op,
                    AggregateOp::Sum | AggregateOp::Avg | AggregateOp::Min | AggregateOp::Max
                );
                if !keeps && !aggregate.op.selects() {
                    return None;
                }
            }
            ExprKind::Binary(binary) => {
                let other = if role == Role::Left {
                    &binary.rhs
                } else {
                    &binary.lhs
                };
                let threshold = constant(other)?;
                if binary.op.is_comparison() {
                    let op = if role == Role::Left {
                        binary.op
                    } else {
                        binary.op.flipped()
                    };
                    let level = Level {
                        op,
                        threshold,
                        instant,
                        joined: is_joined(nodes, at),
                    };
                    return (!is_guard(nodes, at)).then_some((parent.span, UseKind::Level(level)));
                }
                // A scaled metric is still the metric.
                let scales = binary.op == BinaryOp::Mul || (binary.op == BinaryOp::Div && role == Role::Left);
                if !scales {
                    return None;
                }
            }
            _ => return None,
        }
    }
    None
}

/// Whether a comparison is an operand of `and` or `unless`.
fn is_joined(nodes: &Nodes<'_>, index: usize) -> bool {
    nodes.ancestors(index).any(|(parent, _, _)| match &parent.kind {
        ExprKind::Binary(binary) => matches!(binary.op, BinaryOp::And | BinaryOp::Unless),
        _ => false,
    })
}

/// Whether a comparison only limits where another condition counts: the right side of `and` and `unless`, or a factor
/// of another vector.
fn is_guard(nodes: &Nodes<'_>, index: usize) -> bool {
    nodes
        .ancestors(index)
        .any(|(parent, role, _)| match &parent.kind {
            ExprKind::Binary(binary) => match binary.op {
                BinaryOp::And | BinaryOp::Unless => role == Role::Right,
                BinaryOp::Or => false,
                _ => {
                    let other: &Expr = if role == Role::Left {
                        &binary.rhs
                    } else {
                        &binary.lhs
                    };
                    constant(other).is_none()
                }
            },
            ExprKind::Call(call) => {
                matches!(
                    call.function.map(|f| f.id),
                    Some(Func::Absent | Func::AbsentOverTime | Func::Timestamp)
                )
            }
            _ => false,
        })
}
