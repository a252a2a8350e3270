//! FD403: a window that holds too few samples for the function over it.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_functions::Func;
use firedrill_promql::ast::{ExprKind, MatchOp, Selector};
use firedrill_source::{Code, Location, Severity};
use firedrill_value::Duration;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD403"),
    name: "range-too-short",
    summary: "a window that holds too few samples at the scrape interval",
    category: Category::Lifecycle,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("range_too_short.md"),
    needs: Needs::all(&[Mark::Expr]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let Some(prometheus) = &cx.context.settings.prometheus else {
        return;
    };
    let nodes = cx.nodes;
    for (_, _, call) in nodes.calls() {
        let needs_two = matches!(
            call.function.map(|function| function.id),
            Some(
                Func::Rate
                    | Func::Increase
                    | Func::Irate
                    | Func::Delta
                    | Func::Idelta
                    | Func::Deriv
                    | Func::PredictLinear
                    | Func::DoubleExponentialSmoothing
            )
        );
        let Some(ExprKind::Range(range)) = call.args.first().map(|arg| &arg.unparenthesised().kind) else {
            continue;
        };
        let (Some(window), ExprKind::Selector(selector)) = (range.range.literal(), &range.selector.kind)
        else {
            continue;
        };
        // Recorded series come at the pace of their group.
        let recorded = selector.metric_name().is_none_or(|name| name.contains(':'));
        if !needs_two || recorded || selector.modifiers.extension.is_some() {
            continue;
        }
        let Some(interval) = prometheus.interval_of(job(selector)) else {
            continue;
        };
        let (window, function) = (window.millis(), &call.name.text);
        let scraped = Duration::from_millis(interval.millis);
        let (severity, message) = if window <= interval.millis {
            (
                Severity::Error,
                format!("{function}() needs two samples, but one every {scraped} leaves one in this window"),
            )
        } else if window < 2 * interval.millis {
            (
                Severity::Warning,
                format!(
                    "{function}() needs two samples, but one every {scraped} often leaves one in this window"
                ),
            )
        } else if window < 4 * interval.millis {
            (
                Severity::Warning,
                format!(
                    "one lost scrape leaves {function}() without a result: the window is short for a sample every {scraped}"
                ),
            )
        } else {
            continue;
        };
        let at_least = Duration::from_millis(4 * interval.millis);
        let mut finding = cx
            .finding(LINT.code, severity, range.brackets, message)
            .label(format!("at most {} samples", samples(window, interval.millis)))
            .note("a window does not include the sample at its very beginning, and scrapes come late or get lost")
            .help(format!("look back over at least four scrapes: `[{at_least}]`"));
        finding = match interval.span {
            Some(span) => finding
                .evidence(format!("`scrape_interval` is {scraped}"))
                .related(Location::new(prometheus.file, span), "the scrape interval"),
            None => finding.evidence(format!(
                "no `scrape_interval` is set, so it is Prometheus' default of {scraped}"
            )),
        };
        cx.report(finding);
    }
}

/// The job that a selector asks for.
fn job(selector: &Selector) -> Option<&str> {
    let matcher = selector
        .matchers
        .iter()
        .find(|matcher| &*matcher.label.text == "job")?;
    match matcher.op {
        MatchOp::Equal => Some(&matcher.value),
        MatchOp::Regex => match matcher.regex.as_ref()?.literals()? {
            [one] => Some(one),
            _ => None,
        },
        _ => None,
    }
}

/// Most samples in a window that leaves out its beginning.
fn samples(window: i64, interval: i64) -> i64 {
    if interval <= 0 {
        return 0;
    }
    (window + interval - 1) / interval
}
