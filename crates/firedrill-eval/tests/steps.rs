//! Random expressions over random series: several steps at once give what each step gives alone.

mod support;

use firedrill_eval::{EvalOptions, Grid, Plan, PlanOptions, QueryKind, Samples, Storage};
use firedrill_promql::{Features, parse};
use firedrill_value::Labels;
use proptest::prelude::*;
use support::agree;
use support::random::Case;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn several_steps_at_once_are_single_steps(bytes in prop::collection::vec(any::<u8>(), 0..1_200)) {
        agree::check(&Case::generate(&bytes));
    }
}

#[test]
fn deep_nesting_and_distant_times_do_no_harm() {
    let mut storage = Storage::new();
    let labels = Labels::from_pairs([("__name__", "x")]);
    storage
        .append_series(&labels, Samples::regular(0, 60_000, vec![1.0; 20]))
        .expect("no conflict");
    let deep = format!("{}x{}", "-(".repeat(190), ")".repeat(190));
    let chain = format!("x{}", " + 1".repeat(380));
    let far = [
        "x offset 290y",
        "x offset -290y",
        "x @ 9e15",
        "x @ -9e15",
        "rate(x[290y])",
        "rate(x[290y] @ -9e15 offset 290y)",
        "sum_over_time(x[1h:1m] @ 9e15)",
        "max_over_time(x[1h:10m] @ -9e15)",
        "predict_linear(x[1h], 1e300)",
    ];
    for expr in far.into_iter().chain([deep.as_str(), chain.as_str()]) {
        let parsed = parse(expr, &Features::all());
        assert!(parsed.errors.is_empty(), "{expr}: {:?}", parsed.errors);
        let plan = Plan::compile(&parsed.expr, &PlanOptions::default());
        for grid in [Grid::instant(600_000), Grid::range(0, 600_000, 60_000)] {
            for kind in [QueryKind::Instants, QueryKind::Range] {
                let options = EvalOptions {
                    kind,
                    ..EvalOptions::default()
                };
                plan.eval(&storage, grid, &options).expect("a result");
            }
        }
    }
    let huge = parse("sum_over_time(x[290y:1ms])", &Features::all());
    let plan = Plan::compile(&huge.expr, &PlanOptions::default());
    let error = plan
        .eval(&storage, Grid::instant(0), &EvalOptions::default())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "query processing would load too many samples into memory in query execution"
    );
}

#[test]
fn a_window_may_hold_one_sample_less_than_the_limit() {
    let mut storage = Storage::new();
    let labels = Labels::from_pairs([("__name__", "x")]);
    storage
        .append_series(&labels, Samples::regular(0, 1_000, vec![1.0; 200]))
        .expect("no conflict");
    let options = EvalOptions {
        max_samples: Some(100),
        ..EvalOptions::default()
    };
    for (expr, passes) in [
        ("count_over_time(x[99s])", true),
        ("count_over_time(x[100s])", false),
        ("count_over_time(x[99s:1s])", true),
        ("count_over_time(x[100s:1s])", false),
        ("x", true),
    ] {
        let plan = Plan::compile(&parse(expr, &Features::all()).expr, &PlanOptions::default());
        for grid in [Grid::instant(150_000), Grid::range(0, 190_000, 10_000)] {
            assert_eq!(plan.eval(&storage, grid, &options).is_ok(), passes, "{expr}");
        }
    }
}
