//! FD410: `absent()` of something that is always there.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_functions::Func;
use firedrill_promql::ast::{BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Severity};
use firedrill_types::always_returns;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD410"),
    name: "absent-never-true",
    summary: "`absent()` of what is always there, or compared so that it never holds",
    category: Category::Lifecycle,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("absent_never_true.md"),
    needs: Needs::all(&[Mark::Absent]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for (_, expr, call) in nodes.calls() {
        if call.function.is_none_or(|function| function.id != Func::Absent) {
            continue;
        }
        let Some(arg) = call.args.first().filter(|arg| always_returns(arg)) else {
            continue;
        };
        let cause = cause(arg);
        let finding = cx
            .finding(
                LINT.code,
                Severity::Error,
                expr.span,
                "this is never absent: `absent()` has no result, ever",
            )
            .label("always there")
            .related(cx.at(cause.span), "has a value at all times")
            .evidence(format!(
                "`{}` has a sample whatever is scraped",
                cx.text(cause.span)
            ))
            .note("the alert stays silent in just the case that it waits for")
            .help("take the fallback out of `absent()`");
        cx.report(finding);
    }
    for limit in nodes.thresholds() {
        let (binary, threshold) = (limit.binary, limit.threshold);
        let ExprKind::Call(call) = &threshold.value.unparenthesised().kind else {
            continue;
        };
        let absent = |id| matches!(id, Func::Absent | Func::AbsentOverTime);
        let fails = match threshold.op {
            BinaryOp::Equal => threshold.number != 1.0,
            BinaryOp::Less => threshold.number <= 1.0,
            BinaryOp::LessEqual => threshold.number < 1.0,
            _ => false,
        };
        if binary.bool_modifier.is_some() || !fails || !call.function.is_some_and(|it| absent(it.id)) {
            continue;
        }
        let name = &call.name.text;
        let finding = cx
            .finding(
                LINT.code,
                Severity::Error,
                threshold.value.span.to(threshold.written.span),
                format!("{name}() is 1 or nothing, never 0: this comparison never holds"),
            )
            .label("never true")
            .evidence(format!("{name}() has the one value 1, and no result where something is found"))
            .note("the alert stays silent whether the series is there or not")
            .help(format!(
                "to fire when it is missing, leave the comparison out; to fire when it is there, use `count(…) > 0` instead of {name}()"
            ));
        cx.report(finding);
    }
}

/// The innermost part that is always there.
fn cause(expr: &Expr) -> &Expr {
    match expr.children().into_iter().find(|child| always_returns(child)) {
        Some(child) if child.value_type() == firedrill_functions::ValueType::Vector => cause(child),
        _ => expr,
    }
}
