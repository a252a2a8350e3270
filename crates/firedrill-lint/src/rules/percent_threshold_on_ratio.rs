//! FD203: a ratio between 0 and 1 compared with a percentage.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::nodes::Limit;
use crate::texts::{prints_percent, says_percent};
use crate::thresholds::{Threshold, proof};
use firedrill_functions::Func;
use firedrill_promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Diagnostic, Safety, Severity};
use firedrill_types::{ShareProof, constant, is_part_of_whole, value_range};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD203"),
    name: "percent-threshold-on-ratio",
    summary: "a ratio between 0 and 1 compared with a percentage",
    category: Category::Thresholds,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("percent_threshold_on_ratio.md"),
    needs: Needs::all(&[Mark::ThresholdUpToHundred]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for limit in cx.nodes.thresholds() {
        let threshold = limit.threshold;
        if !reads_like_percent(&threshold) {
            continue;
        }
        findings.extend(if proved(cx, &threshold) {
            Some(certain(cx, &threshold))
        } else {
            likely(cx, limit)
        });
    }
    for finding in findings {
        cx.report(finding);
    }
}

fn reads_like_percent(threshold: &Threshold<'_>) -> bool {
    threshold.number > 1.0 && threshold.number <= 100.0 && threshold.op != BinaryOp::NotEqual
}

/// A value that cannot leave the range from 0 to 1.
fn certain(cx: &RuleCx<'_, '_>, threshold: &Threshold<'_>) -> Diagnostic {
    let number = threshold.number;
    let grows = matches!(
        threshold.op,
        BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::Equal
    );
    let note = if grows {
        "the comparison can never hold"
    } else {
        "the comparison always holds"
    };
    let message = format!("a ratio between 0 and 1 is compared with {number}, which reads like a percentage");
    let mut finding = start(cx, Severity::Error, threshold, message)
        .related(cx.at(threshold.value.span), "between 0 and 1")
        .note(note);
    for step in proof(cx, threshold.value) {
        finding = finding.evidence(step);
    }
    finding
}

/// A value that is a share by its units, its names or the texts around it.
fn likely<'a>(cx: &RuleCx<'a, '_>, limit: &Limit<'a>) -> Option<Diagnostic> {
    let threshold = &limit.threshold;
    let number = threshold.number;
    let found = cx.nodes.compared_share(limit, cx.context.facts);
    let found = found.filter(|found| found.whole == 1.0)?;
    if let Some(from) = found.taken_from {
        let message =
            format!("a ratio is taken from {from} and compared with {number}, which reads like a percentage");
        let finding = start(cx, Severity::Warning, threshold, message)
            .related(cx.at(threshold.value.span), "at most 1 is taken away")
            .evidence(format!(
                "nothing in `{}` multiplies by 100",
                cx.text(threshold.value.span)
            ))
            .note(format!(
                "the value lies between {} and {from}, whatever happens",
                from - 1.0
            ));
        return Some(finding);
    }
    let named = says_percent(cx.rule, number);
    let told = named || prints_percent(cx.rule);
    // Twice the limit is a fair question, ninety times is not; what nobody calls a percentage may be a factor.
    let severity = match (found.proof, told) {
        (ShareProof::Named | ShareProof::SameUnit | ShareProof::Term | ShareProof::Words, true) => {
            Severity::Warning
        }
        (ShareProof::Quotient, _) if named && number >= 5.0 => Severity::Warning,
        (ShareProof::Named, false) if number >= 2.0 => Severity::Warning,
        (ShareProof::SameUnit | ShareProof::Term, false) if number >= 50.0 => Severity::Warning,
        (ShareProof::SameUnit | ShareProof::Term, false) if number >= 10.0 => Severity::Info,
        (ShareProof::Words, false) if number >= 10.0 => Severity::Info,
        _ => return None,
    };
    let reason = match found.proof {
        ShareProof::Named => "the name says that the value is a ratio",
        ShareProof::Term => "the lower side of the division contains the upper one, so all of it is 1",
        ShareProof::SameUnit => "both sides of the division have the same unit, so all of it is 1",
        ShareProof::Words => "by their names the lower side of the division is the limit of the upper one",
        _ => "one thing is divided by another, and nothing multiplies by 100",
    };
    let message = format!("a ratio is compared with {number}, which reads like a percentage");
    let mut finding = start(cx, severity, threshold, message)
        .related(cx.at(threshold.value.span), "all of it is 1")
        .evidence(reason);
    if told {
        finding = finding.evidence(format!(
            "the texts of the alert speak of {number} %, or print the value with a percent sign"
        ));
    }
    Some(finding)
}

fn start(cx: &RuleCx<'_, '_>, severity: Severity, threshold: &Threshold<'_>, message: String) -> Diagnostic {
    let number = threshold.number;
    let ratio = (number * 1e7).round() / 1e9;
    let mut finding = cx
        .finding(LINT.code, severity, threshold.written.span, message)
        .label(format!("{number} % is {ratio}"))
        .help(format!("compare with {ratio}, or multiply the ratio by 100"));
    finding.fix = cx.replace(
        format!("compare with {ratio}"),
        threshold.written.span,
        &ratio.to_string(),
        Safety::Unsafe,
    );
    finding
}

/// Whether a provable ratio is compared with a number above 1 that may be a percentage.
pub(crate) fn proved(cx: &RuleCx<'_, '_>, threshold: &Threshold<'_>) -> bool {
    if !reads_like_percent(threshold) {
        return false;
    }
    if !is_ratio(threshold.value) {
        return false;
    }
    let range = value_range(threshold.value, cx.context.facts);
    range.lo >= 0.0 && range.hi <= 1.0 && !range.weak
}

/// Whether the value is a fraction, and not only a 0 or 1.
fn is_ratio(expr: &Expr) -> bool {
    let expr = expr.unparenthesised();
    match &expr.kind {
        ExprKind::Binary(binary) if is_part_of_whole(binary) => true,
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::Sub => constant(&binary.lhs) == Some(1.0) && is_ratio(&binary.rhs),
            BinaryOp::Or => is_ratio(&binary.lhs) || is_ratio(&binary.rhs),
            BinaryOp::And | BinaryOp::Unless => is_ratio(&binary.lhs),
            op => op.is_comparison() && binary.bool_modifier.is_none() && is_ratio(&binary.lhs),
        },
        ExprKind::Aggregate(aggregate) => aggregate.op == AggregateOp::Avg || is_ratio(&aggregate.expr),
        ExprKind::Call(call) => match call.function.map(|function| function.id) {
            Some(Func::AvgOverTime | Func::HistogramFraction) => true,
            _ => call.args.first().is_some_and(is_ratio),
        },
        ExprKind::Subquery(subquery) => is_ratio(&subquery.expr),
        _ => false,
    }
}
