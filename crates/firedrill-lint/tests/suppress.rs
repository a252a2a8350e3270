//! Comments that silence nothing: the repair cuts out what is not needed and leaves the rest as it stands. And the lists
//! of lints that could not have found anything are complete.

mod common;

use common::check;
use firedrill_facts::Facts;

/// A file with these lines in its rule, whose pattern has needless anchors (FD812).
fn file(before: &str, expr: &str) -> String {
    format!(
        "groups:\n- name: g\n  rules:\n{before}  - alert: Down\n    expr: {expr}\n    for: 5m\n    labels: {{team: a}}\n"
    )
}

/// The text after the repairs of all unused comments; the text as it is where none can be repaired.
fn repaired(text: &str) -> String {
    let checked = check([("rules.yml", text)], &Facts::new());
    let unused: Vec<_> = checked.linting.iter().filter(|it| it.code.0 == "FD907").collect();
    assert!(!unused.is_empty(), "nothing unused in\n{text}");
    let mut edits: Vec<_> = unused
        .iter()
        .filter_map(|it| it.fix.as_ref())
        .flat_map(|it| &it.edits)
        .collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.range(), &edit.replacement);
    }
    text
}

#[test]
fn repairs_cut_out_what_is_not_needed() {
    let anchored = "up{job=~\"^a.+\"} == 0";
    for (before, expr, before_after, expr_after) in [
        (
            "  # firedrill: ignore FD814\n",
            anchored.to_owned(),
            "",
            anchored.to_owned(),
        ),
        (
            "  # firedrill: ignore FD814\r\n",
            anchored.to_owned(),
            "",
            anchored.to_owned(),
        ),
        (
            "  # kept\n  # firedrill: ignore FD814, FD812, FD813 reason=\"x\"\n",
            anchored.to_owned(),
            "  # kept\n  # firedrill: ignore FD812 reason=\"x\"\n",
            anchored.to_owned(),
        ),
        (
            "",
            format!("{anchored}  # firedrill: ignore FD814"),
            "",
            anchored.to_owned(),
        ),
        (
            "",
            format!("|\n      # firedrill: ignore FD814\n      {anchored}"),
            "",
            format!("|\n      {anchored}"),
        ),
        (
            "",
            format!("|\n      {anchored} # firedrill: ignore FD814, FD812"),
            "",
            format!("|\n      {anchored} # firedrill: ignore FD812"),
        ),
        // A quote follows, and a folded text: nothing is cut.
        (
            "",
            "'up == 0 # firedrill: ignore FD814'".to_owned(),
            "",
            "'up == 0 # firedrill: ignore FD814'".to_owned(),
        ),
    ] {
        let text = file(before, &expr);
        assert_eq!(repaired(&text), file(before_after, &expr_after), "{text}");
    }
}

#[test]
fn lints_that_ask_for_facts_server_or_other_files_are_listed() {
    let source = common::workspace().join("crates/firedrill-lint/src");
    let silence = std::fs::read_to_string(source.join("silence.rs")).expect("silence.rs");
    let table = |name: &str| {
        let start = silence.find(&format!("const {name}:")).expect(name);
        let rest = &silence[start..];
        rest[..rest.find("];").expect("an end")].to_owned()
    };
    let (facts, server, others) = (table("ASK_FACTS"), table("ASK_SERVER"), table("ASK_OTHER_FILES"));
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(source.join("rules")).expect("src/rules") {
        let path = entry.expect("entry").path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a lint");
        let code = text
            .split("Code(\"")
            .nth(1)
            .and_then(|rest| rest.get(..5))
            .unwrap_or_default();
        for (mark, table) in [
            ("context.facts", &facts),
            ("settings.prometheus", &server),
            ("context.usage", &others),
            ("Check::Relation", &others),
        ] {
            if text.contains(mark) && !table.contains(code) {
                missing.push(format!("{code} asks for {mark}"));
            }
        }
    }
    missing.sort();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
