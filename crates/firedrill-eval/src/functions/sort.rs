//! `sort` and its kin: the order of an instant vector.

use crate::engine::{Evaluator, QueryKind};
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::CallNode;
use crate::remark::Remark;
use crate::value::Column;
use firedrill_source::Span;
use firedrill_value::Labels;
use std::cmp::Ordering;

/// Smallest first, NaN last.
pub(crate) fn ascending(a: f64, b: f64) -> Ordering {
    nan_last(a, b, false)
}

/// Largest first, NaN last.
pub(crate) fn descending(a: f64, b: f64) -> Ordering {
    nan_last(a, b, true)
}

fn nan_last(a: f64, b: f64, reverse: bool) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let order = a.partial_cmp(&b).unwrap_or(Ordering::Equal);
            if reverse { order.reverse() } else { order }
        }
    }
}

impl Evaluator<'_> {
    pub(crate) fn sort(
        &mut self,
        call: &CallNode,
        span: Span,
        grid: &Grid,
        order: fn(f64, f64) -> Ordering,
    ) -> Result<Vec<Column>, EvalError> {
        let mut columns = self.vector(&call.args[0], grid)?;
        // Only numbers are sorted.
        for column in &mut columns {
            column.histograms = None;
        }
        if grid.count == 1 {
            columns.retain(|column| !column.is_empty());
            columns.sort_by(|a, b| order(a.values[0], b.values[0]));
        } else {
            self.remark_no_order(span);
        }
        Ok(columns)
    }

    pub(crate) fn sort_by_label(
        &mut self,
        call: &CallNode,
        span: Span,
        grid: &Grid,
        reverse: bool,
    ) -> Result<Vec<Column>, EvalError> {
        let mut columns = self.vector(&call.args[0], grid)?;
        if grid.count > 1 {
            self.remark_no_order(span);
            return Ok(columns);
        }
        columns.retain(|column| !column.is_empty());
        let names: Vec<String> = call.args[1..].iter().map(CallNode::text_of).collect();
        // Not a total order, hence no library sort: with few elements upstream's is this one.
        for at in 1..columns.len() {
            let mut place = at;
            while place > 0
                && comes_before(
                    &columns[place].labels,
                    &columns[place - 1].labels,
                    &names,
                    reverse,
                )
            {
                columns.swap(place, place - 1);
                place -= 1;
            }
        }
        Ok(columns)
    }

    fn remark_no_order(&mut self, span: Span) {
        if self.options.kind == QueryKind::Range {
            self.annotations.add(span, Remark::SortInRange);
        }
    }
}

/// Whether `a` moves in front of `b`. An empty value is "after", on whichever side it stands.
fn comes_before(a: &Labels, b: &Labels, names: &[String], reverse: bool) -> bool {
    for name in names {
        let (x, y) = (a.get(name), b.get(name));
        if x == y {
            continue;
        }
        if x.is_empty() || y.is_empty() {
            return false;
        }
        let less = if reverse {
            natural_less(y, x)
        } else {
            natural_less(x, y)
        };
        return less || ends_alike(x, y);
    }
    if reverse { b < a } else { a < b }
}

/// Natural order: runs of digits compare as numbers, everything else as text.
fn natural_less(a: &str, b: &str) -> bool {
    let (mut left, mut right) = (runs(a), runs(b));
    loop {
        match (left.next(), right.next()) {
            (None, _) => return true,
            (Some(_), None) => return false,
            (Some(x), Some(y)) => match compare_runs(x, y) {
                Ordering::Equal => {}
                order => return order == Ordering::Less,
            },
        }
    }
}

/// Whether two different texts are equal run by run, which counts as "before" in both directions.
fn ends_alike(a: &str, b: &str) -> bool {
    natural_less(a, b) && natural_less(b, a)
}

fn compare_runs(a: &str, b: &str) -> Ordering {
    match (a.parse::<i64>(), b.parse::<i64>()) {
        (Ok(x), Ok(y)) => x.cmp(&y),
        _ => a.cmp(b),
    }
}

/// The maximal runs of digits and of other characters.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let digit = rest.as_bytes().first()?.is_ascii_digit();
        let end = rest
            .bytes()
            .position(|byte| byte.is_ascii_digit() != digit)
            .unwrap_or(rest.len());
        let (run, tail) = rest.split_at(end);
        rest = tail;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_inside_names_compare_as_numbers() {
        for (less, more) in [
            ("v1.9", "v1.9.0"),
            ("v1.9.0", "v1.10.0"),
            ("B", "a"),
            ("a2", "a10"),
            ("2", "10"),
            ("7z", "a"),
        ] {
            assert!(natural_less(less, more), "{less} {more}");
            assert!(!natural_less(more, less), "{more} {less}");
        }
    }
}
