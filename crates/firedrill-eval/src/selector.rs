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
        let statistics_only = selector.statistics_only;
        let aligned = |visible: &Visible<'_>| visible.aligned_values();
        self.each_newest(
            selector,
            span,
            grid,
            aligned,
            |visible, column, step, newest| match visible.histograms.get(newest) {
                Some(Some(histogram)) if statistics_only => {
                    let last = visible.histogram_before(newest, step);
                    column.set_histogram(step, with_found_hint(histogram, last));
                }
                Some(Some(histogram)) => column.set_histogram(step, histogram.clone()),
                _ => column.values[step] = visible.values[newest],
            },
        )
    }

    /// The time, in seconds, of the sample that the selector takes.
    pub(crate) fn sample_times(
        &self,
        selector: &SelectorNode,
        span: Span,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let no_shortcut = |_: &Visible<'_>| None;
        self.each_newest(
            selector,
            span,
            grid,
            no_shortcut,
            |visible, column, step, newest| {
                column.values[step] = visible.times.at(newest) as f64 / 1000.0;
            },
        )
    }

    /// Since when, in seconds, the sample counts that the selector takes, where that is known.
    pub(crate) fn sample_starts(
        &self,
        selector: &SelectorNode,
        span: Span,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let never = |visible: &Visible<'_>| visible.starts.is_empty().then_some(None);
        self.each_newest(selector, span, grid, never, |visible, column, step, newest| {
            let start = visible.starts[newest];
            if start != 0 {
                column.values[step] = start as f64 / 1000.0;
            }
        })
    }

    /// Walks over the newest samples of all series that a selector finds, unless the shortcut has all values of a series;
    /// `take` puts what it makes of a sample into the column.
    fn each_newest(
        &self,
        selector: &SelectorNode,
        span: Span,
        grid: &Grid,
        shortcut: impl Fn(&Visible<'_>) -> Option<Option<Vec<f64>>>,
        take: impl Fn(&Visible<'_>, &mut Column, usize, usize),
    ) -> Result<Vec<Column>, EvalError> {
        let reference = self.reference(grid, selector.offset, selector.at);
        let mut columns = Vec::new();
        for series in self.matching(selector) {
            self.check_room(columns.len() + 1, grid, span)?;
            let (times, values) = self.visible(series);
            let visible = Visible {
                times,
                values,
                histograms: series.samples.histograms().unwrap_or_default(),
                starts: series.samples.starts().unwrap_or_default(),
                reference,
                lookback: self.options.lookback.millis(),
            };
            if let Some(values) = shortcut(&visible) {
                columns.extend(values.map(|values| Column::new(series.labels.clone(), values)));
                continue;
            }
            let mut column = Column::new(series.labels.clone(), vec![ABSENT; grid.count]);
            visible.walk(|step, newest| take(&visible, &mut column, step, newest));
            if !column.is_empty() {
                columns.push(column);
            }
        }
        self.check_vector(&columns, grid.count)?;
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
}

/// What a selector sees of one series.
struct Visible<'s> {
    times: Times<'s>,
    values: &'s [f64],
    /// Empty if there are none.
    histograms: &'s [Option<Arc<FloatHistogram>>],
    /// Empty if there are none.
    starts: &'s [Timestamp],
    /// The times that are looked at.
    reference: Grid,
    lookback: i64,
}

impl Visible<'_> {
    /// Calls `take` with every step that has a sample at most `lookback` old, and the index of the newest one.
    #[inline]
    fn walk(&self, mut take: impl FnMut(usize, usize)) {
        let (times, values) = (self.times, self.values);
        let mut seen = times.count_until(self.reference.start, values.len());
        for (step, now) in self.reference.times().enumerate() {
            while seen < values.len() && times.at(seen) <= now {
                seen += 1;
            }
            let Some(newest) = seen.checked_sub(1) else {
                continue;
            };
            let stale = is_stale(values[newest]) && !matches!(self.histograms.get(newest), Some(Some(_)));
            if times.at(newest) > now.saturating_sub(self.lookback) && !stale {
                take(step, newest);
            }
        }
    }

    /// The histogram before a sample, if the step sees it.
    fn histogram_before(&self, index: usize, step: usize) -> Option<&Arc<FloatHistogram>> {
        let seen_from = self.reference.time(step).saturating_sub(self.lookback);
        let before = index.checked_sub(1)?;
        let seen = self.times.at(before) > seen_from;
        self.histograms.get(before).filter(|_| seen)?.as_ref()
    }

    /// The newest sample at each time, where samples and times have the same distance: a copy, shifted (benchmark
    /// `selector`). `None` where that is not so; `Some(None)` if there is never a sample.
    fn aligned_values(&self) -> Option<Option<Vec<f64>>> {
        let (reference, Times::Regular { start, step }) = (&self.reference, self.times) else {
            return None;
        };
        let few = step != reference.step || reference.count < 2 || reference.start < start;
        if few || !self.histograms.is_empty() {
            return None;
        }
        let distance = reference.start - start;
        let age = distance % step;
        let first = usize::try_from(distance / step).ok()?;
        // Beyond the last sample, and with samples too rare for the lookback, things are less simple.
        if age >= self.lookback || first + reference.count > self.values.len() {
            return None;
        }
        // A stale marker has the bits of an absent value.
        let found = self.values[first..first + reference.count].to_vec();
        let any = found.iter().any(|value| !is_absent(*value));
        Some(any.then_some(found))
    }
}
