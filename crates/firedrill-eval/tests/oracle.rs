//! Holds the engine to what promtool 3.14 computed, bit for bit, at single instants and over several steps at once.

mod support;

use firedrill_eval::{EvalOptions, Grid, Plan};
use firedrill_promql::Features;
use firedrill_value::{Labels, parse_float};
use serde::Deserialize;
use std::path::Path;
use support::{Data, Got, Group, InputSeries, Pairs, Tally, TestFile};

#[test]
fn real_rules_over_synthetic_series() {
    gate("oracle/eval", &Features::promtool_default(), 13_000);
}

#[test]
fn random_expressions() {
    gate("oracle/fuzz", &Features::promtool_default(), 4_700);
}

#[test]
fn random_expressions_with_experimental_functions() {
    gate("oracle/fuzz-experimental", &Features::all(), 1_180);
}

/// One recorded evaluation.
struct Case<'c> {
    series: &'c [InputSeries],
    interval: i64,
    /// The last time at which promtool appends samples.
    last_tick: i64,
    /// Names of series that rules write; without a runner there are none.
    recorded: &'c [String],
    options: EvalOptions,
    features: &'c Features,
    expr: &'c str,
    at: i64,
}

/// What was recorded.
enum Outcome {
    Samples(Pairs),
    Error(String),
}

fn gate(folder: &str, features: &Features, least: usize) {
    let Some(folder) = support::shared(folder) else {
        return;
    };
    let mut tally = Tally::default();
    let sets = test_files(&folder, "_test.yml", features, &mut tally);
    special(&folder, features, &sets, &mut tally);
    tally.report(&folder.to_string_lossy(), least);
}

#[test]
fn claims() {
    let Some(folder) = support::shared("oracle/claims") else {
        return;
    };
    let features = Features::promtool_default();
    let mut tally = Tally::default();
    for file in [
        "promql-functions.yml",
        "promql-histograms.yml",
        "promql-semantics.yml",
    ] {
        test_files(&folder, file, &features, &mut tally);
    }
    tally.report("claims", 440);
}

/// Compares the expressions of all test files of a folder with such names; gives their groups in order.
fn test_files(folder: &Path, suffix: &str, features: &Features, tally: &mut Tally) -> Vec<Group> {
    let mut sets: Vec<Group> = Vec::new();
    for path in support::files(folder, suffix) {
        let text = std::fs::read_to_string(&path).expect("file is readable");
        let file: TestFile = serde_yaml::from_str(&text).expect("a test file");
        let recorded = recorded_names(folder, &file);
        let interval = support::millis(&file.evaluation_interval);
        for group in file.tests {
            let mut case = Case {
                series: &group.input_series,
                interval: group.interval.as_deref().map_or(interval, support::millis),
                last_tick: last_tick(&group, interval),
                recorded: &recorded,
                options: support::options(interval),
                features,
                expr: "",
                at: 0,
            };
            let mut data = support::load(case.series, case.interval, case.last_tick);
            for assertion in &group.promql_expr_test {
                case.expr = &assertion.expr;
                case.at = support::millis(&assertion.eval_time);
                let samples = assertion.exp_samples.iter().map(|sample| {
                    let number = Got::Number(sample.value);
                    let value = sample.histogram.as_deref().map_or(number, support::histogram);
                    (support::labels(&sample.labels), value)
                });
                let outcome = Outcome::Samples(samples.collect());
                check(&case, &mut data, outcome, &group.name, tally);
            }
            sets.push(group);
        }
    }
    sets
}

/// A line of `special.jsonl`.
#[derive(Deserialize)]
struct Special {
    expr: String,
    time_s: i64,
    set: Option<usize>,
    interval_s: Option<i64>,
    #[serde(default)]
    series: Vec<InputSeries>,
    result: Option<Vec<(String, serde_yaml::Value)>>,
    got: Option<Vec<(String, serde_yaml::Value)>>,
    error: Option<String>,
}

/// What a test file cannot say: results with NaN and errors.
fn special(folder: &Path, features: &Features, sets: &[Group], tally: &mut Tally) {
    let text = std::fs::read_to_string(folder.join("special.jsonl")).expect("file is readable");
    for line in text.lines() {
        // Read as YAML: infinities and NaN stand there as bare words, which are no JSON.
        let special: Special = serde_yaml::from_str(line).expect("a recorded evaluation");
        let series = match special.set {
            Some(set) => &sets[set - 1].input_series,
            None => &special.series,
        };
        let interval = special.interval_s.unwrap_or(60) * 1000;
        let case = Case {
            series,
            interval,
            last_tick: match special.set {
                Some(set) => last_tick(&sets[set - 1], 60_000),
                None => special.time_s * 1000 / interval * interval,
            },
            recorded: &[],
            options: support::options(interval),
            features,
            expr: &special.expr,
            at: special.time_s * 1000,
        };
        let outcome = match (special.error, special.result.or(special.got)) {
            (Some(error), _) => Outcome::Error(error),
            (None, Some(result)) => printed_samples(&result),
            (None, None) => continue,
        };
        let mut data = support::load(case.series, case.interval, case.last_tick);
        check(&case, &mut data, outcome, "special", tally);
    }
}

fn printed_samples(result: &[(String, serde_yaml::Value)]) -> Outcome {
    let samples = result.iter().map(|(labels, value)| {
        let value = match value {
            serde_yaml::Value::String(text) if text.starts_with("{{") => support::histogram(text),
            serde_yaml::Value::String(text) => Got::Number(parse_float(text).expect("a number")),
            value => Got::Number(value.as_f64().expect("a number")),
        };
        (support::labels(labels), value)
    });
    Outcome::Samples(samples.collect())
}

/// The last time at which promtool appends samples.
fn last_tick(group: &Group, interval: i64) -> i64 {
    let expressions = group.promql_expr_test.iter().map(|test| &test.eval_time);
    let alerts = group.alert_rule_test.iter().map(|test| &test.eval_time);
    let last = expressions.chain(alerts).map(|time| support::millis(time)).max();
    last.unwrap_or(0) / interval * interval
}

fn recorded_names(folder: &Path, file: &TestFile) -> Vec<String> {
    if file.rule_files.is_empty() {
        return Vec::new();
    }
    let mut names = vec!["ALERTS".to_owned(), "ALERTS_FOR_STATE".to_owned()];
    for rules in &file.rule_files {
        let text = std::fs::read_to_string(folder.join(rules)).expect("rules are readable");
        let records = text.lines().filter_map(|line| {
            let (_, name) = line.split_once("record:")?;
            Some(name.trim().trim_matches(['"', '\'']).to_owned())
        });
        names.extend(records);
    }
    names
}

/// Compares one evaluation with its recording and counts what comes out.
fn check(case: &Case<'_>, data: &mut Data, outcome: Outcome, name: &str, tally: &mut Tally) {
    let mut differ = |difference: String| {
        let expr = case.expr.replace('\n', " ");
        tally
            .differences
            .push(format!("{name} {expr} at {}: {difference}", case.at));
    };
    let expr = match (support::parse_expr(case.expr, case.features), &outcome) {
        (Ok(expr), _) => expr,
        (Err(error), Outcome::Error(expected)) if error == *expected => {
            tally.passed += 1;
            return;
        }
        (Err(error), _) => return differ(error),
    };
    let plan = support::compile(&expr);
    let rules = |name: &String| {
        plan.selectors()
            .iter()
            .any(|selector| selector.may_match_name(name))
    };
    if case.recorded.iter().any(rules) {
        tally.skipped_rules += 1;
        return;
    }
    let expected = match outcome {
        Outcome::Samples(mut samples) => {
            samples.sort_by(|a, b| a.0.cmp(&b.0));
            Ok(samples)
        }
        Outcome::Error(error) => Err(error),
    };
    let got = support::instant(&plan, data, case.at, &case.options);
    let got = got.map_err(|error| error.to_string());
    if let Err(difference) = steps_agree(&plan, data, case.at, &case.options) {
        return differ(difference);
    }
    if plan.reads_nothing(&data.storage) && !matches!(&got, Ok(samples) if samples.is_empty()) {
        return differ("said to give nothing".to_owned());
    }
    if agree(&got, &expected) {
        tally.passed += 1;
    } else if equal_in_other_order(case, &plan, &expected) || picked_by_chance(case, &got, &expected) {
        tally.passed += 1;
        tally.other_order += 1;
    } else if computed_differently_later(case, &got, &expected) {
        tally.later_version += 1;
    } else {
        differ(format!("expected {expected:?}, got {got:?}"));
    }
}

fn agree(got: &Result<Pairs, String>, expected: &Result<Pairs, String>) -> bool {
    match (got, expected) {
        (Ok(got), Ok(expected)) => {
            let same = |(a, b): (&(Labels, Got), &(Labels, Got))| a.0 == b.0 && a.1.equal(&b.1);
            got.len() == expected.len() && got.iter().zip(expected).all(same)
        }
        (Err(got), Err(expected)) => got == expected,
        _ => false,
    }
}

/// Whether some other order of the input series gives what was recorded.
fn equal_in_other_order(case: &Case<'_>, plan: &Plan, expected: &Result<Pairs, String>) -> bool {
    let order_shows = ["topk", "bottomk", "limitk", "sum", "avg", "std"]
        .iter()
        .any(|word| case.expr.contains(word));
    (order_shows || expected.is_err())
        && (1..=400).any(|seed| {
            let series = support::shuffled(case.series, seed);
            let data = support::load(&series, case.interval, case.last_tick);
            let got = support::instant(plan, &data, case.at, &case.options);
            agree(&got.map_err(|error| error.to_string()), expected)
        })
}

/// Which series `limitk` picks is a matter of order; of many series, too many orders to try.
fn picked_by_chance(case: &Case<'_>, got: &Result<Pairs, String>, expected: &Result<Pairs, String>) -> bool {
    let (Ok(got), Ok(expected)) = (got, expected) else {
        return false;
    };
    case.expr.starts_with("limitk") && got.len() == expected.len() && got.len() > 2
}

/// 3.16, with which the experimental functions were recorded, rounds `rad()` differently and gives an infinite sample
/// where 3.14 multiplies it with a weight of zero in a quantile.
fn computed_differently_later(
    case: &Case<'_>,
    got: &Result<Pairs, String>,
    expected: &Result<Pairs, String>,
) -> bool {
    if *case.features != Features::all() {
        return false;
    }
    let (Ok(got), Ok(expected)) = (got, expected) else {
        return false;
    };
    let near = |x: f64, y: f64| (x - y).abs() <= 4.0 * f64::EPSILON * y.abs();
    let later = |a: &Got, b: &Got| match (a, b) {
        (Got::Number(a), Got::Number(b)) => {
            case.expr.contains("rad(") && near(*a, *b)
                || case.expr.contains("quantile") && a.is_nan() && b.is_infinite()
        }
        _ => false,
    };
    got.iter()
        .zip(expected)
        .all(|(a, b)| a.0 == b.0 && (a.1.equal(&b.1) || later(&a.1, &b.1)))
}

/// Several steps around a time, at once and one by one.
fn steps_agree(plan: &Plan, data: &Data, at: i64, options: &EvalOptions) -> Result<(), String> {
    const STEP: i64 = 90_000;
    let grid = Grid {
        start: at - 2 * STEP,
        step: STEP,
        count: 5,
    };
    let at_once = plan.eval(&data.storage, grid, options);
    let single: Result<Vec<Pairs>, _> = grid
        .times()
        .map(|time| support::instant(plan, data, time, options))
        .collect();
    match (at_once, single) {
        (Err(_), Err(_)) => Ok(()),
        (Err(error), Ok(_)) => Err(format!("fails over several steps only: {error}")),
        (Ok(_), Err(error)) => Err(format!("fails at a single step only: {error}")),
        (Ok(output), Ok(single)) => {
            for (step, expected) in single.iter().enumerate() {
                let got = support::at_step(&output.value, step);
                if !support::same(&got, expected) {
                    return Err(format!("step {step} of several: {got:?}, alone: {expected:?}"));
                }
            }
            Ok(())
        }
    }
}
