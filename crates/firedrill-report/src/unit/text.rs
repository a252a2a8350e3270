//! Test results for people.

use super::mismatch_text::{write_alert, write_expr};
use super::timeline;
use crate::Format;
use crate::style::{Style, one_line, plural};
use firedrill_source::{FileId, Location, Sources, Span};
use firedrill_unit::{Failure, Passed, Summary};
use firedrill_value::{Duration, quote};
use std::io::{self, Write};

/// Writes one failure as text or as a short line.
///
/// # Errors
/// When the writer fails.
pub fn write_failure(
    out: &mut dyn Write,
    format: Format,
    style: Style,
    sources: &Sources,
    file: FileId,
    test_name: Option<&str>,
    failure: &Failure,
) -> io::Result<()> {
    let name = test_name.filter(|name| !name.is_empty());
    let (location, headline) = headline(failure, sources, file);
    let span = location.span;
    let source = sources.get(location.file);
    let at = source.line_column(span.start as usize);
    let place = format!("{}:{}:{}", source.name(), at.line, at.column);
    if format == Format::Short {
        let headline = headline.replace('\n', " ");
        return writeln!(out, "{place}: error: {headline} [test]");
    }
    writeln!(out, "{} {}", style.red("FAIL"), style.bold(&headline))?;
    match name {
        Some(name) => writeln!(out, "  at {place}, in test {}", quote(name))?,
        None => writeln!(out, "  at {place}")?,
    }
    write_body(out, style, sources, file, failure)?;
    writeln!(out)
}

/// What is said of a failure below its headline.
pub(super) fn failure_body(style: Style, sources: &Sources, file: FileId, failure: &Failure) -> String {
    let mut bytes = Vec::new();
    // Memory takes everything.
    let _ = write_body(&mut bytes, style, sources, file, failure);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn write_body(
    out: &mut dyn Write,
    style: Style,
    sources: &Sources,
    file: FileId,
    failure: &Failure,
) -> io::Result<()> {
    match failure {
        Failure::Alert(mismatch) => write_alert(out, style, sources, mismatch),
        Failure::Expr(mismatch) => write_expr(out, style, sources, mismatch),
        Failure::Rule { .. } => writeln!(
            out,
            "  the test stopped there; it is in {}",
            sources.get(file).name()
        ),
        Failure::ExprError { .. } | Failure::Setup { .. } => Ok(()),
    }
}

/// Writes what was expected and came about, with timelines.
///
/// # Errors
/// When the writer fails.
pub fn write_passed(
    out: &mut dyn Write,
    style: Style,
    sources: &Sources,
    file: FileId,
    test_name: Option<&str>,
    passed: &Passed,
) -> io::Result<()> {
    let source = sources.get(file);
    let at = source.line_column(passed.span.start as usize);
    let is_alert = passed.timelines.iter().any(|timeline| timeline.rule.is_some());
    let (kind, noun) = if is_alert {
        ("alert", "alert")
    } else {
        ("expression", "sample")
    };
    let expected = match passed.expected {
        0 => format!("no {noun}, as expected"),
        count => format!("{} as expected", plural(count, noun)),
    };
    let headline = format!(
        "{kind} {} at {}: {expected}",
        one_line(&passed.subject),
        passed.eval_time
    );
    writeln!(out, "{} {}", style.green("ok  "), style.bold(&headline))?;
    let name = test_name.filter(|name| !name.is_empty());
    let of = name.map_or_else(String::new, |name| format!(", in test {}", quote(name)));
    writeln!(out, "  at {}:{}:{}{of}", source.name(), at.line, at.column)?;
    for timeline in &passed.timelines {
        timeline::write(out, style, sources, timeline)?;
    }
    writeln!(out)
}

/// Where a failure is in the test file, and what it is in one line.
pub(super) fn headline(failure: &Failure, sources: &Sources, file: FileId) -> (Location, String) {
    let here = |span: Span| Location::new(file, span);
    match failure {
        Failure::Alert(it) => {
            let counts = match (it.expected.len(), it.got.len()) {
                (0, got) => format!("expected no alert, got {got} firing"),
                (expected, 0) => format!("expected {}, none is firing", plural(expected, "alert")),
                (expected, got) if expected == got => "the alerts differ".to_owned(),
                (expected, got) => format!("expected {}, got {got} firing", plural(expected, "alert")),
            };
            (
                here(it.name_span),
                format!("alert {} at {}: {counts}", it.alertname, it.eval_time),
            )
        }
        Failure::Expr(it) => {
            let what = match (it.expected.len(), it.got.len()) {
                (0, got) => format!("expected no sample, got {got}"),
                (expected, 0) => format!("expected {}, got none", plural(expected, "sample")),
                (expected, got) if expected == got => "the samples differ".to_owned(),
                (expected, got) => format!("expected {}, got {got}", plural(expected, "sample")),
            };
            (
                here(it.expr_span),
                format!("expression {} at {}: {what}", one_line(&it.expr), it.eval_time),
            )
        }
        Failure::ExprError {
            expr,
            eval_time,
            error,
            expr_span,
            ..
        } => (
            here(*expr_span),
            format!("expression {} at {eval_time}: {error}", one_line(expr)),
        ),
        Failure::Rule {
            rule,
            time,
            error,
            location,
            expr_span,
        } => (
            Location::new(location.file, *expr_span),
            format!("rule {rule} fails at {}: {error}", Duration::from_millis(*time)),
        ),
        Failure::Setup {
            detail: Some(detail), ..
        } => (
            here(detail.source.locate(sources.get(file).text(), detail.range)),
            detail.message.clone(),
        ),
        Failure::Setup { error, span, .. } => (here(*span), error.clone()),
    }
}

/// Writes the last line, with the time that the run took if it is wanted.
///
/// # Errors
/// When the writer fails.
pub fn write_test_summary(
    out: &mut dyn Write,
    style: Style,
    files: usize,
    summary: Summary,
    broken: usize,
    took: Option<std::time::Duration>,
) -> io::Result<()> {
    let passed = summary.cases - summary.failed_cases;
    let mut parts = Vec::new();
    if summary.failed_cases > 0 {
        parts.push(style.red(&format!("{} failed", plural(summary.failed_cases, "test"))));
    }
    if broken > 0 {
        parts.push(style.red(&format!("{} could not run", plural(broken, "file"))));
    }
    parts.push(style.green(&format!("{} passed", plural(passed, "test"))));
    let took = took.map_or_else(String::new, |took| {
        format!(" in {:.1} ms", took.as_secs_f64() * 1000.0)
    });
    writeln!(
        out,
        "{} ({}, {}){took}",
        parts.join(", "),
        plural(summary.assertions, "assertion"),
        plural(files, "file")
    )
}
