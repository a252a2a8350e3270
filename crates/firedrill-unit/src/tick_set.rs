//! Sets of ticks.

use std::ops::Range;

/// Neighbours with no more ticks than these between them become one: to evaluate the ticks between costs less than to
/// find all series again (benchmark `horizon-24h`).
const GAP: usize = 32;

/// Some of the ticks of a test, as ranges that rise and do not touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TickSet {
    ranges: Vec<Range<usize>>,
}

impl TickSet {
    /// The ticks before `end`.
    pub(crate) fn until(end: usize) -> Self {
        let mut set = TickSet::default();
        set.add(0..end);
        set
    }

    /// The ranges in order.
    pub(crate) fn ranges(&self) -> &[Range<usize>] {
        &self.ranges
    }

    /// Whether all ticks before `end` are among them.
    pub(crate) fn covers(&self, end: usize) -> bool {
        matches!(self.ranges.as_slice(), [only] if only.start == 0 && only.end >= end)
    }

    /// Adds ticks, and those between them and near ones.
    pub(crate) fn add(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let near = |it: &Range<usize>| it.start <= range.end + GAP && range.start <= it.end + GAP;
        let from = self.ranges.iter().position(near);
        let Some(from) = from else {
            let at = self.ranges.partition_point(|it| it.end < range.start);
            self.ranges.insert(at, range);
            return;
        };
        let to = self.ranges.iter().rposition(near).unwrap_or(from);
        let (first, last) = (&self.ranges[from], &self.ranges[to]);
        let whole = first.start.min(range.start)..last.end.max(range.end);
        self.ranges.splice(from..=to, [whole]);
    }

    /// Adds all ticks between the first and the last.
    pub(crate) fn close(&mut self) {
        if let (Some(first), Some(last)) = (self.ranges.first(), self.ranges.last()) {
            let whole = first.start..last.end;
            self.ranges.clear();
            self.ranges.push(whole);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ranges: &[(usize, usize)]) -> TickSet {
        let mut set = TickSet::default();
        for (start, end) in ranges {
            set.add(*start..*end);
        }
        set
    }

    fn bounds(set: &TickSet) -> Vec<(usize, usize)> {
        set.ranges().iter().map(|it| (it.start, it.end)).collect()
    }

    fn united(ranges: &[(usize, usize)]) -> Vec<(usize, usize)> {
        bounds(&set(ranges))
    }

    #[test]
    fn near_ranges_become_one_and_far_ones_stay_apart_in_order() {
        assert_eq!(united(&[(500, 501), (0, 10)]), [(0, 10), (500, 501)]);
        assert_eq!(united(&[(0, 10), (10 + GAP, 99)]), [(0, 99)]);
        assert_eq!(united(&[(0, 10), (11 + GAP, 99)]), [(0, 10), (11 + GAP, 99)]);
        assert_eq!(
            united(&[(0, 10), (100, 110), (200, 210), (105, 205), (400, 401)]),
            [(0, 10), (100, 210), (400, 401)]
        );
        assert_eq!(united(&[(5, 5)]), []);
        assert_eq!(united(&[(0, 100), (20, 30)]), [(0, 100)]);
    }

    #[test]
    fn a_closed_set_has_no_gaps() {
        let mut it = set(&[(3, 10), (100, 110)]);
        assert!(!it.covers(110));
        it.close();
        assert_eq!(bounds(&it), [(3, 110)]);
        it.add(0..1);
        assert!(it.covers(110) && !it.covers(111));
    }
}
