//! Test results for machines, and runs that go on.

use crate::support::{firedrill, scratch};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

const FAILING: &str = "fixtures/failing/too-early_test.yml";

#[test]
fn github_shows_a_failure_beside_its_line() {
    let outcome = firedrill(["test", "-f", "github", FAILING]);
    assert_eq!(outcome.code, 1);
    insta::assert_snapshot!(outcome.stdout);
}

#[test]
fn github_shows_findings_of_check_too() {
    let outcome = firedrill(["check", "-f", "github", "fixtures/go-app/rules.yml"]);
    assert_eq!(outcome.code, 1);
    insta::assert_snapshot!(outcome.stdout);
}

#[test]
fn a_json_object_a_line() {
    let outcome = firedrill(["test", "-f", "json-lines", FAILING, "tests/go-app_test.yml"]);
    assert_eq!(outcome.code, 1);
    let types: Vec<String> = outcome
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|object| format!("{} {}", object["type"].as_str().unwrap(), object["passed"]))
        .collect();
    assert_eq!(types.first().unwrap(), "failure null");
    assert_eq!(types.last().unwrap(), "summary null");
    assert_eq!(types.iter().filter(|it| *it == "test true").count(), 9);
    assert_eq!(types.iter().filter(|it| *it == "test false").count(), 1);
    assert_eq!(types.iter().filter(|it| it.starts_with("file")).count(), 2);
}

#[test]
fn junit_tells_times_places_and_what_could_not_run() {
    let file = scratch("junit-own").join("out.xml");
    let path = file.display().to_string();
    let outcome = firedrill([
        "test",
        "-q",
        "--junit",
        &path,
        FAILING,
        "fixtures/failing/broken-series_test.yml",
    ]);
    assert_eq!(outcome.code, 1);
    let text = std::fs::read_to_string(&file).unwrap();
    let mut shown = String::new();
    for (index, part) in text.split(" time=\"").enumerate() {
        // How long it took is all that differs from run to run.
        let part = if index == 0 {
            part
        } else {
            part.split_once('"').unwrap().1
        };
        shown.push_str(part);
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn the_slowest_tests_are_listed() {
    let outcome = firedrill(["test", "--durations", "2", "tests"]);
    assert_eq!(outcome.code, 0);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert!(
        lines[0].starts_with("9 tests passed (55 assertions, 1 file) in "),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 3);
    assert!(lines[1].contains(" ms  tests/go-app_test.yml:"), "{lines:?}");
}

#[test]
fn a_format_that_a_command_does_not_have_is_refused() {
    let outcome = firedrill(["lints", "-f", "github"]);
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.stderr.contains("[possible values: text, short, json]"),
        "{}",
        outcome.stderr
    );
}

/// The process, ended whatever happens.
struct Ended(std::process::Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_changed_rule_is_tested_again_and_nothing_else() {
    let folder = scratch("watch");
    for file in ["a", "b"] {
        let rules = format!("groups:\n- name: g\n  rules:\n  - record: {file}:up\n    expr: up\n");
        std::fs::write(folder.join(format!("{file}.yml")), rules).unwrap();
        let test = format!(
            "rule_files: [{file}.yml]\ntests:\n- input_series:\n  - series: up\n    values: 1\n  promql_expr_test:\n  - \
             expr: {file}:up\n    eval_time: 0m\n    exp_samples:\n    - labels: {file}:up\n      value: 1\n"
        );
        std::fs::write(folder.join(format!("{file}_test.yml")), test).unwrap();
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_firedrill"))
        .args(["test", "--watch", "."])
        .current_dir(&folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let child = Ended(child);
    assert_eq!(
        lines.next().unwrap().unwrap(),
        "2 tests passed (2 assertions, 2 files)"
    );
    // The first result comes before the watcher is in place: until a change is seen, change again.
    let changed = folder.join("b.yml");
    let broken = std::fs::read_to_string(&changed)
        .unwrap()
        .replace("expr: up", "expr: up * 2");
    let done = std::sync::atomic::AtomicBool::new(false);
    let mut said: Vec<String> = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..50 {
                if done.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                std::fs::write(&changed, &broken).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(200));
            }
        });
        for line in lines.by_ref() {
            let line = line.unwrap();
            said.push(line.clone());
            if line.contains("0 tests passed") {
                break;
            }
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(said.iter().any(|line| line.contains("b_test.yml")), "{said:?}");
    assert_eq!(
        said.last().unwrap(),
        "1 test failed, 0 tests passed (1 assertion, 1 file)"
    );
    drop(child);
}
