//! FD321: a rule label that overwrites the label by which the series of the result differ.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_promql::ast::{Expr, ExprKind, MatchOp};
use firedrill_source::{Code, Diagnostic, Severity};
use firedrill_yaml::Scalar;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD321"),
    name: "static-label-collapses-series",
    summary: "a label of the rule overwrites the one by which the series of the result differ",
    category: Category::Labels,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("static_label_collapses_series.md"),
    needs: Needs::all(&[Mark::Expr, Mark::Labels]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let (Some(root), Some(labels)) = (cx.nodes.root(), cx.nodes.labels()) else {
        return;
    };
    let own = cx.rule.labels.iter().filter_map(|label| {
        let fixed = match &label.template {
            Some(Ok(template)) => template.is_literal(),
            Some(Err(_)) => false,
            None => true,
        };
        fixed.then_some((&label.key, &label.value))
    });
    let mut findings: Vec<Diagnostic> = Vec::new();
    for (key, value) in own {
        let name = &*key.text;
        // An empty value takes the label away, which is mostly meant.
        if value.text.is_empty() {
            continue;
        }
        // Only series of which nothing is known differ in a label that the expression does not name.
        if name != "instance" && !cx.nodes.may_mention(name) || cx.nodes.lacks(name) {
            continue;
        }
        if labels.value(name).is_some() {
            continue;
        }
        let exact = labels.exact();
        let (severity, evidence) = match &exact {
            Some(exact) if **exact == [name] => match listed_values(root, name) {
                Some(count) => (
                    Severity::Error,
                    format!(
                        "the result is grouped by `{name}` alone, and {count} values of it are asked for"
                    ),
                ),
                None => (
                    Severity::Warning,
                    format!(
                        "the result is grouped by `{name}` alone, so every two of its series differ in it"
                    ),
                ),
            },
            None if name == "instance" && !groups(root) => (
                Severity::Warning,
                "series of several targets differ in `instance` and often in nothing else".to_owned(),
            ),
            _ => continue,
        };
        findings.push(finding(cx, key, value, severity, evidence));
    }
    for finding in findings {
        cx.report(finding);
    }
}

fn finding(
    cx: &RuleCx<'_, '_>,
    key: &Scalar,
    value: &Scalar,
    severity: Severity,
    evidence: String,
) -> Diagnostic {
    let name = &key.text;
    let whole = firedrill_source::Span::new(0, value.text.len());
    Diagnostic::new(
        LINT.code,
        severity,
        cx.within(value, whole),
        format!("`{name}` overwrites the label by which the series of the result differ"),
    )
    .label("the same for all")
    .related(cx.at(cx.nodes.root().map_or(whole, |root| root.span)), format!("series that differ in `{name}`"))
    .evidence(evidence)
    .note("as soon as there are two series they become one and the same, and Prometheus gives up the whole rule: \"vector contains metrics with the same labelset after applying rule labels\"")
    .help(format!(
        "give the label another name, or leave `{name}` out of the result by aggregating over it"
    ))
}

/// How many values of a label a selector lists (`instance=~"a|b"`), if more than one.
fn listed_values(expr: &Expr, label: &str) -> Option<usize> {
    let mut most = None;
    expr.walk(&mut |expr| {
        let ExprKind::Selector(selector) = &expr.kind else {
            return;
        };
        let asked = selector
            .matchers
            .iter()
            .filter(|it| &*it.label.text == label && it.op == MatchOp::Regex);
        for matcher in asked {
            let count = matcher
                .regex
                .as_ref()
                .and_then(|regex| regex.literals())
                .map_or(0, <[_]>::len);
            if count > 1 {
                most = Some(count);
            }
        }
    });
    most
}

/// Whether anything in the expression groups or joins, so that other labels may tell the series apart.
fn groups(expr: &Expr) -> bool {
    let mut groups = false;
    expr.walk(&mut |expr| match &expr.kind {
        ExprKind::Aggregate(aggregate) => groups |= !aggregate.op.selects(),
        ExprKind::Binary(binary) => groups |= binary.matching.is_some(),
        ExprKind::Call(call) => {
            groups |= call
                .function
                .is_none_or(|it| it.name.starts_with("absent") || it.name.starts_with("label_"));
        }
        _ => {}
    });
    groups
}
