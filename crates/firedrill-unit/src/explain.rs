//! What a rule did around the time of a failed expectation.

use crate::alert::AlertState;
use firedrill_source::{Location, Span};
use firedrill_value::Labels;

/// The course of an expression over some ticks.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// The rule, if it is one.
    pub rule: Option<String>,
    /// Where the expression stands.
    pub location: Location,
    /// The expression.
    pub expr: String,
    /// `for` of the alert in milliseconds.
    pub hold: i64,
    /// The ticks.
    pub rows: Vec<TimelineRow>,
    /// The series of the result, one value a row.
    pub series: Vec<TimelineSeries>,
    /// Selectors that find nothing in the whole test.
    pub unmatched: Vec<Unmatched>,
    /// Where the expression ends with a comparison: what is compared, before it filters.
    pub compared: Option<Compared>,
}

/// A selector without series.
#[derive(Clone, Debug)]
pub struct Unmatched {
    /// As written.
    pub selector: String,
    /// Whether there are series of its name, with other labels.
    pub name_exists: bool,
    /// A name among the series that it may have meant.
    pub nearest: Option<String>,
}

/// A tick.
#[derive(Clone, Copy, Debug)]
pub struct TimelineRow {
    /// Milliseconds since the start of the test.
    pub time: i64,
    /// Whether this is the tested time.
    pub tested: bool,
}

/// A series of a result.
#[derive(Clone, Debug)]
pub struct TimelineSeries {
    /// Its labels; of an alert the alert's labels.
    pub labels: Labels,
    /// Its value at every row.
    pub values: Vec<Option<f64>>,
    /// The alert's state at every row; empty where it is no alert.
    pub states: Vec<AlertState>,
    /// Of an alert that is active at the tested time: since when, in milliseconds after the start of the test.
    pub active_since: Option<i64>,
}

/// The left side of the outermost comparison, unfiltered.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The side that is filtered.
    pub expr: String,
    /// The comparison and what it compares with: `> 5000`.
    pub condition: String,
    /// Where in the expression's text it stands.
    pub span: Span,
    /// The series of that side.
    pub series: Vec<TimelineSeries>,
}
