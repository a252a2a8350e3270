//! Compensated sums of many windows.
//!
//! Each sum is a chain of dependent additions that must not be rearranged. Windows of neighbouring steps are
//! independent of each other, so four chains run side by side (benchmark `avg_over_time of an hour`); each does exactly
//! the additions that it would do alone.

use crate::value::ABSENT;
use crate::window::{RangeSeries, Windows};
use firedrill_value::kahan::Kahan;

/// How many windows are summed side by side.
const LANES: usize = 4;

/// For each step the bounds of its window, `lo == hi` where it is empty.
fn bounds(series: &RangeSeries<'_>, windows: &Windows<'_>) -> Vec<(usize, usize)> {
    let mut bounds = vec![(0, 0); windows.ends.count];
    series.each_window(&windows.ends, windows.range, |window| {
        bounds[window.step] = (window.lo, window.hi);
        ABSENT
    });
    bounds
}

/// What `finish` makes of the sum and the samples of each window; absent for empty windows. A sum starts at zero or, as
/// means do, with the first value.
pub(crate) fn each_sum(
    series: &RangeSeries<'_>,
    windows: &Windows<'_>,
    start_at_zero: bool,
    finish: impl Fn(Kahan, &[f64]) -> f64,
) -> Option<Vec<f64>> {
    let values = series.values();
    let bounds = bounds(series, windows);
    let mut result = vec![ABSENT; bounds.len()];
    let mut any = false;
    for (bounds, result) in bounds.chunks(LANES).zip(result.chunks_mut(LANES)) {
        let mut samples: [&[f64]; LANES] = [&[]; LANES];
        let mut sums = [Kahan::default(); LANES];
        for (lane, &(lo, hi)) in bounds.iter().enumerate() {
            samples[lane] = &values[lo..hi];
        }
        let mut rest = samples;
        if !start_at_zero {
            for lane in 0..LANES {
                if let Some((first, others)) = rest[lane].split_first() {
                    sums[lane] = Kahan::of(*first);
                    rest[lane] = others;
                }
            }
        }
        let common = rest.iter().map(|samples| samples.len()).min().unwrap_or(0);
        let [a, b, c, d] = rest.map(|samples| &samples[..common]);
        for (((a, b), c), d) in a.iter().zip(b).zip(c).zip(d) {
            for (sum, value) in sums.iter_mut().zip([a, b, c, d]) {
                sum.add(*value);
            }
        }
        for lane in 0..bounds.len() {
            if samples[lane].is_empty() {
                continue;
            }
            let mut sum = sums[lane];
            for &value in &rest[lane][common..] {
                sum.add(value);
            }
            result[lane] = finish(sum, samples[lane]);
            any = true;
        }
    }
    any.then_some(result)
}
