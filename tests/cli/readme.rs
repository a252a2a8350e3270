//! Every command of the README, run; where its output is shown, it is this.

use crate::support::{Outcome, root, run_in};

/// The blocks of a language, without their fences.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .collect()
}

/// Runs a command line of the README.
fn run(line: &str) -> Outcome {
    let words: Vec<&str> = line.split_whitespace().collect();
    let args = words
        .strip_prefix(&["cargo", "run", "--release", "--"][..])
        .or_else(|| words.strip_prefix(&["firedrill"][..]))
        .unwrap_or_else(|| panic!("not a command of ours: {line}"));
    run_in(&root(), args, "")
}

#[test]
fn the_commands_print_what_is_shown() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut commands = 0;
    for block in blocks(&readme, "console") {
        for part in format!("\n{block}").split("\n$ ").skip(1) {
            let (line, shown) = part.split_once('\n').unwrap_or((part, ""));
            let outcome = run(line);
            assert_eq!(outcome.stderr, "", "{line}");
            assert_eq!(outcome.stdout.trim_end(), shown.trim_end(), "{line}");
            commands += 1;
        }
    }
    assert!(commands >= 5, "only {commands} commands were found");
}

#[test]
fn the_commands_for_ci_and_editors_run_clean() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut lines: Vec<&str> = Vec::new();
    for block in blocks(&readme, "yaml") {
        lines.extend(
            block
                .lines()
                .filter_map(|line| line.strip_prefix("- run: firedrill")),
        );
    }
    for block in blocks(&readme, "json") {
        let commands = block
            .lines()
            .filter_map(|line| line.trim().strip_prefix("\"command\": \"firedrill"));
        lines.extend(commands.map(|line| line.trim_end_matches("\",")));
    }
    assert_eq!(lines.len(), 2);
    for line in lines {
        for command in format!("firedrill{line}").split(" && ") {
            let outcome = run(command);
            assert_eq!(
                (outcome.code, outcome.stdout.as_str()),
                (0, ""),
                "{command}: {}",
                outcome.stderr
            );
        }
    }
}

/// The problem matchers read what `-f short` writes.
#[test]
fn the_problem_matchers_match_short_lines() {
    let matcher = std::fs::read_to_string(root().join(".github/firedrill-matcher.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&matcher).unwrap();
    let pattern = &json["problemMatcher"][0]["pattern"][0];
    let regex = pattern["regexp"].as_str().unwrap();
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let task: serde_json::Value = serde_json::from_str(blocks(&readme, "json")[0]).unwrap();
    assert_eq!(task["tasks"][0]["problemMatcher"]["pattern"]["regexp"], regex);
    let regex = firedrill_regex::Regex::new(regex).unwrap();
    let outcome = run("firedrill check -f short fixtures/go-app");
    assert!(outcome.stdout.lines().count() >= 2);
    for line in outcome.stdout.lines() {
        assert!(regex.is_match(line), "{line}");
        assert_eq!(regex.replace_all(line, "$4/$6"), "error/FD101");
    }
}
