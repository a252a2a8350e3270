//! Chunks of windows that are computed side by side, and their compensated sums.

use crate::lanes::{Compensated, LANES, fold_windows};
use crate::value::{ABSENT, is_absent};
use crate::window::{RangeSeries, Windows};
use firedrill_value::kahan::Kahan;

/// The windows of neighbouring steps.
pub(crate) struct Chunk<'w> {
    /// The first step.
    pub(crate) step: usize,
    /// The samples of each window; those after the last step are empty.
    pub(crate) samples: [&'w [f64]; LANES],
    /// Where in the series they begin.
    pub(crate) begins: [usize; LANES],
}

/// What `compute` makes of each window, several at a time; absent for empty windows.
pub(crate) fn each_chunk(
    series: &RangeSeries<'_>,
    windows: &Windows<'_>,
    mut compute: impl FnMut(&Chunk<'_>) -> [f64; LANES],
) -> Option<Vec<f64>> {
    let values = series.values();
    let bounds = windows.bounds(series);
    let mut result = vec![ABSENT; bounds.steps.len()];
    let mut any = false;
    for (at, (bounds, result)) in bounds
        .steps
        .chunks(LANES)
        .zip(result.chunks_mut(LANES))
        .enumerate()
    {
        let mut chunk = Chunk {
            step: at * LANES,
            samples: [&[]; LANES],
            begins: [0; LANES],
        };
        for (lane, &(lo, hi)) in bounds.iter().enumerate() {
            chunk.samples[lane] = &values[lo..hi];
            chunk.begins[lane] = lo;
        }
        for ((result, computed), samples) in result.iter_mut().zip(compute(&chunk)).zip(chunk.samples) {
            if !samples.is_empty() {
                *result = computed;
                any |= !is_absent(computed);
            }
        }
    }
    any.then_some(result)
}

/// What `finish` makes of the sum and the samples of each window; absent for empty windows. A sum starts at zero or, as
/// means do, with the first value.
pub(crate) fn each_sum(
    series: &RangeSeries<'_>,
    windows: &Windows<'_>,
    start_at_zero: bool,
    finish: impl Fn(Kahan, &[f64]) -> f64,
) -> Option<Vec<f64>> {
    let start = if start_at_zero { 0.0 } else { -0.0 };
    if series.summary.tame() {
        return each_chunk(series, windows, |chunk| {
            let sums = fold_windows(chunk.samples, Compensated::of(start), Compensated::lane);
            std::array::from_fn(|lane| match chunk.samples[lane] {
                [] => ABSENT,
                samples => finish(sums[lane].into(), samples),
            })
        });
    }
    windows.each(series, |window| {
        let mut sum = Kahan::of(start);
        window.values().iter().for_each(|&value| sum.add(value));
        finish(sum, window.values())
    })
}
