//! Bounds of exponential buckets, to the last bit those of upstream's tables.

use std::sync::LazyLock;

/// For each schema from 0 to 8 the bounds from 1/2 up to but not including 1. As upstream made its tables: every second
/// bound is that of the schema before, the others are the bound before times 2^(2^-schema), neither rounded again.
static FRACTIONS: LazyLock<Vec<Vec<f64>>> = LazyLock::new(|| {
    let mut tables: Vec<Vec<f64>> = vec![vec![0.5]];
    for schema in 1..=8 {
        let factor = exp2(exp2(-f64::from(schema)));
        let coarser = tables.last().map_or(&[][..], Vec::as_slice);
        let pairs = coarser.iter().flat_map(|&bound| [bound, bound * factor]);
        let finer = pairs.collect();
        tables.push(finer);
    }
    tables
});

/// The upper bound of the bucket with that index: 2^(index · 2^-schema).
pub(super) fn exponential_bound(index: i32, schema: i32) -> f64 {
    if schema < 0 {
        let exponent = i64::from(index).saturating_mul(1i64 << (-schema).min(62));
        return match exponent {
            // What would overflow stands for the largest number; only the bucket after it reaches infinity.
            1024 => f64::MAX,
            exponent => power_of_two(exponent),
        };
    }
    let schema = schema.min(8) as u32;
    let place = (index as u32 & ((1u32 << schema) - 1)) as usize;
    let table = FRACTIONS.get(schema as usize);
    let fraction = table.and_then(|table| table.get(place)).copied().unwrap_or(0.5);
    let exponent = i64::from(index >> schema) + 1;
    if fraction == 0.5 && exponent == 1025 {
        return f64::MAX;
    }
    scaled(fraction, exponent)
}

fn power_of_two(exponent: i64) -> f64 {
    scaled(0.5, exponent.saturating_add(1))
}

/// `fraction · 2^exponent` for a fraction in [0.5, 1).
fn scaled(fraction: f64, exponent: i64) -> f64 {
    if exponent > 1024 {
        return f64::INFINITY;
    }
    if exponent < -1074 {
        return 0.0;
    }
    let bits = |exponent: i64| f64::from_bits(((exponent + 1023) as u64) << 52);
    if exponent > 1000 {
        fraction * 2.0 * bits(exponent - 1)
    } else if exponent < -1000 {
        fraction * bits(exponent + 100) * bits(-100)
    } else {
        fraction * bits(exponent)
    }
}

/// 2ˣ with the bits of Go's `math.Exp2`: the power of two nearest to x, times a rational approximation (FreeBSD msun) of
/// the rest.
#[expect(
    clippy::excessive_precision,
    reason = "coefficients stand as they were published"
)]
pub fn exp2(x: f64) -> f64 {
    const LN2_HIGH: f64 = 6.931_471_803_691_238_164_90e-01;
    const LN2_LOW: f64 = 1.908_214_929_270_587_700_02e-10;
    const P: [f64; 5] = [
        1.666_666_666_666_666_574_15e-01,
        -2.777_777_777_701_559_338_42e-03,
        6.613_756_321_437_934_361_17e-05,
        -1.653_390_220_546_525_153_90e-06,
        4.138_136_797_057_238_460_39e-08,
    ];
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x > 1.023_999_999_999_999_9e+03 {
        return f64::INFINITY;
    }
    if x < -1.0740e+03 {
        return 0.0;
    }
    let power = (x + 0.5f64.copysign(x)).trunc();
    let rest = x - power;
    let (high, low) = (rest * LN2_HIGH, -rest * LN2_LOW);
    let r = high - low;
    let t = r * r;
    let c = r - t * (P[0] + t * (P[1] + t * (P[2] + t * (P[3] + t * P[4]))));
    let y = 1.0 - ((low - (r * c) / (2.0 - c)) - high);
    // Half of y is a fraction as the scaling wants it, or close to.
    scaled(y / 2.0, power as i64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_grow_by_powers_of_two() {
        assert_eq!(exponential_bound(0, 0), 1.0);
        assert_eq!(exponential_bound(3, 0), 8.0);
        assert_eq!(exponential_bound(-2, 0), 0.25);
        assert_eq!(exponential_bound(1, 1), std::f64::consts::SQRT_2.next_down());
        assert_eq!(
            exponential_bound(-1, 1),
            std::f64::consts::FRAC_1_SQRT_2.next_down()
        );
        assert_eq!(exponential_bound(2, -1), 16.0);
        assert_eq!(exponential_bound(256, 8), 2.0);
        assert_eq!(exponential_bound(1024, 0), f64::MAX);
        assert_eq!(exponential_bound(1025, 0), f64::INFINITY);
        assert_eq!(exponential_bound(64, -4), f64::MAX);
        assert_eq!(exponential_bound(-1074, 0), f64::from_bits(1));
    }

    #[test]
    fn fractions_are_close_to_what_the_library_says() {
        for (place, fraction) in FRACTIONS[8].iter().enumerate() {
            let expected = (place as f64 / 256.0 - 1.0).exp2();
            assert!((fraction - expected).abs() <= 4.0 * f64::EPSILON, "{place}");
        }
        assert_eq!(FRACTIONS[1], [0.5, 0.707_106_781_186_547_5]);
        assert_eq!(FRACTIONS[2][3], 0.840_896_415_253_714_4);
        assert_eq!(
            (exp2(10.0), exp2(-1074.0), exp2(2e3)),
            (1024.0, f64::from_bits(1), f64::INFINITY)
        );
    }
}
