//! What is done with columns as such: names, equal labels, the end of a query.

use crate::engine::{EvalOptions, QueryKind};
use crate::error::EvalError;
use crate::value::{Column, is_absent};
use firedrill_value::{Labels, METRIC_NAME};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

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

/// Merges columns with equal labels into the first of them.
///
/// # Errors
/// If two of them have a sample at the same step.
pub(crate) fn unify(columns: Vec<Column>) -> Result<Vec<Column>, EvalError> {
    if !has_equal_labels(&columns) {
        return Ok(columns);
    }
    let mut places: FxHashMap<Labels, usize> = FxHashMap::default();
    let mut merged: Vec<Column> = Vec::with_capacity(columns.len());
    for column in columns {
        match places.entry(column.labels.clone()) {
            Entry::Vacant(place) => {
                place.insert(merged.len());
                merged.push(column);
            }
            Entry::Occupied(place) => {
                let target = &mut merged[*place.get()];
                for (into, from) in target.values.iter_mut().zip(&column.values) {
                    if is_absent(*from) {
                        continue;
                    }
                    if !is_absent(*into) {
                        return Err(EvalError::SameLabelset);
                    }
                    *into = *from;
                }
            }
        }
    }
    Ok(merged)
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
        assert_eq!(
            unify(vec![column("1", &[1.0]), column("1", &[1.0])]).unwrap_err(),
            EvalError::SameLabelset
        );
    }
}
