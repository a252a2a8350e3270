//! Findings that are true but do no harm are remarks, and their near relatives warnings.

mod common;

use common::check;
use firedrill_facts::Facts;
use firedrill_source::Severity;

/// The severities of the findings of one code.
fn severities(code: &str, rules: &str) -> Vec<Severity> {
    let indented: String = rules.lines().map(|line| format!("      {line}\n")).collect();
    let text = format!("groups:\n  - name: example\n    rules:\n{indented}");
    let checked = check([("rules.yml", text.as_str())], &Facts::new());
    let of_the_code = checked.linting.iter().filter(|finding| finding.code.0 == code);
    of_the_code.map(|finding| finding.severity).collect()
}

#[test]
fn a_matcher_that_keeps_everything_does_no_harm() {
    let rule = |matcher: &str| format!("- alert: Long\n  expr: queue_length{{{matcher}}} > 9\n  for: 5m\n");
    assert_eq!(severities("FD814", &rule("tenant!=\".*\"")), [Severity::Info]);
    assert_eq!(severities("FD814", &rule("tenant=\".*\"")), [Severity::Warning]);
    assert_eq!(
        severities("FD814", &rule("tenant!=\"test.*\"")),
        [Severity::Warning]
    );
}

#[test]
fn variables_in_a_source_are_expected() {
    let waiting = "- alert: Long\n  expr: queue_length{queue=\"${queue}\"} > 9\n";
    let unreadable = "- alert: Longer\n  expr: sum(queue_length) > ${limit}\n";
    assert_eq!(severities("FD019", waiting), [Severity::Warning]);
    assert_eq!(
        severities("FD019", &format!("{waiting}{unreadable}")),
        [Severity::Info]
    );
}

#[test]
fn a_part_of_a_name_may_be_the_condition() {
    let rule = |expr: &str| format!("- alert: Left\n  expr: {expr}\n  for: 1h\n");
    assert_eq!(
        severities("FD401", &rule("index_bytes{index=~\".*_tmp.*\"}")),
        [Severity::Info]
    );
    assert_eq!(
        severities("FD401", &rule("index_bytes{job=~\".*_tmp.*\"}")),
        [Severity::Warning]
    );
    assert_eq!(
        severities("FD401", &rule("rate(index_bytes_total{index=~\".*_tmp.*\"}[5m])")),
        [Severity::Warning]
    );
}

#[test]
fn a_late_value_matters_unless_it_comes_from_a_long_window() {
    let rules = |window: &str| {
        format!(
            "- record: job:failed:share\n  expr: job:errors:all / 1000\n\
             - record: job:errors:all\n  expr: sum by (job) (job:errors:code)\n\
             - record: job:errors:code\n  expr: sum by (job, code) (increase(errors_total[{window}]))\n"
        )
    };
    // The second rule reads the third too early as well.
    assert_eq!(severities("FD603", &rules("30d")), [Severity::Info; 2]);
    assert_eq!(severities("FD603", &rules("5m")), [Severity::Warning; 2]);
    let mixed = "- record: job:failed:share\n  expr: job:errors:all / 1000\n\
         - record: job:errors:all\n  expr: increase(errors_total[30d]) + errors_now\n";
    assert_eq!(severities("FD603", mixed), [Severity::Warning]);
}

#[test]
fn no_order_helps_a_circle() {
    let circle = "- record: job:load:sum\n  expr: job:reserve:max + 1\n\
         - record: job:reserve:max\n  expr: max by (job) (job:load:sum)\n";
    assert_eq!(severities("FD603", circle), []);
    assert_eq!(severities("FD605", circle).len(), 1);
}

#[test]
fn programs_of_their_own_do_not_share_alerts() {
    let rules = |second: &str| {
        format!(
            "- alert: Many\n  expr: sum by (instance) (old_connections) > 9\n\
             - alert: Many\n  expr: {second} > 9\n"
        )
    };
    assert_eq!(
        severities("FD607", &rules("sum by (instance) (new_connections)")),
        []
    );
    let same = rules("sum by (instance) (rate(old_connections[5m]))");
    assert_eq!(severities("FD607", &same), [Severity::Warning]);
}
