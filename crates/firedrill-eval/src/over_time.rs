//! Functions of windows, except those of the rate family.

pub(crate) mod mixed;
#[cfg(test)]
mod tests;

use crate::columns;
use crate::engine::{Evaluator, QueryKind};
use crate::error::{EvalError, Real};
use crate::grid::Grid;
use crate::plan::CallNode;
use crate::quantile::{quantile, quantile_of_sorted};
use crate::regression::{self, each_line};
use crate::remark::Remark;
use crate::sliding::{Extreme, PairCount};
use crate::sorted::Sorted;
use crate::value::{ABSENT, Column, Scalars};
use crate::variance::each_variance;
use crate::window::{RangeSeries, Results, Window, Windows};
use crate::window_sums::each_sum;
use firedrill_functions::Func;
use firedrill_value::kahan::Mean;
use mixed::Place;

impl Evaluator<'_> {
    /// A function of windows: one column per series.
    pub(crate) fn over_time(&mut self, call: &CallNode, grid: &Grid) -> Result<Vec<Column>, EvalError> {
        let window_arg = usize::from(call.func == Func::QuantileOverTime);
        let windows = self.windows(&call.args[window_arg], grid)?;
        self.check_extension(&windows, call.func)?;
        if windows.extension.is_some() && matches!(call.func, Func::Changes | Func::Resets) {
            return self.anchored_count(windows, call.func);
        }
        let params = self.params(call, grid, window_arg)?;
        let mut failure = None;
        let mut results = Results::default();
        let mut columns = Vec::with_capacity(windows.series.len());
        for series in &windows.series {
            self.check_time(call.args[window_arg].span)?;
            let compute = || kernel(call.func, series, &windows, grid, &params, &mut failure);
            let values = results.of(series, compute);
            if series.is_mixed() {
                let window = call.args[window_arg].span;
                let args = call.args.first().map_or(window, |arg| arg.span);
                let place = Place { window, args };
                columns.extend(self.mixed_over_time(call.func, series, &windows, grid, place, values));
            } else if let Some(values) = values {
                columns.push(series.column(Some(values), grid.count));
            }
        }
        if let Some(error) = failure {
            return Err(error);
        }
        let keeps_name = matches!(call.func, Func::FirstOverTime | Func::LastOverTime);
        self.finish_windows(columns, keeps_name)
    }

    /// Scalar arguments beside the window.
    fn params(&mut self, call: &CallNode, grid: &Grid, window_arg: usize) -> Result<Vec<Scalars>, EvalError> {
        let mut params = Vec::new();
        for (at, arg) in call.args.iter().enumerate() {
            if at != window_arg {
                params.push(self.scalar(arg, grid)?);
            }
        }
        if call.func == Func::QuantileOverTime {
            self.remark_bad_quantile(&params[0], grid, call.args[0].span);
        }
        Ok(params)
    }

    /// Warns of values of φ that are no probability.
    pub(crate) fn remark_bad_quantile(&mut self, phi: &Scalars, grid: &Grid, span: firedrill_source::Span) {
        let steps = if matches!(phi, Scalars::Constant(_)) {
            1
        } else {
            grid.count
        };
        for value in (0..steps).map(|step| phi.at(step)) {
            if !(0.0..=1.0).contains(&value) {
                self.annotations.add(span, Remark::QuantileRange(value));
            }
        }
    }

    /// Names are dropped; in a range of times upstream looks at the whole series when it refuses equal labels.
    pub(crate) fn finish_windows(
        &self,
        mut columns: Vec<Column>,
        keeps_name: bool,
    ) -> Result<Vec<Column>, EvalError> {
        if !keeps_name {
            for column in &mut columns {
                self.drop_name(column);
            }
        }
        let whole = self.options.kind == QueryKind::Range || self.depth > 0;
        if whole && !self.options.delayed_name_removal && columns::has_equal_labels(&columns) {
            return Err(EvalError::SameLabelset);
        }
        self.unique(columns)
    }
}

/// The values of a function over all windows of a series.
fn kernel(
    func: Func,
    series: &RangeSeries<'_>,
    windows: &Windows<'_>,
    grid: &Grid,
    params: &[Scalars],
    failure: &mut Option<EvalError>,
) -> Option<Vec<f64>> {
    let each = |kernel: &mut dyn FnMut(&Window<'_>) -> f64| windows.each(series, kernel);
    let seconds = |millis: i64| millis as f64 / 1000.0;
    match func {
        Func::CountOverTime => each(&mut |w| w.len() as f64),
        Func::PresentOverTime => each(&mut |_| 1.0),
        Func::FirstOverTime => each(&mut |w| w.all[w.lo]),
        Func::LastOverTime => each(&mut |w| w.all[w.hi - 1]),
        Func::TsOfFirstOverTime => each(&mut |w| seconds(w.times.at(w.lo))),
        Func::TsOfLastOverTime => each(&mut |w| seconds(w.times.at(w.hi - 1))),
        Func::SumOverTime => sum(series, windows),
        Func::AvgOverTime => average(series, windows),
        Func::MaxOverTime if series.summary.rising && series.summary.plain => each(&mut |w| w.all[w.hi - 1]),
        Func::MinOverTime if series.summary.rising && series.summary.plain => each(&mut |w| w.all[w.lo]),
        Func::MaxOverTime => {
            let mut extreme = Extreme::largest();
            each(&mut |w| extreme.over(w))
        }
        Func::MinOverTime => {
            let mut extreme = Extreme::smallest();
            each(&mut |w| extreme.over(w))
        }
        Func::TsOfMaxOverTime => each(&mut |w| seconds(last_extreme(w, |a, b| a >= b))),
        Func::TsOfMinOverTime => each(&mut |w| seconds(last_extreme(w, |a, b| a <= b))),
        Func::StddevOverTime => each_variance(series, windows, f64::sqrt),
        Func::StdvarOverTime => each_variance(series, windows, |variance| variance),
        Func::QuantileOverTime if series.summary.plain => {
            let mut sorted = Sorted::default();
            each(&mut |w| quantile_of_sorted(params[0].at(w.step), sorted.over(w)))
        }
        Func::QuantileOverTime => {
            let mut scratch = Vec::new();
            each(&mut |w| {
                scratch.clear();
                scratch.extend_from_slice(w.values());
                quantile(params[0].at(w.step), &mut scratch)
            })
        }
        Func::MadOverTime => {
            let mut scratch = Vec::new();
            each(&mut |w| median_deviation(w.values(), &mut scratch))
        }
        Func::Changes => {
            let changed = |a: f64, b: f64| a != b && !(a.is_nan() && b.is_nan());
            let mut pairs = PairCount::default();
            each(&mut |w| pairs.over(w, changed))
        }
        Func::Resets if series.summary.rising => each(&mut |_| 0.0),
        Func::Resets => {
            let mut pairs = PairCount::default();
            each(&mut |w| pairs.over(w, |a, b| b < a))
        }
        Func::Idelta => each(&mut |w| last_difference(w, false)),
        Func::Irate => each(&mut |w| last_difference(w, true)),
        Func::Deriv => each_line(series, windows, |_, first| first, |line, _| line.slope),
        Func::PredictLinear => each_line(
            series,
            windows,
            |step, _| grid.time(step),
            |line, step| line.slope * params[0].at(step) + line.intercept,
        ),
        Func::DoubleExponentialSmoothing => each(&mut |w| {
            let (smoothing, trend) = (params[0].at(w.step), params[1].at(w.step));
            if smoothing <= 0.0 || smoothing >= 1.0 {
                failure.get_or_insert(EvalError::SmoothingFactor(Real(smoothing)));
                return ABSENT;
            }
            if trend <= 0.0 || trend >= 1.0 {
                failure.get_or_insert(EvalError::TrendFactor(Real(trend)));
                return ABSENT;
            }
            regression::double_exponential(w.values(), smoothing, trend)
        }),
        _ => None,
    }
}

fn sum(series: &RangeSeries<'_>, windows: &Windows<'_>) -> Option<Vec<f64>> {
    if let Some(prefix) = exact_prefix_sums(series, windows) {
        return windows.each(series, |w| prefix[w.hi] - prefix[w.lo]);
    }
    each_sum(series, windows, true, |sum, _| {
        if sum.sum.is_infinite() {
            sum.sum
        } else {
            sum.total()
        }
    })
}

fn average(series: &RangeSeries<'_>, windows: &Windows<'_>) -> Option<Vec<f64>> {
    if let Some(prefix) = exact_prefix_sums(series, windows) {
        return windows.each(series, |w| (prefix[w.hi] - prefix[w.lo]) / w.len() as f64);
    }
    each_sum(series, windows, false, |sum, values| {
        let count = values.len() as f64;
        if sum.sum.is_finite() {
            return sum.sum / count + sum.lost / count;
        }
        // The sum has overflowed on the way, or there are values to poison it: step by step.
        let mut mean = Mean::of(values[0]);
        for &value in &values[1..] {
            mean.add(value);
        }
        mean.value()
    })
}

/// Sums of the first n values, where all values are whole and so small that every partial sum is exact: then a
/// difference of two of them is the sum of a window to the last bit. Not worth it for a single window.
fn exact_prefix_sums(series: &RangeSeries<'_>, windows: &Windows<'_>) -> Option<Vec<f64>> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let (values, summary) = (series.values(), &series.summary);
    let exact = summary.whole && summary.plain && summary.largest < EXACT / (values.len() as f64 + 1.0);
    if windows.ends.count < 4 || !exact {
        return None;
    }
    let mut total = 0.0;
    let mut prefix = Vec::with_capacity(values.len() + 1);
    prefix.push(total);
    for &value in values {
        total += value;
        prefix.push(total);
    }
    Some(prefix)
}

/// Time of the last sample that is at least as good as the best so far.
fn last_extreme(window: &Window<'_>, at_least: fn(f64, f64) -> bool) -> i64 {
    let mut best = window.all[window.lo];
    let mut time = window.times.at(window.lo);
    for at in window.lo..window.hi {
        let value = window.all[at];
        if at_least(value, best) || best.is_nan() {
            best = value;
            time = window.times.at(at);
        }
    }
    time
}

/// The median of the distances from the median.
fn median_deviation(values: &[f64], scratch: &mut Vec<f64>) -> f64 {
    if values.iter().any(|value| value.is_nan()) {
        return f64::NAN;
    }
    scratch.clear();
    scratch.extend_from_slice(values);
    let median = quantile(0.5, scratch);
    for value in scratch.iter_mut() {
        *value = (*value - median).abs();
    }
    quantile(0.5, scratch)
}

/// `idelta`, or `irate` where a fall is taken for a restart and the difference is divided by the time.
fn last_difference(window: &Window<'_>, rate: bool) -> f64 {
    if window.len() < 2 {
        return ABSENT;
    }
    let (previous, last) = (window.all[window.hi - 2], window.all[window.hi - 1]);
    let elapsed = window.times.at(window.hi - 1) - window.times.at(window.hi - 2);
    if elapsed == 0 {
        return ABSENT;
    }
    if !rate {
        return last - previous;
    }
    let growth = if last < previous { last } else { last - previous };
    growth / (elapsed as f64 / 1000.0)
}
