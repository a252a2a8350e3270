//! Sine, cosine, tangent and their inverses (after Cephes; Payne and Hanek's reduction for large arguments).

use super::{horner, horner_monic};
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

/// π/4 in three parts, each short enough that a multiple of it is exact.
const PI4: [f64; 3] = [
    7.853_981_256_484_985_351_56e-1,
    3.774_894_707_930_798_176_68e-8,
    2.695_151_429_079_059_526_45e-15,
];
const FOUR_OVER_PI_FLOAT: f64 = 1.273_239_544_735_162_686_151_07;
const THREE_QUARTERS_PI: f64 = 2.356_194_490_192_344_928_846_98;
/// From here on the three parts of π/4 are too short.
const LARGE: f64 = (1u64 << 29) as f64;

const SIN: [f64; 6] = [
    1.589_623_015_765_465_680_60e-10,
    -2.505_074_776_285_780_728_66e-8,
    2.755_731_362_138_572_452_13e-6,
    -1.984_126_982_958_953_859_96e-4,
    8.333_333_333_322_118_588_78e-3,
    -1.666_666_666_666_663_072_95e-1,
];
const COS: [f64; 6] = [
    -1.135_853_652_138_768_173_00e-11,
    2.087_570_084_197_473_167_78e-9,
    -2.755_731_417_929_673_881_12e-7,
    2.480_158_728_885_170_453_48e-5,
    -1.388_888_888_887_305_641_16e-3,
    4.166_666_666_666_659_292_18e-2,
];
const TAN_P: [f64; 3] = [
    -1.309_369_391_813_837_776_46e4,
    1.153_516_648_385_874_161_40e6,
    -1.795_652_519_764_848_779_88e7,
];
const TAN_Q: [f64; 4] = [
    1.368_129_634_706_929_546_78e4,
    -1.320_892_344_402_109_674_47e6,
    2.500_838_018_233_579_158_39e7,
    -5.386_957_559_294_546_298_81e7,
];
const ATAN_P: [f64; 5] = [
    -8.750_608_600_031_904_122_785e-01,
    -1.615_753_718_733_365_076_637e+01,
    -7.500_855_792_314_704_667_340e+01,
    -1.228_866_684_490_136_173_410e+02,
    -6.485_021_904_942_025_371_773e+01,
];
const ATAN_Q: [f64; 5] = [
    2.485_846_490_142_306_297_962e+01,
    1.650_270_098_316_988_542_046e+02,
    4.328_810_604_912_902_668_951e+02,
    4.853_903_996_359_136_964_868e+02,
    1.945_506_571_482_613_964_425e+02,
];

/// The binary digits of 4/π, 64 to a word; the first word holds the whole part.
const FOUR_OVER_PI: [u64; 20] = [
    0x0000_0000_0000_0001,
    0x45f3_06dc_9c88_2a53,
    0xf84e_afa3_ea69_bb81,
    0xb6c5_2b32_7887_2083,
    0xfca2_c757_bd77_8ac3,
    0x6e48_dc74_849b_a5c0,
    0x0c92_5dd4_13a3_2439,
    0xfc3b_d639_6253_4e7d,
    0xd104_6bea_5d76_8909,
    0xd338_e04d_68be_fc82,
    0x7323_ac73_06a6_73e9,
    0x3908_bf17_7bf2_5076,
    0x3ff1_2fff_bc0b_301f,
    0xde5e_2316_b414_da3e,
    0xda6c_fd9e_4f96_136e,
    0x9e8c_7ecd_3cbf_d45a,
    0xea4f_758f_d7cb_e2f6,
    0x7a0e_73ef_14a5_25d4,
    0xd7f6_bf62_3f1a_ba10,
    0xac06_608d_f8f6_d757,
];

/// The even octant nearest to a positive angle (0, 2, 4, 6 modulo 8) and the rest, between −π/4 and π/4.
fn reduce(x: f64) -> (u64, f64) {
    if x >= LARGE {
        return reduce_large(x);
    }
    let mut octant = (x * FOUR_OVER_PI_FLOAT) as u64;
    octant += octant & 1;
    let y = octant as f64;
    (octant & 7, ((x - y * PI4[0]) - y * PI4[1]) - y * PI4[2])
}

/// Multiplies the mantissa by those digits of 4/π that matter for the octant and 64 bits behind it.
fn reduce_large(x: f64) -> (u64, f64) {
    let bits = x.to_bits();
    let exponent = (bits >> 52) as i64 - 1023 - 52;
    let mantissa = u128::from(bits & 0x000f_ffff_ffff_ffff | 1 << 52);
    let position = usize::try_from(exponent + 61).unwrap_or(0);
    let (word, shift) = (position / 64, position % 64);
    let digits = |at: usize| {
        let pair = u128::from(FOUR_OVER_PI[at]) << 64 | u128::from(FOUR_OVER_PI[at + 1]);
        (pair << shift >> 64) as u64
    };
    let product = |at: usize| u128::from(digits(word + at)) * mantissa;
    // What overflows at the top are whole turns.
    let top = (product(0) << 64)
        .wrapping_add(product(1))
        .wrapping_add(product(2) >> 64);
    let mut octant = (top >> 125) as u64;
    let fraction = top << 3;
    let leading = fraction.leading_zeros().min(63);
    let power = 1023 - (u64::from(leading) + 1);
    let kept = (fraction << (leading + 1) >> 76) as u64;
    let mut z = f64::from_bits(power << 52 | kept);
    if octant & 1 == 1 {
        octant = (octant + 1) & 7;
        z -= 1.0;
    }
    (octant, z * FRAC_PI_4)
}

fn sin_series(z: f64) -> f64 {
    let zz = z * z;
    z + z * zz * horner(zz, &SIN)
}

fn cos_series(z: f64) -> f64 {
    let zz = z * z;
    1.0 - 0.5 * zz + zz * zz * horner(zz, &COS)
}

/// Sine of radians.
pub(crate) fn sin(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    if !x.is_finite() {
        return f64::NAN;
    }
    let (octant, z) = reduce(x.abs());
    let result = if octant & 2 == 2 {
        cos_series(z)
    } else {
        sin_series(z)
    };
    if (x < 0.0) != (octant > 3) {
        -result
    } else {
        result
    }
}

/// Cosine of radians.
pub(crate) fn cos(x: f64) -> f64 {
    if !x.is_finite() {
        return f64::NAN;
    }
    let (octant, z) = reduce(x.abs());
    let result = if octant & 2 == 2 {
        sin_series(z)
    } else {
        cos_series(z)
    };
    if octant == 2 || octant == 4 {
        -result
    } else {
        result
    }
}

/// Tangent of radians.
pub(crate) fn tan(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    if !x.is_finite() {
        return f64::NAN;
    }
    let (octant, z) = reduce(x.abs());
    let zz = z * z;
    let mut result = z;
    if zz > 1e-14 {
        result = z + z * (zz * horner(zz, &TAN_P) / horner_monic(zz, &TAN_Q));
    }
    if octant & 2 == 2 {
        result = -1.0 / result;
    }
    if x < 0.0 { -result } else { result }
}

/// Arc tangent of 0 … 0.66.
fn atan_series(x: f64) -> f64 {
    let z = x * x;
    let z = z * horner(z, &ATAN_P) / horner_monic(z, &ATAN_Q);
    x * z + x
}

/// Arc tangent of a positive number, brought below 0.66.
fn atan_positive(x: f64) -> f64 {
    const TAN_3_PI_8: f64 = 2.414_213_562_373_095_048_80;
    /// What π/2 has beyond a float.
    const MORE: f64 = 6.123_233_995_736_765_886_130e-17;
    if x <= 0.66 {
        atan_series(x)
    } else if x > TAN_3_PI_8 {
        FRAC_PI_2 - atan_series(1.0 / x) + MORE
    } else {
        FRAC_PI_4 + atan_series((x - 1.0) / (x + 1.0)) + 0.5 * MORE
    }
}

/// Arc tangent.
pub(crate) fn atan(x: f64) -> f64 {
    if x == 0.0 {
        x
    } else if x > 0.0 {
        atan_positive(x)
    } else {
        -atan_positive(-x)
    }
}

/// Arc sine.
pub(crate) fn asin(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    let magnitude = x.abs();
    if magnitude > 1.0 {
        return f64::NAN;
    }
    let cosine = (1.0 - magnitude * magnitude).sqrt();
    let result = if magnitude > 0.7 {
        FRAC_PI_2 - atan_positive(cosine / magnitude)
    } else {
        atan_positive(magnitude / cosine)
    };
    if x < 0.0 { -result } else { result }
}

/// Arc cosine.
pub(crate) fn acos(x: f64) -> f64 {
    FRAC_PI_2 - asin(x)
}

/// The angle of the point (x, y).
pub(crate) fn atan2(y: f64, x: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    if y == 0.0 {
        let angle = if x.is_sign_negative() { PI } else { 0.0 };
        return angle.copysign(y);
    }
    let magnitude = match (x.is_infinite(), y.is_infinite()) {
        _ if x == 0.0 => FRAC_PI_2,
        (true, true) if x > 0.0 => FRAC_PI_4,
        (true, true) => THREE_QUARTERS_PI,
        (true, false) if x > 0.0 => 0.0,
        (true, false) => PI,
        (false, true) => FRAC_PI_2,
        (false, false) => {
            let angle = atan(y / x);
            return if x > 0.0 {
                angle
            } else if angle <= 0.0 {
                angle + PI
            } else {
                angle - PI
            };
        }
    };
    magnitude.copysign(y)
}
