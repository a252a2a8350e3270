//! Why an expression gives nothing for some labels at some time: the nearest operand that lost them.
//!
//! The search goes from the outside in and evaluates only what lies on its way. Where it is not sure it says nothing.

use super::counterparts::{comes_from, holds, is_compared, signature};
use super::{clock, numbers, snippet};
use crate::ticks::Engine;
use firedrill_eval::{Column, EvalOptions, Grid, Plan, PlanOptions, Value};
use firedrill_functions::{Func, ValueType};
use firedrill_model::RuleKind;
use firedrill_promql::Expr;
use firedrill_promql::ast::{Aggregate, Binary, BinaryOp, Call, ExprKind};
use firedrill_value::{Labels, METRIC_NAME, Timestamp};

/// How many rules deep recorded series are followed.
const MOST_RULES: usize = 6;
/// How many expressions deep the search goes.
const MOST_DEPTH: usize = 60;

/// Where to look, and for what.
#[derive(Clone)]
pub(super) struct Search<'a> {
    pub(super) engine: &'a Engine<'a>,
    /// The text that spans count in.
    pub(super) text: &'a str,
    /// The time of evaluation.
    pub(super) at: Timestamp,
    /// Whether samples after `at` are hidden, as they are to rules.
    pub(super) as_rule: bool,
    /// The labels that are looked for. A series fits if it contradicts none of them; names do not count.
    pub(super) wanted: Labels,
    /// How many recording rules were followed to get here.
    pub(super) rules: usize,
    pub(super) depth: usize,
}

impl<'a> Search<'a> {
    /// A search for `wanted` in an expression with this text.
    pub(super) fn new(engine: &'a Engine<'a>, text: &'a str, at: Timestamp, wanted: Labels) -> Self {
        Search {
            engine,
            text,
            at,
            as_rule: false,
            wanted: wanted.without_name(),
            rules: 0,
            depth: 0,
        }
    }

    /// The same search as a rule sees the samples.
    pub(super) fn seen_by_rule(mut self) -> Self {
        self.as_rule = true;
        self
    }

    /// Why `expr` gives nothing that fits: the nearest cause first; nothing where it does or the cause is unknown.
    pub(super) fn why(&self, expr: &Expr) -> Vec<String> {
        let expr = expr.unparenthesised();
        if self.depth > MOST_DEPTH || self.gives(expr) != Some(false) {
            return Vec::new();
        }
        let inner = self.deeper();
        match &expr.kind {
            ExprKind::Selector(selector) => inner.leaf(expr, selector, None),
            ExprKind::Range(range) => match &range.selector.kind {
                ExprKind::Selector(selector) => inner.leaf(expr, selector, range.range.literal()),
                _ => Vec::new(),
            },
            ExprKind::Subquery(subquery) => {
                let reasons = inner.why_never(&subquery.expr);
                if reasons.is_empty() {
                    inner.at_no_step(subquery)
                } else {
                    reasons
                }
            }
            ExprKind::Call(call) => inner.call(call),
            ExprKind::Aggregate(aggregate) => inner.aggregate(aggregate),
            ExprKind::Unary(unary) => inner.why(&unary.operand),
            ExprKind::Binary(binary) => inner.binary(binary),
            _ => Vec::new(),
        }
    }

    fn deeper(&self) -> Search<'a> {
        Search {
            depth: self.depth + 1,
            ..self.clone()
        }
    }

    /// The same search with some of the labels only.
    fn keeping(&self, keep: impl FnMut(&str) -> bool) -> Search<'a> {
        Search {
            wanted: self.wanted.filter(keep),
            ..self.deeper()
        }
    }

    pub(super) fn options(&self) -> EvalOptions {
        EvalOptions {
            horizon: self.as_rule.then_some(self.at),
            ..self.engine.eval
        }
    }

    /// The value of an expression at the time of the search.
    pub(super) fn value(&self, expr: &Expr) -> Option<Value> {
        let plan = Plan::compile(expr, &PlanOptions::default());
        let (storage, guard) = (&self.engine.storage, self.engine.guard);
        let output = plan.eval_within(storage, Grid::instant(self.at), &self.options(), guard);
        output.ok().map(|output| output.value)
    }

    /// The samples of an expression that fit.
    pub(super) fn fitting(&self, expr: &Expr) -> Option<Vec<Column>> {
        let mut columns = match self.value(expr)? {
            Value::Vector(columns) => columns,
            Value::Scalar(values) => vec![Column::new(Labels::empty(), values)],
            Value::Matrix(_) | Value::String(_) => return None,
        };
        columns.retain(|column| !column.is_empty() && self.fits(&column.labels));
        Some(columns)
    }

    pub(super) fn fits(&self, labels: &Labels) -> bool {
        self.wanted.iter().all(
            |label| matches!(labels.get(&label.name), value if value.is_empty() || *value == *label.value),
        )
    }

    /// Whether an expression gives anything that fits; `None` where that cannot be told.
    fn gives(&self, expr: &Expr) -> Option<bool> {
        match self.value(expr)? {
            Value::Matrix(points) => Some(points.iter().any(|it| self.fits(&it.labels))),
            Value::String(_) => None,
            Value::Scalar(_) => Some(true),
            Value::Vector(columns) => Some(columns.iter().any(|it| !it.is_empty() && self.fits(&it.labels))),
        }
    }

    /// Causes that hold at any time: of subqueries only the last step would be looked at.
    fn why_never(&self, expr: &Expr) -> Vec<String> {
        let mut reasons = Vec::new();
        expr.walk(&mut |node| {
            if let ExprKind::Selector(selector) = &node.kind
                && reasons.is_empty()
            {
                reasons = self.unfound(node, selector);
            }
        });
        reasons
    }

    fn call(&self, call: &Call) -> Vec<String> {
        let Some(function) = call.function else {
            return Vec::new();
        };
        let source = call
            .args
            .iter()
            .find(|arg| matches!(arg.value_type(), ValueType::Vector | ValueType::Matrix));
        let Some(source) = source else {
            return Vec::new();
        };
        let text_of = |index: usize| match call.args.get(index).map(|arg| &arg.kind) {
            Some(ExprKind::String(text)) => text.text().into_owned(),
            _ => String::new(),
        };
        match function.id {
            Func::Absent | Func::AbsentOverTime => self.present(call, source),
            Func::LabelReplace | Func::LabelJoin => {
                let made = text_of(1);
                self.keeping(|name| name != made).why(source)
            }
            Func::Info | Func::Scalar => Vec::new(),
            _ => {
                let source = source.unparenthesised();
                let reasons = self.why(source);
                if reasons.is_empty() {
                    self.too_few(call, source)
                } else {
                    reasons
                }
            }
        }
    }

    /// `absent(x)` gives nothing because there is an x.
    fn present(&self, call: &Call, source: &Expr) -> Vec<String> {
        let all = self.keeping(|_| false);
        let source = source.unparenthesised();
        let found: Vec<Labels> = match all.value(source) {
            Some(Value::Vector(columns)) => columns.into_iter().map(|it| it.labels).collect(),
            Some(Value::Matrix(points)) => points.into_iter().map(|it| it.labels).collect(),
            _ => return Vec::new(),
        };
        let Some(first) = found.first() else {
            return Vec::new();
        };
        let more = match found.len() - 1 {
            0 => String::new(),
            many => format!(" and {many} more"),
        };
        let has = if matches!(source.kind, ExprKind::Range(_)) {
            "has samples in the window"
        } else {
            "is there"
        };
        vec![format!(
            "{}() gives nothing at {}: {}{more} {has}",
            call.name.text,
            clock(self.engine, self.at),
            super::series_text(first),
        )]
    }

    /// Windows that hold samples, but fewer than the function needs.
    fn too_few(&self, call: &Call, source: &Expr) -> Vec<String> {
        use Func::{Delta, Deriv, Idelta, Increase, Irate, PredictLinear, Rate};
        let needs_two = call.function.is_some_and(|f| {
            matches!(
                f.id,
                Delta | Deriv | Idelta | Increase | Irate | PredictLinear | Rate
            )
        });
        let ExprKind::Range(range) = &source.kind else {
            return Vec::new();
        };
        let Some(Value::Matrix(points)) = self.value(source).filter(|_| needs_two) else {
            return Vec::new();
        };
        let fitting: Vec<_> = points.iter().filter(|it| self.fits(&it.labels)).collect();
        let single = fitting
            .iter()
            .all(|it| it.values.len() + it.histograms.len() == 1);
        if fitting.is_empty() || !single {
            return Vec::new();
        }
        let window = range.brackets.slice(self.text);
        vec![format!(
            "{}() needs two samples in {window}; at {} there is one",
            call.name.text,
            clock(self.engine, self.at)
        )]
    }

    fn aggregate(&self, aggregate: &Aggregate) -> Vec<String> {
        if aggregate.op.selects() {
            let reasons = self.why(&aggregate.expr);
            if !reasons.is_empty() {
                return reasons;
            }
            return vec![format!(
                "it is not among those that `{}` selects",
                snippet(aggregate.op_span.slice(self.text))
            )];
        }
        let made = match aggregate.param.as_ref().map(|param| &param.kind) {
            Some(ExprKind::String(text)) => text.text().into_owned(),
            _ => String::new(),
        };
        let inside = self.keeping(|name| {
            let listed = |labels: &[firedrill_promql::ast::Name]| labels.iter().any(|it| *it.text == *name);
            name != made
                && match &aggregate.grouping {
                    Some(grouping) => listed(&grouping.labels) != grouping.without,
                    None => false,
                }
        });
        inside.why(&aggregate.expr)
    }

    fn binary(&self, binary: &Binary) -> Vec<String> {
        let left = self.keeping(|name| comes_from(binary, true, name));
        let right = self.keeping(|name| comes_from(binary, false, name));
        match binary.op {
            BinaryOp::Or => {
                let mut reasons = left.why(&binary.lhs);
                reasons.truncate(1);
                reasons.extend(right.why(&binary.rhs).into_iter().take(1));
                return reasons;
            }
            BinaryOp::Unless => {
                let reasons = left.why(&binary.lhs);
                return if reasons.is_empty() {
                    self.excluded(binary, &left)
                } else {
                    reasons
                };
            }
            _ => {}
        }
        let operator = binary.op.symbol();
        for (search, side, which) in [(&left, &binary.lhs, "left"), (&right, &binary.rhs, "right")] {
            if side.value_type() != ValueType::Vector || search.gives(side) != Some(false) {
                continue;
            }
            let mut reasons = search.why(side);
            if which == "right" {
                let side_text = backticked(side.span.slice(self.text));
                let head = format!(
                    "the right side of `{operator}`, {side_text}, gives {}",
                    self.nothing(side)
                );
                headed(&mut reasons, &head);
            }
            return reasons;
        }
        let vectors = [&binary.lhs, &binary.rhs].map(|side| side.value_type() == ValueType::Vector);
        if vectors == [true, true]
            && let Some(reason) = self.without_partner(binary, &left, &right)
        {
            return vec![reason];
        }
        if binary.op.is_comparison() && binary.bool_modifier.is_none() {
            return self.false_comparison(binary, &left, &right).into_iter().collect();
        }
        Vec::new()
    }

    /// `unless` took it away.
    fn excluded(&self, binary: &Binary, left: &Search<'_>) -> Vec<String> {
        let (Some(kept), Some(others)) = (
            left.fitting(&binary.lhs),
            self.keeping(|_| false).fitting(&binary.rhs),
        ) else {
            return Vec::new();
        };
        let taken = |column: &&Column| {
            kept.iter()
                .any(|it| signature(binary, &it.labels) == signature(binary, &column.labels))
        };
        let Some(by) = others.iter().find(taken) else {
            return Vec::new();
        };
        vec![format!(
            "`unless` takes it away at {}: its right side has {}",
            clock(self.engine, self.at),
            super::series_text(&by.labels)
        )]
    }

    /// Both sides have samples that fit, but none has a partner on the other side.
    fn without_partner(&self, binary: &Binary, left: &Search<'_>, right: &Search<'_>) -> Option<String> {
        let ours = left.fitting(&binary.lhs)?;
        let theirs = right.fitting(&binary.rhs)?;
        let meets = |a: &Column, b: &Column| signature(binary, &a.labels) == signature(binary, &b.labels);
        if ours.iter().any(|a| theirs.iter().any(|b| meets(a, b))) {
            return None;
        }
        let differing = |a: &Column, b: &Column| -> Vec<String> {
            let both = a.labels.iter().chain(b.labels.iter());
            let mut names: Vec<String> = both
                .map(|label| label.name.to_string())
                .filter(|name| is_compared(binary, name) && a.labels.get(name) != b.labels.get(name))
                .collect();
            names.sort();
            names.dedup();
            names
        };
        let pairs = ours
            .iter()
            .take(50)
            .flat_map(|a| theirs.iter().take(50).map(move |b| (a, b)));
        let (a, b) = pairs.min_by_key(|(a, b)| differing(a, b).len())?;
        let names = differing(a, b);
        let shown = |side: &Column| -> String {
            let has: Vec<String> = names
                .iter()
                .map(|name| match side.labels.get(name) {
                    "" => format!("no {name}"),
                    value => format!("{name}={}", firedrill_value::quote(value)),
                })
                .collect();
            has.join(", ")
        };
        Some(format!(
            "`{}` finds no partner at {}: the left side has {}, the right side {}",
            binary.op.symbol(),
            clock(self.engine, self.at),
            shown(a),
            shown(b)
        ))
    }

    /// Values that a comparison refuses.
    fn false_comparison(&self, binary: &Binary, left: &Search<'_>, right: &Search<'_>) -> Option<String> {
        let ours = left.fitting(&binary.lhs)?;
        let theirs = right.fitting(&binary.rhs)?;
        let scalar = |expr: &Expr| expr.value_type() == ValueType::Scalar;
        let mut pairs: Vec<(&Column, &Column)> = Vec::new();
        for a in &ours {
            for b in &theirs {
                let either = scalar(&binary.lhs) || scalar(&binary.rhs);
                if either || signature(binary, &a.labels) == signature(binary, &b.labels) {
                    pairs.push((a, b));
                }
            }
        }
        let (a, b) = *pairs.first()?;
        let shown = if scalar(&binary.lhs) { b } else { a };
        if shown.histogram(0).is_some() {
            return Some(format!(
                "{} is a native histogram at {}, and `{}` does not compare histograms with numbers",
                backticked(binary.lhs.span.slice(self.text)),
                clock(self.engine, self.at),
                binary.op.symbol()
            ));
        }
        let (x, y) = (*a.values.first()?, *b.values.first()?);
        if holds(binary.op, x, y) {
            return None;
        }
        // A second fitting series has a value of its own: say whose this is.
        let who = if pairs.len() > 1 {
            format!(" for {}", shown.labels.without_name())
        } else {
            String::new()
        };
        Some(self.comparison_text(binary, (x, y), &who))
    }

    fn comparison_text(&self, binary: &Binary, (x, y): (f64, f64), who: &str) -> String {
        let (left_number, right_number) = numbers(x, y);
        let scalar_left = binary.lhs.value_type() == ValueType::Scalar;
        let (side, other, value, limit, op) = if scalar_left {
            (
                &binary.rhs,
                &binary.lhs,
                right_number,
                left_number,
                binary.op.flipped(),
            )
        } else {
            (&binary.lhs, &binary.rhs, left_number, right_number, binary.op)
        };
        let literal = matches!(other.unparenthesised().kind, ExprKind::Number(_));
        let wanted = if literal {
            snippet(other.span.slice(self.text))
        } else {
            format!("{limit}, which is {}", backticked(other.span.slice(self.text)))
        };
        let aside = if x.is_nan() || y.is_nan() {
            " (no comparison with NaN holds)"
        } else if x == y && matches!(op, BinaryOp::Less | BinaryOp::Greater) {
            " (equal is not enough)"
        } else {
            ""
        };
        format!(
            "{} is {value} at {}{who}, not {} {wanted}{aside}",
            backticked(side.span.slice(self.text)),
            clock(self.engine, self.at),
            op.symbol()
        )
    }

    /// What to call the result of an expression that holds nothing that fits.
    fn nothing(&self, expr: &Expr) -> &'static str {
        if self.keeping(|_| false).gives(expr) == Some(true) {
            "nothing that fits"
        } else {
            "nothing"
        }
    }

    /// The rules that record a metric, if they can be followed from here.
    pub(super) fn recorded(&self, name: &str) -> Option<Vec<String>> {
        if self.rules >= MOST_RULES || name == METRIC_NAME {
            return None;
        }
        let rules = self.engine.rules;
        let records =
            |it: &&crate::schedule::Scheduled<'_>| it.rule.kind == RuleKind::Record && *it.rule.name == *name;
        let writer = rules.iter().find(records)?;
        let search = Search {
            text: &writer.rule.expr.source.text,
            at: self.at - writer.group.query_offset,
            as_rule: true,
            rules: self.rules + 1,
            ..self.keeping(|label| !writer.rule.labels.iter().any(|(own, _)| **own == *label))
        };
        let mut reasons = search.why(&writer.rule.expr.expr);
        if reasons.is_empty() {
            return None;
        }
        let head = format!(
            "the rule that records {name} gives {}",
            search.nothing(&writer.rule.expr.expr)
        );
        headed(&mut reasons, &head);
        Some(reasons)
    }
}

/// Puts words before the first reason.
fn headed(reasons: &mut [String], head: &str) {
    if let Some(first) = reasons.first_mut() {
        first.insert_str(0, &format!("{head}: "));
    }
}

/// Source text in backticks.
pub(super) fn backticked(text: &str) -> String {
    format!("`{}`", snippet(text))
}
