//! FD214: comparisons with NaN.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_promql::ast::BinaryOp;
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD214"),
    name: "nan-comparison",
    summary: "a comparison with NaN, which equals nothing, not even itself",
    category: Category::Thresholds,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("nan_comparison.md"),
    needs: Needs::all(&[Mark::Threshold]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    for limit in cx.nodes.thresholds() {
        let (expr, threshold) = (limit.expr, limit.threshold);
        if !threshold.number.is_nan() {
            continue;
        }
        let holds = if threshold.op == BinaryOp::NotEqual {
            "always"
        } else {
            "never"
        };
        let value = cx.text(threshold.value.span);
        let text = cx.text(expr.span);
        let help = match threshold.op {
            BinaryOp::NotEqual => {
                format!("numbers equal themselves and NaN does not: `{value} == {value}` drops NaN")
            }
            _ => format!("NaN is the one value that differs from itself: `{value} != {value}` finds it"),
        };
        let finding = cx
            .finding(
                LINT.code,
                Severity::Error,
                expr.span,
                format!("`{text}` {holds} holds"),
            )
            .label(format!("{holds} true"))
            .evidence("NaN is not equal to, below or above anything, itself included (IEEE 754)")
            .note("the comparison does not find the values that it is looking for")
            .help(help);
        cx.report(finding);
    }
}
