//! Expected against got, as promtool compares: complete label sets, exact values.

use firedrill_source::Span;
use firedrill_value::{FloatHistogram, Labels};
use std::sync::Arc;

/// An alert that a test expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedAlertLabels {
    /// Labels, `alertname` included, sorted by name. Empty values stay; they can never match.
    pub labels: Vec<(String, String)>,
    /// Annotations, sorted by name.
    pub annotations: Vec<(String, String)>,
    /// The entry in the test file.
    pub span: Span,
}

/// An alert that fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GotAlert {
    /// Labels, sorted by name.
    pub labels: Vec<(String, String)>,
    /// Expanded annotations, sorted by name.
    pub annotations: Vec<(String, String)>,
}

/// A sample that an expression gave.
#[derive(Clone, Debug, PartialEq)]
pub struct GotSample {
    /// Its labels.
    pub labels: Labels,
    /// Its value; 0 if it is a histogram.
    pub value: f64,
    /// The histogram, if it is one.
    pub histogram: Option<Arc<FloatHistogram>>,
}

/// The pairs of a label set.
pub(crate) fn pairs(labels: &Labels) -> Vec<(String, String)> {
    labels
        .iter()
        .map(|label| (label.name.to_string(), label.value.to_string()))
        .collect()
}

/// Whether two sorted lists hold the same alerts.
pub(crate) fn same_alerts(expected: &[ExpectedAlertLabels], got: &[GotAlert]) -> bool {
    expected.len() == got.len()
        && expected
            .iter()
            .zip(got)
            .all(|(e, g)| e.labels == g.labels && e.annotations == g.annotations)
}

/// Whether two values are the same; `fuzzy` allows the neighbouring floats. NaN never is.
pub(crate) fn same_value(expected: f64, got: f64, fuzzy: bool) -> bool {
    expected == got || (fuzzy && got >= expected.next_down() && got <= expected.next_up())
}

/// Whether two samples are the same histogram, told by their text without empty buckets, or both none.
pub(crate) fn same_histogram(expected: Option<&FloatHistogram>, got: Option<&FloatHistogram>) -> bool {
    let text = |histogram: &FloatHistogram| histogram.clone().compact().test_expression();
    expected.map(text) == got.map(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuzzy_comparison_allows_one_unit_in_the_last_place() {
        let near = 3.0f64.next_up();
        assert!(!same_value(3.0, near, false));
        assert!(same_value(3.0, near, true));
        assert!(!same_value(3.0, near.next_up(), true));
        assert!(!same_value(f64::NAN, f64::NAN, true));
        assert!(same_value(f64::INFINITY, f64::INFINITY, false));
        assert!(same_value(0.0, -0.0, false));
    }
}
