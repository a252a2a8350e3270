//! `anchored` and `smoothed`: windows whose edges take a value from outside or from in between.

mod mixed;

use crate::counter::RateKind;
use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::samples::Times;
use crate::value::{ABSENT, Column, Points, is_absent};
use crate::window::{RangeSeries, Windows};
use firedrill_functions::Func;
use firedrill_promql::ast::ExtensionKind;
use firedrill_value::{Duration, Timestamp, is_stale};

impl Evaluator<'_> {
    /// Refuses modifiers under functions that do not know them.
    pub(crate) fn check_extension(&self, windows: &Windows<'_>, func: Func) -> Result<(), EvalError> {
        use Func::{Changes, Delta, Increase, Rate, Resets};
        let (modifier, allowed, knows) = match windows.extension {
            None => return Ok(()),
            Some(ExtensionKind::Anchored) => (
                "anchored",
                "changes, delta, increase, rate, resets",
                matches!(func, Changes | Delta | Increase | Rate | Resets),
            ),
            Some(ExtensionKind::Smoothed) => (
                "smoothed",
                "delta, increase, rate",
                matches!(func, Delta | Increase | Rate),
            ),
        };
        if knows {
            return Ok(());
        }
        Err(EvalError::ExtensionUnsupported {
            modifier,
            allowed,
            function: func.row().name,
        })
    }

    /// `rate`, `increase` and `delta` between the two edges of each window; nothing is extrapolated.
    pub(crate) fn extended_growth(
        &self,
        series: &RangeSeries<'_>,
        windows: &Windows<'_>,
        kind: RateKind,
    ) -> Option<Vec<f64>> {
        let seconds = Duration::from_millis(windows.range).secs_f64();
        let smoothed = windows.extension == Some(ExtensionKind::Smoothed);
        let values = self.each_edge(series, windows, |samples| {
            let growth = samples.growth(smoothed, kind.counter);
            if kind.per_second && !is_absent(growth) {
                growth / seconds
            } else {
                growth
            }
        });
        values.iter().any(|value| !is_stale(*value)).then_some(values)
    }

    /// `changes` and `resets` with the sample before the window as their start.
    pub(crate) fn anchored_count(&self, windows: Windows<'_>, func: Func) -> Result<Vec<Column>, EvalError> {
        let counts = |before: f64, after: f64| match func {
            Func::Resets => after < before,
            _ => before != after && !(before.is_nan() && after.is_nan()),
        };
        let mut columns = Vec::new();
        for series in &windows.series {
            if !series.histograms.is_empty() {
                let values = self.anchored_mixed_count(series, &windows, func);
                columns.push(series.column(Some(values), windows.ends.count));
                continue;
            }
            let values = self.each_edge(series, &windows, |samples| {
                let from = samples.values[samples.baseline()..].windows(2);
                match samples.times.at(samples.values.len() - 1) > samples.start {
                    true => from.filter(|pair| counts(pair[0], pair[1])).count() as f64,
                    false => ABSENT,
                }
            });
            let column = series.column(Some(values), windows.ends.count);
            if !column.is_empty() {
                columns.push(column);
            }
        }
        self.finish_windows(columns, false)
    }

    /// The value of `kernel` for the widened window of each step.
    fn each_edge(
        &self,
        series: &RangeSeries<'_>,
        windows: &Windows<'_>,
        mut kernel: impl FnMut(&Edges<'_>) -> f64,
    ) -> Vec<f64> {
        let lookback = self.options.lookback.millis();
        let ahead = match windows.extension {
            Some(ExtensionKind::Smoothed) => lookback,
            _ => 0,
        };
        let (times, all) = (series.times(), series.values());
        let values = windows.ends.times().map(|end| {
            let start = end.saturating_sub(windows.range);
            let lo = times.count_until(start.saturating_sub(lookback), all.len());
            let hi = times.count_until(end.saturating_add(ahead), all.len());
            if lo >= hi {
                return ABSENT;
            }
            kernel(&Edges {
                times: times.from(lo),
                values: &all[lo..hi],
                start,
                end,
            })
        });
        values.collect()
    }
}

/// The samples of the only window of each series, with one at either edge: what a range selector gives that is no
/// function's argument.
pub(crate) fn points(windows: &Windows<'_>, kind: ExtensionKind) -> Result<Vec<Points>, EvalError> {
    let end = windows.ends.end();
    let start = end.saturating_sub(windows.range);
    let mut found = Vec::new();
    for series in &windows.series {
        if !series.histograms.is_empty() {
            let modifier = match kind {
                ExtensionKind::Anchored => "anchored",
                ExtensionKind::Smoothed => "smoothed",
            };
            return Err(EvalError::ExtensionOverHistograms { modifier });
        }
        let (times, values) = (series.times(), series.values());
        let edges = Edges {
            times,
            values,
            start,
            end,
        };
        let Some((left, right)) = edges.values_at_edges(kind == ExtensionKind::Smoothed, false) else {
            continue;
        };
        let samples = values
            .iter()
            .enumerate()
            .map(|(index, value)| (times.at(index), *value));
        let inside = samples.filter(|(time, _)| *time > start && *time < end);
        let (timestamps, values) = std::iter::once((start, left))
            .chain(inside)
            .chain([(end, right)])
            .unzip();
        found.push(Points {
            labels: series.labels.clone(),
            drop_name: series.drop_name,
            timestamps,
            values,
            histograms: Vec::new(),
        });
    }
    Ok(found)
}

/// The samples in and around a window.
struct Edges<'w> {
    times: Times<'w>,
    values: &'w [f64],
    start: Timestamp,
    end: Timestamp,
}

impl Edges<'_> {
    /// The last sample at or before the start, or the first one after it.
    fn baseline(&self) -> usize {
        self.times
            .count_until(self.start, self.values.len())
            .saturating_sub(1)
    }

    /// The values at start and end of the window; `None` if the samples do not reach into it.
    fn values_at_edges(&self, smoothed: bool, counter: bool) -> Option<(f64, f64)> {
        let len = self.values.len();
        let first = self.baseline();
        let until_end = self.times.count_until(self.end, len);
        let exact = until_end > 0 && self.times.at(until_end - 1) == self.end;
        let last = if smoothed && !exact {
            until_end.min(len.saturating_sub(1))
        } else {
            until_end.saturating_sub(1)
        };
        if len == 0
            || until_end == 0 && !smoothed
            || self.times.at(last) <= self.start
            || smoothed && self.times.at(first) > self.end
        {
            return None;
        }
        let mut left = self.values[first];
        let mut right = self.values[last];
        if smoothed && self.times.at(first) < self.start {
            left = self.between(first, self.start, counter);
        }
        if smoothed && last > 0 && self.times.at(last) > self.end {
            right = self.between(last - 1, self.end, counter);
        }
        Some((left, right))
    }

    fn growth(&self, smoothed: bool, counter: bool) -> f64 {
        let Some((left, right)) = self.values_at_edges(smoothed, counter) else {
            return ABSENT;
        };
        let mut growth = right - left;
        if counter {
            let mut before = left;
            for at in 0..self.values.len() {
                let time = self.times.at(at);
                if time > self.start && time < self.end {
                    if self.values[at] < before {
                        growth += before;
                    }
                    before = self.values[at];
                }
            }
            if right < before {
                growth += before;
            }
        }
        growth
    }

    /// The value at a time between a sample and the next one; a counter that fell between them began at zero.
    fn between(&self, at: usize, time: Timestamp, counter: bool) -> f64 {
        let Some(&after) = self.values.get(at + 1) else {
            return self.values[at];
        };
        interpolate(
            (self.times.at(at), self.values[at]),
            (self.times.at(at + 1), after),
            time,
            counter,
        )
    }
}

fn interpolate(before: (Timestamp, f64), after: (Timestamp, f64), time: Timestamp, counter: bool) -> f64 {
    let from = if counter && after.1 < before.1 {
        0.0
    } else {
        before.1
    };
    from + (after.1 - from) * (time - before.0) as f64 / (after.0 - before.0) as f64
}

/// A smoothed instant selector: the value at `now`, between its neighbours if no sample stands there.
pub(crate) fn smoothed_at(times: Times<'_>, values: &[f64], now: Timestamp, lookback: i64) -> f64 {
    let lo = times.count_until(now.saturating_sub(lookback), values.len());
    let hi = times.count_until(now.saturating_add(lookback), values.len());
    let until = times.count_until(now, values.len());
    let before = (lo..until).rev().find(|&at| !is_stale(values[at]));
    let after = (until..hi).find(|&at| !is_stale(values[at]));
    match (before, after) {
        (None, _) => ABSENT,
        (Some(at), _) if times.at(at) == now => values[at],
        (Some(at), None) => values[at],
        (Some(at), Some(next)) => interpolate(
            (times.at(at), values[at]),
            (times.at(next), values[next]),
            now,
            false,
        ),
    }
}
