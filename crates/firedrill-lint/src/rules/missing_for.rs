//! FD402: an alert on momentary values without `for`.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_functions::Func;
use firedrill_model::RuleKind;
use firedrill_promql::ast::{Expr, ExprKind};
use firedrill_source::{Code, Diagnostic, Severity, Span};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD402"),
    name: "missing-for",
    summary: "an alert that one bad sample sets off",
    category: Category::Lifecycle,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("missing_for.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Expr]),
    check: Check::Rule(check),
};

/// Windows from this length on smooth a value well enough, in seconds.
const LONG_WINDOW: f64 = 300.0;

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert || cx.rule.hold.as_ref().is_some_and(|hold| !hold.value.is_zero()) {
        return;
    }
    if cx.rule.hold.is_some() && cx.context.settings.options.explicit_zero_for {
        return;
    }
    let Some(root) = cx.nodes.root() else { return };
    let momentary = cx.nodes.selectors().any(|(index, _, _)| is_momentary(cx, index));
    if !momentary || super::no_condition::is_heartbeat(root) {
        return;
    }
    let name = Span::new(0, cx.rule.name.text.len());
    let at = match &cx.rule.hold {
        Some(hold) => firedrill_source::Location::new(cx.file.file, hold.span),
        None => cx.within(&cx.rule.name, name),
    };
    let finding = Diagnostic::new(
        LINT.code,
        Severity::Info,
        at,
        "without `for` a single bad sample sets this alert off",
    )
    .label("fires at once")
    .evidence("the expression looks at momentary values, not at a window of 5 minutes or more")
    .note("one late scrape or one spike is enough to notify, and the alert is over at the next evaluation")
    .help("add `for: 5m`, or look at a window");
    cx.report(finding);
}

/// Whether a selector's value counts as it is at one moment.
fn is_momentary(cx: &RuleCx<'_, '_>, index: usize) -> bool {
    for (parent, _, _) in cx.nodes.ancestors(index) {
        match &parent.kind {
            ExprKind::Range(range) => {
                return range.range.literal().is_none_or(|it| it.secs_f64() < LONG_WINDOW);
            }
            ExprKind::Subquery(subquery) => {
                return subquery
                    .range
                    .literal()
                    .is_none_or(|it| it.secs_f64() < LONG_WINDOW);
            }
            ExprKind::Call(call) => {
                // What is missing and how old a point in time is do not flicker; FD408 is about the first.
                let steady = |id| matches!(id, Func::Absent | Func::AbsentOverTime | Func::Timestamp);
                if call.function.is_some_and(|it| steady(it.id)) {
                    return false;
                }
            }
            ExprKind::Binary(binary)
                if compares_with_clock(&binary.lhs) || compares_with_clock(&binary.rhs) =>
            {
                return false;
            }
            _ => {}
        }
    }
    true
}

/// Whether an operand is the time itself: ages only grow.
fn compares_with_clock(expr: &Expr) -> bool {
    matches!(&expr.unparenthesised().kind, ExprKind::Call(call) if call.function.is_some_and(|it| it.id == Func::Time))
}
