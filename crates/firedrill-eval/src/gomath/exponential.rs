//! `exp` and `pow`.

use super::{log, scale, split};

const LN2_HIGH: f64 = 0.693_147_180_559_662_956_511_601_805_686_950_683_593_75;
const LN2_LOW: f64 = 0.282_352_905_630_315_771_225_884_481_750_134_360_255_254_120_68e-12;
const LARGEST: f64 = 7.097_827_128_933_84e+02;

/// 1/8!, 1/7!, … 1/2!, 1
const TAYLOR: [f64; 8] = [
    2.480_158_730_158_730_158_7e-5,
    1.984_126_984_126_984_127_0e-4,
    1.388_888_888_888_888_888_9e-3,
    8.333_333_333_333_333_333_3e-3,
    4.166_666_666_666_666_666_7e-2,
    1.666_666_666_666_666_666_7e-1,
    0.5,
    1.0,
];

/// e to the power of x.
///
/// x = k·ln 2 + 16·r; e^r − 1 comes from a Taylor series and is squared up four times as (1+t)² − 1 = t·(t+2). The
/// steps are fused as on every amd64 processor of the last decade.
pub(crate) fn exp(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x > LARGEST {
        return f64::INFINITY;
    }
    if x < -800.0 {
        return 0.0;
    }
    let k = (x * std::f64::consts::LOG2_E).round_ties_even();
    let reduced = (-k).mul_add(LN2_LOW, (-k).mul_add(LN2_HIGH, x)) * 0.0625;
    let mut series = TAYLOR[0];
    for coefficient in &TAYLOR[1..] {
        series = series.mul_add(reduced, *coefficient);
    }
    let mut t = reduced * series;
    for _ in 0..3 {
        t *= t + 2.0;
    }
    let fraction = t.mul_add(t + 2.0, 1.0);
    let biased = k as i64 + 1023;
    if biased >= 2047 {
        f64::INFINITY
    } else if biased > 0 {
        fraction * f64::from_bits((biased as u64) << 52)
    } else if biased < -52 {
        0.0
    } else {
        // Two steps: the power itself is no normal number.
        fraction * f64::from_bits(((biased + 1022) as u64) << 52) * f64::MIN_POSITIVE
    }
}

/// x to the power of y: whole part of y by repeated squaring of the fraction of x, the rest through `exp` and `log`.
pub(crate) fn pow(x: f64, y: f64) -> f64 {
    if let Some(result) = special_power(x, y) {
        return result;
    }
    let magnitude = y.abs();
    let mut whole = magnitude.trunc();
    let mut rest = magnitude - whole;
    if rest != 0.0 && x < 0.0 {
        return f64::NAN;
    }
    if whole >= 9.223_372_036_854_775_808e18 {
        return if x == -1.0 {
            1.0
        } else if (x.abs() < 1.0) == (y > 0.0) {
            0.0
        } else {
            f64::INFINITY
        };
    }
    let mut result = 1.0;
    if rest != 0.0 {
        if rest > 0.5 {
            rest -= 1.0;
            whole += 1.0;
        }
        result = exp(rest * log(x));
    }
    let mut power: i64 = 0;
    let (mut square, exponent) = split(x);
    let mut exponent = i64::from(exponent);
    let mut bits = whole as i64;
    while bits != 0 {
        if !(-4096..=4096).contains(&exponent) {
            // Overflows or vanishes whatever the rest is.
            power += exponent;
            break;
        }
        if bits & 1 == 1 {
            result *= square;
            power += exponent;
        }
        square *= square;
        exponent <<= 1;
        if square < 0.5 {
            square += square;
            exponent -= 1;
        }
        bits >>= 1;
    }
    if y < 0.0 {
        result = 1.0 / result;
        power = -power;
    }
    scale(result, power)
}

/// The cases that IEEE 754 lists, and the square roots.
fn special_power(x: f64, y: f64) -> Option<f64> {
    let odd = || y.abs() < 9_007_199_254_740_992.0 && y % 2.0 != 0.0 && y.trunc() == y;
    let result = if y == 0.0 || x == 1.0 {
        1.0
    } else if y == 1.0 {
        x
    } else if x.is_nan() || y.is_nan() {
        f64::NAN
    } else if x == 0.0 {
        let magnitude = if y < 0.0 { f64::INFINITY } else { 0.0 };
        if x.is_sign_negative() && odd() {
            -magnitude
        } else {
            magnitude
        }
    } else if y.is_infinite() {
        if x == -1.0 {
            1.0
        } else if (x.abs() < 1.0) == (y > 0.0) {
            0.0
        } else {
            f64::INFINITY
        }
    } else if x == f64::NEG_INFINITY {
        return Some(pow(-0.0, -y));
    } else if x == f64::INFINITY {
        if y < 0.0 { 0.0 } else { f64::INFINITY }
    } else if y == 0.5 {
        x.sqrt()
    } else if y == -0.5 {
        1.0 / x.sqrt()
    } else {
        return None;
    };
    Some(result)
}
