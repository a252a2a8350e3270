//! `anchored` and `smoothed` over native histograms.

use crate::counter::RateKind;
use crate::engine::Evaluator;
use crate::over_time::mixed::{Point, Sample, has_changed, was_reset};
use crate::remark::Remark;
use crate::samples::Times;
use crate::value::{ABSENT, Column};
use crate::window::{RangeSeries, Windows};
use firedrill_functions::Func;
use firedrill_promql::ast::ExtensionKind;
use firedrill_source::Span;
use firedrill_value::{Duration, FloatHistogram, ResetHint, Timestamp, is_stale};
use std::sync::Arc;

/// A histogram with its time.
type Timed<'h> = (Timestamp, &'h Arc<FloatHistogram>);

impl Evaluator<'_> {
    /// `changes` and `resets` of a series with histograms: the sample before the window is the baseline.
    pub(super) fn anchored_mixed_count(
        &self,
        series: &RangeSeries<'_>,
        windows: &Windows<'_>,
        func: Func,
    ) -> Vec<f64> {
        let counts = |two: &[Point<'_>]| match func {
            Func::Resets => was_reset(two[0].sample, two[1].sample),
            _ => has_changed(two[0].sample, two[1].sample),
        };
        let values = windows.ends.times().map(|end| {
            let start = end.saturating_sub(windows.range);
            let points = self.points_around(series, windows, end);
            let baseline = points
                .partition_point(|point| point.time <= start)
                .saturating_sub(1);
            match points.last() {
                Some(last) if last.time > start => {
                    points[baseline..].windows(2).filter(|two| counts(two)).count() as f64
                }
                _ => ABSENT,
            }
        });
        values.collect()
    }

    /// `rate`, `increase` and `delta` of a series with histograms, where the numbers alone gave `numbers`.
    pub(crate) fn extended_mixed_growth(
        &mut self,
        series: &RangeSeries<'_>,
        windows: &Windows<'_>,
        kind: RateKind,
        span: Span,
        numbers: Option<Vec<f64>>,
    ) -> Option<Column> {
        let mut column = series.column(numbers, windows.ends.count);
        let smoothed = windows.extension == Some(ExtensionKind::Smoothed);
        for (step, end) in windows.ends.times().enumerate() {
            let points = self.points_around(series, windows, end);
            let histograms: Vec<Timed<'_>> = points
                .iter()
                .filter_map(|point| match point.sample {
                    Sample::Histogram(histogram) => Some((point.time, histogram)),
                    Sample::Number(_) => None,
                })
                .collect();
            if histograms.is_empty() {
                continue;
            }
            column.clear(step);
            if histograms.len() < points.len() {
                self.remark_mixed(series, span);
                continue;
            }
            let start = end.saturating_sub(windows.range);
            let growth = self.between_edges(series, &histograms, (start, end), smoothed, kind, span);
            if let Some(mut growth) = growth {
                if kind.per_second {
                    growth = growth.divide(Duration::from_millis(windows.range).secs_f64());
                }
                let growth = growth.with_hint(ResetHint::Gauge).compact();
                column.set_histogram(step, Arc::new(growth));
            }
        }
        (!column.is_empty()).then_some(column)
    }

    /// What the histogram grew by between the two edges of a window.
    fn between_edges(
        &mut self,
        series: &RangeSeries<'_>,
        all: &[Timed<'_>],
        (start, end): (Timestamp, Timestamp),
        smoothed: bool,
        kind: RateKind,
        span: Span,
    ) -> Option<FloatHistogram> {
        let until = |time: Timestamp| all.partition_point(|&(at, _)| at <= time);
        let first = until(start).saturating_sub(1);
        let until_end = until(end);
        let exact = until_end > 0 && all[until_end - 1].0 == end;
        let last = if smoothed && !exact {
            until_end.min(all.len() - 1)
        } else {
            until_end.saturating_sub(1)
        };
        if until_end == 0 && !smoothed || all[last].0 <= start || smoothed && all[first].0 > end {
            return None;
        }
        let inside: Vec<&Arc<FloatHistogram>> = all[first..=last]
            .iter()
            .map(|&(_, histogram)| histogram)
            .collect();
        if !self.are_comparable(series, all[first].1, &inside, span) {
            return None;
        }
        self.remark_growth(series, &inside, kind, span);
        let bridged = smoothed && all[first].0 < start && first < last;
        let left = if bridged {
            interpolated(all[first], all[first + 1], start, kind.counter)?
        } else {
            all[first].1.as_ref().clone()
        };
        let right = if smoothed && last > 0 && all[last].0 > end {
            interpolated(all[last - 1], all[last], end, kind.counter)?
        } else {
            all[last].1.as_ref().clone()
        };
        let mut growth = right.sub(&left).ok()?.0;
        // What lies between two samples that the left edge was interpolated from is accounted for.
        let from = if bridged { first + 1 } else { first };
        if kind.counter && from < last {
            let mut before = if bridged { all[from].1.as_ref() } else { &left };
            let between = all[from + 1..last]
                .iter()
                .map(|(_, histogram)| histogram.as_ref());
            for histogram in between.chain([&right]) {
                if histogram.is_reset_after(before) {
                    growth = growth.add(before).ok()?.0;
                }
                before = histogram;
            }
        }
        Some(growth)
    }

    /// The samples in and around the window that ends there.
    fn points_around<'s>(
        &self,
        series: &'s RangeSeries<'_>,
        windows: &Windows<'_>,
        end: Timestamp,
    ) -> Vec<Point<'s>> {
        let lookback = self.options.lookback.millis();
        let smoothed = windows.extension == Some(ExtensionKind::Smoothed);
        let ahead = if smoothed { lookback } else { 0 };
        let range = windows.range.saturating_add(lookback).saturating_add(ahead);
        let widened = crate::grid::Grid::instant(end.saturating_add(ahead));
        let window = series.window_at(&widened, range, 0);
        series.points(&window, series.histograms_at(&widened, range, 0))
    }

    /// A smoothed instant selector over a series with histograms: the sample at `now`, or what lies between its
    /// neighbours.
    pub(crate) fn smoothed_mixed(
        &mut self,
        column: &mut Column,
        step: usize,
        (times, values, histograms): (Times<'_>, &[f64], &[Option<Arc<FloatHistogram>>]),
        now: Timestamp,
        span: Span,
    ) {
        let lookback = self.options.lookback.millis();
        let lo = times.count_until(now.saturating_sub(lookback), values.len());
        let hi = times.count_until(now.saturating_add(lookback), values.len());
        let until = times.count_until(now, values.len());
        let sample = |at: usize| match &histograms[at] {
            Some(histogram) => Some(Sample::Histogram(histogram)),
            None => (!is_stale(values[at])).then_some(Sample::Number(values[at])),
        };
        let number = |sample: Sample<'_>| matches!(sample, Sample::Number(_));
        let kinds: Vec<bool> = (lo..hi).filter_map(sample).map(number).collect();
        let before = (lo..until).rev().find_map(|at| Some((times.at(at), sample(at)?)));
        let after = (until..hi).find_map(|at| Some((times.at(at), sample(at)?)));
        let Some((time, before)) = before else { return };
        let mixed = kinds.iter().any(|kind| *kind != kinds[0]);
        if mixed && time != now {
            let metric = column.labels.metric_name().to_owned();
            self.annotations.add(span, Remark::MixedWindow { metric });
            return;
        }
        match (before, after) {
            (Sample::Number(value), _) if time == now => column.values[step] = value,
            (Sample::Histogram(histogram), _) if time == now => {
                column.set_histogram(step, histogram.clone());
            }
            (Sample::Histogram(histogram), None) => {
                let carried = histogram.as_ref().clone().with_hint(ResetHint::Unknown);
                column.set_histogram(step, Arc::new(carried));
            }
            (Sample::Histogram(a), Some((next, Sample::Histogram(b)))) => {
                let gauges = a.hint == ResetHint::Gauge && b.hint == ResetHint::Gauge;
                match interpolated((time, a), (next, b), now, !gauges) {
                    Some(between) => column.set_histogram(step, Arc::new(between)),
                    None => {
                        let name = column.labels.metric_name().to_owned();
                        self.remark_schemas(&name, span);
                    }
                }
            }
            _ => column.values[step] = super::smoothed_at(times, values, now, lookback),
        }
    }
}

/// The histogram at a time between two; a counter that was reset between them began at zero.
fn interpolated(
    before: Timed<'_>,
    after: Timed<'_>,
    time: Timestamp,
    counter: bool,
) -> Option<FloatHistogram> {
    let share = (time - before.0) as f64 / (after.0 - before.0) as f64;
    if before.1.uses_custom_buckets() != after.1.uses_custom_buckets() {
        return None;
    }
    if counter && after.1.is_reset_after(before.1) {
        return Some(after.1.as_ref().clone().scale(share));
    }
    let difference = after.1.sub(before.1).ok()?.0.scale(share);
    let (sum, _) = before.1.add(&difference).ok()?;
    Some(sum.with_hint(ResetHint::Unknown))
}
