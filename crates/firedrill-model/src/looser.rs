//! Expectations that say less than everything: firedrill's own additions to test files.

use firedrill_regex::Regex;
use firedrill_yaml::Scalar;

/// How much of what comes out an expectation must name, and how near it must come. The default is promtool's
/// comparison: everything, exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Looser {
    /// `match: {labels: …}`
    pub labels: Extent,
    /// `match: {annotations: …}`
    pub annotations: Extent,
    /// `tolerance: {relative: …}`: most difference of two values over the larger of them.
    pub relative: Option<f64>,
    /// `tolerance: {absolute: …}`: most difference of two values.
    pub absolute: Option<f64>,
    /// `nan_equal: true`: NaN equals NaN.
    pub nan_equal: bool,
}

/// Which of the names must be expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// All, and no others.
    #[default]
    Exact,
    /// Those that are expected must be there; others may.
    Subset,
    /// None is looked at.
    Ignore,
}

/// In which state alerts are expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExpectedState {
    /// `state: firing`, as promtool has it.
    #[default]
    Firing,
    /// `state: pending`
    Pending,
}

/// A label or annotation whose value is described: `pod: {regex: "api-.*"}`.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Whether it is an annotation.
    pub annotation: bool,
    /// Its name.
    pub name: Scalar,
    /// What the whole value must match.
    pub regex: Regex,
}
