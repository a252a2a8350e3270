//! A timeline in text: where the expression is, and for each series strips and phases.

use super::phases::{self, short};
use super::strip;
use crate::series_text::{series_text, width};
use crate::style::{Style, one_line};
use firedrill_source::Sources;
use firedrill_unit::{Timeline, TimelineSeries};
use firedrill_value::Duration;
use std::io::{self, Write};

/// Series beyond this many are counted, not shown.
const MAX_SERIES: usize = 3;

/// Writes a timeline.
pub(crate) fn write(
    out: &mut dyn Write,
    style: Style,
    sources: &Sources,
    timeline: &Timeline,
) -> io::Result<()> {
    let room = style.text_width();
    if timeline.rule.is_some() {
        let source = sources.get(timeline.location.file);
        let at = source.line_column(timeline.location.span.start as usize);
        let mut place = format!("  rule at {}:{}", source.name(), at.line);
        for (name, length) in [
            ("for", timeline.hold),
            ("keep_firing_for", timeline.keep_firing_for),
        ] {
            if length > 0 {
                place.push_str(&format!(", {name}: {}", Duration::from_millis(length)));
            }
        }
        writeln!(out, "{}", style.dim(&place))?;
        writeln!(out, "    {}", short(&one_line(&timeline.expr), room - 6))?;
    }
    for line in lines(timeline, style) {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}

fn lines(timeline: &Timeline, style: Style) -> Vec<String> {
    let mut out = Vec::new();
    let (Some(first), Some(last)) = (timeline.rows.first(), timeline.rows.last()) else {
        return out;
    };
    if says_nothing(timeline) && !timeline.series.is_empty() {
        return out;
    }
    if timeline.series.is_empty() {
        let time = |millis: i64| Duration::from_millis(millis).to_string();
        out.push(if first.time == last.time {
            format!("gives nothing at {}", time(first.time))
        } else {
            format!("gives nothing from {} to {}", time(first.time), time(last.time))
        });
    }
    let room = style.text_width() - 8;
    let mut shown: Vec<&TimelineSeries> = Vec::new();
    let alike = |a: &TimelineSeries, b: &TimelineSeries| {
        a.values == b.values && a.thresholds == b.thresholds && a.states == b.states && a.holds == b.holds
    };
    let mut more = timeline.more_series;
    for series in &timeline.series {
        if shown.len() == MAX_SERIES || shown.iter().any(|other| alike(other, series)) {
            more += usize::from(!shown.iter().any(|other| alike(other, series)));
            continue;
        }
        shown.push(series);
        let alike_ones = timeline.series.iter().filter(|other| alike(other, series));
        let same = alike_ones.count().saturating_sub(1);
        let mut heading = heading(timeline, series, room);
        if same > 0 {
            heading.push_str(&format!("  and {same} more just like it"));
        }
        if !heading.is_empty() {
            out.push(style.dim(&heading));
        }
        for line in strip::lines(timeline, series, style) {
            out.push(format!("  {line}"));
        }
        out.extend(
            phases::lines(timeline, series, style)
                .into_iter()
                .map(|line| fitted(&line, room, style)),
        );
    }
    if more > 0 {
        out.push(style.dim(&format!("… and {more} more series")));
    }
    out
}

/// Of which series the values are, and of which part of the expression, where these are questions.
fn heading(timeline: &Timeline, series: &TimelineSeries, room: usize) -> String {
    let labels = match timeline.series.len() {
        1 => String::new(),
        _ => series_text(&told_apart(timeline, series)),
    };
    // The part with which the expression begins is the one that everybody takes the values for.
    let measured = match &timeline.measured {
        Some(measured) if !timeline.expr.starts_with(&measured.expr) || timeline.rule.is_none() => {
            short(&measured.expr, room.saturating_sub(width(&labels) + 2).max(20))
        }
        _ => String::new(),
    };
    match (measured.is_empty(), labels.is_empty()) {
        (true, _) => short(&labels, room),
        (_, true) => measured,
        _ => format!("{measured}  {}", short(&labels, room)),
    }
}

/// Whether a timeline of no rule tells nothing: the same values at all times.
fn says_nothing(timeline: &Timeline) -> bool {
    let steady = |series: &TimelineSeries| series.values.windows(2).all(|pair| pair[0] == pair[1]);
    timeline.rule.is_none() && timeline.measured.is_none() && timeline.series.iter().all(steady)
}

/// The labels in which the series differ.
fn told_apart(timeline: &Timeline, series: &TimelineSeries) -> firedrill_value::Labels {
    series.labels.filter(|name| {
        let others = || timeline.series.iter();
        others().any(|other| other.labels.get(name) != series.labels.get(name))
    })
}

/// Lines with colours are left as they are: their width is not their length.
fn fitted(line: &str, room: usize, style: Style) -> String {
    if style.color {
        line.to_owned()
    } else {
        cut(line, room + 4)
    }
}

fn cut(line: &str, room: usize) -> String {
    if width(line) <= room {
        line.to_owned()
    } else {
        line.chars().take(room.saturating_sub(1)).chain(['…']).collect()
    }
}
