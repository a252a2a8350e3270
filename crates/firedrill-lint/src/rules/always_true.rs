//! FD202: comparisons that every value satisfies.

use super::never_true::lives;
use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::nodes::Role;
use crate::thresholds::{in_words, proof, threshold};
use firedrill_functions::Func;
use firedrill_promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD202"),
    name: "always-true",
    summary: "a comparison that every value satisfies",
    category: Category::Thresholds,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("always_true.md"),
    needs: Needs::all(&[Mark::Threshold]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for comparison in cx.nodes.comparisons(cx.context.facts) {
        let (index, expr, binary) = (comparison.index, comparison.expr, comparison.binary);
        let Some(threshold) = threshold(binary).filter(|_| binary.bool_modifier.is_none()) else {
            continue;
        };
        let Some(opposite) = opposite(threshold.op) else {
            continue;
        };
        let (range, number) = if std::ptr::eq(threshold.value, &binary.lhs) {
            (comparison.left, comparison.right)
        } else {
            (comparison.right, comparison.left)
        };
        // What is always the same number is compared with it to say so, as in `absent(x) == 1`.
        if range.lo == range.hi || !range.never(opposite, number) || !lives(threshold.value) {
            continue;
        }
        if super::domain_threshold::outside(cx, &threshold).is_some() {
            continue;
        }
        let counted = counts(threshold.value)
            || range.lo >= 1.0 && (threshold.number == 0.0 || threshold.number == 1.0)
            || filters(threshold.value);
        let severity = if range.weak || counted || !decides(cx, index) {
            Severity::Info
        } else {
            Severity::Error
        };
        let message = format!(
            "`{}` always holds: `{}` {}",
            cx.text(expr.span),
            cx.text(threshold.value.span),
            in_words(range)
        );
        let mut finding = cx
            .finding(LINT.code, severity, expr.span, message)
            .label("always true");
        for step in proof(cx, threshold.value) {
            finding = finding.evidence(step);
        }
        findings.push(if counted {
            finding
                .note("the comparison lets everything through")
                .help("leave the comparison out, or compare with the number that is too few")
        } else {
            finding
                .note("every series that exists gets through, whatever its value is")
                .help("check the operator and the threshold: one of them is not what was meant")
        });
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// The comparison that holds where this one does not.
fn opposite(op: BinaryOp) -> Option<BinaryOp> {
    match op {
        BinaryOp::Greater => Some(BinaryOp::LessEqual),
        BinaryOp::GreaterEqual => Some(BinaryOp::Less),
        BinaryOp::Less => Some(BinaryOp::GreaterEqual),
        BinaryOp::LessEqual => Some(BinaryOp::Greater),
        BinaryOp::NotEqual => Some(BinaryOp::Equal),
        _ => None,
    }
}

/// Whether the comparison decides over the result, and is no question for presence inside something greater.
fn decides(cx: &RuleCx<'_, '_>, index: usize) -> bool {
    cx.nodes
        .ancestors(index)
        .all(|(parent, role, _)| match &parent.kind {
            ExprKind::Paren(_) => true,
            ExprKind::Binary(binary) => match binary.op {
                BinaryOp::Or => true,
                BinaryOp::Unless => role == Role::Left,
                _ => false,
            },
            _ => false,
        })
}

/// What a comparison has let through before needs no second one, which does no harm either.
fn filters(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Paren(inner) => filters(inner),
        ExprKind::Aggregate(aggregate) => filters(&aggregate.expr),
        ExprKind::Binary(binary) => {
            binary.op.is_comparison() && binary.bool_modifier.is_none()
                || matches!(binary.op, BinaryOp::And | BinaryOp::Unless) && filters(&binary.lhs)
        }
        _ => false,
    }
}

/// A number of things that are there is above zero by its nature: comparing it with zero is a habit.
fn counts(expr: &Expr) -> bool {
    match &expr.unparenthesised().kind {
        ExprKind::Aggregate(aggregate) => matches!(
            aggregate.op,
            AggregateOp::Count | AggregateOp::CountValues | AggregateOp::Group
        ),
        ExprKind::Call(call) => call
            .function
            .is_some_and(|function| matches!(function.id, Func::CountOverTime | Func::PresentOverTime)),
        _ => false,
    }
}
