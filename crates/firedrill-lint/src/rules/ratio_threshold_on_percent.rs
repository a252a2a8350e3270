//! FD204: a percentage compared with a fraction of 1.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::texts::says_percent;
use firedrill_promql::ast::BinaryOp;
use firedrill_source::{Code, Safety, Severity};
use firedrill_types::ShareProof;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD204"),
    name: "ratio-threshold-on-percent",
    summary: "a percentage compared with a fraction of 1",
    category: Category::Thresholds,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("ratio_threshold_on_percent.md"),
    needs: Needs::all(&[Mark::ThresholdBelowOne]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for limit in cx.nodes.thresholds() {
        let threshold = limit.threshold;
        if threshold.number.is_nan() || threshold.number <= 0.0 || threshold.number >= 1.0 {
            continue;
        }
        let share = cx.nodes.compared_share(limit, cx.context.facts);
        let Some(share) = share.filter(|it| it.whole == 100.0) else {
            continue;
        };
        let number = threshold.number;
        let percent = number * 100.0;
        let percent = (percent * 1e9).round() / 1e9;
        let told = says_percent(cx.rule, percent) && !says_percent(cx.rule, number);
        // What is left may be small, but not this small: nobody waits for the last half of a percent.
        let last_of_it = matches!(threshold.op, BinaryOp::Less | BinaryOp::LessEqual);
        let severity = match (told, share.proof) {
            (true, _) => Severity::Warning,
            (false, ShareProof::Named) if number < 0.5 => continue,
            (false, _) if says_percent(cx.rule, number) => continue,
            (false, _) if number >= 0.5 || last_of_it => Severity::Info,
            _ => continue,
        };
        let all = if share.proof == ShareProof::Named {
            "the name says that the value is a percentage"
        } else {
            "the value is multiplied by 100, so 100 is all of it"
        };
        let mut finding = cx
            .finding(
                LINT.code,
                severity,
                threshold.written.span,
                format!("a percentage is compared with {number}, which reads like a fraction of 1"),
            )
            .label(format!("less than one percent; {percent} % is {percent}"))
            .related(cx.at(threshold.value.span), "a percentage")
            .evidence(all);
        if told {
            finding = finding.evidence(format!("the texts of the alert speak of {percent} %"));
        }
        finding = finding.help(format!("compare with {percent}, or leave out the factor of 100"));
        finding.fix = cx.replace(
            format!("compare with {percent}"),
            threshold.written.span,
            &percent.to_string(),
            Safety::Unsafe,
        );
        findings.push(finding);
    }
    for finding in findings {
        cx.report(finding);
    }
}
