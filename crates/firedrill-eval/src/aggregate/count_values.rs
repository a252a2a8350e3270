//! `count_values`: how many series have each value.

use super::group_labels;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::AggregateNode;
use crate::value::{ABSENT, Column, is_absent};
use firedrill_value::{Labels, format_f, quote_bytes};
use rustc_hash::FxHashMap;

pub(super) fn count_values(
    aggregate: &AggregateNode,
    label: Option<&[u8]>,
    columns: &[Column],
    grid: &Grid,
) -> Result<Vec<Column>, EvalError> {
    let bytes = label.unwrap_or(b"");
    let label = match std::str::from_utf8(bytes) {
        Ok(label) if !label.is_empty() => label,
        _ => return Err(EvalError::InvalidLabelName(quote_bytes(bytes))),
    };
    let dropped = aggregate.without && aggregate.labels.iter().any(|name| &**name == label);
    let mut result: Vec<Column> = Vec::new();
    let mut places: FxHashMap<(Labels, bool), usize> = FxHashMap::default();
    for column in columns {
        let base = group_labels(aggregate, &column.labels);
        // Values repeat from step to step: labels are looked up once per value.
        let mut known: FxHashMap<u64, usize> = FxHashMap::default();
        let mut place_of = |text: &str| {
            let mut labels = base.to_builder();
            if !dropped {
                labels.set(label, text);
            }
            let labels = labels.build();
            *places
                .entry((labels.clone(), column.drop_name))
                .or_insert_with(|| {
                    result.push(Column {
                        labels,
                        ..column.like(vec![ABSENT; grid.count], None)
                    });
                    result.len() - 1
                })
        };
        let mut found = Vec::new();
        for (step, &value) in column.values.iter().enumerate() {
            if let Some(histogram) = column.histogram(step) {
                found.push((step, place_of(&histogram.to_string())));
            } else if !is_absent(value) {
                let place = *known
                    .entry(value.to_bits())
                    .or_insert_with(|| place_of(&format_f(value)));
                found.push((step, place));
            }
        }
        for (step, place) in found {
            let count = &mut result[place].values[step];
            *count = if is_absent(*count) { 1.0 } else { *count + 1.0 };
        }
    }
    Ok(result)
}
