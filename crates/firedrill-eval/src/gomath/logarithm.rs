//! Logarithms (after FreeBSD `e_log.c` and `s_log1p.c`).

use super::split;
use std::f64::consts::{LOG2_E, LOG10_E};

const LN2_HIGH: f64 = 6.931_471_803_691_238_164_90e-01;
const LN2_LOW: f64 = 1.908_214_929_270_587_700_02e-10;
/// Coefficients of the even powers of s in log(1+s) − log(1−s), the lowest first.
const L: [f64; 7] = [
    6.666_666_666_666_735_130e-01,
    3.999_999_999_940_941_908e-01,
    2.857_142_874_366_239_149e-01,
    2.222_219_843_214_978_396e-01,
    1.818_357_216_161_805_012e-01,
    1.531_383_769_920_937_332e-01,
    1.479_819_860_511_658_591e-01,
];

/// Natural logarithm.
pub(crate) fn log(x: f64) -> f64 {
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    if x == f64::INFINITY {
        return x;
    }
    // The exponent field is taken as it is: subnormal numbers give what the amd64 routine gives.
    let bits = x.to_bits();
    let mut power = (bits >> 52) as i64 - 1022;
    let mut fraction = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 1022 << 52);
    if fraction <= std::f64::consts::FRAC_1_SQRT_2 {
        power -= 1;
        fraction *= 2.0;
    }
    let k = power as f64;
    let f = fraction - 1.0;
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let odd = s2 * (L[0] + s4 * (L[2] + s4 * (L[4] + s4 * L[6])));
    let even = s4 * (L[1] + s4 * (L[3] + s4 * L[5]));
    let rest = odd + even;
    let half_square = 0.5 * f * f;
    k * LN2_HIGH - ((half_square - (s * (half_square + rest) + k * LN2_LOW)) - f)
}

/// Binary logarithm; exact for powers of two.
pub(crate) fn log2(x: f64) -> f64 {
    let (fraction, power) = split(x);
    if fraction == 0.5 {
        return f64::from(power - 1);
    }
    log(fraction) * LOG2_E + f64::from(power)
}

/// Decimal logarithm.
pub(crate) fn log10(x: f64) -> f64 {
    log(x) * LOG10_E
}

/// log(1 + x), exact for small x.
pub(super) fn log1p(x: f64) -> f64 {
    if x.is_nan() || x < -1.0 {
        return f64::NAN;
    }
    if x == -1.0 {
        return f64::NEG_INFINITY;
    }
    if x == f64::INFINITY {
        return x;
    }
    let magnitude = x.abs();
    let small = magnitude < 4.142_135_623_730_950_488_017e-01;
    if small && magnitude < 1.0 / (1u64 << 29) as f64 {
        let tiny = magnitude < 1.0 / (1u64 << 54) as f64;
        return if tiny { x } else { x - x * x * 0.5 };
    }
    // 1 + x = 2^k · (1 + f), with the rounding error of 1 + x in `lost`. `near_one` says that f itself is tiny.
    let (k, f, lost, near_one);
    if small && x > -2.928_932_188_134_524_755_992e-01 {
        (k, f, lost, near_one) = (0.0, x, 0.0, false);
    } else {
        (k, f, lost, near_one) = reduce_sum(x);
    }
    let half_square = 0.5 * f * f;
    if near_one {
        if f == 0.0 {
            return if k == 0.0 {
                0.0
            } else {
                k * LN2_HIGH + (lost + k * LN2_LOW)
            };
        }
        let rest = half_square * (1.0 - 0.666_666_666_666_666_66 * f);
        if k == 0.0 {
            return f - rest;
        }
        return k * LN2_HIGH - ((rest - (k * LN2_LOW + lost)) - f);
    }
    let s = f / (2.0 + f);
    let z = s * s;
    let rest = z * (L[0] + z * (L[1] + z * (L[2] + z * (L[3] + z * (L[4] + z * (L[5] + z * L[6]))))));
    if k == 0.0 {
        return f - (half_square - s * (half_square + rest));
    }
    k * LN2_HIGH - ((half_square - (s * (half_square + rest) + (k * LN2_LOW + lost))) - f)
}

/// Splits 1 + x for [`log1p`]: power of two, f, what rounding lost, and whether the mantissa is that of a power of two.
fn reduce_sum(x: f64) -> (f64, f64, f64, bool) {
    let two53 = (1u64 << 53) as f64;
    let sum = if x.abs() < two53 { 1.0 + x } else { x };
    let bits = sum.to_bits();
    let mut k = (bits >> 52) as i64 - 1023;
    let lost = if x.abs() >= two53 {
        0.0
    } else if k > 0 {
        (1.0 - (sum - x)) / sum
    } else {
        (x - (sum - 1.0)) / sum
    };
    let mut mantissa = bits & 0x000f_ffff_ffff_ffff;
    let normal;
    // The mantissa of √2 decides on which side of 1 the fraction lies.
    if mantissa < 0x0006_a09e_667f_3bcd {
        normal = f64::from_bits(mantissa | 0x3ff0_0000_0000_0000);
    } else {
        k += 1;
        normal = f64::from_bits(mantissa | 0x3fe0_0000_0000_0000);
        mantissa = (0x0010_0000_0000_0000 - mantissa) >> 2;
    }
    (k as f64, normal - 1.0, lost, mantissa == 0)
}
