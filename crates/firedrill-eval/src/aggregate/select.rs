//! Aggregations that keep samples with all their labels: `topk`, `bottomk`, `limitk`, `limit_ratio`.

use super::groups;
use crate::engine::{Evaluator, QueryKind};
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::AggregateNode;
use crate::remark::Remark;
use crate::value::{ABSENT, Column, Scalars, is_absent};
use firedrill_source::Span;
use firedrill_value::{Labels, format_g};

/// Whether the first value is worse than the second; NaN is worst.
pub(super) type Worse = fn(f64, f64) -> bool;

pub(super) fn topk(a: f64, b: f64) -> bool {
    a.is_nan() || a < b
}

pub(super) fn bottomk(a: f64, b: f64) -> bool {
    a.is_nan() || a > b
}

impl Evaluator<'_> {
    /// The best k of each group. An instant gives them best first, groups in order of their first member.
    pub(super) fn top(
        &mut self,
        aggregate: &AggregateNode,
        mut columns: Vec<Column>,
        k: &Scalars,
        grid: &Grid,
        worse: Worse,
        span: Span,
    ) -> Result<Vec<Column>, EvalError> {
        let Some(k) = self.counts(k, grid, columns.len())? else {
            return Ok(Vec::new());
        };
        self.ignore_histograms(aggregate.op, &mut columns, |step| k[step] > 0, span);
        let mut kept: Vec<Vec<f64>> = vec![vec![ABSENT; grid.count]; columns.len()];
        let mut order = Vec::new();
        let mut heap = Heap {
            worse,
            items: Vec::new(),
        };
        for group in groups(aggregate, &columns) {
            for (step, &k) in k.iter().enumerate() {
                heap.items.clear();
                if k == 0 {
                    continue;
                }
                for &member in &group.members {
                    let value = columns[member].values[step];
                    if !is_absent(value) {
                        heap.offer(value, member, k);
                    }
                }
                for &(value, member) in &heap.items {
                    kept[member][step] = value;
                }
                if grid.count == 1 {
                    heap.items
                        .sort_by(|a, b| match (worse(b.0, a.0), worse(a.0, b.0)) {
                            (true, false) => std::cmp::Ordering::Less,
                            (false, true) => std::cmp::Ordering::Greater,
                            _ => std::cmp::Ordering::Equal,
                        });
                    order.extend(heap.items.iter().map(|&(_, member)| member));
                }
            }
        }
        if grid.count > 1 {
            order = (0..columns.len()).collect();
        }
        Ok(pick(columns, &mut kept, order))
    }

    /// The first k of each group, in order of appearance.
    pub(super) fn limitk(
        &mut self,
        aggregate: &AggregateNode,
        columns: Vec<Column>,
        k: &Scalars,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let Some(k) = self.counts(k, grid, columns.len())? else {
            return Ok(Vec::new());
        };
        let mut kept = Vec::with_capacity(columns.len());
        for group in groups(aggregate, &columns) {
            let mut left = k.clone();
            for &member in &group.members {
                let mut column = columns[member].like(vec![ABSENT; grid.count], None);
                for (step, left) in left.iter_mut().enumerate() {
                    if *left > 0 && columns[member].has(step) {
                        *left -= 1;
                        column.take(step, &columns[member], step);
                    }
                }
                kept.push(column);
            }
        }
        kept.retain(|column| !column.is_empty());
        Ok(kept)
    }

    /// The series whose hash falls into the first (negative: last) part of all hashes.
    pub(super) fn limit_ratio(
        &mut self,
        mut columns: Vec<Column>,
        ratio: &Scalars,
        grid: &Grid,
        span: Span,
    ) -> Result<Vec<Column>, EvalError> {
        let ratios = ratio.clone().into_steps(grid.count);
        if ratios.iter().all(|&ratio| ratio == 0.0) {
            return Ok(Vec::new());
        }
        if ratios.iter().any(|ratio| ratio.is_nan()) {
            return Err(EvalError::RatioNan);
        }
        for &ratio in &ratios {
            let capped = ratio.clamp(-1.0, 1.0);
            if capped != ratio {
                let given = ratio;
                self.annotations.add(span, Remark::RatioRange { given, capped });
            }
        }
        for column in &mut columns {
            let offset = label_hash(&column.labels) as f64 / u64::MAX as f64;
            for (step, ratio) in ratios.iter().enumerate() {
                let ratio = ratio.clamp(-1.0, 1.0);
                let keep = if ratio >= 0.0 {
                    offset < ratio
                } else {
                    offset >= 1.0 + ratio
                };
                if !keep {
                    column.clear(step);
                }
            }
        }
        Ok(columns)
    }

    /// How many samples to keep at each step, at most `most`; `None` if there is nothing to keep at any.
    fn counts(&self, k: &Scalars, grid: &Grid, most: usize) -> Result<Option<Vec<usize>>, EvalError> {
        let steps = k.clone().into_steps(grid.count);
        let one_query = self.options.kind == QueryKind::Range;
        let nan = steps.iter().any(|k| k.is_nan());
        // NaN hides the maximum, so it does not pass for "nothing to keep".
        if !nan && steps.iter().all(|&k| k < 1.0) {
            return Ok(None);
        }
        if nan {
            return Err(EvalError::ParameterNan);
        }
        for &k in &steps {
            // In a query of its own, a step with nothing to keep has no error.
            if !one_query && k < 1.0 {
                continue;
            }
            if k <= -9_223_372_036_854_775_808.0 {
                return Err(EvalError::Underflow(format_v(k)));
            }
            if k >= 9_223_372_036_854_774_784.0 {
                return Err(EvalError::Overflow(format_v(k)));
            }
        }
        let counts = steps
            .iter()
            .map(|&k| if k < 1.0 { 0 } else { (k as usize).min(most) });
        Ok(Some(counts.collect()))
    }
}

/// A float as Go's `%v` prints it.
fn format_v(value: f64) -> String {
    format_g(value)
}

/// The columns of that order, with the values that were kept.
fn pick(columns: Vec<Column>, kept: &mut [Vec<f64>], order: Vec<usize>) -> Vec<Column> {
    let picked = order
        .into_iter()
        .map(|index| columns[index].like(std::mem::take(&mut kept[index]), None));
    picked.filter(|column| !column.is_empty()).collect()
}

/// A binary heap with the worst value on top. Among equal values the layout decides which one is displaced, so it is
/// the layout of Go's `container/heap`.
struct Heap {
    worse: Worse,
    items: Vec<(f64, usize)>,
}

impl Heap {
    /// Adds a value while there is room for `k`; then only in place of a worse one.
    fn offer(&mut self, value: f64, member: usize, k: usize) {
        if self.items.len() < k {
            self.items.push((value, member));
            self.up(self.items.len() - 1);
            return;
        }
        let top = self.items[0].0;
        let better = (self.worse)(top, value) && !(top.is_nan() && value.is_nan());
        if better {
            self.items[0] = (value, member);
            self.down();
        }
    }

    fn less(&self, a: usize, b: usize) -> bool {
        (self.worse)(self.items[a].0, self.items[b].0)
    }

    fn up(&mut self, mut at: usize) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if !self.less(at, parent) {
                break;
            }
            self.items.swap(at, parent);
            at = parent;
        }
    }

    fn down(&mut self) {
        let mut at = 0;
        loop {
            let left = 2 * at + 1;
            if left >= self.items.len() {
                break;
            }
            let right = left + 1;
            let child = if right < self.items.len() && self.less(right, left) {
                right
            } else {
                left
            };
            if !self.less(child, at) {
                break;
            }
            self.items.swap(at, child);
            at = child;
        }
    }
}

/// The hash by which `limit_ratio` picks series: xxHash64 over length-prefixed names and values.
fn label_hash(labels: &Labels) -> u64 {
    let mut bytes = Vec::new();
    for label in labels.iter() {
        for text in [&label.name, &label.value] {
            match u8::try_from(text.len()) {
                Ok(len) if len < 255 => bytes.push(len),
                _ => {
                    bytes.push(255);
                    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes()[..3]);
                }
            }
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    crate::xxhash::xxh64(&bytes)
}
