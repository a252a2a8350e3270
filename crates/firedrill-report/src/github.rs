//! Workflow commands of GitHub Actions: annotations beside the lines of a pull request.

use firedrill_lint::name_of;
use firedrill_source::{Diagnostic, Location, Severity, Sources};
use std::io::{self, Write};

/// Writes an annotation a finding.
pub(crate) fn write_findings(
    out: &mut dyn Write,
    sources: &Sources,
    findings: &[Diagnostic],
) -> io::Result<()> {
    for finding in findings {
        let title = format!("{} {}", finding.code, name_of(finding.code));
        let mut text = finding.message.clone();
        for more in finding.evidence.iter().chain(&finding.note).chain(&finding.help) {
            text.push('\n');
            text.push_str(more);
        }
        write(
            out,
            sources,
            finding.primary.location,
            finding.severity,
            &title,
            &text,
        )?;
    }
    Ok(())
}

/// Writes one annotation.
pub(crate) fn write(
    out: &mut dyn Write,
    sources: &Sources,
    location: Location,
    severity: Severity,
    title: &str,
    text: &str,
) -> io::Result<()> {
    let level = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let file = sources.get(location.file);
    let start = file.line_column(location.span.start as usize);
    let end = file.line_column(location.span.end as usize);
    let (name, title, text) = (property(file.name()), property(title), data(text));
    write!(
        out,
        "::{level} file={name},line={},endLine={}",
        start.line, end.line
    )?;
    // Columns are understood within one line only.
    if start.line == end.line {
        write!(out, ",col={},endColumn={}", start.column, end.column)?;
    }
    writeln!(out, ",title={title}::{text}")
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_to_github_is_escaped() {
        assert_eq!(data("50 %\nof: all, ok"), "50 %25%0Aof: all, ok");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }
}
