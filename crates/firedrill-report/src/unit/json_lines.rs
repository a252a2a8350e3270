//! Test results as one JSON object a line: findings, tests, failures, and a summary at the end.

use super::json::failure_json;
use super::outcome::FileOutcome;
use crate::findings_json::{self, place};
use firedrill_source::{Diagnostic, Location, Sources};
use firedrill_unit::Summary;
use serde_json::{Value, json};
use std::io::{self, Write};

/// Writes the lines. Times are left out: the same run gives the same bytes.
///
/// # Errors
/// When the writer fails.
pub fn write_test_json_lines(
    out: &mut dyn Write,
    sources: &Sources,
    outcomes: &[FileOutcome],
    findings: &[Diagnostic],
    summary: Summary,
) -> io::Result<()> {
    for finding in findings {
        findings_json::write_line(out, sources, finding)?;
    }
    let mut line = |value: Value| {
        serde_json::to_writer(&mut *out, &value)?;
        writeln!(out)
    };
    for outcome in outcomes {
        for finding in &outcome.findings {
            line(findings_json::line(sources, finding))?;
        }
        for case in &outcome.cases {
            for failure in &case.failures {
                let mut object = failure_json(sources, outcome.file, case, failure);
                object["type"] = json!("failure");
                line(object)?;
            }
            let mut object = place(sources, Location::new(outcome.file, case.span));
            for (key, value) in [
                ("type", json!("test")),
                ("test", json!(case.index)),
                ("name", json!(case.name)),
                ("passed", json!(case.failures.is_empty())),
                ("assertions", json!(case.assertions)),
            ] {
                object.insert(key.to_owned(), value);
            }
            line(Value::Object(object))?;
        }
        let name = sources.get(outcome.file).name();
        line(json!({ "type": "file", "file": name, "passed": outcome.passed(), "ran": !outcome.broken }))?;
    }
    line(json!({
        "type": "summary",
        "files": outcomes.len(),
        "tests": summary.cases,
        "failed_tests": summary.failed_cases,
        "assertions": summary.assertions,
        "failures": summary.failures,
    }))
}
