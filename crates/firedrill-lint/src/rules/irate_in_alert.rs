//! FD107: `irate()` in an alert.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_functions::Func;
use firedrill_model::RuleKind;
use firedrill_source::{Code, Safety, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD107"),
    name: "irate-in-alert",
    summary: "an alert on `irate()`, which sees the last two samples only",
    category: Category::MetricTypes,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("irate_in_alert.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Irate]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert {
        return;
    }
    let mut findings = Vec::new();
    for (_, expr, call) in cx.nodes.calls() {
        if call.function.is_none_or(|function| function.id != Func::Irate) {
            continue;
        }
        let waits = cx.rule.hold.as_ref().is_some_and(|hold| !hold.value.is_zero());
        let note = if waits {
            "one quiet pair of samples ends the condition, and `for` starts again from nothing"
        } else {
            "one busy pair of samples is enough to fire, and the next may end it"
        };
        let mut finding = cx
            .finding(
                LINT.code,
                Severity::Warning,
                call.name.span,
                "irate() looks at the last two samples only, which makes an alert flap",
            )
            .label("two samples of the window")
            .evidence(format!(
                "`{}` ignores all older samples of its window",
                cx.text(expr.span)
            ))
            .note(note)
            .help("use rate() in alerts; irate() is for graphs that are looked at closely");
        finding.fix = cx.replace("use rate()", call.name.span, "rate", Safety::Unsafe);
        findings.push(finding);
    }
    for finding in findings {
        cx.report(finding);
    }
}
