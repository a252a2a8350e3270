//! Quantile and fraction of cumulative buckets (upstream `promql/quantile.go`).

use firedrill_value::almost::almost_equal;

/// Differences up to this, relative, are rounding and not worth a remark.
const TOLERANCE: f64 = 1e-12;

/// A cumulative bucket: how many observations were at most `bound`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    pub(crate) bound: f64,
    pub(crate) count: f64,
}

/// What had to be changed to make counts rise with their bounds.
pub(crate) struct Repair {
    pub(crate) lowest: f64,
    pub(crate) highest: f64,
    pub(crate) largest: f64,
}

/// The φ-quantile of buckets in order of their bounds, linear inside a bucket.
pub(crate) fn quantile(phi: f64, buckets: &mut Vec<Bucket>) -> (f64, Option<Repair>) {
    if phi.is_nan() {
        return (f64::NAN, None);
    }
    if phi < 0.0 {
        return (f64::NEG_INFINITY, None);
    }
    if phi > 1.0 {
        return (f64::INFINITY, None);
    }
    if buckets.last().is_none_or(|last| last.bound != f64::INFINITY) {
        return (f64::NAN, None);
    }
    merge_equal_bounds(buckets);
    let repair = make_monotonic(buckets);
    let last = buckets.len() - 1;
    let total = buckets[last].count;
    if last < 1 || total == 0.0 {
        return (f64::NAN, repair);
    }
    let mut rank = phi * total;
    // Counts may be NaN, so this is a search for the first that is not below, as upstream does it.
    let at = partition(&buckets[..last], |bucket| bucket.count >= rank);
    if at == last {
        return (buckets[last - 1].bound, repair);
    }
    let end = buckets[at].bound;
    if at == 0 && end <= 0.0 {
        return (end, repair);
    }
    let mut start = 0.0;
    let mut count = buckets[at].count;
    if at > 0 {
        start = buckets[at - 1].bound;
        count -= buckets[at - 1].count;
        rank -= buckets[at - 1].count;
    }
    (start + (end - start) * (rank / count), repair)
}

/// The share of observations between two bounds.
pub(crate) fn fraction(lower: f64, upper: f64, buckets: &mut Vec<Bucket>) -> f64 {
    if buckets.last().is_none_or(|last| last.bound != f64::INFINITY) {
        return f64::NAN;
    }
    merge_equal_bounds(buckets);
    let total = buckets[buckets.len() - 1].count;
    if total == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    let (mut lower_rank, mut upper_rank) = (None, None);
    let mut rank = 0.0;
    for (index, bucket) in buckets.iter().enumerate() {
        let start = match index.checked_sub(1) {
            Some(before) => buckets[before].bound,
            None if bucket.bound > 0.0 => 0.0,
            None => f64::NEG_INFINITY,
        };
        let inside = |value: f64| {
            if start == f64::NEG_INFINITY {
                return bucket.count;
            }
            rank + (bucket.count - rank) * (value - start) / (bucket.bound - start)
        };
        if lower_rank.is_none() {
            if start >= lower {
                lower_rank = Some(rank);
            } else if start < lower && bucket.bound > lower {
                lower_rank = Some(inside(lower));
            }
        }
        if upper_rank.is_none() {
            if start >= upper {
                upper_rank = Some(rank);
            } else if start < upper && bucket.bound > upper {
                upper_rank = Some(inside(upper));
            }
        }
        if lower_rank.is_some() && upper_rank.is_some() {
            break;
        }
        rank = bucket.count;
    }
    let cap = |rank: Option<f64>| match rank {
        Some(rank) if rank <= total => rank,
        _ => total,
    };
    (cap(upper_rank) - cap(lower_rank)) / total
}

/// Adds up the counts of buckets with the same bound.
fn merge_equal_bounds(buckets: &mut Vec<Bucket>) {
    buckets.dedup_by(|bucket, kept| {
        let equal = bucket.bound == kept.bound;
        if equal {
            kept.count += bucket.count;
        }
        equal
    });
}

/// Raises counts that are below the one before; tiny differences, in either direction, are smoothed out silently.
fn make_monotonic(buckets: &mut [Bucket]) -> Option<Repair> {
    let mut repair: Option<Repair> = None;
    let mut previous = buckets.first()?.count;
    for bucket in &mut buckets[1..] {
        if bucket.count == previous {
            continue;
        }
        if almost_equal(previous, bucket.count, TOLERANCE) {
            bucket.count = previous;
            continue;
        }
        if bucket.count < previous {
            let difference = previous - bucket.count;
            let made = repair.get_or_insert(Repair {
                lowest: bucket.bound,
                highest: bucket.bound,
                largest: difference,
            });
            made.lowest = made.lowest.min(bucket.bound);
            made.highest = made.highest.max(bucket.bound);
            made.largest = made.largest.max(difference);
            bucket.count = previous;
            continue;
        }
        previous = bucket.count;
    }
    repair
}

/// The first index for which `holds`, by binary search; the length if there is none.
fn partition(buckets: &[Bucket], holds: impl Fn(&Bucket) -> bool) -> usize {
    buckets.partition_point(|bucket| !holds(bucket))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(list: &[(f64, f64)]) -> Vec<Bucket> {
        list.iter()
            .map(|&(bound, count)| Bucket { bound, count })
            .collect()
    }

    const INF: f64 = f64::INFINITY;

    #[test]
    fn a_quantile_lies_between_the_bounds_of_its_bucket() {
        let list = [(1.0, 10.0), (2.0, 30.0), (INF, 40.0)];
        for (phi, expected) in [(0.25, 1.0), (0.5, 1.5), (0.75, 2.0), (0.9, 2.0), (-1.0, -INF)] {
            assert_eq!(quantile(phi, &mut buckets(&list)).0, expected, "{phi}");
        }
        assert!(quantile(0.5, &mut buckets(&list[..2])).0.is_nan());
    }

    #[test]
    fn falling_counts_are_raised_and_reported() {
        let list = [(1.0, 10.0), (2.0, 8.0), (4.0, 9.0), (INF, 20.0)];
        let (value, repair) = quantile(0.5, &mut buckets(&list));
        let repair = repair.unwrap();
        assert_eq!(value, 1.0);
        assert_eq!((repair.lowest, repair.highest, repair.largest), (2.0, 4.0, 2.0));
    }

    #[test]
    fn a_fraction_is_interpolated_at_both_ends() {
        let list = [(1.0, 10.0), (2.0, 30.0), (INF, 40.0)];
        assert_eq!(fraction(0.5, 1.5, &mut buckets(&list)), 0.375);
        assert_eq!(fraction(-INF, INF, &mut buckets(&list)), 1.0);
        assert_eq!(fraction(2.0, 1.0, &mut buckets(&list)), 0.0);
    }
}
