//! How many samples a query holds at one time, as upstream counts them.

use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::value::{Column, is_absent};
use crate::window::{RangeSeries, Windows};
use firedrill_value::{FloatHistogram, Timestamp};

impl Evaluator<'_> {
    /// Fails where that many samples at one time are too many.
    pub(crate) fn check_samples(&self, count: usize) -> Result<(), EvalError> {
        match self.options.max_samples {
            Some(most) if count > most => Err(EvalError::TooManySamples),
            _ => Ok(()),
        }
    }

    /// Fails where a vector holds too many samples at one of its steps.
    pub(crate) fn check_vector(&self, columns: &[Column], steps: usize) -> Result<(), EvalError> {
        if self.options.max_samples.is_none() {
            return Ok(());
        }
        let (mixed, numbers): (Vec<&Column>, Vec<&Column>) =
            columns.iter().partition(|column| column.histograms.is_some());
        let weight_at = |step: usize| {
            let weights = mixed.iter().map(|column| match column.histogram(step) {
                Some(histogram) => weight(histogram),
                None => usize::from(!is_absent(column.values[step])),
            });
            weights.sum::<usize>()
        };
        let heaviest = if mixed.is_empty() {
            0
        } else {
            (0..steps).map(weight_at).max().unwrap_or(0)
        };
        self.check_samples(numbers.len() + heaviest)
    }

    /// Fails where a window holds too many samples.
    pub(crate) fn check_windows(&self, windows: &Windows<'_>) -> Result<(), EvalError> {
        let Some(most) = self.options.max_samples else {
            return Ok(());
        };
        for series in &windows.series {
            // Upstream counts the result along with the window.
            if !series.histograms.is_empty() {
                self.check_samples(heaviest_window(series, windows) + 1)?;
            } else if series.values().len() >= most {
                self.check_samples(windows.bounds(series).longest + 1)?;
            }
        }
        Ok(())
    }
}

/// What the heaviest window of a series with histograms weighs.
fn heaviest_window(series: &RangeSeries<'_>, windows: &Windows<'_>) -> usize {
    let mut total = 0;
    // Weights of the first n histograms.
    let mut sums = vec![total];
    for point in &series.histograms {
        total += weight(&point.histogram);
        sums.push(total);
    }
    let until = |time: Timestamp| sums[series.histograms.partition_point(|point| point.time <= time)];
    let bounds = windows.bounds(series);
    let steps = bounds.steps.iter().zip(windows.ends.times());
    let weights = steps.map(|(&(lo, hi), end)| {
        let start = end.saturating_sub(windows.range);
        hi - lo + until(end).saturating_sub(until(start))
    });
    weights.max().unwrap_or(0)
}

/// As how many numbers a histogram counts: by its size in the memory of upstream (`HPoint.size`), where a number takes
/// 16 bytes with its time.
fn weight(histogram: &FloatHistogram) -> usize {
    /// A histogram without buckets, and the pointer to it.
    const FIXED: usize = 168;
    let sides = [&histogram.positive, &histogram.negative];
    // Eight bytes each for a bucket, a bound, and a span of neighbouring buckets.
    let spans = sides.map(|side| {
        let gaps = side.windows(2).filter(|two| two[0].0 + 1 != two[1].0).count();
        gaps + usize::from(!side.is_empty())
    });
    let words = spans.iter().sum::<usize>()
        + histogram.positive.len()
        + histogram.negative.len()
        + histogram.custom_bounds.len();
    (FIXED + 8 * words + 8) / 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::EvalOptions;
    use crate::grid::Grid;
    use crate::plan::{Plan, PlanOptions};
    use crate::samples::Samples;
    use crate::storage::Storage;
    use firedrill_promql::{Features, parse};
    use firedrill_value::Labels;
    use std::sync::Arc;

    fn histogram() -> FloatHistogram {
        FloatHistogram {
            count: 6.0,
            positive: vec![(0, 1.0), (1, 2.0), (4, 3.0)],
            ..FloatHistogram::default()
        }
    }

    /// Whether a query over ten minutes of one histogram a minute may hold that many samples.
    fn fits(expr: &str, most: usize) -> bool {
        let mut samples = Samples::default();
        for minute in 0..10 {
            samples.push_histogram(minute * 60_000, Arc::new(histogram()));
        }
        let mut storage = Storage::new();
        let labels = Labels::from_pairs([("__name__", "h")]);
        storage.append_series(&labels, samples).unwrap();
        let parsed = parse(expr, &Features::promtool_default());
        let plan = Plan::compile(&parsed.expr, &PlanOptions::default());
        let options = EvalOptions {
            max_samples: Some(most),
            ..EvalOptions::default()
        };
        let result = plan.eval(&storage, Grid::instant(540_000), &options);
        assert!(matches!(result, Ok(_) | Err(EvalError::TooManySamples)));
        result.is_ok()
    }

    #[test]
    fn a_histogram_counts_by_its_size() {
        assert_eq!(weight(&FloatHistogram::default()), 11);
        // Three buckets in two spans.
        assert_eq!(weight(&histogram()), 13);
        assert!(fits("h", 13));
        assert!(!fits("h", 12));
        assert!(fits("rate(h[10m])", 131));
        assert!(!fits("rate(h[10m])", 130));
    }
}
