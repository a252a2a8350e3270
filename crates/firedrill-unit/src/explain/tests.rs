//! Reasons, told from small tests: each must be the cause, and doubtful ones must not be told.

use crate::{CompileOptions, CompiledFile, Event, Failure, RunOptions, Suite, Timeline, run};
use firedrill_model::{ReadOptions, read_rule_file, read_test_file};
use firedrill_promql::Features;
use firedrill_source::{SourceFile, Sources};
use std::sync::Arc;

/// The failures of a test of these rules.
fn failures(rules: &str, test: &str) -> Vec<Failure> {
    let mut sources = Sources::new();
    let ids = [rules, test].map(|text| sources.add(SourceFile::new("x.yml", text)));
    let options = ReadOptions::default();
    let rule_file = read_rule_file(ids[0], rules, &options);
    assert!(rule_file.accepted, "{rules}");
    let test_file = read_test_file(ids[1], test, &options);
    assert!(test_file.accepted, "{test}");
    let compile = CompileOptions {
        engine_features: Features::promtool_default(),
    };
    let suite = Suite {
        file: &test_file.file,
        rules: vec![Arc::new(CompiledFile::compile(
            &rule_file.file,
            "x.yml",
            &compile,
        ))],
    };
    let mut failures = Vec::new();
    run(&suite, &RunOptions::default(), &|_| true, &mut |event| {
        if let Event::Failed { failure, .. } = event {
            failures.push(*failure);
        }
    });
    failures
}

/// The reasons why the alert `A` with these labels does not fire at 10m.
fn why(expr: &str, series: &[&str], labels: &str) -> Vec<String> {
    let rules = format!("groups: [{{name: g, rules: [{{alert: A, expr: '{expr}'}}]}}]");
    why_of(&rules, series, labels)
}

fn test_text(series: &[&str]) -> String {
    let mut test = "tests:\n- input_series:\n".to_owned();
    for line in series {
        let (series, values) = line.split_once("  ").expect("two blanks before the values");
        test.push_str(&format!("  - {{series: '{series}', values: '{values}'}}\n"));
    }
    test
}

fn why_of(rules: &str, series: &[&str], labels: &str) -> Vec<String> {
    let mut test = test_text(series);
    test.push_str(&format!(
        "  alert_rule_test: [{{eval_time: 10m, alertname: A, exp_alerts: [{{exp_labels: {{{labels}}}}}]}}]\n"
    ));
    match failures(rules, &test).as_slice() {
        [Failure::Alert(mismatch)] => mismatch.reasons.clone(),
        other => panic!("not one alert: {other:?}"),
    }
}

/// Why an alert of this expression fires although none is expected.
fn why_firing(expr: &str, series: &[&str]) -> Vec<String> {
    let rules = format!("groups: [{{name: g, rules: [{{alert: A, expr: '{expr}'}}]}}]");
    let mut test = test_text(series);
    test.push_str("  alert_rule_test: [{eval_time: 10m, alertname: A}]\n");
    match failures(&rules, &test).as_slice() {
        [Failure::Alert(mismatch)] => mismatch.reasons.clone(),
        other => panic!("not one alert: {other:?}"),
    }
}

/// Why a sample is missing at 10m.
fn why_sample(expr: &str, series: &[&str], labels: &str) -> Vec<String> {
    let mut test = test_text(series);
    test.push_str(&format!(
        "  promql_expr_test: [{{expr: '{expr}', eval_time: 10m, exp_samples: [{{labels: '{labels}', value: 1}}]}}]\n"
    ));
    match failures("groups: []", &test).as_slice() {
        [Failure::Expr(mismatch)] => mismatch.reasons.clone(),
        other => panic!("not one expression: {other:?}"),
    }
}

#[test]
fn comparisons_tell_the_value_that_they_refuse() {
    assert_eq!(why("x > 5", &["x  3x20"], ""), ["`x` is 3 at 10m, not > 5"]);
    assert_eq!(why("5 < x", &["x  3x20"], ""), ["`x` is 3 at 10m, not > 5"]);
    assert_eq!(
        why("x > 3", &["x  3x20"], ""),
        ["`x` is 3 at 10m, not > 3 (equal is not enough)"]
    );
    assert_eq!(
        why("x / x > 3", &["x  0x20"], ""),
        ["`x / x` is NaN at 10m, not > 3 (no comparison with NaN holds)"]
    );
    assert_eq!(
        why("x > on () limit", &["x  3x20", "limit  4x20"], ""),
        ["`x` is 3 at 10m, not > 4, which is `limit`"]
    );
    assert_eq!(
        why("x > 5.0000001", &["x  5.00000005x20"], ""),
        ["`x` is 5.00000005 at 10m, not > 5.0000001"]
    );
}

#[test]
fn only_series_that_may_become_the_alert_are_looked_at() {
    let series = ["x{a=\"1\"}  9x20", "x{a=\"2\"}  3x20"];
    assert_eq!(why("x > 5", &series, "a: \"2\""), ["`x` is 3 at 10m, not > 5"]);
    assert_eq!(
        why("x{b=\"\"} > 5", &series[..1], "a: \"2\""),
        ["no series of x{b=\"\"} has a=\"2\"; the only one has a=\"1\""]
    );
}

#[test]
fn operators_name_the_operand_that_is_empty() {
    let x = "x{a=\"1\"}  9x20";
    assert_eq!(
        why("x > 5 and on (a) y > 1", &[x, "y{a=\"1\"}  0x20"], "a: \"1\""),
        ["the right side of `and`, `y > 1`, gives nothing: `y` is 0 at 10m, not > 1"]
    );
    assert_eq!(
        why("y > 1 and on (a) x > 5", &[x, "y{a=\"1\"}  0x20"], "a: \"1\""),
        ["`y` is 0 at 10m, not > 1"]
    );
    assert_eq!(
        why("x > 5 unless on (a) y == 0", &[x, "y{a=\"1\"}  0x20"], "a: \"1\""),
        ["`unless` takes it away at 10m: its right side has y{a=\"1\"}"]
    );
    assert_eq!(
        why("x > 50 or x == 1", &[x], "a: \"1\""),
        ["`x` is 9 at 10m, not > 50", "`x` is 9 at 10m, not == 1"]
    );
    assert_eq!(
        why("x * y > 5", &[x, "y{a=\"1\", b=\"2\"}  1x20"], "a: \"1\""),
        ["`*` finds no partner at 10m: the left side has no b, the right side b=\"2\""]
    );
}

#[test]
fn selectors_name_what_excludes_the_nearest_series() {
    assert_eq!(
        why("visits > 5", &["visit  9x20"], ""),
        ["there is no series named visits; did you mean visit?"]
    );
    assert_eq!(
        why("x{job=\"api\"} > 5", &["x{job=\"web\"}  9x20"], ""),
        ["job=\"api\" excludes the only series of x, which has job=\"web\""]
    );
    assert_eq!(
        why("x{job=~\"api\"} > 5", &["x{job=\"api-1\"}  9x20"], ""),
        [
            "job=~\"api\" excludes the only series of x, which has job=\"api-1\" (a regex must match the whole value)"
        ]
    );
    assert_eq!(
        why("x{job=\"api\"} > 5", &["x{env=\"test\"}  9x20"], ""),
        ["job=\"api\" excludes the only series of x, which has no label job"]
    );
}

#[test]
fn series_that_are_over_or_yet_to_come_are_told() {
    assert_eq!(
        why("x > 5", &["x  9x3 stale"], "").first().unwrap(),
        "x ended (stale) at 4m"
    );
    assert_eq!(
        why("x > 5", &["x  9x3"], "").first().unwrap(),
        "the last sample of x is from 3m, 7m before 10m; selectors look back less than 5m"
    );
    assert_eq!(
        why("rate(x[1m]) > 5", &["x  0+9x20"], ""),
        ["rate() needs two samples in [1m]; at 10m there is one"]
    );
    assert_eq!(
        why("rate(x[2m]) > 5", &["x  9x3"], ""),
        ["the last sample of x is from 3m, 7m before 10m; a window of 2m does not reach it"]
    );
    assert_eq!(
        why("absent(x)", &["x  1x20"], ""),
        ["absent() gives nothing at 10m: x is there"]
    );
}

#[test]
fn recorded_series_are_followed_to_their_rule() {
    let rules = "groups:\n- name: g\n  rules:\n  - {record: r, expr: sum by (a) (x) > 5}\n  - {alert: A, expr: r > 7}\n";
    assert_eq!(
        why_of(rules, &["x{a=\"1\"}  1x20"], "a: \"1\""),
        ["the rule that records r gives nothing: `sum by (a) (x)` is 1 at 10m, not > 5"]
    );
    // Written after it is read: at its own tick the alert saw the value before.
    let late = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: r > 7}\n  - {record: r, expr: x}\n";
    assert_eq!(
        why_of(late, &["x  0x9 9"], ""),
        [
            "the rule runs before r is recorded, and sees its value of one evaluation earlier; move it before this rule"
        ]
    );
    assert_eq!(why_of(late, &["x  0x20"], ""), Vec::<String>::new());
}

#[test]
fn pending_alerts_say_how_long_is_left() {
    let rules = "groups: [{name: g, rules: [{alert: A, expr: x > 5, for: 4m}]}]";
    assert_eq!(
        why_of(rules, &["x  0x7 9x20"], ""),
        [
            "pending since 8m, and `for: 4m` is not over at 10m: it fires at 12m, 2m later, if the expression holds until then"
        ]
    );
    let reasons = why_of(rules, &["x  9x3 0x20"], "");
    assert_eq!(
        reasons,
        [
            "`x` is 0 at 10m, not > 5",
            "it was pending from 0s to 3m, too short for `for: 4m`"
        ]
    );
}

#[test]
fn unexpected_alerts_say_what_holds() {
    assert_eq!(
        why_firing("x > 5", &["x  9x20"]),
        ["it fires: `x` is 9 at 10m, > 5; it has held since 0s"]
    );
    assert_eq!(
        why_firing("absent(x)", &[]),
        ["it fires: `x` finds nothing; it has held since 0s"]
    );
}

#[test]
fn expressions_are_explained_like_rules() {
    assert_eq!(
        why_sample("sum by (a) (x)", &["x{a=\"1\"}  1x20"], "{a=\"2\"}"),
        ["no series of x has a=\"2\"; the only one has a=\"1\""]
    );
    // A label that the function makes is not looked for in its input.
    assert_eq!(
        why_sample(
            "label_replace(x, \"a\", \"2\", \"\", \"\") > 5",
            &["x{a=\"1\"}  1x20"],
            "x{a=\"2\"}"
        ),
        ["`label_replace(x, \"a\", \"2\", \"\", \"\")` is 1 at 10m, not > 5"]
    );
}

#[test]
fn what_is_not_certain_is_not_told() {
    // The name is the only difference, and the differences say so.
    assert_eq!(
        why_sample("rate(x[5m])", &["x  0+60x20"], "x"),
        Vec::<String>::new()
    );
    // A subquery with a fixed time may look anywhere.
    assert_eq!(
        why_sample("max_over_time((x > 5)[5m:1m] @ 60)", &["x  1x20"], ""),
        Vec::<String>::new()
    );
}

fn timeline(rules: &str, series: &[&str]) -> Timeline {
    let mut test = test_text(series);
    test.push_str(
        "  alert_rule_test: [{eval_time: 10m, alertname: A, exp_alerts: [{exp_labels: {no: such}}]}]\n",
    );
    match failures(rules, &test).remove(0) {
        Failure::Alert(mut mismatch) => mismatch.timelines.remove(0),
        other => panic!("no alert: {other:?}"),
    }
}

#[test]
fn timelines_hold_what_is_compared_also_where_it_never_fires() {
    let rules = "groups: [{name: g, rules: [{alert: A, expr: 'x > on () group_left limit', for: 2m}]}]";
    let timeline = timeline(rules, &["x{a=\"1\"}  0+1x20", "x{a=\"2\"}  1x20", "limit  7x20"]);
    assert_eq!(timeline.rows.len(), 11);
    assert_eq!(timeline.tested(), Some(10));
    assert_eq!(timeline.series.len(), 2);
    let of = |value: &str| {
        timeline
            .series
            .iter()
            .find(|it| it.labels.get("a") == value)
            .unwrap()
    };
    let states: String = of("1").states.iter().map(|state| &state.name()[..1]).collect();
    assert_eq!(states, "iiiiiiiippf");
    assert_eq!(of("1").thresholds, [Some(7.0); 11]);
    assert_eq!(
        of("1").values[3].as_ref().and_then(crate::Reading::number),
        Some(3.0)
    );
    assert!(of("2").states.iter().all(|state| !state.is_active()));
    assert!(of("2").values.iter().all(Option::is_some));
}

#[test]
fn subqueries_are_told_of_all_their_steps() {
    let level = &["level{a=\"1\"}  0 1 2 4 3 2 1 0 0 0 0"][..];
    // The window is open on the left: 2m to 10m.
    assert_eq!(
        why("max_over_time((level > 5)[9m:1m]) > 0", level, "a: 1"),
        [
            "`level > 5` is false at all 9 steps of the subquery, to 10m: the nearest value of `level` is 4, at 3m",
        ]
    );
    assert_eq!(
        why("max_over_time((5 < level)[7m:2m] offset 1m) > 0", level, "a: 1"),
        [
            "`5 < level` is false at all 3 steps of the subquery, to 8m: the nearest value of `level` is 3, at 4m",
        ]
    );
    assert_eq!(
        why("max_over_time((level > 5)[30s:1m]) > 0", level, "a: 1"),
        [
            "`level > 5` is false at the only step of the subquery, 10m: the nearest value of `level` is 0, at 10m",
        ]
    );
    assert_eq!(
        why("max_over_time((level unless level)[3m:1m]) > 0", level, "a: 1")[0],
        "`level unless level` gives nothing at all 3 steps of the subquery, to 10m",
    );
    // What holds at any time comes first, and what is there at one step is not denied.
    assert!(
        why("max_over_time((gone > 5)[3m:1m]) > 0", level, "a: 1")[0]
            .starts_with("there is no series named gone")
    );
    let reasons = why("max_over_time((level > 3)[9m:1m]) > 5", level, "a: 1");
    assert!(!reasons.iter().any(|it| it.contains("subquery")), "{reasons:?}");
}
