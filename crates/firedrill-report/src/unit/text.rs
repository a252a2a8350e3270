//! Test results for people.

use super::timeline;
use crate::Format;
use crate::style::{Style, plural};
use firedrill_source::{FileId, Location, Sources, Span};
use firedrill_unit::{
    AlertMismatch, AlertState, ExpectedAlertLabels, ExprMismatch, Failure, GotAlert, GotSample, ParsedSample,
    Summary, Timeline, TimelineSeries,
};
use firedrill_value::{Duration, FloatHistogram, format_g, format_pairs, quote};
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
        Failure::Expr(mismatch) => write_expr(out, style, mismatch),
        Failure::Rule { .. } => writeln!(
            out,
            "  the test stopped there; it is in {}",
            sources.get(file).name()
        ),
        Failure::ExprError { .. } | Failure::Setup { .. } => Ok(()),
    }
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

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn write_alert(out: &mut dyn Write, style: Style, sources: &Sources, it: &AlertMismatch) -> io::Result<()> {
    let pairs = pair_up(&it.expected, &it.got);
    for (expected, got) in &pairs {
        match (expected, got) {
            (Some(expected), Some(got)) => {
                writeln!(out, "  {}", style.dim("the nearest firing alert differs in:"))?;
                for line in differences(expected, got, style) {
                    writeln!(out, "    {line}")?;
                }
            }
            (Some(expected), None) => {
                writeln!(
                    out,
                    "  {}",
                    style.red(&format!("- missing  {}", format_pairs(&expected.labels)))
                )?;
            }
            (None, Some(got)) => {
                writeln!(
                    out,
                    "  {}",
                    style.green(&format!("+ firing   {}", format_pairs(&got.labels)))
                )?;
                for (name, value) in &got.annotations {
                    writeln!(
                        out,
                        "  {}",
                        style.dim(&format!("             {name}: {}", quote(value)))
                    )?;
                }
            }
            (None, None) => {}
        }
    }
    if let Some(known) = &it.known_alerts {
        let near = firedrill_source::nearest(&it.alertname, known.iter().map(String::as_str));
        match near {
            Some(near) => writeln!(out, "  no loaded rule defines this alert; did you mean {near}?")?,
            None if known.is_empty() => writeln!(out, "  no alerting rule is loaded; look at rule_files")?,
            None => writeln!(
                out,
                "  no loaded rule defines this alert; there are {}",
                known.join(", ")
            )?,
        }
    }
    for timeline in &it.timelines {
        let source = sources.get(timeline.location.file);
        let at = source.line_column(timeline.location.span.start as usize);
        let hold = if timeline.hold > 0 {
            format!("   for {}", Duration::from_millis(timeline.hold))
        } else {
            String::new()
        };
        writeln!(
            out,
            "  rule at {}:{}   {}{hold}",
            source.name(),
            at.line,
            one_line(&timeline.expr)
        )?;
        for line in timeline::lines(timeline, style) {
            writeln!(out, "    {line}")?;
        }
        for selector in &timeline.unmatched {
            let hint = match (&selector.nearest, selector.name_exists) {
                (Some(near), _) => format!("; did you mean {near}?"),
                (None, true) => "; the labels of its series are others".to_owned(),
                (None, false) => String::new(),
            };
            writeln!(out, "  no series for {}{hint}", selector.selector)?;
        }
        if let Some(line) = still_pending(timeline) {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

/// How long a pending alert still has to wait.
fn still_pending(timeline: &Timeline) -> Option<String> {
    let tested = timeline.rows.iter().position(|row| row.tested)?;
    let pending = |series: &&TimelineSeries| series.states.get(tested) == Some(&AlertState::Pending);
    let since = timeline.series.iter().find(pending)?.active_since?;
    let due = since + timeline.hold;
    let left = Duration::from_millis(due - timeline.rows[tested].time);
    let (since, due) = (Duration::from_millis(since), Duration::from_millis(due));
    Some(format!(
        "pending since {since}: it fires at {due}, {left} later, if the expression holds until then"
    ))
}

/// Pairs expected and firing alerts: equal ones drop out, then the least different go together.
fn pair_up<'a>(
    expected: &'a [ExpectedAlertLabels],
    got: &'a [GotAlert],
) -> Vec<(Option<&'a ExpectedAlertLabels>, Option<&'a GotAlert>)> {
    let mut left: Vec<&ExpectedAlertLabels> = expected.iter().collect();
    let mut right: Vec<&GotAlert> = got.iter().collect();
    left.retain(|e| {
        let same = right
            .iter()
            .position(|g| e.labels == g.labels && e.annotations == g.annotations);
        same.map(|at| right.remove(at)).is_none()
    });
    let mut pairs = Vec::new();
    while !left.is_empty() && !right.is_empty() {
        let mut best = (usize::MAX, 0, 0);
        for (i, e) in left.iter().enumerate() {
            for (j, g) in right.iter().enumerate() {
                let cost = 2 * distance(&e.labels, &g.labels) + distance(&e.annotations, &g.annotations);
                if cost < best.0 {
                    best = (cost, i, j);
                }
            }
        }
        pairs.push((Some(left.remove(best.1)), Some(right.remove(best.2))));
    }
    pairs.extend(left.into_iter().map(|e| (Some(e), None)));
    pairs.extend(right.into_iter().map(|g| (None, Some(g))));
    pairs
}

fn distance(a: &[(String, String)], b: &[(String, String)]) -> usize {
    a.iter().filter(|pair| !b.contains(pair)).count() + b.iter().filter(|pair| !a.contains(pair)).count()
}

fn differences(expected: &ExpectedAlertLabels, got: &GotAlert, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    for (kind, expected, got) in [
        ("label", &expected.labels, &got.labels),
        ("annotation", &expected.annotations, &got.annotations),
    ] {
        let mut names: Vec<&String> = expected.iter().chain(got.iter()).map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        for name in names {
            let find =
                |list: &[(String, String)]| list.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
            match (find(expected), find(got)) {
                (e, g) if e == g => {}
                (Some(e), None) if e.is_empty() => {
                    lines.push(format!(
                        "{kind} {name}: expected empty, but an empty label is no label; leave it out"
                    ));
                }
                (Some(e), None) => lines.push(format!(
                    "{kind} {name}: expected {}, got none",
                    style.red(&quote(&e))
                )),
                (None, Some(g)) => {
                    lines.push(format!(
                        "{kind} {name}: not expected, got {}",
                        style.green(&quote(&g))
                    ));
                }
                (Some(e), Some(g)) => {
                    lines.push(format!("{kind} {name}:"));
                    lines.push(format!("  expected {}", style.red(&quote(&e))));
                    lines.push(format!("  got      {}", style.green(&quote(&g))));
                }
                (None, None) => {}
            }
        }
    }
    lines
}

/// A value, or the histogram in its place as series notation writes it.
fn value_text(value: f64, histogram: Option<&FloatHistogram>) -> String {
    histogram.map_or_else(
        || format_g(value),
        |histogram| histogram.clone().compact().test_expression(),
    )
}

fn same_sample(expected: &ParsedSample, got: &GotSample) -> bool {
    let text = |histogram: Option<&FloatHistogram>| histogram.map(|_| value_text(0.0, histogram));
    expected.value == got.value && text(expected.histogram.as_deref()) == text(got.histogram.as_deref())
}

fn write_expr(out: &mut dyn Write, style: Style, it: &ExprMismatch) -> io::Result<()> {
    let mut got: Vec<_> = it.got.iter().collect();
    for expected in &it.expected {
        let found = got
            .iter()
            .position(|g| !expected.impossible && g.labels == expected.labels);
        match found.map(|at| got.remove(at)) {
            Some(sample) if same_sample(expected, sample) => {}
            Some(sample) => {
                let e = value_text(expected.value, expected.histogram.as_deref());
                let g = value_text(sample.value, sample.histogram.as_deref());
                let line = format!(
                    "  {}: expected {}, got {}",
                    expected.text,
                    style.red(&e),
                    style.green(&g)
                );
                writeln!(out, "{line}")?;
                if sample.histogram.is_some() || expected.histogram.is_some() {
                    // Texts say all there is to say.
                } else if sample.value.is_nan() && expected.value.is_nan() {
                    writeln!(
                        out,
                        "    NaN equals nothing, not even itself; test it as `(…) != (…)` or with `or`"
                    )?;
                } else if (sample.value - expected.value).abs() <= f64::EPSILON * 4.0 * sample.value.abs() {
                    writeln!(
                        out,
                        "    the values differ in the last digits only; `fuzzy_compare: true` allows one unit"
                    )?;
                }
            }
            None => {
                let value = value_text(expected.value, expected.histogram.as_deref());
                writeln!(
                    out,
                    "  {}",
                    style.red(&format!("- missing  {} {value}", expected.text))
                )?;
                if expected.impossible {
                    writeln!(
                        out,
                        "    a label with an empty value, or given twice, can never match"
                    )?;
                }
            }
        }
    }
    for sample in got {
        let value = value_text(sample.value, sample.histogram.as_deref());
        writeln!(
            out,
            "  {}",
            style.green(&format!("+ got      {} {value}", sample.labels))
        )?;
    }
    if let Some(timeline) = &it.timeline {
        for line in timeline::lines(timeline, style) {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(())
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
