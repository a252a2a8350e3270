//! Test results for people.

use super::mismatch_text::{write_alert, write_expr};
use super::timeline;
use crate::Format;
use crate::series_text::width;
use crate::style::{Style, one_line, plural, wrapped};
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
    write_headline(out, style, &style.red("FAIL"), &headline)?;
    write_place(out, style, &place, name)?;
    write_body(out, style, sources, file, failure)?;
    writeln!(out)
}

/// A headline behind a word of four letters, on as many lines as it takes.
fn write_headline(out: &mut dyn Write, style: Style, word: &str, headline: &str) -> io::Result<()> {
    let room = style.width.max(40) - 5;
    let lines = headline.lines().flat_map(|line| wrapped(line, room));
    for (at, line) in lines.enumerate() {
        let word = if at == 0 { word } else { "    " };
        writeln!(out, "{word} {}", style.bold(&line))?;
    }
    Ok(())
}

/// Where it is, and in which test: beside each other if there is room.
fn write_place(out: &mut dyn Write, style: Style, place: &str, test_name: Option<&str>) -> io::Result<()> {
    let Some(name) = test_name else {
        return writeln!(out, "  at {place}");
    };
    let both = format!("  at {place}, in test {}", quote(name));
    if width(&both) <= style.width {
        return writeln!(out, "{both}");
    }
    writeln!(out, "  at {place},")?;
    for line in wrapped(&format!("in test {}", quote(name)), style.width.max(40) - 2) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
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
    write_headline(out, style, &style.green("ok  "), &headline)?;
    let name = test_name.filter(|name| !name.is_empty());
    let place = format!("{}:{}:{}", source.name(), at.line, at.column);
    write_place(out, style, &place, name)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(columns: usize, write: impl Fn(&mut Vec<u8>, Style) -> io::Result<()>) -> String {
        let style = Style {
            color: false,
            width: columns,
        };
        let mut out = Vec::new();
        write(&mut out, style).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_headline_takes_as_many_lines_as_it_needs_and_keeps_its_words() {
        let headline = "expression sum by (ship, harbour) (rate(ferry_passengers_total[5m])) / on (ship) \
                        ferry_seats at 1h30m: expected 1 sample, got none";
        let narrow = written(80, |out, style| write_headline(out, style, "FAIL", headline));
        assert_eq!(narrow.lines().count(), 2, "{narrow}");
        assert!(narrow.lines().all(|line| width(line) <= 80), "{narrow}");
        assert_eq!(one_line(&narrow), format!("FAIL {headline}"));
        let wide = written(200, |out, style| write_headline(out, style, "FAIL", headline));
        assert_eq!(wide, format!("FAIL {headline}\n"));
        let two = written(80, |out, style| write_headline(out, style, "FAIL", "one\ntwo"));
        assert_eq!(two, "FAIL one\n     two\n");
    }

    #[test]
    fn the_name_of_a_test_goes_below_a_long_place() {
        let place = "deployments/production/alerts/ferries_test.yml:120:14";
        let name = Some("ferries that are late on a Sunday");
        let narrow = written(80, |out, style| write_place(out, style, place, name));
        assert_eq!(
            narrow,
            format!("  at {place},\n  in test \"ferries that are late on a Sunday\"\n")
        );
        let wide = written(120, |out, style| write_place(out, style, place, name));
        assert_eq!(wide.lines().count(), 1);
        let none = written(40, |out, style| write_place(out, style, place, None));
        assert_eq!(none, format!("  at {place}\n"));
    }
}
