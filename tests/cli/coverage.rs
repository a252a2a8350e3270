//! Coverage: what no test has seen turns red, that and nothing else.

use crate::support::{firedrill, in_parallel, root, run_in, scratch};
use std::collections::BTreeSet;
use std::path::Path;

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

const SMALL_RULES: &str = "\
groups:
- name: small
  rules:
  - alert: QueueLong
    expr: queue > 5 and on (job) open
    for: 2m
    annotations:
      summary: '{{ if gt $value 90.0 }}<very> long{{ else }}long{{ end }}'
  - record: job:queue:sum
    expr: sum by (job) (queue)
  - alert: Untested
    expr: queue < 0
";

const SMALL_TESTS: &str = "
evaluation_interval: 1m
tests:
- input_series:
  - {series: 'queue{job=\"a\"}', values: 9x10}
  - {series: 'open{job=\"a\"}', values: 1x10}
  alert_rule_test:
  - alertname: QueueLong
    eval_time: 3m
    exp_alerts:
    - exp_labels: {job: a}
      exp_annotations: {summary: long}
  promql_expr_test:
  - {expr: 'job:queue:sum', eval_time: 0m, exp_samples: [{labels: 'job:queue:sum{job=\"a\"}', value: 9}]}
";

/// A folder with rules of which little is tested, named by tests in two places and ways.
fn small(name: &str) -> std::path::PathBuf {
    let folder = scratch(name);
    std::fs::create_dir_all(folder.join("tests")).unwrap();
    std::fs::write(folder.join("rules.yml"), SMALL_RULES).unwrap();
    std::fs::write(folder.join("firedrill.toml"), "[test]\nmin-coverage = 10\n").unwrap();
    for (path, rule_files) in [("a_test.yml", "rules.yml"), ("tests/b_test.yml", "../rules.yml")] {
        let text = format!("rule_files: [{rule_files}]{SMALL_TESTS}");
        std::fs::write(folder.join(path), text).unwrap();
    }
    folder
}

#[test]
fn the_summary_says_what_is_missing_and_a_file_under_two_names_is_one() {
    let folder = small("coverage-small");
    let other = SMALL_RULES.replace("QueueLong", "NeverLoaded");
    std::fs::write(folder.join("other.yml"), other).unwrap();
    let outcome = run_in(&folder, ["test", "-q", "--coverage", "."], "");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(outcome.stdout);
}

#[test]
fn too_little_coverage_fails_and_says_how_little() {
    let folder = small("coverage-least");
    let outcome = run_in(&folder, ["test", "-q", "--min-coverage", "90", "."], "");
    assert_eq!(outcome.code, 1, "{}", outcome.stdout);
    assert_eq!(
        outcome.stderr,
        "firedrill: coverage is 33.3%, less than 90%: 10 of 15 ways were not seen, 1 of 3 rules are not tested\n"
    );
    std::fs::write(folder.join("firedrill.toml"), "[test]\nmin-coverage = 36\n").unwrap();
    assert_eq!(run_in(&folder, ["test", "--coverage", "."], "").code, 1);
    assert_eq!(run_in(&folder, ["test", "."], "").code, 0);
    std::fs::write(folder.join("firedrill.toml"), "[test]\nmin-coverage = 101\n").unwrap();
    let outcome = run_in(&folder, ["test", "."], "");
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (
            2,
            "firedrill: firedrill.toml:2:16: min-coverage: a percentage is from 0 to 100\n"
        )
    );
}

#[test]
fn rules_without_tests_are_findings_where_tests_are_required() {
    let folder = small("coverage-required");
    let outcome = run_in(
        &folder,
        ["test", "-q", "-v", "-f", "short", "--require-tests", "."],
        "",
    );
    assert_eq!(outcome.code, 1);
    insta::assert_snapshot!(outcome.stdout);
}

#[test]
fn files_are_written_in_the_format_of_their_name() {
    let folder = small("coverage-files");
    for name in ["out.info", "out.xml", "out.json", "out.html"] {
        let outcome = run_in(&folder, ["test", "-q", "--coverage-out", name, "."], "");
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (0, ""),
            "{}",
            outcome.stderr
        );
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(name != "out.html" || !text.contains("<very>"), "not escaped");
        insta::assert_snapshot!(name.replace('.', "_"), text);
    }
    let outcome = run_in(&folder, ["test", "--coverage-out", "out.txt", "."], "");
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.stderr.contains("give --coverage-format"),
        "{}",
        outcome.stderr
    );
}

fn git(folder: &Path, args: &[&str]) {
    let who = ["-c", "user.name=x", "-c", "user.email=x@example.invalid"];
    let status = std::process::Command::new("git")
        .args(who)
        .args(args)
        .current_dir(folder)
        .status();
    assert!(status.unwrap().success(), "git {args:?}");
}

#[test]
fn changed_rules_alone_are_asked_for() {
    let folder = small("coverage-changed");
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "first"]);
    let run = |revision: &str| run_in(&folder, ["test", "-q", "--changed-since", revision, "."], "");
    assert_eq!(
        run("HEAD").stdout,
        "coverage 100.0% (0 of 0 ways, 0 of 0 rules tested)\n"
    );
    let changed = SMALL_RULES.replace("queue < 0", "queue < 1");
    std::fs::write(folder.join("rules.yml"), format!("# moved\n{changed}")).unwrap();
    let outcome = run("HEAD");
    assert!(
        outcome
            .stdout
            .contains("rules.yml:12:5: Untested: no test looks at it")
            && !outcome.stdout.contains("QueueLong"),
        "{}",
        outcome.stdout
    );
    assert_eq!(outcome.code, 1, "configured: 10%");
    let outcome = run("no-such");
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (
            2,
            "firedrill: --changed-since no-such: git knows no such revision\n"
        )
    );
}

/// The part of Cobertura's document type that matters: what stands in an element, in order, and what it must say.
/// `*` is any number of them, `?` at most one.
const COBERTURA: [(&str, &[&str], &[&str]); 12] = [
    (
        "coverage",
        &["sources?", "packages"],
        &[
            "line-rate",
            "branch-rate",
            "lines-covered",
            "lines-valid",
            "branches-covered",
            "branches-valid",
            "complexity",
            "version",
            "timestamp",
        ],
    ),
    ("sources", &["source*"], &[]),
    ("source", &[], &[]),
    ("packages", &["package*"], &[]),
    (
        "package",
        &["classes"],
        &["name", "line-rate", "branch-rate", "complexity"],
    ),
    ("classes", &["class*"], &[]),
    (
        "class",
        &["methods", "lines"],
        &["name", "filename", "line-rate", "branch-rate", "complexity"],
    ),
    ("methods", &["method*"], &[]),
    (
        "method",
        &["lines"],
        &["name", "signature", "line-rate", "branch-rate", "complexity"],
    ),
    ("lines", &["line*"], &[]),
    ("conditions", &["condition*"], &[]),
    ("condition", &[], &["number", "type", "coverage"]),
];

/// What a document does that Cobertura's document type forbids.
fn breaches(text: &str) -> Vec<String> {
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..roxmltree::ParsingOptions::default()
    };
    let document = roxmltree::Document::parse_with_options(text, options).unwrap();
    let mut found = Vec::new();
    if document.root_element().tag_name().name() != "coverage" {
        found.push("the root is another element".to_owned());
    }
    for element in document.descendants().filter(roxmltree::Node::is_element) {
        let name = element.tag_name().name();
        let line: (&str, &[&str], &[&str]) = ("line", &["conditions*"], &["number", "hits"]);
        let Some((_, children, required)) = COBERTURA.iter().chain([&line]).find(|it| it.0 == name) else {
            found.push(format!("there is no element {name}"));
            continue;
        };
        let optional: &[&str] = if name == "line" {
            &["branch", "condition-coverage"]
        } else {
            &[]
        };
        for attribute in *required {
            if !element.has_attribute(*attribute) {
                found.push(format!("{name} lacks {attribute}"));
            }
        }
        for attribute in element.attributes() {
            if !required.contains(&attribute.name()) && !optional.contains(&attribute.name()) {
                found.push(format!("{name} has {}", attribute.name()));
            }
        }
        let mut rest: Vec<&str> = Vec::new();
        for child in element.children() {
            match child.text() {
                _ if child.is_element() => rest.push(child.tag_name().name()),
                Some(text) if name != "source" && !text.trim().is_empty() => {
                    found.push(format!("text in {name}"));
                }
                _ => {}
            }
        }
        let mut rest = rest.as_slice();
        for expected in *children {
            let child = expected.trim_end_matches(['*', '?']);
            let most = if expected.ends_with('*') { usize::MAX } else { 1 };
            let many = rest.iter().take(most).take_while(|it| **it == child).count();
            if many == 0 && !expected.ends_with(['*', '?']) {
                found.push(format!("{name} lacks {child}"));
            }
            rest = &rest[many..];
        }
        if let Some(child) = rest.first() {
            found.push(format!("{child} is out of place in {name}"));
        }
    }
    found
}

#[test]
fn the_xml_is_as_its_document_type_wants_it() {
    let folder = small("coverage-dtd");
    for paths in [folder.clone(), root().join("fixtures/coverage")] {
        let out = folder.join("out.xml");
        let outcome = run_in(
            &paths,
            ["test", "-q", "--coverage-out", out.to_str().unwrap(), "."],
            "",
        );
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let text = std::fs::read_to_string(&out).unwrap();
        assert_eq!(breaches(&text), Vec::<String>::new());
        // And it would be told.
        for (good, bad, breach) in [
            ("<methods>", "<lines/><methods>", "class lacks methods"),
            (" signature=\"\"", "", "method lacks signature"),
            ("<line number", "<line nr", "line lacks number"),
            ("<packages>", "<packages>x", "text in packages"),
            ("</sources>", "</sources><sources/>", "coverage lacks packages"),
        ] {
            let found = breaches(&text.replace(good, bad));
            assert!(found.iter().any(|it| it == breach), "{breach}: {found:?}");
        }
    }
}

#[test]
fn what_a_template_asks_for_is_looked_at() {
    let folder = scratch("coverage-query");
    let rules = |summary: &str| {
        format!(
            "groups:\n- name: g\n  rules:\n  - record: asked\n    expr: sum(queue)\n  - alert: Long\n    expr: queue > 5\n    \
             annotations:\n      summary: '{summary}'\n"
        )
    };
    let test = "rule_files: [rules.yml]\ntests:\n- input_series:\n  - {series: queue, values: 9x10}\n  - {series: other, \
                values: 3x10}\n  alert_rule_test:\n  - alertname: Long\n    eval_time: 3m\n    exp_alerts: [{exp_annotations: \
                {summary: '12'}}]\n";
    std::fs::write(folder.join("test.yml"), test).unwrap();
    let run = |summary: &str| {
        std::fs::write(folder.join("rules.yml"), rules(summary)).unwrap();
        run_in(
            &folder,
            ["test", "-f", "short", "--require-tests", "test.yml"],
            "",
        )
        .stdout
    };
    let found = run("{{ query \"asked + 3\" | first | value }}");
    assert!(!found.contains("FD910") && found.contains("FD913"), "{found}");
    let found = run("{{ query (printf \"queue + on () other{job=%q}\" \"\") | first | value }}");
    assert!(found.contains("`asked`") && !found.contains("FD913"), "{found}");
    let found = run("12");
    assert!(found.contains("`asked`") && found.contains("FD913"), "{found}");
}
