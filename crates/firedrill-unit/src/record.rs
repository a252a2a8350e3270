//! Recording rules: what is written of their results.

use crate::compile::CompiledRule;
use firedrill_eval::{Column, Value};
use firedrill_value::{Labels, METRIC_NAME};
use rustc_hash::FxHashMap;

/// The columns of a result; a scalar is one series without labels.
pub(crate) fn columns(value: Value) -> Result<Vec<Column>, String> {
    match value {
        Value::Vector(columns) => Ok(columns),
        Value::Scalar(values) => Ok(vec![Column::new(Labels::empty(), values)]),
        Value::Matrix(_) | Value::String(_) => Err("rule result is not a vector or scalar".to_owned()),
    }
}

/// The labels under which a sample is recorded.
pub(crate) fn recorded_labels(rule: &CompiledRule, sample: &Labels) -> Labels {
    let mut builder = sample.to_builder();
    builder.set(METRIC_NAME, &rule.name);
    for (name, value) in &rule.labels {
        builder.set(name, &value.text);
    }
    builder.build()
}

/// An error at a tick, counted from the first.
pub(crate) type TickError = (usize, String);

/// Puts columns with equal labels together. The first tick at which two of them have a sample is an error.
pub(crate) fn merge_equal(columns: Vec<Column>, error: &mut Option<TickError>, message: &str) -> Vec<Column> {
    let mut merged: Vec<Column> = Vec::with_capacity(columns.len());
    let mut places: FxHashMap<Labels, usize> = FxHashMap::default();
    for column in columns {
        match places.get(&column.labels) {
            None => {
                places.insert(column.labels.clone(), merged.len());
                merged.push(column);
            }
            Some(&at) => {
                let target = &mut merged[at];
                for tick in 0..column.values.len() {
                    if !column.has(tick) {
                        continue;
                    }
                    if target.has(tick) {
                        earliest(error, tick, || message.to_owned());
                        break;
                    }
                    target.take(tick, &column, tick);
                }
            }
        }
    }
    merged
}

/// Keeps the earlier of two errors.
pub(crate) fn earliest(error: &mut Option<TickError>, tick: usize, message: impl FnOnce() -> String) {
    if error.as_ref().is_none_or(|(known, _)| tick < *known) {
        *error = Some((tick, message()));
    }
}

/// The first tick at which more series have a sample than the group allows.
pub(crate) fn check_limit(
    limit: i64,
    ticks: usize,
    count_at: impl Fn(usize) -> usize,
    what: &str,
    error: &mut Option<TickError>,
) {
    if limit <= 0 {
        return;
    }
    for tick in 0..ticks {
        let count = count_at(tick);
        if i64::try_from(count).unwrap_or(i64::MAX) > limit {
            earliest(error, tick, || {
                format!("exceeded limit of {limit} with {count} {what}")
            });
            return;
        }
    }
}
