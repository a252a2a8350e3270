//! The result of a query for people: a table, blocks, or a line per series.

use crate::Format;
use crate::clock::{Clock, date};
use crate::excerpt::{Excerpt, write_excerpt};
use crate::plot;
use crate::series_text::{bucket_lines, cell, histogram_line, notation, number, series_text, width};
use crate::style::{Style, plural};
use firedrill_eval::{Annotations, Column, Grid, Level, Output, Points, Value};
use firedrill_source::{Severity, SourceFile};
use firedrill_value::{Timestamp, quote_bytes};
use std::io::{self, Write};

/// Most series that are told apart as columns of a table.
const MOST_COLUMNS: usize = 12;

/// A result and what is to be said about it.
#[derive(Clone, Copy, Debug)]
pub struct QueryView<'a> {
    /// The expression.
    pub expr: &'a SourceFile,
    /// Its value, and what was remarked on the way.
    pub output: &'a Output,
    /// The times at which it was evaluated.
    pub grid: Grid,
    /// Whether it is a range query, whatever the number of times.
    pub range: bool,
    /// How times are written.
    pub clock: Clock,
    /// What was loaded, and when is looked: lines above the result.
    pub head: &'a [String],
    /// Most rows to write.
    pub max_output: usize,
    /// Whether to draw a chart; its width in columns.
    pub plot: Option<usize>,
}

/// Writes a result as text: a table or chart, or a series per line in notation if the format is short.
///
/// # Errors
/// When the writer fails.
pub fn write_query(
    out: &mut dyn Write,
    format: Format,
    style: Style,
    view: &QueryView<'_>,
) -> io::Result<()> {
    if format == Format::Short {
        return write_short(out, view);
    }
    for line in view.head {
        writeln!(out, "{}", style.dim(line))?;
    }
    if !view.head.is_empty() {
        writeln!(out)?;
    }
    match &view.output.value {
        Value::Scalar(values) => {
            let column = Column::new(firedrill_value::Labels::empty(), values.clone());
            if view.range {
                write_columns(out, style, view, &[column])?;
            } else {
                writeln!(out, "{}", cell(&column, 0).unwrap_or_default())?;
            }
        }
        Value::String(bytes) => writeln!(out, "{}", quote_bytes(bytes))?,
        Value::Vector(columns) => write_columns(out, style, view, columns)?,
        Value::Matrix(points) => write_points(out, style, view, points)?,
    }
    write_annotations(out, style, view.expr, &view.output.annotations)
}

/// Writes warnings and infos with carets.
fn write_annotations(
    out: &mut dyn Write,
    style: Style,
    expr: &SourceFile,
    annotations: &Annotations,
) -> io::Result<()> {
    for annotation in annotations.iter() {
        let (severity, prefix) = match annotation.level {
            Level::Warning => (Severity::Warning, "PromQL warning: "),
            Level::Info => (Severity::Info, "PromQL info: "),
        };
        let message = annotation
            .message
            .strip_prefix(prefix)
            .unwrap_or(&annotation.message);
        let excerpt = Excerpt {
            severity,
            message: message.to_owned(),
            source: expr,
            span: annotation.span,
            related: None,
            help: None,
        };
        writeln!(out)?;
        write_excerpt(out, style, &excerpt)?;
    }
    Ok(())
}

fn write_columns(
    out: &mut dyn Write,
    style: Style,
    view: &QueryView<'_>,
    columns: &[Column],
) -> io::Result<()> {
    if columns.is_empty() {
        return writeln!(out, "no series: the result is empty; --explain shows why");
    }
    if let Some(width) = view.plot {
        for line in plot::lines(columns, view.grid, view.clock, width, style) {
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    if !view.range {
        return write_instant(out, style, view, columns);
    }
    let steps = view.grid.count.max(1);
    let shown = (view.max_output / steps).clamp(1, columns.len());
    let shown_steps = view.max_output.min(steps);
    let columns_shown = &columns[..shown];
    match grid_table(view, style, columns_shown, shown_steps) {
        Some(lines) => {
            for line in lines {
                writeln!(out, "{line}")?;
            }
        }
        None => {
            for (index, column) in columns_shown.iter().enumerate() {
                if index > 0 {
                    writeln!(out)?;
                }
                let samples =
                    (0..shown_steps).filter_map(|step| Some((view.grid.time(step), cell(column, step)?)));
                write_block(
                    out,
                    style,
                    view.clock,
                    &series_text(&column.labels),
                    samples.collect(),
                )?;
            }
        }
    }
    write_rest(out, columns.len() - shown, "series")?;
    write_rest(out, steps - shown_steps, "time")
}

/// What was not written.
fn write_rest(out: &mut dyn Write, rest: usize, what: &str) -> io::Result<()> {
    match rest {
        0 => Ok(()),
        _ if what == "series" => writeln!(out, "… and {rest} more series; --max-output shows more"),
        _ => writeln!(
            out,
            "… and {}; --max-output shows more",
            plural(rest, &format!("more {what}"))
        ),
    }
}

fn write_instant(
    out: &mut dyn Write,
    style: Style,
    view: &QueryView<'_>,
    columns: &[Column],
) -> io::Result<()> {
    let shown = columns.len().min(view.max_output.max(1));
    let rows: Vec<(String, String, Vec<String>)> = columns[..shown]
        .iter()
        .map(|column| {
            let labels = series_text(&column.labels);
            match column.histogram(0) {
                Some(histogram) => (labels, histogram_line(histogram), bucket_lines(histogram)),
                None => (labels, cell(column, 0).unwrap_or_default(), Vec::new()),
            }
        })
        .collect();
    let labels_width = rows.iter().map(|row| width(&row.0)).max().unwrap_or(0);
    let plain = |row: &&(String, String, Vec<String>)| row.2.is_empty();
    let value_width = rows
        .iter()
        .filter(plain)
        .map(|row| width(&row.1))
        .max()
        .unwrap_or(0);
    let fits = labels_width + 2 + value_width <= style.width;
    for (labels, value, buckets) in &rows {
        if buckets.is_empty() {
            let value = style.bold(&format!("{value:>value_width$}"));
            if fits {
                let padding = " ".repeat(labels_width - width(labels));
                writeln!(out, "{labels}{padding}  {value}")?;
            } else {
                // Labels longer than a line would tear the table: the values come first then.
                writeln!(out, "{value}  {labels}")?;
            }
        } else {
            writeln!(out, "{labels}  {}", style.bold(value))?;
            for line in buckets {
                writeln!(out, "    {line}")?;
            }
        }
    }
    write_rest(out, columns.len() - shown, "series")
}

/// Times down, series across; `None` where that is too wide.
fn grid_table(view: &QueryView<'_>, style: Style, columns: &[Column], steps: usize) -> Option<Vec<String>> {
    if columns.len() > MOST_COLUMNS {
        return None;
    }
    let clock = view.clock;
    let one = columns.len() == 1;
    let letters: Vec<String> = (b'A'..)
        .take(columns.len())
        .map(|letter| char::from(letter).to_string())
        .collect();
    let mut rows: Vec<Vec<String>> = Vec::with_capacity(steps);
    let mut dates = Dates::new(clock);
    for step in 0..steps {
        let mut row = vec![dates.label(view.grid.time(step))];
        row.extend(
            columns
                .iter()
                .map(|column| cell(column, step).unwrap_or_else(|| "–".to_owned())),
        );
        rows.push(row);
    }
    let head: Vec<String> = std::iter::once("time".to_owned())
        .chain(columns.iter().zip(&letters).map(|(column, letter)| {
            if one {
                series_text(&column.labels)
            } else {
                letter.clone()
            }
        }))
        .collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|at| {
            rows.iter()
                .map(|row| width(&row[at]))
                .chain([width(&head[at])])
                .max()
                .unwrap_or(0)
        })
        .collect();
    if widths.iter().sum::<usize>() + 2 * (widths.len() - 1) > style.width {
        return None;
    }
    let mut lines = Vec::new();
    if !one {
        for (column, letter) in columns.iter().zip(&letters) {
            lines.push(format!("{}  {}", style.bold(letter), series_text(&column.labels)));
        }
        lines.push(String::new());
    }
    for (index, row) in std::iter::once(&head).chain(&rows).enumerate() {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(text, &width_of)| format!("{}{text}", " ".repeat(width_of - width(text))))
            .collect();
        let line = cells.join("  ");
        lines.push(if index == 0 { style.dim(&line) } else { line });
    }
    Some(lines)
}

/// Times with their date where it is another one than before.
struct Dates {
    clock: Clock,
    last: Option<String>,
}

impl Dates {
    fn new(clock: Clock) -> Self {
        Dates { clock, last: None }
    }

    fn label(&mut self, time: Timestamp) -> String {
        if !self.clock.is_real() {
            return self.clock.full(time);
        }
        let day = date(time);
        let text = self.clock.short(time);
        if self.last.as_ref() == Some(&day) {
            return text;
        }
        let label = format!("{day} {text}");
        self.last = Some(day);
        label
    }
}

fn write_points(
    out: &mut dyn Write,
    style: Style,
    view: &QueryView<'_>,
    points: &[Points],
) -> io::Result<()> {
    if points.is_empty() {
        return writeln!(out, "no series: the result is empty; --explain shows why");
    }
    let mut room = view.max_output.max(1);
    let mut shown = 0;
    for series in points {
        if room == 0 {
            break;
        }
        if shown > 0 {
            writeln!(out)?;
        }
        let samples: Vec<(Timestamp, String)> = samples_of(series).into_iter().take(room).collect();
        room -= samples.len();
        write_block(out, style, view.clock, &series_text(&series.labels), samples)?;
        shown += 1;
    }
    write_rest(out, points.len() - shown, "series")
}

/// The samples of a window in time.
fn samples_of(series: &Points) -> Vec<(Timestamp, String)> {
    let numbers = series.timestamps.iter().zip(&series.values);
    let numbers = numbers.map(|(time, value)| (*time, number(*value)));
    let histograms = series.histograms.iter();
    let histograms = histograms.map(|(time, histogram)| (*time, format!("[{}]", histogram_line(histogram))));
    let mut samples: Vec<(Timestamp, String)> = numbers.chain(histograms).collect();
    samples.sort_by_key(|(time, _)| *time);
    samples
}

/// A series and its samples, as many beside each other as the width allows.
fn write_block(
    out: &mut dyn Write,
    style: Style,
    clock: Clock,
    labels: &str,
    samples: Vec<(Timestamp, String)>,
) -> io::Result<()> {
    writeln!(out, "{}", style.bold(labels))?;
    let mut dates = Dates::new(clock);
    let cells: Vec<(String, String)> = samples
        .into_iter()
        .map(|(time, value)| (dates.label(time), value))
        .collect();
    let time_width = cells.iter().map(|(time, _)| width(time)).max().unwrap_or(0);
    let value_width = cells.iter().map(|(_, value)| width(value)).max().unwrap_or(0);
    let per_line = ((style.width.saturating_sub(2) + 3) / (time_width + 1 + value_width + 3)).max(1);
    for row in cells.chunks(per_line) {
        let texts: Vec<String> = row
            .iter()
            .map(|(time, value)| {
                let (before, between) = (
                    " ".repeat(time_width - width(time)),
                    " ".repeat(value_width - width(value)),
                );
                format!("{before}{} {between}{value}", style.dim(time))
            })
            .collect();
        writeln!(out, "  {}", texts.join("   "))?;
    }
    Ok(())
}

/// A series per line in notation, as it can be loaded again.
fn write_short(out: &mut dyn Write, view: &QueryView<'_>) -> io::Result<()> {
    let most = view.max_output.max(1);
    match &view.output.value {
        Value::String(bytes) => writeln!(out, "{}", quote_bytes(bytes)),
        Value::Scalar(values) => {
            let texts: Vec<String> = values
                .iter()
                .map(|value| firedrill_value::format_g(*value))
                .collect();
            writeln!(out, "{}", texts.join(" "))
        }
        Value::Vector(columns) => {
            for column in columns.iter().take(most) {
                let samples: Vec<String> = (0..view.grid.count).map(|step| notation(column, step)).collect();
                writeln!(out, "{} {}", series_text(&column.labels), samples.join(" "))?;
            }
            Ok(())
        }
        Value::Matrix(points) => {
            for series in points.iter().take(most) {
                let samples = series
                    .values
                    .iter()
                    .map(|value| firedrill_value::format_g(*value));
                let histograms = series.histograms.iter();
                let histograms =
                    histograms.map(|(_, histogram)| histogram.as_ref().clone().compact().test_expression());
                let texts: Vec<String> = samples.chain(histograms).collect();
                writeln!(out, "{} {}", series_text(&series.labels), texts.join(" "))?;
            }
            Ok(())
        }
    }
}
