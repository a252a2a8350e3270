//! Range selectors: windows over the samples of series.

use crate::bounds::{Bounds, LastBounds};
use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::{Node, NodeKind, SelectorNode, WindowNode};
use crate::samples::Times;
use crate::storage::Series;
use crate::summary::Summary;
use crate::value::Histograms;
use crate::value::{ABSENT, Column, Points, is_absent};
use firedrill_promql::ast::ExtensionKind;
use firedrill_value::{FloatHistogram, Labels, ResetHint, Timestamp, is_stale};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// The windows of a range selector or subquery: one per series and step.
pub(crate) struct Windows<'a> {
    pub(crate) series: Vec<RangeSeries<'a>>,
    /// Where the windows end.
    pub(crate) ends: Grid,
    /// How long they are, in milliseconds.
    pub(crate) range: i64,
    pub(crate) extension: Option<ExtensionKind>,
    last_bounds: LastBounds,
}

/// What a function of windows gave for series whose samples other series share.
#[derive(Default)]
pub(crate) struct Results(FxHashMap<Identity, Option<Vec<f64>>>);

impl Results {
    /// The result for a series, computed where that was not done for the same samples before.
    pub(crate) fn of(
        &mut self,
        series: &RangeSeries<'_>,
        compute: impl FnOnce() -> Option<Vec<f64>>,
    ) -> Option<Vec<f64>> {
        let Some(identity) = series.identity().filter(|_| series.shared) else {
            return compute();
        };
        self.0.entry(identity).or_insert_with(compute).clone()
    }
}

/// The samples of one series that lie in any of the windows, without stale markers.
pub(crate) struct RangeSeries<'a> {
    pub(crate) labels: Labels,
    pub(crate) drop_name: bool,
    times: RangeTimes<'a>,
    values: Cow<'a, [f64]>,
    /// What holds for all values.
    pub(crate) summary: Summary,
    /// Native histograms, apart from the numbers.
    pub(crate) histograms: Vec<HistogramPoint>,
    /// Whether other series have the same samples.
    shared: bool,
    /// Start timestamps of the numbers, 0 where there is none; empty if there never is.
    pub(crate) starts: Vec<Timestamp>,
}

/// A native histogram in time.
#[derive(Clone)]
pub(crate) struct HistogramPoint {
    pub(crate) time: Timestamp,
    pub(crate) histogram: Arc<FloatHistogram>,
    /// Since when it counts; 0 if that is not known.
    pub(crate) start: Timestamp,
}

/// Address and number of samples, start and distance of their times.
pub(crate) type Identity = (usize, usize, i64, i64);

enum RangeTimes<'a> {
    Shared(Times<'a>),
    Own(Vec<Timestamp>),
}

/// One window: samples `lo..hi`, at times in `(start, end]`.
#[derive(Clone, Copy)]
pub(crate) struct Window<'w> {
    pub(crate) times: Times<'w>,
    /// All samples of the series; index with `lo..hi`. Both only grow from one window to the next.
    pub(crate) all: &'w [f64],
    pub(crate) lo: usize,
    pub(crate) hi: usize,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    /// Which step of the grid it belongs to.
    pub(crate) step: usize,
}

impl<'w> Window<'w> {
    /// The samples inside.
    pub(crate) fn values(&self) -> &'w [f64] {
        &self.all[self.lo..self.hi]
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.hi - self.lo
    }

    /// The time of a sample, counted from the start of the window.
    pub(crate) fn time(&self, index: usize) -> Timestamp {
        self.times.at(self.lo + index)
    }
}

impl<'a> Evaluator<'a> {
    /// The windows of a range selector or subquery.
    pub(crate) fn windows(&mut self, node: &Node, grid: &Grid) -> Result<Windows<'a>, EvalError> {
        let windows = match &node.kind {
            NodeKind::Window(window) => self.selector_windows(window, grid),
            NodeKind::Subquery(subquery) => self.subquery(subquery, grid),
            _ => Err(EvalError::Incomplete),
        }?;
        // Each series will have a sample per step.
        self.check_room(windows.series.len(), grid, node.span)?;
        Ok(windows)
    }

    fn selector_windows(&self, window: &WindowNode, grid: &Grid) -> Result<Windows<'a>, EvalError> {
        let selector = &window.selector;
        let ends = self.reference(grid, selector.offset, selector.at);
        let range = self.millis(window.range);
        let lookback = self.options.lookback.millis();
        let (before, after) = match selector.extension {
            None => (range, 0),
            Some(ExtensionKind::Anchored) => (range.saturating_add(lookback), 0),
            Some(ExtensionKind::Smoothed) => (range.saturating_add(lookback), lookback),
        };
        let first = ends.start.saturating_sub(before);
        let last = ends.end().saturating_add(after);
        let mut series = Vec::new();
        for found in self.matching(selector) {
            let (times, values) = self.visible(found);
            let lo = times.count_until(first, values.len());
            let hi = times.count_until(last, values.len());
            if lo < hi {
                let summary = *found.samples.summary();
                let mut range_series =
                    RangeSeries::new(found.labels.clone(), times.from(lo), &values[lo..hi], summary);
                range_series.shared = found.samples.is_shared();
                self.add_side_samples(&mut range_series, found, selector, lo, hi);
                series.push(range_series);
            }
        }
        let windows = Windows::new(series, ends, range, selector.extension);
        self.check_windows(&windows)?;
        Ok(windows)
    }

    /// Adds histograms and start timestamps of the samples from `lo` to `hi`.
    fn add_side_samples(
        &self,
        range: &mut RangeSeries<'a>,
        series: &Series,
        selector: &SelectorNode,
        lo: usize,
        hi: usize,
    ) {
        let samples = &series.samples;
        let (times, starts) = (samples.times(), samples.starts());
        let start_of = |index: usize| starts.map_or(0, |starts| starts[index]);
        if let Some(histograms) = samples.histograms() {
            let mut last: Option<&Arc<FloatHistogram>> = None;
            for (index, histogram) in histograms[lo..hi].iter().enumerate() {
                let Some(histogram) = histogram else { continue };
                let read = if selector.statistics_only {
                    with_found_hint(histogram, last)
                } else {
                    histogram.clone()
                };
                last = Some(histogram);
                range.histograms.push(HistogramPoint {
                    time: times.at(lo + index),
                    histogram: read,
                    start: start_of(lo + index),
                });
            }
        }
        if starts.is_some() {
            let numbers = (lo..hi).filter(|&index| !is_stale(samples.values()[index]));
            range.starts = numbers.map(start_of).collect();
        }
    }
}

impl<'a> RangeSeries<'a> {
    /// A series of these samples, stale markers left out. The summary may be that of more samples.
    fn new(labels: Labels, times: Times<'a>, values: &'a [f64], summary: Summary) -> Self {
        if summary.unmarked {
            return RangeSeries {
                labels,
                drop_name: false,
                times: RangeTimes::Shared(times),
                values: Cow::Borrowed(values),
                summary,
                shared: false,
                histograms: Vec::new(),
                starts: Vec::new(),
            };
        }
        let (times, values) = present(times, values);
        RangeSeries {
            labels,
            drop_name: false,
            times: RangeTimes::Own(times),
            summary: Summary::of(&values),
            values: Cow::Owned(values),
            shared: false,
            histograms: Vec::new(),
            starts: Vec::new(),
        }
    }

    /// A series of computed values at equally spaced times, some of them absent.
    pub(crate) fn computed(column: Column, times: Times<'a>) -> Self {
        let Column {
            labels,
            drop_name,
            values,
            histograms,
        } = column;
        let histograms = histograms.map_or(Vec::new(), |histograms| computed_points(histograms, times));
        let summary = Summary::of(&values);
        let (times, values, summary) = if summary.unmarked {
            (RangeTimes::Shared(times), values, summary)
        } else {
            let (times, values) = present(times, &values);
            let summary = Summary::of(&values);
            (RangeTimes::Own(times), values, summary)
        };
        RangeSeries {
            labels,
            drop_name,
            times,
            summary,
            values: Cow::Owned(values),
            shared: false,
            histograms,
            starts: Vec::new(),
        }
    }

    pub(crate) fn times(&self) -> Times<'_> {
        match &self.times {
            RangeTimes::Shared(times) => *times,
            RangeTimes::Own(times) => Times::Explicit(times),
        }
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    /// Tells series apart that do not read the very same numbers in storage at the same times; `None` if there is more
    /// to them than that.
    pub(crate) fn identity(&self) -> Option<Identity> {
        match (&self.values, &self.times) {
            (Cow::Borrowed(values), RangeTimes::Shared(Times::Regular { start, step }))
                if !self.is_mixed() =>
            {
                Some((values.as_ptr() as usize, values.len(), *start, *step))
            }
            _ => None,
        }
    }

    /// The window of a step, which may be empty.
    pub(crate) fn window_at(&self, ends: &Grid, range: i64, step: usize) -> Window<'_> {
        let (times, all) = (self.times(), self.values());
        let end = ends.time(step);
        let start = end.saturating_sub(range);
        let lo = times.count_until(start, all.len());
        let hi = times.count_until(end, all.len()).max(lo);
        Window {
            times,
            all,
            lo,
            hi,
            start,
            end,
            step,
        }
    }

    /// The histograms in the window of a step.
    pub(crate) fn histograms_at(&self, ends: &Grid, range: i64, step: usize) -> &[HistogramPoint] {
        let end = ends.time(step);
        let start = end.saturating_sub(range);
        let until = |time: Timestamp| self.histograms.partition_point(|point| point.time <= time);
        let hi = until(end);
        &self.histograms[until(start).min(hi)..hi]
    }

    /// A column of this series with a number at each of `count` steps, absent where there is none at any.
    pub(crate) fn column(&self, values: Option<Vec<f64>>, count: usize) -> Column {
        Column {
            labels: self.labels.clone(),
            drop_name: self.drop_name,
            values: values.unwrap_or_else(|| vec![ABSENT; count]),
            histograms: None,
        }
    }

    /// Whether there is no sample of either kind.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty() && self.histograms.is_empty()
    }
}

impl<'a> Windows<'a> {
    /// Windows that end at the steps of a grid.
    pub(crate) fn new(
        series: Vec<RangeSeries<'a>>,
        ends: Grid,
        range: i64,
        extension: Option<ExtensionKind>,
    ) -> Self {
        Windows {
            series,
            ends,
            range,
            extension,
            last_bounds: LastBounds::default(),
        }
    }

    /// Where in a series the windows begin and end.
    pub(crate) fn bounds(&self, series: &RangeSeries<'_>) -> Rc<Bounds> {
        self.last_bounds
            .of(series.times(), series.values().len(), &self.ends, self.range)
    }

    /// The value of `kernel` for each window of a series that has a sample; `None` if there is never one.
    #[inline]
    pub(crate) fn each(
        &self,
        series: &RangeSeries<'_>,
        mut kernel: impl FnMut(&Window<'_>) -> f64,
    ) -> Option<Vec<f64>> {
        let (times, all) = (series.times(), series.values());
        let bounds = self.bounds(series);
        let mut any = false;
        let steps = bounds.steps.iter().enumerate();
        let values = steps.map(|(step, &(lo, hi))| {
            if lo == hi {
                return ABSENT;
            }
            let end = self.ends.time(step);
            let value = kernel(&Window {
                times,
                all,
                lo,
                hi,
                start: end.saturating_sub(self.range),
                end,
                step,
            });
            any |= !is_absent(value);
            value
        });
        let values = values.collect();
        any.then_some(values)
    }

    /// The samples of the only window of each series.
    pub(crate) fn into_points(self) -> Vec<Points> {
        let mut found = Vec::new();
        for series in &self.series {
            let window = series.window_at(&self.ends, self.range, 0);
            let histograms = series.histograms_at(&self.ends, self.range, 0);
            if window.len() == 0 && histograms.is_empty() {
                continue;
            }
            found.push(Points {
                labels: series.labels.clone(),
                drop_name: series.drop_name,
                timestamps: (0..window.len()).map(|index| window.time(index)).collect(),
                values: window.values().to_vec(),
                histograms: histograms
                    .iter()
                    .map(|point| (point.time, point.histogram.clone()))
                    .collect(),
            });
        }
        found
    }
}

/// Histograms of a computed column. What was known of counter resets does not hold between them.
fn computed_points(histograms: Histograms, times: Times<'_>) -> Vec<HistogramPoint> {
    let points = histograms.into_iter().enumerate();
    let points = points.filter_map(|(index, histogram)| {
        let mut histogram = histogram?;
        if matches!(histogram.hint, ResetHint::Reset | ResetHint::NotReset) {
            histogram = Arc::new(histogram.as_ref().clone().with_hint(ResetHint::Unknown));
        }
        Some(HistogramPoint {
            time: times.at(index),
            histogram,
            start: 0,
        })
    });
    points.collect()
}

/// A histogram whose hint says what comparison with the one read before it shows: so upstream reads histograms of which
/// only count and sum are needed.
pub(crate) fn with_found_hint(
    histogram: &Arc<FloatHistogram>,
    last: Option<&Arc<FloatHistogram>>,
) -> Arc<FloatHistogram> {
    let (ResetHint::Unknown, Some(last)) = (histogram.hint, last) else {
        return histogram.clone();
    };
    let hint = if histogram.is_reset_after(last) {
        ResetHint::Reset
    } else {
        ResetHint::NotReset
    };
    Arc::new(histogram.as_ref().clone().with_hint(hint))
}

/// The samples that are neither stale markers nor absent; both have the same bits.
fn present(times: Times<'_>, values: &[f64]) -> (Vec<Timestamp>, Vec<f64>) {
    let samples = values.iter().enumerate();
    samples
        .filter(|(_, value)| !is_stale(**value))
        .map(|(index, value)| (times.at(index), *value))
        .unzip()
}
