//! FD401: an alert without a condition, which fires as long as there is any series.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_functions::{Func, ValueType};
use firedrill_model::RuleKind;
use firedrill_promql::ast::{BinaryOp, Expr, ExprKind, MatchOp, Selector};
use firedrill_source::{Code, Severity};
use firedrill_types::constant;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD401"),
    name: "no-condition",
    summary: "an alert that fires as long as its series exist, whatever their values",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("no_condition.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Expr]),
    check: Check::Usage(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert {
        return;
    }
    let Some(root) = cx.nodes.root() else { return };
    let Some(part) = unconditional(root) else { return };
    if super::bool_at_top::is_all_bool(root) {
        return;
    }
    let (severity, evidence) = match recorded(part) {
        // A recorded series may well exist only while something is wrong.
        Some(name) => match cx.context.usage.records(name) {
            [] => (Severity::Info, format!("no loaded rule records `{name}`")),
            records if records.iter().any(|record| record.conditional) => return,
            [record, ..] => (
                Severity::Warning,
                format!("`{name}` is recorded without a condition: `{}`", record.text()),
            ),
        },
        None if asks_for_names(part) => (
            Severity::Info,
            "a matcher asks for a part of a name: if only faulty things are called so, that is a condition"
                .to_owned(),
        ),
        None if asks_for_status(part) => (
            Severity::Info,
            "a matcher asks for a status: if the series exists only in that status, that is a condition"
                .to_owned(),
        ),
        None => (
            Severity::Warning,
            "nothing in it compares, so every value counts, 0 as well".to_owned(),
        ),
    };
    let text = cx.text(part.span);
    let finding = cx
        .finding(
            LINT.code,
            severity,
            part.span,
            format!("no condition: this fires as long as `{text}` has any sample"),
        )
        .label("compared with nothing")
        .evidence(evidence)
        .note("an alert fires for every sample of its expression, whatever the value")
        .help("compare it with a threshold, such as `… > 0`; a heartbeat that always fires is best written `vector(1)`");
    cx.report(finding);
}

/// The part of an expression that has a result whatever the values are.
fn unconditional(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Paren(inner) => unconditional(inner),
        ExprKind::Unary(unary) => unconditional(&unary.operand),
        ExprKind::Selector(selector) => (!tells_by_existing(selector)).then_some(expr),
        ExprKind::Aggregate(aggregate) => unconditional(&aggregate.expr).map(|_| expr),
        ExprKind::Call(call) => match call.function?.id {
            Func::Absent | Func::AbsentOverTime | Func::Vector | Func::PresentOverTime => None,
            _ => {
                let series = |arg: &&Expr| matches!(arg.value_type(), ValueType::Vector | ValueType::Matrix);
                unconditional(call.args.iter().find(series)?).map(|_| expr)
            }
        },
        ExprKind::Range(range) => unconditional(&range.selector).map(|_| expr),
        ExprKind::Subquery(subquery) => unconditional(&subquery.expr).map(|_| expr),
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::And | BinaryOp::Unless => None,
            // A fallback such as `or vector(1)` is a heartbeat.
            BinaryOp::Or => unconditional(&binary.lhs).or_else(|| unconditional(&binary.rhs)),
            op if op.is_comparison() && binary.bool_modifier.is_none() => None,
            _ => {
                let number = |side: &Expr| side.value_type() == ValueType::Scalar || constant(side).is_some();
                let free = |side: &Expr| number(side) || unconditional(side).is_some();
                let all_numbers = number(&binary.lhs) && number(&binary.rhs);
                (!all_numbers && free(&binary.lhs) && free(&binary.rhs)).then_some(expr)
            }
        },
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Missing => None,
    }
}

/// Whether the series of a selector exist only while something is the case: alerts, and metrics whose value is always 1
/// and whose labels say it all.
fn tells_by_existing(selector: &Selector) -> bool {
    let Some(name) = selector.metric_name() else {
        return false;
    };
    let asks = selector.matchers.iter().any(|matcher| {
        !matches!(&*matcher.label.text, "job" | "instance" | "__name__") && matcher.op != MatchOp::NotEqual
    });
    &**name == "ALERTS"
        || (asks
            && ["_info", "_labels", "_annotations"]
                .iter()
                .any(|end| name.ends_with(end)))
}

/// Whether a selector inside asks for a certain status, as of metrics that exist only while it lasts.
fn asks_for_status(expr: &Expr) -> bool {
    let mut asks = false;
    expr.walk(&mut |expr| {
        if let ExprKind::Selector(selector) = &expr.kind {
            asks |= selector.matchers.iter().any(|matcher| {
                let label = &*matcher.label.text;
                ["status", "state", "phase", "condition", "reason", "health"]
                    .iter()
                    .any(|word| label.ends_with(word))
            });
        }
    });
    asks
}

/// Whether this is a selector of all that has some text within its name, as what a failed job leaves behind.
fn asks_for_names(expr: &Expr) -> bool {
    let ExprKind::Selector(selector) = &expr.unparenthesised().kind else {
        return false;
    };
    selector.matchers.iter().any(|matcher| {
        let text = matcher
            .value
            .strip_prefix(".*")
            .and_then(|rest| rest.strip_suffix(".*"));
        matcher.op == MatchOp::Regex
            && !matches!(&*matcher.label.text, "job" | "instance" | "__name__")
            && text.is_some_and(|text| !text.is_empty())
    })
}

/// The recorded metric (a name with a colon) that a part of an expression consists of.
fn recorded(expr: &Expr) -> Option<&str> {
    match &expr.unparenthesised().kind {
        ExprKind::Selector(selector) => selector
            .metric_name()
            .map(|name| &**name)
            .filter(|name| name.contains(':')),
        _ => None,
    }
}

/// Whether an expression has a result only while some condition holds.
pub(crate) fn is_conditional(expr: &Expr) -> bool {
    unconditional(expr).is_none()
}

/// Whether an alert is meant to fire at all times: `vector(1)` and the like.
pub(crate) fn is_heartbeat(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Paren(inner) => is_heartbeat(inner),
        ExprKind::Call(call) => call.function.is_some_and(|it| it.id == Func::Vector),
        ExprKind::Binary(binary) if binary.op == BinaryOp::Or => {
            is_heartbeat(&binary.lhs) || is_heartbeat(&binary.rhs)
        }
        _ => false,
    }
}
