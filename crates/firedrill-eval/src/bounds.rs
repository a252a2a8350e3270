//! Where in a series the windows of all steps begin and end.

use crate::counter::Reach;
use crate::grid::Grid;
use crate::samples::Times;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// For each step the samples of its window.
#[derive(Debug)]
pub(crate) struct Bounds {
    /// `lo..hi`, equal where the window is empty. Both only grow.
    pub(crate) steps: Vec<(usize, usize)>,
    /// The most samples in a window.
    pub(crate) longest: usize,
    /// What the rate family makes of them.
    pub(crate) reaches: OnceCell<Vec<Reach>>,
}

impl Bounds {
    fn new(times: Times<'_>, len: usize, ends: &Grid, range: i64) -> Self {
        let steps = match times {
            Times::Regular { start, step } => {
                walk(times, len, ends, range, |index| start + step * index as i64)
            }
            Times::Explicit(listed) => walk(times, len, ends, range, |index| listed[index]),
        };
        Bounds {
            longest: steps.iter().map(|(lo, hi)| hi - lo).max().unwrap_or(0),
            steps,
            reaches: OnceCell::new(),
        }
    }
}

fn walk(
    times: Times<'_>,
    len: usize,
    ends: &Grid,
    range: i64,
    time_at: impl Fn(usize) -> i64,
) -> Vec<(usize, usize)> {
    let mut lo = times.count_until(ends.start.saturating_sub(range), len);
    let mut hi = times.count_until(ends.start, len).max(lo);
    let steps = ends.times().map(|end| {
        let start = end.saturating_sub(range);
        while hi < len && time_at(hi) <= end {
            hi += 1;
        }
        while lo < hi && time_at(lo) <= start {
            lo += 1;
        }
        (lo, hi)
    });
    steps.collect()
}

/// The bounds that were last asked for: most series of a selector have the same times.
#[derive(Debug, Default)]
pub(crate) struct LastBounds(RefCell<Option<(Key, Rc<Bounds>)>>);

/// Start, distance and number of samples.
type Key = (i64, i64, usize);

impl LastBounds {
    /// The bounds of the windows over samples at these times.
    pub(crate) fn of(&self, times: Times<'_>, len: usize, ends: &Grid, range: i64) -> Rc<Bounds> {
        let Times::Regular { start, step } = times else {
            return Rc::new(Bounds::new(times, len, ends, range));
        };
        let key = (start, step, len);
        let mut last = self.0.borrow_mut();
        match &*last {
            Some((known, bounds)) if *known == key => bounds.clone(),
            _ => {
                let bounds = Rc::new(Bounds::new(times, len, ends, range));
                *last = Some((key, bounds.clone()));
                bounds
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_times_have_other_bounds() {
        let last = LastBounds::default();
        let ends = Grid::range(0, 40, 10);
        let of = |start: i64, len: usize| {
            let times = Times::Regular { start, step: 10 };
            last.of(times, len, &ends, 20).steps.clone()
        };
        assert_eq!(of(0, 4), [(0, 1), (0, 2), (1, 3), (2, 4), (3, 4)]);
        assert_eq!(of(10, 4), [(0, 0), (0, 1), (0, 2), (1, 3), (2, 4)]);
        assert_eq!(of(10, 1), [(0, 0), (0, 1), (0, 1), (1, 1), (1, 1)]);
        let listed = last.of(Times::Explicit(&[0, 10, 20, 30]), 4, &ends, 20);
        assert_eq!(listed.steps, of(0, 4));
        assert_eq!(listed.longest, 2);
    }
}
