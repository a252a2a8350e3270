//! `firedrill check`, `explain` and `lints` as users meet them.

use crate::support::{firedrill, root, run_in, scratch};
use std::collections::BTreeSet;

const BROKEN: &str = r#"groups:
- name: api
  interval: 1.5m
  rules:
  - alert: ErrorsHigh
    expr: >-
      sum(rate(api_errors_total[5m])
        by (job) > 5
    for: 5 m
    anotations:
      summary: "{{ $label.job }} fails"
  - record: job:api_requests:rate5m
    expr: sum by (job) (rate(api_requests_total))
    annotations: {note: none}
- name: api
"#;

#[test]
fn every_mistake_of_a_file_is_shown_at_once() {
    let outcome = run_in(&root(), ["check", "-"], BROKEN);
    assert_eq!(outcome.code, 1);
    insta::assert_snapshot!(outcome.stdout);
}

#[test]
fn a_short_line_per_finding() {
    let outcome = run_in(&root(), ["check", "-f", "short", "-"], BROKEN);
    insta::assert_snapshot!(outcome.stdout);
}

#[test]
fn json_holds_the_same_findings() {
    let outcome = firedrill(["check", "-f", "json", "fixtures/go-app/rules.yml"]);
    assert_eq!(outcome.code, 1);
    insta::assert_snapshot!(outcome.stdout);
}

#[test]
fn the_repaired_rules_are_clean_and_the_originals_have_two_errors() {
    let repaired = firedrill(["check", "rules"]);
    assert_eq!(
        (repaired.code, repaired.stdout.as_str()),
        (0, "no problems found in 8 rules (1 file)\n")
    );
    let original = firedrill(["check", "-f", "json", "fixtures/go-app/rules.yml"]);
    assert_eq!(original.code, 1);
    let json: serde_json::Value = serde_json::from_str(&original.stdout).unwrap();
    let errors: Vec<(String, String, u64, u64, u64)> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["severity"] == "error")
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap().to_owned();
            let number = |key: &str| finding[key].as_u64().unwrap();
            (
                text("code"),
                text("rule"),
                number("line"),
                number("column"),
                number("end_column"),
            )
        })
        .collect();
    let code = || "FD101".to_owned();
    assert_eq!(
        errors,
        [
            (code(), "GoroutineLeakSuspected".to_owned(), 16, 20, 34),
            (code(), "MemoryLeakSuspected".to_owned(), 34, 20, 40),
        ]
    );
}

#[test]
fn directories_are_searched_by_content() {
    let directory = scratch("discovery");
    let rule = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up == 0, for: 5m}\n";
    std::fs::create_dir_all(directory.join("deep/.git")).unwrap();
    std::fs::write(directory.join("deep/alerts.yaml"), rule).unwrap();
    std::fs::write(directory.join("deep/.git/hidden.yml"), rule).unwrap();
    std::fs::write(
        directory.join("deep/alerts_test.yml"),
        "rule_files: [alerts.yaml]\ntests: []\n",
    )
    .unwrap();
    std::fs::write(
        directory.join("docker-compose.yml"),
        "services:\n  db:\n    image: postgres\n",
    )
    .unwrap();
    let outcome = run_in(&directory, ["check"], "");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(
        outcome.stdout.contains("1 rule (1 file); 1 unit-test file left"),
        "{}",
        outcome.stdout
    );
    let nothing = run_in(&directory, ["check", "deep/.git/nowhere"], "");
    assert_eq!(nothing.code, 2);
    std::fs::create_dir(directory.join("empty")).unwrap();
    let nothing = run_in(&directory, ["check", "empty"], "");
    assert_eq!(nothing.code, 2);
    assert_eq!(nothing.stderr, "firedrill: no rule file found in empty\n");
}

#[test]
fn the_order_of_threads_does_not_show() {
    let directory = scratch("threads");
    for file in 0..40 {
        let rules = format!(
            "groups:\n- name: g\n  rules:\n  - {{alert: A{file}, expr: 'rate(m{file}[5m]) > 1'}}\n  - {{alert: B, expr: m{} > 50}}\n",
            39 - file
        );
        std::fs::write(directory.join(format!("{file:02}.yml")), rules).unwrap();
    }
    let outputs: BTreeSet<String> = ["1", "2", "7"]
        .map(|jobs| run_in(&directory, ["check", "-j", jobs, "."], "").stdout)
        .into();
    assert_eq!(outputs.len(), 1);
    assert!(outputs.first().unwrap().contains("40 errors"), "{outputs:?}");
}

#[test]
fn fail_on_moves_the_line() {
    let rule = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up == 0, for: 5m}\n---\ngroups: []\n";
    for (fail_on, code) in [("error", 0), ("warning", 1), ("never", 0)] {
        let outcome = run_in(&root(), ["check", "--fail-on", fail_on, "-"], rule);
        assert_eq!(outcome.code, code, "--fail-on {fail_on}: {}", outcome.stdout);
    }
}

#[test]
fn help_and_mistakes_on_the_command_line() {
    let help = firedrill(["--help"]);
    assert_eq!(help.code, 0);
    insta::assert_snapshot!(help.stdout);
    let unknown = firedrill([
        "check",
        "--enable-feature",
        "promql-experimental-function",
        "rules",
    ]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown
            .stderr
            .contains("did you mean promql-experimental-functions?"),
        "{}",
        unknown.stderr
    );
    assert_eq!(firedrill(["chekc"]).code, 2);
}

#[test]
fn pages_are_found_by_code_and_name() {
    let by_code = firedrill(["explain", "fd101"]);
    assert_eq!(by_code.code, 0);
    assert!(by_code.stdout.starts_with("FD101 rate-on-gauge"));
    assert_eq!(firedrill(["explain", "rate-on-gauge"]).stdout, by_code.stdout);
    let near = firedrill(["explain", "rate-on-guage"]);
    assert_eq!(near.code, 2);
    assert!(
        near.stderr.contains("did you mean rate-on-gauge?"),
        "{}",
        near.stderr
    );
    let list = firedrill(["lints"]);
    assert!(list.stdout.lines().any(|line| line.starts_with("FD101  error")));
}

/// `firedrill lints | head -1`: a reader that goes away is no error.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let command = format!(
        "{} lints | head -n 1; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_firedrill")
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &command])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

#[test]
fn what_is_found_does_not_depend_on_how_many_files_there_are() {
    let (few, many) = (scratch("few-files"), scratch("many-files"));
    let copied = "groups:\n- name: copied\n  rules:\n  - alert: Down\n    expr: up = 0\n";
    let alike =
        "groups:\n- name: alike\n  rules:\n  - alert: Slow\n    expr: rate(process_open_fds[5m]) > 1\n";
    for folder in [&few, &many] {
        std::fs::write(folder.join("broken.yml"), BROKEN).unwrap();
        for name in ["a", "b", "ä"] {
            std::fs::write(folder.join(format!("{name}-alike.yml")), alike).unwrap();
            std::fs::write(folder.join(format!("{name}-copied.yml")), copied).unwrap();
        }
    }
    for number in 0..40 {
        let rule = format!("  - record: job:{number}:sum\n    expr: sum by (job) (things_{number})\n");
        let text = format!("groups:\n- name: n{number}\n  rules:\n{rule}");
        std::fs::write(many.join(format!("z{number}.yml")), text).unwrap();
    }
    for format in ["text", "short", "github", "json-lines"] {
        let arguments = ["check", "-v", "--format", format, "."];
        let (few, many) = (run_in(&few, arguments, ""), run_in(&many, arguments, ""));
        let findings = |text: &str| match format {
            "text" => text
                .rsplit_once("\n\n")
                .map_or_else(String::new, |(found, _)| found.to_owned()),
            _ => text.to_owned(),
        };
        assert_eq!((few.code, many.code), (1, 1), "{}", many.stderr);
        assert!(few.stdout.contains("a-alike.yml"), "{}", few.stdout);
        assert_eq!(findings(&few.stdout), findings(&many.stdout), "{format}");
    }
}
