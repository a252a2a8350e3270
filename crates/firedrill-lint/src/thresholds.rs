//! Comparisons of an expression with a number, and ranges in words.

use crate::cx::{RuleCx, one_line};
use firedrill_facts::Facts;
use firedrill_functions::Func;
use firedrill_promql::ast::{AggregateOp, Binary, BinaryOp, Expr, ExprKind};
use firedrill_types::{Range, constant, is_part_of_whole, value_range};

/// A comparison with a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Threshold<'a> {
    /// What is compared.
    pub(crate) value: &'a Expr,
    /// The operator as it reads with the number on the right.
    pub(crate) op: BinaryOp,
    /// The number.
    pub(crate) number: f64,
    /// Where the number is written.
    pub(crate) written: &'a Expr,
}

/// A comparison as a threshold, if one side is a number.
pub(crate) fn threshold(binary: &Binary) -> Option<Threshold<'_>> {
    if !binary.op.is_comparison() {
        return None;
    }
    match (constant(&binary.lhs), constant(&binary.rhs)) {
        (None, Some(number)) => Some(Threshold {
            value: &binary.lhs,
            op: binary.op,
            number,
            written: &binary.rhs,
        }),
        (Some(number), None) => Some(Threshold {
            value: &binary.rhs,
            op: binary.op.flipped(),
            number,
            written: &binary.lhs,
        }),
        _ => None,
    }
}

/// A range in words: "is between 0 and 23".
pub(crate) fn in_words(range: Range) -> String {
    match (range.lo.is_finite(), range.hi.is_finite()) {
        (true, true) if range.lo == range.hi => format!("is always {}", range.lo),
        (true, true) => format!("is between {} and {}", range.lo, range.hi),
        (true, false) => format!("is never below {}", range.lo),
        (false, true) => format!("is never above {}", range.hi),
        (false, false) => "may be anything".to_owned(),
    }
}

/// The steps that lead to the range of an expression, outermost first, one sentence each.
pub(crate) fn proof(cx: &RuleCx<'_, '_>, expr: &Expr) -> Vec<String> {
    let mut steps = Vec::new();
    let mut next = Some(expr);
    while let Some(expr) = next.take().map(Expr::unparenthesised) {
        let range = value_range(expr, cx.context.facts);
        if range.is_unknown() || constant(expr).is_some() || steps.len() == 4 {
            break;
        }
        let text = one_line(expr.span.slice(&cx.rule.expr.source.text));
        let because = reason(expr, cx.context.facts).map_or_else(String::new, |reason| format!(": {reason}"));
        steps.push(format!("`{text}` {}{because}", in_words(range)));
        let rests_on_inner = because.is_empty();
        next = if rests_on_inner {
            let known =
                |part: &&Expr| !value_range(part, cx.context.facts).is_unknown() && constant(part).is_none();
            expr.children().into_iter().find(known)
        } else {
            None
        };
    }
    steps
}

/// Why an expression has its range, where that does not follow from what is inside it.
fn reason(expr: &Expr, facts: &Facts) -> Option<String> {
    match &expr.kind {
        ExprKind::Call(call) => match call.function?.id {
            Func::Rate | Func::Increase | Func::Irate => Some("counters never run backwards".to_owned()),
            Func::Changes | Func::Resets => Some("it counts".to_owned()),
            Func::CountOverTime => Some("a series without samples has no result at all".to_owned()),
            Func::Absent | Func::AbsentOverTime => Some("it is 1 or nothing".to_owned()),
            Func::Hour
            | Func::Minute
            | Func::Month
            | Func::DayOfWeek
            | Func::DayOfMonth
            | Func::DayOfYear => Some("so the calendar wants it".to_owned()),
            _ => None,
        },
        ExprKind::Aggregate(aggregate) => match aggregate.op {
            AggregateOp::Count | AggregateOp::CountValues => {
                Some("a group without series has no result at all".to_owned())
            }
            AggregateOp::Group => Some("it is 1 or nothing".to_owned()),
            _ => None,
        },
        ExprKind::Binary(binary) if is_part_of_whole(binary) => Some("a part of a whole".to_owned()),
        ExprKind::Binary(binary) if binary.bool_modifier.is_some() => {
            Some("`bool` makes it 0 or 1".to_owned())
        }
        ExprKind::Selector(selector) => {
            let name = selector.metric_name()?;
            match facts.of(name) {
                Some(fact) => Some(fact.sentence(name)),
                None => Some("Prometheus itself writes it".to_owned()),
            }
        }
        _ => None,
    }
}
