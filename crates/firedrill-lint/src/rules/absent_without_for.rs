//! FD408: `absent()` without `for`.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_functions::Func;
use firedrill_model::RuleKind;
use firedrill_promql::ast::{BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD408"),
    name: "absent-without-for",
    summary: "an alert on absence that every restart sets off",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("absent_without_for.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Absent]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert || cx.rule.hold.as_ref().is_some_and(|hold| !hold.value.is_zero()) {
        return;
    }
    let Some(root) = cx.nodes.root() else { return };
    let Some(absent) = decides(root) else { return };
    let ExprKind::Call(call) = &absent.kind else {
        return;
    };
    // A scrape that fails leaves `up` at 0.
    let up = call.args.first().is_some_and(|arg| {
        matches!(&arg.unparenthesised().kind, ExprKind::Selector(selector)
            if selector.metric_name().is_some_and(|name| &**name == "up"))
    });
    let (gap, why) = if up {
        (
            "one change of the targets",
            "`up` ends as soon as discovery drops the target, and after a restart no series is there yet",
        )
    } else {
        (
            "one failed scrape",
            "a series ends with the first scrape that fails, and after a restart no series is there yet",
        )
    };
    let finding = cx
        .finding(
            LINT.code,
            Severity::Warning,
            call.name.span,
            format!("without `for`, {gap} or a restart of Prometheus sets this alert off"),
        )
        .label("true at the first gap")
        .evidence(why)
        .note("absence is true at once, and over again as soon as the next scrape succeeds")
        .help("add `for: 5m`; two scrape intervals are the least");
    cx.report(finding);
}

/// The `absent()` that alone decides whether the alert fires.
fn decides(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Paren(inner) => decides(inner),
        ExprKind::Call(call) => match call.function?.id {
            // A subquery inside looks back, too.
            Func::Absent => Some(expr),
            _ => None,
        },
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::Or => decides(&binary.lhs).or_else(|| decides(&binary.rhs)),
            op if op.is_comparison() => decides(&binary.lhs),
            _ => None,
        },
        _ => None,
    }
}
