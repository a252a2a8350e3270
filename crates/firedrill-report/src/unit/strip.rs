//! A timeline as two strips: the value above and below its threshold, and the alert's state, a cell a tick.

use super::phases::{number, short};
use crate::series_text::width;
use crate::style::Style;
use firedrill_unit::{AlertState, Reading, Timeline, TimelineSeries};
use firedrill_value::Duration;

/// Cells of a strip at most.
const CELLS: usize = 48;
/// Ticks below which there is nothing to see.
const FEWEST: usize = 5;
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The lines of both strips; none where nothing changes or there are few ticks.
pub(crate) fn lines(timeline: &Timeline, series: &TimelineSeries, style: Style) -> Vec<String> {
    let count = timeline.rows.len();
    if count < FEWEST {
        return Vec::new();
    }
    let cells = cells(count, timeline.tested());
    let mut rows: Vec<(String, String, String)> = value_rows(timeline, series, &cells);
    if rows.is_empty() && steady(series) {
        return Vec::new();
    }
    if !series.states.is_empty() {
        let strip: String = cells
            .iter()
            .map(|&(from, to)| state_cell(series, from, to))
            .collect();
        rows.push(("alert".to_owned(), strip, legend(series)));
    }
    if rows.is_empty() {
        return Vec::new();
    }
    let label = rows.iter().map(|(label, _, _)| width(label)).max().unwrap_or(0);
    let mut out: Vec<String> = rows
        .into_iter()
        .map(|(name, strip, behind)| {
            let behind = style.dim(&behind);
            format!("{name}{}  {strip}  {behind}", " ".repeat(label - width(&name)))
                .trim_end()
                .to_owned()
        })
        .collect();
    if let Some(tested) = timeline.tested() {
        let at = cells
            .iter()
            .position(|&(from, to)| (from..to).contains(&tested))
            .unwrap_or(0);
        let time = Duration::from_millis(timeline.rows[tested].time);
        out.push(format!("{}▲ {time}", " ".repeat(label + 2 + at)));
    }
    out
}

/// The rows of each cell; the tested row has one of its own.
fn cells(count: usize, tested: Option<usize>) -> Vec<(usize, usize)> {
    if count <= CELLS {
        return (0..count).map(|at| (at, at + 1)).collect();
    }
    let mut cuts: Vec<usize> = (0..=CELLS).map(|at| at * count / CELLS).collect();
    if let Some(tested) = tested {
        cuts.extend([tested, tested + 1]);
        cuts.sort_unstable();
        cuts.dedup();
    }
    cuts.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

/// Whether neither value nor state ever changes.
fn steady(series: &TimelineSeries) -> bool {
    series.values.windows(2).all(|pair| pair[0] == pair[1])
        && series.states.windows(2).all(|pair| pair[0] == pair[1])
}

/// What is above the threshold in one row and what is below it in another; one row where there is no threshold.
fn value_rows(
    timeline: &Timeline,
    series: &TimelineSeries,
    cells: &[(usize, usize)],
) -> Vec<(String, String, String)> {
    let last = |from: usize, to: usize| -> Option<(f64, Option<f64>)> {
        (from..to).rev().find_map(|at| {
            let value = series.values.get(at)?.as_ref().and_then(Reading::number)?;
            let limit = series.thresholds.get(at).copied().flatten();
            value
                .is_finite()
                .then_some((value, limit.filter(|limit| limit.is_finite())))
        })
    };
    let points: Vec<Option<(f64, Option<f64>)>> = cells.iter().map(|&(from, to)| last(from, to)).collect();
    let values: Vec<f64> = points.iter().flatten().map(|(value, _)| *value).collect();
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Noise of the last digits is no shape.
    if values.is_empty() || most - least <= 1e-9 * most.abs().max(least.abs()) {
        return Vec::new();
    }
    let (Some(measured), true) = (
        &timeline.measured,
        points.iter().flatten().all(|(_, limit)| limit.is_some()),
    ) else {
        let row = points.iter().map(|point| match point {
            Some((value, _)) => bar((value - least) / (most - least)),
            None => ' ',
        });
        return vec![(
            "value".to_owned(),
            row.collect(),
            format!("{} to {}", number(least), number(most)),
        )];
    };
    let above = |(value, limit): (f64, Option<f64>)| value - limit.unwrap_or(value);
    let highest = points.iter().flatten().map(|it| above(*it)).fold(0.0, f64::max);
    let lowest = points.iter().flatten().map(|it| above(*it)).fold(0.0, f64::min);
    let top: String = points
        .iter()
        .map(|point| match point {
            Some(point) if highest > 0.0 && above(*point) > 0.0 => bar(above(*point) / highest),
            _ => ' ',
        })
        .collect();
    let bottom: String = points
        .iter()
        .map(|point| match point {
            Some(point) if above(*point) >= 0.0 => '█',
            Some(point) => bar(1.0 - above(*point) / lowest).clamp('▁', '▇'),
            None => ' ',
        })
        .collect();
    let limit = measured.condition.trim_start_matches(['<', '>', '=', '!', ' ']);
    let limit = short(limit, 14);
    let mut rows = Vec::new();
    if highest > 0.0 {
        rows.push((format!("above {limit}"), top, format!("at most {}", number(most))));
    }
    let behind = if lowest < 0.0 {
        format!("at least {}", number(least))
    } else {
        String::new()
    };
    rows.push((format!("up to {limit}"), bottom, behind));
    rows
}

fn bar(part: f64) -> char {
    let index = (part.clamp(0.0, 1.0) * 7.0).round() as usize + 1;
    BARS.get(index).copied().unwrap_or('█')
}

/// The state that matters most of the rows of a cell.
fn state_cell(series: &TimelineSeries, from: usize, to: usize) -> char {
    let states = series.states.get(from..to).unwrap_or_default();
    let rank = |state: &AlertState| match state {
        AlertState::Inactive => 0,
        AlertState::Pending => 1,
        AlertState::Kept => 2,
        AlertState::Firing => 3,
    };
    state_char(states.iter().copied().max_by_key(rank).unwrap_or_default())
}

fn state_char(state: AlertState) -> char {
    match state {
        AlertState::Inactive => '·',
        AlertState::Pending => '░',
        AlertState::Firing => '█',
        AlertState::Kept => '▒',
    }
}

/// The states that occur.
fn legend(series: &TimelineSeries) -> String {
    let all = [
        AlertState::Inactive,
        AlertState::Pending,
        AlertState::Firing,
        AlertState::Kept,
    ];
    let seen = all.iter().filter(|state| series.states.contains(state));
    let words: Vec<String> = seen
        .map(|state| {
            let name = if *state == AlertState::Kept {
                "kept"
            } else {
                state.name()
            };
            format!("{} {name}", state_char(*state))
        })
        .collect();
    words.join(" ")
}
