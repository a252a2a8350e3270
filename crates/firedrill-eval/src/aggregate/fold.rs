//! Aggregations that are folds: member after member, so that each step adds in the order of the members.

use crate::value::is_absent;
use firedrill_value::kahan::{Kahan, Mean};

pub(super) fn sum(members: &[&[f64]], out: &mut [f64]) {
    fold(members, out, Kahan::of, Kahan::add, Kahan::total);
}

pub(super) fn avg(members: &[&[f64]], out: &mut [f64]) {
    fold(members, out, Mean::of, Mean::add, Mean::value);
}

pub(super) fn min(members: &[&[f64]], out: &mut [f64]) {
    let smaller = |held: &mut f64, value: f64| {
        if *held > value || held.is_nan() {
            *held = value;
        }
    };
    fold(members, out, |value| value, smaller, |value| value);
}

pub(super) fn max(members: &[&[f64]], out: &mut [f64]) {
    let larger = |held: &mut f64, value: f64| {
        if *held < value || held.is_nan() {
            *held = value;
        }
    };
    fold(members, out, |value| value, larger, |value| value);
}

pub(super) fn count(members: &[&[f64]], out: &mut [f64]) {
    fold(members, out, |_| 1.0, |count, _| *count += 1.0, |count| count);
}

pub(super) fn group(members: &[&[f64]], out: &mut [f64]) {
    fold(members, out, |_| 1.0, |_, _| {}, |one| one);
}

pub(super) fn stddev(members: &[&[f64]], out: &mut [f64]) {
    fold(members, out, Spread::of, Spread::add, |spread| {
        spread.variance().sqrt()
    });
}

pub(super) fn stdvar(members: &[&[f64]], out: &mut [f64]) {
    fold(members, out, Spread::of, Spread::add, Spread::variance);
}

/// Folds the samples of every step. States are kept for a block of steps at a time, so that columns are read in long
/// runs.
fn fold<S: Copy>(
    members: &[&[f64]],
    out: &mut [f64],
    first: impl Fn(f64) -> S,
    add: impl Fn(&mut S, f64),
    finish: impl Fn(S) -> f64,
) {
    const BLOCK: usize = 256;
    let mut states: Vec<Option<S>> = vec![None; out.len().min(BLOCK)];
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let states = &mut states[..out.len()];
        states.fill(None);
        let begin = block * BLOCK;
        for member in members {
            for (state, &value) in states.iter_mut().zip(&member[begin..begin + out.len()]) {
                if is_absent(value) {
                    continue;
                }
                match state {
                    Some(state) => add(state, value),
                    None => *state = Some(first(value)),
                }
            }
        }
        for (state, value) in states.iter().zip(out) {
            if let Some(state) = *state {
                *value = finish(state);
            }
        }
    }
}

/// Welford's recurrence, without compensation.
#[derive(Clone, Copy)]
struct Spread {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Spread {
    fn of(value: f64) -> Self {
        let squares = if value.is_finite() { 0.0 } else { f64::NAN };
        Spread {
            count: 1.0,
            mean: value,
            squares,
        }
    }

    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let delta = value - self.mean;
        self.mean += delta / self.count;
        self.squares += delta * (value - self.mean);
    }

    fn variance(self) -> f64 {
        self.squares / self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::ABSENT;

    #[test]
    fn steps_are_independent_of_each_other() {
        let members: [&[f64]; 3] = [
            &[1.0, ABSENT, ABSENT],
            &[2.0, 5.0, ABSENT],
            &[6.0, ABSENT, ABSENT],
        ];
        let run = |fold: fn(&[&[f64]], &mut [f64])| {
            let mut out = [ABSENT; 3];
            fold(&members, &mut out);
            assert!(is_absent(out[2]));
            [out[0], out[1]]
        };
        assert_eq!(run(sum), [9.0, 5.0]);
        assert_eq!(run(avg), [3.0, 5.0]);
        assert_eq!(run(min), [1.0, 5.0]);
        assert_eq!(run(max), [6.0, 5.0]);
        assert_eq!(run(count), [3.0, 1.0]);
        assert_eq!(run(stdvar), [14.0 / 3.0, 0.0]);
    }
}
