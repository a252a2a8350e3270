//! Buckets one by one, with their bounds.

use super::FloatHistogram;

/// A bucket with its bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Where it begins.
    pub lower: f64,
    /// Where it ends.
    pub upper: f64,
    /// How many observations are in it.
    pub count: f64,
}

impl FloatHistogram {
    /// All buckets from the lowest to the highest, empty ones that are listed included; the zero bucket if it has
    /// observations. Buckets that reach into the zero bucket are cut.
    pub fn buckets(&self) -> Vec<Bucket> {
        let mut all = Vec::with_capacity(self.positive.len() + self.negative.len() + 1);
        for at in (0..self.negative.len()).rev() {
            let mut bucket = self.negative_bucket(at);
            if bucket.upper > -self.zero_threshold {
                bucket.upper = -self.zero_threshold;
            }
            all.push(bucket);
        }
        if self.zero_count > 0.0 {
            all.push(self.zero_bucket());
        }
        for at in 0..self.positive.len() {
            let mut bucket = self.positive_bucket(at);
            if !self.uses_custom_buckets() && bucket.lower < self.zero_threshold {
                bucket.lower = self.zero_threshold;
            }
            all.push(bucket);
        }
        all
    }

    pub(super) fn zero_bucket(&self) -> Bucket {
        Bucket {
            lower: -self.zero_threshold,
            upper: self.zero_threshold,
            count: self.zero_count,
        }
    }

    /// A positive bucket by its place in the list, uncut.
    pub(super) fn positive_bucket(&self, at: usize) -> Bucket {
        let (index, count) = self.positive[at];
        Bucket {
            lower: self.bound(index.saturating_sub(1)),
            upper: self.bound(index),
            count,
        }
    }

    /// A negative bucket by its place in the list, uncut.
    pub(super) fn negative_bucket(&self, at: usize) -> Bucket {
        let (index, count) = self.negative[at];
        Bucket {
            lower: -self.bound(index),
            upper: -self.bound(index.saturating_sub(1)),
            count,
        }
    }
}

/// The index at a lower resolution.
pub(super) fn reduced_index(index: i32, from: i32, to: i32) -> i32 {
    let shift = (from - to).clamp(0, 31) as u32;
    ((index.wrapping_sub(1)) >> shift).wrapping_add(1)
}

/// Buckets at a lower resolution.
pub(super) fn reduced(buckets: &[(i32, f64)], from: i32, to: i32) -> Vec<(i32, f64)> {
    let mut merged: Vec<(i32, f64)> = Vec::with_capacity(buckets.len());
    for &(index, count) in buckets {
        let index = reduced_index(index, from, to);
        match merged.last_mut() {
            Some((last, held)) if *last == index => *held += count,
            _ => merged.push((index, count)),
        }
    }
    merged
}
