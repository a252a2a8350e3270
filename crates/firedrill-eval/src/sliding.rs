//! State that is carried from one window to the next, so that a step costs what has changed and not the whole window.

use crate::window::Window;
use std::collections::VecDeque;

/// The largest or smallest value of sliding windows. NaN counts only where there is nothing else; of equal values the
/// first is taken.
pub(crate) struct Extreme {
    /// Whether the second value beats the first.
    beats: fn(f64, f64) -> bool,
    /// Samples that may yet be the extreme, each beaten by none behind it; the front one is the extreme.
    candidates: VecDeque<usize>,
    seen: usize,
}

impl Extreme {
    pub(crate) fn largest() -> Self {
        Extreme::new(|held, new| new > held)
    }

    pub(crate) fn smallest() -> Self {
        Extreme::new(|held, new| new < held)
    }

    fn new(beats: fn(f64, f64) -> bool) -> Self {
        Extreme {
            beats,
            candidates: VecDeque::new(),
            seen: 0,
        }
    }

    /// The extreme of a window, which must not begin or end before the last one did.
    pub(crate) fn over(&mut self, window: &Window<'_>) -> f64 {
        while self.candidates.front().is_some_and(|&at| at < window.lo) {
            self.candidates.pop_front();
        }
        for at in self.seen.max(window.lo)..window.hi {
            let value = window.all[at];
            if value.is_nan() {
                continue;
            }
            while self
                .candidates
                .back()
                .is_some_and(|&held| (self.beats)(window.all[held], value))
            {
                self.candidates.pop_back();
            }
            self.candidates.push_back(at);
        }
        self.seen = window.hi;
        self.candidates.front().map_or(f64::NAN, |&at| window.all[at])
    }
}

/// Counts neighbours inside sliding windows for which something holds.
#[derive(Default)]
pub(crate) struct PairCount {
    /// Second samples of such pairs.
    places: Places,
}

impl PairCount {
    pub(crate) fn over(&mut self, window: &Window<'_>, holds: impl Fn(f64, f64) -> bool) -> f64 {
        self.places.advance(window.all, window.lo, window.hi, holds);
        self.places.found.len() as f64
    }
}

/// Where inside sliding windows something holds between a sample and the one before it.
#[derive(Default)]
pub(crate) struct Places {
    /// Indices of the second samples, rising.
    pub(crate) found: VecDeque<usize>,
    seen: usize,
}

impl Places {
    /// Moves on to the window `lo..hi`, which must not begin or end before the last one did.
    pub(crate) fn advance(&mut self, all: &[f64], lo: usize, hi: usize, holds: impl Fn(f64, f64) -> bool) {
        while self.found.front().is_some_and(|&at| at <= lo) {
            self.found.pop_front();
        }
        for at in self.seen.max(lo + 1)..hi {
            if holds(all[at - 1], all[at]) {
                self.found.push_back(at);
            }
        }
        self.seen = self.seen.max(hi);
    }
}
