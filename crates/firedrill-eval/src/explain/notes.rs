//! What happened between the parts of an expression and its value.

use super::{Explainer, Explanation, Note, Silence, written};
use crate::storage::{Series, SeriesId};
use crate::value::{Column, Value};
use firedrill_functions::ValueType;
use firedrill_promql::ast::{Binary, BinaryOp, Expr, ExprKind, Matcher, Modifiers, Name, Selector};
use firedrill_source::nearest;
use firedrill_value::{Labels, METRIC_NAME, Timestamp, is_stale};
use rustc_hash::FxHashSet;

/// How many series or label values stand for all of them.
const EXAMPLES: usize = 3;

impl Explainer<'_> {
    pub(super) fn notes(&self, expr: &Expr, explained: &Explanation) -> Vec<Note> {
        let Ok(value) = &explained.value else {
            return Vec::new();
        };
        let count = value.series_count();
        let mut notes = Vec::new();
        match &expr.kind {
            ExprKind::Selector(selector) => {
                let columns = value.columns();
                let taken = columns.iter().map(|column| &column.labels).collect();
                self.selector_notes(selector, &selector.modifiers, explained.at, &taken, &mut notes);
            }
            ExprKind::Range(range) => {
                if let ExprKind::Selector(selector) = &range.selector.kind {
                    let taken = value.points().iter().map(|points| &points.labels).collect();
                    self.selector_notes(selector, &selector.modifiers, explained.at, &taken, &mut notes);
                }
                notes.extend(windows(value));
            }
            ExprKind::Subquery(_) => notes.extend(windows(value)),
            ExprKind::Binary(binary) => binary_notes(binary, explained, count, &mut notes),
            ExprKind::Aggregate(aggregate) if !aggregate.op.selects() => {
                // A parameter that is no constant stands before what is aggregated.
                let samples = explained.parts.last().map(Explanation::series_count);
                if let Some(samples) = samples.filter(|&samples| samples > 0) {
                    notes.push(Note::Grouped {
                        samples,
                        groups: count,
                    });
                }
            }
            ExprKind::Aggregate(_) => {
                if let Some(of) = explained.parts.last().map(Explanation::series_count) {
                    notes.push(Note::Kept { kept: count, of });
                }
            }
            ExprKind::Call(_) if value.is_vector() => {
                let vector =
                    |part: &&Explanation| matches!(part.value_type, ValueType::Vector | ValueType::Matrix);
                let of = explained.parts.iter().find(vector).map(Explanation::series_count);
                if let Some(of) = of.filter(|&of| of > count) {
                    notes.push(Note::Dropped { kept: count, of });
                }
            }
            _ => {}
        }
        notes
    }

    /// Which series a selector does not find, and which it finds without a sample to take.
    fn selector_notes(
        &self,
        selector: &Selector,
        modifiers: &Modifiers,
        at: Timestamp,
        taken: &FxHashSet<&Labels>,
        notes: &mut Vec<Note>,
    ) {
        let matchers = all_matchers(selector);
        let found = self.storage.select(&matchers);
        if found.is_empty() {
            notes.push(self.no_series(selector, &matchers));
            return;
        }
        let now = self.looked_at(modifiers, at);
        let silent: Vec<SeriesId> = found
            .into_iter()
            .filter(|&id| !taken.contains(&self.storage.get(id).labels))
            .collect();
        if silent.is_empty() {
            return;
        }
        let examples = silent.iter().take(EXAMPLES).map(|&id| {
            let series = self.storage.get(id);
            (series.labels.clone(), silence(series, now))
        });
        notes.push(Note::Silent {
            series: silent.len(),
            examples: examples.collect(),
        });
    }

    fn no_series(&self, selector: &Selector, matchers: &[Matcher]) -> Note {
        let name = selector.metric_name();
        let all = self.storage.series();
        let of_name: Vec<&Series> = all
            .iter()
            .filter(|series| name.is_some_and(|name| series.labels.metric_name() == &**name))
            .collect();
        let near = name
            .filter(|_| of_name.is_empty())
            .and_then(|name| nearest(name, all.iter().map(|series| series.labels.metric_name())));
        let others = matchers.iter().filter(|m| &*m.label.text != METRIC_NAME);
        let failing = others.filter_map(|matcher| {
            let label = &matcher.label.text;
            let passes = |series: &&Series| matcher.matches(series.labels.get(label));
            if of_name.is_empty() || of_name.iter().any(passes) {
                return None;
            }
            let mut values: Vec<String> = Vec::new();
            for series in &of_name {
                let value = series.labels.get(label).to_owned();
                if !values.contains(&value) && values.len() < EXAMPLES {
                    values.push(value);
                }
            }
            Some((written(matcher), values))
        });
        Note::NoSeries {
            of_name: of_name.len(),
            nearest: near.map(str::to_owned),
            failing: failing.collect(),
        }
    }
}

/// The matchers of a selector, the name before the braces among them.
fn all_matchers(selector: &Selector) -> Vec<Matcher> {
    let name = selector.name.iter().map(|name| Matcher {
        label: Name {
            text: METRIC_NAME.into(),
            span: name.span,
        },
        op: firedrill_promql::ast::MatchOp::Equal,
        value: name.text.clone(),
        value_span: name.span,
        regex: None,
        span: name.span,
    });
    name.chain(selector.matchers.iter().cloned()).collect()
}

/// Why a series has nothing to take at a time.
fn silence(series: &Series, now: Timestamp) -> Silence {
    let samples = &series.samples;
    let times = samples.times();
    if samples.is_empty() {
        return Silence::Never;
    }
    let until = times.count_until(now, samples.len());
    let Some(newest) = until.checked_sub(1) else {
        return Silence::First(times.at(0));
    };
    let histogram = samples.histograms().is_some_and(|all| all[newest].is_some());
    if is_stale(samples.values()[newest]) && !histogram {
        Silence::Stale(times.at(newest))
    } else {
        Silence::Last(times.at(newest))
    }
}

fn windows(value: &Value) -> Option<Note> {
    let points = value.points();
    let sizes = || points.iter().map(|it| it.values.len() + it.histograms.len());
    let times = || {
        points.iter().flat_map(|it| {
            let histograms = it.histograms.iter().map(|(time, _)| *time);
            it.timestamps.iter().copied().chain(histograms)
        })
    };
    Some(Note::Windows {
        series: points.len(),
        samples: (sizes().min()?, sizes().max()?),
        times: (times().min()?, times().max()?),
    })
}

fn binary_notes(binary: &Binary, explained: &Explanation, count: usize, notes: &mut Vec<Note>) {
    let op = binary.op;
    let filters = op.is_comparison() && binary.bool_modifier.is_none();
    let vector = |expr: &Expr| expr.value_type() == ValueType::Vector;
    // Constants are no parts, vectors always are.
    let mut parts = explained.parts.iter();
    let constant = |expr: &Expr| {
        matches!(
            expr.unparenthesised().kind,
            ExprKind::Number(_) | ExprKind::String(_)
        )
    };
    let mut next = |expr: &Expr| if constant(expr) { None } else { parts.next() };
    let left = next(&binary.lhs);
    let right = next(&binary.rhs);
    match (vector(&binary.lhs), vector(&binary.rhs)) {
        (true, true) => {
            let (Some(left), Some(right)) = (left, right) else {
                return;
            };
            match op {
                BinaryOp::Or => notes.push(Note::Added {
                    left: left.series_count(),
                    right: count.saturating_sub(left.series_count()),
                }),
                BinaryOp::And | BinaryOp::Unless => {
                    let of = left.series_count();
                    notes.push(Note::Kept { kept: count, of });
                }
                _ => {
                    let met = unmatched(binary, left, right, notes);
                    if filters {
                        notes.push(Note::Kept { kept: count, of: met });
                    }
                }
            }
        }
        (true, false) if filters => {
            let of = left.map_or(0, Explanation::series_count);
            notes.push(Note::Kept { kept: count, of });
        }
        (false, true) if filters => {
            let of = right.map_or(0, Explanation::series_count);
            notes.push(Note::Kept { kept: count, of });
        }
        _ => {}
    }
}

/// Notes what meets nothing, and says how many pairs meet.
fn unmatched(binary: &Binary, left: &Explanation, right: &Explanation, notes: &mut Vec<Note>) -> usize {
    let (on, listed): (bool, &[Name]) = match &binary.matching {
        Some(matching) => (matching.on, &matching.labels),
        None => (false, &[]),
    };
    let signature = |column: &Column| -> Labels {
        let is_listed = |name: &str| listed.iter().any(|label| *label.text == *name);
        column.labels.filter(|name| {
            if on {
                is_listed(name)
            } else {
                name != METRIC_NAME && !is_listed(name)
            }
        })
    };
    let signatures =
        |side: &Explanation| -> FxHashSet<Labels> { side.columns().iter().map(signature).collect() };
    let (of_left, of_right) = (signatures(left), signatures(right));
    let mut met = [0, 0];
    for (index, (side, others)) in [(left, &of_right), (right, &of_left)].into_iter().enumerate() {
        let alone: Vec<Labels> = side
            .columns()
            .iter()
            .filter(|column| !others.contains(&signature(column)))
            .map(|column| column.labels.clone())
            .collect();
        met[index] = side.columns().len() - alone.len();
        if !alone.is_empty() {
            notes.push(Note::Unmatched {
                left: index == 0,
                series: alone,
            });
        }
    }
    // Of many and one, the many are what comes out.
    met[0].max(met[1])
}

impl Explanation {
    fn columns(&self) -> &[Column] {
        self.value.as_ref().map_or(&[], Value::columns)
    }

    /// How many series its value has; a scalar counts as one.
    pub fn series_count(&self) -> usize {
        self.value.as_ref().map_or(0, Value::series_count)
    }
}
