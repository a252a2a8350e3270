//! Histograms added, subtracted, compared, printed.

use super::*;

fn simple(offset: i32, buckets: &[f64]) -> FloatHistogram {
    FloatHistogram {
        count: buckets.iter().sum(),
        sum: 10.0,
        positive: buckets
            .iter()
            .enumerate()
            .map(|(at, &n)| (offset + at as i32, n))
            .collect(),
        ..FloatHistogram::default()
    }
}

#[test]
fn text_forms_list_populated_buckets_and_fill_gaps() {
    let histogram = FloatHistogram {
        zero_count: 1.0,
        zero_threshold: 0.5,
        negative: vec![(1, 2.0)],
        hint: ResetHint::Gauge,
        ..simple(1, &[1.0, 0.0, 4.0])
    };
    assert_eq!(
        histogram.to_string(),
        "{count:5, sum:10, [-2,-1):2, [-0.5,0.5]:1, (1,2]:1, (4,8]:4}"
    );
    assert_eq!(
        histogram.test_expression(),
        "{{count:5 sum:10 z_bucket:1 z_bucket_w:0.5 counter_reset_hint:gauge offset:1 buckets:[1 0 4] n_offset:1 n_buckets:[2]}}"
    );
}

#[test]
fn addition_lowers_the_resolution_and_widens_the_zero_bucket() {
    let fine = FloatHistogram {
        schema: 1,
        ..simple(1, &[1.0, 2.0, 3.0])
    };
    let coarse = FloatHistogram {
        zero_threshold: 1.5,
        zero_count: 1.0,
        ..simple(2, &[5.0])
    };
    let (sum, merge) = fine.add(&coarse).unwrap();
    assert_eq!(merge, Merge::default());
    assert_eq!((sum.schema, sum.zero_threshold, sum.zero_count), (0, 2.0, 4.0));
    assert_eq!(sum.positive, [(2, 8.0)]);
    assert_eq!(fine.sub(&fine).unwrap().0.compact().positive, []);
}

#[test]
fn different_custom_bounds_come_down_to_those_in_common() {
    let custom = |bounds: &[f64], counts: &[f64]| FloatHistogram {
        schema: CUSTOM_SCHEMA,
        custom_bounds: bounds.into(),
        ..simple(0, counts)
    };
    let (sum, merge) = custom(&[1.0, 2.0, 5.0], &[1.0, 1.0, 1.0, 1.0])
        .add(&custom(&[2.0, 3.0, 5.0], &[2.0, 2.0, 2.0, 2.0]))
        .unwrap();
    assert!(merge.bounds_reconciled);
    assert_eq!(&*sum.custom_bounds, [2.0, 5.0]);
    assert_eq!(sum.positive, [(0, 4.0), (1, 5.0), (2, 3.0)]);
    assert_eq!(
        custom(&[1.0], &[1.0]).add(&simple(0, &[1.0])).unwrap_err(),
        IncompatibleSchemas
    );
}

#[test]
fn resets_show_in_any_part() {
    let before = simple(0, &[1.0, 2.0, 3.0]);
    let grown = simple(0, &[1.0, 2.0, 4.0]);
    assert!(!grown.is_reset_after(&before));
    assert!(before.is_reset_after(&grown));
    assert!(simple(1, &[9.0, 9.0]).is_reset_after(&before));
    assert!(
        !before
            .clone()
            .with_hint(ResetHint::NotReset)
            .is_reset_after(&grown)
    );
    let finer = FloatHistogram {
        schema: 1,
        ..simple(0, &[9.0; 9])
    };
    assert!(finer.is_reset_after(&before));
}

#[test]
fn compensation_keeps_small_counts_beside_large_ones() {
    let mut sum = Accumulator::of(&simple(0, &[1e100]));
    for counts in [[1.0], [-1e100]] {
        sum.add(&simple(0, &counts)).unwrap();
    }
    assert_eq!(sum.total().positive, [(0, 1.0)]);
    assert_eq!(sum.plain().positive, [(0, 0.0)]);
}

#[test]
fn trimming_cuts_a_bucket_in_two() {
    let half: trim::Share = |bucket, value| (value - bucket.lower) / (bucket.upper - bucket.lower);
    let custom = FloatHistogram {
        schema: CUSTOM_SCHEMA,
        custom_bounds: [10.0, 20.0].into(),
        ..simple(0, &[4.0, 4.0])
    };
    let below = custom.trimmed(15.0, true, half);
    assert_eq!(below.positive, [(0, 4.0), (1, 2.0)]);
    assert_eq!((below.count, below.sum), (6.0, 4.0 * 5.0 + 2.0 * 12.5));
    let above = custom.trimmed(15.0, false, half);
    assert_eq!((above.count, above.sum), (2.0, 2.0 * 17.5));
    assert_eq!(custom.trimmed(99.0, true, half), custom);
}

#[test]
fn storage_refuses_in_upstreams_words() {
    let text = |histogram: FloatHistogram| histogram.validate().unwrap_err().to_string();
    assert_eq!(
        text(simple(0, &[-1.0])),
        "positive side: bucket number 1 has observation count of -1: histogram has a bucket whose observation count is negative"
    );
    assert_eq!(
        text(FloatHistogram {
            count: -1.0,
            ..FloatHistogram::default()
        }),
        "observation count is  -1: histogram's observation count is negative"
    );
    assert!(
        text(FloatHistogram {
            schema: 9,
            ..FloatHistogram::default()
        })
        .ends_with("got schema 9")
    );
}
