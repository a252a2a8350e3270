//! FD108: `increase()` compared with a whole number by `==` or `!=`.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::source_of::origin;
use firedrill_functions::Func;
use firedrill_promql::ast::{BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Safety, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD108"),
    name: "increase-integer-equality",
    summary: "`increase()` compared with a whole number, which it rarely is",
    category: Category::MetricTypes,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("increase_integer_equality.md"),
    needs: Needs::all(&[Mark::Threshold, Mark::Increase]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for limit in cx.nodes.thresholds() {
        let (expr, binary, threshold) = (limit.expr, limit.binary, limit.threshold);
        if !matches!(binary.op, BinaryOp::Equal | BinaryOp::NotEqual)
            || threshold.number.is_nan()
            || threshold.number <= 0.0
        {
            continue;
        }
        if rounded(threshold.value)
            || origin(threshold.value).is_none_or(|origin| origin.over != Some(Func::Increase))
        {
            continue;
        }
        let number = threshold.number;
        let equal = binary.op == BinaryOp::Equal;
        let message = format!("increase() is rarely exactly {number}");
        let mut finding = cx
            .finding(LINT.code, Severity::Warning, expr.span, message)
            .label(if equal { "hardly ever true" } else { "nearly always true" })
            .evidence(
                "increase() stretches what it saw between the first and the last sample to the whole window: three events read \
                 like 3.16 or 2.97",
            )
            .help(if number == 1.0 && equal {
                "use `> 0` to ask whether anything happened".to_owned()
            } else {
                format!("compare with `>=` and a number between two whole ones, such as {}", number - 0.5)
            });
        if equal {
            let repaired = if number == 1.0 {
                "> 0".to_owned()
            } else {
                format!(">= {}", number - 0.5)
            };
            let operator_to_end = binary.op_span.to(binary.rhs.span);
            // With the number on the left the operator would have to turn.
            if std::ptr::eq(threshold.written, &raw const binary.rhs) && binary.bool_modifier.is_none() {
                finding.fix = cx.replace(
                    format!("compare by `{repaired}`"),
                    operator_to_end,
                    &repaired,
                    Safety::Unsafe,
                );
            }
        }
        findings.push(finding);
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// Whether the value is made whole before it is compared.
fn rounded(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| {
        if let ExprKind::Call(call) = &part.kind {
            found |= call.function.is_some_and(|function| {
                matches!(function.id, Func::Round | Func::Ceil | Func::Floor | Func::Sgn)
            });
        }
    });
    found
}
