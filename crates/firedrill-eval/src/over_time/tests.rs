//! Shorter ways give what the long ones give, to the last bit.

use super::*;
use crate::engine::EvalOptions;
use crate::plan::{Plan, PlanOptions};
use crate::samples::Samples;
use crate::storage::Storage;
use crate::value::{Value, is_absent};
use firedrill_promql::{Features, parse};
use firedrill_value::Labels;
use proptest::prelude::*;

const MINUTE: i64 = 60_000;

/// Functions that have more than one way to their result.
const FUNCTIONS: [&str; 14] = [
    "sum_over_time(m[9m])",
    "avg_over_time(m[9m])",
    "max_over_time(m[9m])",
    "min_over_time(m[9m])",
    "stddev_over_time(m[9m])",
    "stdvar_over_time(m[9m])",
    "quantile_over_time(0.3, m[9m])",
    "deriv(m[9m])",
    "predict_linear(m[9m] offset 10s, 600)",
    "predict_linear(m[9m], 600)",
    "rate(m[9m])",
    "delta(m[9m])",
    "resets(m[9m])",
    "changes(m[9m])",
];

/// Values of one sort: rising, whole, fractional, or with something odd among them.
fn values() -> impl Strategy<Value = Vec<f64>> {
    let of = |value: BoxedStrategy<f64>| prop::collection::vec(value, 1..50);
    prop_oneof![
        of((0i32..5).prop_map(f64::from).boxed()).prop_map(|mut values| {
            values.sort_by(f64::total_cmp);
            values
        }),
        of((-40i32..40).prop_map(f64::from).boxed()),
        of((-1e3..1e3f64).boxed()),
        of(prop_oneof![Just(7.5), Just(7.5), Just(7.5), Just(-3.25)].boxed()),
        of(prop_oneof![8 => -1e3..1e3f64, 1 => Just(-0.0), 1 => Just(0.0)].boxed()),
        of(prop_oneof![8 => -1e3..1e3f64, 1 => Just(f64::NAN), 1 => Just(1e308)].boxed()),
    ]
}

fn storage(values: &[f64]) -> Storage {
    let shared = Samples::regular(0, MINUTE, values.to_vec());
    let own = Samples::regular(0, MINUTE, values.to_vec());
    let mut storage = Storage::new();
    for (name, samples) in [("a", shared.clone()), ("b", own), ("c", shared)] {
        let labels = Labels::from_pairs([("__name__", "m"), ("of", name)]);
        storage.append_series(&labels, samples).unwrap();
    }
    storage
}

fn columns(expr: &str, storage: &Storage, grid: Grid) -> Vec<Column> {
    let parsed = parse(expr, &Features::promtool_default());
    let plan = Plan::compile(&parsed.expr, &PlanOptions::default());
    match plan.eval(storage, grid, &EvalOptions::default()).unwrap().value {
        Value::Vector(columns) => columns,
        other => panic!("a vector was expected: {other:?}"),
    }
}

/// NaN of any payload is one and the same.
fn bits(value: f64) -> u64 {
    if value.is_nan() && !is_absent(value) {
        f64::NAN.to_bits()
    } else {
        value.to_bits()
    }
}

proptest! {
    #[test]
    fn all_steps_at_once_give_the_bits_of_each_alone(
        values in values(),
        function in prop::sample::select(&FUNCTIONS),
        step in prop::sample::select(&[15_000i64, MINUTE, 3 * MINUTE]),
    ) {
        let storage = storage(&values);
        let grid = Grid::range(0, (values.len() as i64 + 12) * MINUTE, step);
        let found = columns(function, &storage, grid);
        for column in &found {
            prop_assert_eq!(
                column.values.iter().copied().map(bits).collect::<Vec<_>>(),
                found[0].values.iter().copied().map(bits).collect::<Vec<_>>(),
                "shared samples and own ones"
            );
        }
        for at in 0..grid.count {
            let alone = columns(function, &storage, grid.only(at));
            let expected = alone.first().map_or(ABSENT, |column| column.values[0]);
            let got = found.first().map_or(ABSENT, |column| column.values[at]);
            prop_assert_eq!(bits(got), bits(expected), "{} at {}: {} and {}", function, at, got, expected);
        }
    }

    #[test]
    fn a_rule_that_writes_into_a_series_leaves_its_twin_alone(values in values()) {
        let mut storage = storage(&values);
        let twin = storage.find(&Labels::from_pairs([("__name__", "m"), ("of", "a")])).unwrap();
        let before: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
        let written = storage.find(&Labels::from_pairs([("__name__", "m"), ("of", "c")])).unwrap();
        storage.insert(written, values.len() as i64 * MINUTE, 3.0).unwrap();
        storage.insert(written, 1, 4.0).unwrap();
        let kept = storage.get(twin).samples.values().iter().map(|value| value.to_bits());
        prop_assert_eq!(kept.collect::<Vec<_>>(), before);
        prop_assert_eq!(storage.get(written).samples.len(), values.len() + 2);
    }
}
