//! Explanations for people: the expression with its parts underlined, then a tree of what each of them gives.

use crate::clock::Clock;
use crate::series_text::{cell, rounded, series_text, width};
use crate::style::{Style, one_line, plural};
use firedrill_eval::{Explanation, Note, Silence, Value};
use firedrill_source::SourceFile;
use std::io::{self, Write};

/// Series of a part that are shown where not all are wanted.
const FEW_SERIES: usize = 5;
/// Parts beyond this many are not underlined.
const MOST_UNDERLINES: usize = 16;

/// Writes an explanation; with `all` every series of every part.
///
/// # Errors
/// When the writer fails.
pub fn write_explanation(
    out: &mut dyn Write,
    style: Style,
    expr: &SourceFile,
    top: &Explanation,
    clock: Clock,
    all: bool,
) -> io::Result<()> {
    let mut tree = Tree {
        style,
        expr,
        clock,
        most: if all { usize::MAX } else { FEW_SERIES },
        at: top.at,
        numbered: false,
        next: 1,
        lines: Vec::new(),
    };
    let underlines = tree.underlines(top);
    tree.numbered = underlines.is_some();
    for line in underlines.into_iter().flatten() {
        writeln!(out, "{line}")?;
    }
    tree.part(top, "", "");
    for line in &tree.lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

struct Tree<'a> {
    style: Style,
    expr: &'a SourceFile,
    clock: Clock,
    most: usize,
    /// The time of the whole.
    at: i64,
    /// Whether parts have numbers, by which they are found among the underlines.
    numbered: bool,
    next: usize,
    lines: Vec<String>,
}

impl Tree<'_> {
    /// The expression with a line under each part and its number behind it, where it stands on one line.
    fn underlines(&self, top: &Explanation) -> Option<Vec<String>> {
        let text = self.expr.text().trim_end();
        let parts = flatten(top);
        let room = width(text) + 4 <= self.style.width;
        if text.contains('\n') || !room || parts.len() > MOST_UNDERLINES || parts.len() < 2 {
            return None;
        }
        let mut lines = vec![self.style.bold(text)];
        let whole = width(text);
        for (index, part) in parts.iter().enumerate() {
            let before = width(text.get(..part.span.start as usize)?);
            let length = width(part.span.slice(text)).max(1);
            let behind = " ".repeat(whole.saturating_sub(before + length));
            let line = format!(
                "{}{}{behind}  {}",
                " ".repeat(before),
                "─".repeat(length),
                index + 1
            );
            lines.push(self.style.dim(&line));
        }
        lines.push(String::new());
        Some(lines)
    }

    /// Writes a part: `first` stands before its first line, `rest` before all others.
    fn part(&mut self, part: &Explanation, first: &str, rest: &str) {
        let source = one_line(part.span.slice(self.expr.text()));
        let number = if self.numbered {
            format!("{} ", self.style.dim(&self.next.to_string()))
        } else {
            let at = self.expr.line_column(part.span.start as usize);
            self.style.dim(&format!("{}:{} ", at.line, at.column))
        };
        self.next += 1;
        let room = self.style.width.saturating_sub(width(first) + 30).max(30);
        let mut head = format!("{first}{number}{}", self.style.bold(&shortened(&source, room)));
        head.push_str(&format!("  {}", self.style.dim(&outcome(part))));
        if part.at != self.at {
            head.push_str(&self.style.dim(&format!(" at {}", self.clock.full(part.at))));
        }
        self.lines.push(head);
        let bar = if part.parts.is_empty() { " " } else { "│" };
        let inside = format!("{rest}{bar}   ");
        for note in &part.notes {
            for line in note_lines(note, self.clock, self.most) {
                self.lines.push(format!("{inside}{line}"));
            }
        }
        match &part.value {
            Err(error) => self
                .lines
                .push(format!("{inside}{}", self.style.red(&error.to_string()))),
            Ok(value) => {
                for line in self.values(value) {
                    self.lines.push(format!("{inside}{line}").trim_end().to_owned());
                }
            }
        }
        if part.elided {
            self.lines
                .push(format!("{rest}└─ … its parts are left out: there are too many"));
        }
        let last = part.parts.len().saturating_sub(1);
        for (index, child) in part.parts.iter().enumerate() {
            let (branch, stem) = if index == last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            self.part(child, &format!("{rest}{branch}"), &format!("{rest}{stem}"));
        }
    }

    fn values(&self, value: &Value) -> Vec<String> {
        let (rows, more): (Vec<(String, String)>, usize) = match value {
            Value::Vector(columns) => {
                let rows = columns.iter().take(self.most);
                let rows =
                    rows.map(|column| (series_text(&column.labels), cell(column, 0).unwrap_or_default()));
                (rows.collect(), columns.len().saturating_sub(self.most))
            }
            Value::Matrix(points) => {
                let rows = points.iter().take(self.most);
                let rows = rows.map(|series| {
                    let count = series.values.len() + series.histograms.len();
                    let ends = match (series.values.first(), series.values.last()) {
                        (Some(first), Some(last)) if series.values.len() > 1 => {
                            format!(", {} … {}", rounded(*first), rounded(*last))
                        }
                        (Some(only), _) => format!(", {}", rounded(*only)),
                        _ => String::new(),
                    };
                    (
                        series_text(&series.labels),
                        format!("{}{ends}", plural(count, "sample")),
                    )
                });
                (rows.collect(), points.len().saturating_sub(self.most))
            }
            Value::Scalar(values) => {
                let text = values.first().map_or_else(String::new, |value| rounded(*value));
                return vec![self.style.bold(&text)];
            }
            Value::String(_) => return Vec::new(),
        };
        let longest = rows.iter().map(|row| width(&row.0)).max().unwrap_or(0);
        let mut lines: Vec<String> = rows
            .into_iter()
            .map(|(labels, value)| {
                let padding = " ".repeat(longest - width(&labels));
                format!("{labels}{padding}  {}", self.style.bold(&value))
            })
            .collect();
        if more > 0 {
            lines.push(format!("… {more} more; -v shows all"));
        }
        lines
    }
}

/// An explanation and all below it, in the order in which they are written.
fn flatten(top: &Explanation) -> Vec<&Explanation> {
    let mut all = vec![top];
    for part in &top.parts {
        all.extend(flatten(part));
    }
    all
}

/// `vector of 3 series`
fn outcome(part: &Explanation) -> String {
    match &part.value {
        Err(_) => "fails".to_owned(),
        Ok(Value::Scalar(_)) => "scalar".to_owned(),
        Ok(Value::String(_)) => "text".to_owned(),
        Ok(Value::Vector(columns)) if columns.is_empty() => "no series".to_owned(),
        Ok(Value::Vector(columns)) => format!("{} series", columns.len()),
        Ok(Value::Matrix(points)) if points.is_empty() => "no window has samples".to_owned(),
        Ok(Value::Matrix(points)) => format!("windows of {} series", points.len()),
    }
}

/// A note in words; lists of series are cut after `most`.
pub(crate) fn note_lines(note: &Note, clock: Clock, most: usize) -> Vec<String> {
    match note {
        Note::NoSeries {
            of_name: 0,
            nearest: Some(near),
            ..
        } => vec![format!("no series has this name; did you mean {near}?")],
        Note::NoSeries { of_name: 0, .. } => vec!["no series has this name".to_owned()],
        Note::NoSeries { of_name, failing, .. } if failing.is_empty() => {
            vec![format!(
                "{of_name} series have this name, none passes all matchers together"
            )]
        }
        Note::NoSeries { of_name, failing, .. } => {
            let mut lines = vec![match of_name {
                1 => "the only series of this name does not fit:".to_owned(),
                many => format!("none of the {many} series of this name fits:"),
            }];
            for (matcher, values) in failing {
                let shown: Vec<String> = values
                    .iter()
                    .map(|value| {
                        if value.is_empty() {
                            "no such label".to_owned()
                        } else {
                            firedrill_value::quote(value)
                        }
                    })
                    .collect();
                lines.push(format!("  {matcher}, where there is {}", shown.join(", ")));
            }
            lines
        }
        Note::Silent { series, examples } => {
            let mut lines = vec![format!("{series} series without a sample in reach")];
            for (labels, silence) in examples {
                let why = match silence {
                    Silence::Last(time) => format!("last sample at {}", clock.full(*time)),
                    Silence::First(time) => format!("first sample at {}", clock.full(*time)),
                    Silence::Stale(time) => format!("ended at {}", clock.full(*time)),
                    Silence::Never => "no samples".to_owned(),
                };
                lines.push(format!("  {}: {why}", series_text(labels)));
            }
            let more = series - examples.len();
            if more > 0 {
                lines.push(format!("  … and {more} more"));
            }
            lines
        }
        Note::Windows {
            series,
            samples: (fewest, fullest),
            times,
        } => {
            let each = if fewest == fullest {
                plural(*fewest, "sample")
            } else {
                format!("{fewest} to {fullest} samples")
            };
            let of = if *series > 1 { " each" } else { "" };
            vec![format!(
                "{each}{of}, from {} to {}",
                clock.full(times.0),
                clock.full(times.1)
            )]
        }
        // Of nothing nothing is kept: the parts say why there was nothing.
        Note::Kept { of: 0, .. } | Note::Added { left: 0, right: 0 } => Vec::new(),
        Note::Kept { kept, of } => vec![format!("kept {kept} of {of}")],
        Note::Added { left, right } => vec![format!("{left} of the left side, {right} added by the right")],
        Note::Unmatched { left, series } => {
            let side = if *left { "left" } else { "right" };
            let mut lines = vec![format!("{} of the {side} side without a partner", series.len())];
            let shown = most.min(3.max(most / 2));
            lines.extend(
                series
                    .iter()
                    .take(shown)
                    .map(|labels| format!("  {}", series_text(labels))),
            );
            if series.len() > shown {
                lines.push(format!("  … and {} more", series.len() - shown));
            }
            lines
        }
        Note::Grouped { samples, groups } => {
            vec![format!(
                "{} in {}",
                plural(*samples, "sample"),
                plural(*groups, "group")
            )]
        }
        Note::Dropped { kept, of } => {
            vec![format!(
                "a value for {kept} of {of}; for the others there is not enough to compute one"
            )]
        }
    }
}

fn shortened(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}
