//! What can be said of a plan without running it.

use super::node::{AggregateNode, BinaryNode, CallNode, Node, NodeKind, Shape};
use firedrill_functions::{Func, ValueType};
use firedrill_promql::ast::{AggregateOp, BinaryOp};

/// Whether the order of a vector that changes from step to step reaches something that depends on it in its last bits:
/// a sum over `topk`. Such a plan is run step by step.
pub(super) fn order_matters(node: &Node) -> bool {
    let sensitive = match &node.kind {
        NodeKind::Aggregate(aggregate) => {
            use AggregateOp::{Avg, Bottomk, Limitk, Stddev, Stdvar, Sum, Topk};
            matches!(
                aggregate.op,
                Sum | Avg | Stddev | Stdvar | Topk | Bottomk | Limitk
            ) && contains_reordering(&aggregate.expr)
        }
        _ => false,
    };
    sensitive || children(node).into_iter().any(order_matters)
}

fn contains_reordering(node: &Node) -> bool {
    let here = match &node.kind {
        NodeKind::Aggregate(aggregate) => {
            matches!(
                aggregate.op,
                AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::CountValues
            )
        }
        NodeKind::Call(call) => matches!(
            call.func,
            Func::Sort | Func::SortDesc | Func::SortByLabel | Func::SortByLabelDesc
        ),
        _ => false,
    };
    here || children(node).into_iter().any(contains_reordering)
}

/// Whether the result is an empty vector, without error, if no selector finds a series.
pub(super) fn quiet_without_series(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Number(_) | NodeKind::String(_) => false,
        NodeKind::Selector(_) => true,
        NodeKind::Window(window) => window.selector.extension.is_none(),
        NodeKind::Subquery(subquery) => quiet_without_series(&subquery.expr),
        NodeKind::Negate(inner) | NodeKind::Pinned { inner, .. } => quiet_without_series(inner),
        NodeKind::Call(call) => quiet_call(call),
        NodeKind::Aggregate(aggregate) => quiet_aggregate(aggregate),
        NodeKind::Binary(binary) => quiet_binary(binary),
    }
}

fn quiet_call(call: &CallNode) -> bool {
    let valid = match call.func {
        Func::Absent | Func::AbsentOverTime | Func::Scalar | Func::Vector | Func::Info => false,
        Func::LabelReplace => call.regex.is_some() && text(call.args.get(1)),
        Func::LabelJoin => text(call.args.get(1)) && call.args[2..].iter().all(|arg| text(Some(arg))),
        _ => true,
    };
    let mut vectors = 0;
    let args = call
        .args
        .iter()
        .enumerate()
        .all(|(at, arg)| match call.func.row().arg_type(at) {
            ValueType::Vector | ValueType::Matrix => {
                vectors += 1;
                quiet_without_series(arg)
            }
            ValueType::Scalar => harmless(arg),
            ValueType::String | ValueType::None => true,
        });
    valid && args && vectors > 0
}

/// Whether an argument is a text that is neither empty nor broken.
fn text(arg: Option<&Node>) -> bool {
    matches!(
        arg.map(|arg| &arg.kind),
        Some(NodeKind::String(bytes)) if !bytes.is_empty() && std::str::from_utf8(bytes).is_ok()
    )
}

fn quiet_aggregate(aggregate: &AggregateNode) -> bool {
    let param = match (&aggregate.param, aggregate.op) {
        (None, _) => true,
        (Some(param), AggregateOp::CountValues) => text(Some(param)),
        (Some(param), AggregateOp::Quantile) => harmless(param),
        (Some(param), _) => matches!(param.kind, NodeKind::Number(k) if k.abs() < 1e15),
    };
    param && quiet_without_series(&aggregate.expr)
}

fn quiet_binary(binary: &BinaryNode) -> bool {
    let (lhs, rhs) = (&binary.lhs, &binary.rhs);
    match &binary.shape {
        Shape::Scalars => false,
        Shape::ScalarVector => harmless(lhs) && quiet_without_series(rhs),
        Shape::VectorScalar => quiet_without_series(lhs) && harmless(rhs),
        Shape::Vectors { fill, .. } if fill.left.is_none() && fill.right.is_none() => match binary.op {
            BinaryOp::Or => quiet_without_series(lhs) && quiet_without_series(rhs),
            BinaryOp::Unless => quiet_without_series(lhs) && (harmless(rhs) || quiet_without_series(rhs)),
            _ => {
                let left = quiet_without_series(lhs);
                let right = quiet_without_series(rhs);
                left && (right || harmless(rhs)) || harmless(lhs) && right
            }
        },
        Shape::Vectors { .. } => quiet_without_series(lhs) && quiet_without_series(rhs),
    }
}

/// Whether it gives a scalar or a single sample, and never an error, if no selector finds a series.
fn harmless(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Number(_) => true,
        NodeKind::Pinned { inner, .. } | NodeKind::Negate(inner) => harmless(inner),
        NodeKind::Binary(binary) => {
            matches!(binary.shape, Shape::Scalars) && harmless(&binary.lhs) && harmless(&binary.rhs)
        }
        NodeKind::Call(call) => match call.func {
            Func::Scalar | Func::Absent | Func::AbsentOverTime => call.args.iter().all(quiet_without_series),
            Func::Vector => call.args.iter().all(harmless),
            Func::Time | Func::Pi => true,
            _ => false,
        },
        _ => false,
    }
}

fn children(node: &Node) -> Vec<&Node> {
    match &node.kind {
        NodeKind::Number(_) | NodeKind::String(_) | NodeKind::Selector(_) | NodeKind::Window(_) => Vec::new(),
        NodeKind::Subquery(subquery) => vec![&subquery.expr],
        NodeKind::Call(call) => call.args.iter().collect(),
        NodeKind::Aggregate(aggregate) => aggregate.param.iter().chain([&aggregate.expr]).collect(),
        NodeKind::Binary(binary) => vec![&binary.lhs, &binary.rhs],
        NodeKind::Negate(inner) | NodeKind::Pinned { inner, .. } => vec![inner],
    }
}
