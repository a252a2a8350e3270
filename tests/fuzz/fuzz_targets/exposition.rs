//! Any text as an exposition and as an answer of the metadata API: facts, and series.

#![no_main]

use firedrill_facts::Facts;
use firedrill_load::{LoadOptions, Loader, parse_exposition};
use firedrill_source::{FileId, SourceFile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let lines = text.matches('\n').count() as u32 + 1;
    for read in [Facts::read_exposition, Facts::read_metadata] {
        let mut facts = Facts::without_catalogue();
        read(&mut facts, "x", text);
        for metric in facts.learned() {
            if let Some(labels) = facts.labels(metric) {
                assert!(labels.value.is_sorted(), "{metric}: {labels:?}");
            }
            if let Some(buckets) = facts.buckets(metric) {
                let rising = buckets.value.is_sorted_by(|a, b| a < b);
                assert!(rising && buckets.value.iter().all(|it| it.is_finite()), "{metric}: {buckets:?}");
            }
            let evidence = facts.of(metric).map(|fact| fact.evidence.to_string()).unwrap_or_default();
            if let Some(line) = evidence.rsplit_once("x:").and_then(|it| it.1.parse::<u32>().ok()) {
                assert!((1..=lines).contains(&line), "{metric}: {evidence}");
            }
        }
    }
    let source = SourceFile::new("x.prom", text);
    if let Err(error) = parse_exposition(FileId::default(), text) {
        let span = error.location.span;
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{error:?}");
    }
    let mut loader = Loader::new(LoadOptions::default());
    if loader.add(FileId::default(), &source).is_ok()
        && let Ok(loaded) = loader.finish()
    {
        assert!(loaded.start <= loaded.end, "{} {}", loaded.start, loaded.end);
    }
});
