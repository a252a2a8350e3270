//! Whatever is thrown at it, the binary answers with a clear error and exit code 1 or 2, soon, and does not panic.

use crate::support::{Outcome, run_in, scratch};
use std::path::Path;

/// A rule file around an expression.
fn rule(expr: &str) -> String {
    format!("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: '{expr}'\n")
}

fn write(directory: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    std::fs::write(directory.join(name), bytes).unwrap();
}

/// Checks a file in both ways and says what `check` said.
fn rejected(directory: &Path, name: &str) -> Outcome {
    let outcome = run_in(directory, ["check", "-f", "short", name], "");
    assert!(
        matches!(outcome.code, 1 | 2),
        "{name}: exit {}\n{}{}",
        outcome.code,
        outcome.stdout,
        outcome.stderr
    );
    assert!(!outcome.stderr.contains("panicked"), "{name}: {}", outcome.stderr);
    assert!(
        !outcome.stdout.is_empty() || !outcome.stderr.is_empty(),
        "{name}: no word"
    );
    // One finding must not drown the reader.
    assert!(
        outcome.stdout.len() < 100_000,
        "{name}: {} bytes of output",
        outcome.stdout.len()
    );
    let drop_in = run_in(directory, ["promtool", "check", "rules", name], "");
    assert_eq!(drop_in.code, 1, "{name}: {}", drop_in.stderr);
    let text = run_in(directory, ["check", "--color=always", name], "");
    assert!(!text.stderr.contains("panicked"), "{name}: {}", text.stderr);
    outcome
}

#[test]
fn nesting_and_length_are_bounded() {
    let directory = scratch("hostile-nesting");
    for (name, text) in [
        ("parens.yml", rule(&"(".repeat(100_000))),
        (
            "closed.yml",
            rule(&format!("{}1{}", "(".repeat(50_000), ")".repeat(50_000))),
        ),
        ("minus.yml", rule(&"-".repeat(100_000))),
        (
            "line.yml",
            rule(&"x".repeat(1_000_000).replace("xxxxxxxxxx", "a + b * ( ")),
        ),
        ("brackets.yml", "[".repeat(100_000)),
        ("braces.yml", "{".repeat(100_000)),
        ("dashes.yml", "- ".repeat(100_000)),
        ("colons.yml", "a: ".repeat(100_000)),
        (
            "template.yml",
            format!(
                "{}    annotations:\n      x: '{}'\n",
                rule("up"),
                "{{ if ".repeat(20_000)
            ),
        ),
        ("quantity.yml", rule("up[5m:0x1000000000]")),
    ] {
        write(&directory, name, text);
        rejected(&directory, name);
    }
}

#[test]
fn what_is_no_text_is_said_to_be_none() {
    let directory = scratch("hostile-bytes");
    write(
        &directory,
        "latin1.yml",
        b"groups:\n- name: caf\xe9\n  rules: []\n",
    );
    let outcome = rejected(&directory, "latin1.yml");
    assert!(
        outcome.stdout.starts_with("latin1.yml:2:12: error: "),
        "{}",
        outcome.stdout
    );
    let random: Vec<u8> = (0..100_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    write(&directory, "random.yml", random);
    rejected(&directory, "random.yml");
    write(&directory, "nul.yml", b"groups:\0\0\0");
    rejected(&directory, "nul.yml");
}

#[test]
fn aliases_cannot_fill_the_memory() {
    let directory = scratch("hostile-aliases");
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    bomb.push_str("groups: *a19\n");
    write(&directory, "bomb.yml", bomb);
    rejected(&directory, "bomb.yml");
}

#[test]
fn an_empty_file_is_a_rule_file_without_rules() {
    let directory = scratch("hostile-empty");
    for (name, text) in [
        ("empty.yml", ""),
        ("comment.yml", "# nothing\n"),
        ("groups.yml", "groups:\n"),
    ] {
        write(&directory, name, text);
        let outcome = run_in(&directory, ["check", name], "");
        assert_eq!(outcome.code, 0, "{name}: {}{}", outcome.stdout, outcome.stderr);
    }
}

#[test]
fn a_series_of_astronomic_length_costs_nothing_beyond_the_test() {
    let directory = scratch("hostile-series");
    let test = "tests:\n- input_series:\n  - {series: a, values: '1x99999999999'}\n  promql_expr_test:\n  \
                - {expr: a, eval_time: 5m, exp_samples: [{labels: a, value: 1}]}\n";
    write(&directory, "long_test.yml", test);
    let outcome = run_in(&directory, ["test", "long_test.yml"], "");
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    write(
        &directory,
        "hex_test.yml",
        test.replace("1x99999999999", "0x1000000000"),
    );
    let outcome = run_in(&directory, ["test", "hex_test.yml"], "");
    assert_eq!(outcome.code, 1, "0x1000000000 is nought, repeated");
    write(&directory, "time_test.yml", test.replace("5m", "200y"));
    let outcome = run_in(&directory, ["test", "time_test.yml"], "");
    assert_eq!(outcome.code, 1, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stdout.contains("ticks"), "{}", outcome.stdout);
}

#[cfg(unix)]
#[test]
fn links_in_circles_and_unreadable_files_are_named() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let directory = scratch("hostile-links");
    std::fs::create_dir(directory.join("rules")).unwrap();
    write(&directory.join("rules"), "good.yml", rule("up == 0"));
    symlink("..", directory.join("rules/loop")).unwrap();
    symlink("nowhere.yml", directory.join("rules/dangling.yml")).unwrap();
    let outcome = run_in(&directory, ["check", "rules"], "");
    assert_eq!(outcome.code, 2, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stderr.contains("dangling.yml"), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("1 rule"), "{}", outcome.stdout);
    let missing = run_in(&directory, ["check", "missing.yml"], "");
    assert_eq!(missing.code, 2);
    assert!(
        missing.stderr.contains("missing.yml: no such file"),
        "{}",
        missing.stderr
    );
    // Whoever may read everything cannot be shown a closed file.
    let closed = directory.join("closed.yml");
    std::fs::write(&closed, rule("up")).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&closed).is_err() {
        let outcome = run_in(&directory, ["check", "closed.yml"], "");
        assert_eq!(outcome.code, 2, "{}", outcome.stderr);
        assert!(
            outcome.stderr.contains("closed.yml: permission denied"),
            "{}",
            outcome.stderr
        );
    }
}
