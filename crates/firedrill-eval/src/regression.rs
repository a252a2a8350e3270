//! Lines and smoothed trends through the samples of a window.

use crate::value::ABSENT;
use crate::window::Window;
use firedrill_value::Timestamp;
use firedrill_value::kahan::Kahan;

/// A line through samples.
pub(crate) struct Line {
    /// Growth per second.
    pub(crate) slope: f64,
    /// The value at the origin of time.
    pub(crate) intercept: f64,
}

/// Simple linear regression; time counts in seconds from `origin`.
pub(crate) fn line(window: &Window<'_>, origin: Timestamp) -> Line {
    let values = window.values();
    let first = values[0];
    let (mut xs, mut ys) = (Kahan::default(), Kahan::default());
    let (mut products, mut squares) = (Kahan::default(), Kahan::default());
    let mut constant = true;
    for (index, &y) in values.iter().enumerate() {
        constant &= index == 0 || y == first;
        let x = (window.time(index) - origin) as f64 / 1e3;
        xs.add(x);
        ys.add(y);
        products.add(x * y);
        squares.add(x * x);
    }
    if constant {
        let intercept = if first.is_infinite() { f64::NAN } else { first };
        let slope = if first.is_infinite() { f64::NAN } else { 0.0 };
        return Line { slope, intercept };
    }
    let n = values.len() as f64;
    let (x, y) = (xs.total(), ys.total());
    let covariance = products.total() - x * y / n;
    let variance = squares.total() - x * x / n;
    let slope = covariance / variance;
    Line {
        slope,
        intercept: y / n - slope * x / n,
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
