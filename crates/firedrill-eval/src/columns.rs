//! What is done with columns as such: names, equal labels, the end of a query.

use crate::engine::{EvalOptions, QueryKind};
use crate::error::EvalError;
use crate::value::{Column, is_absent};
use firedrill_value::{Labels, METRIC_NAME};
use rustc_hash::FxHashMap;

/// The labels without `__name__`, `__type__` and `__unit__`, which are dropped together.
pub(crate) fn without_reserved(labels: &Labels) -> Labels {
    labels.filter(|name| !matches!(name, METRIC_NAME | "__type__" | "__unit__"))
}

/// Applies a function to every sample.
#[inline]
pub(crate) fn map_present(values: &mut [f64], function: impl Fn(f64) -> f64) {
    for value in values {
        if !is_absent(*value) {
            *value = function(*value);
        }
    }
}

/// Merges columns with equal labels into the first of them; those whose names are yet to be dropped apart from others.
///
/// # Errors
/// If two columns with equal labels have a sample at the same step.
pub(crate) fn unify(columns: Vec<Column>) -> Result<Vec<Column>, EvalError> {
    if !has_equal_labels(&columns) {
        return Ok(columns);
    }
    let mut places: FxHashMap<Labels, Vec<usize>> = FxHashMap::default();
    let mut merged: Vec<Column> = Vec::with_capacity(columns.len());
    for column in columns {
        let twins = places.entry(column.labels.clone()).or_default();
        if twins.iter().any(|&twin| meet(&merged[twin], &column)) {
            return Err(EvalError::SameLabelset);
        }
        let target = twins
            .iter()
            .find(|&&twin| merged[twin].drop_name == column.drop_name);
        if let Some(&target) = target {
            let values = merged[target].values.iter_mut().zip(&column.values);
            for (into, from) in values.filter(|(_, from)| !is_absent(**from)) {
                *into = *from;
            }
            for (step, histogram) in column.histograms.into_iter().flatten().enumerate() {
                if let Some(histogram) = histogram {
                    merged[target].set_histogram(step, histogram);
                }
            }
        } else {
            twins.push(merged.len());
            merged.push(column);
        }
    }
    Ok(merged)
}

/// Whether both have a sample at the same step.
fn meet(a: &Column, b: &Column) -> bool {
    if a.histograms.is_some() || b.histograms.is_some() {
        return (0..a.values.len()).any(|step| a.has(step) && b.has(step));
    }
    let mut pairs = a.values.iter().zip(&b.values);
    pairs.any(|(a, b)| !is_absent(*a) && !is_absent(*b))
}

/// Whether two columns have the same labels.
pub(crate) fn has_equal_labels(columns: &[Column]) -> bool {
    if columns.len() < 2 {
        return false;
    }
    let mut seen = rustc_hash::FxHashSet::default();
    !columns.iter().all(|column| seen.insert(&column.labels))
}

/// What remains to be done with the result of a query: late removal of names, empty columns, order.
pub(crate) fn finish(mut columns: Vec<Column>, options: &EvalOptions) -> Result<Vec<Column>, EvalError> {
    columns.retain(|column| !column.is_empty());
    for column in &mut columns {
        if column.drop_name {
            column.labels = without_reserved(&column.labels);
            column.drop_name = false;
        }
    }
    let mut columns = unify(columns)?;
    if options.kind == QueryKind::Range {
        columns.sort_by(|a, b| a.labels.cmp(&b.labels));
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::ABSENT;

    fn column(a: &str, values: &[f64]) -> Column {
        Column::new(Labels::from_pairs([("a", a)]), values.to_vec())
    }

    #[test]
    fn equal_labels_are_merged_unless_they_meet() {
        let merged = unify(vec![
            column("1", &[1.0, ABSENT]),
            column("2", &[9.0, 9.0]),
            column("1", &[ABSENT, 2.0]),
        ]);
        let merged = merged.unwrap();
        assert_eq!(merged.len(), 2);
        assert_eq!(merged[0].values, [1.0, 2.0]);
        let mut flagged = column("1", &[1.0]);
        flagged.drop_name = true;
        for twin in [column("1", &[1.0]), flagged.clone()] {
            let both = vec![column("1", &[1.0]), twin];
            assert_eq!(unify(both).unwrap_err(), EvalError::SameLabelset);
        }
        // A name that is dropped at the end does not take another one with it.
        let apart = unify(vec![flagged, column("1", &[ABSENT])]).unwrap();
        assert_eq!(apart.len(), 2);
    }
}
