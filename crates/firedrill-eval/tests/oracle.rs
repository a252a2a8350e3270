//! Holds the engine to what promtool 3.14 computed, bit for bit, at single instants and over several steps at once.

mod support;

use firedrill_eval::{EvalOptions, Grid, Plan};
use firedrill_promql::Features;
use firedrill_value::Labels;
use std::path::Path;
use support::{Assertion, Data, Group, Pairs, Tally, TestFile};

#[test]
fn real_rules_over_synthetic_series() {
    gate("oracle/eval", &Features::promtool_default(), 9_000);
}

#[test]
fn random_expressions() {
    gate("oracle/fuzz", &Features::promtool_default(), 3_000);
}

#[test]
fn random_expressions_with_experimental_functions() {
    gate("oracle/fuzz-experimental", &Features::all(), 700);
}

fn gate(folder: &str, features: &Features, least: usize) {
    let Some(folder) = support::shared(folder) else {
        return;
    };
    let mut tally = Tally::default();
    for path in support::files(&folder, "_test.yml") {
        let text = std::fs::read_to_string(&path).expect("file is readable");
        let file: TestFile = serde_yaml::from_str(&text).expect("a test file");
        let recorded = recorded_names(&folder, &file);
        let interval = support::millis(&file.evaluation_interval);
        for group in &file.tests {
            let data = support::load(
                &group.input_series,
                support::millis(&group.interval),
                last_tick(group, interval),
            );
            let options = support::options(interval);
            for assertion in &group.promql_expr_test {
                let name = path.file_name().map_or("".into(), |name| name.to_string_lossy());
                let result = check(assertion, &data, &recorded, &options, features, &mut tally);
                if let Err(difference) = result {
                    let at = &assertion.eval_time;
                    let expr = assertion.expr.replace('\n', " ");
                    tally
                        .differences
                        .push(format!("{name} {} {expr} at {at}: {difference}", group.name));
                }
            }
        }
    }
    tally.report(&folder.to_string_lossy(), least);
}

/// The last time at which promtool appends samples.
fn last_tick(group: &Group, interval: i64) -> i64 {
    let expressions = group.promql_expr_test.iter().map(|test| &test.eval_time);
    let alerts = group.alert_rule_test.iter().map(|test| &test.eval_time);
    let last = expressions.chain(alerts).map(|time| support::millis(time)).max();
    last.unwrap_or(0) / interval * interval
}

/// Names of series that rules write; without a runner there are none.
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

fn check(
    assertion: &Assertion,
    data: &Data,
    recorded: &[String],
    options: &EvalOptions,
    features: &Features,
    tally: &mut Tally,
) -> Result<(), String> {
    let expr = support::parse_expr(&assertion.expr, features)?;
    let plan = support::compile(&expr);
    let reads = |labels: &Labels| plan.selectors().iter().any(|selector| selector.matches(labels));
    if data.histograms.iter().any(reads) || assertion.exp_samples.iter().any(|e| e.histogram.is_some()) {
        tally.skipped_histograms += 1;
        return Ok(());
    }
    let rules = |name: &String| {
        plan.selectors()
            .iter()
            .any(|selector| selector.may_match_name(name))
    };
    if recorded.iter().any(rules) {
        tally.skipped_rules += 1;
        return Ok(());
    }
    let at = support::millis(&assertion.eval_time);
    let got = support::instant(&plan, data, at, options).map_err(|error| error.to_string())?;
    let mut expected: Pairs = assertion
        .exp_samples
        .iter()
        .map(|sample| (support::labels(&sample.labels), sample.value))
        .collect();
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    let equal =
        got.len() == expected.len() && got.iter().zip(&expected).all(|(a, b)| a.0 == b.0 && a.1 == b.1);
    if !equal {
        return Err(format!("expected {expected:?}, got {got:?}"));
    }
    if expected.is_empty() != got.is_empty() || (plan.reads_nothing(&data.storage) && !got.is_empty()) {
        return Err("said to read nothing".to_owned());
    }
    steps_agree(&plan, data, at, options)?;
    tally.passed += 1;
    Ok(())
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
