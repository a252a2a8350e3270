//! Functions of one or two numbers.

use std::f64::consts::PI;

/// Radians as degrees.
pub(crate) fn deg(radians: f64) -> f64 {
    radians * 180.0 / PI
}

/// Degrees as radians.
pub(crate) fn rad(degrees: f64) -> f64 {
    degrees * PI / 180.0
}

/// −1, 1, or the value itself where it is zero or NaN.
pub(crate) fn sgn(value: f64) -> f64 {
    if value < 0.0 {
        -1.0
    } else if value > 0.0 {
        1.0
    } else {
        value
    }
}

/// Go's `math.Max`: an infinity beats NaN, NaN beats everything else, +0 beats −0.
pub(crate) fn go_max(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        f64::INFINITY
    } else {
        larger(a, b)
    }
}

/// Go's `math.Min`, the mirror of [`go_max`].
pub(crate) fn go_min(a: f64, b: f64) -> f64 {
    if a == f64::NEG_INFINITY || b == f64::NEG_INFINITY {
        f64::NEG_INFINITY
    } else {
        smaller(a, b)
    }
}

/// Go's built-in `max`: NaN beats everything.
pub(crate) fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == 0.0 && b == 0.0 {
        if a.is_sign_negative() { b } else { a }
    } else if a > b {
        a
    } else {
        b
    }
}

/// Go's built-in `min`: NaN beats everything.
pub(crate) fn smaller(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == 0.0 && b == 0.0 {
        if a.is_sign_negative() { a } else { b }
    } else if a < b {
        a
    } else {
        b
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinities_beat_nan_in_one_pair_and_lose_in_the_other() {
        assert_eq!(go_max(f64::INFINITY, f64::NAN), f64::INFINITY);
        assert_eq!(go_min(f64::NAN, f64::NEG_INFINITY), f64::NEG_INFINITY);
        assert!(go_max(f64::NEG_INFINITY, f64::NAN).is_nan());
        assert!(larger(f64::INFINITY, f64::NAN).is_nan());
        assert!(go_max(-0.0, 0.0).is_sign_positive());
        assert!(smaller(-0.0, 0.0).is_sign_negative());
    }
}
