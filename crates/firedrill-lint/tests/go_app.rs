//! The rules of a Go service as they are often written first.

mod common;

use common::{check, line_of, workspace};
use firedrill_facts::Facts;
use firedrill_source::Severity;

fn errors(facts: &Facts) -> Vec<(String, &'static str)> {
    let path = workspace().join("fixtures/go-app/rules.yml");
    let text = std::fs::read_to_string(path).expect("fixture");
    let checked = check([("rules.yml", text.as_str())], facts);
    let all = checked.reading.iter().chain(&checked.linting);
    all.filter(|finding| finding.severity == Severity::Error)
        .map(|finding| {
            assert!(
                !finding.evidence.is_empty(),
                "{}",
                line_of(&checked.sources, finding)
            );
            (finding.subject.rule.clone().expect("a rule"), finding.code.0)
        })
        .collect()
}

#[test]
fn both_rates_of_gauges_are_errors_and_nothing_else_is() {
    let expected = [
        ("GoroutineLeakSuspected".to_owned(), "FD101"),
        ("MemoryLeakSuspected".to_owned(), "FD101"),
    ];
    assert_eq!(errors(&Facts::new()), expected);
}

#[test]
fn a_metrics_dump_finds_the_same() {
    let path = workspace().join("fixtures/go-app/metrics.prom");
    let mut facts = Facts::new();
    facts.read_exposition("metrics.prom", &std::fs::read_to_string(path).expect("fixture"));
    assert_eq!(errors(&facts).len(), 2);
}
