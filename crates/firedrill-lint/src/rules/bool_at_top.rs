//! FD318: an alert whose outermost comparison is `bool`, so that it always has a result.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_model::RuleKind;
use firedrill_promql::ast::{Binary, BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Safety, Severity, Span};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD318"),
    name: "bool-at-top",
    summary: "an alert on a comparison with `bool`, which has a result whether it holds or not",
    category: Category::Labels,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("bool_at_top.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Bool]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert {
        return;
    }
    let Some(root) = cx.nodes.root() else { return };
    let mut found = Vec::new();
    if !at_top(root, &mut found) {
        return;
    }
    for (comparison, whole) in found {
        let Some(keyword) = comparison.bool_modifier else {
            continue;
        };
        let text = cx.text(whole);
        let mut finding = cx
            .finding(
                LINT.code,
                Severity::Error,
                keyword,
                "with `bool` the comparison always has a result: the alert fires all the time",
            )
            .label("0 or 1 instead of nothing or something")
            .evidence(format!(
                "`{text}` gives 0 where it does not hold, and an alert fires for 0 as well"
            ))
            .note("an alert fires for every sample of its expression, whatever the value")
            .help("leave `bool` out");
        // The blank before the keyword goes with it.
        let before = keyword.start.saturating_sub(1);
        let blank = Span {
            start: before,
            end: keyword.end,
        };
        if blank.slice(&cx.rule.expr.source.text).starts_with(' ') {
            finding.fix = cx.replace("leave `bool` out", blank, "", Safety::Unsafe);
        }
        cx.report(finding);
    }
}

/// Whether the result consists of comparisons with `bool` alone.
pub(crate) fn is_all_bool(root: &Expr) -> bool {
    at_top(root, &mut Vec::new())
}

/// Collects the comparisons with `bool` that the result consists of; whether it consists of nothing else.
fn at_top<'a>(expr: &'a Expr, found: &mut Vec<(&'a Binary, Span)>) -> bool {
    match &expr.kind {
        ExprKind::Paren(inner) => at_top(inner, found),
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::And | BinaryOp::Or | BinaryOp::Mul | BinaryOp::Add => {
                at_top(&binary.lhs, found) && at_top(&binary.rhs, found)
            }
            op if op.is_comparison() && binary.bool_modifier.is_some() => {
                found.push((binary, expr.span));
                true
            }
            _ => false,
        },
        _ => false,
    }
}
