//! What `check rules` prints for own fixtures.

use firedrill_promtool::check::{Options, check_rules, test_file_error};

#[test]
fn rule_files() {
    insta::glob!("../../../fixtures/rule-files", "*.yml", |path| {
        let bytes = std::fs::read(path).expect("readable");
        let checked = check_rules("f.yml: ", &bytes, &Options::default());
        let words = match checked.result {
            Ok(rules) => format!("{rules} rules"),
            Err(errors) => errors.join("\n"),
        };
        let lint = checked
            .duplicates
            .map_or(String::new(), |lint| format!("\n{lint}"));
        let documents = if checked.multiple_documents {
            "\n(multiple documents)"
        } else {
            ""
        };
        insta::assert_snapshot!(format!("{words}{lint}{documents}"));
    });
}

#[test]
fn test_files() {
    insta::glob!("../../../fixtures/test-files", "*.yml", |path| {
        let bytes = std::fs::read(path).expect("readable");
        insta::assert_snapshot!(test_file_error(&bytes).unwrap_or_else(|| "can be read".to_owned()));
    });
}
