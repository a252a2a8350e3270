//! Compares results with what a script expects of them.

use crate::load::Sample;
use crate::script::Eval;
use firedrill_eval::{Column, Grid, Level, Output, Points, Value, is_absent};
use firedrill_value::almost::almost_equal;
use firedrill_value::{FloatHistogram, Labels, Timestamp, format_f};
use std::collections::BTreeMap;

/// Relative error that scripts allow.
const EPSILON: f64 = 1e-6;

/// A series with the samples of either kind in time.
type Series = BTreeMap<Labels, Vec<(Timestamp, Sample)>>;

/// Compares warnings and infos; each has its position in the expression behind it.
pub(crate) fn remarks(eval: &Eval, output: &Output) -> Result<(), String> {
    for (level, none, name) in [
        (Level::Warning, eval.expected.no_warn, "warnings"),
        (Level::Info, eval.expected.no_info, "infos"),
    ] {
        let made = output.annotations.iter().filter(|remark| remark.level == level);
        let made: Vec<String> = made.map(|remark| remark.render(&eval.text)).collect();
        let wanted: Vec<_> = eval
            .expected
            .remarks
            .iter()
            .filter(|remark| remark.level == level)
            .collect();
        if none && !made.is_empty() {
            return Err(format!("expected no {name}, got {made:?}"));
        }
        for remark in &wanted {
            if !made.iter().any(|text| remark.pattern.matches(text)) {
                return Err(format!("expected {name} like {:?}, got {made:?}", remark.pattern));
            }
        }
        let strict = !wanted.is_empty() && !wanted.iter().any(|remark| remark.legacy);
        let surplus = made
            .iter()
            .find(|text| !wanted.iter().any(|remark| remark.pattern.matches(text)));
        if let (true, Some(text)) = (strict, surplus) {
            return Err(format!("unexpected among the {name}: {text}"));
        }
    }
    Ok(())
}

/// Compares the value of an evaluation as it was asked for.
pub(crate) fn value(eval: &Eval, output: &Output, grid: Grid) -> Result<(), String> {
    match &output.value {
        Value::String(bytes) => {
            let expected = eval.expected.text.as_deref().unwrap_or(b"");
            if **bytes == *expected {
                return Ok(());
            }
            let [expected, got] = [expected, bytes].map(String::from_utf8_lossy);
            Err(format!("expected {expected:?}, got {got:?}"))
        }
        Value::Matrix(points) => {
            let Some((start, end, step)) = eval.expected.matrix else {
                return Err("got a range vector that was not expected".to_owned());
            };
            series(
                eval,
                points.iter().map(samples_of_points).collect(),
                Grid::range(start, end, step),
            )
        }
        Value::Vector(columns) if eval.range => series(
            eval,
            columns
                .iter()
                .map(|column| samples_of_column(column, grid))
                .collect(),
            grid,
        ),
        Value::Scalar(values) if eval.range => {
            let samples = grid
                .times()
                .zip(values.iter().map(|value| Sample::Number(*value)))
                .collect();
            series(eval, BTreeMap::from([(Labels::empty(), samples)]), grid)
        }
        Value::Vector(columns) if eval.expected.ordered => {
            let got: Vec<&Labels> = columns.iter().map(|column| &column.labels).collect();
            let expected: Vec<&Labels> = eval.expected.series.iter().map(|(labels, _)| labels).collect();
            if got != expected {
                let text =
                    |list: &[&Labels]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                return Err(format!(
                    "expected in this order: {}; got {}",
                    text(&expected),
                    text(&got)
                ));
            }
            step(eval, output, 0)
        }
        Value::Vector(_) | Value::Scalar(_) => step(eval, output, 0),
    }
}

/// Compares one step of a result with what is expected of an instant.
pub(crate) fn step(eval: &Eval, output: &Output, step: usize) -> Result<(), String> {
    let got: BTreeMap<&Labels, Sample> = match &output.value {
        Value::Scalar(values) => {
            let got = values.get(step).copied().unwrap_or(f64::NAN);
            return match eval.expected.scalar {
                Some(expected) if almost_equal(got, expected, EPSILON) => Ok(()),
                // What is a scalar as an instant is a series without labels in a range.
                Some(expected) => Err(format!("expected {}, got {}", format_f(expected), format_f(got))),
                None => Err(format!("got a scalar that was not expected: {}", format_f(got))),
            };
        }
        Value::Vector(columns) => columns
            .iter()
            .filter_map(|column| Some((&column.labels, sample_at(column, step)?)))
            .collect(),
        Value::Matrix(_) | Value::String(_) => return Err("got neither vector nor scalar".to_owned()),
    };
    if eval.expected.scalar.is_some() {
        return Err("expected a scalar, got a vector".to_owned());
    }
    for (labels, samples) in &eval.expected.series {
        let expected = samples.first().and_then(Option::as_ref);
        match (expected, got.get(labels)) {
            (Some(expected), Some(got)) if same(expected, got) => {}
            (Some(expected), Some(got)) => {
                return Err(format!(
                    "expected {} for {labels} but got {}",
                    text(expected),
                    text(got)
                ));
            }
            (expected, _) => {
                let expected = expected.map_or_else(String::new, text);
                return Err(format!("expected metric {labels} with {expected} not found"));
            }
        }
    }
    let surplus = got
        .iter()
        .find(|(labels, _)| !eval.expected.series.iter().any(|(known, _)| known == **labels));
    match surplus {
        Some((labels, got)) => Err(format!(
            "unexpected metric {labels} in result, has value {}",
            text(got)
        )),
        None => Ok(()),
    }
}

/// Compares series with those expected at the times of a grid.
fn series(eval: &Eval, got: Series, times: Grid) -> Result<(), String> {
    for (labels, samples) in &eval.expected.series {
        if samples.len() > times.count {
            return Err("query time range cannot return this many points".to_owned());
        }
        let Some(found) = got.get(labels) else {
            return Err(format!("expected metric {labels} not found"));
        };
        let expected: Vec<(Timestamp, &Sample)> = samples
            .iter()
            .enumerate()
            .filter_map(|(index, sample)| Some((times.time(index), sample.as_ref()?)))
            .collect();
        let equal = expected.len() == found.len()
            && expected
                .iter()
                .zip(found)
                .all(|((at, expected), (time, got))| at == time && same(expected, got));
        if !equal {
            let list = |samples: &mut dyn Iterator<Item = (Timestamp, &Sample)>| {
                samples
                    .map(|(time, sample)| format!("{} @{time}", text(sample)))
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            let wanted = list(&mut expected.into_iter());
            let got = list(&mut found.iter().map(|(time, sample)| (*time, sample)));
            return Err(format!("expected {wanted} for {labels} but got {got}"));
        }
    }
    let surplus = got
        .keys()
        .find(|labels| !eval.expected.series.iter().any(|(known, _)| known == *labels));
    match surplus {
        Some(labels) => Err(format!("unexpected metric {labels} in result")),
        None => Ok(()),
    }
}

fn sample_at(column: &Column, step: usize) -> Option<Sample> {
    if let Some(histogram) = column.histogram(step) {
        return Some(Sample::Histogram {
            histogram: histogram.clone(),
            hint_given: false,
        });
    }
    let value = column.values.get(step).copied()?;
    (!is_absent(value)).then_some(Sample::Number(value))
}

fn samples_of_column(column: &Column, grid: Grid) -> (Labels, Vec<(Timestamp, Sample)>) {
    let samples = (0..grid.count).filter_map(|step| Some((grid.time(step), sample_at(column, step)?)));
    (column.labels.clone(), samples.collect())
}

fn samples_of_points(points: &Points) -> (Labels, Vec<(Timestamp, Sample)>) {
    let numbers = points.values.iter().map(|value| Sample::Number(*value));
    let numbers = points.timestamps.iter().copied().zip(numbers);
    let histograms = points.histograms.iter().map(|(time, histogram)| {
        (
            *time,
            Sample::Histogram {
                histogram: histogram.clone(),
                hint_given: false,
            },
        )
    });
    let mut samples: Vec<(Timestamp, Sample)> = numbers.chain(histograms).collect();
    samples.sort_by_key(|(time, _)| *time);
    (points.labels.clone(), samples)
}

fn same(expected: &Sample, got: &Sample) -> bool {
    match (expected, got) {
        (Sample::Number(expected), Sample::Number(got)) => almost_equal(*expected, *got, EPSILON),
        (
            Sample::Histogram {
                histogram: expected,
                hint_given,
            },
            Sample::Histogram { histogram: got, .. },
        ) => (!hint_given || expected.hint == got.hint) && same_histogram(expected, got),
        _ => false,
    }
}

/// Whether two histograms are almost equal, empty buckets left out.
fn same_histogram(expected: &FloatHistogram, got: &FloatHistogram) -> bool {
    let (expected, got) = (expected.clone().compact(), got.clone().compact());
    let near = |a: f64, b: f64| almost_equal(a, b, EPSILON);
    let buckets = |a: &[(i32, f64)], b: &[(i32, f64)]| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && near(a.1, b.1))
    };
    expected.schema == got.schema
        && near(expected.count, got.count)
        && near(expected.sum, got.sum)
        && expected.zero_threshold == got.zero_threshold
        && near(expected.zero_count, got.zero_count)
        && expected.custom_bounds == got.custom_bounds
        && buckets(&expected.positive, &got.positive)
        && buckets(&expected.negative, &got.negative)
}

fn text(sample: &Sample) -> String {
    match sample {
        Sample::Number(value) => format_f(*value),
        Sample::Histogram { histogram, .. } => histogram.test_expression(),
    }
}
