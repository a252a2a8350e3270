//! What a rule is made of, as bits, and what a lint needs of it: most lints can have nothing to say about most rules, and
//! are not called for them.

use crate::calls::ones;
use crate::nodes::Nodes;
use crate::uses::{MetricUse, UseKind};
use firedrill_functions::Func;
use firedrill_model::{Rule, RuleKind, Templated};

/// Something that a rule has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mark {
    /// It is an alert.
    Alert,
    /// It has labels of its own.
    Labels,
    /// A template fills in one of its labels or annotations …
    Filled,
    /// … a label,
    FilledLabel,
    /// … an annotation.
    FilledAnnotation,
    /// `for` or `keep_firing_for`.
    Wait,
    /// An expression that can be read. All that follows is about such expressions.
    Expr,
    /// A matcher.
    Matcher,
    /// A matcher by pattern.
    Pattern,
    /// A value that `=` or `!=` compares with, with signs of which patterns are made.
    PatternLike,
    /// A value of a matcher with signs or words that nobody uses for one.
    OddValue,
    /// A subquery.
    Subquery,
    /// An aggregation.
    Aggregate,
    /// `sum` or `avg`.
    Averages,
    /// `topk` and whatever else chooses some series.
    Selects,
    /// A function or aggregation that takes a fraction, such as a quantile.
    Fraction,
    /// A part that can drop labels.
    Drops,
    /// Two of them.
    DropsTwice,
    /// A binary operation.
    Binary,
    /// A division.
    Division,
    /// `and`, `or` or `unless`.
    SetOperation,
    /// A comparison.
    Comparison,
    /// A comparison with a number …
    Threshold,
    /// … between 0 and 1,
    ThresholdBelowOne,
    /// … above 1 and not above 100.
    ThresholdUpToHundred,
    /// A subtraction, or a comparison of what is no number.
    Difference,
    /// `bool`.
    Bool,
    /// An operator between vectors.
    Join,
    /// `on` or `ignoring`.
    Matching,
    /// `group_left` or `group_right`.
    Group,
    /// A call of `absent` or `absent_over_time`.
    Absent,
    /// A call of `rate`, `increase` or `irate` …
    Growth,
    /// … of `increase`,
    Increase,
    /// … of `irate`.
    Irate,
    /// A call of `changes` or `resets`.
    Changes,
    /// A call of a function over time that is made for gauges.
    TakesLevel,
    /// A call of a function that takes the buckets of a histogram.
    Buckets,
    /// A call of `time` or `timestamp`.
    Time,
    /// A metric under `rate`, `increase` or `irate`.
    Rated,
    /// A metric compared with a number.
    Level,
}

impl Mark {
    /// How many there are.
    pub(crate) const COUNT: usize = Mark::Level as usize + 1;

    const fn bit(self) -> u64 {
        1 << self as u32
    }
}

/// What a rule has, a bit for each [`Mark`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts(u64);

const _: () = assert!(Mark::COUNT <= u64::BITS as usize);

impl Parts {
    /// All that a rule has; nodes are those of its expression.
    pub(crate) fn of(rule: &Rule, nodes: &Nodes<'_>, uses: &[MetricUse<'_>]) -> Parts {
        let mut parts = nodes.parts();
        parts.add_if(Mark::Alert, rule.kind == RuleKind::Alert);
        parts.add_if(Mark::Labels, !rule.labels.is_empty());
        parts.add_if(Mark::Wait, rule.hold.is_some() || rule.keep_firing_for.is_some());
        parts.add_if(Mark::FilledLabel, rule.labels.iter().any(is_filled));
        parts.add_if(Mark::FilledAnnotation, rule.annotations.iter().any(is_filled));
        parts.add_if(
            Mark::Filled,
            parts.has(Mark::FilledLabel) || parts.has(Mark::FilledAnnotation),
        );
        for found in uses {
            parts.add(match found.kind {
                UseKind::Counter(_) => Mark::Rated,
                UseKind::Level(_) => Mark::Level,
            });
        }
        parts
    }

    pub(crate) fn add(&mut self, mark: Mark) {
        self.0 |= mark.bit();
    }

    pub(crate) fn add_if(&mut self, mark: Mark, is_there: bool) {
        self.0 |= u64::from(is_there) << mark as u32;
    }

    /// Takes in a call.
    pub(crate) fn add_call(&mut self, function: Func) {
        self.0 |= match function {
            Func::Absent | Func::AbsentOverTime => Mark::Absent.bit(),
            Func::Rate => Mark::Growth.bit(),
            Func::Increase => Mark::Growth.bit() | Mark::Increase.bit(),
            Func::Irate => Mark::Growth.bit() | Mark::Irate.bit(),
            Func::Changes | Func::Resets => Mark::Changes.bit(),
            Func::Delta
            | Func::Idelta
            | Func::Deriv
            | Func::PredictLinear
            | Func::AvgOverTime
            | Func::StddevOverTime
            | Func::StdvarOverTime
            | Func::MinOverTime
            | Func::MaxOverTime => Mark::TakesLevel.bit(),
            Func::QuantileOverTime => Mark::TakesLevel.bit() | Mark::Fraction.bit(),
            Func::HistogramQuantile | Func::HistogramQuantiles => Mark::Buckets.bit() | Mark::Fraction.bit(),
            Func::HistogramFraction => Mark::Buckets.bit(),
            Func::Time | Func::Timestamp => Mark::Time.bit(),
            _ => 0,
        };
    }

    /// Takes in a part that drops labels, or does not.
    pub(crate) fn add_drop(&mut self, drops: bool) {
        self.add_if(Mark::DropsTwice, drops && self.has(Mark::Drops));
        self.add_if(Mark::Drops, drops);
    }

    pub(crate) fn has(self, mark: Mark) -> bool {
        self.0 & mark.bit() != 0
    }

    /// The numbers of all marks that it has.
    pub(crate) fn marks(self) -> impl Iterator<Item = usize> {
        ones(self.0)
    }
}

/// The names of labels that an expression mentions, as bits: a name may be among them, or certainly is not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mentions(u64);

impl Mentions {
    pub(crate) fn add(&mut self, name: &[u8]) {
        self.0 |= Self::bit(name);
    }

    /// Whether the name may be among them.
    pub(crate) fn may_have(self, name: &str) -> bool {
        self.0 & Self::bit(name.as_bytes()) != 0
    }

    fn bit(name: &[u8]) -> u64 {
        let (first, last) = (name.first().copied(), name.last().copied());
        let mixed = 3 * name.len() + 5 * usize::from(first.unwrap_or(0)) + 7 * usize::from(last.unwrap_or(0));
        1 << (mixed % 64)
    }
}

/// Whether a template fills in a label or annotation.
fn is_filled(field: &Templated) -> bool {
    matches!(&field.template, Some(Ok(template)) if !template.is_literal())
}

/// Without what a lint certainly finds nothing, a bit for each [`Mark`]. Debug builds call the lint nevertheless, and panic
/// where it does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs(u64);

impl Needs {
    /// A lint that looks at all rules.
    pub(crate) const NOTHING: Needs = Needs(0);

    /// A lint that needs all of these.
    pub(crate) const fn all(mut marks: &[Mark]) -> Needs {
        let mut bits = 0;
        while let [mark, others @ ..] = marks {
            bits |= mark.bit();
            marks = others;
        }
        Needs(bits)
    }

    /// The numbers of the marks.
    pub(crate) fn marks(self) -> impl Iterator<Item = usize> {
        ones(self.0)
    }

    /// Whether a rule has all that is needed.
    pub(crate) fn are_met_by(self, parts: Parts) -> bool {
        parts.0 & self.0 == self.0
    }
}
