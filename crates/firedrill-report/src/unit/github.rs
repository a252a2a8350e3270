//! Failing tests as annotations of GitHub Actions.

use super::outcome::FileOutcome;
use super::text::{failure_body, headline};
use crate::github;
use crate::style::Style;
use firedrill_source::{Diagnostic, Severity, Sources};
use std::io::{self, Write};

/// Writes an annotation a finding and one a failure.
///
/// # Errors
/// When the writer fails.
pub fn write_test_github(
    out: &mut dyn Write,
    sources: &Sources,
    outcomes: &[FileOutcome],
    findings: &[Diagnostic],
) -> io::Result<()> {
    github::write_findings(out, sources, findings)?;
    for outcome in outcomes {
        github::write_findings(out, sources, &outcome.findings)?;
        for case in &outcome.cases {
            for failure in &case.failures {
                let (location, headline) = headline(failure, sources, outcome.file);
                let body = failure_body(Style::PLAIN, sources, outcome.file, failure);
                let title = format!("failing test: {}", case.title());
                let text = format!("{headline}\n{body}");
                github::write(out, sources, location, Severity::Error, &title, text.trim_end())?;
            }
        }
    }
    Ok(())
}
