//! Where the values of an expression come from: the one selector below it, its window, and what happens on the way.

use firedrill_functions::Func;
use firedrill_promql::ast::{Aggregate, BinaryOp, Call, Expr, ExprKind, GroupSide, Selector};
use firedrill_types::constant;
use firedrill_value::Duration;

/// The one selector that an expression shows the values of, scaled and aggregated perhaps.
#[derive(Clone, Debug)]
pub(crate) struct Origin<'a> {
    /// The selector.
    pub(crate) selector: &'a Selector,
    /// The expression that it is.
    pub(crate) at: &'a Expr,
    /// The innermost function over its window, such as `rate`.
    pub(crate) over: Option<Func>,
    /// The length of the window, where it is written as a number.
    pub(crate) window: Option<Duration>,
    /// Where the window is written.
    pub(crate) window_at: Option<&'a Expr>,
    /// The aggregations above, outermost first.
    pub(crate) aggregates: Vec<&'a Aggregate>,
}

/// Follows an expression down to its selector: through aggregations that keep the meaning of a value, filters, clamps,
/// constant factors, joins that bring labels, and functions over time. `None` where two metrics meet.
pub(crate) fn origin(expr: &Expr) -> Option<Origin<'_>> {
    let mut aggregates = Vec::new();
    let (mut over, mut window, mut window_at) = (None, None, None);
    let mut at = expr;
    loop {
        at = match &at.kind {
            ExprKind::Paren(inner) => inner,
            ExprKind::Unary(unary) => &unary.operand,
            ExprKind::Subquery(subquery) => &subquery.expr,
            ExprKind::Aggregate(aggregate) => {
                aggregates.push(&**aggregate);
                &aggregate.expr
            }
            ExprKind::Range(range) => {
                window = range.range.literal();
                window_at = Some(at);
                &range.selector
            }
            ExprKind::Call(call) => {
                let argument = value_argument(call)?;
                if matches!(argument.kind, ExprKind::Range(_) | ExprKind::Subquery(_)) {
                    over = call.function.map(|function| function.id);
                }
                argument
            }
            ExprKind::Binary(binary) => match binary.op {
                op if op.is_comparison() || matches!(op, BinaryOp::Mul | BinaryOp::Div) => {
                    if constant(&binary.rhs).is_some() {
                        &binary.lhs
                    } else if constant(&binary.lhs).is_some() && op != BinaryOp::Div {
                        &binary.rhs
                    } else if op == BinaryOp::Mul {
                        match binary.group.as_ref()?.side {
                            GroupSide::Left => &binary.lhs,
                            GroupSide::Right => &binary.rhs,
                        }
                    } else {
                        return None;
                    }
                }
                BinaryOp::And | BinaryOp::Unless => &binary.lhs,
                BinaryOp::Or if is_fallback(&binary.rhs) => &binary.lhs,
                _ => return None,
            },
            ExprKind::Selector(selector) => {
                return Some(Origin {
                    selector,
                    at,
                    over,
                    window,
                    window_at,
                    aggregates,
                });
            }
            ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Missing => return None,
        }
    }
}

impl Origin<'_> {
    /// Whether growth of a counter is what the values show.
    pub(crate) fn is_growth(&self) -> bool {
        matches!(self.over, Some(Func::Rate | Func::Increase | Func::Irate))
    }
}

/// The argument whose values a call shows in a changed form.
fn value_argument(call: &Call) -> Option<&Expr> {
    match call.function?.id {
        Func::HistogramQuantile | Func::QuantileOverTime => call.args.get(1),
        Func::Absent
        | Func::AbsentOverTime
        | Func::Timestamp
        | Func::Vector
        | Func::Scalar
        | Func::Time
        | Func::HistogramFraction
        | Func::HistogramQuantiles => None,
        _ => call.args.first(),
    }
}

/// `vector(0)`, `0 * x`, `absent(…)`: what stands in where there are no values.
fn is_fallback(expr: &Expr) -> bool {
    match &expr.unparenthesised().kind {
        ExprKind::Call(call) => call
            .function
            .is_some_and(|function| matches!(function.id, Func::Vector | Func::Absent)),
        ExprKind::Binary(binary) => {
            binary.op == BinaryOp::Mul
                && (constant(&binary.lhs) == Some(0.0) || constant(&binary.rhs) == Some(0.0))
        }
        _ => false,
    }
}
