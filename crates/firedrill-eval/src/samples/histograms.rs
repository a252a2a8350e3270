//! Histograms among samples, and the counter-reset hints that reading them back from chunks gives.
//!
//! Upstream stores histograms in chunks. Within one the counter never falls, so all but its first sample read as not
//! reset; of the first one nothing is known. Hints that were given are not kept, except that a reset begins a chunk. A
//! chunk also ends with its day, and when it is full.

use super::chunk::Chunk;
use firedrill_value::{FloatHistogram, ResetHint, Timestamp};
use std::sync::Arc;

/// Chunks do not reach over multiples of this many milliseconds.
const CHUNK_RANGE: i64 = 24 * 3600 * 1000;

/// Histograms by the index of the sample.
#[derive(Clone, Debug, Default)]
pub(super) struct HistogramSamples {
    /// As they were given.
    stored: Vec<Option<Arc<FloatHistogram>>>,
    /// As they read.
    read: Vec<Option<Arc<FloatHistogram>>>,
    /// The chunk of the last sample, if that is a histogram or a stale marker behind one.
    chunk: Option<Chunk>,
    /// The times of the histograms in it.
    chunk_times: Vec<Timestamp>,
    /// Whether the end of a chunk was predicted from how fast it fills. As upstream, a chunk that a reset begins takes
    /// this over from the one before, and then has no end of its own.
    predicted: bool,
}

impl HistogramSamples {
    /// After that many samples that are none.
    pub(super) fn after(floats: usize) -> Self {
        HistogramSamples {
            stored: vec![None; floats],
            read: vec![None; floats],
            chunk: None,
            chunk_times: Vec::new(),
            predicted: false,
        }
    }

    pub(super) fn read(&self) -> &[Option<Arc<FloatHistogram>>] {
        &self.read
    }

    pub(super) fn stored(&self, index: usize) -> Option<&Arc<FloatHistogram>> {
        self.stored.get(index)?.as_ref()
    }

    /// Appends a sample that is no histogram: a stale marker, which still goes into the chunk, or a number.
    pub(super) fn push_other(&mut self, time: Timestamp, stale: bool) {
        match &mut self.chunk {
            Some(chunk) if stale => {
                if chunk.is_full(time, &mut self.predicted) {
                    self.predicted = false;
                    *chunk = Chunk::begin(time, end_of_range(time), &FloatHistogram::stale());
                } else {
                    chunk.append_stale(time);
                }
            }
            chunk => *chunk = None,
        }
        self.chunk_times.clear();
        self.stored.push(None);
        self.read.push(None);
    }

    pub(super) fn push(&mut self, time: Timestamp, histogram: Arc<FloatHistogram>) {
        let ended = match &mut self.chunk {
            Some(chunk) => chunk.is_full(time, &mut self.predicted),
            None => true,
        };
        if ended {
            self.predicted = false;
        }
        let previous = self.stored.last().and_then(Option::as_ref);
        let continued = previous.is_some_and(|previous| !ended && continues(previous, &histogram));
        match &mut self.chunk {
            Some(chunk) if continued => {
                let first = self.stored.len() - self.chunk_times.len();
                let stored = self.stored[first..].iter().flatten().map(Arc::as_ref);
                chunk.append(time, &histogram, self.chunk_times.iter().copied().zip(stored));
            }
            chunk => {
                self.chunk_times.clear();
                *chunk = Some(Chunk::begin(time, end_of_range(time), &histogram));
            }
        }
        self.chunk_times.push(time);
        let hint = match (histogram.hint, continued) {
            (ResetHint::Gauge, _) => ResetHint::Gauge,
            (_, true) => ResetHint::NotReset,
            (_, false) => ResetHint::Unknown,
        };
        let read = if histogram.hint == hint {
            histogram.clone()
        } else {
            Arc::new(histogram.as_ref().clone().with_hint(hint))
        };
        self.stored.push(Some(histogram));
        self.read.push(Some(read));
    }
}

/// When a chunk that begins at that time ends at the latest.
fn end_of_range(time: Timestamp) -> Timestamp {
    time.div_euclid(CHUNK_RANGE)
        .saturating_add(1)
        .saturating_mul(CHUNK_RANGE)
}

/// Whether a histogram goes into the chunk of the one before it.
fn continues(previous: &FloatHistogram, next: &FloatHistogram) -> bool {
    let gauge = |histogram: &FloatHistogram| histogram.hint == ResetHint::Gauge;
    if gauge(previous) || gauge(next) {
        return gauge(previous) && gauge(next);
    }
    next.hint != ResetHint::Reset
        && previous.schema == next.schema
        && previous.zero_threshold == next.zero_threshold
        && (!next.uses_custom_buckets() || previous.custom_bounds == next.custom_bounds)
        && !FloatHistogram {
            hint: ResetHint::Unknown,
            ..next.clone()
        }
        .is_reset_after(previous)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(count: f64, hint: ResetHint) -> Arc<FloatHistogram> {
        let positive = vec![(1, count)];
        Arc::new(FloatHistogram {
            hint,
            count,
            positive,
            ..FloatHistogram::default()
        })
    }

    #[test]
    fn the_first_of_a_chunk_reads_unknown_and_the_others_not_reset() {
        use ResetHint::{Gauge, NotReset, Reset, Unknown};
        let mut samples = HistogramSamples::default();
        let given = [
            (0, counted(5.0, Reset), Unknown),
            (1, counted(6.0, Unknown), NotReset),
            (2, counted(4.0, NotReset), Unknown),
            (3, counted(4.0, Unknown), NotReset),
            (4, counted(9.0, Reset), Unknown),
            (5, counted(9.0, Gauge), Gauge),
            (6, counted(9.0, Unknown), Unknown),
            (CHUNK_RANGE, counted(9.0, Unknown), Unknown),
        ];
        for (time, histogram, expected) in given {
            samples.push(time, histogram);
            let read = samples.read.last().unwrap().as_ref().unwrap();
            assert_eq!(read.hint, expected, "{time}");
        }
    }
}
