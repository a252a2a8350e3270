//! Unit-test files in promtool's format.

use crate::{Entry, ExpectedState, Expression, Looser, Pattern, Silences};
use firedrill_source::{FileId, Span, Spanned};
use firedrill_value::{Duration, Timestamp};
use firedrill_yaml::Scalar;

/// A unit-test file.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// The file.
    pub file: FileId,
    /// Glob patterns of rule files, relative to the test file's directory.
    pub rule_files: Vec<Scalar>,
    /// Time between evaluations.
    pub evaluation_interval: Duration,
    /// Names of rule groups in the order in which they are to be evaluated.
    pub group_eval_order: Vec<Scalar>,
    /// Whether values may differ in the last bit.
    pub fuzzy_compare: bool,
    /// The tests.
    pub tests: Vec<TestGroup>,
    /// Findings about the tests that comments silence.
    pub silences: Silences,
}

/// One entry of `tests`: series, and what is expected of the rules over them.
#[derive(Clone, Debug)]
pub struct TestGroup {
    /// Its name, if it has one.
    pub name: Option<Scalar>,
    /// The whole mapping.
    pub span: Span,
    /// Time between samples of the input.
    pub interval: Duration,
    /// The input.
    pub input_series: Vec<InputSeries>,
    /// Expected alerts.
    pub alert_tests: Vec<AlertTest>,
    /// Expected results of expressions.
    pub expr_tests: Vec<ExprTest>,
    /// What `$externalLabels` holds.
    pub external_labels: Vec<Entry>,
    /// What `$externalURL` holds.
    pub external_url: Option<Scalar>,
    /// When the test starts, in milliseconds since the epoch.
    pub start: Timestamp,
}

/// `series` and `values` of an input series, still in notation.
#[derive(Clone, Debug)]
pub struct InputSeries {
    /// The labels, as a metric with equality matchers.
    pub series: Scalar,
    /// The values in series notation.
    pub values: Scalar,
    /// The whole mapping.
    pub span: Span,
}

/// One entry of `alert_rule_test`.
#[derive(Clone, Debug)]
pub struct AlertTest {
    /// When, after the start of the test.
    pub eval_time: Spanned<Duration>,
    /// Which alert; `None` where it is missing.
    pub alertname: Option<Scalar>,
    /// The alerts that must be firing, and no others.
    pub expected: Vec<ExpectedAlert>,
    /// How strictly they are compared.
    pub looser: Looser,
    /// In which state they must be.
    pub state: ExpectedState,
    /// `exp_count`: how many alerts there must be; then not all of them need be described.
    pub count: Option<Spanned<i64>>,
    /// The whole mapping.
    pub span: Span,
}

/// One entry of `exp_alerts`.
#[derive(Clone, Debug)]
pub struct ExpectedAlert {
    /// `exp_labels`, without `alertname`.
    pub labels: Vec<Entry>,
    /// `exp_annotations`.
    pub annotations: Vec<Entry>,
    /// Those of both whose values are patterns; they are not among the others.
    pub patterns: Vec<Pattern>,
    /// The whole mapping.
    pub span: Span,
}

/// One entry of `promql_expr_test`.
#[derive(Clone, Debug)]
pub struct ExprTest {
    /// The expression.
    pub expr: Expression,
    /// When, after the start of the test.
    pub eval_time: Spanned<Duration>,
    /// The samples that must be the result, in any order.
    pub expected: Vec<ExpectedSample>,
    /// How strictly they are compared.
    pub looser: Looser,
    /// The whole mapping.
    pub span: Span,
}

/// One entry of `exp_samples`.
#[derive(Clone, Debug)]
pub struct ExpectedSample {
    /// The labels as a metric in notation; `None` where they are left out.
    pub labels: Option<Scalar>,
    /// The value.
    pub value: f64,
    /// A native histogram in series notation.
    pub histogram: Option<Scalar>,
    /// The whole mapping.
    pub span: Span,
}
