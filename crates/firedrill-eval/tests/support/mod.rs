//! What the tests over recorded evaluations share: finding and reading the recordings.

#![allow(dead_code, reason = "each test takes what it needs")]
#![expect(clippy::print_stderr, reason = "gates tell what they counted")]

pub(crate) mod agree;
pub(crate) mod random;

use firedrill_eval::{EvalError, EvalOptions, Grid, Plan, PlanOptions, QueryKind, Samples, Storage, Value};
use firedrill_promql::series::{Point, parse_histogram};
use firedrill_promql::{Expr, Features, parse, parse_metric, parse_series};
use firedrill_value::{Duration, FloatHistogram, Labels};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder beside the workspace, unless `FIREDRILL_SHARED` names its parent; `None`, with a note, where it is absent.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("FIREDRILL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = root.join(name);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no {}", path.display());
    None
}

/// Files of a folder whose names end so, sorted.
pub(crate) fn files(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("folder is readable");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("entry is readable").path())
        .filter(|path| path.to_string_lossy().ends_with(suffix))
        .collect();
    files.sort();
    files
}

#[derive(Deserialize)]
pub(crate) struct TestFile {
    #[serde(default)]
    pub(crate) rule_files: Vec<String>,
    #[serde(default = "one_minute")]
    pub(crate) evaluation_interval: String,
    pub(crate) tests: Vec<Group>,
}

fn zero() -> String {
    "0".to_owned()
}

fn one_minute() -> String {
    "1m".to_owned()
}

#[derive(Deserialize)]
pub(crate) struct Group {
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) interval: Option<String>,
    #[serde(default)]
    pub(crate) input_series: Vec<InputSeries>,
    #[serde(default)]
    pub(crate) promql_expr_test: Vec<Assertion>,
    #[serde(default)]
    pub(crate) alert_rule_test: Vec<AlertTest>,
}

#[derive(Clone, Deserialize)]
pub(crate) struct InputSeries {
    pub(crate) series: String,
    pub(crate) values: String,
}

#[derive(Deserialize)]
pub(crate) struct AlertTest {
    #[serde(default = "zero")]
    pub(crate) eval_time: String,
}

#[derive(Deserialize)]
pub(crate) struct Assertion {
    pub(crate) expr: String,
    #[serde(default = "zero")]
    pub(crate) eval_time: String,
    #[serde(default)]
    pub(crate) exp_samples: Vec<Expected>,
}

#[derive(Deserialize)]
pub(crate) struct Expected {
    #[serde(default)]
    pub(crate) labels: String,
    #[serde(default)]
    pub(crate) value: f64,
    #[serde(default)]
    pub(crate) histogram: Option<String>,
}

/// The series of one group of tests.
pub(crate) struct Data {
    pub(crate) storage: Storage,
}

pub(crate) fn millis(duration: &str) -> i64 {
    Duration::parse(duration).expect("a duration").millis()
}

pub(crate) fn load(series: &[InputSeries], interval: i64, horizon: i64) -> Data {
    let mut storage = Storage::new();
    for InputSeries { series, values } in series {
        let (labels, values) = expand(series, values);
        let samples = samples(values, interval, horizon);
        storage.append_series(&labels, samples).expect("no conflict");
    }
    Data { storage }
}

/// Samples at multiples of the interval, up to a time.
fn samples(values: Vec<Option<Got>>, interval: i64, horizon: i64) -> Samples {
    let mut samples = Samples::default();
    for (at, value) in values.into_iter().enumerate() {
        let time = at as i64 * interval;
        match value {
            _ if time > horizon => break,
            None => {}
            Some(Got::Number(value)) => samples.push_float(time, value),
            Some(Got::Histogram(histogram)) => samples.push_histogram(time, histogram),
        }
    }
    samples
}

/// The same series in another order; each seed gives its own.
pub(crate) fn shuffled(series: &[InputSeries], seed: u64) -> Vec<InputSeries> {
    let mut shuffled = series.to_vec();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for last in (1..shuffled.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        shuffled.swap(last, (state >> 33) as usize % (last + 1));
    }
    shuffled
}

/// The labels of `name{a="b"}`; `{}` has none.
pub(crate) fn labels(text: &str) -> Labels {
    let text = if text.trim().is_empty() { "{}" } else { text };
    let pairs = parse_metric(text).expect("labels");
    Labels::from_pairs(pairs)
}

/// The values of series notation.
pub(crate) fn expand(series: &str, values: &str) -> (Labels, Vec<Option<Got>>) {
    let series = parse_series(series, values).expect("a series");
    let points = series.expand(100_000).expect("a reasonable length");
    let values = points.into_iter().map(|point| match point {
        Point::Omitted => None,
        Point::Float(value) => Some(Got::Number(value)),
        Point::Histogram { run, index } => {
            let mut histograms = run.histograms(index + 1).expect("histograms that go together");
            histograms.pop().map(|last| Got::Histogram(Arc::new(last)))
        }
    });
    (series.labels.clone(), values.collect())
}

/// Parses an expression; `Err` with the first message.
pub(crate) fn parse_expr(text: &str, features: &Features) -> Result<Expr, String> {
    let parsed = parse(text, features);
    match parsed.errors.first() {
        None => Ok(parsed.expr),
        Some(error) => Err(error.promtool_message(text)),
    }
}

pub(crate) fn options(subquery_step: i64) -> EvalOptions {
    EvalOptions {
        kind: QueryKind::Instants,
        default_subquery_step: Duration::from_millis(subquery_step),
        ..EvalOptions::default()
    }
}

pub(crate) fn compile(expr: &Expr) -> Plan {
    Plan::compile(expr, &PlanOptions::default())
}

/// A sample of either kind.
#[derive(Clone, Debug)]
pub(crate) enum Got {
    Number(f64),
    Histogram(Arc<FloatHistogram>),
}

impl Got {
    /// Equal bits, any NaN like any other; histograms by their text, in which hints count.
    pub(crate) fn same(&self, other: &Got) -> bool {
        match (self, other) {
            (Got::Number(x), Got::Number(y)) => x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan(),
            (Got::Histogram(x), Got::Histogram(y)) => text(x) == text(y),
            _ => false,
        }
    }

    /// As [`Got::same`], but both zeros are equal.
    pub(crate) fn equal(&self, other: &Got) -> bool {
        matches!((self, other), (Got::Number(x), Got::Number(y)) if x == y) || self.same(other)
    }
}

fn text(histogram: &FloatHistogram) -> String {
    histogram.clone().compact().test_expression()
}

/// A histogram in the notation of tests.
pub(crate) fn histogram(text: &str) -> Got {
    // What promtool prints it does not read back.
    let literal = parse_histogram(&text.replace("+Inf", "Inf")).expect("a histogram");
    Got::Histogram(Arc::new(literal.to_histogram()))
}

/// A result as sorted pairs of labels and value.
pub(crate) type Pairs = Vec<(Labels, Got)>;

/// The samples at one step of a result.
pub(crate) fn at_step(value: &Value, step: usize) -> Pairs {
    let mut pairs: Pairs = match value {
        Value::Scalar(values) => vec![(Labels::empty(), Got::Number(values[step]))],
        Value::Vector(columns) => columns
            .iter()
            .filter(|column| column.has(step))
            .map(|column| {
                let number = Got::Number(column.values[step]);
                let got = column.histogram(step).cloned().map_or(number, Got::Histogram);
                (column.labels.clone(), got)
            })
            .collect(),
        Value::Matrix(_) | Value::String(_) => Vec::new(),
    };
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs
}

pub(crate) fn instant(plan: &Plan, data: &Data, at: i64, options: &EvalOptions) -> Result<Pairs, EvalError> {
    let output = plan.eval(&data.storage, Grid::instant(at), options)?;
    Ok(at_step(&output.value, 0))
}

/// Whether two results have the same labels and bits; any NaN is like any other.
pub(crate) fn same(a: &Pairs, b: &Pairs) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.0 == y.0 && x.1.same(&y.1))
}

/// What a gate has counted.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) skipped_rules: usize,
    /// Equal for another order of the input series: promtool's own order is random.
    pub(crate) other_order: usize,
    /// Recorded with a later version that is known to compute this differently.
    pub(crate) later_version: usize,
    pub(crate) differences: Vec<String>,
}

impl Tally {
    pub(crate) fn report(&self, name: &str, least: usize) {
        eprintln!(
            "{name}: {} as recorded, {} of them for another order of series, {} differ; left out: {} need recorded \
             rules, {} a later version computes differently",
            self.passed,
            self.other_order,
            self.differences.len(),
            self.skipped_rules,
            self.later_version
        );
        for difference in self.differences.iter().take(60) {
            eprintln!("  {difference}");
        }
        assert!(
            self.differences.is_empty(),
            "{name}: {} differ",
            self.differences.len()
        );
        assert!(
            self.other_order <= 60,
            "{name}: {} only for another order",
            self.other_order
        );
        assert!(self.passed >= least, "{name}: only {} compared", self.passed);
    }
}
