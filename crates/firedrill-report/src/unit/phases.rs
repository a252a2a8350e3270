//! A series' timeline in phases: stretches of ticks at which nothing changes but the value.

use crate::series_text::{histogram_line, width};
use crate::style::{Style, one_line, plural};
use firedrill_unit::{AlertState, Reading, Timeline, TimelineSeries};
use firedrill_value::{Duration, format_g_precision};

/// Phases that are shown before and after the tested one.
const AROUND: usize = 3;

/// A stretch of rows.
struct Phase {
    first: usize,
    last: usize,
    tested: bool,
}

/// A line for each phase: from when to when, the values, whether the comparison holds, the state.
pub(crate) fn lines(timeline: &Timeline, series: &TimelineSeries, style: Style) -> Vec<String> {
    let phases = phases(timeline, series);
    let tested = phases.iter().position(|phase| phase.tested);
    let shown = |at: usize| {
        let near = tested.is_none_or(|tested| at.abs_diff(tested) <= AROUND);
        near || at == 0 || at + 1 == phases.len()
    };
    let mut table: Vec<(bool, Vec<String>)> = Vec::new();
    let mut hidden = 0;
    for (at, phase) in phases.iter().enumerate() {
        if !shown(at) {
            hidden += 1;
            continue;
        }
        if hidden > 0 {
            table.push((false, vec![format!("… {} more", plural(hidden, "change"))]));
            hidden = 0;
        }
        table.push((phase.tested, cells(timeline, series, phase)));
    }
    let mut widths = [0; 4];
    for (_, cells) in table.iter().filter(|(_, cells)| cells.len() > 1) {
        for (at, cell) in cells.iter().enumerate() {
            widths[at] = widths[at].max(width(cell));
        }
    }
    let line = |(tested, cells): (bool, Vec<String>)| {
        let mut line = if tested {
            "▸ ".to_owned()
        } else {
            "  ".to_owned()
        };
        let mut written = false;
        for (at, cell) in cells.iter().enumerate() {
            if widths[at] == 0 && cells.len() > 1 {
                continue;
            }
            if written {
                line.push_str("   ");
            }
            written = true;
            line.push_str(cell);
            line.push_str(&" ".repeat(widths[at].saturating_sub(width(cell))));
        }
        let line = line.trim_end();
        if tested { style.bold(line) } else { line.to_owned() }
    };
    table.into_iter().map(line).collect()
}

/// Where one of these changes, a phase ends.
fn key(series: &TimelineSeries, at: usize) -> (bool, bool, bool, Option<AlertState>, Option<i64>, bool) {
    let value = series.values.get(at).and_then(Option::as_ref);
    (
        value.is_some(),
        series.met.get(at).copied().unwrap_or_default(),
        series.holds.get(at).copied().unwrap_or_default(),
        series.states.get(at).copied(),
        series.since.get(at).copied().flatten(),
        value.is_some_and(|value| value.number().is_none()),
    )
}

fn phases(timeline: &Timeline, series: &TimelineSeries) -> Vec<Phase> {
    let mut phases: Vec<Phase> = Vec::new();
    for (at, row) in timeline.rows.iter().enumerate() {
        match phases.last_mut() {
            Some(phase) if key(series, phase.last) == key(series, at) && !phase.tested && !row.tested => {
                phase.last = at;
            }
            _ => phases.push(Phase {
                first: at,
                last: at,
                tested: row.tested,
            }),
        }
    }
    phases
}

fn cells(timeline: &Timeline, series: &TimelineSeries, phase: &Phase) -> Vec<String> {
    let time = |at: usize| Duration::from_millis(timeline.rows[at].time).to_string();
    let span = if phase.first == phase.last {
        time(phase.first)
    } else {
        format!("{} – {}", time(phase.first), time(phase.last))
    };
    let condition = match (&timeline.measured, series.met.get(phase.first)) {
        (Some(measured), Some(met)) if series.values.get(phase.first).is_some_and(Option::is_some) => {
            let condition = short(&measured.condition, 24);
            if *met {
                format!("✓ {condition}")
            } else {
                format!("✗ {condition}")
            }
        }
        _ => String::new(),
    };
    let state = match series.states.get(phase.first) {
        Some(state) => state_words(*state, series.since.get(phase.first).copied().flatten()),
        None if timeline.measured.is_some()
            && !series.holds.get(phase.first).copied().unwrap_or_default() =>
        {
            "no sample".to_owned()
        }
        None => String::new(),
    };
    vec![
        span,
        values(series.values.get(phase.first..=phase.last).unwrap_or_default()),
        condition,
        state,
    ]
}

fn state_words(state: AlertState, since: Option<i64>) -> String {
    match since {
        Some(since) => {
            let since = Duration::from_millis(since);
            match state {
                AlertState::Inactive => state.name().to_owned(),
                AlertState::Pending => format!("pending since {since}"),
                AlertState::Firing => format!("firing (active since {since})"),
                AlertState::Kept => format!("kept firing (active since {since})"),
            }
        }
        None => state.name().to_owned(),
    }
}

/// The values of a phase: one if all are equal, from the first to the last if they go one way, else their range.
fn values(values: &[Option<Reading>]) -> String {
    if let Some(Some(Reading::Histogram(histogram))) = values.last() {
        return format!("[{}]", histogram_line(histogram));
    }
    let numbers: Vec<f64> = values.iter().flatten().filter_map(Reading::number).collect();
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else {
        return "no sample".to_owned();
    };
    let up = numbers.windows(2).all(|pair| pair[0] <= pair[1]);
    let down = numbers.windows(2).all(|pair| pair[0] >= pair[1]);
    let all_nan = numbers.iter().all(|value| value.is_nan());
    let shown = number(*first);
    if all_nan || numbers.iter().all(|value| number(*value) == shown) {
        number(*first)
    } else if up || down {
        format!("{} … {}", number(*first), number(*last))
    } else {
        let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        format!("{} to {}", number(least), number(most))
    }
}

pub(crate) fn number(value: f64) -> String {
    format_g_precision(value, 6)
}

/// On one line and not too long.
pub(crate) fn short(text: &str, limit: usize) -> String {
    let line = one_line(text);
    if width(&line) <= limit {
        line
    } else {
        line.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
    }
}
