//! FD110: a quantile of what is no histogram.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::source_of::{Origin, origin};
use firedrill_facts::{MetricType, Tier};
use firedrill_functions::Func;
use firedrill_promql::ast::{Call, Expr};
use firedrill_source::{Code, Safety, Severity, Span};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD110"),
    name: "quantile-of-non-bucket",
    summary: "a quantile of a series that is no histogram",
    category: Category::MetricTypes,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("quantile_of_non_bucket.md"),
    needs: Needs::all(&[Mark::Buckets]),
    check: Check::Rule(check),
};

/// Series that stand beside the buckets of a histogram and have no bounds.
const NO_BUCKETS: [&str; 4] = ["_sum", "_count", "_total", "_created"];

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for (_, _, call) in cx.nodes.calls() {
        let Some(from) = buckets(call).and_then(origin) else {
            continue;
        };
        let Some(name) = from.selector.metric_name() else {
            continue;
        };
        let Some((severity, evidence, suffix)) = judge(cx, name) else {
            continue;
        };
        let function = &call.name.text;
        let mut finding = cx
            .finding(
                LINT.code,
                severity,
                from.at.span,
                format!("{function}() needs the buckets of a histogram, but `{name}` has none"),
            )
            .label("no buckets")
            .evidence(evidence)
            .note("series without the label `le` are left out, so the result is always empty");
        if let Some(suffix) = suffix {
            let base = name.strip_suffix(suffix).unwrap_or(name);
            finding = finding.help(format!("read the buckets, `{base}_bucket`, grouped by `le`"));
            finding.fix = name_span(&from).and_then(|span| {
                cx.replace(
                    "read the buckets",
                    span,
                    &format!("{base}_bucket"),
                    Safety::Unsafe,
                )
            });
        }
        findings.push(finding);
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// The argument that has to be a histogram.
pub(super) fn buckets(call: &Call) -> Option<&Expr> {
    match call.function?.id {
        Func::HistogramQuantile => call.args.get(1),
        Func::HistogramQuantiles => call.args.first(),
        Func::HistogramFraction => call.args.get(2),
        _ => None,
    }
}

fn name_span(from: &Origin<'_>) -> Option<Span> {
    from.selector.name.as_ref().map(|name| name.span)
}

fn judge(cx: &RuleCx<'_, '_>, name: &str) -> Option<(Severity, String, Option<&'static str>)> {
    let told = cx.context.facts.of(name).filter(|fact| fact.tier > Tier::Name);
    let suffix = NO_BUCKETS.into_iter().find(|suffix| name.ends_with(suffix));
    match (told, suffix) {
        (Some(fact), _) if fact.metric_type == MetricType::Histogram => None,
        // A counter or gauge may still have buckets: those of a classic or a gauge histogram.
        (Some(_), _) if name.ends_with("_bucket") => None,
        (Some(fact), None) => Some((fact.tier.cap(Severity::Error), fact.sentence(name), None)),
        (_, Some(_)) if name.contains(':') => None,
        (_, Some(suffix)) => Some((
            Severity::Error,
            format!(
                "a name that ends in `{suffix}` is that of a plain series; bounds are in `le` of `_bucket`"
            ),
            Some(suffix),
        )),
        _ => None,
    }
}
