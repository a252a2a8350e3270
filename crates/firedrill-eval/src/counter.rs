//! `rate`, `increase` and `delta`: growth over a window, extrapolated to its edges.

mod mixed;

use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::CallNode;
use crate::remark::Remark;
use crate::sliding::Places;
use crate::value::{ABSENT, Column, is_absent};
use crate::window::{RangeSeries, Window, Windows};
use firedrill_source::Span;
use firedrill_value::Duration;
use mixed::Extent;

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
        let mut columns = Vec::with_capacity(windows.series.len());
        for series in &windows.series {
            let values = if windows.extension.is_some() {
                self.extended_growth(series, &windows, kind)
            } else {
                growth(series, &windows, kind)
            };
            let column = if windows.extension.is_some() && !series.histograms.is_empty() {
                self.extended_mixed_growth(series, &windows, kind, call.args[0].span, values)
            } else if series.is_mixed() && windows.extension.is_none() {
                self.mixed_growth(series, &windows, kind, call.args[0].span, values)
            } else {
                values.map(|values| Column {
                    labels: series.labels.clone(),
                    drop_name: series.drop_name,
                    values,
                    histograms: None,
                })
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
        let counts = ["_total", "_sum", "_count", "_bucket"];
        if !name.is_empty() && !counts.iter().any(|suffix| name.ends_with(suffix)) {
            let metric = name.to_owned();
            self.annotations.add(span, Remark::MaybeNoCounter { metric });
        }
    }
}

fn growth(series: &RangeSeries<'_>, windows: &Windows<'_>, kind: RateKind) -> Option<Vec<f64>> {
    let seconds = Duration::from_millis(windows.range).secs_f64();
    let mut falls = Places::default();
    series.each_window(&windows.ends, windows.range, |window| {
        if window.len() < 2 {
            return ABSENT;
        }
        let mut difference = window.all[window.hi - 1] - window.all[window.lo];
        if kind.counter {
            falls.advance(window, |before, after| after < before);
            for &at in &falls.found {
                difference += window.all[at - 1];
            }
        }
        difference * factor(window, difference, kind, seconds)
    })
}

/// By how much the samples' growth is stretched: to the edges of the window where the samples come near them, by half
/// a sample distance where they do not, and never to before the counter's zero.
fn factor(window: &Window<'_>, difference: f64, kind: RateKind, seconds: f64) -> f64 {
    let extent = Extent {
        first: window.times.at(window.lo),
        last: window.times.at(window.hi - 1),
        samples: window.len(),
        value: window.all[window.lo],
        growth: difference,
        start: None,
    };
    factor_of(&extent, window, kind, seconds)
}

#[inline]
fn factor_of(extent: &Extent, window: &Window<'_>, kind: RateKind, seconds: f64) -> f64 {
    let (first, last) = (extent.first, extent.last);
    let mut sampled = (last - first) as f64 / 1000.0;
    let average = if extent.samples > 1 {
        sampled / (extent.samples - 1) as f64
    } else {
        0.0
    };
    let threshold = average * 1.1;
    let mut to_start = (first - window.start) as f64 / 1000.0;
    let mut to_end = (window.end - last) as f64 / 1000.0;
    if let Some(start) = extent.start {
        // A sample of zero is taken to stand where the counter began.
        to_start = 0.0;
        sampled = (last - start) as f64 / 1000.0;
    } else {
        if to_start >= threshold {
            to_start = average / 2.0;
        }
        if kind.counter {
            let mut to_zero = to_start;
            if extent.growth > 0.0 && extent.value >= 0.0 {
                to_zero = sampled * (extent.value / extent.growth);
            }
            if to_zero < to_start {
                to_start = to_zero;
            }
        }
    }
    if to_end >= threshold {
        to_end = average / 2.0;
    }
    let factor = if sampled == 0.0 {
        1.0
    } else {
        (sampled + to_start + to_end) / sampled
    };
    if kind.per_second { factor / seconds } else { factor }
}
