//! FD308: grouping or matching by a label that was dropped before.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::matching::Sides;
use crate::needs::{Mark, Needs};
use firedrill_functions::Func;
use firedrill_promql::ast::{Expr, ExprKind, Name};
use firedrill_source::{Code, Severity, Span};
use firedrill_types::{Gone, Labels, What, label_flow};
use std::sync::Arc;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD308"),
    name: "aggregation-label-gone",
    summary: "grouping or matching by a label that an inner aggregation has dropped",
    category: Category::Labels,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("aggregation_label_gone.md"),
    needs: Needs::all(&[Mark::DropsTwice]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    // A label that was lost by matching is reported at the matching; what is built on it is not news.
    let mut reported = Vec::new();
    let nodes = cx.nodes;
    for sides in nodes.sides() {
        matching(cx, sides, &mut reported);
    }
    for (index, _, aggregate) in nodes.aggregates() {
        if !nodes.below(index).iter().any(|node| drops_labels(node.expr)) {
            continue;
        }
        let Some(grouping) = aggregate.grouping.as_ref().filter(|grouping| !grouping.without) else {
            continue;
        };
        let labels = label_flow(&aggregate.expr);
        for label in &grouping.labels {
            let Some(gone) = dropped(labels, label) else {
                continue;
            };
            if reported
                .iter()
                .any(|(name, span)| *name == label.text && *span == gone.span)
            {
                continue;
            }
            let message = format!(
                "{}() groups by `{}`, which is already gone",
                aggregate.op.name(),
                label.text
            );
            let note = "every series falls into the group without it";
            report(cx, label, gone, Severity::Error, message, note);
        }
    }
}

/// Whether the expression itself can drop labels.
fn drops_labels(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Aggregate(aggregate) => !aggregate.op.selects(),
        ExprKind::Binary(binary) => binary.matching.is_some(),
        ExprKind::Call(call) => call
            .function
            .is_some_and(|it| matches!(it.id, Func::HistogramQuantile | Func::HistogramFraction)),
        _ => false,
    }
}

/// `on (label)` where one side has lost the label and the other one may have it.
fn matching(cx: &mut RuleCx<'_, '_>, sides: &Sides<'_>, reported: &mut Vec<(Arc<str>, Span)>) {
    let Some(matching) = sides.binary.matching.as_ref().filter(|matching| matching.on) else {
        return;
    };
    let (left, right) = (sides.left, sides.right);
    for label in &matching.labels {
        let (gone, side) = match (dropped(left, label), dropped(right, label)) {
            (Some(gone), None) => (gone, "left"),
            (None, Some(gone)) => (gone, "right"),
            _ => continue,
        };
        reported.push((label.text.clone(), gone.span));
        let message = format!("matching on `{}`, which the {side} side has dropped", label.text);
        let note = "only series that do not have the label on the other side either can match";
        report(cx, label, gone, Severity::Warning, message, note);
    }
}

fn dropped(labels: Labels<'_>, label: &Name) -> Option<Gone> {
    labels
        .gone(&label.text)
        .filter(|gone| matches!(gone.what, What::Aggregation | What::On | What::Ignoring))
}

fn report(
    cx: &mut RuleCx<'_, '_>,
    label: &Name,
    gone: Gone,
    severity: Severity,
    message: String,
    note: &str,
) {
    let name = &label.text;
    let place = cx.text(gone.span);
    let finding = cx
        .finding(LINT.code, severity, label.span, message)
        .label("no series has it any more")
        .related(cx.at(gone.span), format!("`{name}` is dropped here"))
        .evidence(format!("`{place}` does not keep `{name}`"))
        .note(note)
        .help(format!(
            "keep `{name}` in the inner aggregation, or leave it out here"
        ));
    cx.report(finding);
}
