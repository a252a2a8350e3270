//! How the two sides of an operator find each other, and which comparison of an expression decides.

use firedrill_functions::ValueType;
use firedrill_promql::Expr;
use firedrill_promql::ast::{Binary, BinaryOp, ExprKind, GroupSide};
use firedrill_value::{Labels, METRIC_NAME};

/// The comparison that decides whether the expression holds.
#[derive(Clone, Copy)]
pub(super) struct Decision<'a> {
    pub(super) binary: &'a Binary,
    /// What is filtered.
    pub(super) side: &'a Expr,
    /// What it is compared with.
    pub(super) other: &'a Expr,
    /// The comparison as seen from the side.
    pub(super) op: BinaryOp,
}

/// The comparison at the top of an expression, or of what `and` and `unless` filter there.
pub(super) fn decision(expr: &Expr) -> Option<Decision<'_>> {
    let ExprKind::Binary(binary) = &expr.unparenthesised().kind else {
        return None;
    };
    if matches!(binary.op, BinaryOp::And | BinaryOp::Unless) {
        return decision(&binary.lhs);
    }
    if !binary.op.is_comparison() || binary.bool_modifier.is_some() || expr.value_type() != ValueType::Vector
    {
        return None;
    }
    let scalar_left = binary.lhs.value_type() == ValueType::Scalar;
    let (side, other, op) = if scalar_left {
        (&binary.rhs, &binary.lhs, binary.op.flipped())
    } else {
        (&binary.lhs, &binary.rhs, binary.op)
    };
    Some(Decision {
        binary,
        side,
        other,
        op,
    })
}

/// Whether a comparison of two numbers holds.
pub(super) fn holds(op: BinaryOp, left: f64, right: f64) -> bool {
    match op {
        BinaryOp::Equal => left == right,
        BinaryOp::NotEqual => left != right,
        BinaryOp::Less => left < right,
        BinaryOp::LessEqual => left <= right,
        BinaryOp::Greater => left > right,
        BinaryOp::GreaterEqual => left >= right,
        _ => false,
    }
}

/// Whether an operator compares a label when it looks for partners.
pub(super) fn is_compared(binary: &Binary, name: &str) -> bool {
    match &binary.matching {
        Some(matching) => {
            let listed = matching.labels.iter().any(|label| *label.text == *name);
            if matching.on {
                listed
            } else {
                !listed && name != METRIC_NAME
            }
        }
        None => name != METRIC_NAME,
    }
}

/// The labels by which a series looks for its partner.
pub(super) fn signature(binary: &Binary, labels: &Labels) -> Labels {
    labels.filter(|name| is_compared(binary, name))
}

/// Whether the result of an operator takes a label from this side.
pub(super) fn comes_from(binary: &Binary, left: bool, name: &str) -> bool {
    if binary.op.is_set() {
        return left || binary.op == BinaryOp::Or || is_compared(binary, name);
    }
    match &binary.group {
        Some(group) => {
            let many = (group.side == GroupSide::Left) == left;
            let copied = group.labels.iter().any(|label| *label.text == *name);
            if many {
                !copied
            } else {
                copied || is_compared(binary, name)
            }
        }
        None => is_compared(binary, name),
    }
}
