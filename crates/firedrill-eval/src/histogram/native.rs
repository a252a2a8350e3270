//! Quantile, fraction and spread of native histograms (upstream `promql/quantile.go`).

use crate::gomath;
use firedrill_value::FloatHistogram;
use firedrill_value::histogram::Bucket;
use firedrill_value::kahan::Kahan;

/// What observations that are NaN do to a quantile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NanEffect {
    ResultIsNan,
    Skewed,
}

/// The φ-quantile; exponential buckets are interpolated on a logarithmic scale.
pub(super) fn quantile(phi: f64, histogram: &FloatHistogram) -> (f64, Option<NanEffect>) {
    if phi < 0.0 {
        return (f64::NEG_INFINITY, None);
    }
    if phi > 1.0 {
        return (f64::INFINITY, None);
    }
    if histogram.count == 0.0 || phi.is_nan() {
        return (f64::NAN, None);
    }
    let custom = histogram.uses_custom_buckets();
    let has_nan = histogram.sum.is_nan();
    let upwards = has_nan || phi < 0.5;
    let mut buckets = histogram.buckets();
    if !upwards {
        buckets.reverse();
    }
    let mut rank = if upwards {
        phi * histogram.count
    } else {
        (1.0 - phi) * histogram.count
    };
    let mut bucket = Bucket {
        lower: 0.0,
        upper: 0.0,
        count: 0.0,
    };
    let mut count = 0.0;
    let mut rest = buckets.iter();
    for found in rest.by_ref() {
        bucket = *found;
        if bucket.count == 0.0 {
            continue;
        }
        count += bucket.count;
        if count >= rank {
            break;
        }
    }
    if custom {
        if bucket.lower == f64::NEG_INFINITY {
            if bucket.upper <= 0.0 {
                return (bucket.upper, None);
            }
            bucket.lower = 0.0;
        } else if bucket.upper == f64::INFINITY {
            return (bucket.lower, None);
        }
    } else if bucket.lower < 0.0 && bucket.upper > 0.0 {
        one_sided_zero(histogram, &mut bucket);
    }
    // Rounding may have made the sum larger than the count.
    if count > histogram.count {
        count = histogram.count;
    }
    if count < rank {
        // Only observations that are NaN lie above all buckets.
        return if has_nan {
            (f64::NAN, Some(NanEffect::ResultIsNan))
        } else {
            (bucket.upper, None)
        };
    }
    if upwards {
        rank -= count - bucket.count;
    } else {
        rank = count - rank;
    }
    let skewed = has_nan && count + rest.map(|bucket| bucket.count).sum::<f64>() < histogram.count;
    let effect = skewed.then_some(NanEffect::Skewed);
    let share = rank / bucket.count;
    if custom || bucket.lower <= 0.0 && bucket.upper >= 0.0 {
        return (bucket.lower + (bucket.upper - bucket.lower) * share, effect);
    }
    let (low, high) = (gomath::log2(bucket.lower.abs()), gomath::log2(bucket.upper.abs()));
    let value = if bucket.lower > 0.0 {
        gomath::exp2(low + (high - low) * share)
    } else {
        -gomath::exp2(high + (low - high) * (1.0 - share))
    };
    (value, effect)
}

/// The share of observations between two values; and whether NaN was left out.
pub(super) fn fraction(lower: f64, upper: f64, histogram: &FloatHistogram) -> (f64, bool) {
    if histogram.count == 0.0 || lower.is_nan() || upper.is_nan() {
        return (f64::NAN, false);
    }
    if lower >= upper {
        return (0.0, false);
    }
    let buckets = histogram.buckets();
    let has_nan = histogram.sum.is_nan();
    let total = if has_nan {
        buckets.iter().map(|bucket| bucket.count).sum()
    } else {
        histogram.count
    };
    let (mut lower_rank, mut upper_rank) = (None, None);
    let mut rank = 0.0;
    for mut bucket in buckets {
        let around_zero = bucket.lower <= 0.0 && bucket.upper >= 0.0;
        if around_zero {
            one_sided_zero(histogram, &mut bucket);
        }
        let linear = around_zero || histogram.uses_custom_buckets();
        let inside = |value: f64| {
            if !linear {
                return rank + bucket.count * logarithmic_share(bucket, value);
            }
            if bucket.lower == f64::NEG_INFINITY {
                return bucket.count;
            }
            rank + bucket.count * (value - bucket.lower) / (bucket.upper - bucket.lower)
        };
        for (value, found) in [(lower, &mut lower_rank), (upper, &mut upper_rank)] {
            if found.is_some() {
                continue;
            }
            if bucket.lower >= value {
                *found = Some(rank);
            } else if bucket.upper > value {
                *found = Some(inside(value));
            }
        }
        if lower_rank.is_some() && upper_rank.is_some() {
            break;
        }
        rank += bucket.count;
    }
    let cap = |rank: Option<f64>| match rank {
        Some(rank) if rank <= total => rank,
        _ => total,
    };
    ((cap(upper_rank) - cap(lower_rank)) / histogram.count, has_nan)
}

/// The population variance; every observation counts as the middle of its bucket.
pub(super) fn variance(histogram: &FloatHistogram) -> f64 {
    let mean = histogram.sum / histogram.count;
    let mut sum = Kahan::default();
    for bucket in histogram.buckets().iter().filter(|bucket| bucket.count != 0.0) {
        let middle = if histogram.uses_custom_buckets() {
            (bucket.upper + bucket.lower) / 2.0
        } else if bucket.lower <= 0.0 && bucket.upper >= 0.0 {
            0.0
        } else {
            let middle = (bucket.upper * bucket.lower).sqrt();
            if bucket.upper < 0.0 { -middle } else { middle }
        };
        let delta = middle - mean;
        sum.add(bucket.count * delta * delta);
    }
    sum.total() / histogram.count
}

/// A bucket around zero ends there if all other observations lie on one side.
fn one_sided_zero(histogram: &FloatHistogram, bucket: &mut Bucket) {
    if histogram.negative.is_empty() && !histogram.positive.is_empty() {
        bucket.lower = 0.0;
    } else if histogram.positive.is_empty() && !histogram.negative.is_empty() {
        bucket.upper = 0.0;
    }
}

/// Which part of an exponential bucket lies below a value inside of it.
pub(crate) fn logarithmic_share(bucket: Bucket, value: f64) -> f64 {
    let (low, high) = (gomath::log2(bucket.lower.abs()), gomath::log2(bucket.upper.abs()));
    let at = gomath::log2(value.abs());
    if value > 0.0 {
        (at - low) / (high - low)
    } else {
        1.0 - (at - high) / (low - high)
    }
}
