//! What series mean, and where their errors stand.

use super::*;

fn floats(values: &str) -> Vec<f64> {
    let series = parse_series("a", values).unwrap();
    let points = series.expand(100).unwrap();
    let value = |point: &Point<'_>| match point {
        Point::Float(value) => *value,
        Point::Omitted => f64::NAN,
        Point::Histogram { index, .. } => 1000.0 + *index as f64,
    };
    points.iter().map(value).collect()
}

#[test]
fn items_are_written_out() {
    assert_eq!(floats("1 2"), [1.0, 2.0]);
    assert_eq!(floats("5x2 7"), [5.0, 5.0, 5.0, 7.0]);
    assert_eq!(floats("1+2x3"), [1.0, 3.0, 5.0, 7.0]);
    assert_eq!(floats("1-2x3 -1"), [1.0, -1.0, -3.0, -5.0, -1.0]);
    assert_eq!(floats("1 -2"), [1.0, -2.0]);
    assert_eq!(
        floats("1-2x0 017 1_000 .5 5. 1e3"),
        [1.0, 15.0, 1000.0, 0.5, 5.0, 1000.0]
    );
    assert_eq!(floats("0x3"), [0.0; 4]);
    assert_eq!(floats("  \t3  "), [3.0]);
    assert_eq!(floats("-inf +Inf"), [f64::NEG_INFINITY, f64::INFINITY]);
    assert_eq!(floats("_x2 {{}}x1").len(), 4);
    assert_eq!(floats("_x0").len(), 0);
    assert_eq!(floats("").len(), 0);
}

#[test]
fn steps_are_added_one_by_one() {
    let mut sum = 0.0;
    for value in floats("0+0.1x10") {
        assert_eq!(value.to_bits(), f64::to_bits(sum));
        sum += 0.1;
    }
}

#[test]
fn a_stale_marker_is_kept_bit_for_bit() {
    assert!(firedrill_value::is_stale(floats("stale")[0]));
    assert!(!firedrill_value::is_stale(floats("NaN")[0]));
}

#[test]
fn labels_come_from_names_braces_and_quotes() {
    let labels = |text: &str| parse_series(text, "1").unwrap().labels;
    assert_eq!(
        labels("up{b=\"2\",a='1',}"),
        Labels::from_pairs([("__name__", "up"), ("a", "1"), ("b", "2")])
    );
    assert_eq!(
        labels("{\"a b\", \"c d\"=`e`}"),
        Labels::from_pairs([("__name__", "a b"), ("c d", "e")])
    );
    assert_eq!(
        labels("x{__name__=\"y\"}"),
        Labels::from_pairs([("__name__", "x")])
    );
    assert_eq!(labels("by"), Labels::from_pairs([("__name__", "by")]));
    assert_eq!(
        labels("stale{a=\"\"}"),
        Labels::from_pairs([("__name__", "stale")])
    );
    assert_eq!(labels("{}"), Labels::empty());
    let twice = parse_series("x{b=\"1\",b=\"2\"}", "1").unwrap();
    assert_eq!(twice.duplicate.as_deref(), Some("b"));
}

#[test]
fn expected_labels_keep_what_can_never_match() {
    let pairs = parse_metric("x{a=\"\",a=\"b\",__name__=\"y\"} # why").unwrap();
    let shown: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (&**n, &**v)).collect();
    assert_eq!(shown, [("__name__", "x"), ("a", ""), ("a", "b")]);
    assert_eq!(parse_metric("{}").unwrap(), []);
    assert_eq!(parse_metric("").unwrap(), []);
    let error = parse_metric("rate(a[5m])").unwrap_err();
    assert_eq!(
        error.promtool_message("rate(a[5m])"),
        "1:5: parse error: unexpected \"(\""
    );
}

#[test]
fn histograms_are_read_field_by_field() {
    let text = "{{schema:-53 sum:-2.5 count:3 custom_values:[1 2.5] buckets:[1 0 2] offset:-1 \
                n_buckets:[4] n_offset:2 z_bucket:1 z_bucket_w:0.001 counter_reset_hint:not_reset }}";
    assert_eq!(
        parse_histogram(text),
        Ok(HistogramLiteral {
            schema: -53,
            sum: -2.5,
            count: 3.0,
            zero_count: 1.0,
            zero_threshold: 0.001,
            offset: -1,
            buckets: vec![1.0, 0.0, 2.0],
            negative_offset: 2,
            negative_buckets: vec![4.0],
            custom_values: vec![1.0, 2.5],
            reset_hint: Some(ResetHint::NotReset),
        })
    );
    assert_eq!(parse_histogram("{{}}"), Ok(HistogramLiteral::default()));
    let series = parse_series("h", "{{count:1}}+{{count:2}}x3 {{}}-{{}}x0").unwrap();
    assert_eq!(series.sample_count(), 5);
}

#[test]
fn errors_stand_where_they_belong() {
    let error = |series: &str, values: &str| {
        let found = parse_series(series, values).unwrap_err();
        (
            found.part,
            found.error.span.start,
            found.joined,
            found.error.message,
        )
    };
    let (part, start, joined, message) = error("abc", "1 two");
    assert_eq!((part, start, joined), (SeriesPart::Values, 2, (0, 6)));
    assert_eq!(
        message,
        "unexpected identifier \"two\" in series values, expected number or \"stale\""
    );
    let (part, start, _, message) = error("a{b=c}", "1");
    assert_eq!((part, start), (SeriesPart::Series, 4));
    assert_eq!(
        message,
        "unexpected identifier \"c\" in label set, expected string"
    );
    let (part, _, joined, message) = error("a", "1\n2");
    assert_eq!((part, joined), (SeriesPart::Values, (1, 0)));
    assert_eq!(message, "unexpected number \"2\" in series values");
    let (.., message) = error("a", "{{sum:1 count: 2}}");
    assert_eq!(
        message,
        "unexpected \" \" in histogram description, expected histogram description key, e.g. buckets:[5 10 7]"
    );
}

#[test]
fn absurd_repetitions_end_in_an_error_not_in_the_memory() {
    let series = parse_series("a", "1x18446744073709551615 _x18446744073709551615").unwrap();
    assert_eq!(series.sample_count(), u64::MAX);
    let error = series.expand(1000).unwrap_err();
    assert_eq!(error.limit, 1000);
    assert!(parse_series("a", "1x18446744073709551616").is_err());
}

#[test]
fn a_blank_may_end_a_list_but_not_begin_it() {
    let parsed = parse_histogram("{{buckets:[0 1 ] n_buckets:[2  ]}}").expect("a histogram");
    assert_eq!(
        (parsed.buckets, parsed.negative_buckets),
        (vec![0.0, 1.0], vec![2.0])
    );
    for broken in [
        "{{buckets:[ 1]}}",
        "{{buckets:[ ]}}",
        "{{buckets:[1 ,]}}",
        "{{buckets:[1 x]}}",
    ] {
        assert!(parse_histogram(broken).is_err(), "{broken}");
    }
}
