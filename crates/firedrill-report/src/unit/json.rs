//! Test results as one JSON document.

use super::outcome::{CaseOutcome, FileOutcome};
use crate::findings_json::place;
use firedrill_source::{Diagnostic, FileId, Location, Sources, Span};
use firedrill_unit::{Failure, Reading, Summary, Timeline};
use firedrill_value::{FloatHistogram, format_f};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Writes every failing assertion and the counts.
///
/// # Errors
/// When the writer fails.
pub fn write_test_json(
    out: &mut dyn Write,
    sources: &Sources,
    outcomes: &[FileOutcome],
    findings: &[Diagnostic],
    summary: Summary,
) -> io::Result<()> {
    let mut failures = Vec::new();
    for outcome in outcomes {
        for case in &outcome.cases {
            for failure in &case.failures {
                failures.push(failure_json(sources, outcome.file, case, failure));
            }
        }
    }
    let broken: Vec<Value> = findings
        .iter()
        .chain(outcomes.iter().flat_map(|outcome| &outcome.findings))
        .map(|finding| {
            let mut map = place(sources, finding.primary.location);
            map.insert("code".to_owned(), json!(finding.code.0));
            map.insert("severity".to_owned(), json!(finding.severity.name()));
            map.insert("message".to_owned(), json!(finding.message));
            Value::Object(map)
        })
        .collect();
    let document = json!({
        "failures": failures,
        "findings": broken,
        "summary": {
            "files": outcomes.len(),
            "tests": summary.cases,
            "failed_tests": summary.failed_cases,
            "assertions": summary.assertions,
            "failures": summary.failures,
        },
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// A failure with its test and its place.
pub(super) fn failure_json(sources: &Sources, file: FileId, case: &CaseOutcome, failure: &Failure) -> Value {
    let mut map = place(sources, Location::new(file, span(failure)));
    map.insert("test".to_owned(), json!(case.index));
    map.insert("name".to_owned(), json!(case.name));
    describe(&mut map, sources, failure);
    Value::Object(map)
}

fn span(failure: &Failure) -> Span {
    match failure {
        Failure::Alert(it) => it.span,
        Failure::Expr(it) => it.span,
        Failure::ExprError { span, .. } | Failure::Setup { span, .. } => *span,
        Failure::Rule { .. } => Span::default(),
    }
}

fn describe(map: &mut Map<String, Value>, sources: &Sources, failure: &Failure) {
    let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
    match failure {
        Failure::Alert(it) => {
            put("kind", json!("alert"));
            put("alertname", json!(it.alertname));
            put("eval_time", json!(it.eval_time.to_string()));
            let expected: Vec<Value> = it
                .expected
                .iter()
                .map(|alert| alert_json(&alert.labels, &alert.annotations))
                .collect();
            let got: Vec<Value> = it
                .got
                .iter()
                .map(|alert| alert_json(&alert.labels, &alert.annotations))
                .collect();
            put("expected", json!(expected));
            put("got", json!(got));
            put("reasons", json!(it.reasons));
            put("timelines", timelines(sources, &it.timelines));
        }
        Failure::Expr(it) => {
            put("kind", json!("expr"));
            put("expr", json!(it.expr));
            put("eval_time", json!(it.eval_time.to_string()));
            let expected: Vec<Value> = it
                .expected
                .iter()
                .map(|s| json!({ "labels": s.text, "value": value_text(s.value, s.histogram.as_deref()) }))
                .collect();
            let got: Vec<Value> = it
                .got
                .iter()
                .map(|s| json!({ "labels": s.labels.to_string(), "value": value_text(s.value, s.histogram.as_deref()) }))
                .collect();
            put("expected", json!(expected));
            put("got", json!(got));
            put("reasons", json!(it.reasons));
            put("timelines", timelines(sources, it.timeline.as_slice()));
        }
        Failure::ExprError {
            expr,
            eval_time,
            error,
            ..
        } => {
            put("kind", json!("expr"));
            put("expr", json!(expr));
            put("eval_time", json!(eval_time.to_string()));
            put("error", json!(error));
        }
        Failure::Rule {
            rule,
            location,
            time,
            error,
            ..
        } => {
            put("kind", json!("rule"));
            put("rule", json!(rule));
            put("rule_location", Value::Object(place(sources, *location)));
            put("time_ms", json!(time));
            put("error", json!(error));
        }
        Failure::Setup { error, .. } => {
            put("kind", json!("setup"));
            put("error", json!(error));
        }
    }
}

fn alert_json(labels: &[(String, String)], annotations: &[(String, String)]) -> Value {
    let map = |pairs: &[(String, String)]| -> Map<String, Value> {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect()
    };
    json!({ "labels": map(labels), "annotations": map(annotations) })
}

fn timelines(sources: &Sources, timelines: &[Timeline]) -> Value {
    timelines.iter().map(|it| timeline(sources, it)).collect()
}

fn timeline(sources: &Sources, timeline: &Timeline) -> Value {
    let value = |reading: &Option<Reading>| match reading {
        Some(Reading::Number(value)) => json!(format_f(*value)),
        Some(Reading::Histogram(histogram)) => json!(value_text(0.0, Some(histogram))),
        None => Value::Null,
    };
    let series = timeline.series.iter().map(|series| {
        json!({
            "labels": series.labels.to_string(),
            "values": series.values.iter().map(value).collect::<Vec<_>>(),
            "thresholds": series.thresholds.iter().map(|v| v.map(format_f)).collect::<Vec<_>>(),
            "holds": series.holds,
            "states": series.states.iter().map(|s| s.name()).collect::<Vec<_>>(),
        })
    });
    json!({
        "rule": timeline.rule,
        "location": place(sources, timeline.location),
        "expr": timeline.expr,
        "times_ms": timeline.rows.iter().map(|row| row.time).collect::<Vec<_>>(),
        "tested": timeline.tested(),
        "series": series.collect::<Vec<_>>(),
        "more_series": timeline.more_series,
        "measured": timeline.measured.as_ref().map(|measured| json!({
            "expr": measured.expr,
            "condition": measured.condition,
        })),
    })
}

/// A value, or the histogram in its place as series notation writes it.
fn value_text(value: f64, histogram: Option<&FloatHistogram>) -> String {
    histogram.map_or_else(
        || format_f(value),
        |histogram| histogram.clone().compact().test_expression(),
    )
}
