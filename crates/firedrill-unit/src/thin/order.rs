//! In which order series come out of an expression.
//!
//! The order of results is that of their first samples in storage, and one that has no sample at any of the ticks takes no
//! place. So evaluated at fewer ticks, groups may come in another order, and where a float depends on the order of
//! addends, or a choice on the order of equals, something else may come out in the last bits.

use firedrill_functions::{Func, ValueType};
use firedrill_promql::Expr;
use firedrill_promql::ast::{Aggregate, AggregateOp, Binary, BinaryOp, Call, ExprKind, Fill};

/// What is known of the order of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// Whether its series come in one order, at whichever ticks it is evaluated, if what it selects does.
    pub(super) kept: bool,
    /// Whether its values rest on the order of what it selects.
    pub(super) counts: bool,
    /// Whether its values rest on an order inside that is not kept: all ticks have to be evaluated.
    pub(super) hidden: bool,
}

/// The order of a vector.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Series {
    /// There is at most one series.
    One,
    /// That of what is selected.
    Kept,
    /// Another at other ticks.
    Loose,
}

pub(super) fn order(expr: &Expr) -> Order {
    let mut known = Order {
        kept: true,
        counts: false,
        hidden: false,
    };
    known.kept = series(expr, &mut known) != Series::Loose;
    known
}

fn series(expr: &Expr, known: &mut Order) -> Series {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => Series::One,
        ExprKind::Paren(inner) => series(inner, known),
        ExprKind::Unary(unary) => series(&unary.operand, known),
        ExprKind::Selector(_) | ExprKind::Range(_) => Series::Kept,
        ExprKind::Subquery(subquery) => series(&subquery.expr, known),
        ExprKind::Call(call) => of_call(call, known),
        ExprKind::Aggregate(aggregate) => of_aggregate(aggregate, known),
        ExprKind::Binary(binary) => of_binary(binary, known),
        ExprKind::Missing => Series::Loose,
    }
}

fn of_call(call: &Call, known: &mut Order) -> Series {
    let mut all = Series::One;
    for arg in &call.args {
        match series(arg, known) {
            Series::Loose => all = Series::Loose,
            Series::Kept if all == Series::One => all = Series::Kept,
            _ => {}
        }
    }
    match call.function {
        Some(function) if function.returns == ValueType::Scalar => Series::One,
        Some(function) => match function.id {
            Func::Absent | Func::AbsentOverTime | Func::Vector => Series::One,
            // Buckets are put in the order of their bounds, histograms in that of their first bucket.
            Func::HistogramQuantile | Func::HistogramQuantiles | Func::HistogramFraction => Series::Loose,
            Func::Info | Func::Sort | Func::SortDesc | Func::SortByLabel | Func::SortByLabelDesc => {
                Series::Loose
            }
            _ => all,
        },
        None => Series::Loose,
    }
}

fn of_aggregate(aggregate: &Aggregate, known: &mut Order) -> Series {
    use AggregateOp::{Count, CountValues, Group};
    if let Some(param) = &aggregate.param {
        series(param, known);
    }
    let inner = series(&aggregate.expr, known);
    if !matches!(aggregate.op, Count | CountValues | Group) && inner != Series::One {
        known.counts = true;
        known.hidden |= inner == Series::Loose;
    }
    let one = match &aggregate.grouping {
        None => true,
        Some(grouping) => grouping.labels.is_empty() && !grouping.without,
    };
    if one && !aggregate.op.selects() && aggregate.op != CountValues {
        Series::One
    } else {
        Series::Loose
    }
}

fn of_binary(binary: &Binary, known: &mut Order) -> Series {
    let (left, right) = (series(&binary.lhs, known), series(&binary.rhs, known));
    let scalar = |expr: &Expr| expr.value_type() == ValueType::Scalar;
    if scalar(&binary.lhs) {
        return right;
    }
    if scalar(&binary.rhs) {
        return left;
    }
    if binary.op == BinaryOp::Or || binary.group.is_some() || binary.fill != Fill::default() {
        return Series::Loose;
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_promql::{Features, parse};

    fn of(expr: &str) -> (bool, bool, bool) {
        let parsed = parse(expr, &Features::promtool_default());
        assert!(parsed.promtool_message(expr).is_none(), "{expr}");
        let Order { kept, counts, hidden } = order(&parsed.expr);
        (kept, counts, hidden)
    }

    #[test]
    fn what_passes_series_on_keeps_their_order() {
        for expr in [
            "a",
            "-rate(a[5m]) > 1",
            "a unless b",
            "a * on (job) b",
            "1 - a",
            "time()",
            "absent(count by (job) (a))",
            "max_over_time(a[5m:1m])",
        ] {
            assert_eq!(of(expr), (true, false, false), "{expr}");
        }
    }

    #[test]
    fn groups_come_as_their_first_members_do() {
        for expr in ["count by (job) (a)", "group without (job) (a)"] {
            assert_eq!(of(expr), (false, false, false), "{expr}");
        }
        assert_eq!(of("count(a)"), (true, false, false));
        for expr in ["a or b", "sort(a)", "a * on (job) group_left b"] {
            assert_eq!(of(expr), (false, false, false), "{expr}");
        }
        assert_eq!(of("histogram_quantile(0.9, a)"), (false, false, false));
    }

    #[test]
    fn sums_and_choices_rest_on_the_order() {
        assert_eq!(of("sum(a)"), (true, true, false));
        assert_eq!(of("sum by (job) (a) > 1"), (false, true, false));
        assert_eq!(of("topk(1, a)"), (false, true, false));
        assert_eq!(of("sum(vector(1))"), (true, false, false));
        assert_eq!(of("count(sum by (job) (a))"), (true, true, false));
        assert_eq!(of("scalar(avg(a)) + b"), (true, true, false));
    }

    #[test]
    fn a_sum_of_groups_rests_on_an_order_that_is_not_kept() {
        assert_eq!(of("sum(sum by (job) (a))"), (true, true, true));
        assert_eq!(of("max(a or b)"), (true, true, true));
        assert_eq!(of("topk(1, count by (job) (a))"), (false, true, true));
        assert_eq!(of("count(count by (job) (a))"), (true, false, false));
    }
}
