//! Hyperbolic functions (rational approximations near zero, `exp` elsewhere) and their inverses (after FreeBSD msun).

use super::logarithm::log1p;
use super::{exp, horner, horner_monic, log};
use std::f64::consts::LN_2;

const TWO28: f64 = (1u64 << 28) as f64;

const SINH_P: [f64; 4] = [
    -0.263_056_321_339_749_706_281_948_9e+2,
    -0.289_421_135_598_956_380_728_466_036_6e+4,
    -0.899_127_202_203_950_935_539_801_351_1e+5,
    -0.630_767_364_049_771_699_118_478_725_1e+6,
];
const SINH_Q: [f64; 3] = [
    -0.173_678_953_558_233_699_533_450_911e+3,
    0.152_151_737_879_001_907_069_648_517_6e+5,
    -0.630_767_364_049_771_699_121_207_727_7e+6,
];
const TANH_P: [f64; 3] = [
    -9.643_991_794_250_522_386_28e-1,
    -9.928_772_310_019_185_865_64e1,
    -1.614_687_684_417_084_479_52e3,
];
const TANH_Q: [f64; 3] = [
    1.128_116_784_916_329_314_02e2,
    2.235_488_390_601_004_485_83e3,
    4.844_063_053_251_254_860_48e3,
];

/// Hyperbolic sine.
pub(crate) fn sinh(x: f64) -> f64 {
    let magnitude = x.abs();
    let result = if magnitude > 21.0 {
        exp(magnitude) * 0.5
    } else if magnitude > 0.5 {
        let e = exp(magnitude);
        (e - 1.0 / e) * 0.5
    } else {
        let square = x * x;
        horner(square, &SINH_P) * magnitude / horner_monic(square, &SINH_Q)
    };
    result.copysign(x)
}

/// Hyperbolic cosine.
pub(crate) fn cosh(x: f64) -> f64 {
    let magnitude = x.abs();
    let e = exp(magnitude);
    if magnitude > 21.0 {
        e * 0.5
    } else {
        (e + 1.0 / e) * 0.5
    }
}

/// Hyperbolic tangent (Cephes).
pub(crate) fn tanh(x: f64) -> f64 {
    const LN_2_127: f64 = 8.802_969_193_111_305_429_598_8e+01;
    let magnitude = x.abs();
    if magnitude > 0.5 * LN_2_127 {
        1f64.copysign(x)
    } else if magnitude >= 0.625 {
        let result = 1.0 - 2.0 / (exp(2.0 * magnitude) + 1.0);
        if x < 0.0 { -result } else { result }
    } else if x == 0.0 {
        x
    } else {
        let square = x * x;
        x + x * square * horner(square, &TANH_P) / horner_monic(square, &TANH_Q)
    }
}

/// Inverse hyperbolic sine.
pub(crate) fn asinh(x: f64) -> f64 {
    if !x.is_finite() {
        return x;
    }
    let magnitude = x.abs();
    let result = if magnitude > TWO28 {
        log(magnitude) + LN_2
    } else if magnitude > 2.0 {
        log(2.0 * magnitude + 1.0 / ((magnitude * magnitude + 1.0).sqrt() + magnitude))
    } else if magnitude < 1.0 / TWO28 {
        magnitude
    } else {
        let square = magnitude * magnitude;
        log1p(magnitude + square / (1.0 + (1.0 + square).sqrt()))
    };
    result.copysign(x)
}

/// Inverse hyperbolic cosine.
pub(crate) fn acosh(x: f64) -> f64 {
    if x.is_nan() || x < 1.0 {
        f64::NAN
    } else if x == 1.0 {
        0.0
    } else if x >= TWO28 {
        log(x) + LN_2
    } else if x > 2.0 {
        log(2.0 * x - 1.0 / (x + (x * x - 1.0).sqrt()))
    } else {
        let t = x - 1.0;
        log1p(t + (2.0 * t + t * t).sqrt())
    }
}

/// Inverse hyperbolic tangent.
pub(crate) fn atanh(x: f64) -> f64 {
    let magnitude = x.abs();
    if x.is_nan() || magnitude > 1.0 {
        return f64::NAN;
    }
    let result = if magnitude == 1.0 {
        f64::INFINITY
    } else if magnitude < 1.0 / TWO28 {
        magnitude
    } else if magnitude < 0.5 {
        let double = magnitude + magnitude;
        0.5 * log1p(double + double * magnitude / (1.0 - magnitude))
    } else {
        0.5 * log1p((magnitude + magnitude) / (1.0 - magnitude))
    };
    result.copysign(x)
}
