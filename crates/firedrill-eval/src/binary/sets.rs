//! `and`, `or`, `unless`: samples are passed on or not, by whether the other side has their signature.

use super::matching::Signatures;
use crate::grid::Grid;
use crate::plan::BinaryNode;
use crate::value::{ABSENT, Column, is_absent};
use firedrill_promql::ast::BinaryOp;

pub(super) fn combine(
    binary: &BinaryNode,
    mut lhs: Vec<Column>,
    mut rhs: Vec<Column>,
    grid: &Grid,
) -> Vec<Column> {
    let mut signatures = Signatures::of(binary);
    let left: Vec<usize> = lhs.iter().map(|column| signatures.id(&column.labels)).collect();
    let right: Vec<usize> = rhs.iter().map(|column| signatures.id(&column.labels)).collect();
    match binary.op {
        BinaryOp::Or => {
            let taken = presence(&lhs, &left, signatures.count(), grid);
            filter(&mut rhs, &right, &taken, false);
            lhs.append(&mut rhs);
        }
        BinaryOp::And => filter(
            &mut lhs,
            &left,
            &presence(&rhs, &right, signatures.count(), grid),
            true,
        ),
        _ => filter(
            &mut lhs,
            &left,
            &presence(&rhs, &right, signatures.count(), grid),
            false,
        ),
    }
    lhs.retain(|column| !column.is_empty());
    lhs
}

/// For each signature, at which steps there is a sample; an empty list where there never is.
fn presence(columns: &[Column], ids: &[usize], count: usize, grid: &Grid) -> Vec<Vec<bool>> {
    let mut present: Vec<Vec<bool>> = vec![Vec::new(); count];
    for (column, &id) in columns.iter().zip(ids) {
        let steps = &mut present[id];
        steps.resize(grid.count, false);
        for (step, &value) in steps.iter_mut().zip(&column.values) {
            *step |= !is_absent(value);
        }
        for (step, histogram) in steps.iter_mut().zip(column.histograms.iter().flatten()) {
            *step |= histogram.is_some();
        }
    }
    present
}

/// Keeps the samples whose signature is present on the other side, or is not.
fn filter(columns: &mut [Column], ids: &[usize], present: &[Vec<bool>], keep: bool) {
    for (column, &id) in columns.iter_mut().zip(ids) {
        let steps = &present[id];
        if steps.is_empty() {
            if keep {
                column.values.fill(ABSENT);
                column.histograms = None;
            }
            continue;
        }
        for (value, &present) in column.values.iter_mut().zip(steps) {
            if present != keep {
                *value = ABSENT;
            }
        }
        for (histogram, &present) in column.histograms.iter_mut().flatten().zip(steps) {
            if present != keep {
                *histogram = None;
            }
        }
    }
}
