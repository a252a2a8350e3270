//! FD102: the total of a counter compared with a number.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::usage::{MetricUsage, Place};
use crate::uses::{Level, MetricUse, UseKind, disjoint, equalities};
use firedrill_facts::{MetricType, Tier, has_counter_suffix};
use firedrill_promql::ast::BinaryOp;
use firedrill_source::{Code, Diagnostic, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD102"),
    name: "counter-without-rate",
    summary: "the total of a counter since its start compared with a number",
    category: Category::MetricTypes,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("counter_without_rate.md"),
    needs: Needs::all(&[Mark::Level]),
    check: Check::Usage(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    for found in cx.uses.iter().copied() {
        let UseKind::Level(level) = found.kind else {
            continue;
        };
        // Over a window it is FD103; "nothing was ever counted" is a fair question to a counter.
        // "There is any, and …" is a guard, on whichever side it stands.
        let guard = level.joined && level.asks_for_presence();
        if !level.instant || level.asks_for_absence() || guard {
            continue;
        }
        let usage = cx.context.usage.of(found.metric);
        let rate = usage
            .filter(|_| level.is_evidence())
            .and_then(|usage| rate_place(usage, &found));
        let finding = match cx.context.facts.of(found.metric) {
            Some(fact) if fact.tier > Tier::Name => (fact.metric_type == MetricType::Counter).then(|| {
                // Whether it ever happened may well be asked of a counter that should stay at 0.
                let worst = if level.asks_for_presence() {
                    Severity::Info
                } else {
                    Severity::Warning
                };
                let severity = fact.tier.cap(worst);
                start(cx, &found, severity, "is a counter", fact.sentence(found.metric))
            }),
            fact => by_name_and_usage(cx, &found, fact.is_some(), rate),
        };
        if let Some(finding) = finding {
            let finding = match rate {
                Some(rate) => finding.related(
                    rate.location(cx.context.sources),
                    format!("`{}` takes it for a counter", rate.rule),
                ),
                None => finding,
            };
            let finding = advise(cx, finding, &found, &level);
            cx.report(finding);
        }
    }
}

fn rate_place<'u>(usage: &'u MetricUsage, found: &MetricUse<'_>) -> Option<&'u Place> {
    let mine = equalities(found.selector);
    usage.rates.iter().find(|rate| !disjoint(&rate.equalities, &mine))
}

/// Names are weak witnesses: alone they make an info, together with a rule that takes the rate() they make a warning.
fn by_name_and_usage(
    cx: &RuleCx<'_, '_>,
    found: &MetricUse<'_>,
    named_as_counter: bool,
    rate: Option<&Place>,
) -> Option<Diagnostic> {
    let metric = found.metric;
    let usage = cx.context.usage.of(metric);
    let suffix = has_counter_suffix(metric);
    match (suffix, rate) {
        (Some(suffix), Some(rate)) if named_as_counter || has_sibling(cx, metric, suffix) => {
            let evidence = format!(
                "`{}` takes `{}`, and the name ends in `{suffix}`",
                rate.rule,
                rate.text()
            );
            Some(start(
                cx,
                found,
                Severity::Warning,
                "is a counter elsewhere",
                evidence,
            ))
        }
        (None, Some(_)) if usage.is_some_and(MetricUsage::mostly_counter) => {
            let times = usage.map_or(0, |usage| usage.rates.len());
            let evidence =
                format!("{times} expressions of the loaded rules take the rate() or increase() of it");
            Some(start(
                cx,
                found,
                Severity::Warning,
                "is a counter elsewhere",
                evidence,
            ))
        }
        _ if named_as_counter => {
            let evidence = format!(
                "`{metric}` looks like a counter by its name only; a metrics dump (`--metrics`) would settle it"
            );
            Some(start(cx, found, Severity::Info, "looks like a counter", evidence))
        }
        _ => None,
    }
}

/// Whether another series of the same histogram or summary is used as one.
fn has_sibling(cx: &RuleCx<'_, '_>, metric: &str, suffix: &str) -> bool {
    let base = metric.strip_suffix(suffix).unwrap_or(metric);
    let siblings = ["_bucket", "_sum", "_count"];
    siblings.iter().filter(|other| **other != suffix).any(|other| {
        cx.context
            .usage
            .of(&format!("{base}{other}"))
            .is_some_and(|usage| !usage.rates.is_empty())
    })
}

fn start(
    cx: &RuleCx<'_, '_>,
    found: &MetricUse<'_>,
    severity: Severity,
    is: &str,
    evidence: String,
) -> Diagnostic {
    let message = format!("`{}` {is}, but its total is compared with a number", found.metric);
    cx.finding(LINT.code, severity, found.selector_span, message)
        .label("the total since the process started")
        .evidence(evidence)
}

fn advise(cx: &RuleCx<'_, '_>, finding: Diagnostic, found: &MetricUse<'_>, level: &Level) -> Diagnostic {
    let note = match level.op {
        BinaryOp::Greater | BinaryOp::GreaterEqual => {
            "the total only grows: once past the threshold, the condition holds until the next restart"
        }
        _ => {
            "the total starts again at 0 with every restart, so the comparison says more about uptime than about events"
        }
    };
    let selector = cx.text(found.selector_span);
    finding.note(note).help(format!(
        "compare what happened lately, for example `increase({selector}[5m])`"
    ))
}
