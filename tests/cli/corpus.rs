//! Real rule files and unit tests: the verdict of promtool 3.14, and exactly the assertions that fail there.

use crate::support::{in_parallel, read_csv, report, run_in, shared};
use std::collections::BTreeMap;
use std::path::Path;

/// Whether a file passes.
fn passes(corpus: &Path, kind: &str, path: &str) -> bool {
    match kind {
        // promtool takes no manifests; upstream unpacks them first, firedrill reads them as they are.
        "crd" | "test-crd-rule" => refusals(corpus, path).is_empty(),
        "test-crd" => run_in(corpus, ["test", "-q", path], "").code == 0,
        "test" | "promtool-test" => run_in(corpus, ["promtool", "test", "rules", path], "").code == 0,
        _ => run_in(corpus, ["promtool", "check", "rules", "--lint=none", path], "").code == 0,
    }
}

/// The codes of the errors for which Prometheus would refuse a rule file; other errors are lints.
fn refusals(corpus: &Path, path: &str) -> Vec<String> {
    let outcome = run_in(corpus, ["check", "-f", "json", "--fail-on", "never", path], "");
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    json["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|finding| finding["severity"] == "error")
        .filter_map(|finding| finding["code"].as_str())
        .filter(|code| code.starts_with("FD0") || *code == "FD501" || *code == "FD509")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_file_gets_the_verdict_that_promtool_gives() {
    let Some(corpus) = shared("corpus") else { return };
    let rows = read_csv(&corpus.join("EXPECTED.csv"));
    let results = in_parallel(&rows, |row| {
        let wrong = passes(&corpus, &row["kind"], &row["path"]) != (row["class_314"] == "ok");
        wrong.then(|| format!("{} ({})", row["path"], row["class_314"]))
    });
    let wrong: Vec<String> = results.into_iter().flatten().collect();
    report("verdicts", rows.len(), &wrong, 0);
    assert!(rows.len() > 1200);
}

/// `firedrill check` and the drop-in agree on every plain rule file.
#[test]
fn check_rejects_exactly_what_promtool_rejects() {
    let Some(corpus) = shared("corpus") else { return };
    let rows = read_csv(&corpus.join("EXPECTED.csv"));
    let plain: Vec<_> = rows
        .iter()
        .filter(|row| matches!(row["kind"].as_str(), "rules" | "promtool-rules" | "test-rule"))
        .collect();
    let results = in_parallel(&plain, |row| {
        let refused = refusals(&corpus, &row["path"]);
        let wrong = refused.is_empty() != (row["class_314"] == "ok");
        wrong.then(|| format!("{} ({}): {refused:?}", row["path"], row["class_314"]))
    });
    let wrong: Vec<String> = results.into_iter().flatten().collect();
    report("verdicts of check", plain.len(), &wrong, 0);
}

/// What identifies a failing assertion: kind, name or expression, time.
type Assertion = (String, String, String);

#[test]
fn exactly_the_assertions_fail_that_fail_in_promtool() {
    let Some(corpus) = shared("corpus") else { return };
    let mut expected: BTreeMap<String, Vec<Assertion>> = BTreeMap::new();
    for line in std::fs::read_to_string(corpus.join("FAILURES.jsonl"))
        .unwrap()
        .lines()
    {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
        let failed = json["failed"].as_array().unwrap();
        let list = failed
            .iter()
            .map(|f| (text(&f["kind"]), text(&f["what"]), text(&f["time"])))
            .collect();
        expected.insert(text(&json["path"]), list);
    }
    let files: Vec<(&String, &Vec<Assertion>)> = expected.iter().collect();
    let results = in_parallel(&files, |(path, expected)| {
        let outcome = run_in(&corpus, ["test", "-f", "json", path], "");
        let json: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
        let mut got: Vec<Assertion> = json["failures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| {
                let what = if f["kind"] == "alert" {
                    &f["alertname"]
                } else {
                    &f["expr"]
                };
                (text(&f["kind"]), text(what), text(&f["eval_time"]))
            })
            .collect();
        let mut wanted = (*expected).clone();
        got.sort();
        wanted.sort();
        (got != wanted).then(|| format!("{path}:\n  got  {got:?}\n  want {wanted:?}"))
    });
    let wrong: Vec<String> = results.into_iter().flatten().collect();
    report("files with failing assertions", files.len(), &wrong, 0);
}
