//! The expression of a rule as a flat list in which every node knows its parent: one walk for all lints.

use crate::matching::{Sides, joins};
use crate::needs::{Mark, Parts};
use crate::rules::is_word_for_nothing;
use crate::thresholds::{Threshold, threshold};
use firedrill_facts::Facts;
use firedrill_model::Expression;
use firedrill_promql::ast::{
    Aggregate, AggregateOp, Binary, BinaryOp, Call, Expr, ExprKind, MatchOp, Matcher, Selector,
};
use firedrill_types::{Labels, Range, Share, label_flow, share, value_range};
use std::cell::OnceCell;

/// The nodes of one expression, outermost first. Empty where the expression is broken.
#[derive(Debug, Default)]
pub(crate) struct Nodes<'a> {
    list: Vec<Node<'a>>,
    /// Indices by kind, so that a lint passes over what does not concern it without looking.
    selectors: Vec<usize>,
    calls: Vec<usize>,
    aggregates: Vec<usize>,
    binaries: Vec<usize>,
    /// The comparisons with a number.
    thresholds: Vec<Limit<'a>>,
    /// What the expression is made of.
    parts: Parts,
    /// What the sides of operators between vectors make of the labels, once somebody has asked.
    sides: OnceCell<Vec<Sides<'a>>>,
    /// Between which bounds the sides of comparisons lie, once somebody has asked.
    comparisons: OnceCell<Vec<Comparison<'a>>>,
    /// The share that the whole expression tells, once somebody has asked.
    share: OnceCell<Option<Share>>,
    /// Whether anything has to do with points in time, once somebody has asked.
    of_time: OnceCell<bool>,
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
        for kind in [
            &mut self.selectors,
            &mut self.calls,
            &mut self.aggregates,
            &mut self.binaries,
        ] {
            kind.clear();
        }
        self.thresholds.clear();
        self.parts = Parts::default();
        self.sides = OnceCell::new();
        self.comparisons = OnceCell::new();
        self.share = OnceCell::new();
        self.of_time = OnceCell::new();
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
        self.of_kind(&self.selectors, |expr| match &expr.kind {
            ExprKind::Selector(selector) => Some(&**selector),
            _ => None,
        })
    }

    /// All calls of functions, outermost first.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (usize, &'a Expr, &'a Call)> + '_ {
        self.of_kind(&self.calls, |expr| match &expr.kind {
            ExprKind::Call(call) => Some(&**call),
            _ => None,
        })
    }

    /// All aggregations, outermost first.
    pub(crate) fn aggregates(&self) -> impl Iterator<Item = (usize, &'a Expr, &'a Aggregate)> + '_ {
        self.of_kind(&self.aggregates, |expr| match &expr.kind {
            ExprKind::Aggregate(aggregate) => Some(&**aggregate),
            _ => None,
        })
    }

    /// All binary operations, outermost first.
    pub(crate) fn binaries(&self) -> impl Iterator<Item = (usize, &'a Expr, &'a Binary)> + '_ {
        self.of_kind(&self.binaries, |expr| match &expr.kind {
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
            let binaries = self.binaries().map(|(_, _, binary)| binary);
            binaries.filter(|binary| joins(binary)).map(Sides::of).collect()
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
        indices: &'s [usize],
        part: impl Fn(&'a Expr) -> Option<&'a T> + 's,
    ) -> impl Iterator<Item = (usize, &'a Expr, &'a T)> + 's {
        indices.iter().filter_map(move |&index| {
            let expr = self.list.get(index)?.expr;
            Some((index, expr, part(expr)?))
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
        self.list.push(Node { expr, parent, end });
        match &expr.kind {
            ExprKind::Selector(selector) => {
                self.selectors.push(me);
                selector.matchers.iter().for_each(|it| self.add_matcher(it));
            }
            ExprKind::Subquery(_) => self.parts.add(Mark::Subquery),
            ExprKind::Call(call) => {
                self.calls.push(me);
                if let Some(function) = call.function {
                    self.parts.add_call(function.id);
                }
            }
            ExprKind::Aggregate(aggregate) => {
                self.aggregates.push(me);
                self.add_aggregate(aggregate);
            }
            ExprKind::Binary(binary) => {
                self.binaries.push(me);
                self.add_binary(expr, binary);
            }
            _ => {}
        }
        let mut child = |expr, role| self.add(expr, Some((me, role)));
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Selector(_) | ExprKind::Missing => {}
            ExprKind::Range(range) => child(&range.selector, Role::Inner),
            ExprKind::Subquery(subquery) => child(&subquery.expr, Role::Inner),
            ExprKind::Call(call) => {
                for (i, arg) in call.args.iter().enumerate() {
                    child(arg, Role::Argument(i));
                }
            }
            ExprKind::Aggregate(aggregate) => {
                if let Some(param) = &aggregate.param {
                    child(param, Role::Param);
                }
                child(&aggregate.expr, Role::Inner);
            }
            ExprKind::Binary(binary) => {
                child(&binary.lhs, Role::Left);
                child(&binary.rhs, Role::Right);
            }
            ExprKind::Unary(unary) => child(&unary.operand, Role::Inner),
            ExprKind::Paren(inner) => child(inner, Role::Inner),
        }
        let end = self.list.len();
        if let Some(node) = self.list.get_mut(me) {
            node.end = end;
        }
    }

    fn add_matcher(&mut self, matcher: &Matcher) {
        let mut signs = 0;
        for byte in matcher.value.bytes() {
            signs |= SIGNS[usize::from(byte)];
        }
        let odd = signs & ODD != 0 || is_word_for_nothing(&matcher.value);
        let by_pattern = matches!(matcher.op, MatchOp::Regex | MatchOp::NotRegex);
        let parts = &mut self.parts;
        parts.add(Mark::Matcher);
        parts.add_if(Mark::Pattern, by_pattern);
        parts.add_if(Mark::PatternLike, signs & PATTERN != 0);
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
    }

    fn add_binary(&mut self, expr: &'a Expr, binary: &'a Binary) {
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
