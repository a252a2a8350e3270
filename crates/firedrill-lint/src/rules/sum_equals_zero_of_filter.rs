//! FD211: the sum of what a filter lets through, asked to be small.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::thresholds::Threshold;
use firedrill_promql::ast::{AggregateOp, Binary, BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Safety, Severity, Span};
use firedrill_types::constant;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD211"),
    name: "sum-equals-zero-of-filter",
    summary: "a sum over a filter that is empty just when it should be zero",
    category: Category::Thresholds,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("sum_equals_zero_of_filter.md"),
    needs: Needs::all(&[Mark::Threshold, Mark::Aggregate]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for limit in cx.nodes.thresholds() {
        let expr = limit.expr;
        let Some((inner, filter)) = sum_of_ones(&limit.threshold) else {
            continue;
        };
        let mut finding = cx
            .finding(
                LINT.code,
                Severity::Warning,
                expr.span,
                "a sum over nothing is nothing, not 0: the worst case is missed",
            )
            .label("no result when nothing passes the filter")
            .related(cx.at(inner.span), "drops all other series")
            .evidence(format!(
                "`{}` removes every series whose value is not 1",
                cx.text(inner.span)
            ))
            .note("when the last of them is gone, the sum has no series to compare, and the alert resolves")
            .help(format!(
                "use `{} bool {}`, which keeps the others as 0",
                cx.text(filter.lhs.span.to(filter.op_span)),
                cx.text(filter.rhs.span)
            ));
        let behind = Span::new(filter.op_span.end as usize, filter.op_span.end as usize);
        finding.fix = cx.replace("compare by `bool`", behind, " bool", Safety::Unsafe);
        findings.push(finding);
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// The filter below a sum that is asked to be small, where what passes counts 1: only there does `bool` keep the sum
/// as it is.
pub(super) fn sum_of_ones<'a>(threshold: &Threshold<'a>) -> Option<(&'a Expr, &'a Binary)> {
    let asks_for_few = match threshold.op {
        BinaryOp::Equal => threshold.number == 0.0,
        BinaryOp::LessEqual => threshold.number >= 0.0,
        BinaryOp::Less => threshold.number > 0.0,
        _ => false,
    };
    let ExprKind::Aggregate(aggregate) = &threshold.value.unparenthesised().kind else {
        return None;
    };
    let inner = aggregate.expr.unparenthesised();
    let ExprKind::Binary(filter) = &inner.kind else {
        return None;
    };
    let counts = filter.op == BinaryOp::Equal && constant(&filter.rhs) == Some(1.0);
    let found = asks_for_few && counts && aggregate.op == AggregateOp::Sum && filter.bool_modifier.is_none();
    found.then_some((inner, &**filter))
}
