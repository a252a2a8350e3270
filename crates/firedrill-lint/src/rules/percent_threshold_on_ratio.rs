//! FD203: a ratio between 0 and 1 compared with a percentage.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::thresholds::{Threshold, proof, threshold};
use firedrill_functions::Func;
use firedrill_promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Safety, Severity};
use firedrill_types::{constant, is_part_of_whole, value_range};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD203"),
    name: "percent-threshold-on-ratio",
    summary: "a ratio between 0 and 1 compared with a percentage",
    category: Category::Thresholds,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("percent_threshold_on_ratio.md"),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    for (_, node) in cx.nodes.iter() {
        let ExprKind::Binary(binary) = &node.expr.kind else {
            continue;
        };
        let Some(threshold) = threshold(binary) else {
            continue;
        };
        if !proved(cx, &threshold) {
            continue;
        }
        let number = threshold.number;
        let grows = matches!(
            threshold.op,
            BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::Equal
        );
        let note = if grows {
            "the comparison can never hold"
        } else {
            "the comparison always holds"
        };
        let ratio = number / 100.0;
        let message =
            format!("a ratio between 0 and 1 is compared with {number}, which reads like a percentage");
        let mut finding = cx
            .finding(LINT.code, Severity::Error, threshold.written.span, message)
            .label(format!("{number} % is {ratio}"))
            .related(cx.at(threshold.value.span), "between 0 and 1")
            .note(note)
            .help(format!("compare with {ratio}, or multiply the ratio by 100"));
        for step in proof(cx, threshold.value) {
            finding = finding.evidence(step);
        }
        finding.fix = cx.replace(
            format!("compare with {ratio}"),
            threshold.written.span,
            &ratio.to_string(),
            Safety::Unsafe,
        );
        cx.report(finding);
    }
}

/// Whether a provable ratio is compared with a number above 1 that may be a percentage.
pub(crate) fn proved(cx: &RuleCx<'_, '_>, threshold: &Threshold<'_>) -> bool {
    if !(threshold.number > 1.0 && threshold.number <= 100.0) || threshold.op == BinaryOp::NotEqual {
        return false;
    }
    let range = value_range(threshold.value, cx.context.facts);
    range.lo >= 0.0 && range.hi <= 1.0 && !range.weak && is_ratio(threshold.value)
}

/// Whether the value is a fraction, and not only a 0 or 1.
fn is_ratio(expr: &Expr) -> bool {
    let expr = expr.unparenthesised();
    match &expr.kind {
        ExprKind::Binary(binary) if is_part_of_whole(binary) => true,
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::Sub => constant(&binary.lhs) == Some(1.0) && is_ratio(&binary.rhs),
            BinaryOp::Or => is_ratio(&binary.lhs) || is_ratio(&binary.rhs),
            BinaryOp::And | BinaryOp::Unless => is_ratio(&binary.lhs),
            op => op.is_comparison() && binary.bool_modifier.is_none() && is_ratio(&binary.lhs),
        },
        ExprKind::Aggregate(aggregate) => aggregate.op == AggregateOp::Avg || is_ratio(&aggregate.expr),
        ExprKind::Call(call) => match call.function.map(|function| function.id) {
            Some(Func::AvgOverTime | Func::HistogramFraction) => true,
            _ => call.args.first().is_some_and(is_ratio),
        },
        ExprKind::Subquery(subquery) => is_ratio(&subquery.expr),
        _ => false,
    }
}
