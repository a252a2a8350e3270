//! Trimming: what of a histogram lies below or above a value.

use super::{Bucket, FloatHistogram};

/// Where inside the logarithm of its bounds a value lies; given by the caller so that the bits of its logarithm count.
pub type Share = fn(Bucket, f64) -> f64;

/// What is left of a bucket: its population and the value that stands for each of its observations.
struct Kept {
    count: f64,
    middle: f64,
}

impl FloatHistogram {
    /// The part above `value`, or below it. `share` says which part of an exponential bucket lies below a value inside
    /// of it. Count and sum are estimated anew if anything is cut off.
    #[must_use]
    pub fn trimmed(&self, value: f64, keep_below: bool, share: Share) -> FloatHistogram {
        let mut trimmed = self.clone();
        let mut count = 0.0;
        let mut sum = 0.0;
        let mut changed = false;
        let mut take = |bucket: Bucket, linear: bool| {
            let kept = cut(
                bucket,
                value,
                keep_below,
                linear,
                self.uses_custom_buckets(),
                share,
            );
            changed |= kept.count != bucket.count;
            count += kept.count;
            if kept.count != 0.0 {
                sum += kept.count * kept.middle;
            }
            kept.count
        };
        for at in 0..self.positive.len() {
            let mut bucket = self.positive_bucket(at);
            if !self.uses_custom_buckets() && bucket.lower < self.zero_threshold {
                bucket.lower = self.zero_threshold;
            }
            if bucket.count != 0.0 {
                trimmed.positive[at].1 = take(bucket, self.uses_custom_buckets());
            }
        }
        for at in 0..self.negative.len() {
            let mut bucket = self.negative_bucket(at);
            if bucket.upper > -self.zero_threshold {
                bucket.upper = -self.zero_threshold;
            }
            if bucket.count != 0.0 {
                trimmed.negative[at].1 = take(bucket, false);
            }
        }
        if self.zero_count > 0.0 {
            let mut bucket = self.zero_bucket();
            if self.negative.is_empty() && !self.positive.is_empty() {
                bucket.lower = 0.0;
            } else if self.positive.is_empty() && !self.negative.is_empty() {
                bucket.upper = 0.0;
            }
            trimmed.zero_count = take(bucket, true);
        }
        if changed {
            trimmed.count = count;
            trimmed.sum = sum;
            return trimmed.compact();
        }
        trimmed
    }
}

/// What is left of one bucket.
fn cut(bucket: Bucket, value: f64, keep_below: bool, linear: bool, custom: bool, share: Share) -> Kept {
    let Bucket { lower, upper, count } = bucket;
    let middle = |lower: f64, upper: f64| {
        if linear {
            (lower + upper) / 2.0
        } else {
            let middle = (lower.abs() * upper.abs()).sqrt();
            if lower < 0.0 { -middle } else { middle }
        }
    };
    let none = Kept {
        count: 0.0,
        middle: 0.0,
    };
    let inside_whole = if keep_below {
        upper <= value
    } else {
        lower >= value
    };
    if inside_whole {
        return Kept {
            count,
            middle: whole_middle(lower, upper, middle),
        };
    }
    let outside = if keep_below {
        lower >= value
    } else {
        upper <= value
    };
    if outside || value.is_nan() {
        return none;
    }
    if custom && lower == f64::NEG_INFINITY {
        return match keep_below {
            true if upper <= 0.0 || upper == f64::INFINITY && value <= 0.0 => Kept { count, middle: value },
            true if value > 0.0 && upper.is_finite() => Kept {
                count: count * value / upper,
                middle: value / 2.0,
            },
            false if value >= 0.0 && upper.is_finite() => Kept {
                count: count * (1.0 - value / upper),
                middle: (value + upper) / 2.0,
            },
            _ => none,
        };
    }
    if custom && upper == f64::INFINITY {
        return if keep_below {
            none
        } else {
            Kept { count, middle: value }
        };
    }
    let below = if linear {
        (value - lower) / (upper - lower)
    } else {
        share(bucket, value)
    };
    if keep_below {
        Kept {
            count: count * below,
            middle: middle(lower, value),
        }
    } else {
        Kept {
            count: count * (1.0 - below),
            middle: middle(value, upper),
        }
    }
}

/// What stands for all observations of a whole bucket.
fn whole_middle(lower: f64, upper: f64, middle: impl Fn(f64, f64) -> f64) -> f64 {
    match (lower == f64::NEG_INFINITY, upper == f64::INFINITY) {
        (true, true) => 0.0,
        (true, false) if upper > 0.0 => upper / 2.0,
        (true, false) => upper,
        (false, true) => lower,
        (false, false) => middle(lower, upper),
    }
}
