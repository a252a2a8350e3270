//! FD101: `rate()`, `increase()` and `irate()` of a gauge.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::usage::{MetricUsage, Place};
use crate::uses::{MetricUse, UseKind, disjoint, equalities};
use firedrill_facts::{Fact, MetricType, Tier, has_counter_suffix};
use firedrill_promql::ast::Call;
use firedrill_source::{Code, Diagnostic, Safety, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD101"),
    name: "rate-on-gauge",
    summary: "a counter function over a metric that goes up and down",
    category: Category::MetricTypes,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("rate_on_gauge.md"),
    needs: Needs::all(&[Mark::Rated]),
    check: Check::Usage(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    for found in cx.uses.iter().copied() {
        let UseKind::Counter(call) = found.kind else {
            continue;
        };
        let fact = cx.context.facts.of(found.metric);
        let level = cx
            .context
            .usage
            .of(found.metric)
            .and_then(|usage| contradiction(usage, &found));
        let finding = match fact {
            // Some exporters show ever-growing values as gauges: then rate() does what it should.
            Some(fact)
                if fact.metric_type == MetricType::Gauge
                    && cx.context.facts.is_cumulative_gauge(found.metric) =>
            {
                None
            }
            Some(fact) if fact.metric_type == MetricType::Gauge => {
                Some(known_gauge(cx, &found, call, &fact, level))
            }
            Some(fact) if fact.tier > Tier::Name => None,
            _ if has_counter_suffix(found.metric).is_some() => None,
            _ => level.map(|level| compared_as_level(cx, &found, call, level)),
        };
        if let Some(finding) = finding {
            cx.report(finding);
        }
    }
}

/// A comparison of the same metric with a level, unless most rules agree that it is a counter: then the comparison is
/// the likelier mistake, and FD102 reports it there.
fn contradiction<'u>(usage: &'u MetricUsage, found: &MetricUse<'_>) -> Option<&'u Place> {
    let mine = equalities(found.selector);
    usage
        .levels
        .iter()
        .find(|level| !disjoint(&level.equalities, &mine))
        .filter(|_| !usage.mostly_counter())
}

fn known_gauge(
    cx: &RuleCx<'_, '_>,
    found: &MetricUse<'_>,
    call: &Call,
    fact: &Fact,
    level: Option<&Place>,
) -> Diagnostic {
    let severity = fact.tier.cap(Severity::Error);
    let message = format!(
        "{}() needs a counter, but `{}` is a gauge",
        call.name.text, found.metric
    );
    let mut finding = cx
        .finding(LINT.code, severity, found.selector_span, message)
        .label("a gauge")
        .evidence(fact.sentence(found.metric));
    if let Some(level) = level {
        let text = format!("`{}` compares it as a level", level.rule);
        finding = finding.related(level.location(cx.context.sources), text);
    }
    advise(cx, finding, found, call, None)
}

fn compared_as_level(cx: &RuleCx<'_, '_>, found: &MetricUse<'_>, call: &Call, level: &Place) -> Diagnostic {
    let metric = found.metric;
    let message = format!(
        "{}() needs a counter, but `{metric}` is compared as a level elsewhere",
        call.name.text
    );
    let finding = cx
        .finding(LINT.code, Severity::Error, found.selector_span, message)
        .label("taken for a counter here")
        .related(level.location(cx.context.sources), format!("`{}` takes it for a level", level.rule))
        .evidence(format!(
            "`{}` compares the value itself (`{}`), `{}` takes its {}(): no metric is both a counter and a level",
            level.rule,
            level.text(),
            cx.rule.name.text,
            call.name.text,
        ))
        .evidence(format!(
            "`{metric}` does not end like a counter (`_total`), so this {}() is the likelier mistake of the two",
            call.name.text,
        ));
    advise(cx, finding, found, call, Some(level))
}

fn advise(
    cx: &RuleCx<'_, '_>,
    finding: Diagnostic,
    found: &MetricUse<'_>,
    call: &Call,
    instead: Option<&Place>,
) -> Diagnostic {
    let (gauge_function, meaning) = match &*call.name.text {
        "increase" => ("delta", "the change over the window"),
        "irate" => ("deriv", "the slope per second"),
        _ => ("deriv", "the slope per second"),
    };
    let written = cx.text(found.whole);
    let repaired = written.replacen(&*call.name.text, gauge_function, 1);
    let mut finding = finding
        .note(
            "every dip is read as a counter reset, so a value that only swings up and down looks like growth",
        )
        .help(match instead {
            None => format!("use `{repaired}`, {meaning} of a gauge"),
            Some(level) => format!(
                "use `{repaired}`, {meaning} of a gauge; if it is a counter after all, repair `{}`",
                level.rule
            ),
        });
    finding.fix = cx.replace(
        format!("use {gauge_function}()"),
        call.name.span,
        gauge_function,
        Safety::Unsafe,
    );
    finding
}
