//! What there is to remark on an evaluation, in upstream's words (`util/annotations`).

use crate::annotations::Level;
use firedrill_promql::ast::{AggregateOp, BinaryOp};
use firedrill_value::{format_g, quote};
use std::fmt;

/// A remark without its place in the expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Remark {
    /// A φ that is no probability.
    QuantileRange(f64),
    /// A ratio beyond -1 or 1, and what it counts as.
    RatioRange {
        /// As given.
        given: f64,
        /// As taken.
        capped: f64,
    },
    /// A bucket without a bound.
    BucketLabel {
        /// The label `le`.
        le: String,
        /// The metric; empty if it is not to be named.
        metric: String,
    },
    /// Histograms and numbers of one series in a window or around a time.
    MixedWindow {
        /// The metric.
        metric: String,
    },
    /// Histograms and numbers in one group.
    MixedAggregation,
    /// Classic and native histograms with the same labels.
    ClassicAndNative {
        /// The metric; empty if it is not to be named.
        metric: String,
    },
    /// A gauge histogram where a counter is wanted.
    NotACounter {
        /// The metric.
        metric: String,
    },
    /// A counter histogram where a gauge is wanted.
    NotAGauge {
        /// The metric.
        metric: String,
    },
    /// Exponential and custom buckets together.
    MixedSchemas {
        /// The metric.
        metric: String,
    },
    /// Exponential and custom buckets on the two sides of an operator.
    IncompatibleLayout(BinaryOp),
    /// An order that a range query does not keep.
    SortInRange,
    /// One histogram was reset, another was not.
    ResetConflict(Sum),
    /// Samples that claim to count since a time before the sample in front of them.
    StartOverlap {
        /// The metric.
        metric: String,
        /// How many samples.
        count: usize,
    },
    /// A growth of something that is not named like a counter.
    MaybeNoCounter {
        /// The metric.
        metric: String,
    },
    /// A growth of something that is not labelled as a counter.
    MaybeNoCounterByType {
        /// The metric.
        metric: String,
        /// Its `__type__`; empty if it has none.
        kind: String,
    },
    /// Buckets that fell with rising bounds.
    ForcedMonotonicity {
        /// The metric; empty if it is not to be named.
        metric: String,
        /// Which buckets, by how much, how often and when.
        extent: String,
    },
    /// A number and a histogram, or two histograms, for which there is no such operator.
    IncompatibleTypes {
        /// The operator.
        op: BinaryOp,
        /// `float` or `histogram`.
        left: &'static str,
        /// `float` or `histogram`.
        right: &'static str,
    },
    /// A histogram among numbers that alone are aggregated.
    IgnoredInAggregation(AggregateOp),
    /// Histograms in a window of which the numbers alone are looked at.
    IgnoredInWindow {
        /// The metric.
        metric: String,
    },
    /// A quantile that lies among NaN.
    QuantileOfNan {
        /// The metric; empty if it is not to be named.
        metric: String,
    },
    /// A quantile of which NaN changes the rank.
    QuantileSkewed {
        /// The metric; empty if it is not to be named.
        metric: String,
    },
    /// A fraction of which NaN is left out.
    FractionOfNan {
        /// The metric; empty if it is not to be named.
        metric: String,
    },
    /// Custom bounds that differ were replaced by those in common.
    ReconciledBounds(Sum),
}

/// How histograms were put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sum {
    /// One added to another.
    Addition,
    /// One taken from another.
    Subtraction,
    /// Many at once.
    Aggregation,
}

impl Remark {
    /// How serious it is.
    pub fn level(&self) -> Level {
        use Remark::{
            BucketLabel, ClassicAndNative, ForcedMonotonicity, FractionOfNan, IgnoredInAggregation,
            IgnoredInWindow, IncompatibleLayout, IncompatibleTypes, MaybeNoCounter, MaybeNoCounterByType,
            MixedAggregation, MixedSchemas, MixedWindow, NotACounter, NotAGauge, QuantileOfNan,
            QuantileRange, QuantileSkewed, RatioRange, ReconciledBounds, ResetConflict, SortInRange,
            StartOverlap,
        };
        match self {
            QuantileRange(_)
            | RatioRange { .. }
            | BucketLabel { .. }
            | MixedWindow { .. }
            | MixedAggregation
            | ClassicAndNative { .. }
            | NotACounter { .. }
            | NotAGauge { .. }
            | MixedSchemas { .. }
            | IncompatibleLayout(_)
            | SortInRange
            | ResetConflict(_)
            | StartOverlap { .. } => Level::Warning,
            MaybeNoCounter { .. }
            | MaybeNoCounterByType { .. }
            | ForcedMonotonicity { .. }
            | IncompatibleTypes { .. }
            | IgnoredInAggregation(_)
            | IgnoredInWindow { .. }
            | QuantileOfNan { .. }
            | QuantileSkewed { .. }
            | FractionOfNan { .. }
            | ReconciledBounds(_) => Level::Info,
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remark::QuantileRange(phi) => {
                write!(
                    f,
                    "quantile value should be between 0 and 1, got {}",
                    format_g(*phi)
                )
            }
            Remark::RatioRange { given, capped } => write!(
                f,
                "ratio value should be between -1 and 1, got {}, capping to {}",
                format_g(*given),
                format_g(*capped)
            ),
            Remark::BucketLabel { le, metric } => write!(
                f,
                "bucket label \"le\" is missing or has a malformed value of {}{}",
                quote(le),
                For(metric)
            ),
            Remark::MixedWindow { metric } => write!(
                f,
                "encountered a mix of histograms and floats for metric name {}",
                quote(metric)
            ),
            Remark::MixedAggregation => {
                f.write_str("encountered a mix of histograms and floats for aggregation")
            }
            Remark::ClassicAndNative { metric } => write!(
                f,
                "vector contains a mix of classic and native histograms{}",
                For(metric)
            ),
            Remark::NotACounter { metric } => write!(
                f,
                "this native histogram metric is not a counter: {}",
                quote(metric)
            ),
            Remark::NotAGauge { metric } => {
                write!(
                    f,
                    "this native histogram metric is not a gauge: {}",
                    quote(metric)
                )
            }
            Remark::MixedSchemas { metric } => write!(
                f,
                "vector contains a mix of histograms with exponential and custom buckets schemas for metric name {}",
                quote(metric)
            ),
            Remark::IncompatibleLayout(op) => write!(
                f,
                "incompatible bucket layout encountered for binary operator {}",
                op.symbol()
            ),
            Remark::SortInRange => f.write_str(
                "sort is ineffective for range queries since results are always ordered by labels",
            ),
            Remark::ResetConflict(sum) => {
                write!(f, "conflicting counter resets during histogram {}", sum.noun())
            }
            Remark::StartOverlap { metric, count } => {
                write!(
                    f,
                    "sample has start time that overlaps with previous sample timestamp for metric {}",
                    quote(metric)
                )?;
                match count {
                    0 | 1 => Ok(()),
                    count => write!(f, " ({count} occurrences)"),
                }
            }
            Remark::MaybeNoCounter { metric } => write!(
                f,
                "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {}",
                quote(metric)
            ),
            Remark::MaybeNoCounterByType { metric, kind } => write!(
                f,
                "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", got {}: {}",
                quote(kind),
                quote(metric)
            ),
            Remark::ForcedMonotonicity { metric, extent } => write!(
                f,
                "input to histogram_quantile needed to be fixed for monotonicity (see \
                 https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile){}, {extent}",
                For(metric)
            ),
            Remark::IncompatibleTypes { op, left, right } => {
                let op = op.symbol();
                write!(
                    f,
                    "incompatible sample types encountered for binary operator \"{op}\": {left} {op} {right}"
                )
            }
            Remark::IgnoredInAggregation(op) => write!(f, "ignored histogram in {} aggregation", op.name()),
            Remark::IgnoredInWindow { metric } => write!(
                f,
                "ignored histograms in a range containing both floats and histograms for metric name {}",
                quote(metric)
            ),
            Remark::QuantileOfNan { metric } => write!(
                f,
                "input to histogram_quantile has NaN observations, result is NaN{}",
                For(metric)
            ),
            Remark::QuantileSkewed { metric } => write!(
                f,
                "input to histogram_quantile has NaN observations, result is skewed higher{}",
                For(metric)
            ),
            Remark::FractionOfNan { metric } => write!(
                f,
                "input to histogram_fraction has NaN observations, which are excluded from all fractions{}",
                For(metric)
            ),
            Remark::ReconciledBounds(sum) => {
                write!(
                    f,
                    "mismatched custom buckets were reconciled during {}",
                    sum.noun()
                )
            }
        }
    }
}

/// ` for metric name "x"`, or nothing.
struct For<'m>(&'m str);

impl fmt::Display for For<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, " for metric name {}", quote(self.0))
    }
}

impl Sum {
    fn noun(self) -> &'static str {
        match self {
            Sum::Addition => "addition",
            Sum::Subtraction => "subtraction",
            Sum::Aggregation => "aggregation",
        }
    }
}
