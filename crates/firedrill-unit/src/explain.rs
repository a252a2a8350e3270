//! What a rule did over a test, and why an expectation about it was not met.
//!
//! Nothing here runs where all is as expected and nobody asks: timelines and reasons cost evaluations of their own.

mod alert_reasons;
mod counterparts;
mod leaves;
mod missing;
mod pairs;
mod rows;
mod sample_reasons;
mod subqueries;
mod timeline;

#[cfg(test)]
mod tests;

pub use pairs::{AlertPair, alert_distance, pair_alerts};

pub(crate) use alert_reasons::alert_reasons;
pub(crate) use sample_reasons::sample_reasons;
pub(crate) use timeline::{alert_timelines, expr_timeline};

use crate::alert::AlertState;
use crate::ticks::Engine;
use crate::words::one_line;
use firedrill_source::{Location, Span};
use firedrill_value::{Duration, FloatHistogram, Labels, Timestamp, format_g, format_g_precision};
use std::sync::Arc;

/// The course of an expression over the ticks of a test.
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
    /// `keep_firing_for` of the alert in milliseconds.
    pub keep_firing_for: i64,
    /// Milliseconds between two ticks.
    pub step: i64,
    /// The ticks, in order; of very long tests those around changes and around the tested time.
    pub rows: Vec<TimelineRow>,
    /// The series, the ones that the test is about first.
    pub series: Vec<TimelineSeries>,
    /// How many series there are beyond these.
    pub more_series: usize,
    /// What the values of the series are, where that is not the expression itself.
    pub measured: Option<Measured>,
}

/// A tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineRow {
    /// Milliseconds since the start of the test.
    pub time: i64,
    /// Whether this is the tested time.
    pub tested: bool,
}

/// One side of the comparison that decides, before it filters.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The side that is filtered.
    pub expr: String,
    /// The comparison and what it compares with: `> 5000`.
    pub condition: String,
    /// Where in the expression's text the side stands.
    pub span: Span,
}

/// A series of a result.
#[derive(Clone, Debug)]
pub struct TimelineSeries {
    /// Its labels, without what the rule adds.
    pub labels: Labels,
    /// Its sample at every row.
    pub values: Vec<Option<Reading>>,
    /// What it is compared with at every row; empty where nothing is known to compare with.
    pub thresholds: Vec<Option<f64>>,
    /// Whether the comparison with the threshold holds, at every row; empty where there is none.
    pub met: Vec<bool>,
    /// Whether the whole expression gives a sample for it, at every row.
    pub holds: Vec<bool>,
    /// The alert's state at every row; empty where it is no alert.
    pub states: Vec<AlertState>,
    /// Of an alert: since when it is pending or firing, at every row, in milliseconds after the start of the test.
    pub since: Vec<Option<i64>>,
}

/// A sample.
#[derive(Clone, Debug)]
pub enum Reading {
    /// A number.
    Number(f64),
    /// A native histogram.
    Histogram(Arc<FloatHistogram>),
}

impl PartialEq for Reading {
    /// Bit for bit: NaN looks like NaN.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Reading::Number(a), Reading::Number(b)) => a.to_bits() == b.to_bits(),
            (Reading::Histogram(a), Reading::Histogram(b)) => a == b,
            _ => false,
        }
    }
}

impl Reading {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Reading::Number(value) => Some(*value),
            Reading::Histogram(_) => None,
        }
    }
}

impl Timeline {
    /// The row of the tested time.
    pub fn tested(&self) -> Option<usize> {
        self.rows.iter().position(|row| row.tested)
    }
}

/// A time as people count it in tests: from the start.
fn clock(engine: &Engine<'_>, at: Timestamp) -> String {
    length(at - engine.ticks.start)
}

fn length(millis: i64) -> String {
    Duration::from_millis(millis).to_string()
}

/// A number with as many digits as somebody wants to read.
fn number(value: f64) -> String {
    format_g_precision(value, 6)
}

/// Two numbers; with all digits where fewer would make them look the same.
fn numbers(a: f64, b: f64) -> (String, String) {
    let (short_a, short_b) = (number(a), number(b));
    if short_a == short_b && a != b {
        (format_g(a), format_g(b))
    } else {
        (short_a, short_b)
    }
}

/// Source text on one line, not too long.
fn snippet(text: &str) -> String {
    one_line(text, 60)
}

/// `up{job="api"}`
fn series_text(labels: &Labels) -> String {
    let rest = labels.without_name();
    match (labels.metric_name(), rest.is_empty()) {
        ("", _) => rest.to_string(),
        (name, true) => name.to_owned(),
        (name, false) => format!("{name}{rest}"),
    }
}
