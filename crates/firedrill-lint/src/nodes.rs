//! The expression of a rule as a flat list in which every node knows its parent: one walk for all lints.

use crate::matching::{Sides, joins};
use crate::needs::{Mark, Mentions, Parts};
use crate::rules::is_word_for_nothing;
use crate::thresholds::{Threshold, threshold};
use firedrill_facts::Facts;
use firedrill_functions::Func;
use firedrill_model::Expression;
use firedrill_promql::ast::{
    Aggregate, AggregateOp, Binary, BinaryOp, Call, Expr, ExprKind, MatchOp, Matcher, Name, Selector,
};
use firedrill_types::{Labels, Presence, Range, Share, label_flow, share, value_range};
use std::cell::OnceCell;

/// The nodes of one expression, outermost first. Empty where the expression is broken.
#[derive(Debug, Default)]
pub(crate) struct Nodes<'a> {
    list: Vec<Node<'a>>,
    /// Chains by kind, so that a lint passes over what does not concern it without looking.
    selectors: Chain,
    calls: Chain,
    aggregates: Chain,
    binaries: Chain,
    /// The comparisons with a number.
    thresholds: Vec<Limit<'a>>,
    /// What the expression is made of.
    parts: Parts,
    /// The labels that it names.
    mentions: Mentions,
    /// Whether all labels that the series of the result can have are known, once somebody has asked.
    exact: OnceCell<bool>,
    /// What the sides of operators between vectors make of the labels, once somebody has asked.
    sides: OnceCell<Vec<Sides<'a>>>,
    /// Between which bounds the sides of comparisons lie, once somebody has asked.
    comparisons: OnceCell<Vec<Comparison<'a>>>,
    /// The share that the whole expression tells, once somebody has asked.
    share: OnceCell<Option<Share>>,
    /// Whether anything has to do with points in time, once somebody has asked.
    of_time: OnceCell<bool>,
}

/// The nodes of one kind. Each knows the next one.
#[derive(Clone, Copy, Debug, Default)]
struct Chain {
    first: Option<usize>,
    last: Option<usize>,
}

/// A comparison with a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit<'a> {
    /// The expression.
    pub(crate) expr: &'a Expr,
    /// The operator and its sides.
    pub(crate) binary: &'a Binary,
    /// What is compared, and with which number.
    pub(crate) threshold: Threshold<'a>,
}

/// Most expressions have no more nodes.
const USUAL_SIZE: usize = 24;

const PATTERN: u8 = 1;
const ODD: u8 = 2;
/// What each byte is a sign of.
const SIGNS: [u8; 256] = {
    let mut signs = [0; 256];
    signs[b'.' as usize] = PATTERN;
    signs[b'|' as usize] = PATTERN;
    signs[b'[' as usize] = PATTERN | ODD;
    signs[b'<' as usize] = ODD;
    signs[b'%' as usize] = ODD;
    signs[b'{' as usize] = ODD;
    signs
};

/// A comparison and what is known of its sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comparison<'a> {
    /// Its index.
    pub(crate) index: usize,
    /// The expression.
    pub(crate) expr: &'a Expr,
    /// The operator and its sides.
    pub(crate) binary: &'a Binary,
    /// The values of the left side.
    pub(crate) left: Range,
    /// The values of the right side.
    pub(crate) right: Range,
}

/// An expression and what it stands in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    /// The expression.
    pub(crate) expr: &'a Expr,
    /// What it stands in, and in which place.
    pub(crate) parent: Option<(usize, Role)>,
    /// Where the nodes inside of it end, which stand behind it.
    end: usize,
    /// The next selector, call, aggregation or binary operation, if it is one itself.
    next: Option<usize>,
}

/// The place of a node in its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The one operand: of parentheses, a sign, a window, an aggregation.
    Inner,
    /// The parameter of an aggregation.
    Param,
    /// Left operand.
    Left,
    /// Right operand.
    Right,
    /// An argument, counted from 0.
    Argument(usize),
}

impl<'a> Nodes<'a> {
    /// Makes the list anew, keeping its memory.
    pub(crate) fn rebuild(&mut self, expression: &'a Expression) {
        self.list.clear();
        self.list.reserve(USUAL_SIZE);
        self.thresholds.clear();
        *self = Nodes {
            list: std::mem::take(&mut self.list),
            thresholds: std::mem::take(&mut self.thresholds),
            ..Nodes::default()
        };
        if expression.valid {
            self.parts.add(Mark::Expr);
            self.add(&expression.expr, None);
        }
    }

    /// What the expression is made of.
    pub(crate) fn parts(&self) -> Parts {
        self.parts
    }

    /// All nodes with their indices, outermost first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, Node<'a>)> + '_ {
        self.list.iter().copied().enumerate()
    }

    /// The expression of a node.
    pub(crate) fn get(&self, index: usize) -> Option<&'a Expr> {
        self.list.get(index).map(|node| node.expr)
    }

    /// The whole expression.
    pub(crate) fn root(&self) -> Option<&'a Expr> {
        self.list.first().map(|node| node.expr)
    }

    /// The nodes inside of a node, outermost first.
    pub(crate) fn below(&self, index: usize) -> &[Node<'a>] {
        let end = self.list.get(index).map_or(0, |node| node.end);
        self.list.get(index + 1..end).unwrap_or_default()
    }

    /// All selectors, in source order.
    pub(crate) fn selectors(&self) -> impl Iterator<Item = (usize, &'a Expr, &'a Selector)> + '_ {
        self.of_kind(self.selectors, |expr| match &expr.kind {
            ExprKind::Selector(selector) => Some(&**selector),
            _ => None,
        })
    }

    /// All calls of functions, outermost first.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (usize, &'a Expr, &'a Call)> + '_ {
        self.of_kind(self.calls, |expr| match &expr.kind {
            ExprKind::Call(call) => Some(&**call),
            _ => None,
        })
    }

    /// All aggregations, outermost first.
    pub(crate) fn aggregates(&self) -> impl Iterator<Item = (usize, &'a Expr, &'a Aggregate)> + '_ {
        self.of_kind(self.aggregates, |expr| match &expr.kind {
            ExprKind::Aggregate(aggregate) => Some(&**aggregate),
            _ => None,
        })
    }

    /// All binary operations, outermost first.
    pub(crate) fn binaries(&self) -> impl Iterator<Item = (usize, &'a Expr, &'a Binary)> + '_ {
        self.of_kind(self.binaries, |expr| match &expr.kind {
            ExprKind::Binary(binary) => Some(&**binary),
            _ => None,
        })
    }

    /// All comparisons with a number, outermost first.
    pub(crate) fn thresholds(&self) -> &[Limit<'a>] {
        &self.thresholds
    }

    /// The labels of the whole result; `None` where the expression is broken.
    pub(crate) fn labels(&self) -> Option<Labels<'a>> {
        self.root().map(label_flow)
    }

    /// Whether the expression may name a label; what is known of the others is the same for all of them.
    pub(crate) fn may_mention(&self, label: &str) -> bool {
        self.mentions.may_have(label)
    }

    /// Whether no series of the result has a label. Not so where the expression is broken.
    pub(crate) fn lacks(&self, label: &str) -> bool {
        let Some(labels) = self.labels() else { return false };
        if self.may_mention(label) {
            labels.presence(label) == Presence::Never
        } else {
            *self.exact.get_or_init(|| labels.are_exact())
        }
    }

    /// The share that the whole expression tells. The facts have to be the same ones each time.
    pub(crate) fn share(&self, facts: &Facts) -> Option<Share> {
        *self.share.get_or_init(|| share(self.root()?, facts))
    }

    /// The share that is compared with a number, if it is one.
    pub(crate) fn compared_share(&self, limit: &Limit<'a>, facts: &Facts) -> Option<Share> {
        let is_all = limit.binary.bool_modifier.is_none()
            && self
                .root()
                .is_some_and(|root| std::ptr::eq(root.unparenthesised(), limit.expr));
        // Of a filter the share is that of what it lets through.
        if is_all {
            self.share(facts)
        } else {
            share(limit.threshold.value, facts)
        }
    }

    /// All comparisons, outermost first. The facts have to be the same ones each time.
    pub(crate) fn comparisons(&self, facts: &Facts) -> &[Comparison<'a>] {
        self.comparisons.get_or_init(|| {
            let compare = |(index, expr, binary): (usize, &'a Expr, &'a Binary)| Comparison {
                index,
                expr,
                binary,
                left: value_range(&binary.lhs, facts),
                right: value_range(&binary.rhs, facts),
            };
            let binaries = self.binaries();
            let comparisons = binaries.filter(|(_, _, binary)| binary.op.is_comparison());
            comparisons.map(compare).collect()
        })
    }

    /// The operators between vectors and what is known of the labels on both sides, outermost first.
    pub(crate) fn sides(&self) -> &[Sides<'a>] {
        self.sides.get_or_init(|| {
            let joins = self.binaries().filter(|(_, _, binary)| joins(binary));
            joins.map(|(_, expr, binary)| Sides::of(expr, binary)).collect()
        })
    }

    /// Whether a function or the name of a metric has to do with points in time; without one nothing else has.
    pub(crate) fn speaks_of_time(&self) -> bool {
        *self.of_time.get_or_init(|| self.finds_time())
    }

    fn finds_time(&self) -> bool {
        self.parts.has(Mark::Time)
            || self
                .selectors()
                .any(|(_, _, selector)| selector.metric_name().is_some_and(|name| names_time(name)))
    }

    fn of_kind<'s, T: 'a>(
        &'s self,
        kind: Chain,
        part: impl Fn(&'a Expr) -> Option<&'a T> + 's,
    ) -> impl Iterator<Item = (usize, &'a Expr, &'a T)> + 's {
        let mut next = kind.first;
        std::iter::from_fn(move || {
            let index = next?;
            let node = self.list.get(index)?;
            next = node.next;
            Some((index, node.expr, part(node.expr)?))
        })
    }

    /// The way from a node to the root: each parent, the place of the child in it, and the parent's index.
    pub(crate) fn ancestors(&self, index: usize) -> impl Iterator<Item = (&'a Expr, Role, usize)> + '_ {
        let mut at = index;
        std::iter::from_fn(move || {
            let (parent, role) = self.list.get(at)?.parent?;
            at = parent;
            Some((self.list.get(parent)?.expr, role, parent))
        })
    }

    fn add(&mut self, expr: &'a Expr, parent: Option<(usize, Role)>) {
        let me = self.list.len();
        let end = me + 1;
        self.list.push(Node {
            expr,
            parent,
            end,
            next: None,
        });
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::Missing => return,
            // It may be the name of a label that a function or aggregation sets.
            ExprKind::String(string) => return self.mentions.add(&string.bytes),
            ExprKind::Selector(selector) => {
                self.selectors.append(me, &mut self.list);
                selector.matchers.iter().for_each(|it| self.add_matcher(it));
                return;
            }
            ExprKind::Range(range) => self.add(&range.selector, Some((me, Role::Inner))),
            ExprKind::Subquery(subquery) => {
                self.parts.add(Mark::Subquery);
                self.add(&subquery.expr, Some((me, Role::Inner)));
            }
            ExprKind::Call(call) => {
                self.calls.append(me, &mut self.list);
                if let Some(function) = call.function {
                    self.add_function(function.id);
                }
                for (i, arg) in call.args.iter().enumerate() {
                    self.add(arg, Some((me, Role::Argument(i))));
                }
            }
            ExprKind::Aggregate(aggregate) => {
                self.aggregates.append(me, &mut self.list);
                self.add_aggregate(aggregate);
                if let Some(param) = &aggregate.param {
                    self.add(param, Some((me, Role::Param)));
                }
                self.add(&aggregate.expr, Some((me, Role::Inner)));
            }
            ExprKind::Binary(binary) => {
                self.binaries.append(me, &mut self.list);
                self.add_binary(expr, binary);
                self.add(&binary.lhs, Some((me, Role::Left)));
                self.add(&binary.rhs, Some((me, Role::Right)));
            }
            ExprKind::Unary(unary) => self.add(&unary.operand, Some((me, Role::Inner))),
            ExprKind::Paren(inner) => self.add(inner, Some((me, Role::Inner))),
        }
        let end = self.list.len();
        if let Some(node) = self.list.get_mut(me) {
            node.end = end;
        }
    }

    fn add_function(&mut self, function: Func) {
        self.parts.add_call(function);
        // These use up the bounds of buckets.
        if matches!(function, Func::HistogramQuantile | Func::HistogramFraction) {
            self.mentions.add(b"le");
        }
    }

    fn add_names(&mut self, names: &[Name]) {
        names
            .iter()
            .for_each(|name| self.mentions.add(name.text.as_bytes()));
    }

    fn add_matcher(&mut self, matcher: &Matcher) {
        let mut signs = 0;
        for byte in matcher.value.bytes() {
            signs |= SIGNS[usize::from(byte)];
        }
        self.mentions.add(matcher.label.text.as_bytes());
        let odd = signs & ODD != 0 || is_word_for_nothing(&matcher.value);
        let by_pattern = matches!(matcher.op, MatchOp::Regex | MatchOp::NotRegex);
        let parts = &mut self.parts;
        parts.add(Mark::Matcher);
        parts.add_if(Mark::Pattern, by_pattern);
        parts.add_if(Mark::PatternLike, signs & PATTERN != 0 && !by_pattern);
        parts.add_if(Mark::OddValue, odd);
    }

    fn add_aggregate(&mut self, aggregate: &Aggregate) {
        let op = aggregate.op;
        let of_fraction = matches!(op, AggregateOp::Quantile | AggregateOp::LimitRatio);
        let averages = matches!(op, AggregateOp::Avg | AggregateOp::Sum);
        self.parts.add(Mark::Aggregate);
        self.parts.add_if(Mark::Fraction, of_fraction);
        self.parts.add_if(Mark::Averages, averages);
        self.parts.add_if(Mark::Selects, op.selects());
        self.parts.add_drop(!op.selects());
        if let Some(grouping) = &aggregate.grouping {
            self.add_names(&grouping.labels);
        }
    }

    fn add_binary(&mut self, expr: &'a Expr, binary: &'a Binary) {
        if let Some(matching) = &binary.matching {
            self.add_names(&matching.labels);
        }
        if let Some(group) = &binary.group {
            self.add_names(&group.labels);
        }
        let parts = &mut self.parts;
        parts.add(Mark::Binary);
        parts.add_if(Mark::Division, binary.op == BinaryOp::Div);
        parts.add_if(Mark::SetOperation, binary.op.is_set());
        parts.add_if(Mark::Comparison, binary.op.is_comparison());
        parts.add_if(Mark::Bool, binary.bool_modifier.is_some());
        parts.add_if(Mark::Matching, binary.matching.is_some());
        parts.add_if(Mark::Group, binary.group.is_some());
        parts.add_drop(binary.matching.is_some());
        parts.add_if(Mark::Difference, binary.op == BinaryOp::Sub);
        let Some(threshold) = threshold(binary) else {
            parts.add_if(Mark::Difference, binary.op.is_comparison());
            parts.add_if(Mark::Join, joins(binary));
            return;
        };
        let number = threshold.number;
        parts.add(Mark::Threshold);
        parts.add_if(Mark::ThresholdBelowOne, number > 0.0 && number < 1.0);
        parts.add_if(Mark::ThresholdUpToHundred, number > 1.0 && number <= 100.0);
        self.thresholds.push(Limit {
            expr,
            binary,
            threshold,
        });
    }
}

impl Chain {
    /// Takes in the node that was added last.
    fn append(&mut self, index: usize, list: &mut [Node<'_>]) {
        match self.last.replace(index).and_then(|last| list.get_mut(last)) {
            Some(last) => last.next = Some(index),
            None => self.first = Some(index),
        }
    }
}

/// Whether the name of a metric has to do with points in time.
fn names_time(name: &str) -> bool {
    // `time` is in `timestamp` as well, and in most of what is told to be one.
    const WORDS: [&[u8]; 4] = [b"time", b"_last_", b"expir", b"created"];
    const TIME: u32 = beginning(WORDS[0]);
    const LAST: u32 = beginning(WORDS[1]);
    const EXPIRES: u32 = beginning(WORDS[2]);
    const CREATED: u32 = beginning(WORDS[3]);
    let bytes = name.as_bytes();
    let mut fours = bytes.windows(4).enumerate();
    fours.any(|(at, four)| {
        matches!(beginning(four), TIME | LAST | EXPIRES | CREATED)
            && WORDS.iter().any(|word| bytes[at..].starts_with(word))
    })
}

/// The first four letters of a word, compared at once.
const fn beginning(word: &[u8]) -> u32 {
    match word.first_chunk::<4>() {
        Some(letters) => u32::from_le_bytes(*letters),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_are_not_named_share_their_answer() {
        let features = firedrill_promql::Features::default();
        let mut shared = 0;
        for text in [
            "x",
            "x{job=\"\"}",
            "sum(x)",
            "sum by (job, pod) (x) > 1",
            "sum without (pod) (x{zone=\"a\"})",
            "sum(x) by (job) / on (job) sum(y) by (job, node)",
            "x * ignoring (node) group_right (zone) sum by (pod) (y)",
            "a and on (job) b{node=\"n\"} unless sum by (zone) (c)",
            "absent(x{job=\"a\", pod!=\"b\"})",
            "histogram_quantile(0.9, sum by (le, job) (rate(x[5m])))",
            "histogram_quantile(0.9, x)",
            "histogram_fraction(0, 1, sum by (le) (x))",
            "label_replace(sum by (job) (x), (\"pod\"), \"$1\", \"job\", \"(.*)\")",
            "label_replace(sum by (pod) (x), \"pod\", \"\", \"pod\", \".*\")",
            "label_join(sum(x), \"zone\", \",\", \"job\", \"pod\")",
            "count_values(\"node\", x) or vector(0)",
            "topk(3, sum by (node) (x)) + 1",
            "hour() > 1",
        ] {
            let expr = firedrill_promql::parse(text, &features).expr;
            let mut nodes = Nodes::default();
            nodes.add(&expr, None);
            for label in ["job", "pod", "zone", "node", "le", "instance", "__name__", ""] {
                let never = label_flow(&expr).presence(label) == Presence::Never;
                assert_eq!(nodes.lacks(label), never, "{label} in {text}");
                shared += usize::from(!nodes.may_mention(label));
            }
        }
        assert!(shared > 80, "only {shared} answers were shared");
    }
}
