//! Elementary functions that give the same bits as Go's `math` package on amd64.
//!
//! The last bit of `exp` or `sinh` differs from library to library, so the system's one is of no use here. What is
//! computed follows the published algorithms that Go follows: FreeBSD msun for logarithms and inverse hyperbolic
//! functions, Cephes for trigonometry, a Taylor series after Shibata (SLEEF) for `exp`. Order of operations and fused
//! steps matter; none may be rearranged. Square root, remainder and fused multiply-add are exact by definition.

#![expect(
    clippy::excessive_precision,
    reason = "coefficients stand as they were published"
)]

mod exponential;
mod hyperbolic;
mod logarithm;
mod trigonometry;

pub(crate) use exponential::{exp, pow};
pub(crate) use firedrill_value::histogram::exp2;
pub(crate) use hyperbolic::{acosh, asinh, atanh, cosh, sinh, tanh};
pub(crate) use logarithm::{log, log2, log10};
pub(crate) use trigonometry::{acos, asin, atan, atan2, cos, sin, tan};

/// The remainder of `x / y`, with the sign of `x`.
pub(crate) fn fmod(x: f64, y: f64) -> f64 {
    x % y
}

/// `c[0]·xⁿ + c[1]·xⁿ⁻¹ + … + c[n]` by Horner's rule.
fn horner(x: f64, coefficients: &[f64]) -> f64 {
    let mut terms = coefficients.iter();
    let first = terms.next().copied().unwrap_or(0.0);
    terms.fold(first, |sum, &c| sum * x + c)
}

/// Like [`horner`] with a leading coefficient of 1.
fn horner_monic(x: f64, coefficients: &[f64]) -> f64 {
    let mut terms = coefficients.iter();
    let first = x + terms.next().copied().unwrap_or(0.0);
    terms.fold(first, |sum, &c| sum * x + c)
}

/// Splits a number into a fraction in [0.5, 1) and a power of two. Zero, infinities and NaN come back with power 0.
fn split(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    // Subnormal numbers are scaled up first.
    let (x, shift) = if x.abs() < f64::MIN_POSITIVE {
        (x * (1u64 << 52) as f64, -52)
    } else {
        (x, 0)
    };
    let bits = x.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1022;
    let fraction = f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52);
    (fraction, exponent + shift)
}

/// `fraction · 2^power`, rounded once.
fn scale(fraction: f64, power: i64) -> f64 {
    if fraction == 0.0 || !fraction.is_finite() {
        return fraction;
    }
    let (fraction, own) = split(fraction);
    let power = power + i64::from(own) - 1;
    if power < -1075 {
        return 0f64.copysign(fraction);
    }
    if power > 1023 {
        return f64::INFINITY.copysign(fraction);
    }
    let (power, rest) = if power < -1022 {
        (power + 53, 1.0 / (1u64 << 53) as f64)
    } else {
        (power, 1.0)
    };
    let bits = fraction.to_bits() & !(0x7ff << 52) | ((power + 1023) as u64) << 52;
    rest * f64::from_bits(bits)
}

#[cfg(test)]
mod tests;
