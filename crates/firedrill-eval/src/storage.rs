//! Series and the index by which selectors find them.

use crate::error::AppendError;
use crate::grid::Grid;
use crate::samples::Samples;
use crate::value::{Histograms, is_absent};
use firedrill_promql::ast::{MatchOp, Matcher};
use firedrill_value::{FloatHistogram, Labels, METRIC_NAME, STALE_NAN, Timestamp};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Names a series of a [`Storage`]; they count up in the order in which series were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId(u32);

/// A label set and its samples.
#[derive(Clone, Debug)]
pub struct Series {
    /// What names it.
    pub labels: Labels,
    /// What was measured; stale markers are samples whose value is the stale marker.
    pub samples: Samples,
}

/// All series of a test, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    series: Vec<Series>,
    by_labels: FxHashMap<Labels, SeriesId>,
    by_name: FxHashMap<Arc<str>, Vec<SeriesId>>,
}

impl Storage {
    /// No series.
    pub fn new() -> Self {
        Storage::default()
    }

    /// All series in the order in which they were added.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// The series of an id of this storage.
    pub fn get(&self, id: SeriesId) -> &Series {
        &self.series[id.0 as usize]
    }

    /// The series with exactly these labels.
    pub fn find(&self, labels: &Labels) -> Option<SeriesId> {
        self.by_labels.get(labels).copied()
    }

    /// The series with exactly these labels, added without samples if there is none.
    pub fn intern(&mut self, labels: &Labels) -> SeriesId {
        if let Some(id) = self.find(labels) {
            return id;
        }
        let id = SeriesId(u32::try_from(self.series.len()).unwrap_or(u32::MAX));
        self.series.push(Series {
            labels: labels.clone(),
            samples: Samples::default(),
        });
        self.by_labels.insert(labels.clone(), id);
        match labels.find(METRIC_NAME) {
            Some(name) => self.by_name.entry(name.value.clone()).or_default().push(id),
            None => self.by_name.entry("".into()).or_default().push(id),
        }
        id
    }

    /// Adds samples to the series with these labels, in time order with what it has.
    ///
    /// # Errors
    /// If another value stands at the same time; then nothing has changed.
    pub fn append_series(&mut self, labels: &Labels, samples: Samples) -> Result<SeriesId, AppendError> {
        let id = self.intern(labels);
        self.series[id.0 as usize].samples.merge(samples)?;
        Ok(id)
    }

    /// Adds one sample to a series: the tick-by-tick path. See [`Samples::insert`].
    ///
    /// # Errors
    /// If another value stands at the same time.
    pub fn insert(&mut self, id: SeriesId, time: Timestamp, value: f64) -> Result<(), AppendError> {
        self.series[id.0 as usize].samples.insert(time, value)
    }

    /// Adds one histogram to a series, like [`Storage::insert`].
    ///
    /// # Errors
    /// If another sample stands at the same time.
    pub fn insert_histogram(
        &mut self,
        id: SeriesId,
        time: Timestamp,
        histogram: Arc<FloatHistogram>,
    ) -> Result<(), AppendError> {
        self.series[id.0 as usize]
            .samples
            .insert_histogram(time, histogram)
    }

    /// Writes one series of a rule's results over the ticks of a grid.
    ///
    /// `values` holds one value a tick, [`crate::ABSENT`] where the rule did not return the series. As a rule group
    /// does, a stale marker is written at the tick at which the series vanishes; it gives way to any other sample.
    ///
    /// # Errors
    /// If another value stands at the same time; then nothing has changed.
    pub fn write_column(
        &mut self,
        labels: &Labels,
        grid: Grid,
        values: &[f64],
    ) -> Result<SeriesId, AppendError> {
        self.write_result(labels, grid, values, None)
    }

    /// Like [`Storage::write_column`], with the histograms that stand at some of the ticks.
    ///
    /// # Errors
    /// If another sample stands at the same time; then nothing has changed.
    pub fn write_result(
        &mut self,
        labels: &Labels,
        grid: Grid,
        values: &[f64],
        histograms: Option<&Histograms>,
    ) -> Result<SeriesId, AppendError> {
        let id = self.intern(labels);
        if let Some(histograms) = histograms {
            let samples = with_histograms(grid, values, histograms);
            self.series[id.0 as usize].samples.merge(samples)?;
            return Ok(id);
        }
        let existing = &mut self.series[id.0 as usize].samples;
        let first = values.iter().position(|&value| !is_absent(value));
        let Some(first) = first else { return Ok(id) };
        let whole = !values[first..].iter().copied().any(is_absent);
        let samples = if whole {
            Samples::regular(grid.time(first), grid.step, values[first..].to_vec())
        } else {
            let mut present = false;
            let kept = values.iter().enumerate().filter_map(|(step, &value)| {
                let was_present = std::mem::replace(&mut present, !is_absent(value));
                match (present, was_present) {
                    (true, _) => Some((grid.time(step), value)),
                    (false, true) => Some((grid.time(step), STALE_NAN)),
                    (false, false) => None,
                }
            });
            kept.collect()
        };
        existing.merge(samples)?;
        Ok(id)
    }

    /// The series that all matchers let pass, in the order in which they were added.
    pub fn select(&self, matchers: &[Matcher]) -> Vec<SeriesId> {
        let mut found = Vec::new();
        self.visit(matchers, |id| {
            found.push(id);
            true
        });
        found
    }

    /// Whether there is a series that all matchers let pass.
    pub fn has_match(&self, matchers: &[Matcher]) -> bool {
        let mut any = false;
        self.visit(matchers, |_| {
            any = true;
            false
        });
        any
    }

    /// Shows matching series until `on_match` says `false`.
    fn visit(&self, matchers: &[Matcher], mut on_match: impl FnMut(SeriesId) -> bool) {
        let name = matchers
            .iter()
            .position(|m| m.op == MatchOp::Equal && &*m.label.text == METRIC_NAME);
        let passes = |id: SeriesId| {
            let labels = &self.get(id).labels;
            matchers
                .iter()
                .enumerate()
                .all(|(at, m)| Some(at) == name || m.matches(labels.get(&m.label.text)))
        };
        if let Some(name) = name {
            let candidates = self.by_name.get(&*matchers[name].value);
            for &id in candidates.into_iter().flatten() {
                if passes(id) && !on_match(id) {
                    return;
                }
            }
        } else {
            for id in (0..self.series.len() as u32).map(SeriesId) {
                if passes(id) && !on_match(id) {
                    return;
                }
            }
        }
    }
}

/// The samples of a rule's results, a stale marker where they vanish.
fn with_histograms(grid: Grid, values: &[f64], histograms: &Histograms) -> Samples {
    let mut samples = Samples::default();
    let mut present = false;
    for (step, (&value, histogram)) in values.iter().zip(histograms).enumerate() {
        let was_present = std::mem::replace(&mut present, !is_absent(value) || histogram.is_some());
        if let Some(histogram) = histogram {
            samples.push_histogram(grid.time(step), histogram.clone());
        } else if present || was_present {
            samples.push_float(grid.time(step), value);
        }
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::ABSENT;
    use firedrill_promql::ast::Name;
    use firedrill_source::Span;

    fn matcher(label: &str, op: MatchOp, value: &str) -> Matcher {
        Matcher {
            label: Name {
                text: label.into(),
                span: Span::default(),
            },
            op,
            value: value.into(),
            value_span: Span::default(),
            regex: None,
            span: Span::default(),
        }
    }

    #[test]
    fn a_vanishing_series_gets_one_stale_marker() {
        let mut storage = Storage::new();
        let labels = Labels::from_pairs([("__name__", "r")]);
        let values = [ABSENT, 1.0, ABSENT, ABSENT, 2.0, 3.0];
        let id = storage
            .write_column(&labels, Grid::range(0, 50, 10), &values)
            .unwrap();
        let stored: Vec<(i64, u64)> = storage
            .get(id)
            .samples
            .iter()
            .map(|(time, value)| (time, value.to_bits()))
            .collect();
        let bits = f64::to_bits;
        assert_eq!(
            stored,
            [
                (10, bits(1.0)),
                (20, bits(STALE_NAN)),
                (40, bits(2.0)),
                (50, bits(3.0))
            ]
        );
    }

    #[test]
    fn selection_keeps_the_order_of_addition() {
        let mut storage = Storage::new();
        for (name, a) in [("z", "1"), ("a", "2"), ("z", "3"), ("", "4")] {
            storage.intern(&Labels::from_pairs([("__name__", name), ("a", a)]));
        }
        let picked = |matchers: &[Matcher]| -> Vec<String> {
            let ids = storage.select(matchers);
            ids.iter()
                .map(|id| storage.get(*id).labels.get("a").to_owned())
                .collect()
        };
        assert_eq!(picked(&[matcher("__name__", MatchOp::Equal, "z")]), ["1", "3"]);
        assert_eq!(picked(&[matcher("__name__", MatchOp::Equal, "")]), ["4"]);
        assert_eq!(picked(&[matcher("a", MatchOp::NotEqual, "2")]), ["1", "3", "4"]);
        assert!(!storage.has_match(&[matcher("b", MatchOp::Equal, "x")]));
    }
}
