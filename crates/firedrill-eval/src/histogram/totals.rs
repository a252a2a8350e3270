//! Sums and means of native histograms.

use firedrill_value::histogram::{Accumulator, IncompatibleSchemas};
use firedrill_value::{FloatHistogram, ResetHint};

/// What was remarkable in a sum.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Notes {
    /// Some had been reset, some had not.
    pub(crate) reset_collision: bool,
    /// Different custom bounds were brought down to those in common.
    pub(crate) reconciled: bool,
}

/// Sum and mean fail with the index of the histogram that does not fit.
pub(crate) type Total = Result<(FloatHistogram, Notes), usize>;

/// Resets among the members of a sum.
#[derive(Default)]
struct Hints {
    reset: bool,
    not_reset: bool,
}

impl Hints {
    fn see(&mut self, histogram: &FloatHistogram) {
        self.reset |= histogram.hint == ResetHint::Reset;
        self.not_reset |= histogram.hint == ResetHint::NotReset;
    }
}

/// The compensated sum of at least one histogram.
pub(crate) fn sum<'h>(histograms: impl IntoIterator<Item = &'h FloatHistogram>) -> Total {
    let mut histograms = histograms.into_iter();
    let Some(first) = histograms.next() else {
        return Err(0);
    };
    let mut notes = Notes::default();
    let mut hints = Hints::default();
    hints.see(first);
    let mut sum = Accumulator::of(first);
    for (index, histogram) in histograms.enumerate() {
        hints.see(histogram);
        let merge = sum.add(histogram).map_err(|IncompatibleSchemas| index + 1)?;
        notes.reconciled |= merge.bounds_reconciled;
    }
    notes.reset_collision = hints.reset && hints.not_reset;
    Ok((sum.total().compact(), notes))
}

/// The mean of at least one histogram: the sum divided at the end, until it would overflow; from then on it is kept
/// incrementally.
pub(crate) fn mean<'h>(histograms: impl IntoIterator<Item = &'h FloatHistogram>) -> Total {
    let mut histograms = histograms.into_iter();
    let Some(first) = histograms.next() else {
        return Err(0);
    };
    let mut notes = Notes::default();
    let mut hints = Hints::default();
    hints.see(first);
    let mut state = Accumulator::of(first);
    let mut count = 1.0;
    let mut incremental = false;
    for (index, histogram) in histograms.enumerate() {
        hints.see(histogram);
        count += 1.0;
        let failed = |IncompatibleSchemas| index + 1;
        if !incremental {
            let mut next = state.clone();
            let merge = next.add(histogram).map_err(failed)?;
            notes.reconciled |= merge.bounds_reconciled;
            if !next.plain().has_overflow() {
                state = next;
                continue;
            }
            incremental = true;
            state.map(|value| value / (count - 1.0));
        }
        let share = (count - 1.0) / count;
        state.map(|value| value * share);
        let merge = state.add(&histogram.clone().divide(count)).map_err(failed)?;
        notes.reconciled |= merge.bounds_reconciled;
    }
    notes.reset_collision = hints.reset && hints.not_reset;
    if !incremental {
        state.map(|value| value / count);
    }
    Ok((state.total().compact(), notes))
}
