//! FD111: a quantile over everything since the processes started.

use super::quantile_of_non_bucket::buckets;
use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::source_of::origin;
use firedrill_facts::{MetricType, Tier};
use firedrill_source::{Code, Safety, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD111"),
    name: "quantile-raw-buckets",
    summary: "a quantile of buckets since the start of the process, without `rate()`",
    category: Category::MetricTypes,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("quantile_raw_buckets.md"),
    needs: Needs::all(&[Mark::Buckets]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for (_, _, call) in cx.nodes.calls() {
        let Some(from) = buckets(call).and_then(origin) else {
            continue;
        };
        let Some(name) = from.selector.metric_name() else {
            continue;
        };
        // Recorded buckets are rates as a rule, and those of a gauge histogram are no totals.
        let gauge = cx
            .context
            .facts
            .of(name)
            .is_some_and(|fact| fact.tier > Tier::Name && fact.metric_type != MetricType::Counter);
        if from.over.is_some() || !name.ends_with("_bucket") || name.contains(':') || gauge {
            continue;
        }
        // Some exporters count anew for every scrape.
        let counts = cx
            .context
            .facts
            .of(name)
            .is_some_and(|fact| fact.tier > Tier::Name && fact.metric_type == MetricType::Counter);
        let severity = if counts { Severity::Warning } else { Severity::Info };
        let selector = cx.text(from.at.span);
        let mut finding = cx
            .finding(
                LINT.code,
                severity,
                from.at.span,
                format!("{}() of buckets that were never reset", call.name.text),
            )
            .label("totals since the process started")
            .evidence(format!("no rate() or increase() stands between `{selector}` and the quantile"))
            .note("the quantile is that of all observations since the start: the longer the process runs, the less it moves")
            .help(format!("use `rate({selector}[5m])`, grouped by `le`"));
        finding.fix = cx.replace(
            "take the rate over 5m",
            from.at.span,
            &format!("rate({}[5m])", from.at.span.slice(&cx.rule.expr.source.text)),
            Safety::Unsafe,
        );
        findings.push(finding);
    }
    for finding in findings {
        cx.report(finding);
    }
}
