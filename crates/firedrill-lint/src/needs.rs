//! What a rule is made of, as bits, and what a lint needs of it: most lints can have nothing to say about most rules, and
//! are not called for them.

use crate::nodes::Nodes;
use crate::uses::{MetricUse, UseKind};
use firedrill_functions::{FUNCTIONS, Func};
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
    /// A value of a matcher with signs of which patterns are made.
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
    /// A metric under `rate`, `increase` or `irate`.
    Rated,
    /// A metric compared with a number.
    Level,
}

/// What a rule has, and which functions it calls.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts {
    marks: u32,
    calls: u128,
}

const _: () = assert!(FUNCTIONS.len() <= 128 && (Mark::Level as u32) < 32);

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
        self.marks |= 1 << mark as u32;
    }

    pub(crate) fn add_if(&mut self, mark: Mark, is_there: bool) {
        self.marks |= u32::from(is_there) << mark as u32;
    }

    pub(crate) fn add_call(&mut self, function: Func) {
        self.calls |= 1 << function as u32;
    }

    /// Takes in a part that drops labels, or does not.
    pub(crate) fn add_drop(&mut self, drops: bool) {
        self.add_if(Mark::DropsTwice, drops && self.has(Mark::Drops));
        self.add_if(Mark::Drops, drops);
    }

    pub(crate) fn has(self, mark: Mark) -> bool {
        self.marks & (1 << mark as u32) != 0
    }

    pub(crate) fn calls(self, function: Func) -> bool {
        self.calls & (1 << function as u32) != 0
    }
}

/// Whether a template fills in a label or annotation.
fn is_filled(field: &Templated) -> bool {
    matches!(&field.template, Some(Ok(template)) if !template.is_literal())
}

/// Without what a lint certainly finds nothing. Debug builds call the lint nevertheless, and panic where it does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    /// All of these.
    marks: u32,
    /// One of these functions, if there are any.
    calls: u128,
}

impl Needs {
    /// A lint that looks at all rules.
    pub(crate) const NOTHING: Needs = Needs { marks: 0, calls: 0 };

    /// A lint that needs all of these.
    pub(crate) const fn all(marks: &[Mark]) -> Needs {
        Needs::NOTHING.and(marks)
    }

    /// A lint that needs a call of one of these functions.
    pub(crate) const fn call(functions: &[Func]) -> Needs {
        let mut calls = 0;
        let mut index = 0;
        while index < functions.len() {
            calls |= 1 << functions[index] as u32;
            index += 1;
        }
        Needs { marks: 0, calls }
    }

    /// A lint that needs all of these as well.
    pub(crate) const fn and(mut self, marks: &[Mark]) -> Needs {
        let mut index = 0;
        while index < marks.len() {
            self.marks |= 1 << marks[index] as u32;
            index += 1;
        }
        self
    }

    /// Whether a rule has all that is needed.
    pub(crate) fn are_met_by(self, parts: Parts) -> bool {
        // Without a branch between them: nobody can guess which rule has what.
        (parts.marks & self.marks == self.marks) & ((self.calls == 0) | (parts.calls & self.calls != 0))
    }
}
