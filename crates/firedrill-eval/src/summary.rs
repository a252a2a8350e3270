//! What is known of all samples of a series at once, so that kernels may take shorter ways.

use firedrill_value::is_stale;

/// Beyond this, sums and products of samples might come near overflow.
const TAME: f64 = 1e140;

/// Holds for all of some values, and so for any part of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summary {
    /// None is a stale marker.
    pub(crate) unmarked: bool,
    /// None is less than the one before it, and none is NaN.
    pub(crate) rising: bool,
    /// None is NaN or −0: equal values have equal bits.
    pub(crate) plain: bool,
    /// All are whole numbers.
    pub(crate) whole: bool,
    /// None is further from zero; infinite if there is a NaN.
    pub(crate) largest: f64,
}

impl Summary {
    pub(crate) fn of(values: &[f64]) -> Self {
        let mut summary = Summary {
            unmarked: true,
            rising: true,
            plain: true,
            whole: true,
            largest: 0.0,
        };
        let Some(&(mut before)) = values.first() else {
            return summary;
        };
        // In blocks, for loops that may end at any sample are slow.
        for block in values.chunks(64) {
            let mut fallen = block[0] < before;
            for (before, value) in block.iter().zip(&block[1..]) {
                fallen |= value < before;
            }
            before = block[block.len() - 1];
            summary.rising &= !fallen;
            let (mut marked, mut odd, mut broken) = (false, false, false);
            let mut nan = false;
            for &value in block {
                marked |= is_stale(value);
                nan |= value.is_nan();
                odd |= value.to_bits() == (-0.0_f64).to_bits();
                broken |= (value as i64) as f64 != value;
                summary.largest = if value.abs() > summary.largest {
                    value.abs()
                } else {
                    summary.largest
                };
            }
            summary.unmarked &= !marked;
            summary.plain &= !(odd | nan);
            summary.whole &= !broken;
            if nan {
                summary.rising = false;
                summary.largest = f64::INFINITY;
            }
        }
        summary
    }

    /// Takes in one more value.
    pub(crate) fn push(&mut self, before: Option<f64>, value: f64) {
        let own = Summary::of(&[value]);
        let fallen = before.is_some_and(|before| value < before);
        *self = Summary {
            unmarked: self.unmarked & own.unmarked,
            rising: self.rising & own.rising & !fallen,
            plain: self.plain & own.plain,
            whole: self.whole & own.whole,
            largest: self.largest.max(own.largest),
        };
    }

    /// Whether sums over the values, their products and squares stay far from overflow.
    pub(crate) fn tame(&self) -> bool {
        self.largest < TAME
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_value::STALE_NAN;

    #[test]
    fn one_sample_anywhere_decides() {
        let of = |odd: f64| {
            let mut values: Vec<f64> = (0..200).map(f64::from).collect();
            values[130] = odd;
            let summary = Summary::of(&values);
            let mut pushed = Summary::of(&values[..1]);
            for pair in values.windows(2) {
                pushed.push(Some(pair[0]), pair[1]);
            }
            assert_eq!(format!("{summary:?}"), format!("{pushed:?}"));
            (
                summary.unmarked,
                summary.rising,
                summary.plain,
                summary.whole,
                summary.tame(),
            )
        };
        assert_eq!(of(130.0), (true, true, true, true, true));
        assert_eq!(of(130.5), (true, true, true, false, true));
        assert_eq!(of(7.0), (true, false, true, true, true));
        assert_eq!(of(-0.0), (true, false, false, true, true));
        assert_eq!(of(f64::NAN), (true, false, false, false, false));
        assert_eq!(of(STALE_NAN), (false, false, false, false, false));
        assert_eq!(of(f64::INFINITY), (true, false, true, false, false));
    }

    #[test]
    fn a_fall_between_blocks_is_seen() {
        let mut values = vec![2.0; 64];
        values.push(1.0);
        assert!(!Summary::of(&values).rising);
    }
}
