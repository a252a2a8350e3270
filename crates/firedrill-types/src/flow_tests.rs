//! Label flow, one line an expression.

use super::*;
use firedrill_promql::{ParseErrorKind, parse};

/// `a! b? c=v …`: `!` always, `?` maybe, `-` never; `…` at the end where there may be others.
fn flow(expr: &str) -> String {
    let features = firedrill_promql::Features::default();
    let parsed = parse(expr, &features);
    assert!(
        parsed
            .errors
            .iter()
            .all(|error| error.kind != ParseErrorKind::Syntax),
        "{expr}"
    );
    let labels = label_flow(&parsed.expr);
    let mut words: Vec<String> = labels
        .named()
        .into_iter()
        .map(|name| match (labels.presence(name), labels.value(name)) {
            (Presence::Always, Some(value)) => format!("{name}={value}"),
            (Presence::Always, None) => format!("{name}!"),
            (Presence::Maybe, _) => format!("{name}?"),
            (Presence::Never, _) => format!("{name}-"),
        })
        .collect();
    words.sort();
    if labels.exact().is_none() {
        words.push("…".to_owned());
    }
    words.join(" ")
}

fn check(cases: &[(&str, &str)]) {
    for (expr, expected) in cases {
        assert_eq!(flow(expr), *expected, "{expr}");
    }
}

#[test]
fn selectors_tell_only_what_their_matchers_force() {
    check(&[
        ("up", "…"),
        (
            r#"up{job="a",env=~"b|c",zone!="",rack=~".*",dc=""}"#,
            "dc- env! job=a zone! …",
        ),
        (r#"up{job!="a"}"#, "…"),
        (r#"{__name__="up"}"#, "…"),
    ]);
}

#[test]
fn aggregations_keep_what_they_name() {
    check(&[
        ("sum(up)", ""),
        (r#"sum by (job, dc) (up{job="a"})"#, "dc? job=a"),
        ("sum without (job) (up)", "job- …"),
        ("sum by (a) (sum by (b) (x))", "a-"),
        ("sum by (a) (sum without (a) (x))", "a-"),
        ("topk(3, sum by (a) (x))", "a?"),
        (r#"count_values by (a) ("version", x)"#, "a? version!"),
        ("max without (a) (sum by (a, b) (x))", "a- b?"),
    ]);
}

#[test]
fn operators_match_labels() {
    check(&[
        ("sum by (a) (x) / sum by (a) (y)", "a?"),
        ("sum by (a) (x) + 1 > bool 2", "a?"),
        (r#"x{a="1"} / on (b) y{b="2"}"#, "b=2"),
        ("x / ignoring (b) y", "b- …"),
        ("x * on (a) group_left (b) sum by (a, b) (y)", "a? b? …"),
        ("x * on (a) group_left (b) sum by (a) (y)", "a? b- …"),
        ("sum by (a) (x) * on (a) group_right () y", "a? …"),
        ("x and sum by (a) (y)", "a?"),
        (r#"x and on (a) y{a="1"}"#, "a=1 …"),
        ("sum by (a) (x) unless y", "a?"),
        (r#"sum by (a) (x) or sum by (b) (y)"#, "a? b?"),
        (r#"x{a="1"} or y{a="1"} or z{a="2"}"#, "a! …"),
        ("sum by (a) (x) or vector(0)", "a?"),
        ("sum(x) / scalar(sum(y))", ""),
        ("1 - x", "…"),
    ]);
}

#[test]
fn functions_pass_labels_on_or_make_them() {
    check(&[
        ("rate(x[5m])", "…"),
        ("max_over_time(sum by (a) (rate(x[5m]))[1h:1m])", "a?"),
        (r#"absent(up{job="a",env=~"b"})"#, "job=a"),
        (r#"absent(sum(up{job="a"}))"#, ""),
        (r#"absent_over_time(up{job="a"}[5m])"#, "job=a"),
        ("vector(1)", ""),
        ("hour()", ""),
        (r#"label_replace(sum(x), "a", "b", "", "")"#, "a=b"),
        (
            r#"label_replace(sum by (c) (x), "a", "$1", "c", "(.*)")"#,
            "a? c?",
        ),
        (r#"label_replace(x{a="1"}, "a", "", "c", "(.+)")"#, "a? …"),
        (r#"label_join(sum(x), "a", "-", "b", "c")"#, "a?"),
        (
            "histogram_quantile(0.9, sum by (le, job) (rate(d_bucket[5m])))",
            "job? le-",
        ),
        ("quantile_over_time(0.9, sum by (a) (x)[1h:])", "a?"),
    ]);
}

#[test]
fn a_lost_label_knows_where_it_was_lost() {
    let text = "max by (a) (sum by (b) (x))";
    let parsed = parse(text, &firedrill_promql::Features::default());
    let labels = label_flow(&parsed.expr);
    let at = |label| labels.gone(label).map(|gone| (gone.span.slice(text), gone.what));
    assert_eq!(at("a"), Some(("by (b)", What::Aggregation)));
    assert_eq!(at("b"), Some(("by (a)", What::Aggregation)));
}
