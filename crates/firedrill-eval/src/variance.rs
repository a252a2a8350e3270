//! Population variance of windows: Welford's recurrence with compensated sums.

use crate::lanes::{Chain, Compensated, Lanes, Number, fold_windows};
use crate::window::{RangeSeries, Windows};
use crate::window_sums::each_chunk;
use firedrill_value::kahan::Kahan;

/// What `finish` makes of the variance of each window; absent for empty windows.
pub(crate) fn each_variance(
    series: &RangeSeries<'_>,
    windows: &Windows<'_>,
    finish: impl Fn(f64) -> f64,
) -> Option<Vec<f64>> {
    if series.summary.tame() {
        return each_chunk(series, windows, |chunk| {
            let spreads = fold_windows(chunk.samples, Spread::<Lanes>::default(), Spread::lane);
            spreads.map(|spread| finish(spread.squares.total() / spread.count))
        });
    }
    windows.each(series, |window| finish(variance(window.values())))
}

/// The variance of any values.
fn variance(values: &[f64]) -> f64 {
    let mut count = 0.0;
    let mut mean = Kahan::default();
    let mut squares = Kahan::default();
    for &value in values {
        count += 1.0;
        let delta = value - mean.total();
        mean.add(delta / count);
        squares.add(delta * (value - mean.total()));
    }
    squares.total() / count
}

/// The recurrence's state, for values far from overflow.
struct Spread<T> {
    count: f64,
    mean: Compensated<T>,
    squares: Compensated<T>,
}

impl<T: Number> Default for Spread<T> {
    fn default() -> Self {
        Spread {
            count: 0.0,
            mean: Compensated::of(0.0),
            squares: Compensated::of(0.0),
        }
    }
}

impl Spread<Lanes> {
    fn lane(&self, lane: usize) -> Spread<f64> {
        Spread {
            count: self.count,
            mean: self.mean.lane(lane),
            squares: self.squares.lane(lane),
        }
    }
}

impl<T: Number> Chain<T> for Spread<T> {
    #[inline]
    fn add(&mut self, _: usize, value: T) {
        self.count += 1.0;
        let delta = value - self.mean.total();
        self.mean.add(delta / T::splat(self.count));
        self.squares.add(delta * (value - self.mean.total()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::LANES;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn far_from_overflow_both_ways_give_the_same_bits(
            values in prop::collection::vec(prop_oneof![-1e6..1e6f64, Just(-0.0), -1e139..1e139f64], 1..60),
        ) {
            let samples: [&[f64]; LANES] = std::array::from_fn(|lane| &values[lane.min(values.len() - 1)..]);
            let spreads = fold_windows(samples, Spread::<Lanes>::default(), Spread::lane);
            for (samples, spread) in samples.iter().zip(spreads) {
                let found = spread.squares.total() / spread.count;
                prop_assert_eq!(found.to_bits(), variance(samples).to_bits());
            }
        }
    }
}
