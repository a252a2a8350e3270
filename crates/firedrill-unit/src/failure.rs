//! What can be wrong with a test.

use crate::compare::{ExpectedAlertLabels, GotAlert, GotSample};
use crate::explain::Timeline;
use firedrill_source::{Location, Span};
use firedrill_value::{Duration, FloatHistogram, Labels};
use firedrill_yaml::Scalar;
use std::sync::Arc;

/// One failure.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The alerts that fired are not the expected ones.
    Alert(AlertMismatch),
    /// The result of an expression is not the expected one.
    Expr(ExprMismatch),
    /// An expression test that could not be evaluated.
    ExprError {
        /// The expression as written.
        expr: String,
        /// When.
        eval_time: Duration,
        /// Why not.
        error: String,
        /// The entry in the test file.
        span: Span,
        /// The expression in the test file.
        expr_span: Span,
    },
    /// A rule that could not be evaluated; the rest of the test did not run.
    Rule {
        /// The rule's name.
        rule: String,
        /// Where the rule is.
        location: Location,
        /// Its expression.
        expr_span: Span,
        /// When, in milliseconds since the epoch.
        time: i64,
        /// Why not.
        error: String,
    },
    /// Something that kept the test from running, or an input sample that storage refuses.
    Setup {
        /// What, as promtool says it.
        error: String,
        /// The same without promtool's line numbers, and where in a text of the test file; for people.
        detail: Option<SeriesDetail>,
        /// What it is about in the test file.
        span: Span,
        /// How often promtool prints it: once for every tick that was left out.
        times: usize,
    },
}

impl Failure {
    /// What it is about: an entry of the test file, or the rule that fails.
    pub fn span(&self) -> Span {
        match self {
            Failure::Alert(it) => it.span,
            Failure::Expr(it) => it.span,
            Failure::ExprError { span, .. } | Failure::Setup { span, .. } => *span,
            Failure::Rule { location, .. } => location.span,
        }
    }
}

/// A mistake in the notation of a series.
#[derive(Clone, Debug)]
pub struct SeriesDetail {
    /// What is wrong.
    pub message: String,
    /// The scalar that holds the mistake.
    pub source: Scalar,
    /// Where in its text.
    pub range: Span,
}

/// See [`Failure::Alert`].
#[derive(Clone, Debug)]
pub struct AlertMismatch {
    /// Name of the test, if it has one.
    pub test_name: Option<String>,
    /// The alert.
    pub alertname: String,
    /// When, after the start of the test.
    pub eval_time: Duration,
    /// What was expected, sorted.
    pub expected: Vec<ExpectedAlertLabels>,
    /// What fired, sorted.
    pub got: Vec<GotAlert>,
    /// The entry in the test file.
    pub span: Span,
    /// Where `eval_time` and `alertname` stand.
    pub name_span: Span,
    /// What the rules of this name did around that time.
    pub timelines: Vec<Timeline>,
    /// Why the alerts differ, in sentences, the nearest cause first; empty where that is not certain.
    pub reasons: Vec<String>,
    /// Names of the alerts that the loaded rules define, if this one is not among them.
    pub known_alerts: Option<Vec<String>>,
}

/// See [`Failure::Expr`].
#[derive(Clone, Debug)]
pub struct ExprMismatch {
    /// The expression as written.
    pub expr: String,
    /// When, after the start of the test.
    pub eval_time: Duration,
    /// What was expected, sorted by labels.
    pub expected: Vec<ParsedSample>,
    /// What came out, sorted by labels.
    pub got: Vec<GotSample>,
    /// The entry in the test file.
    pub span: Span,
    /// The expression in the test file.
    pub expr_span: Span,
    /// The values of the expression around that time.
    pub timeline: Option<Timeline>,
    /// Why the samples differ, in sentences, the nearest cause first; empty where that is not certain.
    pub reasons: Vec<String>,
}

/// An expected sample.
#[derive(Clone, Debug)]
pub struct ParsedSample {
    /// Its labels; one with an empty value stays in the text and matches nothing.
    pub labels: Labels,
    /// The labels as promtool prints them.
    pub text: String,
    /// Whether a label makes a match impossible (empty value or given twice).
    pub impossible: bool,
    /// Its value.
    pub value: f64,
    /// The histogram, if one is expected.
    pub histogram: Option<Arc<FloatHistogram>>,
    /// The entry in the test file.
    pub span: Span,
}
