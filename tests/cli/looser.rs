//! What `firedrill test` does and promtool does not: looser comparisons, updates, group intervals, differences.

use crate::support::{Outcome, root, run_in, scratch};
use std::path::{Path, PathBuf};

const RULES: &str = "groups:\n  - name: g\n    interval: 3m\n    rules:\n      - alert: Full\n        expr: queue_length > \
                     100\n        annotations: {summary: '{{ $labels.queue }}: {{ $value }}'}\n";

fn project(name: &str, rules: &str, test: &str) -> PathBuf {
    let directory = scratch(name);
    std::fs::write(directory.join("rules.yml"), rules).unwrap();
    std::fs::write(directory.join("test.yml"), test).unwrap();
    directory
}

fn test(directory: &Path, options: &[&str]) -> Outcome {
    run_in(
        directory,
        ["test", "-f", "short"].iter().chain(options).chain(&["test.yml"]),
        "",
    )
}

/// One test over a queue of 101.
fn one(tests: &str) -> String {
    format!(
        "rule_files: [rules.yml]\ntests:\n  - input_series:\n      - {{series: 'queue_length{{queue=\"mail\",pod=\"a\"}}', values: \
         101x9}}\n    {tests}\n"
    )
}

fn alert(more: &str) -> String {
    one(&format!(
        "alert_rule_test: [{{eval_time: 5m, alertname: Full, {more}}}]"
    ))
}

#[test]
fn the_documented_examples_pass() {
    let text = std::fs::read_to_string(root().join("docs/test-files.md")).unwrap();
    let mut blocks = text
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    let rules = blocks.next().unwrap();
    let mut count = 0;
    for (index, block) in blocks.enumerate() {
        let directory = project(&format!("documented-{index}"), rules, block);
        let outcome = test(&directory, &[]);
        assert_eq!(outcome.code, 0, "{}{}\n{block}", outcome.stdout, outcome.stderr);
        for refused in [
            test(&directory, &["--compat", "promtool"]),
            run_in(&directory, ["promtool", "test", "rules", "test.yml"], ""),
        ] {
            assert_eq!(refused.code, 1, "{block}");
        }
        let refused = run_in(&directory, ["test", "--compat", "promtool", "test.yml"], "");
        // A key that promtool does not know, or a mapping where it wants a text.
        let why = ["FD002", "FD004"]
            .iter()
            .any(|code| refused.stdout.contains(code));
        assert!(why, "{}", refused.stdout);
        count += 1;
    }
    assert!(count >= 4);
}

#[test]
fn what_is_asked_for_is_still_compared() {
    let cases = [
        (
            "match: {labels: subset, annotations: ignore}, exp_alerts: [{exp_labels: {queue: mail}}]",
            true,
        ),
        (
            "match: {labels: subset, annotations: ignore}, exp_alerts: [{exp_labels: {queue: web}}]",
            false,
        ),
        (
            "match: {labels: subset}, exp_alerts: [{exp_labels: {queue: mail}}]",
            false,
        ),
        (
            "match: {labels: subset, annotations: ignore}, exp_alerts: []",
            false,
        ),
        (
            "match: {labels: ignore, annotations: ignore}, exp_alerts: [{}]",
            true,
        ),
        (
            "match: {labels: ignore, annotations: ignore}, exp_alerts: [{}, {}]",
            false,
        ),
        ("exp_count: 1", true),
        ("exp_count: 2", false),
        ("exp_count: 0", false),
        ("state: pending", true),
        ("state: pending, exp_count: 1", false),
        (
            "exp_alerts: [{exp_labels: {queue: {regex: m.*}, pod: {regex: '[a-c]'}}, exp_annotations: {summary: {regex: '.*: \
             [0-9]+'}}}]",
            true,
        ),
        (
            "exp_alerts: [{exp_labels: {queue: {regex: m}, pod: a}, exp_annotations: {summary: 'mail: 101'}}]",
            false,
        ),
        (
            "exp_alerts: [{exp_labels: {queue: mail}, exp_annotations: {summary: 'mail: 101'}}]",
            false,
        ),
    ];
    for (index, (more, passes)) in cases.iter().enumerate() {
        let directory = project(&format!("compared-{index}"), RULES, &alert(more));
        let outcome = test(&directory, &[]);
        assert_eq!(
            outcome.code == 0,
            *passes,
            "{more}\n{}{}",
            outcome.stdout,
            outcome.stderr
        );
        assert!(!outcome.stdout.contains("FD0"), "{}", outcome.stdout);
    }
    let samples = [
        (
            "tolerance: {absolute: 1}",
            "labels: 'queue_length{queue=\"mail\",pod=\"a\"}', value: 100",
            true,
        ),
        (
            "tolerance: {absolute: 0.9}",
            "labels: 'queue_length{queue=\"mail\",pod=\"a\"}', value: 100",
            false,
        ),
        (
            "tolerance: {relative: 0.01}",
            "labels: 'queue_length{queue=\"mail\",pod=\"a\"}', value: 100",
            true,
        ),
        (
            "match: {labels: subset}",
            "labels: '{pod=\"a\"}', value: 101",
            true,
        ),
        (
            "match: {labels: subset}",
            "labels: '{pod=\"b\"}', value: 101",
            false,
        ),
    ];
    for (index, (more, sample, passes)) in samples.iter().enumerate() {
        let text = one(&format!(
            "promql_expr_test: [{{expr: queue_length, eval_time: 5m, {more}, exp_samples: [{{{sample}}}]}}]"
        ));
        let outcome = test(&project(&format!("samples-{index}"), RULES, &text), &[]);
        assert_eq!(
            outcome.code == 0,
            *passes,
            "{more}\n{}{}",
            outcome.stdout,
            outcome.stderr
        );
    }
}

#[test]
fn mistakes_in_the_own_keys_are_errors_with_a_hint() {
    let cases = [
        ("match: {lables: subset}", "unknown key `lables`"),
        ("match: {labels: subst}", "`labels` cannot be `subst`"),
        ("state: fireing", "`state` cannot be `fireing`"),
        ("exp_count: -1", "`exp_count` is negative"),
        (
            "exp_alerts: [{exp_labels: {queue: {regx: a}}}]",
            "unknown key `regx`",
        ),
        (
            "exp_alerts: [{exp_labels: {queue: {regex: '('}}}]",
            "no regular expression",
        ),
        ("tolerance: {relative: 1}", "unknown key `tolerance`"),
    ];
    for (index, (more, message)) in cases.iter().enumerate() {
        let outcome = test(&project(&format!("mistake-{index}"), RULES, &alert(more)), &[]);
        assert_eq!(outcome.code, 1);
        assert!(outcome.stdout.contains(message), "{more}\n{}", outcome.stdout);
    }
}

#[test]
fn update_writes_in_place_or_shows_a_diff() {
    let text = alert("exp_alerts: [{exp_labels: {queue: web, pod: a}}]").replace("tests:", "tests: # all");
    let directory = project("update", RULES, &text);
    let file = directory.join("test.yml");
    let shown = run_in(&directory, ["test", "--update", "--diff", "test.yml"], "");
    assert_eq!(
        (shown.code, std::fs::read_to_string(&file).unwrap()),
        (1, text.clone())
    );
    assert!(
        shown.stdout.contains("--- test.yml\n+++ test.yml\n@@ -"),
        "{}",
        shown.stdout
    );
    assert!(
        shown.stdout.contains("\n-") && shown.stdout.contains("\n+"),
        "{}",
        shown.stdout
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    }
    let outcome = run_in(&directory, ["test", "--update", "test.yml"], "");
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(outcome.stderr, "firedrill: test.yml: 1 expectation rewritten\n");
    let new = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        new,
        text.replace(
            "{queue: web, pod: a}}]",
            "{queue: mail, pod: a}, exp_annotations: {summary: \"mail: 101\"}}]"
        )
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o640
        );
    }
    let again = run_in(&directory, ["test", "--update", "test.yml"], "");
    assert_eq!((again.code, again.stderr.as_str()), (0, ""));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), new);
    let loose = project("update-loose", RULES, &alert("exp_count: 3"));
    let outcome = run_in(&loose, ["test", "--update", "test.yml"], "");
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.contains("it compares loosely"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn groups_run_at_their_own_interval_on_request() {
    // The group runs at 0m, 3m and 6m: what is over 100 from the fourth minute on fires at the sixth.
    let text = "rule_files: [rules.yml]\ntests:\n  - input_series:\n      - {series: queue_length, values: 0x3 101x9}\n    \
                alert_rule_test:\n      - {eval_time: 5m, alertname: Full}\n      - {eval_time: 6m, alertname: Full, exp_count: \
                1}\n      - {eval_time: 8m, alertname: Full, exp_alerts: [{exp_annotations: {summary: ': 101'}}]}\n";
    let directory = project("intervals", RULES, text);
    assert_eq!(test(&directory, &["--group-intervals"]).code, 0);
    let ignored = test(&directory, &[]);
    assert_eq!(ignored.code, 1);
    assert!(ignored.stdout.contains("alert Full at 5m"), "{}", ignored.stdout);
}

#[test]
fn groups_run_in_file_order() {
    let rules = "groups:\n  - name: z\n    rules: [{record: a, expr: b}]\n  - name: y\n    rules: [{record: b, expr: \
                 vector(time())}]\n";
    let text = "rule_files: [rules.yml]\ntests:\n  - promql_expr_test:\n      - {expr: a, eval_time: 2m, exp_samples: [{labels: \
                a, value: 60}]}\n";
    let directory = project("order", rules, text);
    for _ in 0..3 {
        let outcome = test(&directory, &[]);
        assert_eq!(outcome.code, 0, "{}", outcome.stdout);
        assert!(outcome.stdout.contains("FD927"), "{}", outcome.stdout);
    }
}

#[test]
fn a_mistake_in_a_series_has_its_own_place() {
    let text = "rule_files: [rules.yml]\ntests:\n  - input_series:\n      - series: queue_length\n        values: '1 2 x3'\n    \
                alert_rule_test: [{eval_time: 1m, alertname: Full}]\n";
    let outcome = test(&project("place", RULES, text), &[]);
    assert!(outcome.stdout.starts_with("test.yml:5:2"), "{}", outcome.stdout);
}

#[test]
fn queries_may_hold_more_samples() {
    // Rules run every hour, five times; with the last of them 18 000 samples are loaded.
    let text = "rule_files: [rules.yml]\nevaluation_interval: 1h\ntests:\n  - interval: 1s\n    input_series:\n      - {series: \
                queue_length, values: 1x20000}\n    promql_expr_test:\n      - {expr: 'count_over_time(queue_length[20000s])', \
                eval_time: 20000s, exp_samples: [{labels: '{}', value: 18000}]}\n";
    let directory = project("samples", RULES, text);
    let outcome = test(&directory, &[]);
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    let fewer = test(&directory, &["--max-samples", "10000"]);
    assert_eq!(fewer.code, 1, "{}", fewer.stdout);
    let strict = run_in(&directory, ["promtool", "test", "rules", "test.yml"], "");
    assert_eq!(strict.code, 1, "{}", strict.stdout);
    let told = format!("{}{}", strict.stdout, strict.stderr);
    assert!(told.contains("too many samples"), "{told}");
}

#[test]
fn output_is_one_stream() {
    let directory = project("stream", RULES, &alert("exp_alerts: []"));
    let outcome = test(&directory, &[]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (1, ""));
    assert!(outcome.stdout.contains("alert Full at 5m"));
}
