//! A timeline in columns: time, value, state.

use crate::style::Style;
use firedrill_unit::{AlertState, Timeline, TimelineSeries};
use firedrill_value::{Duration, format_g_precision};

/// Series beyond this many are counted, not shown.
const MAX_SERIES: usize = 3;

/// The lines of a timeline.
pub(crate) fn lines(timeline: &Timeline, style: Style) -> Vec<String> {
    if timeline.rows.is_empty() {
        return Vec::new();
    }
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    let times = timeline.rows.iter().map(|row| {
        let time = Duration::from_millis(row.time).to_string();
        if row.tested { format!("▸{time}") } else { time }
    });
    rows.push(("time".to_owned(), times.collect()));
    if let Some(compared) = &timeline.compared {
        for series in compared.series.iter().take(MAX_SERIES) {
            rows.push((named(&compared.expr, series, &compared.series), values(series)));
        }
        if compared.series.is_empty() {
            rows.push((short(&compared.expr), vec!["–".to_owned(); timeline.rows.len()]));
        }
        rows.push((format!("must be {}", short(&compared.condition)), Vec::new()));
    }
    let is_alert = timeline.rule.is_some();
    for series in timeline.series.iter().take(MAX_SERIES) {
        if timeline.compared.is_none() {
            rows.push((named("value", series, &timeline.series), values(series)));
        }
        if is_alert {
            let states = series
                .states
                .iter()
                .map(|state| state_word(*state).to_owned())
                .collect();
            rows.push((named("state", series, &timeline.series), states));
        }
    }
    if timeline.series.is_empty() && is_alert {
        rows.push((
            "state".to_owned(),
            vec!["inactive".to_owned(); timeline.rows.len()],
        ));
    }
    let name_width = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    let mut cell_width = vec![0; timeline.rows.len()];
    for (_, cells) in &rows {
        for (column, cell) in cells.iter().enumerate() {
            cell_width[column] = cell_width[column].max(width(cell));
        }
    }
    let mut out: Vec<String> = rows
        .iter()
        .map(|(name, cells)| {
            let mut line = format!("{name}{}", " ".repeat(name_width - width(name)));
            for (column, cell) in cells.iter().enumerate() {
                let padding = " ".repeat(cell_width[column] - width(cell));
                let shown = if timeline.rows[column].tested {
                    style.bold(cell)
                } else {
                    cell.clone()
                };
                line.push_str(&format!("  {padding}{shown}"));
            }
            line.trim_end().to_owned()
        })
        .collect();
    let more = timeline.series.len().saturating_sub(MAX_SERIES);
    if more > 0 {
        out.push(format!("… and {more} more series"));
    }
    out
}

fn state_word(state: AlertState) -> &'static str {
    match state {
        AlertState::Inactive => "–",
        AlertState::Kept => "kept",
        other => other.name(),
    }
}

fn values(series: &TimelineSeries) -> Vec<String> {
    series
        .values
        .iter()
        .map(|value| value.map_or_else(|| "–".to_owned(), |v| format_g_precision(v, 6)))
        .collect()
}

/// The name of a row; where there are several series, with the labels that tell them apart.
fn named(what: &str, series: &TimelineSeries, all: &[TimelineSeries]) -> String {
    let telling = series.labels.filter(|name| {
        all.iter()
            .any(|other| other.labels.get(name) != series.labels.get(name))
    });
    if telling.is_empty() {
        short(what)
    } else {
        format!("{} {}", short(what), short(&telling.to_string()))
    }
}

/// On one line and not too long.
fn short(text: &str) -> String {
    const LIMIT: usize = 48;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if width(&line) <= LIMIT {
        line
    } else {
        line.chars().take(LIMIT - 1).chain(['…']).collect()
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}
