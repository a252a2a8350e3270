//! Functions of windows that hold native histograms or start timestamps.

use crate::engine::Evaluator;
use crate::grid::Grid;
use crate::histogram::totals;
use crate::remark::{Remark, Sum};
use crate::value::Column;
use crate::window::{HistogramPoint, RangeSeries, Window, Windows};
use firedrill_functions::Func;
use firedrill_source::Span;
use firedrill_value::{FloatHistogram, Timestamp};
use std::sync::Arc;

/// A sample of either kind with its time and, if known, since when it counts.
pub(crate) struct Point<'w> {
    pub(crate) time: Timestamp,
    pub(crate) start: Timestamp,
    pub(crate) sample: Sample<'w>,
}

#[derive(Clone, Copy)]
pub(crate) enum Sample<'w> {
    Number(f64),
    Histogram(&'w Arc<FloatHistogram>),
}

/// Where in the expression remarks on a function point.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The argument that is the window.
    pub(super) window: Span,
    /// All arguments.
    pub(super) args: Span,
}

impl RangeSeries<'_> {
    /// Whether there is more than numbers.
    pub(crate) fn is_mixed(&self) -> bool {
        !self.histograms.is_empty() || !self.starts.is_empty()
    }

    /// The samples of a window by time; of two at one time the histogram is the later one.
    pub(crate) fn points<'w>(
        &'w self,
        window: &Window<'w>,
        histograms: &'w [HistogramPoint],
    ) -> Vec<Point<'w>> {
        let numbers = (window.lo..window.hi).map(|index| Point {
            time: window.times.at(index),
            start: self.starts.get(index).copied().unwrap_or(0),
            sample: Sample::Number(window.all[index]),
        });
        let histograms = histograms.iter().map(|point| Point {
            time: point.time,
            start: point.start,
            sample: Sample::Histogram(&point.histogram),
        });
        let mut points: Vec<Point<'w>> = numbers.chain(histograms).collect();
        points.sort_by_key(|point| point.time);
        points
    }
}

impl Evaluator<'_> {
    /// Corrects what the function gives for numbers alone, where there is more than numbers in a window.
    pub(super) fn mixed_over_time(
        &mut self,
        func: Func,
        series: &RangeSeries<'_>,
        windows: &Windows<'_>,
        grid: &Grid,
        place: Place,
        numbers: Option<Vec<f64>>,
    ) -> Option<Column> {
        let mut column = series.column(numbers, grid.count);
        for step in 0..grid.count {
            let window = series.window_at(&windows.ends, windows.range, step);
            let histograms = series.histograms_at(&windows.ends, windows.range, step);
            let counts_starts = !series.starts.is_empty() && matches!(func, Func::Irate | Func::Resets);
            if histograms.is_empty() && (!counts_starts || window.len() == 0) {
                continue;
            }
            let points = series.points(&window, histograms);
            let all_histograms = window.len() == 0;
            match func {
                Func::SumOverTime | Func::AvgOverTime => {
                    column.clear(step);
                    if !all_histograms {
                        self.remark_mixed(series, place.window);
                    } else if let Some(total) = self.total_over_time(func, series, histograms, place.window) {
                        column.set_histogram(step, Arc::new(total));
                    }
                }
                Func::Irate | Func::Idelta => {
                    column.clear(step);
                    self.last_two(
                        func == Func::Irate,
                        series,
                        &points,
                        place.args,
                        &mut column,
                        step,
                    );
                }
                Func::FirstOverTime | Func::LastOverTime => {
                    let last_is_first = points.get(1).filter(|second| second.time == points[0].time);
                    let point = match func {
                        Func::FirstOverTime => last_is_first.or(points.first()),
                        _ => points.last(),
                    };
                    column.clear(step);
                    match point.map(|point| point.sample) {
                        Some(Sample::Histogram(histogram)) => column.set_histogram(step, histogram.clone()),
                        Some(Sample::Number(value)) => column.values[step] = value,
                        None => {}
                    }
                }
                _ => match number_of(func, &points) {
                    Some(value) => column.values[step] = value,
                    None if !all_histograms => {
                        let metric = series.labels.metric_name().to_owned();
                        self.annotations
                            .add(place.window, Remark::IgnoredInWindow { metric });
                    }
                    None => {}
                },
            }
        }
        (!column.is_empty()).then_some(column)
    }

    /// Warns of numbers and histograms in one window.
    pub(crate) fn remark_mixed(&mut self, series: &RangeSeries<'_>, span: Span) {
        let metric = series.labels.metric_name().to_owned();
        self.annotations.add(span, Remark::MixedWindow { metric });
    }

    /// Warns of exponential and custom buckets together.
    pub(crate) fn remark_schemas(&mut self, name: &str, span: Span) {
        let metric = name.to_owned();
        self.annotations.add(span, Remark::MixedSchemas { metric });
    }

    /// Tells what was remarkable in a sum or mean.
    pub(crate) fn remark_total(&mut self, notes: totals::Notes, span: Span) {
        if notes.reset_collision {
            self.annotations
                .add(span, Remark::ResetConflict(Sum::Aggregation));
        }
        if notes.reconciled {
            self.annotations
                .add(span, Remark::ReconciledBounds(Sum::Aggregation));
        }
    }

    fn total_over_time(
        &mut self,
        func: Func,
        series: &RangeSeries<'_>,
        histograms: &[HistogramPoint],
        span: Span,
    ) -> Option<FloatHistogram> {
        let members = histograms.iter().map(|point| point.histogram.as_ref());
        let total = match func {
            Func::SumOverTime => totals::sum(members),
            _ => totals::mean(members),
        };
        match total {
            Ok((total, notes)) => {
                self.remark_total(notes, span);
                Some(total)
            }
            Err(_) => {
                self.remark_schemas(series.labels.metric_name(), span);
                None
            }
        }
    }

    /// `irate` and `idelta`: from the last two samples.
    fn last_two(
        &mut self,
        rate: bool,
        series: &RangeSeries<'_>,
        points: &[Point<'_>],
        span: Span,
        column: &mut Column,
        step: usize,
    ) {
        let [.., before, last] = points else { return };
        let elapsed = last.time - before.time;
        if elapsed == 0 {
            return;
        }
        if rate && starts_overlap(before.time, before.start, last.start) {
            self.remark_overlap(series, 1, span);
        }
        let restarted = rate && is_restart(before, last);
        let seconds = elapsed as f64 / 1000.0;
        match (before.sample, last.sample) {
            (Sample::Number(a), Sample::Number(b)) => {
                let growth = if rate && (b < a || restarted) { b } else { b - a };
                column.values[step] = if rate { growth / seconds } else { growth };
            }
            (Sample::Histogram(a), Sample::Histogram(b)) => {
                self.remark_counter_kind(rate, series, &[a, b], span);
                let mut growth = b.as_ref().clone();
                if !rate || !(restarted || b.is_reset_after(a)) {
                    match b.sub(a) {
                        Ok((difference, merge)) => {
                            if merge.bounds_reconciled {
                                self.annotations
                                    .add(span, Remark::ReconciledBounds(Sum::Subtraction));
                            }
                            growth = difference;
                        }
                        Err(_) => return self.remark_schemas(series.labels.metric_name(), span),
                    }
                }
                let growth = growth.with_hint(firedrill_value::ResetHint::Gauge).compact();
                let growth = if rate { growth.divide(seconds) } else { growth };
                column.set_histogram(step, Arc::new(growth));
            }
            _ => self.remark_mixed(series, span),
        }
    }

    /// Warns of gauges where a counter is wanted, or the other way around.
    pub(crate) fn remark_counter_kind(
        &mut self,
        counter: bool,
        series: &RangeSeries<'_>,
        histograms: &[&Arc<FloatHistogram>],
        span: Span,
    ) {
        let is_gauge = |histogram: &&Arc<FloatHistogram>| histogram.hint == firedrill_value::ResetHint::Gauge;
        let wrong = if counter {
            histograms.iter().any(is_gauge)
        } else {
            !histograms.iter().all(is_gauge)
        };
        if wrong {
            let metric = series.labels.metric_name().to_owned();
            let remark = if counter {
                Remark::NotACounter { metric }
            } else {
                Remark::NotAGauge { metric }
            };
            self.annotations.add(span, remark);
        }
    }

    /// Warns of samples that claim to count since a time before the sample in front of them.
    pub(crate) fn remark_overlap(&mut self, series: &RangeSeries<'_>, count: usize, span: Span) {
        let metric = series.labels.metric_name().to_owned();
        self.annotations.add(span, Remark::StartOverlap { metric, count });
    }
}

/// Whether start timestamps say that a counter began anew between two samples.
pub(crate) fn is_restart(before: &Point<'_>, after: &Point<'_>) -> bool {
    started_anew((before.start, before.time), (after.start, after.time))
}

/// The same for pairs of start and time.
pub(crate) fn started_anew(before: (Timestamp, Timestamp), after: (Timestamp, Timestamp)) -> bool {
    let ((start_before, time_before), (start, time)) = (before, after);
    if start == 0 || start >= time || start < time_before {
        return false;
    }
    start > time_before || start_before <= time_before && start_before != 0 && start_before != time_before
}

/// Whether a sample claims to count since a time before the sample in front of it, and not since when that one counts.
pub(crate) fn starts_overlap(time_before: Timestamp, start_before: Timestamp, start: Timestamp) -> bool {
    start != 0 && start < time_before && start != start_before
}

/// The value of functions that look at both kinds and give a number.
fn number_of(func: Func, points: &[Point<'_>]) -> Option<f64> {
    let seconds = |point: Option<&Point<'_>>| point.map(|point| point.time as f64 / 1000.0);
    let pairs = |holds: &dyn Fn(&Point<'_>, &Point<'_>) -> bool| {
        points.windows(2).filter(|two| holds(&two[0], &two[1])).count() as f64
    };
    match func {
        Func::CountOverTime => Some(points.len() as f64),
        Func::PresentOverTime => Some(1.0),
        Func::TsOfFirstOverTime => seconds(points.first()),
        Func::TsOfLastOverTime => seconds(points.last()),
        Func::Changes => Some(pairs(&|before, after| has_changed(before.sample, after.sample))),
        Func::Resets => Some(pairs(&|before, after| {
            is_restart(before, after) || was_reset(before.sample, after.sample)
        })),
        _ => None,
    }
}

/// Whether two neighbours differ; NaN does not differ from NaN.
pub(crate) fn has_changed(before: Sample<'_>, after: Sample<'_>) -> bool {
    match (before, after) {
        (Sample::Number(a), Sample::Number(b)) => a != b && !(a.is_nan() && b.is_nan()),
        (Sample::Histogram(a), Sample::Histogram(b)) => a != b,
        _ => true,
    }
}

/// Whether the counter was reset between two neighbours.
pub(crate) fn was_reset(before: Sample<'_>, after: Sample<'_>) -> bool {
    match (before, after) {
        (Sample::Number(a), Sample::Number(b)) => b < a,
        (Sample::Histogram(a), Sample::Histogram(b)) => b.is_reset_after(a),
        _ => true,
    }
}
