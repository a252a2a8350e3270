//! The samples of sliding windows in order of their values.

use crate::window::Window;

/// Sorted values of a window, made from those of the window before it.
#[derive(Default)]
pub(crate) struct Sorted {
    values: Vec<f64>,
    /// The next window's values while they are put together.
    next: Vec<f64>,
    leaving: Vec<f64>,
    coming: Vec<f64>,
    lo: usize,
    hi: usize,
}

impl Sorted {
    /// The values of a window in order. It must not begin or end before the last one did, and equal values must have
    /// equal bits ([`crate::summary::Summary::plain`]).
    pub(crate) fn over(&mut self, window: &Window<'_>) -> &[f64] {
        if window.lo >= self.hi {
            self.values.clear();
            self.values.extend_from_slice(window.values());
            self.values.sort_by(f64::total_cmp);
        } else {
            fill_sorted(&mut self.leaving, &window.all[self.lo..window.lo]);
            fill_sorted(&mut self.coming, &window.all[self.hi..window.hi]);
            self.replace();
        }
        (self.lo, self.hi) = (window.lo, window.hi);
        &self.values
    }

    /// Takes out what leaves and puts in what comes; the stretches between are copied as they are.
    fn replace(&mut self) {
        self.next.clear();
        let mut rest = self.values.as_slice();
        let (mut leaving, mut coming) = (self.leaving.as_slice(), self.coming.as_slice());
        loop {
            let (value, leaves) = match (leaving, coming) {
                ([out, others @ ..], [new, ..]) if out < new => {
                    leaving = others;
                    (*out, true)
                }
                (_, [new, others @ ..]) => {
                    coming = others;
                    (*new, false)
                }
                ([out, others @ ..], []) => {
                    leaving = others;
                    (*out, true)
                }
                ([], []) => break,
            };
            let (before, after) = rest.split_at(count_below(rest, value));
            self.next.extend_from_slice(before);
            rest = after;
            if leaves {
                rest = rest.get(1..).unwrap_or_default();
            } else {
                self.next.push(value);
            }
        }
        self.next.extend_from_slice(rest);
        std::mem::swap(&mut self.values, &mut self.next);
    }
}

/// How many of the sorted values are below another one. What is sought is mostly near: stretches double until they reach
/// it.
fn count_below(sorted: &[f64], value: f64) -> usize {
    let mut end = 1;
    while end <= sorted.len() && sorted[end - 1] < value {
        end *= 2;
    }
    let begin = end / 2;
    begin + sorted[begin..end.min(sorted.len())].partition_point(|&held| held < value)
}

fn fill_sorted(target: &mut Vec<f64>, values: &[f64]) {
    target.clear();
    target.extend_from_slice(values);
    target.sort_by(f64::total_cmp);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Times;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_window_is_sorted(
            values in prop::collection::vec((-6i32..6).prop_map(f64::from), 1..40),
            moves in prop::collection::vec((0usize..5, 0usize..5), 1..20),
        ) {
            let mut sorted = Sorted::default();
            let (mut lo, mut hi) = (0, 0);
            for (out, new) in moves {
                hi = (hi + new).min(values.len());
                lo = (lo + out).min(hi);
                if lo == hi {
                    continue;
                }
                let times = Times::Regular { start: 0, step: 1 };
                let window = Window { times, all: &values, lo, hi, start: 0, end: 0, step: 0 };
                let mut expected = values[lo..hi].to_vec();
                expected.sort_by(f64::total_cmp);
                prop_assert_eq!(sorted.over(&window), expected.as_slice());
            }
        }
    }
}
