//! Label flow: which labels the series of a result have, certainly or possibly.

use crate::pattern::needs_text;
use firedrill_functions::{Func, ValueType};
use firedrill_promql::ast::{Aggregate, AggregateOp, Binary, BinaryOp, Call, Expr, ExprKind, GroupSide};
use firedrill_promql::ast::{MatchOp, Matcher, Matching, Name, Selector};
use firedrill_source::Span;
use firedrill_value::METRIC_NAME;
use std::ops::ControlFlow::{self, Break, Continue};

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
pub struct LabelFact<'a> {
    /// Whether the series have it.
    pub presence: Presence,
    /// Its value, where every series has the same one.
    pub value: Option<&'a str>,
    /// Where it was dropped, if it is never there.
    pub gone: Option<Gone>,
}

impl<'a> LabelFact<'a> {
    const MAYBE: LabelFact<'static> = LabelFact {
        presence: Presence::Maybe,
        value: None,
        gone: None,
    };

    fn always(value: Option<&'a str>) -> Self {
        LabelFact {
            presence: Presence::Always,
            value,
            gone: None,
        }
    }

    fn never(span: Span, what: What) -> Self {
        LabelFact {
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
            (Presence::Always, _) => LabelFact {
                value: self.value.or(other.value),
                ..self
            },
            (_, Presence::Always) => LabelFact {
                value: other.value.or(self.value),
                ..other
            },
            _ => LabelFact::MAYBE,
        }
    }

    /// Holds for a series that is in one of two results.
    fn join(self, other: Self) -> Self {
        match (self.presence, other.presence) {
            (Presence::Never, Presence::Never) => self,
            (Presence::Always, Presence::Always) => {
                LabelFact::always(self.value.filter(|value| Some(*value) == other.value))
            }
            _ => LabelFact::MAYBE,
        }
    }
}

/// The labels of the series of a result. The metric name is not among them. Nothing is worked out before somebody asks:
/// each question is a walk down the expression that ends where the label is dropped or set.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    expr: &'a Expr,
}

/// The labels of the result of an expression.
pub fn label_flow(expr: &Expr) -> Labels<'_> {
    Labels { expr }
}

impl<'a> Labels<'a> {
    /// All that is known of a label.
    pub fn fact(self, label: &str) -> LabelFact<'a> {
        fact(self.expr, Some(label))
    }

    /// Whether the series have that label.
    pub fn presence(self, label: &str) -> Presence {
        self.fact(label).presence
    }

    /// The value of a label, where every series has the same one.
    pub fn value(self, label: &str) -> Option<&'a str> {
        self.fact(label).value
    }

    /// Where a label that is never there was dropped.
    pub fn gone(self, label: &str) -> Option<Gone> {
        self.fact(label).gone
    }

    /// Whether all labels that the series can have are known.
    pub fn are_exact(self) -> bool {
        fact(self.expr, None).presence == Presence::Never
    }

    /// All labels that the series can have, in the order of the expression; `None` where there may be others.
    pub fn exact(self) -> Option<Vec<&'a str>> {
        self.are_exact().then(|| {
            let mut names = self.named();
            names.retain(|name| self.presence(name) != Presence::Never);
            names
        })
    }

    /// The labels about which something is known, in the order of the expression.
    pub fn named(self) -> Vec<&'a str> {
        let mut names = Vec::new();
        self.add_named(&mut names);
        names
    }

    /// Adds the labels about which something is known to others, as far as they are not among them.
    pub fn add_named(self, names: &mut Vec<&'a str>) {
        add_names(self.expr, names);
    }
}

/// Where the labels of a result come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// They may be any.
    Unknown,
    /// There are none.
    None(Span, What),
    /// They are those of series that matchers select.
    Selected(&'a Selector),
    /// They are made of equality matchers.
    Absent(Span, &'a Selector),
    /// An aggregation keeps or drops what it names.
    Grouped(&'a Aggregate),
    /// One label is set, the others are those of another expression.
    Written {
        series: Option<&'a Expr>,
        label: &'a str,
        to: Written<'a>,
    },
    /// The series of both sides.
    Either(&'a Binary),
    /// The series of one side that meet some of the other, which may lend labels to them.
    Matched {
        binary: &'a Binary,
        many: &'a Expr,
        one: &'a Expr,
        lent: &'a [Name],
    },
    /// Pairs of series, of which only the labels stay that are equal.
    Paired(&'a Binary),
}

/// What a label is set to.
#[derive(Clone, Copy)]
enum Written<'a> {
    /// To something unknown.
    Anything,
    /// The label is used up.
    UsedUp(Span),
    /// To a text made of another label, by this call of `label_replace()` whose arguments can all be read.
    Replaced(&'a Call),
}

#[inline(always)]
fn source(mut expr: &Expr) -> Source<'_> {
    loop {
        match step(expr) {
            Continue(inner) => expr = inner,
            Break(source) => return source,
        }
    }
}

/// Where the labels come from, or the part of the expression whose labels they are.
type Step<'a> = ControlFlow<Source<'a>, &'a Expr>;

#[inline(always)]
fn step(expr: &Expr) -> Step<'_> {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => Break(Source::None(expr.span, What::Number)),
        ExprKind::Missing => Break(Source::Unknown),
        ExprKind::Selector(selector) => Break(Source::Selected(selector)),
        ExprKind::Range(range) => Continue(&range.selector),
        ExprKind::Subquery(subquery) => Continue(&subquery.expr),
        ExprKind::Unary(unary) => Continue(&unary.operand),
        ExprKind::Paren(inner) => Continue(inner),
        ExprKind::Call(call) => of_call(expr, call),
        ExprKind::Aggregate(aggregate) if aggregate.op.selects() => Continue(&aggregate.expr),
        ExprKind::Aggregate(aggregate) if counted_label(aggregate) == Some(None) => Break(Source::Unknown),
        ExprKind::Aggregate(aggregate) => Break(Source::Grouped(aggregate)),
        ExprKind::Binary(binary) => of_binary(binary),
    }
}

/// The label that `count_values` makes of the values, `Some(None)` where it is not known.
fn counted_label(aggregate: &Aggregate) -> Option<Option<&str>> {
    (aggregate.op == AggregateOp::CountValues).then(|| aggregate.param.as_ref().and_then(text))
}

#[inline(always)]
fn of_call<'a>(expr: &'a Expr, call: &'a Call) -> Step<'a> {
    let Some(function) = call.function else {
        return Break(Source::Unknown);
    };
    Break(match function.id {
        Func::Absent | Func::AbsentOverTime => of_absent(expr.span, call.args.first()),
        Func::LabelReplace => of_label_replace(call),
        Func::LabelJoin => match call.args.get(1).and_then(text) {
            Some(label) => Source::Written {
                series: call.args.first(),
                label,
                to: Written::Anything,
            },
            None => Source::Unknown,
        },
        // Buckets become one number: `le` is used up.
        Func::HistogramQuantile | Func::HistogramFraction => Source::Written {
            series: call.args.last(),
            label: "le",
            to: Written::UsedUp(call.name.span),
        },
        Func::Info | Func::HistogramQuantiles => Source::Unknown,
        _ => {
            let mut args = call.args.iter();
            match args.find(|arg| has_series(arg)) {
                Some(arg) => return Continue(arg),
                None => Source::None(expr.span, What::Number),
            }
        }
    })
}

/// Whether the value is a number, as [`Expr::value_type`] tells, without a call for most expressions.
#[inline(always)]
fn is_scalar(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Number(_) => true,
        ExprKind::Selector(_) | ExprKind::Aggregate(_) | ExprKind::Range(_) => false,
        ExprKind::Call(call) => call.function.is_some_and(|it| it.returns == ValueType::Scalar),
        _ => expr.value_type() == ValueType::Scalar,
    }
}

/// Whether the value is made of series.
fn has_series(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Number(_) => false,
        ExprKind::Selector(_) | ExprKind::Aggregate(_) | ExprKind::Range(_) => true,
        _ => matches!(expr.value_type(), ValueType::Vector | ValueType::Matrix),
    }
}

fn of_absent(span: Span, arg: Option<&Expr>) -> Source<'_> {
    match arg.map(|arg| &arg.unparenthesised().kind) {
        Some(ExprKind::Selector(selector)) => Source::Absent(span, selector),
        Some(ExprKind::Range(range)) => match &range.selector.kind {
            ExprKind::Selector(selector) => Source::Absent(span, selector),
            _ => Source::Unknown,
        },
        Some(_) => Source::None(span, What::Absent),
        None => Source::Unknown,
    }
}

fn of_label_replace(call: &Call) -> Source<'_> {
    let [series, target, replacement, source, regex] = call.args.as_slice() else {
        return Source::Unknown;
    };
    match text(target) {
        Some(label) if text(source).is_some() && text(regex).is_some() && literal(replacement).is_some() => {
            Source::Written {
                series: Some(series),
                label,
                to: Written::Replaced(call),
            }
        }
        _ => Source::Unknown,
    }
}

#[inline(always)]
fn of_binary(binary: &Binary) -> Step<'_> {
    if is_scalar(&binary.lhs) {
        return Continue(&binary.rhs);
    }
    if is_scalar(&binary.rhs) || binary.op == BinaryOp::Unless {
        return Continue(&binary.lhs);
    }
    if binary.fill.span.is_some() {
        return Break(Source::Unknown);
    }
    let matched = |many, one, lent| Source::Matched {
        binary,
        many,
        one,
        lent,
    };
    Break(match (binary.op, &binary.group) {
        (BinaryOp::Or, _) => Source::Either(binary),
        (BinaryOp::And, _) => matched(&binary.lhs, &binary.rhs, &[]),
        (_, None) => Source::Paired(binary),
        (_, Some(group)) if group.side == GroupSide::Left => matched(&binary.lhs, &binary.rhs, &group.labels),
        (_, Some(group)) => matched(&binary.rhs, &binary.lhs, &group.labels),
    })
}

/// What is known of a label; without one, of all labels that nothing in the expression names.
fn fact<'a>(mut expr: &'a Expr, label: Option<&str>) -> LabelFact<'a> {
    loop {
        expr = match source(expr) {
            Source::Unknown => return LabelFact::MAYBE,
            Source::None(span, what) => return LabelFact::never(span, what),
            Source::Selected(selector) => return selected(selector, label),
            Source::Absent(span, selector) => return absent(span, selector, label),
            Source::Grouped(aggregate) => match grouped(aggregate, label) {
                Continue(inner) => inner,
                Break(fact) => return fact,
            },
            Source::Written {
                series,
                label: set,
                to,
            } if label == Some(set) => return written(series, to),
            Source::Written { series, .. } => match series {
                Some(series) => series,
                None => return LabelFact::MAYBE,
            },
            Source::Either(binary) => {
                return fact(&binary.lhs, label).join(fact(&binary.rhs, label));
            }
            Source::Matched { one, lent, .. } if lists(lent, label) => one,
            Source::Matched {
                binary, many, one, ..
            } => {
                // What is compared is as on the other side, the rest stays.
                if is_compared(binary.matching.as_deref(), label) {
                    return fact(many, label).meet(fact(one, label));
                }
                many
            }
            Source::Paired(binary) => {
                return match binary.matching.as_deref() {
                    Some(matching) if !is_compared(Some(matching), label) => {
                        let what = if matching.on { What::On } else { What::Ignoring };
                        LabelFact::never(matching.span, what)
                    }
                    _ => fact(&binary.lhs, label).meet(fact(&binary.rhs, label)),
                };
            }
        };
    }
}

fn selected<'a>(selector: &'a Selector, label: Option<&str>) -> LabelFact<'a> {
    let mut known = LabelFact::MAYBE;
    if let Some(label) = label.filter(|label| *label != METRIC_NAME) {
        for matcher in &selector.matchers {
            if *matcher.label.text == *label
                && let Some(fact) = forced(matcher)
            {
                known = known.meet(fact);
            }
        }
    }
    known
}

/// What a matcher forces upon its label.
fn forced(matcher: &Matcher) -> Option<LabelFact<'_>> {
    match matcher.op {
        MatchOp::Equal if matcher.value.is_empty() => Some(LabelFact::never(matcher.span, What::Asked)),
        MatchOp::Equal => Some(LabelFact::always(Some(&*matcher.value))),
        MatchOp::NotEqual if matcher.value.is_empty() => Some(LabelFact::always(None)),
        MatchOp::Regex if needs_text(&matcher.value) => Some(LabelFact::always(None)),
        MatchOp::Regex | MatchOp::NotEqual | MatchOp::NotRegex => None,
    }
}

/// `absent()` gives the labels of equality matchers; one that other matchers name as well is left open here.
fn absent<'a>(span: Span, selector: &'a Selector, label: Option<&str>) -> LabelFact<'a> {
    let of_label = |matcher: &&Matcher| label.is_some_and(|label| *matcher.label.text == *label);
    let mut matchers = selector.matchers.iter().filter(of_label);
    match (matchers.next(), matchers.next()) {
        _ if label == Some(METRIC_NAME) => LabelFact::never(span, What::Absent),
        (Some(_), Some(_)) => LabelFact::MAYBE,
        (Some(matcher), None) if matcher.op == MatchOp::Equal && !matcher.value.is_empty() => {
            LabelFact::always(Some(&matcher.value))
        }
        _ => LabelFact::never(span, What::Absent),
    }
}

/// What an aggregation makes of a label, or the expression in which that is decided.
fn grouped<'a>(aggregate: &'a Aggregate, label: Option<&str>) -> ControlFlow<LabelFact<'a>, &'a Expr> {
    if counted_label(aggregate).is_some_and(|counted| counted == label) {
        return Break(LabelFact::always(None));
    }
    let grouping = aggregate.grouping.as_ref();
    if grouping.is_some_and(|grouping| lists(&grouping.labels, label) != grouping.without) {
        return Continue(&aggregate.expr);
    }
    let span = grouping.map_or(aggregate.op_span, |grouping| grouping.span);
    Break(LabelFact::never(span, What::Aggregation))
}

/// What is known of a label that is set.
fn written<'a>(series: Option<&'a Expr>, to: Written<'a>) -> LabelFact<'a> {
    match to {
        Written::Anything => LabelFact::MAYBE,
        Written::UsedUp(at) => LabelFact::never(at, What::Aggregation),
        Written::Replaced(call) => replaced(series, call),
    }
}

/// What is known of the label that a call of `label_replace()` sets.
fn replaced<'a>(series: Option<&'a Expr>, call: &'a Call) -> LabelFact<'a> {
    let argument = |index: usize| call.args.get(index).and_then(text);
    let (Some(source), Some(regex)) = (argument(3), argument(4)) else {
        return LabelFact::MAYBE;
    };
    let dropped = |series| fact(series, Some(source)).presence == Presence::Never;
    let no_source = || source.is_empty() || series.is_some_and(dropped);
    let always_matches = regex == ".*" || (regex.is_empty() && no_source());
    match argument(2) {
        Some("") if always_matches => LabelFact::never(call.name.span, What::Asked),
        Some(value) if always_matches && !value.contains('$') => LabelFact::always(Some(value)),
        _ => LabelFact::MAYBE,
    }
}

/// Whether an operator compares a label of its two sides.
fn is_compared(matching: Option<&Matching>, label: Option<&str>) -> bool {
    matching.is_none_or(|matching| matching.on == lists(&matching.labels, label))
}

fn lists(names: &[Name], label: Option<&str>) -> bool {
    label.is_some_and(|label| names.iter().any(|name| *name.text == *label))
}

/// Adds the labels about which something is known, as far as they are not there.
fn add_names<'a>(expr: &'a Expr, names: &mut Vec<&'a str>) {
    match source(expr) {
        Source::Unknown | Source::None(..) => {}
        Source::Selected(selector) => {
            for matcher in &selector.matchers {
                if *matcher.label.text != *METRIC_NAME && forced(matcher).is_some() {
                    add_name(&matcher.label.text, names);
                }
            }
        }
        Source::Absent(span, selector) => {
            for matcher in &selector.matchers {
                if absent(span, selector, Some(&matcher.label.text)).presence != Presence::Never {
                    add_name(&matcher.label.text, names);
                }
            }
        }
        Source::Grouped(aggregate) => {
            let grouping = aggregate.grouping.as_ref();
            if grouping.is_some_and(|grouping| grouping.without) {
                add_names(&aggregate.expr, names);
            }
            let listed = grouping.into_iter().flat_map(|grouping| &grouping.labels);
            let counted = counted_label(aggregate).flatten();
            let listed = listed.map(|label| &*label.text).chain(counted);
            listed.for_each(|label| add_name(label, names));
        }
        Source::Written { series, label, .. } => {
            if let Some(series) = series {
                add_names(series, names);
            }
            add_name(label, names);
        }
        Source::Either(binary) => {
            add_names(&binary.lhs, names);
            add_names(&binary.rhs, names);
        }
        Source::Matched {
            binary,
            many,
            one,
            lent,
        } => {
            let matching = binary.matching.as_ref();
            add_names(many, names);
            if !matching.is_some_and(|matching| matching.on) {
                add_names(one, names);
            }
            let listed = matching.into_iter().flat_map(|matching| &matching.labels);
            listed.chain(lent).for_each(|label| add_name(&label.text, names));
        }
        Source::Paired(binary) => {
            let matching = binary.matching.as_ref();
            if !matching.is_some_and(|matching| matching.on) {
                add_names(&binary.lhs, names);
                add_names(&binary.rhs, names);
            }
            let listed = matching.into_iter().flat_map(|matching| &matching.labels);
            listed.for_each(|label| add_name(&label.text, names));
        }
    }
}

fn add_name<'a>(name: &'a str, names: &mut Vec<&'a str>) {
    if !names.contains(&name) {
        names.push(name);
    }
}

/// The text of a string literal; `None` where it is none, or no UTF-8.
fn text(expr: &Expr) -> Option<&str> {
    literal(expr)?
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
