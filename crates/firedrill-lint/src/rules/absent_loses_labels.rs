//! FD409: `absent()` of something that has lost the labels which the alert could say.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_functions::Func;
use firedrill_model::RuleKind;
use firedrill_promql::ast::{Expr, ExprKind, MatchOp, Selector};
use firedrill_source::{Code, Severity};
use firedrill_value::METRIC_NAME;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD409"),
    name: "absent-loses-labels",
    summary: "`absent()` of a computed value, which cannot say what is missing",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("absent_loses_labels.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Absent]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert {
        return;
    }
    let nodes = cx.nodes;
    for (_, _, call) in nodes.calls() {
        let absent = |id| matches!(id, Func::Absent | Func::AbsentOverTime);
        if !call.function.is_some_and(|function| absent(function.id)) {
            continue;
        }
        let Some(arg) = call.args.first() else { continue };
        let inner = arg.unparenthesised();
        let of_series = matches!(inner.kind, ExprKind::Selector(_) | ExprKind::Range(_));
        let mut lost: Vec<&str> = Vec::new();
        inner.walk(&mut |expr| {
            if let ExprKind::Selector(selector) = &expr.kind {
                lost.extend(known_labels(selector, of_series));
            }
        });
        lost.dedup();
        if of_series && lost.is_empty() {
            continue;
        }
        let needed = reads(cx, &lost);
        // Nothing would be gained where no label is known anyway, and matchers with a list are often meant.
        let (severity, evidence) = match &needed {
            Some(label) => (
                Severity::Warning,
                format!("a text of the alert reads `{label}`, which the result does not have"),
            ),
            None if of_series => continue,
            None => (
                Severity::Info,
                "absent() knows labels only from the `=` matchers of a plain selector".to_owned(),
            ),
        };
        let name = &call.name.text;
        let message = if of_series {
            format!(
                "{name}() gives labels of `=` matchers only: the alert cannot say which series is missing"
            )
        } else {
            format!("{name}() of a computed value has no labels: the alert cannot say what is missing")
        };
        let help = match selector_inside(inner) {
            Some(selector) if !of_series => {
                format!("write `{name}({})`", cx.text(selector.span))
            }
            _ => "write one `absent()` with `=` matchers for each value, joined by `or`".to_owned(),
        };
        let finding = cx
            .finding(LINT.code, severity, arg.span, message)
            .label(if of_series { "no `=`" } else { "no plain selector" })
            .evidence(evidence)
            .note("routes and texts that need a label such as `job` do not find it")
            .help(help);
        cx.report(finding);
    }
}

/// Labels that matchers name; of a plain selector only those which `absent()` does not keep.
fn known_labels(selector: &Selector, of_series: bool) -> impl Iterator<Item = &str> {
    let matchers = selector.matchers.iter();
    matchers
        .filter(move |matcher| {
            &*matcher.label.text != METRIC_NAME && !(of_series && matcher.op == MatchOp::Equal)
        })
        .map(|matcher| &*matcher.label.text)
}

/// The first of these labels that a text of the rule reads.
fn reads(cx: &RuleCx<'_, '_>, labels: &[&str]) -> Option<String> {
    let read = cx
        .fields
        .templates()
        .iter()
        .flat_map(|filled| &filled.uses.labels);
    let mut read = read.filter(|used| labels.contains(&&*used.name));
    read.next().map(|used| used.name.clone())
}

/// The one plain selector inside an expression.
fn selector_inside(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Selector(_) => Some(expr),
        ExprKind::Paren(inner) => selector_inside(inner),
        ExprKind::Aggregate(aggregate) => selector_inside(&aggregate.expr),
        ExprKind::Binary(binary) if binary.op.is_comparison() => selector_inside(&binary.lhs),
        _ => None,
    }
}
