//! Expressions that have a result at all times, whatever is scraped.

use firedrill_functions::{Func, ValueType};
use firedrill_promql::ast::{BinaryOp, Expr, ExprKind};

/// Whether an expression provably has at least one sample at every time.
pub fn always_returns(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Paren(inner) => always_returns(inner),
        ExprKind::Unary(unary) => always_returns(&unary.operand),
        // The values of scalars are always there; `scalar()` of nothing is NaN.
        _ if expr.value_type() == ValueType::Scalar => true,
        ExprKind::Call(call) => {
            let Some(function) = call.function else {
                return false;
            };
            match function.id {
                Func::Vector => true,
                // Without an argument they take `time()`.
                Func::Minute
                | Func::Hour
                | Func::DayOfWeek
                | Func::DayOfMonth
                | Func::DayOfYear
                | Func::DaysInMonth
                | Func::Month
                | Func::Year
                    if call.args.is_empty() =>
                {
                    true
                }
                Func::Absent | Func::AbsentOverTime | Func::HistogramQuantile | Func::Info => false,
                // What keeps every sample of its first vector.
                _ => call
                    .args
                    .iter()
                    .find(|arg| arg.value_type() == ValueType::Vector)
                    .is_some_and(|arg| !function.name.starts_with("histogram_") && always_returns(arg)),
            }
        }
        ExprKind::Aggregate(aggregate) => !aggregate.op.selects() && always_returns(&aggregate.expr),
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::Or => always_returns(&binary.lhs) || always_returns(&binary.rhs),
            BinaryOp::And | BinaryOp::Unless => false,
            op => {
                let scalar = |expr: &Expr| expr.value_type() == ValueType::Scalar;
                let keeps = !op.is_comparison() || binary.bool_modifier.is_some();
                let computes = !matches!(op, BinaryOp::TrimUpper | BinaryOp::TrimLower);
                keeps
                    && computes
                    && ((scalar(&binary.rhs) && always_returns(&binary.lhs))
                        || (scalar(&binary.lhs) && always_returns(&binary.rhs)))
            }
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_vanish_always_returns() {
        let features = firedrill_promql::Features::default();
        let always = |expr: &str| always_returns(&firedrill_promql::parse(expr, &features).expr);
        for expr in [
            "vector(1)",
            "x or vector(0)",
            "sum(x) or vector(0)",
            "count(x or vector(0))",
            "100 * (x or vector(0))",
            "hour()",
            "time()",
            "(x or vector(0)) > bool 1",
            "abs(vector(time()))",
        ] {
            assert!(always(expr), "{expr}");
        }
        for expr in [
            "x",
            "sum(x)",
            "absent(x)",
            "(x or vector(0)) > 1",
            "x and vector(1)",
            "vector(1) unless x",
            "topk(0, vector(1))",
            "hour(x)",
            "rate(x[5m])",
            "(x or vector(0)) * y",
        ] {
            assert!(!always(expr), "{expr}");
        }
    }
}
