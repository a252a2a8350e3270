//! Random expressions over random series: several steps at once give what each step gives alone.

use firedrill_eval::{EvalOptions, Grid, Plan, PlanOptions, QueryKind, Samples, Storage, Value};
use firedrill_promql::{Features, parse};
use firedrill_value::{FloatHistogram, Labels, ResetHint, STALE_NAN};
use proptest::prelude::*;
use std::sync::Arc;

/// Samples as a test may have them: runs, counters with restarts, gaps, stale markers, odd values.
fn samples() -> impl Strategy<Value = Samples> {
    let value = prop_oneof![
        6 => (-50i32..50).prop_map(|n| Some(f64::from(n) / 4.0)),
        2 => (0i32..9).prop_map(|n| Some(f64::from(n))),
        1 => Just(Some(f64::INFINITY)),
        1 => Just(Some(f64::NAN)),
        1 => Just(Some(STALE_NAN)),
        3 => Just(None),
    ];
    let step = prop_oneof![Just(15_000i64), Just(60_000), Just(70_000)];
    // Without gaps only the values are stored, and windows and selectors take other paths.
    (prop::collection::vec(value, 1..60), step, any::<bool>()).prop_map(|(mut values, step, gaps)| {
        if !gaps {
            values.retain(Option::is_some);
        }
        let samples = values.into_iter().enumerate();
        samples
            .filter_map(|(at, value)| Some((at as i64 * step, value?)))
            .collect()
    })
}

/// Histograms of two layouts, growing and falling, some numbers between them.
fn histogram_samples() -> impl Strategy<Value = Samples> {
    let sample = prop_oneof![
        6 => (0i32..40, 0i32..9, 0usize..4).prop_map(|(a, b, hint)| Some((a, b, hint))),
        1 => Just(None),
    ];
    let layout = (0usize..3, any::<bool>(), 0usize..12);
    (prop::collection::vec(sample, 1..40), layout).prop_map(|(list, (layout, gaps, number_at))| {
        let mut samples = Samples::default();
        for (at, sample) in list.into_iter().enumerate() {
            let time = at as i64 * 60_000;
            match sample {
                None if gaps => {}
                None => samples.push_float(time, STALE_NAN),
                Some((a, _, _)) if at % 16 == number_at => samples.push_float(time, f64::from(a)),
                Some((a, b, hint)) => samples.push_histogram(time, Arc::new(histogram(layout, a, b, hint))),
            }
        }
        samples
    })
}

fn histogram(layout: usize, a: i32, b: i32, hint: usize) -> FloatHistogram {
    let custom = layout == 2;
    let populated = [(0, f64::from(a)), (2, f64::from(b))];
    FloatHistogram {
        hint: [
            ResetHint::Unknown,
            ResetHint::Unknown,
            ResetHint::Reset,
            ResetHint::Gauge,
        ][hint],
        schema: [0, 2, firedrill_value::histogram::CUSTOM_SCHEMA][layout],
        zero_threshold: if custom { 0.0 } else { 0.01 },
        count: f64::from(a + b),
        sum: f64::from(a) * 0.7 + f64::from(b) * 3.3,
        positive: populated.to_vec(),
        custom_bounds: if custom { [0.5, 1.0, 5.0].into() } else { [].into() },
        ..FloatHistogram::default()
    }
}

fn storage() -> impl Strategy<Value = Storage> {
    let histograms = prop::collection::vec(histogram_samples(), 3);
    (prop::collection::vec(samples(), 6), histograms).prop_map(|(all, histograms)| {
        let mut storage = Storage::new();
        let names = ["m", "m", "m", "n_total", "n_total", "o"];
        for (index, (name, samples)) in names.iter().zip(all).enumerate() {
            let (a, le) = ((index % 3).to_string(), ["0.5", "1", "+Inf"][index % 3]);
            let labels = Labels::from_pairs([("__name__", *name), ("a", &a), ("le", le)]);
            storage.append_series(&labels, samples).expect("no conflict");
        }
        for (index, samples) in histograms.into_iter().enumerate() {
            let labels = Labels::from_pairs([("__name__", "h"), ("a", &index.to_string())]);
            storage.append_series(&labels, samples).expect("no conflict");
        }
        storage
    })
}

/// An instant vector.
fn vector() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("m".to_owned()),
        Just("n_total".to_owned()),
        Just("m{a=\"1\"}".to_owned()),
        Just("{__name__=~\"m|o\"}".to_owned()),
        Just("h".to_owned()),
        Just("{__name__=~\"m|h\"}".to_owned()),
        Just("h offset 90s".to_owned()),
        Just("m offset 90s".to_owned()),
        Just("n_total @ 600".to_owned()),
        Just("m @ start()".to_owned()),
        Just("vector(time())".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let window = [
            "rate",
            "delta",
            "max_over_time",
            "avg_over_time",
            "sum_over_time",
            "changes",
            "resets",
        ];
        let window = window
            .into_iter()
            .chain(["last_over_time", "irate", "deriv", "stddev_over_time"]);
        let window = prop::sample::select(window.collect::<Vec<_>>());
        let aggregate =
            prop::sample::select(vec!["sum", "avg", "max", "count", "stdvar", "quantile", "topk"]);
        let operator = prop::sample::select(vec!["+", "/", "> bool", "<", "and", "or", "unless", "== bool"]);
        let range = prop::sample::select(vec!["1m", "130s", "10m"]);
        prop_oneof![
            (
                window.clone(),
                prop::sample::select(vec!["m", "n_total", "h", "o offset -2m"]),
                range.clone()
            )
                .prop_map(|(f, selector, range)| match selector.split_once(' ') {
                    Some((name, offset)) => format!("{f}({name}[{range}] {offset})"),
                    None => format!("{f}({selector}[{range}])"),
                }),
            (window, inner.clone(), range).prop_map(|(f, v, range)| format!("{f}(({v})[{range}:30s])")),
            (aggregate, inner.clone(), any::<bool>()).prop_map(|(op, v, by)| {
                let param = match op {
                    "quantile" => "0.3, ",
                    "topk" => "2, ",
                    _ => "",
                };
                format!("{op}{} ({param}{v})", if by { " by (a)" } else { "" })
            }),
            (operator.clone(), inner.clone(), inner.clone())
                .prop_map(|(op, a, b)| format!("({a}) {op} on (a) ({b})")),
            (operator, inner.clone(), inner.clone()).prop_map(|(op, a, b)| {
                let sided = if matches!(op, "and" | "or" | "unless") {
                    ""
                } else {
                    " group_left (le)"
                };
                format!("({a}) {op} ignoring (le){sided} ({b})")
            }),
            inner
                .clone()
                .prop_map(|v| format!("({v}) * scalar(m{{a=\"0\"}})")),
            inner.clone().prop_map(|v| format!("-({v})")),
            inner.clone().prop_map(|v| format!("absent({v})")),
            inner.clone().prop_map(|v| format!("timestamp({v})")),
            inner.clone().prop_map(|v| format!("sort_desc({v})")),
            inner
                .clone()
                .prop_map(|v| format!("histogram_quantile(0.7, {v})")),
            inner.clone().prop_map(|v| format!("histogram_count({v})")),
            inner.clone().prop_map(|v| format!("{v} </ 0.8")),
            inner.clone().prop_map(|v| format!("count_values(\"v\", {v})")),
            inner.prop_map(|v| format!("label_replace({v}, \"a\", \"$1\", \"le\", \"(.).*\")")),
        ]
    })
}

/// Labels and bits at one step, or the text of a histogram; any NaN is like any other.
fn at_step(value: &Value, step: usize) -> Vec<(Labels, u64, String)> {
    let Value::Vector(columns) = value else {
        panic!("no vector")
    };
    let mut samples: Vec<(Labels, u64, String)> = columns
        .iter()
        .filter(|column| column.has(step))
        .map(|column| {
            let value = column.values[step];
            let bits = if value.is_nan() {
                f64::NAN.to_bits()
            } else {
                value.to_bits()
            };
            let text = column
                .histogram(step)
                .map(|histogram| histogram.test_expression());
            (column.labels.clone(), bits, text.unwrap_or_default())
        })
        .collect();
    samples.sort();
    samples
}

proptest! {
    #[test]
    fn several_steps_at_once_are_single_steps(
        storage in storage(),
        expr in vector(),
        start in 0i64..20,
        step in prop::sample::select(vec![15_000i64, 60_000, 170_000]),
        delayed in any::<bool>(),
    ) {
        let parsed = parse(&expr, &Features::all());
        prop_assert!(parsed.errors.is_empty(), "{expr}: {:?}", parsed.errors);
        let plan = Plan::compile(&parsed.expr, &PlanOptions::default());
        let unfolded = Plan::compile(&parsed.expr, &PlanOptions { fold_constants: false });
        let options = EvalOptions {
            kind: QueryKind::Instants,
            delayed_name_removal: delayed,
            ..EvalOptions::default()
        };
        let grid = Grid { start: start * 45_000, step, count: 9 };
        let at_once = plan.eval(&storage, grid, &options);
        let mut failed = false;
        for (index, time) in grid.times().enumerate() {
            let alone = plan.eval(&storage, Grid::instant(time), &options);
            let plain = unfolded.eval(&storage, Grid::instant(time), &options);
            match (&alone, &plain) {
                (Ok(alone), Ok(plain)) => {
                    prop_assert_eq!(at_step(&alone.value, 0), at_step(&plain.value, 0), "{} unfolded", &expr);
                }
                (Err(alone), Err(plain)) => prop_assert_eq!(alone, plain),
                _ => prop_assert!(false, "{expr}: folding changes whether it fails"),
            }
            match (&at_once, alone) {
                (_, Err(_)) => failed = true,
                (Ok(at_once), Ok(alone)) => {
                    prop_assert_eq!(
                        at_step(&at_once.value, index), at_step(&alone.value, 0), "{} at {}", &expr, time
                    );
                    prop_assert!(!plan.reads_nothing(&storage) || at_step(&alone.value, 0).is_empty());
                }
                (Err(_), Ok(_)) => {}
            }
        }
        prop_assert_eq!(at_once.is_err(), failed, "{}", expr);
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
