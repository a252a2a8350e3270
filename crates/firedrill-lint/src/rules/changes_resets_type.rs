//! FD121: `changes()`, `resets()` and `count_over_time()` of metrics for which they count something else.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_facts::{Fact, MetricType, Tier, has_counter_suffix};
use firedrill_functions::Func;
use firedrill_promql::ast::{Call, Expr, ExprKind};
use firedrill_source::{Code, Diagnostic, Safety, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD121"),
    name: "changes-resets-type",
    summary: "`changes()` of a counter or `resets()` of a gauge",
    category: Category::MetricTypes,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("changes_resets_type.md"),
    needs: Needs::all(&[Mark::Changes]),
    check: Check::Usage(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for (_, expr, call) in cx.nodes.calls() {
        let Some(function) = call.function else { continue };
        if !matches!(function.id, Func::Changes | Func::Resets) {
            continue;
        }
        let Some((selector, name)) = call.args.first().and_then(metric) else {
            continue;
        };
        let fact = cx.context.facts.of(name);
        findings.extend(match function.id {
            Func::Changes => changes(cx, call, expr, selector, name, fact),
            _ => resets(cx, call, selector, name, fact),
        });
    }
    for finding in findings {
        cx.report(finding);
    }
}

fn metric(argument: &Expr) -> Option<(&Expr, &str)> {
    let ExprKind::Range(range) = &argument.unparenthesised().kind else {
        return None;
    };
    let ExprKind::Selector(selector) = &range.selector.kind else {
        return None;
    };
    Some((&range.selector, selector.metric_name()?))
}

/// How often a counter was seen to move says little about how much it counted.
fn changes(
    cx: &RuleCx<'_, '_>,
    call: &Call,
    whole: &Expr,
    selector: &Expr,
    name: &str,
    fact: Option<Fact>,
) -> Option<Diagnostic> {
    let usage = cx.context.usage.of(name).filter(|usage| !usage.rates.is_empty());
    let (severity, evidence) = match (fact, usage) {
        (Some(fact), _) if fact.tier > Tier::Name => match fact.metric_type {
            MetricType::Counter => (fact.tier.cap(Severity::Warning), fact.sentence(name)),
            _ => return None,
        },
        (Some(fact), _) if fact.metric_type == MetricType::Counter => (Severity::Info, fact.sentence(name)),
        (_, Some(usage)) if usage.levels.is_empty() => (
            Severity::Info,
            format!("the loaded rules take the rate() of `{name}`, so it is taken for a counter"),
        ),
        (None, _) if has_counter_suffix(name).is_some() && !name.contains(':') => {
            (Severity::Info, format!("`{name}` ends like a counter"))
        }
        _ => return None,
    };
    let mut finding = cx
        .finding(
            LINT.code,
            severity,
            selector.span,
            format!("changes() counts how often samples differ, not how much the counter `{name}` grew"),
        )
        .label("a counter")
        .evidence(evidence)
        .note("between two samples a counter may grow by 1 or by 1000: both are one change, and a restart is one as well")
        .help(format!("use `{}`", cx.text(whole.span).replacen("changes", "increase", 1)));
    finding.fix = cx.replace("use increase()", call.name.span, "increase", Safety::Unsafe);
    Some(finding)
}

/// Every fall of a gauge looks like a restart.
fn resets(
    cx: &RuleCx<'_, '_>,
    call: &Call,
    selector: &Expr,
    name: &str,
    fact: Option<Fact>,
) -> Option<Diagnostic> {
    let usage = cx.context.usage.of(name);
    let (severity, evidence) = match fact {
        Some(fact) if fact.tier > Tier::Name => match fact.metric_type {
            MetricType::Gauge => (fact.tier.cap(Severity::Warning), fact.sentence(name)),
            _ => return None,
        },
        Some(_) => return None,
        None if has_counter_suffix(name).is_some() || name.contains(':') => return None,
        // The time since a start falls at each restart, and only then.
        None if name.contains("uptime") => return None,
        None if usage.is_some_and(|usage| !usage.rates.is_empty()) => return None,
        None => (
            Severity::Info,
            format!("`{name}` does not end like a counter; a metrics dump (`--metrics`) would settle it"),
        ),
    };
    let mut finding = cx
        .finding(
            LINT.code,
            severity,
            selector.span,
            format!("resets() counts the restarts of a counter, and `{name}` is hardly one"),
        )
        .label("every fall counts as a reset")
        .evidence(evidence)
        .note("a gauge falls all the time without anything being restarted, and a rise is not counted at all")
        .help("use changes() to count how often the value moved");
    finding.fix = cx.replace("use changes()", call.name.span, "changes", Safety::Unsafe);
    Some(finding)
}
