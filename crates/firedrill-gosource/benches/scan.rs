//! How long it takes to read and scan the recorded services.

use criterion::{Criterion, criterion_group};
use firedrill_gosource::{read, scan};
use rayon::prelude::*;
use std::path::Path;

fn services(criterion: &mut Criterion) {
    let root = std::env::var_os("FIREDRILL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        Into::into,
    );
    let mut texts = Vec::new();
    for entry in walkdir::WalkDir::new(root.join("corpus/gosrc"))
        .into_iter()
        .flatten()
    {
        if entry.path().extension().is_some_and(|it| it == "go") {
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            texts.push((entry.path().to_string_lossy().into_owned(), text));
        }
    }
    if texts.is_empty() {
        return;
    }
    let mut group = criterion.benchmark_group("go source");
    group.sample_size(10);
    group.bench_function("read and scan eleven services, as the program does", |bench| {
        bench.iter(|| {
            let files: Vec<_> = texts.par_iter().map(|(name, text)| read(name, text)).collect();
            scan(&files)
        });
    });
    group.bench_function("read and scan eleven services, one thread", |bench| {
        bench.iter(|| {
            let files: Vec<_> = texts.iter().map(|(name, text)| read(name, text)).collect();
            scan(&files)
        });
    });
    group.bench_function("read eleven services, one thread", |bench| {
        bench.iter(|| {
            texts
                .iter()
                .map(|(name, text)| read(name, text))
                .collect::<Vec<_>>()
        });
    });
    let files: Vec<_> = texts.iter().map(|(name, text)| read(name, text)).collect();
    group.bench_function("scan eleven services that were read", |bench| {
        bench.iter(|| scan(&files));
    });
    group.finish();
}

criterion_group!(benches, services);

/// The program runs on deep stacks, too.
fn main() {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(128 << 20);
    pool.build_global().expect("a pool");
    let thread = std::thread::Builder::new().stack_size(128 << 20);
    let run = thread.spawn(|| {
        benches();
        Criterion::default().configure_from_args().final_summary();
    });
    run.expect("a thread").join().expect("no panic");
}
