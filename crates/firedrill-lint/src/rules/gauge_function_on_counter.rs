//! FD103: functions made for gauges over a raw counter.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_facts::{MetricType, Tier};
use firedrill_functions::Func;
use firedrill_promql::ast::{Call, Expr, ExprKind};
use firedrill_source::{Code, Safety, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD103"),
    name: "gauge-function-on-counter",
    summary: "a function for levels over a counter, which restarts make fall",
    category: Category::MetricTypes,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("gauge_function_on_counter.md"),
    needs: Needs::all(&[Mark::TakesLevel]),
    check: Check::Usage(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    for (_, node) in cx.nodes.iter() {
        let ExprKind::Call(call) = &node.expr.kind else {
            continue;
        };
        let Some((worst, counter_function)) = call.function.and_then(|function| repair(function.id)) else {
            continue;
        };
        if let Some((selector, metric)) = window_of_metric(call) {
            judge(cx, node.expr, call, (selector, metric), worst, counter_function);
        }
    }
}

fn judge(
    cx: &mut RuleCx<'_, '_>,
    whole: &Expr,
    call: &Call,
    (selector, metric): (&Expr, &str),
    worst: Severity,
    counter_function: &str,
) {
    let Some(fact) = cx
        .context
        .facts
        .of(metric)
        .filter(|fact| fact.metric_type == MetricType::Counter)
    else {
        return;
    };
    let function = &*call.name.text;
    let rate = cx.context.usage.of(metric).and_then(|usage| usage.rates.first());
    let severity = match rate {
        // The name and another rule agree.
        Some(_) if fact.tier == Tier::Name => worst.min(Severity::Warning),
        _ => fact.tier.cap(worst),
    };
    let is = if fact.tier == Tier::Name && rate.is_none() {
        "looks like a counter"
    } else {
        "is a counter"
    };
    let mut finding = cx
        .finding(
            LINT.code,
            severity,
            selector.span,
            format!("{function}() is made for gauges, but `{metric}` {is}"),
        )
        .label("falls to 0 with every restart")
        .evidence(fact.sentence(metric))
        .note(
            "each restart looks like a huge fall, so the result says more about restarts than about events",
        );
    if let Some(rate) = rate {
        let text = format!("`{}` takes it for a counter", rate.rule);
        finding = finding.related(rate.location(cx.context.sources), text);
    }
    let repaired = if matches!(function, "delta" | "idelta" | "deriv") {
        finding.fix = cx.replace(
            format!("use {counter_function}()"),
            call.name.span,
            counter_function,
            Safety::Unsafe,
        );
        cx.text(whole.span).replacen(function, counter_function, 1)
    } else {
        format!("{function}(rate({}[5m])[…:])", cx.text(selector.span))
    };
    let finding = finding.help(format!("use `{repaired}`, which knows about restarts"));
    cx.report(finding);
}

/// How bad the function is for a counter, and which function to use in its place.
fn repair(function: Func) -> Option<(Severity, &'static str)> {
    match function {
        Func::Delta | Func::Idelta => Some((Severity::Error, "increase")),
        Func::Deriv | Func::PredictLinear => Some((Severity::Error, "rate")),
        Func::AvgOverTime | Func::StddevOverTime | Func::StdvarOverTime | Func::QuantileOverTime => {
            Some((Severity::Warning, "rate"))
        }
        // Differences of these are an idiom: clumsy, but no nonsense.
        Func::MinOverTime | Func::MaxOverTime => Some((Severity::Info, "increase")),
        _ => None,
    }
}

fn window_of_metric(call: &Call) -> Option<(&Expr, &str)> {
    call.args.iter().find_map(|arg| {
        let ExprKind::Range(range) = &arg.unparenthesised().kind else {
            return None;
        };
        let ExprKind::Selector(selector) = &range.selector.kind else {
            return None;
        };
        Some((&range.selector, &**selector.metric_name()?))
    })
}
