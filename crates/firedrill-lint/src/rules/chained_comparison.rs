//! FD317: a comparison of two vectors whose result is compared with a number.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_functions::ValueType;
use firedrill_model::RuleKind;
use firedrill_promql::ast::{Binary, Expr, ExprKind};
use firedrill_source::{Code, Safety, Severity};
use firedrill_types::constant;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD317"),
    name: "chained-comparison",
    summary: "the result of comparing two vectors is compared with a number",
    category: Category::Labels,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("chained_comparison.md"),
    needs: Needs::all(&[Mark::Comparison]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for (_, expr, outer) in nodes.binaries() {
        if !outer.op.is_comparison() || constant(&outer.rhs).is_none() {
            continue;
        }
        let Some(inner) = compares_vectors(outer.lhs.unparenthesised()) else {
            continue;
        };
        let parenthesised = matches!(outer.lhs.kind, ExprKind::Paren(_));
        // Parentheses show that the author knew what is compared with the number.
        let severity = if parenthesised || cx.rule.kind != RuleKind::Alert {
            Severity::Info
        } else {
            Severity::Warning
        };
        let (left, whole, number) = (
            cx.text(inner.lhs.span),
            cx.text(expr.span),
            cx.text(outer.rhs.span),
        );
        let message = format!(
            "`{} {number}` compares `{left}`, the left side of the first comparison",
            outer.op.symbol()
        );
        let meant = format!(
            "{} and {left} {} {number}",
            cx.text(outer.lhs.unparenthesised().span),
            outer.op.symbol()
        );
        let mut finding = cx
            .finding(LINT.code, severity, outer.op_span.to(outer.rhs.span), message)
            .label("not the outcome of the first comparison")
            .related(cx.at(inner.op_span), "lets values of its left side pass")
            .evidence(format!(
                "a comparison gives no 0 or 1 but the values that pass it: `{whole}`"
            ))
            .note("a chain reads like a condition on both sides, and is one on the left side only")
            .help(format!("write what is meant, such as `{meant}`"));
        finding.fix = cx.replace("compare apart", expr.span, &meant, Safety::Unsafe);
        cx.report(finding);
    }
}

/// A filter between two vectors.
fn compares_vectors(expr: &Expr) -> Option<&Binary> {
    let ExprKind::Binary(binary) = &expr.kind else {
        return None;
    };
    let vector = |expr: &Expr| expr.value_type() == ValueType::Vector && !is_number(expr);
    let filters = binary.op.is_comparison() && binary.bool_modifier.is_none();
    (filters && vector(&binary.rhs) && vector(&binary.lhs)).then_some(binary)
}

/// Whether a vector is one computed number, such as `vector(1)`.
fn is_number(expr: &Expr) -> bool {
    match &expr.unparenthesised().kind {
        ExprKind::Call(call) => call.args.first().is_some_and(|arg| constant(arg).is_some()),
        _ => false,
    }
}
