//! Why an evaluation fails, in upstream's words.

use crate::limits::Exceeded;
use firedrill_value::{FloatHistogram, Labels, quote};
use std::sync::Arc;
use thiserror::Error;

/// An error that ends a query.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EvalError {
    /// Two samples of one step have the same labels.
    #[error("vector cannot contain metrics with the same labelset")]
    SameLabelset,
    /// The "one" side of a binary operator has two samples for one signature.
    #[error(
        "found duplicate series for the match group {group} on the {side} hand-side of the operation: [{first}, {second}];many-to-many matching not allowed: matching labels must be unique on one side"
    )]
    DuplicateSeries {
        /// The matching labels of the newer one.
        group: Labels,
        /// `left` or `right`.
        side: &'static str,
        /// The smaller label text of the two.
        first: String,
        /// The larger.
        second: String,
    },
    /// Two left samples for one right sample without `group_left`.
    #[error("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")]
    ImplicitManyToOne,
    /// Labels taken over make two results equal.
    #[error("multiple matches for labels: grouping labels must ensure unique matches")]
    GroupingNotUnique,
    /// `topk(NaN, …)`.
    #[error("Parameter value is NaN")]
    ParameterNan,
    /// `limit_ratio(NaN, …)`.
    #[error("Ratio value is NaN")]
    RatioNan,
    /// A `k` below the integers.
    #[error("Scalar value {0} underflows int64")]
    Underflow(String),
    /// A `k` above the integers.
    #[error("Scalar value {0} overflows int64")]
    Overflow(String),
    /// `count_values` with a label name that is none.
    #[error("invalid label name {0}")]
    InvalidLabelName(String),
    /// `double_exponential_smoothing` out of bounds.
    #[error("invalid smoothing factor. Expected: 0 < sf < 1, got: {0:.6}")]
    SmoothingFactor(Real),
    /// `double_exponential_smoothing` out of bounds.
    #[error("invalid trend factor. Expected: 0 < tf < 1, got: {0:.6}")]
    TrendFactor(Real),
    /// `label_replace` with a pattern that Go refuses.
    #[error("invalid regular expression in label_replace(): {0}")]
    LabelReplaceRegex(String),
    /// A label name that is empty or no UTF-8.
    #[error("invalid {role} label name in {function}(): {name}")]
    FunctionLabelName {
        /// `destination` or `source`.
        role: &'static str,
        /// `label_replace` or `label_join`.
        function: &'static str,
        /// What was given.
        name: String,
    },
    /// `anchored` or `smoothed` under a function that does not know them.
    #[error("{modifier} modifier can only be used with: {allowed} - not with {function}")]
    ExtensionUnsupported {
        /// `anchored` or `smoothed`.
        modifier: &'static str,
        /// The functions that may have it.
        allowed: &'static str,
        /// The one that has it.
        function: &'static str,
    },
    /// `histograms[5m] anchored` that is not the argument of a function.
    #[error("{modifier} modifier is not supported with histograms")]
    ExtensionOverHistograms {
        /// `anchored` or `smoothed`.
        modifier: &'static str,
    },
    /// Two info series for one key.
    #[error(
        "found duplicate series for info metric: existing {existing} @ {existing_time}, new {new} @ {new_time}"
    )]
    DuplicateInfo {
        /// The labels of the first.
        existing: Labels,
        /// When it was sampled.
        existing_time: i64,
        /// The labels of the second.
        new: Labels,
        /// When it was sampled.
        new_time: i64,
    },
    /// An info metric of native histograms.
    #[error("this should be an info metric, with float samples: {0}")]
    InfoHistogram(Labels),
    /// Two info metrics that disagree on a label.
    #[error("conflicting label: {0}")]
    ConflictingInfo(String),
    /// A computed duration that makes no sense.
    #[error("{start}:{end}: {reason}")]
    Duration {
        /// Offset of its first byte.
        start: u32,
        /// Offset behind its last byte.
        end: u32,
        /// What is wrong.
        reason: &'static str,
    },
    /// More samples than allowed.
    #[error("query processing would load too many samples into memory in query execution")]
    TooManySamples,
    /// A matrix where a range query cannot have one.
    #[error("invalid expression type {} for range query, must be Scalar or instant Vector", quote(.0))]
    RangeQueryType(String),
    /// More than the machine shall bear, which upstream has other limits for.
    #[error(transparent)]
    Limit(Exceeded),
    /// A tree with errors in it was compiled.
    #[error("expression has syntax errors")]
    Incomplete,
}

impl From<Exceeded> for EvalError {
    fn from(exceeded: Exceeded) -> Self {
        EvalError::Limit(exceeded)
    }
}

/// A float in an error: equal when its bits are.
#[derive(Clone, Copy, Debug)]
pub struct Real(pub f64);

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Real {}

impl std::fmt::Display for Real {
    /// As Go's `%f`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_infinite() {
            f.write_str(if self.0 > 0.0 { "+Inf" } else { "-Inf" })
        } else {
            write!(f, "{:.6}", self.0)
        }
    }
}

/// Why a sample is not stored, in upstream's words (`storage`).
#[derive(Clone, Debug, PartialEq, Error)]
pub enum AppendError {
    /// Another value stands at this time already.
    #[error("{}", duplicate_text(*.timestamp, .existing, .new))]
    Duplicate {
        /// The time.
        timestamp: i64,
        /// What is stored.
        existing: Real,
        /// What was to be.
        new: Real,
    },
    /// A number where a histogram stands.
    #[error(
        "duplicate sample for timestamp {timestamp}; overrides not allowed: existing is a histogram, new value is float {}", firedrill_value::format_g(.new.0)
    )]
    DuplicateOfHistogram {
        /// The time.
        timestamp: i64,
        /// What is stored.
        existing: Arc<FloatHistogram>,
        /// What was to be.
        new: Real,
    },
    /// A histogram where another sample stands.
    #[error("duplicate sample for timestamp")]
    DuplicateHistogram {
        /// The time.
        timestamp: i64,
    },
}

impl AppendError {
    /// The time at which two samples meet.
    pub fn timestamp(&self) -> i64 {
        match self {
            AppendError::Duplicate { timestamp, .. }
            | AppendError::DuplicateOfHistogram { timestamp, .. }
            | AppendError::DuplicateHistogram { timestamp } => *timestamp,
        }
    }
}

fn duplicate_text(timestamp: i64, existing: &Real, new: &Real) -> String {
    if timestamp == 0 {
        return "duplicate sample for timestamp".to_owned();
    }
    format!(
        "duplicate sample for timestamp {timestamp}; overrides not allowed: existing {}, new value {}",
        firedrill_value::format_g(existing.0),
        firedrill_value::format_g(new.0)
    )
}
