//! Counter resets between histograms.

use super::bounds::exponential_bound;
use super::{FloatHistogram, ResetHint, buckets, same_bounds};

impl FloatHistogram {
    /// Whether the counter was reset between `previous` and this one: something became smaller or coarser bounds finer.
    pub fn is_reset_after(&self, previous: &FloatHistogram) -> bool {
        match self.hint {
            ResetHint::Reset => return true,
            ResetHint::NotReset => return false,
            ResetHint::Unknown | ResetHint::Gauge => {}
        }
        if self.count < previous.count || self.uses_custom_buckets() != previous.uses_custom_buckets() {
            return true;
        }
        if self.uses_custom_buckets() {
            return self.custom_buckets_fell(previous);
        }
        if self.schema > previous.schema || self.zero_threshold < previous.zero_threshold {
            return true;
        }
        let (zero_count, threshold) = previous.widened_zero(self.zero_threshold);
        if threshold != self.zero_threshold || self.zero_count < zero_count {
            return true;
        }
        let fell = |now: &[(i32, f64)], before: &[(i32, f64)]| {
            let before = buckets::reduced(before, previous.schema, self.schema);
            let outside = before
                .into_iter()
                .filter(|&(index, _)| exponential_bound(index, self.schema) > self.zero_threshold);
            any_fell(now, outside)
        };
        fell(&self.positive, &previous.positive) || fell(&self.negative, &previous.negative)
    }

    fn custom_buckets_fell(&self, previous: &FloatHistogram) -> bool {
        if same_bounds(&self.custom_bounds, &previous.custom_bounds) {
            return any_fell(&self.positive, previous.positive.iter().copied());
        }
        // Only sums between bounds that both have can be compared.
        let common: Vec<f64> = self
            .custom_bounds
            .iter()
            .filter(|bound| previous.custom_bounds.contains(bound))
            .copied()
            .collect();
        let rolled = |histogram: &FloatHistogram| {
            let mut sums = vec![0.0; common.len() + 1];
            for &(index, count) in &histogram.positive {
                let bound = usize::try_from(index)
                    .ok()
                    .and_then(|index| histogram.custom_bounds.get(index));
                let place = bound.map_or(common.len(), |bound| {
                    common.partition_point(|common| common < bound)
                });
                sums[place] += count;
            }
            sums
        };
        rolled(self)
            .into_iter()
            .zip(rolled(previous))
            .any(|(now, before)| now < before)
    }
}

fn any_fell(now: &[(i32, f64)], before: impl Iterator<Item = (i32, f64)>) -> bool {
    let mut now = now.iter().peekable();
    for (index, count) in before {
        while now.next_if(|&&(at, _)| at < index).is_some() {}
        let fell = match now.peek() {
            Some(&&(at, own)) if at == index => own < count,
            _ => count != 0.0,
        };
        if fell {
            return true;
        }
    }
    false
}
