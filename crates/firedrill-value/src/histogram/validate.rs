//! What storage refuses of a histogram, in upstream's words (`model/histogram/generic.go`).

use super::FloatHistogram;
use crate::format_g;
use thiserror::Error;

/// Why a histogram cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HistogramError {
    /// No such resolution.
    #[error(
        "histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom buckets, got schema {0}"
    )]
    Schema(i32),
    /// A bucket with fewer than no observations.
    #[error(
        "{side} side: bucket number {number} has observation count of {count}: histogram has a bucket whose observation count is negative"
    )]
    NegativeBucket {
        /// `positive` or `negative`.
        side: &'static str,
        /// Which one, from 1.
        number: usize,
        /// Its population.
        count: String,
    },
    /// A zero bucket with fewer than no observations.
    #[error(
        "zero bucket has observation count of {0}: histogram has a bucket whose observation count is negative"
    )]
    NegativeZeroBucket(String),
    /// Fewer than no observations.
    #[error("observation count is  {0}: histogram's observation count is negative")]
    NegativeCount(String),
    /// Bounds that do not rise.
    #[error(
        "custom buckets: previous bound is {previous} and current is {current}: histogram custom bounds must be in strictly increasing order"
    )]
    UnorderedBounds {
        /// The bound before.
        previous: String,
        /// The bound that is not larger.
        current: String,
    },
    /// More buckets than bounds allow.
    #[error(
        "custom buckets: only {bounds} custom bounds defined which is insufficient to cover total span length of {length}: histogram custom bounds are too few"
    )]
    TooFewBounds {
        /// How many bounds there are.
        bounds: usize,
        /// How many buckets.
        length: usize,
    },
    /// Something that custom buckets have not.
    #[error("custom buckets: {0}")]
    Custom(&'static str),
    /// An infinite or NaN bound.
    #[error("custom buckets: histogram custom bounds must be finite")]
    InfiniteBound,
}

impl FloatHistogram {
    /// Checks what storage checks.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), HistogramError> {
        if self.uses_custom_buckets() {
            self.validate_custom()?;
        } else if !(-4..=8).contains(&self.schema) {
            return Err(HistogramError::Schema(self.schema));
        }
        let side = |side: &'static str, buckets: &[(i32, f64)]| {
            let negative = buckets.iter().position(|&(_, count)| count < 0.0);
            negative.map_or(Ok(()), |at| {
                let count = format_g(buckets[at].1);
                Err(HistogramError::NegativeBucket {
                    side,
                    number: at + 1,
                    count,
                })
            })
        };
        side("negative", &self.negative)?;
        side("positive", &self.positive)?;
        if self.zero_count < 0.0 {
            return Err(HistogramError::NegativeZeroBucket(format_g(self.zero_count)));
        }
        if self.count < 0.0 {
            return Err(HistogramError::NegativeCount(format_g(self.count)));
        }
        Ok(())
    }

    fn validate_custom(&self) -> Result<(), HistogramError> {
        for two in self.custom_bounds.windows(2) {
            if two[0].partial_cmp(&two[1]) != Some(std::cmp::Ordering::Less) {
                let (previous, current) = (format!("{:.6}", two[0]), format!("{:.6}", two[1]));
                return Err(HistogramError::UnorderedBounds { previous, current });
            }
        }
        if self.custom_bounds.iter().any(|bound| !bound.is_finite()) {
            return Err(HistogramError::InfiniteBound);
        }
        let length = self.positive.last().map_or(0, |&(index, _)| {
            usize::try_from(index).map_or(0, |index| index + 1)
        });
        if length > self.custom_bounds.len() + 1 {
            return Err(HistogramError::TooFewBounds {
                bounds: self.custom_bounds.len(),
                length,
            });
        }
        if self.zero_count != 0.0 {
            return Err(HistogramError::Custom("must have zero count of 0"));
        }
        if self.zero_threshold != 0.0 {
            return Err(HistogramError::Custom("must have zero threshold of 0"));
        }
        if !self.negative.is_empty() {
            return Err(HistogramError::Custom("must not have negative buckets"));
        }
        Ok(())
    }
}
