//! `firedrill query` as users meet it: every form of series, every form of results, every kind of error.

use crate::support::{Outcome, firedrill, root, run_in, scratch};
use std::time::{Duration, Instant};

/// Runs a query in the root of the workspace.
fn query(args: &[&str]) -> Outcome {
    query_with(args, "")
}

fn query_with(args: &[&str], input: &str) -> Outcome {
    run_in(&root(), [&["query"], args].concat(), input)
}

/// What a user sees, with the exit code.
fn shown(args: &[&str]) -> String {
    let outcome = query(args);
    format!(
        "exit {}\n--- stdout\n{}--- stderr\n{}",
        outcome.code, outcome.stdout, outcome.stderr
    )
}

const POOL: &str = "fixtures/query/pool.txt";
const USED: &str = "app_pool_used / on (instance) app_pool_size";

#[test]
fn every_form_of_series_is_told_by_its_content() {
    for (name, args) in [
        ("notation", &["app_pool_used", "--load", POOL][..]),
        (
            "exposition",
            &[
                "app_requests_total or app_temperature_celsius",
                "-l",
                "fixtures/query/scrape.prom",
            ],
        ),
        (
            "openmetrics",
            &["app_queue_depth", "-l", "fixtures/query/dump.om"],
        ),
        ("script", &["hits_total", "-l", "fixtures/query/latency.test"]),
        (
            "script-part",
            &["other", "-l", "fixtures/query/latency.test", "--test", "2"],
        ),
        ("unit-test", &["app_goroutines", "-l", "tests/go-app_test.yml"]),
        (
            "command-line",
            &[
                "a + on () b",
                "-s",
                "a{x=\"1\"} 1 2",
                "-s",
                "b 10 20",
                "--interval",
                "15s",
            ],
        ),
    ] {
        insta::assert_snapshot!(format!("form-{name}"), shown(args));
    }
}

#[test]
fn every_form_of_results_is_readable() {
    for (name, args) in [
        ("range", &[USED, "-l", POOL, "--from", "6m", "--step", "2m"][..]),
        ("window", &["app_queue_depth[5m]", "-l", "fixtures/query/dump.om"]),
        ("histogram", &["latency", "-l", "fixtures/query/latency.test"]),
        ("scalar", &["1 + 1"]),
        ("string", &["\"a\\nb\""]),
        ("short", &[USED, "-l", POOL, "--from", "8m", "-f", "short"]),
        (
            "json",
            &["app_queue_depth", "-l", "fixtures/query/dump.om", "-f", "json"],
        ),
        (
            "json-range",
            &[
                "rate(latency[2m]) or app",
                "-l",
                "fixtures/query/latency.test",
                "--from",
                "4m",
                "-f",
                "json",
            ],
        ),
        (
            "json-histogram",
            &["latency", "-l", "fixtures/query/latency.test", "-f", "json"],
        ),
        (
            "json-remarks",
            &["rate(a[2m])", "-s", "a 1 2 3", "-f", "json", "-q"],
        ),
        ("remarks", &["rate(a[2m])", "-s", "a 1 2 3", "-q"]),
        (
            "plot-one",
            &["app_pool_used{instance=\"api-1\"}", "-l", POOL, "--plot"],
        ),
        ("plot-several", &["app_pool_used", "-l", POOL, "--plot"]),
        ("plot-gap", &["a", "-s", "a 1 2 3 stale _ _ _ _ 3 2 1", "--plot"]),
        (
            "plot-bars",
            &["app_pool_used - 20", "-l", POOL, "--plot", "--at", "5m"],
        ),
        (
            "plot-dates",
            &[
                "app_queue_depth{queue=\"mail\"}",
                "-l",
                "fixtures/query/dump.om",
                "--plot",
            ],
        ),
        (
            "explain",
            &[
                "sum(app_pool_used / on (instance) app_pool_size > 0.8)",
                "-l",
                POOL,
                "--explain",
            ],
        ),
        (
            "explain-empty",
            &[
                "app_pol_used > 1 or app_pool_used{instance=\"x\"}",
                "-l",
                POOL,
                "--explain",
            ],
        ),
        (
            "explain-window",
            &[
                "max_over_time(rate(a_total[2m])[4m:1m])",
                "-s",
                "a_total 0+60x10",
                "--explain",
            ],
        ),
        (
            "explain-json",
            &[
                "a > 1",
                "-s",
                "a{x=\"1\"} 1",
                "-s",
                "a{x=\"2\"} 2",
                "--explain",
                "-f",
                "json",
            ],
        ),
        ("empty", &["nothing", "-l", POOL]),
        ("cut", &["app_pool_used", "-l", POOL, "--max-output", "2"]),
    ] {
        insta::assert_snapshot!(format!("result-{name}"), shown(args));
    }
}

#[test]
fn what_is_known_of_an_expression_without_series() {
    let errors =
        r#"sum by (job) (rate(errors_total{code="500"}[5m])) / sum by (job) (rate(errors_total[5m])) > 0.05"#;
    for (name, args) in [
        ("share", &[errors][..]),
        (
            "times",
            &["time() - max(last_run_timestamp_seconds offset 1h) > 600 unless absent(x_bytes @ 0)"],
        ),
        ("json", &["avg_over_time(up{job=\"a\"}[1h]) * 100", "-f", "json"]),
        ("broken", &["sum(rate(x))"]),
        (
            "facts",
            &[
                "sum(rate(app_requests_total[5m])) / count(app_temperature_celsius)",
                "--metrics",
                "fixtures/query/scrape.prom",
            ],
        ),
        ("facts-unreadable", &["up", "--metrics", "fixtures/nowhere.prom"]),
    ] {
        let args = [args, &["--types"]].concat();
        insta::assert_snapshot!(format!("types-{name}"), shown(&args));
    }
}

#[test]
fn series_that_do_not_fit_beside_each_other_have_a_block_each() {
    let series: Vec<String> = (0..13).map(|at| format!("m{{at=\"{at}\"}} {at}+1x30")).collect();
    let mut args = vec!["m", "--from", "0"];
    for line in &series {
        args.extend(["-s", line]);
    }
    insta::assert_snapshot!(shown(&args));
}

#[test]
fn every_kind_of_error_says_where_and_what_to_do() {
    for (name, args) in [
        ("syntax", &["sum(app_pool_used", "-l", POOL][..]),
        ("end", &["a +"]),
        ("type", &["rate(app_pool_used)", "-l", POOL]),
        (
            "matching",
            &[
                "sum(a * on () b)",
                "-s",
                "a 1",
                "-s",
                "b{x=\"1\"} 1",
                "-s",
                "b{x=\"2\"} 1",
            ],
        ),
        ("range-of-windows", &["a[5m]", "-s", "a 1 2", "--from", "0"]),
        ("notation", &["a", "-s", "a 1 2 x"]),
        ("twice", &["a", "-s", "a 1", "-s", "a 2"]),
        ("missing-file", &["a", "-l", "fixtures/query/none.txt"]),
        ("rules", &["a", "-l", "rules/go-app.yml"]),
        (
            "no-such-test",
            &["a", "-l", "tests/go-app_test.yml", "--test", "QueueBackpresure"],
        ),
        ("time", &["a", "-s", "a 1", "--at", "noon"]),
        ("order", &["a", "-s", "a 1x10", "--from", "5m", "--to", "1m"]),
        (
            "samples",
            &["a", "-s", "a 1x10", "--from", "0", "--to", "90y", "--step", "1s"],
        ),
        (
            "series",
            &["sum(a)", "-s", "a 1", "-s", "b 1", "--max-series", "1"],
        ),
        ("expansion", &["a", "-s", "a 1x999999999999"]),
        (
            "subquery",
            &[
                "a + sum_over_time(a[100d:1s])",
                "-s",
                "a 1x3",
                "--max-samples",
                "10000",
            ],
        ),
        ("json", &["a +", "-f", "json"]),
        ("short", &["a +", "-f", "short"]),
    ] {
        let outcome = query(args);
        assert_eq!(outcome.code, 2, "{name}: {}", outcome.stdout);
        insta::assert_snapshot!(format!("error-{name}"), shown(args));
    }
}

#[test]
fn results_in_notation_go_through_a_pipe() {
    let first = query(&["app_pool_used > 30", "-l", POOL, "--from", "0s", "-f", "short"]);
    assert!(
        first
            .stdout
            .starts_with("app_pool_used{instance=\"api-1\"} _ _ _ 34 42"),
        "{}",
        first.stdout
    );
    let second = query_with(&["count(app_pool_used)", "-l", "-", "-q"], &first.stdout);
    assert_eq!(
        (second.code, second.stdout.as_str()),
        (0, "{}  2\n"),
        "{}",
        second.stderr
    );
}

/// promtool evaluates chains of any length.
#[test]
fn a_chain_of_five_thousand_operators_is_no_burden() {
    let started = Instant::now();
    let chain = vec!["a"; 5_001].join("+");
    let outcome = query(&[&chain, "-s", "a 1", "-q"]);
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (0, "{}  5001\n"),
        "{}",
        outcome.stderr
    );
    let shorter = vec!["a"; 1_001].join("+");
    let explained = query(&[&shorter, "-s", "a 1", "-q", "--explain"]);
    assert!(
        explained.stdout.contains("its parts are left out"),
        "{}",
        explained.stdout.len()
    );
    let nested = format!("{}a{}", "(".repeat(50_000), ")".repeat(50_000));
    assert_eq!(query(&[&nested, "-s", "a 1"]).code, 2);
    let directory = scratch("long-chain");
    let rules = format!("groups:\n- name: g\n  rules:\n  - {{record: r, expr: '{chain}'}}\n");
    std::fs::write(directory.join("rules.yml"), rules).unwrap();
    let test = "rule_files: [rules.yml]\ntests:\n- input_series: [{series: a, values: '1x5'}]\n  promql_expr_test:\n  - {expr: r, \
                eval_time: 5m, exp_samples: [{labels: r, value: 5001}]}\n";
    std::fs::write(directory.join("chain_test.yml"), test).unwrap();
    for args in [
        &["check", "rules.yml"][..],
        &["test", "chain_test.yml"],
        &["promtool", "check", "rules", "rules.yml"],
        &["promtool", "test", "rules", "chain_test.yml"],
    ] {
        let outcome = run_in(&directory, args, "");
        assert_eq!(outcome.code, 0, "{args:?}: {}{}", outcome.stdout, outcome.stderr);
    }
    assert!(
        started.elapsed() < Duration::from_secs(120),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn time_is_limited() {
    let started = Instant::now();
    let expr = "count_over_time((sum(a * on () group_left () b))[60d:1s])";
    let series = [
        "-s",
        "a{x=\"1\"} 1x90000",
        "-s",
        "a{x=\"2\"} 1x90000",
        "-s",
        "b 1x90000",
    ];
    let sum = vec![expr; 40].join(" + ");
    let outcome = query(&[&[&*sum, "--timeout", "1s"], &series[..]].concat());
    assert_eq!(outcome.code, 2, "{}", outcome.stdout);
    assert!(outcome.stderr.contains("not finished"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--timeout"), "{}", outcome.stderr);
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "{:?}",
        started.elapsed()
    );
}

/// Tests and scripts have the same limits, and say what went over them.
#[test]
fn limits_hold_for_tests_and_scripts() {
    let directory = scratch("limits");
    let rules = "groups:\n- name: g\n  rules:\n  - {record: r, expr: sum(a) + count(a)}\n";
    std::fs::write(directory.join("rules.yml"), rules).unwrap();
    let test = "rule_files: [rules.yml]\ntests:\n- input_series:\n  - {series: 'a{x=\"1\"}', values: '1x5'}\n  - {series: \
                'a{x=\"2\"}', values: '1x5'}\n  promql_expr_test:\n  - {expr: r, eval_time: 5m, exp_samples: [{labels: r, value: \
                4}]}\n";
    std::fs::write(directory.join("a_test.yml"), test).unwrap();
    assert_eq!(run_in(&directory, ["test", "a_test.yml"], "").code, 0);
    for (option, words) in [
        (
            "--max-samples=11",
            "the input holds more than 11 samples; --max-samples raises this limit",
        ),
        (
            "--max-series=1",
            "the input holds more than 1 series; --max-series raises this limit",
        ),
    ] {
        let outcome = run_in(&directory, ["test", "a_test.yml", option], "");
        assert_eq!(outcome.code, 1, "{option}");
        assert!(outcome.stdout.contains(words), "{}", outcome.stdout);
    }
    let script = "load 1m\n  a{x=\"1\"} 1x5\n  a{x=\"2\"} 1x5\n\neval instant at 1m sum(a)\n  {} 2\n";
    std::fs::write(directory.join("s.test"), script).unwrap();
    assert_eq!(run_in(&directory, ["promqltest", "s.test"], "").code, 0);
    let outcome = run_in(&directory, ["promqltest", "s.test", "--max-series=1"], "");
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stdout.contains("more than 1 series"),
        "{}",
        outcome.stdout
    );
    let outcome = run_in(&directory, ["promqltest", "s.test", "--max-samples=7"], "");
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.stderr.contains("s.test:3: more samples"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn help_shows_examples() {
    insta::assert_snapshot!(query(&["--help"]).stdout);
}

#[test]
fn counters_are_told_by_their_type_label_where_that_is_asked_for() {
    let said = |labels: &str, features: &[&str]| {
        let series = format!("hits_total{labels} 0+60x10");
        let args = [
            "query",
            "-q",
            "-f",
            "json",
            "rate(hits_total[5m])",
            "--series",
            &series,
        ];
        let outcome = firedrill(args.iter().chain(features));
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let document: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        document["infos"].to_string()
    };
    let on = ["--enable-feature", "type-and-unit-labels"];
    let text = r#"PromQL info: metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", got \"gauge\": \"hits_total\""#;
    let gauge = said(r#"{__type__="gauge"}"#, &on);
    assert!(gauge.contains(text), "{gauge}");
    let none = said("", &on);
    assert!(none.contains(r#"got \"\": \"hits_total\""#), "{none}");
    assert!(!said(r#"{__type__="counter"}"#, &on).contains("might not be"));
    assert!(!said(r#"{__type__="gauge"}"#, &[]).contains("might not be"));
}
