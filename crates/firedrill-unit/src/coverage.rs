//! Which ways through the rules the tests have seen.
//!
//! A rule has [`Point`]s: the states of an alert, both outcomes of every comparison, the sides of every `and`, `or` and
//! `unless`, both ways at every branch of a template. A point counts as covered only where an assertion looked:
//!
//! - An entry of `alert_rule_test` looks at the alerts of its name at its time; labels and annotations of those that
//!   fire then are compared, so their templates are looked at. The state at a time rests on the ticks before it within
//!   `for` and `keep_firing_for`: what the expression did there is looked at, too.
//! - An entry of `promql_expr_test` looks at the rules whose results it reads, at the ticks that its windows reach.
//! - What a rule that is looked at reads of other rules is looked at in the same way.
//!
//! Whether the assertion holds is not asked: a test that fails is reported anyway. Two outcomes that nothing could tell
//! apart are not asked for: both sides of an `or` at once, the right side of an `unless` alone.

mod look;
mod map;
mod probe;
mod templates;
mod total;

pub(crate) use look::cover;
pub use map::{Point, PointKind, RuleMap};
pub use total::{FileCoverage, RuleCoverage, Tally, Totals};

use firedrill_source::Location;

/// What the assertions of one test have seen.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// The rules that ran, in order of evaluation.
    pub rules: Vec<Seen>,
}

/// What they have seen of one rule.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The rule.
    pub rule: Location,
    /// Whether any of them looked at it.
    pub looked_at: bool,
    /// Whether an alert was seen gone that had fired before.
    pub resolved: bool,
    /// Whether it was seen without any input.
    pub without_data: bool,
    /// For each of the rule's points whether it was seen.
    pub hits: Vec<bool>,
}
