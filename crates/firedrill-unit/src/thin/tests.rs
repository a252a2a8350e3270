//! What may be left out of a test, case by case.

use super::Thinning;
use crate::compare::GotAlert;
use crate::compile::{CompileOptions, CompiledFile};
use crate::run::{Case, Ran, RunOptions, Suite, Verdict, name_of, samples_at};
use crate::schedule::ordered_rules;
use firedrill_eval::{Guard, Plan, PlanOptions};
use firedrill_model::{ReadOptions, read_rule_file, read_test_file};
use firedrill_promql::Features;
use firedrill_source::{SourceFile, Sources};
use proptest::prelude::*;
use std::sync::Arc;

/// A test of many ticks, a minute apart, and what the rules and assertions are.
#[derive(Debug)]
struct Written {
    rules: String,
    test: String,
    max_samples: Option<usize>,
}

impl Written {
    /// Rules on lines of their own, without the dash; assertions likewise, as `ALERT at 5m` or `EXPR at 5m`.
    fn new(rules: &[&str], assertions: &[&str]) -> Self {
        let input = [("a", "0+1x300"), ("b{job=\"x\"}", "0+2x300")];
        Self::over(rules, assertions, &input)
    }

    fn over(rules: &[&str], assertions: &[&str], input: &[(&str, &str)]) -> Self {
        let mut text = "groups:\n- name: g\n  rules:\n".to_owned();
        for rule in rules {
            text.push_str(&format!("  - {{{rule}}}\n"));
        }
        let mut test =
            "rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n"
                .to_owned();
        for (series, values) in input {
            test.push_str(&format!("  - {{series: '{series}', values: '{values}'}}\n"));
        }
        let (mut alerts, mut exprs) = (String::new(), String::new());
        for assertion in assertions {
            let (what, at) = assertion.rsplit_once(" at ").unwrap();
            if what.starts_with("A") && what.len() == 2 {
                alerts.push_str(&format!("  - {{alertname: {what}, eval_time: {at}}}\n"));
            } else {
                exprs.push_str(&format!("  - {{expr: '{what}', eval_time: {at}}}\n"));
            }
        }
        if !alerts.is_empty() {
            test.push_str(&format!("  alert_rule_test:\n{alerts}"));
        }
        if !exprs.is_empty() {
            test.push_str(&format!("  promql_expr_test:\n{exprs}"));
        }
        Written {
            rules: text,
            test,
            max_samples: None,
        }
    }

    /// Evaluates the rules and shows what came of it.
    fn evaluate<R>(&self, thinning: Thinning, show: impl FnOnce(&Case<'_>, Ran<'_>) -> R) -> R {
        let mut sources = Sources::new();
        let rules_id = sources.add(SourceFile::new("rules.yml", &*self.rules));
        let test_id = sources.add(SourceFile::new("test.yml", &*self.test));
        let read = read_rule_file(rules_id, &self.rules, &ReadOptions::default());
        let tests = read_test_file(test_id, &self.test, &ReadOptions::default());
        assert!(read.accepted && tests.accepted, "{}\n{}", self.rules, self.test);
        let compile = CompileOptions {
            engine_features: Features::promtool_default(),
        };
        let suite = Suite {
            file: &tests.file,
            rules: vec![Arc::new(CompiledFile::compile(&read.file, "rules.yml", &compile))],
        };
        let rules = ordered_rules(&suite, false);
        let case = Case {
            file: suite.file,
            test: &suite.file.tests[0],
            rules: &rules,
            options: &RunOptions {
                max_samples: self.max_samples,
                ..RunOptions::default()
            },
            guard: Guard::NONE,
            name: None,
        };
        let ran = case.evaluate(thinning, &mut |verdict| match verdict {
            Verdict::Failed(failure) => panic!("{failure:?}"),
            _ => panic!("told something"),
        });
        show(&case, ran.unwrap())
    }

    /// At which ticks each rule is evaluated.
    fn ticks(&self) -> Vec<String> {
        self.evaluate(Thinning::Ticks, |case, ran| {
            let told = |index: usize| match ran.engine.only.get(index) {
                _ if ran.left_out.get(index) == Some(&true) => "never".to_owned(),
                None | Some(None) => "all".to_owned(),
                Some(Some(set)) => {
                    let range = |it: &std::ops::Range<usize>| match it.len() {
                        1 => it.start.to_string(),
                        _ => format!("{}-{}", it.start, it.end - 1),
                    };
                    set.ranges().iter().map(range).collect::<Vec<_>>().join(" ")
                }
            };
            (0..case.rules.len()).map(told).collect()
        })
    }

    /// All that the assertions see, down to the bits.
    fn seen(&self, thinning: Thinning) -> Vec<String> {
        self.evaluate(thinning, |case, ran| {
            let mut seen = vec![format!("{:?} {:?}", ran.outcome.abort_tick, ran.outcome.errors)];
            for test in &case.test.alert_tests {
                let tick = usize::try_from(test.eval_time.value.millis() / 60_000).unwrap();
                for (it, run) in case.rules.iter().zip(&ran.outcome.alerts) {
                    let Some(run) = run.as_ref().filter(|_| *it.rule.name == *name_of(test)) else {
                        continue;
                    };
                    for state in [
                        firedrill_model::ExpectedState::Firing,
                        firedrill_model::ExpectedState::Pending,
                    ] {
                        let mut got: Vec<GotAlert> = ran.engine.in_state(it, run, tick, state);
                        got.sort_by(|a, b| a.labels.cmp(&b.labels));
                        seen.push(format!("{} {tick} {state:?} {got:?}", name_of(test)));
                    }
                }
            }
            for test in &case.test.expr_tests {
                let plan = Plan::compile(&test.expr.expr, &PlanOptions::default());
                let text = &test.expr.source.text;
                let at = test.eval_time.value.millis() + case.test.start;
                let mut got: Vec<String> = match samples_at(&plan, text, &ran.engine, at) {
                    Ok(got) => got
                        .iter()
                        .map(|it| format!("{} {:x}", it.labels, it.value.to_bits()))
                        .collect(),
                    Err(error) => vec![error],
                };
                got.sort();
                seen.push(format!("{text} {at} {got:?}"));
            }
            seen
        })
    }

    /// Checks at which ticks the rules are evaluated, and that nothing else is seen at them.
    fn needs(&self, ticks: &[&str]) {
        assert_eq!(self.ticks(), ticks);
        assert_eq!(self.seen(Thinning::Ticks), self.seen(Thinning::Nothing));
    }
}

#[test]
fn an_alert_without_for_needs_the_ticks_that_are_tested() {
    let rules = ["alert: A1, expr: a > 100"];
    Written::new(&rules, &["A1 at 50m", "A1 at 250m"]).needs(&["50 250"]);
    // Between evaluations the state of the last one stands.
    Written::new(&rules, &["A1 at 250m30s"]).needs(&["250"]);
    // What is near costs less than to begin again.
    Written::new(&rules, &["A1 at 220m", "A1 at 250m"]).needs(&["220-250"]);
    Written::new(&rules, &["A1 at 10m"]).needs(&["all"]);
}

#[test]
fn an_alert_with_for_needs_as_much_as_it_takes_to_fire() {
    let rules = ["alert: A1, expr: a > 98, for: 10m"];
    Written::new(&rules, &["A1 at 100m", "A1 at 250m"]).needs(&["90-100 240-250"]);
    Written::new(&["alert: A1, expr: a > 98, for: 90s"], &["A1 at 100m"]).needs(&["98-100"]);
    Written::new(&rules, &["A1 at 5m", "A1 at 108m"]).needs(&["0-5 98-108"]);
}

#[test]
fn an_alert_that_is_kept_needs_all_that_was_before() {
    let rules = ["alert: A1, expr: a > 50 < 60, keep_firing_for: 1h"];
    Written::new(&rules, &["A1 at 100m", "a at 250m"]).needs(&["0-100"]);
}

#[test]
fn a_recording_rule_needs_the_lookback_before_each_reader() {
    let rules = ["record: r, expr: a * 2", "alert: A1, expr: r > 100"];
    Written::new(&rules, &["A1 at 50m", "A1 at 250m"]).needs(&["45-50 245-250", "50 250"]);
    // The series ends; what is left of it is a marker at the next evaluation.
    let rules = ["record: r, expr: a < 200", "alert: A1, expr: r > 0"];
    for minute in [199, 200, 201, 204, 205, 206] {
        let (alert, first) = (format!("A1 at {minute}m"), minute - 5);
        Written::new(&rules, &[&alert, "a at 280m"])
            .needs(&[&format!("{first}-{minute}"), &minute.to_string()]);
    }
}

#[test]
fn windows_offsets_and_subqueries_reach_further_back() {
    let at = ["A1 at 250m"];
    let reader = |expr: &str| format!("alert: A1, expr: '{expr} > 0'");
    for (expr, first, last) in [
        ("rate(r[20m])", 230, 250),
        ("r offset 1h", 185, 190),
        ("rate(r[20m] offset 1h)", 170, 190),
        ("r + r offset 30m", 215, 250),
    ] {
        let ticks = format!("{first}-{last}");
        Written::new(&["record: r, expr: a", &reader(expr)], &at).needs(&[&ticks, "250"]);
    }
    // The assertion reads so itself.
    for (expr, ticks) in [
        ("max_over_time(r[30m:1m]) at 250m30s", "216-250"),
        ("max_over_time(r[30m:1m] offset 10m) at 250m", "205-240"),
        ("r offset -10m at 200m", "205-210"),
        ("r @ 6000 at 250m", "all"),
        ("r at 50m", "45-50"),
    ] {
        Written::new(&["record: r, expr: a"], &[expr, "a at 299m"]).needs(&[ticks]);
    }
}

#[test]
fn a_chain_of_rules_adds_up() {
    let rules = [
        "record: r, expr: 'rate(a[10m])'",
        "record: s, expr: 'max_over_time(r[10m])'",
        "alert: A1, expr: s > 0, for: 5m",
        "record: t, expr: s * 2",
    ];
    Written::new(&rules, &["A1 at 250m"]).needs(&["230-250", "240-250", "245-250", "never"]);
    Written::new(&rules, &["A1 at 250m", "t at 100m"]).needs(&[
        "80-100 230-250",
        "90-100 240-250",
        "245-250",
        "95-100",
    ]);
}

#[test]
fn a_rule_that_may_fail_runs_at_all_ticks_with_all_that_it_reads() {
    let rules = [
        "record: r, expr: a",
        "record: s, expr: a",
        "alert: A2, expr: 'r * on () group_left b'",
        "alert: A1, expr: 's > 0 and on () b'",
    ];
    Written::new(&rules, &["A1 at 250m"]).needs(&["all", "245-250", "all", "250"]);
    // Two rules write the same series.
    let rules = [
        "record: r, expr: a",
        "record: r, expr: a",
        "alert: A1, expr: r > 0",
    ];
    Written::new(&rules, &["A1 at 250m"]).needs(&["all", "all", "all"]);
}

#[test]
fn a_rule_that_fails_at_a_tick_nobody_looks_at_fails() {
    let rules = ["alert: A1, expr: a > 0", "record: r, expr: 'a * on () b'"];
    let input = [("a", "1x300"), ("b{job=\"x\"}", "1x300"), ("b", "_x100 1 stale")];
    let written = Written::over(&rules, &["A1 at 250m"], &input);
    written.needs(&["250", "all"]);
    assert!(written.seen(Thinning::Ticks)[0].starts_with("Some(100)"));
}

#[test]
fn a_rule_that_may_hold_too_many_samples_runs_at_all_ticks() {
    let rules = ["alert: A1, expr: 'rate(a[10m]) > 0'", "alert: A2, expr: a > 0"];
    let mut written = Written::new(&rules, &["A1 at 250m", "A2 at 250m"]);
    for (most, ticks) in [(12, ["250", "250"]), (11, ["all", "250"]), (1, ["all", "all"])] {
        written.max_samples = Some(most);
        written.needs(&ticks);
    }
    // Nine samples and a result are held until the windows are full.
    let failing = |most| {
        let mut written = Written::new(&rules, &["A1 at 250m"]);
        written.max_samples = Some(most);
        written.seen(Thinning::Ticks)[0].starts_with("Some(9)")
    };
    assert!(failing(10) && !failing(11));
}

#[test]
fn readers_of_alerts_look_at_states() {
    let rules = ["alert: A1, expr: a > 100", "alert: A2, expr: a > 100, for: 10m"];
    let read = |expr: &str| Written::new(&rules, &[expr, "a at 280m"]);
    read("ALERTS{alertname=\"A1\"} at 250m").needs(&["245-250", "never"]);
    read("ALERTS{alertname=\"A2\"} at 250m").needs(&["never", "0-250"]);
    read("ALERTS at 102m").needs(&["97-102", "0-102"]);
    read("ALERTS_FOR_STATE at 250m").needs(&["0-250", "0-250"]);
    let firing = "count_over_time(ALERTS{alertname=\"A1\"}[10m]) at 250m";
    read(firing).needs(&["240-250", "never"]);
    // Written or not, the states that somebody looks at are the same.
    Written::new(
        &rules,
        &["A2 at 250m", "ALERTS{alertname=\"A1\"} at 250m", "a at 280m"],
    )
    .needs(&["245-250", "0-250"]);
    // These two write the same series.
    let twins = ["alert: A1, expr: a > 100", "alert: A1, expr: a > 200"];
    Written::new(&twins, &["ALERTS at 250m"]).needs(&["all", "all"]);
    let told_apart = [
        "alert: A1, expr: a > 100, labels: {severity: low}",
        "alert: A1, expr: a > 200, labels: {severity: high}",
    ];
    Written::new(&told_apart, &["ALERTS at 250m"]).needs(&["245-250", "245-250"]);
    let reader = [
        "alert: A1, expr: a > 100",
        "record: r, expr: 'ALERTS{alertname=\"A1\"}'",
        "alert: A2, expr: a > 0",
    ];
    Written::new(&reader, &["A2 at 250m"]).needs(&["all", "all", "250"]);
}

#[test]
fn an_order_that_counts_is_that_of_all_ticks() {
    // Over the whole test the group of y is the first, for its series is.
    let input = [
        ("a{job=\"y\", i=\"1\"}", "1e16x100 stale"),
        ("a{job=\"x\"}", "-1e16x300"),
        ("a{job=\"z\"}", "1x300"),
        ("a{job=\"y\", i=\"2\"}", "1e16x300"),
    ];
    let at = ["A1 at 50m", "A1 at 250m"];
    let rules = [
        "record: r, expr: sum by (job) (a)",
        "alert: A1, expr: 'stddev(r) > 0'",
    ];
    Written::over(&rules, &at, &input).needs(&["all", "50 250"]);
    // Without groups there is one order, if nothing is left out between.
    let rules = ["record: r, expr: a > 0", "alert: A1, expr: 'sum(r) > 0'"];
    Written::over(&rules, &at, &input).needs(&["45-250", "50 250"]);
    let rules = ["alert: A1, expr: 'sum(sum by (job) (a)) >= 0'"];
    Written::over(&rules, &at, &input).needs(&["all"]);
    // It counts through rules that pass it on, for the reader of a reader.
    let rules = [
        "record: r, expr: sum by (job) (a)",
        "record: s, expr: r * 2",
        "alert: A1, expr: 'avg(s) > 0'",
    ];
    Written::over(&rules, &at, &input).needs(&["all", "45-250", "50 250"]);
    let rules = [
        "record: r, expr: sum by (job) (a)",
        "alert: A1, expr: 'count(r) > 0'",
    ];
    Written::over(&rules, &at, &input).needs(&["45-50 245-250", "50 250"]);
}

/// Expressions that never fail, and some that do over some of the series.
const EXPRESSIONS: [&str; 33] = [
    "a",
    "a > 4 < 9",
    "rate(a[5m])",
    "sum by (job) (a)",
    "sum by (job) (a > 5)",
    "a / b",
    "sum by (job) (a) / on (job) sum by (job) (b)",
    "r0 > 1",
    "r1 + 1",
    "r2",
    "max_over_time(r0[12m])",
    "max_over_time(r1[5m] offset 9m)",
    "r2 unless r1",
    "r0 and r1 offset 7m",
    "a or b",
    "topk(1, a)",
    "topk(2, r1)",
    "sum(r0)",
    "avg(r1)",
    "sum(sum by (job) (a))",
    "count by (job) (r2)",
    "stddev by (job) (r2)",
    "absent(a{job=\"x\"})",
    "absent(r1)",
    "timestamp(r0)",
    "vector(time())",
    "a offset 1m",
    "a offset -1m",
    "changes(r2[20m])",
    "a * on (job) group_left b",
    "max_over_time((r1 > 1)[15m:1m])",
    "ALERTS",
    "quantile(0.5, r0)",
];

const ASSERTIONS: [&str; 16] = [
    "A0",
    "A1",
    "A2",
    "A0",
    "r0",
    "r1",
    "r2",
    "sum(r0)",
    "rate(r1[10m])",
    "r2 offset 20m",
    "max_over_time(r0[20m:2m])",
    "topk(1, r1)",
    "ALERTS",
    "ALERTS{alertname=\"A0\"}",
    "ALERTS_FOR_STATE",
    "r0 offset -3m",
];

const SERIES: [&str; 7] = [
    "a{job=\"x\"}",
    "a{job=\"y\", i=\"1\"}",
    "a{job=\"x\", i=\"2\"}",
    "a{job=\"z\"}",
    "b{job=\"x\"}",
    "b{job=\"y\", i=\"1\"}",
    "r0{job=\"x\"}",
];

const VALUES: [&str; 7] = [
    "0+0.1x150",
    "5x20 _x40 7x30 stale 2x20 _x9 1x30",
    "_x60 6x90",
    "8x30",
    "9 3 stale 4 6 1 _ _ 8 2x60 stale _x20 6x60",
    "_x100 5+0.3x50",
    "0.1 0.2 0.3 _x20 0.7x30 stale 12x70 3x30",
];

const TIMINGS: [&str; 5] = [
    "",
    "for: 3m, ",
    "for: 40m, ",
    "keep_firing_for: 9m, ",
    "for: 2m, keep_firing_for: 20m, ",
];

const LABELS: [&str; 4] = [
    "{}",
    "{severity: high}",
    "{v: \"{{ $value }}\"}",
    "{v: \"{{ $labels.job }}\"}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_is_seen(
        rules in prop::collection::vec(
            (0..EXPRESSIONS.len(), 0u8..6, 0..TIMINGS.len(), 0..LABELS.len()), 1..7),
        series in prop::collection::vec((0..SERIES.len(), 0..VALUES.len()), 1..6),
        assertions in prop::collection::vec((0..ASSERTIONS.len(), 0u32..300), 1..5),
        max_samples in prop::option::weighted(0.3, 1usize..15),
    ) {
        let rules: Vec<String> = rules.iter().map(|&(expr, name, timing, labels)| {
            let (expr, timing, labels) = (EXPRESSIONS[expr], TIMINGS[timing], LABELS[labels]);
            match name {
                0..3 => format!("record: r{name}, expr: '{expr}'"),
                _ => format!("alert: A{}, {timing}expr: '{expr}', labels: {labels}, annotations: {{v: \"{{{{ $value }}}}\"}}", name - 3),
            }
        }).collect();
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        let mut input: Vec<(&str, &str)> = Vec::new();
        for &(series, values) in &series {
            if input.iter().all(|(known, _)| *known != SERIES[series]) {
                input.push((SERIES[series], VALUES[values]));
            }
        }
        let assertions: Vec<String> = assertions.iter().map(|&(what, at)| {
            format!("{} at {}m{}s", ASSERTIONS[what], at / 2, at % 2 * 30)
        }).collect();
        let assertions: Vec<&str> = assertions.iter().map(String::as_str).collect();
        let mut written = Written::over(&rules, &assertions, &input);
        written.max_samples = max_samples;
        prop_assert_eq!(written.seen(Thinning::Ticks), written.seen(Thinning::Nothing), "{:?}", written);
    }
}
