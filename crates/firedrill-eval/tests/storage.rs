//! What storage keeps, refuses and merges, and what plans tell of themselves, through the public interface alone.

use firedrill_eval::{
    ABSENT, AppendError, EvalError, EvalOptions, Grid, Level, Plan, PlanOptions, Samples, Storage, Value,
};
use firedrill_promql::{Features, parse};
use firedrill_value::{FloatHistogram, Labels, ResetHint, STALE_NAN};
use std::sync::Arc;

fn counted(count: f64) -> Arc<FloatHistogram> {
    Arc::new(FloatHistogram {
        count,
        sum: count,
        positive: vec![(1, count)],
        ..FloatHistogram::default()
    })
}

fn named(name: &str) -> Labels {
    Labels::from_pairs([("__name__", name)])
}

fn plan(expr: &str) -> Plan {
    Plan::compile(&parse(expr, &Features::all()).expr, &PlanOptions::default())
}

/// The hints by which the histograms of a series read.
fn hints(storage: &Storage, labels: &Labels) -> Vec<Option<ResetHint>> {
    let id = storage.find(labels).expect("the series");
    let histograms = storage.get(id).samples.histograms().expect("histograms");
    histograms
        .iter()
        .map(|found| found.as_ref().map(|histogram| histogram.hint))
        .collect()
}

#[test]
fn a_histogram_put_between_others_changes_how_the_next_one_reads() {
    use ResetHint::{NotReset, Unknown};
    let mut storage = Storage::new();
    let id = storage.intern(&named("h"));
    assert_eq!(storage.intern(&named("h")), id);
    storage
        .insert_histogram(id, 0, counted(5.0))
        .expect("a first sample");
    storage
        .insert_histogram(id, 20, counted(6.0))
        .expect("a later one");
    assert_eq!(hints(&storage, &named("h")), [Some(Unknown), Some(NotReset)]);
    storage
        .insert_histogram(id, 10, counted(9.0))
        .expect("one between");
    assert_eq!(
        hints(&storage, &named("h")),
        [Some(Unknown), Some(NotReset), Some(Unknown)]
    );
    storage.insert(id, 15, 3.0).expect("a number between");
    assert_eq!(
        hints(&storage, &named("h")),
        [Some(Unknown), Some(NotReset), None, Some(Unknown)]
    );
    assert_eq!(storage.series().len(), 1);
}

#[test]
fn two_samples_at_one_time_are_refused_unless_they_are_equal_or_stale() {
    let mut storage = Storage::new();
    let id = storage.intern(&named("h"));
    storage
        .insert_histogram(id, 60_000, counted(5.0))
        .expect("a first sample");
    assert_eq!(storage.insert_histogram(id, 60_000, counted(5.0)), Ok(()));
    assert_eq!(storage.insert(id, 60_000, STALE_NAN), Ok(()));
    let number = storage
        .insert(id, 60_000, 4.0)
        .expect_err("a number in its place");
    assert_eq!(
        number.to_string(),
        "duplicate sample for timestamp 60000; overrides not allowed: existing is a histogram, new value is float 4"
    );
    let other = storage
        .insert_histogram(id, 60_000, counted(6.0))
        .expect_err("another histogram");
    assert_eq!(other, AppendError::DuplicateHistogram { timestamp: 60_000 });
    let numbers = storage.intern(&named("n"));
    storage.insert(numbers, 1, 1.0).expect("a first sample");
    let twice = storage.insert(numbers, 1, 2.0).expect_err("another number");
    let times: Vec<i64> = [number, other, twice]
        .iter()
        .map(AppendError::timestamp)
        .collect();
    assert_eq!(times, [60_000, 60_000, 1]);
}

#[test]
fn merging_keeps_histograms_and_start_timestamps() {
    let mut first = Samples::default();
    first.push_float(0, 1.0);
    first.push_histogram(20, counted(2.0));
    let mut second = Samples::default();
    second.push_histogram(10, counted(1.0));
    second.push_histogram(30, counted(3.0));
    second.set_last_start(25);
    let mut storage = Storage::new();
    storage.append_series(&named("h"), first).expect("a series");
    let id = storage
        .append_series(&named("h"), second)
        .expect("what goes between and after");
    let samples = &storage.get(id).samples;
    assert_eq!(samples.starts(), Some(&[0, 0, 0, 25][..]));
    let there: Vec<bool> = samples
        .histograms()
        .expect("histograms")
        .iter()
        .map(Option::is_some)
        .collect();
    assert_eq!(there, [false, true, true, true]);

    let mut late = Samples::regular(100, 10, vec![1.0, 2.0]);
    late.merge(Samples::regular(120, 10, vec![3.0]))
        .expect("what comes after");
    late.merge(Samples::regular(95, 10, vec![0.5]))
        .expect("what comes before");
    assert_eq!(late.values(), [0.5, 1.0, 2.0, 3.0]);
    // A sample before others keeps its start timestamp, and theirs.
    let mut starts = Samples::regular(10, 10, vec![1.0, 2.0]);
    starts.set_last_start(15);
    starts.insert(15, 9.0).expect("one between");
    assert_eq!(starts.starts(), Some(&[0, 0, 15][..]));
}

#[test]
fn a_rules_results_are_written_with_a_stale_marker_where_they_vanish() {
    let mut storage = Storage::new();
    let grid = Grid::range(0, 30, 10);
    let histograms = vec![None, Some(counted(2.0)), None, None];
    let values = [7.0, ABSENT, ABSENT, ABSENT];
    let id = storage
        .write_result(&named("r"), grid, &values, Some(&histograms))
        .expect("no conflict");
    let samples = &storage.get(id).samples;
    assert_eq!(samples.times().at(2), 20);
    assert_eq!(samples.len(), 3);
    assert_eq!(
        hints(&storage, &named("r")),
        [None, Some(ResetHint::Unknown), None]
    );
    let whole = storage
        .write_column(&named("w"), grid, &[1.0, 2.0, 3.0, 4.0])
        .expect("no conflict");
    assert_eq!(storage.get(whole).samples.values(), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn plans_tell_what_they_read() {
    let reads = plan("up{job=\"api\"} + on () {__name__=~\"a.*\", b!=\"1\"} + info(x)");
    let selectors = reads.selectors();
    let names: Vec<Option<&str>> = selectors
        .iter()
        .map(|selector| selector.metric_name().map(|name| &**name))
        .collect();
    assert_eq!(names, [Some("up"), None, Some("x"), Some("target_info")]);
    assert!(selectors[0].may_match_name("up") && !selectors[0].may_match_name("down"));
    assert!(selectors[1].may_match_name("abc") && !selectors[1].may_match_name("bc"));
    let abc = Labels::from_pairs([("__name__", "abc"), ("b", "1")]);
    assert!(!selectors[1].matches(&abc) && selectors[1].matches(&named("abc")));
    for (expr, ahead) in [
        ("x offset 5m", false),
        ("x offset -5m", true),
        ("x @ 0", true),
        ("x offset (step())", true),
        ("increase(x[5m] smoothed)", true),
    ] {
        assert_eq!(plan(expr).looks_ahead(), ahead, "{expr}");
    }
}

#[test]
fn a_tree_with_holes_is_not_evaluated() {
    for broken in ["1 +", "sum(", "nothing_like_it(x)"] {
        let error = plan(broken)
            .eval(&Storage::new(), Grid::instant(0), &EvalOptions::default())
            .expect_err("no result");
        assert_eq!(error, EvalError::Incomplete, "{broken}");
    }
}

#[test]
fn remarks_are_told_with_level_and_place() {
    let output = plan("quantile(2, vector(1))")
        .eval(&Storage::new(), Grid::instant(0), &EvalOptions::default())
        .expect("a result");
    assert!(!output.annotations.is_empty());
    let remark = output.annotations.iter().next().expect("a remark");
    assert_eq!((remark.level, remark.span.start), (Level::Warning, 9));
    assert!(matches!(output.value, Value::Vector(columns) if columns[0].values == [f64::INFINITY]));
}

#[test]
fn a_text_is_the_same_at_every_step() {
    let grid = Grid::range(0, 60_000, 60_000);
    let output = plan("\"a\\xff\"").eval(&Storage::new(), grid, &EvalOptions::default());
    assert!(matches!(output.expect("a result").value, Value::String(text) if *text == *b"a\xff"));
}

/// The indices of histograms that read unknown: those at which a chunk begins.
fn unknown(samples: &Samples) -> Vec<usize> {
    let read = samples.histograms().expect("histograms").iter().enumerate();
    let unknown = read.filter(|(_, found)| {
        found
            .as_ref()
            .is_some_and(|found| found.hint == ResetHint::Unknown)
    });
    unknown.map(|(at, _)| at).collect()
}

fn chunk_starts(step: i64, samples: Vec<FloatHistogram>) -> Vec<usize> {
    let mut series = Samples::default();
    for (at, histogram) in samples.into_iter().enumerate() {
        series.push_histogram(at as i64 * step, Arc::new(histogram));
    }
    unknown(&series)
}

/// A histogram of four equal buckets.
fn even(f: f64) -> FloatHistogram {
    FloatHistogram {
        count: 4.0 + 4.0 * f,
        sum: 6.5 + 6.5 * f,
        positive: buckets(0, [1.0 + f; 4]),
        ..FloatHistogram::default()
    }
}

#[test]
fn what_ends_a_chunk_early_decides_where_the_next_ones_end() {
    // As recorded from the storage of Prometheus 3.14.
    let saw = (0..600).map(|i| even(f64::from(i % 100))).collect();
    let starts = [0, 85, 100, 184, 200, 283, 300, 382, 400, 480, 500, 586];
    assert_eq!(chunk_starts(60_000, saw), starts);
    let days = (0..500).map(|i| even(f64::from(i))).collect();
    assert_eq!(chunk_starts(600_000, days), [0, 144, 288, 432]);
    // A number in between, a stale marker, a gauge before: only the first lets the end be predicted anew.
    for (other, expected) in [
        (Some(1.0), &[0, 85, 151, 259, 378][..]),
        (Some(STALE_NAN), &[0, 85, 151]),
        (None, &[150]),
    ] {
        let mut samples = Samples::default();
        for i in 0..400 {
            let (time, histogram) = (i64::from(i) * 60_000, even(f64::from(i)));
            match other {
                Some(value) if i == 150 => samples.push_float(time, value),
                None if i < 150 => {
                    samples.push_histogram(time, Arc::new(histogram.with_hint(ResetHint::Gauge)));
                }
                _ => samples.push_histogram(time, Arc::new(histogram)),
            }
        }
        assert_eq!(unknown(&samples), expected, "{other:?}");
    }
}

fn buckets(first: i32, counts: impl IntoIterator<Item = f64>) -> Vec<(i32, f64)> {
    (first..).zip(counts).collect()
}

#[test]
fn full_chunks_end_where_those_of_prometheus_do() {
    let steady = (0..400).map(|i| even(f64::from(i)));
    let odd = (0..300).map(f64::from).map(|f| FloatHistogram {
        schema: 3,
        zero_threshold: 0.1,
        zero_count: 2.0 * f,
        count: 20.0 + 20.0 * f,
        sum: 0.1 * f * 1.7,
        positive: buckets(-2, [3.0 * f, f, 7.0 * f, 1.0, 5.0 * f, 4.0 * f]),
        negative: buckets(5, [f, 2.0]),
        ..FloatHistogram::default()
    });
    let custom = (0..300).map(f64::from).map(|f| FloatHistogram {
        schema: firedrill_value::histogram::CUSTOM_SCHEMA,
        count: 10.0 + 10.0 * f,
        sum: 3.0 * f.sqrt(),
        custom_bounds: [0.25, 1.0, 2.0005, 40_000.0].into(),
        positive: buckets(0, [f, 2.0 * f, 3.0 * f, 2.0 * f, 2.0 * f]),
        ..FloatHistogram::default()
    });
    let wide = (0..60).map(f64::from).map(|f| FloatHistogram {
        count: 10_000.0 + 10_000.0 * f,
        sum: f,
        positive: buckets(0, (1..=60).map(|k| f * f64::from(k) * 0.37 + 1.0)),
        ..FloatHistogram::default()
    });
    let growing = (0..300).map(|i| FloatHistogram {
        count: f64::from(i) * 40.0,
        sum: f64::from(i),
        positive: buckets(0, vec![f64::from(i); 2 + i as usize / 20]),
        ..FloatHistogram::default()
    });
    let same = (0..1400).map(|_| FloatHistogram {
        count: 1.0,
        sum: 2.0,
        ..FloatHistogram::default()
    });
    // As recorded from the storage of Prometheus 3.14.
    let cases: [(&str, i64, Vec<FloatHistogram>, &[usize]); 6] = [
        ("steady", 60_000, steady.collect(), &[0, 85, 198, 311]),
        (
            "odd",
            15_000,
            odd.collect(),
            &[0, 27, 61, 92, 124, 155, 190, 223, 258, 293],
        ),
        (
            "custom",
            60_000,
            custom.collect(),
            &[0, 39, 85, 131, 180, 227, 276],
        ),
        ("wide", 60_000, wide.collect(), &[0, 10, 20, 30, 40, 50]),
        (
            "growing",
            60_000,
            growing.collect(),
            &[0, 131, 184, 216, 244, 264, 280, 295],
        ),
        ("same", 60_000, same.collect(), &[0]),
    ];
    for (name, step, samples, expected) in cases {
        assert_eq!(chunk_starts(step, samples), expected, "{name}");
    }
}
