//! The times at which an expression is evaluated.

use firedrill_value::Timestamp;

/// Equally spaced times: `start`, `start + step`, … An instant is a grid of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The first time, in milliseconds.
    pub start: Timestamp,
    /// The distance of neighbours in milliseconds; positive unless there is only one time.
    pub step: i64,
    /// How many times there are.
    pub count: usize,
}

impl Grid {
    /// A single time.
    pub const fn instant(at: Timestamp) -> Self {
        Grid {
            start: at,
            step: 0,
            count: 1,
        }
    }

    /// All times from `start` to `end`, both included where the step fits; at least one.
    pub fn range(start: Timestamp, end: Timestamp, step: i64) -> Self {
        let count = if step > 0 && end > start {
            usize::try_from((end - start) / step).unwrap_or(0) + 1
        } else {
            1
        };
        Grid { start, step, count }
    }

    /// The time of a step, counted from 0.
    #[inline]
    pub fn time(&self, step: usize) -> Timestamp {
        self.start + self.step * step as i64
    }

    /// The last time.
    pub fn end(&self) -> Timestamp {
        self.time(self.count.saturating_sub(1))
    }

    /// The step that stands for a time, if one does.
    pub fn step_at(&self, time: Timestamp) -> Option<usize> {
        let distance = time - self.start;
        let step = match self.step {
            0 if distance == 0 => 0,
            0 => return None,
            step if distance % step == 0 => usize::try_from(distance / step).ok()?,
            _ => return None,
        };
        (step < self.count).then_some(step)
    }

    /// All times in order.
    pub fn times(&self) -> impl Iterator<Item = Timestamp> {
        let grid = *self;
        (0..grid.count).map(move |step| grid.time(step))
    }

    /// The grid of one that holds the time of a step.
    pub fn only(&self, step: usize) -> Grid {
        Grid::instant(self.time(step))
    }

    /// The same times, all moved by that many milliseconds.
    #[must_use]
    pub fn moved(&self, by: i64) -> Grid {
        Grid {
            start: self.start.saturating_add(by),
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_includes_its_end_only_where_the_step_fits() {
        assert_eq!(
            Grid::range(0, 100, 30).times().collect::<Vec<_>>(),
            [0, 30, 60, 90]
        );
        assert_eq!(Grid::range(5, 65, 30).end(), 65);
        assert_eq!(Grid::range(5, 5, 30).count, 1);
    }

    #[test]
    fn times_between_steps_and_outside_have_no_step() {
        let grid = Grid::range(10, 70, 20);
        assert_eq!(grid.step_at(50), Some(2));
        assert_eq!(grid.step_at(60), None);
        assert_eq!(grid.step_at(90), None);
        assert_eq!(grid.step_at(-10), None);
        assert_eq!(Grid::instant(7).step_at(7), Some(0));
    }
}
