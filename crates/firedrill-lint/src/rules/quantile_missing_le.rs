//! FD109: a quantile of buckets that have lost their bounds.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_functions::Func;
use firedrill_promql::ast::{Aggregate, Expr, ExprKind};
use firedrill_source::{Code, Fix, Safety, Severity, Span};
use firedrill_types::{Presence, What, label_flow};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD109"),
    name: "quantile-missing-le",
    summary: "a quantile of histogram buckets aggregated without `le`",
    category: Category::MetricTypes,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("quantile_missing_le.md"),
    needs: Needs::all(&[Mark::Buckets]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    for (_, node) in cx.nodes.iter() {
        let ExprKind::Call(call) = &node.expr.kind else {
            continue;
        };
        let buckets = match call.function.map(|function| function.id) {
            Some(Func::HistogramQuantile) => call.args.get(1),
            Some(Func::HistogramQuantiles) => call.args.first(),
            Some(Func::HistogramFraction) => call.args.get(2),
            _ => None,
        };
        let Some(buckets) = buckets.filter(|buckets| classic_buckets(buckets)) else {
            continue;
        };
        let labels = label_flow(buckets);
        let Some(gone) = labels.gone("le").filter(|gone| gone.what == What::Aggregation) else {
            continue;
        };
        if labels.presence("vmrange") != Presence::Never {
            // VictoriaMetrics has buckets of its own, with bounds in this label.
            continue;
        }
        let function = &call.name.text;
        let mut finding = cx
            .finding(
                LINT.code,
                Severity::Error,
                gone.span,
                format!("{function}() needs the label `le`, which is aggregated away here"),
            )
            .label("drops `le`")
            .related(cx.at(call.name.span), "reads the bounds of the buckets from `le`")
            .evidence(format!(
                "`{}` reads classic buckets, whose bounds are in `le` alone",
                cx.text(buckets.span)
            ))
            .note("without `le` there is no bucket left, so the result is always empty")
            .help("keep `le` beside the labels that you group by");
        finding.fix = aggregation_at(buckets, gone.span).and_then(|aggregate| keep_le(cx, aggregate));
        cx.report(finding);
    }
}

fn classic_buckets(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| {
        if let ExprKind::Selector(selector) = &part.kind {
            found |= selector
                .metric_name()
                .is_some_and(|name| name.ends_with("_bucket"));
        }
    });
    found
}

fn aggregation_at(expr: &Expr, span: Span) -> Option<&Aggregate> {
    let mut found = None;
    expr.walk(&mut |part| {
        if let ExprKind::Aggregate(aggregate) = &part.kind {
            let grouping = aggregate
                .grouping
                .as_ref()
                .map_or(aggregate.op_span, |grouping| grouping.span);
            if grouping == span {
                found = Some(&**aggregate);
            }
        }
    });
    found
}

fn keep_le(cx: &RuleCx<'_, '_>, aggregate: &Aggregate) -> Option<Fix> {
    let (span, replacement) = match &aggregate.grouping {
        None => (aggregate.op_span, format!("{} by (le) ", aggregate.op.name())),
        Some(grouping) if grouping.without => {
            let kept: Vec<&str> = grouping
                .labels
                .iter()
                .map(|l| &*l.text)
                .filter(|name| *name != "le")
                .collect();
            (grouping.span, format!("without ({})", kept.join(", ")))
        }
        Some(grouping) => {
            let mut labels: Vec<&str> = grouping
                .labels
                .iter()
                .map(|label| label.span.slice(&cx.rule.expr.source.text))
                .collect();
            labels.push("le");
            (grouping.span, format!("by ({})", labels.join(", ")))
        }
    };
    cx.replace("keep `le`", span, &replacement, Safety::Unsafe)
}
