//! FD112: buckets aggregated by something else than a sum.

use super::quantile_of_non_bucket::buckets;
use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::source_of::origin;
use firedrill_promql::ast::{Aggregate, AggregateOp};
use firedrill_source::{Code, Safety, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD112"),
    name: "quantile-bad-aggregation",
    summary: "buckets aggregated by something else than `sum`",
    category: Category::MetricTypes,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("quantile_bad_aggregation.md"),
    needs: Needs::all(&[Mark::Buckets]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for (_, _, call) in cx.nodes.calls() {
        let Some(from) = buckets(call).and_then(origin) else {
            continue;
        };
        if !from
            .selector
            .metric_name()
            .is_some_and(|name| name.ends_with("_bucket"))
        {
            continue;
        }
        let Some((aggregate, severity)) = from.aggregates.iter().find_map(|it| Some((*it, judge(it)?)))
        else {
            continue;
        };
        let op = aggregate.op.name();
        let mut finding = cx
            .finding(
                LINT.code,
                severity,
                aggregate.op_span,
                format!("the {op} of buckets of several series is no distribution"),
            )
            .label("has to be `sum`")
            .related(cx.at(call.name.span), "reads the result as the buckets of one histogram")
            .evidence("a bucket counts the observations up to its bound, and only counts that are added up stay counts")
            .note(if severity == Severity::Warning {
                "where one member lacks a bucket, the average of that bucket is taken over fewer series than that of the next"
            } else {
                "each bucket may come from another series, so the counts need not even rise with the bounds"
            })
            .help("use `sum`");
        finding.fix = cx.replace("use sum", aggregate.op_span, "sum", Safety::Unsafe);
        findings.push(finding);
    }
    for finding in findings {
        cx.report(finding);
    }
}

fn judge(aggregate: &Aggregate) -> Option<Severity> {
    match aggregate.op {
        AggregateOp::Avg => Some(Severity::Warning),
        AggregateOp::Max
        | AggregateOp::Min
        | AggregateOp::Quantile
        | AggregateOp::Stddev
        | AggregateOp::Stdvar
        | AggregateOp::Count
        | AggregateOp::Group => Some(Severity::Error),
        _ => None,
    }
}
