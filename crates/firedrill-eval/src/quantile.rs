//! Quantiles of samples.

use std::cmp::Ordering;

/// The φ-quantile: linear between the two nearest ranks, NaN counting as smallest. The values are sorted in place.
pub(crate) fn quantile(phi: f64, values: &mut [f64]) -> f64 {
    if (0.0..=1.0).contains(&phi) {
        values.sort_by(|a, b| nan_first(*a, *b));
    }
    quantile_of_sorted(phi, values)
}

/// The φ-quantile of values that are in order.
pub(crate) fn quantile_of_sorted(phi: f64, values: &[f64]) -> f64 {
    if values.is_empty() || phi.is_nan() {
        return f64::NAN;
    }
    if phi < 0.0 {
        return f64::NEG_INFINITY;
    }
    if phi > 1.0 {
        return f64::INFINITY;
    }
    let last = values.len() - 1;
    let rank = phi * last as f64;
    let lower = rank.floor().max(0.0);
    let weight = rank - rank.floor();
    let lower = lower as usize;
    let upper = (lower + 1).min(last);
    values[lower] * (1.0 - weight) + values[upper] * weight
}

fn nan_first(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_ranks_it_is_linear_and_outside_it_is_infinite() {
        assert_eq!(quantile(0.5, &mut [4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(quantile(1.0, &mut [4.0, 1.0]), 4.0);
        assert_eq!(quantile(-0.1, &mut [4.0]), f64::NEG_INFINITY);
        assert_eq!(quantile(1.1, &mut [4.0]), f64::INFINITY);
        assert!(quantile(0.0, &mut [4.0, f64::NAN]).is_nan());
        assert_eq!(quantile(1.0, &mut [4.0, f64::NAN]), 4.0);
    }
}
