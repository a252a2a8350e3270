//! Instant selectors: lookback, staleness, `offset`, `@`.

use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::extended;
use crate::grid::Grid;
use crate::plan::SelectorNode;
use crate::samples::Times;
use crate::storage::Series;
use crate::value::{ABSENT, Column, is_absent};
use crate::window::with_found_hint;
use firedrill_promql::ast::ExtensionKind;
use firedrill_source::Span;
use firedrill_value::{FloatHistogram, Timestamp, is_stale};
use std::sync::Arc;

impl<'a> Evaluator<'a> {
    /// The newest sample of each series, at most `lookback` old.
    pub(crate) fn selector(
        &mut self,
        selector: &SelectorNode,
        span: Span,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        if selector.extension == Some(ExtensionKind::Smoothed) {
            return self.smoothed_selector(selector, span, grid);
        }
        let times = self.reference(grid, selector.offset, selector.at);
        let lookback = self.options.lookback.millis();
        let mut columns = Vec::new();
        for series in self.matching(selector) {
            self.check_room(columns.len() + 1, grid, span)?;
            let (sample_times, values) = self.visible(series);
            if series.samples.histograms().is_some() {
                columns.extend(newest_samples(
                    series,
                    values.len(),
                    &times,
                    lookback,
                    selector.statistics_only,
                ));
                continue;
            }
            let newest = aligned_values(sample_times, values, &times, lookback)
                .unwrap_or_else(|| newest_values(sample_times, values, &times, lookback, |_, value| value));
            if let Some(values) = newest {
                columns.push(Column::new(series.labels.clone(), values));
            }
        }
        self.check_samples(columns.len())?;
        Ok(columns)
    }

    /// The time, in seconds, of the sample that the selector takes.
    pub(crate) fn sample_times(
        &self,
        selector: &SelectorNode,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let times = self.reference(grid, selector.offset, selector.at);
        let lookback = self.options.lookback.millis();
        let mut columns = Vec::new();
        for series in self.matching(selector) {
            let (sample_times, values) = self.visible(series);
            if let Some(histograms) = series.samples.histograms() {
                let found = times.times().map(|now| {
                    let newest = newest_index(sample_times, values, histograms, now, lookback);
                    newest.map_or(ABSENT, |newest| sample_times.at(newest) as f64 / 1000.0)
                });
                let column = Column::new(series.labels.clone(), found.collect());
                if !column.is_empty() {
                    columns.push(column);
                }
                continue;
            }
            if let Some(values) =
                newest_values(sample_times, values, &times, lookback, |at, _| at as f64 / 1000.0)
            {
                columns.push(Column::new(series.labels.clone(), values));
            }
        }
        self.check_samples(columns.len())?;
        Ok(columns)
    }

    /// Since when, in seconds, the sample counts that the selector takes, where that is known.
    pub(crate) fn sample_starts(
        &self,
        selector: &SelectorNode,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let times = self.reference(grid, selector.offset, selector.at);
        let lookback = self.options.lookback.millis();
        let mut columns = Vec::new();
        for series in self.matching(selector) {
            let Some(starts) = series.samples.starts() else {
                continue;
            };
            let (sample_times, values) = self.visible(series);
            let histograms = series.samples.histograms();
            let found = times.times().map(|now| {
                let newest = newest_index(sample_times, values, histograms.unwrap_or(&[]), now, lookback);
                let start = newest.map(|newest| starts[newest]).filter(|&start| start != 0);
                start.map_or(ABSENT, |start| start as f64 / 1000.0)
            });
            let column = Column::new(series.labels.clone(), found.collect());
            if !column.is_empty() {
                columns.push(column);
            }
        }
        Ok(columns)
    }

    fn smoothed_selector(
        &mut self,
        selector: &SelectorNode,
        span: Span,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let times = self.reference(grid, selector.offset, selector.at);
        let lookback = self.options.lookback.millis();
        let mut columns = Vec::new();
        for series in self.matching(selector) {
            self.check_room(columns.len() + 1, grid, span)?;
            let (sample_times, values) = self.visible(series);
            if let Some(histograms) = series.samples.histograms() {
                let mut column = Column::new(series.labels.clone(), vec![ABSENT; grid.count]);
                for (step, now) in times.times().enumerate() {
                    self.smoothed_mixed(&mut column, step, (sample_times, values, histograms), now, span);
                }
                if !column.is_empty() {
                    columns.push(column);
                }
                continue;
            }
            let smoothed = times
                .times()
                .map(|at| extended::smoothed_at(sample_times, values, at, lookback));
            let column = Column::new(series.labels.clone(), smoothed.collect());
            if !column.is_empty() {
                columns.push(column);
            }
        }
        Ok(columns)
    }

    /// The series that a selector finds, in storage order.
    pub(crate) fn matching(&self, selector: &SelectorNode) -> impl Iterator<Item = &'a Series> + use<'a> {
        let storage = self.storage;
        storage
            .select(&selector.matchers)
            .into_iter()
            .map(|id| storage.get(id))
    }

    /// The samples of a series up to the horizon.
    pub(crate) fn visible(&self, series: &'a Series) -> (Times<'a>, &'a [f64]) {
        let times = series.samples.times();
        let values = series.samples.values();
        let len = match self.options.horizon {
            Some(horizon) => times.count_until(horizon, values.len()),
            None => values.len(),
        };
        (times, &values[..len])
    }

    /// Fails where that many samples at one time are too many.
    pub(crate) fn check_samples(&self, count: usize) -> Result<(), EvalError> {
        match self.options.max_samples {
            Some(most) if count > most => Err(EvalError::TooManySamples),
            _ => Ok(()),
        }
    }
}

/// The index of the newest sample at a time, of either kind.
fn newest_index(
    times: Times<'_>,
    values: &[f64],
    histograms: &[Option<Arc<FloatHistogram>>],
    now: Timestamp,
    lookback: i64,
) -> Option<usize> {
    let newest = times.count_until(now, values.len()).checked_sub(1)?;
    let stale = is_stale(values[newest]) && !matches!(histograms.get(newest), Some(Some(_)));
    (times.at(newest) > now.saturating_sub(lookback) && !stale).then_some(newest)
}

/// The newest samples of a series with histograms.
fn newest_samples(
    series: &Series,
    len: usize,
    times: &Grid,
    lookback: i64,
    statistics_only: bool,
) -> Option<Column> {
    let histograms = series.samples.histograms()?;
    let (sample_times, values) = (series.samples.times(), &series.samples.values()[..len]);
    let mut column = Column::new(series.labels.clone(), vec![ABSENT; times.count]);
    for (step, now) in times.times().enumerate() {
        let Some(newest) = newest_index(sample_times, values, histograms, now, lookback) else {
            continue;
        };
        match &histograms[newest] {
            Some(histogram) if statistics_only => {
                let seen_from = now.saturating_sub(lookback);
                let before = newest
                    .checked_sub(1)
                    .filter(|&before| sample_times.at(before) > seen_from);
                let last = before.and_then(|before| histograms[before].as_ref());
                column.set_histogram(step, with_found_hint(histogram, last));
            }
            Some(histogram) => column.set_histogram(step, histogram.clone()),
            None => column.values[step] = values[newest],
        }
    }
    (!column.is_empty()).then_some(column)
}

/// The newest sample at each time, where samples and times have the same distance: a copy, shifted (benchmark
/// `selector`). `None` where that is not so; `Some(None)` if there is never a sample.
fn aligned_values(
    sample_times: Times<'_>,
    values: &[f64],
    times: &Grid,
    lookback: i64,
) -> Option<Option<Vec<f64>>> {
    let Times::Regular { start, step } = sample_times else {
        return None;
    };
    if step != times.step || times.count < 2 || times.start < start {
        return None;
    }
    let distance = times.start - start;
    let age = distance % step;
    let first = usize::try_from(distance / step).ok()?;
    // Beyond the last sample, and with samples too rare for the lookback, things are less simple.
    if age >= lookback || first + times.count > values.len() {
        return None;
    }
    // A stale marker has the bits of an absent value.
    let found = values[first..first + times.count].to_vec();
    let any = found.iter().any(|value| !is_absent(*value));
    Some(any.then_some(found))
}

/// What `take` makes of the newest sample at each time; `None` if there is never one.
fn newest_values(
    sample_times: Times<'_>,
    values: &[f64],
    times: &Grid,
    lookback: i64,
    take: impl Fn(Timestamp, f64) -> f64,
) -> Option<Vec<f64>> {
    let mut seen = sample_times.count_until(times.start, values.len());
    let mut result = Vec::with_capacity(times.count);
    let mut any = false;
    for now in times.times() {
        while seen < values.len() && sample_times.at(seen) <= now {
            seen += 1;
        }
        let mut found = ABSENT;
        if let Some(newest) = seen.checked_sub(1) {
            let at = sample_times.at(newest);
            let value = values[newest];
            if at > now.saturating_sub(lookback) && !is_stale(value) {
                found = take(at, value);
                any |= !is_absent(found);
            }
        }
        result.push(found);
    }
    any.then_some(result)
}
