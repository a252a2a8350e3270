//! How fast the engine is over many steps at once: 200 series of 2,000 samples, evaluated at 2,000 steps.

use criterion::{Criterion, criterion_group, criterion_main};
use firedrill_eval::{EvalOptions, Grid, Plan, PlanOptions, Samples, Storage};
use firedrill_promql::{Features, parse};
use firedrill_value::Labels;
use std::hint::black_box;
use std::time::Duration;

const SERIES: usize = 200;
const SAMPLES: usize = 2_000;
const MINUTE: i64 = 60_000;

fn storage() -> Storage {
    let mut storage = Storage::new();
    for index in 0..SERIES {
        let (instance, job) = (format!("i{index}"), format!("j{}", index % 10));
        let labels =
            |name: &str| Labels::from_pairs([("__name__", name), ("instance", &instance), ("job", &job)]);
        let counter = (0..SAMPLES).map(|at| (at * 7 % 1_500) as f64).collect();
        let gauge = (0..SAMPLES)
            .map(|at| (at % 97) as f64 * 0.37 + index as f64)
            .collect();
        let mut add = |labels: Labels, values: Vec<f64>| {
            let samples = Samples::regular(0, MINUTE, values);
            storage.append_series(&labels, samples).expect("no conflict");
        };
        add(labels("c_total"), counter);
        add(labels("g"), gauge);
        for (bound, factor) in [("0.1", 1.0), ("1", 3.0), ("+Inf", 4.0)] {
            let mut bucket = labels("b_bucket").to_builder();
            bucket.set("le", bound);
            add(
                bucket.build(),
                (0..SAMPLES).map(|at| at as f64 * factor).collect(),
            );
        }
    }
    storage
}

fn engine(c: &mut Criterion) {
    let storage = storage();
    let grid = Grid::range(0, (SAMPLES as i64 - 1) * MINUTE, MINUTE);
    let mut group = c.benchmark_group("engine");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    for (name, expr) in [
        ("selector", "g"),
        ("selector between the samples", "g offset 10s"),
        ("timestamp", "timestamp(g)"),
        ("threshold", "g > 30"),
        ("rate", "rate(c_total[5m])"),
        ("rate over an hour", "rate(c_total[1h])"),
        ("avg_over_time of an hour", "avg_over_time(g[1h])"),
        ("max_over_time of an hour", "max_over_time(g[1h])"),
        ("stddev_over_time of an hour", "stddev_over_time(g[1h])"),
        ("quantile_over_time of an hour", "quantile_over_time(0.9, g[1h])"),
        ("deriv of an hour", "deriv(g[1h])"),
        ("predict_linear of an hour", "predict_linear(g[1h], 3600)"),
        ("changes of an hour", "changes(g[1h])"),
        ("join", "g / on (instance) group_left () c_total"),
        ("sum by", "sum by (job) (g)"),
        ("quantile by", "quantile by (job) (0.9, g)"),
        ("topk", "topk by (job) (3, g)"),
        (
            "histogram_quantile",
            "histogram_quantile(0.9, sum by (job, le) (rate(b_bucket[5m])))",
        ),
    ] {
        let plan = Plan::compile(
            &parse(expr, &Features::promtool_default()).expr,
            &PlanOptions::default(),
        );
        let options = EvalOptions::default();
        group.bench_function(name, |b| {
            b.iter(|| black_box(plan.eval(&storage, grid, &options).expect("a result")));
        });
    }
    let plan = Plan::compile(
        &parse(
            "sum by (job) (rate(c_total[5m])) > 0.1",
            &Features::promtool_default(),
        )
        .expr,
        &PlanOptions::default(),
    );
    group.bench_function("one instant", |b| {
        let at = Grid::instant(1_000 * MINUTE);
        b.iter(|| {
            black_box(
                plan.eval(&storage, at, &EvalOptions::default())
                    .expect("a result"),
            )
        });
    });
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
