//! JUnit XML: a suite a file, a case a test, with times and places.

use super::outcome::FileOutcome;
use super::text::{failure_body, headline};
use crate::markup::{xml_attribute, xml_text};
use crate::style::Style;
use firedrill_source::{Diagnostic, Severity, Sources};
use std::io::{self, Write};
use std::time::Duration;

/// Writes the document.
///
/// # Errors
/// When the writer fails.
pub fn write_junit(
    out: &mut dyn Write,
    sources: &Sources,
    outcomes: &[FileOutcome],
    findings: &[Diagnostic],
) -> io::Result<()> {
    let tests: usize = outcomes.iter().map(tests).sum();
    let failures: usize = outcomes.iter().map(|outcome| outcome.summary.failed_cases).sum();
    let errors = outcomes.iter().filter(|outcome| outcome.broken).count();
    let took: Duration = outcomes.iter().map(took).sum();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"firedrill\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{}\">",
        seconds(took)
    )?;
    for outcome in outcomes {
        write_suite(out, sources, outcome, findings)?;
    }
    writeln!(out, "</testsuites>")
}

/// A file that could not run counts as a test with an error.
fn tests(outcome: &FileOutcome) -> usize {
    outcome.cases.len() + usize::from(outcome.broken)
}

fn took(outcome: &FileOutcome) -> Duration {
    outcome.cases.iter().map(|case| case.took).sum()
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

fn write_suite(
    out: &mut dyn Write,
    sources: &Sources,
    outcome: &FileOutcome,
    findings: &[Diagnostic],
) -> io::Result<()> {
    let file = sources.get(outcome.file);
    let name = xml_attribute(file.name());
    writeln!(
        out,
        "  <testsuite name=\"{name}\" file=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" time=\"{}\">",
        tests(outcome),
        outcome.summary.failed_cases,
        usize::from(outcome.broken),
        seconds(took(outcome))
    )?;
    for case in &outcome.cases {
        let line = file.line_column(case.span.start as usize).line;
        write!(
            out,
            "    <testcase name=\"{}\" classname=\"{name}\" file=\"{name}\" line=\"{line}\" assertions=\"{}\" time=\"{}\"",
            xml_attribute(&case.title()),
            case.assertions,
            seconds(case.took)
        )?;
        if case.failures.is_empty() {
            writeln!(out, "/>")?;
            continue;
        }
        writeln!(out, ">")?;
        for failure in &case.failures {
            let (location, headline) = headline(failure, sources, outcome.file);
            let source = sources.get(location.file);
            let at = source.line_column(location.span.start as usize);
            let body = failure_body(Style::PLAIN, sources, outcome.file, failure);
            let place = format!("{}:{}:{}", source.name(), at.line, at.column);
            writeln!(
                out,
                "      <failure message=\"{}\">{}</failure>",
                xml_attribute(&headline),
                xml_text(&format!("{headline}\nat {place}\n{}", body.trim_end()))
            )?;
        }
        writeln!(out, "    </testcase>")?;
    }
    if outcome.broken {
        // What kept it from running: its own errors, or those of a file that it names.
        let why: Vec<String> = findings
            .iter()
            .filter(|finding| {
                let file = finding.primary.location.file;
                finding.severity == Severity::Error && outcome.blocked_by.contains(&file)
            })
            .map(|finding| {
                let source = sources.get(finding.primary.location.file);
                let at = source.line_column(finding.primary.location.span.start as usize);
                format!("{}:{}:{}: {}", source.name(), at.line, at.column, finding.message)
            })
            .collect();
        writeln!(
            out,
            "    <testcase name=\"{name}\" classname=\"{name}\" file=\"{name}\" line=\"1\" time=\"0\"><error \
             message=\"the file could not run\">{}</error></testcase>",
            xml_text(&why.join("\n"))
        )?;
    }
    writeln!(out, "  </testsuite>")
}
