//! Several windows computed side by side.
//!
//! A compensated sum is a chain of dependent additions that must not be rearranged. Windows of neighbouring steps are
//! independent of each other, so that many chains run at once and keep the processor busy; each does exactly the
//! operations that it would do alone (benchmarks `avg_over_time`, `stddev_over_time` and `deriv`).

use firedrill_value::kahan::Kahan;
use std::ops::{Add, Div, Mul, Sub};

/// How many windows are computed side by side.
pub(crate) const LANES: usize = 8;

/// One number of each window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lanes([f64; LANES]);

impl Lanes {
    #[inline]
    fn zip(self, other: Lanes, operation: impl Fn(f64, f64) -> f64) -> Lanes {
        Lanes(std::array::from_fn(|lane| operation(self.0[lane], other.0[lane])))
    }
}

/// What a chain computes with: the number of one window or those of several.
pub(crate) trait Number:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// The same number everywhere.
    fn splat(value: f64) -> Self;
}

impl Number for f64 {
    #[inline]
    fn splat(value: f64) -> Self {
        value
    }
}

impl Number for Lanes {
    #[inline]
    fn splat(value: f64) -> Self {
        Lanes([value; LANES])
    }
}

impl Add for Lanes {
    type Output = Lanes;
    #[inline]
    fn add(self, other: Lanes) -> Lanes {
        self.zip(other, |a, b| a + b)
    }
}

impl Sub for Lanes {
    type Output = Lanes;
    #[inline]
    fn sub(self, other: Lanes) -> Lanes {
        self.zip(other, |a, b| a - b)
    }
}

impl Mul for Lanes {
    type Output = Lanes;
    #[inline]
    fn mul(self, other: Lanes) -> Lanes {
        self.zip(other, |a, b| a * b)
    }
}

impl Div for Lanes {
    type Output = Lanes;
    #[inline]
    fn div(self, other: Lanes) -> Lanes {
        self.zip(other, |a, b| a / b)
    }
}

/// A sum and what rounding has lost of it: the bits of [`Kahan`] as long as nothing comes near overflow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compensated<T> {
    sum: T,
    lost: T,
}

impl<T: Number> Compensated<T> {
    /// A sum that starts with a number; −0 starts a sum that is its first summand to the last bit.
    #[inline]
    pub(crate) fn of(value: f64) -> Self {
        Compensated {
            sum: T::splat(value),
            lost: T::splat(0.0),
        }
    }

    /// Adds a number. The rounding error of a sum can be had without asking which of the two numbers is larger, at the
    /// price of two more subtractions.
    #[inline]
    pub(crate) fn add(&mut self, value: T) {
        let total = self.sum + value;
        let added = total - self.sum;
        let error = (self.sum - (total - added)) + (value - added);
        self.lost = self.lost + error;
        self.sum = total;
    }

    #[inline]
    pub(crate) fn total(self) -> T {
        self.sum + self.lost
    }
}

impl Compensated<Lanes> {
    /// The sum of one window.
    #[inline]
    pub(crate) fn lane(&self, lane: usize) -> Compensated<f64> {
        Compensated {
            sum: self.sum.0[lane],
            lost: self.lost.0[lane],
        }
    }
}

impl From<Compensated<f64>> for Kahan {
    fn from(sum: Compensated<f64>) -> Kahan {
        Kahan {
            sum: sum.sum,
            lost: sum.lost,
        }
    }
}

/// A computation that takes the samples of a window one after the other.
pub(crate) trait Chain<T: Number> {
    /// Takes the sample that is at this place in its window.
    fn add(&mut self, place: usize, value: T);
}

impl<T: Number> Chain<T> for Compensated<T> {
    #[inline]
    fn add(&mut self, _: usize, value: T) {
        self.add(value);
    }
}

/// Computes windows of about the same length side by side; `lane` takes the state of one of them out of all.
#[inline]
pub(crate) fn fold_windows<W: Chain<Lanes>, S: Chain<f64>>(
    samples: [&[f64]; LANES],
    mut wide: W,
    lane: impl Fn(&W, usize) -> S,
) -> [S; LANES] {
    let common = samples.iter().map(|samples| samples.len()).min().unwrap_or(0);
    let heads = samples.map(|samples| &samples[..common]);
    for place in 0..common {
        wide.add(place, Lanes(heads.map(|head| head[place])));
    }
    std::array::from_fn(|at| {
        let mut single = lane(&wide, at);
        for (place, &value) in samples[at].iter().enumerate().skip(common) {
            single.add(place, value);
        }
        single
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn side_by_side_the_bits_are_those_of_kahan(
            values in prop::collection::vec(prop_oneof![
                any::<f64>().prop_filter("tame", |value| value.abs() < 1e140),
                (-1e6..1e6f64),
                (-9i32..9).prop_map(f64::from),
                Just(-0.0),
            ], LANES..60),
            start in prop_oneof![Just(0.0), Just(-0.0)],
        ) {
            let samples: [&[f64]; LANES] = std::array::from_fn(|lane| &values[lane / 2..]);
            let sums = fold_windows(samples, Compensated::of(start), Compensated::lane);
            for (samples, sum) in samples.iter().zip(sums) {
                let mut expected = Kahan::of(start);
                samples.iter().for_each(|value| expected.add(*value));
                let sum = Kahan::from(sum);
                prop_assert_eq!(sum.sum.to_bits(), expected.sum.to_bits());
                prop_assert_eq!(sum.lost.to_bits(), expected.lost.to_bits());
            }
        }
    }
}
