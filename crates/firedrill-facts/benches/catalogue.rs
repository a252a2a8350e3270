//! How long it takes until the first fact is known, and how long a look-up takes.

use criterion::{Criterion, criterion_group, criterion_main};
use firedrill_facts::Facts;
use std::hint::black_box;

fn catalogue(criterion: &mut Criterion) {
    criterion.bench_function("facts: load and look up one", |bench| {
        bench.iter(|| Facts::new().of(black_box("node_load1")));
    });
    let facts = Facts::new();
    let names = [
        "node_load1",
        "up",
        "app_queue_depth",
        "prometheus_http_request_duration_seconds_bucket",
        "pg_settings_work_mem_bytes",
    ];
    criterion.bench_function("facts: look up five", |bench| {
        bench.iter(|| names.map(|name| facts.of(black_box(name))));
    });
    criterion.bench_function("facts: look up what is not there", |bench| {
        bench.iter(|| facts.of(black_box("checkout_basket_line_items_bucket")));
    });
    criterion.bench_function("facts: the unit of a name", |bench| {
        bench.iter(|| facts.unit(black_box("checkout_basket_duration_seconds_sum")));
    });
}

criterion_group!(benches, catalogue);
criterion_main!(benches);
