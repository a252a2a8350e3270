//! Where upstream would cut a chunk of histograms because it is full (`tsdb/head_append.go`, `tsdb/chunkenc`).
//!
//! Nothing is encoded here; only the bits are counted that encoding would take.

use firedrill_value::{FloatHistogram, Timestamp};

/// Bytes that a chunk is to have.
const TARGET: usize = 1024;

/// Fewest samples of a chunk, unless its time is over.
const LEAST_SAMPLES: usize = 10;

/// Bytes before the first sample's.
const HEADER: usize = 3;

/// Bits of a float that is written in full.
const WHOLE: usize = 64;

/// The chunk to which histograms are appended.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    start: Timestamp,
    /// No chunk reaches over this time.
    range_end: Timestamp,
    /// When the next one is to begin.
    next: Timestamp,
    samples: usize,
    bits: usize,
    last: Timestamp,
    /// Distance of the last two samples.
    delta: i64,
    /// Indices of the buckets that all samples of the chunk are stored with.
    positive: Vec<i32>,
    negative: Vec<i32>,
    /// One per number of a sample: count, zero bucket, sum, buckets.
    numbers: Vec<Number>,
}

/// A number as it changes from sample to sample.
#[derive(Clone, Copy, Debug)]
struct Number {
    bits: u64,
    /// Zero bits before and behind those that differed last, once some did.
    window: Option<(u32, u32)>,
}

impl Chunk {
    /// A chunk of one sample that ends at a time at the latest.
    pub(super) fn begin(time: Timestamp, range_end: Timestamp, first: &FloatHistogram) -> Self {
        let indices = |buckets: &[(i32, f64)]| buckets.iter().map(|bucket| bucket.0).collect();
        let mut chunk = Chunk {
            start: time,
            range_end,
            next: range_end,
            samples: 0,
            bits: 0,
            last: time,
            delta: 0,
            positive: indices(&first.positive),
            negative: indices(&first.negative),
            numbers: Vec::new(),
        };
        chunk.write(time, first);
        chunk
    }

    /// Whether the next sample, at that time, begins another chunk. From a quarter on it is predicted when that will be.
    pub(super) fn is_full(&mut self, time: Timestamp, predicted: &mut bool) -> bool {
        let bytes = HEADER + self.bits.div_ceil(8);
        let until = if *predicted { self.range_end } else { self.next };
        if !*predicted && bytes >= TARGET / 4 {
            self.next = self.predicted_end(TARGET as f64 / bytes as f64);
            *predicted = true;
        }
        (time >= self.next || bytes >= TARGET * 2) && (self.samples >= LEAST_SAMPLES || time >= until)
    }

    /// The end that makes the chunks of the range equally long, if samples go on like this.
    fn predicted_end(&self, ratio_to_full: f64) -> Timestamp {
        let range = self.next.saturating_sub(self.start) as f64;
        let chunks = range / ((self.last - self.start + 1) as f64 * ratio_to_full);
        if chunks <= 1.0 {
            return self.next;
        }
        (self.start as f64 + range / chunks.floor()) as Timestamp
    }

    /// Appends a sample. With buckets that the chunk does not have it is written anew, from its samples so far.
    pub(super) fn append<'h>(
        &mut self,
        time: Timestamp,
        histogram: &'h FloatHistogram,
        samples: impl Iterator<Item = (Timestamp, &'h FloatHistogram)>,
    ) {
        let known = |indices: &[i32], buckets: &[(i32, f64)]| {
            buckets
                .iter()
                .all(|bucket| indices.binary_search(&bucket.0).is_ok())
        };
        if !known(&self.positive, &histogram.positive) || !known(&self.negative, &histogram.negative) {
            widen(&mut self.positive, &histogram.positive);
            widen(&mut self.negative, &histogram.negative);
            (self.samples, self.bits, self.delta) = (0, 0, 0);
            self.numbers.clear();
            for (time, histogram) in samples {
                self.write(time, histogram);
            }
        }
        self.write(time, histogram);
    }

    /// Appends a stale marker, which has no buckets.
    pub(super) fn append_stale(&mut self, time: Timestamp) {
        self.write(time, &FloatHistogram::stale());
    }

    fn write(&mut self, time: Timestamp, histogram: &FloatHistogram) {
        let mut values = vec![histogram.count, histogram.zero_count, histogram.sum];
        if !histogram.is_stale() {
            values.extend(spread(&self.positive, &histogram.positive));
            values.extend(spread(&self.negative, &histogram.negative));
        }
        if self.samples == 0 {
            self.bits = layout_bits(histogram, &self.positive, &self.negative) + signed_bits(time);
            self.bits += WHOLE * values.len();
            let number = |value: f64| Number {
                bits: value.to_bits(),
                window: None,
            };
            self.numbers = values.into_iter().map(number).collect();
        } else {
            let delta = time - self.last;
            self.bits += signed_bits(delta - self.delta);
            self.delta = delta;
            for (number, value) in self.numbers.iter_mut().zip(values) {
                self.bits += number.change(value);
            }
        }
        self.last = time;
        self.samples += 1;
    }
}

impl Number {
    /// Takes another value; gives how many bits the difference takes.
    fn change(&mut self, value: f64) -> usize {
        let difference = self.bits ^ value.to_bits();
        self.bits = value.to_bits();
        if difference == 0 {
            return 1;
        }
        let leading = difference.leading_zeros().min(31);
        let trailing = difference.trailing_zeros();
        match self.window {
            Some((before, behind)) if leading >= before && trailing >= behind => {
                2 + (64 - before - behind) as usize
            }
            _ => {
                self.window = Some((leading, trailing));
                2 + 5 + 6 + (64 - leading - trailing) as usize
            }
        }
    }
}

/// Adds the indices of buckets.
fn widen(indices: &mut Vec<i32>, buckets: &[(i32, f64)]) {
    indices.extend(buckets.iter().map(|bucket| bucket.0));
    indices.sort_unstable();
    indices.dedup();
}

/// The populations at all indices, zero where the histogram has no bucket.
fn spread<'b>(indices: &'b [i32], buckets: &'b [(i32, f64)]) -> impl Iterator<Item = f64> + 'b {
    let mut own = buckets.iter().peekable();
    indices.iter().map(move |index| {
        own.next_if(|bucket| bucket.0 == *index)
            .map_or(0.0, |bucket| bucket.1)
    })
}

/// Bits of what all samples of a chunk have in common.
fn layout_bits(histogram: &FloatHistogram, positive: &[i32], negative: &[i32]) -> usize {
    let mut bits = threshold_bits(histogram.zero_threshold) + signed_bits(i64::from(histogram.schema));
    bits += spans_bits(positive) + spans_bits(negative);
    if histogram.uses_custom_buckets() {
        let bounds = &histogram.custom_bounds;
        bits += unsigned_bits(bounds.len() as u64);
        bits += bounds.iter().map(|&bound| bound_bits(bound)).sum::<usize>();
    }
    bits
}

/// A byte for zero and common powers of two, eight more for others.
fn threshold_bits(threshold: f64) -> usize {
    let exponent = (threshold.to_bits() >> 52) as i64 - 1023;
    let power_of_two = threshold.to_bits() << 12 == 0;
    if threshold == 0.0 || power_of_two && (-243..=10).contains(&exponent) {
        8
    } else {
        8 + WHOLE
    }
}

/// The number of runs of neighbouring buckets; of each its length and its distance from the one before.
fn spans_bits(indices: &[i32]) -> usize {
    let (mut bits, mut runs, mut end) = (0, 0, 0);
    for run in indices.chunk_by(|a, b| b.wrapping_sub(*a) == 1) {
        bits += unsigned_bits(run.len() as u64) + signed_bits(i64::from(run[0]) - end);
        end = i64::from(run[0]) + run.len() as i64;
        runs += 1;
    }
    bits + unsigned_bits(runs)
}

/// Bounds are thousandths where they can be.
fn bound_bits(bound: f64) -> usize {
    let thousandths = bound * 1000.0;
    let rounded = thousandths.round();
    if (0.0..=33_554_430.0).contains(&thousandths) && rounded / 1000.0 == bound {
        unsigned_bits(rounded as u64 + 1)
    } else {
        1 + WHOLE
    }
}

/// Prefixes of growing length say how many bits follow.
const PREFIXES: [(usize, usize); 7] = [(3, 5), (6, 9), (9, 13), (12, 17), (18, 24), (25, 32), (56, 64)];

fn signed_bits(value: i64) -> usize {
    let fits = |bits: usize| {
        let half = 1_i64 << (bits - 1);
        (1 - half..=half).contains(&value)
    };
    written_bits(value == 0, fits)
}

fn unsigned_bits(value: u64) -> usize {
    written_bits(value == 0, |bits| value >> bits == 0)
}

fn written_bits(zero: bool, fits: impl Fn(usize) -> bool) -> usize {
    if zero {
        return 1;
    }
    let short = PREFIXES.iter().find(|(bits, _)| fits(*bits));
    short.map_or(8 + WHOLE, |(_, written)| *written)
}
