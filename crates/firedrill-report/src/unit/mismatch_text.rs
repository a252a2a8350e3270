//! What differs between the expected and the actual alerts or samples, for people.

use super::marks::marked;
use super::timeline;
use crate::series_text::series_text;
use crate::style::{Style, wrapped};
use firedrill_source::Sources;
use firedrill_unit::{
    AlertMismatch, AlertPair, ExpectedAlertLabels, ExprMismatch, GotAlert, GotSample, ParsedSample,
    pair_alerts,
};
use firedrill_value::{FloatHistogram, format_g, format_pairs, quote};
use std::io::{self, Write};

/// Differences of one kind that are shown one by one.
const MOST_PAIRS: usize = 5;

pub(super) fn write_alert(
    out: &mut dyn Write,
    style: Style,
    sources: &Sources,
    it: &AlertMismatch,
) -> io::Result<()> {
    write_known(out, style, it)?;
    write_reasons(out, style, &it.reasons)?;
    let pairs = pair_alerts(&it.expected, &it.got);
    let mut order: Vec<&AlertPair<'_>> = pairs.iter().collect();
    order.sort_by_key(|pair| (pair.got.is_none(), pair.expected.is_none()));
    for pair in order.iter().take(MOST_PAIRS) {
        match (pair.expected, pair.got) {
            (Some(expected), Some(got)) => write_pair(out, style, expected, got, it)?,
            (Some(expected), None) => {
                let line = format!("- missing  {}", format_pairs(&bare(&expected.labels)));
                writeln!(out, "  {}", style.red(&line))?;
            }
            (None, Some(got)) => {
                let line = format!("+ firing   {}", format_pairs(&bare(&got.labels)));
                writeln!(out, "  {}", style.green(&line))?;
                // Of one alert one wants to know what it says, of many which they are.
                let shown = if order.len() > 2 {
                    &[]
                } else {
                    got.annotations.as_slice()
                };
                for (name, value) in shown {
                    let line = format!("             {name}: {}", quote(value));
                    writeln!(out, "  {}", style.dim(&line))?;
                }
            }
            (None, None) => {}
        }
    }
    if order.len() > MOST_PAIRS {
        writeln!(
            out,
            "  … and {} more differences like these",
            order.len() - MOST_PAIRS
        )?;
    }
    for timeline in &it.timelines {
        timeline::write(out, style, sources, timeline)?;
    }
    Ok(())
}

/// The alert's name stands in the headline.
fn bare(labels: &[(String, String)]) -> Vec<(&str, &str)> {
    let others = labels.iter().filter(|(name, _)| name != "alertname");
    others
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// An alert that no rule defines.
fn write_known(out: &mut dyn Write, style: Style, it: &AlertMismatch) -> io::Result<()> {
    let Some(known) = &it.known_alerts else {
        return Ok(());
    };
    let near = firedrill_source::nearest(&it.alertname, known.iter().map(String::as_str));
    match near {
        Some(near) => writeln!(out, "  no loaded rule defines this alert; did you mean {near}?"),
        None if known.is_empty() => writeln!(out, "  no alerting rule is loaded; look at rule_files"),
        None => {
            const SHOWN: usize = 8;
            let more = match known.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let names = known.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
            let text = format!("no loaded rule defines this alert; there are {names}{more}");
            write_note(out, style, "  ", &text)
        }
    }
}

pub(super) fn write_reasons(out: &mut dyn Write, style: Style, reasons: &[String]) -> io::Result<()> {
    for (at, reason) in reasons.iter().enumerate() {
        let word = if at == 0 {
            style.yellow("because")
        } else {
            "    and".to_owned()
        };
        let room = style.text_width() - 10;
        for (line_at, line) in wrapped(reason, room).iter().enumerate() {
            let word = if line_at == 0 { &word } else { "       " };
            writeln!(out, "  {word} {line}")?;
        }
    }
    Ok(())
}

/// Writes a remark behind an indent.
fn write_note(out: &mut dyn Write, style: Style, indent: &str, note: &str) -> io::Result<()> {
    for line in wrapped(note, style.text_width() - indent.len()) {
        writeln!(out, "{indent}{line}")?;
    }
    Ok(())
}

fn write_pair(
    out: &mut dyn Write,
    style: Style,
    expected: &ExpectedAlertLabels,
    got: &GotAlert,
    it: &AlertMismatch,
) -> io::Result<()> {
    let which = if it.got.len() > 1 {
        format!(" {}", format_pairs(&bare(&got.labels)))
    } else {
        String::new()
    };
    writeln!(
        out,
        "  {}",
        style.dim(&format!("the nearest firing alert{which} differs in:"))
    )?;
    for line in differences(expected, got, style) {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}

/// Labels and annotations that differ, with what differs in them.
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
            difference(&mut lines, style, (kind, name), find(expected), find(got));
        }
    }
    lines
}

fn difference(
    lines: &mut Vec<String>,
    style: Style,
    (kind, name): (&str, &str),
    expected: Option<String>,
    got: Option<String>,
) {
    match (expected, got) {
        (e, g) if e == g => {}
        (Some(e), None) if e.is_empty() && kind == "label" => {
            let note = format!("{kind} {name}: expected empty, but an empty label is no label; leave it out");
            lines.extend(wrapped(&note, style.text_width() - 4));
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
            lines.extend(
                template_note(&g)
                    .iter()
                    .map(|note| format!("  {}", style.dim(note))),
            );
        }
        (Some(e), Some(g)) => {
            lines.push(format!("{kind} {name}:"));
            lines.extend(marked(style, &e, &g).into_iter().map(|line| format!("  {line}")));
            lines.extend(
                template_note(&g)
                    .iter()
                    .map(|note| format!("  {}", style.dim(note))),
            );
        }
        (None, None) => {}
    }
}

/// What a template that went wrong leaves behind.
fn template_note(got: &str) -> Vec<String> {
    if got.contains("<no value>") {
        return vec!["(<no value> stands where a template asks for something that is not there)".to_owned()];
    }
    let Some(error) = got.split("<error expanding template: ").nth(1) else {
        return Vec::new();
    };
    // Before it stands where in the generated template the error is.
    let cause = error.split_once(" at <").map_or(error, |(_, cause)| cause);
    let cause = cause.trim_end_matches('>');
    let open = if cause.len() < error.len() { "at <" } else { "" };
    wrapped(&format!("(the rule's template fails {open}{cause})"), 66)
}

/// A value, or the histogram in its place as series notation writes it.
pub(super) fn value_text(value: f64, histogram: Option<&FloatHistogram>) -> String {
    histogram.map_or_else(
        || format_g(value),
        |histogram| histogram.clone().compact().test_expression(),
    )
}

pub(super) fn same_sample(expected: &ParsedSample, got: &GotSample) -> bool {
    let text = |histogram: Option<&FloatHistogram>| histogram.map(|_| value_text(0.0, histogram));
    expected.value == got.value && text(expected.histogram.as_deref()) == text(got.histogram.as_deref())
}

pub(super) fn write_expr(
    out: &mut dyn Write,
    style: Style,
    sources: &Sources,
    it: &ExprMismatch,
) -> io::Result<()> {
    write_reasons(out, style, &it.reasons)?;
    let mut got: Vec<_> = it.got.iter().collect();
    let mut missing: Vec<&ParsedSample> = Vec::new();
    for expected in &it.expected {
        let found = got
            .iter()
            .position(|g| !expected.impossible && g.labels == expected.labels);
        match found.map(|at| got.remove(at)) {
            Some(sample) if same_sample(expected, sample) => {}
            Some(sample) => write_other_value(out, style, expected, sample)?,
            None => missing.push(expected),
        }
    }
    for expected in &missing {
        let value = value_text(expected.value, expected.histogram.as_deref());
        let labels = if expected.impossible {
            expected.text.clone()
        } else {
            series_text(&expected.labels)
        };
        let line = format!("- missing  {labels} {value}");
        writeln!(out, "  {}", style.red(&line))?;
        if expected.impossible {
            let note = "a label with an empty value, or given twice, can never match";
            write_note(out, style, "    ", note)?;
        }
    }
    for sample in &got {
        let value = value_text(sample.value, sample.histogram.as_deref());
        let line = format!("+ got      {} {value}", series_text(&sample.labels));
        writeln!(out, "  {}", style.green(&line))?;
    }
    if let ([expected], [sample]) = (missing.as_slice(), got.as_slice())
        && let Some(note) = label_note(expected, sample)
    {
        write_note(out, style, "    ", &note)?;
    }
    if let Some(timeline) = &it.timeline {
        timeline::write(out, style, sources, timeline)?;
    }
    Ok(())
}

/// What the labels of the only missing and the only unexpected sample differ in.
pub(super) fn label_note(expected: &ParsedSample, got: &GotSample) -> Option<String> {
    if expected.impossible {
        return None;
    }
    let (name, other) = (expected.labels.metric_name(), got.labels.metric_name());
    if expected.labels.without_name() == got.labels.without_name() {
        return match (name, other) {
            (name, "") => Some(format!(
                "the result has no metric name: leave {name} out of the labels"
            )),
            ("", other) => Some(format!(
                "the result has a metric name: write {other} before the labels"
            )),
            (name, other) => Some(format!("the metric name is {other}, not {name}")),
        };
    }
    let both = expected.labels.iter().chain(got.labels.iter());
    let mut names: Vec<&str> = both
        .map(|label| &*label.name)
        .filter(|name| expected.labels.get(name) != got.labels.get(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > 2 {
        return None;
    }
    let shown = |text: &str| {
        if text.is_empty() {
            "none".to_owned()
        } else {
            quote(text)
        }
    };
    let differences: Vec<String> = names
        .iter()
        .map(|name| {
            let (e, g) = (expected.labels.get(name), got.labels.get(name));
            format!("{name}: expected {}, got {}", shown(e), shown(g))
        })
        .collect();
    Some(format!("they differ in {}", differences.join("; ")))
}

fn write_other_value(
    out: &mut dyn Write,
    style: Style,
    expected: &ParsedSample,
    sample: &GotSample,
) -> io::Result<()> {
    let e = value_text(expected.value, expected.histogram.as_deref());
    let g = value_text(sample.value, sample.histogram.as_deref());
    if sample.histogram.is_some() && expected.histogram.is_some() {
        writeln!(out, "  {}", series_text(&expected.labels))?;
        for line in marked(style, &e, &g) {
            writeln!(out, "    {line}")?;
        }
        return Ok(());
    }
    writeln!(
        out,
        "  {}: expected {}, got {}",
        series_text(&expected.labels),
        style.red(&e),
        style.green(&g)
    )?;
    let note = match (&expected.histogram, &sample.histogram) {
        (None, Some(_)) => "the result is a native histogram: expect it with `histogram`, not with `value`",
        (Some(_), None) => "the result is a number, no histogram: expect it with `value`",
        _ if sample.value.is_nan() && expected.value.is_nan() => {
            "NaN equals nothing, not even itself; test it as `(…) != (…)` or with `or`"
        }
        _ if sample.value.is_nan() => "the result is NaN, as 0/0 is; no value can be expected for it",
        _ if (sample.value - expected.value).abs() <= f64::EPSILON * 4.0 * sample.value.abs() => {
            "the values differ in the last digits only; `fuzzy_compare: true` allows one unit"
        }
        _ => return Ok(()),
    };
    write_note(out, style, "    ", note)
}
