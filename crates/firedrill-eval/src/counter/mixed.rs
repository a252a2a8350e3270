//! Growth of native histograms, and of counters that say since when they count.

use super::{RateKind, Reach, Span};
use crate::engine::Evaluator;
use crate::over_time::mixed::{Point, Sample, is_restart, starts_overlap};
use crate::remark::{Remark, Sum};
use crate::value::{ABSENT, Column};
use crate::window::{HistogramPoint, RangeSeries, Window, Windows};
use firedrill_value::histogram::CUSTOM_SCHEMA;
use firedrill_value::{Duration, FloatHistogram, ResetHint, Timestamp};
use std::sync::Arc;

impl Evaluator<'_> {
    /// Corrects the growth of numbers alone, where there is more than numbers in a window.
    pub(super) fn mixed_growth(
        &mut self,
        series: &RangeSeries<'_>,
        windows: &Windows<'_>,
        kind: RateKind,
        span: Span,
        numbers: Option<Vec<f64>>,
    ) -> Option<Column> {
        let mut column = series.column(numbers, windows.ends.count);
        let seconds = Duration::from_millis(windows.range).secs_f64();
        let mut overlaps = 0;
        for step in 0..windows.ends.count {
            let window = series.window_at(&windows.ends, windows.range, step);
            let histograms = series.histograms_at(&windows.ends, windows.range, step);
            let points = series.points(&window, histograms);
            if kind.counter {
                let overlapping = |two: &[Point<'_>]| starts_overlap(two[0].time, two[0].start, two[1].start);
                overlaps = overlaps.max(points.windows(2).filter(|two| overlapping(two)).count());
            }
            if histograms.is_empty() {
                if !series.starts.is_empty() && kind.counter {
                    column.values[step] = growth_since_start(&points, &window, kind, seconds);
                }
                continue;
            }
            column.clear(step);
            if window.len() > 0 {
                self.remark_mixed(series, span);
            } else if let Some(growth) =
                self.histogram_growth(series, histograms, &points, &window, kind, seconds, span)
            {
                column.set_histogram(step, Arc::new(growth));
            }
        }
        if overlaps > 0 {
            self.remark_overlap(series, overlaps, span);
        }
        (!column.is_empty()).then_some(column)
    }

    /// Remarks on histograms whose kind is not that of the function: all of them for counters, else the two that are
    /// subtracted.
    pub(crate) fn remark_growth(
        &mut self,
        series: &RangeSeries<'_>,
        list: &[&Arc<FloatHistogram>],
        kind: RateKind,
        span: Span,
    ) {
        match list {
            [first, .., last] if !kind.counter => {
                self.remark_counter_kind(false, series, &[first, last], span);
            }
            _ => self.remark_counter_kind(kind.counter, series, list, span),
        }
    }

    /// Whether the buckets of all are of one sort, custom or exponential; a remark if they are not.
    pub(crate) fn are_comparable(
        &mut self,
        series: &RangeSeries<'_>,
        first: &FloatHistogram,
        others: &[&Arc<FloatHistogram>],
        span: Span,
    ) -> bool {
        let custom = first.uses_custom_buckets();
        let same = others.iter().all(|other| other.uses_custom_buckets() == custom);
        if !same {
            self.remark_schemas(series.labels.metric_name(), span);
        }
        same
    }

    #[expect(clippy::too_many_arguments, reason = "all of it is needed once")]
    fn histogram_growth(
        &mut self,
        series: &RangeSeries<'_>,
        histograms: &[HistogramPoint],
        points: &[Point<'_>],
        window: &Window<'_>,
        kind: RateKind,
        seconds: f64,
        span: Span,
    ) -> Option<FloatHistogram> {
        let (first, last) = (histograms.first()?, histograms.last()?);
        let start = start_inside(first.start, first.time, window.start).filter(|_| kind.counter);
        if histograms.len() < 2 && start.is_none() {
            return None;
        }
        let mut growth = if histograms.len() < 2 {
            if kind.counter {
                self.remark_counter_kind(true, series, &[&first.histogram], span);
            }
            first.histogram.as_ref().clone().with_hint(ResetHint::Gauge)
        } else {
            self.histogram_difference(series, histograms, points, kind, start.is_some(), span)?
        };
        let mut reach = Reach::of(first.time, last.time, histograms.len(), window.start, window.end);
        if let Some(start) = start {
            reach = reach.since(start, last.time);
        }
        let factor = reach.factor(first.histogram.count, growth.count, kind, seconds);
        growth = growth.compact();
        Some(growth.scale(factor))
    }

    /// Last minus first, with everything added that counter resets took away.
    fn histogram_difference(
        &mut self,
        series: &RangeSeries<'_>,
        histograms: &[HistogramPoint],
        points: &[Point<'_>],
        kind: RateKind,
        from_start: bool,
        span: Span,
    ) -> Option<FloatHistogram> {
        let list: Vec<&Arc<FloatHistogram>> = histograms.iter().map(|point| &point.histogram).collect();
        let (first, last) = (*list.first()?, *list.last()?);
        self.remark_growth(series, &list, kind, span);
        let resets: Vec<bool> = points
            .windows(2)
            .map(|two| is_restart(&two[0], &two[1]) || reset_between(&two[0], &two[1]))
            .collect();
        // What came before a reset, or before the start that is known, does not count; neither does its layout.
        let mut base = first.as_ref().clone();
        if kind.counter && (resets.first() == Some(&true) || from_start) {
            base = FloatHistogram {
                schema: if resets.first() == Some(&true) {
                    list[1].schema
                } else {
                    first.schema
                },
                custom_bounds: if resets.first() == Some(&true) {
                    list[1].custom_bounds.clone()
                } else {
                    first.custom_bounds.clone()
                },
                ..FloatHistogram::default()
            };
        }
        let between: &[&Arc<FloatHistogram>] = if kind.counter {
            &list[1..]
        } else {
            &list[list.len() - 1..]
        };
        if !self.are_comparable(series, &base, between, span) {
            return None;
        }
        let schema = between
            .iter()
            .map(|histogram| histogram.schema)
            .chain([base.schema])
            .min();
        let lowered = last.as_ref().clone().reduced(schema.unwrap_or(CUSTOM_SCHEMA));
        let (mut growth, merge) = lowered.sub(&base).ok()?;
        if merge.bounds_reconciled {
            self.annotations
                .add(span, Remark::ReconciledBounds(Sum::Subtraction));
        }
        if kind.counter {
            for (at, _) in resets.iter().enumerate().filter(|(_, reset)| **reset) {
                // The first sample was left out already, unless it counts from a start inside the window.
                if at == 0 && !from_start {
                    continue;
                }
                let Ok((sum, merge)) = growth.add(list[at]) else {
                    self.remark_schemas(series.labels.metric_name(), span);
                    return None;
                };
                if merge.bounds_reconciled {
                    self.annotations
                        .add(span, Remark::ReconciledBounds(Sum::Addition));
                }
                growth = sum;
            }
        }
        Some(growth.with_hint(ResetHint::Gauge))
    }
}

fn reset_between(before: &Point<'_>, after: &Point<'_>) -> bool {
    match (before.sample, after.sample) {
        (Sample::Histogram(a), Sample::Histogram(b)) => b.is_reset_after(a),
        _ => false,
    }
}

/// A start timestamp that is usable: after the start of the window and before the sample.
fn start_inside(start: Timestamp, time: Timestamp, window_start: Timestamp) -> Option<Timestamp> {
    (start != 0 && start > window_start && start < time).then_some(start)
}

/// The growth of a counter whose samples say since when they count.
fn growth_since_start(points: &[Point<'_>], window: &Window<'_>, kind: RateKind, seconds: f64) -> f64 {
    let number = |point: &Point<'_>| match point.sample {
        Sample::Number(value) => value,
        Sample::Histogram(_) => f64::NAN,
    };
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return ABSENT;
    };
    let start = start_inside(first.start, first.time, window.start);
    if points.len() < 2 && start.is_none() {
        return ABSENT;
    }
    let mut growth = number(last) - number(first);
    for two in points.windows(2) {
        if number(&two[1]) < number(&two[0]) || is_restart(&two[0], &two[1]) {
            growth += number(&two[0]);
        }
    }
    if start.is_some() {
        growth += number(first);
    }
    let mut reach = Reach::of(first.time, last.time, points.len(), window.start, window.end);
    if let Some(start) = start {
        reach = reach.since(start, last.time);
    }
    growth * reach.factor(number(first), growth, kind, seconds)
}
