//! How fast expressions are parsed: short ones, an ordinary rule, and a rule full of matchers.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use firedrill_promql::{Features, parse};
use std::hint::black_box;

const CASES: [(&str, &str); 4] = [
    ("name", "up"),
    ("simple", "rate(http_requests_total{job=\"api\"}[5m]) > 0.5"),
    (
        "rule",
        "sum by (job) (rate(errors_total{job=~\"api|web\",code=~\"5..\"}[5m])) / on (job) group_left \
         sum by (job) (rate(requests_total{job=~\"api|web\"}[5m])) > 0.05 and on (job) up == 1",
    ),
    (
        "matchers",
        "count({a=\"1\",b!=\"2\",c=~\"x.*\",d!~\"y|z\",e=\"5\",f=\"6\",g=\"7\",h=\"8\"}) without (a, b, c, d)",
    ),
];

fn bench(criterion: &mut Criterion) {
    let features = Features::promtool_default();
    let mut group = criterion.benchmark_group("parse");
    for (name, text) in CASES {
        group.throughput(Throughput::Elements(1));
        group.bench_function(name, |bencher| bencher.iter(|| parse(black_box(text), &features)));
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
