//! The scripts written here pass, and between them name every function, aggregation and operator.

use firedrill_promql::ast::AggregateOp;
use std::path::Path;

fn scripts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/promql");
    let entries = std::fs::read_dir(folder)
        .expect("folder is readable")
        .map(|entry| entry.expect("entry is readable").path());
    let mut scripts: Vec<(String, String)> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "test"))
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).expect("file is readable"))
        })
        .collect();
    scripts.sort();
    scripts
}

#[test]
fn own_scripts_pass() {
    let (mut passed, mut failures) = (0, Vec::new());
    for (name, text) in scripts() {
        let script = firedrill_promqltest::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let report = script.run();
        failures.extend(report.failures.into_iter().map(|failure| (name.clone(), failure)));
        passed += report.passed;
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(passed > 350, "only {passed} evaluations");
}

#[test]
fn every_function_aggregation_and_operator_is_named() {
    let all: String = scripts().into_iter().map(|(_, text)| text).collect();
    let functions = firedrill_functions::FUNCTIONS
        .iter()
        .map(|row| format!("{}(", row.name));
    let aggregations = AggregateOp::ALL.iter().map(|(name, _)| (*name).to_owned());
    let operators = [
        " + ",
        " - ",
        " * ",
        " / ",
        " % ",
        " ^ ",
        " atan2 ",
        " == ",
        " != ",
        " < ",
        " <= ",
        " > ",
        " >= ",
        " and ",
        " or ",
        " unless ",
        " </ ",
        " >/ ",
        " bool ",
        " on (",
        " ignoring (",
        " group_left ",
        " fill_right ",
        " offset ",
        " @ ",
        " anchored",
        " smoothed",
    ];
    let wanted = functions.chain(aggregations).chain(operators.map(str::to_owned));
    let missing: Vec<String> = wanted.filter(|word| !all.contains(word.as_str())).collect();
    assert!(missing.is_empty(), "in no script: {missing:?}");
}

#[test]
fn failures_name_line_expectation_and_result() {
    let script = "load 1m\n  up 1\n\n# wrong on purpose\neval instant at 0 up\n  up 2\n";
    let report = firedrill_promqltest::parse(script).unwrap().run();
    assert_eq!(report.passed, 0);
    let failure = &report.failures[0];
    assert_eq!((failure.line, failure.expr.as_str()), (5, "up"));
    assert!(
        failure.message.contains("expected 2") && failure.message.contains("got 1"),
        "{}",
        failure.message
    );
    let broken = firedrill_promqltest::parse("load 1m\n  up 1\n\nevil instant at 0 up\n").unwrap_err();
    assert_eq!(
        broken.to_string(),
        "line 4: invalid command \"evil instant at 0 up\""
    );
    assert!(firedrill_promqltest::parse("eval instant at 0 sum(\n").is_err());
}
