//! FD301: `and` and `unless` between label sets that can never be equal.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use firedrill_promql::ast::{Binary, BinaryOp, ExprKind};
use firedrill_source::{Code, Severity};
use firedrill_types::{Labels, Presence, What, label_flow};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD301"),
    name: "set-op-never-matches",
    summary: "`and` or `unless` between sides whose labels can never be equal",
    category: Category::Labels,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("set_op_never_matches.md"),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    for (_, node) in cx.nodes.iter() {
        let ExprKind::Binary(binary) = &node.expr.kind else {
            continue;
        };
        if !matches!(binary.op, BinaryOp::And | BinaryOp::Unless) {
            continue;
        }
        let (left, right) = (label_flow(&binary.lhs), label_flow(&binary.rhs));
        if let Some(label) = conflict(binary, &left, &right) {
            let label = label.to_owned();
            report(cx, binary, &left, &right, &label);
        }
    }
}

/// A label that is compared and can never be equal on both sides.
fn conflict<'l>(binary: &Binary, left: &'l Labels<'_>, right: &'l Labels<'_>) -> Option<&'l str> {
    let compared = |label: &&str| match &binary.matching {
        Some(matching) => matching.on == matching.labels.iter().any(|name| &*name.text == *label),
        None => true,
    };
    left.named().chain(right.named()).filter(compared).find(|label| {
        match (left.presence(label), right.presence(label)) {
            (Presence::Always, Presence::Never) | (Presence::Never, Presence::Always) => true,
            _ => matches!((left.value(label), right.value(label)), (Some(a), Some(b)) if a != b),
        }
    })
}

fn report(cx: &mut RuleCx<'_, '_>, binary: &Binary, left: &Labels<'_>, right: &Labels<'_>, label: &str) {
    let word = binary.op.symbol();
    let (severity, does) = match binary.op {
        BinaryOp::And => (Severity::Error, "never has a result"),
        _ => (Severity::Warning, "never removes anything"),
    };
    let message = format!("this `{word}` {does}: `{label}` can never be equal on both sides");
    let mut finding = cx
        .finding(LINT.code, severity, binary.op_span, message)
        .label("compares all labels");
    if let Some(matching) = &binary.matching {
        let names: Vec<&str> = matching.labels.iter().map(|name| &*name.text).collect();
        let words = if matching.on {
            "compares only"
        } else {
            "compares all labels but"
        };
        finding = finding.label(format!("{words} {}", names.join(", ")));
    }
    for (side, labels, expr) in [("left", left, &binary.lhs), ("right", right, &binary.rhs)] {
        let words = match (labels.presence(label), labels.value(label)) {
            (Presence::Never, _) => format!("on the {side} `{label}` is never there"),
            (_, Some(value)) => format!("on the {side} `{label}` is always \"{value}\""),
            _ => format!("on the {side} `{label}` is always there"),
        };
        finding = finding.evidence(words);
        if let Some(gone) = labels.gone(label) {
            let words = match gone.what {
                What::Aggregation => format!("drops `{label}`"),
                What::Number => "has no labels".to_owned(),
                _ => format!("has no `{label}`"),
            };
            finding = finding.related(cx.at(gone.span), words);
        } else {
            finding = finding.related(cx.at(expr.span), format!("has `{label}`"));
        }
    }
    let note = match binary.op {
        BinaryOp::And => "samples of the two sides meet only when all compared labels are equal",
        _ => "a sample is removed only when the other side has one with the same labels",
    };
    let shared: Vec<&str> = match (left.exact(), right.exact()) {
        (Some(a), Some(b)) => a
            .into_iter()
            .filter(|name| b.contains(name) && *name != label)
            .collect(),
        (Some(known), None) | (None, Some(known)) => {
            known.into_iter().filter(|name| *name != label).collect()
        }
        _ => Vec::new(),
    };
    let advice = if left.exact().is_none() && right.exact().is_none() {
        format!("leave it out of the comparison: `{word} ignoring ({label})`")
    } else {
        format!(
            "compare only what both sides have: `{word} on ({})`",
            shared.join(", ")
        )
    };
    cx.report(finding.note(note).help(advice));
}
