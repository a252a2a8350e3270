//! `rate`, `increase` and `delta`: growth over a window, extrapolated to its edges.

mod mixed;

use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::CallNode;
use crate::remark::Remark;
use crate::sliding::Places;
use crate::value::{ABSENT, Column, is_absent};
use crate::window::{RangeSeries, Results, Windows};
use firedrill_source::Span;
use firedrill_value::{Duration, Timestamp};

/// What distinguishes the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateKind {
    /// Falls are restarts from zero.
    pub(crate) counter: bool,
    /// The result is divided by the length of the window.
    pub(crate) per_second: bool,
}

impl RateKind {
    pub(crate) const DELTA: RateKind = RateKind {
        counter: false,
        per_second: false,
    };
    pub(crate) const INCREASE: RateKind = RateKind {
        counter: true,
        per_second: false,
    };
    pub(crate) const RATE: RateKind = RateKind {
        counter: true,
        per_second: true,
    };
}

impl Evaluator<'_> {
    pub(crate) fn rate(
        &mut self,
        call: &CallNode,
        grid: &Grid,
        kind: RateKind,
    ) -> Result<Vec<Column>, EvalError> {
        let windows = self.windows(&call.args[0], grid)?;
        self.check_extension(&windows, call.func)?;
        let mut results = Results::default();
        let mut columns = Vec::with_capacity(windows.series.len());
        for series in &windows.series {
            self.check_time(call.args[0].span)?;
            let values = if windows.extension.is_some() {
                self.extended_growth(series, &windows, kind)
            } else {
                results.of(series, || growth(series, &windows, kind))
            };
            let column = if windows.extension.is_some() && !series.histograms.is_empty() {
                self.extended_mixed_growth(series, &windows, kind, call.args[0].span, values)
            } else if series.is_mixed() && windows.extension.is_none() {
                self.mixed_growth(series, &windows, kind, call.args[0].span, values)
            } else {
                values.map(|values| series.column(Some(values), grid.count))
            };
            if let Some(column) = column {
                if kind.counter && !column.values.iter().copied().all(is_absent) {
                    self.remark_no_counter(series, call.args[0].span);
                }
                columns.push(column);
            }
        }
        self.finish_windows(columns, false)
    }

    fn remark_no_counter(&mut self, series: &RangeSeries<'_>, span: Span) {
        let name = series.labels.metric_name();
        if self.options.type_and_unit_labels {
            let kind = series.labels.get("__type__");
            if !name.is_empty() && !matches!(kind, "counter" | "histogram") {
                let (metric, kind) = (name.to_owned(), kind.to_owned());
                self.annotations
                    .add(span, Remark::MaybeNoCounterByType { metric, kind });
            }
            return;
        }
        let counts = ["_total", "_sum", "_count", "_bucket"];
        if !name.is_empty() && !counts.iter().any(|suffix| name.ends_with(suffix)) {
            let metric = name.to_owned();
            self.annotations.add(span, Remark::MaybeNoCounter { metric });
        }
    }
}

fn growth(series: &RangeSeries<'_>, windows: &Windows<'_>, kind: RateKind) -> Option<Vec<f64>> {
    let seconds = Duration::from_millis(windows.range).secs_f64();
    let (times, all) = (series.times(), series.values());
    let bounds = windows.bounds(series);
    let reaches = bounds.reaches.get_or_init(|| {
        let steps = bounds.steps.iter().zip(windows.ends.times());
        let reach = |(&(lo, hi), end): (&(usize, usize), Timestamp)| {
            if hi - lo < 2 {
                return Reach::default();
            }
            let start = end.saturating_sub(windows.range);
            Reach::of(times.at(lo), times.at(hi - 1), hi - lo, start, end)
        };
        steps.map(reach).collect()
    });
    let mut falls = Places::default();
    let may_fall = kind.counter && !series.summary.rising;
    let mut any = false;
    let steps = bounds.steps.iter().zip(reaches);
    let values = steps.map(|(&(lo, hi), reach)| {
        if hi - lo < 2 {
            return ABSENT;
        }
        let mut difference = all[hi - 1] - all[lo];
        if may_fall {
            falls.advance(all, lo, hi, |before, after| after < before);
            for &at in &falls.found {
                difference += all[at - 1];
            }
        }
        let value = difference * reach.factor(all[lo], difference, kind, seconds);
        any |= !is_absent(value);
        value
    });
    let values = values.collect();
    any.then_some(values)
}

/// How far the samples of a window reach, in seconds: what the extrapolation needs of their times.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reach {
    /// From the first sample to the last.
    sampled: f64,
    /// By how much the growth is stretched before the first sample and after the last: to the edges of the window where
    /// the samples come near them, by half a sample distance where they do not.
    to_start: f64,
    to_end: f64,
}

impl Reach {
    /// Of that many samples from `first` to `last` in the window from `start` to `end`.
    fn of(first: Timestamp, last: Timestamp, samples: usize, start: Timestamp, end: Timestamp) -> Self {
        let sampled = (last - first) as f64 / 1000.0;
        let average = if samples > 1 {
            sampled / (samples - 1) as f64
        } else {
            0.0
        };
        let threshold = average * 1.1;
        let near = |distance: i64| {
            let distance = distance as f64 / 1000.0;
            if distance >= threshold {
                average / 2.0
            } else {
                distance
            }
        };
        Reach {
            sampled,
            to_start: near(first - start),
            to_end: near(end - last),
        }
    }

    /// Of a counter that began at `start`, inside the window: a sample of zero is taken to stand there.
    fn since(self, start: Timestamp, last: Timestamp) -> Self {
        Reach {
            sampled: (last - start) as f64 / 1000.0,
            to_start: 0.0,
            to_end: self.to_end,
        }
    }

    /// By how much a growth from `value` on is to be multiplied; a counter is not stretched to before its zero.
    #[inline]
    fn factor(&self, value: f64, growth: f64, kind: RateKind, seconds: f64) -> f64 {
        let mut to_start = self.to_start;
        if kind.counter && growth > 0.0 && value >= 0.0 {
            let to_zero = self.sampled * (value / growth);
            if to_zero < to_start {
                to_start = to_zero;
            }
        }
        let factor = if self.sampled == 0.0 {
            1.0
        } else {
            (self.sampled + to_start + self.to_end) / self.sampled
        };
        if kind.per_second { factor / seconds } else { factor }
    }
}
