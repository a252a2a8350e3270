//! Coverage: what no test has seen turns red, that and nothing else.

use crate::support::{firedrill, in_parallel, root, run_in, scratch};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const RULES: &str = "fixtures/coverage/rules.yml";
const TESTS: &str = "fixtures/coverage/rules_test.yml";

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The head of a test file and its entries, with their names.
fn entries(text: &str) -> (String, Vec<(String, String)>) {
    let mut parts = text.split("\n  - name: ");
    let head = parts.next().unwrap().to_owned();
    let entries = parts.map(|part| {
        let name = part.lines().next().unwrap().trim_matches('\'').to_owned();
        (name, format!("\n  - name: {part}"))
    });
    (head, entries.collect())
}

/// Runs the tests of a folder; the points that none has seen, as `rule kind text`.
fn missing(folder: &Path) -> BTreeSet<String> {
    let outcome = run_in(folder, ["test", "-q", "--coverage-out", "out.json", "."], "");
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    let json = std::fs::read_to_string(folder.join("out.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let mut missing = BTreeSet::new();
    for rule in json["files"][0]["rules"].as_array().unwrap() {
        for point in rule["points"].as_array().unwrap() {
            if point["tests"] == 0 {
                let [name, kind, text] =
                    [&rule["name"], &point["kind"], &point["text"]].map(|it| it.as_str().unwrap());
                // Of a state the text is the name again.
                let text = if text == name {
                    String::new()
                } else {
                    format!(" {text}")
                };
                missing.insert(format!("{name} {kind}{text}"));
            }
        }
    }
    missing
}

#[test]
fn the_fixture_is_covered_whole() {
    let outcome = firedrill([
        "test",
        "-q",
        "--coverage",
        "--min-coverage",
        "100",
        "fixtures/coverage",
    ]);
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    assert!(
        outcome.stdout.starts_with("coverage 100.0% ("),
        "{}",
        outcome.stdout
    );
}

/// The names of the tests say which points they alone have seen: without the test exactly these are missing.
#[test]
fn without_a_test_exactly_what_it_alone_saw_is_missing() {
    let rules = read(RULES);
    assert!(rules.matches("expr: ").count() >= 50);
    let (head, entries) = entries(&read(TESTS));
    let indices: Vec<usize> = (0..entries.len()).collect();
    let wrong = in_parallel(&indices, |&left_out| {
        let folder = scratch(&format!("coverage-without-{left_out}"));
        std::fs::write(folder.join("rules.yml"), &rules).unwrap();
        let kept = entries.iter().enumerate().filter(|(index, _)| *index != left_out);
        let kept: String = kept.map(|(_, (_, text))| text.as_str()).collect();
        std::fs::write(folder.join("rules_test.yml"), format!("{head}{kept}\n")).unwrap();
        let expected: BTreeSet<String> = entries[left_out].0.split("; ").map(str::to_owned).collect();
        let found = missing(&folder);
        (found != expected).then(|| format!("without {expected:?}\n  missing {found:?}"))
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(entries.len() >= 100, "{} tests", entries.len());
}
