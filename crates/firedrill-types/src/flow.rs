//! Label flow: which labels the series of a result have, certainly or possibly.

use crate::pattern::needs_text;
use firedrill_functions::{Func, ValueType};
use firedrill_promql::ast::{Aggregate, AggregateOp, Binary, BinaryOp, Call, Expr, ExprKind, GroupSide};
use firedrill_promql::ast::{MatchOp, Selector};
use firedrill_source::Span;
use firedrill_value::METRIC_NAME;
use std::borrow::Cow;

/// Whether the series of a result have a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Every series has it, with a value that is not empty.
    Always,
    /// Unknown.
    Maybe,
    /// No series has it.
    Never,
}

/// What makes a label disappear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An aggregation that does not keep it.
    Aggregation,
    /// `on (…)` between single series, which keeps only the labels that it names.
    On,
    /// `ignoring (…)` between single series, which drops the labels that it names.
    Ignoring,
    /// `absent()`, which knows only the labels of equality matchers.
    Absent,
    /// A number made a vector, which has no labels.
    Number,
    /// A matcher that asks for its absence, or a `label_replace()` that removes it.
    Asked,
}

/// Where and why a label disappeared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The part of the expression that drops it.
    pub span: Span,
    /// What that is.
    pub what: What,
}

/// What is known of one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fact<'a> {
    presence: Presence,
    value: Option<&'a str>,
    gone: Option<Gone>,
}

impl<'a> Fact<'a> {
    const MAYBE: Fact<'static> = Fact {
        presence: Presence::Maybe,
        value: None,
        gone: None,
    };

    fn always(value: Option<&'a str>) -> Self {
        Fact {
            presence: Presence::Always,
            value,
            gone: None,
        }
    }

    fn never(span: Span, what: What) -> Self {
        Fact {
            presence: Presence::Never,
            value: None,
            gone: Some(Gone { span, what }),
        }
    }

    /// Holds for a series that is in both results with the same value of the label.
    fn meet(self, other: Self) -> Self {
        match (self.presence, other.presence) {
            (Presence::Never, _) => self,
            (_, Presence::Never) => other,
            (Presence::Always, _) => Fact {
                value: self.value.or(other.value),
                ..self
            },
            (_, Presence::Always) => Fact {
                value: other.value.or(self.value),
                ..other
            },
            _ => Fact::MAYBE,
        }
    }

    /// Holds for a series that is in one of two results.
    fn join(self, other: Self) -> Self {
        match (self.presence, other.presence) {
            (Presence::Never, Presence::Never) => self,
            (Presence::Always, Presence::Always) => {
                Fact::always(self.value.filter(|value| Some(*value) == other.value))
            }
            _ => Fact::MAYBE,
        }
    }
}

/// The labels of the series of a result. The metric name is not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels<'a> {
    named: Vec<(Cow<'a, str>, Fact<'a>)>,
    /// Holds for all labels that are not named.
    rest: Fact<'a>,
}

impl<'a> Labels<'a> {
    /// Whether the series have that label.
    pub fn presence(&self, label: &str) -> Presence {
        self.fact(label).presence
    }

    /// The value of a label, where every series has the same one.
    pub fn value(&self, label: &str) -> Option<&'a str> {
        self.fact(label).value
    }

    /// Where a label that is never there was dropped.
    pub fn gone(&self, label: &str) -> Option<Gone> {
        self.fact(label).gone
    }

    /// All labels that the series can have, in the order of the expression; `None` where there may be others.
    pub fn exact(&self) -> Option<Vec<&str>> {
        (self.rest.presence == Presence::Never).then(|| {
            let named = self
                .named
                .iter()
                .filter(|(_, fact)| fact.presence != Presence::Never);
            named.map(|(name, _)| &**name).collect()
        })
    }

    /// The labels about which something is known, in the order of the expression.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(|(name, _)| &**name)
    }

    fn unknown() -> Self {
        Labels {
            named: Vec::new(),
            rest: Fact::MAYBE,
        }
    }

    fn none(span: Span, what: What) -> Self {
        Labels {
            named: Vec::new(),
            rest: Fact::never(span, what),
        }
    }

    fn fact(&self, label: &str) -> Fact<'a> {
        self.named
            .iter()
            .find(|(name, _)| name == label)
            .map_or(self.rest, |(_, fact)| *fact)
    }

    fn set(&mut self, label: Cow<'a, str>, fact: Fact<'a>) {
        match self.named.iter_mut().find(|(name, _)| *name == label) {
            Some((_, known)) => *known = fact,
            None => self.named.push((label, fact)),
        }
    }

    fn combine(self, other: &Self, join: impl Fn(Fact<'a>, Fact<'a>) -> Fact<'a>) -> Self {
        let mut named: Vec<(Cow<'a, str>, Fact<'a>)> = Vec::with_capacity(self.named.len());
        for (name, fact) in &self.named {
            named.push((name.clone(), join(*fact, other.fact(name))));
        }
        for (name, fact) in &other.named {
            if !named.iter().any(|(known, _)| known == name) {
                named.push((name.clone(), join(self.rest, *fact)));
            }
        }
        Labels {
            named,
            rest: join(self.rest, other.rest),
        }
    }
}

/// The labels of the result of an expression.
pub fn label_flow(expr: &Expr) -> Labels<'_> {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => Labels::none(expr.span, What::Number),
        ExprKind::Missing => Labels::unknown(),
        ExprKind::Selector(selector) => of_selector(selector),
        ExprKind::Range(range) => label_flow(&range.selector),
        ExprKind::Subquery(subquery) => label_flow(&subquery.expr),
        ExprKind::Unary(unary) => label_flow(&unary.operand),
        ExprKind::Paren(inner) => label_flow(inner),
        ExprKind::Call(call) => of_call(expr, call),
        ExprKind::Aggregate(aggregate) => of_aggregate(aggregate),
        ExprKind::Binary(binary) => of_binary(binary),
    }
}

fn of_selector(selector: &Selector) -> Labels<'_> {
    let mut labels = Labels::unknown();
    labels.named.reserve_exact(selector.matchers.len());
    for matcher in &selector.matchers {
        if &*matcher.label.text == METRIC_NAME {
            continue;
        }
        let fact = match matcher.op {
            MatchOp::Equal if matcher.value.is_empty() => Fact::never(matcher.span, What::Asked),
            MatchOp::Equal => Fact::always(Some(&*matcher.value)),
            MatchOp::NotEqual if matcher.value.is_empty() => Fact::always(None),
            MatchOp::Regex if needs_text(&matcher.value) => Fact::always(None),
            MatchOp::Regex | MatchOp::NotEqual | MatchOp::NotRegex => continue,
        };
        match labels
            .named
            .iter_mut()
            .find(|(name, _)| *name == *matcher.label.text)
        {
            Some((_, known)) => *known = known.meet(fact),
            None => labels.named.push((Cow::Borrowed(&matcher.label.text), fact)),
        }
    }
    labels
}

fn of_aggregate(aggregate: &Aggregate) -> Labels<'_> {
    if aggregate.op.selects() {
        return label_flow(&aggregate.expr);
    }
    let span = aggregate
        .grouping
        .as_ref()
        .map_or(aggregate.op_span, |grouping| grouping.span);
    let gone = Fact::never(span, What::Aggregation);
    let mut labels = match &aggregate.grouping {
        Some(grouping) if grouping.without => {
            let mut labels = label_flow(&aggregate.expr);
            for label in &grouping.labels {
                labels.set(Cow::Borrowed(&label.text), gone);
            }
            labels
        }
        Some(grouping) => {
            let inner = label_flow(&aggregate.expr);
            let mut labels = Labels {
                named: Vec::with_capacity(grouping.labels.len()),
                rest: gone,
            };
            for label in &grouping.labels {
                labels.set(Cow::Borrowed(&label.text), inner.fact(&label.text));
            }
            labels
        }
        None => Labels {
            named: Vec::new(),
            rest: gone,
        },
    };
    if aggregate.op == AggregateOp::CountValues {
        match aggregate.param.as_ref().and_then(text) {
            Some(label) => labels.set(Cow::Owned(label), Fact::always(None)),
            None => return Labels::unknown(),
        }
    }
    labels
}

fn of_call<'a>(expr: &'a Expr, call: &'a Call) -> Labels<'a> {
    let Some(function) = call.function else {
        return Labels::unknown();
    };
    match function.id {
        Func::Absent | Func::AbsentOverTime => of_absent(expr.span, call.args.first()),
        Func::LabelReplace => of_label_replace(call),
        Func::LabelJoin => {
            let mut labels = call.args.first().map_or_else(Labels::unknown, label_flow);
            match call.args.get(1).and_then(text) {
                Some(target) => labels.set(Cow::Owned(target), Fact::MAYBE),
                None => return Labels::unknown(),
            }
            labels
        }
        // Buckets become one number: `le` is used up.
        Func::HistogramQuantile | Func::HistogramFraction => {
            let buckets = call.args.last();
            let mut labels = buckets.map_or_else(Labels::unknown, label_flow);
            labels.set(
                Cow::Borrowed("le"),
                Fact::never(call.name.span, What::Aggregation),
            );
            labels
        }
        Func::Info | Func::HistogramQuantiles => Labels::unknown(),
        _ => {
            let series = |arg: &&Expr| matches!(arg.value_type(), ValueType::Vector | ValueType::Matrix);
            match call.args.iter().find(series) {
                Some(arg) => label_flow(arg),
                None => Labels::none(expr.span, What::Number),
            }
        }
    }
}

/// `absent()` gives the labels of equality matchers; one that other matchers name as well is left open here.
fn of_absent(span: Span, arg: Option<&Expr>) -> Labels<'_> {
    let mut labels = Labels::none(span, What::Absent);
    let selector = match arg.map(|arg| &arg.unparenthesised().kind) {
        Some(ExprKind::Selector(selector)) => selector,
        Some(ExprKind::Range(range)) => match &range.selector.kind {
            ExprKind::Selector(selector) => selector,
            _ => return Labels::unknown(),
        },
        Some(_) => return labels,
        None => return Labels::unknown(),
    };
    for matcher in &selector.matchers {
        let name = &matcher.label.text;
        let others = selector
            .matchers
            .iter()
            .filter(|other| other.label.text == *name)
            .count();
        let fact = match matcher.op {
            _ if &**name == METRIC_NAME => continue,
            _ if others > 1 => Fact::MAYBE,
            MatchOp::Equal if !matcher.value.is_empty() => Fact::always(Some(&matcher.value)),
            _ => continue,
        };
        labels.set(Cow::Borrowed(name), fact);
    }
    labels
}

fn of_label_replace(call: &Call) -> Labels<'_> {
    let [series, target, replacement, source, regex] = call.args.as_slice() else {
        return Labels::unknown();
    };
    let mut labels = label_flow(series);
    let (Some(target), Some(replacement), Some(source), Some(regex)) =
        (text(target), literal(replacement), text(source), text(regex))
    else {
        return Labels::unknown();
    };
    let no_source = source.is_empty() || labels.presence(&source) == Presence::Never;
    let always_matches = regex == ".*" || (regex.is_empty() && no_source);
    let fact = match replacement {
        Some("") if always_matches => Fact::never(call.name.span, What::Asked),
        Some(value) if always_matches && !value.contains('$') => Fact::always(Some(value)),
        _ => Fact::MAYBE,
    };
    labels.set(Cow::Owned(target), fact);
    labels
}

fn of_binary(binary: &Binary) -> Labels<'_> {
    let scalar = |expr: &Expr| expr.value_type() == ValueType::Scalar;
    if scalar(&binary.lhs) {
        return label_flow(&binary.rhs);
    }
    let left = label_flow(&binary.lhs);
    if scalar(&binary.rhs) || binary.op == BinaryOp::Unless {
        return left;
    }
    if binary.fill.span.is_some() {
        return Labels::unknown();
    }
    let right = label_flow(&binary.rhs);
    match binary.op {
        BinaryOp::Or => left.combine(&right, Fact::join),
        BinaryOp::And => matched(binary, left, &right),
        _ => match &binary.group {
            None => one_to_one(binary, left, &right),
            Some(group) => {
                let (many, one) = if group.side == GroupSide::Left {
                    (left, right)
                } else {
                    (right, left)
                };
                let mut labels = matched(binary, many, &one);
                for label in &group.labels {
                    labels.set(Cow::Borrowed(&label.text), one.fact(&label.text));
                }
                labels
            }
        },
    }
}

/// The labels of the many side: those that are compared are as on the other side, the others stay.
fn matched<'a>(binary: &'a Binary, many: Labels<'a>, one: &Labels<'a>) -> Labels<'a> {
    let Some(matching) = &binary.matching else {
        return many.combine(one, Fact::meet);
    };
    let before = many.clone();
    let mut labels = if matching.on {
        many
    } else {
        many.combine(one, Fact::meet)
    };
    for label in &matching.labels {
        let known = before.fact(&label.text);
        let fact = if matching.on {
            known.meet(one.fact(&label.text))
        } else {
            known
        };
        labels.set(Cow::Borrowed(&label.text), fact);
    }
    labels
}

fn one_to_one<'a>(binary: &'a Binary, left: Labels<'a>, right: &Labels<'a>) -> Labels<'a> {
    let Some(matching) = &binary.matching else {
        return left.combine(right, Fact::meet);
    };
    if matching.on {
        let mut labels = Labels::none(matching.span, What::On);
        for label in &matching.labels {
            let fact = left.fact(&label.text).meet(right.fact(&label.text));
            labels.set(Cow::Borrowed(&label.text), fact);
        }
        return labels;
    }
    let mut labels = left.combine(right, Fact::meet);
    for label in &matching.labels {
        labels.set(
            Cow::Borrowed(&label.text),
            Fact::never(matching.span, What::Ignoring),
        );
    }
    labels
}

fn text(expr: &Expr) -> Option<String> {
    literal(expr)?.map(str::to_owned)
}

/// The text of a string literal: `Some(None)` where it is no UTF-8, `None` where it is no literal.
fn literal(expr: &Expr) -> Option<Option<&str>> {
    match &expr.unparenthesised().kind {
        ExprKind::String(string) => Some(std::str::from_utf8(&string.bytes).ok()),
        _ => None,
    }
}

#[cfg(test)]
#[path = "flow_tests.rs"]
mod tests;
