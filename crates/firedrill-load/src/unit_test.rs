//! The input of unit tests.

use crate::LoadError;
use crate::loader::Written;
use firedrill_model::{ReadOptions, TestGroup, read_test_file};
use firedrill_promql::parse_series;
use firedrill_promql::series::SeriesPart;
use firedrill_source::{FileId, Severity, Span, nearest};
use firedrill_value::{Labels, Timestamp, quote};
use rustc_hash::FxHashMap;

/// The input series of a test, and its times in milliseconds.
pub(crate) struct Input {
    pub(crate) series: Vec<Written>,
    pub(crate) start: Timestamp,
    pub(crate) interval: i64,
    pub(crate) evaluation_interval: i64,
    /// What the test is called, for people.
    pub(crate) what: String,
    /// Whether there are others, of which none was asked for.
    pub(crate) others: usize,
}

pub(crate) fn read(file: FileId, text: &str, wanted: Option<&str>) -> Result<Input, LoadError> {
    let read = read_test_file(file, text, &ReadOptions::default());
    // What is wrong with an expression of the test is of no concern here, if there is something to load.
    let fatal = read
        .diagnostics
        .iter()
        .find(|finding| finding.severity == Severity::Error)
        .filter(|_| read.file.tests.iter().all(|test| test.input_series.is_empty()));
    if let Some(finding) = fatal {
        return Err(LoadError {
            message: finding.message.clone(),
            location: finding.primary.location,
            help: finding.help.clone(),
        });
    }
    let tests = &read.file.tests;
    let index = pick(file, tests, wanted)?;
    let Some(test) = tests.get(index) else {
        return Err(LoadError::new(file, Span::at(0), "the file has no tests"));
    };
    let mut series: Vec<Written> = Vec::new();
    let mut places: FxHashMap<Labels, usize> = FxHashMap::default();
    for input in &test.input_series {
        let parsed = parse_series(&input.series.text, &input.values.text).map_err(|error| {
            let source = match error.part {
                SeriesPart::Series => &input.series,
                SeriesPart::Values => &input.values,
            };
            let span = source.locate(text, error.error.span);
            LoadError::new(file, span, error.error.message.clone())
        })?;
        if let Some(label) = &parsed.duplicate {
            let message = format!("label {} is given twice", quote(label));
            return Err(LoadError::new(file, input.series.span, message));
        }
        let written = Written {
            span: input.span,
            series: parsed,
        };
        // Of two equal series the last one counts, as for promtool.
        match places.get(&written.series.labels) {
            Some(&at) => series[at] = written,
            None => {
                places.insert(written.series.labels.clone(), series.len());
                series.push(written);
            }
        }
    }
    Ok(Input {
        series,
        start: test.start,
        interval: test.interval.millis().max(1),
        evaluation_interval: read.file.evaluation_interval.millis().max(1),
        what: name_of(test, index),
        others: if wanted.is_none() { tests.len() - 1 } else { 0 },
    })
}

fn name_of(test: &TestGroup, index: usize) -> String {
    match &test.name {
        Some(name) if !name.text.is_empty() => format!("test {}", quote(&name.text)),
        _ => format!("test {}", index + 1),
    }
}

/// The test of that name, or of that number where none has the name.
fn pick(file: FileId, tests: &[TestGroup], wanted: Option<&str>) -> Result<usize, LoadError> {
    let Some(wanted) = wanted else { return Ok(0) };
    let name = |test: &TestGroup| test.name.as_ref().map(|name| name.text.to_string());
    if let Some(at) = tests
        .iter()
        .position(|test| name(test).as_deref() == Some(wanted))
    {
        return Ok(at);
    }
    if let Ok(number @ 1..) = wanted.parse::<usize>()
        && number <= tests.len()
    {
        return Ok(number - 1);
    }
    let names: Vec<String> = tests.iter().filter_map(name).collect();
    let help = match nearest(wanted, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {}?", quote(near)),
        None if names.is_empty() => {
            format!("the tests have no names: give a number from 1 to {}", tests.len())
        }
        None => {
            let quoted: Vec<String> = names.iter().map(|name| quote(name)).collect();
            format!("there are {}", quoted.join(", "))
        }
    };
    let message = format!("there is no test {}", quote(wanted));
    Err(LoadError::new(file, Span::at(0), message).help(help))
}
