//! FD404: a `for` that the evaluation interval makes meaningless.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_model::RuleKind;
use firedrill_source::{Code, Diagnostic, Location, Severity};
use firedrill_value::Duration;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD404"),
    name: "for-vs-interval",
    summary: "a `for` shorter than the time between two evaluations",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("for_vs_interval.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Wait]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let Some(hold) = cx.rule.hold.as_ref().filter(|hold| hold.value.millis() > 0) else {
        return;
    };
    let prometheus = cx.context.settings.prometheus.as_ref();
    let (interval, place) = match (&cx.group.interval, prometheus) {
        (Some(own), _) if own.value.millis() > 0 => (
            own.value,
            Some((cx.file.file, own.span, "the interval of the group")),
        ),
        (_, Some(prometheus)) => (
            Duration::from_millis(prometheus.evaluation_millis()),
            prometheus
                .evaluation_interval
                .as_ref()
                .map(|it| (prometheus.file, it.span, "the evaluation interval")),
        ),
        _ => return,
    };
    if cx.rule.kind != RuleKind::Alert || hold.value.millis() >= interval.millis() {
        return;
    }
    // Generated rules often miss the interval by a little, which costs little.
    let severity = if 2 * hold.value.millis() < interval.millis() {
        Severity::Warning
    } else {
        Severity::Info
    };
    let mut finding = Diagnostic::new(
        LINT.code,
        severity,
        Location::new(cx.file.file, hold.span),
        format!(
            "`for: {}` means {interval}: the rule is evaluated every {interval} only",
            hold.value
        ),
    )
    .label("shorter than one interval")
    .evidence(match place {
        Some(_) => format!("the rule is evaluated every {interval}"),
        None => format!("no `evaluation_interval` is set, so it is Prometheus' default of {interval}"),
    })
    .note("whether the condition held in between nobody looks; it fires at the second evaluation that finds it true")
    .help(format!("write `for: {interval}` or longer; was another unit meant?"));
    if let Some((file, span, words)) = place {
        finding = finding.related(Location::new(file, span), words);
    }
    cx.report(finding);
}
