//! FD212: a comparison with a number that the metric never has.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::thresholds::Threshold;
use firedrill_facts::{Domain, Known, Tier};
use firedrill_promql::ast::{BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD212"),
    name: "domain-threshold",
    summary: "a comparison with a number outside of what a metric can be",
    category: Category::Thresholds,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("domain_threshold.md"),
    needs: Needs::all(&[Mark::Threshold]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for limit in cx.nodes.thresholds() {
        let (expr, threshold) = (limit.expr, limit.threshold);
        let Some((name, domain)) = outside(cx, &threshold) else {
            continue;
        };
        let note = if threshold.op == BinaryOp::NotEqual {
            "the comparison always holds"
        } else {
            "the comparison never holds"
        };
        findings.push(
            cx.finding(
                LINT.code,
                domain.tier.cap(Severity::Error),
                threshold.written.span,
                format!("`{name}` is never {}", threshold.number),
            )
            .label("not among its values")
            .related(cx.at(expr.span), note)
            .evidence(format!(
                "`{name}` is {} ({})",
                in_words(&domain.value),
                domain.evidence
            ))
            .help("compare with one of its values"),
        );
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// The metric and its domain, where the number is not in it and the comparison asks for that very number.
pub(super) fn outside<'a>(
    cx: &RuleCx<'_, '_>,
    threshold: &Threshold<'a>,
) -> Option<(&'a str, Known<Domain>)> {
    // Where less or more is asked for, the range of the values proves what there is to prove (FD201, FD202).
    if !matches!(threshold.op, BinaryOp::Equal | BinaryOp::NotEqual) {
        return None;
    }
    let name = metric(threshold.value)?;
    let domain = cx
        .context
        .facts
        .domain(name)
        .filter(|domain| domain.tier > Tier::Name)?;
    let inside = match &domain.value {
        Domain::Range(low, high) => (*low..=*high).contains(&threshold.number),
        Domain::Values(values) => values.iter().any(|(value, _)| *value == threshold.number),
    };
    (!inside).then_some((name, domain))
}

/// The metric whose samples are compared as they are.
fn metric(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Paren(inner) => metric(inner),
        ExprKind::Selector(selector) => selector.metric_name().map(|name| &**name),
        ExprKind::Aggregate(aggregate) => {
            use firedrill_promql::ast::AggregateOp::{Max, Min};
            let picks = aggregate.op.selects() || matches!(aggregate.op, Max | Min);
            picks.then(|| metric(&aggregate.expr)).flatten()
        }
        _ => None,
    }
}

fn in_words(domain: &Domain) -> String {
    match domain {
        Domain::Range(low, high) => format!("between {low} and {high}"),
        Domain::Values(values) => {
            let values: Vec<String> = values
                .iter()
                .map(|(value, meaning)| {
                    if meaning.is_empty() {
                        value.to_string()
                    } else {
                        format!("{value} ({meaning})")
                    }
                })
                .collect();
            values.join(" or ")
        }
    }
}
