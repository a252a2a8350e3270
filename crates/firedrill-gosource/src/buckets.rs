//! Buckets of histograms as client_golang makes them.

/// What a histogram without buckets of its own has.
pub(crate) const DEFAULT: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// More buckets than a histogram can have in practice.
const MOST: f64 = 1000.0;

/// `LinearBuckets`: `count` bounds from `start`, `width` apart.
pub(crate) fn linear(start: f64, width: f64, count: f64) -> Option<Vec<f64>> {
    steps(start, count, |bound| bound + width)
}

/// `ExponentialBuckets`: `count` bounds from `start`, each `factor` times the one before.
pub(crate) fn exponential(start: f64, factor: f64, count: f64) -> Option<Vec<f64>> {
    (start > 0.0 && factor > 1.0).then_some(())?;
    steps(start, count, |bound| bound * factor)
}

/// `ExponentialBucketsRange`: `count` bounds from `min` to `max`, evenly spaced in their logarithms.
pub(crate) fn exponential_range(min: f64, max: f64, count: f64) -> Option<Vec<f64>> {
    (min > 0.0 && max > min && count >= 2.0).then_some(())?;
    let factor = (max / min).powf(1.0 / (count - 1.0));
    (1.0..=MOST).contains(&count).then(|| {
        let mut bounds = Vec::new();
        let mut index = 0.0;
        while index < count {
            bounds.push(min * factor.powf(index));
            index += 1.0;
        }
        bounds
    })
}

fn steps(start: f64, count: f64, next: impl Fn(f64) -> f64) -> Option<Vec<f64>> {
    (1.0..=MOST).contains(&count).then(|| {
        let bounds = std::iter::successors(Some(start), |bound| Some(next(*bound)));
        bounds.take(count as usize).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_client() {
        assert_eq!(linear(1.0, 2.0, 3.0), Some(vec![1.0, 3.0, 5.0]));
        assert_eq!(exponential(0.1, 10.0, 4.0).map(|it| it.len()), Some(4));
        assert_eq!(exponential(1.0, 2.0, 3.0), Some(vec![1.0, 2.0, 4.0]));
        assert_eq!(exponential_range(1.0, 100.0, 3.0), Some(vec![1.0, 10.0, 100.0]));
        for count in [0.0, -1.0, 1e9, f64::NAN] {
            assert_eq!(linear(1.0, 1.0, count), None);
        }
    }
}
