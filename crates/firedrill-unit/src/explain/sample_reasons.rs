//! Why the result of an expression is not the expected one.

use super::missing::Search;
use super::{Timeline, clock, length};
use crate::compare::GotSample;
use crate::failure::ParsedSample;
use crate::ticks::Engine;
use firedrill_promql::Expr;
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
            Some(got) => value_elsewhere(sample, got, timeline).into_iter().collect(),
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
    if at > end && !reasons.is_empty() {
        reasons.push(format!(
            "samples after {} are not loaded: the last evaluation before {} is then, as the rules run every {}",
            clock(engine, end),
            clock(engine, at),
            length(engine.ticks.step)
        ));
    }
    reasons
}

/// The expected value stands at another tick.
fn value_elsewhere(expected: &ParsedSample, got: &GotSample, timeline: &Timeline) -> Option<String> {
    if expected.histogram.is_some() || got.histogram.is_some() || expected.value == got.value {
        return None;
    }
    let tested = timeline.tested()?;
    let series = timeline.series.iter().find(|it| it.labels == expected.labels)?;
    let same = |at: &usize| {
        let number = series.values.get(*at).and_then(|value| value.as_ref()?.number());
        number == Some(expected.value)
    };
    let nearest = (0..timeline.rows.len())
        .filter(same)
        .min_by_key(|at| at.abs_diff(tested))?;
    let (there, here) = (timeline.rows.get(nearest)?.time, timeline.rows.get(tested)?.time);
    let distance = length((there - here).abs());
    let side = if there < here { "earlier" } else { "later" };
    Some(format!(
        "the expected value is the one at {}, {distance} {side}",
        length(there)
    ))
}
