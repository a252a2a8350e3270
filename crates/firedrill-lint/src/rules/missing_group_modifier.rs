//! FD306: a join of several series with one that does not say so.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::matching::compares;
use crate::needs::{Mark, Needs};
use firedrill_facts::Tier;
use firedrill_functions::ValueType;
use firedrill_promql::ast::{Binary, BinaryOp, Expr, ExprKind, MatchOp, Selector};
use firedrill_source::{Code, Safety, Severity, Span};
use firedrill_types::{Labels, Presence};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD306"),
    name: "missing-group-modifier",
    summary: "several series on one side may fit one on the other, and no `group_left` says so",
    category: Category::Labels,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("missing_group_modifier.md"),
    needs: Needs::all(&[Mark::Join, Mark::Matching]),
    check: Check::Rule(check),
};

/// What makes a side have several series for one set of compared labels.
struct Finer {
    label: String,
    evidence: String,
    severity: Severity,
}

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for sides in nodes.sides() {
        let binary = sides.binary;
        let Some(matching) = &binary.matching else {
            continue;
        };
        if binary.group.is_some() || !sides.pairs_samples() {
            continue;
        }
        let (left, right) = (sides.left, sides.right);
        let left_finer = finer(cx, binary, &binary.lhs, left, right);
        let right_finer = finer(cx, binary, &binary.rhs, right, left);
        let (found, keyword, side) = match (left_finer, right_finer) {
            (Some(found), None) => (found, "group_left", "left"),
            (None, Some(found)) => (found, "group_right", "right"),
            // Both: no modifier helps, and which one was forgotten nobody can say.
            (Some(found), Some(_)) => (found, "group_left", "left"),
            (None, None) => continue,
        };
        let message = format!(
            "series of the {side} side that differ only in `{}` make the whole rule fail",
            found.label
        );
        let mut finding = cx
            .finding(LINT.code, found.severity, matching.span, message)
            .label("one series on each side")
            .evidence(found.evidence)
            .note(
                "Prometheus gives up: \"multiple matches for labels: many-to-one matching must be explicit\"",
            )
            .help(format!(
                "add `{keyword}` after it, or aggregate the {side} side first"
            ));
        let after = Span {
            start: matching.span.end,
            end: matching.span.end,
        };
        finding.fix = cx.replace(
            format!("add {keyword}"),
            after,
            &format!(" {keyword} ()"),
            Safety::Unsafe,
        );
        cx.report(finding);
    }
}

/// The selector whose series a side consists of, where nothing groups or joins them.
fn source(side: &Expr) -> Option<&Selector> {
    match &side.kind {
        ExprKind::Selector(selector) => Some(selector),
        ExprKind::Paren(inner) => source(inner),
        ExprKind::Range(range) => source(&range.selector),
        ExprKind::Call(call) => {
            let keeps = call.function.is_some_and(|it| {
                !it.name.starts_with("absent")
                    && !it.name.starts_with("label_")
                    && !it.name.starts_with("histogram_")
            });
            let series = |arg: &&Expr| matches!(arg.value_type(), ValueType::Vector | ValueType::Matrix);
            source(call.args.iter().find(series).filter(|_| keeps)?)
        }
        // Without `on` or `ignoring` all labels stay.
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::Or => None,
            BinaryOp::And | BinaryOp::Unless => source(&binary.lhs),
            _ if binary.matching.is_some() => None,
            _ => source(&binary.lhs).or_else(|| source(&binary.rhs)),
        },
        _ => None,
    }
}

/// A label that is not compared and by which the series of a side differ.
fn finer(
    cx: &RuleCx<'_, '_>,
    binary: &Binary,
    side: &Expr,
    labels: Labels<'_>,
    other: Labels<'_>,
) -> Option<Finer> {
    let free = |label: &str| !compares(binary, label) && labels.value(label).is_none();
    if let Some(exact) = labels.exact() {
        // The other side has dropped it as well, or keeps it and is as fine.
        let label = exact.into_iter().find(|label| free(label))?.to_owned();
        return Some(Finer {
            evidence: format!("the side is grouped by `{label}`, which is not compared"),
            label,
            severity: Severity::Warning,
        });
    }
    let selector = source(side)?;
    let name = selector.metric_name().filter(|name| !name.ends_with("_info"))?;
    let known = cx.context.facts.labels(name)?;
    // Two equal sets of series are joined one by one.
    let same = source(if std::ptr::eq(side, &binary.lhs) {
        &binary.rhs
    } else {
        &binary.lhs
    });
    if same.and_then(|other| other.metric_name()) == Some(name) {
        return None;
    }
    let label = known.value.iter().find(|label| {
        let pinned = selector
            .matchers
            .iter()
            .any(|matcher| matcher.label.text == **label && matches!(matcher.op, MatchOp::Equal));
        !pinned && free(label) && other.presence(label) != Presence::Always
    })?;
    Some(Finer {
        label: label.to_string(),
        evidence: format!("`{name}` has a label `{label}` ({})", known.evidence),
        severity: if known.tier >= Tier::Code {
            Severity::Warning
        } else {
            Severity::Info
        },
    })
}
