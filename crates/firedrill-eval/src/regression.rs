//! Lines and smoothed trends through the samples of a window.

use crate::lanes::{Chain, Compensated, LANES, Lanes, Number, fold_windows};
use crate::samples::Times;
use crate::value::ABSENT;
use crate::window::{RangeSeries, Windows};
use crate::window_sums::each_chunk;
use firedrill_value::Timestamp;
use firedrill_value::kahan::Kahan;

/// A line through samples.
pub(crate) struct Line {
    /// Growth per second.
    pub(crate) slope: f64,
    /// The value at the origin of time.
    pub(crate) intercept: f64,
}

/// What `finish` makes of the line through each window of at least two samples, and of its step. Time counts in seconds
/// from `origin`, which is told the step and the time of the window's first sample.
pub(crate) fn each_line(
    series: &RangeSeries<'_>,
    windows: &Windows<'_>,
    origin: impl Fn(usize, Timestamp) -> Timestamp,
    finish: impl Fn(Line, usize) -> f64,
) -> Option<Vec<f64>> {
    let (values, times) = (series.values(), series.times());
    let alone = |lo: usize, hi: usize, step: usize| {
        if hi - lo < 2 {
            return ABSENT;
        }
        finish(line(times, lo, &values[lo..hi], origin(step, times.at(lo))), step)
    };
    let Times::Regular { step: distance, .. } = times else {
        return windows.each(series, |w| alone(w.lo, w.hi, w.step));
    };
    if !series.summary.tame() || windows.ends.count < LANES {
        return windows.each(series, |w| alone(w.lo, w.hi, w.step));
    }
    let mut abscissae = Abscissae::default();
    let mut last_change = LastChange::default();
    each_chunk(series, windows, |chunk| {
        // How far after its origin a window's first sample is.
        let firsts: [i64; LANES] = std::array::from_fn(|lane| {
            let first = times.at(chunk.begins[lane]);
            first - origin(chunk.step + lane, first)
        });
        let longest = chunk
            .samples
            .iter()
            .map(|samples| samples.len())
            .max()
            .unwrap_or(0);
        let even =
            firsts.iter().all(|&first| first == firsts[0]) && chunk.samples.iter().all(|it| it.len() > 1);
        if !even {
            return std::array::from_fn(|lane| {
                let lo = chunk.begins[lane];
                alone(lo, lo + chunk.samples[lane].len(), chunk.step + lane)
            });
        }
        abscissae.extend(firsts[0], distance, longest);
        let start = Ordinates::<Lanes> {
            xs: &abscissae.xs,
            sum: Compensated::of(0.0),
            products: Compensated::of(0.0),
        };
        let sums = fold_windows(chunk.samples, start, Ordinates::lane);
        std::array::from_fn(|lane| {
            let (lo, count) = (chunk.begins[lane], chunk.samples[lane].len());
            let line = if last_change.until(values, lo + count) <= lo {
                Line::constant(values[lo])
            } else {
                let (x, squares) = abscissae.totals[count - 1];
                let (y, products) = (sums[lane].sum.total(), sums[lane].products.total());
                Line::fit(count as f64, x, y, products, squares)
            };
            finish(line, chunk.step + lane)
        })
    })
}

/// Simple linear regression over the samples that begin at `lo`; time counts in seconds from `origin`.
fn line(times: Times<'_>, lo: usize, values: &[f64], origin: Timestamp) -> Line {
    let first = values[0];
    let (mut xs, mut ys) = (Kahan::default(), Kahan::default());
    let (mut products, mut squares) = (Kahan::default(), Kahan::default());
    let mut constant = true;
    for (index, &y) in values.iter().enumerate() {
        constant &= index == 0 || y == first;
        let x = (times.at(lo + index) - origin) as f64 / 1e3;
        xs.add(x);
        ys.add(y);
        products.add(x * y);
        squares.add(x * x);
    }
    if constant {
        return Line::constant(first);
    }
    let (x, y) = (xs.total(), ys.total());
    Line::fit(values.len() as f64, x, y, products.total(), squares.total())
}

impl Line {
    /// Through samples of one value.
    fn constant(value: f64) -> Line {
        let intercept = if value.is_infinite() { f64::NAN } else { value };
        let slope = if value.is_infinite() { f64::NAN } else { 0.0 };
        Line { slope, intercept }
    }

    /// Through `n` samples with these sums of times, values, their products and the squares of the times.
    fn fit(n: f64, x: f64, y: f64, products: f64, squares: f64) -> Line {
        let covariance = products - x * y / n;
        let variance = squares - x * x / n;
        let slope = covariance / variance;
        Line {
            slope,
            intercept: y / n - slope * x / n,
        }
    }
}

/// The times of samples in windows that all begin at the same distance from their origin, which therefore share them.
#[derive(Default)]
struct Abscissae {
    first: i64,
    xs: Vec<f64>,
    /// Sum and sum of squares of the first n + 1 times.
    totals: Vec<(f64, f64)>,
    sum: Kahan,
    squares: Kahan,
}

impl Abscissae {
    /// Makes sure of `count` times.
    fn extend(&mut self, first: i64, distance: i64, count: usize) {
        if first != self.first {
            *self = Abscissae {
                first,
                ..Abscissae::default()
            };
        }
        for index in self.xs.len()..count {
            let x = (first + distance * index as i64) as f64 / 1e3;
            self.sum.add(x);
            self.squares.add(x * x);
            self.xs.push(x);
            self.totals.push((self.sum.total(), self.squares.total()));
        }
    }
}

/// The sums over the values of a window.
struct Ordinates<'x, T> {
    xs: &'x [f64],
    sum: Compensated<T>,
    products: Compensated<T>,
}

impl<'x> Ordinates<'x, Lanes> {
    fn lane(&self, lane: usize) -> Ordinates<'x, f64> {
        Ordinates {
            xs: self.xs,
            sum: self.sum.lane(lane),
            products: self.products.lane(lane),
        }
    }
}

impl<T: Number> Chain<T> for Ordinates<'_, T> {
    #[inline]
    fn add(&mut self, place: usize, value: T) {
        self.sum.add(value);
        self.products.add(T::splat(self.xs[place]) * value);
    }
}

/// Where values last changed.
#[derive(Default)]
struct LastChange {
    seen: usize,
    at: usize,
}

impl LastChange {
    /// The last of the first `end` values that is not equal to the one before it. `end` must not fall.
    fn until(&mut self, values: &[f64], end: usize) -> usize {
        for at in self.seen.max(1)..end {
            if values[at] != values[at - 1] {
                self.at = at;
            }
        }
        self.seen = self.seen.max(end);
        self.at
    }
}

/// Holt's linear method: level and trend, each an exponentially weighted mean.
pub(crate) fn double_exponential(values: &[f64], smoothing: f64, trend_factor: f64) -> f64 {
    if values.len() < 2 {
        return ABSENT;
    }
    let mut before = 0.0;
    let mut level = values[0];
    let mut trend = values[1] - values[0];
    for (index, &value) in values.iter().enumerate().skip(1) {
        let scaled = smoothing * value;
        if index > 1 {
            trend = trend_factor * (level - before) + (1.0 - trend_factor) * trend;
        }
        let rest = (1.0 - smoothing) * (level + trend);
        before = level;
        level = scaled + rest;
    }
    level
}
