//! What the tests over recorded evaluations share: finding and reading the recordings.

use firedrill_eval::{EvalError, EvalOptions, Grid, Plan, PlanOptions, QueryKind, Samples, Storage, Value};
use firedrill_promql::{Expr, ExprKind, Features, parse};
use firedrill_value::{Duration, Labels, STALE_NAN, parse_float};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A folder beside the workspace, unless `FIREDRILL_SHARED` names its parent; `None`, with a note, where it is absent.
pub fn shared(name: &str) -> Option<PathBuf> {
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
pub fn files(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("folder is readable");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("entry is readable").path())
        .filter(|path| path.to_string_lossy().ends_with(suffix))
        .collect();
    files.sort();
    files
}

#[derive(Deserialize)]
pub struct TestFile {
    #[serde(default)]
    pub rule_files: Vec<String>,
    pub evaluation_interval: String,
    pub tests: Vec<Group>,
}

#[derive(Deserialize)]
pub struct Group {
    #[serde(default)]
    pub name: String,
    pub interval: String,
    pub input_series: Vec<InputSeries>,
    #[serde(default)]
    pub promql_expr_test: Vec<Assertion>,
    #[serde(default)]
    pub alert_rule_test: Vec<AlertTest>,
}

#[derive(Deserialize)]
pub struct InputSeries {
    pub series: String,
    pub values: String,
}

#[derive(Deserialize)]
pub struct AlertTest {
    pub eval_time: String,
}

#[derive(Deserialize)]
pub struct Assertion {
    pub expr: String,
    pub eval_time: String,
    #[serde(default)]
    pub exp_samples: Vec<Expected>,
}

#[derive(Deserialize)]
pub struct Expected {
    #[serde(default)]
    pub labels: String,
    #[serde(default)]
    pub value: f64,
    #[serde(default)]
    pub histogram: Option<String>,
}

/// The series of one group of tests.
pub struct Data {
    pub storage: Storage,
    /// Series that hold native histograms and so are not in the storage.
    pub histograms: Vec<Labels>,
}

pub fn millis(duration: &str) -> i64 {
    Duration::parse(duration).expect("a duration").millis()
}

pub fn load(series: &[InputSeries], interval: i64, horizon: i64) -> Data {
    let mut storage = Storage::new();
    let mut histograms = Vec::new();
    for InputSeries { series, values } in series {
        let labels = labels(series);
        let Some(values) = expand(values) else {
            histograms.push(labels);
            continue;
        };
        let samples: Samples = values
            .into_iter()
            .enumerate()
            .filter_map(|(at, value)| Some((at as i64 * interval, value?)))
            .filter(|(time, _)| *time <= horizon)
            .collect();
        storage.append_series(&labels, samples).expect("no conflict");
    }
    Data { storage, histograms }
}

/// The labels of `name{a="b"}`; `{}` has none.
pub fn labels(text: &str) -> Labels {
    if text.trim().is_empty() || text.trim() == "{}" {
        return Labels::empty();
    }
    let parsed = parse(text, &Features::all());
    let ExprKind::Selector(selector) = &parsed.expr.kind else {
        panic!("no labels: {text}");
    };
    let name = selector.name.iter().map(|name| ("__name__", &*name.text));
    let others = selector.matchers.iter().map(|m| (&*m.label.text, &*m.value));
    Labels::from_pairs(others.chain(name))
}

/// The values of series notation; `None` if there are native histograms among them.
fn expand(notation: &str) -> Option<Vec<Option<f64>>> {
    if notation.contains("{{") {
        return None;
    }
    let mut values = Vec::new();
    for item in notation.split_whitespace() {
        let (item, times) = match item.split_once('x') {
            Some((item, times)) => (item, times.parse().expect("a count")),
            None => (item, 0usize),
        };
        if item == "_" {
            values.extend(std::iter::repeat_n(None, times.max(1)));
        } else if item == "stale" {
            values.extend(std::iter::repeat_n(Some(STALE_NAN), times + 1));
        } else {
            let (start, step) = start_and_step(item);
            let mut value = start;
            for _ in 0..=times {
                values.push(Some(value));
                value += step;
            }
        }
    }
    Some(values)
}

fn start_and_step(item: &str) -> (f64, f64) {
    let number = |text: &str| parse_float(text).expect("a number");
    let sign = |at: &usize| {
        let before = item.as_bytes()[at - 1];
        matches!(item.as_bytes()[*at], b'+' | b'-') && !matches!(before, b'e' | b'E')
    };
    match (1..item.len()).find(sign) {
        Some(at) => (number(&item[..at]), number(&item[at..])),
        None => (number(item), 0.0),
    }
}

/// Parses an expression; `Err` with the first message.
pub fn parse_expr(text: &str, features: &Features) -> Result<Expr, String> {
    let parsed = parse(text, features);
    match parsed.errors.first() {
        None => Ok(parsed.expr),
        Some(error) => Err(error.promtool_message(text)),
    }
}

pub fn options(subquery_step: i64) -> EvalOptions {
    EvalOptions {
        kind: QueryKind::Instants,
        default_subquery_step: Duration::from_millis(subquery_step),
        ..EvalOptions::default()
    }
}

pub fn compile(expr: &Expr) -> Plan {
    Plan::compile(expr, &PlanOptions::default())
}

/// A result as sorted pairs of labels and value.
pub type Pairs = Vec<(Labels, f64)>;

/// The samples at one step of a result.
pub fn at_step(value: &Value, step: usize) -> Pairs {
    let mut pairs: Pairs = match value {
        Value::Scalar(values) => vec![(Labels::empty(), values[step])],
        Value::Vector(columns) => columns
            .iter()
            .map(|column| (column.labels.clone(), column.values[step]))
            .filter(|(_, value)| !firedrill_eval::is_absent(*value))
            .collect(),
        Value::Matrix(_) | Value::String(_) => Vec::new(),
    };
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs
}

pub fn instant(plan: &Plan, data: &Data, at: i64, options: &EvalOptions) -> Result<Pairs, EvalError> {
    let output = plan.eval(&data.storage, Grid::instant(at), options)?;
    Ok(at_step(&output.value, 0))
}

/// Whether two results have the same labels and bits; any NaN is like any other.
pub fn same(a: &Pairs, b: &Pairs) -> bool {
    let equal = |x: f64, y: f64| x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan();
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.0 == y.0 && equal(x.1, y.1))
}

/// What a gate has counted.
#[derive(Default)]
pub struct Tally {
    pub passed: usize,
    pub skipped_rules: usize,
    pub skipped_histograms: usize,
    pub differences: Vec<String>,
}

impl Tally {
    pub fn report(&self, name: &str, least: usize) {
        eprintln!(
            "{name}: {} as recorded, {} differ; left out: {} need recorded rules, {} need native histograms",
            self.passed,
            self.differences.len(),
            self.skipped_rules,
            self.skipped_histograms
        );
        for difference in self.differences.iter().take(20) {
            eprintln!("  {difference}");
        }
        assert!(
            self.differences.is_empty(),
            "{name}: {} differ",
            self.differences.len()
        );
        assert!(self.passed >= least, "{name}: only {} compared", self.passed);
    }
}
