//! Results of queries in the shape of Prometheus' API, and explanations as trees of such results.

use crate::clock::Clock;
use crate::explain_text::note_lines;
use crate::query_text::QueryView;
use firedrill_eval::{Column, Explanation, Level, Output, Points, is_absent};
use firedrill_source::{SourceFile, Span};
use firedrill_value::{FloatHistogram, Labels, Timestamp, format_f};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Writes a result as one JSON document. Warnings and infos are texts, as in the API; `annotations` holds them with their
/// places. A result that is longer than allowed is cut, which a warning tells.
///
/// # Errors
/// When the writer fails.
pub fn write_query_json(
    out: &mut dyn Write,
    view: &QueryView<'_>,
    explanation: Option<&Explanation>,
) -> io::Result<()> {
    let text = view.expr.text();
    let output = view.output;
    let of_level = |level: Level| -> Vec<Value> {
        let found = output.annotations.iter().filter(|it| it.level == level);
        found.map(|it| json!(it.render(text))).collect()
    };
    let mut warnings = of_level(Level::Warning);
    let (kind, result, left_out) = result(output, view);
    if left_out > 0 {
        warnings.push(json!(format!(
            "results truncated due to limit: {left_out} series left out (--max-output)"
        )));
    }
    let annotations: Vec<Value> = output
        .annotations
        .iter()
        .map(|it| {
            let level = match it.level {
                Level::Warning => "warning",
                Level::Info => "info",
            };
            let mut map = place(view.expr, it.span);
            map.insert("level".to_owned(), json!(level));
            map.insert("message".to_owned(), json!(it.message));
            Value::Object(map)
        })
        .collect();
    let mut document = json!({
        "status": "success",
        "data": { "resultType": kind, "result": result },
        "warnings": warnings,
        "infos": of_level(Level::Info),
        "annotations": annotations,
    });
    if let (Some(explanation), Some(map)) = (explanation, document.as_object_mut()) {
        map.insert(
            "explanation".to_owned(),
            explained(view.expr, explanation, view.clock),
        );
    }
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Writes why there is no result.
///
/// # Errors
/// When the writer fails.
pub fn write_query_error_json(
    out: &mut dyn Write,
    source: &SourceFile,
    span: Span,
    message: &str,
    help: Option<&str>,
) -> io::Result<()> {
    let document = json!({
        "status": "error",
        "errorType": "bad_data",
        "error": message,
        "place": place(source, span),
        "help": help,
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Type, result, and how many series were left out.
fn result(output: &Output, view: &QueryView<'_>) -> (&'static str, Value, usize) {
    use firedrill_eval::Value as Kind;
    let grid = view.grid;
    let most = view.max_output.max(1);
    match &output.value {
        Kind::String(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            ("string", json!([seconds(grid.start), text]), 0)
        }
        Kind::Scalar(values) if view.range => {
            let pairs: Vec<Value> = grid
                .times()
                .zip(values)
                .map(|(time, value)| pair(time, *value))
                .collect();
            ("matrix", json!([{ "metric": {}, "values": pairs }]), 0)
        }
        Kind::Scalar(values) => {
            let value = values.first().copied().unwrap_or(f64::NAN);
            ("scalar", pair(grid.start, value), 0)
        }
        Kind::Vector(columns) if view.range => {
            let shown = (most / grid.count.max(1))
                .clamp(1, columns.len().max(1))
                .min(columns.len());
            let series: Vec<Value> = columns[..shown]
                .iter()
                .map(|column| range_series(column, view))
                .collect();
            ("matrix", json!(series), columns.len() - shown)
        }
        Kind::Vector(columns) => {
            let samples: Vec<Value> = columns
                .iter()
                .take(most)
                .map(|column| instant_sample(column, grid.start))
                .collect();
            ("vector", json!(samples), columns.len().saturating_sub(most))
        }
        Kind::Matrix(points) => {
            let series: Vec<Value> = points.iter().take(most).map(window).collect();
            ("matrix", json!(series), points.len().saturating_sub(most))
        }
    }
}

fn instant_sample(column: &Column, time: Timestamp) -> Value {
    match column.histogram(0) {
        Some(histogram) => json!({
            "metric": metric(&column.labels),
            "histogram": [seconds(time), histogram_json(histogram)],
        }),
        None => {
            let value = column.values.first().copied().unwrap_or(f64::NAN);
            json!({ "metric": metric(&column.labels), "value": pair(time, value) })
        }
    }
}

fn range_series(column: &Column, view: &QueryView<'_>) -> Value {
    let mut numbers = Vec::new();
    let mut histograms = Vec::new();
    for (step, time) in view.grid.times().enumerate() {
        if let Some(histogram) = column.histogram(step) {
            histograms.push(json!([seconds(time), histogram_json(histogram)]));
        } else if let Some(value) = column.values.get(step).filter(|value| !is_absent(**value)) {
            numbers.push(pair(time, *value));
        }
    }
    series_json(&column.labels, numbers, histograms)
}

fn window(points: &Points) -> Value {
    let numbers = points.timestamps.iter().zip(&points.values);
    let numbers = numbers.map(|(time, value)| pair(*time, *value)).collect();
    let histograms = points.histograms.iter();
    let histograms = histograms.map(|(time, histogram)| json!([seconds(*time), histogram_json(histogram)]));
    series_json(&points.labels, numbers, histograms.collect())
}

fn series_json(labels: &Labels, numbers: Vec<Value>, histograms: Vec<Value>) -> Value {
    let mut map = Map::new();
    map.insert("metric".to_owned(), metric(labels));
    if !numbers.is_empty() {
        map.insert("values".to_owned(), Value::Array(numbers));
    }
    if !histograms.is_empty() {
        map.insert("histograms".to_owned(), Value::Array(histograms));
    }
    Value::Object(map)
}

fn metric(labels: &Labels) -> Value {
    let pairs = labels
        .iter()
        .map(|label| (label.name.to_string(), json!(&*label.value)));
    Value::Object(pairs.collect())
}

fn pair(time: Timestamp, value: f64) -> Value {
    json!([seconds(time), format_f(value)])
}

/// Seconds, whole where they are.
fn seconds(time: Timestamp) -> Value {
    if time % 1000 == 0 {
        json!(time / 1000)
    } else {
        json!(time as f64 / 1000.0)
    }
}

/// As the API writes histograms: buckets with the rule of their bounds (0: the upper one belongs to them, 1: the lower
/// one, 3: both).
fn histogram_json(histogram: &FloatHistogram) -> Value {
    let buckets: Vec<Value> = histogram
        .buckets()
        .into_iter()
        .filter(|bucket| bucket.count != 0.0)
        .map(|bucket| {
            let rule = if bucket.lower < 0.0 && bucket.upper > 0.0 || bucket.lower == f64::NEG_INFINITY {
                3
            } else if bucket.upper <= 0.0 && !histogram.uses_custom_buckets() {
                1
            } else {
                0
            };
            json!([
                rule,
                format_f(bucket.lower),
                format_f(bucket.upper),
                format_f(bucket.count)
            ])
        })
        .collect();
    json!({ "count": format_f(histogram.count), "sum": format_f(histogram.sum), "buckets": buckets })
}

/// Lines and columns from 1, the end exclusive, columns in characters.
fn place(source: &SourceFile, span: Span) -> Map<String, Value> {
    let start = source.line_column(span.start as usize);
    let end = source.line_column(span.end as usize);
    let mut map = Map::new();
    map.insert("file".to_owned(), json!(source.name()));
    map.insert("line".to_owned(), json!(start.line));
    map.insert("column".to_owned(), json!(start.column));
    map.insert("end_line".to_owned(), json!(end.line));
    map.insert("end_column".to_owned(), json!(end.column));
    map
}

fn explained(expr: &SourceFile, part: &Explanation, clock: Clock) -> Value {
    let mut map = place(expr, part.span);
    map.remove("file");
    map.insert("expr".to_owned(), json!(part.span.slice(expr.text())));
    map.insert("type".to_owned(), json!(part.value_type.documented()));
    map.insert("time".to_owned(), seconds(part.at));
    let notes: Vec<String> = part
        .notes
        .iter()
        .map(|note| note_lines(note, clock, usize::MAX).join("\n"))
        .filter(|note| !note.is_empty())
        .collect();
    map.insert("notes".to_owned(), json!(notes));
    match &part.value {
        Err(error) => {
            map.insert("error".to_owned(), json!(error.to_string()));
        }
        Ok(value) => {
            let result = match value {
                firedrill_eval::Value::Vector(columns) => {
                    json!(
                        columns
                            .iter()
                            .map(|column| instant_sample(column, part.at))
                            .collect::<Vec<_>>()
                    )
                }
                firedrill_eval::Value::Matrix(points) => json!(points.iter().map(window).collect::<Vec<_>>()),
                firedrill_eval::Value::Scalar(values) => {
                    pair(part.at, values.first().copied().unwrap_or(f64::NAN))
                }
                firedrill_eval::Value::String(bytes) => json!(String::from_utf8_lossy(bytes)),
            };
            map.insert("series".to_owned(), json!(value.series_count()));
            map.insert("result".to_owned(), result);
        }
    }
    let parts: Vec<Value> = part
        .parts
        .iter()
        .map(|part| explained(expr, part, clock))
        .collect();
    map.insert("parts".to_owned(), json!(parts));
    map.insert("elided".to_owned(), json!(part.elided));
    Value::Object(map)
}
