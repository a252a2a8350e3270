//! Compensated summation as upstream does it (`util/kahansum`: Neumaier's variant).

/// A sum and what rounding has lost of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kahan {
    /// The rounded sum.
    pub sum: f64,
    /// What is missing in it.
    pub lost: f64,
}

impl Kahan {
    /// A sum of one number.
    #[inline]
    pub fn of(value: f64) -> Self {
        Kahan {
            sum: value,
            lost: 0.0,
        }
    }

    /// Adds a number.
    #[inline]
    pub fn add(&mut self, value: f64) {
        let total = self.sum + value;
        // Written without branches that depend on the values: they are hard to foretell.
        let sum_first = self.sum.abs() >= value.abs();
        let (large, small) = if sum_first {
            (self.sum, value)
        } else {
            (value, self.sum)
        };
        let lost = self.lost + ((large - total) + small);
        self.lost = if total.is_infinite() { 0.0 } else { lost };
        self.sum = total;
    }

    /// The sum.
    #[inline]
    pub fn total(self) -> f64 {
        self.sum + self.lost
    }
}

/// A mean that is a sum divided at the end, until the sum would overflow; from then on it is kept incrementally.
#[derive(Clone, Copy, Debug)]
pub struct Mean {
    state: Kahan,
    count: f64,
    incremental: bool,
}

impl Mean {
    /// The mean of one number.
    #[inline]
    pub fn of(value: f64) -> Self {
        Mean {
            state: Kahan::of(value),
            count: 1.0,
            incremental: false,
        }
    }

    /// Adds a number.
    #[inline]
    pub fn add(&mut self, value: f64) {
        self.count += 1.0;
        if !self.incremental {
            let mut next = self.state;
            next.add(value);
            if !next.sum.is_infinite() {
                self.state = next;
                return;
            }
            self.incremental = true;
            let before = self.count - 1.0;
            self.state.sum /= before;
            self.state.lost /= before;
        }
        let share = (self.count - 1.0) / self.count;
        self.state.sum *= share;
        self.state.lost *= share;
        self.state.add(value / self.count);
    }

    /// The mean.
    #[inline]
    pub fn value(self) -> f64 {
        if self.incremental {
            self.state.sum + self.state.lost
        } else {
            self.state.sum / self.count + self.state.lost / self.count
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_survive_large_ones() {
        let mut kahan = Kahan::default();
        for value in [1.0, 1e100, 1.0, -1e100] {
            kahan.add(value);
        }
        assert_eq!(kahan.total(), 2.0);
    }

    #[test]
    fn a_mean_does_not_overflow() {
        let mut mean = Mean::of(f64::MAX);
        mean.add(f64::MAX);
        mean.add(f64::MAX);
        assert!((mean.value() / f64::MAX - 1.0).abs() < 1e-15);
    }
}
