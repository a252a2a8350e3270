//! Errors of rule files and of test files that cannot be read, word for word as recorded from promtool 3.14.

// The test runner shows what differs.
#![allow(clippy::print_stdout)]

mod common;

use common::{csv, report, shared};
use firedrill_model::{Kind, ReadOptions, detect, read_rule_file, read_test_file};
use firedrill_promql::Features;
use firedrill_promtool::check::{Options, check_rules, test_file_error};
use firedrill_source::FileId;

fn options(flags: &str) -> Options {
    let features = flags
        .split(' ')
        .filter_map(|flag| flag.strip_prefix("--enable-feature="));
    Options {
        ignore_unknown_fields: flags.contains("--ignore-unknown-fields"),
        features: Features::from_flags(features.flat_map(|list| list.split(','))),
    }
}

#[test]
fn recorded_rule_files_fail_with_the_recorded_words() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("oracle/claims/invalid");
    let (mut checked, mut wrong_exit, mut wrong_words) = (0, Vec::new(), Vec::new());
    for row in csv(&folder.join("EXPECTED.csv")) {
        if row["command"] != "check" {
            continue;
        }
        checked += 1;
        let file = &row["file"];
        let bytes = std::fs::read(folder.join(file)).expect("the file is there");
        let options = options(&row["flags"]);
        let found = check_rules(&format!("{file}: "), &bytes, &options);
        let (exit, words) = match (&found.result, &found.duplicates) {
            (Err(errors), _) => ("1", errors.join("\n")),
            (Ok(_), Some(lint)) if row["flags"].contains("--lint-fatal") => {
                ("3", format!("lint error {lint}"))
            }
            (Ok(_), Some(lint)) => ("0", format!("lint error {lint}")),
            (Ok(_), None) => ("0", String::new()),
        };
        if exit != row["exit"] {
            wrong_exit.push(format!(
                "{file}: exit {exit} instead of {}: {words} / {}",
                row["exit"], row["message"]
            ));
        }
        if words != row["message"] {
            wrong_words.push(format!("{file}:\n    {words}\n    {}", row["message"]));
        }
        if let Ok(text) = firedrill_yaml::decode(&bytes) {
            let read = ReadOptions {
                features: options.features,
                ignore_unknown_fields: options.ignore_unknown_fields,
                ..ReadOptions::default()
            };
            let read = read_rule_file(FileId(0), &text, &read);
            // promtool knows no manifests; the model reads the rules in them.
            let manifest = detect(&text) == Kind::Manifest;
            if read.accepted != found.result.is_ok() && !manifest {
                wrong_exit.push(format!(
                    "{file}: the reader of the model disagrees: {:?}",
                    read.diagnostics
                ));
            }
        }
    }
    report("exit codes of check rules", checked, &wrong_exit);
    report("words of check rules", checked, &wrong_words);
    assert!(checked >= 250, "recorded data is missing: {checked}");
    assert!(wrong_exit.is_empty());
    assert!(
        wrong_words.len() * 100 <= checked * 2,
        "98 % of the words have to be equal"
    );
}

#[test]
fn recorded_test_files_that_cannot_be_read_fail_with_the_recorded_words() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("oracle/claims/invalid");
    let (mut checked, mut problems) = (0, Vec::new());
    for row in csv(&folder.join("EXPECTED.csv")) {
        if row["command"] != "test" {
            continue;
        }
        let file = &row["file"];
        let bytes = std::fs::read(folder.join(file)).expect("the file is there");
        let message = &row["message"];
        let found = test_file_error(&bytes);
        // Everything else is found while the tests run.
        let unreadable = message.starts_with("yaml: ")
            || message.starts_with("not a valid duration")
            || message.starts_with("empty duration")
            || message.starts_with("unknown unit")
            || message.ends_with("valid timestamp");
        checked += 1;
        if unreadable && found.as_ref() != Some(message) || !unreadable && found.is_some() {
            problems.push(format!("{file}:\n    {found:?}\n    {message}"));
        }
        let text = firedrill_yaml::decode(&bytes).expect("text");
        let read = read_test_file(FileId(0), &text, &ReadOptions::default());
        if unreadable && read.accepted {
            problems.push(format!("{file}: the reader of the model accepts it"));
        }
    }
    report("unreadable test files", checked, &problems);
    assert!(checked >= 100, "recorded data is missing: {checked}");
    assert!(problems.is_empty());
}

#[test]
fn the_corpus_is_accepted_and_refused_as_recorded_with_the_recorded_words() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("corpus");
    let (mut checked, mut problems, mut wrong_words) = (0, Vec::new(), Vec::new());
    for row in csv(&corpus.join("EXPECTED.csv")) {
        let path = &row["path"];
        let class = row["class_314"].as_str();
        let bytes = std::fs::read(corpus.join(path)).expect("the file is there");
        let kind = row["kind"].as_str();
        if ["rules", "promtool-rules", "test-rule"].contains(&kind) {
            checked += 1;
            let found = check_rules(&format!("{path}: "), &bytes, &Options::default()).result;
            if found.is_ok() != (class == "ok") {
                problems.push(format!("{path}: {found:?}, recorded {}", row["result_314"]));
            } else if let Err(errors) = found {
                // The table holds the first line only.
                let first = errors[0].lines().next().unwrap_or("").to_owned();
                let recorded = row["result_314"]
                    .rsplit(" / ")
                    .next()
                    .unwrap_or("")
                    .trim()
                    .to_owned();
                if recorded != "FAILED:" && !first.starts_with(recorded.trim_end_matches('…')) {
                    wrong_words.push(format!("{path}: {first}, recorded {recorded}"));
                }
            }
        } else if ["test", "promtool-test", "test-crd"].contains(&kind) {
            checked += 1;
            let found = test_file_error(&bytes);
            let refused = class == "dialect" && row["result_314"].contains("yaml: unmarshal errors");
            if found.is_some() != refused {
                problems.push(format!("{path}: {found:?}, recorded {}", row["result_314"]));
            }
        }
    }
    report("corpus", checked, &problems);
    report("first words over the corpus", checked, &wrong_words);
    assert!(checked >= 900, "recorded data is missing: {checked}");
    assert!(problems.is_empty());
    assert!(wrong_words.is_empty());
}
