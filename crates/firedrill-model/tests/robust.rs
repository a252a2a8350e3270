//! Whatever the input: an answer, soon, and no overflow.

use firedrill_model::{Kind, Read, ReadOptions, RuleFile, detect, read_rule_file, read_test_file};
use firedrill_source::{FileId, Severity};
use proptest::prelude::*;
use std::fmt::Write as _;

fn read(text: &str) -> Read<RuleFile> {
    read_rule_file(FileId(0), text, &ReadOptions::default())
}

#[test]
fn odd_files_are_answered() {
    for text in [
        "",
        "\u{feff}",
        "# comment\n",
        "---\n",
        "groups:\n",
        "groups: []\n",
        "groups: [~]\n",
        "{}",
    ] {
        assert!(read(text).accepted, "{text:?}");
        assert!(
            read_test_file(
                FileId(0),
                &text.replace("groups", "tests"),
                &ReadOptions::default()
            )
            .accepted,
            "{text:?}"
        );
    }
    for text in [
        "a",
        "- a",
        "42",
        "\u{0}",
        "groups: 1",
        "groups: {a: b}",
        "groups: [[]]",
        "groups: [{rules: [1]}]",
    ] {
        assert!(!read(text).accepted, "{text:?}");
    }
    for deep in ["[", "{", "- ", "? ", "groups: [", "a: {b: ["] {
        let text = deep.repeat(50_000);
        assert!(!read(&text).accepted);
        assert_eq!(detect(&text), Kind::Other);
    }
    let expression = format!(
        "groups: [{{name: g, rules: [{{record: a, expr: '{}1'}}]}}]",
        "(".repeat(100_000)
    );
    assert!(!read(&expression).accepted);
    let long = format!(
        "groups: [{{name: g, rules: [{{record: a, expr: 'x{}'}}]}}]",
        "y".repeat(1_000_000)
    );
    assert!(read(&long).accepted);
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text =
        String::from("groups:\n- name: g\n  rules:\n  - &r {alert: A, expr: up, labels: &l {a: b}}\n");
    for _ in 0..3000 {
        text += "  - *r\n";
    }
    let read_once = read(&text);
    assert!(!read_once.accepted);
    assert!(
        read_once
            .diagnostics
            .iter()
            .any(|d| d.message.contains("aliases")),
        "{:?}",
        read_once.diagnostics
    );
}

#[test]
fn a_file_with_many_mistakes_names_them_all() {
    let mut text = String::from("groups:\n- name: g\n  rules:\n");
    for n in 0..500 {
        let _ = writeln!(
            text,
            "  - alert: A{n}\n    expr: sum(\n    for: x\n    lables: {{}}"
        );
    }
    let read = read(&text);
    assert_eq!(
        read.diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error)
            .count(),
        1500
    );
    assert_eq!(read.diagnostics[3].subject.rule.as_deref(), Some("A1"));
}

#[test]
fn a_syntax_error_does_not_hide_what_stands_before_it() {
    let text =
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: sum(\n  - alert: B\n    labels: {a: [\n";
    let found: Vec<&str> = read(text).diagnostics.iter().map(|d| d.code.0).collect();
    assert_eq!(
        found,
        ["FD007", "FD001"],
        "nothing is said to be missing behind the error"
    );
}

#[test]
fn merges_in_test_files_work_as_in_yaml_v2() {
    let read = |text: &str| read_test_file(FileId(0), text, &ReadOptions::default());
    let text =
        "tests:\n- &a {name: first, interval: 5s}\n- {name: second, <<: *a}\n- {<<: *a, name: third}\n";
    let names: Vec<_> = read(text)
        .file
        .tests
        .iter()
        .map(|t| t.name.clone().expect("a name").text)
        .collect();
    assert_eq!(
        names.iter().map(|name| &**name).collect::<Vec<_>>(),
        ["first", "first", "third"]
    );
    let labels = |map: &str| format!("tests: [{{external_labels: &m {{a: b}}}}, {{external_labels: {map}}}]");
    assert!(read(&labels("{<<: *m, c: d}")).accepted);
    assert!(!read(&labels("{<<: *m, a: d}")).accepted);
    assert!(!read(&labels("{a: d, <<: *m}")).accepted);
}

proptest! {
    #[test]
    fn nothing_panics(text in "(groups:|tests:|rules:|- |  |\n|name: |expr: |alert: |for: |labels: |[a-c]|[\\[\\]{}'\"#&*!|>,:]|up|\n  ){0,40}") {
        let _ = read(&text);
        let _ = read_test_file(FileId(0), &text, &ReadOptions::default());
        let _ = detect(&text);
    }
}
