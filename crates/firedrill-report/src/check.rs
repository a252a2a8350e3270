//! The report of `firedrill check`.

use crate::style::{Style, plural};
use crate::{Format, Spread, findings_json, github, text};
use firedrill_lint::name_of;
use firedrill_source::{Diagnostic, Severity, Sources};
use std::io::{self, Write};

/// What was checked.
#[derive(Clone, Copy, Debug, Default)]
pub struct CheckSummary {
    /// Rule files read.
    pub files: usize,
    /// Rules in them.
    pub rules: usize,
    /// Unit-test files that were met on the way and left to `firedrill test`.
    pub test_files: usize,
    /// Infos that are not shown.
    pub hidden: usize,
    /// Findings, hidden ones among them, that can be repaired without changing what a rule does.
    pub fixable: usize,
    /// Findings of the baseline that are not shown.
    pub known: usize,
}

/// Writes findings, which are in their final order, and a summary; many excerpts are drawn in pieces.
///
/// # Errors
/// When the writer fails.
pub fn write_check(
    out: &mut dyn Write,
    format: Format,
    style: Style,
    sources: &Sources,
    findings: &[Diagnostic],
    summary: CheckSummary,
    spread: Spread<'_>,
) -> io::Result<()> {
    if format == Format::Json {
        return findings_json::write(out, sources, findings, summary);
    }
    write_findings(out, format, style, sources, findings, spread)?;
    if format == Format::Text {
        write_summary(out, style, findings, summary)?;
    }
    Ok(())
}

/// Writes findings alone; where the format wants one document for everything, as text.
///
/// # Errors
/// When the writer fails.
pub fn write_findings(
    out: &mut dyn Write,
    format: Format,
    style: Style,
    sources: &Sources,
    findings: &[Diagnostic],
    spread: Spread<'_>,
) -> io::Result<()> {
    let mut each = findings.iter();
    match format {
        Format::Github => github::write_findings(out, sources, findings),
        Format::Short => each.try_for_each(|finding| write_short(out, sources, finding)),
        Format::JsonLines => each.try_for_each(|finding| findings_json::write_line(out, sources, finding)),
        Format::Text | Format::Json => text::write_findings(out, style, sources, findings, spread),
    }
}

/// `file:line:col: severity: message [FD101 rate-on-gauge]`.
fn write_short(out: &mut dyn Write, sources: &Sources, finding: &Diagnostic) -> io::Result<()> {
    let location = finding.primary.location;
    let file = sources.get(location.file);
    let at = file.line_column(location.span.start as usize);
    // One finding, one line, whatever the message quotes.
    let message = finding.message.replace(['\n', '\r'], " ");
    writeln!(
        out,
        "{}:{}:{}: {}: {message} [{} {}]",
        file.name(),
        at.line,
        at.column,
        finding.severity,
        finding.code,
        name_of(finding.code)
    )
}

/// Writes the line behind all findings.
///
/// # Errors
/// When the writer fails.
pub fn write_summary(
    out: &mut dyn Write,
    style: Style,
    findings: &[Diagnostic],
    summary: CheckSummary,
) -> io::Result<()> {
    let count = |severity| {
        findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let (errors, warnings, infos) = (
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Info),
    );
    let mut parts = Vec::new();
    if errors > 0 {
        parts.push(style.red(&plural(errors, "error")));
    }
    if warnings > 0 {
        parts.push(style.yellow(&plural(warnings, "warning")));
    }
    if infos > 0 {
        parts.push(plural(infos, "info"));
    }
    let verdict = if parts.is_empty() {
        style.green("no problems found")
    } else {
        parts.join(", ")
    };
    write!(
        out,
        "{verdict} in {} ({})",
        plural(summary.rules, "rule"),
        plural(summary.files, "file")
    )?;
    if summary.hidden > 0 {
        write!(out, "; {} hidden, -v shows them", plural(summary.hidden, "info"))?;
    }
    if summary.fixable > 0 {
        write!(out, "; --fix repairs {}", summary.fixable)?;
    }
    if summary.known > 0 {
        let known = plural(summary.known, "known finding");
        write!(out, "; {known} hidden by the baseline")?;
    }
    if summary.test_files > 0 {
        write!(
            out,
            "; {} left to `firedrill test`",
            plural(summary.test_files, "unit-test file")
        )?;
    }
    writeln!(out)
}
