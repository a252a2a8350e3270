//! FD607: two alerts that Alertmanager cannot tell apart.

use crate::cx::{Context, FileCx};
use crate::lint::{Category, Check, Lint};
use crate::needs::Needs;
use crate::twins::collision;
use crate::uses::{disjoint, equalities};
use firedrill_facts::Facts;
use firedrill_model::RuleKind;
use firedrill_promql::ast::{Expr, ExprKind, MatchOp};
use firedrill_source::{Code, Diagnostic, Severity};
use firedrill_types::{Labels, Presence, constant, label_flow, value_range};
use std::sync::Arc;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD607"),
    name: "overlapping-alert-identity",
    summary: "two rules make alerts of the same name and labels",
    category: Category::Relations,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("overlapping_alert_identity.md"),
    needs: Needs::NOTHING,
    check: Check::Relation {
        within,
        across: nothing,
    },
};

fn within(cx: &FileCx<'_>, findings: &mut Vec<Diagnostic>) {
    for (first, later) in &cx.twins {
        let valid = first.rule.expr.valid && later.rule.expr.valid;
        let chosen = later
            .labels
            .iter()
            .any(|(_, value)| value.contains("$value") || value.contains(".Value"));
        if later.rule.kind != RuleKind::Alert || !valid || chosen || first.expression() == later.expression()
        {
            continue;
        }
        let (a, b) = (&first.rule.expr.expr, &later.rule.expr.expr);
        let Some(proof) = overlap(a, b) else { continue };
        let name = &later.rule.name.text;
        let message = format!("two rules make alerts called `{name}` with the same labels");
        let finding = collision(cx.file, (first, later), LINT.code, Severity::Warning, message, proof)
            .label("same name, same labels")
        .note("Alertmanager takes both for one alert: when one rule stops firing it resolves the other one's alert")
        .help("join the conditions with `or`, or tell the alerts apart by name or by a label");
        findings.push(finding);
    }
}

pub(crate) fn nothing(_: &Context<'_>, _: &mut Vec<Diagnostic>) {}

/// Why the two results can have the same labels at the same time; `None` where that is not proved.
pub(crate) fn overlap(a: &Expr, b: &Expr) -> Option<String> {
    let (left, right) = (label_flow(a), label_flow(b));
    if labels_conflict(left, right) {
        return None;
    }
    let (x, y) = (without_thresholds(a), without_thresholds(b));
    if x.to_string() == y.to_string() {
        let facts = Facts::new();
        let (v, w) = (value_range(a, &facts), value_range(b, &facts));
        let apart = v.hi <= w.lo || w.hi <= v.lo;
        return (!apart).then(|| format!("both look at `{x}`, and a value can pass both thresholds"));
    }
    if narrowed(x) || narrowed(y) {
        return None;
    }
    if let (ExprKind::Selector(x), ExprKind::Selector(y)) = (&x.kind, &y.kind) {
        let metric = x.metric_name()?;
        let same = y.metric_name() == Some(metric) && !disjoint(&equalities(x), &equalities(y));
        return same.then(|| format!("both read `{metric}`, and nothing keeps their series apart"));
    }
    let (mut x, mut y) = (left.exact()?, right.exact()?);
    x.sort_unstable();
    y.sort_unstable();
    if x.contains(&"instance") && apart(a, b) {
        return None;
    }
    (x == y).then(|| match x.as_slice() {
        [] => "neither result has any labels".to_owned(),
        names => format!("both results have just the labels {}", names.join(", ")),
    })
}

/// Whether some label keeps the two results apart.
fn labels_conflict(left: Labels<'_>, right: Labels<'_>) -> bool {
    left.named().into_iter().chain(right.named()).any(|label| {
        let (left, right) = (left.fact(label), right.fact(label));
        let constants = matches!((left.value, right.value), (Some(a), Some(b)) if a != b);
        let presence = (left.presence, right.presence);
        constants
            || matches!(
                presence,
                (Presence::Always, Presence::Never) | (Presence::Never, Presence::Always)
            )
    })
}

/// Whether two expressions have no metric in common. With `instance` among the labels their series then mostly belong to
/// different programs, such as two exporters of which a server has one.
fn apart(a: &Expr, b: &Expr) -> bool {
    match (metrics(a), metrics(b)) {
        (Some(a), Some(b)) => a.iter().all(|name| !b.contains(name)),
        _ => false,
    }
}

/// The metrics that an expression reads; `None` where a selector has no name.
fn metrics(expr: &Expr) -> Option<Vec<Arc<str>>> {
    let mut names = Some(Vec::new());
    expr.walk(&mut |part| {
        if let ExprKind::Selector(selector) = &part.kind {
            match (&mut names, selector.metric_name()) {
                (Some(names), Some(name)) => names.push(name.clone()),
                _ => names = None,
            }
        }
    });
    names
}

/// Whether some selector chooses by pattern or exclusion, which may keep series apart in ways not looked into here.
fn narrowed(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| {
        if let ExprKind::Selector(selector) = &part.kind {
            found |= selector
                .matchers
                .iter()
                .any(|matcher| matcher.op != MatchOp::Equal);
        }
    });
    found
}

/// What is compared, where the expression is a comparison with numbers.
fn without_thresholds(expr: &Expr) -> &Expr {
    let expr = expr.unparenthesised();
    match &expr.kind {
        ExprKind::Binary(binary) if binary.op.is_comparison() && constant(&binary.rhs).is_some() => {
            without_thresholds(&binary.lhs)
        }
        _ => expr,
    }
}
