//! FD105: `rate()` of a recorded sum of counters.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::records::{Record, Shape};
use firedrill_facts::{MetricType, Tier, has_counter_suffix};
use firedrill_functions::Func;
use firedrill_promql::ast::{AggregateOp, Call, ExprKind};
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD105"),
    name: "rate-of-recorded-aggregation",
    summary: "a counter function over a recorded sum of counters",
    category: Category::MetricTypes,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("rate_of_recorded_aggregation.md"),
    needs: Needs::all(&[Mark::Growth]),
    check: Check::Usage(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for (_, expr, call) in cx.nodes.calls() {
        if !takes_growth(call) {
            continue;
        }
        let Some(ExprKind::Range(range)) = call.args.first().map(|arg| &arg.unparenthesised().kind) else {
            continue;
        };
        let ExprKind::Selector(selector) = &range.selector.kind else {
            continue;
        };
        let Some(name) = selector.metric_name() else {
            continue;
        };
        let Some((record, op, metric, severity, evidence)) = cx
            .context
            .usage
            .records(name)
            .iter()
            .find_map(|record| judge(cx, name, record))
        else {
            continue;
        };
        let function = &*call.name.text;
        let message = format!(
            "{function}() of `{name}`, which records the {} of counters",
            op.name()
        );
        findings.push(
            cx.finding(LINT.code, severity, range.selector.span, message)
                .label(format!("{} of counters", op.name()))
                .related(record.location(cx.context.sources), "recorded here, without a rate()")
                .evidence(format!("`{name}` records `{}`", record.text()))
                .evidence(evidence)
                .note(format!(
                    "when one counter of many restarts, the {} falls a little, and {function}() takes the whole rest of it for \
                     new growth",
                    op.name()
                ))
                .help(format!(
                    "record `{}` of `rate({metric}[5m])`, and read that in place of `{}`",
                    op.name(),
                    cx.text(expr.span)
                )),
        );
    }
    for finding in findings {
        cx.report(finding);
    }
}

fn takes_growth(call: &Call) -> bool {
    call.function
        .is_some_and(|function| matches!(function.id, Func::Rate | Func::Increase | Func::Irate))
}

/// How bad the rate of a record is, and why; `None` where its metric may be a gauge.
fn judge<'r>(
    cx: &RuleCx<'_, '_>,
    name: &str,
    record: &'r Record,
) -> Option<(&'r Record, AggregateOp, &'r str, Severity, String)> {
    let Shape::Aggregated { op, metric } = &record.shape else {
        return None;
    };
    if **metric == *name {
        // Scraped series have that name as well, and those may be meant.
        return None;
    }
    // The greatest of several copies of one counter is still a counter.
    let worst = if matches!(op, AggregateOp::Max | AggregateOp::Min) {
        Severity::Warning
    } else {
        Severity::Error
    };
    let fact = cx.context.facts.of(metric);
    let (severity, evidence) = match (fact, has_counter_suffix(metric)) {
        (Some(fact), _) if fact.tier > Tier::Name => match fact.metric_type {
            MetricType::Counter => (fact.tier.cap(worst), fact.sentence(metric)),
            _ => return None,
        },
        // That somebody takes the rate() of the sum is the second witness.
        (_, Some(suffix)) => (
            worst,
            format!(
                "`{metric}` ends in `{suffix}`, and the rate() of its sum shows that it is taken for a counter"
            ),
        ),
        _ => (
            worst.min(Severity::Warning),
            format!("the rate() of its sum takes `{metric}` for a counter"),
        ),
    };
    Some((record, *op, metric, severity, evidence))
}
