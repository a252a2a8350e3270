//! Comparison of floats as the engine and its tests do it (upstream `util/almost`).

use crate::is_stale;

/// The smallest normal positive float.
const MIN_NORMAL: f64 = f64::MIN_POSITIVE;

/// Whether two values agree within a relative error of `epsilon`.
///
/// NaN equals NaN, the stale marker only itself, and near zero the error is absolute.
pub fn almost_equal(a: f64, b: f64, epsilon: f64) -> bool {
    if is_stale(a) || is_stale(b) {
        return is_stale(a) && is_stale(b);
    }
    if (a.is_nan() && b.is_nan()) || a == b {
        return true;
    }
    let sum = a.abs() + b.abs();
    let difference = (a - b).abs();
    if a == 0.0 || b == 0.0 || sum < MIN_NORMAL {
        return difference < epsilon * MIN_NORMAL;
    }
    difference / sum.min(f64::MAX) < epsilon
}
