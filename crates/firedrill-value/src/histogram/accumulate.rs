//! Sums and differences of histograms, with the compensation that upstream's `KahanAdd` carries along. The plain sum is
//! the compensated one without its compensation, so both are computed here.

use super::bounds::exponential_bound;
use super::buckets::reduced_index;
use super::{FloatHistogram, ResetHint, same_bounds};
use crate::kahan::Kahan;
use std::sync::Arc;

/// Exponential and custom buckets cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncompatibleSchemas;

/// What was remarkable in an addition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merge {
    /// One had been reset, the other had not.
    pub reset_collision: bool,
    /// Different custom bounds were brought down to those in common.
    pub bounds_reconciled: bool,
}

/// A growing sum of histograms.
#[derive(Clone, Debug)]
pub struct Accumulator {
    hint: ResetHint,
    schema: i32,
    zero_threshold: f64,
    zero_count: Kahan,
    count: Kahan,
    sum: Kahan,
    positive: Vec<(i32, Kahan)>,
    negative: Vec<(i32, Kahan)>,
    custom_bounds: Arc<[f64]>,
}

impl FloatHistogram {
    /// The plain sum.
    ///
    /// # Errors
    /// If one has custom buckets and the other has not.
    pub fn add(&self, other: &FloatHistogram) -> Result<(FloatHistogram, Merge), IncompatibleSchemas> {
        let mut sum = Accumulator::of(self);
        let merge = sum.add(other)?;
        Ok((sum.plain(), merge))
    }

    /// The plain difference.
    ///
    /// # Errors
    /// If one has custom buckets and the other has not.
    pub fn sub(&self, other: &FloatHistogram) -> Result<(FloatHistogram, Merge), IncompatibleSchemas> {
        let mut sum = Accumulator::of(self);
        let merge = sum.merge(other, true)?;
        Ok((sum.plain(), merge))
    }

    /// The population of the zero bucket if it had a larger threshold, and the threshold that it then has: further out
    /// if the wanted one lies inside a bucket that is not empty.
    pub(super) fn widened_zero(&self, threshold: f64) -> (f64, f64) {
        let (count, threshold) = Accumulator::of(self).widened_zero(threshold);
        (count.sum, threshold)
    }
}

impl Accumulator {
    /// A sum of one.
    pub fn of(first: &FloatHistogram) -> Self {
        let cells = |buckets: &[(i32, f64)]| {
            buckets
                .iter()
                .map(|&(index, count)| (index, Kahan::of(count)))
                .collect()
        };
        Accumulator {
            hint: first.hint,
            schema: first.schema,
            zero_threshold: first.zero_threshold,
            zero_count: Kahan::of(first.zero_count),
            count: Kahan::of(first.count),
            sum: Kahan::of(first.sum),
            positive: cells(&first.positive),
            negative: cells(&first.negative),
            custom_bounds: first.custom_bounds.clone(),
        }
    }

    /// Adds a histogram.
    ///
    /// # Errors
    /// If one has custom buckets and the other has not; then nothing has changed.
    pub fn add(&mut self, other: &FloatHistogram) -> Result<Merge, IncompatibleSchemas> {
        self.merge(other, false)
    }

    /// Every sum and its compensation changed alike.
    pub fn map(&mut self, change: impl Fn(f64) -> f64) {
        let cells = self
            .positive
            .iter_mut()
            .chain(&mut self.negative)
            .map(|(_, cell)| cell);
        for cell in cells.chain([&mut self.zero_count, &mut self.count, &mut self.sum]) {
            cell.sum = change(cell.sum);
            cell.lost = change(cell.lost);
        }
    }

    /// The sum, compensated.
    pub fn total(&self) -> FloatHistogram {
        self.finish(|cell| cell.sum + cell.lost)
    }

    /// The sum without compensation.
    pub fn plain(&self) -> FloatHistogram {
        self.finish(|cell| cell.sum)
    }

    fn finish(&self, value: impl Fn(Kahan) -> f64) -> FloatHistogram {
        let buckets = |cells: &[(i32, Kahan)]| {
            cells
                .iter()
                .map(|&(index, cell)| (index, value(cell)))
                .collect::<Vec<_>>()
        };
        FloatHistogram {
            hint: self.hint,
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: value(self.zero_count),
            count: value(self.count),
            sum: value(self.sum),
            positive: buckets(&self.positive),
            negative: buckets(&self.negative),
            custom_bounds: self.custom_bounds.clone(),
        }
    }

    fn is_custom(&self) -> bool {
        self.schema == super::CUSTOM_SCHEMA
    }

    fn merge(&mut self, other: &FloatHistogram, negate: bool) -> Result<Merge, IncompatibleSchemas> {
        if self.is_custom() != other.uses_custom_buckets() {
            return Err(IncompatibleSchemas);
        }
        let mut merge = Merge {
            reset_collision: self.merge_hint(other.hint),
            bounds_reconciled: false,
        };
        let signed = |count: f64| if negate { -count } else { count };
        if !self.is_custom() {
            let zero_count = self.reconcile_zero(other);
            self.zero_count.add(signed(zero_count));
        }
        self.count.add(signed(other.count));
        self.sum.add(signed(other.sum));
        if self.is_custom() {
            if same_bounds(&self.custom_bounds, &other.custom_bounds) {
                add_buckets(&mut self.positive, &other.positive, negate);
            } else {
                merge.bounds_reconciled = true;
                self.add_other_bounds(other, negate);
            }
            return Ok(merge);
        }
        if other.schema < self.schema {
            self.positive = reduced_cells(&self.positive, self.schema, other.schema);
            self.negative = reduced_cells(&self.negative, self.schema, other.schema);
            self.schema = other.schema;
        }
        let outside = |buckets: &[(i32, f64)]| -> Vec<(i32, f64)> {
            let buckets = if other.schema > self.schema {
                super::buckets::reduced(buckets, other.schema, self.schema)
            } else {
                buckets.to_vec()
            };
            let inside =
                |&(index, _): &(i32, f64)| exponential_bound(index, self.schema) <= self.zero_threshold;
            buckets.into_iter().skip_while(inside).collect()
        };
        let (positive, negative) = (outside(&other.positive), outside(&other.negative));
        add_buckets(&mut self.positive, &positive, negate);
        add_buckets(&mut self.negative, &negative, negate);
        Ok(merge)
    }

    /// Merges hints; says whether they contradict each other.
    fn merge_hint(&mut self, other: ResetHint) -> bool {
        use ResetHint::{Gauge, Unknown};
        match (self.hint, other) {
            (own, other) if own == other => {}
            (Gauge, _) | (_, Gauge) => self.hint = Gauge,
            (Unknown, _) | (_, Unknown) => self.hint = Unknown,
            _ => {
                self.hint = Unknown;
                return true;
            }
        }
        false
    }

    /// Brings both zero buckets to the same width and gives the other's population at that width.
    fn reconcile_zero(&mut self, other: &FloatHistogram) -> f64 {
        let (mut count, mut threshold) = (other.zero_count, other.zero_threshold);
        while threshold != self.zero_threshold {
            if self.zero_threshold > threshold {
                (count, threshold) = other.widened_zero(self.zero_threshold);
            }
            if threshold > self.zero_threshold {
                (self.zero_count, self.zero_threshold) = self.widened_zero(threshold);
                self.drop_inside_zero();
            }
            if threshold.is_nan() || self.zero_threshold.is_nan() {
                break;
            }
        }
        count
    }

    fn widened_zero(&self, threshold: f64) -> (Kahan, f64) {
        if threshold == self.zero_threshold {
            return (self.zero_count, threshold);
        }
        let mut threshold = threshold;
        'again: loop {
            let mut count = self.zero_count;
            for (buckets, negative) in [(&self.positive, false), (&self.negative, true)] {
                for &(index, cell) in buckets {
                    if exponential_bound(index.saturating_sub(1), self.schema) >= threshold {
                        break;
                    }
                    count.add(cell.sum);
                    count.add(cell.lost);
                    let upper = exponential_bound(index, self.schema);
                    if upper > threshold {
                        if cell.sum != 0.0 {
                            threshold = upper;
                            // Positive buckets have to be looked at again if a negative one moves the threshold.
                            if negative {
                                continue 'again;
                            }
                        }
                        break;
                    }
                }
            }
            return (count, threshold);
        }
    }

    fn drop_inside_zero(&mut self) {
        let (schema, threshold) = (self.schema, self.zero_threshold);
        let keep = |&(index, cell): &(i32, Kahan)| {
            exponential_bound(index.saturating_sub(1), schema) >= threshold
                && (cell.sum != 0.0 || cell.lost != 0.0)
        };
        self.positive.retain(keep);
        self.negative.retain(keep);
    }

    /// Adds a histogram with other custom bounds: both are brought down to the bounds in common.
    fn add_other_bounds(&mut self, other: &FloatHistogram, negate: bool) {
        let common: Vec<f64> = self
            .custom_bounds
            .iter()
            .filter(|bound| other.custom_bounds.contains(bound))
            .copied()
            .collect();
        let mut target = vec![Kahan::default(); common.len() + 1];
        let place = |index: i32, bounds: &[f64]| {
            let bound = usize::try_from(index).ok().and_then(|index| bounds.get(index));
            bound.map_or(common.len(), |bound| {
                common.partition_point(|common| common < bound)
            })
        };
        for &(index, cell) in &self.positive {
            let cell_at = &mut target[place(index, &self.custom_bounds)];
            cell_at.add(cell.sum);
            cell_at.add(cell.lost);
        }
        for &(index, count) in &other.positive {
            target[place(index, &other.custom_bounds)].add(if negate { -count } else { count });
        }
        let cells = target
            .into_iter()
            .enumerate()
            .map(|(index, cell)| (index as i32, cell));
        self.positive = cells.filter(|(_, cell)| cell.sum != 0.0).collect();
        self.custom_bounds = common.into();
    }
}

fn add_buckets(cells: &mut Vec<(i32, Kahan)>, buckets: &[(i32, f64)], negate: bool) {
    let mut merged = Vec::with_capacity(cells.len().max(buckets.len()));
    let mut own = cells.drain(..).peekable();
    for &(index, count) in buckets {
        let count = if negate { -count } else { count };
        while let Some(cell) = own.next_if(|&(at, _)| at < index) {
            merged.push(cell);
        }
        let cell = match own.next_if(|&(at, _)| at == index) {
            Some((_, mut cell)) => {
                cell.add(count);
                cell
            }
            None => Kahan::of(count),
        };
        merged.push((index, cell));
    }
    merged.extend(own);
    *cells = merged;
}

fn reduced_cells(cells: &[(i32, Kahan)], from: i32, to: i32) -> Vec<(i32, Kahan)> {
    let mut merged: Vec<(i32, Kahan)> = Vec::with_capacity(cells.len());
    for &(index, cell) in cells {
        let index = reduced_index(index, from, to);
        match merged.last_mut() {
            Some((last, held)) if *last == index => {
                held.add(cell.sum);
                held.add(cell.lost);
            }
            _ => merged.push((index, cell)),
        }
    }
    merged
}
