//! Why the result of an expression is not the expected one.

use super::missing::Search;
use super::{Timeline, clock, length};
use crate::compare::GotSample;
use crate::failure::ParsedSample;
use crate::ticks::Engine;
use firedrill_functions::Func;
use firedrill_promql::Expr;
use firedrill_promql::ast::ExprKind;
use firedrill_value::Timestamp;

/// Samples whose reasons are told.
const MOST_SAMPLES: usize = 2;

/// Reasons for the differences between expected and got samples, the nearest cause first.
pub(crate) fn sample_reasons(
    engine: &Engine<'_>,
    (expr, text): (&Expr, &str),
    at: Timestamp,
    expected: &[ParsedSample],
    got: &[GotSample],
    timeline: &Timeline,
) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    let mut told = 0;
    for sample in expected.iter().filter(|it| !it.impossible) {
        if told == MOST_SAMPLES {
            break;
        }
        let found = match got.iter().find(|it| it.labels == sample.labels) {
            Some(got) => value_elsewhere(sample, got, timeline)
                .or_else(|| per_minute(expr, sample, got))
                .into_iter()
                .collect(),
            None if got
                .iter()
                .any(|it| it.labels.without_name() == sample.labels.without_name()) =>
            {
                Vec::new()
            }
            None => Search::new(engine, text, at, sample.labels.clone()).why(expr),
        };
        told += usize::from(!found.is_empty());
        for reason in found {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    let end = engine.ticks.end();
    if at > end {
        reasons.push(format!(
            "samples after {} are not loaded: that is the last evaluation, as the rules run every {}",
            clock(engine, end),
            length(engine.ticks.step)
        ));
    }
    reasons
}

/// The expected value stands one tick earlier or later. Farther away it may stand by chance.
fn value_elsewhere(expected: &ParsedSample, got: &GotSample, timeline: &Timeline) -> Option<String> {
    if expected.histogram.is_some() || got.histogram.is_some() || expected.value == got.value {
        return None;
    }
    let tested = timeline.tested()?;
    let series = timeline.series.iter().find(|it| it.labels == expected.labels)?;
    let here = timeline.rows.get(tested)?.time;
    [tested.checked_sub(1), tested.checked_add(1)]
        .into_iter()
        .flatten()
        .find_map(|at| {
            let there = timeline.rows.get(at)?.time;
            let number = series.values.get(at)?.as_ref()?.number();
            let side = if there < here { "earlier" } else { "later" };
            (number == Some(expected.value) && (there - here).abs() == timeline.step).then(|| {
                format!(
                    "the expected value is the one at {}, an evaluation {side}",
                    length(there)
                )
            })
        })
}

/// A rate that was expected by the minute.
fn per_minute(expr: &Expr, expected: &ParsedSample, got: &GotSample) -> Option<String> {
    let mut rate = None;
    expr.walk(&mut |node| {
        if let ExprKind::Call(call) = &node.kind
            && call
                .function
                .is_some_and(|f| matches!(f.id, Func::Rate | Func::Irate | Func::Deriv))
        {
            rate = Some(call.name.text.clone());
        }
    });
    let name = rate?;
    let fold = expected.value / got.value;
    ((fold - 60.0).abs() < 1e-9 && got.histogram.is_none()).then(|| {
        format!("{name}() counts per second, and the expected value is 60 times as much: per minute")
    })
}
