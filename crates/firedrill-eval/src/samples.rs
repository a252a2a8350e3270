//! The samples of one series.

mod chunk;
mod histograms;
mod numbers;

use crate::error::{AppendError, Real};
use crate::summary::Summary;
use firedrill_value::{FloatHistogram, STALE_NAN, Timestamp, is_stale};
use histograms::HistogramSamples;
use numbers::Numbers;
use std::sync::Arc;

/// Samples in rising time. Without holes only the values are kept, which costs 8 bytes a sample; clones share them.
///
/// At the places of native histograms the stale marker stands among the values.
#[derive(Clone, Debug)]
pub struct Samples {
    times: OwnedTimes,
    values: Numbers,
    histograms: Option<Box<HistogramSamples>>,
    /// Start timestamps, 0 where there is none; empty if there never is.
    starts: Vec<Timestamp>,
}

/// Time, value, histogram, start timestamp.
type Point = (Timestamp, f64, Option<Arc<FloatHistogram>>, Timestamp);

#[derive(Clone, Debug)]
enum OwnedTimes {
    Regular { start: Timestamp, step: i64 },
    Explicit(Vec<Timestamp>),
}

/// The times of samples, by index.
#[derive(Clone, Copy, Debug)]
pub enum Times<'a> {
    /// Equally spaced.
    Regular {
        /// Time of the first sample.
        start: Timestamp,
        /// Distance of neighbours; positive.
        step: i64,
    },
    /// Listed.
    Explicit(&'a [Timestamp]),
}

impl<'a> Times<'a> {
    /// The time of the sample at an index, which must be in range.
    #[inline]
    pub fn at(&self, index: usize) -> Timestamp {
        match self {
            Times::Regular { start, step } => start + step * index as i64,
            Times::Explicit(times) => times[index],
        }
    }

    /// The times from an index on.
    pub fn from(&self, index: usize) -> Times<'a> {
        match *self {
            Times::Regular { start, step } => Times::Regular {
                start: start + step * index as i64,
                step,
            },
            Times::Explicit(times) => Times::Explicit(&times[index..]),
        }
    }

    /// How many of the first `len` times are not after `time`.
    #[inline]
    pub fn count_until(&self, time: Timestamp, len: usize) -> usize {
        match self {
            Times::Regular { start, .. } if time < *start => 0,
            Times::Regular { start, step } => {
                usize::try_from((time - start) / step + 1).map_or(len, |count| count.min(len))
            }
            Times::Explicit(times) => times[..len].partition_point(|&at| at <= time),
        }
    }
}

impl Default for Samples {
    fn default() -> Self {
        Samples {
            times: OwnedTimes::Regular { start: 0, step: 1 },
            values: Numbers::default(),
            histograms: None,
            starts: Vec::new(),
        }
    }
}

impl Samples {
    /// Samples at `start`, `start + step`, …; `step` must be positive.
    pub fn regular(start: Timestamp, step: i64, values: Vec<f64>) -> Self {
        Samples {
            times: OwnedTimes::Regular {
                start,
                step: step.max(1),
            },
            values: values.into(),
            histograms: None,
            starts: Vec::new(),
        }
    }

    /// How many samples there are, stale markers included.
    pub fn len(&self) -> usize {
        self.values().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values().is_empty()
    }

    /// The values in order of time.
    pub fn values(&self) -> &[f64] {
        self.values.as_slice()
    }

    /// Whether others hold the same values.
    pub(crate) fn is_shared(&self) -> bool {
        self.values.is_shared()
    }

    /// What holds for all values.
    pub(crate) fn summary(&self) -> &Summary {
        self.values.summary()
    }

    /// The native histograms by index, with the hints that they read with; `None` if there is none. A stale marker among
    /// the values is no histogram and stands for the end of the series.
    pub fn histograms(&self) -> Option<&[Option<Arc<FloatHistogram>>]> {
        self.histograms.as_ref().map(|histograms| histograms.read())
    }

    /// The start timestamps by index, 0 where there is none; `None` if there never is.
    pub fn starts(&self) -> Option<&[Timestamp]> {
        (!self.starts.is_empty()).then_some(self.starts.as_slice())
    }

    /// The times; as many as there are values.
    pub fn times(&self) -> Times<'_> {
        match &self.times {
            OwnedTimes::Regular { start, step } => Times::Regular {
                start: *start,
                step: *step,
            },
            OwnedTimes::Explicit(times) => Times::Explicit(times),
        }
    }

    /// Times and values.
    pub fn iter(&self) -> impl Iterator<Item = (Timestamp, f64)> + '_ {
        let times = self.times();
        self.values()
            .iter()
            .enumerate()
            .map(move |(index, &value)| (times.at(index), value))
    }

    /// The time of the last sample.
    pub fn last_time(&self) -> Option<Timestamp> {
        self.len().checked_sub(1).map(|last| self.times().at(last))
    }

    /// Stores a sample at its place in time. The same bits at the same time again are ignored, and so is a stale
    /// marker where another sample stands.
    ///
    /// # Errors
    /// If another value stands at this time.
    pub fn insert(&mut self, time: Timestamp, value: f64) -> Result<(), AppendError> {
        if self.last_time().is_none_or(|last| time > last) {
            self.push(time, value);
            return Ok(());
        }
        let place = self.times().count_until(time, self.len());
        if place > 0 && self.times().at(place - 1) == time {
            if let Some(existing) = self.stored(place - 1) {
                if is_stale(value) {
                    return Ok(());
                }
                return Err(AppendError::DuplicateOfHistogram {
                    timestamp: time,
                    new: Real(value),
                    existing: existing.clone(),
                });
            }
            let existing = self.values()[place - 1];
            if existing.to_bits() == value.to_bits() || is_stale(value) {
                return Ok(());
            }
            return Err(AppendError::Duplicate {
                timestamp: time,
                existing: Real(existing),
                new: Real(value),
            });
        }
        self.insert_between(place, time, value, None);
        Ok(())
    }

    /// Stores a histogram at its place in time; an equal one again is ignored.
    ///
    /// # Errors
    /// If another sample stands at this time.
    pub fn insert_histogram(
        &mut self,
        time: Timestamp,
        histogram: Arc<FloatHistogram>,
    ) -> Result<(), AppendError> {
        if self.last_time().is_none_or(|last| time > last) {
            self.push_histogram(time, histogram);
            return Ok(());
        }
        let place = self.times().count_until(time, self.len());
        if place > 0 && self.times().at(place - 1) == time {
            return match self.stored(place - 1) {
                Some(existing) if **existing == *histogram => Ok(()),
                _ => Err(AppendError::DuplicateHistogram { timestamp: time }),
            };
        }
        self.insert_between(place, time, STALE_NAN, Some(histogram));
        Ok(())
    }

    /// Puts a sample in front of others, which may change how those after it read.
    fn insert_between(
        &mut self,
        place: usize,
        time: Timestamp,
        value: f64,
        histogram: Option<Arc<FloatHistogram>>,
    ) {
        if histogram.is_none() && self.histograms.is_none() && self.starts.is_empty() {
            self.explicit().insert(place, time);
            self.values.insert(place, value);
            return;
        }
        let mut rebuilt = Samples::default();
        let mut new = Some((time, value, histogram, 0));
        let own = (0..self.len()).map(|index| self.point(index));
        for (index, point) in own.enumerate() {
            if index == place {
                rebuilt.push_point(new.take());
            }
            rebuilt.push_point(Some(point));
        }
        rebuilt.push_point(new);
        *self = rebuilt;
    }

    /// The histogram at an index as it was given.
    fn stored(&self, index: usize) -> Option<&Arc<FloatHistogram>> {
        self.histograms.as_ref()?.stored(index)
    }

    /// A sample with everything that belongs to it.
    fn point(&self, index: usize) -> Point {
        let start = self.starts.get(index).copied().unwrap_or(0);
        (
            self.times().at(index),
            self.values()[index],
            self.stored(index).cloned(),
            start,
        )
    }

    fn push_point(&mut self, point: Option<Point>) {
        let Some((time, value, histogram, start)) = point else {
            return;
        };
        match histogram {
            Some(histogram) => self.push_histogram(time, histogram),
            None => self.push(time, value),
        }
        if start != 0 {
            self.set_last_start(start);
        }
    }

    /// Appends a histogram later than all other samples.
    pub fn push_histogram(&mut self, time: Timestamp, histogram: Arc<FloatHistogram>) {
        let before = self.len();
        self.histograms
            .get_or_insert_with(|| Box::new(HistogramSamples::after(before)));
        self.push_time(time);
        self.values.push(STALE_NAN);
        if !self.starts.is_empty() {
            self.starts.push(0);
        }
        if let Some(histograms) = &mut self.histograms {
            histograms.push(time, histogram);
        }
    }

    /// Appends a number later than all other samples.
    pub fn push_float(&mut self, time: Timestamp, value: f64) {
        self.push(time, value);
    }

    /// Says since when the last sample counts (milliseconds; 0 for "unknown").
    pub fn set_last_start(&mut self, start: Timestamp) {
        if start == 0 && self.starts.is_empty() {
            return;
        }
        self.starts.resize(self.values().len(), 0);
        if let Some(last) = self.starts.last_mut() {
            *last = start;
        }
    }

    /// Merges other samples in, as [`Samples::insert`] one after the other would.
    ///
    /// # Errors
    /// If two values stand at one time; then nothing has changed.
    pub fn merge(&mut self, other: Samples) -> Result<(), AppendError> {
        let (Some(last), Some(first)) = (self.last_time(), other.iter().next()) else {
            if self.is_empty() {
                *self = other;
            }
            return Ok(());
        };
        if self.histograms.is_some()
            || other.histograms.is_some()
            || !self.starts.is_empty()
            || !other.starts.is_empty()
        {
            return self.merge_points(&other);
        }
        if last < first.0 {
            for (time, value) in other.iter() {
                self.push(time, value);
            }
            return Ok(());
        }
        let mut merged = Samples::default();
        let mut own = self.iter().peekable();
        for (time, value) in other.iter() {
            while let Some((at, existing)) = own.next_if(|&(at, _)| at <= time) {
                merged.push(at, existing);
            }
            merged.insert(time, value)?;
        }
        for (time, value) in own {
            merged.push(time, value);
        }
        *self = merged;
        Ok(())
    }

    /// Merges samples of any kind in, one after the other.
    fn merge_points(&mut self, other: &Samples) -> Result<(), AppendError> {
        let mut merged = self.clone();
        for (time, value, histogram, start) in (0..other.len()).map(|index| other.point(index)) {
            match histogram {
                Some(histogram) => merged.insert_histogram(time, histogram)?,
                None => merged.insert(time, value)?,
            }
            if start != 0 && merged.last_time() == Some(time) {
                merged.set_last_start(start);
            }
        }
        *self = merged;
        Ok(())
    }

    /// Appends a sample later than all others.
    fn push(&mut self, time: Timestamp, value: f64) {
        self.push_time(time);
        self.values.push(value);
        if let Some(histograms) = &mut self.histograms {
            histograms.push_other(time, is_stale(value));
        }
        if !self.starts.is_empty() {
            self.starts.push(0);
        }
    }

    fn push_time(&mut self, time: Timestamp) {
        let len = self.values().len();
        match &mut self.times {
            OwnedTimes::Regular { start, step } => {
                if len == 0 {
                    *start = time;
                } else if len == 1 {
                    *step = time - *start;
                } else if *start + *step * len as i64 != time {
                    self.explicit().push(time);
                }
            }
            OwnedTimes::Explicit(times) => times.push(time),
        }
    }

    /// The list of times, made if need be.
    fn explicit(&mut self) -> &mut Vec<Timestamp> {
        if let OwnedTimes::Regular { start, step } = self.times {
            let times = (0..self.values().len() as i64).map(|index| start + step * index);
            self.times = OwnedTimes::Explicit(times.collect());
        }
        match &mut self.times {
            OwnedTimes::Explicit(times) => times,
            OwnedTimes::Regular { .. } => unreachable!("made explicit above"),
        }
    }
}

impl FromIterator<(Timestamp, f64)> for Samples {
    /// Samples in rising time; what does not come later than the one before is left out.
    fn from_iter<I: IntoIterator<Item = (Timestamp, f64)>>(iter: I) -> Self {
        let mut samples = Samples::default();
        for (time, value) in iter {
            if samples.last_time().is_none_or(|last| time > last) {
                samples.push(time, value);
            }
        }
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_value::STALE_NAN;

    fn times(samples: &Samples) -> Vec<Timestamp> {
        samples.iter().map(|(time, _)| time).collect()
    }

    #[test]
    fn samples_without_holes_keep_no_times() {
        let mut samples: Samples = [(10, 1.0), (20, 2.0), (30, 3.0)].into_iter().collect();
        assert!(matches!(samples.times(), Times::Regular { start: 10, step: 10 }));
        samples.insert(50, 5.0).unwrap();
        assert!(matches!(samples.times(), Times::Explicit(_)));
        samples.insert(40, 4.0).unwrap();
        assert_eq!(times(&samples), [10, 20, 30, 40, 50]);
        assert_eq!(samples.values(), [1.0, 2.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn a_second_value_at_one_time_is_refused_in_upstreams_words() {
        let mut samples: Samples = [(0, 7.0), (60_000, 7.0)].into_iter().collect();
        assert_eq!(samples.insert(60_000, 7.0), Ok(()));
        assert_eq!(samples.insert(60_000, STALE_NAN), Ok(()));
        assert_eq!(
            samples.insert(60_000, 1.0).unwrap_err().to_string(),
            "duplicate sample for timestamp 60000; overrides not allowed: existing 7, new value 1"
        );
        assert_eq!(
            samples.insert(0, 1.0).unwrap_err().to_string(),
            "duplicate sample for timestamp"
        );
    }

    #[test]
    fn merging_interleaves_and_changes_nothing_on_conflict() {
        let mut samples: Samples = [(10, 1.0), (30, 3.0)].into_iter().collect();
        let other: Samples = [(0, 0.0), (20, 2.0), (30, 3.0), (40, 4.0)].into_iter().collect();
        samples.merge(other).unwrap();
        assert_eq!(times(&samples), [0, 10, 20, 30, 40]);
        let conflict: Samples = [(5, 0.5), (10, 9.0)].into_iter().collect();
        assert!(samples.merge(conflict).is_err());
        assert_eq!(samples.len(), 5);
    }

    #[test]
    fn counting_until_a_time_agrees_for_both_kinds() {
        let regular: Samples = [(10, 1.0), (20, 2.0), (30, 3.0)].into_iter().collect();
        let mut explicit = regular.clone();
        explicit.explicit();
        for time in [-5, 9, 10, 11, 20, 29, 30, 99] {
            assert_eq!(
                regular.times().count_until(time, 3),
                explicit.times().count_until(time, 3),
                "{time}"
            );
        }
    }
}
