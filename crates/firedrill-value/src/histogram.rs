//! Native histograms as expressions see them (upstream `model/histogram`, float form).

mod accumulate;
mod bounds;
mod buckets;
mod reset;
mod text;
mod trim;
mod validate;

pub use accumulate::{Accumulator, IncompatibleSchemas, Merge};
pub use buckets::Bucket;
pub use trim::Share;
pub use validate::HistogramError;

pub use bounds::exp2;
use bounds::exponential_bound;
use std::sync::Arc;

/// The schema of histograms with custom bucket bounds.
pub const CUSTOM_SCHEMA: i32 = -53;

/// What is known of a counter reset between a histogram and the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ResetHint {
    /// Nothing.
    #[default]
    Unknown,
    /// The counter was reset.
    Reset,
    /// It was not.
    NotReset,
    /// The histogram is a gauge.
    Gauge,
}

/// A histogram with sparse buckets. Buckets are pairs of index and population, by rising index; an empty bucket that is
/// listed makes a difference to equality only.
#[derive(Clone, Debug, Default)]
pub struct FloatHistogram {
    /// What is known of a counter reset.
    pub hint: ResetHint,
    /// Resolution: buckets grow by 2^(2^-schema); [`CUSTOM_SCHEMA`] for custom bounds.
    pub schema: i32,
    /// Half the width of the zero bucket.
    pub zero_threshold: f64,
    /// Population of the zero bucket.
    pub zero_count: f64,
    /// Number of observations.
    pub count: f64,
    /// Sum of all observations.
    pub sum: f64,
    /// Buckets above the zero bucket, or those of custom bounds.
    pub positive: Vec<(i32, f64)>,
    /// Buckets below the zero bucket; an index counts away from zero.
    pub negative: Vec<(i32, f64)>,
    /// Upper bounds of all custom buckets but the last, which is infinite.
    pub custom_bounds: Arc<[f64]>,
}

impl FloatHistogram {
    /// Whether bounds are custom.
    pub fn uses_custom_buckets(&self) -> bool {
        self.schema == CUSTOM_SCHEMA
    }

    /// The stale marker among histograms.
    pub fn stale() -> Self {
        FloatHistogram {
            sum: crate::STALE_NAN,
            ..FloatHistogram::default()
        }
    }

    /// Whether it is the stale marker.
    pub fn is_stale(&self) -> bool {
        crate::is_stale(self.sum)
    }

    /// The same with another hint.
    #[must_use]
    pub fn with_hint(mut self, hint: ResetHint) -> Self {
        self.hint = hint;
        self
    }

    /// Without buckets that are empty.
    #[must_use]
    pub fn compact(mut self) -> Self {
        self.positive.retain(|&(_, count)| count != 0.0);
        self.negative.retain(|&(_, count)| count != 0.0);
        self
    }

    /// Everything multiplied; by a negative factor it becomes a gauge.
    #[must_use]
    pub fn scale(mut self, factor: f64) -> Self {
        self.each_count(|count| count * factor);
        if factor < 0.0 {
            self.hint = ResetHint::Gauge;
        }
        self
    }

    /// Everything divided; by a negative number it becomes a gauge, by zero it loses its regular buckets.
    #[must_use]
    pub fn divide(mut self, divisor: f64) -> Self {
        self.each_count(|count| count / divisor);
        if divisor < 0.0 {
            self.hint = ResetHint::Gauge;
        }
        if divisor == 0.0 {
            self.positive.clear();
            self.negative.clear();
        }
        self
    }

    fn each_count(&mut self, change: impl Fn(f64) -> f64) {
        // Custom buckets have no zero bucket, not even one of NaN.
        if !self.uses_custom_buckets() {
            self.zero_count = change(self.zero_count);
        }
        for count in [&mut self.count, &mut self.sum] {
            *count = change(*count);
        }
        for (_, count) in self.positive.iter_mut().chain(&mut self.negative) {
            *count = change(*count);
        }
    }

    /// At a lower resolution; the same if its own is not higher.
    #[must_use]
    pub fn reduced(mut self, schema: i32) -> Self {
        if schema < self.schema && !self.uses_custom_buckets() && schema != CUSTOM_SCHEMA {
            self.positive = buckets::reduced(&self.positive, self.schema, schema);
            self.negative = buckets::reduced(&self.negative, self.schema, schema);
            self.schema = schema;
        }
        self
    }

    /// Whether a count or sum is infinite.
    pub fn has_overflow(&self) -> bool {
        let mut all = self.positive.iter().chain(&self.negative);
        [self.zero_count, self.count, self.sum]
            .iter()
            .any(|count| count.is_infinite())
            || all.any(|(_, count)| count.is_infinite())
    }

    /// The upper bound of a positive bucket.
    fn bound(&self, index: i32) -> f64 {
        if self.uses_custom_buckets() {
            match usize::try_from(index) {
                Err(_) => f64::NEG_INFINITY,
                Ok(index) => self.custom_bounds.get(index).copied().unwrap_or(f64::INFINITY),
            }
        } else {
            exponential_bound(index, self.schema)
        }
    }
}

impl PartialEq for FloatHistogram {
    /// Equal bits of all numbers and equal buckets; hints do not count.
    fn eq(&self, other: &Self) -> bool {
        let bits = |a: f64, b: f64| a.to_bits() == b.to_bits();
        let same = |a: &[(i32, f64)], b: &[(i32, f64)]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && bits(a.1, b.1))
        };
        self.schema == other.schema
            && bits(self.count, other.count)
            && bits(self.sum, other.sum)
            && (!self.uses_custom_buckets() || same_bounds(&self.custom_bounds, &other.custom_bounds))
            && self.zero_threshold == other.zero_threshold
            && bits(self.zero_count, other.zero_count)
            && same(&self.positive, &other.positive)
            && same(&self.negative, &other.negative)
    }
}

/// Whether two lists of custom bounds are the same.
pub(crate) fn same_bounds(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

#[cfg(test)]
mod tests;
