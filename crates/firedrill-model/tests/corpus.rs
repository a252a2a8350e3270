//! Public files are accepted and refused exactly as promtool 3.14 accepts and refuses them.

// The test runner shows what differs.
#![allow(clippy::print_stdout)]

mod common;

use common::{csv, read_text, report, shared};
use firedrill_model::{Kind, ReadOptions, detect, read_rule_file, read_test_file};
use firedrill_source::{FileId, Severity};

#[test]
fn rule_files_of_the_corpus_are_judged_as_promtool_judges_them() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("corpus");
    let mut checked = 0;
    let mut problems = Vec::new();
    for row in csv(&corpus.join("EXPECTED.csv")) {
        let kinds = ["rules", "crd", "promtool-rules", "test-rule", "test-crd-rule"];
        if !kinds.contains(&row["kind"].as_str()) {
            continue;
        }
        let path = &row["path"];
        checked += 1;
        let Ok(text) = read_text(&corpus.join(path)) else {
            problems.push(format!("{path}: cannot be decoded"));
            continue;
        };
        let read = read_rule_file(FileId(0), &text, &ReadOptions::default());
        let expected = row["class_314"] == "ok";
        if read.accepted != expected {
            let errors = read.diagnostics.iter().filter(|d| d.severity == Severity::Error);
            let first = errors.map(|d| d.message.clone()).next().unwrap_or_default();
            problems.push(format!(
                "{path}: accepted {}, promtool {expected}: {first} {}",
                read.accepted, row["result_314"]
            ));
        }
        let rules: usize = read.file.groups.iter().map(|group| group.rules.len()).sum();
        if expected && !row["rules"].is_empty() && rules.to_string() != row["rules"] {
            problems.push(format!("{path}: {rules} rules, promtool {}", row["rules"]));
        }
    }
    report("rule files", checked, &problems);
    assert!(checked >= 800, "recorded data is missing");
    assert!(problems.is_empty());
}

#[test]
fn test_files_of_the_corpus_can_be_read() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("corpus");
    let mut checked = 0;
    let mut problems = Vec::new();
    for row in csv(&corpus.join("EXPECTED.csv")) {
        if !["test", "test-crd", "promtool-test"].contains(&row["kind"].as_str()) {
            continue;
        }
        let path = &row["path"];
        checked += 1;
        let Ok(text) = read_text(&corpus.join(path)) else {
            problems.push(format!("{path}: cannot be decoded"));
            continue;
        };
        let read = read_test_file(FileId(0), &text, &ReadOptions::default());
        let class = row["class_314"].as_str();
        let refused = row["result_314"].contains("yaml: unmarshal errors") && class == "dialect";
        if refused == read.accepted {
            let first = read
                .diagnostics
                .first()
                .map(|d| d.message.clone())
                .unwrap_or_default();
            problems.push(format!(
                "{path}: accepted {}, class {class}: {first}",
                read.accepted
            ));
        }
        if class == "ok" && !row["tests"].is_empty() && read.file.tests.len().to_string() != row["tests"] {
            problems.push(format!(
                "{path}: {} tests instead of {}",
                read.file.tests.len(),
                row["tests"]
            ));
        }
        let cases: usize = read
            .file
            .tests
            .iter()
            .map(|t| t.alert_tests.len() + t.expr_tests.len())
            .sum();
        if class == "ok" && !row["cases"].is_empty() && cases.to_string() != row["cases"] {
            problems.push(format!("{path}: {cases} cases instead of {}", row["cases"]));
        }
    }
    report("test files", checked, &problems);
    assert!(checked >= 300, "recorded data is missing");
    assert!(problems.is_empty());
}

#[test]
fn files_of_the_corpus_are_recognised_for_what_they_are() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("corpus");
    let mut checked = 0;
    let mut problems = Vec::new();
    for row in csv(&corpus.join("EXPECTED.csv")) {
        let expected = match row["kind"].as_str() {
            "rules" | "test-rule" => Kind::RuleFile,
            "crd" | "test-crd-rule" => Kind::Manifest,
            "test" | "test-crd" => Kind::TestFile,
            _ => continue,
        };
        if row["class_314"] != "ok" {
            continue;
        }
        let path = &row["path"];
        let Ok(text) = read_text(&corpus.join(path)) else {
            continue;
        };
        checked += 1;
        let found = detect(&text);
        if found != expected {
            problems.push(format!("{path}: {found:?} instead of {expected:?}"));
        }
    }
    report("detection", checked, &problems);
    assert!(checked >= 1000, "recorded data is missing");
    assert!(problems.is_empty());
}
