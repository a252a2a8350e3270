//! What must hold of any case: steps at once give what single steps give.

use super::random::Case;
use firedrill_eval::{EvalOptions, Grid, Plan, PlanOptions, QueryKind, Value};
use firedrill_functions::ValueType;
use firedrill_value::{Labels, STALE_NAN};

/// One sample: labels, bits (any NaN like any other), the text of a histogram.
type Sample = (Labels, u64, String);

/// Checks a case.
///
/// # Panics
/// If several steps at once, or constants computed beforehand, make a difference.
pub(crate) fn check(case: &Case) {
    let Case {
        text,
        storage,
        grid,
        options,
        ..
    } = case;
    let plan = Plan::compile(&case.expr, &PlanOptions::default());
    let unfolded = Plan::compile(
        &case.expr,
        &PlanOptions {
            fold_constants: false,
        },
    );
    let at_once = plan.eval(storage, *grid, options);
    let matrix = case.expr.value_type() == ValueType::Matrix;
    let mut failed = false;
    for (step, time) in grid.times().enumerate() {
        let alone = plan.eval(storage, Grid::instant(time), options);
        let plain = unfolded.eval(storage, Grid::instant(time), options);
        match (&alone, &plain) {
            (Ok(_), Ok(_)) | (Err(_), Err(_)) if reorders(case) => {}
            (Ok(alone), Ok(plain)) => {
                assert_eq!(
                    at_step(&alone.value, 0),
                    at_step(&plain.value, 0),
                    "{text} unfolded at {time}"
                );
            }
            (Err(alone), Err(plain)) => assert_eq!(alone, plain, "{text} unfolded at {time}"),
            _ => panic!("{text}: computing constants first changes whether it fails at {time}"),
        }
        // Of a range vector only the last step is looked at.
        let counts = !matrix || step + 1 == grid.count;
        let Ok(alone) = alone else {
            failed |= counts;
            continue;
        };
        let alone = at_step(&alone.value, 0);
        assert!(
            !plan.reads_nothing(storage) || alone.is_empty(),
            "{text} reads something at {time}"
        );
        if let (Ok(at_once), true) = (&at_once, counts) {
            let at_once = at_step(&at_once.value, if matrix { 0 } else { step });
            assert_eq!(at_once, alone, "{text} at {time}, step {step} of {grid:?}");
        }
    }
    assert_eq!(at_once.is_err(), failed, "{text}: {:?}", at_once.err());
    as_range(case, &plan);
}

/// Whether an expression orders its samples, which only instant queries heed: a sum over them may then differ.
fn reorders(case: &Case) -> bool {
    mentions(case, &["sort", "topk", "bottomk", "count_values"])
}

/// Whether any of these words may be part of the expression.
fn mentions(case: &Case, words: &[&str]) -> bool {
    let text = case.text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// As one range query it gives the same too, unless it asks for the bounds of the query or whatever else counts over the
/// query as a whole.
fn as_range(case: &Case, plan: &Plan) {
    let Case {
        text,
        storage,
        grid,
        options,
        ..
    } = case;
    if reorders(case) || mentions(case, &["start", "end", "step", "range", "info"]) {
        return;
    }
    let range = EvalOptions {
        kind: QueryKind::Range,
        ..*options
    };
    let (Ok(range), Ok(instants)) = (
        plan.eval(storage, *grid, &range),
        plan.eval(storage, *grid, options),
    ) else {
        return;
    };
    if !matches!(instants.value, Value::Matrix(_)) {
        for step in 0..grid.count {
            assert_eq!(
                at_step(&range.value, step),
                at_step(&instants.value, step),
                "{text} as a range at step {step}"
            );
        }
    }
}

/// All samples at one step, sorted.
fn at_step(value: &Value, step: usize) -> Vec<Sample> {
    let bits = |value: f64| {
        if value.is_nan() {
            f64::NAN.to_bits()
        } else {
            value.to_bits()
        }
    };
    let mut samples: Vec<Sample> = match value {
        Value::Scalar(values) => vec![(Labels::empty(), bits(values[step]), String::new())],
        Value::Vector(columns) => columns
            .iter()
            .filter(|column| column.has(step))
            .map(|column| {
                let text = column
                    .histogram(step)
                    .map(|histogram| histogram.test_expression());
                let value = if text.is_some() {
                    STALE_NAN
                } else {
                    column.values[step]
                };
                (column.labels.clone(), bits(value), text.unwrap_or_default())
            })
            .collect(),
        Value::Matrix(series) => series
            .iter()
            .flat_map(|points| {
                let numbers = points.timestamps.iter().zip(&points.values);
                let numbers =
                    numbers.map(|(time, value)| (points.labels.clone(), bits(*value), time.to_string()));
                let histograms = points.histograms.iter().map(|(time, histogram)| {
                    (
                        points.labels.clone(),
                        0,
                        format!("{time} {}", histogram.test_expression()),
                    )
                });
                numbers.chain(histograms).collect::<Vec<_>>()
            })
            .collect(),
        Value::String(_) => Vec::new(),
    };
    samples.sort();
    samples
}
