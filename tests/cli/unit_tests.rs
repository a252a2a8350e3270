//! `firedrill test` as users meet it.

use crate::support::{firedrill, root, run_in, scratch};
use std::path::Path;

#[test]
fn the_tests_of_the_shipped_rules_pass() {
    let outcome = firedrill(["test", "tests"]);
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (0, "9 tests passed (55 assertions, 1 file)\n")
    );
}

/// One file, one mistake, one snapshot of what the user reads.
#[test]
fn failures_explain_themselves() {
    let folder = root().join("fixtures/failing");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut seen = 0;
    for file in files
        .iter()
        .filter(|path| path.to_string_lossy().ends_with("_test.yml"))
    {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let path = format!("fixtures/failing/{}", file.file_name().unwrap().to_string_lossy());
        let outcome = firedrill(["test", &path]);
        assert_eq!(
            outcome.code, 1,
            "{path} passes\n{}{}",
            outcome.stdout, outcome.stderr
        );
        insta::with_settings!({ description => path, omit_expression => true }, {
            insta::assert_snapshot!(name, outcome.stdout + &outcome.stderr);
        });
        seen += 1;
    }
    assert!(seen >= 60, "only {seen} fixtures");
}

#[test]
fn json_tells_every_failing_assertion() {
    let outcome = firedrill(["test", "-f", "json", "fixtures/failing/too-early_test.yml"]);
    assert_eq!(outcome.code, 1);
    insta::assert_snapshot!(outcome.stdout);
}

/// With `-v` timelines of what passes, too.
#[test]
fn passing_tests_show_their_timelines_on_request() {
    let directory = scratch("verbose");
    write(
        &directory,
        "rules.yml",
        "groups: [{name: g, rules: [{alert: Low, expr: tank < 10, for: 2m}]}]\n",
    );
    let test = "rule_files: [rules.yml]\ntests:\n- name: tank runs dry\n  input_series: [{series: tank, values: '30-5x9'}]\n  \
                alert_rule_test:\n  - {eval_time: 7m, alertname: Low, exp_alerts: [{}]}\n  promql_expr_test:\n  - {expr: \
                tank * 2, eval_time: 1m, exp_samples: [{labels: '{}', value: 50}]}\n";
    write(&directory, "low_test.yml", test);
    let outcome = run_in(&directory, ["test", "-v"], "");
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    insta::assert_snapshot!(outcome.stdout);
}

/// The page stands alone, is the same every time, and shows hostile names as text.
#[test]
fn the_page_is_self_contained_and_escaped() {
    let directory = scratch("html");
    let rules = "groups: [{name: g, rules: [{alert: '<script>alert(1)</script>', expr: 'x > 1', annotations: {s: \
                 '<img src=x onerror=alert(2)>'}}]}]\n";
    let test = "rule_files: [rules.yml]\ntests:\n- name: '\"><b onclick=x>'\n  input_series: [{series: 'x{l=\"</svg>\"}', \
                values: '1+1x9'}]\n  alert_rule_test:\n  - {eval_time: 5m, alertname: '<script>alert(1)</script>'}\n- name: \
                fine\n  input_series: [{series: x, values: '0x9'}]\n  alert_rule_test:\n  - {eval_time: 5m, alertname: \
                '<script>alert(1)</script>'}\n";
    write(&directory, "rules.yml", rules);
    write(&directory, "a_test.yml", test);
    let page = || {
        let outcome = run_in(&directory, ["test", "--html", "page.html"], "");
        assert_eq!(outcome.code, 1, "{}{}", outcome.stdout, outcome.stderr);
        std::fs::read_to_string(directory.join("page.html")).unwrap()
    };
    let (first, second) = (page(), page());
    assert_eq!(first, second);
    for hostile in [
        "<script", "<img", "<b ", "</svg>\"", "http:", "https:", "src=\"", "url(",
    ] {
        assert!(!first.contains(hostile), "{hostile} is in\n{first}");
    }
    for wanted in [
        "&lt;script&gt;",
        "class=\"firing\"",
        "class=\"limit\"",
        "<desc id=\"d0\">",
        "prefers-color-scheme:dark",
    ] {
        assert!(first.contains(wanted), "no {wanted} in\n{first}");
    }
    let failing = first.find("class=\"failure\"").unwrap();
    assert!(failing < first.find("Passing tests").unwrap());
}

#[test]
fn short_lines_for_problem_matchers() {
    let outcome = firedrill(["test", "-f", "short", "fixtures/failing/too-early_test.yml"]);
    assert_eq!(
        outcome.stdout,
        "fixtures/failing/too-early_test.yml:15:20: error: alert GoroutineCountHigh at 7m: expected 1 alert, none is \
         firing [test]\n"
    );
}

#[test]
fn run_picks_tests_by_name() {
    let outcome = firedrill(["test", "tests", "--run", "Goroutine", "--run", "^Queue"]);
    assert_eq!(outcome.stdout, "3 tests passed (18 assertions, 1 file)\n");
    let bad = firedrill(["test", "tests", "--run", "("]);
    assert_eq!(bad.code, 2);
    assert!(bad.stderr.contains("missing closing )"), "{}", bad.stderr);
}

/// A manifest is tested as it is.
#[test]
fn kubernetes_manifests_are_tested_directly() {
    let directory = scratch("manifest");
    let manifest = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: x}\nspec:\n  groups:\n  \
                    - name: g\n    rules:\n    - {alert: Down, expr: up == 0, for: 1m}\n";
    let test = "rule_files: [rules.yaml]\ntests:\n- input_series:\n  - {series: 'up{job=\"a\"}', values: '0x3'}\n  \
                alert_rule_test:\n  - {eval_time: 1m, alertname: Down, exp_alerts: [{exp_labels: {job: a}}]}\n";
    write(&directory, "rules.yaml", manifest);
    write(&directory, "down_test.yaml", test);
    let outcome = run_in(&directory, ["test"], "");
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (0, "1 test passed (1 assertion, 1 file)\n"),
        "{}",
        outcome.stderr
    );
}

/// Rules that read what later rules write go tick by tick, and come out as if all of them had.
#[test]
fn rules_in_a_circle_lag_a_tick() {
    let directory = scratch("circle");
    let rules = "groups:\n- name: g\n  rules:\n  - {record: a, expr: b + 1 or vector(0)}\n  - {record: b, expr: a * 2}\n  - \
                 {record: c, expr: b + m}\n";
    let test = "rule_files: [rules.yml]\ntests:\n- input_series:\n  - {series: m, values: '100+1x10'}\n  promql_expr_test:\n  \
                - {expr: a, eval_time: 3m, exp_samples: [{labels: a, value: 7}]}\n  - {expr: b, eval_time: 3m, exp_samples: \
                [{labels: b, value: 14}]}\n  - {expr: c, eval_time: 3m, exp_samples: [{labels: c, value: 117}]}\n";
    // c = b + m drops nothing: both sides have no labels but their names.
    write(&directory, "rules.yml", rules);
    write(&directory, "circle_test.yml", test);
    let outcome = run_in(&directory, ["test"], "");
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
}

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).unwrap();
}
