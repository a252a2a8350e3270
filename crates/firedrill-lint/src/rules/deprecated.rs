//! FD820: names that newer versions have given up.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_facts::Facts;
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD820"),
    name: "deprecated",
    summary: "a metric, label or function that newer versions have given up",
    category: Category::Style,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("deprecated.md"),
    needs: Needs::all(&[Mark::Expr]),
    check: Check::Rule(check),
};

/// Old endings of names, and what stands there since exporters follow the conventions for units and counters.
const ENDINGS: [(&str, &str); 11] = [
    ("", "_bytes"),
    ("", "_total"),
    ("", "_seconds_total"),
    ("", "_bytes_total"),
    ("", "_seconds"),
    ("", "_info"),
    ("_ms", "_seconds_total"),
    ("_count", "_total"),
    ("_latency_microseconds", "_duration_seconds"),
    ("_microseconds", "_seconds"),
    ("_milliseconds", "_seconds"),
];

/// Old metrics of kube-state-metrics that became values of a label: what they begin with, what they end in.
const SPLIT: [(&str, &[&str]); 4] = [
    (
        "kube_node_status_allocatable",
        &["_pods", "_cpu_cores", "_memory_bytes"],
    ),
    (
        "kube_node_status_capacity",
        &["_pods", "_cpu_cores", "_memory_bytes"],
    ),
    (
        "kube_pod_container_resource_requests",
        &["_cpu_cores", "_memory_bytes"],
    ),
    (
        "kube_pod_container_resource_limits",
        &["_cpu_cores", "_memory_bytes"],
    ),
];

/// Labels of cAdvisor before Kubernetes 1.16.
const CONTAINER_LABELS: [(&str, &str); 2] = [("pod_name", "pod"), ("container_name", "container")];

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for (_, expr, selector) in nodes.selectors() {
        let Some(name) = selector.metric_name() else {
            continue;
        };
        if let Some((newer, evidence)) = cx.memo.newer(name, || renamed(name, cx.context.facts)) {
            let at = selector.name.as_ref().map_or(expr.span, |name| name.span);
            let finding = cx
                .finding(
                    LINT.code,
                    Severity::Info,
                    at,
                    format!("`{name}` is an old name of `{newer}`"),
                )
                .label("given up")
                .evidence(evidence)
                .note("newer versions of the exporter do not have it any more: then nothing is selected")
                .help(format!(
                    "write `{newer}`, unless an old version is what is scraped"
                ));
            cx.report(finding);
        }
        if !name.starts_with("container_") {
            continue;
        }
        for matcher in &selector.matchers {
            let old = CONTAINER_LABELS
                .iter()
                .find(|(old, _)| *old == &*matcher.label.text);
            let Some((old, new)) = old else { continue };
            let finding = cx
                .finding(
                    LINT.code,
                    Severity::Info,
                    matcher.label.span,
                    format!("cAdvisor has called `{old}` `{new}` since Kubernetes 1.16"),
                )
                .label("given up")
                .evidence(format!("`{name}` comes from cAdvisor"))
                .note("a label that is not there has the empty value: `!=` lets everything pass, `=` nothing")
                .help(format!("write `{new}`"));
            cx.report(finding);
        }
    }
}

/// The name that a metric has today, and how that is known: the old one is unknown, the new one is not.
fn renamed(name: &str, facts: &Facts) -> Option<(String, String)> {
    for (begin, ends) in SPLIT {
        let end = name
            .strip_prefix(begin)
            .and_then(|end| ends.iter().find(|it| **it == end));
        if let Some(end) = end {
            let resource = end.trim_start_matches('_').split('_').next().unwrap_or_default();
            return Some((
                format!("{begin}{{resource=\"{resource}\"}}"),
                "kube-state-metrics has one metric for all resources since version 2".to_owned(),
            ));
        }
    }
    // Endings of a histogram's or summary's series stay as they are.
    let (base, member) = ["_bucket", "_sum"]
        .iter()
        .find_map(|end| Some((name.strip_suffix(end)?, *end)))
        .unwrap_or((name, ""));
    // The newer name begins as the old one does.
    if name.contains(':') || !facts.may_know_the_like(name) || facts.told(name).is_some() {
        return None;
    }
    let mut newer = String::with_capacity(name.len() + 16);
    ENDINGS.iter().find_map(|(old, new)| {
        newer.clear();
        for part in [base.strip_suffix(old)?, new, member] {
            newer.push_str(part);
        }
        let fact = facts.told(&newer)?;
        Some((newer.clone(), fact.sentence(&newer)))
    })
}
