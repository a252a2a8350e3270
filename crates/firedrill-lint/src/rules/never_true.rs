//! FD201: comparisons that no value can satisfy.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::rules::{
    count_equals_zero, domain_threshold, percent_threshold_on_ratio, sum_equals_zero_of_filter,
};
use crate::thresholds::{in_words, proof, threshold};
use firedrill_functions::Func;
use firedrill_promql::ast::{Binary, Expr, ExprKind};
use firedrill_source::{Code, Severity};
use firedrill_types::constant;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD201"),
    name: "never-true",
    summary: "a comparison that no value can satisfy",
    category: Category::Thresholds,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("never_true.md"),
    needs: Needs::all(&[Mark::Comparison]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for comparison in cx.nodes.comparisons(cx.context.facts) {
        let (expr, binary) = (comparison.expr, comparison.binary);
        let (left, right) = (comparison.left, comparison.right);
        if !left.never(binary.op, right) || reported_elsewhere(cx, binary) {
            continue;
        }
        if !(lives(&binary.lhs) || lives(&binary.rhs)) {
            continue;
        }
        let weak = left.weak || right.weak;
        let severity = if weak { Severity::Info } else { Severity::Error };
        let said = if constant(&binary.lhs).is_none() {
            (&binary.lhs, left)
        } else {
            (&binary.rhs, right)
        };
        let value = cx.text(said.0.span);
        let message = format!(
            "`{}` never holds: `{value}` {}",
            cx.text(expr.span),
            in_words(said.1)
        );
        let mut finding = cx
            .finding(LINT.code, severity, expr.span, message)
            .label("never true");
        for side in [&binary.lhs, &binary.rhs] {
            for step in proof(cx, side) {
                finding = finding.evidence(step);
            }
        }
        let alone = cx.nodes.root().is_some_and(|root| root.unparenthesised() == expr);
        let note = match (alone, binary.bool_modifier.is_some()) {
            (_, true) => "the result is 0 whatever happens",
            (true, _) => "this rule can never have a result",
            _ => "this part of the condition lets nothing through",
        };
        findings.push(
            finding
                .note(note)
                .help("check the operator and the threshold: one of them is not what was meant"),
        );
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// Other lints know these cases better.
fn reported_elsewhere(cx: &RuleCx<'_, '_>, binary: &Binary) -> bool {
    threshold(binary).is_some_and(|threshold| {
        threshold.number.is_nan()
            || count_equals_zero::counts_to_zero(&threshold)
            || percent_threshold_on_ratio::proved(cx, &threshold)
            || sum_equals_zero_of_filter::sum_of_ones(&threshold).is_some()
            || domain_threshold::outside(cx, &threshold).is_some()
    })
}

/// Whether the value depends on anything: rules like `vector(1) == 0` are written to be switched off.
pub(super) fn lives(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| match &part.kind {
        ExprKind::Selector(_) => found = true,
        ExprKind::Call(call) => {
            found |= call
                .function
                .is_some_and(|function| function.id.depends_on_time() && function.id != Func::Timestamp);
        }
        _ => {}
    });
    found
}
