//! The tree of a plan.

use firedrill_functions::{Func, ValueType};
use firedrill_promql::ast::{AggregateOp, AtTime, BinaryOp, ExtensionKind, Fill, GroupSide, Matcher};
use firedrill_regex::Regex;
use firedrill_source::Span;
use std::sync::Arc;

/// A step of a computation. Parentheses and unary plus are gone.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    /// Where it stands in the expression, for annotations.
    pub(crate) span: Span,
}

impl Node {
    /// The type of its value.
    pub(crate) fn value_type(&self) -> ValueType {
        match &self.kind {
            NodeKind::Number(_) => ValueType::Scalar,
            NodeKind::String(_) => ValueType::String,
            NodeKind::Selector(_) | NodeKind::Aggregate(_) => ValueType::Vector,
            NodeKind::Window(_) | NodeKind::Subquery(_) => ValueType::Matrix,
            NodeKind::Call(call) => call.func.row().returns,
            NodeKind::Binary(binary) if matches!(binary.shape, Shape::Scalars) => ValueType::Scalar,
            NodeKind::Binary(_) => ValueType::Vector,
            NodeKind::Negate(inner) | NodeKind::Pinned { inner, .. } => inner.value_type(),
        }
    }
}

#[derive(Debug)]
pub(crate) enum NodeKind {
    Number(f64),
    String(Arc<[u8]>),
    Selector(SelectorNode),
    Window(Box<WindowNode>),
    Subquery(Box<SubqueryNode>),
    Call(Box<CallNode>),
    Aggregate(Box<AggregateNode>),
    Binary(Box<BinaryNode>),
    Negate(Box<Node>),
    /// The same at every step: evaluated once. With `uses_bounds` only where the query has one start and end.
    Pinned {
        inner: Box<Node>,
        uses_bounds: bool,
    },
}

/// A length of time: known, or an index into the plan's durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    Millis(i64),
    Computed(usize),
}

#[derive(Debug)]
pub(crate) struct SelectorNode {
    pub(crate) matchers: Arc<[Matcher]>,
    pub(crate) offset: Length,
    pub(crate) at: Option<AtTime>,
    pub(crate) extension: Option<ExtensionKind>,
    /// Only count and sum of histograms are asked for.
    pub(crate) statistics_only: bool,
}

/// A range selector; its modifiers are the selector's.
#[derive(Debug)]
pub(crate) struct WindowNode {
    pub(crate) selector: SelectorNode,
    pub(crate) range: Length,
}

#[derive(Debug)]
pub(crate) struct SubqueryNode {
    pub(crate) expr: Node,
    pub(crate) range: Length,
    pub(crate) step: Option<Length>,
    pub(crate) offset: Length,
    pub(crate) at: Option<AtTime>,
}

#[derive(Debug)]
pub(crate) struct CallNode {
    pub(crate) func: Func,
    pub(crate) args: Vec<Node>,
    /// The compiled pattern of `label_replace`; `None` where Go refuses it.
    pub(crate) regex: Option<Regex>,
    /// Whether the first argument is written as a selector, so that `timestamp` takes the samples' own times.
    pub(crate) direct: bool,
}

impl CallNode {
    /// The selector that is the first argument.
    pub(crate) fn direct_selector(&self) -> Option<&SelectorNode> {
        match self.args.first().map(|arg| &arg.kind) {
            Some(NodeKind::Selector(selector)) if self.direct => Some(selector),
            _ => None,
        }
    }

    /// The bytes of a string argument.
    pub(crate) fn bytes_of(node: &Node) -> &[u8] {
        match &node.kind {
            NodeKind::String(bytes) => bytes,
            _ => &[],
        }
    }

    /// The text of a string argument.
    pub(crate) fn text_of(node: &Node) -> String {
        String::from_utf8_lossy(Self::bytes_of(node)).into_owned()
    }
}

#[derive(Debug)]
pub(crate) struct AggregateNode {
    pub(crate) op: AggregateOp,
    /// Whether the labels are the ones to drop.
    pub(crate) without: bool,
    /// Sorted label names.
    pub(crate) labels: Vec<Arc<str>>,
    pub(crate) param: Option<Node>,
    pub(crate) expr: Node,
}

#[derive(Debug)]
pub(crate) struct BinaryNode {
    pub(crate) op: BinaryOp,
    pub(crate) bool_modifier: bool,
    pub(crate) shape: Shape,
    pub(crate) lhs: Node,
    pub(crate) rhs: Node,
}

/// What stands on the two sides of an operator.
#[derive(Debug)]
pub(crate) enum Shape {
    Scalars,
    ScalarVector,
    VectorScalar,
    Vectors {
        on: bool,
        /// Sorted names of `on` or `ignoring`.
        labels: Vec<Arc<str>>,
        group: Option<GroupSide>,
        /// Labels of `group_left (…)`, in source order.
        include: Vec<Arc<str>>,
        fill: Fill,
    },
}
