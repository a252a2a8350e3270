//! The drop-in: what scripts around promtool rely on.

use crate::support::{Outcome, firedrill, root, run_in, scratch};

fn promtool(args: &[&str]) -> Outcome {
    firedrill(["promtool"].iter().chain(args))
}

#[test]
fn success_is_counted_and_silent_on_standard_error() {
    let outcome = promtool(&["check", "rules", "rules/go-app.yml"]);
    assert_eq!(outcome.code, 0);
    assert_eq!(
        outcome.stdout,
        "Checking rules/go-app.yml\n  SUCCESS: 8 rules found\n\n"
    );
    assert_eq!(outcome.stderr, "");
    let outcome = promtool(&["test", "rules", "tests/go-app_test.yml"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, "  SUCCESS\n\n"));
}

#[test]
fn errors_go_to_standard_error_under_failed() {
    let rules = "groups:\n- name: g\n  rules:\n  - {record: x, expr: 'sum('}\n";
    let outcome = run_in(&root(), ["promtool", "check", "rules"], rules);
    assert_eq!(outcome.code, 1);
    assert_eq!(outcome.stdout, "Checking standard input\n");
    assert_eq!(
        outcome.stderr,
        "  FAILED:\n4:23: group \"g\", rule 1, \"x\": could not parse expression: 1:5: parse error: unclosed left \
         parenthesis\n"
    );
}

#[test]
fn duplicates_fail_only_when_asked() {
    let directory = scratch("duplicates");
    let rules = "groups:\n- name: g\n  rules:\n  - {record: x, expr: a}\n  - {record: x, expr: b}\n";
    std::fs::write(directory.join("r.yml"), rules).unwrap();
    for (flags, code, complains) in [
        (&[][..], 0, true),
        (&["--lint-fatal"], 3, true),
        (&["--lint=none"], 0, false),
        (&["--lint=none", "--lint-fatal"], 0, false),
        (&["--lint", "all", "--lint-fatal"], 3, true),
    ] {
        let mut args = vec!["promtool", "check", "rules"];
        args.extend(flags);
        args.push("r.yml");
        let outcome = run_in(&directory, args, "");
        assert_eq!(outcome.code, code, "{flags:?}");
        assert_eq!(
            outcome.stderr.contains("lint error 1 duplicate rule(s) found."),
            complains,
            "{flags:?}"
        );
    }
}

#[test]
fn a_bad_command_line_is_refused_in_promtools_words() {
    for (args, message) in [
        (
            &["check", "rules", "nowhere.yml"][..],
            "path 'nowhere.yml' does not exist",
        ),
        (&["check", "rules", "rules"], "'rules' is a directory"),
        (&["check", "rules", "--nope"], "unknown long flag '--nope'"),
        (
            &["check", "rules", "--lint=none", "--lint=all"],
            "flag 'lint' cannot be repeated",
        ),
        (
            &["test", "rules"],
            "required argument 'test-rule-file' not provided",
        ),
        (&["test", "rules", "--run"], "expected argument for flag '--run'"),
        (&["chekc"], "expected command but got \"chekc\""),
    ] {
        let outcome = promtool(args);
        assert_eq!(outcome.code, 1, "{args:?}");
        assert_eq!(
            outcome.stderr,
            format!("promtool: error: {message}, try --help\n")
        );
        assert_eq!(outcome.stdout, "");
    }
}

#[test]
fn features_reach_the_parser() {
    let rules = "groups:\n- name: g\n  rules:\n  - {record: x, expr: 'sort_by_label(up, \"job\")'}\n";
    let off = run_in(&root(), ["promtool", "check", "rules"], rules);
    assert_eq!(off.code, 1);
    assert!(
        off.stderr.contains("function \"sort_by_label\" is not enabled"),
        "{}",
        off.stderr
    );
    let on = [
        "promtool",
        "--enable-feature=promql-experimental-functions",
        "check",
        "rules",
    ];
    assert_eq!(run_in(&root(), on, rules).code, 0);
    let unknown = run_in(
        &root(),
        ["promtool", "--enable-feature=nope", "check", "rules"],
        "groups: []\n",
    );
    assert_eq!(unknown.code, 0);
    assert_eq!(
        unknown.stderr,
        "  WARNING: Unknown feature passed to --enable-feature: nope"
    );
}

/// Under the name promtool the binary needs no further word.
#[cfg(unix)]
#[test]
fn a_link_named_promtool_is_enough() {
    let directory = scratch("link");
    let link = directory.join("promtool");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_firedrill"), &link).unwrap();
    let output = std::process::Command::new(link)
        .args(["check", "rules"])
        .stdin(std::process::Stdio::null())
        .output();
    assert_eq!(
        String::from_utf8_lossy(&output.unwrap().stdout),
        "Checking standard input\n  SUCCESS: 0 rules found\n\n"
    );
}

#[test]
fn a_failing_test_is_worded_as_in_promtool() {
    let outcome = promtool(&["test", "rules", "fixtures/failing/too-early_test.yml"]);
    assert_eq!(outcome.code, 1);
    insta::assert_snapshot!(outcome.stderr);
}

#[test]
fn differences_are_marked_in_one_list() {
    let outcome = promtool(&["test", "rules", "--diff", "fixtures/promtool/rooms_test.yml"]);
    assert_eq!(outcome.code, 1);
    insta::assert_snapshot!(outcome.stderr.replace('\x1b', "ESC"));
}

#[test]
fn debugging_dumps_all_series_but_their_first_sample() {
    let outcome = promtool(&["test", "rules", "--debug", "fixtures/promtool/rooms_test.yml"]);
    let said: Vec<&str> = outcome
        .stderr
        .lines()
        .map(|line| line.split(", took").next().unwrap_or_default())
        .take_while(|line| !line.contains("FAILED"))
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn junit_has_a_case_per_test_and_a_text_per_error() {
    let scratch = scratch("junit");
    let file = scratch.join("out.xml");
    let flag = format!("--junit={}", file.display());
    let missing = scratch.join("broken_test.yml");
    std::fs::write(&missing, "tests: [\n").unwrap();
    let missing = missing.display().to_string();
    let outcome = promtool(&[
        "test",
        &flag,
        "rules",
        "fixtures/promtool/rooms_test.yml",
        &missing,
    ]);
    assert_eq!(outcome.code, 1);
    let text = std::fs::read_to_string(&file)
        .unwrap()
        .replace(&missing, "BROKEN");
    let mut shown = String::new();
    for (index, part) in text.split("timestamp=\"").enumerate() {
        // The time of day is all that differs from run to run.
        let part = if index == 0 {
            part
        } else {
            part.split_once('"').unwrap().1
        };
        shown.push_str(part);
    }
    insta::assert_snapshot!(shown.replace('>', ">\n"));
}

#[test]
fn a_junit_file_that_cannot_be_written_ends_the_run() {
    let outcome = promtool(&[
        "test",
        "rules",
        "--junit=no/such/folder.xml",
        "fixtures/promtool/rooms_test.yml",
    ]);
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (
            1,
            "promtool: error: open no/such/folder.xml: no such file or directory, try --help\n"
        )
    );
}
