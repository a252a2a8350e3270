//! Tests that prove nothing: the examples of the pages, and real tests that pass.

use crate::support::{in_parallel, read_csv, report, root, run_in, scratch, shared};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Code, severity, line.
type Found = (String, String, u64);

fn findings(directory: &Path, args: &[&str]) -> Vec<Found> {
    run_with_findings(directory, args).1
}

/// The exit code, and the findings.
fn run_with_findings(directory: &Path, args: &[&str]) -> (i32, Vec<Found>) {
    let outcome = run_in(
        directory,
        ["test", "-f", "json", "-j", "1"].iter().chain(args),
        "",
    );
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", outcome.stdout, outcome.stderr));
    let list = json["findings"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let found = list.map(|it| {
        (
            text(&it["code"]),
            text(&it["severity"]),
            it["line"].as_u64().unwrap(),
        )
    });
    (outcome.code, found.collect())
}

/// The YAML blocks of a page with the section that each is in.
fn blocks(page: &str) -> Vec<(String, String)> {
    let (mut section, mut found, mut open) = (String::new(), Vec::new(), None);
    for line in page.lines() {
        match (&mut open, line) {
            (None, "```yaml") => open = Some(String::new()),
            (Some(text), "```") => {
                found.push((section.clone(), std::mem::take(text)));
                open = None;
            }
            (Some(text), line) => {
                let _ = writeln!(text, "{line}");
            }
            (None, line) => {
                if let Some(title) = line.strip_prefix("## ") {
                    section = title.to_owned();
                }
            }
        }
    }
    found
}

/// The lines that carets mark, with the code behind them.
fn marked(text: &str) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with('#')
            && let Some((_, code)) = line.split_once("^ ")
        {
            found.push((code.trim().to_owned(), index as u64));
        }
    }
    found
}

#[test]
fn the_examples_of_the_pages_are_found_and_their_near_misses_are_not() {
    let mut problems = Vec::new();
    let mut pages = 0;
    for lint in firedrill_lint::lints() {
        // Of a pattern without a file tells a reader, of a rule without a test its own option.
        // Those about comments are found in rule files.
        let elsewhere = ["FD906", "FD907", "FD908", "FD909", "FD910", "FD918"];
        if !lint.code.0.starts_with("FD9") || elsewhere.contains(&lint.code.0) {
            continue;
        }
        pages += 1;
        let directory = scratch(&format!("page-{}", lint.code));
        for (section, text) in blocks(lint.page) {
            if text.starts_with("groups:") {
                std::fs::write(directory.join("rules.yml"), text).unwrap();
                continue;
            }
            std::fs::write(directory.join("test.yml"), &text).unwrap();
            let outcome = run_in(&directory, ["test", "-f", "json", "test.yml"], "");
            if !outcome.stdout.contains("\"failures\": []") {
                problems.push(format!("{} fails:\n{text}{}", lint.code, outcome.stdout));
            }
            let found = findings(&directory, &["test.yml"]);
            let own = found.iter().filter(|it| it.0 == lint.code.0);
            let own: Vec<(String, u64)> = own.map(|it| (it.0.clone(), it.2)).collect();
            if own != marked(&text) || (section == "Bad") == own.is_empty() {
                problems.push(format!("{}, {section}: {found:?}\n{text}", lint.code));
            }
            // What is silenced is gone, and only that.
            let silenced = text.replacen(
                "tests:",
                &format!("# firedrill: ignore-file {}\ntests:", lint.code),
                1,
            );
            std::fs::write(directory.join("test.yml"), silenced).unwrap();
            let rest = findings(&directory, &["test.yml"]);
            if rest.len() + own.len() != found.len() {
                problems.push(format!("{}, silenced: {rest:?}\n{text}", lint.code));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(pages >= 14);
}

#[test]
fn the_examples_of_untested_rules_are_told_apart() {
    let lint = firedrill_lint::find("FD910").unwrap();
    let directory = scratch("page-FD910");
    let mut seen = Vec::new();
    for (section, text) in blocks(lint.page) {
        let file = if text.starts_with("groups:") {
            "rules.yml"
        } else {
            "test.yml"
        };
        std::fs::write(directory.join(file), &text).unwrap();
        if file == "test.yml" {
            let outcome = run_in(
                &directory,
                ["test", "-f", "short", "--require-tests", "test.yml"],
                "",
            );
            seen.push((section.clone(), outcome.code, outcome.stdout));
        }
    }
    let found = "rules.yml:6:9: warning: no test looks at `HalfDown` [FD910 rule-untested]\n";
    assert_eq!(seen.len(), 2);
    assert_eq!((seen[0].1, seen[0].2.as_str()), (1, found));
    assert_eq!((seen[1].1, seen[1].2.as_str()), (0, ""));
}

const RULES: &str =
    "groups:\n  - name: g\n    rules:\n      - alert: Full\n        expr: queue_length > 100\n";

fn project(name: &str, test: &str) -> std::path::PathBuf {
    let directory = scratch(name);
    std::fs::write(directory.join("rules.yml"), RULES).unwrap();
    std::fs::write(directory.join("test.yml"), test).unwrap();
    directory
}

#[test]
fn strict_makes_errors_of_them_by_option_and_by_configuration() {
    let test = "rule_files: [rules.yml]\ntests:\n  - input_series:\n      - {series: queue_length, values: 1x10}\n    \
                alert_rule_test:\n      - {eval_time: 5m, alertname: Full}\n";
    let directory = project("strict", test);
    assert_eq!(run_in(&directory, ["test", "test.yml"], "").code, 0);
    assert_eq!(run_in(&directory, ["test", "--strict", "test.yml"], "").code, 1);
    assert_eq!(findings(&directory, &["--strict", "test.yml"])[0].1, "error");
    std::fs::write(directory.join("firedrill.toml"), "[test]\nstrict = true\n").unwrap();
    assert_eq!(run_in(&directory, ["test", "test.yml"], "").code, 1);
    std::fs::write(directory.join("firedrill.toml"), "[test]\nstrikt = true\n").unwrap();
    let outcome = run_in(&directory, ["test", "test.yml"], "");
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("did you mean strict?"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_selection_that_fits_no_test_is_an_error() {
    let test = "rule_files: [rules.yml]\ntests:\n  - name: one\n    input_series:\n      - {series: queue_length, values: \
                1x10}\n    alert_rule_test:\n      - {eval_time: 5m, alertname: Full}\n";
    let directory = project("selection", test);
    assert_eq!(
        run_in(&directory, ["test", "--run", "one", "test.yml"], "").code,
        0
    );
    let outcome = run_in(
        &directory,
        ["test", "-f", "short", "--run", "two", "test.yml"],
        "",
    );
    assert_eq!(outcome.code, 1);
    assert!(outcome.stdout.contains("FD923"), "{}", outcome.stdout);
}

#[test]
fn a_comment_is_about_the_entry_that_follows_it() {
    let test = |comment: &str, line: &str| {
        format!(
            "rule_files: [rules.yml]\ntests:\n  - name: n\n    input_series:\n      - {{series: queue_length, values: \
             101x10}}\n{comment}      - {{series: stray, values: 1x10}}{line}\n      - {{series: other, values: 1x10}}\n    \
             alert_rule_test:\n      - eval_time: 5m\n        alertname: Full\n        exp_alerts: [{{}}]\n"
        )
    };
    let lines = |name: &str, text: String| -> Vec<u64> {
        let directory = project(name, &text);
        let found = findings(&directory, &["test.yml"]);
        found
            .into_iter()
            .filter(|it| it.0 == "FD913")
            .map(|it| it.2)
            .collect()
    };
    assert_eq!(lines("comment-none", test("", "")), [6, 7]);
    let above = test("      # firedrill: ignore FD913 reason=\"why\"\n", "");
    assert_eq!(lines("comment-above", above), [8]);
    assert_eq!(
        lines("comment-behind", test("", " # firedrill: ignore FD913")),
        [7]
    );
    let whole = test("", "").replace("  - name: n", "  # firedrill: ignore FD913\n  - name: n");
    assert_eq!(lines("comment-test", whole), Vec::<u64>::new());
    assert_eq!(
        lines("comment-other", test("      # firedrill: ignore FD912\n", "")),
        [7, 8]
    );
}

#[test]
fn comments_of_tests_follow_the_grammar_of_those_of_rules() {
    let seen = |name: &str, comment: &str| -> Vec<String> {
        let text = format!(
            "rule_files: [rules.yml]\ntests:\n  - name: n\n    input_series:\n      - {{series: queue_length, values: \
             101x10}}\n      {comment}\n      - {{series: stray, values: 1x10}}\n      - {{series: other, values: 1x10}}\n    \
             alert_rule_test:\n      - eval_time: 5m\n        alertname: Full\n        exp_alerts: [{{}}]\n"
        );
        let found = findings(&project(name, &text), &["test.yml"]).into_iter();
        let loud = found.filter(|(_, severity, _)| severity != "info");
        loud.map(|(code, severity, line)| format!("{code} {severity} {line}"))
            .collect()
    };
    let both = ["FD913 warning 7", "FD913 warning 8"];
    let second = ["FD913 warning 8"];
    let with = |own: &'static str| [own, "FD913 warning 7", "FD913 warning 8"];
    assert_eq!(seen("grammar-none", "# firedrill: these are test data"), both);
    assert_eq!(
        seen("grammar-name", "# firedrill: ignore test-input-unused"),
        second
    );
    assert_eq!(
        seen(
            "grammar-day",
            "# firedrill: ignore FD913 until=9999-12-31 reason=\"x\""
        ),
        second
    );
    assert_eq!(
        seen("grammar-expired", "# firedrill: ignore FD913 until=2020-01-31"),
        with("FD908 warning 6")
    );
    assert_eq!(
        seen("grammar-line", "# firedrill: ignore-next-line FD913"),
        second
    );
    assert_eq!(
        seen("grammar-test", "# firedrill: ignore-group FD913"),
        Vec::<String>::new()
    );
    assert_eq!(
        seen("grammar-about", "# firedrill: ignore-file FD913(stray)"),
        second
    );
    assert_eq!(
        seen("grammar-other", "# firedrill: ignore-file FD913(stra)"),
        both
    );
    for (name, comment) in [
        ("grammar-unknown", "# firedrill: ignore FD313x"),
        ("grammar-prose", "# firedrill: ignore FD913 because"),
        ("grammar-word", "# firedrill: ignore-test FD913"),
    ] {
        assert_eq!(seen(name, comment), with("FD906 error 6"), "{comment}");
    }
    assert_eq!(seen("grammar-foreign", "# pint disable promql/series"), both);
}

#[test]
fn a_pattern_without_a_file_is_silenced_at_its_entry() {
    let lines = |name: &str, patterns: &str| {
        let text = format!(
            "rule_files:\n{patterns}tests:\n  - input_series:\n      - {{series: queue_length, values: 101x10}}\n    \
             alert_rule_test:\n      - {{eval_time: 5m, alertname: Full, exp_alerts: [{{}}]}}\n"
        );
        let (code, found) = run_with_findings(&project(name, &text), &["--strict", "test.yml"]);
        let own = found.into_iter().filter(|it| it.0 == "FD918");
        (code, own.map(|it| it.2).collect::<Vec<u64>>())
    };
    let plain = "  - rules.yml\n  - gone.yml\n  - away.yml\n";
    assert_eq!(lines("pattern-none", plain), (1, vec![3, 4]));
    let above = plain.replace(
        "  - gone",
        "  # firedrill: ignore FD918 reason=\"later\"\n  - gone",
    );
    assert_eq!(lines("pattern-above", &above), (1, vec![5]));
    let behind = plain.replace("gone.yml", "gone.yml # firedrill: ignore FD918");
    assert_eq!(lines("pattern-behind", &behind), (1, vec![4]));
    let other = plain.replace("gone.yml", "gone.yml # firedrill: ignore FD913");
    assert_eq!(lines("pattern-other", &other), (1, vec![3, 4]));
    let whole = format!("  # firedrill: ignore-file FD918\n{plain}");
    assert_eq!(lines("pattern-file", &whole).1, Vec::<u64>::new());
    // What promtool refuses stays an error.
    let broken = "  - rules.yml\n  - 'gone[.yml' # firedrill: ignore FD918\n";
    assert_eq!(lines("pattern-broken", broken), (1, vec![3]));
}

#[test]
fn texts_that_depend_on_the_order_of_results_are_told_apart() {
    let folder = scratch("query-order");
    let test = |summary: &str| {
        format!(
            "rule_files: [rules.yml]\ntests:\n  - input_series:\n      - {{series: 'q{{n=\"1\"}}', values: 7x10}}\n      - {{series: \
             'q{{n=\"2\"}}', values: 7x10}}\n      - {{series: 'q{{n=\"3\"}}', values: 8x10}}\n    alert_rule_test:\n      - \
             eval_time: 5m\n        alertname: Full\n        exp_alerts: [{{exp_annotations: {{summary: '{summary}'}}}}]\n"
        )
    };
    let severity = |template: &str, summary: &str| -> Vec<String> {
        let rules = format!(
            "groups:\n- name: g\n  rules:\n  - alert: Full\n    expr: sum(q) > 1\n    annotations:\n      summary: '{template}'\n"
        );
        std::fs::write(folder.join("rules.yml"), rules).unwrap();
        std::fs::write(folder.join("test.yml"), test(summary)).unwrap();
        let (code, found) = run_with_findings(&folder, &["test.yml"]);
        assert_eq!(code, 0, "{template}: {found:?}");
        let own = found.into_iter().filter(|it| it.0 == "FD928");
        own.map(|it| it.1).collect()
    };
    let n = "label \"n\"";
    let each = format!("{{{{ range query \"q\" }}}}{{{{ . | {n} }}}} {{{{ end }}}}");
    assert_eq!(
        severity(&format!("{{{{ query \"q\" | first | {n} }}}}"), "1"),
        ["warning"]
    );
    assert_eq!(severity(&each, "1 2 3 "), ["info"]);
    // What is sorted has its order, but for what is equal.
    assert_eq!(
        severity(&format!("{{{{ query \"sort(q)\" | first | {n} }}}}"), "1"),
        ["warning"]
    );
    let none = Vec::<String>::new();
    assert_eq!(
        severity(&format!("{{{{ query \"sort_desc(q)\" | first | {n} }}}}"), "3"),
        none
    );
    assert_eq!(
        severity(
            &each.replace("query \"q\"", "query \"q\" | sortByLabel \"n\""),
            "1 2 3 "
        ),
        none
    );
    assert_eq!(severity("{{ query \"q < 8\" | first | value }}", "7"), none);
    assert_eq!(severity("{{ query \"max(q)\" | first | value }}", "8"), none);
    assert_eq!(severity("{{ len (query \"q\") }}", "3"), none);
}

/// Real tests that pass in promtool and fail here without `--strict`, each with the reason why that is right: there are
/// none.
const FAIL_BY_FINDING: [(&str, &str); 0] = [];

/// How many findings of each code there are over real tests that pass, and that none of them fails by a finding.
#[test]
fn real_tests_have_the_findings_that_were_reviewed() {
    let Some(corpus) = shared("corpus") else { return };
    let rows = read_csv(&corpus.join("EXPECTED.csv"));
    let wanted = ["test", "test-crd", "promtool-test"];
    let passing: Vec<_> = rows
        .iter()
        .filter(|row| wanted.contains(&row["kind"].as_str()) && row["class_314"] == "ok")
        .collect();
    let results = in_parallel(&passing, |row| run_with_findings(&corpus, &[&row["path"]]));
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut failing = Vec::new();
    for (row, (exit, found)) in passing.iter().zip(results) {
        if exit != 0 && !FAIL_BY_FINDING.iter().any(|(path, _)| row["path"] == *path) {
            failing.push(format!("{} (exit code {exit}): {found:?}", row["path"]));
        }
        for (code, severity, _) in found {
            *counts.entry((code, severity)).or_default() += 1;
        }
    }
    report("green tests that stay green", passing.len(), &failing, 0);
    let mut text = String::new();
    for ((code, severity), count) in counts {
        let _ = writeln!(text, "{code} {severity} {count}");
    }
    let path = root().join("fixtures/lint/corpus-test-counts.txt");
    if std::env::var_os("UPDATE_COUNTS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(
        text,
        std::fs::read_to_string(path).unwrap(),
        "UPDATE_COUNTS=1 writes the counts anew"
    );
    assert!(passing.len() > 280);
}
